/* The family of HotStuff: costs, catching up, flawed variants, what is refused. */
#include <math.h>

#include "models/bft/common/block_tree.h"
#include "models/bft/common/leader.h"
#include "models/bft/common/pacemaker.h"
#include "models/bft/hotstuff/hotstuff.h"
#include "tests/models/bft/blocks.h"
#include "tests/models/bft/laws.h"

static const char *const roles[] = {"hotstuff", "hotstuff-2", "jolteon", "fast-hotstuff"};
enum { N_ROLES = sizeof roles / sizeof roles[0] };

/* A role with its law's settings, or with none. */
static const struct law *law_of(const char *role) {
    for (uint32_t i = 0; i < N_LAWS; i++)
        if (!strcmp(laws[i].role, role)) return &laws[i];
    ck_abort_msg("no law of %s", role);
}

static orr_time links_of_10_ms(struct cluster *c, orr_peer from, orr_peer to,
                               const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return 10 * MS;
}

/* ---- complexity ---- */

static uint64_t n_proposals, n_votes; /* sent in views up to ... */
enum { LAST_VIEW = 15 };
static void count_sends(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    struct orr_statement s;
    law_sent(c, from, e);
    if (!c->protocol->report.statement(&c->common, e->msg, 0, &s) || s.view > LAST_VIEW) return;
    if (s.kind == ORR_HS_PROPOSAL) n_proposals += e->kind == ORR_CAST ? c->cohort.n - 1 : 1;
    if (s.kind == ORR_HS_VOTE) n_votes++;
}

START_TEST(a_block_costs_n_minus_1_proposals_and_n_minus_1_votes) {
    static const uint32_t sizes[] = {4, 7, 16, 40};
    for (uint32_t r = 0; r < N_ROLES; r++)
        for (uint32_t k = 0; k < 4; k++) {
            struct cluster c;
            law_new(&c, law_of(roles[r]), sizes[k], 1);
            c.delay = links_of_10_ms;
            c.sent = count_sends;
            n_proposals = n_votes = 0;
            cluster_start(&c);
            law_run(&c, 2 * (LAST_VIEW + 1) * 10 * MS);
            ck_assert_uint_eq(n_proposals, (uint64_t)LAST_VIEW * (sizes[k] - 1));
            ck_assert_uint_eq(n_votes, (uint64_t)LAST_VIEW * (sizes[k] - 1));
            law_free(&c);
        }
}
END_TEST

/* DSN 2022: decision 100 needs the 103rd proposal, messages to oneself do not count, and a run ends
 * with the step in which the q-th node decides (bftsim-dsn22.md, HotStuff-NS). */
static uint32_t n_done;
static void until_q_have_100(struct cluster *c, orr_peer node, uint32_t key,
                             const struct orr_msg *m) {
    law_output(c, node, key, m);
    if (key != ORR_OUT_DECIDED || ((const struct orr_decided *)m->data)->height != 100) return;
    n_done++;
}

/* max(0, Normal(250 ms, 50 ms)), by Box and Muller. */
static orr_time drawn(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    double u = (double)(1 + (orr_rng_u64(&c->rng) >> 12)) * 0x1p-52;
    double v = (double)(orr_rng_u64(&c->rng) >> 12) * 0x1p-52;
    double ms = 250 + 50 * sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
    return ms > 0 ? (orr_time)(ms * 1e6) : 0;
}

/* One run: the messages are counted, the time until q have decided 100 is told, in ms. */
static double hundred_decisions(uint32_t n, uint64_t seed, uint64_t count) {
    struct cluster c;
    struct law law = {.role = "hotstuff",
                      .set = {{"leader", ORR_LEADER_FIXED}, {"timeout", 3000 * MS}}};
    uint32_t q = n - (n - 1) / 3;
    law_new(&c, &law, n, seed);
    n_done = 0;
    c.delay = drawn;
    cluster_start(&c);
    c.output = until_q_have_100;
    while (n_done < q) ck_assert(cluster_turn(&c, 100000 * MS));
    ck_assert_uint_eq(c.n_sends, count); /* 103 (n - 1) proposals, 102 (n - 1) + q - 1 votes */
    double ms = (double)c.now * 1e-6;
    law_free(&c);
    return ms;
}

/* Its counts exactly, its latencies within 2 % and within 4 standard errors (of ours: its sd over
 * the root of our runs). */
START_TEST(a_hundred_decisions_cost_what_the_simulator_of_dsn_2022_counts) {
    static const struct { uint32_t n, n_runs; uint64_t count; double ms, sd; } rows[] = {
        {4, 40, 617, 51222.5, 401.5}, {64, 4, 12957, 54216, 149}};
    for (uint32_t k = 0; k < 2; k++) {
        double mean = 0;
        for (uint32_t run = 1; run <= rows[k].n_runs; run++)
            mean += hundred_decisions(rows[k].n, run, rows[k].count) / rows[k].n_runs;
        double error = 4 * rows[k].sd / sqrt(rows[k].n_runs);
        ck_assert_msg(fabs(mean - rows[k].ms) <= 0.02 * rows[k].ms &&
                          fabs(mean - rows[k].ms) <= error,
                      "n = %u: %.1f ms, %.1f there", rows[k].n, mean, rows[k].ms);
    }
}
END_TEST

/* ---- catching up ---- */

static orr_time cut_until;
static orr_time node_0_is_cut(struct cluster *c, orr_peer from, orr_peer to,
                              const struct orr_msg *m) {
    (void)m;
    return c->now < cut_until && (from == 0 || to == 0) ? ORR_NEVER : 5 * MS;
}

START_TEST(a_node_that_missed_hundreds_of_blocks_gets_them_by_hash) {
    for (uint32_t r = 0; r < N_ROLES; r++) {
        struct cluster c;
        struct law_ear *ear = law_new(&c, law_of(roles[r]), 4, 1);
        cut_until = 12000 * MS;
        c.delay = node_0_is_cut;
        cluster_start(&c);
        law_run(&c, cut_until);
        ck_assert_uint_eq(ear->decided[0], 0);
        ck_assert_uint_gt(ear->decided[1], 40); /* more than one answer holds */
        law_run(&c, cut_until + 3000 * MS);
        ck_assert_msg(ear->decided[0] + 20 >= ear->decided[1], "%s: %lu of %lu", roles[r],
                      (unsigned long)ear->decided[0], (unsigned long)ear->decided[1]);
        ck_assert_uint_eq(ear->n_forks + ear->n_gaps, 0);
        law_free(&c);
    }
}
END_TEST

/* ---- streamlet ---- */

/* Decided with the next epoch's votes, two links into it; n - 1 proposals, n (n - 1) votes. */
START_TEST(streamlet_decides_an_epoch_and_two_links_after_the_proposal) {
    static const uint32_t sizes[] = {4, 7, 16};
    for (uint32_t k = 0; k < 3; k++) {
        struct cluster c;
        uint32_t n = sizes[k];
        struct law_ear *ear = law_new(&c, law_of("streamlet"), n, 1);
        c.delay = links_of_10_ms;
        c.sent = count_sends;
        n_proposals = n_votes = 0;
        cluster_start(&c);
        law_run(&c, 40 * (LAST_VIEW + 5) * MS);
        ck_assert_uint_ge(law_least(&c), LAST_VIEW);
        for (uint64_t h = 2; h <= law_least(&c); h++)
            ck_assert_int_eq(ear->decided_at[h] - ear->proposed_at[h], 40 * MS + 20 * MS);
        ck_assert_uint_eq(n_proposals, (uint64_t)LAST_VIEW * (n - 1));
        ck_assert_uint_eq(n_votes, (uint64_t)LAST_VIEW * n); /* each cast to n - 1 */
        law_free(&c);
    }
}
END_TEST

/* ---- one node, by hand ---- */

/* The lock: views 4..7 are node 1's.  b1 <- b2 <- b3 have QCs, so b2 is locked when b3's QC is seen
 * and b1 decided.  A block beside b2 is refused on genesis' QC, and taken on a later one. */
static void try_a_block_beside_the_lock(const char *key, bool is_taken) {
    cluster_new(&a, "hotstuff", 4, 1);
    a.only = 3, a.keeps = true;
    if (key) cluster_set(&a, key, 1);
    cluster_start(&a);
    set = a.common.shared;
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *qc[4], *b[5];
    b[1] = block(1, 0, genesis, NULL, 0);
    ck_assert(hear(b[1]));
    for (uint64_t v = 2; v <= 4; v++) {
        qc[v - 1] = qc_of(b[v - 1], 7);
        b[v] = block(v, (uint32_t)(v / 4), qc[v - 1], NULL, 0);
        ck_assert(hear(b[v]));
    }
    ck_assert_ptr_nonnull(cluster_told(&a, ORR_OUT_DECIDED, 0)); /* b1: three QCs in a row */
    struct orr_msg *tc = tc_of(4, genesis), *beside = block(8, 2, qc[1], tc, 2);
    ck_assert(hear(beside) == is_taken); /* on b1 beside b2; its QC is of view 1, the lock of 2 */
    for (uint32_t v = 1; v <= 3; v++) orr_msg_unref(&a.pool, qc[v]);
    for (uint32_t v = 1; v <= 4; v++) orr_msg_unref(&a.pool, b[v]);
    orr_msg_unref(&a.pool, genesis), orr_msg_unref(&a.pool, tc), orr_msg_unref(&a.pool, beside);
    cluster_free(&a);
}

START_TEST(a_block_beside_the_lock_is_refused_unless_a_flaw_is_on) {
    try_a_block_beside_the_lock(NULL, false);
    try_a_block_beside_the_lock("lock", true);
    try_a_block_beside_the_lock("old_justify", true);
}
END_TEST

/* More than f have lied: after b4 of view 4 is locked, the branch of a1, a2, a3 turns out to have
 * its QCs, and a1 is decided.  The lock's block is gone; that nothing older gets a vote is not. */
static void try_below_a_lock_that_is_gone(bool restarts) {
    begin("hotstuff", 3);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *m[12] = {genesis};
    struct orr_msg *a1 = m[1] = block(1, 0, genesis, NULL, 0), *qa1 = m[2] = qc_of(a1, 7);
    struct orr_msg *a2 = m[3] = block(2, 0, qa1, NULL, 0), *qa2 = m[4] = qc_of(a2, 7);
    struct orr_msg *a3 = m[5] = block(3, 0, qa2, NULL, 0), *qa3 = m[6] = qc_of(a3, 7);
    struct orr_msg *tc = m[7] = tc_of(3, genesis), *b4 = m[8] = block(4, 1, genesis, tc, 0);
    struct orr_msg *qb4 = m[9] = qc_of(b4, 7), *b5 = m[10] = block(5, 1, qb4, NULL, 0);
    struct orr_msg *qb5 = m[11] = qc_of(b5, 7), *b6 = block(6, 1, qb5, NULL, 0);
    ck_assert(hear_durably(a1) && hear_durably(a2) && hear_durably(a3)); /* a1 is locked */
    ck_assert(!hear_durably(b4));
    ck_assert(hear_durably(b5) && hear_durably(b6)); /* b4 is */
    struct orr_msg *tc7 = tc_of(7, genesis), *a8 = block(8, 2, qa3, tc7, 0);
    ck_assert(!hear_durably(a8));
    ck_assert_ptr_nonnull(cluster_told(&a, ORR_OUT_DECIDED, 0));
    if (restarts) {
        cluster_crash(&a, 3, false);
        cluster_boot(&a, 3);
    }
    struct orr_msg *tc15 = tc_of(15, genesis), *a16 = block(16, 0, qa3, tc15, 0);
    ck_assert(!hear(a16)); /* on a QC of view 3 still */
    struct orr_msg *qa16 = qc_of(a16, 7), *a17 = block(17, 0, qa16, NULL, 0);
    ck_assert(hear(a17)); /* of view 16: that unlocks */
    struct orr_msg *rest[] = {b6, tc7, a8, tc15, a16, qa16, a17};
    for (uint32_t i = 0; i < 12; i++) orr_msg_unref(&a.pool, m[i]);
    for (uint32_t i = 0; i < 7; i++) orr_msg_unref(&a.pool, rest[i]);
    cluster_free(&a);
}

START_TEST(who_decides_against_its_lock_votes_for_nothing_older_than_it_nor_after_a_restart) {
    try_below_a_lock_that_is_gone(false);
    try_below_a_lock_that_is_gone(true);
}
END_TEST

/* Two QCs in a row decide, and with a view left out they do not: leaders are 1, 2, 3. */
static uint32_t decided_with_a_gap(bool any) {
    cluster_new(&a, "fast-hotstuff", 4, 1);
    a.only = 0, a.keeps = true;
    cluster_set(&a, "commit_rule", any);
    cluster_start(&a);
    set = a.common.shared;
    struct orr_msg *genesis = orr_qc_genesis(&a.pool);
    struct orr_msg *b1 = block(1, 1, genesis, NULL, 0), *qc1 = qc_of(b1, 7), *tc = tc_of(2, qc1);
    struct orr_msg *b3 = block(3, 3, qc1, tc, 0), *qc3 = qc_of(b3, 7);
    struct orr_msg *b5, *tc4 = tc_of(4, qc3);
    ck_assert(hear(b1));
    ck_assert(hear(b3));
    b5 = block(5, 1, qc3, tc4, 0);
    ck_assert(hear(b5));
    uint32_t n = cluster_told(&a, ORR_OUT_DECIDED, 0) != NULL;
    struct orr_msg *all[] = {genesis, b1, qc1, tc, b3, qc3, b5, tc4};
    for (uint32_t i = 0; i < 8; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
    return n;
}

START_TEST(two_qcs_of_views_that_do_not_follow_each_other_decide_by_the_flawed_rule_alone) {
    ck_assert_uint_eq(decided_with_a_gap(false), 0);
    ck_assert_uint_eq(decided_with_a_gap(true), 1);
}
END_TEST

/* jolteon: a block on a QC below what the TC shows is refused. */
START_TEST(a_block_on_a_lower_qc_than_its_tc_shows_is_refused) {
    begin("jolteon", 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool);
    struct orr_msg *b1 = block(1, 1, genesis, NULL, 0), *qc1 = qc_of(b1, 7);
    struct orr_msg *high = tc_of(2, qc1), *low = tc_of(2, genesis);
    struct orr_msg *bad = block(3, 3, genesis, high, 0), *good = block(3, 3, genesis, low, 2);
    ck_assert(hear(b1));
    ck_assert(!hear(bad));
    ck_assert(hear(good)); /* the node's own QC may be higher: that is jolteon's rule */
    struct orr_msg *all[] = {genesis, b1, qc1, high, low, bad, good};
    for (uint32_t i = 0; i < 7; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

/* hotstuff-2: a leader without a QC of the view before waits 2 Delta, whatever else happens, and
 * not at all by the flawed rule. */
static void let_a_leader_wait(bool waits) {
    cluster_new(&a, "hotstuff-2", 4, 1);
    a.only = 2, a.keeps = true;
    cluster_set(&a, "delta", 50 * MS);
    cluster_set(&a, "wait", !waits);
    cluster_start(&a);
    set = a.common.shared;
    struct orr_msg *genesis = orr_qc_genesis(&a.pool);
    struct orr_qc qc;
    orr_qc_read(genesis->data, genesis->len, 4, &qc);
    bool has_proposed = false;
    for (uint32_t i = 0; i < 2; i++) { /* two and its own, since it joins them */
        cluster_receive(&a, i,
                        orr_timeout_sign(1, i, &qc, set, &a.pool, NULL, ORR_HS_TIMEOUT));
        has_proposed |= cluster_told(&a, ORR_OUT_PROPOSED, 0) != NULL;
    }
    ck_assert(has_proposed == !waits);
    for (uint32_t i = 0; i < 9 && waits; i++) {
        a.now += 10 * MS;
        cluster_hear(&a, ORR_INPUT, 0, ORR_IN_TX, orr_msg_copy(&a.pool, 0, &i, sizeof i));
        ck_assert(!cluster_told(&a, ORR_OUT_PROPOSED, 0) && !cluster_count(&a, ORR_ARM));
    }
    a.now += 10 * MS;
    if (waits) cluster_hear(&a, ORR_TIMER, 0, 1, NULL);
    ck_assert(!waits || cluster_told(&a, ORR_OUT_PROPOSED, 0));
    orr_msg_unref(&a.pool, genesis);
    cluster_free(&a);
}

START_TEST(a_leader_that_may_miss_a_lock_waits_2_delta_unless_the_flaw_is_on) {
    let_a_leader_wait(true);
    let_a_leader_wait(false);
}
END_TEST

/* streamlet: two notarized blocks, of epochs 1 and 3, are longer than one of epoch 4. */
static bool votes_on_the_shorter_chain(bool by_epoch) {
    cluster_new(&a, "streamlet", 4, 1);
    a.only = 2, a.keeps = true;
    cluster_set(&a, "epoch", 10 * MS);
    cluster_set(&a, "longest", by_epoch);
    cluster_start(&a);
    set = a.common.shared;
    struct orr_msg *genesis = orr_qc_genesis(&a.pool);
    struct orr_msg *b1 = block(1, 1, genesis, NULL, 0), *qc1 = qc_of(b1, 11);
    struct orr_msg *b3 = block(3, 3, qc1, NULL, 0), *b4 = block(4, 0, genesis, NULL, 0);
    struct orr_msg *qc4 = qc_of(b4, 11), *b5 = block(5, 1, qc4, NULL, 0);
    ck_assert(hear(b1));
    a.now = 20 * MS; /* epoch 3 */
    cluster_hear(&a, ORR_TIMER, 0, 0, NULL);
    ck_assert(hear(b3));
    struct orr_ballot ballot = {.kind = ORR_HS_VOTE, .view = 3, .height = 2, .justify_view = 1};
    memcpy(ballot.block, orr_proposal_of(b3)->hash, 32);
    for (uint32_t i = 0; i < 2; i++) /* and its own */
        cluster_receive(&a, i, orr_ballot_sign(&ballot, i, set, &a.pool, NULL));
    ck_assert_ptr_nonnull(cluster_told(&a, ORR_OUT_HIGH_QC, 0));
    ck_assert_ptr_null(cluster_told(&a, ORR_OUT_DECIDED, 0)); /* epoch 2 is missing */
    a.now = 40 * MS;
    cluster_hear(&a, ORR_TIMER, 0, 0, NULL);
    hear(b4);
    bool votes = hear(b5); /* on b4 alone */
    struct orr_msg *all[] = {genesis, b1, qc1, b3, b4, qc4, b5};
    for (uint32_t i = 0; i < 7; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
    return votes;
}

START_TEST(a_shorter_chain_of_a_later_epoch_gets_a_vote_by_the_flawed_rule_alone) {
    ck_assert(!votes_on_the_shorter_chain(false));
    ck_assert(votes_on_the_shorter_chain(true));
}
END_TEST

/* ---- what is refused ---- */

static bool is_dropped(struct orr_msg *moved) {
    cluster_receive(&a, 3, moved);
    for (uint32_t i = 0; i < a.out.n; i++)
        if (a.out.v[i].kind == ORR_OUTPUT && a.out.v[i].key == ORR_OUT_DROPPED) return true;
    return false;
}

START_TEST(any_flipped_bit_of_a_proposal_a_vote_or_a_timeout_is_refused) {
    begin("jolteon", 2);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool);
    struct orr_msg *b1 = block(1, 1, genesis, NULL, 0), *qc1 = qc_of(b1, 7), *tc = tc_of(2, qc1);
    struct orr_msg *b3 = block(3, 3, qc1, tc, 0);
    struct orr_qc qc;
    orr_qc_read(qc1->data, qc1->len, 4, &qc);
    struct orr_msg *timeout = orr_timeout_sign(9, 3, &qc, set, &a.pool, NULL, ORR_HS_TIMEOUT);
    struct orr_msg *good[] = {b3, timeout};
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t i = 0; i < good[k]->len; i++) {
            struct orr_msg *m = orr_msg_copy(&a.pool, good[k]->kind, good[k]->data, good[k]->len);
            m->data[i] ^= (uint8_t)(1 << i % 8);
            ck_assert_msg(is_dropped(m), "message %u, byte %u", k, i);
        }
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t len = 0; len < good[k]->len; len++)
            ck_assert(is_dropped(orr_msg_copy(&a.pool, good[k]->kind, good[k]->data, len)));
    ck_assert(!is_dropped(orr_msg_copy(&a.pool, b3->kind, b3->data, b3->len)));
    struct orr_msg *all[] = {genesis, b1, qc1, tc, b3, timeout};
    for (uint32_t i = 0; i < 6; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

START_TEST(certificates_of_both_forms_hold_with_a_quorum_and_with_no_fewer) {
    begin("hotstuff", 0);
    struct orr_ballot b = {.kind = ORR_HS_VOTE, .view = 3, .height = 2, .justify_view = 2};
    static const uint32_t sizes[] = {ORR_BALLOT_BYTES + 1 + 1 + 3 * 64,
                                     ORR_BALLOT_BYTES + 1 + 1 + 48};
    for (int form = ORR_QC_LIST; form <= ORR_QC_AGGREGATE; form++) {
        struct orr_qc qc;
        struct orr_statement said;
        struct orr_msg *m = certify(&b, 0xd, (enum orr_qc_form)form);
        ck_assert_uint_eq(m->len, sizes[form - ORR_QC_LIST]);
        ck_assert(orr_qc_read(m->data, m->len, 4, &qc) && orr_qc_verify(&qc, set, NULL));
        ck_assert(qc.n_voters == 3 && orr_qc_has(&qc, 2) && !orr_qc_has(&qc, 1));
        ck_assert(orr_qc_statement(&qc, 1, set, &said) && said.signer == 2 && said.view == 3);
        ck_assert(said.justify_view == 2 && !orr_qc_statement(&qc, 3, set, &said));
        for (uint32_t i = 0; i < m->len; i++) { /* nothing of it may be otherwise */
            m->data[i] ^= 0x10;
            ck_assert(!orr_qc_read(m->data, m->len, 4, &qc) || qc.len != m->len ||
                      !orr_qc_verify(&qc, set, NULL));
            m->data[i] ^= 0x10;
        }
        orr_msg_unref(&a.pool, m);
        m = certify(&b, 0x9, (enum orr_qc_form)form);
        ck_assert(orr_qc_read(m->data, m->len, 4, &qc) && !orr_qc_verify(&qc, set, NULL));
        orr_msg_unref(&a.pool, m);
    }
    cluster_free(&a);
}
END_TEST

/* ---- the pieces ---- */

START_TEST(patience_grows_as_it_is_told_and_falls_back_with_a_qc) {
    begin("hotstuff", 0);
    static const orr_time expected[ORR_N_GROWTHS][4] = {
        {10, 10, 10, 10}, {10, 20, 30, 35}, {10, 20, 35, 35}};
    for (int g = 0; g < ORR_N_GROWTHS; g++) {
        struct orr_pacemaker p;
        orr_pacemaker_init(&p, set, &a.heap.mem, &a.pool, 10, 35, (enum orr_pacemaker_growth)g);
        for (uint64_t v = 0; v < 4; v++) {
            ck_assert_int_eq(orr_pacemaker_patience(&p), expected[g][v]);
            orr_pacemaker_enter(&p, v + 1, false);
        }
        orr_pacemaker_enter(&p, 9, true);
        ck_assert_int_eq(orr_pacemaker_patience(&p), 10);
        orr_pacemaker_fini(&p);
    }
    cluster_free(&a);
}
END_TEST

START_TEST(one_third_and_more_are_joined_and_a_quorum_makes_a_certificate) {
    begin("hotstuff", 0);
    struct orr_pacemaker p;
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *m, *tc;
    struct orr_qc qc;
    orr_qc_read(genesis->data, genesis->len, 4, &qc);
    orr_pacemaker_init(&p, set, &a.heap.mem, &a.pool, 10, 10, ORR_GROWTH_FIXED);
    orr_pacemaker_enter(&p, 3, true);
    static const struct { uint32_t signer; uint64_t view, join; bool is_new, has_tc; } heard[] = {
        {0, 2, 0, false, false}, {1, 5, 0, true, false}, {2, 4, 4, true, false},
        {2, 4, 4, false, false}, {3, 5, 5, true, false}, {2, 5, 5, true, true}};
    for (uint32_t i = 0; i < 6; i++) {
        m = orr_timeout_sign(heard[i].view, heard[i].signer, &qc, set, &a.pool, NULL, 3);
        ck_assert(orr_pacemaker_hear(&p, m) == heard[i].is_new);
        if (heard[i].is_new)
            ck_assert_uint_eq(orr_pacemaker_join(&p, heard[i].view), heard[i].join);
        tc = orr_pacemaker_tc(&p, 5);
        ck_assert((tc != NULL) == heard[i].has_tc);
        orr_msg_unref(&a.pool, tc), orr_msg_unref(&a.pool, m);
    }
    orr_pacemaker_fini(&p);
    orr_msg_unref(&a.pool, genesis);
    cluster_free(&a);
}
END_TEST

static uint32_t n_told;
static void tell_dropped(void *ctx, struct orr_block *b) {
    (void)ctx, (void)b;
    n_told++;
}

START_TEST(deciding_drops_what_can_never_be_decided_and_keeps_the_rest) {
    begin("hotstuff", 0);
    struct orr_block_tree t;
    orr_block_tree_init(&t, &a.heap.mem, &a.pool);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *m[6], *qc;
    struct orr_block *b[6];
    /* genesis <- 0 <- 1 <- 2, genesis <- 3 <- 4, 0 <- 5 */
    static const int parents[] = {-1, 0, 1, -1, 3, 0};
    for (int i = 0; i < 6; i++) {
        qc = parents[i] < 0 ? orr_msg_ref(genesis) : qc_of(m[parents[i]], 7);
        m[i] = block((uint64_t)i + 1, 0, qc, NULL, 0);
        b[i] = orr_block_add(&t, parents[i] < 0 ? t.head : b[parents[i]], m[i]);
        orr_msg_unref(&a.pool, qc);
    }
    ck_assert(orr_block_extends(b[2], b[0]) && !orr_block_extends(b[2], b[3]));
    ck_assert_ptr_eq(orr_block_next(&t, b[2]), b[0]);
    n_told = 0;
    orr_block_decide(&t, b[0], tell_dropped, NULL);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_uint_eq(t.n_open, 3);
    ck_assert_ptr_null(orr_block_find(&t, orr_proposal_of(m[4])->hash));
    ck_assert_ptr_eq(orr_block_find(&t, orr_proposal_of(m[5])->hash), b[5]);
    orr_block_decide(&t, orr_block_next(&t, b[2]), tell_dropped, NULL);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_ptr_null(orr_block_next(&t, b[1]));
    orr_block_tree_fini(&t);
    for (int i = 0; i < 6; i++) orr_msg_unref(&a.pool, m[i]);
    orr_msg_unref(&a.pool, genesis);
    cluster_free(&a);
}
END_TEST

START_TEST(leaders_come_in_turn_stay_or_are_drawn_by_stake) {
    begin("hotstuff", 0);
    static const uint64_t powers[] = {1, 0, 5, 2};
    struct orr_validator_set staked = *set;
    staked.powers = powers, staked.total_power = 8;
    uint32_t n[4] = {0};
    for (uint64_t v = 0; v < 8000; v++) {
        ck_assert_uint_eq(orr_leader_of(ORR_LEADER_TURN, set, v), v % 4);
        ck_assert_uint_eq(orr_leader_of(ORR_LEADER_FIXED, set, v), 0);
        ck_assert_uint_lt(orr_leader_of(ORR_LEADER_HASHED, set, v), 4);
        n[orr_leader_of(ORR_LEADER_STAKE, &staked, v)]++;
    }
    ck_assert(n[1] == 0 && n[0] > 900 && n[0] < 1100 && n[2] > 4800 && n[2] < 5200);
    cluster_free(&a);
}
END_TEST

ORR_TEST_MAIN("bft.hotstuff", a_block_costs_n_minus_1_proposals_and_n_minus_1_votes,
              a_hundred_decisions_cost_what_the_simulator_of_dsn_2022_counts,
              a_node_that_missed_hundreds_of_blocks_gets_them_by_hash,
              streamlet_decides_an_epoch_and_two_links_after_the_proposal,
              a_block_beside_the_lock_is_refused_unless_a_flaw_is_on,
              who_decides_against_its_lock_votes_for_nothing_older_than_it_nor_after_a_restart,
              two_qcs_of_views_that_do_not_follow_each_other_decide_by_the_flawed_rule_alone,
              a_block_on_a_lower_qc_than_its_tc_shows_is_refused,
              a_shorter_chain_of_a_later_epoch_gets_a_vote_by_the_flawed_rule_alone,
              a_leader_that_may_miss_a_lock_waits_2_delta_unless_the_flaw_is_on,
              any_flipped_bit_of_a_proposal_a_vote_or_a_timeout_is_refused,
              certificates_of_both_forms_hold_with_a_quorum_and_with_no_fewer,
              patience_grows_as_it_is_told_and_falls_back_with_a_qc,
              one_third_and_more_are_joined_and_a_quorum_makes_a_certificate,
              deciding_drops_what_can_never_be_decided_and_keeps_the_rest,
              leaders_come_in_turn_stay_or_are_drawn_by_stake)
