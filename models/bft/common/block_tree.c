#include "models/bft/common/block_tree.h"

#include <assert.h>

#include "models/base/bytes.h"

static struct orr_block **bucket(const struct orr_block_tree *t, const uint8_t hash[32]) {
    return &t->buckets[orr_load_le64(hash) & (t->n_buckets - 1)];
}

static void put(struct orr_block_tree *t, struct orr_block *b) {
    struct orr_block **at = bucket(t, b->hash);
    b->next = *at;
    *at = b;
    t->n++;
}

static void grow(struct orr_block_tree *t) {
    struct orr_block **old = t->buckets;
    uint32_t n_old = t->n_buckets;
    t->n_buckets = n_old ? 2 * n_old : 64;
    t->buckets = orr_alloc_zero(t->mem, t->n_buckets * sizeof *t->buckets);
    t->n = 0;
    for (uint32_t i = 0; i < n_old; i++)
        for (struct orr_block *b = old[i], *next; b; b = next) {
            next = b->next;
            put(t, b);
        }
    orr_free(t->mem, old, n_old * sizeof *old);
}

static struct orr_block *new_block(struct orr_block_tree *t) {
    struct orr_block *b = t->free;
    if (b) t->free = b->next;
    else b = orr_alloc(t->mem, sizeof *b);
    memset(b, 0, sizeof *b);
    return b;
}

/* The first is the root. */
static void append(struct orr_block_tree *t, struct orr_block *b) {
    if (!t->head) t->root = b;
    uint64_t at = b->height - t->root->height;
    if (at >= t->chain_cap) {
        uint64_t cap = t->chain_cap ? 2 * t->chain_cap : 64;
        t->chain = orr_resize(t->mem, t->chain, t->chain_cap * sizeof *t->chain,
                              cap * sizeof *t->chain);
        t->chain_cap = cap;
    }
    t->chain[at] = t->head = b;
    b->is_decided = true;
}

void orr_block_tree_init(struct orr_block_tree *t, struct orr_mem *mem, struct orr_pool *pool) {
    *t = (struct orr_block_tree){.mem = mem, .pool = pool};
    grow(t);
    struct orr_block *genesis = new_block(t);
    put(t, genesis);
    append(t, genesis);
}

static void forget(struct orr_block_tree *t, struct orr_block *b) {
    struct orr_block **at = bucket(t, b->hash);
    while (*at != b) at = &(*at)->next; /* it is in the bucket */
    *at = b->next;
    t->n--;
    orr_msg_unref(t->pool, b->msg);
    b->next = t->free;
    t->free = b;
}

static void forget_all(struct orr_block_tree *t) {
    for (uint32_t i = 0; i < t->n_open; i++) forget(t, t->open[i]);
    for (uint64_t i = 0; i <= t->head->height - t->root->height; i++) forget(t, t->chain[i]);
    t->n_open = 0;
    t->root = t->head = NULL;
}

void orr_block_tree_fini(struct orr_block_tree *t) {
    forget_all(t);
    for (struct orr_block *b = t->free, *next; b; b = next) {
        next = b->next;
        orr_free(t->mem, b, sizeof *b);
    }
    orr_free(t->mem, t->buckets, t->n_buckets * sizeof *t->buckets);
    orr_free(t->mem, t->chain, t->chain_cap * sizeof *t->chain);
    orr_free(t->mem, t->open, t->open_cap * sizeof *t->open);
    *t = (struct orr_block_tree){.mem = t->mem, .pool = t->pool};
}

struct orr_block *orr_block_find(const struct orr_block_tree *t, const uint8_t hash[32]) {
    struct orr_block *b = *bucket(t, hash);
    while (b && memcmp(b->hash, hash, 32)) b = b->next; /* ends with the bucket */
    return b;
}

static struct orr_block *block_of(struct orr_block_tree *t, struct orr_msg *m) {
    const struct orr_proposal *form = orr_proposal_of(m);
    if (t->n == t->n_buckets) grow(t);
    struct orr_block *b = new_block(t);
    b->view = form->view;
    b->height = form->height;
    b->msg = orr_msg_ref(m);
    b->form = form;
    memcpy(b->hash, form->hash, sizeof b->hash);
    put(t, b);
    return b;
}

struct orr_block *orr_block_begin(struct orr_block_tree *t, struct orr_msg *m) {
    assert(orr_proposal_of(m)->height > t->head->height);
    forget_all(t);
    append(t, block_of(t, m));
    return t->root;
}

struct orr_block *orr_block_add(struct orr_block_tree *t, struct orr_block *parent,
                                struct orr_msg *m) {
    const struct orr_proposal *form = orr_proposal_of(m);
    assert(form && !orr_block_find(t, form->hash));
    assert(form->height == parent->height + 1 && form->view > parent->view);
    struct orr_block *b = block_of(t, m);
    b->parent = parent;
    if (t->n_open == t->open_cap) {
        uint32_t cap = t->open_cap ? 2 * t->open_cap : 16;
        t->open = orr_resize(t->mem, t->open, t->open_cap * sizeof *t->open,
                             cap * sizeof *t->open);
        t->open_cap = cap;
    }
    t->open[t->n_open++] = b;
    return b;
}

bool orr_block_extends(const struct orr_block *block, const struct orr_block *on) {
    while (block && block->height > on->height) block = block->parent; /* ends: heights fall */
    return block == on;
}

struct orr_block *orr_block_next(const struct orr_block_tree *t, struct orr_block *block) {
    if (block->height <= t->head->height) return NULL;
    while (block->height > t->head->height + 1) block = block->parent; /* ends: heights fall */
    return block->parent == t->head ? block : NULL;
}

void orr_block_decide(struct orr_block_tree *t, struct orr_block *block,
                      void (*dropped)(void *ctx, struct orr_block *block), void *ctx) {
    assert(block->parent == t->head && !block->is_decided);
    append(t, block);
    uint32_t n = 0, n_open = t->n_open;
    for (uint32_t i = 0; i < n_open; i++) { /* those that stay go to the front */
        struct orr_block *b = t->open[i];
        if (b == block || !orr_block_extends(b, block)) continue;
        t->open[i] = t->open[n];
        t->open[n++] = b;
    }
    for (uint32_t i = n; i < n_open; i++) { /* none that stays is above one of these */
        if (t->open[i] == block) continue;
        dropped(ctx, t->open[i]);
        forget(t, t->open[i]);
    }
    t->n_open = n;
}

void orr_block_prune(struct orr_block_tree *t, uint64_t height) {
    assert(height <= t->head->height);
    if (height <= t->root->height) return;
    uint64_t n = height - t->root->height, n_kept = t->head->height + 1 - height;
    for (uint64_t i = 0; i < n; i++) forget(t, t->chain[i]);
    memmove(t->chain, t->chain + n, n_kept * sizeof *t->chain);
    t->root = t->chain[0];
    t->root->parent = NULL;
}
