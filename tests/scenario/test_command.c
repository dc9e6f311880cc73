/* orrery check and orrery help as a user meets them: what goes where, and the exit code. */
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/test.h"

/* Runs the program with a line of arguments (and redirections); its standard output, and exit code.
 */
static char *run(const char *arguments, int *code) {
    char line[1000];
    const char *program = getenv("ORRERY_BIN");
    snprintf(line, sizeof line, "'%s' %s", program ? program : "build/release/sim/orrery",
             arguments);
    FILE *from = popen(line, "r");
    ck_assert_ptr_nonnull(from);
    char *text = calloc(1, 1 << 18);
    ck_assert_uint_lt(fread(text, 1, (1 << 18) - 1, from), (1 << 18) - 1);
    *code = WEXITSTATUS(pclose(from));
    return text;
}

static void prints(const char *arguments, int expected_code, const char *expected) {
    int code;
    char *text = run(arguments, &code);
    ck_assert_msg(code == expected_code, "orrery %s ends with %d", arguments, code);
    ck_assert_msg(strstr(text, expected) != NULL, "orrery %s prints %s", arguments, text);
    free(text);
}

START_TEST(check_says_in_one_line_what_a_good_file_holds) {
    prints(
        "check scenarios/quickstart.yaml", 0,
        "scenarios/quickstart.yaml: ok (quickstart: 16 nodes in 1 group, 4 regions, 1 fault, 40 s, "
        "seed 42)\n");
    prints("check scenarios/quickstart.yaml --set seed=7", 0, "seed 7)");
    prints("check - < scenarios/crash-f.yaml", 0, "-: ok (crash-f: ");
}
END_TEST

START_TEST(check_tells_mistakes_on_standard_error_and_ends_with_2) {
    prints("check tests/scenario/bad/tab.yaml 2>&1", 2, "tab.yaml:6:1: error: tab character\n");
    prints("check tests/scenario/bad/tab.yaml 2>/dev/null", 2, "");
    prints("check scenarios/crash-f.yaml tests/scenario/bad/tab.yaml 2>/dev/null", 2,
           "crash-f.yaml: ok");
    prints("check no/such/file.yaml 2>&1", 2, "error: cannot read no/such/file.yaml");
    prints("check 2>&1", 2, "usage: orrery check");
    prints("check --sot 2>&1", 2, "no option '--sot'");
}
END_TEST

START_TEST(no_colours_go_to_a_file) {
    int code;
    char *text = run("check tests/scenario/bad/tab.yaml 2>&1", &code);
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
}
END_TEST

START_TEST(as_json_each_file_is_one_object) {
    int code;
    char *text = run("check --json scenarios/crash-f.yaml tests/scenario/bad/tab.yaml", &code);
    ck_assert_int_eq(code, 2);
    char *second = strchr(text, '\n');
    ck_assert_ptr_nonnull(second);
    *second++ = 0;
    json_t *good = json_loads(text, 0, NULL), *bad = json_loads(second, 0, NULL);
    ck_assert(json_is_true(json_object_get(good, "ok")));
    ck_assert_int_eq(json_integer_value(json_object_get(good, "nodes")), 10);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(good, "digest"))), 64);
    ck_assert(json_is_false(json_object_get(bad, "ok")));
    const json_t *message = json_array_get(json_object_get(bad, "messages"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(message, "message")), "tab character");
    ck_assert_int_eq(json_integer_value(json_object_get(message, "line")), 6);
    ck_assert_str_eq(json_string_value(json_object_get(message, "hint")), "use spaces");
    json_decref(good);
    json_decref(bad);
    free(text);
}
END_TEST

START_TEST(help_knows_verbs_keys_and_what_was_meant) {
    prints("help", 0, "usage: orrery VERB");
    prints("--help", 0, "usage: orrery VERB");
    prints("2>&1", 2, "usage: orrery VERB");
    prints("chek 2>&1", 2, "did you mean 'check'?");
    prints("help check", 0, "usage: orrery check");
    prints("help scenario", 0, "A scenario is a YAML file");
    prints("help scenario faults.do", 0, "partition");
    prints("help scenario network.latincy 2>&1", 2, "did you mean 'latency'?");
    prints("help scenario --schema", 0, "\"$schema\"");
}
END_TEST

ORR_TEST_MAIN("scenario command", check_says_in_one_line_what_a_good_file_holds,
              check_tells_mistakes_on_standard_error_and_ends_with_2, no_colours_go_to_a_file,
              as_json_each_file_is_one_object, help_knows_verbs_keys_and_what_was_meant)
