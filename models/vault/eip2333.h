/* eip2333.h - keys over BLS12-381 from a seed (EIP-2333) and along a path (EIP-2334). */
#ifndef ORR_VAULT_EIP2333_H
#define ORR_VAULT_EIP2333_H

#include <stdint.h>

#include "models/vault/bip32.h"

enum { ORR_BLS_SECRET = 32, ORR_BLS_PUBLIC = 48 };

/* What the vault asks of a BLS12-381, which it does not know itself: the compressed public key of a
 * secret, 32 bytes below the group's order, big-endian.  False: not below it, or zero. */
struct orr_bls_curve {
    bool (*public_key)(const struct orr_bls_curve *curve, const uint8_t secret[ORR_BLS_SECRET],
                       uint8_t public_key[ORR_BLS_PUBLIC]);
    struct orr_mem *mem;
};

/* The master key of a seed of at least 32 bytes (BAD_TEXT). */
enum orr_vault_fault orr_eip2333_master(struct orr_mem *mem, const void *seed, size_t len,
                                        uint8_t key[ORR_BLS_SECRET]);
void orr_eip2333_child(struct orr_mem *mem, const uint8_t parent[ORR_BLS_SECRET], uint32_t index,
                       uint8_t key[ORR_BLS_SECRET]);
/* From the master key along a path that was read as `wide`. */
void orr_eip2333_derive(struct orr_mem *mem, const uint8_t master[ORR_BLS_SECRET],
                        const struct orr_path *path, uint8_t key[ORR_BLS_SECRET]);
#endif
