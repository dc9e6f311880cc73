/* Epidemics: one node, and the share of many that hear of a rumour. */
#include "models/base/bytes.h"
#include "models/gossip/payloads.h"
#include "tests/driver.h"
#undef MS /* the simulator's worlds have their own */
#include "tests/models/gossip/net.h"

enum { PAYLOAD, DIGEST, WANT };
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
static struct orr_msg *ids(uint16_t kind, const uint64_t *v, uint32_t n) {
    struct orr_msg *m = orr_id_list(&c.pool, kind, n);
    for (uint32_t i = 0; i < n; i++) orr_id_list_put(m, i, v[i]);
    return m;
}
static uint32_t sent(uint16_t kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c.out.n; i++)
        n += c.out.v[i].kind == ORR_SEND && c.out.v[i].msg->kind == kind;
    return n;
}

START_TEST(what_is_new_is_pushed_once_to_different_peers) {
    for (int round = 0; round < 50; round++) {
        cluster_alone(&c, "push-pull", 9, 0);
        cluster_receive(&c, 1, payload((uint8_t)round));
        ck_assert_uint_eq(sent(PAYLOAD), 3);
        ck_assert_uint_eq(cluster_count(&c, ORR_OUTPUT), 1);
        uint32_t to = 0;
        for (uint32_t i = 0; i < c.out.n; i++) {
            if (c.out.v[i].kind != ORR_SEND) continue;
            ck_assert(!(to >> c.out.v[i].peer & 1) && c.out.v[i].peer != 0);
            to |= 1u << c.out.v[i].peer;
        }
        cluster_receive(&c, 2, payload((uint8_t)round));
        ck_assert_uint_eq(c.out.n, 0);
        cluster_free(&c);
    }
    cluster_alone(&c, "push-pull", 3, 0); /* with fewer peers than that: to all */
    cluster_hear(&c, ORR_INPUT, ORR_NOBODY, ORR_IN_TX, payload(1));
    ck_assert_uint_eq(sent(PAYLOAD), 2);
    cluster_free(&c);
}
END_TEST

START_TEST(who_compares_gives_and_asks) {
    cluster_alone(&c, "push-pull", 4, 0);
    for (uint8_t i = 1; i <= 3; i++) cluster_receive(&c, 1, payload(i));
    const uint64_t theirs[] = {id_of(2), id_of(7), id_of(7), 0};
    cluster_receive(&c, 2, ids(DIGEST, theirs, 4));
    ck_assert_uint_eq(sent(PAYLOAD), 2); /* 1 and 3 */
    ck_assert_uint_eq(sent(WANT), 1);
    const struct orr_effect *want = &c.out.v[c.out.n - 1];
    ck_assert_uint_eq(want->peer, 2);
    ck_assert_uint_eq(want->msg->len, 16); /* 7, once, and 0, which nobody has */
    ck_assert_uint_eq(orr_id_list_get(want->msg, 0), id_of(7));
    const uint64_t asked[] = {id_of(3), id_of(9)};
    cluster_receive(&c, 3, ids(WANT, asked, 2));
    ck_assert_uint_eq(c.out.n, 1);
    ck_assert_uint_eq(c.out.v[0].peer, 3);
    ck_assert_uint_eq(orr_msg_hash(c.out.v[0].msg), id_of(3));
    cluster_hear(&c, ORR_TIMER, 0, 0, NULL);
    ck_assert_uint_eq(sent(DIGEST), 1);
    ck_assert_uint_eq(c.out.v[0].msg->len, 24);
    cluster_free(&c);
}
END_TEST

START_TEST(lists_that_are_none_are_dropped_and_counted) {
    cluster_alone(&c, "push-pull", 4, 0);
    static const uint32_t lengths[] = {1, 7, 9, 8 * ORR_PAYLOADS_MAX + 8};
    for (uint16_t kind = DIGEST; kind <= WANT + 1; kind++)
        for (size_t i = 0; i < 4; i++) {
            struct orr_msg *m = orr_msg_new(&c.pool, kind, lengths[i]);
            memset(m->data, 0, lengths[i]);
            cluster_receive(&c, 1, m);
            ck_assert_uint_eq(c.out.n, 1);
            ck_assert_uint_eq(c.out.v[0].key, ORR_OUT_DROPPED);
        }
    cluster_receive(&c, 1, orr_msg_new(&c.pool, DIGEST, 0)); /* who has nothing */
    ck_assert_uint_eq(c.out.n, 0);
    cluster_free(&c);
}
END_TEST

START_TEST(the_oldest_payloads_are_kept_no_longer) {
    cluster_alone(&c, "push-pull", 4, 0);
    for (uint32_t i = 0; i <= ORR_PAYLOADS_MAX; i++) {
        struct orr_msg *m = orr_msg_new(&c.pool, PAYLOAD, 20);
        memset(m->data, 0, 20);
        orr_store_le32(m->data, i);
        cluster_receive(&c, 1, m);
    }
    struct orr_msg *ends[2];
    for (uint32_t k = 0; k < 2; k++) {
        ends[k] = orr_msg_new(&c.pool, PAYLOAD, 20);
        memset(ends[k]->data, 0, 20);
        orr_store_le32(ends[k]->data, k);
        uint64_t id = orr_msg_hash(ends[k]);
        cluster_receive(&c, 1, ids(WANT, &id, 1));
        ck_assert_uint_eq(sent(PAYLOAD), k); /* the first is gone, and known */
        cluster_receive(&c, 1, ends[k]);
        ck_assert_uint_eq(c.out.n, 0);
    }
    cluster_free(&c);
}
END_TEST

/* s = 1 - exp(-k s): Kermack and McKendrick's final size, as Demers et al. have it. */
START_TEST(a_rumour_reaches_the_share_that_the_theory_says) {
    enum { N = 1500, MESSAGES = 40 };
    static const struct { uint64_t fanout; double share; } cases[] = {{2, 0.7968}, {3, 0.9405}};
    for (size_t k = 0; k < 2; k++) {
        struct { uint64_t fanout, window; orr_time interval; } cfg = {cases[k].fanout, 256, 0};
        struct orr_topology *t;
        struct gnet g;
        ck_assert_int_eq(orr_topology_random_regular(1, N, 100, &t), 0);
        net_new(&g, t, 25 * MS);
        net_role(&g, "push-pull", &cfg);
        net_start(&g);
        for (uint32_t i = 0; i < MESSAGES; i++) net_publish(&g, i, 100, SECOND);
        orr_sim_run(g.w.sim, 5 * SECOND);
        double sum = 0;
        for (uint32_t i = 0; i < MESSAGES; i++) sum += (double)net_reached(&g, i) / N;
        double share = sum / MESSAGES;
        ck_assert_msg(share > cases[k].share - 0.01 && share < cases[k].share + 0.01,
                      "fanout %d: %.4f", (int)cases[k].fanout, share);
        net_free(&g);
    }
}
END_TEST

START_TEST(comparing_reaches_everybody) {
    enum { N = 500 };
    for (uint64_t fanout = 0; fanout < 3; fanout += 2) {
        struct { uint64_t fanout, window; orr_time interval; } cfg = {fanout, 256, SECOND};
        struct orr_topology *t;
        struct gnet g;
        ck_assert_int_eq(orr_topology_random_regular(1, N, 10, &t), 0);
        net_new(&g, t, 25 * MS);
        net_role(&g, "push-pull", &cfg);
        net_start(&g);
        for (uint32_t i = 0; i < 5; i++) net_publish(&g, i, 100, SECOND);
        orr_sim_run(g.w.sim, 25 * SECOND);
        for (uint32_t i = 0; i < 5; i++) ck_assert_uint_eq(net_reached(&g, i), N);
        net_free(&g);
    }
}
END_TEST

ORR_TEST_MAIN("push-pull", what_is_new_is_pushed_once_to_different_peers,
              who_compares_gives_and_asks, lists_that_are_none_are_dropped_and_counted,
              the_oldest_payloads_are_kept_no_longer,
              a_rumour_reaches_the_share_that_the_theory_says, comparing_reaches_everybody)
