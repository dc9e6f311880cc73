/* What of a scenario only the roles can tell: their message kinds, and whether their applications
 * know voting powers. */
#include <string.h>

#include "models/layer.h"
#include "sim/net/transport.h"
#include "sim/scenario/bind.h"

#define complain(b, ...) orr_bind_say(b, ORR_DIAG_ERROR, __VA_ARGS__)

/* Each kind is the role's own and stands there once. */
void orr_scenario_check_priority(struct orr_binder *b, const struct orr_group_spec *g) {
    if (g->n_priority && g->up_bps == ORR_UNSET)
        complain(b, g->where, "up: 10 Mbit/s",
                 "'priority' says what goes onto 'up' first; nothing waits without it");
    if (g->n_priority > ORR_URGENT_MOST)
        complain(b, g->where, NULL, "'priority' has %u kinds, at most %d are told apart",
                 g->n_priority, ORR_URGENT_MOST);
    for (uint32_t i = 0; i < g->n_priority; i++) {
        const char *name;
        uint32_t type, k = 0;
        while ((name = orr_protocol_kind(g->role, k, &type)) && strcmp(name, g->priority[i])) k++;
        if (!name)
            complain(b, g->where, NULL, "'priority': %s has no messages of kind '%s'",
                     g->role->name, g->priority[i]);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(g->priority[i], g->priority[j]))
                complain(b, g->where, NULL, "'priority' names '%s' twice", g->priority[i]);
    }
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
        complain(b, w->where, "use the role tendermint",
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
