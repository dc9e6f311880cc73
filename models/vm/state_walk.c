/* What was used: what the overlay holds, in order of first use, and what goes into a block's access
 * list. */
#include <assert.h>

#include "models/vm/accesses.h"
#include "models/vm/overlay.h"

const struct orr_address *orr_evm_state_used(const struct orr_evm_state *state, size_t i) {
    if (i >= state->entry_chunks.n) return NULL;
    const struct entry *chunk = state->entry_chunks.at[i / CHUNK];
    return &chunk[i % CHUNK].address;
}

void orr_evm_state_each_slot(struct orr_evm_state *state, const struct orr_address *address,
                             void *ctx, void (*visit)(void *ctx, const struct orr_u256 *key)) {
    const struct entry *e = orr_evm_state_entry(state, address);
    for (const struct slot *s = e->slots; s; s = s->next) visit(ctx, &s->key);
}

void orr_evm_state_record(struct orr_evm_state *state, struct orr_evm_accesses *accesses) {
    state->accesses = accesses;
}

void orr_evm_state_note(struct orr_evm_state *state, const struct orr_address *address,
                        const struct orr_u256 *key) {
    if (state->accesses) orr_evm_accesses_note(state->accesses, address, key);
}

size_t orr_evm_state_n_logs(const struct orr_evm_state *state) { return state->n_logs; }
uint64_t orr_evm_state_n_added_logs(const struct orr_evm_state *state) {
    return state->n_added_logs;
}

struct orr_evm_log orr_evm_state_log(const struct orr_evm_state *state, size_t i) {
    assert(i < state->n_logs);
    struct orr_evm_log log = state->logs[i].log;
    log.data = log.len ? state->log_data + state->logs[i].offset : NULL;
    return log;
}
