/* An oracle from outside the house: heard, asked to look, judged, and part of what passes. */
#include "tests/sim/check/world.h"

/* "No correct node puts out more than `most` metrics while it is up, and each puts out one in every
 * second": with settings, a look and two questions. */
struct chatter {
    uint64_t n[7];
    bool *freed;
};
struct settings {
    uint64_t most;
    bool *freed;
};
static const struct orr_config_key keys[] = {
    {.name = "most", .type = ORR_CONFIG_COUNT, .help = "metrics at most", .max = 1000},
    {.name = NULL},
};

static bool begin(void *state, struct orr_check *check, const void *settings) {
    ck_assert_uint_eq(orr_check_n_nodes(check), 7);
    struct chatter *c = state;
    for (int i = 0; i < 7; i++) ck_assert_uint_eq(c->n[i], 0);
    c->freed = ((const struct settings *)settings)->freed;
    return ((const struct settings *)settings)->most < 1000;
}
static void hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct chatter *c = state;
    ck_assert_uint_eq(r->key, ORR_OUT_METRIC);
    if (!orr_check_is_correct(check, r->node) || !orr_check_is_up(check, r->node)) return;
    if (++c->n[r->node] <= 3) return;
    struct orr_violation *v = orr_check_break(check, "most", r->node);
    if (v)
        snprintf(v->text, sizeof v->text, "node %u talks too much at %lld", r->node,
                 (long long)orr_check_now(check));
}
static orr_time look(void *state, struct orr_check *check) {
    struct chatter *c = state;
    if (orr_check_now(check) >= S && !c->n[0]) {
        struct orr_violation *v = orr_check_break(check, "least", 0);
        if (v) strcpy(v->text, "node 0 is silent");
    }
    return orr_check_next_look(check, S);
}
static void judge(void *state, struct orr_check *check) {
    struct chatter *c = state;
    struct orr_verdict *v = orr_check_verdict(check, "most");
    strcpy(v->expected, "at most 3"), snprintf(v->observed, sizeof v->observed, "%d", (int)c->n[1]);
    v->pass = !orr_check_is_broken(check, "most");
    v = orr_check_verdict(check, "least");
    v->pass = !v->violation;
    orr_verdict_say(v, "%d in all", (int)(c->n[0] + c->n[1]));
    if (!c->n[1]) orr_verdict_open(v, "nobody talked");
}
static void end(void *state) { *((struct chatter *)state)->freed = true; }

static const struct orr_oracle chatter = {
    .name = "chatter",
    .keys = keys,
    .settings_size = sizeof(struct settings),
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC),
    .size = sizeof(struct chatter),
    .begin = begin,
    .hear = hear,
    .look = look,
    .judge = judge,
    .fini = end,
};

static void bring(struct world *w, const struct orr_own_spec *own) {
    w->scenario.expect.own = own, w->scenario.expect.n_own = 1;
    world_start(w);
}
static void talk(struct world *w, orr_peer node, int times) {
    for (int i = 0; i < times; i++) output(w, node, ORR_OUT_METRIC, "x", 1);
}

START_TEST(an_oracle_of_a_plug_in_is_heard_and_judged_after_those_of_the_house) {
    for (int loud = 0; loud < 2; loud++) {
        struct world w;
        bool freed = false;
        struct settings settings = {3, &freed};
        struct orr_own_spec own = {&chatter, &settings, HOLDS, true};
        world_init(&w);
        w.scenario.expect.total_order = HOLDS;
        world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
        bring(&w, &own);
        fault(&w, 0, 5, true);
        talk(&w, 0, 1), talk(&w, 1, loud ? 4 : 3), talk(&w, 5, 9); /* 5 is a liar */
        ck_assert_int_eq(orr_check_poll(w.check, 0), loud);
        decide_all(&w, 0, 6, 1, 3);
        finish(&w, 2 * S);
        ck_assert_uint_eq(w.n_verdicts, 3);
        ck_assert_str_eq(w.verdicts[0].name, "total_order");
        ck_assert_str_eq(w.verdicts[1].name, "chatter.most");
        expect_verdict(&w, "chatter.most", !loud, loud ? "node 1 talks too much at 0" : "");
        expect_verdict(&w, "chatter.least", true, loud ? "5 in all" : "4 in all");
        ck_assert_int_eq(orr_check_passes(w.check), !loud);
        ck_assert(!freed);
        world_end(&w);
        ck_assert(freed);
    }
}
END_TEST

START_TEST(its_look_is_due_in_time_and_at_the_end_and_what_it_leaves_open_does_not_pass) {
    struct world w;
    bool freed = false;
    struct settings settings = {3, &freed};
    struct orr_own_spec own = {&chatter, &settings, HOLDS, true};
    world_init(&w);
    bring(&w, &own);
    ck_assert(!orr_check_poll(w.check, S - 1));
    ck_assert(orr_check_poll(w.check, S + S / 8));
    ck_assert_str_eq(orr_check_violation(w.check)->text, "node 0 is silent");
    finish(&w, 2 * S);
    ck_assert(verdict(&w, "chatter.least")->judged); /* broken: that is a judgement */
    world_end(&w);

    world_init(&w);
    bring(&w, &own);
    talk(&w, 0, 1);
    finish(&w, 2 * S);
    ck_assert(!verdict(&w, "chatter.least")->judged);
    ck_assert_str_eq(verdict(&w, "chatter.least")->observed, "not judged: nobody talked");
    ck_assert(!orr_check_passes(w.check));
    world_end(&w);
}
END_TEST

START_TEST(what_is_expected_of_it_may_be_a_break_or_nothing) {
    static const struct {
        enum orr_expectation expected;
        int times; /* that node 1 talks */
        bool pass;
        uint32_t n_verdicts;
    } cases[] = {{BROKEN, 4, true, 3},
                 {BROKEN, 3, false, 3},
                 {HOLDS, 4, false, 3},
                 {ORR_EXPECT_UNCHECKED, 4, true, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        bool freed = false;
        struct settings settings = {3, &freed};
        struct orr_own_spec own = {&chatter, &settings, cases[i].expected, true};
        world_init(&w);
        w.scenario.expect.total_order = HOLDS;
        bring(&w, &own);
        talk(&w, 0, 1), talk(&w, 1, cases[i].times);
        decide_all(&w, 0, 6, 1, 3);
        finish(&w, 2 * S);
        ck_assert_uint_eq(w.n_verdicts, cases[i].n_verdicts);
        ck_assert_int_eq(orr_check_passes(w.check), cases[i].pass);
        world_end(&w);
    }
}
END_TEST

START_TEST(an_oracle_that_has_nothing_to_ask_is_silent) {
    struct world w;
    bool freed = false;
    struct settings settings = {1000, &freed};
    struct orr_own_spec own = {&chatter, &settings, HOLDS, true};
    world_init(&w);
    w.scenario.expect.total_order = HOLDS;
    bring(&w, &own);
    talk(&w, 1, 10);
    decide_all(&w, 0, 6, 1, 3);
    finish(&w, 2 * S);
    expect_all_pass(&w, 1);
    world_end(&w);
    ck_assert(freed);
}
END_TEST

ORR_TEST_MAIN("oracles from outside",
              an_oracle_of_a_plug_in_is_heard_and_judged_after_those_of_the_house,
              its_look_is_due_in_time_and_at_the_end_and_what_it_leaves_open_does_not_pass,
              what_is_expected_of_it_may_be_a_break_or_nothing,
              an_oracle_that_has_nothing_to_ask_is_silent)
