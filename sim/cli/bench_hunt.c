/* bench_hunt.c - how soon a hunt finds planted mistakes, beside the random baseline, and how many
 * plans a second it runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/bench.h"
#include "sim/search/hunt.h"

enum { SEEDS = 20, PLANS = 2000 };

#define GROUND(name, length, nodes, expect)                                               \
    "orrery: 1\nname: " name "\nduration: " length "\nrecord: none\nnodes: {val: {" nodes "}}\n" \
    "network: {latency: {dist: uniform, min: 5 ms, max: 25 ms}}\n"                        \
    "workload: [{rate: 20 /s, size: 200 B, stop: 2 s, arrivals: constant}]\n" \
    "expect: {agreement: " expect "}\n"

/* most: runs after which a hunt gives up; some seconds of it. */
static const struct target { const char *name, *text; uint64_t most; } targets[] = {
    {"pbft-quorum-2f",
     GROUND("quorum-2f", "10 s", "count: 4, role: pbft, config: {bug: quorum-2f}", "broken"), 2048},
    {"pbft-forget-last-vote",
     GROUND("forget", "10 s", "count: 4, role: pbft, config: {bug: forget-last-vote}", "holds"),
     2048},
    {"tendermint-forget-last-vote",
     GROUND("forget", "10 s", "count: 4, role: tendermint, config: {bug: forget-last-vote}",
            "holds"), 2048},
    {"tendermint-stale-view-vote",
     GROUND("stale", "10 s", "count: 4, role: tendermint, config: {bug: stale-view-vote}",
            "holds"), 2048},
    {"tendermint-no-lock",
     GROUND("no-lock", "20 s", "count: 4, role: tendermint, config: {bug: no-lock}", "holds"),
     16384},
    {"hotstuff-quorum-2f",
     GROUND("hs-2f", "6 s", "count: 4, role: hotstuff, config: {bug: quorum-2f}", "holds"), 2048},
    {"tusk-support-one",
     GROUND("tusk-one", "3 s", "count: 4, role: tusk, config: {support: one}", "broken"), 2048},
};

static int begin(struct orr_hunt *hunt, const struct target *t, enum orr_strategy strategy,
                 uint64_t seed) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *hunt = (struct orr_hunt){.text = t->text, .len = strlen(t->text), .name = "bench",
                              .seed = seed, .strategy = strategy, .n_runs = t->most,
                              .stop_at_first = true,
                              .n_workers = cores < 1 ? 1 : cores > 8 ? 8 : (uint32_t)cores};
    struct orr_diags diags = {0};
    int error = orr_hunt_begin(hunt, &diags);
    orr_diags_print(&diags, stderr, false);
    orr_diags_fini(&diags);
    return error;
}

/* Runs until the first find, the most when there is none; negative ORR_E. */
static double runs_to_find(const struct target *t, enum orr_strategy strategy, uint64_t seed) {
    struct orr_hunt hunt;
    int error = begin(&hunt, t, strategy, seed);
    if (!error) error = orr_hunt_run(&hunt);
    double runs = error ? error : hunt.n_caught ? (double)hunt.n_done : (double)t->most;
    orr_hunt_fini(&hunt);
    return runs;
}

static int measure(const struct target *t, orr_figure_sink sink, void *ctx) {
    static const enum orr_strategy strategies[] = {ORR_STRATEGY_MIXED, ORR_STRATEGY_RANDOM};
    double runs[2][SEEDS], median[2], most[2], found[2] = {0};
    char name[80];
    for (int s = 0; s < 2; s++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            double n = runs[s][seed] = runs_to_find(t, strategies[s], seed + 1);
            if (n < 0) return (int)n;
            found[s] += n < (double)t->most;
        }
        median[s] = orr_bench_median(runs[s], SEEDS); /* sorts them */
        most[s] = runs[s][SEEDS * 9 / 10 - 1];
    }
    snprintf(name, sizeof name, "%s, median", t->name);
    orr_bench_tell(sink, ctx, name, median[0], "runs", "random", median[1]);
    snprintf(name, sizeof name, "%s, 90th", t->name);
    orr_bench_tell(sink, ctx, name, most[0], "runs", "random", most[1]);
    snprintf(name, sizeof name, "%s, found", t->name);
    orr_bench_tell(sink, ctx, name, found[0] / SEEDS, "share", "random", found[1] / SEEDS);
    return 0;
}

/* Plans of four Tendermint validators for ten heights, checks on, no trace: CPU time, one core. */
static int measure_speed(orr_figure_sink sink, void *ctx) {
    static const struct target speed = {
        "hunt",
        GROUND("speed", "2001 ms",
               "count: 4, role: tendermint, config: {timeout_propose: 200 ms, "
               "timeout_commit: 140 ms}",
               "holds"),
        PLANS};
    struct orr_hunt hunt;
    int error = begin(&hunt, &speed, ORR_STRATEGY_MIXED, 1);
    if (!error) {
        struct orr_hunter *hunter = orr_hunter_new(&hunt);
        static struct orr_plan_drawn plan;
        struct orr_finding finding;
        double start = orr_bench_cpu_clock();
        for (uint64_t i = 0; i < PLANS; i++) {
            orr_hunt_plan(&hunt, i, &plan);
            orr_hunter_run(hunter, &plan, &finding, NULL);
        }
        orr_bench_tell(sink, ctx, "hunt", PLANS / (orr_bench_cpu_clock() - start), "plans/s a core",
                       "goal", 2000);
        orr_hunter_free(hunter);
    }
    orr_hunt_fini(&hunt);
    return error;
}

int orr_bench_hunt(orr_figure_sink sink, void *ctx) {
    int error = measure_speed(sink, ctx);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0] && !error; i++)
        error = measure(&targets[i], sink, ctx);
    return error;
}
