/* plot_groups_of.c - `orrery plot --kind box|violin`: groups of runs of a sweep, traces beside each
 * other, or groups of nodes of a trace. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot_groups.h"
#include "analysis/stats.h"
#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/plot_options.h"
#include "sim/cli/sweep_columns.h"
#include "sim/cli/trace_groups.h"

struct picture {
    const struct orr_plot_wishes *w;
    struct orr_plot_group groups[ORR_PLOT_GROUPS];
    struct orr_group_times times[ORR_PLOT_GROUPS];
    char names[ORR_PLOT_GROUPS][128];
    char y_label[ORR_TABLE_LABEL];
    size_t n;
};

bool orr_plot_is_groups(const char *kind) {
    return kind && (!strcmp(kind, "box") || !strcmp(kind, "violin"));
}

/* Takes the times; those of nobody make no group. */
static int add(struct picture *p, struct orr_group_times times, char *error) {
    if (!times.n) {
        free(times.v);
        return 0;
    }
    if (p->n == ORR_PLOT_GROUPS) {
        free(times.v);
        snprintf(error, ORR_READER_ERROR_LEN, "more than %d groups", ORR_PLOT_GROUPS);
        return ORR_ELIMIT;
    }
    p->times[p->n] = times;
    p->groups[p->n] = (struct orr_plot_group){p->names[p->n], times.v, times.n};
    p->n++;
    return 0;
}

static int draw(struct picture *p, const char *x_label, int format, const char *path,
                char *error) {
    const struct orr_plot_wishes *w = p->w;
    if (!p->n) {
        snprintf(error, ORR_READER_ERROR_LEN, "there are no values to draw");
        return ORR_ENOTFOUND;
    }
    const struct orr_plot_groups plot = {
        .picture = path, .x_label = x_label, .y_label = p->y_label,
        .style = {(enum orr_plot_format)format, w->paper, w->width_mm, w->font, w->title},
        .is_violin = !strcmp(w->kind, "violin"), .log_y = w->log_y, .groups = p->groups,
        .n = p->n};
    return orr_plot_groups_draw(&plot, error);
}

static int end(struct picture *p, const char *path, int status, const char *error) {
    for (size_t i = 0; i < p->n; i++) free(p->times[i].v);
    if (status) fprintf(stderr, "orrery plot: %s\n", ORR_SHOWN(error));
    else printf("%s\n", ORR_SHOWN(path));
    bool machine = status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM;
    return !status ? 0 : machine ? 3 : 2;
}

/* ---- traces ---- */

/* A group for each trace, or with --by for each group of nodes of a trace. */
static int add_trace(struct picture *p, size_t i, char *error) {
    const struct orr_plot_wishes *w = p->w;
    struct orr_trace_reader *reader = NULL;
    struct orr_trace_groups g = {.n = 1};
    int status = orr_trace_reader_open(&reader, w->traces[i], error);
    if (!status && w->by) status = orr_trace_groups_read(reader, w->by, &g, error);
    for (size_t k = 0; k < g.n && !status; k++) {
        struct orr_group_times times;
        if (p->n < ORR_PLOT_GROUPS) {
            char *name = p->names[p->n];
            orr_plot_curve_name(w, i, name, sizeof p->names[0]);
            size_t len = w->n_traces > 1 ? strlen(name) : 0;
            if (w->by)
                snprintf(name + len, sizeof p->names[0] - len, "%s%s", len ? " " : "", g.names[k]);
        }
        status = orr_trace_group_times(reader, &g, w->by ? k : SIZE_MAX, w->of ? w->of : "commit",
                                       &times, error);
        if (!status) status = add(p, times, error);
    }
    orr_trace_groups_fini(&g);
    orr_trace_reader_close(reader);
    return status;
}

int orr_plot_groups_of_traces(const struct orr_plot_wishes *w, int format, const char *path) {
    char error[ORR_READER_ERROR_LEN] = "", what[ORR_READER_ERROR_LEN];
    struct picture *p = orr_xrealloc(NULL, sizeof *p);
    *p = (struct picture){.w = w};
    const char *label = orr_trace_times_label(w->of ? w->of : "commit");
    snprintf(p->y_label, sizeof p->y_label, "%s", label ? label : "");
    int status = 0;
    for (size_t i = 0; i < w->n_traces && !status; i++) {
        status = add_trace(p, i, error);
        if (status != ORR_ENOTFOUND) continue;
        snprintf(what, sizeof what, "%s", error); /* say of what */
        snprintf(error, sizeof error, "%.200s: %.280s", w->traces[i], what);
    }
    if (!status) status = draw(p, w->by, format, path, error);
    int code = end(p, path, status, error);
    free(p);
    return code;
}

/* ---- sweeps ---- */

static int by_value(const void *a, const void *b) {
    const struct orr_plot_group *x = a, *y = b;
    double v = strtod(x->name, NULL), w = strtod(y->name, NULL);
    return v < w ? -1 : v > w;
}

/* The values of column y in the runs that are alike in x and by. */
static struct orr_group_times values_of(const struct orr_table *t, size_t first,
                                        const size_t *columns, size_t n_columns, size_t y) {
    struct orr_group_times times = {orr_xrealloc(NULL, (t->n_rows + 1) * sizeof *times.v), 0};
    for (size_t row = first; row < t->n_rows; row++) {
        double value;
        if (!orr_sweep_same_group(t, first, row, columns, n_columns)) continue;
        if (orr_table_number(t, row, y, &value))
            times.v[times.n++] = (struct orr_sample){value, row};
    }
    orr_samples_sort(times.v, times.n);
    return times;
}

int orr_plot_groups_of_sweep(const struct orr_plot_wishes *w, const struct orr_table *t, size_t x,
                             size_t y, size_t by, int format, const char *path) {
    char error[ORR_READER_ERROR_LEN] = "", x_label[ORR_TABLE_LABEL];
    struct picture *p = orr_xrealloc(NULL, sizeof *p);
    *p = (struct picture){.w = w};
    const size_t columns[] = {x, by};
    size_t n_columns = by == SIZE_MAX ? 1 : 2;
    bool are_numbers = n_columns == 1;
    int status = 0;
    for (size_t row = 0; row < t->n_rows && !status; row++) {
        double value;
        bool is_first = true;
        for (size_t before = 0; before < row && is_first; before++)
            is_first = !orr_sweep_same_group(t, before, row, columns, n_columns);
        if (!is_first) continue;
        are_numbers &= orr_table_number(t, row, x, &value);
        if (p->n < ORR_PLOT_GROUPS)
            snprintf(p->names[p->n], sizeof p->names[0], "%.60s%s%.60s", orr_table_cell(t, row, x),
                     n_columns > 1 ? ", " : "", n_columns > 1 ? orr_table_cell(t, row, by) : "");
        status = add(p, values_of(t, row, columns, n_columns, y), error);
    }
    if (are_numbers) orr_items_sort(p->groups, p->n, sizeof *p->groups, by_value);
    orr_table_label(t->head[y], p->y_label);
    orr_table_label(t->head[x], x_label);
    if (!status) status = draw(p, x_label, format, path, error);
    int code = end(p, path, status, error);
    free(p);
    return code;
}
