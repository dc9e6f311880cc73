/* plot_groups.h - the same number of several groups beside each other: boxes, or violins. */
#ifndef ORR_ANALYSIS_PLOT_GROUPS_H
#define ORR_ANALYSIS_PLOT_GROUPS_H

#include "analysis/picture.h"
#include "analysis/plot_style.h"

enum { ORR_PLOT_GROUPS = 40 };

struct orr_plot_group {
    const char *name;
    const struct orr_sample *sorted; /* [n] n > 0 */
    size_t n;
};

struct orr_plot_groups {
    const char *picture, *x_label, *y_label; /* x_label: NULL is none */
    struct orr_plot_style style;
    bool is_violin, log_y;
    const struct orr_plot_group *groups; /* [n], 0 < n <= ORR_PLOT_GROUPS */
    size_t n;
};

/* Draws them.  A box reaches from the lower to the upper quartile (nearest rank) with a line at the
 * median; whiskers reach to the last value within one and a half of its height, values beyond are
 * points (J. W. Tukey, "Exploratory Data Analysis", 1977, 2C), of many the outermost ones and a
 * regular sample.  A violin is a box inside of the density on both sides of it (J. L. Hintze, R. D.
 * Nelson, "Violin Plots", 1998): a Gaussian kernel of Silverman's width, 0.9 min(sd, IQR / 1.34)
 * n^-1/5 (B. W. Silverman, "Density Estimation", 1986, 3.31), from the least value to the greatest,
 * all violins equally wide at their widest.  Errors as orr_picture_draw. */
int orr_plot_groups_draw(const struct orr_plot_groups *plot, char error[ORR_PICTURE_ERROR]);

/* What a box shows of sorted values. */
struct orr_box {
    double low, lower, median, upper, high; /* whisker, quartile, median, quartile, whisker */
    size_t n_below, n_above;                /* values beyond the whiskers */
};
struct orr_box orr_box_of(const struct orr_sample *sorted, size_t n);

/* The density of sorted values at ORR_DENSITY_POINTS equally distant places from the least to the
 * greatest, which integrates to about 1; false: all values are equal, and it has none. */
enum { ORR_DENSITY_POINTS = 101 };
bool orr_density_of(const struct orr_sample *sorted, size_t n, double density[ORR_DENSITY_POINTS]);
#endif
