/* mempool.h - transactions that wait for a block, in order of arrival.
 *
 * Bounded by number and bytes.  A full pool makes room for a transaction by evicting those of lower
 * priority, the lowest and, of these, the youngest first; if that does not make room the
 * newcomer is refused and nothing is evicted. */
#ifndef ORR_MODELS_BFT_COMMON_MEMPOOL_H
#define ORR_MODELS_BFT_COMMON_MEMPOOL_H

#include "models/base/heap.h"
#include "models/base/index.h"
#include "models/protocol.h"

struct orr_mempool_entry {
    struct orr_msg *tx; /* a reference; NULL: gone, the place is swept up later */
    uint64_t id;        /* orr_msg_hash */
    uint64_t priority;
    uint64_t height;    /* the chain's at this node when it came */
    uint64_t number;    /* of all that ever came, from 1 on: ascending */
};

struct orr_mempool {
    struct orr_mem *mem;
    struct orr_pool *pool;
    uint32_t max_txs;
    uint64_t max_bytes;
    uint32_t n_txs;      /* held now */
    uint64_t n_bytes;
    uint64_t n_evicted, n_refused;
    uint64_t n_added;    /* ever */
    struct orr_mempool_entry *entries; /* [n_entries], arrival order */
    uint32_t n_entries, entries_cap;
    struct orr_index index;        /* of entries by id; leads to those that are gone too */
    struct orr_places_heap ranked; /* of all entries, the first to evict on top; empty while there
                                      is room */
};

void orr_mempool_init(struct orr_mempool *p, struct orr_mem *mem, struct orr_pool *pool,
                      uint32_t max_txs, uint64_t max_bytes);
void orr_mempool_fini(struct orr_mempool *p);
/* The transaction of an id, lent, or NULL. */
struct orr_msg *orr_mempool_find(const struct orr_mempool *p, uint64_t id);
/* The entry of a transaction, lent until the next is added, or NULL. */
const struct orr_mempool_entry *orr_mempool_entry_of(const struct orr_mempool *p, uint64_t id);
/* The first entry of that number or a later one, lent likewise, or NULL: a walk in the order of
 * arrival that goes on where it stopped, whatever has gone meanwhile. */
const struct orr_mempool_entry *orr_mempool_from(const struct orr_mempool *p, uint64_t number);
/* Takes a reference to tx; heights never fall from one call to the next.  0; ORR_EINVAL: it is
 * there already; ORR_ELIMIT: full. */
int orr_mempool_add(struct orr_mempool *p, struct orr_msg *tx, uint64_t priority, uint64_t height);
/* Forgets a transaction, if it is there. */
void orr_mempool_remove(struct orr_mempool *p, uint64_t id);
/* The oldest transactions with `overhead` bytes more each, up to max_bytes together and max_txs:
 * lent into txs; returns their number. */
uint32_t orr_mempool_reap(const struct orr_mempool *p, uint64_t max_bytes, uint32_t overhead,
                          struct orr_msg **txs, uint32_t max_txs);
#endif
