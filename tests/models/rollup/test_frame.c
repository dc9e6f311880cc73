/* Frames and channels: what is read back, what is refused, and in which order frames may come. */
#include <string.h>

#include "models/base/error.h"
#include "models/rollup/frame.h"
#include "models/rollup/inflate.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_mem *mem;
static void begin(void) {
    orr_heap_init(&heap);
    mem = &heap.mem;
}

static struct orr_frame frame(uint16_t number, const char *data, bool is_last) {
    struct orr_frame f = {.number = number, .is_last = is_last, .data = (const uint8_t *)data,
                          .len = (uint32_t)strlen(data)};
    memset(f.channel, 0xab, sizeof f.channel);
    return f;
}

static struct orr_rlp_writer two_frames(void) {
    struct orr_rlp_writer w = {.mem = mem};
    struct orr_frame a = frame(0, "first", false), b = frame(1, "", true);
    orr_rlp_write_raw(&w, "\0", 1);
    orr_frame_write(&w, &a);
    orr_frame_write(&w, &b);
    return w;
}

static const char *refusal(const uint8_t *bytes, size_t len) {
    struct orr_frame *frames;
    struct orr_frame_fault fault = {0, NULL};
    size_t n;
    if (orr_batcher_data_read(mem, bytes, len, &frames, &n, &fault)) {
        ck_assert_uint_le(fault.at, len);
        return fault.what;
    }
    orr_free(mem, frames, n * sizeof *frames);
    return NULL;
}

START_TEST(what_is_written_is_read) {
    begin();
    struct orr_rlp_writer w = two_frames();
    struct orr_frame *frames;
    struct orr_frame_fault fault;
    size_t n;
    ck_assert_uint_eq(w.len, 1 + 2 * ORR_FRAME_OVERHEAD_BYTES + 5);
    ck_assert_int_eq(orr_batcher_data_read(mem, w.bytes, w.len, &frames, &n, &fault), 0);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(frames[0].len, 5);
    ck_assert_mem_eq(frames[0].data, "first", 5);
    ck_assert(!frames[0].is_last && frames[1].is_last);
    ck_assert_uint_eq(frames[1].number, 1);
    ck_assert_uint_eq(frames[1].channel[15], 0xab);
    orr_free(mem, frames, n * sizeof *frames);
    orr_rlp_free(&w);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(one_bad_frame_refuses_all) {
    begin();
    struct orr_rlp_writer w = two_frames();
    ck_assert_ptr_null(refusal(w.bytes, w.len));
    for (size_t cut = 0; cut < w.len; cut++) {
        bool whole = cut == 1 + ORR_FRAME_OVERHEAD_BYTES + 5; /* the first frame by itself */
        ck_assert_int_eq(refusal(w.bytes, cut) == NULL, whole);
    }
    w.bytes[w.len - 1] = 2;
    ck_assert_str_eq(refusal(w.bytes, w.len), "is_last of a frame is neither 0 nor 1");
    w.bytes[w.len - 1] = 1;
    w.bytes[0] = 1;
    ck_assert_str_eq(refusal(w.bytes, w.len), "the version is not 0");
    ck_assert_uint_eq(heap.used_bytes, w.cap);
    orr_rlp_free(&w);
}
END_TEST

START_TEST(a_frame_holds_a_million_bytes_and_no_more) {
    begin();
    struct orr_rlp_writer w = {.mem = mem};
    uint8_t *data = orr_alloc_zero(mem, ORR_FRAME_DATA_MAX);
    struct orr_frame f = {.data = data, .len = ORR_FRAME_DATA_MAX, .is_last = true};
    orr_rlp_write_raw(&w, "\0", 1);
    orr_frame_write(&w, &f);
    ck_assert_ptr_null(refusal(w.bytes, w.len));
    orr_rlp_write_raw(&w, "\0", 1);
    orr_store_be32(w.bytes + 1 + 18, ORR_FRAME_DATA_MAX + 1);
    ck_assert_str_eq(refusal(w.bytes, w.len), "a frame has more than 1,000,000 bytes of data");
    orr_free(mem, data, ORR_FRAME_DATA_MAX);
    orr_rlp_free(&w);
}
END_TEST

static void is_data(const struct orr_channel *channel, const char *wanted) {
    struct orr_rlp_writer w = {.mem = mem};
    orr_channel_write_data(channel, &w);
    ck_assert_uint_eq(w.len, strlen(wanted));
    ck_assert(!w.len || !memcmp(w.bytes, wanted, w.len));
    orr_rlp_free(&w);
}

START_TEST(a_channel_takes_frames_in_any_order) {
    begin();
    struct orr_channel c;
    struct orr_frame all[] = {frame(2, "c", true), frame(0, "a", false), frame(1, "b", false)};
    orr_channel_init(&c, mem, all[0].channel);
    for (int i = 0; i < 3; i++) {
        ck_assert(!orr_channel_is_ready(&c));
        ck_assert_ptr_null(orr_channel_add(&c, &all[i]));
    }
    ck_assert(orr_channel_is_ready(&c));
    is_data(&c, "abc");
    orr_channel_fini(&c);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_channel_ignores_frames_twice_a_second_end_and_what_is_behind_it) {
    begin();
    struct orr_channel c;
    struct orr_frame zero = frame(0, "a", false), again = frame(0, "x", false),
                     far = frame(7, "z", false), end = frame(1, "b", true),
                     second = frame(3, "d", true), behind = frame(2, "c", false);
    orr_channel_init(&c, mem, zero.channel);
    ck_assert_ptr_null(orr_channel_add(&c, &zero));
    ck_assert_str_eq(orr_channel_add(&c, &again), "the channel has a frame of this number");
    ck_assert_ptr_null(orr_channel_add(&c, &far));
    is_data(&c, "a"); /* up to the gap */
    ck_assert_ptr_null(orr_channel_add(&c, &end)); /* drops what lies behind */
    ck_assert_str_eq(orr_channel_add(&c, &second), "the channel has its last frame");
    ck_assert_str_eq(orr_channel_add(&c, &behind), "it is behind the channel's last frame");
    ck_assert(orr_channel_is_ready(&c));
    is_data(&c, "ab");
    orr_channel_fini(&c);
}
END_TEST

START_TEST(a_stream_is_bounded_while_it_inflates_and_taken_as_far_as_it_goes) {
    begin();
    enum { N = 3 << 20, MOST = 100000 };
    uint8_t *plain = orr_alloc_zero(mem, N);
    struct orr_inflated how;
    for (int kind = ORR_COMPRESSION_ZLIB; kind <= ORR_COMPRESSION_BROTLI; kind++) {
        struct orr_rlp_writer packed = {.mem = mem}, out = packed;
        ck_assert_int_eq(orr_channel_deflate(plain, N, (enum orr_compression)kind, &packed), 0);
        ck_assert_uint_lt(packed.len, 8192); /* a bomb */
        ck_assert_int_eq(orr_channel_inflate(packed.bytes, packed.len, true, MOST, &out, &how), 0);
        ck_assert_uint_eq(out.len, MOST);
        ck_assert(how.is_cut && !how.is_whole);
        out.len = 0;
        ck_assert_int_eq(orr_channel_inflate(packed.bytes, packed.len, true, N, &out, &how), 0);
        ck_assert_uint_eq(out.len, N);
        ck_assert(!how.is_cut && how.is_whole);
        out.len = 0;
        size_t half = packed.len / 2;
        ck_assert_int_eq(orr_channel_inflate(packed.bytes, half, true, N, &out, &how), 0);
        ck_assert(!how.is_whole && !how.is_broken && out.len < N);
        orr_rlp_free(&packed), orr_rlp_free(&out);
    }
    struct orr_rlp_writer out = {.mem = mem};
    ck_assert_int_eq(orr_channel_inflate((const uint8_t *)"\x78\x9c\xff\xff", 4, true, N, &out,
                                         &how), 0);
    ck_assert(how.is_broken && !out.len);
    ck_assert_int_eq(orr_channel_inflate((const uint8_t *)"\2", 1, true, N, &out, &how),
                     ORR_EUNSUPPORTED);
    ck_assert_int_eq(orr_channel_inflate(NULL, 0, true, N, &out, &how), ORR_EFORMAT);
    orr_free(mem, plain, N);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("rollup.frame", what_is_written_is_read, one_bad_frame_refuses_all,
              a_frame_holds_a_million_bytes_and_no_more, a_channel_takes_frames_in_any_order,
              a_channel_ignores_frames_twice_a_second_end_and_what_is_behind_it,
              a_stream_is_bounded_while_it_inflates_and_taken_as_far_as_it_goes)
