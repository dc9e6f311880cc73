/* Dispute games: places at the deepest published depth, and an honest challenger that wins against
 * every single lie without being drawn into what it may leave alone. */
#include "models/base/error.h"
#include "models/rollup/game.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { CLAIMS_MAX = 200 };
static struct orr_heap heap;
static struct orr_game_claim claims[CLAIMS_MAX];
static struct orr_game_action actions[CLAIMS_MAX];
static uint32_t n_claims, n_actions;

static void claim(uint32_t parent, unsigned __int128 gindex, bool is_correct) {
    ck_assert_uint_lt(n_claims, CLAIMS_MAX);
    claims[n_claims++] = (struct orr_game_claim){parent, gindex, is_correct, false};
}
static int next(uint32_t max_depth) {
    return orr_game_next(&heap.mem, claims, n_claims, max_depth, actions, &n_actions);
}
static void start(bool root_is_correct) {
    orr_heap_init(&heap);
    n_claims = 0;
    claim(0, 1, root_is_correct);
}

START_TEST(places_hold_at_depth_73) {
    unsigned __int128 top = (unsigned __int128)1 << 73;
    ck_assert_uint_eq(orr_position_depth(top), 73);
    ck_assert_uint_eq(orr_position_depth(top - 1), 72);
    ck_assert(orr_position_index(2 * top - 1) == top - 1);
    ck_assert(orr_position_trace_index(1, 73) == top - 1);
    ck_assert(orr_position_trace_index(2, 73) == top / 2 - 1);
    ck_assert(orr_position_relative(top | 5, 70) == (8 | 5));
    ck_assert_uint_eq(orr_position_depth(((unsigned __int128)1 << 64) - 1), 63);
    ck_assert_uint_eq(orr_position_depth((unsigned __int128)1 << 64), 64);
}
END_TEST

START_TEST(what_is_no_game_is_refused) {
    start(true);
    ck_assert_int_eq(next(4), 0);
    ck_assert_uint_eq(n_actions, 0);
    claims[0].gindex = 2;
    ck_assert_int_eq(next(4), ORR_EINVAL); /* the root stands elsewhere */
    start(true);
    claim(0, 4, false); /* a defence of the root */
    ck_assert_int_eq(next(4), ORR_EINVAL);
    claims[1].gindex = 2;
    ck_assert_int_eq(next(4), 0);
    claims[1].parent = 1; /* itself */
    ck_assert_int_eq(next(4), ORR_EINVAL);
    claims[1].parent = 0;
    ck_assert_int_eq(next(0), ORR_EINVAL); /* below the leaves */
    ck_assert_int_eq(next(ORR_POSITION_DEPTH_MAX + 1), ORR_EINVAL);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

/* A liar whose trace is wrong from step `lie` on, against the honest challenger.  The liar says its
 * own values wherever the honest one stands; who runs the last step? */
static void play(uint32_t depth, uint64_t lie, bool root_is_correct) {
    start(root_is_correct);
    for (;;) {
        ck_assert_int_eq(next(depth), 0);
        ck_assert_uint_le(n_actions, 1); /* one liar, one line */
        if (n_actions && actions[0].move >= ORR_GAME_STEP_ATTACK) break;
        if (n_actions) {
            unsigned __int128 at = claims[actions[0].parent].gindex;
            claim(actions[0].parent, actions[0].move == ORR_GAME_ATTACK ? orr_position_attack(at)
                                                                       : orr_position_defend(at),
                  true);
        }
        /* the liar answers what is new: it agrees where both traces are the same */
        const struct orr_game_claim *last = &claims[n_claims - 1];
        ck_assert(last->is_correct);
        if (orr_position_depth(last->gindex) == depth) return; /* the liar would have to step */
        bool agrees = orr_position_trace_index(last->gindex, depth) < lie && n_claims > 1;
        unsigned __int128 to =
            agrees ? orr_position_defend(last->gindex) : orr_position_attack(last->gindex);
        claim(n_claims - 1, to, orr_position_trace_index(to, depth) < lie);
    }
    ck_assert_uint_eq(n_actions, 1);
    /* the step that is run is the one where the traces part */
    unsigned __int128 leaf = orr_position_trace_index(claims[actions[0].parent].gindex, depth);
    if (actions[0].move == ORR_GAME_STEP_ATTACK) ck_assert(leaf == lie);
    else ck_assert(leaf + 1 == lie);
}

START_TEST(the_step_that_is_run_is_the_lie) {
    for (uint32_t depth = 2; depth <= 7; depth++)
        for (uint64_t lie = 0; lie < (uint64_t)1 << depth; lie++) {
            play(depth, lie, false);
            play(depth, lie, true);
        }
}
END_TEST

START_TEST(a_correct_claim_at_a_wrong_place_is_countered_a_freeloader_to_the_right_is_not) {
    start(false);
    claim(0, 2, true); /* honest */
    claim(1, 4, false);
    ck_assert_int_eq(next(6), 0);
    ck_assert_uint_eq(n_actions, 1);
    ck_assert_int_eq(actions[0].move, ORR_GAME_ATTACK);
    ck_assert_uint_eq(actions[0].parent, 2);
    claim(2, 8, true);   /* what the honest one says */
    claim(2, 10, false); /* a freeloader to its right: left alone */
    ck_assert_int_eq(next(6), 0);
    ck_assert_uint_eq(n_actions, 0);
    claim(2, 8, false); /* one in its place: countered */
    ck_assert_int_eq(next(6), 0);
    ck_assert_uint_eq(n_actions, 1);
    ck_assert_uint_eq(actions[0].parent, 5);
}
END_TEST

START_TEST(a_leaf_that_is_countered_needs_no_second_step) {
    start(false);
    claim(0, 2, true);
    claim(1, 4, false);
    ck_assert_int_eq(next(2), 0);
    ck_assert_uint_eq(n_actions, 1);
    ck_assert_int_eq(actions[0].move, ORR_GAME_STEP_ATTACK);
    claims[2].is_countered = true;
    ck_assert_int_eq(next(2), 0);
    ck_assert_uint_eq(n_actions, 0);
}
END_TEST

ORR_TEST_MAIN("rollup.game", places_hold_at_depth_73, what_is_no_game_is_refused,
              the_step_that_is_run_is_the_lie,
              a_correct_claim_at_a_wrong_place_is_countered_a_freeloader_to_the_right_is_not,
              a_leaf_that_is_countered_needs_no_second_step)
