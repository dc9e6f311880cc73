/* Transactions that not everyone has: who is told of them, who asks, and that all are decided. */
#include "models/base/bytes.h"
#include "models/bft/tendermint/tendermint.h"
#include "tests/models/bft/watch.h"

static uint32_t n_sent[ORR_TM_N_KINDS]; /* messages by kind since the test began */
static orr_peer cut_off;                /* from all others; ORR_NOBODY: none */
static uint64_t tx_loss_percent;

static orr_time counted(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    n_sent[m->kind]++;
    if (from == cut_off || to == cut_off) return ORR_NEVER;
    if (m->kind == ORR_TM_TX && orr_rng_below(&c->rng, 100) < tx_loss_percent) return ORR_NEVER;
    return 10 * MS;
}

static void begin(struct cluster *c, uint32_t n, uint64_t seed) {
    memset(n_sent, 0, sizeof n_sent);
    cut_off = ORR_NOBODY;
    tx_loss_percent = 0;
    cluster_new(c, "tendermint", n, seed);
    watch_new(c);
    c->delay = counted;
}

static uint32_t times_decided(const struct watch *w, uint64_t id) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n_txs; i++) n += w->txs[i] == id;
    return n;
}

START_TEST(what_a_cut_off_validator_took_in_is_decided_soon_after_its_return_and_not_by_its_turn) {
    struct cluster c;
    begin(&c, 7, 31);
    struct watch *w = c.ctx;
    cluster_start(&c);
    cluster_run(&c, 7400 * MS); /* height 8, whose proposer is node 0, is decided */
    ck_assert_uint_eq(w->heights[0], 8);
    cut_off = 0;
    uint64_t ids[20];
    for (uint32_t i = 0; i < 20; i++) {
        ids[i] = cluster_submit(&c, 0, 1, i, 200);
        cluster_run(&c, c.now + 100 * MS);
    }
    cut_off = ORR_NOBODY;
    while (w->heights[0] < 14) cluster_turn(&c, ORR_NEVER); /* node 0 proposes height 15 again */
    for (uint32_t i = 0; i < 20; i++) ck_assert_uint_eq(times_decided(w, ids[i]), 1);
    watch_expect(&c, 13);
    watch_free(&c);
}
END_TEST

START_TEST(transactions_that_most_peers_never_got_reach_everyone_and_are_decided_once) {
    for (uint32_t dissemination = 0; dissemination < 2; dissemination++) {
        struct cluster c;
        begin(&c, 10, 32 + dissemination);
        struct watch *w = c.ctx;
        cluster_set(&c, "dissemination", dissemination);
        cluster_start(&c);
        tx_loss_percent = 90;
        uint64_t ids[100];
        for (uint32_t i = 0; i < 100; i++) {
            ids[i] = cluster_submit(&c, i % 10, i % 3, i / 3, 200);
            cluster_run(&c, c.now + 50 * MS);
        }
        tx_loss_percent = 0;
        uint64_t height = w->heights[0];
        while (w->heights[0] < height + 5) cluster_turn(&c, ORR_NEVER);
        for (uint32_t i = 0; i < 100; i++) ck_assert_uint_eq(times_decided(w, ids[i]), 1);
        ck_assert_uint_gt(n_sent[ORR_TM_WANT], 0);
        watch_free(&c);
    }
}
END_TEST

START_TEST(where_nothing_is_lost_nothing_is_said_of_what_waits) {
    struct cluster c;
    begin(&c, 4, 34);
    struct watch *w = c.ctx;
    cluster_start(&c);
    for (uint32_t i = 0; i < 300; i++) {
        cluster_submit(&c, i % 4, i % 3, i / 3, 200);
        cluster_run(&c, c.now + 20 * MS);
    }
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_eq(w->n_txs, 300);
    ck_assert_uint_eq(n_sent[ORR_TM_HAVE], 0);
    ck_assert_uint_eq(n_sent[ORR_TM_WANT], 0);
    ck_assert_uint_eq(n_sent[ORR_TM_TX], 300 * 3);
    watch_free(&c);
}
END_TEST

START_TEST(a_transaction_for_which_the_block_had_no_room_was_not_passed_over) {
    struct cluster c;
    begin(&c, 4, 35);
    struct watch *w = c.ctx;
    cluster_set(&c, "max_block_size", 4096);
    cluster_start(&c);
    for (uint32_t i = 0; i < 30; i++) cluster_submit(&c, i % 4, i, 0, 1000); /* at most 3 a block */
    cluster_run(&c, 20000 * MS);
    ck_assert_uint_eq(w->n_txs, 30);
    ck_assert_uint_eq(n_sent[ORR_TM_HAVE], 0);
    watch_free(&c);
}
END_TEST

/* ---- the messages themselves, to and from one node that was never started with others ---- */

static struct orr_msg *ids_message(struct cluster *c, uint16_t kind, const uint64_t *words,
                                   uint32_t n) {
    struct orr_msg *m = orr_msg_new(&c->pool, kind, 8 * n);
    for (uint32_t i = 0; i < n; i++) orr_store_le64(m->data + 8 * i, words[i]);
    return m;
}
static void deliver(struct cluster *c, orr_peer to, struct orr_msg *m) {
    cluster_step(c, to, (struct orr_event){.kind = ORR_RECV, .peer = 3, .msg = m});
    orr_msg_unref(&c->pool, m);
}
/* What is on its way to node 3 of a kind; takes it off. */
static struct orr_msg *take_answer(struct cluster *c, uint16_t kind) {
    struct orr_msg *found = NULL;
    while (c->n_flights) {
        struct flight f = cluster_pop(c);
        if (!found && f.to == 3 && f.msg && f.msg->kind == kind)
            found = f.msg;
        else
            orr_msg_unref(&c->pool, f.msg);
    }
    return found;
}

/* Until node 0 has named what the others lack to node 3; nothing is under way then. */
static void until_offered(struct cluster *c) {
    tx_loss_percent = 100;
    for (bool is_offered = false; !is_offered;) {
        ck_assert(cluster_turn(c, 4000 * MS));
        for (uint32_t i = 0; i < c->n_flights; i++) {
            const struct flight *f = &c->flights[i];
            is_offered |= f->from == 0 && f->to == 3 && f->msg &&
                          f->msg->kind == ORR_TM_HAVE;
        }
    }
    tx_loss_percent = 0;
    orr_msg_unref(&c->pool, take_answer(c, ORR_TM_HAVE));
}

START_TEST(a_node_asks_for_what_it_lacks_and_answers_with_what_it_has) {
    struct cluster c;
    begin(&c, 4, 36);
    struct watch *w = c.ctx;
    cluster_start(&c);
    tx_loss_percent = 100;
    cluster_run(&c, 500 * MS); /* node 0 has proposed height 1 */
    uint64_t a = cluster_submit(&c, 0, 1, 0, 200), b = cluster_submit(&c, 0, 1, 1, 300);
    until_offered(&c);
    deliver(&c, 0, ids_message(&c, ORR_TM_HAVE, (uint64_t[]){9, a, 77, b, 78}, 5));
    struct orr_msg *m = take_answer(&c, ORR_TM_WANT);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->len, 16);
    ck_assert_uint_eq(orr_load_le64(m->data), 77);
    ck_assert_uint_eq(orr_load_le64(m->data + 8), 78);
    orr_msg_unref(&c.pool, m);
    deliver(&c, 0, ids_message(&c, ORR_TM_HAVE, (uint64_t[]){9, a, b}, 3)); /* it has them all */
    ck_assert_uint_eq(c.n_flights, 0);
    deliver(&c, 0, ids_message(&c, ORR_TM_WANT, (uint64_t[]){77, b}, 2));
    ck_assert_uint_eq(c.n_flights, 1);
    m = take_answer(&c, ORR_TM_TX);
    ck_assert_uint_eq(orr_msg_hash(m), b);
    orr_msg_unref(&c.pool, m);
    deliver(&c, 0, ids_message(&c, ORR_TM_WANT, (uint64_t[]){77, b}, 2)); /* unasked */
    ck_assert_uint_eq(c.n_flights, 0);
    ck_assert_uint_eq(w->n_dropped, 0);
    watch_free(&c);
}
END_TEST

START_TEST(what_a_lagging_peer_still_holds_is_not_asked_for) {
    struct cluster c;
    begin(&c, 4, 37);
    cluster_start(&c);
    cluster_run(&c, 1050 * MS); /* height 2 */
    while (c.n_flights) orr_msg_unref(&c.pool, cluster_pop(&c).msg);
    deliver(&c, 0, ids_message(&c, ORR_TM_HAVE, (uint64_t[]){1, 77}, 2));
    ck_assert_uint_eq(c.n_flights, 0);
    deliver(&c, 0, ids_message(&c, ORR_TM_HAVE, (uint64_t[]){2, 77}, 2));
    ck_assert_uint_eq(c.n_flights, 1);
    watch_free(&c);
}
END_TEST

START_TEST(a_peer_that_asks_for_the_same_again_and_again_gets_a_blocks_worth_at_most) {
    struct cluster c;
    begin(&c, 4, 38);
    cluster_set(&c, "max_block_size", 4096);
    cluster_start(&c);
    tx_loss_percent = 100;
    cluster_run(&c, 500 * MS);
    uint64_t words[1024], id = cluster_submit(&c, 0, 1, 0, 1000);
    until_offered(&c);
    for (uint32_t i = 0; i < 1024; i++) words[i] = id;
    deliver(&c, 0, ids_message(&c, ORR_TM_WANT, words, 1024));
    ck_assert_uint_eq(c.n_flights, 4);
    watch_free(&c);
}
END_TEST

START_TEST(malformed_lists_are_dropped_and_counted) {
    struct cluster c;
    begin(&c, 4, 39);
    struct watch *w = c.ctx;
    cluster_start(&c);
    while (c.n_flights) orr_msg_unref(&c.pool, cluster_pop(&c).msg);
    uint32_t n = 0;
    static const uint32_t bad_have[] = {0, 1, 8, 15, 17, 8 + 8 * 1025},
                          bad_want[] = {0, 1, 7, 9, 8 * 1025};
    for (uint32_t i = 0; i < 11; i++) {
        uint32_t len = i < 6 ? bad_have[i] : bad_want[i - 6];
        struct orr_msg *m = orr_msg_new(&c.pool, i < 6 ? ORR_TM_HAVE : ORR_TM_WANT, len);
        memset(m->data, 0xff, len);
        deliver(&c, 0, m);
        ck_assert_uint_eq(w->n_dropped, ++n);
        ck_assert_uint_eq(c.n_flights, 0);
    }
    watch_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.inventory",
              what_a_cut_off_validator_took_in_is_decided_soon_after_its_return_and_not_by_its_turn,
              transactions_that_most_peers_never_got_reach_everyone_and_are_decided_once,
              where_nothing_is_lost_nothing_is_said_of_what_waits,
              a_transaction_for_which_the_block_had_no_room_was_not_passed_over,
              a_node_asks_for_what_it_lacks_and_answers_with_what_it_has,
              what_a_lagging_peer_still_holds_is_not_asked_for,
              a_peer_that_asks_for_the_same_again_and_again_gets_a_blocks_worth_at_most,
              malformed_lists_are_dropped_and_counted)
