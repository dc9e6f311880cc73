/* Voting powers that change by transactions: from when on they count, for whom, across crashes and
 * snapshots.  What counts at a height is worked out here from the blocks alone. */
#include "models/base/bytes.h"
#include "models/bft/tendermint/state.h"
#include "models/ledger/ledger.h"
#include "tests/models/bft/watch.h"

enum { ORDERS_MAX = 64 };

/* A change that was ordered; from: the first height where it counts. */
struct ordered {
    uint64_t tx, power, from;
    orr_peer of;
};
static struct ordered orders[ORDERS_MAX];
static uint32_t n_orders, n_sent, n_snapshots, n_weak, n_alien;
static uint32_t signed_at[WATCH_HEIGHTS]; /* bitset of those whose precommits some node counted */
static orr_peer cut_off;
static struct orr_rng storm;
static uint32_t loss_percent, side;

static uint64_t power_at(const struct cluster *c, orr_peer who, uint64_t height) {
    uint64_t power = c->stakes[who], latest = 0;
    for (uint32_t i = 0; i < n_orders; i++)
        if (orders[i].of == who && orders[i].from <= height && orders[i].from >= latest)
            power = orders[i].power, latest = orders[i].from;
    return power;
}

static orr_time way(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c;
    n_snapshots += m->kind == ORR_TM_SNAPSHOT;
    if (from == cut_off || to == cut_off) return ORR_NEVER;
    if ((side >> from & 1) != (side >> to & 1)) return ORR_NEVER;
    if (orr_rng_below(&storm, 100) < loss_percent) return ORR_NEVER;
    return 5 * MS + (orr_time)orr_rng_below(&storm, 10 * (uint64_t)MS);
}

/* Whose votes decided, and who proposed: both by the powers of that height. */
static void ear(struct cluster *c, orr_peer node, uint32_t key, const struct orr_msg *m) {
    if (key == ORR_OUT_SIGNERS) {
        const struct orr_signers *s = (const void *)m->data;
        uint64_t power = 0, total = 0;
        for (uint32_t i = 0; i < s->n_signers; i++) {
            power += power_at(c, s->signers[i], s->height);
            signed_at[s->height] |= 1u << s->signers[i];
        }
        for (orr_peer i = 0; i < c->cohort.n; i++) total += power_at(c, i, s->height);
        n_weak += 3 * power <= 2 * total;
    }
    if (key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const void *)m->data;
        n_alien += !power_at(c, orr_decided_proposer(d), d->height);
        for (uint32_t i = 0; i < d->n_txs; i++)
            for (uint32_t k = 0; k < n_orders; k++)
                if (orders[k].tx == d->txs[i]) orders[k].from = d->height + 2;
    }
    watch_output(c, node, key, m);
}

static struct watch *begin(struct cluster *c, uint32_t n, const uint64_t *stakes, uint64_t seed,
                           uint64_t retain) {
    n_orders = n_sent = n_snapshots = n_weak = n_alien = loss_percent = side = 0;
    memset(signed_at, 0, sizeof signed_at);
    cut_off = ORR_NOBODY;
    storm = orr_rng_stream(seed, ORR_RNG_PLAN, 0);
    cluster_new(c, "tendermint", n, seed);
    memcpy(c->stakes, stakes, n * sizeof *stakes);
    cluster_set(c, "retain_blocks", retain);
    cluster_set(c, "timeout_commit", 20 * MS);
    cluster_set(c, "timeout_propose", 120 * MS);
    cluster_set(c, "timeout_prevote", 60 * MS);
    cluster_set(c, "timeout_precommit", 60 * MS);
    cluster_set(c, "timeout_propose_delta", 20 * MS);
    cluster_set(c, "timeout_prevote_delta", 20 * MS);
    cluster_set(c, "timeout_precommit_delta", 20 * MS);
    cluster_set(c, "gossip_interval", 50 * MS);
    struct watch *w = watch_new(c);
    c->delay = way;
    c->output = ear;
    return w;
}

static struct orr_tm *node(const struct cluster *c, orr_peer i) {
    return *(struct orr_tm *const *)c->nodes[i].state; /* the first of its state */
}

static void order(struct cluster *c, orr_peer at, orr_peer of, uint64_t power) {
    ck_assert_uint_lt(n_orders, ORDERS_MAX);
    struct orr_tx_order o = {.is_power = true, .of = of, .power = power, .number = n_sent++};
    struct orr_msg *tx = c->protocol->workload.make_tx(NULL, &c->common, &o);
    orders[n_orders++] = (struct ordered){orr_msg_hash(tx), power, UINT64_MAX, of};
    cluster_step(c, at, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_TX, .msg = tx});
    orr_msg_unref(&c->pool, tx);
}

static void expect(struct cluster *c, uint64_t height) {
    ck_assert_uint_eq(n_weak, 0);
    ck_assert_uint_eq(n_alien, 0);
    watch_expect(c, height);
}

START_TEST(what_a_block_changes_counts_from_two_heights_later_on) {
    static const uint64_t stakes[] = {1, 1, 1, 1, 0};
    struct cluster c;
    struct watch *w = begin(&c, 5, stakes, 81, 0);
    cluster_start(&c);
    cluster_run(&c, 500 * MS);
    order(&c, 0, 4, 2);
    cluster_run(&c, 1500 * MS);
    uint64_t from = orders[0].from;
    ck_assert_uint_lt(from, w->heights[0]);
    uint32_t n_signed = 0;
    for (uint64_t h = 1; h <= w->heights[0]; h++) {
        if (h < from) ck_assert(!(signed_at[h] >> 4 & 1));
        else n_signed += signed_at[h] >> 4 & 1;
    }
    ck_assert_uint_gt(n_signed, (w->heights[0] - from) / 2);
    const struct orr_tm *t = node(&c, 0);
    for (uint64_t h = 2; h < t->height; h++) { /* what headers say, and when it changes */
        const struct orr_tm_header *a = &t->chain[h - 2]->block->header,
                                   *b = &t->chain[h - 1]->block->header;
        ck_assert_int_eq(memcmp(a->validators_hash, b->validators_hash, 32) != 0, h == from);
    }
    /* of 6 a quorum is 5: without node 4 nothing is decided, without node 3 all goes on */
    cut_off = 4;
    uint64_t height = w->heights[0];
    cluster_run(&c, c.now + 2000 * MS);
    ck_assert_uint_le(w->heights[0], height + 1);
    cut_off = 3;
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_gt(w->heights[0], height + 3);
    cut_off = ORR_NOBODY;
    cluster_run(&c, c.now + 2000 * MS);
    expect(&c, height + 4);
    watch_free(&c);
}
END_TEST

START_TEST(who_leaves_signs_no_more_and_may_stop_and_come_back) {
    static const uint64_t stakes[] = {1, 1, 1, 1, 1};
    struct cluster c;
    struct watch *w = begin(&c, 5, stakes, 82, 8);
    cluster_start(&c);
    cluster_run(&c, 300 * MS);
    order(&c, 0, 4, 0);
    order(&c, 0, 3, 0);
    cluster_run(&c, 1500 * MS);
    uint64_t from = orders[0].from > orders[1].from ? orders[0].from : orders[1].from;
    for (uint64_t h = from; h <= w->heights[0]; h++) ck_assert_uint_eq(signed_at[h] >> 3, 0);
    cluster_crash(&c, 3, false);
    cluster_crash(&c, 4, true);
    uint64_t height = w->heights[0];
    cluster_run(&c, c.now + 2000 * MS); /* three of three */
    ck_assert_uint_gt(w->heights[0], height + 10);
    w->heights[4] = 0;
    cluster_boot(&c, 3);
    cluster_boot(&c, 4);
    cluster_run(&c, c.now + 1000 * MS);
    order(&c, 1, 3, 1);
    order(&c, 1, 4, 1);
    cluster_run(&c, c.now + 1000 * MS);
    cut_off = 0; /* four of five are needed */
    height = w->heights[3];
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_gt(w->heights[3], height + 3);
    cut_off = ORR_NOBODY;
    cluster_run(&c, c.now + 2000 * MS);
    expect(&c, height + 3);
    watch_free(&c);
}
END_TEST

/* The evidence is of a height where the culprit had power, the block that carries it of one where
 * it has none. */
START_TEST(proof_against_a_leaver_still_comes_into_a_block) {
    static const uint64_t stakes[] = {1, 1, 1, 1, 1};
    struct cluster c;
    struct watch *w = begin(&c, 5, stakes, 83, 0);
    cluster_start(&c);
    cluster_run(&c, 300 * MS);
    uint64_t height = node(&c, 0)->height - 1;
    order(&c, 0, 4, 0);
    while (node(&c, 0)->height < orders[0].from) ck_assert(cluster_turn(&c, 20000 * MS));
    ck_assert_uint_eq(node(&c, 0)->voters->powers[4], 0);
    const struct orr_validator_set *set = node(&c, 0)->set;
    struct orr_vote a = {.height = height, .round = 7, .validator = 4, .type = ORR_PREVOTE,
                         .id = {.n_parts = 1}}, b = a;
    b.id.hash[0] = 1;
    struct orr_msg *ma = orr_vote_sign(&a, set, &c.pool, c.memo, ORR_TM_PREVOTE);
    struct orr_msg *mb = orr_vote_sign(&b, set, &c.pool, c.memo, ORR_TM_PREVOTE);
    struct orr_msg *proof = orr_evidence_message(&a, &b, &c.pool, ORR_TM_EVIDENCE);
    cluster_step(&c, 1, (struct orr_event){.kind = ORR_RECV, .peer = 2, .msg = proof});
    orr_msg_unref(&c.pool, ma);
    orr_msg_unref(&c.pool, mb);
    orr_msg_unref(&c.pool, proof);
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert(w->is_culprit[4]);
    ck_assert_uint_eq(w->n_committed, 5); /* at each node, once */
    expect(&c, height + 5);
    watch_free(&c);
}
END_TEST

static void expect_same_voters(const struct cluster *c, orr_peer a, orr_peer b) {
    const struct orr_tm *x = node(c, a), *y = node(c, b);
    ck_assert_uint_eq(x->height, y->height);
    ck_assert_mem_eq(x->last_voters->hash, y->last_voters->hash, 32);
    ck_assert_mem_eq(x->voters->hash, y->voters->hash, 32);
    ck_assert_mem_eq(x->next_voters->hash, y->next_voters->hash, 32);
    ck_assert_mem_eq(x->priorities, y->priorities, c->cohort.n * sizeof *x->priorities);
    ck_assert_uint_eq(x->n_changes, y->n_changes);
}

static void level(struct cluster *c, orr_peer a, orr_peer b) {
    while (node(c, a)->height != node(c, b)->height) ck_assert(cluster_turn(c, c->now + 5000 * MS));
}

/* It lags by several changes, and knows none of the sets in between. */
START_TEST(a_late_joiner_finds_sets_and_turns_in_the_snapshot) {
    static const uint64_t stakes[] = {2, 2, 2, 0, 1, 0};
    struct cluster c;
    struct watch *w = begin(&c, 6, stakes, 84, 6);
    cluster_start(&c);
    cluster_run(&c, 200 * MS);
    cut_off = 5;
    cluster_run(&c, c.now + 600 * MS);
    order(&c, 0, 3, 3);
    cluster_run(&c, c.now + 600 * MS);
    order(&c, 0, 0, 0);
    order(&c, 1, 4, 2);
    cluster_run(&c, c.now + 600 * MS);
    order(&c, 1, 5, 2);
    cluster_run(&c, c.now + 1500 * MS);
    ck_assert_uint_gt(node(&c, 1)->n_pruned, node(&c, 5)->height);
    cut_off = ORR_NOBODY;
    cluster_run(&c, c.now + 2000 * MS);
    ck_assert_uint_gt(n_snapshots, 0);
    ck_assert_uint_gt(node(&c, 5)->n_pruned, orders[3].from - 10);
    level(&c, 5, 1);
    expect_same_voters(&c, 5, 1);
    cut_off = 1; /* of 2 + 2 + 3 + 2 + 0 a quorum is 7 */
    uint64_t height = w->heights[5];
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_gt(w->heights[5], height + 2);
    cluster_crash(&c, 5, false); /* and so it does after a restart */
    cut_off = ORR_NOBODY;
    cluster_boot(&c, 5);
    cluster_run(&c, c.now + 1000 * MS);
    level(&c, 5, 1);
    expect_same_voters(&c, 5, 1);
    expect(&c, height + 2);
    watch_free(&c);
}
END_TEST

/* Of those whose power it knows 1 of 5 has signed what it is shown: too little to believe. */
START_TEST(a_snapshot_that_too_few_known_validators_signed_is_not_believed) {
    static const uint64_t stakes[] = {2, 2, 1, 0, 0, 0, 0};
    struct cluster c;
    struct watch *w = begin(&c, 7, stakes, 85, 4);
    cluster_start(&c);
    cluster_run(&c, 100 * MS);
    cut_off = 6;
    cluster_run(&c, c.now + 200 * MS);
    for (orr_peer i = 0; i < 6; i++)
        if (i != 2) order(&c, 2, i, i < 2 ? 0 : 3);
    cluster_run(&c, c.now + 2000 * MS);
    cut_off = ORR_NOBODY;
    uint64_t height = node(&c, 6)->height;
    uint32_t n_dropped = w->n_dropped;
    cluster_run(&c, c.now + 2000 * MS);
    ck_assert_uint_gt(n_snapshots, 0);
    ck_assert_uint_gt(w->n_dropped, n_dropped);
    ck_assert_uint_eq(node(&c, 6)->height, height);
    w->is_liar[6] = true; /* it stays behind */
    expect(&c, height + 10);
    watch_free(&c);
}
END_TEST

START_TEST(a_block_that_would_leave_nobody_or_too_much_changes_nothing) {
    static const uint64_t stakes[] = {1, 1, 1, 1};
    static const uint64_t powers[] = {0, ORR_MAX_TOTAL_POWER / 4 + 1, UINT64_MAX};
    for (uint32_t k = 0; k < 3; k++) {
        struct cluster c;
        struct watch *w = begin(&c, 4, stakes, 86, 4);
        cluster_start(&c);
        cluster_run(&c, 300 * MS);
        for (orr_peer i = 0; i < 4; i++) order(&c, 1, i, powers[k]);
        cluster_run(&c, c.now + 1500 * MS);
        ck_assert_uint_lt(orders[0].from, w->heights[0]);
        ck_assert_uint_eq(orders[0].from, orders[3].from); /* in one block */
        ck_assert_ptr_eq(node(&c, 2)->next_voters, node(&c, 2)->set);
        ck_assert_uint_eq(node(&c, 2)->n_changes, 4);
        n_orders = n_weak = n_alien = 0; /* none of them counts */
        cluster_run(&c, c.now + 1000 * MS);
        expect(&c, orders[0].from);
        watch_free(&c);
    }
}
END_TEST

/* The planted bug: a node, or all of them, go by the powers of genesis for good. */
static bool tells_nothing(const void *app, uint32_t i, struct orr_app_power *change) {
    (void)app, (void)i, (void)change;
    return false;
}
static void plant(struct cluster *c, orr_peer i, struct orr_app *app) {
    *app = *node(c, i)->app;
    app->power_change = tells_nothing;
    node(c, i)->app = app;
}

START_TEST(who_keeps_the_old_set_stands_still_and_all_who_do_are_found_out) {
    static const uint64_t stakes[] = {1, 1, 1, 1, 0, 0, 0};
    struct orr_app app;
    for (int all = 0; all < 2; all++) {
        struct cluster c;
        struct watch *w = begin(&c, 7, stakes, 87, 0);
        cluster_start(&c);
        for (orr_peer i = 0; i < 7; i++)
            if (all || i == 2) plant(&c, i, &app);
        cluster_run(&c, 300 * MS);
        for (orr_peer i = 4; i < 7; i++) order(&c, 0, i, 1);
        cluster_run(&c, 4000 * MS);
        uint64_t from = orders[0].from;
        ck_assert_uint_gt(w->heights[0], from + 5);
        if (all) ck_assert_uint_gt(n_weak, 5); /* 4 of 7 */
        else ck_assert(!n_weak && w->heights[2] <= from);
        watch_free(&c);
    }
}
END_TEST

/* Powers change all the while; lightning strikes all after any effect, and one never comes back. */
static bool run(uint64_t seed, uint64_t strike) {
    enum { N = 5, DEAD = 4 };
    static const uint64_t stakes[] = {2, 1, 1, 3, 1};
    struct cluster c;
    struct watch *w = begin(&c, N, stakes, seed, seed % 4);
    c.effects_left = strike;
    cluster_start(&c);
    for (unsigned phase = 0; phase < 20 && !c.is_struck; phase++) {
        loss_percent = (uint32_t)orr_rng_below(&storm, 3) * 10;
        side = orr_rng_below(&storm, 3) ? 0 : (uint32_t)orr_rng_below(&storm, 1u << N);
        order(&c, (orr_peer)orr_rng_below(&storm, N), (orr_peer)orr_rng_below(&storm, DEAD),
              1 + orr_rng_below(&storm, 4));
        orr_time until = c.now + 100 * MS;
        while (!c.is_struck && cluster_turn(&c, until)) {}
    }
    bool has_struck = c.is_struck;
    for (orr_peer i = 0; i < N; i++) cluster_crash(&c, i, false);
    while (c.n_flights) orr_msg_unref(&c.pool, cluster_pop(&c).msg);
    c.effects_left = loss_percent = side = 0;
    c.is_struck = false;
    uint64_t most = 0;
    for (orr_peer i = 0; i < N; i++) most = w->heights[i] > most ? w->heights[i] : most;
    for (orr_peer i = 0; i < N; i++)
        if (i != DEAD) cluster_boot(&c, i);
    order(&c, 1, 0, 5);
    cluster_run(&c, c.now + 3000 * MS);
    for (orr_peer i = 0; i < DEAD; i++)
        ck_assert_msg(w->heights[i] > most + 3 && !w->n_forks && !w->n_root_splits && !n_weak &&
                          !n_alien,
                      "node %u, at %lu; seed %lu, strike %lu", i, (unsigned long)w->heights[i],
                      (unsigned long)seed, (unsigned long)strike);
    level(&c, 0, 3);
    expect_same_voters(&c, 0, 3);
    watch_free(&c);
    return has_struck;
}

START_TEST(powers_change_and_power_fails_after_any_effect) {
    uint32_t n_struck = 0;
    for (uint64_t seed = 1; seed <= 6; seed++)
        for (uint64_t strike = 1 + 17 * seed; run(seed, strike); strike += 149) n_struck++;
    ck_assert_uint_gt(n_struck, 30);
}
END_TEST

ORR_TEST_MAIN("bft.voters", what_a_block_changes_counts_from_two_heights_later_on,
              who_leaves_signs_no_more_and_may_stop_and_come_back,
              proof_against_a_leaver_still_comes_into_a_block,
              a_late_joiner_finds_sets_and_turns_in_the_snapshot,
              a_snapshot_that_too_few_known_validators_signed_is_not_believed,
              a_block_that_would_leave_nobody_or_too_much_changes_nothing,
              who_keeps_the_old_set_stands_still_and_all_who_do_are_found_out,
              powers_change_and_power_fails_after_any_effect)
