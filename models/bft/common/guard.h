/* guard.h - never sign two values in one place.
 *
 * A place is (height, round, stage), and places are signed in ascending order only; in the last one
 * the same value may be signed again, since its signature is the same (CometBFT's privval).  A node
 * that comes back feeds the guard what its log says that it signed. */
#ifndef ORR_MODELS_BFT_COMMON_GUARD_H
#define ORR_MODELS_BFT_COMMON_GUARD_H

#include "models/bft/common/vote.h"

/* The last thing signed; all zero: nothing yet. */
struct orr_sign_guard {
    uint64_t height;
    uint32_t round;
    uint8_t stage; /* the protocol's own numbering, ascending in a round */
    struct orr_block_id id;
};

/* May this be signed?  If so it is the last thing signed. */
bool orr_sign_guard(struct orr_sign_guard *guard, uint64_t height, uint32_t round, uint8_t stage,
                    const struct orr_block_id *id);
#endif
