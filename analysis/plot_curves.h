/* plot_curves.h - curves of x and y over each other, as a picture for a paper. */
#ifndef ORR_ANALYSIS_PLOT_CURVES_H
#define ORR_ANALYSIS_PLOT_CURVES_H

#include "analysis/picture.h"
#include "analysis/plot_style.h"

/* What a curve may have: data and script of a picture stay small whatever the trace has. */
enum { ORR_CURVE_POINTS = 600 };

struct orr_curve {
    const char *name;
    size_t n;
    double x[ORR_CURVE_POINTS], y[ORR_CURVE_POINTS];
};
struct orr_curve_shade {
    double from, to;
}; /* of x */

struct orr_plot_curves {
    const char *picture, *x_label, *y_label;
    struct orr_plot_style style;
    bool log_x, log_y, is_steps;
    bool is_share;                  /* y is within 0 and 1 */
    bool is_signed;                 /* y may be below 0    */
    bool is_whole;                  /* y are whole numbers */
    const double *low, *high;       /* [curves[0].n] a band around the first, or NULL */
    const struct orr_curve *curves; /* [n], n <= ORR_PLOT_CURVES */
    size_t n;
    const struct orr_curve_shade *shades; /* [n_shades] drawn grey behind the curves */
    size_t n_shades;
};

/* Draws them.  Errors as orr_picture_draw. */
int orr_plot_curves_draw(const struct orr_plot_curves *plot, char error[ORR_PICTURE_ERROR]);

/* The distribution of sorted values as a curve: shares of values up to x, or, with `above`, of
 * those above x (and half a value behind the greatest, for an axis that has no zero).  Of many
 * values it has some hundred points: all along, and more where the share that is left is small, so
 * that the tail of ten million values is there. */
void orr_curve_distribution(const struct orr_sample *sorted, size_t n, bool above,
                            struct orr_curve *curve);
#endif
