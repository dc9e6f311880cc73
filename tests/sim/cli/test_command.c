/* orrery run, check and help as a user meets them: what goes where, and the exit code. */
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

enum { MOST_TEXT = 1 << 20 };

/* Runs the program with a line of arguments (and redirections); its standard output, and exit code.
 */
static char *run(const char *arguments, int *code) {
    char line[1000];
    const char *program = getenv("ORRERY_BIN");
    snprintf(line, sizeof line, "'%s' %s", program ? program : "build/release/sim/orrery",
             arguments);
    FILE *from = popen(line, "r");
    ck_assert_ptr_nonnull(from);
    char *text = calloc(1, MOST_TEXT);
    ck_assert_uint_lt(fread(text, 1, MOST_TEXT - 1, from), MOST_TEXT - 1);
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
    prints("check tests/sim/scenario/bad/tab.yaml 2>&1", 2, "tab.yaml:6:1: error: tab character\n");
    prints("check tests/sim/scenario/bad/tab.yaml 2>/dev/null", 2, "");
    prints("check scenarios/crash-f.yaml tests/sim/scenario/bad/tab.yaml 2>/dev/null", 2,
           "crash-f.yaml: ok");
    prints("check no/such/file.yaml 2>&1", 2, "error: cannot read no/such/file.yaml");
    prints("check 2>&1", 2, "usage: orrery check");
    prints("check --sot 2>&1", 2, "did you mean --set?");
}
END_TEST

START_TEST(no_colours_go_to_a_file) {
    int code;
    char *text = run("check tests/sim/scenario/bad/tab.yaml 2>&1", &code);
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
}
END_TEST

START_TEST(as_json_each_file_is_one_object) {
    int code;
    char *text = run("check --json scenarios/crash-f.yaml tests/sim/scenario/bad/tab.yaml", &code);
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

/* A folder of its own whose name a shell must not take apart. */
static const char *folder(void) {
    static char path[] = "/tmp/orrery test it's é XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

/* A run that misses an expectation, with a name and an override to be quoted. */
START_TEST(the_line_that_a_failed_run_prints_runs_it_again) {
    char line[1000], command[2000];
    const char *place = folder();
    snprintf(line, sizeof line, "cp scenarios/crash-f.yaml \"%s/a b.yaml\"", place);
    ck_assert_int_eq(system(line), 0);
    snprintf(line, sizeof line,
             "run --no-trace \"%s/a b.yaml\" --set 'expect.throughput=900 /s' --seed 5 "
             "--set \"title=it's\" --quiet 2>&1", place);
    int code;
    char *first = run(line, &code);
    ck_assert_int_eq(code, 1);
    const char *again = strstr(first, "to see it again: ");
    ck_assert_msg(again != NULL, "%s", first);
    again += strlen("to see it again: ");
    const char *program = getenv("ORRERY_BIN"); /* as it was called */
    ck_assert_msg(program && !strncmp(again, program, strlen(program)), "%s", again);
    again += strlen(program);
    snprintf(command, sizeof command, "%.*s --no-trace --quiet 2>&1", (int)strcspn(again, "\n"),
             again);
    char *second = run(command, &code);
    ck_assert_int_eq(code, 1);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
    snprintf(line, sizeof line, "rm -r \"%s\"", place);
    ck_assert_int_eq(system(line), 0);
}
END_TEST

static void json_says(const char *arguments, int expected_code, bool pass, const char *ended) {
    int code;
    char *text = run(arguments, &code);
    ck_assert_msg(code == expected_code, "orrery %s ends with %d", arguments, code);
    json_t *object = json_loads(text, 0, NULL);
    ck_assert_msg(object != NULL, "%s", text);
    ck_assert_int_eq(json_is_true(json_object_get(object, "pass")), pass);
    ck_assert_str_eq(json_string_value(json_object_get(object, "ended")), ended);
    ck_assert_int_eq(json_is_null(json_object_get(object, "error")), expected_code != 3);
    static const char *const keys[] = {"scenario", "seed", "fingerprint", "events", "decisions",
                                       "latency", "verdicts", "trace"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_msg(json_object_get(object, keys[i]) != NULL, "no %s", keys[i]);
    json_decref(object);
    free(text);
}

START_TEST(summary_and_json_say_which_signatures_it_was) {
    static const char *const kinds[] = {"real", "modelled"};
    char arguments[200];
    int code;
    for (int i = 0; i < 2; i++) {
        snprintf(arguments, sizeof arguments, "run --json --no-trace scenarios/crash-f.yaml "
                 "--set signatures=%s 2>&1", kinds[i]);
        char *text = run(arguments, &code);
        json_t *object = json_loads(text, 0, NULL);
        ck_assert_msg(object && code == 0, "%s", text);
        ck_assert_str_eq(json_string_value(json_object_get(object, "signatures")), kinds[i]);
        json_decref(object);
        free(text);
        snprintf(arguments, sizeof arguments, "run --no-trace scenarios/crash-f.yaml "
                 "--set signatures=%s 2>&1", kinds[i]);
        text = run(arguments, &code);
        ck_assert_msg((strstr(text, ", signatures modelled\n") != NULL) == (i == 1), "%s", text);
        free(text);
    }
}
END_TEST

START_TEST(what_is_open_and_what_is_not_judged_stands_in_summary_and_json) {
    static const char stalled[] = "scenarios/crash-f-plus-1.yaml";
    char arguments[300];
    int code;
    snprintf(arguments, sizeof arguments, "run --json --no-trace %s 2>&1", stalled);
    char *text = run(arguments, &code);
    json_t *object = json_loads(text, 0, NULL);
    ck_assert_msg(object && code == 0, "%s", text);
    json_int_t submitted = json_integer_value(json_object_get(object, "submitted"));
    json_int_t open = json_integer_value(json_object_get(object, "never_committed"));
    ck_assert_int_eq(open, submitted - json_integer_value(json_object_get(object, "committed")));
    ck_assert_int_gt(open, 0);
    free(text);
    snprintf(arguments, sizeof arguments, "run --no-trace %s 2>&1", stalled);
    text = run(arguments, &code);
    char said[60];
    snprintf(said, sizeof said, "committed (");
    ck_assert_msg(strstr(text, said) != NULL, "%s", text);
    snprintf(said, sizeof said, ", %lld never committed", (long long)open);
    ck_assert_msg(strstr(text, said) != NULL, "%s", text);
    free(text);
    json_decref(object);

    snprintf(arguments, sizeof arguments, "run --json --no-trace %s --set 'faults=[{at: 5 s, do: "
             "crash, target: all}]' 2>/dev/null", stalled);
    text = run(arguments, &code);
    object = json_loads(text, 0, NULL);
    ck_assert_msg(object && code == 1, "%d: %s", code, text);
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(object, "verdicts"), i, v) {
        bool stalls = !strcmp(json_string_value(json_object_get(v, "name")), "termination");
        ck_assert_int_eq(json_is_true(json_object_get(v, "judged")), !stalls);
        ck_assert_int_eq(json_is_true(json_object_get(v, "pass")), !stalls);
        if (stalls) ck_assert(json_is_true(json_object_get(v, "asked")));
    }
    json_decref(object);
    free(text);
}
END_TEST

START_TEST(a_run_as_json_is_one_object_however_it_ends) {
    json_says("run --json --no-trace scenarios/crash-f.yaml", 0, true, "complete");
    json_says("run --json --no-trace scenarios/crash-f.yaml --set 'expect.max_gap=10 ms' "
              "2>/dev/null", 1, false, "violation");
    json_says("run --json --out /dev/null scenarios/crash-f.yaml 2>/dev/null", 3, false,
              "trace failed");
}
END_TEST

START_TEST(what_cannot_be_printed_is_no_success) {
    prints("run --no-trace scenarios/crash-f.yaml 2>&1 >/dev/full", 3,
           "cannot write to standard output");
    prints("check scenarios/crash-f.yaml 2>&1 >/dev/full", 3, "cannot write to standard output");
    prints("check scenarios/crash-f.yaml 2>&1 >&-", 0, "");
    prints("run scenarios/crash-f.yaml --out /dev/null 2>/dev/null", 3, "");
    int code;
    char *text = run("run scenarios/crash-f.yaml --out /dev/null 2>/dev/null", &code);
    ck_assert_str_eq(text, ""); /* no verdict on what did not run */
    free(text);
}
END_TEST

START_TEST(a_fault_whose_condition_never_held_is_told) {
    prints("run --no-trace scenarios/crash-f.yaml --set "
           "'faults=[{when: height(val) > 999, do: crash, target: all}]'", 0,
           "1 of 1 never began: fault-0");
    int code;
    char *text = run("run --no-trace scenarios/crash-f.yaml", &code);
    ck_assert_ptr_null(strstr(text, "never began"));
    free(text);
}
END_TEST

START_TEST(messages_that_go_round_in_no_time_are_the_scenarios_mistake_which_is_bad_input) {
    prints("run - --quiet --no-trace 2>&1 <<'E'\n"
           "orrery: 1\nname: zeno\nduration: 1 s\nexpect: nothing\n"
           "nodes: {p: {count: 2, role: phold, config: {population: 1}}}\n"
           "network: {latency: 0 ms}\nE\n",
           2, "mistake of the scenario: messages that go round over links without latency");
}
END_TEST

START_TEST(a_seed_is_refused_beyond_its_range) {
    prints("run scenarios/crash-f.yaml --seed 9223372036854775808 2>&1", 2,
           "--seed wants a whole number from 0 to 9223372036854775807");
    prints("run scenarios/crash-f.yaml --seed -1 2>&1", 2, "--seed wants a whole number");
    prints("run scenarios/crash-f.yaml --set seed=1e3 2>&1", 2, "to 9223372036854775807");
    prints("run scenarios/crash-f.yaml --seed 9223372036854775807 --no-trace", 0,
           "seed 9223372036854775807\n");
}
END_TEST

START_TEST(bench_measures_what_it_is_asked_for_by_name) {
    prints("bench start-up --json", 0, "{\"name\":\"start-up\",\"value\":");
    prints("bench --help", 0, "flood-1m");
    prints("bench start-down 2>&1", 2, "no benchmark 'start-down'");
}
END_TEST

ORR_TEST_MAIN("scenario command", bench_measures_what_it_is_asked_for_by_name,
              check_says_in_one_line_what_a_good_file_holds,
              check_tells_mistakes_on_standard_error_and_ends_with_2, no_colours_go_to_a_file,
              as_json_each_file_is_one_object, help_knows_verbs_keys_and_what_was_meant,
              the_line_that_a_failed_run_prints_runs_it_again,
              summary_and_json_say_which_signatures_it_was,
              what_is_open_and_what_is_not_judged_stands_in_summary_and_json,
              a_run_as_json_is_one_object_however_it_ends, what_cannot_be_printed_is_no_success,
              a_fault_whose_condition_never_held_is_told, a_seed_is_refused_beyond_its_range,
              messages_that_go_round_in_no_time_are_the_scenarios_mistake_which_is_bad_input)
