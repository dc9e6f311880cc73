/* index.h - where the entry of a key stands in an array of yours.
 *
 * The array is the owner's: entries in the order in which they came, each with its key in it, and
 * that order is the only one in which they are walked.  The index finds the place of a key in one
 * look at a slot and one at the entry.  Keys are 64-bit numbers, or 32 bytes (hashes, public
 * keys).
 *
 *     struct account { uint64_t balance; uint8_t key[32]; } *accounts;
 *     orr_index_init(&index, mem, sizeof *accounts, offsetof(struct account, key));
 *     uint32_t at = orr_index_find32(&index, accounts, key);
 *
 * There is no removal: an owner that drops entries leaves their keys in place until it sweeps its
 * array, clears the index and puts what is left (bft/common/mempool.c does). */
#ifndef ORR_BASE_INDEX_H
#define ORR_BASE_INDEX_H

#include <stdbool.h>

#include "models/base/bytes.h"
#include "models/base/mem.h"
#include "models/base/msg.h"

#define ORR_NOWHERE UINT32_MAX /* no place */

/* Open addressing: cap is 0 or a power of two, at least 2n. */
struct orr_index {
    struct orr_mem *mem;
    struct orr_index_slot {
        uint32_t place; /* in the array + 1; 0: free                       */
        uint32_t tag;   /* of the key's hash, to pass by most other keys   */
    } *slots;
    uint32_t n, cap;
    uint32_t entry_size, key_offset; /* bytes: of an entry, and from its start to its key */
};

/* An empty index that takes no memory yet. */
void orr_index_init(struct orr_index *index, struct orr_mem *mem, size_t entry_size,
                    size_t key_offset);
void orr_index_fini(struct orr_index *index);
/* Forgets all places and keeps the memory. */
void orr_index_clear(struct orr_index *index);
/* Makes the entry at `place`, whose key is in the array, the one that is found by its key. */
void orr_index_put(struct orr_index *index, const void *entries, uint32_t place);
void orr_index_put32(struct orr_index *index, const void *entries, uint32_t place);

static inline uint64_t orr_index_hash(uint64_t key) {
    uint64_t h = key * 0x9e3779b97f4a7c15ull;
    return h ^ h >> 32;
}
static inline const uint8_t *orr_index_key(const struct orr_index *index, const void *entries,
                                           uint32_t place) {
    return (const uint8_t *)entries + (size_t)place * index->entry_size + index->key_offset;
}
/* The place of a key, or ORR_NOWHERE.  entries may be NULL while there are none. */
static inline uint32_t orr_index_find(const struct orr_index *index, const void *entries,
                                      uint64_t key) {
    if (!index->n) return ORR_NOWHERE;
    uint64_t hash = orr_index_hash(key);
    /* Ends: half of the slots are free. */
    for (uint32_t at = (uint32_t)hash;; at++) {
        struct orr_index_slot slot = index->slots[at & (index->cap - 1)];
        if (!slot.place) return ORR_NOWHERE;
        if (slot.tag == (uint32_t)(hash >> 32) &&
            orr_load_le64(orr_index_key(index, entries, slot.place - 1)) == key)
            return slot.place - 1;
    }
}
static inline uint32_t orr_index_find32(const struct orr_index *index, const void *entries,
                                        const uint8_t key[32]) {
    if (!index->n) return ORR_NOWHERE;
    uint64_t hash = orr_hash64(1, key, 32);
    for (uint32_t at = (uint32_t)hash;; at++) { /* ends: as above */
        struct orr_index_slot slot = index->slots[at & (index->cap - 1)];
        if (!slot.place) return ORR_NOWHERE;
        if (slot.tag == (uint32_t)(hash >> 32) &&
            !memcmp(orr_index_key(index, entries, slot.place - 1), key, 32))
            return slot.place - 1;
    }
}
#endif
