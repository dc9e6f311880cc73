/* orrery stats SWEEP|TRACE...: what runs gave, in numbers with their confidence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/latency.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/sheet.h"
#include "sim/cli/sweep_columns.h"
#include "sim/cli/sweep_index.h"

enum { FILES_MAX = 64, BAD_INPUT = 2 };

struct wishes {
    const char *files[FILES_MAX];
    size_t n_files;
    struct orr_names by, metrics;
    enum orr_sheet_form form;
};

enum { BY, METRIC, JSON, CSV, LATEX };
static const struct orr_option options[] = {
    [BY] = {"--by", "COLUMN,...", "of a sweep: group by these (default: the keys that it varies)"},
    [METRIC] = {"--metric", "COLUMN,...", "of a sweep: these, or all (default: throughput, median\n"
                                          "and p99 latency, block interval)"},
    [JSON] = {"--json", NULL, "one object on standard output"},
    [CSV] = {"--csv", NULL, "a table with all digits (RFC 4180)"},
    [LATEX] = {"--latex", NULL, "a table for the LaTeX package booktabs"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery stats SWEEP | TRACE.h5... [OPTION...]\n\n"
                "Of a sweep (a folder with an index.csv, or such a file) it prints for each group "
                "of\nruns and each number: how many runs, mean over the runs with a 95 %%\n"
                "confidence interval, standard deviation, least, median, greatest.  Of traces:\n"
                "how long transactions and blocks took, with percentiles (nearest rank, exact).\n"
                "Times are in seconds.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 printed, 2 bad input.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "stats", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(stdout);
        if (i == ORR_OPTION_BAD) return 1 + BAD_INPUT;
        if (i == BY && !orr_names_take(&w->by, "stats", value)) return 1 + BAD_INPUT;
        if (i == METRIC && !orr_names_take(&w->metrics, "stats", value)) return 1 + BAD_INPUT;
        if (i == JSON) w->form = ORR_SHEET_JSON;
        if (i == CSV) w->form = ORR_SHEET_CSV;
        if (i == LATEX) w->form = ORR_SHEET_LATEX;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->n_files == FILES_MAX) {
            fprintf(stderr, "orrery stats: more than %d files\n", FILES_MAX);
            return 1 + BAD_INPUT;
        }
        w->files[w->n_files++] = value;
    }
    return w->n_files ? 0 : 1 + usage(stderr);
}

/* ---- sweeps ---- */

/* One row: the group of which `first` is the first run, and a metric. */
static void add_group(struct orr_sheet *sheet, const struct orr_table *t, size_t first,
                      const struct orr_names *by, const size_t *by_at, const char *metric,
                      size_t column, double *v) {
    size_t n = 0, n_missing = 0;
    for (size_t row = first; row < t->n_rows; row++) {
        if (!orr_sweep_same_group(t, first, row, by_at, by->n)) continue;
        if (orr_table_number(t, row, column, &v[n])) n++;
        else n_missing++;
    }
    for (size_t i = 0; i < by->n; i++)
        orr_sheet_text(sheet, orr_table_cell(t, first, by_at[i]));
    orr_sheet_text(sheet, metric);
    orr_sheet_count(sheet, n);
    orr_sheet_count(sheet, n_missing);
    struct orr_summary s = {.mean = NAN, .sd = NAN, .min = NAN, .p50 = NAN, .max = NAN,
                            .mean_in = {NAN, NAN}};
    if (n) s = orr_summarise(v, n);
    const double numbers[] = {s.mean, s.mean_in.low, s.mean_in.high, s.sd, s.min, s.p50, s.max};
    for (int i = 0; i < 7; i++) orr_sheet_number(sheet, numbers[i]);
}

static void add_sweep(struct orr_sheet *sheet, const struct orr_table *t,
                      const struct orr_names *by, const size_t *by_at,
                      const struct orr_names *metrics, const size_t *metric_at) {
    double *v = orr_xrealloc(NULL, (t->n_rows + 1) * sizeof *v);
    for (size_t row = 0; row < t->n_rows; row++) {
        bool is_first = true;
        for (size_t before = 0; before < row && is_first; before++)
            is_first = !orr_sweep_same_group(t, before, row, by_at, by->n);
        for (size_t m = 0; m < metrics->n && is_first; m++)
            add_group(sheet, t, row, by, by_at, metrics->v[m], metric_at[m], v);
    }
    free(v);
}

static int stats_of_sweep(const struct wishes *w, const char *file) {
    char error[ORR_TABLE_ERROR];
    struct orr_table t;
    struct orr_names by, metrics;
    size_t by_at[ORR_NAMES_MAX], metric_at[ORR_NAMES_MAX];
    if (orr_table_read(file, &t, error)) {
        fprintf(stderr, "orrery stats: %s\n", ORR_SHOWN(error));
        return BAD_INPUT;
    }
    bool good = orr_sweep_choose(&t, "stats", file, &w->by, &w->metrics, &by, &metrics) &&
                orr_sweep_columns(&t, "stats", file, &by, by_at) &&
                orr_sweep_columns(&t, "stats", file, &metrics, metric_at);
    if (good) {
        struct orr_sheet sheet = {.note = ORR_SUMMARY_METHOD};
        for (size_t i = 0; i < by.n; i++) orr_sheet_column(&sheet, by.v[i], true);
        orr_sheet_column(&sheet, "metric", true);
        static const char *const numbers[] = {"runs", "missing", "mean",   "mean_low", "mean_high",
                                              "sd",   "min",     "median", "max"};
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            orr_sheet_column(&sheet, numbers[i], false);
        add_sweep(&sheet, &t, &by, by_at, &metrics, metric_at);
        orr_sheet_print(&sheet, w->form, stdout);
        orr_sheet_fini(&sheet);
    }
    orr_table_fini(&t);
    return good ? 0 : BAD_INPUT;
}

/* ---- traces ---- */

static void add_times(struct orr_sheet *sheet, const char *file, const char *metric,
                      const struct orr_times *times) {
    if (!times->n) return;
    double mean = 0, square = 0;
    for (size_t i = 0; i < times->n; i++) { /* Welford's recurrence */
        double d = times->v[i].value - mean;
        mean += d / (double)(i + 1);
        square += d * (times->v[i].value - mean);
    }
    orr_sheet_text(sheet, file);
    orr_sheet_text(sheet, metric);
    orr_sheet_count(sheet, times->n);
    orr_sheet_number(sheet, mean);
    orr_sheet_number(sheet, times->n > 1 ? sqrt(square / (double)(times->n - 1)) : NAN);
    static const double q[] = {0.5, 0.9, 0.95, 0.99, 0.999, 1};
    for (int i = 0; i < 6; i++) {
        orr_sheet_number(sheet, orr_quantile(times->v, times->n, q[i]));
        if (q[i] != 0.5 && q[i] != 0.99) continue;
        struct orr_interval in = orr_quantile_interval(times->v, times->n, q[i]);
        orr_sheet_number(sheet, in.low);
        orr_sheet_number(sheet, in.high);
    }
}

static int add_trace(struct orr_sheet *sheet, const char *file) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    struct orr_latencies l;
    int status = orr_trace_reader_open(&reader, file, error);
    if (!status) status = orr_latencies_read(reader, &l, error);
    orr_trace_reader_close(reader);
    if (status) {
        fprintf(stderr, "orrery stats: %s\n", ORR_SHOWN(error));
        return BAD_INPUT;
    }
    add_times(sheet, file, "commit", &l.commit);
    add_times(sheet, file, "final", &l.final);
    add_times(sheet, file, "block_interval", &l.interval);
    orr_latencies_fini(&l);
    return 0;
}

static int stats_of_traces(const struct wishes *w) {
    struct orr_sheet sheet = {.note = "95 % intervals: percentile bootstrap over blocks, 999 "
                                      "resamples, seed 1"};
    orr_sheet_column(&sheet, "trace", true);
    orr_sheet_column(&sheet, "metric", true);
    static const char *const numbers[] = {"n",   "mean", "sd",  "p50",     "p50_low",  "p50_high",
                                          "p90", "p95",  "p99", "p99_low", "p99_high", "p99.9",
                                          "max"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        orr_sheet_column(&sheet, numbers[i], false);
    int code = 0;
    for (size_t i = 0; i < w->n_files && !code; i++) code = add_trace(&sheet, w->files[i]);
    if (!code && !sheet.n_cells) {
        fprintf(stderr, "orrery stats: %s: holds no decisions (`record:` names them)\n",
                ORR_SHOWN(w->files[0]));
        code = BAD_INPUT;
    }
    if (!code) orr_sheet_print(&sheet, w->form, stdout);
    orr_sheet_fini(&sheet);
    return code;
}

int orr_main_stats(int argc, char **argv) {
    struct wishes w = {0};
    int end = read_arguments(argc, argv, &w), code = end ? end - 1 : 0;
    char file[4096];
    size_t n_sweeps = 0;
    for (size_t i = 0; i < w.n_files && !end; i++) n_sweeps += orr_sweep_index_of(w.files[i], file);
    if (!end && n_sweeps && (n_sweeps < w.n_files || n_sweeps > 1)) {
        fprintf(stderr, "orrery stats: one sweep, or traces\n");
        code = BAD_INPUT;
    } else if (!end && n_sweeps) {
        orr_sweep_index_of(w.files[0], file);
        code = stats_of_sweep(&w, file);
    } else if (!end) {
        code = stats_of_traces(&w);
    }
    orr_names_free(&w.by);
    orr_names_free(&w.metrics);
    return code;
}
