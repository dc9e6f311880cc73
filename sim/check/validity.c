/* validity.c - what is decided is well formed, proposed by who may, and was submitted. */
#include <inttypes.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->validity, e->validity_where.source);
    return e->validity != ORR_EXPECT_UNCHECKED;
}

static void break_validity(struct orr_check *c, const char *what) {
    const struct decision *now = &c->decision;
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    if (now->d) orr_chain_describe(&v->side, now->d);
    snprintf(v->text, sizeof v->text, "%s decided %s at height %" PRIu64 " (at %s)",
             orr_words_node(c->scenario, now->node).text, what, now->d ? now->d->height : 0,
             orr_words_time(c->now).text);
}

/* May these propose: of the same role, with stake at that height? */
static bool may_propose(const struct orr_check *c, const struct decision *now) {
    const orr_peer *proposers = orr_decided_proposers(now->d);
    for (uint32_t i = 0; i < now->d->n_proposers; i++)
        if (!orr_voters_power(c, now->chain, proposers[i], now->d->height)) return false;
    return true;
}

/* A quorum has more than 2/3 of the voting power. */
static void judge_signers(struct orr_check *c) {
    const struct decision *now = &c->decision;
    char what[160];
    if (now->signed_power > now->voting_power / 3 * 2 + now->voting_power % 3 * 2 / 3) return;
    snprintf(what, sizeof what,
             "on the votes of %u nodes with %" PRIu64 " of the voting power of %" PRIu64,
             now->n_signers, now->signed_power, now->voting_power);
    break_validity(c, what);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    (void)state, (void)r;
    const struct decision *now = &c->decision;
    if (now->node == ORR_NOBODY) return;
    if (!now->d) {
        break_validity(c, "something malformed");
        return;
    }
    if (now->n_signers) judge_signers(c);
    if (!now->first) return;
    if (!may_propose(c, now)) break_validity(c, "a block of a node that may not propose");
    if (now->not_proposed) break_validity(c, "a value that its proposer had not proposed");
    if (!now->unknown_tx || c->n_untracked || now->chain->forked) return;
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    v->tx = now->unknown_tx;
    orr_chain_describe(&v->side, now->d);
    snprintf(v->text, sizeof v->text,
             "%s decided transaction %016" PRIx64 " at height %" PRIu64
             ", which no client had submitted (at %s)",
             orr_words_node(c->scenario, now->node).text, v->tx, now->d->height,
             orr_words_time(c->now).text);
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    struct orr_verdict *v = orr_check_rule(c, c->n_decisions, "no correct node decided anything");
    orr_check_count_decisions(c, v);
    if (c->n_untracked) orr_verdict_say(v, "not all transactions were followed");
}

const struct orr_oracle orr_oracle_validity = {
    .name = "validity",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED),
    .begin = begin,
    .hear = hear,
    .judge = judge,
};
