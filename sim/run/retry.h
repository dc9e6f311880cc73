/* retry.h - clients that send again what no node has decided: `retry:` of a workload.
 *
 * A client hears of decisions at once, from whichever node decides first; each transaction that is
 * still open `each` after it was sent is sent once more, and so on. */
#ifndef ORR_SIM_RUN_RETRY_H
#define ORR_SIM_RUN_RETRY_H

#include "models/base/set.h"
#include "sim/base/memory.h"
#include "sim/engine/sim.h"

struct orr_retry {
    struct orr_sim *sim;
    struct orr_heap heap; /* of the set */
    struct orr_tap tap;
    struct orr_set decided; /* orr_msg_hash of each transaction */
    orr_time each;
    void *ctx;
    void (*again)(void *ctx, uint32_t client, struct orr_msg *tx, orr_time now);
    /* What is open, by the time when it is due: a ring of [cap], from `first` on. */
    struct orr_retry_open {
        struct orr_msg *tx; /* a reference */
        uint32_t client;
        orr_time due;
    } *open;
    uint32_t first, n, cap;
};

/* Every `each` > 0 until it is decided, again() is told of a transaction (lent). */
void orr_retry_begin(struct orr_retry *retry, struct orr_sim *sim, orr_time each, void *ctx,
                     void (*again)(void *ctx, uint32_t client, struct orr_msg *tx, orr_time now));
/* A client has sent a transaction for the first time. */
void orr_retry_add(struct orr_retry *retry, uint32_t client, struct orr_msg *tx, orr_time now);
/* The run is over: gives the references back. */
void orr_retry_end(struct orr_retry *retry);
#endif
