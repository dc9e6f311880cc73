/* calls.c - the functions of a node's protocol but step(), each under guard (guard.h). */
#include "sim/engine/engine.h"

/* One call: what goes in and what comes out. */
struct call_of {
    struct node *node;
    const struct orr_protocol *protocol;
    int error;                 /* init                    */
    const struct orr_cohort *cohort; /* share             */
    struct orr_mem *mem;
    const void *shared;
    uint64_t digest;
    bool leads;
    struct orr_stand stand;
    const struct orr_tx_order *order; /* make_tx          */
    struct orr_msg *tx;
    struct orr_msg *msg;       /* decode                  */
};

static void call_init(void *ctx) {
    struct call_of *c = ctx;
    c->error = c->protocol->init(c->node->state, &c->node->env, c->node->config);
}
static void call_fini(void *ctx) {
    struct call_of *c = ctx;
    c->protocol->fini(c->node->state);
}
static void call_digest(void *ctx) {
    struct call_of *c = ctx;
    c->digest = c->protocol->digest(c->node->state);
}
static void call_share(void *ctx) {
    struct call_of *c = ctx;
    c->shared = c->protocol->genesis.share(c->cohort, c->node->config, c->mem);
}
static void call_leads(void *ctx) {
    struct call_of *c = ctx;
    c->leads = c->protocol->fault.leads(c->node->state);
}
static void call_stand(void *ctx) {
    struct call_of *c = ctx;
    c->protocol->report.stand(c->node->state, &c->stand);
}
static void call_make_tx(void *ctx) {
    struct call_of *c = ctx;
    const struct cohort *cohort = (const struct cohort *)c->node->env.common;
    c->tx = c->protocol->workload.make_tx(cohort->clients, &cohort->common, c->order);
}

static void call_decode(void *ctx) {
    struct call_of *c = ctx;
    orr_freeze(c->protocol, c->node->env.common, c->msg);
}

static void call(struct orr_sim *sim, struct call_of *c, enum orr_callback callback,
                 void (*body)(void *ctx)) {
    orr_peer self = (orr_peer)(c->node - sim->nodes);
    sim->heap.owner = self;
    c->protocol = c->node->protocol;
    if (sim->poison) orr_engine_poison_stack(sim->poison->byte);
    orr_guard_call(sim, self, callback, body, c);
}

int orr_engine_init(struct orr_sim *sim, struct node *node) {
    struct call_of c = {.node = node};
    call(sim, &c, ORR_CALLBACK_INIT, call_init);
    return c.error;
}

void orr_engine_fini(struct orr_sim *sim, struct node *node) {
    struct call_of c = {.node = node};
    if (node->protocol->fini) call(sim, &c, ORR_CALLBACK_FINI, call_fini);
}

const void *orr_engine_share(struct orr_sim *sim, orr_peer first, const struct orr_cohort *cohort,
                             struct orr_mem *mem) {
    struct call_of c = {.node = &sim->nodes[first], .cohort = cohort, .mem = mem};
    if (c.node->protocol->genesis.share) call(sim, &c, ORR_CALLBACK_SHARE, call_share);
    return c.shared;
}

uint64_t orr_sim_digest_of(struct orr_sim *sim, orr_peer i) {
    struct call_of c = {.node = &sim->nodes[i]};
    if (c.node->flags & UP && c.node->protocol->digest)
        call(sim, &c, ORR_CALLBACK_DIGEST, call_digest);
    return c.digest;
}

bool orr_engine_freeze(struct orr_sim *sim, struct node *node, struct orr_msg *msg) {
    struct call_of c = {.node = node, .msg = msg};
    if (node->protocol->decode) call(sim, &c, ORR_CALLBACK_DECODE, call_decode);
    else orr_msg_freeze(msg);
    return msg->hash;
}

uint64_t orr_sim_digest(struct orr_sim *sim) {
    uint64_t h = 0;
    for (orr_peer i = 0; i < sim->n_nodes; i++) {
        uint64_t own = orr_sim_digest_of(sim, i);
        h = orr_hash64(h, &own, sizeof own);
    }
    return h;
}

bool orr_sim_leads(struct orr_sim *sim, orr_peer i) {
    struct call_of c = {.node = &sim->nodes[i]};
    if (c.node->flags & UP && c.node->protocol->fault.leads)
        call(sim, &c, ORR_CALLBACK_LEADS, call_leads);
    return c.leads;
}

bool orr_sim_stand(struct orr_sim *sim, orr_peer i, struct orr_stand *stand) {
    struct call_of c = {.node = &sim->nodes[i]};
    if (!(c.node->flags & UP) || !c.node->protocol->report.stand) return false;
    call(sim, &c, ORR_CALLBACK_STAND, call_stand);
    *stand = c.stand;
    return true;
}

const struct orr_common *orr_sim_common(const struct orr_sim *sim, orr_peer i) {
    return sim->nodes[i].env.common;
}

struct orr_msg *orr_sim_make_tx(struct orr_sim *sim, orr_peer to,
                                const struct orr_tx_order *order) {
    struct call_of c = {.node = &sim->nodes[to], .order = order};
    call(sim, &c, ORR_CALLBACK_MAKE_TX, call_make_tx);
    return c.tx;
}
