/* Twins (Bano et al., arXiv 2004.10617) of Tendermint validators: f + 1 of them and a partition
 * make two worlds, each with a quorum, and the chain forks. */
#include <string.h>

#include "models/registry.h"
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

/* ---- twins that the net parts view by view ---- */

static struct orr_run_result run(const char *role, const char *schedule, struct orr_tap *tap) {
    char text[2000];
    snprintf(text, sizeof text,
             "orrery: 1\nname: t\nduration: 12 s\nrecord: none\n"
             "nodes: {val: {count: 4, role: %s}}\nnetwork: {latency: 20 ms}\nschedule:\n%s",
             role, schedule);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    int error = orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags);
    if (!error) error = orr_run(s, &(struct orr_run_options){.taps = tap}, &result, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_msg(!error, "%s", text);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return result;
}

static bool agreement_breaks(const char *role, const char *schedule) {
    struct orr_run_result r = run(role, schedule, NULL);
    bool breaks = false;
    for (uint32_t i = 0; i < r.n_verdicts; i++)
        breaks |= !strcmp(r.verdicts[i].name, "agreement") && r.verdicts[i].violation;
    orr_run_result_fini(&r);
    return breaks;
}

#define TWIN(who) "  - {at: 0 s, do: byzantine, behaviour: twins, target: " who "}\n"
#define PARTS(groups) "  - {do: partition, view: 0..99, groups: " groups "}\n"

/* f + 1 twins are a quorum with either of the two others; f are not. */
START_TEST(twins_in_two_parts_of_all_views_fork_what_f_plus_1_of_them_can_fork) {
    static const char *const roles[] = {"streamlet", "hotstuff",
                                        "jolteon", "tendermint"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        ck_assert_msg(agreement_breaks(
                          roles[i], TWIN("[val.0, val.1]") PARTS("[[val.0, val.1, val.2], "
                          "[val.3, twin of val.0, twin of val.1]]")), "%s", roles[i]);
        ck_assert_msg(!agreement_breaks(
                          roles[i], TWIN("[val.0, val.1]") PARTS("[[val.0, val.1, val.2, val.3], "
                          "[twin of val.0, twin of val.1]]")), "%s", roles[i]);
        ck_assert_msg(!agreement_breaks(
                          roles[i], TWIN("val.0") PARTS("[[val.0, val.1], "
                          "[val.2, val.3, twin of val.0]]")), "%s", roles[i]);
    }
}
END_TEST

/* ---- who leads ---- */

enum { VIEWS = 32 };
static struct led { const struct orr_protocol *role; uint32_t by[VIEWS]; } led;

static void see_proposal(void *ctx, const struct orr_tap_record *r) {
    (void)ctx;
    struct orr_progress at;
    if (!r->msg || strcmp(led.role->kinds[r->msg->kind], "proposal")) return;
    if (led.role->report.place(r->msg, &at) && at.round < VIEWS) led.by[at.round] |= 1u << r->node;
}

START_TEST(views_are_led_by_whom_a_schedule_names_and_the_others_as_ever) {
    static const struct { const char *role, *config; uint32_t leads[9]; } cases[] = {
        {"streamlet", "", {0, 1, 3, 3, 0, 2, 2, 3, 0}},
        {"hotstuff", "", {0, 0, 3, 3, 1, 2, 2, 1, 2}}, /* in turn, four views each */
        {"jolteon", ", config: {leaders: [2, 2, 1]}", {0, 2, 3, 3, 2, 2, 2, 2, 2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char role[100];
        led.role = orr_registry_find(cases[i].role);
        memset(led.by, 0, sizeof led.by);
        snprintf(role, sizeof role, "%s%s", cases[i].role, cases[i].config);
        struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_SEND), NULL, see_proposal, NULL};
        struct orr_run_result r = run(role, "  - {do: lead, view: 2..3, target: val.3}\n"
                                            "  - {do: lead, view: 4..6/2, target: val.1}\n"
                                            "  - {do: lead, view: 5..6, target: val.2}\n"
                                            "  - {do: lead, view: 4, target: val.0}\n", &tap);
        orr_run_result_fini(&r);
        for (unsigned v = 1; v < 9; v++) {
            uint32_t want = v == 4 ? 0 : cases[i].leads[v];
            ck_assert_msg(led.by[v] == 1u << want, "%s, view %u: %x", cases[i].role, v, led.by[v]);
        }
    }
}
END_TEST

ORR_TEST_MAIN("sim.twins", views_are_led_by_whom_a_schedule_names_and_the_others_as_ever,
              twins_in_two_parts_of_all_views_fork_what_f_plus_1_of_them_can_fork,
              f_plus_1_twins_fork_the_chain_and_f_do_not)
