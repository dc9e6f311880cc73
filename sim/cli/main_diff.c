/* orrery diff A B: which numbers of two sweeps, or of two traces, differ, and are the runs the
 * same? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/latency.h"
#include "analysis/two_sample.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/main.h"
#include "sim/cli/options.h"
#include "sim/cli/sheet.h"
#include "sim/cli/sweep_columns.h"
#include "sim/cli/sweep_index.h"

enum { SAME, DIFFERENT, BAD_INPUT };

struct wishes {
    const char *files[2];
    size_t n_files;
    struct orr_names by, metrics;
    enum orr_sheet_form form;
};

/* Rows that wait for the judgement over all of them. */
struct row {
    const char *group[ORR_NAMES_MAX]; /* lent; [n_by], or NULL of a trace */
    const char *metric;
    size_t n_a, n_b;
    struct orr_two_sample r; /* unless one of the two is 0 */
};
struct rows {
    struct row *v;
    size_t n, cap;
};

enum { BY, METRIC, JSON, CSV, LATEX };
static const struct orr_option options[] = {
    [BY] = {"--by", "COLUMN,...", "of sweeps: groups (default: the keys that both vary)"},
    [METRIC] = {"--metric", "COLUMN,...", "of sweeps: these, or all (default: throughput, median\n"
                                          "and p99 latency, block interval)"},
    [JSON] = {"--json", NULL, "one object on standard output"},
    [CSV] = {"--csv", NULL, "a table with all digits (RFC 4180)"},
    [LATEX] = {"--latex", NULL, "a table for the LaTeX package booktabs"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery diff A B [OPTION...]\n\n"
                "A and B are two sweeps, or two traces.  Prints for each number (of a sweep, for\n"
                "each group of its runs) both means, their difference with a 95 %% interval, how\n"
                "likely so great a one is by chance (permutation test), the greatest distance of\n"
                "the two distributions and how likely that is (Kolmogorov-Smirnov), and whether\n"
                "they differ at 5 %% when all rows are judged together.  And whether the runs are\n"
                "the same.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to, "\nExit codes: 0 nothing differs at 5 %%, 1 something does, 2 bad input.\n");
    return to == stdout ? 0 : BAD_INPUT;
}

static int read_arguments(int argc, char **argv, struct wishes *w) {
    struct orr_options walk = {
        .verb = "diff", .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(stdout);
        if (i == ORR_OPTION_BAD) return 1 + BAD_INPUT;
        if (i == BY && !orr_names_take(&w->by, "diff", value)) return 1 + BAD_INPUT;
        if (i == METRIC && !orr_names_take(&w->metrics, "diff", value)) return 1 + BAD_INPUT;
        if (i == JSON) w->form = ORR_SHEET_JSON;
        if (i == CSV) w->form = ORR_SHEET_CSV;
        if (i == LATEX) w->form = ORR_SHEET_LATEX;
        if (i != ORR_OPTION_OPERAND) continue;
        if (w->n_files == 2) return 1 + usage(stderr);
        w->files[w->n_files++] = value;
    }
    return w->n_files == 2 ? 0 : 1 + usage(stderr);
}

/* ---- what is printed ---- */

static struct row *add(struct rows *rows) {
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? 2 * rows->cap : 64;
        rows->v = orr_xrealloc(rows->v, rows->cap * sizeof *rows->v);
    }
    rows->v[rows->n] = (struct row){.metric = ""};
    return &rows->v[rows->n++];
}

/* Each of the two tests judges all rows that have one.  Returns how many rows differ. */
static size_t judge(const struct rows *rows, bool *differs) {
    double *p = orr_xrealloc(NULL, (rows->n + 1) * sizeof *p);
    bool *below = orr_xrealloc(NULL, (rows->n + 1) * sizeof *below);
    size_t n_differ = 0;
    memset(differs, 0, rows->n * sizeof *differs);
    for (int test = 0; test < 2; test++) {
        size_t n = 0;
        for (size_t i = 0; i < rows->n; i++)
            if (rows->v[i].n_a && rows->v[i].n_b)
                p[n++] = test ? rows->v[i].r.p_ks : rows->v[i].r.p_mean;
        orr_holm(p, n, 0.05, below);
        n = 0;
        for (size_t i = 0; i < rows->n; i++)
            if (rows->v[i].n_a && rows->v[i].n_b) differs[i] |= below[n++];
    }
    for (size_t i = 0; i < rows->n; i++) n_differ += differs[i];
    free(p);
    free(below);
    return n_differ;
}

static void add_row(struct orr_sheet *sheet, const struct row *row, size_t n_by, bool differs) {
    const struct orr_two_sample *r = &row->r;
    for (size_t i = 0; i < n_by; i++) orr_sheet_text(sheet, row->group[i]);
    orr_sheet_text(sheet, row->metric);
    orr_sheet_count(sheet, row->n_a);
    orr_sheet_count(sheet, row->n_b);
    bool has = row->n_a && row->n_b;
    const double numbers[] = {r->mean_a, r->mean_b, r->mean_b - r->mean_a, r->difference.low,
                              r->difference.high, 100 * (r->mean_b - r->mean_a) / fabs(r->mean_a),
                              r->p_mean, r->ks, r->p_ks};
    for (int i = 0; i < 9; i++) orr_sheet_number(sheet, has ? numbers[i] : NAN);
    orr_sheet_text(sheet, !has ? "" : differs ? "yes" : "no");
}

static int print(const struct wishes *w, const struct rows *rows, const struct orr_names *by,
                 const char *sameness) {
    static const char *const numbers[] = {"n_a",      "n_b",       "mean_a",  "mean_b", "diff",
                                          "diff_low", "diff_high", "percent", "p_mean", "ks",
                                          "p_ks"};
    bool *differs = orr_xrealloc(NULL, (rows->n + 1) * sizeof *differs);
    char note[2048];
    size_t n_differ = judge(rows, differs);
    snprintf(note, sizeof note, "%s%s%s", sameness, w->form == ORR_SHEET_TEXT ? "\n" : "; ",
             ORR_TWO_SAMPLE_METHOD);
    struct orr_sheet sheet = {.note = note};
    for (size_t i = 0; i < by->n; i++) orr_sheet_column(&sheet, by->v[i], true);
    orr_sheet_column(&sheet, "metric", true);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        orr_sheet_column(&sheet, numbers[i], false);
    orr_sheet_column(&sheet, "differs", true);
    for (size_t i = 0; i < rows->n; i++) add_row(&sheet, &rows->v[i], by->n, differs[i]);
    orr_sheet_print(&sheet, w->form, stdout);
    orr_sheet_fini(&sheet);
    free(differs);
    return n_differ ? DIFFERENT : SAME;
}

/* ---- sweeps ---- */

struct sweep {
    struct orr_table t;
    size_t by[ORR_NAMES_MAX], metrics[ORR_NAMES_MAX];
    struct orr_sample *v; /* [n_rows + 1] room for the numbers of a group */
};

/* The rows of a group, one of whose rows is `like` of the sweep `of`, in column `metric`. */
static size_t numbers_of(const struct sweep *s, const struct sweep *of, size_t like, size_t n_by,
                         size_t metric) {
    size_t n = 0;
    for (size_t row = 0; row < s->t.n_rows; row++) {
        bool is_in = true;
        for (size_t i = 0; i < n_by && is_in; i++)
            is_in = !strcmp(orr_table_cell(&s->t, row, s->by[i]),
                            orr_table_cell(&of->t, like, of->by[i]));
        if (is_in && orr_table_number(&s->t, row, s->metrics[metric], &s->v[n].value))
            s->v[n].cluster = n, n++;
    }
    orr_samples_sort(s->v, n);
    return n;
}

static void add_group(struct rows *rows, const struct sweep *sweeps, const struct sweep *of,
                      size_t like, size_t n_by, const struct orr_names *metrics) {
    for (size_t m = 0; m < metrics->n; m++) {
        struct row *row = add(rows);
        for (size_t i = 0; i < n_by; i++)
            row->group[i] = orr_table_cell(&of->t, like, of->by[i]);
        row->metric = metrics->v[m];
        row->n_a = numbers_of(&sweeps[0], of, like, n_by, m);
        row->n_b = numbers_of(&sweeps[1], of, like, n_by, m);
        if (row->n_a && row->n_b)
            row->r = orr_two_sample(sweeps[0].v, row->n_a, sweeps[1].v, row->n_b);
    }
}

/* Groups of the first sweep, then those that only the second has. */
static void add_groups(struct rows *rows, const struct sweep *sweeps, size_t n_by,
                       const struct orr_names *metrics) {
    for (int k = 0; k < 2; k++) {
        const struct sweep *s = &sweeps[k];
        for (size_t row = 0; row < s->t.n_rows; row++) {
            bool is_new = true;
            for (size_t before = 0; before < row && is_new; before++)
                is_new = !orr_sweep_same_group(&s->t, before, row, s->by, n_by);
            for (size_t other = 0; k && other < sweeps[0].t.n_rows && is_new; other++) {
                bool same = true;
                for (size_t i = 0; i < n_by && same; i++)
                    same = !strcmp(orr_table_cell(&s->t, row, s->by[i]),
                                   orr_table_cell(&sweeps[0].t, other, sweeps[0].by[i]));
                is_new = !same;
            }
            if (is_new) add_group(rows, sweeps, s, row, n_by, metrics);
        }
    }
}

/* By digest, which is of all that goes into a run, and by what came out. */
static void compare_runs(const struct sweep *sweeps, char *to, size_t size) {
    const struct orr_table *a = &sweeps[0].t, *b = &sweeps[1].t;
    size_t digest[2], fingerprint[2], both = 0, same = 0;
    for (int k = 0; k < 2; k++) {
        digest[k] = orr_table_column(&sweeps[k].t, "digest");
        fingerprint[k] = orr_table_column(&sweeps[k].t, "fingerprint");
    }
    *to = '\0';
    if (digest[0] == SIZE_MAX || digest[1] == SIZE_MAX) return;
    for (size_t i = 0; i < a->n_rows; i++)
        for (size_t j = 0; j < b->n_rows; j++) {
            if (strcmp(orr_table_cell(a, i, digest[0]), orr_table_cell(b, j, digest[1]))) continue;
            const char *print_a = orr_table_cell(a, i, fingerprint[0]);
            both++;
            same += *print_a && !strcmp(print_a, orr_table_cell(b, j, fingerprint[1]));
            break;
        }
    snprintf(to, size, "runs: %zu of %zu and %zu are the same scenario and seed, %zu of these went "
                       "the same way", both, a->n_rows, b->n_rows, same);
}

/* The keys that both vary, unless others are asked for; false: told. */
static bool choose(const struct wishes *w, const char *const *files, struct sweep *sweeps,
                   struct orr_names *by, struct orr_names *metrics) {
    struct orr_names of_a, unused;
    if (!orr_sweep_choose(&sweeps[0].t, "diff", files[0], &w->by, &w->metrics, &of_a, metrics) ||
        !orr_sweep_choose(&sweeps[1].t, "diff", files[1], &w->by, &w->metrics, by, &unused))
        return false;
    by->n = 0;
    for (size_t i = 0; i < of_a.n; i++)
        if (w->by.n || orr_table_column(&sweeps[1].t, of_a.v[i]) != SIZE_MAX)
            by->v[by->n++] = of_a.v[i];
    for (int k = 0; k < 2; k++)
        if (!orr_sweep_columns(&sweeps[k].t, "diff", files[k], by, sweeps[k].by) ||
            !orr_sweep_columns(&sweeps[k].t, "diff", files[k], metrics, sweeps[k].metrics))
            return false;
    return true;
}

static int diff_sweeps(const struct wishes *w, const char *const *files) {
    struct sweep sweeps[2] = {0};
    struct orr_names by, metrics;
    struct rows rows = {0};
    char error[ORR_TABLE_ERROR], sameness[256];
    int code = SAME;
    for (int k = 0; k < 2 && !code; k++) {
        if (orr_table_read(files[k], &sweeps[k].t, error)) {
            fprintf(stderr, "orrery diff: %s\n", ORR_SHOWN(error));
            code = BAD_INPUT;
        }
        sweeps[k].v = orr_xrealloc(NULL, (sweeps[k].t.n_rows + 1) * sizeof *sweeps[k].v);
    }
    if (!code && !choose(w, files, sweeps, &by, &metrics)) code = BAD_INPUT;
    if (!code) {
        add_groups(&rows, sweeps, by.n, &metrics);
        compare_runs(sweeps, sameness, sizeof sameness);
        code = print(w, &rows, &by, sameness);
    }
    for (int k = 0; k < 2; k++) {
        orr_table_fini(&sweeps[k].t);
        free(sweeps[k].v);
    }
    free(rows.v);
    return code;
}

/* ---- traces ---- */

static void add_times(struct rows *rows, const char *metric, const struct orr_times *a,
                      const struct orr_times *b) {
    if (!a->n && !b->n) return;
    struct row *row = add(rows);
    row->metric = metric;
    row->n_a = a->n, row->n_b = b->n;
    if (a->n && b->n) row->r = orr_two_sample(a->v, a->n, b->v, b->n);
}

/* Row by row: nothing that was recorded is left out.  0, or a reader's error. */
static int compare_traces(struct orr_trace_reader *const *readers, char *to, size_t size,
                          char *error) {
    static struct orr_comparison c;
    const struct orr_trace_head *a = orr_trace_reader_head(readers[0]),
                                *b = orr_trace_reader_head(readers[1]);
    bool same_text = a->scenario_len == b->scenario_len &&
                     !memcmp(a->scenario, b->scenario, a->scenario_len);
    bool same_values = !strcmp(a->overrides, b->overrides) && a->seed == b->seed;
    int status = orr_compare(readers[0], readers[1], false, &c, error);
    if (status) return status;
    const char *what = !same_text     ? "of two scenarios"
                       : !same_values ? "of one scenario, with other values or another seed"
                                      : "of one scenario and seed";
    if (c.first.found)
        snprintf(to, size, "runs: %s; their traces first differ in `%s` at %.9f s", what,
                 orr_trace_table_of(c.first.group)->name, (double)c.first.time_ns * 1e-9);
    else if (c.stated.found || c.checkpoint.found || c.hash.found)
        snprintf(to, size, "runs: %s; their traces differ", what);
    else
        snprintf(to, size, "runs: the same run: %llu rows are equal",
                 (unsigned long long)c.n_rows);
    return 0;
}

static int diff_traces(const struct wishes *w) {
    struct orr_trace_reader *readers[2] = {NULL, NULL};
    struct orr_latencies l[2] = {0};
    struct rows rows = {0};
    const struct orr_names none = {.n = 0};
    char error[ORR_READER_ERROR_LEN] = "", sameness[256];
    int status = 0, code = BAD_INPUT;
    for (int k = 0; k < 2 && !status; k++) {
        status = orr_trace_reader_open(&readers[k], w->files[k], error);
        if (!status) status = orr_latencies_read(readers[k], &l[k], error);
    }
    if (!status) status = compare_traces(readers, sameness, sizeof sameness, error);
    if (!status) {
        add_times(&rows, "commit", &l[0].commit, &l[1].commit);
        add_times(&rows, "final", &l[0].final, &l[1].final);
        add_times(&rows, "block_interval", &l[0].interval, &l[1].interval);
        code = print(w, &rows, &none, sameness);
    } else {
        fprintf(stderr, "orrery diff: %s\n", ORR_SHOWN(error));
    }
    for (int k = 0; k < 2; k++) {
        orr_latencies_fini(&l[k]);
        orr_trace_reader_close(readers[k]);
    }
    free(rows.v);
    return code;
}

int orr_main_diff(int argc, char **argv) {
    struct wishes w = {0};
    static char files[2][4096];
    int end = read_arguments(argc, argv, &w), code = end ? end - 1 : 0;
    if (!end) {
        int n_sweeps = orr_sweep_index_of(w.files[0], files[0]) +
                       orr_sweep_index_of(w.files[1], files[1]);
        const char *const names[] = {files[0], files[1]};
        if (n_sweeps == 1) {
            fprintf(stderr, "orrery diff: two sweeps, or two traces\n");
            code = BAD_INPUT;
        } else {
            code = n_sweeps ? diff_sweeps(&w, names) : diff_traces(&w);
        }
    }
    orr_names_free(&w.by);
    orr_names_free(&w.metrics);
    return code;
}
