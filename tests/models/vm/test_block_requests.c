/* What Cancun, Prague and Osaka add to a block: roots stored by system calls (EIP-4788, 2935),
 * requests from deposit logs and system contracts (EIP-6110, 7002, 7251, 7685), the size limit
 * (EIP-7934), the floor of the blob price (EIP-7918).  The contracts here are small stand-ins of
 * our own at the real addresses; what they do is what the block must make of them. */
#include "models/vm/block.h"

#include <string.h>

#include "models/base/sha256.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/models/vm/signer.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_evm_store *store;
static struct orr_evm_executor *executor;
static struct orr_evm_state *state;
static struct orr_evm_chain_fork rules;
static struct orr_evm_chain_config config;
static struct orr_evm_header parent;
static struct orr_evm_chain_view view;

static struct orr_address address_of(const char *hex) {
    struct orr_buffer b;
    struct orr_address a;
    ck_assert_int_eq(orr_hex_decode(hex, &b), 0);
    ck_assert_uint_eq(b.len, 20);
    memcpy(a.bytes, b.bytes, 20);
    free(b.bytes);
    return a;
}

static const char beacon_roots[] = "000f3df6d732807ef1319fb7b8bb8522d0beac02";
static const char history[] = "0000f90827f1c53a10cb7a02335b175320002935";
static const char withdrawals[] = "00000961ef480eb55e80d19ad83579a64c007002";
static const char consolidations[] = "0000bbddc7ce488642fb579f8b00f3a590007251";
static const char deposits[] = "00000000219ab540356cbb839cbe05303d7705fa";

static void set_code(const char *address, const char *code) {
    struct orr_address a = address_of(address);
    struct orr_buffer b;
    ck_assert_int_eq(orr_hex_decode(code, &b), 0);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_code(state, &a, b.bytes, b.len);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    free(b.bytes);
}

static void setup(enum orr_evm_fork fork) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
    executor = orr_evm_executor_create(&heap.mem);
    state = orr_evm_state_create(store);
    rules = orr_evm_chain_fork(fork);
    config = (struct orr_evm_chain_config){
        .chain_id = orr_u256_from_u64(1), .forks = &rules, .n_forks = 1, .dao_number = UINT64_MAX};
    parent = (struct orr_evm_header){.n_fields = orr_evm_header_fields_of(fork),
                                     .gas_limit = 30000000,
                                     .base_fee = orr_u256_from_u64(7)};
    view = (struct orr_evm_chain_view){.config = &config, .n_ancestors = 1};
    view.ancestors[0] = (struct orr_evm_ancestor){.header = &parent,
                                                  .hash = orr_evm_header_hash(&heap.mem, &parent)};
    set_code(withdrawals, "00"); /* STOP: no requests */
    set_code(consolidations, "00");
}

static void teardown(void) {
    orr_evm_executor_destroy(executor);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* Runs a block with these transactions; only the requests hash and the error are kept. */
static enum orr_evm_block_error run(struct orr_evm_tx *txs, size_t n, struct orr_hash *requests) {
    struct orr_evm_block block = {.txs = txs, .n_txs = n, .has_withdrawals = true};
    block.header = (struct orr_evm_header){.n_fields = parent.n_fields,
                                           .number = 1,
                                           .gas_limit = 30000000,
                                           .timestamp = 12,
                                           .base_fee = orr_u256_from_u64(7),
                                           .parent_hash = view.ancestors[0].hash};
    memset(block.header.parent_beacon_root.bytes, 0xbe, 32);
    struct orr_evm_block_result result;
    enum orr_evm_block_error error = orr_evm_execute_block(executor, state, &view, &block, &result);
    *requests = result.requests_hash;
    if (!error) ck_assert_uint_eq(result.n_receipts, n);
    for (size_t i = 0; i < result.n_receipts; i++) ck_assert(result.receipts[i].is_success);
    orr_evm_block_result_free(&heap.mem, &result);
    return error;
}

/* SHA-256 over the SHA-256 of each request with its type byte in front. */
static struct orr_hash hash_of(size_t n, const uint8_t *const *requests, const size_t *lens) {
    uint8_t digests[3 * 32];
    struct orr_hash hash;
    ck_assert_uint_le(n, 3);
    for (size_t i = 0; i < n; i++) orr_sha256(requests[i], lens[i], digests + 32 * i);
    orr_sha256(digests, 32 * n, hash.bytes);
    return hash;
}

START_TEST(system_calls_hand_the_beacon_root_and_the_parents_hash_to_their_contracts) {
    static const char store_input[] = "5f355f5500"; /* slot 0 := the first word of the input */
    setup(ORR_FORK_PRAGUE);
    set_code(beacon_roots, store_input);
    set_code(history, store_input);
    struct orr_hash requests, empty;
    ck_assert_int_eq(run(NULL, 0, &requests), ORR_BLOCK_OK);
    orr_sha256(NULL, 0, empty.bytes); /* no requests: the hash of nothing */
    ck_assert_mem_eq(&requests, &empty, 32);
    struct orr_address a = address_of(beacon_roots), b = address_of(history);
    struct orr_u256 zero = orr_u256_from_u64(0);
    struct orr_hash kept = orr_u256_to_hash(orr_evm_state_storage(state, &a, &zero));
    ck_assert_uint_eq(kept.bytes[0], 0xbe);
    ck_assert_uint_eq(kept.bytes[31], 0xbe);
    kept = orr_u256_to_hash(orr_evm_state_storage(state, &b, &zero));
    ck_assert_mem_eq(&kept, &view.ancestors[0].hash, 32);
    struct orr_address system = address_of("fffffffffffffffffffffffffffffffffffffffe");
    ck_assert(!orr_evm_state_exists(state, &system));
    teardown();
}
END_TEST

START_TEST(outputs_of_the_request_contracts_are_hashed_in_order_and_empty_ones_left_out) {
    static const uint8_t first[] = {1, 0xaa}, second[] = {2, 0xbb, 0xbb};
    const uint8_t *both[] = {first, second};
    const size_t lens[] = {2, 3};
    setup(ORR_FORK_PRAGUE);
    struct orr_hash got, expected = hash_of(2, both, lens);
    set_code(withdrawals, "60aa5f5360015ff3");        /* returns aa   */
    set_code(consolidations, "61bbbb5f526002601ef3"); /* returns bbbb */
    ck_assert_int_eq(run(NULL, 0, &got), ORR_BLOCK_OK);
    ck_assert_mem_eq(&got, &expected, 32);
    set_code(withdrawals, "00");
    expected = hash_of(1, both + 1, lens + 1);
    ck_assert_int_eq(run(NULL, 0, &got), ORR_BLOCK_OK);
    ck_assert_mem_eq(&got, &expected, 32);
    teardown();
}
END_TEST

START_TEST(a_request_contract_that_is_missing_or_fails_makes_the_block_invalid) {
    struct orr_hash requests;
    setup(ORR_FORK_PRAGUE);
    set_code(consolidations, "fe");
    ck_assert_int_eq(run(NULL, 0, &requests), ORR_BLOCK_SYSTEM_CONTRACT_CALL_FAILED);
    set_code(consolidations, "");
    ck_assert_int_eq(run(NULL, 0, &requests), ORR_BLOCK_SYSTEM_CONTRACT_EMPTY);
    teardown();
    setup(ORR_FORK_CANCUN); /* which asks for none */
    set_code(consolidations, "");
    ck_assert_int_eq(run(NULL, 0, &requests), ORR_BLOCK_OK);
    teardown();
}
END_TEST

/* The deposit contract's event as its ABI lays it out: five byte strings. */
static void deposit_event(uint8_t data[576]) {
    static const struct {
        unsigned at, len;
    } fields[] = {{160, 48}, {256, 32}, {320, 8}, {384, 96}, {512, 8}};
    memset(data, 0, 576);
    for (unsigned i = 0; i < 5; i++) {
        orr_store_be32(data + 32 * i + 28, fields[i].at);
        orr_store_be32(data + fields[i].at + 28, fields[i].len);
        memset(data + fields[i].at + 32, (int)(0x10 + i), fields[i].len);
    }
}

static enum orr_evm_block_error run_deposit(const uint8_t *data, size_t len,
                                            struct orr_hash *requests, uint64_t nonce) {
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY,
                            .has_chain_id = true,
                            .chain_id = orr_u256_from_u64(1),
                            .nonce = nonce,
                            .gas_limit = 200000,
                            .max_fee = orr_u256_from_u64(7),
                            .max_priority_fee = orr_u256_from_u64(7),
                            .to = address_of(deposits),
                            .data = data,
                            .data_len = len};
    sign_tx(&heap.mem, &tx);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_balance(state, &signer, orr_u256_from_u64(1000000000000000000u));
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    return run(&tx, 1, requests);
}

START_TEST(a_deposits_log_becomes_a_request_and_one_of_another_layout_spoils_the_block) {
    setup(ORR_FORK_PRAGUE);
    /* Logs its input under the DepositEvent topic. */
    set_code(deposits, "365f5f37"
                       "7f649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5"
                       "365fa100");
    uint8_t data[576], request[193] = {0};
    struct orr_hash got;
    deposit_event(data);
    uint8_t *to = request + 1;
    for (unsigned i = 0; i < 5; i++) {
        static const unsigned lens[] = {48, 32, 8, 96, 8};
        memset(to, (int)(0x10 + i), lens[i]);
        to += lens[i];
    }
    const uint8_t *requests[] = {request};
    const size_t lens[] = {sizeof request};
    struct orr_hash expected = hash_of(1, requests, lens);
    ck_assert_int_eq(run_deposit(data, sizeof data, &got, 0), ORR_BLOCK_OK);
    ck_assert_mem_eq(&got, &expected, 32);
    data[160 + 31] = 47; /* a public key of 47 bytes */
    ck_assert_int_eq(run_deposit(data, sizeof data, &got, 1),
                     ORR_BLOCK_INVALID_DEPOSIT_EVENT_LAYOUT);
    data[160 + 31] = 48;
    ck_assert_int_eq(run_deposit(data, sizeof data - 1, &got, 2),
                     ORR_BLOCK_INVALID_DEPOSIT_EVENT_LAYOUT);
    teardown();
}
END_TEST

START_TEST(a_networks_own_contracts_are_the_ones_that_count) {
    static const char log_input[] =
        "365f5f377f649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5365fa100";
    static const char own_withdrawals[] = "4242424242424242424242424242424242424242";
    static const uint8_t withdrawal[] = {1, 0xaa};
    struct orr_evm_system_contracts contracts = *orr_evm_chain_contracts(&config);
    uint8_t data[576];
    struct orr_hash got, with_deposit, nothing;
    setup(ORR_FORK_PRAGUE);
    set_code(deposits, log_input);
    deposit_event(data);
    ck_assert_int_eq(run_deposit(data, sizeof data, &with_deposit, 0), ORR_BLOCK_OK);
    orr_sha256(NULL, 0, nothing.bytes);
    ck_assert_mem_ne(&with_deposit, &nothing, 32);
    contracts.deposit = address_of("4343434343434343434343434343434343434343");
    config.contracts = &contracts; /* the same log is another contract's, and no deposit */
    ck_assert_int_eq(run_deposit(data, sizeof data, &got, 1), ORR_BLOCK_OK);
    ck_assert_mem_eq(&got, &nothing, 32);
    data[160 + 31] = 47; /* nor is another layout a fault */
    ck_assert_int_eq(run_deposit(data, sizeof data, &got, 2), ORR_BLOCK_OK);
    data[160 + 31] = 48;
    contracts.deposit = address_of(deposits);
    contracts.withdrawal_requests = address_of(own_withdrawals);
    contracts.history = address_of(own_withdrawals);
    ck_assert_int_eq(run(NULL, 0, &got), ORR_BLOCK_SYSTEM_CONTRACT_EMPTY);
    set_code(own_withdrawals, "5f355f5560aa5f5360015ff3"); /* keeps its input, returns aa */
    const uint8_t *requests[] = {withdrawal};
    const size_t lens[] = {2};
    struct orr_hash expected = hash_of(1, requests, lens);
    struct orr_address a = address_of(own_withdrawals);
    ck_assert_int_eq(run(NULL, 0, &got), ORR_BLOCK_OK);
    ck_assert_mem_eq(&got, &expected, 32);
    ck_assert(orr_evm_state_exists(state, &a));
    teardown();
}
END_TEST

START_TEST(excess_blob_gas_moves_by_the_target_and_in_osaka_by_a_third_below_the_floor) {
    struct orr_evm_chain_fork prague = orr_evm_chain_fork(ORR_FORK_PRAGUE);
    struct orr_evm_chain_fork osaka = orr_evm_chain_fork(ORR_FORK_OSAKA);
    struct orr_evm_header h = {.n_fields = ORR_HEADER_PRAGUE,
                               .base_fee = orr_u256_from_u64(7),
                               .blob_gas_used = 5 * ORR_BLOB_GAS};
    ck_assert_uint_eq(orr_evm_next_excess_blob_gas(&prague, &h), 0); /* the target is 6 */
    h.blob_gas_used = 9 * ORR_BLOB_GAS;
    ck_assert_uint_eq(orr_evm_next_excess_blob_gas(&prague, &h), 3 * ORR_BLOB_GAS);
    /* 2^13 * 7 is below 2^17 * 1: the price is high enough, nothing changes. */
    ck_assert_uint_eq(orr_evm_next_excess_blob_gas(&osaka, &h), 3 * ORR_BLOB_GAS);
    h.base_fee = orr_u256_from_u64(17); /* 2^13 * 17 is above 2^17 */
    h.blob_gas_used = 6 * ORR_BLOB_GAS;
    ck_assert_uint_eq(orr_evm_next_excess_blob_gas(&prague, &h), 0);
    ck_assert_uint_eq(orr_evm_next_excess_blob_gas(&osaka, &h),
                      2 * ORR_BLOB_GAS); /* used * 3 / 9 */
}
END_TEST

START_TEST(osaka_refuses_a_block_above_eight_mebibytes) {
    setup(ORR_FORK_OSAKA);
    struct orr_evm_block block = {.has_withdrawals = true, .size_bytes = ORR_MAX_BLOCK_BYTES + 1};
    block.header = (struct orr_evm_header){.n_fields = ORR_HEADER_PRAGUE,
                                           .number = 1,
                                           .gas_limit = 30000000,
                                           .timestamp = 12,
                                           .parent_hash = view.ancestors[0].hash};
    block.header.base_fee = orr_evm_next_base_fee(&parent);
    block.header.excess_blob_gas = orr_evm_next_excess_blob_gas(&rules, &parent);
    block.header.ommers_hash = block.ommers_hash = orr_keccak256("\xc0", 1);
    struct orr_evm_block_result result;
    ck_assert_int_eq(orr_evm_block_validate(executor, state, &view, &block, &result),
                     ORR_BLOCK_RLP_BLOCK_LIMIT_EXCEEDED);
    orr_evm_block_result_free(&heap.mem, &result);
    block.size_bytes--;
    ck_assert_int_eq(orr_evm_block_validate(executor, state, &view, &block, &result),
                     ORR_BLOCK_INVALID_TRANSACTIONS_ROOT); /* the next thing that is wrong */
    orr_evm_block_result_free(&heap.mem, &result);
    block.size_bytes++;
    rules = orr_evm_chain_fork(ORR_FORK_PRAGUE); /* which has no such limit */
    ck_assert_int_eq(orr_evm_block_validate(executor, state, &view, &block, &result),
                     ORR_BLOCK_INVALID_TRANSACTIONS_ROOT);
    orr_evm_block_result_free(&heap.mem, &result);
    block.has_withdrawals = false;
    ck_assert_int_eq(orr_evm_block_validate(executor, state, &view, &block, &result),
                     ORR_BLOCK_INCORRECT_BLOCK_FORMAT);
    orr_evm_block_result_free(&heap.mem, &result);
    teardown();
}
END_TEST

ORR_TEST_MAIN("vm.block_requests",
              system_calls_hand_the_beacon_root_and_the_parents_hash_to_their_contracts,
              outputs_of_the_request_contracts_are_hashed_in_order_and_empty_ones_left_out,
              a_request_contract_that_is_missing_or_fails_makes_the_block_invalid,
              a_deposits_log_becomes_a_request_and_one_of_another_layout_spoils_the_block,
              a_networks_own_contracts_are_the_ones_that_count,
              excess_blob_gas_moves_by_the_target_and_in_osaka_by_a_third_below_the_floor,
              osaka_refuses_a_block_above_eight_mebibytes)
