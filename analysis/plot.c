#include "analysis/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/picture.h"
#include "analysis/stats.h"

#define STEPS_MAX 2000 /* of one curve in the data file; finer than any picture shows */

/* Each names its own sizes: of the canvas, the text, the small text, and the points. */
static const struct {
    const char *name, *big, *small, *dot, *terminal;
} formats[] = {
    [ORR_PLOT_PNG] =
        {"png", ",30", ",20", "2.2",
         "pngcairo size 1800,1280 font 'DejaVu Sans,24' linewidth 2 background '#ffffff'"},
    [ORR_PLOT_SVG] = {"svg", ",16", ",11", "0.7",
                      "svg size 900,640 font 'DejaVu Sans,Helvetica,Arial,sans-serif,13' "
                      "background '#ffffff'"},
    [ORR_PLOT_PDF] = {"pdf", ",12", ",8", "0.4",
                      "pdfcairo size 18cm,12.8cm font 'DejaVu Sans,9.5'"},
};

int orr_plot_format_find(const char *name) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!strcmp(formats[i].name, name)) return (int)i;
    return strcmp(name, "tikz") && strcmp(name, "tex") ? -1 : (int)ORR_PLOT_TIKZ;
}

const char *orr_plot_format_ending(int format) {
    return format == (int)ORR_PLOT_TIKZ ? "tex" : formats[format].name;
}

/* The curves, in the order of the legend.  Colours are of the Okabe-Ito palette, which the
 * colour-blind can tell apart; dashes do the same for a black and white print. */
struct curve {
    const char *label, *colour, *dash;
    const struct orr_times *times;
};

static bool is_of_gossip(const struct orr_plot *plot) {
    return !plot->series && !plot->latencies->n_blocks && plot->propagation &&
           plot->propagation->reach.n;
}

static size_t list_spread(const struct orr_propagation *p, struct curve curves[3]) {
    size_t n = 0;
    curves[n++] =
        (struct curve){"message and node: publishing to delivery", "#0072b2", "1", &p->reach};
    if (p->half.n)
        curves[n++] =
            (struct curve){"message: until half of the nodes have it", "#d55e00", "'-'", &p->half};
    if (p->most.n)
        curves[n++] =
            (struct curve){"message: until 99 % of the nodes have it", "#777777", "'.'", &p->most};
    return n;
}

static size_t list_curves(const struct orr_plot *plot, struct curve curves[3]) {
    const struct orr_latencies *l = plot->latencies;
    size_t n = 0;
    if (plot->series) return 0;
    if (is_of_gossip(plot)) return list_spread(plot->propagation, curves);
    if (l->commit.n) {
        curves[n++] = (struct curve){"transaction: submission to commit at the first node",
                                     "#0072b2", "1", &l->commit};
        curves[n++] = (struct curve){"transaction: submission to commit at every node", "#d55e00",
                                     "'-'", &l->final};
    }
    if (l->interval.n)
        curves[n++] =
            (struct curve){"block: time since the block before", "#777777", "'.'", &l->interval};
    return n;
}

/* ---- the data ---- */

/* The steps of the distribution function: the value, and the share of all that is not above it. */
static void write_curve(FILE *to, const struct curve *curve) {
    const struct orr_sample *v = curve->times->v;
    size_t n = curve->times->n, stride = n / STEPS_MAX + 1;
    fprintf(to, "# %s: %zu values; seconds, share\n", curve->label, n);
    fprintf(to, "%.9g 0\n", v[0].value);
    for (size_t i = 0; i < n; i++)
        if (i == n - 1 || i % stride == stride - 1 || i < 20 || i + 20 > n)
            fprintf(to, "%.9g %.9g\n", v[i].value, (double)(i + 1) / (double)n);
    fprintf(to, "\n\n"); /* two blank lines part gnuplot's data sets */
}

static void write_series(FILE *to, const struct orr_series *s) {
    fprintf(to, "# seconds, least, mean and greatest value of a node\n");
    for (size_t i = 0; i < s->n; i++)
        fprintf(to, "%.9g %.9g %.9g %.9g\n", s->v[i].time_s, s->v[i].least, s->v[i].mean,
                s->v[i].most);
}

/* ---- the script ---- */

static const double marks[] = {0.50, 0.90, 0.99};
static const double mark_x[] = {0.50, 0.67, 0.84}; /* columns of the table under the picture */

/* Three digits, as long as they are behind the point: 1.30, 12.3, 123. */
static void print_digits(char *to, size_t size, double value) {
    double least = value < 0 ? -value : value;
    snprintf(to, size, "%.*f", least < 9.995 ? 2 : least < 99.95 ? 1 : 0, value);
}

/* "1.23 s  [1.20, 1.26]": the interval in the same unit. */
static void print_quantile(char *to, size_t size, const struct orr_times *times, double q) {
    static const struct {
        double least, factor;
        const char *unit;
    } units[] = {{0.9995, 1, "s"}, {0.9995e-3, 1e3, "ms"}, {0, 1e6, "µs"}};
    double value = orr_quantile(times->v, times->n, q);
    struct orr_interval ci = orr_quantile_interval(times->v, times->n, q);
    char at[32], low[32], high[32];
    int u = 0;
    while (units[u].least > (value < 0 ? -value : value)) u++;
    print_digits(at, sizeof at, value * units[u].factor);
    print_digits(low, sizeof low, ci.low * units[u].factor);
    print_digits(high, sizeof high, ci.high * units[u].factor);
    if (isfinite(ci.low))
        snprintf(to, size, "%s %s  [%s, %s]", at, units[u].unit, low, high);
    else
        snprintf(to, size, "%s %s", at, units[u].unit);
}

static void write_label(FILE *to, const char *text, const char *place, const char *style) {
    fprintf(to, "set label ");
    orr_picture_quote(to, text);
    fprintf(to, " at %s noenhanced %s\n", place, style);
}

/* The title in the largest size in which the picture holds it, cut off where none does. */
static void write_title(FILE *to, const char *title) {
    enum { FIT_BIG = 72, FIT = 90, FIT_SMALL = 108 }; /* characters across the picture */
    char cut[4 * FIT_SMALL + 4];
    size_t len = 0, n = 0, last = 0;
    for (; title[len]; n++) { /* by characters of UTF-8 */
        if (n < FIT_SMALL) last = len;
        do len++;
        while (((unsigned char)title[len] & 0xc0) == 0x80);
    }
    if (n > FIT_SMALL && last < sizeof cut - 4) {
        snprintf(cut, sizeof cut, "%.*s…", (int)last, title);
        title = cut;
    }
    write_label(to, title, "screen 0.035,0.955",
                n <= FIT_BIG ? "font BIG"
                : n <= FIT   ? ""
                             : "font SMALL");
}

/* What was measured, above; what it was measured in, below. */
static void write_texts(FILE *to, const struct orr_plot *plot) {
    const struct orr_latencies *l = plot->latencies;
    const struct orr_trace_head *head = plot->head;
    char text[1024];
    write_title(to, head->title[0] ? head->title : head->name);
    int len = 0;
    if (!plot->series)
        len = snprintf(text, sizeof text, "%llu nodes, %llu blocks", (unsigned long long)l->n_nodes,
                       (unsigned long long)l->n_blocks);
    if (plot->series)
        snprintf(text, sizeof text, "%s, as %llu nodes measured it: the mean, and all of them",
                 plot->series->name, (unsigned long long)plot->series->n_nodes);
    else if (is_of_gossip(plot))
        snprintf(text, sizeof text, "%llu nodes, %llu messages, %zu deliveries",
                 (unsigned long long)plot->propagation->n_nodes,
                 (unsigned long long)plot->propagation->n_messages, plot->propagation->reach.n);
    else if (l->n_submitted)
        snprintf(text + len, sizeof text - (size_t)len, ", %zu of %llu transactions committed",
                 l->commit.n, (unsigned long long)l->n_submitted);
    write_label(to, text, "screen 0.035,0.912", "tc rgb '#555555'");
    len =
        snprintf(text, sizeof text, "%s, seed %llu, ", head->name, (unsigned long long)head->seed);
    if (plot->result)
        snprintf(text + len, sizeof text - (size_t)len, "fingerprint %016llx  (%s)",
                 (unsigned long long)plot->result->fingerprint, head->build);
    else
        snprintf(text + len, sizeof text - (size_t)len, "unfinished  (%s)", head->build);
    write_label(to, text, "screen 0.035,0.025", "tc rgb '#888888' font SMALL");
}

/* A row for each curve: its line, its name, its quantiles. */
static void write_table(FILE *to, const struct curve *curves, size_t n) {
    char text[128], place[64];
    for (size_t m = 0; m < 3; m++) {
        snprintf(place, sizeof place, "screen %.3f,0.205", mark_x[m]);
        snprintf(text, sizeof text, m ? "p%.0f" : "p%.0f  [95 %% interval]", marks[m] * 100);
        write_label(to, text, place, "tc rgb '#555555' font SMALL");
    }
    for (size_t i = 0; i < n; i++) {
        double y = 0.165 - 0.04 * (double)i;
        fprintf(to,
                "set arrow from screen 0.035,%.3f to screen 0.075,%.3f nohead lw 2.5 lc rgb '%s' "
                "dt %s\n",
                y, y, curves[i].colour, curves[i].dash);
        snprintf(place, sizeof place, "screen 0.085,%.3f", y);
        write_label(to, curves[i].label, place, "font SMALL");
        for (size_t m = 0; m < 3; m++) {
            print_quantile(text, sizeof text, curves[i].times, marks[m]);
            snprintf(place, sizeof place, "screen %.3f,%.3f", mark_x[m], y);
            write_label(to, text, place, "font SMALL");
        }
    }
}

/* A logarithmic axis when a long tail would press the rest against the left edge, ticked 1, 2,
 * 5, 10. */
static void write_x_axis(FILE *to, const struct curve *curves, size_t n) {
    double least = INFINITY, middle = INFINITY, greatest = 0;
    for (size_t i = 0; i < n; i++) {
        const struct orr_times *t = curves[i].times;
        least = fmin(least, t->v[0].value);
        middle = fmin(middle, orr_quantile(t->v, t->n, 0.5));
        greatest = fmax(greatest, t->v[t->n - 1].value);
    }
    if (least <= 0 || greatest < 6 * middle) {
        fprintf(to, "set xrange [0:%.6g]\nset xlabel 'time (s)'\n",
                greatest > 0 ? 1.04 * greatest : 1);
        return;
    }
    fprintf(to, "set logscale x\nset xlabel 'time (s), logarithmic'\n");
    fprintf(to, "set xrange [%.6g:%.6g]\nset xtics (1", least / 1.1, greatest * 1.1);
    for (double decade = pow(10, floor(log10(least))); decade <= greatest; decade *= 10)
        fprintf(to, ", %g, %g, %g", decade, 2 * decade, 5 * decade);
    fprintf(to, ")\n");
}

static void write_axes(FILE *to, const struct curve *curves, size_t n) {
    write_x_axis(to, curves, n);
    fprintf(to, "set ylabel 'share of all (%%)' offset 0.5,0\n"
                "set yrange [0:1.005]\n"
                "set ytics ('0' 0, '25' 0.25, '50' 0.5, '75' 0.75, '90' 0.9, '99' 0.99)\n"
                "set format x '%%h'\n"
                "set border 3 lc rgb '#333333'\n"
                "set tics nomirror out scale 0.6\n"
                "set grid xtics ytics lt 1 lw 0.5 lc rgb '#e4e4e4'\n"
                "set lmargin at screen 0.085\nset rmargin at screen 0.965\n"
                "set bmargin at screen 0.335\nset tmargin at screen 0.875\n"
                "unset key\n");
    for (size_t m = 0; m < 3; m++) {
        fprintf(to, "set label 'p%.0f' at graph 1.005,first %.2f tc rgb '#888888' font SMALL\n",
                marks[m] * 100, marks[m]);
        for (size_t i = 0; i < n; i++)
            fprintf(to, "set label '' at first %.9g,%.2f point pt 7 ps DOT lc rgb '%s' front\n",
                    orr_quantile(curves[i].times->v, curves[i].times->n, marks[m]), marks[m],
                    curves[i].colour);
    }
}

/* The mean over the band that holds all nodes. */
static void write_series_plot(FILE *to, const struct orr_series *s, const char *data) {
    bool below = false, wide = false; /* is anything below zero, or of many digits? */
    for (size_t i = 0; i < s->n; i++) {
        below |= s->v[i].least < 0;
        wide |= s->v[i].most >= 1e5;
    }
    fprintf(to, "set xlabel 'simulated time (s)'\nset ylabel ");
    orr_picture_quote(to, s->unit);
    if (wide) fprintf(to, " offset 1,0\nset format y '%%.1s %%c'");
    fprintf(to,
            "\nset border 3 lc rgb '#333333'\nset tics nomirror out scale 0.6\n"
            "set grid xtics ytics lt 1 lw 0.5 lc rgb '#e4e4e4'\nunset key\n"
            "set lmargin at screen %s\nset rmargin at screen 0.965\n"
            "set bmargin at screen 0.145\nset tmargin at screen 0.875\n"
            "set xrange [0:*]\nset offsets 0,0,graph 0.02,0\n%sDATA = ",
            wide ? "0.12" : "0.085", below ? "" : "set yrange [0:*]\n");
    orr_picture_quote(to, data);
    fprintf(to, "\nplot DATA using 1:2:4 with filledcurves fc rgb '#cfe3f0', \\\n"
                "     DATA using 1:3 with lines lw 2.5 lc rgb '#0072b2'\n");
}

/* What the picture is made of. */
struct sketch {
    const struct orr_plot *plot;
    struct curve curves[3];
    size_t n;
};

static void write_data(const void *ctx, FILE *to) {
    const struct sketch *s = ctx;
    if (s->plot->series) write_series(to, s->plot->series);
    for (size_t i = 0; i < s->n; i++) write_curve(to, &s->curves[i]);
}

static void write_script(const void *ctx, const char *data, FILE *to) {
    const struct sketch *s = ctx;
    const struct orr_plot *plot = s->plot;
    const struct curve *curves = s->curves;
    size_t n = s->n;
    fputs("  Edit this, then run gnuplot on it in its folder.\n", to);
    fprintf(to, "set encoding utf8\nset terminal %s\nset output ", formats[plot->format].terminal);
    orr_picture_quote(to, orr_picture_base_name(plot->picture));
    fprintf(to, "\nBIG = '%s'\nSMALL = '%s'\nDOT = %s\n", formats[plot->format].big,
            formats[plot->format].small, formats[plot->format].dot);
    write_texts(to, plot);
    if (plot->series) {
        write_series_plot(to, plot->series, data);
        return;
    }
    write_axes(to, curves, n);
    write_table(to, curves, n);
    fprintf(to, "DATA = ");
    orr_picture_quote(to, data);
    fprintf(to, "\nplot ");
    for (size_t i = 0; i < n; i++) /* dashes over the unbroken line: both show where they meet */
        fprintf(to, "DATA index %zu with %s lw 2.5 dt %s lc rgb '%s'%s", i,
                curves[i].times->n > 300 ? "lines" : "steps", /* many steps break up dashes */
                curves[i].dash, curves[i].colour, i + 1 < n ? ", \\\n     " : "\n");
}

int orr_plot_latency(const struct orr_plot *plot, char error[ORR_READER_ERROR_LEN]) {
    struct sketch sketch = {.plot = plot};
    sketch.n = list_curves(plot, sketch.curves);
    if (!sketch.n && !plot->series) {
        snprintf(error, ORR_READER_ERROR_LEN,
                 "holds no two decisions, so no latency, and no deliveries (in the "
                 "scenario, `record:` must name decisions, or messages)");
        return ORR_ENOTFOUND;
    }
    struct orr_picture picture = {.path = plot->picture,
                                  .mark = "# Commit latency, drawn by orrery plot.",
                                  .write_data = write_data,
                                  .write_script = write_script,
                                  .ctx = &sketch};
    return orr_picture_draw(&picture, error);
}
