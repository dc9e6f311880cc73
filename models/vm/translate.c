/* Translation of code into instructions for the fast loop.
 *
 * The code is cut into basic blocks: a block begins at a jump destination and after every instruction
 * that may leave the straight line or that looks at the gas left (GAS, SSTORE's stipend rule, calls and
 * creates).  One BLOCK instruction then charges the constant gas of the whole block and checks the stack
 * for it, so the instructions inside check nothing.  When a bound fails, the plain loop runs the block
 * again step by step and meets the instruction that fails.  Bytes that nothing can reach are left out. */
#include "models/vm/fast_op.h"
#include "models/vm/machine.h"

#define BLOCK_GAS_LIMIT (1u << 30) /* a block's gas fits its 32 bits with room for one more opcode */
#define WORD            ((int)sizeof(struct orr_u256))

struct translation {
    struct orr_mem *mem;
    struct orr_vm_code *code;
    uint32_t block;           /* the open block's BLOCK instruction */
    uint32_t gas;
    int height, need, peak;   /* relative to the block's start: now, least needed, highest reached */
};

static uint32_t emit(struct translation *t, unsigned op, uint64_t arg) {
    struct orr_vm_code *c = t->code;
    if (c->n_insns == c->cap_insns) {
        uint32_t cap = c->cap_insns ? 2 * c->cap_insns : 64;
        c->insns = orr_resize(t->mem, c->insns, c->cap_insns * sizeof *c->insns,
                              cap * sizeof *c->insns);
        c->cap_insns = cap;
    }
    c->insns[c->n_insns] = (struct orr_insn){op, arg};
    return c->n_insns++;
}

static void close_block(struct translation *t) {
    int need = t->need > ORR_VM_STACK_LIMIT ? ORR_VM_STACK_LIMIT + 1 : t->need;
    int room = ORR_VM_STACK_LIMIT - t->peak - need;
    if (room < 0) need = ORR_VM_STACK_LIMIT + 1, room = 0; /* no height satisfies it */
    t->code->insns[t->block].arg =
        t->gas | (uint64_t)(need * WORD) << 32 | (uint64_t)(room * WORD) << 48;
}

static void open_block(struct translation *t, size_t pc) {
    struct orr_vm_code *c = t->code;
    if (c->n_blocks == c->cap_blocks) {
        uint32_t cap = c->cap_blocks ? 2 * c->cap_blocks : 16;
        c->blocks = orr_resize(t->mem, c->blocks, c->cap_blocks * sizeof *c->blocks,
                               cap * sizeof *c->blocks);
        c->cap_blocks = cap;
    }
    t->block = emit(t, ORR_FAST_BLOCK, 0);
    t->gas = 0;
    t->height = t->need = t->peak = 0;
    c->blocks[c->n_blocks++] = (struct orr_block){t->block, (uint32_t)pc};
}

static void count(struct translation *t, const struct orr_op_rule *rule) {
    t->gas += rule->gas;
    if (rule->in - t->height > t->need) t->need = rule->in - t->height;
    t->height += rule->out - rule->in;
    if (t->height > t->peak) t->peak = t->height;
}

static struct orr_u256 immediate(const uint8_t *pc, unsigned n) {
    return orr_u256_shift_right_fill(orr_u256_load_be(pc + 1), 256 - 8 * n, 0);
}

static void emit_push(struct translation *t, struct orr_u256 value) {
    struct orr_vm_code *c = t->code;
    if (orr_u256_fits_u64(value)) {
        emit(t, ORR_FAST_PUSH, value.limb[0]);
        return;
    }
    if (c->n_wide == c->cap_wide) {
        uint32_t cap = c->cap_wide ? 2 * c->cap_wide : 8;
        c->wide = orr_resize(t->mem, c->wide, c->cap_wide * sizeof *c->wide, cap * sizeof *c->wide);
        c->cap_wide = cap;
    }
    c->wide[c->n_wide] = value;
    emit(t, ORR_FAST_PUSH_WIDE, c->n_wide++);
}

/* Emits an opcode that is not a push, fused with the instructions just before it in the block where a
 * fused one exists. */
static void emit_op(struct translation *t, uint8_t op) {
    struct orr_vm_code *c = t->code;
    struct orr_insn *last = &c->insns[c->n_insns - 1]; /* at least the BLOCK */
    if ((op == ORR_OP_JUMP || op == ORR_OP_JUMPI) && last->op == ORR_FAST_PUSH) {
        uint64_t to = last->arg;
        bool good = orr_code_is_jumpdest(c, to);
        c->n_insns--;
        if (op == ORR_OP_JUMP) {
            emit(t, good ? ORR_FAST_GOTO : ORR_FAST_GOTO_BAD, to);
        } else if (last[-1].op == ORR_OP_ISZERO) {
            c->n_insns--;
            emit(t, good ? ORR_FAST_GOTO_IF_ZERO : ORR_FAST_GOTO_IF_ZERO_BAD, to);
        } else {
            emit(t, good ? ORR_FAST_GOTO_IF : ORR_FAST_GOTO_IF_BAD, to);
        }
        return;
    }
    emit(t, op, 0);
}

/* The block must end after these: control may go elsewhere, or exact gas is looked at. */
static bool ends_block(uint8_t op) {
    switch (op) {
    case ORR_OP_JUMPI: case ORR_OP_GAS: case ORR_OP_SSTORE: case ORR_OP_CALL: case ORR_OP_CALLCODE:
    case ORR_OP_DELEGATECALL: case ORR_OP_STATICCALL: case ORR_OP_CREATE: case ORR_OP_CREATE2:
        return true;
    default: return false;
    }
}

/* Static jumps hold a pc until every destination has its instruction; then numbers become handlers. */
static void resolve(struct orr_vm_code *c) {
    const uintptr_t *handlers = orr_fast_handlers();
    for (uint32_t i = 0; i < c->n_insns; i++) {
        struct orr_insn *insn = &c->insns[i];
        if (insn->op == ORR_FAST_GOTO || insn->op == ORR_FAST_GOTO_IF ||
            insn->op == ORR_FAST_GOTO_IF_ZERO) {
            insn->arg = c->target[insn->arg];
            assert(insn->arg);
        }
        insn->op = handlers[insn->op];
    }
}

void orr_code_translate(struct orr_mem *mem, struct orr_vm_code *c) {
    struct translation t = {.mem = mem, .code = c};
    const struct orr_op_rule *rules = orr_op_rules(c->fork);
    c->target = orr_alloc_zero(mem, (c->len + 1) * sizeof *c->target);
    emit(&t, ORR_OP_INVALID, 0); /* instruction 0 means "no destination" in target */
    open_block(&t, 0);
    bool reachable = true;
    for (size_t pc = 0; pc < c->len; pc++) {
        uint8_t op = c->bytes[pc];
        unsigned n_immediate = orr_op_immediate(op);
        if (op == ORR_OP_JUMPDEST || (reachable && t.gas > BLOCK_GAS_LIMIT)) {
            if (reachable) close_block(&t);
            open_block(&t, pc);
            reachable = true;
            if (op == ORR_OP_JUMPDEST) c->target[pc] = t.block;
        }
        if (reachable) {
            count(&t, &rules[op]);
            if (op == ORR_OP_JUMPDEST) {
                /* the BLOCK is all of it */
            } else if (!rules[op].defined || op == ORR_OP_INVALID) {
                emit(&t, ORR_OP_INVALID, 0);
                reachable = false;
            } else if (n_immediate) {
                emit_push(&t, immediate(c->bytes + pc, n_immediate));
            } else if (op == ORR_OP_PUSH0) {
                emit(&t, ORR_FAST_PUSH, 0);
            } else if (op == ORR_OP_PC) {
                emit(&t, ORR_FAST_PUSH, pc);
            } else {
                emit_op(&t, op);
                reachable = !orr_op_ends_flow(op);
            }
            if (!reachable) close_block(&t);
            if (ends_block(op) && reachable) {
                close_block(&t);
                open_block(&t, pc + 1);
            }
        }
        pc += n_immediate;
    }
    emit(&t, ORR_OP_STOP, 0); /* running off the end stops (Yellow Paper, section 9.4.4) */
    if (reachable) close_block(&t);
    resolve(c);
}
