/* bench_analysis.c - traces and sweeps: what it takes to look at them, as a user does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/cli/bench.h"
#include "sim/run/world.h"

enum { ROUNDS = 3, SWEEP_RUNS = 40, PATH_LEN = ORR_SCRATCH_LEN + 64 };

/* 39,300 messages a simulated second. */
static const char messages[] =
    "orrery: 1\n"
    "name: bench-analysis\n"
    "duration: 255 s\n"
    "nodes: {val: {count: 100, role: tendermint}}\n"
    "network: {latency: {dist: uniform, min: 10 ms, max: 40 ms}, transport: datagram}\n"
    "signatures: modelled\n"
    "workload: [{rate: 200 /s, size: 200 B}]\n"
    "record: all\n";

/* About 0.1 s of CPU time a run. */
static const char small[] = "orrery: 1\n"
                            "name: bench-sweep\n"
                            "duration: 60 s\n"
                            "nodes: {val: {count: 16, role: tendermint}}\n"
                            "network: {overlay: {kind: full}, latency: 20 ms}\n"
                            "signatures: modelled\n"
                            "workload: [{rate: 20 /s, size: 152 B}]\n"
                            "record: none\n";

/* A folder with a scenario and what is made of it; all of it goes at the end. */
struct bench {
    char folder[ORR_SCRATCH_LEN], scenario[PATH_LEN], trace[PATH_LEN], out[PATH_LEN];
};

static int begin(struct bench *b, const char *text) {
    if (!orr_scratch_folder("bench", b->folder)) return ORR_EIO;
    snprintf(b->scenario, sizeof b->scenario, "%s/s.yaml", b->folder);
    snprintf(b->trace, sizeof b->trace, "%s/t.h5", b->folder);
    snprintf(b->out, sizeof b->out, "%s/out", b->folder);
    FILE *to = fopen(b->scenario, "w");
    bool bad = !to || fputs(text, to) < 0;
    if (to && fclose(to)) bad = true;
    if (bad) fprintf(stderr, "orrery bench: %s cannot be written\n", b->scenario);
    return bad ? ORR_EIO : 0;
}

static void end(struct bench *b) {
    orr_bench_cpu_of((const char *const[]){"/bin/rm", "-rf", b->folder, NULL}, NULL);
}

/* The median CPU time of a verb on the trace; negative, told: it fails. */
static double cpu_of(const char *const argv[], uint64_t *peak_kib) {
    double took[ROUNDS];
    uint64_t peak;
    for (int i = 0; i < ROUNDS; i++) {
        took[i] = orr_bench_cpu_of(argv, &peak);
        if (took[i] < 0) {
            fprintf(stderr, "orrery bench: orrery %s fails\n", argv[1]);
            return ORR_EIO;
        }
        if (peak > *peak_kib) *peak_kib = peak;
    }
    return orr_bench_median(took, ROUNDS);
}

static int make_trace(struct bench *b, const char *setting) {
    const char *const run[] = {"/proc/self/exe", "run",    b->scenario, "--quiet", "--no-plot",
                               "--out",          b->trace, "--set",     setting,   NULL};
    int error = begin(b, messages);
    if (!error && orr_bench_cpu_of(run, NULL) < 0) {
        fprintf(stderr, "orrery bench: the trace cannot be made\n");
        error = ORR_EIO;
    }
    return error;
}

/* ---- a trace of ten million messages ---- */

static int stats_of(const struct bench *b, orr_figure_sink sink, void *ctx) {
    static const char *const tables[] = {"times", "totals", "traffic"};
    char name[48];
    uint64_t peak = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const char *const stats[] = {"/proc/self/exe", "stats", b->trace, "--of", tables[i], NULL};
        double took = cpu_of(stats, &peak);
        if (took < 0) return ORR_EIO;
        snprintf(name, sizeof name, "analysis.stats-%s", tables[i]);
        orr_bench_tell(sink, ctx, name, took, "CPU s", "the goal", 3);
    }
    orr_bench_tell(sink, ctx, "analysis.stats-memory", (double)peak / 1024, "MiB", "the goal",
                   1024);
    return 0;
}

static int plots_of(const struct bench *b, orr_figure_sink sink, void *ctx) {
    static const char *const kinds[] = {"cdf", "throughput", "bandwidth", "regions", "bytes"};
    char name[48], picture[PATH_LEN];
    uint64_t peak = 0;
    snprintf(picture, sizeof picture, "%s/p.pdf", b->folder);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *const plot[] = {"/proc/self/exe", "plot",  "--kind", kinds[i], b->trace,
                                    "--paper",        "--out", picture,  NULL};
        double took = cpu_of(plot, &peak);
        if (took < 0) return ORR_EIO;
        snprintf(name, sizeof name, "analysis.plot-%s", kinds[i]);
        orr_bench_tell(sink, ctx, name, took, "CPU s", "the goal", 2);
        snprintf(picture, sizeof picture, "%s/p%zu.pdf", b->folder, i);
    }
    return 0;
}

/* ---- a page of 50,000 messages ---- */

static int report_of(orr_figure_sink sink, void *ctx) {
    struct bench b;
    struct stat st;
    uint64_t peak = 0;
    int error = make_trace(&b, "duration=1350 ms");
    const char *const report[] = {"/proc/self/exe", "report", b.trace, "--out", b.out, NULL};
    double took = error ? -1 : cpu_of(report, &peak);
    if (took >= 0 && !stat(b.out, &st)) {
        orr_bench_tell(sink, ctx, "analysis.report", took, "CPU s", "the goal", 1);
        orr_bench_tell(sink, ctx, "analysis.report-size", (double)st.st_size * 1e-3, "kB",
                       "the goal", 1000);
    } else {
        error = ORR_EIO;
    }
    end(&b);
    return error;
}

int orr_bench_analysis(orr_figure_sink sink, void *ctx) {
    struct bench b;
    int error = make_trace(&b, "duration=255 s");
    if (!error) error = stats_of(&b, sink, ctx);
    if (!error) error = plots_of(&b, sink, ctx);
    end(&b);
    return error ? error : report_of(sink, ctx);
}

/* ---- a sweep beside the bare runs ---- */

/* CPU seconds of the runs in this process, of a world that is built once. */
static double bare_runs(void) {
    struct orr_diags diags = {0};
    struct orr_scenario *scenario;
    struct orr_world *world = NULL;
    int error = orr_scenario_parse(small, strlen(small), "bench", NULL, 0, &scenario, &diags);
    if (!error) error = orr_world_new(scenario, &diags, &world);
    double start = orr_bench_cpu_clock();
    for (uint64_t seed = 1; seed <= SWEEP_RUNS && !error; seed++) {
        struct orr_run_result result;
        error = orr_world_run(world, seed, NULL, &(struct orr_run_options){0}, &result, &diags);
        orr_run_result_fini(&result);
    }
    double took = orr_bench_cpu_clock() - start;
    orr_diags_print(&diags, stderr, false);
    orr_diags_fini(&diags);
    orr_world_free(world);
    orr_scenario_free(scenario);
    return error ? ORR_EFORMAT : took;
}

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A whole sweep, `jobs` runs at a time: its CPU time and its time by the clock. */
static bool sweep(const struct bench *b, const char *jobs, const char *folder, double *cpu,
                  double *wall) {
    char seeds[24];
    snprintf(seeds, sizeof seeds, "1..%d", SWEEP_RUNS);
    const char *const argv[] = {"/proc/self/exe", "sweep", b->scenario, "--seeds", seeds, "--out",
                                folder,           "-j",    jobs,        "--quiet", NULL};
    double start = wall_s();
    *cpu = orr_bench_cpu_of(argv, NULL);
    *wall = wall_s() - start;
    if (*cpu < 0) fprintf(stderr, "orrery bench: the sweep fails\n");
    return *cpu >= 0;
}

int orr_bench_sweep(orr_figure_sink sink, void *ctx) {
    struct bench b;
    double cpu, wall, cpu_of_two, wall_of_two, bare = 0;
    int error = begin(&b, small);
    if (!error &&
        !(sweep(&b, "1", b.out, &cpu, &wall) && sweep(&b, "2", b.trace, &cpu_of_two, &wall_of_two)))
        error = ORR_EIO;
    if (!error && (bare = bare_runs()) < 0) error = ORR_EFORMAT;
    if (!error) {
        orr_bench_tell(sink, ctx, "sweep.overhead", 1e3 * (cpu - bare) / SWEEP_RUNS, "CPU ms a run",
                       "the goal, over orr_world_run's own", 10);
        orr_bench_tell(sink, ctx, "sweep.two-at-a-time", wall / wall_of_two, "x by the clock",
                       "the goal, of two idle cores", 1.9);
    }
    end(&b);
    return error;
}
