/* Single transactions against sums worked out by hand from the Yellow Paper and the EIPs: fees,
 * refunds and their caps, the call data floor, what is warm, creations, destruction, blobs, and
 * what is refused. */
#include "tests/models/vm/tx_world.h"

START_TEST(the_sender_pays_the_coinbase_gets_the_tip_and_the_base_fee_is_burnt) {
    begin_world(ORR_FORK_LONDON);
    const struct orr_address to = {{0xee}};
    struct orr_evm_tx tx = call_tx();
    tx.type = ORR_TX_FEE_MARKET;
    tx.max_priority_fee = wei(2); /* of 10 the base fee takes 7, so a unit costs 9 */
    tx.to = to;
    tx.value = wei(5);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000);
    ck_assert_uint_eq(balance_of(&sender), rich - 9 * 21000 - 5);
    ck_assert_uint_eq(balance_of(&coinbase), 1 + 2 * 21000);
    ck_assert_uint_eq(balance_of(&to), 5);
    ck_assert_uint_eq(orr_evm_state_nonce(state, &sender), 1);
    tx.nonce = 1;
    tx.max_priority_fee = wei(4); /* 7 + 4 is above 10: a unit costs 10 */
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000);
    ck_assert_uint_eq(balance_of(&coinbase), 1 + 2 * 21000 + 3 * 21000);
    end_world();
    begin_world(ORR_FORK_BERLIN);
    tx = call_tx();
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000);
    ck_assert_uint_eq(balance_of(&coinbase), 1 + 10 * 21000);
    end_world();
}
END_TEST

START_TEST(refunds_are_capped_at_half_and_from_london_on_at_a_fifth) {
    static const char one[] = "6000600055", two[] = "60006000556000600155"; /* slots to zero */
    /* Each: 3 + 3 + 5,000 (cold, from Berlin on: 2,100 + 2,900). */
    ck_assert_uint_eq(gas_in(ORR_FORK_FRONTIER, two), 31012 / 2);
    ck_assert_uint_eq(gas_in(ORR_FORK_BERLIN, two), 31012 / 2);
    ck_assert_uint_eq(gas_in(ORR_FORK_LONDON, two), 31012 - 31012 / 5);
    ck_assert_uint_eq(gas_in(ORR_FORK_LONDON, one), 26006 - 4800); /* below the cap of 5,201 */
    /* A self-destruction: 2 + 5,000, from EIP150 on; 24,000 back before London. */
    ck_assert_uint_eq(gas_in(ORR_FORK_FRONTIER, "33ff"), 21002 / 2);
    ck_assert_uint_eq(gas_in(ORR_FORK_BERLIN, "33ff"), 26002 / 2);
    ck_assert_uint_eq(gas_in(ORR_FORK_LONDON, "33ff"), 26002);
}
END_TEST

START_TEST(call_data_has_a_floor_from_prague_on) {
    uint8_t data[100];
    memset(data, 1, sizeof data); /* intrinsic 21,000 + 1,600, floor 21,000 + 4,000 */
    for (enum orr_evm_fork fork = ORR_FORK_CANCUN; fork <= ORR_FORK_PRAGUE; fork++) {
        bool has_floor = fork >= ORR_FORK_PRAGUE;
        begin_world(fork);
        struct orr_evm_tx tx = call_tx();
        tx.data = data;
        tx.data_len = sizeof data;
        ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), has_floor ? 25000 : 22600);
        ck_assert_uint_eq(balance_of(&sender), rich - (has_floor ? 250000 : 226000));
        put(&contract, 0, 1, "6000600055");
        put_slot(&contract, 0, 1);
        tx.nonce++; /* 22,600 + 5,006 - 4,800: refunds do not go below the floor */
        ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), has_floor ? 25000 : 22806);
        put(&contract, 0, 1, "60016000556001600155"); /* two new slots: 22,106 each */
        tx.nonce++;
        ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 22600 + 2 * 22106);
        tx.nonce++;
        tx.gas_limit = 24999;
        struct orr_evm_tx_outcome outcome;
        ck_assert_int_eq(try_tx(&tx, &outcome),
                         has_floor ? ORR_TX_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST : ORR_TX_OK);
        end_world();
    }
}
END_TEST

START_TEST(what_a_transaction_names_is_warm_and_the_coinbase_from_shanghai_on) {
    static const char coinbases_balance[] = "4131", callers[] = "3331", own[] = "3031";
    ck_assert_uint_eq(gas_in(ORR_FORK_PARIS, coinbases_balance), 21000 + 2 + 2600);
    ck_assert_uint_eq(gas_in(ORR_FORK_SHANGHAI, coinbases_balance), 21000 + 2 + 100);
    ck_assert_uint_eq(gas_in(ORR_FORK_BERLIN, callers), 21000 + 2 + 100);
    ck_assert_uint_eq(gas_in(ORR_FORK_BERLIN, own), 21000 + 2 + 100);
    ck_assert_uint_eq(gas_in(ORR_FORK_BERLIN, "600931"), 21000 + 3 + 100);  /* BLAKE2F */
    ck_assert_uint_eq(gas_in(ORR_FORK_BERLIN, "600a31"), 21000 + 3 + 2600); /* not before Cancun */
    ck_assert_uint_eq(gas_in(ORR_FORK_CANCUN, "600a31"), 21000 + 3 + 100);
    begin_world(ORR_FORK_BERLIN);
    put(&contract, 0, 1, "600054600154"); /* two slots */
    struct orr_evm_tx_access list = {.address = contract, .n_keys = 1};
    struct orr_u256 key = wei(1);
    struct orr_evm_tx tx = call_tx();
    tx.type = ORR_TX_ACCESS_LIST;
    tx.access = &list, tx.n_access = 1, tx.access_keys = &key, tx.n_access_keys = 1;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 2400 + 1900 + 6 + 2100 + 100);
    end_world();
}
END_TEST

/* Runs initcode as a transaction of a fresh world; returns the address that it makes. */
static struct orr_address create_in(enum orr_evm_fork fork, const char *initcode,
                                    uint64_t gas_limit, struct orr_evm_tx_outcome *outcome) {
    struct orr_buffer code;
    ck_assert_int_eq(orr_hex_decode(initcode, &code), 0);
    begin_world(fork);
    struct orr_evm_tx tx = call_tx();
    tx.is_create = true;
    tx.gas_limit = gas_limit;
    tx.data = code.bytes;
    tx.data_len = code.len;
    ck_assert_int_eq(try_tx(&tx, outcome), ORR_TX_OK);
    free(code.bytes);
    return orr_evm_create_address(&sender, 0);
}

START_TEST(a_creation_pays_for_its_code_and_the_forks_differ_when_it_cannot) {
    static const char one_byte[] = "60016000f3"; /* 3 + 3 + 3 for memory, then 200 */
    struct orr_evm_tx_outcome out;
    struct orr_address a = create_in(ORR_FORK_SHANGHAI, one_byte, 100000, &out);
    ck_assert_int_eq(out.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(out.gas_used, 53000 + 4 * 16 + 4 + 2 + 9 + 200);
    ck_assert_mem_eq(&out.created, &a, sizeof a);
    ck_assert_uint_eq(orr_evm_state_code(state, &a)->len, 1);
    ck_assert_uint_eq(orr_evm_state_nonce(state, &a), 1);
    end_world();
    const uint64_t frontier = 21000 + 4 * 68 + 4 + 9;
    a = create_in(ORR_FORK_FRONTIER, one_byte, frontier + 199, &out);
    ck_assert_int_eq(out.status, ORR_EVM_SUCCESS); /* without code; what is left is kept */
    ck_assert_uint_eq(out.gas_used, frontier);
    ck_assert(orr_evm_state_exists(state, &a) && !orr_evm_state_code(state, &a));
    ck_assert_uint_eq(orr_evm_state_nonce(state, &a), 0);
    end_world();
    a = create_in(ORR_FORK_HOMESTEAD, one_byte, frontier + 32000 + 199, &out);
    ck_assert_int_eq(out.status, ORR_EVM_OUT_OF_GAS);
    ck_assert_uint_eq(out.gas_used, frontier + 32000 + 199);
    ck_assert(!orr_evm_state_exists(state, &a));
    end_world();
}
END_TEST

START_TEST(code_that_is_too_long_or_begins_with_ef_is_not_stored) {
    static const char ef[] = "60ef60005360016000f3", long_code[] = "6160016000f3"; /* 24,577 */
    static const struct {
        const char *initcode;
        enum orr_evm_fork fork;
        enum orr_evm_status status;
    } cases[] = {{ef, ORR_FORK_BERLIN, ORR_EVM_SUCCESS},
                 {ef, ORR_FORK_LONDON, ORR_EVM_CODE_BAD_PREFIX},
                 {long_code, ORR_FORK_EIP150, ORR_EVM_SUCCESS},
                 {long_code, ORR_FORK_EIP158, ORR_EVM_CODE_TOO_LARGE},
                 {"6160006000f3", ORR_FORK_OSAKA, ORR_EVM_SUCCESS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_evm_tx_outcome out;
        struct orr_address a = create_in(cases[i].fork, cases[i].initcode, 6000000, &out);
        ck_assert_int_eq(out.status, cases[i].status);
        ck_assert_int_eq(orr_evm_state_exists(state, &a), cases[i].status == ORR_EVM_SUCCESS);
        if (out.status) ck_assert_uint_eq(out.gas_used, 6000000);
        end_world();
    }
}
END_TEST

START_TEST(a_creation_on_an_account_with_nonce_code_or_storage_fails) {
    for (int kind = 0; kind < 4; kind++) {
        begin_world(ORR_FORK_CANCUN);
        const struct orr_address a = orr_evm_create_address(&sender, 0);
        put(&a, 9, kind == 0, kind == 1 ? "00" : "");
        if (kind == 2) put_slot(&a, 0, 1);
        struct orr_evm_tx tx = call_tx();
        tx.is_create = true;
        bool fails = kind < 3; /* a balance alone is no obstacle */
        uint64_t gas = gas_of(&tx, fails ? ORR_EVM_ADDRESS_COLLISION : ORR_EVM_SUCCESS);
        ck_assert_uint_eq(gas, fails ? 1000000 : 53000);
        ck_assert_uint_eq(orr_evm_state_nonce(state, &sender), 1);
        ck_assert_uint_eq(balance_of(&a), 9);
        end_world();
    }
}
END_TEST

START_TEST(from_cancun_on_only_a_new_contract_can_be_destroyed) {
    for (enum orr_evm_fork fork = ORR_FORK_SHANGHAI; fork <= ORR_FORK_CANCUN; fork++) {
        begin_world(fork);
        put(&contract, 100, 1, "33ff");
        struct orr_evm_tx tx = call_tx();
        uint64_t gas = gas_of(&tx, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(balance_of(&sender), rich - 10 * gas + 100);
        ck_assert_int_eq(orr_evm_state_exists(state, &contract), fork >= ORR_FORK_CANCUN);
        ck_assert_uint_eq(balance_of(&contract), 0);
        put(&contract, 100, 1, "30ff"); /* to itself: burnt before Cancun */
        tx.nonce++;
        gas_of(&tx, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(balance_of(&contract), fork >= ORR_FORK_CANCUN ? 100 : 0);
        end_world();
    }
    struct orr_evm_tx_outcome out;
    struct orr_address a = create_in(ORR_FORK_CANCUN, "33ff", 100000, &out);
    ck_assert_int_eq(out.status, ORR_EVM_SUCCESS);
    ck_assert(!orr_evm_state_exists(state, &a));
    end_world();
}
END_TEST

START_TEST(blobs_are_paid_for_at_the_blocks_price_and_burnt) {
    begin_world(ORR_FORK_CANCUN);
    struct orr_hash hashes[7];
    memset(hashes, 1, sizeof hashes);
    struct orr_evm_tx tx = call_tx();
    tx.type = ORR_TX_BLOB;
    tx.gas_limit = 21000;
    tx.max_blob_fee = wei(5);
    tx.blob_hashes = hashes;
    tx.n_blob_hashes = 2;
    tx.value = wei(4);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000);
    ck_assert_uint_eq(balance_of(&sender), rich - 10 * 21000 - 3 * 2 * 131072 - 4);
    ck_assert_uint_eq(balance_of(&coinbase), 1 + 3 * 21000);
    struct orr_evm_tx_outcome outcome;
    tx.nonce++;
    tx.max_blob_fee = wei(2);
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_INSUFFICIENT_MAX_FEE_PER_BLOB_GAS);
    tx.max_blob_fee = wei(5);
    ck_assert_int_eq(
        orr_evm_execute_tx(executor, state, &env, &tx, &sender, env.gas_limit, 1, &outcome),
        ORR_TX_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED);
    /* The balance must reach for the highest prices, not only for what is charged. */
    const uint64_t most = 10 * 21000 + 5 * 2 * 131072 + 4;
    put(&sender, most - 1, 1, "");
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS);
    put(&sender, most, 1, "");
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_OK);
    end_world();
}
END_TEST

START_TEST(a_refused_transaction_names_its_rule_and_leaves_the_state_as_it_was) {
    begin_world(ORR_FORK_CANCUN);
    struct orr_hash before = orr_evm_state_root(state), after;
    struct orr_evm_tx_outcome outcome;
    const struct orr_evm_tx good = call_tx();
#define REFUSED(change, expected)                                   \
    do {                                                            \
        struct orr_evm_tx tx = good;                                \
        change;                                                     \
        ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_##expected); \
        after = orr_evm_state_root(state);                          \
        ck_assert_mem_eq(&before, &after, 32);                      \
    } while (0)
    REFUSED(tx.nonce = 1, NONCE_MISMATCH_TOO_HIGH);
    REFUSED(tx.gas_limit = 30000001, GAS_ALLOWANCE_EXCEEDED);
    REFUSED(tx.gas_limit = 20999, INTRINSIC_GAS_TOO_LOW);
    REFUSED((tx.max_fee = wei(6), tx.max_priority_fee = wei(6)), INSUFFICIENT_MAX_FEE_PER_GAS);
    REFUSED(tx.value = wei(rich - 9999999), INSUFFICIENT_ACCOUNT_FUNDS);
    REFUSED(tx.value.limb[3] = UINT64_MAX, INSUFFICIENT_ACCOUNT_FUNDS);
    REFUSED(tx.max_fee.limb[3] = UINT64_MAX, GASLIMIT_PRICE_PRODUCT_OVERFLOW);
    put(&sender, rich, 3, "");
    before = orr_evm_state_root(state);
    REFUSED(tx.nonce = 2, NONCE_MISMATCH_TOO_LOW);
    put(&sender, rich, 3, "00"); /* EIP-3607 */
    before = orr_evm_state_root(state);
    REFUSED(tx.nonce = 3, SENDER_NOT_EOA);
#undef REFUSED
    end_world();
}
END_TEST

START_TEST(a_system_call_needs_code_takes_no_fee_and_says_when_it_fails) {
    begin_world(ORR_FORK_PRAGUE);
    const uint8_t *output;
    size_t len;
    ck_assert_int_eq(
        orr_evm_execute_system_call(executor, state, &env, &contract, NULL, 0, &output, &len),
        ORR_ENOTFOUND);
    put(&contract, 0, 1, "335f5260205ff3"); /* returns its caller */
    ck_assert_int_eq(
        orr_evm_execute_system_call(executor, state, &env, &contract, NULL, 0, &output, &len), 0);
    ck_assert_uint_eq(len, 32);
    ck_assert_uint_eq(output[12], 0xff);
    ck_assert_uint_eq(output[31], 0xfe);
    ck_assert_uint_eq(balance_of(&coinbase), 1);
    put(&contract, 0, 1, "600160005560006000fd");
    ck_assert_int_eq(
        orr_evm_execute_system_call(executor, state, &env, &contract, NULL, 0, &output, &len),
        ORR_EINVAL);
    ck_assert_uint_eq(slot(&contract, 0), 0);
    end_world();
}
END_TEST

ORR_TEST_MAIN("vm.execute", the_sender_pays_the_coinbase_gets_the_tip_and_the_base_fee_is_burnt,
              refunds_are_capped_at_half_and_from_london_on_at_a_fifth,
              call_data_has_a_floor_from_prague_on,
              what_a_transaction_names_is_warm_and_the_coinbase_from_shanghai_on,
              a_creation_pays_for_its_code_and_the_forks_differ_when_it_cannot,
              code_that_is_too_long_or_begins_with_ef_is_not_stored,
              a_creation_on_an_account_with_nonce_code_or_storage_fails,
              from_cancun_on_only_a_new_contract_can_be_destroyed,
              blobs_are_paid_for_at_the_blocks_price_and_burnt,
              a_refused_transaction_names_its_rule_and_leaves_the_state_as_it_was,
              a_system_call_needs_code_takes_no_fee_and_says_when_it_fails)
