/* spec.h - all that a chain begins with, as bytes: its rules, its first block's header, and every
 * account of the state behind it.
 *
 *     struct orr_rlp_writer w = {.mem = mem};
 *     orr_chain_spec_encode(&w, config, &header, state);
 *     struct orr_chain_spec spec;
 *     if (!orr_chain_spec_decode(w.bytes, w.len, store, &spec)) orr_chain_spec_free(&spec);
 *
 * In RLP:
 *     [version, config, header, accounts]
 *     config   [chain id, DAO fork's number, [5 contracts, as in their struct], forks]
 *     fork     [fork, from number, from time, from difficulty, bomb delay, target, max, fraction]
 *     account  [address, nonce, balance, code, [[key, value] ...]]
 * header is the block header's own encoding; accounts and slots, none of which is zero, stand in
 * the order of their first use, each once: one state and order have one encoding. */
#ifndef ORR_CHAIN_SPEC_H
#define ORR_CHAIN_SPEC_H

#include "models/vm/header.h"
#include "models/vm/state.h"

enum { ORR_SPEC_VERSION = 1, ORR_SPEC_MAX_FORKS = 64 };

/* What was decoded.  It points into itself and must not move. */
struct orr_chain_spec {
    struct orr_evm_chain_config config;
    struct orr_evm_system_contracts contracts;
    struct orr_evm_chain_fork forks[ORR_SPEC_MAX_FORKS];
    struct orr_evm_header header;
    uint8_t extra[ORR_MAX_EXTRA_DATA];
    struct orr_evm_state *state; /* its accounts are used ones (orr_evm_state_used) */
};

/* Appends the bytes.  state: committed, and not trimmed since it was made, so that it knows its
 * accounts and slots by name. */
void orr_chain_spec_encode(struct orr_rlp_writer *w, const struct orr_evm_chain_config *config,
                           const struct orr_evm_header *header, struct orr_evm_state *state);
/* The way back; the state is in `store`.  0, or ORR_EFORMAT: the bytes are malformed, or the header
 * names another state than the accounts make. */
int orr_chain_spec_decode(const uint8_t *bytes, size_t len, struct orr_evm_store *store,
                          struct orr_chain_spec *spec);
void orr_chain_spec_free(struct orr_chain_spec *spec);
#endif
