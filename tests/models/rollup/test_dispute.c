/* The contract of dispute games on our machine, against the rules that it is written from, and the
 * players of models/rollup/dispute.h, who win with it when they are right.  Refusals bear the names
 * that the published contract's have. */
#include "models/base/error.h"
#include "tests/models/rollup/dispute_world.h"

static struct orr_hash value_of(uint8_t n) { return (struct orr_hash){{0xee, n}}; }
static struct orr_hash state_of(uint8_t status, uint8_t n) {
    return (struct orr_hash){{status, n}};
}

/* ---- bonds and clocks ---- */

START_TEST(a_bond_is_eight_hundredths_of_an_ether_at_the_root_and_sixty_at_the_deepest) {
    const struct orr_dispute_rules deep = {30, 73, 1000, 10};
    struct orr_u256 first = orr_dispute_bond(&deep, 0), last = orr_dispute_bond(&deep, 73), q, rest;
    ck_assert(orr_u256_equal(first, orr_u256_from_u64(80000000000000000)));
    orr_u256_divmod(last, orr_u256_from_u64(200000000000), &q, &rest);
    ck_assert(orr_u256_is_zero(rest)); /* whole gas */
    ck_assert_uint_ge(q.limb[0], 299999999);
    ck_assert_uint_le(q.limb[0], 300000000);
    for (uint32_t depth = 1; depth <= 73; depth++)
        ck_assert(orr_u256_less(orr_dispute_bond(&deep, depth - 1),
                                orr_dispute_bond(&deep, depth)));
}
END_TEST

START_TEST(the_contract_asks_for_the_bond_that_is_sent_at_every_depth) {
    const uint32_t depths[][2] = {{3, 8}, {1, 3}, {30, 73}};
    for (size_t i = 0; i < 3; i++) {
        begin(depths[i][0], depths[i][1]);
        for (uint32_t depth = 0; depth <= rules.max_depth; depth++) {
            unsigned __int128 at = (unsigned __int128)1 << depth;
            struct orr_u256 position = {{(uint64_t)at, (uint64_t)(at >> 64), 0, 0}};
            struct orr_rlp_writer w = WRITER;
            orr_dispute_write_view(&w, ORR_GAME_REQUIRED_BOND, &position, 1);
            ck_assert(tell(&alice, orr_u256_from_u64(0), &w));
            ck_assert(orr_u256_equal(orr_u256_load_be(outcome.output), bond(depth)));
        }
        end();
    }
}
END_TEST

START_TEST(a_clock_goes_on_from_the_grandparents_and_stops_at_its_end) {
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 8));
    now_s += 30;
    ck_assert(move(&bob, 0, value_of(2), true));
    ck_assert_uint_eq(claim_of(0, 1).duration_s, 30);
    now_s += 40;
    ck_assert(move(&alice, 1, value_of(3), true));
    ck_assert_uint_eq(claim_of(0, 2).duration_s, 40); /* her own clock */
    struct orr_dispute d = game_of(0);
    ck_assert_uint_eq(orr_dispute_used(&rules, &d, 2, now_s), 30);
    ck_assert_uint_eq(orr_dispute_used(&rules, &d, 2, now_s + 25), 55);
    ck_assert_uint_eq(orr_dispute_used(&rules, &d, 2, now_s + 90), 120);
    ck_assert_uint_eq(orr_dispute_used(&rules, &d, 2, UINT64_MAX), 120);
    ck_assert_uint_eq(orr_dispute_used(&rules, &d, 2, 0), 30); /* before it was made */
    orr_dispute_free(&heap.mem, &d);
    end();
}
END_TEST

START_TEST(a_late_move_leaves_the_extension_to_the_answer_twice_so_at_the_split) {
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 8));
    now_s += 119;
    ck_assert(move(&bob, 0, value_of(2), true));
    ck_assert_uint_eq(claim_of(0, 1).duration_s, 100);
    ck_assert(move(&alice, 1, value_of(3), true));
    now_s += 19;
    ck_assert(move(&bob, 2, value_of(4), true)); /* at the split */
    ck_assert_uint_eq(claim_of(0, 3).duration_s, 80);
    end();
}
END_TEST

START_TEST(a_move_is_refused_when_the_clock_has_run_out_and_not_a_second_before) {
    for (int late = 0; late < 2; late++) {
        begin(3, 8);
        ck_assert(create(&alice, value_of(1), 8));
        now_s += 119 + (uint64_t)late;
        ck_assert_int_eq(move(&bob, 0, value_of(2), true), !late);
        if (late) ck_assert(refused("ClockTimeExceeded"));
        end();
    }
}
END_TEST

/* ---- creation and moves ---- */

START_TEST(a_proposal_is_of_a_derived_block_within_reach_bonded_and_new) {
    struct orr_rlp_writer w = WRITER;
    struct orr_hash root = value_of(1);
    begin(2, 8);
    ck_assert(!create(&alice, root, 0) && refused("BadBlock"));
    ck_assert(!create(&alice, root, 5) && refused("BadBlock")); /* 2^2 blocks */
    w.mem = &heap.mem;
    orr_dispute_write_create(&w, &root, 4);
    ck_assert(!tell(&alice, orr_u256_sub(bond(0), orr_u256_from_u64(1)), &w));
    ck_assert(refused("IncorrectBondAmount"));
    ck_assert(create(&alice, root, 4));
    ck_assert(!create(&bob, root, 4) && refused("GameAlreadyExists"));
    ck_assert(create(&bob, value_of(2), 4));
    ck_assert(create(&bob, root, 3));
    end();
    begin(4, 8);
    ck_assert(!create(&alice, root, N_BLOCKS + 1) && refused("BadBlock")); /* not derived */
    end();
}
END_TEST

START_TEST(only_the_oracle_says_what_is_derived) {
    struct orr_hash first = value_of(7);
    begin(3, 8);
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_derive(&w, 9, &first, 1);
    ck_assert(!tell(&alice, orr_u256_from_u64(0), &w) && refused("NotOracle"));
    end();
}
END_TEST

START_TEST(moves_that_are_none_are_refused_by_name) {
    begin(3, 8);
    struct orr_hash other = value_of(9), value = value_of(2);
    ck_assert(create(&alice, value_of(1), 8));
    ck_assert(!move(&bob, 0, value, false) && refused("CannotDefendRootClaim"));
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_move(&w, 0, 0, &other, &value, true);
    ck_assert(!tell(&bob, bond(1), &w) && refused("InvalidDisputedClaimIndex"));
    orr_dispute_write_move(&w, 0, 0, &(struct orr_hash){{0xee, 1}}, &value, true);
    ck_assert(!tell(&bob, orr_u256_add(bond(1), orr_u256_from_u64(1)), &w));
    ck_assert(refused("IncorrectBondAmount"));
    ck_assert(move(&bob, 0, value, true));
    ck_assert(!move(&carol, 0, value, true) && refused("ClaimAlreadyExists"));
    ck_assert(move(&carol, 0, value_of(3), true)); /* another value is another claim */
    ck_assert(orr_address_equal(claim_of(0, 2).claimant, carol));
    orr_dispute_write_move(&w, 0, 3, &other, &value, true); /* no such claim */
    ck_assert(!tell(&bob, bond(2), &w));
    orr_dispute_write_move(&w, 1, 0, &other, &value, true); /* no such game */
    ck_assert(!tell(&bob, bond(1), &w));
    end();
}
END_TEST

/* Attacks down to a depth; the last claim's number. */
static uint32_t descend(uint32_t depth, const struct orr_address *first) {
    uint32_t n = n_claims(0) - 1;
    for (uint32_t d = orr_position_depth(claim_of(0, n).position); d < depth; d++, n++) {
        bool is_odd = d % 2;
        uint8_t status = d == rules.split_depth ? 1 : d > rules.split_depth ? 3 : 0xee;
        ck_assert(move(is_odd ? &alice : first, n, state_of(status, (uint8_t)(40 + d)), true));
    }
    return n;
}

START_TEST(the_root_of_an_execution_says_how_it_ends) {
    begin(2, 6);
    ck_assert(create(&alice, value_of(1), 4));
    uint32_t n = descend(2, &bob);
    /* an attack says that the machine comes to another root */
    ck_assert(!move(&bob, n, state_of(ORR_DISPUTE_VALID, 1), true));
    ck_assert(refused("UnexpectedRootClaim"));
    ck_assert(!move(&bob, n, state_of(ORR_DISPUTE_UNFINISHED, 1), true));
    ck_assert(refused("UnexpectedRootClaim"));
    ck_assert(move(&bob, n, state_of(ORR_DISPUTE_INVALID, 1), true));
    /* a defence of it disputes the block behind: claim 1, at the other parity, is the defender's */
    ck_assert(!move(&bob, n, state_of(ORR_DISPUTE_INVALID, 2), false));
    ck_assert(refused("UnexpectedRootClaim"));
    ck_assert(move(&bob, n, state_of(ORR_DISPUTE_VALID, 2), false));
    ck_assert(!move(&alice, n + 1, state_of(3, 3), false)); /* it is a root again */
    ck_assert(refused("CannotDefendRootClaim"));
    end();
}
END_TEST

START_TEST(a_game_has_no_claim_below_its_deepest) {
    begin(2, 6);
    ck_assert(create(&alice, value_of(1), 4));
    uint32_t n = descend(6, &bob);
    ck_assert(!move(&bob, n, value_of(1), true) && refused("GameDepthExceeded"));
    end();
}
END_TEST

/* ---- steps ---- */

/* A game of split 2 and depth 6 attacked down to its first leaf: block 1, from step 0 to step 1.
 * The claim at the leaf is alice's, and says `leaf`. */
static uint32_t to_the_first_leaf(struct orr_hash leaf) {
    begin(2, 6);
    ck_assert(create(&alice, value_of(1), 4));
    uint32_t n = descend(5, &bob);
    ck_assert(move(&alice, n, leaf, true));
    return n + 1;
}

START_TEST(a_step_runs_from_the_state_that_derivation_gives_and_counters_a_wrong_claim_once) {
    struct orr_hash after = raw_state(1, 1), wrong = state_of(3, 0x99);
    uint32_t n = to_the_first_leaf(wrong);
    ck_assert(!step(&bob, n - 1, true, raw_state(1, 0), after, NULL) && refused("InvalidParent"));
    ck_assert(!step(&bob, n, true, raw_state(2, 0), after, NULL) && refused("InvalidPrestate"));
    ck_assert(!step(&bob, n, true, raw_state(1, 1), after, NULL) && refused("InvalidPrestate"));
    ck_assert(!step(&bob, n, true, raw_state(1, 0), (struct orr_hash){{0, 0x99}}, NULL));
    ck_assert(refused("ValidStep")); /* that is what she says */
    ck_assert(step(&bob, n, true, raw_state(1, 0), after, NULL));
    ck_assert(orr_address_equal(claim_of(0, n).countered_by, bob));
    ck_assert(!step(&carol, n, true, raw_state(1, 0), after, NULL) && refused("DuplicateStep"));
    end();
}
END_TEST

START_TEST(a_right_leaf_is_not_countered_by_its_step) {
    struct orr_hash right = raw_state(1, 1);
    right.bytes[0] = ORR_DISPUTE_UNFINISHED;
    uint32_t n = to_the_first_leaf(right);
    ck_assert(!step(&bob, n, true, raw_state(1, 0), raw_state(1, 1), NULL));
    ck_assert(refused("ValidStep"));
    end();
}
END_TEST

START_TEST(a_defending_step_runs_from_the_leafs_own_state_to_what_is_claimed_next) {
    uint32_t n = to_the_first_leaf(state_of(3, 0x99));
    /* the leaf's right neighbour is bob's claim above: 45 */
    ck_assert(!step(&carol, n, false, raw_state(1, 0), raw_state(1, 1), NULL));
    ck_assert(refused("InvalidPrestate"));
    struct orr_hash own = {{0, 0x99}}, next = {{0, 44}}, another = {{0, 1}};
    ck_assert(!step(&carol, n, false, own, another, NULL) && refused("ValidStep"));
    ck_assert(step(&carol, n, false, own, next, NULL)); /* so bob is right, and she is not */
    end();
}
END_TEST

START_TEST(a_proof_that_the_machine_refuses_is_no_step) {
    uint32_t n = to_the_first_leaf(state_of(3, 0x99));
    struct orr_rlp_writer w = WRITER, proof = WRITER;
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_code(state, &puppet, (const uint8_t *)"\x5f\x5f\xfd", 3);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    orr_dispute_write_step(&w, 0, n, true, &proof);
    ck_assert(!tell(&bob, orr_u256_from_u64(0), &w) && refused("StepFailed"));
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_code(state, &puppet, (const uint8_t *)"\x60\x3f\x5f\xf3", 4); /* 63 bytes */
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    orr_dispute_write_step(&w, 0, n, true, &proof);
    ck_assert(!tell(&bob, orr_u256_from_u64(0), &w) && refused("StepFailed"));
    end();
}
END_TEST

/* ---- resolution ---- */

START_TEST(a_root_that_nobody_answers_stands_when_the_clock_has_run_out) {
    struct orr_u256 before;
    begin(3, 8);
    before = balance(&alice);
    ck_assert(create(&alice, value_of(1), 8));
    now_s += 119;
    ck_assert(!resolve_claim(0) && refused("ClockNotExpired"));
    ck_assert(!resolve() && refused("OutOfOrderResolution"));
    now_s++;
    ck_assert(resolve_claim(0));
    ck_assert(!resolve_claim(0) && refused("ClaimAlreadyResolved"));
    ck_assert(!claim_credit(&alice) && refused("GameNotResolved"));
    ck_assert(resolve());
    ck_assert_int_eq(status_of(0), ORR_DISPUTE_STANDS);
    ck_assert(!resolve() && refused("GameNotInProgress"));
    ck_assert(!move(&bob, 0, value_of(2), true) && refused("GameNotInProgress"));
    ck_assert(claim_credit(&alice));
    ck_assert(orr_u256_equal(balance(&alice), before));
    ck_assert(!claim_credit(&alice) && refused("NoCreditToClaim"));
    ck_assert(!claim_credit(&bob) && refused("NoCreditToClaim"));
    ck_assert(!create(&alice, value_of(3), 8) && refused("BadBlock")); /* the anchor is there */
    end();
}
END_TEST

START_TEST(an_answer_that_stands_takes_the_bond_the_leftmost_of_them) {
    struct orr_u256 before;
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 8));
    ck_assert(move(&bob, 0, value_of(2), true));
    ck_assert(move(&alice, 1, value_of(3), false)); /* to the right, and first */
    ck_assert(move(&carol, 1, value_of(4), true));  /* leftmost */
    ck_assert(move(&alice, 1, value_of(5), true));  /* as far left, but later */
    now_s += 240;
    before = balance(&carol);
    ck_assert(!resolve_claim(1) && refused("OutOfOrderResolution"));
    for (uint32_t i = 5; i-- > 1;) ck_assert(resolve_claim(i));
    ck_assert(orr_address_equal(claim_of(0, 1).countered_by, carol));
    ck_assert(resolve_claim(0) && resolve());
    ck_assert_int_eq(status_of(0), ORR_DISPUTE_STANDS);
    ck_assert(claim_credit(&carol));
    ck_assert(orr_u256_equal(balance(&carol),
                             orr_u256_add(before, orr_u256_add(bond(1), bond(2)))));
    ck_assert(claim_credit(&alice));
    ck_assert(!claim_credit(&bob) && refused("NoCreditToClaim"));
    ck_assert(orr_u256_is_zero(balance(&games)));
    end();
}
END_TEST

START_TEST(an_answer_that_is_countered_counts_for_nothing) {
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 8));
    ck_assert(move(&bob, 0, value_of(2), true));
    now_s += 240;
    ck_assert(resolve_claim(1) && resolve_claim(0) && resolve());
    ck_assert_int_eq(status_of(0), ORR_DISPUTE_FALLS);
    ck_assert(claim_credit(&bob) && !claim_credit(&alice));
    ck_assert(orr_u256_is_zero(balance(&games)));
    ck_assert(create(&alice, value_of(5), 8)); /* the anchor has not moved */
    end();
}
END_TEST

START_TEST(the_same_claim_may_stand_under_another_parent) {
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 8));
    ck_assert(move(&bob, 0, value_of(2), true) && move(&carol, 0, value_of(3), true));
    ck_assert(move(&alice, 1, value_of(4), true));
    ck_assert(move(&alice, 2, value_of(4), true)); /* of the same leaves, and the same value */
    ck_assert(claim_of(0, 3).position == claim_of(0, 4).position);
    ck_assert(!move(&bob, 1, value_of(4), true) && refused("ClaimAlreadyExists"));
    ck_assert(!move(&bob, 2, value_of(4), true) && refused("ClaimAlreadyExists"));
    end();
}
END_TEST

START_TEST(a_claim_at_the_deepest_level_is_resolved_once) {
    uint32_t n = to_the_first_leaf(state_of(3, 0x99));
    now_s += 240;
    ck_assert(!resolve_claim(n - 1) && refused("OutOfOrderResolution"));
    ck_assert(resolve_claim(n));
    ck_assert(!resolve_claim(n) && refused("ClaimAlreadyResolved"));
    ck_assert(resolve_claim(n - 1));
    end();
}
END_TEST

/* Proposals of two blocks stand, the later block's first: the anchor is where it was after that. */
START_TEST(an_older_block_that_stands_does_not_move_the_anchor_back) {
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 4) && create(&alice, value_of(2), 7));
    now_s += 120;
    for (uint64_t id = 2; id-- > 0;) {
        struct orr_rlp_writer w = WRITER;
        orr_dispute_write_resolve_claim(&w, id, 0);
        ck_assert(tell(&carol, orr_u256_from_u64(0), &w));
        orr_dispute_write_resolve(&w, id);
        ck_assert(tell(&carol, orr_u256_from_u64(0), &w));
        ck_assert_int_eq(status_of(id), ORR_DISPUTE_STANDS);
        ck_assert(!create(&bob, value_of(3), 7) && refused("BadBlock"));
    }
    ck_assert(create(&bob, value_of(3), 8));
    struct orr_dispute d = game_of(2);
    ck_assert_uint_eq(d.start_block, 7);
    orr_dispute_free(&heap.mem, &d);
    end();
}
END_TEST

/* ---- whole games ---- */

/* Both play to the end; does the root stand? */
static bool play_out(struct player *proposer, struct player *challenger) {
    struct orr_hash root;
    player_root(proposer, N_BLOCKS, &root);
    ck_assert(create(&proposer->address, root, N_BLOCKS));
    for (int turn = 0; status_of(0) == ORR_DISPUTE_RUNS; turn++) {
        ck_assert_int_lt(turn, 100);
        now_s += SLOT_S;
        if (status_of(0) == ORR_DISPUTE_RUNS) take_turn(challenger, 0);
        if (status_of(0) == ORR_DISPUTE_RUNS) take_turn(proposer, 0);
    }
    claim_credit(&proposer->address);
    claim_credit(&challenger->address);
    ck_assert(orr_u256_is_zero(balance(&games))); /* all of it is paid out */
    return status_of(0) == ORR_DISPUTE_STANDS;
}

START_TEST(who_is_right_wins_wherever_the_lie_begins_and_loses_no_ether) {
    for (uint64_t block = 1; block <= N_BLOCKS; block++)
        for (uint64_t at = 1; at <= N_STEPS; at += block == 3 ? 1 : 3)
            for (int liar_proposes = 0; liar_proposes < 2; liar_proposes++) {
                begin(3, 8);
                struct player honest = {bob, 0, 0}, liar = {alice, block, at};
                struct orr_u256 had = balance(&bob), lied = balance(&alice);
                bool stands = liar_proposes ? play_out(&liar, &honest) : play_out(&honest, &liar);
                ck_assert_msg(stands == !liar_proposes, "block %d, step %d, liar %s", (int)block,
                              (int)at, liar_proposes ? "proposes" : "challenges");
                ck_assert(!orr_u256_less(balance(&bob), had));
                ck_assert(orr_u256_less(balance(&alice), lied));
                end();
            }
}
END_TEST

START_TEST(a_game_that_nobody_disputes_ends_with_its_root) {
    begin(3, 8);
    struct player one = {alice, 0, 0}, other = {bob, 0, 0};
    ck_assert(play_out(&one, &other));
    ck_assert_uint_eq(n_claims(0), 1);
    end();
}
END_TEST

START_TEST(behind_the_last_block_nothing_is_executed) {
    begin(3, 8);
    struct player honest = {bob, 0, 0};
    ck_assert(create(&alice, true_root(2), 2)); /* two blocks: leaves 2 to 7 say the same */
    /* bob's friend carol attacks with a root that would be of block 4 and is block 2's: alice lies
     * below it that nothing happens to something */
    ck_assert(move(&carol, 0, value_of(3), true));
    for (int turn = 0; status_of(0) == ORR_DISPUTE_RUNS; turn++) {
        ck_assert_int_lt(turn, 100);
        now_s += SLOT_S;
        struct player liar = {carol, 2, 1};
        take_turn(&liar, 0);
        if (status_of(0) == ORR_DISPUTE_RUNS) take_turn(&honest, 0);
    }
    ck_assert_int_eq(status_of(0), ORR_DISPUTE_STANDS);
    end();
}
END_TEST

/* ---- what is read ---- */

START_TEST(what_is_no_game_is_not_read) {
    struct orr_dispute d = {.id = 7};
    struct orr_u256 zero = orr_u256_from_u64(0);
    begin(3, 8);
    ck_assert(create(&alice, value_of(1), 8) && move(&bob, 0, value_of(2), true));
    struct orr_rlp_writer w = WRITER;
    orr_dispute_write_view(&w, ORR_GAME_GAME, &zero, 1);
    ck_assert(tell(&alice, zero, &w));
    size_t len = outcome.output_len;
    uint8_t bytes[32 * 32];
    ck_assert_uint_eq(len, 32 * (8 + 2 * 9));
    memcpy(bytes, outcome.output, len);
    for (size_t n = 0; n < len; n++)
        ck_assert_int_eq(orr_dispute_read(&heap.mem, bytes, n, &d), ORR_EFORMAT);
    static const struct { size_t word; uint8_t at, value; } bad[] = {
        {0, 0, 1}, {0, 31, 200}, {2, 31, 0}, {5, 31, 3}, {6, 31, 0}, {7, 31, 3}, {7, 31, 1},
        {7, 0, 1}, {8, 31, 0}, {9, 0, 1}, {10, 11, 1}, {13, 31, 0}, {13, 31, 2}, {13, 0, 1},
        {14, 20, 1}, {16, 31, 2}, {17, 31, 1}, {17, 0, 1}, {22, 31, 3}, {22, 31, 4}, {22, 16, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t was = bytes[32 * bad[i].word + bad[i].at];
        bytes[32 * bad[i].word + bad[i].at] = bad[i].value;
        ck_assert_msg(orr_dispute_read(&heap.mem, bytes, len, &d) == ORR_EFORMAT, "change %zu", i);
        bytes[32 * bad[i].word + bad[i].at] = was;
    }
    ck_assert_ptr_null(d.claims);
    ck_assert_int_eq(orr_dispute_read(&heap.mem, bytes, len, &d), 0);
    ck_assert_uint_eq(d.id, 7);
    ck_assert_uint_eq(d.n, 2);
    orr_dispute_free(&heap.mem, &d);
    end();
}
END_TEST

ORR_TEST_MAIN("dispute",
              a_bond_is_eight_hundredths_of_an_ether_at_the_root_and_sixty_at_the_deepest,
              the_contract_asks_for_the_bond_that_is_sent_at_every_depth,
              a_clock_goes_on_from_the_grandparents_and_stops_at_its_end,
              a_late_move_leaves_the_extension_to_the_answer_twice_so_at_the_split,
              a_move_is_refused_when_the_clock_has_run_out_and_not_a_second_before,
              a_proposal_is_of_a_derived_block_within_reach_bonded_and_new,
              only_the_oracle_says_what_is_derived, moves_that_are_none_are_refused_by_name,
              the_root_of_an_execution_says_how_it_ends,
              a_game_has_no_claim_below_its_deepest,
              a_step_runs_from_the_state_that_derivation_gives_and_counters_a_wrong_claim_once,
              a_right_leaf_is_not_countered_by_its_step,
              a_defending_step_runs_from_the_leafs_own_state_to_what_is_claimed_next,
              a_proof_that_the_machine_refuses_is_no_step,
              a_root_that_nobody_answers_stands_when_the_clock_has_run_out,
              an_answer_that_stands_takes_the_bond_the_leftmost_of_them,
              an_answer_that_is_countered_counts_for_nothing,
              the_same_claim_may_stand_under_another_parent,
              a_claim_at_the_deepest_level_is_resolved_once,
              an_older_block_that_stands_does_not_move_the_anchor_back,
              who_is_right_wins_wherever_the_lie_begins_and_loses_no_ether,
              a_game_that_nobody_disputes_ends_with_its_root,
              behind_the_last_block_nothing_is_executed, what_is_no_game_is_not_read)
