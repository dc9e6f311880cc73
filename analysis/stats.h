/* stats.h - order statistics of measured times, with the doubt that belongs to them. */
#ifndef ORR_ANALYSIS_STATS_H
#define ORR_ANALYSIS_STATS_H

#include <stddef.h>
#include <stdint.h>

/* One measured value and the block (or other unit) that it was measured in: values of one cluster
 * are not independent of each other, those of different clusters are taken to be. */
struct orr_sample {
    double value;
    uint64_t cluster;
};

/* Sorts n items of `size` bytes; compare, as qsort has it, is a total order: no two are equal. */
void orr_items_sort(void *items, size_t n, size_t size,
                    int (*compare)(const void *a, const void *b));

/* Ascending by value, then by cluster. */
void orr_samples_sort(struct orr_sample *samples, size_t n);

/* The q-quantile by nearest rank: the least value that at least the share q of all does not exceed.
 * The samples are sorted, n > 0, 0 < q <= 1. */
double orr_quantile(const struct orr_sample *sorted, size_t n, double q);

struct orr_interval {
    double low, high;
};

/* The value of that rank, from 1 to n, without sorting all; v is left in another order (C. A. R.
 * Hoare, "Algorithm 65: Find", 1961). */
double orr_select(double *v, size_t n, size_t rank);

/* 95 % confidence intervals of the q[i]-quantiles by the percentile bootstrap over clusters (A. C.
 * Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, sections 5.3 and 3.8):
 * whole clusters are drawn with replacement, and of each draw come all quantiles.  Draws come from
 * GSL's mt19937 with a fixed seed, so that equal samples have equal intervals, which others asked
 * for with it do not change.  n > 0, 0 < q[i] <= 1; of a single cluster nothing is known: [-inf,
 * inf].  The cost is that of a pass over the samples, and of a few over the clusters for each
 * draw. */
void orr_quantile_intervals(const struct orr_sample *sorted, size_t n, const double *q, size_t n_q,
                            struct orr_interval *intervals);
struct orr_interval orr_quantile_interval(const struct orr_sample *sorted, size_t n, double q);
#endif
