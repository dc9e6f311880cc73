/* bench_scenario.c - whole scenarios: 100 validators, with and without memo, trace and oracles. */
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

/* One run; returns seconds by the clock, or a negative ORR_E that has been told. */
static double run_once(const struct orr_run_options *options, const char *setting,
                       double (*clock_s)(void), struct orr_run_result *result) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario = NULL;
    double took = ORR_EFORMAT;
    const char *const settings[] = {setting};
    if (!orr_scenario_parse(aws_100, sizeof aws_100 - 1, "bench", settings, setting != NULL,
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
        double took = run_once(options, setting, orr_bench_clock, &result);
        if (took <= 0) return 0;
        rates[i] = (double)result.counts.events / took * 1e-6;
    }
    return orr_bench_median(rates, rounds);
}

int orr_bench_tendermint_100(orr_figure_sink sink, void *ctx) {
    double with = rate(&(struct orr_run_options){0}, NULL, ROUNDS);
    double without = rate(&(struct orr_run_options){.no_memo = true}, "duration=3 s", 1);
    if (!with || !without) return ORR_EFORMAT;
    orr_bench_tell(sink, ctx, "tendermint-100", with, "M events/s",
                   "BFT simulator, DSN 2022, n = 128, as published", 0.028);
    orr_bench_tell(sink, ctx, "tendermint-100.no-memo", without, "M events/s",
                   "BFT simulator, DSN 2022, n = 128, as published", 0.028);
    return 0;
}

/* Pairs of runs in turn: the median time of those that have it beside that of those that do not. */
static int overhead(const char *name, const struct orr_run_options *options,
                    double (*clock_s)(void), const char *what, orr_figure_sink sink, void *ctx) {
    double with[PAIRS], without[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        struct orr_run_result result = {0};
        without[i] = run_once(&(struct orr_run_options){.no_oracles = options->no_oracles}, NULL,
                              clock_s, &result);
        struct orr_run_options own = *options;
        own.no_oracles = false;
        with[i] = run_once(&own, NULL, clock_s, &result);
        if (with[i] <= 0 || without[i] <= 0) return ORR_EFORMAT;
    }
    orr_bench_tell(sink, ctx, name, orr_bench_median(with, PAIRS), "s", what,
                   orr_bench_median(without, PAIRS));
    return 0;
}

int orr_bench_trace_overhead(orr_figure_sink sink, void *ctx) {
    char path[] = "/tmp/orrery-bench-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) return ORR_EIO;
    close(fd);
    int error = overhead("trace-overhead", &(struct orr_run_options){.trace_path = path},
                         orr_bench_clock, "no trace", sink, ctx);
    unlink(path);
    return error;
}

int orr_bench_check_overhead(orr_figure_sink sink, void *ctx) {
    return overhead("check-overhead", &(struct orr_run_options){.no_oracles = true},
                    orr_bench_cpu_clock, "no oracles, CPU time", sink, ctx);
}
