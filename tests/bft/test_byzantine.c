/* Liars among the validators: what they can do, what they cannot, and that they are named. */
#include "models/fault/fault.h"
#include "tests/bft/watch.h"

struct lie {
    struct orr_fault_config config;
    struct orr_protocol protocol;
};

/* Makes node i of a cluster that has not started equivocate from the start. */
static void make_liar(struct cluster *c, struct lie *lie, orr_peer i) {
    lie->config = (struct orr_fault_config){.inner = c->protocol, .inner_cfg = c->config, .id = 1,
                                            .behaviour = ORR_BEHAVIOUR_EQUIVOCATE, .on = true,
                                            .p = 1000000000, .split = 500000000};
    ck_assert_int_eq(orr_fault_wrap(&lie->config, &lie->protocol), 0);
    c->nodes[i].protocol = &lie->protocol;
    c->nodes[i].config = &lie->config;
    ((struct watch *)c->ctx)->is_liar[i] = true;
}

static orr_time spread(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    return 20 * MS + (orr_time)orr_rng_below(&c->rng, 40 * 1000000);
}

START_TEST(f_equivocating_validators_cannot_fork_and_are_named_in_blocks) {
    struct cluster c;
    struct lie lies[2];
    cluster_new(&c, "tendermint", 7, 21);
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
END_TEST

START_TEST(more_than_f_equivocating_validators_fork_the_chain_and_are_named) {
    struct cluster c;
    struct lie lies[3];
    cluster_new(&c, "tendermint", 7, 22);
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
END_TEST

ORR_TEST_MAIN("bft.byzantine", f_equivocating_validators_cannot_fork_and_are_named_in_blocks,
              more_than_f_equivocating_validators_fork_the_chain_and_are_named)
