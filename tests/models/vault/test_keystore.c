/* Keystores: written ones are read and opened, changed ones are refused, and each fault has its own
 * name. */
#define _GNU_SOURCE /* memmem */
#include <jansson.h>
#include <string.h>

#include "models/vault/keystore.h"
#include "sim/cli/vault/bls.h"
#include "tests/models/vault/vault.h"

static const uint8_t key[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
                                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const char password[] = "pass\xc3\xa9";

static struct orr_keystore_tools tools(struct orr_mem *mem, struct orr_bls_curve *bls) {
    *bls = orr_vault_bls(mem);
    return (struct orr_keystore_tools){mem, &test_secp, bls, false};
}

/* A keystore that costs little to open, as text. */
static size_t sealed(struct orr_mem *mem, int version, bool pbkdf2, size_t key_len, char *text,
                     size_t cap) {
    struct orr_bls_curve bls;
    struct orr_keystore_tools t = tools(mem, &bls);
    struct orr_keystore ks = {.version = version,
                              .is_pbkdf2 = pbkdf2,
                              .scrypt = {4, 8, 1},
                              .iterations = 3,
                              .path = "m/12381/3600/0/0/0"};
    uint8_t random[48];
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_PLAN, 0);
    draw(&rng, random, sizeof random);
    orr_keystore_uuid(random, ks.id);
    ck_assert_int_eq(
        orr_keystore_seal(&t, random, key, key_len, password, strlen(password), &ks, NULL), 0);
    size_t len = orr_keystore_write(&ks, NULL, 0, text, cap);
    ck_assert_uint_le(len, cap);
    return len;
}

static int opened(struct orr_mem *mem, const char *text, size_t len, const char *pass,
                  struct orr_secret *secret) {
    struct orr_bls_curve bls;
    struct orr_keystore_tools t = tools(mem, &bls);
    struct orr_keystore ks;
    struct orr_why why = {""};
    int fault = (int)orr_keystore_read(text, len, &ks, &why);
    if (!fault) fault = (int)orr_keystore_open(&t, &ks, pass, strlen(pass), secret, &why);
    return fault;
}

START_TEST(what_is_sealed_opens_in_both_versions_with_both_derivations) {
    struct orr_mem *mem = setup();
    for (int i = 0; i < 4; i++) {
        char text[4096];
        struct orr_secret secret;
        size_t key_len = i == 0 ? 30 : 32;
        size_t len = sealed(mem, i < 2 ? 3 : 4, i % 2, key_len, text, sizeof text);
        ck_assert_int_eq(opened(mem, text, len, password, &secret), 0);
        ck_assert_uint_eq(secret.len, key_len);
        ck_assert_mem_eq(secret.bytes, key, key_len);
        orr_secret_free(mem, &secret);
        ck_assert_int_eq(opened(mem, text, len, "other", &secret), ORR_FAULT_WRONG_PASSWORD);
        ck_assert_int_eq(opened(mem, text, len, "", &secret), ORR_FAULT_WRONG_PASSWORD);
    }
    teardown();
}
END_TEST

START_TEST(eip2335_takes_a_password_in_any_form_and_version_3_its_bytes) {
    struct orr_mem *mem = setup();
    static const char decomposed[] = "pass\x01"
                                     "e\xcc\x81\x7f"; /* e and an accent, controls */
    char text[4096];
    struct orr_secret secret;
    size_t len = sealed(mem, 4, false, 32, text, sizeof text);
    ck_assert_int_eq(opened(mem, text, len, decomposed, &secret), 0);
    orr_secret_free(mem, &secret);
    len = sealed(mem, 3, false, 32, text, sizeof text);
    ck_assert_int_eq(opened(mem, text, len, decomposed, &secret), ORR_FAULT_WRONG_PASSWORD);
    len = sealed(mem, 4, false, 32, text, sizeof text);
    ck_assert_int_eq(opened(mem, text, len, "\xff\xfe", &secret), ORR_FAULT_BAD_TEXT);
    teardown();
}
END_TEST

/* Flips each bit of each hexadecimal digit. */
static void flip_all(struct orr_mem *mem, int version) {
    char text[4096];
    struct orr_secret secret = {0};
    size_t len = sealed(mem, version, false, 32, text, sizeof text);
    for (size_t i = 0; i < len * 8; i++) {
        text[i / 8] ^= (char)(1 << i % 8);
        if (!opened(mem, text, len, password, &secret)) {
            /* what the password does not cover: names, ids, the case of digits */
            ck_assert_mem_eq(secret.bytes, key, 32);
            orr_secret_free(mem, &secret);
        }
        text[i / 8] ^= (char)(1 << i % 8);
    }
    for (size_t n = 0; n < len; n++) ck_assert_int_ne(opened(mem, text, n, password, &secret), 0);
}

START_TEST(a_flipped_bit_never_gives_another_key) {
    struct orr_mem *mem = setup();
    flip_all(mem, 3);
    flip_all(mem, 4);
    teardown();
}
END_TEST

/* Replaces the first occurrence of a text. */
static size_t replaced(const char *text, size_t len, const char *from, const char *to, char *out) {
    const char *at = memmem(text, len, from, strlen(from));
    ck_assert_msg(at, "no %s", from);
    size_t before = (size_t)(at - text), after = len - before - strlen(from);
    memcpy(out, text, before);
    memcpy(out + before, to, strlen(to));
    memcpy(out + before + strlen(to), at + strlen(from), after);
    return before + strlen(to) + after;
}

START_TEST(each_fault_has_its_own_name) {
    struct orr_mem *mem = setup();
    static const struct {
        int version;
        const char *from, *to;
        int fault;
    } cases[] = {
        {3, "\"version\":3", "\"version\":1", ORR_FAULT_UNSUPPORTED_VERSION},
        {3, "\"version\":3", "\"version\":\"3\"", ORR_FAULT_OK},
        {3, "\"version\":3", "\"version\":5", ORR_FAULT_UNSUPPORTED_VERSION},
        {3, "\"version\":3", "\"edition\":3", ORR_FAULT_NOT_KEYSTORE},
        {3, "\"crypto\"", "\"Crypto\"", ORR_FAULT_OK},
        {3, "\"crypto\"", "\"krypto\"", ORR_FAULT_NOT_KEYSTORE},
        {3, "aes-128-ctr", "aes-128-cbc", ORR_FAULT_UNSUPPORTED_CIPHER},
        {3, "\"scrypt\"", "\"bcrypt\"", ORR_FAULT_UNSUPPORTED_KDF},
        {3, "\"n\":4", "\"n\":5", ORR_FAULT_BAD_TEXT},
        {3, "\"n\":4", "\"n\":0", ORR_FAULT_BAD_TEXT},
        {3, "\"n\":4", "\"n\":-4", ORR_FAULT_NOT_KEYSTORE},
        {3, "\"n\":4", "\"n\":1152921504606846976", ORR_FAULT_COSTLY},
        {3, "\"n\":4", "\"n\":2097152", ORR_FAULT_COSTLY},
        {3, "\"p\":1", "\"p\":1073741824", ORR_FAULT_BAD_TEXT},
        {3, "\"r\":8", "\"r\":0", ORR_FAULT_BAD_TEXT},
        {3, "\"dklen\":32", "\"dklen\":31", ORR_FAULT_NOT_KEYSTORE},
        {3, "\"dklen\":32", "\"dklen\":33", ORR_FAULT_OK},
        {3, "\"address\":\"", "\"address\":\"0x", ORR_FAULT_OK},
        {3, "\"mac\":\"", "\"mac\":\"00", ORR_FAULT_NOT_KEYSTORE},
        {3, "\"iv\":\"", "\"iv\":\"00", ORR_FAULT_NOT_KEYSTORE},
        {4, "\"function\":\"sha256\"", "\"function\":\"sha512\"", ORR_FAULT_UNSUPPORTED_CIPHER},
        {4, "\"checksum\"", "\"checksun\"", ORR_FAULT_NOT_KEYSTORE},
        {4, "\"pubkey\":\"", "\"pubkey\":\"00", ORR_FAULT_NOT_KEYSTORE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[4096], changed[4096];
        struct orr_secret secret = {0};
        size_t len = sealed(mem, cases[i].version, false, 32, text, sizeof text);
        len = replaced(text, len, cases[i].from, cases[i].to, changed);
        ck_assert_msg(opened(mem, changed, len, password, &secret) == cases[i].fault, "%s -> %s",
                      cases[i].from, cases[i].to);
        orr_secret_free(mem, &secret);
    }
    teardown();
}
END_TEST

START_TEST(another_address_or_public_key_is_told_apart_from_a_wrong_password) {
    struct orr_mem *mem = setup();
    char text[4096], changed[4096];
    struct orr_secret secret;
    size_t len = sealed(mem, 3, false, 32, text, sizeof text);
    char *address = memmem(text, len, "\"address\":\"", 11);
    address[11] = address[11] == '0' ? '1' : '0';
    ck_assert_int_eq(opened(mem, text, len, password, &secret), ORR_FAULT_ADDRESS_DIFFERS);
    len = replaced(text, len, "\"address\"", "\"nothing\"", changed);
    ck_assert_int_eq(opened(mem, changed, len, password, &secret), 0);
    orr_secret_free(mem, &secret);
    len = sealed(mem, 4, false, 32, text, sizeof text);
    char *public_key = memmem(text, len, "\"pubkey\":\"", 10);
    public_key[12] = public_key[12] == '0' ? '1' : '0';
    ck_assert_int_eq(opened(mem, text, len, password, &secret), ORR_FAULT_PUBLIC_DIFFERS);
    teardown();
}
END_TEST

START_TEST(further_fields_survive_a_rewrite) {
    struct orr_mem *mem = setup();
    static const char old[] = "{\"name\":\"old one\",\"Crypto\":{},\"version\":3,\"x-more\":[1,2]}";
    char text[4096];
    struct orr_keystore ks;
    size_t len = sealed(mem, 3, false, 32, text, sizeof text);
    ck_assert_int_eq(orr_keystore_read(text, len, &ks, NULL), 0);
    len = orr_keystore_write(&ks, old, strlen(old), text, sizeof text);
    json_t *json = json_loadb(text, len, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(json, "name")), "old one");
    ck_assert_uint_eq(json_array_size(json_object_get(json, "x-more")), 2);
    ck_assert_ptr_null(json_object_get(json, "Crypto"));
    json_decref(json);
    ck_assert_int_eq(orr_keystore_read(text, len, &ks, NULL), 0);
    teardown();
}
END_TEST

ORR_TEST_MAIN("vault.keystore", what_is_sealed_opens_in_both_versions_with_both_derivations,
              eip2335_takes_a_password_in_any_form_and_version_3_its_bytes,
              a_flipped_bit_never_gives_another_key, each_fault_has_its_own_name,
              another_address_or_public_key_is_told_apart_from_a_wrong_password,
              further_fields_survive_a_rewrite)
