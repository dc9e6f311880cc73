#include "models/vm/blobs.h"

#include <assert.h>
#include <string.h>

#include "models/base/bytes.h"

static size_t set_slot(const struct orr_evm_blobs *set, const uint8_t hash[32]) {
    size_t mask = set->index_cap - 1, i = orr_load_le64(hash) & mask;
    assert(set->n < set->index_cap); /* so the probe meets an empty slot */
    while (set->index[i] && memcmp(set->items[set->index[i] - 1].hash.bytes, hash, 32))
        i = (i + 1) & mask;
    return i;
}

const struct orr_evm_blob *orr_evm_blobs_find(const struct orr_evm_blobs *set,
                                              const uint8_t hash[32]) {
    if (!set->n) return NULL;
    uint32_t at = set->index[set_slot(set, hash)];
    return at ? &set->items[at - 1] : NULL;
}

static void set_grow(struct orr_mem *mem, struct orr_evm_blobs *set) {
    size_t cap = set->cap ? 2 * set->cap : 32;
    set->items =
        orr_resize(mem, set->items, set->cap * sizeof set->items[0], cap * sizeof set->items[0]);
    set->cap = cap;
    orr_free(mem, set->index, set->index_cap * sizeof set->index[0]);
    set->index_cap = 2 * cap;
    set->index = orr_alloc_zero(mem, set->index_cap * sizeof set->index[0]);
    for (size_t i = 0; i < set->n; i++)
        set->index[set_slot(set, set->items[i].hash.bytes)] = (uint32_t)i + 1;
}

void orr_evm_blobs_add(struct orr_mem *mem, struct orr_evm_blobs *set, const uint8_t hash[32],
                   const uint8_t *bytes, size_t len) {
    if (orr_evm_blobs_find(set, hash)) return;
    if (set->n == set->cap) set_grow(mem, set);
    size_t i = set_slot(set, hash);
    struct orr_evm_blob *blob = &set->items[set->n++];
    memcpy(blob->hash.bytes, hash, 32);
    blob->bytes = bytes;
    blob->len = len;
    set->index[i] = (uint32_t)set->n;
}

void orr_evm_blobs_free(struct orr_mem *mem, struct orr_evm_blobs *set, bool owns_bytes) {
    for (size_t i = 0; owns_bytes && i < set->n; i++)
        orr_free(mem, (uint8_t *)set->items[i].bytes, set->items[i].len);
    orr_free(mem, set->items, set->cap * sizeof set->items[0]);
    orr_free(mem, set->index, set->index_cap * sizeof set->index[0]);
}

void orr_evm_blobs_copy(struct orr_mem *mem, struct orr_evm_blobs *set, const uint8_t hash[32],
                    const uint8_t *bytes, size_t len) {
    uint8_t *copy = orr_alloc(mem, len);
    if (len) memcpy(copy, bytes, len);
    orr_evm_blobs_add(mem, set, hash, copy, len);
}
