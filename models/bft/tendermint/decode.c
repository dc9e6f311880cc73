/* decode.c - what a message says, worked out once for all who receive it. */
#include "models/bft/tendermint/state.h"

static const struct orr_decoder proposal_decoder = {"proposal"};

bool orr_tm_read_proposal(const struct orr_msg *m, struct proposal *p) {
    struct orr_reader r = orr_reader(m->data, m->len);
    *p = (struct proposal){.height = orr_read_u64(&r), .round = orr_read_u32(&r)};
    p->pol_round = (int32_t)orr_read_u32(&r);
    p->proposer = orr_read_u32(&r);
    orr_read_copy(&r, &p->id, sizeof p->id);
    orr_read_copy(&r, p->signature, sizeof p->signature);
    return orr_read_done(&r) && p->height && p->round <= ORR_MAX_ROUND && p->pol_round >= -1 &&
           p->pol_round < (int32_t)p->round && p->id.n_parts && p->id.n_parts <= ORR_MAX_PARTS;
}

const struct proposal *orr_tm_proposal_of(const struct orr_msg *m) {
    return orr_form(m, &proposal_decoder);
}

bool orr_tm_verify_proposal(const struct proposal *p, const struct orr_validator_set *set,
                            struct orr_memo *memo) {
    if (memo && p->set == set && p->verdict != ORR_UNKNOWN) return p->verdict == ORR_GOOD;
    uint8_t bytes[ORR_SIGNED_BYTES];
    orr_signed_bytes(set, ORR_SIGNED_PROPOSAL, p->height, p->round, p->pol_round, &p->id, bytes);
    return orr_sign_verify(memo, set->keys[p->proposer].public_key, bytes, sizeof bytes,
                           p->signature);
}

void orr_tm_decode(struct orr_msg *m, const struct orr_validator_set *set, struct orr_pool *pool,
                   struct orr_memo *memo) {
    struct proposal p;
    switch (m->kind) {
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT: orr_vote_decode(m, set, pool, memo); break;
    case ORR_TM_PART: orr_part_decode(m, pool); break;
    case ORR_TM_PROPOSAL:
        if (!orr_tm_read_proposal(m, &p)) break;
        p.set = set;
        if (memo && p.proposer < set->n)
            p.verdict = orr_tm_verify_proposal(&p, set, memo) ? ORR_GOOD : ORR_BAD;
        memcpy(orr_form_new(m, &proposal_decoder, sizeof p, pool), &p, sizeof p);
        break;
    default: break; /* read where they are received: each by one node */
    }
}

void orr_tm_decode_block(struct orr_tm *t, struct orr_msg *block) {
    orr_tm_block_decode(block, t->set, t->common->pool, t->common->memo, t->app, t->app_state);
}

struct orr_msg *orr_tm_with_block(struct orr_tm *t, struct orr_msg *block) {
    if (orr_tm_block_of(block, t->set)) return orr_msg_ref(block);
    struct orr_msg *copy = orr_msg_clone(t->common->pool, block);
    orr_tm_decode_block(t, copy);
    return copy;
}
