/* plot_sweep.h - a number of a sweep against another: means over seeds with their intervals. */
#ifndef ORR_ANALYSIS_PLOT_SWEEP_H
#define ORR_ANALYSIS_PLOT_SWEEP_H

#include "analysis/picture.h"
#include "analysis/plot_style.h"
#include "analysis/table.h"

struct orr_plot_sweep {
    const char *picture;
    const struct orr_table *table;
    size_t x, y, by; /* columns; by SIZE_MAX: one curve */
    /* SIZE_MAX, or the column whose mean is drawn where x would be: points stay in the order of x
     * (the load), joined, with the knee of each curve: the point farthest below the line from its
     * first to its last, axes scaled to 0 .. 1 (V. Satopaa et al., "Finding a Kneedle in a
     * Haystack", 2011, for a convex curve, without smoothing). */
    size_t across;
    struct orr_plot_style style;
    bool log_x, log_y;
    bool fit; /* a power law through the rows of each curve, its slope in the legend (fit.h) */
};

/* Draws the mean of y over the rows that share x and by, and its 95 % interval (summary.h), which a
 * group of one run has not.  Rows without a number in y are left out.  Where every x is a number
 * the axis is one; else x are names, in the order of their first row.  Errors as orr_picture_draw;
 * ORR_ENOTFOUND: no row has a number; ORR_ELIMIT: more than ORR_PLOT_CURVES curves. */
int orr_plot_sweep_draw(const struct orr_plot_sweep *plot, char error[ORR_PICTURE_ERROR]);
#endif
