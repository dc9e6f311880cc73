/* Streams: order, retransmission against RFC 6298's closed form, what each dial ends in, limits,
 * hang-up, crash, and cuts. */
#include "tests/sim/engine/probe.h"

static void latency_of(struct world *w, struct orr_dist_spec spec) {
    const char *why;
    orr_dist_free(w->latency);
    ck_assert_int_eq(orr_dist_new(&spec, &w->latency, &why), 0);
    w->link.latency = w->latency;
}

/* ---- order ---- */

enum { N_NUMBERED = 2000 };
static orr_time arrived[N_NUMBERED];
static uint32_t n_arrived, n_overtaken, n_twice;
static bool seen[N_NUMBERED];
static int numbered(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (self == 0 && event->kind == ORR_START) orr_arm(out, 0, MS);
    if (self == 0 && event->kind == ORR_TIMER) {
        static uint32_t next;
        if (event->now == MS) next = 0;
        uint32_t number = next++;
        orr_send(out, 1, orr_msg_copy(out->pool, 0, &number, sizeof number));
        if (next < N_NUMBERED) orr_arm(out, 0, event->now + MS);
    }
    if (self == 1 && event->kind == ORR_RECV) {
        uint32_t number;
        memcpy(&number, event->msg->data, sizeof number);
        n_overtaken += number < n_arrived;
        n_twice += seen[number];
        seen[number] = true;
        arrived[number] = event->now;
        n_arrived++;
    }
    return 0;
}
static void run_numbered(struct world *w, orr_time until) {
    memset(seen, 0, sizeof seen);
    n_arrived = n_overtaken = n_twice = 0;
    on_event = numbered;
    world_start(w);
    orr_sim_run(w->sim, until);
}

START_TEST(on_a_stream_no_message_overtakes_another_however_latency_varies) {
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        struct world w;
        world_init(&w, 2, &probe, NULL, MS);
        latency_of(&w, (struct orr_dist_spec){
                           .kind = ORR_DIST_EXPONENTIAL, .min = 0, .mean = 20 * MS});
        w.link.reorder = UINT32_MAX / 3, w.link.reorder_by = w.latency;
        w.link.duplicate = UINT32_MAX / 3;
        w.nodes[1].down_bps = 8000000; /* and a downlink's queue does not change that */
        w.link.transport = is_stream ? ORR_TRANSPORT_STREAM : ORR_TRANSPORT_DATAGRAM;
        run_numbered(&w, 10 * S);
        if (is_stream) {
            ck_assert_uint_eq(n_arrived, N_NUMBERED);
            ck_assert_uint_eq(n_overtaken + n_twice, 0);
        } else { /* the same network shows both on datagrams */
            ck_assert_uint_gt(n_overtaken, 100);
            ck_assert_uint_gt(n_twice, 100);
        }
        world_fini(&w);
    }
}
END_TEST

/* ---- loss ---- */

START_TEST(loss_on_a_stream_is_the_delay_of_rfc_6298_and_no_hole) {
    /* One message a minute apart would be exact; here each waits for those before it, too, so the
     * arrivals are the running maximum of sent + latency + RTO (2^k - 1), k losses. */
    struct world w;
    world_init(&w, 2, &probe, NULL, 10 * MS);
    w.link.loss = UINT32_MAX / 100; /* 1 %: of 2,000 some 20 once, perhaps one twice */
    run_numbered(&w, 100 * S);
    ck_assert_uint_eq(n_arrived, N_NUMBERED);
    ck_assert_uint_eq(n_overtaken, 0);
    ck_assert_uint_eq(orr_sim_counts(w.sim).drops, 0);
    uint32_t n_late = 0, n_lost = 0;
    for (uint32_t i = 0; i < N_NUMBERED; i++) {
        orr_time sent = (i + 1) * MS, took = arrived[i] - sent - 10 * MS;
        bool is_behind = i > 0 && arrived[i] == arrived[i - 1];
        n_late += took > 0;
        if (took == 0 || is_behind) continue;
        n_lost++; /* itself: 1 s, 1 + 2 s, 1 + 2 + 4 s, ... */
        ck_assert(took == S || took == 3 * S || took == 7 * S || took == 15 * S);
    }
    ck_assert_uint_gt(n_lost, 1);
    ck_assert_uint_gt(n_late, 500); /* those behind them */
    world_fini(&w);
}
END_TEST

START_TEST(the_timeout_is_three_round_trips_and_one_to_sixty_seconds) {
    ck_assert_int_eq(orr_net_rto(20 * MS), S); /* (2.4) */
    ck_assert_int_eq(orr_net_rto(333 * MS), S);
    ck_assert_int_eq(orr_net_rto(400 * MS), 1200 * MS); /* (2.2): R + 4 R / 2 */
    ck_assert_int_eq(orr_net_rto(INT64_MAX), 60 * S);   /* (2.5) */
    ck_assert_int_eq(orr_net_rto_after(S), 2 * S);      /* (5.5) */
    ck_assert_int_eq(orr_net_rto_after(40 * S), 60 * S);
    struct world w;
    world_init(&w, 2, &probe, NULL, 300 * MS);
    w.link.loss = UINT32_MAX / 2;
    run_numbered(&w, 3600 * S);
    ck_assert_uint_eq(n_arrived, N_NUMBERED);
    orr_time took = arrived[0] - MS - 300 * MS, rto = 1800 * MS; /* of a round trip of 600 ms */
    while (took > 0) took -= rto, rto *= 2;
    ck_assert_int_eq(took, 0);
    world_fini(&w);
}
END_TEST

START_TEST(what_is_always_lost_never_arrives_on_a_stream_either) {
    struct world w;
    world_init(&w, 2, &probe, NULL, MS);
    w.link.loss = UINT32_MAX;
    run_numbered(&w, 10 * S);
    ck_assert_uint_eq(n_arrived, 0);
    ck_assert_uint_eq(orr_sim_counts(w.sim).drops, N_NUMBERED);
    world_fini(&w);
}
END_TEST

/* ---- birth ---- */

START_TEST(at_birth_a_stream_node_is_told_of_its_listed_links) {
    static const struct orr_edge line[] = {{0, 1, -1}, {1, 2, -1}};
    struct world w;
    on_event = listen;
    world_of(&w, 3, line, 2, 5 * MS);
    world_start(&w);
    orr_sim_run(w.sim, S);
    check_story("0.000 n0 up n1, has n1\n0.000 n1 up n0, has n0 n2\n0.000 n1 up n2, has n0 n2\n"
                "0.000 n2 up n1, has n1\n");
    world_fini(&w);
    world_of(&w, 3, line, 2, 5 * MS); /* datagrams know no links */
    w.link.transport = ORR_TRANSPORT_DATAGRAM;
    world_start(&w);
    orr_sim_run(w.sim, S);
    check_story("");
    world_fini(&w);
    world_init(&w, 3, &probe, NULL, 5 * MS); /* nor is it told that all are linked */
    world_start(&w);
    orr_sim_run(w.sim, S);
    check_story("");
    world_fini(&w);
}
END_TEST

START_TEST(a_send_without_an_open_link_is_dropped_on_streams_alone) {
    static const struct orr_edge none[] = {{1, 2, -1}};
    for (int is_stream = 0; is_stream < 2; is_stream++) {
        struct world w;
        world_of(&w, 3, none, 1, MS);
        w.link.transport = is_stream ? ORR_TRANSPORT_STREAM : ORR_TRANSPORT_DATAGRAM;
        run_numbered(&w, 10 * S);
        ck_assert_uint_eq(n_arrived, is_stream ? 0 : N_NUMBERED);
        ck_assert_uint_eq(orr_sim_counts(w.sim).drops, is_stream ? N_NUMBERED : 0);
        ck_assert_uint_eq(orr_sim_counts(w.sim).sends, is_stream ? 0 : N_NUMBERED);
        world_fini(&w);
    }
}
END_TEST

/* ---- dialling ---- */

/* Node 0 does one thing at 100 ms, node 1 another. */
static orr_peer dials[2];
static bool greets;
static int dialler(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event, out);
    if (self < 2 && event->kind == ORR_START) orr_arm(out, 0, 100 * MS);
    if (event->kind == ORR_TIMER && dials[self] != ORR_NOBODY) orr_dial(out, dials[self]);
    if (event->kind == ORR_PEER_UP && greets) orr_send(out, event->peer, text(out, "hi"));
    return 0;
}
static void dial_world(struct world *w, orr_peer first, orr_peer second) {
    world_of(w, 4, NULL, 0, 5 * MS);
    dials[0] = first, dials[1] = second;
    greets = false;
    on_event = dialler;
}
static void dial_story(struct world *w, const char *want) {
    orr_sim_run(w->sim, 60 * S);
    check_story(want);
    world_fini(w);
}

START_TEST(a_dial_opens_both_ends_and_the_greetings_come_behind) {
    struct world w;
    dial_world(&w, 2, ORR_NOBODY);
    greets = true;
    world_start(&w);
    dial_story(&w, "105.000 n2 up n0, has n0\n110.000 n0 up n2, has n2\n"
                   "110.000 n0 hears 'hi' of n2\n115.000 n2 hears 'hi' of n0\n");
}
END_TEST

START_TEST(two_that_dial_each_other_make_one_connection) {
    struct world w;
    dial_world(&w, 1, 0);
    world_start(&w);
    dial_story(&w, "105.000 n1 up n0, has n0\n110.000 n0 up n1, has n1\n");
}
END_TEST

static void crash_2(void *sim, orr_time now) {
    (void)now;
    orr_sim_crash(sim, 2, ORR_DISK_KEEP);
}
static void restart_2(void *sim, orr_time now) {
    (void)now;
    orr_sim_restart(sim, 2);
}

START_TEST(a_dial_that_fails_says_why) {
    struct world w;
    dial_world(&w, 2, ORR_NOBODY);
    w.nodes[2].max_in = ORR_NO_CONNECTION;
    world_start(&w);
    dial_story(&w, "110.000 n0 down n2 (refused), has\n");

    dial_world(&w, 2, ORR_NOBODY);
    world_start(&w);
    orr_sim_call_at(w.sim, 50 * MS, crash_2, w.sim);
    dial_story(&w, "110.000 n0 down n2 (absent), has\n");

    dial_world(&w, 2, 2); /* it takes one; the lower number's knock comes first */
    w.nodes[2].max_in = 1;
    world_start(&w);
    dial_story(&w, "105.000 n2 up n0, has n0\n110.000 n0 up n2, has n2\n"
                   "110.000 n1 down n2 (limit), has\n");

    dial_world(&w, 2, ORR_NOBODY);
    w.nodes[0].max_out = ORR_NO_CONNECTION;
    world_start(&w);
    dial_story(&w, "100.000 n0 down n2 (limit), has\n");
}
END_TEST

START_TEST(a_dial_into_a_cut_is_tried_three_times) {
    struct world w;
    dial_world(&w, 2, ORR_NOBODY);
    world_start(&w);
    orr_sim_call_at(w.sim, 50 * MS, cut_on, w.sim);
    dial_story(&w, "7100.000 n0 down n2 (cut), has\n"); /* 1 + 2 + 4 s */

    dial_world(&w, 2, ORR_NOBODY);
    world_start(&w);
    orr_sim_call_at(w.sim, 50 * MS, cut_on, w.sim);
    orr_sim_call_at(w.sim, 2 * S, cut_off, w.sim);
    dial_story(&w, "3105.000 n2 up n0, has n0\n3110.000 n0 up n2, has n2\n");

    dial_world(&w, 2, ORR_NOBODY); /* the answer is swallowed, and given again */
    world_start(&w);
    orr_sim_call_at(w.sim, 102 * MS, cut_on, w.sim);
    orr_sim_call_at(w.sim, 500 * MS, cut_off, w.sim);
    dial_story(&w, "105.000 n2 up n0, has n0\n1110.000 n0 up n2, has n2\n");
}
END_TEST

/* ---- closing ---- */

static int talker(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event, out);
    if (self == 0 && event->kind == ORR_START) {
        orr_arm(out, 0, 100 * MS);
        orr_arm(out, 1, 103 * MS);
    }
    if (event->kind == ORR_TIMER && event->key == 0) {
        orr_send(out, 1, text(out, "last words"));
        orr_hangup(out, 1);
        orr_send(out, 1, text(out, "too late"));
    }
    if (event->kind == ORR_TIMER && event->key == 1) orr_dial(out, 1);
    if (self == 1 && event->kind == ORR_RECV) orr_send(out, 0, text(out, "answer"));
    return 0;
}
static const struct orr_edge pair[] = {{0, 1, -1}};

START_TEST(a_hang_up_closes_both_ends_behind_what_was_sent) {
    struct world w;
    on_event = talker;
    world_of(&w, 2, pair, 1, 5 * MS);
    world_start(&w);
    orr_sim_run(w.sim, S);
    /* n1's answer travels on the old connection and meets the new one: it is no part of it */
    check_story("0.000 n0 up n1, has n1\n0.000 n1 up n0, has n0\n"
                "100.000 n0 down n1 (hangup), has\n105.000 n1 hears 'last words' of n0\n"
                "105.000 n1 down n0 (hangup), has\n108.000 n1 up n0, has n0\n"
                "113.000 n0 up n1, has n1\n");
    ck_assert_uint_eq(orr_sim_counts(w.sim).drops, 2); /* "too late" and "answer" */
    world_fini(&w);
}
END_TEST

START_TEST(a_crash_closes_both_ends_and_a_restart_opens_what_the_topology_links) {
    static const struct orr_edge line[] = {{1, 2, -1}, {2, 3, -1}};
    struct world w;
    on_event = dialler;
    dials[0] = 2, dials[1] = ORR_NOBODY;
    greets = false;
    world_of(&w, 4, line, 2, 5 * MS);
    world_start(&w);
    orr_sim_call_at(w.sim, 200 * MS, crash_2, w.sim);
    orr_sim_call_at(w.sim, 300 * MS, restart_2, w.sim);
    orr_sim_run(w.sim, 60 * S);
    check_story("0.000 n1 up n2, has n2\n0.000 n2 up n1, has n1 n3\n0.000 n2 up n3, has n1 n3\n"
                "0.000 n3 up n2, has n2\n"
                "105.000 n2 up n0, has n0 n1 n3\n110.000 n0 up n2, has n2\n"
                "205.000 n0 down n2 (crash), has\n205.000 n1 down n2 (crash), has\n"
                "205.000 n3 down n2 (crash), has\n"
                "305.000 n1 up n2, has n2\n305.000 n3 up n2, has n2\n"
                "310.000 n2 up n1, has n1\n310.000 n2 up n3, has n1 n3\n");
    world_fini(&w);
}
END_TEST

START_TEST(in_a_full_mesh_a_crash_closes_links_too) {
    struct world w;
    on_event = listen;
    world_init(&w, 3, &probe, NULL, 5 * MS);
    story_len = 0;
    story[0] = 0;
    world_start(&w);
    orr_sim_call_at(w.sim, 200 * MS, crash_2, w.sim);
    orr_sim_call_at(w.sim, 300 * MS, restart_2, w.sim);
    orr_sim_run(w.sim, 60 * S);
    check_story("205.000 n0 down n2 (crash), has n1\n205.000 n1 down n2 (crash), has n0\n"
                "305.000 n0 up n2, has n1 n2\n305.000 n1 up n2, has n0 n2\n"
                "310.000 n2 up n0, has n0 n1\n310.000 n2 up n1, has n0 n1\n");
    world_fini(&w);
}
END_TEST

/* ---- cuts ---- */

START_TEST(a_cut_is_told_after_link_timeout_and_its_end_as_well) {
    static const struct orr_edge line[] = {{0, 1, -1}, {1, 2, -1}};
    struct world w;
    on_event = listen;
    for (int is_long = 0; is_long < 2; is_long++) {
        world_of(&w, 3, line, 2, 5 * MS);
        w.spec.link_timeout = 2 * S;
        world_start(&w);
        orr_sim_call_at(w.sim, S, cut_on, w.sim);
        orr_sim_call_at(w.sim, is_long ? 10 * S : 2999 * MS, cut_off, w.sim);
        orr_sim_run(w.sim, 2500 * MS);
        check_story("0.000 n0 up n1, has n1\n0.000 n1 up n0, has n0 n2\n"
                    "0.000 n1 up n2, has n0 n2\n0.000 n2 up n1, has n1\n");
        orr_sim_run(w.sim, 60 * S);
        check_story(is_long ? "3000.000 n0 down n1 (cut), has\n3000.000 n1 down n0 (cut), has n2\n"
                              "10005.000 n1 up n0, has n0 n2\n10010.000 n0 up n1, has n1\n"
                            : "");
        world_fini(&w);
    }
}
END_TEST

START_TEST(without_link_timeout_a_cut_closes_nothing_and_loses_what_is_sent_in_it) {
    struct world w;
    world_of(&w, 2, pair, 1, 5 * MS);
    on_event = numbered;
    memset(seen, 0, sizeof seen);
    n_arrived = n_overtaken = n_twice = 0;
    world_start(&w);
    orr_sim_call_at(w.sim, 500 * MS, cut_on, w.sim);
    orr_sim_call_at(w.sim, 1500 * MS, cut_off, w.sim);
    orr_sim_run(w.sim, 60 * S);
    ck_assert_uint_eq(n_arrived, N_NUMBERED - 1000);
    ck_assert_uint_eq(orr_sim_counts(w.sim).drops, 1000);
    world_fini(&w);
}
END_TEST

/* Both ends speak at 4 s. */
static int late_talker(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event, out);
    if (event->kind == ORR_START) orr_arm(out, 0, 4 * S);
    if (event->kind == ORR_TIMER) orr_cast(out, ORR_NOBODY, text(out, "hello"));
    return 0;
}

START_TEST(who_crashed_behind_a_cut_is_missed_when_he_is_spoken_to) {
    struct world w;
    on_event = late_talker;
    world_of(&w, 2, pair, 1, 5 * MS);
    world_start(&w);
    orr_sim_call_at(w.sim, S, cut_on, w.sim);
    orr_sim_call_at(w.sim, 2 * S, crash_1, w.sim);
    orr_sim_call_at(w.sim, 3 * S, cut_off, w.sim);
    orr_sim_run(w.sim, 60 * S);
    check_story("0.000 n0 up n1, has n1\n0.000 n1 up n0, has n0\n"
                "4010.000 n0 down n1 (crash), has\n");
    world_fini(&w);
}
END_TEST

static struct orr_rule cut_too;
static void cut_too_on(void *sim, orr_time now) {
    (void)now;
    cut_too = cut;
    orr_sim_rule_on(sim, &cut_too);
}
static void cut_too_off(void *sim, orr_time now) {
    (void)now;
    orr_sim_rule_off(sim, &cut_too);
}

START_TEST(where_two_cuts_lie_a_link_opens_again_when_both_have_ended) {
    struct world w;
    on_event = listen;
    world_of(&w, 2, pair, 1, 5 * MS);
    w.spec.link_timeout = 2 * S;
    world_start(&w);
    orr_sim_call_at(w.sim, S, cut_on, w.sim);
    orr_sim_call_at(w.sim, 2 * S, cut_too_on, w.sim);
    orr_sim_call_at(w.sim, 10 * S, cut_off, w.sim);
    orr_sim_call_at(w.sim, 30 * S, cut_too_off, w.sim);
    orr_sim_run(w.sim, 60 * S);
    check_story("0.000 n0 up n1, has n1\n0.000 n1 up n0, has n0\n"
                "3000.000 n0 down n1 (cut), has\n3000.000 n1 down n0 (cut), has\n"
                "30005.000 n1 up n0, has n0\n30010.000 n0 up n1, has n1\n");
    world_fini(&w);
}
END_TEST

START_TEST(the_links_of_birth_count_as_dialled_by_the_lower_node) {
    static const struct orr_edge edge[] = {{0, 3, -1}};
    struct world w;
    dial_world(&w, 2, ORR_NOBODY);
    orr_topology_free(w.topology);
    ck_assert_int_eq(orr_topology_from_edges(4, edge, 1, &w.topology), 0);
    w.spec.net.topology = w.topology;
    w.nodes[0].max_out = 1;
    world_start(&w);
    dial_story(&w, "0.000 n0 up n3, has n3\n0.000 n3 up n0, has n0\n"
                   "100.000 n0 down n2 (limit), has n3\n");
}
END_TEST

START_TEST(a_steady_run_on_streams_allocates_nothing) {
    struct world w;
    world_init(&w, 2, &probe, NULL, MS);
    run_numbered(&w, 500 * MS);
    uint64_t before = orr_sim_counts(w.sim).n_allocs;
    orr_sim_run(w.sim, 10 * S);
    ck_assert_uint_eq(n_arrived, N_NUMBERED);
    ck_assert_uint_eq(orr_sim_counts(w.sim).n_allocs, before);
    world_fini(&w);
}
END_TEST

ORR_TEST_MAIN("sim.stream", on_a_stream_no_message_overtakes_another_however_latency_varies,
              loss_on_a_stream_is_the_delay_of_rfc_6298_and_no_hole,
              the_timeout_is_three_round_trips_and_one_to_sixty_seconds,
              what_is_always_lost_never_arrives_on_a_stream_either,
              at_birth_a_stream_node_is_told_of_its_listed_links,
              a_send_without_an_open_link_is_dropped_on_streams_alone,
              a_dial_opens_both_ends_and_the_greetings_come_behind,
              two_that_dial_each_other_make_one_connection, a_dial_that_fails_says_why,
              a_dial_into_a_cut_is_tried_three_times,
              a_hang_up_closes_both_ends_behind_what_was_sent,
              a_crash_closes_both_ends_and_a_restart_opens_what_the_topology_links,
              in_a_full_mesh_a_crash_closes_links_too,
              a_cut_is_told_after_link_timeout_and_its_end_as_well,
              without_link_timeout_a_cut_closes_nothing_and_loses_what_is_sent_in_it,
              who_crashed_behind_a_cut_is_missed_when_he_is_spoken_to,
              where_two_cuts_lie_a_link_opens_again_when_both_have_ended,
              the_links_of_birth_count_as_dialled_by_the_lower_node,
              a_steady_run_on_streams_allocates_nothing)
