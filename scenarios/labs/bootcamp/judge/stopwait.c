/* Oracle `window`: node 0 sends number n + 1 only when it has received an acknowledgement of n. */
#include <stdio.h>

#include "models/base/bytes.h"
#include "sim/check/verdict.h"

enum { ACK = 1 };

struct window {
    uint64_t acked, sent; /* the highest */
};

static bool window_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)check, (void)settings;
    return true;
}

static void window_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct window *w = state;
    if (r->node != 0 || !r->msg || r->msg->len < 8) return;
    uint64_t number = orr_load_le64(r->msg->data);
    if (r->kind == ORR_TAP_EVENT) {
        if (r->what == ORR_RECV && r->msg->kind == ACK && number > w->acked) w->acked = number;
        return;
    }
    if (number > w->sent) w->sent = number;
    if (number <= w->acked + 1) return;
    struct orr_violation *v = orr_check_break(check, NULL, r->node);
    if (v)
        snprintf(v->text, sizeof v->text,
                 "node 0 sent number %llu at %.3f s, and number %llu is not acknowledged",
                 (unsigned long long)number, (double)r->at * 1e-9,
                 (unsigned long long)w->acked + 1);
}

static void window_judge(void *state, struct orr_check *check) {
    const struct window *w = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "one number on its way at a time");
    snprintf(v->observed, sizeof v->observed, v->violation ? "several" : "one, up to number %llu",
             (unsigned long long)w->sent);
    v->pass = !v->violation;
    if (!w->sent) orr_verdict_open(v, "node 0 sent nothing");
}

static const struct orr_oracle window = {
    .name = "window", .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_EVENT),
    .size = sizeof(struct window), .begin = window_begin, .hear = window_hear,
    .judge = window_judge};

/* Oracle `order`: as of exercise 7. */
enum { MOST = 4096 };
struct order {
    uint64_t ids[MOST];
    uint32_t n, at;
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
    } else if (o->at < o->n && o->ids[o->at] == id) {
        o->at++;
    } else {
        struct orr_violation *v = orr_check_break(check, NULL, r->node);
        if (v)
            snprintf(v->text, sizeof v->text,
                     "node 1 delivered something else than number %u at %.3f s", o->at + 1,
                     (double)r->at * 1e-9);
    }
}
static void order_judge(void *state, struct orr_check *check) {
    const struct order *o = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "as the client handed it in");
    snprintf(v->observed, sizeof v->observed,
             v->violation ? "another order" : "in order, %u of %u", o->at, o->n);
    v->pass = !v->violation && o->at == o->n;
    if (!o->n) orr_verdict_open(v, "node 0 delivered nothing");
}
static const struct orr_oracle order = {
    .name = "order", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DELIVERED), .size = sizeof(struct order),
    .begin = order_begin, .hear = order_hear, .judge = order_judge};

__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &window, &order, NULL};
