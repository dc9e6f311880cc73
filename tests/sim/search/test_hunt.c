/* Runs of plans in worlds built once, hunts by several processes, and what is left of a find. */
#include "tests/sim/search/hunt.h"

static const char flawed[] =
    SCENARIO("pbft, config: {bug: quorum-2f}", "expect: {agreement: broken}\n");

/* ---- hunts ---- */

START_TEST(what_a_hunt_finds_does_not_depend_on_its_workers) {
    struct orr_hunt one = begin(flawed, ORR_STRATEGY_SWARM, 40, 1);
    struct orr_hunt many = begin(flawed, ORR_STRATEGY_SWARM, 40, 3);
    ck_assert_int_eq(orr_hunt_run(&one), 0);
    ck_assert_int_eq(orr_hunt_run(&many), 0);
    ck_assert_uint_eq(one.n_done, 40);
    ck_assert_uint_gt(one.n_caught, 2);
    ck_assert_uint_eq(one.n_caught, many.n_caught);
    ck_assert_mem_eq(one.caught, many.caught, one.n_caught * sizeof *one.caught);
    struct orr_hunt first = begin(flawed, ORR_STRATEGY_SWARM, 40, 2);
    first.stop_at_first = true;
    ck_assert_int_eq(orr_hunt_run(&first), 0);
    ck_assert_uint_eq(first.n_caught, 1);
    ck_assert_uint_eq(first.n_done, first.caught[0].run + 1);
    ck_assert_mem_eq(first.caught, one.caught, sizeof *first.caught);
    orr_hunt_fini(&one);
    orr_hunt_fini(&many);
    orr_hunt_fini(&first);
}
END_TEST

static uint64_t fingerprint_of(const char *text, size_t len, const char *override) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    ck_assert_int_eq(orr_scenario_parse(text, len, "test", &override, 1, &s, &diags), 0);
    ck_assert_int_eq(orr_run(s, &(struct orr_run_options){0}, &result, &diags), 0);
    uint64_t fingerprint = result.fingerprint;
    orr_run_result_fini(&result);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    return fingerprint;
}

static uint32_t n_of(const char *text, const char *word) {
    uint32_t n = 0;
    for (const char *p = text; (p = strstr(p, word)); p++) n++;
    return n;
}

START_TEST(a_find_is_a_scenario_of_the_same_fingerprint_and_shrinks_to_what_it_needs) {
    struct orr_hunt hunt = begin(flawed, ORR_STRATEGY_MIXED, 200, 2);
    hunt.stop_at_first = true;
    ck_assert_int_eq(orr_hunt_run(&hunt), 0);
    ck_assert_uint_eq(hunt.n_caught, 1);
    struct orr_catch c = {.hunt = &hunt, .caught = hunt.caught[0], .max_asks = 2000};
    orr_hunt_plan(&hunt, c.caught.run, &c.plan);
    ck_assert_int_eq(orr_catch(&c), 0);
    ck_assert_uint_eq(fingerprint_of(c.drawn.v, c.drawn.len, "signatures=modelled"),
                      hunt.caught[0].finding.fingerprint);
    ck_assert(c.is_real && c.is_least);
    ck_assert_int_eq(c.control, ORR_CONTROL_HOLDS);
    ck_assert_str_eq(c.finding.name, "agreement");
    ck_assert_uint_le(c.after.n_decisions, 2);
    ck_assert_uint_ge(c.before.n_decisions, c.after.n_decisions);
    ck_assert_uint_eq(fingerprint_of(c.shrunk.v, c.shrunk.len, "signatures=real"),
                      c.finding.fingerprint);
    ck_assert_uint_eq(n_of(c.shrunk.v, "quorum-2f"), 1); /* what the hunt is about stays */
    orr_catch_fini(&c);
    orr_hunt_fini(&hunt);
}
END_TEST

START_TEST(idle_decisions_are_shrunk_away) {
    struct orr_hunt hunt = begin(flawed, ORR_STRATEGY_MIXED, 0, 1);
    struct orr_catch c = {.hunt = &hunt, .max_asks = 2000,
                          .plan = {.seed = 1, .n_nodes = 4, .halves = 2}};
    c.caught.finding = (struct orr_finding){.kind = ORR_FINDING_DUE, .name = "agreement"};
    for (uint32_t i = 0; i < ORR_DECISIONS_MAX; i++)
        snprintf(c.plan.decisions[c.plan.n++], ORR_DECISION_CHARS,
                 i == 9 ? "{at: 0 s, for: 4 s, do: partition, groups: [[val.0, val.2], [val.1, "
                          "val.3]]}"
                        : "{at: 0 s, for: 4 s, do: drop, view: 90%u, from: val.%u}",
                 i, i % 4);
    ck_assert_int_eq(orr_catch(&c), 0);
    ck_assert_uint_eq(c.before.n_decisions, ORR_DECISIONS_MAX);
    ck_assert_uint_eq(c.after.n_decisions, 1);
    ck_assert_str_eq(c.shape, "agreement: partition");
    orr_catch_fini(&c);
    orr_hunt_fini(&hunt);
}
END_TEST

/* Sound protocols, under all that is drawn: not one alarm. */
START_TEST(sound_protocols_raise_no_alarm) {
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        char scenario[600];
        snprintf(scenario, sizeof scenario, SCENARIO("%s", ""), roles[r]);
        struct orr_hunt hunt = begin(scenario, ORR_STRATEGY_MIXED, 100, 2);
        ck_assert_int_eq(orr_hunt_run(&hunt), 0);
        ck_assert_msg(!hunt.n_caught, "%s, run %d: %s: %s", roles[r], (int)hunt.caught[0].run,
                      hunt.caught[0].finding.name, hunt.caught[0].finding.text);
        ck_assert_uint_eq(hunt.n_done, 100);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

/* ---- liveness ---- */

/* Messages take longer than the first timeouts wait: views fail until these have grown enough. */
#define SLOW(role)                                                                     \
    "orrery: 1\nname: slow\nduration: 4 s\nrecord: none\nnetwork: {latency: 600 ms}\n" \
    "nodes: {val: {count: 4, role: " role "}}\n"

START_TEST(slow_views_are_no_find_and_a_timer_that_never_grows_is) {
    static const struct {
        const char *text;
        bool stalls;
    } cases[] = {
        {SLOW("jolteon, config: {timeout: 10 ms}"), false},
        {SLOW("jolteon, config: {timeout: 10 ms, bug: timer-never-grows}"), true},
        {SLOW("tendermint, config: {timeout_propose: 100 ms, timeout_prevote: 100 ms, "
              "timeout_precommit: 100 ms}"), false},
        {SLOW("tendermint, config: {timeout_propose: 100 ms, timeout_prevote: 100 ms, "
              "timeout_precommit: 100 ms, bug: timer-never-grows}"), true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_hunt hunt = begin(cases[i].text, ORR_STRATEGY_MIXED, 24, 2);
        hunt.stop_at_first = true;
        ck_assert_int_eq(orr_hunt_run(&hunt), 0);
        ck_assert_uint_eq(hunt.n_caught, cases[i].stalls);
        if (cases[i].stalls) ck_assert_str_eq(hunt.caught[0].finding.name, "termination");
        orr_hunt_fini(&hunt);
    }
}
END_TEST

START_TEST(a_stall_is_caught_as_a_scenario_that_says_in_how_many_views_and_its_control_holds) {
    struct orr_hunt hunt = begin(SLOW("jolteon, config: {timeout: 10 ms, bug: timer-never-grows}"),
                                 ORR_STRATEGY_MIXED, 24, 1);
    hunt.stop_at_first = true;
    ck_assert_int_eq(orr_hunt_run(&hunt), 0);
    ck_assert_uint_eq(hunt.n_caught, 1);
    struct orr_catch c = {.hunt = &hunt, .caught = hunt.caught[0], .max_asks = 60};
    ck_assert(orr_hunt_caught_plan(&hunt, &c.caught, &c.plan));
    ck_assert_int_eq(orr_catch(&c), 0);
    ck_assert(c.is_real);
    ck_assert_str_eq(c.finding.name, "termination");
    ck_assert(strstr(c.shrunk.v, "termination: {views: 14}"));
    ck_assert_int_eq(c.control, ORR_CONTROL_HOLDS);
    orr_catch_fini(&c);
    orr_hunt_fini(&hunt);
}
END_TEST

static struct orr_lasso lasso_of(const char *text) {
    struct orr_lasso lasso;
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    ck_assert_int_eq(orr_lasso_find(s, &lasso, &diags), 0);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    return lasso;
}

#define HIDDEN(phases)                                                                           \
    "orrery: 1\nname: t\nduration: 30 s\nrecord: none\nnetwork: {latency: 10 ms}\n"             \
    "nodes: {val: {count: 4, role: hotstuff-basic, config: {phases: " phases                      \
    ", leaders: [0, 1, 2], timeout: 600 ms, timeout_max: 600 ms}}}\n"                            \
    "expect: {agreement: unchecked}\nschedule:\n"                                                \
    "- {at: 0 s, do: byzantine, target: val.3, behaviour: edge, kind: vote, by: 15 ms}\n"        \
    "- {at: 0 s, for: 1 s, do: drop, from: val.1, kind: vote, view: 1}\n"                        \
    "- {do: delay, from: val.0, kind: [qc, timeout, new-view], view: 1..1000/3, by: 80 ms}\n"    \
    "- {do: delay, from: val.1, kind: [qc, timeout, new-view], view: 2..1000/3, by: 80 ms}\n"    \
    "- {do: delay, from: val.2, kind: [qc, timeout, new-view], view: 3..1000/3, by: 80 ms}\n"

/* The hidden locks of two phases go round for ever (arXiv 1803.05069, 4.4); with three phases there
 * are decisions in between. */
START_TEST(a_stall_that_comes_back_to_where_it_was_is_a_lasso) {
    struct orr_lasso lasso = lasso_of(HIDDEN("2"));
    ck_assert(lasso.is_one);
    ck_assert_uint_ge(lasso.n_views, 1);
    ck_assert_uint_le(lasso.n_views, 3); /* leaders come round in three */
    ck_assert_int_ge(lasso.from, INT64_C(1000000000)); /* all that ends is over */
    ck_assert_int_gt(lasso.to, lasso.from);
    ck_assert(!lasso_of(HIDDEN("3")).is_one);
}
END_TEST

START_TEST(a_bound_grows_with_the_nodes_and_the_views_of_a_leader) {
    static const struct {
        const char *text;
        uint64_t views;
    } cases[] = {
        {SCENARIO("tendermint", ""), 14}, /* 10 for timeouts, and of seven nodes two fail */
        {SCENARIO("hotstuff", ""), 26},   /* a leader has four views                      */
        {SCENARIO("hotstuff, config: {leader_views: 1}", ""), 14},
        {SCENARIO("raft", ""), 0},
        {SCENARIO("pbft", "expect: {termination: {within: 1 s}}\n"), 0}, /* as it says */
        {SCENARIO("pbft", "expect: {agreement: broken}\n"), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_hunt hunt = begin(cases[i].text, ORR_STRATEGY_MIXED, 0, 1);
        ck_assert_uint_eq(hunt.ground.live_views, cases[i].views);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

ORR_TEST_MAIN("sim.hunt", slow_views_are_no_find_and_a_timer_that_never_grows_is,
              a_stall_is_caught_as_a_scenario_that_says_in_how_many_views_and_its_control_holds,
              a_bound_grows_with_the_nodes_and_the_views_of_a_leader,
              a_stall_that_comes_back_to_where_it_was_is_a_lasso,
              what_a_hunt_finds_does_not_depend_on_its_workers,
              a_find_is_a_scenario_of_the_same_fingerprint_and_shrinks_to_what_it_needs,
              idle_decisions_are_shrunk_away,
              sound_protocols_raise_no_alarm)
