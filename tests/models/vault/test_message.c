/* Signatures, paths and what is signed. */
#include <string.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/vault/bip32.h"
#include "models/vault/eip2333.h"
#include "models/vault/kdf.h"
#include "models/vault/message.h"
#include "tests/models/vault/vault.h"

START_TEST(who_signed_is_found_again_and_high_s_is_refused) {
    setup();
    struct orr_rng rng = orr_rng_stream(2, ORR_RNG_PLAN, 0);
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                      0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
                                      0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    for (int i = 0; i < 50; i++) {
        uint8_t key[32], hash[32], signature[65], point[33], found[33];
        draw(&rng, key, 32);
        draw(&rng, hash, 32);
        ck_assert(orr_secp_public(&test_secp, key, point));
        ck_assert(orr_secp_sign(&test_secp, key, hash, signature));
        ck_assert(orr_secp_recover(&test_secp, hash, signature, found));
        ck_assert_mem_eq(found, point, 33);
        int borrow = 0; /* s = n - s, and the other parity, which plain ECDSA would take too */
        for (int b = 31; b >= 0; b--) {
            int d = order[b] - signature[32 + b] - borrow;
            borrow = d < 0;
            signature[32 + b] = (uint8_t)d;
        }
        signature[64] ^= 1;
        ck_assert(!orr_secp_recover(&test_secp, hash, signature, found));
    }
    uint8_t zero[65] = {0}, point[33];
    ck_assert(!orr_secp_public(&test_secp, zero, point));
    ck_assert(!orr_secp_public(&test_secp, order, point));
    ck_assert(!orr_secp_recover(&test_secp, zero, zero, point));
    teardown();
}
END_TEST

START_TEST(a_personal_message_is_hashed_as_eip191_says) {
    /* ethers.hashMessage("hello world") */
    uint8_t wanted[32];
    orr_hex_read("d9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68", 64, wanted,
                 32);
    struct orr_hash hash = orr_hash_personal("hello world", 11);
    ck_assert_mem_eq(hash.bytes, wanted, 32);
    hash = orr_hash_personal("", 0);
    orr_hex_read("5f35dce98ba4fba25530a026ed80b2cecdaa31091ba4958b99b52ea1d068adad", 64, wanted,
                 32);
    ck_assert_mem_eq(hash.bytes, wanted, 32);
}
END_TEST

START_TEST(paths_are_read_and_bad_ones_are_located) {
    struct orr_path path;
    struct orr_why why = {""};
    ck_assert_int_eq(orr_path_read("m", 1, false, &path, &why), 0);
    ck_assert_uint_eq(path.n, 0);
    ck_assert_int_eq(orr_path_read("m/44'/60h/0H/2147483647/7", 25, false, &path, &why), 0);
    ck_assert_uint_eq(path.step[2], ORR_HARDENED);
    ck_assert_uint_eq(path.step[3], 0x7fffffff);
    static const char *const bad[] = {"",
                                      "44'",
                                      "M/0",
                                      "m/",
                                      "m//0",
                                      "m/x",
                                      "m/0''",
                                      "m/2147483648",
                                      "m/0 ",
                                      "m/-1",
                                      "m/99999999999999999999",
                                      "m/0'/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(orr_path_read(bad[i], strlen(bad[i]), false, &path, &why) ==
                          ORR_FAULT_BAD_PATH,
                      "%s", bad[i]);
    ck_assert_int_eq(orr_path_read("m/12381/3600/4294967295", 23, true, &path, &why), 0);
    ck_assert_int_eq(orr_path_read("m/0'", 4, true, &path, &why), ORR_FAULT_BAD_PATH);
    ck_assert_int_eq(orr_path_read("m/4294967296", 12, true, &path, &why), ORR_FAULT_BAD_PATH);
    char deep[1024] = "m";
    for (int i = 0; i < 256; i++) strcat(deep, "/0");
    ck_assert_int_eq(orr_path_read(deep, strlen(deep), false, &path, &why), ORR_FAULT_BAD_PATH);
}
END_TEST

START_TEST(a_public_node_gives_the_public_children_of_the_private_one) {
    setup();
    struct orr_bip32 root, account, child, seen;
    struct orr_path path;
    char text[ORR_BASE58_TEXT], text2[ORR_BASE58_TEXT];
    uint8_t seed[16] = {1};
    ck_assert_int_eq(orr_bip32_master(&test_secp, seed, 16, &root), 0);
    ck_assert_int_eq(orr_path_read("m/44'/60'/0'", 12, false, &path, NULL), 0);
    ck_assert_int_eq(orr_bip32_derive(&test_secp, &root, &path, &account, NULL), 0);
    orr_bip32_write(&account, false, text);
    ck_assert_int_eq(orr_bip32_read(&test_secp, text, strlen(text), &seen, NULL), 0);
    ck_assert_int_eq(orr_bip32_child(&test_secp, &account, 7, &child), 0);
    ck_assert_int_eq(orr_bip32_child(&test_secp, &seen, 7, &seen), 0);
    orr_bip32_write(&child, false, text);
    orr_bip32_write(&seen, false, text2);
    ck_assert_str_eq(text, text2);
    ck_assert_int_eq(orr_bip32_child(&test_secp, &seen, ORR_HARDENED, &child), ORR_FAULT_BAD_PATH);
    ck_assert_int_eq(orr_bip32_master(&test_secp, seed, 15, &root), ORR_FAULT_BAD_TEXT);
    teardown();
}
END_TEST

static int typed(struct orr_mem *mem, const char *text, struct orr_why *why) {
    struct orr_typed_data out;
    int fault = (int)orr_typed_data_hash(mem, text, strlen(text), &out, why);
    if (!fault) orr_secret_free(mem, &out.encoded);
    return fault;
}

#define TYPED(fields, message)                                                           \
    "{\"domain\":{\"name\":\"x\"},\"primaryType\":\"A\",\"types\":{\"A\":[" fields "]}," \
    "\"message\":" message "}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"

START_TEST(bad_typed_data_is_located) {
    struct orr_mem *mem = setup();
    static const struct {
        const char *text, *said; /* said: NULL for what is in order */
    } cases[] = {
        {TYPED(FIELD("a", "uint8"), "{\"a\":255}"), NULL},
        {TYPED(FIELD("a", "uint8"), "{\"a\":256}"), "message.a: outside the range of its type"},
        {TYPED(FIELD("a", "uint8"), "{\"a\":-1}"), "message.a: below zero"},
        {TYPED(FIELD("a", "int8"), "{\"a\":\"-128\"}"), NULL},
        {TYPED(FIELD("a", "int8"), "{\"a\":-129}"), "message.a: outside the range of its type"},
        {TYPED(FIELD("a", "int8"), "{\"a\":128}"), "message.a: outside the range of its type"},
        {TYPED(FIELD("a", "int8"), "{\"a\":127}"), NULL},
        {TYPED(FIELD("a", "uint7"), "{\"a\":1}"), "types.uint7: no such type"},
        {TYPED(FIELD("a", "bytes33"), "{\"a\":\"0x\"}"), "types.bytes33: no such type"},
        {TYPED(FIELD("a", "bytes2"), "{\"a\":\"0x00\"}"),
         "message.a: not as many bytes as its type has"},
        {TYPED(FIELD("a", "address"), "{\"a\":\"0x00\"}"), "message.a: no address"},
        {TYPED(FIELD("a", "address"), "{\"a\":\"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD827\"}"),
         "message.a: no address"},
        {TYPED(FIELD("a", "bool"), "{\"a\":1}"), "message.a: true or false is expected"},
        {TYPED(FIELD("a", "string"), "{}"), "message.a: absent"},
        {TYPED(FIELD("a", "bool[2][]"), "{\"a\":[[true,false],[true]]}"),
         "message.a[1]: not as many elements as its type has"},
        {TYPED(FIELD("a", "bool[2][]"), "{\"a\":[[true,false],[true,true]]}"), NULL},
        {TYPED(FIELD("a", "bool[x]"), "{\"a\":[]}"), "message.a: no such type"},
        {TYPED(FIELD("a", "A[]"), "{\"a\":[{\"a\":[]},{\"a\":7}]}"),
         "message.a[1].a: an array is expected"},
        {TYPED(FIELD("a", "A[]"), "{\"a\":[{\"a\":[]}]}"), NULL},
        {TYPED(FIELD("a b", "bool"), "{}"), "types.A: a field wants a name and a type"},
        {"{}", "it: no `domain`, an object"},
        {"{\"domain\":{\"nope\":1},\"types\":{\"A\":[]},\"primaryType\":\"A\",\"message\":{}}",
         "domain: a field that EIP712Domain does not have"},
        {"[", "line 1, column 1: ']' expected near end of file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_why why = {""};
        int fault = typed(mem, cases[i].text, &why);
        if (cases[i].said) {
            ck_assert_int_eq(fault, ORR_FAULT_BAD_TYPED_DATA);
            ck_assert_str_eq(why.text, cases[i].said);
        } else {
            ck_assert_msg(!fault, "%s: %s", cases[i].text, why.text);
        }
    }
    teardown();
}
END_TEST

START_TEST(every_fault_has_a_name_a_text_and_an_exit_code) {
    for (unsigned fault = 0; fault < ORR_N_FAULTS; fault++) {
        int code = orr_vault_fault_exit(fault);
        ck_assert(*orr_vault_fault_name(fault) && *orr_vault_fault_text(fault));
        ck_assert_int_eq(code == 0, fault == ORR_FAULT_OK);
        ck_assert_int_le(code, 4);
    }
}
END_TEST

START_TEST(costs_have_their_limits) {
    struct orr_why why;
    uint8_t out[32], salt[16] = {1}, again[32];
    struct orr_scrypt most = {1 << 20, 8, 1}, over = {1 << 21, 8, 1}, work = {1 << 18, 8, 65};
    ck_assert_int_eq(orr_scrypt_check(most, false, &why), 0);
    ck_assert_int_eq(orr_scrypt_check(over, false, &why), ORR_FAULT_COSTLY);
    ck_assert_int_eq(orr_scrypt_check(over, true, &why), 0);
    ck_assert_int_eq(orr_scrypt_check(work, false, &why), ORR_FAULT_COSTLY);
    ck_assert_int_eq(orr_argon2id("a", 1, salt, 1, 7, false, out, 32, &why), ORR_FAULT_BAD_TEXT);
    ck_assert_int_eq(orr_argon2id("a", 1, salt, 1, 1 << 21, false, out, 32, &why),
                     ORR_FAULT_COSTLY);
    ck_assert_int_eq(orr_argon2id("a", 1, salt, 1, 8, false, out, 32, &why), 0);
    ck_assert_int_eq(orr_argon2id("b", 1, salt, 1, 8, false, again, 32, &why), 0);
    ck_assert(memcmp(out, again, 32));
}
END_TEST

START_TEST(an_authorization_is_hashed_as_eip7702_says) {
    struct orr_mem *mem = setup();
    struct orr_address address = {{1}};
    uint8_t rlp[] = {0x05, 0xd7, 0x01, 0x94, 1, 0, 0, 0, 0, 0, 0, 0,   0,
                     0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0x05};
    struct orr_hash made = orr_hash_authorization(mem, orr_u256_from_u64(1), &address, 5);
    struct orr_hash wanted = orr_keccak256(rlp, sizeof rlp);
    ck_assert(orr_hash_equal(made, wanted));
    teardown();
}
END_TEST

START_TEST(a_path_of_eip2334_is_walked_step_by_step) {
    struct orr_mem *mem = setup();
    uint8_t seed[32] = {3}, master[32], a[32], b[32];
    struct orr_path path;
    ck_assert_int_eq(orr_eip2333_master(mem, seed, 31, master), ORR_FAULT_BAD_TEXT);
    ck_assert_int_eq(orr_eip2333_master(mem, seed, 32, master), 0);
    ck_assert_int_eq(orr_path_read("m/12381/3600", 12, true, &path, NULL), 0);
    orr_eip2333_derive(mem, master, &path, a);
    orr_eip2333_child(mem, master, 12381, b);
    orr_eip2333_child(mem, b, 3600, b);
    ck_assert_mem_eq(a, b, 32);
    teardown();
}
END_TEST

ORR_TEST_MAIN("vault.message", who_signed_is_found_again_and_high_s_is_refused,
              a_personal_message_is_hashed_as_eip191_says, paths_are_read_and_bad_ones_are_located,
              a_public_node_gives_the_public_children_of_the_private_one, bad_typed_data_is_located,
              every_fault_has_a_name_a_text_and_an_exit_code, costs_have_their_limits,
              an_authorization_is_hashed_as_eip7702_says, a_path_of_eip2334_is_walked_step_by_step)
