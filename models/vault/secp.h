/* secp.h - keys and signatures over secp256k1, by libsecp256k1: ECDSA with recovery as Ethereum
 * uses it (RFC 6979, low s), Schnorr signatures of BIP-340, and what BIP-32 adds to keys.
 *
 * A key is 32 bytes, big-endian; one that is not in 1 .. n - 1 makes a function return false. */
#ifndef ORR_VAULT_SECP_H
#define ORR_VAULT_SECP_H

#include <stdbool.h>

#include "models/base/mem.h"
#include "models/base/words.h"

/* The library's tables and blinding; made once, used by one thread. */
struct orr_secp {
    struct orr_mem *mem;
    void *context;
    size_t size;
};
/* blind: 32 random bytes that hide what signing computes from who measures it, or NULL. */
void orr_secp_init(struct orr_secp *secp, struct orr_mem *mem, const uint8_t *blind);
void orr_secp_fini(struct orr_secp *secp);

/* The public key as a point in compressed form. */
bool orr_secp_public(const struct orr_secp *secp, const uint8_t key[32], uint8_t point[33]);
/* key = key + tweak mod n; false also when the tweak is not below n or the sum is zero. */
bool orr_secp_add(const struct orr_secp *secp, uint8_t key[32], const uint8_t tweak[32]);
/* point = point + tweak G. */
bool orr_secp_add_public(const struct orr_secp *secp, uint8_t point[33], const uint8_t tweak[32]);
/* Whether 33 bytes, or 65, are a point of the curve. */
bool orr_secp_is_point(const struct orr_secp *secp, const uint8_t *point, size_t len);

/* Keccak-256 of the public key, its last 20 bytes. */
bool orr_secp_address(const struct orr_secp *secp, const uint8_t key[32],
                      struct orr_address *address);
bool orr_secp_point_address(const struct orr_secp *secp, const uint8_t *point, size_t len,
                            struct orr_address *address);

/* r, s and the parity of R's y (0 or 1): 65 bytes. */
enum { ORR_SECP_SIGNATURE = 65 };
bool orr_secp_sign(const struct orr_secp *secp, const uint8_t key[32], const uint8_t hash[32],
                   uint8_t signature[ORR_SECP_SIGNATURE]);
/* Who signed; false: nobody can have, or s is above n / 2 (EIP-2). */
bool orr_secp_recover(const struct orr_secp *secp, const uint8_t hash[32],
                      const uint8_t signature[ORR_SECP_SIGNATURE], uint8_t point[33]);

/* BIP-340: the public key is an x coordinate.  aux: 32 random bytes, or zeros. */
bool orr_schnorr_public(const struct orr_secp *secp, const uint8_t key[32], uint8_t x[32]);
bool orr_schnorr_sign(const struct orr_secp *secp, const uint8_t key[32], const uint8_t aux[32],
                      const void *message, size_t len, uint8_t signature[64]);
bool orr_schnorr_verify(const struct orr_secp *secp, const uint8_t x[32], const void *message,
                        size_t len, const uint8_t signature[64]);

enum { ORR_ADDRESS_TEXT = 43 };
/* "0x" and hex digits whose case is a checksum (EIP-55), with a NUL. */
void orr_address_write(char to[ORR_ADDRESS_TEXT], const struct orr_address *address);
/* 40 digits, with or without "0x"; of one case, or else in EIP-55's.  Returns 0, ORR_EFORMAT, or
 * ORR_ECORRUPT when the case does not fit. */
int orr_address_read(const char *text, size_t len, struct orr_address *address);
#endif
