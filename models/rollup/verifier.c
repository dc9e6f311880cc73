#include "models/rollup/verifier.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/rollup/upgrade.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"

/* An L1 block as it came, for the next reset. */
struct l1_entry {
    struct orr_rollup_l1_block id;
    struct orr_system_config system; /* after it */
    uint64_t n_batcher_txs;          /* of the first batcher, up to this block */
    uint8_t *bytes;                  /* the block, then the receipts */
    size_t len, size;
    struct orr_rollup_tx *receipts; /* [n_receipts] */
    size_t n_receipts;
    struct orr_l1_blob *blobs; /* [n_blobs] of batcher transactions, each once */
    size_t n_blobs;
};

struct orr_verifier {
    struct orr_mem *mem;
    struct orr_verifier_genesis genesis;
    struct orr_l2_chain chain;
    struct orr_evm_executor *executor;
    struct orr_derive *derive;
    struct l1_entry *l1;               /* [n_l1] the canonical chain */
    size_t n_l1, l1_cap, next_l1;      /* next_l1: to be given to derivation */
    struct orr_verified *blocks;       /* [n_blocks] the safe chain */
    size_t n_blocks, blocks_cap, kept; /* kept: the least n_blocks since it was asked for */
    struct orr_rollup_known known;     /* what was asked for last */
    uint64_t final_l1;
    bool is_any_final;
    struct orr_verifier_reorgs reorgs;
    const struct orr_verified *(*lend)(void *ctx, uint64_t number);
    void *lender;
    uint64_t n_consolidated;
    const char *missing; /* the name of the code that the next block deploys, or NULL */
};

/* ---- L2 blocks ---- */

static struct orr_verified *new_block(struct orr_verifier *v) {
    if (v->n_blocks == v->blocks_cap) {
        size_t cap = v->blocks_cap ? 2 * v->blocks_cap : 64;
        v->blocks = orr_resize(v->mem, v->blocks, v->blocks_cap * sizeof *v->blocks,
                               cap * sizeof *v->blocks);
        v->blocks_cap = cap;
        for (size_t i = 0; i < v->n_blocks; i++) /* they have moved */
            if (v->blocks[i].header.extra_data_len)
                v->blocks[i].header.extra_data = v->blocks[i].extra;
    }
    struct orr_verified *b = &v->blocks[v->n_blocks++];
    *b = (struct orr_verified){.n_txs = 0};
    return b;
}

static void take_header(struct orr_verified *b, const struct orr_evm_header *header) {
    assert(header->extra_data_len <= ORR_L2_EXTRA_BYTES);
    b->header = *header;
    if (header->extra_data_len) memcpy(b->extra, header->extra_data, header->extra_data_len);
    b->header.extra_data = b->extra;
}

static void copy_txs(const struct orr_rollup_tx *from, size_t n, uint8_t *to,
                     struct orr_rollup_tx *txs) {
    for (size_t i = 0; i < n; to += from[i++].len) {
        memcpy(to, from[i].bytes, from[i].len);
        txs[i] = (struct orr_rollup_tx){to, from[i].len};
    }
}

/* The transactions, which are the payload's until it is accepted. */
static void keep_txs(struct orr_mem *mem, const struct orr_payload *p, struct orr_verified *b) {
    b->n_txs = p->n_txs;
    b->n_deposits = p->n_deposits;
    b->is_from_batch = p->is_from_batch;
    assert(p->n_deposits); /* the attributes at least */
    size_t n = p->n_txs - p->n_deposits, n_users = p->n_deposits - 1 - p->n_upgrades;
    const struct orr_rollup_tx *from = p->txs + p->n_deposits;
    b->n_users = n_users;
    b->txs = orr_alloc(mem, n * sizeof *b->txs);
    b->deposits = orr_alloc(mem, n_users * sizeof *b->deposits);
    for (size_t i = 0; i < n; i++) b->n_bytes += from[i].len;
    b->bytes_len = b->n_bytes;
    for (size_t i = 1; i <= n_users; i++) b->bytes_len += p->txs[i].len;
    b->bytes = orr_alloc(mem, b->bytes_len);
    if (n) copy_txs(from, n, b->bytes, b->txs);
    if (n_users) copy_txs(p->txs + 1, n_users, b->bytes + b->n_bytes, b->deposits);
}

/* What the accounts that a block has used have more than before it: no other has changed. */
static struct orr_u256 sum_of_changes(struct orr_evm_state *before, struct orr_evm_state *after) {
    struct orr_u256 sum = {{0}};
    const struct orr_address *a;
    for (size_t i = 0; (a = orr_evm_state_used(after, i)); i++) { /* ends: reading adds none */
        sum = orr_u256_add(sum, orr_evm_state_balance(after, a));
        sum = orr_u256_sub(sum, orr_evm_state_balance(before, a));
    }
    orr_evm_state_trim(before);
    return sum;
}

void orr_verified_fill(struct orr_mem *mem, struct orr_verified *b,
                       const struct orr_l2_block *block, const struct orr_payload *payload,
                       struct orr_evm_state *parent_state, struct orr_u256 created,
                       struct orr_evm_state *state) {
    *b = (struct orr_verified){.message_passer = block->message_passer, .state = state};
    b->created = orr_u256_add(created, sum_of_changes(parent_state, state));
    orr_evm_state_trim(state);
    take_header(b, &block->header);
    keep_txs(mem, payload, b);
}

void orr_verified_free(struct orr_mem *mem, struct orr_verified *b) {
    orr_evm_state_destroy(b->state);
    orr_free(mem, b->txs, (b->n_txs - b->n_deposits) * sizeof *b->txs);
    orr_free(mem, b->deposits, b->n_users * sizeof *b->deposits);
    orr_free(mem, b->bytes, b->bytes_len);
}

static void drop_block(struct orr_verifier *v) {
    orr_verified_free(v->mem, &v->blocks[--v->n_blocks]);
    if (v->kept > v->n_blocks) v->kept = v->n_blocks;
}

static const struct orr_rollup_known *find_known(void *ctx, uint64_t number) {
    struct orr_verifier *v = ctx;
    uint64_t first = v->blocks[0].head.block.number;
    if (number < first || number - first >= v->n_blocks) return NULL;
    const struct orr_verified *b = &v->blocks[number - first];
    v->known = (struct orr_rollup_known){b->head.block, b->txs, b->n_txs - b->n_deposits};
    return &v->known;
}

/* ---- life ---- */

static const struct orr_system_config *system_before(const struct orr_verifier *v, size_t l1) {
    return l1 ? &v->l1[l1 - 1].system : v->genesis.system;
}

struct orr_verifier *orr_verifier_create(struct orr_mem *mem,
                                         const struct orr_verifier_genesis *genesis,
                                         struct orr_evm_state *state) {
    struct orr_verifier *v = orr_alloc_zero(mem, sizeof *v);
    v->mem = mem;
    v->genesis = *genesis;
    orr_l2_chain_init(&v->chain, genesis->config);
    v->executor = orr_evm_executor_create(mem);
    struct orr_verified *b = new_block(v);
    take_header(b, genesis->header);
    b->system = *genesis->system;
    b->state = state;
    b->derived_from = genesis->l1_number;
    b->head = (struct orr_derive_head){
        .block = {genesis->header->number, genesis->header->timestamp,
                  orr_evm_header_hash(mem, genesis->header), genesis->l1_number},
        .origin_hash = genesis->l1_hash};
    v->derive = orr_derive_create(mem, genesis->config);
    orr_derive_known(v->derive, find_known, v);
    orr_derive_reset(v->derive, &b->head, &b->system, genesis->system, genesis->l1_number);
    return v;
}

static void drop_l1(struct orr_verifier *v) {
    struct l1_entry *e = &v->l1[--v->n_l1];
    orr_free(v->mem, e->bytes, e->size);
    orr_free(v->mem, e->receipts, e->n_receipts * sizeof *e->receipts);
    for (size_t i = 0; i < e->n_blobs; i++) orr_l1_blob_free(v->mem, &e->blobs[i]);
    orr_free(v->mem, e->blobs, e->n_blobs * sizeof *e->blobs);
}

void orr_verifier_destroy(struct orr_verifier *v) {
    orr_derive_destroy(v->derive);
    while (v->n_blocks) drop_block(v);
    while (v->n_l1) drop_l1(v);
    orr_free(v->mem, v->blocks, v->blocks_cap * sizeof *v->blocks);
    orr_free(v->mem, v->l1, v->l1_cap * sizeof *v->l1);
    orr_evm_executor_destroy(v->executor);
    orr_free(v->mem, v, sizeof *v);
}

/* ---- deriving ---- */

/* What BLOCKHASH asks for. */
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    const struct orr_rollup_known *known = find_known(ctx, number);
    if (known) *hash = known->block.hash;
}

/* ---- consolidation ---- */

static struct orr_hash root_of(struct orr_mem *mem, const struct orr_payload *p) {
    const uint8_t **items = orr_alloc(mem, p->n_txs * sizeof *items);
    size_t *lens = orr_alloc(mem, p->n_txs * sizeof *lens);
    for (size_t i = 0; i < p->n_txs; i++) items[i] = p->txs[i].bytes, lens[i] = p->txs[i].len;
    struct orr_hash root = orr_trie_list_root(mem, items, lens, p->n_txs);
    orr_free(mem, items, p->n_txs * sizeof *items);
    orr_free(mem, lens, p->n_txs * sizeof *lens);
    return root;
}

static bool matches(const struct orr_verifier *v, const struct orr_verified *u,
                    const struct orr_payload *p, const struct orr_hash *parent) {
    const struct orr_l2_attributes *a = &p->attributes;
    const struct orr_evm_header *h = &u->header;
    struct orr_l2_block expected = {.n_receipts = 0}; /* its extra data begins with a zero */
    struct orr_l2_parent on = {
        v->genesis.config, &v->chain, &v->blocks[v->n_blocks - 1].header, *parent, {NULL, NULL}};
    if (!orr_hash_equal(h->parent_hash, *parent) ||
        orr_l2_begin_header(&on, a, orr_l2_rules_at(&on, a->timestamp)->rollup, &expected))
        return false;
    const struct orr_evm_header *e = &expected.header;
    return h->timestamp == e->timestamp && h->gas_limit == e->gas_limit &&
           orr_hash_equal(h->mix_hash, e->mix_hash) &&
           orr_address_equal(h->coinbase, e->coinbase) &&
           orr_hash_equal(h->parent_beacon_root, e->parent_beacon_root) &&
           h->extra_data_len == e->extra_data_len &&
           !memcmp(u->extra, expected.extra, h->extra_data_len) &&
           orr_hash_equal(h->transactions_root, root_of(v->mem, p));
}

/* The unsafe block that the attributes are of, or NULL. */
static const struct orr_verified *find_unsafe(struct orr_verifier *v, const struct orr_payload *p) {
    const struct orr_derive_head *head = &v->blocks[v->n_blocks - 1].head;
    const struct orr_verified *u = v->lend ? v->lend(v->lender, head->block.number + 1) : NULL;
    return u && matches(v, u, p, &head->block.hash) ? u : NULL;
}

static void accept(struct orr_verifier *v, const struct orr_hash *hash) {
    struct orr_verified *b = &v->blocks[v->n_blocks - 1];
    b->derived_from = v->l1[v->next_l1 - 1].id.number;
    orr_derive_accept(v->derive, hash);
    b->head = *orr_derive_safe(v->derive);
    b->system = *orr_derive_system(v->derive);
    assert(b->head.block.number == b->header.number);
}

static void consolidate(struct orr_verifier *v, const struct orr_verified *u,
                        const struct orr_payload *payload) {
    struct orr_verified *b = new_block(v);
    struct orr_hash hash = u->head.block.hash;
    b->message_passer = u->message_passer;
    b->created = u->created;
    b->state = orr_evm_state_fork(u->state);
    take_header(b, &u->header);
    keep_txs(v->mem, payload, b);
    v->n_consolidated++;
    accept(v, &hash);
}

static const char *execute(struct orr_verifier *v, const struct orr_payload *payload) {
    const struct orr_verified *last = &v->blocks[v->n_blocks - 1];
    v->missing = orr_upgrade_missing(v->genesis.config, payload->attributes.timestamp);
    if (v->missing) return orr_verifier_no_code;
    const struct orr_verified *known = find_unsafe(v, payload);
    if (known) {
        consolidate(v, known, payload);
        return NULL;
    }
    struct orr_l2_parent parent = {
        v->genesis.config, &v->chain, &last->header, last->head.block.hash, {v, block_hash}};
    struct orr_evm_state *state = orr_evm_state_fork(last->state);
    struct orr_l2_block block;
    size_t bad_tx;
    if (orr_l2_execute(v->executor, state, &parent, &payload->attributes, &block, &bad_tx)) {
        orr_evm_state_destroy(state);
        if (payload->n_txs == payload->n_deposits)
            return "a block of deposits alone cannot be executed";
        orr_derive_refuse(v->derive);
        return NULL;
    }
    struct orr_evm_state *before = last->state;
    struct orr_u256 created = last->created;
    struct orr_verified *b = new_block(v); /* `last` may have moved */
    orr_verified_fill(v->mem, b, &block, payload, before, created, state);
    accept(v, &block.hash);
    orr_l2_block_free(orr_evm_store_mem(v->genesis.store), &block);
    return NULL;
}

static const char *give_l1(struct orr_verifier *v) {
    const struct l1_entry *e = &v->l1[v->next_l1++];
    struct orr_l1_block block;
    const char *bad = orr_l1_block_read(v->mem, v->genesis.l1_config, e->bytes, e->len, e->receipts,
                                        e->n_receipts, &block);
    assert(!bad); /* it was read before */
    (void)bad;
    block.blobs = e->blobs;
    block.n_blobs = e->n_blobs;
    int error = orr_derive_l1(v->derive, &block);
    assert(!error);
    (void)error;
    return NULL;
}

static const char *run(struct orr_verifier *v) {
    for (;;) { /* ends: L1 blocks are given once, and each makes a bounded number of L2 blocks */
        const struct orr_payload *payload;
        const char *bad = NULL;
        switch (orr_derive_step(v->derive, &payload)) {
        case ORR_DERIVE_L1:
            if (v->next_l1 == v->n_l1) return NULL;
            bad = give_l1(v);
            break;
        case ORR_DERIVE_ATTRIBUTES: bad = execute(v, payload); break;
        case ORR_DERIVE_RESET: return "the safe head's origin is of another L1 chain";
        }
        if (bad) return bad;
    }
}

/* ---- L1 ---- */

static uint64_t count_batcher_txs(const struct orr_verifier *v, const struct orr_l1_block *b) {
    struct orr_u256 chain_id = orr_u256_from_u64(v->genesis.config->l1_chain_id);
    uint64_t n = 0;
    for (size_t i = 0; i < b->block.n_txs; i++) {
        const struct orr_evm_tx *tx = &b->block.txs[i];
        struct orr_address sender;
        n += !tx->is_create && orr_address_equal(tx->to, v->genesis.config->inbox) &&
             !orr_evm_tx_sender(v->mem, tx, ORR_FORK_PRAGUE, &chain_id, &sender) &&
             orr_address_equal(sender, v->genesis.system->batcher);
    }
    return n;
}

/* What of a block's blobs derivation will read. */
struct wanted {
    struct orr_l1_blob *blobs; /* [n] */
    size_t n;
};

static void free_wanted(struct orr_verifier *v, struct wanted *w) {
    for (size_t i = 0; i < w->n; i++) orr_l1_blob_free(v->mem, &w->blobs[i]);
    orr_free(v->mem, w->blobs, w->n * sizeof *w->blobs);
}

static bool want(struct orr_verifier *v, const struct orr_hash *hash,
                 const struct orr_blob_given *given, size_t n_given, struct wanted *w) {
    if (orr_l1_blob_find(w->blobs, w->n, hash)) return true;
    for (size_t i = 0; i < n_given; i++) {
        if (!orr_hash_equal(given[i].hash, *hash)) continue;
        w->blobs =
            orr_resize(v->mem, w->blobs, w->n * sizeof *w->blobs, (w->n + 1) * sizeof *w->blobs);
        w->blobs[w->n++] = orr_l1_blob_open(v->mem, hash, given[i].bytes);
        return true;
    }
    return false;
}

/* Finds the blobs of all batcher transactions among those that were given; place: of the block.
 * false: one is not there, and *w is empty. */
static bool find_blobs(struct orr_verifier *v, const struct orr_l1_block *b, size_t place,
                       const struct orr_blob_given *given, size_t n_given, struct wanted *w) {
    const struct orr_rollup_config *c = v->genesis.config;
    struct orr_system_config system = *system_before(v, place);
    orr_payload_update(c, b, &system);
    *w = (struct wanted){.n = 0};
    for (size_t i = 0; i < b->block.n_txs; i++) {
        const struct orr_evm_tx *tx = &b->block.txs[i];
        if (tx->type != ORR_TX_BLOB ||
            !orr_derive_is_batcher_tx(v->mem, c, &system.batcher, b->id.time, tx))
            continue;
        for (size_t k = 0; k < tx->n_blob_hashes; k++)
            if (!want(v, &tx->blob_hashes[k], given, n_given, w)) {
                free_wanted(v, w);
                return false;
            }
    }
    return true;
}

static void keep_l1(struct orr_verifier *v, const struct orr_l1_block *read, const uint8_t *bytes,
                    size_t len, const struct orr_rollup_tx *receipts, size_t n,
                    const struct wanted *moved) {
    if (v->n_l1 == v->l1_cap) {
        size_t cap = v->l1_cap ? 2 * v->l1_cap : 64;
        v->l1 = orr_resize(v->mem, v->l1, v->l1_cap * sizeof *v->l1, cap * sizeof *v->l1);
        v->l1_cap = cap;
    }
    struct l1_entry *e = &v->l1[v->n_l1];
    *e = (struct l1_entry){.id = read->id,
                           .system = *system_before(v, v->n_l1),
                           .len = len,
                           .size = len,
                           .n_receipts = n,
                           .blobs = moved->blobs,
                           .n_blobs = moved->n};
    for (size_t i = 0; i < n; i++) e->size += receipts[i].len;
    e->bytes = orr_alloc(v->mem, e->size);
    e->receipts = orr_alloc(v->mem, n * sizeof *e->receipts);
    memcpy(e->bytes, bytes, len);
    size_t at = len;
    for (size_t i = 0; i < n; at += receipts[i++].len) {
        memcpy(e->bytes + at, receipts[i].bytes, receipts[i].len);
        e->receipts[i] = (struct orr_rollup_tx){e->bytes + at, receipts[i].len};
    }
    orr_payload_update(v->genesis.config, read, &e->system);
    e->n_batcher_txs = (v->n_l1 ? e[-1].n_batcher_txs : 0) + count_batcher_txs(v, read);
    v->n_l1++;
}

/* L1 has n blocks left of those that were known: back to what was derived from them. */
static void reorganize(struct orr_verifier *v, size_t n) {
    v->reorgs.n++;
    while (v->n_l1 > n) drop_l1(v);
    uint64_t last = v->l1[n - 1].id.number;
    while (v->n_blocks > 1 && v->blocks[v->n_blocks - 1].derived_from > last) {
        drop_block(v);
        v->reorgs.n_blocks++;
    }
    const struct orr_verified *head = &v->blocks[v->n_blocks - 1];
    const struct orr_rollup_config *c = v->genesis.config;
    uint64_t timeout = c->channel_timeout > ORR_ROLLUP_GRANITE_TIMEOUT
                           ? c->channel_timeout
                           : (uint64_t)ORR_ROLLUP_GRANITE_TIMEOUT;
    uint64_t first = v->l1[0].id.number, origin = head->head.block.origin_number;
    size_t start = origin > first + timeout ? origin - first - timeout : 0;
    v->next_l1 = start;
    orr_derive_reset(v->derive, &head->head, &head->system, system_before(v, start), last);
}

/* The place behind the block's parent; 0: it is not known. */
static size_t place_of(const struct orr_verifier *v, const struct orr_l1_block *block) {
    size_t i = v->n_l1;
    while (i && !orr_hash_equal(v->l1[i - 1].id.hash, block->parent_hash)) i--;
    return i;
}

static const char *refuses(const struct orr_verifier *v, const struct orr_l1_block *block,
                           size_t place) {
    if (!v->n_l1)
        return block->id.number != v->genesis.l1_number
                   ? "the first one is not the first L2 block's origin"
               : !orr_hash_equal(block->id.hash, v->genesis.l1_hash)
                   ? "the first one has another hash than the first L2 block's origin"
                   : NULL;
    if (!place) return "its parent is not known";
    if (block->id.number != v->l1[place - 1].id.number + 1) return "its number is not the next";
    if (place < v->n_l1 && v->is_any_final && v->l1[place].id.number <= v->final_l1)
        return "it is beside a block that is final";
    return NULL;
}

const char orr_verifier_no_code[] =
    "the next L2 block is a fork's first, and what it deploys is not known here";
const char *orr_verifier_missing(const struct orr_verifier *v) { return v->missing; }

const char orr_verifier_no_blob[] = "a blob that a batch may be in is not there";

const char *orr_verifier_l1(struct orr_verifier *v, const uint8_t *bytes, size_t len,
                            const struct orr_rollup_tx *receipts, size_t n_receipts,
                            const struct orr_blob_given *blobs, size_t n_blobs) {
    struct orr_l1_block block;
    struct wanted wanted;
    const char *bad =
        orr_l1_block_read(v->mem, v->genesis.l1_config, bytes, len, receipts, n_receipts, &block);
    if (bad) return bad;
    size_t place = place_of(v, &block);
    bool is_there =
        v->n_l1 && place < v->n_l1 && orr_hash_equal(v->l1[place].id.hash, block.id.hash);
    if (is_there) {
        orr_l1_block_free(v->mem, &block);
        return NULL;
    }
    bad = refuses(v, &block, place);
    if (!bad && !find_blobs(v, &block, place, blobs, n_blobs, &wanted)) bad = orr_verifier_no_blob;
    if (!bad && place < v->n_l1) reorganize(v, place);
    if (!bad) keep_l1(v, &block, bytes, len, receipts, n_receipts, &wanted);
    orr_l1_block_free(v->mem, &block);
    return bad ? bad : run(v);
}

void orr_verifier_finalize(struct orr_verifier *v, uint64_t l1_number) {
    if (v->is_any_final && l1_number < v->final_l1) return; /* final is for ever */
    v->is_any_final = true;
    v->final_l1 = l1_number;
}

/* ---- looking ---- */

const struct orr_verified *orr_verifier_block(const struct orr_verifier *v, size_t i) {
    assert(i < v->n_blocks);
    return &v->blocks[i];
}
size_t orr_verifier_n_blocks(const struct orr_verifier *v) { return v->n_blocks; }
size_t orr_verifier_kept(struct orr_verifier *v) {
    size_t kept = v->kept;
    v->kept = v->n_blocks;
    return kept;
}

size_t orr_verifier_finalized(const struct orr_verifier *v) {
    size_t i = v->n_blocks - 1;
    while (i && (!v->is_any_final || v->blocks[i].derived_from > v->final_l1)) i--;
    return i;
}

struct orr_verifier_reorgs orr_verifier_reorgs(const struct orr_verifier *v) {
    return v->reorgs;
}
struct orr_derive_counts orr_verifier_counts(const struct orr_verifier *v) {
    return orr_derive_counts(v->derive);
}

/* ---- L1 ---- */

static const struct l1_entry *entry_of(const struct orr_verifier *v, uint64_t number) {
    if (!v->n_l1 || number < v->l1[0].id.number || number - v->l1[0].id.number >= v->n_l1)
        return NULL;
    return &v->l1[number - v->l1[0].id.number];
}

bool orr_verifier_tip(const struct orr_verifier *v, uint64_t *number) {
    if (!v->n_l1) return false;
    *number = v->l1[v->n_l1 - 1].id.number;
    return true;
}

bool orr_verifier_l1_hash(const struct orr_verifier *v, uint64_t number, struct orr_hash *hash) {
    const struct l1_entry *e = entry_of(v, number);
    if (e) *hash = e->id.hash;
    return e != NULL;
}

bool orr_verifier_origin(const struct orr_verifier *v, uint64_t number,
                         struct orr_l1_block *block) {
    const struct l1_entry *e = entry_of(v, number);
    return e && !orr_l1_block_read(v->mem, v->genesis.l1_config, e->bytes, e->len, e->receipts,
                                   e->n_receipts, block);
}

void orr_verifier_lend(struct orr_verifier *v,
                       const struct orr_verified *(*lend)(void *ctx, uint64_t number), void *ctx) {
    v->lend = lend;
    v->lender = ctx;
}
uint64_t orr_verifier_n_consolidated(const struct orr_verifier *v) { return v->n_consolidated; }

uint64_t orr_verifier_n_batcher_txs(const struct orr_verifier *v) {
    return v->n_l1 ? v->l1[v->n_l1 - 1].n_batcher_txs : 0;
}
