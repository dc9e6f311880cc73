/* What a rollup's transactions do differently: deposits, the fees for data and for the operator,
 * and precompiles.  Lengths and fees are those of op-geth's own tests (rollup_cost_test.go). */
#include "models/base/error.h"
#include "tests/models/vm/tx_world.h"

static struct orr_address vault(uint8_t low) { return orr_evm_predeploy(low); }

static void begin_rollup(enum orr_evm_rollup rollup, enum orr_evm_fork fork) {
    begin_world(fork);
    env.rollup = rollup;
}

/* ---- the length of a transaction in a channel ---- */

static const uint8_t empty_tx[] = {0xdd, 0x80, 0x80, 0x80, 0x94, 0x09, 0x5e, 0x7b, 0xae, 0xa6,
                                   0xa6, 0xc7, 0xc4, 0xc2, 0xdf, 0xeb, 0x97, 0x7e, 0xfa, 0xc3,
                                   0x26, 0xaf, 0x55, 0x2d, 0x87, 0x80, 0x80, 0x80, 0x80, 0x80};

START_TEST(fastlz_lengths_are_those_of_the_published_cases) {
    uint8_t same[1000] = {0};
    ck_assert_uint_eq(orr_evm_fastlz_len(same, 0), 0);
    ck_assert_uint_eq(orr_evm_fastlz_len(same, sizeof same), 21);
    memset(same, 1, sizeof same);
    ck_assert_uint_eq(orr_evm_fastlz_len(same, sizeof same), 21);
    ck_assert_uint_eq(orr_evm_fastlz_len(empty_tx, sizeof empty_tx), 31);
}
END_TEST

START_TEST(what_does_not_repeat_is_literals_and_their_counts) {
    uint8_t bytes[300];
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * i * 7 + i / 16 * 31 + i);
    for (uint32_t n = 0; n < 13; n++)
        ck_assert_uint_eq(orr_evm_fastlz_len(bytes, n), n ? n + 1 : 0);
    for (uint32_t n = 1; n < sizeof bytes; n++)
        ck_assert_uint_le(orr_evm_fastlz_len(bytes, n), n + (n + 31) / 32);
}
END_TEST

/* ---- the L1 fee ---- */

static void put_l1_block(void) {
    struct orr_address l1 = vault(ORR_PREDEPLOY_L1_BLOCK);
    put(&l1, 0, 1, "00");
    put_slot(&l1, 1, 1000000000);
    put_slot(&l1, 5, 50);
    put_slot(&l1, 6, 7000000);
}

static void put_scalars(void) {
    struct orr_address l1 = vault(ORR_PREDEPLOY_L1_BLOCK);
    struct orr_u256 key = wei(3), value = {{9, (uint64_t)2 << 32 | 3, 0, 0}};
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_storage(state, &l1, &key, &value);
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
    put_slot(&l1, 7, 10000000);
}

START_TEST(the_l1_fee_is_that_of_each_fork) {
    static const struct {
        enum orr_evm_rollup rollup;
        bool has_scalars;
        uint64_t fee;
    } cases[] = {{ORR_EVM_NO_ROLLUP, true, 0},
                 {ORR_EVM_BEDROCK, false, 11326000000000},
                 {ORR_EVM_REGOLITH, false, 3710000000000},
                 {ORR_EVM_CANYON, true, 3710000000000},
                 {ORR_EVM_ECOTONE, false, 3710000000000}, /* its first block */
                 {ORR_EVM_ECOTONE, true, 960900},
                 {ORR_EVM_FJORD, true, 3203000},
                 {ORR_EVM_ISTHMUS, true, 3203000}};
    struct orr_evm_tx tx = {.to = {{0x09, 0x5e, 0x7b, 0xae, 0xa6, 0xa6, 0xc7, 0xc4, 0xc2, 0xdf,
                                    0xeb, 0x97, 0x7e, 0xfa, 0xc3, 0x26, 0xaf, 0x55, 0x2d, 0x87}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_rollup(cases[i].rollup, ORR_FORK_CANCUN);
        put_l1_block();
        if (cases[i].has_scalars) put_scalars();
        struct orr_evm_rollup_fee fee = orr_evm_rollup_fee(env.rollup, state, &tx);
        ck_assert_msg(orr_u256_equal(fee.l1, wei(cases[i].fee)), "case %zu: %llu", i,
                      (unsigned long long)fee.l1.limb[0]);
        end_world();
    }
}
END_TEST

START_TEST(a_transaction_pays_the_vaults_and_nothing_is_lost) {
    for (int isthmus = 0; isthmus < 2; isthmus++) {
        begin_rollup(isthmus ? ORR_EVM_ISTHMUS : ORR_EVM_FJORD,
                     isthmus ? ORR_FORK_PRAGUE : ORR_FORK_CANCUN);
        put_l1_block();
        put_scalars();
        struct orr_address l1 = vault(ORR_PREDEPLOY_L1_BLOCK);
        struct orr_u256 key = wei(8), packed = {{100, 2000000, 0, 0}};
        orr_evm_state_begin_tx(state);
        orr_evm_state_set_storage(state, &l1, &key, &packed);
        orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
        struct orr_evm_tx tx = call_tx();
        tx.value = wei(5);
        struct orr_evm_rollup_fee fee = orr_evm_rollup_fee(env.rollup, state, &tx);
        uint64_t gas = gas_of(&tx, ORR_EVM_SUCCESS), operator_fee = isthmus ? 2 * gas + 100 : 0;
        struct orr_address base = vault(ORR_PREDEPLOY_BASE_FEE_VAULT);
        struct orr_address data = vault(ORR_PREDEPLOY_L1_FEE_VAULT);
        struct orr_address operators = vault(ORR_PREDEPLOY_OPERATOR_VAULT);
        ck_assert_uint_eq(gas, 21000);
        ck_assert_uint_eq(balance_of(&base), 7 * gas);
        ck_assert_uint_eq(balance_of(&data), fee.l1.limb[0]);
        ck_assert_uint_ge(fee.l1.limb[0], 3203000);
        ck_assert_uint_eq(balance_of(&operators), operator_fee);
        ck_assert_uint_eq(balance_of(&coinbase), 1 + 3 * gas);
        ck_assert_uint_eq(balance_of(&sender),
                          rich - 10 * gas - fee.l1.limb[0] - operator_fee - 5);
        end_world();
    }
}
END_TEST

START_TEST(who_cannot_pay_for_the_data_is_refused) {
    begin_rollup(ORR_EVM_ISTHMUS, ORR_FORK_PRAGUE);
    put_l1_block();
    put_scalars();
    struct orr_address l1 = vault(ORR_PREDEPLOY_L1_BLOCK);
    put_slot(&l1, 8, 100);
    struct orr_evm_tx tx = call_tx();
    struct orr_evm_tx_outcome outcome;
    uint64_t need = 10 * tx.gas_limit + 100 +
                    orr_evm_rollup_fee(env.rollup, state, &tx).l1.limb[0];
    put(&sender, need - 1, 0, "");
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS);
    ck_assert_uint_eq(balance_of(&sender), need - 1);
    put(&sender, need, 0, "");
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_OK);
    end_world();
}
END_TEST

/* ---- deposits ---- */

static struct orr_evm_deposit deposit(uint64_t mint, uint64_t value) {
    return (struct orr_evm_deposit){.from = sender, .to = contract, .mint = wei(mint),
                                    .value = wei(value), .gas = 100000};
}

static struct orr_evm_tx_outcome run_deposit(const struct orr_evm_deposit *d) {
    struct orr_evm_tx_outcome outcome;
    ck_assert_int_eq(orr_evm_execute_deposit(executor, state, &env, d, env.gas_limit, &outcome),
                     ORR_TX_OK);
    return outcome;
}

START_TEST(a_deposit_mints_and_runs_without_a_fee) {
    begin_rollup(ORR_EVM_HOLOCENE, ORR_FORK_CANCUN);
    put_l1_block();
    put(&contract, 0, 1, "3a60005548600155"); /* gas price and base fee into slots 0 and 1 */
    struct orr_evm_deposit d = deposit(1000, 400);
    struct orr_evm_tx_outcome outcome = run_deposit(&d);
    ck_assert_int_eq(outcome.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance_of(&sender), rich + 600);
    ck_assert_uint_eq(balance_of(&contract), 400);
    ck_assert_uint_eq(orr_evm_state_nonce(state, &sender), 1);
    ck_assert_uint_eq(balance_of(&coinbase), 1);
    ck_assert_uint_eq(slot(&contract, 0), 0);
    ck_assert_uint_eq(slot(&contract, 1), 7);
    ck_assert_uint_lt(outcome.gas_used, 80000);
    end_world();
}
END_TEST

START_TEST(a_deposit_that_cannot_run_keeps_the_mint_and_takes_a_nonce_and_all_gas) {
    static const uint8_t data[49153];
    for (int i = 0; i < 5; i++) {
        begin_rollup(ORR_EVM_HOLOCENE, ORR_FORK_CANCUN);
        struct orr_evm_deposit d = deposit(1000, i == 0 ? rich + 1001 : 0);
        if (i == 1) d.gas = 20999;
        if (i == 2) d.is_system = true;
        if (i == 3) d.gas = 1000000, d.is_create = true, d.data = data, d.data_len = sizeof data;
        if (i == 4) d.gas = 0;
        struct orr_evm_tx_outcome outcome = run_deposit(&d);
        ck_assert_int_ne(outcome.status, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(outcome.gas_used, d.gas);
        ck_assert_uint_eq(balance_of(&sender), rich + 1000);
        ck_assert_uint_eq(orr_evm_state_nonce(state, &sender), 1);
        end_world();
    }
}
END_TEST

START_TEST(a_deposit_that_reverts_keeps_the_mint_and_the_gas_that_it_did_not_use) {
    begin_rollup(ORR_EVM_REGOLITH, ORR_FORK_PARIS);
    put(&contract, 0, 1, "600160005560006000fd");
    struct orr_evm_deposit d = deposit(1000, 400);
    struct orr_evm_tx_outcome outcome = run_deposit(&d);
    ck_assert_int_eq(outcome.status, ORR_EVM_REVERT);
    ck_assert_uint_eq(outcome.gas_used, 21000 + 5 * 3 - 3 + 22100);
    ck_assert_uint_eq(balance_of(&sender), rich + 1000);
    ck_assert_uint_eq(slot(&contract, 0), 0);
    ck_assert_uint_eq(orr_evm_state_nonce(state, &sender), 1);
    end_world();
}
END_TEST

START_TEST(before_regolith_a_deposit_counts_with_all_its_gas_and_a_systems_with_none) {
    begin_rollup(ORR_EVM_BEDROCK, ORR_FORK_PARIS);
    struct orr_evm_deposit d = deposit(0, 1);
    ck_assert_uint_eq(run_deposit(&d).gas_used, 100000);
    d.is_system = true;
    d.gas = env.gas_limit + 1; /* outside the block's limit */
    struct orr_evm_tx_outcome outcome = run_deposit(&d);
    ck_assert_int_eq(outcome.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(outcome.gas_used, 0);
    end_world();
}
END_TEST

START_TEST(a_deposit_above_the_blocks_gas_is_refused) {
    begin_rollup(ORR_EVM_CANYON, ORR_FORK_SHANGHAI);
    struct orr_evm_deposit d = deposit(1000, 0);
    struct orr_evm_tx_outcome outcome;
    ck_assert_int_eq(orr_evm_execute_deposit(executor, state, &env, &d, d.gas - 1, &outcome),
                     ORR_TX_GAS_ALLOWANCE_EXCEEDED);
    ck_assert_uint_eq(balance_of(&sender), rich);
    ck_assert_int_eq(orr_evm_execute_deposit(executor, state, &env, &d, d.gas, &outcome),
                     ORR_TX_OK);
    end_world();
}
END_TEST

START_TEST(a_deposit_is_read_as_it_was_written_and_nothing_else_is) {
    static const uint8_t data[] = {1, 2, 3};
    struct orr_heap own;
    orr_heap_init(&own);
    for (int create = 0; create < 2; create++) {
        struct orr_evm_deposit d = deposit(create, 7), got;
        struct orr_rlp_writer w = {.mem = &own.mem}, again = {.mem = &own.mem};
        d.is_create = create;
        d.is_system = !create;
        d.data = data;
        d.data_len = create ? 0 : sizeof data;
        orr_evm_deposit_write(&d, &w);
        ck_assert_int_eq(orr_evm_deposit_read(w.bytes, w.len, &got), 0);
        orr_evm_deposit_write(&got, &again);
        ck_assert_uint_eq(again.len, w.len);
        ck_assert_mem_eq(again.bytes, w.bytes, w.len);
        for (size_t n = 0; n < w.len; n++)
            ck_assert_int_eq(orr_evm_deposit_read(w.bytes, n, &got), ORR_EFORMAT);
        w.bytes[0] = 2;
        ck_assert_int_eq(orr_evm_deposit_read(w.bytes, w.len, &got), ORR_EFORMAT);
        orr_rlp_free(&w);
        orr_rlp_free(&again);
    }
    ck_assert_uint_eq(own.used_bytes, 0);
}
END_TEST

/* ---- precompiles ---- */

START_TEST(signatures_on_p256_are_verified_from_fjord_on) {
    static const char call[] = "60006000600060006101005afa00";
    uint64_t gas[3];
    static const enum orr_evm_rollup rules[] = {ORR_EVM_NO_ROLLUP, ORR_EVM_ECOTONE, ORR_EVM_FJORD};
    for (int i = 0; i < 3; i++) {
        begin_rollup(rules[i], ORR_FORK_CANCUN);
        put(&contract, 0, 1, call);
        struct orr_evm_tx tx = call_tx();
        gas[i] = gas_of(&tx, ORR_EVM_SUCCESS);
        end_world();
    }
    ck_assert_uint_eq(gas[0], gas[1]);
    ck_assert_uint_eq(gas[2] - gas[0], 3450 + 100 - 2600); /* a precompile is warm */
}
END_TEST

START_TEST(granite_bounds_the_pairings_input) {
    /* so many pairs of zeros; whether the call succeeded goes to slot 0 */
    static const struct {
        enum orr_evm_rollup rollup;
        const char *code;
        uint64_t succeeds;
    } cases[] = {{ORR_EVM_FJORD, "600060006201b840600060085afa60005500", 1},    /* 587 */
                 {ORR_EVM_GRANITE, "600060006201b840600060085afa60005500", 0},  /* 587 */
                 {ORR_EVM_GRANITE, "600060006201b780600060085afa60005500", 1}}; /* 586 */
    for (int i = 0; i < 3; i++) {
        begin_rollup(cases[i].rollup, ORR_FORK_CANCUN);
        put(&contract, 0, 1, cases[i].code);
        struct orr_evm_tx tx = call_tx();
        tx.gas_limit = 29000000;
        gas_of(&tx, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(slot(&contract, 0), cases[i].succeeds);
        end_world();
    }
    ck_assert_uint_eq(orr_evm_rollup_input_max(ORR_EVM_GRANITE, 8), 112687);
    ck_assert_uint_eq(orr_evm_rollup_input_max(ORR_EVM_HOLOCENE, 0x0c), SIZE_MAX);
    ck_assert_uint_eq(orr_evm_rollup_input_max(ORR_EVM_ISTHMUS, 0x0c), 513760);
    ck_assert_uint_eq(orr_evm_rollup_input_max(ORR_EVM_ISTHMUS, 0x0e), 488448);
    ck_assert_uint_eq(orr_evm_rollup_input_max(ORR_EVM_ISTHMUS, 0x0f), 235008);
    ck_assert_uint_eq(orr_evm_rollup_input_max(ORR_EVM_ISTHMUS, 5), SIZE_MAX);
}
END_TEST

ORR_TEST_MAIN("rollup", fastlz_lengths_are_those_of_the_published_cases,
              what_does_not_repeat_is_literals_and_their_counts, the_l1_fee_is_that_of_each_fork,
              a_transaction_pays_the_vaults_and_nothing_is_lost,
              who_cannot_pay_for_the_data_is_refused, a_deposit_mints_and_runs_without_a_fee,
              a_deposit_that_cannot_run_keeps_the_mint_and_takes_a_nonce_and_all_gas,
              a_deposit_that_reverts_keeps_the_mint_and_the_gas_that_it_did_not_use,
              before_regolith_a_deposit_counts_with_all_its_gas_and_a_systems_with_none,
              a_deposit_above_the_blocks_gas_is_refused,
              a_deposit_is_read_as_it_was_written_and_nothing_else_is,
              signatures_on_p256_are_verified_from_fjord_on, granite_bounds_the_pairings_input)
