/* Pruned history: what is kept, where a restart begins, what a late joiner is sent. */
#include "models/base/bytes.h"
#include "models/bft/tendermint/state.h"
#include "models/ledger/ledger.h"
#include "tests/models/bft/watch.h"

static orr_peer cut_off;
static uint32_t n_snapshots; /* sent */
static uint64_t adopted[CLUSTER_MAX];

static orr_time known(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c;
    n_snapshots += m->kind == ORR_TM_SNAPSHOT;
    return from == cut_off || to == cut_off ? ORR_NEVER : 10 * MS;
}

static void output(struct cluster *c, orr_peer node, uint32_t key, const struct orr_msg *m) {
    struct watch *w = c->ctx;
    if (key == ORR_OUT_ADOPTED) { /* heights up to this one it never decides */
        const struct orr_adopted *a = (const struct orr_adopted *)m->data;
        ck_assert_uint_gt(a->height, w->heights[node]);
        ck_assert_mem_eq(w->values[a->height], a->value, 32);
        adopted[node] = a->height;
    }
    watch_output(c, node, key, m);
}

static struct watch *begin(struct cluster *c, uint32_t n, uint64_t seed, uint64_t retain) {
    cut_off = ORR_NOBODY;
    n_snapshots = 0;
    memset(adopted, 0, sizeof adopted);
    cluster_new(c, "tendermint", n, seed);
    cluster_set(c, "retain_blocks", retain);
    cluster_set(c, "timeout_commit", 100 * MS);
    cluster_set(c, "timeout_propose", 200 * MS);
    cluster_set(c, "timeout_prevote", 100 * MS);
    cluster_set(c, "timeout_precommit", 100 * MS);
    cluster_set(c, "timeout_propose_delta", 20 * MS);
    cluster_set(c, "timeout_prevote_delta", 20 * MS);
    cluster_set(c, "timeout_precommit_delta", 20 * MS);
    cluster_set(c, "gossip_interval", 50 * MS);
    struct watch *w = watch_new(c);
    c->delay = known;
    c->output = output;
    return w;
}
static const struct orr_tm *node(const struct cluster *c, orr_peer i) {
    return *(struct orr_tm *const *)c->nodes[i].state; /* the first of its state */
}
static void load(struct cluster *c, uint32_t from, uint32_t to, orr_peer n) {
    for (uint32_t i = from; i < to; i++) {
        if (c->nodes[i % n].is_up) cluster_submit(c, i % n, i % 7, i / 7, 200);
        cluster_run(c, c->now + 50 * MS);
    }
}

START_TEST(between_one_and_two_times_as_many_blocks_are_kept_and_the_log_no_more) {
    static const uint64_t retain[] = {1, 2, 7, 20};
    for (uint32_t k = 0; k < 4; k++) {
        struct cluster c;
        struct watch *w = begin(&c, 4, 61, retain[k]);
        uint64_t least = retain[k] < 2 ? 2 : retain[k];
        cluster_start(&c);
        for (uint32_t i = 0; i < 200; i++) {
            load(&c, i, i + 1, 4);
            const struct orr_tm *t = node(&c, i % 4);
            uint64_t n_kept = t->height - 1 - t->n_pruned;
            ck_assert_uint_lt(n_kept, 2 * least);
            ck_assert(n_kept >= least || !t->n_pruned);
            ck_assert_uint_le(c.nodes[i % 4].n_disk, n_kept + 9); /* and the slots, and one more */
        }
        ck_assert_uint_gt(node(&c, 0)->n_pruned, 20);
        ck_assert_uint_ge(w->n_txs, 190);
        watch_expect(&c, 60);
        watch_free(&c);
    }
}
END_TEST

START_TEST(nothing_is_forgotten_without_a_bound) {
    struct cluster c;
    begin(&c, 4, 62, 0);
    cluster_start(&c);
    cluster_run(&c, 20000 * MS);
    ck_assert_uint_eq(node(&c, 0)->n_pruned, 0);
    ck_assert_ptr_null(node(&c, 0)->next_base);
    ck_assert_uint_gt(c.nodes[0].n_disk, 100);
    watch_free(&c);
}
END_TEST

START_TEST(a_node_that_lags_by_more_than_is_kept_begins_from_a_snapshot_and_takes_part) {
    struct cluster c;
    struct watch *w = begin(&c, 4, 63, 8);
    cluster_start(&c);
    cluster_run(&c, 300 * MS);
    cut_off = 3;
    load(&c, 0, 200, 3);
    uint64_t away = w->heights[3], others = w->heights[0];
    ck_assert_uint_gt(others, away + 16);
    cut_off = ORR_NOBODY;
    load(&c, 200, 230, 4);
    ck_assert_uint_gt(adopted[3], away);
    ck_assert_uint_ge(w->heights[3] + 1, w->heights[0]);
    ck_assert_uint_le(n_snapshots, 6); /* not one with each question */
    ck_assert_mem_eq(node(&c, 3)->app_hash, node(&c, 0)->app_hash, 32);
    cut_off = 1; /* its vote counts: three of four are needed */
    uint64_t height = w->heights[3];
    cluster_run(&c, c.now + 15000 * MS);
    ck_assert_uint_gt(w->heights[3], height + 3);
    watch_expect(&c, height);
    watch_free(&c);
}
END_TEST

/* Each in turn, between blocks and in the midst of one; from the snapshot that it took, or was
 * sent. */
START_TEST(nodes_come_back_from_a_snapshot_and_the_blocks_after_it) {
    struct cluster c;
    struct watch *w = begin(&c, 4, 64, 5);
    cluster_start(&c);
    load(&c, 0, 60, 4);
    for (uint32_t i = 0; i < 40; i++) {
        orr_peer who = i % 4;
        cluster_crash(&c, who, false);
        if (i % 3 == 0) load(&c, 100 + 30 * i, 100 + 30 * i + 25, 4 - (who == 3)); /* left behind */
        cluster_run(&c, c.now + 37 * MS);
        cluster_boot(&c, who);
        ck_assert_uint_gt(node(&c, who)->n_pruned, 0);
        cluster_run(&c, c.now + 700 * MS);
    }
    cluster_run(&c, c.now + 3000 * MS);
    for (orr_peer i = 1; i < 4; i++) ck_assert_uint_ge(w->heights[i] + 1, w->heights[0]);
    watch_expect(&c, 60);
    watch_free(&c);
}
END_TEST

START_TEST(all_crash_at_once_after_any_effect_and_go_on_from_their_snapshots) {
    uint32_t n_struck = 0;
    for (uint64_t strike = 1200; strike < 2100; strike += 11) {
        struct cluster c;
        struct watch *w = begin(&c, 4, 65, 1 + strike % 3);
        c.effects_left = strike;
        cluster_start(&c);
        while (!c.is_struck && c.now < 20000 * MS) cluster_turn(&c, ORR_NEVER);
        n_struck += c.is_struck;
        uint64_t most = 0;
        for (orr_peer i = 0; i < 4; i++) most = w->heights[i] > most ? w->heights[i] : most;
        for (orr_peer i = 0; i < 4; i++) cluster_crash(&c, i, false);
        while (c.n_flights) orr_msg_unref(&c.pool, cluster_pop(&c).msg);
        c.effects_left = 0;
        c.is_struck = false;
        for (orr_peer i = 0; i < 4; i++) cluster_boot(&c, i);
        cluster_run(&c, c.now + 8000 * MS);
        watch_expect(&c, most + 3);
        watch_free(&c);
    }
    ck_assert_uint_gt(n_struck, 70);
}
END_TEST

/* Every byte of the headers, of the commit's head and some of the rest: nothing is adopted. */
START_TEST(a_snapshot_that_the_validators_did_not_sign_is_dropped) {
    struct cluster c;
    struct watch *w = begin(&c, 4, 66, 4);
    cluster_start(&c);
    cluster_run(&c, 10 * MS);
    cut_off = 3;
    load(&c, 0, 60, 3);
    cut_off = ORR_NOBODY;
    struct orr_msg *good = NULL;
    while (!good) {
        ck_assert(cluster_turn(&c, ORR_NEVER));
        if (c.n_flights && c.flights[0].to == 3 && c.flights[0].msg->kind == ORR_TM_SNAPSHOT)
            good = cluster_pop(&c).msg;
    }
    uint64_t height = node(&c, 3)->height;
    uint8_t before[32];
    memcpy(before, node(&c, 3)->app_hash, 32);
    for (uint32_t at = 0; at < good->len; at += at < 620 ? 1 : 97) {
        struct orr_msg *bad = orr_msg_copy(&c.pool, good->kind, good->data, good->len);
        bad->data[at] ^= 0x40;
        uint32_t n_dropped = w->n_dropped;
        cluster_step(&c, 3, (struct orr_event){.kind = ORR_RECV, .peer = 1, .msg = bad});
        orr_msg_unref(&c.pool, bad);
        ck_assert_msg(node(&c, 3)->height == height && !adopted[3], "byte %u", at);
        ck_assert(w->n_dropped == n_dropped + 1 || at < 16); /* or of a height that is past */
    }
    for (uint32_t len = 0; len < good->len; len += len < 1000 ? 13 : 997) {
        struct orr_msg *bad = orr_msg_copy(&c.pool, good->kind, good->data, len);
        cluster_step(&c, 3, (struct orr_event){.kind = ORR_RECV, .peer = 1, .msg = bad});
        orr_msg_unref(&c.pool, bad);
        ck_assert_uint_eq(node(&c, 3)->height, height);
    }
    ck_assert_mem_eq(node(&c, 3)->app_hash, before, 32);
    cluster_step(&c, 3, (struct orr_event){.kind = ORR_RECV, .peer = 1, .msg = good});
    orr_msg_unref(&c.pool, good);
    ck_assert_uint_gt(adopted[3], 0);
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_ge(w->heights[3] + 1, w->heights[0]);
    watch_expect(&c, 20);
    watch_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.snapshot",
              between_one_and_two_times_as_many_blocks_are_kept_and_the_log_no_more,
              nothing_is_forgotten_without_a_bound,
              a_node_that_lags_by_more_than_is_kept_begins_from_a_snapshot_and_takes_part,
              nodes_come_back_from_a_snapshot_and_the_blocks_after_it,
              all_crash_at_once_after_any_effect_and_go_on_from_their_snapshots,
              a_snapshot_that_the_validators_did_not_sign_is_dropped)
