/* What a compiler writes may be assembled; what a student has smuggled into it may not. */
#include <string.h>

#include "sim/cli/lab/assembly.h"
#include "tests/test.h"

static const char *flaw_of(const char *text) { return orr_lab_assembly_flaw(text, strlen(text)); }

START_TEST(what_a_compiler_writes_is_fine) {
    static const char *const good[] = {
        "", "\n", "\t.file\t\"event.c\"\n\t.text\n",
        "event_step:\n.LFB1:\n\t.cfi_startproc\n\tpushq\t%rbx\n\t.loc 1 5 3 is_stmt 0 view .LVU1\n",
        ("\t.section\t.rodata.str1.1,\"aMS\",@progbits,1\n.LC0:\n"
         "\t.string\t\".incbin \\\"x\\\"; #APP\"\n"),
        "\t.ascii \"a\\\\\"\n\t.zero\t3\n", "\t.quad\torr_msg_free@GOTPCREL\n",
        "# comment; .incbin \"x\"\n", "\tmovl\t$1, %eax # it is one; really\n",
        "a: b:\n", "\t.uleb128 .LVU2-.LVU1\n", "\t.cfi_def_cfa_offset 16"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(!flaw_of(good[i]), "%s: %s", good[i], flaw_of(good[i]));
}
END_TEST

START_TEST(what_reads_files_or_hides_a_statement_is_told) {
    static const char *const bad[] = {
        "\t.incbin\t\"/etc/passwd\"\n", ".incbin \"x\"", "\t.include \"x\"\n",
        "\t.section .x; .incbin \"x\"\n", "\tnop; .incbin \"x\"\n", "a: .incbin \"x\"\n",
        "a:b: \t.incbin \"x\"\n", "a:.incbin \"x\"\n", "\t.macro m\n", "\t.irp x,1\n",
        "\t.rept 3\n",
        "\t.string \"a\"; .incbin \"x\"\n", "\t.string \"never ends\n", "\t.altmacro\n",
        "\t.section /* x */ .y\n", "\t.text // x\n", "\t.linkonce\n", "\t.INCBIN \"x\"\n",
        "\t.text\r\t.incbin \"x\"\n", "x:\f.incbin \"x\"\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(flaw_of(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(inline_assembly_is_called_by_its_name) {
    ck_assert_ptr_nonnull(strstr(flaw_of("\tnop\n#APP\n# 3 \"x.c\" 1\n\tsyscall\n#NO_APP\n"),
                                 "inline assembly"));
    ck_assert_ptr_nonnull(strstr(flaw_of("  #APP\n"), "inline assembly"));
}
END_TEST

START_TEST(a_nul_hides_nothing) {
    static const char text[] = "\tnop\n\0\t.incbin \"x\"\n";
    ck_assert_ptr_nonnull(orr_lab_assembly_flaw(text, sizeof text - 1));
}
END_TEST

ORR_TEST_MAIN("lab assembly", what_a_compiler_writes_is_fine,
              what_reads_files_or_hides_a_statement_is_told, inline_assembly_is_called_by_its_name,
              a_nul_hides_nothing)
