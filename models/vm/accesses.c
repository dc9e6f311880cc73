#include "models/vm/accesses.h"

#include "models/base/heap.h"
#include "models/base/index.h"
#include "models/vm/u256.h"

/* A value that stands from block access index `at` on. */
struct change {
    uint32_t at;
    struct orr_u256 value; /* of a nonce: below 2^64 */
    uint8_t *code;         /* of a change of code: [code_len] */
    size_t code_len;
};
struct changes {
    struct change *at;
    size_t n, cap;
};

struct slot {
    uint8_t key[32];
    bool is_reached, is_open;
    struct orr_u256 before; /* while is_open: the value when the index began */
    struct changes changes;
};

struct account {
    uint8_t key[32]; /* 12 zeros and the address, as base/index.h wants it */
    bool is_reached, is_open;
    uint64_t nonce; /* while is_open: as the index began */
    struct orr_u256 balance;
    struct orr_hash code_hash;
    struct changes balances, nonces, codes;
    struct slot *slots;
    size_t n_slots, slots_cap;
    struct orr_index by_key;
    bool has_open_slots;
};

struct orr_evm_accesses {
    struct orr_mem *mem;
    uint32_t index; /* the block access index that is open */
    struct account *accounts;
    size_t n, cap;
    struct orr_index by_address;
    uint32_t *open; /* places of accounts with something open, in order of first change */
    size_t n_open, open_cap;
};

struct orr_evm_accesses *orr_evm_accesses_create(struct orr_mem *mem) {
    struct orr_evm_accesses *list = orr_alloc_zero(mem, sizeof *list);
    list->mem = mem;
    orr_index_init(&list->by_address, mem, sizeof(struct account), offsetof(struct account, key));
    return list;
}

static void free_changes(struct orr_mem *mem, struct changes *c) {
    for (size_t i = 0; i < c->n; i++) orr_free(mem, c->at[i].code, c->at[i].code_len);
    orr_free(mem, c->at, c->cap * sizeof c->at[0]);
}

void orr_evm_accesses_destroy(struct orr_evm_accesses *list) {
    if (!list) return;
    for (size_t i = 0; i < list->n; i++) {
        struct account *a = &list->accounts[i];
        free_changes(list->mem, &a->balances);
        free_changes(list->mem, &a->nonces);
        free_changes(list->mem, &a->codes);
        for (size_t k = 0; k < a->n_slots; k++) free_changes(list->mem, &a->slots[k].changes);
        orr_free(list->mem, a->slots, a->slots_cap * sizeof a->slots[0]);
        orr_index_fini(&a->by_key);
    }
    orr_free(list->mem, list->accounts, list->cap * sizeof list->accounts[0]);
    orr_free(list->mem, list->open, list->open_cap * sizeof list->open[0]);
    orr_index_fini(&list->by_address);
    orr_free(list->mem, list, sizeof *list);
}

/* Room for one more item in a growing array. */
static void *grow(struct orr_mem *mem, void *items, size_t *cap, size_t n, size_t size) {
    if (n < *cap) return items;
    size_t more = *cap ? 2 * *cap : 8;
    items = orr_resize(mem, items, *cap * size, more * size);
    *cap = more;
    return items;
}

/* ---- what is in the list ---- */

static struct account *account_of(struct orr_evm_accesses *list,
                                  const struct orr_address *address) {
    uint8_t key[32] = {0};
    memcpy(key + 12, address->bytes, sizeof address->bytes);
    uint32_t at = orr_index_find32(&list->by_address, list->accounts, key);
    if (at != ORR_NOWHERE) return &list->accounts[at];
    list->accounts = grow(list->mem, list->accounts, &list->cap, list->n, sizeof list->accounts[0]);
    struct account *a = &list->accounts[list->n];
    *a = (struct account){.is_reached = false};
    memcpy(a->key, key, sizeof key);
    orr_index_init(&a->by_key, list->mem, sizeof(struct slot), offsetof(struct slot, key));
    orr_index_put32(&list->by_address, list->accounts, (uint32_t)list->n++);
    return a;
}

static struct slot *slot_of(struct orr_evm_accesses *list, struct account *a,
                            const struct orr_u256 *key) {
    struct orr_hash bytes = orr_u256_to_hash(*key);
    uint32_t at = orr_index_find32(&a->by_key, a->slots, bytes.bytes);
    if (at != ORR_NOWHERE) return &a->slots[at];
    a->slots = grow(list->mem, a->slots, &a->slots_cap, a->n_slots, sizeof a->slots[0]);
    struct slot *s = &a->slots[a->n_slots];
    *s = (struct slot){.is_reached = false};
    memcpy(s->key, bytes.bytes, sizeof s->key);
    orr_index_put32(&a->by_key, a->slots, (uint32_t)a->n_slots++);
    return s;
}

void orr_evm_accesses_note(struct orr_evm_accesses *list, const struct orr_address *address,
                           const struct orr_u256 *key) {
    struct account *a = account_of(list, address);
    a->is_reached = true;
    if (key) slot_of(list, a, key)->is_reached = true;
}

/* Notes that something of the account is to be compared when the index ends. */
static void open_account(struct orr_evm_accesses *list, const struct account *a) {
    if (a->is_open || a->has_open_slots) return;
    list->open = grow(list->mem, list->open, &list->open_cap, list->n_open, sizeof list->open[0]);
    list->open[list->n_open++] = (uint32_t)(a - list->accounts);
}

void orr_evm_accesses_before(struct orr_evm_accesses *list, const struct orr_address *address,
                             uint64_t nonce, const struct orr_u256 *balance,
                             const struct orr_hash *code_hash) {
    struct account *a = account_of(list, address);
    if (a->is_open) return;
    open_account(list, a);
    a->is_open = true;
    a->nonce = nonce;
    a->balance = *balance;
    a->code_hash = *code_hash;
}

void orr_evm_accesses_before_slot(struct orr_evm_accesses *list, const struct orr_address *address,
                                  const struct orr_u256 *key, const struct orr_u256 *value) {
    struct account *a = account_of(list, address);
    struct slot *s = slot_of(list, a, key);
    if (s->is_open) return;
    open_account(list, a);
    a->has_open_slots = true;
    s->is_open = true;
    s->before = *value;
}

/* ---- the end of an index ---- */

static struct change *add_change(struct orr_evm_accesses *list, struct changes *c,
                                 struct orr_u256 value) {
    c->at = grow(list->mem, c->at, &c->cap, c->n, sizeof c->at[0]);
    struct change *change = &c->at[c->n++];
    *change = (struct change){.at = list->index, .value = value};
    return change;
}

static void close_account(struct orr_evm_accesses *list, struct account *a,
                          const struct orr_address *address, struct orr_evm_state *state) {
    struct orr_u256 balance = orr_evm_state_balance(state, address);
    uint64_t nonce = orr_evm_state_nonce(state, address);
    struct orr_hash hash = orr_evm_state_code_hash(state, address);
    a->is_open = false;
    if (!orr_u256_equal(balance, a->balance)) add_change(list, &a->balances, balance);
    if (nonce != a->nonce) add_change(list, &a->nonces, orr_u256_from_u64(nonce));
    if (!orr_hash_equal(hash, a->code_hash)) {
        const struct orr_evm_stored_code *code = orr_evm_state_code(state, address);
        struct change *change = add_change(list, &a->codes, orr_u256_from_u64(0));
        if (!code) return;
        change->code = orr_alloc(list->mem, code->len);
        change->code_len = code->len;
        memcpy(change->code, code->bytes, code->len);
    }
}

void orr_evm_accesses_close(struct orr_evm_accesses *list, struct orr_evm_state *state) {
    for (size_t i = 0; i < list->n_open; i++) {
        struct account *a = &list->accounts[list->open[i]];
        struct orr_address address;
        memcpy(address.bytes, a->key + 12, sizeof address.bytes);
        if (a->is_open) close_account(list, a, &address, state);
        for (size_t k = 0; a->has_open_slots && k < a->n_slots; k++) {
            struct slot *s = &a->slots[k];
            if (!s->is_open) continue;
            struct orr_u256 key = orr_u256_load_be(s->key);
            struct orr_u256 value = orr_evm_state_storage(state, &address, &key);
            s->is_open = false;
            if (!orr_u256_equal(value, s->before)) add_change(list, &s->changes, value);
        }
        a->has_open_slots = false;
    }
    list->n_open = 0;
    list->index++;
}

/* ---- the encoding ---- */

static bool has_slot(const struct slot *s) { return s->is_reached || s->changes.n; }

static bool has_account(const struct account *a) {
    bool has = a->is_reached || a->balances.n || a->nonces.n || a->codes.n;
    for (size_t k = 0; !has && k < a->n_slots; k++) has = has_slot(&a->slots[k]);
    return has;
}

uint64_t orr_evm_accesses_n_items(const struct orr_evm_accesses *list) {
    uint64_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct account *a = &list->accounts[i];
        n += has_account(a);
        for (size_t k = 0; k < a->n_slots; k++) n += has_slot(&a->slots[k]);
    }
    return n;
}

static bool account_before(const void *ctx, uint32_t a, uint32_t b) {
    const struct account *accounts = ctx;
    return memcmp(accounts[a].key, accounts[b].key, sizeof accounts[a].key) < 0;
}

static bool slot_before(const void *ctx, uint32_t a, uint32_t b) {
    const struct slot *slots = ctx;
    return memcmp(slots[a].key, slots[b].key, sizeof slots[a].key) < 0;
}

/* The places of n items, the last one first; keys differ, so that the order is total. */
static struct orr_places_heap sorted(struct orr_mem *mem, const void *items, size_t n,
                                     orr_before *before) {
    struct orr_places_heap heap;
    orr_places_heap_init(&heap, mem);
    for (size_t i = 0; i < n; i++) orr_places_heap_push(&heap, (uint32_t)i, before, items);
    while (heap.n) orr_places_heap_pop(&heap, before, items); /* each one stays behind the heap */
    return heap;
}

static void write_changes(struct orr_rlp_writer *w, const struct changes *c, bool are_codes) {
    size_t list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < c->n; i++) {
        size_t pair = orr_rlp_list_begin(w);
        orr_rlp_write_u64(w, c->at[i].at);
        if (are_codes)
            orr_rlp_write_string(w, c->at[i].code, c->at[i].code_len);
        else
            orr_rlp_write_u256(w, c->at[i].value);
        orr_rlp_list_end(w, pair);
    }
    orr_rlp_list_end(w, list);
}

/* The account's slots: those that changed, then those that were only read. */
static void write_slots(struct orr_mem *mem, struct orr_rlp_writer *w, const struct account *a) {
    struct orr_places_heap order = sorted(mem, a->slots, a->n_slots, slot_before);
    for (int are_reads = 0; are_reads < 2; are_reads++) {
        size_t list = orr_rlp_list_begin(w);
        for (size_t i = a->n_slots; i-- > 0;) {
            const struct slot *s = &a->slots[order.v[i]];
            if (!has_slot(s) || are_reads != !s->changes.n) continue;
            size_t pair = are_reads ? 0 : orr_rlp_list_begin(w);
            orr_rlp_write_u256(w, orr_u256_load_be(s->key));
            if (are_reads) continue;
            write_changes(w, &s->changes, false);
            orr_rlp_list_end(w, pair);
        }
        orr_rlp_list_end(w, list);
    }
    orr_places_heap_fini(&order);
}

void orr_evm_accesses_encode(const struct orr_evm_accesses *list, struct orr_rlp_writer *w) {
    struct orr_places_heap order = sorted(list->mem, list->accounts, list->n, account_before);
    size_t all = orr_rlp_list_begin(w);
    for (size_t i = list->n; i-- > 0;) {
        const struct account *a = &list->accounts[order.v[i]];
        if (!has_account(a)) continue;
        size_t one = orr_rlp_list_begin(w);
        orr_rlp_write_string(w, a->key + 12, 20);
        write_slots(list->mem, w, a);
        write_changes(w, &a->balances, false);
        write_changes(w, &a->nonces, false);
        write_changes(w, &a->codes, true);
        orr_rlp_list_end(w, one);
    }
    orr_rlp_list_end(w, all);
    orr_places_heap_fini(&order);
}

struct orr_hash orr_evm_accesses_hash(const struct orr_evm_accesses *list) {
    struct orr_rlp_writer w = {.mem = list->mem};
    orr_evm_accesses_encode(list, &w);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}
