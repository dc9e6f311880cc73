#include "analysis/summary.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"

enum { RESAMPLES = 1999, LEAST_RESAMPLES = 999, LEAST_VALUES = 8 };

static struct orr_interval student(double mean, double sd, size_t n) {
    double half = gsl_cdf_tdist_Pinv(0.975, (double)(n - 1)) * sd / sqrt((double)n);
    return (struct orr_interval){mean - half, mean + half};
}

/* How many standard errors the mean of a resample is from the mean; *n_t of them, sorted. */
static double *pivots(const double *v, size_t n, double mean, size_t *n_t) {
    double *t = orr_need(RESAMPLES, sizeof *t), *drawn = orr_need(n, sizeof *drawn);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    assert(rng);
    gsl_rng_set(rng, 1);
    *n_t = 0;
    for (int r = 0; r < RESAMPLES; r++) {
        for (size_t i = 0; i < n; i++) drawn[i] = v[gsl_rng_uniform_int(rng, n)];
        double m = gsl_stats_mean(drawn, 1, n), sd = gsl_stats_sd_m(drawn, 1, n, m);
        if (sd > 0) t[(*n_t)++] = (m - mean) / (sd / sqrt((double)n));
    }
    gsl_sort(t, 1, *n_t);
    gsl_rng_free(rng);
    free(drawn);
    return t;
}

static struct orr_interval mean_interval(const double *v, size_t n, double mean, double sd) {
    if (n < 2) return (struct orr_interval){-INFINITY, INFINITY};
    if (n < LEAST_VALUES || !(sd > 0)) return student(mean, sd, n);
    size_t n_t;
    double *t = pivots(v, n, mean, &n_t), error = sd / sqrt((double)n);
    struct orr_interval in = student(mean, sd, n);
    if (n_t >= LEAST_RESAMPLES) {
        size_t tail = (size_t)((double)(n_t + 1) * 0.025);
        in.low = mean - t[n_t - tail] * error;
        in.high = mean - t[tail - 1] * error;
    }
    free(t);
    return in;
}

struct orr_summary orr_summarise(const double *v, size_t n) {
    assert(n > 0);
    double *sorted = orr_need(n, sizeof *sorted);
    memcpy(sorted, v, n * sizeof *sorted);
    gsl_sort(sorted, 1, n);
    struct orr_summary s = {.n = n, .mean = gsl_stats_mean(v, 1, n), .sd = NAN, .min = sorted[0],
                            .max = sorted[n - 1], .p50 = sorted[(n + 1) / 2 - 1]};
    if (n > 1) s.sd = gsl_stats_sd_m(v, 1, n, s.mean);
    s.mean_in = mean_interval(v, n, s.mean, s.sd);
    free(sorted);
    assert(s.min <= s.p50 && s.p50 <= s.max);
    return s;
}
