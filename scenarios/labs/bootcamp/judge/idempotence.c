/* Oracle `balance`: a node's balance never falls (nobody takes anything out), and in the end all
 * nodes have that of node 0. */
#include <stdio.h>
#include <string.h>

#include "sim/check/verdict.h"

enum { MOST = 64 };

struct balance {
    int64_t of[MOST];
};

static bool balance_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= MOST;
}

static void balance_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct balance *b = state;
    const struct orr_metric_point *point = (const void *)r->msg->data;
    if (strncmp(point->name, "balance", sizeof point->name)) return;
    int64_t before = b->of[r->node];
    b->of[r->node] = point->value;
    const char *what = point->value < before     ? "fell back to"
                       : point->value > b->of[0] ? "ran ahead of node 0 to"
                                                 : NULL;
    struct orr_violation *v = what ? orr_check_break(check, NULL, r->node) : NULL;
    if (v)
        snprintf(v->text, sizeof v->text, "the balance of node %u %s %lld at %.3f s; it was %lld",
                 r->node, what, (long long)point->value, (double)r->at * 1e-9,
                 (long long)before);
}

static void balance_judge(void *state, struct orr_check *check) {
    const struct balance *b = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    uint32_t n = orr_check_n_nodes(check), other = 0;
    while (other < n && b->of[other] == b->of[0]) other++;
    snprintf(v->expected, sizeof v->expected, "%lld at all nodes in the end",
             (long long)b->of[0]);
    if (v->violation) snprintf(v->observed, sizeof v->observed, "a balance that nobody said last");
    else if (other == n) snprintf(v->observed, sizeof v->observed, "the same");
    else
        snprintf(v->observed, sizeof v->observed, "%lld at node %u", (long long)b->of[other],
                 other);
    v->pass = !v->violation && other == n;
    if (!b->of[0]) orr_verdict_open(v, "node 0 said none");
}

static const struct orr_oracle balance = {
    .name = "balance", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC), .size = sizeof(struct balance),
    .begin = balance_begin, .hear = balance_hear, .judge = balance_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&balance,
                                                                                       NULL};
