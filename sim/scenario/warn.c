/* warn.c - what a scenario may say, and its author hardly means. */
#include "sim/scenario/bind.h"

#define warn(b, ...) orr_bind_say(b, ORR_DIAG_WARNING, __VA_ARGS__)

/* ---- when a fault of the timeline stands ---- */

/* When it ends by itself; ORR_NEVER: not before the run does. */
static orr_time ends_at(const struct orr_fault_spec *f) {
    orr_time lasts = f->kind == ORR_FAULT_CRASH ? f->restart_after : f->duration;
    return lasts == ORR_NEVER ? ORR_NEVER : f->at + lasts;
}

/* Might it stand at time t, unless something else has ended it?  A condition may hold at any time.
 */
static bool might_stand(const struct orr_fault_spec *f, orr_time t) {
    return f->conditional || (f->at <= t && t < ends_at(f));
}

static bool is_of_links(const struct orr_fault_spec *f) {
    return f->kind == ORR_FAULT_PARTITION || f->kind == ORR_FAULT_ISOLATE ||
           f->kind == ORR_FAULT_SLOW_LINK || f->kind == ORR_FAULT_LOSSY_LINK;
}

static bool targets_have(const struct orr_scenario *s, const struct orr_targets *targets,
                         uint32_t node) {
    for (uint32_t i = 0; i < targets->n; i++)
        if (targets->v[i].kind == ORR_TARGET_LEADER || orr_target_has(s, &targets->v[i], node))
            return true;
    return false;
}

/* ---- faults ---- */

/* A restart finds nodes that run: those are stopped first. */
static void warn_of_restart(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_scenario *s = b->scenario;
    for (uint32_t node = 0; node < s->n_nodes && !f->conditional; node++) {
        if (!targets_have(s, &f->targets, node)) continue;
        bool might_be_down = false;
        for (uint32_t i = 0; i < s->n_faults; i++) {
            const struct orr_fault_spec *other = &s->faults[i];
            might_be_down |= (other->kind == ORR_FAULT_CRASH || other->kind == ORR_FAULT_CHURN) &&
                             might_stand(other, f->at) && targets_have(s, &other->targets, node);
        }
        if (might_be_down) continue;
        const struct orr_group_spec *g = orr_scenario_group_of(s, node);
        warn(b, f->where, "is a `crash` meant that comes before?",
             "%s.%u runs then: it is stopped, loses its memory and starts again", g->name,
             node - g->first);
        return;
    }
}

static void warn_of_heal(struct orr_binder *b, const struct orr_fault_spec *f) {
    const struct orr_scenario *s = b->scenario;
    bool heals = f->conditional;
    for (uint32_t i = 0; i < f->n_ends; i++) heals |= might_stand(&s->faults[f->ends[i]], f->at);
    for (uint32_t i = 0; i < s->n_faults && !f->n_ends; i++)
        heals |= is_of_links(&s->faults[i]) && might_stand(&s->faults[i], f->at);
    if (heals) return;
    warn(b, f->where, "heal ends what has begun before and still goes on",
         f->n_ends ? "nothing is healed: none of these faults goes on then"
                   : "nothing is healed: no partition, isolation, slow or lossy link goes on then");
}

static void warn_of_end(struct orr_binder *b, const struct orr_fault_spec *f) {
    orr_time end = b->scenario->duration;
    if (f->conditional || ends_at(f) == ORR_NEVER || ends_at(f) <= end) return;
    char over[48], until[48];
    orr_quantity_print(ORR_QUANTITY_TIME, ends_at(f), over, sizeof over);
    orr_quantity_print(ORR_QUANTITY_TIME, end, until, sizeof until);
    warn(b, f->where, NULL, "it would be over at %s, but the run ends at %s", over, until);
}

static void warn_of_liars(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_fault_spec *last = NULL;
    for (uint32_t node = 0; node < s->n_nodes; node++) {
        bool lies = false;
        for (uint32_t i = 0; i < s->n_faults; i++)
            for (uint32_t k = 0; s->faults[i].kind == ORR_FAULT_BYZANTINE &&
                                 !s->faults[i].conditional && k < s->faults[i].targets.n;
                 k++)
                if (!s->faults[i].budget && !s->faults[i].targets.v[k].any &&
                    s->faults[i].targets.v[k].kind != ORR_TARGET_LEADER &&
                    orr_target_has(s, &s->faults[i].targets.v[k], node))
                    lies = true, last = &s->faults[i];
        if (!lies) return;
    }
    warn(b, last->where, "what is expected is expected of the others",
         "every node is Byzantine: nobody is left to be judged");
}

/* ---- the whole ---- */

/* The least size that a distribution gives. */
static int64_t least(const struct orr_dist_spec *d) {
    switch (d->kind) {
    case ORR_DIST_CONSTANT: return d->value;
    case ORR_DIST_UNIFORM:
    case ORR_DIST_EXPONENTIAL: return d->min;
    case ORR_DIST_PARETO: return d->scale;
    default: return INT64_MAX; /* not known, or hardly ever reached */
    }
}

static void warn_of_sizes(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    for (uint32_t i = 0; i < s->n_workloads; i++)
        for (uint32_t g = 0; g < s->n_groups; g++) {
            const struct orr_protocol *role = s->groups[g].role;
            if (s->workloads[i].kind != ORR_WORKLOAD_TRANSACTIONS) continue;
            if (least(&s->workloads[i].size) >= (int64_t)role->workload.least_size) continue;
            if (!targets_have(s, &s->workloads[i].to, s->groups[g].first)) continue;
            size_t mark = orr_bind_enter(b, "workload"), inner = orr_bind_enter_item(b, i);
            warn(b, s->workloads[i].size.where, NULL,
                 "transactions of %s have at least %u B: smaller ones are made as large",
                 role->name, role->workload.least_size);
            orr_bind_leave(b, inner);
            orr_bind_leave(b, mark);
            break;
        }
}

void orr_scenario_warn(struct orr_binder *b) {
    const struct orr_scenario *s = b->scenario;
    warn_of_sizes(b);
    uint32_t n_stated = s->n_faults - s->n_schedule;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        size_t mark = orr_bind_enter(b, i < n_stated ? "faults" : "schedule");
        orr_bind_enter_item(b, i < n_stated ? i : i - n_stated);
        if (s->faults[i].kind == ORR_FAULT_RESTART) warn_of_restart(b, &s->faults[i]);
        if (s->faults[i].kind == ORR_FAULT_HEAL) warn_of_heal(b, &s->faults[i]);
        warn_of_end(b, &s->faults[i]);
        orr_bind_leave(b, mark);
    }
    size_t mark = orr_bind_enter(b, "faults");
    if (s->n_nodes) warn_of_liars(b);
    orr_bind_leave(b, mark);
}
