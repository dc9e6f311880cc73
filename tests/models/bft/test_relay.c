/* Flooding: what a node passes on, and that no peer can make it pass on, or keep, without bound. */
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };

static void flooding(struct solo *s) {
    solo_new(s, ME);
    s->config.dissemination = ORR_TM_FLOOD;
    solo_crash(s);
    solo_boot(s);
}

/* How many messages were passed on since the last question. */
static uint32_t relayed(struct solo *s) {
    uint32_t n = s->n_relayed;
    s->n_relayed = 0;
    return n;
}

START_TEST(parts_are_passed_on_once_and_only_when_something_signed_names_their_block) {
    struct solo s;
    flooding(&s);
    struct solo_block b = solo_block(&s, 2, true), other = solo_block(&s, 4, true);
    uint32_t n = b.id.n_parts;
    solo_parts(&s, &other);
    solo_recv(&s, 0, orr_msg_ref(b.parts[0]));
    ck_assert_uint_eq(relayed(&s), 0);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &b.id)); /* and the part that came before it */
    ck_assert_uint_eq(relayed(&s), 2);
    solo_parts(&s, &b);
    ck_assert_uint_eq(relayed(&s), n - 1);
    solo_parts(&s, &b);
    solo_parts(&s, &other);
    ck_assert_uint_eq(relayed(&s), 0);
    solo_block_free(&s, &b);
    solo_block_free(&s, &other);
    solo_free(&s);
}
END_TEST

START_TEST(damaged_copies_of_anything_are_not_passed_on) {
    struct solo s;
    flooding(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &b.id));
    struct orr_msg *good[] = {solo_vote(&s, 1, P, 0, &b), orr_msg_ref(b.parts[1]),
                              solo_proposal(&s, 0, 0, -1, &b.id), solo_vote(&s, 2, C, 9, NULL)};
    relayed(&s);
    for (uint32_t k = 0; k < 4; k++) {
        for (uint32_t bit = 0; bit < 8 * good[k]->len; bit++) {
            struct orr_msg *bad = orr_msg_clone(&s.c.pool, good[k]);
            orr_msg_damage(bad, ORR_MSG_HEADER_BYTES + bit / 8, (uint8_t)(1 << bit % 8));
            solo_recv(&s, 1, bad);
        }
        ck_assert_uint_eq(relayed(&s), 0);
        orr_msg_unref(&s.c.pool, good[k]);
    }
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* A liar of one vote signs as much as it likes: of later rounds, of the next height, for anything.
 */
START_TEST(what_one_signer_can_make_a_node_pass_on_is_bounded) {
    struct solo s;
    flooding(&s);
    struct solo_block blocks[20];
    for (uint32_t i = 0; i < 20; i++) blocks[i] = solo_block(&s, 2 + 2 * i, true);
    for (uint32_t i = 0; i < 500; i++) { /* past the window: that it is there at all */
        solo_recv(&s, 1, solo_vote(&s, 1, P, 100 + i, NULL));
        solo_recv(&s, 1, solo_proposal(&s, 1, 5000 + i, -1, &blocks[0].id));
    }
    ck_assert_uint_eq(relayed(&s), 1);
    for (uint32_t round = 0; round <= ROUND_WINDOW; round++) /* two values a round and type */
        for (uint32_t i = 0; i < 20; i++) solo_votes(&s, 2, P, round, &blocks[i]);
    ck_assert_uint_eq(relayed(&s), 2 * (ROUND_WINDOW + 1));
    for (uint32_t i = 0; i < 500; i++) { /* of the next height */
        struct orr_vote v = {.height = 2, .round = i, .validator = 1, .type = P};
        solo_recv(&s, 1, orr_vote_sign(&v, s.set, &s.c.pool, NULL, ORR_TM_PREVOTE));
    }
    ck_assert_uint_eq(relayed(&s), HELD_EACH);
    for (uint32_t i = 0; i < 20; i++) solo_block_free(&s, &blocks[i]);
    solo_free(&s);
}
END_TEST

static uint32_t n_rounds(const struct solo *s) {
    uint32_t n = 0;
    for (const struct round *r = s->state->node->rounds; r; r = r->next) n++;
    return n;
}

/* Round by round without a proposal; a lock of round 0 is kept with its prevotes all the while. */
START_TEST(a_height_of_many_rounds_takes_no_more_memory_and_no_more_records_than_one_of_few) {
    struct solo s;
    flooding(&s);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 3, P, 0, &b);
    solo_expect_lock(&s, 0, &b);
    uint64_t used = 0;
    uint32_t n_disk = 0;
    for (uint32_t round = 0; round < 600; round++) {
        s.n_votes = s.next_vote = 0;
        solo_votes(&s, OTHERS, P, round, NULL);
        solo_votes(&s, OTHERS, C, round, NULL);
        solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
        ck_assert_uint_le(n_rounds(&s), 2 * ROUND_WINDOW + 3);
        for (uint32_t old = 1; round > 2 * ROUND_WINDOW && old < 4; old++)
            solo_recv(&s, 1, solo_vote(&s, 1, P, old, &b)); /* of no use */
        if (round == 100) used = s.c.heap.used_bytes, n_disk = s.me->n_disk;
    }
    ck_assert_uint_eq(orr_tm_look(s.state->node).round, 600);
    ck_assert_uint_le(s.c.heap.used_bytes, used);
    ck_assert_uint_eq(s.me->n_disk, n_disk);
    const struct round *first = orr_tm_find_round(s.state->node, 0);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(first->votes[PREVOTES].quorum);
    solo_expect_lock(&s, 0, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(proposers_are_the_same_in_whatever_order_rounds_are_looked_at) {
    struct solo s;
    solo_new(&s, ME);
    struct orr_rng rng = orr_rng_stream(5, ORR_RNG_PLAN, 0);
    for (uint32_t i = 0, base = 0; i < 2000; i++) {
        uint32_t round = base + (uint32_t)orr_rng_below(&rng, 16);
        struct round *r = orr_tm_get_round(s.state->node, round);
        ck_assert_uint_eq(r->proposer, round % SOLO_N); /* equal stakes take turns */
        base += (uint32_t)orr_rng_below(&rng, 4);
    }
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.relay",
              parts_are_passed_on_once_and_only_when_something_signed_names_their_block,
              damaged_copies_of_anything_are_not_passed_on,
              what_one_signer_can_make_a_node_pass_on_is_bounded,
              a_height_of_many_rounds_takes_no_more_memory_and_no_more_records_than_one_of_few,
              proposers_are_the_same_in_whatever_order_rounds_are_looked_at)
