/* load.c - transactions: submitted, committed once, and how long that took. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/check/state.h"

/* Chains keep their transactions apart. */
static uint64_t key_of(uint32_t chain, uint64_t tx) { return tx + 0x9e3779b97f4a7c15ull * chain; }

void orr_check_submit(struct orr_check *c, const struct orr_tap_record *r) {
    if (c->first_submit == ORR_NEVER) c->first_submit = r->at;
    c->last_submit = r->at;
    if (r->msg_kind < 64) c->tx_kinds |= (uint64_t)1 << r->msg_kind;
    const struct watched *node = &c->nodes[r->node];
    bool counted = is_correct(c, r->node) && !is_down(node);
    uint64_t key = key_of(node->chain, r->hash);
    uint32_t index = orr_index_find(&c->by_tx, c->txs, key);
    if (index != ORR_NOWHERE) { /* the same transaction to another node: the first counts */
        c->txs[index].counted |= counted;
        return;
    }
    if (c->n_txs == MAX_TXS) {
        c->n_untracked++;
        return;
    }
    if (c->n_txs == c->txs_cap) {
        c->txs_cap = c->txs_cap ? 2 * c->txs_cap : 1024;
        c->txs = orr_xrealloc(c->txs, c->txs_cap * sizeof *c->txs);
    }
    c->txs[c->n_txs] = (struct tx){.key = key,
                                   .submitted = r->at,
                                   .height = UINT32_MAX,
                                   .chain = node->chain,
                                   .counted = counted};
    orr_index_put(&c->by_tx, c->txs, c->n_txs++);
}

static void break_tx(struct orr_check *c, enum orr_check_name name, orr_peer node, uint64_t tx,
                     const struct orr_decided *d, const char *what) {
    struct orr_violation *v = orr_check_break(c, name, node);
    if (!v) return;
    v->tx = tx;
    v->side.height = d->height;
    v->side.round = d->round;
    memcpy(v->side.value, d->value, 32);
    snprintf(v->text, sizeof v->text,
             "%s decided transaction %016" PRIx64 " at height %" PRIu64 ", %s (at %s)",
             orr_words_node(c->scenario, node).text, tx, d->height, what,
             orr_words_time(c->now).text);
}

void orr_check_commit(struct orr_check *c, orr_peer node, uint32_t height_index,
                      const struct orr_decided *d) {
    uint32_t chain = c->nodes[node].chain;
    bool forked = c->chains[chain].forked; /* branches repeat each other's transactions */
    for (uint32_t i = 0; i < d->n_txs; i++) {
        uint32_t index = orr_index_find(&c->by_tx, c->txs, key_of(chain, d->txs[i]));
        if (index == ORR_NOWHERE) {
            if (!c->n_untracked && !forked)
                break_tx(c, ORR_CHECK_VALIDITY, node, d->txs[i], d,
                         "which no client had submitted");
            continue;
        }
        struct tx *tx = &c->txs[index];
        if (tx->height != UINT32_MAX) {
            if (!forked)
                break_tx(c, ORR_CHECK_INTEGRITY, node, d->txs[i], d,
                         tx->height == height_index ? "twice in the block"
                                                    : "which an earlier block had already");
            continue;
        }
        tx->height = height_index;
        c->n_committed++;
    }
    if (d->n_txs) c->last_commit = c->now;
}

/* ---- percentiles ---- */

/* Sorts ascending, 11 bits at a time: non-negative 63-bit numbers in six passes. */
static void radix_sort(orr_time *v, orr_time *spare, uint32_t n) {
    enum { BITS = 11, PASSES = 6 };
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
    return &c->chains[tx->chain].heights[tx->height];
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

void orr_check_measure(struct orr_check *c) {
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
    for (uint32_t i = 0; i < c->n_txs; i++)
        m->n_to_faulty += !c->txs[i].counted && c->txs[i].height == UINT32_MAX;
    m->max_gap = c->max_gap;
    orr_time last = c->last_commit > c->last_submit ? c->last_commit : c->last_submit;
    m->throughput_nhz = c->n_txs ? rate_nhz(c->n_committed, last - c->first_submit) : 0;
}

/* ---- against the bounds ---- */

/* Is the percentile below the bound?  With waiting transactions as the header says. */
static void judge_percentile(struct orr_check *c, enum orr_check_name name, uint64_t percent,
                             orr_time bound) {
    if (bound == ORR_NEVER) return;
    uint64_t n = 0, n_below = 0, n_waiting = 0;
    for (uint32_t i = 0; i < c->n_txs; i++) {
        const struct tx *tx = &c->txs[i];
        if (!tx->counted) continue;
        bool waits = tx->height == UINT32_MAX;
        orr_time latency = (waits ? c->end : height_of(c, tx)->first_at) - tx->submitted;
        if (waits && latency < bound) continue;
        n++, n_waiting += waits, n_below += latency < bound;
    }
    uint64_t rank = (n * percent + 99) / 100;
    snprintf(c->texts[name], sizeof c->texts[name],
             "%" PRIu64 " of %" PRIu64 " transactions below; %" PRIu64 " were never committed",
             n_below, n, n_waiting);
    if (!n || n_below >= rank) return;
    struct orr_violation *v = orr_check_break(c, name, ORR_NOBODY);
    if (!v) return;
    snprintf(v->text, sizeof v->text,
             "%s is not below %s: %" PRIu64 " of %" PRIu64 " transactions took as long or longer, "
             "%" PRIu64 " of them were never committed",
             orr_check_name(name), orr_words_time(bound).text, n - n_below, n, n_waiting);
}

void orr_check_judge_load(struct orr_check *c) {
    const struct orr_expect_spec *e = c->expect;
    judge_percentile(c, ORR_CHECK_P50, 50, e->p50);
    judge_percentile(c, ORR_CHECK_P90, 90, e->p90);
    judge_percentile(c, ORR_CHECK_P99, 99, e->p99);
    judge_percentile(c, ORR_CHECK_MAX, 100, e->max);
    if (e->throughput_nhz == ORR_UNSET || c->measures.throughput_nhz >= e->throughput_nhz) return;
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_THROUGHPUT, ORR_NOBODY);
    if (!v) return;
    snprintf(v->text, sizeof v->text,
             "%" PRIu64 " of %" PRIu64 " transactions were committed in %s", c->n_committed,
             c->measures.n_submitted,
             orr_words_time((c->last_commit > c->last_submit ? c->last_commit : c->last_submit) -
                            (c->first_submit == ORR_NEVER ? 0 : c->first_submit))
                 .text);
}
