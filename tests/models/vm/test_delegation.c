/* EIP-7702, rule by rule: which authorizations count, what they earn back, and what a delegated
 * account is to calls, to code that reads code, and to gas. */
#include "models/base/rlp.h"
#include "tests/models/vm/signer.h"
#include "tests/models/vm/tx_world.h"

static const struct orr_address nobody;

/* keccak(0x05 || rlp([chain id, address, nonce])), signed. */
static struct orr_evm_tx_authorization sign(uint64_t chain_id, const struct orr_address *to,
                                            uint64_t nonce) {
    struct orr_evm_tx_authorization a = {.chain_id = wei(chain_id), .address = *to, .nonce = nonce};
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_rlp_write_raw(&w, "\x05", 1);
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_u64(&w, chain_id);
    orr_rlp_write_string(&w, to->bytes, 20);
    orr_rlp_write_u64(&w, nonce);
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    struct signature made = sign_hash(hash);
    a.r = made.r;
    a.s = made.s;
    a.y_parity = wei(made.parity);
    return a;
}

static struct orr_evm_tx set_code_tx(struct orr_evm_tx_authorization *list, size_t n) {
    struct orr_evm_tx tx = call_tx();
    tx.type = ORR_TX_SET_CODE;
    tx.authorizations = list;
    tx.n_authorizations = n;
    return tx;
}

/* Whether the account's code is 0xef0100 || target. */
static bool is_delegated_to(const struct orr_address *a, const struct orr_address *target) {
    const struct orr_evm_stored_code *code = orr_evm_state_code(state, a);
    return code && code->len == 23 && !memcmp(code->bytes, "\xef\x01\x00", 3) &&
           !memcmp(code->bytes + 3, target->bytes, 20);
}

START_TEST(an_authorization_sets_the_delegation_and_an_account_that_is_there_earns_half_back) {
    begin_world(ORR_FORK_PRAGUE);
    struct orr_evm_tx_authorization list[4] = {sign(1, &contract, 0)};
    struct orr_evm_tx tx = set_code_tx(list, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 25000); /* the account is new */
    ck_assert(is_delegated_to(&signer, &contract));
    ck_assert_uint_eq(orr_evm_state_nonce(state, &signer), 1);
    /* It is there now: 12,500 back, but no more than a fifth of 46,000. */
    list[0] = sign(0, &sender, 1);
    tx = set_code_tx(list, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 46000 - 46000 / 5);
    ck_assert(is_delegated_to(&signer, &sender));
    /* Three that do not count are paid for all the same, and earn nothing. */
    list[0] = list[1] = list[3] = sign(1, &contract, 7);
    list[2] = sign(1, &contract, 2);
    tx = set_code_tx(list, 4);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 4 * 25000 - 12500);
    ck_assert(is_delegated_to(&signer, &contract));
    /* The last that counts holds; the address zero takes the delegation away. */
    list[0] = sign(1, &sender, 3);
    list[1] = sign(1, &nobody, 4);
    tx = set_code_tx(list, 2);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 71000 - 71000 / 5);
    ck_assert(!orr_evm_state_code(state, &signer));
    ck_assert_uint_eq(orr_evm_state_nonce(state, &signer), 5);
    end_world();
}
END_TEST

START_TEST(an_authorization_that_breaks_a_rule_is_passed_over) {
    begin_world(ORR_FORK_PRAGUE);
    put(&signer, 1, 5, "");
    const struct orr_evm_tx_authorization good = sign(1, &contract, 5);
    const struct orr_u256 order = {
        {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};
    struct orr_evm_tx_authorization bad[] = {sign(2, &contract, 5),
                                             sign(1, &contract, 4),
                                             sign(1, &contract, 6),
                                             sign(1, &contract, UINT64_MAX),
                                             good,
                                             good,
                                             good,
                                             good};
    bad[4].s = orr_u256_sub(order, good.s); /* the other signature of the same key: high */
    bad[4].y_parity = wei(1 - good.y_parity.limb[0]);
    bad[5].y_parity = wei(good.y_parity.limb[0] + 2);
    bad[6].r = order;
    bad[7].s = wei(0);
    struct orr_evm_tx tx = set_code_tx(bad, sizeof bad / sizeof bad[0]);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 8 * 25000);
    ck_assert(!orr_evm_state_code(state, &signer));
    ck_assert_uint_eq(orr_evm_state_nonce(state, &signer), 5);
    put(&signer, 1, 5, "00"); /* a contract */
    bad[0] = good;
    tx = set_code_tx(bad, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 46000);
    put(&signer, 1, UINT64_MAX, ""); /* its nonce cannot grow */
    bad[0] = sign(1, &contract, UINT64_MAX);
    tx = set_code_tx(bad, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 46000);
    ck_assert(!orr_evm_state_code(state, &signer));
    end_world();
}
END_TEST

START_TEST(a_delegation_outlives_a_transaction_that_fails_and_its_refund_counts) {
    begin_world(ORR_FORK_PRAGUE);
    put(&signer, 1, 0, "");
    put(&contract, 0, 1, "fe");
    struct orr_evm_tx_authorization list[] = {sign(1, &contract, 0)};
    struct orr_evm_tx tx = set_code_tx(list, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_INVALID_OPCODE), 1000000 - 12500);
    ck_assert(is_delegated_to(&signer, &contract));
    end_world();
}
END_TEST

START_TEST(a_transaction_to_a_delegated_account_runs_the_code_in_its_own_storage) {
    begin_world(ORR_FORK_PRAGUE);
    put(&contract, 0, 1, "385f55303b600155"); /* slot 0: CODESIZE, slot 1: own EXTCODESIZE */
    struct orr_evm_tx_authorization list[] = {sign(1, &contract, 0)};
    struct orr_evm_tx tx = set_code_tx(list, 1);
    tx.to = signer;
    gas_of(&tx, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(slot(&signer, 0), 8);  /* the code that runs */
    ck_assert_uint_eq(slot(&signer, 1), 23); /* the code that is there */
    ck_assert_uint_eq(slot(&contract, 0), 0);
    end_world();
}
END_TEST

/* Delegates by hand. */
static void delegate(const struct orr_address *a, const struct orr_address *target) {
    char code[2 * 23 + 1] = "ef0100";
    orr_hex_encode(code + 6, target->bytes, 20);
    put(a, 1, 1, code);
}

/* Gas of a transaction to the contract, which makes one call with no data, all gas. */
static uint64_t gas_of_calling(const struct orr_address *a, const char *op, bool has_value) {
    char code[200] = "5f5f5f5f", hex[41];
    orr_hex_encode(hex, a->bytes, 20);
    snprintf(code + 8, sizeof code - 8, "%s73%s5a%s5f55", has_value ? "5f" : "", hex, op);
    put(&contract, 0, 1, code); /* stores the result in slot 0 */
    put_slot(&contract, 0, 7);
    struct orr_evm_tx tx = call_tx();
    uint64_t gas = gas_of(&tx, ORR_EVM_SUCCESS);
    return gas - 21000 - (has_value ? 5 : 4) * 2 - 3 - 2 - 2; /* less pushes and GAS */
}

START_TEST(a_call_pays_for_the_delegated_account_and_for_its_target) {
    const struct orr_address target = {{0xd0}}, other = {{0xd1}};
    static const struct {
        const char *op;
        bool has_value;
    } calls[] = {{"f1", true}, {"f2", true}, {"f4", false}, {"fa", false}};
    const uint64_t one = 2100 + 2900; /* slot 0: cold, 7 to 1 */
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        begin_world(ORR_FORK_PRAGUE);
        put(&target, 0, 1, "00");
        delegate(&signer, &target);
        ck_assert_uint_eq(gas_of_calling(&signer, calls[i].op, calls[i].has_value),
                          2600 + 2600 + one);
        delegate(&signer, &sender); /* warm, and without code */
        ck_assert_uint_eq(gas_of_calling(&signer, calls[i].op, calls[i].has_value),
                          2600 + 100 + one);
        end_world();
    }
    begin_world(ORR_FORK_CANCUN); /* the same bytes mean nothing: 0xef ends the call */
    delegate(&signer, &sender);
    struct orr_evm_tx tx = call_tx();
    tx.to = signer;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_INVALID_OPCODE), 1000000);
    end_world();
    begin_world(ORR_FORK_PRAGUE); /* only one delegation is followed; 0xef again */
    delegate(&signer, &other);
    delegate(&other, &target);
    put(&target, 0, 1, "00");
    tx = call_tx();
    tx.to = signer;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_INVALID_OPCODE), 1000000);
    end_world();
}
END_TEST

START_TEST(a_delegation_to_a_precompile_is_a_delegation_to_nothing) {
    const struct orr_address identity = {{[19] = 4}};
    begin_world(ORR_FORK_PRAGUE);
    delegate(&signer, &identity);
    /* A precompile is warm.  It would have cost 15 more. */
    ck_assert_uint_eq(gas_of_calling(&signer, "f1", true), 2600 + 100 + 5000);
    struct orr_evm_tx tx = call_tx();
    tx.to = signer;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000);
    end_world();
}
END_TEST

/* Nobody has a key for such an address; a genesis state may hold it.  Gas is charged as for any
 * delegated account, then the precompile runs: what go-ethereum, revm and ethereumjs do. */
START_TEST(a_delegation_on_a_precompiles_address_does_not_hide_the_precompile) {
    const struct orr_address identity = {{[19] = 4}}, target = {{0xd0}};
    begin_world(ORR_FORK_PRAGUE);
    put(&target, 0, 1, "fe");
    delegate(&identity, &target);
    struct orr_evm_tx tx = call_tx();
    static const uint8_t data[] = {1, 2, 3};
    struct orr_evm_tx_outcome outcome;
    tx.to = identity;
    tx.data = data;
    tx.data_len = sizeof data;
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_OK);
    ck_assert_int_eq(outcome.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(outcome.output_len, sizeof data);
    /* A call: 100 for the precompile, 2,600 for the delegation's target, 15 for the work; 5,000
     * for the slot that goes from 7 to 1. */
    ck_assert_uint_eq(gas_of_calling(&identity, "f1", true), 100 + 2600 + 15 + 5000);
    ck_assert_uint_eq(gas_of_calling(&identity, "f4", false), 100 + 2600 + 15 + 5000);
    end_world();
}
END_TEST

START_TEST(an_account_that_is_there_and_empty_earns_the_refund) {
    begin_world(ORR_FORK_PRAGUE);
    put(&signer, 0, 0, ""); /* as a genesis state may have it */
    ck_assert(orr_evm_state_exists(state, &signer) && orr_evm_state_is_empty(state, &signer));
    struct orr_evm_tx_authorization list[] = {sign(1, &contract, 0)};
    struct orr_evm_tx tx = set_code_tx(list, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 46000 - 46000 / 5);
    end_world();
}
END_TEST

START_TEST(an_authority_and_the_target_of_the_transaction_are_warm) {
    begin_world(ORR_FORK_PRAGUE);
    put(&contract, 0, 1, "737e5f4552091a69125d5dfcb7b8c2659029395bdf31"); /* its BALANCE */
    struct orr_evm_tx tx = call_tx();
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 3 + 2600);
    struct orr_evm_tx_authorization list[] = {
        sign(1, &contract, 9)}; /* not its nonce: warm all the same */
    tx = set_code_tx(list, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 46000 + 3 + 100);
    list[0] = sign(2, &contract, 0); /* of another chain: nobody asks who signed */
    tx = set_code_tx(list, 1);
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 46000 + 3 + 2600);
    delegate(&signer, &contract); /* the balance of the target, which is warm */
    put(&contract, 0, 1, "73c10000000000000000000000000000000000000031");
    tx = call_tx();
    tx.to = signer;
    ck_assert_uint_eq(gas_of(&tx, ORR_EVM_SUCCESS), 21000 + 3 + 100);
    end_world();
}
END_TEST

START_TEST(a_delegated_account_may_send_and_is_not_destroyed_by_the_code_it_runs) {
    begin_world(ORR_FORK_PRAGUE);
    char code[47] = "ef0100";
    orr_hex_encode(code + 6, contract.bytes, 20);
    put(&sender, rich, 0, code); /* EIP-3607 lets it pass */
    put(&contract, 0, 1, "30ff");
    struct orr_evm_tx tx = call_tx();
    tx.to = sender;
    uint64_t gas = gas_of(&tx, ORR_EVM_SUCCESS);
    ck_assert(is_delegated_to(&sender, &contract));
    ck_assert_uint_eq(balance_of(&sender), rich - 10 * gas);
    env.fork = ORR_FORK_CANCUN;
    struct orr_evm_tx_outcome outcome;
    tx.nonce = 1;
    ck_assert_int_eq(try_tx(&tx, &outcome), ORR_TX_SENDER_NOT_EOA);
    end_world();
}
END_TEST

ORR_TEST_MAIN("vm.delegation",
              an_authorization_sets_the_delegation_and_an_account_that_is_there_earns_half_back,
              an_authorization_that_breaks_a_rule_is_passed_over,
              a_delegation_outlives_a_transaction_that_fails_and_its_refund_counts,
              a_transaction_to_a_delegated_account_runs_the_code_in_its_own_storage,
              a_call_pays_for_the_delegated_account_and_for_its_target,
              a_delegation_to_a_precompile_is_a_delegation_to_nothing,
              a_delegation_on_a_precompiles_address_does_not_hide_the_precompile,
              an_account_that_is_there_and_empty_earns_the_refund,
              an_authority_and_the_target_of_the_transaction_are_warm,
              a_delegated_account_may_send_and_is_not_destroyed_by_the_code_it_runs)
