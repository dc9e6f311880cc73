/* `orrery vm blocktest` on chains of our own: networks that change their rules on the way, by name,
 * with the blob schedules that a test spells out.  Blocks are empty, so that all that moves is what
 * the rules of the fork make of the header; the figures are worked out by hand beside each. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/sha256.h"
#include "models/vm/block.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/fixture.h"
#include "sim/base/json.h"
#include "sim/cli/vm/test.h"
#include "tests/test.h"
#include "sim/genesis/alloc.h"

static struct orr_heap heap;

/* The contracts that Prague asks at the end of a block; these answer nothing. */
static const char pre[] =
    "{\"0x00000961ef480eb55e80d19ad83579a64c007002\": {\"balance\": \"0x0\", \"nonce\": \"0x1\","
    " \"code\": \"0x00\", \"storage\": {}},"
    " \"0x0000bbddc7ce488642fb579f8b00f3a590007251\": {\"balance\": \"0x0\", \"nonce\": \"0x1\","
    " \"code\": \"0x00\", \"storage\": {}}}";

static json_t *hex_json(const void *bytes, size_t len) {
    char *hex = orr_xrealloc(NULL, 2 * len + 3);
    memcpy(hex, "0x", 2);
    orr_hex_encode(hex + 2, bytes, len);
    json_t *json = json_string(hex);
    free(hex);
    return json;
}

/* A block with this header and nothing in it. */
static json_t *block_json(const struct orr_evm_header *h) {
    struct orr_rlp_writer w = {.mem = &heap.mem};
    size_t all = orr_rlp_list_begin(&w);
    orr_evm_header_encode(h, &w);
    orr_rlp_list_end(&w, orr_rlp_list_begin(&w));
    orr_rlp_list_end(&w, orr_rlp_list_begin(&w));
    if (h->n_fields >= ORR_HEADER_SHANGHAI) orr_rlp_list_end(&w, orr_rlp_list_begin(&w));
    orr_rlp_list_end(&w, all);
    json_t *json = hex_json(w.bytes, w.len);
    orr_rlp_free(&w);
    return json;
}

/* The root of the accounts above, and of a coinbase 0 when it has a balance (hex). */
static struct orr_hash root_with(const char *coinbases) {
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_create(store);
    char why[128];
    json_t *accounts = json_loads(pre, 0, NULL);
    if (coinbases)
        json_object_set_new(
            accounts, "0x0000000000000000000000000000000000000000",
            json_pack("{s:s,s:s,s:s}", "balance", coinbases, "nonce", "0", "code", "0x"));
    ck_assert_int_eq(orr_genesis_state(accounts, state, why), 0);
    struct orr_hash root = orr_evm_state_root(state);
    json_decref(accounts);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    return root;
}

/* The header of an empty block of a fork that keeps Paris' rules. */
static struct orr_evm_header empty_header(enum orr_evm_fork fork) {
    struct orr_evm_header h = {.n_fields = orr_evm_header_fields_of(fork), .gas_limit = 30000000};
    h.state_root = root_with(NULL);
    const uint8_t empty_string = 0x80; /* the root of an empty trie is its hash */
    h.transactions_root = h.receipts_root = h.withdrawals_root = orr_keccak256(&empty_string, 1);
    h.ommers_hash = orr_keccak256("\xc0", 1);
    orr_sha256(NULL, 0, h.requests_hash.bytes); /* EIP-7685: no requests */
    return h;
}

/* A chain as a test file: blocks on the genesis block, the head that is expected.  Runs it and
 * returns whether it passes. */
static json_t *genesis_fields; /* not NULL: the genesis block is given so, and not as RLP */

static bool run_blocks(const char *network, const char *schedule,
                       const struct orr_evm_header *genesis, const struct orr_evm_header *blocks,
                       size_t n, size_t head) {
    struct orr_hash last = orr_evm_header_hash(&heap.mem, &blocks[head]);
    json_error_t error;
    json_t *list = json_array(),
           *config = json_pack("{s:o}", "blobSchedule", json_loads(schedule, 0, NULL));
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:o,s:{}}", "rlp", block_json(&blocks[i]), "blockHeader"));
    json_t *file = json_pack_ex(&error, 0, "{s:{s:s,s:o,s:o,s:o,s:o,s:o}}", "chain", "network",
                                network, "config", config, "pre", json_loads(pre, 0, NULL),
                                genesis_fields ? "genesisBlockHeader" : "genesisRLP",
                                genesis_fields ? json_incref(genesis_fields) : block_json(genesis),
                                "blocks", list, "lastblockhash",
                                hex_json(last.bytes, 32));
    ck_assert_msg(file != NULL, "%s", error.text);
    char path[] = "/tmp/orrery-blocktest-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(json_dumpfd(file, fd, 0), 0);
    close(fd);
    json_decref(file);
    const char *paths[] = {path};
    struct orr_vm_report report = {0};
    orr_vm_test_run(&(struct orr_vm_test_options){.kind = ORR_EVM_BLOCK_TESTS}, paths, 1, &report);
    unlink(path);
    ck_assert_uint_eq(report.bad.n + report.not_run.n, 0);
    ck_assert_uint_eq(report.n_passed + report.failed.n, 1);
    bool passed = report.n_passed;
    orr_vm_report_free(&report);
    return passed;
}

/* The same with one block on the genesis block. */
static bool run(const char *network, const char *schedule, const struct orr_evm_header *genesis,
                struct orr_evm_header child) {
    child.parent_hash = orr_evm_header_hash(&heap.mem, genesis);
    return run_blocks(network, schedule, genesis, &child, 1, 0);
}

/* After a genesis block (excess 10 blobs' gas, `used` blobs, base fee 1 gwei) the block at `time`
 * has `fork`'s fields and this excess, and would be refused with any other. */
static void expect_excess(const char *network, const char *schedule, enum orr_evm_fork before,
                          uint64_t used, enum orr_evm_fork fork, uint64_t time, uint64_t excess) {
    orr_heap_init(&heap);
    struct orr_evm_header genesis = empty_header(before), child = empty_header(fork);
    genesis.base_fee = orr_u256_from_u64(1000000000);
    if (before >= ORR_FORK_CANCUN) {
        genesis.excess_blob_gas = 10 * ORR_BLOB_GAS;
        genesis.blob_gas_used = used * ORR_BLOB_GAS;
    }
    child.number = 1;
    child.timestamp = time;
    child.base_fee = orr_u256_from_u64(875000000); /* an eighth less after an empty block */
    child.excess_blob_gas = excess;
    ck_assert_msg(run(network, schedule, &genesis, child), "%s at %llu", network,
                  (unsigned long long)time);
    child.excess_blob_gas = excess + ORR_BLOB_GAS;
    ck_assert(!run(network, schedule, &genesis, child));
    child.excess_blob_gas = excess;
    child.n_fields = child.n_fields == ORR_HEADER_PRAGUE ? ORR_HEADER_CANCUN : ORR_HEADER_PRAGUE;
    ck_assert(!run(network, schedule, &genesis, child));
    ck_assert_uint_eq(heap.used_bytes, 0);
}

START_TEST(rules_change_at_the_time_in_the_networks_name) {
    static const char none[] = "{}";
    const uint64_t blob = ORR_BLOB_GAS;
    expect_excess("ShanghaiToCancunAtTime15k", none, ORR_FORK_SHANGHAI, 0, ORR_FORK_CANCUN, 15000,
                  0); /* nothing to carry over */
    /* EIP-7691: the target of blobs is 3 before Prague and 6 from Prague on. */
    expect_excess("CancunToPragueAtTime15k", none, ORR_FORK_CANCUN, 6, ORR_FORK_CANCUN, 14999,
                  (10 + 6 - 3) * blob);
    expect_excess("CancunToPragueAtTime15k", none, ORR_FORK_CANCUN, 6, ORR_FORK_PRAGUE, 15000,
                  (10 + 6 - 6) * blob);
    /* EIP-7918: 2^13 * 1 gwei is far above 2^17 * 1 wei, so the excess grows by used * 3 / 9. */
    expect_excess("PragueToOsakaAtTime15k", none, ORR_FORK_PRAGUE, 6, ORR_FORK_PRAGUE, 14999,
                  (10 + 6 - 6) * blob);
    expect_excess("PragueToOsakaAtTime15k", none, ORR_FORK_PRAGUE, 6, ORR_FORK_OSAKA, 15000,
                  (10 + 2) * blob);
}
END_TEST

START_TEST(the_blob_schedule_of_a_test_counts_for_the_fork_that_it_names) {
    static const char schedule[] =
        "{\"Osaka\": {\"target\": \"0x06\", \"max\": \"0x09\", \"baseFeeUpdateFraction\": "
        "\"0x4c6964\"}, \"BPO1\": {\"target\": \"0x09\", \"max\": \"0x0c\", "
        "\"baseFeeUpdateFraction\": \"0x86c73b\"}}";
    const uint64_t blob = ORR_BLOB_GAS;
    expect_excess("OsakaToBPO1AtTime15k", schedule, ORR_FORK_OSAKA, 6, ORR_FORK_OSAKA, 14999,
                  (10 + 2) * blob);
    /* 6 blobs * (12 - 9) / 12: one and a half */
    expect_excess("OsakaToBPO1AtTime15k", schedule, ORR_FORK_OSAKA, 6, ORR_FORK_OSAKA, 15000,
                  (10 + 1) * blob + blob / 2);
    /* The base fee is so low that the floor does not reach: 10 + 12 - 9 by the target. */
    orr_heap_init(&heap);
    struct orr_evm_header genesis = empty_header(ORR_FORK_OSAKA), child = genesis;
    genesis.base_fee = child.base_fee = orr_u256_from_u64(7);
    genesis.excess_blob_gas = 10 * blob;
    genesis.blob_gas_used = 12 * blob;
    child.number = 1, child.timestamp = 12;
    child.excess_blob_gas = 13 * blob;
    ck_assert(run("BPO1", schedule, &genesis, child));
    child.blob_gas_used = blob; /* without a blob in the block */
    ck_assert(!run("BPO1", schedule, &genesis, child));
}
END_TEST

START_TEST(an_empty_block_of_prague_passes_with_the_hash_of_no_requests_only) {
    orr_heap_init(&heap);
    struct orr_evm_header genesis = empty_header(ORR_FORK_PRAGUE), child = genesis;
    genesis.base_fee = child.base_fee = orr_u256_from_u64(7);
    child.number = 1, child.timestamp = 12;
    ck_assert(run("Prague", "{}", &genesis, child));
    child.requests_hash.bytes[0] ^= 1;
    ck_assert(!run("Prague", "{}", &genesis, child));
}
END_TEST

static void set_field(const char *name, const void *bytes, size_t len) {
    json_object_set_new(genesis_fields, name, hex_json(bytes, len));
}

static void set_number(const char *name, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    json_object_set_new(genesis_fields, name, json_string(text));
}

START_TEST(a_genesis_block_is_built_from_its_header_where_its_rlp_is_not_given) {
    orr_heap_init(&heap);
    struct orr_evm_header h = empty_header(ORR_FORK_PRAGUE), child = h;
    h.base_fee = child.base_fee = orr_u256_from_u64(7);
    child.number = 1, child.timestamp = 12;
    genesis_fields = json_object();
    set_field("parentHash", &h.parent_hash, 32);
    set_field("uncleHash", &h.ommers_hash, 32);
    set_field("coinbase", &h.coinbase, 20);
    set_field("stateRoot", &h.state_root, 32);
    set_field("transactionsTrie", &h.transactions_root, 32);
    set_field("receiptTrie", &h.receipts_root, 32);
    set_field("bloom", &h.bloom, 256);
    set_field("extraData", "", 0);
    set_field("mixHash", &h.mix_hash, 32);
    set_field("nonce", h.nonce, 8);
    set_field("withdrawalsRoot", &h.withdrawals_root, 32);
    set_field("parentBeaconBlockRoot", &h.parent_beacon_root, 32);
    set_field("requestsHash", &h.requests_hash, 32);
    set_number("difficulty", 0);
    set_number("number", 0);
    set_number("gasLimit", 30000000);
    set_number("gasUsed", 0);
    set_number("timestamp", 0);
    set_number("baseFeePerGas", 7);
    set_number("blobGasUsed", 0);
    set_number("excessBlobGas", 0);
    ck_assert(run("Prague", "{}", &h, child));
    struct orr_hash hash = orr_evm_header_hash(&heap.mem, &h);
    set_field("hash", &hash, 32);
    ck_assert(run("Prague", "{}", &h, child));
    hash.bytes[0] ^= 1;
    set_field("hash", &hash, 32);
    ck_assert(!run("Prague", "{}", &h, child));
    json_object_del(genesis_fields, "hash");
    set_number("gasLimit", 29999999); /* another block, which the child does not follow */
    ck_assert(!run("Prague", "{}", &h, child));
    json_decref(genesis_fields);
    genesis_fields = NULL;
}
END_TEST

START_TEST(the_heaviest_chain_leads_before_paris_and_the_last_block_after_it) {
    orr_heap_init(&heap);
    struct orr_evm_header genesis = empty_header(ORR_FORK_LONDON), blocks[2];
    struct orr_evm_chain_fork rules = orr_evm_chain_fork(ORR_FORK_LONDON);
    genesis.difficulty = orr_u256_from_u64(2048000);
    genesis.base_fee = orr_u256_from_u64(7);
    for (int i = 0; i < 2; i++) { /* the first soon, the second late and so the lighter */
        blocks[i] = genesis;
        blocks[i].number = 1;
        blocks[i].timestamp = i ? 100 : 1;
        blocks[i].parent_hash = orr_evm_header_hash(&heap.mem, &genesis);
        blocks[i].state_root = root_with("0x1bc16d674ec80000"); /* two ether */
        blocks[i].difficulty =
            orr_evm_next_difficulty(&rules, &genesis.difficulty, 0, false, 1, blocks[i].timestamp);
    }
    ck_assert(run_blocks("London", "{}", &genesis, blocks, 2, 0));
    ck_assert(!run_blocks("London", "{}", &genesis, blocks, 2, 1));
    struct orr_evm_header swapped[] = {blocks[1], blocks[0]};
    ck_assert(run_blocks("London", "{}", &genesis, swapped, 2, 1));
    genesis.difficulty = orr_u256_from_u64(0);
    for (int i = 0; i < 2; i++) {
        blocks[i].difficulty = genesis.difficulty;
        blocks[i].parent_hash = orr_evm_header_hash(&heap.mem, &genesis);
        blocks[i].state_root = genesis.state_root; /* no reward */
    }
    ck_assert(run_blocks("Paris", "{}", &genesis, blocks, 2, 1));
    ck_assert(!run_blocks("Paris", "{}", &genesis, blocks, 2, 0));
}
END_TEST

ORR_TEST_MAIN("vm.blocktest", the_heaviest_chain_leads_before_paris_and_the_last_block_after_it,
              a_genesis_block_is_built_from_its_header_where_its_rlp_is_not_given,
              rules_change_at_the_time_in_the_networks_name,
              the_blob_schedule_of_a_test_counts_for_the_fork_that_it_names,
              an_empty_block_of_prague_passes_with_the_hash_of_no_requests_only)
