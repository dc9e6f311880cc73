#include <stdarg.h>

#include "models/registry.h"
#include "sim/engine/sim.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

/* A protocol driven from outside: every step calls the test's function. */
static int (*on_event)(orr_peer self, const struct orr_event *event, struct orr_outbox *out);
struct probe { orr_peer self; };
static int probe_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct probe *)state)->self = env->self;
    return 0;
}
static int probe_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    return on_event(((struct probe *)state)->self, event, out);
}
static const struct orr_protocol probe = {
    .abi = ORR_ABI,
    .name = "probe", .node_size = sizeof(struct probe), .n_timers = 4, .init = probe_init,
    .step = probe_step};

/* What happened, one line an event: the golden story of a test. */
static char story[8192];
static size_t story_len;
static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    story_len += (size_t)vsnprintf(story + story_len, sizeof story - story_len, format, args);
    va_end(args);
}
static void told(orr_peer self, const struct orr_event *event) {
    static const char *const names[] = {"stored", "start", "recv", "timer",
                                        "input",  "written", "up", "down"};
    note("%ld.%03ld n%u %s", event->now / MS, event->now % MS / 1000, self, names[event->kind]);
    if (event->kind == ORR_RECV || event->kind >= ORR_PEER_UP) note(" from n%u", event->peer);
    if (event->kind == ORR_TIMER || event->kind == ORR_WRITTEN || event->kind == ORR_STORED)
        note(" %u", event->key);
    if (event->msg) note(" '%.*s'", (int)event->msg->len, (char *)event->msg->data);
    note("\n");
}
static struct orr_msg *text(struct orr_outbox *out, const char *s) {
    return orr_msg_copy(out->pool, 0, s, (uint32_t)strlen(s));
}
static void check_story(const char *want) {
    ck_assert_str_eq(story, want);
    story_len = 0;
    story[0] = 0;
}

static int ping(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event);
    if (event->kind == ORR_START && self == 0) orr_cast(out, ORR_NOBODY, text(out, "ping"));
    if (event->kind == ORR_RECV && self != 0) orr_send(out, event->peer, text(out, "pong"));
    return 0;
}
START_TEST(a_message_takes_the_latency_and_ties_go_by_destination_then_source) {
    struct world w;
    world_init(&w, 3, &probe, NULL, 5 * MS);
    on_event = ping;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    check_story("0.000 n0 start\n0.000 n1 start\n0.000 n2 start\n"
                "5.000 n1 recv from n0 'ping'\n5.000 n2 recv from n0 'ping'\n"
                "10.000 n0 recv from n1 'pong'\n10.000 n0 recv from n2 'pong'\n");
    world_fini(&w);
}
END_TEST

static int timers(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event);
    if (event->kind == ORR_START) {
        orr_arm(out, 0, 10 * MS);
        orr_arm(out, 1, 20 * MS);
        orr_arm(out, 1, 5 * MS); /* earlier: the first is void */
        orr_arm(out, 2, 7 * MS);
        orr_arm(out, 2, ORR_NEVER);
        orr_arm(out, 3, 8 * MS);
        orr_arm(out, 3, 12 * MS); /* later */
    }
    if (event->kind == ORR_TIMER && event->key == 1) orr_arm(out, 0, 11 * MS);
    return 0;
}
START_TEST(a_timer_fires_once_at_the_time_it_was_last_armed_for) {
    struct world w;
    world_init(&w, 1, &probe, NULL, MS);
    on_event = timers;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    check_story("0.000 n0 start\n5.000 n0 timer 1\n11.000 n0 timer 0\n12.000 n0 timer 3\n");
    world_fini(&w);
}
END_TEST

static int writer(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event);
    if (self == 0 && event->kind == ORR_START && event->now == 0) {
        orr_send(out, 1, text(out, "before"));
        orr_write(out, 7, text(out, "vote"));
        orr_send(out, 1, text(out, "after"));
        orr_write(out, 3, text(out, "block"));
        orr_send(out, 1, text(out, "last"));
    }
    return 0;
}
START_TEST(a_send_after_a_write_waits_until_the_write_is_durable) {
    struct world w;
    world_init(&w, 2, &probe, NULL, MS);
    w.nodes[0].disk.fsync = w.latency; /* 1 ms a write */
    on_event = writer;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    check_story(
        "0.000 n0 start\n0.000 n1 start\n"
        "1.000 n0 written 7\n1.000 n1 recv from n0 'before'\n"
        "2.000 n0 written 3\n2.000 n1 recv from n0 'after'\n3.000 n1 recv from n0 'last'\n");
    world_fini(&w);
}
END_TEST

/* Writes 4 bytes under one name again and again, then under another. */
static int rewriter(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    static int n;
    told(self, event);
    if (event->kind == ORR_START) n = 0;
    if (n++ < 3) orr_write(out, 1, text(out, "four"));
    else if (event->kind == ORR_WRITTEN) orr_write(out, event->key + 1, text(out, "four"));
    return 0;
}
START_TEST(a_record_that_is_overwritten_takes_its_room_once_and_a_full_disk_stops_the_node) {
    struct world w;
    world_init(&w, 1, &probe, NULL, MS);
    w.nodes[0].disk.fsync = w.latency;
    w.nodes[0].disk.size_bytes = 11; /* two records, or one and its successor */
    on_event = rewriter;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    check_story("0.000 n0 start\n1.000 n0 written 1\n2.000 n0 written 1\n3.000 n0 written 1\n"
                "4.000 n0 written 2\n");
    ck_assert(!orr_sim_is_up(w.sim, 0)); /* the third record was too much */
    world_fini(&w);
}
END_TEST

static void crash_now(void *ctx, orr_time now) {
    (void)now;
    note("crash\n");
    orr_sim_crash(ctx, 0, ORR_DISK_LOSE_UNSYNCED);
}
static void restart_now(void *ctx, orr_time now) {
    (void)now;
    note("restart\n");
    orr_sim_restart(ctx, 0);
}
START_TEST(a_crash_loses_unwritten_effects_and_a_restart_gives_the_durable_records_back) {
    struct world w;
    world_init(&w, 2, &probe, NULL, MS);
    w.nodes[0].disk.fsync = w.latency;
    on_event = writer;
    world_start(&w);
    orr_sim_call_at(w.sim, MS + MS / 2, crash_now, w.sim);
    orr_sim_call_at(w.sim, 10 * MS, restart_now, w.sim);
    orr_sim_run(w.sim, 20 * MS);
    check_story("0.000 n0 start\n0.000 n1 start\n"
                "1.000 n0 written 7\n1.000 n1 recv from n0 'before'\n"
                "crash\n2.000 n1 recv from n0 'after'\n2.500 n1 down from n0\n"
                "restart\n10.000 n0 stored 7 'vote'\n10.000 n0 start\n11.000 n1 up from n0\n");
    world_fini(&w);
}
END_TEST

static int worker(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START && self == 0)
        for (int i = 0; i < 4; i++) orr_send(out, 1, text(out, "job"));
    if (event->kind != ORR_RECV) return 0;
    told(self, event);
    out->busy_ns = 10 * MS;
    if (self == 1) orr_send(out, 0, text(out, "done"));
    return 0;
}
START_TEST(a_busy_node_serves_its_queue_in_order_and_answers_when_the_work_is_done) {
    struct world w;
    world_init(&w, 2, &probe, NULL, MS);
    w.spec.cpu_model = true;
    on_event = worker;
    world_start(&w);
    orr_sim_run(w.sim, 32 * MS);
    check_story("1.000 n1 recv from n0 'job'\n11.000 n1 recv from n0 'job'\n"
                "12.000 n0 recv from n1 'done'\n21.000 n1 recv from n0 'job'\n"
                "22.000 n0 recv from n1 'done'\n31.000 n1 recv from n0 'job'\n"
                "32.000 n0 recv from n1 'done'\n");
    world_fini(&w);
    world_init(&w, 2, &probe, NULL, MS); /* two cores: two at a time */
    w.spec.cpu_model = true;
    w.nodes[1].cores = 2;
    world_start(&w);
    orr_sim_run(w.sim, 12 * MS);
    check_story("1.000 n1 recv from n0 'job'\n1.000 n1 recv from n0 'job'\n"
                "11.000 n1 recv from n0 'job'\n11.000 n1 recv from n0 'job'\n"
                "12.000 n0 recv from n1 'done'\n");
    world_fini(&w);
}
END_TEST

static orr_time last_arrival;
static uint32_t n_arrived;
static int block_sender(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START && self == 0)
        orr_cast(out, ORR_NOBODY, orr_msg_new(out->pool, 0, 1000000 - ORR_MSG_HEADER_BYTES));
    if (event->kind == ORR_RECV) {
        n_arrived++;
        last_arrival = event->now;
    }
    return 0;
}
START_TEST(a_megabyte_to_a_hundred_peers_takes_the_time_that_the_uplink_needs) {
    struct world w;
    world_init(&w, 101, &probe, NULL, 50 * MS);
    w.nodes[0].up_bps = 1000000000;
    for (uint32_t i = 1; i <= 100; i++) w.nodes[i].down_bps = 100000000;
    on_event = block_sender;
    n_arrived = 0;
    world_start(&w);
    orr_sim_run(w.sim, 10000 * MS);
    ck_assert_uint_eq(n_arrived, 100);
    /* 100 blocks of 8 ms each through the uplink, the latency, 80 ms into the last downlink */
    ck_assert_int_eq(last_arrival, (100 * 8 + 50 + 80) * MS);
    world_fini(&w);
}
END_TEST

static int two_senders(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START && self != 0)
        orr_send(out, 0, orr_msg_new(out->pool, 0, 1000000 - ORR_MSG_HEADER_BYTES));
    if (event->kind == ORR_RECV) note("%ld\n", event->now / MS);
    return 0;
}
START_TEST(a_downlink_takes_one_message_after_the_other) {
    struct world w;
    world_init(&w, 4, &probe, NULL, 10 * MS);
    w.nodes[0].down_bps = 100000000; /* 80 ms each */
    on_event = two_senders;
    world_start(&w);
    orr_sim_run(w.sim, 10000 * MS);
    check_story("90\n170\n250\n");
    world_fini(&w);
}
END_TEST

static int talker(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START || event->kind == ORR_TIMER) {
        orr_cast(out, ORR_NOBODY, text(out, "hi"));
        orr_arm(out, 0, event->now + 10 * MS);
    }
    if (event->kind == ORR_RECV) n_arrived++;
    (void)self;
    return 0;
}
static uint64_t talk(uint64_t seed, uint32_t loss, uint64_t ties, uint32_t *arrived) {
    struct world w;
    world_init(&w, 10, &probe, NULL, 3 * MS);
    w.link.loss = loss;
    w.spec.seed = seed;
    w.spec.shuffle_ties = ties;
    on_event = talker;
    n_arrived = 0;
    world_start(&w);
    orr_sim_run(w.sim, 10000 * MS);
    uint64_t fingerprint = orr_sim_fingerprint(w.sim);
    world_fini(&w);
    *arrived = n_arrived;
    return fingerprint;
}
START_TEST(the_same_seed_gives_the_same_fingerprint_and_another_seed_another) {
    uint32_t n;
    uint64_t f = talk(1, 1u << 31, 0, &n);
    ck_assert_uint_eq(f, talk(1, 1u << 31, 0, &n));
    ck_assert_uint_ne(f, talk(2, 1u << 31, 0, &n));
    ck_assert_uint_ne(f, talk(1, 1u << 31, 1, &n));
}
END_TEST
/* One node of five has one event more than the others, which hear nothing of it. */
static orr_peer odd;
static int ticker(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START) orr_arm(out, 0, 10 * MS);
    if (event->kind == ORR_START && self == odd) orr_arm(out, 1, 20 * MS);
    return 0;
}
static void tick(orr_peer which, uint64_t folds[5][6]) { /* [first][n] */
    struct world w;
    world_init(&w, 5, &probe, NULL, 3 * MS);
    on_event = ticker;
    odd = which;
    world_start(&w);
    orr_sim_run(w.sim, 100 * MS);
    for (orr_peer first = 0; first < 5; first++)
        for (uint32_t n = 1; n <= 5 - first; n++) folds[first][n] = orr_sim_fold(w.sim, first, n);
    ck_assert_uint_eq(orr_sim_fingerprint(w.sim), folds[0][5]);
    world_fini(&w);
}
START_TEST(a_fold_tells_of_its_nodes_and_of_no_other) {
    uint64_t even[5][6], got[5][6];
    tick(ORR_NOBODY, even);
    for (orr_peer which = 0; which < 5; which++) {
        tick(which, got);
        for (orr_peer first = 0; first < 5; first++)
            for (uint32_t n = 1; n <= 5 - first; n++) {
                bool is_in = first <= which && which < first + n;
                ck_assert_msg((got[first][n] != even[first][n]) == is_in,
                              "node %u, fold of %u from %u on", which, n, first);
            }
    }
}
END_TEST

START_TEST(loss_takes_its_share_of_messages) {
    uint32_t n, all;
    talk(1, 0, 0, &all);
    ck_assert_uint_eq(all, 1000 * 90);
    talk(1, UINT32_MAX / 4, 0, &n);
    ck_assert_int_lt(abs((int)n - 67500), 650); /* 5 sigma: sqrt(90000 * 0.25 * 0.75) = 130 */
}
END_TEST

START_TEST(a_steady_run_allocates_nothing_and_keeps_to_its_bounds_of_memory) {
    struct world w;
    static const uint64_t population = 16;
    world_init(&w, 1000, orr_registry_find("phold"), &population, 100 * MS);
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    struct orr_sim_counts before = orr_sim_counts(w.sim);
    orr_sim_run(w.sim, 5000 * MS);
    struct orr_sim_counts after = orr_sim_counts(w.sim);
    ck_assert_uint_ge(after.events - before.events, 600000);
    ck_assert_uint_eq(after.n_allocs, before.n_allocs);
    ck_assert_uint_le(after.node_bytes, 1000 * 1024);
    world_fini(&w);
}
END_TEST

static uint32_t kinds_seen[16], n_seen;
static int seeing(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START && self == 0)
        for (int i = 0; i < 400; i++) orr_send(out, 1, NULL);
    if (event->kind != ORR_RECV) return 0;
    uint32_t bit = event->msg ? ORR_MSG_TYPE(event->msg->protocol, event->msg->kind) : 0;
    ck_assert(!event->msg || event->msg->len == 0);
    ck_assert_int_eq(__builtin_popcount(bit), event->msg ? 1 : 0);
    if (bit) kinds_seen[__builtin_ctz(bit) / 2]++;
    n_seen++;
    return 0;
}
START_TEST(corruption_may_hit_the_header_and_of_an_empty_message_hits_nothing_else) {
    struct world w;
    world_init(&w, 2, &probe, NULL, MS);
    w.link.corrupt = UINT32_MAX;
    on_event = seeing;
    world_start(&w);
    orr_sim_run(w.sim, 10 * MS);
    ck_assert_uint_eq(n_seen, 400);
    for (uint32_t i = 0; i < 16; i++) ck_assert_uint_gt(kinds_seen[i], 0);
    world_fini(&w);
}
END_TEST

START_TEST(a_rule_names_messages_of_any_protocol_and_kind) {
    uint16_t side[2] = {1, 2};
    const uint32_t types[] = {ORR_MSG_TYPE(0, 64), ORR_MSG_TYPE(3, 1), ORR_MSG_TYPE(65535, 65535)};
    struct orr_rule rule = {.drop = true, .side = side, .from = 1, .to = 2,
                            .types = types, .n_types = 3, .chance = ORR_ALWAYS};
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_net net = {.mem = &heap.mem};
    struct orr_rng r = orr_rng_stream(1, ORR_RNG_LINK, 0);
    orr_net_rule_on(&net, &rule);
    for (int i = 0; i < 3; i++) ck_assert(orr_net_judge(&net, 0, 1, types[i], NULL, r).drop);
    ck_assert(!orr_net_judge(&net, 0, 1, ORR_MSG_TYPE(0, 0), NULL, r).drop);
    ck_assert(!orr_net_judge(&net, 0, 1, ORR_MSG_TYPE(0, 1), NULL, r).drop);
    ck_assert(!orr_net_judge(&net, 0, 1, ORR_MSG_TYPE(64, 0), NULL, r).drop);
    rule.n_types = 0; /* all */
    ck_assert(orr_net_judge(&net, 0, 1, ORR_MSG_TYPE(0, 1), NULL, r).drop);
    orr_free(&heap.mem, net.rules, net.rules_cap * sizeof *net.rules);
}
END_TEST

/* Two seconds of chatter among four nodes, from where the simulator stands. */
static uint64_t go_on(struct world *w) {
    orr_sim_run(w->sim, orr_sim_now(w->sim) + 2000 * MS);
    return orr_sim_fingerprint(w->sim);
}

START_TEST(a_simulation_goes_back_to_a_snapshot_and_takes_the_same_way_or_another) {
    static const uint64_t events_a_node = 4;
    struct world w;
    world_init(&w, 4, orr_registry_find("phold"), &events_a_node, 3 * MS);
    w.spec.seed = 3;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    struct orr_snapshot *snapshot = orr_sim_snapshot(w.sim);
    uint64_t before = orr_sim_fingerprint(w.sim), first = go_on(&w);
    ck_assert_uint_ne(before, first);
    for (int i = 0; i < 3; i++) {
        orr_sim_go_back(w.sim, snapshot);
        ck_assert_int_eq(orr_sim_now(w.sim), 1000 * MS);
        ck_assert_uint_eq(orr_sim_fingerprint(w.sim), before);
        if (i == 1) { /* another way in between: a crash, and memory that is used otherwise */
            orr_sim_crash(w.sim, 2, ORR_DISK_KEEP);
            ck_assert_uint_ne(go_on(&w), first);
            continue;
        }
        ck_assert_uint_eq(go_on(&w), first);
    }
    orr_snapshot_free(snapshot);
    world_fini(&w);
}
END_TEST

START_TEST(a_rule_cuts_only_what_it_names) {
    uint16_t side[4] = {1, 1, 2, 0};
    struct orr_rule rule = {.cut = true, .groups = true, .side = side,
                            .chance = ORR_ALWAYS};
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_net net = {.mem = &heap.mem};
    struct orr_rng r = orr_rng_stream(1, ORR_RNG_LINK, 0);
    orr_net_rule_on(&net, &rule);
    ck_assert(orr_net_judge(&net, 0, 2, 0, NULL, r).cut);
    ck_assert(orr_net_judge(&net, 2, 1, 0, NULL, r).cut);
    ck_assert(!orr_net_judge(&net, 0, 1, 0, NULL, r).cut);
    ck_assert(!orr_net_judge(&net, 0, 3, 0, NULL, r).cut);
    rule.one_way = true;
    ck_assert(orr_net_judge(&net, 0, 2, 0, NULL, r).cut);
    ck_assert(!orr_net_judge(&net, 2, 0, 0, NULL, r).cut);
    orr_net_rule_off(&net, &rule);
    ck_assert(!orr_net_judge(&net, 0, 2, 0, NULL, r).cut);
    orr_free(&heap.mem, net.rules, net.rules_cap * sizeof *net.rules);
}
END_TEST

ORR_TEST_MAIN("sim.sim", a_message_takes_the_latency_and_ties_go_by_destination_then_source,
              a_timer_fires_once_at_the_time_it_was_last_armed_for,
              a_send_after_a_write_waits_until_the_write_is_durable,
              a_record_that_is_overwritten_takes_its_room_once_and_a_full_disk_stops_the_node,
              a_crash_loses_unwritten_effects_and_a_restart_gives_the_durable_records_back,
              a_busy_node_serves_its_queue_in_order_and_answers_when_the_work_is_done,
              a_megabyte_to_a_hundred_peers_takes_the_time_that_the_uplink_needs,
              a_downlink_takes_one_message_after_the_other,
              the_same_seed_gives_the_same_fingerprint_and_another_seed_another,
              a_fold_tells_of_its_nodes_and_of_no_other,
              loss_takes_its_share_of_messages,
              a_steady_run_allocates_nothing_and_keeps_to_its_bounds_of_memory,
              corruption_may_hit_the_header_and_of_an_empty_message_hits_nothing_else,
              a_rule_names_messages_of_any_protocol_and_kind,
              a_simulation_goes_back_to_a_snapshot_and_takes_the_same_way_or_another,
              a_rule_cuts_only_what_it_names)
