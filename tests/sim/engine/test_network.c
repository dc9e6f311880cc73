/* The network as a scenario writes it, held to closed forms: who reaches whom, when, and how a
 * line's speed shows. */
#include "tests/sim/engine/story.h"

/* Node 0 pings its neighbours once; a ping and a pong are 8 bytes. */
#define NODES(n, more)                                                          \
    "orrery: 1\nname: t\nduration: 1 s\nrecord: none\nnodes:\n  p: {count: " #n \
    ", role: ping-pong, "                                                       \
    "config: {period: 10 s}" more "}\n"

START_TEST(an_overlay_links_whom_it_says) {
    static const struct row rows[] = {
        {"network: {latency: 10 ms, overlay: full}\n",
         "0: 20 20 20 20 20; 1: 10; 2: 10; 3: 10; 4: 10; 5: 10; lost 0"},
        {"network: {latency: 10 ms, overlay: ring}\n",
         "0: 20 20; 1: 10; 2: ; 3: ; 4: ; 5: 10; lost 0"},
        {"network: {latency: 10 ms, overlay: star}\n",
         "0: 20 20 20 20 20; 1: 10; 2: 10; 3: 10; 4: 10; 5: 10; lost 0"},
        {"network: {latency: 10 ms, overlay: grid}\n", /* two rows of three */
         "0: 20 20; 1: 10; 2: ; 3: 10; 4: ; 5: ; lost 0"},
        {"network: {latency: 10 ms, overlay: {kind: random-regular, degree: 5}}\n",
         "0: 20 20 20 20 20; 1: 10; 2: 10; 3: 10; 4: 10; 5: 10; lost 0"},
        {"network: {latency: 10 ms, overlay: {kind: erdos-renyi, p: 100 %}}\n",
         "0: 20 20 20 20 20; 1: 10; 2: 10; 3: 10; 4: 10; 5: 10; lost 0"},
        {"network: {latency: 10 ms, overlay: {kind: erdos-renyi, p: 0 %}}\n",
         "0: ; 1: ; 2: ; 3: ; 4: ; 5: ; lost 0"},
        {"network: {latency: 10 ms, overlay: {kind: small-world, k: 4, beta: 0 %}}\n",
         "0: 20 20 20 20; 1: 10; 2: 10; 3: ; 4: 10; 5: 10; lost 0"},
        {"network: {latency: 10 ms, overlay: {kind: scale-free, m: 5}}\n",
         "0: 20 20 20 20 20; 1: 10; 2: 10; 3: 10; 4: 10; 5: 10; lost 0"},
    };
    CHECK_ROWS(NODES(6, ""), true, rows);
}
END_TEST

START_TEST(a_latency_is_what_its_rule_or_distribution_says) {
    static const char head[] = "orrery: 1\nname: t\nduration: 1 s\nrecord: none\nnodes:\n"
                               "  p: {count: 1, role: ping-pong, config: {period: 10 s}}\n"
                               "  q: {count: 1, role: ping-pong}\n"
                               "  r: {count: 1, role: ping-pong}\n";
    static const struct row rows[] = {
        {"network: {latency: 1.5 us}\n", "0: 0.003 0.003; 1: 0.0015; 2: 0.0015; lost 0"},
        {"network: {latency: 0 ms}\n", "0: 0.000002 0.000002; 1: 0.000001; 2: 0.000001; lost 0"},
        {"network: {latency: {dist: uniform, min: 7 ms, max: 7 ms}}\n",
         "0: 14 14; 1: 7; 2: 7; lost 0"},
        {"network: {latency: {dist: empirical, file: tests/sim/net/seven.txt}}\n",
         "0: 14 14; 1: 7; 2: 7; lost 0"},
        {"network:\n  latency: 50 ms\n  links:\n"
         "    - {between: [q, p], latency: 3 ms}\n    - {within: any, latency: 4 ms}\n",
         "0: 6 8; 1: 3; 2: 4; lost 0"},
        {"network: {latency: 5 ms, links: [{between: [p, q], loss: 100 %}]}\n",
         "0: 10; 1: ; 2: 5; lost 1"},
        {"network: {latency: 5 ms, links: [{within: any, duplicate: 100 %}]}\n",
         "0: 10 10 10 10 10 10 10 10; 1: 5 5; 2: 5 5; lost 0"},
        {"network: {latency: 5 ms, transport: stream, links: [{within: any, duplicate: 100 %}]}\n",
         "0: 10 10; 1: 5; 2: 5; lost 0"},
        {"network: {latency: 5 ms, links: [{within: any, transport: stream, duplicate: 100 %}]}\n",
         "0: 10 10; 1: 5; 2: 5; lost 0"},
        {"network:\n  latency: 5 ms\n  transport: stream\n  links:\n"
         "    - {between: [q, p], transport: datagram}\n    - {within: any, duplicate: 100 %}\n",
         "0: 10 10 10 10 10; 1: 5 5; 2: 5; lost 0"},
        {"network: {latency: 5 ms, transport: stream, links: [{between: [p, q], loss: 100 %}]}\n",
         "0: 10; 1: ; 2: 5; lost 1"},
        {"network: {latency: 5 ms, links: [{within: any, corrupt: 100 %}]}\n",
         "0: ~10 ~10; 1: ~5; 2: ~5; lost 0"},
        {"network: {latency: 5 ms, links: [{within: any, reorder: {p: 100 %, by: 2 ms}}]}\n",
         "0: 14 14; 1: 7; 2: 7; lost 0"},
        {"network: {latency: 5 ms, links: [{within: any, bandwidth: 64 kbit/s}]}\n",
         "0: 13 13; 1: 6.5; 2: 6.5; lost 0"}, /* 12 bytes: 1.5 ms each way */
    };
    CHECK_ROWS(head, true, rows);
}
END_TEST

START_TEST(a_pair_is_on_a_stream_if_both_its_groups_are) {
    static const char head[] = "orrery: 1\nname: t\nduration: 1 s\nrecord: none\nnodes:\n"
                               "  p: {count: 1, role: ping-pong, config: {period: 10 s}, "
                               "transport: stream}\n"
                               "  q: {count: 1, role: ping-pong, transport: stream}\n"
                               "  r: {count: 1, role: ping-pong}\n";
    static const struct row rows[] = {
        {"network: {latency: 5 ms, links: [{within: any, duplicate: 100 %}]}\n",
         "0: 10 10 10 10 10; 1: 5; 2: 5 5; lost 0"},
    };
    CHECK_ROWS(head, true, rows);
}
END_TEST

START_TEST(a_line_takes_one_message_after_the_other) {
    /* 64 kbit/s are 8 bytes a millisecond; a ping is 12 */
    static const struct row up[] = {
        {"network: {latency: 10 ms}\n", "0: 21.5 23 24.5; 1: 11.5; 2: 13; 3: 14.5; lost 0"}};
    CHECK_ROWS("orrery: 1\nname: t\nduration: 1 s\nrecord: none\nnodes:\n"
               "  p: {count: 1, role: ping-pong, config: {period: 10 s}, up: 64 kbit/s}\n"
               "  q: {count: 3, role: ping-pong}\n",
               true, up);
    static const struct row down[] = {
        {"network: {latency: 10 ms}\n", "0: 21.5 23 24.5; 1: 10; 2: 10; 3: 10; lost 0"}};
    CHECK_ROWS("orrery: 1\nname: t\nduration: 1 s\nrecord: none\nnodes:\n"
               "  p: {count: 1, role: ping-pong, config: {period: 10 s}, down: 64 kbit/s}\n"
               "  q: {count: 3, role: ping-pong}\n",
               true, down);
    static const struct row both[] = {
        {"network: {latency: 10 ms}\n", "0: 26 27.5 29; 1: 13; 2: 14.5; 3: 16; lost 0"}};
    CHECK_ROWS(NODES(4, ", up: 64 kbit/s, down: 64 kbit/s"), true, both);
}
END_TEST

START_TEST(regions_come_from_a_matrix_or_from_the_groups) {
    static const char head[] =
        "orrery: 1\nname: t\nduration: 1 s\nrecord: none\nnodes:\n"
        "  p: {count: 1, role: ping-pong, config: {period: 10 s}, region: a}\n"
        "  q: {count: 2, role: ping-pong, region: {a: 50 %, b: 50 %}}\n";
    static const struct row rows[] = {
        {"network: {regions: {file: tests/sim/net/regions.csv}}\n", /* a-a 1, a-b 20, b-a 30 ms */
         "0: 2 50; 1: 1; 2: 20; lost 0"},
        {"network: {regions: {file: tests/sim/net/regions.csv, jitter: 5 ms}}\n",
         "0: 12 60; 1: 6; 2: 25; lost 0"},
        /* an entry of 0 in whole ms is two machines of one place */
        {"network: {regions: {file: tests/sim/net/regions-0.csv}}\n",
         "0: 0.1 50; 1: 0.05; 2: 20; lost 0"},
        {"network: {regions: {file: tests/sim/net/regions-0.csv, floor: 25 ms}}\n",
         "0: 50 55; 1: 25; 2: 25; lost 0"},
        {"network: {latency: 9 ms, links: [{between: [a, b], latency: 4 ms}]}\n",
         "0: 8 18; 1: 9; 2: 4; lost 0"},
        {"network: {latency: 9 ms, links: [{within: any, latency: 2 ms}]}\n",
         "0: 4 18; 1: 2; 2: 9; lost 0"},
    };
    CHECK_ROWS(head, true, rows);
}
END_TEST

/* The latest arrival, and how many there were. */
struct last {
    struct orr_tap tap;
    orr_time at;
    uint32_t n;
};
static void note_last(void *ctx, const struct orr_tap_record *r) {
    struct last *last = ctx;
    if (r->what == ORR_RECV) last->at = r->at, last->n++;
}

START_TEST(a_megabyte_to_a_hundred_peers_takes_the_time_that_the_uplink_needs) {
    static const char text[] =
        "orrery: 1\nname: t\nduration: 10 s\nrecord: none\n"
        "nodes:\n  a: {count: 1, role: flood, up: 1 Gbit/s}\n"
        "  b: {count: 100, role: flood, down: 100 Mbit/s}\n"
        "network: {latency: 50 ms, overlay: star}\n"
        "workload: [{arrivals: {kind: burst, size: 1, every: 1 min}, size: 999996 B, to: [a]}]\n";
    struct last last = {.tap = {ORR_TAP_BIT(ORR_TAP_EVENT), &last, note_last, NULL}};
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    struct orr_run_result result;
    struct orr_run_options options = {.taps = &last.tap};
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &scenario, &diags), 0);
    ck_assert_int_eq(orr_run(scenario, &options, &result, &diags), 0);
    ck_assert_uint_eq(last.n, 100);
    /* from the client 50 ms; 100 times 8 ms; 50 ms; 80 ms into the last downlink */
    ck_assert_int_eq(last.at, (50 + 100 * 8 + 50 + 80) * MS);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
}
END_TEST

ORR_TEST_MAIN("sim.network", an_overlay_links_whom_it_says,
              a_latency_is_what_its_rule_or_distribution_says,
              a_pair_is_on_a_stream_if_both_its_groups_are,
              a_line_takes_one_message_after_the_other,
              regions_come_from_a_matrix_or_from_the_groups,
              a_megabyte_to_a_hundred_peers_takes_the_time_that_the_uplink_needs)
