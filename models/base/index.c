#include "models/base/index.h"

#include <assert.h>

void orr_index_init(struct orr_index *index, struct orr_mem *mem, size_t entry_size,
                    size_t key_offset) {
    assert(key_offset < entry_size && entry_size <= UINT32_MAX);
    *index = (struct orr_index){
        .mem = mem, .entry_size = (uint32_t)entry_size, .key_offset = (uint32_t)key_offset};
}

void orr_index_fini(struct orr_index *index) {
    orr_free(index->mem, index->slots, index->cap * sizeof *index->slots);
    index->slots = NULL;
    index->n = index->cap = 0;
}

void orr_index_clear(struct orr_index *index) {
    if (index->n) memset(index->slots, 0, index->cap * sizeof *index->slots);
    index->n = 0;
}

static uint64_t hash_of(const uint8_t *key, size_t key_len) {
    return key_len == 8 ? orr_index_hash(orr_load_le64(key)) : orr_hash64(1, key, key_len);
}

/* The slot of the key of the entry at `place`, or the free one where it goes. */
static struct orr_index_slot *slot_of(const struct orr_index *index, const void *entries,
                                      size_t key_len, uint64_t hash, uint32_t place) {
    const uint8_t *key = orr_index_key(index, entries, place);
    for (uint32_t at = (uint32_t)hash;; at++) { /* ends: half of the slots are free */
        struct orr_index_slot *slot = &index->slots[at & (index->cap - 1)];
        if (!slot->place) return slot;
        if (slot->tag == (uint32_t)(hash >> 32) &&
            !memcmp(orr_index_key(index, entries, slot->place - 1), key, key_len))
            return slot;
    }
}

static void grow(struct orr_index *index, const void *entries, size_t key_len) {
    struct orr_index larger = *index;
    larger.cap = index->cap ? 2 * index->cap : 16;
    assert(larger.cap > index->cap);
    larger.slots = orr_alloc_zero(index->mem, larger.cap * sizeof *larger.slots);
    for (uint32_t i = 0; i < index->cap; i++) {
        struct orr_index_slot slot = index->slots[i];
        if (!slot.place) continue;
        uint64_t hash = hash_of(orr_index_key(index, entries, slot.place - 1), key_len);
        *slot_of(&larger, entries, key_len, hash, slot.place - 1) = slot;
    }
    orr_free(index->mem, index->slots, index->cap * sizeof *index->slots);
    *index = larger;
}

static void put(struct orr_index *index, const void *entries, size_t key_len, uint32_t place) {
    assert(place != ORR_NOWHERE);
    if (2 * ((uint64_t)index->n + 1) > index->cap) grow(index, entries, key_len);
    uint64_t hash = hash_of(orr_index_key(index, entries, place), key_len);
    struct orr_index_slot *slot = slot_of(index, entries, key_len, hash, place);
    if (!slot->place) index->n++;
    *slot = (struct orr_index_slot){place + 1, (uint32_t)(hash >> 32)};
}

void orr_index_put(struct orr_index *index, const void *entries, uint32_t place) {
    put(index, entries, 8, place);
}

void orr_index_put32(struct orr_index *index, const void *entries, uint32_t place) {
    put(index, entries, 32, place);
}
