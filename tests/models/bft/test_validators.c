/* Whose turn it is.  Facts: the tables of CometBFT's "Proposer Selection Procedure" and the
 * expectations of its validator set tests (TestProposerSelection1 and 2,
 * TestAveragingInIncrementProposerPriority). */
#include "models/bft/common/validators.h"

#include "sim/base/memory.h"
#include "tests/test.h"

START_TEST(the_specifications_example_of_powers_1_and_3_runs_as_its_table_shows) {
    uint64_t powers[] = {1, 3};
    int64_t p[2] = {0};
    static const struct { uint32_t elected; int64_t after[2]; } runs[] = {
        {1, {1, -1}}, {0, {-2, 2}}, {1, {-1, 1}}, {1, {0, 0}}};
    for (unsigned turn = 0; turn < 12; turn++) {
        ck_assert_uint_eq(orr_proposer_turn(powers, 2, p), runs[turn % 4].elected);
        ck_assert_int_eq(p[0], runs[turn % 4].after[0]);
        ck_assert_int_eq(p[1], runs[turn % 4].after[1]);
    }
}
END_TEST

START_TEST(the_published_sequence_of_99_proposers_for_powers_1000_300_330_comes_out) {
    /* f, b, z stand for 0 (1000), 1 (300), 2 (330) */
    static const char *const expected =
        "fzfbffzfbffzffbfzffb" "ffzfbffzfbffzffbfzffb" "fzffbfzffbfzfffzbfffz"
        "fbffzfbffzfbffzfbffzf" "fbfzffbfzffbfzff";
    uint64_t powers[] = {1000, 300, 330};
    int64_t p[3] = {0};
    ck_assert_uint_eq(strlen(expected), 99);
    for (unsigned i = 0; i < 99; i++)
        ck_assert_msg("fbz"[orr_proposer_turn(powers, 3, p)] == expected[i], "turn %u", i);
}
END_TEST

START_TEST(equal_powers_take_turns_in_order_and_one_of_400_among_100s_leads_every_other_time) {
    uint64_t equal[] = {100, 100, 100}, one[] = {100, 100, 400}, more[] = {100, 100, 401};
    int64_t p[3] = {0}, q[3] = {0}, r[3] = {0};
    for (uint32_t i = 0; i < 15; i++) ck_assert_uint_eq(orr_proposer_turn(equal, 3, p), i % 3);
    ck_assert_uint_eq(orr_proposer_turn(one, 3, q), 2);
    ck_assert_uint_eq(orr_proposer_turn(one, 3, q), 0);
    ck_assert_uint_eq(orr_proposer_turn(more, 3, r), 2);
    ck_assert_uint_eq(orr_proposer_turn(more, 3, r), 2);
    ck_assert_uint_eq(orr_proposer_turn(more, 3, r), 0);
}
END_TEST

START_TEST(over_a_whole_cycle_each_validator_leads_as_often_as_its_power) {
    struct orr_rng rng = orr_rng_stream(3, ORR_RNG_NODE, 0);
    for (unsigned turn = 0; turn < 40; turn++) {
        uint64_t powers[12], total = 0;
        uint32_t n = 2 + (uint32_t)orr_rng_below(&rng, 11), count[12] = {0};
        int64_t p[12] = {0};
        for (uint32_t i = 0; i < n; i++) total += powers[i] = orr_rng_below(&rng, 30) + (i == 0);
        for (uint64_t k = 0; k < total; k++) count[orr_proposer_turn(powers, n, p)]++;
        for (uint32_t i = 0; i < n; i++) ck_assert_uint_eq(count[i], powers[i]);
        for (uint32_t i = 0; i < n; i++) ck_assert_int_eq(p[i], 0); /* the cycle is closed */
    }
}
END_TEST

START_TEST(priorities_are_centred_and_span_at_most_twice_the_total_before_a_turn) {
    uint64_t three[] = {1, 1, 1};
    int64_t p[3] = {0, 2, 4}; /* mean 2, span 4 */
    ck_assert_uint_eq(orr_proposer_turn(three, 3, p), 2);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(p[i], 2 * i - 2 + 1 - 3 * (i == 2));
    uint64_t powers[] = {5, 5};
    int64_t far[2] = {-1000, 1000}; /* span 2000, limit 20: divided by 100 */
    ck_assert_uint_eq(orr_proposer_turn(powers, 2, far), 1);
    ck_assert_int_eq(far[0], -10 + 5);
    ck_assert_int_eq(far[1], 10 + 5 - 10);
    int64_t further[2] = {-1000, 1010}; /* span 2010: by 101, the next whole number; then mean 0 */
    ck_assert_uint_eq(orr_proposer_turn(powers, 2, further), 1);
    ck_assert_int_eq(further[0], -9 + 5);
    ck_assert_int_eq(further[1], 10 + 5 - 10);
    uint64_t equal[] = {1, 1, 1};
    int64_t low[3] = {-2, -1, 1}; /* sum -2: the mean is -1, rounded down */
    ck_assert_uint_eq(orr_proposer_turn(equal, 3, low), 2);
    ck_assert_int_eq(low[0], -1 + 1);
    ck_assert_int_eq(low[1], 0 + 1);
    ck_assert_int_eq(low[2], 2 + 1 - 3);
}
END_TEST

START_TEST(members_without_power_are_never_elected_and_count_for_nothing) {
    uint64_t powers[] = {0, 2, 0, 1};
    int64_t p[4] = {50, 0, -70, 0};
    static const uint32_t turns[] = {1, 3, 1};
    for (unsigned i = 0; i < 9; i++)
        ck_assert_uint_eq(orr_proposer_turn(powers, 4, p), turns[i % 3]);
    ck_assert_int_eq(p[0], 50); /* neither scaled nor centred, and in nobody's mean */
    ck_assert_int_eq(p[1], 0);
    ck_assert_int_eq(p[2], -70);
}
END_TEST

/* The specification's tables "Validator Removal" and "New Validator"; there the mean of -13 / 3 is
 * -4, in the code, which divides as Euclid does, -5: all priorities are then one higher. */
START_TEST(who_leaves_and_who_comes_in_moves_the_others_as_the_specification_shows) {
    uint64_t three[] = {1, 2, 3}, two[] = {1, 0, 3};
    int64_t p[3] = {1, 2, -3};
    orr_proposers_change(three, two, 3, p);
    ck_assert_int_eq(p[0], 2);
    ck_assert_int_eq(p[2], -2);
    ck_assert_uint_eq(orr_proposer_turn(two, 3, p), 0);
    ck_assert_int_eq(p[0], -1);
    ck_assert_int_eq(p[2], 1);
    uint64_t before[] = {1, 3, 0}, after[] = {1, 3, 8};
    int64_t q[3] = {2, -2, 0};
    orr_proposers_change(before, after, 3, q);
    ck_assert_int_eq(q[0], 6 + 1);
    ck_assert_int_eq(q[1], 2 + 1);
    ck_assert_int_eq(q[2], -9 + 1);
    ck_assert_uint_eq(orr_proposer_turn(after, 3, q), 0);
    ck_assert_int_eq(q[0], -5 + 1);
    ck_assert_int_eq(q[1], 5 + 1);
    ck_assert_int_eq(q[2], -1 + 1);
}
END_TEST

START_TEST(leaving_and_coming_back_wins_no_turn) {
    uint64_t all[] = {10, 10, 10, 10}, without[] = {10, 10, 10, 0};
    int64_t p[4] = {0};
    for (unsigned i = 0; i < 4; i++) orr_proposer_turn(all, 4, p); /* validator 3 had its turn */
    orr_proposers_change(all, without, 4, p);
    ck_assert_int_eq(p[3], 0);
    orr_proposers_change(without, all, 4, p);
    /* 1.125 * 40 behind, then centred: a quarter of that for each */
    ck_assert_int_eq(p[3], -45 + 12);
    for (unsigned i = 0; i < 4; i++) ck_assert_uint_ne(orr_proposer_turn(all, 4, p), 3);
    uint64_t one[] = {10, 10, 0, 0}, other[] = {0, 0, 5, 7}; /* all in one block */
    int64_t q[4] = {-10, 10, 0, 0};
    orr_proposers_change(one, other, 4, q); /* both as far behind: 12 + 20 are counted */
    for (unsigned i = 0; i < 4; i++) ck_assert_int_eq(q[i], 0);
}
END_TEST

START_TEST(a_set_with_other_powers_keeps_members_keys_and_chain) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_arena arena;
    orr_arena_init(&arena);
    orr_peer members[] = {3, 5, 8};
    uint64_t stakes[] = {1, 1, 1}, powers[] = {0, 4, 2}, none[] = {0, 0, 0},
             many[] = {ORR_MAX_TOTAL_POWER, 1, 0};
    struct orr_cohort cohort = {.n = 3, .members = members, .stakes = stakes, .seed = 1};
    const struct orr_validator_set *set = orr_validator_set_new(&cohort, &arena.mem);
    struct orr_validator_set *with = orr_validator_set_with(set, powers, &heap.mem);
    powers[1] = 9; /* it has its own */
    ck_assert_uint_eq(with->powers[1], 4);
    ck_assert_uint_eq(with->total_power, 6);
    ck_assert_uint_eq(with->quorum_power, 5);
    ck_assert_uint_eq(with->honest_power, 3);
    ck_assert_uint_eq(with->chain_id, set->chain_id);
    ck_assert_ptr_eq(with->keys, set->keys);
    ck_assert(memcmp(with->hash, set->hash, 32));
    struct orr_validator_set *back = orr_validator_set_with(with, stakes, &heap.mem);
    ck_assert_mem_eq(back->hash, set->hash, 32);
    ck_assert_ptr_null(orr_validator_set_with(set, none, &heap.mem));
    ck_assert_ptr_null(orr_validator_set_with(set, many, &heap.mem));
    orr_validator_set_drop(with, &heap.mem);
    orr_validator_set_drop(back, &heap.mem);
    ck_assert_uint_eq(heap.used_bytes, 0);
    orr_arena_fini(&arena);
}
END_TEST

START_TEST(thresholds_are_more_than_two_thirds_and_more_than_one_third_of_the_power) {
    struct orr_arena arena;
    orr_arena_init(&arena);
    orr_peer members[40];
    uint64_t stakes[40];
    for (uint32_t n = 1; n <= 40; n++) {
        for (uint32_t i = 0; i < n; i++) members[i] = 2 * i, stakes[i] = 1;
        struct orr_cohort cohort = {.n = n, .members = members, .stakes = stakes, .seed = 1};
        const struct orr_validator_set *set = orr_validator_set_new(&cohort, &arena.mem);
        ck_assert_uint_gt(3 * set->quorum_power, 2 * n);
        ck_assert_uint_le(3 * (set->quorum_power - 1), 2 * n);
        ck_assert_uint_gt(3 * set->honest_power, n);
        ck_assert_uint_le(3 * (set->honest_power - 1), n);
        ck_assert_uint_eq(orr_validator_of(set, 2 * (n - 1)), n - 1);
        ck_assert_uint_eq(orr_validator_of(set, 2 * n - 1), ORR_NOBODY);
    }
    orr_arena_fini(&arena);
}
END_TEST

START_TEST(a_set_without_power_or_with_too_much_is_not_sound) {
    struct orr_arena arena;
    orr_arena_init(&arena);
    orr_peer members[] = {0, 1};
    uint64_t none[] = {0, 0}, most[] = {ORR_MAX_TOTAL_POWER - 1, 1},
             more[] = {ORR_MAX_TOTAL_POWER, 1}, wraps[] = {UINT64_MAX, 2};
    struct orr_cohort cohort = {.n = 2, .members = members, .stakes = none, .seed = 1};
    ck_assert(!orr_validator_set_is_sound(orr_validator_set_new(&cohort, &arena.mem)));
    cohort.stakes = most;
    ck_assert(orr_validator_set_is_sound(orr_validator_set_new(&cohort, &arena.mem)));
    cohort.stakes = more;
    ck_assert(!orr_validator_set_is_sound(orr_validator_set_new(&cohort, &arena.mem)));
    cohort.stakes = wraps;
    ck_assert(!orr_validator_set_is_sound(orr_validator_set_new(&cohort, &arena.mem)));
    orr_arena_fini(&arena);
}
END_TEST

ORR_TEST_MAIN("bft.validators",
              the_specifications_example_of_powers_1_and_3_runs_as_its_table_shows,
              the_published_sequence_of_99_proposers_for_powers_1000_300_330_comes_out,
              equal_powers_take_turns_in_order_and_one_of_400_among_100s_leads_every_other_time,
              over_a_whole_cycle_each_validator_leads_as_often_as_its_power,
              priorities_are_centred_and_span_at_most_twice_the_total_before_a_turn,
              members_without_power_are_never_elected_and_count_for_nothing,
              who_leaves_and_who_comes_in_moves_the_others_as_the_specification_shows,
              leaving_and_coming_back_wins_no_turn,
              a_set_with_other_powers_keeps_members_keys_and_chain,
              thresholds_are_more_than_two_thirds_and_more_than_one_third_of_the_power,
              a_set_without_power_or_with_too_much_is_not_sound)
