#define OPENSSL_SUPPRESS_DEPRECATED /* the one-shot EVP calls look the algorithm up each time */
#include "models/base/sha256.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

#include "models/base/sanitize.h"

_Static_assert(ORR_SHA256_BYTES == SHA256_DIGEST_LENGTH, "the same function");

void orr_sha256(const void *bytes, size_t len, uint8_t digest[ORR_SHA256_BYTES]) {
    assert(bytes || !len);
    SHA256_CTX state;
    SHA256_Init(&state);
    if (len) SHA256_Update(&state, bytes, len);
    SHA256_Final(digest, &state);
    orr_filled(digest, ORR_SHA256_BYTES);
}

void orr_sha256_tagged(uint8_t domain, const void *a, size_t a_len, const void *b, size_t b_len,
                       uint8_t digest[ORR_SHA256_BYTES]) {
    assert((a || !a_len) && (b || !b_len));
    uint8_t head[128];
    head[0] = domain;
    SHA256_CTX state;
    SHA256_Init(&state);
    if (a_len < sizeof head && b_len < sizeof head - a_len) { /* one call for a tree's nodes */
        if (a_len) memcpy(head + 1, a, a_len);
        if (b_len) memcpy(head + 1 + a_len, b, b_len);
        SHA256_Update(&state, head, 1 + a_len + b_len);
    } else {
        SHA256_Update(&state, head, 1);
        if (a_len) SHA256_Update(&state, a, a_len);
        if (b_len) SHA256_Update(&state, b, b_len);
    }
    SHA256_Final(digest, &state);
    orr_filled(digest, ORR_SHA256_BYTES);
}
