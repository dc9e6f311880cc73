/* Liars among the validators: what they can do, what they cannot, and that they are named. */
#include "models/bft/common/evidence.h"
#include "models/bft/tendermint/tendermint.h"
#include "models/fault/byzantine.h"
#include "tests/models/bft/watch.h"

struct lie {
    struct orr_byzantine_config config;
    struct orr_protocol protocol;
};

/* Makes node i of a cluster that has not started equivocate from the start. */
static void make_liar(struct cluster *c, struct lie *lie, orr_peer i) {
    lie->config = (struct orr_byzantine_config){.inner = c->protocol,
                                                .inner_cfg = c->config,
                                                .id = 1,
                                                .behaviour = ORR_BEHAVIOUR_EQUIVOCATE,
                                                .on = true,
                                                .p = 1000000000,
                                                .split = 500000000};
    ck_assert_int_eq(orr_byzantine_wrap(&lie->config, &lie->protocol), 0);
    c->nodes[i].protocol = &lie->protocol;
    c->nodes[i].config = &lie->config;
    ((struct watch *)c->ctx)->is_liar[i] = true;
}

static orr_time spread(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    return 20 * MS + (orr_time)orr_rng_below(&c->rng, 40 * 1000000);
}

static void let_f_equivocate(enum orr_signatures kind) {
    struct cluster c;
    struct lie lies[2];
    cluster_new(&c, "tendermint", 7, 21);
    c.cohort.signatures = kind;
    struct watch *w = watch_new(&c);
    c.delay = spread;
    make_liar(&c, &lies[0], 1);
    make_liar(&c, &lies[1], 4);
    cluster_start(&c);
    cluster_run(&c, 40000 * MS);
    watch_expect(&c, 20);
    for (orr_peer i = 0; i < 7; i++) ck_assert(w->is_culprit[i] == (i == 1 || i == 4));
    ck_assert_uint_gt(w->n_committed, 0);
    watch_free(&c);
}

START_TEST(f_equivocating_validators_cannot_fork_and_are_named_in_blocks) {
    let_f_equivocate(ORR_SIGNATURES_REAL);
    let_f_equivocate(ORR_SIGNATURES_MODELLED);
}
END_TEST

static void let_more_than_f_equivocate(enum orr_signatures kind) {
    struct cluster c;
    struct lie lies[3];
    cluster_new(&c, "tendermint", 7, 22);
    c.cohort.signatures = kind;
    struct watch *w = watch_new(&c);
    c.delay = spread;
    make_liar(&c, &lies[0], 1);
    make_liar(&c, &lies[1], 4);
    make_liar(&c, &lies[2], 6);
    cluster_start(&c);
    cluster_run(&c, 40000 * MS);
    ck_assert_uint_gt(w->n_forks, 0);
    for (orr_peer i = 0; i < 7; i++) ck_assert(w->is_culprit[i] == (i == 1 || i == 4 || i == 6));
    watch_free(&c);
}

START_TEST(more_than_f_equivocating_validators_fork_the_chain_and_are_named) {
    let_more_than_f_equivocate(ORR_SIGNATURES_REAL);
    let_more_than_f_equivocate(ORR_SIGNATURES_MODELLED);
}
END_TEST

/* Two prevotes of a validator at a height, as it would hand them round itself. */
static struct orr_msg *proof_against(struct cluster *c, uint32_t culprit, uint64_t height) {
    const struct orr_validator_set *set = *(struct orr_validator_set *const *)c->common.shared;
    struct orr_vote a = {.height = height, .validator = culprit, .type = ORR_PREVOTE}, b = a;
    b.id.n_parts = 1;
    struct orr_msg *m[2] = {orr_vote_sign(&a, set, &c->pool, NULL, ORR_TM_PREVOTE),
                            orr_vote_sign(&b, set, &c->pool, NULL, ORR_TM_PREVOTE)};
    struct orr_msg *proof = orr_evidence_message(&a, &b, &c->pool, ORR_TM_EVIDENCE);
    for (int i = 0; i < 2; i++) orr_msg_unref(&c->pool, m[i]);
    return proof;
}

static void run_to(struct cluster *c, uint64_t height) {
    const struct watch *w = c->ctx;
    for (orr_peer i = 0; i < c->cohort.n; i++)
        while (w->heights[i] < height) cluster_turn(c, ORR_NEVER);
}

/* A liar that keeps the proof of its own lie back until its last moment stops nobody: a block never
 * carries it when it is too old. */
START_TEST(evidence_counts_up_to_its_age_and_never_makes_a_block_invalid) {
    enum { AGE = 3 };
    for (uint64_t late = 0; late < 3; late++) { /* heights after the last at which it counts */
        struct cluster c;
        cluster_new(&c, "tendermint", 4, 23);
        struct watch *w = watch_new(&c);
        cluster_set(&c, "evidence_max_age", AGE);
        cluster_start(&c);
        /* every node works on height 2 + AGE + late - 1, its proposal is made already */
        run_to(&c, AGE + late);
        cluster_run(&c, c.now + 1015 * MS);
        struct orr_msg *proof = proof_against(&c, 3, 2);
        for (orr_peer i = 0; i < 4; i++)
            cluster_step(&c, i, (struct orr_event){.kind = ORR_RECV, .peer = 3, .msg = proof});
        orr_msg_unref(&c.pool, proof);
        ck_assert_uint_eq(w->n_seen, late < 2 ? 4 : 0);
        cluster_run(&c, c.now + 10000 * MS);
        watch_expect(&c, AGE + late + 8);
        for (uint64_t h = 1; h < AGE + late + 8; h++) ck_assert_uint_eq(w->rounds[h], 0);
        ck_assert_uint_eq(w->n_committed, late < 1 ? 4 : 0);
        watch_free(&c);
    }
}
END_TEST

ORR_TEST_MAIN("bft.byzantine", evidence_counts_up_to_its_age_and_never_makes_a_block_invalid,
              f_equivocating_validators_cannot_fork_and_are_named_in_blocks,
              more_than_f_equivocating_validators_fork_the_chain_and_are_named)
