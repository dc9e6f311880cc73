/* plot_style.h - how pictures for papers look: sizes in print, colours and dashes that can be told
 * apart. */
#ifndef ORR_ANALYSIS_PLOT_STYLE_H
#define ORR_ANALYSIS_PLOT_STYLE_H

#include <stdbool.h>
#include <stdio.h>

#include "analysis/plot.h"

enum { ORR_PLOT_CURVES = 8 }; /* no more can be told apart */

/* Okabe-Ito, which the colour-blind can tell apart; dashes and points do the same in grey. */
struct orr_curve_style {
    const char *colour, *dash; /* as gnuplot writes them */
    int point;
};
extern const struct orr_curve_style orr_curve_styles[ORR_PLOT_CURVES];

struct orr_plot_style {
    enum orr_plot_format format;
    bool paper;               /* 85 mm wide, 7 pt, no title, as a column of a paper has it */
    double width_mm;          /* 0: 85 or 180 */
    const char *font, *title; /* NULL: DejaVu Sans; none */
};
/* What a script begins with: terminal, output, title, and axes without a frame. */
void orr_plot_style_write(const struct orr_plot_style *style, const char *picture, bool has_key,
                          FILE *to);
/* A text as gnuplot's: quoted, and for TikZ what TeX would take for its own escaped. */
void orr_plot_text(const struct orr_plot_style *style, FILE *to, const char *text);
/* `set AXISlabel TEXT`. */
void orr_plot_label(const struct orr_plot_style *style, FILE *to, const char *axis,
                    const char *text);
/* Of a y axis that reaches to `most`: large numbers as 2.5 M. */
void orr_plot_large(FILE *to, double most);
/* A logarithmic axis, x or y, whose numbers are powers of ten. */
void orr_plot_log(const struct orr_plot_style *style, FILE *to, char axis);
#endif
