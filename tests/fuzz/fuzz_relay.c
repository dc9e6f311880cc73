/* Any bytes as the messages that peers send to a relay: Plumtree over HyParView, GossipSub over
 * HyParView, Bitcoin's with compact blocks, push-pull.  Nothing crashes, and every message that a
 * node keeps comes back when it ends.
 *
 * The first byte says which relay; then each event is a byte (its kind and peer), a byte (the
 * message's kind), a byte (its length) and so many bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "models/base/cost.h"
#include "models/output.h"
#include "models/registry.h"
#include "sim/base/memory.h"

enum { PEERS = 8, TIMERS = 8, SEED = 1 };
#define SECOND ((orr_time)1000000000)
static const struct { const char *role, *keys[3]; uint64_t values[3]; } relays[] = {
    {"plumtree", {"active", "passive"}, {3, 5}},
    {"gossipsub", {"active", "passive", "scoring"}, {3, 5, 1}},
    {"inv-relay", {"block", "compact"}, {100, 2}},
    {"inv-relay", {"loop", "check", "block"}, {100000000, 1000000, 100}},
    {"push-pull", {NULL}, {0}},
    {"plumtree", {NULL}, {0}}};
enum { N_RELAYS = sizeof relays / sizeof relays[0] };

struct run {
    struct orr_heap heap;
    struct orr_arena arena;
    struct orr_pool pool;
    struct orr_cohort cohort;
    orr_peer members[PEERS], linked[PEERS];
    uint64_t stakes[PEERS];
    struct orr_links links;
    struct orr_common common;
    struct orr_costs costs;
    struct orr_env env;
    struct orr_rng rng;
    struct orr_outbox out;
    const struct orr_protocol *protocol;
    void *config, *state;
    orr_time now, timers[TIMERS];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

static void set(struct run *r, const struct orr_config_key *k, uint64_t value) {
    uint8_t *at = (uint8_t *)r->config + k->offset;
    if (k->type == ORR_CONFIG_BOOL) *(bool *)at = value != 0;
    else if (k->type == ORR_CONFIG_ENUM) *(uint32_t *)at = (uint32_t)value;
    else *(uint64_t *)at = value;
}

/* Carries nothing out but links, which a node may open and close. */
static void look(struct run *r) {
    for (uint32_t i = 0; i < r->out.n; i++) {
        const struct orr_effect *e = &r->out.v[i];
        if (e->kind <= ORR_CAST) orr_freeze(r->protocol, &r->common, e->msg);
        if (e->kind == ORR_DIAL && e->peer >= PEERS) abort(); /* nobody is there */
        if (e->kind == ORR_ARM && e->key >= r->protocol->n_timers) abort();
        if (e->kind == ORR_ARM) r->timers[e->key] = e->at;
        orr_msg_unref(&r->pool, e->msg);
    }
    r->out.n = 0;
}

static void step(struct run *r, enum orr_event_kind kind, orr_peer peer, uint32_t key,
                 struct orr_msg *moved) {
    struct orr_event e = {kind, peer, key, r->now, r->now, moved};
    orr_freeze(r->protocol, &r->common, moved);
    if (r->protocol->step(r->state, &e, &r->out)) abort();
    look(r);
    orr_msg_unref(&r->pool, moved);
}

/* A timer that is armed, when it is due. */
static void fire(struct run *r, uint32_t key) {
    orr_time at = r->timers[key];
    if (at == ORR_NEVER) return;
    if (at > r->now) r->now = at;
    r->timers[key] = ORR_NEVER;
    step(r, ORR_TIMER, ORR_NOBODY, key, NULL);
}

static void link_peer(struct run *r, orr_peer peer, bool is_up) {
    uint32_t i = 0;
    while (i < r->links.n && r->linked[i] < peer) i++;
    bool is_there = i < r->links.n && r->linked[i] == peer;
    if (is_there == is_up) return;
    if (is_up) memmove(r->linked + i + 1, r->linked + i, (r->links.n - i) * sizeof *r->linked);
    else memmove(r->linked + i, r->linked + i + 1, (r->links.n - i - 1) * sizeof *r->linked);
    if (is_up) r->linked[i] = peer;
    r->links.n += is_up ? 1 : -1u;
}

static void begin(struct run *r, uint32_t which) {
    memset(r, 0, sizeof *r);
    orr_heap_init(&r->heap);
    orr_arena_init(&r->arena);
    orr_pool_init(&r->pool, &r->heap.mem);
    r->protocol = orr_registry_find(relays[which].role);
    r->config = orr_alloc_zero(&r->heap.mem, r->protocol->config_size);
    for (const struct orr_config_key *k = r->protocol->config; k && k->name; k++) {
        set(r, k, k->fallback);
        for (int i = 0; i < 3; i++)
            if (relays[which].keys[i] && !strcmp(relays[which].keys[i], k->name))
                set(r, k, relays[which].values[i]);
    }
    for (uint32_t i = 0; i < PEERS; i++) r->members[i] = i, r->stakes[i] = 1;
    r->cohort = (struct orr_cohort){PEERS, r->members, r->stakes, SEED, ORR_SIGNATURES_MODELLED};
    r->links = (struct orr_links){0, r->linked};
    r->common = (struct orr_common){.n_nodes = PEERS, .cohort = &r->cohort, .mem = &r->heap.mem,
                                    .pool = &r->pool, .costs = &r->costs};
    if (r->protocol->genesis.share)
        r->common.shared = r->protocol->genesis.share(&r->cohort, r->config, &r->arena.mem);
    r->env = (struct orr_env){&r->common, 0};
    r->rng = orr_rng_stream(SEED, ORR_RNG_NODE, 0);
    r->out = (struct orr_outbox){
        .pool = &r->pool, .rng = &r->rng, .links = &r->links, .grow = grow};
    r->state = orr_alloc_zero(&r->heap.mem, r->protocol->node_size);
    for (int k = 0; k < TIMERS; k++) r->timers[k] = ORR_NEVER;
    if (r->protocol->n_timers > TIMERS || r->protocol->init(r->state, &r->env, r->config)) abort();
    step(r, ORR_START, ORR_NOBODY, 0, NULL);
}

static void end(struct run *r) {
    if (r->protocol->fini) r->protocol->fini(r->state);
    orr_free(&r->heap.mem, r->state, r->protocol->node_size);
    orr_free(&r->heap.mem, r->config, r->protocol->config_size);
    if (r->pool.n_live) abort(); /* a message that nobody has any more */
    orr_pool_fini(&r->pool);
    if (r->heap.used_bytes) abort();
    orr_arena_fini(&r->arena);
    free(r->out.v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct run r;
    if (!len) return 0;
    begin(&r, data[0] % N_RELAYS);
    for (size_t at = 1; len - at >= 3;) { /* ends: three bytes fewer each turn */
        orr_peer peer = 1 + data[at] % (PEERS - 1);
        uint8_t what = data[at] >> 4, kind = data[at + 1];
        size_t size = data[at + 2] < len - at - 3 ? data[at + 2] : len - at - 3;
        r.now += SECOND / 64 * (kind >> 4);
        if (what == 0 || what == 1) {
            link_peer(&r, peer, what == 0);
            step(&r, what == 0 ? ORR_PEER_UP : ORR_PEER_DOWN, peer, kind % ORR_N_DOWNS, NULL);
        } else if (what == 2) {
            fire(&r, kind % r.protocol->n_timers);
        } else if (what == 3 && size >= r.protocol->workload.least_size) {
            step(&r, ORR_INPUT, ORR_NOBODY, ORR_IN_TX,
                 orr_msg_copy(&r.pool, 0, data + at + 3, (uint32_t)size));
        } else if (orr_links_has(&r.links, 0, peer)) {
            step(&r, ORR_RECV, peer, 0,
                 orr_msg_copy(&r.pool, kind % 16, data + at + 3, (uint32_t)size));
        }
        at += 3 + size;
    }
    end(&r);
    return 0;
}
