#include "models/vm/store.h"

#include <assert.h>

#include "models/vm/trie_node.h"

const struct orr_hash orr_evm_code_empty_hash = {{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c,
                                                  0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                                                  0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b,
                                                  0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

enum { MIN_CAP = 64 };

struct orr_evm_store *orr_evm_store_create(struct orr_mem *mem) {
    struct orr_evm_store *store = orr_alloc_zero(mem, sizeof *store);
    store->mem = mem;
    store->scratch.mem = mem;
    store->nodes_cap = store->codes_cap = MIN_CAP;
    store->nodes = orr_alloc_zero(mem, MIN_CAP * sizeof store->nodes[0]);
    store->codes = orr_alloc_zero(mem, MIN_CAP * sizeof store->codes[0]);
    return store;
}

void orr_evm_store_destroy(struct orr_evm_store *store) {
    assert(!store->n_nodes && !store->n_codes);
    orr_rlp_free(&store->scratch);
    orr_keccak_memo_free(store->hashes);
    for (size_t i = 0; i < ORR_TRIE_LISTS; i++) orr_trie_list_forget(store, &store->lists[i]);
    if (store->shapes)
        orr_free(store->mem, store->shapes, store->nodes_cap * sizeof store->shapes[0]);
    orr_free(store->mem, store->nodes, store->nodes_cap * sizeof store->nodes[0]);
    orr_free(store->mem, store->codes, store->codes_cap * sizeof store->codes[0]);
    orr_free(store->mem, store, sizeof *store);
}

struct orr_mem *orr_evm_store_mem(const struct orr_evm_store *store) {
    return store->mem;
}

enum { HASHES_LOG2 = 16 };
void orr_evm_store_remember(struct orr_evm_store *store) {
    assert(!store->n_nodes && !store->hashes);
    store->hashes = orr_keccak_memo_new(store->mem, HASHES_LOG2);
    store->shapes = orr_alloc_zero(store->mem, store->nodes_cap * sizeof store->shapes[0]);
}

struct orr_keccak_memo *orr_evm_store_hashes(const struct orr_evm_store *store) {
    return store->hashes;
}

struct orr_evm_store_size orr_evm_store_size(const struct orr_evm_store *store) {
    return (struct orr_evm_store_size){
        store->n_nodes, store->n_codes,
        store->bytes + (store->shapes ? 2 : 1) * store->nodes_cap * sizeof store->nodes[0] +
            store->codes_cap * sizeof store->codes[0]};
}

/* ---- code: an open-addressed table; the hash itself is the probe's start ---- */

static size_t code_slot(const struct orr_evm_store *store, const struct orr_hash *hash) {
    size_t mask = store->codes_cap - 1, i = orr_load_le64(hash->bytes) & mask;
    assert(store->n_codes < store->codes_cap); /* so the probe meets an empty slot */
    while (store->codes[i] && !orr_hash_equal(store->codes[i]->hash, *hash)) i = (i + 1) & mask;
    return i;
}

static void grow_codes(struct orr_evm_store *store) {
    struct orr_evm_stored_code **old = store->codes;
    size_t old_cap = store->codes_cap;
    assert((old_cap & (old_cap - 1)) == 0); /* masks are made of it */
    store->codes_cap *= 2;
    store->codes = orr_alloc_zero(store->mem, store->codes_cap * sizeof old[0]);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i]) store->codes[code_slot(store, &old[i]->hash)] = old[i];
    orr_free(store->mem, old, old_cap * sizeof old[0]);
}

struct orr_evm_stored_code *orr_evm_code_find(struct orr_evm_store *store,
                                              const struct orr_hash *hash) {
    struct orr_evm_stored_code *code = store->codes[code_slot(store, hash)];
    return orr_evm_code_retain(code);
}

struct orr_evm_stored_code *orr_evm_code_intern(struct orr_evm_store *store, const uint8_t *bytes,
                                                size_t len) {
    if (!len) return NULL;
    struct orr_hash hash = orr_keccak256(bytes, len);
    struct orr_evm_stored_code *code = orr_evm_code_find(store, &hash);
    if (code) return code;
    if (2 * store->n_codes >= store->codes_cap) grow_codes(store);
    code = orr_alloc_zero(store->mem, sizeof *code);
    code->hash = hash;
    code->refs = 1;
    code->len = len;
    code->bytes = orr_alloc(store->mem, len);
    memcpy(code->bytes, bytes, len);
    store->codes[code_slot(store, &hash)] = code;
    store->n_codes++;
    store->bytes += sizeof *code + len;
    return code;
}

struct orr_evm_stored_code *orr_evm_code_retain(struct orr_evm_stored_code *code) {
    if (code) {
        assert(code->refs && code->refs < UINT32_MAX);
        code->refs++;
    }
    return code;
}

/* Removes slot i of an open-addressed table, moving later entries of its run back. */
static void remove_code(struct orr_evm_store *store, size_t i) {
    assert(i < store->codes_cap && store->codes[i] && store->n_codes > 0);
    size_t mask = store->codes_cap - 1;
    store->codes[i] = NULL;
    for (size_t j = (i + 1) & mask; store->codes[j]; j = (j + 1) & mask) {
        size_t home = orr_load_le64(store->codes[j]->hash.bytes) & mask;
        if (((j - home) & mask) < ((j - i) & mask)) continue;
        store->codes[i] = store->codes[j];
        store->codes[j] = NULL;
        i = j;
    }
}

void orr_evm_code_release(struct orr_evm_store *store, struct orr_evm_stored_code *code) {
    if (!code) return;
    assert(code->refs);
    if (--code->refs) return;
    size_t i = code_slot(store, &code->hash);
    assert(store->codes[i] == code);
    remove_code(store, i);
    assert(store->bytes >= sizeof *code + code->len);
    store->n_codes--;
    store->bytes -= sizeof *code + code->len;
    for (size_t f = 0; f < ORR_N_FORKS; f++) orr_evm_code_free(store->mem, code->analysis[f]);
    orr_free(store->mem, code->bytes, code->len);
    orr_free(store->mem, code, sizeof *code);
}

const struct orr_evm_code *orr_evm_code_analysis(struct orr_evm_store *store,
                                                 struct orr_evm_stored_code *code,
                                                 enum orr_evm_fork fork) {
    assert(fork < ORR_N_FORKS);
    if (!code->analysis[fork])
        code->analysis[fork] = orr_evm_analyze(store->mem, fork, code->bytes, code->len);
    return code->analysis[fork];
}
