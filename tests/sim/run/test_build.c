/* Where nodes stand: in turn at every seed, or shuffled by the seed with as many in each region. */
#include <string.h>

#include "sim/net/net.h"
#include "sim/run/build.h"
#include "tests/test.h"

enum { N_MANY = 30, N_SOME = 10, N_NODES = N_MANY + N_SOME + 8, N_REGIONS = 5, N_SEEDS = 20 };
static const orr_time MS = 1000000;

/* Regions a to e; link rules that tell regions apart and some nodes within them. */
#define PLACES(placement)                                                              \
    "orrery: 1\nname: places\nduration: 1 s\n"                                         \
    "nodes:\n"                                                                         \
    "  many: {count: 30, role: ping-pong" placement "}\n"                                \
    "  some: {count: 10, role: ping-pong, region: {c: 30 %, e: 70 %}" placement "}\n"   \
    "  five: {count: 5, role: ping-pong, region: a}\n"                                  \
    "  two: {count: 2, role: ping-pong, region: b}\n"                                   \
    "  last: {count: 1, role: ping-pong, region: d}\n"                                  \
    "network:\n  latency: 20 ms\n"                                                     \
    "  links:\n"                                                                       \
    "    - {between: [a, b], latency: 50 ms}\n"                                        \
    "    - {between: [last, e], latency: 7 ms}\n"                                     \
    "    - {between: [c, c], latency: 3 ms}\n"

struct built {
    struct orr_scenario *scenario;
    struct orr_data_files files;
    struct orr_diags diags;
    struct orr_build build;
};

static void build(struct built *b, const char *text) {
    *b = (struct built){0};
    int error = orr_scenario_parse(text, strlen(text), "own", NULL, 0, &b->scenario, &b->diags);
    orr_diags_print(&b->diags, stderr, false);
    ck_assert_int_eq(error, 0);
    ck_assert_uint_eq(b->scenario->n_nodes, N_NODES);
    ck_assert_uint_eq(b->scenario->n_regions, N_REGIONS);
    ck_assert_int_eq(orr_build(&b->build, b->scenario, &b->files, &b->diags), 0);
}

static void unbuild(struct built *b) {
    orr_build_fini(&b->build);
    orr_data_files_free(&b->files);
    orr_scenario_free(b->scenario);
    orr_diags_fini(&b->diags);
}

static void count(const struct built *b, uint32_t first, uint32_t n, uint32_t in[N_REGIONS]) {
    memset(in, 0, N_REGIONS * sizeof *in);
    for (uint32_t i = first; i < first + n; i++) {
        ck_assert_uint_lt(b->build.region_of[i], N_REGIONS);
        ck_assert_uint_eq(orr_scenario_region_of(&b->build.scenario, i), b->build.region_of[i]);
        in[b->build.region_of[i]]++;
    }
}

static uint32_t region(const struct built *b, const char *name) {
    for (uint32_t i = 0; i < N_REGIONS; i++)
        if (!strcmp(b->scenario->regions[i], name)) return i;
    ck_abort_msg("no region %s", name);
    return 0;
}

/* The latency that a pair must meet, by the rules as written: the first that names it. */
static orr_time by_the_rules(const struct built *b, uint32_t from, uint32_t to) {
    const uint32_t *at = b->build.region_of;
    uint32_t pairs[2][2] = {{from, to}, {to, from}};
    for (int i = 0; i < 2; i++)
        if (at[pairs[i][0]] == region(b, "a") && at[pairs[i][1]] == region(b, "b"))
            return 50 * MS;
    for (int i = 0; i < 2; i++)
        if (pairs[i][0] == N_NODES - 1 && at[pairs[i][1]] == region(b, "e")) return 7 * MS;
    return at[from] == region(b, "c") && at[to] == region(b, "c") ? 3 * MS : 20 * MS;
}

static void check_links(const struct built *b) {
    const struct orr_node_spec *nodes = b->build.spec.nodes;
    for (uint32_t i = 0; i < N_NODES; i++)
        for (uint32_t j = 0; j < N_NODES; j++) {
            if (i == j) continue;
            const struct orr_link *link =
                orr_net_link(&b->build.spec.net, i, nodes[i].zone, j, nodes[j].zone);
            ck_assert_int_eq(link->latency->mean, by_the_rules(b, i, j));
        }
}

START_TEST(in_turn_at_every_seed) {
    struct built b;
    build(&b, PLACES(""));
    uint32_t before[N_NODES];
    memcpy(before, b.build.region_of, sizeof before);
    for (uint32_t i = 0; i < N_MANY; i++) ck_assert_uint_eq(before[i], i % N_REGIONS);
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        ck_assert_int_eq(orr_build_reseed(&b.build, seed, &b.diags), 0);
        ck_assert_mem_eq(before, b.build.region_of, sizeof before);
        check_links(&b);
    }
    unbuild(&b);
}
END_TEST

START_TEST(at_random_by_the_seed_with_as_many_in_each) {
    struct built b, fresh;
    build(&b, PLACES(", placement: random"));
    uint32_t first[N_NODES], in[N_REGIONS];
    bool seen[N_MANY][N_REGIONS] = {{false}};
    unsigned n_seen = 0, n_as_first = 0;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        ck_assert_int_eq(orr_build_reseed(&b.build, seed, &b.diags), 0);
        if (seed == 1) memcpy(first, b.build.region_of, sizeof first);
        n_as_first += !memcmp(first, b.build.region_of, sizeof first);
        count(&b, 0, N_MANY, in);
        for (uint32_t r = 0; r < N_REGIONS; r++) ck_assert_uint_eq(in[r], N_MANY / N_REGIONS);
        count(&b, N_MANY, N_SOME, in);
        ck_assert_uint_eq(in[region(&b, "c")], 3);
        ck_assert_uint_eq(in[region(&b, "e")], 7);
        count(&b, N_MANY + N_SOME, 5, in);
        ck_assert_uint_eq(in[region(&b, "a")], 5);
        check_links(&b);
        for (uint32_t i = 0; i < N_MANY; i++) {
            bool *at = &seen[i][b.build.region_of[i]];
            n_seen += !*at;
            *at = true;
        }
    }
    ck_assert_uint_eq(n_as_first, 1); /* seed 1 itself */
    /* of 150 places about 150 (1 - 0.8^20) = 148 are seen */
    ck_assert_uint_gt(n_seen, 135);
    /* what was built once and moved is what is built there */
    build(&fresh, PLACES(", placement: random") "seed: 20\n");
    ck_assert_mem_eq(fresh.build.region_of, b.build.region_of, sizeof first);
    unbuild(&fresh);
    unbuild(&b);
}
END_TEST

ORR_TEST_MAIN("sim.run.build", in_turn_at_every_seed, at_random_by_the_seed_with_as_many_in_each)
