/* orrery hunt SCENARIO: searches for faults that break what a scenario expects. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/hunt_files.h"
#include "sim/cli/hunt_folder.h"
#include "sim/cli/hunt_report.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/stdout.h"

enum {
    DEFAULT_RUNS = 10000,
    DEFAULT_SECONDS = 300,
    DEFAULT_SHRINK_RUNS = 5000,
    DEFAULT_SHRINK_SECONDS = 60
};

enum {
    STRATEGY,
    SEED,
    RUNS,
    SECONDS,
    FIRST,
    WORKERS,
    EXAMPLES,
    OUT,
    RESUME,
    REPLAY,
    MERGE,
    SET,
    JSON,
    QUIET
};
static const struct orr_option options[] = {
    [STRATEGY] = {"--strategy", "NAME",
                  "how plans are drawn (default: mixed):\n"
#define STRATEGY(name, text, help) text ": " help "\n"
                  ORR_STRATEGIES(STRATEGY)
#undef STRATEGY
    },
    [SEED] = {"--seed", "N", "another seed of the hunt (default: 1)"},
    [RUNS] =
        {"--runs", "N",
         "so many runs (default: 10000, and if these show nothing, on for\nup to 300 s in all)"},
    [SECONDS] = {"--seconds", "N", "or until the time is over"},
    [FIRST] = {"--first", NULL, "stop at the first run that shows something"},
    [WORKERS] = {"--workers", "N",
                 "processes (default: one for each core); no result depends on it"},
    [EXAMPLES] = {"--examples", "N", "findings of one check that are shrunk (default: 2)"},
    [OUT] = {"--out", "FOLDER", "where findings go (default: out/NAME/hunt)"},
    [RESUME] = {"--resume", NULL, "go on where the hunt of that folder stopped"},
    [REPLAY] = {"--replay", "FOLDER", "in place of a hunt: run what stands there once more"},
    [MERGE] = {"--merge", "FOLDER",
               "in place of a hunt: take what was found there over into that of --out, unless\n"
               "there is one of its shape"},
    [SET] = {"--set", "KEY=VALUE", "change a key first, for example nodes.val.count=7"},
    [JSON] = {"--json", NULL, "print the report as JSON"},
    [QUIET] = {"--quiet", NULL, "print nothing but the report and errors"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct hunting {
    const char *path, *out, *replay, *merge;
    const char *overrides[ORR_HUNT_OVERRIDES_MAX];
    struct orr_hunt hunt;
    uint64_t seconds, examples;
    bool is_unsaid; /* how long: until something is found and DEFAULT_RUNS have run */
    bool resume, is_json, quiet, failed;
    double began_s, shrinks_s;
    uint64_t n_before; /* runs of earlier calls */
};

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery hunt SCENARIO [OPTION...]\n"
            "       orrery hunt --replay FOLDER\n"
            "       orrery hunt --merge FOLDER --out FOLDER\n\n"
            "Runs a scenario's world under thousands of drawn plans: faults, lies, and messages "
            "lost, late\nor doubled, within what protocols assume. What breaks an expectation is "
            "shrunk to the\nleast scenario that shows it, and written to a folder.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 what must hold held, and what must break was found to break, 1 "
                "otherwise,\n2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) { interrupted = number; }

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the hunt ---- */

/* How it goes, in one line that is written over. */
static void tell(const struct hunting *h, double took) {
    const struct orr_hunt *hunt = &h->hunt;
    double rate = (double)(hunt->n_done - h->n_before) / took, left = (double)h->seconds - took;
    bool is_counted = hunt->n_runs != INT64_MAX;
    if (is_counted) left = rate > 0 ? (double)(hunt->n_runs - hunt->n_done) / rate : 0;
    fprintf(stderr, "\r%" PRIu64, hunt->n_done);
    if (is_counted) fprintf(stderr, " of %" PRIu64, hunt->n_runs);
    fprintf(stderr, " runs, %.0f/s, %u found, %u states, %.0f s left   ", rate, hunt->n_caught,
            hunt->guide.n_states, left > 0 ? left : 0);
}

static bool progress(void *ctx, const struct orr_hunt *hunt) {
    struct hunting *h = ctx;
    double took = wall_s() - h->began_s;
    if (!orr_hunt_index_write(hunt, h->out)) return h->failed = true;
    if (!h->quiet && isatty(2)) tell(h, took);
    if (h->is_unsaid && hunt->n_caught && hunt->n_done >= DEFAULT_RUNS) return true;
    return interrupted || (h->seconds && took > (double)h->seconds);
}

static bool enough(void *ctx) {
    const struct hunting *h = ctx;
    return interrupted || wall_s() - h->shrinks_s > DEFAULT_SHRINK_SECONDS;
}

/* Is it one that is to be shrunk: among the first of its check? */
static bool is_example(const struct hunting *h, uint32_t i) {
    uint32_t before = 0;
    for (uint32_t k = 0; k < i; k++)
        before += orr_finding_same(&h->hunt.caught[k].finding, &h->hunt.caught[i].finding);
    return before < h->examples;
}

static bool write_catch(const struct hunting *h, const struct orr_catch *c, uint32_t number) {
    char name[200];
    struct orr_yaml_text text = {0};
    orr_hunt_comment(c, &text);
    size_t len = text.len + c->shrunk.len;
    char *all = orr_xrealloc(NULL, len + 1);
    memcpy(all, text.v, text.len);
    memcpy(all + text.len, c->shrunk.v, c->shrunk.len);
    snprintf(name, sizeof name, "%s-%u.yaml", h->hunt.scenario->name, number);
    bool good = orr_hunt_file_write(h->out, name, all, len);
    snprintf(name, sizeof name, "%s-%u-drawn.yaml", h->hunt.scenario->name, number);
    good = good && orr_hunt_file_write(h->out, name, c->drawn.v, c->drawn.len);
    free(all);
    free(text.v);
    return good;
}

/* Shrinks the examples; those of a shape that was seen count as times seen. */
static int catch_all(struct hunting *h, struct orr_hunt_report *report) {
    for (uint32_t i = 0; i < h->hunt.n_caught && !interrupted; i++) {
        if (!is_example(h, i)) continue;
        struct orr_catch c = {.hunt = &h->hunt,
                              .caught = h->hunt.caught[i],
                              .enough = enough,
                              .ctx = h,
                              .max_asks = DEFAULT_SHRINK_RUNS};
        if (!orr_hunt_caught_plan(&h->hunt, &c.caught, &c.plan)) continue;
        h->shrinks_s = wall_s();
        if (!h->quiet && isatty(2))
            fprintf(stderr, "\rshrinking what run %" PRIu64 " shows: %s%20s", c.caught.run,
                    c.caught.finding.name, "");
        int error = orr_catch(&c);
        if (error) {
            fprintf(stderr, "orrery hunt: run %" PRIu64 " cannot be replayed\n", c.caught.run);
            orr_catch_fini(&c);
            return error == ORR_EIO ? 3 : 2;
        }
        uint32_t number = orr_hunt_report_add(report, &c);
        bool good = !number || write_catch(h, &c, number);
        orr_catch_fini(&c);
        if (!good) return 3;
    }
    return 0;
}

static int hunt(struct hunting *h) {
    struct orr_diags diags = {0};
    char folder[200];
    int error = orr_hunt_begin(&h->hunt, &diags);
    orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    orr_diags_fini(&diags);
    if (error) return error == ORR_EIO || error == ORR_ENOMEM ? 3 : 2;
    snprintf(folder, sizeof folder, "out/%.150s/hunt", h->hunt.scenario->name);
    if (!h->out) h->out = folder;
    if (!orr_hunt_folder(h->out)) return 3;
    if (h->resume) {
        enum orr_hunt_index index = orr_hunt_index_read(&h->hunt, h->out);
        if (index == ORR_INDEX_BAD) return 2;
    }
    h->n_before = h->hunt.n_done;
    h->began_s = wall_s();
    error = orr_hunt_run(&h->hunt);
    double took = wall_s() - h->began_s;
    if (!h->quiet && isatty(2)) fprintf(stderr, "\r%70s\r", "");
    if (h->failed) return 3;
    if (error == ORR_EIO && !interrupted) {
        fprintf(stderr, "orrery hunt: there can be no more processes\n");
        return 3;
    }
    if (interrupted) {
        fprintf(stderr, "orrery hunt: interrupted after %" PRIu64 " runs; --resume goes on\n",
                h->hunt.n_done);
        return 3;
    }
    struct orr_hunt_report report = {.hunt = &h->hunt,
                                     .path = h->path,
                                     .folder = h->out,
                                     .n_before = h->n_before,
                                     .seconds = took};
    int code = catch_all(h, &report);
    if (!code) code = orr_hunt_report_print(&report, h->is_json);
    orr_hunt_report_fini(&report);
    return code;
}

/* ---- the verb ---- */

static bool take_strategy(struct hunting *h, const char *value) {
    static const char *const names[] = {
#define STRATEGY(name, text, help) text,
        ORR_STRATEGIES(STRATEGY)
#undef STRATEGY
    };
    for (unsigned i = 0; i < ORR_N_STRATEGIES; i++)
        if (!strcmp(value, names[i])) {
            h->hunt.strategy = (enum orr_strategy)i;
            return true;
        }
    fprintf(stderr, "orrery hunt: there is no strategy '%s'; `orrery hunt --help` names them\n",
            ORR_SHOWN(value));
    return false;
}

/* One option; false when it has been said to be wrong. */
static bool take_option(struct hunting *h, const struct orr_options *walk, int option,
                        const char *value) {
    uint64_t n;
    const char *name = options[option].name;
    switch (option) {
    case STRATEGY: return take_strategy(h, value);
    case SEED: return orr_options_number(walk, name, value, &h->hunt.seed);
    case RUNS: return orr_options_number(walk, name, value, &h->hunt.n_runs);
    case SECONDS: return orr_options_number(walk, name, value, &h->seconds);
    case EXAMPLES: return orr_options_number(walk, name, value, &h->examples);
    case FIRST: return h->hunt.stop_at_first = true;
    case OUT: return (h->out = value);
    case RESUME: return h->resume = true;
    case REPLAY: return (h->replay = value);
    case MERGE: return (h->merge = value);
    case JSON: return h->is_json = true;
    case QUIET: return h->quiet = true;
    case WORKERS:
        if (!orr_options_number(walk, name, value, &n)) return false;
        if (n < 1 || n > ORR_HUNT_WORKERS_MAX) {
            fprintf(stderr, "orrery hunt: --workers from 1 to %d\n", ORR_HUNT_WORKERS_MAX);
            return false;
        }
        h->hunt.n_workers = (uint32_t)n;
        return true;
    default: break;
    }
    if (h->hunt.n_overrides == ORR_HUNT_OVERRIDES_MAX) {
        fprintf(stderr, "orrery hunt: --set at most %d times\n", ORR_HUNT_OVERRIDES_MAX);
        return false;
    }
    h->overrides[h->hunt.n_overrides++] = value;
    return true;
}

static int read_and_hunt(struct hunting *h) {
    char *text;
    const char *why;
    int error = orr_file_read(h->path, ORR_SCENARIO_MAX_BYTES, &text, &h->hunt.len, &why);
    if (error) {
        fprintf(stderr, "orrery hunt: cannot read %s: %s\n", ORR_SHOWN(h->path), why);
        return error == ORR_ENOMEM ? 3 : 2;
    }
    h->hunt.text = text;
    int code = hunt(h);
    orr_hunt_fini(&h->hunt);
    free(text);
    return code;
}

int orr_main_hunt(int argc, char **argv) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct hunting h = {.examples = 2};
    h.hunt = (struct orr_hunt){.seed = 1,
                               .n_runs = 0,
                               .progress = progress,
                               .overrides = h.overrides,
                               .ctx = &h,
                               .n_workers = cores < 1                      ? 1
                                            : cores > ORR_HUNT_WORKERS_MAX ? ORR_HUNT_WORKERS_MAX
                                                                           : (uint32_t)cores};
    struct orr_options walk = {
        .verb = "hunt", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i >= 0 && !take_option(&h, &walk, i, value)) return 2;
        if (i != ORR_OPTION_OPERAND) continue;
        if (h.path) {
            fprintf(stderr, "orrery hunt: one scenario at a time, not '%s' and '%s'\n", h.path,
                    value);
            return 2;
        }
        h.path = value;
    }
    if ((h.replay || h.merge) && (h.path || (h.replay && h.merge) || (h.merge && !h.out)))
        return usage(stderr);
    if (h.replay) return orr_hunt_replay(h.replay);
    if (h.merge) return orr_hunt_merge(h.merge, h.out);
    if (!h.path) return usage(stderr);
    h.hunt.name = h.path;
    h.is_unsaid = !h.hunt.n_runs && !h.seconds;
    if (h.is_unsaid) h.seconds = DEFAULT_SECONDS;
    if (!h.hunt.n_runs) h.hunt.n_runs = INT64_MAX;
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    return read_and_hunt(&h);
}
