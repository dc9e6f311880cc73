#include "models/base/merkle.h"

#include <assert.h>

enum { LEAF = 0x00, INNER = 0x01 };

void orr_merkle_leaf(const void *bytes, size_t len, uint8_t hash[32]) {
    orr_sha256_tagged(LEAF, bytes, len, NULL, 0, hash);
}

void orr_merkle_inner(const uint8_t left[32], const uint8_t right[32], uint8_t hash[32]) {
    orr_sha256_tagged(INNER, left, 32, right, 32, hash);
}

/* Replaces n hashes by the level above them; returns its length. */
static uint32_t fold_level(uint8_t (*hashes)[32], uint32_t n) {
    for (uint32_t i = 0; i + 1 < n; i += 2)
        orr_merkle_inner(hashes[i], hashes[i + 1], hashes[i / 2]);
    if (n % 2) memmove(hashes[n / 2], hashes[n - 1], 32);
    return n / 2 + n % 2;
}

void orr_merkle_root(uint8_t (*hashes)[32], uint32_t n, uint8_t root[32]) {
    if (!n) {
        orr_sha256(NULL, 0, root);
        return;
    }
    while (n > 1) n = fold_level(hashes, n); /* halves n */
    memcpy(root, hashes[0], 32);
}

uint32_t orr_merkle_path(uint8_t (*hashes)[32], uint32_t n, uint32_t index, uint8_t (*path)[32]) {
    assert(index < n);
    uint32_t len = 0;
    for (; n > 1; index /= 2) {
        uint32_t sibling = index ^ 1;
        if (sibling < n) memcpy(path[len++], hashes[sibling], 32);
        n = fold_level(hashes, n);
    }
    return len;
}

bool orr_merkle_climb(const uint8_t leaf[32], uint32_t index, uint32_t n, const uint8_t (*path)[32],
                      uint32_t path_len, uint8_t root[32]) {
    if (index >= n) return false;
    uint8_t hash[32];
    uint32_t used = 0;
    memcpy(hash, leaf, 32);
    for (; n > 1; index /= 2, n = n / 2 + n % 2) {
        if ((index ^ 1) >= n) continue; /* an odd last node moves up unchanged */
        if (used == path_len) return false;
        const uint8_t *sibling = path[used++];
        if (index % 2) orr_merkle_inner(sibling, hash, hash);
        else orr_merkle_inner(hash, sibling, hash);
    }
    if (used != path_len) return false;
    memcpy(root, hash, 32);
    return true;
}

void orr_merkle_tree_init(struct orr_merkle_tree *tree, struct orr_mem *mem) {
    *tree = (struct orr_merkle_tree){.mem = mem};
}

static size_t level_bytes(uint32_t cap, unsigned k) {
    return (size_t)(((uint64_t)cap + (1ull << k) - 1) >> k) * 32;
}

void orr_merkle_tree_fini(struct orr_merkle_tree *tree) {
    for (unsigned k = 0; k <= ORR_MERKLE_MAX_DEPTH; k++)
        if (tree->levels[k]) orr_free(tree->mem, tree->levels[k], level_bytes(tree->cap, k));
    orr_free(tree->mem, tree->dirty, tree->dirty_cap * sizeof *tree->dirty);
    *tree = (struct orr_merkle_tree){.mem = tree->mem};
}

static void grow(struct orr_merkle_tree *tree) {
    uint32_t cap = tree->cap ? 2 * tree->cap : 16;
    assert(cap > tree->cap);
    for (unsigned k = 0; k <= ORR_MERKLE_MAX_DEPTH; k++) {
        size_t old = tree->levels[k] ? level_bytes(tree->cap, k) : 0;
        tree->levels[k] = orr_resize(tree->mem, tree->levels[k], old, level_bytes(cap, k));
        if (level_bytes(cap, k) == 32) break; /* the root's level is the last */
    }
    tree->cap = cap;
}

void orr_merkle_tree_set(struct orr_merkle_tree *tree, uint32_t index, const void *bytes,
                         size_t len) {
    assert(index <= tree->n);
    if (index == tree->cap) grow(tree);
    if (index == tree->n) tree->n++;
    orr_merkle_leaf(bytes, len, tree->levels[0][index]);
    if (tree->n_dirty == tree->dirty_cap) {
        uint32_t cap = tree->dirty_cap ? 2 * tree->dirty_cap : 16;
        tree->dirty = orr_resize(tree->mem, tree->dirty, tree->dirty_cap * sizeof *tree->dirty,
                                 cap * sizeof *tree->dirty);
        tree->dirty_cap = cap;
    }
    tree->dirty[tree->n_dirty++] = index;
}

/* Ascending, without repeats; insertion would be quadratic, so a heap sort in place. */
static void sift(uint32_t *v, uint32_t n, uint32_t at) {
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) { /* at grows each turn */
        if (child + 1 < n && v[child + 1] > v[child]) child++;
        if (v[at] >= v[child]) return;
        uint32_t t = v[at];
        v[at] = v[child], v[child] = t;
    }
}

static uint32_t sort_unique(uint32_t *v, uint32_t n) {
    for (uint32_t i = n / 2; i-- > 0;) sift(v, n, i);
    for (uint32_t end = n; end-- > 1;) {
        uint32_t t = v[0];
        v[0] = v[end], v[end] = t;
        sift(v, end, 0);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!kept || v[kept - 1] != v[i]) v[kept++] = v[i];
    return kept;
}

uint32_t orr_merkle_tree_root(struct orr_merkle_tree *tree, uint8_t root[32]) {
    if (!tree->n) {
        orr_sha256(NULL, 0, root);
        return 0;
    }
    uint32_t hashed = 0, n_dirty = sort_unique(tree->dirty, tree->n_dirty), n = tree->n;
    for (unsigned k = 0; n > 1; k++, n = n / 2 + n % 2) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < n_dirty; i++) {
            uint32_t parent = tree->dirty[i] / 2;
            if (kept && tree->dirty[kept - 1] == parent) continue;
            tree->dirty[kept++] = parent;
            uint8_t(*below)[32] = tree->levels[k];
            if (2 * parent + 1 < n) {
                orr_merkle_inner(below[2 * parent], below[2 * parent + 1],
                                 tree->levels[k + 1][parent]);
                hashed++;
            } else {
                memcpy(tree->levels[k + 1][parent], below[2 * parent], 32);
            }
        }
        n_dirty = kept;
    }
    tree->n_dirty = 0;
    unsigned top = 0;
    for (n = tree->n; n > 1; n = n / 2 + n % 2) top++;
    memcpy(root, tree->levels[top][0], 32);
    return hashed;
}
