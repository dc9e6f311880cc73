/* `orrery vm test`: a state test of our own passes, each planted fault in it fails for its reason,
 * and bad files are named with the place of the fault. */
#include "sim/cli/vm/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/cli/vm/fixture.h"
#include "sim/base/json.h"
#include "tests/test.h"
#include "sim/genesis/alloc.h"

/* EIP-155's example: 1 ether from 0x9d8a... to 0x3535... at 20 gwei; the sender has 2. */
static const char test_file[] =
    "{\"own\": {\"env\": {\"currentCoinbase\": \"0xc000000000000000000000000000000000000000\","
    "\"currentGasLimit\": \"0x1c9c380\", \"currentNumber\": \"1\", \"currentTimestamp\": \"1000\","
    "\"currentDifficulty\": \"0x20000\", \"currentBaseFee\": \"7\", \"currentRandom\": \"0x01\"},"
    "\"pre\": {\"0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f\": {\"balance\": "
    "\"0x1bc16d674ec80000\","
    "\"nonce\": \"9\", \"code\": \"0x\", \"storage\": {}}},"
    "\"transaction\": {\"sender\": \"0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f\"},"
    "\"post\": {\"Shanghai\": [{\"indexes\": {\"data\": 0, \"gas\": 0, \"value\": 0},"
    "\"hash\": \"0x0000000000000000000000000000000000000000000000000000000000000000\","
    "\"logs\": \"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347\","
    "\"txbytes\": \"0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6"
    "b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d89"
    "97f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83\"}]}}}";

static char path[4096];

static void write_file(const char *text) {
    const char *build = getenv("ORRERY_BUILD");
    snprintf(path, sizeof path, "%s/test_runner_%d.json", build ? build : "/tmp", (int)getpid());
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_json(const json_t *json) {
    char *text = json_dumps(json, 0);
    write_file(text);
    free(text);
}

static struct orr_vm_report run(bool wants_reasons) {
    const char *paths[] = {path};
    struct orr_vm_report report = {0};
    struct orr_vm_test_options options = {
        .kind = ORR_EVM_STATE_TESTS, .n_workers = 1, .wants_reasons = wants_reasons};
    orr_vm_test_run(&options, paths, 1, &report);
    unlink(path);
    return report;
}

/* The file with the root that comes out. */
static json_t *good_test(json_t **post) {
    json_t *file = json_loads(test_file, 0, NULL);
    ck_assert_ptr_nonnull(file);
    *post = json_array_get(
        json_object_get(json_object_get(json_object_get(file, "own"), "post"), "Shanghai"), 0);
    write_json(file);
    struct orr_vm_report report = run(true);
    ck_assert_uint_eq(report.failed.n, 1); /* the root of zeros is wrong */
    ck_assert_str_eq(report.failed.at[0].reason, "another state root");
    char hex[67] = "0x";
    orr_hex_encode(hex + 2, report.failed.at[0].computed_root.bytes, 32);
    orr_vm_report_free(&report);
    json_object_set_new(*post, "hash", json_string(hex));
    return file;
}

/* Runs the changed file, which must fail for this reason. */
static void must_fail(json_t *file, const char *reason, bool wants_reasons) {
    write_json(file);
    struct orr_vm_report report = run(wants_reasons);
    ck_assert_uint_eq(report.n_passed, 0);
    ck_assert_uint_eq(report.failed.n, 1);
    ck_assert_msg(strstr(report.failed.at[0].reason, reason) != NULL, "%s",
                  report.failed.at[0].reason);
    ck_assert_int_eq(orr_vm_report_exit(&report), 1);
    orr_vm_report_free(&report);
}

START_TEST(a_good_test_passes_and_each_planted_fault_fails_for_its_reason) {
    json_t *post, *file = good_test(&post);
    write_json(file);
    struct orr_vm_report report = run(true);
    ck_assert_uint_eq(report.n_passed, 1);
    ck_assert_int_eq(orr_vm_report_exit(&report), 0);
    orr_vm_report_free(&report);

    json_t *spoilt = json_deep_copy(file), *own = json_object_get(spoilt, "own");
    json_t *sender =
        json_object_get(json_object_get(own, "pre"), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    json_object_set_new(sender, "nonce", json_string("10"));
    must_fail(spoilt, "refused: nonce below", true);
    json_object_set_new(sender, "nonce", json_string("9"));
    json_object_set_new(json_object_get(own, "env"), "currentBaseFee", json_string("8"));
    must_fail(spoilt, "another state root", true); /* one wei a gas goes to nobody */
    json_object_set_new(json_object_get(own, "env"), "currentBaseFee", json_string("7"));
    json_object_set_new(json_object_get(own, "transaction"), "sender",
                        json_string("0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a40"));
    must_fail(spoilt, "another sender", true);
    json_decref(spoilt);

    json_object_set_new(post, "expectException", json_string("TransactionException.NONCE_IS_MAX"));
    must_fail(file, "accepted", true);
    json_object_del(post, "expectException");
    json_object_set_new(post, "logs", json_object_get(post, "hash"));
    json_incref(json_object_get(post, "hash"));
    must_fail(file, "other logs", true);
    json_decref(file);
}
END_TEST

START_TEST(a_refusal_for_another_reason_fails_when_reasons_are_wanted) {
    json_t *file = json_loads(test_file, 0, NULL), *own = json_object_get(file, "own");
    json_t *post = json_array_get(json_object_get(json_object_get(own, "post"), "Shanghai"), 0);
    json_t *sender =
        json_object_get(json_object_get(own, "pre"), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    json_object_set_new(sender, "nonce", json_string("10"));
    json_object_set_new(post, "expectException", json_string("TransactionException.NONCE_IS_MAX"));
    must_fail(file, "refused for NONCE_MISMATCH_TOO_LOW", true);
    must_fail(file, "another state root", false); /* the root of zeros is looked at all the same */
    json_decref(file);
}
END_TEST

/* The suites' blocks pay a reward of 0 even when they refuse the transaction: the coinbase is made.
 */
START_TEST(a_refused_transaction_still_touches_the_coinbase) {
    json_t *file = json_loads(test_file, 0, NULL), *own = json_object_get(file, "own");
    json_t *posts = json_object_get(own, "post"), *pre = json_object_get(own, "pre");
    json_object_set(posts, "EIP158", json_object_get(posts, "Shanghai"));
    json_object_set(posts, "EIP150", json_object_get(posts, "Shanghai"));
    json_object_del(posts, "Shanghai");
    json_t *post = json_array_get(json_object_get(posts, "EIP150"), 0), *account;
    const char *address;
    json_object_foreach(pre, address, account)
        json_object_set_new(account, "nonce", json_string("10"));
    json_object_set_new(post, "expectException", json_string("nonce too low"));
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_create(store);
    char why[128], hex[67] = "0x";
    json_t *after = json_deep_copy(pre);
    json_object_set_new(
        after, "0xc000000000000000000000000000000000000000",
        json_pack("{s:s,s:s,s:s,s:{}}", "balance", "0", "nonce", "0", "code", "0x", "storage"));
    ck_assert_int_eq(orr_genesis_state(after, state, why), 0);
    struct orr_hash root = orr_evm_state_root(state);
    orr_hex_encode(hex + 2, root.bytes, 32);
    json_object_set_new(post, "hash", json_string(hex));
    write_json(file);
    struct orr_vm_report report = run(false);
    ck_assert_uint_eq(report.n_passed, 1); /* before EIP-161 it stays, empty as it is, */
    ck_assert_uint_eq(report.failed.n, 1);
    ck_assert_str_eq(report.failed.at[0].fork, "EIP158"); /* and from then on it goes again */
    ck_assert_str_eq(report.failed.at[0].reason, "another state root");
    orr_vm_report_free(&report);
    json_decref(after);
    json_decref(file);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
}
END_TEST

START_TEST(a_file_that_is_no_json_is_named_with_line_and_column) {
    write_file("{\"a\": {\n  \"env\": ]\n}}");
    struct orr_vm_report report = run(false);
    ck_assert_uint_eq(report.bad.n, 1);
    ck_assert_str_eq(report.bad.at[0].name, "2:10:");
    ck_assert_int_eq(orr_vm_report_exit(&report), 2);
    orr_vm_report_free(&report);
    snprintf(path, sizeof path, "/nowhere/at/all.json");
    report = run(false);
    ck_assert_uint_eq(report.bad.n, 1);
    ck_assert_int_eq(orr_vm_report_exit(&report), 2);
    orr_vm_report_free(&report);
}
END_TEST

/* Files that are JSON and yet no tests, or tests with parts of the wrong type. */
START_TEST(what_is_not_a_test_is_said_to_be_so_and_never_passes) {
    static const struct {
        const char *text, *reason;
        bool is_bad; /* else not run */
    } files[] = {
        {"[1, 2]", "no object of test cases", false},
        {"{\"t\": 3}", "not a test of a known form", false},
        {"{\"t\": {\"blocks\": []}}", "vm blocktest runs it", false},
        {"{\"t\": {\"engineNewPayloads\": []}}", "engine API", false},
        {"{\"t\": {\"post\": 5, \"pre\": {}}}", "post is malformed", true},
        {"{\"t\": {\"post\": {\"Cancun\": []}, \"pre\": 5}}", "pre: no object", true},
        {"{\"t\": {\"post\": {\"Cancun\": []}, \"pre\": {}}}", "env is malformed", true},
        {"{\"t\": {\"post\": {\"Cancun\": []}, \"pre\": {}, \"env\": {\"currentCoinbase\": 1}}}",
         "env.currentCoinbase is malformed", true},
        {"{\"t\": {\"post\": {\"Cancun\": []}, \"pre\": {\"0x12\": {}}}}",
         "pre: account 0x12: the address is malformed", true},
        {"{\"t\": {\"txbytes\": \"0x123\", \"result\": {}}}", "txbytes is no even", true},
        {"{\"t\": {\"txbytes\": \"0x12\", \"result\": 1}}", "result is no object", true},
        {"", "expected near end of file", true},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_file(files[i].text);
        struct orr_vm_report report = run(false);
        const struct orr_vm_cases *cases = files[i].is_bad ? &report.bad : &report.not_run;
        ck_assert_uint_eq(report.n_passed + report.failed.n, 0);
        ck_assert_uint_eq(report.bad.n + report.not_run.n, 1);
        ck_assert_uint_eq(cases->n, 1);
        ck_assert_msg(strstr(cases->at[0].reason, files[i].reason) != NULL, "%s",
                      cases->at[0].reason);
        orr_vm_report_free(&report);
    }
}
END_TEST

/* Has a folder of its own; returns its report. */
static struct orr_vm_report run_folder(const char *folder) {
    struct orr_vm_report report = {0};
    orr_vm_test_run(&(struct orr_vm_test_options){.kind = ORR_EVM_STATE_TESTS}, &folder, 1,
                    &report);
    return report;
}

START_TEST(a_folder_is_searched_and_what_cannot_be_read_in_it_is_named) {
    char folder[] = "/tmp/orrery-runner-XXXXXX", name[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct orr_vm_report report = run_folder(folder);
    ck_assert_uint_eq(report.bad.n, 1);
    ck_assert_str_eq(report.bad.at[0].reason, "no .json file is in it");
    orr_vm_report_free(&report);
    snprintf(name, sizeof name, "%s/a.json", folder);
    ck_assert_int_eq(symlink("nowhere", name), 0);
    char other[64];
    snprintf(other, sizeof other, "%s/b.json", folder);
    ck_assert_int_eq(mkfifo(other, 0600), 0);
    report = run_folder(folder);
    ck_assert_uint_eq(report.bad.n, 2);
    ck_assert_str_eq(report.bad.at[0].file, name);
    ck_assert_str_eq(report.bad.at[1].reason, "not a regular file");
    orr_vm_report_free(&report);
    unlink(name);
    unlink(other);
    rmdir(folder);
}
END_TEST

START_TEST(the_json_report_is_json_whatever_the_names_are) {
    struct orr_vm_report report = {0};
    const struct orr_hash roots[4] = {{{1}}, {{2}}, {{3}}, {{4}}};
    orr_vm_report_add(&report.failed, "a\xff.json", "\"case\"\n", "Cancun", "cut \xc3", roots);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_vm_report_print(&report, true, to);
    fclose(to);
    json_t *json = json_loadb(text, len, 0, NULL);
    ck_assert_ptr_nonnull(json);
    const json_t *failure = json_array_get(json_object_get(json, "failures"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(failure, "file")), "a?.json");
    ck_assert_str_eq(json_string_value(json_object_get(failure, "case")), "\"case\"\n");
    ck_assert_int_eq(
        strncmp(json_string_value(json_object_get(failure, "computed_logs")), "0x04", 4), 0);
    json_decref(json);
    free(text);
    orr_vm_report_free(&report);
}
END_TEST

START_TEST(text_of_files_reaches_no_terminal_as_it_is) {
    struct orr_vm_report report = {0};
    orr_vm_report_add(&report.failed, "a\033]0;x\007.json", "c\n\xc2\x9b", "F\x7f", "r\r\x1b[2J",
                      NULL);
    orr_vm_report_add(&report.not_run, "b\b", "n\f", "", "why\v", NULL);
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_vm_report_print(&report, false, to);
    fclose(to);
    ck_assert_ptr_nonnull(
        strstr(text, "FAIL a\\x1b]0;x\\x07.json: c\\x0a\\xc2\\x9b [F\\x7f]: r\\x0d\\x1b[2J\n"));
    for (size_t i = 0; i < len; i++)
        ck_assert(text[i] == '\n' || (text[i] >= ' ' && text[i] < 0x7f));
    free(text);
    orr_vm_report_free(&report);
}
END_TEST

START_TEST(a_run_that_tested_nothing_is_no_success) {
    struct orr_vm_report report = {0};
    ck_assert_int_eq(orr_vm_report_exit(&report), 1);
    orr_vm_report_add(&report.not_run, "f", "n", "", "unknown fork", NULL);
    ck_assert_int_eq(orr_vm_report_exit(&report), 1);
    report.n_passed = 1;
    ck_assert_int_eq(orr_vm_report_exit(&report), 0);
    orr_vm_report_free(&report);
}
END_TEST

/* The accounts after EIP-155's example, as a test may spell them out. */
START_TEST(a_wrong_state_is_told_by_its_first_difference) {
    static const char sender[] = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";
    static const char receiver[] = "0x3535353535353535353535353535353535353535";
    json_t *post, *file = good_test(&post);
    json_t *state =
        json_pack("{s:{s:s,s:s},s:{s:s},s:{s:s}}", sender, "nonce", "0xa", "balance",
                  "0xddf38b6c895c000", receiver, "balance", "0xde0b6b3a7640000",
                  "0xc000000000000000000000000000000000000000", "balance", "0x17dfcdece4000");
    json_object_set_new(post, "state", state);
    json_object_set_new(post, "hash",
                        json_string("0x0000000000000000000000000000000000000000"
                                    "000000000000000000000000"));
    json_t *account = json_object_get(state, sender);
    /* All is as it is spelt out (gas: 21,000 at 20 gwei, less the base fee of 7 wei burnt). */
    json_object_set_new(json_object_get(state, "0xc000000000000000000000000000000000000000"),
                        "balance", json_string("419999999853000"));
    must_fail(file, "another state root", true);
    json_object_set_new(account, "nonce", json_string("0xb"));
    must_fail(file,
              "account 0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f: nonce is 0xa, expected 0xb",
              true);
    json_object_set_new(account, "nonce", json_string("0xa"));
    json_object_set_new(account, "storage", json_pack("{s:s}", "0x07", "0x2a"));
    must_fail(file, "storage[0x7] is 0x0, expected 0x2a", true);
    json_object_del(account, "storage");
    json_object_set_new(account, "code", json_string("0x00"));
    must_fail(file, "code is 0 bytes, expected 1 bytes", true);
    json_object_del(account, "code");
    json_object_del(state, receiver);
    must_fail(file,
              "account 0x3535353535353535353535353535353535353535: it is there, expected to "
              "be absent",
              true);
    json_object_set_new(state, "0x0000000000000000000000000000000000000001", json_object());
    must_fail(file,
              "account 0x0000000000000000000000000000000000000001: it is absent, expected to "
              "be there",
              true);
    json_decref(file);
}
END_TEST

START_TEST(the_command_refuses_a_fork_that_it_does_not_know) {
    char name[] = "test", option[] = "--fork", utopia[] = "Utopia", merge[] = "Merge";
    write_file(test_file);
    char *unknown[] = {name, option, utopia, path, NULL},
         *known[] = {name, option, merge, path, NULL};
    ck_assert_int_eq(orr_vm_test_command(4, unknown), 2);
    ck_assert_int_eq(orr_vm_test_command(4, known), 1); /* no case of the file is of Paris */
    unlink(path);
}
END_TEST

START_TEST(a_fork_that_is_not_known_counts_as_not_run) {
    json_t *file = json_loads(test_file, 0, NULL), *own = json_object_get(file, "own");
    json_t *post = json_object_get(own, "post");
    json_object_set(post, "Utopia", json_object_get(post, "Shanghai"));
    json_object_del(post, "Shanghai");
    write_json(file);
    struct orr_vm_report report = run(false);
    ck_assert_uint_eq(report.n_passed + report.failed.n, 0);
    ck_assert_uint_eq(report.not_run.n, 1);
    ck_assert_str_eq(report.not_run.at[0].reason, "unknown fork");
    orr_vm_report_free(&report);
    json_decref(file);
}
END_TEST

/* EIP-155's example again, by its fields: the private key is its own. */
START_TEST(a_test_without_signed_bytes_runs_from_its_fields) {
    static const char fields[] =
        "{\"secretKey\": \"0x4646464646464646464646464646464646464646464646464646464646464646\","
        "\"nonce\": \"9\", \"gasPrice\": \"20000000000\", \"gasLimit\": [\"1\", \"0x5208\"],"
        "\"to\": \"0x3535353535353535353535353535353535353535\", \"data\": [\"0x\"],"
        "\"value\": [\"0\", \"1000000000000000000\"]}";
    json_t *post, *file = good_test(&post), *own = json_object_get(file, "own");
    json_object_del(post, "txbytes");
    write_json(file); /* a sender, but nothing that is sent */
    struct orr_vm_report report = run(true);
    ck_assert_uint_eq(report.not_run.n, 1);
    orr_vm_report_free(&report);

    json_t *tx = json_loads(fields, 0, NULL), *indexes = json_object_get(post, "indexes");
    json_object_set_new(own, "transaction", tx);
    json_object_set_new(indexes, "gas", json_integer(1));
    json_object_set_new(indexes, "value", json_integer(1));
    write_json(file);
    report = run(true);
    ck_assert_uint_eq(report.n_passed, 1);
    orr_vm_report_free(&report);

    json_object_set_new(tx, "accessLists", json_pack("[[]]")); /* none named: the same gas */
    write_json(file);
    report = run(true);
    ck_assert_uint_eq(report.n_passed, 1);
    orr_vm_report_free(&report);

    json_object_set_new(indexes, "value", json_integer(0));
    must_fail(file, "another state root", true);
    json_object_set_new(indexes, "gas", json_integer(0));
    must_fail(file, "refused: gas limit below", true);
    json_object_set_new(tx, "nonce", json_string("0x10000000000000000"));
    must_fail(file, "refused: malformed encoding", true);
    json_object_set_new(tx, "to", json_string("0x35"));
    write_json(file);
    report = run(true);
    ck_assert_uint_eq(report.bad.n, 1);
    ck_assert_str_eq(report.bad.at[0].reason, "to is malformed");
    orr_vm_report_free(&report);
    json_decref(file);
}
END_TEST

ORR_TEST_MAIN("vm.runner", a_good_test_passes_and_each_planted_fault_fails_for_its_reason,
              a_refusal_for_another_reason_fails_when_reasons_are_wanted,
              a_refused_transaction_still_touches_the_coinbase,
              a_file_that_is_no_json_is_named_with_line_and_column,
              what_is_not_a_test_is_said_to_be_so_and_never_passes,
              a_folder_is_searched_and_what_cannot_be_read_in_it_is_named,
              the_json_report_is_json_whatever_the_names_are,
              the_command_refuses_a_fork_that_it_does_not_know,
              text_of_files_reaches_no_terminal_as_it_is, a_run_that_tested_nothing_is_no_success,
              a_wrong_state_is_told_by_its_first_difference,
              a_fork_that_is_not_known_counts_as_not_run,
              a_test_without_signed_bytes_runs_from_its_fields)
