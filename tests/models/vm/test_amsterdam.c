/* The draft fork Amsterdam: cases that its EIPs give as numbers. */
#include "models/vm/accesses.h"
#include "models/vm/opcode.h"
#include "models/vm/block_run.h"
#include "tests/models/vm/tx_world.h"

enum { NEW_ACCOUNT = 183600, NEW_SLOT = 97920, DELEGATION = 35190 };

static const struct orr_address friend = {{0xbb}}, nobody = {{0xdd}};

static void begin(void) {
    begin_world(ORR_FORK_AMSTERDAM);
    env.gas_limit = 60000000;
    env.slot_number = 77;
}

static struct orr_evm_tx_outcome run(const struct orr_evm_tx *tx) {
    struct orr_evm_tx_outcome o;
    enum orr_evm_tx_error error = try_tx(tx, &o);
    ck_assert_msg(!error, "%s", orr_evm_tx_error_name(error));
    return o;
}

/* EIP-2780, "Transaction reference cases": execution and state gas of a transaction. */
static void check_gas(const struct orr_evm_tx *tx, uint64_t execution, uint64_t for_state) {
    struct orr_evm_tx_outcome o = run(tx);
    ck_assert_uint_eq(o.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(o.block_gas, execution);
    ck_assert_uint_eq(o.block_state_gas, for_state);
    ck_assert_uint_eq(o.gas_used, execution + for_state);
}

START_TEST(a_transaction_costs_what_it_touches) {
    begin();
    put(&friend, 1, 0, "");
    put(&contract, 0, 1, "00");
    char code[] = "ef0100c100000000000000000000000000000000000000";
    static const struct orr_address delegated = {{0xde}};
    put(&delegated, 1, 1, code);
    const struct {
        struct orr_address to;
        uint64_t value, execution, for_state;
    } cases[] = {{sender, 0, 12000, 0},          {sender, 5, 12000, 0},    {friend, 0, 15000, 0},
                 {nobody, 0, 15000, 0},          {contract, 0, 15000, 0},  {friend, 5, 21000, 0},
                 {contract, 5, 21000, 0},        {delegated, 0, 18000, 0}, {delegated, 5, 24000, 0},
                 {nobody, 5, 21000, NEW_ACCOUNT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_evm_tx tx = call_tx();
        tx.to = cases[i].to;
        tx.value = wei(cases[i].value);
        check_gas(&tx, cases[i].execution, cases[i].for_state);
    }
    for (uint64_t value = 0; value < 2; value++) { /* to an address that is there, or not */
        struct orr_evm_tx tx = call_tx();
        tx.is_create = true;
        tx.value = wei(value);
        check_gas(&tx, 24000, NEW_ACCOUNT);
        tx = call_tx();
        tx.is_create = true;
        struct orr_address made = orr_evm_create_address(&sender, tx.nonce);
        put(&made, 1, 0, "");
        check_gas(&tx, 24000, 0);
    }
    end_world();
}
END_TEST

START_TEST(gas_that_does_not_reach_for_a_new_account_is_gone_and_the_transaction_counts) {
    begin();
    struct orr_evm_tx tx = call_tx();
    tx.to = nobody;
    tx.value = wei(5);
    tx.gas_limit = 21000 + NEW_ACCOUNT - 1;
    struct orr_evm_tx_outcome o = run(&tx);
    ck_assert_uint_eq(o.status, ORR_EVM_OUT_OF_GAS);
    ck_assert_uint_eq(o.gas_used, tx.gas_limit);
    ck_assert_uint_eq(o.block_state_gas, 0);
    ck_assert(!orr_evm_state_exists(state, &nobody));
    ck_assert_uint_eq(orr_evm_state_nonce(state, &sender), 1);
    tx.nonce = 1;
    tx.gas_limit = 21000 - 1;
    ck_assert_int_eq(try_tx(&tx, &o), ORR_TX_INTRINSIC_GAS_TOO_LOW);
    end_world();
}
END_TEST

/* EIP-8037: gas above 2^24 pays for state alone, and first. */
START_TEST(the_reservoir_pays_for_state_and_comes_back_when_the_state_does_not_stay) {
    begin();
    put(&contract, 0, 1, "60016000556002600155"); /* two new slots */
    struct orr_evm_tx tx = call_tx();
    tx.gas_limit = (1 << 24) + 100000;
    struct orr_evm_tx_outcome o = run(&tx);
    ck_assert_uint_eq(o.block_state_gas, 2 * NEW_SLOT);
    ck_assert_uint_eq(o.block_gas, 15000 + 4 * 3 + 2 * (2100 + 10000));

    put(&contract, 0, 1, "600160025560005f5ffd"); /* a new slot, then REVERT */
    tx = call_tx();
    tx.gas_limit = (1 << 24) + 50000;
    o = run(&tx);
    ck_assert_uint_eq(o.status, ORR_EVM_REVERT);
    ck_assert_uint_eq(o.block_state_gas, 0);
    ck_assert_uint_eq(o.gas_used, 15000 + 3 * 3 + 2 * 2 + 2100 + 10000);

    put(&contract, 0, 1, "6001600255fe"); /* a new slot, then INVALID: only the reservoir is left */
    tx = call_tx();
    tx.gas_limit = (1 << 24) + 50000;
    o = run(&tx);
    ck_assert_uint_eq(o.status, ORR_EVM_INVALID_OPCODE);
    ck_assert_uint_eq(o.gas_used, 1 << 24);
    ck_assert_uint_eq(o.block_state_gas, 0);
    end_world();
}
END_TEST

/* EIP-8038, "SSTORE pricing": gas and refund by original, current and new value; the first write
 * finds the slot cold.  Three writes: the slot is `original` before. */
START_TEST(writes_cost_what_the_table_says) {
    const struct {
        uint64_t original, first, second;
        int64_t gas, refund, for_state; /* of both writes */
    } cases[] = {
        {0, 1, 1, 12100 + 100, 0, NEW_SLOT}, {0, 1, 2, 12100 + 100, 0, NEW_SLOT},
        {0, 1, 0, 12100 + 100, 10000, 0},    {1, 2, 3, 12100 + 100, 0, 0},
        {1, 2, 1, 12100 + 100, 10000, 0},    {1, 2, 0, 12100 + 100, 11616, 0},
        {1, 0, 0, 12100 + 100, 11616, 0},    {1, 0, 1, 12100 + 100, 10000, 0},
        {1, 0, 2, 12100 + 100, 0, 0},        {1, 1, 2, 2100 + 10100, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char code[64];
        begin();
        snprintf(code, sizeof code, "60%02x5f5560%02x5f55", (unsigned)cases[i].first,
                 (unsigned)cases[i].second);
        put(&contract, 0, 1, code);
        put_slot(&contract, 0, cases[i].original);
        struct orr_evm_tx tx = call_tx();
        struct orr_evm_tx_outcome o = run(&tx);
        int64_t execution = 15000 + 2 * (3 + 2) + cases[i].gas;
        ck_assert_int_eq((int64_t)o.block_gas, execution);
        ck_assert_int_eq((int64_t)o.block_state_gas, cases[i].for_state);
        int64_t all = execution + cases[i].for_state, most = all / 5;
        ck_assert_int_eq((int64_t)o.gas_used,
                         all - (cases[i].refund < most ? cases[i].refund : most));
        end_world();
    }
}
END_TEST

/* EIP-7976 and EIP-7981: 64 gas a byte at least, zero or not, and of access lists on top. */
START_TEST(data_has_a_floor_of_64_gas_a_byte) {
    begin();
    uint8_t data[100] = {1};
    struct orr_evm_tx tx = call_tx();
    tx.to = friend;
    tx.data = data;
    tx.data_len = sizeof data;
    ck_assert_uint_eq(run(&tx).gas_used, 15000 + 64 * 100);
    struct orr_evm_tx_access access = {.address = nobody, .n_keys = 1};
    struct orr_u256 key = wei(1);
    tx.nonce++;
    tx.type = ORR_TX_ACCESS_LIST;
    tx.access = &access;
    tx.n_access = 1;
    tx.access_keys = &key;
    tx.n_access_keys = 1;
    ck_assert_uint_eq(run(&tx).gas_used, 15000 + 64 * (100 + 20 + 32));
    tx.nonce++;
    tx.data_len = 0;
    ck_assert_uint_eq(run(&tx).gas_used, 15000 + 2900 + 2000 + 64 * (20 + 32));
    end_world();
}
END_TEST

/* EIP-7708. */
START_TEST(ether_that_moves_leaves_a_log) {
    begin();
    /* CALL the friend with 5 wei, then LOG0 */
    put(&contract, 100, 1, "5f5f5f5f600573bb000000000000000000000000000000000000005af1505f5fa0");
    struct orr_evm_tx tx = call_tx();
    tx.value = wei(3);
    ck_assert_uint_eq(run(&tx).status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(orr_evm_state_n_logs(state), 3);
    const struct orr_address *ends[][2] = {{&sender, &contract}, {&contract, &friend}};
    for (size_t i = 0; i < 2; i++) {
        struct orr_evm_log log = orr_evm_state_log(state, i);
        struct orr_address system = {{0}};
        memset(&system, 0xff, sizeof system);
        system.bytes[19] = 0xfe;
        ck_assert(orr_address_equal(log.address, system) && !log.is_transfer);
        ck_assert_int_eq(log.n_topics, 3);
        ck_assert(orr_u256_equal(log.topics[1], orr_u256_from_address(*ends[i][0])));
        ck_assert(orr_u256_equal(log.topics[2], orr_u256_from_address(*ends[i][1])));
        ck_assert(orr_u256_equal(orr_u256_load_be(log.data), wei(i ? 5 : 3)));
    }
    tx = call_tx(); /* to oneself: nothing moves */
    tx.to = sender;
    tx.value = wei(3);
    run(&tx);
    ck_assert_uint_eq(orr_evm_state_n_logs(state), 0);
    end_world();
}
END_TEST

/* EIP-8246. */
START_TEST(a_contract_that_destroys_itself_when_it_is_made_keeps_its_ether) {
    begin();
    uint8_t to_itself[] = {0x60, 1, 0x5f, 0x55, 0x30, 0xff}; /* SSTORE, ADDRESS, SELFDESTRUCT */
    struct orr_evm_tx tx = call_tx();
    tx.is_create = true;
    tx.value = wei(9);
    tx.data = to_itself;
    tx.data_len = sizeof to_itself;
    struct orr_address made = orr_evm_create_address(&sender, tx.nonce);
    ck_assert_uint_eq(run(&tx).status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance_of(&made), 9);
    ck_assert_uint_eq(orr_evm_state_nonce(state, &made), 0);
    ck_assert_uint_eq(slot(&made, 0), 0);
    ck_assert(!orr_evm_state_code(state, &made));
    end_world();
}
END_TEST

START_TEST(code_may_have_64_kib_and_initcode_twice_that) {
    begin();
    struct orr_evm_tx tx = call_tx();
    static uint8_t initcode[131073];
    tx.is_create = true;
    tx.gas_limit = 60000000;
    tx.data = initcode;
    tx.data_len = 131073;
    struct orr_evm_tx_outcome o;
    ck_assert_int_eq(try_tx(&tx, &o), ORR_TX_INITCODE_SIZE_EXCEEDED);
    tx.data_len = 131072;
    put(&sender, UINT64_MAX, 0, "");
    ck_assert_int_eq(try_tx(&tx, &o), ORR_TX_OK);
    for (unsigned more = 0; more < 2; more++) { /* PUSH3 len, PUSH0, RETURN */
        uint8_t code[] = {0x62, 1, 0, (uint8_t)more, 0x5f, 0xf3};
        tx.nonce++;
        tx.data = code;
        tx.data_len = sizeof code;
        env.gas_limit = UINT32_MAX;
        tx.gas_limit = 200000000;
        put(&sender, UINT64_MAX, tx.nonce, "");
        o = run(&tx);
        ck_assert_uint_eq(o.status, more ? ORR_EVM_CODE_TOO_LARGE : ORR_EVM_SUCCESS);
        ck_assert_uint_eq(o.block_state_gas, more ? 0 : NEW_ACCOUNT + 1530 * 65536);
    }
    end_world();
}
END_TEST

/* ---- EIP-8024, "Test Cases" ---- */

/* Runs code and stores its stack, top first, from slot 100 on; returns the status. */
static enum orr_evm_status run_code(const char *hex, unsigned n_words) {
    char code[1024];
    size_t at = (size_t)snprintf(code, sizeof code, "%s", hex);
    for (unsigned i = 0; i < n_words; i++)
        at += (size_t)snprintf(code + at, sizeof code - at, "60%02x55", 100 + i);
    begin();
    put(&contract, 0, 1, code);
    struct orr_evm_tx tx = call_tx();
    tx.gas_limit = 16000000;
    return run(&tx).status;
}

START_TEST(deep_words_are_reached_as_the_eip_counts) {
    const struct {
        const char *code;
        unsigned n, at[3], value[3]; /* n words, of which these are not 0, counted from the top */
    } cases[] = {
        {"60016000808080808080808080808080808080e680", 18, {0, 17}, {1, 1}},
        {"600160008080808080808080808080808080806002e780", 18, {0, 17}, {1, 2}},
        {"600060016002e88e", 3, {0, 2}, {2, 1}},
        {"600080808080808080808080808080808080808080808080808080808080"
         "60016002e88f",
         30,
         {0, 29},
         {2, 1}},
        {"60008080e88e15", 3, {0}, {1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_uint_eq(run_code(cases[i].code, cases[i].n), ORR_EVM_SUCCESS);
        for (unsigned w = 0; w < cases[i].n; w++) {
            uint64_t wanted = 0;
            for (int k = 0; k < 2; k++)
                if (cases[i].value[k] && cases[i].at[k] == w) wanted = cases[i].value[k];
            ck_assert_msg(slot(&contract, 100 + w) == wanted, "case %zu, word %u", i, w);
        }
        ck_assert_uint_eq(slot(&contract, 100 + cases[i].n), 0);
        end_world();
    }
}
END_TEST

START_TEST(a_byte_that_may_not_follow_halts_and_may_be_jumped_to) {
    static const char *const halts[] = {"e75b", "e852", "6000808080808080808080808080808080e680",
                                        "e65f", "e7610000"};
    for (size_t i = 0; i < sizeof halts / sizeof halts[0]; i++) {
        ck_assert_uint_ne(run_code(halts[i], 0), ORR_EVM_SUCCESS);
        end_world();
    }
    ck_assert_uint_eq(run_code("600456e65b", 0), ORR_EVM_SUCCESS);
    end_world();
    ck_assert_uint_eq(run_code("4b", 1), ORR_EVM_SUCCESS); /* SLOTNUM */
    ck_assert_uint_eq(slot(&contract, 100), 77);
    end_world();
}
END_TEST

START_TEST(every_byte_has_a_reach_of_its_own_in_the_eips_bounds) {
    struct orr_evm_reach reach;
    unsigned seen[2][256] = {{0}}, pairs[32][32] = {{0}}, n[3] = {0};
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned op = 0; op < 2; op++) { /* 17 <= n <= 235 */
            if (!orr_evm_op_reach((uint8_t)(ORR_OP_DUPN + op), (uint8_t)byte, &reach)) continue;
            unsigned depth = reach.far + !op;
            ck_assert(depth >= 17 && depth <= 235 && !reach.near && !seen[op][depth]++);
            n[op]++;
        }
        if (!orr_evm_op_reach(ORR_OP_EXCHANGE, (uint8_t)byte, &reach)) continue;
        ck_assert(reach.near >= 1 && reach.near < reach.far && reach.near + reach.far <= 30);
        ck_assert(!pairs[reach.near][reach.far]++);
        n[2]++;
    }
    ck_assert_uint_eq(n[0], 219);
    ck_assert_uint_eq(n[1], 219);
    ck_assert_uint_eq(n[2], 210);
}
END_TEST

/* ---- EIP-7928 ---- */

static void encode(const struct orr_evm_accesses *list, char *hex) {
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_evm_accesses_encode(list, &w);
    orr_hex_encode(hex, w.bytes, w.len);
    orr_rlp_free(&w);
}

START_TEST(the_list_of_a_block_without_anything_is_empty) {
    begin();
    struct orr_evm_accesses *list = orr_evm_accesses_create(&heap.mem);
    struct orr_hash hash = orr_evm_accesses_hash(list), wanted;
    struct orr_buffer b;
    orr_hex_decode("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347", &b);
    memcpy(wanted.bytes, b.bytes, 32);
    free(b.bytes);
    ck_assert(orr_hash_equal(hash, wanted));
    orr_evm_accesses_destroy(list);
    end_world();
}
END_TEST

START_TEST(what_was_reached_stays_and_what_changed_has_its_index) {
    char hex[4096];
    begin();
    /* SLOAD 1, SSTORE 2 <- 1 (it is 1: no change), SSTORE 0 <- calldata's first byte; the caller
     * asks for REVERT by no data */
    put(&contract, 0, 1, "6001545060016002553660125760005f55005b5f355f1a5f5500");
    put_slot(&contract, 2, 1);
    struct orr_evm_accesses *list = orr_evm_accesses_create(&heap.mem);
    orr_evm_state_record(state, list);
    orr_evm_accesses_close(list, state); /* index 0 */
    uint8_t data = 9;
    for (int i = 0; i < 2; i++) {
        struct orr_evm_tx tx = call_tx();
        tx.max_fee = tx.max_priority_fee = wei(7);
        tx.data = &data;
        tx.data_len = i;
        run(&tx);
        orr_evm_accesses_close(list, state);
    }
    encode(list, hex);
    /* the contract: slot 0 became 9 at index 2; 1 and 2 were read */
    char *found =
        strstr(hex, "94c100000000000000000000000000000000000000c6c580c3c20209c20102c0c0c0");
    ck_assert_msg(found != NULL, "%s", hex);
    /* the sender's nonce: 1 at index 1, 2 at index 2 */
    ck_assert_msg(strstr(hex, "c6c20101c20202") != NULL, "%s", hex);
    /* contract, sender, coinbase, and the contract's three slots */
    ck_assert_uint_eq(orr_evm_accesses_n_items(list), 6);
    orr_evm_state_record(state, NULL);
    orr_evm_accesses_destroy(list);
    end_world();
}
END_TEST

ORR_TEST_MAIN("vm.amsterdam", a_transaction_costs_what_it_touches,
              gas_that_does_not_reach_for_a_new_account_is_gone_and_the_transaction_counts,
              the_reservoir_pays_for_state_and_comes_back_when_the_state_does_not_stay,
              writes_cost_what_the_table_says, data_has_a_floor_of_64_gas_a_byte,
              ether_that_moves_leaves_a_log,
              a_contract_that_destroys_itself_when_it_is_made_keeps_its_ether,
              code_may_have_64_kib_and_initcode_twice_that,
              deep_words_are_reached_as_the_eip_counts,
              a_byte_that_may_not_follow_halts_and_may_be_jumped_to,
              every_byte_has_a_reach_of_its_own_in_the_eips_bounds,
              the_list_of_a_block_without_anything_is_empty,
              what_was_reached_stays_and_what_changed_has_its_index)
