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

/* A 95 % confidence interval of the q-quantile by the percentile bootstrap over clusters (A. C.
 * Davison, D. V. Hinkley, "Bootstrap Methods and their Application", 1997, sections 5.3 and 3.8):
 * whole clusters are drawn with replacement.  Draws come from GSL's mt19937 with a fixed seed, so
 * that equal samples have equal intervals.  n > 0; of a single cluster nothing is known: [-inf,
 * inf]. */
struct orr_interval orr_quantile_interval(const struct orr_sample *sorted, size_t n, double q);
#endif
