/* The chain through models/engine.h alone, as rollup and index see it. */
#include "models/vm/trie.h"
#include "tests/models/chain/chain_world.h"

/* A block with a call that logs, a creation and a transfer, on the head. */
static struct orr_engine_block logging_block(struct orr_chain *chain) {
    const struct orr_address to = {{9}};
    struct orr_evm_tx create = {.type = ORR_TX_LEGACY,
                                .nonce = 2,
                                .gas_limit = 100000,
                                .is_create = true,
                                .max_fee = {{5000000000u}},
                                .max_priority_fee = {{5000000000u}},
                                .data = (const uint8_t *)"\x60\x01\x5f\xf3",
                                .data_len = 4};
    sign_tx(&heap.mem, &create);
    struct orr_rlp_writer w[] = {make_tx(ORR_TX_FEE_MARKET, 0, &logger, 0, 100000),
                                 make_tx(ORR_TX_LEGACY, 1, &logger, 0, 100000),
                                 {.mem = &heap.mem},
                                 make_tx(ORR_TX_LEGACY, 3, &to, 77, 21000)};
    orr_evm_tx_encode(&create, &w[2]);
    struct orr_engine_bytes given[4];
    for (int i = 0; i < 4; i++) given[i] = (struct orr_engine_bytes){w[i].bytes, w[i].len};
    struct orr_engine_attributes a = {.time = 2000,
                                      .coinbase = {{0xc0}},
                                      .txs = given,
                                      .n_txs = 4,
                                      .prev_randao = {{7}},
                                      .extra_data = {(const uint8_t *)"hello", 5}};
    struct orr_engine_block block;
    ck_assert_int_eq(orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &block), 0);
    for (int i = 0; i < 4; i++) orr_rlp_free(&w[i]);
    return block;
}

START_TEST(a_block_and_its_parts_are_read_by_hash_and_number) {
    begin_chains(ORR_FORK_PRAGUE);
    const struct orr_engine *e = &orr_chain_engine;
    struct orr_chain *chain = new_chain();
    struct orr_engine_block b = logging_block(chain), at;
    ck_assert_uint_eq(b.number, 1);
    ck_assert_uint_eq(b.n_txs, 4);
    ck_assert(b.has_requests && b.has_blob_gas && b.has_withdrawals && b.has_base_fee);
    ck_assert_uint_eq(b.base_fee.limb[0], 875);
    ck_assert_uint_eq(b.blob_fee.limb[0], 1);
    ck_assert_mem_eq(b.extra_data, "hello", 5);
    ck_assert_uint_eq(b.mix_hash.bytes[0], 7);
    ck_assert_int_eq(e->block_at(chain, 1, &at), ORR_ENOTFOUND); /* not chosen yet */
    struct orr_hash first = b.parent_hash, head, safe, final, nobody = {{1}};
    ck_assert_int_eq(e->choose(chain, &b.hash, &nobody, &first), ORR_ENOTFOUND);
    ck_assert_int_eq(e->choose(chain, &b.hash, &first, &b.hash), ORR_EINVAL);
    ck_assert_int_eq(e->choose(chain, &b.hash, &first, &first), 0);
    e->chosen(chain, &head, &safe, &final);
    ck_assert_mem_eq(&head, &b.hash, 32);
    ck_assert_mem_eq(&final, &first, 32);
    ck_assert_int_eq(e->block_at(chain, 1, &at), 0);
    ck_assert_mem_eq(&at.hash, &b.hash, 32);
    ck_assert_int_eq(e->block_at(chain, 0, &at), 0);
    ck_assert_ptr_null(at.bytes);
    ck_assert_mem_eq(at.extra_data, "first", 5);
    ck_assert_int_eq(e->block(chain, &nobody, &at), ORR_ENOTFOUND);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

START_TEST(transactions_receipts_and_logs_say_what_happened) {
    begin_chains(ORR_FORK_PRAGUE);
    const struct orr_engine *e = &orr_chain_engine;
    struct orr_chain *chain = new_chain();
    struct orr_engine_block b = logging_block(chain);
    struct orr_engine_tx tx;
    struct orr_engine_receipt r;
    struct orr_engine_log log;
    ck_assert_int_eq(e->tx(chain, &b.hash, 0, &tx), 0);
    ck_assert_mem_eq(&tx.sender, &signer, 20);
    ck_assert_uint_eq(tx.type, 2);
    ck_assert_uint_eq(tx.price.limb[0], 875 + 7); /* base fee and tip (EIP-1559) */
    struct orr_hash hash = orr_keccak256(tx.bytes, tx.len);
    ck_assert_mem_eq(&hash, &tx.hash, 32);
    ck_assert_int_eq(e->receipt(chain, &b.hash, 1, &r), 0);
    ck_assert(r.has_status && r.is_success && !r.has_created);
    ck_assert_uint_eq(r.first_log, 1);
    ck_assert_uint_eq(r.n_logs, 1);
    ck_assert_int_eq(e->log(chain, &b.hash, 1, 0, &log), 0);
    ck_assert_mem_eq(&log.address, &logger, 20);
    ck_assert_int_eq(log.n_topics, 1);
    ck_assert_uint_eq(log.topics[0].bytes[31], 7);
    ck_assert_uint_eq(log.len, 1);
    ck_assert_int_eq(e->log(chain, &b.hash, 1, 1, &log), ORR_ENOTFOUND);
    ck_assert_int_eq(e->receipt(chain, &b.hash, 2, &r), 0);
    ck_assert(r.has_created && r.is_success);
    /* keccak(rlp([0x7e5f...5bdf, 2])), last 20 bytes */
    struct orr_address created = orr_evm_create_address(&signer, 2);
    ck_assert_mem_eq(&r.created, &created, 20);
    ck_assert_int_eq(e->receipt(chain, &b.hash, 3, &r), 0);
    ck_assert_uint_eq(r.gas_used, 21000);
    ck_assert_uint_eq(r.cumulative_gas, b.gas_used);
    ck_assert_int_eq(e->receipt(chain, &b.hash, 4, &r), ORR_ENOTFOUND);
    ck_assert_int_eq(e->tx(chain, &b.hash, 4, &tx), ORR_ENOTFOUND);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

START_TEST(the_state_after_each_block_can_be_read) {
    begin_chains(ORR_FORK_PRAGUE);
    const struct orr_engine *e = &orr_chain_engine;
    struct orr_chain *chain = new_chain();
    struct orr_engine_block b = logging_block(chain);
    struct orr_engine_account account;
    const struct orr_address to = {{9}};
    const struct orr_u256 zero = {{0}};
    struct orr_u256 value;
    const uint8_t *code;
    size_t len;
    ck_assert_int_eq(e->account(chain, &b.hash, &to, &account), 0);
    ck_assert(account.exists);
    ck_assert_uint_eq(account.balance.limb[0], 77);
    ck_assert_int_eq(e->account(chain, &b.parent_hash, &to, &account), 0);
    ck_assert(!account.exists);
    ck_assert_int_eq(e->account(chain, &b.hash, &signer, &account), 0);
    ck_assert_uint_eq(account.nonce, 4);
    ck_assert_int_eq(e->storage(chain, &b.hash, &logger, &zero, &value), 0);
    ck_assert_uint_eq(value.limb[0], 2);
    ck_assert_int_eq(e->storage(chain, &b.parent_hash, &logger, &zero, &value), 0);
    ck_assert_uint_eq(value.limb[0], 0);
    ck_assert_int_eq(e->account(chain, &b.hash, &logger, &account), 0);
    ck_assert(memcmp(&account.storage_root, &orr_trie_empty_hash, 32));
    ck_assert_int_eq(e->code(chain, &b.hash, &logger, &code, &len), 0);
    ck_assert_uint_eq(len, 13);
    ck_assert_int_eq(e->code(chain, &b.hash, &to, &code, &len), 0);
    ck_assert_uint_eq(len, 0);
    ck_assert_int_eq(e->account(chain, &(struct orr_hash){{3}}, &to, &account), ORR_ENOTFOUND);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

/* Who follows a chain by models/engine.h alone: at each new head takes back the blocks down to the
 * common one and takes in those above it. */
struct follower {
    struct orr_hash head, taken[16]; /* taken: the branch that it holds */
    size_t n, n_back;
};

static void follow(struct follower *f, struct orr_chain *chain) {
    const struct orr_engine *e = &orr_chain_engine;
    struct orr_hash head, safe, final, common;
    struct orr_engine_block b;
    e->chosen(chain, &head, &safe, &final);
    ck_assert_int_eq(e->common(chain, &f->head, &head, &common), 0);
    while (!orr_hash_equal(f->head, common)) {
        ck_assert_int_eq(e->block(chain, &f->head, &b), 0);
        ck_assert(orr_hash_equal(f->taken[--f->n], b.hash));
        f->head = b.parent_hash;
        f->n_back++;
    }
    ck_assert_int_eq(e->block(chain, &common, &b), 0);
    while (!orr_hash_equal(f->head, head)) {
        ck_assert_int_eq(e->block_at(chain, b.number + 1, &b), 0);
        ck_assert(orr_hash_equal(b.parent_hash, f->head));
        for (uint32_t i = 0; i < b.n_txs; i++) {
            struct orr_engine_receipt r;
            ck_assert_int_eq(e->receipt(chain, &b.hash, i, &r), 0);
        }
        f->head = f->taken[f->n++] = b.hash;
    }
}

START_TEST(who_follows_heads_undoes_and_applies_the_blocks_of_a_reorg) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *chain = new_chain();
    struct orr_chain_link *first = chain->head;
    struct follower f = {.head = *orr_chain_hash(first)};
    struct orr_chain_link *a = grow(chain, first, 0, 1, 1), *a3 = a;
    for (int i = 0; i < 2; i++) a3 = grow(chain, a3, 1 + (uint64_t)i, 1, 1);
    struct orr_chain_link *b3 = grow(chain, grow(chain, a, 1, 2, 2), 3, 0, 2);
    static const size_t n_back[] = {0, 2, 5, 5};
    struct orr_chain_link *heads[] = {a3, b3, first, a};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(orr_chain_choose(chain, heads[i], first, first), 0);
        follow(&f, chain);
        ck_assert_uint_eq(f.n_back, n_back[i]);
        ck_assert_uint_eq(f.n, orr_chain_number(heads[i]));
    }
    struct orr_hash common;
    const struct orr_hash nobody = {{9}};
    ck_assert_int_eq(orr_chain_engine.common(chain, orr_chain_hash(a3), orr_chain_hash(b3),
                                             &common),
                     0);
    ck_assert(orr_hash_equal(common, *orr_chain_hash(a)));
    ck_assert_int_eq(orr_chain_engine.common(chain, &nobody, orr_chain_hash(b3), &common),
                     ORR_ENOTFOUND);
    ck_assert_int_eq(orr_chain_engine.common(chain, orr_chain_hash(b3), &nobody, &common),
                     ORR_ENOTFOUND);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

START_TEST(what_no_block_can_be_built_from_is_refused) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *chain = new_chain();
    struct orr_engine_attributes a = {
        .extra_data = {(const uint8_t *)"0123456789012345678901234567890123", 33}};
    struct orr_engine_block b;
    ck_assert_int_eq(orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &b),
                     ORR_EINVAL);
    a.extra_data.len = 32;
    ck_assert_int_eq(orr_chain_engine.build(chain, &(struct orr_hash){{3}}, &a, &b), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &b), 0);
    orr_chain_free(chain);
    /* Without the contracts that Prague asks there is no block (EIP-7002). */
    config.contracts = &(struct orr_evm_system_contracts){.withdrawal_requests = {{1}}};
    struct orr_evm_system_contracts elsewhere = *config.contracts;
    config.contracts = NULL;
    chain = new_chain();
    config.contracts = &elsewhere;
    ck_assert_int_eq(orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &b),
                     ORR_EINVAL);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

ORR_TEST_MAIN("chain.engine", a_block_and_its_parts_are_read_by_hash_and_number,
              transactions_receipts_and_logs_say_what_happened,
              the_state_after_each_block_can_be_read,
              who_follows_heads_undoes_and_applies_the_blocks_of_a_reorg,
              what_no_block_can_be_built_from_is_refused)
