/* kdf.h - keys from passwords and from keys, and the one cipher of keystores.
 *
 * scrypt (RFC 7914) and argon2id (RFC 9106) are libsodium's, PBKDF2 (RFC 8018), HKDF (RFC 5869) and
 * AES-128-CTR OpenSSL's. */
#ifndef ORR_VAULT_KDF_H
#define ORR_VAULT_KDF_H

#include <stdbool.h>

#include "models/base/mem.h"
#include "models/vault/fault.h"

/* What a derivation may cost unless its user allows more: a file that comes from elsewhere says
 * itself what it costs to open. */
#define ORR_KDF_MAX_MEMORY     (1ull << 30)          /* bytes */
#define ORR_KDF_MAX_WORK       (64ull * 262144 * 8)  /* n r p: 64 times what geth writes */
#define ORR_KDF_MAX_ITERATIONS (64ull * 262144)      /* of PBKDF2, likewise */
#define ORR_KDF_MAX_ARGON2     (64ull * 3 * (1 << 18)) /* passes x KiB: 64 times the vault's own */

struct orr_scrypt {
    uint64_t n, r, p;
};

/* COSTLY: above the limits, unless allow_costly; BAD_TEXT: n is no power of two above 1, or no
 * scrypt has these numbers.  Looks at numbers alone. */
enum orr_vault_fault orr_scrypt_check(struct orr_scrypt cost, bool allow_costly,
                                      struct orr_why *why);
/* Checks as above, then fills out.  NO_MEMORY when the machine has not enough. */
enum orr_vault_fault orr_scrypt(const void *password, size_t password_len, const void *salt,
                                size_t salt_len, struct orr_scrypt cost, bool allow_costly,
                                void *out, size_t out_len, struct orr_why *why);

enum orr_prf { ORR_PRF_SHA256, ORR_PRF_SHA512 };
/* PBKDF2 with HMAC.  iterations >= 1. */
void orr_pbkdf2(enum orr_prf prf, const void *password, size_t password_len, const void *salt,
                size_t salt_len, uint64_t iterations, void *out, size_t out_len);

enum { ORR_ARGON2_SALT = 16 };
/* argon2id, version 1.3, one lane.  COSTLY, BAD_TEXT (no argon2id has these numbers), NO_MEMORY. */
enum orr_vault_fault orr_argon2id(const void *password, size_t password_len,
                                  const uint8_t salt[ORR_ARGON2_SALT], uint64_t passes,
                                  uint64_t memory_kib, bool allow_costly, void *out, size_t out_len,
                                  struct orr_why *why);

/* HKDF with SHA-256: extract and expand. */
void orr_hkdf(const void *key, size_t key_len, const void *salt, size_t salt_len, const void *info,
              size_t info_len, void *out, size_t out_len);

/* AES-128 in counter mode, which is its own inverse; to may be from. */
void orr_aes128_ctr(const uint8_t key[16], const uint8_t iv[16], const void *from, size_t len,
                    void *to);
#endif
