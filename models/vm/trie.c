/* trie.c - lookup and update of the Merkle-Patricia trie.
 *
 * An update takes a sorted batch down the trie at once: each node on the way is opened (its
 * children are moved out when nobody else refers to it, else shared), the entries below each child
 * go on to that child, and the way back makes one new node for each opened one.  Nodes are made in
 * their one normal form: a branch with a single child left merges with it. */
#include "models/vm/trie.h"

#include <assert.h>

#include "models/vm/trie_node.h"

const struct orr_hash orr_trie_empty_hash = {{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6,
                                              0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
                                              0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0,
                                              0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

struct orr_hash orr_trie_hash(const struct orr_trie_node *root) {
    if (!root) return orr_trie_empty_hash;
    struct orr_hash hash;
    if (root->ref_len < 32) return orr_keccak256(root->ref, root->ref_len);
    memcpy(hash.bytes, root->ref, 32);
    return hash;
}

void orr_trie_nibbles(uint8_t *to, const void *bytes, size_t len) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++) {
        to[2 * i] = p[i] >> 4;
        to[2 * i + 1] = p[i] & 15;
    }
}

/* ---- lookup ---- */

static struct orr_trie_value value_of(const struct orr_trie_node *node) {
    return (struct orr_trie_value){orr_trie_node_value(node), node->value_len,
                                   node->kind == ORR_TRIE_ACCOUNT ? node->links[0] : NULL,
                                   node->code};
}

int orr_trie_get(struct orr_evm_store *store, const struct orr_trie_node *root,
                 const uint8_t *nibbles, size_t n_nibbles, struct orr_trie_value *value) {
    const uint8_t *p = nibbles, *end = nibbles + n_nibbles;
    const struct orr_trie_node *node = root;
    while (node) { /* each turn takes a nibble or ends */
        node = orr_trie_visit(store, node);
        if (!node) return ORR_ENOTFOUND;
        size_t left = (size_t)(end - p), n = node->n_nibbles;
        if (node->kind == ORR_TRIE_BRANCH) {
            if (!left) {
                *value = value_of(node);
                return 0;
            }
            node = node->links[*p++];
            continue;
        }
        if (n > left || memcmp(orr_trie_path(node), p, n)) break;
        p += n;
        if (node->kind == ORR_TRIE_EXT) {
            node = node->links[0];
            continue;
        }
        if (p != end) break;
        *value = value_of(node);
        return 0;
    }
    *value = (struct orr_trie_value){NULL, 0, NULL, NULL};
    return 0;
}

/* ---- update ---- */

struct update {
    struct orr_evm_store *store;
    bool is_missing; /* a needed node is not in the store: the result is thrown away */
};

/* An entry's leaf; the storage and code that the entry holds move along. */
static struct orr_trie_node *leaf_at(struct update *u, struct orr_trie_entry *e, size_t depth) {
    struct orr_trie_node *leaf =
        orr_trie_make_leaf(u->store, e->nibbles + depth, e->n_nibbles - depth, e);
    e->storage = NULL;
    e->code = NULL;
    return leaf;
}

/* Gives back what entries still hold: all of it was moved unless a node was missing. */
static void release_entries(struct update *u, struct orr_trie_entry *e, size_t n) {
    for (size_t i = 0; i < n; i++) {
        orr_trie_release(u->store, e[i].storage);
        orr_evm_code_release(u->store, e[i].code);
        e[i].storage = NULL;
        e[i].code = NULL;
    }
}

/* The one node for `path` followed by `child`: nothing is a parent of nothing, and paths join. */
static struct orr_trie_node *join(struct update *u, const uint8_t *path, size_t n,
                                  struct orr_trie_node *child) {
    if (!n || !child) return child;
    const struct orr_trie_node *known = orr_trie_visit(u->store, child);
    if (!known) {
        u->is_missing = true;
        return child;
    }
    if (known->kind == ORR_TRIE_BRANCH) return orr_trie_make_ext(u->store, path, n, child);
    uint8_t joined[ORR_TRIE_MAX_NIBBLES];
    size_t total = n + known->n_nibbles;
    assert(total <= sizeof joined);
    memcpy(joined, path, n);
    memcpy(joined + n, orr_trie_path(known), known->n_nibbles);
    struct orr_trie_node *node;
    if (known->kind == ORR_TRIE_EXT) {
        node = orr_trie_make_ext(u->store, joined, total, orr_trie_retain(known->links[0]));
    } else {
        bool is_account = known->kind == ORR_TRIE_ACCOUNT;
        struct orr_trie_entry e = {joined,
                                   total,
                                   orr_trie_node_value(known),
                                   known->value_len,
                                   is_account,
                                   is_account ? orr_trie_retain(known->links[0]) : NULL,
                                   orr_evm_code_retain(known->code)};
        node = orr_trie_make_leaf(u->store, joined, total, &e);
    }
    orr_trie_release(u->store, child);
    return node;
}

static size_t common_prefix(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    size_t n = 0, max = a_len < b_len ? a_len : b_len;
    while (n < max && a[n] == b[n]) n++;
    return n;
}

/* In all of these, e is a sorted run of n changes that share their first `depth` nibbles. */
static struct orr_trie_node *update(struct update *u, struct orr_trie_node *node,
                                    struct orr_trie_entry *e, size_t n, size_t depth);

/* The node for sixteen children (moved in), a value (an entry at its own end, or NULL) and changes.
 */
static struct orr_trie_node *update_children(struct update *u, struct orr_trie_node *children[16],
                                             const uint8_t *value, size_t value_len,
                                             struct orr_trie_entry *e, size_t n, size_t depth) {
    struct orr_trie_entry own = {.value = value, .value_len = value_len};
    size_t i = 0;
    if (n && e[0].n_nibbles == depth) own = e[i++]; /* a key that ends here sorts first */
    while (i < n) {
        size_t from = i;
        assert(e[from].n_nibbles > depth);
        uint8_t nibble = e[from].nibbles[depth];
        assert(nibble < 16);
        while (i < n && e[i].nibbles[depth] == nibble) i++;
        children[nibble] = update(u, children[nibble], e + from, i - from, depth + 1);
    }
    size_t n_children = 0;
    uint8_t last = 0;
    for (uint8_t c = 0; c < 16; c++)
        if (children[c]) n_children++, last = c;
    if (n_children == 0 && !own.value_len) return NULL;
    if (n_children == 0) {
        assert(!own.is_account);
        return orr_trie_make_leaf(u->store, NULL, 0, &own);
    }
    if (n_children == 1 && !own.value_len) return join(u, &last, 1, children[last]);
    return orr_trie_make_branch(u->store, children, own.value, own.value_len);
}

/* A trie of the entries alone. */
static struct orr_trie_node *build(struct update *u, struct orr_trie_entry *e, size_t n,
                                   size_t depth) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) kept += e[i].value_len != 0;
    if (!kept) return NULL;
    if (n == 1) return leaf_at(u, e, depth);
    size_t same = common_prefix(e[0].nibbles + depth, e[0].n_nibbles - depth,
                                e[n - 1].nibbles + depth, e[n - 1].n_nibbles - depth);
    struct orr_trie_node *children[16] = {NULL};
    const uint8_t *path = e[0].nibbles + depth;
    return join(u, path, same, update_children(u, children, NULL, 0, e, n, depth + same));
}

/* The leaf becomes one entry among the changes, unless one of them replaces it. */
static struct orr_trie_node *update_leaf(struct update *u, struct orr_trie_node *leaf,
                                         struct orr_trie_entry *e, size_t n, size_t depth) {
    size_t n_nibbles = depth + leaf->n_nibbles, at = 0;
    uint8_t key[ORR_TRIE_MAX_NIBBLES];
    assert(n_nibbles <= sizeof key);
    memcpy(key, e[0].nibbles, depth);
    memcpy(key + depth, orr_trie_path(leaf), leaf->n_nibbles);
    int order = 1;
    for (; at < n; at++) {
        size_t len = e[at].n_nibbles < n_nibbles ? e[at].n_nibbles : n_nibbles;
        order = memcmp(e[at].nibbles, key, len);
        if (!order) order = e[at].n_nibbles < n_nibbles ? -1 : e[at].n_nibbles > n_nibbles;
        if (order >= 0) break;
    }
    struct orr_trie_node *node;
    if (at < n && !order) {
        node = build(u, e, n, depth);
    } else {
        struct orr_mem *mem = u->store->mem;
        size_t size = (n + 1) * sizeof e[0];
        struct orr_trie_entry *all = orr_alloc(mem, size);
        memcpy(all, e, at * sizeof e[0]);
        memcpy(all + at + 1, e + at, (n - at) * sizeof e[0]);
        bool is_account = leaf->kind == ORR_TRIE_ACCOUNT;
        all[at] = (struct orr_trie_entry){key,
                                          n_nibbles,
                                          orr_trie_node_value(leaf),
                                          leaf->value_len,
                                          is_account,
                                          is_account ? orr_trie_retain(leaf->links[0]) : NULL,
                                          orr_evm_code_retain(leaf->code)};
        node = build(u, all, n + 1, depth);
        release_entries(u, all + at, 1);
        memcpy(e, all, at * sizeof e[0]);
        memcpy(e + at, all + at + 1, (n - at) * sizeof e[0]);
        orr_free(mem, all, size);
    }
    orr_trie_release(u->store, leaf);
    return node;
}

/* Moves or shares out one node's links, and gives the caller's reference to it back. */
static void open_node(struct update *u, struct orr_trie_node *node, struct orr_trie_node **links) {
    size_t n_links = orr_trie_n_links(node->kind);
    memcpy(links, node->links, n_links * sizeof links[0]);
    if (node->refs == 1 && !u->store->is_partial) {
        orr_trie_dismantle(u->store, node);
        return;
    }
    for (size_t i = 0; i < n_links; i++) orr_trie_retain(links[i]);
    orr_trie_release(u->store, node);
}

static struct orr_trie_node *update_ext(struct update *u, struct orr_trie_node *ext,
                                        struct orr_trie_entry *e, size_t n, size_t depth) {
    uint8_t path[ORR_TRIE_MAX_NIBBLES];
    size_t n_path = ext->n_nibbles;
    assert(n_path > 0 && n_path <= sizeof path);
    memcpy(path, orr_trie_path(ext), n_path);
    struct orr_trie_node *child;
    open_node(u, ext, &child);
    size_t same = common_prefix(path, n_path, e[0].nibbles + depth, e[0].n_nibbles - depth);
    size_t same_last =
        common_prefix(path, n_path, e[n - 1].nibbles + depth, e[n - 1].n_nibbles - depth);
    if (same_last < same) same = same_last; /* sorted: all between share no less */
    if (same == n_path) return join(u, path, same, update(u, child, e, n, depth + same));
    struct orr_trie_node *children[16] = {NULL};
    children[path[same]] = join(u, path + same + 1, n_path - same - 1, child);
    return join(u, path, same, update_children(u, children, NULL, 0, e, n, depth + same));
}

static struct orr_trie_node *update_branch(struct update *u, struct orr_trie_node *branch,
                                           struct orr_trie_entry *e, size_t n, size_t depth) {
    struct orr_trie_node *children[16];
    size_t value_len = branch->value_len;
    if (!value_len) {
        open_node(u, branch, children);
        return update_children(u, children, NULL, 0, e, n, depth);
    }
    uint8_t *value = orr_alloc(u->store->mem, value_len);
    memcpy(value, orr_trie_node_value(branch), value_len);
    open_node(u, branch, children);
    struct orr_trie_node *node = update_children(u, children, value, value_len, e, n, depth);
    orr_free(u->store->mem, value, value_len);
    return node;
}

/* Moves node in; the result is the caller's. */
static struct orr_trie_node *update(struct update *u, struct orr_trie_node *node,
                                    struct orr_trie_entry *e, size_t n, size_t depth) {
    assert(n);
    if (!node) return build(u, e, n, depth);
    const struct orr_trie_node *known = orr_trie_visit(u->store, node);
    if (!known) {
        u->is_missing = true;
        return node;
    }
    if (known != node) { /* only its hash was known here */
        orr_trie_release(u->store, node);
        node = orr_trie_retain((struct orr_trie_node *)known);
    }
    switch ((enum orr_trie_kind)node->kind) {
    case ORR_TRIE_LEAF:
    case ORR_TRIE_ACCOUNT: return update_leaf(u, node, e, n, depth);
    case ORR_TRIE_EXT: return update_ext(u, node, e, n, depth);
    case ORR_TRIE_BRANCH: return update_branch(u, node, e, n, depth);
    case ORR_TRIE_MISSING: break;
    }
    assert(!"a visited node is known");
    return node;
}

int orr_trie_update(struct orr_evm_store *store, struct orr_trie_node **root,
                    struct orr_trie_entry *e, size_t n) {
    if (!n) return 0;
    for (size_t i = 0; i < n; i++) assert(e[i].n_nibbles <= ORR_TRIE_MAX_NIBBLES);
    struct update u = {store, false};
    struct orr_trie_node *before = store->is_partial ? orr_trie_retain(*root) : NULL;
    struct orr_trie_node *after = update(&u, *root, e, n, 0);
    if (u.is_missing) {
        assert(store->is_partial);
        release_entries(&u, e, n);
        orr_trie_release(store, after);
        *root = before;
        return ORR_ENOTFOUND;
    }
    orr_trie_release(store, before);
    *root = after;
    return 0;
}

int orr_trie_put(struct orr_evm_store *store, struct orr_trie_node **root, const void *key,
                 size_t key_len, const void *value, size_t len) {
    uint8_t nibbles[ORR_TRIE_MAX_NIBBLES];
    assert(2 * key_len <= sizeof nibbles);
    orr_trie_nibbles(nibbles, key, key_len);
    struct orr_trie_entry e = {
        .nibbles = nibbles, .n_nibbles = 2 * key_len, .value = value, .value_len = len};
    return orr_trie_update(store, root, &e, 1);
}

/* ---- lists ---- */

/* The i-th key of a list's trie in order of key: rlp(0) is 0x80, which comes after rlp(127). */
static size_t list_index(size_t i, size_t n) {
    assert(i < n);
    size_t n_short = n < 128 ? n : 128; /* 0 to 127: one byte each */
    if (i >= n_short) return i;
    return i + 1 < n_short ? i + 1 : 0;
}

struct orr_hash orr_trie_list_root(struct orr_mem *mem, const uint8_t *const *items,
                                   const size_t *lens, size_t n) {
    enum { KEY_NIBBLES = 2 * 9 };
    struct orr_evm_store *store = orr_evm_store_create(mem);
    struct orr_trie_entry *e = orr_alloc(mem, (n + 1) * sizeof e[0]);
    uint8_t *nibbles = orr_alloc(mem, (n + 1) * KEY_NIBBLES);
    struct orr_rlp_writer key = {.mem = mem};
    for (size_t i = 0; i < n; i++) {
        size_t index = list_index(i, n);
        key.len = 0;
        orr_rlp_write_u64(&key, index);
        assert(2 * key.len <= KEY_NIBBLES);
        orr_trie_nibbles(nibbles + i * KEY_NIBBLES, key.bytes, key.len);
        e[i] = (struct orr_trie_entry){.nibbles = nibbles + i * KEY_NIBBLES,
                                       .n_nibbles = 2 * key.len,
                                       .value = items[index],
                                       .value_len = lens[index]};
    }
    struct orr_trie_node *root = NULL;
    orr_trie_update(store, &root, e, n);
    struct orr_hash hash = orr_trie_hash(root);
    orr_trie_release(store, root);
    orr_rlp_free(&key);
    orr_free(mem, nibbles, (n + 1) * KEY_NIBBLES);
    orr_free(mem, e, (n + 1) * sizeof e[0]);
    orr_evm_store_destroy(store);
    return hash;
}

void orr_trie_list_forget(struct orr_evm_store *store, struct orr_trie_list *list) {
    orr_free(store->mem, list->lens, list->n * sizeof list->lens[0]);
    orr_free(store->mem, list->bytes, list->len);
    *list = (struct orr_trie_list){.n = 0};
}

static bool is_list(const struct orr_trie_list *list, const uint8_t *const *items,
                    const size_t *lens, size_t n, size_t len) {
    if (list->n != n || list->len != len || memcmp(list->lens, lens, n * sizeof lens[0]))
        return false;
    const uint8_t *p = list->bytes;
    for (size_t i = 0; i < n; p += lens[i++])
        if (memcmp(p, items[i], lens[i])) return false;
    return true;
}

/* In place of the oldest. */
static void remember_list(struct orr_evm_store *store, const uint8_t *const *items,
                          const size_t *lens, size_t n, size_t len, struct orr_hash root) {
    struct orr_trie_list *list = &store->lists[store->next_list++ % ORR_TRIE_LISTS];
    orr_trie_list_forget(store, list);
    *list = (struct orr_trie_list){.n = n,
                                   .len = len,
                                   .lens = orr_alloc(store->mem, n * sizeof lens[0]),
                                   .bytes = orr_alloc(store->mem, len),
                                   .root = root};
    memcpy(list->lens, lens, n * sizeof lens[0]);
    uint8_t *p = list->bytes;
    for (size_t i = 0; i < n; p += lens[i++]) memcpy(p, items[i], lens[i]);
}

struct orr_hash orr_trie_list_root_in(struct orr_evm_store *store, const uint8_t *const *items,
                                      const size_t *lens, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++) len += lens[i];
    bool remembers = store->shapes && n && len <= ORR_TRIE_MAX_LIST_BYTES;
    for (size_t i = 0; remembers && i < ORR_TRIE_LISTS; i++)
        if (is_list(&store->lists[i], items, lens, n, len)) return store->lists[i].root;
    struct orr_hash root = orr_trie_list_root(store->mem, items, lens, n);
    if (remembers) remember_list(store, items, lens, n, len, root);
    return root;
}
