/* Power laws against certified values and what is no law. */
#include "analysis/fit.h"

#include <math.h>

#include "tests/test.h"

/* NIST StRD, linear regression, Norris: 36 pairs whose certified line is y = -0.262323073774029 +
 * 1.00211681802045 x, the slope's deviation 0.000429796848199937
 * (https://www.itl.nist.gov/div898/strd/lls/data/Norris.shtml).  Their exponentials, scaled, obey a
 * power law with just these numbers. */
static const double norris[][2] = {
    {0.1, 0.2}, {338.8, 337.4}, {118.1, 118.2}, {888.0, 884.6}, {9.2, 10.1}, {228.1, 226.5},
    {668.5, 666.3}, {998.5, 996.3}, {449.1, 448.6}, {778.9, 777.0}, {559.2, 558.2}, {0.3, 0.4},
    {0.1, 0.6}, {778.1, 775.5}, {668.8, 666.9}, {339.3, 338.0}, {448.9, 447.5}, {10.8, 11.6},
    {557.7, 556.0}, {228.3, 228.1}, {998.0, 995.8}, {888.8, 887.6}, {119.6, 120.2}, {0.3, 0.3},
    {0.6, 0.3}, {557.6, 556.8}, {339.3, 339.1}, {888.0, 887.2}, {998.5, 999.0}, {778.9, 779.0},
    {10.2, 11.1}, {117.6, 118.3}, {228.9, 229.2}, {668.4, 669.1}, {449.2, 448.9}, {0.2, 0.5}};
enum { N = sizeof norris / sizeof norris[0], SCALE = 10 };

START_TEST(norris_line_is_a_power_law_of_exponentials) {
    double x[N + 2], y[N + 2];
    struct orr_fit fit;
    for (int i = 0; i < N; i++) { /* the columns of the set are y and x */
        y[i] = exp(norris[i][0] / SCALE);
        x[i] = exp(norris[i][1] / SCALE);
    }
    x[N] = 0, y[N] = 5, x[N + 1] = 5, y[N + 1] = -1; /* no logarithms: left out */
    ck_assert(orr_fit_power(x, y, N + 2, &fit));
    ck_assert_uint_eq(fit.n, N);
    ck_assert_double_eq_tol(fit.slope, 1.00211681802045, 1e-12);
    ck_assert_double_eq_tol(log(fit.factor) * SCALE, -0.262323073774029, 1e-10);
    /* 34 degrees of freedom: t = 2.032244509317718 */
    ck_assert_double_eq_tol(fit.half, 2.032244509317718 * 0.000429796848199937, 1e-12);
}
END_TEST

START_TEST(where_there_is_no_law_none_is_said) {
    const double x[] = {2, 2, 2, 4, 8}, y[] = {1, 2, 3, 0, -1};
    struct orr_fit fit = {.n = 77};
    ck_assert(!orr_fit_power(x, y, 0, &fit));
    ck_assert(!orr_fit_power(x, y, 2, &fit)); /* two points fit any */
    ck_assert(!orr_fit_power(x, y, 3, &fit)); /* one x */
    ck_assert(!orr_fit_power(x, y, 5, &fit)); /* the others have no logarithm */
    ck_assert_uint_eq(fit.n, 77);
}
END_TEST

ORR_TEST_MAIN("analysis/fit", norris_line_is_a_power_law_of_exponentials,
              where_there_is_no_law_none_is_said)
