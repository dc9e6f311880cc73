#include "sim/run/build.h"

#include <string.h>

#include "sim/run/byzantine.h"
#include "sim/run/leaders.h"
#include "sim/run/nodes.h"

static bool is_placed_by_seed(const struct orr_scenario *scenario);
static void place_in_regions(struct orr_build *build);
static void set_zones(struct orr_build *build);
static struct orr_network_spec network_part(struct orr_build *build);

int orr_build(struct orr_build *build, const struct orr_scenario *s, struct orr_data_files *files,
              struct orr_diags *diags) {
    *build = (struct orr_build){.scenario = *s};
    orr_arena_init(&build->arena);
    orr_arena_init(&build->plan_arena);
    orr_dists_init(&build->dists, files);
    struct orr_mem *mem = &build->arena.mem;
    build->plain = orr_alloc(mem, s->n_nodes * sizeof *build->plain);
    build->nodes = orr_alloc(mem, s->n_nodes * sizeof *build->nodes);
    build->n_regions = s->n_regions ? s->n_regions : 1;
    build->region_of = orr_alloc_zero(mem, s->n_nodes * sizeof *build->region_of);
    place_in_regions(build);
    int error = orr_nodes_build(build->plain, s, &build->dists, mem, diags);
    build->network_spec = network_part(build);
    if (!error)
        error =
            orr_network_build(&build->network, &build->network_spec, &build->dists, mem, diags);
    if (error) return error;
    set_zones(build);
    build->n_lasting_dists = build->dists.n;
    build->spec = (struct orr_sim_spec){.n_nodes = s->n_nodes, .nodes = build->nodes,
                                        .net = build->network.net, .cpu_model = s->cpu,
                                        .costs = s->costs, .seed = s->seed,
                                        .signatures = s->signatures,
                                        .link_timeout =
                                            s->link_timeout == ORR_NEVER ? 0 : s->link_timeout};
    orr_nodes_set_clocks(build->plain, s, &build->dists, diags);
    return orr_build_replan(build, (struct orr_fault_list){s->faults, s->n_faults}, diags);
}

/* ---- what the rooms are handed ---- */

static bool is_placed_by_seed(const struct orr_scenario *s) {
    for (uint32_t g = 0; s->n_regions > 1 && g < s->n_groups; g++)
        if (s->groups[g].placement == ORR_PLACE_RANDOM) return true;
    return false;
}

/* Every place of a group is somebody's, so that a region holds as many at every seed. */
static void shuffle(uint32_t *places, uint32_t n, struct orr_rng rng) {
    for (uint32_t i = n; i > 1; i--) {
        uint64_t j = orr_rng_below(&rng, i);
        uint32_t place = places[j];
        places[j] = places[i - 1];
        places[i - 1] = place;
    }
}

static void place_in_regions(struct orr_build *build) {
    struct orr_scenario *s = &build->scenario;
    s->region_of = NULL;
    for (uint32_t i = 0; s->n_regions && i < s->n_nodes; i++)
        build->region_of[i] = orr_scenario_region_of(s, i);
    if (!is_placed_by_seed(s)) return;
    for (uint32_t g = 0; g < s->n_groups; g++)
        if (s->groups[g].placement == ORR_PLACE_RANDOM)
            shuffle(build->region_of + s->groups[g].first, s->groups[g].count,
                    orr_rng_stream(s->seed, ORR_RNG_PLACE, g));
    s->region_of = build->region_of;
}

static void set_zones(struct orr_build *build) {
    for (uint32_t i = 0; i < build->scenario.n_nodes; i++)
        build->plain[i].zone = build->network.zones[i];
}

static struct orr_network_spec network_part(struct orr_build *build) {
    const struct orr_scenario *s = &build->scenario;
    struct orr_node_names *names = orr_alloc(&build->arena.mem, s->n_groups * sizeof *names);
    for (uint32_t i = 0; i < s->n_groups; i++)
        names[i] = (struct orr_node_names){s->groups[i].name, s->groups[i].first,
                                           s->groups[i].count};
    return (struct orr_network_spec){
        .seed = s->seed, .n_nodes = s->n_nodes, .n_regions = build->n_regions,
        .region_of = build->region_of, .names = names, .n_names = s->n_groups,
        .overlay = s->overlay, .region_matrix = s->region_matrix, .latency = s->latency,
        .model = s->model,
        .links = s->links, .n_links = s->n_links};
}

/* ---- another seed, other faults ---- */

int orr_build_reseed(struct orr_build *build, uint64_t seed, struct orr_diags *diags) {
    if (seed == build->scenario.seed && build->network.topology) return 0;
    build->scenario.seed = build->spec.seed = build->network_spec.seed = seed;
    bool moved = is_placed_by_seed(&build->scenario);
    if (moved) place_in_regions(build);
    int error = orr_network_reseed(&build->network, &build->network_spec, moved, &build->dists,
                                   diags);
    build->spec.net = build->network.net;
    if (moved && !error) set_zones(build);
    orr_nodes_set_clocks(build->plain, &build->scenario, &build->dists, diags);
    for (uint32_t i = 0; i < build->scenario.n_nodes; i++) {
        build->nodes[i].clock_offset = build->plain[i].clock_offset;
        build->nodes[i].clock_drift_ppb = build->plain[i].clock_drift_ppb;
        build->nodes[i].zone = build->plain[i].zone;
    }
    return error;
}

enum { PLAN_DISTS_MAX = 256 }; /* tables of 40 KB that earlier faults have left */

int orr_build_replan(struct orr_build *build, struct orr_fault_list faults,
                     struct orr_diags *diags) {
    build->scenario.faults = faults.v;
    build->scenario.n_faults = faults.n;
    orr_arena_reset(&build->plan_arena);
    if (build->dists.n > build->n_lasting_dists + PLAN_DISTS_MAX)
        orr_dists_forget(&build->dists, build->n_lasting_dists);
    memcpy(build->nodes, build->plain, build->scenario.n_nodes * sizeof *build->nodes);
    int error = orr_leaders_place(build, diags);
    return error ? error : orr_byzantine_place(build, diags);
}

void orr_build_fini(struct orr_build *build) {
    orr_network_fini(&build->network);
    orr_dists_fini(&build->dists);
    orr_arena_fini(&build->arena);
    orr_arena_fini(&build->plan_arena);
}
