/* sha256.h - SHA-256 (FIPS 180-4), by libcrypto, which uses the processor's own instructions for
 * it. */
#ifndef ORR_BASE_SHA256_H
#define ORR_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { ORR_SHA256_BYTES = 32 };

/* The digest of len bytes (bytes may be NULL when len is 0). */
void orr_sha256(const void *bytes, size_t len, uint8_t digest[ORR_SHA256_BYTES]);

/* The digest of one byte of domain followed by two pieces; either may be empty.  The domain byte
 * keeps hashes made for different purposes apart. */
void orr_sha256_tagged(uint8_t domain, const void *a, size_t a_len, const void *b, size_t b_len,
                       uint8_t digest[ORR_SHA256_BYTES]);
#endif
