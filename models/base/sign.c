#include "models/base/sign.h"

#include <sodium.h>

#include "models/base/bytes.h"
#include "models/base/memo.h"
#include "models/base/rng.h"

_Static_assert(sizeof(((struct orr_keypair *)0)->secret) == crypto_sign_SECRETKEYBYTES,
               "one layout");
_Static_assert(ORR_SIGN_BYTES == crypto_sign_BYTES, "one size");

void orr_keypair_derive(uint64_t seed, uint32_t index, struct orr_keypair *pair) {
    struct orr_rng rng = orr_rng_stream(seed, ORR_RNG_KEYS, index);
    uint8_t bytes[ORR_SIGN_SEED_BYTES];
    for (unsigned i = 0; i < sizeof bytes; i += 8) orr_store_le64(bytes + i, orr_rng_u64(&rng));
    orr_keypair_from_seed(bytes, pair);
}

void orr_keypair_from_seed(const uint8_t seed[ORR_SIGN_SEED_BYTES], struct orr_keypair *pair) {
    crypto_sign_seed_keypair(pair->public_key, pair->secret, seed);
}

static struct orr_memo_key verify_key(const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES],
                                      const void *bytes, size_t len,
                                      const uint8_t signature[ORR_SIGN_BYTES]) {
    return orr_memo_key(ORR_MEMO_ED25519_VERIFY, public_key, ORR_SIGN_PUBLIC_BYTES, signature,
                        ORR_SIGN_BYTES, bytes, len);
}

void orr_sign(struct orr_memo *memo, const struct orr_keypair *pair, const void *bytes, size_t len,
              uint8_t signature[ORR_SIGN_BYTES]) {
    crypto_sign_detached(signature, NULL, bytes, len, pair->secret);
    if (memo) orr_memo_put(memo, verify_key(pair->public_key, bytes, len, signature), 1);
}

bool orr_sign_verify(struct orr_memo *memo, const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES],
                     const void *bytes, size_t len, const uint8_t signature[ORR_SIGN_BYTES]) {
    if (!memo) return !crypto_sign_verify_detached(signature, bytes, len, public_key);
    struct orr_memo_key key = verify_key(public_key, bytes, len, signature);
    uint64_t is_good;
    if (orr_memo_find(memo, key, &is_good)) return is_good;
    is_good = !crypto_sign_verify_detached(signature, bytes, len, public_key);
    orr_memo_put(memo, key, is_good);
    return is_good;
}
