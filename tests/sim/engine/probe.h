/* probe.h - a protocol driven from outside, and the story of what its nodes are told of their
 * links. */
#ifndef ORR_TESTS_SIM_ENGINE_PROBE_H
#define ORR_TESTS_SIM_ENGINE_PROBE_H

#include <stdarg.h>

#include "sim/engine/sim.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

#define S (1000 * MS)

/* A protocol driven from outside: every step calls the test's function. */
static int (*on_event)(orr_peer self, const struct orr_event *event, struct orr_outbox *out);
struct probe {
    orr_peer self;
};
static inline int probe_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct probe *)state)->self = env->self;
    return 0;
}
static inline int probe_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    return on_event(((struct probe *)state)->self, event, out);
}
static const struct orr_protocol probe = {.abi = ORR_ABI,
                                          .name = "probe",
                                          .node_size = sizeof(struct probe),
                                          .n_timers = 64,
                                          .transport = ORR_STREAM,
                                          .init = probe_init,
                                          .step = probe_step};

/* What happened, one line an event; links are listed behind up and down. */
static char story[8192];
static size_t story_len;
static inline void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    story_len += (size_t)vsnprintf(story + story_len, sizeof story - story_len, format, args);
    va_end(args);
    ck_assert_uint_lt(story_len, sizeof story);
}
static const char *const whys[] = {"hangup", "crash", "refused", "absent", "cut", "limit"};
static inline void told(orr_peer self, const struct orr_event *event,
                        const struct orr_outbox *out) {
    bool is_up = event->kind == ORR_PEER_UP, is_down = event->kind == ORR_PEER_DOWN;
    if (!is_up && !is_down && event->kind != ORR_RECV) return;
    note("%ld.%03ld n%u ", event->now / MS, event->now % MS / 1000, self);
    if (event->kind == ORR_RECV)
        note("hears '%.*s' of n%u\n", (int)event->msg->len, (char *)event->msg->data, event->peer);
    if (is_up) note("up n%u, has", event->peer);
    if (is_down) note("down n%u (%s), has", event->peer, whys[event->key]);
    if (event->kind == ORR_RECV) return;
    for (uint32_t i = 0; i < out->links->n; i++) note(" n%u", orr_links_at(out->links, self, i));
    note("\n");
}
static inline struct orr_msg *text(struct orr_outbox *out, const char *s) {
    return orr_msg_copy(out->pool, 0, s, (uint32_t)strlen(s));
}
static inline void check_story(const char *want) {
    ck_assert_str_eq(story, want);
    story_len = 0;
    story[0] = 0;
}

/* A world whose overlay is given by edges. */
static inline void world_of(struct world *w, uint32_t n, const struct orr_edge *edges,
                            uint64_t n_edges, orr_time latency) {
    world_init(w, n, &probe, NULL, latency);
    orr_topology_free(w->topology);
    ck_assert_int_eq(orr_topology_from_edges(n, edges, n_edges, &w->topology), 0);
    w->spec.net.topology = w->topology;
    story_len = 0;
    story[0] = 0;
}
/* Tells the story and does nothing. */
static inline int listen(orr_peer self, const struct orr_event *event, struct orr_outbox *out) {
    told(self, event, out);
    return 0;
}

static inline void crash_1(void *sim, orr_time now) {
    (void)now;
    orr_sim_crash(sim, 1, ORR_DISK_KEEP);
}
static inline void restart_1(void *sim, orr_time now) {
    (void)now;
    orr_sim_restart(sim, 1);
}

/* n0 here, n1 and n2 there, n3 reached by all. */
static uint16_t sides[4] = {1, 2, 2, 0};
static struct orr_rule cut = {.cut = true, .groups = true, .side = sides, .chance = ORR_ALWAYS};
static inline void cut_on(void *sim, orr_time now) {
    (void)now;
    orr_sim_rule_on(sim, &cut);
}
static inline void cut_off(void *sim, orr_time now) {
    (void)now;
    orr_sim_rule_off(sim, &cut);
}
#endif
