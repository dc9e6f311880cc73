/* age files: what is written opens, and nothing that was changed, cut or lengthened does. */
#include <string.h>

#include <sodium.h>

#include "models/vault/age.h"
#include "models/vault/armor.h"
#include "models/vault/kdf.h"
#include "tests/models/vault/vault.h"

static const uint8_t identity[32] = {9, 8, 7, 6, 5, 4, 3, 2, 1}, other[32] = {1, 2, 3};
static const uint8_t ephemeral[32] = {5, 5, 5}, file_key[16] = {1, 1, 2, 3, 5, 8, 13};

static void header(struct orr_mem *mem, struct orr_age_writer *w) {
    uint8_t recipient[32];
    *w = (struct orr_age_writer){.mem = mem};
    ck_assert_int_eq(crypto_scalarmult_base(recipient, identity), 0);
    orr_age_begin(w);
    uint8_t long_body[100] = {3};
    orr_age_stanza(w, "grease and more args", long_body, sizeof long_body);
    orr_age_stanza(w, "full", long_body, 48); /* a full line, then an empty one */
    ck_assert_int_eq(orr_age_wrap_x25519(w, recipient, ephemeral, file_key), 0);
    orr_age_end(w, file_key);
}

/* What opens with an identity: the fault, and the key. */
static int open_header(struct orr_mem *mem, const char *text, size_t len, const uint8_t *with,
                       uint8_t key[16]) {
    struct orr_age_header h;
    size_t size = orr_age_header_size((const uint8_t *)text, len);
    int fault = (int)orr_age_header_read(mem, (const uint8_t *)text, size ? size : len, &h, NULL);
    if (fault) return fault;
    fault = (int)orr_age_open_x25519(&h, with, key, NULL);
    if (!fault) fault = (int)orr_age_check_mac(&h, (const uint8_t *)text, key);
    orr_age_header_free(mem, &h);
    return fault;
}

START_TEST(a_header_opens_for_its_recipient_alone) {
    struct orr_mem *mem = setup();
    struct orr_age_writer w;
    uint8_t key[16];
    header(mem, &w);
    ck_assert_int_eq(open_header(mem, w.text, w.len, identity, key), 0);
    ck_assert_mem_eq(key, file_key, 16);
    ck_assert_int_eq(open_header(mem, w.text, w.len, other, key), ORR_FAULT_NO_MATCH);
    orr_age_writer_free(&w);
    teardown();
}
END_TEST

START_TEST(a_changed_or_cut_header_does_not_open) {
    struct orr_mem *mem = setup();
    struct orr_age_writer w;
    uint8_t key[16];
    header(mem, &w);
    for (size_t bit = 0; bit < w.len * 8; bit++) {
        w.text[bit / 8] ^= (char)(1 << bit % 8);
        ck_assert_int_ne(open_header(mem, w.text, w.len, identity, key), 0);
        w.text[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < w.len; len++)
        ck_assert_int_ne(open_header(mem, w.text, len, identity, key), 0);
    orr_age_writer_free(&w);
    teardown();
}
END_TEST

START_TEST(a_passphrase_opens_what_it_closed) {
    struct orr_mem *mem = setup();
    struct orr_age_writer w = {.mem = mem};
    struct orr_age_header h;
    uint8_t key[16];
    orr_age_begin(&w);
    ck_assert_int_eq(orr_age_wrap_scrypt(&w, "secret", 6, 4, other, file_key), 0);
    orr_age_end(&w, file_key);
    ck_assert_int_eq(orr_age_header_read(mem, (uint8_t *)w.text, w.len, &h, NULL), 0);
    ck_assert_int_eq(orr_age_open_scrypt(&h, "secret", 6, key, NULL), 0);
    ck_assert_mem_eq(key, file_key, 16);
    ck_assert_int_eq(orr_age_open_scrypt(&h, "Secret", 6, key, NULL), ORR_FAULT_NO_MATCH);
    ck_assert_int_eq(orr_age_open_x25519(&h, identity, key, NULL), ORR_FAULT_NO_MATCH);
    orr_age_header_free(mem, &h);
    orr_age_writer_free(&w);
    teardown();
}
END_TEST

/* Seals len bytes; returns the length. */
static size_t seal(const uint8_t *plain, size_t len, uint8_t *out) {
    struct orr_age_stream s;
    size_t at = 0, made = 0;
    orr_age_stream_init(&s, file_key, other, ORR_AGE_SEALS);
    do {
        size_t n = len - at < ORR_AGE_CHUNK ? len - at : ORR_AGE_CHUNK;
        orr_age_seal(&s, at + n == len, plain + at, n, out + made);
        at += n, made += n + ORR_AGE_TAG;
    } while (at < len);
    orr_age_stream_fini(&s);
    return made;
}

static bool unseal(const uint8_t *in, size_t len, uint8_t *out, size_t *out_len) {
    struct orr_age_stream s;
    orr_age_stream_init(&s, file_key, other, ORR_AGE_OPENS);
    *out_len = 0;
    bool good = true;
    for (bool last = false; !last && good;) {
        size_t n = len < ORR_AGE_CHUNK + ORR_AGE_TAG ? len : ORR_AGE_CHUNK + ORR_AGE_TAG;
        last = n == len;
        good = orr_age_open(&s, last, in, n, out + *out_len);
        if (good) *out_len += n - ORR_AGE_TAG;
        in += n, len -= n;
    }
    orr_age_stream_fini(&s);
    return good;
}

START_TEST(a_payload_opens_at_every_boundary_and_only_whole) {
    static const size_t lens[] = {0,
                                  1,
                                  ORR_AGE_CHUNK - 1,
                                  ORR_AGE_CHUNK,
                                  ORR_AGE_CHUNK + 1,
                                  2 * ORR_AGE_CHUNK,
                                  2 * ORR_AGE_CHUNK + 5};
    static uint8_t plain[3 * ORR_AGE_CHUNK], sealed[4 * ORR_AGE_CHUNK], opened[4 * ORR_AGE_CHUNK];
    for (size_t i = 0; i < sizeof plain; i++) plain[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t len = seal(plain, lens[i], sealed), n;
        ck_assert(unseal(sealed, len, opened, &n));
        ck_assert_uint_eq(n, lens[i]);
        ck_assert(!n || !memcmp(opened, plain, n));
        ck_assert(!unseal(sealed, len + 1, opened, &n));
        for (size_t cut = 1; cut <= len; cut += len > 100 ? 4099 : 1)
            ck_assert(!unseal(sealed, len - cut, opened, &n));
        for (size_t bit = 0; bit<len * 8; bit += len> 100 ? 65537 : 1) {
            sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ck_assert(!unseal(sealed, len, opened, &n));
            sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
END_TEST

/* libsodium and OpenSSL agree on the cipher; whatever is not authentic leaves nothing behind. */
START_TEST(a_chunk_is_chacha20_poly1305_and_a_false_one_leaves_zeros) {
    uint8_t plain[300], sealed[600], theirs[600], opened[300], key[32];
    const uint8_t nonces[2][12] = {{[11] = 1}, {0}};
    for (size_t i = 0; i < sizeof plain; i++) plain[i] = (uint8_t)(i * 11);
    orr_hkdf(file_key, ORR_AGE_FILE_KEY, other, ORR_AGE_NONCE, "payload", 7, key, sizeof key);
    for (size_t len = 0; len <= sizeof plain; len++) {
        size_t n = seal(plain, len, sealed), got;
        crypto_aead_chacha20poly1305_ietf_encrypt(theirs, NULL, plain, len, NULL, 0, NULL,
                                                  nonces[0], key);
        ck_assert_uint_eq(n, len + ORR_AGE_TAG);
        ck_assert_mem_eq(sealed, theirs, n);
        memset(opened, 7, sizeof opened);
        sealed[n - 1] ^= 1;
        ck_assert(!unseal(sealed, n, opened, &got));
        ck_assert(sodium_is_zero(opened, len));
        ck_assert(len == sizeof opened || opened[len] == 7);
    }
    static uint8_t two[2 * ORR_AGE_CHUNK], ours[2 * ORR_AGE_CHUNK + 2 * ORR_AGE_TAG];
    static uint8_t first[ORR_AGE_CHUNK + ORR_AGE_TAG];
    seal(two, sizeof two, ours);
    crypto_aead_chacha20poly1305_ietf_encrypt(first, NULL, two, ORR_AGE_CHUNK, NULL, 0, NULL,
                                              nonces[1], key);
    ck_assert_mem_eq(ours, first, sizeof first);
}
END_TEST

START_TEST(chunks_cannot_change_places) {
    static uint8_t plain[3 * ORR_AGE_CHUNK], sealed[4 * ORR_AGE_CHUNK], swap[ORR_AGE_CHUNK + 16];
    static uint8_t opened[4 * ORR_AGE_CHUNK];
    const size_t size = sizeof swap;
    size_t n, len = seal(plain, sizeof plain, sealed);
    memcpy(swap, sealed, size);
    memcpy(sealed, sealed + size, size);
    memcpy(sealed + size, swap, size);
    ck_assert(!unseal(sealed, len, opened, &n));
}
END_TEST

/* Reads armor in pieces of a size. */
static int unarmor(const char *text, size_t len, size_t piece, uint8_t *out, size_t *out_len) {
    struct orr_armor a = {0};
    struct orr_why why;
    *out_len = 0;
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece, got;
        uint8_t bytes[4096 + 48];
        int fault = (int)orr_armor_read(&a, (const uint8_t *)text + at, n, bytes, &got, &why);
        if (fault) return fault;
        memcpy(out + *out_len, bytes, got);
        *out_len += got;
    }
    return (int)orr_armor_done(&a, &why);
}

START_TEST(armor_is_read_back_in_pieces_of_any_size) {
    uint8_t bytes[500], read[600];
    struct orr_rng rng = orr_rng_stream(3, ORR_RNG_PLAN, 0);
    draw(&rng, bytes, sizeof bytes);
    for (size_t len = 0; len < sizeof bytes; len += len < 100 ? 1 : 47) {
        char text[2000] = ORR_ARMOR_BEGIN "\n";
        size_t n = strlen(text), got;
        for (size_t at = 0; at < len; at += 48)
            n += orr_armor_line(bytes + at, len - at < 48 ? len - at : 48, text + n);
        strcpy(text + n, ORR_ARMOR_END);
        n += strlen(ORR_ARMOR_END);
        for (size_t piece = 1; piece < 200; piece += 13) {
            ck_assert_int_eq(unarmor(text, n, piece, read, &got), 0);
            ck_assert_uint_eq(got, len);
            ck_assert(!len || !memcmp(read, bytes, len));
        }
        for (size_t cut = 1; cut < n; cut++)
            ck_assert_int_eq(unarmor(text, n - cut, 64, read, &got), ORR_FAULT_BAD_ARMOR);
    }
}
END_TEST

ORR_TEST_MAIN("vault.age", a_header_opens_for_its_recipient_alone,
              a_changed_or_cut_header_does_not_open, a_passphrase_opens_what_it_closed,
              a_payload_opens_at_every_boundary_and_only_whole,
              a_chunk_is_chacha20_poly1305_and_a_false_one_leaves_zeros,
              chunks_cannot_change_places,
              armor_is_read_back_in_pieces_of_any_size)
