/* known.h - what the writer of an index's file remembers of its dictionaries, so that it asks the
 * file as rarely as it can: the ids of words, and of holdings with their youngest balance. */
#ifndef ORR_SIM_INDEX_KNOWN_H
#define ORR_SIM_INDEX_KNOWN_H

#include "models/base/index.h"

enum { ORR_INDEX_MAX_KNOWN = 1 << 21 }; /* entries: 200 MB of each kind */

/* A word's key is its 32 bytes as a topic (an address behind 12 zeros), a holding's the ids of
 * token, standard, holder and token id. */
struct orr_index_known_entry {
    uint8_t key[32];
    int64_t id;
    bool has_value;
    uint8_t value[32];
};

struct orr_index_known {
    struct orr_mem *mem;
    struct orr_index_known_entry *entries;
    uint32_t n, cap;
    struct orr_index by_key;
    bool is_whole; /* everything in the file is here: what is not here is not there */
};

void orr_index_known_init(struct orr_index_known *known, struct orr_mem *mem);
void orr_index_known_fini(struct orr_index_known *known);
/* Forgets all, and is whole no longer. */
void orr_index_known_forget(struct orr_index_known *known);
/* NULL: it is not here.  Lent until the next call of _add. */
struct orr_index_known_entry *orr_index_known_find(const struct orr_index_known *known,
                                                   const uint8_t key[32]);
/* Forgets all when it is full. */
struct orr_index_known_entry *orr_index_known_add(struct orr_index_known *known,
                                                  const uint8_t key[32], int64_t id);
#endif
