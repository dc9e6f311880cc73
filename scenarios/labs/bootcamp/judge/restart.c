/* Oracle `numbers`: node 0 gives no number to two things, and some number after its last crash. */
#include <stdio.h>

#include "models/base/bytes.h"
#include "sim/check/verdict.h"

enum { MOST = 4096 };

struct numbers {
    uint64_t ids[MOST]; /* by number; 0: not given */
    uint32_t n_given, n_crashes, n_since_crash;
};

static bool numbers_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)check, (void)settings;
    return true;
}

static void numbers_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct numbers *s = state;
    if (r->kind == ORR_TAP_FAULT) {
        if (r->node == 0 && r->what == 1) s->n_crashes++, s->n_since_crash = 0;
        return;
    }
    if (r->node != 0 || !r->msg || r->msg->len != 16) return;
    uint64_t number = orr_load_le64(r->msg->data), id = orr_load_le64(r->msg->data + 8);
    struct orr_violation *v = NULL;
    if (!number || number >= MOST || (s->ids[number] && s->ids[number] != id))
        v = orr_check_break(check, NULL, r->node);
    if (v)
        snprintf(v->text, sizeof v->text, "node 0 gave number %llu %s, at %.3f s, after %u crashes",
                 (unsigned long long)number,
                 number && number < MOST ? "a second time" : "which is none",
                 (double)r->at * 1e-9, s->n_crashes);
    if (number && number < MOST) s->ids[number] = id;
    s->n_given++;
    s->n_since_crash++;
}

static void numbers_judge(void *state, struct orr_check *check) {
    const struct numbers *s = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "no number is given twice");
    snprintf(v->observed, sizeof v->observed,
             v->violation          ? "one is"
             : s->n_since_crash    ? "%u given, none twice"
                                   : "%u given, but none after the last crash",
             s->n_given);
    v->pass = !v->violation && s->n_since_crash;
}

static const struct orr_oracle numbers = {
    .name = "numbers", .wants = ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .size = sizeof(struct numbers), .begin = numbers_begin, .hear = numbers_hear,
    .judge = numbers_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {&numbers,
                                                                                       NULL};
