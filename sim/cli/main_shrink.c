/* orrery shrink FILE: the least scenario that still shows what a scenario shows. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/memory.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/stdout.h"
#include "sim/search/finding.h"
#include "sim/search/shrink.h"
#include "sim/search/yaml.h"

enum { MAX_OVERRIDES = 256, CPU_S = 10, DEFAULT_RUNS = 5000, DEFAULT_SECONDS = 60 };

enum { SEED, SET, OUT, TEST, RUNS, SECONDS, QUIET };
static const struct orr_option options[] = {
    [SEED] = {"--seed", "N", "another seed"},
    [SET] = {"--set", "KEY=VALUE", "change a key first, for example nodes.val.count=4"},
    [OUT] = {"--out", "FILE", "where the scenario goes that comes out (default: standard output)"},
    [TEST] = {"--test", "COMMAND",
              "what is to be kept, in place of the first verdict that fails: COMMAND, to which\n"
              "the shell appends the path of a scenario, exits with 0"},
    [RUNS] = {"--runs", "N", "stop after so many runs (default: 5000)"},
    [SECONDS] = {"--seconds", "N", "stop after so many seconds (default: 60)"},
    [QUIET] = {"--quiet", NULL, "print nothing but the scenario and errors"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery shrink FILE [OPTION...]\n\n"
            "Takes away from a scenario what it does not need to show what it shows: the first "
            "verdict\nthat is not as expected, else something that broke as it says, a "
            "protocol's mistake,\na crash. The faulty stake stays below a third if it was, and "
            "what healed still heals.\nWhat is left cannot be made less by any single cut.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to,
            "\nExit codes: 0 a scenario came out, 1 there is nothing to keep, 2 bad input, 3 the "
            "machine failed.\n");
    return to == stdout ? 0 : 2;
}

struct shrinking {
    const char *path, *out, *test;
    const char *overrides[MAX_OVERRIDES];
    uint32_t n_overrides;
    uint64_t runs, seconds;
    bool quiet;
    double began_s;
    char *candidate; /* beside the scenario, so that files that it names are found; with --test */
    struct orr_assumptions assumed;
    struct orr_finding first, last; /* what is kept; what the latest that shows it came to */
};

static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) { interrupted = number; }

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- does it show it? ---- */

/* 0 and a scenario that can be run, or not. */
static int parse(const struct shrinking *w, const char *text, size_t len,
                 struct orr_scenario **scenario) {
    struct orr_diags diags = {0};
    int error = orr_scenario_parse(text, len, w->path, NULL, 0, scenario, &diags);
    orr_diags_fini(&diags);
    return error;
}

static int ask_command(const struct shrinking *w, const char *text, size_t len) {
    FILE *file = fopen(w->candidate, "w");
    bool good = file && fwrite(text, 1, len, file) == len;
    if (file && fclose(file)) good = false;
    if (!good) {
        fprintf(stderr, "orrery shrink: cannot write %s\n", ORR_SHOWN(w->candidate));
        return -1;
    }
    size_t size = strlen(w->test) + strlen(w->candidate) + 16;
    char *command = orr_xrealloc(NULL, size);
    snprintf(command, size, "%s \"$0\" >/dev/null 2>&1", w->test);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, w->candidate, (char *)NULL);
        _exit(127);
    }
    free(command);
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && !interrupted) {
    }
    return child < 0 ? -1 : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int ask_run(struct shrinking *w, const struct orr_scenario *scenario) {
    struct orr_finding finding;
    int error = orr_finding_look(scenario, CPU_S, &finding);
    if (error == ORR_EIO || error == ORR_ENOMEM) return -1;
    if (error || !orr_finding_same(&finding, &w->first)) return 0;
    w->last = finding;
    return 1;
}

static int shows(void *ctx, const char *text, size_t len) {
    struct shrinking *w = ctx;
    double now = wall_s();
    if (interrupted || now - w->began_s > (double)w->seconds) return -1;
    struct orr_scenario *scenario;
    int error = parse(w, text, len, &scenario);
    int answer = 0;
    if (!error && orr_assumptions_within(orr_assumptions_of(scenario), w->assumed))
        answer = w->test ? ask_command(w, text, len) : ask_run(w, scenario);
    orr_scenario_free(scenario);
    return interrupted ? -1 : answer;
}

/* ---- what comes out ---- */

static void write_report(const struct shrinking *w, struct orr_yaml_text *text) {
    char line[800];
    static const char *const how[] = {[ORR_FINDING_FAILED] = "fails",
                                      [ORR_FINDING_DUE] = "breaks, as it says",
                                      [ORR_FINDING_MISHAP] = "is a protocol's mistake",
                                      [ORR_FINDING_STOPPED] = "by itself",
                                      [ORR_FINDING_CRASH] = "ends the program",
                                      [ORR_FINDING_ENDLESS] = "it does not end"};
    if (w->test)
        snprintf(line, sizeof line, "Kept: what `%s FILE` exits with 0 for.", w->test);
    else
        snprintf(line, sizeof line, "%s %s: %s\nfingerprint %016" PRIx64, w->last.name,
                 how[w->last.kind], w->last.text, w->last.fingerprint);
    orr_yaml_comment(text, line);
}

static int finish(const struct shrinking *w, const struct orr_shrink *shrink,
                  const struct orr_tree *root) {
    struct orr_yaml_text text = {0};
    write_report(w, &text);
    orr_yaml_write(&text, root);
    FILE *file = w->out ? fopen(w->out, "w") : stdout;
    bool good = file && fwrite(text.v, 1, text.len, file) == text.len && !fflush(file);
    if (w->out && file && fclose(file)) good = false;
    free(text.v);
    if (!good) {
        fprintf(stderr, "orrery shrink: cannot write %s\n",
                w->out ? ORR_SHOWN(w->out) : "standard output");
        return 3;
    }
    if (!w->quiet)
        fprintf(stderr, "%u of %u values are left after %u runs; %s\n", shrink->n_after,
                shrink->n_before, shrink->n_asks,
                shrink->is_least ? "nothing more can be taken away"
                                 : "stopped before it was the least");
    return 0;
}

/* ---- the verb ---- */

/* The tree of the file with what --set and --seed say, or NULL when it has been said what is wrong.
 */
static struct orr_tree *read_tree(const struct shrinking *w, struct orr_source *source,
                                  struct orr_scenario_store *store, struct orr_diags *diags) {
    char *text;
    const char *why;
    size_t len;
    if (orr_file_read(w->path, ORR_SCENARIO_MAX_BYTES, &text, &len, &why)) {
        orr_diag_add(diags, ORR_DIAG_ERROR, (struct orr_span){0}, NULL, "cannot read %s: %s",
                     w->path, why);
        return NULL;
    }
    *source = (struct orr_source){w->path, orr_store_text(store, text, len), len};
    free(text);
    struct orr_tree *root = orr_tree_parse(source, 0, len, store, diags, &(bool){false});
    for (uint32_t i = 0; i < w->n_overrides && root; i++) {
        struct orr_source *override = orr_store_alloc(store, sizeof *override);
        *override = (struct orr_source){"--set", w->overrides[i], strlen(w->overrides[i])};
        if (!orr_tree_override(root, override, store, diags)) return NULL;
    }
    return root;
}

/* What the whole shows: 0, or the exit code when there is nothing to keep. */
static int look_first(struct shrinking *w, const struct orr_tree *root, struct orr_diags *diags) {
    struct orr_yaml_text text = {0};
    orr_yaml_write(&text, root);
    struct orr_scenario *scenario;
    int code = 0, error = orr_scenario_parse(text.v, text.len, w->path, NULL, 0, &scenario, diags);
    if (error) {
        orr_diags_print(diags, stderr, orr_diag_colour(stderr));
        code = 2;
    } else {
        w->assumed = orr_assumptions_of(scenario);
        if (w->test) {
            code = ask_command(w, text.v, text.len) == 1 ? 0 : 1;
        } else {
            error = orr_finding_look(scenario, CPU_S, &w->first);
            w->last = w->first;
            code = error == ORR_EIO ? 3 : error ? 2 : w->first.kind == ORR_FINDING_NONE;
        }
    }
    if (code == 1)
        fprintf(stderr, "orrery shrink: %s: %s\n", ORR_SHOWN(w->path),
                w->test ? "the command does not exit with 0 for it"
                        : "nothing fails or breaks in it");
    if (!error && code == 2)
        fprintf(stderr, "orrery shrink: %s cannot be run; `orrery check` says why\n",
                ORR_SHOWN(w->path));
    orr_scenario_free(scenario);
    free(text.v);
    return code;
}

static int shrink(struct shrinking *w) {
    struct orr_scenario_store *store = orr_store_new();
    struct orr_diags diags = {0};
    struct orr_source source;
    int kept = orr_stdout_keep(); /* from here on plug-ins are loaded */
    struct orr_tree *root = read_tree(w, &source, store, &diags);
    int code = 2;
    if (!root || root->kind != ORR_TREE_MAP) {
        if (root) fprintf(stderr, "orrery shrink: %s is no scenario\n", ORR_SHOWN(w->path));
        orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    } else {
        code = look_first(w, root, &diags);
    }
    struct orr_shrink s = {.shows = shows, .ctx = w, .max_asks = (uint32_t)w->runs};
    if (!code) orr_shrink(&s, root, store);
    orr_stdout_give_back(kept);
    if (!code) code = finish(w, &s, root);
    if (w->candidate) unlink(w->candidate);
    orr_diags_fini(&diags);
    orr_store_free(store);
    return code;
}

/* One option; false when it has been said to be wrong. */
static bool take_option(struct shrinking *w, const struct orr_options *walk, int option,
                        const char *value) {
    static char seed[32];
    uint64_t n = 0;
    if (option == SEED) {
        if (!orr_options_number(walk, "--seed", value, &n)) return false;
        snprintf(seed, sizeof seed, "seed=%" PRIu64, n);
        value = seed;
    }
    switch (option) {
    case OUT: return (w->out = value);
    case TEST: return (w->test = value);
    case QUIET: return w->quiet = true;
    case RUNS: return orr_options_number(walk, "--runs", value, &w->runs) && w->runs <= UINT32_MAX;
    case SECONDS: return orr_options_number(walk, "--seconds", value, &w->seconds);
    default: break;
    }
    if (w->n_overrides == MAX_OVERRIDES) {
        fprintf(stderr, "orrery shrink: --set at most %d times\n", MAX_OVERRIDES);
        return false;
    }
    w->overrides[w->n_overrides++] = value;
    return true;
}

int orr_main_shrink(int argc, char **argv) {
    struct shrinking w = {.runs = DEFAULT_RUNS, .seconds = DEFAULT_SECONDS};
    struct orr_options walk = {
        .verb = "shrink", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout);
        if (i == ORR_OPTION_BAD) return 2;
        if (i >= 0 && !take_option(&w, &walk, i, value)) return 2;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w.path) {
            fprintf(stderr, "orrery shrink: one scenario at a time, not '%s' and '%s'\n", w.path,
                    value);
            return 2;
        }
        w.path = value;
    }
    if (!w.path) return usage(stderr);
    if (w.test) {
        size_t size = strlen(w.path) + 32;
        w.candidate = orr_xrealloc(NULL, size);
        snprintf(w.candidate, size, "%s.%d.candidate", w.path, (int)getpid());
    }
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    w.began_s = wall_s();
    int code = shrink(&w);
    free(w.candidate);
    return code;
}
