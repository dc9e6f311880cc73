/* agreement.c - no two correct nodes decide differently at a height: neither values nor who
 * proposed them. */
#include <inttypes.h>

#include "sim/check/state.h"

struct agreement {
    uint64_t n_compared; /* decisions of a height that another correct node had decided */
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->agreement, e->agreement_where.source);
    return e->agreement != ORR_EXPECT_UNCHECKED;
}

static void break_proposers(struct orr_check *c, const struct decision *now) {
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    orr_chain_describe(&v->side, now->d);
    orr_chain_describe_first(c, now->chain, now->index, &v->other);
    snprintf(v->text, sizeof v->text,
             "%s and %s decided %s at height %" PRIu64 ", but the first says that %s proposed it, "
             "the second that %s did",
             orr_words_node(c->scenario, v->other.node).text,
             orr_words_node(c->scenario, now->node).text, orr_words_value(now->d->value).text,
             now->d->height,
             orr_words_node(c->scenario, height_at(now->chain, now->index)->proposer).text,
             orr_words_node(c->scenario, orr_decided_proposer(now->d)).text);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    (void)r;
    struct agreement *a = state;
    const struct decision *now = &c->decision;
    if (now->node == ORR_NOBODY || !now->d || now->first) return;
    a->n_compared++;
    if (now->other_proposers) break_proposers(c, now);
    if (!now->other_value) return;
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    orr_chain_describe(&v->side, now->d);
    orr_chain_describe_first(c, now->chain, now->index, &v->other);
    orr_certificates_describe(c, v);
    snprintf(v->text, sizeof v->text,
             "%s and %s decided differently at height %" PRIu64 ": %s in round %u at %s, %s in "
             "round %u at %s",
             orr_words_node(c->scenario, v->other.node).text,
             orr_words_node(c->scenario, now->node).text, now->d->height,
             orr_words_value(v->other.value).text, v->other.round, orr_words_time(v->other.at).text,
             orr_words_value(now->d->value).text, now->d->round, orr_words_time(c->now).text);
}

static void judge(void *state, struct orr_check *c) {
    const struct agreement *a = state;
    struct orr_verdict *v =
        orr_check_rule(c, a->n_compared, "no two correct nodes decided a height");
    orr_check_count_decisions(c, v);
}

const struct orr_oracle orr_oracle_agreement = {
    .name = "agreement",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED),
    .size = sizeof(struct agreement),
    .begin = begin,
    .hear = hear,
    .judge = judge,
};
