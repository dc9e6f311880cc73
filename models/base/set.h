/* set.h - a set of 64-bit keys: was this seen before?
 *
 * Open addressing, at most half full, one cache line for most questions.  A set is asked and added
 * to, never walked: what needs an order keeps an array of its own and finds its entries by
 * base/index.h.  `sum` stands for the contents in a digest, since it depends on no order. */
#ifndef ORR_BASE_SET_H
#define ORR_BASE_SET_H

#include <stdbool.h>

#include "models/base/mem.h"

/* slots: [cap], 0 is free; cap is 0 or a power of two, at least twice what lies in it. */
struct orr_set {
    struct orr_mem *mem;
    uint64_t *slots;
    uint64_t n, cap;
    uint64_t sum; /* of all keys, modulo 2^64 */
    uint8_t shift; /* 64 - log2(cap) */
    bool has_zero; /* key 0 has no slot */
};

/* An empty set with room for n keys before it grows; takes no memory for n = 0. */
void orr_set_init(struct orr_set *set, struct orr_mem *mem, uint64_t n);
void orr_set_fini(struct orr_set *set);
/* Forgets all keys and keeps the memory. */
void orr_set_clear(struct orr_set *set);
void orr_set_grow(struct orr_set *set); /* for orr_set_add */

/* Where the search for a key begins: to be brought into the cache.  NULL: it has no memory. */
static inline const uint64_t *orr_set_place(const struct orr_set *set, uint64_t key) {
    if (!set->slots) return NULL;
    return set->slots + (key * 0x9e3779b97f4a7c15ull >> set->shift);
}
/* The slot of a key other than 0, or the free one where it would go. */
static inline uint64_t *orr_set_slot(const struct orr_set *set, uint64_t key) {
    uint64_t at = key * 0x9e3779b97f4a7c15ull >> set->shift;
    while (set->slots[at] && set->slots[at] != key) /* ends: half of the slots are free */
        at = (at + 1) & (set->cap - 1);
    return &set->slots[at];
}
static inline bool orr_set_has(const struct orr_set *set, uint64_t key) {
    return key ? set->cap && *orr_set_slot(set, key) : set->has_zero;
}
/* Adds a key; false: it was there. */
static inline bool orr_set_add(struct orr_set *set, uint64_t key) {
    if (2 * (set->n + 1) > set->cap) orr_set_grow(set);
    if (key) {
        uint64_t *slot = orr_set_slot(set, key);
        if (*slot) return false;
        *slot = key;
    } else {
        if (set->has_zero) return false;
        set->has_zero = true;
    }
    set->n++;
    set->sum += key;
    return true;
}

/* The keys that came last: between `limit` and 2 * limit of them, in two generations, the older of
 * which is forgotten as a whole when the younger is full.  For what must be remembered for a while
 * and may be forgotten after: relayed messages, say. */
struct orr_recent {
    struct orr_set young, old;
    uint64_t limit;
};
void orr_recent_init(struct orr_recent *recent, struct orr_mem *mem, uint64_t limit);
void orr_recent_fini(struct orr_recent *recent);
static inline bool orr_recent_has(const struct orr_recent *recent, uint64_t key) {
    return orr_set_has(&recent->young, key) || orr_set_has(&recent->old, key);
}
/* Remembers a key; false: it is remembered already. */
bool orr_recent_add(struct orr_recent *recent, uint64_t key);
#endif
