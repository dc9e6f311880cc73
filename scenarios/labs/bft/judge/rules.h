/* The oracle `one-vote` of all parts of the BFT lab: no node votes twice in a round. */
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
