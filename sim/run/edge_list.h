/* edge_list.h - an overlay from a file: one undirected edge a line, `a b` or `a b latency`.
 *
 * Nodes are numbers (`17`) or, in a scenario, a group's name and a number in it (`val.3`); the
 * latency is a duration as data_file.h reads it, plain numbers in ms. */
#ifndef ORR_SIM_RUN_EDGE_LIST_H
#define ORR_SIM_RUN_EDGE_LIST_H

#include "sim/base/data_file.h"
#include "sim/net/topology.h"

struct orr_scenario; /* sim/scenario/scenario.h */

/* Parses edges between nodes < n_nodes into *edges[*n_edges], owned by the caller (free).
 * scenario: whose groups may be named; NULL: numbers only.  A loop, an unknown node and an edge
 * that is given twice are errors; all are told in diags.  ORR_EFORMAT, or ORR_ELIMIT past
 * ORR_TOPOLOGY_MAX_LINKS. */
int orr_edges_parse(const struct orr_source *source, const struct orr_scenario *scenario,
                    uint32_t n_nodes, struct orr_diags *diags, struct orr_edge **edges,
                    uint64_t *n_edges);

/* The overlay that a scenario asks for, of whatever kind.  Files that it reads are owned by
 * `files`.  What is wrong is told in diags; ORR_EFORMAT, ORR_EIO, ORR_ELIMIT or ORR_EINVAL. */
int orr_overlay_new(const struct orr_scenario *scenario, struct orr_data_files *files,
                    struct orr_diags *diags, struct orr_topology **topology);
#endif
