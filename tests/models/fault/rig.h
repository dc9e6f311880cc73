/* rig.h - a wrapped node of a tiny protocol, driven by hand: every effect seen, every reference
 * counted. */
#ifndef ORR_TESTS_FAULT_RIG_H
#define ORR_TESTS_FAULT_RIG_H

#include "models/base/cost.h"
#include "models/fault/byzantine.h"
#include "models/output.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { N = 8, ONE = 1000000000 };

/* ---- a protocol that greets, echoes, ticks and keeps a record ---- */

enum { KIND_HELLO, KIND_ECHO };

struct parrot {
    const struct orr_env *env;
    uint64_t n_heard, n_inits, n_forgotten;
    struct orr_msg *last;
};

static inline int parrot_init(void *node, const struct orr_env *env, const void *cfg) {
    struct parrot *p = node;
    ck_assert_uint_eq(p->n_heard, 0); /* zeroed */
    p->env = env;
    p->n_inits = cfg ? *(const uint64_t *)cfg : 1;
    return 0;
}

static inline int parrot_step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct parrot *p = node;
    switch (event->kind) {
    case ORR_START:
        orr_write(out, 7, orr_msg_copy(out->pool, KIND_HELLO, "vow", 3));
        orr_cast(out, ORR_NOBODY, orr_msg_copy(out->pool, KIND_HELLO, "hello", 5));
        orr_arm(out, 1, event->now + 100);
        break;
    case ORR_RECV:
        p->n_heard++;
        orr_msg_unref(p->env->common->pool, p->last);
        p->last = orr_msg_ref(event->msg);
        orr_send(out, event->peer,
                 orr_msg_copy(out->pool, KIND_ECHO, event->msg->data, event->msg->len));
        break;
    case ORR_TIMER:
        ck_assert_uint_eq(event->key, 1);
        orr_output(out, ORR_OUT_STEP, orr_msg_new(out->pool, 0, 8));
        break;
    default: break;
    }
    return 0;
}

static inline void parrot_fini(void *node) {
    struct parrot *p = node;
    orr_msg_unref(p->env->common->pool, p->last);
    p->last = NULL;
}
static inline uint64_t parrot_digest(const void *node) {
    return ((const struct parrot *)node)->n_heard;
}
static inline bool parrot_leads(const void *node) {
    return ((const struct parrot *)node)->n_heard > 0;
}
static inline struct orr_msg *parrot_forge(void *node, const struct orr_msg *m,
                                           struct orr_pool *pool) {
    (void)node;
    if (m->kind != KIND_HELLO) return NULL;
    struct orr_msg *lie = orr_msg_copy(pool, m->kind, m->data, m->len);
    lie->data[0] ^= 0x20;
    return lie;
}

static inline void parrot_forget(void *node) { ((struct parrot *)node)->n_forgotten++; }
static inline bool parrot_sign(const struct orr_common *common, orr_peer signer,
                               const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)common, (void)signer;
    m->data[changed->width] = '!'; /* the mark of a second signature */
    return true;
}
static const struct orr_msg_field parrot_fields[] = {
    {.name = "letter", .message = KIND_HELLO, .kind = ORR_FIELD_VALUE, .width = 1},
    {.name = "letter", .message = KIND_ECHO, .kind = ORR_FIELD_VALUE, .width = 1},
    {0},
};
static const struct orr_msg_field *const parrot_letters[] = {&parrot_fields[0], &parrot_fields[1]};

static const struct orr_protocol parrot = {.abi = ORR_ABI,
                                           .name = "parrot",
                                           .node_size = sizeof(struct parrot),
                                           .n_timers = 2,
                                           .init = parrot_init,
                                           .step = parrot_step,
                                           .fini = parrot_fini,
                                           .digest = parrot_digest,
                                           .fault.leads = parrot_leads,
                                           .fault.forge = parrot_forge,
                                           .fault.fields = parrot_fields,
                                           .fault.sign = parrot_sign,
                                           .fault.forget = parrot_forget,
                                           .fault.patience = 1u << 1};

/* ---- a driver of one node ---- */

static const orr_peer everyone[N] = {0, 1, 2, 3, 4, 5, 6, 7};
static const uint64_t stakes[N] = {1, 1, 1, 1, 1, 1, 1, 1};
static const struct orr_cohort all = {
    .n = N, .members = everyone, .stakes = stakes, .seed = 42};
static const struct orr_cohort *cohort = &all; /* of the next rig */
static const struct orr_costs costs = {.sign_ns = 25000};

struct rig {
    struct orr_heap heap;
    struct orr_pool pool;
    struct orr_rng rng;
    struct orr_outbox out;
    struct orr_common common;
    struct orr_env env;
    struct orr_links links;
    struct orr_protocol protocol;
    void *node;
};

static struct rig *growing; /* the outbox's grow() has no context of its own */
static inline void grow(struct orr_outbox *out) {
    out->v = orr_resize(&growing->heap.mem, out->v, out->cap * sizeof out->v[0],
                        (out->cap + 1) * sizeof out->v[0]);
    out->cap++;
}

static inline void rig_begin(struct rig *r, const struct orr_byzantine_config *cfg,
                             uint32_t n_links, const orr_peer *links) {
    memset(r, 0, sizeof *r);
    growing = r;
    orr_heap_init(&r->heap);
    orr_pool_init(&r->pool, &r->heap.mem);
    r->rng = orr_rng_stream(42, ORR_RNG_NODE, 2);
    r->links = (struct orr_links){links ? n_links : N - 1, links};
    r->out = (struct orr_outbox){
        .pool = &r->pool, .rng = &r->rng, .links = &r->links, .grow = grow};
    r->common = (struct orr_common){.n_nodes = N,
                                    .cohort = cohort,
                                    .mem = &r->heap.mem,
                                    .pool = &r->pool,
                                    .costs = &costs};
    r->env = (struct orr_env){.common = &r->common, .self = 2};
    ck_assert_int_eq(orr_byzantine_wrap(cfg, &r->protocol), 0);
    r->node = orr_alloc_zero(&r->heap.mem, r->protocol.node_size);
    ck_assert_int_eq(r->protocol.init(r->node, &r->env, cfg), 0);
}

static inline void drop_effects(struct rig *r) {
    for (uint32_t i = 0; i < r->out.n; i++) orr_msg_unref(&r->pool, r->out.v[i].msg);
    r->out.n = 0;
    r->out.busy_ns = 0;
}

static inline void rig_end(struct rig *r) {
    drop_effects(r);
    r->protocol.fini(r->node);
    ck_assert_uint_eq(r->pool.n_live, 0); /* every reference was given back */
    orr_free(&r->heap.mem, r->node, r->protocol.node_size);
    orr_free(&r->heap.mem, r->out.v, r->out.cap * sizeof r->out.v[0]);
    orr_pool_fini(&r->pool);
    ck_assert_uint_eq(r->heap.used_bytes, 0);
}

/* The effects of one event, in r->out till the next one. */
static inline void event(struct rig *r, struct orr_event e) {
    drop_effects(r);
    ck_assert_int_eq(r->protocol.step(r->node, &e, &r->out), 0);
}
static inline void start(struct rig *r) { event(r, (struct orr_event){.kind = ORR_START}); }
static inline void hear(struct rig *r, orr_peer from, const char *text, orr_time now) {
    struct orr_msg *m = orr_msg_copy(&r->pool, KIND_HELLO, text, (uint32_t)strlen(text));
    event(r, (struct orr_event){.kind = ORR_RECV, .peer = from, .now = now, .msg = m});
    orr_msg_unref(&r->pool, m);
}
static inline void flip(struct rig *r, uint32_t id, orr_time now) {
    event(r, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_FAULT, .peer = id, .now = now});
}
static inline bool says(const struct orr_effect *e, const char *text) {
    return e->msg && e->msg->len == strlen(text) && !memcmp(e->msg->data, text, e->msg->len);
}
/* How many effects of this kind, to this peer, with this text (NULL: any). */
static inline unsigned count(struct rig *r, enum orr_effect_kind kind, orr_peer peer,
                             const char *text) {
    unsigned n = 0;
    for (uint32_t i = 0; i < r->out.n; i++)
        n += r->out.v[i].kind == kind && r->out.v[i].peer == peer &&
             (!text || says(&r->out.v[i], text));
    return n;
}
static inline unsigned count_kind(struct rig *r, enum orr_effect_kind kind) {
    unsigned n = 0;
    for (uint32_t i = 0; i < r->out.n; i++) n += r->out.v[i].kind == kind;
    return n;
}
#endif
