/* Raft's members: who may vote, how that changes while servers crash and messages are lost, and
 * what a server knows of it when it comes back. */
#include "tests/models/bft/raft/ear.h"

static uint64_t of_env(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

/* A cluster of n of which the last ones have no vote. */
static struct ear *members_new(struct cluster *c, uint32_t n, uint32_t n_voters, uint64_t seed) {
    struct ear *ear = ear_new(c, n, seed);
    for (uint32_t i = n_voters; i < n; i++) c->stakes[i] = 0;
    return ear;
}

/* Asks at a server for the power of another. */
static void ask(struct cluster *c, orr_peer at, orr_peer of, uint64_t power, uint64_t number) {
    struct orr_tx_order order = {.is_power = true, .of = of, .power = power, .client = 99,
                                 .number = number};
    struct orr_msg *tx = c->protocol->workload.make_tx(NULL, &c->common, &order);
    cluster_step(c, at, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_TX, .msg = tx});
    orr_msg_unref(&c->pool, tx);
}

static uint8_t part(const struct cluster *c, orr_peer at, orr_peer of) {
    return server(c, at)->members.part[of];
}

static orr_time equal(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)from, (void)to, (void)m;
    return 10 * MS;
}

/* ---- what votes are for ---- */

START_TEST(a_learner_is_sent_everything_and_neither_votes_nor_leads) {
    struct cluster c;
    struct ear *ear = members_new(&c, 4, 1, 1);
    cluster_start(&c);
    ck_assert_uint_eq(ear_leader(&c), 0);
    cluster_submit(&c, 3, 1, 1, 64);
    cluster_run(&c, c.now + 2000 * MS);
    ck_assert_uint_eq(ear->n_txs, 1);
    ck_assert_uint_eq(ear->decided[3], ear->decided[0]); /* one vote of one was enough */
    uint64_t decided = ear->decided[0];
    cluster_crash(&c, 0, false);
    cluster_run(&c, c.now + 5000 * MS);
    for (orr_peer i = 1; i < 4; i++) ck_assert_int_eq(server(&c, i)->role, ORR_RAFT_FOLLOWER);
    ck_assert_uint_eq(ear->decided[3], decided);
    ear_expect(&c, 1);
    ear_free(&c);
}
END_TEST

/* It is one that hears no leader, though it does not stand itself: so it may elect another. */
START_TEST(a_learner_that_others_think_a_voter_gives_its_vote) {
    struct cluster c;
    members_new(&c, 3, 2, 6);
    cluster_start(&c);
    orr_peer leader = ear_leader(&c), other = 1 - leader;
    cluster_run(&c, c.now + 300 * MS);
    cluster_crash(&c, 2, false);
    ask(&c, leader, 2, 1, 1);
    cluster_run(&c, c.now + 300 * MS);
    ask(&c, leader, other, 0, 2);
    ear_boot(&c, 2); /* for as long as the second change takes, which it does not hear of */
    cluster_run(&c, c.now + 35 * MS);
    cluster_crash(&c, 2, true);
    cluster_run(&c, c.now + 300 * MS);
    cluster_crash(&c, leader, false);
    ear_boot(&c, 2); /* without its disk it knows of neither */
    cluster_run(&c, c.now + 1000 * MS);
    ck_assert_uint_eq(part(&c, 2, 2), ORR_RAFT_LEARNER);
    ear_boot(&c, leader);
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_uint_eq(part(&c, leader, other), ORR_RAFT_LEARNER);
    ck_assert_uint_eq(part(&c, 2, 2), ORR_RAFT_VOTER);
    ck_assert_int_eq(server(&c, leader)->role, ORR_RAFT_LEADER);
    ear_free(&c);
}
END_TEST

START_TEST(who_is_given_a_vote_counts_and_who_loses_it_does_not) {
    for (int joint = 0; joint < 2; joint++) {
        struct cluster c;
        struct ear *ear = members_new(&c, 5, 3, 2);
        ear_set_bool(&c, "joint", joint);
        cluster_start(&c);
        orr_peer leader = ear_leader(&c);
        ask(&c, (leader + 1) % 3, 3, 1, 1); /* one behind the other, by two servers */
        ask(&c, (leader + 2) % 3, 4, 7, 2);
        cluster_run(&c, c.now + 3000 * MS);
        for (orr_peer i = 0; i < 5; i++)
            for (orr_peer k = 0; k < 5; k++) ck_assert_uint_eq(part(&c, i, k), ORR_RAFT_VOTER);
        cluster_crash(&c, (leader + 1) % 3, false); /* of three a majority, of five none */
        cluster_crash(&c, (leader + 2) % 3, false);
        cluster_submit(&c, leader, 1, 1, 64);
        cluster_run(&c, c.now + 1000 * MS);
        ck_assert_uint_eq(ear->n_txs, 3);
        ask(&c, 3, (leader + 1) % 3, 0, 3);
        cluster_run(&c, c.now + 2000 * MS);
        ask(&c, 4, (leader + 2) % 3, 0, 4);
        cluster_run(&c, c.now + 2000 * MS);
        ck_assert_uint_eq(part(&c, 4, (leader + 2) % 3), ORR_RAFT_LEARNER);
        cluster_crash(&c, 4, false); /* two of three are left */
        cluster_submit(&c, leader, 1, 2, 64);
        cluster_run(&c, c.now + 2000 * MS);
        ck_assert_uint_eq(ear->n_txs, 6);
        ear_expect(&c, 2);
        ear_free(&c);
    }
}
END_TEST

START_TEST(a_leader_without_a_vote_steps_down_and_the_others_go_on) {
    for (int step_down = 0; step_down < 2; step_down++) {
        struct cluster c;
        struct ear *ear = members_new(&c, 4, 4, 3);
        ear_set_bool(&c, "step_down", step_down);
        c.delay = equal;
        cluster_start(&c);
        orr_peer leader = ear_leader(&c);
        cluster_run(&c, c.now + 200 * MS); /* till an entry of its term is committed */
        uint64_t term = server(&c, leader)->term;
        ask(&c, leader, leader, 0, 1);
        cluster_run(&c, c.now + 45 * MS);
        ck_assert_int_eq(server(&c, leader)->role == ORR_RAFT_LEADER, !step_down);
        for (orr_peer i = 0; i < 4; i++) ck_assert_uint_eq(part(&c, i, leader), ORR_RAFT_LEARNER);
        cluster_run(&c, c.now + 2000 * MS);
        cluster_submit(&c, leader, 1, 1, 64);
        cluster_run(&c, c.now + 1000 * MS);
        ck_assert_uint_eq(ear->n_txs, 2);
        ck_assert_int_eq(server(&c, leader)->term > term, step_down);
        ear_expect(&c, 3);
        ear_free(&c);
    }
}
END_TEST

static bool is_deaf; /* the heir */
static orr_time equal_to_all_but_heirs(struct cluster *c, orr_peer from, orr_peer to,
                                       const struct orr_msg *m) {
    return is_deaf && m->kind == ORR_RAFT_STAND ? ORR_NEVER : equal(c, from, to, m);
}

static orr_peer leader_of_term(const struct cluster *c, uint64_t term) {
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (server(c, i)->role == ORR_RAFT_LEADER && server(c, i)->term == term) return i;
    return ORR_NOBODY;
}

/* Thesis 3.10: 2 links to commit the change, 1 to tell the heir, 2 to elect it; patience is 150 ms
 * and more.  An heir that does not hear of it keeps the old leader for that long. */
START_TEST(a_leader_without_a_vote_hands_over_to_one_that_is_up_to_date) {
    for (is_deaf = false;; is_deaf = true) {
        struct cluster c;
        struct ear *ear = members_new(&c, 4, 4, 3);
        ear_set_bool(&c, "hand_over", true);
        c.delay = equal_to_all_but_heirs;
        cluster_start(&c);
        orr_peer leader = ear_leader(&c);
        cluster_run(&c, c.now + 200 * MS);
        uint64_t term = server(&c, leader)->term;
        ask(&c, leader, leader, 0, 1);
        cluster_run(&c, c.now + 25 * MS);
        ck_assert_int_eq(server(&c, leader)->role, ORR_RAFT_LEADER); /* it takes no command ... */
        cluster_submit(&c, leader, 1, 1, 64);
        cluster_run(&c, c.now + 50 * MS);
        orr_peer heir = leader_of_term(&c, term + 1);
        ck_assert_int_eq(heir != ORR_NOBODY && heir != leader, !is_deaf);
        ck_assert_int_eq(server(&c, leader)->role == ORR_RAFT_LEADER, is_deaf);
        cluster_run(&c, c.now + 2500 * MS);
        ck_assert_uint_eq(ear->n_txs, 2); /* ... and the next leader does */
        ck_assert_uint_gt(server(&c, leader)->term, term);
        ear_expect(&c, 3);
        ear_free(&c);
        if (is_deaf) break;
    }
}
END_TEST

START_TEST(the_last_voter_keeps_its_vote_and_the_change_is_decided) {
    for (int joint = 0; joint < 2; joint++) {
        struct cluster c;
        struct ear *ear = members_new(&c, 3, 1, 4);
        ear_set_bool(&c, "joint", joint);
        cluster_start(&c);
        ask(&c, 2, ear_leader(&c), 0, 1);
        cluster_run(&c, c.now + 2000 * MS);
        ck_assert_uint_eq(ear->n_txs, 1);
        ck_assert_uint_eq(part(&c, 2, 0), ORR_RAFT_VOTER);
        cluster_submit(&c, 0, 1, 1, 64);
        cluster_run(&c, c.now + 500 * MS);
        ck_assert_uint_eq(ear->n_txs, 2);
        ear_free(&c);
    }
}
END_TEST

START_TEST(a_snapshot_and_a_cut_log_tell_who_the_members_are) {
    struct cluster c;
    struct ear *ear = members_new(&c, 5, 3, 5);
    cluster_set(&c, "snapshot_interval", 10);
    cluster_set(&c, "trailing", 2);
    cluster_start(&c);
    orr_peer leader = ear_leader(&c);
    cluster_crash(&c, 4, false);
    ask(&c, leader, 3, 1, 1);
    for (uint64_t i = 0; i < 60; i++) {
        cluster_submit(&c, leader, 1, i, 64);
        cluster_run(&c, c.now + 20 * MS);
    }
    ck_assert_uint_gt(server(&c, leader)->log.base, 10);
    ear_boot(&c, 4);
    cluster_run(&c, c.now + 500 * MS);
    ck_assert_uint_eq(ear->n_adopted, 1);
    ck_assert_uint_eq(part(&c, 4, 3), ORR_RAFT_VOTER);
    cluster_crash(&c, 4, false); /* from its own disk, without a word of the others */
    cluster_boot(&c, 4);
    ck_assert_uint_eq(part(&c, 4, 3), ORR_RAFT_VOTER);
    ck_assert_uint_eq(part(&c, 4, 4), ORR_RAFT_LEARNER);
    ear_free(&c);
}
END_TEST

/* Server 3 is the only voter that is left and does not know it: it thinks that it needs the vote of
 * server 0, which does, and whose log is longer. */
START_TEST(who_has_left_tells_a_candidate_that_it_has) {
    struct cluster c;
    struct ear *ear = members_new(&c, 4, 2, 7);
    ear_set_bool(&c, "step_down", false);
    c.delay = equal;
    cluster_start(&c);
    orr_peer leader = ear_leader(&c), last = 1 - leader;
    cluster_run(&c, c.now + 300 * MS);
    ask(&c, leader, leader, 0, 1);
    cluster_run(&c, c.now + 21 * MS); /* the last voter has written it and heard no more */
    ck_assert_uint_eq(part(&c, leader, leader), ORR_RAFT_LEARNER);
    ck_assert_uint_eq(part(&c, last, leader), ORR_RAFT_VOTER);
    cluster_crash(&c, last, false);
    ask(&c, leader, 2, 1, 2);
    cluster_run(&c, c.now + 500 * MS);
    cluster_crash(&c, leader, false); /* it comes back and has it from its log */
    ear_boot(&c, leader);
    ear_boot(&c, last);
    cluster_run(&c, c.now + 3000 * MS);
    cluster_submit(&c, 3, 1, 1, 64);
    cluster_run(&c, c.now + 1000 * MS);
    ck_assert_int_eq(server(&c, last)->role, ORR_RAFT_LEADER);
    ck_assert_uint_ge(ear->n_txs, 2);
    ear_expect(&c, 7);
    ear_free(&c);
}
END_TEST

/* ---- figure 10 of the paper ---- */

static uint32_t n_old; /* servers 0 .. n_old - 1 are cut off from the others */
static orr_time in_two_parts(struct cluster *c, orr_peer from, orr_peer to,
                             const struct orr_msg *m) {
    return (from < n_old) != (to < n_old) ? ORR_NEVER : equal(c, from, to, m);
}

/* Server 2 leads three, and is cut off from two of them, with two learners that get a vote.
 * Returns the forks. */
static uint32_t figure_10(uint32_t rule, bool joint) {
    struct cluster c;
    struct ear *ear = members_new(&c, 5, 3, 10);
    cluster_set(&c, "config_change", rule);
    ear_set_bool(&c, "joint", joint);
    c.delay = equal;
    cluster_start(&c);
    c.nodes[2].timers[ORR_RAFT_TIMER_ELECTION] = 1;
    ck_assert_uint_eq(ear_leader(&c), 2);
    cluster_run(&c, c.now + 500 * MS);
    n_old = 2;
    c.delay = in_two_parts;
    ask(&c, 2, 3, 1, 1);
    ask(&c, 2, 4, 1, 2);
    for (uint64_t i = 0; i < 40; i++) {
        cluster_submit(&c, (orr_peer)(i % 5), 1, i, 64);
        cluster_run(&c, c.now + 100 * MS);
    }
    ck_assert_uint_gt(ear->decided[0], 1); /* the two elect one of them */
    uint32_t n_forks = ear->n_forks;
    c.delay = equal;
    if (rule == ORR_RAFT_WHEN_COMMITTED) {
        cluster_run(&c, c.now + 5000 * MS);
        ear_expect(&c, 10);
        for (orr_peer i = 1; i < 5; i++) ck_assert_uint_eq(ear->decided[i], ear->decided[0]);
        ck_assert_uint_eq(part(&c, 0, 4), ORR_RAFT_VOTER);
    }
    ear_free(&c);
    return n_forks;
}

START_TEST(changes_that_hold_before_they_are_committed_split_a_cluster) {
    ck_assert_uint_gt(figure_10(ORR_RAFT_AT_ONCE, false), 0);
    ck_assert_uint_eq(figure_10(ORR_RAFT_WHEN_COMMITTED, false), 0);
    ck_assert_uint_eq(figure_10(ORR_RAFT_WHEN_COMMITTED, true), 0);
}
END_TEST

/* ---- any schedule ---- */

static orr_time rough(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    uint64_t draw = orr_rng_below(&c->rng, 100);
    if (draw < 10) return ORR_NEVER;
    return (orr_time)orr_rng_below(&c->rng, draw < 20 ? 400 * 1000000 : 30 * 1000000);
}

/* All of them hold what the most advanced holds, and know the same members. */
static void expect_all_alike(struct cluster *c, const struct ear *ear, uint64_t seed) {
    for (orr_peer i = 1; i < c->cohort.n; i++) {
        ck_assert_msg(ear->decided[i] == ear->decided[0], "seed %lu: %lu, %lu", (unsigned long)seed,
                      (unsigned long)ear->decided[i], (unsigned long)ear->decided[0]);
        ck_assert_mem_eq(server(c, i)->members.part, server(c, 0)->members.part, c->cohort.n);
    }
}

static void rough_run(uint64_t seed) {
    struct cluster c;
    uint32_t n = 5 + (uint32_t)(seed % 3);
    struct ear *ear = members_new(&c, n, 1 + (uint32_t)(seed % n), seed);
    ear_set_bool(&c, "prevote", seed & 4);
    ear_set_bool(&c, "check_quorum", seed & 8);
    ear_set_bool(&c, "joint", seed & 1);
    ear_set_bool(&c, "step_down", seed & 2);
    ear_set_bool(&c, "hand_over", seed % 3 == 0);
    cluster_set(&c, "snapshot_interval", 15);
    cluster_set(&c, "trailing", seed % 7);
    cluster_set(&c, "retry", 100 * MS);
    c.delay = rough;
    cluster_start(&c);
    for (uint64_t i = 0; i < 150; i++) {
        orr_peer who = (orr_peer)orr_rng_below(&c.rng, n);
        uint64_t draw = orr_rng_below(&c.rng, 8);
        if (!c.nodes[who].is_up) ear_boot(&c, who);
        else if (draw == 0) cluster_crash(&c, who, false);
        else if (draw < 4) ask(&c, who, (orr_peer)orr_rng_below(&c.rng, n), draw & 1, i);
        else cluster_submit(&c, who, 1, i, 64);
        cluster_run(&c, c.now + 30 * MS);
    }
    for (orr_peer i = 0; i < n; i++)
        if (!c.nodes[i].is_up) ear_boot(&c, i);
    c.delay = equal; /* the network is good: all go on */
    cluster_run(&c, c.now + 5000 * MS);
    cluster_submit(&c, 0, 2, 1, 64);
    cluster_run(&c, c.now + 2000 * MS);
    ear_expect(&c, seed);
    expect_all_alike(&c, ear, seed);
    ear_free(&c);
}

START_TEST(members_may_come_and_go_while_servers_crash_and_logs_agree) {
    uint64_t seed = of_env("ORRERY_SEED", 0), last = of_env("ORRERY_SEEDS", 200);
    for (uint64_t s = seed ? seed : 1; s <= (seed ? seed : last); s++)
        rough_run(s);
}
END_TEST

/* Power fails for all after one effect, while members change; all come back with their disks. */
static bool strike(uint64_t after, bool joint) {
    struct cluster c;
    struct ear *ear = members_new(&c, 4, 3, 3);
    ear_set_bool(&c, "joint", joint);
    cluster_set(&c, "snapshot_interval", 4);
    cluster_set(&c, "trailing", 1);
    cluster_set(&c, "retry", 60 * MS);
    c.effects_left = after;
    cluster_start(&c);
    for (uint64_t i = 0; !c.is_struck && c.now < 700 * MS; i++) {
        orr_peer of = (orr_peer)(i / 4 % 4);
        if (i % 4 == 0) ask(&c, (orr_peer)(i % 3), of, i / 4 % 2, i);
        else cluster_submit(&c, (orr_peer)(i % 3), 1, i, 64);
        cluster_run(&c, c.now + 20 * MS);
    }
    bool has_struck = c.is_struck;
    for (orr_peer i = 0; i < 4; i++) cluster_crash(&c, i, false);
    for (uint32_t i = 0; i < c.n_flights; i++) orr_msg_unref(&c.pool, c.flights[i].msg);
    c.n_flights = 0;
    c.effects_left = 0;
    c.is_struck = false;
    for (orr_peer i = 0; i < 4; i++) ear_boot(&c, i);
    cluster_run(&c, c.now + 2000 * MS);
    ear_expect(&c, after);
    expect_all_alike(&c, ear, after);
    ear_free(&c);
    return has_struck;
}

START_TEST(power_that_fails_after_any_effect_leaves_one_set_of_members) {
    uint64_t at = of_env("ORRERY_STRIKE", 0);
    if (at) strike(at, false), strike(at, true);
    for (int joint = 0; joint < 2; joint++)
        for (uint64_t k = 1; !at && k < 2500 && strike(k, joint); k += 1 + joint) {}
}
END_TEST

/* ---- bytes ---- */

START_TEST(members_as_bytes_come_back_and_what_nobody_can_be_is_refused) {
    struct orr_heap heap;
    struct orr_raft_members m, back;
    uint8_t bytes[1 + 4];
    orr_heap_init(&heap);
    orr_raft_members_init(&m, &heap.mem, 4);
    orr_raft_members_init(&back, &heap.mem, 4);
    uint32_t n_good = 0;
    for (uint32_t k = 0; k < 256; k++) {
        memcpy(m.part, (uint8_t[]){ORR_RAFT_VOTER, (uint8_t)k, 0, ORR_RAFT_OUTGOING}, 4);
        for (uint8_t leave = 0; leave < 3; leave++) {
            struct orr_writer w = orr_writer(bytes, sizeof bytes);
            orr_raft_members_write(&m, &w);
            bytes[0] = leave;
            struct orr_reader r = orr_reader(bytes, sizeof bytes);
            bool is_good = orr_raft_members_read(&back, &r);
            n_good += is_good;
            if (!is_good) continue;
            ck_assert_mem_eq(back.part, m.part, 4);
            ck_assert(back.auto_leave == leave);
        }
    }
    ck_assert_uint_eq(n_good, 2 * 6); /* none, voter, outgoing, both, learner, learner next */
    for (size_t len = 0; len < sizeof bytes; len++) {
        struct orr_reader r = orr_reader(bytes, len);
        ck_assert(!orr_raft_members_read(&back, &r));
    }
    struct orr_reader nobody = orr_reader((const uint8_t[]){0, 2, 2, 4, 0}, 5);
    ck_assert(!orr_raft_members_read(&back, &nobody));
    struct orr_reader not_joint = orr_reader((const uint8_t[]){1, 1, 1, 1, 1}, 5);
    ck_assert(!orr_raft_members_read(&back, &not_joint));
    orr_raft_members_fini(&m, &heap.mem);
    orr_raft_members_fini(&back, &heap.mem);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_change_has_at_least_one_step_and_all_its_steps_are_sound) {
    enum { MOST = ORR_RAFT_CHANGE_HEAD + (ORR_RAFT_MAX_STEPS + 1) * ORR_RAFT_CHANGE_STEP };
    uint8_t bytes[MOST] = {0};
    struct orr_raft_change v[ORR_RAFT_MAX_STEPS];
    for (uint32_t len = 0; len <= MOST; len++) {
        bool fits = len >= 17 && (len - 12) % 5 == 0 && (len - 12) / 5 <= ORR_RAFT_MAX_STEPS;
        ck_assert_uint_eq(orr_raft_change_read(bytes, len, 3, v), fits ? (len - 12) / 5 : 0);
    }
    for (uint32_t kind = 0; kind < 256; kind++)
        for (uint32_t rank = 0; rank < 6; rank++) {
            bytes[17] = (uint8_t)kind, bytes[18] = (uint8_t)rank;
            ck_assert_int_eq(orr_raft_change_read(bytes, 22, 3, v) == 2, kind < 4 && rank < 3);
        }
}
END_TEST

ORR_TEST_MAIN("bft.raft.members", a_learner_is_sent_everything_and_neither_votes_nor_leads,
              a_learner_that_others_think_a_voter_gives_its_vote,
              who_is_given_a_vote_counts_and_who_loses_it_does_not,
              a_leader_without_a_vote_steps_down_and_the_others_go_on,
              a_leader_without_a_vote_hands_over_to_one_that_is_up_to_date,
              the_last_voter_keeps_its_vote_and_the_change_is_decided,
              a_snapshot_and_a_cut_log_tell_who_the_members_are,
              who_has_left_tells_a_candidate_that_it_has,
              changes_that_hold_before_they_are_committed_split_a_cluster,
              members_may_come_and_go_while_servers_crash_and_logs_agree,
              power_that_fails_after_any_effect_leaves_one_set_of_members,
              members_as_bytes_come_back_and_what_nobody_can_be_is_refused,
              a_change_has_at_least_one_step_and_all_its_steps_are_sound)
