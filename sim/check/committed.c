/* committed.c - what clients submitted to correct nodes that stay up is committed by the end. */
#include <inttypes.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->committed == ORR_COMMITTED_ALL);
    return e->committed == ORR_COMMITTED_ALL;
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    uint64_t n = 0, n_open = 0;
    const struct tx *first = NULL;
    for (uint32_t i = 0; i < c->n_txs; i++) {
        const struct tx *tx = &c->txs[i];
        if (!orr_load_is_owed(c, tx, c->end - c->expect->committed_within)) continue;
        n++;
        if (tx->height != UINT32_MAX) continue;
        if (!n_open++) first = tx;
    }
    if (n_open && !orr_check_is_stopped(c)) {
        struct orr_violation *broken = orr_check_break(c, NULL, first->node);
        if (broken)
            snprintf(broken->text, sizeof broken->text,
                     "%" PRIu64 " of %" PRIu64 " transactions were never committed; the first was "
                     "submitted to %s at %s",
                     n_open, n, orr_words_node(c->scenario, first->node).text,
                     orr_words_time(first->submitted).text);
    }
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    orr_time within = c->expect->committed_within;
    if (within)
        snprintf(v->expected, sizeof v->expected, "all but the last %s",
                 orr_words_time(within).text);
    else
        snprintf(v->expected, sizeof v->expected, "all");
    snprintf(v->observed, sizeof v->observed, "%" PRIu64 " of %" PRIu64, n - n_open, n);
    orr_verdict_say(v, "%" PRIu64 " transactions of correct nodes that stayed up%s", n,
                    c->n_untracked ? "; not all were followed" : "");
    v->pass = !v->violation;
    if (!n) orr_verdict_open(v, "no transaction was given to a correct node that stayed up");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

const struct orr_oracle orr_oracle_committed = {
    .name = "committed",
    .begin = begin,
    .judge = judge,
};
