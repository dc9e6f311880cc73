/* A simulated chain out of a trace: exported, it is imported to the same head; whose chain it is
 * can be said; what is no such trace is refused. */
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

static char output[1 << 20], folder[64];

static int sh(const char *format, ...) {
    char arguments[2000], command[3000];
    va_list list;
    va_start(list, format);
    vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);
    snprintf(command, sizeof command, "F='%s'; O='%s'; %s 2>&1", folder, getenv("ORRERY_BIN"),
             arguments);
    FILE *pipe = popen(command, "r");
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void begin(void) {
    strcpy(folder, "/tmp/orrery-export-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}
static void end(void) { sh("rm -r \"$F\""); }

/* Runs a scenario of four validators with these lines more; its trace is $F/NAME.h5. */
static int run(const char *name, const char *groups, const char *more) {
    return sh("printf 'orrery: 1\\nname: x\\nseed: 3\\nduration: 6 s\\nsignatures: modelled\\n"
              "nodes: {%s}\\nworkload:\\n"
              "  - {rate: 30 /s, clients: 8, stop: 4 s, "
              "mix: {token: 50 %%%%, exchange: 50 %%%%}}\\n"
              "%s\\n' > \"$F/%s.yaml\"; \"$O\" run \"$F/%s.yaml\" --out \"$F/%s.h5\"",
              groups, more, name, name, name);
}
#define FOUR "val: {count: 4, role: evm-validator, config: {accounts: 8}}"

static json_t *import(const char *chain, int code) {
    ck_assert_int_eq(
        sh("\"$O\" chain import \"$F/%s/genesis.json\" \"$F/%s/chain.rlp\" --json", chain, chain),
        code);
    json_t *json = json_loads(output, 0, NULL);
    ck_assert_msg(json != NULL, "%s", output);
    return json;
}

static const char *text_of(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    ck_assert_msg(text != NULL, "no %s in %s", key, output);
    return text;
}

START_TEST(an_exported_chain_is_imported_to_the_same_head_and_exported_as_the_same_bytes) {
    begin();
    ck_assert_msg(!run("a", FOUR, "record: [blocks]"), "%s", output);
    ck_assert_msg(!sh("\"$O\" chain export \"$F/a.h5\" -o \"$F/a\""), "%s", output);
    char said[200];
    unsigned long long n;
    ck_assert_int_eq(sscanf(output, "%llu blocks, head %16s", &n, said), 2);
    json_t *json = import("a", 0);
    ck_assert_uint_ge(n, 5);
    ck_assert_uint_eq((unsigned long long)json_integer_value(json_object_get(json, "number")), n);
    ck_assert(json_integer_value(json_object_get(json, "transactions")) > 50);
    ck_assert_int_eq(strncmp(text_of(json, "head") + 2, said, 16), 0);
    json_decref(json);
    /* Of every node, and with what else is recorded. */
    for (int node = 0; node < 4; node++) {
        ck_assert_int_eq(sh("\"$O\" chain export \"$F/a.h5\" -o \"$F/b\" --node val.%d && "
                            "cmp \"$F/a/genesis.json\" \"$F/b/genesis.json\"",
                            node),
                         0);
        ck_assert_int_eq(sh("cmp \"$F/a/chain.rlp\" \"$F/b/chain.rlp\""), 0);
    }
    ck_assert_ptr_null(strstr(output, "shared"));
    ck_assert_msg(!run("c",
                       "val: {count: 4, role: evm-validator, "
                       "config: {accounts: 8, share_execution: true}}",
                       "record: all"),
                  "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "  shared       val, evm-validator: a block is run once"));
    ck_assert_int_eq(sh("\"$O\" chain export \"$F/c.h5\" -o \"$F/c\" && "
                        "cmp \"$F/a/chain.rlp\" \"$F/c/chain.rlp\""),
                     0);
    end();
}
END_TEST

START_TEST(a_chain_goes_on_from_the_genesis_that_another_was_exported_with) {
    begin();
    ck_assert_msg(!run("a", FOUR, "record: [blocks]"), "%s", output);
    ck_assert_msg(!sh("\"$O\" chain export \"$F/a.h5\" -o \"$F/a\""), "%s", output);
    /* Accounts, tokens and forks are the file's, keys the seed's: the same chain. */
    ck_assert_msg(!run("b",
                       "val: {count: 4, role: evm-validator, "
                       "config: {accounts: 8, chain_id: 5, base_fee: 7, genesis: a/genesis.json}}",
                       "record: [blocks]"),
                  "%s", output);
    ck_assert_msg(!sh("\"$O\" chain export \"$F/b.h5\" -o \"$F/b\" && "
                      "cmp \"$F/a/chain.rlp\" \"$F/b/chain.rlp\" && "
                      "cmp \"$F/a/genesis.json\" \"$F/b/genesis.json\""),
                  "%s", output);
    /* Of another seed the clients' accounts and tokens are not in it. */
    ck_assert_int_eq(sh("\"$O\" run \"$F/b.yaml\" --no-trace --set seed=4"), 2);
    ck_assert_ptr_nonnull(strstr(output, "b.yaml:8:"));
    ck_assert_ptr_nonnull(strstr(output, "workload[0]: 'mix' asks for 'token', but the chain has"));
    ck_assert_ptr_nonnull(strstr(output, "'mix' asks for 'exchange'"));
    ck_assert_int_ne(sh("\"$O\" run \"$F/b.yaml\" --no-trace --set seed=4 "
                        "--set workload.0.mix='{transfer: 100 %%}'"),
                     2);
    /* The trace holds the file: the run is repeated without it. */
    ck_assert_msg(!sh("mv \"$F/a/genesis.json\" \"$F/g.json\" && \"$O\" replay \"$F/b.h5\""), "%s",
                  output);
    end();
}
END_TEST

START_TEST(a_genesis_begins_at_its_time_and_changes_its_rules_as_it_says) {
    begin();
    ck_assert_msg(!run("a", FOUR, "record: [blocks]"), "%s", output);
    ck_assert_msg(!sh("\"$O\" chain export \"$F/a.h5\" -o \"$F/a\""), "%s", output);
    json_error_t error;
    char path[128];
    snprintf(path, sizeof path, "%s/a/genesis.json", folder);
    json_t *json = json_load_file(path, 0, &error);
    ck_assert_msg(json != NULL, "%s", error.text);
    json_object_set_new(json, "timestamp", json_string("0x65000000"));
    json_t *config = json_object_get(json, "config");
    json_object_set_new(config, "osakaTime", json_integer(0x65000003));
    ck_assert_int_eq(json_dump_file(json, path, 0), 0);
    json_decref(json);
    static const char *const groups[] = {
        "val: {count: 4, role: evm-validator, config: {accounts: 8, genesis: a/genesis.json}}",
        "val: {count: 4, role: slot-chain, config: {accounts: 8, slot: 1 s, "
        "genesis: a/genesis.json}}"};
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(!run("t", groups[i], "record: [blocks]\\nexpect: nothing"), "%s", output);
        ck_assert_msg(!sh("\"$O\" chain export \"$F/t.h5\" -o \"$F/t\""), "%s", output);
        json = import("t", 0); /* it was checked by the rules of both forks */
        ck_assert_int_ge(json_integer_value(json_object_get(json, "number")), 4);
        ck_assert_int_gt(json_integer_value(json_object_get(json, "transactions")), 50);
        json_decref(json);
        ck_assert_int_eq(sh("\"$O\" chain show \"$F/t\" --block 1 --json"), 0);
        json = json_loads(output, 0, &error);
        ck_assert_msg(json != NULL, "%s", output);
        ck_assert_int_eq(strncmp(text_of(json, "timestamp"), "0x650000", 8), 0);
        json_decref(json);
    }
    end();
}
END_TEST

START_TEST(a_node_that_breaks_a_rule_has_a_chain_of_its_own_that_others_refuse) {
    begin();
    ck_assert_msg(!run("w",
                       "val: {count: 5, role: evm-validator, config: {accounts: 8}}, "
                       "odd: {count: 1, role: evm-validator, "
                       "config: {accounts: 8, wrong_rule: refund}}",
                       "record: [blocks]\\nexpect: {state_root: broken}"),
                  "%s", output);
    ck_assert_int_eq(sh("\"$O\" chain export \"$F/w.h5\" -o \"$F/right\" --node val.2"), 0);
    ck_assert_int_eq(sh("\"$O\" chain export \"$F/w.h5\" -o \"$F/wrong\" --node odd.0"), 0);
    json_decref(import("right", 0));
    json_t *json = import("wrong", 1);
    ck_assert_str_eq(text_of(json, "rule"), "INVALID_GAS_USED");
    json_decref(json);
    ck_assert_int_eq(sh("cmp \"$F/right/genesis.json\" \"$F/wrong/genesis.json\""), 0);
    end();
}
END_TEST

START_TEST(each_fork_and_an_empty_chain_can_be_exported) {
    static const char *const forks[] = {"cancun", "prague", "osaka"};
    begin();
    for (int i = 0; i < 3; i++) {
        char group[200];
        snprintf(group, sizeof group,
                 "val: {count: 1, role: evm-validator, config: {accounts: 2, fork: %s}}", forks[i]);
        ck_assert_msg(!run("f", group, "record: [blocks]"), "%s", output);
        ck_assert_int_eq(sh("\"$O\" chain export \"$F/f.h5\" -o \"$F/f\""), 0);
        json_decref(import("f", 0));
    }
    ck_assert_msg(!run("e", FOUR,
                       "record: [blocks]\\nfaults: [{at: 0 s, do: partition, "
                       "groups: [[val.0, val.1], [val.2, val.3]]}]\\n"
                       "expect: {is: nothing}"),
                  "%s", output);
    ck_assert_int_eq(sh("\"$O\" chain export \"$F/e.h5\" -o \"$F/e\""), 0);
    json_t *json = import("e", 0);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "number")), 0);
    json_decref(json);
    end();
}
END_TEST

START_TEST(what_is_no_such_trace_is_refused_with_the_reason) {
    static const struct {
        const char *command, *reason;
        int code;
    } cases[] = {
        {"chain export \"$F/d.h5\" -o \"$F/d\"", "record: [blocks]", 2},
        {"chain export \"$F/a.h5\" -o \"$F/d\" --node val.4", "'val.4' is no node", 2},
        {"chain export \"$F/a.yaml\" -o \"$F/d\"", "a.yaml", 2},
        {"chain export \"$F/none.h5\" -o \"$F/d\"", "none.h5", 2},
        {"chain export \"$F/a.h5\"", "usage:", 2},
        {"chain export \"$F/a.h5\" -o", "'-o'", 2},
        {"chain export \"$F/a.h5\" \"$F/a.h5\" -o \"$F/d\"", "not expected here", 2},
        {"chain export \"$F/a.h5\" -o \"$F/a.yaml\"", "a.yaml", 3},
        {"chain export \"$F/a.h5\" -o \"$F/no/where\"", "No such file", 3},
        {"chain export --help", "usage:", 0},
    };
    begin();
    ck_assert_msg(!run("a", FOUR, "record: [blocks]"), "%s", output);
    ck_assert_msg(!run("d", FOUR, "record: [decisions, heads]"), "%s", output);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int code = sh("\"$O\" %s", cases[i].command);
        ck_assert_msg(code == cases[i].code, "%s: %d: %s", cases[i].command, code, output);
        ck_assert_msg(strstr(output, cases[i].reason), "%s: %s", cases[i].command, output);
    }
    end();
}
END_TEST

ORR_TEST_MAIN("chain.export",
              an_exported_chain_is_imported_to_the_same_head_and_exported_as_the_same_bytes,
              a_node_that_breaks_a_rule_has_a_chain_of_its_own_that_others_refuse,
              a_chain_goes_on_from_the_genesis_that_another_was_exported_with,
              a_genesis_begins_at_its_time_and_changes_its_rules_as_it_says,
              each_fork_and_an_empty_chain_can_be_exported,
              what_is_no_such_trace_is_refused_with_the_reason)
