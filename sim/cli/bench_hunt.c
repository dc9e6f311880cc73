/* bench_hunt.c - how soon a hunt finds planted mistakes with its defaults, beside the random
 * baseline; how small the first find becomes, beside the recipe; and how many plans a second it
 * runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/bench.h"
#include "sim/cli/bench_hunt.h"
#include "sim/search/catch.h"

enum { SEEDS = 20, SECONDS = 300, PLANS = 2000, SHRINK_ASKS = 5000, SHRINK_SECONDS = 60 };

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int begin(struct orr_hunt *hunt, const char *text, enum orr_strategy strategy,
                 uint64_t seed) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *hunt = (struct orr_hunt){.text = text,
                              .len = strlen(text),
                              .name = "bench",
                              .seed = seed,
                              .strategy = strategy,
                              .n_runs = INT64_MAX,
                              .stop_at_first = true,
                              .n_workers = cores < 1   ? 1
                                           : cores > 8 ? 8
                                                       : (uint32_t)cores};
    struct orr_diags diags = {0};
    int error = orr_hunt_begin(hunt, &diags);
    orr_diags_print(&diags, stderr, false);
    orr_diags_fini(&diags);
    return error;
}

/* ---- one hunt ---- */

struct attempt {
    double runs, seconds; /* until the first find, or until it gave up */
    bool is_found;
    uint32_t before, after, recipe; /* sizes of the find, drawn and shrunk, if it was asked for */
};

struct watch {
    double until;
};
static bool is_over(void *ctx) { return wall_s() > ((const struct watch *)ctx)->until; }
static bool progress(void *ctx, const struct orr_hunt *hunt) {
    (void)hunt;
    return is_over(ctx);
}

static int shrink(const struct orr_hunt *hunt, struct attempt *a) {
    struct watch watch = {wall_s() + SHRINK_SECONDS};
    struct orr_catch c = {.hunt = hunt,
                          .caught = hunt->caught[0],
                          .enough = is_over,
                          .ctx = &watch,
                          .max_asks = SHRINK_ASKS};
    if (!orr_hunt_caught_plan(hunt, &c.caught, &c.plan)) return 0;
    int error = orr_catch(&c);
    a->before = orr_catch_size_sum(c.before);
    a->after = orr_catch_size_sum(c.after);
    orr_catch_fini(&c);
    return error;
}

static int attempt(const struct orr_bench_target *t, enum orr_strategy strategy, uint64_t seed,
                   uint64_t seconds, bool shrinks, struct attempt *a) {
    struct orr_hunt hunt;
    *a = (struct attempt){0};
    double began = wall_s();
    struct watch watch = {began + (double)seconds};
    int error = begin(&hunt, t->text, strategy, seed);
    hunt.progress = progress;
    hunt.ctx = &watch;
    if (!error) error = orr_hunt_run(&hunt);
    if (error == ORR_ELIMIT) error = 0;
    a->seconds = wall_s() - began;
    a->runs = (double)hunt.n_done;
    a->is_found = hunt.n_caught;
    if (!error && a->is_found && shrinks) error = shrink(&hunt, a);
    orr_hunt_fini(&hunt);
    return error;
}

/* ---- one target ---- */

/* What the hunts of a strategy came to; one that gave up counts as longer than all others. */
struct row {
    double runs, runs_most, seconds, seconds_most, found; /* medians, 90th percentiles, share */
    uint32_t before, after;
};

static void rank(double *values, uint64_t n, double *median, double *most) {
    orr_bench_median(values, (int)n); /* sorts them */
    *median = values[(n - 1) / 2];
    *most = values[(n * 9 + 9) / 10 - 1];
}

static int measure_row(const struct orr_bench_target *t, enum orr_strategy strategy,
                       const struct orr_bench_sample *sample, struct row *row) {
    double *runs = orr_xrealloc(NULL, 2 * sample->seeds * sizeof *runs);
    double *seconds = runs + sample->seeds;
    int error = 0;
    *row = (struct row){0};
    for (uint64_t s = 0; s < sample->seeds && !error; s++) {
        struct attempt a;
        bool shrinks = strategy == ORR_STRATEGY_MIXED && !row->found;
        error = attempt(t, strategy, s + 1, sample->seconds, shrinks, &a);
        if (shrinks && a.after) row->before = a.before, row->after = a.after;
        row->found += a.is_found;
        runs[s] = a.is_found ? a.runs : INFINITY;
        seconds[s] = a.is_found ? a.seconds : INFINITY;
    }
    if (!error) {
        rank(runs, sample->seeds, &row->runs, &row->runs_most);
        rank(seconds, sample->seeds, &row->seconds, &row->seconds_most);
        row->found /= (double)sample->seeds;
    }
    free(runs);
    return error;
}

static void tell(orr_figure_sink sink, void *ctx, const char *target, const char *what,
                 double value, const char *unit, const char *beside, double yardstick) {
    char name[80];
    snprintf(name, sizeof name, "%s, %s", target, what);
    orr_bench_tell(sink, ctx, name, value, unit, beside, yardstick);
}

static int measure(const struct orr_bench_target *t, const struct orr_bench_sample *sample,
                   orr_figure_sink sink, void *ctx) {
    struct row mixed, random;
    int error = measure_row(t, ORR_STRATEGY_MIXED, sample, &mixed);
    if (!error) error = measure_row(t, ORR_STRATEGY_RANDOM, sample, &random);
    if (error) return error;
    tell(sink, ctx, t->name, "found", mixed.found, "share", "", 0);
    tell(sink, ctx, t->name, "random found", random.found, "share", "", 0);
    tell(sink, ctx, t->name, "median", mixed.runs, "runs", "random", random.runs);
    tell(sink, ctx, t->name, "90th", mixed.runs_most, "runs", "random", random.runs_most);
    tell(sink, ctx, t->name, "median", mixed.seconds, "s", "random", random.seconds);
    tell(sink, ctx, t->name, "90th", mixed.seconds_most, "s", "random", random.seconds_most);
    if (mixed.after) tell(sink, ctx, t->name, "shrunk", mixed.after, "parts", "recipe", t->recipe);
    return 0;
}

/* ---- speed ---- */

/* Plans of four Tendermint validators for ten heights, checks on, no trace: CPU time, one core. */
static int measure_speed(orr_figure_sink sink, void *ctx) {
    struct orr_hunt hunt;
    int error = begin(&hunt, orr_bench_speed_ground, ORR_STRATEGY_MIXED, 1);
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

int orr_bench_hunt(orr_figure_sink sink, void *ctx, const struct orr_bench_sample *sample) {
    struct orr_bench_sample of = *sample;
    bool is_known = false;
    if (!of.seeds) of.seeds = SEEDS;
    if (!of.seconds) of.seconds = SECONDS;
    for (const struct orr_bench_target *t = orr_bench_targets; t->name && of.target; t++)
        is_known |= !strcmp(t->name, of.target);
    if (of.target && !is_known) {
        fprintf(stderr, "orrery bench: hunt has no target '%s'; they are", ORR_SHOWN(of.target));
        for (const struct orr_bench_target *t = orr_bench_targets; t->name; t++)
            fprintf(stderr, " %s", t->name);
        fprintf(stderr, "\n");
        return ORR_EFORMAT;
    }
    int error = of.target ? 0 : measure_speed(sink, ctx);
    for (const struct orr_bench_target *t = orr_bench_targets; t->name && !error; t++)
        if (!of.target || !strcmp(t->name, of.target)) error = measure(t, &of, sink, ctx);
    return error;
}
