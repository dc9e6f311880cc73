/* orrery log TRACE|SCENARIO: every event, message and output as a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/around.h"
#include "sim/cli/log_lines.h"
#include "sim/cli/main.h"
#include "sim/cli/mishap_report.h"
#include "sim/cli/options.h"
#include "sim/cli/scratch.h"
#include "sim/cli/stdout.h"
#include "sim/run/run.h"

enum { MAX_OVERRIDES = 256, BAD_INPUT = 2, MACHINE_FAILED = 3 };

struct wishes {
    const char *path, *around;
    struct orr_log_filter filter;
    const char *overrides[MAX_OVERRIDES + 1]; /* one more: what is recorded */
    uint32_t n_overrides;
    bool keeps_all;      /* a scenario that is run for this: all of it is recorded */
};

enum { NODE, KIND, FROM, TO, HEIGHT, AROUND, SEED, SET };
static const struct orr_option options[] = {
    [NODE] = {"--node", "NODE", "what a node does, and messages to and from it: val.3, 3, or a\n"
                                "group: val"},
    [KIND] = {"--kind", "KIND", "messages of a kind (prevote), or what happens: recv, send, lost,\n"
                                "timer, start, decide, step, fault, log, ..."},
    [FROM] = {"--from", "NODE|TIME", "messages from a node; or not before a time: 2.5s"},
    [TO] = {"--to", "NODE|TIME", "messages to a node; or not after a time"},
    [HEIGHT] = {"--height", "N", "what is of a height, and happens while some node is at it"},
    [AROUND] = {"--around", "VIOLATION|TIME",
                "a second before and after: of an expectation that failed\n"
                "(agreement; violation: any), or of a time"},
    [SEED] = {"--seed", "N", "of a scenario: another seed"},
    [SET] = {"--set", "KEY=VALUE", "of a scenario: change a key first"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery log TRACE.h5|SCENARIO.yaml [OPTION...]\n\n"
                "Prints what happened, in the order of time, a line each: what nodes handled,\n"
                "sent, decided and said.  Of a trace what it holds (`record: all` keeps all); a\n"
                "scenario is run and all of it is shown.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 printed, 2 bad input, or no line is as asked, 3 the machine "
                "failed.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static bool take_option(struct wishes *w, const struct orr_options *walk, int option,
                        const char *value) {
    static char seed[32];
    uint64_t n;
    switch (option) {
    case NODE: return (w->filter.node = value);
    case KIND: return (w->filter.kind = value);
    case FROM: return orr_around_time(value, &w->filter.after_ns) || (w->filter.from = value);
    case TO: return orr_around_time(value, &w->filter.until_ns) || (w->filter.to = value);
    case HEIGHT: return orr_options_number(walk, "--height", value, &w->filter.height);
    case AROUND: return (w->around = value);
    case SEED:
        if (!orr_options_number(walk, "--seed", value, &n)) return false;
        snprintf(seed, sizeof seed, "seed=%llu", (unsigned long long)n);
        value = seed;
        break;
    default: break;
    }
    if (w->n_overrides == MAX_OVERRIDES) return false;
    w->overrides[w->n_overrides++] = value;
    return true;
}

/* 0: go on; else the exit code, -1 for help that has been printed. */
static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "log", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout), -1;
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i >= 0 && !take_option(w, &walk, i, value)) return BAD_INPUT;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->path) {
            fprintf(stderr, "orrery log: one at a time: %s, %s\n", ORR_SHOWN(w->path),
                    ORR_SHOWN(value));
            return BAD_INPUT;
        }
        w->path = value;
    }
    return w->path ? 0 : usage(stderr);
}

static int print_trace(const char *path, struct wishes *w) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    uint64_t n_lines = 0;
    int status = orr_trace_reader_open(&reader, path, error), code = 0;
    if (!status && w->around)
        code = orr_around_window(reader, "log", w->around, &w->filter.after_ns,
                                 &w->filter.until_ns);
    if (!status && !code)
        status =
            orr_log_print(reader, &w->filter, stdout, orr_diag_colour(stdout), &n_lines, error);
    bool explained = !status && !code && !n_lines && orr_log_explain(reader, &w->filter, stderr);
    orr_trace_reader_close(reader);
    if (status) {
        fprintf(stderr, "orrery log: %s\n", ORR_SHOWN(error));
        return status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
    }
    if (code || n_lines) return code;
    if (!explained)
        fprintf(stderr, "orrery log: no line is as asked%s\n",
                w->keeps_all ? "" : " (does `record:` keep it? `record: all` does)");
    return BAD_INPUT;
}

/* ---- a scenario ---- */

static void print_failures(const struct orr_scenario *s, const struct orr_run_result *r) {
    if (r->mishap.kind) orr_mishap_print(s, r, stderr);
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (v->judged && !v->pass)
            fprintf(stderr, "%s: expected %s, observed %s\n", v->name, v->expected,
                    ORR_SHOWN(v->observed));
    }
}

static int print_scenario(struct wishes *w) {
    char folder[ORR_SCRATCH_LEN], path[300];
    struct orr_scenario *s = NULL;
    struct orr_diags diags = {0};
    struct orr_run_result result = {0};
    w->overrides[w->n_overrides++] = "record=all";
    w->keeps_all = true;
    int code = BAD_INPUT;
    int kept_stdout = orr_stdout_keep();
    bool good = !orr_scenario_load(w->path, w->overrides, w->n_overrides, &s, &diags);
    if (good && !orr_scratch_folder("log", folder)) {
        code = MACHINE_FAILED;
    } else if (good) {
        snprintf(path, sizeof path, "%s/all.h5", folder);
        struct orr_run_options how = {.trace_path = path};
        good = !orr_run(s, &how, &result, &diags);
        orr_stdout_give_back(kept_stdout);
        kept_stdout = -1;
        if (good && result.end == ORR_RUN_TRACE_FAILED) {
            fprintf(stderr, "orrery log: %s\n", ORR_SHOWN(result.trace_message));
            code = MACHINE_FAILED;
        } else if (good) {
            code = print_trace(path, w);
            fflush(stdout);
            print_failures(s, &result);
        }
        unlink(path);
        rmdir(folder);
    }
    if (kept_stdout >= 0) orr_stdout_give_back(kept_stdout);
    orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    orr_run_result_fini(&result);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    return code;
}

static bool is_scenario(const char *path) {
    size_t len = strlen(path);
    return !strcmp(path, "-") || (len > 5 && !strcmp(path + len - 5, ".yaml")) ||
           (len > 4 && !strcmp(path + len - 4, ".yml"));
}

int orr_main_log(int argc, char **argv) {
    struct wishes *w = orr_xrealloc(NULL, sizeof *w);
    *w = (struct wishes){
        .filter = {.after_ns = INT64_MIN, .until_ns = INT64_MAX, .height = ORR_LOG_ANY}};
    int code = read_arguments(argc, argv, w);
    if (!code) code = is_scenario(w->path) ? print_scenario(w) : print_trace(w->path, w);
    free(w);
    return code < 0 ? 0 : code;
}
