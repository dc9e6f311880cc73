/* build.h - from a scenario to a simulator: tables, overlay, link classes, nodes with their
 * wrappers. */
#ifndef ORR_SIM_RUN_BUILD_H
#define ORR_SIM_RUN_BUILD_H

#include "sim/base/data_file.h"
#include "sim/engine/sim.h"
#include "sim/scenario/scenario.h"

/* What a scenario came to; owns all that the simulator is lent.  The scenario itself is lent too.
 */
struct orr_build {
    const struct orr_scenario *scenario;
    struct orr_sim_spec spec;
    struct orr_topology *topology;
    struct orr_arena arena;
    struct orr_dist **dists;           /* [n_dists] */
    uint32_t n_dists, dists_cap;
    struct orr_data_files *files;      /* lent */
    uint32_t n_regions; /* at least 1: without regions all nodes are in region 0    */
    const struct orr_link *by_region;  /* [n_regions * n_regions] what the matrix and the default
                                          latency say: the way of a client's transaction */
};

/* Reads the files that the scenario names and makes every table.  What is wrong is told in diags;
 * ORR_EFORMAT, ORR_EIO, ORR_ELIMIT or ORR_EINVAL.  In all cases orr_build_fini afterwards. Messages
 * point into `files`. */
int orr_build(struct orr_build *build, const struct orr_scenario *scenario,
              struct orr_data_files *files, struct orr_diags *diags);
void orr_build_fini(struct orr_build *build);

/* A distribution of the scenario as a table owned by the build; NULL when the spec is
 * ORR_DIST_NONE, or on an error, which is told in diags. */
const struct orr_dist *orr_build_dist(struct orr_build *build, const struct orr_dist_spec *spec,
                                      struct orr_diags *diags);
/* The same for a distribution of sizes in bytes. */
const struct orr_dist *orr_build_sizes(struct orr_build *build, const struct orr_dist_spec *spec,
                                       struct orr_diags *diags);
/* Gaps between events that come at nhz per 10^9 s, as a Poisson process has them. */
const struct orr_dist *orr_build_poisson_gaps(struct orr_build *build, uint64_t nhz,
                                              struct orr_diags *diags);

/* The region of a node; 0 when the scenario knows none. */
uint32_t orr_build_region(const struct orr_build *build, uint32_t node);

/* Parts in 10^9 as a chance in 2^-32 (10^9 becomes the largest; ORR_UNSET is 0), or as a factor in
 * 2^-16. */
uint32_t orr_build_chance(uint64_t ppb);
uint64_t orr_build_factor(uint64_t ppb);
#endif
