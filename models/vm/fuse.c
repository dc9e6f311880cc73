/* Fusing: two or more opcodes of a block become one instruction of the fast loop.  More than half
 * of all opcodes in compiled code move words (PUSH, DUP, SWAP, POP), so most of the gain is in
 * letting the instruction that uses a word fetch it itself. */
#include "models/vm/translate.h"

#define WORD sizeof(struct orr_u256)

/* ---- constants ---- */

/* The instruction is a push; stores its value. */
static bool constant(const struct orr_evm_code *c, const struct orr_evm_insn *insn,
                     struct orr_u256 *value) {
    if (insn->op == ORR_FAST_PUSH)
        *value = orr_u256_from_u64(insn->arg);
    else if (insn->op == ORR_FAST_PUSH_WIDE)
        *value = c->wide[insn->arg];
    else
        return false;
    return true;
}

/* OP on two constants, a on top; false when it is not one that is folded. */
static bool fold(uint8_t op, struct orr_u256 a, struct orr_u256 b, struct orr_u256 *to) {
    switch (op) {
    case ORR_OP_ADD: *to = orr_u256_add(a, b); return true;
    case ORR_OP_SUB: *to = orr_u256_sub(a, b); return true;
    case ORR_OP_MUL: *to = orr_u256_mul(a, b); return true;
    case ORR_OP_AND: *to = orr_u256_and(a, b); return true;
    case ORR_OP_OR: *to = orr_u256_or(a, b); return true;
    case ORR_OP_SHL: *to = orr_u256_shl(a, b); return true;
    case ORR_OP_SHR: *to = orr_u256_shr(a, b); return true;
    default: return false;
    }
}

/* log2 of a power of two, else -1. */
static int exact_log2(struct orr_u256 a) {
    if (orr_u256_is_zero(a)) return -1;
    int bit = (int)orr_u256_bit_len(a) - 1;
    struct orr_u256 power = orr_u256_shift_left(orr_u256_from_u64(1), (unsigned)bit);
    return orr_u256_equal(a, power) ? bit : -1;
}

static int imm_form(uint8_t op) {
    switch (op) {
    case ORR_OP_ADD: return ORR_FAST_ADD_IMM;
    case ORR_OP_SUB: return ORR_FAST_SUB_IMM;
    case ORR_OP_MUL: return ORR_FAST_MUL_IMM;
    case ORR_OP_AND: return ORR_FAST_AND_IMM;
    case ORR_OP_OR: return ORR_FAST_OR_IMM;
    case ORR_OP_XOR: return ORR_FAST_XOR_IMM;
    case ORR_OP_EQ: return ORR_FAST_EQ_IMM;
    case ORR_OP_LT: return ORR_FAST_LT_IMM;
    case ORR_OP_GT: return ORR_FAST_GT_IMM;
    case ORR_OP_SHL: return ORR_FAST_SHL_IMM;
    case ORR_OP_SHR: return ORR_FAST_SHR_IMM;
    case ORR_OP_SAR: return ORR_FAST_SAR_IMM;
    case ORR_OP_BYTE: return ORR_FAST_BYTE_IMM;
    case ORR_OP_SIGNEXTEND: return ORR_FAST_SIGNEXTEND_IMM;
    case ORR_OP_MLOAD: return ORR_FAST_MLOAD_IMM;
    case ORR_OP_MSTORE: return ORR_FAST_MSTORE_IMM;
    case ORR_OP_CALLDATALOAD: return ORR_FAST_CALLDATALOAD_IMM;
    default: return 0;
    }
}

/* The largest constant that the form takes. */
static uint64_t imm_limit(uint8_t op) {
    switch (op) {
    case ORR_OP_SHL:
    case ORR_OP_SHR:
    case ORR_OP_SAR: return 255;
    case ORR_OP_MLOAD:
    case ORR_OP_MSTORE: return UINT32_MAX;
    case ORR_OP_CALLDATALOAD: return UINT32_MAX;
    default: return UINT64_MAX;
    }
}

static int wide_form(uint8_t op) {
    switch (op) {
    case ORR_OP_ADD: return ORR_FAST_ADD_WIDE;
    case ORR_OP_AND: return ORR_FAST_AND_WIDE;
    case ORR_OP_OR: return ORR_FAST_OR_WIDE;
    case ORR_OP_EQ: return ORR_FAST_EQ_WIDE;
    default: return 0;
    }
}

/* c OP x with c = the last instruction, a push. */
static bool fuse_constant(struct translation *t, uint8_t op, struct orr_evm_insn *last) {
    struct orr_evm_code *c = t->code;
    struct orr_u256 value, below;
    if (!constant(c, last, &value)) return false;
    if (constant(c, last - 1, &below) && fold(op, value, below, &value)) {
        c->n_insns -= 2;
        orr_evm_emit_push(t, value);
        return true;
    }
    int log2 = op == ORR_OP_MUL ? exact_log2(value) : -1;
    if (log2 >= 0) {
        *last = (struct orr_evm_insn){ORR_FAST_SHL_IMM, (uint64_t)log2};
        return true;
    }
    int form = last->op == ORR_FAST_PUSH ? imm_form(op) : wide_form(op);
    if (!form || (last->op == ORR_FAST_PUSH && last->arg > imm_limit(op))) return false;
    last->op = (uintptr_t)form;
    return true;
}

/* x OP c: PUSH c, SWAP1, OP, where OP does not commute. */
static bool fuse_constant_below(struct translation *t, uint8_t op, struct orr_evm_insn *push) {
    struct orr_evm_code *c = t->code;
    struct orr_u256 value;
    if (!constant(c, push, &value)) return false;
    bool narrow = push->op == ORR_FAST_PUSH;
    int log2 = exact_log2(value);
    struct orr_evm_insn fused = *push;
    if (op == ORR_OP_SUB && narrow) {
        fused.op = ORR_FAST_RSUB_IMM;
    } else if (op == ORR_OP_DIV && log2 >= 0) {
        fused = (struct orr_evm_insn){ORR_FAST_SHR_IMM, (uint64_t)log2};
    } else if (op == ORR_OP_DIV) {
        fused.op = narrow ? ORR_FAST_RDIV_IMM : ORR_FAST_RDIV_WIDE;
    } else if (op == ORR_OP_MOD && log2 >= 0 && log2 <= 64) {
        fused =
            (struct orr_evm_insn){ORR_FAST_AND_IMM, log2 == 64 ? UINT64_MAX : (1ull << log2) - 1};
    } else if (op == ORR_OP_MOD) {
        fused.op = narrow ? ORR_FAST_RMOD_IMM : ORR_FAST_RMOD_WIDE;
    } else {
        return false;
    }
    *push = fused;
    c->n_insns--; /* the SWAP1 */
    return true;
}

/* ---- SWAP1 before an operation of two words ---- */

/* The operation with its operands exchanged, or 0. */
static uint8_t swapped(uint8_t op) {
    switch (op) {
    case ORR_OP_ADD:
    case ORR_OP_MUL:
    case ORR_OP_AND:
    case ORR_OP_OR:
    case ORR_OP_XOR:
    case ORR_OP_EQ: return op;
    case ORR_OP_LT: return ORR_OP_GT;
    case ORR_OP_GT: return ORR_OP_LT;
    case ORR_OP_SLT: return ORR_OP_SGT;
    case ORR_OP_SGT: return ORR_OP_SLT;
    default: return 0;
    }
}

/* ---- DUP before an operation ---- */

static bool is_dup(const struct orr_evm_insn *insn) {
    return insn->op >= ORR_OP_DUP1 && insn->op <= ORR_OP_DUP16;
}
static bool is_push(const struct orr_evm_insn *insn) {
    return insn->op == ORR_FAST_PUSH || insn->op == ORR_FAST_PUSH_WIDE || is_dup(insn) ||
           insn->op == ORR_OP_GAS;
}
static bool is_swap(const struct orr_evm_insn *insn) {
    return insn->op >= ORR_OP_SWAP1 && insn->op <= ORR_OP_SWAP16;
}
static uint64_t dup_bytes(const struct orr_evm_insn *insn) {
    return (insn->op - ORR_OP_DUP1) * WORD;
}

static int dup_form(uint8_t op) {
    switch (op) {
    case ORR_OP_ADD: return ORR_FAST_DUP_ADD;
    case ORR_OP_SUB: return ORR_FAST_DUP_SUB;
    case ORR_OP_MUL: return ORR_FAST_DUP_MUL;
    case ORR_OP_AND: return ORR_FAST_DUP_AND;
    case ORR_OP_OR: return ORR_FAST_DUP_OR;
    case ORR_OP_XOR: return ORR_FAST_DUP_XOR;
    case ORR_OP_MLOAD: return ORR_FAST_DUP_MLOAD;
    case ORR_OP_MSTORE: return ORR_FAST_DUP_MSTORE;
    default: return 0;
    }
}

/* ---- branches ---- */

static int branch_form(uintptr_t op, bool negated) {
    switch (op) {
    case ORR_OP_LT: return negated ? ORR_FAST_NOT_LT_GOTO : ORR_FAST_LT_GOTO;
    case ORR_OP_GT: return negated ? ORR_FAST_NOT_GT_GOTO : ORR_FAST_GT_GOTO;
    case ORR_OP_SLT: return negated ? ORR_FAST_NOT_SLT_GOTO : ORR_FAST_SLT_GOTO;
    case ORR_OP_SGT: return negated ? ORR_FAST_NOT_SGT_GOTO : ORR_FAST_SGT_GOTO;
    case ORR_OP_EQ: return negated ? ORR_FAST_NOT_EQ_GOTO : ORR_FAST_EQ_GOTO;
    default: return 0;
    }
}

static bool fuse_jump(struct translation *t, uint8_t op) {
    struct orr_evm_code *c = t->code;
    struct orr_evm_insn *last = &c->insns[c->n_insns - 1];
    if (last->op != ORR_FAST_PUSH) return false;
    uint64_t to = last->arg;
    bool good = orr_evm_code_is_jumpdest(c, to);
    if (op == ORR_OP_JUMP) {
        last->op = good ? ORR_FAST_GOTO : ORR_FAST_GOTO_BAD;
        return true;
    }
    if (!good) {
        last->op = ORR_FAST_GOTO_IF_BAD;
        return true;
    }
    bool negated = last[-1].op == ORR_OP_ISZERO;
    struct orr_evm_insn *compare = negated ? last - 2 : last - 1;
    int form = branch_form(compare->op, negated);
    if (form) {
        *compare = (struct orr_evm_insn){(uintptr_t)form, to};
        c->n_insns -= (uint32_t)(last - compare);
    } else if (negated) {
        last[-1] = (struct orr_evm_insn){ORR_FAST_GOTO_IF_ZERO, to};
        c->n_insns--;
    } else {
        last->op = ORR_FAST_GOTO_IF;
    }
    return true;
}

/* A comparison is better kept for the branch that uses it. */
static bool branch_follows(const struct orr_evm_code *c, size_t pc) {
    if (c->bytes[++pc] == ORR_OP_ISZERO) pc++;
    unsigned n = orr_evm_op_immediate(c->bytes[pc]);
    return n && n <= 4 && pc < c->len && c->bytes[pc + 1 + n] == ORR_OP_JUMPI;
}

void orr_evm_emit_op(struct translation *t, uint8_t op, size_t pc) {
    struct orr_evm_code *c = t->code;
    struct orr_evm_insn *last =
        &c->insns[c->n_insns - 1]; /* at least the BLOCK, which fuses with none */
    if (op == ORR_OP_JUMP || op == ORR_OP_JUMPI) {
        if (!fuse_jump(t, op)) orr_evm_emit(t, op, 0);
        return;
    }
    if (last->op == ORR_OP_SWAP1) {
        if (fuse_constant_below(t, op, last - 1)) return;
        uint8_t exchanged = swapped(op);
        if (exchanged || op == ORR_OP_SUB) {
            c->n_insns--;
            last--;
            if (op == ORR_OP_SUB) {
                orr_evm_emit(t, ORR_FAST_RSUB, 0);
                return;
            }
            op = exchanged;
        }
    }
    bool compares = branch_form(op, false) != 0;
    if (compares && branch_follows(c, pc)) {
        orr_evm_emit(t, op, 0);
        return;
    }
    if (fuse_constant(t, op, last)) return;
    if (op == ORR_OP_POP && is_push(last)) { /* what nobody reads is not pushed */
        c->n_insns--;
        return;
    }
    if (op == ORR_OP_POP && is_swap(last)) {
        *last = (struct orr_evm_insn){ORR_FAST_SWAP_POP, (last->op - ORR_OP_SWAP1 + 1) * WORD};
        return;
    }
    if (is_dup(last) && dup_form(op)) {
        *last = (struct orr_evm_insn){(uintptr_t)dup_form(op), dup_bytes(last)};
        return;
    }
    orr_evm_emit(t, op, 0);
}

/* ---- pairs that only move words ---- */

static bool fuse_pair(struct orr_evm_insn a, struct orr_evm_insn b, struct orr_evm_insn *to) {
    bool short_push_a = a.op == ORR_FAST_PUSH && a.arg >> 48 == 0;
    bool short_push_b = b.op == ORR_FAST_PUSH && b.arg >> 48 == 0;
    if (is_dup(&a) && is_dup(&b))
        *to = (struct orr_evm_insn){ORR_FAST_DUP_DUP, dup_bytes(&a) | dup_bytes(&b) << 32};
    else if (short_push_a && is_dup(&b))
        *to = (struct orr_evm_insn){ORR_FAST_PUSH_DUP, a.arg | dup_bytes(&b) << 48};
    else if (is_dup(&a) && short_push_b)
        *to = (struct orr_evm_insn){ORR_FAST_DUP_PUSH, b.arg | dup_bytes(&a) << 48};
    else if ((a.op == ORR_OP_POP || a.op == ORR_FAST_POP_N) && b.op == ORR_OP_POP)
        *to = (struct orr_evm_insn){ORR_FAST_POP_N, (a.op == ORR_OP_POP ? WORD : a.arg) + WORD};
    else
        return false;
    return true;
}

void orr_evm_fuse_pairs(struct translation *t) {
    struct orr_evm_code *c = t->code;
    uint32_t out = t->block + 1;
    for (uint32_t i = out; i < c->n_insns; i++) {
        struct orr_evm_insn fused;
        if (out > t->block + 1 && fuse_pair(c->insns[out - 1], c->insns[i], &fused))
            c->insns[out - 1] = fused;
        else
            c->insns[out++] = c->insns[i];
    }
    c->n_insns = out;
}
