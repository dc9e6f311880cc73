/* Keccak-256: published digests, and the same bytes in any split. */
#include "models/base/keccak_memo.h"

#include "sim/base/memory.h"
#include "tests/test.h"

#include <string.h>

static void check_hex(struct orr_hash h, const char *hex) {
    char text[65];
    for (int i = 0; i < 32; i++) snprintf(text + 2 * i, 3, "%02x", h.bytes[i]);
    ck_assert_str_eq(text, hex);
}

START_TEST(the_published_digests_come_out) {
    /* Keccak team's ShortMsgKAT_256 (Len = 0, 8) and the yellow paper's empty-trie constant. */
    check_hex(orr_keccak256(NULL, 0),
              "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    check_hex(orr_keccak256("\xcc", 1),
              "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a");
    check_hex(orr_keccak256("\x80", 1),
              "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    check_hex(orr_keccak256("abc", 3),
              "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    check_hex(orr_keccak256("The quick brown fox jumps over the lazy dog", 43),
              "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
}
END_TEST

START_TEST(every_length_around_the_block_size_hashes_the_same_in_any_split) {
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 131 + 7);
    for (size_t len = 0; len <= sizeof data; len++) {
        struct orr_hash whole = orr_keccak256(data, len);
        for (size_t step = 1; step < 140; step += 23) {
            struct orr_keccak k;
            orr_keccak_init(&k);
            for (size_t at = 0; at < len; at += step)
                orr_keccak_update(&k, data + at, at + step > len ? len - at : step);
            struct orr_hash split = orr_keccak_final(&k);
            ck_assert_mem_eq(&split, &whole, 32);
        }
        if (len) {
            struct orr_hash shorter = orr_keccak256(data, len - 1);
            ck_assert_mem_ne(&shorter, &whole, 32);
        }
    }
}
END_TEST

START_TEST(what_is_remembered_is_what_it_was) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_keccak_memo *memo =
        orr_keccak_memo_new(&heap.mem, 4); /* inputs crowd each other out */
    uint8_t data[80] = {0};
    for (int round = 0; round < 3000; round++) {
        size_t len = (size_t)(round * 7) % sizeof data;
        if (len) data[round % len] = (uint8_t)(round / 5 % 4); /* few values: many come again */
        struct orr_hash expected = orr_keccak256(data, len);
        for (int again = 0; again < 2; again++) {
            struct orr_hash got = orr_keccak256_again(memo, data, len);
            ck_assert_mem_eq(&got, &expected, 32);
        }
        expected = orr_keccak256_again(NULL, data, len);
        struct orr_hash longer = orr_keccak256_again(memo, data, len ? len - 1 : 1);
        ck_assert_mem_ne(&longer, &expected, 32); /* zeros at the end count */
    }
    orr_keccak_memo_free(memo);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("base.keccak", the_published_digests_come_out, what_is_remembered_is_what_it_was,
              every_length_around_the_block_size_hashes_the_same_in_any_split)
