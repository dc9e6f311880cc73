/* What holds of any network of GossipSub nodes.  Names in comments are those of the Go
 * implementation's tests. */
#include "tests/models/gossip/net.h"

static struct gnet g;
static const orr_time latency = 25 * MS;

static struct orr_topology *regular(uint32_t n, uint32_t degree, uint64_t seed) {
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_random_regular(seed, n, degree, &t), 0);
    return t;
}
static void begin(struct orr_topology *t) {
    net_new(&g, t, latency);
    net_start(&g);
}

/* Distances from a node in the overlay. */
static void distances(const struct orr_topology *t, orr_peer from, uint32_t *d) {
    orr_peer *queue = malloc(t->n * sizeof *queue);
    uint32_t head = 0, tail = 0;
    for (uint32_t i = 0; i < t->n; i++) d[i] = UINT32_MAX;
    d[from] = 0;
    queue[tail++] = from;
    while (head < tail) {
        orr_peer at = queue[head++];
        for (uint32_t i = 0; i < orr_topology_degree(t, at); i++) {
            orr_peer next = orr_topology_neighbours(t, at)[i];
            if (d[next] == UINT32_MAX) d[next] = d[at] + 1, queue[tail++] = next;
        }
    }
    free(queue);
}

START_TEST(everybody_gets_everything_and_never_faster_than_the_overlay_allows) {
    enum { N = 300, MESSAGES = 10 }; /* SparseGossipsub, DenseGossipsub */
    static uint32_t d[N];
    for (uint32_t degree = 5; degree <= 20; degree += 15) {
        begin(regular(N, degree + degree % 2, 1));
        for (uint32_t k = 0; k < MESSAGES; k++)
            net_publish(&g, k * 29 % N, 100, 3 * SECOND + k * SECOND / 10);
        orr_sim_run(g.w.sim, 8 * SECOND);
        for (uint32_t k = 0; k < MESSAGES; k++) {
            ck_assert_uint_eq(net_reached(&g, k), N);
            distances(g.w.topology, k * 29 % N, d);
            for (uint32_t i = 0; i < N; i++)
                ck_assert_int_ge(g.delivered_at[k * N + i] - g.published_at[k],
                                 d[i] * latency);
        }
        net_free(&g);
    }
}
END_TEST

START_TEST(through_a_mesh_of_degree_8_a_thousand_nodes_are_log8_of_them_deep) {
    enum { N = 1000, MESSAGES = 10 };
    net_new(&g, regular(N, 20, 2), latency);
    g.cfg.flood_publish = false;
    net_start(&g);
    for (uint32_t k = 0; k < MESSAGES; k++)
        net_publish(&g, k * 97, 100, 4 * SECOND + k * SECOND / 10);
    orr_sim_run(g.w.sim, 8 * SECOND);
    uint64_t sum = 0, deepest = 0;
    for (uint32_t k = 0; k < MESSAGES; k++) {
        ck_assert_uint_eq(net_reached(&g, k), N);
        for (uint32_t i = 0; i < N; i++) {
            uint64_t hops =
                (uint64_t)(g.delivered_at[k * N + i] - g.published_at[k]) / (uint64_t)latency;
            sum += hops;
            if (hops > deepest) deepest = hops;
        }
    }
    /* log8(1000) = 3.32; a tree whose nodes have 8 children would be so deep on average but for
     * its last level: between 3 and 4 */
    ck_assert_uint_ge(sum, 3 * N * MESSAGES);
    ck_assert_uint_le(sum, 4 * N * MESSAGES);
    ck_assert_uint_le(deepest, 6);
    net_free(&g);
}
END_TEST

START_TEST(a_message_crosses_many_hops) { /* GossipsubMultihops, GossipsubTreeTopology */
    struct orr_topology *t;
    static struct orr_edge edges[20];
    for (uint32_t i = 0; i < 20; i++) edges[i] = (struct orr_edge){i, i + 1, -1};
    ck_assert_int_eq(orr_topology_from_edges(21, edges, 20, &t), 0);
    begin(t);
    uint32_t k = net_publish(&g, 0, 100, 3 * SECOND);
    orr_sim_run(g.w.sim, 6 * SECOND);
    for (uint32_t i = 0; i < 21; i++)
        ck_assert_int_eq(g.delivered_at[k * g.n + i], 3 * SECOND + i * latency);
    net_free(&g);
    for (uint32_t i = 0; i < 20; i++) edges[i] = (struct orr_edge){i / 2, i + 1, -1};
    ck_assert_int_eq(orr_topology_from_edges(21, edges, 20, &t), 0);
    begin(t);
    k = net_publish(&g, 20, 100, 3 * SECOND);
    orr_sim_run(g.w.sim, 6 * SECOND);
    ck_assert_uint_eq(net_reached(&g, k), 21);
    net_free(&g);
}
END_TEST

START_TEST(a_star_grows_into_a_mesh_by_peer_exchange) { /* GossipsubStarTopology */
    struct orr_topology *t;
    enum { N = 40 };
    ck_assert_int_eq(orr_topology_star(N, &t), 0);
    net_new(&g, t, latency);
    g.cfg.px = true;
    net_start(&g);
    orr_sim_run(g.w.sim, 20 * SECOND);
    ck_assert_uint_gt(g.n_sent[ORR_GOSSIP_RPC_PRUNE], 0);
    uint64_t grafts = g.n_sent[ORR_GOSSIP_RPC_GRAFT];
    ck_assert_uint_gt(grafts, 2 * N); /* the centre alone could not be meshed so often */
    uint32_t k = net_publish(&g, 7, 100, 20 * SECOND);
    orr_sim_run(g.w.sim, 24 * SECOND);
    ck_assert_uint_eq(net_reached(&g, k), N);
    net_free(&g);
}
END_TEST

START_TEST(what_the_mesh_misses_gossip_brings) { /* GossipsubGossipPropagation */
    /* with a peer or two in each mesh, the mesh as a whole is in pieces */
    enum { N = 120 };
    net_new(&g, regular(N, 20, 4), latency);
    g.cfg.d = g.cfg.d_lo = 1, g.cfg.d_hi = 2, g.cfg.d_score = 1;
    g.cfg.flood_publish = false;
    net_start(&g);
    uint32_t k = net_publish(&g, 3, 100, 3 * SECOND);
    orr_sim_run(g.w.sim, 20 * SECOND);
    ck_assert_uint_eq(net_reached(&g, k), N);
    ck_assert_uint_gt(g.n_sent[ORR_GOSSIP_RPC_IWANT], 0);
    net_free(&g);
    net_new(&g, regular(N, 20, 4), latency); /* and without gossip it stays in pieces */
    g.cfg.d = g.cfg.d_lo = 1, g.cfg.d_hi = 2, g.cfg.d_score = 1;
    g.cfg.flood_publish = false, g.cfg.gossip = false;
    net_start(&g);
    k = net_publish(&g, 3, 100, 3 * SECOND);
    orr_sim_run(g.w.sim, 20 * SECOND);
    ck_assert_uint_lt(net_reached(&g, k), N);
    net_free(&g);
}
END_TEST

START_TEST(idontwant_saves_copies_of_large_messages) {
    enum { N = 200 };
    uint64_t copies[2];
    for (int on = 0; on < 2; on++) {
        net_new(&g, regular(N, 20, 5), latency);
        g.cfg.version = on ? ORR_GOSSIP_V12 : ORR_GOSSIP_V11;
        g.cfg.validate_time = 30 * MS; /* the word outruns the message */
        net_start(&g);
        for (uint32_t k = 0; k < 5; k++) net_publish(&g, k, 4096, 3 * SECOND + k * SECOND / 2);
        orr_sim_run(g.w.sim, 8 * SECOND);
        for (uint32_t k = 0; k < 5; k++) ck_assert_uint_eq(net_reached(&g, k), N);
        copies[on] = g.n_sent[ORR_GOSSIP_RPC_PUBLISH];
        net_free(&g);
    }
    ck_assert_uint_lt(copies[1] * 10, copies[0] * 7);
}
END_TEST

ORR_TEST_MAIN("gossip laws",
              everybody_gets_everything_and_never_faster_than_the_overlay_allows,
              through_a_mesh_of_degree_8_a_thousand_nodes_are_log8_of_them_deep,
              a_message_crosses_many_hops, a_star_grows_into_a_mesh_by_peer_exchange,
              what_the_mesh_misses_gossip_brings, idontwant_saves_copies_of_large_messages)
