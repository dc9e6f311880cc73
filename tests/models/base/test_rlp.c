/* RLP (Yellow Paper, appendix B) is read in its one canonical form only; and what a transaction's
 * fields must fit. */
#include "models/base/rlp.h"

#include <string.h>

#include "models/base/error.h"
#include "models/base/rng.h"
#include "models/vm/transaction.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/test.h"

static int check_hex(const char *hex) {
    struct orr_buffer b;
    ck_assert_int_eq(orr_hex_decode(hex, &b), 0);
    b.bytes = b.len ? orr_xrealloc(b.bytes, b.len) : b.bytes; /* exact, for the sanitizer */
    int result = orr_rlp_check(b.bytes, b.len);
    free(b.bytes);
    return result;
}

START_TEST(one_form_of_each_value_is_read_and_no_other) {
    static const struct {
        const char *hex;
        bool is_good;
    } cases[] = {
        {"", false},
        {"00", true},
        {"7f", true},
        {"80", true},
        {"c0", true},
        {"8100", false}, /* a byte below 0x80 stands for itself */
        {"817f", false},
        {"8180", true},
        {"82ffff", true},
        {"820001", true}, /* a string of two bytes, whatever they mean */
        {"82ff", false},  /* cut short */
        {"b800", false},  /* the long form of what the short one can say */
        {"b80100", false},
        {"b9000100", false}, /* a length with a leading zero */
        {"c180", true},
        {"c18100", false}, /* one byte is missing, */
        {"c28100", false}, /* or a bad item is in the list */
        {"c2c180", true},
        {"c1c180", false}, /* an item longer than its list */
        {"c18080", false}, /* something after it */
        {"f800", false},
        {"bfffffffffffffffff", false}, /* lengths near 2^64 */
        {"bf0100000000000000", false},
        {"ffffffffffffffffff", false},
        {"bb00000001", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(check_hex(cases[i].hex) == (cases[i].is_good ? 0 : ORR_EFORMAT), "%s",
                      cases[i].hex);
}
END_TEST

START_TEST(long_forms_begin_at_56_bytes) {
    for (int is_list = 0; is_list < 2; is_list++) {
        for (size_t len = 54; len <= 58; len++) {
            for (int is_long = 0; is_long < 2; is_long++) {
                uint8_t bytes[64];
                size_t at = 0;
                if (is_long) bytes[at++] = is_list ? 0xf8 : 0xb8;
                bytes[at++] = (uint8_t)(is_long ? len : (is_list ? 0xc0 : 0x80) + len);
                memset(bytes + at, 1, len); /* as a list: len items */
                bool is_good = is_long == (len > 55);
                /* 0x80 + 56 is no short string but announces one byte of length */
                ck_assert_int_eq(orr_rlp_check(bytes, at + len), is_good ? 0 : ORR_EFORMAT);
            }
        }
    }
}
END_TEST

START_TEST(numbers_have_no_leading_zeros_and_fit_their_type) {
    static const struct {
        const char *hex;
        bool fits_64, fits_256;
    } cases[] = {
        {"80", true, true},
        {"01", true, true},
        {"00", false, false},
        {"820001", false, false},
        {"88ffffffffffffffff", true, true},
        {"89010000000000000000", false, true},
        {"a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false, true},
        {"a1010000000000000000000000000000000000000000000000000000000000000000", false, false},
        {"c0", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_buffer b;
        ck_assert_int_eq(orr_hex_decode(cases[i].hex, &b), 0);
        struct orr_rlp_reader small = orr_rlp_reader(b.bytes, b.len), large = small;
        orr_rlp_read_u64(&small);
        orr_rlp_read_u256(&large);
        ck_assert_msg(orr_rlp_done(&small) == cases[i].fits_64, "%s", cases[i].hex);
        ck_assert_msg(orr_rlp_done(&large) == cases[i].fits_256, "%s", cases[i].hex);
        free(b.bytes);
    }
}
END_TEST

/* Writes a random value of at most this depth. */
static void write_random(struct orr_rlp_writer *w, struct orr_rng *rng, int depth) {
    if (depth && orr_rng_u64(rng) % 2) {
        size_t list = orr_rlp_list_begin(w);
        for (uint64_t n = orr_rng_u64(rng) % 6; n--;) write_random(w, rng, depth - 1);
        orr_rlp_list_end(w, list);
        return;
    }
    uint8_t bytes[300];
    size_t len = orr_rng_u64(rng) % 4 ? orr_rng_u64(rng) % 4 : orr_rng_u64(rng) % sizeof bytes;
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)orr_rng_u64(rng);
    orr_rlp_write_string(w, bytes, len);
}

/* Writes again what is read. */
static void copy_item(struct orr_rlp_writer *w, struct orr_rlp_reader *r) {
    struct orr_rlp_item item = orr_rlp_read(r);
    if (!item.is_list) {
        orr_rlp_write_string(w, item.payload, item.len);
        return;
    }
    size_t list = orr_rlp_list_begin(w);
    struct orr_rlp_reader inner = orr_rlp_reader(item.payload, item.len);
    while (orr_rlp_more(&inner)) copy_item(w, &inner);
    ck_assert(orr_rlp_done(&inner));
    orr_rlp_list_end(w, list);
}

START_TEST(what_is_accepted_is_what_would_be_written) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_WORKLOAD, 0);
    size_t n_accepted = 0;
    for (int i = 0; i < 20000; i++) {
        struct orr_rlp_writer w = {.mem = &heap.mem}, again = {.mem = &heap.mem};
        write_random(&w, &rng, 4);
        ck_assert_int_eq(orr_rlp_check(w.bytes, w.len), 0);
        if (i % 2) w.bytes[orr_rng_u64(&rng) % w.len] ^= (uint8_t)(1 << orr_rng_u64(&rng) % 8);
        if (!orr_rlp_check(w.bytes, w.len)) {
            struct orr_rlp_reader r = orr_rlp_reader(w.bytes, w.len);
            copy_item(&again, &r);
            ck_assert(orr_rlp_done(&r));
            ck_assert_uint_eq(again.len, w.len);
            ck_assert_mem_eq(again.bytes, w.bytes, w.len);
            n_accepted++;
        }
        orr_rlp_free(&w);
        orr_rlp_free(&again);
    }
    ck_assert_uint_gt(n_accepted, 10000);
    ck_assert_uint_lt(n_accepted, 20000);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(an_authorizations_parity_is_a_byte) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    for (uint64_t parity = 254; parity <= 257; parity++) { /* EIP-7702 */
        struct orr_evm_tx_authorization a = {.y_parity = orr_u256_from_u64(parity)};
        struct orr_evm_tx tx = {.type = ORR_TX_SET_CODE, .has_chain_id = true}, read;
        tx.authorizations = &a;
        tx.n_authorizations = 1;
        struct orr_rlp_writer w = {.mem = &heap.mem};
        orr_evm_tx_encode(&tx, &w);
        int result = orr_evm_tx_decode(&heap.mem, w.bytes, w.len, &read);
        ck_assert_int_eq(result, parity < 256 ? 0 : ORR_EFORMAT);
        if (!result) orr_evm_tx_free(&heap.mem, &read);
        orr_rlp_free(&w);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(nothing_at_all_is_no_item_and_an_empty_sequence) {
    struct orr_rlp_reader r = orr_rlp_reader(NULL, 0);
    ck_assert(orr_rlp_done(&r) && !orr_rlp_more(&r));
    orr_rlp_read(&r);
    ck_assert(r.bad);
    ck_assert_int_eq(orr_rlp_check(NULL, 0), ORR_EFORMAT);
}
END_TEST

ORR_TEST_MAIN("vm.rlp", nothing_at_all_is_no_item_and_an_empty_sequence,
              one_form_of_each_value_is_read_and_no_other, long_forms_begin_at_56_bytes,
              numbers_have_no_leading_zeros_and_fit_their_type,
              what_is_accepted_is_what_would_be_written, an_authorizations_parity_is_a_byte)
