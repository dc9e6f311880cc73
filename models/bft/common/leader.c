#include "models/bft/common/leader.h"

#include <assert.h>

#include "models/base/msg.h"

/* A number below `n` (> 0) that everybody draws alike. */
static uint64_t draw(const struct orr_validator_set *set, uint64_t view, uint64_t n) {
    uint64_t hash = orr_hash64(set->chain_id, &view, sizeof view);
    return (uint64_t)((unsigned __int128)hash * n >> 64);
}

uint32_t orr_leader_of(enum orr_leader_schedule schedule, const struct orr_validator_set *set,
                       uint64_t view) {
    assert(set->n > 0);
    switch (schedule) {
    case ORR_LEADER_FIXED: return 0;
    case ORR_LEADER_HASHED: return (uint32_t)draw(set, view, set->n);
    case ORR_LEADER_STAKE: {
        uint64_t at = draw(set, view, set->total_power);
        uint32_t i = 0;
        for (; at >= set->powers[i]; i++) at -= set->powers[i]; /* ends: at < total */
        return i;
    }
    default: return (uint32_t)(view % set->n);
    }
}
