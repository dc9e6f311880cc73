/* build.h - from a scenario to what a simulator is made of: tables, network, nodes, wrappers.
 *
 * Each room builds itself from its own part: sim/net from `network:`, nodes.c from `nodes:`,
 * byzantine.c from `faults:`.  Made once for a scenario; another seed or other faults remake only
 * what depends on them. */
#ifndef ORR_SIM_RUN_BUILD_H
#define ORR_SIM_RUN_BUILD_H

#include "sim/base/data_file.h"
#include "sim/engine/sim.h"
#include "sim/net/network.h"
#include "sim/scenario/scenario.h"

/* Faults in place of a scenario's own, bound as the parser would; lent while runs use them. */
struct orr_fault_list {
    const struct orr_fault_spec *v; /* [n] */
    uint32_t n;
};

/* What a scenario came to; owns all that the simulator is lent. */
struct orr_build {
    struct orr_scenario scenario;  /* a copy whose seed and faults are those built for; what it
                                      points to is lent */
    struct orr_sim_spec spec;
    struct orr_dists dists;
    struct orr_network network;
    struct orr_network_spec network_spec;
    uint32_t n_regions;            /* at least 1: without regions all nodes are in region 0 */
    uint32_t *region_of;           /* [n_nodes] < n_regions, by the seed */
    struct orr_node_spec *plain;   /* [n_nodes] without wrappers */
    struct orr_node_spec *nodes;   /* [n_nodes] spec.nodes       */
    bool *parts_on;                /* [n_faults] which partitions stand that name twins: read by
                                      the wrappers of these, whom the network cannot tell apart */
    struct orr_arena arena;        /* lives as long as the build */
    struct orr_arena plan_arena;   /* ... as the faults          */
    uint32_t n_lasting_dists;      /* tables past these were made for faults and may be forgotten */
};

/* Reads the files that the scenario names and makes every table.  What is wrong is told in diags;
 * ORR_EFORMAT, ORR_EIO, ORR_ELIMIT or ORR_EINVAL.  In all cases orr_build_fini afterwards. Messages
 * point into `files`. */
int orr_build(struct orr_build *build, const struct orr_scenario *scenario,
              struct orr_data_files *files, struct orr_diags *diags);
void orr_build_fini(struct orr_build *build);

/* Makes of a build that of another seed: random overlays, places and clocks are drawn again. */
int orr_build_reseed(struct orr_build *build, uint64_t seed, struct orr_diags *diags);
/* Makes of a build that of other faults: nodes are wrapped anew. */
int orr_build_replan(struct orr_build *build, struct orr_fault_list faults,
                     struct orr_diags *diags);
#endif
