/* dist.c - builds the quantile tables of dist.h.
 *
 * A knot's probability t is a whole number of 2^-46 (40 bits of depth, 6 of step), so the integer
 * kinds (uniform, empirical) are computed without a rounding error and the others ask GSL for the
 * quantile from the tail that t is measured from, where GSL loses no digits. */
#include "sim/net/dist.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"
#include "sim/net/dist_spec.h"

/* Shapes for which GSL finds every quantile of a gamma distribution down to t = 2^-40, in parts of
 * 10^9.  Outside, its iteration stops early: no number at 0.1 and at 3,000, wrong tails at 1,000.
 */
#define GAMMA_LEAST ((int64_t)250000000)
#define GAMMA_MOST  ((int64_t)500 * 1000000000)

enum { T_BITS = ORR_DIST_OCTAVES + 1 + ORR_DIST_STEP_BITS, SIGNIFICANT_BITS = 22 };
#define T_ONE ((uint64_t)1 << T_BITS)

/* A quantile function: Q(t) or, from the upper end, Q(1 - t), with t in units of 2^-T_BITS.
 * ORR_EINVAL when the value is no number. */
struct quantile {
    int (*at)(const struct quantile *q, bool upper, uint64_t t, orr_time *value);
    double (*lower_tail)(const double *c, double t); /* the kinds that GSL computes */
    double (*upper_tail)(const double *c, double t);
    double c[3];
    orr_time *samples; /* empirical, ascending; uniform: its two ends */
    size_t n_samples;
};

static uint64_t knot_t(unsigned i) {
    assert(i <= ORR_DIST_CELLS);
    return (uint64_t)(ORR_DIST_STEPS + i % ORR_DIST_STEPS) << i / ORR_DIST_STEPS;
}

/* The integral of the interpolated quantile function, with the two cut-off ends. */
static orr_time table_mean(const struct orr_dist_table *table) {
    const orr_time *low = table->knot[0], *high = table->knot[1];
    __int128 sum = ((__int128)low[0] + high[0]) * (2 * (__int128)knot_t(0));
    for (unsigned i = 0; i < ORR_DIST_CELLS; i++)
        sum += ((__int128)low[i] + low[i + 1] + high[i] + high[i + 1]) *
               (__int128)(knot_t(i + 1) - knot_t(i));
    return (orr_time)(sum >> (T_BITS + 1));
}

static struct orr_dist *new_dist(struct orr_dist made) {
    struct orr_dist *d = orr_xrealloc(NULL, sizeof *d);
    *d = made;
    assert(d->min >= 0 && d->min <= d->max);
    return d;
}

static int constant(orr_time value, struct orr_dist **dist) {
    assert(value >= 0 && value <= ORR_DIST_MAX);
    *dist = new_dist((struct orr_dist){.min = value, .max = value, .mean = value});
    return 0;
}

/* Rounding keeps order, but an iterated quantile may wobble by its tolerance. */
static void make_monotone(struct orr_dist_table *table) {
    table->knot[1][ORR_DIST_CELLS] = table->knot[0][ORR_DIST_CELLS];
    for (unsigned i = ORR_DIST_CELLS; i-- > 0;) {
        orr_time *low = &table->knot[0][i], *high = &table->knot[1][i];
        if (low[0] > low[1]) low[0] = low[1];
        if (high[0] < high[1]) high[0] = high[1];
    }
}

static int build(const struct quantile *q, struct orr_dist **dist) {
    struct orr_dist_table *table = orr_xrealloc(NULL, sizeof *table);
    for (int side = 0; side < 2; side++)
        for (unsigned i = 0; i <= ORR_DIST_CELLS; i++) {
            int bad = q->at(q, side, knot_t(i), &table->knot[side][i]);
            if (bad) {
                free(table);
                return bad;
            }
        }
    make_monotone(table);
    orr_time min = table->knot[0][0], max = table->knot[1][0];
    assert(min >= 0 && min <= max);
    assert(table->knot[0][ORR_DIST_CELLS] == table->knot[1][ORR_DIST_CELLS]);
    if (min == max) {
        free(table);
        return constant(min, dist);
    }
    assert(max <= ORR_DIST_MAX);
    *dist = new_dist((struct orr_dist){
        .table = table, .min = min, .max = max, .mean = table_mean(table), .owns_table = true});
    return 0;
}

/* ---- one table seen another way ---- */

static orr_time times_factor(orr_time base, orr_time factor) {
    return (orr_time)((unsigned __int128)(uint64_t)base * (uint64_t)factor >> 30);
}

struct orr_dist *orr_dist_new_around(orr_time base, const struct orr_dist *factor) {
    assert(base >= 0 && !factor->times && !factor->plus && factor->max <= 16 * ORR_DIST_ONE);
    struct orr_dist made = {.min = times_factor(base, factor->min),
                            .max = times_factor(base, factor->max),
                            .mean = times_factor(base, factor->mean)};
    if (made.min < made.max) made.table = factor->table, made.times = (uint64_t)base;
    return new_dist(made);
}

struct orr_dist *orr_dist_new_shifted(orr_time base, const struct orr_dist *extra) {
    assert(base >= 0 && base <= ORR_DIST_MAX);
    assert(extra->max <= ORR_DIST_MAX); /* the sum of the two is far below 2^63 */
    struct orr_dist made = *extra;
    made.plus += base, made.min += base, made.max += base, made.mean += base;
    made.owns_table = false;
    return new_dist(made);
}

/* ---- integer kinds ---- */

/* Linear between equally likely places 0..n-1. */
static int sample_at(const struct quantile *q, bool upper, uint64_t t, orr_time *value) {
    assert(t <= T_ONE && q->n_samples >= 2);
    if (upper) t = T_ONE - t;
    unsigned __int128 place = (unsigned __int128)t * (q->n_samples - 1);
    size_t i = (size_t)(place >> T_BITS);
    uint64_t share = (uint64_t)place & (T_ONE - 1);
    assert(i < q->n_samples && i + (share > 0) < q->n_samples);
    orr_time left = q->samples[i], right = q->samples[i + (share > 0)];
    assert(left <= right);
    *value = left + (orr_time)((__int128)(right - left) * (int64_t)share >> T_BITS);
    return 0;
}

static void sift_down(orr_time *v, size_t at, size_t n) {
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && v[child] < v[child + 1]) child++;
        if (v[at] >= v[child]) return;
        orr_time swap = v[at];
        v[at] = v[child], v[child] = swap;
    }
}

static void heap_sort(orr_time *v, size_t n) {
    for (size_t i = n / 2; i-- > 0;) sift_down(v, i, n);
    for (size_t i = n; i-- > 1;) {
        orr_time swap = v[0];
        v[0] = v[i], v[i] = swap;
        sift_down(v, 0, i);
    }
}

int orr_dist_new_empirical(orr_time *samples, size_t n, struct orr_dist **dist) {
    if (!n) return ORR_EINVAL;
    heap_sort(samples, n);
    if (samples[0] < 0 || samples[n - 1] > ORR_DIST_MAX) return ORR_EINVAL;
    if (samples[0] == samples[n - 1]) return constant(samples[0], dist);
    return build(&(struct quantile){.at = sample_at, .samples = samples, .n_samples = n}, dist);
}

/* ---- kinds computed by GSL ---- */

static int curve_at(const struct quantile *q, bool upper, uint64_t t, orr_time *value) {
    double p = ldexp((double)t, -T_BITS);
    assert(p > 0 && p < 1);
    double x = upper ? q->upper_tail(q->c, p) : q->lower_tail(q->c, p);
    if (isnan(x)) return ORR_EINVAL;
    if (x <= 0) x = 0;
    if (x >= (double)ORR_DIST_MAX) {
        *value = ORR_DIST_MAX;
        return 0;
    }
    int exponent;
    frexp(x, &exponent);
    int drop = exponent > SIGNIFICANT_BITS ? exponent - SIGNIFICANT_BITS : 0;
    *value = (orr_time)ldexp(floor(ldexp(x, -drop) + 0.5), drop);
    return 0;
}

/* c: mean, standard deviation, probability of what is left out: that below 0, or nothing. */
static double normal_lower(const double *c, double t) {
    return c[0] + c[1] * gsl_cdf_ugaussian_Pinv(c[2] + t * (1 - c[2]));
}
static double normal_upper(const double *c, double t) {
    return c[0] + c[1] * gsl_cdf_ugaussian_Qinv(t * (1 - c[2]));
}
/* c: ln of the median, sigma of the logarithm. */
static double lognormal_lower(const double *c, double t) {
    return gsl_cdf_lognormal_Pinv(t, c[0], c[1]);
}
static double lognormal_upper(const double *c, double t) {
    return gsl_cdf_lognormal_Qinv(t, c[0], c[1]);
}
/* c: mean above the minimum, minimum. */
static double exponential_lower(const double *c, double t) {
    return c[1] + gsl_cdf_exponential_Pinv(t, c[0]);
}
static double exponential_upper(const double *c, double t) {
    return c[1] + gsl_cdf_exponential_Qinv(t, c[0]);
}
/* c: shape, scale (the minimum). */
static double pareto_lower(const double *c, double t) { return gsl_cdf_pareto_Pinv(t, c[0], c[1]); }
static double pareto_upper(const double *c, double t) { return gsl_cdf_pareto_Qinv(t, c[0], c[1]); }
/* c: shape, scale. */
static double gamma_lower(const double *c, double t) { return gsl_cdf_gamma_Pinv(t, c[0], c[1]); }
static double gamma_upper(const double *c, double t) { return gsl_cdf_gamma_Qinv(t, c[0], c[1]); }

static int build_curve(struct quantile q, struct orr_dist **dist) {
    q.at = curve_at;
    /* GSL's own handler ends the process; what it cannot compute comes back as no number. */
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    int bad = build(&q, dist);
    gsl_set_error_handler(before);
    return bad;
}

static int normal(double mean, double sd, bool clamp, struct orr_dist **dist) {
    assert(mean >= 0 && sd > 0);
    struct quantile q = {.lower_tail = normal_lower,
                         .upper_tail = normal_upper,
                         .c = {mean, sd, clamp ? 0 : gsl_cdf_ugaussian_P(-mean / sd)}};
    return build_curve(q, dist);
}

int orr_dist_new_jitter(uint64_t sd_ppb, struct orr_dist **dist) {
    if (sd_ppb > 1000000000) return ORR_EINVAL;
    if (!sd_ppb) return constant(ORR_DIST_ONE, dist);
    return normal((double)ORR_DIST_ONE, (double)ORR_DIST_ONE * (double)sd_ppb / 1e9, false,
                  dist);
}

/* ---- from a scenario's words ---- */

static int lognormal(const struct orr_dist_spec *s, struct orr_dist **dist) {
    /* p99 = median exp(sigma z), z the normal's 0.99 quantile */
    double sigma = log((double)s->p99 / (double)s->median) / gsl_cdf_ugaussian_Pinv(0.99);
    struct quantile q = {.lower_tail = lognormal_lower,
                         .upper_tail = lognormal_upper,
                         .c = {log((double)s->median), sigma}};
    return build_curve(q, dist);
}

/* NULL, or what the parameters should have been. */
static const char *fault_of(const struct orr_dist_spec *s) {
    const int64_t v[] = {s->value, s->min, s->max, s->mean, s->sd, s->median, s->p99, s->scale};
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
        if (v[i] < 0 || v[i] > ORR_DIST_MAX) return "a parameter must be from 0 to 2^60";
    switch (s->kind) {
    case ORR_DIST_CONSTANT: return NULL;
    case ORR_DIST_UNIFORM: return s->min <= s->max ? NULL : "min must not be above max";
    case ORR_DIST_NORMAL: return NULL;
    case ORR_DIST_LOGNORMAL:
        return 0 < s->median && s->median < s->p99 ? NULL : "must be 0 < median < p99";
    case ORR_DIST_EXPONENTIAL: return s->min < s->mean ? NULL : "mean must be above min";
    case ORR_DIST_PARETO:
        return s->scale > 0 && s->shape > 0 ? NULL : "scale and shape must be above 0";
    case ORR_DIST_GAMMA:
        if (s->scale <= 0) return "scale must be above 0";
        if (s->shape < GAMMA_LEAST || s->shape > GAMMA_MOST)
            return "shape must be from 0.25 to 500";
        return NULL;
    case ORR_DIST_EMPIRICAL: return "an empirical distribution is read from its file";
    case ORR_DIST_NONE: break;
    }
    return "no distribution was given";
}

int orr_dist_new(const struct orr_dist_spec *s, struct orr_dist **dist, const char **why) {
    *why = fault_of(s);
    if (*why) return ORR_EINVAL;
    double shape = (double)s->shape / 1e9, scale = (double)s->scale;
    int bad = 0;
    switch (s->kind) {
    case ORR_DIST_CONSTANT: return constant(s->value, dist);
    case ORR_DIST_UNIFORM:
        if (s->min == s->max) return constant(s->min, dist);
        return build(&(struct quantile){.at = sample_at,
                                        .samples = (orr_time[]){s->min, s->max},
                                        .n_samples = 2},
                     dist);
    case ORR_DIST_NORMAL:
        bad = s->sd ? normal((double)s->mean, (double)s->sd, s->clamp, dist)
                    : constant(s->mean, dist);
        break;
    case ORR_DIST_LOGNORMAL: bad = lognormal(s, dist); break;
    case ORR_DIST_EXPONENTIAL:
        bad = build_curve((struct quantile){.lower_tail = exponential_lower,
                                            .upper_tail = exponential_upper,
                                            .c = {(double)(s->mean - s->min), (double)s->min}},
                          dist);
        break;
    case ORR_DIST_PARETO:
        bad = build_curve((struct quantile){.lower_tail = pareto_lower,
                                            .upper_tail = pareto_upper,
                                            .c = {shape, scale}},
                          dist);
        break;
    default:
        assert(s->kind == ORR_DIST_GAMMA);
        bad = build_curve((struct quantile){.lower_tail = gamma_lower,
                                            .upper_tail = gamma_upper,
                                            .c = {shape, scale}},
                          dist);
    }
    if (bad) *why = "the parameters are so extreme that quantiles cannot be computed";
    return bad;
}

void orr_dist_free(struct orr_dist *dist) {
    if (dist && dist->owns_table) free((void *)dist->table);
    free(dist);
}

uint64_t orr_dist_hash(const struct orr_dist *d) {
    const uint64_t fields[] = {(uint64_t)d->min, (uint64_t)d->max, (uint64_t)d->mean, d->times,
                               (uint64_t)d->plus};
    uint64_t h = orr_hash64(0, fields, sizeof fields);
    return d->table ? orr_hash64(h, d->table, sizeof *d->table) : h;
}
