#include "sim/index/known.h"

#include <string.h>

void orr_index_known_init(struct orr_index_known *k, struct orr_mem *mem) {
    *k = (struct orr_index_known){.mem = mem};
    orr_index_init(&k->by_key, mem, sizeof *k->entries,
                   offsetof(struct orr_index_known_entry, key));
}

void orr_index_known_fini(struct orr_index_known *k) {
    orr_free(k->mem, k->entries, k->cap * sizeof *k->entries);
    orr_index_fini(&k->by_key);
}

void orr_index_known_forget(struct orr_index_known *k) {
    k->n = 0;
    orr_index_clear(&k->by_key);
    k->is_whole = false;
}

struct orr_index_known_entry *orr_index_known_find(const struct orr_index_known *k,
                                                   const uint8_t key[32]) {
    uint32_t place = orr_index_find32(&k->by_key, k->entries, key);
    return place == ORR_NOWHERE ? NULL : &k->entries[place];
}

struct orr_index_known_entry *orr_index_known_add(struct orr_index_known *k, const uint8_t key[32],
                                                  int64_t id) {
    if (k->n == ORR_INDEX_MAX_KNOWN) orr_index_known_forget(k);
    if (k->n == k->cap) {
        uint32_t cap = k->cap ? 2 * k->cap : 256;
        k->entries =
            orr_resize(k->mem, k->entries, k->cap * sizeof *k->entries, cap * sizeof *k->entries);
        k->cap = cap;
    }
    struct orr_index_known_entry *e = &k->entries[k->n];
    memcpy(e->key, key, sizeof e->key);
    e->id = id;
    e->has_value = false;
    orr_index_put32(&k->by_key, k->entries, k->n++);
    return e;
}
