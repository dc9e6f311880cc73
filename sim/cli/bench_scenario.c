/* bench_scenario.c - whole scenarios: 100 validators, with and without memo, trace and oracles. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/bench.h"
#include "sim/run/run.h"

enum { ROUNDS = 3, PAIRS = 7 /* what is a few percent needs more */ };

static const char aws_100[] =
    "orrery: 1\n"
    "name: bench-tendermint-100\n"
    "seed: 1\n"
    "duration: 30 s\n"
    "nodes:\n"
    "  val: {count: 100, role: tendermint, region: any}\n"
    "network:\n"
    "  overlay: {kind: full}\n"
    "  regions: {preset: aws-13, jitter: 5 %}\n"
    "workload:\n"
    "  - {kind: transactions, rate: 200 /s, size: 250 B, to: val}\n"
    "record: [messages, decisions, faults]\n";

/* Heights without transactions: consensus alone. */
static const char aws_1000[] =
    "orrery: 1\n"
    "name: bench-tendermint-1000\n"
    "seed: 1\n"
    "duration: 4 s\n"
    "nodes:\n"
    "  val: {count: 1000, role: tendermint, region: any}\n"
    "network:\n"
    "  overlay: {kind: full}\n"
    "  regions: {preset: aws-13, jitter: 5 %}\n";

/* One decision, and nothing else. */
static const char pbft_256[] =
    "orrery: 1\n"
    "name: bench-pbft\n"
    "seed: 1\n"
    "duration: 2 s\n"
    "signatures: modelled\n"
    "nodes:\n"
    "  replica:\n"
    "    count: 256\n"
    "    role: pbft\n"
    "    config: {retry: 3 s, timeout: 3 s, status_interval: 3 s}\n"
    "network: {latency: {dist: normal, mean: 250 ms, sd: 50 ms, clamp: true}}\n"
    "workload:\n"
    "  - {rate: 10 /s, arrivals: constant, clients: 1, size: 100 B, stop: 150 ms, to: replica.0}\n"
    "expect: nothing\n";

/* One run; returns seconds by the clock, or a negative ORR_E that has been told. */
static double run_once(const char *text, const struct orr_run_options *options,
                       const char *setting, double (*clock_s)(void),
                       struct orr_run_result *result) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario = NULL;
    double took = ORR_EFORMAT;
    const char *const settings[] = {setting};
    if (!orr_scenario_parse(text, strlen(text), "bench", settings, setting != NULL,
                            &scenario, &diags)) {
        double start = clock_s();
        int error = orr_run(scenario, options, result, &diags);
        took = error ? error : clock_s() - start;
    }
    if (took < 0) orr_diags_print(&diags, stderr, false);
    if (took > 0 && !options->no_oracles && !result->measures.n_heights) { /* oracles count */
        fprintf(stderr, "orrery bench: the validators decided nothing\n");
        took = ORR_EFORMAT;
    }
    orr_run_result_fini(result);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return took;
}

/* The median rate of some rounds in M events/s; 0 on an error. */
static double rate(const struct orr_run_options *options, const char *setting, int rounds) {
    double rates[ROUNDS];
    for (int i = 0; i < rounds; i++) {
        struct orr_run_result result = {0};
        double took = run_once(aws_100, options, setting, orr_bench_cpu_clock, &result);
        if (took <= 0) return 0;
        rates[i] = (double)result.counts.events / took * 1e-6;
    }
    return orr_bench_median(rates, rounds);
}

static const char published[] = "BFT simulator, DSN 2022, n = 128: published, not measured";

int orr_bench_tendermint_100(orr_figure_sink sink, void *ctx) {
    double with = rate(&(struct orr_run_options){0}, NULL, ROUNDS);
    double without = rate(&(struct orr_run_options){.no_memo = true}, "duration=3 s", 1);
    if (!with || !without) return ORR_EFORMAT;
    orr_bench_tell(sink, ctx, "tendermint-100", with, "M events/s",
                   published, 0.028);
    orr_bench_tell(sink, ctx, "tendermint-100.no-memo", without, "M events/s",
                   published, 0.028);
    return 0;
}

/* CPU seconds of a height, the median of some runs; 0 on an error. */
static double height(const char *setting) {
    double seconds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct orr_run_result result = {0};
        double took = run_once(aws_1000, &(struct orr_run_options){0}, setting,
                               orr_bench_cpu_clock, &result);
        if (took <= 0) return 0;
        seconds[i] = took / result.measures.n_heights;
    }
    return orr_bench_median(seconds, ROUNDS);
}

int orr_bench_tendermint_1000(orr_figure_sink sink, void *ctx) {
    double half = height("nodes.val.count=500"), whole = height(NULL);
    if (!half || !whole) return ORR_EFORMAT;
    orr_bench_tell(sink, ctx, "tendermint-1000", whole, "CPU s/height", "500 validators", half);
    orr_bench_tell(sink, ctx, "tendermint-1000.slope", log2(whole / half), "power of n",
                   "each hears each", 2);
    return 0;
}

/* CPU seconds of the one decision, the median of some runs; 0 on an error. */
static double decision(const char *setting, int rounds) {
    double seconds[ROUNDS];
    for (int i = 0; i < rounds; i++) {
        struct orr_run_result result = {0};
        seconds[i] = run_once(pbft_256, &(struct orr_run_options){0}, setting,
                              orr_bench_cpu_clock, &result);
        if (seconds[i] <= 0) return 0;
    }
    return orr_bench_median(seconds, rounds);
}

int orr_bench_pbft(orr_figure_sink sink, void *ctx) {
    double few = decision(NULL, ROUNDS), many = decision("nodes.replica.count=1000", 1);
    if (!few || !many) return ORR_EFORMAT;
    orr_bench_tell(sink, ctx, "pbft-256", few, "CPU s/decision",
                   "BFT simulator, DSN 2022: published, not measured", 39);
    orr_bench_tell(sink, ctx, "pbft-1000", many, "CPU s/decision", "the goal", 30);
    return 0;
}

/* Pairs of runs in turn: the median time of those that have it beside that of those that do not. */
static int overhead(const char *name, const struct orr_run_options *options,
                    double (*clock_s)(void), const char *what, orr_figure_sink sink, void *ctx) {
    double with[PAIRS], without[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        struct orr_run_result result = {0};
        struct orr_run_options bare = {.no_oracles = options->no_oracles};
        without[i] = run_once(aws_100, &bare, NULL, clock_s, &result);
        struct orr_run_options own = *options;
        own.no_oracles = false;
        with[i] = run_once(aws_100, &own, NULL, clock_s, &result);
        if (with[i] <= 0 || without[i] <= 0) return ORR_EFORMAT;
    }
    orr_bench_tell(sink, ctx, name, orr_bench_median(with, PAIRS), "s", what,
                   orr_bench_median(without, PAIRS));
    return 0;
}

int orr_bench_trace_overhead(orr_figure_sink sink, void *ctx) {
    char folder[ORR_SCRATCH_LEN], path[ORR_SCRATCH_LEN + 8];
    if (!orr_scratch_folder("bench", folder)) return ORR_EIO;
    snprintf(path, sizeof path, "%s/h5", folder);
    int error = overhead("trace-overhead", &(struct orr_run_options){.trace_path = path},
                         orr_bench_cpu_clock, "no trace, CPU time", sink, ctx);
    unlink(path);
    rmdir(folder);
    return error;
}

int orr_bench_check_overhead(orr_figure_sink sink, void *ctx) {
    return overhead("check-overhead", &(struct orr_run_options){.no_oracles = true},
                    orr_bench_cpu_clock, "no oracles, CPU time", sink, ctx);
}
