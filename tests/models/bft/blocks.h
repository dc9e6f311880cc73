/* blocks.h - one node of the family of HotStuff, by hand: `a`, and what the other three of four may
 * sign. */
#ifndef ORR_TESTS_MODELS_BFT_BLOCKS_H
#define ORR_TESTS_MODELS_BFT_BLOCKS_H

#include "models/bft/common/proposal.h"
#include "models/bft/hotstuff/hotstuff.h"
#include "tests/driver.h"

static struct cluster a;
static const struct orr_validator_set *set;

static inline void begin(const char *role, orr_peer self) {
    cluster_alone(&a, role, 4, self);
    set = a.common.shared;
}

/* The QC of votes for a ballot by the validators of a bitmask. */
static inline struct orr_msg *certify(const struct orr_ballot *ballot, uint32_t voters,
                                      enum orr_qc_form form) {
    struct orr_tally_store store;
    struct orr_vote_set votes;
    struct orr_tally *tally;
    struct orr_msg *other;
    uint64_t seen_words[1];
    orr_tally_store_init(&store, &a.heap.mem, &a.pool, set, ORR_BALLOT_BYTES);
    orr_vote_set_init(&votes, &store, seen_words);
    for (uint32_t i = 0; i < 4; i++) {
        if (!(voters >> i & 1)) continue;
        struct orr_msg *m = orr_ballot_sign(ballot, i, set, &a.pool, NULL);
        orr_vote_set_add(&votes, &store, i, m->data, m, &tally, &other);
        orr_msg_unref(&a.pool, m);
    }
    struct orr_msg *qc = orr_qc_new(votes.first, form, set, &a.pool);
    orr_vote_set_clear(&votes, &store);
    orr_tally_store_fini(&store);
    return qc;
}

/* A block of a view on a QC (lent), proposed by whom the schedule says, with a TC or without. */
static inline struct orr_msg *block(uint64_t view, uint32_t proposer, const struct orr_msg *on,
                                    const struct orr_msg *tc, orr_time time) {
    struct orr_qc qc;
    ck_assert(orr_qc_read(on->data, on->len, 4, &qc));
    struct orr_proposal_parts parts = {.view = view, .height = qc.ballot.height + 1, .time = time,
                                       .parent = qc.ballot.block, .qc = &qc, .tc = tc};
    return orr_proposal_new(&parts, proposer, set, &a.pool, NULL, ORR_HS_PROPOSAL);
}
/* The QC of a block's votes of a kind. */
static inline struct orr_msg *qc_of_kind(const struct orr_msg *proposal, uint8_t kind,
                                         uint32_t voters) {
    const struct orr_proposal *p = orr_proposal_of(proposal);
    struct orr_ballot b = {.kind = kind, .view = p->view, .height = p->height,
                           .justify_view = p->qc.ballot.view};
    memcpy(b.block, p->hash, 32);
    return certify(&b, voters, ORR_QC_LIST);
}
static inline struct orr_msg *qc_of(const struct orr_msg *proposal, uint32_t voters) {
    return qc_of_kind(proposal, ORR_HS_VOTE, voters);
}
static inline struct orr_msg *tc_of(uint64_t view, const struct orr_msg *highest) {
    struct orr_msg *m[4] = {NULL};
    struct orr_qc qc;
    ck_assert(orr_qc_read(highest->data, highest->len, 4, &qc));
    for (uint32_t i = 0; i < 3; i++)
        m[i] = orr_timeout_sign(view, i, &qc, set, &a.pool, NULL, ORR_HS_TIMEOUT);
    struct orr_msg *tc = orr_tc_new(view, m, 4, &a.pool);
    for (uint32_t i = 0; i < 3; i++) orr_msg_unref(&a.pool, m[i]);
    return tc;
}
/* Did the last step enter a step of a view? */
static inline bool enters(uint64_t view, enum orr_hs_step step) {
    for (uint32_t i = 0; i < a.out.n; i++) {
        const struct orr_effect *e = &a.out.v[i];
        if (e->kind != ORR_OUTPUT || e->key != ORR_OUT_STEP) continue;
        const struct orr_progress *p = (const struct orr_progress *)e->msg->data;
        if (p->round == view && p->step == (uint32_t)step) return true;
    }
    return false;
}
/* Does a proposal get the node's vote? */
static inline bool hear(struct orr_msg *m) { /* a copy: what comes off a wire has no form of ours */
    cluster_receive(&a, 3, orr_msg_copy(&a.pool, m->kind, m->data, m->len));
    return enters(orr_proposal_of(m)->view, ORR_HS_STEP_VOTED);
}
/* What node 3 wrote in the last step is on its disk: a record, or NULL, that it is gone. */
static inline void make_durable(void) {
    for (uint32_t i = 0; i < a.out.n; i++)
        if (a.out.v[i].kind == ORR_WRITE)
            cluster_write(&a, &a.nodes[3], a.out.v[i].key,
                          a.out.v[i].msg ? orr_msg_ref(a.out.v[i].msg) : NULL);
}
static inline bool hear_durably(struct orr_msg *m) {
    bool votes = hear(m);
    make_durable();
    return votes;
}
#endif
