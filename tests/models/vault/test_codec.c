/* Bytes as text: what is written is read back, and only the canonical form is read. */
#include <string.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/base/number.h"
#include "models/vault/codec.h"
#include "tests/models/vault/vault.h"

START_TEST(base64_is_read_back_and_has_one_form) {
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_PLAN, 0);
    for (size_t len = 0; len < 100; len++) {
        uint8_t bytes[100], read[100];
        char text[140];
        draw(&rng, bytes, len);
        orr_base64_write(text, bytes, len);
        ck_assert_uint_eq(strlen(text), orr_base64_len(len));
        ck_assert_int_eq(orr_base64_read(text, strlen(text), read, sizeof read), (long)len);
        ck_assert(!len || !memcmp(read, bytes, len));
        if (len % 3 == 0) continue;
        char *last = text + strlen(text) - 1; /* a bit that belongs to no byte */
        *last = *last == 'A'   ? 'B'
                : *last == 'Q' ? 'R'
                : *last == 'g' ? 'h'
                : *last == 'w' ? 'x'
                               : 1;
        ck_assert_int_eq(orr_base64_read(text, strlen(text), read, sizeof read), ORR_EFORMAT);
    }
    uint8_t byte[3];
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        const char text[4] = {'A', 'A', 'A', (char)c}, *at = c ? strchr(alphabet, c) : NULL;
        ck_assert_int_eq(orr_base64_read(text, 4, byte, 3), at ? 3 : ORR_EFORMAT);
        if (at) ck_assert_int_eq(byte[2], at - alphabet);
    }
    ck_assert_int_eq(orr_base64_read("AA==", 4, byte, 2), ORR_EFORMAT);
    ck_assert_int_eq(orr_base64_read("A", 1, byte, 2), ORR_EFORMAT);
    ck_assert_int_eq(orr_base64_read("AAAA", 4, byte, 2), ORR_ELIMIT);
    ck_assert_int_eq(orr_base64_read("A\0AA", 4, byte, 2), ORR_EFORMAT);
}
END_TEST

START_TEST(base58_is_read_back_and_every_changed_character_is_seen) {
    static const uint8_t bytes[21] = {0, 0, 0x3e, 0xf8, 0x12, 9, 255, 1, 7, 3, 0, 0, 0, 200};
    char text[ORR_BASE58_TEXT];
    uint8_t read[ORR_BASE58_BYTES];
    orr_base58check_write(text, bytes, sizeof bytes);
    size_t len = strlen(text);
    ck_assert_int_eq(orr_base58check_read(text, len, read, sizeof read), sizeof bytes);
    ck_assert_mem_eq(read, bytes, sizeof bytes);
    for (size_t i = 0; i < len; i++) {
        char was = text[i];
        text[i] = was == '2' ? '3' : '2';
        ck_assert_int_lt(orr_base58check_read(text, len, read, sizeof read), 0);
        text[i] = was;
    }
    ck_assert_int_eq(orr_base58check_read("0OIl", 4, read, sizeof read), ORR_EFORMAT);
    ck_assert_int_eq(orr_base58check_read("", 0, read, sizeof read), ORR_EFORMAT);
    memset(text, 'z', sizeof text);
    ck_assert_int_eq(orr_base58check_read(text, sizeof text - 1, read, sizeof read), ORR_ELIMIT);
}
END_TEST

START_TEST(bech32_is_that_of_age) {
    /* the identity of C2SP/CCTV age/testdata */
    static const char key[] = "AGE-SECRET-KEY-"
                              "1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    uint8_t bytes[32], again[32];
    char text[ORR_BECH32_TEXT];
    ck_assert_int_eq(orr_bech32_read(key, strlen(key), "age-secret-key-", bytes, 32), 32);
    orr_bech32_write(text, "age-secret-key-", bytes, 32, true);
    ck_assert_str_eq(text, key);
    orr_bech32_write(text, "age", bytes, 32, false);
    ck_assert_int_eq(orr_bech32_read(text, strlen(text), "age", again, 32), 32);
    ck_assert_mem_eq(again, bytes, 32);
    for (size_t i = 4; i < strlen(text); i++) {
        char was = text[i];
        text[i] = was == 'q' ? 'p' : 'q';
        ck_assert_int_eq(orr_bech32_read(text, strlen(text), "age", again, 32), ORR_ECORRUPT);
        text[i] = was;
    }
    text[6] -= text[6] >= 'a' ? 32 : 0, text[0] = 'a';
    text[7] = 'Q';
    ck_assert_int_lt(orr_bech32_read(text, strlen(text), "age", again, 32), 0);
    ck_assert_int_eq(orr_bech32_read("bge1", 4, "age", again, 32), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_bech32_read("age1", 4, "age", again, 32), ORR_EFORMAT);
}
END_TEST

START_TEST(hexadecimal_and_numbers_have_their_bounds) {
    uint8_t bytes[4];
    struct orr_u256 n;
    char text[ORR_U256_DECIMAL];
    ck_assert_int_eq(orr_hex_read("0xAbcd", 6, bytes, 4), 2);
    ck_assert_int_eq(bytes[0], 0xab);
    ck_assert_int_eq(orr_hex_read("abc", 3, bytes, 4), ORR_EFORMAT);
    ck_assert_int_eq(orr_hex_read("0x0g", 4, bytes, 4), ORR_EFORMAT);
    ck_assert_int_eq(orr_hex_read("0011223344", 10, bytes, 4), ORR_ELIMIT);
    static const char most[] =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    ck_assert_int_eq(orr_u256_read(most, strlen(most), &n), 0);
    for (int i = 0; i < 4; i++) ck_assert_uint_eq(n.limb[i], UINT64_MAX);
    orr_u256_write(text, n);
    ck_assert_str_eq(text, most);
    static const char over[] =
        "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    ck_assert_int_eq(orr_u256_read(over, strlen(over), &n), ORR_ELIMIT);
    ck_assert_int_eq(orr_u256_read("0x10", 4, &n), 0);
    ck_assert_uint_eq(n.limb[0], 16);
    ck_assert_int_eq(orr_u256_read("1a", 2, &n), ORR_EFORMAT);
    orr_u256_write(text, orr_u256_from_u64(0));
    ck_assert_str_eq(text, "0");
}
END_TEST

ORR_TEST_MAIN("vault.codec", base64_is_read_back_and_has_one_form,
              base58_is_read_back_and_every_changed_character_is_seen, bech32_is_that_of_age,
              hexadecimal_and_numbers_have_their_bounds)
