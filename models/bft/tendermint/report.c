/* report.c - what a node says of itself, and what it passes on. */
#include "models/bft/tendermint/state.h"

void orr_tm_drop(struct orr_tm *t) {
    t->n_dropped++;
    orr_reject(t->out);
}

void orr_tm_relay(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    if (t->config->dissemination != ORR_TM_FLOOD) return;
    if (orr_recent_add(&t->relayed, orr_msg_hash(m))) orr_cast(t->out, from, orr_msg_ref(m));
}

void orr_tm_output_step(struct orr_tm *t) {
    orr_enter(t->out, t->height, t->round, t->step);
}
