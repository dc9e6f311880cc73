/* dump.h - a state as JSON, and two states compared.
 *
 * A state knows accounts and slots by hash; their names come from the accounts that it began with
 * (a "pre" or "alloc" object) and from what was used since (models/vm/state.h). */
#ifndef ORR_SIM_CLI_VM_DUMP_H
#define ORR_SIM_CLI_VM_DUMP_H

#include <jansson.h>

#include "models/vm/state.h"

/* The accounts that exist, as go-ethereum writes an alloc: {"0x...": {"balance", "nonce", "code",
 * "storage"}}, without what is zero or empty but the balance.  pre may be NULL.  json_decref the
 * result. */
json_t *orr_vm_dump(struct orr_evm_state *state, const json_t *pre);

/* The first account and field in which the state is not what an object of accounts says, in its
 * order, then accounts that it does not name.  Returns false when there is none; else true with why
 * (a short text). */
bool orr_vm_dump_difference(struct orr_evm_state *state, const json_t *pre, const json_t *expected,
                            char why[240]);
#endif
