#include "models/vault/eip2333.h"

#include <assert.h>
#include <openssl/bn.h>
#include <sodium.h>

#include "models/base/sha256.h"
#include "models/vault/kdf.h"
#include "models/vault/normal.h"

enum { OKM = 48, CHUNKS = 255, LAMPORT = CHUNKS * 32 };

/* The order r of the groups of BLS12-381. */
static const uint8_t order[32] = {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
                                  0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
                                  0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};

/* key = okm mod r. */
static void reduce(const uint8_t okm[OKM], uint8_t key[32]) {
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *value = BN_secure_new(), *modulus = BN_new(), *rest = BN_secure_new();
    int good = context && value && modulus && rest && BN_bin2bn(okm, OKM, value) &&
               BN_bin2bn(order, sizeof order, modulus) && BN_mod(rest, value, modulus, context) &&
               BN_bn2binpad(rest, key, 32) == 32;
    assert(good);
    BN_clear_free(value);
    BN_clear_free(rest);
    BN_free(modulus);
    BN_CTX_free(context);
}

/* EIP-2333, hkdf_mod_r. */
static void key_of(struct orr_mem *mem, const void *seed, size_t len, uint8_t key[32]) {
    static const char label[] = "BLS-SIG-KEYGEN-SALT-";
    uint8_t salt[ORR_SHA256_BYTES], okm[OKM];
    struct orr_secret input = orr_secret_new(mem, len + 1);
    memcpy(input.bytes, seed, len);
    input.bytes[len] = 0;
    orr_sha256(label, sizeof label - 1, salt);
    for (;;) { /* a zero has odds of 2^-255 */
        orr_hkdf(input.bytes, input.len, salt, sizeof salt, (uint8_t[]){0, OKM}, 2, okm, OKM);
        reduce(okm, key);
        if (!sodium_is_zero(key, 32)) break;
        orr_sha256(salt, sizeof salt, salt);
    }
    sodium_memzero(okm, sizeof okm);
    orr_secret_free(mem, &input);
}

enum orr_vault_fault orr_eip2333_master(struct orr_mem *mem, const void *seed, size_t len,
                                        uint8_t key[ORR_BLS_SECRET]) {
    if (len < 32) return ORR_FAULT_BAD_TEXT;
    key_of(mem, seed, len, key);
    return ORR_FAULT_OK;
}

/* The hashes of one half of the Lamport key, to 255 times 32 bytes. */
static void lamport_half(const uint8_t input[32], const uint8_t salt[4], uint8_t *to) {
    orr_hkdf(input, 32, salt, 4, "", 0, to, LAMPORT);
    for (int i = 0; i < CHUNKS; i++) orr_sha256(to + 32 * i, 32, to + 32 * i);
}

void orr_eip2333_child(struct orr_mem *mem, const uint8_t parent[ORR_BLS_SECRET], uint32_t index,
                       uint8_t key[ORR_BLS_SECRET]) {
    uint8_t salt[4], flipped[32], compressed[ORR_SHA256_BYTES];
    struct orr_secret lamport = orr_secret_new(mem, 2 * LAMPORT);
    orr_store_be32(salt, index);
    for (int i = 0; i < 32; i++) flipped[i] = (uint8_t)~parent[i];
    lamport_half(parent, salt, lamport.bytes);
    lamport_half(flipped, salt, lamport.bytes + LAMPORT);
    orr_sha256(lamport.bytes, lamport.len, compressed);
    key_of(mem, compressed, sizeof compressed, key);
    orr_secret_free(mem, &lamport);
    sodium_memzero(flipped, sizeof flipped);
    sodium_memzero(compressed, sizeof compressed);
}

void orr_eip2333_derive(struct orr_mem *mem, const uint8_t master[ORR_BLS_SECRET],
                        const struct orr_path *path, uint8_t key[ORR_BLS_SECRET]) {
    uint8_t at[ORR_BLS_SECRET];
    memcpy(at, master, sizeof at);
    for (size_t i = 0; i < path->n; i++) orr_eip2333_child(mem, at, path->step[i], at);
    memcpy(key, at, sizeof at);
    sodium_memzero(at, sizeof at);
}
