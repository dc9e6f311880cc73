/* The oracle `backoff`: for five seconds after a PRUNE neither end grafts the other. */
#include "mesh.h"

static const orr_time BACKOFF = INT64_C(5000000000);

struct backoff {
    orr_time pruned[NODES][NODES]; /* when a node last sent or got PRUNE, by peer; 0: never */
    uint32_t n_grafts;
};

static void backoff_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct backoff *b = state;
    if (has_gone(check, r)) memset(b->pruned[r->node], 0, sizeof b->pruned[0]);
    if (r->node >= NODES || r->peer >= NODES || !orr_check_is_correct(check, r->node)) return;
    if (r->kind != ORR_TAP_SEND && !is_received(r)) return;
    if (is_message(r, PRUNE, 0) && !r->msg->len) b->pruned[r->node][r->peer] = r->at;
    if (r->kind != ORR_TAP_SEND || !is_message(r, GRAFT, 0)) return;
    orr_time pruned = b->pruned[r->node][r->peer];
    b->n_grafts++;
    struct orr_violation *v =
        pruned && r->at - pruned < BACKOFF ? orr_check_break(check, NULL, r->node) : NULL;
    if (v)
        snprintf(v->text, sizeof v->text,
                 "node %u grafted node %u %.1f s after one had pruned the other (at %.3f s)",
                 r->node, r->peer, seconds(r->at - pruned), seconds(r->at));
}
static void backoff_judge(void *state, struct orr_check *check) {
    const struct backoff *b = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "no GRAFT within 5 s of a PRUNE");
    snprintf(v->observed, sizeof v->observed, v->violation ? "not so" : "so, %u GRAFTs",
             b->n_grafts);
    v->pass = !v->violation;
}

static const struct orr_oracle backoff = {
    .name = "backoff",
    .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_EVENT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .size = sizeof(struct backoff),
    .begin = few_nodes,
    .hear = backoff_hear,
    .judge = backoff_judge};
