/* throughput.c - transactions committed a second, at least so many. */
#include <inttypes.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->throughput_nhz != ORR_UNSET);
    return e->throughput_nhz != ORR_UNSET;
}

static void print_rate(char *text, size_t size, const char *before, uint64_t nhz) {
    snprintf(text, size, "%s%" PRIu64 ".%03" PRIu64 " /s", before, nhz / 1000000000,
             nhz % 1000000000 / 1000000);
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    uint64_t bound = c->expect->throughput_nhz, seen = c->measures.throughput_nhz, n_counted = 0;
    for (uint32_t i = 0; i < c->n_txs; i++) n_counted += c->txs[i].counted;
    if (!orr_check_is_stopped(c) && n_counted && seen < bound) {
        struct orr_violation *broken = orr_check_break(c, NULL, ORR_NOBODY);
        orr_time last = c->last_commit > c->last_submit ? c->last_commit : c->last_submit;
        if (broken)
            snprintf(broken->text, sizeof broken->text,
                     "%" PRIu64 " of %" PRIu64 " transactions were committed in %s", c->n_committed,
                     c->measures.n_submitted, orr_words_time(last - c->first_submit).text);
    }
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    print_rate(v->expected, sizeof v->expected, "at least ", bound);
    print_rate(v->observed, sizeof v->observed, "", seen);
    orr_verdict_say(v, "%" PRIu64 " of %" PRIu64 " transactions", c->n_committed,
                    c->measures.n_submitted);
    v->pass = !v->violation;
    if (!n_counted) orr_verdict_open(v, "no transaction was given to a correct node that was up");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

const struct orr_oracle orr_oracle_throughput = {
    .name = "throughput",
    .begin = begin,
    .judge = judge,
};
