/* keystore.h - keystores: a key under a password, as JSON.
 *
 * Version 3 is the Web3 Secret Storage Definition, as geth and others write it; version 4 is
 * EIP-2335.  Both encrypt with AES-128-CTR under a key from scrypt or PBKDF2.  A v3 password is
 * taken as its bytes, an EIP-2335 password in its normal form (normal.h). */
#ifndef ORR_VAULT_KEYSTORE_H
#define ORR_VAULT_KEYSTORE_H

#include "models/vault/eip2333.h"
#include "models/vault/kdf.h"
#include "models/vault/normal.h"

enum {
    ORR_KEYSTORE_MAX_TEXT = 1 << 20, /* bytes of JSON: real ones have 500 */
    ORR_KEYSTORE_MAX_SECRET = 4096,
    ORR_KEYSTORE_MAX_SALT = 256,
    ORR_KEYSTORE_MAX_DK = 1024,
    ORR_KEYSTORE_SALT = 32, /* that are written */
};

/* A keystore without what its password hides. */
struct orr_keystore {
    int version; /* 3 or 4 */
    bool is_pbkdf2;
    struct orr_scrypt scrypt; /* unless is_pbkdf2 */
    uint64_t iterations;      /* of PBKDF2        */
    size_t dk_len, salt_len, ciphertext_len;
    uint8_t salt[ORR_KEYSTORE_MAX_SALT], iv[16], mac[32];
    uint8_t ciphertext[ORR_KEYSTORE_MAX_SECRET];
    bool has_address, has_public;
    struct orr_address address;
    uint8_t public_key[ORR_BLS_PUBLIC]; /* of version 4 */
    char id[64], path[128];             /* as the file has them, or "" */
};

/* Reads version 3 or 4; names of fields in either case, hex with or without "0x".  NOT_KEYSTORE,
 * UNSUPPORTED_VERSION, _CIPHER, _KDF, BAD_TEXT, each with what it found. */
enum orr_vault_fault orr_keystore_read(const char *text, size_t len, struct orr_keystore *ks,
                                       struct orr_why *why);

/* What opening needs beside the file. */
struct orr_keystore_tools {
    struct orr_mem *mem;
    const struct orr_secp *secp;
    const struct orr_bls_curve *bls;
    bool allow_costly;
};
/* The secret, of the length that the file has.  A version 3 key of up to 32 bytes is a number with
 * leading zeros left out.  WRONG_PASSWORD, COSTLY, ADDRESS_DIFFERS, PUBLIC_DIFFERS, NO_MEMORY. */
enum orr_vault_fault orr_keystore_open(const struct orr_keystore_tools *tools,
                                       const struct orr_keystore *ks, const void *password,
                                       size_t password_len, struct orr_secret *secret,
                                       struct orr_why *why);
/* A secret of up to 32 bytes as the 32 that a key has; false when it is longer. */
bool orr_keystore_pad(const struct orr_secret *secret, uint8_t key[32]);

/* Encrypts into ks, of which the caller has set version, the derivation and its cost, path and id;
 * random: 48 random bytes, of which salt and iv are made.  Sets the rest. */
enum orr_vault_fault orr_keystore_seal(const struct orr_keystore_tools *tools,
                                       const uint8_t random[48], const void *secret, size_t len,
                                       const void *password, size_t password_len,
                                       struct orr_keystore *ks, struct orr_why *why);
/* As JSON.  old: a keystore of the same version whose further fields are kept, or NULL.  Returns
 * the length, which may be above cap: then nothing useful was written. */
size_t orr_keystore_write(const struct orr_keystore *ks, const char *old, size_t old_len, char *to,
                          size_t cap);
/* A random UUID (RFC 4122, version 4) as text. */
void orr_keystore_uuid(const uint8_t random[16], char to[37]);
#endif
