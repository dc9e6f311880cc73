/* merkle.h - the Merkle tree of RFC 6962, section 2.1, over SHA-256.
 *
 * Leaves are hashed with domain byte 0x00 and inner nodes with 0x01, so no inner node can pass for
 * a leaf.  The tree over n > 1 leaves splits at the largest power of two below n, which is the same
 * as pairing neighbours level by level and moving an odd last one up unchanged; the root of no
 * leaves is the hash of the empty string. */
#ifndef ORR_BASE_MERKLE_H
#define ORR_BASE_MERKLE_H

#include <stdbool.h>

#include "models/base/mem.h"
#include "models/base/sha256.h"

/* A tree of up to 2^32 leaves has at most this many levels above the leaves. */
enum { ORR_MERKLE_MAX_DEPTH = 32 };

void orr_merkle_leaf(const void *bytes, size_t len, uint8_t hash[32]);
void orr_merkle_inner(const uint8_t left[32], const uint8_t right[32], uint8_t hash[32]);

/* The root over n leaf hashes.  hashes is [n][32] and is used as working space: its content is
 * lost. */
void orr_merkle_root(uint8_t (*hashes)[32], uint32_t n, uint8_t root[32]);

/* The audit path of leaf `index` (RFC 6962, 2.1.1), lowest sibling first, into path[][32] with room
 * for ORR_MERKLE_MAX_DEPTH; returns its length.  hashes is [n][32] leaf hashes, lost as above;
 * index < n. */
uint32_t orr_merkle_path(uint8_t (*hashes)[32], uint32_t n, uint32_t index, uint8_t (*path)[32]);

/* The root that a leaf hash and an audit path lead to.  Returns false, root untouched, if the path
 * has not the length that a tree of n leaves asks for, or index >= n. */
bool orr_merkle_climb(const uint8_t leaf[32], uint32_t index, uint32_t n, const uint8_t (*path)[32],
                      uint32_t path_len, uint8_t root[32]);

/* A tree that is kept while leaves are appended and replaced: a root costs one path per changed
 * leaf.  Level 0 holds the leaf hashes, level k the ceil(n / 2^k) nodes above them; every node that
 * is above no leaf of `dirty` is up to date. */
struct orr_merkle_tree {
    struct orr_mem *mem;
    uint32_t n, cap;                                 /* leaves used and allocated               */
    uint8_t (*levels[ORR_MERKLE_MAX_DEPTH + 1])[32]; /* level k: ceil(cap / 2^k) hashes         */
    uint32_t *dirty;                                 /* indices of changed leaves, may repeat   */
    uint32_t n_dirty, dirty_cap;
};

void orr_merkle_tree_init(struct orr_merkle_tree *tree, struct orr_mem *mem);
void orr_merkle_tree_fini(struct orr_merkle_tree *tree);
/* Sets leaf `index` <= n; index == n appends. */
void orr_merkle_tree_set(struct orr_merkle_tree *tree, uint32_t index, const void *bytes,
                         size_t len);
/* The root; returns how many inner nodes were hashed for it. */
uint32_t orr_merkle_tree_root(struct orr_merkle_tree *tree, uint8_t root[32]);
#endif
