/* orrery replay TRACE.h5: runs again what a trace recorded, and says whether it went the same. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/compare.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/stdout.h"
#include "sim/cli/replay_inputs.h"
#include "sim/cli/scratch.h"
#include "sim/run/record.h"
#include "sim/run/run.h"
#include "sim/trace/trace.h"

enum { SAME, DIFFERENT, BAD_INPUT, MACHINE_FAILED };

struct replay {
    const char *trace, *out; /* out NULL: the new trace is not kept */
    const char *plugins[ORR_PLUGINS_MAX];
    uint32_t n_plugins;
    struct orr_trace_reader *reader;
    const struct orr_trace_head *head;
    bool finished, interrupted;
    struct orr_row_result result; /* of the trace, when finished */
};

enum { OUT, PLUGIN };
static const struct orr_option options[] = {
    [OUT] = {"--out", "NEW.h5", "keep the trace of the new run"},
    [PLUGIN] = {"--plugin", "FILE", "a plug-in that the trace was made with (role: ./mine.c)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery replay TRACE.h5 [OPTION...]\n\n"
            "Runs the scenario of a trace again, with its seed, and compares: fingerprints, row\n"
            "by row all that was recorded, and what the trace says of nodes, verdicts and result.\n"
            "Of a trace that was cut short its beginning is compared.  A difference is named: the\n"
            "first time between two checkpoints in which some node handled other events, which\n"
            "nodes, and the first recorded thing that differs: the event, when events were\n"
            "recorded.\n\n"
            "A trace holds all that its scenario read, so no other file is opened, but for\n"
            "plug-ins: these run here, so they are yours to name, and must be what they were.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 the same, 1 different, 2 the trace cannot be read, 3 the machine "
                "failed.\n");
    return to == stdout ? SAME : BAD_INPUT;
}

/* SAME: go on; else the exit code, -1 for help that has been printed. */
static int read_arguments(int argc, char **argv, struct replay *r) {
    struct orr_options walk = {
        .verb = "replay", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return usage(stdout), -1;
        if (i == ORR_OPTION_BAD) return BAD_INPUT;
        if (i == OUT) {
            r->out = value;
        } else if (i == PLUGIN) {
            if (r->n_plugins == ORR_PLUGINS_MAX) return usage(stderr);
            r->plugins[r->n_plugins++] = value;
        } else if (r->trace) {
            fprintf(stderr, "orrery replay: one trace at a time: %s, %s\n",
                    ORR_SHOWN(r->trace), ORR_SHOWN(value));
            return BAD_INPUT;
        } else {
            r->trace = value;
        }
    }
    return r->trace ? SAME : usage(stderr);
}

/* ---- the run ---- */

/* A run that was interrupted is run to where it was left; progress had been called there. */
static bool reached(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    const struct replay *r = ctx;
    (void)now, (void)end;
    return r->interrupted && orr_sim_counts(sim).events >= r->result.events;
}

static int run_again(struct replay *r, const struct orr_scenario *scenario, const char *path,
                     struct orr_run_result *result, struct orr_diags *diags) {
    struct orr_run_options how = {
        .shuffle_ties = r->head->shuffle_ties, .trace_path = path, .progress = reached, .ctx = r};
    signal(SIGXFSZ, SIG_IGN);
    int kept = orr_stdout_keep();
    int error = orr_run(scenario, &how, result, diags);
    orr_stdout_give_back(kept);
    orr_diags_print(diags, stderr, orr_diag_colour(stderr));
    if (error) {
        fprintf(stderr, "orrery replay: %s: its scenario cannot be run\n", ORR_SHOWN(r->trace));
        return BAD_INPUT;
    }
    if (result->end != ORR_RUN_TRACE_FAILED) return SAME;
    fprintf(stderr, "orrery replay: %s\n", ORR_SHOWN(result->trace_message));
    return MACHINE_FAILED;
}

/* ---- the verdict ---- */

static double seconds(int64_t ns) { return (double)ns * 1e-9; }

/* The first nodes of those whose events differ, by number and name. */
static void print_culprits(const struct replay *r, const struct orr_comparison *c) {
    printf("  nodes that had handled other events by then:");
    for (uint32_t i = 0; i < c->n_culprits && i < ORR_COMPARE_CULPRITS; i++) {
        const struct orr_row_hashes *h = &c->culprits[i];
        char error[ORR_READER_ERROR_LEN];
        struct orr_row_nodes node;
        bool has_name = h->nodes == 1 && h->node < r->head->rows[ORR_GROUP_nodes] &&
                        !orr_trace_reader_rows(r->reader, ORR_GROUP_nodes, h->node, 1, &node,
                                               error);
        printf("%s %u", i ? "," : "", h->node);
        if (h->nodes > 1) printf(" to %llu", (unsigned long long)h->node + h->nodes - 1);
        if (!has_name) continue;
        printf(" (");
        orr_text_print(node.name, strnlen(node.name, sizeof node.name), stdout);
        printf(")");
    }
    if (c->n_culprits > ORR_COMPARE_CULPRITS)
        printf(" and %u more", c->n_culprits - ORR_COMPARE_CULPRITS);
    printf("\n");
}

static void print_difference(const struct replay *r, const struct orr_comparison *c) {
    const struct orr_trace_table *table = orr_trace_table_of(c->first.group);
    const uint64_t *rows = r->head->rows;
    if (c->checkpoint.found || (rows[ORR_GROUP_checkpoints] && !rows[ORR_GROUP_events]))
        printf("  the same up to event %llu (%.9f s), by its last equal checkpoint\n",
               (unsigned long long)c->events_before, seconds(c->time_before_ns));
    if (c->checkpoint.found && c->checkpoint.in_a) {
        struct orr_row_checkpoints next; /* the bytes of a row may lie at any address */
        memcpy(&next, c->checkpoint.a, sizeof next);
        printf("  different at event %llu (%.9f s), by the next one\n",
               (unsigned long long)next.event, seconds(c->checkpoint.time_ns));
    }
    if (c->n_culprits) {
        if (!c->checkpoint.found)
            printf("  different by %.9f s\n", seconds(c->hash.time_ns));
        print_culprits(r, c);
    }
    if (c->stated.found) {
        printf("  not what this run comes to: row %llu of /%s\n", (unsigned long long)c->stated.row,
               orr_trace_table_of(c->stated.group)->name);
        orr_difference_print(&c->stated, "trace", "now", stdout);
    }
    if (!c->first.found && c->stated.found) return;
    if (!c->first.found) {
        printf("  nothing that was recorded differs; record more to see what does (record: all)\n");
        return;
    }
    printf("  first difference: row %llu of /%s, at %.9f s\n", (unsigned long long)c->first.row,
           table->name, seconds(c->first.time_ns));
    orr_difference_print(&c->first, "trace", "now", stdout);
}

static int judge(const struct replay *r, const struct orr_run_result *now,
                 const struct orr_comparison *c) {
    bool same =
        !c->first.found && !c->stated.found && !c->checkpoint.found && !c->hash.found;
    if (r->finished)
        same = same && now->fingerprint == r->result.fingerprint &&
               now->counts.events == r->result.events;
    printf("%s: %s", ORR_SHOWN(r->trace), same ? "the same" : "DIFFERENT");
    if (r->finished)
        printf(", fingerprint %016llx, %llu events", (unsigned long long)r->result.fingerprint,
               (unsigned long long)r->result.events);
    else
        printf(" as far as it goes: it was cut short, and has no fingerprint");
    printf(" (%llu rows compared)\n", (unsigned long long)c->n_rows);
    if (same) return SAME;
    if (r->finished)
        printf("  now:     fingerprint %016llx, %llu events\n",
               (unsigned long long)now->fingerprint, (unsigned long long)now->counts.events);
    print_difference(r, c);
    if (strcmp(r->head->build, orr_build_id())) {
        printf("  the trace was made by %s\n", ORR_SHOWN(r->head->build));
        printf("  this is               %s\n", orr_build_id());
    }
    return DIFFERENT;
}

static int compare(struct replay *r, const char *path, const struct orr_run_result *now) {
    char error[ORR_READER_ERROR_LEN];
    struct orr_trace_reader *again = NULL;
    struct orr_comparison *comparison = orr_xrealloc(NULL, sizeof *comparison);
    int status = orr_trace_reader_open(&again, path, error);
    if (!status) status = orr_compare(r->reader, again, !r->finished, comparison, error);
    int code = BAD_INPUT;
    if (status)
        fprintf(stderr, "orrery replay: %s\n", ORR_SHOWN(error));
    else
        code = judge(r, now, comparison);
    orr_trace_reader_close(again);
    free(comparison);
    return code;
}

/* Is the head's text, which is cut to its size, what the scenario says? */
static bool says(const char *head, const char *text, size_t size) {
    return !strncmp(head, text, size - 1);
}

static int replay(struct replay *r, struct orr_diags *diags) {
    char folder[ORR_SCRATCH_LEN] = "", path[300];
    bool good;
    struct orr_scenario_inputs inputs;
    if (!orr_replay_inputs(r->reader, r->trace, r->plugins, r->n_plugins, &inputs))
        return BAD_INPUT;
    int kept = orr_stdout_keep();
    struct orr_scenario *scenario = orr_replay_scenario(r->head, &inputs, diags, &good);
    orr_stdout_give_back(kept);
    orr_replay_inputs_free(&inputs);
    bool agrees = good && scenario->seed == r->head->seed && scenario->record.parts &&
                  says(r->head->name, scenario->name, sizeof r->head->name) &&
                  says(r->head->title, scenario->title, sizeof r->head->title);
    if (!agrees) {
        orr_diags_print(diags, stderr, orr_diag_colour(stderr));
        fprintf(stderr, "orrery replay: %s: its scenario is not one that this program can run%s\n",
                ORR_SHOWN(r->trace),
                good ? ": the text and the name, title or seed beside it do not agree" : "");
        orr_scenario_free(scenario);
        return BAD_INPUT;
    }
    if (!r->out) {
        if (!orr_scratch_folder("replay", folder)) {
            orr_scenario_free(scenario);
            return MACHINE_FAILED;
        }
        snprintf(path, sizeof path, "%s/again.h5", folder);
    }
    const char *again = r->out ? r->out : path;
    struct orr_run_result result;
    int code = run_again(r, scenario, again, &result, diags);
    if (code == SAME) code = compare(r, again, &result);
    orr_run_result_fini(&result);
    if (!r->out) {
        unlink(path);
        rmdir(folder);
    }
    orr_scenario_free(scenario);
    return code;
}

int orr_main_replay(int argc, char **argv) {
    struct replay r = {0};
    int code = read_arguments(argc, argv, &r);
    if (code) return code < 0 ? 0 : code;
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_diags diags = {0};
    int status = orr_trace_reader_open(&r.reader, r.trace, error);
    if (!status) {
        r.head = orr_trace_reader_head(r.reader);
        r.finished = r.head->rows[ORR_GROUP_result] == 1;
        if (r.finished)
            status = orr_trace_reader_rows(r.reader, ORR_GROUP_result, 0, 1, &r.result, error);
        r.interrupted = r.finished && r.result.ended == ORR_ENDED_INTERRUPTED;
    }
    if (status) {
        fprintf(stderr, "orrery replay: %s\n", ORR_SHOWN(error));
        code = status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
    } else {
        code = replay(&r, &diags);
    }
    orr_diags_fini(&diags);
    orr_trace_reader_close(r.reader);
    return code;
}
