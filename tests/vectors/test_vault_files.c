/* Published keystores (version 3, EIP-2335) and age files open, or are refused for what is wrong.
 */
#include <sodium.h>
#include <zlib.h>

#include "models/base/sha256.h"
#include "models/vault/age.h"
#include "models/vault/armor.h"
#include "models/vault/codec.h"
#include "models/vault/keystore.h"
#include "sim/base/file.h"
#include "sim/cli/vault/bls.h"
#include "tests/vectors/vault.h"

#include <dirent.h>

static int open_keystore(struct orr_mem *mem, const json_t *v, struct orr_secret *secret,
                         struct orr_keystore *ks) {
    struct orr_bls_curve bls = orr_vault_bls(mem);
    struct orr_keystore_tools tools = {mem, &orr_test_secp, &bls, false};
    struct orr_why why = {""};
    char *text = json_dumps(json_object_get(v, "keystore"), 0);
    const char *password = orr_text_of(v, "password");
    int fault = (int)orr_keystore_read(text, strlen(text), ks, &why);
    free(text);
    if (fault) return fault;
    return (int)orr_keystore_open(&tools, ks, password, strlen(password), secret, &why);
}

START_TEST(keystores_of_version_3_open) {
    json_t *all = orr_vector_load("vault/keystore-v3.json"), *v;
    struct orr_mem *mem = orr_vault_setup();
    size_t i;
    json_array_foreach(all, i, v) {
        struct orr_keystore ks;
        struct orr_secret secret;
        struct orr_address address;
        uint8_t key[32];
        const char *name = orr_text_of(v, "name");
        if (ORR_VECTORS_BOUNDED && strstr(name, "keystore_null")) continue; /* n = 2^18, r = 8 */
        int fault = open_keystore(mem, v, &secret, &ks);
        if (strcmp(orr_text_of(v, "expect"), "key")) {
            bool wrong = !strcmp(orr_text_of(v, "expect"), "wrong password");
            ck_assert_msg(wrong ? fault == ORR_FAULT_WRONG_PASSWORD : fault, "%s: %d", name, fault);
            continue;
        }
        ck_assert_msg(!fault, "%s: %s", name, orr_vault_fault_text((unsigned)fault));
        if (*orr_text_of(v, "private_key")) orr_is_hex(v, "private_key", secret.bytes, secret.len);
        ck_assert(orr_keystore_pad(&secret, key));
        ck_assert(orr_secp_address(&orr_test_secp, key, &address));
        if (*orr_text_of(v, "address")) orr_is_hex(v, "address", address.bytes, 20);
        orr_secret_free(mem, &secret);
    }
    json_decref(all);
    orr_vault_teardown();
}
END_TEST

START_TEST(keystores_of_eip2335_open_and_their_public_key_fits) {
    json_t *all = orr_vector_load("vault/keystore-eip2335.json"), *v;
    struct orr_mem *mem = orr_vault_setup();
    size_t i;
    json_array_foreach(all, i, v) {
        struct orr_keystore ks;
        struct orr_secret secret, normal;
        const char *password = orr_text_of(v, "password");
        ck_assert_int_eq(orr_normal_password(mem, password, strlen(password), &normal), 0);
        orr_is_hex(v, "password_normalised_hex", normal.bytes, normal.len);
        orr_secret_free(mem, &normal);
        ck_assert_int_eq(open_keystore(mem, v, &secret, &ks), 0);
        ck_assert(ks.has_public);
        orr_is_hex(v, "secret", secret.bytes, secret.len);
        orr_secret_free(mem, &secret);
    }
    json_decref(all);
    orr_vault_teardown();
}
END_TEST

START_TEST(files_that_are_no_keystores_are_refused) {
    static const char *const names[] = {"empty", "garbage"};
    for (int i = 0; i < 2; i++) {
        char path[128], *text;
        size_t len;
        const char *why_not;
        struct orr_keystore ks;
        struct orr_why why = {""};
        snprintf(path, sizeof path, "vault/keystore-v3-broken/%s", names[i]);
        ck_assert_int_eq(orr_file_read(orr_vector_path(path), 1 << 20, &text, &len, &why_not), 0);
        ck_assert_int_eq(orr_keystore_read(text, len, &ks, &why), ORR_FAULT_NOT_KEYSTORE);
        ck_assert_str_ne(why.text, "");
        free(text);
    }
}
END_TEST

/* ---- age ---- */

enum { MAX_FILE = 64 << 20 };

struct age_case {
    char *text;
    char expect[32], payload[65], identity[2][128], passphrase[64];
    size_t n_identities;
    bool armored;
    uint8_t *file;
    size_t len;
};

static void take(const char *line, size_t len, const char *name, char *to, size_t size) {
    size_t n = strlen(name);
    if (len < n || strncmp(line, name, n)) return;
    ck_assert_uint_lt(len - n, size);
    memcpy(to, line + n, len - n);
    to[len - n] = 0;
}

static void load_case(const char *path, struct age_case *c) {
    size_t len;
    const char *why;
    char compressed[16] = "", armored[8] = "";
    *c = (struct age_case){0};
    ck_assert_int_eq(orr_file_read(path, MAX_FILE, &c->text, &len, &why), 0);
    char *line = c->text;
    for (;;) {
        char *end = memchr(line, '\n', (size_t)(c->text + len - line));
        ck_assert_ptr_nonnull(end);
        size_t n = (size_t)(end - line);
        take(line, n, "expect: ", c->expect, sizeof c->expect);
        take(line, n, "payload: ", c->payload, sizeof c->payload);
        take(line, n, "passphrase: ", c->passphrase, sizeof c->passphrase);
        take(line, n, "compressed: ", compressed, sizeof compressed);
        take(line, n, "armored: ", armored, sizeof armored);
        if (n > 10 && !strncmp(line, "identity: ", 10) && c->n_identities < 2)
            take(line, n, "identity: ", c->identity[c->n_identities++], sizeof c->identity[0]);
        line = end + 1;
        if (!n) break;
    }
    c->armored = !strcmp(armored, "yes");
    c->len = len - (size_t)(line - c->text);
    c->file = (uint8_t *)line;
    if (!*compressed) return;
    uLongf size = MAX_FILE;
    uint8_t *plain = malloc(MAX_FILE);
    ck_assert_int_eq(uncompress(plain, &size, c->file, c->len), Z_OK);
    free(c->text);
    c->text = (char *)plain;
    c->file = plain;
    c->len = size;
}

static int find_key(const struct age_case *c, const struct orr_age_header *h, uint8_t *file_key,
                    struct orr_why *why) {
    int fault = ORR_FAULT_NO_MATCH;
    for (size_t i = 0; i < c->n_identities && fault == ORR_FAULT_NO_MATCH; i++) {
        uint8_t identity[32];
        const char *text = c->identity[i];
        if (orr_bech32_read(text, strlen(text), "age-secret-key-", identity, 32) != 32)
            return ORR_FAULT_HYBRID; /* AGE-SECRET-KEY-PQ-1 */
        fault = (int)orr_age_open_x25519(h, identity, file_key, why);
    }
    if (*c->passphrase)
        fault = (int)orr_age_open_scrypt(h, c->passphrase, strlen(c->passphrase), file_key, why);
    return fault;
}

/* Opens the payload; its digest. */
static int read_payload(const uint8_t *p, size_t len, const uint8_t *file_key, char digest[65]) {
    struct orr_age_stream stream;
    crypto_hash_sha256_state sha;
    uint8_t out[ORR_AGE_CHUNK], sum[32];
    if (len < ORR_AGE_NONCE) return ORR_FAULT_BAD_HEADER;
    orr_age_stream_init(&stream, file_key, p, ORR_AGE_OPENS);
    crypto_hash_sha256_init(&sha);
    p += ORR_AGE_NONCE, len -= ORR_AGE_NONCE;
    bool good = true;
    for (bool last = false; !last && good;) {
        size_t n = len < ORR_AGE_CHUNK + ORR_AGE_TAG ? len : ORR_AGE_CHUNK + ORR_AGE_TAG;
        last = n == len;
        good = orr_age_open(&stream, last, p, n, out);
        if (good) crypto_hash_sha256_update(&sha, out, n - ORR_AGE_TAG);
        p += n, len -= n;
    }
    orr_age_stream_fini(&stream);
    if (!good) return ORR_FAULT_BAD_PAYLOAD;
    crypto_hash_sha256_final(&sha, sum);
    orr_hex_encode(digest, sum, 32);
    return 0;
}

static int run_case(struct orr_mem *mem, struct age_case *c, char digest[65]) {
    struct orr_why why = {""};
    struct orr_age_header header;
    struct orr_armor armor = {0};
    uint8_t file_key[ORR_AGE_FILE_KEY], *file = c->file, *bytes = NULL;
    size_t len = c->len;
    int fault = 0;
    if (c->armored) {
        bytes = malloc(c->len + 48);
        fault = (int)orr_armor_read(&armor, c->file, c->len, bytes, &len, &why);
        if (!fault) fault = (int)orr_armor_done(&armor, &why);
        file = bytes;
    }
    if (!fault) {
        size_t size = orr_age_header_size(file, len);
        fault = (int)orr_age_header_read(mem, file, size ? size : len, &header, &why);
        if (!fault) {
            fault = find_key(c, &header, file_key, &why);
            if (!fault) fault = (int)orr_age_check_mac(&header, file, file_key);
            if (!fault) fault = read_payload(file + size, len - size, file_key, digest);
            orr_age_header_free(mem, &header);
        }
    }
    free(bytes);
    return fault;
}

/* Is it the fault that the case is made for? */
static bool as_expected(const struct age_case *c, int fault) {
    if (!strcmp(c->expect, "success")) return fault == 0;
    if (!strcmp(c->expect, "no match"))
        return fault == ORR_FAULT_NO_MATCH || fault == ORR_FAULT_HYBRID;
    if (!strcmp(c->expect, "HMAC failure")) return fault == ORR_FAULT_BAD_MAC;
    if (!strcmp(c->expect, "armor failure")) return fault == ORR_FAULT_BAD_ARMOR;
    if (!strcmp(c->expect, "payload failure")) return fault == ORR_FAULT_BAD_PAYLOAD;
    ck_assert_str_eq(c->expect, "header failure");
    return fault == ORR_FAULT_BAD_HEADER || fault == ORR_FAULT_BAD_AGE_VERSION ||
           fault == ORR_FAULT_COSTLY;
}

START_TEST(age_files_open_or_fail_for_what_is_wrong) {
    struct orr_mem *mem = orr_vault_setup();
    char folder[4096];
    unsigned n = 0, n_hybrid = 0;
    snprintf(folder, sizeof folder, "%s", orr_vector_path("vault/age"));
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char path[8192], digest[65] = "";
        struct age_case c;
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        load_case(path, &c);
        int fault = run_case(mem, &c, digest);
        if (strstr(c.identity[0], "SECRET-KEY-PQ-1") && fault != ORR_FAULT_BAD_ARMOR) {
            /* not supported: refused by name, or for what is wrong beside that */
            ck_assert_msg(fault == ORR_FAULT_HYBRID || fault == ORR_FAULT_BAD_HEADER, "%s: %d",
                          e->d_name, fault);
            n_hybrid++;
        } else {
            ck_assert_msg(as_expected(&c, fault), "%s: %s, found %s", e->d_name, c.expect,
                          orr_vault_fault_name((unsigned)fault));
            if (!fault) ck_assert_str_eq(digest, c.payload);
            n++;
        }
        free(c.text);
    }
    closedir(dir);
    ck_assert_uint_gt(n, 0);
    printf("age: %u files as expected; %u need a hybrid identity and are refused\n", n, n_hybrid);
    orr_vault_teardown();
}
END_TEST

int main(void) {
    orr_vectors_need("vault");
    const TTest *tests[] = {
        keystores_of_version_3_open, keystores_of_eip2335_open_and_their_public_key_fits,
        files_that_are_no_keystores_are_refused, age_files_open_or_fail_for_what_is_wrong};
    return orr_test_run("vectors.vault_files", tests, sizeof tests / sizeof tests[0]);
}
