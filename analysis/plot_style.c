#include "analysis/plot_style.h"

#include "analysis/picture.h"

const struct orr_curve_style orr_curve_styles[ORR_PLOT_CURVES] = {
    {"#0072b2", "1", 7},     {"#d55e00", "'-'", 5},  {"#009e73", "'.'", 9},
    {"#cc79a7", "'_'", 13},  {"#56b4e9", "'-.'", 11}, {"#e69f00", "'--'", 6},
    {"#000000", "'..'", 4},  {"#777777", "'_.'", 8}};

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
    if (s->format == ORR_PLOT_PDF)
        fprintf(to, "set terminal pdfcairo size %.2fcm,%.2fcm font '%s,%g' fontscale 0.75\n",
                width / 10, height / 10, name, points);
    else if (s->format == ORR_PLOT_SVG)
        fprintf(to, "set terminal svg size %.0f,%.0f font '%s,%.3g' background '#ffffff'\n",
                width / 25.4 * 96, height / 25.4 * 96, name, points / 72 * 96);
    else
        fprintf(to, "set terminal pngcairo size %.0f,%.0f font '%s,%.3g' fontscale 1 linewidth 3 "
                    "pointscale 3 background '#ffffff'\n",
                width / 25.4 * 300, height / 25.4 * 300, name, points / 72 * 300 * 0.75);
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
        orr_picture_quote(to, s->title);
        fputs(" noenhanced\n", to);
    }
    fprintf(to, "set border 3\nset tics nomirror out scale 0.5\nset grid ytics lc rgb '#dddddd'\n"
                "set key %s reverse Left samplen 2.5 noenhanced\n",
            has_key ? "tmargin left horizontal" : "off");
}
