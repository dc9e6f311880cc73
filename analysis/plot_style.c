#include "analysis/plot_style.h"

#include <string.h>

#include "analysis/picture.h"

const struct orr_curve_style orr_curve_styles[ORR_PLOT_CURVES] = {
    {"#0072b2", "1", 7},    {"#d55e00", "'-'", 5},   {"#009e73", "'.'", 9},
    {"#cc79a7", "'_'", 13}, {"#56b4e9", "'-.'", 11}, {"#e69f00", "'--'", 6},
    {"#000000", "'..'", 4}, {"#777777", "'_.'", 8}};

/* Sizes are those of the print: a point is 1/72 inch.  PNG has 300 dots to the inch; gnuplot takes
 * an inch for 96 units of a font's size, whatever the terminal. */
static void write_terminal(const struct orr_plot_style *s, FILE *to) {
    double width = s->width_mm > 0 ? s->width_mm : s->paper ? 85 : 180, height = width * 0.66;
    double points = s->paper ? 7 : 9;
    const char *font = s->font ? s->font : "DejaVu Sans";
    char name[128];
    size_t n = 0;
    for (; *font && n + 1 < sizeof name; font++)
        if (*font != ',' && *font != '\'' && (unsigned char)*font >= ' ') name[n++] = *font;
    name[n] = '\0';
    if (s->format == ORR_PLOT_TIKZ)
        fprintf(
            to,
            "# In LaTeX: \\usepackage{gnuplot-lua-tikz}, \\input{PICTURE.tex}; the style is made "
            "by\n# gnuplot -e 'set terminal tikz createstyle'.  Its font is the document's.\n"
            "set terminal tikz size %.2fcm,%.2fcm font '\\fontsize{%g}{%g}\\selectfont'\n",
            width / 10, height / 10, points, points * 1.2);
    else if (s->format == ORR_PLOT_PDF)
        fprintf(to, "set terminal pdfcairo size %.2fcm,%.2fcm font '%s,%g' fontscale 0.75\n",
                width / 10, height / 10, name, points);
    else if (s->format == ORR_PLOT_SVG)
        fprintf(to, "set terminal svg size %.0f,%.0f font '%s,%.3g' background '#ffffff'\n",
                width / 25.4 * 96, height / 25.4 * 96, name, points / 72 * 96);
    else
        fprintf(to,
                "set terminal pngcairo size %.0f,%.0f font '%s,%.3g' fontscale 1 linewidth 3 "
                "pointscale 3 background '#ffffff'\n",
                width / 25.4 * 300, height / 25.4 * 300, name, points / 72 * 300 * 0.75);
}

/* Within '' gnuplot leaves backslashes alone. */
void orr_plot_text(const struct orr_plot_style *s, FILE *to, const char *text) {
    if (s->format != ORR_PLOT_TIKZ) {
        orr_picture_quote(to, text);
        return;
    }
    fputc('\'', to);
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            fputs("''", to);
        else if (strchr("#$%&_{}", *p))
            fprintf(to, "\\%c", *p);
        else if (*p == '\\')
            fputs("\\textbackslash{}", to);
        else if (*p == '^' || *p == '~')
            fprintf(to, "\\%c{}", *p);
        else
            fputc((unsigned char)*p < ' ' ? ' ' : *p, to);
    }
    fputc('\'', to);
}

void orr_plot_label(const struct orr_plot_style *s, FILE *to, const char *axis, const char *text) {
    fprintf(to, "set %slabel ", axis);
    orr_plot_text(s, to, text);
    fputs(" noenhanced\n", to);
}

void orr_plot_large(FILE *to, double most) {
    if (most >= 1e5) fputs("set format y '%.1s %c'\n", to);
}

void orr_plot_log(const struct orr_plot_style *s, FILE *to, char axis) {
    const char *dollar = s->format == ORR_PLOT_TIKZ ? "$" : "";
    fprintf(to, "set logscale %c\nset format %c '%s10^{%%T}%s'\n", axis, axis, dollar, dollar);
}

void orr_plot_style_write(const struct orr_plot_style *s, const char *picture, bool has_key,
                          FILE *to) {
    fputs("  Edit this, then run gnuplot on it in its folder.\nset encoding utf8\n", to);
    write_terminal(s, to);
    fputs("set output ", to);
    orr_picture_quote(to, orr_picture_base_name(picture));
    fputc('\n', to);
    if (s->title) {
        fputs("set title ", to);
        orr_plot_text(s, to, s->title);
        fputs(" noenhanced\n", to);
    }
    /* Numbers without the blank that "% h" has for a sign stand in the middle of their ticks. */
    fprintf(to,
            "set border 3 back\nset tics nomirror out scale 0.5\nset format '%s'\n"
            "set grid ytics lt 1 lw 0.4 lc rgb '#dddddd'\n"
            "set key %s reverse Left samplen 2.5 noenhanced\n",
            s->format == ORR_PLOT_TIKZ ? "$%h$" : "%h",
            has_key ? "tmargin left horizontal" : "off");
}
