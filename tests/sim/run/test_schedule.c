/* Decisions by view and height, as `schedule:` writes them, on protocols that say which view a
 * message is about; and that a schedule is nothing but more faults. */
#include <string.h>

#include "models/bft/tendermint/tendermint.h"
#include "sim/run/run.h"
#include "tests/test.h"

enum { NODES = 4, HEIGHTS = 64, ROUNDS = 8 };

/* Messages that said where they belong: sent to somebody, and lost on the way. */
static struct seen { uint32_t sent, lost; } seen[ORR_TM_N_KINDS][HEIGHTS][ROUNDS][NODES][NODES];
static uint32_t n_lost;

static void record(void *ctx, const struct orr_tap_record *r) {
    (void)ctx;
    struct orr_progress at;
    bool is_sent = r->kind == ORR_TAP_SEND;
    if (!is_sent) n_lost++;
    if (!r->msg || !orr_tm_place(r->msg, &at) || at.height >= HEIGHTS || at.round >= ROUNDS) return;
    struct seen(*place)[NODES] = seen[r->msg->kind][at.height][at.round];
    if (is_sent) place[r->node][r->peer].sent++;
    else place[r->peer][r->node].lost++;
}

static struct orr_run_result run(const char *nodes, const char *faults, const char *schedule) {
    char text[2000];
    snprintf(text, sizeof text,
             "orrery: 1\nname: t\nseed: 7\nduration: 20 s\nrecord: none\n"
             "nodes: {val: {count: 4, %s}}\n"
             "network: {latency: {dist: uniform, min: 10 ms, max: 30 ms}}\n"
             "workload: [{rate: 20 /s, size: 200 B, stop: 15 s}]\n%s%s%s%s",
             nodes, *faults ? "faults:\n" : "", faults, *schedule ? "schedule:\n" : "", schedule);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    memset(seen, 0, sizeof seen);
    n_lost = 0;
    if (orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags)) {
        orr_diags_print(&diags, stderr, false);
        ck_abort_msg("%s", text);
    }
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_DROP), NULL, record,
                          NULL};
    ck_assert_int_eq(orr_run(s, &(struct orr_run_options){.taps = &tap}, &result, &diags), 0);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return result;
}

#define TM "role: tendermint"

/* All of these messages were lost or none of them, and some were sent. */
static void check_lost(unsigned kind, unsigned height, unsigned round, unsigned from, unsigned to,
                       bool is_lost) {
    struct seen s = seen[kind][height][round][from][to];
    ck_assert_msg(s.sent && s.lost == (is_lost ? s.sent : 0), "%u/%u from %u to %u: %u of %u lost",
                  height, round, from, to, s.lost, s.sent);
}

START_TEST(a_drop_takes_the_messages_of_its_view_and_height_and_no_other) {
    run(TM, "", "  - {do: drop, view: 0, height: 3..4, kind: prevote, from: val.1, to: val.2}\n");
    for (unsigned h = 2; h <= 5; h++)
        for (unsigned from = 0; from < NODES; from++)
            for (unsigned to = 0; to < NODES; to++)
                if (from != to)
                    check_lost(ORR_TM_PREVOTE, h, 0, from, to,
                               h >= 3 && h <= 4 && from == 1 && to == 2);
    ck_assert_uint_eq(n_lost, 2);
}
END_TEST

START_TEST(a_partition_of_a_view_parts_the_messages_of_that_view_alone) {
    run(TM, "",
        "  - {for: 10 s, do: partition, view: 0, height: 2, groups: [[val.0, val.1], [val.2]]}\n");
    for (unsigned from = 0; from < NODES; from++)
        for (unsigned to = 0; to < NODES; to++) {
            if (from == to) continue;
            bool is_cut = (from == 2 && to < 2) || (to == 2 && from < 2);
            const struct seen *cut = &seen[ORR_TM_PREVOTE][2][0][from][to];
            ck_assert_uint_eq(cut->lost, is_cut ? cut->sent : 0);
            check_lost(ORR_TM_PREVOTE, 1, 0, from, to, false);
            check_lost(ORR_TM_PREVOTE, 3, 0, from, to, false);
        }
    ck_assert_uint_gt(seen[ORR_TM_PREVOTE][2][0][0][2].lost, 0);
}
END_TEST

START_TEST(what_says_no_view_is_as_of_its_senders) {
    run("role: hotstuff", "", "  - {at: 3 s, do: drop, view: 0..1000000, from: val.1}\n");
    uint32_t all = n_lost;
    run("role: hotstuff", "", "  - {at: 3 s, do: drop, from: val.1}\n");
    ck_assert_uint_eq(all, n_lost); /* transactions and questions too */
    run("role: hotstuff", "", "  - {at: 3 s, do: drop, view: 0..2, from: val.1}\n");
    ck_assert_uint_eq(n_lost, 0); /* those views are over by then */
}
END_TEST

/* A liar's prevotes of one height reach one node as something else. */
static uint32_t n_told[NODES][2];
static void hear(void *ctx, const struct orr_tap_record *r) {
    static uint8_t first[HEIGHTS][32];
    struct orr_progress at;
    (void)ctx;
    if (r->what != ORR_RECV || r->peer != 3 || !r->msg || r->msg->kind != ORR_TM_PREVOTE) return;
    ck_assert(orr_tm_place(r->msg, &at));
    if (at.height >= HEIGHTS || at.round) return;
    const uint8_t *value = r->msg->data + 17; /* the block's hash */
    bool is_new = true;
    for (int i = 0; i < 32; i++) is_new &= !first[at.height][i];
    if (is_new) memcpy(first[at.height], value, 32);
    n_told[r->node][memcmp(first[at.height], value, 32) != 0]++;
}

START_TEST(a_lie_reaches_those_it_is_told_to) {
    static const char schedule[] =
        "  - {do: byzantine, target: val.3, view: 0, height: 3, kind: prevote,\n"
        "     behaviour: equivocate, to: val.1}\n";
    char text[1500];
    snprintf(text, sizeof text,
             "orrery: 1\nname: t\nseed: 7\nduration: 10 s\nrecord: none\n"
             "nodes: {val: {count: 4, role: tendermint}}\nnetwork: {latency: 20 ms}\n"
             "workload: [{rate: 20 /s, size: 200 B, stop: 8 s}]\nschedule:\n%s", schedule);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_EVENT), NULL, hear, NULL};
    ck_assert_int_eq(orr_run(s, &(struct orr_run_options){.taps = &tap}, &result, &diags), 0);
    ck_assert(result.pass);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    ck_assert_uint_eq(n_told[1][1] + n_told[0][1] + n_told[2][1], 1); /* one height, one receiver */
    ck_assert_uint_gt(n_told[0][0], 4);
}
END_TEST

static const char *const decisions[] = {
    "  - {do: drop, view: 0, height: 2, kind: proposal}\n",
    "  - {for: 5 s, do: partition, view: 1, height: 2..3, groups: [[val.0], [val.2, val.3]]}\n",
    "  - {do: delay, kind: prevote, from: val.0, to: val.2, nth: 1..3, by: 800 ms}\n",
    "  - {do: duplicate, kind: precommit, nth: 2, by: 10 ms}\n",
    "  - {do: swap, kind: prevote, nth: 3}\n",
    "  - {do: byzantine, target: val.3, height: 4, behaviour: mute, to: [val.0]}\n",
    "  - {at: 5 s, do: crash, target: val.1, restart_after: 1 s, disk: lose-unsynced}\n",
    "  - {when: round(val) >= 1, for: 1 s, do: clock, target: val.0, skew: 20 ms, drift: 1 %}\n",
};

START_TEST(a_schedule_is_more_faults_and_each_decision_changes_the_run) {
    uint64_t plain = run(TM, "", "").fingerprint;
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        uint64_t here = run(TM, "", decisions[i]).fingerprint;
        ck_assert_msg(here == run(TM, decisions[i], "").fingerprint, "%s", decisions[i]);
        bool waits = strstr(decisions[i], "when:") || strstr(decisions[i], "view: 1");
        /* there is no round 1 without other faults */
        ck_assert_msg((here != plain) != waits, "%s", decisions[i]);
    }
    uint64_t both = run(TM, decisions[0], decisions[7]).fingerprint;
    char text[400];
    snprintf(text, sizeof text, "%s%s", decisions[0], decisions[7]);
    ck_assert_uint_eq(both, run(TM, text, "").fingerprint);
    ck_assert_uint_eq(both, run(TM, "", text).fingerprint);
    ck_assert(both != run(TM, "", decisions[0]).fingerprint);
}
END_TEST

ORR_TEST_MAIN("sim.schedule", a_drop_takes_the_messages_of_its_view_and_height_and_no_other,
              a_partition_of_a_view_parts_the_messages_of_that_view_alone,
              what_says_no_view_is_as_of_its_senders, a_lie_reaches_those_it_is_told_to,
              a_schedule_is_more_faults_and_each_decision_changes_the_run)
