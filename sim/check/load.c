/* load.c - transactions: who got them, where they were committed, and how long that took. */
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

uint32_t orr_load_find(const struct orr_check *c, uint32_t chain, uint64_t tx) {
    return orr_index_find(&c->by_tx, c->txs, key_of(chain, tx));
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

/* ---- percentiles ----
 *
 * By nearest rank, exact, and without a copy of the samples, which may be millions: each pass over
 * them settles eleven more bits of every percentile, from the top. */

enum { BITS = 11, DIGITS = 1 << BITS, PASSES = 6 /* 63 bits */, PERCENTS = 4 };
static const uint64_t percents[PERCENTS] = {50, 90, 99, 100};

/* The i-th of so many samples; false: it counts for nothing. */
struct samples {
    const struct orr_check *check;
    uint32_t n;
    bool (*get)(const struct orr_check *c, uint32_t i, orr_time *value);
};

/* What is known of a percentile: its upper bits, and its rank, from 1 on, among the samples that
 * begin so. */
struct rank {
    uint64_t prefix, rank;
};

/* Counts by their next digit the samples that begin as some percentile does, once for each such
 * beginning; histogram[k] is that of percentile k. */
static void count_digits(const struct samples *s, int shift, const struct rank *ranks,
                         uint32_t counts[PERCENTS][DIGITS], uint32_t *histogram) {
    memset(counts, 0, PERCENTS * sizeof counts[0]);
    for (uint32_t k = 0; k < PERCENTS; k++) /* they ascend */
        histogram[k] = k && ranks[k].prefix == ranks[k - 1].prefix ? histogram[k - 1] : k;
    for (uint32_t i = 0; i < s->n; i++) {
        orr_time value;
        if (!s->get(s->check, i, &value)) continue;
        uint64_t top = (uint64_t)value >> shift;
        for (uint32_t k = 0; k < PERCENTS; k++)
            if (histogram[k] == k && top >> BITS == ranks[k].prefix) {
                counts[k][top % DIGITS]++;
                break;
            }
    }
}

/* The smallest sample that at least so many percent of all do not exceed, for each of percents[];
 * -1 without any. */
static void find_percentiles(const struct samples *s, orr_time found[PERCENTS]) {
    uint32_t counts[PERCENTS][DIGITS]; /* 32 KiB */
    struct rank ranks[PERCENTS] = {{0}};
    uint32_t histogram[PERCENTS];
    uint64_t n = 0;
    orr_time value;
    for (uint32_t i = 0; i < s->n; i++) n += s->get(s->check, i, &value);
    for (uint32_t k = 0; k < PERCENTS; k++) {
        found[k] = -1;
        ranks[k].rank = (n * percents[k] + 99) / 100;
    }
    for (int pass = PASSES; n && pass-- > 0;) {
        count_digits(s, pass * BITS, ranks, counts, histogram);
        for (uint32_t k = 0; k < PERCENTS; k++) {
            uint32_t digit = 0;
            /* ends: it is among them */
            for (; ranks[k].rank > counts[histogram[k]][digit]; digit++)
                ranks[k].rank -= counts[histogram[k]][digit];
            ranks[k].prefix = ranks[k].prefix << BITS | digit;
            if (!pass) found[k] = (orr_time)ranks[k].prefix;
        }
    }
}

static const struct height *height_of(const struct orr_check *c, const struct tx *tx) {
    return &c->chains[c->nodes[tx->node].chain].heights[tx->height];
}

/* Latencies of committed transactions: to the first commit, and to the last node's. */
static bool get_first(const struct orr_check *c, uint32_t i, orr_time *value) {
    const struct tx *tx = &c->txs[i];
    if (!tx->counted || tx->height == UINT32_MAX) return false;
    *value = height_of(c, tx)->first_at - tx->submitted;
    return true;
}
static bool get_all(const struct orr_check *c, uint32_t i, orr_time *value) {
    const struct tx *tx = &c->txs[i];
    if (!tx->counted || tx->height == UINT32_MAX) return false;
    *value = height_of(c, tx)->last_at - tx->submitted;
    return true;
}

/* The i-th height of all chains: from the first decision of the one before. */
static bool get_interval(const struct orr_check *c, uint32_t i, orr_time *value) {
    const struct chain *chain = c->chains;
    for (; i >= chain->n_heights; chain++) i -= chain->n_heights; /* ends: i is of one of them */
    if (i) *value = chain->heights[i].first_at - chain->heights[i - 1].first_at;
    return i > 0;
}

static uint64_t rate_nhz(uint64_t n, orr_time over) {
    if (over <= 0) return 0;
    unsigned __int128 rate = (unsigned __int128)n * 1000000000 * 1000000000 / (uint64_t)over;
    return rate > UINT64_MAX ? UINT64_MAX : (uint64_t)rate;
}

void orr_load_measure(struct orr_check *c) {
    struct orr_measures *m = &c->measures;
    orr_time found[PERCENTS];
    find_percentiles(&(struct samples){c, c->n_txs, get_first}, found);
    m->first_p50 = found[0], m->first_p90 = found[1], m->first_p99 = found[2];
    m->first_max = found[3];
    find_percentiles(&(struct samples){c, c->n_txs, get_all}, found);
    m->all_p50 = found[0], m->all_p90 = found[1], m->all_p99 = found[2], m->all_max = found[3];
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
    find_percentiles(&(struct samples){c, (uint32_t)m->n_heights, get_interval}, found);
    m->block_p50 = found[0], m->block_max = found[3];
}

bool orr_load_has_work(const struct orr_check *c, orr_time t) {
    if (c->first_submit == ORR_NEVER) return true;
    for (uint32_t i = 0; i < c->n_txs; i++)
        if (c->txs[i].height == UINT32_MAX && orr_load_is_owed(c, &c->txs[i], t)) return true;
    return false;
}
