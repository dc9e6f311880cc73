/* Compact blocks: BIP 152, as far as the relay has it. */
#include "models/base/bytes.h"
#include "models/gossip/inv_state.h"
#include "tests/driver.h"

static struct cluster c;
static struct orr_inv_clients clients;

/* What a client of the cluster hands out. */
static struct orr_msg *made(uint64_t number, uint32_t size) {
    struct orr_tx_order order = {.number = number, .size = size};
    return c.protocol->workload.make_tx(&clients, &c.common, &order);
}
static void begin(enum orr_inv_compact mode, uint32_t n, orr_peer only) {
    memset(&clients, 0, sizeof clients);
    cluster_new(&c, "inv-relay", n, 1);
    cluster_set(&c, "block", 2000);
    cluster_set(&c, "compact", mode);
    c.only = only, c.keeps = only != ORR_NOBODY;
}
static const struct orr_effect *sent(uint16_t kind) {
    for (uint32_t i = 0; i < c.out.n; i++)
        if (c.out.v[i].kind == ORR_SEND && c.out.v[i].msg->kind == kind) return &c.out.v[i];
    return NULL;
}
/* txs transactions of 300 B, of which the node has those that bits say, and a block of them all. */
static struct orr_msg *block_of(struct orr_msg **txs, uint32_t n, uint32_t bits) {
    for (uint32_t i = 0; i < n; i++) {
        txs[i] = made(i, 300);
        if (bits >> i & 1) cluster_hear(&c, ORR_INPUT, ORR_NOBODY, ORR_IN_TX, orr_msg_ref(txs[i]));
    }
    return made(n, 4000);
}
static void drop(struct orr_msg **txs, uint32_t n, struct orr_msg *block) {
    for (uint32_t i = 0; i < n; i++) orr_msg_unref(&c.pool, txs[i]);
    orr_msg_unref(&c.pool, block);
}

START_TEST(a_block_has_the_transactions_before_it_each_once_and_the_size_that_was_ordered) {
    struct orr_msg *txs[8];
    struct orr_txs r;
    struct orr_blob tx;
    begin(ORR_INV_HIGH, 2, 0);
    cluster_start(&c);
    struct orr_msg *block = block_of(txs, 8, 0), *next = made(9, 2500);
    ck_assert_uint_eq(block->len, 4000);
    ck_assert(block->kind == ORR_INV_BLOCK && orr_txs_read(block, &r) && r.left == 9);
    ck_assert(orr_txs_next(&r, &tx)); /* the coinbase fills up */
    for (uint32_t i = 0; i < 8; i++)
        ck_assert(orr_txs_next(&r, &tx) && tx.len == 300 && !memcmp(tx.p, txs[i]->data, 300));
    ck_assert(!orr_txs_next(&r, &tx));
    ck_assert(orr_txs_read(next, &r) && r.left == 1 && next->len == 2500);
    orr_msg_unref(&c.pool, next);
    drop(txs, 8, block);
    cluster_free(&c);
}
END_TEST

START_TEST(who_has_all_transactions_puts_the_block_together_from_six_bytes_each) {
    struct orr_msg *txs[8];
    begin(ORR_INV_LOW, 3, 0);
    cluster_start(&c);
    struct orr_msg *block = block_of(txs, 8, 0xff);
    uint32_t coinbase = 4000 - 84 - 4 - 8 * 304;
    struct orr_msg *compact = orr_compact_make(block, ORR_INV_CMPCTBLOCK, ORR_INV_TX, 7, &c.pool);
    ck_assert_uint_eq(compact->len, 80 + 12 + 8 * 6 + 4 + coinbase);
    cluster_receive(&c, 2, compact);
    const struct orr_msg *told = cluster_told(&c, ORR_OUT_DELIVERED, 0);
    ck_assert(told && ((const struct orr_delivered *)told->data)->id == orr_msg_hash(block));
    ck_assert(!sent(ORR_INV_GETBLOCKTXN) && sent(ORR_INV_INV)->peer == 1);
    drop(txs, 8, block);
    cluster_free(&c);
}
END_TEST

START_TEST(what_is_missing_is_asked_for_and_a_wrong_answer_leads_to_the_whole_block) {
    struct orr_msg *txs[8];
    for (int good = 0; good < 2; good++) {
        begin(ORR_INV_LOW, 3, 0);
        cluster_start(&c);
        struct orr_msg *block = block_of(txs, 8, 0xdb); /* but 2 and 5 */
        cluster_receive(&c, 2, orr_compact_make(block, ORR_INV_CMPCTBLOCK, ORR_INV_TX, 7, &c.pool));
        ck_assert(sent(ORR_INV_GETBLOCKTXN) && !cluster_count(&c, ORR_OUTPUT));
        struct orr_msg *ask = orr_msg_ref(sent(ORR_INV_GETBLOCKTXN)->msg);
        ck_assert_uint_eq(ask->len, 32 + 4 + 2 * 4);
        ck_assert_uint_eq(orr_compact_ask_place(ask, 0), 3);
        ck_assert_uint_eq(orr_compact_ask_place(ask, 1), 6);
        struct orr_msg *answer = orr_compact_answer(block, ask, ORR_INV_BLOCKTXN, &c.pool);
        ck_assert_uint_eq(answer->len, 32 + 4 + 2 * 304);
        if (!good) answer->data[100] ^= 1;
        cluster_receive(&c, 2, answer);
        ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), good);
        ck_assert((sent(ORR_INV_GETDATA) == NULL) == good);
        if (!good) { /* of type 2: no compact one again */
            ck_assert_uint_eq(orr_load_le32(sent(ORR_INV_GETDATA)->msg->data), ORR_INV_OF_BLOCK);
            cluster_receive(&c, 2, orr_msg_ref(block));
            ck_assert_ptr_nonnull(cluster_told(&c, ORR_OUT_DELIVERED, 0));
        }
        orr_msg_unref(&c.pool, ask);
        drop(txs, 8, block);
        cluster_free(&c);
    }
}
END_TEST

START_TEST(who_brought_a_block_is_asked_to_push_and_of_four_the_first_is_let_go) {
    begin(ORR_INV_HIGH, 6, 0);
    cluster_start(&c);
    for (uint32_t k = 1; k <= 4; k++) {
        cluster_receive(&c, k, made(k, 2500));
        uint32_t n = 0;
        for (uint32_t i = 0; i < c.out.n; i++) {
            const struct orr_effect *e = &c.out.v[i];
            if (e->kind != ORR_SEND || e->msg->kind != ORR_INV_SENDCMPCT) continue;
            ck_assert_uint_eq(e->msg->data[0], e->peer == k);
            ck_assert(e->peer == k || (k == 4 && e->peer == 1));
            n++;
        }
        ck_assert_uint_eq(n, k == 4 ? 2 : 1);
    }
    cluster_free(&c);
}
END_TEST

START_TEST(peers_bytes_that_are_no_compact_block_are_counted_and_nothing_else) {
    struct orr_msg *txs[8];
    begin(ORR_INV_HIGH, 3, 0);
    cluster_start(&c);
    struct orr_msg *block = block_of(txs, 8, 0xdb);
    struct orr_msg *good = orr_compact_make(block, ORR_INV_CMPCTBLOCK, ORR_INV_TX, 7, &c.pool);
    for (uint16_t kind = ORR_INV_BLOCK; kind <= ORR_INV_N_KINDS; kind++)
        for (uint32_t len = 0; len < good->len; len += 5) {
            struct orr_msg *cut = orr_msg_copy(&c.pool, kind, good->data, len);
            bool passes = kind == ORR_INV_BLOCKTXN; /* nobody was asked: it is let go */
            cluster_receive(&c, 1, cut);
            ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), !passes);
            ck_assert_uint_eq(c.out.n, !passes);
        }
    orr_msg_unref(&c.pool, good);
    drop(txs, 8, block);
    cluster_free(&c);
}
END_TEST

/* ---- a line of nodes ---- */

static uint64_t sent_bytes;
static orr_time reached[8];
static void count_bytes(struct cluster *cluster, orr_peer from, const struct orr_effect *e) {
    (void)cluster, (void)from;
    if (e->msg->kind != ORR_INV_TX) sent_bytes += e->msg->len;
}
static void note_reached(struct cluster *cluster, orr_peer node, uint32_t key,
                         const struct orr_msg *m) {
    (void)m;
    if (key == ORR_OUT_DELIVERED) reached[node] = cluster->now;
}

/* A second block along six nodes with links of 10 ms, after 8 transactions and a first block. */
static orr_time run_line(enum orr_inv_compact mode) {
    enum { N = 6 };
    static orr_peer ends[N][2];
    struct orr_msg *m = NULL;
    begin(mode, N, ORR_NOBODY);
    for (uint32_t i = 0; i < N; i++) {
        ends[i][0] = i ? i - 1 : 1, ends[i][1] = i + 1;
        c.links[i] = (struct orr_links){i == 0 || i == N - 1 ? 1 : 2, ends[i]};
    }
    c.output = note_reached, c.sent = count_bytes;
    cluster_start(&c);
    for (uint32_t k = 0; k < 10; k++) {
        m = made(k, k == 0 || k == 9 ? 4000 : 300);
        sent_bytes = 0;
        cluster_do(
            &c, 0,
            (struct orr_event){.kind = ORR_INPUT, .peer = ORR_NOBODY, .key = ORR_IN_TX, .msg = m});
        orr_msg_unref(&c.pool, m);
        if (k < 9) cluster_run(&c, c.now + 1000 * MS);
    }
    orr_time at = c.now;
    cluster_run(&c, at + 1000 * MS);
    at = reached[N - 1] - at;
    cluster_free(&c);
    return at;
}

START_TEST(a_pushed_block_takes_one_latency_a_hop_and_a_fraction_of_the_bytes) {
    ck_assert_int_eq(run_line(ORR_INV_WHOLE), 5 * 3 * 10 * MS);
    uint64_t whole = sent_bytes;
    ck_assert_int_eq(run_line(ORR_INV_LOW), 5 * 3 * 10 * MS);
    uint64_t low = sent_bytes;
    ck_assert_int_eq(run_line(ORR_INV_HIGH), 5 * 10 * MS);
    ck_assert_uint_lt(low * 2, whole);
    ck_assert_uint_lt(sent_bytes, low);
}
END_TEST

ORR_TEST_MAIN("compact blocks",
              a_block_has_the_transactions_before_it_each_once_and_the_size_that_was_ordered,
              who_has_all_transactions_puts_the_block_together_from_six_bytes_each,
              what_is_missing_is_asked_for_and_a_wrong_answer_leads_to_the_whole_block,
              who_brought_a_block_is_asked_to_push_and_of_four_the_first_is_let_go,
              peers_bytes_that_are_no_compact_block_are_counted_and_nothing_else,
              a_pushed_block_takes_one_latency_a_hop_and_a_fraction_of_the_bytes)
