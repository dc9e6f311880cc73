#include "models/vault/kdf.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <sodium.h>
#include <string.h>

/* ---- scrypt ---- */

enum orr_vault_fault orr_scrypt_check(struct orr_scrypt cost, bool allow_costly,
                                      struct orr_why *why) {
    uint64_t n = cost.n, r = cost.r, p = cost.p;
    if (n < 2 || n & (n - 1))
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "scrypt: n is no power of two above 1");
    if (!r || !p || r >= 1u << 30 || p >= 1u << 30 || r * p >= 1u << 30)
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "scrypt: r and p have no such values");
    unsigned __int128 work = (unsigned __int128)n * r * p;
    unsigned __int128 memory = (unsigned __int128)128 * r * n + (unsigned __int128)128 * r * p;
    if (memory > UINT32_MAX * (unsigned __int128)1024)
        return orr_vault_say(why, ORR_FAULT_COSTLY, "scrypt: more memory than any machine here");
    if (allow_costly) return ORR_FAULT_OK;
    if (memory > ORR_KDF_MAX_MEMORY + (1 << 20) || work > ORR_KDF_MAX_WORK)
        return orr_vault_say(why, ORR_FAULT_COSTLY, "scrypt with n %llu, r %llu, p %llu",
                             (unsigned long long)n, (unsigned long long)r, (unsigned long long)p);
    return ORR_FAULT_OK;
}

/* OpenSSL's EVP_PBE_scrypt refuses n >= 2^(16 r), so n = 2^18 with r = 1, which the definition's
 * own example has. */
enum orr_vault_fault orr_scrypt(const void *password, size_t password_len, const void *salt,
                                size_t salt_len, struct orr_scrypt cost, bool allow_costly,
                                void *out, size_t out_len, struct orr_why *why) {
    enum orr_vault_fault fault = orr_scrypt_check(cost, allow_costly, why);
    if (fault) return fault;
    if (crypto_pwhash_scryptsalsa208sha256_ll(password, password_len, salt, salt_len, cost.n,
                                              (uint32_t)cost.r, (uint32_t)cost.p, out, out_len))
        return ORR_FAULT_NO_MEMORY;
    return ORR_FAULT_OK;
}

void orr_pbkdf2(enum orr_prf prf, const void *password, size_t password_len, const void *salt,
                size_t salt_len, uint64_t iterations, void *out, size_t out_len) {
    assert(iterations && iterations <= INT32_MAX && password_len <= INT32_MAX);
    const EVP_MD *digest = prf == ORR_PRF_SHA256 ? EVP_sha256() : EVP_sha512();
    int good = PKCS5_PBKDF2_HMAC(password_len ? password : "", (int)password_len, salt,
                                 (int)salt_len, (int)iterations, digest, (int)out_len, out);
    assert(good == 1);
}

enum orr_vault_fault orr_argon2id(const void *password, size_t password_len,
                                  const uint8_t salt[ORR_ARGON2_SALT], uint64_t passes,
                                  uint64_t memory_kib, bool allow_costly, void *out, size_t out_len,
                                  struct orr_why *why) {
    if (!passes || memory_kib < 8 || passes > UINT32_MAX || memory_kib > UINT32_MAX)
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "argon2id has no such parameters");
    if (!allow_costly &&
        (memory_kib * 1024 > ORR_KDF_MAX_MEMORY || passes * memory_kib > ORR_KDF_MAX_ARGON2))
        return orr_vault_say(why, ORR_FAULT_COSTLY, "argon2id with %llu passes over %llu KiB",
                             (unsigned long long)passes, (unsigned long long)memory_kib);
    if (crypto_pwhash(out, out_len, password, password_len, salt, passes, (size_t)memory_kib * 1024,
                      crypto_pwhash_ALG_ARGON2ID13))
        return ORR_FAULT_NO_MEMORY;
    return ORR_FAULT_OK;
}

/* ---- keys from keys ---- */

void orr_hkdf(const void *key, size_t key_len, const void *salt, size_t salt_len, const void *info,
              size_t info_len, void *out, size_t out_len) {
    char sha256[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
    int good = context && EVP_KDF_derive(context, out, out_len, params) == 1;
    assert(good);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
}

void orr_aes128_ctr(const uint8_t key[16], const uint8_t iv[16], const void *from, size_t len,
                    void *to) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;
    assert(len <= INT32_MAX);
    int good = context && EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
               (!len || EVP_EncryptUpdate(context, to, &done, from, (int)len) == 1);
    assert(good && (size_t)done == len);
    EVP_CIPHER_CTX_free(context);
}
