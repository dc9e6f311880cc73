/* Oracle `order`: node 1 delivers in the order in which node 0 does, and leaves nothing out. */
#include <stdio.h>

#include "sim/check/verdict.h"

enum { MOST = 4096 };

struct order {
    uint64_t ids[MOST];
    uint32_t n, at; /* delivered by node 0; by node 1 */
};

static bool order_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)check, (void)settings;
    return true;
}

static void order_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct order *o = state;
    uint64_t id = ((const struct orr_delivered *)(const void *)r->msg->data)->id;
    if (r->node == 0) {
        if (o->n < MOST) o->ids[o->n++] = id;
        return;
    }
    uint32_t number = 0;
    while (number < o->n && o->ids[number] != id) number++;
    if (number == o->at) {
        o->at++;
        return;
    }
    struct orr_violation *v = orr_check_break(check, NULL, r->node);
    if (v && number < o->n)
        snprintf(v->text, sizeof v->text,
                 "node %u delivered number %u at %.3f s, and number %u is due", r->node,
                 number, (double)r->at * 1e-9, o->at);
    else if (v)
        snprintf(v->text, sizeof v->text, "node %u delivered what nobody sent", r->node);
}

static void order_judge(void *state, struct orr_check *check) {
    const struct order *o = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "as node 0 has sent");
    snprintf(v->observed, sizeof v->observed,
             v->violation ? "another order" : "in order, %u of %u", o->at, o->n);
    v->pass = !v->violation && o->at == o->n;
    if (!o->n) orr_verdict_open(v, "node 0 delivered nothing");
}

static const struct orr_oracle order = {
    .name = "order", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED), .size = sizeof(struct order),
    .begin = order_begin, .hear = order_hear, .judge = order_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&order,
                                                                                       NULL};
