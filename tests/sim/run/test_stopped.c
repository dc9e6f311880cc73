/* A node that stops by itself fails the run, unless the scenario allows it. */
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "sim/run/run.h"
#include "tests/test.h"

static const struct orr_protocol *sound;
static struct orr_protocol failing;

/* The state of a failing node has its env behind that of the sound one. */
static int init(void *state, const struct orr_env *env, const void *cfg) {
    memcpy((char *)state + sound->node_size, &env, sizeof env);
    return sound->init(state, env, cfg);
}
/* Replica 3 gives up after a second. */
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_env *env;
    memcpy(&env, (char *)state + sound->node_size, sizeof env);
    return env->self == 3 && event->now > 1000000000 ? ORR_EIO : sound->step(state, event, out);
}

/* Does a run pass in which replica 3 stops, or does not? */
static bool passes(const char *expect, bool stops) {
    char text[512];
    snprintf(text, sizeof text,
             "orrery: 1\nname: stopped\nduration: 3 s\nexpect: %s\n"
             "nodes: {replica: {count: 4, role: pbft-normal}}\nnetwork: {latency: 20 ms}\n"
             "workload: [{kind: transactions, rate: 5 /s, size: 200 B}]\n", expect);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_parse(text, strlen(text), "stopped", NULL, 0, &s, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_int_eq(error, 0);
    sound = orr_registry_find("pbft-normal");
    failing = *sound;
    failing.node_size += sizeof(struct orr_env *);
    failing.init = init;
    failing.step = step;
    struct orr_group_spec group = s->groups[0];
    if (stops) group.role = &failing;
    s->groups = &group;
    struct orr_run_options options = {0};
    struct orr_run_result r;
    ck_assert_int_eq(orr_run(s, &options, &r, &diags), 0);
    ck_assert_int_eq(r.end, ORR_RUN_COMPLETE);
    ck_assert_uint_eq(r.n_stops, stops);
    if (stops) {
        ck_assert_uint_eq(r.stops[0].node, 3);
        ck_assert_int_eq(r.stops[0].error, ORR_EIO);
        ck_assert_int_gt(r.stops[0].at, 1000000000);
    }
    bool pass = r.pass;
    orr_run_result_fini(&r);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return pass;
}

START_TEST(a_node_that_stops_by_itself_fails_the_run) {
    ck_assert(passes("{agreement: holds}", false));
    ck_assert(!passes("{agreement: holds}", true));
    ck_assert(!passes("{agreement: holds, stopped: none}", true));
}
END_TEST

START_TEST(a_scenario_may_allow_it) {
    ck_assert(passes("{agreement: holds, stopped: allowed}", true));
    ck_assert(passes("nothing", true));
}
END_TEST

ORR_TEST_MAIN("sim.stopped", a_node_that_stops_by_itself_fails_the_run, a_scenario_may_allow_it)
