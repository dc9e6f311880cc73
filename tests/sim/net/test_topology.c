/* Overlays against the closed forms of graph theory. */
#include "sim/net/topology.h"

#include <math.h>
#include <string.h>

#include "tests/test.h"

/* A simple undirected graph: lists ascending, no loop, no double, every link seen from both ends.
 */
static void check_simple(const struct orr_topology *t) {
    ck_assert_uint_eq(t->first[t->n], 2 * t->n_edges);
    bool good = true; /* one assertion for all: Check reports each to the parent process */
    for (orr_peer v = 0; v < t->n; v++)
        for (uint64_t i = t->first[v]; i < t->first[v + 1]; i++) {
            orr_peer to = t->neighbours[i];
            good &= to < t->n && to != v && (i == t->first[v] || t->neighbours[i - 1] < to);
            good &= to < t->n && orr_topology_linked(t, to, v);
        }
    ck_assert(good);
}

static uint64_t count_triangles(const struct orr_topology *t) {
    uint64_t n_triangles = 0;
    for (orr_peer a = 0; a < t->n; a++)
        for (uint64_t i = t->first[a]; i < t->first[a + 1]; i++)
            for (uint64_t j = i + 1; j < t->first[a + 1]; j++)
                if (a < t->neighbours[i])
                    n_triangles += orr_topology_linked(t, t->neighbours[i], t->neighbours[j]);
    return n_triangles;
}

/* The mean over nodes of (links among neighbours) / (pairs of neighbours). */
static double clustering(const struct orr_topology *t) {
    double sum = 0;
    for (orr_peer a = 0; a < t->n; a++) {
        uint64_t links = 0, d = t->first[a + 1] - t->first[a];
        for (uint64_t i = t->first[a]; i < t->first[a + 1]; i++)
            for (uint64_t j = i + 1; j < t->first[a + 1]; j++)
                links += orr_topology_linked(t, t->neighbours[i], t->neighbours[j]);
        if (d > 1) sum += (double)links / ((double)(d * (d - 1)) / 2);
    }
    return sum / t->n;
}

/* Hops from node 0 to the farthest node; also the sum of hops. */
static uint32_t eccentricity(const struct orr_topology *t, uint64_t *sum) {
    uint32_t *hops = malloc(t->n * sizeof *hops), *queue = malloc(t->n * sizeof *queue);
    memset(hops, 0xff, t->n * sizeof *hops);
    uint32_t head = 0, tail = 0;
    hops[0] = 0, queue[tail++] = 0, *sum = 0;
    while (head < tail) {
        orr_peer v = queue[head++];
        *sum += hops[v];
        for (uint64_t i = t->first[v]; i < t->first[v + 1]; i++)
            if (hops[t->neighbours[i]] == UINT32_MAX)
                hops[t->neighbours[i]] = hops[v] + 1, queue[tail++] = t->neighbours[i];
    }
    uint32_t last = hops[queue[tail - 1]];
    free(hops);
    free(queue);
    return last;
}

START_TEST(a_full_mesh_links_every_pair_and_takes_no_memory) {
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_full(1000000, &t), 0);
    ck_assert_uint_eq(t->n_edges, 499999500000ull);
    ck_assert_ptr_null(t->neighbours);
    ck_assert_ptr_null(orr_topology_neighbours(t, 5));
    ck_assert_uint_eq(orr_topology_degree(t, 999999), 999999);
    ck_assert(orr_topology_linked(t, 0, 999999) && !orr_topology_linked(t, 7, 7));
    ck_assert_uint_eq(t->n_components, 1);
    orr_topology_free(t);
}
END_TEST

START_TEST(ring_star_and_grid_have_their_edges_degrees_and_diameters) {
    struct orr_topology *t;
    uint64_t sum;
    for (uint32_t n = 1; n < 40; n++) {
        ck_assert_int_eq(orr_topology_ring(n, &t), 0);
        check_simple(t);
        ck_assert_uint_eq(t->n_edges, n == 1 ? 0 : n == 2 ? 1 : n);
        ck_assert_uint_eq(eccentricity(t, &sum), n / 2);
        ck_assert_uint_eq(t->n_components, 1);
        orr_topology_free(t);
        ck_assert_int_eq(orr_topology_star(n, &t), 0);
        check_simple(t);
        ck_assert_uint_eq(t->n_edges, n - 1);
        ck_assert_uint_eq(orr_topology_degree(t, 0), n - 1);
        ck_assert_uint_eq(t->n_components, 1);
        orr_topology_free(t);
        ck_assert_int_eq(orr_topology_grid(n, &t), 0);
        check_simple(t);
        uint32_t width = (uint32_t)ceil(sqrt(n)), rows = n / width, rest = n % width;
        /* full rows: width - 1 across and width down to the next; the short row: its own */
        uint32_t edges = rows * (width - 1) + (rows - 1) * width + (rest ? rest - 1 + rest : 0);
        ck_assert_uint_eq(t->n_edges, edges);
        ck_assert_uint_eq(eccentricity(t, &sum) >= width - 1 + rows - 1, 1);
        ck_assert_uint_eq(t->n_components, 1);
        orr_topology_free(t);
    }
    ck_assert_int_eq(orr_topology_ring(0, &t), ORR_EINVAL);
}
END_TEST

START_TEST(every_degree_that_a_regular_graph_can_have_is_built) {
    for (uint32_t n = 1; n <= 20; n++)
        for (uint32_t d = 0; d <= n; d++)
            for (uint64_t seed = 0; seed < 5; seed++) {
                struct orr_topology *t = NULL;
                int bad = orr_topology_random_regular(seed, n, d, &t);
                if (d >= n || n * d % 2) {
                    ck_assert_int_eq(bad, ORR_EINVAL);
                    continue;
                }
                ck_assert_msg(!bad, "n = %u, d = %u, seed %d: %d", n, d, (int)seed, bad);
                check_simple(t);
                for (orr_peer v = 0; v < n; v++) ck_assert_uint_eq(orr_topology_degree(t, v), d);
                orr_topology_free(t);
            }
}
END_TEST

START_TEST(triangles_of_a_random_regular_graph_are_as_many_as_theory_says) {
    enum { SEEDS = 30 };
    uint64_t n_triangles = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct orr_topology *t;
        ck_assert_int_eq(orr_topology_random_regular(seed, 3000, 8, &t), 0);
        check_simple(t);
        ck_assert_uint_eq(t->n_components, 1);
        n_triangles += count_triangles(t);
        orr_topology_free(t);
    }
    double mean = 343.0 / 6; /* Poisson, (d - 1)^3 / 6: Bollobas 1980 */
    ck_assert_msg(fabs((double)n_triangles / SEEDS - mean) < 5 * sqrt(mean / SEEDS), "%g",
                  (double)n_triangles / SEEDS);
}
END_TEST

START_TEST(the_three_perfect_matchings_of_four_nodes_are_equally_likely) {
    uint32_t count[4] = {0};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct orr_topology *t;
        ck_assert_int_eq(orr_topology_random_regular(seed, 4, 1, &t), 0);
        count[t->neighbours[0]]++;
        orr_topology_free(t);
    }
    for (int i = 1; i < 4; i++)
        ck_assert_double_lt(abs((int)count[i] - 1000), 5 * sqrt(3000 * 2 / 9.0));
}
END_TEST

START_TEST(all_graphs_of_four_nodes_are_equally_likely_at_p_one_half) {
    enum { SEEDS = 12800, GRAPHS = 64 };
    uint32_t count[GRAPHS] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct orr_topology *t;
        ck_assert_int_eq(orr_topology_erdos_renyi(seed, 4, 500000000, &t), 0);
        uint32_t graph = 0, bit = 0;
        for (orr_peer a = 1; a < 4; a++)
            for (orr_peer b = 0; b < a; b++)
                graph |= (uint32_t)orr_topology_linked(t, a, b) << bit++;
        count[graph]++;
        orr_topology_free(t);
    }
    double chi = 0, each = (double)SEEDS / GRAPHS;
    for (int g = 0; g < GRAPHS; g++) chi += (count[g] - each) * (count[g] - each) / each;
    ck_assert_msg(chi < 103.4, "chi-square %g, 63 degrees of freedom, 0.001", chi);
}
END_TEST

START_TEST(erdos_renyi_has_the_expected_edges_within_five_sigma) {
    static const struct {
        uint32_t n;
        uint64_t p;
    } cases[] = {
        {2000, 4000000}, {300, 300000000}, {300, 999999999}, {100000, 80000}, {500000, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_topology *t;
        ck_assert_int_eq(orr_topology_erdos_renyi(9, cases[i].n, cases[i].p, &t), 0);
        check_simple(t);
        double pairs = (double)cases[i].n * (cases[i].n - 1) / 2, p = (double)cases[i].p / 1e9;
        ck_assert_double_le(fabs((double)t->n_edges - pairs * p),
                            1 + 5 * sqrt(pairs * p * (1 - p)));
        double squares = 0, mean = (cases[i].n - 1) * p; /* degrees are binomial: variance too */
        for (orr_peer v = 0; v < t->n; v++)
            squares += (orr_topology_degree(t, v) - mean) * (orr_topology_degree(t, v) - mean);
        if (i != 2 && i != 4)
            ck_assert_double_lt(fabs(squares / t->n / (mean * (1 - p)) - 1), 5 * sqrt(2.2 / t->n));
        orr_topology_free(t);
    }
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_erdos_renyi(1, 50, 1000000000, &t), 0);
    ck_assert_uint_eq(t->n_edges, 1225);
    orr_topology_free(t);
    ck_assert_int_eq(orr_topology_erdos_renyi(1, 50, 0, &t), 0);
    ck_assert_uint_eq(t->n_edges, 0);
    ck_assert_uint_eq(t->n_components, 50);
    orr_topology_free(t);
    ck_assert_int_eq(orr_topology_erdos_renyi(1, 50, 1000000001, &t), ORR_EINVAL);
    ck_assert_int_eq(orr_topology_erdos_renyi(1, 1u << 24, 500000000, &t), ORR_ELIMIT);
}
END_TEST

START_TEST(erdos_renyi_falls_into_parts_below_the_threshold_and_hangs_together_above) {
    struct orr_topology *t; /* threshold p = ln n / n = 0.0069 at n = 1000 */
    ck_assert_int_eq(orr_topology_erdos_renyi(3, 1000, 2000000, &t), 0);
    /* isolated nodes: n (1 - p)^(n - 1) = 135, and hardly another small part */
    ck_assert_uint_gt(t->n_components, 85);
    ck_assert_uint_lt(t->n_components, 260);
    orr_topology_free(t);
    ck_assert_int_eq(orr_topology_erdos_renyi(3, 1000, 20000000, &t), 0);
    ck_assert_uint_eq(t->n_components, 1);
    orr_topology_free(t);
}
END_TEST

START_TEST(an_unrewired_small_world_is_the_lattice) {
    for (uint32_t k = 2; k <= 12; k += 2) {
        struct orr_topology *t;
        uint64_t sum;
        ck_assert_int_eq(orr_topology_small_world(1, 400, k, 0, &t), 0);
        check_simple(t);
        ck_assert_uint_eq(t->n_edges, 200 * k);
        ck_assert_double_lt(fabs(clustering(t) - 3.0 * (k - 2) / (4.0 * (k - 1))), 1e-9);
        ck_assert_uint_eq(eccentricity(t, &sum), (200 + k / 2 - 1) / (k / 2));
        orr_topology_free(t);
    }
}
END_TEST

START_TEST(rewiring_keeps_the_edges_lowers_clustering_and_shortens_paths) {
    static const uint64_t betas[] = {10000000, 100000000, 300000000, 1000000000};
    for (int i = 0; i < 4; i++) {
        struct orr_topology *t;
        uint64_t sum;
        ck_assert_int_eq(orr_topology_small_world(5, 4000, 10, betas[i], &t), 0);
        check_simple(t);
        ck_assert_uint_eq(t->n_edges, 20000);
        double keep =
            1 - (double)betas[i] / 1e9; /* Barrat and Weigt 2000: C0 (1 - beta)^3 + O(1/n) */
        double expected = 3.0 * 8 / (4.0 * 9) * keep * keep * keep;
        ck_assert_msg(fabs(clustering(t) - expected) < 0.02, "beta %g: %g, not %g", 1 - keep,
                      clustering(t), expected);
        uint32_t far = eccentricity(t, &sum);
        ck_assert_uint_lt(far, 100); /* the lattice: 400 */
        bool good = true;
        for (orr_peer v = 0; v < t->n; v++)
            good &= orr_topology_degree(t, v) >= 5; /* its own k/2 */
        ck_assert(good);
        orr_topology_free(t);
    }
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_small_world(5, 5, 4, 1000000000, &t),
                     0); /* complete: nowhere to go */
    ck_assert_uint_eq(t->n_edges, 10);
    orr_topology_free(t);
    ck_assert_int_eq(orr_topology_small_world(5, 10, 3, 0, &t), ORR_EINVAL);
    ck_assert_int_eq(orr_topology_small_world(5, 4, 4, 0, &t), ORR_EINVAL);
}
END_TEST

START_TEST(scale_free_degrees_follow_the_law_of_exponent_three) {
    enum { N = 200000, M = 3 };
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_scale_free(8, N, M, &t), 0);
    check_simple(t);
    ck_assert_uint_eq(t->n_edges, (uint64_t)M * (M + 1) / 2 + (uint64_t)(N - M - 1) * M);
    ck_assert_uint_eq(t->n_components, 1);
    uint32_t count[1000] = {0}, n_tail = 0;
    double log_sum = 0;
    for (orr_peer v = 0; v < N; v++) {
        uint32_t d = orr_topology_degree(t, v);
        if (d < M) ck_abort_msg("node %u has %u links", v, d);
        if (d < 1000) count[d]++;
        if (d >= 20) n_tail++, log_sum += log(d / 19.5);
    }
    for (uint32_t d = M; d < 12; d++) { /* Dorogovtsev, Mendes, Samukhin 2000 */
        double p = 2.0 * M * (M + 1) / ((double)d * (d + 1) * (d + 2));
        ck_assert_msg(fabs(count[d] - N * p) < 5 * sqrt(N * p) + 0.005 * N * p,
                      "degree %u: %u, not %g", d, count[d], N * p);
    }
    /* maximum likelihood of the tail's exponent (Clauset, Shalizi, Newman 2009, equation 3.7) */
    double exponent = 1 + n_tail / log_sum;
    ck_assert_msg(fabs(exponent - 3) < 0.15, "exponent %g", exponent);
    orr_topology_free(t);
    ck_assert_int_eq(orr_topology_scale_free(8, 3, 3, &t), ORR_EINVAL);
    ck_assert_int_eq(orr_topology_scale_free(8, 4, 3, &t), 0); /* the core alone */
    ck_assert_uint_eq(t->n_edges, 6);
    orr_topology_free(t);
}
END_TEST

START_TEST(an_edge_list_becomes_a_graph_whose_first_mention_of_an_edge_counts) {
    const struct orr_edge edges[] = {
        {3, 1, 5000}, {0, 3, -1}, {1, 3, 7000}, {3, 0, 9000}, {2, 4, 100}};
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_from_edges(6, edges, 5, &t), 0);
    check_simple(t);
    ck_assert_uint_eq(t->n_edges, 3);
    ck_assert_uint_eq(t->n_components, 3); /* {0 1 3} {2 4} {5} */
    ck_assert_int_eq(orr_topology_latency(t, 1, 3), 5000);
    ck_assert_int_eq(orr_topology_latency(t, 3, 1), 5000);
    ck_assert_int_eq(orr_topology_latency(t, 0, 3), -1);
    ck_assert_int_eq(orr_topology_latency(t, 4, 2), 100);
    ck_assert_int_eq(orr_topology_latency(t, 0, 5), -1);
    orr_topology_free(t);
    const struct orr_edge loop = {2, 2, -1}, outside = {0, 6, -1};
    ck_assert_int_eq(orr_topology_from_edges(6, &loop, 1, &t), ORR_EINVAL);
    ck_assert_int_eq(orr_topology_from_edges(6, &outside, 1, &t), ORR_EINVAL);
    ck_assert_int_eq(orr_topology_from_edges(6, NULL, 0, &t), 0);
    ck_assert_uint_eq(t->n_components, 6);
    ck_assert_ptr_null(t->latency);
    orr_topology_free(t);
}
END_TEST

/* Hashes held here are the same for every compiler and machine, and change with the seed. */
START_TEST(a_seed_gives_the_same_graph_everywhere_and_another_seed_another) {
    static const uint64_t hashes[] = {0x71f09cd3c6f4a0a6ull, 0x763e4f5db2862072ull,
                                      0xf3e2e08ed7e31949ull, 0x48fbc685a6952865ull};
    for (int kind = 0; kind < 4; kind++) {
        uint64_t h[2];
        for (uint64_t seed = 0; seed < 2; seed++) {
            struct orr_topology *t;
            int bad = kind == 0   ? orr_topology_random_regular(seed, 1000, 8, &t)
                      : kind == 1 ? orr_topology_erdos_renyi(seed, 1000, 8000000, &t)
                      : kind == 2 ? orr_topology_small_world(seed, 1000, 8, 100000000, &t)
                                  : orr_topology_scale_free(seed, 1000, 4, &t);
            ck_assert_int_eq(bad, 0);
            h[seed] = orr_topology_hash(t);
            orr_topology_free(t);
        }
        ck_assert_uint_ne(h[0], h[1]);
        ck_assert_msg(h[0] == hashes[kind], "kind %d: 0x%016llx", kind, (unsigned long long)h[0]);
    }
}
END_TEST

START_TEST(an_edge_ends_at_two_nodes_that_there_are) {
    struct orr_topology *t;
    static const struct orr_edge bad[] = {{3, 0, -1}, {0, 3, -1}, {1, 1, -1}, {4, 5, -1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(orr_topology_from_edges(3, &bad[i], 1, &t), ORR_EINVAL);
    static const struct orr_edge good[] = {{2, 0, -1}, {0, 1, -1}};
    ck_assert_int_eq(orr_topology_from_edges(3, good, 2, &t), 0);
    ck_assert_uint_eq(orr_topology_degree(t, 0), 2);
    ck_assert_uint_eq(orr_topology_degree(t, 2), 1);
    orr_topology_free(t);
}
END_TEST

ORR_TEST_MAIN("topology",
              an_edge_ends_at_two_nodes_that_there_are,
              a_full_mesh_links_every_pair_and_takes_no_memory,
              ring_star_and_grid_have_their_edges_degrees_and_diameters,
              every_degree_that_a_regular_graph_can_have_is_built,
              triangles_of_a_random_regular_graph_are_as_many_as_theory_says,
              the_three_perfect_matchings_of_four_nodes_are_equally_likely,
              all_graphs_of_four_nodes_are_equally_likely_at_p_one_half,
              erdos_renyi_has_the_expected_edges_within_five_sigma,
              erdos_renyi_falls_into_parts_below_the_threshold_and_hangs_together_above,
              an_unrewired_small_world_is_the_lattice,
              rewiring_keeps_the_edges_lowers_clustering_and_shortens_paths,
              scale_free_degrees_follow_the_law_of_exponent_three,
              an_edge_list_becomes_a_graph_whose_first_mention_of_an_edge_counts,
              a_seed_gives_the_same_graph_everywhere_and_another_seed_another)
