/* block_tree.h - blocks by hash and by parent: the decided chain, and what grows on it.
 *
 * A block comes in when its parent is there; the root is genesis, which has no message.  Deciding a
 * block decides all below it, and drops every block that is not above it or on its way to genesis:
 * none of them can ever be decided, since two blocks that can are on one path.  What is decided
 * stays, for those who catch up, until it is pruned: then a decided block is the root, in place of
 * genesis. */
#ifndef ORR_MODELS_BFT_COMMON_BLOCK_TREE_H
#define ORR_MODELS_BFT_COMMON_BLOCK_TREE_H

#include "models/bft/common/proposal.h"

struct orr_block {
    struct orr_block *next;          /* of the same bucket                                  */
    struct orr_block *parent;        /* NULL: the root                                      */
    uint64_t view, height;
    struct orr_msg *msg;             /* its proposal, a reference; NULL: genesis            */
    const struct orr_proposal *form; /* of msg                                              */
    uint32_t entry;                  /* of the log, 0: not written                          */
    bool is_decided;
    uint8_t hash[32];                /* genesis: zero                                       */
};

struct orr_block_tree {
    struct orr_mem *mem;
    struct orr_pool *pool;
    struct orr_block **buckets;      /* [n_buckets], a power of two, at least as many as n  */
    uint32_t n_buckets, n;
    struct orr_block *free;
    struct orr_block **chain;        /* what is decided, from the root to the head          */
    uint64_t chain_cap;
    struct orr_block *root;          /* genesis, or what pruning has left as the lowest     */
    struct orr_block *head;          /* the last that is decided                            */
    struct orr_block **open;         /* [n_open] not decided, in the order of their coming  */
    uint32_t n_open, open_cap;
};

/* Genesis alone, decided. */
void orr_block_tree_init(struct orr_block_tree *t, struct orr_mem *mem, struct orr_pool *pool);
void orr_block_tree_fini(struct orr_block_tree *t);
/* Forgets all and begins behind a decoded proposal above the head, which others have decided and of
 * which it takes a reference: the root, and the head. */
struct orr_block *orr_block_begin(struct orr_block_tree *t, struct orr_msg *m);
/* The block of a hash, or NULL. */
struct orr_block *orr_block_find(const struct orr_block_tree *t, const uint8_t hash[32]);
/* Puts in a decoded proposal, of which it takes a reference, on a parent that is there, and returns
 * the block.  It must not be there yet. */
struct orr_block *orr_block_add(struct orr_block_tree *t, struct orr_block *parent,
                                struct orr_msg *m);
/* Is `block` equal to `on`, or above it? */
bool orr_block_extends(const struct orr_block *block, const struct orr_block *on);
/* The next block that must be decided so that `block` is; NULL: it is, or it is of another branch
 * than what is decided. */
struct orr_block *orr_block_next(const struct orr_block_tree *t, struct orr_block *block);
/* Decides a child of the head.  Blocks that are dropped are told to `dropped` first. */
void orr_block_decide(struct orr_block_tree *t, struct orr_block *block,
                      void (*dropped)(void *ctx, struct orr_block *block), void *ctx);
/* Forgets what was decided below a height, at most the head's.  Nobody may point to it. */
void orr_block_prune(struct orr_block_tree *t, uint64_t height);
/* What was decided at a height, from the root's to the head's. */
static inline struct orr_block *orr_block_at(const struct orr_block_tree *t, uint64_t height) {
    return t->chain[height - t->root->height];
}
#endif
