/* What met nobody to judge is not judged: it neither passes nor reads ok. */
#include "sim/run/run.h"
#include "tests/sim/check/world.h"

static void expect_open(const struct world *w, const char *name, const char *why) {
    const struct orr_verdict *v = verdict(w, name);
    if (v->judged || v->pass || v->violation || !strstr(v->observed, why))
        ck_abort_msg("%s: judged %d, pass %d, %s", name, v->judged, v->pass, v->observed);
    ck_assert(!strncmp(v->observed, "not judged: ", 12));
}

/* Everything is expected. */
static void expect_all(struct world *w) {
    struct orr_expect_spec *e = &w->scenario.expect;
    e->agreement = e->total_order = e->validity = e->integrity = e->state_root = HOLDS;
    e->evidence = ORR_ABSENT;
    e->termination = ORR_TERMINATION_WITHIN, e->within = S;
    e->max_gap = e->p50 = e->p90 = e->p99 = e->max = 5 * S;
    e->throughput_nhz = 1;
    e->committed = ORR_COMMITTED_ALL;
    e->delivery_ratio = 1000000000, e->delivery_p99 = S;
}

START_TEST(where_all_are_byzantine_nobody_is_judged_even_by_what_they_did_before) {
    struct world w;
    world_init(&w);
    expect_all(&w);
    world_fault(&w, ORR_FAULT_BYZANTINE, S, ORR_NEVER);
    world_start(&w);
    submit(&w, 0, 7);
    decide_all(&w, 0, 6, 1, 5);
    w.now = S, fault(&w, 0, ORR_NOBODY, true);
    for (orr_peer node = 0; node < 7; node++) fault(&w, 0, node, true);
    finish(&w, 30 * S);
    ck_assert_uint_eq(w.n_verdicts, 16);
    for (uint32_t i = 0; i < w.n_verdicts; i++)
        expect_open(&w, w.verdicts[i].name, "no node stayed correct to the end");
    ck_assert(!orr_check_passes(w.check));
    world_end(&w);
}
END_TEST

START_TEST(a_break_before_the_last_correct_node_fell_is_judged) {
    struct world w;
    world_init(&w);
    expect_all(&w);
    world_fault(&w, ORR_FAULT_BYZANTINE, S, ORR_NEVER);
    world_start(&w);
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1});
    decide_as(&w, 1, (struct decision){.height = 1, .value = 2});
    for (orr_peer node = 0; node < 7; node++) fault(&w, 0, node, true);
    finish(&w, 30 * S);
    ck_assert(verdict(&w, "agreement")->judged);
    ck_assert(!verdict(&w, "agreement")->pass);
    world_end(&w);
}
END_TEST

START_TEST(where_all_have_crashed_termination_and_stalls_are_not_judged) {
    for (int stalls = 0; stalls < 2; stalls++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.agreement = HOLDS;
        w.scenario.expect.termination = stalls ? ORR_TERMINATION_STALLED : ORR_TERMINATION_WITHIN;
        w.scenario.expect.within = 5 * S;
        world_fault(&w, ORR_FAULT_CRASH, S, ORR_NEVER);
        world_start(&w);
        decide_all(&w, 0, 6, 1, 5);
        w.now = S, fault(&w, 0, ORR_NOBODY, true);
        for (orr_peer node = 0; node < 7; node++) fault(&w, 0, node, true);
        finish(&w, 30 * S);
        ck_assert(verdict(&w, "agreement")->pass); /* it was kept while they lived */
        expect_open(&w, "termination", "no correct node that decides was up at the end");
        ck_assert(!orr_check_passes(w.check)); /* it was asked for */
        world_end(&w);
    }
}
END_TEST

START_TEST(a_network_without_a_decision_is_not_judged_by_decisions) {
    struct world w;
    world_init(&w);
    expect_all(&w);
    static const struct orr_protocol silent = {.name = "silent"};
    struct orr_group_spec group = groups[0];
    group.role = &silent;
    w.scenario.groups = &group, w.scenario.n_groups = 1, w.scenario.n_nodes = 6;
    world_start(&w);
    finish(&w, 30 * S);
    for (uint32_t i = 0; i < w.n_verdicts; i++) expect_open(&w, w.verdicts[i].name, "no");
    ck_assert(!orr_check_passes(w.check));
    world_end(&w);
}
END_TEST

START_TEST(one_node_alone_agrees_with_nobody) {
    struct world w;
    world_init(&w);
    w.scenario.expect.agreement = w.scenario.expect.state_root = HOLDS;
    w.scenario.expect.validity = HOLDS;
    world_start(&w);
    decide_all(&w, 0, 0, 1, 5);
    finish(&w, S);
    expect_open(&w, "agreement", "no two correct nodes decided a height");
    expect_open(&w, "state_root", "no two correct nodes");
    ck_assert(verdict(&w, "validity")->pass);
    ck_assert(
        orr_check_passes(w.check)); /* agreement is a default here, and something was judged */
    world_end(&w);
}
END_TEST

START_TEST(what_is_expected_by_default_may_be_unjudged_but_not_all_of_it) {
    static const struct {
        const char *expect;
        bool pass;
    } cases[] = {
        {"", false},
        {"expect: nothing\n", true},
        {"expect: {is: nothing}\n", true},
        {"expect: {agreement: holds}\n", false},
        {"expect: {termination: {within: 1 s}}\n", false},
        {"expect: {termination: stalled}\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "orrery: 1\nname: t\nduration: 2 s\nnodes: {a: {count: 4, role: ping-pong}}\n%s",
                 cases[i].expect);
        struct orr_diags diags = {0};
        struct orr_scenario *s;
        ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "t", NULL, 0, &s, &diags), 0);
        struct orr_run_result result;
        ck_assert_int_eq(orr_run(s, &(struct orr_run_options){0}, &result, &diags), 0);
        ck_assert_msg(result.pass == cases[i].pass, "'%s': %d", cases[i].expect, result.pass);
        for (uint32_t v = 0; v < result.n_verdicts; v++) ck_assert(!result.verdicts[v].judged);
        if (strstr(cases[i].expect, "nothing")) ck_assert_uint_eq(result.n_verdicts, 0);
        orr_run_result_fini(&result);
        orr_diags_fini(&diags);
        orr_scenario_free(s);
    }
}
END_TEST

ORR_TEST_MAIN("oracles without anybody",
              where_all_are_byzantine_nobody_is_judged_even_by_what_they_did_before,
              a_break_before_the_last_correct_node_fell_is_judged,
              where_all_have_crashed_termination_and_stalls_are_not_judged,
              a_network_without_a_decision_is_not_judged_by_decisions,
              one_node_alone_agrees_with_nobody,
              what_is_expected_by_default_may_be_unjudged_but_not_all_of_it)
