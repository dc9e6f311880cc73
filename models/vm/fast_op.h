/* fast_op.h - the instructions of translated code.  Numbers below 256 are the opcodes; these
 * follow.  A fused instruction does what its opcodes do one after the other, in one dispatch; the
 * gas and stack bounds of its block are those of the opcodes as written. */
#ifndef ORR_EVM_FAST_OP_H
#define ORR_EVM_FAST_OP_H

/* Operations c OP x, the constant c on top of the stack: PUSH c, OP.  Also the forms x - c, x / c
 * and x mod c, which are PUSH c, SWAP1, OP.  arg: c below 2^64 (shifts: below 256; memory: below
 * 2^32). */
#define ORR_FAST_IMM_OPS(FAST)                                                                     \
    FAST(ADD_IMM) FAST(SUB_IMM) FAST(MUL_IMM) FAST(AND_IMM) FAST(OR_IMM) FAST(XOR_IMM)             \
    FAST(EQ_IMM) FAST(LT_IMM) FAST(GT_IMM) FAST(SHL_IMM) FAST(SHR_IMM) FAST(SAR_IMM)               \
    FAST(BYTE_IMM) FAST(SIGNEXTEND_IMM) FAST(MLOAD_IMM) FAST(MSTORE_IMM) FAST(CALLDATALOAD_IMM)    \
    FAST(RSUB_IMM) FAST(RDIV_IMM) FAST(RMOD_IMM)

/* The same with a constant of more than 64 bits.  arg: its address (until all is translated its
 * index in wide). */
#define ORR_FAST_WIDE_OPS(FAST)                                                                    \
    FAST(ADD_WIDE) FAST(AND_WIDE) FAST(OR_WIDE) FAST(EQ_WIDE) FAST(RDIV_WIDE) FAST(RMOD_WIDE)

/* DUPn, OP.  arg: the bytes from the top word down to the duplicated one. */
#define ORR_FAST_DUP_OPS(FAST)                                                                     \
    FAST(DUP_ADD) FAST(DUP_SUB) FAST(DUP_MUL) FAST(DUP_AND) FAST(DUP_OR) FAST(DUP_XOR)             \
    FAST(DUP_MLOAD) FAST(DUP_MSTORE)

/* A comparison, perhaps ISZERO, then PUSH, JUMPI.  arg: the target's instruction. */
#define ORR_FAST_BRANCH_OPS(FAST)                                                                  \
    FAST(LT_GOTO) FAST(GT_GOTO) FAST(SLT_GOTO) FAST(SGT_GOTO) FAST(EQ_GOTO)                        \
    FAST(NOT_LT_GOTO) FAST(NOT_GT_GOTO) FAST(NOT_SLT_GOTO) FAST(NOT_SGT_GOTO) FAST(NOT_EQ_GOTO)

/* FAST(NAME): arg */
#define ORR_FAST_OPS(FAST)                                                                         \
    FAST(BLOCK)        /* gas (low 32 bits), least height, room above it (bytes of stack)     */   \
    FAST(SKIP)         /* alone in a block whose bounds cover the next one: its body          */   \
    FAST(PUSH)         /* the value, below 2^64                                               */   \
    FAST(PUSH_WIDE)    /* address of the value                                                */   \
    FAST(GOTO)         /* PUSH, JUMP: the target's instruction                                */   \
    FAST(GOTO_IF)      /* PUSH, JUMPI: the target's instruction                               */   \
    FAST(GOTO_IF_ZERO) /* ISZERO, PUSH, JUMPI: the target's instruction                       */   \
    FAST(GOTO_BAD)     /* PUSH, JUMP to no jump destination                                   */   \
    FAST(GOTO_IF_BAD)  /* PUSH, JUMPI to no jump destination                                  */   \
    FAST(RSUB)         /* SWAP1, SUB                                                          */   \
    FAST(SWAP_POP)     /* SWAPn, POP: bytes from the top word down to the one replaced        */   \
    FAST(POP_N)        /* n POPs: bytes                                                       */   \
    FAST(DUP_DUP)      /* DUPn, DUPm: bytes down to each (low and high 32 bits)               */   \
    FAST(PUSH_DUP)     /* PUSH, DUPn: value below 2^48; bytes down (upper 16 bits)            */   \
    FAST(DUP_PUSH)     /* DUPn, PUSH: the same                                                */   \
    ORR_FAST_IMM_OPS(FAST)                                                                         \
    ORR_FAST_WIDE_OPS(FAST)                                                                        \
    ORR_FAST_DUP_OPS(FAST)                                                                         \
    ORR_FAST_BRANCH_OPS(FAST)

enum orr_evm_fast_op {
    ORR_FAST_FIRST = 255, /* the opcodes come before */
#define FAST(name) ORR_FAST_##name,
    ORR_FAST_OPS(FAST)
#undef FAST
        ORR_N_FAST_OPS
};
#endif
