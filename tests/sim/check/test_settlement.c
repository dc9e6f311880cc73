/* The oracle of rollups with disputes: what it must catch, and what is none of its business. */
#include "tests/sim/check/world.h"

static struct world w;

static void begin(enum orr_expectation expected) {
    world_init(&w);
    w.scenario.expect.settlement = expected;
}

static void settle(orr_peer node, uint8_t number, uint8_t claimed, uint8_t own, bool is_accepted) {
    struct orr_settled s = {.number = number, .claimed = {claimed}, .own = {own},
                            .is_accepted = is_accepted};
    output(&w, node, ORR_OUT_SETTLED, &s, sizeof s);
}

static void finish_with(bool pass, const char *text) {
    finish(&w, 90 * S);
    expect_verdict(&w, "settlement", pass, text);
    world_end(&w);
}

START_TEST(a_wrong_state_that_is_accepted_or_a_right_one_that_is_refused_breaks_it) {
    for (int right = 0; right < 2; right++)
        for (int accepted = 0; accepted < 2; accepted++) {
            begin(HOLDS);
            world_start(&w);
            settle(0, 4, 7, 7, true);
            settle(1, 5, 8, right ? 8 : 9, accepted);
            finish_with(right == accepted,
                        right == accepted ? "2 times a claim was seen settled, of 2 blocks"
                        : accepted        ? "L1 accepts"
                                          : "L1 refuses");
        }
    begin(BROKEN);
    world_start(&w);
    settle(0, 4, 7, 8, true);
    finish_with(true, "as the state of L2 block 4");
}
END_TEST

START_TEST(two_states_of_one_block_break_it_whatever_l1_says) {
    begin(HOLDS);
    world_start(&w);
    settle(0, 4, 7, 7, true);
    settle(1, 4, 6, 7, false);
    settle(2, 4, 6, 8, false);
    finish_with(false, "derive other states of L2 block 4");
}
END_TEST

START_TEST(an_honest_player_that_loses_a_bond_breaks_it) {
    begin(HOLDS);
    world_start(&w);
    struct orr_settled s = {.number = 4, .claimed = {7}, .own = {7}, .is_accepted = 1, .n_lost = 2};
    output(&w, 1, ORR_OUT_SETTLED, &s, sizeof s);
    finish_with(false, "has lost 2 bonds in the game about L2 block 4");
}
END_TEST

START_TEST(liars_are_not_heard_and_without_a_claim_nothing_is_judged) {
    begin(HOLDS);
    world_fault(&w, ORR_FAULT_BYZANTINE, 1 * S, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, 4, true);
    settle(0, 4, 7, 7, true);
    settle(4, 4, 7, 9, true);
    finish_with(true, "1 times a claim was seen settled, of 1 blocks; accepted 1");
    begin(HOLDS);
    world_start(&w);
    finish(&w, 90 * S);
    ck_assert(!verdict(&w, "settlement")->judged);
    world_end(&w);
}
END_TEST

ORR_TEST_MAIN("settlement", a_wrong_state_that_is_accepted_or_a_right_one_that_is_refused_breaks_it,
              two_states_of_one_block_break_it_whatever_l1_says,
              an_honest_player_that_loses_a_bond_breaks_it,
              liars_are_not_heard_and_without_a_claim_nothing_is_judged)
