/* L2 blocks: what the header of each fork says, what is refused, and that no wei is lost. */
#include "models/rollup/execute.h"

#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "tests/models/vm/signer.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_evm_store *store;
static struct orr_evm_state *state;
static struct orr_evm_executor *executor;
static struct orr_rollup_config config;
static struct orr_l2_chain chain;
static struct orr_evm_header parent;
static struct orr_l2_attributes attributes;
static struct orr_rollup_tx txs[4];
static struct orr_rlp_writer written[4];
static const struct orr_address other = {{0x77}};
enum { ETHER = 1000000000 };

static struct orr_u256 wei(uint64_t v) { return orr_u256_from_u64(v); }

static void begin(enum orr_evm_rollup newest) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
    state = orr_evm_state_create(store);
    executor = orr_evm_executor_create(&heap.mem);
    struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
    struct orr_u256 one = wei(1);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_balance(state, &signer, wei(ETHER));
    orr_evm_state_set_code(state, &passer, (const uint8_t *)"", 1);
    orr_evm_state_set_storage(state, &passer, &one, &one);
    orr_evm_state_end_tx(state, ORR_FORK_PARIS);
    config = (struct orr_rollup_config){.block_time = 2, .l2_chain_id = 901, .elasticity = 6,
                                        .denominator = 50, .denominator_canyon = 250};
    uint64_t *const times[] = {&config.regolith_time, &config.canyon_time, &config.ecotone_time,
                               &config.fjord_time, &config.granite_time, &config.holocene_time,
                               &config.isthmus_time};
    for (unsigned i = 0; i < 7; i++)
        *times[i] = newest >= ORR_EVM_REGOLITH + i ? 0 : ORR_ROLLUP_NEVER;
    orr_l2_chain_init(&chain, &config);
    parent = (struct orr_evm_header){.number = 5, .timestamp = 1000, .gas_limit = 30000000,
                                     .gas_used = 5000000, .base_fee = wei(1)};
    attributes = (struct orr_l2_attributes){.timestamp = 1002, .gas_limit = 30000000,
                                            .fee_recipient = orr_evm_predeploy(0x11),
                                            .txs = txs};
    for (int i = 0; i < 4; i++) written[i] = (struct orr_rlp_writer){.mem = &heap.mem};
}

static void end(void) {
    for (int i = 0; i < 4; i++) orr_rlp_free(&written[i]);
    orr_evm_executor_destroy(executor);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static void add(size_t i) {
    txs[i] = (struct orr_rollup_tx){written[i].bytes, written[i].len};
    attributes.n_txs = i + 1;
}

static void add_deposit(size_t i, uint64_t mint, uint64_t value) {
    struct orr_evm_deposit d = {.from = signer, .to = other, .mint = wei(mint),
                                .value = wei(value), .gas = 50000};
    orr_evm_deposit_write(&d, &written[i]);
    add(i);
}

static void add_tx(size_t i, uint64_t nonce) {
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true, .chain_id = wei(901),
                            .nonce = nonce, .gas_limit = 21000, .max_fee = wei(5),
                            .max_priority_fee = wei(2), .to = other, .value = wei(9)};
    sign_tx(&heap.mem, &tx);
    orr_evm_tx_encode(&tx, &written[i]);
    add(i);
}

static const char *run(struct orr_l2_block *block, size_t *bad_tx) {
    struct orr_l2_parent p = {&config, &chain, &parent, {{1}}, {NULL, NULL}};
    return orr_l2_execute(executor, state, &p, &attributes, block, bad_tx);
}

static uint64_t balance_of(struct orr_address a) {
    return orr_evm_state_balance(state, &a).limb[0];
}

START_TEST(each_forks_header_says_what_it_has_to) {
    for (enum orr_evm_rollup f = ORR_EVM_BEDROCK; f < ORR_EVM_N_ROLLUPS; f++) {
        struct orr_l2_block b;
        size_t bad_tx;
        struct orr_hash nothing;
        orr_sha256(NULL, 0, nothing.bytes);
        begin(f);
        add_deposit(0, 100, 40);
        add_tx(1, 1);
        ck_assert_ptr_null(run(&b, &bad_tx));
        const struct orr_evm_header *h = &b.header;
        ck_assert_int_eq(h->n_fields, f >= ORR_EVM_ISTHMUS   ? ORR_HEADER_PRAGUE
                                      : f >= ORR_EVM_ECOTONE ? ORR_HEADER_CANCUN
                                      : f >= ORR_EVM_CANYON  ? ORR_HEADER_SHANGHAI
                                                             : ORR_HEADER_LONDON);
        ck_assert_uint_eq(h->number, 6);
        ck_assert_uint_eq(h->extra_data_len, f >= ORR_EVM_HOLOCENE ? ORR_L2_EXTRA_BYTES : 0);
        ck_assert(b.has_message_passer);
        ck_assert(!orr_hash_equal(b.message_passer, orr_trie_empty_hash));
        ck_assert(orr_hash_equal(h->withdrawals_root,
                                 f >= ORR_EVM_ISTHMUS ? b.message_passer : orr_trie_empty_hash));
        ck_assert_int_eq(orr_hash_equal(h->requests_hash, nothing), f >= ORR_EVM_ISTHMUS);
        ck_assert(orr_hash_equal(b.hash, orr_evm_header_hash(&heap.mem, h)));
        ck_assert_int_eq(b.receipts[0].has_deposit_version, f >= ORR_EVM_CANYON);
        ck_assert_uint_eq(b.receipts[0].deposit_nonce, 0);
        ck_assert_int_eq(b.receipts[0].encoding[0], ORR_DEPOSIT_TYPE);
        ck_assert(b.receipts[0].is_success && b.receipts[1].is_success);
        ck_assert_uint_eq(h->gas_used, (f >= ORR_EVM_REGOLITH ? 21000 : 50000) + 21000);
        /* supply = genesis + mints - burnt, and nothing burns */
        uint64_t all = balance_of(signer) + balance_of(other) + balance_of(h->coinbase);
        for (uint8_t low = 0x19; low <= 0x1b; low++) all += balance_of(orr_evm_predeploy(low));
        ck_assert_uint_eq(all, ETHER + 100);
        ck_assert_uint_eq(balance_of(other), 49);
        orr_l2_block_free(&heap.mem, &b);
        end();
    }
}
END_TEST

START_TEST(what_must_not_be_in_a_block_is_named_with_its_place) {
    static const struct {
        int kind;
        size_t at;
        const char *says;
    } cases[] = {{0, 1, "behind"}, {1, 1, "malformed deposit"}, {2, 1, "malformed transaction"},
                 {3, 1, "nonce"},  {4, 1, "after its parent"},  {5, 1, "parameters is 0"},
                 {6, 0, "gas"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_l2_block b;
        size_t bad_tx;
        static const uint8_t bad[] = {0x7e, 0xc0}, worse[] = {0x02, 0xc0};
        begin(ORR_EVM_HOLOCENE);
        cases[i].kind ? add_deposit(0, 0, 0) : add_tx(0, 0);
        switch (cases[i].kind) {
        case 0: add_deposit(1, 0, 0); break;
        case 1: orr_rlp_write_raw(&written[1], bad, 2); add(1); break;
        case 2: orr_rlp_write_raw(&written[1], worse, 2); add(1); break;
        case 3: add_tx(1, 0); break;
        case 4: attributes.timestamp = 1000; break;
        case 5: attributes.elasticity = 4; break;
        default: attributes.gas_limit = 49999;
        }
        const char *says = run(&b, &bad_tx);
        ck_assert_ptr_nonnull(says);
        ck_assert_msg(strstr(says, cases[i].says), "%s", says);
        ck_assert_uint_eq(bad_tx, cases[i].at);
        end();
    }
}
END_TEST

START_TEST(no_blob_transaction_is_in_an_l2_block) {
    struct orr_l2_block b;
    size_t bad_tx;
    struct orr_hash blob = {{1}};
    begin(ORR_EVM_ISTHMUS);
    struct orr_evm_tx tx = {.type = ORR_TX_BLOB, .has_chain_id = true, .chain_id = wei(901),
                            .gas_limit = 21000, .max_fee = wei(5), .max_blob_fee = wei(5),
                            .to = other, .blob_hashes = &blob, .n_blob_hashes = 1};
    sign_tx(&heap.mem, &tx);
    orr_evm_tx_encode(&tx, &written[0]);
    add(0);
    const char *says = run(&b, &bad_tx);
    ck_assert_str_eq(says, orr_evm_tx_error_text(ORR_TX_TYPE_NOT_SUPPORTED));
    end();
}
END_TEST

START_TEST(the_base_fee_moves_by_the_parameters_in_force) {
    static const uint8_t extra[] = {0, 0, 0, 0, 8, 0, 0, 0, 2};
    static const uint8_t strange[] = {1, 0, 0, 0, 8, 0, 0, 0, 2};
    begin(ORR_EVM_HOLOCENE);
    parent.base_fee = wei(1000000);
    parent.gas_used = 30000000; /* six times the target: 5 more targets, over 250 */
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(1020000)));
    config.canyon_time = 1003;
    config.holocene_time = ORR_ROLLUP_NEVER;
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(1100000)));
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1003), wei(1020000)));
    parent.extra_data = extra;
    parent.extra_data_len = sizeof extra;
    config.holocene_time = 1001; /* the parent is before it */
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(1100000)));
    config.holocene_time = 1000; /* twice the target, over 8 */
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(1125000)));
    parent.gas_used = 0;
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(875000)));
    parent.gas_used = 15000000;
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(1000000)));
    parent.gas_used = 15000001; /* at least one wei up */
    parent.base_fee = wei(3);
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(4)));
    parent.extra_data = strange; /* of another version: the rollup's own */
    parent.gas_used = 5000000;
    ck_assert(orr_u256_equal(orr_l2_next_base_fee(&config, &parent, 1002), wei(3)));
    end();
}
END_TEST

ORR_TEST_MAIN("execute", each_forks_header_says_what_it_has_to,
              what_must_not_be_in_a_block_is_named_with_its_place,
              no_blob_transaction_is_in_an_l2_block,
              the_base_fee_moves_by_the_parameters_in_force)
