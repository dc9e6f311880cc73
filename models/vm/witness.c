#include "models/vm/witness.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/account.h"
#include "models/vm/blobs.h"
#include "models/vm/trie_node.h"

struct orr_evm_witness {
    struct orr_mem *mem;
    struct orr_evm_blobs nodes, codes;
};

/* ---- recording ---- */

struct orr_evm_witness *orr_evm_witness_create(struct orr_mem *mem) {
    struct orr_evm_witness *w = orr_alloc_zero(mem, sizeof *w);
    w->mem = mem;
    return w;
}

void orr_evm_witness_destroy(struct orr_evm_witness *w) {
    orr_evm_blobs_free(w->mem, &w->nodes, true);
    orr_evm_blobs_free(w->mem, &w->codes, true);
    orr_free(w->mem, w, sizeof *w);
}

void orr_evm_witness_record(struct orr_evm_store *store, struct orr_evm_witness *w) {
    store->recorder = w;
}

bool orr_evm_witness_has(const struct orr_evm_witness *w, const uint8_t hash[32]) {
    return orr_evm_blobs_find(&w->nodes, hash) != NULL;
}

static void add_copy(struct orr_evm_witness *w, struct orr_evm_blobs *set, const uint8_t hash[32],
                     const uint8_t *bytes, size_t len) {
    if (!orr_evm_blobs_find(set, hash)) orr_evm_blobs_copy(w->mem, set, hash, bytes, len);
}

void orr_evm_witness_add_node(struct orr_evm_witness *w, const uint8_t hash[32],
                              const uint8_t *encoding, size_t len) {
    add_copy(w, &w->nodes, hash, encoding, len);
}

void orr_evm_witness_add_code(struct orr_evm_witness *w, const struct orr_evm_stored_code *code) {
    add_copy(w, &w->codes, code->hash.bytes, code->bytes, code->len);
}

size_t orr_evm_witness_n_nodes(const struct orr_evm_witness *w) { return w->nodes.n; }

void orr_evm_witness_write(const struct orr_evm_witness *w, struct orr_rlp_writer *writer) {
    const struct orr_evm_blobs *sets[] = {&w->nodes, &w->codes};
    size_t all = orr_rlp_list_begin(writer);
    for (size_t s = 0; s < 2; s++) {
        size_t list = orr_rlp_list_begin(writer);
        for (size_t i = 0; i < sets[s]->n; i++)
            orr_rlp_write_string(writer, sets[s]->items[i].bytes, sets[s]->items[i].len);
        orr_rlp_list_end(writer, list);
    }
    orr_rlp_list_end(writer, all);
}

/* ---- opening ---- */

enum { KEY_NIBBLES = 64 }; /* of the secure tries: Keccak-256 of an address or slot */

struct opening {
    struct orr_evm_store *store;
    struct orr_evm_blobs nodes, codes;
    bool has_zeros;
    int error;
};

static struct orr_trie_node *open_hash(struct opening *o, const uint8_t hash[32], size_t depth,
                                       bool is_storage);

static struct orr_trie_node *fail(struct opening *o) {
    o->error = ORR_EFORMAT;
    return NULL;
}

/* Links an account's leaf to its storage trie and code, as far as the witness has them. */
static bool open_account(struct opening *o, struct orr_trie_entry *e) {
    struct orr_evm_account account;
    if (orr_evm_account_decode(e->value, e->value_len, &account)) return false;
    e->is_account = true;
    if (!orr_hash_equal(account.storage_root, orr_trie_empty_hash))
        e->storage = open_hash(o, account.storage_root.bytes, 0, true);
    const struct orr_evm_blob *code = orr_evm_blobs_find(&o->codes, account.code_hash.bytes);
    if (code) e->code = orr_evm_code_intern(o->store, code->bytes, code->len);
    bool has_code = !orr_hash_equal(account.code_hash, orr_evm_code_empty_hash);
    if (!o->store->is_partial && !code && has_code) {
        e->code = orr_evm_code_find(o->store, &account.code_hash);
        if (!e->code) fail(o);
    }
    return !o->error;
}

/* A storage leaf holds the RLP of a number: not 0, or it is pending (models/vm/pending.h). */
static bool is_storage_value(const struct opening *o, const uint8_t *value, size_t len) {
    struct orr_rlp_reader r = orr_rlp_reader(value, len);
    struct orr_u256 v = orr_rlp_read_u256(&r);
    return orr_rlp_done(&r) && (o->has_zeros || !orr_u256_is_zero(v));
}

static struct orr_trie_node *open_item(struct opening *o, const struct orr_rlp_item *item,
                                       size_t depth, bool is_storage);

/* A reference inside a node: a hash, an embedded node, or nothing. */
static struct orr_trie_node *open_ref(struct opening *o, const struct orr_rlp_item *ref,
                                      size_t depth, bool is_storage) {
    if (depth > KEY_NIBBLES) return fail(o);
    if (ref->is_list)
        return ref->encoding_len < 32 ? open_item(o, ref, depth, is_storage) : fail(o);
    if (!ref->len) return NULL;
    return ref->len == 32 ? open_hash(o, ref->payload, depth, is_storage) : fail(o);
}

/* Undoes hex-prefix encoding.  Returns the number of nibbles, or -1. */
static int read_path(const uint8_t *hp, size_t len, uint8_t path[KEY_NIBBLES], bool *is_leaf) {
    if (!len || len > KEY_NIBBLES / 2 + 1 || hp[0] >> 6) return -1;
    bool odd = hp[0] & 0x10;
    *is_leaf = hp[0] & 0x20;
    if (!odd && (hp[0] & 15)) return -1;
    size_t n = 2 * (len - 1) + odd;
    if (n > KEY_NIBBLES) return -1;
    if (odd) path[0] = hp[0] & 15;
    orr_trie_nibbles(path + odd, hp + 1, len - 1);
    return (int)n;
}

static struct orr_trie_node *open_short(struct opening *o, struct orr_rlp_reader *r, size_t depth,
                                        bool is_storage) {
    uint8_t path[KEY_NIBBLES];
    bool is_leaf = false;
    size_t len;
    const uint8_t *hp = orr_rlp_read_string(r, &len);
    int n = r->bad ? -1 : read_path(hp, len, path, &is_leaf);
    if (n < 0 || depth + (size_t)n > KEY_NIBBLES) return fail(o);
    struct orr_rlp_item second = orr_rlp_read(r);
    if (!is_leaf) {
        struct orr_trie_node *child =
            n ? open_ref(o, &second, depth + (size_t)n, is_storage) : NULL;
        if (!child) return fail(o);
        if (child->kind == ORR_TRIE_BRANCH || child->kind == ORR_TRIE_MISSING)
            return orr_trie_make_ext(o->store, path, (size_t)n, child);
        orr_trie_release(o->store, child);
        return fail(o);
    }
    struct orr_trie_entry e = {.value = second.payload, .value_len = second.len};
    bool good = !second.is_list && second.len && depth + (size_t)n == KEY_NIBBLES &&
                (is_storage ? is_storage_value(o, e.value, e.value_len) : open_account(o, &e));
    if (good) return orr_trie_make_leaf(o->store, path, (size_t)n, &e);
    orr_trie_release(o->store, e.storage);
    orr_evm_code_release(o->store, e.code);
    return fail(o);
}

static struct orr_trie_node *open_branch(struct opening *o, struct orr_rlp_reader *r, size_t depth,
                                         bool is_storage) {
    struct orr_trie_node *children[16] = {NULL};
    size_t n_children = 0;
    for (size_t c = 0; c < 16 && !o->error; c++) {
        struct orr_rlp_item ref = orr_rlp_read(r);
        children[c] = open_ref(o, &ref, depth + 1, is_storage);
        n_children += children[c] != NULL;
    }
    struct orr_rlp_item value = orr_rlp_read(r);
    if (!o->error && orr_rlp_done(r) && !value.is_list && !value.len && n_children >= 2)
        return orr_trie_make_branch(o->store, children, NULL, 0);
    for (size_t c = 0; c < 16; c++) orr_trie_release(o->store, children[c]);
    return fail(o);
}

static struct orr_trie_node *open_item(struct opening *o, const struct orr_rlp_item *item,
                                       size_t depth, bool is_storage) {
    if (!item->is_list) return fail(o);
    struct orr_rlp_reader r = orr_rlp_reader(item->payload, item->len), count = r;
    size_t n = 0;
    while (orr_rlp_more(&count)) orr_rlp_read(&count), n++;
    if (count.bad || (n != 2 && n != 17)) return fail(o);
    return n == 2 ? open_short(o, &r, depth, is_storage) : open_branch(o, &r, depth, is_storage);
}

/* Builds the node with this hash, once: what was built is found again in the store, which keeps a
 * witness that names one node many times from costing more than its size. */
static struct orr_trie_node *open_hash(struct opening *o, const uint8_t hash[32], size_t depth,
                                       bool is_storage) {
    struct orr_trie_node *known = orr_trie_find(o->store, hash);
    if (known && depth + known->height > KEY_NIBBLES) return fail(o);
    if (known) return orr_trie_retain(known);
    const struct orr_evm_blob *blob = orr_evm_blobs_find(&o->nodes, hash);
    if (!blob) return o->store->is_partial ? orr_trie_make_missing(o->store, hash) : fail(o);
    struct orr_rlp_reader r = orr_rlp_reader(blob->bytes, blob->len);
    struct orr_rlp_item item = orr_rlp_read(&r);
    if (!orr_rlp_done(&r)) return fail(o);
    return open_item(o, &item, depth, is_storage);
}

static void read_blobs(struct orr_mem *mem, struct orr_evm_blobs *set,
                       struct orr_rlp_reader *list) {
    while (orr_rlp_more(list)) {
        size_t len;
        const uint8_t *bytes = orr_rlp_read_string(list, &len);
        if (!bytes) break;
        struct orr_hash hash = orr_keccak256(bytes, len);
        orr_evm_blobs_add(mem, set, hash.bytes, bytes, len);
    }
}

/* The nodes and codes of a witness, lent from its bytes; false: it is none. */
static bool read_witness(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                         struct opening *o) {
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len);
    struct orr_rlp_reader all = orr_rlp_read_list(&r);
    struct orr_rlp_reader nodes = orr_rlp_read_list(&all), codes = orr_rlp_read_list(&all);
    read_blobs(mem, &o->nodes, &nodes);
    read_blobs(mem, &o->codes, &codes);
    return orr_rlp_done(&r) && orr_rlp_done(&all) && !nodes.bad && !codes.bad;
}

int orr_evm_witness_open_in(struct orr_evm_store *store, const uint8_t *bytes, size_t len,
                            const struct orr_hash *root_hash, struct orr_trie_node **root) {
    assert(!store->is_partial);
    struct opening o = {.store = store};
    struct orr_trie_node *node = NULL;
    if (!read_witness(store->mem, bytes, len, &o))
        o.error = ORR_EFORMAT;
    else if (!orr_hash_equal(*root_hash, orr_trie_empty_hash))
        node = open_hash(&o, root_hash->bytes, 0, false);
    orr_evm_blobs_free(store->mem, &o.nodes, false);
    orr_evm_blobs_free(store->mem, &o.codes, false);
    if (o.error) orr_trie_release(store, node);
    else *root = node;
    return o.error;
}

int orr_evm_witness_open_all(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                             struct orr_evm_witness_root *roots, size_t n, bool has_zeros,
                             struct orr_evm_store **store) {
    struct opening o = {.has_zeros = has_zeros};
    for (size_t i = 0; i < n; i++) roots[i].node = NULL;
    if (!read_witness(mem, bytes, len, &o)) {
        o.error = ORR_EFORMAT;
    } else {
        o.store = orr_evm_store_create(mem);
        o.store->is_partial = true;
        for (size_t i = 0; i < n && !o.error; i++)
            if (!orr_hash_equal(roots[i].hash, orr_trie_empty_hash))
                roots[i].node = open_hash(&o, roots[i].hash.bytes, 0, roots[i].is_storage);
    }
    orr_evm_blobs_free(mem, &o.nodes, false);
    orr_evm_blobs_free(mem, &o.codes, false);
    if (!o.error) {
        *store = o.store;
        return 0;
    }
    if (o.store) {
        for (size_t i = 0; i < n; i++) orr_trie_release(o.store, roots[i].node);
        orr_evm_store_destroy(o.store);
    }
    return o.error;
}

int orr_evm_witness_open(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                         const struct orr_hash *root_hash, struct orr_evm_store **store,
                         struct orr_trie_node **root) {
    struct orr_evm_witness_root one = {.hash = *root_hash};
    struct orr_evm_store *made;
    int error = orr_evm_witness_open_all(mem, bytes, len, &one, 1, false, &made);
    if (!error && one.node && one.node->kind == ORR_TRIE_MISSING) {
        orr_trie_release(made, one.node);
        orr_evm_store_destroy(made);
        error = ORR_ENOTFOUND;
    }
    if (error) return error;
    *store = made;
    *root = one.node;
    return 0;
}
