/* fit.h - a power law through points: the slope of a line in a picture of two logarithmic axes. */
#ifndef ORR_ANALYSIS_FIT_H
#define ORR_ANALYSIS_FIT_H

#include <stdbool.h>
#include <stddef.h>

/* y = factor * x^slope; the slope is within slope +- half with 95 % confidence, if errors of log y
 * are independent and normal (Student's t, n - 2 degrees of freedom). */
struct orr_fit {
    double slope, half, factor;
    size_t n; /* points that are above zero in x and y: the others are left out */
};

/* Least squares in the logarithms (GSL).  false: fewer than three points, or all of one x. */
bool orr_fit_power(const double *x, const double *y, size_t n, struct orr_fit *fit);
#endif
