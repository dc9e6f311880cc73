/* The longest proofs of a step: below 1 MiB they prove and verify, above it none is given, and the
 * step is made all the same. */
#include <stdio.h>
#include <stdlib.h>

#include "models/base/error.h"
#include "models/rollup/step.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { GAS = 29000000, KECCAK256 = 0x20 };

static struct orr_heap heap;
static const struct orr_address contract = {{0xc0}}, words = {{[18] = 0xda, [19] = 0x7a}};

/* Copies another contract's code, in which no two words are alike, to memory; hashes it. */
static void put_hasher(struct orr_evm_state *state, uint32_t len) {
    const uint8_t high = (uint8_t)(len >> 16), middle = (uint8_t)(len >> 8), low = (uint8_t)len;
    const uint8_t code[] = {0x62, high, middle, low, 0x5f, 0x5f, 0x61, 0xda, 0x7a, 0x3c,
                            0x62, high, middle, low, 0x5f, KECCAK256, 0x00};
    uint8_t *data = orr_xrealloc(NULL, len);
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i % 32 < 4 ? (i / 32) >> 8 * (i % 4) : 1);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_code(state, &contract, code, sizeof code);
    orr_evm_state_set_code(state, &words, data, len);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    free(data);
}

/* Walks the block; what proving the hashing says, and how long the proof is. */
static int walk(struct orr_stepper *m, size_t *len) {
    int error = ORR_ENOTFOUND;
    while (!orr_step_is_over(m)) { /* ends: a block has so many steps */
        struct orr_rlp_writer proof = {.mem = &heap.mem};
        struct orr_step_next next = orr_step_peek(m);
        struct orr_step_shown shown;
        if (next.phase != ORR_STEP_INSTRUCTION || next.opcode != KECCAK256) {
            ck_assert_int_eq(orr_step_next(m), 0);
            continue;
        }
        struct orr_hash before = orr_step_hash(m);
        error = orr_step_prove(m, &proof);
        *len = proof.len;
        if (!error) {
            ck_assert_int_eq(orr_step_verify(&heap.mem, proof.bytes, proof.len, &shown), 0);
            ck_assert(orr_hash_equal(shown.before, before));
            ck_assert(orr_hash_equal(shown.after, orr_step_hash(m)));
        }
        orr_rlp_free(&proof);
    }
    return error;
}

static int prove_hashing(uint32_t hashed, size_t *len) {
    orr_heap_init(&heap);
    struct orr_rollup_config config = {.block_time = 2, .l2_chain_id = 901, .elasticity = 6,
                                       .denominator = 50, .denominator_canyon = 250};
    struct orr_l2_chain chain;
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_evm_executor *executor = orr_evm_executor_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_create(store);
    struct orr_evm_header parent = {.number = 5, .timestamp = 1000, .gas_limit = 30000000,
                                    .base_fee = orr_u256_from_u64(1)};
    struct orr_rlp_writer deposit = {.mem = &heap.mem};
    const struct orr_evm_deposit d = {.to = contract, .gas = GAS};
    struct orr_stepper *m;
    orr_l2_chain_init(&chain, &config);
    put_hasher(state, hashed);
    orr_evm_deposit_write(&d, &deposit);
    struct orr_rollup_tx tx = {deposit.bytes, deposit.len};
    struct orr_l2_attributes attributes = {.timestamp = 1002, .gas_limit = 30000000,
                                           .elasticity = 6, .denominator = 50, .txs = &tx,
                                           .n_txs = 1};
    struct orr_l2_parent p = {&config, &chain, &parent, {{1}}, {NULL, NULL}};
    ck_assert_ptr_null(orr_step_create(executor, state, &p, &attributes, &m));
    int error = walk(m, len);
    orr_step_destroy(m);
    orr_rlp_free(&deposit);
    orr_evm_state_destroy(state);
    orr_evm_executor_destroy(executor);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
    return error;
}

/* By halving: the most memory whose hashing has a proof. */
START_TEST(the_longest_proof_is_just_below_the_limit_and_above_it_none_is_given) {
    uint32_t good = 1 << 10, bad = 3 << 20;
    size_t len = 0, longest = 0;
    ck_assert_int_eq(prove_hashing(good, &len), 0);
    ck_assert_int_eq(prove_hashing(bad, &len), ORR_ELIMIT);
    while (bad - good > 32) { /* ends: it halves */
        uint32_t middle = good + (bad - good) / 64 * 32;
        if (middle == good) middle += 32;
        int error = prove_hashing(middle, &len);
        ck_assert(!error || error == ORR_ELIMIT);
        if (error) bad = middle;
        else good = middle, longest = len;
        if (!error) ck_assert_uint_le(len, ORR_STEP_PROOF_MAX);
    }
    printf("longest proof: %zu B, of hashing %u B of memory\n", longest, good);
    ck_assert_uint_gt(longest, ORR_STEP_PROOF_MAX - 4096);
}
END_TEST

ORR_TEST_MAIN("longest steps", the_longest_proof_is_just_below_the_limit_and_above_it_none_is_given)
