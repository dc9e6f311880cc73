/* Locking, valid values and rounds: one validator against a script of three.
 *
 * The cases are those of CometBFT's consensus state tests, by behaviour (its names in brackets).
 * Where its releases 0.x unlock on a quorum of nil prevotes or for a block that they have not
 * seen, and prevote the locked block whatever is proposed, the paper and releases since 1.0 do not.
 */
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };

/* Round 0: the node locks b, but the round decides nothing; it enters round 1. */
static void lock_in_round_0(struct solo *s, const struct solo_block *b) {
    solo_propose(s, 0, -1, b);
    solo_expect(s, P, 0, b);
    solo_votes(s, 3, P, 0, b);
    solo_expect(s, C, 0, b);
    solo_expect_lock(s, 0, b);
    solo_votes(s, 3, C, 0, NULL);
    solo_timeout(s, ORR_TM_TIMER_PRECOMMIT);
    solo_expect_at(s, 1, 1, ORR_TM_STEP_PROPOSE);
}

/* Ends a round in which the node has precommitted. */
static void next_round(struct solo *s, uint32_t round) {
    solo_votes(s, 3, C, round, NULL);
    solo_timeout(s, ORR_TM_TIMER_PRECOMMIT);
    solo_expect_at(s, 1, round + 1, ORR_TM_STEP_PROPOSE);
}

START_TEST(a_proposal_with_two_quorums_decides) { /* [FullRound2] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, &b);
    solo_votes(&s, 1, P, 0, &b);
    solo_expect_no_vote(&s); /* two of four are no quorum */
    solo_votes(&s, 2, P, 0, &b);
    solo_expect(&s, C, 0, &b);
    solo_votes(&s, 1, C, 0, &b);
    ck_assert_uint_eq(s.decided, 0);
    solo_votes(&s, 4, C, 0, &b);
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_mem_eq(s.value, b.id.hash, 32);
    solo_expect_at(&s, 2, 0, ORR_TM_STEP_COMMIT);
    solo_timeout(&s, ORR_TM_TIMER_COMMIT);
    solo_expect_at(&s, 2, 0, ORR_TM_STEP_PROPOSE);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* [EnterProposeNoPrivValidator, FullRoundNil] */
START_TEST(an_absent_proposer_costs_a_round_of_nil_votes) {
    struct solo s;
    solo_new(&s, ME);
    solo_expect_no_vote(&s);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PROPOSE], s.config.timeout_propose);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, 3, P, 0, NULL);
    solo_expect(&s, C, 0, NULL);
    orr_time at = s.c.now;
    solo_votes(&s, 3, C, 0, NULL);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PRECOMMIT], at + s.config.timeout_precommit);
    solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
    solo_expect_at(&s, 1, 1, ORR_TM_STEP_PROPOSE);
    /* timeouts grow with the round */
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PROPOSE] - s.c.now,
                     s.config.timeout_propose + s.config.timeout_propose_delta);
    solo_free(&s);
}
END_TEST

/* [EnterProposeYesPrivValidator] */
START_TEST(a_proposer_waits_for_a_proposal_as_long_as_everyone) {
    struct solo s;
    solo_new(&s, 0);
    ck_assert_ptr_nonnull(s.proposal);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PROPOSE], s.config.timeout_propose);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE); /* its own came at once: it has prevoted already */
    ck_assert_uint_eq(s.n_votes, 1);
    ck_assert_mem_eq(&s.votes[0].id, s.proposal->data + 20, sizeof s.votes[0].id);
    solo_free(&s);
}
END_TEST

/* line 34, "while step = prevote": else the timeout could fire before the node has prevoted */
START_TEST(the_wait_for_more_prevotes_begins_when_the_node_itself_has_prevoted) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    solo_votes(&s, 1, P, 0, &b);
    solo_votes(&s, 2, P, 0, &c);
    solo_votes(&s, 4, P, 0, NULL);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PREVOTE], ORR_NEVER); /* never armed */
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PREVOTE], s.c.now + s.config.timeout_prevote);
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 0, NULL);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

START_TEST(a_locked_block_is_kept_however_many_others_come) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), other[20];
    lock_in_round_0(&s, &b);
    for (uint32_t r = 0; r < 20; r++) {
        other[r] = solo_block(&s, 4 + 2 * r, true);
        solo_votes(&s, OTHERS, P, r + 1, &other[r]);
    }
    solo_expect_lock(&s, 0, &b);
    solo_votes(&s, OTHERS, C, 0, &b); /* its parts need not come again */
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_mem_eq(s.value, b.id.hash, 32);
    for (uint32_t r = 0; r < 20; r++) solo_block_free(&s, &other[r]);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(an_invalid_block_is_answered_with_nil) { /* [BadProposal] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, false);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, OTHERS, P, 0, &b); /* even a quorum for it locks nobody */
    solo_expect_lock(&s, -1, NULL);
    solo_votes(&s, OTHERS, C, 0, &b);
    ck_assert_uint_eq(s.decided, 0);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* [LockNoPOL] */
START_TEST(without_a_quorum_for_the_new_block_a_locked_node_prevotes_and_precommits_nil) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    lock_in_round_0(&s, &b);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE); /* round 1: no proposal */
    solo_expect(&s, P, 1, NULL);
    solo_votes(&s, 1, P, 1, &b);
    solo_votes(&s, 2, P, 1, NULL);
    solo_expect_no_vote(&s);
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 1, NULL);
    next_round(&s, 1);
    solo_propose(&s, 2, -1, &c); /* round 2: another block, without a quorum */
    solo_expect(&s, P, 2, NULL);
    solo_votes(&s, 3, P, 2, NULL);
    solo_expect(&s, C, 2, NULL);
    solo_expect_lock(&s, 0, &b);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

START_TEST(a_new_quorum_for_the_locked_block_locks_it_again_in_the_later_round) { /* [POLRelock] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    lock_in_round_0(&s, &b);
    solo_propose(&s, 1, 0, &b); /* proposed again, with round 0's quorum */
    solo_expect(&s, P, 1, &b);
    solo_votes(&s, 3, P, 1, &b);
    solo_expect(&s, C, 1, &b);
    solo_expect_lock(&s, 1, &b);
    solo_votes(&s, 3, C, 1, &b);
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_uint_eq(s.decided_round, 1);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* [POLUpdateLock; POLRelock of 0.x] lines 36-41 */
START_TEST(a_quorum_for_a_block_that_a_locked_node_did_not_prevote_moves_its_lock) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    lock_in_round_0(&s, &b);
    solo_propose(&s, 1, -1, &c);
    solo_expect(&s, P, 1, NULL);
    solo_votes(&s, 3, P, 1, &c);
    solo_expect_no_vote(&s);
    solo_votes(&s, 4, P, 1, &c);
    solo_expect(&s, C, 1, &c);
    solo_expect_lock(&s, 1, &c);
    solo_votes(&s, 3, C, 1, &c);
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_mem_eq(s.value, c.id.hash, 32);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

/* Line 29 says "lockedRound <= vr": so many lies as it takes, the same round's quorum will do. */
START_TEST(a_proposal_with_a_quorum_of_the_locks_own_round_is_prevoted) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    lock_in_round_0(&s, &b);
    solo_votes(&s, OTHERS, P, 0, &c);
    solo_propose(&s, 1, 0, &c);
    solo_expect(&s, P, 1, &c);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

/* lines 36, 42-43; [SetValidBlockOnDelayedProposal] */
START_TEST(a_block_that_comes_after_its_quorum_is_valid_but_not_locked) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, OTHERS, P, 0, &b);
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 0, NULL);
    ck_assert_int_eq(orr_tm_look(s.state->node).valid_round, -1);
    solo_propose(&s, 0, -1, &b);
    solo_expect_no_vote(&s);
    struct orr_tm_view v = orr_tm_look(s.state->node);
    ck_assert_int_eq(v.locked_round, -1);
    ck_assert_int_eq(v.valid_round, 0);
    ck_assert_mem_eq(v.valid, b.id.hash, 32);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* lines 61 and 66; [ResetTimeoutPrecommitUponNewHeight] */
START_TEST(a_timeout_of_a_round_or_height_that_is_over_does_nothing) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    lock_in_round_0(&s, &b);
    for (uint32_t timer = 0; timer < 3; timer++) /* all of round 0, late */
        if (timer != ORR_TM_TIMER_PROPOSE)
            solo_step(&s, (struct orr_event){.kind = ORR_TIMER, .key = timer});
    solo_expect_no_vote(&s);
    solo_expect_at(&s, 1, 1, ORR_TM_STEP_PROPOSE);
    solo_propose(&s, 1, 0, &b);
    solo_expect(&s, P, 1, &b);
    solo_votes(&s, OTHERS, P, 1, &b);
    solo_expect(&s, C, 1, &b);
    solo_votes(&s, 1, C, 1, NULL);
    solo_votes(&s, 2, C, 1, &b); /* two thirds of any: the timeout is armed */
    solo_votes(&s, 4 | 1, C, 1, &b);
    solo_expect_at(&s, 2, 0, ORR_TM_STEP_COMMIT);
    solo_step(&s, (struct orr_event){.kind = ORR_TIMER, .key = ORR_TM_TIMER_PRECOMMIT});
    solo_expect_at(&s, 2, 0, ORR_TM_STEP_COMMIT);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_quorum_of_nil_prevotes_does_not_release_the_lock) { /* [POLUnlock; POLDoesNotUnlock] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    lock_in_round_0(&s, &b);
    solo_propose(&s, 1, -1, &c);
    solo_expect(&s, P, 1, NULL);
    solo_votes(&s, OTHERS, P, 1, NULL);
    solo_expect(&s, C, 1, NULL);
    solo_expect_lock(&s, 0, &b);
    next_round(&s, 1);
    solo_propose(&s, 2, -1, &c);
    solo_expect(&s, P, 2, NULL);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

START_TEST(a_newer_quorum_for_another_block_moves_the_lock_to_it) { /* [POLUnlock, lines 28-30] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    lock_in_round_0(&s, &b);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 1, NULL);
    solo_votes(&s, OTHERS, P, 1, &c); /* the others prevote a block that the node has not seen */
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 1, NULL); /* [MissingProposalWhenPOLSeenDoesNotUpdateLock] */
    solo_expect_lock(&s, 0, &b);
    next_round(&s, 1);
    solo_propose(&s, 2, 1, &c);
    solo_expect(&s, P, 2, &c);
    solo_votes(&s, 3, P, 2, &c);
    solo_expect(&s, C, 2, &c);
    solo_expect_lock(&s, 2, &c);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

START_TEST(an_older_quorum_that_comes_late_does_not_move_the_lock) { /* [POLSafety1] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    solo_propose(&s, 0, -1, &b); /* round 0: the node sees no quorum for b */
    solo_expect(&s, P, 0, &b);
    solo_votes(&s, 3, P, 0, NULL);
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 0, NULL);
    next_round(&s, 0);
    solo_propose(&s, 1, -1, &c); /* round 1: it locks c */
    solo_expect(&s, P, 1, &c);
    solo_votes(&s, 3, P, 1, &c);
    solo_expect(&s, C, 1, &c);
    solo_expect_lock(&s, 1, &c);
    next_round(&s, 1);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 2, NULL);
    solo_votes(&s, 4, P, 0, &b); /* the quorum of round 0: validator 2 and two that voted twice */
    solo_votes(&s, 3, P, 0, &b);
    solo_expect_no_vote(&s);
    solo_expect_lock(&s, 1, &c);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

START_TEST(a_proposal_with_a_quorum_older_than_the_lock_is_answered_with_nil) { /* [POLSafety2] */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    solo_votes(&s, OTHERS, P, 0, &b); /* round 0 had a quorum for b, whose proposal is missing */
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 0, NULL);
    next_round(&s, 0);
    solo_propose(&s, 1, -1, &c);
    solo_expect(&s, P, 1, &c);
    solo_votes(&s, 3, P, 1, &c);
    solo_expect(&s, C, 1, &c);
    next_round(&s, 1);
    solo_propose(&s, 2, 0, &b); /* "b had a quorum in round 0": true, but the lock is of round 1 */
    solo_expect(&s, P, 2, NULL);
    solo_expect_lock(&s, 1, &c);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

/* line 28; [PrevotePOLFromPreviousRound] */
START_TEST(a_proposal_that_claims_a_quorum_waits_until_the_quorum_is_seen) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, 3, P, 0, NULL);
    solo_expect(&s, C, 0, NULL);
    next_round(&s, 0);
    solo_propose(&s, 1, 0, &b);
    solo_expect_no_vote(&s);
    solo_votes(&s, 4, P, 0, &b);
    solo_expect_no_vote(&s);
    solo_votes(&s, 3, P, 0, &b); /* a second value of theirs: evidence, and a quorum */
    solo_expect(&s, P, 1, &b);
    ck_assert_uint_eq(s.n_evidence, 2);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* lines 36-43, 15-16 */
START_TEST(a_quorum_seen_too_late_to_lock_makes_the_value_that_is_proposed_next) {
    struct solo s;
    solo_new(&s, 1); /* proposes in round 1 */
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, &b);
    solo_votes(&s, 1, P, 0, NULL);
    solo_votes(&s, 4, P, 0, &b);
    solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
    solo_expect(&s, C, 0, NULL); /* no quorum so far */
    solo_votes(&s, 8, P, 0, &b); /* now there is one: valid, not locked */
    struct orr_tm_view v = orr_tm_look(s.state->node);
    ck_assert_int_eq(v.locked_round, -1);
    ck_assert_int_eq(v.valid_round, 0);
    ck_assert_mem_eq(v.valid, b.id.hash, 32);
    solo_votes(&s, 1 | 4, C, 0, NULL);
    solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
    solo_expect(&s, P, 1, &b); /* its own proposal */
    ck_assert_ptr_nonnull(s.proposal);
    ck_assert_mem_eq(s.proposal->data + 20, &b.id, sizeof b.id);
    ck_assert_uint_eq(orr_load_le32(s.proposal->data + 12), 0); /* with the quorum's round */
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(one_correct_validator_in_a_later_round_is_followed) { /* line 55; [RoundSkip] */
    struct solo s;
    solo_new(&s, ME);
    solo_votes(&s, 1, P, 4, NULL);
    solo_expect_at(&s, 1, 0, ORR_TM_STEP_PROPOSE); /* one may lie */
    solo_votes(&s, 2, C, 6, NULL); /* two are in round 4 or past it, one in round 6 */
    solo_expect_at(&s, 1, 4, ORR_TM_STEP_PROPOSE);
    solo_votes(&s, 4, P, 5, NULL);
    solo_expect_at(&s, 1, 5, ORR_TM_STEP_PROPOSE);
    solo_votes(&s, 4, P, 90000, NULL); /* far rounds are remembered by number alone */
    solo_expect_at(&s, 1, 6, ORR_TM_STEP_PROPOSE);
    solo_votes(&s, 1, P, 90001, NULL);
    solo_expect_at(&s, 1, 90000, ORR_TM_STEP_PROPOSE);
    solo_free(&s);
}
END_TEST

/* line 49, any round; [CommitFromPreviousRound] */
START_TEST(a_proposal_of_a_later_round_tells_that_its_proposer_is_there) { /* line 55: <*, ...> */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_votes(&s, 1, P, 5, NULL);
    solo_expect_at(&s, 1, 0, ORR_TM_STEP_PROPOSE);
    solo_propose(&s, 5, -1, &b); /* of validator 1: with 0 that is f + 1 */
    solo_expect_at(&s, 1, 5, ORR_TM_STEP_PREVOTE);
    solo_expect(&s, P, 5, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* line 36, "step >= prevote": not before the node itself has prevoted */
START_TEST(a_quorum_for_a_block_whose_proposal_is_lost_locks_it_when_the_node_has_prevoted) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_votes(&s, OTHERS, P, 0, &b);
    solo_parts(&s, &b);
    solo_expect_no_vote(&s);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    solo_expect(&s, C, 0, &b);
    solo_expect_lock(&s, 0, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(precommits_of_an_earlier_round_still_decide) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    lock_in_round_0(&s, &b);
    solo_votes(&s, 4, C, 0, &b);
    ck_assert_uint_eq(s.decided, 0);
    solo_votes(&s, 1, C, 0, &b); /* validator 0 precommitted nil before: it lies to someone */
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_uint_eq(s.decided_round, 0);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_decision_waits_for_the_block_and_takes_its_parts_in_any_order) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    ck_assert_uint_gt(b.id.n_parts, 2);
    solo_recv(&s, 0, orr_msg_ref(b.parts[1])); /* before anything names the block */
    solo_votes(&s, OTHERS, C, 0, &b);
    ck_assert_uint_eq(s.decided, 0);
    struct orr_msg *bad = orr_msg_copy(&s.c.pool, ORR_TM_PART, b.parts[0]->data, b.parts[0]->len);
    bad->data[bad->len - 1] ^= 1; /* damaged: leads to another root */
    solo_recv(&s, 0, bad);
    solo_recv(&s, 0, orr_msg_ref(b.parts[2]));
    solo_recv(&s, 0, orr_msg_ref(b.parts[2])); /* twice */
    solo_recv(&s, 0, orr_msg_ref(b.parts[1]));
    for (uint32_t i = 3; i < b.id.n_parts; i++) solo_recv(&s, 0, orr_msg_ref(b.parts[i]));
    ck_assert_uint_eq(s.decided, 0);
    solo_recv(&s, 0, orr_msg_ref(b.parts[0]));
    ck_assert_uint_eq(s.decided, 1);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.locking", a_proposal_with_two_quorums_decides,
              an_absent_proposer_costs_a_round_of_nil_votes,
              a_proposer_waits_for_a_proposal_as_long_as_everyone,
              the_wait_for_more_prevotes_begins_when_the_node_itself_has_prevoted,
              a_locked_block_is_kept_however_many_others_come,
              an_invalid_block_is_answered_with_nil,
              without_a_quorum_for_the_new_block_a_locked_node_prevotes_and_precommits_nil,
              a_new_quorum_for_the_locked_block_locks_it_again_in_the_later_round,
              a_quorum_for_a_block_that_a_locked_node_did_not_prevote_moves_its_lock,
              a_proposal_with_a_quorum_of_the_locks_own_round_is_prevoted,
              a_block_that_comes_after_its_quorum_is_valid_but_not_locked,
              a_timeout_of_a_round_or_height_that_is_over_does_nothing,
              a_quorum_of_nil_prevotes_does_not_release_the_lock,
              a_newer_quorum_for_another_block_moves_the_lock_to_it,
              an_older_quorum_that_comes_late_does_not_move_the_lock,
              a_proposal_with_a_quorum_older_than_the_lock_is_answered_with_nil,
              a_proposal_that_claims_a_quorum_waits_until_the_quorum_is_seen,
              a_quorum_seen_too_late_to_lock_makes_the_value_that_is_proposed_next,
              one_correct_validator_in_a_later_round_is_followed,
              a_proposal_of_a_later_round_tells_that_its_proposer_is_there,
              a_quorum_for_a_block_whose_proposal_is_lost_locks_it_when_the_node_has_prevoted,
              precommits_of_an_earlier_round_still_decide,
              a_decision_waits_for_the_block_and_takes_its_parts_in_any_order)
