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
    96, 94, 96, 94,  88, 80, 85, 88, 90, 84, 83,  79, 81, 88, 88, 83, 80,  79,  76, 80,
    88, 88, 88, 86,  72, 72, 62, 86, 97, 95, 88,  91, 85, 87, 84, 84, 85,  84,  84, 84,
    89, 81, 81, 82,  80, 77, 76, 74, 75, 76, 91,  92, 89, 86, 88, 72, 84,  85,  85, 78,
    89, 84, 78, 81,  76, 81, 79, 81, 82, 85, 87,  87, 81, 74, 81, 94, 95,  80,  81, 87};

/* Deflections of a steel-concrete beam (H. S. Lew), draws of a lottery of three digits, and what a
 * filter lets through (R. Mavrodineanu), as (x - 2.001) * 1e5: lew.html, lottery.html, mavro.html
 * there. */
static const int lew[] = {
    -213, -564, -35,  -15,  141,  115,  -420, -360, 203,  -338, -431, 194,  -220, -513, 154,  -125,
    -559, 92,   -21,  -579, -52,  99,   -543, -175, 162,  -457, -346, 204,  -300, -474, 164,  -107,
    -572, -8,   83,   -541, -224, 180,  -420, -374, 201,  -236, -531, 83,   27,   -564, -112, 131,
    -507, -254, 199,  -311, -495, 143,  -46,  -579, -90,  136,  -472, -338, 202,  -287, -477, 169,
    -124, -568, 17,   48,   -568, -135, 162,  -430, -422, 172,  -74,  -577, -13,  92,   -534, -243,
    194,  -355, -465, 156,  -81,  -578, -64,  139,  -449, -384, 193,  -198, -538, 110,  -44,  -577,
    -6,   66,   -552, -164, 161,  -460, -344, 205,  -281, -504, 134,  -28,  -576, -118, 156,  -437,
    -381, 200,  -220, -540, 83,   11,   -568, -160, 172,  -414, -408, 188,  -125, -572, -32,  139,
    -492, -321, 205,  -262, -504, 142,  -83,  -574, 0,    48,   -571, -106, 137,  -501, -266, 190,
    -391, -406, 194,  -186, -553, 83,   -13,  -577, -49,  103,  -515, -280, 201,  300,  -506, 131,
    -45,  -578, -80,  138,  -462, -361, 201,  -211, -554, 32,   74,   -533, -235, 187,  -372, -442,
    182,  -147, -566, 25,   68,   -535, -244, 194,  -351, -463, 174,  -125, -570, 15,   72,   -550,
    -190, 172,  -424, -385, 198,  -218, -536, 96};
static const int lottery[] = {
    162, 671, 933, 414, 788, 730, 817, 33,  536, 875, 670, 236, 473, 167, 877, 980, 316, 950, 456,
    92,  517, 557, 956, 954, 104, 178, 794, 278, 147, 773, 437, 435, 502, 610, 582, 780, 689, 562,
    964, 791, 28,  97,  848, 281, 858, 538, 660, 972, 671, 613, 867, 448, 738, 966, 139, 636, 847,
    659, 754, 243, 122, 455, 195, 968, 793, 59,  730, 361, 574, 522, 97,  762, 431, 158, 429, 414,
    22,  629, 788, 999, 187, 215, 810, 782, 47,  34,  108, 986, 25,  644, 829, 630, 315, 567, 919,
    331, 207, 412, 242, 607, 668, 944, 749, 168, 864, 442, 533, 805, 372, 63,  458, 777, 416, 340,
    436, 140, 919, 350, 510, 572, 905, 900, 85,  389, 473, 758, 444, 169, 625, 692, 140, 897, 672,
    288, 312, 860, 724, 226, 884, 508, 976, 741, 476, 417, 831, 15,  318, 432, 241, 114, 799, 955,
    833, 358, 935, 146, 630, 830, 440, 642, 356, 373, 271, 715, 367, 393, 190, 669, 8,   861, 108,
    795, 269, 590, 326, 866, 64,  523, 862, 840, 219, 382, 998, 4,   628, 305, 747, 247, 34,  747,
    729, 645, 856, 974, 24,  568, 24,  694, 608, 480, 410, 729, 947, 293, 53,  930, 223, 203, 677,
    227, 62,  455, 387, 318, 562, 242, 428, 968};
static const int mavro[] = {80,  70,  80,  90,  80,  70,  50,  40,  50,  50,  70,  80,  80,
                            90,  90,  110, 100, 60,  40,  30,  30,  50,  50,  60,  50,  40,
                            30,  40,  50,  40,  50,  60,  50,  60,  90,  100, 100, 110, 120,
                            130, 140, 150, 170, 160, 160, 160, 170, 160, 150, 140};

START_TEST(what_was_measured_has_the_certified_mean_and_deviation) {
    static const struct {
        const int *values;
        size_t n;
        double zero, unit, mean, sd;
    } sets[] = {
        {lew, sizeof lew / sizeof *lew, 0, 1, -177.435000000000, 277.332168044316},
        {lottery, sizeof lottery / sizeof *lottery, 0, 1, 518.958715596330, 291.699727470969},
        {mavro, sizeof mavro / sizeof *mavro, 2.001, 1e5, 2.00185600000000, 0.000429123454003053}};
    static const size_t n[] = {200, 218, 50};
    for (int k = 0; k < 3; k++) {
        double v[218];
        ck_assert_uint_eq(sets[k].n, n[k]);
        for (size_t i = 0; i < n[k]; i++) v[i] = sets[k].zero + sets[k].values[i] / sets[k].unit;
        struct orr_summary s = orr_summarise(v, n[k]);
        ck_assert_double_eq_tol(s.mean, sets[k].mean, fabs(sets[k].mean) * 1e-14);
        ck_assert_double_eq_tol(s.sd, sets[k].sd, sets[k].sd * 1e-11);
    }
}
END_TEST

/* PiDigits: the first 5,000 digits of pi, by the spigot of S. Rabinowitz and S. Wagon (The American
 * Mathematical Monthly 102, 1995); 16,700 terms are digits enough. */
START_TEST(the_digits_of_pi_have_the_certified_mean_and_deviation) {
    enum { DIGITS = 5000, SPARE = 10, TERMS = 16700 };
    static int term[TERMS];
    double v[DIGITS + SPARE];
    size_t n = 0, nines = 0;
    int held = 0;
    for (int i = 0; i < TERMS; i++) term[i] = 2;
    for (int round = 0; n < DIGITS; round++) {
        int carry = 0;
        for (int i = TERMS - 1; i > 0; i--) {
            int x = 10 * term[i] + carry * (i + 1);
            term[i] = x % (2 * i + 1);
            carry = x / (2 * i + 1);
        }
        int digit = (10 * term[0] + carry) / 10;
        term[0] = (10 * term[0] + carry) % 10;
        if (digit == 9) {
            nines++;
            continue;
        }
        if (round) v[n++] = held + digit / 10;
        for (; nines && n < DIGITS; nines--) v[n++] = digit / 10 ? 0 : 9;
        nines = 0, held = digit % 10;
    }
    ck_assert(v[0] == 3 && v[1] == 1 && v[2] == 4 && v[762] == 9 && v[767] == 9 && v[768] == 8);
    ck_assert(v[956] == 8);
    v[956] = 3; /* as the file has it, and its certified values */
    struct orr_summary s = orr_summarise(v, DIGITS);
    ck_assert_double_eq_tol(s.mean, 4.53480000000000, 1e-13);
    ck_assert_double_eq_tol(s.sd, 2.86733906028871, 1e-13);
}
END_TEST

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
    static const struct {
        double first, low, high, mean, sd, tolerance;
    } sets[] = {{1.2, 1.1, 1.3, 1.2, 0.1, 1e-14},
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
    static const struct {
        const char *text;
        size_t len;
        const char *told;
    } bad[] = {{"", 0, "empty"},
               {"a,b\n1\n", 6, ":2: not as many"},
               {"a,a\n", 4, "one name"},
               {"a\n\"x", 4, "does not end"},
               {"a\n\"x\"y\n", 7, "behind"},
               {"a\nb\0c\n", 6, "NUL"},
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

ORR_TEST_MAIN("analysis/summary", what_was_measured_has_the_certified_mean_and_deviation,
              the_digits_of_pi_have_the_certified_mean_and_deviation,
              michelsons_mean_and_deviation_are_the_certified_ones, digits_that_cancel_are_not_lost,
              intervals_hold_the_mean_of_95_in_100_sweeps,
              of_one_value_nothing_is_known_and_of_equal_ones_all, a_table_is_read_cell_by_cell)
