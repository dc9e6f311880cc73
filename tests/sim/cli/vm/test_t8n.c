/* orrery vm t8n, as tools start it: streams and files, keys, refusals, exit codes.  That its
 * results are right tests/vectors/test_t8n.py sees, on a published chain. */
#include <dirent.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

static char output[1 << 16], folder[64] = "/tmp/orrery-t8n-XXXXXX";

static int run(const char *input, const char *options) {
    char command[8192], name[96];
    if (strstr(folder, "XXXXXX")) ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(name, sizeof name, "%s/input", folder);
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    fputs(input, file);
    fclose(file);
    snprintf(command, sizeof command,
             "'%s' vm t8n --input.alloc stdin --input.env=stdin --input.txs stdin "
             "--output.basedir %s %s <%s 2>&1",
             getenv("ORRERY_BIN"), folder, options, name);
    FILE *pipe = popen(command, "r");
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define STREAMS " --output.alloc stdout --output.result stdout --output.body stdout"
#define ENV                                                                        \
    "\"env\":{\"currentCoinbase\":\"0xc000000000000000000000000000000000000000\"," \
    "\"currentGasLimit\":\"0x1c9c380\",\"currentNumber\":\"0x1\","                 \
    "\"currentTimestamp\":\"0x3e8\",\"currentDifficulty\":\"0x20000\""
/* EIP-155's example: 1 ether at 20 gwei with the key 0x46...46; the sender has 2. */
#define ALLOC                                                               \
    "\"alloc\":{\"9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f\":{\"balance\":" \
    "\"0x1bc16d674ec80000\",\"nonce\":\"0x9\"}}"
#define TX                                                                            \
    "{\"nonce\":\"0x9\",\"gasPrice\":\"0x4a817c800\",\"gas\":\"0x5208\",\"to\":"      \
    "\"0x3535353535353535353535353535353535353535\",\"value\":\"0xde0b6b3a7640000\"," \
    "\"input\":\"0x\",\"v\":\"0x0\",\"r\":\"0x0\",\"s\":\"0x0\",\"secretKey\":"       \
    "\"0x4646464646464646464646464646464646464646464646464646464646464646\"}"
static const char signed_tx[] =
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a7640000802"
    "5a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb7"
    "03304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

static const char *text_at(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

START_TEST(a_transaction_with_a_key_is_signed_as_the_eips_example) {
    ck_assert_int_eq(run("{" ALLOC "," ENV "},\"txs\":[" TX "]}", "--state.fork Istanbul" STREAMS),
                     0);
    json_t *out = json_loads(output, 0, NULL);
    ck_assert_msg(out != NULL, "%s", output);
    char body[512];
    snprintf(body, sizeof body, "0xf86e%s", signed_tx); /* a list of the one */
    ck_assert_str_eq(text_at(out, "body"), body);
    const json_t *result = json_object_get(out, "result");
    const json_t *receipt = json_array_get(json_object_get(result, "receipts"), 0);
    ck_assert_str_eq(text_at(receipt, "status"), "0x1");
    ck_assert_str_eq(text_at(receipt, "transactionHash"),
                     "0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788");
    ck_assert_str_eq(text_at(result, "gasUsed"), "0x5208");
    const json_t *alloc = json_object_get(out, "alloc");
    ck_assert_uint_eq(json_object_size(alloc), 3);
    const json_t *sender = json_object_get(alloc, "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    ck_assert_str_eq(text_at(sender, "balance"), "0xddf38b6c895c000");
    ck_assert_str_eq(text_at(sender, "nonce"), "0xa");
    json_decref(out);
}
END_TEST

START_TEST(what_is_refused_is_named_and_the_rest_goes_on) {
    ck_assert_int_eq(
        run("{" ALLOC "," ENV "},\"txs\":[" TX "," TX "]}", "--state.fork Istanbul" STREAMS), 0);
    json_t *out = json_loads(output, 0, NULL);
    const json_t *result = json_object_get(out, "result");
    const json_t *rejected = json_array_get(json_object_get(result, "rejected"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(rejected, "index")), 1);
    ck_assert_ptr_nonnull(strstr(text_at(rejected, "error"), "NONCE_MISMATCH_TOO_LOW"));
    ck_assert_uint_eq(json_array_size(json_object_get(result, "receipts")), 1);
    json_decref(out);
    char input[2048]; /* a body whose second item is no transaction */
    snprintf(input, sizeof input, "{" ALLOC "," ENV "},\"txsRlp\":\"0xf870%s8101\"}", signed_tx);
    input[strlen(input) - 4] = '8'; /* 0x81 0x80: a string of one byte */
    input[strlen(input) - 3] = '0';
    ck_assert_int_eq(run(input, "--state.fork Istanbul" STREAMS), 0);
    out = json_loads(output, 0, NULL);
    result = json_object_get(out, "result");
    ck_assert_uint_eq(json_array_size(json_object_get(result, "receipts")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(result, "rejected")), 1);
    json_decref(out);
}
END_TEST

START_TEST(rewards_reach_the_coinbase_and_ommers_and_minus_one_touches_nobody) {
    static const char input[] = "{\"alloc\":{}," ENV ",\"ommers\":[{\"delta\":2,\"address\":"
                                "\"0x00000000000000000000000000000000000000aa\"}]},\"txs\":[]}";
    ck_assert_int_eq(run(input, "--state.fork Istanbul --state.reward 64" STREAMS), 0);
    json_t *out = json_loads(output, 0, NULL), *alloc = json_object_get(out, "alloc");
    ck_assert_str_eq(
        text_at(json_object_get(alloc, "0xc000000000000000000000000000000000000000"), "balance"),
        "0x42"); /* 64 and a 32nd */
    ck_assert_str_eq(
        text_at(json_object_get(alloc, "0x00000000000000000000000000000000000000aa"), "balance"),
        "0x30"); /* six eighths */
    json_decref(out);
    ck_assert_int_eq(run(input, "--state.fork Frontier --state.reward=-1" STREAMS), 0);
    out = json_loads(output, 0, NULL);
    ck_assert_uint_eq(json_object_size(json_object_get(out, "alloc")), 0);
    json_decref(out);
    ck_assert_int_eq(run(input, "--state.fork Frontier --state.reward 0" STREAMS), 0);
    out = json_loads(output, 0, NULL); /* an empty account, before EIP-161 */
    ck_assert_uint_eq(json_object_size(json_object_get(out, "alloc")), 2);
    json_decref(out);
}
END_TEST

START_TEST(files_and_traces_go_to_the_folder) {
    char path[256];
    struct stat info;
    static const char *const names[] = {
        "alloc.json", "out.json", "txs.rlp",
        "trace-0-0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788.jsonl"};
    ck_assert_int_eq(run("{" ALLOC "," ENV "},\"txs\":[" TX "," TX "]}",
                         "--state.fork Istanbul --trace --output.result out.json "
                         "--output.body txs.rlp"),
                     0);
    ck_assert_str_eq(output, "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        ck_assert_msg(!stat(path, &info) && info.st_size, "%s", path);
        unlink(path);
    }
    DIR *all = opendir(folder); /* the one that was refused left no trace */
    int n = 0;
    while (readdir(all)) n++;
    closedir(all);
    ck_assert_int_eq(n, 3); /* ., .., input */
}
END_TEST

START_TEST(the_version_is_told_as_tools_look_for_it) {
    char command[512];
    snprintf(command, sizeof command, "'%s' vm -v", getenv("ORRERY_BIN"));
    FILE *pipe = popen(command, "r");
    output[fread(output, 1, sizeof output - 1, pipe)] = 0;
    ck_assert_int_eq(pclose(pipe), 0);
    ck_assert_int_eq(strncmp(output, "evm version ", 12), 0);
}
END_TEST

START_TEST(each_kind_of_bad_input_has_its_exit_code_and_names_its_field) {
    static const struct {
        const char *input, *options, *why;
        int code;
    } cases[] = {
        {"{" ALLOC "," ENV "},\"txs\":[]}", "--state.fork Utopia", "no fork 'Utopia'", 3},
        {"{" ALLOC "," ENV "},\"txs\":[]}", "--state.fork Istanbul+1884", "no fork", 3},
        {"{" ALLOC "," ENV "},\"txs\":[]}", "--state.fork London", "parentBaseFee", 3},
        {"{" ALLOC "," ENV "},\"txs\":[]}", "--state.fork Paris", "parentBaseFee", 3},
        {"{" ALLOC "," ENV ",\"currentBaseFee\":\"7\"},\"txs\":[]}", "--state.fork Paris",
         "no currentRandom", 3},
        {"{" ALLOC "," ENV ",\"currentBaseFee\":\"x\"},\"txs\":[]}", "--state.fork London",
         "currentBaseFee is no number", 10},
        {"{" ALLOC ",\"env\":{},\"txs\":[]}", "", "currentCoinbase", 10},
        {"{" ALLOC "," ENV "},\"txs\":[{\"type\":\"0x9\"}]}", "--state.fork Berlin",
         "txs[0]: type is malformed", 10},
        {"{" ALLOC "," ENV "},\"txs\":[{\"to\":\"0x12\"}]}", "--state.fork Berlin",
         "txs[0]: to is malformed", 10},
        {"{\"alloc\":{\"0x12\":{}}," ENV "},\"txs\":[]}", "--state.fork Berlin",
         "account 0x12: the address", 10},
        {"{" ALLOC "," ENV "},\"txsRlp\":\"0x80\"}", "--state.fork Berlin", "no list in RLP", 12},
        {"{" ALLOC "," ENV "}}", "--state.fork Berlin", "no 'txs'", 10},
        {"{" ALLOC ",", "", "error", 10},
        {"{}", "--nonsense", "no option '--nonsense'", 3},
        {"{" ALLOC "," ENV "},\"txs\":[]}", "--state.fork Berlin --output.alloc no/where",
         "no/where", 11},
        /* BLOCKHASH of block 0, which env does not name */
        {"{\"alloc\":{\"9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f\":{\"balance\":"
         "\"0x1bc16d674ec80000\",\"nonce\":\"0x9\"},"
         "\"3535353535353535353535353535353535353535\":{\"code\":\"0x600040\"}}," ENV
         "},\"txs\":[{\"nonce\":\"0x9\",\"gasPrice\":\"0x1\",\"gas\":\"0x9000\",\"to\":"
         "\"0x3535353535353535353535353535353535353535\",\"secretKey\":"
         "\"0x4646464646464646464646464646464646464646464646464646464646464646\"}]}",
         "--state.fork Berlin", "no hash of block 0", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int code = run(cases[i].input, cases[i].options);
        ck_assert_msg(code == cases[i].code, "%zu: %d: %s", i, code, output);
        ck_assert_msg(strstr(output, cases[i].why) != NULL, "%zu: %s", i, output);
    }
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

ORR_TEST_MAIN("vm.t8n", a_transaction_with_a_key_is_signed_as_the_eips_example,
              what_is_refused_is_named_and_the_rest_goes_on,
              rewards_reach_the_coinbase_and_ommers_and_minus_one_touches_nobody,
              files_and_traces_go_to_the_folder, the_version_is_told_as_tools_look_for_it,
              each_kind_of_bad_input_has_its_exit_code_and_names_its_field)
