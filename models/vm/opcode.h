/* opcode.h - what opcodes.def says, as an enum and as rules per fork. */
#ifndef ORR_EVM_OPCODE_H
#define ORR_EVM_OPCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/vm/fork.h"

enum orr_evm_opcode {
#define OP(code, name, in, out, fork, g0, g1, g2, g3, g4) ORR_OP_##name = code,
#include "models/vm/opcodes.def"
#undef OP
};

/* An opcode's rule in one fork.  An opcode that the fork does not have has `defined` 0 and zeros.
 */
struct orr_evm_op_rule {
    uint16_t gas;    /* before what depends on operands      */
    uint8_t in, out; /* words taken from and left on the stack */
    uint8_t defined;
};

/* The 256 rules of a fork; static storage. */
const struct orr_evm_op_rule *orr_evm_op_rules(enum orr_evm_fork fork);

/* An opcode's name in any fork, or NULL when no fork has it; static storage. */
const char *orr_evm_op_name(uint8_t opcode);
/* The opcode of a name (upper case, len bytes), or -1.  KECCAK256 is also known as SHA3, PREVRANDAO
 * as DIFFICULTY. */
int orr_evm_op_from_name(const char *name, size_t len);

/* Immediate bytes after the opcode. */
static inline unsigned orr_evm_op_immediate(uint8_t opcode) {
    return opcode >= ORR_OP_PUSH1 && opcode <= ORR_OP_PUSH32 ? (unsigned)(opcode - ORR_OP_PUSH0)
                                                             : 0;
}
/* EIP-8024: the words that DUPN, SWAPN and EXCHANGE reach, as how far they lie below the top: DUPN
 * copies `far`; SWAPN swaps the top (near is 0) and `far`; EXCHANGE swaps `near` and `far`. */
struct orr_evm_reach {
    uint8_t near, far;
};
static inline bool orr_evm_op_has_reach(uint8_t opcode) {
    return opcode >= ORR_OP_DUPN && opcode <= ORR_OP_EXCHANGE;
}
/* Reads the byte after the opcode.  False: no such byte may follow, and the instruction halts.  A
 * jump destination and a push are no such bytes, so that code is cut into instructions as if the
 * three opcodes had no immediate byte. */
static inline bool orr_evm_op_reach(uint8_t opcode, uint8_t byte, struct orr_evm_reach *reach) {
    if (opcode == ORR_OP_EXCHANGE) {
        if (byte > 81 && byte < 128) return false;
        uint8_t q = (byte ^ 143) / 16, r = (byte ^ 143) % 16;
        reach->near = (uint8_t)((q < r ? q : r) + 1);
        reach->far = (uint8_t)(q < r ? r + 1 : 29 - q);
        return true;
    }
    if (byte > 90 && byte < 128) return false;
    uint8_t n = (uint8_t)(byte + 145); /* modulo 256 */
    reach->near = 0;
    reach->far = (uint8_t)(opcode == ORR_OP_DUPN ? n - 1 : n);
    return true;
}
/* No instruction after this one runs unless something jumps to it. */
static inline bool orr_evm_op_ends_flow(uint8_t opcode) {
    return opcode == ORR_OP_STOP || opcode == ORR_OP_JUMP || opcode == ORR_OP_RETURN ||
           opcode == ORR_OP_REVERT || opcode == ORR_OP_INVALID || opcode == ORR_OP_SELFDESTRUCT;
}
#endif
