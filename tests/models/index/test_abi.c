/* Types and values of the contract ABI: what is refused, and what is bounded. */
#include <string.h>

#include "models/base/error.h"
#include "models/index/abi.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;

static struct orr_abi_type *must_read(const char *text) {
    struct orr_abi_type *type = NULL;
    size_t at;
    ck_assert_msg(!orr_abi_type_read(&heap.mem, text, strlen(text), &type, &at), "%s", text);
    ck_assert_uint_eq(at, strlen(text));
    return type;
}

static void begin(void) { orr_heap_init(&heap); }
static void end(void) { ck_assert_uint_eq(heap.used_bytes, 0); }

START_TEST(a_type_is_written_as_signatures_are_hashed) {
    static const char *const pairs[][2] = {{"uint", "uint256"},
                                           {"int[]", "int256[]"},
                                           {"(address,bytes32)[2][]", "(address,bytes32)[2][]"},
                                           {"bytes1", "bytes1"},
                                           {"((bool),string,bytes)", "((bool),string,bytes)"},
                                           {"uint8[65536]", "uint8[65536]"}};
    begin();
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct orr_abi_type *type = must_read(pairs[i][0]);
        struct orr_rlp_writer w = {.mem = &heap.mem};
        orr_abi_type_write(type, &w);
        ck_assert_uint_eq(w.len, strlen(pairs[i][1]));
        ck_assert_mem_eq(w.bytes, pairs[i][1], w.len);
        orr_rlp_free(&w);
        orr_abi_type_free(&heap.mem, type);
    }
    end();
}
END_TEST

START_TEST(what_is_no_type_is_refused_where_it_ends) {
    static const struct {
        const char *text;
        int error;
        size_t at;
    } bad[] = {{"", ORR_EFORMAT, 0},
               {"uint7", ORR_EFORMAT, 5},
               {"uint0", ORR_EFORMAT, 4},
               {"uint264", ORR_EFORMAT, 4},
               {"uint08", ORR_EFORMAT, 4},
               {"bytes33", ORR_EFORMAT, 5},
               {"bytes0", ORR_EFORMAT, 5},
               {"float", ORR_EFORMAT, 0},
               {"()", ORR_EFORMAT, 1},
               {"(uint", ORR_EFORMAT, 5},
               {"(uint,)", ORR_EFORMAT, 6},
               {"uint[", ORR_EFORMAT, 5},
               {"uint[0]", ORR_EFORMAT, 5},
               {"uint[01]", ORR_EFORMAT, 5},
               {"uint[65537]", ORR_EFORMAT, 5},
               {"uint]", ORR_EFORMAT, 4},
               {"uint ", ORR_EFORMAT, 4},
               {"bool[65536][2]", ORR_ELIMIT, 14}};
    begin();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct orr_abi_type *type;
        size_t at;
        ck_assert_msg(orr_abi_type_read(&heap.mem, bad[i].text, strlen(bad[i].text), &type, &at) ==
                          bad[i].error,
                      "%s", bad[i].text);
        ck_assert_msg(at == bad[i].at, "%s: %zu", bad[i].text, at);
    }
    end();
}
END_TEST

START_TEST(types_nest_sixteen_deep_and_no_deeper) {
    char text[200];
    begin();
    for (int n = 1; n <= 40; n++) {
        struct orr_abi_type *type;
        size_t at;
        memset(text, '(', (size_t)n);
        memcpy(text + n, "bool", 4);
        memset(text + n + 4, ')', (size_t)n);
        int error = orr_abi_type_read(&heap.mem, text, 2 * (size_t)n + 4, &type, &at);
        ck_assert_int_eq(error, n < ORR_ABI_MAX_DEPTH ? 0 : ORR_ELIMIT);
        if (!error) orr_abi_type_free(&heap.mem, type);
        memcpy(text, "bool", 4);
        for (int i = 0; i < n; i++) memcpy(text + 4 + 2 * i, "[]", 2);
        error = orr_abi_type_read(&heap.mem, text, 2 * (size_t)n + 4, &type, &at);
        ck_assert_int_eq(error, n < ORR_ABI_MAX_DEPTH ? 0 : ORR_ELIMIT);
        if (!error) orr_abi_type_free(&heap.mem, type);
    }
    end();
}
END_TEST

/* Words of small numbers as bytes. */
static size_t words(uint8_t *to, int n, const unsigned *values) {
    memset(to, 0, 32 * (size_t)n);
    for (int i = 0; i < n; i++) orr_store_be32(to + 32 * i + 28, values[i]);
    return 32 * (size_t)n;
}

static int try_decode(const char *text, const uint8_t *bytes, size_t len) {
    struct orr_abi_type *type = must_read(text);
    struct orr_abi_value value;
    int error = orr_abi_decode(&heap.mem, type, bytes, len, &value);
    if (!error) orr_abi_value_free(&heap.mem, &value);
    orr_abi_type_free(&heap.mem, type);
    return error;
}

START_TEST(what_fills_a_word_up_is_zero_or_the_sign) {
    uint8_t w[32];
    begin();
    for (int bit = 0; bit < 256; bit++) {
        memset(w, 0, sizeof w);
        w[bit / 8] = (uint8_t)(0x80 >> bit % 8);
        ck_assert_int_eq(try_decode("uint8", w, 32), bit < 248 ? ORR_EFORMAT : 0);
        ck_assert_int_eq(try_decode("address", w, 32), bit < 96 ? ORR_EFORMAT : 0);
        ck_assert_int_eq(try_decode("bool", w, 32), bit < 255 ? ORR_EFORMAT : 0);
        ck_assert_int_eq(try_decode("bytes4", w, 32), bit < 32 ? 0 : ORR_EFORMAT);
        ck_assert_int_eq(try_decode("int16", w, 32), bit < 241 ? ORR_EFORMAT : 0);
        memset(w, 0xff, sizeof w);
        w[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        ck_assert_int_eq(try_decode("int16", w, 32), bit < 241 ? ORR_EFORMAT : 0);
    }
    end();
}
END_TEST

START_TEST(offsets_and_lengths_stay_inside_and_behind_the_head) {
    uint8_t b[32 * 8];
    begin();
    ck_assert_int_eq(try_decode("bytes", b, words(b, 3, (unsigned[]){32, 1, 0})), 0);
    ck_assert_int_eq(try_decode("bytes", b, words(b, 3, (unsigned[]){32, 32, 5})), 0);
    ck_assert_int_eq(try_decode("bytes", b, words(b, 3, (unsigned[]){32, 33, 5})), ORR_EFORMAT);
    ck_assert_int_eq(try_decode("bytes", b, words(b, 3, (unsigned[]){32, 31, 5})),
                     ORR_EFORMAT); /* filling */
    ck_assert_int_eq(try_decode("bytes", b, words(b, 3, (unsigned[]){0, 1, 0})), ORR_EFORMAT);
    ck_assert_int_eq(try_decode("bytes", b, words(b, 3, (unsigned[]){96, 0, 0})), ORR_EFORMAT);
    ck_assert_int_eq(try_decode("bytes", b, words(b, 2, (unsigned[]){32, 0})), 0);
    ck_assert_int_eq(try_decode("uint8[]", b, words(b, 3, (unsigned[]){32, 1, 7})), 0);
    ck_assert_int_eq(try_decode("uint8[]", b, words(b, 3, (unsigned[]){32, 2, 7})), ORR_EFORMAT);
    size_t len = words(b, 3, (unsigned[]){32, 1, 7});
    b[0] = 1; /* an offset above 2^64 */
    ck_assert_int_eq(try_decode("uint8[]", b, len), ORR_EFORMAT);
    len = words(b, 3, (unsigned[]){32, 1, 7});
    memset(b, 0xff, 32);
    ck_assert_int_eq(try_decode("uint8[]", b, len), ORR_EFORMAT);
    end();
}
END_TEST

START_TEST(offsets_that_meet_again_and_again_cost_no_more_than_is_allowed) {
    enum { N = 64 };
    static uint8_t b[32 * (N + 1) * 6 + 64];
    size_t at = 32;
    begin();
    orr_store_be64(b + 24, 32);
    for (int level = 0; level < 4; level++) { /* each list of 64 points 64 times at the next */
        orr_store_be64(b + at + 24, N);
        for (int i = 0; i < N; i++) orr_store_be64(b + at + 32 + 32 * (size_t)i + 24, 32 * N);
        at += 32 * (N + 1);
    }
    orr_store_be64(b + at + 24, N);
    ck_assert_int_eq(try_decode("uint[][][][][]", b, sizeof b), ORR_ELIMIT);
    ck_assert_uint_lt(heap.peak_bytes, 16 << 20);
    end();
}
END_TEST

ORR_TEST_MAIN("abi", a_type_is_written_as_signatures_are_hashed,
              what_is_no_type_is_refused_where_it_ends, types_nest_sixteen_deep_and_no_deeper,
              what_fills_a_word_up_is_zero_or_the_sign,
              offsets_and_lengths_stay_inside_and_behind_the_head,
              offsets_that_meet_again_and_again_cost_no_more_than_is_allowed)
