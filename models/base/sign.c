#include "models/base/sign.h"

#include <sodium.h>

#include "models/base/bytes.h"
#include "models/base/memo.h"
#include "models/base/rng.h"
#include "models/base/sanitize.h"

_Static_assert(sizeof(((struct orr_keypair *)0)->secret) == crypto_sign_SECRETKEYBYTES,
               "one layout");
_Static_assert(ORR_SIGN_BYTES == crypto_sign_BYTES, "one size");

static bool is_modelled(const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES]);
static void make_pair(const uint8_t name[16], struct orr_keypair *pair);
static void derive_secret(const uint8_t *public_key, uint8_t secret[16]);
static void model(const uint8_t secret[16], const void *bytes, size_t len,
                  uint8_t signature[ORR_SIGN_BYTES]);

/* ---- key pairs ---- */

void orr_keypair_derive(enum orr_signatures kind, uint64_t seed, uint32_t index,
                        struct orr_keypair *pair) {
    struct orr_rng rng = orr_rng_stream(seed, ORR_RNG_KEYS, index);
    uint8_t bytes[ORR_SIGN_SEED_BYTES];
    for (unsigned i = 0; i < sizeof bytes; i += 8) orr_store_le64(bytes + i, orr_rng_u64(&rng));
    if (kind == ORR_SIGNATURES_MODELLED) make_pair(bytes, pair);
    else orr_keypair_from_seed(bytes, pair);
}

void orr_keypair_from_seed(const uint8_t seed[ORR_SIGN_SEED_BYTES], struct orr_keypair *pair) {
    crypto_sign_seed_keypair(pair->public_key, pair->secret, seed);
    orr_filled(pair, sizeof *pair);
    pair->kind = ORR_SIGNATURES_REAL;
}

/* ---- signatures ---- */

static struct orr_memo_key verify_key(const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES],
                                      const void *bytes, size_t len,
                                      const uint8_t signature[ORR_SIGN_BYTES]) {
    return orr_memo_key(ORR_MEMO_ED25519_VERIFY, public_key, ORR_SIGN_PUBLIC_BYTES, signature,
                        ORR_SIGN_BYTES, bytes, len);
}

void orr_sign(struct orr_memo *memo, const struct orr_keypair *pair, const void *bytes, size_t len,
              uint8_t signature[ORR_SIGN_BYTES]) {
    if (pair->kind == ORR_SIGNATURES_MODELLED) {
        model(pair->secret, bytes, len, signature);
        return;
    }
    crypto_sign_detached(signature, NULL, bytes, len, pair->secret);
    orr_filled(signature, ORR_SIGN_BYTES);
    if (memo) orr_memo_put(memo, verify_key(pair->public_key, bytes, len, signature), 1);
}

bool orr_sign_verify(struct orr_memo *memo, const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES],
                     const void *bytes, size_t len, const uint8_t signature[ORR_SIGN_BYTES]) {
    if (is_modelled(public_key)) { /* quicker than to look into a memo */
        uint8_t secret[16], good[ORR_SIGN_BYTES];
        derive_secret(public_key, secret);
        model(secret, bytes, len, good);
        return !memcmp(good, signature, sizeof good);
    }
    if (!memo) return !crypto_sign_verify_detached(signature, bytes, len, public_key);
    struct orr_memo_key key = verify_key(public_key, bytes, len, signature);
    uint64_t is_good;
    if (orr_memo_find(memo, key, &is_good)) return is_good;
    is_good = !crypto_sign_verify_detached(signature, bytes, len, public_key);
    orr_memo_put(memo, key, is_good);
    return is_good;
}

/* ---- modelled ones ---- */

/* Known to no other file; any bytes do. */
static const uint8_t authority[crypto_shorthash_siphashx24_KEYBYTES] = "orrery: secrets";

/* Fills 8 * n bytes with what follows from 16: splitmix64's sequence and finaliser (G. L. Steele,
 * D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). */
static void stretch(const uint8_t from[16], unsigned n, uint8_t *to) {
    uint64_t a = orr_load_le64(from), b = orr_load_le64(from + 8);
    for (unsigned i = 0; i < n; i++) {
        uint64_t x = (i % 2 ? a : b) + (i + 1) * 0x9e3779b97f4a7c15u;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        x = (x ^ x >> 27) * 0x94d049bb133111ebu;
        orr_store_le64(to + 8 * i, x ^ x >> 31);
    }
}

static void make_pair(const uint8_t name[16], struct orr_keypair *pair) {
    *pair = (struct orr_keypair){.kind = ORR_SIGNATURES_MODELLED};
    memcpy(pair->public_key, name, 16);
    stretch(name, 2, pair->public_key + 16);
    derive_secret(pair->public_key, pair->secret);
}

static bool is_modelled(const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES]) {
    uint8_t mark[16];
    stretch(public_key, 2, mark);
    return !memcmp(mark, public_key + 16, sizeof mark);
}

static void derive_secret(const uint8_t *public_key, uint8_t secret[16]) {
    crypto_shorthash_siphashx24(secret, public_key, 16, authority);
    orr_filled(secret, 16);
}

static void model(const uint8_t secret[16], const void *bytes, size_t len,
                  uint8_t signature[ORR_SIGN_BYTES]) {
    crypto_shorthash_siphashx24(signature, bytes, len, secret);
    orr_filled(signature, 16);
    stretch(signature, 6, signature + 16);
}
