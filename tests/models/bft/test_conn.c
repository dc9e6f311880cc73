/* A connection that channels share: bounds, priorities, packets, the rate. */
#include "models/bft/common/conn.h"
#include "models/bft/common/mempool.h"
#include "tests/driver.h"

enum { STATE, DATA, VOTES, TXS, KIB = 1024 };
static const struct orr_conn_channel channels[ORR_CONN_CHANNELS] = {
    {6, 100}, {10, 100}, {7, 100}, {5, 1}};

struct line {
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_outbox out;
    struct orr_conn conn;
    uint64_t bytes[ORR_CONN_CHANNELS]; /* sent; the kind of a message is its channel's */
    uint32_t n, kinds[4096];
    orr_time next;
};

static void line_new(struct line *l, uint64_t rate) {
    memset(l, 0, sizeof *l);
    orr_heap_init(&l->heap);
    orr_pool_init(&l->pool, &l->heap.mem);
    l->out = (struct orr_outbox){.pool = &l->pool, .grow = cluster_grow};
    orr_conn_init(&l->conn, channels, rate, &l->heap.mem, &l->pool);
}

static bool push(struct line *l, uint32_t channel, uint32_t len) {
    return orr_conn_push(&l->conn, channel, orr_msg_new(&l->pool, (uint16_t)channel, len));
}

/* Sends at a time; how many messages went. */
static uint32_t send_at(struct line *l, orr_time now) {
    l->out.n = 0;
    l->next = orr_conn_send(&l->conn, 3, now, &l->out);
    for (uint32_t i = 0; i < l->out.n; i++) {
        const struct orr_effect *e = &l->out.v[i];
        ck_assert_int_eq(e->kind, ORR_SEND);
        ck_assert_uint_eq(e->peer, 3);
        l->bytes[e->msg->kind] += e->msg->len;
        if (l->n < 4096) l->kinds[l->n++] = e->msg->kind;
        orr_msg_unref(&l->pool, e->msg);
    }
    return l->out.n;
}

static void line_free(struct line *l) {
    orr_conn_fini(&l->conn);
    ck_assert_uint_eq(l->pool.n_live, 0);
    orr_pool_fini(&l->pool);
    ck_assert_uint_eq(l->heap.used_bytes, 0);
    free(l->out.v);
}

START_TEST(what_the_rate_allows_goes_at_once_and_in_order) {
    struct line l;
    line_new(&l, 5120000);
    ck_assert_int_eq(orr_conn_send(&l.conn, 3, 0, &l.out), ORR_NEVER);
    for (uint32_t i = 0; i < 7; i++) push(&l, DATA, 64 * KIB);
    push(&l, VOTES, 0); /* even the empty one is sent */
    ck_assert_uint_eq(send_at(&l, 5), 8);
    ck_assert_int_eq(l.next, ORR_NEVER);
    line_free(&l);
}
END_TEST

START_TEST(in_no_window_more_goes_out_than_the_rate_allows) {
    struct line l;
    line_new(&l, 100 * KIB); /* ten packets a window */
    for (uint32_t i = 0; i < 5; i++) push(&l, DATA, 4 * KIB);
    orr_time begun = 150 * MS + 50;
    ck_assert_uint_eq(send_at(&l, begun), 2); /* and half of the third */
    ck_assert_int_eq(l.next, begun + 100 * MS);
    ck_assert_uint_eq(send_at(&l, l.next - 1), 0);
    ck_assert_int_eq(l.next, begun + 100 * MS);
    ck_assert_uint_eq(send_at(&l, l.next), 3);
    ck_assert_int_eq(l.next, ORR_NEVER);
    push(&l, DATA, 1); /* the window is full to the byte */
    ck_assert_uint_eq(send_at(&l, begun + 110 * MS), 0);
    ck_assert_int_eq(l.next, begun + 200 * MS);
    line_free(&l);
}
END_TEST

START_TEST(a_rate_below_a_packet_a_window_sends_a_packet_a_window) {
    struct line l;
    line_new(&l, 1);
    push(&l, DATA, 2 * KIB);
    orr_time at = 0;
    ck_assert_uint_eq(send_at(&l, at), 0);
    ck_assert_uint_eq(send_at(&l, l.next), 1);
    line_free(&l);
}
END_TEST

START_TEST(a_vote_waits_for_no_large_part) {
    struct line l;
    line_new(&l, 100 * KIB);
    push(&l, DATA, 64 * KIB);
    push(&l, DATA, 64 * KIB);
    ck_assert_uint_eq(send_at(&l, 0), 0);
    push(&l, VOTES, 150);
    ck_assert_uint_eq(send_at(&l, 100 * MS), 1);
    ck_assert_uint_eq(l.kinds[0], VOTES);
    for (unsigned i = 2; i <= 13; i++) send_at(&l, i * 100 * MS);
    ck_assert_uint_eq(l.n, 3); /* 128 KiB and a vote at 10 KiB a window */
    line_free(&l);
}
END_TEST

START_TEST(channels_share_a_full_line_by_their_priorities) {
    struct line l;
    line_new(&l, 1000 * KIB);
    for (unsigned i = 0; i < 300; i++) {
        while (orr_conn_has_room(&l.conn, DATA)) push(&l, DATA, 4 * KIB);
        while (orr_conn_has_room(&l.conn, VOTES)) push(&l, VOTES, 3 * KIB + 7);
        send_at(&l, i * 100 * MS);
    }
    ck_assert_uint_gt(l.bytes[DATA], 280u * 59 * KIB); /* 10 of 17 */
    ck_assert_uint_lt(l.bytes[DATA], 300u * 61 * KIB);
    ck_assert_uint_gt(l.bytes[VOTES], 280u * 41 * KIB - 280 * 8 * 13);
    ck_assert_uint_eq(l.bytes[TXS], 0);
    line_free(&l);
}
END_TEST

START_TEST(what_was_sent_long_ago_counts_no_more) {
    struct line l;
    line_new(&l, 100 * KIB);
    for (unsigned i = 0; i < 20; i++) push(&l, VOTES, 2 * KIB);
    for (unsigned i = 0; i < 5; i++) send_at(&l, i * 100 * MS);
    ck_assert_uint_eq(l.n, 20);
    ck_assert_uint_gt(l.conn.queues[VOTES].recent, 40000);
    push(&l, VOTES, 1);
    send_at(&l, 2000 * MS); /* a fifth is forgotten after two seconds */
    ck_assert_uint_eq(l.conn.queues[VOTES].recent, 40960 - 8192 + 1);
    push(&l, VOTES, 1);
    send_at(&l, ORR_NEVER / 4); /* all, after 73 years, at once */
    ck_assert_uint_eq(l.conn.queues[VOTES].recent, 1);
    line_free(&l);
}
END_TEST

START_TEST(a_full_queue_takes_nothing_and_a_closed_connection_forgets_what_waits) {
    struct line l;
    line_new(&l, 100 * KIB);
    ck_assert(push(&l, TXS, 10));
    ck_assert(!orr_conn_has_room(&l.conn, TXS));
    ck_assert(!push(&l, TXS, 11));
    for (unsigned i = 0; i < 100; i++) ck_assert(push(&l, DATA, 9 * KIB));
    ck_assert(!push(&l, DATA, 1));
    ck_assert_uint_eq(l.conn.n_waiting, 101);
    send_at(&l, 0);
    orr_conn_close(&l.conn);
    ck_assert_uint_eq(l.pool.n_live, 0);
    ck_assert(push(&l, DATA, 9 * KIB)); /* of which nothing has gone out */
    send_at(&l, 100 * MS);
    ck_assert_uint_eq(l.bytes[DATA], 18 * KIB);
    line_free(&l);
}
END_TEST

START_TEST(a_walk_through_the_mempool_goes_on_where_it_stopped) {
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_mempool p;
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    orr_mempool_init(&p, &heap.mem, &pool, 300, 1 << 20);
    ck_assert_ptr_null(orr_mempool_from(&p, 0));
    uint64_t ids[200];
    for (uint32_t i = 0; i < 200; i++) {
        struct orr_msg *m = orr_msg_new(&pool, 0, 4);
        memcpy(m->data, &i, 4);
        orr_msg_freeze(m);
        ids[i] = orr_msg_hash(m);
        ck_assert_int_eq(orr_mempool_add(&p, m, 0, 1), 0);
        ck_assert_uint_eq(orr_mempool_entry_of(&p, ids[i])->number, i + 1);
        orr_msg_unref(&pool, m);
        if (i % 3) orr_mempool_remove(&p, ids[i]); /* leaves gaps, which are swept up at times */
    }
    ck_assert_ptr_null(orr_mempool_entry_of(&p, ids[1]));
    for (uint64_t from = 0; from <= 201; from++) {
        const struct orr_mempool_entry *e = orr_mempool_from(&p, from);
        uint64_t first = from <= 1 ? 1 : (from + 1) / 3 * 3 + 1;
        if (first > 199) ck_assert_ptr_null(e);
        else ck_assert_uint_eq(e->number, first);
    }
    orr_mempool_fini(&p);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
}
END_TEST

ORR_TEST_MAIN("bft.conn", what_the_rate_allows_goes_at_once_and_in_order,
              in_no_window_more_goes_out_than_the_rate_allows,
              a_rate_below_a_packet_a_window_sends_a_packet_a_window,
              a_vote_waits_for_no_large_part, channels_share_a_full_line_by_their_priorities,
              what_was_sent_long_ago_counts_no_more,
              a_full_queue_takes_nothing_and_a_closed_connection_forgets_what_waits,
              a_walk_through_the_mempool_goes_on_where_it_stopped)
