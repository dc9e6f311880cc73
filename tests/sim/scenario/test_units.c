/* Quantities: exact, in every unit, and refused when they are not. */
#include "sim/scenario/units.h"

#include <string.h>

#include "models/base/rng.h"
#include "tests/test.h"

static enum orr_quantity_fault parse(enum orr_quantity quantity, const char *text, int64_t *value) {
    size_t at;
    *value = -7;
    return orr_quantity_parse(quantity, text, strlen(text), value, &at);
}

static void is(enum orr_quantity quantity, const char *text, int64_t expected) {
    int64_t value;
    ck_assert_msg(parse(quantity, text, &value) == ORR_QUANTITY_GOOD, "'%s' is refused", text);
    ck_assert_msg(value == expected, "'%s' is %lld, not %lld", text, (long long)value,
                  (long long)expected);
}

static void is_not(enum orr_quantity quantity, const char *text, enum orr_quantity_fault expected) {
    int64_t value;
    enum orr_quantity_fault fault = parse(quantity, text, &value);
    ck_assert_msg(fault == expected, "'%s' gives %d, not %d", text, fault, expected);
    ck_assert_int_eq(value, -7); /* untouched */
}

START_TEST(every_unit_of_time_is_its_number_of_nanoseconds) {
    is(ORR_QUANTITY_TIME, "0 s", 0);
    is(ORR_QUANTITY_TIME, "7 ns", 7);
    is(ORR_QUANTITY_TIME, "7 us", 7000);
    is(ORR_QUANTITY_TIME, "7 µs", 7000);
    is(ORR_QUANTITY_TIME, "120 ms", 120000000);
    is(ORR_QUANTITY_TIME, "120ms", 120000000);
    is(ORR_QUANTITY_TIME, "60 s", 60000000000);
    is(ORR_QUANTITY_TIME, "2 min", 120000000000);
    is(ORR_QUANTITY_TIME, "3 h", 10800000000000);
    is(ORR_QUANTITY_TIME, "1 d", 86400000000000);
    is(ORR_QUANTITY_OFFSET, "-5 ms", -5000000);
    is(ORR_QUANTITY_OFFSET, "+5 ms", 5000000);
}
END_TEST

START_TEST(decimals_are_exact_where_a_double_is_not) {
    is(ORR_QUANTITY_TIME, "0.1 ms", 100000);
    is(ORR_QUANTITY_TIME, "1.000000001 s", 1000000001);
    is(ORR_QUANTITY_TIME, "9007199.254740993 s", 9007199254740993); /* 2^53 + 1 */
    is(ORR_QUANTITY_TIME, "0.5000000000000000000000000000 s", 500000000);
    is(ORR_QUANTITY_TIME, "9223372036854775807 ns", INT64_MAX);
    is(ORR_QUANTITY_SHARE, "0.000000001", 1);
    is(ORR_QUANTITY_SHARE, "0.0000001 %", 1);
    is(ORR_QUANTITY_FACTOR, "2.5", 2500000000);
}
END_TEST

START_TEST(sizes_bandwidths_rates_and_shares_have_their_units) {
    is(ORR_QUANTITY_SIZE, "512 B", 512);
    is(ORR_QUANTITY_SIZE, "1 kB", 1000);
    is(ORR_QUANTITY_SIZE, "1 KiB", 1024);
    is(ORR_QUANTITY_SIZE, "1.5 MiB", 1572864);
    is(ORR_QUANTITY_SIZE, "2 GB", 2000000000);
    is(ORR_QUANTITY_SIZE, "1 TiB", 1099511627776);
    is(ORR_QUANTITY_BANDWIDTH, "1 Gbit/s", 1000000000);
    is(ORR_QUANTITY_BANDWIDTH, "2.5 Mbit/s", 2500000);
    is(ORR_QUANTITY_BANDWIDTH, "1 MB/s", 8000000);
    is(ORR_QUANTITY_RATE, "200 /s", 200000000000);
    is(ORR_QUANTITY_RATE, "0.5 /s", 500000000);
    is(ORR_QUANTITY_RATE, "15 /min", 250000000);
    is(ORR_QUANTITY_RATE, "1 /h", 277778); /* 10^9 / 3600 = 277777.7..., rounded */
    is(ORR_QUANTITY_RATE, "1 /ms", 1000000000000);
    is(ORR_QUANTITY_SHARE, "5 %", 50000000);
    is(ORR_QUANTITY_SHARE, "0.05", 50000000);
    is(ORR_QUANTITY_SHARE, "1", 1000000000);
    is(ORR_QUANTITY_SHARE, "20 ppm", 20000);
    is(ORR_QUANTITY_DRIFT, "-50 ppm", -50000);
}
END_TEST

START_TEST(what_is_no_plain_decimal_is_refused) {
    static const char *const texts[] = {"",      "s",     "ms 5", "1e3 s", "0x10 s", "1_000 s",
                                        "010 s", ".5 s",  "5. s", "1:30",  " 5 s",   "- 5 s",
                                        "1,5 s", "nan s", "inf",  "00 s",  "5..2 s"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        is_not(ORR_QUANTITY_TIME, texts[i], ORR_QUANTITY_NO_NUMBER);
    is_not(ORR_QUANTITY_TIME, "5", ORR_QUANTITY_NO_UNIT);
    is_not(ORR_QUANTITY_TIME, "5 ", ORR_QUANTITY_NO_UNIT);
    is_not(ORR_QUANTITY_TIME, "5  s", ORR_QUANTITY_UNKNOWN_UNIT);
    is_not(ORR_QUANTITY_TIME, "5 s ", ORR_QUANTITY_UNKNOWN_UNIT);
    is_not(ORR_QUANTITY_TIME, "5 MS", ORR_QUANTITY_UNKNOWN_UNIT);
    is_not(ORR_QUANTITY_TIME, "-5 s", ORR_QUANTITY_NEGATIVE);
    is_not(ORR_QUANTITY_TIME, "0.5 ns", ORR_QUANTITY_TOO_FINE);
    is_not(ORR_QUANTITY_TIME, "0.0000000001 s", ORR_QUANTITY_TOO_FINE);
    is_not(ORR_QUANTITY_SIZE, "0.3 B", ORR_QUANTITY_TOO_FINE);
    is_not(ORR_QUANTITY_TIME, "9223372036854775808 ns", ORR_QUANTITY_TOO_LARGE);
    is_not(ORR_QUANTITY_TIME, "99999999999999999999999999999999999999999 s",
           ORR_QUANTITY_TOO_LARGE);
    is_not(ORR_QUANTITY_TIME, "999999999999999999999999999999 d", ORR_QUANTITY_TOO_LARGE);
    is_not(ORR_QUANTITY_SIZE, "9999999999 TiB", ORR_QUANTITY_TOO_LARGE);
}
END_TEST

START_TEST(what_is_printed_is_read_back_as_the_same_value) {
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_TOPOLOGY, 0);
    for (int i = 0; i < 20000; i++) {
        enum orr_quantity quantity = (enum orr_quantity)orr_rng_below(&rng, ORR_N_QUANTITIES);
        int64_t value = (int64_t)(orr_rng_u64(&rng) >> (2 + orr_rng_below(&rng, 61))), back;
        if (orr_rng_below(&rng, 2)) value -= value % 1000000;
        if (orr_quantity_info(quantity)->is_signed && orr_rng_below(&rng, 2)) value = -value;
        char text[64];
        orr_quantity_print(quantity, value, text, sizeof text);
        ck_assert_msg(parse(quantity, text, &back) == ORR_QUANTITY_GOOD && back == value,
                      "%d %lld is printed as '%s'", quantity, (long long)value, text);
    }
}
END_TEST

START_TEST(a_unit_of_another_name_is_understood_as_what_is_meant) {
    ck_assert_str_eq(orr_unit_meant(ORR_QUANTITY_BANDWIDTH, "Mbps", 4), "Mbit/s");
    ck_assert_str_eq(orr_unit_meant(ORR_QUANTITY_SIZE, "KB", 2), "kB");
    ck_assert_str_eq(orr_unit_meant(ORR_QUANTITY_TIME, "seconds", 7), "s");
    ck_assert_str_eq(orr_unit_meant(ORR_QUANTITY_TIME, "m", 1), "min");
    ck_assert_str_eq(orr_unit_meant(ORR_QUANTITY_RATE, "tps", 3), "/s");
    ck_assert_ptr_null(orr_unit_meant(ORR_QUANTITY_TIME, "fortnights", 10));
}
END_TEST

ORR_TEST_MAIN("scenario units", every_unit_of_time_is_its_number_of_nanoseconds,
              decimals_are_exact_where_a_double_is_not,
              sizes_bandwidths_rates_and_shares_have_their_units,
              what_is_no_plain_decimal_is_refused, what_is_printed_is_read_back_as_the_same_value,
              a_unit_of_another_name_is_understood_as_what_is_meant)
