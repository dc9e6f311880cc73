#include "analysis/stats.h"

#include <assert.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"

#define RESAMPLES 999 /* (999 + 1) * 2.5 % is a rank */

static int by_value(const void *a, const void *b) {
    const struct orr_sample *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

void orr_items_sort(void *items, size_t n, size_t size,
                    int (*compare)(const void *a, const void *b)) {
    if (n) qsort(items, n, size, compare);
}

void orr_samples_sort(struct orr_sample *samples, size_t n) {
    if (n) qsort(samples, n, sizeof *samples, by_value);
}

/* Nearest rank, from 1.  The product is nudged down so that 0.9 * 10 is rank 9 in floating point
 * too. */
static size_t rank_of(double total, double q) {
    double rank = ceil(q * total * (1 - 1e-14));
    return rank < 1 ? 1 : (size_t)rank;
}

double orr_quantile(const struct orr_sample *sorted, size_t n, double q) {
    assert(n > 0 && q > 0 && q <= 1);
    size_t rank = rank_of((double)n, q);
    return sorted[(rank < n ? rank : n) - 1].value;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Numbers the clusters 0..k-1 into cluster_of[n]; returns k. */
static size_t number_clusters(const struct orr_sample *samples, size_t n, uint32_t *cluster_of) {
    uint64_t *names = orr_need(n, sizeof *names);
    for (size_t i = 0; i < n; i++) names[i] = samples[i].cluster;
    qsort(names, n, sizeof *names, by_number);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || names[i] != names[k - 1]) names[k++] = names[i];
    for (size_t i = 0; i < n; i++) {
        const uint64_t *found = bsearch(&samples[i].cluster, names, k, sizeof *names, by_number);
        cluster_of[i] = (uint32_t)(found - names);
    }
    free(names);
    return k;
}

struct orr_interval orr_quantile_interval(const struct orr_sample *sorted, size_t n, double q) {
    assert(n > 0 && q > 0 && q <= 1);
    uint32_t *cluster_of = orr_need(n, sizeof *cluster_of);
    size_t k = number_clusters(sorted, n, cluster_of);
    struct orr_interval interval = {-INFINITY, INFINITY};
    if (k > 1) {
        uint32_t *times = orr_need(k, sizeof *times); /* how often each cluster was drawn */
        double *quantiles = orr_need(RESAMPLES, sizeof *quantiles);
        gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
        assert(rng);
        gsl_rng_set(rng, 1);
        for (int r = 0; r < RESAMPLES; r++) {
            size_t total = 0, seen = 0, i = 0;
            memset(times, 0, k * sizeof *times);
            for (size_t c = 0; c < k; c++) times[gsl_rng_uniform_int(rng, k)]++;
            for (size_t j = 0; j < n; j++) total += times[cluster_of[j]];
            size_t rank = rank_of((double)total, q);
            while (i < n && (seen += times[cluster_of[i]]) < rank) i++;
            quantiles[r] = sorted[i < n ? i : n - 1].value;
        }
        gsl_sort(quantiles, 1, RESAMPLES);
        interval.low = quantiles[(RESAMPLES + 1) / 40 - 1];
        interval.high = quantiles[(RESAMPLES + 1) * 39 / 40 - 1];
        gsl_rng_free(rng);
        free(quantiles);
        free(times);
    }
    free(cluster_of);
    return interval;
}
