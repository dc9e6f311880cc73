#include "models/base/set_keys.h"

#include <assert.h>

/* A key moves down a heap of n until none below it is larger. */
static void sift(uint64_t *keys, uint64_t at, uint64_t n) {
    uint64_t key = keys[at];
    for (uint64_t child; (child = 2 * at + 1) < n; at = child) { /* ends: at grows */
        if (child + 1 < n && keys[child + 1] > keys[child]) child++;
        if (keys[child] <= key) break;
        keys[at] = keys[child];
    }
    keys[at] = key;
}

void orr_set_keys(const struct orr_set *set, uint64_t *keys) {
    uint64_t n = 0;
    if (set->has_zero) keys[n++] = 0;
    for (uint64_t i = 0; i < set->cap; i++)
        if (set->slots[i]) keys[n++] = set->slots[i];
    assert(n == set->n);
    for (uint64_t i = n / 2; i-- > 0;) sift(keys, i, n);
    for (uint64_t i = n; i-- > 1;) {
        uint64_t largest = keys[0];
        keys[0] = keys[i];
        keys[i] = largest;
        sift(keys, 0, i);
    }
}
