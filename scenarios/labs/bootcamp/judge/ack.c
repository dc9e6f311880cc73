/* Oracle `rest`: who has been acknowledged falls silent: node 0 sends no DATA in the last second,
 * in which no client asks. */
#include <stdio.h>

#include "sim/check/verdict.h"

struct rest {
    orr_time asked, sent; /* the latest */
    uint64_t n_acks;
};

static bool rest_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)check, (void)settings;
    return true;
}

static void rest_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    (void)check;
    struct rest *s = state;
    if (r->kind == ORR_TAP_SUBMIT) s->asked = r->at;
    else if (r->node == 0) s->sent = r->at;
    else s->n_acks++;
}

static void rest_judge(void *state, struct orr_check *check) {
    const struct rest *s = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "node 0 is at rest in the end");
    v->pass = s->n_acks && s->sent + 1000000000 < orr_check_now(check);
    snprintf(v->observed, sizeof v->observed,
             s->n_acks ? "it last sent at %.3f s, the client asked at %.3f s"
                       : "node 1 has acknowledged nothing",
             (double)s->sent * 1e-9, (double)s->asked * 1e-9);
}

static const struct orr_oracle rest = {
    .name = "rest", .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_SUBMIT),
    .size = sizeof(struct rest), .begin = rest_begin, .hear = rest_hear, .judge = rest_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&rest, NULL};
