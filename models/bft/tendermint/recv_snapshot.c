/* recv_snapshot.c - a state from a peer that has pruned the blocks that we lack. */
#include "models/bft/tendermint/state.h"

bool orr_tm_recv_snapshot(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    uint64_t height = orr_tm_adopt(t, m);
    if (!height) return false;
    orr_tm_leave_height(t, NULL);
    orr_tm_free_round(t, t->last_commit);
    t->last_commit = NULL;
    t->last_quorum = NULL;
    if (height >= t->config->evidence_max_age) /* too old for the next height */
        orr_evidence_forget(&t->evidence, height + 1 - t->config->evidence_max_age);
    orr_adopt(t->out, height, t->last_id.hash);
    orr_tm_wait_for_height(t);
    orr_tm_peer_is_ahead(t, from, height + 2); /* it has decided the next one */
    return false;
}
