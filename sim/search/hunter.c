/* hunter.c - one worker's worlds, and a run of one plan in them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/output.h"
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
    } sites[1 + ORR_HALVES_MAX][SIZES]; /* of what the scenario is in the phase for liveness, and
                                           in plans of so many halves; by number of nodes */
};

struct orr_hunter *orr_hunter_new(const struct orr_hunt *hunt) {
    struct orr_hunter *h = orr_xrealloc(NULL, sizeof *h);
    memset(h, 0, sizeof *h);
    h->hunt = hunt;
    return h;
}

void orr_hunter_free(struct orr_hunter *h) {
    for (uint32_t n = 0; n < (1 + ORR_HALVES_MAX) * SIZES; n++) {
        orr_world_free(h->sites[n / SIZES][n % SIZES].world);
        orr_scenario_free(h->sites[n / SIZES][n % SIZES].scenario);
    }
    free(h);
}

/* The scenario and world of so many nodes and halves; NULL: there can be none. */
static struct site *site_of(struct orr_hunter *h, uint32_t n_nodes, uint32_t halves,
                            bool is_live) {
    const struct orr_hunt *hunt = h->hunt;
    struct site *site = &h->sites[is_live ? 0 : halves][n_nodes < SIZES ? n_nodes : 0];
    if (site->world) return site;
    struct orr_diags diags = {0};
    char count[120], duration[ORR_DURATION_CHARS];
    struct orr_live_words live;
    const char *overrides[ORR_HUNT_OVERRIDES_MAX + 4];
    uint32_t n = hunt->n_overrides;
    for (uint32_t i = 0; i < n; i++) overrides[i] = hunt->overrides[i];
    overrides[n++] = "signatures=modelled";
    if (n_nodes != hunt->ground.n_nodes) {
        snprintf(count, sizeof count, "nodes.%s.count=%u", hunt->ground.group, n_nodes);
        overrides[n++] = count;
    }
    if (halves != 2 && !is_live) {
        orr_hunt_duration_word(&hunt->ground, halves, duration);
        overrides[n++] = duration;
    }
    if (is_live) {
        live = orr_hunt_live_words(&hunt->ground);
        overrides[n++] = live.duration;
        overrides[n++] = live.termination;
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

/* Where the nodes stand, some hundred times a run, and whether they decide once all is calm. */
struct looking {
    struct orr_states *states; /* NULL: nobody asks */
    orr_peer first;
    uint32_t n, n_calls;
    orr_time calm_at;
    bool is_live, ends_live; /* has decided; that is all that is asked        */
    bool is_done;            /* all that correct nodes were given is decided */
};
static bool look(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    struct looking *l = ctx;
    (void)now, (void)end;
    /* asking a node where it stands is a call into it, and changes nothing that the run sees */
    if (l->states && l->n_calls++ % LOOKS_OF == 0)
        orr_states_add(l->states, (struct orr_sim *)(uintptr_t)sim, l->first, l->n);
    return l->is_live && l->ends_live;
}
static void hear(void *ctx, const struct orr_tap_record *r) {
    struct looking *l = ctx;
    if (r->key == ORR_OUT_DECIDED && r->at >= l->calm_at) l->is_live = true;
}

/* Runs a site's world under a plan; false: the plan is not for it. */
static bool run_site(struct orr_hunter *h, struct site *site, const struct orr_plan_drawn *drawn,
                     struct looking *looking, struct orr_finding *finding) {
    struct orr_diags diags = {0};
    struct orr_scenario_store *store = orr_store_new();
    struct orr_scenario plan;
    struct orr_run_result result = {0};
    static char text[ORR_PLAN_CHARS];
    size_t len = orr_plan_text(drawn, text, sizeof text);
    bool is_run = true;
    int error = orr_scenario_reschedule(site->scenario, text, len, store, &plan, &diags);
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_OUTPUT), looking, hear, NULL};
    struct orr_run_options how = {.progress = look, .ctx = looking, .taps = &tap};
    if (error && drawn->may_be_none) {
        is_run = false;
        error = 0;
    } else if (!error && !h->hunt->ground.beyond && orr_assumptions_of(&plan).is_beyond) {
        is_run = false;
    } else if (!error) {
        struct orr_fault_list faults = {plan.faults, plan.n_faults};
        error = orr_world_run(site->world, drawn->seed, &faults, &how, &result, &diags);
        if (!error && result.end != ORR_RUN_STOPPED) orr_finding_of(&plan, &result, finding);
        looking->is_done = result.measures.n_open <= result.measures.n_to_faulty;
        orr_run_result_fini(&result);
    }
    if (error) refuse(finding, diags.n ? diags.v[0].text : "the plan cannot be run");
    orr_diags_fini(&diags);
    orr_store_free(store);
    return is_run;
}

void orr_hunt_duration_word(const struct orr_ground *ground, uint32_t halves,
                            char word[ORR_DURATION_CHARS]) {
    snprintf(word, ORR_DURATION_CHARS, "duration=%lld ms",
             (long long)(ground->duration / 2 * halves / 1000000));
}

struct orr_live_words orr_hunt_live_words(const struct orr_ground *ground) {
    struct orr_live_words words;
    snprintf(words.duration, sizeof words.duration, "duration=%lld ms",
             (long long)ground->live_until / 1000000);
    snprintf(words.termination, sizeof words.termination, "expect.termination={views: %llu}",
             (unsigned long long)ground->live_views);
    return words;
}

bool orr_hunter_run(struct orr_hunter *h, const struct orr_plan_drawn *drawn,
                    struct orr_finding *finding, struct orr_states *states) {
    const struct orr_ground *g = &h->hunt->ground;
    struct looking looking = {.states = states, .first = g->first, .n = drawn->n_nodes,
                              .calm_at = orr_plan_calm_at(g, drawn->halves)};
    *finding = (struct orr_finding){0};
    for (int is_live = 0; is_live <= (g->live_views != 0); is_live++) {
        struct site *site = site_of(h, drawn->n_nodes, drawn->halves, is_live);
        looking.ends_live = is_live;
        if (!site) {
            refuse(finding, "no world for so many nodes");
            return true;
        }
        if (!run_site(h, site, drawn, &looking, finding)) return false;
        if (finding->kind || looking.is_live || (g->rests && looking.is_done)) break;
        looking.states = NULL; /* a longer run is looked at less often */
    }
    return true;
}
