/* Summaries against certified values and known coverage, and the reader of tables. */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "analysis/summary.h"
#include "analysis/table.h"
#include "models/base/error.h"
#include "tests/test.h"

/* ---- NIST StRD, univariate summary statistics ---- */

/* A. A. Michelson's 100 measurements of the speed of light, in millions of m/s, as (x - 299) * 1e2:
 * https://www.itl.nist.gov/div898/strd/univ/michelso.html */
static const int michelson[] = {
    85, 74, 90, 107, 93, 85, 95, 98, 98, 88, 100, 98, 93, 65, 76, 81, 100, 100, 96, 96,
    96, 94, 96, 94, 88, 80, 85, 88, 90, 84, 83, 79, 81, 88, 88, 83, 80, 79, 76, 80,
    88, 88, 88, 86, 72, 72, 62, 86, 97, 95, 88, 91, 85, 87, 84, 84, 85, 84, 84, 84,
    89, 81, 81, 82, 80, 77, 76, 74, 75, 76, 91, 92, 89, 86, 88, 72, 84, 85, 85, 78,
    89, 84, 78, 81, 76, 81, 79, 81, 82, 85, 87, 87, 81, 74, 81, 94, 95, 80, 81, 87};

START_TEST(michelsons_mean_and_deviation_are_the_certified_ones) {
    double v[100];
    for (int i = 0; i < 100; i++) v[i] = 299 + michelson[i] / 100.0;
    struct orr_summary s = orr_summarise(v, 100);
    ck_assert_double_eq_tol(s.mean, 299.852400000000, 1e-12);
    ck_assert_double_eq_tol(s.sd, 0.0790105478190518, 1e-13);
    ck_assert(s.mean_in.low < 299.8524 && 299.8524 < s.mean_in.high);
}
END_TEST

/* NumAcc1 to NumAcc4: few digits of many differ. */
START_TEST(digits_that_cancel_are_not_lost) {
    static const struct { double first, low, high, mean, sd, tolerance; } sets[] = {
        {1.2, 1.1, 1.3, 1.2, 0.1, 1e-14},
        {1000000.2, 1000000.1, 1000000.3, 1000000.2, 0.1, 1e-9},
        {10000000.2, 10000000.1, 10000000.3, 10000000.2, 0.1, 1e-8}};
    double v[1001], three[] = {10000001, 10000003, 10000002};
    struct orr_summary s = orr_summarise(three, 3);
    ck_assert_double_eq(s.mean, 10000002);
    ck_assert_double_eq(s.sd, 1);
    for (int k = 0; k < 3; k++) {
        v[0] = sets[k].first;
        for (int i = 1; i < 1001; i++) v[i] = i % 2 ? sets[k].low : sets[k].high;
        s = orr_summarise(v, 1001);
        ck_assert_double_eq_tol(s.mean, sets[k].mean, sets[k].mean * 1e-15);
        ck_assert_double_eq_tol(s.sd, sets[k].sd, sets[k].tolerance);
        ck_assert_double_eq(s.p50, sets[k].first);
    }
}
END_TEST

/* ---- intervals ---- */

/* Of 1,000 sweeps of `n` seeds with a known mean, the share whose interval holds it. */
static double coverage(size_t n, double (*draw)(gsl_rng *rng), double mean) {
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
    gsl_rng_set(rng, 20);
    int n_in = 0;
    for (int i = 0; i < 1000; i++) {
        double v[64];
        for (size_t k = 0; k < n; k++) v[k] = draw(rng);
        struct orr_summary s = orr_summarise(v, n);
        n_in += s.mean_in.low <= mean && mean <= s.mean_in.high;
    }
    gsl_rng_free(rng);
    return n_in / 1000.0;
}
static double normal(gsl_rng *rng) { return 5 + gsl_ran_gaussian(rng, 2); }
static double skewed(gsl_rng *rng) { return gsl_ran_gamma(rng, 4, 0.25); }

START_TEST(intervals_hold_the_mean_of_95_in_100_sweeps) {
    double share = coverage(10, normal, 5);
    ck_assert_msg(share >= 0.93 && share <= 0.97, "normal, 10 seeds: %g", share);
    share = coverage(5, normal, 5);
    ck_assert_msg(share >= 0.93 && share <= 0.97, "normal, 5 seeds: %g", share);
    share = coverage(20, skewed, 1);
    ck_assert_msg(share >= 0.93 && share <= 0.97, "skewed, 20 seeds: %g", share);
}
END_TEST

START_TEST(of_one_value_nothing_is_known_and_of_equal_ones_all) {
    struct orr_summary s = orr_summarise((double[]){3}, 1);
    ck_assert(isnan(s.sd) && isinf(s.mean_in.low) && isinf(s.mean_in.high));
    s = orr_summarise((double[]){3, 3, 3, 3}, 4);
    ck_assert_double_eq(s.mean_in.low, 3);
    ck_assert_double_eq(s.mean_in.high, 3);
    s = orr_summarise((double[]){1, 3}, 2); /* Student's t with one degree: 12.706 * 1 */
    ck_assert_double_eq_tol(s.mean_in.high, 2 + 12.7062047361747, 1e-9);
    struct orr_summary again = orr_summarise((double[]){1, 3}, 2);
    ck_assert_mem_eq(&s, &again, sizeof s);
}
END_TEST

/* ---- tables ---- */

static char path[] = "/tmp/orrery-table-XXXXXX";

static int read_back(const char *text, size_t len, struct orr_table *t, char *error) {
    FILE *f = fopen(path, "wb");
    fwrite(text, 1, len, f);
    fclose(f);
    return orr_table_read(path, t, error);
}

START_TEST(a_table_is_read_cell_by_cell) {
    struct orr_table t;
    char error[ORR_TABLE_ERROR];
    static const char text[] = "a,\"b,\"\"c\"\"\",d\r\n1,\"x\r\ny\",\r\n-2.5e3,,nan\n";
    int fd = mkstemp(path);
    close(fd);
    ck_assert_int_eq(read_back(text, sizeof text - 1, &t, error), 0);
    ck_assert_uint_eq(t.n_columns, 3);
    ck_assert_uint_eq(t.n_rows, 2);
    ck_assert_str_eq(t.head[1], "b,\"c\"");
    ck_assert_str_eq(orr_table_cell(&t, 0, 1), "x\r\ny");
    ck_assert_uint_eq(orr_table_column(&t, "d"), 2);
    ck_assert(orr_table_column(&t, "e") == SIZE_MAX);
    double value = 7;
    ck_assert(orr_table_number(&t, 1, 0, &value));
    ck_assert_double_eq(value, -2500);
    ck_assert(!orr_table_number(&t, 0, 2, &value) && !orr_table_number(&t, 1, 2, &value));
    ck_assert_double_eq(value, -2500);
    orr_table_fini(&t);
    ck_assert_int_eq(read_back("a,b\n1,2", 7, &t, error), 0); /* the last line may have no end */
    ck_assert_uint_eq(t.n_rows, 1);
    orr_table_fini(&t);
    static const struct { const char *text; size_t len; const char *told; } bad[] = {
        {"", 0, "empty"}, {"a,b\n1\n", 6, ":2: not as many"}, {"a,a\n", 4, "one name"},
        {"a\n\"x", 4, "does not end"}, {"a\n\"x\"y\n", 7, "behind"}, {"a\nb\0c\n", 6, "NUL"},
        {"a\rb\n", 4, "CR"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(read_back(bad[i].text, bad[i].len, &t, error), ORR_EFORMAT);
        ck_assert_msg(strstr(error, bad[i].told) && strstr(error, path), "%s", error);
        ck_assert(!t.text && !t.head && !t.cells);
    }
    for (size_t len = 0; len < sizeof text; len++) { /* cut anywhere: read or refused */
        if (!read_back(text, len, &t, error)) orr_table_fini(&t);
    }
    unlink(path);
    ck_assert_int_eq(orr_table_read(path, &t, error), ORR_EINVAL);
    ck_assert_int_eq(orr_table_read("/", &t, error), ORR_EINVAL);
}
END_TEST

ORR_TEST_MAIN("analysis/summary", michelsons_mean_and_deviation_are_the_certified_ones,
              digits_that_cancel_are_not_lost, intervals_hold_the_mean_of_95_in_100_sweeps,
              of_one_value_nothing_is_known_and_of_equal_ones_all, a_table_is_read_cell_by_cell)
