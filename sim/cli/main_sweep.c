/* orrery sweep SCENARIO: many runs of a scenario, and one index of what they gave. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/text.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/sweep_index.h"
#include "sim/cli/sweep_pool.h"
#include "sim/cli/sweep_slurm.h"

enum { JOBS_MAX = 1024, PARTS_MAX = 1000000 };

struct wishes {
    struct orr_sweep_plan plan;
    struct orr_sweep_pool pool;
    struct orr_sweep_slurm slurm; /* n_tasks 0: as many as there are runs, or may be */
    const char *out;
    bool json, index_only, on_slurm;
};

enum { SEEDS, VARY, ZIP, SET, TRACES, OUT, JOBS, PART, INDEX, ON, TASKS, WAIT, JSON, QUIET };
static const struct orr_option options[] = {
    [SEEDS] = {"--seeds", "LIST",
               "seeds, each in every combination: 1..10,20 (default: the\n"
               "scenario's own)"},
    [VARY] = {"--vary", "KEY=LIST",
              "values of a key: nodes.val.count=4,8,16; of whole numbers\n"
              "A..B is each; every combination of several keys is run"},
    [ZIP] = {"--zip", "KEY=LIST",
             "values of another key that go along with those of the --vary\n"
             "before it, one for one"},
    [SET] = {"--set", "KEY=VALUE", "change a key in every run"},
    [TRACES] = {"--traces", NULL, "keep the trace of each run"},
    [OUT] = {"--out", "DIR", "where (default: out/NAME/sweep)"},
    [JOBS] = {"-j", "N", "runs at a time (default: one for each processor)"},
    [PART] = {"--part", "K/N",
              "only every N-th run, from the K-th on: parts of one sweep may\n"
              "run on several machines, in one folder or in several that are\n"
              "copied together"},
    [INDEX] = {"--index", NULL, "run nothing, write the index of what is there"},
    [ON] = {"--on", "slurm",
            "submit a job array of Slurm, whose tasks run parts of the sweep into\n"
            "DIR, which all machines must see; options of the cluster are said\n"
            "in sbatch's own variables, as SBATCH_PARTITION"},
    [TASKS] = {"--tasks", "N", "of --on: so many tasks (default: one a run, at most 1000)"},
    [WAIT] = {"--wait", NULL, "of --on: until all have ended"},
    [JSON] = {"--json", NULL, "one object on standard output"},
    [QUIET] = {"--quiet", NULL, "print nothing but errors"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery sweep FILE.yaml [OPTION...]\n\n"
                "Runs a scenario with every combination of values and every seed, each run in\n"
                "a process of its own, and writes DIR/index.csv, a row for each.  What has run\n"
                "is not run again: a sweep that was ended goes on when it is called again.\n"
                "Without --seeds the seeds are those of the scenario's `sweep:`, without --vary\n"
                "keys and variants are (`--vary variant=A,B` takes some of its variants).\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 every run went as the scenario expects, 1 some did not, 2 bad "
                "input,\n3 some are missing: they died, or the machine failed.\n");
    return to == stdout ? 0 : 2;
}

static bool take_part(struct orr_sweep_pool *pool, const char *text) {
    char *end;
    unsigned long k = strtoul(text, &end, 10), n = *end == '/' ? strtoul(end + 1, &end, 10) : 0;
    if (*end || !k || k > n || n > PARTS_MAX) {
        fprintf(stderr, "orrery sweep: --part wants K/N with 1 <= K <= N, as 2/8: '%s'\n",
                ORR_SHOWN(text));
        return false;
    }
    pool->part = (uint32_t)(k - 1);
    pool->n_parts = (uint32_t)n;
    return true;
}

static bool take_number(const struct orr_options *walk, int option, const char *value,
                        uint32_t most, uint32_t *number) {
    uint64_t n;
    const char *name = options[option].name;
    if (!orr_options_number(walk, name, value, &n)) return false;
    if (n < 1 || n > most) {
        fprintf(stderr, "orrery sweep: %s wants 1 to %u\n", name, most);
        return false;
    }
    *number = (uint32_t)n;
    return true;
}

static bool take_place(struct wishes *w, const char *value) {
    if (!strcmp(value, "slurm")) return w->on_slurm = true;
    fprintf(stderr, "orrery sweep: --on wants slurm, not '%s'\n", ORR_SHOWN(value));
    return false;
}

/* What a task of Slurm is told, too: all that says which runs there are and where they go. */
static bool hand_on(struct wishes *w, int option, const char *value) {
    if (option > OUT && option != ORR_OPTION_OPERAND) return true;
    if (w->slurm.n_words + 3 > ORR_SLURM_WORDS) {
        fprintf(stderr, "orrery sweep: more than %d words\n", ORR_SLURM_WORDS);
        return false;
    }
    if (option >= 0) w->slurm.words[w->slurm.n_words++] = options[option].name;
    else w->slurm.words[w->slurm.n_words++] = "--"; /* the scenario is the last word of all */
    if (option < 0 || options[option].value) w->slurm.words[w->slurm.n_words++] = value;
    return true;
}

static bool take_option(struct wishes *w, const struct orr_options *walk, int option,
                        const char *value) {
    switch (option) {
    case SEEDS: return orr_sweep_plan_seeds(&w->plan, value);
    case VARY: return orr_sweep_plan_vary(&w->plan, value);
    case ZIP: return orr_sweep_plan_zip(&w->plan, value);
    case PART: return take_part(&w->pool, value);
    case INDEX: return w->index_only = true;
    case TRACES: return w->pool.traces = true;
    case JSON: return w->json = w->pool.quiet = true;
    case QUIET: return w->pool.quiet = true;
    case OUT: return (w->out = value);
    case SET:
        if (strchr(value, '=') && w->plan.n_fixed < ORR_SWEEP_FIXED) {
            w->plan.fixed[w->plan.n_fixed++] = value;
            return true;
        }
        fprintf(stderr, "orrery sweep: --set wants KEY=VALUE, at most %d times\n",
                ORR_SWEEP_FIXED);
        return false;
    case ON: return take_place(w, value);
    case TASKS: return take_number(walk, option, value, ORR_SLURM_TASKS, &w->slurm.n_tasks);
    case WAIT: return w->slurm.wait = true;
    default: return take_number(walk, option, value, JOBS_MAX, &w->pool.jobs);
    }
}

static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "sweep", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(stdout);
        if (i == ORR_OPTION_BAD) return 3;
        if (i >= 0 && (!take_option(w, &walk, i, value) || !hand_on(w, i, value))) return 3;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->plan.path) {
            fprintf(stderr, "orrery sweep: one scenario at a time, not '%s' and '%s'\n",
                    w->plan.path, value);
            return 3;
        }
        w->plan.path = value;
    }
    if (w->plan.path && !strcmp(w->plan.path, "-")) {
        fprintf(stderr, "orrery sweep: the scenario must be a file, which each run reads\n");
        return 3;
    }
    if (!w->plan.path) return 1 + usage(stderr);
    if (w->on_slurm && (w->pool.n_parts > 1 || w->index_only)) {
        fprintf(stderr, "orrery sweep: --on goes without --part and --index\n");
        return 3;
    }
    return hand_on(w, ORR_OPTION_OPERAND, w->plan.path) ? 0 : 3;
}

static uint32_t n_processors(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (uint32_t)n;
}

static int report(const struct wishes *w, const struct orr_sweep_counts *c) {
    if (w->json) {
        printf("{\"scenario\":\"%s\",\"folder\":", w->plan.name);
        json_t *folder = json_string(w->pool.folder);
        json_dumpf(folder, stdout, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        json_decref(folder);
        printf(",\"runs\":%u,\"ok\":%u,\"failed\":%u,\"missing\":%u,\"run_now\":%u}\n",
               w->plan.n_runs, c->n_ok, c->n_failed, c->n_missing, w->pool.n_done);
    } else if (!w->pool.quiet || c->n_missing) {
        fprintf(c->n_missing ? stderr : stdout,
                "%s: %u runs: %u as expected, %u not, %u missing; %u run now\n  index        "
                "%s/index.csv\n",
                w->plan.name, w->plan.n_runs, c->n_ok, c->n_failed, c->n_missing, w->pool.n_done,
                ORR_SHOWN(w->pool.folder));
    }
    /* what others have not done yet is no failure of this one */
    bool is_part = w->pool.n_parts > 1 || (w->on_slurm && !w->slurm.wait);
    if (w->pool.n_failed || (c->n_missing && !is_part)) return 3;
    return c->n_failed ? 1 : 0;
}

static int submit(struct wishes *w) {
    w->slurm.name = w->plan.name;
    w->slurm.folder = w->pool.folder;
    uint32_t most = w->plan.n_runs < ORR_SLURM_TASKS ? w->plan.n_runs : ORR_SLURM_TASKS;
    if (!w->slurm.n_tasks || w->slurm.n_tasks > most) w->slurm.n_tasks = most;
    int code = orr_sweep_pool_folders(&w->pool);
    return code ? code : orr_sweep_slurm_submit(&w->slurm);
}

static int sweep(struct wishes *w) {
    char folder[ORR_SWEEP_PATH];
    int code = orr_sweep_plan_take(&w->plan);
    if (!code) code = orr_sweep_plan_check(&w->plan);
    if (code) return code;
    snprintf(folder, sizeof folder, "out/%s/sweep", w->plan.name);
    w->pool.folder = w->out ? w->out : folder;
    w->pool.plan = &w->plan;
    if (!w->pool.jobs) w->pool.jobs = n_processors();
    if (w->on_slurm) code = submit(w);
    else if (!w->index_only) code = orr_sweep_pool_run(&w->pool);
    struct orr_sweep_counts counts;
    int index_code = orr_sweep_index_write(&w->plan, w->pool.folder, &counts);
    return code ? code : index_code ? index_code : report(w, &counts);
}

int orr_main_sweep(int argc, char **argv) {
    struct wishes w = {.pool.n_parts = 1, .pool.run = orr_main_run};
    int end = read_arguments(argc, argv, &w);
    int code = end ? end - 1 : sweep(&w);
    orr_sweep_plan_fini(&w.plan);
    return code;
}
