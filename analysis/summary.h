/* summary.h - a list of independent values in a few numbers, with the doubt about their mean. */
#ifndef ORR_ANALYSIS_SUMMARY_H
#define ORR_ANALYSIS_SUMMARY_H

#include "analysis/stats.h"

#define ORR_SUMMARY_METHOD                                                                   \
    "95 % intervals of the mean: bootstrap-t, 1999 resamples, seed 1; of fewer than 8 values " \
    "Student's t"

/* n > 0.  sd is the sample's (n - 1), and NAN of one value, of which nothing is known either:
 * mean_in is [-inf, inf]. */
struct orr_summary {
    size_t n;
    double mean, sd, min, p50, max; /* p50: nearest rank */
    struct orr_interval mean_in;    /* 95 % */
};

/* Summarises v[n], n > 0, in any order.  mean_in is the studentised bootstrap (B. Efron,
 * R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, section 12.5), whose draws come from
 * GSL's mt19937 with a fixed seed: equal values have equal intervals.  Resamples without spread say
 * nothing and are left out.  Of fewer than 8 values, where it is too unsteady, or when all are
 * equal the interval is that of Student's t. */
struct orr_summary orr_summarise(const double *v, size_t n);
#endif
