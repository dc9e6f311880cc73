/* alloc.h - a state from JSON: an "alloc" of a genesis, a "pre" of the public EVM tests. */
#ifndef ORR_SIM_GENESIS_ALLOC_H
#define ORR_SIM_GENESIS_ALLOC_H

#include <jansson.h>

#include "models/vm/state.h"

/* The accounts of an object from addresses to {balance, nonce, code, storage} (fields that are
 * absent are zero), put into an empty state and committed.  Returns 0 or ORR_EFORMAT with the
 * account and its bad field in why. */
int orr_genesis_state(const json_t *alloc, struct orr_evm_state *state, char why[128]);
#endif
