#include "models/bft/common/mempool.h"

#include <assert.h>

void orr_mempool_init(struct orr_mempool *p, struct orr_mem *mem, struct orr_pool *pool,
                      uint32_t max_txs, uint64_t max_bytes) {
    *p = (struct orr_mempool){.mem = mem, .pool = pool, .max_txs = max_txs, .max_bytes = max_bytes};
    orr_index_init(&p->index, mem, sizeof *p->entries, offsetof(struct orr_mempool_entry, id));
    orr_places_heap_init(&p->ranked, mem);
}

void orr_mempool_fini(struct orr_mempool *p) {
    for (uint32_t i = 0; i < p->n_entries; i++) orr_msg_unref(p->pool, p->entries[i].tx);
    orr_free(p->mem, p->entries, p->entries_cap * sizeof *p->entries);
    orr_index_fini(&p->index);
    orr_places_heap_fini(&p->ranked);
    orr_mempool_init(p, p->mem, p->pool, p->max_txs, p->max_bytes);
}

static struct orr_mempool_entry *entry_of(const struct orr_mempool *p, uint64_t id) {
    uint32_t place = orr_index_find(&p->index, p->entries, id);
    return place != ORR_NOWHERE && p->entries[place].tx ? &p->entries[place] : NULL;
}

struct orr_msg *orr_mempool_find(const struct orr_mempool *p, uint64_t id) {
    const struct orr_mempool_entry *e = entry_of(p, id);
    return e ? e->tx : NULL;
}

const struct orr_mempool_entry *orr_mempool_entry_of(const struct orr_mempool *p, uint64_t id) {
    return entry_of(p, id);
}

const struct orr_mempool_entry *orr_mempool_from(const struct orr_mempool *p, uint64_t number) {
    uint32_t low = 0, high = p->n_entries;
    while (low < high) { /* ends: the span is halved */
        uint32_t middle = low + (high - low) / 2;
        if (p->entries[middle].number < number) low = middle + 1;
        else high = middle;
    }
    while (low < p->n_entries && !p->entries[low].tx) low++;
    return low < p->n_entries ? &p->entries[low] : NULL;
}

/* Sweeps up the gaps and makes the index anew, with room for one more entry. */
static void compact(struct orr_mempool *p) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->n_entries; i++)
        if (p->entries[i].tx) p->entries[kept++] = p->entries[i];
    p->n_entries = kept;
    p->ranked.n = 0; /* places have changed */
    if (2 * kept >= p->entries_cap) {
        uint32_t cap = p->entries_cap ? 2 * p->entries_cap : 64;
        p->entries = orr_resize(p->mem, p->entries, p->entries_cap * sizeof *p->entries,
                                cap * sizeof *p->entries);
        p->entries_cap = cap;
    }
    orr_index_clear(&p->index);
    for (uint32_t i = 0; i < kept; i++) orr_index_put(&p->index, p->entries, i);
}

static void evict(struct orr_mempool *p, struct orr_mempool_entry *e) {
    p->n_txs--;
    p->n_bytes -= e->tx->len;
    orr_msg_unref(p->pool, e->tx);
    e->tx = NULL; /* the index leads here still */
}

/* ---- who goes when it is full: the lowest priority, of these the youngest ---- */

static bool goes_before(const void *pool, uint32_t a, uint32_t b) {
    const struct orr_mempool_entry *entries = ((const struct orr_mempool *)pool)->entries;
    uint64_t of_a = entries[a].priority, of_b = entries[b].priority;
    return of_a < of_b || (of_a == of_b && a > b);
}

static void rank(struct orr_mempool *p, uint32_t place) {
    orr_places_heap_push(&p->ranked, place, goes_before, p);
}

static bool make_room(struct orr_mempool *p, uint32_t len, uint64_t priority) {
    uint32_t n_txs = p->n_txs;
    uint64_t n_bytes = p->n_bytes;
    struct orr_places_heap *ranked = &p->ranked;
    if (n_txs < p->max_txs && n_bytes + len <= p->max_bytes) {
        ranked->n = 0;
        return true;
    }
    if (len > p->max_bytes || !p->max_txs) return false;
    for (uint32_t i = 0, n = ranked->n; !n && i < p->n_entries; i++)
        if (p->entries[i].tx) rank(p, i);
    uint32_t n_ranked = ranked->n;
    while (n_txs >= p->max_txs || n_bytes + len > p->max_bytes) { /* ends: the heap shrinks */
        if (!ranked->n || p->entries[ranked->v[0]].priority >= priority) {
            while (ranked->n < n_ranked) rank(p, ranked->v[ranked->n]);
            return false;
        }
        const struct orr_mempool_entry *e =
            &p->entries[orr_places_heap_pop(ranked, goes_before, p)];
        if (!e->tx) continue;
        n_txs--;
        n_bytes -= e->tx->len;
    }
    for (uint32_t i = ranked->n; i < n_ranked; i++) { /* what was taken out stands there */
        struct orr_mempool_entry *e = &p->entries[ranked->v[i]];
        if (!e->tx) continue;
        evict(p, e);
        p->n_evicted++;
    }
    return true;
}

int orr_mempool_add(struct orr_mempool *p, struct orr_msg *tx, uint64_t priority, uint64_t height) {
    uint64_t id = orr_msg_hash(tx);
    if (orr_mempool_find(p, id)) return ORR_EINVAL;
    if (!make_room(p, tx->len, priority)) {
        p->n_refused++;
        return ORR_ELIMIT;
    }
    if (p->n_entries == p->entries_cap) compact(p);
    p->entries[p->n_entries] = (struct orr_mempool_entry){orr_msg_ref(tx), id, priority, height,
                                                              ++p->n_added};
    /* may replace the place of an equal one that is gone */
    orr_index_put(&p->index, p->entries, p->n_entries);
    if (p->ranked.n) rank(p, p->n_entries);
    p->n_entries++;
    p->n_txs++;
    p->n_bytes += tx->len;
    return 0;
}

void orr_mempool_remove(struct orr_mempool *p, uint64_t id) {
    struct orr_mempool_entry *e = entry_of(p, id);
    if (e) evict(p, e);
}

uint32_t orr_mempool_reap(const struct orr_mempool *p, uint64_t max_bytes, uint32_t overhead,
                          struct orr_msg **txs, uint32_t max_txs) {
    uint32_t n = 0;
    uint64_t used = 0;
    for (uint32_t i = 0; i < p->n_entries && n < max_txs; i++) {
        struct orr_msg *tx = p->entries[i].tx;
        if (!tx || used + tx->len + overhead > max_bytes) continue;
        used += tx->len + overhead;
        txs[n++] = tx;
    }
    return n;
}
