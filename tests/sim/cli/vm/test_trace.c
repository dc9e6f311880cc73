/* Traces: the example of EIP-3155 line by line, what go-ethereum's form asks for beyond it, and the
 * verbs that print them. */
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

static char output[1 << 18];

static int run(const char *format, const char *path) {
    char command[4096];
    int n = snprintf(command, sizeof command, "'%s' vm ", getenv("ORRERY_BIN"));
    snprintf(command + n, sizeof command - (size_t)n, format, path);
    FILE *pipe = popen(command, "r");
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The next line of the output as JSON, or NULL at the end. */
static json_t *next_line(const char **at) {
    const char *end = strchr(*at, '\n');
    if (!end) return NULL;
    json_error_t error;
    json_t *line = json_loadb(*at, (size_t)(end - *at), 0, &error);
    ck_assert_msg(line != NULL, "%s: %.200s", error.text, *at);
    *at = end + 1;
    return line;
}

static const char *text_of(const json_t *line, const char *key) {
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static json_int_t number_of(const json_t *line, const char *key) {
    ck_assert_msg(json_is_integer(json_object_get(line, key)), "%s is no number", key);
    return json_integer_value(json_object_get(line, key));
}

/* EIP-3155, "Test Cases": 604080536040604055604060006040600060025afa6040f3, before Berlin. */
START_TEST(the_example_of_the_eip_comes_out_line_by_line) {
    static const struct {
        int pc, op;
        const char *gas, *cost, *name, *top;
    } lines[] = {
        {0, 96, "0x2540be400", "0x3", "PUSH1", NULL},
        {2, 128, "0x2540be3fd", "0x3", "DUP1", "0x40"},
        {3, 83, "0x2540be3fa", "0xc", "MSTORE8", "0x40"},
        {4, 96, "0x2540be3ee", "0x3", "PUSH1", NULL},
        {6, 96, "0x2540be3eb", "0x3", "PUSH1", "0x40"},
        {8, 85, "0x2540be3e8", "0x4e20", "SSTORE", "0x40"},
        {9, 96, "0x2540b95c8", "0x3", "PUSH1", NULL},
        {11, 96, "0x2540b95c5", "0x3", "PUSH1", "0x40"},
        {13, 96, "0x2540b95c2", "0x3", "PUSH1", "0x0"},
        {15, 96, "0x2540b95bf", "0x3", "PUSH1", "0x40"},
        {17, 96, "0x2540b95bc", "0x3", "PUSH1", "0x0"},
        {19, 90, "0x2540b95b9", "0x2", "GAS", "0x2"},
        {20, 250, "0x2540b95b7", "0x24abb676c", "STATICCALL", "0x2540b95b7"},
        {21, 96, "0x2540b92a7", "0x3", "PUSH1", "0x1"},
        {23, 243, "0x2540b92a4", "0x0", "RETURN", "0x40"},
    };
    ck_assert_int_eq(run("run 604080536040604055604060006040600060025afa6040f3 --fork %s "
                         "--gas 10000000000 --trace",
                         "istanbul"),
                     0);
    const char *at = output;
    json_t *line;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_ptr_nonnull(line = next_line(&at));
        const json_t *stack = json_object_get(line, "stack");
        size_t n = json_array_size(stack);
        ck_assert_int_eq(number_of(line, "pc"), lines[i].pc);
        ck_assert_int_eq(number_of(line, "op"), lines[i].op);
        ck_assert_int_eq(number_of(line, "depth"), 1);
        ck_assert_int_eq(number_of(line, "refund"), 0);
        ck_assert_str_eq(text_of(line, "gas"), lines[i].gas);
        ck_assert_str_eq(text_of(line, "gasCost"), lines[i].cost);
        ck_assert_str_eq(text_of(line, "opName"), lines[i].name);
        ck_assert_uint_eq(!n, !lines[i].top);
        if (n) ck_assert_str_eq(json_string_value(json_array_get(stack, n - 1)), lines[i].top);
        json_decref(line);
    }
    ck_assert_ptr_nonnull(line = next_line(&at));
    ck_assert_str_eq(text_of(line, "gasUsed"), "0x515c");
    json_decref(line);
}
END_TEST

/* A state test: code at 0xcc, called with 1,000,000 gas; before and after, slot 1 holds 5. */
static char path[64] = "/tmp/orrery-trace-XXXXXX";

static void write_test(const char *code) {
    char text[4096];
    snprintf(text, sizeof text,
             "{\"own\": {\"env\": {\"currentCoinbase\": "
             "\"0xc000000000000000000000000000000000000000\", \"currentGasLimit\": \"0x1c9c380\","
             "\"currentNumber\": \"1\", \"currentTimestamp\": \"1000\", \"currentBaseFee\": \"7\"},"
             "\"pre\": {\"0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b\": {\"balance\": "
             "\"0xde0b6b3a7640000\"}, \"0x00000000000000000000000000000000000000cc\": {\"code\": "
             "\"%s\", \"storage\": {\"0x1\": \"0x5\"}}}, \"transaction\": {\"secretKey\": "
             "\"0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8\", \"nonce\": "
             "\"0\", \"gasPrice\": \"10\", \"gasLimit\": [\"1000000\"], \"value\": [\"0\"], "
             "\"data\": [\"0x\"], \"to\": \"0x00000000000000000000000000000000000000cc\"},"
             "\"post\": {\"London\": [{\"indexes\": {\"data\": 0, \"gas\": 0, \"value\": 0},"
             "\"hash\": \"0x0000000000000000000000000000000000000000000000000000000000000000\","
             "\"logs\": "
             "\"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347\"}]}}}",
             code);
    if (strstr(path, "XXXXXX")) close(mkstemp(path));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(refunds_are_those_of_the_transaction_and_a_clear_earns_its_own) {
    json_t *line;
    /* SSTORE 1 := 0, then a jump to nowhere: 4,800 for the clear (EIP-3529). */
    write_test("0x600060015560ff56");
    ck_assert_int_eq(run("test --trace %s 2>&1 >/dev/null", path), 1);
    const char *at = output;
    static const json_int_t refunds[] = {0, 0, 4800, 4800, 4800};
    for (int i = 0; i < 5; i++) {
        ck_assert_ptr_nonnull(line = next_line(&at));
        ck_assert_int_eq(number_of(line, "refund"), refunds[i]);
        ck_assert_str_eq(text_of(line, "error"), i == 4 ? "invalid jump destination" : "");
        ck_assert_ptr_null(json_object_get(line, "memory"));
        json_decref(line);
    }
    ck_assert_ptr_nonnull(line = next_line(&at));
    ck_assert_str_eq(text_of(line, "gasUsed"), "0xef038"); /* all but 21,000 of a million */
    ck_assert_str_eq(text_of(line, "error"), "invalid jump destination");
    json_decref(line);
    ck_assert_ptr_nonnull(line = next_line(&at));
    ck_assert_uint_eq(strlen(text_of(line, "stateRoot")), 66);
    json_decref(line);
    ck_assert_ptr_null(next_line(&at));
}
END_TEST

START_TEST(memory_and_return_data_come_on_request_and_the_stack_may_be_left_out) {
    json_t *line;
    write_test("0x60016000526020600060206000600060045af100"); /* the identity's answer */
    ck_assert_int_eq(run("test --trace.memory --trace.returndata --trace.nostack %s 2>&1 "
                         ">/dev/null",
                         path),
                     1);
    const char *at = output;
    bool had_memory = false, had_data = false;
    while ((line = next_line(&at)) && json_object_get(line, "pc")) {
        ck_assert(json_is_null(json_object_get(line, "stack")));
        size_t n = strlen(text_of(line, "memory"));
        ck_assert_int_eq(number_of(line, "memSize"), n ? (json_int_t)(n - 2) / 2 : 0);
        had_memory |= n == 66;
        had_data |= json_object_get(line, "returnData") != NULL;
        json_decref(line);
    }
    json_decref(line);
    ck_assert(had_memory && had_data);
}
END_TEST

START_TEST(statetest_prints_the_list_that_tools_for_go_ethereum_read) {
    write_test("0x00");
    ck_assert_int_eq(run("statetest --trace --trace.format=json --trace.nomemory=true "
                         "--trace.noreturndata=true %s 2>/dev/null",
                         path),
                     0);
    json_t *all = json_loads(output, 0, NULL), *first = json_array_get(all, 0);
    ck_assert_uint_eq(json_array_size(all), 1);
    ck_assert_str_eq(text_of(first, "name"), "own");
    ck_assert_str_eq(text_of(first, "fork"), "London");
    ck_assert(json_is_false(json_object_get(first, "pass")));
    ck_assert_str_eq(text_of(first, "error"), "another state root");
    ck_assert_ptr_nonnull(strstr(output, "\"stateRoot\": \"0x")); /* as it is searched for */
    json_decref(all);
    ck_assert_int_eq(run("statetest --run 'o.n$' --statetest.fork London %s 2>/dev/null", path), 0);
    ck_assert_ptr_nonnull(strstr(output, "own"));
    ck_assert_int_eq(run("statetest --run '^wn' %s 2>/dev/null", path), 0);
    ck_assert_ptr_null(strstr(output, "own"));
    ck_assert_int_eq(run("statetest --statetest.fork Utopia %s 2>/dev/null", path), 2);
    ck_assert_int_eq(run("statetest --trace.format=struct %s 2>/dev/null", path), 2);
    ck_assert_int_eq(run("statetest /does/not/exist%s 2>/dev/null", path), 2);
}
END_TEST

START_TEST(statetest_takes_names_from_standard_input) {
    char arguments[256];
    write_test("0x00");
    snprintf(arguments, sizeof arguments, "statetest 2>&1 <<END\n%%s\n%s\n\nignored\nEND", path);
    ck_assert_int_eq(run(arguments, path), 0);
    const char *first = strstr(output, "\"own\"");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(strstr(first + 1, "\"own\""));
    ck_assert_ptr_nonnull(strstr(output, "{\"stateRoot\": \"0x"));
    unlink(path);
}
END_TEST

ORR_TEST_MAIN("vm.trace", the_example_of_the_eip_comes_out_line_by_line,
              refunds_are_those_of_the_transaction_and_a_clear_earns_its_own,
              memory_and_return_data_come_on_request_and_the_stack_may_be_left_out,
              statetest_prints_the_list_that_tools_for_go_ethereum_read,
              statetest_takes_names_from_standard_input)
