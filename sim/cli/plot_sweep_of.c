/* plot_sweep_of.c - `orrery plot SWEEP`: which columns are meant, and where the picture goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot_sweep.h"
#include "models/base/error.h"
#include "sim/base/diag.h"
#include "sim/base/text.h"
#include "sim/cli/plot_options.h"

/* The column of a name that was said; SIZE_MAX, told: there is none. */
static size_t said(const struct orr_table *t, const char *file, const char *name) {
    size_t column = orr_table_column(t, name);
    if (column != SIZE_MAX) return column;
    const char *near =
        orr_diag_nearest(name, strlen(name), (const char *const *)t->head, t->n_columns);
    fprintf(stderr, "orrery plot: %s has no column '%s'", ORR_SHOWN(file), ORR_SHOWN(name));
    if (near) fprintf(stderr, "; did you mean '%s'?", ORR_SHOWN(near));
    fputc('\n', stderr);
    return SIZE_MAX;
}

/* What was not said: x is the first key that the sweep varies, the next one tells curves apart. */
static bool choose(const struct orr_plot_wishes *w, const char *file, struct orr_plot_sweep *p) {
    const struct orr_table *t = p->table;
    size_t seed = orr_table_column(t, "seed"), status = orr_table_column(t, "status");
    if (seed == SIZE_MAX || status == SIZE_MAX || status < seed) {
        fprintf(stderr, "orrery plot: %s: is no index of a sweep\n", ORR_SHOWN(file));
        return false;
    }
    if (!w->x && status == seed + 1) {
        fprintf(stderr, "orrery plot: %s: the sweep varies no key; --x COLUMN says what against\n",
                ORR_SHOWN(file));
        return false;
    }
    p->x = w->x ? said(t, file, w->x) : seed + 1;
    p->y = said(t, file, w->y ? w->y : "latency_p50_s");
    if (p->x == SIZE_MAX || p->y == SIZE_MAX) return false;
    p->by = p->across = SIZE_MAX;
    bool is_load = w->kind && !strcmp(w->kind, "load");
    if (is_load && (p->across = said(t, file, "throughput_per_s")) == SIZE_MAX) return false;
    if (w->by) return (p->by = said(t, file, w->by)) != SIZE_MAX;
    bool many = orr_plot_is_groups(w->kind); /* runs that differ in other keys share a group */
    for (size_t c = seed + 1; c < status && p->by == SIZE_MAX && !many; c++)
        if (c != p->x) p->by = c;
    return true;
}

/* FOLDER/Y-X.png beside the index. */
static bool beside(const struct orr_plot_sweep *p, const char *index, const char *ending,
                   char *path, size_t size) {
    const char *slash = strrchr(index, '/');
    int len = slash ? (int)(slash + 1 - index) : 0;
    int n = snprintf(path, size, "%.*s%s-%s.%s", len, index, p->table->head[p->y],
                     p->table->head[p->x], ending);
    for (char *at = path + len; n > 0 && (size_t)n < size && *at; at++)
        if (*at == '/' || *at == ' ') *at = '-';
    return n > 0 && (size_t)n < size;
}

int orr_plot_sweep_of(const struct orr_plot_wishes *w, const char *index, int format) {
    _Static_assert((int)ORR_PICTURE_ERROR == (int)ORR_TABLE_ERROR, "one buffer for both");
    char error[ORR_PICTURE_ERROR];
    char path[4096];
    struct orr_table table;
    struct orr_plot_sweep plot = {.table = &table, .fit = w->fit,
                                  .log_x = w->log_x || (w->fit && !w->log_y),
                                  .log_y = w->log_y || (w->fit && !w->log_x),
                                  .style = {(enum orr_plot_format)format, w->paper, w->width_mm,
                                            w->font, w->title}};
    int status = orr_table_read(index, &table, error);
    bool good = !status && choose(w, index, &plot) &&
                (w->out || beside(&plot, index, orr_plot_format_ending(format), path, sizeof path));
    if (good) {
        plot.picture = w->out ? w->out : path;
        if (orr_plot_is_groups(w->kind)) {
            int code = orr_plot_groups_of_sweep(w, &table, plot.x, plot.y, plot.by, format,
                                                plot.picture);
            orr_table_fini(&table);
            return code;
        }
        status = orr_plot_sweep_draw(&plot, error);
        if (!status) printf("%s\n", ORR_SHOWN(plot.picture));
    }
    if (status) fprintf(stderr, "orrery plot: %s\n", ORR_SHOWN(error));
    orr_table_fini(&table);
    if (good && !status) return 0;
    return status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM ? 3 : 2;
}
