/* Oracle `suspicion`: every running node suspects who has crashed within 500 ms, trusts who runs
 * again within 300 ms, and suspects nobody who runs. */
#include <stdio.h>
#include <string.h>

#include "sim/check/verdict.h"

enum { MOST = 16 };
static const orr_time SUSPECT_WITHIN = 500 * 1000000, TRUST_WITHIN = 300 * 1000000;

struct suspicion {
    uint32_t n;
    bool is_down[MOST];
    orr_time since[MOST]; /* of a node's being down or up */
    bool suspects[MOST][MOST];
    uint32_t n_crashes, n_said;
};

static bool suspicion_begin(void *state, struct orr_check *check, const void *settings) {
    (void)settings;
    ((struct suspicion *)state)->n = orr_check_n_nodes(check);
    return orr_check_n_nodes(check) <= MOST;
}

static void break_with(struct orr_check *check, orr_peer who, orr_peer whom, const char *what,
                       orr_time at) {
    struct orr_violation *v = orr_check_break(check, NULL, who);
    if (v)
        snprintf(v->text, sizeof v->text, "node %u %s node %u (at %.3f s)", who, what, whom,
                 (double)at * 1e-9);
}

static void on_fault(struct suspicion *s, const struct orr_tap_record *r) {
    if (r->node >= s->n) return;
    s->is_down[r->node] = r->what == 1;
    s->since[r->node] = r->at;
    s->n_crashes += r->what == 1;
    /* who begins again has suspected nobody, and has not had the time to */
    memset(s->suspects[r->node], 0, sizeof s->suspects[r->node]);
}

static void suspicion_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct suspicion *s = state;
    if (r->kind == ORR_TAP_FAULT) {
        on_fault(s, r);
        return;
    }
    const struct orr_metric_point *point = (const void *)r->msg->data;
    bool suspects = !strncmp(point->name, "suspect", sizeof point->name);
    if (!suspects && strncmp(point->name, "trust", sizeof point->name)) return;
    orr_peer whom = (orr_peer)point->value;
    s->n_said++;
    if (point->value < 0 || whom >= s->n) break_with(check, r->node, whom, "speaks of a", r->at);
    else if (suspects && !s->is_down[whom] && r->at - s->since[whom] > TRUST_WITHIN)
        break_with(check, r->node, whom, "suspects a running", r->at);
    else s->suspects[r->node][whom] = suspects;
}

/* Every 50 ms: who should have noticed by now? */
static orr_time suspicion_look(void *state, struct orr_check *check) {
    struct suspicion *s = state;
    orr_time now = orr_check_now(check);
    for (uint32_t who = 0; who < s->n; who++)
        for (uint32_t whom = 0; whom < s->n; whom++) {
            if (who == whom || s->is_down[who] || now - s->since[who] < SUSPECT_WITHIN) continue;
            orr_time for_ns = now - s->since[whom];
            if (s->is_down[whom] && for_ns > SUSPECT_WITHIN && !s->suspects[who][whom])
                break_with(check, who, whom, "does not suspect the crashed", now);
            if (!s->is_down[whom] && for_ns > TRUST_WITHIN && s->suspects[who][whom])
                break_with(check, who, whom, "does not trust the running", now);
        }
    return now + 50 * 1000000;
}

static void suspicion_judge(void *state, struct orr_check *check) {
    const struct suspicion *s = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "who is down is suspected, and nobody else");
    snprintf(v->observed, sizeof v->observed, v->violation ? "otherwise" : "so; %u crashes",
             s->n_crashes);
    v->pass = !v->violation;
}

static const struct orr_oracle suspicion = {
    .name = "suspicion", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC), .size = sizeof(struct suspicion),
    .begin = suspicion_begin, .hear = suspicion_hear, .look = suspicion_look,
    .judge = suspicion_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&suspicion,
                                                                                       NULL};
