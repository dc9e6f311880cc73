#include "analysis/plot_curves.h"

#include <assert.h>
#include <math.h>

enum { WHOLE_TICKS = 8, ALONG = 400 }; /* points at equal shares; the others go for the tail */

struct distribution {
    const struct orr_sample *sorted;
    size_t n, last; /* last: the rank of the curve's last point, 0 before any */
    bool above;
    struct orr_curve *curve;
};

static void add_point(struct distribution *d, double x, double share) {
    struct orr_curve *c = d->curve;
    assert(c->n < ORR_CURVE_POINTS);
    c->x[c->n] = x;
    c->y[c->n++] = d->above ? 1 - share : share;
}

/* The point of the value of that rank: the share of values up to it. */
static void add_rank(struct distribution *d, size_t rank) {
    if (rank <= d->last || !rank) return;
    while (rank < d->n && d->sorted[rank].value == d->sorted[rank - 1].value) rank++;
    d->last = rank;
    if (!d->above || rank < d->n) /* nothing is above the greatest */
        add_point(d, d->sorted[rank - 1].value, (double)rank / (double)d->n);
}

void orr_curve_distribution(const struct orr_sample *sorted, size_t n, bool above,
                            struct orr_curve *curve) {
    struct distribution d = {.sorted = sorted, .n = n, .above = above, .curve = curve};
    assert(n > 0);
    curve->n = 0;
    add_point(&d, sorted[0].value, 0);
    for (int i = 1; i < ALONG; i++) add_rank(&d, (size_t)ceil((double)n * i / ALONG));
    for (double left = (double)n / ALONG; left >= 1; left *= 0.9) add_rank(&d, n - (size_t)left);
    add_rank(&d, n);
    if (above) add_point(&d, sorted[n - 1].value, 1 - 0.5 / (double)n); /* down behind the last */
}

/* ---- data and script ---- */

static void write_data(const void *ctx, FILE *to) {
    const struct orr_plot_curves *p = ctx;
    for (size_t i = 0; i < p->n; i++) {
        fputs("# ", to);
        for (const char *c = p->curves[i].name; *c; c++)
            fputc((unsigned char)*c < ' ' ? ' ' : *c, to);
        fputc('\n', to);
        for (size_t k = 0; k < p->curves[i].n; k++)
            fprintf(to, "%.9g %.9g\n", p->curves[i].x[k], p->curves[i].y[k]);
        fputs("\n\n", to);
    }
    if (p->low) fputs("# x, low, high of the band around the first\n", to);
    for (size_t k = 0; p->low && k < p->curves[0].n; k++)
        fprintf(to, "%.9g %.9g %.9g\n", p->curves[0].x[k], p->low[k], p->high[k]);
}

/* Ticks between whole numbers would say nothing. */
static void write_ticks(const struct orr_plot_curves *p, FILE *to) {
    double most = 0;
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->curves[i].n; k++) most = fmax(most, p->curves[i].y[k]);
    if (p->is_whole && most <= WHOLE_TICKS) fputs("set ytics 1\n", to);
    if (!p->log_y) orr_plot_large(to, most);
}

static void write_script(const void *ctx, const char *data, FILE *to) {
    const struct orr_plot_curves *p = ctx;
    orr_plot_style_write(&p->style, p->picture, p->n > 1, to);
    orr_plot_label(&p->style, to, "x", p->x_label);
    orr_plot_label(&p->style, to, "y", p->y_label);
    if (p->log_x) orr_plot_log(&p->style, to, 'x');
    if (p->log_y)
        orr_plot_log(&p->style, to, 'y');
    else if (p->is_signed)
        fputs("set yrange [*:*]\n", to);
    else
        fputs(p->is_share ? "set yrange [0:1]\n" : "set yrange [0:*]\n", to);
    if (p->log_y && p->is_share) fputs("set yrange [*:1]\n", to);
    write_ticks(p, to);
    for (size_t i = 0; i < p->n_shades; i++)
        fprintf(to,
                "set object rectangle from %.9g, graph 0 to %.9g, graph 1 behind "
                "fillcolor rgb '#e4e4e4' fillstyle solid noborder\n",
                p->shades[i].from, p->shades[i].to);
    fputs("DATA = ", to);
    orr_picture_quote(to, data);
    fputs("\nplot ", to);
    if (p->low)
        fprintf(to,
                "DATA index %zu using 1:2:3 with filledcurves fs solid 0.2 lc rgb '%s' notitle, "
                "\\\n     ",
                p->n, orr_curve_styles[0].colour);
    for (size_t i = 0; i < p->n; i++) {
        const struct orr_curve_style *s = &orr_curve_styles[i];
        fprintf(to, "DATA index %zu using 1:2 with %s lw 1.5 dt %s lc rgb '%s' title ", i,
                p->is_steps ? "steps" : "lines", s->dash, s->colour);
        orr_plot_text(&p->style, to, p->curves[i].name);
        fputs(i + 1 < p->n ? ", \\\n     " : "\n", to);
    }
}

int orr_plot_curves_draw(const struct orr_plot_curves *plot, char error[ORR_PICTURE_ERROR]) {
    const struct orr_picture picture = {.path = plot->picture,
                                        .mark = "# Curves, drawn by orrery plot.",
                                        .write_data = write_data,
                                        .write_script = write_script,
                                        .ctx = plot};
    assert(plot->n && plot->n <= ORR_PLOT_CURVES);
    return orr_picture_draw(&picture, error);
}
