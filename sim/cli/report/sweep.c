/* sweep.c - what the page shows of a sweep: its index, the numbers of its groups, and how long
 * things took in the first runs of which it kept traces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/report/report.h"
#include "sim/cli/stats_sweep.h"
#include "sim/cli/trace_groups.h"

struct asked {
    struct orr_names by, metrics;
    size_t by_at[ORR_NAMES_MAX], metric_at[ORR_NAMES_MAX];
};

static json_t *texts(const char *const *v, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, orr_report_text(v[i], strlen(v[i])));
    return list;
}

static void put_table(json_t *sweep, const struct orr_table *t) {
    json_t *rows = json_array();
    for (size_t row = 0; row < t->n_rows; row++)
        json_array_append_new(rows, texts((const char *const *)t->cells + row * t->n_columns,
                                          t->n_columns));
    json_object_set_new(sweep, "columns", texts((const char *const *)t->head, t->n_columns));
    json_object_set_new(sweep, "rows", rows);
}

/* As `orrery stats --json` has it. */
static void put_stats(json_t *sweep, const struct orr_table *t, const struct asked *a) {
    struct orr_sheet sheet;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_stats_sweep(&sheet, t, &a->by, a->by_at, &a->metrics, a->metric_at);
    orr_sheet_print(&sheet, ORR_SHEET_JSON, to);
    fclose(to);
    json_t *stats = json_loadb(text, len, 0, NULL);
    json_object_set(sweep, "stats", json_object_get(stats, "rows"));
    json_object_set(sweep, "method", json_object_get(stats, "method"));
    json_object_set_new(sweep, "by", texts(a->by.v, a->by.n));
    json_decref(stats);
    orr_sheet_fini(&sheet);
    free(text);
}

/* A curve for the first run of each group whose trace is there. */
static int add_curve(json_t *curves, const char *folder, const struct orr_table *t, size_t row,
                     const struct asked *a, char *error) {
    char path[8300], name[256] = "";
    size_t digest = orr_table_column(t, "digest"), len = 0;
    struct orr_trace_reader *reader = NULL;
    struct orr_group_times times = {.n = 0};
    if (digest == SIZE_MAX) return 0;
    snprintf(path, sizeof path, "%s/traces/%.64s.h5", folder, orr_table_cell(t, row, digest));
    if (strchr(orr_table_cell(t, row, digest), '/') || access(path, R_OK)) return 0;
    for (size_t i = 0; i < a->by.n && len < sizeof name - 1; i++)
        len += (size_t)snprintf(name + len, sizeof name - len, "%s%.80s", i ? ", " : "",
                                orr_table_cell(t, row, a->by_at[i]));
    int status = orr_trace_reader_open(&reader, path, error);
    if (!status)
        status = orr_trace_group_times(reader, NULL, SIZE_MAX, "commit", &times, error);
    orr_trace_reader_close(reader);
    struct orr_curve *curve = orr_xrealloc(NULL, sizeof *curve);
    if (!status && times.n) {
        orr_curve_distribution(times.v, times.n, false, curve);
        orr_report_curve(curves, *name ? name : "all", curve);
    }
    free(curve), free(times.v);
    return status;
}

static int put_curves(json_t *sweep, const char *index, const struct orr_table *t,
                      const struct asked *a, char *error) {
    json_t *curves = json_array();
    const char *slash = strrchr(index, '/');
    char folder[4096];
    int status = 0;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - index) : 1, slash ? index : ".");
    for (size_t row = 0; row < t->n_rows && !status; row++) {
        bool is_first = json_array_size(curves) < ORR_REPORT_CURVES;
        for (size_t k = 0; k < row && is_first; k++)
            is_first = !orr_sweep_same_group(t, k, row, a->by_at, a->by.n);
        if (is_first) status = add_curve(curves, folder, t, row, a, error);
    }
    json_object_set_new(sweep, "curves", curves);
    return status;
}

/* What the sweep is called: its folder. */
static json_t *name_of(const char *index) {
    const char *end = strrchr(index, '/');
    if (!end) return orr_report_text(index, strlen(index));
    const char *from = end;
    while (from > index && from[-1] != '/') from--;
    return orr_report_text(from, (size_t)(end - from));
}

int orr_report_of_sweep(const char *index, json_t **data, char error[ORR_READER_ERROR_LEN]) {
    static const struct orr_names none, all = {.v = {"all"}, .n = 1};
    struct orr_table t;
    struct asked a;
    _Static_assert((int)ORR_TABLE_ERROR <= ORR_READER_ERROR_LEN, "one buffer for both");
    int status = orr_table_read(index, &t, error);
    if (status) return status;
    if (!orr_sweep_choose(&t, "report", index, &none, &all, &a.by, &a.metrics) ||
        !orr_sweep_columns(&t, "report", index, &a.by, a.by_at) ||
        !orr_sweep_columns(&t, "report", index, &a.metrics, a.metric_at)) {
        orr_table_fini(&t);
        return ORR_EFORMAT;
    }
    json_t *sweep = json_object();
    put_table(sweep, &t);
    put_stats(sweep, &t, &a);
    status = put_curves(sweep, index, &t, &a, error);
    json_t *page = json_pack("{s:o, s:b, s:o}", "name", name_of(index), "finished", 1, "sweep",
                             sweep);
    if (status) json_decref(page);
    else *data = page;
    orr_table_fini(&t);
    return status;
}
