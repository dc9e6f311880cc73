/* timers.h - thousands of timers over one timer key of the node.
 *
 * A protocol has a fixed number of timer keys (orr_protocol.n_timers).  One of them can serve any
 * number of timers of its own: a timer for each request under way, each peer, each slot.  Timers
 * are numbered by their owner, densely from 0, as entries of an array are; the memory is that of
 * the highest number.
 *
 *     orr_timers_init(&s->retries, mem);
 *     if (orr_timers_set(&s->retries, request, now + RETRY_NS))
 *         orr_arm(out, KEY_RETRY, orr_timers_first(&s->retries));
 *     ...
 *     case ORR_TIMER:      its key is KEY_RETRY
 *         for (uint32_t id; orr_timers_next(&s->retries, now, &id);) retry(s, id);
 *         orr_arm(out, KEY_RETRY, orr_timers_first(&s->retries));
 *
 * A heap of deadlines: setting, moving and stopping one is O(log n). */
#ifndef ORR_BASE_TIMERS_H
#define ORR_BASE_TIMERS_H

#include <stdbool.h>

#include "models/base/mem.h"

#define ORR_TIMERS_NEVER INT64_MAX /* as ORR_NEVER */

/* Invariant: heap[timers[id].place - 1] == id for each timer that runs, and it comes before the two
 * below it. */
struct orr_timers {
    struct orr_mem *mem;
    uint64_t n_set;        /* so far                                        */
    uint32_t *heap;        /* [n] numbers of the timers that run            */
    uint32_t n;
    uint32_t cap;          /* of timers and of heap                         */
    struct orr_timer {
        int64_t at;        /* ns                                            */
        uint64_t order;    /* n_set when it was set                         */
        uint32_t place;    /* in heap, + 1; 0: it does not run              */
    } *timers;             /* [cap]                                         */
};

/* No timer runs, and no memory is taken yet.  mem is lent. */
void orr_timers_init(struct orr_timers *timers, struct orr_mem *mem);
void orr_timers_fini(struct orr_timers *timers);

/* Lets timer `id` fire at a time, whatever it was set to; ORR_TIMERS_NEVER stops it.  id < 2^31.
 * True: the earliest changed, so the node's timer is to be armed anew. */
bool orr_timers_set(struct orr_timers *timers, uint32_t id, int64_t at);

/* Takes out the next timer that is due: in order of time, equals in the order in which they were
 * set.  It does not run any more, and may be set again.  False: none is due. */
bool orr_timers_next(struct orr_timers *timers, int64_t now, uint32_t *id);

/* When the earliest fires, or ORR_TIMERS_NEVER. */
static inline int64_t orr_timers_first(const struct orr_timers *timers) {
    return timers->n ? timers->timers[timers->heap[0]].at : ORR_TIMERS_NEVER;
}
#endif
