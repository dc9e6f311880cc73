/* plan.c - the life of a fault plan: from a scenario's faults to its timeline. */
#include "sim/run/plan.h"

#include <stdlib.h>
#include <string.h>

#include "sim/run/incident.h"

struct orr_plan *orr_plan_new(struct orr_build *build, struct orr_sim *sim,
                              struct orr_diags *diags) {
    const struct orr_scenario *s = &build->scenario;
    struct orr_plan *p = orr_xrealloc(NULL, sizeof *p);
    *p = (struct orr_plan){.build = build, .scenario = s, .sim = sim};
    p->incidents = orr_xrealloc(NULL, s->n_faults * sizeof *p->incidents);
    p->down_until = orr_xrealloc(NULL, s->n_nodes * sizeof *p->down_until);
    memset(p->down_until, 0, s->n_nodes * sizeof *p->down_until);
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *spec = &s->faults[i];
        struct orr_incident *inc = &p->incidents[i];
        *inc = (struct orr_incident){.plan = p,
                                     .spec = spec,
                                     .number = i,
                                     .draws = orr_rng_stream(s->seed, ORR_RNG_PLAN, i)};
        if (spec->kind == ORR_FAULT_DUPLICATE)
            inc->again = orr_dists_get(&build->dists, &spec->by, diags);
        const struct orr_dist_spec *delay = spec->kind == ORR_FAULT_SLOW_LINK ? &spec->extra
                                            : spec->kind == ORR_FAULT_DELAY   ? &spec->by
                                                                              : NULL;
        if (delay) inc->delay = orr_dists_get(&build->dists, delay, diags);
        inc->reorder_by = orr_dists_get(&build->dists, &spec->reorder_by, diags);
        inc->back_after = orr_dists_get(&build->dists, &spec->back_after, diags);
        if (spec->kind == ORR_FAULT_CHURN)
            inc->gaps = orr_dists_poisson_gaps(&build->dists, spec->leave_nhz, diags);
        p->n_waiting += spec->conditional;
        p->n_adaptive += spec->budget > 0;
    }
    if (!diags->n_errors) return p;
    orr_plan_free(p);
    return NULL;
}

void orr_plan_free(struct orr_plan *p) {
    if (!p) return;
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        free(p->incidents[i].nodes);
        free(p->incidents[i].taken);
        free(p->incidents[i].open);
        free(p->incidents[i].side);
        free(p->incidents[i].types);
        free(p->incidents[i].counts);
    }
    free(p->incidents);
    free(p->watched);
    free(p->down_until);
    free(p);
}

uint32_t orr_plan_waiting(const struct orr_plan *p, const char **name) {
    uint32_t n = 0;
    for (uint32_t i = p->scenario->n_faults; i-- > 0;)
        if (!p->incidents[i].begun) n++, *name = p->incidents[i].spec->name;
    return n;
}

void orr_plan_start(struct orr_plan *p) {
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        if (p->incidents[i].spec->conditional) continue;
        if (p->incidents[i].spec->kind == ORR_FAULT_LEAD) { /* leaders.h: the nodes know it */
            p->incidents[i].begun = true;
            continue;
        }
        bool at_once =
            p->incidents[i].spec->at == 0 && p->incidents[i].spec->kind != ORR_FAULT_BYZANTINE;
        if (at_once)
            orr_incident_begin(&p->incidents[i], 0);
        else
            orr_sim_call_at(p->sim, p->incidents[i].spec->at, orr_incident_begin, &p->incidents[i]);
    }
    orr_conditions_watch(p);
    orr_reading_watch(p);
}
