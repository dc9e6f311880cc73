/* Blobs: against the specification's own words, one byte read and written after the other, and that
 * there is one blob for each data and one data for each blob. */
#include <string.h>

#include "models/base/sha256.h"
#include "models/rollup/blob.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static uint8_t blob[ORR_BLOB_BYTES], other[ORR_BLOB_BYTES];
static uint8_t data[ORR_BLOB_DATA_MAX], back[ORR_BLOB_DATA_MAX];

static void fill(size_t len, uint32_t seed) {
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        data[i] = (uint8_t)(seed >> 24);
    }
}

/* protocol/ecotone/derivation.md, "Blob Encoding": read(N) and write(V). */
static struct {
    const uint8_t *from;
    size_t len, at, out;
} tape;
static uint8_t prefix_or_data(void) { /* a version, 24 bits of length, then the data, then zeros */
    size_t i = tape.at++;
    if (i < 4) return i ? (uint8_t)(tape.len >> (8 * (3 - i))) : 0;
    return i - 4 < tape.len ? tape.from[i - 4] : 0;
}
static void read_tail(uint8_t tail[31]) {
    for (int i = 0; i < 31; i++) tail[i] = prefix_or_data();
}
static void write_element(uint8_t head, const uint8_t tail[31]) {
    other[tape.out] = head;
    memcpy(other + tape.out + 1, tail, 31);
    tape.out += 32;
}
static void encode_as_written(size_t len) {
    tape.from = data, tape.len = len, tape.at = tape.out = 0;
    for (int round = 0; round < 1024; round++) {
        uint8_t tail[31];
        read_tail(tail);
        uint8_t x = prefix_or_data();
        write_element(x & 0x3f, tail);
        read_tail(tail);
        uint8_t y = prefix_or_data();
        write_element((uint8_t)((y & 0x0f) | (x & 0xc0) >> 2), tail);
        read_tail(tail);
        uint8_t z = prefix_or_data();
        write_element(z & 0x3f, tail);
        read_tail(tail);
        write_element((uint8_t)((z & 0xc0) >> 2 | (y & 0xf0) >> 4), tail);
    }
}

START_TEST(blobs_are_as_the_specification_writes_them) {
    static const size_t lens[] = {0,   1,   26,  27,  28,    59,        122,
                                  123, 124, 249, 250, 65536, 130043, ORR_BLOB_DATA_MAX};
    ck_assert_int_eq(ORR_BLOB_DATA_MAX, 130044);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t len;
        fill(lens[i], (uint32_t)i + 1);
        orr_blob_write(data, lens[i], blob);
        encode_as_written(lens[i]);
        ck_assert_mem_eq(blob, other, ORR_BLOB_BYTES);
        ck_assert_msg(!orr_blob_read(blob, back, &len), "%zu bytes", lens[i]);
        ck_assert_uint_eq(len, lens[i]);
        ck_assert(!len || !memcmp(back, data, len));
    }
}
END_TEST

START_TEST(what_no_writer_writes_is_refused) {
    static const struct {
        size_t at;
        uint8_t value;
        const char *why;
    } cases[] = {
        {1, 1, "another version than 0"},
        {2, 2, "a length above 130044"},
        {0, 0x80, "an element above 254 bits"},
        {0, 0x40, "an element above 254 bits"},
        {32 * 4095, 0x40, "an element above 254 bits"},
        {5 + 9, 1, "data behind its length"},      /* the data has 9 bytes */
        {32 * 2, 1, "data behind its length"},
        {32 * 4 + 7, 1, "data behind its length"}, /* in the next round */
        {ORR_BLOB_BYTES - 1, 1, "data behind its length"},
    };
    size_t len;
    fill(9, 7);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orr_blob_write(data, 9, blob);
        blob[cases[i].at] = cases[i].value;
        const char *why = orr_blob_read(blob, back, &len);
        ck_assert_msg(why && !strcmp(why, cases[i].why), "case %zu: %s", i, why ? why : "taken");
    }
}
END_TEST

/* Any bit of a blob changes the data or spoils it. */
START_TEST(no_two_blobs_have_the_same_data) {
    enum { LEN = 200 };
    size_t len;
    fill(LEN, 3);
    orr_blob_write(data, LEN, blob);
    for (size_t bit = 0; bit < 8 * 2 * 128; bit++) {
        blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(orr_blob_read(blob, back, &len) || len != LEN || memcmp(back, data, LEN),
                      "bit %zu", bit);
        blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
END_TEST

START_TEST(a_blob_is_found_by_its_hash_and_opened_once) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_l1_blob opened[2];
    uint8_t commitment[48];
    struct orr_hash hash, sha;
    fill(50, 4);
    orr_blob_write(data, 50, blob);
    orr_blob_commit(blob, commitment);
    hash = orr_blob_versioned_hash(commitment);
    orr_sha256(commitment, 48, sha.bytes);
    ck_assert_int_eq(hash.bytes[0], 1); /* EIP-4844 */
    ck_assert_mem_eq(hash.bytes + 1, sha.bytes + 1, 31);
    opened[0] = orr_l1_blob_open(&heap.mem, &hash, blob);
    blob[1] = 9;
    opened[1] = orr_l1_blob_open(&heap.mem, &sha, blob);
    ck_assert(opened[0].len == 50 && !memcmp(opened[0].data, data, 50));
    ck_assert_ptr_null(opened[1].data);
    ck_assert_ptr_eq(orr_l1_blob_find(opened, 2, &sha), &opened[1]);
    ck_assert_ptr_null(orr_l1_blob_find(opened, 1, &sha));
    orr_l1_blob_free(&heap.mem, &opened[0]);
    orr_l1_blob_free(&heap.mem, &opened[1]);
}
END_TEST

ORR_TEST_MAIN("blobs of batches", blobs_are_as_the_specification_writes_them,
              what_no_writer_writes_is_refused, no_two_blobs_have_the_same_data,
              a_blob_is_found_by_its_hash_and_opened_once)
