/* block_test.c - chains of blocks: each must be accepted or refused as the test says, and the
 * head of the chain and its state must be the test's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/chain/chain.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/fixture_header.h"
#include "sim/genesis/genesis.h"
#include "sim/base/json.h"
#include "sim/cli/vm/test.h"
#include "sim/genesis/alloc.h"

/* The chain of one test. */
struct trial {
    struct orr_vm_tester *t;
    const char *name, *network;
    struct orr_evm_chain_config config;
    struct orr_evm_chain_fork forks[2];
    struct orr_evm_system_contracts contracts;
    struct orr_chain_blocks blocks;
    struct orr_chain *chain; /* NULL: it has not begun */
};

static void fail(struct trial *c, const char *reason) {
    orr_vm_report_add(&c->t->report->failed, c->t->file, c->name, c->network, reason, NULL);
}

static bool is_bad(struct trial *c, const char *what, const char *why) {
    char reason[200];
    snprintf(reason, sizeof reason, "%s%s", what, why);
    orr_vm_report_add(&c->t->report->bad, c->t->file, c->name, c->network, reason, NULL);
    return false;
}

/* ---- networks ---- */

/* "Cancun", "FrontierToHomesteadAt5", "ShanghaiToCancunAtTime15k",
 * "ArrowGlacierToParisAtDiffC0000". */
static int set_network(struct trial *c, const json_t *config) {
    char from[64], to[64], why[ORR_GENESIS_WHY_BYTES];
    enum orr_evm_fork fork;
    const char *at = strstr(c->network, "At"), *middle = strstr(c->network, "To");
    c->config = (struct orr_evm_chain_config){.chain_id = orr_u256_from_u64(1),
                                              .forks = c->forks,
                                              .n_forks = 1,
                                              .dao_number = UINT64_MAX,
                                              .contracts = &c->contracts};
    c->contracts = *orr_evm_chain_contracts(orr_evm_chain_mainnet());
    if (orr_genesis_contracts(config, &c->contracts, why)) return is_bad(c, why, ""), ORR_EFORMAT;
    const json_t *chain_id = json_object_get(config, "chainid");
    if (chain_id && orr_json_u256(chain_id, &c->config.chain_id))
        return is_bad(c, "config: chainid is no number", ""), ORR_EFORMAT;
    if (!middle || !at || at < middle) {
        if (orr_fixture_fork(c->network, &fork)) return ORR_ENOTFOUND;
        c->forks[0] = orr_evm_chain_fork(fork);
        c->forks[0].blobs = orr_fixture_blobs(config, c->network, fork);
        return 0;
    }
    snprintf(from, sizeof from, "%.*s", (int)(middle - c->network), c->network);
    snprintf(to, sizeof to, "%.*s", (int)(at - middle - 2), middle + 2);
    if (orr_fixture_fork(from, &fork)) return ORR_ENOTFOUND;
    c->forks[0] = orr_evm_chain_fork(fork);
    c->forks[0].blobs = orr_fixture_blobs(config, from, fork);
    bool is_dao = !strcmp(to, "Dao");
    if (!is_dao && orr_fixture_fork(to, &fork)) return ORR_ENOTFOUND;
    c->config.n_forks = 2;
    c->forks[1] = orr_evm_chain_fork(fork);
    c->forks[1].blobs = orr_fixture_blobs(config, to, fork);
    if (!strncmp(at, "AtTime", 6))
        c->forks[1].from_time = strtoull(at + 6, NULL, 10) * (strchr(at, 'k') ? 1000 : 1);
    else if (!strncmp(at, "AtDiff", 6))
        c->forks[1].from_difficulty = orr_u256_from_u64(strtoull(at + 6, NULL, 16));
    else
        c->forks[1].from_number = strtoull(at + 2, NULL, 10);
    if (is_dao) c->config.dao_number = c->forks[1].from_number;
    return 0;
}

/* ---- the genesis block ---- */

/* The first block's header, from "genesisRLP", or from "genesisBlockHeader" where there is none;
 * *bytes: what its extra data lies in. */
static bool read_genesis(struct trial *c, const json_t *test, struct orr_evm_header *header,
                         struct orr_buffer *bytes) {
    const json_t *rlp = json_object_get(test, "genesisRLP");
    char why[128];
    struct orr_evm_block block;
    if (!rlp) {
        const json_t *fields = json_object_get(test, "genesisBlockHeader");
        if (!orr_fixture_header(fields, header, bytes, why)) return true;
        return is_bad(c, "no genesisRLP, and of genesisBlockHeader ", why);
    }
    if (orr_json_bytes(rlp, bytes))
        return is_bad(c, "genesisRLP is no even number of hexadecimal digits", "");
    if (orr_evm_block_decode(c->t->mem, bytes->bytes, bytes->len, &block)) {
        fail(c, "the genesis block does not decode");
        return false;
    }
    *header = block.header;
    orr_evm_block_free(c->t->mem, &block);
    return true;
}

/* Moves the state in, whatever comes of it. */
static bool begin_chain(struct trial *c, const json_t *test, struct orr_evm_state *state) {
    const struct orr_chain_options options = {.keep = 1, .max_open = UINT32_MAX};
    struct orr_evm_header header;
    struct orr_buffer bytes = {NULL, 0};
    char why[128];
    bool is_good =
        !orr_genesis_state(json_object_get(test, "pre"), state, why) || is_bad(c, "pre: ", why);
    is_good = is_good && read_genesis(c, test, &header, &bytes);
    if (is_good)
        c->chain = orr_chain_new(&c->blocks, &c->config, &options, &header, state);
    else
        orr_evm_state_destroy(state);
    free(bytes.bytes);
    if (!is_good) return false;
    struct orr_hash named, root = orr_evm_state_root(c->chain->head->run->state);
    const json_t *hash = json_object_get(json_object_get(test, "genesisBlockHeader"), "hash");
    if (!orr_hash_equal(root, header.state_root)) {
        fail(c, "another genesis state root");
        return false;
    }
    if (hash &&
        (orr_json_hash(hash, &named) || !orr_hash_equal(named, *orr_chain_hash(c->chain->head)))) {
        fail(c, "another hash of the genesis block");
        return false;
    }
    return true;
}

/* ---- judging ---- */

/* Names that the suites give a fault in their own reading; ours is the second. */
static const struct {
    const char *expected;
    enum orr_evm_block_error error;
} synonyms[] = {
    {"UNKNOWN_PARENT_ZERO", ORR_BLOCK_UNKNOWN_PARENT},
    {"UNCLE_PARENT_INCORRECT", ORR_BLOCK_UNCLE_INVALID},
    {"INVALID_GASLIMIT",
     ORR_BLOCK_INCORRECT_BLOCK_FORMAT}, /* London's first block without base fee */
    {"IMPORT_IMPOSSIBLE", ORR_BLOCK_INCORRECT_BLOCK_FORMAT},
    {"IMPORT_IMPOSSIBLE", ORR_BLOCK_RLP_STRUCTURES_ENCODING},
    {"RLP_", ORR_BLOCK_RLP_STRUCTURES_ENCODING},
    {"RLP_WITHDRAWALS_NOT_READ", ORR_BLOCK_INCORRECT_BLOCK_FORMAT},
    {"UNCLE_IS_ANCESTOR", ORR_BLOCK_UNCLE_KNOWN},
    {"UNCLE_IS_BROTHER", ORR_BLOCK_UNCLE_INVALID},
    {"UNCLE_IN_CHAIN", ORR_BLOCK_UNCLE_KNOWN},
    {"UNCLE_UNKNOWN_PARENT", ORR_BLOCK_UNCLE_INVALID},
    {"BLOB_GAS_USED_ABOVE_LIMIT", ORR_BLOCK_INCORRECT_BLOB_GAS_USED},
    {"TransactionException.", ORR_BLOCK_RLP_STRUCTURES_ENCODING},
};
enum { N_SYNONYMS = sizeof synonyms / sizeof synonyms[0] };

static bool is_synonym(const char *expected, struct orr_chain_verdict v) {
    for (size_t i = 0; i < N_SYNONYMS; i++)
        if (synonyms[i].error == v.error && strstr(expected, synonyms[i].expected)) return true;
    return false;
}

/* Whether one of the names is known here; of others it can only be said that the block is refused.
 */
static bool is_known(const char *expected) {
    for (int i = 1; i < ORR_BLOCK_N_ERRORS; i++)
        if (strstr(expected, orr_evm_block_error_name((enum orr_evm_block_error)i))) return true;
    for (int i = 1; i < ORR_TX_N_ERRORS; i++)
        if (strstr(expected, orr_evm_tx_error_name((enum orr_evm_tx_error)i))) return true;
    for (size_t i = 0; i < N_SYNONYMS; i++)
        if (strstr(expected, synonyms[i].expected)) return true;
    return false;
}

static bool is_expected(const char *expected, struct orr_chain_verdict v) {
    if (!strchr(expected, '.') || !is_known(expected)) return true;
    if (v.tx_error && strstr(expected, orr_evm_tx_error_name(v.tx_error))) return true;
    if (strstr(expected, "TYPE_NOT_SUPPORTED") &&
        strstr(orr_evm_tx_error_name(v.tx_error), "_PRE_FORK"))
        return true; /* a type that comes with a later fork */
    return strstr(expected, orr_evm_block_error_name(v.error)) || is_synonym(expected, v);
}

static bool judge_block(struct trial *c, size_t i, const json_t *block) {
    char reason[400];
    struct orr_buffer bytes;
    if (!json_is_string(json_object_get(block, "rlp"))) {
        snprintf(reason, sizeof reason, "block %zu has no rlp", i);
        orr_vm_report_add(&c->t->report->bad, c->t->file, c->name, c->network, reason, NULL);
        return false;
    }
    const char *expected = json_string_value(json_object_get(block, "expectException"));
    if (!expected && !json_object_get(block, "blockHeader")) expected = "refusal";
    struct orr_chain_verdict v = {
        ORR_BLOCK_RLP_STRUCTURES_ENCODING,
        ORR_TX_RLP_INVALID_VALUE,
        {.rule = "RLP_STRUCTURES_ENCODING", .text = "no hexadecimal digits"}};
    if (!orr_json_bytes(json_object_get(block, "rlp"), &bytes)) {
        struct orr_chain_link *link;
        v = orr_chain_import(c->chain, bytes.bytes, bytes.len, &link);
        if (link) orr_chain_lead(c->chain, link);
        free(bytes.bytes);
    }
    const char *why = v.told.rule, *text = v.told.text;
    if (!v.error && expected)
        snprintf(reason, sizeof reason, "block %zu: accepted, but expected %.200s", i, expected);
    else if (v.error && !expected)
        snprintf(reason, sizeof reason, "block %zu: refused: %s (%s)", i, why, text);
    else if (v.error && c->t->options->wants_reasons && !is_expected(expected, v))
        snprintf(reason, sizeof reason, "block %zu: refused for %s, expected %.200s", i, why,
                 expected);
    else
        return true;
    fail(c, reason);
    return false;
}

static void judge_head(struct trial *c, const json_t *test) {
    struct orr_hash expected, root = orr_evm_state_root(c->chain->head->run->state);
    const json_t *post = json_object_get(test, "postState");
    const json_t *post_hash = json_object_get(test, "postStateHash");
    if (orr_json_hash(json_object_get(test, "lastblockhash"), &expected) ||
        !orr_hash_equal(expected, *orr_chain_hash(c->chain->head))) {
        fail(c, "another head of the chain");
        return;
    }
    if (json_is_object(post)) {
        char why[128];
        struct orr_evm_state *state = orr_evm_state_create(c->blocks.store);
        int bad = orr_genesis_state(post, state, why);
        expected = orr_evm_state_root(state);
        orr_evm_state_destroy(state);
        if (bad || !orr_hash_equal(expected, root)) {
            fail(c, "another post state");
            return;
        }
    } else if (!orr_json_hash(post_hash, &expected) && !orr_hash_equal(expected, root)) {
        fail(c, "another post state");
        return;
    }
    c->t->report->n_passed++;
}

void orr_vm_block_test(struct orr_vm_tester *t, const char *name, const json_t *test) {
    const char *network = json_string_value(json_object_get(test, "network"));
    const json_t *blocks = json_object_get(test, "blocks");
    if (!network || !json_is_array(blocks)) {
        orr_vm_report_add(&t->report->not_run, t->file, name, "", orr_fixture_told(test), NULL);
        return;
    }
    if (t->options->only_fork && strcmp(t->options->only_fork, network)) return;
    struct trial c = {.t = t, .name = name, .network = network};
    int error = set_network(&c, json_object_get(test, "config"));
    if (error == ORR_ENOTFOUND)
        orr_vm_report_add(&t->report->not_run, t->file, name, network, "unknown network", NULL);
    if (error) return;
    orr_chain_blocks_init(&c.blocks, t->mem);
    bool good = begin_chain(&c, test, orr_evm_state_create(c.blocks.store));
    for (size_t i = 0; good && i < json_array_size(blocks); i++)
        good = judge_block(&c, i, json_array_get(blocks, i));
    if (good) judge_head(&c, test);
    orr_chain_free(c.chain);
    orr_chain_blocks_fini(&c.blocks);
}
