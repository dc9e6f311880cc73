/* votes.c - counting prevotes and precommits, and the proofs that two of them may make. */
#include "models/bft/tendermint/state.h"

void orr_tm_accuse(struct orr_tm *t, const struct orr_vote *a, bool is_committed) {
    uint16_t kind = a->type == ORR_PREVOTE     ? ORR_TM_PREVOTE
                    : a->type == ORR_PRECOMMIT ? ORR_TM_PRECOMMIT
                                               : ORR_TM_PROPOSAL;
    orr_accuse(t->out, (struct orr_evidence){
        .culprit = t->set->members[a->validator], .round = a->round, .height = a->height,
        .type = kind, .committed = is_committed});
}

void orr_tm_add_evidence(struct orr_tm *t, const struct orr_vote *a, struct orr_msg *proof) {
    orr_evidence_add(&t->evidence, a->validator, a->height, proof);
    orr_tm_accuse(t, a, false);
}

/* Two of one slot for different values, both authentic: keep the proof, tell everyone. */
static void conflict(struct orr_tm *t, const struct orr_vote *a, const struct orr_vote *b) {
    if (orr_evidence_find(&t->evidence, a->validator, a->height)) return;
    struct orr_msg *proof = orr_evidence_message(a, b, t->common->pool, ORR_TM_EVIDENCE);
    orr_tm_add_evidence(t, a, proof);
    orr_tm_broadcast(t, proof);
}

static struct orr_vote as_vote(const struct proposal *p) {
    struct orr_vote v = {.height = p->height, .round = p->round, .validator = p->proposer,
                         .type = ORR_SIGNED_PROPOSAL, .pol_round = p->pol_round, .id = p->id};
    memcpy(v.signature, p->signature, sizeof v.signature);
    return v;
}

void orr_tm_compare_proposals(struct orr_tm *t, const struct proposal *here,
                              const struct proposal *other) {
    assert(here->height == other->height && here->round == other->round);
    bool is_same = orr_block_id_equal(&here->id, &other->id) && here->pol_round == other->pol_round;
    if (is_same || here->proposer != other->proposer ||
        orr_evidence_find(&t->evidence, here->proposer, here->height))
        return;
    charge(t, costs(t)->verify_ns);
    struct orr_vote a = as_vote(here), b = as_vote(other);
    if (orr_tm_verify_proposal(other, t->set, t->common->memo)) conflict(t, &a, &b);
    else orr_tm_drop(t);
}

bool orr_tm_add_late(struct orr_tm *t, const struct orr_vote *v, struct orr_msg *m) {
    struct orr_tally *tally;
    struct orr_msg *other;
    switch (orr_vote_set_add(&t->last_commit->votes[PRECOMMITS], &t->tallies, v->validator, &v->id,
                             m, &tally, &other)) {
    case ORR_VOTE_OLD: return false;
    case ORR_VOTE_CONFLICT: conflict(t, v, orr_vote_of(other)); return true;
    case ORR_VOTE_NEW: break;
    }
    orr_tm_say_vote(t, v);
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
    uint64_t before = votes->power, quorum = t->voters->quorum_power;
    enum orr_vote_added added =
        orr_vote_set_add(votes, &t->tallies, v->validator, &v->id, m, &tally, &other);
    struct orr_tm_counted counted = {.is_new = added != ORR_VOTE_OLD};
    if (!counted.is_new) return counted;
    if (added == ORR_VOTE_CONFLICT) conflict(t, v, orr_vote_of(other));
    orr_tm_say_vote(t, v);
    counted.of_value =
        tally->power >= quorum && tally->power - t->voters->powers[v->validator] < quorum;
    counted.of_any = before < quorum && votes->power >= quorum;
    if (counted.of_value && !orr_block_id_is_nil(&v->id)) orr_tm_want_body(t, &v->id);
    return counted;
}
