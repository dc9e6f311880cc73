/* recv_commit.c - a whole commit, from a peer that has decided a height that we have not. */
#include "models/bft/tendermint/state.h"

bool orr_tm_recv_commit(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    struct orr_commit c;
    if (!orr_commit_read(m->data, m->len, t->set->n, &c) || c.len != m->len) {
        orr_tm_drop(t);
        return false;
    }
    if (c.height < t->height) {
        orr_tm_compare_commit(t, &c);
        return false;
    }
    orr_tm_peer_is_ahead(t, from, c.height + 1);
    if (c.height > t->height) {
        if (c.height <= t->height + SYNC_WINDOW) orr_tm_hold(t, m, from);
        return false;
    }
    struct round *r = orr_tm_find_round(t, c.round);
    if (r && r->votes[PRECOMMITS].quorum) {
        struct body *b = orr_tm_find_body(t, orr_tally_id(r->votes[PRECOMMITS].quorum));
        if (b && orr_block_id_equal(&b->id, &c.id)) orr_tm_decided_elsewhere(t, b, from);
        return false;
    }
    charge(t, (int64_t)c.n_signatures * costs(t)->verify_ns);
    if (!orr_commit_verify(&c, t->voters, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    /* its precommits count as if each had come alone */
    r = orr_tm_get_round(t, c.round);
    struct orr_vote v;
    for (uint32_t i = 0, at = 0; i < c.n; i++) {
        if (!orr_commit_vote(&c, i, &at, &v)) continue;
        v.set = t->set;
        v.verdict = ORR_GOOD;
        struct orr_msg *vote = orr_vote_message(&v, t->common->pool, ORR_TM_PRECOMMIT);
        orr_tm_count_vote(t, r, orr_vote_of(vote), vote);
        orr_msg_unref(t->common->pool, vote);
    }
    if (orr_tm_try_decide(t, r)) return false;
    struct body *b = orr_tm_find_body(t, &c.id);
    if (b) orr_tm_decided_elsewhere(t, b, from);
    orr_tm_run_rules(t);
    return false;
}
