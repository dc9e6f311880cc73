/* targets.c - who is meant: by `leader`, `any k of group`, names and groups. */
#include <stdlib.h>
#include <string.h>

#include "sim/run/incident.h"

static void take(struct orr_incident *inc, orr_peer node) {
    if (inc->taken[node]) return;
    inc->taken[node] = true;
    inc->nodes[inc->n++] = node;
}

static void take_target(struct orr_incident *inc, const struct orr_target *t) {
    const struct orr_plan *p = inc->plan;
    uint32_t n_nodes = p->scenario->n_nodes, n = 0;
    if (t->kind == ORR_TARGET_LEADER) {
        for (orr_peer i = 0; i < n_nodes; i++)
            if (orr_sim_leads(p->sim, i)) {
                take(inc, i);
                return;
            }
        return;
    }
    orr_peer *all = orr_xrealloc(NULL, n_nodes * sizeof *all);
    for (orr_peer i = 0; i < n_nodes; i++)
        if (orr_target_has(p->scenario, t, i)) all[n++] = i;
    uint32_t want = t->any && t->any < n ? t->any : n;
    for (uint32_t i = 0; i < want; i++) { /* a shuffle of as many places as are meant */
        uint32_t j = want < n ? i + (uint32_t)orr_rng_below(&inc->draws, n - i) : i;
        orr_peer chosen = all[j];
        all[j] = all[i];
        all[i] = chosen;
        take(inc, chosen);
    }
    free(all);
}

void orr_incident_take(struct orr_incident *inc, const struct orr_targets *targets) {
    uint32_t n_nodes = inc->plan->scenario->n_nodes;
    if (!inc->nodes) inc->nodes = orr_xrealloc(NULL, n_nodes * sizeof *inc->nodes);
    if (!inc->taken) inc->taken = orr_xrealloc(NULL, n_nodes * sizeof *inc->taken);
    memset(inc->taken, 0, n_nodes * sizeof *inc->taken);
    inc->n = 0;
    for (uint32_t i = 0; i < targets->n; i++) take_target(inc, &targets->v[i]);
}

void orr_incident_mark(struct orr_incident *inc, const struct orr_targets *targets, uint16_t bits) {
    if (targets->n == 0) {
        for (uint32_t i = 0; i < inc->plan->scenario->n_nodes; i++) inc->side[i] |= bits;
        return;
    }
    orr_incident_take(inc, targets);
    for (uint32_t i = 0; i < inc->n; i++) inc->side[inc->nodes[i]] |= bits;
}
