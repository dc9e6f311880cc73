/* Raft as its paper promises it: what a command costs, who may lead, what survives. */
#include "tests/models/bft/raft/ear.h"

static uint64_t of_env(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

static orr_time equal(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return 10 * MS;
}

/* ---- what it costs ---- */

START_TEST(a_command_takes_two_links_at_the_leader_three_elsewhere_and_3n_minus_3_messages) {
    static const uint32_t sizes[] = {4, 7, 16, 64};
    for (int piggyback = 0; piggyback < 2; piggyback++)
        for (int k = 0; k < 4; k++) {
            struct cluster c;
            uint32_t n = sizes[k];
            struct ear *ear = ear_new(&c, n, 1);
            ear_set_bool(&c, "piggyback", piggyback);
            cluster_set(&c, "heartbeat", 100 * MS);
            c.delay = equal;
            cluster_start(&c);
            orr_peer leader = ear_leader(&c);
            cluster_run(&c, c.now + 1050 * MS);
            memset(ear->n_of_kind, 0, sizeof ear->n_of_kind);
            uint64_t height = ear->decided[leader] + 1;
            orr_time at = c.now;
            cluster_submit(&c, leader, 1, 1, 100);
            cluster_run(&c, at + 35 * MS); /* no heartbeat falls in between */
            ck_assert_uint_eq(ear->proposed_at[height], at);
            ck_assert_int_eq(ear->first_at[height], at + 20 * MS);
            uint32_t notices = piggyback ? 0 : n - 1;
            ck_assert_uint_eq(ear->n_of_kind[ORR_RAFT_APPEND], n - 1 + notices);
            ck_assert_uint_eq(ear->n_of_kind[ORR_RAFT_APPENDED], n - 1 + notices);
            if (!piggyback) ck_assert_int_eq(ear->last_at[height], at + 30 * MS);
            ear_expect(&c, 1);
            ear_free(&c);
        }
}
END_TEST

START_TEST(a_batch_goes_out_together_and_no_more_than_the_pipeline_is_under_way) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 3, 1);
    cluster_set(&c, "batch_interval", 5 * MS);
    cluster_set(&c, "batch", 4);
    cluster_set(&c, "pipeline", 8);
    c.delay = equal;
    cluster_start(&c);
    orr_peer leader = ear_leader(&c);
    cluster_run(&c, c.now + 205 * MS);
    memset(ear->n_of_kind, 0, sizeof ear->n_of_kind);
    for (uint64_t i = 0; i < 20; i++) cluster_submit(&c, leader, 1, i, 100);
    ck_assert_uint_eq(ear->n_of_kind[ORR_RAFT_APPEND], 0);
    orr_time due = c.now + 5 * MS;
    while (cluster_turn(&c, due)) {}
    ck_assert_uint_eq(ear->n_of_kind[ORR_RAFT_APPEND], 2); /* four entries to each */
    cluster_run(&c, c.now + 500 * MS);
    ck_assert_uint_eq(ear->n_txs, 20);
    ear_expect(&c, 1);
    ear_free(&c);
}
END_TEST

/* ---- clients ---- */

START_TEST(a_transaction_is_decided_once_whoever_got_it_and_however_often) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 3, 2);
    cluster_set(&c, "retry", 50 * MS);
    cluster_start(&c);
    uint64_t id = cluster_submit(&c, 0, 7, 7, 64); /* nobody leads yet */
    ck_assert_uint_eq(cluster_submit(&c, 1, 7, 7, 64), id);
    orr_peer first = ear_leader(&c);
    cluster_run(&c, c.now + 1000 * MS);
    ck_assert_uint_eq(ear->n_txs, 1);
    cluster_submit(&c, 2, 7, 8, 64);
    cluster_crash(&c, first, false);
    cluster_run(&c, c.now + 2000 * MS);
    ck_assert_uint_ge(ear->n_txs, first == 2 ? 1 : 2);
    ear_boot(&c, first);
    cluster_run(&c, c.now + 2000 * MS);
    ck_assert_uint_le(ear->n_txs, 2);
    ear_expect(&c, 2);
    ear_free(&c);
}
END_TEST

/* ---- leaders ---- */

static uint32_t parts[CLUSTER_MAX]; /* bit j of parts[i]: i reaches j */
static orr_time in_parts(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)m;
    if (!(parts[from] >> to & 1)) return ORR_NEVER;
    return MS + (orr_time)orr_rng_below(&c->rng, 4 * 1000000);
}
static void link_all(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) parts[i] = (1u << n) - 1;
}
static void cut(orr_peer a, orr_peer b) {
    parts[a] &= ~(1u << b);
    parts[b] &= ~(1u << a);
}

/* Decentralized Thoughts, 2020-12-12: servers 1, 2, 3 are linked, 4 only with 2, 5 only with 3, and
 * 3 leads when the links break.  Returns how often the leader changed in the minute behind. */
static uint32_t partial_links(bool prevote, bool check_quorum, uint64_t seed, uint64_t *commits) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 5, seed);
    ear_set_bool(&c, "prevote", prevote);
    ear_set_bool(&c, "check_quorum", check_quorum);
    c.delay = in_parts;
    link_all(5);
    cluster_start(&c);
    c.nodes[2].timers[ORR_RAFT_TIMER_ELECTION] = 1; /* 3 stands first */
    cluster_run(&c, 2000 * MS);
    ck_assert_int_eq(server(&c, 2)->role, ORR_RAFT_LEADER);
    cut(3, 0), cut(3, 2), cut(3, 4), cut(4, 0), cut(4, 1);
    uint32_t before = ear->n_leaders;
    uint64_t decided = ear->n_txs;
    for (uint64_t i = 0; i < 600; i++) {
        cluster_submit(&c, (orr_peer)(i % 3), 1, i, 64);
        cluster_run(&c, 2000 * MS + (orr_time)(i + 1) * 100 * MS);
    }
    *commits = ear->n_txs - decided;
    uint32_t changes = ear->n_leaders - before;
    ear_expect(&c, seed);
    ear_free(&c);
    return changes;
}

START_TEST(partial_links_unseat_plain_leaders_for_ever_and_not_those_with_prevote_and_quorum) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t commits;
        ck_assert_uint_ge(partial_links(false, false, seed, &commits), 20);
        ck_assert_uint_le(partial_links(true, true, seed, &commits), 3);
        ck_assert_uint_ge(commits, 590);
    }
}
END_TEST

START_TEST(a_leader_without_a_majority_steps_down_only_with_check_quorum) {
    for (int check = 0; check < 2; check++) {
        struct cluster c;
        ear_new(&c, 3, 4);
        ear_set_bool(&c, "check_quorum", check);
        c.delay = in_parts;
        link_all(3);
        cluster_start(&c);
        orr_peer leader = ear_leader(&c);
        cluster_run(&c, c.now + 300 * MS);
        cut(leader, (leader + 1) % 3), cut(leader, (leader + 2) % 3);
        cluster_run(&c, c.now + 1000 * MS);
        ck_assert_int_eq(server(&c, leader)->role == ORR_RAFT_LEADER, !check);
        ear_expect(&c, 4);
        ear_free(&c);
    }
}
END_TEST

START_TEST(a_server_that_was_cut_off_raises_no_term_with_prevote) {
    for (int prevote = 0; prevote < 2; prevote++) {
        struct cluster c;
        ear_new(&c, 3, 5);
        ear_set_bool(&c, "prevote", prevote);
        c.delay = in_parts;
        link_all(3);
        cluster_start(&c);
        orr_peer away = (ear_leader(&c) + 1) % 3;
        uint64_t term = server(&c, away)->term;
        cut(away, (away + 1) % 3), cut(away, (away + 2) % 3);
        cluster_run(&c, c.now + 3000 * MS);
        ck_assert_int_eq(server(&c, away)->term > term + 3, !prevote);
        ear_free(&c);
    }
}
END_TEST

/* ---- figure 8 ---- */

/* Only that server's patience ends, until it leads. */
static void elect(struct cluster *c, orr_peer who) {
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (c->nodes[i].is_up)
            c->nodes[i].timers[ORR_RAFT_TIMER_ELECTION] = i == who ? c->now + 1 : ORR_NEVER;
    while (server(c, who)->role != ORR_RAFT_LEADER) {
        ck_assert(cluster_turn(c, c->now + 1000 * MS));
        for (orr_peer i = 0; i < c->cohort.n; i++)
            if (i != who) c->nodes[i].timers[ORR_RAFT_TIMER_ELECTION] = ORR_NEVER;
    }
}
/* Messages go their way, and no timer fires. */
static void settle(struct cluster *c) {
    for (orr_time end = c->now + 40 * MS; c->now < end;) {
        for (orr_peer i = 0; i < c->cohort.n; i++)
            for (int k = 0; k < CLUSTER_TIMERS; k++) c->nodes[i].timers[k] = ORR_NEVER;
        if (!cluster_turn(c, end)) break;
    }
}
static void settle_once(struct cluster *c) {
    cluster_turn(c, c->now + 40 * MS);
    settle(c);
}
/* Votes pass within the part of three, entries as `carries` says. */
static uint32_t carries[CLUSTER_MAX];
static orr_time as_in_figure_8(struct cluster *c, orr_peer from, orr_peer to,
                               const struct orr_msg *m) {
    bool is_vote = m->kind == ORR_RAFT_ASK_VOTE || m->kind == ORR_RAFT_VOTE;
    bool is_answer = m->kind == ORR_RAFT_APPENDED;
    if (!is_vote && !is_answer && !(carries[from] >> to & 1)) return ORR_NEVER;
    return in_parts(c, from, to, m);
}
static void among(orr_peer a, orr_peer b, orr_peer d) {
    memset(parts, 0, sizeof parts);
    memset(carries, 0, sizeof carries);
    const orr_peer in[] = {a, b, d};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) parts[in[i]] |= 1u << in[j];
}

static struct ear *figure_8(struct cluster *c, uint32_t rule) {
    struct ear *ear = ear_new(c, 5, 8);
    cluster_set(c, "commit_rule", rule);
    cluster_set(c, "batch", 1);
    ear_set_bool(c, "prevote", false);
    ear_set_bool(c, "check_quorum", false);
    c->delay = as_in_figure_8;
    cluster_start(c);
    among(0, 1, 2);
    carries[0] = 1u << 1;
    elect(c, 0); /* (a) S1 leads, its entry reaches S2 alone */
    settle(c);
    ck_assert_uint_eq(server(c, 1)->log.n, 1);
    cluster_crash(c, 0, false);
    among(2, 3, 4);
    c->nodes[4].timers[ORR_RAFT_TIMER_ELECTION] = c->now + 1;
    elect(c, 4); /* (b) S5 leads by the votes of S3 and S4, its entry reaches nobody */
    settle(c);
    cluster_crash(c, 4, false);
    ear_boot(c, 0);
    among(0, 1, 2);
    elect(c, 0); /* (c) S1 leads again, its first entry reaches S3, and nothing behind it */
    carries[0] = 1u << 2 | 1u << 1;
    for (int k = 0; k < 20 && server(c, 2)->log.n < 1; k++) {
        c->nodes[0].timers[ORR_RAFT_TIMER_HEARTBEAT] = c->now + 1;
        for (int i = 0; i < 8 && server(c, 2)->log.n < 1; i++) cluster_turn(c, c->now + 5 * MS);
    }
    ck_assert_uint_eq(server(c, 2)->log.n, 1);
    memset(carries, 0, sizeof carries);
    settle(c);
    cluster_crash(c, 0, false);
    ear_boot(c, 4);
    among(1, 2, 4);
    parts[4] |= 1u << 3, parts[3] |= 1u << 4;
    carries[4] = 31;
    elect(c, 4); /* (d) S5 overwrites it */
    for (int k = 0; k < 20; k++) {
        c->nodes[4].timers[ORR_RAFT_TIMER_HEARTBEAT] = c->now + 1;
        settle_once(c);
    }
    return ear;
}

START_TEST(entries_of_earlier_terms_are_not_committed_by_counting) {
    struct cluster c;
    struct ear *ear = figure_8(&c, ORR_RAFT_CURRENT_TERM);
    ck_assert_uint_gt(ear->decided[4], 0);
    ear_expect(&c, 8);
    ear_free(&c);
    ear = figure_8(&c, ORR_RAFT_COUNT_ANY_TERM);
    ck_assert_uint_gt(ear->n_forks, 0); /* the ear hears the flaw of figure 8 */
    ear_free(&c);
}
END_TEST

/* ---- snapshots ---- */

START_TEST(a_server_that_lags_behind_the_cut_gets_a_snapshot_and_goes_on) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 3, 3);
    cluster_set(&c, "snapshot_interval", 20);
    cluster_set(&c, "trailing", 5);
    cluster_set(&c, "state_size", 1000);
    cluster_start(&c);
    orr_peer leader = ear_leader(&c), late = (leader + 1) % 3;
    cluster_crash(&c, late, false);
    for (uint64_t i = 0; i < 100; i++) {
        cluster_submit(&c, leader, 1, i, 64);
        cluster_run(&c, c.now + 20 * MS);
    }
    ck_assert_uint_lt(server(&c, leader)->log.n, 30);
    ck_assert_uint_lt(c.nodes[leader].n_disk, 40);
    ear_boot(&c, late);
    cluster_run(&c, c.now + 500 * MS);
    ck_assert_uint_eq(ear->n_adopted, 1);
    ck_assert_uint_eq(server(&c, late)->commit, server(&c, leader)->commit);
    for (int k = 0; k < 2; k++) { /* it comes back with what it was sent */
        uint64_t commit = server(&c, late)->commit;
        cluster_crash(&c, late, false);
        ear_boot(&c, late);
        ck_assert_uint_ge(orr_raft_log_last(&server(&c, late)->log), commit);
        cluster_run(&c, c.now + 500 * MS);
    }
    ear_expect(&c, 3);
    ear_free(&c);
}
END_TEST

/* ---- crashes ---- */

/* Power fails for all after one effect; all come back with what they wrote. */
static bool strike(uint64_t seed, uint64_t after, bool forgets) {
    struct cluster c;
    struct ear *ear = ear_new(&c, 3, seed);
    cluster_set(&c, "snapshot_interval", 6);
    cluster_set(&c, "trailing", 2);
    c.effects_left = after;
    cluster_start(&c);
    for (uint64_t i = 0; !c.is_struck && c.now < 600 * MS; i++) {
        cluster_submit(&c, (orr_peer)(i % 3), 1, i, 64);
        cluster_run(&c, c.now + 20 * MS);
    }
    bool has_struck = c.is_struck;
    for (orr_peer i = 0; i < 3; i++) cluster_crash(&c, i, forgets);
    for (uint32_t i = 0; i < c.n_flights; i++) orr_msg_unref(&c.pool, c.flights[i].msg);
    c.n_flights = 0;
    c.effects_left = 0;
    c.is_struck = false;
    uint64_t before = ear->decided[0];
    for (orr_peer i = 1; i < 3; i++) if (ear->decided[i] > before) before = ear->decided[i];
    for (orr_peer i = 0; i < 3; i++) ear_boot(&c, i);
    cluster_run(&c, c.now + 1500 * MS);
    if (!forgets) {
        ear_expect(&c, after);
        for (orr_peer i = 0; i < 3; i++)
            ck_assert_msg(ear->decided[i] > before, "struck after %lu: %lu of %lu",
                          (unsigned long)after, (unsigned long)ear->decided[i],
                          (unsigned long)before);
    }
    has_struck = forgets ? ear->n_forks || ear->n_double_votes || ear->n_rivals : has_struck;
    ear_free(&c);
    return has_struck;
}

START_TEST(power_that_fails_after_any_effect_loses_no_vote_and_no_commit) {
    uint64_t at = of_env("ORRERY_STRIKE", 0);
    if (at) strike(3, at, false);
    for (uint64_t k = 1; !at && k < 2000 && strike(3, k, false); k++) {}
}
END_TEST

START_TEST(servers_that_forget_are_found_out) {
    uint32_t n_found = 0;
    for (uint64_t k = 40; k < 400; k += 20) n_found += strike(3, k, true);
    ck_assert_uint_gt(n_found, 0);
}
END_TEST

/* ---- any schedule ---- */

static orr_time rough(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    uint64_t draw = orr_rng_below(&c->rng, 100);
    if (draw < 10) return ORR_NEVER;
    return (orr_time)orr_rng_below(&c->rng, draw < 20 ? 400 * 1000000 : 30 * 1000000);
}

static void rough_run(uint64_t seed) {
    struct cluster c;
    uint32_t n = 3 + 2 * (uint32_t)(seed % 2);
    struct ear *ear = ear_new(&c, n, seed);
    ear_set_bool(&c, "prevote", seed & 4);
    ear_set_bool(&c, "check_quorum", seed & 8);
    ear_set_bool(&c, "piggyback", seed & 16);
    cluster_set(&c, "snapshot_interval", 15);
    cluster_set(&c, "trailing", seed % 7);
    cluster_set(&c, "batch", 1 + seed % 5);
    cluster_set(&c, "pipeline", 1 + seed % 9);
    c.delay = rough;
    cluster_start(&c);
    for (uint64_t i = 0; i < 150; i++) {
        orr_peer who = (orr_peer)orr_rng_below(&c.rng, n);
        if (!c.nodes[who].is_up) ear_boot(&c, who);
        else if (orr_rng_below(&c.rng, 8) == 0) cluster_crash(&c, who, false);
        else cluster_submit(&c, who, 1, i, 64);
        cluster_run(&c, c.now + 30 * MS);
    }
    ear_expect(&c, seed);
    for (orr_peer i = 0; i < n; i++)
        if (!c.nodes[i].is_up) ear_boot(&c, i);
    c.delay = equal;
    uint64_t most = 0;
    for (orr_peer i = 0; i < n; i++) if (ear->decided[i] > most) most = ear->decided[i];
    cluster_run(&c, c.now + 3000 * MS); /* the network is good: all go on */
    cluster_submit(&c, 0, 2, 1, 64);
    cluster_run(&c, c.now + 500 * MS);
    ear_expect(&c, seed);
    for (orr_peer i = 0; i < n; i++)
        ck_assert_msg(ear->decided[i] > most && ear->decided[i] == ear->decided[0],
                      "seed %lu: %lu of %lu", (unsigned long)seed, (unsigned long)ear->decided[i],
                      (unsigned long)most);
    ear_free(&c);
}

START_TEST(whatever_is_lost_late_or_down_logs_agree_and_all_go_on_when_it_is_over) {
    uint64_t seed = of_env("ORRERY_SEED", 0), last = of_env("ORRERY_SEEDS", 200);
    for (uint64_t s = seed ? seed : 1; s <= (seed ? seed : last); s++) rough_run(s);
}
END_TEST

START_TEST(without_a_majority_nothing_is_decided) {
    for (uint32_t n = 3; n <= 6; n++) {
        struct cluster c;
        struct ear *ear = ear_new(&c, n, n);
        cluster_start(&c);
        for (orr_peer i = 0; i < n - n / 2; i++) cluster_crash(&c, i, false);
        cluster_submit(&c, n - 1, 1, 1, 64);
        cluster_run(&c, 5000 * MS);
        ck_assert(!ear->is_decided[1]);
        ear_free(&c);
    }
}
END_TEST

ORR_TEST_MAIN("bft.raft",
              a_command_takes_two_links_at_the_leader_three_elsewhere_and_3n_minus_3_messages,
              a_batch_goes_out_together_and_no_more_than_the_pipeline_is_under_way,
              a_transaction_is_decided_once_whoever_got_it_and_however_often,
              partial_links_unseat_plain_leaders_for_ever_and_not_those_with_prevote_and_quorum,
              a_leader_without_a_majority_steps_down_only_with_check_quorum,
              a_server_that_was_cut_off_raises_no_term_with_prevote,
              entries_of_earlier_terms_are_not_committed_by_counting,
              a_server_that_lags_behind_the_cut_gets_a_snapshot_and_goes_on,
              power_that_fails_after_any_effect_loses_no_vote_and_no_commit,
              servers_that_forget_are_found_out,
              whatever_is_lost_late_or_down_logs_agree_and_all_go_on_when_it_is_over,
              without_a_majority_nothing_is_decided)
