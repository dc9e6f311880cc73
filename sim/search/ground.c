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
    uint32_t kinds[ORR_GROUND_KINDS * 4]; /* [n_kinds] in the order in which they were first sent */
    uint32_t n_kinds, n_usual;            /* the first n_usual of them without a fault            */
    struct orr_ground *ground;
    uint32_t first, n;
    struct said { /* of each node and kind, to whom it first said it of the latest place */
        struct orr_progress at;
        orr_peer to;
        uint32_t n;
    } said[ORR_PLAN_NODES_MAX][ORR_GROUND_KINDS * 4];
    uint8_t n_in_view[ORR_GROUND_KINDS * 4];
    uint64_t n_decided;
    orr_time decided_at;
    bool is_disturbed; /* what it sees is not how all goes without a fault */
};

/* Who leads the first views. */
static void look_proposed(struct looking *l, const struct orr_tap_record *r) {
    if (l->is_disturbed || !orr_output_fits(ORR_OUT_PROPOSED, r->msg)) return;
    const struct orr_proposed *proposed = (const void *)r->msg->data;
    if (proposed->round < ORR_GROUND_LEADERS)
        l->ground->leaders[proposed->round] = (uint8_t)(1 + r->node - l->first);
}

/* How often a node says something of a kind to another about one place. */
static void count(struct looking *l, const struct orr_tap_record *r,
                  const struct orr_progress *at) {
    struct said *said = &l->said[r->node - l->first][r->msg->kind];
    bool is_same = said->n && said->at.height == at->height && said->at.round == at->round;
    if (is_same && said->to != r->peer) return;
    *said = (struct said){.at = *at, .to = r->peer, .n = is_same ? said->n + 1 : 1};
    uint8_t *most = &l->n_in_view[r->msg->kind];
    if (said->n > *most && said->n <= 9) *most = (uint8_t)said->n;
}

static void look(void *ctx, const struct orr_tap_record *r) {
    struct looking *l = ctx;
    if (r->node - l->first >= l->n || !r->msg) return;
    if (r->kind == ORR_TAP_OUTPUT && r->key == ORR_OUT_PROPOSED) {
        look_proposed(l, r);
        return;
    }
    if (r->kind == ORR_TAP_OUTPUT) {
        if (r->key != ORR_OUT_DECIDED || r->node != l->first || l->is_disturbed) return;
        l->n_decided++;
        l->decided_at = r->at;
        return;
    }
    struct orr_progress at;
    if (r->msg->kind < ORR_GROUND_KINDS * 4 && !l->n_sent[r->msg->kind]++)
        l->kinds[l->n_kinds++] = r->msg->kind;
    if (l->is_disturbed) return;
    if (!l->role->report.place || !l->role->report.place(r->msg, &at)) return;
    if (r->msg->kind < ORR_GROUND_KINDS * 4) count(l, r, &at);
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
    uint32_t n = 0;
    while (kinds && kinds[n]) n++;
    for (uint32_t i = 0; i < l->n_kinds && l->ground->n_kinds < ORR_GROUND_KINDS; i++) {
        if (!l->kinds[i] || l->kinds[i] >= n) continue;
        if (i < l->n_usual) l->ground->n_usual++;
        uint8_t n_in_view = l->n_in_view[l->kinds[i]];
        l->ground->n_in_view[l->ground->n_kinds] = n_in_view ? n_in_view : 1;
        l->ground->kinds[l->ground->n_kinds++] = kinds[l->kinds[i]];
    }
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

/* Runs the scenario under a schedule of its own; false: it cannot be. */
static bool run_under(const struct orr_scenario *s, const char *text, struct looking *l) {
    struct orr_diags diags = {0};
    struct orr_scenario_store *store = orr_store_new();
    struct orr_scenario plan;
    struct orr_run_result result;
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_SEND) | ORR_TAP_BIT(ORR_TAP_OUTPUT), l, look, NULL};
    bool good = !orr_scenario_reschedule(s, text, strlen(text), store, &plan, &diags);
    if (good) {
        good = !orr_run(&plan, &(struct orr_run_options){.taps = &tap}, &result, &diags);
        orr_run_result_fini(&result);
    }
    orr_store_free(store);
    orr_diags_fini(&diags);
    return good;
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
    l->is_disturbed = true;
    l->n_usual = l->n_kinds;
    run_under(s, text, l);
}

/* With all messages so late, is no view lost?  One is when a later view is spoken of than
 * otherwise, or, where views count the blocks, when something is said that is not said otherwise.
 */
static bool is_borne(const struct orr_scenario *s, const struct looking *calm, orr_time by) {
    struct orr_ground ground = {0};
    struct looking l = {.role = calm->role, .ground = &ground, .first = calm->first, .n = calm->n};
    char text[80];
    snprintf(text, sizeof text, "- {at: 0 s, do: delay, by: %lld us}\n", (long long)by / 1000);
    if (!run_under(s, text, &l) || !l.n_decided) return false;
    if (!calm->ground->by_view) return ground.last_view <= calm->ground->last_view;
    for (uint32_t k = 0; k < ORR_GROUND_KINDS * 4; k++)
        if (l.n_sent[k] && !calm->n_sent[k]) return false;
    return true;
}

static orr_time measure_late_by(const struct orr_scenario *s, const struct looking *calm) {
    enum { STEPS = 10, MS = 1000000 };
    orr_time by = s->duration / 4 / MS * MS;
    orr_time good = 0, bad = 0;
    for (int i = 0; i < STEPS && !good && by >= MS; i++, by = by / 2 / MS * MS) {
        if (is_borne(s, calm, by))
            good = by;
        else
            bad = by;
    }
    for (int i = 0; i < 3 && good && bad; i++) {
        by = (good + bad) / 2 / MS * MS;
        if (is_borne(s, calm, by))
            good = by;
        else
            bad = by;
    }
    return good;
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
    ground->live_until = s->duration / 2 * ORR_HALVES_MAX + LONGER_S * INT64_C(1000000000);
}

/* Is no expectation about times, and does nothing of the scenario's own have one? */
static bool may_stretch(const struct orr_scenario *s) {
    const struct orr_expect_spec *e = &s->expect;
    bool is_timed = e->termination != ORR_TERMINATION_UNCHECKED ||
                    e->caught_up_within != ORR_NEVER || e->max_gap != ORR_NEVER ||
                    e->p50 != ORR_NEVER || e->p90 != ORR_NEVER || e->p99 != ORR_NEVER ||
                    e->max != ORR_NEVER || e->throughput_nhz != ORR_UNSET ||
                    e->committed != ORR_COMMITTED_UNCHECKED || e->delivery_ratio != ORR_UNSET ||
                    e->inclusion_within != ORR_NEVER || e->n_own;
    return !is_timed && !s->n_faults;
}

int orr_ground_look(const struct orr_scenario *s, struct orr_ground *ground,
                    struct orr_diags *diags) {
    const struct orr_group_spec *g = group_of_interest(s);
    if (g->count < 2 || g->count > ORR_PLAN_NODES_MAX) {
        orr_diag_add(diags, ORR_DIAG_ERROR, g->where, "--set nodes.NAME.count=4, for example",
                     "a hunt's plans are about 2 to %d nodes", ORR_PLAN_NODES_MAX);
        return ORR_EFORMAT;
    }
    size_t each = strlen(g->name) + (g->count <= ORR_TWINS_NODES_MAX
                                         ? sizeof "twin of .0, " + strlen(g->name) + sizeof ".0, "
                                         : sizeof ".30, ");
    if (each * g->count > ORR_DECISION_CHARS - 328) {
        orr_diag_add(diags, ORR_DIAG_ERROR, g->where, "a shorter name for the group would do",
                     "a decision of a plan may not name so many nodes of so long a name");
        return ORR_EFORMAT;
    }
    *ground = (struct orr_ground){.group = g->name,
                                  .first = g->first,
                                  .n_nodes = g->count,
                                  .beyond = s->beyond,
                                  .can_be_led = orr_scenario_leaders_key(g->role) != NULL,
                                  .may_resize = s->n_groups == 1 && g->count >= 4 &&
                                                g->count <= 7 && g->n_stakes == 1,
                                  .may_stretch = may_stretch(s),
                                  .duration = s->duration,
                                  .on_streams = is_on_streams(s, g),
                                  .can_lie = g->role->fault.forge};
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
    ground->rests = l.n_decided && l.decided_at < ground->calm_at;
    take_bound(s, g, ground);
    if (ground->live_views) ground->late_by = measure_late_by(s, &l);
    look_disturbed(s, &l);
    take_kinds(&l);
    take_lies(l.role, ground);
    if (!ground->last_view) ground->last_view = 1;
    if (!ground->last_height) ground->last_height = 1;
    ground->twins = orr_twins_hand_new(ground);
    return 0;
}

void orr_ground_fini(struct orr_ground *ground) { orr_twins_hand_free(ground->twins); }
