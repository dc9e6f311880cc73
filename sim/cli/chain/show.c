/* orrery chain show: one block of a chain in a folder, with its transactions, receipts and logs. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/text.h"
#include "sim/cli/chain/load.h"
#include "sim/cli/vm/json_write.h"

#define VERB "chain show"

int orr_chain_show_command(int argc, char **argv);

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery chain show FOLDER --block NUMBER [--forkenv FILE] [--json]\n\n"
            "Imports FOLDER/chain.rlp on FOLDER/genesis.json up to that block and prints it,\n"
            "with its transactions, receipts and logs.  Block 0 is the first one.\n"
            "  --forkenv FILE  as for `orrery chain import`\n"
            "  --json          as one JSON object, numbers in hexadecimal as JSON-RPC has them\n"
            "Exit codes: 0 shown, 1 a block before it breaks a rule, 2 bad input or no such "
            "block.\n");
    return to == stdout ? 0 : 2;
}

/* ---- JSON ---- */

/* What is read from: the chain through its contract. */
struct shown {
    const struct orr_engine *engine;
    void *chain;
    struct orr_engine_block block;
};

static json_t *logs_json(const struct shown *s, uint32_t i, const struct orr_engine_receipt *r) {
    json_t *logs = json_array();
    for (uint32_t k = 0; k < r->n_logs; k++) {
        struct orr_engine_log log;
        if (s->engine->log(s->chain, &s->block.hash, i, k, &log)) break;
        json_t *json = json_object(), *topics = json_array();
        orr_json_set_number(json, "logIndex", r->first_log + k);
        orr_json_set_address(json, "address", &log.address);
        for (int t = 0; t < log.n_topics; t++) {
            char hex[67] = "0x";
            orr_hex_encode(hex + 2, log.topics[t].bytes, 32);
            json_array_append_new(topics, json_string(hex));
        }
        json_object_set_new(json, "topics", topics);
        orr_json_set_data(json, "data", log.data, log.len);
        json_array_append_new(logs, json);
    }
    return logs;
}

static json_t *receipt_json(const struct shown *s, uint32_t i) {
    struct orr_engine_receipt r;
    if (s->engine->receipt(s->chain, &s->block.hash, i, &r)) return json_null();
    json_t *json = json_object();
    if (r.has_status)
        orr_json_set_number(json, "status", r.is_success);
    else
        orr_json_set_hash(json, "root", &r.post_state);
    orr_json_set_number(json, "gasUsed", r.gas_used);
    orr_json_set_number(json, "cumulativeGasUsed", r.cumulative_gas);
    if (r.has_created) orr_json_set_address(json, "contractAddress", &r.created);
    orr_json_set_data(json, "logsBloom", r.bloom, 256);
    json_object_set_new(json, "logs", logs_json(s, i, &r));
    return json;
}

static json_t *tx_json(const struct shown *s, uint32_t i) {
    struct orr_engine_tx tx;
    json_t *json = json_object();
    if (s->engine->tx(s->chain, &s->block.hash, i, &tx)) return json;
    orr_json_set_hash(json, "hash", &tx.hash);
    orr_json_set_number(json, "type", tx.type);
    orr_json_set_address(json, "from", &tx.sender);
    if (tx.is_create)
        json_object_set_new(json, "to", json_null());
    else
        orr_json_set_address(json, "to", &tx.to);
    orr_json_set_number(json, "nonce", tx.nonce);
    orr_json_set_quantity(json, "value", tx.value);
    orr_json_set_number(json, "gas", tx.gas_limit);
    orr_json_set_quantity(json, "maxFeePerGas", tx.max_fee);
    orr_json_set_quantity(json, "maxPriorityFeePerGas", tx.max_priority_fee);
    orr_json_set_quantity(json, "effectiveGasPrice", tx.price);
    orr_json_set_data(json, "input", tx.data, tx.data_len);
    orr_json_set_data(json, "raw", tx.bytes, tx.len);
    json_object_set_new(json, "receipt", receipt_json(s, i));
    return json;
}

static void show_json(const struct shown *s) {
    const struct orr_engine_block *b = &s->block;
    json_t *json = json_object(), *txs = json_array();
    orr_json_set_number(json, "number", b->number);
    orr_json_set_hash(json, "hash", &b->hash);
    orr_json_set_hash(json, "parentHash", &b->parent_hash);
    orr_json_set_hash(json, "sha3Uncles", &b->ommers_hash);
    orr_json_set_address(json, "miner", &b->coinbase);
    orr_json_set_hash(json, "stateRoot", &b->state_root);
    orr_json_set_hash(json, "transactionsRoot", &b->transactions_root);
    orr_json_set_hash(json, "receiptsRoot", &b->receipts_root);
    orr_json_set_data(json, "logsBloom", b->bloom, 256);
    orr_json_set_quantity(json, "difficulty", b->difficulty);
    orr_json_set_quantity(json, "totalDifficulty", b->total_difficulty);
    orr_json_set_number(json, "gasLimit", b->gas_limit);
    orr_json_set_number(json, "gasUsed", b->gas_used);
    orr_json_set_number(json, "timestamp", b->time);
    orr_json_set_data(json, "extraData", b->extra_data, b->extra_data_len);
    orr_json_set_hash(json, "mixHash", &b->mix_hash);
    orr_json_set_data(json, "nonce", b->nonce, sizeof b->nonce);
    if (b->has_base_fee) orr_json_set_quantity(json, "baseFeePerGas", b->base_fee);
    if (b->has_withdrawals) orr_json_set_hash(json, "withdrawalsRoot", &b->withdrawals_root);
    if (b->has_blob_gas) {
        orr_json_set_number(json, "blobGasUsed", b->blob_gas_used);
        orr_json_set_number(json, "excessBlobGas", b->excess_blob_gas);
        orr_json_set_quantity(json, "blobBaseFee", b->blob_fee);
        orr_json_set_hash(json, "parentBeaconBlockRoot", &b->parent_beacon_root);
    }
    if (b->has_requests) orr_json_set_hash(json, "requestsHash", &b->requests_hash);
    if (b->has_access_list) {
        orr_json_set_hash(json, "blockAccessListHash", &b->access_list_hash);
        orr_json_set_number(json, "slotNumber", b->slot_number);
    }
    orr_json_set_number(json, "size", b->len);
    orr_json_set_number(json, "uncles", b->n_ommers);
    orr_json_set_number(json, "withdrawals", b->n_withdrawals);
    for (uint32_t i = 0; i < b->n_txs; i++) json_array_append_new(txs, tx_json(s, i));
    json_object_set_new(json, "transactions", txs);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

/* ---- text ---- */

static void print_bytes(const char *before, const void *bytes, size_t len, const char *after) {
    char *hex = orr_xrealloc(NULL, 2 * len + 1);
    orr_hex_encode(hex, bytes, len);
    printf("%s0x%s%s", before, hex, after);
    free(hex);
}

static void print_word(const char *before, struct orr_u256 v, const char *after) {
    char text[ORR_CHAIN_VALUE_BYTES];
    struct orr_hash hash = orr_u256_to_hash(v);
    orr_chain_value_text(ORR_ENGINE_NUMBER, &hash, text);
    printf("%s%s%s", before, text, after);
}

static void show_log(const struct orr_engine_log *log, uint32_t number) {
    printf("    log %u ", number);
    print_bytes("", log->address.bytes, 20, "\n");
    for (int t = 0; t < log->n_topics; t++)
        print_bytes("      topic ", log->topics[t].bytes, 32, "\n");
    if (log->len) print_bytes("      data  ", log->data, log->len, "\n");
}

static void show_tx(const struct shown *s, uint32_t i) {
    struct orr_engine_tx tx;
    struct orr_engine_receipt r;
    if (s->engine->tx(s->chain, &s->block.hash, i, &tx)) return;
    printf("transaction %u", i);
    print_bytes(" ", tx.hash.bytes, 32, "\n");
    printf("    type %u, nonce %llu\n", tx.type, (unsigned long long)tx.nonce);
    print_bytes("    from  ", tx.sender.bytes, 20, "\n");
    if (tx.is_create)
        printf("    creates a contract\n");
    else
        print_bytes("    to    ", tx.to.bytes, 20, "\n");
    print_word("    value ", tx.value, " wei, ");
    print_word("price ", tx.price, " wei per gas\n");
    if (tx.data_len) printf("    input %zu bytes\n", tx.data_len);
    if (s->engine->receipt(s->chain, &s->block.hash, i, &r)) return;
    printf("    gas   %llu of %llu", (unsigned long long)r.gas_used,
           (unsigned long long)tx.gas_limit);
    printf("%s\n", !r.has_status ? "" : r.is_success ? ", success" : ", failed");
    if (r.has_created) print_bytes("    at    ", r.created.bytes, 20, "\n");
    for (uint32_t k = 0; k < r.n_logs; k++) {
        struct orr_engine_log log;
        if (!s->engine->log(s->chain, &s->block.hash, i, k, &log)) show_log(&log, r.first_log + k);
    }
}

static void show_text(const struct shown *s) {
    const struct orr_engine_block *b = &s->block;
    printf("block         %llu", (unsigned long long)b->number);
    print_bytes(", ", b->hash.bytes, 32, "\n");
    print_bytes("parent        ", b->parent_hash.bytes, 32, "\n");
    print_bytes("state root    ", b->state_root.bytes, 32, "\n");
    print_bytes("receipts root ", b->receipts_root.bytes, 32, "\n");
    print_bytes("coinbase      ", b->coinbase.bytes, 20, "\n");
    printf("time          %llu s\n", (unsigned long long)b->time);
    printf("gas           %llu of %llu\n", (unsigned long long)b->gas_used,
           (unsigned long long)b->gas_limit);
    if (b->has_base_fee) print_word("base fee      ", b->base_fee, " wei per gas\n");
    if (b->has_blob_gas)
        printf("blob gas      %llu, excess %llu\n", (unsigned long long)b->blob_gas_used,
               (unsigned long long)b->excess_blob_gas);
    if (b->has_withdrawals) printf("withdrawals   %u\n", b->n_withdrawals);
    if (b->n_ommers) printf("ommers        %u\n", b->n_ommers);
    printf("transactions  %u\n", b->n_txs);
    for (uint32_t i = 0; i < b->n_txs; i++) show_tx(s, i);
}

/* ---- the verb ---- */

/* `ctx`: the number that is looked for. */
static bool is_there(void *ctx, const struct orr_chain_link *link) {
    return orr_chain_number(link) == *(const uint64_t *)ctx;
}

static int show(const char *folder, uint64_t number, const char *forkenv, bool as_json) {
    struct orr_chain_load load;
    struct orr_chain_refused refused;
    size_t len = strlen(folder) + sizeof "/genesis.json";
    char *genesis = orr_xrealloc(NULL, len), *chain = orr_xrealloc(NULL, len);
    snprintf(genesis, len, "%s/genesis.json", folder);
    snprintf(chain, len, "%s/chain.rlp", folder);
    int code = orr_chain_load_begin(&load, VERB, genesis, forkenv, ORR_CHAIN_LOAD_ALL);
    bool is_first = !code && orr_chain_number(load.chain->head) == number;
    if (!code && !is_first) code = orr_chain_load_file(&load, chain, is_there, &number, &refused);
    struct shown s = {.engine = &orr_chain_engine, .chain = load.chain};
    if (code == 1) {
        fprintf(stderr, "orrery " VERB ": %s: block %llu before it breaks a rule: %s (%s)\n", chain,
                (unsigned long long)refused.number, refused.verdict.told.rule,
                refused.verdict.told.text);
    } else if (!code && s.engine->block_at(s.chain, number, &s.block)) {
        fprintf(stderr, "orrery " VERB ": %s: no block %llu: the last one is %llu\n", chain,
                (unsigned long long)number, (unsigned long long)orr_chain_number(load.chain->head));
        code = 2;
    } else if (!code) {
        if (as_json)
            show_json(&s);
        else
            show_text(&s);
    }
    orr_chain_load_end(&load);
    free(genesis);
    free(chain);
    return code;
}

static bool read_number(const char *text, uint64_t *number) {
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && !errno;
}

int orr_chain_show_command(int argc, char **argv) {
    const char *folder = NULL, *forkenv = NULL, *block = NULL;
    bool as_json = false;
    uint64_t number;
    for (int i = 1; i < argc; i++) {
        const char **value = !strcmp(argv[i], "--block")     ? &block
                             : !strcmp(argv[i], "--forkenv") ? &forkenv
                                                             : NULL;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
        if (!strcmp(argv[i], "--json")) {
            as_json = true;
        } else if (value && i + 1 < argc) {
            *value = argv[++i];
        } else if (argv[i][0] == '-' || folder) {
            fprintf(stderr, "orrery " VERB ": '%s' is not expected here, or lacks its value\n",
                    argv[i]);
            return usage(stderr);
        } else {
            folder = argv[i];
        }
    }
    if (!folder || !block) return usage(stderr);
    if (read_number(block, &number)) return show(folder, number, forkenv, as_json);
    fprintf(stderr, "orrery " VERB ": --block: '");
    orr_text_print(block, strnlen(block, 60), stderr);
    fprintf(stderr, "' is no block number\n");
    return 2;
}
