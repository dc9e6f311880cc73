/* latency.c - percentiles of the time from submission to the first commit, below their bounds. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    bool asked =
        e->p50 != ORR_NEVER || e->p90 != ORR_NEVER || e->p99 != ORR_NEVER || e->max != ORR_NEVER;
    orr_check_expect(c, ORR_EXPECT_HOLDS, asked);
    return asked;
}

/* Is the percentile below the bound?  With waiting transactions as check.h says. */
static void judge_percentile(struct orr_check *c, const char *part, uint64_t percent,
                             orr_time bound, orr_time seen) {
    if (bound == ORR_NEVER) return;
    uint64_t n = 0, n_below = 0, n_waiting = 0;
    for (uint32_t i = 0; i < c->n_txs; i++) {
        const struct tx *tx = &c->txs[i];
        if (!tx->counted) continue;
        bool waits = tx->height == UINT32_MAX;
        const struct chain *chain = &c->chains[c->nodes[tx->node].chain];
        orr_time latency = (waits ? c->end : chain->heights[tx->height].first_at) - tx->submitted;
        if (waits && latency < bound) continue;
        n++, n_waiting += waits, n_below += latency < bound;
    }
    uint64_t rank = (n * percent + 99) / 100;
    if (!orr_check_is_stopped(c) && n_below < rank) {
        struct orr_violation *broken = orr_check_break(c, part, ORR_NOBODY);
        if (broken)
            snprintf(broken->text, sizeof broken->text,
                     "%s is not below %s: %" PRIu64 " of %" PRIu64
                     " transactions took as long or longer, %" PRIu64
                     " of them were never committed",
                     part, orr_words_time(bound).text, n - n_below, n, n_waiting);
    }
    struct orr_verdict *v = orr_check_verdict(c, part);
    snprintf(v->expected, sizeof v->expected, "below %s", orr_words_time(bound).text);
    snprintf(v->observed, sizeof v->observed, "%s", seen < 0 ? "never" : orr_words_time(seen).text);
    orr_verdict_say(
        v, "%" PRIu64 " of %" PRIu64 " transactions below; %" PRIu64 " were never committed",
        n_below, n, n_waiting);
    v->pass = !v->violation;
    if (!n) orr_verdict_open(v, "no transaction that counts");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    const struct orr_expect_spec *e = c->expect;
    const struct orr_measures *m = &c->measures;
    judge_percentile(c, "p50", 50, e->p50, m->first_p50);
    judge_percentile(c, "p90", 90, e->p90, m->first_p90);
    judge_percentile(c, "p99", 99, e->p99, m->first_p99);
    judge_percentile(c, "max", 100, e->max, m->first_max);
}

const struct orr_oracle orr_oracle_latency = {.name = "latency", .begin = begin, .judge = judge};
