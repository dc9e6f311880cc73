/* blobs.h - a set of byte strings in order of arrival, found by hash: what a witness is made of.
 * Start it as {.n = 0}. */
#ifndef ORR_EVM_BLOBS_H
#define ORR_EVM_BLOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/keccak.h"
#include "models/base/mem.h"

struct orr_evm_blob {
    struct orr_hash hash;
    const uint8_t *bytes; /* [len] */
    size_t len;
};

struct orr_evm_blobs {
    struct orr_evm_blob *items; /* [n] */
    size_t n, cap;
    uint32_t *index; /* 1 + place in items, 0 empty */
    size_t index_cap;
};

/* The one with this hash, lent until the next is added; NULL when there is none. */
const struct orr_evm_blob *orr_evm_blobs_find(const struct orr_evm_blobs *set,
                                              const uint8_t hash[32]);
/* Adds one, unless one with this hash is there.  The caller says what the hash is, and keeps bytes
 * alive, or copies them: then the hash must be new. */
void orr_evm_blobs_add(struct orr_mem *mem, struct orr_evm_blobs *set, const uint8_t hash[32],
                   const uint8_t *bytes, size_t len);
void orr_evm_blobs_copy(struct orr_mem *mem, struct orr_evm_blobs *set, const uint8_t hash[32],
                    const uint8_t *bytes, size_t len);
/* Gives the set back, and the bytes if it owns them (all were copied). */
void orr_evm_blobs_free(struct orr_mem *mem, struct orr_evm_blobs *set, bool owns_bytes);
#endif
