/* The fast loop: runs translated code (translate.c).  Gas and stack bounds are checked once per
 * basic block, so a handler only does its work and goes to the next one: by computed goto, or
 * through a switch when ORR_EVM_SWITCH is defined. */
#include "models/vm/fast_op.h"
#include "models/vm/machine.h"

/* The gas part of a BLOCK's arg, and the check of the other two: height is in bytes of stack. */
#define BLOCK_GAS(arg)     ((int64_t)(uint32_t)(arg))
#define HEIGHT()           ((uint32_t)((const char *)sp - (const char *)&f->stack_below))
#define HEIGHT_IS_BAD(arg) (HEIGHT() - (uint32_t)((arg) >> 32 & 0xffff) > (uint32_t)((arg) >> 48))

#ifdef ORR_EVM_SWITCH
#define INSTR(NAME)    case ORR_OP_##NAME:
#define FAST_OP(NAME)  case ORR_FAST_##NAME:
#define DISPATCH()     goto dispatch
#else
#define INSTR(NAME)    L_##NAME:
#define FAST_OP(NAME)  F_##NAME:
#define DISPATCH()     goto *(void *)ip->op
#endif
#define NEXT        do { ip++; DISPATCH(); } while (0)
#define HALT(value) do { status = (value); goto halt; } while (0)
#define CALLED      goto called
/* The block has paid for what follows the instruction, too: ip->arg gas. */
#define GAS_LEFT()  (gas + (int64_t)ip->arg)
/* ip is at a BLOCK: enters it without a dispatch of its own. */
#define ENTER_BLOCK()                                                                              \
    do {                                                                                           \
        uint64_t bounds = ip->arg;                                                                 \
        gas -= BLOCK_GAS(bounds);                                                                  \
        if (__builtin_expect(gas < 0 || HEIGHT_IS_BAD(bounds), 0)) goto bad_block;                 \
        NEXT;                                                                                      \
    } while (0)
#define GO_TO(target) do { ip = f->code->insns + (target); ENTER_BLOCK(); } while (0)
/* JUMPI: to the instruction arg, or on to the next one; both are at a BLOCK. */
#define BRANCH(taken)                                                 \
    do {                                                              \
        const struct orr_evm_insn *target = f->code->insns + ip->arg; \
        ip = (taken) ? target : ip + 1;                               \
        ENTER_BLOCK();                                                \
    } while (0)
#define POP_CONDITION(to)                                                                          \
    do { (to) = sp->limb[0] | sp->limb[1] | sp->limb[2] | sp->limb[3]; sp--; } while (0)

/* With vm NULL: stores the handlers' addresses and returns. */
static enum orr_evm_exit run(struct orr_evm *vm, struct orr_evm_frame *f,
                             const uintptr_t **handlers) {
#ifndef ORR_EVM_SWITCH
    static const void *const labels[ORR_N_FAST_OPS] = {
#define OP(code, name, in, out, fork, g0, g1, g2, g3, g4) [code] = &&L_##name,
#include "models/vm/opcodes.def"
#undef OP
#define FAST(name) [ORR_FAST_##name] = &&F_##name,
        ORR_FAST_OPS(FAST)
#undef FAST
    };
    if (!vm) {
        *handlers = (const uintptr_t *)labels;
        return ORR_EXIT_HALT;
    }
#else
    (void)vm, (void)handlers;
#endif
    const struct orr_evm_insn *ip = f->ip;
    struct orr_u256 *sp = f->sp;
    int64_t gas = f->gas;
    uint8_t *memory = f->memory;
    size_t memory_len = f->memory_len;
    enum orr_evm_status status;

#ifdef ORR_EVM_SWITCH
dispatch:
    switch (ip->op) {
#else
    DISPATCH();
#endif

#include "models/vm/interpreter_ops.inc"

#include "models/vm/interpreter_fused.inc"

    INSTR(JUMP) {
        const struct orr_evm_code *code = f->code;
        uint64_t to = orr_u256_clamp_u64(*sp);
        if (__builtin_expect(to >= code->len || !code->target[to], 0)) HALT(ORR_EVM_BAD_JUMP);
        sp--;
        ip = code->insns + code->target[to];
        ENTER_BLOCK();
    }
    INSTR(JUMPI) {
        const struct orr_evm_code *code = f->code;
        uint64_t to = orr_u256_clamp_u64(*sp--), condition;
        POP_CONDITION(condition);
        if (condition) {
            if (to >= code->len || !code->target[to]) HALT(ORR_EVM_BAD_JUMP);
            ip = code->insns + code->target[to];
        } else {
            ip++;
        }
        ENTER_BLOCK();
    }
    /* EIP-8024; arg: the reach, near and far (low and high 32 bits) */
    INSTR(DUPN) { orr_u256_copy(sp + 1, sp - (ip->arg >> 32)); sp++; NEXT; }
    INSTR(SWAPN) INSTR(EXCHANGE) {
        struct orr_u256 *near = sp - (uint32_t)ip->arg, *far = sp - (ip->arg >> 32), word = *near;
        *near = *far;
        *far = word;
        NEXT;
    }
    /* The translation leaves none of these: they became PUSH, PUSH_WIDE or part of a BLOCK. */
    INSTR(PC) INSTR(JUMPDEST) INSTR(PUSH0)
    INSTR(PUSH1) INSTR(PUSH2) INSTR(PUSH3) INSTR(PUSH4) INSTR(PUSH5) INSTR(PUSH6) INSTR(PUSH7)
    INSTR(PUSH8) INSTR(PUSH9) INSTR(PUSH10) INSTR(PUSH11) INSTR(PUSH12) INSTR(PUSH13)
    INSTR(PUSH14) INSTR(PUSH15) INSTR(PUSH16) INSTR(PUSH17) INSTR(PUSH18) INSTR(PUSH19)
    INSTR(PUSH20) INSTR(PUSH21) INSTR(PUSH22) INSTR(PUSH23) INSTR(PUSH24) INSTR(PUSH25)
    INSTR(PUSH26) INSTR(PUSH27) INSTR(PUSH28) INSTR(PUSH29) INSTR(PUSH30) INSTR(PUSH31)
    INSTR(PUSH32) {
        assert(!"an instruction that the translation does not emit");
        HALT(ORR_EVM_FAILURE);
    }
#ifdef ORR_EVM_SWITCH
    }
    assert(!"an instruction without a handler");
    __builtin_unreachable();
#endif

bad_block:
    f->gas = gas + BLOCK_GAS(ip->arg);
    f->sp = sp;
    f->pc = f->code->bytes + orr_evm_code_block_pc(f->code, ip);
    return ORR_EXIT_PLAIN;
called:
    f->ip = ip + 1;
    return ORR_EXIT_CALL;
halt:
    f->gas = gas;
    f->sp = sp;
    f->status = status;
    return ORR_EXIT_HALT;
}

enum orr_evm_exit orr_evm_run_fast(struct orr_evm *vm, struct orr_evm_frame *f) {
    return run(vm, f, NULL);
}

const uintptr_t *orr_evm_fast_handlers(void) {
#ifdef ORR_EVM_SWITCH
    static const uintptr_t numbers[ORR_N_FAST_OPS] = {
#define OP(code, name, in, out, fork, g0, g1, g2, g3, g4) [code] = code,
#include "models/vm/opcodes.def"
#undef OP
#define FAST(name) [ORR_FAST_##name] = ORR_FAST_##name,
        ORR_FAST_OPS(FAST)
#undef FAST
    };
    return numbers;
#else
    const uintptr_t *handlers;
    run(NULL, NULL, &handlers);
    return handlers;
#endif
}
