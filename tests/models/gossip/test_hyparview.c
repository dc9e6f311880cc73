/* HyParView: one node by hand, and then a network that builds itself and loses a third. */
#include "models/gossip/hyparview.h"

#include "models/base/bytes.h"
#include "tests/driver.h"
#undef MS /* the simulator's worlds have their own */
#include "tests/models/gossip/net.h"

struct config {
    orr_time timeout;
    struct orr_view_config view;
};
static struct cluster c;

/* Node `self` of n, without a link, and what it knows of as it should be. */
static void begin(uint32_t n, orr_peer self, uint64_t active) {
    static const orr_peer nobody[1];
    cluster_new(&c, "plumtree", n, 1);
    c.only = self;
    c.keeps = true;
    for (uint32_t i = 0; i < n; i++) c.links[i] = (struct orr_links){0, nobody};
    cluster_set(&c, "active", active);
    cluster_set(&c, "passive", 4);
    cluster_set(&c, "bootstrap", 2);
    cluster_start(&c);
}
static struct orr_msg *words(uint16_t kind, const uint32_t *v, uint32_t n) {
    struct orr_msg *m = orr_msg_new(&c.pool, kind, n * 4);
    for (uint32_t i = 0; i < n; i++) orr_store_le32(m->data + (size_t)i * 4, v[i]);
    return m;
}
#define HEAR(from, kind, ...)                                                    \
    hear(from, kind, (const uint32_t[]){0, __VA_ARGS__},                         \
         sizeof((const uint32_t[]){0, __VA_ARGS__}) / sizeof(uint32_t) - 1)
static void hear(orr_peer from, uint16_t kind, const uint32_t *v, size_t n) {
    cluster_hear(&c, ORR_RECV, from, 0, words(kind, v + 1, (uint32_t)n));
}
static const struct orr_effect *effect(enum orr_effect_kind kind) {
    for (uint32_t i = 0; i < c.out.n; i++)
        if (c.out.v[i].kind == kind) return &c.out.v[i];
    return NULL;
}
/* The message of a kind that was sent, or NULL; to whom. */
static const struct orr_msg *sent(uint16_t kind, orr_peer *to) {
    for (uint32_t i = 0; i < c.out.n; i++)
        if (c.out.v[i].kind == ORR_SEND && c.out.v[i].msg->kind == kind) {
            *to = c.out.v[i].peer;
            return c.out.v[i].msg;
        }
    return NULL;
}
static uint32_t word(const struct orr_msg *m, uint32_t i) {
    return orr_load_le32(m->data + (size_t)i * 4);
}
static void tick(void) { cluster_hear(&c, ORR_TIMER, 0, 1, NULL); }
static void up(orr_peer peer) { cluster_hear(&c, ORR_PEER_UP, peer, 0, NULL); }
static void down(orr_peer peer, enum orr_down why) {
    cluster_hear(&c, ORR_PEER_DOWN, peer, why, NULL);
}
static void is_nobodys(orr_peer from, uint16_t kind, const uint32_t *v, uint32_t n) {
    cluster_hear(&c, ORR_RECV, from, 0, words(kind, v, n));
    ck_assert_uint_eq(c.out.n, 1);
    ck_assert_uint_eq(c.out.v[0].key, ORR_OUT_DROPPED);
}

START_TEST(a_node_joins_by_one_of_the_first_and_tells_it_so) {
    orr_peer to = 99;
    begin(8, 5, 3);
    ck_assert(!effect(ORR_DIAL)); /* not before its time */
    tick();
    orr_peer contact = effect(ORR_DIAL)->peer;
    ck_assert_uint_lt(contact, 2);
    down(contact, ORR_DOWN_ABSENT);
    ck_assert(!effect(ORR_DIAL)); /* at the next tick */
    tick();
    contact = effect(ORR_DIAL)->peer;
    ck_assert_uint_lt(contact, 2);
    up(contact);
    ck_assert(sent(ORR_VIEW_JOIN, &to));
    ck_assert_uint_eq(to, contact);
    cluster_free(&c);
}
END_TEST

START_TEST(of_the_first_nodes_each_joins_by_an_earlier_one) {
    begin(8, 1, 3);
    ck_assert_uint_eq(effect(ORR_DIAL)->peer, 0);
    cluster_free(&c);
    begin(8, 0, 3);
    ck_assert(!effect(ORR_DIAL));
    tick(); /* it has nobody: it came back */
    ck_assert_uint_eq(effect(ORR_DIAL)->peer, 1);
    cluster_free(&c);
}
END_TEST

START_TEST(who_joins_is_taken_and_others_hear_of_it) {
    orr_peer to = 99;
    begin(8, 0, 2);
    HEAR(3, ORR_VIEW_JOIN);
    ck_assert(!sent(ORR_VIEW_FORWARD_JOIN, &to));
    HEAR(4, ORR_VIEW_JOIN);
    const struct orr_msg *m = sent(ORR_VIEW_FORWARD_JOIN, &to);
    ck_assert_uint_eq(to, 3);
    ck_assert_uint_eq(word(m, 0), 4);
    ck_assert_uint_eq(word(m, 1), 6);
    HEAR(5, ORR_VIEW_JOIN); /* no room: one is told to go */
    ck_assert(sent(ORR_VIEW_DISCONNECT, &to));
    ck_assert(to == 3 || to == 4);
    ck_assert_uint_eq(effect(ORR_HANGUP)->peer, to);
    cluster_free(&c);
}
END_TEST

START_TEST(a_walk_goes_on_and_where_it_ends_a_link_is_opened) {
    orr_peer to = 99;
    begin(8, 0, 3);
    HEAR(3, ORR_VIEW_JOIN);
    HEAR(4, ORR_VIEW_JOIN);
    HEAR(3, ORR_VIEW_FORWARD_JOIN, 6, 5);
    const struct orr_msg *m = sent(ORR_VIEW_FORWARD_JOIN, &to);
    ck_assert_uint_eq(to, 4); /* not back */
    ck_assert_uint_eq(word(m, 1), 4);
    HEAR(3, ORR_VIEW_FORWARD_JOIN, 6, 0); /* no hop is left */
    ck_assert_uint_eq(effect(ORR_DIAL)->peer, 6);
    up(6);
    m = sent(ORR_VIEW_NEIGHBOR, &to);
    ck_assert(m && to == 6 && word(m, 0) == 1); /* who joins is taken in any case */
    HEAR(6, ORR_VIEW_ANSWER, 1);
    HEAR(3, ORR_VIEW_FORWARD_JOIN, 6, 0); /* linked already */
    ck_assert(!effect(ORR_DIAL));
    cluster_free(&c);
}
END_TEST

START_TEST(a_full_view_takes_none_but_those_who_have_nobody) {
    orr_peer to = 99;
    begin(8, 0, 2);
    HEAR(3, ORR_VIEW_NEIGHBOR, 0);
    HEAR(4, ORR_VIEW_NEIGHBOR, 0);
    ck_assert_uint_eq(word(sent(ORR_VIEW_ANSWER, &to), 0), 1);
    HEAR(5, ORR_VIEW_NEIGHBOR, 0);
    ck_assert_uint_eq(word(sent(ORR_VIEW_ANSWER, &to), 0), 0);
    HEAR(5, ORR_VIEW_NEIGHBOR, 1);
    ck_assert_uint_eq(word(sent(ORR_VIEW_ANSWER, &to), 0), 1);
    ck_assert(sent(ORR_VIEW_DISCONNECT, &to));
    cluster_free(&c);
}
END_TEST

START_TEST(a_link_that_breaks_is_replaced_by_whom_the_node_knows) {
    orr_peer to = 99;
    begin(8, 0, 2);
    HEAR(3, ORR_VIEW_JOIN);
    HEAR(4, ORR_VIEW_JOIN);
    HEAR(3, ORR_VIEW_SHUFFLE, 1, 1, 3, 6, 0, 4); /* of 6 it did not know */
    const struct orr_msg *m = sent(ORR_VIEW_SHUFFLED, &to);
    ck_assert(to == 3 && word(m, 0) == 0 && m->len == 4); /* it knew of nobody */
    down(3, ORR_DOWN_CRASH);
    ck_assert_uint_eq(effect(ORR_DIAL)->peer, 6); /* not 3, which is gone */
    up(6);
    m = sent(ORR_VIEW_NEIGHBOR, &to);
    ck_assert(to == 6 && word(m, 0) == 0); /* it has a link left */
    HEAR(6, ORR_VIEW_ANSWER, 0);
    ck_assert_uint_eq(effect(ORR_HANGUP)->peer, 6);
    down(6, ORR_DOWN_HANGUP); /* still known */
    down(4, ORR_DOWN_CRASH);
    ck_assert_uint_eq(effect(ORR_DIAL)->peer, 6);
    up(6);
    ck_assert_uint_eq(word(sent(ORR_VIEW_NEIGHBOR, &to), 0), 1); /* now it has none */
    for (int i = 0; i < 3; i++) tick(); /* and no answer comes */
    ck_assert_uint_eq(effect(ORR_HANGUP)->peer, 6);
    cluster_free(&c);
}
END_TEST

START_TEST(a_shuffle_walks_and_its_answer_goes_back_the_same_way) {
    orr_peer to = 99;
    begin(8, 0, 2);
    HEAR(3, ORR_VIEW_JOIN);
    HEAR(4, ORR_VIEW_JOIN);
    HEAR(3, ORR_VIEW_SHUFFLE, 5, 2, 7, 3, 6);
    const struct orr_msg *m = sent(ORR_VIEW_SHUFFLE, &to);
    const uint32_t wanted[6] = {4, 3, 7, 3, 0, 6};
    ck_assert(to == 4 && m->len == 24);
    for (uint32_t i = 0; i < 6; i++) ck_assert_uint_eq(word(m, i), wanted[i]);
    HEAR(4, ORR_VIEW_SHUFFLED, 2, 7, 3, 5, 2);
    m = sent(ORR_VIEW_SHUFFLED, &to);
    const uint32_t back[4] = {1, 7, 5, 2};
    ck_assert(to == 3 && m->len == 16);
    for (uint32_t i = 0; i < 4; i++) ck_assert_uint_eq(word(m, i), back[i]);
    HEAR(4, ORR_VIEW_SHUFFLED, 1, 6, 5); /* over one that is gone */
    ck_assert_uint_eq(c.out.n, 0);
    cluster_free(&c);
}
END_TEST

START_TEST(what_is_no_message_of_the_view_is_dropped_and_counted) {
    begin(8, 0, 2);
    static const uint32_t v[ORR_VIEW_WORDS_MAX + 1] = {2};
    is_nobodys(3, ORR_VIEW_JOIN, v, 1);
    is_nobodys(3, ORR_VIEW_FORWARD_JOIN, v, 1);
    is_nobodys(3, ORR_VIEW_FORWARD_JOIN, v, 3);
    is_nobodys(3, ORR_VIEW_NEIGHBOR, v, 1); /* 2 */
    is_nobodys(3, ORR_VIEW_ANSWER, v, 0);
    is_nobodys(3, ORR_VIEW_SHUFFLE, (const uint32_t[]){5, 0, 3}, 3);
    is_nobodys(3, ORR_VIEW_SHUFFLE, (const uint32_t[]){5, 2, 3}, 3);
    is_nobodys(3, ORR_VIEW_SHUFFLE, (const uint32_t[]){5, 1, 4}, 3); /* not the sender's */
    is_nobodys(3, ORR_VIEW_SHUFFLE, (const uint32_t[]){5, UINT32_MAX, 3}, 3);
    is_nobodys(3, ORR_VIEW_SHUFFLED, v, 2);
    is_nobodys(3, ORR_VIEW_SHUFFLED, v, 0);
    is_nobodys(3, ORR_VIEW_END, v, 0);
    static const uint32_t zeros[ORR_VIEW_WORDS_MAX + 1];
    is_nobodys(3, ORR_VIEW_SHUFFLED, zeros, ORR_VIEW_WORDS_MAX + 1);
    HEAR(3, ORR_VIEW_FORWARD_JOIN, 8, 0); /* nodes that there are not, and oneself */
    ck_assert_uint_eq(c.out.n, 0);
    HEAR(3, ORR_VIEW_FORWARD_JOIN, 0, 0);
    ck_assert_uint_eq(c.out.n, 0);
    HEAR(3, ORR_VIEW_JOIN); /* now it has somebody */
    HEAR(3, ORR_VIEW_SHUFFLED, 0, 0, 8, UINT32_MAX);
    ck_assert_uint_eq(c.out.n, 0); /* nobody to dial */
    cluster_free(&c);
}
END_TEST

/* Whatever a peer says, views stay within their sizes and name nobody twice: the assertions say. */
START_TEST(random_words_of_random_peers_never_break_a_view) {
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_WORKLOAD, 0);
    begin(8, 0, 2);
    for (int i = 0; i < 20000; i++) {
        orr_peer from = 1 + (orr_peer)orr_rng_below(&rng, 7);
        uint32_t v[ORR_VIEW_WORDS_MAX], n = (uint32_t)orr_rng_below(&rng, i % 50 ? 9 : 129);
        for (uint32_t k = 0; k < n; k++) v[k] = (uint32_t)orr_rng_below(&rng, 10);
        uint32_t kind = ORR_VIEW_JOIN + (uint32_t)orr_rng_below(&rng, ORR_VIEW_END - 3);
        switch (orr_rng_below(&rng, 8)) {
        case 0: up(from); break;
        case 1: down(from, (enum orr_down)orr_rng_below(&rng, ORR_N_DOWNS)); break;
        case 2: tick(); break;
        default: cluster_hear(&c, ORR_RECV, from, 0, words((uint16_t)kind, v, n)); break;
        }
        for (uint32_t k = 0; k < c.out.n; k++)
            if (c.out.v[k].kind == ORR_DIAL || c.out.v[k].kind == ORR_SEND)
                ck_assert(c.out.v[k].peer && c.out.v[k].peer < 8);
    }
    cluster_free(&c);
}
END_TEST

/* Nobody is linked at first; connections are those of the views; all hear everything. */
START_TEST(a_network_builds_itself_and_stays_one_without_a_third) {
    enum { N = 300 };
    const struct config config = {
        .timeout = 500 * MS,
        .view = {.active = 5, .passive = 30, .bootstrap = 3, .walk = 6, .passive_walk = 3,
                 .shuffle = SECOND, .join = 5 * SECOND}};
    struct orr_topology *t;
    struct gnet g;
    ck_assert_int_eq(orr_topology_erdos_renyi(1, N, 0, &t), 0);
    net_new(&g, t, 25 * MS);
    net_role(&g, "plumtree", &config);
    net_start(&g);
    net_publish(&g, 7, 100, 10 * SECOND);
    orr_sim_run(g.w.sim, 12 * SECOND);
    ck_assert_uint_eq(net_reached(&g, 0), N);
    for (orr_peer p = 3; p < N; p += 3) orr_sim_crash(g.w.sim, p, ORR_DISK_KEEP);
    net_publish(&g, 7, 100, 16 * SECOND);
    orr_sim_run(g.w.sim, 20 * SECOND);
    ck_assert_uint_eq(net_reached(&g, 1), N - (N - 3 + 2) / 3);
    net_free(&g);
}
END_TEST

ORR_TEST_MAIN("hyparview", a_node_joins_by_one_of_the_first_and_tells_it_so,
              of_the_first_nodes_each_joins_by_an_earlier_one,
              who_joins_is_taken_and_others_hear_of_it,
              a_walk_goes_on_and_where_it_ends_a_link_is_opened,
              a_full_view_takes_none_but_those_who_have_nobody,
              a_link_that_breaks_is_replaced_by_whom_the_node_knows,
              a_shuffle_walks_and_its_answer_goes_back_the_same_way,
              what_is_no_message_of_the_view_is_dropped_and_counted,
              random_words_of_random_peers_never_break_a_view,
              a_network_builds_itself_and_stays_one_without_a_third)
