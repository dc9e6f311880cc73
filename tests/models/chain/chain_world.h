/* chain_world.h - a chain whose first block has a rich account (that of private key 1), a contract
 * that logs, and the contracts that a block asks; for tests. */
#ifndef ORR_TESTS_MODELS_CHAIN_WORLD_H
#define ORR_TESTS_MODELS_CHAIN_WORLD_H

#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/chain/build.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "tests/models/vm/signer.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_chain_blocks blocks;
static struct orr_evm_chain_fork fork_table[1];
static struct orr_evm_chain_config config;
static const struct orr_address logger = {{0x10, 0x9}};

static inline void put_code(struct orr_evm_state *state, const struct orr_address *a,
                            const char *code, size_t len) {
    orr_evm_state_set_nonce(state, a, 1);
    orr_evm_state_set_code(state, a, (const uint8_t *)code, len);
}

static inline struct orr_evm_state *first_state(void) {
    const struct orr_evm_system_contracts *c = orr_evm_chain_contracts(&config);
    struct orr_evm_state *state = orr_evm_state_create(blocks.store);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_balance(state, &signer, orr_u256_from_u64(1000000000000000000u));
    /* topic 7 and a byte of memory: PUSH1 7 PUSH1 1 PUSH0 LOG1; then storage[0] += 1 */
    put_code(state, &logger, "\x60\x07\x60\x01\x5f\xa1\x5f\x54\x60\x01\x01\x5f\x55", 13);
    put_code(state, &c->withdrawal_requests, "\0", 1);
    put_code(state, &c->consolidation_requests, "\0", 1);
    put_code(state, &c->builder_deposits, "\0", 1);
    put_code(state, &c->builder_exits, "\0", 1);
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
    return state;
}

static inline struct orr_evm_header first_header(enum orr_evm_fork fork, struct orr_hash root) {
    const struct orr_hash empty = orr_keccak256("\x80", 1);
    struct orr_evm_header h = {.n_fields = orr_evm_header_fields_of(fork),
                               .ommers_hash = orr_keccak256("\xc0", 1),
                               .state_root = root,
                               .transactions_root = empty,
                               .receipts_root = empty,
                               .withdrawals_root = empty,
                               .gas_limit = 30000000,
                               .timestamp = 1000,
                               .extra_data = (const uint8_t *)"first",
                               .extra_data_len = 5};
    if (fork >= ORR_FORK_LONDON) h.base_fee = orr_u256_from_u64(1000);
    if (fork < ORR_FORK_PARIS) h.difficulty = orr_u256_from_u64(131072);
    orr_sha256(NULL, 0, h.requests_hash.bytes);
    return h;
}

static inline struct orr_chain *new_chain_with(const struct orr_chain_options *options) {
    struct orr_evm_state *state = first_state();
    struct orr_evm_header h = first_header(fork_table[0].fork, orr_evm_state_root(state));
    return orr_chain_new(&blocks, &config, options, &h, state);
}

static inline struct orr_chain *new_chain(void) {
    return new_chain_with(&(struct orr_chain_options){
        .keep = 2, .max_open = 100, .has_receipts = true, .recovers_once = true});
}

static inline void begin_chains(enum orr_evm_fork fork) {
    orr_heap_init(&heap);
    fork_table[0] = orr_evm_chain_fork(fork);
    config = (struct orr_evm_chain_config){
        .chain_id = {{1}}, .forks = fork_table, .n_forks = 1, .dao_number = UINT64_MAX};
    orr_chain_blocks_init(&blocks, &heap.mem);
}

static inline void end_chains(void) {
    orr_chain_blocks_fini(&blocks);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* A signed transaction's bytes; free with orr_rlp_free.  of 21,000 gas to an account, or a call. */
static inline struct orr_rlp_writer make_tx(enum orr_evm_tx_type type, uint64_t nonce,
                                            const struct orr_address *to, uint64_t value,
                                            uint64_t gas_limit) {
    struct orr_evm_tx tx = {.type = type,
                            .has_chain_id = true,
                            .chain_id = {{1}},
                            .nonce = nonce,
                            .gas_limit = gas_limit,
                            .max_fee = orr_u256_from_u64(5000000000u),
                            .max_priority_fee = orr_u256_from_u64(type ? 7 : 5000000000u),
                            .to = *to,
                            .value = orr_u256_from_u64(value)};
    sign_tx(&heap.mem, &tx);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_evm_tx_encode(&tx, &w);
    return w;
}

/* A block on a parent with n transfers of the signer from `nonce` on, to account `who`. */
static inline struct orr_chain_link *grow(struct orr_chain *chain, struct orr_chain_link *parent,
                                          uint64_t nonce, size_t n, uint8_t who) {
    struct orr_rlp_writer txs[8];
    struct orr_engine_bytes given[8];
    const struct orr_address to = {{who, 1}};
    ck_assert_uint_le(n, 8);
    for (size_t i = 0; i < n; i++) {
        txs[i] = make_tx(i % 2 && fork_table[0].fork >= ORR_FORK_LONDON ? ORR_TX_FEE_MARKET
                                                                        : ORR_TX_LEGACY,
                         nonce + i, &to, 1 + who, 21000);
        given[i] = (struct orr_engine_bytes){txs[i].bytes, txs[i].len};
    }
    struct orr_engine_attributes a = {.time = parent->block->block.header.timestamp + 12,
                                      .coinbase = {{0xc0, who}},
                                      .txs = given,
                                      .n_txs = n};
    struct orr_evm_header h;
    struct orr_chain_link *link;
    orr_chain_next_header(chain, parent, &a, &h);
    int error = orr_chain_build(chain, parent, &h, &a, NULL, 0, &link);
    for (size_t i = 0; i < n; i++) orr_rlp_free(&txs[i]);
    return error ? NULL : link;
}

/* A block's bytes with another header. */
static inline struct orr_rlp_writer with_header(const struct orr_chain_link *link,
                                                const struct orr_evm_header *h) {
    struct orr_rlp_reader all = orr_rlp_reader(link->block->bytes, link->block->len);
    struct orr_rlp_reader fields = orr_rlp_read_list(&all);
    orr_rlp_read(&fields);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    size_t block = orr_rlp_list_begin(&w);
    orr_evm_header_encode(h, &w);
    orr_rlp_write_raw(&w, fields.p, (size_t)(fields.end - fields.p));
    orr_rlp_list_end(&w, block);
    return w;
}
#endif
