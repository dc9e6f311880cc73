/* edge_list.h - an overlay from a file: one undirected edge a line, `a b` or `a b latency`.
 *
 * Nodes are numbers (`17`) or a group's name and a number in it (`val.3`); the
 * latency is a duration as data_file.h reads it, plain numbers in ms. */
#ifndef ORR_SIM_NET_EDGE_LIST_H
#define ORR_SIM_NET_EDGE_LIST_H

#include "sim/base/data_file.h"
#include "sim/net/network_spec.h"
#include "sim/net/topology.h"

/* Parses edges between the nodes of spec into *edges[*n_edges], owned by the caller (free).  Only
 * spec's n_nodes and names are read.  A loop, an unknown node and an edge that is given twice are
 * errors; all are told in diags.  ORR_EFORMAT, or ORR_ELIMIT past ORR_TOPOLOGY_MAX_LINKS. */
int orr_edges_parse(const struct orr_source *source, const struct orr_network_spec *spec,
                    struct orr_diags *diags, struct orr_edge **edges, uint64_t *n_edges);
#endif
