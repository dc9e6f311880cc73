/* What a hunt learns: states once each, plans by how rare their states are, and that neither
 * workers nor a pause change what it draws. */
#include "sim/search/guide.h"

#include <stdlib.h>
#include <string.h>

#include "sim/search/hunt.h"
#include "tests/test.h"

static struct orr_plan_drawn plan_of(uint32_t n) {
    struct orr_plan_drawn plan = {.seed = 7, .n_nodes = 4, .n = n};
    for (uint32_t i = 0; i < n; i++)
        snprintf(plan.decisions[i], ORR_DECISION_CHARS, "{at: 0 s, for: 1 s, do: drop, view: %u}",
                 i + 1);
    return plan;
}

START_TEST(a_state_counts_its_hits_and_keeps_the_plan_that_was_first) {
    struct orr_guide g = {0}, again = {0};
    struct orr_plan_drawn plan = plan_of(2);
    struct orr_states states = {.n = 3, .v = {1, 4097, 2}};
    orr_guide_take(&g, 5, &plan, &states);
    ck_assert_uint_eq(g.n_states, 3);
    ck_assert_uint_eq(g.n_plans, 1); /* once, for the first of its states */
    ck_assert(g.plans[0].run == 5 && g.plans[0].state == 0);
    orr_guide_take(&g, 6, &plan, &states);
    ck_assert_uint_eq(g.n_plans, 1);
    ck_assert_uint_eq(g.states[1].hits, 2);
    states = (struct orr_states){.n = 2, .v = {2, 9}};
    orr_guide_take(&g, 7, &plan, &states);
    ck_assert(g.n_plans == 2 && g.plans[1].run == 7 && g.states[g.plans[1].state].hash == 9);
    ck_assert_uint_eq(g.states[2].hits, 3);
    for (uint32_t i = 0; i < 10000; i++) { /* many, and in one place of a table */
        states = (struct orr_states){.n = 1, .v = {(uint64_t)i << 20 | 3}};
        orr_guide_take(&g, 8 + i, &plan, &states);
    }
    ck_assert_uint_eq(g.n_states, 10004);
    ck_assert_uint_eq(g.n_plans, ORR_GUIDE_PLANS);
    /* as it stood */
    for (uint32_t i = 0; i < g.n_states; i++)
        ck_assert(orr_guide_restore_state(&again, g.states[i].hash, g.states[i].hits));
    ck_assert(!orr_guide_restore_state(&again, 10, 0));
    for (uint32_t i = 0; i < g.n_plans; i++) ck_assert(orr_guide_restore_plan(&again, &g.plans[i]));
    ck_assert(!orr_guide_restore_plan(&again, &g.plans[0])); /* full */
    ck_assert_mem_eq(g.states, again.states, g.n_states * sizeof *g.states);
    ck_assert(!orr_guide_restore_state(&again, 9, 1)); /* it is there */
    orr_guide_fini(&g);
    orr_guide_fini(&again);
}
END_TEST

static struct orr_hunt begin(const char *text, enum orr_strategy strategy, uint32_t n_workers) {
    struct orr_hunt hunt = {.text = text, .len = strlen(text), .name = "test", .seed = 1,
                            .strategy = strategy, .n_runs = ORR_HUNT_GENERATION + 90,
                            .n_workers = n_workers};
    struct orr_diags diags = {0};
    ck_assert_int_eq(orr_hunt_begin(&hunt, &diags), 0);
    orr_diags_fini(&diags);
    return hunt;
}

static const char ground[] = "orrery: 1\nname: t\nduration: 600 ms\nrecord: none\n"
                             "nodes: {val: {count: 4, role: hotstuff, config: {timeout: 100 ms}}}\n"
                             "network: {latency: 10 ms}\n";

START_TEST(what_is_drawn_are_changed_plans_and_those_of_rare_states_more_often) {
    struct orr_hunt hunt = begin(ground, ORR_STRATEGY_GUIDED, 1);
    struct orr_plan_drawn plans[2] = {plan_of(3), plan_of(3)};
    static struct orr_plan_drawn drawn, again;
    ck_assert(!orr_guide_draw(&hunt.guide, &hunt.ground, 1, 0, &drawn)); /* it knows none */
    plans[1].seed = 8;
    struct orr_states states = {.n = 1, .v = {1}};
    for (int i = 0; i < 100; i++) orr_guide_take(&hunt.guide, 0, &plans[0], &states);
    states.v[0] = 2;
    orr_guide_take(&hunt.guide, 1, &plans[1], &states);
    uint32_t n[2] = {0}, n_same = 0;
    for (uint64_t i = 0; i < 300; i++) {
        ck_assert(orr_guide_draw(&hunt.guide, &hunt.ground, 1, i, &drawn));
        ck_assert(orr_guide_draw(&hunt.guide, &hunt.ground, 1, i, &again));
        ck_assert_uint_eq(drawn.n, again.n);
        ck_assert_mem_eq(drawn.decisions, again.decisions, drawn.n * sizeof drawn.decisions[0]);
        for (int k = 0; k < 2; k++) n[k] += drawn.seed == plans[k].seed;
        n_same += drawn.n == 3 && !memcmp(drawn.decisions, plans[0].decisions,
                                          3 * sizeof drawn.decisions[0]);
        ck_assert(drawn.may_be_none);
    }
    ck_assert_uint_gt(n[1], 10 * n[0]);
    ck_assert_uint_lt(n_same, 100);
    orr_hunt_fini(&hunt);
}
END_TEST

START_TEST(workers_and_pauses_change_nothing_of_what_is_learnt) {
    static const enum orr_strategy strategies[] = {ORR_STRATEGY_GUIDED, ORR_STRATEGY_MIXED};
    for (int s = 0; s < 2; s++) {
        struct orr_hunt one = begin(ground, strategies[s], 1);
        struct orr_hunt many = begin(ground, strategies[s], 3);
        ck_assert_int_eq(orr_hunt_run(&one), 0);
        many.n_runs = ORR_HUNT_GENERATION; /* a pause between generations */
        ck_assert_int_eq(orr_hunt_run(&many), 0);
        ck_assert_uint_gt(many.guide.n_plans, 10);
        many.n_runs = one.n_runs;
        ck_assert_int_eq(orr_hunt_run(&many), 0);
        ck_assert_uint_eq(one.guide.n_states, many.guide.n_states);
        ck_assert_mem_eq(one.guide.states, many.guide.states,
                         one.guide.n_states * sizeof *one.guide.states);
        ck_assert_uint_eq(one.guide.n_plans, many.guide.n_plans);
        for (uint32_t i = 0; i < one.guide.n_plans; i++) {
            const struct orr_guided *a = &one.guide.plans[i], *b = &many.guide.plans[i];
            ck_assert(a->run == b->run && a->state == b->state && a->plan.n == b->plan.n);
            for (uint32_t k = 0; k < a->plan.n; k++)
                ck_assert_str_eq(a->plan.decisions[k], b->plan.decisions[k]);
        }
        ck_assert_uint_eq(one.n_skipped, many.n_skipped);
        ck_assert_uint_lt(one.n_skipped, one.n_runs / 2);
        orr_hunt_fini(&one);
        orr_hunt_fini(&many);
    }
}
END_TEST

ORR_TEST_MAIN("guide", a_state_counts_its_hits_and_keeps_the_plan_that_was_first,
              what_is_drawn_are_changed_plans_and_those_of_rare_states_more_often,
              workers_and_pauses_change_nothing_of_what_is_learnt)
