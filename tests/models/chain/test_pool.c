/* The transaction pool: queues by nonce, replacement, eviction, the rules at its door, its order.
 */
#include "models/base/rng.h"
#include "models/chain/pool.h"
#include "models/chain/wallet.h"
#include "tests/models/chain/chain_world.h"

enum { N_KEYS = 8 };
static struct orr_pool msgs;
static struct orr_memo *memo;
static struct orr_wallet *wallet;
static struct orr_wallet_key keys[N_KEYS];
static struct orr_evm_state *state;
static struct orr_chain_pool pool;

static void set_account(int k, uint64_t nonce, uint64_t balance) {
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_nonce(state, &keys[k].address, nonce);
    orr_evm_state_set_balance(state, &keys[k].address, orr_u256_from_u64(balance));
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
}

static void begin(struct orr_chain_pool_limits limits) {
    begin_chains(ORR_FORK_PRAGUE);
    orr_pool_init(&msgs, &heap.mem);
    memo = orr_memo_new(&heap.mem, 1024);
    wallet = orr_wallet_new(&heap.mem, 77);
    state = orr_evm_state_create(blocks.store);
    for (int k = 0; k < N_KEYS; k++) {
        orr_wallet_derive(wallet, (uint32_t)k, &keys[k]);
        set_account(k, 0, 1000000000000000u);
    }
    orr_pool_open(&pool, &heap.mem, &msgs, &blocks.accounts, &limits);
}

static const struct orr_chain_pool_limits roomy = {
    .max_txs = 1000, .max_bytes = 1 << 20, .per_sender = 100, .gas_limit = 30000000};

static void end(void) {
    orr_pool_close(&pool);
    ck_assert_uint_eq(msgs.n_live, 0);
    orr_evm_state_destroy(state);
    orr_wallet_free(wallet);
    orr_memo_free(memo);
    orr_pool_fini(&msgs);
    end_chains();
}

struct wish {
    int key;
    uint64_t nonce, tip, cap, gas, value;
};

static struct orr_msg *tx_msg(struct wish w) {
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET,
                            .has_chain_id = true,
                            .chain_id = {{1}},
                            .nonce = w.nonce,
                            .gas_limit = w.gas ? w.gas : 21000,
                            .max_fee = orr_u256_from_u64(w.cap ? w.cap : 10 * w.tip + 1000),
                            .max_priority_fee = orr_u256_from_u64(w.tip),
                            .to = {{0x77}},
                            .value = orr_u256_from_u64(w.value)};
    orr_wallet_sign(wallet, &heap.mem, &tx, &keys[w.key]);
    struct orr_rlp_writer bytes = {.mem = &heap.mem};
    orr_evm_tx_encode(&tx, &bytes);
    struct orr_msg *m = orr_msg_copy(&msgs, 0, bytes.bytes, (uint32_t)bytes.len);
    orr_rlp_free(&bytes);
    orr_chain_tx_decode(m, &config, ORR_FORK_PRAGUE, &heap.mem, &msgs, memo);
    return m;
}

/* As a node does, by the rules of fork_table[0]. */
static struct orr_pool_admission admit(struct orr_msg *m) {
    struct orr_address sender;
    enum orr_evm_tx_error error =
        orr_chain_tx_judge(&heap.mem, memo, m, &fork_table[0], &config.chain_id, &sender);
    if (error) return (struct orr_pool_admission){ORR_POOL_BAD, error};
    return orr_pool_add(&pool, m, &sender, state);
}

static struct orr_pool_admission add(struct wish w) {
    struct orr_msg *m = tx_msg(w);
    const struct orr_chain_tx *form = orr_chain_tx_of(m);
    ck_assert_ptr_nonnull(form);
    if (!form->error) ck_assert_mem_eq(&form->sender, &keys[w.key].address, 20);
    struct orr_pool_admission a = admit(m);
    ck_assert((a.refusal == ORR_POOL_NONE) == (m->refs == 2));
    orr_msg_unref(&msgs, m);
    return a;
}
static void takes(struct wish w) { ck_assert_int_eq(add(w).refusal, ORR_POOL_NONE); }
static void refuses(struct wish w, enum orr_pool_refusal why, enum orr_evm_tx_error rule) {
    struct orr_pool_admission a = add(w);
    ck_assert_int_eq(a.refusal, why);
    ck_assert_int_eq(a.rule, rule);
    ck_assert_uint_gt(strlen(orr_pool_refusal_text(why)), 3);
}

/* What is offered for a base fee, as "key:nonce key:nonce ...". */
static const char *offered(uint64_t base_fee) {
    static char text[1024];
    struct orr_chain_source source = orr_pool_offers(&pool, orr_u256_from_u64(base_fee));
    const struct orr_chain_offer *o;
    text[0] = 0;
    while ((o = source.next(source.ctx))) {
        int k = 0;
        while (!orr_address_equal(keys[k].address, o->sender->address)) k++;
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%d:%llu", n ? " " : "", k,
                 (unsigned long long)o->tx->nonce);
        source.tried(source.ctx, ORR_TX_OK);
    }
    return text;
}

START_TEST(offers_go_by_tip_then_arrival_and_of_a_sender_by_nonce) {
    begin(roomy);
    takes((struct wish){.key = 0, .nonce = 0, .tip = 5});
    takes((struct wish){.key = 1, .nonce = 0, .tip = 9});
    takes((struct wish){.key = 2, .nonce = 0, .tip = 5});
    takes((struct wish){.key = 0, .nonce = 1, .tip = 90}); /* behind its nonce 0 */
    ck_assert_str_eq(offered(7), "1:0 0:0 0:1 2:0");
    /* A cap near the base fee leaves less of the tip (EIP-1559); one below it waits. */
    takes((struct wish){.key = 3, .nonce = 0, .tip = 1000, .cap = 1000});
    ck_assert_str_eq(offered(7), "3:0 1:0 0:0 0:1 2:0");
    ck_assert_str_eq(offered(994), "1:0 3:0 0:0 0:1 2:0");
    ck_assert_str_eq(offered(1001), "1:0 0:0 0:1 2:0");
    end();
}
END_TEST

START_TEST(a_gap_waits_until_it_is_filled) {
    begin(roomy);
    takes((struct wish){.key = 0, .nonce = 2, .tip = 5});
    takes((struct wish){.key = 0, .nonce = 1, .tip = 5});
    ck_assert_str_eq(offered(7), "");
    takes((struct wish){.key = 0, .nonce = 0, .tip = 5});
    ck_assert_str_eq(offered(7), "0:0 0:1 0:2");
    end();
}
END_TEST

START_TEST(what_did_not_run_keeps_back_what_follows_it) {
    begin(roomy);
    for (uint64_t n = 0; n < 3; n++) takes((struct wish){.key = 0, .nonce = n, .tip = 5});
    takes((struct wish){.key = 1, .nonce = 0, .tip = 1});
    struct orr_chain_source source = orr_pool_offers(&pool, orr_u256_from_u64(7));
    ck_assert_ptr_nonnull(source.next(source.ctx));
    source.tried(source.ctx, ORR_TX_GAS_ALLOWANCE_EXCEEDED);
    const struct orr_chain_offer *o = source.next(source.ctx);
    ck_assert_mem_eq(&o->sender->address, &keys[1].address, 20);
    source.tried(source.ctx, ORR_TX_OK);
    ck_assert_ptr_null(source.next(source.ctx));
    end();
}
END_TEST

START_TEST(a_replacement_bids_a_tenth_more_of_tip_and_cap) {
    begin(roomy);
    takes((struct wish){.key = 0, .tip = 101, .cap = 2000});
    refuses((struct wish){.key = 0, .tip = 101, .cap = 2000}, ORR_POOL_KNOWN, ORR_TX_OK);
    refuses((struct wish){.key = 0, .tip = 111, .cap = 2200}, ORR_POOL_UNDERPRICED, ORR_TX_OK);
    refuses((struct wish){.key = 0, .tip = 112, .cap = 2199}, ORR_POOL_UNDERPRICED, ORR_TX_OK);
    takes((struct wish){.key = 0, .tip = 112, .cap = 2200}); /* 101 + 10.1, rounded up */
    ck_assert_uint_eq(pool.n_txs, 1);
    ck_assert_uint_eq(pool.n_replaced, 1);
    end();
}
END_TEST

START_TEST(the_door_knows_the_rules_that_need_no_block) {
    begin(roomy);
    set_account(1, 5, 21000 * 1000);
    refuses((struct wish){.key = 1, .nonce = 4, .tip = 1}, ORR_POOL_BAD,
            ORR_TX_NONCE_MISMATCH_TOO_LOW);
    refuses((struct wish){.key = 1, .nonce = 5, .tip = 1, .cap = 1000, .value = 1}, ORR_POOL_BAD,
            ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS);
    takes((struct wish){.key = 1, .nonce = 5, .tip = 1, .cap = 1000});
    refuses((struct wish){.key = 0, .tip = 1, .gas = 20999}, ORR_POOL_BAD,
            ORR_TX_INTRINSIC_GAS_TOO_LOW);
    refuses((struct wish){.key = 0, .tip = 1, .gas = 30000001}, ORR_POOL_BAD,
            ORR_TX_GAS_ALLOWANCE_EXCEEDED);
    refuses((struct wish){.key = 0, .tip = 2, .cap = 1}, ORR_POOL_BAD,
            ORR_TX_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS);
    struct orr_msg *junk = orr_msg_copy(&msgs, 0, "\x02\xc0", 2);
    orr_chain_tx_decode(junk, &config, ORR_FORK_PRAGUE, &heap.mem, &msgs, memo);
    ck_assert_int_eq(orr_pool_add(&pool, junk, &keys[0].address, state).rule,
                     ORR_TX_RLP_INVALID_VALUE);
    orr_msg_unref(&msgs, junk);
    end();
}
END_TEST

START_TEST(a_blob_transaction_is_let_in_only_if_asked_for) {
    for (int takes_blobs = 0; takes_blobs < 2; takes_blobs++) {
        struct orr_chain_pool_limits limits = roomy;
        limits.takes_blobs = takes_blobs;
        begin(limits);
        struct orr_hash blob = {{1}};
        struct orr_evm_tx tx = {.type = ORR_TX_BLOB,
                                .has_chain_id = true,
                                .chain_id = {{1}},
                                .gas_limit = 21000,
                                .max_fee = {{1000}},
                                .to = {{1}},
                                .max_blob_fee = {{1}},
                                .blob_hashes = &blob,
                                .n_blob_hashes = 1};
        orr_wallet_sign(wallet, &heap.mem, &tx, &keys[0]);
        struct orr_rlp_writer bytes = {.mem = &heap.mem};
        orr_evm_tx_encode(&tx, &bytes);
        struct orr_msg *m = orr_msg_copy(&msgs, 0, bytes.bytes, (uint32_t)bytes.len);
        orr_rlp_free(&bytes);
        orr_chain_tx_decode(m, &config, ORR_FORK_PRAGUE, &heap.mem, &msgs, memo);
        ck_assert_int_eq(orr_pool_add(&pool, m, &keys[0].address, state).refusal,
                         takes_blobs ? ORR_POOL_NONE : ORR_POOL_BLOBS);
        orr_msg_unref(&msgs, m);
        end();
    }
}
END_TEST

START_TEST(a_type_that_a_later_fork_allows_is_let_in_when_that_has_come) {
    static const struct {
        enum orr_evm_fork fork;
        enum orr_evm_tx_error error;
    } heads[] = {{ORR_FORK_CANCUN, ORR_TX_TYPE_4_TX_PRE_FORK},
                 {ORR_FORK_PRAGUE, ORR_TX_OK},
                 {ORR_FORK_OSAKA, ORR_TX_OK}};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        begin(roomy);
        struct orr_evm_tx_authorization authorization = {.chain_id = {{1}}, .r = {{1}}, .s = {{1}}};
        struct orr_evm_tx tx = {.type = ORR_TX_SET_CODE,
                                .has_chain_id = true,
                                .chain_id = {{1}},
                                .gas_limit = 100000,
                                .max_fee = {{1000}},
                                .to = {{1}},
                                .authorizations = &authorization,
                                .n_authorizations = 1};
        orr_wallet_sign(wallet, &heap.mem, &tx, &keys[0]);
        struct orr_rlp_writer bytes = {.mem = &heap.mem};
        orr_evm_tx_encode(&tx, &bytes);
        struct orr_msg *m = orr_msg_copy(&msgs, 0, bytes.bytes, (uint32_t)bytes.len);
        orr_rlp_free(&bytes);
        /* The form is made once, by the rules of the first block. */
        orr_chain_tx_decode(m, &config, ORR_FORK_CANCUN, &heap.mem, &msgs, memo);
        ck_assert_int_eq(orr_chain_tx_of(m)->error, ORR_TX_TYPE_4_TX_PRE_FORK);
        fork_table[0] = orr_evm_chain_fork(heads[i].fork);
        struct orr_pool_admission a = admit(m);
        ck_assert_int_eq(a.rule, heads[i].error);
        ck_assert_int_eq(a.refusal, heads[i].error ? ORR_POOL_BAD : ORR_POOL_NONE);
        ck_assert_str_eq(offered(7), heads[i].error ? "" : "0:0");
        orr_msg_unref(&msgs, m);
        end();
    }
}
END_TEST

START_TEST(a_sender_has_only_so_many) {
    struct orr_chain_pool_limits limits = roomy;
    limits.per_sender = 3;
    begin(limits);
    for (uint64_t n = 0; n < 3; n++) takes((struct wish){.key = 0, .nonce = n, .tip = 5});
    refuses((struct wish){.key = 0, .nonce = 3, .tip = 99}, ORR_POOL_SENDER_FULL, ORR_TX_OK);
    takes((struct wish){.key = 0, .nonce = 1, .tip = 50, .cap = 5000}); /* a replacement */
    takes((struct wish){.key = 1, .nonce = 0, .tip = 1});
    end();
}
END_TEST

START_TEST(a_full_pool_evicts_the_lowest_bidders_last_transaction) {
    struct orr_chain_pool_limits limits = roomy;
    limits.max_txs = 4;
    begin(limits);
    takes(
        (struct wish){.key = 0, .nonce = 0, .tip = 2}); /* the lowest bid; its sender's last ... */
    takes((struct wish){.key = 0, .nonce = 1, .tip = 90}); /* ... is this one */
    takes((struct wish){.key = 1, .nonce = 0, .tip = 5});
    takes((struct wish){.key = 2, .nonce = 0, .tip = 7});
    refuses((struct wish){.key = 3, .tip = 2}, ORR_POOL_FULL, ORR_TX_OK); /* no more than it */
    refuses((struct wish){.key = 0, .nonce = 2, .tip = 99}, ORR_POOL_FULL, ORR_TX_OK);
    takes((struct wish){.key = 3, .tip = 3});
    ck_assert_str_eq(offered(7), "2:0 1:0 3:0 0:0");
    takes((struct wish){.key = 4, .tip = 4});
    ck_assert_str_eq(offered(7), "2:0 1:0 4:0 3:0");
    ck_assert_uint_eq(pool.n_evicted, 2);
    ck_assert_uint_eq(pool.n_txs, 4);
    end();
}
END_TEST

START_TEST(a_block_takes_out_what_it_ran_and_what_can_no_longer_pay) {
    begin(roomy);
    for (uint64_t n = 0; n < 4; n++)
        takes(
            (struct wish){.key = 0, .nonce = n, .tip = 1, .cap = 1000, .value = n == 3 ? 500 : 0});
    takes((struct wish){.key = 1, .nonce = 0, .tip = 1});
    set_account(0, 2, 21000 * 1000);
    orr_pool_update(&pool, state);
    ck_assert_str_eq(offered(7), "0:2 1:0");
    ck_assert_uint_eq(pool.n_txs, 2);
    struct orr_msg *m = tx_msg((struct wish){.key = 0, .nonce = 2, .tip = 1, .cap = 1000});
    ck_assert(orr_pool_has(&pool, &keys[0].address, orr_chain_tx_of(m)));
    orr_msg_unref(&msgs, m);
    ck_assert(orr_pool_holds(&pool, &keys[0].address, 2));
    ck_assert(!orr_pool_holds(&pool, &keys[0].address, 3));
    end();
}
END_TEST

/* Against a slow model: a list, of which every operation looks at everything. */
START_TEST(many_steps_keep_bounds_and_order) {
    struct orr_chain_pool_limits limits = roomy;
    limits.max_txs = 24;
    limits.per_sender = 9;
    begin(limits);
    struct orr_rng rng = orr_rng_stream((uint64_t)_i + 1, ORR_RNG_WORKLOAD, 0);
    uint64_t base[N_KEYS] = {0};
    for (int i = 0; i < 300; i++) {
        int k = (int)orr_rng_below(&rng, N_KEYS);
        if (orr_rng_below(&rng, 12) == 0) { /* a block that ran one of k's */
            set_account(k, ++base[k], 1000000000000000u);
            orr_pool_update(&pool, state);
        } else {
            add((struct wish){.key = k,
                              .nonce = base[k] + orr_rng_below(&rng, 10),
                              .tip = 1 + orr_rng_below(&rng, 50)});
        }
        uint32_t n = 0;
        uint64_t bytes = 0;
        for (uint32_t s = 0; s < pool.n_senders; s++) {
            const struct orr_pool_sender *who = &pool.senders[s];
            const uint32_t *queue = orr_pool_queue(who);
            struct orr_address address =
                orr_chain_accounts_address(pool.accounts, (uint32_t)who->account);
            ck_assert_uint_le(who->n, limits.per_sender);
            n += who->n;
            for (uint32_t q = 0; q < who->n; q++) {
                const struct orr_pool_entry *e = &pool.entries[queue[q]];
                ck_assert_ptr_nonnull(e->msg);
                ck_assert_uint_eq(e->sender, s);
                uint64_t nonce = orr_chain_tx_of(e->msg)->nonce;
                ck_assert_uint_ge(nonce, orr_evm_state_nonce(state, &address));
                if (q)
                    ck_assert_uint_lt(orr_chain_tx_of(pool.entries[queue[q - 1]].msg)->nonce,
                                      nonce);
                bytes += e->msg->len;
            }
        }
        ck_assert_uint_eq(n, pool.n_txs);
        ck_assert_uint_eq(bytes, pool.n_bytes);
        ck_assert_uint_le(n, limits.max_txs);
    }
    end();
}
END_TEST

START_TEST(senders_are_the_same_with_and_without_a_memo) {
    begin(roomy);
    struct orr_msg *m = tx_msg((struct wish){.key = 3, .tip = 1});
    struct orr_evm_tx tx;
    struct orr_address a, b, c;
    ck_assert_int_eq(orr_evm_tx_decode(&heap.mem, m->data, m->len, &tx), 0);
    const struct orr_u256 one = {{1}}, two = {{2}};
    struct orr_memo_counts before = orr_memo_counts(memo);
    ck_assert_int_eq(
        orr_chain_tx_sender(&heap.mem, NULL, &tx, m->data, m->len, ORR_FORK_PRAGUE, &one, &a), 0);
    ck_assert_int_eq(
        orr_chain_tx_sender(&heap.mem, memo, &tx, m->data, m->len, ORR_FORK_PRAGUE, &one, &b), 0);
    ck_assert_uint_gt(orr_memo_counts(memo).hits, before.hits);
    ck_assert_mem_eq(&a, &b, 20);
    for (int i = 0; i < 2; i++) /* an error is remembered as one */
        ck_assert_int_eq(
            orr_chain_tx_sender(&heap.mem, memo, &tx, m->data, m->len, ORR_FORK_PRAGUE, &two, &c),
            ORR_TX_INVALID_CHAINID);
    orr_evm_tx_free(&heap.mem, &tx);
    orr_msg_unref(&msgs, m);
    end();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("chain.pool");
    TCase *tcase = tcase_create("pool");
    tcase_set_timeout(tcase, 0);
    const TTest *tests[] = {offers_go_by_tip_then_arrival_and_of_a_sender_by_nonce,
                            a_gap_waits_until_it_is_filled,
                            what_did_not_run_keeps_back_what_follows_it,
                            a_replacement_bids_a_tenth_more_of_tip_and_cap,
                            the_door_knows_the_rules_that_need_no_block,
                            a_blob_transaction_is_let_in_only_if_asked_for,
                            a_sender_has_only_so_many,
                            a_full_pool_evicts_the_lowest_bidders_last_transaction,
                            a_block_takes_out_what_it_ran_and_what_can_no_longer_pay,
                            a_type_that_a_later_fork_allows_is_let_in_when_that_has_come,
                            senders_are_the_same_with_and_without_a_memo};
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) tcase_add_test(tcase, tests[i]);
    tcase_add_loop_test(tcase, many_steps_keep_bounds_and_order, 0, 20);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
