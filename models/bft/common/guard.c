#include "models/bft/common/guard.h"

#include <string.h>

#include "models/base/sha256.h"

/* By place: < 0, 0, > 0. */
static int compare(const struct orr_sign_guard *a, const struct orr_sign_guard *b) {
    if (a->height != b->height) return a->height < b->height ? -1 : 1;
    if (a->round != b->round) return a->round < b->round ? -1 : 1;
    return (a->stage > b->stage) - (a->stage < b->stage);
}

bool orr_sign_guard(struct orr_sign_guard *g, uint64_t height, uint32_t round, uint8_t stage,
                    const void *statement, size_t len) {
    struct orr_sign_guard next = {.height = height, .round = round, .stage = stage};
    orr_sha256(statement, len, next.statement);
    int order = compare(&next, g);
    if (order < 0 || (!order && memcmp(next.statement, g->statement, sizeof next.statement)))
        return false;
    *g = next;
    return true;
}

void orr_sign_guard_merge(struct orr_sign_guard *g, const struct orr_sign_guard *other) {
    int order = compare(other, g);
    if (order > 0) *g = *other;
    else if (!order && memcmp(other->statement, g->statement, sizeof g->statement))
        memset(g->statement, 0, sizeof g->statement); /* the hash of no statement */
}
