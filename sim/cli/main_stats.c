/* orrery stats SWEEP|TRACE...: what runs gave, in numbers with their confidence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/reader.h"
#include "analysis/table.h"
#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/sheet.h"
#include "sim/cli/stats_of.h"
#include "sim/cli/stats_sweep.h"
#include "sim/cli/stats_sweep_traces.h"
#include "sim/cli/sweep_columns.h"
#include "sim/cli/sweep_index.h"

enum { FILES_MAX = 64, BAD_INPUT = 2 };

struct wishes {
    const char *files[FILES_MAX];
    size_t n_files;
    struct orr_names by, metrics;
    const struct orr_stats_table *of; /* of traces; NULL: not said */
    enum orr_sheet_form form;
};

enum { OF, BY, METRIC, JSON, CSV, LATEX };
static const struct orr_option options[] = {
    [OF] = {"--of", "TABLE",
            "of traces, and of a sweep that kept them: one of the tables below\n"
            "(default: times)"},
    [BY] = {"--by", "COLUMN,...",
            "of a sweep: group by these (default: the keys that it varies);\n"
            "of traces: region, role, cohort (val of val.3), node or kind;\n"
            "of a sweep with --of: both, as n,region"},
    [METRIC] = {"--metric", "COLUMN,...",
                "of a sweep: these, or all (default: throughput, median\n"
                "and p99 latency, block interval; with --of all)"},
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
                "how long transactions and blocks took, with percentiles (nearest rank, exact),\n"
                "or another table.  Times are in seconds.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nTables of traces:\n");
    for (const struct orr_stats_table *t = orr_stats_tables; t->name; t++) {
        fprintf(to, "  %-9s ", t->name);
        for (const char *c = t->help; *c; c++) {
            fputc(*c, to);
            if (*c == '\n') fputs("            ", to);
        }
        fputc('\n', to);
    }
    fprintf(to, "\nExit codes: 0 printed, 2 bad input.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static bool take_table(struct wishes *w, const char *name) {
    if ((w->of = orr_stats_find(name))) return true;
    fprintf(stderr, "orrery stats: no table '%s':", ORR_SHOWN(name));
    for (const struct orr_stats_table *t = orr_stats_tables; t->name; t++)
        fprintf(stderr, " %s", t->name);
    fputc('\n', stderr);
    return false;
}

static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "stats", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(stdout);
        if (i == ORR_OPTION_BAD) return 1 + BAD_INPUT;
        if (i == OF && !take_table(w, value)) return 1 + BAD_INPUT;
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

static int stats_of_sweep(const struct wishes *w, const char *file) {
    char error[ORR_TABLE_ERROR];
    struct orr_table t;
    struct orr_names by, metrics;
    size_t by_at[ORR_NAMES_MAX], metric_at[ORR_NAMES_MAX];
    if (orr_table_read(file, &t, error)) {
        fprintf(stderr, "orrery stats: %s\n", ORR_SHOWN(error));
        return BAD_INPUT;
    }
    if (w->of) {
        const struct orr_stats_traces asked = {&t, file, w->of, w->by, w->metrics};
        int code = orr_stats_traces_print(&asked, w->form);
        orr_table_fini(&t);
        return code;
    }
    bool good = orr_sweep_choose(&t, "stats", file, &w->by, &w->metrics, &by, &metrics) &&
                orr_sweep_columns(&t, "stats", file, &by, by_at) &&
                orr_sweep_columns(&t, "stats", file, &metrics, metric_at);
    if (good) {
        struct orr_sheet sheet;
        orr_stats_sweep(&sheet, &t, &by, by_at, &metrics, metric_at);
        orr_sheet_print(&sheet, w->form, stdout);
        orr_sheet_fini(&sheet);
    }
    orr_table_fini(&t);
    return good ? 0 : BAD_INPUT;
}

/* ---- traces ---- */

static int add_trace(struct orr_sheet *sheet, const struct orr_stats_table *table, const char *file,
                     const char *by) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, file, error);
    if (!status) {
        status = table->add(sheet, reader, file, by, error);
        if (status == ORR_ENOTFOUND || status == ORR_ELIMIT)
            fprintf(stderr, "orrery stats: %s: %s\n", ORR_SHOWN(file), ORR_SHOWN(error));
        else if (status)
            fprintf(stderr, "orrery stats: %s\n", ORR_SHOWN(error));
    } else {
        fprintf(stderr, "orrery stats: %s\n", ORR_SHOWN(error));
    }
    orr_trace_reader_close(reader);
    return status ? BAD_INPUT : 0;
}

/* What a table is grouped by; false: it cannot be, which has been said. */
static bool choose_by(const struct wishes *w, const struct orr_stats_table *table,
                      const char **by) {
    bool groups = table->by || !strcmp(table->name, "times");
    *by = w->by.n ? w->by.v[0] : table->by;
    if (w->by.n > 1 || (w->by.n && !groups)) {
        fprintf(stderr, "orrery stats: %s of traces is grouped by %s\n", table->name,
                groups ? "one thing" : "nothing");
        return false;
    }
    if (!w->metrics.n) return true;
    fprintf(stderr, "orrery stats: --metric is of sweeps\n");
    return false;
}

static int stats_of_traces(const struct wishes *w) {
    const struct orr_stats_table *table = w->of ? w->of : orr_stats_find("times");
    const char *by;
    if (!choose_by(w, table, &by)) return BAD_INPUT;
    struct orr_sheet sheet = {.note = table->note};
    orr_sheet_column(&sheet, "trace", true);
    table->columns(&sheet, by);
    int code = 0;
    for (size_t i = 0; i < w->n_files && !code; i++)
        code = add_trace(&sheet, table, w->files[i], by);
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
