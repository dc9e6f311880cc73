/* orrery vm asm CODE|FILE and orrery vm disasm CODE|FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/main.h"
#include "sim/cli/vm/asm.h"
#include "sim/cli/vm/code.h"

int orr_vm_asm_command(int argc, char **argv);
int orr_vm_disasm_command(int argc, char **argv);

static int asm_usage(FILE *to) {
    fprintf(to, "usage: orrery vm asm FILE\n\n"
                "Prints the bytecode of an assembly file (- is standard input) as hexadecimal "
                "digits.\n\n"
                "    start:            ; a label puts a JUMPDEST\n"
                "        PUSH 1000     ; the shortest push; PUSH1 to PUSH32 fix the size\n"
                "        PUSH start    ; a label's place\n"
                "        JUMP\n"
                "    data 0x00ff       ; bytes as they are\n\n"
                "Exit codes: 0 done, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

int orr_vm_asm_command(int argc, char **argv) {
    if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        return asm_usage(stdout);
    if (argc != 2) return asm_usage(stderr);
    struct orr_buffer code;
    if (orr_vm_code_argument("vm asm", argv[1], &code)) return 2;
    for (size_t i = 0; i < code.len; i++) printf("%02x", code.bytes[i]);
    printf("\n");
    free(code.bytes);
    return 0;
}

static int disasm_usage(FILE *to) {
    fprintf(to,
            "usage: orrery vm disasm CODE|FILE [--no-places]\n\n"
            "Prints bytecode (hexadecimal digits, or a file of them) one instruction a line.\n\n"
            "  --no-places  leave the places out, so that vm asm reads the result\n\n"
            "Exit codes: 0 done, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

int orr_vm_disasm_command(int argc, char **argv) {
    const char *argument = NULL;
    int with_places = 1;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return disasm_usage(stdout);
        if (!strcmp(argv[i], "--no-places")) with_places = 0;
        else if (argument) return disasm_usage(stderr);
        else argument = argv[i];
    }
    if (!argument) return disasm_usage(stderr);
    struct orr_buffer code;
    if (orr_vm_code_argument("vm disasm", argument, &code)) return 2;
    orr_asm_disassemble(stdout, code.bytes, code.len, with_places);
    free(code.bytes);
    return 0;
}
