/* two_sample.h - do two lists of measured values differ, by how much, and could it be chance? */
#ifndef ORR_ANALYSIS_TWO_SAMPLE_H
#define ORR_ANALYSIS_TWO_SAMPLE_H

#include <stdbool.h>

#include "analysis/stats.h"

#define ORR_TWO_SAMPLE_METHOD                                                                      \
    "p_mean: permutation test of the difference of means, over runs or blocks (all permutations "  \
    "up to 50000, else 9999 drawn, fewer of above 20000 values, seed 1); ks, p_ks: Kolmogorov-"    \
    "Smirnov, exact for runs, by the same permutations for blocks; diff_low, diff_high: 95 % "     \
    "(Welch's t for runs, bootstrap over blocks); differs: at 5 % after Holm over all rows"

struct orr_two_sample {
    size_t n_a, n_b, clusters_a, clusters_b;
    double mean_a, mean_b;
    struct orr_interval difference; /* of mean_b - mean_a, 95 %; [-inf, inf]: nothing is known  */
    double p_mean;                  /* of so great a difference, in either direction, by chance */
    double ks, p_ks;                /* the greatest distance of the distributions; as p_mean    */
};

/* Compares a[n_a] and b[n_b], both sorted (orr_samples_sort) and not empty.  Clusters are what is
 * exchanged between the two; where each value is a cluster of its own, values are.
 *
 * The permutation test (E. S. Pitman, 1937) asks how often a random division of all clusters into
 * as many as a and b have gives a difference of means at least as great; drawn ones count with the
 * one that was seen, (1 + hits) / (1 + draws).  The interval is Welch's t when clusters are values,
 * else the percentile bootstrap over clusters.  Draws come from GSL's mt19937 with a fixed seed. */
struct orr_two_sample orr_two_sample(const struct orr_sample *a, size_t n_a,
                                     const struct orr_sample *b, size_t n_b);

/* The greatest distance of two empirical distributions, of sorted values. */
double orr_ks_distance(const struct orr_sample *a, size_t n_a, const struct orr_sample *b,
                       size_t n_b);
/* How probable a distance of at least `distance` is when all n_a + n_b values, independent of each
 * other, come from one distribution: exactly, given which of them are equal (J. L. Hodges, "The
 * significance probability of the Smirnov two-sample test", Arkiv foer Matematik 3, 1957), where
 * n_a n_b <= 10 million; else by Smirnov's limit (1948). */
double orr_ks_probability(const struct orr_sample *a, size_t n_a, const struct orr_sample *b,
                          size_t n_b, double distance);
/* Smirnov's limit alone: Q(distance sqrt(n_a n_b / (n_a + n_b))). */
double orr_ks_limit(size_t n_a, size_t n_b, double distance);

/* Of p[n], which are below `level` when all n are judged together (S. Holm, 1979): the chance that
 * any of them is called so wrongly stays below it. */
void orr_holm(const double *p, size_t n, double level, bool *below);
#endif
