#include "models/bft/mempool.h"

#include <assert.h>

void orr_mempool_init(struct orr_mempool *p, struct orr_mem *mem, struct orr_pool *pool,
                      uint32_t max_txs, uint64_t max_bytes) {
    *p = (struct orr_mempool){.mem = mem, .pool = pool, .max_txs = max_txs, .max_bytes = max_bytes};
}

void orr_mempool_fini(struct orr_mempool *p) {
    for (uint32_t i = 0; i < p->n_entries; i++) orr_msg_unref(p->pool, p->entries[i].tx);
    orr_free(p->mem, p->entries, p->entries_cap * sizeof *p->entries);
    orr_free(p->mem, p->index, p->index_cap * sizeof *p->index);
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

/* Sweeps up the gaps and builds the index anew, with room for one more entry. */
static void compact(struct orr_mempool *p) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->n_entries; i++)
        if (p->entries[i].tx) p->entries[kept++] = p->entries[i];
    p->n_entries = kept;
    if (2 * kept >= p->entries_cap) {
        uint32_t cap = p->entries_cap ? 2 * p->entries_cap : 64;
        p->entries = orr_resize(p->mem, p->entries, p->entries_cap * sizeof *p->entries,
                                cap * sizeof *p->entries);
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

/* The one to evict for a newcomer of this priority, or NULL. */
static struct orr_mempool_entry *least(struct orr_mempool *p, uint64_t priority) {
    struct orr_mempool_entry *found = NULL;
    for (uint32_t i = 0; i < p->n_entries; i++) {
        struct orr_mempool_entry *e = &p->entries[i];
        if (e->tx && e->priority < priority && (!found || e->priority <= found->priority))
            found = e;
    }
    return found;
}

static bool make_room(struct orr_mempool *p, uint32_t len, uint64_t priority) {
    if (p->n_txs < p->max_txs && p->n_bytes + len <= p->max_bytes) return true;
    if (len > p->max_bytes || !p->max_txs) return false;
    uint64_t below_bytes = 0;
    uint32_t below_txs = 0;
    for (uint32_t i = 0; i < p->n_entries; i++)
        if (p->entries[i].tx && p->entries[i].priority < priority) {
            below_bytes += p->entries[i].tx->len;
            below_txs++;
        }
    if (p->n_txs - below_txs >= p->max_txs || p->n_bytes - below_bytes + len > p->max_bytes)
        return false;
    while (p->n_txs >= p->max_txs || p->n_bytes + len > p->max_bytes) { /* evicts one each turn */
        evict(p, least(p, priority));
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
    put(p, slot, p->n_entries++); /* may replace the place of an equal one that is gone */
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
