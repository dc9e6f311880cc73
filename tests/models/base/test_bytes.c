#include "models/base/bytes.h"
#include "tests/test.h"

START_TEST(what_is_written_is_read_back) {
    uint8_t buf[15];
    struct orr_writer w = orr_writer(buf, sizeof buf);
    orr_write_u8(&w, 7);
    orr_write_u16(&w, 0x1234);
    orr_write_u32(&w, 0xdeadbeef);
    orr_write_u64(&w, UINT64_MAX - 1);
    ck_assert(!w.bad);
    struct orr_reader r = orr_reader(buf, orr_written(&w));
    ck_assert_uint_eq(orr_read_u8(&r), 7);
    ck_assert_uint_eq(orr_read_u16(&r), 0x1234);
    ck_assert_uint_eq(orr_read_u32(&r), 0xdeadbeef);
    ck_assert_uint_eq(orr_read_u64(&r), UINT64_MAX - 1);
    ck_assert(orr_read_done(&r));
}
END_TEST

START_TEST(a_reader_past_the_end_sticks_at_bad_and_returns_zero) {
    uint8_t buf[3] = {1, 2, 3};
    struct orr_reader r = orr_reader(buf, sizeof buf);
    ck_assert_uint_eq(orr_read_u32(&r), 0);
    ck_assert(r.bad);
    ck_assert_uint_eq(orr_read_u8(&r), 0);
}
END_TEST

START_TEST(nothing_at_all_can_be_read_to_its_end) {
    struct orr_reader r = orr_reader(NULL, 0);
    ck_assert_uint_eq(orr_read_left(&r), 0);
    orr_read_u8(&r);
    ck_assert(r.bad);
}
END_TEST

START_TEST(a_writer_past_the_end_sticks_at_bad_and_writes_nothing) {
    uint8_t buf[4] = {9, 9, 9, 9};
    struct orr_writer w = orr_writer(buf, 3);
    orr_write_u32(&w, 0);
    orr_write_u8(&w, 0);
    ck_assert(w.bad);
    ck_assert_uint_eq(orr_written(&w), 0);
    ck_assert_uint_eq(buf[0], 9);
}
END_TEST

ORR_TEST_MAIN("base.bytes", what_is_written_is_read_back,
              a_reader_past_the_end_sticks_at_bad_and_returns_zero,
              nothing_at_all_can_be_read_to_its_end,
              a_writer_past_the_end_sticks_at_bad_and_writes_nothing)
