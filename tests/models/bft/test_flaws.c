/* Tendermint's flawed variants do what they say, and the paper's rules do not: one validator
 * against a script of three. */
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3 };

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

/* The others have a quorum of prevotes for another block in round 1, without this node, which hears
 * of it in round 2: a proposal with that quorum releases its lock (line 29). */
START_TEST(without_unlocking_a_newer_quorum_does_not_release_the_lock) {
    for (uint32_t off = 0; off < 2; off++) {
        struct solo s;
        solo_new(&s, ME);
        s.config.unlock_off = off;
        struct solo_block a = solo_block(&s, 2, true), b = solo_block(&s, 3, true);
        lock_in_round_0(&s, &a);
        solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
        solo_expect(&s, P, 1, NULL);
        solo_votes(&s, 7, P, 1, &b); /* it has not got the block */
        solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
        solo_expect(&s, C, 1, NULL);
        solo_votes(&s, 3, C, 1, NULL);
        solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
        solo_expect_lock(&s, 0, &a);
        solo_propose(&s, 2, 1, &b);
        solo_expect(&s, P, 2, off ? NULL : &b);
        solo_votes(&s, 3, P, 2, &b);
        if (off) solo_votes(&s, 4, P, 2, &b);
        solo_expect(&s, C, 2, off ? NULL : &b);
        solo_expect_lock(&s, off ? 0 : 2, off ? &a : &b);
        solo_block_free(&s, &a);
        solo_block_free(&s, &b);
        solo_free(&s);
    }
}
END_TEST

/* A quorum of prevotes that comes when the node has precommitted nil (lines 36, 42-43). */
START_TEST(without_a_valid_value_a_late_quorum_of_prevotes_is_forgotten) {
    for (uint32_t off = 0; off < 2; off++) {
        struct solo s;
        solo_new(&s, ME);
        s.config.valid_value_off = off;
        struct solo_block a = solo_block(&s, 2, true);
        solo_propose(&s, 0, -1, &a);
        solo_expect(&s, P, 0, &a);
        solo_votes(&s, 2, P, 0, NULL);
        solo_votes(&s, 1, P, 0, &a);
        solo_timeout(&s, ORR_TM_TIMER_PREVOTE);
        solo_expect(&s, C, 0, NULL);
        solo_votes(&s, 4, P, 0, &a);
        struct orr_tm_view v = orr_tm_look(s.state->node);
        ck_assert_int_eq(v.valid_round, off ? -1 : 0);
        ck_assert_int_eq(v.locked_round, -1);
        solo_block_free(&s, &a);
        solo_free(&s);
    }
}
END_TEST

START_TEST(without_waiting_a_round_ends_with_any_two_thirds_of_precommits) {
    for (uint32_t off = 0; off < 2; off++) {
        struct solo s;
        solo_new(&s, ME);
        s.config.timeout_precommit_off = off;
        solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
        solo_expect(&s, P, 0, NULL);
        orr_time at = s.c.now;
        solo_votes(&s, 7, C, 0, NULL);
        ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PRECOMMIT],
                         at + (off ? 0 : s.config.timeout_precommit));
        solo_free(&s);
    }
}
END_TEST

ORR_TEST_MAIN("bft.flaws", without_unlocking_a_newer_quorum_does_not_release_the_lock,
              without_a_valid_value_a_late_quorum_of_prevotes_is_forgotten,
              without_waiting_a_round_ends_with_any_two_thirds_of_precommits)
