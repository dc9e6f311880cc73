/* blocks.h - blocks of chains that nodes have put out, as a tree: for oracles of heads and of
 * rollups. */
#ifndef ORR_SIM_CHECK_BLOCKS_H
#define ORR_SIM_CHECK_BLOCKS_H

#include "sim/check/state.h"

struct heard_block {
    uint8_t hash[32];
    uint64_t number;
    uint32_t parent; /* its place; ORR_NOWHERE: a first block, or one that nobody put out */
    uint32_t mark;   /* the owner's, 0 at first */
};

/* [n] in order of their coming, so that parents stand before children. */
struct heard_blocks {
    struct orr_mem *mem;
    struct heard_block *v;
    uint32_t n, cap;
    struct orr_index index;
};

void orr_blocks_begin(struct heard_blocks *blocks, struct orr_mem *mem);
void orr_blocks_fini(struct heard_blocks *blocks);
/* An ORR_OUT_BLOCK; returns its place.  *is_new: it was not heard of before. */
uint32_t orr_blocks_hear(struct heard_blocks *blocks, const struct orr_msg *msg, bool *is_new);
/* The same of a block that was put out otherwise; parent NULL: a first block, or nobody knows. */
uint32_t orr_blocks_add(struct heard_blocks *blocks, uint64_t number, const uint8_t hash[32],
                        const uint8_t *parent, bool *is_new);
/* The place of a block, or ORR_NOWHERE. */
uint32_t orr_blocks_find(const struct heard_blocks *blocks, const uint8_t hash[32]);
/* The youngest block that two have below them, or are; ORR_NOWHERE: none that was heard of. */
uint32_t orr_blocks_common(const struct heard_blocks *blocks, uint32_t a, uint32_t b);
#endif
