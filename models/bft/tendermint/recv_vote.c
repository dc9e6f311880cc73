/* recv_vote.c - prevotes and precommits: the bulk of all events, n^2 of them a height. */
#include "models/bft/tendermint/state.h"

static void add_evidence(struct orr_tm *t, const struct orr_vote *a,
                         struct orr_msg *proof) {
    orr_evidence_add(&t->evidence, a->validator, a->height, proof);
    orr_accuse(t->out, (struct orr_evidence){
        .culprit = t->set->members[a->validator], .round = a->round, .height = a->height,
        .kind = a->type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT});
}

/* Two votes of one slot for different values: keep the proof, tell everyone. */
void orr_tm_conflict(struct orr_tm *t, const struct orr_vote *a, struct orr_msg *other) {
    if (orr_evidence_find(&t->evidence, a->validator, a->height)) return;
    struct orr_msg *proof = orr_evidence_message(a, orr_vote_of(other, t->common->pool),
                                                 t->common->pool, ORR_TM_EVIDENCE);
    add_evidence(t, a, proof);
    broadcast(t, proof);
}

bool orr_tm_recv_evidence(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    (void)from;
    struct orr_duplicate_vote e;
    if (m->len != ORR_EVIDENCE_BYTES || !orr_evidence_read(m->data, &e) ||
        e.a.validator >= t->set->n) {
        orr_tm_drop(t);
        return false;
    }
    if (e.a.height != t->height && !orr_tm_may_carry(t, e.a.height)) return false;
    if (orr_evidence_find(&t->evidence, e.a.validator, e.a.height)) return false;
    charge(t, 2 * costs(t)->verify_ns);
    if (!orr_evidence_verify(&e, t->set, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    add_evidence(t, &e.a, m);
    return true;
}

/* A late precommit of the height just decided makes the next block's last commit fuller. */
static bool add_late(struct orr_tm *t, const struct orr_vote *v, struct orr_msg *m) {
    struct orr_tally *tally;
    struct orr_msg *other;
    switch (
        orr_vote_set_add(&t->last_commit->votes[PRECOMMITS], &t->tallies, v, m, &tally, &other)) {
    case ORR_VOTE_OLD: return false;
    case ORR_VOTE_CONFLICT: orr_tm_conflict(t, v, other); return true;
    case ORR_VOTE_NEW: break;
    }
    return true;
}

void orr_tm_compare_commit(struct orr_tm *t, const struct orr_commit *c) {
    if (!t->last_commit || c->height + 1 != t->height || c->round != t->last_commit->round) return;
    struct orr_vote_set *votes = &t->last_commit->votes[PRECOMMITS];
    struct orr_vote v;
    for (uint32_t i = 0, at = 0; i < c->n; i++) {
        if (!orr_commit_vote(c, i, &at, &v) || orr_vote_set_has(votes, &v)) continue;
        if (!orr_vote_verify(&v, t->set, t->common->memo)) return;
        struct orr_msg *m = orr_vote_message(&v, t->common->pool, ORR_TM_PRECOMMIT);
        add_late(t, orr_vote_of(m, t->common->pool), m);
        orr_msg_unref(t->common->pool, m);
    }
}

bool orr_tm_add_vote(struct orr_tm *t, struct round *r, const struct orr_vote *v,
                     struct orr_msg *m) {
    struct orr_vote_set *votes = &r->votes[v->type == ORR_PREVOTE ? PREVOTES : PRECOMMITS];
    struct orr_tally *tally = NULL;
    struct orr_msg *other = NULL;
    uint64_t before = votes->power, quorum = t->set->quorum_power;
    enum orr_vote_added added = orr_vote_set_add(votes, &t->tallies, v, m, &tally, &other);
    if (added == ORR_VOTE_OLD) return false;
    if (added == ORR_VOTE_CONFLICT) orr_tm_conflict(t, v, other);
    bool crossed = tally->power >= quorum && tally->power - t->set->powers[v->validator] < quorum;
    if (crossed && !orr_block_id_is_nil(&v->id)) orr_tm_want_body(t, &v->id);
    if (t->in_rules) return true; /* our own vote: the rules go on */
    if (r->round > t->round) {
        if (crossed && v->type == ORR_PRECOMMIT && orr_tm_try_decide(t, r)) return true;
        orr_tm_heard_of_round(t, v->validator, v->round);
        return true;
    }
    if (!crossed && !(before < quorum && votes->power >= quorum)) return true;
    if (v->type == ORR_PRECOMMIT && r != t->current) orr_tm_try_decide(t, r);
    else orr_tm_run_rules(t);
    if (v->type == ORR_PRECOMMIT && t->step == ORR_TM_STEP_COMMIT && r == t->current)
        orr_tm_try_decide(t, r);
    return true;
}

/* A vote of another height than ours. */
static bool other_height(struct orr_tm *t, struct orr_vote *v, struct orr_msg *m,
                         orr_peer from) {
    bool is_late = v->height + 1 == t->height && v->type == ORR_PRECOMMIT && t->last_commit &&
                   v->round == t->last_commit->round;
    if (v->height < t->height && !is_late) return false;
    if (v->height > t->height + 1) {
        orr_tm_peer_is_ahead(t, from, v->height);
        return false;
    }
    if (is_late && orr_vote_set_has(&t->last_commit->votes[PRECOMMITS], v)) return false;
    charge(t, costs(t)->verify_ns);
    if (!orr_vote_verify(v, t->set, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    if (is_late) return add_late(t, v, m);
    orr_tm_hold(t, m, from);
    return true;
}

bool orr_tm_recv_vote(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    struct orr_vote *v = orr_vote_of(m, t->common->pool);
    if (!v || v->validator >= t->set->n ||
        v->type != (m->kind == ORR_TM_PREVOTE ? ORR_PREVOTE : ORR_PRECOMMIT)) {
        orr_tm_drop(t);
        return false;
    }
    if (v->height != t->height) return other_height(t, v, m, from);
    unsigned which = v->type == ORR_PREVOTE ? PREVOTES : PRECOMMITS;
    struct round *r = orr_tm_find_round(t, v->round);
    if (r && orr_vote_set_has(&r->votes[which], v)) return false;
    charge(t, costs(t)->verify_ns);
    if (!orr_vote_verify(v, t->set, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    if (!r) {
        if (v->round > t->round + ROUND_WINDOW) {
            orr_tm_heard_of_round(t, v->validator, v->round);
            return true;
        }
        r = orr_tm_get_round(t, v->round);
    }
    return orr_tm_add_vote(t, r, v, m);
}
