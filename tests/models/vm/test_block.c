/* A block of our own making on a genesis of our own: it validates, and each field that is changed
 * is found out by name. */
#include "models/vm/block.h"

#include <string.h>

#include "models/base/error.h"
#include "models/vm/trie.h"
#include "models/vm/witness.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/test.h"

/* EIP-155's example transaction, from 0x9d8a... with nonce 9. */
static const char example[] =
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
    "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a0"
    "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

static struct orr_heap heap;
static struct orr_evm_store *store;
static struct orr_evm_executor *executor;
static struct orr_evm_state *base;
static struct orr_evm_chain_fork fork_rules;
static struct orr_evm_chain_config config;
static struct orr_evm_header genesis;
static struct orr_evm_chain_view view;
static struct orr_evm_block block;
static struct orr_buffer tx_bytes, block_bytes;

/* Header, one transaction, no ommers, one withdrawal; decoded again, as a peer would see it. */
static void encode_block(struct orr_evm_header *h) {
    struct orr_rlp_writer w = {.mem = &heap.mem};
    size_t all = orr_rlp_list_begin(&w);
    orr_evm_header_encode(h, &w);
    size_t txs = orr_rlp_list_begin(&w);
    orr_rlp_write_raw(&w, tx_bytes.bytes, tx_bytes.len);
    orr_rlp_list_end(&w, txs);
    orr_rlp_list_end(&w, orr_rlp_list_begin(&w));
    size_t withdrawals = orr_rlp_list_begin(&w), one = orr_rlp_list_begin(&w);
    orr_rlp_write_u64(&w, 0);
    orr_rlp_write_u64(&w, 7);
    orr_rlp_write_string(&w, "withdrawal to here..", 20);
    orr_rlp_write_u64(&w, 32000000000);
    orr_rlp_list_end(&w, one);
    orr_rlp_list_end(&w, withdrawals);
    orr_rlp_list_end(&w, all);
    free(block_bytes.bytes);
    block_bytes = (struct orr_buffer){malloc(w.len), w.len};
    memcpy(block_bytes.bytes, w.bytes, w.len);
    orr_rlp_free(&w);
    orr_evm_block_free(&heap.mem, &block);
    ck_assert_int_eq(orr_evm_block_decode(&heap.mem, block_bytes.bytes, block_bytes.len, &block),
                     0);
}

static struct orr_evm_header make_header(void) {
    struct orr_evm_header h = {.n_fields = ORR_HEADER_CANCUN,
                               .number = 1,
                               .gas_limit = 30000000,
                               .timestamp = 1012,
                               .coinbase = {{0xc0}}};
    h.parent_hash = view.ancestors[0].hash;
    h.ommers_hash = orr_keccak256("\xc0", 1);
    h.base_fee = orr_evm_next_base_fee(&genesis);
    h.blob_gas_used = 0;
    h.excess_blob_gas = orr_evm_next_excess_blob_gas(&fork_rules, &genesis);
    return h;
}

static void setup(void) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
    executor = orr_evm_executor_create(&heap.mem);
    base = orr_evm_state_create(store);
    struct orr_buffer sender;
    struct orr_address from;
    ck_assert_int_eq(orr_hex_decode("9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f", &sender), 0);
    memcpy(from.bytes, sender.bytes, 20);
    free(sender.bytes);
    orr_evm_state_begin_tx(base);
    orr_evm_state_set_balance(base, &from, orr_u256_from_u64(2000000000000000000u));
    orr_evm_state_set_nonce(base, &from, 9);
    orr_evm_state_end_tx(base, ORR_FORK_CANCUN);
    fork_rules = orr_evm_chain_fork(ORR_FORK_CANCUN);
    config = (struct orr_evm_chain_config){.chain_id = orr_u256_from_u64(1),
                                           .forks = &fork_rules,
                                           .n_forks = 1,
                                           .dao_number = UINT64_MAX};
    genesis = (struct orr_evm_header){.n_fields = ORR_HEADER_CANCUN,
                                      .gas_limit = 30000000,
                                      .timestamp = 1000,
                                      .base_fee = orr_u256_from_u64(1000000000)};
    genesis.ommers_hash = orr_keccak256("\xc0", 1);
    genesis.state_root = orr_evm_state_root(base);
    view = (struct orr_evm_chain_view){.config = &config, .n_ancestors = 1};
    view.ancestors[0] = (struct orr_evm_ancestor){.header = &genesis,
                                                  .hash = orr_evm_header_hash(&heap.mem, &genesis)};
    ck_assert_int_eq(orr_hex_decode(example, &tx_bytes), 0);
}

static void teardown(void) {
    orr_evm_block_free(&heap.mem, &block);
    free(block_bytes.bytes);
    free(tx_bytes.bytes);
    block_bytes = (struct orr_buffer){NULL, 0};
    orr_evm_executor_destroy(executor);
    orr_evm_state_destroy(base);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* Runs the block and writes what comes out into the header. */
static struct orr_evm_header seal(struct orr_evm_header h) {
    encode_block(&h);
    struct orr_evm_block_result result;
    struct orr_evm_state *state = orr_evm_state_fork(base);
    ck_assert_int_eq(orr_evm_execute_block(executor, state, &view, &block, &result), ORR_BLOCK_OK);
    ck_assert_uint_eq(result.n_receipts, 1);
    ck_assert_uint_eq(result.gas_used, 21000);
    h.gas_used = result.gas_used;
    h.bloom = result.bloom;
    h.receipts_root = result.receipts_root;
    h.state_root = result.state_root;
    const uint8_t *tx = block.tx_items[0].payload, *w = block.withdrawal_items[0].encoding;
    h.transactions_root = orr_trie_list_root(&heap.mem, &tx, &block.tx_items[0].len, 1);
    h.withdrawals_root =
        orr_trie_list_root(&heap.mem, &w, &block.withdrawal_items[0].encoding_len, 1);
    orr_evm_block_result_free(&heap.mem, &result);
    orr_evm_state_destroy(state);
    return h;
}

static enum orr_evm_block_error validate(struct orr_evm_header h) {
    struct orr_evm_block_result result;
    encode_block(&h);
    struct orr_evm_state *state = orr_evm_state_fork(base);
    enum orr_evm_block_error error =
        orr_evm_block_validate(executor, state, &view, &block, &result);
    orr_evm_block_result_free(&heap.mem, &result);
    orr_evm_state_destroy(state);
    struct orr_hash root = orr_evm_state_root(base); /* the parent's state is as it was */
    ck_assert_mem_eq(&root, &genesis.state_root, 32);
    return error;
}

START_TEST(a_sealed_block_validates_and_each_changed_field_is_found_out) {
    setup();
    const struct orr_evm_header good = seal(make_header());
    ck_assert_int_eq(validate(good), ORR_BLOCK_OK);
#define SPOIL(change, expected)                              \
    do {                                                     \
        struct orr_evm_header h = good;                      \
        change;                                              \
        ck_assert_int_eq(validate(h), ORR_BLOCK_##expected); \
    } while (0)
    SPOIL(h.parent_hash.bytes[0] ^= 1, UNKNOWN_PARENT);
    SPOIL(h.ommers_hash.bytes[0] ^= 1, IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS);
    SPOIL(h.coinbase.bytes[0] ^= 1, INVALID_STATE_ROOT);
    SPOIL(h.state_root.bytes[31] ^= 1, INVALID_STATE_ROOT);
    SPOIL(h.transactions_root.bytes[5] ^= 1, INVALID_TRANSACTIONS_ROOT);
    SPOIL(h.receipts_root.bytes[5] ^= 1, INVALID_RECEIPTS_ROOT);
    SPOIL(h.withdrawals_root.bytes[5] ^= 1, INVALID_WITHDRAWALS_ROOT);
    SPOIL(h.bloom.bytes[255] ^= 1, INVALID_LOG_BLOOM);
    SPOIL(h.difficulty = orr_u256_from_u64(1), IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS);
    SPOIL(h.nonce[7] = 1, IMPORT_IMPOSSIBLE_NONCE_OVER_PARIS);
    SPOIL(h.number = 2, INVALID_BLOCK_NUMBER);
    SPOIL(h.timestamp = 1000, INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT);
    SPOIL(h.gas_limit += 30000000 / 1024, INVALID_GASLIMIT);
    SPOIL(h.gas_used = 30000001, GAS_USED_OVERFLOW);
    SPOIL(h.gas_used = 21001, INVALID_GAS_USED);
    SPOIL(h.base_fee = orr_u256_from_u64(1), INVALID_BASEFEE_PER_GAS);
    SPOIL(h.excess_blob_gas = 1, INCORRECT_EXCESS_BLOB_GAS);
    SPOIL(h.blob_gas_used = 131072, INCORRECT_BLOB_GAS_USED);
    SPOIL(h.n_fields = ORR_HEADER_SHANGHAI, INCORRECT_BLOCK_FORMAT);
    SPOIL((h.extra_data = (const uint8_t *)"one byte more than there may be..",
           h.extra_data_len = 33),
          EXTRA_DATA_TOO_BIG);
#undef SPOIL
    teardown();
}
END_TEST

START_TEST(a_block_runs_statelessly_on_its_witness) {
    setup();
    const struct orr_evm_header good = seal(make_header());
    struct orr_evm_header h = good;
    encode_block(&h);
    struct orr_evm_witness *witness = orr_evm_witness_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_fork(base);
    struct orr_evm_block_result result;
    orr_evm_witness_record(store, witness);
    ck_assert_int_eq(orr_evm_block_validate(executor, state, &view, &block, &result), ORR_BLOCK_OK);
    orr_evm_witness_record(store, NULL);
    orr_evm_block_result_free(&heap.mem, &result);
    orr_evm_state_destroy(state);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_evm_witness_write(witness, &w);
    struct orr_evm_store *partial;
    struct orr_trie_node *trie;
    ck_assert_int_eq(
        orr_evm_witness_open(&heap.mem, w.bytes, w.len, &genesis.state_root, &partial, &trie), 0);
    state = orr_evm_state_open(partial, trie);
    ck_assert_int_eq(orr_evm_block_validate(executor, state, &view, &block, &result), ORR_BLOCK_OK);
    ck_assert_int_eq(orr_evm_state_error(state), 0);
    orr_evm_block_result_free(&heap.mem, &result);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(partial);
    orr_rlp_free(&w);
    orr_evm_witness_destroy(witness);
    teardown();
}
END_TEST

START_TEST(base_fee_and_blob_fee_move_as_their_eips_say) {
    struct orr_evm_header parent = {.n_fields = ORR_HEADER_LONDON,
                                    .gas_limit = 20000000,
                                    .gas_used = 10000000,
                                    .base_fee = orr_u256_from_u64(1000)};
    ck_assert_uint_eq(orr_evm_next_base_fee(&parent).limb[0], 1000);
    parent.gas_used = 20000000;
    ck_assert_uint_eq(orr_evm_next_base_fee(&parent).limb[0], 1125); /* an eighth more */
    parent.gas_used = 0;
    ck_assert_uint_eq(orr_evm_next_base_fee(&parent).limb[0], 875);
    parent.base_fee = orr_u256_from_u64(1);
    parent.gas_used = 10000001;
    ck_assert_uint_eq(orr_evm_next_base_fee(&parent).limb[0], 2); /* at least one more */
    parent.n_fields = ORR_HEADER_FRONTIER;
    ck_assert_uint_eq(orr_evm_next_base_fee(&parent).limb[0], 1000000000);
    ck_assert_uint_eq(orr_evm_blob_fee(0, 3338477).limb[0], 1);
    ck_assert_uint_eq(orr_evm_blob_fee(2314057, 3338477).limb[0], 1); /* EIP-4844's last 1 */
    ck_assert_uint_eq(orr_evm_blob_fee(2314058, 3338477).limb[0],
                      2); /* ln 2 * 3338477 = 2314057.7 */
    ck_assert_uint_eq(orr_evm_blob_fee(10 * 3338477, 3338477).limb[0], 22026); /* e^10 = 22026.47 */
}
END_TEST

ORR_TEST_MAIN("vm.block", a_sealed_block_validates_and_each_changed_field_is_found_out,
              a_block_runs_statelessly_on_its_witness, base_fee_and_blob_fee_move_as_their_eips_say)
