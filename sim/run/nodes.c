#include "sim/run/nodes.h"

#include <assert.h>
#include <string.h>

#include "models/layer.h"

static int64_t limit(uint64_t bps) { return bps == ORR_UNSET ? 0 : (int64_t)bps; }

/* The types of the kinds that a group's uplink sends first, in their order: [g->n_priority]. */
static const uint32_t *urgent_types(const struct orr_group_spec *g, struct orr_mem *mem) {
    if (!g->n_priority) return NULL;
    uint32_t *types = orr_alloc(mem, g->n_priority * sizeof *types);
    for (uint32_t i = 0; i < g->n_priority; i++) {
        const char *name;
        for (uint32_t k = 0; (name = orr_protocol_kind(g->role, k, &types[i])); k++)
            if (!strcmp(name, g->priority[i])) break;
        assert(name); /* the scenario is checked */
    }
    return types;
}

int orr_nodes_build(struct orr_node_spec *nodes, const struct orr_scenario *s,
                    struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags) {
    for (uint32_t group = 0; group < s->n_groups; group++) {
        const struct orr_group_spec *g = &s->groups[group];
        struct orr_disk_model disk = {
            .write = orr_dists_get(dists, &g->disk.write, diags),
            .fsync = orr_dists_get(dists, &g->disk.fsync, diags),
            .size_bytes = g->disk.size_bytes == ORR_UNSET ? 0 : g->disk.size_bytes};
        const uint32_t *urgent = urgent_types(g, mem);
        orr_dists_get(dists, &g->skew, diags); /* errors are told now, not at some seed */
        for (uint32_t i = 0; i < g->count; i++)
            nodes[g->first + i] = (struct orr_node_spec){
                .protocol = g->role, .config = g->config, .stake = orr_group_stake(g, i),
                .cores = g->cores ? g->cores : 1, .up_bps = limit(g->up_bps),
                .down_bps = limit(g->down_bps),
                .queue_bytes = g->queue_bytes == ORR_UNSET ? 0 : g->queue_bytes,
                .urgent = urgent, .n_urgent = g->n_priority, .disk = disk,
                .transport = g->transport ? g->transport : s->transport,
                .max_in = g->listens ? g->max_in : ORR_NO_CONNECTION, .max_out = g->max_out};
    }
    return diags->n_errors ? ORR_EFORMAT : 0;
}

static bool any_clock(const struct orr_scenario *s) {
    for (uint32_t i = 0; i < s->n_groups; i++)
        if (s->groups[i].skew.kind != ORR_DIST_NONE || s->groups[i].drift) return true;
    return false;
}

void orr_nodes_set_clocks(struct orr_node_spec *nodes, const struct orr_scenario *s,
                          struct orr_dists *dists, struct orr_diags *diags) {
    if (!any_clock(s)) return;
    for (uint32_t group = 0; group < s->n_groups; group++) {
        const struct orr_group_spec *g = &s->groups[group];
        const struct orr_dist *skew = orr_dists_get(dists, &g->skew, diags);
        for (uint32_t i = 0; i < g->count; i++) {
            struct orr_node_spec *node = &nodes[g->first + i];
            node->clock_offset = node->clock_drift_ppb = 0;
            if (!skew && !g->drift) continue;
            struct orr_rng r = orr_rng_stream(s->seed, ORR_RNG_CLOCK, g->first + i);
            orr_time off = skew ? orr_dist_draw(skew, orr_rng_u64(&r)) : 0;
            bool behind = orr_rng_u64(&r) >> 63;
            node->clock_offset = behind ? -off : off;
            node->clock_drift_ppb =
                (int64_t)orr_rng_below(&r, 2 * g->drift + 1) - (int64_t)g->drift;
        }
    }
}
