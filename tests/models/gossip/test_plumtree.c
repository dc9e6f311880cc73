/* Plumtree: one node, and then the tree of many. */
#include "models/gossip/hyparview.h"
#include "models/gossip/payloads.h"
#include "tests/driver.h"
#undef MS /* the simulator's worlds have their own */
#include "tests/models/gossip/net.h"

enum { PAYLOAD, IHAVE, GRAFT, PRUNE };
static struct cluster c;

static struct orr_msg *payload(uint8_t number) {
    struct orr_msg *m = orr_msg_new(&c.pool, PAYLOAD, 20);
    memset(m->data, number, 20);
    return m;
}
static uint64_t id_of(uint8_t number) {
    struct orr_msg *m = payload(number);
    uint64_t id = orr_msg_hash(m);
    orr_msg_unref(&c.pool, m);
    return id;
}
static struct orr_msg *about(uint16_t kind, uint8_t number) {
    struct orr_msg *m = orr_id_list(&c.pool, kind, 1);
    orr_id_list_put(m, 0, id_of(number));
    return m;
}
/* To which peers a kind was sent, as bits. */
static uint32_t sent(uint16_t kind) {
    uint32_t to = 0;
    for (uint32_t i = 0; i < c.out.n; i++)
        if (c.out.v[i].kind == ORR_SEND && c.out.v[i].msg->kind == kind)
            to |= 1u << c.out.v[i].peer;
    return to;
}
static orr_time armed(void) {
    for (uint32_t i = 0; i < c.out.n; i++)
        if (c.out.v[i].kind == ORR_ARM) return c.out.v[i].at;
    return -1;
}

START_TEST(what_comes_twice_makes_the_sender_lazy) {
    cluster_alone(&c, "plumtree", 5, 0);
    cluster_receive(&c, 1, payload(1));
    ck_assert_uint_eq(sent(PAYLOAD), 1u << 2 | 1u << 3 | 1u << 4);
    cluster_receive(&c, 2, payload(1));
    ck_assert_uint_eq(sent(PRUNE), 1u << 2);
    cluster_receive(&c, 3, orr_id_list(&c.pool, PRUNE, 0));
    cluster_receive(&c, 1, payload(2));
    ck_assert_uint_eq(sent(PAYLOAD), 1u << 4);
    ck_assert_uint_eq(sent(IHAVE), 1u << 2 | 1u << 3);
    cluster_receive(&c, 2, payload(3)); /* it was first: eager again */
    cluster_hear(&c, ORR_INPUT, ORR_NOBODY, ORR_IN_TX, payload(4));
    ck_assert_uint_eq(sent(PAYLOAD), 1u << 1 | 1u << 2 | 1u << 4);
    ck_assert_uint_eq(sent(IHAVE), 1u << 3);
    cluster_hear(&c, ORR_PEER_DOWN, 3, 0, NULL); /* who comes back is new */
    cluster_hear(&c, ORR_PEER_UP, 3, 0, NULL);
    cluster_hear(&c, ORR_INPUT, ORR_NOBODY, ORR_IN_TX, payload(5));
    ck_assert_uint_eq(sent(IHAVE), 0);
    cluster_free(&c);
}
END_TEST

START_TEST(what_was_told_of_and_does_not_come_is_asked_for) {
    cluster_alone(&c, "plumtree", 5, 0);
    cluster_receive(&c, 1, about(IHAVE, 1));
    ck_assert_int_eq(armed(), c.now + 500 * MS);
    for (orr_peer p = 1; p <= 3; p++) cluster_receive(&c, p, about(IHAVE, 1));
    c.now += 500 * MS;
    cluster_hear(&c, ORR_TIMER, 0, 0, NULL);
    ck_assert_uint_eq(sent(GRAFT), 1u << 1);
    ck_assert_int_eq(armed(), c.now + 250 * MS); /* the second who told */
    c.now += 250 * MS;
    cluster_hear(&c, ORR_TIMER, 0, 0, NULL);
    ck_assert_uint_eq(sent(GRAFT), 1u << 2);
    cluster_receive(&c, 2, payload(1)); /* here it is: nobody else is asked */
    ck_assert_int_eq(armed(), ORR_NEVER);
    cluster_receive(&c, 4, about(IHAVE, 1)); /* known */
    ck_assert_uint_eq(c.out.n, 0);
    cluster_free(&c);
}
END_TEST

START_TEST(who_grafts_gets_it_and_is_eager) {
    cluster_alone(&c, "plumtree", 4, 0);
    cluster_receive(&c, 1, payload(1));
    cluster_receive(&c, 2, orr_id_list(&c.pool, PRUNE, 0));
    cluster_receive(&c, 2, about(GRAFT, 1));
    ck_assert_uint_eq(sent(PAYLOAD), 1u << 2);
    cluster_receive(&c, 1, payload(2));
    ck_assert_uint_eq(sent(PAYLOAD), 1u << 2 | 1u << 3);
    cluster_receive(&c, 3, about(GRAFT, 9)); /* what is not here */
    ck_assert_uint_eq(sent(PAYLOAD), 0);
    cluster_free(&c);
}
END_TEST

START_TEST(lists_that_are_none_are_dropped_and_counted) {
    cluster_alone(&c, "plumtree", 4, 0);
    for (uint16_t kind = IHAVE; kind <= ORR_VIEW_END; kind++)
        for (uint32_t len = 0; len < 25; len++) {
            if (len == (kind == PRUNE ? 0 : 8) && kind <= PRUNE) continue;
            struct orr_msg *m = orr_msg_new(&c.pool, kind, len);
            memset(m->data, 0, len);
            cluster_receive(&c, 1, m);
            ck_assert_uint_eq(c.out.n, 1);
            ck_assert_uint_eq(c.out.v[0].key, ORR_OUT_DROPPED);
        }
    cluster_free(&c);
}
END_TEST

/* The first message floods; from then on payloads go along a tree: n - 1 of them each. */
START_TEST(payloads_go_along_a_tree) {
    enum { N = 400, MESSAGES = 20 };
    const struct { orr_time timeout; struct orr_view_config view; } config = {.timeout = 500 * MS};
    struct orr_topology *t;
    struct gnet g;
    ck_assert_int_eq(orr_topology_random_regular(1, N, 8, &t), 0);
    net_new(&g, t, 25 * MS);
    net_role(&g, "plumtree", &config);
    net_start(&g);
    uint64_t first = 0;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        net_publish(&g, 7, 100, (i + 1) * SECOND);
        orr_sim_run(g.w.sim, (i + 2) * SECOND - 1);
        ck_assert_uint_eq(net_reached(&g, i), N);
        if (i == 0) first = g.n_sent[PAYLOAD];
    }
    ck_assert_uint_ge(first, N * 8 - 2 * (N - 1)); /* both ways but for the way it came */
    ck_assert_uint_eq(g.n_sent[PAYLOAD] - first, (MESSAGES - 1) * (N - 1));
    ck_assert_uint_eq(g.n_sent[GRAFT], 0);
    net_free(&g);
}
END_TEST

ORR_TEST_MAIN("plumtree", what_comes_twice_makes_the_sender_lazy,
              what_was_told_of_and_does_not_come_is_asked_for, who_grafts_gets_it_and_is_eager,
              lists_that_are_none_are_dropped_and_counted, payloads_go_along_a_tree)
