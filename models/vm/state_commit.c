/* state_commit.c - writing a state's changes into its tries: storage first, then accounts, each as
 * one sorted batch, so that every node on a changed path is made and hashed once. */
#include <assert.h>

#include "models/vm/overlay.h"
#include "models/vm/pending.h"
#include "models/base/rlp.h"

/* One changed leaf: its key as nibbles, its encoded value, and what it came from. */
struct change {
    uint8_t nibbles[64];
    uint8_t value[ORR_ACCOUNT_MAX_BYTES];
    size_t len;
    void *from;
};

/* Merge sort by key, stable and without recursion: order is a list of n places, spare as long. */
static void sort_changes(const struct change *changes, uint32_t *order, uint32_t *spare, size_t n) {
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n;
            size_t hi = mid + width < n ? mid + width : n;
            for (size_t a = lo, b = mid, to = lo; to < hi; to++) {
                bool take_a = b == hi || (a < mid && memcmp(changes[order[a]].nibbles,
                                                            changes[order[b]].nibbles, 64) <= 0);
                spare[to] = take_a ? order[a++] : order[b++];
            }
        }
        memcpy(order, spare, n * sizeof order[0]);
    }
}

/* Memory for one batch of n changes. */
struct batch {
    struct change *changes;
    struct orr_trie_entry *entries;
    uint32_t *order;
    size_t n;
};

static struct batch batch_begin(struct orr_mem *mem, size_t n) {
    return (struct batch){orr_alloc(mem, n * sizeof(struct change)),
                          orr_alloc(mem, n * sizeof(struct orr_trie_entry)),
                          orr_alloc(mem, 2 * n * sizeof(uint32_t)), n};
}

static void batch_sort(struct batch *b) {
    for (size_t i = 0; i < b->n; i++) b->order[i] = (uint32_t)i;
    sort_changes(b->changes, b->order, b->order + b->n, b->n);
    for (size_t i = 0; i < b->n; i++) {
        const struct change *c = &b->changes[b->order[i]];
        b->entries[i] = (struct orr_trie_entry){
            .nibbles = c->nibbles, .n_nibbles = 64, .value = c->value, .value_len = c->len};
    }
}

static void batch_end(struct orr_mem *mem, struct batch *b) {
    orr_free(mem, b->changes, b->n * sizeof b->changes[0]);
    orr_free(mem, b->entries, b->n * sizeof b->entries[0]);
    orr_free(mem, b->order, 2 * b->n * sizeof b->order[0]);
}

static size_t encode_word(uint8_t *to, struct orr_u256 v) {
    uint8_t be[32];
    size_t len = orr_rlp_trim_u256(be, v), at = 0;
    if (!len) return 0; /* a zero slot is an absent one */
    if (len > 1 || be[31] >= 0x80) to[at++] = (uint8_t)(0x80 + len);
    memcpy(to + at, be + 32 - len, len);
    return at + len;
}

static void commit_storage(struct orr_evm_state *state, struct entry *e) {
    size_t n = 0;
    for (const struct slot *s = e->dirty_slots; s; s = s->next_dirty)
        n += !orr_u256_equal(s->value, s->committed);
    struct batch b = {.n = 0};
    if (n) b = batch_begin(state->mem, n);
    size_t i = 0;
    for (struct slot *s = e->dirty_slots, *next; s; s = next) {
        next = s->next_dirty;
        s->is_dirty = false;
        s->next_dirty = NULL;
        if (orr_u256_equal(s->value, s->committed)) continue;
        orr_trie_nibbles(b.changes[i].nibbles, orr_evm_slot_hash(state, s)->bytes, 32);
        b.changes[i].len = encode_word(b.changes[i].value, s->value);
        if (!b.changes[i].len && state->zeroed) {
            b.changes[i].value[0] = ORR_PENDING_ZERO;
            b.changes[i].len = 1;
            state->zeroed(state->zeroed_ctx, &e->address, &s->key);
        }
        s->committed = s->value;
        i++;
    }
    e->dirty_slots = NULL;
    assert(i == n);
    state->n_written += n;
    if (!n) return;
    batch_sort(&b);
    int error = orr_trie_update(state->store, &e->storage, b.entries, n);
    if (error) state->error = error;
    batch_end(state->mem, &b);
}

static void encode_entry(const struct entry *e, struct change *c) {
    orr_trie_nibbles(c->nibbles, e->hashed.bytes, 32);
    c->len = 0;
    if (!e->exists) return;
    struct orr_evm_account account = {e->nonce, e->balance, orr_trie_hash(e->storage),
                                      e->code_hash};
    c->len = orr_evm_account_encode(&account, c->value);
}

void orr_evm_state_commit(struct orr_evm_state *state) {
    assert(!state->in_tx);
    size_t n = state->n_dirty;
    if (!n) return;
    struct batch b = batch_begin(state->mem, n);
    for (size_t i = 0; i < n; i++) {
        struct entry *e = state->dirty[i];
        commit_storage(state, e);
        encode_entry(e, &b.changes[i]);
        b.changes[i].from = e;
        e->is_dirty = false;
    }
    batch_sort(&b);
    for (size_t i = 0; i < n; i++) {
        const struct entry *e = b.changes[b.order[i]].from;
        if (!e->exists) continue;
        b.entries[i].is_account = true;
        b.entries[i].storage = orr_trie_retain(e->storage);
        b.entries[i].code = orr_evm_code_retain(e->code);
    }
    int error = orr_trie_update(state->store, &state->root, b.entries, n);
    if (error) state->error = error;
    batch_end(state->mem, &b);
    state->n_written += n;
    state->n_dirty = 0;
}

uint64_t orr_evm_state_n_written(const struct orr_evm_state *state) { return state->n_written; }

struct orr_hash orr_evm_state_root(struct orr_evm_state *state) {
    orr_evm_state_commit(state);
    return orr_trie_hash(state->root);
}

struct orr_hash orr_evm_state_storage_root(struct orr_evm_state *state,
                                           const struct orr_address *address) {
    orr_evm_state_commit(state);
    return orr_trie_hash(orr_evm_state_entry(state, address)->storage);
}

struct orr_trie_node *orr_evm_state_trie(struct orr_evm_state *state) {
    orr_evm_state_commit(state);
    return state->root;
}
