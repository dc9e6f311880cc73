#include "models/bft/common/guard.h"

#include <string.h>

#include "models/base/sha256.h"

bool orr_sign_guard(struct orr_sign_guard *g, uint64_t height, uint32_t round, uint8_t stage,
                    const void *statement, size_t len) {
    bool is_same = height == g->height && round == g->round && stage == g->stage;
    bool is_later = height != g->height  ? height > g->height
                    : round != g->round ? round > g->round
                                        : stage > g->stage;
    uint8_t hash[32];
    orr_sha256(statement, len, hash);
    if (!is_later && !(is_same && !memcmp(hash, g->statement, sizeof hash))) return false;
    *g = (struct orr_sign_guard){.height = height, .round = round, .stage = stage};
    memcpy(g->statement, hash, sizeof hash);
    return true;
}
