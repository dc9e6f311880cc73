#include "models/vault/age.h"

#include <assert.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "models/vault/codec.h"
#include "models/vault/kdf.h"

static const char x25519_label[] = "age-encryption.org/v1/X25519";
static const char scrypt_label[] = "age-encryption.org/v1/scrypt";
static const uint8_t zero_nonce[12];

/* ---- wrapping a file key ---- */

static void seal_key(const uint8_t key[32], const uint8_t *file_key, uint8_t body[ORR_AGE_BODY]) {
    unsigned long long len;
    crypto_aead_chacha20poly1305_ietf_encrypt(body, &len, file_key, ORR_AGE_FILE_KEY, NULL, 0, NULL,
                                              zero_nonce, key);
    assert(len == ORR_AGE_BODY);
}

static bool open_key(const uint8_t key[32], const uint8_t body[ORR_AGE_BODY], uint8_t *file_key) {
    uint8_t opened[ORR_AGE_FILE_KEY];
    unsigned long long len;
    if (crypto_aead_chacha20poly1305_ietf_decrypt(opened, &len, NULL, body, ORR_AGE_BODY, NULL, 0,
                                                  zero_nonce, key))
        return false;
    memcpy(file_key, opened, sizeof opened);
    sodium_memzero(opened, sizeof opened);
    return true;
}

static void wrap_key(const char *label, const uint8_t shared[32], const uint8_t share[32],
                     const uint8_t recipient[32], uint8_t key[32]) {
    uint8_t salt[64];
    memcpy(salt, share, 32);
    memcpy(salt + 32, recipient, 32);
    orr_hkdf(shared, 32, salt, sizeof salt, label, strlen(label), key, 32);
}

bool orr_age_wrap(const char *label, const uint8_t recipient[32], const uint8_t ephemeral[32],
                  const uint8_t file_key[ORR_AGE_FILE_KEY], uint8_t share[32],
                  uint8_t body[ORR_AGE_BODY]) {
    uint8_t shared[32], key[32];
    if (crypto_scalarmult_base(share, ephemeral)) return false;
    if (crypto_scalarmult(shared, ephemeral, recipient)) return false;
    wrap_key(label, shared, share, recipient, key);
    seal_key(key, file_key, body);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(key, sizeof key);
    return true;
}

enum orr_vault_fault orr_age_unwrap(const char *label, const uint8_t identity[32],
                                    const uint8_t share[32], const uint8_t body[ORR_AGE_BODY],
                                    uint8_t file_key[ORR_AGE_FILE_KEY]) {
    uint8_t shared[32], key[32], recipient[32];
    if (crypto_scalarmult(shared, identity, share)) return ORR_FAULT_BAD_HEADER;
    if (crypto_scalarmult_base(recipient, identity)) return ORR_FAULT_BAD_KEY;
    wrap_key(label, shared, share, recipient, key);
    bool good = open_key(key, body, file_key);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(key, sizeof key);
    return good ? ORR_FAULT_OK : ORR_FAULT_NO_MATCH;
}

static enum orr_vault_fault scrypt_key(const void *passphrase, size_t len, unsigned work_factor,
                                       const uint8_t salt[16], uint8_t key[32],
                                       struct orr_why *why) {
    uint8_t salted[sizeof scrypt_label - 1 + 16];
    memcpy(salted, scrypt_label, sizeof scrypt_label - 1);
    memcpy(salted + sizeof scrypt_label - 1, salt, 16);
    struct orr_scrypt cost = {1ull << work_factor, 8, 1};
    return orr_scrypt(passphrase, len, salted, sizeof salted, cost, true, key, 32, why);
}

/* ---- opening ---- */

bool orr_age_is(const struct orr_age_stanza *stanza, const char *type) {
    return stanza->arg[0].len == strlen(type) && !memcmp(stanza->arg[0].text, type, strlen(type));
}

static enum orr_vault_fault no_match(const struct orr_age_header *header) {
    for (size_t i = 0; i < header->n_stanzas; i++)
        if (orr_age_is(&header->stanza[i], "mlkem768x25519")) return ORR_FAULT_HYBRID;
    return ORR_FAULT_NO_MATCH;
}

enum orr_vault_fault orr_age_open_x25519(const struct orr_age_header *header,
                                         const uint8_t identity[32],
                                         uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why) {
    for (size_t i = 0; i < header->n_stanzas; i++) {
        const struct orr_age_stanza *s = &header->stanza[i];
        uint8_t share[32];
        if (!orr_age_is(s, "X25519")) continue;
        long n = orr_base64_read(s->arg[1].text, s->arg[1].len, share, sizeof share);
        assert(n == 32 && s->body_len == ORR_AGE_BODY); /* orr_age_header_read saw to it */
        enum orr_vault_fault fault =
            orr_age_unwrap(x25519_label, identity, share, s->body, file_key);
        if (fault == ORR_FAULT_BAD_HEADER)
            return orr_vault_say(why, fault, "the share of stanza %zu is of low order", i + 1);
        if (fault != ORR_FAULT_NO_MATCH) return fault;
    }
    return no_match(header);
}

/* The decimal number of a work factor; 0: none that may be. */
static unsigned work_factor(struct orr_age_text text) {
    unsigned n = 0;
    if (!text.len || text.len > 3 || text.text[0] == '0') return 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') return 0;
        n = n * 10 + (unsigned)(text.text[i] - '0');
    }
    return n;
}

enum orr_vault_fault orr_age_open_scrypt(const struct orr_age_header *header,
                                         const void *passphrase, size_t len,
                                         uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why) {
    for (size_t i = 0; i < header->n_stanzas; i++) {
        const struct orr_age_stanza *s = &header->stanza[i];
        uint8_t salt[16], key[32];
        if (!orr_age_is(s, "scrypt")) continue;
        long n = orr_base64_read(s->arg[1].text, s->arg[1].len, salt, sizeof salt);
        assert(n == sizeof salt && s->body_len == ORR_AGE_BODY);
        enum orr_vault_fault fault =
            scrypt_key(passphrase, len, work_factor(s->arg[2]), salt, key, why);
        if (fault) return fault;
        bool good = open_key(key, s->body, file_key);
        sodium_memzero(key, sizeof key);
        return good ? ORR_FAULT_OK : ORR_FAULT_NO_MATCH;
    }
    return no_match(header);
}

enum orr_vault_fault orr_age_check_stanza(const struct orr_age_header *header, size_t i,
                                          struct orr_why *why) {
    const struct orr_age_stanza *s = &header->stanza[i];
    const enum orr_vault_fault bad = ORR_FAULT_BAD_HEADER;
    uint8_t share[32];
    bool is_x25519 = orr_age_is(s, "X25519"), is_scrypt = orr_age_is(s, "scrypt");
    if (!is_x25519 && !is_scrypt) return ORR_FAULT_OK;
    size_t wanted = is_x25519 ? 2 : 3, arg_bytes = is_x25519 ? 32 : 16;
    if (s->n_args != wanted)
        return orr_vault_say(why, bad, "stanza %zu has %zu arguments", i + 1, s->n_args - 1);
    if (orr_base64_read(s->arg[1].text, s->arg[1].len, share, arg_bytes) != (long)arg_bytes)
        return orr_vault_say(why, bad, "the first argument of stanza %zu is not %zu bytes", i + 1,
                             arg_bytes);
    if (s->body_len != ORR_AGE_BODY)
        return orr_vault_say(why, bad, "the key of stanza %zu has %zu bytes", i + 1, s->body_len);
    if (!is_scrypt) return ORR_FAULT_OK;
    unsigned work = work_factor(s->arg[2]);
    if (!work) return orr_vault_say(why, bad, "the work factor of stanza %zu", i + 1);
    if (work > ORR_AGE_MAX_WORK_FACTOR)
        return orr_vault_say(why, ORR_FAULT_COSTLY,
                             "scrypt with a work factor of %u; 22 is the "
                             "limit",
                             work);
    if (header->n_stanzas != 1)
        return orr_vault_say(why, bad, "a stanza scrypt must be the only one");
    return ORR_FAULT_OK;
}

/* ---- the MAC ---- */

static void header_mac(const void *bytes, size_t len, const uint8_t *file_key, uint8_t mac[32]) {
    uint8_t key[32];
    crypto_auth_hmacsha256_state state;
    orr_hkdf(file_key, ORR_AGE_FILE_KEY, "", 0, "header", 6, key, sizeof key);
    crypto_auth_hmacsha256_init(&state, key, sizeof key);
    crypto_auth_hmacsha256_update(&state, bytes, len);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(key, sizeof key);
}

enum orr_vault_fault orr_age_check_mac(const struct orr_age_header *header, const uint8_t *bytes,
                                       const uint8_t file_key[ORR_AGE_FILE_KEY]) {
    uint8_t mac[32];
    header_mac(bytes, header->mac_at, file_key, mac);
    return sodium_memcmp(mac, header->mac, sizeof mac) ? ORR_FAULT_BAD_MAC : ORR_FAULT_OK;
}

/* ---- writing ---- */

static void put(struct orr_age_writer *w, const char *text, size_t len) {
    if (w->cap - w->len < len) {
        size_t cap = 2 * (w->len + len) + 256;
        w->text = orr_resize(w->mem, w->text, w->cap, cap);
        w->cap = cap;
    }
    memcpy(w->text + w->len, text, len);
    w->len += len;
}
static void put_text(struct orr_age_writer *w, const char *text) { put(w, text, strlen(text)); }

void orr_age_begin(struct orr_age_writer *w) {
    w->len = 0;
    put_text(w, "age-encryption.org/v1\n");
}

void orr_age_stanza(struct orr_age_writer *w, const char *args, const uint8_t *body, size_t len) {
    put_text(w, "-> ");
    put_text(w, args);
    put_text(w, "\n");
    for (;;) { /* lines of 64 characters and a shorter one, which may be empty */
        char line[65];
        size_t n = len < 48 ? len : 48;
        orr_base64_write(line, body, n);
        put_text(w, line);
        put_text(w, "\n");
        if (n < 48) return;
        body += n, len -= n;
    }
}

enum orr_vault_fault orr_age_wrap_x25519(struct orr_age_writer *w, const uint8_t recipient[32],
                                         const uint8_t ephemeral[32],
                                         const uint8_t file_key[ORR_AGE_FILE_KEY]) {
    uint8_t share[32], body[ORR_AGE_BODY];
    char args[64] = "X25519 ";
    if (!orr_age_wrap(x25519_label, recipient, ephemeral, file_key, share, body))
        return ORR_FAULT_BAD_KEY;
    orr_base64_write(args + 7, share, sizeof share);
    orr_age_stanza(w, args, body, sizeof body);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_age_wrap_scrypt(struct orr_age_writer *w, const void *passphrase,
                                         size_t len, unsigned work_factor, const uint8_t salt[16],
                                         const uint8_t file_key[ORR_AGE_FILE_KEY]) {
    uint8_t key[32], body[ORR_AGE_BODY];
    char text[24];
    struct orr_why args;
    enum orr_vault_fault fault = scrypt_key(passphrase, len, work_factor, salt, key, NULL);
    if (fault) return fault;
    seal_key(key, file_key, body);
    sodium_memzero(key, sizeof key);
    orr_base64_write(text, salt, 16);
    orr_vault_say(&args, ORR_FAULT_OK, "scrypt %s %u", text, work_factor);
    orr_age_stanza(w, args.text, body, sizeof body);
    return ORR_FAULT_OK;
}

void orr_age_end(struct orr_age_writer *w, const uint8_t file_key[ORR_AGE_FILE_KEY]) {
    uint8_t mac[32];
    char text[44];
    put_text(w, "---");
    header_mac(w->text, w->len, file_key, mac);
    orr_base64_write(text, mac, sizeof mac);
    put_text(w, " ");
    put_text(w, text);
    put_text(w, "\n");
}

void orr_age_writer_free(struct orr_age_writer *w) {
    orr_free(w->mem, w->text, w->cap);
    *w = (struct orr_age_writer){.mem = w->mem};
}

/* ---- the payload ---- */

void orr_age_stream_init(struct orr_age_stream *s, const uint8_t file_key[ORR_AGE_FILE_KEY],
                         const uint8_t nonce[ORR_AGE_NONCE], enum orr_age_way way) {
    uint8_t key[32];
    orr_hkdf(file_key, ORR_AGE_FILE_KEY, nonce, ORR_AGE_NONCE, "payload", 7, key, sizeof key);
    *s = (struct orr_age_stream){.cipher = EVP_CIPHER_CTX_new()};
    int good = s->cipher && EVP_CipherInit_ex(s->cipher, EVP_chacha20_poly1305(), NULL, key, NULL,
                                              way == ORR_AGE_SEALS) == 1;
    assert(good);
    sodium_memzero(key, sizeof key);
}

void orr_age_stream_fini(struct orr_age_stream *s) {
    EVP_CIPHER_CTX_free(s->cipher); /* which overwrites it */
    *s = (struct orr_age_stream){0};
}

/* The nonce is a counter of 11 bytes, big-endian, and a byte that says whether this is the last. */
static void step(struct orr_age_stream *s) {
    for (int i = 10; i >= 0 && !++s->nonce[i]; i--) {
    }
}

/* len bytes through the cipher under the nonce of this chunk; the tag is another matter. */
static void run_cipher(struct orr_age_stream *s, bool last, const uint8_t *in, size_t len,
                       uint8_t *out) {
    int n = 0;
    s->nonce[11] = last;
    int good = EVP_CipherInit_ex(s->cipher, NULL, NULL, NULL, s->nonce, -1) == 1 &&
               (!len || EVP_CipherUpdate(s->cipher, out, &n, in, (int)len) == 1);
    assert(good && (size_t)n == len);
}

void orr_age_seal(struct orr_age_stream *s, bool last, const uint8_t *in, size_t len,
                  uint8_t *out) {
    int n = 0;
    assert(len <= ORR_AGE_CHUNK && (last || len == ORR_AGE_CHUNK));
    assert(EVP_CIPHER_CTX_is_encrypting(s->cipher));
    run_cipher(s, last, in, len, out);
    int good = EVP_CipherFinal_ex(s->cipher, out + len, &n) == 1 &&
               EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_GET_TAG, ORR_AGE_TAG, out + len) == 1;
    assert(good && n == 0);
    step(s);
}

bool orr_age_open(struct orr_age_stream *s, bool last, const uint8_t *in, size_t len,
                  uint8_t *out) {
    bool first = sodium_is_zero(s->nonce, 11);
    uint8_t tag[ORR_AGE_TAG];
    int n = 0;
    assert(!EVP_CIPHER_CTX_is_encrypting(s->cipher));
    if (len < ORR_AGE_TAG || len > ORR_AGE_CHUNK + ORR_AGE_TAG) return false;
    if (len == ORR_AGE_TAG && !first) return false; /* an empty chunk is a whole empty payload */
    if (!last && len != ORR_AGE_CHUNK + ORR_AGE_TAG) return false;
    len -= ORR_AGE_TAG;
    memcpy(tag, in + len, sizeof tag); /* out may be in */
    run_cipher(s, last, in, len, out);
    if (EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_AEAD_SET_TAG, ORR_AGE_TAG, tag) != 1 ||
        EVP_CipherFinal_ex(s->cipher, out + len, &n) != 1) { /* compares in constant time */
        sodium_memzero(out, len);
        return false;
    }
    step(s);
    return true;
}
