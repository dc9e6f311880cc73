/* ground.c - what a scenario without a plan is like: the ground for what is drawn. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sim/run/run.h"
#include "sim/scenario/tree.h"
#include "sim/search/bound.h"
#include "sim/search/draw.h"
#include "sim/search/twins.h"

struct looking {
    const struct orr_protocol *role;
    uint64_t n_sent[ORR_GROUND_KINDS * 4]; /* by kind */
    struct orr_ground *ground;
    uint32_t first, n;
    uint64_t n_decided;
    orr_time decided_at;
    bool is_disturbed; /* what it sees is not how all goes without a fault */
};

static void look(void *ctx, const struct orr_tap_record *r) {
    struct looking *l = ctx;
    if (r->node - l->first >= l->n || !r->msg) return;
    if (r->kind == ORR_TAP_OUTPUT) {
        if (r->key != ORR_OUT_DECIDED || r->node != l->first || l->is_disturbed) return;
        l->n_decided++;
        l->decided_at = r->at;
        return;
    }
    struct orr_progress at;
    if (r->msg->kind < ORR_GROUND_KINDS * 4) l->n_sent[r->msg->kind]++;
    if (l->is_disturbed) return;
    if (!l->role->report.place || !l->role->report.place(r->msg, &at)) return;
    if (at.round > l->ground->last_view) l->ground->last_view = at.round;
    if (at.height > l->ground->last_height) l->ground->last_height = at.height;
}

static const struct orr_group_spec *group_of_interest(const struct orr_scenario *s) {
    for (uint32_t g = 0; g < s->n_groups; g++)
        if (s->groups[g].role->report.place || s->groups[g].role->report.statement)
            return &s->groups[g];
    return &s->groups[0];
}

/* Kinds that were sent, but transactions, which carry no view. */
static void take_kinds(struct looking *l) {
    const char *const *kinds = l->role->kinds;
    for (uint32_t k = 1; kinds && kinds[k] && kinds[k - 1]; k++)
        if (k < ORR_GROUND_KINDS * 4 && l->n_sent[k] && l->ground->n_kinds < ORR_GROUND_KINDS)
            l->ground->kinds[l->ground->n_kinds++] = kinds[k];
}

static bool is_on_streams(const struct orr_scenario *s, const struct orr_group_spec *g) {
    enum orr_transport_rule said = g->transport ? g->transport : s->transport;
    return said ? said == ORR_TRANSPORT_STREAM : g->role->transport == ORR_STREAM;
}

/* What liars of the role know. */
static void take_lies(const struct orr_protocol *role, struct orr_ground *ground) {
    static const char *const names[] = {
#define FIELD(name, text, help) text,
        ORR_FIELDS(FIELD)
#undef FIELD
    };
    for (unsigned b = 0; b < ORR_N_BEHAVIOURS; b++)
        if (orr_byzantine_knows(role, (enum orr_behaviour)b)) ground->behaviours |= 1u << b;
    for (unsigned k = 0; k < ORR_N_FIELDS; k++) {
        const struct orr_msg_field *f = role->fault.fields;
        while (f && f->name && f->kind != k) f++;
        if (f && f->name) ground->fields[ground->n_fields++] = names[k];
    }
    if (!ground->n_fields) ground->behaviours &= ~(1u << ORR_BEHAVIOUR_MUTATE);
}

/* What is only said when something is wrong: a node is cut off, and one crashes. */
static void look_disturbed(const struct orr_scenario *s, struct looking *l) {
    const struct orr_ground *g = l->ground;
    char text[400];
    int n = snprintf(text, sizeof text,
                     "- {at: %lld us, for: %lld us, do: isolate, target: %s.0}\n"
                     "- {at: %lld us, do: crash, target: %s.1, restart_after: %lld us}\n",
                     (long long)g->calm_at / 8000, (long long)g->calm_at / 2000, g->group,
                     (long long)g->calm_at / 1600, g->group, (long long)g->calm_at / 4000);
    assert(n > 0 && (size_t)n < sizeof text);
    struct orr_diags diags = {0};
    struct orr_scenario_store *store = orr_store_new();
    struct orr_scenario plan;
    struct orr_run_result result;
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_SEND), l, look, NULL}; /* a run links its own */
    l->is_disturbed = true;
    if (!orr_scenario_reschedule(s, text, (size_t)n, store, &plan, &diags)) {
        orr_run(&plan, &(struct orr_run_options){.taps = &tap}, &result, &diags);
        orr_run_result_fini(&result);
    }
    orr_store_free(store);
    orr_diags_fini(&diags);
}

/* A scenario that says nothing of progress, and wants nothing broken, is judged by what its role
 * promises. */
static void take_bound(const struct orr_scenario *s, const struct orr_group_spec *g,
                       struct orr_ground *ground) {
    enum { LONGER_S = 1000 };
    const struct orr_expect_spec *e = &s->expect;
    bool is_asked = !e->nothing && e->agreement == ORR_EXPECT_HOLDS && !s->beyond &&
                    s->n_groups == 1 && e->termination == ORR_TERMINATION_UNCHECKED;
    ground->live_views = is_asked ? orr_bound_views(g, ground->may_resize ? 7 : g->count) : 0;
    ground->live_until = s->duration + LONGER_S * INT64_C(1000000000);
}

int orr_ground_look(const struct orr_scenario *s, struct orr_ground *ground,
                    struct orr_diags *diags) {
    const struct orr_group_spec *g = group_of_interest(s);
    if (g->count < 2 || g->count > ORR_PLAN_NODES_MAX) {
        orr_diag_add(diags, ORR_DIAG_ERROR, g->where, "--set nodes.NAME.count=4, for example",
                     "a hunt's plans are about 2 to %d nodes", ORR_PLAN_NODES_MAX);
        return ORR_EFORMAT;
    }
    size_t each = strlen(g->name) + (g->count <= ORR_TWINS_NODES_MAX ? sizeof "twin of .0, " +
                                     strlen(g->name) + sizeof ".0, " : sizeof ".30, ");
    if (each * g->count > ORR_DECISION_CHARS - 328) {
        orr_diag_add(diags, ORR_DIAG_ERROR, g->where, "a shorter name for the group would do",
                     "a decision of a plan may not name so many nodes of so long a name");
        return ORR_EFORMAT;
    }
    *ground = (struct orr_ground){
        .group = g->name, .first = g->first, .n_nodes = g->count, .beyond = s->beyond,
        .can_be_led = orr_scenario_leaders_key(g->role) != NULL,
        .may_resize = s->n_groups == 1 && g->count >= 4 && g->count <= 7 && g->n_stakes == 1,
        .on_streams = is_on_streams(s, g), .can_lie = g->role->fault.forge};
    struct looking l = {.role = g->role, .ground = ground, .first = g->first, .n = g->count};
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_OUTPUT), &l, look, NULL};
    struct orr_run_result result;
    int error = orr_run(s, &(struct orr_run_options){.taps = &tap}, &result, diags);
    orr_run_result_fini(&result);
    if (error) return error;
    ground->by_view = ground->last_view > 4;
    ground->calm_at = s->duration / 5 * 3;
    bool is_timed = s->expect.termination == ORR_TERMINATION_WITHIN && !s->expect.views;
    orr_time within = is_timed ? s->expect.within : 0;
    if (s->expect.caught_up_within != ORR_NEVER && s->expect.caught_up_within > within)
        within = s->expect.caught_up_within;
    if (ground->calm_at > s->duration - within) ground->calm_at = s->duration - within;
    ground->calm_at = ground->calm_at / 1000000 * 1000000;
    ground->beat = l.n_decided ? l.decided_at / (orr_time)l.n_decided : s->duration / 20;
    take_bound(s, g, ground);
    look_disturbed(s, &l);
    take_kinds(&l);
    take_lies(l.role, ground);
    if (!ground->last_view) ground->last_view = 1;
    if (!ground->last_height) ground->last_height = 1;
    ground->twins = orr_twins_hand_new(ground);
    return 0;
}

void orr_ground_fini(struct orr_ground *ground) { orr_twins_hand_free(ground->twins); }
