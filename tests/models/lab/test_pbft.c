/* PBFT's normal case, by hand: replica 1 of 4, the test speaks for the other three. */
#include "models/base/bytes.h"
#include "tests/driver.h"

enum { REQUEST, PRE_PREPARE, PREPARE, COMMIT };

static struct cluster a;

static void begin(orr_peer self) {
    cluster_alone(&a, "pbft-normal", 4, self);
}

/* The request that says `text`, by its digest. */
static uint64_t digest_of(const char *text) {
    return orr_hash64(REQUEST, text, strlen(text));
}

/* A message of replica `from` about a number: a pre-prepare with its request, or a vote for it. */
static void hear(orr_peer from, uint16_t kind, uint64_t number, const char *text) {
    uint8_t bytes[64];
    orr_store_le64(bytes, number);
    orr_store_le64(bytes + 8, digest_of(text));
    memcpy(bytes + 16, text, strlen(text));
    uint32_t len = kind == PRE_PREPARE ? 16 + (uint32_t)strlen(text) : 16;
    cluster_receive(&a, from, orr_msg_copy(&a.pool, kind, bytes, len));
}

/* Did the last step send this, and only this, to all? */
static bool says(uint16_t kind, uint64_t number, const char *text) {
    const struct orr_msg *m = cluster_said(&a, 0);
    return m && !cluster_said(&a, 1) && cluster_count(&a, ORR_CAST) == 1 && m->kind == kind &&
           orr_load_le64(m->data) == number && orr_load_le64(m->data + 8) == digest_of(text);
}

/* Was the i-th decision of the last step this one? */
static bool decides(uint32_t i, uint64_t number, const char *text) {
    const struct orr_msg *m = cluster_told(&a, ORR_OUT_DECIDED, i);
    const struct orr_decided *d = m ? (const struct orr_decided *)m->data : NULL;
    return d && d->height == number && d->n_txs == 1 && d->txs[0] == digest_of(text);
}

START_TEST(a_backup_prepares_commits_and_decides_with_a_quorum_each) {
    begin(1);
    hear(0, PRE_PREPARE, 1, "pay");
    ck_assert(says(PREPARE, 1, "pay"));
    hear(2, PREPARE, 1, "pay"); /* the primary, itself and one more: 2f + 1 */
    ck_assert(says(COMMIT, 1, "pay"));
    hear(0, COMMIT, 1, "pay");
    ck_assert_uint_eq(a.out.n, 0);
    hear(3, COMMIT, 1, "pay");
    ck_assert(decides(0, 1, "pay"));
    cluster_free(&a);
}
END_TEST

START_TEST(votes_for_something_else_do_not_count_and_nobody_votes_twice) {
    begin(1);
    hear(0, PRE_PREPARE, 1, "pay");
    hear(2, PREPARE, 1, "steal");
    hear(2, PREPARE, 1, "pay"); /* its first vote stands */
    hear(3, PREPARE, 1, "steal");
    ck_assert_uint_eq(a.out.n, 0);
    hear(0, PRE_PREPARE, 1, "steal"); /* the primary changes its mind */
    ck_assert_uint_eq(a.out.n, 0);
    hear(0, PREPARE, 1, "pay"); /* it has voted by its pre-prepare */
    ck_assert_uint_eq(a.out.n, 0);
    cluster_free(&a);
}
END_TEST

START_TEST(votes_that_come_before_the_pre_prepare_count) {
    begin(1);
    for (orr_peer i = 2; i < 4; i++) {
        hear(i, PREPARE, 1, "pay");
        hear(i, COMMIT, 1, "pay");
        ck_assert_uint_eq(a.out.n, 0);
    }
    hear(0, PRE_PREPARE, 1, "pay");
    ck_assert_uint_eq(cluster_said(&a, 0)->kind, PREPARE);
    ck_assert_uint_eq(cluster_said(&a, 1)->kind, COMMIT);
    ck_assert(decides(0, 1, "pay"));
    cluster_free(&a);
}
END_TEST

START_TEST(requests_are_decided_in_the_order_of_their_numbers) {
    begin(1);
    for (uint64_t number = 2; number > 0; number--) {
        const char *text = number == 1 ? "first" : "second";
        hear(0, PRE_PREPARE, number, text);
        hear(2, PREPARE, number, text);
        hear(2, COMMIT, number, text);
        ck_assert_uint_eq(a.out.n, 0);
        hear(3, COMMIT, number, text);
        ck_assert(number == 2 ? a.out.n == 0 : decides(0, 1, "first") && decides(1, 2, "second"));
    }
    cluster_free(&a);
}
END_TEST

START_TEST(the_primary_numbers_requests_and_a_backup_passes_them_on) {
    begin(0);
    cluster_hear(&a, ORR_INPUT, 0, ORR_IN_TX, orr_msg_copy(&a.pool, REQUEST, "pay", 3));
    ck_assert(says(PRE_PREPARE, 1, "pay"));
    cluster_receive(&a, 2, orr_msg_copy(&a.pool, REQUEST, "more", 4));
    ck_assert(says(PRE_PREPARE, 2, "more"));
    cluster_free(&a);
    begin(1);
    cluster_hear(&a, ORR_INPUT, 0, ORR_IN_TX, orr_msg_copy(&a.pool, REQUEST, "pay", 3));
    ck_assert_uint_eq(a.out.n, 1);
    ck_assert_uint_eq(a.out.v[0].kind, ORR_SEND);
    ck_assert_uint_eq(a.out.v[0].peer, 0);
    cluster_free(&a);
}
END_TEST

START_TEST(what_no_correct_replica_sends_is_rejected) {
    begin(1);
    hear(2, PRE_PREPARE, 1, "pay"); /* not the primary */
    ck_assert_uint_eq(a.out.n, 1);
    ck_assert_uint_eq(a.out.v[0].key, ORR_OUT_DROPPED);
    uint8_t bytes[20] = {1, [8] = 1, [16] = 'x'};
    for (uint16_t kind = PRE_PREPARE; kind <= COMMIT + 1; kind++)
        for (uint32_t len = 0; len <= sizeof bytes; len++) {
            if (len == 16 && (kind == PREPARE || kind == COMMIT)) continue;
            /* a wrong digest, or length */
            cluster_receive(&a, 0, orr_msg_copy(&a.pool, kind, bytes, len));
            ck_assert_uint_eq(a.out.n, 1);
            ck_assert_uint_eq(a.out.v[0].key, ORR_OUT_DROPPED);
        }
    hear(0, PRE_PREPARE, 1000, "far away"); /* outside the window: not kept */
    ck_assert_uint_eq(a.out.n, 0);
    cluster_free(&a);
}
END_TEST

START_TEST(a_primary_whose_window_is_half_full_takes_no_more) {
    begin(0);
    uint32_t n = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        cluster_hear(&a, ORR_INPUT, 0, ORR_IN_TX, orr_msg_copy(&a.pool, REQUEST, &i, sizeof i));
        n += a.out.n > 0;
    }
    ck_assert_uint_eq(n, 128);
    cluster_free(&a);
}
END_TEST

ORR_TEST_MAIN("lab.pbft", a_backup_prepares_commits_and_decides_with_a_quorum_each,
              votes_for_something_else_do_not_count_and_nobody_votes_twice,
              votes_that_come_before_the_pre_prepare_count,
              requests_are_decided_in_the_order_of_their_numbers,
              the_primary_numbers_requests_and_a_backup_passes_them_on,
              what_no_correct_replica_sends_is_rejected,
              a_primary_whose_window_is_half_full_takes_no_more)
