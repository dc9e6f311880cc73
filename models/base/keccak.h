/* keccak.h - Keccak-256 as Ethereum uses it: the Keccak submission's padding (0x01), not SHA-3's
 * (0x06).  Keccak reference 3.0, rate 1,088 bits, capacity 512; yellow paper, appendix "KEC".
 *
 * Input is public everywhere here; the permutation is constant-time by nature. */
#ifndef ORR_BASE_KECCAK_H
#define ORR_BASE_KECCAK_H

#include <stddef.h>
#include <stdint.h>

enum { ORR_KECCAK_BYTES = 32, ORR_KECCAK_RATE_BYTES = 136 };

/* A Keccak-256 digest, or any other 32 bytes, in wire order. */
struct orr_hash {
    uint8_t bytes[ORR_KECCAK_BYTES];
};

/* Keccak-256 of len bytes at data (data may be NULL when len is 0). */
struct orr_hash orr_keccak256(const void *data, size_t len);

/* The hash of parts that are not adjacent: init, update any number of times, final once. */
struct orr_keccak {
    uint64_t lanes[25];
    uint8_t block[ORR_KECCAK_RATE_BYTES];
    size_t block_len; /* < ORR_KECCAK_RATE_BYTES between calls */
};
void orr_keccak_init(struct orr_keccak *k);
void orr_keccak_update(struct orr_keccak *k, const void *data, size_t len);
struct orr_hash orr_keccak_final(struct orr_keccak *k);
#endif
