/* Any bytes as any message of a PBFT replica, a Raft server, a node of HotStuff's family or of a
 * graph, at any moment: nothing crashes and nothing is kept that should not be.  Input: one byte
 * for the role, then for each message one byte of kind, one of its sender, two of length, and its
 * bytes; a kind with bit 7 set begins with a good message, that the node sent itself, into which
 * the bytes are XORed. */
#include <assert.h>
#include <stdlib.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/output.h"
#include "models/registry.h"
#include "sim/base/memory.h"

enum { N = 4, KINDS = 16 };
static const char *const roles[] = {"pbft",       "raft",    "hotstuff",      "hotstuff-basic",
                                    "hotstuff-2", "jolteon", "fast-hotstuff", "streamlet",
                                    "tusk",       "bullshark", "mysticeti"};
enum { N_ROLES = sizeof roles / sizeof roles[0] };

struct world {
    struct orr_heap heap;
    struct orr_arena arena;
    struct orr_pool pool;
    const struct orr_protocol *protocol;
    struct orr_common common;
    struct orr_costs costs;
    struct orr_env env;
    struct orr_links links;
    struct orr_outbox out;
    struct orr_rng rng;
    void *config, *state;
    struct orr_msg *sent[KINDS];
    orr_time now;
};

static void grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

static void step(struct world *w, struct orr_event e) {
    uint32_t written[64], n_written = 0;
    e.now = e.wall = w->now += 1000000;
    orr_freeze(w->protocol, &w->common, e.msg);
    w->out.n = 0;
    w->out.rng = &w->rng;
    w->out.links = &w->links;
    int error = w->protocol->step(w->state, &e, &w->out);
    assert(!error);
    (void)error;
    for (uint32_t i = 0; i < w->out.n; i++) {
        struct orr_effect f = w->out.v[i];
        bool is_sent = f.kind == ORR_SEND || f.kind == ORR_CAST;
        if (is_sent && !w->sent[f.msg->kind]) w->sent[f.msg->kind] = orr_msg_ref(f.msg);
        if (f.kind == ORR_WRITE && n_written < 64) written[n_written++] = f.key;
        orr_msg_unref(&w->pool, f.msg);
    }
    for (uint32_t i = 0; i < n_written; i++)
        step(w, (struct orr_event){.kind = ORR_WRITTEN, .key = written[i]});
}

static void begin(struct world *w, const char *role) {
    static orr_peer members[N] = {0, 1, 2, 3};
    static uint64_t stakes[N] = {1, 1, 1, 1};
    static struct orr_cohort cohort = {N, members, stakes, 1, ORR_SIGNATURES_MODELLED};
    orr_heap_init(&w->heap);
    orr_arena_init(&w->arena);
    orr_pool_init(&w->pool, &w->heap.mem);
    w->protocol = orr_registry_find(role);
    w->config = orr_alloc_zero(&w->heap.mem, w->protocol->config_size);
    for (const struct orr_config_key *k = w->protocol->config; k->name; k++)
        memcpy((char *)w->config + k->offset, &k->fallback,
               k->type == ORR_CONFIG_BOOL ? 1 : k->type == ORR_CONFIG_ENUM ? 4 : 8);
    w->common = (struct orr_common){.n_nodes = N, .cohort = &cohort, .costs = &w->costs,
                                    .mem = &w->heap.mem, .pool = &w->pool};
    if (w->protocol->genesis.share)
        w->common.shared = w->protocol->genesis.share(&cohort, w->config, &w->arena.mem);
    w->env = (struct orr_env){.common = &w->common};
    w->links.n = N - 1;
    w->rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    w->out = (struct orr_outbox){.pool = &w->pool, .grow = grow};
    w->state = orr_alloc_zero(&w->heap.mem, w->protocol->node_size);
    int error = w->protocol->init(w->state, &w->env, w->config);
    assert(!error);
    (void)error;
    step(w, (struct orr_event){.kind = ORR_START});
}

/* The node is given something to say. */
static void warm_up(struct world *w) {
    struct orr_msg *tx = orr_msg_copy(&w->pool, 0, "a transaction", 13);
    step(w, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_TX, .msg = tx});
    orr_msg_unref(&w->pool, tx);
    step(w, (struct orr_event){.kind = ORR_TIMER, .key = 0}); /* of the view, or of the election */
}

static void end(struct world *w) {
    for (int i = 0; i < KINDS; i++) orr_msg_unref(&w->pool, w->sent[i]);
    w->protocol->fini(w->state);
    assert(!w->pool.n_live);
    orr_pool_fini(&w->pool);
    orr_free(&w->heap.mem, w->state, w->protocol->node_size);
    orr_free(&w->heap.mem, w->config, w->protocol->config_size);
    assert(!w->heap.used_bytes);
    orr_arena_fini(&w->arena);
    free(w->out.v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct world w = {0};
    struct orr_reader r = orr_reader(data, size);
    begin(&w, roles[orr_read_u8(&r) % N_ROLES]);
    warm_up(&w);
    while (orr_read_left(&r) >= 4) { /* ends: each reads some bytes */
        uint8_t kind = orr_read_u8(&r), from = orr_read_u8(&r);
        uint32_t len = orr_read_u16(&r);
        if (len > orr_read_left(&r)) len = (uint32_t)orr_read_left(&r);
        const uint8_t *bytes = orr_read_bytes(&r, len);
        const struct orr_msg *good = kind & 128 ? w.sent[kind % KINDS] : NULL;
        struct orr_msg *m = good ? orr_msg_copy(&w.pool, good->kind, good->data, good->len)
                                 : orr_msg_copy(&w.pool, kind & 127, bytes, len);
        for (uint32_t i = 0; good && i < len && i < m->len; i++) m->data[i] ^= bytes[i];
        step(&w, (struct orr_event){.kind = ORR_RECV, .peer = 1 + from % (N - 1), .msg = m});
        orr_msg_unref(&w.pool, m);
    }
    end(&w);
    return 0;
}
