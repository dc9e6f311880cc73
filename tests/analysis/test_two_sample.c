/* Do two lists differ?  Against published tables and examples, enumeration, and coverage. */
#include "analysis/two_sample.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

#include "tests/test.h"

enum { MOST = 64 };

static size_t take(struct orr_sample *to, const double *v, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = (struct orr_sample){v[i], i};
    orr_samples_sort(to, n);
    return n;
}

/* 0 .. n - 1 with no two equal in both. */
static void distinct(struct orr_sample *a, size_t n_a, struct orr_sample *b, size_t n_b) {
    for (size_t i = 0; i < n_a; i++) a[i] = (struct orr_sample){(double)i, i};
    for (size_t i = 0; i < n_b; i++) b[i] = (struct orr_sample){(double)(n_a + i), i};
}

/* F. J. Massey, "The distribution of the maximum deviation between two sample cumulative step
 * functions", Annals of Mathematical Statistics 22, 1951, table 1: P(D < k / n), n_a = n_b = n. */
START_TEST(exact_probabilities_are_those_of_masseys_table) {
    static const struct { size_t n, k; double p; } rows[] = {
        {5, 4, 0.079365}, {5, 5, 0.007937}, {10, 5, 0.167821}, {10, 6, 0.052448},
        {10, 7, 0.012341}, {20, 9, 0.033541}};
    struct orr_sample a[MOST], b[MOST];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        distinct(a, rows[i].n, b, rows[i].n);
        double d = (double)rows[i].k / (double)rows[i].n;
        ck_assert_double_eq_tol(orr_ks_probability(a, rows[i].n, b, rows[i].n, d), rows[i].p, 1e-6);
    }
}
END_TEST

/* N. V. Smirnov, "Table for estimating the goodness of fit of empirical distributions", Annals of
 * Mathematical Statistics 19, 1948: L(1.36) = 0.950513, L(1.63) = 0.990158, L(0.5) = 0.036055. */
START_TEST(the_limit_is_smirnovs) {
    static const double table[3][2] = {{0.5, 0.036055}, {1.36, 0.950513}, {1.63, 0.990154}};
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(1 - orr_ks_limit(200, 200, table[i][0] / 10), table[i][1], 1e-5);
    ck_assert_double_eq(orr_ks_limit(10, 10, 0), 1);
    ck_assert_double_lt(orr_ks_limit(1000000, 1000000, 0.9), 1e-300);
}
END_TEST

/* W. J. Conover, "Practical Nonparametric Statistics", section 6.3: T = 0.400, p above 0.20. */
static const double conover_x[] = {7.6, 8.4, 8.6, 8.7, 9.3, 9.9, 10.1, 10.6, 11.2};
static const double conover_y[] = {5.2, 5.7, 5.9, 6.5, 6.8, 8.2, 9.1, 9.8, 10.8, 11.3, 11.5, 12.3,
                                   12.5, 13.4, 14.6};

START_TEST(conovers_example_has_his_distance) {
    struct orr_sample a[MOST], b[MOST];
    size_t n_a = take(a, conover_x, 9), n_b = take(b, conover_y, 15);
    struct orr_two_sample r = orr_two_sample(a, n_a, b, n_b);
    ck_assert_double_eq_tol(r.ks, 0.4, 1e-12);
    ck_assert(r.p_ks > 0.20 && r.p_ks < 0.35);
    ck_assert_double_eq(orr_ks_distance(b, n_b, a, n_a), r.ks);
}
END_TEST

/* All divisions of the pooled values: the share whose statistic is at least as great. */
static void enumerate(const double *v, size_t n, size_t n_a, double *p_mean, double *p_ks,
                      double *one_sided) {
    double seen_mean = 0, seen_ks = 0, all = 0, hits[3] = {0, 0, 0};
    for (uint32_t mask = (1u << n_a) - 1, first = 1; mask < 1u << n; mask++) {
        double a[MOST], b[MOST], sum_a = 0, sum_b = 0;
        struct orr_sample sa[MOST], sb[MOST];
        size_t k_a = 0, k_b = 0;
        if (__builtin_popcount(mask) != (int)n_a) continue;
        for (size_t i = 0; i < n; i++) {
            if (mask >> i & 1) sum_a += a[k_a++] = v[i];
            else sum_b += b[k_b++] = v[i];
        }
        take(sa, a, k_a), take(sb, b, k_b);
        double mean = sum_b / (double)k_b - sum_a / (double)k_a;
        double ks = orr_ks_distance(sa, k_a, sb, k_b);
        if (first) seen_mean = mean, seen_ks = ks;
        first = 0;
        all++;
        hits[0] += fabs(mean) >= fabs(seen_mean) - 1e-9;
        hits[1] += ks >= seen_ks - 1e-9;
        hits[2] += mean <= seen_mean + 1e-9;
    }
    *p_mean = hits[0] / all, *p_ks = hits[1] / all, *one_sided = hits[2] / all;
}

/* B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, table 2.1 (days that mice
 * survived) and section 15.2: of 1,000 permutations 132 had so great a difference in that
 * direction. */
START_TEST(efrons_mice_have_his_significance_level) {
    static const double v[] = {94, 197, 16, 38, 99, 141, 23, 52, 104, 146, 10, 51, 30, 40, 27, 46};
    struct orr_sample a[MOST], b[MOST];
    double p_mean, p_ks, one_sided;
    enumerate(v, 16, 7, &p_mean, &p_ks, &one_sided);
    ck_assert_double_eq_tol(one_sided, 0.132, 3 * sqrt(0.132 * 0.868 / 1000));
    take(a, v, 7), take(b, v + 7, 9);
    struct orr_two_sample r = orr_two_sample(a, 7, b, 9);
    ck_assert_double_eq_tol(r.p_mean, p_mean, 1e-12);
    ck_assert_double_eq_tol(r.p_ks, p_ks, 1e-12);
    ck_assert_double_eq_tol(r.mean_b - r.mean_a, -30.6349206349, 1e-9); /* 56.22 - 86.86 */
    ck_assert(r.difference.low < -30.63 && r.difference.high > 0);
}
END_TEST

START_TEST(equal_values_are_counted_as_such) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (int round = 0; round < 30; round++) {
        size_t n_a = 1 + gsl_rng_uniform_int(rng, 6), n_b = 1 + gsl_rng_uniform_int(rng, 6);
        double v[12], p_mean, p_ks, one_sided;
        struct orr_sample a[MOST], b[MOST];
        for (size_t i = 0; i < n_a + n_b; i++) v[i] = (double)gsl_rng_uniform_int(rng, 4);
        enumerate(v, n_a + n_b, n_a, &p_mean, &p_ks, &one_sided);
        take(a, v, n_a), take(b, v + n_a, n_b);
        struct orr_two_sample r = orr_two_sample(a, n_a, b, n_b);
        ck_assert_double_eq_tol(r.p_mean, p_mean, 1e-12);
        ck_assert_double_eq_tol(r.p_ks, p_ks, 1e-12);
    }
    gsl_rng_free(rng);
}
END_TEST

/* 20 blocks of 5 values that are nearly alike, twice: one by one they would seem to differ. */
START_TEST(blocks_are_exchanged_whole) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int called[2] = {0, 0}, held = 0;
    enum { WORLDS = 40 };
    for (int world = 0; world < WORLDS; world++) {
        struct orr_sample v[2][100], alone[2][100];
        for (int k = 0; k < 2; k++)
            for (uint64_t c = 0; c < 20; c++) {
                double level = gsl_ran_gaussian(rng, 1);
                for (uint64_t i = 0; i < 5; i++) {
                    struct orr_sample s = {level + gsl_ran_gaussian(rng, 0.1), c};
                    v[k][5 * c + i] = alone[k][5 * c + i] = s;
                    alone[k][5 * c + i].cluster = 5 * c + i;
                }
            }
        for (int k = 0; k < 2; k++) orr_samples_sort(v[k], 100), orr_samples_sort(alone[k], 100);
        struct orr_two_sample r = orr_two_sample(v[0], 100, v[1], 100);
        ck_assert_uint_eq(r.clusters_a, 20);
        called[0] += r.p_mean <= 0.05;
        held += r.difference.low <= 0 && 0 <= r.difference.high;
        called[1] += orr_two_sample(alone[0], 100, alone[1], 100).p_mean <= 0.05;
    }
    gsl_rng_free(rng);
    ck_assert_int_le(called[0], 6);  /* of 40, at 5 % */
    ck_assert_int_ge(called[1], 10); /* what ignoring blocks would say */
    ck_assert_int_ge(held, 34);
}
END_TEST

START_TEST(welchs_interval_holds_the_truth_as_often_as_it_says) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int held = 0;
    enum { WORLDS = 1000 };
    for (int world = 0; world < WORLDS; world++) {
        struct orr_sample a[5], b[6];
        for (uint64_t i = 0; i < 5; i++) a[i] = (struct orr_sample){gsl_ran_gaussian(rng, 1), i};
        for (uint64_t i = 0; i < 6; i++)
            b[i] = (struct orr_sample){10 + gsl_ran_gaussian(rng, 3), i};
        orr_samples_sort(a, 5), orr_samples_sort(b, 6);
        struct orr_two_sample r = orr_two_sample(a, 5, b, 6);
        held += r.difference.low <= 10 && 10 <= r.difference.high;
    }
    gsl_rng_free(rng);
    ck_assert_int_ge(held, 930);
    ck_assert_int_le(held, 970);
}
END_TEST

START_TEST(little_tells_nothing_and_equal_lists_do_not_differ) {
    const double v[] = {3, 3, 3};
    struct orr_sample a[MOST], b[MOST];
    take(a, v, 1), take(b, v, 1);
    struct orr_two_sample r = orr_two_sample(a, 1, b, 1);
    ck_assert(r.p_mean == 1 && r.p_ks == 1 && isinf(r.difference.low) && r.ks == 0);
    take(a, v, 3), take(b, v, 3);
    r = orr_two_sample(a, 3, b, 3);
    ck_assert(r.p_mean == 1 && r.p_ks == 1 && r.difference.low == 0 && r.difference.high == 0);
}
END_TEST

/* S. Holm, "A simple sequentially rejective multiple test procedure", 1979: the least against
 * level / n, the next against level / (n - 1), until one is above. */
START_TEST(holm_stops_at_the_first_that_is_above) {
    const double p[] = {0.01, 0.04, 0.03, 0.005};
    bool below[4];
    orr_holm(p, 4, 0.05, below);
    ck_assert(below[0] && !below[1] && !below[2] && below[3]);
    orr_holm(p, 0, 0.05, below);
    const double close[] = {0.0125, 0.0166, 0.0501, 0.0001};
    orr_holm(close, 4, 0.05, below);
    ck_assert(below[0] && below[1] && !below[2] && below[3]);
}
END_TEST

ORR_TEST_MAIN("two samples", exact_probabilities_are_those_of_masseys_table,
              the_limit_is_smirnovs, conovers_example_has_his_distance,
              efrons_mice_have_his_significance_level, equal_values_are_counted_as_such,
              blocks_are_exchanged_whole, welchs_interval_holds_the_truth_as_often_as_it_says,
              little_tells_nothing_and_equal_lists_do_not_differ,
              holm_stops_at_the_first_that_is_above)
