/* age.h - encrypted files of the format age-encryption.org/v1 (C2SP age.md): a header of stanzas,
 * each of which wraps the file key for one recipient, and a payload in chunks of 64 KiB.
 *
 * The caller moves the bytes: it reads the header whole and hands the payload over chunk by chunk.
 */
#ifndef ORR_VAULT_AGE_H
#define ORR_VAULT_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/base/mem.h"
#include "models/vault/fault.h"

enum {
    ORR_AGE_FILE_KEY = 16,
    ORR_AGE_NONCE = 16,
    ORR_AGE_CHUNK = 64 << 10,
    ORR_AGE_TAG = 16,
    ORR_AGE_BODY = 32,            /* of a wrapped file key                                      */
    ORR_AGE_MAX_HEADER = 1 << 20, /* bytes; a stanza has about 100                              */
    ORR_AGE_MAX_STANZAS = 1024,
    ORR_AGE_ARGS = 6,             /* that are kept; a stanza may have more                      */
    ORR_AGE_WORK_FACTOR = 18,     /* written: scrypt with n = 2^18                              */
    ORR_AGE_MAX_WORK_FACTOR = 22, /* read                                                       */
};

/* ---- reading ---- */

struct orr_age_text {
    const char *text;
    size_t len;
};
/* Everything is lent from the bytes that were read; bodies from the header. */
struct orr_age_stanza {
    size_t n_args; /* the first is the type */
    struct orr_age_text arg[ORR_AGE_ARGS];
    const uint8_t *body;
    size_t body_len;
};
struct orr_age_header {
    struct orr_age_stanza *stanza;
    size_t n_stanzas, cap;
    uint8_t *bodies;
    size_t bodies_size;
    size_t mac_at; /* bytes that the MAC is over, "---" included */
    uint8_t mac[32];
};

/* The header's length with its last newline, or 0 when its end is not among these bytes. */
size_t orr_age_header_size(const uint8_t *bytes, size_t len);
/* bytes[0..size-1] are a header.  BAD_HEADER or BAD_AGE_VERSION with the line; stanzas of the types
 * X25519 and scrypt are looked at closely, others may be anything. */
enum orr_vault_fault orr_age_header_read(struct orr_mem *mem, const uint8_t *bytes, size_t size,
                                         struct orr_age_header *header, struct orr_why *why);
void orr_age_header_free(struct orr_mem *mem, struct orr_age_header *header);
/* What is known of the types X25519 and scrypt, whoever the file is for. */
enum orr_vault_fault orr_age_check_stanza(const struct orr_age_header *header, size_t i,
                                          struct orr_why *why);
bool orr_age_is(const struct orr_age_stanza *stanza, const char *type);

/* The file key for a secret key, or a passphrase.  NO_MATCH (HYBRID when only such recipients are
 * there), BAD_HEADER for a share of low order, COSTLY, NO_MEMORY.  Wants the MAC checked next. */
enum orr_vault_fault orr_age_open_x25519(const struct orr_age_header *header,
                                         const uint8_t identity[32],
                                         uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why);
enum orr_vault_fault orr_age_open_scrypt(const struct orr_age_header *header,
                                         const void *passphrase, size_t len,
                                         uint8_t file_key[ORR_AGE_FILE_KEY], struct orr_why *why);
/* BAD_MAC, or OK. */
enum orr_vault_fault orr_age_check_mac(const struct orr_age_header *header, const uint8_t *bytes,
                                       const uint8_t file_key[ORR_AGE_FILE_KEY]);

/* ---- writing ---- */

/* A header that grows; start it as {.mem = mem}. */
struct orr_age_writer {
    struct orr_mem *mem;
    char *text;
    size_t len, cap;
};
void orr_age_begin(struct orr_age_writer *w);
/* args: the type and what follows it, with single spaces. */
void orr_age_stanza(struct orr_age_writer *w, const char *args, const uint8_t *body, size_t len);
/* BAD_KEY: the recipient is a point of low order. ephemeral: 32 random bytes. */
enum orr_vault_fault orr_age_wrap_x25519(struct orr_age_writer *w, const uint8_t recipient[32],
                                         const uint8_t ephemeral[32],
                                         const uint8_t file_key[ORR_AGE_FILE_KEY]);
/* It must be the only stanza.  salt: 16 random bytes. */
enum orr_vault_fault orr_age_wrap_scrypt(struct orr_age_writer *w, const void *passphrase,
                                         size_t len, unsigned work_factor, const uint8_t salt[16],
                                         const uint8_t file_key[ORR_AGE_FILE_KEY]);
void orr_age_end(struct orr_age_writer *w, const uint8_t file_key[ORR_AGE_FILE_KEY]);
void orr_age_writer_free(struct orr_age_writer *w);

/* A file key wrapped for an X25519 key: share = ephemeral G, body = the key under ChaCha20-Poly1305
 * and HKDF(shared secret, share || recipient, label).  False: a point of low order, or, when
 * opening, not for this key. */
bool orr_age_wrap(const char *label, const uint8_t recipient[32], const uint8_t ephemeral[32],
                  const uint8_t file_key[ORR_AGE_FILE_KEY], uint8_t share[32],
                  uint8_t body[ORR_AGE_BODY]);
enum orr_vault_fault orr_age_unwrap(const char *label, const uint8_t identity[32],
                                    const uint8_t share[32], const uint8_t body[ORR_AGE_BODY],
                                    uint8_t file_key[ORR_AGE_FILE_KEY]);

/* ---- the payload ---- */

/* The cipher is OpenSSL's, which takes a third of the time of libsodium's and keeps the key. */
struct orr_age_stream {
    struct evp_cipher_ctx_st *cipher;
    uint8_t nonce[12];
};
/* One that opens and one that seals are different things. */
enum orr_age_way { ORR_AGE_OPENS, ORR_AGE_SEALS };
void orr_age_stream_init(struct orr_age_stream *s, const uint8_t file_key[ORR_AGE_FILE_KEY],
                         const uint8_t nonce[ORR_AGE_NONCE], enum orr_age_way way);
/* Forgets the key. */
void orr_age_stream_fini(struct orr_age_stream *s);
/* len <= ORR_AGE_CHUNK bytes become len + ORR_AGE_TAG; all chunks but the last are full. */
void orr_age_seal(struct orr_age_stream *s, bool last, const uint8_t *in, size_t len, uint8_t *out);
/* len bytes become len - ORR_AGE_TAG.  False: not authentic, or a chunk that cannot be there; out
 * then holds zeros or what it held. */
bool orr_age_open(struct orr_age_stream *s, bool last, const uint8_t *in, size_t len, uint8_t *out);
#endif
