/* sign.h - signatures: Ed25519 (RFC 8032, PureEdDSA) by libsodium, or a model of it.
 *
 * A simulated node's key pair is a pure function of the scenario's seed and the node's index, so
 * every run and every node agrees on who holds which key.  Such keys protect nothing.
 *
 * Ed25519 takes most of a small run's time, and nothing in a run depends on its bytes.  A modelled
 * signature has the same sizes and is charged the same simulated time (models/base/cost.h), but is
 * a message authentication code: SipHash-2-4-128 (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast
 * short-input PRF", INDOCRYPT 2012), about 60 ns where Ed25519 takes tens of microseconds.
 *   public key   16 drawn bytes, the owner's name, and 16 that follow from it: the mark by which
 *                orr_sign_verify tells such a key from one of Ed25519 (odds of a mix-up: 2^-128)
 *   secret       SipHash of the name under a key that only sign.c holds
 *   signature    SipHash of the message under the secret, 16 bytes, and 48 that follow from them,
 *                so that no bit can be changed
 * Whoever verifies must recompute the code, so orr_sign_verify derives the secret from the public
 * key and tells nobody.  A node that knows public keys, messages and signatures and calls what this
 * header declares with its own pair has nothing that would make another's signature: SipHash is a
 * pseudo-random function, what it makes up is refused (odds 2^-128 a try).  It cannot stand against
 * one who copies sign.c's constants, as real pairs cannot against one who derives them again. */
#ifndef ORR_BASE_SIGN_H
#define ORR_BASE_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct orr_memo;

enum { ORR_SIGN_PUBLIC_BYTES = 32, ORR_SIGN_BYTES = 64, ORR_SIGN_SEED_BYTES = 32 };

enum orr_signatures { ORR_SIGNATURES_REAL, ORR_SIGNATURES_MODELLED };

struct orr_keypair {
    uint8_t public_key[ORR_SIGN_PUBLIC_BYTES];
    uint8_t secret[64]; /* Ed25519: seed, then public key; modelled: 16 bytes, then zeros */
    enum orr_signatures kind;
};

/* The key pair of index `index` in stream (seed, ORR_RNG_KEYS): nodes use their own index. */
void orr_keypair_derive(enum orr_signatures kind, uint64_t seed, uint32_t index,
                        struct orr_keypair *pair);
/* The Ed25519 key pair of a 32-byte RFC 8032 seed. */
void orr_keypair_from_seed(const uint8_t seed[ORR_SIGN_SEED_BYTES], struct orr_keypair *pair);

/* Signs; the same key and bytes always give the same signature.  That it will verify is then known:
 * memo, unless it is NULL, remembers so of a real one, and no simulated node computes it again. */
void orr_sign(struct orr_memo *memo, const struct orr_keypair *pair, const void *bytes, size_t len,
              uint8_t signature[ORR_SIGN_BYTES]);

/* Is this the signature of bytes under public_key?  Of Ed25519 it refuses what libsodium refuses: a
 * scalar S >= L, keys and R of small order.  memo may be NULL. */
bool orr_sign_verify(struct orr_memo *memo, const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES],
                     const void *bytes, size_t len, const uint8_t signature[ORR_SIGN_BYTES]);
#endif
