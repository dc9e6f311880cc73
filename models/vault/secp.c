#include "models/vault/secp.h"

#include <assert.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>
#include <sodium.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/base/sanitize.h"

void orr_secp_init(struct orr_secp *secp, struct orr_mem *mem, const uint8_t *blind) {
    size_t size = secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE);
    void *place = orr_alloc(mem, size);
    secp256k1_context *context =
        secp256k1_context_preallocated_create(place, SECP256K1_CONTEXT_NONE);
    if (blind && !secp256k1_context_randomize(context, blind)) assert(!"randomize cannot fail");
    *secp = (struct orr_secp){mem, context, size};
}

void orr_secp_fini(struct orr_secp *secp) {
    secp256k1_context_preallocated_destroy(secp->context);
    sodium_memzero(secp->context, secp->size);
    orr_free(secp->mem, secp->context, secp->size);
}

/* ---- keys ---- */

static void compress(const struct orr_secp *secp, const secp256k1_pubkey *key, uint8_t to[33]) {
    size_t len = 33;
    secp256k1_ec_pubkey_serialize(secp->context, to, &len, key, SECP256K1_EC_COMPRESSED);
    assert(len == 33);
}

bool orr_secp_public(const struct orr_secp *secp, const uint8_t key[32], uint8_t point[33]) {
    secp256k1_pubkey public;
    if (!secp256k1_ec_pubkey_create(secp->context, &public, key)) return false;
    compress(secp, &public, point);
    return true;
}

bool orr_secp_add(const struct orr_secp *secp, uint8_t key[32], const uint8_t tweak[32]) {
    uint8_t sum[32];
    memcpy(sum, key, 32);
    bool good = secp256k1_ec_seckey_tweak_add(secp->context, sum, tweak);
    if (good) memcpy(key, sum, 32);
    sodium_memzero(sum, sizeof sum);
    return good;
}

bool orr_secp_add_public(const struct orr_secp *secp, uint8_t point[33], const uint8_t tweak[32]) {
    secp256k1_pubkey public;
    if (!secp256k1_ec_pubkey_parse(secp->context, &public, point, 33)) return false;
    if (!secp256k1_ec_pubkey_tweak_add(secp->context, &public, tweak)) return false;
    compress(secp, &public, point);
    return true;
}

bool orr_secp_is_point(const struct orr_secp *secp, const uint8_t *point, size_t len) {
    secp256k1_pubkey public;
    return secp256k1_ec_pubkey_parse(secp->context, &public, point, len);
}

bool orr_secp_point_address(const struct orr_secp *secp, const uint8_t *point, size_t len,
                            struct orr_address *address) {
    secp256k1_pubkey public;
    uint8_t full[65];
    size_t full_len = sizeof full;
    if (!secp256k1_ec_pubkey_parse(secp->context, &public, point, len)) return false;
    secp256k1_ec_pubkey_serialize(secp->context, full, &full_len, &public,
                                  SECP256K1_EC_UNCOMPRESSED);
    orr_filled(full, sizeof full);
    struct orr_hash hash = orr_keccak256(full + 1, 64);
    memcpy(address->bytes, hash.bytes + 12, sizeof address->bytes);
    return true;
}

bool orr_secp_address(const struct orr_secp *secp, const uint8_t key[32],
                      struct orr_address *address) {
    uint8_t point[33];
    return orr_secp_public(secp, key, point) &&
           orr_secp_point_address(secp, point, sizeof point, address);
}

/* ---- ECDSA ---- */

bool orr_secp_sign(const struct orr_secp *secp, const uint8_t key[32], const uint8_t hash[32],
                   uint8_t signature[ORR_SECP_SIGNATURE]) {
    secp256k1_ecdsa_recoverable_signature made;
    int parity;
    if (!secp256k1_ecdsa_sign_recoverable(secp->context, &made, hash, key, NULL, NULL))
        return false;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(secp->context, signature, &parity,
                                                            &made);
    orr_filled(signature, 64);
    orr_filled(&parity, sizeof parity);
    assert(parity == 0 || parity == 1); /* r >= n has odds of 2^-127 */
    signature[64] = (uint8_t)parity;
    return true;
}

bool orr_secp_recover(const struct orr_secp *secp, const uint8_t hash[32],
                      const uint8_t signature[ORR_SECP_SIGNATURE], uint8_t point[33]) {
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey public;
    if (signature[64] > 1) return false;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(secp->context, &parsed, signature,
                                                             signature[64]))
        return false;
    secp256k1_ecdsa_recoverable_signature_convert(secp->context, &plain, &parsed);
    if (secp256k1_ecdsa_signature_normalize(secp->context, NULL, &plain)) return false; /* high s */
    if (!secp256k1_ecdsa_recover(secp->context, &public, &parsed, hash)) return false;
    compress(secp, &public, point);
    return true;
}

/* ---- Schnorr ---- */

bool orr_schnorr_public(const struct orr_secp *secp, const uint8_t key[32], uint8_t x[32]) {
    uint8_t point[33];
    if (!orr_secp_public(secp, key, point)) return false;
    memcpy(x, point + 1, 32);
    return true;
}

bool orr_schnorr_sign(const struct orr_secp *secp, const uint8_t key[32], const uint8_t aux[32],
                      const void *message, size_t len, uint8_t signature[64]) {
    secp256k1_keypair pair;
    secp256k1_schnorrsig_extraparams extra = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
    extra.ndata = (void *)aux;
    if (!secp256k1_keypair_create(secp->context, &pair, key)) return false;
    bool good =
        secp256k1_schnorrsig_sign_custom(secp->context, signature, message, len, &pair, &extra);
    sodium_memzero(&pair, sizeof pair);
    return good;
}

bool orr_schnorr_verify(const struct orr_secp *secp, const uint8_t x[32], const void *message,
                        size_t len, const uint8_t signature[64]) {
    secp256k1_xonly_pubkey public;
    return secp256k1_xonly_pubkey_parse(secp->context, &public, x) &&
           secp256k1_schnorrsig_verify(secp->context, signature, message, len, &public);
}

/* ---- addresses ---- */

void orr_address_write(char to[ORR_ADDRESS_TEXT], const struct orr_address *address) {
    to[0] = '0', to[1] = 'x';
    orr_hex_encode(to + 2, address->bytes, sizeof address->bytes);
    struct orr_hash hash = orr_keccak256(to + 2, 40);
    for (int i = 0; i < 40; i++) {
        int nibble = hash.bytes[i / 2] >> (i % 2 ? 0 : 4) & 15;
        if (nibble >= 8 && to[2 + i] >= 'a') to[2 + i] -= 32;
    }
}

int orr_address_read(const char *text, size_t len, struct orr_address *address) {
    struct orr_address read;
    char canonical[ORR_ADDRESS_TEXT];
    if (orr_hex_read(text, len, read.bytes, sizeof read.bytes) != sizeof read.bytes)
        return ORR_EFORMAT;
    const char *digits = text + (len - 40);
    bool upper = false, lower = false;
    for (int i = 0; i < 40; i++) {
        upper |= digits[i] >= 'A' && digits[i] <= 'F';
        lower |= digits[i] >= 'a' && digits[i] <= 'f';
    }
    orr_address_write(canonical, &read);
    if (upper && lower && memcmp(canonical + 2, digits, 40)) return ORR_ECORRUPT;
    *address = read;
    return 0;
}
