/* Oracles: those of rules.h, and `named`: each correct node has proof against somebody who is
 * not. */
#include "rules.h"

struct accused {
    bool has[NODES]; /* accused somebody who is not correct */
};

static void named_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct accused *a = state;
    const struct orr_evidence *e = r->msg ? (const void *)r->msg->data : NULL;
    if (!e || e->culprit >= orr_check_n_nodes(check) || r->node >= NODES) return;
    a->has[r->node] |= !orr_check_is_correct(check, e->culprit);
}

static void named_judge(void *state, struct orr_check *check) {
    const struct accused *a = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    uint32_t n = 0, wanted = 0;
    for (orr_peer i = 0; i < orr_check_n_nodes(check); i++) {
        if (!orr_check_is_correct(check, i) || !orr_check_is_up(check, i)) continue;
        wanted++;
        n += a->has[i];
    }
    snprintf(v->expected, sizeof v->expected, "all have proof against who lied");
    snprintf(v->observed, sizeof v->observed, "%u of %u", n, wanted);
    v->pass = n == wanted;
}

static const struct orr_oracle named = {
    .name = "named", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_EVIDENCE), .size = sizeof(struct accused),
    .begin = few_nodes, .hear = named_hear, .judge = named_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &one_vote, &not_nil, &named, NULL};
