/* tx_world.h - a state, a block and an executor to run single transactions on. */
#ifndef ORR_TESTS_MODELS_VM_TX_WORLD_H
#define ORR_TESTS_MODELS_VM_TX_WORLD_H

#include <string.h>

#include "models/base/error.h"
#include "models/vm/execute.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_evm_store *store;
static struct orr_evm_state *state;
static struct orr_evm_executor *executor;
static struct orr_evm_block_env env;

/* The sender, whom no signature names here; the block's coinbase; a contract. */
static const struct orr_address sender = {{0xaa}}, coinbase = {{0xc0}}, contract = {{0xc1}};

static inline struct orr_u256 wei(uint64_t n) { return orr_u256_from_u64(n); }
static const uint64_t rich = 1000000000000000000u;

/* An account with this balance, nonce and code (hex). */
static inline void put(const struct orr_address *a, uint64_t balance, uint64_t nonce,
                       const char *code) {
    struct orr_buffer b;
    ck_assert_int_eq(orr_hex_decode(code, &b), 0);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_balance(state, a, wei(balance));
    orr_evm_state_set_nonce(state, a, nonce);
    orr_evm_state_set_code(state, a, b.bytes, b.len);
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
    free(b.bytes);
}

static inline void put_slot(const struct orr_address *a, uint64_t key, uint64_t value) {
    struct orr_u256 k = wei(key), v = wei(value);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_storage(state, a, &k, &v);
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
}

static inline uint64_t slot(const struct orr_address *a, uint64_t key) {
    struct orr_u256 k = wei(key), v = orr_evm_state_storage(state, a, &k);
    ck_assert(orr_u256_fits_u64(v));
    return v.limb[0];
}

static inline uint64_t balance_of(const struct orr_address *a) {
    struct orr_u256 b = orr_evm_state_balance(state, a);
    ck_assert(orr_u256_fits_u64(b));
    return b.limb[0];
}

static inline void begin_world(enum orr_evm_fork fork) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
    state = orr_evm_state_create(store);
    executor = orr_evm_executor_create(&heap.mem);
    env = (struct orr_evm_block_env){.fork = fork,
                                     .chain_id = wei(1),
                                     .coinbase = coinbase,
                                     .number = 1,
                                     .gas_limit = 30000000,
                                     .base_fee = wei(fork >= ORR_FORK_LONDON ? 7 : 0),
                                     .blob_base_fee = wei(fork >= ORR_FORK_CANCUN ? 3 : 0),
                                     .blobs = orr_evm_blob_schedule(fork)};
    put(&sender, rich, 0, "");
    put(&coinbase, 1, 0, "");
}

static inline void end_world(void) {
    orr_evm_executor_destroy(executor);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* A transaction to the contract at 10 wei a unit of gas. */
static inline struct orr_evm_tx call_tx(void) {
    return (struct orr_evm_tx){.gas_limit = 1000000,
                               .nonce = orr_evm_state_nonce(state, &sender),
                               .max_fee = wei(10),
                               .max_priority_fee = wei(10),
                               .to = contract};
}

static inline enum orr_evm_tx_error try_tx(const struct orr_evm_tx *tx,
                                           struct orr_evm_tx_outcome *outcome) {
    return orr_evm_execute_tx(executor, state, &env, tx, &sender, env.gas_limit, env.blobs.max,
                              outcome);
}

/* The gas that the transaction uses; it must end with this status. */
static inline uint64_t gas_of(const struct orr_evm_tx *tx, enum orr_evm_status status) {
    struct orr_evm_tx_outcome outcome;
    enum orr_evm_tx_error error = try_tx(tx, &outcome);
    ck_assert_msg(!error, "%s", orr_evm_tx_error_name(error));
    ck_assert_msg(outcome.status == status, "%s", orr_evm_status_text(outcome.status));
    return outcome.gas_used;
}

/* The same for a call of code in a fresh world of a fork. */
static inline uint64_t gas_in(enum orr_evm_fork fork, const char *code) {
    begin_world(fork);
    put(&contract, 0, 1, code);
    put_slot(&contract, 0, 1);
    put_slot(&contract, 1, 1);
    struct orr_evm_tx tx = call_tx();
    uint64_t gas = gas_of(&tx, ORR_EVM_SUCCESS);
    end_world();
    return gas;
}
#endif
