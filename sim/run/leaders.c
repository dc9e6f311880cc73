#include "sim/run/leaders.h"

#include <assert.h>
#include <string.h>

enum { VIEWS_MORE = 1000 }; /* in turn behind the last that is named, then from the first on */

static const struct orr_protocol *cohort_of(const struct orr_protocol *role) {
    return role->follows ? role->follows : role;
}

/* A node's place among those of its cohort, or of a number past the last how many there are. */
static uint32_t rank_of(const struct orr_scenario *s, const struct orr_protocol *role,
                        uint32_t node) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < node && i < s->n_nodes; i++)
        rank += cohort_of(orr_scenario_group_of(s, i)->role) == cohort_of(role);
    return rank;
}

/* The last view that a `lead` names of this role; 0: none does. */
static uint64_t last_view(const struct orr_scenario *s, const struct orr_protocol *role,
                          const struct orr_fault_spec **lead) {
    uint64_t last = 0;
    for (uint32_t f = 0; f < s->n_faults; f++) {
        const struct orr_fault_spec *fault = &s->faults[f];
        if (fault->kind != ORR_FAULT_LEAD) continue;
        if (orr_scenario_group_of(s, fault->targets.v[0].first)->role != role) continue;
        *lead = fault;
        if (fault->view.last > last) last = fault->view.last;
    }
    return last;
}

static uint64_t *leader_views_of(const struct orr_protocol *role, void *config) {
    for (const struct orr_config_key *k = role->config; k->name; k++)
        if (k->type == ORR_CONFIG_COUNT && !strcmp(k->name, "leader_views"))
            return (uint64_t *)((char *)config + k->offset);
    return NULL;
}

/* The settings with the list of leaders. */
static void *settings(struct orr_build *build, const struct orr_protocol *role,
                      const void *before, uint64_t last) {
    const struct orr_scenario *s = &build->scenario;
    struct orr_mem *mem = &build->plan_arena.mem;
    void *config = orr_alloc(mem, role->config_size);
    memcpy(config, before, role->config_size);
    size_t at = orr_scenario_leaders_key(role)->offset;
    struct orr_config_list *list = (struct orr_config_list *)((char *)config + at);
    uint64_t *leader_views = leader_views_of(role, config);
    uint32_t n_nodes = rank_of(s, role, s->n_nodes);
    uint64_t n = last + VIEWS_MORE, *v = orr_alloc(mem, n * sizeof *v);
    for (uint64_t view = 1; view <= n; view++) {
        uint64_t turn = leader_views ? view / *leader_views : view;
        v[view - 1] = list->n ? list->v[(view - 1) % list->n] : turn % n_nodes;
    }
    for (uint32_t f = 0; f < s->n_faults; f++) {
        const struct orr_fault_spec *fault = &s->faults[f];
        uint32_t node = fault->kind == ORR_FAULT_LEAD ? fault->targets.v[0].first : 0;
        if (fault->kind != ORR_FAULT_LEAD || orr_scenario_group_of(s, node)->role != role) continue;
        assert(fault->view.first && fault->view.last <= last);
        for (uint64_t view = fault->view.first; view <= fault->view.last; view += fault->view.step)
            v[view - 1] = rank_of(s, role, node);
    }
    *list = (struct orr_config_list){v, n};
    if (leader_views) *leader_views = 1;
    return config;
}

int orr_leaders_place(struct orr_build *build, struct orr_diags *diags) {
    const struct orr_scenario *s = &build->scenario;
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_protocol *role = s->groups[g].role;
        const struct orr_fault_spec *lead = NULL;
        uint64_t last = last_view(s, role, &lead);
        if (!last) continue;
        uint32_t first = s->groups[g].first;
        void *config = settings(build, role, build->nodes[first].config, last);
        const char *why = role->genesis.refuses
                              ? role->genesis.refuses(config, rank_of(s, role, s->n_nodes))
                              : NULL;
        if (why) {
            orr_diag_add(diags, ORR_DIAG_ERROR, lead->where, NULL, "role '%s' refuses it: %s",
                         role->name, why);
            return ORR_EFORMAT;
        }
        for (uint32_t i = 0; i < s->groups[g].count; i++)
            build->nodes[first + i].config = config;
    }
    return 0;
}
