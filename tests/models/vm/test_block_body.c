/* What a block does besides its transactions' own work, by hand-worked sums: rewards of blocks and
 * ommers, withdrawals, the DAO's drain, receipts before Byzantium, what one transaction leaves to
 * the next; and which ommers may stand in a block. */
#include "models/vm/block.h"
#include "models/vm/dao_accounts.h"
#include "tests/models/vm/signer.h"
#include "tests/models/vm/tx_world.h"

static struct orr_evm_chain_fork rules;
static struct orr_evm_chain_config config;
static struct orr_evm_header parent;
static struct orr_evm_chain_view view;
static struct orr_evm_block_result result;

static const uint64_t ether = 1000000000000000000u;

static void begin_chain(enum orr_evm_fork fork) {
    begin_world(fork);
    rules = orr_evm_chain_fork(fork);
    config = (struct orr_evm_chain_config){
        .chain_id = wei(1), .forks = &rules, .n_forks = 1, .dao_number = UINT64_MAX};
    parent = (struct orr_evm_header){.n_fields = orr_evm_header_fields_of(fork), .number = 9};
    view = (struct orr_evm_chain_view){.config = &config, .n_ancestors = 1};
    view.ancestors[0] = (struct orr_evm_ancestor){.header = &parent};
    result = (struct orr_evm_block_result){.n_receipts = 0};
}

static void end_chain(void) {
    orr_evm_block_result_free(&heap.mem, &result);
    end_world();
}

/* Block number 10, with a base fee of 7 from London on. */
static struct orr_evm_block a_block(void) {
    struct orr_evm_block block = {.has_withdrawals = rules.fork >= ORR_FORK_SHANGHAI};
    block.header = (struct orr_evm_header){.n_fields = parent.n_fields,
                                           .number = 10,
                                           .gas_limit = 30000000,
                                           .timestamp = 1000,
                                           .coinbase = coinbase,
                                           .base_fee = env.base_fee};
    return block;
}

static enum orr_evm_block_error run_block(const struct orr_evm_block *block) {
    orr_evm_block_result_free(&heap.mem, &result);
    return orr_evm_execute_block(executor, state, &view, block, &result);
}

START_TEST(blocks_and_ommers_are_rewarded_by_fork_until_paris) {
    static const struct {
        enum orr_evm_fork fork;
        uint64_t n_ether;
    } cases[] = {{ORR_FORK_FRONTIER, 5},       {ORR_FORK_EIP158, 5}, {ORR_FORK_BYZANTIUM, 3},
                 {ORR_FORK_CONSTANTINOPLE, 2}, {ORR_FORK_LONDON, 2}, {ORR_FORK_PARIS, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_chain(cases[i].fork);
        struct orr_evm_header ommers[] = {{.number = 9, .coinbase = {{1}}},
                                          {.number = 4, .coinbase = {{2}}}};
        struct orr_evm_block block = a_block();
        block.ommers = ommers;
        block.n_ommers = cases[i].n_ether ? 2 : 0;
        ck_assert_int_eq(run_block(&block), ORR_BLOCK_OK);
        uint64_t reward = cases[i].n_ether * ether;
        ck_assert_uint_eq(balance_of(&coinbase), 1 + reward + 2 * (reward / 32));
        ck_assert_uint_eq(balance_of(&ommers[0].coinbase), reward / 8 * 7); /* one older */
        ck_assert_uint_eq(balance_of(&ommers[1].coinbase), reward / 8 * 2); /* six older */
        end_chain();
    }
}
END_TEST

START_TEST(withdrawals_come_in_gwei_and_one_of_nothing_makes_no_account) {
    begin_chain(ORR_FORK_SHANGHAI);
    struct orr_evm_withdrawal withdrawals[] = {{.address = {{1}}, .amount_gwei = 3},
                                               {.address = {{2}}, .amount_gwei = 0},
                                               {.address = {{1}}, .amount_gwei = 2}};
    struct orr_evm_block block = a_block();
    block.withdrawals = withdrawals;
    block.n_withdrawals = 3;
    ck_assert_int_eq(run_block(&block), ORR_BLOCK_OK);
    ck_assert_uint_eq(balance_of(&withdrawals[0].address), 5000000000);
    ck_assert(!orr_evm_state_exists(state, &withdrawals[1].address));
    end_chain();
}
END_TEST

START_TEST(the_dao_is_drained_in_its_block_only) {
    static const struct orr_address refund = {{0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66,
                                               0x65, 0x46, 0xe3, 0x0d, 0x74, 0xd5, 0x0d,
                                               0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};
    const size_t n = sizeof dao_accounts / sizeof dao_accounts[0];
    ck_assert_uint_eq(n, 116); /* EIP-779 lists so many */
    for (uint64_t dao = 9; dao <= 11; dao++) {
        begin_chain(ORR_FORK_HOMESTEAD);
        config.dao_number = dao;
        put(&dao_accounts[0], 100, 0, "");
        put(&dao_accounts[n - 1], 11, 0, "");
        struct orr_evm_block block = a_block();
        ck_assert_int_eq(run_block(&block), ORR_BLOCK_OK);
        ck_assert_uint_eq(balance_of(&refund), dao == 10 ? 111 : 0);
        ck_assert_uint_eq(balance_of(&dao_accounts[0]), dao == 10 ? 0 : 100);
        end_chain();
    }
}
END_TEST

/* A legacy transaction of the signer to nobody in particular. */
static struct orr_evm_tx signed_tx(uint64_t nonce, uint64_t gas_limit) {
    struct orr_evm_tx tx = {.nonce = nonce,
                            .gas_limit = gas_limit,
                            .max_fee = wei(10),
                            .max_priority_fee = wei(10),
                            .to = {{0xee}},
                            .value = wei(1)};
    sign_tx(&heap.mem, &tx);
    return tx;
}

START_TEST(receipts_hold_the_root_before_byzantium_and_the_status_from_then_on) {
    for (enum orr_evm_fork fork = ORR_FORK_EIP158; fork <= ORR_FORK_BYZANTIUM; fork++) {
        begin_chain(fork);
        put(&signer, ether, 0, "");
        struct orr_evm_tx txs[] = {signed_tx(0, 21000), signed_tx(1, 21000)};
        struct orr_evm_block block = a_block();
        block.txs = txs;
        block.n_txs = 2;
        struct orr_evm_state *copy =
            orr_evm_state_fork(state); /* the same without a block around it */
        struct orr_hash roots[2];
        for (int i = 0; i < 2; i++) {
            struct orr_evm_tx_outcome outcome;
            ck_assert_int_eq(
                orr_evm_execute_tx(executor, copy, &env, &txs[i], &signer, 30000000, 0, &outcome),
                ORR_TX_OK);
            roots[i] = orr_evm_state_root(copy);
        }
        orr_evm_state_destroy(copy);
        ck_assert_int_eq(run_block(&block), ORR_BLOCK_OK);
        ck_assert_uint_eq(result.gas_used, 42000);
        for (int i = 0; i < 2; i++) {
            const struct orr_evm_receipt *r = &result.receipts[i];
            ck_assert_uint_eq(r->cumulative_gas, 21000 * (i + 1u));
            struct orr_rlp_reader all = orr_rlp_reader(r->encoding, r->encoding_len);
            struct orr_rlp_reader list = orr_rlp_read_list(&all);
            size_t len;
            const uint8_t *first = orr_rlp_read_string(&list, &len);
            if (fork < ORR_FORK_BYZANTIUM) {
                ck_assert_uint_eq(len, 32);
                ck_assert_mem_eq(first, &roots[i], 32);
            } else {
                ck_assert_uint_eq(len, 1);
                ck_assert_uint_eq(first[0], 1);
            }
            ck_assert_uint_eq(orr_rlp_read_u64(&list), 21000 * (i + 1u));
        }
        end_chain();
    }
}
END_TEST

/* Yellow Paper, eq. 30: three times eleven bits of the hash choose a bit; bit 0 is the last byte's.
 */
static void set_bits(uint8_t bloom[256], const void *item, size_t len) {
    struct orr_hash h = orr_keccak256(item, len);
    for (int i = 0; i < 3; i++) {
        unsigned bit = (h.bytes[2 * i] * 256u + h.bytes[2 * i + 1]) % 2048;
        bloom[255 - bit / 8] |= (uint8_t)(1 << bit % 8);
    }
}

START_TEST(a_receipt_begins_with_its_type_and_filters_addresses_and_topics) {
    begin_chain(ORR_FORK_BERLIN);
    put(&signer, ether, 0, "");
    put(&contract, 0, 1, "602a60006000a1602b60006000a1"); /* LOG1 twice: topics 42 and 43 */
    struct orr_evm_tx tx = signed_tx(0, 100000);
    tx.type = ORR_TX_ACCESS_LIST;
    tx.chain_id = wei(1);
    tx.has_chain_id = true;
    tx.to = contract;
    tx.value = wei(0);
    sign_tx(&heap.mem, &tx);
    struct orr_evm_block block = a_block();
    block.txs = &tx;
    block.n_txs = 1;
    ck_assert_int_eq(run_block(&block), ORR_BLOCK_OK);
    uint8_t bloom[256] = {0};
    set_bits(bloom, contract.bytes, 20);
    for (uint8_t topic = 42; topic <= 43; topic++)
        set_bits(bloom, &(struct orr_hash){{[31] = topic}}, 32);
    ck_assert_mem_eq(&result.bloom, bloom, 256);
    const struct orr_evm_receipt *r = &result.receipts[0];
    ck_assert_uint_eq(r->encoding[0], 1);
    struct orr_rlp_reader all = orr_rlp_reader(r->encoding + 1, r->encoding_len - 1);
    struct orr_rlp_reader list = orr_rlp_read_list(&all);
    uint8_t kept[256];
    ck_assert_uint_eq(orr_rlp_read_u64(&list), 1);
    ck_assert_uint_eq(orr_rlp_read_u64(&list), result.gas_used);
    orr_rlp_read_fixed(&list, kept, 256);
    ck_assert_mem_eq(kept, bloom, 256);
    struct orr_rlp_reader logs = orr_rlp_read_list(&list);
    for (uint8_t topic = 42; topic <= 43; topic++) {
        struct orr_rlp_reader log = orr_rlp_read_list(&logs);
        struct orr_address by;
        orr_rlp_read_fixed(&log, by.bytes, 20);
        ck_assert_mem_eq(&by, &contract, 20);
        struct orr_rlp_reader topics = orr_rlp_read_list(&log);
        uint8_t word[32];
        orr_rlp_read_fixed(&topics, word, 32);
        ck_assert_uint_eq(word[31], topic);
        size_t len;
        orr_rlp_read_string(&log, &len);
        ck_assert(orr_rlp_done(&topics) && orr_rlp_done(&log));
    }
    ck_assert(orr_rlp_done(&logs) && orr_rlp_done(&list) && orr_rlp_done(&all));
    end_chain();
}
END_TEST

START_TEST(a_transaction_may_have_the_gas_and_the_blobs_that_those_before_it_left) {
    begin_chain(ORR_FORK_BERLIN);
    put(&signer, ether, 0, "");
    struct orr_evm_tx txs[] = {signed_tx(0, 30000000), signed_tx(1, 30000000 - 21000 + 1)};
    struct orr_evm_block block = a_block();
    block.txs = txs;
    block.n_txs = 2;
    ck_assert_int_eq(run_block(&block), ORR_BLOCK_INVALID_TRANSACTION);
    ck_assert_int_eq(result.tx_error, ORR_TX_GAS_ALLOWANCE_EXCEEDED);
    ck_assert_uint_eq(result.n_receipts, 1);
    txs[0] = signed_tx(1, 30000000); /* the first of them has run in this state */
    txs[1] = signed_tx(2, 30000000 - 21000);
    ck_assert_int_eq(run_block(&block), ORR_BLOCK_OK);
    end_chain();

    begin_chain(ORR_FORK_CANCUN); /* at most six blobs in a block */
    put(&signer, ether, 0, "");
    struct orr_hash hashes[6];
    memset(hashes, 1, sizeof hashes);
    for (size_t n = 3; n >= 2; n--) {
        for (size_t i = 0; i < 2; i++) {
            txs[i] = signed_tx(i + (n == 2), 21000); /* then too the first has run */
            txs[i].type = ORR_TX_BLOB;
            txs[i].chain_id = wei(1);
            txs[i].has_chain_id = true;
            txs[i].max_blob_fee = wei(10);
            txs[i].blob_hashes = hashes;
            txs[i].n_blob_hashes = i ? n : 4;
            sign_tx(&heap.mem, &txs[i]);
        }
        block = a_block();
        block.txs = txs;
        block.n_txs = 2;
        enum orr_evm_block_error error = run_block(&block);
        ck_assert_int_eq(error, n == 3 ? ORR_BLOCK_INVALID_TRANSACTION : ORR_BLOCK_OK);
        if (n == 3)
            ck_assert_int_eq(result.tx_error, ORR_TX_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED);
        else
            ck_assert_uint_eq(result.blob_gas_used, 6 * ORR_BLOB_GAS);
    }
    end_chain();
}
END_TEST

/* ---- ommers ---- */

/* A chain of three headers under Homestead's rules, the last one being the parent, and an ommer
 * that is a sibling of the one with that number. */
static struct orr_evm_header headers[3];

static struct orr_evm_header child(const struct orr_evm_header *of, uint8_t mark) {
    struct orr_evm_header h = {.n_fields = ORR_HEADER_FRONTIER,
                               .number = of->number + 1,
                               .timestamp = of->timestamp + 10,
                               .gas_limit = of->gas_limit,
                               .ommers_hash = orr_keccak256("\xc0", 1),
                               .coinbase = {{mark}}};
    h.parent_hash = orr_evm_header_hash(&heap.mem, of);
    h.difficulty = orr_evm_next_difficulty(&rules, &of->difficulty, of->timestamp, false, h.number,
                                           h.timestamp);
    return h;
}

static void make_ancestors(void) {
    begin_chain(ORR_FORK_HOMESTEAD);
    headers[0] = (struct orr_evm_header){.n_fields = ORR_HEADER_FRONTIER,
                                         .number = 7,
                                         .gas_limit = 1024000,
                                         .difficulty = wei(131072),
                                         .ommers_hash = orr_keccak256("\xc0", 1)};
    headers[1] = child(&headers[0], 0);
    headers[2] = child(&headers[1], 0);
    view.n_ancestors = 3;
    for (int i = 0; i < 3; i++)
        view.ancestors[i] = (struct orr_evm_ancestor){
            .header = &headers[2 - i], .hash = orr_evm_header_hash(&heap.mem, &headers[2 - i])};
}

static enum orr_evm_block_error check_ommers(struct orr_evm_header *ommers, size_t n) {
    struct orr_hash hashes[4] = {{{0}}};
    struct orr_evm_block block = a_block();
    for (size_t i = 0; i < n; i++) hashes[i] = orr_evm_header_hash(&heap.mem, &ommers[i]);
    block.ommers = ommers;
    block.ommer_hashes = hashes;
    block.n_ommers = n;
    return orr_evm_ommers_check(&view, &block);
}

START_TEST(an_ommer_is_a_new_sibling_of_an_ancestor) {
    make_ancestors();
    struct orr_evm_header good[] = {child(&headers[0], 1), child(&headers[1], 2),
                                    child(&headers[1], 3)};
    ck_assert_int_eq(check_ommers(good, 0), ORR_BLOCK_OK);
    ck_assert_int_eq(check_ommers(good, 2), ORR_BLOCK_OK);
    ck_assert_int_eq(check_ommers(good, 3), ORR_BLOCK_TOO_MANY_UNCLES);
    struct orr_evm_header brother = child(&headers[2], 1);
    ck_assert_int_eq(check_ommers(&brother, 1), ORR_BLOCK_UNCLE_INVALID);
    ck_assert_int_eq(check_ommers(&headers[1], 1), ORR_BLOCK_UNCLE_KNOWN); /* an ancestor */
    struct orr_evm_header twice[] = {good[0], good[0]};
    ck_assert_int_eq(check_ommers(twice, 2), ORR_BLOCK_UNCLE_KNOWN);
    struct orr_hash before = orr_evm_header_hash(&heap.mem, &good[0]);
    view.ancestors[0].ommer_hashes = &before; /* it already is one, of the parent's */
    view.ancestors[0].n_ommers = 1;
    ck_assert_int_eq(check_ommers(good, 1), ORR_BLOCK_UNCLE_KNOWN);
    ck_assert_int_eq(check_ommers(good + 1, 1), ORR_BLOCK_OK);
    view.n_ancestors = 2; /* and its parent has to be among the ancestors that count */
    view.ancestors[0].n_ommers = 0;
    ck_assert_int_eq(check_ommers(good, 1), ORR_BLOCK_UNCLE_INVALID);
    end_chain();
}
END_TEST

START_TEST(an_ommers_header_keeps_the_rules_of_headers) {
    make_ancestors();
    struct orr_evm_header ommer = child(&headers[1], 1);
    ommer.number++;
    ck_assert_int_eq(check_ommers(&ommer, 1), ORR_BLOCK_INVALID_BLOCK_NUMBER);
    ommer = child(&headers[1], 1);
    ommer.gas_limit += 1000;
    ck_assert_int_eq(check_ommers(&ommer, 1), ORR_BLOCK_INVALID_GASLIMIT);
    ommer = child(&headers[1], 1);
    ommer.difficulty = wei(131073);
    ck_assert_int_eq(check_ommers(&ommer, 1), ORR_BLOCK_INVALID_DIFFICULTY);
    ommer = child(&headers[1], 1);
    ommer.timestamp = headers[1].timestamp;
    ck_assert_int_eq(check_ommers(&ommer, 1), ORR_BLOCK_INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT);
    end_chain();
}
END_TEST

ORR_TEST_MAIN("vm.block_body", blocks_and_ommers_are_rewarded_by_fork_until_paris,
              withdrawals_come_in_gwei_and_one_of_nothing_makes_no_account,
              the_dao_is_drained_in_its_block_only,
              receipts_hold_the_root_before_byzantium_and_the_status_from_then_on,
              a_receipt_begins_with_its_type_and_filters_addresses_and_topics,
              a_transaction_may_have_the_gas_and_the_blobs_that_those_before_it_left,
              an_ommer_is_a_new_sibling_of_an_ancestor, an_ommers_header_keeps_the_rules_of_headers)
