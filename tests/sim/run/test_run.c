/* Whole scenarios through orr_run: faults, workloads, and what must not change a run. */
#include <string.h>
#include <unistd.h>

#include "analysis/reader.h"
#include "sim/run/build.h"
#include "sim/run/run.h"
#include "tests/test.h"

/* What a run's taps saw. */
struct seen {
    struct orr_tap tap;
    uint64_t events[8], submits, drops, dropped[5], faults_began, faults_ended;
    orr_time from, until; /* events outside are not counted */
    uint64_t received_by[64];
};

static void see(void *ctx, const struct orr_tap_record *r) {
    struct seen *s = ctx;
    if (r->kind == ORR_TAP_FAULT && r->what) s->faults_began++;
    if (r->kind == ORR_TAP_FAULT && !r->what) s->faults_ended++;
    if (r->at < s->from || r->at >= s->until) return;
    s->submits += r->kind == ORR_TAP_SUBMIT;
    s->drops += r->kind == ORR_TAP_DROP;
    if (r->kind == ORR_TAP_DROP) s->dropped[r->what]++;
    if (r->kind != ORR_TAP_EVENT) return;
    s->events[r->what]++;
    if (r->what == ORR_RECV && r->node < 64) s->received_by[r->node]++;
}

static struct seen seen;
static struct orr_run_result run_text(const char *text, struct orr_run_options options) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    int error = orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags);
    if (!error) error = orr_run(s, &options, &result, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_int_eq(error, 0);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return result; /* its verdicts are gone, its numbers are good */
}

static struct orr_run_result watch(const char *text, orr_time from, orr_time until) {
    memset(&seen, 0, sizeof seen);
    seen.tap = (struct orr_tap){.wants = ~0u, .ctx = &seen, .record = see};
    seen.from = from;
    seen.until = until;
    return run_text(text, (struct orr_run_options){.taps = &seen.tap});
}
#define S INT64_C(1000000000)

/* Node 0 pings nine others each 100 ms; a ping takes 10 ms. */
#define PINGS(faults)                                                      \
    "orrery: 1\nname: t\nduration: 10 s\n"                                 \
    "nodes: {p: {count: 10, role: ping-pong, config: {period: 100 ms}}}\n" \
    "network: {latency: 10 ms}\nrecord: none\n" faults

START_TEST(a_run_that_cannot_fit_is_refused_before_it_begins) {
    static const char text[] = "orrery: 1\nname: t\nduration: 1 s\nmemory: 8 MiB\n"
                               "nodes: {val: {count: 300, role: tendermint}}\nrecord: none\n";
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result = {0};
    const struct orr_run_options options = {0};
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    ck_assert_int_eq(orr_run(s, &options, &result, &diags), ORR_EFORMAT);
    /* 300 * 299 messages: 131,072 places of 56 bytes, and half as many while they are copied */
    ck_assert_ptr_nonnull(strstr(diags.v[0].text, "takes 10 MiB, and 8 are for it"));
    ck_assert_uint_eq(result.counts.events, 0);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
} END_TEST

START_TEST(without_faults_every_ping_comes_back) {
    watch(PINGS(""), 2 * S, 4 * S);
    ck_assert_uint_eq(seen.received_by[0], 20 * 9);
    for (int i = 1; i < 10; i++) ck_assert_uint_eq(seen.received_by[i], 20);
    ck_assert_uint_eq(seen.drops, 0);
}
END_TEST

START_TEST(a_crash_without_an_end_lasts) {
    watch(PINGS("faults: [{at: 1 s, do: crash, target: p.3}]\n"), 2 * S, 10 * S);
    ck_assert_uint_eq(seen.received_by[3], 0);
    ck_assert_uint_eq(seen.received_by[4], 80);
    ck_assert_uint_eq(seen.faults_began, 2); /* the fault, and its one node */
    ck_assert_uint_eq(seen.faults_ended, 0);
}
END_TEST

START_TEST(a_crashed_node_comes_back_when_it_should) {
    const char *text = PINGS("faults: [{at: 1 s, do: crash, target: p.3, restart_after: 2 s}]\n");
    watch(text, S + 100000000, 3 * S);
    ck_assert_uint_eq(seen.received_by[3], 0);
    watch(text, 4 * S, 6 * S);
    ck_assert_uint_eq(seen.received_by[3], 20);
    ck_assert_uint_eq(seen.faults_began, 2);
    ck_assert_uint_eq(seen.faults_ended, 2);
}
END_TEST

START_TEST(isolation_cuts_both_ways_and_ends) {
    const char *text = PINGS("faults: [{at: 1 s, for: 2 s, do: isolate, target: [p.0, p.1]}]\n");
    watch(text, S + 100000000, 3 * S);
    ck_assert_uint_eq(seen.received_by[5], 0);
    ck_assert_uint_eq(seen.received_by[1], 19); /* those cut off together still hear each other */
    watch(text, 4 * S, 6 * S);
    ck_assert_uint_eq(seen.received_by[5], 20);
}
END_TEST

START_TEST(a_one_way_partition_lets_answers_through) {
    const char *text = PINGS("faults: [{at: 1 s, for: 2 s, do: partition, one_way: true, "
                             "groups: [[p.0], [p.1, p.2]]}]\n");
    watch(text, S + 100000000, 3 * S);
    ck_assert_uint_eq(seen.received_by[1], 0); /* pings 0 -> 1 are cut */
    ck_assert_uint_eq(seen.received_by[3], 19);
    text = PINGS("faults: [{at: 1 s, for: 2 s, do: partition, one_way: true, "
                 "groups: [[p.1, p.2], [p.0]]}]\n");
    watch(text, S + 100000000, 3 * S);
    ck_assert_uint_eq(seen.received_by[1], 19); /* pings arrive, their pongs are cut */
    ck_assert_uint_eq(seen.received_by[0], 19 * 7);
}
END_TEST

START_TEST(heal_ends_what_it_names_early) {
    const char *text = PINGS("faults:\n  - {name: cut, at: 1 s, do: isolate, target: p.1}\n"
                             "  - {at: 2 s, do: heal, what: [cut]}\n");
    watch(text, S + 100000000, 2 * S);
    ck_assert_uint_eq(seen.received_by[1], 0);
    watch(text, 3 * S, 5 * S);
    ck_assert_uint_eq(seen.received_by[1], 20);
}
END_TEST

START_TEST(a_paused_node_does_its_work_later) {
    const char *text = PINGS("faults: [{at: 1 s, for: 2 s, do: pause, target: p.1}]\n");
    watch(text, S + 100000000, 3 * S);
    ck_assert_uint_eq(seen.received_by[1], 0);
    watch(text, 3 * S, 3 * S + 1);
    ck_assert_uint_ge(seen.received_by[1], 19); /* all at once, when it goes on */
}
END_TEST

START_TEST(a_drop_rule_loses_its_share_of_one_kind) {
    watch(PINGS("faults: [{at: 0 s, do: drop, kind: pong, p: 50 %}]\n"), 0, 10 * S);
    ck_assert_int_lt(abs((int)seen.received_by[0] - 450), 75); /* 5 sigma of 900 coins */
    ck_assert_uint_eq(seen.received_by[1], 100);
}
END_TEST

START_TEST(a_loss_names_its_reason) {
    static const struct {
        enum orr_drop why;
        const char *fault;
    } cases[] = {{ORR_DROP_PARTITION, "do: isolate, target: p.1"},
                 {ORR_DROP_PARTITION, "do: partition, groups: [[p.0], [p.1]]"},
                 {ORR_DROP_RULE, "do: drop, to: p.1"},
                 {ORR_DROP_RULE, "do: lossy-link, target: p.1, loss: 100 %"},
                 {ORR_DROP_DOWN, "do: crash, target: p.1"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, PINGS("faults: [{at: 0 s, %s}]\n"), cases[i].fault);
        watch(text, 0, S);
        ck_assert_uint_eq(seen.drops, 10);
        ck_assert_uint_eq(seen.dropped[cases[i].why], 10);
    }
    watch("orrery: 1\nname: t\nduration: 1 s\nnodes: {p: {count: 2, role: ping-pong}}\n"
          "network: {links: [{within: any, loss: 100 %}]}\nrecord: none\n",
          0, S);
    ck_assert_uint_eq(seen.dropped[ORR_DROP_LOSS], seen.drops);
    ck_assert_uint_ge(seen.drops, 1);
}
END_TEST

START_TEST(a_slow_link_and_a_delay_rule_take_longer) {
    /* pings leave at 0 and 100 ms; with 60 ms more each way node 1's first pong comes at 140 ms */
    watch(PINGS("faults: [{at: 0 s, do: slow-link, target: p.1, latency: 60 ms}]\n"), 0, 130000000);
    ck_assert_uint_eq(seen.received_by[1], 1);
    ck_assert_uint_eq(seen.received_by[0], 8 + 8);
    watch(PINGS("faults: [{at: 0 s, do: delay, kind: ping, by: 500 ms}]\n"), 0, 500000000);
    ck_assert_uint_eq(seen.received_by[1], 0);
}
END_TEST

START_TEST(churn_takes_nodes_at_its_rate_and_brings_them_back) {
    watch(
        PINGS("faults: [{at: 0 s, for: 9 s, do: churn, target: p, leave: 50 /s, return: 10 ms}]\n"),
        0, 10 * S);
    uint64_t left = seen.faults_began - 1;       /* the fault itself */
    ck_assert_int_lt(abs((int)left - 450), 106); /* 5 sigma of a Poisson number of mean 450 */
    ck_assert_uint_eq(seen.faults_ended, seen.faults_began);
}
END_TEST

#define LOAD(workload)                                                              \
    "orrery: 1\nname: t\nduration: 10 s\n"                                          \
    "nodes: {p: {count: 4, role: flood}}\nnetwork: {latency: 1 ms}\nrecord: none\n" \
    "workload: [" workload "]\n"

START_TEST(transactions_arrive_as_the_workload_says) {
    watch(LOAD("{rate: 100 /s, arrivals: constant, size: 100 B, start: 1 s, stop: 6 s}"), 0,
          10 * S);
    ck_assert_uint_eq(seen.submits, 500);
    ck_assert_uint_eq(seen.events[ORR_INPUT], 500);
    watch(LOAD("{arrivals: {kind: burst, size: 7, every: 500 ms}, size: 100 B, start: 1 s, "
               "stop: 6 s}"),
          0, 10 * S);
    ck_assert_uint_eq(seen.submits, 70);
    watch(LOAD("{rate: 1000 /s, size: 100 B, start: 0 s, stop: 10 s}"), 0, 10 * S);
    ck_assert_int_lt(abs((int)seen.submits - 10000), 500); /* 5 sigma of a Poisson number */
}
END_TEST

START_TEST(clocks_of_a_group_are_off_by_their_skew_either_way_and_drift_within_their_bound) {
    static const char text[] =
        "orrery: 1\nname: t\nduration: 1 s\n"
        "nodes: {p: {count: 100, role: ping-pong, clock: {skew: 5 ms, drift: 100 ppm}}}\n";
    struct orr_diags diags = {0};
    struct orr_data_files files = {0};
    struct orr_scenario *s;
    struct orr_build build;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    ck_assert_int_eq(orr_build(&build, s, &files, &diags), 0);
    int n_ahead = 0, n_fast = 0;
    for (int i = 0; i < 100; i++) {
        const struct orr_node_spec *node = &build.spec.nodes[i];
        ck_assert(node->clock_offset == -5000000 || node->clock_offset == 5000000);
        ck_assert(-100000 <= node->clock_drift_ppb && node->clock_drift_ppb <= 100000);
        n_ahead += node->clock_offset > 0;
        n_fast += node->clock_drift_ppb > 0;
    }
    ck_assert(25 < n_ahead && n_ahead < 75 && 25 < n_fast && n_fast < 75); /* 5 sigma */
    orr_build_fini(&build);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
}
END_TEST

START_TEST(a_trace_holds_the_nodes_and_kinds_that_record_names) {
    char path[] = "/tmp/orrery-test-run-XXXXXX", error[ORR_READER_ERROR_LEN];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    remove(path); /* a trace takes the place of nothing but a trace */
    run_text("orrery: 1\nname: t\nduration: 10 s\n"
             "nodes: {p: {count: 4, role: ping-pong}}\n"
             "record: {trace: messages, of: [p.0, p.2], kind: ping}\n",
             (struct orr_run_options){.trace_path = path});
    struct orr_trace_reader *reader;
    void *rows;
    ck_assert_int_eq(orr_trace_reader_open(&reader, path, error), 0);
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_events];
    ck_assert_uint_eq(n, 10); /* one a second to p.2; p.0 receives pongs */
    ck_assert_int_eq(orr_trace_reader_all(reader, ORR_GROUP_events, n, &rows, error), 0);
    for (uint64_t i = 0; i < n; i++) ck_assert_uint_eq(((struct orr_row_events *)rows)[i].node, 2);
    free(rows);
    orr_trace_reader_close(reader);
    remove(path);
}
END_TEST

/* Four validators, some faults, some load. */
static const char validators[] =
    "orrery: 1\nname: t\nseed: 3\nduration: 10 s\n"
    "nodes: {v: {count: 4, role: tendermint, up: 100 Mbit/s, down: 100 Mbit/s}}\n"
    "network: {latency: {dist: lognormal, median: 20 ms, p99: 60 ms}}\n"
    "workload: [{rate: 20 /s, size: 200 B}]\n"
    "faults: [{at: 2 s, for: 1 s, do: isolate, target: leader}]\n"
    "record: all\n";

static bool stop_never(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    (void)ctx, (void)sim, (void)now, (void)end;
    return false;
}

START_TEST(watching_recording_and_remembering_change_nothing) {
    struct orr_run_result plain = run_text(validators, (struct orr_run_options){0});
    ck_assert_uint_gt(plain.measures.n_heights, 3);
    char path[] = "/tmp/orrery-test-run-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    remove(path); /* a trace takes the place of nothing but a trace */
    ck_assert_uint_eq(
        run_text(validators, (struct orr_run_options){.trace_path = path}).fingerprint,
        plain.fingerprint);
    remove(path);
    ck_assert_uint_eq(run_text(validators, (struct orr_run_options){.no_memo = true}).fingerprint,
                      plain.fingerprint);
    ck_assert_uint_eq(
        run_text(validators, (struct orr_run_options){.no_oracles = true}).fingerprint,
        plain.fingerprint);
    ck_assert_uint_eq(
        run_text(validators, (struct orr_run_options){.progress = stop_never}).fingerprint,
        plain.fingerprint);
    ck_assert_uint_eq(watch(validators, 0, S).fingerprint, plain.fingerprint);
}
END_TEST

/* Nothing happens at the moment at which it is too late, and nobody looks in then. */
START_TEST(what_comes_too_late_is_seen_at_the_same_moment_whoever_looks_in) {
    static const char late[] =
        "orrery: 1\nname: late\nduration: 100 s\nnodes: {v: {count: 4, role: tendermint}}\n"
        "network: {latency: 20 ms}\nexpect: {max_gap: 1700 ms}\n"
        "faults: [{at: 10 s, do: crash, target: [v.0, v.1]}]\n";
    struct orr_run_result alone = run_text(late, (struct orr_run_options){0});
    ck_assert_int_eq(alone.end, ORR_RUN_VIOLATION);
    ck_assert_int_gt(alone.ended_at, 10 * S);
    ck_assert_int_lt(alone.ended_at, 13 * S);
    struct orr_run_result watched =
        run_text(late, (struct orr_run_options){.progress = stop_never});
    ck_assert_int_eq(watched.ended_at, alone.ended_at);
    ck_assert_uint_eq(watched.fingerprint, alone.fingerprint);
    ck_assert_uint_eq(watched.counts.events, alone.counts.events);
    struct orr_run_result unjudged = run_text(late, (struct orr_run_options){.no_oracles = true});
    ck_assert_int_eq(unjudged.end, ORR_RUN_COMPLETE);
    ck_assert_int_eq(unjudged.ended_at, 100 * S);
}
END_TEST

/* Ties at one node: what leaves several others at one time arrives at one time. */
static const char tied[] = "orrery: 1\nname: t\nseed: 3\nduration: 10 s\n"
                           "nodes: {v: {count: 4, role: tendermint}}\n"
                           "network: {latency: 20 ms}\n"
                           "record: all\n";

START_TEST(another_tie_order_is_another_run_that_keeps_the_same_promises) {
    uint64_t plain = run_text(tied, (struct orr_run_options){0}).fingerprint;
    for (uint64_t rule = 1; rule < 4; rule++) {
        struct orr_run_result r =
            run_text(tied, (struct orr_run_options){.shuffle_ties = rule});
        ck_assert_uint_ne(r.fingerprint, plain); /* votes of one time arrive in another order */
        ck_assert(r.pass);
    }
}
END_TEST

ORR_TEST_MAIN("sim.run", a_run_that_cannot_fit_is_refused_before_it_begins,
              without_faults_every_ping_comes_back, a_crash_without_an_end_lasts,
              a_crashed_node_comes_back_when_it_should, isolation_cuts_both_ways_and_ends,
              a_one_way_partition_lets_answers_through, heal_ends_what_it_names_early,
              a_paused_node_does_its_work_later, a_drop_rule_loses_its_share_of_one_kind,
              a_loss_names_its_reason, a_slow_link_and_a_delay_rule_take_longer,
              churn_takes_nodes_at_its_rate_and_brings_them_back,
              transactions_arrive_as_the_workload_says,
              clocks_of_a_group_are_off_by_their_skew_either_way_and_drift_within_their_bound,
              a_trace_holds_the_nodes_and_kinds_that_record_names,
              watching_recording_and_remembering_change_nothing,
              what_comes_too_late_is_seen_at_the_same_moment_whoever_looks_in,
              another_tie_order_is_another_run_that_keeps_the_same_promises)
