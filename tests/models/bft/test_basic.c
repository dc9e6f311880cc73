/* Basic HotStuff: what a view costs, what each phase does, flawed variants, what is refused. */
#include "models/base/bytes.h"
#include "tests/models/bft/blocks.h"
#include "tests/models/bft/laws.h"

static const struct law *basic_law(void) {
    for (uint32_t i = 0; i < N_LAWS; i++)
        if (!strcmp(laws[i].role, "hotstuff-basic")) return &laws[i];
    ck_abort_msg("no law of hotstuff-basic");
}

/* ---- complexity ---- */

enum { LAST_VIEW = 12 };
static uint64_t n_sent[ORR_HS_N_KINDS]; /* messages between two nodes, of views 1..LAST_VIEW */

/* All begin with a view, behind the kind where they begin with a ballot. */
static uint64_t view_of(const struct orr_msg *m) {
    bool has_ballot = m->kind == ORR_HS_VOTE || m->kind == ORR_HS_PRECOMMIT ||
                      m->kind == ORR_HS_COMMIT || m->kind == ORR_HS_QC;
    return orr_load_le64(m->data + has_ballot);
}
static void count_sends(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    law_sent(c, from, e);
    if (view_of(e->msg) <= LAST_VIEW)
        n_sent[e->msg->kind] += e->kind == ORR_CAST ? c->cohort.n - 1 : 1;
}
static orr_time links_of_10_ms(struct cluster *c, orr_peer from, orr_peer to,
                               const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return 10 * MS;
}

START_TEST(a_view_costs_8_messages_of_each_backup_and_8_links) {
    static const uint32_t sizes[] = {4, 7, 16, 64};
    for (uint32_t k = 0; k < 4; k++) {
        struct cluster c;
        struct law_ear *ear = law_new(&c, basic_law(), sizes[k], 1);
        uint64_t each = (uint64_t)LAST_VIEW * (sizes[k] - 1);
        c.delay = links_of_10_ms;
        c.sent = count_sends;
        memset(n_sent, 0, sizeof n_sent);
        cluster_start(&c);
        law_run(&c, (8 * LAST_VIEW + 1) * 10 * MS);
        ck_assert_uint_eq(law_least(&c), LAST_VIEW);
        for (uint64_t h = 2; h <= LAST_VIEW; h++)
            ck_assert_int_eq(ear->decided_at[h] - ear->decided_at[h - 1], 80 * MS);
        ck_assert_uint_eq(n_sent[ORR_HS_PROPOSAL], each);
        ck_assert_uint_eq(n_sent[ORR_HS_QC], 3 * each);
        ck_assert_uint_eq(n_sent[ORR_HS_VOTE], each);
        ck_assert_uint_eq(n_sent[ORR_HS_PRECOMMIT], each);
        ck_assert_uint_eq(n_sent[ORR_HS_COMMIT], each);
        ck_assert_uint_eq(n_sent[ORR_HS_NEW_VIEW], each);
        ck_assert_uint_eq(n_sent[ORR_HS_TIMEOUT] + n_sent[ORR_HS_ASK], 0);
        law_free(&c);
    }
}
END_TEST

/* Its views end by n - 1 timeouts to all, which are the new-view messages of the next leader. */
START_TEST(a_silent_leader_costs_a_timeout_of_each_to_each) {
    static const uint32_t sizes[] = {4, 7, 16};
    for (uint32_t k = 0; k < 3; k++) {
        struct cluster c;
        uint32_t n = sizes[k];
        law_new(&c, basic_law(), n, 1);
        c.delay = links_of_10_ms;
        c.sent = count_sends;
        memset(n_sent, 0, sizeof n_sent);
        cluster_start(&c);
        cluster_crash(&c, 2, false); /* leads view 2 and, of four, 6 and 10 */
        law_run(&c, 6000 * MS);
        uint64_t silent = 0;
        for (uint64_t v = 1; v <= LAST_VIEW; v++) silent += v % n == 2;
        uint64_t led = LAST_VIEW - silent;
        ck_assert_uint_ge(law_most(&c), led);
        ck_assert_uint_eq(n_sent[ORR_HS_PROPOSAL], led * (n - 1));
        ck_assert_uint_eq(n_sent[ORR_HS_QC], 3 * led * (n - 1));
        ck_assert_uint_eq(n_sent[ORR_HS_VOTE], led * (n - 2));
        ck_assert_uint_eq(n_sent[ORR_HS_TIMEOUT], silent * (n - 1) * (n - 1));
        law_free(&c);
    }
}
END_TEST

/* ---- one node, by hand: node 0 of four; view v is led by node v % 4 ---- */

static void begin_with(const char *key, uint64_t value) {
    cluster_new(&a, "hotstuff-basic", 4, 1);
    a.only = 0, a.keeps = true;
    if (key) cluster_set(&a, key, value);
    cluster_start(&a);
    set = a.common.shared;
}
static void hear_qc(const struct orr_msg *qc) {
    cluster_receive(&a, 1, orr_msg_copy(&a.pool, ORR_HS_QC, qc->data, qc->len));
}
static bool told(enum orr_output key) {
    for (uint32_t i = 0; i < a.out.n; i++)
        if (a.out.v[i].kind == ORR_OUTPUT && a.out.v[i].key == key) return true;
    return false;
}

START_TEST(each_phase_brings_a_vote_a_lock_or_a_decision) {
    begin_with(NULL, 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *prepare = qc_of(b1, 7), *precommit = qc_of_kind(b1, ORR_HS_PRECOMMIT, 11);
    struct orr_msg *commit = qc_of_kind(b1, ORR_HS_COMMIT, 14);
    ck_assert(hear(b1) && !told(ORR_OUT_LOCK));
    hear_qc(prepare);
    ck_assert(enters(1, ORR_HS_STEP_PRECOMMITTED) && told(ORR_OUT_HIGH_QC));
    ck_assert(!told(ORR_OUT_LOCK) && cluster_count(&a, ORR_WRITE) == 1);
    hear_qc(prepare); /* once */
    ck_assert_uint_eq(cluster_count(&a, ORR_SEND), 0);
    hear_qc(precommit);
    ck_assert(enters(1, ORR_HS_STEP_COMMITTED) && told(ORR_OUT_LOCK) && !told(ORR_OUT_DECIDED));
    hear_qc(commit);
    ck_assert(told(ORR_OUT_DECIDED) && enters(2, ORR_HS_STEP_ENTERED));
    ck_assert_uint_eq(cluster_said(&a, 0)->kind, ORR_HS_NEW_VIEW);
    ck_assert_uint_eq(orr_load_le64(cluster_said(&a, 0)->data), 2);
    struct orr_msg *all[] = {genesis, b1, prepare, precommit, commit};
    for (uint32_t i = 0; i < 5; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

/* Line 29: no vote of any phase behind "I give this view up". */
START_TEST(who_has_given_a_view_up_votes_in_no_phase_of_it) {
    begin_with(NULL, 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *prepare = qc_of(b1, 7), *precommit = qc_of_kind(b1, ORR_HS_PRECOMMIT, 11);
    ck_assert(hear(b1));
    a.now += 2000 * MS;
    cluster_hear(&a, ORR_TIMER, 0, 0, NULL);
    ck_assert(enters(1, ORR_HS_STEP_GIVEN_UP));
    hear_qc(prepare);
    ck_assert(cluster_count(&a, ORR_SEND) == 0 && told(ORR_OUT_HIGH_QC));
    hear_qc(precommit);
    ck_assert(cluster_count(&a, ORR_SEND) == 0 && told(ORR_OUT_LOCK));
    struct orr_msg *all[] = {genesis, b1, prepare, precommit};
    for (uint32_t i = 0; i < 4; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

/* b1 is locked; view 2's leader shows the QC of genesis. */
static bool is_taken_beside_the_lock(const char *key, uint64_t value) {
    begin_with(key, value);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *qc = qc_of_kind(b1, value == 2 ? ORR_HS_VOTE : ORR_HS_PRECOMMIT, 7);
    struct orr_msg *tc = tc_of(1, genesis), *b2 = block(2, 2, genesis, tc, 2);
    ck_assert(hear(b1));
    hear_qc(qc);
    ck_assert(enters(1, ORR_HS_STEP_COMMITTED) && !told(ORR_OUT_DECIDED));
    bool is_taken = hear(b2);
    struct orr_msg *all[] = {genesis, b1, qc, tc, b2};
    for (uint32_t i = 0; i < 5; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
    return is_taken;
}

START_TEST(a_block_beside_the_lock_is_refused_unless_a_flaw_is_on) {
    ck_assert(!is_taken_beside_the_lock(NULL, 0));
    ck_assert(!is_taken_beside_the_lock("phases", 2)); /* locked by the prepareQC */
    ck_assert(is_taken_beside_the_lock("lock", 1));
    ck_assert(is_taken_beside_the_lock("old_justify", 1));
}
END_TEST

START_TEST(a_qc_waits_for_its_block_which_is_asked_for) {
    begin_with(NULL, 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *prepare = qc_of(b1, 7), *commit = qc_of_kind(b1, ORR_HS_COMMIT, 14);
    hear_qc(commit);
    ck_assert(!told(ORR_OUT_DECIDED) && cluster_said(&a, 0)->kind == ORR_HS_ASK);
    hear_qc(prepare); /* takes no later one's place */
    hear(b1);
    ck_assert(told(ORR_OUT_DECIDED) && told(ORR_OUT_VIEW));
    struct orr_msg *all[] = {genesis, b1, prepare, commit};
    for (uint32_t i = 0; i < 4; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

/* The proposal of view 2 comes before the decision of view 1. */
START_TEST(a_block_that_is_early_gets_its_vote_when_its_view_begins) {
    begin_with(NULL, 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *prepare = qc_of(b1, 7), *commit = qc_of_kind(b1, ORR_HS_COMMIT, 14);
    struct orr_msg *b2 = block(2, 2, prepare, NULL, 0);
    ck_assert(hear(b1) && !hear(b2));
    hear_qc(commit);
    ck_assert(enters(2, ORR_HS_STEP_VOTED));
    struct orr_msg *all[] = {genesis, b1, prepare, commit, b2};
    for (uint32_t i = 0; i < 5; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

/* ---- what is refused ---- */

static bool is_dropped(const struct orr_msg *m, uint32_t len, uint32_t flipped) {
    struct orr_msg *copy = orr_msg_copy(&a.pool, m->kind, m->data, len);
    if (flipped < len) copy->data[flipped] ^= (uint8_t)(1 << flipped % 8);
    cluster_receive(&a, 2, copy);
    return told(ORR_OUT_DROPPED);
}

/* The node leads view 4, where new-view messages go. */
START_TEST(flipped_bits_and_cut_messages_count_for_nothing) {
    begin_with(NULL, 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *qc = qc_of(b1, 7), *tc = tc_of(3, genesis), *b4;
    struct orr_msg *m = orr_msg_copy(&a.pool, ORR_HS_QC, qc->data, qc->len);
    struct orr_msg *new_view = orr_msg_new(&a.pool, ORR_HS_NEW_VIEW, 8 + qc->len);
    orr_store_le64(new_view->data, 4);
    memcpy(new_view->data + 8, qc->data, qc->len);
    b4 = block(4, 0, genesis, tc, 0);
    hear(b4); /* its own leader's, as if sent before a crash: view 4 has come by the TC */
    for (uint32_t len = 0; len < m->len; len++) ck_assert(is_dropped(m, len, len));
    for (uint32_t len = 0; len < new_view->len; len++) ck_assert(is_dropped(new_view, len, len));
    uint64_t before = a.protocol->digest(a.nodes[0].state);
    for (uint32_t i = 0; i < m->len; i++) is_dropped(m, m->len, i);
    for (uint32_t i = 8; i < new_view->len; i++) is_dropped(new_view, new_view->len, i);
    ck_assert_uint_eq(a.protocol->digest(a.nodes[0].state), before);
    ck_assert(!is_dropped(new_view, new_view->len, UINT32_MAX));
    ck_assert_uint_ne(a.protocol->digest(a.nodes[0].state), before); /* its QC is higher */
    struct orr_msg *later = qc_of_kind(b1, ORR_HS_PRECOMMIT, 7), *on = block(5, 1, later, tc, 0);
    ck_assert(is_dropped(on, on->len, UINT32_MAX)); /* no block stands on a precommitQC */
    struct orr_msg *all[] = {genesis, b1, qc, tc, m, new_view, b4, later, on};
    for (uint32_t i = 0; i < 9; i++) orr_msg_unref(&a.pool, all[i]);
    cluster_free(&a);
}
END_TEST

START_TEST(the_chained_roles_take_no_message_of_the_basic_one) {
    begin("hotstuff", 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *b1 = block(1, 1, genesis, NULL, 0);
    struct orr_msg *qc = qc_of(b1, 7);
    for (uint16_t kind = ORR_HS_PRECOMMIT; kind < ORR_HS_N_KINDS; kind++) {
        cluster_receive(&a, 1, orr_msg_copy(&a.pool, kind, qc->data, qc->len));
        ck_assert(told(ORR_OUT_DROPPED));
    }
    orr_msg_unref(&a.pool, genesis), orr_msg_unref(&a.pool, b1), orr_msg_unref(&a.pool, qc);
    cluster_free(&a);
}
END_TEST

/* ---- catching up ---- */

static uint32_t n_answers(const struct orr_msg *b, uint32_t n_asks) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_asks; i++) {
        struct orr_msg *m = orr_msg_new(&a.pool, ORR_HS_ASK, 40);
        memcpy(m->data, orr_proposal_of(b)->hash, 32);
        memset(m->data + 32, 0, 8);
        cluster_receive(&a, 2, m);
        n += cluster_count(&a, ORR_SEND);
    }
    return n;
}

START_TEST(a_peer_that_asks_without_end_is_sent_a_burst_and_what_a_line_carries) {
    begin_with(NULL, 0);
    struct orr_msg *genesis = orr_qc_genesis(&a.pool), *tx = orr_msg_new(&a.pool, 0, 1 << 16);
    struct orr_qc qc;
    memset(tx->data, 1, tx->len);
    ck_assert(orr_qc_read(genesis->data, genesis->len, 4, &qc));
    struct orr_proposal_parts parts = {.view = 1, .height = 1, .parent = qc.ballot.block,
                                       .qc = &qc, .txs = &tx, .n_txs = 1};
    struct orr_msg *b1 = orr_proposal_new(&parts, 1, set, &a.pool, NULL, ORR_HS_PROPOSAL);
    ck_assert(hear(b1));
    uint32_t n_at_once = n_answers(b1, 100);
    ck_assert_uint_eq(n_at_once, (1 << 20) / b1->len);
    a.now += 5 * MS; /* 625 kB at 1 Gbit/s */
    ck_assert_uint_eq(n_at_once + n_answers(b1, 100), ((1 << 20) + 625000) / b1->len);
    cluster_receive(&a, 3, orr_msg_copy(&a.pool, ORR_HS_ASK, b1->data, 40)); /* no block's hash */
    ck_assert_uint_eq(cluster_count(&a, ORR_SEND), 0);
    orr_msg_unref(&a.pool, genesis), orr_msg_unref(&a.pool, tx), orr_msg_unref(&a.pool, b1);
    cluster_free(&a);
}
END_TEST


static orr_time node_0_is_cut(struct cluster *c, orr_peer from, orr_peer to,
                              const struct orr_msg *m) {
    (void)m;
    return c->now < 6000 * MS && (from == 0 || to == 0) ? ORR_NEVER : 5 * MS;
}

START_TEST(a_node_that_missed_many_views_catches_up) {
    struct cluster c;
    struct law_ear *ear = law_new(&c, basic_law(), 4, 1);
    c.delay = node_0_is_cut;
    cluster_start(&c);
    law_run(&c, 6000 * MS);
    ck_assert_uint_eq(ear->decided[0], 0);
    ck_assert_uint_gt(ear->decided[1], 40); /* more than one answer holds */
    law_run(&c, 9000 * MS);
    ck_assert_uint_ge(ear->decided[0] + 2, ear->decided[1]);
    ck_assert_uint_eq(ear->n_forks + ear->n_gaps + ear->n_double, 0);
    law_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.basic", a_view_costs_8_messages_of_each_backup_and_8_links,
              a_silent_leader_costs_a_timeout_of_each_to_each,
              each_phase_brings_a_vote_a_lock_or_a_decision,
              who_has_given_a_view_up_votes_in_no_phase_of_it,
              a_block_beside_the_lock_is_refused_unless_a_flaw_is_on,
              a_qc_waits_for_its_block_which_is_asked_for,
              a_block_that_is_early_gets_its_vote_when_its_view_begins,
              flipped_bits_and_cut_messages_count_for_nothing,
              the_chained_roles_take_no_message_of_the_basic_one,
              a_peer_that_asks_without_end_is_sent_a_burst_and_what_a_line_carries,
              a_node_that_missed_many_views_catches_up)
