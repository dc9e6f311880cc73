/* Oracles of all parts of the BFT lab: `one-vote`, no node votes twice in a round; `not-nil`, nobody
 * decides nil, which is no value. */
#include <stdio.h>
#include <string.h>

#include "models/base/bytes.h"
#include "models/output.h"
#include "sim/check/verdict.h"

enum { NODES = 7, ROUNDS = 64, HEIGHTS = 512, PRECOMMIT = 1 };

struct one_vote {
    uint64_t value[NODES][2][HEIGHTS][ROUNDS]; /* + 1; 0: has not voted */
    uint64_t n_votes;
};

static bool few_nodes(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= NODES;
}

static void one_vote_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct one_vote *o = state;
    if (!r->msg || r->msg->kind > PRECOMMIT || r->msg->len < 24) return;
    if (!orr_check_is_correct(check, r->node)) return;
    uint64_t height = orr_load_le64(r->msg->data), round = orr_load_le64(r->msg->data + 8);
    uint64_t value = orr_load_le64(r->msg->data + 16);
    if (height >= HEIGHTS || round >= ROUNDS) return;
    uint64_t *before = &o->value[r->node][r->msg->kind][height][round];
    o->n_votes += !*before;
    if (*before && *before != value + 1) {
        struct orr_violation *v = orr_check_break(check, NULL, r->node);
        if (v)
            snprintf(v->text, sizeof v->text,
                     "node %u sent two %ss of height %llu, round %llu: for %llx, then for %llx "
                     "(at %.3f s)",
                     r->node, r->msg->kind ? "precommit" : "prevote", (unsigned long long)height,
                     (unsigned long long)round, (unsigned long long)(*before - 1),
                     (unsigned long long)value, (double)r->at * 1e-9);
    }
    if (!*before) *before = value + 1;
}

static void one_vote_judge(void *state, struct orr_check *check) {
    const struct one_vote *o = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "one vote of a kind a round");
    snprintf(v->observed, sizeof v->observed, v->violation ? "two" : "so, %llu votes",
             (unsigned long long)o->n_votes);
    v->pass = !v->violation;
    if (!o->n_votes) orr_verdict_open(v, "nobody voted");
}

static const struct orr_oracle one_vote = {
    .name = "one-vote", .wants = ORR_TAP_BIT(ORR_TAP_SEND), .size = sizeof(struct one_vote),
    .begin = few_nodes, .hear = one_vote_hear, .judge = one_vote_judge};

/* ---- not-nil ---- */

struct not_nil {
    uint64_t n_decisions;
};

static void not_nil_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct not_nil *n = state;
    const struct orr_decided *d = r->msg ? (const void *)r->msg->data : NULL;
    if (!d || !orr_check_is_correct(check, r->node)) return;
    n->n_decisions++;
    if (orr_load_le64(d->value)) return; /* the value is in front of the height (bft.c) */
    struct orr_violation *v = orr_check_break(check, NULL, r->node);
    if (v)
        snprintf(v->text, sizeof v->text, "node %u decided nil at height %llu, round %u (at %.3f s)",
                 r->node, (unsigned long long)d->height, d->round, (double)r->at * 1e-9);
}

static void not_nil_judge(void *state, struct orr_check *check) {
    const struct not_nil *n = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "what is decided is a value");
    snprintf(v->observed, sizeof v->observed, v->violation ? "nil" : "so, %llu decisions",
             (unsigned long long)n->n_decisions);
    v->pass = !v->violation;
    if (!n->n_decisions) orr_verdict_open(v, "nobody decided");
}

static const struct orr_oracle not_nil = {
    .name = "not-nil", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED), .size = sizeof(struct not_nil),
    .begin = few_nodes, .hear = not_nil_hear, .judge = not_nil_judge};
