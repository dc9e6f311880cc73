/* A chain of another client (54 blocks; every fork from Frontier to Osaka's second blob schedule
 * begins inside it) on its genesis.json: each block must be valid, and the head the published one.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/vectors/vectors.h"

static char output[1 << 20];

static int run(const char *arguments) {
    char command[20000];
    snprintf(command, sizeof command, "'%s' chain %s 2>&1", getenv("ORRERY_BIN"), arguments);
    FILE *pipe = popen(command, "r");
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int import(const char *genesis, const char *chain, const char *more) {
    char arguments[18000];
    snprintf(arguments, sizeof arguments, "import '%s' '%s' --json %s", genesis, chain, more);
    return run(arguments);
}

static json_t *result(void) {
    json_t *json = json_loads(output, 0, NULL);
    ck_assert_msg(json != NULL, "%s", output);
    return json;
}

static const char *text_of(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    ck_assert_msg(text != NULL, "no %s in %s", key, output);
    return text;
}
static long long number_of(const json_t *json, const char *key) {
    ck_assert_msg(json_is_integer(json_object_get(json, key)), "no %s in %s", key, output);
    return (long long)json_integer_value(json_object_get(json, key));
}

static char genesis[4000], chain[4000], forkenv[4000], folder[4000];

static void need_vectors(void) {
    orr_vectors_need("rpc/chain.rlp");
    snprintf(genesis, sizeof genesis, "%s", orr_vector_path("rpc/genesis.json"));
    snprintf(chain, sizeof chain, "%s", orr_vector_path("rpc/chain.rlp"));
    snprintf(forkenv, sizeof forkenv, "--forkenv '%s'", orr_vector_path("rpc/forkenv.json"));
    snprintf(folder, sizeof folder, "%s", orr_vector_path("rpc"));
}

static char scratch[] = "/tmp/orrery-import-XXXXXX";

static void write_scratch(const void *bytes, size_t len) {
    FILE *file = fopen(scratch, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* genesis.json as another file, with one key of config changed or (value < 0) taken out. */
static void change_config(const char *key, int value) {
    json_t *json = orr_vector_load("rpc/genesis.json"), *config = json_object_get(json, "config");
    if (value < 0)
        json_object_del(config, key);
    else
        json_object_set_new(config, key, json_integer(value));
    char *text = json_dumps(json, 0);
    write_scratch(text, strlen(text));
    free(text);
    json_decref(json);
}

START_TEST(a_chain_through_every_fork_ends_at_its_published_head) {
    json_t *head = orr_vector_load("rpc/headfcu.json");
    const json_t *params = json_array_get(json_object_get(head, "params"), 0);
    for (int with_forkenv = 0; with_forkenv < 2; with_forkenv++) {
        ck_assert_int_eq(import(genesis, chain, with_forkenv ? forkenv : ""), 0);
        json_t *got = result();
        ck_assert_str_eq(text_of(got, "head"), text_of(params, "headBlockHash"));
        ck_assert_int_eq(number_of(got, "blocks"), 54);
        ck_assert_int_eq(number_of(got, "transactions"), 249);
        json_decref(got);
    }
    json_decref(head);
}
END_TEST

START_TEST(the_variables_of_hive_stand_in_for_a_config_and_go_before_it) {
    json_t *json = orr_vector_load("rpc/genesis.json");
    json_object_del(json, "config");
    char *text = json_dumps(json, 0);
    write_scratch(text, strlen(text));
    free(text);
    json_decref(json);
    ck_assert_int_eq(import(scratch, chain, forkenv), 0);
    change_config("byzantiumBlock", 11); /* which would refuse block 9 */
    ck_assert_int_eq(import(scratch, chain, ""), 1);
    ck_assert_int_eq(import(scratch, chain, forkenv), 0);
}
END_TEST

START_TEST(a_chain_under_another_configuration_is_refused_where_the_rules_part) {
    static const struct {
        const char *key;
        int value, number;
        const char *rule, *expected, *found;
    } changes[] = {{"byzantiumBlock", 11, 9, NULL, NULL, NULL},
                   {"pragueTime", 460, 45, "INCORRECT_BLOCK_FORMAT", "20", "21"}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        change_config(changes[i].key, changes[i].value);
        ck_assert_int_eq(import(scratch, chain, ""), 1);
        json_t *got = result();
        ck_assert_int_eq(number_of(got, "refused"), changes[i].number - 1);
        ck_assert_int_eq(number_of(got, "number"), changes[i].number);
        ck_assert_uint_eq(strlen(text_of(got, "hash")), 66);
        ck_assert_ptr_nonnull(text_of(got, "expected"));
        if (changes[i].rule) {
            ck_assert_str_eq(text_of(got, "rule"), changes[i].rule);
            ck_assert_str_eq(text_of(got, "expected"), changes[i].expected);
            ck_assert_str_eq(text_of(got, "found"), changes[i].found);
        }
        json_decref(got);
    }
}
END_TEST

START_TEST(a_file_that_is_cut_off_or_ends_in_junk_is_bad_input_with_its_place) {
    char command[9000];
    FILE *file = fopen(chain, "rb");
    static uint8_t bytes[1 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    write_scratch(bytes, len - 1);
    ck_assert_int_eq(import(genesis, scratch, ""), 2);
    ck_assert_msg(strstr(output, "item 53 of the file is no block") != NULL, "%s", output);
    bytes[len] = 0x05; /* an RLP item, and no block */
    write_scratch(bytes, len + 1);
    ck_assert_int_eq(import(genesis, scratch, ""), 2);
    snprintf(command, sizeof command, "byte %zu: error: item 54", len);
    ck_assert_msg(strstr(output, command) != NULL, "%s", output);
    write_scratch("", 0);
    ck_assert_int_eq(import(genesis, scratch, ""), 0); /* no blocks are valid ones */
    ck_assert_int_eq(import(scratch, chain, ""), 2);
    ck_assert_int_eq(import("/no/such/file", chain, ""), 2);
    ck_assert_int_eq(import(genesis, "/no/such/file", ""), 2);
}
END_TEST

START_TEST(what_is_wrong_with_a_genesis_or_the_variables_is_named) {
    static const struct {
        const char *text, *says;
        bool is_forkenv;
    } cases[] = {
        {"[]", "a genesis is an object", false},
        {"{\"alloc\": 5}", "alloc: no object of accounts", false},
        {"{\"alloc\": {\"0x12\": {}}}", "account 0x12: the address", false},
        {"{\"alloc\": {}, \"gasLimit\": \"0xzz\"}", "gasLimit", false},
        {"{\"alloc\": {}, \"config\": {\"futureTime\": 3}}", "futureTime", false},
        {"{\"alloc\": {},\n  \"x\" 5}", ":2:", false},
        {"{\"HIVE_BOGOTA_TIMESTAMP\": \"5\"}", "HIVE_BOGOTA_TIMESTAMP", true},
        {"{\"HIVE_FORK_LONDON\": []}", "HIVE_FORK_LONDON", true},
        {"{\"HIVE_FORK_LONDON\": \"seven\"}", "londonBlock", true},
        {"[1]", "no object of variables", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char more[4000];
        write_scratch(cases[i].text, strlen(cases[i].text));
        snprintf(more, sizeof more, "--forkenv '%s'", scratch);
        ck_assert_int_eq(
            import(cases[i].is_forkenv ? genesis : scratch, chain, cases[i].is_forkenv ? more : ""),
            2);
        ck_assert_msg(strstr(output, cases[i].says) != NULL, "case %zu: %s", i, output);
    }
}
END_TEST

/* The suite's own answers about blocks: what `chain show` prints must be the same. */
static void compare_with_answer(const char *name, long number) {
    char arguments[9000];
    snprintf(arguments, sizeof arguments, "show '%s' --block %ld --json", folder, number);
    ck_assert_int_eq(run(arguments), 0);
    json_t *got = result();
    FILE *file = fopen(orr_vector_path(name), "r");
    static char line[1 << 20];
    json_t *answer = NULL;
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "<< ", 3)) answer = json_loads(line + 3, 0, NULL);
    if (file) fclose(file);
    ck_assert_msg(answer != NULL, "no answer in %s", name);
    const json_t *block = json_object_get(answer, "result");
    static const char *const keys[] = {"hash",         "parentHash",       "miner",     "stateRoot",
                                       "receiptsRoot", "transactionsRoot", "gasUsed",   "gasLimit",
                                       "timestamp",    "extraData",        "logsBloom", "number",
                                       "size",         "mixHash"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_str_eq(text_of(got, keys[i]), text_of(block, keys[i]));
    const json_t *theirs = json_object_get(block, "transactions");
    const json_t *ours = json_object_get(got, "transactions");
    ck_assert_uint_eq(json_array_size(ours), json_array_size(theirs));
    for (size_t i = 0; i < json_array_size(theirs); i++) {
        const json_t *tx = json_array_get(theirs, i), *own = json_array_get(ours, i);
        if (json_is_string(tx)) {
            ck_assert_str_eq(text_of(own, "hash"), json_string_value(tx));
            continue;
        }
        ck_assert_str_eq(text_of(own, "hash"), text_of(tx, "hash"));
        ck_assert_str_eq(text_of(own, "from"), text_of(tx, "from"));
        ck_assert_str_eq(text_of(own, "effectiveGasPrice"), text_of(tx, "gasPrice"));
        ck_assert_str_eq(text_of(own, "input"), text_of(tx, "input"));
    }
    json_decref(answer);
    json_decref(got);
}

START_TEST(a_block_is_shown_as_other_clients_answer_for_it) {
    static const struct {
        const char *name;
        long number;
    } answers[] = {{"rpc/io/eth_getBlockByNumber/get-latest.io", 54},
                   {"rpc/io/eth_getBlockByNumber/get-genesis.io", 0},
                   {"rpc/io/eth_getBlockByNumber/get-block-london-fork.io", 27},
                   {"rpc/io/eth_getBlockByNumber/get-block-cancun-fork.io", 42},
                   {"rpc/io/eth_getBlockByNumber/get-block-prague-fork.io", 45},
                   {"rpc/io/eth_getBlockByNumber/get-block-merge-fork.io", 36}};
    int n = 0;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (access(orr_vector_path(answers[i].name), R_OK)) continue;
        compare_with_answer(answers[i].name, answers[i].number);
        n++;
    }
    ck_assert_int_gt(n, 0);
    char arguments[9000];
    snprintf(arguments, sizeof arguments, "show '%s' --block 55", folder);
    ck_assert_int_eq(run(arguments), 2);
    ck_assert_msg(strstr(output, "the last one is 54") != NULL, "%s", output);
    snprintf(arguments, sizeof arguments, "show '%s' --block latest", folder);
    ck_assert_int_eq(run(arguments), 2);
    snprintf(arguments, sizeof arguments, "show '%s' --block 27", folder);
    ck_assert_int_eq(run(arguments), 0);
    ck_assert_msg(strstr(output, "base fee      1000000000 wei per gas") != NULL, "%s", output);
}
END_TEST

int main(void) {
    need_vectors();
    int fd = mkstemp(scratch);
    if (fd < 0) return EXIT_FAILURE;
    close(fd);
    const TTest *tests[] = {a_chain_through_every_fork_ends_at_its_published_head,
                            the_variables_of_hive_stand_in_for_a_config_and_go_before_it,
                            a_chain_under_another_configuration_is_refused_where_the_rules_part,
                            a_file_that_is_cut_off_or_ends_in_junk_is_bad_input_with_its_place,
                            what_is_wrong_with_a_genesis_or_the_variables_is_named,
                            a_block_is_shown_as_other_clients_answer_for_it};
    int failed = orr_test_run("vectors.chain_import", tests, sizeof tests / sizeof tests[0]);
    unlink(scratch);
    return failed;
}
