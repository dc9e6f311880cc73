/* report.c - what a node says of itself. */
#include "models/bft/tendermint/state.h"

void orr_tm_drop(struct orr_tm *t) {
    t->n_dropped++;
    orr_reject(t->out);
}

void orr_tm_output_step(struct orr_tm *t) {
    have_news(t);
    orr_enter(t->out, t->height, t->round, t->step);
}
