/* What every BFT protocol owes, tried on each role of laws.h: no fork with f liars of any
 * behaviour, no two statements in one slot whatever crashes when, progress once the network is
 * good, nothing decided without a quorum, the links that its paper counts.  A failure names what
 * replays it. */
#include "tests/models/bft/laws.h"

static uint64_t of_env(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

enum { LIE_FIELDS = 64 };
struct lie {
    const struct orr_msg_field *fields[LIE_FIELDS];
    struct orr_byzantine_config config;
    struct orr_protocol protocol;
};

static const int64_t delays[] = {5 * 1000000, 40 * 1000000, 200 * 1000000};

/* Makes a node of a cluster that has not started lie from the start. */
static void make_liar(struct cluster *c, struct lie *lie, enum orr_behaviour behaviour,
                      orr_peer node) {
    lie->config = (struct orr_byzantine_config){
        .inner = c->protocol, .inner_cfg = c->config, .id = 1, .behaviour = behaviour, .on = true,
        .p = behaviour == ORR_BEHAVIOUR_CORRUPT ? 500000000 : 1000000000, .split = 500000000,
        .delays_ns = delays, .n_delays = 3, .change = ORR_N_CHANGES, .fields = lie->fields};
    for (const struct orr_msg_field *f = c->protocol->fault.fields; f && f->name; f++)
        lie->fields[lie->config.n_fields++] = f;
    ck_assert_uint_le(lie->config.n_fields, LIE_FIELDS);
    if (!orr_byzantine_knows(c->protocol, behaviour)) lie->config.behaviour = ORR_BEHAVIOUR_MUTE;
    ck_assert_int_eq(orr_byzantine_wrap(&lie->config, &lie->protocol), 0);
    ck_assert_uint_le(lie->protocol.n_timers, CLUSTER_TIMERS);
    c->nodes[node].protocol = &lie->protocol;
    c->nodes[node].config = &lie->config;
    ((struct law_ear *)c->ctx)->is_liar[node] = true;
}

static orr_time jitter(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    return 2 * MS + (orr_time)orr_rng_below(&c->rng, 16 * 1000000);
}

static void lie_to(const struct law *law, enum orr_behaviour behaviour, uint64_t seed) {
    struct cluster c;
    struct lie lie;
    struct law_ear *ear = law_new(&c, law, 4, seed);
    c.delay = jitter;
    make_liar(&c, &lie, behaviour, (orr_peer)(seed % 4));
    cluster_start(&c);
    law_run(&c, 600 * MS);
    ck_assert_msg(!ear->n_forks && !ear->n_double && !ear->n_accused && !ear->n_gaps,
                  "%s, behaviour %d: %u forks, %u double statements, %u accused, %u gaps; "
                  "replay: ORRERY_SEED=%lu",
                  law->role, (int)behaviour, ear->n_forks, ear->n_double, ear->n_accused,
                  ear->n_gaps, (unsigned long)seed);
    law_free(&c);
}

START_TEST(no_liar_of_four_makes_the_others_fork_or_sign_twice) {
    uint64_t seed = of_env("ORRERY_SEED", 0);
    uint64_t last = of_env("ORRERY_SEEDS", getenv("EVERY") ? 200 : 20); /* at night all */
    for (uint32_t i = 0; i < N_LAWS; i++)
        for (int b = 0; b < ORR_N_BEHAVIOURS; b++)
            for (uint64_t s = seed ? seed : 1; s <= (seed ? seed : last); s++)
                lie_to(&laws[i], (enum orr_behaviour)b, s);
}
END_TEST

/* Power fails for all after one effect; all come back with what they wrote. */
static bool strike(const struct law *law, uint64_t seed, uint64_t after) {
    struct cluster c;
    struct law_ear *ear = law_new(&c, law, 4, seed);
    c.delay = jitter;
    c.effects_left = after;
    cluster_start(&c);
    while (!c.is_struck && c.now < 400 * MS) law_run(&c, c.now + 5 * MS);
    bool has_struck = c.is_struck;
    for (orr_peer i = 0; i < 4; i++) cluster_crash(&c, i, false);
    for (uint32_t i = 0; i < c.n_flights; i++) orr_msg_unref(&c.pool, c.flights[i].msg);
    c.n_flights = 0;
    c.effects_left = 0;
    c.is_struck = false;
    uint64_t before = law_most(&c);
    for (orr_peer i = 0; i < 4; i++) cluster_boot(&c, i);
    law_run(&c, c.now + law->recovers * MS);
    ck_assert_msg(!ear->n_forks && !ear->n_double && !ear->n_gaps && law_least(&c) > before,
                  "%s: %u forks, %u double statements, %u gaps, decided %lu after %lu; "
                  "replay: ORRERY_SEED=%lu ORRERY_STRIKE=%lu",
                  law->role, ear->n_forks, ear->n_double, ear->n_gaps,
                  (unsigned long)law_least(&c), (unsigned long)before, (unsigned long)seed,
                  (unsigned long)after);
    law_free(&c);
    return has_struck;
}

START_TEST(power_that_fails_after_any_effect_makes_nobody_sign_twice_and_all_go_on) {
    uint64_t seed = of_env("ORRERY_SEED", 3), at = of_env("ORRERY_STRIKE", 0);
    uint64_t stride = of_env("ORRERY_STRIDE", 19);
    for (uint32_t i = 0; i < N_LAWS; i++)
        if (at) strike(&laws[i], seed, at);
        else
            for (uint64_t k = 1; k <= 600 && strike(&laws[i], seed, k); k += stride) {}
}
END_TEST

static orr_time good_from;
static orr_time bad_before(struct cluster *c, orr_peer from, orr_peer to,
                           const struct orr_msg *m) {
    if (c->now >= good_from) return jitter(c, from, to, m);
    return orr_rng_below(&c->rng, 2) ? ORR_NEVER
                                     : (orr_time)orr_rng_below(&c->rng, 300 * 1000000);
}

START_TEST(once_the_network_is_good_all_decide_within_the_bound_of_views) {
    for (uint32_t i = 0; i < N_LAWS; i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct cluster c;
            struct law_ear *ear = law_new(&c, &laws[i], 4, seed);
            c.delay = bad_before;
            good_from = 1000 * MS;
            cluster_start(&c);
            law_run(&c, good_from);
            uint64_t before = law_most(&c);
            law_run(&c, good_from + laws[i].recovers * MS);
            ck_assert_msg(law_least(&c) > before && !ear->n_forks && !ear->n_double,
                          "%s, seed %lu: %lu heights, %lu when it got good", laws[i].role,
                          (unsigned long)seed, (unsigned long)law_least(&c),
                          (unsigned long)before);
            law_free(&c);
        }
}
END_TEST

START_TEST(with_f_silent_all_go_on_and_with_one_more_nobody_decides) {
    static const uint32_t sizes[] = {4, 5, 7, 8}; /* 3f + 1 and 3f + 2 */
    for (uint32_t i = 0; i < N_LAWS; i++)
        for (uint32_t k = 0; k < 4; k++)
            for (uint32_t more = 0; more < 2; more++) {
                struct cluster c;
                struct lie lies[3];
                uint32_t n = sizes[k], f = (n - 1) / 3;
                struct law_ear *ear = law_new(&c, &laws[i], n, k + 1);
                for (uint32_t m = 0; m < f + more; m++)
                    make_liar(&c, &lies[m], ORR_BEHAVIOUR_MUTE, (k + 3 * m) % n);
                cluster_start(&c);
                law_run(&c, 2 * laws[i].recovers * MS);
                ck_assert_uint_eq(ear->n_forks, 0);
                ck_assert_msg(more ? law_most(&c) == 0 : law_least(&c) > 0,
                              "%s, %u silent of %u: %lu..%lu heights", laws[i].role, f + more, n,
                              (unsigned long)law_least(&c), (unsigned long)law_most(&c));
                law_free(&c);
            }
}
END_TEST

static orr_time equal(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return LAW_LINK * MS;
}

START_TEST(a_proposal_is_decided_by_all_after_the_links_of_its_paper) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        struct cluster c;
        struct law_ear *ear = law_new(&c, &laws[i], 4, 1);
        c.delay = equal;
        cluster_start(&c);
        law_run(&c, 2000 * MS);
        ck_assert_msg(law_least(&c) >= 5, "%s decided %lu", laws[i].role,
                      (unsigned long)law_least(&c));
        for (uint64_t h = 2; laws[i].links && h <= law_least(&c); h++) {
            if (!ear->proposed_at[h]) continue;
            orr_time took = ear->decided_at[h] - ear->proposed_at[h];
            ck_assert_msg(took == laws[i].links * LAW_LINK * MS, "%s, height %lu: %ld ns",
                          laws[i].role, (unsigned long)h, (long)took);
        }
        law_free(&c);
    }
}
END_TEST

static uint64_t digest_of_run(const struct law *law, uint64_t seed) {
    struct cluster c;
    law_new(&c, law, 4, seed);
    c.delay = jitter;
    cluster_start(&c);
    law_run(&c, 500 * MS);
    uint64_t digest = 0;
    for (orr_peer i = 0; i < 4; i++) {
        uint64_t own = c.protocol->digest(c.nodes[i].state);
        digest = orr_hash64(digest, &own, sizeof own);
    }
    law_free(&c);
    return digest;
}

START_TEST(equal_runs_have_equal_digests_and_other_seeds_others) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        ck_assert_uint_eq(digest_of_run(&laws[i], 1), digest_of_run(&laws[i], 1));
        ck_assert_uint_ne(digest_of_run(&laws[i], 1), digest_of_run(&laws[i], 2));
    }
}
END_TEST

/* Nodes that have done the same stand alike, and statements are heard of every one. */
static uint64_t seen[64];
static uint32_t n_seen;
static void count_txs(struct cluster *c, orr_peer node, uint32_t key, const struct orr_msg *m) {
    law_output(c, node, key, m);
    if (node || key != ORR_OUT_DECIDED) return;
    const struct orr_decided *d = (const struct orr_decided *)m->data;
    for (uint32_t i = 0; i < d->n_txs && n_seen < 64; i++) seen[n_seen++] = d->txs[i];
}

START_TEST(each_transaction_is_decided_once_by_the_id_that_clients_know) {
    for (uint32_t r = 0; r < N_LAWS; r++) {
        struct cluster c;
        uint64_t ids[40];
        law_new(&c, &laws[r], 4, 1);
        c.output = count_txs;
        n_seen = 0;
        cluster_start(&c);
        for (uint32_t i = 0; i < 40; i++) {
            ids[i] = cluster_submit(&c, i % 4, 1, i, 50 + i);
            cluster_run(&c, c.now + 7 * MS);
        }
        cluster_run(&c, c.now + 500 * MS);
        ck_assert_msg(n_seen == 40, "%s: %u", laws[r].role, n_seen);
        for (uint32_t i = 0; i < 40; i++) {
            uint32_t n = 0;
            for (uint32_t k = 0; k < 40; k++) n += seen[k] == ids[i];
            ck_assert_msg(n == 1, "%s: transaction %u, %u times", laws[r].role, i, n);
        }
        law_free(&c);
    }
}
END_TEST

START_TEST(every_role_says_what_its_messages_state_and_where_it_stands) {
    for (uint32_t i = 0; i < N_LAWS; i++) {
        struct cluster c;
        struct law_ear *ear = law_new(&c, &laws[i], 4, 1);
        c.delay = equal;
        cluster_start(&c);
        law_run(&c, 1000 * MS);
        bool has_said[4] = {false};
        for (uint32_t k = 0; k < ear->said_cap; k++)
            if (ear->said[k].signer) has_said[ear->said[k].signer - 1] = true;
        for (orr_peer p = 0; p < 4; p++) {
            struct orr_stand stand;
            c.protocol->report.stand(c.nodes[p].state, &stand);
            ck_assert_uint_eq(stand.height, (uint16_t)ear->decided[p]);
            ck_assert_msg(has_said[p], "%s: nothing that %u says is a statement", laws[i].role, p);
        }
        law_free(&c);
    }
}
END_TEST

/* The ear itself: two values in one slot, and only that, are heard as two. */
START_TEST(the_ear_hears_a_second_statement_in_a_slot) {
    struct cluster c;
    struct law_ear *ear = law_new(&c, &laws[0], 4, 1);
    struct orr_statement s = {.signer = 1, .kind = 2, .height = 3, .view = 4};
    law_say(ear, &s);
    law_say(ear, &s);
    s.justify_view = 9;
    law_say(ear, &s);
    ck_assert_uint_eq(ear->n_double, 0);
    s.value[31] = 1;
    for (int i = 0; i < 4; i++) {
        struct orr_statement other = s;
        *(i == 0 ? &other.signer : &other.kind) += 1;
        if (i > 1) other.kind--, *(i == 2 ? &other.height : &other.view) += 1;
        law_say(ear, &other);
    }
    ck_assert_uint_eq(ear->n_double, 0);
    law_say(ear, &s);
    ck_assert_uint_eq(ear->n_double, 1);
    cluster_start(&c);
    law_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.laws", no_liar_of_four_makes_the_others_fork_or_sign_twice,
              power_that_fails_after_any_effect_makes_nobody_sign_twice_and_all_go_on,
              once_the_network_is_good_all_decide_within_the_bound_of_views,
              with_f_silent_all_go_on_and_with_one_more_nobody_decides,
              a_proposal_is_decided_by_all_after_the_links_of_its_paper,
              equal_runs_have_equal_digests_and_other_seeds_others,
              each_transaction_is_decided_once_by_the_id_that_clients_know,
              every_role_says_what_its_messages_state_and_where_it_stands,
              the_ear_hears_a_second_statement_in_a_slot)
