/* hunter.c - one worker's worlds, and a run of one plan in them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/run/world.h"
#include "sim/scenario/tree.h"
#include "sim/search/hunt.h"

enum { SIZES = 33 };

struct orr_hunter {
    const struct orr_hunt *hunt;
    struct site {
        struct orr_scenario *scenario;
        struct orr_world *world;
    } sites[SIZES]; /* by number of nodes */
};

struct orr_hunter *orr_hunter_new(const struct orr_hunt *hunt) {
    struct orr_hunter *h = orr_xrealloc(NULL, sizeof *h);
    memset(h, 0, sizeof *h);
    h->hunt = hunt;
    return h;
}

void orr_hunter_free(struct orr_hunter *h) {
    for (uint32_t n = 0; n < SIZES; n++) {
        orr_world_free(h->sites[n].world);
        orr_scenario_free(h->sites[n].scenario);
    }
    free(h);
}

/* The scenario and world of so many nodes; NULL: there can be none. */
static struct site *site_of(struct orr_hunter *h, uint32_t n_nodes) {
    const struct orr_hunt *hunt = h->hunt;
    struct site *site = &h->sites[n_nodes < SIZES ? n_nodes : 0];
    if (site->world) return site;
    struct orr_diags diags = {0};
    char count[120];
    const char *overrides[ORR_HUNT_OVERRIDES_MAX + 2];
    uint32_t n = hunt->n_overrides;
    for (uint32_t i = 0; i < n; i++) overrides[i] = hunt->overrides[i];
    overrides[n++] = "signatures=modelled";
    if (n_nodes != hunt->ground.n_nodes) {
        snprintf(count, sizeof count, "nodes.%s.count=%u", hunt->ground.group, n_nodes);
        overrides[n++] = count;
    }
    int error = orr_scenario_parse(hunt->text, hunt->len, hunt->name, overrides, n,
                                   &site->scenario, &diags);
    if (!error) error = orr_world_new(site->scenario, &diags, &site->world);
    orr_diags_fini(&diags);
    return error ? NULL : site;
}

static void refuse(struct orr_finding *finding, const char *text) {
    *finding = (struct orr_finding){.kind = ORR_FINDING_MISHAP};
    snprintf(finding->name, sizeof finding->name, "refused");
    snprintf(finding->text, sizeof finding->text, "%s", text);
}

enum { LOOKS_OF = 4 }; /* of so many calls of progress one looks */

/* Where the nodes stand, some hundred times a run. */
struct looking {
    struct orr_states *states;
    orr_peer first;
    uint32_t n, n_calls;
};
static bool look(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    struct looking *l = ctx;
    (void)now, (void)end;
    /* asking a node where it stands is a call into it, and changes nothing that the run sees */
    if (l->n_calls++ % LOOKS_OF == 0)
        orr_states_add(l->states, (struct orr_sim *)(uintptr_t)sim, l->first, l->n);
    return false;
}

bool orr_hunter_run(struct orr_hunter *h, const struct orr_plan_drawn *drawn,
                    struct orr_finding *finding, struct orr_states *states) {
    struct site *site = site_of(h, drawn->n_nodes);
    *finding = (struct orr_finding){0};
    if (!site) {
        refuse(finding, "no world for so many nodes");
        return true;
    }
    struct orr_diags diags = {0};
    struct orr_scenario_store *store = orr_store_new();
    struct orr_scenario plan;
    struct orr_run_result result = {0};
    static char text[ORR_PLAN_CHARS];
    size_t len = orr_plan_text(drawn, text, sizeof text);
    bool is_run = true;
    int error = orr_scenario_reschedule(site->scenario, text, len, store, &plan, &diags);
    struct looking looking = {states, h->hunt->ground.first, drawn->n_nodes, 0};
    struct orr_run_options how = {.progress = states ? look : NULL, .ctx = &looking};
    if (error && drawn->may_be_none) {
        is_run = false;
        error = 0;
    } else if (!error && !h->hunt->ground.beyond && orr_assumptions_of(&plan).is_beyond) {
        is_run = false;
    } else if (!error) {
        struct orr_fault_list faults = {plan.faults, plan.n_faults};
        error = orr_world_run(site->world, drawn->seed, &faults, &how, &result, &diags);
        if (!error) orr_finding_of(&plan, &result, finding);
        orr_run_result_fini(&result);
    }
    if (error) refuse(finding, diags.n ? diags.v[0].text : "the plan cannot be run");
    orr_diags_fini(&diags);
    orr_store_free(store);
    return is_run;
}
