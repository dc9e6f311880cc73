/* words.h - what everything of Ethereum is written in: 256-bit integers, addresses, hashes. */
#ifndef ORR_BASE_WORDS_H
#define ORR_BASE_WORDS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/base/keccak.h" /* struct orr_hash: 32 bytes in wire order */

/* A 256-bit unsigned integer modulo 2^256; limb[0] is the least significant.  Its arithmetic is in
 * models/vm/u256.h. */
struct orr_u256 { uint64_t limb[4]; };

/* An account's address, in wire order. */
struct orr_address { uint8_t bytes[20]; };

/* struct orr_hash, a Keccak-256 digest or any other 32 bytes in wire order, is keccak.h's. */

static inline bool orr_u256_is_zero(struct orr_u256 a) {
    return !(a.limb[0] | a.limb[1] | a.limb[2] | a.limb[3]);
}
static inline bool orr_u256_equal(struct orr_u256 a, struct orr_u256 b) {
    return !((a.limb[0] ^ b.limb[0]) | (a.limb[1] ^ b.limb[1]) | (a.limb[2] ^ b.limb[2]) |
             (a.limb[3] ^ b.limb[3]));
}
static inline struct orr_u256 orr_u256_from_u64(uint64_t v) {
    return (struct orr_u256){{v, 0, 0, 0}};
}
/* From 32 big-endian bytes, and back. */
static inline struct orr_u256 orr_u256_load_be(const void *bytes) {
    const uint8_t *p = bytes;
    return (struct orr_u256){{orr_load_be64(p + 24), orr_load_be64(p + 16), orr_load_be64(p + 8),
                              orr_load_be64(p)}};
}
static inline void orr_u256_store_be(void *bytes, struct orr_u256 a) {
    uint8_t *p = bytes;
    orr_store_be64(p, a.limb[3]);
    orr_store_be64(p + 8, a.limb[2]);
    orr_store_be64(p + 16, a.limb[1]);
    orr_store_be64(p + 24, a.limb[0]);
}
static inline struct orr_u256 orr_u256_from_hash(struct orr_hash h) {
    return orr_u256_load_be(h.bytes);
}
static inline struct orr_hash orr_u256_to_hash(struct orr_u256 a) {
    struct orr_hash h;
    orr_u256_store_be(h.bytes, a);
    return h;
}
/* An address as a word (upper 96 bits zero), and a word's low 160 bits as an address. */
static inline struct orr_u256 orr_u256_from_address(struct orr_address a) {
    return (struct orr_u256){{orr_load_be64(a.bytes + 12), orr_load_be64(a.bytes + 4),
                              orr_load_be32(a.bytes), 0}};
}
static inline struct orr_address orr_u256_to_address(struct orr_u256 a) {
    struct orr_address to;
    orr_store_be32(to.bytes, (uint32_t)a.limb[2]);
    orr_store_be64(to.bytes + 4, a.limb[1]);
    orr_store_be64(to.bytes + 12, a.limb[0]);
    return to;
}
static inline bool orr_address_equal(struct orr_address a, struct orr_address b) {
    return !memcmp(a.bytes, b.bytes, sizeof a.bytes);
}
static inline bool orr_hash_equal(struct orr_hash a, struct orr_hash b) {
    return !memcmp(a.bytes, b.bytes, sizeof a.bytes);
}
#endif
