#include "sim/check/blocks.h"

#include <string.h>

void orr_blocks_begin(struct heard_blocks *b, struct orr_mem *mem) {
    *b = (struct heard_blocks){.mem = mem};
    orr_index_init(&b->index, mem, sizeof *b->v, offsetof(struct heard_block, hash));
}

void orr_blocks_fini(struct heard_blocks *b) {
    if (!b->mem) return; /* it has not begun */
    orr_index_fini(&b->index);
    orr_free(b->mem, b->v, b->cap * sizeof *b->v);
}

uint32_t orr_blocks_find(const struct heard_blocks *b, const uint8_t hash[32]) {
    return orr_index_find32(&b->index, b->v, hash);
}

uint32_t orr_blocks_hear(struct heard_blocks *b, const struct orr_msg *msg, bool *is_new) {
    const struct orr_block_told *told = (const void *)msg->data;
    return orr_blocks_add(b, told->number, told->hash,
                          told->kind == ORR_TOLD_BLOCK ? told->parent : NULL, is_new);
}

uint32_t orr_blocks_add(struct heard_blocks *b, uint64_t number, const uint8_t hash[32],
                        const uint8_t *parent, bool *is_new) {
    uint32_t at = orr_blocks_find(b, hash);
    *is_new = at == ORR_NOWHERE;
    if (!*is_new) return at;
    if (b->n == b->cap) {
        uint32_t cap = b->cap ? 2 * b->cap : 64;
        b->v = orr_resize(b->mem, b->v, b->cap * sizeof *b->v, cap * sizeof *b->v);
        b->cap = cap;
    }
    struct heard_block *block = &b->v[b->n];
    *block = (struct heard_block){.number = number, .parent = ORR_NOWHERE};
    memcpy(block->hash, hash, sizeof block->hash);
    if (parent) block->parent = orr_blocks_find(b, parent);
    orr_index_put32(&b->index, b->v, b->n);
    return b->n++;
}

uint32_t orr_blocks_common(const struct heard_blocks *b, uint32_t x, uint32_t y) {
    while (x != y && x != ORR_NOWHERE && y != ORR_NOWHERE) /* ends: places fall */
        if (x > y)
            x = b->v[x].parent;
        else
            y = b->v[y].parent;
    return x == y ? x : ORR_NOWHERE;
}
