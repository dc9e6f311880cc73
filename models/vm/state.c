#include "models/vm/state.h"

#include <assert.h>

#include "models/vm/accesses.h"
#include "models/vm/overlay.h"
#include "models/vm/trie_node.h"

/* ---- growing memory ---- */

void *orr_evm_state_grow(struct orr_evm_state *state, void *items, size_t *cap, size_t n,
                         size_t size) {
    if (n < *cap) return items;
    assert(n == *cap);
    size_t more = *cap ? 2 * *cap : 16;
    items = orr_resize(state->mem, items, *cap * size, more * size);
    *cap = more;
    return items;
}

static void *chunk_item(const struct chunks *c, size_t i, size_t size) {
    return (uint8_t *)c->at[i / CHUNK] + i % CHUNK * size;
}

static void *chunk_new(struct orr_evm_state *state, struct chunks *c, size_t size) {
    if (c->n % CHUNK == 0) {
        c->at = orr_evm_state_grow(state, c->at, &c->cap, c->n / CHUNK, sizeof c->at[0]);
        c->at[c->n / CHUNK] = orr_alloc(state->mem, CHUNK * size);
    }
    return memset(chunk_item(c, c->n++, size), 0, size);
}

static void chunks_free(struct orr_evm_state *state, struct chunks *c, size_t size) {
    for (size_t i = 0; i * CHUNK < c->n; i++) orr_free(state->mem, c->at[i], CHUNK * size);
    orr_free(state->mem, c->at, c->cap * sizeof c->at[0]);
    *c = (struct chunks){NULL, 0, 0};
}

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

static void table_put(struct table *t, uint64_t tag, void *item) {
    assert(t->cap && t->n < t->cap);
    size_t mask = t->cap - 1, i = tag & mask;
    while (t->at[i].item) i = (i + 1) & mask; /* never full: at most half is used */
    t->at[i] = (struct table_slot){tag, item};
}

static void table_add(struct orr_evm_state *state, struct table *t, uint64_t tag, void *item) {
    if (2 * (t->n + 1) > t->cap) {
        struct table old = *t;
        t->cap = old.cap ? 2 * old.cap : 64;
        t->at = orr_alloc_zero(state->mem, t->cap * sizeof t->at[0]);
        for (size_t i = 0; i < old.cap; i++)
            if (old.at[i].item) table_put(t, old.at[i].tag, old.at[i].item);
        orr_free(state->mem, old.at, old.cap * sizeof old.at[0]);
    }
    table_put(t, tag, item);
    t->n++;
}

static void table_free(struct orr_evm_state *state, struct table *t) {
    orr_free(state->mem, t->at, t->cap * sizeof t->at[0]);
    *t = (struct table){NULL, 0, 0};
}

/* ---- accounts and slots on first use ---- */

static void load_entry(struct orr_evm_state *state, struct entry *e) {
    uint8_t nibbles[64];
    struct orr_trie_value found;
    struct orr_evm_account account;
    e->hashed =
        orr_keccak256_again(state->store->hashes, e->address.bytes, sizeof e->address.bytes);
    e->code_hash = orr_evm_code_empty_hash;
    orr_trie_nibbles(nibbles, e->hashed.bytes, 32);
    int error = orr_trie_get(state->store, state->root, nibbles, sizeof nibbles, &found);
    if (!error && found.len && orr_evm_account_decode(found.value, found.len, &account))
        error = ORR_ECORRUPT;
    if (error) state->error = error;
    if (error || !found.len) return;
    e->exists = true;
    e->nonce = account.nonce;
    e->balance = account.balance;
    e->code_hash = account.code_hash;
    e->code = orr_evm_code_retain(found.code);
    if (!e->code && !orr_hash_equal(e->code_hash, orr_evm_code_empty_hash))
        e->code = orr_evm_code_find(state->store, &e->code_hash);
    e->storage = orr_trie_retain(found.storage);
}

struct entry *orr_evm_state_entry(struct orr_evm_state *state, const struct orr_address *address) {
    if (state->last && orr_address_equal(state->last->address, *address)) return state->last;
    const uint8_t *a = address->bytes;
    uint64_t tag = mix(mix(mix(0, orr_load_le64(a)), orr_load_le64(a + 8)), orr_load_le32(a + 16));
    struct table *t = &state->accounts;
    for (size_t i = tag & (t->cap - 1); t->cap && t->at[i].item; i = (i + 1) & (t->cap - 1)) {
        struct entry *e = t->at[i].item;
        if (t->at[i].tag == tag && orr_address_equal(e->address, *address)) return state->last = e;
    }
    struct entry *e = chunk_new(state, &state->entry_chunks, sizeof *e);
    e->address = *address;
    e->serial = (uint32_t)state->entry_chunks.n;
    load_entry(state, e);
    if (state->pending) orr_evm_pending_entry(state, e);
    table_add(state, t, tag, e);
    return state->last = e;
}

const struct orr_hash *orr_evm_slot_hash(const struct orr_evm_state *state, struct slot *slot) {
    if (!slot->is_hashed) {
        struct orr_hash key = orr_u256_to_hash(slot->key);
        slot->hashed = orr_keccak256_again(state->store->hashes, key.bytes, sizeof key.bytes);
        slot->is_hashed = true;
    }
    return &slot->hashed;
}

static void load_slot(struct orr_evm_state *state, struct slot *slot) {
    slot->is_loaded = true;
    assert(orr_u256_is_zero(slot->value) && orr_u256_is_zero(slot->committed));
    if (!slot->owner->storage) return;
    uint8_t nibbles[64];
    struct orr_trie_value found;
    orr_trie_nibbles(nibbles, orr_evm_slot_hash(state, slot)->bytes, 32);
    int error = orr_trie_get(state->store, slot->owner->storage, nibbles, sizeof nibbles, &found);
    if (!error && found.len) {
        struct orr_rlp_reader r = orr_rlp_reader(found.value, found.len);
        struct orr_u256 value = orr_rlp_read_u256(&r);
        if (orr_rlp_done(&r))
            slot->value = slot->committed = value;
        else
            error = ORR_ECORRUPT;
    }
    if (error) state->error = error;
}

/* The slot without its value: transient storage needs no more. */
static struct slot *bare_slot(struct orr_evm_state *state, struct entry *e,
                              const struct orr_u256 *key) {
    uint64_t tag = mix(mix(e->serial, key->limb[0]), key->limb[1]);
    tag = mix(mix(tag, key->limb[2]), key->limb[3]);
    struct table *t = &state->slots;
    for (size_t i = tag & (t->cap - 1); t->cap && t->at[i].item; i = (i + 1) & (t->cap - 1)) {
        struct slot *s = t->at[i].item;
        if (t->at[i].tag == tag && s->owner == e && orr_u256_equal(s->key, *key)) return s;
    }
    struct slot *s = chunk_new(state, &state->slot_chunks, sizeof *s);
    s->owner = e;
    s->key = *key;
    s->next = e->slots;
    e->slots = s;
    if (state->pending) orr_evm_pending_slot(state, s);
    table_add(state, t, tag, s);
    return s;
}

static struct slot *slot_of(struct orr_evm_state *state, struct entry *e,
                            const struct orr_u256 *key) {
    struct slot *s = bare_slot(state, e, key);
    if (!s->is_loaded) load_slot(state, s);
    return s;
}

/* ---- making, ending, forking ---- */

struct orr_evm_state *orr_evm_state_open(struct orr_evm_store *store, struct orr_trie_node *root) {
    struct orr_evm_state *state = orr_alloc_zero(orr_evm_store_mem(store), sizeof *state);
    state->store = store;
    state->mem = orr_evm_store_mem(store);
    state->root = root;
    return state;
}

struct orr_evm_state *orr_evm_state_create(struct orr_evm_store *store) {
    return orr_evm_state_open(store, NULL);
}

static void drop_overlay(struct orr_evm_state *state) {
    assert(!state->in_tx);
    for (size_t i = 0; i < state->entry_chunks.n; i++) {
        struct entry *e = chunk_item(&state->entry_chunks, i, sizeof *e);
        orr_evm_code_release(state->store, e->code);
        orr_trie_release(state->store, e->storage);
    }
    chunks_free(state, &state->entry_chunks, sizeof(struct entry));
    chunks_free(state, &state->slot_chunks, sizeof(struct slot));
    table_free(state, &state->accounts);
    table_free(state, &state->slots);
    orr_free(state->mem, state->dirty, state->dirty_cap * sizeof state->dirty[0]);
    orr_free(state->mem, state->listed, state->listed_cap * sizeof state->listed[0]);
    orr_free(state->mem, state->journal, state->journal_cap * sizeof state->journal[0]);
    orr_free(state->mem, state->logs, state->logs_cap * sizeof state->logs[0]);
    orr_free(state->mem, state->log_data, state->log_data_cap);
    *state = (struct orr_evm_state){.store = state->store,
                                    .mem = state->mem,
                                    .root = state->root,
                                    .error = state->error,
                                    .tx = state->tx,
                                    .accesses = state->accesses,
                                    .zeroed_ctx = state->zeroed_ctx,
                                    .zeroed = state->zeroed};
}

void orr_evm_state_destroy(struct orr_evm_state *state) {
    state->in_tx = false;
    drop_overlay(state);
    orr_trie_release(state->store, state->root);
    orr_free(state->mem, state, sizeof *state);
}

void orr_evm_state_trim(struct orr_evm_state *state) {
    orr_evm_state_commit(state);
    drop_overlay(state);
}

struct orr_evm_state *orr_evm_state_fork(struct orr_evm_state *state) {
    orr_evm_state_commit(state);
    struct orr_evm_state *fork = orr_evm_state_open(state->store, orr_trie_retain(state->root));
    fork->error = state->error;
    return fork;
}

struct orr_evm_store *orr_evm_state_store(const struct orr_evm_state *state) {
    return state->store;
}
int orr_evm_state_error(const struct orr_evm_state *state) { return state->error; }

/* ---- reading ---- */

bool orr_evm_state_exists(struct orr_evm_state *state, const struct orr_address *address) {
    return orr_evm_state_entry(state, address)->exists;
}

static bool is_empty(const struct entry *e) {
    return !e->nonce && orr_u256_is_zero(e->balance) &&
           orr_hash_equal(e->code_hash, orr_evm_code_empty_hash);
}

bool orr_evm_state_is_empty(struct orr_evm_state *state, const struct orr_address *address) {
    return is_empty(orr_evm_state_entry(state, address));
}

uint64_t orr_evm_state_nonce(struct orr_evm_state *state, const struct orr_address *address) {
    return orr_evm_state_entry(state, address)->nonce;
}

struct orr_u256 orr_evm_state_balance(struct orr_evm_state *state,
                                      const struct orr_address *address) {
    return orr_evm_state_entry(state, address)->balance;
}

struct orr_evm_stored_code *orr_evm_state_code(struct orr_evm_state *state,
                                               const struct orr_address *address) {
    struct entry *e = orr_evm_state_entry(state, address);
    if (!e->code && !orr_hash_equal(e->code_hash, orr_evm_code_empty_hash))
        state->error = ORR_ENOTFOUND;
    if (e->code && state->store->recorder)
        orr_evm_witness_add_code(state->store->recorder, e->code);
    return e->code;
}

struct orr_hash orr_evm_state_code_hash(struct orr_evm_state *state,
                                        const struct orr_address *address) {
    return orr_evm_state_entry(state, address)->code_hash;
}

bool orr_evm_state_has_storage(struct orr_evm_state *state, const struct orr_address *address) {
    struct entry *e = orr_evm_state_entry(state, address);
    if (e->storage) return true;
    for (const struct slot *s = e->dirty_slots; s; s = s->next_dirty)
        if (!orr_u256_is_zero(s->original_tx == state->tx ? s->original : s->value)) return true;
    return false;
}

struct orr_u256 orr_evm_state_storage(struct orr_evm_state *state,
                                      const struct orr_address *address,
                                      const struct orr_u256 *key) {
    return slot_of(state, orr_evm_state_entry(state, address), key)->value;
}

/* ---- the journal ---- */

static struct undo *note(struct orr_evm_state *state, enum undo_kind kind, void *target) {
    assert(state->in_tx);
    state->journal = orr_evm_state_grow(state, state->journal, &state->journal_cap,
                                        state->n_journal, sizeof state->journal[0]);
    struct undo *u = &state->journal[state->n_journal++];
    u->kind = kind;
    u->target = target;
    return u;
}

uint64_t orr_evm_state_snapshot(const struct orr_evm_state *state) { return state->n_journal; }

static void set_code(struct entry *e, struct orr_evm_stored_code *code) {
    assert(!code || code->len > 0);
    e->code = code;
    e->code_hash = code ? code->hash : orr_evm_code_empty_hash;
}

/* Mainnet block 2,675,119: a failed call had touched the empty RIPEMD-160 contract, and it went. */
static bool is_ripemd(const struct orr_address *address) {
    static const struct orr_address three = {{[19] = 3}};
    return orr_address_equal(*address, three);
}

static void undo_one(struct orr_evm_state *state, const struct undo *u) {
    struct entry *e = u->target;
    struct slot *s = u->target;
    switch (u->kind) {
    case UNDO_EXISTS: e->exists = false; break;
    case UNDO_BALANCE: e->balance = u->old.word; break;
    case UNDO_NONCE: e->nonce = u->old.number; break;
    case UNDO_CODE:
        orr_evm_code_release(state->store, e->code);
        set_code(e, u->old.code);
        break;
    case UNDO_TOUCH:
        if (!is_ripemd(&e->address)) e->touched_tx = 0;
        break;
    case UNDO_CREATED: e->created_tx = 0; break;
    case UNDO_DESTROYED: e->destroyed_tx = 0; break;
    case UNDO_WARM_ACCOUNT: e->warm_tx = 0; break;
    case UNDO_SLOT: s->value = u->old.word; break;
    case UNDO_WARM_SLOT: s->warm_tx = 0; break;
    case UNDO_TRANSIENT: s->transient = u->old.word; break;
    case UNDO_LOG:
        assert(state->n_logs > 0);
        state->n_logs--;
        state->log_data_len = state->logs[state->n_logs].offset;
        break;
    }
}

void orr_evm_state_revert(struct orr_evm_state *state, uint64_t mark) {
    assert(mark <= state->n_journal);
    while (state->n_journal > mark) undo_one(state, &state->journal[--state->n_journal]);
}

void orr_evm_state_begin_tx(struct orr_evm_state *state) {
    assert(!state->in_tx && state->tx < UINT32_MAX);
    state->in_tx = true;
    state->tx++;
    state->n_logs = state->log_data_len = 0;
}

void orr_evm_state_wipe(struct orr_evm_state *state, struct entry *e) {
    const struct orr_u256 zero = orr_u256_from_u64(0);
    e->exists = false;
    e->nonce = 0;
    e->balance = zero;
    orr_evm_code_release(state->store, e->code);
    set_code(e, NULL);
    orr_trie_release(state->store, e->storage);
    e->storage = NULL;
    for (struct slot *s = e->slots; s; s = s->next) {
        s->value = s->committed = zero;
        s->is_loaded = true;
    }
}

void orr_evm_state_end_tx(struct orr_evm_state *state, enum orr_evm_fork fork) {
    assert(state->in_tx);
    for (size_t i = 0; i < state->n_listed; i++) {
        struct entry *e = state->listed[i];
        bool is_touched = fork >= ORR_FORK_EIP158 && e->touched_tx == state->tx;
        struct orr_u256 kept = {{0}}; /* EIP-8246 */
        if (fork >= ORR_FORK_AMSTERDAM) kept = e->balance;
        if (e->destroyed_tx != state->tx && !(is_touched && is_empty(e))) continue;
        orr_evm_state_wipe(state, e);
        e->balance = kept;
        e->exists = !orr_u256_is_zero(kept);
    }
    orr_evm_state_close_tx(state);
}

void orr_evm_state_close_tx(struct orr_evm_state *state) {
    for (size_t i = 0; i < state->n_listed; i++) state->listed[i]->listed_tx = 0;
    for (size_t i = 0; i < state->n_journal; i++)
        if (state->journal[i].kind == UNDO_CODE)
            orr_evm_code_release(state->store, state->journal[i].old.code);
    state->n_listed = state->n_journal = 0;
    state->pending = NULL;
    state->in_tx = false;
}

/* ---- writing ---- */

/* The account is to be looked at when the transaction ends and when the state is committed. */
static void list(struct orr_evm_state *state, struct entry *e) {
    if (e->listed_tx != state->tx) {
        e->listed_tx = state->tx;
        if (state->accesses)
            orr_evm_accesses_before(state->accesses, &e->address, e->nonce, &e->balance,
                                    &e->code_hash);
        state->listed = orr_evm_state_grow(state, state->listed, &state->listed_cap,
                                           state->n_listed, sizeof state->listed[0]);
        state->listed[state->n_listed++] = e;
    }
    if (!e->is_dirty) {
        e->is_dirty = true;
        state->dirty = orr_evm_state_grow(state, state->dirty, &state->dirty_cap, state->n_dirty,
                                          sizeof state->dirty[0]);
        state->dirty[state->n_dirty++] = e;
    }
}

/* The account as one to be written: it exists and is touched from here on. */
static struct entry *open_entry(struct orr_evm_state *state, const struct orr_address *address) {
    struct entry *e = orr_evm_state_entry(state, address);
    list(state, e);
    if (!e->exists) {
        note(state, UNDO_EXISTS, e);
        e->exists = true;
    }
    if (e->touched_tx != state->tx) {
        note(state, UNDO_TOUCH, e);
        e->touched_tx = state->tx;
    }
    return e;
}

void orr_evm_state_touch(struct orr_evm_state *state, const struct orr_address *address) {
    open_entry(state, address);
}

void orr_evm_state_set_balance(struct orr_evm_state *state, const struct orr_address *address,
                               struct orr_u256 balance) {
    struct entry *e = open_entry(state, address);
    note(state, UNDO_BALANCE, e)->old.word = e->balance;
    e->balance = balance;
}

void orr_evm_state_add_balance(struct orr_evm_state *state, const struct orr_address *address,
                               struct orr_u256 amount) {
    struct entry *e = open_entry(state, address);
    if (orr_u256_is_zero(amount)) return;
    note(state, UNDO_BALANCE, e)->old.word = e->balance;
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)e->balance.limb[i] + amount.limb[i];
        e->balance.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

bool orr_evm_state_sub_balance(struct orr_evm_state *state, const struct orr_address *address,
                               struct orr_u256 amount) {
    struct entry *e = orr_evm_state_entry(state, address);
    struct orr_u256 rest;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        unsigned __int128 d = (unsigned __int128)e->balance.limb[i] - amount.limb[i] - borrow;
        rest.limb[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    if (borrow) return false;
    orr_evm_state_set_balance(state, address, rest);
    return true;
}

void orr_evm_state_set_nonce(struct orr_evm_state *state, const struct orr_address *address,
                             uint64_t nonce) {
    struct entry *e = open_entry(state, address);
    note(state, UNDO_NONCE, e)->old.number = e->nonce;
    e->nonce = nonce;
}

void orr_evm_state_set_code(struct orr_evm_state *state, const struct orr_address *address,
                            const uint8_t *code, size_t len) {
    struct entry *e = open_entry(state, address);
    note(state, UNDO_CODE, e)->old.code = e->code;
    set_code(e, orr_evm_code_intern(state->store, code, len));
}

void orr_evm_state_mark_created(struct orr_evm_state *state, const struct orr_address *address) {
    struct entry *e = open_entry(state, address);
    if (e->created_tx == state->tx) return;
    note(state, UNDO_CREATED, e);
    e->created_tx = state->tx;
}

bool orr_evm_state_was_created(struct orr_evm_state *state, const struct orr_address *address) {
    return orr_evm_state_entry(state, address)->created_tx == state->tx;
}

bool orr_evm_state_mark_destroyed(struct orr_evm_state *state, const struct orr_address *address) {
    struct entry *e = open_entry(state, address);
    if (e->destroyed_tx == state->tx) return false;
    note(state, UNDO_DESTROYED, e);
    e->destroyed_tx = state->tx;
    return true;
}

static const struct orr_u256 *original_of(struct orr_evm_state *state, struct slot *s) {
    if (s->original_tx != state->tx) {
        s->original = state->pending ? orr_evm_pending_original(state, s) : s->value;
        s->original_tx = state->tx;
    }
    return &s->original;
}

static void write_slot(struct orr_evm_state *state, struct entry *e, struct slot *s,
                       const struct orr_u256 *value) {
    original_of(state, s);
    if (orr_u256_equal(s->value, *value)) return;
    note(state, UNDO_SLOT, s)->old.word = s->value;
    if (state->accesses)
        orr_evm_accesses_before_slot(state->accesses, &e->address, &s->key, &s->value);
    s->value = *value;
    list(state, e);
    if (!s->is_dirty) {
        s->is_dirty = true;
        s->next_dirty = e->dirty_slots;
        e->dirty_slots = s;
    }
}

void orr_evm_state_set_storage(struct orr_evm_state *state, const struct orr_address *address,
                               const struct orr_u256 *key, const struct orr_u256 *value) {
    struct entry *e = open_entry(state, address);
    write_slot(state, e, slot_of(state, e, key), value);
}

/* ---- the machine's host ---- */

enum orr_evm_access orr_evm_state_access_account(struct orr_evm_state *state,
                                                 const struct orr_address *address) {
    struct entry *e = orr_evm_state_entry(state, address);
    if (e->warm_tx == state->tx) return ORR_WARM;
    note(state, UNDO_WARM_ACCOUNT, e);
    e->warm_tx = state->tx;
    return ORR_COLD;
}

static enum orr_evm_access warm_slot(struct orr_evm_state *state, struct slot *s) {
    if (s->warm_tx == state->tx) return ORR_WARM;
    note(state, UNDO_WARM_SLOT, s);
    s->warm_tx = state->tx;
    return ORR_COLD;
}

enum orr_evm_access orr_evm_state_access_slot(struct orr_evm_state *state,
                                              const struct orr_address *address,
                                              const struct orr_u256 *key, struct orr_u256 *value) {
    struct slot *s = slot_of(state, orr_evm_state_entry(state, address), key);
    *value = s->value;
    return warm_slot(state, s);
}

enum orr_evm_access orr_evm_state_write_slot(struct orr_evm_state *state,
                                             const struct orr_address *address,
                                             const struct orr_u256 *key,
                                             const struct orr_u256 *value,
                                             enum orr_evm_storage_status *status) {
    struct entry *e = orr_evm_state_entry(state, address);
    struct slot *s = slot_of(state, e, key);
    *status = orr_evm_storage_status(original_of(state, s), &s->value, value);
    write_slot(state, e, s, value);
    return warm_slot(state, s);
}

struct orr_u256 orr_evm_state_transient(struct orr_evm_state *state,
                                        const struct orr_address *address,
                                        const struct orr_u256 *key) {
    const struct slot *s = bare_slot(state, orr_evm_state_entry(state, address), key);
    return s->transient_tx == state->tx ? s->transient : orr_u256_from_u64(0);
}

void orr_evm_state_set_transient(struct orr_evm_state *state, const struct orr_address *address,
                                 const struct orr_u256 *key, const struct orr_u256 *value) {
    struct slot *s = bare_slot(state, orr_evm_state_entry(state, address), key);
    if (s->transient_tx != state->tx) {
        s->transient_tx = state->tx;
        s->transient = orr_u256_from_u64(0);
    }
    note(state, UNDO_TRANSIENT, s)->old.word = s->transient;
    s->transient = *value;
}

/* ---- logs ---- */

void orr_evm_state_add_log(struct orr_evm_state *state, const struct orr_evm_log *log) {
    note(state, UNDO_LOG, NULL);
    state->logs = orr_evm_state_grow(state, state->logs, &state->logs_cap, state->n_logs,
                                     sizeof state->logs[0]);
    size_t need = state->log_data_len + log->len, cap = state->log_data_cap;
    if (need > cap) {
        while (cap < need) cap = cap ? 2 * cap : 256;
        state->log_data = orr_resize(state->mem, state->log_data, state->log_data_cap, cap);
        state->log_data_cap = cap;
    }
    if (log->len) memcpy(state->log_data + state->log_data_len, log->data, log->len);
    state->logs[state->n_logs] = (struct kept_log){*log, state->log_data_len};
    state->logs[state->n_logs++].log.nth = state->n_added_logs++;
    state->log_data_len = need;
}
