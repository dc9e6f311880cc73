/* orrery vm run, as a user starts it. */
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/test.h"

/* Runs `orrery vm run ARGUMENTS`; the lines of standard output, and the exit code. */
static char output[1 << 16];
static int run(const char *arguments) {
    char command[4096];
    const char *program = getenv("ORRERY_BIN");
    snprintf(command, sizeof command, "'%s' vm run %s 2>&1",
             program ? program : "build/release/sim/orrery", arguments);
    FILE *pipe = popen(command, "r");
    size_t n = fread(output, 1, sizeof output - 1, pipe);
    output[n] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(a_result_is_told_as_text_and_as_json) {
    ck_assert_int_eq(run("600160020160005260206000f3 --gas 1000"), 0);
    ck_assert_ptr_nonnull(strstr(output, "status      success\ngas used    24 of 1000\n"));
    ck_assert_int_eq(run("602a60005260206000f3 --json"), 0);
    json_t *result = json_loads(output, 0, NULL);
    ck_assert_ptr_nonnull(result);
    ck_assert_str_eq(json_string_value(json_object_get(result, "gasUsed")), "0x12");
    ck_assert(json_is_true(json_object_get(result, "pass")));
    json_decref(result);
}
END_TEST

START_TEST(the_exit_code_says_how_the_code_ended) {
    ck_assert_int_eq(run("00"), 0);
    ck_assert_int_eq(run("60006000fd"), 1);
    ck_assert_int_eq(run("fe"), 1);
    ck_assert_int_eq(run("zz"), 2);
    ck_assert_int_eq(run("00 --fork nowhere"), 2);
    ck_assert_int_eq(run("00 --gas -1"), 2);
    ck_assert_int_eq(run("00 --input 123"), 2);
    ck_assert_int_eq(run("00 --state /does/not/exist"), 2);
    ck_assert_int_eq(run("5f00 --fork london"), 1);
    ck_assert_int_eq(run("5f00 --fork shanghai"), 0);
}
END_TEST

START_TEST(a_trace_has_one_line_for_each_instruction) {
    static const struct {
        int pc, op, depth;
        const char *cost;
    } steps[] = {
        {0, 0x60, 1, "0x3"},
        {2, 0x60, 1, "0x3"},
        {4, 0x55, 1, "0x5654"},
        {5, 0xfe, 1, "0x0"},
    };
    ck_assert_int_eq(run("6001600055fe --trace"), 1);
    const char *line = output;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        json_error_t error;
        json_t *step = json_loads(line, JSON_DISABLE_EOF_CHECK, &error);
        ck_assert_msg(step != NULL, "%s", error.text);
        ck_assert_int_eq(json_integer_value(json_object_get(step, "pc")), steps[i].pc);
        ck_assert_int_eq(json_integer_value(json_object_get(step, "op")), steps[i].op);
        ck_assert_int_eq(json_integer_value(json_object_get(step, "depth")), steps[i].depth);
        ck_assert_str_eq(json_string_value(json_object_get(step, "gasCost")), steps[i].cost);
        ck_assert_uint_eq(json_array_size(json_object_get(step, "stack")), i < 3 ? i : 0);
        if (i == 3) ck_assert_ptr_nonnull(json_object_get(step, "error"));
        json_decref(step);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_ptr_nonnull(strstr(line, "\"pass\":false")); /* the summary */
}
END_TEST

START_TEST(a_state_file_gives_accounts_to_call) {
    char path[] = "/tmp/orrery-test-state-XXXXXX", arguments[256];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fprintf(file, "{\"0x00000000000000000000000000000000000000bb\": {\"balance\": \"0x07\", "
                  "\"nonce\": \"0x01\", \"code\": \"0x60005460005260206000f3\", "
                  "\"storage\": {\"0x00\": \"0x2a\"}}}");
    fclose(file);
    /* STATICCALL 0xbb, return what it returned */
    snprintf(arguments, sizeof arguments, "602060006000600060bb5afa5060206000f3 --trace --state %s",
             path);
    ck_assert_int_eq(run(arguments), 0);
    remove(path);
    ck_assert_ptr_nonnull(strstr(output, "\"depth\":2"));
    ck_assert_ptr_nonnull(strstr(output, "\"output\":\"0x00000000000000000000000000000000000000000"
                                         "0000000000000000000002a\""));
}
END_TEST

ORR_TEST_MAIN("run", a_result_is_told_as_text_and_as_json, the_exit_code_says_how_the_code_ended,
              a_trace_has_one_line_for_each_instruction, a_state_file_gives_accounts_to_call)
