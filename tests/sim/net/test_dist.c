/* Distributions against closed forms: GSL's cumulative functions run the other way from the
 * quantile functions that built the tables, so P(draw(u)) == u checks both the table and its
 * reading. */
#include "sim/net/dist.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/net/dist_spec.h"
#include "tests/test.h"

#define MS 1000000ll

static struct orr_dist *must(struct orr_dist_spec spec) {
    struct orr_dist *d = NULL;
    const char *why = NULL;
    int bad = orr_dist_new(&spec, &d, &why);
    ck_assert_msg(!bad, "kind %d: %s", spec.kind, why);
    return d;
}
static uint64_t at(double p) { return (uint64_t)(p * 0x1p53) << 11; }

/* Each kind with its closed forms: cumulative probability, mean and standard deviation. */
static double p_uniform(double x) { return gsl_cdf_flat_P(x, 10 * MS, 90 * MS); }
static double p_normal(double x) { /* given that it is >= 0 */
    double below = gsl_cdf_gaussian_P(-20.0 * MS, 10 * MS);
    return (gsl_cdf_gaussian_P(x - 20.0 * MS, 10 * MS) - below) / (1 - below);
}
static double p_lognormal(double x) {
    return gsl_cdf_lognormal_P(x, log(40.0 * MS), log(90.0 / 40) / 2.3263478740408408);
}
static double p_exponential(double x) { return gsl_cdf_exponential_P(x - 5 * MS, 20 * MS); }
static double p_pareto(double x) { return gsl_cdf_pareto_P(x, 2.5, 10 * MS); }
static double p_gamma(double x) { return gsl_cdf_gamma_P(x, 1.7, 10 * MS); }
static double p_gamma_small(double x) { return gsl_cdf_gamma_P(x, 0.3, 10 * MS); }

static const struct kind {
    struct orr_dist_spec spec;
    double (*p)(double x);
    double mean, sd;
    uint64_t hash; /* of the table, whatever compiler and optimisation made it */
} kinds[] = {
    {{.kind = ORR_DIST_UNIFORM, .min = 10 * MS, .max = 90 * MS},
     p_uniform,
     50e6,
     23.09401e6,
     0x27067cbc6474543full},
    /* truncated normal, a = -2: mean mu + s phi(a)/Z, variance s^2 (1 + a phi(a)/Z - (phi(a)/Z)^2)
     */
    {{.kind = ORR_DIST_NORMAL, .mean = 20 * MS, .sd = 10 * MS},
     p_normal,
     20.55248e6,
     9.41555e6,
     0xc1e26e3e7f352b56ull},
    {{.kind = ORR_DIST_LOGNORMAL, .median = 40 * MS, .p99 = 90 * MS},
     p_lognormal,
     42.50621e6,
     15.28070e6,
     0x621233affa9f07fcull},
    {{.kind = ORR_DIST_EXPONENTIAL, .mean = 25 * MS, .min = 5 * MS},
     p_exponential,
     25e6,
     20e6,
     0x96b0110e79f82624ull},
    {{.kind = ORR_DIST_PARETO, .scale = 10 * MS, .shape = 2500000000},
     p_pareto,
     16.666667e6,
     14.90712e6,
     0x3df69cba5e84329aull},
    {{.kind = ORR_DIST_GAMMA, .scale = 10 * MS, .shape = 1700000000},
     p_gamma,
     17e6,
     13.03840e6,
     0x94908a7601686cbdull},
    {{.kind = ORR_DIST_GAMMA, .scale = 10 * MS, .shape = 300000000},
     p_gamma_small,
     3e6,
     5.477226e6,
     0xca7b87dd47bced2cull},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

START_TEST(a_quantile_read_from_the_table_has_the_probability_it_was_asked_for) {
    static const double ps[] = {1e-9,   1e-6, 1e-4, 0.001, 0.01,  0.1,    0.25,     0.4999,  0.5,
                                0.5001, 0.7,  0.9,  0.99,  0.999, 0.9999, 0.999999, 1 - 1e-9};
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        for (size_t i = 0; i < sizeof ps / sizeof ps[0]; i++) {
            orr_time x = orr_dist_draw(d, at(ps[i]));
            double tail = ps[i] < 0.5 ? ps[i] : 1 - ps[i];
            double grain = (double)x * 0x1p-22; /* knots are rounded to 22 bits, draws to ns */
            double low = kinds[k].p((double)x - 1 - grain),
                   high = kinds[k].p((double)x + 2 + grain);
            ck_assert_msg(low - 1e-4 * tail <= ps[i] && ps[i] <= high + 1e-4 * tail,
                          "kind %d: Q(%.10g) = %lld, whose probability is %.10g",
                          kinds[k].spec.kind, ps[i], (long long)x, kinds[k].p((double)x));
        }
        orr_dist_free(d);
    }
}
END_TEST

START_TEST(every_cell_interpolates_within_the_error_that_the_header_states) {
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        double worst = 0;
        for (double t = 0x1p-39; t < 0.5; t *= 1.0037)
            for (int upper = 0; upper < 2; upper++) {
                uint64_t u = (uint64_t)(t * 0x1p64);
                orr_time x = orr_dist_draw(d, upper ? ~u : u);
                if (upper && t < 1e-6) continue; /* 1 - p has lost its digits */
                /* a draw stands for what rounding makes of it: off by what lies outside of that */
                double grain = (double)x * 0x1p-22;
                double before = kinds[k].p((double)x - 1 - grain);
                double after = kinds[k].p((double)x + 2 + grain);
                double off =
                    upper ? fmax(1 - t - after, before - (1 - t)) : fmax(t - after, before - t);
                off /= t;
                if (off > worst) worst = off;
            }
        ck_assert_msg(worst < 2e-4, "kind %d: worst %.3g", kinds[k].spec.kind, worst);
        orr_dist_free(d);
    }
}
END_TEST

START_TEST(the_tables_mean_and_the_sample_moments_match_the_closed_forms) {
    enum { N = 200000 };
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        ck_assert_msg(fabs((double)d->mean / kinds[k].mean - 1) < 1e-4,
                      "kind %d: mean %lld, not %.0f", kinds[k].spec.kind, (long long)d->mean,
                      kinds[k].mean);
        struct orr_rng rng = orr_rng_stream(42, ORR_RNG_LINK, (uint32_t)k);
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) {
            double x = (double)orr_dist_draw(d, orr_rng_u64(&rng));
            sum += x, squares += (x - kinds[k].mean) * (x - kinds[k].mean);
        }
        ck_assert_msg(fabs(sum / N - kinds[k].mean) < 5 * kinds[k].sd / sqrt(N),
                      "kind %d: mean %.0f", kinds[k].spec.kind, sum / N);
        if (kinds[k].spec.kind != ORR_DIST_PARETO) /* whose 4th moment is infinite at shape 2.5 */
            ck_assert_msg(fabs(sqrt(squares / N) / kinds[k].sd - 1) < 0.02, "kind %d: sd %.0f",
                          kinds[k].spec.kind, sqrt(squares / N));
        orr_dist_free(d);
    }
}
END_TEST

static int by_value(const void *a, const void *b) {
    orr_time x = *(const orr_time *)a, y = *(const orr_time *)b;
    return x < y ? -1 : x > y;
}

/* sup |F_n - F| * sqrt(n). */
static double kolmogorov_smirnov(const struct orr_dist *d, double (*p)(double), uint32_t stream) {
    enum { N = 50000 };
    static orr_time v[N];
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_LINK, stream);
    for (int i = 0; i < N; i++) v[i] = orr_dist_draw(d, orr_rng_u64(&rng));
    qsort(v, N, sizeof v[0], by_value);
    double worst = 0;
    for (int i = 0; i < N; i++) {
        double f = p((double)v[i]), below = fabs(f - (double)i / N),
               above = fabs(f - (i + 1.0) / N);
        if (below > worst) worst = below;
        if (above > worst) worst = above;
    }
    return worst * sqrt(N);
}

START_TEST(philox_draws_pass_kolmogorov_smirnov_at_one_in_a_thousand) {
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        double right = kolmogorov_smirnov(d, kinds[k].p, (uint32_t)k);
        ck_assert_msg(right < 1.95, "kind %d: %.3f", kinds[k].spec.kind, right);
        /* and the same test tells a distribution that is longer by a tenth */
        struct orr_dist_spec wrong = kinds[k].spec;
        wrong.min += wrong.min / 10, wrong.max += wrong.max / 10, wrong.mean += wrong.mean / 10;
        wrong.median += wrong.median / 10, wrong.scale += wrong.scale / 10;
        struct orr_dist *w = must(wrong);
        ck_assert_msg(kolmogorov_smirnov(w, kinds[k].p, (uint32_t)k) > 1.95, "kind %d", wrong.kind);
        orr_dist_free(w);
        orr_dist_free(d);
    }
}
END_TEST

START_TEST(a_draw_never_falls_when_its_random_bits_rise) {
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        struct orr_rng rng = orr_rng_stream(1, ORR_RNG_LINK, (uint32_t)k);
        for (int i = 0; i < 100000; i++) {
            uint64_t u = orr_rng_u64(&rng), t = orr_rng_u64(&rng);
            u = i & 1 ? u : i & 2 ? u >> (t & 63) : ~(u >> (t & 63)); /* middle and both tails */
            uint64_t step = 1 + (orr_rng_u64(&rng) >> (t >> 8 & 63));
            uint64_t v = u + step < u ? UINT64_MAX : u + step;
            ck_assert_int_le(orr_dist_draw(d, u), orr_dist_draw(d, v));
        }
        for (int b = 0; b < 64; b++) { /* across every octave's seam */
            uint64_t u = 1ull << b;
            ck_assert_int_le(orr_dist_draw(d, u - 1), orr_dist_draw(d, u));
            ck_assert_int_le(orr_dist_draw(d, ~u), orr_dist_draw(d, ~u + 1));
        }
        orr_dist_free(d);
    }
}
END_TEST

START_TEST(the_extreme_bits_give_the_least_and_the_greatest_draw) {
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        ck_assert_int_eq(orr_dist_draw(d, 0), d->min);
        ck_assert_int_eq(orr_dist_draw(d, UINT64_MAX), d->max);
        ck_assert_int_ge(d->min, 0);
        orr_dist_free(d);
    }
    struct orr_dist *heavy = must((struct orr_dist_spec){
        .kind = ORR_DIST_PARETO, .scale = 1000 * MS, .shape = 100000000}); /* 2^400 seconds */
    ck_assert_int_eq(orr_dist_draw(heavy, UINT64_MAX), ORR_DIST_MAX);
    orr_dist_free(heavy);
}
END_TEST

START_TEST(a_constant_and_a_spread_of_nothing_always_give_their_value) {
    const struct orr_dist_spec specs[] = {
        {.kind = ORR_DIST_CONSTANT, .value = 5 * MS},
        {.kind = ORR_DIST_UNIFORM, .min = 5 * MS, .max = 5 * MS},
        {.kind = ORR_DIST_NORMAL, .mean = 5 * MS},
    };
    for (int k = 0; k < 3; k++) {
        struct orr_dist *d = must(specs[k]);
        for (int b = 0; b < 64; b++) ck_assert_int_eq(orr_dist_draw(d, 1ull << b), 5 * MS);
        ck_assert_int_eq(d->mean, 5 * MS);
        orr_dist_free(d);
    }
}
END_TEST

START_TEST(uniform_knots_are_exact) {
    struct orr_dist *d =
        must((struct orr_dist_spec){.kind = ORR_DIST_UNIFORM, .min = 3, .max = 1003});
    ck_assert_int_eq(orr_dist_draw(d, 1ull << 63), 503);
    ck_assert_int_eq(orr_dist_draw(d, 1ull << 62), 253);
    ck_assert_int_eq(orr_dist_draw(d, 3ull << 62), 753);
    ck_assert_int_eq(d->mean, 502); /* draws are rounded down */
    orr_dist_free(d);
}
END_TEST

START_TEST(an_empirical_distribution_gives_back_the_quantiles_of_its_samples) {
    orr_time samples[101];
    for (int i = 0; i < 101; i++)
        samples[i] = (i * 37 % 101) * (i * 37 % 101) * MS; /* shuffled squares */
    struct orr_dist *d;
    ck_assert_int_eq(orr_dist_new_empirical(samples, 101, &d), 0);
    for (int i = 0; i <= 100; i++) /* place p (n - 1): sample i is quantile i / 100 */
        ck_assert_msg(llabs(orr_dist_draw(d, at(i / 100.0 > 0.999999 ? 0.9999999999 : i / 100.0)) -
                            i * i * MS) <= MS, /* a cell may hold two samples: within h^2 of them */
                      "quantile %d", i);
    ck_assert_int_eq(d->min, 0);
    ck_assert_int_eq(d->max / MS, 9999); /* cut off at 2^-40 below 10,000 */
    orr_dist_free(d);
    orr_time one[] = {9 * MS};
    ck_assert_int_eq(orr_dist_new_empirical(one, 1, &d), 0);
    ck_assert_int_eq(orr_dist_draw(d, 12345), 9 * MS);
    orr_dist_free(d);
    orr_time negative[] = {1, -1};
    ck_assert_int_eq(orr_dist_new_empirical(negative, 2, &d), ORR_EINVAL);
    ck_assert_int_eq(orr_dist_new_empirical(one, 0, &d), ORR_EINVAL);
}
END_TEST

/* The means that dist_spec.h states; of mean 10 and standard deviation 10 it is a tenth off, not a
 * quarter. */
START_TEST(a_clamped_normal_is_the_normal_with_what_is_below_0_at_0) {
    for (int sd = 2; sd <= 20; sd += 3) {
        struct orr_dist_spec spec = {.kind = ORR_DIST_NORMAL, .mean = 10 * MS, .sd = sd * MS};
        struct orr_dist *again = must(spec);
        spec.clamp = true;
        struct orr_dist *clamped = must(spec);
        double m = 10e6, s = sd * 1e6, a = -m / s, below = gsl_cdf_ugaussian_P(a);
        double phi = exp(-a * a / 2) / sqrt(2 * acos(-1));
        ck_assert_double_lt(fabs((double)again->mean / (m + s * phi / (1 - below)) - 1), 1e-4);
        ck_assert_double_lt(fabs((double)clamped->mean / (m * (1 - below) + s * phi) - 1), 1e-4);
        for (int i = 1; i < 1000; i++) {
            double x = m + s * gsl_cdf_ugaussian_Pinv(i / 1000.0);
            double off = (double)orr_dist_draw(clamped, at(i / 1000.0)) - (x > 0 ? x : 0);
            ck_assert_double_lt(fabs(off), 4e-3 * s); /* a quarter of the cell where it bends */
        }
        orr_dist_free(clamped);
        orr_dist_free(again);
    }
}
END_TEST

START_TEST(jitter_multiplies_a_latency_by_a_normal_factor_around_one) {
    struct orr_dist *factor;
    ck_assert_int_eq(orr_dist_new_jitter(50000000, &factor), 0); /* 5 %, as CometBFT's QA */
    struct orr_dist *d = orr_dist_new_around(100 * MS, factor),
                    *none = orr_dist_new_around(0, factor);
    ck_assert_ptr_eq(d->table, factor->table);
    ck_assert_int_lt(llabs(d->mean - 100 * MS), 1000);
    ck_assert_int_lt(llabs(orr_dist_draw(d, 1ull << 63) - 100 * MS), 1000);
    orr_time high = orr_dist_draw(d, at(0.841344746)); /* one sd up */
    ck_assert_int_lt(llabs(high - 105 * MS), 2000);
    ck_assert_int_eq(orr_dist_draw(d, 0), d->min);
    ck_assert_int_eq(orr_dist_draw(d, UINT64_MAX), d->max);
    ck_assert_int_eq(orr_dist_draw(none, 1ull << 60), 0);
    orr_dist_free(none);
    orr_dist_free(d);
    orr_dist_free(factor);
    ck_assert_int_eq(orr_dist_new_jitter(0, &factor), 0);
    d = orr_dist_new_around(123456789, factor);
    ck_assert_int_eq(orr_dist_draw(d, 99), 123456789);
    orr_dist_free(d);
    orr_dist_free(factor);
    ck_assert_int_eq(orr_dist_new_jitter(1000000001, &factor), ORR_EINVAL);
}
END_TEST

START_TEST(a_delay_can_be_added_to_a_latency) {
    struct orr_dist *extra = must(kinds[0].spec), *d = orr_dist_new_shifted(7 * MS, extra);
    for (int b = 0; b < 64; b++)
        ck_assert_int_eq(orr_dist_draw(d, 1ull << b), 7 * MS + orr_dist_draw(extra, 1ull << b));
    ck_assert_int_eq(d->mean, extra->mean + 7 * MS);
    orr_dist_free(d);
    orr_dist_free(extra);
}
END_TEST

START_TEST(parameters_out_of_range_are_refused_with_what_is_accepted) {
    static const struct orr_dist_spec bad[] = {
        {.kind = ORR_DIST_NONE},
        {.kind = ORR_DIST_CONSTANT, .value = -1},
        {.kind = ORR_DIST_UNIFORM, .min = 2, .max = 1},
        {.kind = ORR_DIST_NORMAL, .mean = -5, .sd = 1},
        {.kind = ORR_DIST_LOGNORMAL, .median = 0, .p99 = 5},
        {.kind = ORR_DIST_LOGNORMAL, .median = 5, .p99 = 5},
        {.kind = ORR_DIST_EXPONENTIAL, .mean = 5, .min = 5},
        {.kind = ORR_DIST_PARETO, .scale = 1},
        {.kind = ORR_DIST_GAMMA, .scale = 1, .shape = 1},
        {.kind = ORR_DIST_GAMMA, .scale = 0, .shape = 1000000000},
        {.kind = ORR_DIST_CONSTANT, .value = INT64_MAX},
        {.kind = ORR_DIST_EMPIRICAL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct orr_dist *d = NULL;
        const char *why = NULL;
        ck_assert_int_eq(orr_dist_new(&bad[i], &d, &why), ORR_EINVAL);
        ck_assert_ptr_nonnull(why);
        ck_assert_ptr_null(d);
    }
}
END_TEST

START_TEST(gamma_tables_are_right_over_the_whole_range_of_shapes) {
    for (int64_t shape = 250000000; shape <= 500 * 1000000000ll; shape += shape / 3) {
        struct orr_dist *d =
            must((struct orr_dist_spec){.kind = ORR_DIST_GAMMA, .scale = MS, .shape = shape});
        double mean = (double)shape / 1e9 * MS, a = (double)shape / 1e9;
        ck_assert_msg(fabs((double)d->mean / mean - 1) < 1e-4, "shape %g: %g", a,
                      (double)d->mean / mean);
        for (double t = 0x1p-38; t < 0.5; t *= 1.7) {
            uint64_t u = (uint64_t)(t * 0x1p64);
            double low = (double)orr_dist_draw(d, u), high = (double)orr_dist_draw(d, ~u);
            ck_assert_msg(gsl_cdf_gamma_P(low - 1, a, MS) <= t * 1.0002 &&
                              gsl_cdf_gamma_P(low + 2, a, MS) >= t * 0.9998 &&
                              gsl_cdf_gamma_Q(high - 1, a, MS) >= t * 0.9998 &&
                              gsl_cdf_gamma_Q(high + 2, a, MS) <= t * 1.0002,
                          "shape %g, tail %g: draws %.0f and %.0f", a, t, low, high);
        }
        orr_dist_free(d);
    }
}
END_TEST

START_TEST(the_tables_are_the_same_whatever_compiled_them) {
    for (int k = 0; k < N_KINDS; k++) {
        struct orr_dist *d = must(kinds[k].spec);
        ck_assert_msg(orr_dist_hash(d) == kinds[k].hash, "kind %d: 0x%016llx", kinds[k].spec.kind,
                      (unsigned long long)orr_dist_hash(d));
        orr_dist_free(d);
    }
}
END_TEST

ORR_TEST_MAIN("dist", a_quantile_read_from_the_table_has_the_probability_it_was_asked_for,
              every_cell_interpolates_within_the_error_that_the_header_states,
              the_tables_mean_and_the_sample_moments_match_the_closed_forms,
              philox_draws_pass_kolmogorov_smirnov_at_one_in_a_thousand,
              a_draw_never_falls_when_its_random_bits_rise,
              the_extreme_bits_give_the_least_and_the_greatest_draw,
              a_constant_and_a_spread_of_nothing_always_give_their_value, uniform_knots_are_exact,
              an_empirical_distribution_gives_back_the_quantiles_of_its_samples,
              a_clamped_normal_is_the_normal_with_what_is_below_0_at_0,
              jitter_multiplies_a_latency_by_a_normal_factor_around_one,
              a_delay_can_be_added_to_a_latency,
              parameters_out_of_range_are_refused_with_what_is_accepted,
              gamma_tables_are_right_over_the_whole_range_of_shapes,
              the_tables_are_the_same_whatever_compiled_them)
