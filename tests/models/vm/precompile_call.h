/* precompile_call.h - calling a precompile with hex in and hex out, for tests. */
#ifndef ORR_TESTS_MODELS_VM_PRECOMPILE_CALL_H
#define ORR_TESTS_MODELS_VM_PRECOMPILE_CALL_H

#include <string.h>

#include "models/vm/precompile.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static inline const struct orr_evm_precompile *precompile_at(enum orr_evm_fork fork,
                                                             unsigned number) {
    uint8_t address[20] = {[18] = (uint8_t)(number >> 8), [19] = (uint8_t)number};
    return orr_evm_precompile_find(fork, address);
}

static inline unsigned hex_digit(char c) {
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    ck_assert_msg(at != NULL, "'%c' is no hex digit", c);
    return (unsigned)(at - digits);
}

/* The bytes that hex spells, from malloc (one spare byte, so never NULL). */
static inline uint8_t *hex_bytes(const char *hex, size_t *len) {
    *len = strlen(hex) / 2;
    uint8_t *bytes = orr_xrealloc(NULL, *len + 1);
    for (size_t i = 0; i < *len; i++)
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return bytes;
}

static inline char *bytes_hex(const uint8_t *bytes, size_t len) {
    char *hex = orr_xrealloc(NULL, 2 * len + 1);
    for (size_t i = 0; i < len; i++) sprintf(hex + 2 * i, "%02x", bytes[i]);
    hex[2 * len] = 0;
    return hex;
}

struct call_result {
    uint64_t gas;
    int error;
    char *hex; /* the return data, from malloc; NULL on error */
};

/* Runs a precompile on an exact-size copy of the input, so that a sanitizer sees an over-read, and
 * checks that all memory was given back. */
static inline struct call_result call_hex(enum orr_evm_fork fork, unsigned number,
                                          const char *input) {
    const struct orr_evm_precompile *p = precompile_at(fork, number);
    ck_assert_ptr_nonnull(p);
    size_t in_len, out_len = 12345;
    uint8_t *in = hex_bytes(input, &in_len);
    in = in_len ? orr_xrealloc(in, in_len) : (free(in), NULL);
    uint8_t untouched, *out = &untouched;
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct call_result r = {.gas = p->gas(fork, in, in_len)};
    r.error = p->run(&heap.mem, fork, in, in_len, &out, &out_len);
    if (r.error) {
        ck_assert_int_lt(r.error, 0);
        ck_assert(out == &untouched && out_len == 12345);
    } else {
        r.hex = bytes_hex(out, out_len);
        ck_assert((out == NULL) == (out_len == 0));
        orr_free(&heap.mem, out, out_len);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
    free(in);
    return r;
}

static inline void call_expect(enum orr_evm_fork fork, unsigned number, const char *input,
                               uint64_t gas, const char *output) {
    struct call_result r = call_hex(fork, number, input);
    ck_assert_int_eq(r.error, 0);
    ck_assert_str_eq(r.hex, output);
    ck_assert_uint_eq(r.gas, gas);
    free(r.hex);
}

static inline void call_expect_failure(enum orr_evm_fork fork, unsigned number, const char *input) {
    struct call_result r = call_hex(fork, number, input);
    ck_assert_msg(r.error < 0, "%02x accepted %s and returned %s", number, input, r.hex);
    free(r.hex);
}
#endif
