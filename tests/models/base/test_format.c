/* Text from numbers: as printf gives it, and never past its end. */
#include "models/base/format.h"

#include <stdint.h>

#include "tests/test.h"

static char text[64];
static size_t format(size_t size, const char *f, ...) __attribute__((format(printf, 2, 3)));
static size_t format(size_t size, const char *f, ...) {
    va_list arguments;
    va_start(arguments, f);
    memset(text, 'x', sizeof text);
    size_t len = orr_format(text, size, f, arguments);
    va_end(arguments);
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_uint_lt(len, size);
    return len;
}

/* What orr_format gives must be what snprintf gives. */
#define AS_PRINTF(...)                                     \
    do {                                                   \
        char wanted[64];                                   \
        snprintf(wanted, sizeof wanted, __VA_ARGS__);      \
        format(sizeof text, __VA_ARGS__);                  \
        ck_assert_str_eq(text, wanted);                    \
    } while (0)

START_TEST(conversions_are_those_of_printf) {
    AS_PRINTF("plain");
    AS_PRINTF("%d %i %d", 0, -7, INT32_MIN);
    AS_PRINTF("%u %x %x", UINT32_MAX, 0xbeefu, 0u);
    AS_PRINTF("%lld %lld", (long long)INT64_MIN, (long long)INT64_MAX);
    AS_PRINTF("%llu %llx", (unsigned long long)UINT64_MAX, 0x123456789abcdefull);
    AS_PRINTF("%ld %lu %lx %zu", -1l, 1ul, 255ul, (size_t)9);
    AS_PRINTF("%s|%c|%%|%.3s|%.*s", "text", 'c', "longer", 2, "longer");
    AS_PRINTF("%5d|%-5d|%05d|%05d|%5s|%-5s|%3c", 42, 42, 42, -42, "ab", "ab", 'c');
    AS_PRINTF("%*d|%*d|%08x|%016llx", 6, 42, -6, 42, 0xabcu, 0xabcull);
}
END_TEST

START_TEST(text_is_cut_where_it_does_not_fit_and_never_within_a_character) {
    ck_assert_uint_eq(format(4, "%s", "abcdef"), 3);
    ck_assert_str_eq(text, "abc");
    ck_assert_uint_eq(format(1, "%d", 12345), 0);
    ck_assert_uint_eq(format(4, "ab\xc3\xa4%d", 1), 2); /* a letter of two bytes, room for one */
    ck_assert_uint_eq(format(5, "ab\xc3\xa4%d", 1), 4);
    ck_assert_uint_eq(format(5, "a\xf0\x9f\x98\x80z"), 1);
    ck_assert_uint_eq(format(8, "%4000d", 1), 7); /* no more than there is room */
}
END_TEST

START_TEST(null_and_unknown_conversions_are_shown) {
    const char *none = NULL, *volatile unknown = "%q %5", *volatile s = "%s";
    va_list nothing;
    (void)none;
    memset(&nothing, 0, sizeof nothing);
    ck_assert_uint_eq(orr_format(text, sizeof text, unknown, nothing), 5);
    ck_assert_str_eq(text, unknown);
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    format(sizeof text, s, none);
    ck_assert_str_eq(text, "(null)");
}
END_TEST

ORR_TEST_MAIN("format", conversions_are_those_of_printf,
              text_is_cut_where_it_does_not_fit_and_never_within_a_character,
              null_and_unknown_conversions_are_shown)
