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

/* Runs code that leaves a word on the stack and returns it: the word, as 64 digits. */
static const char *word_of(const char *code, const char *options) {
    char arguments[2048];
    static char word[65];
    snprintf(arguments, sizeof arguments, "%s5f5260205ff3 --json %s", code, options);
    ck_assert_int_eq(run(arguments), 0);
    const char *at = strstr(output, "\"output\":\"0x");
    ck_assert_ptr_nonnull(at);
    memcpy(word, at + 12, 64);
    return word + strspn(word, "0");
}

START_TEST(the_block_and_the_transaction_are_what_the_options_say) {
    ck_assert_str_eq(word_of("43", "--number 0x10"), "10");
    ck_assert_str_eq(word_of("42", "--time 1000"), "3e8");
    ck_assert_str_eq(word_of("41", "--coinbase 0x00000000000000000000000000000000000000c0"), "c0");
    ck_assert_str_eq(word_of("48", "--base-fee 7"), "7");
    ck_assert_str_eq(word_of("4a", "--blob-fee 0x9"), "9");
    ck_assert_str_eq(word_of("44", "--random 5"), "5");
    ck_assert_str_eq(word_of("46", "--chain-id 17"), "11");
    ck_assert_str_eq(word_of("3a", "--gas-price 12"), "c");
    ck_assert_str_eq(word_of("32", ""), "aa"); /* the sender */
    ck_assert_str_eq(word_of("33", "--origin 00000000000000000000000000000000000000bb"), "aa");
    ck_assert_str_eq(word_of("32", "--origin 00000000000000000000000000000000000000bb"), "bb");
    ck_assert_str_eq(word_of("34", "--value 1000000000000000000000"), "3635c9adc5dea00000");
    ck_assert_str_eq(word_of("3331", "--value 5"), ""); /* all that the sender got is sent */
    ck_assert_str_eq(word_of("5f40", "--number 9"),     /* Keccak-256 of "0" */
                     "44852b2a670ade5407e78fb2863c51de9fcb96542a07186fe3aeda6bb8a116d");
    ck_assert_str_eq(word_of("5f40", "--number 0"), "");
}
END_TEST

/* Between two GAS stands what the instructions after the first cost, whatever their block has paid
 * in advance; what is pushed for nothing costs its gas. */
START_TEST(gas_is_seen_exactly_in_the_middle_of_a_block) {
    ck_assert_str_eq(word_of("5a5a9003", ""), "2");
    ck_assert_str_eq(word_of("5a600051505a9003", ""), "d"); /* 3, 3 + 3 for memory, 2, 2 */
    ck_assert_str_eq(word_of("5a60015061ffff805050"         /* 3 + 2 + 3 + 3 + 2 + 2 */
                             "5a505a9003",                  /* 2 + 2 + 2 */
                             ""),
                     "15");
    ck_assert_str_eq(word_of("5a5f54505a9003", ""), "83a");   /* 2 + 2,100 + 2 + 2: a cold slot */
    ck_assert_str_eq(word_of("5a6004565b5b5a9003", ""), "f"); /* a jump: 3 + 8 + 1 + 1 + 2 */
}
END_TEST

START_TEST(an_access_list_is_warm_from_the_start) {
    static const char list[] = "--access-list '[{\"address\":\"0x00000000000000000000000000000000"
                               "000000cc\",\"storageKeys\":[\"0x01\"]}]'";
    char arguments[512];
    ck_assert_int_eq(run("600154 --json"), 0);
    ck_assert_ptr_nonnull(strstr(output, "\"gasUsed\":\"0x837\"")); /* 3 + 2,100 */
    snprintf(arguments, sizeof arguments, "600154 --json %s", list);
    ck_assert_int_eq(run(arguments), 0);
    ck_assert_ptr_nonnull(strstr(output, "\"gasUsed\":\"0x67\"")); /* 3 + 100 */
    ck_assert_int_eq(run("00 --access-list '[{}]'"), 2);
    ck_assert_int_eq(run("00 --access-list '['"), 2);
}
END_TEST

START_TEST(each_error_says_what_is_wrong_and_where) {
    static const struct {
        const char *arguments, *why;
    } cases[] = {
        {"00 --number x", "--number: 'x' is no number"},
        {"00 --number 0x10000000000000000", "above 2^64 - 1"},
        {"00 --base-fee ''", "--base-fee: '' is no number"},
        {"00 --coinbase 12", "--coinbase: 2 hexadecimal digits, an address has 40"},
        {"00 --origin 0x1g", "--origin: 'g' (character 4) is no hexadecimal digit"},
        {"00 --input 123", "--input: 3 hexadecimal digits, an odd number"},
        {"123", "no such file; and as code: 3 hexadecimal digits"},
        {"nowhere.asm", "no such file; and as code: 'n' (character 1)"},
        {"00 --time", "--time needs a value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(run(cases[i].arguments), 2);
        ck_assert_msg(strstr(output, cases[i].why) != NULL, "%s: %s", cases[i].arguments, output);
    }
    ck_assert_int_eq(run("''"), 0);
    ck_assert_ptr_nonnull(strstr(output, "note: the code is empty"));
}
END_TEST

START_TEST(the_state_may_be_a_genesis_file_and_leave_fields_out) {
    char path[] = "/tmp/orrery-test-genesis-XXXXXX", arguments[256];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fprintf(file, "{\"config\": {\"terminalTotalDifficulty\": 58750000000000000000000}, \"alloc\": "
                  "{\"00000000000000000000000000000000000000bb\": {\"balance\": \"77\"}, "
                  "\"00000000000000000000000000000000000000dd\": {}}}");
    fclose(file);
    snprintf(arguments, sizeof arguments, "--state %s", path);
    ck_assert_str_eq(word_of("60bb31", arguments), "4d");
    file = fopen(path, "w");
    fprintf(file, "{\"alloc\": {\"00000000000000000000000000000000000000bb\": {\"balance\": 1, "
                  "\"code\": \"0x1\"}}}");
    fclose(file);
    snprintf(arguments, sizeof arguments, "00 --state %s", path);
    ck_assert_int_eq(run(arguments), 2);
    ck_assert_ptr_nonnull(
        strstr(output, "account 00000000000000000000000000000000000000bb: code is malformed"));
    remove(path);
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
              the_block_and_the_transaction_are_what_the_options_say,
              gas_is_seen_exactly_in_the_middle_of_a_block, an_access_list_is_warm_from_the_start,
              each_error_says_what_is_wrong_and_where,
              the_state_may_be_a_genesis_file_and_leave_fields_out,
              a_trace_has_one_line_for_each_instruction, a_state_file_gives_accounts_to_call)
