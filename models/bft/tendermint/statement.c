/* statement.c - what signed messages say, in the words of models/statement.h. */
#include "models/statement.h"

#include "models/bft/tendermint/state.h"

static bool of_vote(const struct orr_vote *v, const struct orr_validator_set *set,
                    struct orr_statement *said) {
    if (v->validator >= set->n) return false;
    *said = (struct orr_statement){
        .signer = set->members[v->validator],
        .kind = v->type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT,
        .height = v->height,
        .view = v->round,
        .justify_view = ORR_NO_VIEW};
    memcpy(said->value, v->id.hash, sizeof said->value);
    return true;
}

static bool of_proposal(const struct orr_msg *m, const struct orr_validator_set *set,
                        struct orr_statement *said) {
    struct proposal p;
    if (!orr_tm_read_proposal(m, &p) || p.proposer >= set->n) return false;
    *said = (struct orr_statement){
        .signer = set->members[p.proposer],
        .kind = ORR_TM_PROPOSAL,
        .height = p.height,
        .view = p.round,
        .justify_view = p.pol_round < 0 ? ORR_NO_VIEW : (uint64_t)p.pol_round};
    memcpy(said->value, p.id.hash, sizeof said->value);
    return true;
}

static bool in_commit(const struct orr_msg *m, uint32_t i, const struct orr_validator_set *set,
                      struct orr_statement *said) {
    struct orr_commit c;
    struct orr_vote v;
    if (!orr_commit_read(m->data, m->len, set->n, &c) || c.len != m->len) return false;
    for (uint32_t k = 0, at = 0; k < c.n; k++)
        if (orr_commit_vote(&c, k, &at, &v) && !i--) return of_vote(&v, set, said);
    return false;
}

bool orr_tm_statement(const struct orr_msg *m, uint32_t i, const struct orr_validator_set *set,
                      struct orr_statement *said) {
    struct orr_vote v;
    struct orr_duplicate_vote e;
    switch (m->kind) {
    case ORR_TM_PROPOSAL: return !i && of_proposal(m, set, said);
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT:
        return !i && m->len == ORR_VOTE_BYTES && orr_vote_read(m->data, &v) &&
               of_vote(&v, set, said);
    case ORR_TM_COMMIT: return in_commit(m, i, set, said);
    case ORR_TM_EVIDENCE:
        return i < 2 && m->len == ORR_EVIDENCE_BYTES && orr_evidence_read(m->data, &e) &&
               of_vote(i ? &e.b : &e.a, set, said);
    default: return false;
    }
}

void orr_tm_stand(const struct orr_tm *t, struct orr_stand *stand) {
    *stand = (struct orr_stand){
        .view = t->round,
        .locked_view = t->locked_round < 0 ? 0 : (uint32_t)t->locked_round,
        .high_view = t->valid_round < 0 ? 0 : (uint32_t)t->valid_round,
        .height = (uint16_t)(t->height - 1),
        .phase = (uint8_t)t->step,
        .is_locked = t->locked_round >= 0};
}
