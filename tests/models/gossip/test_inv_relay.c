/* Relay by inv and getdata: one node, and then a ring of them. */
#include "models/base/bytes.h"
#include "tests/driver.h"

enum { PAYLOAD, INV, GETDATA };
enum { TIMER_LOOP, TIMER_RETRY, TIMER_CHECK };
static struct cluster c;

static struct orr_msg *payload(uint8_t number) {
    struct orr_msg *m = orr_msg_new(&c.pool, PAYLOAD, 20);
    memset(m->data, number, 20);
    return m;
}
static struct orr_msg *entry(uint16_t kind, uint64_t hash) {
    struct orr_msg *m = orr_msg_new(&c.pool, kind, 36);
    memset(m->data, 0, 36);
    m->data[0] = 1;
    orr_store_le64(m->data + 4, hash);
    return m;
}
static uint64_t hash_of(uint8_t number) {
    struct orr_msg *m = payload(number);
    uint64_t hash = orr_msg_hash(m);
    orr_msg_unref(&c.pool, m);
    return hash;
}
static const struct orr_effect *sent(uint16_t kind) {
    for (uint32_t i = 0; i < c.out.n; i++)
        if (c.out.v[i].kind <= ORR_CAST && c.out.v[i].msg->kind == kind) return &c.out.v[i];
    return NULL;
}

START_TEST(what_is_told_of_is_asked_for_once_and_then_of_the_next) {
    cluster_alone(&c, "inv-relay", 4, 0);
    uint64_t hash = hash_of(1);
    cluster_receive(&c, 1, entry(INV, hash));
    ck_assert(sent(GETDATA) && sent(GETDATA)->peer == 1);
    cluster_receive(&c, 2, entry(INV, hash));
    ck_assert(!sent(GETDATA));
    c.now += 20000 * MS; /* nothing came */
    cluster_hear(&c, ORR_TIMER, 0, TIMER_RETRY, NULL);
    ck_assert(sent(GETDATA) && sent(GETDATA)->peer == 2);
    cluster_receive(&c, 2, payload(1));
    ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), 1);
    ck_assert(sent(INV) && sent(INV)->peer == 1);
    cluster_receive(&c, 3, entry(INV, hash)); /* known */
    ck_assert(!sent(GETDATA));
    cluster_receive(&c, 3, payload(1)); /* and delivered once */
    ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), 0);
    cluster_free(&c);
}
END_TEST

START_TEST(what_is_asked_for_is_sent_if_it_is_there) {
    cluster_alone(&c, "inv-relay", 4, 0);
    cluster_hear(&c, ORR_INPUT, ORR_NOBODY, ORR_IN_TX, payload(1));
    cluster_receive(&c, 2, entry(GETDATA, hash_of(1)));
    ck_assert(sent(PAYLOAD) && sent(PAYLOAD)->peer == 2);
    cluster_receive(&c, 2, entry(GETDATA, hash_of(2)));
    ck_assert(!sent(PAYLOAD));
    cluster_free(&c);
}
END_TEST

START_TEST(lists_that_are_none_are_dropped_and_counted) {
    static const uint32_t lengths[] = {0, 1, 35, 37, 71};
    cluster_alone(&c, "inv-relay", 4, 0);
    for (size_t i = 0; i < 5; i++) {
        struct orr_msg *m = orr_msg_new(&c.pool, INV, lengths[i]);
        memset(m->data, 0, lengths[i]);
        cluster_receive(&c, 1, m);
        ck_assert_ptr_null(sent(GETDATA));
        ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), 1);
    }
    cluster_receive(&c, 1, orr_msg_copy(&c.pool, 9, "x", 1)); /* no such kind */
    ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), 1);
    cluster_free(&c);
}
END_TEST

static uint32_t n_delivered;
static void count_delivered(struct cluster *cluster, orr_peer node, uint32_t key,
                            const struct orr_msg *m) {
    (void)cluster, (void)node, (void)m;
    n_delivered += key == ORR_OUT_DELIVERED;
}
/* A ring: what node 0 has takes three messages a hop, or one where it is pushed. */
START_TEST(everybody_gets_it_at_three_latencies_a_hop) {
    enum { N = 9 };
    static orr_peer ends[N][2];
    for (int push = 0; push < 2; push++) {
        cluster_new(&c, "inv-relay", N, 1);
        cluster_set(&c, "push", push ? 2 : 0);
        for (uint32_t i = 0; i < N; i++) {
            orr_peer a = (i + 1) % N, b = (i + N - 1) % N;
            ends[i][0] = a < b ? a : b, ends[i][1] = a < b ? b : a;
            c.links[i] = (struct orr_links){2, ends[i]};
        }
        c.output = count_delivered;
        n_delivered = 0;
        cluster_start(&c);
        struct orr_msg *m = payload(1);
        cluster_step(
            &c, 0,
            (struct orr_event){.kind = ORR_INPUT, .peer = ORR_NOBODY, .key = ORR_IN_TX, .msg = m});
        orr_msg_unref(&c.pool, m);
        cluster_run(&c, (push ? 4 : 4 * 3) * 10 * MS - 1);
        ck_assert_uint_eq(n_delivered, N - 2);
        cluster_run(&c, (push ? 4 : 4 * 3) * 10 * MS);
        ck_assert_uint_eq(n_delivered, N);
        cluster_free(&c);
    }
}
END_TEST

static uint32_t n_sent(uint16_t kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c.out.n; i++)
        n += c.out.v[i].kind == ORR_SEND && c.out.v[i].msg->kind == kind;
    return n;
}

/* Core until 0.11: a quarter of the transactions does not wait; the others go to one peer a turn.
 */
START_TEST(transactions_wait_for_a_turn_of_each_peer_and_a_quarter_does_not) {
    enum { N = 5, TXS = 200 };
    uint32_t at_once = 0, told[N] = {0};
    cluster_new(&c, "inv-relay", N, 1);
    cluster_set(&c, "loop", 100 * MS);
    c.only = 0, c.keeps = true;
    cluster_start(&c);
    for (orr_peer i = 1; i < N; i++) cluster_hear(&c, ORR_PEER_UP, i, 0, NULL);
    for (uint8_t k = 0; k < TXS; k++) {
        cluster_hear(&c, ORR_INPUT, ORR_NOBODY, ORR_IN_TX, payload(k));
        ck_assert(n_sent(INV) == 0 || n_sent(INV) == N - 1);
        at_once += n_sent(INV) > 0;
    }
    ck_assert(at_once > TXS / 8 && at_once < TXS * 3 / 8);
    for (uint32_t turn = 0; turn < 100; turn++) {
        c.now += 100 * MS;
        cluster_hear(&c, ORR_TIMER, 0, TIMER_LOOP, NULL);
        ck_assert_uint_le(n_sent(INV), 1);
        if (sent(INV)) told[sent(INV)->peer] += sent(INV)->msg->len / 36;
    }
    for (orr_peer i = 1; i < N; i++) ck_assert_uint_eq(told[i], TXS - at_once);
    cluster_free(&c);
}
END_TEST

START_TEST(what_comes_waits_for_the_next_turn) {
    cluster_new(&c, "inv-relay", 3, 1);
    cluster_set(&c, "loop", 100 * MS);
    c.only = 0, c.keeps = true;
    cluster_start(&c);
    cluster_receive(&c, 1, entry(INV, hash_of(1)));
    ck_assert(!sent(GETDATA));
    c.now += 100 * MS;
    cluster_hear(&c, ORR_TIMER, 0, TIMER_LOOP, NULL);
    ck_assert(sent(GETDATA) && sent(GETDATA)->peer == 1);
    cluster_free(&c);
}
END_TEST

START_TEST(a_payload_is_checked_before_it_is_told_of_one_after_the_other) {
    cluster_new(&c, "inv-relay", 3, 1);
    cluster_set(&c, "check", 1024 * MS); /* 20 bytes: 20 ms */
    c.only = 0, c.keeps = true;
    cluster_start(&c);
    for (uint8_t k = 1; k <= 2; k++) {
        cluster_receive(&c, 1, payload(k));
        ck_assert(!sent(INV) && !cluster_count(&c, ORR_OUTPUT));
    }
    for (uint8_t k = 1; k <= 2; k++) {
        c.now += 20 * MS;
        cluster_hear(&c, ORR_TIMER, 0, TIMER_CHECK, NULL);
        ck_assert(sent(INV) && orr_load_le64(sent(INV)->msg->data + 4) == hash_of(k));
        const struct orr_effect *arm = NULL;
        for (uint32_t i = 0; i < c.out.n; i++)
            if (c.out.v[i].kind == ORR_ARM && c.out.v[i].key == TIMER_CHECK) arm = &c.out.v[i];
        ck_assert((k == 1) == (arm != NULL));
        if (arm) ck_assert_int_eq(arm->at, c.now + 20 * MS);
    }
    cluster_free(&c);
}
END_TEST

ORR_TEST_MAIN("inv relay", what_is_told_of_is_asked_for_once_and_then_of_the_next,
              what_is_asked_for_is_sent_if_it_is_there, lists_that_are_none_are_dropped_and_counted,
              everybody_gets_it_at_three_latencies_a_hop,
              transactions_wait_for_a_turn_of_each_peer_and_a_quarter_does_not,
              what_comes_waits_for_the_next_turn,
              a_payload_is_checked_before_it_is_told_of_one_after_the_other)
