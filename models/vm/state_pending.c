#include "models/vm/pending.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/base/rlp.h"
#include "models/vm/overlay.h"

enum { SLOT_KEY_BYTES = 20 + 32 };

static struct orr_hash slot_key(const struct slot *s) {
    uint8_t bytes[SLOT_KEY_BYTES];
    memcpy(bytes, s->owner->address.bytes, 20);
    orr_u256_store_be(bytes + 20, s->key);
    return orr_keccak256(bytes, sizeof bytes);
}

/* ---- reading ---- */

static struct orr_u256 number_at(struct orr_evm_state *state, const struct orr_trie_node *root,
                                 const struct orr_hash *key) {
    uint8_t nibbles[64];
    struct orr_trie_value found;
    struct orr_u256 number = {{0}};
    orr_trie_nibbles(nibbles, key->bytes, sizeof key->bytes);
    int error = orr_trie_get(state->store, root, nibbles, sizeof nibbles, &found);
    if (!error && found.len) {
        struct orr_rlp_reader r = orr_rlp_reader(found.value, found.len);
        number = orr_rlp_read_u256(&r);
        if (!orr_rlp_done(&r)) error = ORR_ECORRUPT;
    }
    if (error) state->error = error;
    return number;
}

void orr_evm_pending_entry(struct orr_evm_state *state, struct entry *e) {
    uint64_t marks = number_at(state, state->pending->marks, &e->hashed).limb[0];
    e->marks = (uint8_t)marks;
    if (marks & ORR_MARK_WARM) e->warm_tx = state->tx;
    if (marks & ORR_MARK_CREATED) e->created_tx = state->tx;
    if (marks & ORR_MARK_DESTROYED) e->destroyed_tx = state->tx;
}

void orr_evm_pending_slot(struct orr_evm_state *state, struct slot *s) {
    struct orr_hash key = slot_key(s);
    s->was_warm = !orr_u256_is_zero(number_at(state, state->pending->marks, &key));
    if (s->was_warm) s->warm_tx = state->tx;
    s->transient = s->was_transient = number_at(state, state->pending->transient, &key);
    s->transient_tx = state->tx;
}

struct orr_u256 orr_evm_pending_original(struct orr_evm_state *state, struct slot *s) {
    uint8_t nibbles[64];
    struct orr_trie_value found;
    orr_trie_nibbles(nibbles, s->owner->hashed.bytes, 32);
    int error = orr_trie_get(state->store, state->pending->start, nibbles, sizeof nibbles, &found);
    if (error) state->error = error;
    if (error || !found.len) return orr_u256_from_u64(0);
    return number_at(state, found.storage, orr_evm_slot_hash(state, s));
}

/* ---- writing ---- */

static void put(struct orr_evm_state *state, struct orr_trie_node **root,
                const struct orr_hash *key, struct orr_u256 number) {
    uint8_t value[33];
    uint8_t be[32];
    size_t len = orr_rlp_trim_u256(be, number), at = 0;
    if (len > 1 || (len && be[31] >= 0x80)) value[at++] = (uint8_t)(0x80 + len);
    memcpy(value + at, be + 32 - len, len);
    int error = orr_trie_put(state->store, root, key->bytes, 32, value, at + len);
    if (error) state->error = error;
}

static void record_slot(struct orr_evm_state *state, struct orr_evm_pending *p,
                        const struct slot *s) {
    bool is_warm = s->warm_tx == state->tx;
    bool has_changed =
        s->transient_tx == state->tx && !orr_u256_equal(s->transient, s->was_transient);
    if (is_warm == s->was_warm && !has_changed) return;
    struct orr_hash key = slot_key(s);
    assert(is_warm || !s->was_warm); /* going back beyond a suspension is rewind's */
    if (is_warm != s->was_warm) put(state, &p->marks, &key, orr_u256_from_u64(1));
    if (has_changed) put(state, &p->transient, &key, s->transient);
}

static uint8_t marks_of(const struct orr_evm_state *state, const struct entry *e) {
    return (uint8_t)((e->warm_tx == state->tx ? ORR_MARK_WARM : 0) |
                     (e->created_tx == state->tx ? ORR_MARK_CREATED : 0) |
                     (e->destroyed_tx == state->tx ? ORR_MARK_DESTROYED : 0));
}

static bool is_empty(const struct entry *e) {
    return !e->nonce && orr_u256_is_zero(e->balance) &&
           orr_hash_equal(e->code_hash, orr_evm_code_empty_hash);
}

void orr_evm_state_suspend(struct orr_evm_state *state, struct orr_evm_pending *p, void *ctx,
                           void (*destroyed)(void *ctx, const struct orr_address *address)) {
    assert(state->in_tx);
    for (size_t i = 0; i < state->entry_chunks.n; i++) {
        struct entry *e = (struct entry *)state->entry_chunks.at[i / CHUNK] + i % CHUNK;
        uint8_t marks = marks_of(state, e);
        if (marks != e->marks) put(state, &p->marks, &e->hashed, orr_u256_from_u64(marks));
        if ((marks & ~e->marks & ORR_MARK_DESTROYED) && destroyed) destroyed(ctx, &e->address);
        for (const struct slot *s = e->slots; s; s = s->next) record_slot(state, p, s);
        if (e->exists && e->touched_tx == state->tx && is_empty(e)) orr_evm_state_wipe(state, e);
    }
    bool is_used = state->entry_chunks.n || state->n_logs;
    orr_evm_state_close_tx(state);
    if (is_used) orr_evm_state_trim(state);
}

void orr_evm_state_resume(struct orr_evm_state *state, const struct orr_evm_pending *pending) {
    assert(!state->entry_chunks.n);
    orr_evm_state_begin_tx(state);
    state->pending = pending;
}

void orr_evm_state_rewind(struct orr_evm_state *state, struct orr_trie_node *root) {
    assert(!state->in_tx && !state->entry_chunks.n);
    orr_trie_release(state->store, state->root);
    state->root = root;
}

void orr_evm_state_remove(struct orr_evm_state *state, const struct orr_address *address) {
    orr_evm_state_begin_tx(state);
    orr_evm_state_touch(state, address);
    orr_evm_state_mark_destroyed(state, address);
    orr_evm_state_end_tx(state, ORR_FORK_EIP158);
}

void orr_evm_state_keep_zeros(struct orr_evm_state *state, void *ctx,
                              void (*zeroed)(void *ctx, const struct orr_address *address,
                                             const struct orr_u256 *key)) {
    state->zeroed_ctx = ctx;
    state->zeroed = zeroed;
}

void orr_evm_state_drop_zero(struct orr_evm_state *state, const struct orr_address *address,
                             const struct orr_u256 *key) {
    struct entry *e = orr_evm_state_entry(state, address);
    struct orr_hash word = orr_u256_to_hash(*key), hash = orr_keccak256(word.bytes, 32);
    struct orr_trie_value found;
    uint8_t nibbles[64];
    orr_trie_nibbles(nibbles, hash.bytes, 32);
    int error = orr_trie_get(state->store, e->storage, nibbles, sizeof nibbles, &found);
    if (!error && found.len == 1 && found.value[0] == ORR_PENDING_ZERO) {
        orr_evm_state_begin_tx(state);
        orr_evm_state_touch(state, address); /* to be written anew */
        error = orr_trie_put(state->store, &e->storage, hash.bytes, 32, NULL, 0);
        orr_evm_state_end_tx(state, ORR_FORK_EIP158);
    }
    if (error) state->error = error;
}
