/* What a step costs by the named pieces of work (models/base/cost.h): counted, not measured. */
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };

/* Nanoseconds that the last step claimed. */
static int64_t busy(const struct solo *s) { return s->c.out.busy_ns; }

START_TEST(a_message_is_handed_to_the_line_once_for_each_receiver) {
    struct solo s;
    solo_new(&s, ME);
    s.c.costs = (struct orr_costs){.send_ns = 7};
    struct solo_block b = solo_block(&s, 2, true);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &b.id));
    ck_assert_int_eq(busy(&s), 0);
    solo_parts(&s, &b);
    ck_assert_int_eq(busy(&s), 3 * 7); /* a prevote to the three others */
    solo_timeout(&s, ORR_TM_TIMER_GOSSIP);
    ck_assert_int_eq(busy(&s), 0);
    solo_timeout(&s, ORR_TM_TIMER_GOSSIP);
    ck_assert_int_eq(busy(&s), 7); /* a status to one */
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(bytes_are_encoded_once_by_who_sends_them_and_decoded_by_who_gets_them) {
    struct solo s;
    solo_new(&s, ME);
    s.c.costs = (struct orr_costs){.encode_kib_ns = 5 * 1024}; /* 5 ns a byte */
    struct orr_msg *vote = solo_vote(&s, 1, P, 0, NULL);
    int64_t size = orr_msg_size(vote);
    solo_recv(&s, 1, vote);
    ck_assert_int_eq(busy(&s), 5 * size);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    ck_assert_int_eq(busy(&s), 5 * size); /* its own prevote, to three */
    solo_free(&s);
}
END_TEST

START_TEST(each_call_of_the_application_costs_the_same_whatever_it_does) {
    struct solo s;
    solo_new(&s, ME);
    s.c.costs = (struct orr_costs){.app_call_ns = 11};
    solo_recv(&s, 1, orr_msg_copy(&s.c.pool, ORR_TM_TX, "no transaction", 14));
    ck_assert_int_eq(busy(&s), 11);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    ck_assert_int_eq(busy(&s), 11); /* validate */
    solo_votes(&s, OTHERS, P, 0, &b);
    solo_votes(&s, 3, C, 0, &b);
    ck_assert_int_eq(busy(&s), 2 * 11); /* with its own a quorum: execute, commit */
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_block_that_is_not_well_formed_is_not_shown_to_the_application) {
    struct solo s;
    solo_new(&s, ME);
    s.c.costs = (struct orr_costs){.app_call_ns = 11};
    struct solo_block b = solo_block(&s, 2, false);
    solo_propose(&s, 0, -1, &b);
    ck_assert_int_eq(busy(&s), 0);
    solo_expect(&s, P, 0, NULL);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.costs", a_message_is_handed_to_the_line_once_for_each_receiver,
              bytes_are_encoded_once_by_who_sends_them_and_decoded_by_who_gets_them,
              each_call_of_the_application_costs_the_same_whatever_it_does,
              a_block_that_is_not_well_formed_is_not_shown_to_the_application)
