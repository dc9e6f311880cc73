/* plot_traces.c - `orrery plot --kind KIND TRACE...`: several traces in one picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/plot_curves.h"
#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/plot_options.h"

enum { ROWS_MAX = 1 << 26, BINS = 120, SHADES = 256 };

struct picture {
    const struct orr_plot_wishes *w;
    struct orr_plot_curves plot;
    struct orr_curve *curves;
    struct orr_curve_shade shades[SHADES];
    char names[ORR_PLOT_CURVES][128];
    char *error;
};

/* What a curve is called: as asked for, or the file's name without its ending. */
static void name_curve(struct picture *p, size_t i) {
    const char *path = p->w->traces[i], *name = orr_picture_base_name(path);
    size_t len = strlen(name);
    if (len > 3 && !strcmp(name + len - 3, ".h5")) len -= 3;
    if (i < p->w->n_labels) snprintf(p->names[i], sizeof p->names[i], "%s", p->w->labels[i]);
    else snprintf(p->names[i], sizeof p->names[i], "%.*s", (int)len, name);
    p->curves[i].name = p->names[i];
}

/* ---- distributions ---- */

static int take_times(struct picture *p, struct orr_trace_reader *reader, bool above,
                      struct orr_curve *curve) {
    struct orr_latencies l;
    struct orr_propagation spread = {0};
    const char *of = p->w->of ? p->w->of : "commit";
    int status = orr_latencies_read(reader, &l, p->error);
    if (status) return status;
    if (!strcmp(of, "delivery")) status = orr_propagation_read(reader, &spread, p->error);
    const struct orr_times *times = !strcmp(of, "final")            ? &l.final
                                    : !strcmp(of, "block_interval") ? &l.interval
                                    : !strcmp(of, "delivery")       ? &spread.reach
                                                                    : &l.commit;
    if (!status && !times->n) {
        snprintf(p->error, ORR_READER_ERROR_LEN, "it holds no times of that kind (%.40s)", of);
        status = ORR_ENOTFOUND;
    }
    if (!status) orr_curve_distribution(times->v, times->n, above, curve);
    orr_propagation_fini(&spread);
    orr_latencies_fini(&l);
    return status;
}

static int take_cdf(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return take_times(p, reader, false, curve);
}
static int take_ccdf(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve) {
    return take_times(p, reader, true, curve);
}

/* ---- over time ---- */

/* When the run ended, or the last that is known of it, in seconds. */
static int end_of(struct orr_trace_reader *reader, double *end_s, char *error) {
    void *result = NULL;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_checkpoints];
    struct orr_row_checkpoints last = {.time_ns = 0};
    int status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    if (!status && !result && n)
        status = orr_trace_reader_rows(reader, ORR_GROUP_checkpoints, n - 1, 1, &last, error);
    *end_s = (double)(result ? ((struct orr_row_result *)result)->end_ns : last.time_ns) * 1e-9;
    free(result);
    return status;
}

/* The decisions of correct nodes, a row each; *n of them. */
static int read_decisions(struct picture *p, struct orr_trace_reader *reader,
                          struct orr_row_decisions **rows, uint64_t *n) {
    void *all = NULL, *nodes = NULL;
    uint64_t n_nodes = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes], kept = 0;
    *n = orr_trace_reader_head(reader)->rows[ORR_GROUP_decisions];
    int status = orr_trace_reader_all(reader, ORR_GROUP_decisions, ROWS_MAX, &all, p->error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, p->error);
    struct orr_row_decisions *d = all;
    const struct orr_row_nodes *node = nodes;
    for (uint64_t i = 0; i < *n && !status; i++)
        if (d[i].node >= n_nodes || !node[d[i].node].faulty) d[kept++] = d[i];
    free(nodes);
    *rows = d, *n = kept;
    if (status || kept) return status;
    snprintf(p->error, ORR_READER_ERROR_LEN, "it holds no decisions (`record:` names them)");
    return ORR_ENOTFOUND;
}

/* Transactions of a block count when the first correct node decides it: in time the first row of
 * its height. */
static int take_throughput(struct picture *p, struct orr_trace_reader *reader,
                           struct orr_curve *curve) {
    struct orr_row_decisions *d = NULL;
    uint64_t n = 0, top = 0;
    double end = 0, counts[BINS] = {0};
    int status = end_of(reader, &end, p->error);
    if (!status) status = read_decisions(p, reader, &d, &n);
    double width = end > 0 ? fmax(1, ceil(end / BINS)) : 1; /* seconds in a bin */
    for (uint64_t i = 0; i < n && !status; i++) {
        double bin = floor((double)d[i].time_ns * 1e-9 / width);
        if (d[i].height <= top) continue;
        top = d[i].height;
        if (bin >= 0 && bin < BINS) counts[(int)bin] += d[i].txs;
    }
    curve->n = 0;
    for (int i = 0; i < BINS && i * width < end && !status; i++) {
        double length = fmin(width, end - i * width);
        curve->x[curve->n] = i * width + length / 2;
        curve->y[curve->n++] = counts[i] / length;
    }
    free(d);
    return status;
}

/* The greatest height that a correct node has decided. */
static int take_height(struct picture *p, struct orr_trace_reader *reader,
                       struct orr_curve *curve) {
    struct orr_row_decisions *d = NULL;
    uint64_t n = 0, top = 0;
    double end = 0, step;
    int status = end_of(reader, &end, p->error);
    if (!status) status = read_decisions(p, reader, &d, &n);
    step = end / (ORR_CURVE_POINTS - 8);
    curve->n = 0;
    for (uint64_t i = 0; i < n && !status; i++) {
        double at = (double)d[i].time_ns * 1e-9;
        if (d[i].height <= top) continue;
        top = d[i].height;
        if (curve->n && at - curve->x[curve->n - 1] < step && curve->n > 1) curve->n--;
        if (curve->n == ORR_CURVE_POINTS - 1) curve->n--;
        curve->x[curve->n] = at;
        curve->y[curve->n++] = (double)top;
    }
    if (!status && end > curve->x[curve->n - 1]) {
        curve->x[curve->n] = end;
        curve->y[curve->n++] = (double)top;
    }
    free(d);
    return status;
}

/* Times at which a fault held, of the first trace. */
static int take_shades(struct picture *p, struct orr_trace_reader *reader) {
    void *all = NULL;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_faults];
    double end = 0;
    int status = orr_trace_reader_all(reader, ORR_GROUP_faults, ROWS_MAX, &all, p->error);
    if (!status) status = end_of(reader, &end, p->error);
    const struct orr_row_faults *f = all;
    int64_t since = 0;
    uint64_t open = 0;
    for (uint64_t i = 0; i < n && !status && p->plot.n_shades < SHADES; i++) {
        if (f[i].began && !open++) since = f[i].time_ns;
        if (f[i].began || !open || --open) continue;
        p->shades[p->plot.n_shades++] = (struct orr_curve_shade){
            (double)since * 1e-9, (double)f[i].time_ns * 1e-9};
    }
    if (open && !status && p->plot.n_shades < SHADES)
        p->shades[p->plot.n_shades++] = (struct orr_curve_shade){(double)since * 1e-9, end};
    free(all);
    return status;
}

/* ---- the picture ---- */

static const struct kind {
    const char *name, *x_label, *y_label;
    int (*take)(struct picture *p, struct orr_trace_reader *reader, struct orr_curve *curve);
    bool over_time, is_share, is_steps, log_y;
} kinds[] = {
    {"cdf", NULL, "share", take_cdf, false, true, true, false},
    {"ccdf", NULL, "share above", take_ccdf, false, true, true, true},
    {"throughput", "time (s)", "committed (1/s)", take_throughput, true, false, false, false},
    {"height", "time (s)", "height", take_height, true, false, true, false},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static const struct { const char *of, *label; } time_kinds[] = {
    {"commit", "submission to commit (s)"},
    {"final", "submission to the last decision (s)"},
    {"block_interval", "time between blocks (s)"},
    {"delivery", "publishing to delivery (s)"},
};
enum { N_TIME_KINDS = sizeof time_kinds / sizeof time_kinds[0] };

static const struct kind *find_kind(const struct orr_plot_wishes *w, const char **x_label) {
    const struct kind *kind = NULL;
    *x_label = NULL;
    for (int i = 0; i < N_KINDS; i++)
        if (!strcmp(kinds[i].name, w->kind)) kind = &kinds[i];
    for (int i = 0; i < N_TIME_KINDS; i++)
        if (!strcmp(time_kinds[i].of, w->of ? w->of : "commit")) *x_label = time_kinds[i].label;
    if (!kind)
        fprintf(stderr, "orrery plot: no kind '%s': cdf, ccdf, throughput or height\n",
                ORR_SHOWN(w->kind));
    else if (!*x_label)
        fprintf(stderr, "orrery plot: --of is commit, final, block_interval or delivery, not "
                        "'%s'\n", ORR_SHOWN(w->of));
    if (kind && kind->x_label) *x_label = kind->x_label;
    return *x_label ? kind : NULL;
}

static int take_trace(struct picture *p, const struct kind *kind, size_t i) {
    char what[ORR_READER_ERROR_LEN];
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, p->w->traces[i], p->error);
    if (!status) status = kind->take(p, reader, &p->curves[i]);
    if (!status && !i && kind->over_time) status = take_shades(p, reader);
    orr_trace_reader_close(reader);
    name_curve(p, i);
    if (status == ORR_ENOTFOUND) { /* say of what */
        snprintf(what, sizeof what, "%s", p->error);
        snprintf(p->error, ORR_READER_ERROR_LEN, "%.200s: %.280s", p->w->traces[i], what);
    }
    return status;
}

static char *beside(const struct orr_plot_wishes *w, int format) {
    static const char *const endings[] = {"png", "svg", "pdf"};
    const char *trace = w->traces[0];
    size_t len = strlen(trace);
    if (len > 3 && !strcmp(trace + len - 3, ".h5")) len -= 3;
    char *path = orr_xrealloc(NULL, len + 32);
    snprintf(path, len + 32, "%.*s-%s.%s", (int)len, trace, w->kind, endings[format]);
    return path;
}

int orr_plot_traces_of(const struct orr_plot_wishes *w, int format) {
    char error[ORR_READER_ERROR_LEN] = "", *path = NULL;
    _Static_assert((int)ORR_PICTURE_ERROR == ORR_READER_ERROR_LEN, "one buffer for both");
    struct picture p = {.w = w, .error = error};
    const char *x_label;
    const struct kind *kind = find_kind(w, &x_label);
    int status = 0;
    if (!kind) return 2;
    if (w->n_traces > ORR_PLOT_CURVES) {
        fprintf(stderr, "orrery plot: more than %d traces, which nobody could tell apart\n",
                ORR_PLOT_CURVES);
        return 2;
    }
    p.curves = orr_xrealloc(NULL, w->n_traces * sizeof *p.curves);
    for (size_t i = 0; i < w->n_traces && !status; i++) status = take_trace(&p, kind, i);
    if (!status) {
        path = w->out ? strdup(w->out) : beside(w, format);
        p.plot.picture = path;
        p.plot.x_label = x_label, p.plot.y_label = kind->y_label;
        p.plot.style = (struct orr_plot_style){(enum orr_plot_format)format, w->paper,
                                               w->width_mm, w->font, w->title};
        p.plot.log_x = w->log_x, p.plot.log_y = w->log_y || kind->log_y;
        p.plot.is_steps = kind->is_steps, p.plot.is_share = kind->is_share;
        p.plot.curves = p.curves, p.plot.n = w->n_traces, p.plot.shades = p.shades;
        status = orr_plot_curves_draw(&p.plot, error);
    }
    if (status) fprintf(stderr, "orrery plot: %s\n", ORR_SHOWN(error));
    else printf("%s\n", ORR_SHOWN(path));
    free(path);
    free(p.curves);
    bool machine = status == ORR_EIO || status == ORR_EUNSUPPORTED || status == ORR_ENOMEM;
    return !status ? 0 : machine ? 3 : 2;
}
