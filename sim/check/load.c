/* load.c - transactions: who got them, where they were committed, and how long that took. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/check/state.h"

/* Chains keep their transactions apart. */
static uint64_t key_of(uint32_t chain, uint64_t tx) { return tx + 0x9e3779b97f4a7c15ull * chain; }

static void note_type(struct orr_check *c, uint32_t type) {
    for (uint32_t i = 0; i < c->n_tx_types; i++)
        if (c->tx_types[i] == type) return;
    size_t old = c->n_tx_types * sizeof *c->tx_types;
    c->tx_types = orr_resize(&c->heap.mem, c->tx_types, old, old + sizeof *c->tx_types);
    c->tx_types[c->n_tx_types++] = type;
}

void orr_load_hear(struct orr_check *c, const struct orr_tap_record *r) {
    if (c->first_submit == ORR_NEVER) c->first_submit = r->at;
    c->last_submit = r->at;
    note_type(c, r->msg_type);
    const struct watched *node = &c->nodes[r->node];
    bool counted = is_correct(c, r->node) && !is_down(node);
    uint64_t key = key_of(node->chain, r->hash);
    uint32_t index = orr_index_find(&c->by_tx, c->txs, key);
    if (index != ORR_NOWHERE) { /* the same transaction to another node: the first time counts */
        struct tx *tx = &c->txs[index];
        if (counted && !has_lived_since(c, tx->node, tx->submitted)) tx->node = r->node & INT32_MAX;
        tx->counted |= counted;
        return;
    }
    if (c->n_txs == MAX_TXS) {
        c->n_untracked++;
        return;
    }
    if (c->n_txs == c->txs_cap) {
        uint32_t cap = c->txs_cap ? 2 * c->txs_cap : 64;
        c->txs = orr_resize(&c->heap.mem, c->txs, c->txs_cap * sizeof *c->txs,
                            cap * sizeof *c->txs);
        c->txs_cap = cap;
    }
    c->txs[c->n_txs] = (struct tx){.key = key,
                                   .submitted = r->at,
                                   .height = UINT32_MAX,
                                   .node = r->node & INT32_MAX,
                                   .counted = counted};
    orr_index_put(&c->by_tx, c->txs, c->n_txs++);
}

void orr_load_commit(struct orr_check *c, struct decision *now) {
    uint32_t chain = c->nodes[now->node].chain;
    const struct orr_decided *d = now->d;
    for (uint32_t i = 0; i < d->n_txs; i++) {
        uint32_t index = orr_index_find(&c->by_tx, c->txs, key_of(chain, d->txs[i]));
        if (index == ORR_NOWHERE) {
            if (!now->unknown_tx) now->unknown_tx = d->txs[i];
            continue;
        }
        struct tx *tx = &c->txs[index];
        if (tx->height != UINT32_MAX) {
            if (now->repeated_tx) continue;
            now->repeated_tx = d->txs[i];
            now->repeated_here = tx->height == now->index;
            continue;
        }
        tx->height = now->index;
        c->n_committed++;
    }
    if (d->n_txs) c->last_commit = c->now;
}

bool orr_load_is_owed(const struct orr_check *c, const struct tx *tx, orr_time t) {
    return tx->counted && has_lived_since(c, tx->node, tx->submitted) && tx->submitted <= t;
}

/* ---- percentiles ---- */

static void insertion_sort(orr_time *v, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        orr_time x = v[i];
        uint32_t j = i;
        for (; j && x < v[j - 1]; j--) v[j] = v[j - 1];
        v[j] = x;
    }
}

/* Sorts ascending, 11 bits at a time: non-negative 63-bit numbers in six passes. */
static void radix_sort(orr_time *v, orr_time *spare, uint32_t n) {
    enum { BITS = 11, PASSES = 6, FEW = 64 /* counters cost more than they sort */ };
    if (n <= FEW) {
        insertion_sort(v, n);
        return;
    }
    for (int pass = 0; pass < PASSES; pass++) {
        uint32_t starts[(1 << BITS) + 1] = {0};
        for (uint32_t i = 0; i < n; i++)
            starts[((uint64_t)v[i] >> pass * BITS & ((1 << BITS) - 1)) + 1]++;
        for (int k = 0; k < 1 << BITS; k++) starts[k + 1] += starts[k];
        for (uint32_t i = 0; i < n; i++)
            spare[starts[(uint64_t)v[i] >> pass * BITS & ((1 << BITS) - 1)]++] = v[i];
        memcpy(v, spare, n * sizeof *v); /* six copies of 8 n bytes: once a run */
    }
}

/* Nearest rank: the smallest sample that at least percent of all do not exceed; -1 without any. */
static orr_time percentile(const orr_time *sorted, uint64_t n, uint64_t percent) {
    if (!n) return -1;
    uint64_t rank = (n * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static const struct height *height_of(const struct orr_check *c, const struct tx *tx) {
    return &c->chains[c->nodes[tx->node].chain].heights[tx->height];
}

/* Latencies of committed transactions, sorted; returns how many.  all: to the last node's commit.
 */
static uint32_t collect(const struct orr_check *c, bool all, orr_time *v, orr_time *spare) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_txs; i++) {
        const struct tx *tx = &c->txs[i];
        if (!tx->counted || tx->height == UINT32_MAX) continue;
        const struct height *h = height_of(c, tx);
        v[n++] = (all ? h->last_at : h->first_at) - tx->submitted;
    }
    radix_sort(v, spare, n);
    return n;
}

static uint64_t rate_nhz(uint64_t n, orr_time over) {
    if (over <= 0) return 0;
    unsigned __int128 rate = (unsigned __int128)n * 1000000000 * 1000000000 / (uint64_t)over;
    return rate > UINT64_MAX ? UINT64_MAX : (uint64_t)rate;
}

static void measure_blocks(struct orr_check *c) {
    struct orr_measures *m = &c->measures;
    orr_time *v = orr_xrealloc(NULL, m->n_heights * sizeof *v);
    orr_time *spare = orr_xrealloc(NULL, m->n_heights * sizeof *spare);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_chains; i++)
        for (uint32_t k = 1; k < c->chains[i].n_heights; k++)
            v[n++] = c->chains[i].heights[k].first_at - c->chains[i].heights[k - 1].first_at;
    radix_sort(v, spare, n);
    m->block_p50 = percentile(v, n, 50), m->block_max = percentile(v, n, 100);
    free(spare);
    free(v);
}

void orr_load_measure(struct orr_check *c) {
    struct orr_measures *m = &c->measures;
    orr_time *v = orr_xrealloc(NULL, c->n_txs * sizeof *v);
    orr_time *spare = orr_xrealloc(NULL, c->n_txs * sizeof *spare);
    uint32_t n = collect(c, false, v, spare);
    m->first_p50 = percentile(v, n, 50), m->first_p90 = percentile(v, n, 90);
    m->first_p99 = percentile(v, n, 99), m->first_max = percentile(v, n, 100);
    n = collect(c, true, v, spare);
    m->all_p50 = percentile(v, n, 50), m->all_p90 = percentile(v, n, 90);
    m->all_p99 = percentile(v, n, 99), m->all_max = percentile(v, n, 100);
    free(spare);
    free(v);
    m->n_decisions = c->n_decisions;
    for (uint32_t i = 0; i < c->n_chains; i++) m->n_heights += c->chains[i].n_heights;
    m->n_submitted = c->n_txs + c->n_untracked;
    m->n_committed = c->n_committed;
    m->n_open = m->n_submitted - m->n_committed;
    for (uint32_t i = 0; i < c->n_txs; i++)
        m->n_to_faulty += !c->txs[i].counted && c->txs[i].height == UINT32_MAX;
    m->max_gap = c->max_gap;
    orr_time last = c->last_commit > c->last_submit ? c->last_commit : c->last_submit;
    m->throughput_nhz = c->n_txs ? rate_nhz(c->n_committed, last - c->first_submit) : 0;
    m->window_from = c->n_txs ? c->first_submit : -1;
    m->window_to = c->n_txs ? last : -1;
    measure_blocks(c);
}
