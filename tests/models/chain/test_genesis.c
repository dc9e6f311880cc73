/* The first block of a simulated chain, and the wallet of its accounts. */
#include "models/chain/genesis.h"
#include "models/vault/secp.h"
#include "models/vm/contracts/contracts.h"
#include "tests/models/chain/chain_world.h"

static const struct orr_chain_genesis_config small = {.fork = ORR_FORK_PRAGUE,
                                                      .chain_id = 1337,
                                                      .gas_limit = 36000000,
                                                      .base_fee = 1000000000,
                                                      .n_accounts = 5};

static struct orr_u256 balance_of(struct orr_evm_state *state, const struct orr_address *token,
                                  const struct orr_address *who) {
    struct orr_evm_executor *x = orr_evm_executor_create(&heap.mem);
    struct orr_evm_state *fork = orr_evm_state_fork(state);
    struct orr_evm_block_env env = {.fork = ORR_FORK_PRAGUE, .gas_limit = 1000000};
    uint8_t data[36];
    orr_store_be32(data, ORR_TOKEN_BALANCE_OF);
    orr_u256_store_be(data + 4, orr_u256_from_address(*who));
    struct orr_evm_tx tx = {.gas_limit = 1000000, .to = *token, .data = data, .data_len = 36};
    struct orr_evm_tx_outcome outcome;
    ck_assert_int_eq(
        orr_evm_execute_tx(x, fork, &env, &tx, &(struct orr_address){{0x99}}, 1000000, 0, &outcome),
        0);
    ck_assert_uint_eq(outcome.output_len, 32);
    struct orr_u256 balance = orr_u256_load_be(outcome.output);
    orr_evm_executor_destroy(x);
    orr_evm_state_destroy(fork);
    return balance;
}

START_TEST(every_account_has_ether_and_tokens_and_the_exchange_has_a_pool) {
    orr_heap_init(&heap);
    struct orr_chain_genesis *g = orr_chain_genesis_new(&small, 42, &heap.mem);
    const struct orr_u256 ether = orr_u256_from_u64(1000000000000000000u);
    struct orr_u256 thousand = orr_u256_mul(ether, orr_u256_from_u64(1000));
    struct orr_u256 million = orr_u256_mul(ether, orr_u256_from_u64(1000000));
    for (uint32_t k = 0; k < g->n_keys; k++) {
        struct orr_u256 balance = orr_evm_state_balance(g->state, &g->keys[k].address);
        ck_assert(orr_u256_equal(balance, million));
        ck_assert_uint_eq(orr_evm_state_nonce(g->state, &g->keys[k].address), 0);
        for (int i = 0; i < 2; i++) {
            balance = balance_of(g->state, &g->tokens[i], &g->keys[k].address);
            ck_assert(orr_u256_equal(balance, thousand));
        }
    }
    for (int i = 0; i < 2; i++) {
        struct orr_u256 pool = balance_of(g->state, &g->tokens[i], &g->exchange);
        ck_assert(orr_u256_equal(pool, million));
    }
    orr_chain_genesis_free(g);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_genesis_is_a_function_of_seed_and_parameters) {
    orr_heap_init(&heap);
    struct orr_hash first = {{0}};
    for (int i = 0; i < 4; i++) {
        struct orr_chain_genesis_config c = small;
        if (i == 3) c.n_accounts++;
        struct orr_chain_genesis *g = orr_chain_genesis_new(&c, i == 2 ? 43 : 42, &heap.mem);
        struct orr_hash hash = orr_evm_header_hash(&heap.mem, &g->header);
        if (!i) first = hash;
        ck_assert_int_eq(orr_hash_equal(hash, first), i < 2);
        orr_chain_genesis_free(g);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(empty_blocks_on_it_call_the_systems_contracts) {
    static const enum orr_evm_fork forks[] = {ORR_FORK_CANCUN, ORR_FORK_PRAGUE, ORR_FORK_OSAKA};
    for (int i = 0; i < 3; i++) {
        orr_heap_init(&heap);
        struct orr_chain_genesis_config c = small;
        c.fork = forks[i];
        struct orr_chain_genesis *g = orr_chain_genesis_new(&c, 42, &heap.mem);
        const struct orr_chain_options options = {.keep = 1, .max_open = 9};
        struct orr_chain *a = orr_chain_new(&g->blocks, &g->configs[forks[i]], &options, &g->header,
                                            orr_evm_state_fork(g->state));
        struct orr_engine_attributes attributes = {.time = 12, .parent_beacon_root = {{0xbe}}};
        struct orr_engine_block b;
        ck_assert_int_eq(orr_chain_engine.build(a, orr_chain_hash(a->head), &attributes, &b), 0);
        ck_assert(b.has_requests == (forks[i] >= ORR_FORK_PRAGUE));
        /* EIP-4788: the root at time mod 8191 + 8191; EIP-2935: the parent's hash at 0 */
        const struct orr_evm_system_contracts *s = orr_evm_chain_contracts(&g->configs[0]);
        struct orr_u256 value, slot = orr_u256_from_u64(12 + 8191);
        orr_chain_engine.storage(a, &b.hash, &s->beacon_roots, &slot, &value);
        ck_assert_uint_eq(orr_u256_to_hash(value).bytes[0], 0xbe);
        slot = orr_u256_from_u64(0);
        orr_chain_engine.storage(a, &b.hash, &s->history, &slot, &value);
        struct orr_hash kept = orr_u256_to_hash(value);
        ck_assert_int_eq(orr_hash_equal(kept, b.parent_hash), forks[i] >= ORR_FORK_PRAGUE);
        orr_chain_free(a);
        orr_chain_genesis_free(g);
        ck_assert_uint_eq(heap.used_bytes, 0);
    }
}
END_TEST

START_TEST(what_a_wallet_signs_is_its_accounts_in_every_type) {
    orr_heap_init(&heap);
    struct orr_wallet *wallet = orr_wallet_new(&heap.mem, 1);
    struct orr_wallet_key key, other;
    orr_wallet_derive(wallet, 0, &key);
    orr_wallet_derive(wallet, 1, &other);
    ck_assert(memcmp(&key.address, &other.address, 20));
    /* ethers: HDNodeWallet.fromSeed("0x00...01").derivePath("m/44'/60'/0'/0/0").address */
    char text[ORR_ADDRESS_TEXT];
    orr_address_write(text, &key.address);
    ck_assert_str_eq(text, "0xE262009997E792EF0191Ff5Ca38364B6b0419E47");
    for (int type = 0; type < ORR_TX_N_TYPES; type++) {
        struct orr_evm_tx tx = {.type = (enum orr_evm_tx_type)type,
                                .has_chain_id = true,
                                .chain_id = {{1337}},
                                .gas_limit = 21000,
                                .max_fee = {{7}}};
        orr_wallet_sign(wallet, &heap.mem, &tx, &key);
        struct orr_evm_tx again = tx;
        orr_wallet_sign(wallet, &heap.mem, &again, &key); /* RFC 6979: the same once more */
        ck_assert(orr_u256_equal(tx.s, again.s));
        struct orr_address sender;
        ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_PRAGUE, &tx.chain_id, &sender),
                         ORR_TX_OK);
        ck_assert_mem_eq(&sender, &key.address, 20);
    }
    /* Private key 1 signs as libsecp256k1 does elsewhere (tests/models/vm/signer.h). */
    struct orr_wallet_key one = {.secret = {[31] = 1}};
    struct orr_evm_tx mine = {.gas_limit = 21000, .max_fee = {{7}}}, theirs = mine;
    orr_wallet_sign(wallet, &heap.mem, &mine, &one);
    sign_tx(&heap.mem, &theirs);
    ck_assert(orr_u256_equal(mine.r, theirs.r) && orr_u256_equal(mine.s, theirs.s) &&
              orr_u256_equal(mine.v, theirs.v));
    orr_wallet_free(wallet);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("chain.genesis", every_account_has_ether_and_tokens_and_the_exchange_has_a_pool,
              a_genesis_is_a_function_of_seed_and_parameters,
              empty_blocks_on_it_call_the_systems_contracts,
              what_a_wallet_signs_is_its_accounts_in_every_type)
