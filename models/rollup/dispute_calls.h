/* dispute_calls.h - the calls that a player's moves are (dispute.c), appended to a writer. */
#ifndef ORR_ROLLUP_DISPUTE_CALLS_H
#define ORR_ROLLUP_DISPUTE_CALLS_H

#include "models/rollup/dispute.h"

void orr_dispute_write_move(struct orr_rlp_writer *w, uint64_t id, uint32_t parent,
                            const struct orr_hash *disputed, const struct orr_hash *value,
                            bool is_attack);
void orr_dispute_write_step(struct orr_rlp_writer *w, uint64_t id, uint32_t claim, bool is_attack,
                            const struct orr_rlp_writer *proof);
void orr_dispute_write_resolve_claim(struct orr_rlp_writer *w, uint64_t id, uint32_t claim);
void orr_dispute_write_resolve(struct orr_rlp_writer *w, uint64_t id);
/* By how much a bond grows from depth to depth, times 10^18. */
struct orr_u256 orr_dispute_multiplier(const struct orr_dispute_rules *rules);
#endif
