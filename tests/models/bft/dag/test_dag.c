/* The roles of the graph: what a round costs, which leaders a graph decides, what is refused. */
#include "models/base/bytes.h"
#include "models/bft/common/leader.h"
#include "models/bft/dag/dag.h"
#include "models/bft/dag/store.h"
#include "tests/models/bft/laws.h"

static const char *const roles[] = {"tusk", "bullshark", "mysticeti"};
enum { N_ROLES = 3 };

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

enum { LAST_ROUND = 10 };
static uint64_t n_sent[ORR_DAG_N_KINDS]; /* of rounds 1..LAST_ROUND */
static void count_sends(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    struct orr_statement s;
    law_sent(c, from, e);
    if (!c->protocol->report.statement(&c->common, e->msg, 0, &s)) ck_abort_msg("an ask");
    if (s.view <= LAST_ROUND) n_sent[e->msg->kind] += e->kind == ORR_CAST ? c->cohort.n - 1 : 1;
}

START_TEST(a_round_costs_a_vertex_of_each_to_each_and_with_certificates_votes_and_those_too) {
    static const uint32_t sizes[] = {4, 7, 16};
    for (uint32_t r = 0; r < N_ROLES; r++)
        for (uint32_t k = 0; k < 3; k++) {
            struct cluster c;
            law_new(&c, law_of(roles[r]), sizes[k], 1);
            uint64_t each = (uint64_t)LAST_ROUND * sizes[k] * (sizes[k] - 1);
            c.delay = links_of_10_ms;
            c.sent = count_sends;
            memset(n_sent, 0, sizeof n_sent);
            cluster_set(&c, "retry", 10000 * MS);
            cluster_start(&c);
            law_run(&c, (3 * LAST_ROUND + 2) * 10 * MS);
            ck_assert_uint_eq(n_sent[ORR_DAG_VERTEX], each);
            ck_assert_uint_eq(n_sent[ORR_DAG_VOTE], r == 2 ? 0 : each);
            ck_assert_uint_eq(n_sent[ORR_DAG_CERT], r == 2 ? 0 : each);
            law_free(&c);
        }
}
END_TEST

/* Three rounds of three links; a leader on which too few stood, as the fourth to come, waits for
 * one that stands on it, two rounds later each. */
START_TEST(tusk_decides_9_links_after_the_proposal_or_whole_waves_later) {
    struct cluster c;
    struct law_ear *ear = law_new(&c, law_of("tusk"), 4, 1);
    uint32_t n_at_once = 0, n = 0;
    c.delay = links_of_10_ms;
    cluster_start(&c);
    law_run(&c, 3000 * MS);
    ck_assert_uint_ge(law_least(&c), 20);
    for (uint64_t h = 1; h <= law_least(&c); h++, n++) {
        orr_time took = ear->decided_at[h] - ear->proposed_at[h];
        ck_assert(took >= 90 * MS && (took - 90 * MS) % (60 * MS) == 0);
        n_at_once += took == 90 * MS;
    }
    ck_assert_uint_ge(3 * n_at_once, 2 * n);
    law_free(&c);
}
END_TEST

/* ---- catching up, asynchrony, transactions ---- */

static orr_time node_0_is_cut(struct cluster *c, orr_peer from, orr_peer to,
                              const struct orr_msg *m) {
    (void)m;
    return c->now < 3000 * MS && (from == 0 || to == 0) ? ORR_NEVER : 5 * MS;
}

START_TEST(a_node_that_missed_hundreds_of_rounds_gets_them_round_by_round) {
    for (uint32_t r = 0; r < N_ROLES; r++) {
        struct cluster c;
        struct law_ear *ear = law_new(&c, law_of(roles[r]), 4, 1);
        c.delay = node_0_is_cut;
        cluster_set(&c, "retain", 800);
        cluster_start(&c);
        law_run(&c, 3000 * MS);
        ck_assert_uint_eq(ear->decided[0], 0);
        ck_assert_uint_gt(ear->decided[1], 20);
        law_run(&c, 6000 * MS);
        ck_assert_msg(ear->decided[0] + 10 >= ear->decided[1], "%s: %lu of %lu", roles[r],
                      (unsigned long)ear->decided[0], (unsigned long)ear->decided[1]);
        ck_assert_uint_eq(ear->n_forks + ear->n_gaps + ear->n_double, 0);
        law_free(&c);
    }
}
END_TEST

/* Most messages are quick, one in eight takes up to a second. */
static orr_time anything(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    bool is_slow = orr_rng_below(&c->rng, 8) == 0;
    return 1 * MS + (orr_time)orr_rng_below(&c->rng, (is_slow ? 1000 : 20) * 1000000ull);
}

START_TEST(whatever_delays_do_nothing_forks_and_leaders_go_on_being_decided) {
    for (uint32_t r = 0; r < N_ROLES; r++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct cluster c;
            struct law_ear *ear = law_new(&c, law_of(roles[r]), 7, seed);
            c.delay = anything;
            cluster_start(&c);
            law_run(&c, 5000 * MS);
            ck_assert_msg(!ear->n_forks && !ear->n_gaps && !ear->n_double && law_least(&c) >= 2,
                          "%s, seed %lu: %u forks, %u gaps, %lu decided", roles[r],
                          (unsigned long)seed, ear->n_forks, ear->n_gaps,
                          (unsigned long)law_least(&c));
            law_free(&c);
        }
}
END_TEST

/* ---- one node, by hand: what three others say, round by round ---- */

static struct cluster a;
static const struct orr_validator_set *set;
static struct orr_msg *vertices[12][4]; /* [round][author] what was said, references */

static void begin(const char *role, const char *key, uint64_t value) {
    cluster_new(&a, role, 4, 1);
    a.only = 3, a.keeps = true;
    cluster_set(&a, "retry", 1000000 * MS);
    if (key) cluster_set(&a, key, value);
    cluster_start(&a);
    set = a.common.shared;
    memset(vertices, 0, sizeof vertices);
}
static void end(void) {
    for (uint32_t r = 0; r < 12; r++)
        for (uint32_t i = 0; i < 4; i++) orr_msg_unref(&a.pool, vertices[r][i]);
    cluster_free(&a);
}

/* A vertex of an author on those of the round before by a bitmask of authors. */
static struct orr_msg *vertex(uint64_t round, uint32_t author, uint32_t on, orr_time time) {
    struct orr_vertex_ref refs[4];
    uint32_t n = 0;
    for (uint32_t i = 0; i < 4 && round > 1; i++) {
        if (!(on >> i & 1)) continue;
        refs[n] = (struct orr_vertex_ref){.round = round - 1, .author = i};
        memcpy(refs[n++].hash, orr_vertex_of(vertices[round - 1][i])->hash, 32);
    }
    struct orr_vertex_parts parts = {.round = round, .time = time, .refs = refs, .n_refs = n};
    return orr_vertex_new(&parts, author, set, &a.pool, NULL, ORR_DAG_VERTEX);
}
static uint32_t n_decided, rounds[8]; /* of the leaders, in order */
static void note_decided(void) {
    struct orr_msg *m;
    for (uint32_t i = 0; (m = cluster_told(&a, ORR_OUT_DECIDED, i)); i++)
        rounds[n_decided++ % 8] = ((const struct orr_decided *)m->data)->round;
}
static struct orr_msg *cert_of(const struct orr_msg *m, uint32_t voters) {
    const struct orr_vertex_form *form = orr_vertex_of(m);
    struct orr_ballot b = {.kind = ORR_DAG_VOTE, .view = form->round, .height = form->author + 1,
                           .justify_view = form->round - 1};
    struct orr_tally_store store;
    struct orr_vote_set votes;
    struct orr_tally *tally;
    struct orr_msg *other;
    uint64_t words[1];
    memcpy(b.block, form->hash, 32);
    orr_tally_store_init(&store, &a.heap.mem, &a.pool, set, ORR_BALLOT_BYTES);
    orr_vote_set_init(&votes, &store, words);
    for (uint32_t i = 0; i < 4; i++) {
        if (!(voters >> i & 1)) continue;
        struct orr_msg *v = orr_ballot_sign(&b, i, set, &a.pool, NULL);
        orr_vote_set_add(&votes, &store, i, v->data, v, &tally, &other);
        orr_msg_unref(&a.pool, v);
    }
    struct orr_msg *qc = orr_qc_new(votes.first, ORR_QC_LIST, set, &a.pool);
    struct orr_msg *cert = orr_msg_copy(&a.pool, ORR_DAG_CERT, qc->data, qc->len);
    orr_msg_unref(&a.pool, qc);
    orr_vote_set_clear(&votes, &store);
    orr_tally_store_fini(&store);
    return cert;
}
/* Authors of a bitmask say a vertex each; ons: what each stands on; a certificate comes too. */
static void say_round(uint64_t round, uint32_t authors, const uint32_t ons[4], bool certified) {
    for (uint32_t i = 0; i < 4; i++) {
        if (!(authors >> i & 1)) continue;
        struct orr_msg *m = vertices[round][i] = vertex(round, i, ons[i], 0);
        cluster_receive(&a, i, orr_msg_copy(&a.pool, m->kind, m->data, m->len));
        note_decided();
        if (!certified) continue;
        cluster_receive(&a, i, cert_of(m, 7));
        note_decided();
    }
}
static const uint32_t all[4] = {7, 7, 7, 7};

/* mysticeti with one leader a round, author r modulo 4 of round r; the node itself says nothing
 * beyond round 1. */
static void begin_mysticeti(void) {
    begin("mysticeti", "leaders", 1);
    cluster_set(&a, "header_delay", 1000000 * MS);
    vertices[1][3] = orr_msg_ref(cluster_said(&a, 0));
    n_decided = 0;
}

START_TEST(mysticeti_decides_by_a_quorum_of_certificates_and_with_no_fewer) {
    begin_mysticeti();
    say_round(1, 7, all, false);
    say_round(2, 7, all, false);
    say_round(3, 3, all, false);
    ck_assert_uint_eq(n_decided, 0);
    say_round(3, 4, all, false);
    ck_assert(n_decided == 1 && rounds[0] == 1);
    end();
}
END_TEST

START_TEST(mysticeti_skips_a_leader_on_whom_a_quorum_does_not_stand) {
    static const uint32_t without_1[4] = {13, 13, 13, 13};
    begin_mysticeti();
    say_round(1, 5, all, false); /* author 1, the leader, says nothing */
    say_round(2, 7, without_1, false);
    say_round(3, 7, all, false);
    say_round(4, 3, all, false);
    ck_assert_uint_eq(n_decided, 0);
    say_round(4, 4, all, false);
    ck_assert(n_decided == 1 && rounds[0] == 2);
    end();
}
END_TEST

/* Votes for round 1's leader are there, and one certificate or none in the history of the leader of
 * round 4, who is decided by round 6. */
static void leave_it_to_the_anchor(bool certified) {
    static const uint32_t votes[4] = {15, 15, 15, 13}, fewer[4] = {15, 15, 13, 13};
    static const uint32_t one_certifies[4] = {7, 14, 14, 0};
    begin_mysticeti();
    say_round(1, 7, all, false);
    say_round(2, 15, certified ? votes : fewer, false);
    say_round(3, 7, certified ? one_certifies : all, false);
    for (uint64_t r = 4; r < 6; r++) say_round(r, 7, all, false);
    say_round(6, 3, all, false);
    ck_assert_uint_eq(n_decided, 0);
    say_round(6, 4, all, false);
    ck_assert_uint_eq(n_decided, certified ? 3 : 2); /* round 3's leader is the node: skipped */
    ck_assert_uint_eq(rounds[0], certified ? 1 : 2);
    ck_assert_uint_eq(rounds[n_decided - 1], 4);
    end();
}

START_TEST(mysticeti_follows_the_anchor_where_a_leader_is_open) {
    leave_it_to_the_anchor(true);
    leave_it_to_the_anchor(false);
}
END_TEST

/* tusk and bullshark: f + 1 = 2 vertices of round 2 must stand on the leader of round 1. */
static uint32_t decided_with_support(const char *role, uint32_t n_supporters, uint64_t flaw) {
    begin(role, "support", flaw);
    vertices[1][3] = orr_msg_ref(cluster_said(&a, 0));
    n_decided = 0;
    uint32_t leader = strcmp(role, "tusk") ? 0 : orr_leader_of(ORR_LEADER_HASHED, set, 1);
    uint32_t without = 15 & ~(1u << leader), ons[4];
    for (uint32_t i = 0; i < 4; i++) ons[i] = i < n_supporters ? 15 : without;
    cluster_receive(&a, 0, cert_of(vertices[1][3], 7));
    say_round(1, 7, all, true);
    say_round(2, 7, ons, true);
    say_round(3, 7, all, true);
    uint32_t n = n_decided;
    end();
    return n;
}

START_TEST(f_plus_1_vertices_decide_the_leader_below_and_one_by_the_flawed_rule_alone) {
    for (uint32_t r = 0; r < 2; r++) {
        ck_assert_uint_eq(decided_with_support(roles[r], 0, 0), 0);
        ck_assert_uint_eq(decided_with_support(roles[r], 1, 0), 0);
        ck_assert_uint_eq(decided_with_support(roles[r], 2, 0), 1);
        ck_assert_uint_eq(decided_with_support(roles[r], 0, 1), 0);
        ck_assert_uint_eq(decided_with_support(roles[r], 1, 1), 1);
    }
}
END_TEST

/* ---- what is refused ---- */

static bool is_dropped(const struct orr_msg *m, uint32_t len, uint32_t flipped) {
    struct orr_msg *copy = orr_msg_copy(&a.pool, m->kind, m->data, len);
    if (flipped < len) copy->data[flipped] ^= (uint8_t)(1 << flipped % 8);
    cluster_receive(&a, 2, copy);
    for (uint32_t i = 0; i < a.out.n; i++)
        if (a.out.v[i].kind == ORR_OUTPUT && a.out.v[i].key == ORR_OUT_DROPPED) return true;
    return false;
}

START_TEST(flipped_bits_and_cut_messages_count_for_nothing) {
    begin("bullshark", NULL, 0);
    say_round(1, 7, all, true);
    struct orr_msg *m = vertex(2, 0, 7, 4), *cert = cert_of(m, 7);
    vertices[2][0] = orr_msg_ref(m);
    for (uint32_t len = 0; len < m->len; len++) ck_assert(is_dropped(m, len, len));
    for (uint32_t len = 0; len < cert->len; len++) ck_assert(is_dropped(cert, len, len));
    uint64_t before = a.protocol->digest(a.nodes[3].state);
    for (uint32_t i = 0; i < m->len; i++) is_dropped(m, m->len, i);
    for (uint32_t i = 0; i < cert->len; i++) is_dropped(cert, cert->len, i);
    ck_assert_uint_eq(a.protocol->digest(a.nodes[3].state), before);
    struct orr_msg *small = cert_of(m, 3);
    ck_assert(is_dropped(small, small->len, UINT32_MAX)); /* two votes are no quorum */
    ck_assert(!is_dropped(m, m->len, UINT32_MAX) && !is_dropped(cert, cert->len, UINT32_MAX));
    ck_assert_uint_ne(a.protocol->digest(a.nodes[3].state), before);
    orr_msg_unref(&a.pool, m), orr_msg_unref(&a.pool, cert), orr_msg_unref(&a.pool, small);
    end();
}
END_TEST

START_TEST(a_second_vertex_of_a_round_is_told_and_gets_no_vote_and_a_third_is_not_kept) {
    begin("tusk", NULL, 0);
    struct orr_msg *m[3];
    for (uint32_t i = 0; i < 3; i++) {
        m[i] = vertex(1, 0, 0, 2 * i);
        cluster_receive(&a, 0, orr_msg_copy(&a.pool, m[i]->kind, m[i]->data, m[i]->len));
        ck_assert_uint_eq(cluster_count(&a, ORR_SEND), i == 0); /* the vote */
        ck_assert((cluster_told(&a, ORR_OUT_EVIDENCE, 0) != NULL) == (i == 1));
    }
    uint64_t before = a.protocol->digest(a.nodes[3].state);
    cluster_receive(&a, 0, orr_msg_copy(&a.pool, m[2]->kind, m[2]->data, m[2]->len));
    ck_assert_uint_eq(a.protocol->digest(a.nodes[3].state), before);
    for (uint32_t i = 0; i < 3; i++) orr_msg_unref(&a.pool, m[i]);
    end();
}
END_TEST

START_TEST(a_vertex_on_less_than_a_quorum_or_on_refs_out_of_order_is_malformed) {
    begin("mysticeti", NULL, 0);
    say_round(1, 7, all, false);
    struct orr_msg *good = vertex(2, 0, 7, 0);
    ck_assert_ptr_nonnull(orr_vertex_of(good));
    struct orr_msg *swapped = orr_msg_copy(&a.pool, good->kind, good->data, good->len);
    uint8_t *refs = swapped->data + (orr_vertex_of(good)->refs - good->data), one[44];
    memcpy(one, refs, 44), memcpy(refs, refs + 44, 44), memcpy(refs + 44, one, 44);
    orr_vertex_decode(swapped, set, &a.pool, NULL);
    ck_assert_ptr_null(orr_vertex_of(swapped));
    memcpy(refs + 44, refs, 44); /* one of them twice */
    orr_vertex_decode(swapped, set, &a.pool, NULL);
    ck_assert_ptr_null(orr_vertex_of(swapped));
    memcpy(refs, one, 44), orr_store_le32(refs + 44 + 8, 4); /* an author that is none */
    orr_vertex_decode(swapped, set, &a.pool, NULL);
    ck_assert_ptr_null(orr_vertex_of(swapped));
    orr_msg_unref(&a.pool, good), orr_msg_unref(&a.pool, swapped);
    end();
}
END_TEST

/* ---- the store ---- */

static uint32_t n_told;
static uint64_t told[32];
static void tell(void *ctx, struct orr_vertex *v) {
    (void)ctx;
    told[n_told++ % 32] = v->round * 10 + v->author;
}
static struct orr_vertex *put(struct orr_dag *d, uint64_t round, uint32_t author, uint32_t on) {
    struct orr_msg *m = vertices[round][author] = vertex(round, author, on, 0);
    struct orr_vertex_ref ref = {.round = round, .author = author};
    memcpy(ref.hash, orr_vertex_of(m)->hash, 32);
    struct orr_vertex *v = orr_dag_add(d, &ref);
    v->msg = orr_msg_ref(m);
    v->form = orr_vertex_of(m);
    if (orr_dag_is_grounded(d, v)) orr_dag_enter(d, v);
    return v;
}

START_TEST(histories_come_in_the_order_of_rounds_and_authors_each_vertex_once) {
    begin("mysticeti", NULL, 0);
    struct orr_dag d;
    orr_dag_init(&d, &a.heap.mem, &a.pool, set, 8);
    struct orr_vertex *v[4][4];
    for (uint32_t r = 1; r <= 3; r++)
        for (uint32_t i = 0; i < 4; i++) v[r][i] = put(&d, r, i, r == 3 && i == 0 ? 13 : 7);
    ck_assert_uint_eq(orr_dag_power(&d, 2), 4);
    ck_assert(d.top == 3 && orr_dag_power(&d, 4) == 0);
    ck_assert(orr_dag_reaches(&d, v[3][0], v[1][1]) && !orr_dag_reaches(&d, v[3][0], v[1][3]));
    ck_assert(orr_dag_reaches(&d, v[3][0], v[2][3]) && !orr_dag_reaches(&d, v[3][0], v[2][1]));
    ck_assert(!orr_dag_reaches(&d, v[1][0], v[3][0]) && orr_dag_reaches(&d, v[2][0], v[2][0]));
    ck_assert(v[2][1]->is_referenced && !v[1][3]->is_referenced);
    n_told = 0;
    orr_dag_order(&d, v[2][0], 1, tell, NULL);
    static const uint64_t first[] = {10, 11, 12, 20}, second[] = {22, 23, 30};
    ck_assert_uint_eq(n_told, 4);
    ck_assert_mem_eq(told, first, sizeof first);
    n_told = 0;
    orr_dag_order(&d, v[3][0], 1, tell, NULL);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_mem_eq(told, second, sizeof second);
    n_told = 0;
    orr_dag_order(&d, v[3][1], 3, tell, NULL); /* nothing below round 3: not vertex 1 of round 2 */
    ck_assert(n_told == 1 && told[0] == 31);
    n_told = 0;
    orr_dag_forget(&d, 3, tell, NULL);
    ck_assert(n_told == 8 && !orr_dag_slot(&d, 2, 0) && orr_dag_slot(&d, 3, 0));
    ck_assert(!orr_dag_has_place(&d, 2) && orr_dag_has_place(&d, 10) &&
              !orr_dag_has_place(&d, 11));
    ck_assert(orr_dag_is_grounded(&d, v[3][2])); /* what is below the floor counts as there */
    orr_dag_fini(&d);
    end();
}
END_TEST

START_TEST(a_vertex_waits_for_what_it_stands_on) {
    begin("mysticeti", NULL, 0);
    struct orr_dag d;
    orr_dag_init(&d, &a.heap.mem, &a.pool, set, 8);
    for (uint32_t i = 0; i < 3; i++) vertices[1][i] = vertex(1, i, 0, 0);
    struct orr_vertex *late = put(&d, 2, 0, 7);
    ck_assert(!late->is_in && orr_dag_power(&d, 2) == 0);
    orr_dag_wait(&d, late), orr_dag_wait(&d, late);
    ck_assert_uint_eq(d.n_waiting, 1);
    for (uint32_t i = 0; i < 3; i++) {
        orr_msg_unref(&a.pool, vertices[1][i]);
        ck_assert(!orr_dag_is_grounded(&d, late));
        put(&d, 1, i, 0);
    }
    ck_assert(orr_dag_is_grounded(&d, late));
    orr_dag_enter(&d, late);
    orr_dag_sweep(&d);
    ck_assert_uint_eq(d.n_waiting, 0);
    orr_dag_fini(&d);
    end();
}
END_TEST

ORR_TEST_MAIN("bft.dag.dag",
              a_round_costs_a_vertex_of_each_to_each_and_with_certificates_votes_and_those_too,
              tusk_decides_9_links_after_the_proposal_or_whole_waves_later,
              a_node_that_missed_hundreds_of_rounds_gets_them_round_by_round,
              whatever_delays_do_nothing_forks_and_leaders_go_on_being_decided,
              mysticeti_decides_by_a_quorum_of_certificates_and_with_no_fewer,
              mysticeti_skips_a_leader_on_whom_a_quorum_does_not_stand,
              mysticeti_follows_the_anchor_where_a_leader_is_open,
              f_plus_1_vertices_decide_the_leader_below_and_one_by_the_flawed_rule_alone,
              flipped_bits_and_cut_messages_count_for_nothing,
              a_second_vertex_of_a_round_is_told_and_gets_no_vote_and_a_third_is_not_kept,
              a_vertex_on_less_than_a_quorum_or_on_refs_out_of_order_is_malformed,
              histories_come_in_the_order_of_rounds_and_authors_each_vertex_once,
              a_vertex_waits_for_what_it_stands_on)
