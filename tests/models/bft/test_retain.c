/* What the family of HotStuff keeps when blocks go: the promises that stood in them, and a snapshot
 * from which others begin. */
#include "models/base/bytes.h"
#include "models/base/sha256.h"
#include "tests/models/bft/blocks.h"
#include "tests/models/bft/laws.h"

/* ---- a vote for a block that is dropped ---- */

/* Node 3 votes for b4 of view 4, and then learns from a timeout that a1, a2 and a3 have their QCs:
 * a1 is decided, b4 dropped.  The power fails.  View 4's leader is a liar and has another block. */
START_TEST(who_voted_for_a_block_that_was_dropped_votes_for_no_other_of_its_view_after_a_crash) {
    begin("hotstuff", 3);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *a1 = block(1, 0, genesis, NULL, 0);
    struct orr_msg *qa1 = qc_of(a1, 7), *a2 = block(2, 0, qa1, NULL, 0), *qa2 = qc_of(a2, 7);
    struct orr_msg *a3 = block(3, 0, qa2, NULL, 0), *qa3 = qc_of(a3, 7), *tc = tc_of(3, genesis);
    struct orr_msg *b4 = block(4, 1, genesis, tc, 0), *c4 = block(4, 1, qa3, NULL, 0);
    struct orr_qc qc;
    ck_assert(orr_qc_read(qa3->data, qa3->len, 4, &qc));
    struct orr_msg *timeout = orr_timeout_sign(4, 0, &qc, set, &a.pool, NULL, ORR_HS_TIMEOUT);
    ck_assert(hear_durably(a1) && hear_durably(b4));
    hear_durably(a2), hear_durably(a3);
    cluster_receive(&a, 0, orr_msg_copy(&a.pool, timeout->kind, timeout->data, timeout->len));
    make_durable();
    ck_assert_ptr_nonnull(cluster_told(&a, ORR_OUT_DECIDED, 0));
    cluster_crash(&a, 3, false);
    cluster_boot(&a, 3);
    hear(a2), hear(a3);
    ck_assert(!hear(c4));
    struct orr_msg *all[] = {genesis, a1, qa1, a2, qa2, a3, qa3, tc, b4, c4, timeout};
    for (uint32_t i = 0; i < 11; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

/* ---- snapshots ---- */

enum { KEPT = 4, N_OLD = 4 * KEPT, MOST_RECORDS = 2 * KEPT + 24 };
static orr_time cut_until;
static uint32_t n_adopted;

static orr_time node_0_is_cut(struct cluster *c, orr_peer from, orr_peer to,
                              const struct orr_msg *m) {
    (void)m;
    return c->now < cut_until && (from == 0 || to == 0) ? ORR_NEVER : 5 * MS;
}
static void count_adopted(struct cluster *c, orr_peer node, uint32_t key,
                          const struct orr_msg *m) {
    n_adopted += key == ORR_OUT_ADOPTED;
    law_output(c, node, key, m);
}

/* Of every chained role, with the power failing twice on the way. */
static void try_to_lag(const struct law *law) {
    struct cluster c;
    struct law_ear *ear = law_new(&c, law, 4, 1);
    cluster_set(&c, "retain_blocks", KEPT);
    c.delay = node_0_is_cut;
    c.output = count_adopted;
    cut_until = 6000 * MS;
    n_adopted = 0;
    cluster_start(&c);
    law_run(&c, cut_until);
    ck_assert_uint_eq(ear->decided[0], 0);
    ck_assert_uint_gt(ear->decided[1], N_OLD);
    for (orr_peer i = 1; i < 4; i++)
        ck_assert_msg(c.nodes[i].n_disk < MOST_RECORDS, "%s: %u records", law->role,
                      c.nodes[i].n_disk);
    law_run(&c, cut_until + 1500 * MS);
    for (orr_peer i = 0; i < 2; i++) {
        cluster_crash(&c, i, false);
        law_run(&c, c.now + 100 * MS);
        cluster_boot(&c, i);
        law_run(&c, c.now + 1500 * MS);
    }
    ck_assert_msg(n_adopted > 0 && ear->decided[0] + 20 >= ear->decided[1],
                  "%s: %u snapshots, %lu of %lu", law->role, n_adopted,
                  (unsigned long)ear->decided[0], (unsigned long)ear->decided[1]);
    ck_assert_uint_eq(ear->n_forks + ear->n_gaps + ear->n_double, 0);
    ck_assert_uint_lt(c.nodes[0].n_disk, MOST_RECORDS);
    law_free(&c);
}

START_TEST(who_lacks_blocks_that_nobody_has_any_more_begins_with_a_snapshot) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        const struct orr_config_key *k = orr_registry_find(laws[i].role)->config;
        while (k->name && strcmp(k->name, "batch_txs")) k++; /* ends: a table has an end */
        if (k->name && strstr("hotstuff-basic hotstuff-2 jolteon fast-hotstuff streamlet",
                              laws[i].role))
            try_to_lag(&laws[i]);
    }
}
END_TEST

/* SNAPSHOT of a block with one decided transaction. */
static struct orr_msg *snapshot_of(const struct orr_msg *proposal, uint64_t id) {
    struct orr_msg *m = orr_msg_new(&a.pool, ORR_HS_SNAPSHOT, 4 + proposal->len + 8 + 8);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u32(&w, proposal->len);
    orr_write_bytes(&w, proposal->data, proposal->len);
    orr_write_u32(&w, 1);
    orr_write_u32(&w, 0);
    orr_write_u64(&w, id);
    ck_assert(!w.bad && w.p == w.end);
    return m;
}

static bool adopts(void) { return cluster_told(&a, ORR_OUT_ADOPTED, 0) != NULL; }

/* What a validator says of a snapshot. */
static bool vouches(orr_peer from, const struct orr_msg *proposal, const struct orr_msg *for_) {
    struct orr_msg *m = orr_msg_new(&a.pool, ORR_HS_VOUCH, 64);
    memcpy(m->data, orr_proposal_of(proposal)->hash, 32);
    orr_sha256(for_->data, for_->len, m->data + 32);
    cluster_receive(&a, from, m);
    return adopts();
}

static bool offers(orr_peer from, struct orr_msg *snapshot) {
    cluster_receive(&a, from, orr_msg_copy(&a.pool, snapshot->kind, snapshot->data, snapshot->len));
    return adopts();
}

START_TEST(a_snapshot_is_believed_when_one_third_and_more_vouch_for_it) {
    begin("hotstuff", 3);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 0, genesis, NULL, 0);
    struct orr_msg *qc1 = qc_of(b1, 7), *b2 = block(2, 0, qc1, NULL, 0), *qc2 = qc_of(b2, 7);
    struct orr_msg *b3 = block(3, 0, qc2, NULL, 0);
    struct orr_msg *false_one = snapshot_of(b2, 6), *true_one = snapshot_of(b2, 7);
    ck_assert(!offers(0, false_one) && !vouches(1, b2, false_one)); /* nobody was asked */
    ck_assert_uint_eq(cluster_count(&a, ORR_CAST), 0);
    cluster_receive(&a, 0, orr_msg_copy(&a.pool, b3->kind, b3->data, b3->len)); /* asks for b2 */
    ck_assert_uint_eq(cluster_count(&a, ORR_SEND), 1);
    ck_assert(!offers(1, true_one)); /* not of whom it has asked */
    ck_assert_uint_eq(cluster_count(&a, ORR_CAST), 0);
    ck_assert(!offers(0, false_one));
    ck_assert_uint_eq(cluster_count(&a, ORR_CAST), 1);
    ck_assert(!vouches(0, b2, false_one) && !vouches(1, b2, true_one)); /* once more, another */
    ck_assert(!offers(0, true_one)); /* one at a time */
    a.now += 1000 * MS;
    ck_assert(!offers(0, true_one) && !vouches(1, b2, false_one) && vouches(2, b2, true_one));
    ck_assert(enters(3, ORR_HS_STEP_VOTED)); /* for b3, which stands on the snapshot's block */
    ck_assert(!offers(0, true_one) && !vouches(2, b2, true_one)); /* that was it */
    struct orr_msg *all[] = {genesis, b1, qc1, b2, qc2, b3, false_one, true_one};
    for (uint32_t i = 0; i < 8; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

START_TEST(a_snapshot_that_is_cut_or_flipped_is_not_considered) {
    begin("hotstuff", 3);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 0, genesis, NULL, 0);
    struct orr_msg *qc1 = qc_of(b1, 7), *b2 = block(2, 0, qc1, NULL, 0), *qc2 = qc_of(b2, 7);
    struct orr_msg *b3 = block(3, 0, qc2, NULL, 0), *good = snapshot_of(b2, 7);
    cluster_receive(&a, 0, orr_msg_copy(&a.pool, b3->kind, b3->data, b3->len));
    for (uint32_t len = 0; len < good->len; len++) {
        cluster_receive(&a, 0, orr_msg_copy(&a.pool, good->kind, good->data, len));
        ck_assert_uint_eq(cluster_count(&a, ORR_CAST), 0);
        struct orr_msg *m = orr_msg_copy(&a.pool, good->kind, good->data, good->len);
        m->data[len] ^= 0x10;
        bool is_id = len >= good->len - 8; /* what transactions there were nobody has signed */
        cluster_receive(&a, 0, m);
        ck_assert_msg(is_id || !cluster_count(&a, ORR_CAST), "byte %u", len);
        if (is_id) a.now += 1000 * MS;
    }
    struct orr_msg *all[] = {genesis, b1, qc1, b2, qc2, b3, good};
    for (uint32_t i = 0; i < 7; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

int main(void) {
    const TTest *tests[] = {
        who_voted_for_a_block_that_was_dropped_votes_for_no_other_of_its_view_after_a_crash,
        who_lacks_blocks_that_nobody_has_any_more_begins_with_a_snapshot,
        a_snapshot_is_believed_when_one_third_and_more_vouch_for_it,
        a_snapshot_that_is_cut_or_flipped_is_not_considered};
    return orr_test_run("retain", tests, sizeof tests / sizeof tests[0]);
}
