#include "models/bft/common/sync.h"

#include <assert.h>

enum { PATIENCE_TICKS = 2, PATIENCE_MOST = 64 }; /* of ticks, at first and at most */

void orr_sync_init(struct orr_sync *sync, struct orr_mem *mem, uint32_t n, uint32_t window,
                   orr_time interval) {
    assert(window && interval > 0);
    *sync = (struct orr_sync){.mem = mem, .n = n, .window = window, .interval = interval,
                              .ahead_peer = ORR_NOBODY};
    sync->peers = orr_alloc_zero(mem, n * sizeof *sync->peers);
    for (uint32_t i = 0; i < n; i++) sync->peers[i].answered = -interval;
}

void orr_sync_fini(struct orr_sync *sync) {
    orr_free(sync->mem, sync->peers, sync->n * sizeof *sync->peers);
    sync->peers = NULL;
}

struct orr_sync_range orr_sync_answer(struct orr_sync *sync, uint32_t rank, uint64_t height,
                                      uint64_t top, orr_time now) {
    assert(rank < sync->n && height < top);
    struct orr_sync_peer *p = &sync->peers[rank];
    orr_time least = sync->interval * PATIENCE_TICKS, most = sync->interval * PATIENCE_MOST;
    if (height > p->height) { /* it gets on: what is under way may take its time */
        if (p->sent < height) p->sent = height;
        p->patience = least;
        p->again = now + least;
    } else if (now >= p->again) { /* it stands still, or has fallen back */
        p->sent = height;
        p->patience = p->patience < most / 2 ? 2 * p->patience : most;
        p->again = now + p->patience;
    } else if (height < p->height) {
        return (struct orr_sync_range){height, height};
    }
    p->height = height;
    uint64_t to = top - height > sync->window ? height + sync->window : top;
    return (struct orr_sync_range){p->sent < to ? p->sent : to, to};
}

void orr_sync_sent(struct orr_sync *sync, uint32_t rank, uint64_t height, orr_time now) {
    struct orr_sync_peer *p = &sync->peers[rank];
    assert(height == p->sent);
    p->sent = height + 1;
    p->again = now + p->patience;
}

bool orr_sync_may_answer(struct orr_sync *sync, uint32_t rank, orr_time now) {
    assert(rank < sync->n);
    struct orr_sync_peer *p = &sync->peers[rank];
    if (now - p->answered < sync->interval / 2) return false;
    p->answered = now;
    return true;
}

bool orr_sync_may_send(struct orr_sync *sync, uint32_t rank, uint64_t bytes, uint64_t burst,
                       orr_time now) {
    assert(rank < sync->n && now >= 0);
    struct orr_sync_peer *p = &sync->peers[rank];
    uint64_t forgotten = (uint64_t)(now - p->spent_at) / 8; /* 1 Gbit/s: a byte in 8 ns */
    p->spent = forgotten < p->spent ? p->spent - forgotten : 0;
    p->spent_at = now;
    if (p->spent + bytes > burst) return false;
    p->spent += bytes;
    return true;
}
