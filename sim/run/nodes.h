/* nodes.h - the nodes of a scenario as the simulator takes them: roles, lines, disks and clocks. */
#ifndef ORR_SIM_RUN_NODES_H
#define ORR_SIM_RUN_NODES_H

#include "sim/engine/sim.h"
#include "sim/net/dists.h"
#include "sim/scenario/scenario.h"

/* Fills nodes[scenario->n_nodes] from its groups, clocks and zones apart; what they point to is in
 * mem, an arena.  What is wrong with the distributions is told in diags. */
int orr_nodes_build(struct orr_node_spec *nodes, const struct orr_scenario *scenario,
                    struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags);

/* Sets the nodes' clocks as the scenario's seed has them: stream (seed, ORR_RNG_CLOCK, node).  A
 * clock starts at its offset; clocks that start behind would be negative, so all of a scenario
 * start as far ahead as the one that lags most lags. */
void orr_nodes_set_clocks(struct orr_node_spec *nodes, const struct orr_scenario *scenario,
                          struct orr_dists *dists, struct orr_diags *diags);
#endif
