/* What of a scenario only the roles can tell: their message kinds, and whether their applications
 * know voting powers. */
#include <string.h>

#include "models/layer.h"
#include "sim/net/transport.h"
#include "sim/scenario/bind.h"

#define complain(b, ...) orr_bind_say(b, ORR_DIAG_ERROR, __VA_ARGS__)

/* What is wrong with the number of kinds, and with one that stands there twice. */
static void check_kinds(struct orr_binder *b, struct orr_span where, const char *const *kinds,
                        uint32_t n) {
    if (n > ORR_URGENT_MOST)
        complain(b, where, NULL, "'priority' has %u kinds, at most %d are told apart", n,
                 ORR_URGENT_MOST);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(kinds[i], kinds[j]))
                complain(b, where, NULL, "'priority' names '%s' twice", kinds[i]);
}

/* Each kind is the role's own and stands there once. */
void orr_scenario_check_priority(struct orr_binder *b, const struct orr_group_spec *g) {
    if (g->n_priority && g->up_bps == ORR_UNSET)
        complain(b, g->where, "up: 10 Mbit/s",
                 "'priority' says what goes onto 'up' first; nothing waits without it");
    for (uint32_t i = 0; i < g->n_priority; i++) {
        const char *name;
        uint32_t type, k = 0;
        while ((name = orr_protocol_kind(g->role, k, &type)) && strcmp(name, g->priority[i])) k++;
        if (!name)
            complain(b, g->where, NULL, "'priority': %s has no messages of kind '%s'",
                     g->role->name, g->priority[i]);
    }
    check_kinds(b, g->where, g->priority, g->n_priority);
}

/* Is a node of the group at an end of such links? */
static bool is_end(const struct orr_scenario *s, const struct orr_link_spec *l,
                   const struct orr_group_spec *g) {
    for (uint32_t k = 0; k < g->count; k++)
        if (l->within_any || orr_target_has(s, &l->a, g->first + k) ||
            orr_target_has(s, &l->b, g->first + k))
            return true;
    return false;
}

/* The first role at their ends that has messages of a kind, and their type; NULL: none has. */
static const struct orr_protocol *role_with(const struct orr_scenario *s,
                                            const struct orr_link_spec *l, const char *kind,
                                            uint32_t *type) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const char *name;
        if (!is_end(s, l, &s->groups[i])) continue;
        for (uint32_t k = 0; (name = orr_protocol_kind(s->groups[i].role, k, type)); k++)
            if (!strcmp(name, kind)) return s->groups[i].role;
    }
    return NULL;
}

/* A link sees types, whatever the roles of its ends: a kind must mean one type, and one alone. */
static bool is_told_apart(const struct orr_protocol *role, const char *kind, uint32_t type) {
    const char *name;
    uint32_t other;
    for (uint32_t k = 0; (name = orr_protocol_kind(role, k, &other)); k++)
        if (!strcmp(name, kind) != (other == type)) return false;
    return true;
}

static void check_kind(struct orr_binder *b, const struct orr_link_spec *l, const char *kind,
                       uint32_t *type) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_protocol *role = role_with(s, l, kind, type);
    if (!role)
        complain(b, l->where, NULL, "'priority': no role at these links has messages of kind '%s'",
                 kind);
    for (uint32_t i = 0; role && i < s->n_groups; i++) {
        if (!is_end(s, l, &s->groups[i]) || is_told_apart(s->groups[i].role, kind, *type)) continue;
        complain(b, l->where, NULL, "'priority': a link cannot tell '%s' of %s from messages of %s",
                 kind, role->name, s->groups[i].role->name);
        return;
    }
}

void orr_scenario_check_link_priority(struct orr_binder *b, struct orr_link_spec *l) {
    if (!l->n_priority) return;
    if (l->bandwidth_bps == ORR_UNSET)
        complain(b, l->where, "bandwidth: 10 Mbit/s",
                 "'priority' says what goes onto 'bandwidth' first; nothing waits without it");
    check_kinds(b, l->where, l->priority, l->n_priority);
    uint32_t *types = orr_store_alloc(b->store, l->n_priority * sizeof *types);
    for (uint32_t i = 0; i < l->n_priority; i++) check_kind(b, l, l->priority[i], &types[i]);
    l->urgent = types;
}

/* Do all nodes that the target means run the role? */
static bool all_run(const struct orr_scenario *s, const struct orr_target *target,
                    const struct orr_protocol *role) {
    for (uint32_t i = 0; i < s->n_groups; i++)
        for (uint32_t k = 0; k < s->groups[i].count; k++)
            if (orr_target_has(s, target, s->groups[i].first + k) && s->groups[i].role != role)
                return false;
    return true;
}

/* Who is asked has an application that sets powers, and the same role as those whose power it is.
 */
void orr_scenario_check_power(struct orr_binder *b, struct orr_workload_spec *w) {
    const struct orr_scenario *s = b->scenario;
    const struct orr_protocol *role = NULL;
    w->clients = 1;
    w->stop = s->duration;
    w->size = (struct orr_dist_spec){.kind = ORR_DIST_CONSTANT};
    for (uint32_t i = 0; i < s->n_groups && !role; i++)
        if (s->groups[i].role->workload.sets_power) role = s->groups[i].role;
    if (!role) {
        complain(b, w->where, "use the role tendermint or raft",
                 "no role here lets transactions change voting power");
        return;
    }
    for (uint32_t i = 0; i < w->of.n; i++)
        if (w->of.v[i].kind == ORR_TARGET_LEADER || w->of.v[i].any)
            complain(b, w->of.v[i].where, "name a group, a node or a region",
                     "whose power it is must be known beforehand");
        else if (!all_run(s, &w->of.v[i], role))
            complain(b, w->of.v[i].where, NULL, "their role is not %s", role->name);
    for (uint32_t i = 0; i < w->to.n; i++)
        if (!all_run(s, &w->to.v[i], role))
            complain(b, w->to.v[i].where, NULL, "ask nodes of the role %s", role->name);
}
