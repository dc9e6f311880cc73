#include "models/gossip/seen.h"

#include <assert.h>

enum { FIRST_CAP = 16 };

void orr_seen_init(struct orr_seen *seen, struct orr_mem *mem) {
    *seen = (struct orr_seen){.mem = mem};
}

void orr_seen_fini(struct orr_seen *seen) {
    orr_free(seen->mem, seen->entries, (size_t)seen->cap * sizeof *seen->entries);
    orr_free(seen->mem, seen->slots, 2 * (size_t)seen->cap * sizeof *seen->slots);
    orr_seen_init(seen, seen->mem);
}

/* There are 2 cap slots; linear probing. */
static uint32_t mask(const struct orr_seen *seen) { return 2 * seen->cap - 1; }
static uint64_t mix(uint64_t key) { return key * 0x9e3779b97f4a7c15ull; }
static uint32_t home(const struct orr_seen *seen, uint64_t key) {
    return (uint32_t)(mix(key) >> 32) & mask(seen);
}
static struct orr_seen_slot slot_for(uint32_t place, uint64_t key) {
    return (struct orr_seen_slot){place + 1, {(uint32_t)key, (uint32_t)(key >> 32)}};
}
static uint64_t key_in(const struct orr_seen_slot *slot) {
    return (uint64_t)slot->key[1] << 32 | slot->key[0];
}

/* The slot of a key, or the free one where it would go; cap > 0. */
static uint32_t slot_of(const struct orr_seen *seen, uint64_t key) {
    uint32_t at = home(seen, key);
    /* ends: half of the slots are free */
    while (seen->slots[at].place && key_in(&seen->slots[at]) != key) at = (at + 1) & mask(seen);
    return at;
}

void orr_seen_touch(const struct orr_seen *seen, uint64_t key) {
    if (seen->n) __builtin_prefetch(&seen->slots[home(seen, key)]);
}

struct orr_seen_entry *orr_seen_find(const struct orr_seen *seen, uint64_t key) {
    if (!seen->n) return NULL;
    uint32_t place = seen->slots[slot_of(seen, key)].place;
    return place ? &seen->entries[place - 1] : NULL;
}

static void grow(struct orr_seen *seen) {
    struct orr_seen old = *seen;
    seen->cap = old.cap ? 2 * old.cap : FIRST_CAP;
    seen->entries = orr_alloc(seen->mem, (size_t)seen->cap * sizeof *seen->entries);
    seen->slots = orr_alloc_zero(seen->mem, 2 * (size_t)seen->cap * sizeof *seen->slots);
    seen->head = 0;
    for (uint32_t i = 0; i < old.n; i++) {
        seen->entries[i] = old.entries[(old.head + i) & (old.cap - 1)];
        uint64_t key = seen->entries[i].key;
        seen->slots[slot_of(seen, key)] = slot_for(i, key);
    }
    orr_seen_fini(&old);
}

struct orr_seen_entry *orr_seen_add(struct orr_seen *seen, uint64_t key, orr_time now) {
    if (seen->n == seen->cap) grow(seen);
    uint32_t place = (seen->head + seen->n) & (seen->cap - 1), slot = slot_of(seen, key);
    assert(!seen->slots[slot].place);
    assert(!seen->n || seen->entries[(place - 1) & (seen->cap - 1)].at <= now);
    _Static_assert(sizeof(struct orr_seen_entry) == 24, "a node keeps thousands");
    seen->entries[place] = (struct orr_seen_entry){.key = key, .at = now};
    seen->slots[slot] = slot_for(place, key);
    seen->n++;
    return &seen->entries[place];
}

struct orr_seen_entry *orr_seen_oldest(const struct orr_seen *seen) {
    return seen->n ? &seen->entries[seen->head] : NULL;
}

/* Frees a slot and moves those behind it that would not be found any more. */
static void free_slot(struct orr_seen *seen, uint32_t hole) {
    static const struct orr_seen_slot none;
    seen->slots[hole] = none;
    for (uint32_t at = (hole + 1) & mask(seen); seen->slots[at].place; at = (at + 1) & mask(seen)) {
        uint32_t from = home(seen, key_in(&seen->slots[at]));
        if (((at - from) & mask(seen)) < ((at - hole) & mask(seen))) continue;
        seen->slots[hole] = seen->slots[at];
        seen->slots[at] = none;
        hole = at;
    }
}

void orr_seen_drop(struct orr_seen *seen) {
    assert(seen->n > 0);
    free_slot(seen, slot_of(seen, seen->entries[seen->head].key));
    seen->head = (seen->head + 1) & (seen->cap - 1);
    seen->n--;
}
