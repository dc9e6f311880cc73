/* What faults, and the decisions of a schedule, must fulfil beyond their parts. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/scenario/check.h"

const char *orr_bind_time(struct orr_binder *b, orr_time t) {
    char text[48];
    orr_quantity_print(ORR_QUANTITY_TIME, t, text, sizeof text);
    return orr_store_printf(b->store, "%s", text);
}

void orr_scenario_check_dist(struct orr_binder *b, const struct orr_dist_spec *d) {
    if (d->kind == ORR_DIST_UNIFORM && d->min > d->max)
        complain(b, d->where, NULL, "min is above max");
    if (d->kind == ORR_DIST_LOGNORMAL && d->p99 <= d->median)
        complain(b, d->where, NULL, "p99 must be above the median");
    if (d->kind == ORR_DIST_EXPONENTIAL && d->mean <= d->min)
        complain(b, d->where, NULL, "the mean must be above min");
}

/* Looking through all nodes for every name of a partition must end in this life. */
#define MAX_LOOKS ((uint64_t)1 << 26)

static bool is_placed_by_seed(const struct orr_scenario *s, const struct orr_target *target) {
    for (uint32_t g = 0; g < s->n_groups; g++)
        if (s->groups[g].placement == ORR_PLACE_RANDOM &&
            (target->kind == ORR_TARGET_REGION || orr_target_has(s, target, s->groups[g].first) ||
             (target->first > s->groups[g].first &&
              target->first - s->groups[g].first < s->groups[g].count)))
            return true;
    return false;
}

/* Nodes beside regions would be on one side or on two as the seed has it. */
static void check_sides_by_seed(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_target *region = NULL, *other = NULL;
    for (uint32_t g = 0; g < f->n_groups; g++)
        for (uint32_t i = 0; i < f->groups[g].n; i++) {
            const struct orr_target *target = &f->groups[g].v[i];
            if (!is_placed_by_seed(b->scenario, target)) continue;
            if (target->kind == ORR_TARGET_REGION) region = target;
            else other = target;
        }
    if (region && other)
        complain(b, other->where, "name regions on all sides, or nodes on all sides",
                 "with `placement: random` the seed says which nodes are in a region");
}

/* Might it? */
static bool makes_twins(const struct orr_scenario *s, const struct orr_fault_spec *f,
                        uint32_t node) {
    if (f->kind != ORR_FAULT_BYZANTINE || f->behaviour != ORR_BEHAVIOUR_TWINS) return false;
    for (uint32_t i = 0; i < f->targets.n; i++) {
        const struct orr_target *t = &f->targets.v[i];
        if (t->kind == ORR_TARGET_LEADER ? orr_scenario_group_of(s, node)->role->fault.leads != NULL
                                         : orr_target_has(s, t, node))
            return true;
    }
    return false;
}

/* `twin of val.0`: there is one, it is named once, and messages are lost, not late. */
static void check_twins_named(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_scenario *s = b->scenario;
    for (uint32_t g = 0; g < f->n_groups; g++)
        for (uint32_t i = 0; i < f->groups[g].n; i++) {
            const struct orr_target *t = &f->groups[g].v[i];
            if (!t->twin) continue;
            if (!f->view.is_given && !f->height.is_given)
                complain(b, t->where, "for example view: 3",
                         "a twin is named where a partition is of a 'view' or 'height' alone");
            for (uint32_t node = t->first; node < t->first + t->n; node++) {
                const struct orr_group_spec *group = orr_scenario_group_of(s, node);
                uint32_t k = 0, n = 0;
                while (k < s->n_faults && !makes_twins(s, &s->faults[k], node)) k++;
                if (k == s->n_faults)
                    complain(b, t->where, "do: byzantine, behaviour: twins",
                             "%s.%u has no twin: no fault makes one", group->name,
                             node - group->first);
                for (uint32_t h = 0; h < g; h++)
                    for (uint32_t j = 0; j < f->groups[h].n; j++) {
                        const struct orr_target *other = &f->groups[h].v[j];
                        n += other->twin && node - other->first < other->n;
                    }
                if (n)
                    complain(b, t->where, "a node can be on one side only",
                             "the twin of %s.%u is in an earlier group of the partition already",
                             group->name, node - group->first);
            }
        }
}

static void check_partition(struct orr_binder *b, const struct orr_fault_spec *f,
                            uint64_t *n_looks) {
    const struct orr_scenario *s = b->scenario;
    check_sides_by_seed(b, f);
    check_twins_named(b, f);
    uint32_t *owner = orr_xrealloc(NULL, (s->n_nodes + 1) * sizeof *owner);
    memset(owner, 0, (s->n_nodes + 1) * sizeof *owner);
    bool told = false;
    for (uint32_t g = 0; g < f->n_groups; g++)
        for (uint32_t i = 0; i < f->groups[g].n; i++) {
            const struct orr_target *target = &f->groups[g].v[i];
            *n_looks += s->n_nodes;
            for (uint32_t node = 0; node < s->n_nodes && *n_looks <= MAX_LOOKS && !told; node++) {
                if (!orr_target_has(s, target, node)) continue;
                if (owner[node] && owner[node] != g + 1) {
                    const struct orr_group_spec *group = orr_scenario_group_of(s, node);
                    complain(b, target->where, "a node can be on one side only",
                             "%s.%u is in an earlier group of the partition already", group->name,
                             node - group->first);
                    told = true;
                }
                owner[node] = g + 1;
            }
        }
    if (*n_looks > MAX_LOOKS)
        complain(b, f->where, "name whole groups or regions",
                 "too many nodes and names to compare");
    free(owner);
}

static bool any_group(const struct orr_scenario *s, const struct orr_targets *targets,
                      bool (*has)(const struct orr_group_spec *)) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct orr_group_spec *g = &s->groups[i];
        for (uint32_t j = 0; j < targets->n; j++) {
            const struct orr_target *t = &targets->v[j];
            bool meant = t->kind == ORR_TARGET_NODES
                             ? g->first < t->first + t->n && t->first < g->first + g->count
                             : t->kind != ORR_TARGET_ROLE || t->role == g->role;
            if (meant && has(g)) return true;
        }
    }
    return false;
}

static bool can_lead(const struct orr_group_spec *g) { return g->role->fault.leads; }
/* Does a group's role lack what a behaviour needs? */
#define BEHAVIOUR(name, text, help)                                                     \
    static bool lacks_##name(const struct orr_group_spec *g) {                          \
        return !orr_byzantine_knows(g->role, ORR_BEHAVIOUR_##name);                     \
    }
ORR_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
static bool (*const lacks[])(const struct orr_group_spec *) = {
#define BEHAVIOUR(name, text, help) lacks_##name,
    ORR_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
};
static bool has_disk(const struct orr_group_spec *g) {
    return g->disk.write.kind != ORR_DIST_NONE || g->disk.fsync.kind != ORR_DIST_NONE;
}

static void check_byzantine(struct orr_binder *b, const struct orr_fault_spec *f) {
    bool is_late = f->behaviour == ORR_BEHAVIOUR_DELAY || f->behaviour == ORR_BEHAVIOUR_EDGE;
    bool mutates = f->behaviour == ORR_BEHAVIOUR_MUTATE;
    if (is_late && f->by.kind == ORR_DIST_NONE)
        complain(b, f->where, "for example by: 200 ms", "behaviour: %s needs 'by'",
                 f->behaviour == ORR_BEHAVIOUR_EDGE ? "edge" : "delay");
    if (!is_late && f->by.kind != ORR_DIST_NONE)
        complain(b, f->where, NULL, "'by' goes with behaviour: delay or edge");
    if (mutates && !f->n_fields)
        complain(b, f->where, "for example field: view", "behaviour: mutate needs 'field'");
    if (!mutates && (f->n_fields || f->change != ORR_N_CHANGES))
        complain(b, f->where, NULL, "'field' and 'change' go with behaviour: mutate");
    bool bends = f->behaviour == ORR_BEHAVIOUR_REORG;
    if (bends != (f->depth > 0))
        complain(b, f->where, "for example behaviour: reorg, depth: 3",
                 bends ? "behaviour: reorg needs 'depth'" : "'depth' goes with behaviour: reorg");
    for (uint32_t i = 0; i < f->targets.n && f->budget; i++)
        if (f->targets.v[i].kind == ORR_TARGET_LEADER || f->targets.v[i].any)
            complain(b, f->targets.v[i].where, "for example target: all",
                     "who proposes is corrupted: 'budget' needs to know among whom");
    if (f->behaviour == ORR_BEHAVIOUR_TWINS &&
        (f->view.is_given || f->height.is_given || f->to.n))
        complain(b, f->where, "'view', 'height' and 'to' go with the other behaviours",
                 "twins say all that they say");
    for (uint32_t i = 0; i < f->to.n; i++)
        if (f->to.v[i].kind == ORR_TARGET_LEADER || f->to.v[i].any)
            complain(b, f->to.v[i].where, "nodes, groups, regions or roles",
                     "it must be known beforehand whom it lies to");
    bool forgets_log = f->forgets == ORR_FORGETS_LOG;
    if (forgets_log && f->behaviour != ORR_BEHAVIOUR_AMNESIA)
        complain(b, f->where, NULL, "'forgets' goes with behaviour: amnesia");
    if (f->reads == ORR_READS_HEADERS)
        complain(b, f->where, "'shared' or 'all'",
                 "a byzantine node reads messages, or does not get them: 'headers' is for faults "
                 "of messages");
    if (!forgets_log && any_group(b->scenario, &f->targets, lacks[f->behaviour]))
        complain(b, f->where, "what it must bring: orr_protocol.fault in models/protocol.h",
                 "some of these run a protocol that does not know how to do that");
}

void orr_scenario_check_leader(struct orr_binder *b, const struct orr_targets *targets) {
    const struct orr_target everyone = {.kind = ORR_TARGET_NODES, .n = b->scenario->n_nodes};
    const struct orr_targets all = {&everyone, 1};
    for (uint32_t i = 0; i < targets->n; i++)
        if (targets->v[i].kind == ORR_TARGET_LEADER && !any_group(b->scenario, &all, can_lead))
            complain(b, targets->v[i].where, NULL, "no protocol here has a leader");
}

static void check_time(struct orr_binder *b, const struct orr_fault_spec *f) {
    orr_time end = b->scenario->duration;
    if (f->conditional == (f->at != ORR_NEVER))
        complain(b, f->where, "at: 10 s, or when: height(val) >= 20",
                 f->conditional ? "'at' and 'when' exclude each other"
                                : "a fault needs 'at' or 'when'");
    else if (!f->conditional && f->at >= end)
        complain(b, f->where, "lengthen `duration`, or let it begin earlier",
                 "it begins at %s, but the run ends at %s", orr_bind_time(b, f->at),
                 orr_bind_time(b, end));
}

static bool tells_views(const struct orr_group_spec *g) {
    return g->role->report.place || g->role->report.statement || g->role->report.stand;
}

/* Messages meant by their view, height or number. */
static void check_choice(struct orr_binder *b, const struct orr_fault_spec *f) {
    if (f->reads == ORR_READS_HEADERS && (f->view.is_given || f->height.is_given))
        complain(b, f->where, "reads: all, or choose by kind, ends and nth",
                 "a header does not say which view or height a message is about");
    if (f->reads == ORR_READS_SHARED && f->kind != ORR_FAULT_BYZANTINE)
        complain(b, f->where, NULL, "'reads: shared' goes with do: byzantine");
    const struct orr_target everyone = {.kind = ORR_TARGET_NODES, .n = b->scenario->n_nodes};
    const struct orr_targets all = {&everyone, 1};
    enum { MAX_COUNTED = 1024 }; /* a count for each pair of nodes */
    if ((f->view.is_given || f->height.is_given) && !any_group(b->scenario, &all, tells_views))
        complain(b, f->where, ".report.place in models/protocol.h says it",
                 "no protocol here says which view and height a message is about");
    if (f->nth.is_given && b->scenario->n_nodes > MAX_COUNTED)
        complain(b, f->where, "the limit is 1,024", "messages of too many nodes to count");
}

/* Who leads some views: one node of a role that can be told, from the start. */
static void check_lead(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_target *t = f->targets.v;
    if (f->conditional || f->at)
        complain(b, f->where, NULL, "who leads a view does from the start: no 'at' or 'when'");
    if (f->view.last > ORR_LEAD_VIEW_MAX || !f->view.first)
        complain(b, f->where, NULL, "views that are led so are from 1 to %d", ORR_LEAD_VIEW_MAX);
    if (f->targets.n != 1 || t->kind != ORR_TARGET_NODES || t->n != 1 || t->any)
        complain(b, f->where, "for example target: val.1", "one node leads a view");
    else if (!orr_scenario_leaders_key(orr_scenario_group_of(b->scenario, t->first)->role))
        complain(b, t->where, "see `orrery help scenario ROLE`",
                 "its role cannot be told who leads: it has no key 'leaders'");
}

static void check_fault(struct orr_binder *b, const struct orr_fault_spec *f, uint64_t *n_looks) {
    const struct orr_scenario *s = b->scenario;
    check_time(b, f);
    check_choice(b, f);
    orr_scenario_check_dist(b, &f->extra);
    orr_scenario_check_dist(b, &f->by);
    orr_scenario_check_dist(b, &f->back_after);
    orr_scenario_check_dist(b, &f->reorder_by);
    orr_scenario_check_leader(b, &f->targets);
    orr_scenario_check_leader(b, &f->from);
    orr_scenario_check_leader(b, &f->to);
    bool pair = f->between[0].n;
    switch (f->kind) {
    case ORR_FAULT_PARTITION: check_partition(b, f, n_looks); break;
    case ORR_FAULT_SLOW_LINK:
        if (f->extra.kind == ORR_DIST_NONE && f->factor == ORR_UNSET)
            complain(b, f->where, "latency: 100 ms, or factor: 3",
                     "slow-link needs to know how slow");
        break;
    case ORR_FAULT_LOSSY_LINK:
        if (!f->loss && !f->duplicate && !f->corrupt && f->reorder == ORR_UNSET)
            complain(b, f->where, "loss, duplicate, corrupt or reorder",
                     "lossy-link loses nothing");
        break;
    case ORR_FAULT_CLOCK:
        if (!f->skew && !f->drift)
            complain(b, f->where, "skew: 500 ms, or drift: 100 ppm", "the clock is left as it is");
        break;
    case ORR_FAULT_SLOW_CPU:
        if (!s->cpu)
            complain(b, f->where, "add `cost: {}` for the default costs",
                     "without a `cost:` section work takes no time");
        break;
    case ORR_FAULT_SLOW_DISK:
        if (!any_group(s, &f->targets, has_disk))
            complain(b, f->where, "give the group a `disk: {fsync: 5 ms}`",
                     "none of these nodes has a disk that takes time");
        break;
    case ORR_FAULT_BYZANTINE: check_byzantine(b, f); break;
    case ORR_FAULT_LEAD: check_lead(b, f); break;
    default: break;
    }
    if ((f->kind == ORR_FAULT_SLOW_LINK || f->kind == ORR_FAULT_LOSSY_LINK) &&
        pair == (f->targets.n > 0))
        complain(b, f->where, "target: val.3, or between: [us-east, eu-west]",
                 pair ? "'target' and 'between' exclude each other" : "which links are meant?");
}

/* A node runs twice, not three times. */
static void check_twins(struct orr_binder *b, uint32_t fault) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_fault_spec *f = &s->faults[fault];
    if (f->kind != ORR_FAULT_BYZANTINE || f->behaviour != ORR_BEHAVIOUR_TWINS) return;
    for (uint32_t node = 0; node < s->n_nodes; node++)
        for (uint32_t k = 0; makes_twins(s, f, node) && k < fault; k++) {
            if (!makes_twins(s, &s->faults[k], node)) continue;
            const struct orr_group_spec *g = orr_scenario_group_of(s, node);
            complain(b, f->where, "one fault with `behaviour: twins` for each node",
                     "%s.%u has a twin already, by %s", g->name, node - g->first,
                     s->faults[k].name);
            return;
        }
}

void orr_scenario_check_faults(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    uint64_t n_looks = 0;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        uint32_t n_stated = s->n_faults - s->n_schedule;
        bool is_stated = i < n_stated;
        size_t mark = orr_bind_enter(b, is_stated ? "faults" : "schedule");
        size_t inner = orr_bind_enter_item(b, is_stated ? i : i - n_stated);
        check_fault(b, &s->faults[i], &n_looks);
        check_twins(b, i);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(s->faults[j].name, s->faults[i].name))
                complain(b, s->faults[i].where, NULL, "another fault is called '%s' too",
                         s->faults[i].name);
        orr_bind_leave(b, inner);
        orr_bind_leave(b, mark);
    }
}
