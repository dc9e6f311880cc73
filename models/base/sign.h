/* sign.h - Ed25519 signatures (RFC 8032, PureEdDSA), by libsodium.
 *
 * A simulated node's key pair is a pure function of the scenario's seed and the node's index, so
 * every run and every node agrees on who holds which key.  Such keys protect nothing. */
#ifndef ORR_BASE_SIGN_H
#define ORR_BASE_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct orr_memo;

enum { ORR_SIGN_PUBLIC_BYTES = 32, ORR_SIGN_BYTES = 64, ORR_SIGN_SEED_BYTES = 32 };

struct orr_keypair {
    uint8_t public_key[ORR_SIGN_PUBLIC_BYTES];
    uint8_t secret[64]; /* seed, then public key */
};

/* The key pair of index `index` in stream (seed, ORR_RNG_KEYS): nodes use their own index. */
void orr_keypair_derive(uint64_t seed, uint32_t index, struct orr_keypair *pair);
/* The key pair of a 32-byte RFC 8032 seed. */
void orr_keypair_from_seed(const uint8_t seed[ORR_SIGN_SEED_BYTES], struct orr_keypair *pair);

/* Signs; the same key and bytes always give the same signature.  That it will verify is then known:
 * memo, unless it is NULL, remembers so, and no simulated node computes it again. */
void orr_sign(struct orr_memo *memo, const struct orr_keypair *pair, const void *bytes, size_t len,
              uint8_t signature[ORR_SIGN_BYTES]);

/* Is this the signature of bytes under public_key?  Refuses what libsodium refuses: a scalar
 * S >= L, keys and R of small order.  memo may be NULL. */
bool orr_sign_verify(struct orr_memo *memo, const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES],
                     const void *bytes, size_t len, const uint8_t signature[ORR_SIGN_BYTES]);
#endif
