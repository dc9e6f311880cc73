/* termination.c - decisions go on after the last fault, or, where that is expected, stop. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"
#include "sim/check/views.h"

static bool is_by_views(const struct orr_expect_spec *e) {
    return e->termination == ORR_TERMINATION_WITHIN && e->views;
}

static bool begin(void *state, struct orr_check *c, const void *settings) {
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->termination != ORR_TERMINATION_UNCHECKED);
    if (is_by_views(e)) orr_views_begin(state, c);
    return e->termination != ORR_TERMINATION_UNCHECKED;
}

static void fini(void *state) {
    struct orr_views *views = state;
    if (views->v) orr_views_fini(views);
}

/* Too many views without a decision. */
static void hear_views(struct orr_views *views, struct orr_check *c,
                       const struct orr_tap_record *r) {
    orr_peer node;
    if (!orr_views_hear(views, c, r, c->expect->views, &node)) return;
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = c->nodes[node].height + 1;
    snprintf(v->text, sizeof v->text,
             "nobody decided from %s until %s, while every correct node entered %" PRIu64
             " views and more",
             orr_words_time(views->since).text, orr_words_time(c->now).text,
             c->expect->views + 1);
}

/* Progress where there should be none: after all faults have begun, and T. */
static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    const struct decision *now = &c->decision;
    const struct orr_expect_spec *e = c->expect;
    if (is_by_views(e)) hear_views(state, c, r);
    if (e->termination != ORR_TERMINATION_STALLED || now->node == ORR_NOBODY) return;
    if (!now->d || now->place == PLACE_AGAIN || c->now < c->last_begin) return;
    if (c->now - c->begun_at <= (e->within == ORR_NEVER ? 0 : e->within)) return;
    struct orr_violation *v = orr_check_break(c, NULL, now->node);
    if (!v) return;
    v->side.height = now->d->height;
    snprintf(v->text, sizeof v->text,
             "%s decided height %" PRIu64 " at %s, %s after the last fault began, but should stall",
             orr_words_node(c->scenario, now->node).text, now->d->height,
             orr_words_time(c->now).text, orr_words_time(c->now - c->begun_at).text);
}

/* When everybody must have decided: ORR_NEVER while it is not known yet. */
static orr_time deadline_of(const struct orr_check *c) {
    if (c->n_temporary || c->now < c->last_planned) return ORR_NEVER; /* more is to come */
    return c->expect->within > ORR_NEVER - c->changed_at ? ORR_NEVER
                                                         : c->changed_at + c->expect->within;
}

/* Who has not decided in time: how many, and the first of them. */
static uint32_t count_late(const struct orr_check *c, orr_time deadline, orr_peer *first) {
    uint32_t n_late = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (orr_faults_should_decide(c, node) && c->nodes[node].after_change > deadline &&
            n_late++ == 0)
            *first = node;
    return n_late;
}

static void check_deadline(struct orr_check *c) {
    orr_time deadline = deadline_of(c);
    if (c->end == ORR_NEVER && c->now < deadline) return;
    /* at the end of the run every node has to have decided, be it before the deadline or not */
    orr_peer first = ORR_NOBODY;
    uint32_t n_late = count_late(c, deadline < c->now ? deadline : c->now, &first);
    if (!n_late) return;
    struct orr_violation *v = orr_check_break(c, NULL, first);
    if (!v) return;
    v->side.height = c->nodes[first].height + 1; /* where it has not come to */
    snprintf(v->text, sizeof v->text,
             "%s%s decided nothing from the last change of faults at %s until %s%s",
             orr_words_node(c->scenario, first).text, n_late > 1 ? " and others" : "",
             orr_words_time(c->changed_at).text,
             orr_words_time(deadline < c->now ? deadline : c->now).text,
             deadline <= c->now ? "" : ", where the run ended");
}

/* Who decided after the last change of faults and then fell silent until the end: for longer than T
 * and than twice the gaps that were usual before, so that a T below a protocol's own pace alarms
 * nobody. */
static void check_silence(struct orr_check *c) {
    orr_time usual = 2 * c->calm_gap, most = c->expect->within > usual ? c->expect->within : usual;
    if (c->end < most || !orr_load_has_work(c, c->end - most)) return;
    uint32_t n = 0;
    orr_peer first = ORR_NOBODY;
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (orr_faults_should_decide(c, node) && c->nodes[node].after_change != ORR_NEVER &&
            c->end - c->nodes[node].since > most && n++ == 0)
            first = node;
    struct orr_violation *v = n ? orr_check_break(c, NULL, first) : NULL;
    if (!v) return;
    v->side.height = c->nodes[first].height + 1;
    snprintf(v->text, sizeof v->text,
             "%s%s stopped deciding: height %" PRIu64 " at %s was the last until the run ended at "
             "%s",
             orr_words_node(c->scenario, first).text, n > 1 ? " and others" : "",
             c->nodes[first].height, orr_words_time(c->nodes[first].since).text,
             orr_words_time(c->end).text);
}

static orr_time look(void *state, struct orr_check *c) {
    (void)state;
    if (c->expect->termination != ORR_TERMINATION_WITHIN || c->expect->views) return ORR_NEVER;
    check_deadline(c);
    if (c->end != ORR_NEVER) check_silence(c);
    return orr_check_next_look(c, c->expect->within);
}

/* Nobody is judged by a stall that could not have decided anyway: dead, Byzantine, of a protocol
 * that does not decide. */
static const char *why_nobody_stalls(const struct orr_check *c) {
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (orr_faults_should_decide(c, node) &&
            (c->n_decisions || c->chains[c->nodes[node].chain].role->fault.leads))
            return NULL;
    return "no correct node that decides was up at the end";
}

static void judge_stall(struct orr_check *c) {
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    strcpy(v->expected, "stalled");
    strcpy(v->observed, v->violation ? "progress" : "stalled");
    orr_verdict_say(v, "last decision at %s, last fault began at %s",
                    c->last_decision < 0 ? "no time" : orr_words_time(c->last_decision).text,
                    orr_words_time(c->begun_at).text);
    v->pass = !v->violation;
    if (v->violation) return;
    const char *nobody = why_nobody_stalls(c);
    if (nobody) orr_verdict_open(v, nobody);
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

static void judge_views(const struct orr_views *views, struct orr_check *c) {
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "within %" PRIu64 " views", c->expect->views);
    snprintf(v->observed, sizeof v->observed, v->violation ? "not in %u views" : "within %u views",
             views->most);
    orr_verdict_say(v, "the last change of faults was at %s", orr_words_time(c->changed_at).text);
    v->pass = !v->violation;
    if (v->violation) return;
    if (!views->is_told) orr_verdict_open(v, "no correct node says which view it is in");
    else if (!views->is_live)
        orr_verdict_open(v, "the run ended before a decision, and before as many views");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

static void judge_time(struct orr_check *c) {
    orr_time worst = 0;
    uint32_t n = 0, n_late = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        if (!orr_faults_should_decide(c, node)) continue;
        orr_time took = c->nodes[node].after_change;
        n++;
        if (took == ORR_NEVER)
            n_late++;
        else if (took - c->changed_at > worst)
            worst = took - c->changed_at;
    }
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "within %s", orr_words_time(c->expect->within).text);
    if (n_late)
        snprintf(v->observed, sizeof v->observed, "not by %u of %u nodes", n_late, n);
    else
        snprintf(v->observed, sizeof v->observed, "within %s%s", orr_words_time(worst).text,
                 v->violation ? ", then silent to the end" : "");
    orr_verdict_say(v, "%u nodes; the last change of faults was at %s", n,
                    orr_words_time(c->changed_at).text);
    v->pass = !v->violation;
    if (v->violation) return;
    if (!n) orr_verdict_open(v, "no correct node that decides was up at the end");
    if (orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
}

static void judge(void *state, struct orr_check *c) {
    if (c->expect->termination == ORR_TERMINATION_STALLED) judge_stall(c);
    else if (is_by_views(c->expect)) judge_views(state, c);
    else judge_time(c);
}

const struct orr_oracle orr_oracle_termination = {
    .name = "termination",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_DECIDED) | ORR_OUTPUT_BIT(ORR_OUT_STEP),
    .size = sizeof(struct orr_views),
    .begin = begin,
    .hear = hear,
    .look = look,
    .judge = judge,
    .fini = fini,
};
