#include "models/bft/common/mempool.h"

#include <assert.h>

void orr_mempool_init(struct orr_mempool *p, struct orr_mem *mem, struct orr_pool *pool,
                      uint32_t max_txs, uint64_t max_bytes) {
    *p = (struct orr_mempool){.mem = mem, .pool = pool, .max_txs = max_txs, .max_bytes = max_bytes};
}

void orr_mempool_fini(struct orr_mempool *p) {
    for (uint32_t i = 0; i < p->n_entries; i++) orr_msg_unref(p->pool, p->entries[i].tx);
    orr_free(p->mem, p->entries, p->entries_cap * sizeof *p->entries);
    orr_free(p->mem, p->index, p->index_cap * sizeof *p->index);
    orr_free(p->mem, p->ranked, p->entries_cap * sizeof *p->ranked);
    orr_mempool_init(p, p->mem, p->pool, p->max_txs, p->max_bytes);
}

/* The index slot of an id, or the empty one where it would go.  Ends: half of the slots are empty.
 */
static uint32_t slot_of(const struct orr_mempool *p, uint64_t id) {
    uint32_t at = (uint32_t)id & (p->index_cap - 1);
    while (p->index[at].place && (p->index[at].tag != (uint32_t)(id >> 32) ||
                                  p->entries[p->index[at].place - 1].id != id))
        at = (at + 1) & (p->index_cap - 1);
    return at;
}

static void put(struct orr_mempool *p, uint32_t slot, uint32_t place) {
    p->index[slot] = (struct orr_mempool_slot){place + 1, (uint32_t)(p->entries[place].id >> 32)};
}

struct orr_msg *orr_mempool_find(const struct orr_mempool *p, uint64_t id) {
    if (!p->index_cap) return NULL;
    uint32_t place = p->index[slot_of(p, id)].place;
    return place ? p->entries[place - 1].tx : NULL;
}

/* Sweeps up the gaps and rebuilds the index, with room for one more entry. */
static void compact(struct orr_mempool *p) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->n_entries; i++)
        if (p->entries[i].tx) p->entries[kept++] = p->entries[i];
    p->n_entries = kept;
    p->n_ranked = 0; /* places have changed */
    if (2 * kept >= p->entries_cap) {
        uint32_t cap = p->entries_cap ? 2 * p->entries_cap : 64;
        p->entries = orr_resize(p->mem, p->entries, p->entries_cap * sizeof *p->entries,
                                cap * sizeof *p->entries);
        p->ranked = orr_resize(p->mem, p->ranked, p->entries_cap * sizeof *p->ranked,
                               cap * sizeof *p->ranked);
        p->entries_cap = cap;
        orr_free(p->mem, p->index, p->index_cap * sizeof *p->index);
        p->index_cap = 2 * cap;
        p->index = orr_alloc(p->mem, p->index_cap * sizeof *p->index);
    }
    memset(p->index, 0, p->index_cap * sizeof *p->index);
    for (uint32_t i = 0; i < kept; i++) put(p, slot_of(p, p->entries[i].id), i);
}

static void evict(struct orr_mempool *p, struct orr_mempool_entry *e) {
    p->n_txs--;
    p->n_bytes -= e->tx->len;
    orr_msg_unref(p->pool, e->tx);
    e->tx = NULL; /* the index still leads here: slot_of() needs unbroken chains */
}

/* ---- who goes when it is full: the lowest priority, of these the youngest ---- */

static bool goes_before(const struct orr_mempool *p, uint32_t a, uint32_t b) {
    uint64_t of_a = p->entries[a].priority, of_b = p->entries[b].priority;
    return of_a < of_b || (of_a == of_b && a > b);
}

/* Takes in the place that stands behind the heap. */
static void rank_next(struct orr_mempool *p) {
    uint32_t i = p->n_ranked++, place = p->ranked[i];
    for (; i && goes_before(p, place, p->ranked[(i - 1) / 2]); i = (i - 1) / 2)
        p->ranked[i] = p->ranked[(i - 1) / 2];
    p->ranked[i] = place;
}

static void rank_all(struct orr_mempool *p) {
    for (uint32_t i = 0; i < p->n_entries; i++) {
        if (!p->entries[i].tx) continue;
        p->ranked[p->n_ranked] = i;
        rank_next(p);
    }
}

/* Puts the top behind the heap. */
static const struct orr_mempool_entry *unrank_top(struct orr_mempool *p) {
    uint32_t n = --p->n_ranked, top = p->ranked[0], last = p->ranked[n], i = 0;
    for (uint32_t c = 1; c < n; c = 2 * i + 1) { /* ends: i grows */
        if (c + 1 < n && goes_before(p, p->ranked[c + 1], p->ranked[c])) c++;
        if (!goes_before(p, p->ranked[c], last)) break;
        p->ranked[i] = p->ranked[c];
        i = c;
    }
    p->ranked[i] = last;
    p->ranked[n] = top;
    return &p->entries[top];
}

static bool make_room(struct orr_mempool *p, uint32_t len, uint64_t priority) {
    uint32_t n_txs = p->n_txs;
    uint64_t n_bytes = p->n_bytes;
    if (n_txs < p->max_txs && n_bytes + len <= p->max_bytes) {
        p->n_ranked = 0;
        return true;
    }
    if (len > p->max_bytes || !p->max_txs) return false;
    if (!p->n_ranked) rank_all(p);
    uint32_t n_ranked = p->n_ranked;
    while (n_txs >= p->max_txs || n_bytes + len > p->max_bytes) { /* ends: the heap shrinks */
        if (!p->n_ranked || p->entries[p->ranked[0]].priority >= priority) {
            while (p->n_ranked < n_ranked) rank_next(p);
            return false;
        }
        const struct orr_mempool_entry *e = unrank_top(p);
        if (!e->tx) continue;
        n_txs--;
        n_bytes -= e->tx->len;
    }
    for (uint32_t i = p->n_ranked; i < n_ranked; i++) {
        struct orr_mempool_entry *e = &p->entries[p->ranked[i]];
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
    uint32_t slot = slot_of(p, id);
    p->entries[p->n_entries] = (struct orr_mempool_entry){orr_msg_ref(tx), id, priority, height};
    put(p, slot, p->n_entries); /* may replace the place of an equal one that is gone */
    if (p->n_ranked) {
        p->ranked[p->n_ranked] = p->n_entries;
        rank_next(p);
    }
    p->n_entries++;
    p->n_txs++;
    p->n_bytes += tx->len;
    return 0;
}

void orr_mempool_remove(struct orr_mempool *p, uint64_t id) {
    if (!orr_mempool_find(p, id)) return;
    evict(p, &p->entries[p->index[slot_of(p, id)].place - 1]);
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
