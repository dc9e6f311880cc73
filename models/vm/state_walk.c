/* What the overlay holds, in order of first use. */
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
