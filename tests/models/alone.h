/* alone.h - one node of any protocol, and the test is the rest of the world.
 *
 *     struct alone a;
 *     alone_begin(&a, "pbft-normal", 4, 1);            node 1 of 4, started
 *     alone_receive(&a, 0, alone_message(&a, PREPARE, bytes, len));
 *     ck_assert_uint_eq(a.out.n, 1);                   the effects of that one step
 *     alone_end(&a);
 *
 * The network is a full mesh of nodes that all run the protocol, with a stake of 1 each. */
#ifndef ORR_TESTS_MODELS_ALONE_H
#define ORR_TESTS_MODELS_ALONE_H

#include "models/base/cost.h"
#include "models/output.h"
#include "models/registry.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { ALONE_MAX = 64 }; /* nodes */

struct alone {
    struct orr_outbox out; /* effects of the last step; their messages live until the next one */
    orr_time now;          /* set it as you like, never back */
    void *state;
    const struct orr_protocol *protocol;
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_rng rng;
    struct orr_costs costs;
    struct orr_links links;
    orr_peer members[ALONE_MAX];
    uint64_t stakes[ALONE_MAX];
    struct orr_cohort cohort;
    struct orr_common common;
    struct orr_env env;
};

static inline void alone_grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

static inline void alone_forget(struct alone *a) {
    while (a->out.n) orr_msg_unref(&a->pool, a->out.v[--a->out.n].msg);
}

/* One event; msg (its reference is moved) may be NULL. */
static inline void alone_step(struct alone *a, enum orr_event_kind kind, orr_peer peer,
                              uint32_t key, struct orr_msg *msg) {
    alone_forget(a);
    struct orr_event event = {.kind = kind, .peer = peer, .key = key, .now = a->now,
                              .wall = a->now, .msg = msg};
    ck_assert_int_eq(a->protocol->step(a->state, &event, &a->out), 0);
    orr_msg_unref(&a->pool, msg);
}

/* Node `self` of n, of the protocol that a scenario would name so, born and started. */
static inline void alone_begin(struct alone *a, const char *role, uint32_t n, orr_peer self) {
    const struct orr_protocol *protocol = orr_registry_find(role);
    ck_assert_msg(protocol != NULL, "no protocol '%s' in models/registry.def", role);
    ck_assert_uint_le(n, ALONE_MAX);
    *a = (struct alone){.protocol = protocol, .links = {.n = n - 1}};
    orr_heap_init(&a->heap);
    orr_pool_init(&a->pool, &a->heap.mem);
    a->rng = orr_rng_stream(1, ORR_RNG_NODE, self);
    for (uint32_t i = 0; i < n; i++) a->members[i] = i, a->stakes[i] = 1;
    a->cohort = (struct orr_cohort){.n = n, .members = a->members, .stakes = a->stakes, .seed = 1};
    a->common = (struct orr_common){.n_nodes = n, .cohort = &a->cohort, .mem = &a->heap.mem,
                                    .pool = &a->pool, .costs = &a->costs};
    a->env = (struct orr_env){.common = &a->common, .self = self};
    a->out = (struct orr_outbox){.pool = &a->pool, .rng = &a->rng, .links = &a->links,
                                 .grow = alone_grow};
    ck_assert_uint_eq(protocol->config_size, 0); /* such protocols are not for this */
    a->state = orr_xrealloc(NULL, protocol->node_size);
    memset(a->state, 0, protocol->node_size);
    ck_assert_int_eq(protocol->init(a->state, &a->env, NULL), 0);
    alone_step(a, ORR_START, ORR_NOBODY, 0, NULL);
}

/* The node is gone, and holds no message and no memory any more. */
static inline void alone_end(struct alone *a) {
    alone_forget(a);
    if (a->protocol->fini) a->protocol->fini(a->state);
    ck_assert_uint_eq(a->pool.n_live, 0);
    orr_pool_fini(&a->pool);
    ck_assert_uint_eq(a->heap.used_bytes, 0);
    free(a->out.v);
    free(a->state);
}

static inline struct orr_msg *alone_message(struct alone *a, uint16_t kind, const void *bytes,
                                            uint32_t len) {
    return orr_msg_copy(&a->pool, kind, bytes, len);
}
static inline void alone_receive(struct alone *a, orr_peer from, struct orr_msg *msg) {
    alone_step(a, ORR_RECV, from, 0, msg);
}
static inline void alone_submit(struct alone *a, struct orr_msg *tx) {
    alone_step(a, ORR_INPUT, 0, ORR_IN_TX, tx);
}

/* How many effects of a kind the last step had. */
static inline uint32_t alone_count(const struct alone *a, enum orr_effect_kind kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->out.n; i++) n += a->out.v[i].kind == kind;
    return n;
}
/* The i-th message that it sent (to one or to all), or NULL. */
static inline struct orr_msg *alone_said(const struct alone *a, uint32_t i) {
    for (uint32_t k = 0; k < a->out.n; k++)
        if ((a->out.v[k].kind == ORR_CAST || a->out.v[k].kind == ORR_SEND) && i-- == 0)
            return a->out.v[k].msg;
    return NULL;
}
/* The i-th output with a key, or NULL. */
static inline struct orr_msg *alone_output(const struct alone *a, uint32_t key, uint32_t i) {
    for (uint32_t k = 0; k < a->out.n; k++)
        if (a->out.v[k].kind == ORR_OUTPUT && a->out.v[k].key == key && i-- == 0)
            return a->out.v[k].msg;
    return NULL;
}
#endif
