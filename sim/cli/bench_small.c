/* bench_small.c - thousands of small runs: one scenario built once, a seed a run, on one core. */
#include <stdio.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/bench.h"
#include "sim/run/world.h"

enum { ROUNDS = 5 };

/* Four nodes for ten simulated seconds, 20 ms apart; the oracles watch, nothing is recorded. */
#define FOUR(role)                                                        \
    "orrery: 1\nname: bench-small-" role "\nduration: 10 s\n"             \
    "nodes: {val: {count: 4, role: " role "}}\n"                          \
    "network: {overlay: {kind: full}, latency: 20 ms}\nrecord: none\n"

/* What PBFT decides on: one request a second. */
#define REQUESTS "workload: [{kind: transactions, rate: 1 /s, size: 100 B, arrivals: constant}]\n"

/* Runs n_runs seeds from *seed on: how many a second.  Negative ORR_E that has been told. */
static double runs_per_s(struct orr_world *world, int n_runs, uint64_t *seed) {
    const struct orr_run_options options = {0};
    struct orr_diags diags = {0};
    double start = orr_bench_cpu_clock();
    for (int i = 0; i < n_runs; i++) {
        struct orr_run_result result;
        int error = orr_world_run(world, (*seed)++, NULL, &options, &result, &diags);
        bool good = !error && result.pass && result.measures.n_heights;
        orr_run_result_fini(&result);
        if (good) continue;
        orr_diags_print(&diags, stderr, false);
        orr_diags_fini(&diags);
        fprintf(stderr, "orrery bench: seed %llu decided nothing\n",
                (unsigned long long)*seed - 1);
        return error ? error : ORR_EFORMAT;
    }
    return n_runs / (orr_bench_cpu_clock() - start);
}

static int small_runs(const char *name, const char *text, int n_runs, double goal,
                      orr_figure_sink sink, void *ctx) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    struct orr_world *world = NULL;
    int error = orr_scenario_parse(text, strlen(text), name, NULL, 0, &scenario, &diags);
    if (!error) error = orr_world_new(scenario, &diags, &world);
    if (error) orr_diags_print(&diags, stderr, false);
    double rates[ROUNDS];
    uint64_t seed = 1;
    for (int i = 0; i < ROUNDS && !error; i++) {
        rates[i] = runs_per_s(world, n_runs, &seed);
        if (rates[i] < 0) error = (int)rates[i];
    }
    if (!error)
        orr_bench_tell(sink, ctx, name, orr_bench_median(rates, ROUNDS), "runs/s of CPU time",
                       "the goal", goal);
    orr_world_free(world);
    orr_diags_fini(&diags);
    orr_scenario_free(scenario);
    return error;
}

int orr_bench_small_runs_modelled(orr_figure_sink sink, void *ctx) {
    return small_runs("small-runs-modelled", FOUR("tendermint") "signatures: modelled\n", 200, 2000,
                      sink, ctx);
}

int orr_bench_small_runs_real(orr_figure_sink sink, void *ctx) {
    return small_runs("small-runs-real", FOUR("tendermint"), 50, 250, sink, ctx);
}

int orr_bench_small_runs_pbft(orr_figure_sink sink, void *ctx) {
    return small_runs("small-runs-pbft", FOUR("pbft-normal") REQUESTS, 1000, 5000, sink, ctx);
}
