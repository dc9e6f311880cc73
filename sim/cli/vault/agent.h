/* agent.h - who remembers an opened vault's key for a while: a process of its own behind a unix
 * socket beside the vault, for this user alone. */
#ifndef ORR_SIM_CLI_VAULT_AGENT_H
#define ORR_SIM_CLI_VAULT_AGENT_H

#include "sim/cli/vault/call.h"

/* The secret key of a slot of this vault; false: no agent. */
bool orr_agent_ask(const char *vault, uint8_t identity[32]);
#endif
