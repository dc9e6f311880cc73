/* PBFT as its paper has it: what a decision costs, how long it takes, what a new view keeps. */
#include <math.h>

#include "models/fault/byzantine.h"
#include "tests/models/bft/pbft/ear.h"

static orr_time equal(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return 10 * MS;
}

/* ---- what it costs ---- */

START_TEST(a_decision_takes_2n_n_minus_1_messages_3_links_and_5_for_a_client) {
    static const uint32_t sizes[] = {4, 7, 16, 64};
    for (int k = 0; k < 4; k++) {
        struct cluster c;
        uint32_t n = sizes[k];
        struct ear *ear = ear_new(&c, n, 1);
        c.delay = equal;
        cluster_start(&c);
        cluster_submit(&c, n - 1, 1, 1, 100); /* by a user of the last replica */
        cluster_run(&c, 400 * MS);
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_REQUEST], 1);
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_PRE_PREPARE], n - 1);
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_PREPARE], (n - 1) * (n - 1));
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_COMMIT], n * (n - 1));
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_REPLY], n - 1);
        ck_assert_uint_eq(c.n_sends, 2 * n * (n - 1) + n);
        ck_assert_uint_eq(ear->n_decided[1], n);
        ck_assert_int_eq(ear->last_at[1] - ear->proposed_at[1], 30 * MS);
        ck_assert_int_eq(ear->latency[n - 1], 50 * MS);
        ear_free(&c);
    }
}
END_TEST

static orr_time primary_silent(struct cluster *c, orr_peer from, orr_peer to,
                               const struct orr_msg *m) {
    (void)c, (void)to, (void)m;
    return from == 0 ? ORR_NEVER : 10 * MS;
}

/* A request to all, the backups' view changes, n - 1 new views, and a decision without one. */
START_TEST(a_silent_primary_costs_a_view_change_and_its_votes_are_missing) {
    static const uint32_t sizes[] = {4, 7, 16, 64};
    for (int k = 0; k < 4; k++) {
        struct cluster c;
        uint32_t n = sizes[k];
        struct ear *ear = ear_new(&c, n, 1);
        cluster_set(&c, "status_interval", 60000 * MS);
        ear->is_liar[0] = true;
        c.delay = primary_silent;
        cluster_start(&c);
        for (orr_peer i = 1; i < n; i++) cluster_submit(&c, i, 1, 1, 100); /* one, to all */
        cluster_run(&c, 490 * MS);
        memset(ear->n_of_kind, 0, sizeof ear->n_of_kind);
        cluster_crash(&c, 0, true);
        for (orr_peer i = 1; i < n; i++) c.nodes[i].timers[ORR_PBFT_TIMER_RETRY] = ORR_NEVER;
        cluster_run(&c, 1400 * MS);
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_VIEW_CHANGE], (n - 1) * (n - 1));
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_NEW_VIEW], n - 1);
        uint64_t height = ear->decided[1];
        ck_assert_uint_ge(height, 1);
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_PRE_PREPARE], height * (n - 1));
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_PREPARE], height * (n - 2) * (n - 1));
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_COMMIT], height * (n - 1) * (n - 1));
        ck_assert_uint_eq(ear->max_view, 1);
        ck_assert_uint_eq(ear->n_forks, 0);
        ear_free(&c);
    }
}
END_TEST

/* ---- the simulator of DSN 2022 (csienslab/BFT-Simulator) ---- */

static double normal(struct cluster *c) {
    double u = ((double)orr_rng_below(&c->rng, 1ull << 53) + 1) / 9007199254740993.0;
    double v = (double)orr_rng_below(&c->rng, 1ull << 53) / 9007199254740992.0;
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}
static orr_time by_normal(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    double ms = 250 + 50 * normal(c);
    return ms < 0 ? 0 : (orr_time)(ms * 1e6);
}

/* One decision: messages till q have decided, and when that was. */
static orr_time dsn_run(uint32_t n, uint64_t seed, uint64_t *n_messages) {
    struct cluster c;
    struct ear *ear = ear_new(&c, n, seed);
    ear_set_bool(&c, "primary_prepares", true);
    ear_set_bool(&c, "decide_broadcast", true);
    ear_set_bool(&c, "on_arrival", true);
    ear_set_bool(&c, "replies", false);
    cluster_set(&c, "checkpoint_interval", 1);
    cluster_set(&c, "timeout", 3000 * MS);
    cluster_set(&c, "retry", 100000 * MS);
    cluster_set(&c, "status_interval", 100000 * MS);
    c.delay = by_normal;
    cluster_start(&c);
    cluster_submit(&c, 0, 1, 1, 100);
    while (ear->n_decided[1] < orr_quorum(n)) ck_assert(cluster_turn(&c, 2900 * MS));
    *n_messages = c.n_sends;
    orr_time at = c.now;
    ear_free(&c);
    return at;
}

START_TEST(counts_and_latencies_are_those_of_the_simulator_of_dsn_2022) {
    static const struct { uint32_t n, runs; uint64_t messages; double ms, error; } rows[] = {
        {4, 200, 45, 733.71, 43.22 / 14.142}, {64, 10, 13545, 804.67, 6.75 / 3.162}};
    for (int k = 0; k < 2; k++) {
        double sum = 0, squares = 0;
        for (uint64_t seed = 1; seed <= rows[k].runs; seed++) {
            uint64_t messages;
            double ms = (double)dsn_run(rows[k].n, seed, &messages) / 1e6;
            ck_assert_uint_eq(messages, rows[k].messages);
            sum += ms, squares += ms * ms;
        }
        double mean = sum / rows[k].runs, own = squares / rows[k].runs - mean * mean;
        double error = sqrt(rows[k].error * rows[k].error + own / rows[k].runs);
        printf("pbft %u: %.2f ms, there %.2f\n", rows[k].n, mean, rows[k].ms);
        ck_assert_msg(fabs(mean - rows[k].ms) < 0.02 * rows[k].ms, "%u: %.2f ms", rows[k].n, mean);
        ck_assert_msg(fabs(mean - rows[k].ms) < 4 * error, "%u: %.2f ms", rows[k].n, mean);
    }
}
END_TEST

/* ---- view changes ---- */

/* Runs until nothing moves any more but timers. */
static void settle(struct cluster *c) {
    while (c->n_flights) ck_assert(cluster_turn(c, ORR_NEVER - 1));
}

static uint32_t deaf; /* bit i: COMMITs do not reach i */
static orr_time no_commits(struct cluster *c, orr_peer from, orr_peer to,
                           const struct orr_msg *m) {
    (void)c, (void)from;
    return m->kind == ORR_PBFT_COMMIT && deaf >> to & 1 ? ORR_NEVER : 10 * MS;
}

START_TEST(what_one_replica_has_executed_survives_the_view_change) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    cluster_set(&c, "timeout", 100 * MS);
    c.delay = no_commits;
    deaf = 7; /* replica 3 alone commits */
    cluster_start(&c);
    cluster_submit(&c, 1, 1, 1, 64);
    cluster_run(&c, 60 * MS);
    ck_assert_uint_eq(ear->n_decided[1], 1);
    cluster_crash(&c, 0, false);
    cluster_crash(&c, 3, false); /* who has decided is silent, too: wait for the primary */
    deaf = 0;
    cluster_run(&c, 90 * MS);
    cluster_boot(&c, 0);
    cluster_run(&c, 3000 * MS);
    ck_assert_uint_ge(ear->n_decided[1], 4);
    ck_assert_uint_eq(ear->n_forks, 0);
    ear_free(&c);
}
END_TEST

/* Which messages pass in which act of the play below. */
static int act;
static orr_time in_acts(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c;
    bool is_out = act < 2 && (from == 0 || to == 0); /* replica 0 is cut off in act 1 */
    switch (m->kind) {
    case ORR_PBFT_REQUEST:
    case ORR_PBFT_STATUS:
    case ORR_PBFT_DECISION: return ORR_NEVER;
    case ORR_PBFT_VIEW_CHANGE: return from == (act == 2 ? 3 : 0) ? ORR_NEVER : 10 * MS;
    case ORR_PBFT_PREPARE: return act == 0 && to != 0 ? ORR_NEVER : 10 * MS;
    case ORR_PBFT_COMMIT: return act == 0 || (act == 1 && to != 3) ? ORR_NEVER : 10 * MS;
    default: return act == 1 && is_out ? ORR_NEVER : 10 * MS;
    }
}

static void change_to(struct cluster *c, uint64_t view, orr_peer first) {
    for (orr_peer i = first; i < 4; i++)
        if (replica(c, i)->view < view) {
            c->nodes[i].timers[ORR_PBFT_TIMER_VIEW] = c->now;
            cluster_turn(c, c->now);
        }
    settle(c);
}

/* View 0 prepares number 1 at replica 0 alone; view 1, of the others, orders something else, which
 * replica 3 executes; view 2 hears of both certificates.  Nobody lies.  Returns the forks. */
static uint32_t two_certificates(uint32_t rule) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    cluster_set(&c, "new_view", rule);
    cluster_set(&c, "timeout", 60000 * MS);
    cluster_set(&c, "retry", 600000 * MS);
    cluster_set(&c, "status_interval", 600000 * MS);
    ear_set_bool(&c, "replies", false);
    c.delay = in_acts;
    cluster_start(&c);
    act = 0;
    cluster_submit(&c, 0, 1, 1, 64);
    settle(&c);
    ck_assert(orr_pbft_slot_at(replica(&c, 0), 1)->prepared != NULL);
    ck_assert(orr_pbft_slot_at(replica(&c, 1), 1)->prepared == NULL);
    act = 1;
    for (orr_peer i = 1; i < 4; i++) cluster_submit(&c, i, 2, 2, 64);
    change_to(&c, 1, 1);
    ck_assert_uint_eq(ear->n_decided[1], 1);
    ck_assert_uint_eq(ear->decided[3], 1);
    act = 2;
    change_to(&c, 2, 0);
    for (orr_peer i = 0; i < 4; i++) ck_assert_uint_eq(replica(&c, i)->view, 2);
    ck_assert_uint_eq(ear->n_decided[1], 4);
    uint32_t forks = ear->n_forks;
    ear_free(&c);
    return forks;
}

START_TEST(a_new_view_takes_the_certificate_of_the_highest_view_or_history_forks) {
    ck_assert_uint_eq(two_certificates(ORR_PBFT_QUORUM), 0);
    ck_assert_uint_gt(two_certificates(ORR_PBFT_FIRST_CERTIFICATE), 0);
}
END_TEST

START_TEST(patience_doubles_with_each_view_change_that_fails) {
    for (int growth = ORR_PBFT_FIXED; growth <= ORR_PBFT_LINEAR; growth++) {
        struct cluster c;
        struct ear *ear = ear_new(&c, 7, 1);
        cluster_set(&c, "timeout", 100 * MS);
        cluster_set(&c, "growth", (uint64_t)growth);
        c.delay = equal;
        cluster_start(&c);
        for (orr_peer i = 0; i < 3; i++) cluster_crash(&c, i, true); /* f + 1: no quorum */
        for (orr_peer i = 3; i < 7; i++) cluster_submit(&c, i, 1, 1, 64);
        cluster_run(&c, 20000 * MS);
        ck_assert_uint_eq(ear->n_decided[1], 0);
        ck_assert_uint_eq(ear->max_view, 1); /* without 2f + 1 view changes nobody goes on */
        ear_free(&c);
        ear = ear_new(&c, 7, 1);
        cluster_set(&c, "timeout", 100 * MS);
        cluster_set(&c, "growth", (uint64_t)growth);
        c.delay = equal;
        cluster_start(&c);
        cluster_crash(&c, 0, true), cluster_crash(&c, 1, true); /* the next two primaries */
        for (orr_peer i = 2; i < 7; i++) cluster_submit(&c, i, 1, 1, 64);
        cluster_run(&c, 3000 * MS);
        ck_assert_uint_eq(ear->max_view, 2);
        ck_assert_uint_eq(ear->n_decided[1], 5);
        ear_free(&c);
    }
}
END_TEST

/* ---- checkpoints ---- */

static void order_many(struct cluster *c, uint32_t n) {
    for (uint64_t i = 0; i < n; i++) {
        cluster_submit(c, (orr_peer)(i % 3), 1, (uint64_t)c->now, 64);
        cluster_run(c, c->now + 20 * MS);
    }
    cluster_run(c, c->now + 200 * MS);
}

START_TEST(a_stable_checkpoint_frees_the_log_and_who_missed_it_is_sent_the_state) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    cluster_set(&c, "checkpoint_interval", 10);
    cluster_set(&c, "window", 20);
    cluster_set(&c, "status_interval", 50 * MS);
    c.delay = equal;
    cluster_start(&c);
    order_many(&c, 15);
    cluster_crash(&c, 3, false);
    order_many(&c, 60);
    ck_assert_uint_eq(replica(&c, 0)->stable, 70);
    ck_assert_uint_le(c.nodes[0].n_disk, 2 + 5);
    cluster_boot(&c, 3);
    ck_assert_uint_eq(replica(&c, 3)->executed, 15); /* what it wrote */
    order_many(&c, 2);
    ck_assert_uint_eq(ear->n_adopted, 1);
    ck_assert_uint_eq(ear->decided[3], ear->decided[0]);
    ck_assert_mem_eq(replica(&c, 3)->chain, replica(&c, 0)->chain, 32);
    ck_assert_uint_eq(ear->n_forks, 0);
    cluster_crash(&c, 3, false);
    cluster_boot(&c, 3); /* the state that it was sent is durable */
    ck_assert_uint_ge(replica(&c, 3)->stable, 70);
    ck_assert_mem_eq(replica(&c, 3)->chain, replica(&c, 0)->chain, 32);
    ear_free(&c);
}
END_TEST

START_TEST(who_lags_by_many_numbers_is_as_quick_as_its_links_not_as_its_status) {
    for (uint32_t state = 0; state < 2; state++) { /* in decisions alone, and past a checkpoint */
        struct cluster c;
        struct ear *ear = ear_new(&c, 4, 1);
        cluster_set(&c, "checkpoint_interval", state ? 40 : 100);
        cluster_set(&c, "status_interval", 600000 * MS);
        c.delay = equal;
        cluster_start(&c);
        order_many(&c, 5);
        cluster_crash(&c, 3, false);
        order_many(&c, 72);
        cluster_boot(&c, 3);
        cluster_run(&c, c.now + 500 * MS);
        ck_assert_uint_eq(replica(&c, 3)->executed, 77);
        ck_assert_uint_eq(ear->n_adopted, state);
        ck_assert_mem_eq(replica(&c, 3)->chain, replica(&c, 0)->chain, 32);
        uint64_t n_status = ear->n_of_kind[ORR_PBFT_STATUS];
        ck_assert_uint_le(n_status, 3 + 3 * 5); /* to all once, then to who has answered */
        /* the same question again is not answered before its time */
        uint64_t before = ear->n_of_kind[ORR_PBFT_DECISION];
        cluster_crash(&c, 3, true);
        cluster_boot(&c, 3);
        cluster_run(&c, c.now + 500 * MS);
        ck_assert_uint_eq(ear->n_of_kind[ORR_PBFT_DECISION], before);
        ck_assert_uint_eq(ear->n_forks, 0);
        ear_free(&c);
    }
}
END_TEST

START_TEST(a_primary_orders_no_further_than_the_window_while_no_checkpoint_is_stable) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    cluster_set(&c, "checkpoint_interval", 4);
    cluster_set(&c, "window", 8);
    cluster_set(&c, "timeout", 60000 * MS);
    c.delay = no_commits;
    deaf = 15;
    cluster_start(&c);
    for (uint64_t i = 0; i < 30; i++) cluster_submit(&c, 0, 1, i, 64);
    settle(&c);
    ck_assert_uint_eq(replica(&c, 0)->next, 9);
    deaf = 0;
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_eq(ear->n_txs, 30);
    ear_free(&c);
}
END_TEST

/* ---- clients ---- */

START_TEST(requests_share_numbers_and_are_executed_once_wherever_they_were_given) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    cluster_set(&c, "batch", 10);
    cluster_set(&c, "batch_interval", 5 * MS);
    c.delay = equal;
    cluster_start(&c);
    for (uint64_t i = 0; i < 20; i++)
        for (orr_peer k = 0; k < 4; k += 1 + (i & 1)) cluster_submit(&c, k, 1, i, 64);
    cluster_run(&c, 2000 * MS);
    ck_assert_uint_eq(ear->n_txs, 20);
    ck_assert_uint_ge(ear->decided[0], 2);
    ck_assert_uint_le(ear->decided[0], 12);
    for (orr_peer k = 0; k < 4; k++) ck_assert_uint_eq(replica(&c, k)->pending.n_txs, 0);
    ear_free(&c);
}
END_TEST

static orr_time no_replies(struct cluster *c, orr_peer from, orr_peer to,
                           const struct orr_msg *m) {
    (void)c, (void)to;
    return m->kind == ORR_PBFT_REPLY && from >= 2 ? ORR_NEVER : 10 * MS;
}

START_TEST(a_client_is_done_at_f_plus_1_answers_and_not_at_2f_plus_1_when_they_do_not_come) {
    for (int read_only = 0; read_only < 2; read_only++) {
        struct cluster c;
        struct ear *ear = ear_new(&c, 4, 1);
        cluster_set(&c, "read_only", (uint64_t)read_only);
        c.delay = no_replies; /* of one liar, and of one who was sent the state */
        cluster_start(&c);
        cluster_submit(&c, 0, 1, 1, 64);
        cluster_run(&c, 5000 * MS);
        ck_assert_uint_eq(ear->n_decided[1], 4);
        ck_assert_uint_eq(ear->n_answers, !read_only);
        ear_free(&c);
    }
}
END_TEST

/* ---- WAN (F1 of the fidelity table) ---- */

/* One-way delays in 0.01 ms: half of the round trips of Delphi-BFT's four regions. */
static const uint32_t wan[4][4] = {{30, 5958, 8819, 7047},
                                   {5958, 30, 9036, 12884},
                                   {8819, 9036, 30, 15680},
                                   {7047, 12884, 15680, 30}};
static orr_time by_region(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)m;
    return (orr_time)wan[from][to] * 10000;
}

/* BFT-SMaRt in Oregon (leader), Ireland, Sao Paulo and Sydney, one client beside each replica, done
 * at the third equal answer; Ed25519 at 15.6 and 46 us. */
START_TEST(bft_smart_on_four_continents_is_met_within_2_percent) {
    static const double clients[] = {353.938, 415.892, 414.534, 437.612}, consensus = 237.142;
    struct cluster c;
    struct ear *ear = ear_new(&c, 4, 1);
    cluster_set(&c, "reply_quorum", 3);
    cluster_set(&c, "retry", 10000 * MS);
    cluster_set(&c, "status_interval", 10000 * MS);
    cluster_set(&c, "timeout", 10000 * MS);
    ear_set_bool(&c, "primary_prepares", true);
    c.delay = by_region;
    cluster_start(&c);
    for (orr_peer k = 0; k < 4; k++) {
        orr_time at = c.now;
        cluster_submit(&c, k, k, 1, 12);
        cluster_run(&c, at + 1000 * MS);
        double ms = (double)ear->latency[k] / 1e6;
        printf("client %u: %.1f ms, measured %.1f\n", k, ms, clients[k]);
        ck_assert_msg(fabs(ms - clients[k]) < 0.02 * clients[k], "client %u: %.2f", k, ms);
    }
    double ms = (double)(ear->first_at[1] - ear->proposed_at[1]) / 1e6;
    printf("first to decide: %.1f ms, the leader was measured %.1f\n", ms, consensus);
    ear_free(&c);
}
END_TEST

ORR_TEST_MAIN("bft.pbft", a_decision_takes_2n_n_minus_1_messages_3_links_and_5_for_a_client,
              a_silent_primary_costs_a_view_change_and_its_votes_are_missing,
              counts_and_latencies_are_those_of_the_simulator_of_dsn_2022,
              what_one_replica_has_executed_survives_the_view_change,
              a_new_view_takes_the_certificate_of_the_highest_view_or_history_forks,
              patience_doubles_with_each_view_change_that_fails,
              a_stable_checkpoint_frees_the_log_and_who_missed_it_is_sent_the_state,
              who_lags_by_many_numbers_is_as_quick_as_its_links_not_as_its_status,
              a_primary_orders_no_further_than_the_window_while_no_checkpoint_is_stable,
              requests_share_numbers_and_are_executed_once_wherever_they_were_given,
              a_client_is_done_at_f_plus_1_answers_and_not_at_2f_plus_1_when_they_do_not_come,
              bft_smart_on_four_continents_is_met_within_2_percent)
