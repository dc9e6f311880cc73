#include "models/base/sha256.h"

#include <assert.h>
#include <sodium.h>

_Static_assert(ORR_SHA256_BYTES == crypto_hash_sha256_BYTES, "the same function");

void orr_sha256(const void *bytes, size_t len, uint8_t digest[ORR_SHA256_BYTES]) {
    assert(bytes || !len);
    crypto_hash_sha256(digest, bytes, len);
}

void orr_sha256_tagged(uint8_t domain, const void *a, size_t a_len, const void *b, size_t b_len,
                       uint8_t digest[ORR_SHA256_BYTES]) {
    assert((a || !a_len) && (b || !b_len));
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &domain, 1);
    if (a_len) crypto_hash_sha256_update(&state, a, a_len);
    if (b_len) crypto_hash_sha256_update(&state, b, b_len);
    crypto_hash_sha256_final(&state, digest);
}
