/* Uplinks, downlinks and links of limited bandwidth, held to a model that moves one byte after the
 * other: a line is a queue of messages, and in each tick it passes on some of the first one. */
#include "tests/sim/engine/world.h"
#include "tests/test.h"

#define US INT64_C(1000)
enum { N = 4, MSGS_MAX = 400, TICKS_MAX = 400000 };

/* ---- the load, and when each message came in ---- */

static struct load {
    int64_t sent, arrived; /* in us; -1: not */
    orr_peer from, to;
    uint32_t size;         /* on the wire, at least 8 */
    uint16_t kind;
} load[MSGS_MAX];
static uint32_t n_load;

static int line_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}
static int line_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)state;
    if (event->kind == ORR_INPUT && event->key >= MSGS_MAX) {
        orr_hangup(out, event->key - MSGS_MAX);
    } else if (event->kind == ORR_INPUT) { /* key: which message is to be sent */
        const struct load *l = &load[event->key];
        struct orr_msg *m = orr_msg_new(out->pool, l->kind, l->size - ORR_MSG_HEADER_BYTES);
        memset(m->data, 0, m->len);
        memcpy(m->data, &event->key, sizeof event->key);
        orr_send(out, l->to, m);
    } else if (event->kind == ORR_RECV) {
        uint32_t i;
        memcpy(&i, event->msg->data, sizeof i);
        ck_assert(load[i].arrived < 0 && load[i].from == event->peer);
        ck_assert_int_eq(event->now % US, 0);
        load[i].arrived = event->now / US;
    }
    return 0;
}
static const struct orr_protocol line_protocol = {
    .abi = ORR_ABI, .name = "line", .node_size = 8, .init = line_init, .step = line_step};

/* ---- the model ---- */

struct line {
    uint32_t v[MSGS_MAX], n, first; /* messages, oldest first */
    uint32_t us_per_byte;           /* 0: passes on at once   */
    uint64_t left;                  /* us of the first        */
    uint64_t room;                  /* us that may wait; 0: no limit */
    uint32_t n_urgent;              /* of urgent[]: kinds that go first */
};
static const uint32_t urgent[] = {3, 1, 2}; /* their types, too */
static struct line up[N], pairs[N][N], down[N];
enum { LOST = -2 };
static int64_t expected[MSGS_MAX], comes_at[MSGS_MAX];
static bool busy[TICKS_MAX]; /* ticks in which a message is sent or comes: most have none */

static uint32_t urgency(const struct line *line, uint32_t i) {
    uint32_t k = 0;
    while (k < line->n_urgent && urgent[k] != load[i].kind) k++;
    return k;
}
/* Moves the most urgent message to the front, past the others in their order. */
static void choose(struct line *line) {
    uint32_t best = line->first;
    for (uint32_t k = best + 1; k < line->n; k++)
        if (urgency(line, line->v[k]) < urgency(line, line->v[best])) best = k;
    uint32_t i = line->v[best];
    memmove(line->v + line->first + 1, line->v + line->first,
            (best - line->first) * sizeof *line->v);
    line->v[line->first] = i;
}

static void enter(struct line *line, uint32_t i) {
    uint64_t waits = line->left + (uint64_t)load[i].size * line->us_per_byte;
    for (uint32_t k = line->first + 1; k < line->n; k++)
        waits += (uint64_t)load[line->v[k]].size * line->us_per_byte;
    if (line->n > line->first && line->room && waits > line->room) { /* lost */
        expected[i] = LOST;
        return;
    }
    if (line->n == line->first) line->left = (uint64_t)load[i].size * line->us_per_byte;
    line->v[line->n++] = i;
}
/* The message that a tick has brought to its end, or -1. */
static int tick(struct line *line) {
    if (line->n == line->first || (line->left && --line->left)) return -1;
    int done = (int)line->v[line->first++];
    if (line->first < line->n) choose(line);
    if (line->first < line->n)
        line->left = (uint64_t)load[line->v[line->first]].size * line->us_per_byte;
    return done;
}
/* What a line without limit would hold passes on now. */
static bool passes(const struct line *line) { return line->us_per_byte == 0; }

static void into_down(uint32_t i, int64_t t) {
    if (passes(&down[load[i].to])) expected[i] = t;
    else enter(&down[load[i].to], i);
}
static void comes(uint32_t i, int64_t t) {
    comes_at[i] = t;
    if (t < TICKS_MAX) busy[t] = true;
}
static void into_pair(uint32_t i, int64_t t, int64_t latency) {
    struct line *pair = &pairs[load[i].from][load[i].to];
    if (passes(pair)) comes(i, t + latency);
    else enter(pair, i);
}

static void enter_those_of(int64_t t, int64_t latency) {
    for (uint32_t i = 0; i < n_load; i++)
        if (comes_at[i] == t) into_down(i, t); /* equal times by sender, then by its order: */
    for (uint32_t i = 0; i < n_load; i++) {    /* so is the load sorted */
        if (load[i].sent != t) continue;
        if (passes(&up[load[i].from])) into_pair(i, t, latency);
        else enter(&up[load[i].from], i);
    }
}
static void model(int64_t latency) {
    memset(busy, 0, sizeof busy);
    for (uint32_t i = 0; i < n_load; i++) {
        expected[i] = comes_at[i] = -1;
        busy[load[i].sent] = true;
    }
    uint32_t n_left = n_load;
    for (int64_t t = 0; n_left && t < TICKS_MAX; t++) {
        /* at t: what comes, what is sent; then the tick from t to t + 1 */
        if (busy[t]) enter_those_of(t, latency);
        for (int a = 0; a < N; a++)
            for (int b = 0, done; b < N; b++)
                if ((done = tick(&pairs[a][b])) >= 0) comes((uint32_t)done, t + 1 + latency);
        for (int a = 0, done; a < N; a++) {
            if ((done = tick(&up[a])) >= 0) into_pair((uint32_t)done, t + 1, latency);
            if ((done = tick(&down[a])) >= 0) expected[done] = t + 1;
        }
        while (n_left && expected[n_left - 1] != -1) n_left--;
    }
    ck_assert_uint_eq(n_left, 0);
}

/* ---- random loads ---- */

static int by_sender(const void *a, const void *b) {
    const struct load *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->sent < y->sent ? -1 : x->sent > y->sent;
}

/* Speeds that a byte passes in whole us, or none. */
static uint32_t draw_speed(struct orr_rng *r, struct line *line) {
    static const uint32_t us[] = {0, 1, 2, 4, 5, 8};
    *line = (struct line){.us_per_byte = us[orr_rng_below(r, 6)]};
    return line->us_per_byte ? 8000000 / line->us_per_byte : 0;
}

/* Mixed sizes, at loads from a trickle to more than the lines carry for a while. */
static void draw_load(struct orr_rng *r) {
    n_load = 40 + (uint32_t)orr_rng_below(r, MSGS_MAX - 40);
    uint64_t over_us = 1000 + orr_rng_below(r, 60000);
    for (uint32_t i = 0; i < n_load; i++) {
        struct load *l = &load[i];
        l->from = (orr_peer)orr_rng_below(r, N);
        l->to = (l->from + 1 + (orr_peer)orr_rng_below(r, N - 1)) % N;
        l->size = orr_rng_below(r, 8) ? 8 + (uint32_t)orr_rng_below(r, 50)
                                      : 8 + (uint32_t)orr_rng_below(r, 3000);
        l->sent = (int64_t)orr_rng_below(r, over_us);
        l->kind = (uint16_t)orr_rng_below(r, 5);
        l->arrived = -1;
    }
    qsort(load, n_load, sizeof *load, by_sender);
}

/* queue: most lines have room for a few messages only.  priority: some kinds go onto some uplinks
 * and links before others. */
static void check_loads(bool is_stream, bool queue, bool priority) {
    uint32_t n_lost = 0;
    uint32_t n_seeds = priority ? 6 : 30, few = 500 * n_seeds / 30;
    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        struct orr_rng r = orr_rng_stream(seed, ORR_RNG_LINK, is_stream);
        struct world w;
        int64_t latency = 1 + (int64_t)orr_rng_below(&r, 2000);
        world_init(&w, N, &line_protocol, NULL, latency * US);
        uint16_t classes[N * N];
        struct orr_link links[N * N];
        for (uint32_t a = 0; a < N; a++) {
            w.nodes[a].zone = a;
            w.nodes[a].up_bps = draw_speed(&r, &up[a]);
            up[a].n_urgent = priority && w.nodes[a].up_bps ? a : 0;
            w.nodes[a].urgent = urgent;
            w.nodes[a].n_urgent = up[a].n_urgent;
            w.nodes[a].down_bps = draw_speed(&r, &down[a]);
            w.nodes[a].queue_bytes = queue ? 1 + orr_rng_below(&r, 6000) : 0;
            up[a].room = is_stream ? 0 : w.nodes[a].queue_bytes * up[a].us_per_byte;
            down[a].room = is_stream ? 0 : w.nodes[a].queue_bytes * down[a].us_per_byte;
            w.nodes[a].transport = is_stream ? ORR_TRANSPORT_STREAM : ORR_TRANSPORT_DATAGRAM;
            for (uint32_t b = 0; b < N; b++) {
                classes[a * N + b] = (uint16_t)(a * N + b);
                links[a * N + b] = w.link;
                struct orr_link *link = &links[a * N + b];
                link->bps = draw_speed(&r, &pairs[a][b]);
                link->urgent = urgent;
                link->n_urgent = priority && link->bps ? (a + b) % 4 : 0;
                pairs[a][b].n_urgent = link->n_urgent;
                link->queue_bytes = queue ? 1 + orr_rng_below(&r, 6000) : 0;
                pairs[a][b].room = is_stream ? 0 : link->queue_bytes * pairs[a][b].us_per_byte;
            }
        }
        w.spec.net.n_zones = N;
        w.spec.net.zone_links = classes;
        w.spec.net.links = links;
        draw_load(&r);
        world_start(&w);
        for (uint32_t i = 0; i < n_load; i++)
            orr_sim_input(w.sim, load[i].sent * US, load[i].from, 0, i, NULL);
        orr_sim_run(w.sim, TICKS_MAX * US);
        model(latency);
        for (uint32_t i = 0; i < n_load; i++) {
            n_lost += expected[i] == LOST;
            if (load[i].arrived == (expected[i] == LOST ? -1 : expected[i])) continue;
            ck_abort_msg("seed %lu: message %u of %u B from %u to %u, sent at %ld us, came at "
                         "%ld us, not at %ld",
                         seed, i, load[i].size, load[i].from, load[i].to, load[i].sent,
                         load[i].arrived, expected[i]);
        }
        world_fini(&w);
    }
    ck_assert((n_lost > few) == (queue && !is_stream) && (n_lost == 0) == !(queue && !is_stream));
}
START_TEST(datagrams_of_mixed_sizes_pass_each_line_once_in_order) {
    check_loads(false, false, false);
}
END_TEST
START_TEST(messages_of_mixed_sizes_on_streams_pass_each_line_once_in_order) {
    check_loads(true, false, false);
}
END_TEST
START_TEST(a_queue_that_is_full_loses_the_datagram_that_comes_last) {
    check_loads(false, true, false);
}
END_TEST
START_TEST(on_streams_queues_lose_nothing) { check_loads(true, true, false); }
END_TEST
START_TEST(what_is_urgent_goes_onto_a_line_first_and_nothing_is_stopped_in_its_midst) {
    check_loads(false, false, true);
    check_loads(true, false, true);
    check_loads(false, true, true);
}
END_TEST

/* ---- crashes and hang-ups ---- */

/* Three nodes, 1 ms apart; a byte takes 1 us on a line of LINE bits/s. */
#define LINE 8000000
static void begin(struct world *w) {
    world_init(w, 3, &line_protocol, NULL, 1000 * US);
    n_load = 0;
}
static void send_at(struct world *w, int64_t us, orr_peer from, orr_peer to, uint32_t size) {
    load[n_load] = (struct load){us, -1, from, to, size, 0};
    orr_sim_input(w->sim, us * US, from, 0, n_load++, NULL);
}

START_TEST(a_link_forgets_what_waited_for_it_when_its_sender_crashes) {
    struct world w;
    begin(&w);
    w.link.bps = LINE;
    world_start(&w);
    send_at(&w, 0, 0, 1, 1000000);
    orr_sim_run(w.sim, 100000 * US);
    orr_sim_crash(w.sim, 0, ORR_DISK_KEEP);
    orr_sim_restart(w.sim, 0);
    send_at(&w, 200000, 0, 1, 1000);
    orr_sim_run(w.sim, 2000000 * US);
    ck_assert_int_eq(load[0].arrived, -1);
    ck_assert_int_eq(load[1].arrived, 202000);
    world_fini(&w);
}
END_TEST

START_TEST(a_downlink_goes_on_while_its_node_is_down) {
    struct world w;
    begin(&w);
    w.nodes[1].down_bps = LINE;
    world_start(&w);
    send_at(&w, 0, 0, 1, 100000);
    send_at(&w, 1, 0, 1, 100000);
    orr_sim_run(w.sim, 50000 * US);
    orr_sim_crash(w.sim, 1, ORR_DISK_KEEP);
    orr_sim_run(w.sim, 150000 * US);
    orr_sim_restart(w.sim, 1);
    send_at(&w, 160000, 2, 1, 1000);
    orr_sim_run(w.sim, 2000000 * US);
    ck_assert_int_eq(load[0].arrived, -1); /* it came in while nobody was there */
    ck_assert_int_eq(load[1].arrived, 201000);
    ck_assert_int_eq(load[2].arrived, 202000);
    world_fini(&w);
}
END_TEST

START_TEST(a_stream_closes_behind_what_waits_for_the_downlink) {
    struct world w;
    begin(&w);
    w.nodes[1].down_bps = LINE;
    for (int i = 0; i < 3; i++) w.nodes[i].transport = ORR_TRANSPORT_STREAM;
    world_start(&w);
    send_at(&w, 0, 2, 1, 100000);
    send_at(&w, 1, 0, 1, 100000);
    orr_sim_input(w.sim, 2 * US, 0, 0, MSGS_MAX + 1, NULL);
    orr_sim_run(w.sim, 2000000 * US);
    ck_assert_int_eq(load[0].arrived, 101000);
    ck_assert_int_eq(load[1].arrived, 201000);
    world_fini(&w);
}
END_TEST

/* Of kind 3 goes first; a byte takes 1 us, so the first long message is on the line till 100 ms. */
static void begin_urgent(struct world *w, enum orr_transport_rule transport) {
    begin(w);
    w->nodes[0].up_bps = LINE;
    w->nodes[0].urgent = urgent;
    w->nodes[0].n_urgent = 2;
    for (int i = 0; i < 3; i++) w->nodes[i].transport = transport;
    world_start(w);
}
static void send_kind(struct world *w, int64_t us, orr_peer to, uint32_t size, uint16_t kind) {
    send_at(w, us, 0, to, size);
    load[n_load - 1].kind = kind;
}

START_TEST(a_message_overtakes_what_waits_on_a_stream_and_others_of_its_kind_stay_in_order) {
    struct world w;
    begin_urgent(&w, ORR_TRANSPORT_STREAM);
    send_kind(&w, 0, 1, 100000, 0);
    send_kind(&w, 1, 1, 50000, 0);
    send_kind(&w, 2, 1, 1000, 1);
    send_kind(&w, 3, 2, 1000, 3);
    send_kind(&w, 4, 1, 1000, 3);
    send_kind(&w, 5, 1, 1000, 1);
    orr_sim_run(w.sim, 2000000 * US);
    static const int64_t arrived[] = {101000, 155000, 104000, 102000, 103000, 105000};
    for (uint32_t i = 0; i < 6; i++) ck_assert_int_eq(load[i].arrived, arrived[i]);
    world_fini(&w);
}
END_TEST

START_TEST(a_crash_loses_what_waits_in_an_uplink_with_priorities_and_it_begins_anew) {
    struct world w;
    begin_urgent(&w, ORR_TRANSPORT_DATAGRAM);
    send_kind(&w, 0, 1, 100000, 0);
    send_kind(&w, 1, 1, 1000, 3);
    send_kind(&w, 2, 2, 1000, 0);
    orr_sim_run(w.sim, 50000 * US);
    orr_sim_crash(w.sim, 0, ORR_DISK_KEEP);
    ck_assert_uint_eq(orr_sim_counts(w.sim).drops, 3);
    orr_sim_restart(w.sim, 0);
    send_kind(&w, 60000, 1, 1000, 0);
    send_kind(&w, 60001, 1, 1000, 3);
    orr_sim_run(w.sim, 2000000 * US);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(load[i].arrived, -1);
    ck_assert_int_eq(load[3].arrived, 62000);
    ck_assert_int_eq(load[4].arrived, 63000);
    world_fini(&w);
}
END_TEST

/* Behind all that was sent on it, though other peers' messages are sent meanwhile. */
START_TEST(a_stream_closes_behind_what_waits_in_an_uplink_with_priorities) {
    struct world w;
    begin_urgent(&w, ORR_TRANSPORT_STREAM);
    send_kind(&w, 0, 2, 100000, 0);
    send_kind(&w, 1, 1, 50000, 0);
    send_kind(&w, 2, 1, 1000, 1);
    orr_sim_input(w.sim, 3 * US, 0, 0, MSGS_MAX + 1, NULL); /* hangs up on 1 */
    send_kind(&w, 4, 2, 1000, 0);
    orr_sim_run(w.sim, 160000 * US);
    send_kind(&w, 170000, 1, 1000, 0); /* there is no link any more */
    orr_sim_run(w.sim, 2000000 * US);
    static const int64_t arrived[] = {101000, 152000, 102000, 153000, -1};
    for (uint32_t i = 0; i < 5; i++) ck_assert_int_eq(load[i].arrived, arrived[i]);
    world_fini(&w);
}
END_TEST

/* The same of links; with an uplink what is sent has to pass a plain uplink first. */
static void begin_urgent_links(struct world *w, enum orr_transport_rule transport, bool has_up) {
    begin(w);
    w->link.bps = LINE;
    w->link.urgent = urgent;
    w->link.n_urgent = 2;
    w->nodes[0].up_bps = has_up ? LINE : 0;
    for (int i = 0; i < 3; i++) w->nodes[i].transport = transport;
    world_start(w);
}

START_TEST(a_message_overtakes_what_waits_for_its_link_and_for_no_other) {
    struct world w;
    begin_urgent_links(&w, ORR_TRANSPORT_STREAM, false);
    send_kind(&w, 0, 1, 100000, 0);
    send_kind(&w, 1, 1, 50000, 0);
    send_kind(&w, 2, 1, 1000, 1);
    send_kind(&w, 3, 2, 1000, 3);
    send_kind(&w, 4, 1, 1000, 3);
    send_kind(&w, 5, 1, 1000, 1);
    orr_sim_run(w.sim, 2000000 * US);
    static const int64_t arrived[] = {101000, 154000, 103000, 2003, 102000, 104000};
    for (uint32_t i = 0; i < 6; i++) ck_assert_int_eq(load[i].arrived, arrived[i]);
    world_fini(&w);
}
END_TEST

START_TEST(a_crash_loses_what_waits_for_a_link_or_is_on_its_way_to_it_and_it_begins_anew) {
    for (int has_up = 0; has_up < 2; has_up++) {
        struct world w;
        begin_urgent_links(&w, ORR_TRANSPORT_DATAGRAM, has_up);
        send_kind(&w, 0, 1, 100000, 0);
        send_kind(&w, 1, 1, 1000, 3);
        send_kind(&w, 2, 1, 1000, 0);
        orr_sim_run(w.sim, 50000 * US);
        orr_sim_crash(w.sim, 0, ORR_DISK_KEEP);
        orr_sim_restart(w.sim, 0);
        send_kind(&w, 60000, 1, 1000, 0);
        send_kind(&w, 60001, 1, 1000, 3);
        orr_sim_run(w.sim, 2000000 * US);
        ck_assert_uint_eq(orr_sim_counts(w.sim).drops, 3);
        for (int i = 0; i < 3; i++) ck_assert_int_eq(load[i].arrived, -1);
        ck_assert_int_eq(load[3].arrived, 62000 + 1000 * has_up);
        ck_assert_int_eq(load[4].arrived, 63000 + 1000 * has_up);
        world_fini(&w);
    }
}
END_TEST

START_TEST(a_stream_closes_behind_what_waits_for_a_link_or_is_on_its_way_to_it) {
    for (int has_up = 0; has_up < 2; has_up++) {
        struct world w;
        begin_urgent_links(&w, ORR_TRANSPORT_STREAM, has_up);
        send_kind(&w, 0, 1, 50000, 0);
        send_kind(&w, 1, 1, 1000, 1);
        send_kind(&w, 2, 1, 1000, 0);
        orr_sim_input(w.sim, 3 * US, 0, 0, MSGS_MAX + 1, NULL); /* hangs up on 1 */
        orr_sim_run(w.sim, 160000 * US);
        send_kind(&w, 170000, 1, 1000, 0); /* there is no link any more */
        orr_sim_run(w.sim, 2000000 * US);
        /* behind an uplink of the same speed they come one by one as the line comes free */
        static const int64_t arrived[2][4] = {{51000, 52000, 53000, -1},
                                              {101000, 102000, 103000, -1}};
        for (uint32_t i = 0; i < 4; i++) ck_assert_int_eq(load[i].arrived, arrived[has_up][i]);
        world_fini(&w);
    }
}
END_TEST

START_TEST(what_waits_for_a_link_at_the_end_of_a_run_is_given_back) {
    for (int has_up = 0; has_up < 2; has_up++) {
        struct world w;
        begin_urgent_links(&w, ORR_TRANSPORT_DATAGRAM, has_up);
        for (uint16_t kind = 0; kind < 5; kind++) send_kind(&w, kind, 1, 100000, kind);
        orr_sim_run(w.sim, 250000 * US);
        ck_assert_int_eq(load[0].arrived, has_up ? 201000 : 101000);
        world_fini(&w); /* which counts */
    }
}
END_TEST

START_TEST(what_waits_at_the_end_of_a_run_is_given_back) {
    struct world w;
    begin_urgent(&w, ORR_TRANSPORT_DATAGRAM);
    for (uint16_t kind = 0; kind < 5; kind++) send_kind(&w, kind, 1, 100000, kind);
    orr_sim_run(w.sim, 150000 * US);
    ck_assert_int_eq(load[0].arrived, 101000);
    world_fini(&w); /* which counts */
}
END_TEST

ORR_TEST_MAIN("sim.lines", datagrams_of_mixed_sizes_pass_each_line_once_in_order,
              messages_of_mixed_sizes_on_streams_pass_each_line_once_in_order,
              a_queue_that_is_full_loses_the_datagram_that_comes_last,
              on_streams_queues_lose_nothing,
              what_is_urgent_goes_onto_a_line_first_and_nothing_is_stopped_in_its_midst,
              a_message_overtakes_what_waits_on_a_stream_and_others_of_its_kind_stay_in_order,
              a_crash_loses_what_waits_in_an_uplink_with_priorities_and_it_begins_anew,
              a_stream_closes_behind_what_waits_in_an_uplink_with_priorities,
              what_waits_at_the_end_of_a_run_is_given_back,
              a_message_overtakes_what_waits_for_its_link_and_for_no_other,
              a_crash_loses_what_waits_for_a_link_or_is_on_its_way_to_it_and_it_begins_anew,
              a_stream_closes_behind_what_waits_for_a_link_or_is_on_its_way_to_it,
              what_waits_for_a_link_at_the_end_of_a_run_is_given_back,
              a_link_forgets_what_waited_for_it_when_its_sender_crashes,
              a_downlink_goes_on_while_its_node_is_down,
              a_stream_closes_behind_what_waits_for_the_downlink)
