/* recv_vote.c - prevotes and precommits: the bulk of all events, n^2 of them a height. */
#include "models/bft/tendermint/state.h"

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
    orr_tm_add_evidence(t, &e.a, m);
    return true;
}

/* Counts an authentic vote of a round of this height and does what follows from it. */
static bool take_vote(struct orr_tm *t, struct round *r, const struct orr_vote *v,
                      struct orr_msg *m) {
    struct orr_tm_counted counted = orr_tm_count_vote(t, r, v, m);
    if (!counted.is_new) return false;
    if (r->round > t->round) {
        if (counted.of_value && v->type == ORR_PRECOMMIT && orr_tm_try_decide(t, r)) return true;
        orr_tm_heard_of_round(t, v->validator, v->round);
        return true;
    }
    if (!counted.of_value && !counted.of_any) return true;
    if (v->type == ORR_PRECOMMIT && r != t->current) orr_tm_try_decide(t, r);
    else orr_tm_run_rules(t);
    if (v->type == ORR_PRECOMMIT && t->step == ORR_TM_STEP_COMMIT && r == t->current)
        orr_tm_try_decide(t, r);
    return true;
}

/* A vote of another height than ours. */
static bool other_height(struct orr_tm *t, const struct orr_vote *v, struct orr_msg *m,
                         orr_peer from) {
    bool is_late = v->height + 1 == t->height && v->type == ORR_PRECOMMIT && t->last_commit &&
                   v->round == t->last_commit->round;
    if (v->height < t->height && !is_late) return false;
    if (v->height > t->height + 1) {
        orr_tm_peer_is_ahead(t, from, v->height);
        return false;
    }
    if (is_late && orr_vote_set_has(&t->last_commit->votes[PRECOMMITS], v->validator, &v->id))
        return false;
    charge(t, costs(t)->verify_ns);
    if (!orr_vote_verify(v, t->set, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    if (is_late) return orr_tm_add_late(t, v, m);
    return orr_tm_hold(t, m, from);
}

bool orr_tm_recv_vote(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    const struct orr_vote *v = orr_vote_of(m);
    if (!v || v->validator >= t->set->n ||
        v->type != (m->kind == ORR_TM_PREVOTE ? ORR_PREVOTE : ORR_PRECOMMIT)) {
        orr_tm_drop(t);
        return false;
    }
    bool is_mixed_up = has_bug(t, ORR_TM_BUG_HEIGHT_ROUND_MIXUP) && t->current;
    if (v->height != t->height && !is_mixed_up) return other_height(t, v, m, from);
    unsigned which = v->type == ORR_PREVOTE ? PREVOTES : PRECOMMITS;
    struct round *r = orr_tm_find_round(t, v->round);
    if (v->round < t->round && t->current && has_bug(t, ORR_TM_BUG_STALE_VIEW_VOTE))
        r = t->current;
    if (r) orr_vote_set_expect(&r->votes[which], v->validator);
    if (r ? orr_vote_set_has(&r->votes[which], v->validator, &v->id)
          : !orr_tm_wants_round(t, v->round))
        return false;
    charge(t, costs(t)->verify_ns);
    if (!orr_vote_verify(v, t->set, t->common->memo)) {
        orr_tm_drop(t);
        return false;
    }
    if (!r) {
        if (v->round > t->round + ROUND_WINDOW)
            return orr_tm_heard_of_round(t, v->validator, v->round);
        r = orr_tm_get_round(t, v->round);
    }
    return take_vote(t, r, v, m);
}
