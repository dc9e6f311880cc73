/* faults.c - which faults stand, who is correct and up, and since when. */
#include <assert.h>

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

void orr_faults_plan(struct orr_check *c) {
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
    c->calm_gap = 0;
    for (uint32_t i = 0; i < c->n_nodes; i++) c->nodes[i].after_change = ORR_NEVER;
}

static void start_again(struct orr_check *c, struct watched *node) {
    node->crashed = node->stopped = false;
    node->fresh = true;
    node->progress = (struct orr_progress){0};
    node->born = node->since = c->now;
}

static void fault_at_node(struct orr_check *c, const struct orr_fault_spec *f, orr_peer peer,
                          bool began) {
    struct watched *node = &c->nodes[peer];
    switch (f->kind) {
    case ORR_FAULT_BYZANTINE:
        c->n_byzantine += began && !node->byzantine;
        node->byzantine |= began;
        break;
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
        node->since = c->now; /* from here on its silence counts */
        break;
    case ORR_FAULT_FULL_DISK: /* the next write stops it, and space alone does not start it again */
        node->stopped |= began;
        break;
    default: break; /* of the network, clock and speed: the node goes on */
    }
}

void orr_faults_hear(struct orr_check *c, const struct orr_tap_record *r) {
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

bool orr_faults_should_decide(const struct orr_check *c, orr_peer node) {
    const struct chain *chain = &c->chains[c->nodes[node].chain];
    if (!is_correct(c, node) || is_down(&c->nodes[node])) return false;
    return chain->n_heights || chain->role->fault.leads ||
           (chain->role->workload.make_tx && !c->n_decisions);
}
