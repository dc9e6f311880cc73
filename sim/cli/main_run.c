/* orrery run FILE: simulates a scenario, checks it while it runs, and tells what came out. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/index/record.h"
#include "sim/cli/main.h"
#include "sim/cli/mishap_report.h"
#include "sim/cli/stdout.h"
#include "sim/cli/options.h"
#include "sim/cli/run_place.h"
#include "sim/engine/guard.h"
#include "sim/run/run.h"
#include "sim/scenario/units.h"
#include "sim/trace/place.h"

enum { MAX_OVERRIDES = 256 };

struct options {
    const char *path, *out;
    const char *overrides[MAX_OVERRIDES];
    uint32_t n_overrides;
    bool json, log, quiet, no_trace, no_plot;
    int kept_stdout; /* while protocols run */
    struct orr_run_options run;
};

enum { SEED, SET, OUT, NO_TRACE, NO_PLOT, SHUFFLE_TIES, NO_MEMO, POISON, JSON, LOG, QUIET };
static const struct orr_option options[] = {
    [SEED] = {"--seed", "N", "another seed"},
    [SET] = {"--set", "KEY=VALUE", "change a key first, for example nodes.val.count=4"},
    [OUT] = {"--out", "FILE.h5|DIR/",
             "where to record: a file, or a folder for all that comes of it\n"
             "(default: out/NAME/seed-N.h5, and a few letters if more was changed)"},
    [NO_TRACE] = {"--no-trace", NULL, "record nothing"},
    [NO_PLOT] = {"--no-plot", NULL,
                 "do not draw the commit latencies (orrery plot draws them later)"},
    [SHUFFLE_TIES] = {"--shuffle-ties", "N",
                      "order events of equal time by another rule, to expose models\n"
                      "that lean on the order"},
    [NO_MEMO] = {"--no-memo", NULL, "check every signature again, without the memo"},
    [POISON] = {"--poison", NULL,
                "run twice, with other bytes in memory that nobody has written, and\n"
                "compare; look whether messages are written after they were sent"},
    [JSON] = {"--json", NULL, "one object on standard output"},
    [LOG] = {"--log", NULL,
             "print the lines of text that nodes put out, on standard error\n"
             "(`orrery log` prints every event and message)"},
    [QUIET] = {"--quiet", NULL, "print nothing but errors"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery run FILE [OPTION...]\n\n"
                "Runs a scenario (- is standard input) and says whether it went as the scenario "
                "expects.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 as the scenario expects, 1 not, 2 bad input, 3 the run did not "
                "end by itself.\n");
    return to == stdout ? 0 : 2;
}

/* ---- progress ---- */

static volatile sig_atomic_t interrupted; /* by which signal */
static void on_interrupt(int number) {
    interrupted = number;
    if (orr_guard_interrupt()) return;
    signal(number, SIG_DFL); /* nothing runs that could be stopped with care */
    raise(number);
}

/* Once is a wish to stop, twice ends the program where it is. */
static void listen_to(int signal) {
    struct sigaction action = {.sa_handler = on_interrupt};
    action.sa_flags = (int)(SA_RESETHAND | SA_RESTART | SA_NODEFER);
    sigaction(signal, &action, NULL);
}

static double wall_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct progress {
    bool show;
    double started, shown;
};

/* A line on the terminal, at most five times a second of wall time. */
static bool on_progress(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    struct progress *p = ctx;
    double wall = wall_s();
    if (p->show && wall - p->shown > 0.2) {
        p->shown = wall;
        double spent = wall - p->started, done = (double)now / (double)end;
        fprintf(stderr, "\r\033[K%5.1f %%  %.2f s simulated  %.2f M events/s  %.0f s to go",
                done * 100, (double)now * 1e-9, (double)orr_sim_counts(sim).events / spent * 1e-6,
                spent / done - spent);
        fflush(stderr);
    }
    return interrupted != 0;
}

/* ---- results ---- */

static void print_ms(const char *name, orr_time ns) {
    printf("  %s %.1f ms", name, (double)ns * 1e-6);
}

/* Defaults that met nobody to judge share a line. */
static void print_verdicts(const struct orr_run_result *r) {
    printf("  verdicts\n");
    uint32_t n_idle = 0;
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (!v->judged && !v->asked) {
            n_idle++;
            continue;
        }
        const char *mark = v->pass ? "ok" : v->judged ? "FAIL" : "-";
        printf("    %-4s %-12s expected %s, observed %s\n", mark, v->name, v->expected,
               ORR_SHOWN(v->observed));
        if (v->pass && v->violation) /* the break that was due */
            printf("         %s\n", ORR_SHOWN(v->text));
    }
    const char *part = "    -    not judged, and not asked for: ";
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (v->judged || v->asked) continue;
        printf("%s%s%s", part, v->name, --n_idle ? "" : "\n");
        part = ", ";
    }
}

static bool is_modelled(const struct orr_scenario *s) {
    return s->signatures == ORR_SIGNATURES_MODELLED;
}

/* Is a setting at another value than its default? */
static bool is_changed(const struct orr_config_key *c, const void *config) {
    const void *at = (const char *)config + c->offset;
    if (c->type == ORR_CONFIG_BOOL) return *(const bool *)at != (c->fallback != 0);
    if (c->type == ORR_CONFIG_ENUM) return *(const uint32_t *)at != c->fallback;
    return *(const uint64_t *)at != c->fallback;
}

/* Which known mistakes a scenario has switched on. */
static void print_flaws(const struct orr_scenario *s) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        for (const struct orr_config_key *c = g->role->config; c && c->name && g->config; c++)
            if (c->flaw && is_changed(c, g->config))
                printf("  flawed       %s, %s: %s (%s)\n", g->name, g->role->name, c->name,
                       c->flaw);
    }
}

/* Whose blocks were run once for all of a group. */
static void print_shared(const struct orr_scenario *s) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        for (const struct orr_config_key *c = g->role->config; c && c->name && g->config; c++)
            if (!strcmp(c->name, "share_execution") && is_changed(c, g->config))
                printf("  shared       %s, %s: a block is run once for all of them, and charged to "
                       "each\n",
                       g->name, g->role->name);
    }
}

static void print_summary(const struct orr_scenario *s, const struct orr_run_result *r, double wall,
                          const char *trace) {
    const struct orr_measures *m = &r->measures;
    char ended[48];
    orr_quantity_print(ORR_QUANTITY_TIME, r->ended_at, ended, sizeof ended);
    printf("%s%s%s\n", s->name, *s->title ? ": " : "", ORR_SHOWN(s->title));
    printf("  simulated    %s of %u nodes, seed %llu%s\n", ended, s->n_nodes,
           (unsigned long long)s->seed, is_modelled(s) ? ", signatures modelled" : "");
    print_flaws(s);
    print_shared(s);
    printf("  events       %llu in %.2f s of wall time (%.2f M events/s)\n",
           (unsigned long long)r->counts.events, wall, (double)r->counts.events / wall * 1e-6);
    printf("  messages     %llu sent, %llu lost\n", (unsigned long long)r->counts.sends,
           (unsigned long long)r->counts.drops);
    if (m->n_heights)
        printf("  decisions    %llu heights, %llu in all; longest gap at a node %.1f ms\n",
               (unsigned long long)m->n_heights, (unsigned long long)m->n_decisions,
               (double)m->max_gap * 1e-6);
    if (m->block_max >= 0)
        printf("  blocks       interval p50 %.1f ms  max %.1f ms  (first decision to first)\n",
               (double)m->block_p50 * 1e-6, (double)m->block_max * 1e-6);
    if (m->n_submitted) {
        printf("  transactions %llu submitted, %llu committed (%.1f /s from %.1f s to %.1f s)",
               (unsigned long long)m->n_submitted, (unsigned long long)m->n_committed,
               (double)m->throughput_nhz * 1e-9, (double)m->window_from * 1e-9,
               (double)m->window_to * 1e-9);
        printf(", %llu never committed", (unsigned long long)m->n_open);
        if (m->n_to_faulty)
            printf(" (%llu of them given to nodes that were down or faulty)",
                   (unsigned long long)m->n_to_faulty);
        printf("\n");
    }
    if (m->first_max >= 0) {
        printf("  latency     ");
        print_ms("p50", m->first_p50);
        print_ms("p90", m->first_p90);
        print_ms("p99", m->first_p99);
        print_ms("max", m->first_max);
        printf("  (submission to first commit)\n");
    }
    if (r->n_waiting)
        printf("  faults       %u of %u never began: %s%s\n", r->n_waiting, s->n_faults, r->waiting,
               r->n_waiting > 1 ? ", ..." : "");
    orr_stops_print(s, r, stdout);
    print_verdicts(r);
    printf("  fingerprint  %016llx\n", (unsigned long long)r->fingerprint);
    if (r->ran_twice)
        printf("  poison       a second run with other bytes in unwritten memory was the same\n");
    if (trace) printf("  trace        %s\n", ORR_SHOWN(trace));
}

/* A word as a shell takes it. */
static void print_word(const char *word, FILE *to) {
    for (const char *p = word; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) { /* bash, zsh and ksh read $'...' */
            fputs("$'", to);
            for (p = word; *p; p++) {
                unsigned char c = (unsigned char)*p;
                if (c < 0x20 || c == 0x7f) fprintf(to, "\\x%02x", c);
                else fprintf(to, "%s%c", c == '\'' || c == '\\' ? "\\" : "", c);
            }
            fputc('\'', to);
            return;
        }
    if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "_./=,:%+@-")]) {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word; word++) {
        if (*word == '\'') fputs("'\\''", to);
        else fputc(*word, to);
    }
    fputc('\'', to);
}

static void print_replay(const struct options *o, const struct orr_scenario *s) {
    fprintf(stderr, "to see it again: ");
    print_word(orr_called, stderr);
    fprintf(stderr, " run ");
    print_word(o->path, stderr);
    fprintf(stderr, " --seed %llu", (unsigned long long)s->seed);
    for (uint32_t i = 0; i < o->n_overrides; i++) {
        if (!strncmp(o->overrides[i], "seed=", 5)) continue;
        fprintf(stderr, " --set ");
        print_word(o->overrides[i], stderr);
    }
    if (o->run.shuffle_ties)
        fprintf(stderr, " --shuffle-ties %llu", (unsigned long long)o->run.shuffle_ties);
    fprintf(stderr, "%s\n", o->run.poison ? " --poison" : "");
}

static void print_failures(const struct options *o, const struct orr_scenario *s,
                           const struct orr_run_result *r) {
    bool any = false;
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (v->pass || !v->judged) continue;
        any = true;
        fprintf(stderr, "\n%s: expected %s, observed %s\n", v->name, v->expected,
                ORR_SHOWN(v->observed));
        if (v->violation) orr_violation_print(s, v->violation, stderr);
        else if (v->text && *v->text) fprintf(stderr, "  %s\n", ORR_SHOWN(v->text));
    }
    if (any) {
        print_replay(o, s);
        return;
    }
    if (r->n_stops && !s->expect.stopped && !s->expect.nothing) {
        fprintf(stderr, "\na node stopped by itself (see `stopped`); a scenario that means it says "
                        "`expect: {stopped: allowed}`\n");
        print_replay(o, s);
        return;
    }
    bool asked = false;
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        if (v->judged || !v->asked) continue;
        asked = true;
        fprintf(stderr, "\n%s is %s\n", v->name, v->observed);
    }
    if (!asked)
        fprintf(stderr, "\nnothing was judged; a scenario that means it says `expect: nothing`\n");
}

static json_t *time_json(orr_time t) { return t < 0 ? json_null() : json_integer(t); }

static void print_json(const struct orr_scenario *s, const struct orr_run_result *r, double wall,
                       const char *trace) {
    const struct orr_measures *m = &r->measures;
    char fingerprint[17];
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)r->fingerprint);
    json_t *verdicts = json_array();
    for (uint32_t i = 0; i < r->n_verdicts; i++) {
        const struct orr_verdict *v = &r->verdicts[i];
        json_array_append_new(verdicts, json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:s}",
                                                  "name", v->name, "expected", v->expected,
                                                  "observed", v->observed, "pass", v->pass,
                                                  "judged", v->judged, "asked", v->asked, "text",
                                                  v->text));
    }
    json_t *object =
        json_pack("{s:s, s:I, s:s, s:b, s:I, s:I, s:f, s:I, s:I, s:o}", "scenario", s->name, "seed",
                  (json_int_t)s->seed, "fingerprint", fingerprint, "pass", r->pass, "end_ns",
                  (json_int_t)r->ended_at, "events", (json_int_t)r->counts.events, "wall_s", wall,
                  "decisions", (json_int_t)m->n_decisions, "heights", (json_int_t)m->n_heights,
                  "verdicts", verdicts);
    json_object_set_new(object, "messages", json_integer((json_int_t)r->counts.deliveries));
    json_t *latency = json_object();
    json_object_set_new(latency, "unit", json_string("ns"));
    json_object_set_new(latency, "p50", time_json(m->first_p50));
    json_object_set_new(latency, "p90", time_json(m->first_p90));
    json_object_set_new(latency, "p99", time_json(m->first_p99));
    json_object_set_new(latency, "max", time_json(m->first_max));
    json_object_set_new(object, "latency", latency);
    json_object_set_new(object, "submitted", json_integer((json_int_t)m->n_submitted));
    json_object_set_new(object, "committed", json_integer((json_int_t)m->n_committed));
    json_object_set_new(object, "never_committed", json_integer((json_int_t)m->n_open));
    json_object_set_new(object, "given_to_faulty", json_integer((json_int_t)m->n_to_faulty));
    json_object_set_new(object, "throughput_per_s", json_real((double)m->throughput_nhz * 1e-9));
    json_object_set_new(object, "throughput_from", time_json(m->window_from));
    json_object_set_new(object, "throughput_to", time_json(m->window_to));
    json_object_set_new(object, "max_gap", m->n_heights ? time_json(m->max_gap) : json_null());
    json_object_set_new(object, "block_interval",
                        json_pack("{s:s, s:o, s:o}", "unit", "ns", "p50", time_json(m->block_p50),
                                  "max", time_json(m->block_max)));
    json_object_set_new(object, "signatures", json_string(is_modelled(s) ? "modelled" : "real"));
    json_object_set_new(object, "trace", trace ? json_string(trace) : json_null());
    json_object_set_new(object, "mishap", orr_mishap_json(s, r));
    json_object_set_new(object, "stopped", orr_stops_json(s, r));
    static const char *const ends[] = {"complete", "violation", "interrupted", "trace failed",
                                       "mishap"};
    json_object_set_new(object, "ended", json_string(ends[r->end]));
    bool failed = r->end == ORR_RUN_TRACE_FAILED;
    json_object_set_new(object, "error", failed ? json_string(r->trace_message) : json_null());
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    printf("%s\n", text);
    free(text);
    json_decref(object);
}

/* ---- arguments ---- */

static bool add_override(struct options *o, const char *text) {
    if (!strchr(text, '=') || o->n_overrides == MAX_OVERRIDES) {
        fprintf(stderr, "orrery run: --set wants KEY=VALUE, at most %d times\n", MAX_OVERRIDES);
        return false;
    }
    o->overrides[o->n_overrides++] = text;
    return true;
}

/* One option; false when it has been said to be wrong. */
static bool take_option(struct options *o, const struct orr_options *walk, int option,
                        const char *value) {
    static char seed[32];
    uint64_t n;
    switch (option) {
    case JSON: return o->json = true;
    case QUIET: return o->quiet = true;
    case LOG: return o->log = true;
    case NO_TRACE: return o->no_trace = true;
    case NO_PLOT: return o->no_plot = true;
    case NO_MEMO: return o->run.no_memo = true;
    case POISON: return o->run.poison = true;
    case SHUFFLE_TIES:
        return orr_options_number(walk, "--shuffle-ties", value, &o->run.shuffle_ties);
    case SET: return add_override(o, value);
    case OUT: return (o->out = value);
    default:
        if (!orr_options_number(walk, "--seed", value, &n)) return false;
        snprintf(seed, sizeof seed, "seed=%llu", (unsigned long long)n);
        return add_override(o, seed);
    }
}

/* 0, or the exit code + 1 with which to end at once. */
static int read_arguments(int argc, char **argv, struct options *o) {
    struct orr_options walk = {
        .verb = "run", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(stdout);
        if (i == ORR_OPTION_BAD) return 3;
        if (i >= 0 && !take_option(o, &walk, i, value)) return 3;
        if (i != ORR_OPTION_OPERAND) continue;
        if (o->path) {
            fprintf(stderr, "orrery run: one scenario at a time, not '%s' and '%s'\n", o->path,
                    value);
            return 3;
        }
        o->path = value;
    }
    return o->path ? 0 : 1 + usage(stderr);
}

/* The picture beside the trace.  Without gnuplot the run is as good: the reason is printed. */
static void draw(const char *trace) {
    char verb[] = "plot", *argv[] = {verb, (char *)trace, NULL};
    printf("  picture      ");
    fflush(stdout);
    if (orr_main_plot(2, argv)) printf("none\n");
}

/* A tap: the lines that nodes put out, as `1.250000000 s  val.3  text`. */
static void print_log(void *ctx, const struct orr_tap_record *r) {
    const struct orr_scenario *s = ctx;
    if (r->key != ORR_OUT_LOG || !r->msg) return;
    const struct orr_group_spec *g = orr_scenario_group_of(s, r->node);
    fprintf(stderr, "%14.9f s  %s.%u  ", (double)r->at * 1e-9, g->name, r->node - g->first);
    orr_text_print((const char *)r->msg->data, r->msg->len, stderr);
    fputc('\n', stderr);
}

static int run(struct options *o, const struct orr_scenario *s, struct orr_diags *diags) {
    char path[ORR_PLACE_MAX];
    uint32_t parts = o->no_trace ? 0 : s->record.parts;
    const char *trace = parts & ORR_RECORD_TRACE ? path : NULL;
    if (parts && !orr_run_place(s, o->out, o->run.shuffle_ties, path, sizeof path)) return 2;
    struct orr_index_recording *rows = NULL;
    struct progress progress = {!o->quiet && !o->json && !o->log && isatty(STDERR_FILENO),
                                wall_s(), 0};
    struct orr_tap log = {ORR_TAP_BIT(ORR_TAP_OUTPUT), (void *)s, print_log, o->run.taps};
    if (o->log) o->run.taps = &log;
    if (parts & ORR_RECORD_INDEX) {
        rows = orr_index_recording_new(s, path);
        orr_index_recording_tap(rows)->next = o->run.taps;
        o->run.taps = orr_index_recording_tap(rows);
    }
    o->run.trace_path = trace;
    o->run.progress = on_progress;
    o->run.ctx = &progress;
    listen_to(SIGINT);
    listen_to(SIGTERM);
    signal(SIGXFSZ, SIG_IGN); /* a file past the limit is an error of the trace, told as one */
    struct orr_run_result result;
    int error = orr_run(s, &o->run, &result, diags);
    orr_stdout_give_back(o->kept_stdout);
    double wall = wall_s() - progress.started;
    if (progress.show) fprintf(stderr, "\r\033[K");
    orr_diags_print(diags, stderr, orr_diag_colour(stderr));
    int code = error == ORR_ENOMEM ? 3 : 2;
    if (!error) {
        bool ran = result.counts.events > 0;
        if (o->json) print_json(s, &result, wall, trace);
        else if (!o->quiet && ran) print_summary(s, &result, wall, trace);
        bool can_plot = trace && result.end != ORR_RUN_TRACE_FAILED &&
                        s->record.parts & ORR_RECORD_DECISIONS &&
                        (result.measures.n_heights > 1 || result.measures.n_committed);
        if (can_plot && !o->json && !o->quiet && !o->no_plot) draw(trace);
        fflush(stdout);
        code = result.pass ? 0 : result.mishap.kind == ORR_MISHAP_NO_TIME ? 2 : 1;
        if (result.mishap.kind) orr_mishap_print(s, &result, stderr);
        if (result.end == ORR_RUN_MISHAP) print_replay(o, s);
        if (!result.pass && (result.end == ORR_RUN_COMPLETE || result.end == ORR_RUN_VIOLATION))
            print_failures(o, s, &result);
        if (result.end == ORR_RUN_STOPPED) {
            fprintf(stderr, "orrery run: interrupted at %.3f s simulated%s\n",
                    (double)result.ended_at * 1e-9, trace ? "; the trace is readable" : "");
            code = 3;
        }
        if (result.end == ORR_RUN_TRACE_FAILED) {
            fprintf(stderr, "orrery run: %s\n", ORR_SHOWN(result.trace_message));
            code = 3;
        }
    }
    orr_run_result_fini(&result);
    int failed = rows ? orr_index_recording_end(rows, o->json || o->quiet ? NULL : stdout) : 0;
    return failed ? failed : code;
}

int orr_main_run(int argc, char **argv) {
    struct options o = {0};
    int end = read_arguments(argc, argv, &o);
    if (end) return end - 1;
    struct orr_diags diags = {0};
    struct orr_scenario *scenario = NULL;
    o.kept_stdout = orr_stdout_keep();
    int error = orr_scenario_load(o.path, o.overrides, o.n_overrides, &scenario, &diags);
    int code = error == ORR_ENOMEM ? 3 : 2;
    if (error) orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    else code = run(&o, scenario, &diags);
    orr_scenario_free(scenario); /* also when it is bad: messages point into it */
    orr_diags_fini(&diags);
    return code;
}
