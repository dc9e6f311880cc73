/* Boxes and densities against closed forms, and the Gini coefficient against known values. */
#include <math.h>
#include <stdlib.h>

#include "analysis/plot_groups.h"
#include "analysis/totals.h"
#include "tests/test.h"

static struct orr_sample *sorted(const double *v, size_t n) {
    struct orr_sample *s = malloc(n * sizeof *s);
    for (size_t i = 0; i < n; i++) s[i] = (struct orr_sample){v[i], i};
    orr_samples_sort(s, n);
    return s;
}

START_TEST(a_box_has_quartiles_and_whiskers_within_reach) {
    double v[] = {-20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30};
    struct orr_sample *s = sorted(v, 12);
    struct orr_box b = orr_box_of(s, 12); /* ranks 3, 6, 9: reach is 1.5 * 6 */
    ck_assert(b.lower == 2 && b.median == 5 && b.upper == 8);
    ck_assert(b.low == 1 && b.high == 10 && b.n_below == 1 && b.n_above == 1);
    free(s);
    s = sorted((double[]){7}, 1);
    b = orr_box_of(s, 1);
    ck_assert(b.low == 7 && b.lower == 7 && b.median == 7 && b.high == 7);
    ck_assert(!b.n_below && !b.n_above);
    free(s);
    s = sorted((double[]){3, 3, 3, 3, 9}, 5); /* no height: whatever differs is beyond */
    b = orr_box_of(s, 5);
    ck_assert(b.high == 3 && b.n_above == 1 && b.n_below == 0);
    free(s);
}
END_TEST

/* Quantiles of the normal distribution by bisection of erf, so the sample is as regular as can be.
 */
static double normal(double p) {
    double low = -10, high = 10;
    for (int i = 0; i < 80; i++) {
        double at = (low + high) / 2;
        *(0.5 * (1 + erf(at / sqrt(2))) < p ? &low : &high) = at;
    }
    return low;
}

START_TEST(the_density_of_a_normal_sample_is_the_normal_density_made_wider_by_its_kernel) {
    enum { N = 20000 };
    double *v = malloc(N * sizeof *v), density[ORR_DENSITY_POINTS];
    for (int i = 0; i < N; i++) v[i] = normal((i + 0.5) / N);
    struct orr_sample *s = sorted(v, N);
    ck_assert(orr_density_of(s, N, density));
    double width = 0.9 * pow(N, -0.2), sd = sqrt(1 + width * width), low = v[0], sum = 0;
    for (int p = 0; p < ORR_DENSITY_POINTS; p++) {
        double x = low + (v[N - 1] - low) * p / (ORR_DENSITY_POINTS - 1);
        double expected = exp(-x * x / (2 * sd * sd)) / (sd * sqrt(2 * acos(-1)));
        ck_assert_double_eq_tol(density[p], expected, 0.002);
        sum += density[p] * (v[N - 1] - low) / (ORR_DENSITY_POINTS - 1);
    }
    ck_assert_double_eq_tol(sum, 1, 0.005);
    free(s);
    s = sorted((double[]){2, 2, 2}, 3);
    ck_assert(!orr_density_of(s, 3, density));
    free(s), free(v);
}
END_TEST

/* n equal ones: 0; one has all: 1 - 1/n; 1..n: (n - 1) / (3 n) by the sum of |i - k|. */
START_TEST(the_gini_coefficient_of_known_lists) {
    double equal[] = {4, 4, 4, 4}, one[] = {0, 9, 0, 0, 0}, line[100], zero[] = {0, 0};
    ck_assert_double_eq_tol(orr_gini(equal, 4), 0, 1e-15);
    ck_assert_double_eq_tol(orr_gini(one, 5), 0.8, 1e-15);
    for (int i = 0; i < 100; i++) line[i] = 100 - i;
    ck_assert_double_eq_tol(orr_gini(line, 100), 99 / 300.0, 1e-12);
    ck_assert(isnan(orr_gini(zero, 2)) && isnan(orr_gini(zero, 0)));
}
END_TEST

ORR_TEST_MAIN("analysis/groups", a_box_has_quartiles_and_whiskers_within_reach,
              the_density_of_a_normal_sample_is_the_normal_density_made_wider_by_its_kernel,
              the_gini_coefficient_of_known_lists)
