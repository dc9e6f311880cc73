/* plot_traces.c - `orrery plot --kind KIND TRACE...`: several traces in one picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot_curves.h"
#include "analysis/spread.h"
#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/plot_options.h"
#include "analysis/series.h"
#include "sim/cli/trace_curves.h"
#include "sim/cli/trace_grids.h"
#include "sim/cli/trace_groups.h"
#include "sim/cli/trace_series.h"

enum { SHADES = 256 };

struct picture {
    const struct orr_plot_wishes *w;
    struct orr_plot_curves plot;
    struct orr_curve *curves;
    struct orr_curve_shade shades[SHADES];
    char names[ORR_PLOT_CURVES][128], kinds[ORR_PLOT_CURVES][ORR_SPREAD_NAME];
    double low[ORR_CURVE_POINTS], high[ORR_CURVE_POINTS]; /* of a metric of the only trace */
    char y_label[80];
    char *error;
};

void orr_plot_curve_name(const struct orr_plot_wishes *w, size_t i, char *to, size_t size) {
    const char *name = orr_picture_base_name(w->traces[i]);
    size_t len = strlen(name);
    if (len > 3 && !strcmp(name + len - 3, ".h5")) len -= 3;
    if (i < w->n_labels)
        snprintf(to, size, "%s", w->labels[i]);
    else
        snprintf(to, size, "%.*s", (int)len, name);
}

static void name_curve(struct picture *p, size_t i) {
    orr_plot_curve_name(p->w, i, p->names[i], sizeof p->names[i]);
    p->curves[i].name = p->names[i];
}

/* ---- distributions ---- */

static int take_times(struct picture *p, struct orr_trace_reader *reader, bool above,
                      struct orr_curve *curve) {
    const char *of = p->w->of ? p->w->of : "commit";
    struct orr_group_times times;
    int status = orr_trace_group_times(reader, NULL, SIZE_MAX, of, &times, p->error);
    if (status) return status;
    if (!times.n) {
        snprintf(p->error, ORR_READER_ERROR_LEN, "it holds no times of that kind (%.40s)", of);
        status = ORR_ENOTFOUND;
    }
    if (!status) orr_curve_distribution(times.v, times.n, above, curve);
    free(times.v);
    return status;
}

static int take_cdf(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return take_times(p, reader, false, curve);
}
static int take_ccdf(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return take_times(p, reader, true, curve);
}

/* ---- over time ---- */

static int take_throughput(struct picture *p, struct orr_trace_reader *reader,
                           struct orr_curve *curve) {
    return orr_trace_throughput(reader, curve, p->error);
}
static int take_height(struct picture *p, struct orr_trace_reader *reader,
                       struct orr_curve *curve) {
    return orr_trace_height(reader, curve, p->error);
}
static int take_latency(struct picture *p, struct orr_trace_reader *reader,
                        struct orr_curve *curve) {
    return orr_trace_latency(reader, curve, p->error);
}
static int take_queue(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return orr_trace_queue(reader, curve, p->error);
}
static int take_round(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return orr_trace_round(reader, curve, p->error);
}
static int take_bandwidth(struct picture *p, struct orr_trace_reader *reader,
                          struct orr_curve *curve) {
    return orr_trace_bandwidth(reader, curve, p->error);
}
static int take_uplink(struct picture *p, struct orr_trace_reader *reader,
                       struct orr_curve *curve) {
    return orr_trace_uplink(reader, curve, p->error);
}

/* The mean over the nodes; of the only trace also the least and the greatest. */
static int take_series(struct picture *p, struct orr_trace_reader *reader, const char *name,
                       struct orr_curve *curve) {
    struct orr_series *s = orr_xrealloc(NULL, sizeof *s);
    _Static_assert((int)ORR_SERIES_POINTS <= (int)ORR_CURVE_POINTS, "a point each");
    int status = orr_series_read(reader, name, s, p->error);
    for (curve->n = 0; !status && curve->n < s->n; curve->n++) {
        const struct orr_series_point *v = &s->v[curve->n];
        curve->x[curve->n] = v->time_s, curve->y[curve->n] = v->mean;
        p->low[curve->n] = v->least, p->high[curve->n] = v->most;
        p->plot.is_signed |= v->least < 0;
    }
    if (!status && p->w->n_traces == 1) p->plot.low = p->low, p->plot.high = p->high;
    if (!status)
        snprintf(p->y_label, sizeof p->y_label, s->unit[0] ? "%.40s (%.20s)" : "%.40s", s->name,
                 s->unit);
    free(s);
    return status;
}

static int take_mesh(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return take_series(p, reader, "mesh", curve);
}
/* Scores are told in millionths. */
static int take_score(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    int status = take_series(p, reader, "worst_score", curve);
    for (size_t i = 0; !status && i < curve->n; i++)
        curve->y[i] *= 1e-6, p->low[i] *= 1e-6, p->high[i] *= 1e-6;
    return status;
}
static int take_metric(struct picture *p, struct orr_trace_reader *reader,
                       struct orr_curve *curve) {
    if (p->w->metric) return take_series(p, reader, p->w->metric, curve);
    snprintf(p->error, ORR_READER_ERROR_LEN, "--kind metric wants --metric NAME");
    return ORR_EINVAL;
}

/* ---- how messages spread ---- */

static int take_ratio(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    double end_s;
    int status = orr_trace_end(reader, &end_s, p->error);
    return status ? status : orr_spread_ratio(reader, end_s, curve, p->error);
}
static int take_duplicates(struct picture *p, struct orr_trace_reader *reader,
                           struct orr_curve *curve) {
    double end_s;
    int status = orr_trace_end(reader, &end_s, p->error);
    return status ? status : orr_spread_duplicates(reader, end_s, curve, p->error);
}
static int take_hops(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    double end_s;
    int status = orr_trace_end(reader, &end_s, p->error);
    return status ? status : orr_spread_hops(reader, end_s, curve, p->error);
}
/* The curves of one trace, a message kind each. */
static int take_bytes(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    double end_s;
    int status = orr_trace_end(reader, &end_s, p->error);
    return status ? status
                  : orr_spread_bytes(reader, end_s, curve, ORR_PLOT_CURVES, &p->plot.n, p->kinds,
                                     p->error);
}

/* ---- grids, of one trace ---- */

static const struct grid_kind {
    const char *name;
    int (*take)(struct orr_trace_reader *reader, struct orr_trace_grid *grid, char *error);
} grid_kinds[] = {
    {"regions", orr_trace_regions}, {"heat", orr_trace_heat}, {"proposers", orr_trace_proposers}};
enum { N_GRID_KINDS = sizeof grid_kinds / sizeof grid_kinds[0] };

static const struct grid_kind *find_grid(const char *name) {
    for (int i = 0; i < N_GRID_KINDS; i++)
        if (!strcmp(grid_kinds[i].name, name)) return &grid_kinds[i];
    return NULL;
}

static int draw_grid(const struct orr_plot_wishes *w, const struct grid_kind *kind,
                     struct orr_plot_style style, const char *path, char *error) {
    char what[ORR_READER_ERROR_LEN];
    struct orr_trace_grid grid = {.values = NULL};
    struct orr_trace_reader *reader = NULL;
    if (w->n_traces > 1) {
        snprintf(error, ORR_READER_ERROR_LEN, "--kind %s is of one trace", kind->name);
        return ORR_EINVAL;
    }
    int status = orr_trace_reader_open(&reader, w->traces[0], error);
    if (!status) status = kind->take(reader, &grid, error);
    orr_trace_reader_close(reader);
    if (status == ORR_ENOTFOUND || status == ORR_ELIMIT) {
        snprintf(what, sizeof what, "%s", error);
        snprintf(error, ORR_READER_ERROR_LEN, "%.200s: %.280s", w->traces[0], what);
    }
    if (!status) {
        grid.plot.picture = path, grid.plot.style = style;
        status = orr_plot_grid_draw(&grid.plot, error);
    }
    orr_trace_grid_free(&grid);
    return status;
}

/* ---- the picture ---- */

static const struct kind {
    const char *name, *x_label, *y_label;
    int (*take)(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve);
    bool over_time, is_share, is_steps, log_y, is_many, is_whole;
} kinds[] = {
    {"cdf", NULL, "share", take_cdf, false, true, true, false, false, false},
    {"ccdf", NULL, "share above", take_ccdf, false, true, true, true, false, false},
    {"throughput", "time (s)", "committed (1/s)", take_throughput, true, false, false, false, false,
     false},
    {"latency", "submitted at (s)", "median time to commit (s)", take_latency, true, false, false,
     false, false, false},
    {"height", "time (s)", "height", take_height, true, false, true, false, false, false},
    {"round", "time (s)", "greatest round entered", take_round, true, false, true, false, false,
     true},
    {"queue", "time (s)", "transactions waiting", take_queue, true, false, false, false, false,
     false},
    {"bandwidth", "time (s)", "received (Mbit/s)", take_bandwidth, true, false, false, false, false,
     false},
    {"uplink", "time (s)", "waiting for uplinks (B)", take_uplink, true, false, false, false, false,
     false},
    {"mesh", "time (s)", "peers in a mesh", take_mesh, true, false, false, false, false, false},
    {"score", "time (s)", "worst score of a peer", take_score, true, false, false, false, false,
     false},
    {"metric", "time (s)", NULL, take_metric, true, false, false, false, false, false},
    {"ratio", "published at (s)", "share of nodes that have it", take_ratio, true, true, false,
     false, false, false},
    {"duplicates", "time (s)", "copies for each delivery", take_duplicates, true, false, false,
     false, false, false},
    {"hops", "hops", "share of deliveries", take_hops, false, true, true, false, false, false},
    {"bytes", "time (s)", "received (B/s)", take_bytes, true, false, false, false, true, false},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static void say_kinds(const char *name) {
    fprintf(stderr, "orrery plot: no kind '%s': ", ORR_SHOWN(name));
    for (int i = 0; i < N_KINDS; i++) fprintf(stderr, "%s, ", kinds[i].name);
    for (int i = 0; i < N_GRID_KINDS; i++) fprintf(stderr, "%s, ", grid_kinds[i].name);
    fprintf(stderr, "spacetime, box or violin\n");
}

static const struct kind *find_kind(const struct orr_plot_wishes *w, const char **x_label) {
    const struct kind *kind = NULL;
    *x_label = NULL;
    for (int i = 0; i < N_KINDS; i++)
        if (!strcmp(kinds[i].name, w->kind)) kind = &kinds[i];
    const char *of = w->of ? w->of : "commit";
    *x_label = orr_trace_times_label(of);
    if (!kind && !orr_plot_is_groups(w->kind))
        say_kinds(w->kind);
    else if (!*x_label)
        fprintf(stderr,
                "orrery plot: --of is commit, final, block_interval or delivery, not "
                "'%s'\n",
                ORR_SHOWN(of));
    if (kind && kind->x_label) *x_label = kind->x_label;
    return *x_label ? kind : NULL;
}

static int take_trace(struct picture *p, const struct kind *kind, size_t i) {
    char what[ORR_READER_ERROR_LEN];
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, p->w->traces[i], p->error);
    if (!status) status = kind->take(p, reader, &p->curves[i]);
    if (!status && !i && kind->over_time)
        status = orr_trace_shades(reader, p->shades, SHADES, &p->plot.n_shades, p->error);
    orr_trace_reader_close(reader);
    if (!kind->is_many) name_curve(p, i);
    if (status == ORR_ENOTFOUND) { /* say of what */
        snprintf(what, sizeof what, "%s", p->error);
        snprintf(p->error, ORR_READER_ERROR_LEN, "%.200s: %.280s", p->w->traces[i], what);
    }
    return status;
}

static char *beside(const struct orr_plot_wishes *w, int format) {
    const char *trace = w->traces[0];
    size_t len = strlen(trace);
    if (len > 3 && !strcmp(trace + len - 3, ".h5")) len -= 3;
    char *path = orr_xrealloc(NULL, len + 32);
    snprintf(path, len + 32, "%.*s-%s.%s", (int)len, trace, w->kind,
             orr_plot_format_ending(format));
    return path;
}

/* Says how it went; an exit code. */
static int end(const char *path, int status, const char *error) {
    if (status)
        fprintf(stderr, "orrery plot: %s\n", ORR_SHOWN(error));
    else
        printf("%s\n", ORR_SHOWN(path));
    bool machine = status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM;
    return !status ? 0 : machine ? 3 : 2;
}

static int draw_curves(struct picture *p, const struct kind *kind, const char *x_label,
                       struct orr_plot_style style, const char *path) {
    const struct orr_plot_wishes *w = p->w;
    int status = 0;
    size_t n_curves = kind->is_many ? ORR_PLOT_CURVES : w->n_traces;
    if (kind->is_many && w->n_traces > 1) {
        snprintf(p->error, ORR_READER_ERROR_LEN, "--kind %s is of one trace", kind->name);
        return ORR_EINVAL;
    }
    p->curves = orr_xrealloc(NULL, n_curves * sizeof *p->curves);
    p->plot.n = n_curves;
    for (size_t i = 0; i < w->n_traces && !status; i++) status = take_trace(p, kind, i);
    if (!status) {
        p->plot.picture = path, p->plot.style = style;
        p->plot.x_label = x_label, p->plot.y_label = kind->y_label ? kind->y_label : p->y_label;
        p->plot.log_x = w->log_x, p->plot.log_y = w->log_y || kind->log_y;
        p->plot.is_steps = kind->is_steps, p->plot.is_share = kind->is_share;
        p->plot.is_whole = kind->is_whole;
        p->plot.curves = p->curves, p->plot.shades = p->shades;
        status = orr_plot_curves_draw(&p->plot, p->error);
    }
    free(p->curves);
    return status;
}

int orr_plot_traces_of(const struct orr_plot_wishes *w, int format) {
    char error[ORR_READER_ERROR_LEN] = "";
    _Static_assert((int)ORR_PICTURE_ERROR == ORR_READER_ERROR_LEN, "one buffer for both");
    struct picture p = {.w = w, .error = error};
    const struct orr_plot_style style = {(enum orr_plot_format)format, w->paper, w->width_mm,
                                         w->font, w->title};
    const char *x_label = NULL;
    const struct grid_kind *grid = find_grid(w->kind);
    bool is_groups = orr_plot_is_groups(w->kind), is_spacetime = !strcmp(w->kind, "spacetime");
    const struct kind *kind = grid || is_spacetime ? NULL : find_kind(w, &x_label);
    if (!grid && !is_spacetime && !kind && (!is_groups || !x_label)) return 2;
    if (w->n_traces > ORR_PLOT_CURVES && !is_groups) {
        fprintf(stderr, "orrery plot: more than %d traces, which nobody could tell apart\n",
                ORR_PLOT_CURVES);
        return 2;
    }
    char *path = w->out ? strdup(w->out) : beside(w, format);
    int code = 0;
    if (is_groups) {
        code = orr_plot_groups_of_traces(w, format, path);
    } else if (is_spacetime) {
        code = orr_plot_spacetime_of(w, style, path);
    } else {
        int status = grid ? draw_grid(w, grid, style, path, error)
                          : draw_curves(&p, kind, x_label, style, path);
        code = end(path, status, error);
    }
    free(path);
    return code;
}
