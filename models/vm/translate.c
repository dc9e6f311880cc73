/* Translation of code into instructions for the fast loop.
 *
 * The code is cut into basic blocks: a block begins at a jump destination and after every
 * instruction that may leave the straight line or whose work needs the gas left (SSTORE's stipend
 * rule, calls and creates).  One BLOCK instruction then charges the constant gas of the whole block
 * and checks the stack for it, so the instructions inside check nothing.  When a bound fails, the
 * plain loop runs the block again step by step and meets the instruction that fails.  Bytes that
 * nothing can reach are left out. */
#include "models/vm/translate.h"

#define BLOCK_GAS_LIMIT \
    (1u << 30)          /* a block's gas fits its 32 bits with room for one more opcode */
#define MAX_THREADED 16 /* jumps to jumps that one jump takes in */
#define WORD         ((int)sizeof(struct orr_u256))

uint32_t orr_evm_emit(struct translation *t, unsigned op, uint64_t arg) {
    struct orr_evm_code *c = t->code;
    if (c->n_insns == c->cap_insns) {
        uint32_t cap = c->cap_insns ? 2 * c->cap_insns : 64;
        c->insns =
            orr_resize(t->mem, c->insns, c->cap_insns * sizeof *c->insns, cap * sizeof *c->insns);
        c->cap_insns = cap;
    }
    c->insns[c->n_insns] = (struct orr_evm_insn){op, arg};
    return c->n_insns++;
}

void orr_evm_emit_push(struct translation *t, struct orr_u256 value) {
    struct orr_evm_code *c = t->code;
    if (orr_u256_fits_u64(value)) {
        orr_evm_emit(t, ORR_FAST_PUSH, value.limb[0]);
        return;
    }
    if (c->n_wide == c->cap_wide) {
        uint32_t cap = c->cap_wide ? 2 * c->cap_wide : 8;
        c->wide = orr_resize(t->mem, c->wide, c->cap_wide * sizeof *c->wide, cap * sizeof *c->wide);
        c->cap_wide = cap;
    }
    c->wide[c->n_wide] = value;
    orr_evm_emit(t, ORR_FAST_PUSH_WIDE, c->n_wide++);
}

/* ---- blocks ---- */

/* A GAS instruction holds the gas that its block had asked for until then; what it adds to the gas
 * left is what the block asks for after it. */
static void settle_gas(struct translation *t) {
    for (uint32_t i = t->block + 1; i < t->code->n_insns; i++) {
        struct orr_evm_insn *insn = &t->code->insns[i];
        if (insn->op == ORR_OP_GAS) insn->arg = t->gas - insn->arg;
    }
}

static void close_block(struct translation *t) {
    int need = t->need > ORR_EVM_STACK_LIMIT ? ORR_EVM_STACK_LIMIT + 1 : t->need;
    int room = ORR_EVM_STACK_LIMIT - t->peak - need;
    if (room < 0) need = ORR_EVM_STACK_LIMIT + 1, room = 0; /* no height satisfies it */
    orr_evm_fuse_pairs(t);
    settle_gas(t);
    t->code->insns[t->block].arg =
        t->gas | (uint64_t)(need * WORD) << 32 | (uint64_t)(room * WORD) << 48;
}

static void open_block(struct translation *t, size_t pc) {
    struct orr_evm_code *c = t->code;
    if (c->n_blocks == c->cap_blocks) {
        uint32_t cap = c->cap_blocks ? 2 * c->cap_blocks : 16;
        c->blocks = orr_resize(t->mem, c->blocks, c->cap_blocks * sizeof *c->blocks,
                               cap * sizeof *c->blocks);
        c->cap_blocks = cap;
    }
    t->block = orr_evm_emit(t, ORR_FAST_BLOCK, 0);
    t->gas = 0;
    t->height = t->need = t->peak = 0;
    c->blocks[c->n_blocks++] = (struct orr_evm_code_block){t->block, (uint32_t)pc};
}

static void count(struct translation *t, const struct orr_evm_op_rule *rule) {
    t->gas += rule->gas;
    if (rule->in - t->height > t->need) t->need = rule->in - t->height;
    t->height += rule->out - rule->in;
    if (t->height > t->peak) t->peak = t->height;
}

static struct orr_u256 immediate(const uint8_t *pc, unsigned n) {
    return orr_u256_shift_right_fill(orr_u256_load_be(pc + 1), 256 - 8 * n, 0);
}

/* A GOTO to a block that is only another jump goes to that one's target, and its own block pays for
 * both: JUMPDEST, PUSH, JUMP. */
static void thread_jumps(struct translation *t, const struct orr_evm_op_rule *rules) {
    struct orr_evm_code *c = t->code;
    struct orr_evm_insn *last = &c->insns[c->n_insns - 1];
    if (last->op != ORR_FAST_GOTO) return;
    for (int i = 0; i < MAX_THREADED; i++) {
        const uint8_t *at = c->bytes + last->arg;
        unsigned n = orr_evm_op_immediate(at[1]);
        if (!n || last->arg + n + 2 >= c->len || at[n + 2] != ORR_OP_JUMP) return;
        struct orr_u256 to = immediate(at + 1, n);
        if (!orr_u256_fits_u64(to) || !orr_evm_code_is_jumpdest(c, to.limb[0])) return;
        count(t, &rules[ORR_OP_JUMPDEST]);
        count(t, &rules[at[1]]);
        count(t, &rules[ORR_OP_JUMP]);
        last->arg = to.limb[0];
    }
}

/* The block must end after these: control may go elsewhere, or exact gas is looked at.  From
 * Amsterdam on whether an account or slot was reached before the gas ran out counts, too
 * (EIP-7928): nothing after it may have been charged yet. */
static bool ends_block(uint8_t op, enum orr_evm_fork fork) {
    switch (op) {
    case ORR_OP_JUMPI:
    case ORR_OP_SSTORE:
    case ORR_OP_CALL:
    case ORR_OP_CALLCODE:
    case ORR_OP_DELEGATECALL:
    case ORR_OP_STATICCALL:
    case ORR_OP_CREATE:
    case ORR_OP_CREATE2: return true;
    case ORR_OP_BALANCE:
    case ORR_OP_EXTCODESIZE:
    case ORR_OP_EXTCODECOPY:
    case ORR_OP_EXTCODEHASH:
    case ORR_OP_SELFBALANCE:
    case ORR_OP_SLOAD: return fork >= ORR_FORK_AMSTERDAM;
    default: return false;
    }
}

/* ---- after all blocks ---- */

/* A block that is one JUMPDEST and falls into the next block charges for that one too and goes
 * straight to its body; from the last block up, so that a run of any length is entered once. */
static void join_runs(struct orr_evm_code *c, const struct orr_evm_op_rule *rules) {
    for (uint32_t i = c->n_blocks - 1; i-- > 0;) {
        struct orr_evm_insn *at = &c->insns[c->blocks[i].insn];
        struct orr_evm_insn *next = &c->insns[c->blocks[i + 1].insn];
        if (at[1].op != ORR_FAST_SKIP) continue;
        if ((uint32_t)next->arg >
            BLOCK_GAS_LIMIT) { /* stay two blocks: on to the next one's BLOCK */
            at[1].arg = c->blocks[i + 1].insn;
            continue;
        }
        at->arg = next->arg + rules[ORR_OP_JUMPDEST].gas;
        at[1].arg = next[1].op == ORR_FAST_SKIP ? next[1].arg : c->blocks[i + 1].insn + 1;
    }
}

static bool is_static_jump(uintptr_t op) {
    return op == ORR_FAST_GOTO || op == ORR_FAST_GOTO_IF || op == ORR_FAST_GOTO_IF_ZERO ||
           (op >= ORR_FAST_LT_GOTO && op <= ORR_FAST_NOT_EQ_GOTO);
}

static bool has_wide(uintptr_t op) {
    return op == ORR_FAST_PUSH_WIDE || (op >= ORR_FAST_ADD_WIDE && op <= ORR_FAST_RMOD_WIDE);
}

/* Static jumps hold a pc until every destination has its instruction, wide constants an index until
 * their array stays where it is; then numbers become handlers. */
static void resolve(struct orr_evm_code *c) {
    const uintptr_t *handlers = orr_evm_fast_handlers();
    for (uint32_t i = 0; i < c->n_insns; i++) {
        struct orr_evm_insn *insn = &c->insns[i];
        if (is_static_jump(insn->op)) {
            insn->arg = c->target[insn->arg];
            assert(insn->arg);
        }
        if (has_wide(insn->op)) insn->arg = (uint64_t)(uintptr_t)&c->wide[insn->arg];
        insn->op = handlers[insn->op];
    }
}

/* Gives back the room that the arrays did not need. */
static void shrink(struct orr_mem *mem, struct orr_evm_code *c) {
    c->insns =
        orr_resize(mem, c->insns, c->cap_insns * sizeof *c->insns, c->n_insns * sizeof *c->insns);
    c->wide = c->n_wide ? orr_resize(mem, c->wide, c->cap_wide * sizeof *c->wide,
                                     c->n_wide * sizeof *c->wide)
                        : c->wide;
    c->blocks = orr_resize(mem, c->blocks, c->cap_blocks * sizeof *c->blocks,
                           c->n_blocks * sizeof *c->blocks);
    c->cap_insns = c->n_insns;
    c->cap_blocks = c->n_blocks;
    if (c->n_wide) c->cap_wide = c->n_wide;
}

/* DUPN, SWAPN or EXCHANGE at pc; false: its byte makes it halt. */
static bool translate_reach(struct translation *t, const struct orr_evm_op_rule *rules, size_t pc) {
    const uint8_t *at = t->code->bytes + pc;
    struct orr_evm_op_rule rule = rules[at[0]];
    struct orr_evm_reach reach;
    if (!orr_evm_op_reach(at[0], at[1], &reach)) {
        orr_evm_emit(t, ORR_OP_INVALID, 0);
        return false;
    }
    rule.out = (uint8_t)(reach.far + 1 + (rule.out - rule.in)); /* as many as it needs, and one */
    rule.in = (uint8_t)(reach.far + 1);                         /* more for DUPN                */
    count(t, &rule);
    orr_evm_emit(t, at[0], reach.near | (uint64_t)reach.far << 32);
    return true;
}

/* The immediate bytes of the opcode at pc. */
static unsigned immediates_at(const struct orr_evm_code *c, size_t pc) {
    struct orr_evm_reach reach;
    uint8_t op = c->bytes[pc];
    if (c->fork < ORR_FORK_AMSTERDAM || !orr_evm_op_has_reach(op)) return orr_evm_op_immediate(op);
    return orr_evm_op_reach(op, c->bytes[pc + 1], &reach);
}

/* Translates the opcode at pc, which can be reached; returns whether the one after it can. */
static bool translate_op(struct translation *t, const struct orr_evm_op_rule *rules, size_t pc) {
    struct orr_evm_code *c = t->code;
    uint8_t op = c->bytes[pc];
    unsigned n_immediate = orr_evm_op_immediate(op);
    if (orr_evm_op_has_reach(op) && rules[op].defined) return translate_reach(t, rules, pc);
    count(t, &rules[op]);
    if (op == ORR_OP_JUMPDEST) {
        if (c->bytes[pc + 1] == ORR_OP_JUMPDEST && pc + 1 < c->len)
            orr_evm_emit(t, ORR_FAST_SKIP, 0);
        return true;
    }
    if (!rules[op].defined || op == ORR_OP_INVALID) {
        orr_evm_emit(t, ORR_OP_INVALID, 0);
        return false;
    }
    if (n_immediate)
        orr_evm_emit_push(t, immediate(c->bytes + pc, n_immediate));
    else if (op == ORR_OP_PUSH0)
        orr_evm_emit(t, ORR_FAST_PUSH, 0);
    else if (op == ORR_OP_PC)
        orr_evm_emit(t, ORR_FAST_PUSH, pc);
    else if (op == ORR_OP_GAS)
        orr_evm_emit(t, op, t->gas);
    else
        orr_evm_emit_op(t, op, pc);
    if (op == ORR_OP_JUMP) thread_jumps(t, rules);
    return !orr_evm_op_ends_flow(op);
}

void orr_evm_code_translate(struct orr_mem *mem, struct orr_evm_code *c) {
    struct translation t = {.mem = mem, .code = c};
    const struct orr_evm_op_rule *rules = orr_evm_op_rules(c->fork);
    c->target = orr_alloc_zero(mem, (c->len + 1) * sizeof *c->target);
    orr_evm_emit(&t, ORR_OP_INVALID, 0); /* instruction 0 means "no destination" in target */
    open_block(&t, 0);
    bool reachable = true;
    for (size_t pc = 0; pc < c->len; pc++) {
        uint8_t op = c->bytes[pc];
        if (op == ORR_OP_JUMPDEST || (reachable && t.gas > BLOCK_GAS_LIMIT)) {
            if (reachable) close_block(&t);
            open_block(&t, pc);
            reachable = true;
            if (op == ORR_OP_JUMPDEST) c->target[pc] = t.block;
        }
        if (reachable) {
            reachable = translate_op(&t, rules, pc);
            if (!reachable) {
                close_block(&t);
            } else if (ends_block(op, c->fork)) {
                close_block(&t);
                open_block(&t, pc + 1);
            }
        }
        pc += immediates_at(c, pc);
    }
    orr_evm_emit(&t, ORR_OP_STOP, 0); /* running off the end stops (Yellow Paper, section 9.4.4) */
    if (reachable) close_block(&t);
    join_runs(c, rules);
    shrink(mem, c);
    resolve(c);
}
