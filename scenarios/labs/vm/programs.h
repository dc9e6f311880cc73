/* programs.h - programs of the lab's instructions, drawn at random: for examiner.c. */
#ifndef ORR_LABS_VM_PROGRAMS_H
#define ORR_LABS_VM_PROGRAMS_H

#include "case.h"
#include "instructions.h"
#include "models/base/rng.h"

struct program {
    struct orr_rng *rng;
    const struct orr_address *accounts; /* [ACCOUNTS_MOST] whom it may call */
    uint8_t code[CODE_MOST];
    uint32_t n;
};

static inline uint32_t draw(struct program *p, uint32_t n) {
    return (uint32_t)orr_rng_below(p->rng, n);
}
static inline bool one_in(struct program *p, uint32_t n) { return !draw(p, n); }
static inline void op(struct program *p, uint32_t byte) {
    if (p->n < CODE_MOST) p->code[p->n++] = (uint8_t)byte;
}
/* PUSH with as few bytes as it needs, or with all. */
static inline void push_word(struct program *p, struct orr_u256 v) {
    uint8_t bytes[32];
    orr_u256_store_be(bytes, v);
    uint32_t from = 0;
    if (!one_in(p, 8))
        while (from < 32 && !bytes[from]) from++;
    op(p, OP_PUSH0 + (32 - from));
    for (; from < 32; from++) op(p, bytes[from]);
}
static inline void push_number(struct program *p, uint64_t v) {
    push_word(p, orr_u256_from_u64(v));
}
static inline void push_place(struct program *p, uint32_t at) {
    op(p, OP_PUSH1 + 1);
    op(p, at >> 8);
    op(p, at & 0xff);
}

/* Words where arithmetic goes wrong. */
enum { EDGES = 16 };
static inline struct orr_u256 edge(uint32_t i) {
    const uint64_t all = UINT64_MAX, high = UINT64_C(1) << 63;
    const struct orr_u256 words[EDGES] = {{{0}},
                                          {{1}},
                                          {{2}},
                                          {{31}},
                                          {{32}},
                                          {{255}},
                                          {{256}},
                                          {{0x80}},
                                          {{0xff7f}},
                                          {{all}},
                                          {{0, 1}},
                                          {{all, all}},
                                          {{0, 0, 0, high}},
                                          {{1, 0, 0, high}},
                                          {{all, all, all, all}},
                                          {{all - 1, all, all, all}}};
    return words[i % EDGES];
}
static inline struct orr_u256 draw_word(struct program *p) {
    if (!one_in(p, 4)) return edge(draw(p, EDGES));
    struct orr_u256 v = {{0}};
    for (uint32_t i = draw(p, 4) + 1; i-- > 0;) v.limb[i] = orr_rng_u64(p->rng);
    return v;
}

/* ---- pieces: each leaves the stack as it was, or one word on it ---- */

static const uint8_t computing[] = {
    OP_ADD, OP_MUL,        OP_SUB, OP_DIV,  OP_SDIV, OP_MOD, OP_SMOD, OP_ADDMOD, OP_MULMOD,
    OP_EXP, OP_SIGNEXTEND, OP_LT,  OP_GT,   OP_SLT,  OP_SGT, OP_EQ,   OP_ISZERO, OP_AND,
    OP_OR,  OP_XOR,        OP_NOT, OP_BYTE, OP_SHL,  OP_SHR, OP_SAR};

static inline void compute_piece(struct program *p) {
    uint8_t which = computing[draw(p, sizeof computing)];
    for (uint32_t i = instruction_of(which).pops; i-- > 0;) push_word(p, draw_word(p));
    op(p, which);
}
static inline void shuffle_piece(struct program *p) {
    for (uint32_t i = 0; i < 3; i++) push_word(p, draw_word(p));
    op(p, OP_DUP1 + draw(p, 3));
    op(p, OP_SWAP1 + draw(p, 3));
    op(p, OP_SUB);
    op(p, OP_XOR);
    op(p, OP_POP);
}
static inline uint32_t offset(struct program *p) { return draw(p, 200); }
/* Mostly near; else where nothing is. */
static inline void push_source(struct program *p) {
    if (one_in(p, 5))
        push_word(p, edge(9 + draw(p, 7)));
    else
        push_number(p, draw(p, 80));
}
static inline void memory_piece(struct program *p) {
    switch (draw(p, 9)) {
    case 0:
    case 1:
        push_word(p, draw_word(p));
        push_number(p, offset(p));
        op(p, OP_MSTORE);
        break;
    case 2:
        push_word(p, draw_word(p));
        push_number(p, offset(p));
        op(p, OP_MSTORE8);
        break;
    case 3:
        push_number(p, offset(p));
        op(p, OP_MLOAD);
        break;
    case 4: op(p, OP_MSIZE); break;
    case 5:
        push_source(p);
        op(p, OP_CALLDATALOAD);
        break;
    case 6:
        push_number(p, draw(p, 70));
        push_source(p);
        push_number(p, offset(p));
        op(p, one_in(p, 2) ? OP_CALLDATACOPY : OP_CODECOPY);
        break;
    case 7: { /* mostly onto itself */
        uint32_t from = offset(p), to = one_in(p, 3) ? offset(p) : from + draw(p, 20);
        push_word(p, draw_word(p));
        push_number(p, from);
        op(p, OP_MSTORE);
        push_number(p, draw(p, 70));
        push_number(p, from);
        push_number(p, to);
        op(p, OP_MCOPY);
        break;
    }
    default:
        push_number(p, draw(p, 70));
        push_number(p, offset(p));
        op(p, OP_KECCAK256);
        break;
    }
}
/* A loop, or a jump over what must not run and looks like a place to jump to. */
static inline void jump_piece(struct program *p) {
    if (one_in(p, 3)) {
        push_number(p, 1 + draw(p, 9));
        uint32_t head = p->n;
        op(p, OP_JUMPDEST);
        push_number(p, 1);
        op(p, OP_SWAP1);
        op(p, OP_SUB);
        op(p, OP_DUP1);
        push_place(p, head);
        op(p, OP_JUMPI);
        return;
    }
    bool always = one_in(p, 2);
    if (!always) push_word(p, one_in(p, 2) ? edge(0) : draw_word(p));
    uint32_t to = p->n + 3 + 1 + (always ? 5 : 3);
    push_place(p, to);
    op(p, always ? OP_JUMP : OP_JUMPI);
    if (always) {
        op(p, OP_PUSH1 + 3);
        for (int i = 0; i < 4; i++) op(p, OP_JUMPDEST);
    } else {
        op(p, OP_PC);
        op(p, OP_PC);
        op(p, OP_POP);
    }
    op(p, OP_JUMPDEST);
}
static inline void gas_piece(struct program *p) {
    switch (draw(p, 4)) {
    case 0: op(p, OP_GAS); break;
    case 1:
        push_word(p, draw_word(p));
        push_word(p, draw_word(p));
        op(p, OP_EXP);
        break;
    case 2:
        push_number(p, draw(p, 20000));
        op(p, OP_MLOAD);
        break;
    default:
        push_number(p, draw(p, 3000));
        push_number(p, 0);
        op(p, OP_KECCAK256);
        break;
    }
}
static inline void push_account(struct program *p) {
    push_word(p, orr_u256_from_address(p->accounts[draw(p, ACCOUNTS_MOST)]));
}
/* One kind or another of call to an account, without input; two words come back at 0. */
static inline void plain_call(struct program *p, uint8_t which, uint32_t account, uint32_t gas) {
    push_number(p, 64);
    for (int i = which == OP_CALL ? 4 : 3; i-- > 0;) op(p, OP_PUSH0);
    push_word(p, orr_u256_from_address(p->accounts[account]));
    push_number(p, gas);
    op(p, which);
}
/* ... which are looked at. */
static inline void ask_piece(struct program *p) {
    static const uint8_t calls[] = {OP_CALL, OP_DELEGATECALL, OP_STATICCALL};
    plain_call(p, calls[draw(p, sizeof calls)], 1, 90000);
    op(p, OP_PUSH0);
    op(p, OP_MLOAD);
    push_number(p, 32);
    op(p, OP_MLOAD);
}
static inline void call_piece(struct program *p) {
    static const uint8_t calls[] = {OP_CALL, OP_CALL, OP_DELEGATECALL, OP_STATICCALL,
                                    OP_STATICCALL};
    if (one_in(p, 5)) {
        op(p, one_in(p, 2) ? OP_ADDRESS : OP_CALLER);
        push_number(p, draw(p, 40));
        op(p, OP_MSTORE);
        return;
    }
    if (one_in(p, 5)) {
        push_number(p, draw(p, 12) ? 0 : draw(p, 40));
        push_number(p, draw(p, 12) ? 0 : draw(p, 40));
        push_number(p, offset(p));
        op(p, OP_RETURNDATACOPY);
        op(p, OP_RETURNDATASIZE);
        return;
    }
    uint8_t which = calls[draw(p, sizeof calls)];
    push_number(p, draw(p, 70));
    push_number(p, offset(p));
    push_number(p, draw(p, 70));
    push_number(p, offset(p));
    if (which == OP_CALL) op(p, OP_PUSH0);
    push_account(p);
    if (one_in(p, 3))
        op(p, OP_GAS);
    else
        push_number(p, one_in(p, 3) ? draw(p, 3000) : 1000u * draw(p, 90));
    op(p, which);
    if (one_in(p, 3)) op(p, OP_RETURNDATASIZE);
}
static inline void journal_piece(struct program *p) {
    switch (draw(p, 8)) {
    case 0:
    case 1:
    case 2:
        push_number(p, draw(p, 3));
        push_number(p, draw(p, 4));
        op(p, OP_SSTORE);
        break;
    case 3:
    case 4:
        push_number(p, draw(p, 4));
        op(p, OP_SLOAD);
        break;
    case 5:
        push_number(p, draw(p, 3));
        push_number(p, draw(p, 3));
        op(p, OP_TSTORE);
        break;
    case 6:
        push_number(p, draw(p, 3));
        op(p, OP_TLOAD);
        break;
    default: {
        uint32_t n = draw(p, 5);
        for (uint32_t i = 0; i < n; i++) push_word(p, draw_word(p));
        push_number(p, draw(p, 70));
        push_number(p, offset(p));
        op(p, OP_LOG0 + n);
        break;
    }
    }
}

/* ---- ends ---- */

static inline void end_piece(struct program *p) {
    if (one_in(p, 2)) { /* all of memory in a word */
        op(p, OP_MSIZE);
        op(p, OP_PUSH0);
        op(p, OP_KECCAK256);
    }
    uint32_t how = draw(p, 8);
    if (how == 0) return; /* behind the last byte */
    if (how <= 3) {
        op(p, OP_STOP);
        return;
    }
    push_number(p, draw(p, 100));
    push_number(p, one_in(p, 2) ? draw(p, 40) : offset(p));
    op(p, how == 7 ? OP_REVERT : OP_RETURN);
}
/* Who am I, and who called me? */
static inline void asking_piece(struct program *p) {
    op(p, OP_ADDRESS);
    op(p, OP_PUSH0);
    op(p, OP_MSTORE);
    op(p, OP_CALLER);
    push_number(p, 32);
    op(p, OP_MSTORE);
}
static inline void telling_piece(struct program *p) {
    push_number(p, 64);
    op(p, OP_PUSH0);
    op(p, OP_RETURN);
}
/* What was done is to be undone. */
static inline void undone_piece(struct program *p) {
    if (one_in(p, 4)) {
        op(p, 0xfe);
        return;
    }
    push_number(p, draw(p, 70));
    push_number(p, draw(p, 40));
    op(p, OP_REVERT);
}
/* One that must fail, or so it looks. */
static inline void bad_piece(struct program *p) {
    static const uint8_t none[] = {0x0c, 0x0f, 0x1e, 0x21, 0x2f, 0x4b, 0x4f, 0xa5,
                                   0xb0, 0xef, 0xf6, 0xf9, 0xfb, 0xfc, 0xfe};
    uint32_t at = p->n;
    switch (draw(p, 7)) {
    case 0: op(p, none[draw(p, sizeof none)]); break;
    case 1: /* into the data of a PUSH */
        push_place(p, at + 5);
        op(p, OP_JUMP);
        op(p, OP_PUSH1);
        op(p, OP_JUMPDEST);
        break;
    case 2: /* behind the end, or far behind */
        push_word(p, one_in(p, 2) ? edge(10) : orr_u256_from_u64(CODE_MOST + 1));
        op(p, OP_JUMP);
        break;
    case 3: /* to another instruction */
        push_place(p, at + 4);
        op(p, OP_JUMP);
        op(p, OP_STOP);
        break;
    case 4: /* an empty stack */
        for (int i = 0; i < 24; i++) op(p, OP_POP);
        op(p, one_in(p, 2) ? OP_ADD : OP_DUP16);
        break;
    case 5: /* a full one */
        op(p, OP_PUSH0);
        op(p, OP_JUMPDEST);
        op(p, OP_DUP1);
        push_place(p, at + 1);
        op(p, OP_JUMP);
        break;
    default: /* the data of a PUSH that are not all there: zeros */
        op(p, OP_PUSH1 + 9);
        op(p, 0x11);
        break;
    }
}
/* Any bytes of instructions that neither jump nor take memory. */
static inline void noise(struct program *p) {
    for (uint32_t i = 4 + draw(p, 40); i-- > 0;) {
        uint32_t which = draw(p, 6);
        if (which < 3) {
            uint32_t bytes = 1 + draw(p, one_in(p, 4) ? 32 : 2);
            op(p, OP_PUSH1 + bytes - 1);
            while (bytes-- > 0) op(p, draw(p, 256));
        } else if (which == 3)
            op(p, computing[draw(p, sizeof computing)]);
        else if (which == 4)
            op(p, OP_DUP1 + draw(p, 2 + draw(p, 30)));
        else
            op(p, one_in(p, 3) ? OP_JUMPDEST : OP_POP);
    }
}
#endif
