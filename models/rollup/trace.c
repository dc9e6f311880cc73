#include "models/rollup/trace.h"

#include "models/rollup/payload.h"
#include "models/rollup/step_contract.h"
#include "models/vm/rollup.h"

enum { HEADERS_KNOWN = 256 /* what BLOCKHASH reaches */,
       WALKS = 16 /* a game's claims are about a few blocks in turn */ };

/* A block's execution. */
struct walk {
    struct orr_hash block;        /* its hash; zeros: none */
    struct orr_hash *hashes;      /* [n + 1] of its states, the one before the first step first */
    uint64_t n, cap;
    enum orr_step_phase phase;    /* in the end */
    struct orr_hash output_root;
};

struct orr_trace {
    struct orr_mem *mem;
    const struct orr_rollup_config *config;
    const struct orr_verifier *verifier;
    struct orr_l2_chain chain;
    struct orr_evm_executor *executor;
    struct walk walks[WALKS]; /* the blocks that were walked last */
    uint32_t next_walk;       /* whose place the next one takes */
};

struct orr_trace *orr_trace_create(struct orr_mem *mem, const struct orr_rollup_config *config,
                                   const struct orr_verifier *verifier) {
    struct orr_trace *t = orr_alloc_zero(mem, sizeof *t);
    t->mem = mem;
    t->config = config;
    t->verifier = verifier;
    t->executor = orr_evm_executor_create(mem);
    orr_l2_chain_init(&t->chain, config);
    return t;
}

void orr_trace_destroy(struct orr_trace *t) {
    orr_evm_executor_destroy(t->executor);
    for (uint32_t i = 0; i < WALKS; i++)
        orr_free(t->mem, t->walks[i].hashes, t->walks[i].cap * sizeof *t->walks[i].hashes);
    orr_free(t->mem, t, sizeof *t);
}

/* ---- a block anew ---- */

struct execution {
    struct orr_stepper *m;
    struct orr_evm_state *state;
    struct orr_payload payload;
    struct orr_l1_block origin;
};

static const struct orr_verified *block_at(const struct orr_trace *t, uint64_t number) {
    uint64_t first = orr_verifier_block(t->verifier, 0)->head.block.number;
    bool is_there = number >= first && number - first < orr_verifier_n_blocks(t->verifier);
    return is_there ? orr_verifier_block(t->verifier, number - first) : NULL;
}

static void tell_headers(const struct orr_trace *t, struct orr_stepper *m, uint64_t from) {
    const struct orr_verified *b = block_at(t, from);
    for (int i = 0; i < HEADERS_KNOWN && b; i++) {
        struct orr_rlp_writer w = {.mem = t->mem};
        orr_evm_header_encode(&b->header, &w);
        orr_step_know(m, w.bytes, w.len);
        orr_rlp_free(&w);
        b = from ? block_at(t, --from) : NULL;
    }
}

static bool begin(struct orr_trace *t, uint64_t number, struct execution *e) {
    const struct orr_verified *b = block_at(t, number);
    const struct orr_verified *parent = b && number ? block_at(t, number - 1) : NULL;
    if (!parent || !orr_verifier_origin(t->verifier, b->head.block.origin_number, &e->origin))
        return false;
    struct orr_system_config system = parent->system;
    if (orr_payload_make(t->mem, t->config, &parent->head, &e->origin, b->txs,
                         b->n_txs - b->n_deposits, &system, &e->payload)) {
        orr_l1_block_free(t->mem, &e->origin);
        return false;
    }
    struct orr_l2_parent on = {t->config, &t->chain, &parent->header, parent->head.block.hash,
                               {NULL, NULL}};
    e->state = orr_evm_state_fork(parent->state);
    if (!orr_step_create(t->executor, e->state, &on, &e->payload.attributes, &e->m)) {
        tell_headers(t, e->m, number - 1);
        return true;
    }
    orr_evm_state_destroy(e->state);
    orr_payload_free(t->mem, &e->payload);
    orr_l1_block_free(t->mem, &e->origin);
    return false;
}

static void end(struct orr_trace *t, struct execution *e) {
    orr_step_destroy(e->m);
    orr_evm_state_destroy(e->state);
    orr_payload_free(t->mem, &e->payload);
    orr_l1_block_free(t->mem, &e->origin);
}

static void keep(const struct orr_trace *t, struct walk *w, uint64_t i, struct orr_hash hash) {
    if (i >= w->cap) {
        uint64_t cap = w->cap ? 2 * w->cap : 1024;
        w->hashes = orr_resize(t->mem, w->hashes, w->cap * sizeof *w->hashes,
                               cap * sizeof *w->hashes);
        w->cap = cap;
    }
    w->hashes[i] = hash;
}

/* NULL: the verifier does not have the block, or it cannot be executed. */
static const struct walk *walk(struct orr_trace *t, uint64_t number) {
    const struct orr_verified *b = block_at(t, number);
    struct execution e;
    for (uint32_t i = 0; b && i < WALKS; i++)
        if (orr_hash_equal(b->head.block.hash, t->walks[i].block)) return &t->walks[i];
    if (!begin(t, number, &e)) return NULL;
    struct walk *w = &t->walks[t->next_walk];
    bool good = true;
    w->block = (struct orr_hash){{0}};
    keep(t, w, 0, orr_step_hash(e.m));
    while (good && !orr_step_is_over(e.m)) { /* ends: the block has so many steps */
        good = !orr_step_next(e.m);
        if (good) keep(t, w, orr_step_n(e.m), orr_step_hash(e.m));
    }
    if (good) {
        t->next_walk = (t->next_walk + 1) % WALKS;
        w->n = orr_step_n(e.m);
        w->phase = orr_step_peek(e.m).phase;
        w->output_root = orr_step_output_root(e.m);
        w->block = b->head.block.hash;
        assert(orr_hash_equal(orr_step_block_hash(e.m), w->block)); /* the verifier's own */
    }
    end(t, &e);
    return good ? w : NULL;
}

/* ---- what it says ---- */

bool orr_trace_root(struct orr_trace *t, uint64_t number, struct orr_hash *root) {
    const struct orr_verified *b = block_at(t, number);
    if (!b || b == orr_verifier_block(t->verifier, 0)) return false;
    *root = orr_output_root(&b->header.state_root, &b->message_passer, &b->head.block.hash);
    return true;
}

bool orr_trace_first(struct orr_trace *t, uint64_t number, struct orr_hash *state) {
    struct execution e;
    if (!begin(t, number, &e)) return false;
    *state = orr_step_hash(e.m);
    end(t, &e);
    return true;
}

bool orr_trace_length(struct orr_trace *t, uint64_t number, uint64_t *n_steps) {
    const struct walk *w = walk(t, number);
    if (!w) return false;
    *n_steps = w->n;
    return true;
}

bool orr_trace_state(struct orr_trace *t, uint64_t number, const struct orr_hash *disputed,
                     uint64_t k, struct orr_hash *claim) {
    const struct walk *w = walk(t, number);
    if (!w) return false;
    uint64_t at = k < w->n ? k : w->n; /* "Trace Extension" */
    enum orr_step_phase phase = at == w->n ? w->phase : ORR_STEP_INSTRUCTION; /* or any such */
    *claim = orr_step_claim(&w->hashes[at], phase, &w->output_root, disputed);
    return true;
}

bool orr_trace_prove(struct orr_trace *t, uint64_t number, uint64_t k,
                     struct orr_rlp_writer *proof) {
    struct execution e;
    if (!begin(t, number, &e)) return false;
    int error = 0;
    while (!error && orr_step_n(e.m) < k && !orr_step_is_over(e.m)) error = orr_step_next(e.m);
    if (!error) error = orr_step_prove(e.m, proof);
    end(t, &e);
    return !error;
}
