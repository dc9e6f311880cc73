/* Filters over a reorganisation: what was told and is abandoned comes again, marked as removed,
 * from the top down; then what is new, from the first block of the new branch on. */
#include <jansson.h>

#include "models/base/hex.h"
#include "sim/cli/rpc/rpc.h"
#include "tests/models/chain/chain_world.h"

static struct orr_chain *chain;
static struct orr_jsonrpc *rpc;

static json_t *ask(const char *method, const char *params) {
    char text[512], *answer;
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
             method, params);
    answer = orr_jsonrpc_answer(rpc, text, strlen(text));
    json_t *json = json_loads(answer, 0, NULL);
    json_t *result = json_object_get(json, "result");
    ck_assert_msg(result != NULL, "%s", answer);
    json_incref(result);
    json_decref(json);
    free(answer);
    return result;
}

/* A block with n calls of the contract that logs; who makes it another block. */
static struct orr_chain_link *log_block(struct orr_chain_link *parent, uint64_t nonce, size_t n,
                                        uint8_t who) {
    struct orr_rlp_writer txs[4];
    struct orr_engine_bytes given[4];
    for (size_t i = 0; i < n; i++) {
        txs[i] = make_tx(ORR_TX_LEGACY, nonce + i, &logger, 0, 100000);
        given[i] = (struct orr_engine_bytes){txs[i].bytes, txs[i].len};
    }
    struct orr_engine_attributes a = {.time = parent->block->block.header.timestamp + 12,
                                      .coinbase = {{0xc0, who}},
                                      .txs = given,
                                      .n_txs = n};
    struct orr_evm_header h;
    struct orr_chain_link *link;
    orr_chain_next_header(chain, parent, &a, &h);
    ck_assert_int_eq(orr_chain_build(chain, parent, &h, &a, NULL, 0, &link), 0);
    for (size_t i = 0; i < n; i++) orr_rlp_free(&txs[i]);
    return link;
}

static void lead(struct orr_chain_link *link) {
    ck_assert_int_eq(orr_chain_choose(chain, link, chain->final, chain->final), 0);
}

static void begin(void) {
    begin_chains(ORR_FORK_PRAGUE);
    chain = new_chain();
    rpc = orr_jsonrpc_new(chain, 1000, true);
}

static void end(void) {
    orr_jsonrpc_free(rpc);
    orr_chain_free(chain);
    end_chains();
}

static bool is_hash(const json_t *json, const struct orr_chain_link *link) {
    char hex[67] = "0x";
    orr_hex_encode(hex + 2, orr_chain_hash(link)->bytes, 32);
    return json_string_value(json) && !strcmp(json_string_value(json), hex);
}

static void must_be_log(const json_t *logs, size_t i, const struct orr_chain_link *of, int index,
                        bool is_removed) {
    char text[20];
    const json_t *log = json_array_get(logs, i);
    snprintf(text, sizeof text, "0x%x", (unsigned)index);
    ck_assert(is_hash(json_object_get(log, "blockHash"), of));
    ck_assert_str_eq(json_string_value(json_object_get(log, "logIndex")), text);
    ck_assert_int_eq(json_is_true(json_object_get(log, "removed")), is_removed);
}

START_TEST(logs_of_an_abandoned_branch_are_told_as_removed_and_then_the_new_ones) {
    begin();
    struct orr_chain_link *a1 = log_block(chain->head, 0, 1, 1), *a2 = log_block(a1, 1, 2, 1);
    struct orr_chain_link *b1 = log_block(chain->head, 0, 2, 2), *b2 = log_block(b1, 2, 0, 2);
    struct orr_chain_link *b3 = log_block(b2, 2, 1, 2);
    json_t *id = ask("eth_newFilter", "[{}]"), *other = ask("eth_newBlockFilter", "[]");
    ck_assert_str_eq(json_string_value(id), "0x1");
    lead(a2);
    json_t *logs = ask("eth_getFilterChanges", "[\"0x1\"]");
    ck_assert_uint_eq(json_array_size(logs), 3);
    must_be_log(logs, 0, a1, 0, false);
    must_be_log(logs, 1, a2, 0, false);
    must_be_log(logs, 2, a2, 1, false);
    json_decref(logs);
    logs = ask("eth_getFilterChanges", "[\"0x1\"]");
    ck_assert_uint_eq(json_array_size(logs), 0);
    json_decref(logs);
    lead(b3);
    logs = ask("eth_getFilterChanges", "[\"0x1\"]");
    ck_assert_uint_eq(json_array_size(logs), 6);
    must_be_log(logs, 0, a2, 0, true);
    must_be_log(logs, 1, a2, 1, true);
    must_be_log(logs, 2, a1, 0, true);
    must_be_log(logs, 3, b1, 0, false); /* the first block of the new branch */
    must_be_log(logs, 4, b1, 1, false);
    must_be_log(logs, 5, b3, 0, false);
    json_decref(logs);
    json_t *hashes = ask("eth_getFilterChanges", "[\"0x2\"]"); /* that was never asked before */
    ck_assert_uint_eq(json_array_size(hashes), 3);
    ck_assert(is_hash(json_array_get(hashes, 0), b1));
    ck_assert(is_hash(json_array_get(hashes, 2), b3));
    json_decref(hashes);
    lead(a2); /* and back: what was removed is there again, and nothing twice */
    logs = ask("eth_getFilterChanges", "[\"0x1\"]");
    ck_assert_uint_eq(json_array_size(logs), 6);
    must_be_log(logs, 0, b3, 0, true);
    must_be_log(logs, 3, a1, 0, false);
    json_decref(logs);
    logs = ask("eth_getFilterLogs", "[\"0x1\"]");
    json_decref(logs);
    json_decref(id);
    json_decref(other);
    end();
}
END_TEST

START_TEST(logs_over_a_range_are_the_union_over_any_split_of_it) {
    enum { N = 12 };
    struct orr_chain_link *link;
    char params[120];
    uint64_t nonce = 0;
    begin();
    link = chain->head;
    for (int i = 0; i < N; i++) {
        link = log_block(link, nonce, (size_t)(i % 4), 1);
        nonce += (uint64_t)(i % 4);
    }
    lead(link);
    for (int a = 0; a <= N; a++)
        for (int b = a; b <= N; b++) {
            snprintf(params, sizeof params, "[{\"fromBlock\":\"0x%x\",\"toBlock\":\"0x%x\"}]", a,
                     b);
            json_t *all = ask("eth_getLogs", params), *parts = json_array();
            for (int n = a; n <= b;) {
                int to = n + (n * 7 + a) % 3;
                if (to > b) to = b;
                snprintf(params, sizeof params, "[{\"fromBlock\":\"0x%x\",\"toBlock\":\"0x%x\"}]",
                         n, to);
                json_t *part = ask("eth_getLogs", params);
                json_array_extend(parts, part);
                json_decref(part);
                n = to + 1;
            }
            ck_assert(json_equal(all, parts));
            json_decref(all);
            json_decref(parts);
        }
    end();
}
END_TEST

START_TEST(without_states_what_needs_them_is_refused_and_the_rest_is_answered) {
    begin();
    lead(log_block(chain->head, 0, 1, 1));
    orr_jsonrpc_free(rpc);
    rpc = orr_jsonrpc_new(chain, 1000, false);
    json_t *logs = ask("eth_getLogs", "[{\"fromBlock\":\"0x0\"}]");
    ck_assert_uint_eq(json_array_size(logs), 1);
    json_decref(logs);
    static const char request[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBalance\",\"params\":"
        "[\"0x7e5f4552091a69125d5dfcb7b8c2659029395bdf\",\"latest\"]}";
    char *answer = orr_jsonrpc_answer(rpc, request, sizeof request - 1);
    ck_assert_ptr_nonnull(strstr(answer, "-32000"));
    free(answer);
    end();
}
END_TEST

ORR_TEST_MAIN("filters", logs_of_an_abandoned_branch_are_told_as_removed_and_then_the_new_ones,
              logs_over_a_range_are_the_union_over_any_split_of_it,
              without_states_what_needs_them_is_refused_and_the_rest_is_answered)
