/* Crashes at every point of a node's effects: what is durable by then must be enough to come back
 * and to contradict nothing that was sent. */
#include "models/bft/tendermint/state.h"
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };

static void fire(struct solo *s, enum orr_tm_timer timer) {
    if (!s->me->is_up || s->me->timers[timer] <= 0 || s->me->timers[timer] == ORR_NEVER) return;
    solo_timeout(s, timer);
}

/* The node locks b in round 0; in round 1 the others decide c, of whose prevotes it hears nothing;
 * it goes on to height 2. */
static void history(struct solo *s, const struct solo_block *b, const struct solo_block *c) {
    solo_propose(s, 0, -1, b);
    solo_votes(s, 3, P, 0, b);
    solo_votes(s, 3, C, 0, NULL);
    fire(s, ORR_TM_TIMER_PRECOMMIT);
    solo_propose(s, 1, -1, c);
    solo_votes(s, OTHERS, C, 1, c);
    fire(s, ORR_TM_TIMER_COMMIT);
    fire(s, ORR_TM_TIMER_PROPOSE);
}

static void expect_no_contradiction(const struct solo *s, uint32_t crash) {
    for (uint32_t i = 0; i < s->n_votes; i++)
        for (uint32_t k = 0; k < i; k++) {
            const struct orr_vote *a = &s->votes[i], *b = &s->votes[k];
            if (a->height != b->height || a->round != b->round || a->type != b->type) continue;
            ck_assert_msg(orr_block_id_equal(&a->id, &b->id),
                          "crash after write %u: two votes in round %u", crash, a->round);
        }
}

/* Was the precommit for b made durable? */
static bool is_locked_on_disk(const struct solo *s) {
    for (uint32_t i = 0; i < s->me->n_disk; i++)
        if (s->me->disk[i].name == SLOT_LOCK) return true;
    return false;
}

START_TEST(after_a_crash_at_any_write_a_node_comes_back_and_contradicts_nothing) {
    uint32_t n_writes = 0;
    for (bool has_crashed = true; has_crashed;) {
        struct solo s;
        solo_new(&s, ME);
        struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
        solo_dies(&s, ++n_writes);
        history(&s, &b, &c);
        has_crashed = !s.me->is_up;
        s.c.dying = ORR_NOBODY;
        solo_crash(&s);
        solo_boot(&s); /* START gives no error */
        struct orr_tm_view v = orr_tm_look(s.state->node);
        if (v.height == 1 && is_locked_on_disk(&s)) solo_expect_lock(&s, 0, &b);
        history(&s, &b, &c);
        expect_no_contradiction(&s, n_writes);
        ck_assert_uint_eq(orr_tm_look(s.state->node).height, 2);
        if (s.decided) ck_assert_mem_eq(s.value, c.id.hash, 32);
        solo_block_free(&s, &b);
        solo_block_free(&s, &c);
        solo_free(&s);
    }
    ck_assert_uint_gt(n_writes, 8); /* blocks, votes, the commit, and what the decision deletes */
}
END_TEST

START_TEST(nothing_is_sent_before_what_it_promises_is_durable) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_dies(&s, 1); /* the prevote's record, and then the power is gone */
    solo_propose(&s, 0, -1, &b);
    ck_assert(!s.me->is_up);
    ck_assert_uint_eq(s.n_votes, 0);
    ck_assert_uint_eq(s.me->n_disk, 1);
    struct orr_vote v;
    ck_assert(orr_vote_read(s.me->disk[0].msg->data + 6, &v)); /* past kind and length, see wal.c */
    ck_assert_uint_eq(v.type, P);
    ck_assert_mem_eq(&v.id, &b.id, sizeof v.id);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_proposer_that_comes_back_proposes_nothing_else_in_its_round) {
    struct solo s;
    solo_new(&s, 0);
    struct orr_msg *first = orr_msg_ref(s.proposal);
    solo_write(&s, SLOT_PREVOTE, NULL); /* it crashes before its prevote is durable */
    solo_crash(&s);
    s.c.now += 1000000000; /* a block made now would be of another time */
    s.n_votes = 0;
    solo_boot(&s);
    ck_assert_ptr_eq(s.proposal, first);
    solo_expect_at(&s, 1, 0, ORR_TM_STEP_PREVOTE);
    ck_assert_uint_eq(s.n_votes, 1);
    ck_assert_mem_eq(&s.votes[0].id, first->data + 20, sizeof s.votes[0].id);
    orr_msg_unref(&s.c.pool, first);
    solo_free(&s);
}
END_TEST

START_TEST(what_was_signed_last_is_known_after_a_crash) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 3, P, 0, &b);
    struct orr_sign_guard before = s.state->node->guard;
    ck_assert_uint_eq(before.stage, 3);
    solo_crash(&s);
    solo_boot(&s);
    ck_assert_uint_eq(s.state->node->guard.height, 1);
    ck_assert_uint_eq(s.state->node->guard.stage, 3);
    ck_assert_mem_eq(s.state->node->guard.statement, before.statement, 32);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_locked_proposer_that_comes_back_proposes_what_it_is_locked_on) {
    struct solo s;
    solo_new(&s, 1); /* proposes in round 1 */
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_votes(&s, 1 | 4, P, 0, &b);
    solo_expect_lock(&s, 0, &b);
    solo_crash(&s);
    solo_boot(&s);
    solo_votes(&s, 1 | 4, C, 0, NULL);
    solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
    ck_assert_ptr_nonnull(s.proposal);
    ck_assert_mem_eq(s.proposal->data + 20, &b.id, sizeof b.id);
    ck_assert_uint_eq(orr_load_le32(s.proposal->data + 8), 1);  /* in round 1 ... */
    ck_assert_uint_eq(orr_load_le32(s.proposal->data + 12), 0); /* ... with round 0's quorum */
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_disk_that_knows_a_vote_of_a_height_it_cannot_have_reached_is_corrupt) {
    struct solo s;
    solo_new(&s, ME);
    struct orr_vote v = {.height = 2, .validator = ME, .type = P};
    struct orr_msg *vote = orr_vote_sign(&v, s.set, &s.c.pool, NULL, ORR_TM_PREVOTE);
    orr_wal_put(&s.state->node->wal, &s.c.out, SLOT_PREVOTE, &vote, 1);
    solo_write(&s, SLOT_PREVOTE, s.c.out.v[s.c.out.n - 1].msg);
    orr_msg_unref(&s.c.pool, vote);
    solo_crash(&s);
    ck_assert_int_eq(solo_boot_with(&s, 1000), ORR_ECORRUPT);
    solo_free(&s);
}
END_TEST

/* The rule of CometBFT's private validator: later in height, round and step, or the same again. */
START_TEST(nothing_is_signed_before_or_beside_what_was_signed_last) {
    static const struct {
        uint64_t height;
        uint32_t round;
        uint8_t stage, value;
        bool may;
    } cases[] = {
        {5, 2, 2, 1, true},                                              /* the same again */
        {5, 2, 2, 0, false}, {5, 2, 2, 2, false},                        /* beside it      */
        {5, 2, 1, 1, false}, {5, 1, 3, 1, false}, {4, 9, 3, 1, false},   /* before it      */
        {5, 2, 3, 2, true},  {5, 3, 1, 2, true},  {6, 0, 1, 2, true},    /* after it       */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *id = "1", *other = cases[i].value == 1 ? "1" : "12";
        struct orr_sign_guard g = {0};
        ck_assert(orr_sign_guard(&g, 5, 2, 2, id, 1));
        ck_assert(orr_sign_guard(&g, cases[i].height, cases[i].round, cases[i].stage, other,
                                 strlen(other)) == cases[i].may);
        /* what was refused has changed nothing */
        ck_assert(orr_sign_guard(&g, 5, 2, 2, id, 1) == (!cases[i].may || i == 0));
    }
}
END_TEST

START_TEST(a_restart_keeps_the_lock_and_never_contradicts_a_vote) { /* halt and restart; WAL */
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true), c = solo_block(&s, 4, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, &b);
    solo_votes(&s, 3, P, 0, &b);
    solo_expect(&s, C, 0, &b);
    solo_crash(&s);
    solo_boot(&s);
    solo_expect_no_vote(&s);
    solo_expect_at(&s, 1, 0, ORR_TM_STEP_PRECOMMIT);
    solo_expect_lock(&s, 0, &b);
    solo_votes(&s, 3, P, 0, &c); /* nothing new is signed in round 0 */
    solo_expect_no_vote(&s);
    solo_votes(&s, 3, C, 0, NULL);
    solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
    solo_propose(&s, 1, -1, &c);
    solo_expect(&s, P, 1, NULL); /* locked on b still */
    solo_crash(&s);
    solo_boot(&s);
    solo_expect_at(&s, 1, 1, ORR_TM_STEP_PREVOTE);
    solo_propose(&s, 1, -1, &b); /* the round's proposer now shows b: already voted */
    solo_expect_no_vote(&s);
    solo_votes(&s, 3, C, 0, &b);
    ck_assert_uint_eq(s.decided, 1);
    solo_block_free(&s, &b);
    solo_block_free(&s, &c);
    solo_free(&s);
}
END_TEST

ORR_TEST_MAIN("bft.restart", after_a_crash_at_any_write_a_node_comes_back_and_contradicts_nothing,
              nothing_is_signed_before_or_beside_what_was_signed_last,
              nothing_is_sent_before_what_it_promises_is_durable,
              a_proposer_that_comes_back_proposes_nothing_else_in_its_round,
              what_was_signed_last_is_known_after_a_crash,
              a_locked_proposer_that_comes_back_proposes_what_it_is_locked_on,
              a_disk_that_knows_a_vote_of_a_height_it_cannot_have_reached_is_corrupt,
              a_restart_keeps_the_lock_and_never_contradicts_a_vote)
