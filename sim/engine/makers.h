/* makers.h - who made what was not given back.
 *
 * A run does not note who makes a message or takes memory: that would cost too much.  But it can be
 * run again, and again: the second run numbers all that is made and keeps the numbers of what is
 * not given back, the third stops where the oldest of these is made, and knows all about it. */
#ifndef ORR_SIM_ENGINE_MAKERS_H
#define ORR_SIM_ENGINE_MAKERS_H

#include "sim/engine/mishap.h"

struct orr_makers {
    bool messages;   /* numbers messages; else blocks of nodes' memory                  */
    uint64_t wanted; /* stops where this number is made; 0: goes on and keeps all       */
    /* what came out */
    uint64_t n_made;
    struct orr_mishap made;    /* with wanted: where and when; no kind, no text         */
    struct orr_maker_row *rows; /* [1 << log] by address; empty: at == NULL             */
    uint32_t log, n_rows;
};

/* What is there at the end. */
struct orr_made {
    uint64_t number; /* of the oldest; 0: there is nothing                              */
    const void *at;  /* where it lies                                                   */
    size_t size;     /* of a block                                                      */
    orr_peer node;   /* which made it                                                   */
    uint64_t n_all, n_of_node; /* how many there are in all, and by that node           */
};

void orr_makers_init(struct orr_makers *makers, bool messages, uint64_t wanted);
void orr_makers_fini(struct orr_makers *makers);
struct orr_made orr_makers_oldest(const struct orr_makers *makers);
#endif
