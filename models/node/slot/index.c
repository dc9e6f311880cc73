#include <assert.h>

#include "models/base/error.h"
#include "models/index/change.h"
#include "models/index/indexer.h"
#include "models/index/store.h"
#include "models/node/slot/slot.h"

enum { MAX_HELD = 4 * 4096 + 256 };

enum { MAX_RECORDS = INT32_MAX };

/* The rows are in memory.  Each commit is a durable record, numbered from 0 on behind
 * ORR_SLOT_INDEX_RECORDS: a node that was down holds what the records say, and goes on. */
struct orr_slot_index {
    struct orr_index_sink sink; /* first: writes down what goes to the store */
    enum orr_slot_index_flaw flaw;
    struct orr_index_store store;
    struct orr_indexer *indexer; /* NULL: nothing has been followed in this life */
    struct orr_index_options options;
    struct orr_mem *mem;
    bool is_stopped;
    struct orr_rlp_writer rows; /* of the open transaction */
    uint64_t cut_from;          /* ... UINT64_MAX: it deletes nothing */
    struct orr_index_head next_head;
    uint32_t n_records;
    struct orr_outbox *out; /* while a head is followed */
    struct orr_msg **told;  /* [n_told] the commits of this step */
    uint32_t n_told, told_cap;
    uint64_t gap;       /* GAP_AT_END: the block whose logs are left out */
    unsigned n_skipped; /* SKIPS_FIRST: commits until rows come in whole again */
    struct remembered { /* STALE_BALANCES: what was written for a key last */
        uint8_t key[32], value[32];
    } * remembered;
    uint32_t n_remembered, cap;
    struct orr_index by_key;
};

/* ---- what goes to the store ---- */

static struct orr_slot_index *index_of(struct orr_index_sink *sink) {
    return (struct orr_slot_index *)sink;
}
static struct orr_index_sink *under(struct orr_index_sink *sink) {
    return &index_of(sink)->store.sink;
}
static int begin(struct orr_index_sink *sink) {
    struct orr_slot_index *x = index_of(sink);
    x->rows.len = 0;
    x->cut_from = UINT64_MAX;
    return under(sink)->begin(under(sink));
}
static void abandon(struct orr_index_sink *sink) { under(sink)->abandon(under(sink)); }
static int set_head(struct orr_index_sink *sink, const struct orr_index_head *head) {
    assert(head); /* an indexer never goes back to nothing */
    index_of(sink)->next_head = *head;
    return under(sink)->set_head(under(sink), head);
}
static int head_of(struct orr_index_sink *sink, struct orr_index_head *head) {
    return under(sink)->head(under(sink), head);
}
static int hash_at(struct orr_index_sink *sink, uint64_t number, struct orr_hash *hash) {
    return under(sink)->hash_at(under(sink), number, hash);
}
static int cut(struct orr_index_sink *sink, uint64_t number) {
    index_of(sink)->n_skipped = 2; /* this commit, and that of the first block */
    index_of(sink)->cut_from = number;
    return under(sink)->cut(under(sink), number);
}

/* Keeps a commit, with these rows or none, until the step's end. */
static void keep_commit(struct orr_slot_index *x, bool has_rows) {
    struct orr_rlp_writer w = {.mem = x->mem};
    uint64_t from = x->cut_from < UINT64_MAX ? x->cut_from
                    : x->rows.len            ? x->next_head.number
                                             : x->next_head.number + 1;
    orr_index_change_begin(&w, from, &x->next_head);
    if (has_rows) orr_rlp_write_raw(&w, x->rows.bytes, x->rows.len);
    struct orr_msg *m =
        orr_msg_new(x->out->pool, 0, (uint32_t)(sizeof(struct orr_rows_told) + w.len));
    struct orr_rows_told *told = (struct orr_rows_told *)m->data;
    *told = (struct orr_rows_told){.len = (uint32_t)w.len};
    memcpy(told->bytes, w.bytes, w.len);
    orr_rlp_free(&w);
    if (x->n_told == x->told_cap) {
        uint32_t cap = x->told_cap ? 2 * x->told_cap : 16;
        x->told = orr_resize(x->mem, x->told, x->told_cap * sizeof *x->told, cap * sizeof *x->told);
        x->told_cap = cap;
    }
    x->told[x->n_told++] = m;
}

static int commit(struct orr_index_sink *sink) {
    struct orr_slot_index *x = index_of(sink);
    if (x->n_skipped) x->n_skipped--;
    if (x->flaw == ORR_SLOT_INDEX_CURSOR_APART && x->rows.len) keep_commit(x, false);
    keep_commit(x, true);
    return under(sink)->commit(under(sink));
}

/* Tells the step's commits, then makes them durable: who reads along is never behind the disk. */
static void release(struct orr_slot_index *x) {
    for (uint32_t i = 0; i < x->n_told; i++)
        orr_output(x->out, ORR_OUT_ROWS, orr_msg_ref(x->told[i]));
    for (uint32_t i = 0; i < x->n_told; i++) {
        assert(x->n_records < MAX_RECORDS);
        orr_write(x->out, ORR_SLOT_INDEX_RECORDS + x->n_records++, x->told[i]);
    }
    x->n_told = 0;
}

void orr_slot_index_restore(struct orr_slot_index *x, uint32_t name, const struct orr_msg *m) {
    const struct orr_rows_told *told = (const void *)m->data;
    assert(name == ORR_SLOT_INDEX_RECORDS + x->n_records && !x->indexer);
    int error = orr_index_change_apply(told->bytes, told->len, &x->store.sink);
    assert(!error); /* our own */
    (void)error;
    x->n_records++;
}

/* ---- flaws ---- */

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
    if (x->flaw == ORR_SLOT_INDEX_GAP_AT_END && x->gap == row->values[0].number && is_log) return 0;
    if (x->flaw == ORR_SLOT_INDEX_STALE_BALANCES && row->table == ORR_INDEX_balances)
        remember(x, row);
    orr_index_change_add(&x->rows, row);
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
    struct orr_slot_index *x = orr_alloc(mem, sizeof *x);
    *x = (struct orr_slot_index){
        .flaw = (enum orr_slot_index_flaw)config->flaw,
        .mem = mem,
        .options = {.window = (uint32_t)config->window, .max_held = MAX_HELD},
        .rows = {.mem = mem},
        .sink = {.begin = begin,
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
    return x;
}

void orr_slot_index_free(struct orr_slot_index *x) {
    if (!x) return;
    assert(!x->n_told);
    orr_indexer_free(x->indexer);
    orr_rlp_free(&x->rows);
    orr_free(x->mem, x->told, x->told_cap * sizeof *x->told);
    orr_index_store_fini(&x->store);
    orr_index_fini(&x->by_key);
    orr_free(x->mem, x->remembered, x->cap * sizeof *x->remembered);
    orr_free(x->mem, x, sizeof *x);
}

struct orr_hash orr_slot_index_digest(const struct orr_slot_index *x) {
    return orr_index_store_digest(&x->store);
}

/* ---- following ---- */

int orr_slot_index_add(struct orr_slot_index *x, const struct orr_index_feed *feed,
                       struct orr_hash *hash, const char **why) {
    if (!x->indexer) x->indexer = orr_indexer_new(x->mem, &x->options, &x->sink);
    return orr_indexer_add(x->indexer, feed, hash, why);
}

static void tell(struct orr_slot_index *x, uint64_t n_undone) {
    const struct orr_index_head *head = &x->indexer->head;
    struct orr_hash digest = orr_slot_index_digest(x);
    struct orr_indexed told = {
        .number = head->number, .final = head->final, .n_undone = (uint32_t)n_undone};
    memcpy(told.hash, head->hash.bytes, sizeof told.hash);
    memcpy(told.digest, digest.bytes, sizeof told.digest);
    orr_tell_indexed(x->out, told);
}

static int label(struct orr_slot_index *x, const struct orr_chain *chain) {
    bool is_early = x->flaw == ORR_SLOT_INDEX_EARLY_FINAL;
    return orr_indexer_label(x->indexer, orr_chain_number(chain->safe),
                             orr_chain_number(is_early ? chain->head : chain->final));
}

static void stop(struct orr_slot_index *x, uint64_t number, const char *why) {
    x->is_stopped = true;
    orr_log(x->out, "index: stopped at block %llu: %s; it is to be built anew",
            (unsigned long long)number, why);
}

int orr_slot_index_reach(struct orr_slot_index *x, const struct orr_hash *head, uint64_t number,
                         const struct orr_chain *chain, struct orr_indexer_at *at,
                         struct orr_outbox *out) {
    if (!x->indexer) x->indexer = orr_indexer_new(x->mem, &x->options, &x->sink);
    if (x->is_stopped) return ORR_ELIMIT;
    uint64_t n_cut = x->indexer->n_cut;
    bool is_behind = x->indexer->has_head && number > x->indexer->head.number + 4;
    if (x->flaw == ORR_SLOT_INDEX_GAP_AT_END) x->gap = is_behind ? number : UINT64_MAX;
    x->out = out;
    int error = orr_indexer_follow(x->indexer, head, at);
    if (!error && chain) error = label(x, chain);
    bool has_changed = x->n_told > 0;
    release(x);
    if (has_changed) tell(x, x->indexer->n_cut - n_cut);
    if (error && error != ORR_ENOTFOUND)
        stop(x, at->number, "it leaves the index deeper than its window");
    x->out = NULL;
    return error;
}

/* Hands over a block of the node's chain; *why says why not. */
static int feed(struct orr_slot *s, const struct orr_hash *hash, const char **why) {
    struct orr_slot_index *x = s->index;
    struct orr_index_feed block;
    struct orr_hash is;
    *why = "it is not in the chain";
    int error = orr_index_feed_read(x->mem, &orr_chain_engine, s->chain, hash, &block);
    if (error) return error;
    error = orr_slot_index_add(x, &block, &is, why);
    orr_index_feed_free(x->mem, &block);
    return error;
}

void orr_slot_index_follow(struct orr_slot *s, struct orr_outbox *out) {
    const struct orr_chain *chain = s->chain;
    struct orr_indexer_at at;
    const char *why;
    while (orr_slot_index_reach(s->index, orr_chain_hash(chain->head),
                                orr_chain_number(chain->head), chain, &at, out) == ORR_ENOTFOUND) {
        if (!feed(s, &at.hash, &why)) continue; /* ends: each time one block more is held */
        s->index->out = out;
        stop(s->index, at.number, why);
        s->index->out = NULL;
        return;
    }
}
