/* conditions.c - faults that begin because of what nodes reach (`when: {height: ...}`), or take who
 * has proposed (`budget: 2`). */
#include <string.h>

#include "sim/run/incident.h"

static bool holds(const struct orr_plan *p, const struct orr_condition *c) {
    for (orr_peer i = 0; i < p->scenario->n_nodes; i++) {
        const struct orr_watched *w = &p->watched[i];
        if (!orr_target_has(p->scenario, &c->of, i) || w->is_liar) continue;
        uint64_t value = c->metric == ORR_METRIC_HEIGHT  ? w->height
                         : c->metric == ORR_METRIC_ROUND ? w->round
                                                         : w->decisions;
        if (value >= c->at_least) return true;
    }
    return false;
}

static void watch(void *ctx, const struct orr_tap_record *r) {
    struct orr_plan *p = ctx;
    struct orr_watched *w = &p->watched[r->node];
    if (r->key == ORR_OUT_PROPOSED)
        for (uint32_t i = 0; p->n_adaptive && i < p->scenario->n_faults; i++)
            orr_incident_saw_proposal(&p->incidents[i], r->node, r->at);
    if (p->n_waiting == 0 || !r->msg) return;
    if (r->key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const struct orr_decided *)r->msg->data;
        if (w->decisions && d->height <= w->height) return; /* told again after a restart */
        w->decisions++;
        w->height = d->height;
    } else if (r->key == ORR_OUT_STEP) {
        w->round = ((const struct orr_progress *)r->msg->data)->round;
    } else {
        return;
    }
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        struct orr_incident *inc = &p->incidents[i];
        if (!inc->spec->conditional || inc->due || !holds(p, &inc->spec->when)) continue;
        p->n_waiting--;
        inc->due = true; /* it begins after the other events of this instant */
        orr_sim_call_at(p->sim, r->at, orr_incident_begin, inc);
    }
}

void orr_conditions_watch(struct orr_plan *p) {
    if (!p->n_waiting && !p->n_adaptive) return;
    p->watched = orr_xrealloc(NULL, p->scenario->n_nodes * sizeof *p->watched);
    memset(p->watched, 0, p->scenario->n_nodes * sizeof *p->watched);
    p->tap = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT), p, watch, NULL};
    orr_sim_attach(p->sim, &p->tap);
}
