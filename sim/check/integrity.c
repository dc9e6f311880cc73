/* integrity.c - nothing is decided twice: no height in one life, no value and no transaction in a
 * chain. */
#include <inttypes.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->integrity, e->integrity_where.source);
    return e->integrity != ORR_EXPECT_UNCHECKED;
}

static void break_height(struct orr_check *c, const struct decision *now) {
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    orr_chain_describe(&v->side, now->d);
    snprintf(v->text, sizeof v->text, "%s decided height %" PRIu64 " twice (again at %s)",
             orr_words_node(c->scenario, now->node).text, now->d->height,
             orr_words_time(c->now).text);
}

static void break_tx(struct orr_check *c, const struct decision *now) {
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    v->tx = now->repeated_tx;
    orr_chain_describe(&v->side, now->d);
    snprintf(v->text, sizeof v->text,
             "%s decided transaction %016" PRIx64 " at height %" PRIu64 ", %s (at %s)",
             orr_words_node(c->scenario, now->node).text, v->tx, now->d->height,
             now->repeated_here ? "twice in the block" : "which an earlier block had already",
             orr_words_time(c->now).text);
}

static void break_value(struct orr_check *c, const struct decision *now) {
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    orr_chain_describe(&v->side, now->d);
    snprintf(v->text, sizeof v->text,
             "%s decided value %s at height %" PRIu64 ", which was decided at height %" PRIu64
             " before (at %s)",
             orr_words_node(c->scenario, now->node).text, orr_words_value(now->d->value).text,
             now->d->height, height_at(now->chain, now->same_value)->height,
             orr_words_time(c->now).text);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    (void)state, (void)r;
    const struct decision *now = &c->decision;
    if (now->node == ORR_NOBODY || !now->d) return;
    if (now->place == PLACE_AGAIN) break_height(c, now);
    if (now->same_value != UINT32_MAX && !now->chain->forked) break_value(c, now);
    /* branches repeat each other's transactions */
    if (now->repeated_tx && !now->chain->forked) break_tx(c, now);
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    struct orr_verdict *v = orr_check_rule(c, c->n_decisions, "no correct node decided anything");
    orr_check_count_decisions(c, v);
}

const struct orr_oracle orr_oracle_integrity = {
    .name = "integrity",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED),
    .begin = begin,
    .hear = hear,
    .judge = judge,
};
