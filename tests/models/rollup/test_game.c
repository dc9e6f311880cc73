/* Dispute games: places at the deepest published depth, and an honest challenger that wins against
 * every single lie without being drawn into what it may leave alone. */
#include <string.h>

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

/* ---- whole games, on made-up traces ---- */

/* Two players: one whose trace is right, and one whose trace is so up to a leaf `lie` and another
 * from there on.  Each sees as correct what its own trace says. */
struct match {
    unsigned __int128 lie;
    uint32_t max_depth, n;
    struct orr_game_claim claims[CLAIMS_MAX];
    bool is_lie[CLAIMS_MAX];    /* the liar's value, where that is another                  */
    bool is_stepped[CLAIMS_MAX];
};

static unsigned __int128 leaf_of(const struct match *m, uint32_t i) {
    return orr_position_trace_index(m->claims[i].gindex, m->max_depth);
}

/* The claim's value is right: it says what both traces say, or what the right one does. */
static bool is_right(const struct match *m, uint32_t i) {
    return !m->is_lie[i] || leaf_of(m, i) < m->lie;
}

static void say(struct match *m, bool by_liar, uint32_t parent, unsigned __int128 gindex) {
    ck_assert_uint_lt(m->n, CLAIMS_MAX);
    m->claims[m->n] = (struct orr_game_claim){.parent = parent, .gindex = gindex};
    m->is_lie[m->n++] = by_liar;
}

/* fault-dispute-game.md, "Step": the machine runs from the state before the claim's leaf (attack)
 * or from the claim's own (defend), and says whether it comes to what is claimed next.  The claim
 * is countered if that is so and the next state's claim is the other side's, or if it is not so and
 * that claim is of the same side. */
static void step(struct match *m, uint32_t claim, bool is_attack) {
    uint32_t post = claim;
    ck_assert(is_attack || is_right(m, claim)); /* who is right runs from right states */
    if (!is_attack)
        while (post && leaf_of(m, post) != leaf_of(m, claim) + 1) post = m->claims[post].parent;
    uint32_t between = orr_position_depth(m->claims[claim].gindex) -
                       orr_position_depth(m->claims[post].gindex);
    ck_assert(is_right(m, post) != (between % 2 == 0)); /* else the step is refused */
    m->is_stepped[claim] = true;
}

/* One player's moves; returns how many. */
static uint32_t move(struct match *m, bool by_liar) {
    for (uint32_t i = 0; i < m->n; i++) {
        bool same = leaf_of(m, i) < m->lie;
        m->claims[i].is_correct = same || m->is_lie[i] == by_liar;
        m->claims[i].is_countered = m->is_stepped[i];
    }
    ck_assert_int_eq(orr_game_next(&heap.mem, m->claims, m->n, m->max_depth, actions, &n_actions),
                     0);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_actions; i++) {
        uint32_t to = actions[i].parent;
        unsigned __int128 g = m->claims[to].gindex;
        switch (actions[i].move) {
        case ORR_GAME_ATTACK: say(m, by_liar, to, orr_position_attack(g)); n++; break;
        case ORR_GAME_DEFEND: say(m, by_liar, to, orr_position_defend(g)); n++; break;
        case ORR_GAME_STEP_ATTACK:
        case ORR_GAME_STEP_DEFEND:
            if (by_liar) break; /* a step by a wrong trace does not run */
            step(m, to, actions[i].move == ORR_GAME_STEP_ATTACK);
            n++;
        }
    }
    return n;
}

/* Whether the honest player has won. */
static bool play_match(struct match *m, uint32_t max_depth, unsigned __int128 lie,
                       bool liar_defends) {
    memset(m, 0, sizeof *m);
    m->max_depth = max_depth;
    m->lie = lie;
    say(m, liar_defends, 0, 1);
    uint32_t turns = 0;
    for (bool by_liar = !liar_defends, was_idle = false;; by_liar = !by_liar) {
        ck_assert_uint_le(turns++, 2 * max_depth + 8);
        bool is_idle = !move(m, by_liar); /* ends: each level has one claim more at most */
        if (is_idle && was_idle) break;
        was_idle = is_idle;
    }
    bool stands;
    for (uint32_t i = 0; i < m->n; i++) m->claims[i].is_countered = m->is_stepped[i];
    ck_assert_int_eq(orr_game_resolve(&heap.mem, m->claims, m->n, max_depth, &stands), 0);
    return stands != liar_defends;
}

START_TEST(the_honest_player_wins_wherever_the_other_begins_to_lie) {
    static struct match m;
    orr_heap_init(&heap);
    for (unsigned lie = 0; lie < 512; lie++)
        for (int liar_defends = 0; liar_defends < 2; liar_defends++) {
            ck_assert_msg(play_match(&m, 9, lie, liar_defends), "a lie at leaf %u", lie);
            ck_assert_uint_le(m.n, 10); /* one claim on each level */
            if (!liar_defends) continue;
            uint32_t stepped = 0;
            for (uint32_t i = 0; i < m.n; i++) stepped += m.is_stepped[i];
            ck_assert_uint_le(stepped, 1);
        }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_game_of_depth_73_is_won_at_its_ends_and_in_its_middle) {
    static struct match m;
    orr_heap_init(&heap);
    unsigned __int128 leaves = (unsigned __int128)1 << 73;
    const unsigned __int128 lies[] = {0, 1, leaves / 3, leaves / 2 - 1, leaves / 2, leaves - 2,
                                      leaves - 1};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
        for (int liar_defends = 0; liar_defends < 2; liar_defends++)
            ck_assert_msg(play_match(&m, 73, lies[i], liar_defends), "lie %zu", i);
}
END_TEST

START_TEST(a_root_stands_unless_an_uncountered_answer_or_a_step_is_against_it) {
    bool stands;
    start(false);
    ck_assert_int_eq(orr_game_resolve(&heap.mem, claims, n_claims, 3, &stands), 0);
    ck_assert(stands); /* nobody has said anything */
    claim(0, 2, true);
    orr_game_resolve(&heap.mem, claims, n_claims, 3, &stands);
    ck_assert(!stands);
    claim(1, 4, false);
    orr_game_resolve(&heap.mem, claims, n_claims, 3, &stands);
    ck_assert(stands);
    claims[2].is_countered = true;
    orr_game_resolve(&heap.mem, claims, n_claims, 3, &stands);
    ck_assert(!stands);
    claim(1, 6, false); /* a second answer, which nobody counters */
    orr_game_resolve(&heap.mem, claims, n_claims, 3, &stands);
    ck_assert(stands);
    claims[1].gindex = 3;
    ck_assert_int_eq(orr_game_resolve(&heap.mem, claims, n_claims, 3, &stands), ORR_EINVAL);
}
END_TEST

ORR_TEST_MAIN("rollup.game", places_hold_at_depth_73, what_is_no_game_is_refused,
              the_step_that_is_run_is_the_lie,
              a_correct_claim_at_a_wrong_place_is_countered_a_freeloader_to_the_right_is_not,
              a_leaf_that_is_countered_needs_no_second_step,
              the_honest_player_wins_wherever_the_other_begins_to_lie,
              a_game_of_depth_73_is_won_at_its_ends_and_in_its_middle,
              a_root_stands_unless_an_uncountered_answer_or_a_step_is_against_it)
