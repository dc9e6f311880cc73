/* The verifier: heads through reorgs of L1, and the same chain whatever the way it came. */
#include "models/rollup/verifier.h"

#include "models/base/rng.h"
#include "tests/models/rollup/rollup_world.h"

static struct orr_verifier *begin_following(void) {
    struct orr_verifier_genesis genesis = {
        .config = &config, .l1_config = orr_evm_chain_mainnet(), .store = store,
        .header = &l2[0].header, .system = &l2[0].system, .l1_number = 0,
        .l1_hash = l1[0].read.id.hash};
    return orr_verifier_create(&heap.mem, &genesis, orr_evm_state_fork(l2[0].state));
}

static const char *give(struct orr_verifier *v, size_t i) {
    return orr_verifier_l1(v, l1[i].block.bytes, l1[i].block.len, l1[i].lent, l1[i].n_receipts,
                           NULL, 0);
}

static void give_all(struct orr_verifier *v, size_t from) {
    for (size_t i = from; i < n_l1; i++) {
        const char *bad = give(v, i);
        ck_assert_msg(!bad, "L1 block %zu: %s", i, bad);
    }
}

static uint64_t safe_of(const struct orr_verifier *v) {
    return orr_verifier_block(v, orr_verifier_n_blocks(v) - 1)->head.block.number;
}

/* L1 to `to`; the L2 blocks of each are written to the next one, as a span. */
static void grow(size_t to) {
    while (n_l1 < to) {
        size_t first = n_l2;
        for (int i = 0; i < 3; i++) {
            uint64_t time = l2[n_l2 - 1].head.block.time + L2_STEP;
            size_t origin = l2[n_l2 - 1].head.block.origin_number;
            if (origin + 1 < n_l1 && l1[origin + 1].read.id.time <= time) origin++;
            make_l2(origin, 1);
        }
        submit_blocks(first, n_l2, true, (uint8_t)n_l1);
        make_l1();
    }
}

START_TEST(a_verifier_follows_the_sequencer_and_knows_what_is_final) {
    begin_rollup(ORR_EVM_ISTHMUS);
    grow(8);
    struct orr_verifier *v = begin_following();
    give_all(v, 0);
    ck_assert_uint_eq(orr_verifier_n_blocks(v), n_l2);
    for (size_t i = 0; i < n_l2; i++) {
        const struct orr_verified *b = orr_verifier_block(v, i);
        ck_assert(orr_hash_equal(b->head.block.hash, l2[i].head.block.hash));
        ck_assert_uint_eq(b->derived_from, (i + 2) / 3);
        ck_assert(orr_hash_equal(orr_evm_header_hash(&heap.mem, &b->header), b->head.block.hash));
    }
    ck_assert_uint_eq(orr_verifier_finalized(v), 0);
    orr_verifier_finalize(v, 3);
    ck_assert_uint_eq(orr_verifier_finalized(v), 9);
    orr_verifier_finalize(v, 1); /* final is for ever */
    ck_assert_uint_eq(orr_verifier_finalized(v), 9);
    orr_verifier_destroy(v);
    end_rollup();
}
END_TEST

START_TEST(a_reorg_takes_back_what_came_from_blocks_that_went_and_nothing_else) {
    for (size_t depth = 1; depth <= 5; depth += 4) {
        begin_rollup(ORR_EVM_HOLOCENE);
        grow(9);
        struct orr_verifier *v = begin_following();
        give_all(v, 0);
        ck_assert_uint_eq(safe_of(v), 24);
        size_t left = n_l1 - depth;
        struct orr_hash kept = orr_verifier_block(v, 3 * (left - 1))->head.block.hash;
        while (n_l1 > left) drop_l1();
        l1_salt = 1;
        make_l1(); /* without a batch */
        ck_assert_ptr_null(give(v, left));
        ck_assert_uint_eq(safe_of(v), 3 * (left - 1));
        ck_assert(orr_hash_equal(orr_verifier_block(v, safe_of(v))->head.block.hash, kept));
        ck_assert_uint_eq(orr_verifier_reorgs(v).n, 1);
        ck_assert_uint_eq(orr_verifier_reorgs(v).n_blocks, 3 * depth);
        while (n_l2 > 3 * (left - 1) + 1) drop_l2(); /* the sequencer sees it, too, */
        user_nonce = 3 * (left - 1);
        grow(n_l1 + 2); /* and goes on */
        give_all(v, left + 1);
        ck_assert_uint_eq(safe_of(v), n_l2 - 1);
        ck_assert(orr_hash_equal(orr_verifier_block(v, safe_of(v))->head.block.hash,
                                 l2[n_l2 - 1].head.block.hash));
        orr_verifier_destroy(v);
        end_rollup();
    }
}
END_TEST

START_TEST(what_is_no_next_block_is_refused_and_changes_nothing) {
    begin_rollup(ORR_EVM_HOLOCENE);
    grow(5);
    struct orr_verifier *v = begin_following();
    ck_assert_str_eq(give(v, 1), "the first one is not the first L2 block's origin");
    give_all(v, 0);
    uint64_t safe = safe_of(v);
    orr_verifier_finalize(v, 3);
    drop_l1();
    drop_l1();
    l1_salt = 3;
    make_l1(); /* beside number 3 */
    ck_assert_str_eq(give(v, 3), "it is beside a block that is final");
    make_l1();
    ck_assert_str_eq(give(v, 4), "its parent is not known");
    struct orr_rollup_tx none = {NULL, 0};
    ck_assert_str_eq(orr_verifier_l1(v, NULL, 0, &none, 0, NULL, 0), "no block");
    ck_assert_ptr_null(give(v, 0)); /* what is there already */
    ck_assert_ptr_null(give(v, 2));
    ck_assert_uint_eq(safe_of(v), safe);
    ck_assert_uint_eq(orr_verifier_reorgs(v).n, 0);
    orr_verifier_destroy(v);
    end_rollup();
}
END_TEST

START_TEST(a_forks_first_block_is_not_made_without_its_upgrade) {
    for (int late = 0; late < 2; late++) {
        begin_rollup(ORR_EVM_ECOTONE);
        config.fjord_time = GENESIS_TIME + 12 + late; /* the 6th block's, or the 7th's */
        grow(4);
        struct orr_verifier *v = begin_following();
        const char *bad = NULL;
        for (size_t i = 0; i < n_l1 && !bad; i++) bad = give(v, i);
        ck_assert_str_eq(
            bad, "the next L2 block is a fork's first, and what it deploys is not known here");
        ck_assert_str_eq(orr_verifier_missing(v), "fjord-gas-price-oracle-deployment");
        ck_assert_uint_eq(safe_of(v), 5 + (uint64_t)late);
        orr_verifier_destroy(v);
        end_rollup();
    }
}
END_TEST

/* Grows a chain with batches that come now and then, twice, late or never. */
static void grow_at_random(struct orr_rng *rng, size_t to) {
    while (n_l1 < to) {
        for (int i = 0; i < 3 && n_l2 + 1 < L2_MAX; i++) {
            uint64_t time = l2[n_l2 - 1].head.block.time + L2_STEP;
            size_t origin = l2[n_l2 - 1].head.block.origin_number;
            if (origin + 1 < n_l1 && l1[origin + 1].read.id.time <= time) origin++;
            make_l2(origin, orr_rng_below(rng, 2));
        }
        for (uint64_t k = orr_rng_below(rng, 3); k; k--) {
            size_t from = 1 + orr_rng_below(rng, n_l2 - 1), n = 1 + orr_rng_below(rng, 9);
            submit_blocks(from, from + n < n_l2 ? from + n : n_l2, orr_rng_below(rng, 2),
                          (uint8_t)orr_rng_below(rng, 250));
        }
        make_l1();
    }
}

START_TEST(whatever_the_reorgs_the_chain_is_that_of_who_never_saw_them) {
    static const enum orr_evm_rollup forks[] = {ORR_EVM_CANYON, ORR_EVM_HOLOCENE};
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct orr_rng rng = orr_rng_stream(seed, ORR_RNG_NODE, 0);
        begin_rollup(forks[seed % 2]);
        struct orr_verifier *v = begin_following();
        size_t given = 0;
        for (int round = 0; round < 4; round++) {
            grow_at_random(&rng, n_l1 + 3 + orr_rng_below(&rng, 6));
            give_all(v, given);
            size_t left = n_l1 - orr_rng_below(&rng, n_l1 - 1);
            while (n_l1 > left) drop_l1();
            while (n_l2 > 1 && l2[n_l2 - 1].head.block.origin_number >= left) drop_l2();
            user_nonce = orr_evm_state_nonce(l2[n_l2 - 1].state, &signer);
            given = left;
            l1_salt++;
        }
        grow_at_random(&rng, n_l1 + 2);
        give_all(v, given);
        struct orr_verifier *fresh = begin_following();
        give_all(fresh, 0);
        ck_assert_uint_eq(orr_verifier_n_blocks(v), orr_verifier_n_blocks(fresh));
        for (size_t i = 0; i < orr_verifier_n_blocks(v); i++) {
            const struct orr_verified *a = orr_verifier_block(v, i);
            const struct orr_verified *b = orr_verifier_block(fresh, i);
            ck_assert_msg(orr_hash_equal(a->head.block.hash, b->head.block.hash),
                          "seed %llu, block %zu", (unsigned long long)seed, i);
            ck_assert_uint_eq(a->derived_from, b->derived_from);
            ck_assert_mem_eq(&a->system, &b->system, sizeof a->system);
        }
        orr_verifier_destroy(fresh);
        orr_verifier_destroy(v);
        end_rollup();
    }
}
END_TEST

ORR_TEST_MAIN("verifier", a_verifier_follows_the_sequencer_and_knows_what_is_final,
              a_reorg_takes_back_what_came_from_blocks_that_went_and_nothing_else,
              what_is_no_next_block_is_refused_and_changes_nothing,
              a_forks_first_block_is_not_made_without_its_upgrade,
              whatever_the_reorgs_the_chain_is_that_of_who_never_saw_them)
