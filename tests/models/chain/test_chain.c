/* The chain as a state machine: building, importing, forks, what becomes final and what goes. */
#include "tests/models/chain/chain_world.h"

static uint64_t number_of(const struct orr_hash *value) {
    return orr_u256_from_hash(*value).limb[0];
}

/* ---- building and importing ---- */

static void a_built_block_is_valid(enum orr_evm_fork fork) {
    begin_chains(fork);
    struct orr_chain *a = new_chain(), *b = new_chain();
    struct orr_chain_link *one = grow(a, a->head, 0, 3, 1), *two = grow(a, one, 3, 1, 2), *got;
    ck_assert_uint_eq(one->block->block.n_txs, 3);
    ck_assert_uint_eq(one->block->block.header.gas_used, 63000);
    ck_assert_int_eq(orr_chain_import(b, one->block->bytes, one->block->len, &got).error, 0);
    ck_assert_ptr_nonnull(got);
    ck_assert_ptr_ne(got, one);
    ck_assert_ptr_eq(got->block, one->block); /* decoded once */
    ck_assert_ptr_ne(got->run, one->run);     /* run by each */
    struct orr_chain_verdict v = orr_chain_import(b, two->block->bytes, two->block->len, &got);
    ck_assert_msg(!v.error, "%s: %s", orr_evm_block_error_name(v.error), v.told.rule);
    ck_assert_uint_eq(b->n_runs, 2);
    struct orr_hash root = orr_evm_state_root(got->run->state);
    ck_assert_mem_eq(&root, &two->block->block.header.state_root, 32);
    orr_chain_free(a);
    orr_chain_free(b);
    end_chains();
}

START_TEST(what_one_node_builds_another_finds_valid_under_each_rule_set) {
    a_built_block_is_valid((enum orr_evm_fork)_i);
}
END_TEST

START_TEST(what_cannot_run_is_left_out_and_the_rest_stands) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *chain = new_chain();
    const struct orr_address to = {{9}};
    struct orr_rlp_writer w[] = {make_tx(ORR_TX_LEGACY, 1, &to, 1, 21000),     /* a gap before it */
                                 make_tx(ORR_TX_LEGACY, 0, &to, 1, 20999),     /* too little gas  */
                                 make_tx(ORR_TX_LEGACY, 0, &to, 1, 30000001),  /* over the block  */
                                 make_tx(ORR_TX_FEE_MARKET, 0, &to, 1, 21000), /* good            */
                                 make_tx(ORR_TX_FEE_MARKET, 0, &to, 1, 21000)}; /* once more      */
    struct orr_engine_bytes given[6];
    for (int i = 0; i < 5; i++) given[i] = (struct orr_engine_bytes){w[i].bytes, w[i].len};
    given[5] = (struct orr_engine_bytes){(const uint8_t *)"\x02junk", 5};
    struct orr_engine_attributes a = {.txs = given, .n_txs = 6};
    struct orr_engine_block block;
    ck_assert_int_eq(orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &block), 0);
    ck_assert_uint_eq(block.n_txs, 1);
    ck_assert_uint_eq(block.gas_used, 21000);
    ck_assert_uint_eq(block.time, 1001); /* raised above the parent's */
    for (int i = 0; i < 5; i++) orr_rlp_free(&w[i]);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

START_TEST(a_block_keeps_to_the_bytes_that_it_is_given) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *chain = new_chain();
    const struct orr_address to = {{9}};
    struct orr_rlp_writer w[4];
    struct orr_engine_bytes given[4];
    for (int i = 0; i < 4; i++) {
        w[i] = make_tx(ORR_TX_LEGACY, (uint64_t)i, &to, 1, 21000);
        given[i] = (struct orr_engine_bytes){w[i].bytes, w[i].len};
    }
    struct orr_engine_attributes a = {.txs = given, .n_txs = 4};
    size_t last = 0;
    for (uint64_t max = 700; max < 1400; max += 25) { /* more room, never fewer transactions */
        struct orr_evm_header h;
        struct orr_chain_link *link;
        orr_chain_next_header(chain, chain->head, &a, &h);
        ck_assert_int_eq(orr_chain_build(chain, chain->head, &h, &a, NULL, max, &link), 0);
        size_t n = link->block->block.n_txs;
        ck_assert_msg(!n || link->block->len <= max, "%zu bytes of %zu", link->block->len,
                      (size_t)max);
        ck_assert_uint_ge(n, last);
        last = n;
    }
    ck_assert_uint_eq(last, 4);
    for (int i = 0; i < 4; i++) orr_rlp_free(&w[i]);
    orr_chain_free(chain);
    end_chains();
}
END_TEST

START_TEST(the_gas_limit_moves_towards_the_wish_by_one_step_a_block) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *chain = new_chain();
    static const struct {
        uint64_t wish, limit;
    } cases[] = {{0, 30000000},        {30000000, 30000000},
                 {36000000, 30029295}, /* 30,000,000 + 30,000,000 / 1024 - 1 */
                 {30000001, 30000001}, {1, 29970705},
                 {29999999, 29999999}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_engine_attributes a = {.gas_limit = cases[i].wish};
        struct orr_engine_block b;
        ck_assert_int_eq(orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &b), 0);
        ck_assert_uint_eq(b.gas_limit, cases[i].limit);
    }
    orr_chain_free(chain);
    end_chains();
}
END_TEST

/* ---- verdicts ---- */

static void spoil(int how, struct orr_evm_header *h) {
    switch (how) {
    case 0: h->number += 2; break;
    case 1: h->timestamp = 999; break;
    case 2: h->gas_limit += 40000; break;
    case 3: h->gas_limit -= 40000; break;
    case 4: h->gas_used += 1; break;
    case 5: h->gas_used = h->gas_limit + 1; break;
    case 6: h->base_fee = orr_u256_from_u64(1); break;
    case 7: h->difficulty = orr_u256_from_u64(5); break;
    case 8: h->excess_blob_gas = 1; break;
    case 9: h->n_fields = ORR_HEADER_CANCUN; break;
    case 10: h->state_root.bytes[0] ^= 1; break;
    case 11: h->receipts_root.bytes[31] ^= 1; break;
    case 12: h->transactions_root.bytes[5] ^= 1; break;
    case 13: h->withdrawals_root.bytes[5] ^= 1; break;
    case 14: h->requests_hash.bytes[5] ^= 1; break;
    case 15: h->bloom.bytes[255] ^= 1; break;
    case 16: h->ommers_hash.bytes[0] ^= 1; break;
    case 17: h->nonce[7] = 3; break;
    case 18: h->blob_gas_used = 131072; break;
    default: h->parent_hash.bytes[0] ^= 1; break;
    }
}

START_TEST(a_refusal_names_the_rule_and_both_values) {
    static const struct {
        const char *rule;
        enum orr_engine_value value;
        uint64_t expected, found; /* numbers */
    } cases[] = {
        {"INVALID_BLOCK_NUMBER", ORR_ENGINE_NUMBER, 1, 3},
        {"INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT", ORR_ENGINE_NUMBER, 1001, 999},
        {"INVALID_GASLIMIT", ORR_ENGINE_NUMBER, 30029295, 30040000},
        {"INVALID_GASLIMIT", ORR_ENGINE_NUMBER, 29970705, 29960000},
        {"INVALID_GAS_USED", ORR_ENGINE_NUMBER, 42000, 42001},
        {"GAS_USED_OVERFLOW", ORR_ENGINE_NUMBER, 30000000, 30000001},
        {"INVALID_BASEFEE_PER_GAS", ORR_ENGINE_NUMBER, 875, 1}, /* 1000 - 1000 / 8 */
        {"IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS", ORR_ENGINE_NUMBER, 0, 5},
        {"INCORRECT_EXCESS_BLOB_GAS", ORR_ENGINE_NUMBER, 0, 1},
        {"INCORRECT_BLOCK_FORMAT", ORR_ENGINE_NUMBER, 21, 20},
        {"INVALID_STATE_ROOT", ORR_ENGINE_HASH, 0, 0},
        {"INVALID_RECEIPTS_ROOT", ORR_ENGINE_HASH, 0, 0},
        {"INVALID_TRANSACTIONS_ROOT", ORR_ENGINE_HASH, 0, 0},
        {"INVALID_WITHDRAWALS_ROOT", ORR_ENGINE_HASH, 0, 0},
        {"INVALID_REQUESTS", ORR_ENGINE_HASH, 0, 0},
        {"INVALID_LOG_BLOOM", ORR_ENGINE_HASH, 0, 0},
        {"IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS", ORR_ENGINE_HASH, 0, 0},
        {"IMPORT_IMPOSSIBLE_NONCE_OVER_PARIS", ORR_ENGINE_NUMBER, 0, 3},
        {"INCORRECT_BLOB_GAS_USED", ORR_ENGINE_NUMBER, 0, 131072},
        {"UNKNOWN_PARENT", ORR_ENGINE_HASH, 0, 0},
    };
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *a = new_chain(), *b = new_chain();
    struct orr_chain_link *good = grow(a, a->head, 0, 2, 1), *link;
    for (int i = 0; i < (int)(sizeof cases / sizeof cases[0]); i++) {
        struct orr_evm_header h = good->block->block.header;
        spoil(i, &h);
        struct orr_rlp_writer w = with_header(good, &h);
        struct orr_engine_verdict v = orr_chain_import(b, w.bytes, w.len, &link).told;
        ck_assert_msg(!strcmp(v.rule, cases[i].rule), "case %d: %s", i, v.rule);
        ck_assert_int_eq(v.status, strcmp(v.rule, "UNKNOWN_PARENT") ? ORR_ENGINE_INVALID
                                                                    : ORR_ENGINE_UNKNOWN_PARENT);
        ck_assert_ptr_null(link);
        ck_assert_int_eq(v.value, cases[i].value);
        ck_assert(memcmp(&v.expected, &v.found, 32));
        if (v.value == ORR_ENGINE_NUMBER) {
            ck_assert_uint_eq(number_of(&v.expected), cases[i].expected);
            ck_assert_uint_eq(number_of(&v.found), cases[i].found);
        }
        orr_rlp_free(&w);
    }
    ck_assert_uint_eq(b->n, 1); /* nothing of them stayed */
    ck_assert_int_eq(orr_chain_import(b, good->block->bytes, good->block->len, &link).error, 0);
    orr_chain_free(a);
    orr_chain_free(b);
    end_chains();
}
END_TEST

START_TEST(a_bad_transaction_is_named_by_its_place_and_nonce) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *a = new_chain(), *b = new_chain();
    /* The second block's transaction alone, on the first block: its nonce is two too high. */
    struct orr_chain_link *one = grow(a, a->head, 0, 2, 1), *two = grow(a, one, 2, 1, 1), *link;
    struct orr_evm_header h = two->block->block.header;
    h.parent_hash = *orr_chain_hash(b->head);
    h.number = 1;
    h.base_fee = one->block->block.header.base_fee;
    struct orr_rlp_writer w = with_header(two, &h);
    struct orr_chain_verdict v = orr_chain_import(b, w.bytes, w.len, &link);
    ck_assert_int_eq(v.error, ORR_BLOCK_INVALID_TRANSACTION);
    ck_assert_str_eq(v.told.rule, "NONCE_MISMATCH_TOO_HIGH");
    ck_assert(v.told.is_tx);
    ck_assert_uint_eq(v.told.tx, 0);
    ck_assert_uint_eq(number_of(&v.told.expected), 0);
    ck_assert_uint_eq(number_of(&v.told.found), 2);
    orr_rlp_free(&w);
    orr_chain_free(a);
    orr_chain_free(b);
    end_chains();
}
END_TEST

START_TEST(bytes_that_are_no_block_are_refused_wherever_they_are_cut) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *a = new_chain(), *b = new_chain();
    struct orr_chain_link *good = grow(a, a->head, 0, 2, 1), *link;
    for (size_t len = 0; len < good->block->len; len++) {
        struct orr_chain_verdict v = orr_chain_import(b, good->block->bytes, len, &link);
        ck_assert_int_eq(v.error, ORR_BLOCK_RLP_STRUCTURES_ENCODING);
        ck_assert_int_eq(v.told.status, ORR_ENGINE_INVALID);
        ck_assert_ptr_null(link);
    }
    orr_chain_free(a);
    orr_chain_free(b);
    end_chains();
}
END_TEST

START_TEST(a_known_header_with_another_body_is_no_known_block) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *a = new_chain();
    struct orr_chain_link *good = grow(a, a->head, 0, 2, 1), *other = grow(a, a->head, 0, 1, 2);
    struct orr_chain_link *link;
    struct orr_rlp_writer w = with_header(other, &good->block->block.header);
    struct orr_chain_verdict v = orr_chain_import(a, w.bytes, w.len, &link);
    ck_assert_int_eq(v.error, ORR_BLOCK_INVALID_TRANSACTIONS_ROOT);
    ck_assert_ptr_null(link);
    ck_assert_int_eq(orr_chain_import(a, good->block->bytes, good->block->len, &link).error, 0);
    ck_assert_ptr_eq(link, good);
    orr_rlp_free(&w);
    orr_chain_free(a);
    end_chains();
}
END_TEST

/* ---- the tree ---- */

START_TEST(what_becomes_final_drops_the_other_branches_and_keeps_the_youngest) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *c = new_chain();
    struct orr_chain_link *first = c->head, *main[6], *side, *side2, *late;
    struct orr_hash gone[3];
    main[0] = grow(c, first, 0, 1, 1);
    side = grow(c, first, 0, 1, 2);
    side2 = grow(c, side, 1, 1, 2);
    for (int i = 1; i < 6; i++) main[i] = grow(c, main[i - 1], (uint64_t)i, 1, 1);
    late = grow(c, main[1], 2, 1, 3); /* forks off where the final block will be */
    gone[0] = *orr_chain_hash(side), gone[1] = *orr_chain_hash(side2),
    gone[2] = *orr_chain_hash(first);
    ck_assert_uint_eq(c->n, 10);
    ck_assert_int_eq(orr_chain_choose(c, side2, side2, main[0]), ORR_EINVAL);
    ck_assert_int_eq(orr_chain_choose(c, main[5], main[3], main[1]), 0);
    ck_assert_ptr_eq(c->final, main[1]);
    for (int i = 0; i < 3; i++) ck_assert_ptr_null(orr_chain_find(c, &gone[i]));
    ck_assert_uint_eq(c->n_final, 2); /* options.keep */
    ck_assert_uint_eq(c->n, 7);
    ck_assert_ptr_eq(orr_chain_find(c, orr_chain_hash(late)), late);
    ck_assert_ptr_null(main[0]->parent);
    for (uint64_t n = 1; n <= 6; n++) ck_assert_ptr_eq(orr_chain_at(c, c->head, n), main[n - 1]);
    ck_assert_ptr_null(orr_chain_at(c, c->head, 0));
    ck_assert_ptr_null(orr_chain_at(c, c->head, 7));
    ck_assert_ptr_eq(orr_chain_at(c, late, 3), late);
    ck_assert_int_eq(orr_chain_choose(c, late, late, main[0]), ORR_EINVAL); /* never back */
    ck_assert_int_eq(orr_chain_choose(c, late, late, late), 0);             /* a reorg of 3 */
    ck_assert_uint_eq(c->n, 2);
    orr_chain_free(c);
    end_chains();
}
END_TEST

START_TEST(nothing_branches_off_below_the_final_block_though_more_are_kept) {
    begin_chains(ORR_FORK_PRAGUE);
    const struct orr_chain_options options = {.keep = UINT64_MAX, .max_open = 100};
    struct orr_chain *a = new_chain_with(&options), *b = new_chain_with(&options);
    struct orr_chain_link *main[6], *late, *got;
    for (int i = 0; i < 6; i++) main[i] = grow(a, i ? main[i - 1] : a->head, (uint64_t)i, 1, 1);
    late = grow(a, main[0], 1, 1, 9);
    for (int i = 0; i < 6; i++)
        orr_chain_import(b, main[i]->block->bytes, main[i]->block->len, &got);
    ck_assert_int_eq(orr_chain_choose(b, got, got, got->parent), 0);
    struct orr_chain_verdict v = orr_chain_import(b, late->block->bytes, late->block->len, &got);
    ck_assert_int_eq(v.error, ORR_BLOCK_UNKNOWN_PARENT);
    ck_assert_ptr_null(got);
    ck_assert_uint_eq(b->n, 7);
    struct orr_engine_block block;
    ck_assert_int_eq(orr_chain_engine.build(b, orr_chain_hash(main[1]),
                                            &(struct orr_engine_attributes){.time = 1}, &block),
                     ORR_EINVAL);
    ck_assert_int_eq(orr_chain_import(b, main[2]->block->bytes, main[2]->block->len, &got).error,
                     0); /* it is there */
    ck_assert_int_eq(orr_chain_choose(b, b->head, b->head, b->head), 0);
    orr_chain_free(a);
    orr_chain_free(b);
    end_chains();
}
END_TEST

START_TEST(the_tree_of_open_blocks_is_bounded) {
    begin_chains(ORR_FORK_PRAGUE);
    struct orr_chain *a = new_chain(),
                     *b = new_chain_with(&(struct orr_chain_options){.keep = 1, .max_open = 2});
    struct orr_chain_link *link = a->head, *got, *last = NULL;
    for (uint64_t i = 0; i < 3; i++) {
        link = grow(a, link, i, 1, 1);
        struct orr_chain_verdict v =
            orr_chain_import(b, link->block->bytes, link->block->len, &got);
        ck_assert_int_eq(v.error, 0);
        if (i < 2) last = got;
        ck_assert((got != NULL) == (i < 2));
    }
    struct orr_engine_verdict told;
    ck_assert_int_eq(orr_chain_engine.import(b, link->block->bytes, link->block->len, &told),
                     ORR_ELIMIT);
    ck_assert_int_eq(orr_chain_choose(b, last, last, last), 0);
    ck_assert_int_eq(orr_chain_engine.import(b, link->block->bytes, link->block->len, &told), 0);
    orr_chain_free(a);
    orr_chain_free(b);
    end_chains();
}
END_TEST

START_TEST(nodes_that_share_execution_run_a_block_once_and_by_the_same_rules_only) {
    begin_chains(ORR_FORK_PRAGUE);
    const struct orr_chain_options options = {.keep = 1, .max_open = 9, .shares_runs = true};
    struct orr_chain *a = new_chain_with(&options), *b = new_chain_with(&options), *c = new_chain();
    struct orr_chain_link *one = grow(a, a->head, 0, 2, 1), *got;
    ck_assert_int_eq(orr_chain_import(b, one->block->bytes, one->block->len, &got).error, 0);
    ck_assert_ptr_eq(got->run, one->run);
    ck_assert_uint_eq(b->n_runs, 0);
    ck_assert_int_eq(orr_chain_import(c, one->block->bytes, one->block->len, &got).error, 0);
    ck_assert_ptr_ne(got->run, one->run); /* does not share */
    ck_assert_uint_eq(c->n_runs, 1);
    /* Another rule set is another result: here a header of other fields. */
    struct orr_evm_chain_fork older[1] = {orr_evm_chain_fork(ORR_FORK_CANCUN)};
    struct orr_evm_chain_config other = config;
    other.forks = older;
    b->config = &other;
    struct orr_chain *d = new_chain_with(&options);
    d->config = &other;
    ck_assert_int_eq(orr_chain_import(d, one->block->bytes, one->block->len, &got).error,
                     ORR_BLOCK_INCORRECT_BLOCK_FORMAT);
    orr_chain_free(a);
    orr_chain_free(b);
    orr_chain_free(c);
    orr_chain_free(d);
    end_chains();
}
END_TEST

START_TEST(a_hundred_nodes_hold_one_copy_of_a_state) {
    begin_chains(ORR_FORK_PRAGUE);
    const struct orr_chain_options options = {.keep = 1, .max_open = 4, .recovers_once = true};
    struct orr_chain *chains[100];
    for (int i = 0; i < 100; i++) chains[i] = new_chain_with(&options);
    struct orr_chain_link *one = grow(chains[0], chains[0]->head, 0, 8, 1), *got;
    uint64_t before = heap.used_bytes;
    size_t nodes = orr_evm_store_size(blocks.store).n_nodes;
    for (int i = 1; i < 100; i++) {
        ck_assert_int_eq(
            orr_chain_import(chains[i], one->block->bytes, one->block->len, &got).error, 0);
        ck_assert_int_eq(orr_chain_choose(chains[i], got, got, got), 0);
    }
    ck_assert_uint_eq(orr_evm_store_size(blocks.store).n_nodes, nodes);
    ck_assert_uint_lt((heap.used_bytes - before) / 99, 8192);
    for (int i = 0; i < 100; i++) orr_chain_free(chains[i]);
    end_chains();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("chain.chain");
    TCase *tcase = tcase_create("chain");
    tcase_set_timeout(tcase, 0);
    tcase_add_loop_test(tcase, what_one_node_builds_another_finds_valid_under_each_rule_set,
                        ORR_FORK_EIP158, ORR_N_FORKS);
    const TTest *tests[] = {
        what_cannot_run_is_left_out_and_the_rest_stands,
        a_block_keeps_to_the_bytes_that_it_is_given,
        the_gas_limit_moves_towards_the_wish_by_one_step_a_block,
        a_refusal_names_the_rule_and_both_values,
        a_bad_transaction_is_named_by_its_place_and_nonce,
        bytes_that_are_no_block_are_refused_wherever_they_are_cut,
        a_known_header_with_another_body_is_no_known_block,
        what_becomes_final_drops_the_other_branches_and_keeps_the_youngest,
        nothing_branches_off_below_the_final_block_though_more_are_kept,
        the_tree_of_open_blocks_is_bounded,
        nodes_that_share_execution_run_a_block_once_and_by_the_same_rules_only,
        a_hundred_nodes_hold_one_copy_of_a_state,
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
