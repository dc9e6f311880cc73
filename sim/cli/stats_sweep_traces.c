/* The rows that the table gives of each trace become one long table, in which a row stands for a
 * run and a row of the table; the statistics of a sweep's index do the rest. */
#include "sim/cli/stats_sweep_traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/diag.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/stats_sweep.h"

enum { BAD_INPUT = 2, MACHINE_FAILED = 3, KEY = 512, COLUMNS = ORR_SHEET_COLUMNS + ORR_NAMES_MAX };

struct gathering {
    const struct orr_stats_traces *asked;
    const struct orr_table *index;
    struct orr_names keys; /* columns of the index */
    size_t key_at[ORR_NAMES_MAX];
    const char *by;           /* what the table is grouped by, or NULL */
    struct orr_sheet pattern; /* its columns alone; the first, `trace`, is left out of all */
    struct orr_sheet *of_run; /* [n_rows of the index] */
    char (*tuples)[KEY];      /* [n_tuples] texts of a row, each behind its length */
    size_t n_tuples, cap, n_traces;
};

/* ---- which columns ---- */

static bool split_by(struct gathering *g) {
    const struct orr_names none = {.n = 0}, *by = &g->asked->by;
    struct orr_names chosen = {.n = 0}, unused;
    bool groups = g->asked->of->by || !strcmp(g->asked->of->name, "times");
    g->by = NULL;
    for (size_t i = 0; i < by->n; i++) {
        static const char *const groupings[] = {"region", "role", "cohort", "node", "kind"};
        bool is_grouping = false;
        for (size_t k = 0; k < sizeof groupings / sizeof groupings[0]; k++)
            is_grouping |= !strcmp(by->v[i], groupings[k]);
        if (!is_grouping || orr_table_column(g->index, by->v[i]) != SIZE_MAX) {
            chosen.v[chosen.n++] = by->v[i];
            continue;
        }
        if (g->by || !groups) {
            fprintf(stderr, "orrery stats: %s of traces is grouped by %s\n", g->asked->of->name,
                    groups ? "one thing" : "nothing");
            return false;
        }
        g->by = by->v[i];
    }
    if (!g->by) g->by = g->asked->of->by;
    return orr_sweep_choose(g->index, "stats", g->asked->file, chosen.n ? &chosen : &none, &none,
                            &g->keys, &unused) &&
           orr_sweep_columns(g->index, "stats", g->asked->file, &g->keys, g->key_at);
}

/* ---- the traces ---- */

static int read_run(struct gathering *g, size_t row, size_t digest) {
    char path[8300], error[ORR_READER_ERROR_LEN] = "";
    const char *slash = strrchr(g->asked->file, '/'), *name = orr_table_cell(g->index, row, digest);
    struct orr_trace_reader *reader = NULL;
    struct orr_sheet *sheet = &g->of_run[row];
    *sheet = g->pattern;
    snprintf(path, sizeof path, "%.*s/traces/%.64s.h5", slash ? (int)(slash - g->asked->file) : 1,
             slash ? g->asked->file : ".", name);
    if (strchr(name, '/') || access(path, R_OK)) return 0;
    int status = orr_trace_reader_open(&reader, path, error);
    if (!status) status = g->asked->of->add(sheet, reader, path, g->by, error);
    orr_trace_reader_close(reader);
    g->n_traces++;
    if (!status || status == ORR_ENOTFOUND) return 0; /* it has no such rows */
    fprintf(stderr, "orrery stats: %s\n", ORR_SHOWN(error));
    return status == ORR_EIO ? MACHINE_FAILED : BAD_INPUT;
}

/* The texts of a row, so that rows of different runs can be told to be the same; rows of one run
 * with the same texts are counted. */
static void tuple_of(const struct orr_sheet *s, size_t row, char key[KEY]) {
    size_t len = 0, same = 0;
    for (size_t c = 1; c < s->n_columns && len < KEY - 24; c++) {
        if (!s->is_text[c]) continue;
        const char *text = s->cells[row * s->n_columns + c];
        int n = snprintf(key + len, KEY - 24 - len, "%.60s\n", text);
        len += n > 0 && (size_t)n < KEY - 24 - len ? (size_t)n : 0;
    }
    key[len] = '\0';
    for (size_t before = 0; before < row; before++) {
        bool is_same = true;
        for (size_t c = 1; c < s->n_columns && is_same; c++)
            is_same = !s->is_text[c] || !strcmp(s->cells[before * s->n_columns + c],
                                                s->cells[row * s->n_columns + c]);
        same += is_same;
    }
    if (same) snprintf(key + len, 24, "%zu", same);
}

static void add_tuple(struct gathering *g, const char *key) {
    for (size_t i = 0; i < g->n_tuples; i++)
        if (!strcmp(g->tuples[i], key)) return;
    if (g->n_tuples == g->cap) {
        g->cap = g->cap ? 2 * g->cap : 64;
        g->tuples = orr_xrealloc(g->tuples, g->cap * sizeof *g->tuples);
    }
    strcpy(g->tuples[g->n_tuples++], key);
}

/* ---- the long table ---- */

struct longer {
    struct orr_table table;
    char *head[COLUMNS];
    size_t text_at[COLUMNS], n_texts; /* columns of the pattern */
    size_t number_at[COLUMNS], n_numbers;
};

static bool is_wanted(const struct orr_names *metrics, const char *name) {
    bool any = !metrics->n || (metrics->n == 1 && !strcmp(metrics->v[0], "all"));
    for (size_t i = 0; i < metrics->n && !any; i++) any = !strcmp(metrics->v[i], name);
    return any;
}

static bool check_metrics(const struct gathering *g) {
    const struct orr_names *m = &g->asked->metrics;
    for (size_t i = 0; i < m->n; i++) {
        bool known = !strcmp(m->v[i], "all");
        for (size_t c = 1; c < g->pattern.n_columns && !known; c++)
            known = !g->pattern.is_text[c] && !strcmp(g->pattern.head[c], m->v[i]);
        if (known) continue;
        const char *near =
            orr_diag_nearest(m->v[i], strlen(m->v[i]), g->pattern.head, g->pattern.n_columns);
        fprintf(stderr, "orrery stats: %s has no number '%s'", g->asked->of->name,
                ORR_SHOWN(m->v[i]));
        if (near) fprintf(stderr, "; did you mean '%s'?", ORR_SHOWN(near));
        fputc('\n', stderr);
        return false;
    }
    return true;
}

static void lay_columns(const struct gathering *g, struct longer *l) {
    const struct orr_sheet *p = &g->pattern;
    l->table = (struct orr_table){.head = l->head, .n_columns = g->keys.n};
    for (size_t i = 0; i < g->keys.n; i++) l->head[i] = (char *)g->keys.v[i];
    for (size_t c = 1; c < p->n_columns; c++)
        if (p->is_text[c]) l->text_at[l->n_texts++] = c;
    for (size_t c = 1; c < p->n_columns; c++)
        if (!p->is_text[c] && is_wanted(&g->asked->metrics, p->head[c]))
            l->number_at[l->n_numbers++] = c;
    for (size_t i = 0; i < l->n_texts; i++) /* `metric` is the name of a number here */
        l->head[l->table.n_columns++] =
            (char *)(strcmp(p->head[l->text_at[i]], "metric") ? p->head[l->text_at[i]] : "of");
    for (size_t i = 0; i < l->n_numbers; i++)
        l->head[l->table.n_columns++] = (char *)p->head[l->number_at[i]];
}

/* The row of a run that has these texts, or SIZE_MAX. */
static size_t row_of(const struct orr_sheet *s, const char *tuple) {
    char key[KEY];
    for (size_t row = 0; row < s->n_cells / s->n_columns; row++) {
        tuple_of(s, row, key);
        if (!strcmp(key, tuple)) return row;
    }
    return SIZE_MAX;
}

/* Texts come from any run that has the row. */
static void fill(const struct gathering *g, struct longer *l) {
    size_t n_runs = g->index->n_rows, n = 0;
    l->table.n_rows = n_runs * g->n_tuples;
    l->table.cells =
        orr_xrealloc(NULL, (l->table.n_rows * l->table.n_columns + 1) * sizeof *l->table.cells);
    for (size_t t = 0; t < g->n_tuples; t++) {
        const struct orr_sheet *model = NULL;
        size_t model_row = SIZE_MAX;
        for (size_t run = 0; run < n_runs && model_row == SIZE_MAX; run++) {
            model = &g->of_run[run];
            model_row = row_of(model, g->tuples[t]);
        }
        for (size_t run = 0; run < n_runs; run++) {
            const struct orr_sheet *s = &g->of_run[run];
            size_t row = row_of(s, g->tuples[t]);
            for (size_t i = 0; i < g->keys.n; i++)
                l->table.cells[n++] = (char *)orr_table_cell(g->index, run, g->key_at[i]);
            for (size_t i = 0; i < l->n_texts; i++)
                l->table.cells[n++] = model->cells[model_row * model->n_columns + l->text_at[i]];
            for (size_t i = 0; i < l->n_numbers; i++)
                l->table.cells[n++] =
                    row == SIZE_MAX ? (char *)"" : s->cells[row * s->n_columns + l->number_at[i]];
        }
    }
}

static void print(const struct gathering *g, enum orr_sheet_form form) {
    struct longer l = {.n_texts = 0};
    struct orr_names by = {.n = 0}, metrics = {.n = 0};
    size_t by_at[ORR_NAMES_MAX], metric_at[ORR_NAMES_MAX];
    struct orr_sheet sheet;
    char note[1024];
    lay_columns(g, &l);
    fill(g, &l);
    for (size_t i = 0; i < g->keys.n + l.n_texts && by.n < ORR_NAMES_MAX; i++)
        by_at[by.n] = i, by.v[by.n++] = l.head[i];
    for (size_t i = g->keys.n + l.n_texts; i < l.table.n_columns && metrics.n < ORR_NAMES_MAX; i++)
        metric_at[metrics.n] = i, metrics.v[metrics.n++] = l.head[i];
    orr_stats_sweep(&sheet, &l.table, &by, by_at, &metrics, metric_at);
    snprintf(note, sizeof note, "%s; of each run: %s", sheet.note,
             g->asked->of->note ? g->asked->of->note : g->asked->of->name);
    sheet.note = note;
    orr_sheet_print(&sheet, form, stdout);
    orr_sheet_fini(&sheet);
    free(l.table.cells);
}

int orr_stats_traces_print(const struct orr_stats_traces *asked, enum orr_sheet_form form) {
    struct gathering g = {.asked = asked, .index = asked->index};
    char key[KEY];
    if (!split_by(&g)) return BAD_INPUT;
    size_t digest = orr_table_column(g.index, "digest"), n = g.index->n_rows;
    orr_sheet_column(&g.pattern, "trace", true);
    asked->of->columns(&g.pattern, g.by);
    if (digest == SIZE_MAX || !check_metrics(&g)) return BAD_INPUT;
    g.of_run = orr_xrealloc(NULL, (n + 1) * sizeof *g.of_run);
    int code = 0;
    size_t n_read = 0;
    for (; n_read < n && !code; n_read++) {
        code = read_run(&g, n_read, digest);
        const struct orr_sheet *s = &g.of_run[n_read];
        for (size_t row = 0; row < s->n_cells / s->n_columns && !code; row++) {
            tuple_of(s, row, key);
            add_tuple(&g, key);
        }
    }
    if (!code && !g.n_tuples) {
        fprintf(stderr, "orrery stats: %s: %s\n", ORR_SHOWN(asked->file),
                g.n_traces ? "its traces hold nothing of that"
                           : "the sweep has kept no traces (orrery sweep --traces keeps them)");
        code = BAD_INPUT;
    }
    if (!code) print(&g, form);
    for (size_t i = 0; i < n_read; i++) orr_sheet_fini(&g.of_run[i]);
    free(g.of_run), free(g.tuples);
    return code;
}
