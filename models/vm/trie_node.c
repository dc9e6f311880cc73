/* trie_node.c - making, encoding, sharing and releasing trie nodes. */
#include "models/vm/trie_node.h"

#include <assert.h>

#include "models/base/msg.h"

/* ---- the table of nodes by hash: open addressing, the hash's first 8 bytes as tag and probe start
 * ---- */

static size_t node_slot(const struct orr_evm_store *store, const uint8_t hash[32]) {
    uint64_t tag = orr_load_le64(hash);
    size_t mask = store->nodes_cap - 1, i = tag & mask;
    assert(store->n_nodes < store->nodes_cap); /* so the probe meets an empty slot */
    while (store->nodes[i].node &&
           (store->nodes[i].tag != tag || memcmp(store->nodes[i].node->ref, hash, 32)))
        i = (i + 1) & mask;
    return i;
}

/* ---- the same nodes by what they are made of ---- */

/* Links, path and value: what the bytes behind a node's head say.  Its links are the store's own
 * nodes, so equal content has equal pointers, but for children that are embedded. */
static const uint8_t *tail_of(const struct orr_trie_node *node, size_t *len) {
    *len = node->size - sizeof *node;
    return (const uint8_t *)node->links;
}

static void put_shape(struct orr_evm_store *store, struct orr_trie_node *node) {
    size_t mask = store->nodes_cap - 1, i = node->shape & mask;
    while (store->shapes[i].node) i = (i + 1) & mask; /* ends: as node_slot */
    store->shapes[i] = (struct orr_trie_slot){node->shape, node};
}

/* The store's node that is made of the very same, or NULL. */
static struct orr_trie_node *find_shape(const struct orr_evm_store *store,
                                        const struct orr_trie_node *node) {
    size_t mask = store->nodes_cap - 1, len;
    const uint8_t *tail = tail_of(node, &len);
    for (size_t i = node->shape & mask; store->shapes[i].node; i = (i + 1) & mask) {
        struct orr_trie_node *k = store->shapes[i].node;
        if (store->shapes[i].tag == node->shape && k->size == node->size && k->kind == node->kind &&
            k->n_nibbles == node->n_nibbles && k->code == node->code &&
            !memcmp(k->links, tail, len))
            return k;
    }
    return NULL;
}

/* Takes place i out of an open-addressed table: later entries of the run move back, so that no
 * probe stops short at the hole. */
static void close_hole(struct orr_trie_slot *slots, size_t mask, size_t i) {
    slots[i].node = NULL;
    for (size_t j = (i + 1) & mask; slots[j].node; j = (j + 1) & mask) {
        size_t home = slots[j].tag & mask;
        if (((j - home) & mask) < ((j - i) & mask)) continue;
        slots[i] = slots[j];
        slots[j].node = NULL;
        i = j;
    }
}

static void grow_shapes(struct orr_evm_store *store, size_t old_cap) {
    struct orr_trie_slot *old = store->shapes;
    store->shapes = orr_alloc_zero(store->mem, store->nodes_cap * sizeof old[0]);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].node) put_shape(store, old[i].node);
    orr_free(store->mem, old, old_cap * sizeof old[0]);
}

static void grow_nodes(struct orr_evm_store *store) {
    struct orr_trie_slot *old = store->nodes;
    size_t old_cap = store->nodes_cap;
    assert((old_cap & (old_cap - 1)) == 0); /* masks are made of it */
    store->nodes_cap *= 2;
    store->nodes = orr_alloc_zero(store->mem, store->nodes_cap * sizeof old[0]);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].node) store->nodes[node_slot(store, old[i].node->ref)] = old[i];
    orr_free(store->mem, old, old_cap * sizeof old[0]);
    if (store->shapes) grow_shapes(store, old_cap);
}

static void remove_node(struct orr_evm_store *store, const struct orr_trie_node *node) {
    size_t mask = store->nodes_cap - 1, i = node_slot(store, node->ref);
    assert(store->nodes[i].node == node);
    close_hole(store->nodes, mask, i);
    store->n_nodes--;
    if (!store->shapes) return;
    i = node->shape & mask;
    while (store->shapes[i].node != node) i = (i + 1) & mask; /* ends: it is there */
    close_hole(store->shapes, mask, i);
}

struct orr_trie_node *orr_trie_find(const struct orr_evm_store *store, const uint8_t hash[32]) {
    return store->nodes[node_slot(store, hash)].node;
}

/* ---- encoding (Yellow Paper, appendix D, eq. 194) ---- */

/* Hex-prefix encoding (Yellow Paper, appendix C) as a string item. */
static void write_path(struct orr_rlp_writer *w, const uint8_t *path, size_t n, bool is_leaf) {
    uint8_t hp[ORR_TRIE_MAX_NIBBLES / 2 + 1];
    size_t len = n / 2 + 1, odd = n & 1;
    assert(len <= sizeof hp);
    hp[0] = (uint8_t)((is_leaf ? 0x20 : 0) | (odd ? 0x10 | path[0] : 0));
    for (size_t i = 1; i < len; i++)
        hp[i] = (uint8_t)(path[odd + 2 * i - 2] << 4 | path[odd + 2 * i - 1]);
    orr_rlp_write_string(w, hp, len);
}

static void write_ref(struct orr_rlp_writer *w, const struct orr_trie_node *child) {
    if (!child)
        orr_rlp_write_raw(w, "\x80", 1);
    else if (child->ref_len == 32)
        orr_rlp_write_string(w, child->ref, 32);
    else
        orr_rlp_write_raw(w, child->ref, child->ref_len);
}

const uint8_t *orr_trie_encode(struct orr_evm_store *store, const struct orr_trie_node *node,
                               size_t *len) {
    struct orr_rlp_writer *w = &store->scratch;
    assert(node->kind != ORR_TRIE_MISSING);
    w->len = 0;
    size_t list = orr_rlp_list_begin(w);
    switch ((enum orr_trie_kind)node->kind) {
    case ORR_TRIE_LEAF:
    case ORR_TRIE_ACCOUNT:
        write_path(w, orr_trie_path(node), node->n_nibbles, true);
        orr_rlp_write_string(w, orr_trie_node_value(node), node->value_len);
        break;
    case ORR_TRIE_EXT:
        write_path(w, orr_trie_path(node), node->n_nibbles, false);
        write_ref(w, node->links[0]);
        break;
    case ORR_TRIE_BRANCH:
        for (size_t i = 0; i < 16; i++) write_ref(w, node->links[i]);
        orr_rlp_write_string(w, orr_trie_node_value(node), node->value_len);
        break;
    case ORR_TRIE_MISSING: break;
    }
    orr_rlp_list_end(w, list);
    *len = w->len;
    return w->bytes;
}

/* ---- making and releasing ---- */

static struct orr_trie_node *alloc_node(struct orr_evm_store *store, enum orr_trie_kind kind,
                                        size_t n_nibbles, size_t value_len) {
    size_t size = sizeof(struct orr_trie_node) +
                  orr_trie_n_links(kind) * sizeof(struct orr_trie_node *) + n_nibbles + value_len;
    assert(n_nibbles <= ORR_TRIE_MAX_NIBBLES && size <= UINT32_MAX);
    struct orr_trie_node *node = orr_alloc(store->mem, size);
    *node = (struct orr_trie_node){.refs = 1,
                                   .kind = (uint8_t)kind,
                                   .n_nibbles = (uint16_t)n_nibbles,
                                   .value_len = (uint32_t)value_len,
                                   .size = (uint32_t)size};
    store->bytes += size;
    return node;
}

static void free_node(struct orr_evm_store *store, struct orr_trie_node *node) {
    assert(store->bytes >= node->size);
    store->bytes -= node->size;
    orr_free(store->mem, node, node->size);
}

/* A node equal to this one exists: keeps that one.  What it knows only by hash it learns from this
 * one. */
static struct orr_trie_node *merge_into(struct orr_evm_store *store, struct orr_trie_node *known,
                                        struct orr_trie_node *node) {
    for (size_t i = 0; i < orr_trie_n_links(node->kind); i++) {
        if (known->links[i] && known->links[i]->kind == ORR_TRIE_MISSING) {
            struct orr_trie_node *missing = known->links[i];
            known->links[i] = node->links[i];
            node->links[i] = missing;
        }
        orr_trie_release(store, node->links[i]);
    }
    if (!known->code)
        known->code = node->code;
    else
        orr_evm_code_release(store, node->code);
    free_node(store, node);
    return orr_trie_retain(known);
}

static uint16_t height_of(const struct orr_trie_node *node) {
    size_t height = 0;
    if (node->kind == ORR_TRIE_EXT) height = node->links[0]->height;
    for (size_t i = 0; node->kind == ORR_TRIE_BRANCH && i < 16; i++)
        if (node->links[i] && node->links[i]->height + 1u > height)
            height = node->links[i]->height + 1u;
    height += node->n_nibbles;
    assert(height <= ORR_TRIE_MAX_NIBBLES);
    return (uint16_t)height;
}

/* Hashes a filled node and makes it, or its equal, the store's. */
static struct orr_trie_node *intern(struct orr_evm_store *store, struct orr_trie_node *node) {
    size_t len;
    if (store->shapes) {
        const uint8_t *tail = tail_of(node, &len);
        node->shape = (uint32_t)orr_hash64(node->kind, tail, len);
        struct orr_trie_node *same = find_shape(store, node);
        if (same) return merge_into(store, same, node);
    }
    const uint8_t *encoding = orr_trie_encode(store, node, &len);
    node->height = height_of(node);
    if (len < 32) {
        node->ref_len = (uint8_t)len;
        memcpy(node->ref, encoding, len);
        return node;
    }
    struct orr_hash hash = orr_keccak256(encoding, len);
    node->ref_len = 32;
    memcpy(node->ref, hash.bytes, 32);
    size_t i = node_slot(store, hash.bytes);
    if (store->nodes[i].node && store->nodes[i].node->kind == node->kind)
        return merge_into(store, store->nodes[i].node, node);
    /* A plain leaf and an account's leaf never have one encoding: the storage trie's values are RLP
     * strings, accounts are lists. */
    assert(!store->nodes[i].node);
    if (4 * (store->n_nodes + 1) > 3 * store->nodes_cap) {
        grow_nodes(store);
        i = node_slot(store, hash.bytes);
    }
    store->nodes[i].tag = orr_load_le64(hash.bytes);
    store->nodes[i].node = node;
    store->n_nodes++;
    if (store->shapes) put_shape(store, node);
    return node;
}

struct orr_trie_node *orr_trie_make_leaf(struct orr_evm_store *store, const uint8_t *path,
                                         size_t n_nibbles, const struct orr_trie_entry *entry) {
    assert(entry->value_len);
    struct orr_trie_node *node = alloc_node(
        store, entry->is_account ? ORR_TRIE_ACCOUNT : ORR_TRIE_LEAF, n_nibbles, entry->value_len);
    if (entry->is_account) node->links[0] = entry->storage;
    node->code = entry->code;
    if (n_nibbles) memcpy(orr_trie_path(node), path, n_nibbles);
    memcpy(orr_trie_node_value(node), entry->value, entry->value_len);
    return intern(store, node);
}

struct orr_trie_node *orr_trie_make_ext(struct orr_evm_store *store, const uint8_t *path,
                                        size_t n_nibbles, struct orr_trie_node *child) {
    assert(n_nibbles && child);
    struct orr_trie_node *node = alloc_node(store, ORR_TRIE_EXT, n_nibbles, 0);
    node->links[0] = child;
    memcpy(orr_trie_path(node), path, n_nibbles);
    return intern(store, node);
}

struct orr_trie_node *orr_trie_make_branch(struct orr_evm_store *store,
                                           struct orr_trie_node *const children[16],
                                           const uint8_t *value, size_t value_len) {
    struct orr_trie_node *node = alloc_node(store, ORR_TRIE_BRANCH, 0, value_len);
    memcpy(node->links, children, 16 * sizeof children[0]);
    if (value_len) memcpy(orr_trie_node_value(node), value, value_len);
    return intern(store, node);
}

struct orr_trie_node *orr_trie_make_missing(struct orr_evm_store *store, const uint8_t hash[32]) {
    struct orr_trie_node *node = alloc_node(store, ORR_TRIE_MISSING, 0, 0);
    node->ref_len = 32;
    memcpy(node->ref, hash, 32);
    return node;
}

struct orr_trie_node *orr_trie_retain(struct orr_trie_node *root) {
    if (root) {
        assert(root->refs && root->refs < UINT32_MAX);
        root->refs++;
    }
    return root;
}

void orr_trie_dismantle(struct orr_evm_store *store, struct orr_trie_node *node) {
    assert(node->refs == 1);
    if (node->ref_len == 32 && node->kind != ORR_TRIE_MISSING) remove_node(store, node);
    free_node(store, node);
}

/* Recursion is as deep as the trie: 64 nibbles twice for a state, ORR_TRIE_MAX_NIBBLES at most. */
void orr_trie_release(struct orr_evm_store *store, struct orr_trie_node *root) {
    if (!root) return;
    assert(root->refs);
    if (--root->refs) return;
    root->refs = 1;
    for (size_t i = 0; i < orr_trie_n_links(root->kind); i++)
        orr_trie_release(store, root->links[i]);
    orr_evm_code_release(store, root->code);
    orr_trie_dismantle(store, root);
}

const struct orr_trie_node *orr_trie_visit(struct orr_evm_store *store,
                                           const struct orr_trie_node *node) {
    if (node->kind == ORR_TRIE_MISSING) node = orr_trie_find(store, node->ref);
    if (node && store->recorder && node->ref_len == 32 &&
        !orr_evm_witness_has(store->recorder, node->ref)) {
        size_t len;
        const uint8_t *encoding = orr_trie_encode(store, node, &len);
        orr_evm_witness_add_node(store->recorder, node->ref, encoding, len);
    }
    return node;
}
