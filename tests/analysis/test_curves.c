/* Distributions as curves of few points: equal to the whole where it is small, close to it where it
 * is large, with the tail. */
#include <math.h>
#include <stdlib.h>

#include "analysis/plot_curves.h"
#include "tests/test.h"

static struct orr_curve curve;

static void draw(const double *v, size_t n, bool above) {
    struct orr_sample *s = malloc(n * sizeof *s);
    for (size_t i = 0; i < n; i++) s[i] = (struct orr_sample){v[i], i};
    orr_samples_sort(s, n);
    orr_curve_distribution(s, n, above, &curve);
    free(s);
    ck_assert_uint_le(curve.n, ORR_CURVE_POINTS);
    for (size_t i = 1; i < curve.n; i++) {
        ck_assert(curve.x[i] >= curve.x[i - 1]);
        ck_assert(above ? curve.y[i] <= curve.y[i - 1] : curve.y[i] >= curve.y[i - 1]);
    }
}

static void expect(const double points[][2], size_t n) {
    ck_assert_uint_eq(curve.n, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_double_eq_tol(curve.x[i], points[i][0], 1e-12);
        ck_assert_double_eq_tol(curve.y[i], points[i][1], 1e-12);
    }
}

START_TEST(few_values_are_all_there) {
    const double v[] = {3, 1, 2, 2};
    const double up[][2] = {{1, 0}, {1, 0.25}, {2, 0.75}, {3, 1}};
    const double down[][2] = {{1, 1}, {1, 0.75}, {2, 0.25}, {3, 0.125}};
    draw(v, 4, false);
    expect(up, 4);
    draw(v, 4, true); /* on a logarithmic axis nothing is no place: half a value stands for it */
    expect(down, 4);
}
END_TEST

START_TEST(one_value_and_equal_values_are_a_step) {
    const double v[] = {7, 7, 7};
    const double up[][2] = {{7, 0}, {7, 1}};
    draw(v, 1, false);
    expect(up, 2);
    draw(v, 3, false);
    expect(up, 2);
    draw(v, 3, true);
    ck_assert(curve.n == 2 && curve.y[0] == 1 && curve.x[1] == 7);
}
END_TEST

/* The share at a place, read off the curve as its steps show it. */
static double share_at(double x) {
    double y = curve.y[0];
    for (size_t i = 0; i < curve.n && curve.x[i] <= x; i++) y = curve.y[i];
    return y;
}

START_TEST(of_a_million_values_the_shares_and_the_tail_are_right) {
    enum { N = 1000000 };
    double *v = malloc(N * sizeof *v);
    for (size_t i = 0; i < N; i++) v[i] = -log(1 - ((double)i + 0.5) / N); /* exponential */
    draw(v, N, false);
    for (double x = 0.1; x < 6; x += 0.1)
        ck_assert_double_eq_tol(share_at(x), 1 - exp(-x), 1.0 / 390);
    draw(v, N, true);
    for (double x = 6; x < 12; x += 0.25) { /* within a ninth, and half a value of few */
        double ratio = share_at(x) / exp(-x);
        ck_assert(ratio > 0.9 && ratio < 1.3);
    }
    ck_assert_double_eq(curve.x[curve.n - 1], v[N - 1]);
    free(v);
}
END_TEST

START_TEST(every_length_has_its_ends) {
    double v[2000];
    for (size_t i = 0; i < 2000; i++) v[i] = (double)(i / 3);
    for (size_t n = 1; n <= 2000; n += n < 900 ? 1 : 37)
        for (int above = 0; above < 2; above++) {
            draw(v, n, above);
            ck_assert(curve.x[0] == 0 && curve.y[0] == above);
            ck_assert(curve.x[curve.n - 1] == v[n - 1]);
            if (!above) ck_assert(curve.y[curve.n - 1] == 1);
        }
}
END_TEST

ORR_TEST_MAIN("curves", few_values_are_all_there, one_value_and_equal_values_are_a_step,
              of_a_million_values_the_shares_and_the_tail_are_right, every_length_has_its_ends)
