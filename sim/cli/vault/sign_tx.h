/* sign_tx.h - transactions of all types, signed and read. */
#ifndef ORR_SIM_CLI_VAULT_SIGN_TX_H
#define ORR_SIM_CLI_VAULT_SIGN_TX_H

#include "sim/cli/vault/call.h"

/* Signs the transaction of a JSON object and prints it.  Returns an exit code. */
int orr_vault_sign_tx(const struct orr_call *call, const char *path, json_t *json,
                      const uint8_t key[32]);
/* Who signed the transaction whose bytes a file holds as hexadecimal digits; more in object. */
int orr_vault_tx_sender(const struct orr_call *call, const char *path, struct orr_address *sender,
                        json_t *object);
#endif
