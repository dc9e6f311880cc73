/* What a hostile peer or validator may try: to fill memory, to stop the chain, to lead astray. */
#include "tests/models/bft/solo.h"

#define P ORR_PREVOTE
#define C ORR_PRECOMMIT
enum { ME = 3, OTHERS = 7 /* validators 0, 1 and 2 */ };

START_TEST(a_block_of_a_time_that_has_not_come_is_answered_with_nil) {
    for (orr_time ahead = 0; ahead < 2; ahead++) {
        struct solo s;
        solo_new(&s, ME);
        s.c.now = 1000000000;
        struct solo_block b = solo_block(&s, s.c.now + s.config.precision + ahead, true);
        solo_propose(&s, 0, -1, &b);
        solo_expect(&s, P, 0, ahead ? NULL : &b);
        solo_block_free(&s, &b);
        solo_free(&s);
    }
}
END_TEST

START_TEST(blocks_are_dated_and_judged_by_the_wall_clock_and_timers_run_on_the_monotonic_one) {
    struct solo s;
    solo_new(&s, ME);
    s.c.now = 1000000000;
    s.c.wall_ahead = 60000000000;
    struct solo_block b = solo_block(&s, s.c.now + s.c.wall_ahead + s.config.precision, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, &b);
    solo_votes(&s, OTHERS, P, 0, NULL);
    solo_expect(&s, C, 0, NULL);
    solo_votes(&s, OTHERS, C, 0, NULL);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PRECOMMIT], s.c.now + s.config.timeout_precommit);
    s.c.wall_ahead = -60000000000; /* and back: the same block is of a time that has not come */
    solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
    ck_assert_int_eq(s.me->timers[ORR_TM_TIMER_PROPOSE],
                     s.c.now + s.config.timeout_propose + s.config.timeout_propose_delta);
    solo_propose(&s, 1, -1, &b);
    solo_expect(&s, P, 1, NULL);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* As in CometBFT's proposer-based timestamps; else two thirds could decide what others refuse. */
START_TEST(what_a_quorum_found_timely_is_voted_for_whatever_ones_own_clock_says) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 60000000000, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, OTHERS, P, 0, &b);
    solo_expect(&s, C, 0, &b);
    solo_votes(&s, 3, C, 0, NULL);
    solo_timeout(&s, ORR_TM_TIMER_PRECOMMIT);
    solo_propose(&s, 1, 0, &b);
    solo_expect(&s, P, 1, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_block_at_the_end_of_time_is_malformed) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, INT64_MAX, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, NULL);
    solo_votes(&s, OTHERS, P, 0, &b);
    solo_votes(&s, OTHERS, C, 0, &b);
    ck_assert_uint_eq(s.decided, 0);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* A block of one transaction of `len` bytes that no ledger would take, in parts of 100 bytes. */
static struct solo_block large_block(struct solo *s, uint32_t len) {
    struct orr_tm_header h = {.chain_id = s->set->chain_id, .height = 1, .time = 2};
    struct orr_msg *tx = orr_msg_new(&s->c.pool, 0, len);
    memset(tx->data, 7, len);
    struct orr_msg *m = orr_tm_block_build(&h, NULL, NULL, 0, &tx, 1, NULL, &s->c.pool);
    struct solo_block b;
    orr_tm_header_hash(&h, b.id.hash);
    orr_parts_split(m, 1, 100, ORR_TM_PART, &s->c.pool, b.parts, &b.id.n_parts, b.id.parts_root);
    orr_msg_unref(&s->c.pool, m);
    orr_msg_unref(&s->c.pool, tx);
    return b;
}

START_TEST(of_a_block_that_is_too_large_no_more_is_kept_than_a_block_may_have) {
    struct solo s;
    solo_new(&s, ME);
    s.config.max_block_size = 4096;
    solo_crash(&s);
    solo_boot(&s);
    struct solo_block b = large_block(&s, 50000);
    solo_propose(&s, 0, -1, &b);
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < b.id.n_parts; i++) n_kept += b.parts[i]->refs > 1;
    ck_assert_uint_eq(n_kept, 40 + 1); /* of 100 bytes, and the last, which is shorter */
    solo_expect_no_vote(&s);
    solo_timeout(&s, ORR_TM_TIMER_PROPOSE);
    solo_expect(&s, P, 0, NULL);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* Sends a thousand parts of blocks that do not exist, of 1,000 bytes; how many are kept. */
static uint32_t send_junk(struct solo *s) {
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct orr_msg *block = orr_msg_new(&s->c.pool, 0, 1000), *junk;
        memset(block->data, 0, 1000);
        memcpy(block->data, &i, sizeof i);
        uint32_t n;
        uint8_t root[32];
        orr_parts_split(block, 2, 1000, ORR_TM_PART, &s->c.pool, &junk, &n, root);
        orr_msg_unref(&s->c.pool, block);
        solo_recv(s, 0, orr_msg_ref(junk));
        n_kept += junk->refs > 1;
        orr_msg_unref(&s->c.pool, junk);
    }
    return n_kept;
}

static void solo_with_small_blocks(struct solo *s, enum orr_tm_dissemination dissemination) {
    solo_new(s, ME);
    s->config.max_block_size = 4096;
    s->config.part_size = 1024;
    s->config.dissemination = dissemination;
    solo_crash(s);
    solo_boot(s);
}

START_TEST(parts_that_no_proposal_names_are_kept_up_to_a_bound_in_bytes) {
    struct solo s;
    solo_with_small_blocks(&s, ORR_TM_DIRECT);
    uint32_t n_kept = send_junk(&s);
    /* 64 parts and two blocks of the configured size, and 1,112 votes */
    ck_assert_uint_ge(n_kept, (64 * 1024 + 2 * 4096) / 1017);
    ck_assert_uint_le(n_kept, (64 * 1024 + 2 * 4096 + 1112 * 149) / 1017);
    struct solo_block b = solo_block(&s, 2, true); /* the height goes on, in parts of 100 bytes */
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_part_for_which_there_was_no_room_is_taken_when_it_comes_again) {
    struct solo s;
    solo_with_small_blocks(&s, ORR_TM_FLOOD); /* what floods is relayed once, and read every time */
    send_junk(&s);
    struct solo_block b = solo_block(&s, 2, true);
    for (uint32_t i = 0; i < 200; i++) { /* fill what is left of the room with smaller ones */
        struct solo_block other = solo_block(&s, 4 + 2 * i, true);
        solo_parts(&s, &other);
        solo_block_free(&s, &other);
    }
    solo_parts(&s, &b);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &b.id));
    solo_expect_no_vote(&s);
    solo_parts(&s, &b);
    solo_expect(&s, P, 0, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(what_is_of_a_height_far_ahead_is_not_kept) {
    struct solo s;
    solo_new(&s, ME);
    for (uint64_t height = 2; height < 20; height++) {
        struct orr_msg *block = orr_msg_new(&s.c.pool, 0, 100), *part;
        memset(block->data, 0, 100);
        uint32_t n;
        uint8_t root[32];
        orr_parts_split(block, height, 1000, ORR_TM_PART, &s.c.pool, &part, &n, root);
        orr_msg_unref(&s.c.pool, block);
        solo_recv(&s, 0, orr_msg_ref(part));
        ck_assert(part->refs == (height <= 1 + 8 ? 2 : 1)); /* as many as are sent at once */
        orr_msg_unref(&s.c.pool, part);
    }
    solo_free(&s);
}
END_TEST

START_TEST(a_peer_holds_one_commit_of_a_height_with_us_however_often_it_sends_one) {
    struct solo s;
    solo_new(&s, ME);
    uint8_t bytes[84 + SOLO_N] = {0}; /* of height 3, with nobody's signature */
    bytes[0] = 3;
    bytes[8 + 4 + 64] = 1; /* a block of one part */
    bytes[8 + 4 + 68] = SOLO_N;
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < 30; i++) {
        bytes[8] = (uint8_t)i; /* each of another round */
        struct orr_msg *m = orr_msg_copy(&s.c.pool, ORR_TM_COMMIT, bytes, sizeof bytes);
        solo_recv(&s, i % 3, orr_msg_ref(m));
        n_kept += m->refs > 1;
        orr_msg_unref(&s.c.pool, m);
    }
    ck_assert_uint_eq(n_kept, 3);
    solo_free(&s);
}
END_TEST

START_TEST(a_decision_finds_room_for_its_block_after_quorums_for_many_others) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b[24];
    for (uint32_t r = 0; r < 24; r++) {
        b[r] = solo_block(&s, 2 + r, true);
        solo_votes(&s, OTHERS, P, r, &b[r]);
    }
    solo_votes(&s, OTHERS, C, 23, &b[23]);
    solo_parts(&s, &b[23]);
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_mem_eq(s.value, b[23].id.hash, 32);
    for (uint32_t r = 0; r < 24; r++) solo_block_free(&s, &b[r]);
    solo_free(&s);
}
END_TEST

START_TEST(a_round_that_nobody_can_reach_is_malformed) {
    struct solo s;
    solo_new(&s, ME);
    solo_votes(&s, 3, P, ORR_MAX_ROUND + 1, NULL);
    solo_expect_at(&s, 1, 0, ORR_TM_STEP_PROPOSE);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 2);
    struct solo_block b = solo_block(&s, 2, true);
    solo_recv(&s, 0, solo_proposal(&s, 0, ORR_MAX_ROUND + 1, -1, &b.id));
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 3);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* A vote of a height that is out of reach, so nobody looks at its signature. */
static void claim(struct solo *s, uint32_t validator, uint64_t height) {
    struct orr_vote v = {.height = height, .validator = validator, .type = P};
    solo_recv(s, validator, orr_vote_sign(&v, s->set, &s->c.pool, NULL, ORR_TM_PREVOTE));
}

START_TEST(who_boasts_of_a_great_height_is_asked_no_longer_than_until_another_is_ahead) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block b = solo_block(&s, 2, true);
    claim(&s, 0, UINT64_MAX);
    ck_assert_uint_eq(s.asked, 0);
    claim(&s, 1, 5);
    solo_propose(&s, 0, -1, &b);
    s.asked = ORR_NOBODY;
    solo_votes(&s, OTHERS, C, 0, &b);
    ck_assert_uint_eq(s.decided, 1);
    ck_assert_uint_eq(s.asked, 1); /* for the next height */
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

START_TEST(a_bound_on_blocks_that_has_no_room_for_commits_is_refused_at_birth) {
    struct solo s;
    solo_new(&s, ME);
    struct orr_tm_config small = s.config;
    small.max_block_size = orr_tm_block_least_max(SOLO_N) - 1;
    ck_assert_ptr_null(
        orr_tm_new(&s.me->env, &small, s.set, &orr_ledger_app, &s.state->ledger));
    small.max_block_size++;
    struct orr_tm *t =
        orr_tm_new(&s.me->env, &small, s.set, &orr_ledger_app, &s.state->ledger);
    ck_assert_ptr_nonnull(t);
    orr_tm_free(t);
    solo_free(&s);
}
END_TEST

static void forge_votes(enum orr_signatures kind) {
    struct solo s;
    solo_new_with(&s, ME, kind);
    struct solo_block b = solo_block(&s, 2, true);
    solo_propose(&s, 0, -1, &b);
    solo_expect(&s, P, 0, &b);
    uint64_t n = 0;
    for (uint32_t at = 0; at < ORR_VOTE_BYTES; at += 5) { /* any changed byte spoils a vote */
        struct orr_msg *m = solo_vote(&s, 0, P, 0, &b);
        m->data[at] ^= 1;
        struct orr_msg *bad = orr_msg_copy(&s.c.pool, m->kind, m->data, m->len);
        orr_msg_unref(&s.c.pool, m);
        solo_recv(&s, 0, bad);
        n = orr_tm_look(s.state->node).n_dropped;
    }
    ck_assert_uint_ge(n, 25); /* those of another height, type or round may be ignored instead */
    solo_votes(&s, 2, P, 0, &b);
    solo_expect_no_vote(&s); /* none of them counted */
    struct orr_vote as_other = {.height = 1, .validator = 0, .type = P, .id = b.id};
    struct orr_msg *m = orr_vote_sign(&as_other, s.set, &s.c.pool, NULL, ORR_TM_PREVOTE);
    m->data[1] = 2; /* signed by 0, in the name of 2 */
    struct orr_msg *copy = orr_msg_copy(&s.c.pool, m->kind, m->data, m->len);
    orr_msg_unref(&s.c.pool, m);
    solo_recv(&s, 2, copy);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, n + 1);
    solo_expect_no_vote(&s);
    solo_votes(&s, 1, P, 0, &b); /* the true one completes the quorum */
    solo_expect(&s, C, 0, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}

START_TEST(votes_that_are_forged_or_malformed_are_dropped_and_counted) {
    forge_votes(ORR_SIGNATURES_REAL);
    forge_votes(ORR_SIGNATURES_MODELLED);
}
END_TEST

static void forge_proposals(enum orr_signatures kind) {
    struct solo s;
    solo_new_with(&s, ME, kind);
    struct solo_block b = solo_block(&s, 2, true);
    solo_recv(&s, 1, solo_proposal(&s, 1, 0, -1, &b.id)); /* rightly signed, but not its turn */
    solo_parts(&s, &b);
    solo_expect_no_vote(&s);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 1);
    struct orr_msg *forged = solo_proposal(&s, 1, 0, -1, &b.id);
    forged->data[16] = 0; /* signed by 1, in the name of 0 whose turn it is */
    solo_recv(&s, 1, forged);
    solo_expect_no_vote(&s);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 2);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &b.id));
    solo_expect(&s, P, 0, &b);
    solo_block_free(&s, &b);
    solo_free(&s);
}

START_TEST(a_proposal_counts_only_from_the_rounds_proposer) {
    forge_proposals(ORR_SIGNATURES_REAL);
    forge_proposals(ORR_SIGNATURES_MODELLED);
}
END_TEST

static void vote_twice(enum orr_signatures kind) {
    struct solo s;
    solo_new_with(&s, ME, kind);
    struct solo_block b = solo_block(&s, 2, true);
    solo_votes(&s, 2, C, 0, &b);
    ck_assert_uint_eq(s.n_evidence, 0);
    solo_votes(&s, 2, C, 0, &b); /* the same again is none */
    ck_assert_uint_eq(s.n_evidence, 0);
    solo_votes(&s, 2, C, 0, NULL);
    ck_assert_uint_eq(s.n_evidence, 1);
    ck_assert_uint_eq(s.evidence.culprit, 1);
    ck_assert_uint_eq(s.evidence.height, 1);
    ck_assert_uint_eq(s.evidence.type, ORR_TM_PRECOMMIT);
    ck_assert(!s.evidence.committed);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_pending_evidence, 1);
    ck_assert_uint_eq(s.n_proofs, 1); /* everyone is told */
    solo_block_free(&s, &b);
    solo_free(&s);
}

START_TEST(two_votes_in_one_slot_are_evidence_that_names_the_voter) {
    vote_twice(ORR_SIGNATURES_REAL);
    vote_twice(ORR_SIGNATURES_MODELLED);
}
END_TEST

START_TEST(two_proposals_of_a_round_are_evidence_that_names_the_proposer_once) {
    struct solo s;
    solo_new(&s, ME);
    struct solo_block a = solo_block(&s, 2, true), b = solo_block(&s, 4, true);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &a.id));
    solo_recv(&s, 1, solo_proposal(&s, 0, 0, -1, &a.id)); /* the same again is none */
    solo_recv(&s, 1, solo_proposal(&s, 1, 0, -1, &b.id)); /* nor one by somebody else */
    ck_assert_uint_eq(s.n_evidence, 0);
    struct orr_msg *bad = solo_proposal(&s, 0, 0, -1, &b.id);
    bad->data[bad->len - 40] ^= 1; /* nor a forged one */
    solo_recv(&s, 1, bad);
    ck_assert_uint_eq(s.n_evidence, 0);
    ck_assert_uint_eq(orr_tm_look(s.state->node).n_dropped, 1);
    for (uint32_t i = 0; i < 3; i++) solo_recv(&s, 2, solo_proposal(&s, 0, 0, -1, &b.id));
    ck_assert_uint_eq(s.n_evidence, 1);
    ck_assert_uint_eq(s.evidence.culprit, 0);
    ck_assert_uint_eq(s.evidence.type, ORR_TM_PROPOSAL);
    ck_assert_uint_eq(s.n_proofs, 1);
    solo_parts(&s, &a); /* the first one counts */
    solo_expect(&s, P, 0, &a);
    solo_block_free(&s, &a);
    solo_block_free(&s, &b);
    solo_free(&s);
}
END_TEST

/* What a stuck node says of its proposal makes a peer that has another one send that. */
START_TEST(a_peer_that_asks_is_shown_the_proposal_that_differs_from_its_own) {
    struct solo s, other;
    solo_new(&s, ME);
    solo_new(&other, 2);
    struct solo_block a = solo_block(&s, 2, true), b = solo_block(&other, 4, true);
    solo_recv(&s, 0, solo_proposal(&s, 0, 0, -1, &a.id));
    solo_recv(&other, 0, solo_proposal(&other, 0, 0, -1, &b.id));
    for (uint32_t turn = 0; turn < 2; turn++) { /* first it has moved */
        s.c.keeps = true;
        solo_timeout(&s, ORR_TM_TIMER_GOSSIP);
        s.me->timers[ORR_TM_TIMER_GOSSIP] = s.c.now + 250 * MS;
    }
    const struct orr_msg *status = cluster_said(&s.c, 0);
    ck_assert_uint_eq(status->kind, ORR_TM_STATUS);
    other.c.now = 1000 * MS;
    other.c.keeps = true;
    solo_recv(&other, ME, orr_msg_copy(&other.c.pool, status->kind, status->data, status->len));
    const struct orr_msg *shown = cluster_said(&other.c, 0);
    ck_assert_ptr_nonnull(shown);
    ck_assert_uint_eq(shown->kind, ORR_TM_PROPOSAL);
    s.c.keeps = false;
    cluster_forget(&s.c);
    solo_recv(&s, 2, orr_msg_copy(&s.c.pool, shown->kind, shown->data, shown->len));
    ck_assert_uint_eq(s.n_evidence, 1);
    ck_assert_uint_eq(s.evidence.culprit, 0);
    solo_block_free(&s, &a);
    solo_block_free(&other, &b);
    cluster_forget(&other.c);
    solo_free(&s);
    solo_free(&other);
}
END_TEST

ORR_TEST_MAIN("bft.hostile", a_block_of_a_time_that_has_not_come_is_answered_with_nil,
              blocks_are_dated_and_judged_by_the_wall_clock_and_timers_run_on_the_monotonic_one,
              what_a_quorum_found_timely_is_voted_for_whatever_ones_own_clock_says,
              a_block_at_the_end_of_time_is_malformed,
              of_a_block_that_is_too_large_no_more_is_kept_than_a_block_may_have,
              parts_that_no_proposal_names_are_kept_up_to_a_bound_in_bytes,
              a_part_for_which_there_was_no_room_is_taken_when_it_comes_again,
              what_is_of_a_height_far_ahead_is_not_kept,
              a_peer_holds_one_commit_of_a_height_with_us_however_often_it_sends_one,
              a_decision_finds_room_for_its_block_after_quorums_for_many_others,
              a_round_that_nobody_can_reach_is_malformed,
              who_boasts_of_a_great_height_is_asked_no_longer_than_until_another_is_ahead,
              a_bound_on_blocks_that_has_no_room_for_commits_is_refused_at_birth,
              votes_that_are_forged_or_malformed_are_dropped_and_counted,
              a_proposal_counts_only_from_the_rounds_proposer,
              two_votes_in_one_slot_are_evidence_that_names_the_voter,
              two_proposals_of_a_round_are_evidence_that_names_the_proposer_once,
              a_peer_that_asks_is_shown_the_proposal_that_differs_from_its_own)
