/* Whole validators against each other, without the engine: faults of the network and of nodes. */
#include "models/bft/tendermint/tendermint.h"
#include "tests/models/bft/watch.h"

START_TEST(four_validators_decide_the_same_blocks_one_a_second) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 1);
    struct watch *w = watch_new(&c);
    cluster_start(&c);
    cluster_run(&c, 10000 * MS);
    watch_expect(&c, 10);
    for (uint64_t h = 1; h <= 10; h++) {
        ck_assert_uint_eq(w->rounds[h], 0);
        /* proposal and part, prevotes, precommits: three hops of 10 ms; then timeout_commit */
        ck_assert_int_eq(w->decided_at[h], (orr_time)(h - 1) * 1030 * MS + 30 * MS);
    }
    watch_free(&c);
}
END_TEST

START_TEST(transactions_are_decided_once_with_the_ids_that_clients_know) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 2);
    struct watch *w = watch_new(&c);
    cluster_start(&c);
    uint64_t ids[200];
    for (uint32_t i = 0; i < 200; i++) {
        ids[i] = cluster_submit(&c, i % 4, i % 7, i / 7, 100 + i);
        cluster_run(&c, c.now + 20 * MS);
    }
    cluster_run(&c, c.now + 3000 * MS);
    watch_expect(&c, 5);
    ck_assert_uint_eq(w->n_txs, 200);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t n = 0;
        for (uint32_t k = 0; k < w->n_txs; k++) n += w->txs[k] == ids[i];
        ck_assert_uint_eq(n, 1);
    }
    watch_free(&c);
}
END_TEST

START_TEST(a_lone_validator_decides_alone) {
    struct cluster c;
    cluster_new(&c, "tendermint", 1, 3);
    watch_new(&c);
    cluster_start(&c);
    cluster_run(&c, 5000 * MS);
    watch_expect(&c, 5);
    watch_free(&c);
}
END_TEST

static orr_time partition_from, partition_to;
static orr_peer partition_below; /* nodes below it on one side */
static orr_time partitioned(struct cluster *c, orr_peer from, orr_peer to,
                            const struct orr_msg *m) {
    (void)m;
    bool is_cut = c->now >= partition_from && c->now < partition_to &&
                  (from < partition_below) != (to < partition_below);
    return is_cut ? ORR_NEVER : 20 * MS;
}

START_TEST(an_even_partition_stops_decisions_and_its_heal_resumes_them_within_the_timeouts) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 4);
    struct watch *w = watch_new(&c);
    c.delay = partitioned;
    partition_from = 2010 * MS, partition_to = 30000 * MS, partition_below = 2;
    cluster_start(&c);
    cluster_run(&c, 29000 * MS);
    uint64_t before = w->heights[0];
    ck_assert_uint_le(before, 3);
    cluster_run(&c, 45000 * MS);
    watch_expect(&c, before + 5);
    watch_free(&c);
}
END_TEST

START_TEST(a_minority_that_was_cut_off_catches_up_by_blocks) {
    struct cluster c;
    cluster_new(&c, "tendermint", 7, 5);
    struct watch *w = watch_new(&c);
    c.delay = partitioned;
    partition_from = 1500 * MS, partition_to = 60000 * MS, partition_below = 2;
    cluster_start(&c);
    for (uint32_t i = 0; i < 300; i++) {
        cluster_submit(&c, 2 + i % 5, i % 5, i / 5, 250);
        cluster_run(&c, c.now + 150 * MS);
    }
    cluster_run(&c, 59900 * MS);
    ck_assert_uint_lt(w->heights[0], 4);
    /* proposers of the minority are absent: these rounds time out */
    ck_assert_uint_gt(w->heights[6], 20);
    uint64_t front = w->heights[6];
    cluster_run(&c, 63000 * MS);
    watch_expect(&c, front);
    watch_free(&c);
}
END_TEST

static uint64_t loss_percent;
static orr_time lossy(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    if (orr_rng_below(&c->rng, 100) < loss_percent) return ORR_NEVER;
    return 5 * MS + (orr_time)orr_rng_below(&c->rng, 60 * 1000000);
}

START_TEST(a_fifth_of_all_messages_lost_slows_decisions_but_does_not_stop_them) {
    struct cluster c;
    cluster_new(&c, "tendermint", 7, 6);
    watch_new(&c);
    c.delay = lossy;
    loss_percent = 20;
    cluster_start(&c);
    cluster_run(&c, 60000 * MS);
    watch_expect(&c, 20);
    watch_free(&c);
}
END_TEST

START_TEST(blocks_of_many_parts_are_put_together_in_any_order_and_after_losses) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 7);
    struct watch *w = watch_new(&c);
    cluster_set(&c, "part_size", 1024);
    c.delay = lossy;
    loss_percent = 10;
    cluster_start(&c);
    for (uint32_t i = 0; i < 200; i++) {
        cluster_submit(&c, i % 4, i % 20, i / 20, 1000);
        cluster_run(&c, c.now + 5 * MS);
    }
    cluster_run(&c, 40000 * MS);
    watch_expect(&c, 10);
    ck_assert_uint_eq(w->n_txs, 200);
    watch_free(&c);
}
END_TEST

START_TEST(a_block_is_never_of_more_parts_than_can_be_told_apart) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 13);
    struct watch *w = watch_new(&c);
    cluster_set(&c, "part_size", 1024);
    cluster_set(&c, "max_block_size", 16 << 20); /* but 1,024 parts are 1 MiB */
    cluster_start(&c);
    for (uint32_t i = 0; i < 20; i++) cluster_submit(&c, i % 4, i, 0, 64000);
    cluster_run(&c, 5000 * MS);
    watch_expect(&c, 4);
    ck_assert_uint_eq(w->n_txs, 20);
    watch_free(&c);
}
END_TEST

START_TEST(a_node_that_crashes_again_and_again_never_signs_twice_and_always_comes_back) {
    struct cluster c;
    cluster_new(&c, "tendermint", 4, 8);
    struct watch *w = watch_new(&c);
    c.delay = lossy;
    loss_percent = 0;
    cluster_start(&c);
    for (uint32_t i = 0; i < 120; i++) {
        orr_peer victim = (orr_peer)orr_rng_below(&c.rng, 4);
        cluster_submit(&c, victim, 1, i, 200);
        for (uint64_t k = orr_rng_below(&c.rng, 40); k > 0; k--) cluster_turn(&c, ORR_NEVER);
        cluster_crash(&c, victim, false);
        if (i % 3 == 0) cluster_run(&c, c.now + (orr_time)orr_rng_below(&c.rng, 1500 * 1000000));
        cluster_boot(&c, victim);
    }
    cluster_run(&c, c.now + 10000 * MS);
    watch_expect(&c, 20);
    ck_assert_uint_eq(w->n_seen, 0); /* no evidence against anyone */
    watch_free(&c);
}
END_TEST

START_TEST(all_nodes_crash_at_once_at_any_moment_and_go_on_with_the_same_chain) {
    for (uint32_t turns = 1; turns < 150; turns += 7) {
        struct cluster c;
        cluster_new(&c, "tendermint", 4, 9);
        struct watch *w = watch_new(&c);
        cluster_start(&c);
        for (uint32_t k = 0; k < turns; k++) cluster_turn(&c, ORR_NEVER);
        for (orr_peer i = 0; i < 4; i++) cluster_crash(&c, i, false);
        while (c.n_flights) orr_msg_unref(&c.pool, cluster_pop(&c).msg);
        for (orr_peer i = 0; i < 4; i++) cluster_boot(&c, i);
        uint64_t before = w->heights[0];
        cluster_run(&c, c.now + 20000 * MS);
        watch_expect(&c, before + 3);
        ck_assert_uint_eq(w->n_seen, 0);
        watch_free(&c);
    }
}
END_TEST

static uint32_t n_proposals, n_prevotes[CLUSTER_MAX];
static orr_time counting(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)to;
    n_proposals += m->kind == ORR_TM_PROPOSAL;
    n_prevotes[from] += m->kind == ORR_TM_PREVOTE;
    return 10 * MS;
}

START_TEST(flooding_over_a_ring_decides_as_direct_links_do) {
    struct cluster c;
    cluster_new(&c, "tendermint", 10, 10);
    struct watch *w = watch_new(&c);
    cluster_set(&c, "dissemination", 1);
    c.delay = counting;
    n_proposals = 0;
    static orr_peer ring[10][2];
    for (orr_peer i = 0; i < 10; i++) {
        orr_peer a = (i + 9) % 10, b = (i + 1) % 10;
        ring[i][0] = a < b ? a : b, ring[i][1] = a < b ? b : a;
        c.links[i] = (struct orr_links){2, ring[i]};
    }
    cluster_start(&c);
    for (uint32_t i = 0; i < 50; i++) {
        cluster_submit(&c, i % 10, i % 3, i / 3, 200);
        cluster_run(&c, c.now + 100 * MS);
    }
    cluster_run(&c, 10000 * MS);
    watch_expect(&c, 7);
    ck_assert_uint_eq(w->n_txs, 50);
    /* by hand: the node opposite to the proposer is first; it has 7 prevotes at 50 ms, and the
     * seventh precommit, from two hops off, was cast at 70 ms */
    ck_assert_int_eq(w->decided_at[1], 90 * MS);
    /* of each proposal two messages by its author, and one by everyone else */
    ck_assert_uint_eq(n_proposals, 11 * w->heights[0]);
    watch_free(&c);
}
END_TEST

START_TEST(unequal_stakes_make_quorums_of_power_not_of_heads) {
    struct cluster c;
    cluster_new(&c, "tendermint", 5, 11);
    struct watch *w = watch_new(&c);
    uint64_t stakes[] = {70, 10, 10, 10, 0};
    memcpy(c.stakes, stakes, sizeof stakes);
    cluster_start(&c);
    memset(n_prevotes, 0, sizeof n_prevotes);
    c.delay = counting;
    cluster_run(&c, 100 * MS);
    ck_assert_uint_gt(n_prevotes[3], 0);
    ck_assert_uint_eq(n_prevotes[4], 0); /* who has no stake has no vote */
    for (orr_peer i = 1; i < 5; i++) cluster_crash(&c, i, false), w->is_liar[i] = true;
    cluster_run(&c, 60000 * MS);
    watch_expect(&c, 8); /* 70 of 100 decide alone */
    watch_free(&c);

    cluster_new(&c, "tendermint", 5, 11);
    w = watch_new(&c);
    memcpy(c.stakes, stakes, sizeof stakes);
    cluster_start(&c);
    cluster_crash(&c, 0, false);
    while (c.n_flights) orr_msg_unref(&c.pool, cluster_pop(&c).msg); /* what it had said */
    w->is_liar[0] = true;
    cluster_run(&c, 60000 * MS);
    for (orr_peer i = 1; i < 5; i++) ck_assert_uint_eq(w->heights[i], 0); /* 30 of 100 cannot */
    watch_free(&c);
}
END_TEST

START_TEST(a_steady_run_allocates_room_for_its_chain_and_nothing_else) {
    struct cluster c;
    cluster_new(&c, "tendermint", 7, 12);
    struct watch *w = watch_new(&c);
    cluster_start(&c);
    while (w->heights[0] < 150) cluster_turn(&c, ORR_NEVER);
    uint64_t n_allocs = c.heap.n_allocs;
    while (w->heights[0] < 200) cluster_turn(&c, ORR_NEVER);
    ck_assert_uint_le(c.heap.n_allocs, n_allocs + 5); /* slabs of 256 KiB for blocks and commits */
    watch_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.cluster", four_validators_decide_the_same_blocks_one_a_second,
              transactions_are_decided_once_with_the_ids_that_clients_know,
              a_lone_validator_decides_alone,
              an_even_partition_stops_decisions_and_its_heal_resumes_them_within_the_timeouts,
              a_minority_that_was_cut_off_catches_up_by_blocks,
              a_fifth_of_all_messages_lost_slows_decisions_but_does_not_stop_them,
              blocks_of_many_parts_are_put_together_in_any_order_and_after_losses,
              a_block_is_never_of_more_parts_than_can_be_told_apart,
              a_node_that_crashes_again_and_again_never_signs_twice_and_always_comes_back,
              all_nodes_crash_at_once_at_any_moment_and_go_on_with_the_same_chain,
              flooding_over_a_ring_decides_as_direct_links_do,
              unequal_stakes_make_quorums_of_power_not_of_heads,
              a_steady_run_allocates_room_for_its_chain_and_nothing_else)
