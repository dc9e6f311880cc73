/* total_order.c - each node's heights follow each other without a gap. */
#include <inttypes.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->total_order, e->total_order_where.source);
    return e->total_order != ORR_EXPECT_UNCHECKED;
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    (void)state, (void)r;
    const struct decision *now = &c->decision;
    if (now->node == ORR_NOBODY || !now->d) return;
    static const char *const what[] = {
        [PLACE_TOO_HIGH] = "first, but should begin at or below",
        [PLACE_GAP] = "and left a gap after",
        [PLACE_BACK] = "after",
    };
    if (now->place == PLACE_NEXT || now->place == PLACE_AGAIN) return;
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    orr_chain_describe(&v->side, now->d);
    snprintf(v->text, sizeof v->text, "%s decided height %" PRIu64 " %s %" PRIu64 " (at %s)",
             orr_words_node(c->scenario, now->node).text, now->d->height, what[now->place],
             now->limit, orr_words_time(c->now).text);
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    struct orr_verdict *v = orr_check_rule(c, c->n_decisions, "no correct node decided anything");
    orr_check_count_decisions(c, v);
}

const struct orr_oracle orr_oracle_total_order = {
    .name = "total_order",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED),
    .begin = begin,
    .hear = hear,
    .judge = judge,
};
