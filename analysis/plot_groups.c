#include "analysis/plot_groups.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    OUTLIERS = 120,
    CELLS = 2048
}; /* points of one group beyond its whiskers; cells of a density */

/* ---- boxes ---- */

struct orr_box orr_box_of(const struct orr_sample *v, size_t n) {
    assert(n > 0);
    struct orr_box b = {.lower = orr_quantile(v, n, 0.25),
                        .median = orr_quantile(v, n, 0.5),
                        .upper = orr_quantile(v, n, 0.75)};
    double reach = 1.5 * (b.upper - b.lower);
    while (v[b.n_below].value < b.lower - reach) b.n_below++; /* ends at the lower quartile */
    while (v[n - 1 - b.n_above].value > b.upper + reach) b.n_above++;
    b.low = v[b.n_below].value;
    b.high = v[n - 1 - b.n_above].value;
    return b;
}

/* ---- densities ---- */

static double deviation(const struct orr_sample *v, size_t n) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) { /* Welford's recurrence */
        double d = v[i].value - mean;
        mean += d / (double)(i + 1);
        square += d * (v[i].value - mean);
    }
    return n > 1 ? sqrt(square / (double)(n - 1)) : 0;
}

/* Values are counted in cells first, so that the cost is one pass over them. */
bool orr_density_of(const struct orr_sample *v, size_t n, double density[ORR_DENSITY_POINTS]) {
    static const double pi = 3.14159265358979323846;
    double low = v[0].value, range = v[n - 1].value - low, counts[CELLS] = {0};
    if (!(range > 0)) return false;
    double sd = deviation(v, n);
    double spread = (orr_quantile(v, n, 0.75) - orr_quantile(v, n, 0.25)) / 1.34;
    if (spread > 0 && spread < sd) sd = spread;
    double width = fmax(0.9 * sd * pow((double)n, -0.2), range / CELLS);
    for (size_t i = 0; i < n; i++)
        counts[(int)fmin(CELLS - 1, (v[i].value - low) / range * CELLS)]++;
    for (int p = 0; p < ORR_DENSITY_POINTS; p++) {
        double at = range * p / (ORR_DENSITY_POINTS - 1), sum = 0;
        for (int c = 0; c < CELLS; c++) {
            double d = (at - range * (c + 0.5) / CELLS) / width;
            if (counts[c] > 0 && fabs(d) < 8) sum += counts[c] * exp(-0.5 * d * d);
        }
        density[p] = sum / ((double)n * width * sqrt(2 * pi));
    }
    return true;
}

/* ---- data: boxes, points beyond them, then an outline for each violin ---- */

static void write_name(const struct orr_plot_group *g, FILE *to) {
    fputs("# ", to);
    for (const char *c = g->name; *c; c++) fputc((unsigned char)*c < ' ' ? ' ' : *c, to);
    fprintf(to, ": %zu values\n", g->n);
}

static void write_outliers(const struct orr_plot_group *g, size_t at, FILE *to) {
    struct orr_box b = orr_box_of(g->sorted, g->n);
    size_t n = b.n_below + b.n_above, step = n / OUTLIERS + 1;
    for (size_t i = 0; i < b.n_below; i += step) fprintf(to, "%zu %.9g\n", at, g->sorted[i].value);
    for (size_t i = 0; i < b.n_above; i += step)
        fprintf(to, "%zu %.9g\n", at, g->sorted[g->n - 1 - i].value);
}

static void write_outline(const struct orr_plot_group *g, size_t at, FILE *to) {
    double density[ORR_DENSITY_POINTS], most = 0;
    double low = g->sorted[0].value, range = g->sorted[g->n - 1].value - low;
    write_name(g, to);
    if (!orr_density_of(g->sorted, g->n, density)) {
        fprintf(to, "%.9g %.9g\n%.9g %.9g\n\n\n", (double)at - 0.4, low, (double)at + 0.4, low);
        return;
    }
    for (int p = 0; p < ORR_DENSITY_POINTS; p++) most = fmax(most, density[p]);
    for (int p = 0; p <= 2 * ORR_DENSITY_POINTS; p++) { /* up on the right, down on the left */
        bool is_up = p < ORR_DENSITY_POINTS || p == 2 * ORR_DENSITY_POINTS; /* and back */
        int k = is_up ? p % (2 * ORR_DENSITY_POINTS) : 2 * ORR_DENSITY_POINTS - 1 - p;
        fprintf(to, "%.6f %.9g\n", (double)at + (is_up ? 0.4 : -0.4) * density[k] / most,
                low + range * k / (ORR_DENSITY_POINTS - 1));
    }
    fputs("\n\n", to);
}

static void write_data(const void *ctx, FILE *to) {
    const struct orr_plot_groups *p = ctx;
    fputs("# group, whisker, quartile, median, quartile, whisker\n", to);
    for (size_t i = 0; i < p->n; i++) {
        struct orr_box b = orr_box_of(p->groups[i].sorted, p->groups[i].n);
        write_name(&p->groups[i], to);
        fprintf(to, "%zu %.9g %.9g %.9g %.9g %.9g\n", i, b.low, b.lower, b.median, b.upper, b.high);
    }
    fputs("\n\n# beyond the whiskers: group, value\n", to);
    fputs("-9 0\n", to); /* outside of the picture: gnuplot wants one */
    for (size_t i = 0; i < p->n && !p->is_violin; i++) write_outliers(&p->groups[i], i, to);
    fputs("\n\n", to);
    for (size_t i = 0; i < p->n && p->is_violin; i++) write_outline(&p->groups[i], i, to);
}

/* ---- the script ---- */

/* Names that do not fit beside each other stand at an angle. */
static void write_names(const struct orr_plot_groups *p, FILE *to) {
    size_t len = 0;
    for (size_t i = 0; i < p->n; i++) len += strlen(p->groups[i].name) + 2;
    double width = p->style.width_mm > 0 ? p->style.width_mm : p->style.paper ? 85 : 180;
    bool fits = (double)len * (p->style.paper ? 1.5 : 1.9) < width - 15; /* mm of a letter */
    fprintf(to, "set xtics %sscale 0 (", fits ? "" : "rotate by -35 ");
    for (size_t i = 0; i < p->n; i++) {
        orr_plot_text(&p->style, to, p->groups[i].name);
        fprintf(to, " %zu%s", i, i + 1 < p->n ? ", " : ") noenhanced\n");
    }
}

static void write_script(const void *ctx, const char *data, FILE *to) {
    const struct orr_plot_groups *p = ctx;
    orr_plot_style_write(&p->style, p->picture, false, to);
    if (p->x_label) orr_plot_label(&p->style, to, "x", p->x_label);
    orr_plot_label(&p->style, to, "y", p->y_label);
    write_names(p, to);
    fprintf(to, "set xrange [-0.6:%.1f]\n", (double)p->n - 0.4);
    if (p->log_y)
        orr_plot_log(&p->style, to, 'y');
    else
        fputs("set yrange [0:*]\n", to);
    fputs("set style fill solid 0.35\nWIDTH = ", to);
    fputs(p->is_violin ? "0.08\nDATA = " : "0.5\nDATA = ", to);
    orr_picture_quote(to, data);
    fputs("\nplot ", to);
    for (size_t i = 0; i < p->n && p->is_violin; i++)
        fprintf(to,
                "DATA index %zu using 1:2 with filledcurves closed lc rgb '%s' notitle, \\\n"
                "     ",
                i + 2, orr_curve_styles[i % ORR_PLOT_CURVES].colour);
    const char *colour = p->is_violin ? "#000000" : orr_curve_styles[0].colour;
    fprintf(to,
            "DATA index 0 using 1:3:2:6:5:(WIDTH) with candlesticks whiskerbars %s lw 1 lc rgb "
            "'%s' notitle, \\\n     DATA index 0 using 1:4:4:4:4:(WIDTH) with candlesticks "
            "lw 2.5 lc rgb '#000000' notitle",
            p->is_violin ? "0" : "0.5", colour);
    if (!p->is_violin)
        fprintf(to,
                ", \\\n     DATA index 1 using 1:2 with points pt 6 ps 0.25 lc rgb '%s' "
                "notitle",
                colour);
    fputc('\n', to);
}

int orr_plot_groups_draw(const struct orr_plot_groups *plot, char error[ORR_PICTURE_ERROR]) {
    const struct orr_picture picture = {.path = plot->picture,
                                        .mark = "# Groups, drawn by orrery plot.",
                                        .write_data = write_data,
                                        .write_script = write_script,
                                        .ctx = plot};
    assert(plot->n && plot->n <= ORR_PLOT_GROUPS);
    return orr_picture_draw(&picture, error);
}
