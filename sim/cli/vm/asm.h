/* asm.h - EVM assembly: text to bytecode and back.
 *
 *     start:                ; a label: puts a JUMPDEST here
 *         PUSH1 0x20        ; an immediate of that size: hexadecimal or decimal
 *         PUSH 1000         ; the shortest push that holds it
 *         PUSH start        ; a label's place: always PUSH2
 *         JUMP
 *         DUPN 17           ; as EIP-8024 counts: DUPN n, SWAPN n, EXCHANGE n m
 *     data 0x00ff           ; bytes as they are
 *
 * Names are opcodes.def's, in either case; KECCAK256 may be written SHA3, PREVRANDAO DIFFICULTY.
 * One instruction a line or several; a comment runs from ; or # to the end of its line. */
#ifndef ORR_SIM_CLI_VM_ASM_H
#define ORR_SIM_CLI_VM_ASM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ORR_ASM_MAX_CODE \
    (1u << 20) /* bytes: far above any legal code, so a wrong file ends early */

/* What is wrong, and where; line and column count from 1. */
struct orr_asm_error {
    unsigned line, column;
    char text[96];
};

/* Assembles text[0..len-1].  Returns 0 and *code (free() it) of *code_len bytes, ORR_EFORMAT with
 * *error filled, or ORR_ELIMIT for too much code. */
int orr_asm_assemble(const char *text, size_t len, uint8_t **code, size_t *code_len,
                     struct orr_asm_error *error);

/* Prints code one instruction a line, with its place in front: every byte is printed, so that
 * without the places it assembles to the same bytes.  An immediate that the end of the code cuts
 * off, and bytes that are no opcode, are printed as data. */
void orr_asm_disassemble(FILE *to, const uint8_t *code, size_t len, int with_places);
#endif
