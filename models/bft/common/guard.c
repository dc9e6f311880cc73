#include "models/bft/common/guard.h"

bool orr_sign_guard(struct orr_sign_guard *g, uint64_t height, uint32_t round, uint8_t stage,
                    const struct orr_block_id *id) {
    bool is_same = height == g->height && round == g->round && stage == g->stage;
    bool is_later = height != g->height  ? height > g->height
                    : round != g->round ? round > g->round
                                        : stage > g->stage;
    if (!is_later && !(is_same && orr_block_id_equal(id, &g->id))) return false;
    *g = (struct orr_sign_guard){height, round, stage, *id};
    return true;
}
