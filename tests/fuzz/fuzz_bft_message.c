/* Any bytes as any message of a validator, at any moment: nothing crashes, nothing is kept that
 * should not be, and nothing that is not signed counts.  Input: for each message one byte of kind,
 * two of length, then its bytes; a kind with bit 7 set begins with a good message that the bytes
 * are XORed into.  Its length says by which transport the validator talks. */
#include <assert.h>
#include <stdlib.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/bft/tendermint/block.h"
#include "models/bft/tendermint/tendermint.h"
#include "models/ledger/ledger.h"
#include "sim/base/memory.h"

enum { N = 4 };

static void grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

/* Keys take most of the time of a run: they are made once. */
static orr_peer members[N] = {0, 1, 2, 3};
static uint64_t stakes[N] = {1, 1, 1, 1};
static struct orr_cohort cohort = {N, members, stakes, 1, ORR_SIGNATURES_REAL};
static struct orr_arena arena;
static const struct orr_validator_set *the_set(void) {
    static const struct orr_validator_set *set;
    if (!set) orr_arena_init(&arena);
    return set ? set : (set = orr_validator_set_new(&cohort, &arena.mem));
}
static struct orr_msg *the_tx(struct orr_pool *pool) {
    static uint8_t bytes[4096];
    static uint32_t len;
    if (len) return orr_msg_copy(pool, ORR_TM_TX, bytes, len);
    struct orr_keypair a, b;
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 100, &a);
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 101, &b);
    struct orr_msg *tx =
        orr_transfer_make(&a, b.public_key, 1, 1, 1, 200, the_set()->chain_id, pool, NULL);
    assert(tx->len <= sizeof bytes);
    memcpy(bytes, tx->data, len = tx->len);
    return tx;
}

struct world {
    struct orr_heap heap;
    struct orr_pool pool;
    const struct orr_validator_set *set;
    struct orr_tm_config config;
    struct orr_common common;
    struct orr_env env;
    struct orr_links links;
    struct orr_ledger ledger;
    struct orr_tm *node;
    struct orr_outbox out;
    struct orr_rng rng;
    struct orr_msg
        *sent[ORR_TM_N_KINDS]; /* a good message of each kind that the node sent itself */
    bool has_decided;
    orr_time now;
};

static void step(struct world *w, struct orr_event e) {
    e.now = e.wall = w->now += 1000000;
    if (e.msg) orr_tm_decode(e.msg, w->set, &w->pool, NULL);
    if (e.msg) orr_msg_freeze(e.msg);
    w->out.n = 0;
    w->out.rng = &w->rng;
    w->out.links = &w->links;
    orr_tm_step(w->node, &e, &w->out);
    for (uint32_t i = 0; i < w->out.n; i++) {
        struct orr_effect f = w->out.v[i];
        bool is_sent = f.kind == ORR_SEND || f.kind == ORR_CAST;
        if (is_sent && !w->sent[f.msg->kind]) w->sent[f.msg->kind] = orr_msg_ref(f.msg);
        w->has_decided |= f.kind == ORR_OUTPUT && f.key == ORR_OUT_DECIDED;
        orr_msg_unref(&w->pool, f.msg);
    }
}

/* Good messages of the transport `gossip`: all begin with a height and a round. */
static void make_gossip(struct world *w) {
    static const uint8_t lengths[] = {5, 5, 38, 1, 69, 70};
    for (uint16_t i = 0; i < 6; i++) {
        struct orr_msg *m = orr_msg_new(&w->pool, ORR_TM_STEP + i, 12u + lengths[i]);
        memset(m->data, 0, m->len);
        m->data[0] = 1;
        m->data[12] = 1; /* a step, a type of votes, a voter */
        if (m->kind == ORR_TM_VALID) m->data[12 + 33] = 3; /* parts */
        orr_msg_unref(&w->pool, w->sent[m->kind]);
        w->sent[m->kind] = m;
    }
    struct orr_msg *m = orr_msg_copy(&w->pool, ORR_TM_STEP, w->sent[ORR_TM_STEP]->data, 17);
    step(w, (struct orr_event){.kind = ORR_RECV, .peer = 1, .msg = m});
    orr_msg_unref(&w->pool, m);
    w->now += 1000000000;
    step(w, (struct orr_event){.kind = ORR_TIMER, .key = ORR_TM_TIMER_PEERS}); /* sends its block */
}

static void begin(struct world *w, uint32_t dissemination) {
    static struct orr_costs costs;
    orr_heap_init(&w->heap);
    orr_pool_init(&w->pool, &w->heap.mem);
    w->set = the_set();
#define KEY(key, type, fallback, min, max, help) w->config.key = fallback;
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
    w->config.dissemination = dissemination;
    w->common = (struct orr_common){.n_nodes = N,
                                    .cohort = &cohort,
                                    .costs = &costs,
                                    .mem = &w->heap.mem,
                                    .pool = &w->pool};
    w->env = (struct orr_env){.common = &w->common};
    w->links.n = N - 1;
    w->rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    w->out = (struct orr_outbox){.pool = &w->pool, .grow = grow};
    orr_ledger_init(&w->ledger, &w->env, w->set->chain_id, 1000);
    w->node = orr_tm_new(&w->env, &w->config, w->set, &orr_ledger_app, &w->ledger);
    step(w, (struct orr_event){.kind = ORR_START}); /* validator 0 proposes, and prevotes */
    step(w, (struct orr_event){.kind = ORR_TIMER, .key = ORR_TM_TIMER_GOSSIP});
    step(w, (struct orr_event){.kind = ORR_TIMER, .key = ORR_TM_TIMER_GOSSIP}); /* asks: a status */
    if (dissemination == ORR_TM_GOSSIP) make_gossip(w);
    for (uint16_t kind = ORR_TM_HAS; kind <= ORR_TM_FETCH; kind++) { /* of its own block */
        const uint8_t *id = w->sent[ORR_TM_PROPOSAL]->data + 20; /* hash, parts_root, n_parts = 1 */
        w->sent[kind] = orr_msg_new(&w->pool, kind, 8 + 32 + 4 + 1);
        orr_store_le64(w->sent[kind]->data, 1);
        memcpy(w->sent[kind]->data + 8, id + 32, 36);
        w->sent[kind]->data[44] = 1;
    }
    w->sent[ORR_TM_TX] = the_tx(&w->pool);
}

static void end(struct world *w) {
    for (unsigned k = 0; k < ORR_TM_N_KINDS; k++) orr_msg_unref(&w->pool, w->sent[k]);
    orr_tm_free(w->node);
    orr_ledger_fini(&w->ledger);
    assert(w->pool.n_live == 0);
    orr_pool_fini(&w->pool);
    assert(w->heap.used_bytes == 0);
    free(w->out.v);
}

static struct orr_msg *message(struct world *w, uint8_t kind, const uint8_t *bytes, uint32_t len) {
    const struct orr_msg *good = kind & 0x80 ? w->sent[(kind & 0x7f) % ORR_TM_N_KINDS] : NULL;
    if (!good) return orr_msg_copy(&w->pool, kind & 0x7f, bytes, len);
    struct orr_msg *m = orr_msg_copy(&w->pool, good->kind, good->data, good->len);
    for (uint32_t i = 0; i < len && i < m->len; i++) m->data[i] ^= bytes[i];
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world w;
    memset(&w, 0, sizeof w);
    begin(&w, size % (ORR_TM_GOSSIP + 1));
    struct orr_reader r = orr_reader(data, size);
    while (orr_read_left(&r) >= 3) {
        uint8_t kind = orr_read_u8(&r);
        uint32_t len = orr_read_u16(&r);
        if (len > orr_read_left(&r)) len = (uint32_t)orr_read_left(&r);
        struct orr_msg *m = message(&w, kind, orr_read_bytes(&r, len), len);
        step(&w, (struct orr_event){.kind = ORR_RECV, .peer = 1 + len % 3, .msg = m});
        orr_msg_unref(&w.pool, m);
    }
    w.now += 1000000000;
    step(&w, (struct orr_event){.kind = ORR_TIMER, .key = ORR_TM_TIMER_PEERS});
    step(&w, (struct orr_event){.kind = ORR_TIMER, .key = ORR_TM_TIMER_GOSSIP});
    assert(!w.has_decided); /* nobody else's signature can be had */
    end(&w);
    return 0;
}
