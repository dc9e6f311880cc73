/* translate.h - what translate.c (blocks) and fuse.c (fused instructions) share. */
#ifndef ORR_EVM_TRANSLATE_H
#define ORR_EVM_TRANSLATE_H

#include "models/vm/fast_op.h"
#include "models/vm/machine.h"

struct translation {
    struct orr_mem *mem;
    struct orr_evm_code *code;
    uint32_t block; /* the open block's BLOCK instruction */
    uint32_t gas;
    int height, need, peak; /* relative to the block's start: now, least needed, highest reached */
};

/* Appends an instruction; returns its index. */
uint32_t orr_evm_emit(struct translation *t, unsigned op, uint64_t arg);
void orr_evm_emit_push(struct translation *t, struct orr_u256 value);
/* Appends an opcode that is no push, fused with what stands just before it in the block.  pc is the
 * opcode's place. */
void orr_evm_emit_op(struct translation *t, uint8_t op, size_t pc);
/* Fuses what is left in the open block: pairs that move words. */
void orr_evm_fuse_pairs(struct translation *t);
#endif
