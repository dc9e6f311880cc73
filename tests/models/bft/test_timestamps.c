/* Proposer-based timestamps: of which time a block may be (CometBFT's specification, timely()). */
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };
#define HOUR (3600000 * MS)

/* MSGDELAY + PRECISION of a round, as the node computes it: a tenth more with each. */
static orr_time oldest(const struct solo *s, uint32_t round) {
    orr_time delay = s->config.message_delay;
    for (; round; round--) delay += delay / 10;
    return delay + s->config.precision;
}

/* Rounds pass without a proposal. */
static void go_to_round(struct solo *s, uint32_t round) {
    for (uint32_t r = orr_tm_look(s->state->node).round; r < round; r++) {
        solo_votes(s, OTHERS, P, r, NULL);
        solo_votes(s, OTHERS, C, r, NULL);
        solo_timeout(s, ORR_TM_TIMER_PRECOMMIT);
        s->n_votes = s->next_vote = 0;
    }
}

START_TEST(a_block_is_refused_when_its_time_passed_longer_ago_than_a_message_may_take) {
    for (uint32_t round = 0; round < 12; round += round == 2 ? 3 : 1) /* whose turn is another's */
        for (orr_time late = 0; late < 2; late++) {
            if (round % SOLO_N == ME) continue;
            struct solo s;
            solo_new(&s, ME);
            s.c.now = HOUR;
            go_to_round(&s, round);
            orr_time time = s.c.now - oldest(&s, round) - late;
            struct solo_block b = solo_block(&s, time, true);
            solo_propose(&s, round, -1, &b);
            solo_expect(&s, P, round, late ? NULL : &b);
            solo_block_free(&s, &b);
            solo_free(&s);
        }
}
END_TEST

START_TEST(the_bound_grows_by_a_tenth_with_each_round_and_stops_growing_before_it_overflows) {
    struct solo s;
    solo_new(&s, ME);
    s.c.now = HOUR;
    struct solo_block b = solo_block(&s, 2, true); /* an hour old: 15 s * 1.1^58 */
    for (uint32_t round = 0; round < 64; round++) {
        go_to_round(&s, round);
        if (round % SOLO_N == ME) continue;
        solo_propose(&s, round, -1, &b);
        /* it is judged by when it was first heard of */
        bool is_timely = HOUR <= 2 + oldest(&s, round);
        solo_expect(&s, P, round, is_timely ? &b : NULL);
        if (is_timely) break;
        ck_assert_uint_lt(round, 60);
    }
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_block_is_judged_by_when_its_proposal_came_and_not_by_when_its_parts_did) {
    for (uint32_t ahead = 0; ahead < 2; ahead++) {
        struct solo s;
        solo_new(&s, ME);
        s.c.now = HOUR;
        orr_time time = ahead ? s.c.now + s.config.precision + 1 : s.c.now - oldest(&s, 0);
        struct solo_block b = solo_block(&s, time, true);
        solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &b.id));
        s.c.now += 1000 * MS;
        solo_parts(&s, &b);
        solo_expect(&s, P, 0, ahead ? NULL : &b);
        solo_block_free(&s, &b);
        solo_free(&s);
    }
}
END_TEST

START_TEST(a_block_that_a_quorum_found_timely_is_prevoted_whatever_the_clock_says) {
    struct solo s;
    solo_new(&s, ME);
    s.c.now = HOUR;
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, OTHERS, P, 0, &b);
    go_to_round(&s, 1);
    solo_propose(&s, 1, 0, &b); /* line 28 */
    solo_expect(&s, P, 1, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.timestamps",
              a_block_is_refused_when_its_time_passed_longer_ago_than_a_message_may_take,
              the_bound_grows_by_a_tenth_with_each_round_and_stops_growing_before_it_overflows,
              a_block_is_judged_by_when_its_proposal_came_and_not_by_when_its_parts_did,
              a_block_that_a_quorum_found_timely_is_prevoted_whatever_the_clock_says)
