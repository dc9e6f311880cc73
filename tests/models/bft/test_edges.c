/* The last that is taken and the first that is not: heights ahead, bytes behind, votes of nobody.
 */
#include "models/base/memo.h"
#include "tests/models/bft/solo.h"

enum { ME = 3 };

static struct orr_msg *vote_at(struct solo *s, uint64_t height, uint32_t validator,
                               enum orr_signed_type type) {
    struct orr_vote v = {.height = height, .validator = validator, .type = (uint8_t)type};
    return orr_vote_sign(&v, s->set, &s->c.pool, NULL,
                         type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT);
}

static struct orr_msg *proposal_at(struct solo *s, uint64_t height, uint32_t proposer) {
    uint8_t bytes[ORR_SIGNED_BYTES], signature[64];
    struct orr_block_id id = {.hash = {7}, .n_parts = 1, .parts_root = {9}};
    orr_signed_bytes(s->set, ORR_SIGNED_PROPOSAL, height, 0, -1, &id, bytes);
    orr_sign(NULL, &s->set->keys[proposer], bytes, sizeof bytes, signature);
    struct orr_msg *m = orr_msg_new(&s->c.pool, ORR_TM_PROPOSAL, 20 + 68 + 64);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, height);
    orr_write_u32(&w, 0);
    orr_write_u32(&w, (uint32_t)-1);
    orr_write_u32(&w, proposer);
    orr_write_bytes(&w, &id, sizeof id);
    orr_write_bytes(&w, signature, sizeof signature);
    return m;
}

/* Is it kept when it comes? */
static bool is_kept(struct solo *s, uint32_t from, struct orr_msg *m) {
    solo_recv(s, from, orr_msg_ref(m));
    bool kept = m->refs > 1;
    orr_msg_unref(&s->c.pool, m);
    return kept;
}

START_TEST(votes_and_proposals_of_the_next_height_are_kept_and_of_the_one_after_it_not) {
    struct solo s;
    solo_new(&s, ME);
    for (uint64_t ahead = 0; ahead < 4; ahead++) {
        s.asked = ORR_NOBODY;
        /* of this height a vote is counted, and one of the next held; each kind beside the others
         */
        bool keeps = ahead < 2;
        ck_assert(is_kept(&s, 0, vote_at(&s, 1 + ahead, 0, ORR_PREVOTE)) == keeps);
        ck_assert(is_kept(&s, 1, vote_at(&s, 1 + ahead, 1, ORR_PRECOMMIT)) == keeps);
        ck_assert(is_kept(&s, 2, vote_at(&s, 1 + ahead, 2, ORR_PREVOTE)) == keeps);
        if (ahead) ck_assert(is_kept(&s, 2, proposal_at(&s, 1 + ahead, 1)) == keeps);
        /* who is further ahead than that is asked, once between two ticks */
        ck_assert(s.asked == (ahead == 2 ? 0 : ORR_NOBODY));
    }
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 0); /* none of it is malformed */
    solo_free(&s);
}
END_TEST

/* What is held of the next height counts when that begins: two votes that came early and its own
 * make the quorum, and no third is needed. */
START_TEST(votes_that_came_a_height_early_count_when_it_begins) {
    struct solo s;
    solo_new(&s, ME);
    solo_recv(&s, 0, vote_at(&s, 2, 0, ORR_PREVOTE));
    solo_recv(&s, 1, vote_at(&s, 2, 1, ORR_PREVOTE));
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 7, ORR_PREVOTE, 0, &b);
    solo_votes(&s, 7, ORR_PRECOMMIT, 0, &b);
    ck_assert_uint_eq(s.decided, 1);
    solo_timeout(&s, ORR_TM_TIMER_COMMIT);
    solo_expect_at(&s, 2, 0, ORR_TM_STEP_PROPOSE);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE); /* it votes for nil, as the two did */
    solo_expect_at(&s, 2, 0, ORR_TM_STEP_PRECOMMIT);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_commit_with_a_byte_behind_it_or_one_too_few_is_malformed) {
    uint8_t bytes[84 + SOLO_N + 1] = {0}; /* of height 3, with nobody's signature */
    bytes[0] = 3;
    bytes[8 + 4 + 64] = 1;
    bytes[8 + 4 + 68] = SOLO_N;
    for (int more = -1; more <= 1; more++) {
        struct solo s;
        solo_new(&s, ME);
        struct orr_msg *m =
            orr_msg_copy(&s.c.pool, ORR_TM_COMMIT, bytes, (uint32_t)(84 + SOLO_N + more));
        ck_assert(is_kept(&s, 0, m) == !more);
        ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, more != 0);
        solo_free(&s);
    }
}
END_TEST

START_TEST(who_is_no_validator_has_no_verdict_and_without_a_memo_nobody_has) {
    struct solo s;
    solo_new(&s, ME);
    struct orr_memo *memo = orr_memo_new(&s.c.heap.mem, 64);
    struct orr_msg *good = vote_at(&s, 1, 2, ORR_PREVOTE);
    for (uint32_t validator = 2; validator <= SOLO_N; validator++)
        for (int with = 0; with < 2; with++) {
            struct orr_msg *m = orr_msg_copy(&s.c.pool, ORR_TM_PREVOTE, good->data, good->len);
            struct orr_vote v;
            orr_store_le32(m->data + 1, validator); /* behind the type */
            ck_assert(orr_vote_read(m->data, &v) && v.validator == validator);
            orr_vote_decode(m, s.set, &s.c.pool, with ? memo : NULL);
            ck_assert_uint_eq(orr_vote_of(m)->verdict, !with || validator == SOLO_N ? ORR_UNKNOWN
                                                       : validator == 2             ? ORR_GOOD
                                                                                    : ORR_BAD);
            orr_msg_unref(&s.c.pool, m);
        }
    orr_msg_unref(&s.c.pool, good);
    orr_memo_free(memo);
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.edges",
              votes_and_proposals_of_the_next_height_are_kept_and_of_the_one_after_it_not,
              votes_that_came_a_height_early_count_when_it_begins,
              a_commit_with_a_byte_behind_it_or_one_too_few_is_malformed,
              who_is_no_validator_has_no_verdict_and_without_a_memo_nobody_has)
