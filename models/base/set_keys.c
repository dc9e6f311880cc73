#include "models/base/set_keys.h"

#include <assert.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void orr_set_keys(const struct orr_set *set, uint64_t *keys) {
    uint64_t n = 0;
    if (set->has_zero) keys[n++] = 0;
    for (uint64_t i = 0; i < set->cap; i++)
        if (set->slots[i]) keys[n++] = set->slots[i];
    assert(n == set->n);
    if (n) qsort(keys, n, sizeof *keys, by_value);
}
