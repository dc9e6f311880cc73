/* What no correct replica sends: every message cut short, or with any byte changed, is refused or
 * changes nothing that was promised; seeded mistakes are found. */
#include "models/fault/byzantine.h"
#include "tests/models/bft/pbft/ear.h"

/* ---- foreign bytes ---- */

static struct orr_msg *samples[ORR_PBFT_N_KINDS];
static void keep_samples(struct cluster *c, orr_peer from, const struct orr_effect *e) {
    ear_sent(c, from, e);
    if (!samples[e->msg->kind] && (e->peer == 3 || from == 2))
        samples[e->msg->kind] = orr_msg_ref(e->msg);
}

/* A run in which each kind of message is sent. */
static void gather(struct cluster *c) {
    cluster_set(c, "checkpoint_interval", 4);
    cluster_set(c, "window", 8);
    cluster_set(c, "timeout", 100 * MS);
    cluster_set(c, "retry", 30 * MS);
    cluster_set(c, "status_interval", 30 * MS);
    c->sent = keep_samples;
    cluster_start(c);
    for (uint64_t i = 0; i < 40; i++) {
        if (i == 5) cluster_crash(c, 3, false);
        if (i == 20) cluster_boot(c, 3);
        if (i == 25) cluster_crash(c, 0, false);
        if (i == 32) cluster_boot(c, 0);
        cluster_submit(c, 1 + (orr_peer)(i % 2), 1, i, 40);
        cluster_run(c, c->now + 60 * MS);
    }
    c->sent = ear_sent;
}

START_TEST(no_message_that_is_cut_or_changed_brings_a_replica_down_or_makes_it_fork) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    memset(samples, 0, sizeof samples);
    gather(&c);
    uint32_t n_kinds = 0;
    for (uint16_t kind = 0; kind < ORR_PBFT_N_KINDS; kind++) {
        const struct orr_msg *m = samples[kind];
        if (!m) continue;
        n_kinds++;
        uint32_t step = m->len < 600 ? 1 : m->len / 300;
        for (uint32_t at = 0; at <= m->len; at += step)
            for (int how = 0; how < 2; how++) {
                if (how && at == m->len) continue;
                struct orr_msg *bad =
                    orr_msg_copy(&c.pool, kind, m->data, how ? m->len : at);
                if (how) bad->data[at] ^= (uint8_t)(1 + at % 255);
                ck_assert_int_eq(cluster_step(&c, 1, (struct orr_event){
                                                  .kind = ORR_RECV, .peer = 2, .msg = bad}), 0);
                orr_msg_unref(&c.pool, bad);
            }
    }
    ck_assert_uint_ge(n_kinds, 10);
    ck_assert_uint_gt(ear->n_dropped, 1000);
    cluster_run(&c, c.now + 500 * MS);
    for (uint64_t i = 0; i < 5; i++) cluster_submit(&c, 1, 9, i, 40);
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_eq(ear->n_forks, 0);
    ck_assert_uint_eq(replica(&c, 1)->pending.n_txs, 0); /* it goes on */
    for (int i = 0; i < ORR_PBFT_N_KINDS; i++) orr_msg_unref(&c.pool, samples[i]);
    ear_free(&c);
}
END_TEST

/* ---- certificates ---- */

static struct orr_msg *cert_of(struct cluster *c, const uint32_t *signers, uint32_t n) {
    struct orr_msg *m = orr_msg_new(&c->pool, 0, ORR_PBFT_CERT_BYTES + n * ORR_PBFT_SIG_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    struct orr_pbft_vote v = {.view = 1, .number = 5, .digest = {9}};
    orr_write_u8(&w, ORR_PBFT_PREPARE);
    orr_write_u64(&w, v.view);
    orr_write_u64(&w, v.number);
    orr_write_bytes(&w, v.digest, 32);
    orr_write_u32(&w, n);
    for (uint32_t i = 0; i < n; i++) {
        v.replica = signers[i];
        v.kind = v.replica == 1 ? ORR_PBFT_PRE_PREPARE : ORR_PBFT_PREPARE;
        orr_pbft_vote_sign(&v, c->common.shared, NULL);
        orr_write_u32(&w, v.replica);
        orr_write_bytes(&w, v.signature, 64);
    }
    ck_assert(!w.bad && w.p == w.end);
    return m;
}

static bool is_good(struct cluster *c, const struct orr_msg *m, bool looks) {
    struct orr_pbft_cert cert;
    return orr_pbft_cert_read(m->data, m->len, &cert) && cert.len == m->len &&
           orr_pbft_cert_verify(&cert, c->common.shared, 3, looks, NULL);
}

START_TEST(a_prepared_certificate_needs_a_quorum_of_different_signers_with_the_primary) {
    struct cluster c;
    ear_new(&c, 4, 1);
    cluster_start(&c);
    static const struct { uint32_t n, signers[4]; bool good, good_unlooked; } cases[] = {
        {3, {1, 0, 2}, true, true},   {4, {1, 0, 2, 3}, true, true}, {2, {1, 0}, false, false},
        {3, {0, 2, 3}, false, false}, {3, {1, 0, 0}, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_msg *m = cert_of(&c, cases[i].signers, cases[i].n);
        ck_assert_int_eq(is_good(&c, m, true), cases[i].good);
        ck_assert_int_eq(is_good(&c, m, false), cases[i].good_unlooked); /* no-signer-check */
        for (uint32_t at = 0; cases[i].good && at < m->len; at += 7) {
            m->data[at] ^= 1;
            ck_assert_msg(!is_good(&c, m, true), "byte %u", at);
            m->data[at] ^= 1;
        }
        orr_msg_unref(&c.pool, m);
    }
    ear_free(&c);
}
END_TEST

/* ---- seeded mistakes ---- */

static orr_time jitter(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    return 2 * MS + (orr_time)orr_rng_below(&c->rng, 30 * 1000000);
}

/* One of four equivocates, or power fails for all; what goes wrong with a mistake. */
static uint32_t wrongs_of(enum orr_pbft_bug bug, uint64_t seed) {
    struct cluster c;
    struct orr_protocol wrapped;
    struct ear *ear = ear_new(&c, 4, seed);
    cluster_set(&c, "bug", bug);
    cluster_set(&c, "timeout", 80 * MS);
    cluster_set(&c, "retry", 30 * MS);
    cluster_set(&c, "status_interval", 30 * MS);
    c.delay = jitter;
    struct orr_byzantine_config lie = {.inner = c.protocol, .inner_cfg = c.config, .id = 1,
                                       .behaviour = ORR_BEHAVIOUR_EQUIVOCATE, .on = true,
                                       .p = 1000000000, .split = 500000000};
    ck_assert_int_eq(orr_byzantine_wrap(&lie, &wrapped), 0);
    orr_peer liar = (orr_peer)(seed % 2);
    c.nodes[liar].protocol = &wrapped;
    c.nodes[liar].config = &lie;
    ear->is_liar[liar] = true;
    cluster_start(&c);
    for (uint64_t i = 0; i < 12; i++) {
        cluster_submit(&c, (orr_peer)(i % 4), 1, i, 40);
        cluster_run(&c, c.now + 25 * MS);
        if (i == 6)
            for (orr_peer k = 0; k < 4; k++) {
                cluster_crash(&c, k, false);
                cluster_boot(&c, k);
            }
    }
    cluster_run(&c, c.now + 1500 * MS);
    uint32_t wrongs = ear->n_forks;
    ear_free(&c);
    return wrongs;
}

START_TEST(mistakes_that_make_replicas_disagree_are_found_by_a_liar_and_none_without_them) {
    static const enum orr_pbft_bug bugs[] = {ORR_PBFT_BUG_QUORUM_2F, ORR_PBFT_BUG_NONE};
    for (int k = 0; k < 2; k++) {
        uint32_t wrongs = 0;
        for (uint64_t seed = 1; seed <= 30; seed++) wrongs += wrongs_of(bugs[k], seed);
        ck_assert_msg((wrongs > 0) == (bugs[k] != ORR_PBFT_BUG_NONE), "bug %d: %u forks",
                      (int)bugs[k], wrongs);
    }
}
END_TEST

ORR_TEST_MAIN("bft.pbft.hostile",
              no_message_that_is_cut_or_changed_brings_a_replica_down_or_makes_it_fork,
              a_prepared_certificate_needs_a_quorum_of_different_signers_with_the_primary,
              mistakes_that_make_replicas_disagree_are_found_by_a_liar_and_none_without_them)
