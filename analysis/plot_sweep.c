#include "analysis/plot_sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "analysis/fit.h"
#include "analysis/summary.h"
#include "models/base/error.h"

enum { FIT_POINTS = 50 };

struct spot {
    double x, y;
};

struct sketch {
    const struct orr_plot_sweep *plot;
    bool is_numeric;
    size_t *first_x; /* [n_x] the first row of each x */
    size_t n_x;
    size_t first_by[ORR_PLOT_CURVES]; /* of each curve */
    size_t n_by;
    struct spot *path; /* [n_path] points of the curve that is written, with `across` */
    size_t n_path;
    struct spot knees[ORR_PLOT_CURVES];   /* [n_by] of NAN: none */
    struct orr_fit fits[ORR_PLOT_CURVES]; /* [n_by] n is 0 where there is none */
};

static const char *cell(const struct sketch *s, size_t row, size_t column) {
    return orr_table_cell(s->plot->table, row, column);
}
static bool same(const struct sketch *s, size_t a, size_t b, size_t column) {
    return column == SIZE_MAX || !strcmp(cell(s, a, column), cell(s, b, column));
}

/* ---- what there is ---- */

/* false: too many curves. */
static bool survey(struct sketch *s) {
    const struct orr_table *t = s->plot->table;
    double value;
    s->is_numeric = true;
    s->first_x = orr_need(t->n_rows, sizeof *s->first_x);
    for (size_t row = 0; row < t->n_rows; row++) {
        if (!orr_table_number(t, row, s->plot->y, &value)) continue;
        size_t x = 0, by = 0;
        while (x < s->n_x && !same(s, s->first_x[x], row, s->plot->x)) x++;
        while (by < s->n_by && !same(s, s->first_by[by], row, s->plot->by)) by++;
        if (by == ORR_PLOT_CURVES) return false;
        if (x == s->n_x) s->first_x[s->n_x++] = row;
        if (by == s->n_by) s->first_by[s->n_by++] = row;
        s->is_numeric &= orr_table_number(t, row, s->plot->x, &value);
    }
    return true;
}

/* x in ascending order, if they are numbers. */
static void order(struct sketch *s) {
    for (size_t i = 1; i < s->n_x && s->is_numeric; i++) { /* few: insertion */
        size_t row = s->first_x[i], at = i;
        double value, before;
        orr_table_number(s->plot->table, row, s->plot->x, &value);
        for (; at; at--) {
            orr_table_number(s->plot->table, s->first_x[at - 1], s->plot->x, &before);
            if (before <= value) break;
            s->first_x[at] = s->first_x[at - 1];
        }
        s->first_x[at] = row;
    }
}

/* A power law through the rows of each curve. */
static void fit(struct sketch *s) {
    const struct orr_table *t = s->plot->table;
    double *x = orr_need(t->n_rows, sizeof *x), *y = orr_need(t->n_rows, sizeof *y);
    for (size_t by = 0; by < s->n_by && s->is_numeric; by++) {
        size_t n = 0;
        for (size_t row = 0; row < t->n_rows; row++)
            if (same(s, s->first_by[by], row, s->plot->by) &&
                orr_table_number(t, row, s->plot->x, &x[n]))
                n += orr_table_number(t, row, s->plot->y, &y[n]);
        if (!orr_fit_power(x, y, n, &s->fits[by])) s->fits[by].n = 0;
    }
    free(x), free(y);
}

/* ---- the data: x, mean, low, high of each curve, curves parted by two blank lines ---- */

/* The numbers of a column in the runs of one point; how many. */
static size_t take_group(const struct sketch *s, size_t x, size_t by, size_t column, double *v) {
    const struct orr_table *t = s->plot->table;
    size_t n = 0;
    for (size_t row = 0; row < t->n_rows; row++)
        if (same(s, s->first_x[x], row, s->plot->x) && same(s, s->first_by[by], row, s->plot->by))
            n += orr_table_number(t, row, column, &v[n]);
    return n;
}

static void write_point(struct sketch *s, size_t x, size_t by, double *v, FILE *to) {
    const struct orr_table *t = s->plot->table;
    size_t n = take_group(s, x, by, s->plot->y, v);
    if (!n) return;
    struct orr_summary sum = orr_summarise(v, n);
    double low = isfinite(sum.mean_in.low) ? sum.mean_in.low : sum.mean;
    double high = isfinite(sum.mean_in.high) ? sum.mean_in.high : sum.mean;
    double number = (double)x;
    if (s->is_numeric) orr_table_number(t, s->first_x[x], s->plot->x, &number);
    if (s->plot->across != SIZE_MAX) {
        size_t n_across = take_group(s, x, by, s->plot->across, v);
        if (!n_across) return;
        number = orr_summarise(v, n_across).mean;
        s->path[s->n_path++] = (struct spot){number, sum.mean};
    }
    fprintf(to, "%.12g %.12g %.12g %.12g\n", number, sum.mean, low, high);
}

/* The power law of a curve, from its least x to its greatest. */
static void write_fit(const struct sketch *s, size_t by, FILE *to) {
    const struct orr_fit *f = &s->fits[by];
    double low, high;
    orr_table_number(s->plot->table, s->first_x[0], s->plot->x, &low);
    orr_table_number(s->plot->table, s->first_x[s->n_x - 1], s->plot->x, &high);
    for (size_t i = 0; i < s->n_x && !(low > 0); i++) /* there is one: a fit has two */
        orr_table_number(s->plot->table, s->first_x[i], s->plot->x, &low);
    fprintf(to, "# y = %.9g * x^%.9g, the slope +- %.9g (95 %%) of %zu runs\n", f->factor, f->slope,
            f->half, f->n);
    for (int i = 0; i <= FIT_POINTS; i++) {
        double x = low * pow(high / low, (double)i / FIT_POINTS);
        fprintf(to, "%.9g %.9g\n", x, f->factor * pow(x, f->slope));
    }
    fputs("\n\n", to);
}

static void write_comment(FILE *to, const char *text) {
    for (; *text; text++) fputc((unsigned char)*text < ' ' ? ' ' : *text, to);
}

/* None of fewer than three points, nor of a curve that does not bend up. */
static struct spot find_knee(const struct sketch *s) {
    struct spot knee = {NAN, NAN};
    double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY, most = 1e-9;
    for (size_t i = 0; i < s->n_path; i++) {
        left = fmin(left, s->path[i].x), right = fmax(right, s->path[i].x);
        low = fmin(low, s->path[i].y), high = fmax(high, s->path[i].y);
    }
    for (size_t i = 0; i < s->n_path && s->n_path > 2 && right > left && high > low; i++) {
        double below = (s->path[i].x - left) / (right - left) - (s->path[i].y - low) / (high - low);
        if (below <= most) continue;
        most = below;
        knee = s->path[i];
    }
    return knee;
}

static void write_knees(const struct sketch *s, FILE *to) {
    fputs("# knees: x, y\n", to);
    for (size_t by = 0; by < s->n_by; by++)
        if (!isnan(s->knees[by].x)) fprintf(to, "%.12g %.12g\n", s->knees[by].x, s->knees[by].y);
    fputs("\n\n", to);
}

static void write_data(const void *ctx, FILE *to) {
    struct sketch *s = (struct sketch *)ctx; /* what is found on the way stays for the script */
    double *v = orr_need(s->plot->table->n_rows, sizeof *v);
    fputs("# x, mean, low, high; " ORR_SUMMARY_METHOD "\n", to);
    for (size_t by = 0; by < s->n_by; by++) {
        fputs("# ", to);
        if (s->plot->by != SIZE_MAX) write_comment(to, cell(s, s->first_by[by], s->plot->by));
        fputc('\n', to);
        s->n_path = 0;
        for (size_t x = 0; x < s->n_x; x++) write_point(s, x, by, v, to);
        s->knees[by] = find_knee(s);
        fputs("\n\n", to);
    }
    if (s->plot->across != SIZE_MAX) write_knees(s, to);
    for (size_t by = 0; by < s->n_by; by++)
        if (s->fits[by].n) write_fit(s, by, to);
    free(v);
}

/* ---- the script ---- */

static void write_label(const struct sketch *s, FILE *to, const char *axis, const char *name) {
    char text[ORR_TABLE_LABEL];
    orr_table_label(name, text);
    orr_plot_label(&s->plot->style, to, axis, text);
}

/* A little beyond the first and last value, which offsets cannot say of logarithms. */
static void write_log_x(const struct sketch *s, FILE *to) {
    double low, high;
    orr_table_number(s->plot->table, s->first_x[0], s->plot->x, &low);
    orr_table_number(s->plot->table, s->first_x[s->n_x - 1], s->plot->x, &high);
    fputs("set logscale x\n", to);
    if (low > 0 && high > low)
        fprintf(to, "set xrange [%.9g:%.9g]\n", low * pow(low / high, 0.05),
                high * pow(high / low, 0.05));
}

static void write_linear_y(const struct sketch *s, FILE *to) {
    double most = 0, value;
    for (size_t row = 0; row < s->plot->table->n_rows; row++)
        if (orr_table_number(s->plot->table, row, s->plot->y, &value)) most = fmax(most, value);
    fputs("set yrange [0:*]\n", to);
    orr_plot_large(to, most);
}

static void write_axes(const struct sketch *s, FILE *to) {
    const struct orr_plot_sweep *p = s->plot;
    bool is_across = p->across != SIZE_MAX, is_numeric = s->is_numeric || is_across;
    write_label(s, to, "x", p->table->head[is_across ? p->across : p->x]);
    write_label(s, to, "y", p->table->head[p->y]);
    bool log_x = p->log_x && is_numeric;
    fprintf(to, "set offsets %s, %s\n", log_x ? "0, 0" : "graph 0.04, graph 0.04",
            p->log_y ? "0, 0" : "graph 0.04, graph 0.02");
    if (log_x && is_across)
        fputs("set logscale x\n", to);
    else if (log_x)
        write_log_x(s, to);
    if (p->log_y)
        orr_plot_log(&p->style, to, 'y');
    else
        write_linear_y(s, to);
    if (is_across || (s->is_numeric && s->n_x > 12)) return;
    fputs("set xtics (", to);
    for (size_t x = 0; x < s->n_x; x++) {
        const char *text = cell(s, s->first_x[x], p->x);
        orr_plot_text(&p->style, to, text);
        if (s->is_numeric)
            fprintf(to, " %s", text);
        else
            fprintf(to, " %zu", x);
        fputs(x + 1 < s->n_x ? ", " : ") noenhanced\n", to);
    }
}

/* A curve's name in the legend, with its slope. */
static void write_name(const struct sketch *s, size_t by, const char *name, FILE *to) {
    const struct orr_fit *f = &s->fits[by];
    char text[512];
    snprintf(text, sizeof text, "%.400s%sslope %.3f ± %.3f", name, *name ? ": " : "", f->slope,
             f->half);
    orr_plot_text(&s->plot->style, to, f->n ? text : name);
}

static void write_script(const void *ctx, const char *data, FILE *to) {
    const struct sketch *s = ctx;
    bool has_key = s->n_by > 1 || s->plot->fit || s->plot->across != SIZE_MAX;
    orr_plot_style_write(&s->plot->style, s->plot->picture, has_key, to);
    write_axes(s, to);
    fputs("DATA = ", to);
    orr_picture_quote(to, data);
    fputs("\nplot ", to);
    for (size_t by = 0; by < s->n_by; by++) {
        const char *name = s->plot->by == SIZE_MAX ? "" : cell(s, s->first_by[by], s->plot->by);
        const struct orr_curve_style *style = &orr_curve_styles[by];
        fprintf(to,
                "DATA index %zu using 1:2:3:4 with yerrorbars lw 1 dt 1 pt %d ps 0 lc rgb "
                "'%s' notitle, \\\n     ",
                by, style->point, style->colour);
        fprintf(to,
                "DATA index %zu using 1:2 with %s lw 1.5 dt %s pt %d ps 0.5 lc rgb "
                "'%s' title ",
                by, s->fits[by].n ? "points" : "linespoints", style->dash, style->point,
                style->colour);
        write_name(s, by, name, to);
        fputs(by + 1 < s->n_by ? ", \\\n     " : "", to);
    }
    for (size_t by = 0, index = s->n_by; by < s->n_by; by++)
        if (s->fits[by].n)
            fprintf(to,
                    ", \\\n     DATA index %zu using 1:2 with lines lw 0.75 dt 3 "
                    "lc rgb '%s' notitle",
                    index++, orr_curve_styles[by].colour);
    bool any = false;
    for (size_t by = 0; by < s->n_by; by++) any |= !isnan(s->knees[by].x);
    if (s->plot->across != SIZE_MAX && any)
        fprintf(to,
                ", \\\n     DATA index %zu using 1:2 with points pt 6 ps 1.3 lw 1.5 "
                "lc rgb '#000000' title 'knee'",
                s->n_by);
    fputc('\n', to);
}

int orr_plot_sweep_draw(const struct orr_plot_sweep *plot, char error[ORR_PICTURE_ERROR]) {
    struct sketch s = {.plot = plot};
    struct orr_picture picture = {.path = plot->picture,
                                  .mark = "# A sweep, drawn by orrery plot.",
                                  .write_data = write_data,
                                  .write_script = write_script,
                                  .ctx = &s};
    int status = 0;
    if (!survey(&s)) {
        status = ORR_ELIMIT;
        snprintf(error, ORR_PICTURE_ERROR, "more than %d curves, which nobody could tell apart",
                 ORR_PLOT_CURVES);
    } else if (!s.n_x) {
        status = ORR_ENOTFOUND;
        snprintf(error, ORR_PICTURE_ERROR, "no run has a number in column %.200s",
                 plot->table->head[plot->y]);
    } else {
        order(&s);
        if (plot->fit) fit(&s);
        s.path = orr_need(s.n_x, sizeof *s.path);
        status = orr_picture_draw(&picture, error);
    }
    free(s.first_x), free(s.path);
    return status;
}
