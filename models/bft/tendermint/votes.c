/* votes.c - counting prevotes and precommits, and the proofs that two of them may make. */
#include "models/bft/tendermint/state.h"

void orr_tm_add_evidence(struct orr_tm *t, const struct orr_vote *a, struct orr_msg *proof) {
    orr_evidence_add(&t->evidence, a->validator, a->height, proof);
    orr_accuse(t->out, (struct orr_evidence){
        .culprit = t->set->members[a->validator], .round = a->round, .height = a->height,
        .type = a->type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT});
}

/* Two votes of one slot for different values: keep the proof, tell everyone. */
static void conflict(struct orr_tm *t, const struct orr_vote *a, struct orr_msg *other) {
    if (orr_evidence_find(&t->evidence, a->validator, a->height)) return;
    struct orr_msg *proof = orr_evidence_message(a, orr_vote_of(other),
                                                 t->common->pool, ORR_TM_EVIDENCE);
    orr_tm_add_evidence(t, a, proof);
    broadcast(t, proof);
}

bool orr_tm_add_late(struct orr_tm *t, const struct orr_vote *v, struct orr_msg *m) {
    struct orr_tally *tally;
    struct orr_msg *other;
    switch (orr_vote_set_add(&t->last_commit->votes[PRECOMMITS], &t->tallies, v->validator, &v->id,
                             m, &tally, &other)) {
    case ORR_VOTE_OLD: return false;
    case ORR_VOTE_CONFLICT: conflict(t, v, other); return true;
    case ORR_VOTE_NEW: break;
    }
    return true;
}

void orr_tm_compare_commit(struct orr_tm *t, const struct orr_commit *c) {
    if (!t->last_commit || c->height + 1 != t->height || c->round != t->last_commit->round) return;
    struct orr_vote_set *votes = &t->last_commit->votes[PRECOMMITS];
    struct orr_vote v;
    for (uint32_t i = 0, at = 0; i < c->n; i++) {
        if (!orr_commit_vote(c, i, &at, &v)) continue;
        if (orr_vote_set_has(votes, v.validator, &v.id)) continue;
        if (!orr_vote_verify(&v, t->set, t->common->memo)) return;
        v.set = t->set;
        v.verdict = ORR_GOOD;
        struct orr_msg *m = orr_vote_message(&v, t->common->pool, ORR_TM_PRECOMMIT);
        orr_tm_add_late(t, orr_vote_of(m), m);
        orr_msg_unref(t->common->pool, m);
    }
}

struct orr_tm_counted orr_tm_count_vote(struct orr_tm *t, struct round *r,
                                        const struct orr_vote *v, struct orr_msg *m) {
    struct orr_vote_set *votes = &r->votes[v->type == ORR_PREVOTE ? PREVOTES : PRECOMMITS];
    struct orr_tally *tally = NULL;
    struct orr_msg *other = NULL;
    uint64_t before = votes->power, quorum = t->set->quorum_power;
    enum orr_vote_added added =
        orr_vote_set_add(votes, &t->tallies, v->validator, &v->id, m, &tally, &other);
    struct orr_tm_counted counted = {.is_new = added != ORR_VOTE_OLD};
    if (!counted.is_new) return counted;
    if (added == ORR_VOTE_CONFLICT) conflict(t, v, other);
    counted.of_value =
        tally->power >= quorum && tally->power - t->set->powers[v->validator] < quorum;
    counted.of_any = before < quorum && votes->power >= quorum;
    if (counted.of_value && !orr_block_id_is_nil(&v->id)) orr_tm_want_body(t, &v->id);
    return counted;
}
