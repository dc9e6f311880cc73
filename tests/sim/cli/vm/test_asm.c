/* The assembler and the disassembler. */
#include <string.h>

#include "models/base/error.h"
#include "models/base/rng.h"
#include "sim/cli/vm/asm.h"
#include "tests/test.h"

static void expect_code(const char *text, const char *hex) {
    struct orr_asm_error error;
    uint8_t *code;
    size_t len;
    int failed = orr_asm_assemble(text, strlen(text), &code, &len, &error);
    ck_assert_msg(!failed, "%u:%u: %s", error.line, error.column, error.text);
    char got[512] = "";
    for (size_t i = 0; i < len; i++) snprintf(got + 2 * i, 3, "%02x", code[i]);
    ck_assert_str_eq(got, hex);
    free(code);
}
static void expect_error(const char *text, unsigned line, unsigned column, const char *message) {
    struct orr_asm_error error = {0};
    uint8_t *code;
    size_t len;
    ck_assert_int_eq(orr_asm_assemble(text, strlen(text), &code, &len, &error), ORR_EFORMAT);
    ck_assert_str_eq(error.text, message);
    ck_assert_uint_eq(error.line, line);
    ck_assert_uint_eq(error.column, column);
}

START_TEST(text_becomes_code) {
    expect_code("", "");
    expect_code("push1 1 PUSH1 0x02 add ; a comment\nSTOP # another", "600160020100");
    expect_code("PUSH 0 PUSH 255 PUSH 256 PUSH 0x10000", "600060ff61010062010000");
    expect_code("PUSH4 1", "6300000001");
    expect_code("PUSH end JUMP\nend: STOP", "610004565b00");
    expect_code("top: PUSH2 top JUMPI data 0xfe00 sha3", "5b61000057fe0020");
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_place) {
    expect_error("STOP\n  FROB", 2, 3, "no opcode 'FROB'");
    expect_error("PUSH1", 1, 1, "PUSH1 needs a number or a label");
    expect_error("PUSH1 256", 1, 7, "the number needs 2 bytes, not 1");
    expect_error("PUSH 12z", 1, 6, "'12z' is no number");
    expect_error("PUSH nowhere", 1, 6, "no label 'nowhere'");
    expect_error("a: a:", 1, 4, "label 'a' is defined twice");
    expect_error("data 0x123", 1, 6, "an odd number of hexadecimal digits");
    expect_error("data 7", 1, 1, "data needs hexadecimal bytes that begin with 0x");
    expect_error("PUSH32 0x10000000000000000000000000000000000000000000000000000000000000000", 1, 8,
                 "a number above 2^256 - 1");
}
END_TEST

START_TEST(any_code_survives_disassembly_and_assembly) {
    struct orr_rng rng = orr_rng_stream(7, ORR_RNG_WORKLOAD, 1);
    for (int round = 0; round < 300; round++) {
        uint8_t code[200], *again;
        size_t len = orr_rng_below(&rng, sizeof code + 1), again_len, text_len;
        for (size_t i = 0; i < len; i++) code[i] = (uint8_t)orr_rng_u64(&rng);
        char *text;
        FILE *to = open_memstream(&text, &text_len);
        orr_asm_disassemble(to, code, len, 0);
        fclose(to);
        struct orr_asm_error error;
        ck_assert_int_eq(orr_asm_assemble(text, text_len, &again, &again_len, &error), 0);
        ck_assert_uint_eq(again_len, len);
        ck_assert_mem_eq(again, code, len);
        free(text);
        free(again);
    }
}
END_TEST

ORR_TEST_MAIN("asm", text_becomes_code, what_is_wrong_is_named_with_its_place,
              any_code_survives_disassembly_and_assembly)
