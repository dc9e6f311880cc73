/* caught_up.c - after the last fault nobody lags behind for long. */
#include <inttypes.h>

#include "sim/check/state.h"

static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->caught_up_within != ORR_NEVER);
    return e->caught_up_within != ORR_NEVER;
}

/* Where a node stands: its last decision, unless that is lost. */
static uint64_t height_of(const struct watched *w) {
    return !w->ever || (w->fresh && w->disk_lost) ? 0 : w->height;
}

/* The highest decision of a correct node of a chain. */
static uint64_t highest(const struct orr_check *c, uint32_t chain) {
    uint64_t top = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (c->nodes[node].chain == chain && is_correct(c, node) && c->nodes[node].top > top)
            top = c->nodes[node].top;
    return top;
}

/* How far the one that lags most is behind, and how many lag too far. */
struct lag {
    uint32_t n, n_late;
    orr_peer worst;
    uint64_t by, top;
};

static struct lag measure(const struct orr_check *c) {
    struct lag lag = {.worst = ORR_NOBODY};
    for (uint32_t chain = 0; chain < c->n_chains; chain++) {
        uint64_t top = highest(c, chain);
        for (orr_peer node = 0; node < c->n_nodes; node++) {
            if (c->nodes[node].chain != chain || !orr_faults_should_decide(c, node)) continue;
            uint64_t height = height_of(&c->nodes[node]), by = top > height ? top - height : 0;
            lag.n++;
            lag.n_late += by > c->expect->caught_up_heights;
            if (lag.worst != ORR_NOBODY && by <= lag.by) continue;
            lag.worst = node;
            lag.by = by;
            lag.top = top;
        }
    }
    return lag;
}

static orr_time look(void *state, struct orr_check *c) {
    (void)state;
    orr_time within = c->expect->caught_up_within;
    bool more_faults = c->n_temporary || c->now < c->last_planned;
    if (more_faults || c->now - c->changed_at < within) {
        orr_time next = orr_check_next_look(c, within);
        orr_time due = more_faults ? next : c->changed_at + within;
        return due < next ? due : next;
    }
    struct lag lag = measure(c);
    struct orr_violation *v = lag.n_late ? orr_check_break(c, NULL, lag.worst) : NULL;
    if (v) {
        v->side.height = height_of(&c->nodes[lag.worst]) + 1;
        snprintf(v->text, sizeof v->text,
                 "%s%s is %" PRIu64 " heights behind the highest, %" PRIu64
                 ", %s after the last change of faults",
                 orr_words_node(c->scenario, lag.worst).text, lag.n_late > 1 ? ", as others," : "",
                 lag.by, lag.top, orr_words_time(c->now - c->changed_at).text);
    }
    return orr_check_next_look(c, within);
}

static void judge(void *state, struct orr_check *c) {
    (void)state;
    struct lag lag = measure(c);
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "%" PRIu64 " heights, within %s",
             c->expect->caught_up_heights, orr_words_time(c->expect->caught_up_within).text);
    snprintf(v->observed, sizeof v->observed, "%" PRIu64 " heights", lag.by);
    orr_verdict_say(v, "%u nodes; the last change of faults was at %s", lag.n,
                    orr_words_time(c->changed_at).text);
    v->pass = !v->violation;
    if (v->violation) return;
    if (!lag.n) orr_verdict_open(v, "no correct node that decides was up at the end");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
    if (c->n_temporary || c->end - c->changed_at < c->expect->caught_up_within)
        orr_verdict_open(v, "the run ended before that time had passed");
}

const struct orr_oracle orr_oracle_caught_up = {
    .name = "caught_up",
    .begin = begin,
    .look = look,
    .judge = judge,
};
