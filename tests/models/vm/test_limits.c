/* Limits at their exact value, and one step beyond, on the real state: nonces, initcode, the
 * stipend, the window of block hashes, return data, static calls, and what counts once. */
#include "tests/models/vm/tx_world.h"

static const struct orr_address other = {{0xd0}};
static const char call_other[] = "5f5f5f5f5f73d0000000000000000000000000000000000000005af1";

/* Runs code as a call of the contract; returns the gas used. */
static uint64_t run_code(const char *code, enum orr_evm_status status) {
    put(&contract, 0, 1, code);
    struct orr_evm_tx tx = call_tx();
    return gas_of(&tx, status);
}

START_TEST(a_contract_whose_nonce_cannot_grow_creates_nothing) {
    begin_world(ORR_FORK_SHANGHAI);
    put(&contract, 0, UINT64_MAX, "5f5f5ff05f55"); /* slot 0: what CREATE gave */
    put_slot(&contract, 0, 7);
    struct orr_evm_tx tx = call_tx();
    /* All of the child's gas comes back: 3 * 2 + 32,000 + 2 + (2,100 + 2,900 - 4,800) */
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 6 + 32000 + 2 + 5000 - 4800);
    ck_assert_uint_eq(slot(&contract, 0), 0);
    ck_assert(orr_evm_state_nonce(state, &contract) == UINT64_MAX); /* EIP-2681 */
    end_world();
}
END_TEST

START_TEST(initcode_may_have_49152_bytes_from_shanghai_on) {
    static const char most[] = "6200c00060006000f050", more[] = "6200c00160006000f050";
    /* 3 * 3 + 32,000 + memory of 1,536 words (4,608 + 4,608) + 2, and EIP-3860's 2 a word */
    begin_world(ORR_FORK_SHANGHAI);
    ck_assert_uint_eq(run_code(most, ORR_EVM_SUCCESS), 21000 + 32009 + 9216 + 2 + 2 * 1536);
    ck_assert_uint_eq(run_code(more, ORR_EVM_INITCODE_TOO_LARGE), 1000000);
    end_world();
    begin_world(ORR_FORK_PARIS); /* one word more: 3 + 6 */
    ck_assert_uint_eq(run_code(more, ORR_EVM_SUCCESS), 21000 + 32009 + 9216 + 9 + 2);
    end_world();
}
END_TEST

START_TEST(a_store_needs_more_gas_than_the_stipend) {
    begin_world(ORR_FORK_SHANGHAI); /* EIP-2200 */
    put(&contract, 0, 1, "5f5f55");
    struct orr_evm_tx tx = call_tx();
    tx.gas_limit = 21000 + 4 + 2300;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_OUT_OF_GAS), tx.gas_limit);
    tx.nonce++;
    tx.gas_limit++;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS),
                      21000 + 4 + 2200); /* cold, and nothing changes */
    end_world();
}
END_TEST

/* Block n has the hash n + 1. */
static void number_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx;
    *hash = orr_u256_to_hash(wei(number + 1));
}

START_TEST(block_hashes_reach_back_256_blocks) {
    begin_world(ORR_FORK_SHANGHAI);
    env.number = 1000;
    env.hashes.get = number_hash;
    static const struct {
        uint16_t number;
        uint64_t expected;
    } cases[] = {{743, 0}, {744, 745}, {999, 1000}, {1000, 0}, {1001, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char code[32];
        snprintf(code, sizeof code, "61%04x405f55", cases[i].number);
        put_slot(&contract, 0, 7);
        run_code(code, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(slot(&contract, 0), cases[i].expected);
    }
    env.number = 100; /* where not even 256 are before it */
    run_code("5f405f55", ORR_EVM_SUCCESS);
    ck_assert_uint_eq(slot(&contract, 0), 1);
    end_world();
}
END_TEST

START_TEST(return_data_is_not_read_past_its_end) {
    static const struct {
        unsigned offset, len;
        enum orr_evm_status status;
    } cases[] = {{0, 32, ORR_EVM_SUCCESS},         {1, 31, ORR_EVM_SUCCESS},
                 {32, 0, ORR_EVM_SUCCESS},         {1, 32, ORR_EVM_BAD_RETURN_READ},
                 {33, 0, ORR_EVM_BAD_RETURN_READ}, {0, 33, ORR_EVM_BAD_RETURN_READ}};
    begin_world(ORR_FORK_SHANGHAI);
    put(&other, 0, 1, "60205ff3"); /* returns 32 bytes */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char code[128];
        snprintf(code, sizeof code, "%s5060%02x60%02x5f3e", call_other, cases[i].len,
                 cases[i].offset);
        run_code(code, cases[i].status);
    }
    end_world();
}
END_TEST

START_TEST(in_a_static_call_callcode_may_show_value_and_call_may_not_move_it) {
    for (int moves = 0; moves < 2; moves++) {
        begin_world(ORR_FORK_SHANGHAI);
        char code[128] = "5f5f5f5f6001735eed0000000000000000000000000000000000005af2"; /* 1 wei */
        if (moves) memcpy(code + strlen(code) - 2, "f1", 2);
        put(&other, 1, 1, code);
        /* slot 0: whether the static call came through */
        run_code("5f5f5f5f73d0000000000000000000000000000000000000005afa5f55", ORR_EVM_SUCCESS);
        ck_assert_uint_eq(slot(&contract, 0), !moves);
        ck_assert_uint_eq(balance_of(&other), 1);
        end_world();
    }
}
END_TEST

START_TEST(an_empty_account_has_no_code_hash_even_when_it_is_there) {
    begin_world(ORR_FORK_SHANGHAI); /* EIP-1052 with EIP-161's emptiness */
    put(&other, 0, 0, "");
    put_slot(&contract, 0, 7);
    run_code("73d0000000000000000000000000000000000000003f5f55", ORR_EVM_SUCCESS);
    ck_assert_uint_eq(slot(&contract, 0), 0);
    end_world();
}
END_TEST

START_TEST(an_account_earns_the_refund_of_its_destruction_once) {
    static const char set_3[] = "600160005560016001556001600255";
    static const char call[] =
        "6000600060006000600073d0000000000000000000000000000000000000005af150";
    begin_world(ORR_FORK_BERLIN);
    put(&other, 0, 1, "33ff");
    char code[256];
    snprintf(code, sizeof code, "%s%s%s", set_3, call, call);
    /* Three new slots, 22,106 each; two calls: pushes 18, GAS 2, POP 2, 2,600 and then 100, and the
     * 5,002 of a destruction to a warm account.  Half of it all is more than 24,000. */
    ck_assert_uint_eq(run_code(code, ORR_EVM_SUCCESS),
                      21000 + 3 * 22106 + 2 * (22 + 5002) + 2600 + 100 - 24000);
    end_world();
}
END_TEST

START_TEST(a_system_call_has_thirty_million_gas) {
    begin_world(ORR_FORK_PRAGUE);
    put(&contract, 0, 1, "5a5f5260205ff3"); /* returns GAS */
    const uint8_t *output;
    size_t len;
    ck_assert_int_eq(
        orr_evm_execute_system_call(executor, state, &env, &contract, NULL, 0, &output, &len), 0);
    ck_assert_uint_eq(len, 32);
    ck_assert_uint_eq(orr_load_be64(output + 24), 30000000 - 2);
    end_world();
}
END_TEST

START_TEST(a_failed_touch_stays_undone_for_all_accounts_but_ripemd_160) {
    const struct orr_address three = {{[19] = 3}}, four = {{[19] = 4}};
    begin_world(ORR_FORK_EIP158);
    put(&three, 0, 0, "");
    put(&four, 0, 0, "");
    ck_assert(orr_evm_state_exists(state, &three) && orr_evm_state_exists(state, &four));
    /* Calls both, then fails: main-network block 2,675,119 made it a rule. */
    run_code("60006000600060006000600361fffff1"
             "60006000600060006000600461fffff1fe",
             ORR_EVM_INVALID_OPCODE);
    ck_assert(!orr_evm_state_exists(state, &three) && orr_evm_state_exists(state, &four));
    run_code("60006000600060006000600461fffff1", ORR_EVM_SUCCESS);
    ck_assert(!orr_evm_state_exists(state, &four));
    end_world();
}
END_TEST

ORR_TEST_MAIN("vm.limits", a_contract_whose_nonce_cannot_grow_creates_nothing,
              initcode_may_have_49152_bytes_from_shanghai_on,
              a_store_needs_more_gas_than_the_stipend, block_hashes_reach_back_256_blocks,
              return_data_is_not_read_past_its_end,
              in_a_static_call_callcode_may_show_value_and_call_may_not_move_it,
              an_empty_account_has_no_code_hash_even_when_it_is_there,
              an_account_earns_the_refund_of_its_destruction_once,
              a_system_call_has_thirty_million_gas,
              a_failed_touch_stays_undone_for_all_accounts_but_ripemd_160)
