/* again.h - runs a scenario once more, for what one run cannot see. */
#ifndef ORR_SIM_RUN_AGAIN_H
#define ORR_SIM_RUN_AGAIN_H

#include "sim/run/build.h"
#include "sim/run/run.h"

/* A run that has ended: no oracles, taps or trace hear of what follows. */
struct orr_again {
    struct orr_build *build;
    struct orr_sim **sim; /* of the run, whose memory is taken */
    const struct orr_run_options *options;
};

/* Bytes of the two runs of --poison. */
enum { ORR_POISON_FIRST = 0xa5, ORR_POISON_SECOND = 0x3c };

/* A first run with poison ended after so many steps, with these digests ([n_nodes]), at the
 * scenario's end (is_whole) or before: the second one must do the same.  0; 1 with a mishap of what
 * differs; ORR_ELIMIT: it was stopped. */
int orr_again_poisoned(const struct orr_again *again, const struct orr_poison *first, bool is_whole,
                       const uint64_t *digests, struct orr_mishap *mishap);

/* Completes the mishap of a leak by who made what leaked, where and when. */
void orr_again_find_maker(const struct orr_again *again, struct orr_mishap *mishap);
#endif
