/* watch.h - what a test sees of a cluster's outputs, and whether the promises were kept. */
#ifndef ORR_TESTS_MODELS_BFT_WATCH_H
#define ORR_TESTS_MODELS_BFT_WATCH_H

#include "tests/driver.h"

#define WATCH_HEIGHTS 600

struct watch {
    uint64_t heights[CLUSTER_MAX];         /* last decided by each node          */
    uint32_t rounds[WATCH_HEIGHTS];        /* of the first decision of a height  */
    orr_time decided_at[WATCH_HEIGHTS];
    uint8_t values[WATCH_HEIGHTS][32], roots[WATCH_HEIGHTS][32];
    bool is_decided[WATCH_HEIGHTS];
    bool is_liar[CLUSTER_MAX];             /* what it says does not count        */
    uint32_t n_forks, n_root_splits, n_gaps;
    uint64_t txs[20000];                   /* ids, as node 0 decided them        */
    uint32_t n_txs;
    uint32_t n_dropped, n_seen, n_committed;
    bool is_culprit[CLUSTER_MAX];          /* named by evidence                  */
};

static inline void watch_decided(struct watch *w, struct cluster *c, orr_peer node,
                                 const struct orr_decided *d) {
    if (d->height >= WATCH_HEIGHTS) ck_abort_msg("height %lu", (unsigned long)d->height);
    bool is_again = d->height == w->heights[node]; /* told again after a restart, sim/driver.h */
    if (!is_again && d->height != w->heights[node] + 1) w->n_gaps++;
    w->heights[node] = d->height;
    if (!w->is_decided[d->height]) {
        w->is_decided[d->height] = true;
        w->rounds[d->height] = d->round;
        w->decided_at[d->height] = c->now;
        memcpy(w->values[d->height], d->value, 32);
        memcpy(w->roots[d->height], d->state_root, 32);
    }
    w->n_forks += memcmp(w->values[d->height], d->value, 32) != 0;
    w->n_root_splits += memcmp(w->roots[d->height], d->state_root, 32) != 0;
    for (uint32_t i = 0; node == 0 && !is_again && i < d->n_txs && w->n_txs < 20000; i++)
        w->txs[w->n_txs++] = d->txs[i];
}

static inline void watch_output(struct cluster *c, orr_peer node, uint32_t key,
                                const struct orr_msg *m) {
    struct watch *w = c->ctx;
    if (w->is_liar[node]) return;
    if (key == ORR_OUT_DECIDED) watch_decided(w, c, node, (const struct orr_decided *)m->data);
    if (key == ORR_OUT_DROPPED) w->n_dropped++;
    if (key == ORR_OUT_ADOPTED) /* what it jumps over it never decides */
        w->heights[node] = ((const struct orr_adopted *)m->data)->height;
    if (key != ORR_OUT_EVIDENCE) return;
    const struct orr_evidence *e = (const struct orr_evidence *)m->data;
    w->is_culprit[e->culprit] = true;
    if (e->committed) w->n_committed++;
    else w->n_seen++;
}

static inline struct watch *watch_new(struct cluster *c) {
    c->ctx = calloc(1, sizeof(struct watch));
    c->output = watch_output;
    return c->ctx;
}

/* All correct nodes decided at least `height`, alike and without gaps. */
static inline void watch_expect(struct cluster *c, uint64_t height) {
    struct watch *w = c->ctx;
    ck_assert_uint_eq(w->n_forks, 0);
    ck_assert_uint_eq(w->n_root_splits, 0);
    ck_assert_uint_eq(w->n_gaps, 0);
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (!w->is_liar[i])
            ck_assert_msg(w->heights[i] >= height, "node %u decided %lu heights of %lu", i,
                          (unsigned long)w->heights[i], (unsigned long)height);
}

static inline void watch_free(struct cluster *c) {
    free(c->ctx);
    cluster_free(c);
}

/* Client `client` hands its transaction `number` to a node; returns its id. */
static inline uint64_t cluster_submit(struct cluster *c, orr_peer node, uint32_t client,
                                      uint64_t number, uint32_t size) {
    struct orr_rng rng = orr_rng_stream(number, ORR_RNG_WORKLOAD, client);
    struct orr_tx_order order = {.client = client, .number = number, .size = size, .rng = &rng};
    void *state = orr_alloc_zero(&c->heap.mem, c->protocol->workload.state_size);
    struct orr_msg *tx = c->protocol->workload.make_tx(state, &c->common, &order);
    orr_free(&c->heap.mem, state, c->protocol->workload.state_size);
    uint64_t id = orr_msg_hash(tx);
    cluster_step(c, node, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_TX, .msg = tx});
    orr_msg_unref(&c->pool, tx);
    return id;
}
#endif
