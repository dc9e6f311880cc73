/* Every protocol of models/lab, over links that damage, double, lose and hold back what they carry:
 * it never breaks, whatever it receives.  The sanitizer builds run a thousand seeds of each. */
#include <stdio.h>
#include <string.h>

#include "tests/test.h"

#include "models/registry.h"
#include "sim/run/world.h"

#if defined(__SANITIZE_ADDRESS__)
#define N_RUNS 1000
#elif defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer) || __has_feature(address_sanitizer)
#define N_RUNS 1000
#endif
#endif
#ifndef N_RUNS
#define N_RUNS 40
#endif

#define PROTOCOL(object) extern const struct orr_protocol object;
#include "models/registry.def"
#undef PROTOCOL
static const struct {
    const char *object;
    const struct orr_protocol *protocol;
} all[] = {
#define PROTOCOL(object) {#object, &object},
#include "models/registry.def"
#undef PROTOCOL
};

static struct orr_scenario *scenario_of(const struct orr_protocol *protocol) {
    char text[1000];
    /* What is damaged on its way is news to flood: at 1 in 20 the news would never end. */
    int percent = strcmp(protocol->name, "flood") ? 30 : 2;
    int len = snprintf(text, sizeof text,
                       "orrery: 1\nname: damage\nduration: 3 s\nexpect: nothing\n"
                       "nodes: {node: {count: 5, role: %s}}\n"
                       "network:\n  links:\n    - within: any\n"
                       "      latency: {dist: uniform, min: 1 ms, max: 60 ms}\n"
                       "      corrupt: %d %%\n      duplicate: 10 %%\n      loss: 5 %%\n"
                       "      reorder: {p: 10 %%, by: 300 ms}\n"
                       "faults:\n"
                       "  - {at: 1 s, do: crash, target: node.1, restart_after: 500 ms}\n"
                       "%s",
                       protocol->name, percent,
                       protocol->workload.make_tx ? "workload: [{rate: 50 /s, size: 100 B}]\n"
                                                  : "");
    struct orr_scenario *scenario;
    struct orr_diags diags = {0};
    int error = orr_scenario_parse(text, (size_t)len, "damage.yaml", NULL, 0, &scenario, &diags);
    orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s", protocol->name);
    orr_diags_fini(&diags);
    return scenario;
}

/* How many messages arrived damaged, or otherwise not as they were sent, is not known here; that
 * the links do so is for the network's own tests. */
static void run_damaged(const struct orr_protocol *protocol) {
    struct orr_scenario *scenario = scenario_of(protocol);
    struct orr_diags diags = {0};
    struct orr_world *world;
    struct orr_run_options options = {0};
    uint64_t n_received = 0;
    ck_assert_int_eq(orr_world_new(scenario, &diags, &world), 0);
    for (uint64_t seed = 1; seed <= N_RUNS; seed++) {
        struct orr_run_result result;
        ck_assert_int_eq(orr_world_run(world, seed, NULL, &options, &result, &diags), 0);
        ck_assert_msg(result.end == ORR_RUN_COMPLETE && !result.n_stops,
                      "%s at seed %llu: ended with %d, %u nodes stopped, %s", protocol->name,
                      (unsigned long long)seed, (int)result.end, result.n_stops,
                      result.mishap.text);
        n_received += result.counts.events;
        orr_run_result_fini(&result);
    }
    ck_assert_uint_gt(n_received, 10 * N_RUNS);
    orr_world_free(world);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
}

START_TEST(no_message_breaks_a_protocol_of_the_lab) {
    unsigned n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strncmp(all[i].object, "orr_lab_", 8)) continue;
        run_damaged(all[i].protocol);
        n++;
    }
    ck_assert_uint_ge(n, 4);
}
END_TEST

ORR_TEST_MAIN("damage", no_message_breaks_a_protocol_of_the_lab)
