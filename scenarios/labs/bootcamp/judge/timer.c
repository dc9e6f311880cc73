/* Oracle `pace`: the metric "tick" counts 1, 2, 3, ... at each node, tick n at n * 100 ms. */
#include <stdio.h>
#include <string.h>

#include "sim/check/verdict.h"

enum { MOST = 64 };
static const orr_time PERIOD = 100 * 1000000;

struct pace {
    int64_t n[MOST];
};

static bool pace_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= MOST;
}

static void pace_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct pace *p = state;
    const struct orr_metric_point *point = (const void *)r->msg->data;
    if (strncmp(point->name, "tick", sizeof point->name)) return;
    int64_t due = ++p->n[r->node];
    if (point->value == due && r->at == due * PERIOD) return;
    struct orr_violation *v = orr_check_break(check, NULL, r->node);
    if (v)
        snprintf(v->text, sizeof v->text,
                 "tick %lld of node %u came at %.3f s and said %lld; it is due at %.3f s",
                 (long long)due, r->node, (double)r->at * 1e-9, (long long)point->value,
                 (double)(due * PERIOD) * 1e-9);
}

static void pace_judge(void *state, struct orr_check *check) {
    const struct pace *p = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    int64_t due = (orr_check_now(check) - 1) / PERIOD, least = due;
    for (uint32_t i = 0; i < orr_check_n_nodes(check); i++)
        if (p->n[i] < least) least = p->n[i];
    snprintf(v->expected, sizeof v->expected, "%lld ticks, 100 ms apart", (long long)due);
    snprintf(v->observed, sizeof v->observed,
             v->violation ? "one at another time" : "%lld at the slowest node", (long long)least);
    v->pass = !v->violation && least >= due;
}

static const struct orr_oracle pace = {
    .name = "pace", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC), .size = sizeof(struct pace), .begin = pace_begin,
    .hear = pace_hear, .judge = pace_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&pace, NULL};
