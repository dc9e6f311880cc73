/* live.c - what has to go on happening: termination after faults, and bounded gaps. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

/* A fault that ends by itself while the run lasts; all others are there to stay until a `heal`. */
static bool is_temporary(const struct orr_scenario *s, const struct orr_fault_spec *f) {
    orr_time lasts = f->duration;
    if (f->kind == ORR_FAULT_CRASH && f->restart_after < lasts) lasts = f->restart_after;
    if (lasts == ORR_NEVER) return false;
    return f->conditional || lasts <= s->duration - f->at;
}

/* Mends rather than disturbs. */
static bool is_remedy(const struct orr_fault_spec *f) {
    return f->kind == ORR_FAULT_HEAL || f->kind == ORR_FAULT_RESTART;
}

void orr_check_plan(struct orr_check *c) {
    const struct orr_scenario *s = c->scenario;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *f = &s->faults[i];
        if (f->conditional) continue; /* nobody knows when */
        orr_time until = f->at;
        if (is_temporary(s, f)) until += f->duration != ORR_NEVER ? f->duration : f->restart_after;
        if (until > c->last_planned) c->last_planned = until;
        if (!is_remedy(f) && f->at > c->last_begin) c->last_begin = f->at;
    }
}

/* ---- faults ---- */

static void change(struct orr_check *c) {
    c->changed_at = c->now;
    for (uint32_t i = 0; i < c->n_nodes; i++) c->nodes[i].after_change = ORR_NEVER;
}

/* From here on the node's silence counts. */
static void go_on(struct orr_check *c, struct watched *node) { node->since = c->now; }

static void start_again(struct orr_check *c, struct watched *node) {
    node->crashed = node->stopped = false;
    node->fresh = true;
    node->progress = (struct orr_progress){0};
    go_on(c, node);
}

static void fault_at_node(struct orr_check *c, const struct orr_fault_spec *f, orr_peer peer,
                          bool began) {
    struct watched *node = &c->nodes[peer];
    switch (f->kind) {
    case ORR_FAULT_BYZANTINE: node->byzantine |= began; break;
    case ORR_FAULT_CRASH:
    case ORR_FAULT_CHURN:
        if (began)
            node->crashed = true;
        else
            start_again(c, node);
        if (began && f->disk == ORR_DISK_LOSE) node->disk_lost = true;
        break;
    case ORR_FAULT_RESTART:
        if (began) start_again(c, node);
        if (began && f->disk == ORR_DISK_LOSE) node->disk_lost = true;
        break;
    case ORR_FAULT_PAUSE:
        node->n_pauses = (uint16_t)(node->n_pauses + (began ? 1 : -1));
        go_on(c, node);
        break;
    case ORR_FAULT_FULL_DISK: /* the next write stops it, and space alone does not start it again */
        node->stopped |= began;
        break;
    default: break; /* of the network, clock and speed: the node goes on */
    }
}

void orr_check_fault(struct orr_check *c, const struct orr_tap_record *r) {
    assert(r->key < c->scenario->n_faults);
    const struct orr_fault_spec *f = &c->scenario->faults[r->key];
    bool began = r->what == 1, temporary = is_temporary(c->scenario, f);
    if (r->node != ORR_NOBODY) {
        fault_at_node(c, f, r->node, began);
        return;
    }
    if (began) {
        c->active[r->key]++;
        c->n_temporary += temporary;
        if (!is_remedy(f)) c->begun_at = c->now;
        if (!temporary) change(c);
    } else {
        if (c->active[r->key]) c->active[r->key]--, c->n_temporary -= temporary;
        change(c);
    }
}

/* ---- progress ---- */

/* Does the node belong to those that decide: its role has decided, has leaders, or takes
 * transactions and nobody else has decided either? */
static bool is_expected_to_decide(const struct orr_check *c, orr_peer node) {
    const struct chain *chain = &c->chains[c->nodes[node].chain];
    if (!is_correct(c, node) || is_down(&c->nodes[node])) return false;
    return chain->n_heights || chain->role->fault.leads ||
           (chain->role->workload.make_tx && !c->n_decisions);
}

/* Progress where there should be none: after all faults have begun, and T. */
static void check_stall(struct orr_check *c, orr_peer node) {
    const struct orr_expect_spec *e = c->expect;
    orr_time within = e->within == ORR_NEVER ? 0 : e->within;
    if (e->termination != ORR_TERMINATION_STALLED || c->now < c->last_begin) return;
    if (c->now - c->begun_at <= within) return;
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_TERMINATION, node);
    if (!v) return;
    v->side.height = c->nodes[node].height;
    snprintf(v->text, sizeof v->text,
             "%s decided height %" PRIu64 " at %s, %s after the last fault began, but should stall",
             orr_words_node(c->scenario, node).text, c->nodes[node].height,
             orr_words_time(c->now).text, orr_words_time(c->now - c->begun_at).text);
}

/* Notes the time that the node has not decided for. */
static void note_gap(struct orr_check *c, orr_peer node) {
    struct watched *w = &c->nodes[node];
    orr_time gap = c->now - w->since;
    if (gap > c->max_gap) c->max_gap = gap;
    if (c->expect->max_gap == ORR_NEVER || gap <= c->expect->max_gap) return;
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_MAX_GAP, node);
    if (!v) return;
    v->side.height = w->height + 1;
    snprintf(v->text, sizeof v->text, "%s decided nothing from %s to %s, longer than %s",
             orr_words_node(c->scenario, node).text, orr_words_time(w->since).text,
             orr_words_time(c->now).text, orr_words_time(c->expect->max_gap).text);
}

void orr_check_alive(struct orr_check *c, orr_peer node) {
    struct watched *w = &c->nodes[node];
    if (w->stopped) go_on(c, w); /* a full disk that stopped nothing */
    w->stopped = false;
    note_gap(c, node);
    w->since = c->now;
    if (w->after_change == ORR_NEVER) w->after_change = c->now;
    c->last_decision = c->now;
    check_stall(c, node);
}

orr_time orr_check_deadline(const struct orr_check *c) {
    if (c->expect->termination != ORR_TERMINATION_WITHIN || c->n_temporary) return ORR_NEVER;
    if (c->now < c->last_planned) return ORR_NEVER; /* more is to come */
    return c->expect->within > ORR_NEVER - c->changed_at ? ORR_NEVER
                                                         : c->changed_at + c->expect->within;
}

/* Who has not decided in time: how many, and the first of them. */
static uint32_t count_late(const struct orr_check *c, orr_time deadline, orr_peer *first) {
    uint32_t n_late = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (is_expected_to_decide(c, node) && c->nodes[node].after_change > deadline &&
            n_late++ == 0)
            *first = node;
    return n_late;
}

static void check_termination(struct orr_check *c) {
    orr_time deadline = orr_check_deadline(c);
    bool ended = c->end != ORR_NEVER;
    if (!ended && c->now < deadline) return;
    /* at the end of the run every node has to have decided, be it before the deadline or not */
    orr_peer first = ORR_NOBODY;
    uint32_t n_late = count_late(c, deadline < c->now ? deadline : c->now, &first);
    if (!n_late) return;
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_TERMINATION, first);
    if (!v) return;
    v->side.height = c->nodes[first].height + 1; /* where it has not come to */
    snprintf(v->text, sizeof v->text,
             "%s%s decided nothing from the last change of faults at %s until %s%s",
             orr_words_node(c->scenario, first).text, n_late > 1 ? " and others" : "",
             orr_words_time(c->changed_at).text,
             orr_words_time(deadline < c->now ? deadline : c->now).text,
             deadline <= c->now ? "" : ", where the run ended");
}

void orr_check_look(struct orr_check *c) {
    const struct orr_expect_spec *e = c->expect;
    enum {
        LOOKS = 8,
        LEAST_NS = 1000000
    }; /* how often within a bound: a break is seen that soon */
    orr_time period = e->max_gap;
    if (e->termination == ORR_TERMINATION_WITHIN && e->within < period) period = e->within;
    c->look_at = ORR_NEVER;
    if (period != ORR_NEVER)
        c->look_at = c->now + (period / LOOKS > LEAST_NS ? period / LOOKS : LEAST_NS);
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (is_expected_to_decide(c, node)) note_gap(c, node);
    if (e->termination == ORR_TERMINATION_WITHIN) check_termination(c);
}

void orr_check_judge_termination(struct orr_check *c, struct orr_verdict *v, char *text,
                                 size_t size) {
    if (c->expect->termination == ORR_TERMINATION_STALLED) {
        strcpy(v->expected, "stalled");
        strcpy(v->observed, v->violation ? "progress" : "stalled");
        snprintf(text, size, "last decision at %s, last fault began at %s",
                 c->last_decision < 0 ? "no time" : orr_words_time(c->last_decision).text,
                 orr_words_time(c->begun_at).text);
        v->pass = !v->violation;
        return;
    }
    orr_time worst = 0;
    uint32_t n = 0, n_late = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        if (!is_expected_to_decide(c, node)) continue;
        orr_time took = c->nodes[node].after_change;
        n++;
        if (took == ORR_NEVER)
            n_late++;
        else if (took - c->changed_at > worst)
            worst = took - c->changed_at;
    }
    snprintf(v->expected, sizeof v->expected, "within %s", orr_words_time(c->expect->within).text);
    if (n_late)
        snprintf(v->observed, sizeof v->observed, "not by %u of %u nodes", n_late, n);
    else
        snprintf(v->observed, sizeof v->observed, "within %s", orr_words_time(worst).text);
    snprintf(text, size, "%u nodes; the last change of faults was at %s", n,
             orr_words_time(c->changed_at).text);
    v->pass = !v->violation;
}
