/* Twins (Bano et al., arXiv 2004.10617) of Tendermint validators: f + 1 of them and a partition
 * make two worlds, each with a quorum, and the chain forks. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

static bool forks(const char *nodes, const char *faults, unsigned seed) {
    char text[1000];
    snprintf(text, sizeof text,
             "orrery: 1\nname: t\nseed: %u\nduration: 120 s\nrecord: none\n"
             "nodes: {val: {role: tendermint, %s}}\n"
             "network: {latency: {dist: lognormal, median: 30 ms, p99: 60 ms}}\n"
             "workload: [{rate: 20 /s, start: 1 s, stop: 50 s}]\nfaults:\n%s"
             "expect: {agreement: broken}\n",
             seed, nodes, faults);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    if (orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags)) {
        orr_diags_print(&diags, stderr, false);
        ck_abort_msg("%s", text);
    }
    ck_assert_int_eq(orr_run(s, &(struct orr_run_options){0}, &result, &diags), 0);
    bool pass = result.pass;
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return pass;
}

#define TWINS(who) "  - {at: 0 s, do: byzantine, behaviour: twins, target: " who "}\n"
#define PART(groups) "  - {at: 5 s, do: partition, groups: " groups "}\n"
static const struct {
    const char *nodes, *faults;
    bool forks;
} rows[] = {
    {"count: 4", TWINS("[val.0, val.1]") PART("[[val.2], [val.3]]"), true},
    {"count: 4", TWINS("[val.0, val.2]") PART("[[val.3], [val.1]]"), true},
    {"count: 7", TWINS("[val.0, val.1, val.2]") PART("[[val.3, val.4], [val.5, val.6]]"), true},
    {"count: 7", TWINS("[val.1, val.3, val.6]") PART("[[val.0, val.5], [val.2, val.4]]"), true},
    /* each by itself, of two faults */
    {"count: 4", TWINS("val.0") TWINS("val.1") PART("[[val.2], [val.3]]"), true},
    /* f twins have no quorum for two worlds */
    {"count: 4", TWINS("[val.0]") PART("[[val.2], [val.3]]"), false},
    {"count: 7", TWINS("[val.0, val.1]") PART("[[val.3, val.4], [val.5, val.6]]"), false},
};

START_TEST(f_plus_1_twins_fork_the_chain_and_f_do_not) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned seed = 1; seed <= 6; seed++)
            ck_assert_msg(forks(rows[i].nodes, rows[i].faults, seed) == rows[i].forks,
                          "%s\n%sseed %u", rows[i].nodes, rows[i].faults, seed);
}
END_TEST

ORR_TEST_MAIN("sim.twins", f_plus_1_twins_fork_the_chain_and_f_do_not)
