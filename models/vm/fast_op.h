/* fast_op.h - the instructions of translated code.  Numbers below 256 are the opcodes; these follow.
 * A fused instruction does what its opcodes do one after the other, in one dispatch. */
#ifndef ORR_VM_FAST_OP_H
#define ORR_VM_FAST_OP_H

/* FAST(NAME): arg */
#define ORR_FAST_OPS(FAST)                                                                       \
    FAST(BLOCK)        /* gas (low 32 bits), least height, room above it (bytes of stack)     */ \
    FAST(PUSH)         /* the value, below 2^64                                               */ \
    FAST(PUSH_WIDE)    /* index in wide                                                       */ \
    FAST(GOTO)         /* PUSH, JUMP: the target's instruction                                */ \
    FAST(GOTO_IF)      /* PUSH, JUMPI: the target's instruction                               */ \
    FAST(GOTO_IF_ZERO) /* ISZERO, PUSH, JUMPI: the target's instruction                       */ \
    FAST(GOTO_BAD)     /* PUSH, JUMP to no jump destination                                   */ \
    FAST(GOTO_IF_BAD)      /* PUSH, JUMPI to no jump destination                              */ \
    FAST(GOTO_IF_ZERO_BAD) /* ISZERO, PUSH, JUMPI to no jump destination                      */

enum orr_fast_op {
    ORR_FAST_FIRST = 255, /* the opcodes come before */
#define FAST(name) ORR_FAST_##name,
    ORR_FAST_OPS(FAST)
#undef FAST
    ORR_N_FAST_OPS
};
#endif
