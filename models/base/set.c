#include "models/base/set.h"

#include <assert.h>

/* Room for cap slots, all free. */
static void open_slots(struct orr_set *set, uint64_t cap) {
    assert(cap >= 2 && !(cap & (cap - 1)));
    set->slots = orr_alloc_zero(set->mem, cap * sizeof *set->slots);
    set->cap = cap;
    set->shift = (uint8_t)(64 - __builtin_ctzll(cap));
}

void orr_set_init(struct orr_set *set, struct orr_mem *mem, uint64_t n) {
    *set = (struct orr_set){.mem = mem};
    uint64_t cap = 16;
    while (cap < 2 * n) cap *= 2;
    if (n) open_slots(set, cap);
}

void orr_set_fini(struct orr_set *set) {
    orr_free(set->mem, set->slots, set->cap * sizeof *set->slots);
    *set = (struct orr_set){.mem = set->mem};
}

void orr_set_clear(struct orr_set *set) {
    if (set->n) memset(set->slots, 0, set->cap * sizeof *set->slots);
    set->n = set->sum = 0;
    set->has_zero = false;
}

void orr_set_grow(struct orr_set *set) {
    uint64_t *old = set->slots, old_cap = set->cap;
    open_slots(set, old_cap ? 2 * old_cap : 16);
    for (uint64_t i = 0; i < old_cap; i++)
        if (old[i]) *orr_set_slot(set, old[i]) = old[i];
    orr_free(set->mem, old, old_cap * sizeof *old);
}

void orr_recent_init(struct orr_recent *recent, struct orr_mem *mem, uint64_t limit) {
    assert(limit > 0);
    orr_set_init(&recent->young, mem, limit);
    orr_set_init(&recent->old, mem, limit);
    recent->limit = limit;
}

void orr_recent_fini(struct orr_recent *recent) {
    orr_set_fini(&recent->young);
    orr_set_fini(&recent->old);
}

bool orr_recent_add(struct orr_recent *recent, uint64_t key) {
    if (orr_recent_has(recent, key)) return false;
    if (recent->young.n == recent->limit) {
        struct orr_set forgotten = recent->old;
        recent->old = recent->young;
        recent->young = forgotten;
        orr_set_clear(&recent->young);
    }
    orr_set_add(&recent->young, key);
    return true;
}
