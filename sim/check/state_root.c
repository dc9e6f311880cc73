/* state_root.c - where two correct nodes decide the same value they compute the same state root. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

struct state_root {
    uint64_t n_compared;
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->state_root, e->state_root_where.source);
    return e->state_root != ORR_EXPECT_UNCHECKED;
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    (void)r;
    struct state_root *s = state;
    const struct decision *now = &c->decision;
    if (now->node == ORR_NOBODY || !now->d || now->first || now->other_value) return;
    s->n_compared++;
    if (!now->other_root) return;
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    orr_chain_describe(&v->side, now->d);
    orr_chain_describe_first(c, now->chain, now->index, &v->other);
    memcpy(v->side.value, now->d->state_root, 32);
    memcpy(v->other.value, now->chain->heights[now->index].state_root, 32);
    snprintf(v->text, sizeof v->text,
             "%s and %s decided the same block at height %" PRIu64
             " but computed different state roots: %s and %s",
             orr_words_node(c->scenario, v->other.node).text,
             orr_words_node(c->scenario, now->node).text, now->d->height,
             orr_words_value(v->other.value).text, orr_words_value(now->d->state_root).text);
}

static void judge(void *state, struct orr_check *c) {
    const struct state_root *s = state;
    struct orr_verdict *v =
        orr_check_rule(c, s->n_compared, "no two correct nodes decided the same value");
    orr_check_count_decisions(c, v);
}

const struct orr_oracle orr_oracle_state_root = {
    .name = "state_root",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED),
    .size = sizeof(struct state_root),
    .begin = begin,
    .hear = hear,
    .judge = judge,
};
