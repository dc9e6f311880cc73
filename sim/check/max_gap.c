/* max_gap.c - no correct node that is up goes too long without a decision. */
#include <inttypes.h>

#include "sim/check/state.h"

struct max_gap {
    uint64_t n_judged; /* gaps between decisions, and waiting nodes looked at */
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->max_gap != ORR_NEVER);
    return e->max_gap != ORR_NEVER;
}

static void note(struct max_gap *m, struct orr_check *c, orr_peer node, orr_time gap) {
    m->n_judged++;
    if (gap > c->max_gap) c->max_gap = gap;
    if (gap <= c->expect->max_gap) return;
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = c->nodes[node].height + 1;
    snprintf(v->text, sizeof v->text, "%s decided nothing from %s to %s, longer than %s",
             orr_words_node(c->scenario, node).text, orr_words_time(c->nodes[node].since).text,
             orr_words_time(c->now).text, orr_words_time(c->expect->max_gap).text);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    (void)r;
    const struct decision *now = &c->decision;
    if (now->node != ORR_NOBODY && now->d && now->place != PLACE_AGAIN)
        note(state, c, now->node, now->gap);
}

static orr_time look(void *state, struct orr_check *c) {
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (orr_faults_should_decide(c, node)) note(state, c, node, c->now - c->nodes[node].since);
    return orr_check_next_look(c, c->expect->max_gap);
}

static void judge(void *state, struct orr_check *c) {
    const struct max_gap *m = state;
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "at most %s",
             orr_words_time(c->expect->max_gap).text);
    snprintf(v->observed, sizeof v->observed, "%s", orr_words_time(c->max_gap).text);
    v->pass = !v->violation;
    if (!m->n_judged) orr_verdict_open(v, "no correct node that decides was up");
}

const struct orr_oracle orr_oracle_max_gap = {
    .name = "max_gap",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED),
    .size = sizeof(struct max_gap),
    .begin = begin,
    .hear = hear,
    .look = look,
    .judge = judge,
};
