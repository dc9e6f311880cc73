/* instructions.h - the instructions of the machine.  Not to be changed: the tests bring their own.
 */
#ifndef ORR_LABS_VM_INSTRUCTIONS_H
#define ORR_LABS_VM_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* I(name, number, words popped, words pushed, gas that is always due) */
#define INSTRUCTIONS(I)                                                                            \
    I(STOP, 0x00, 0, 0, 0)                                                                         \
    I(ADD, 0x01, 2, 1, 3) I(MUL, 0x02, 2, 1, 5) I(SUB, 0x03, 2, 1, 3) I(DIV, 0x04, 2, 1, 5) I(     \
        SDIV, 0x05, 2, 1, 5) I(MOD, 0x06, 2, 1, 5) I(SMOD, 0x07, 2, 1, 5) I(ADDMOD, 0x08, 3, 1, 8) \
        I(MULMOD, 0x09, 3, 1, 8) I(EXP, 0x0a, 2, 1, 10) I(SIGNEXTEND, 0x0b, 2, 1, 5) I(            \
            LT, 0x10, 2, 1, 3) I(GT, 0x11, 2, 1, 3) I(SLT, 0x12, 2, 1, 3) I(SGT, 0x13, 2, 1, 3)    \
            I(EQ, 0x14, 2, 1, 3) I(ISZERO, 0x15, 1, 1, 3) I(AND, 0x16, 2, 1, 3)                    \
                I(OR, 0x17, 2, 1, 3) I(XOR, 0x18, 2, 1, 3) I(NOT, 0x19, 1, 1, 3)                   \
                    I(BYTE, 0x1a, 2, 1, 3) I(SHL, 0x1b, 2, 1, 3) I(SHR, 0x1c, 2, 1, 3)             \
                        I(SAR, 0x1d, 2, 1, 3) I(KECCAK256, 0x20, 2, 1, 30) I(                      \
                            ADDRESS, 0x30, 0,                                                      \
                            1, 2) I(CALLER, 0x33, 0, 1, 2)                                         \
                            I(CALLDATALOAD, 0x35, 1, 1, 3) I(CALLDATASIZE, 0x36, 0, 1, 2)          \
                                I(CALLDATACOPY, 0x37, 3, 0, 3) I(CODESIZE, 0x38, 0, 1, 2)          \
                                    I(CODECOPY, 0x39, 3, 0, 3) I(RETURNDATASIZE, 0x3d, 0, 1, 2)    \
                                        I(RETURNDATACOPY, 0x3e, 3, 0, 3) I(POP, 0x50, 1, 0, 2) I(  \
                                            MLOAD, 0x51, 1,                                        \
                                            1, 3) I(MSTORE, 0x52, 2, 0, 3)                         \
                                            I(MSTORE8, 0x53, 2, 0, 3) I(SLOAD, 0x54, 1, 1, 0)      \
                                                I(SSTORE, 0x55, 2, 0, 0) I(JUMP, 0x56, 1, 0, 8)    \
                                                    I(JUMPI, 0x57, 2, 0, 10) I(PC, 0x58, 0, 1, 2)  \
                                                        I(MSIZE, 0x59, 0, 1,                       \
                                                          2) I(GAS, 0x5a, 0, 1,                    \
                                                               2) I(JUMPDEST, 0x5b, 0, 0, 1)       \
                                                            I(TLOAD, 0x5c, 1, 1,                   \
                                                              100) I(TSTORE, 0x5d, 2, 0, 100)      \
                                                                I(MCOPY, 0x5e, 3, 0,               \
                                                                  3) I(PUSH0, 0x5f, 0, 1,          \
                                                                       2) I(CALL, 0xf1, 7, 1, 0)   \
                                                                    I(RETURN, 0xf3, 2, 0, 0) I(    \
                                                                        DELEGATECALL, 0xf4, 6, 1,  \
                                                                        0) I(STATICCALL, 0xfa, 6,  \
                                                                             1, 0)                 \
                                                                        I(REVERT, 0xfd, 2, 0, 0)

enum {
#define I(name, number, pops, pushes, gas) OP_##name = number,
    INSTRUCTIONS(I)
#undef I
        OP_PUSH1 = 0x60,
    OP_PUSH32 = 0x7f,
    OP_DUP1 = 0x80,
    OP_DUP16 = 0x8f,
    OP_SWAP1 = 0x90,
    OP_SWAP16 = 0x9f,
    OP_LOG0 = 0xa0,
    OP_LOG4 = 0xa4
};

struct instruction {
    bool exists;
    uint8_t pops, pushes;
    uint32_t gas;
};
static inline struct instruction instruction_of(uint8_t op) {
    if (op >= OP_PUSH1 && op <= OP_PUSH32) return (struct instruction){true, 0, 1, 3};
    if (op >= OP_DUP1 && op <= OP_DUP16) {
        uint8_t n = (uint8_t)(op - OP_DUP1 + 1);
        return (struct instruction){true, n, (uint8_t)(n + 1), 3};
    }
    if (op >= OP_SWAP1 && op <= OP_SWAP16) {
        uint8_t n = (uint8_t)(op - OP_SWAP1 + 2);
        return (struct instruction){true, n, n, 3};
    }
    if (op >= OP_LOG0 && op <= OP_LOG4) {
        uint8_t n = (uint8_t)(op - OP_LOG0);
        return (struct instruction){true, (uint8_t)(n + 2), 0, 375u + 375u * n};
    }
    switch (op) {
#define I(name, number, pops, pushes, gas) \
    case number: return (struct instruction){true, pops, pushes, gas};
        INSTRUCTIONS(I)
#undef I
    default: return (struct instruction){0};
    }
}
#endif
