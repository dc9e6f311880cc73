/* Order statistics against closed forms. */
#include <math.h>

#include "tests/test.h"

#include "analysis/stats.h"

/* i/n for i = 1..n, in a scrambled order; each its own cluster, or all of `per` in one. */
static struct orr_sample *uniform(size_t n, size_t per) {
    struct orr_sample *v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        size_t at = i * 7919 % n; /* 7919 is prime and divides none of the n used */
        v[at] = (struct orr_sample){(double)(i + 1) / (double)n, at / per};
    }
    return v;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(quantiles_are_nearest_ranks) {
    struct orr_sample v[10];
    for (int i = 0; i < 10; i++) v[i] = (struct orr_sample){10 - i, 0};
    orr_samples_sort(v, 10);
    ck_assert_double_eq(orr_quantile(v, 10, 0.50), 5); /* ranks 5, 9, 10, 10, 1 */
    ck_assert_double_eq(orr_quantile(v, 10, 0.90), 9);
    ck_assert_double_eq(orr_quantile(v, 10, 0.91), 10);
    ck_assert_double_eq(orr_quantile(v, 10, 1.00), 10);
    ck_assert_double_eq(orr_quantile(v, 10, 0.001), 1);
    ck_assert_double_eq(orr_quantile(v, 1, 0.99), 1);
}
END_TEST

START_TEST(every_quantile_of_1_to_100_is_itself) {
    struct orr_sample v[100];
    for (int i = 0; i < 100; i++) v[i] = (struct orr_sample){i + 1, 0};
    for (int p = 1; p <= 100; p++) ck_assert_double_eq(orr_quantile(v, 100, p / 100.0), p);
}
END_TEST

START_TEST(selecting_finds_what_sorting_finds) {
    enum { N = 301 };
    double v[N], w[N];
    for (int kind = 0; kind < 4; kind++) /* scrambled, many equal, ascending, descending */
        for (size_t rank = 1; rank <= N; rank += kind ? 50 : 1) {
            for (size_t i = 0; i < N; i++) {
                size_t x = kind == 0 ? i * 7919 % N : kind == 1 ? i % 7 : kind == 2 ? i : N - 1 - i;
                v[i] = w[i] = (double)x;
            }
            qsort(w, N, sizeof *w, ascending);
            ck_assert_double_eq(orr_select(v, N, rank), w[rank - 1]);
        }
}
END_TEST

/* The interval of few values by hand: three clusters of one value each are drawn with replacement,
 * and the median of a draw is one of them; of many clusters, in pieces, it is what the whole says.
 */
START_TEST(intervals_do_not_depend_on_how_many_are_asked_for_or_how_clusters_are_named) {
    enum { N = 5000 };
    static const double q[] = {0.5, 0.99, 0.001, 1};
    struct orr_sample *v = uniform(N, 3), *named = uniform(N, 3);
    struct orr_interval all[4], far[4];
    orr_samples_sort(v, N);
    for (size_t i = 0; i < N; i++) /* the same order, too far apart for a table */
        named[i] = (struct orr_sample){v[i].value, v[i].cluster * UINT64_C(1000000007) + 5};
    orr_quantile_intervals(v, N, q, 4, all);
    orr_quantile_intervals(named, N, q, 4, far);
    ck_assert_mem_eq(all, far, sizeof all);
    for (int i = 0; i < 4; i++) {
        struct orr_interval one = orr_quantile_interval(v, N, q[i]);
        ck_assert_mem_eq(&one, &all[i], sizeof one);
    }
    free(v);
    free(named);
}
END_TEST

/* The q-quantile of n uniform values has a standard deviation of sqrt(q (1 - q) / n). */
START_TEST(intervals_of_independent_values_are_as_wide_as_the_formula) {
    static const double q[] = {0.5, 0.9, 0.99};
    enum { N = 10000 };
    struct orr_sample *v = uniform(N, 1);
    orr_samples_sort(v, N);
    for (int i = 0; i < 3; i++) {
        struct orr_interval ci = orr_quantile_interval(v, N, q[i]);
        double half = 1.96 * sqrt(q[i] * (1 - q[i]) / N);
        ck_assert(ci.low < q[i] && q[i] < ci.high);
        ck_assert_double_eq_tol((ci.high - ci.low) / 2, half, 0.15 * half);
    }
    free(v);
}
END_TEST

/* m equal values in each cluster carry the weight of one: the interval is sqrt(m) times as wide. */
START_TEST(values_of_one_block_count_as_one_witness) {
    enum { BLOCKS = 1000, PER = 16 };
    struct orr_sample *v = malloc(BLOCKS * PER * sizeof *v);
    for (size_t i = 0; i < BLOCKS * PER; i++)
        v[i] = (struct orr_sample){(double)(i / PER + 1) / BLOCKS, i / PER};
    orr_samples_sort(v, BLOCKS * PER);
    struct orr_interval ci = orr_quantile_interval(v, BLOCKS * PER, 0.5);
    double half = 1.96 * sqrt(0.25 / BLOCKS);
    ck_assert_double_eq_tol((ci.high - ci.low) / 2, half, 0.15 * half);
    free(v);
}
END_TEST

START_TEST(a_single_cluster_says_nothing_of_the_next) {
    struct orr_sample v[3] = {{1, 7}, {2, 7}, {3, 7}};
    struct orr_interval ci = orr_quantile_interval(v, 3, 0.5);
    ck_assert(isinf(ci.low) && isinf(ci.high));
}
END_TEST

START_TEST(equal_samples_have_equal_intervals) {
    struct orr_sample *v = uniform(500, 5);
    orr_samples_sort(v, 500);
    struct orr_interval a = orr_quantile_interval(v, 500, 0.9),
                        b = orr_quantile_interval(v, 500, 0.9);
    ck_assert(a.low == b.low && a.high == b.high && a.low < a.high);
    free(v);
}
END_TEST

ORR_TEST_MAIN("stats", quantiles_are_nearest_ranks, every_quantile_of_1_to_100_is_itself,
              selecting_finds_what_sorting_finds,
              intervals_do_not_depend_on_how_many_are_asked_for_or_how_clusters_are_named,
              intervals_of_independent_values_are_as_wide_as_the_formula,
              values_of_one_block_count_as_one_witness, a_single_cluster_says_nothing_of_the_next,
              equal_samples_have_equal_intervals)
