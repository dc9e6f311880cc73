/* world.h - a simulator for tests: n equal nodes on a full mesh with one constant latency. */
#ifndef ORR_TESTS_SIM_ENGINE_WORLD_H
#define ORR_TESTS_SIM_ENGINE_WORLD_H

#include <stdlib.h>

#include "sim/engine/sim.h"
#include "sim/net/dist_spec.h"

#define MS INT64_C(1000000)

struct world {
    struct orr_sim *sim;
    struct orr_sim_spec spec; /* change what you like between world_init and world_start */
    struct orr_node_spec *nodes;
    struct orr_topology *topology;
    struct orr_dist *latency;
    struct orr_link link;
    uint16_t zone_links;
};

static inline void world_init(struct world *w, uint32_t n, const struct orr_protocol *protocol,
                              const void *config, orr_time latency) {
    *w = (struct world){.nodes = calloc(n, sizeof *w->nodes)};
    const char *why;
    struct orr_dist_spec dist = {.kind = ORR_DIST_CONSTANT, .value = latency};
    if (orr_dist_new(&dist, &w->latency, &why) || orr_topology_full(n, &w->topology)) abort();
    w->link.latency = w->latency;
    for (uint32_t i = 0; i < n; i++)
        w->nodes[i] = (struct orr_node_spec){
            .protocol = protocol, .config = config, .stake = 1, .cores = 1};
    w->spec = (struct orr_sim_spec){
        .seed = 1, .n_nodes = n, .nodes = w->nodes,
        .net = {.topology = w->topology, .n_zones = 1, .zone_links = &w->zone_links,
                .links = &w->link}};
}

static inline void world_start(struct world *w) {
    orr_peer failed;
    if (orr_sim_new(&w->spec, &w->sim, &failed)) abort();
}

static inline void world_fini(struct world *w) {
    orr_sim_free(w->sim);
    orr_topology_free(w->topology);
    orr_dist_free(w->latency);
    free(w->nodes);
}
#endif
