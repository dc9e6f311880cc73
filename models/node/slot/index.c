#include <assert.h>

#include "models/base/error.h"
#include "models/index/indexer.h"
#include "models/index/store.h"
#include "models/node/slot/slot.h"

enum { MAX_HELD = 4 * 4096 + 256 };

/* The rows are in memory: a node that was down makes them again from its chain. */
struct orr_slot_index {
    struct orr_index_sink flawed; /* first: before the store, when there is a flaw */
    enum orr_slot_index_flaw flaw;
    struct orr_index_store store;
    struct orr_indexer *indexer;
    struct orr_mem *mem;
    bool is_stopped;
    unsigned n_skipped; /* SKIPS_FIRST: commits until rows come in whole again */
    struct remembered { /* STALE_BALANCES: what was written for a key last */
        uint8_t key[32], value[32];
    } * remembered;
    uint32_t n_remembered, cap;
    struct orr_index by_key;
};

/* ---- flaws ---- */

static struct orr_slot_index *index_of(struct orr_index_sink *sink) {
    return (struct orr_slot_index *)sink;
}
static struct orr_index_sink *under(struct orr_index_sink *sink) {
    return &index_of(sink)->store.sink;
}
static int begin(struct orr_index_sink *sink) { return under(sink)->begin(under(sink)); }
static void abandon(struct orr_index_sink *sink) { under(sink)->abandon(under(sink)); }
static int set_head(struct orr_index_sink *sink, const struct orr_index_head *head) {
    return under(sink)->set_head(under(sink), head);
}
static int head_of(struct orr_index_sink *sink, struct orr_index_head *head) {
    return under(sink)->head(under(sink), head);
}
static int hash_at(struct orr_index_sink *sink, uint64_t number, struct orr_hash *hash) {
    return under(sink)->hash_at(under(sink), number, hash);
}
static int commit(struct orr_index_sink *sink) {
    struct orr_slot_index *x = index_of(sink);
    if (x->n_skipped) x->n_skipped--;
    return under(sink)->commit(under(sink));
}
static int cut(struct orr_index_sink *sink, uint64_t number) {
    index_of(sink)->n_skipped = 2; /* this commit, and that of the first block */
    return under(sink)->cut(under(sink), number);
}

static struct orr_hash key_of(struct orr_slot_index *x, const struct orr_index_row *row) {
    struct orr_rlp_writer w = {.mem = x->mem};
    orr_index_row_write(row, orr_index_schemas[row->table].n_key, &w);
    struct orr_hash key = orr_keccak256(w.bytes + 8, w.len - 8);
    orr_rlp_free(&w);
    return key;
}

static void remember(struct orr_slot_index *x, const struct orr_index_row *row) {
    struct orr_hash key = key_of(x, row);
    uint32_t at = orr_index_find32(&x->by_key, x->remembered, key.bytes);
    if (at == ORR_NOWHERE) {
        if (x->n_remembered == x->cap) {
            uint32_t cap = x->cap ? 2 * x->cap : 64;
            x->remembered = orr_resize(x->mem, x->remembered, x->cap * sizeof *x->remembered,
                                       cap * sizeof *x->remembered);
            x->cap = cap;
        }
        at = x->n_remembered++;
        memcpy(x->remembered[at].key, key.bytes, sizeof key.bytes);
        orr_index_put32(&x->by_key, x->remembered, at);
    }
    memcpy(x->remembered[at].value, row->values[row->n - 1].bytes, 32);
}

static int put(struct orr_index_sink *sink, const struct orr_index_row *row) {
    struct orr_slot_index *x = index_of(sink);
    bool is_log = row->table == ORR_INDEX_logs || row->table == ORR_INDEX_transfers;
    if (x->flaw == ORR_SLOT_INDEX_SKIPS_FIRST && x->n_skipped && is_log) return 0;
    if (row->table == ORR_INDEX_balances) remember(x, row);
    return under(sink)->put(under(sink), row);
}

static int latest(struct orr_index_sink *sink, const struct orr_index_row *key, uint8_t *value) {
    struct orr_slot_index *x = index_of(sink);
    if (x->flaw == ORR_SLOT_INDEX_STALE_BALANCES && key->table == ORR_INDEX_balances) {
        struct orr_hash hash = key_of(x, key);
        uint32_t at = orr_index_find32(&x->by_key, x->remembered, hash.bytes);
        if (at != ORR_NOWHERE) {
            memcpy(value, x->remembered[at].value, 32);
            return 0;
        }
    }
    return under(sink)->latest(under(sink), key, value);
}

/* ---- life ---- */

struct orr_slot_index *orr_slot_index_new(const struct orr_slot_config *config,
                                          struct orr_mem *mem) {
    const struct orr_index_options options = {.window = (uint32_t)config->window,
                                              .max_held = MAX_HELD};
    struct orr_slot_index *x = orr_alloc(mem, sizeof *x);
    *x = (struct orr_slot_index){.flaw = (enum orr_slot_index_flaw)config->flaw,
                                 .mem = mem,
                                 .flawed = {.begin = begin,
                                            .put = put,
                                            .cut = cut,
                                            .set_head = set_head,
                                            .commit = commit,
                                            .abandon = abandon,
                                            .head = head_of,
                                            .hash_at = hash_at,
                                            .latest = latest}};
    orr_index_store_init(&x->store, mem);
    orr_index_init(&x->by_key, mem, sizeof *x->remembered, offsetof(struct remembered, key));
    x->indexer = orr_indexer_new(mem, &options,
                                 x->flaw == ORR_SLOT_INDEX_SOUND ? &x->store.sink : &x->flawed);
    return x;
}

void orr_slot_index_free(struct orr_slot_index *x) {
    if (!x) return;
    orr_indexer_free(x->indexer);
    orr_index_store_fini(&x->store);
    orr_index_fini(&x->by_key);
    orr_free(x->mem, x->remembered, x->cap * sizeof *x->remembered);
    orr_free(x->mem, x, sizeof *x);
}

struct orr_hash orr_slot_index_digest(const struct orr_slot_index *x) {
    return orr_index_store_digest(&x->store);
}

/* ---- following ---- */

/* Hands over a block of the chain. */
static int feed(const struct orr_slot *s, const struct orr_hash *hash, const char **why) {
    struct orr_slot_index *x = s->index;
    struct orr_index_feed block;
    struct orr_hash is;
    *why = "it is not in the chain";
    int error = orr_index_feed_read(x->mem, &orr_chain_engine, s->chain, hash, &block);
    if (error) return error;
    error = orr_indexer_add(x->indexer, &block, &is, why);
    orr_index_feed_free(x->mem, &block);
    return error;
}

void orr_slot_index_follow(struct orr_slot *s, struct orr_outbox *out) {
    struct orr_slot_index *x = s->index;
    const struct orr_hash *head = orr_chain_hash(s->chain->head);
    struct orr_indexer_at at;
    const char *why = "it leaves the index deeper than its window";
    if (x->is_stopped || (x->indexer->has_head && orr_hash_equal(x->indexer->head.hash, *head)))
        return;
    uint64_t n_cut = x->indexer->n_cut;
    int error;
    while ((error = orr_indexer_follow(x->indexer, head, &at)) == ORR_ENOTFOUND) {
        error = feed(s, &at.hash, &why); /* ends: each time one block more is held */
        if (error) break;
    }
    if (error) {
        x->is_stopped = true;
        orr_log(out, "index: stopped at block %llu: %s; it is to be built anew",
                (unsigned long long)at.number, why);
        return;
    }
    struct orr_hash digest = orr_slot_index_digest(x);
    struct orr_indexed told = {.number = x->indexer->head.number,
                               .n_undone = (uint32_t)(x->indexer->n_cut - n_cut)};
    memcpy(told.hash, head->bytes, sizeof told.hash);
    memcpy(told.digest, digest.bytes, sizeof told.digest);
    orr_tell_indexed(out, told);
}
