/* topology_make.h - what the builders of topology.h share; for sim/topology*.c only. */
#ifndef ORR_SIM_NET_TOPOLOGY_MAKE_H
#define ORR_SIM_NET_TOPOLOGY_MAKE_H

#include "sim/net/topology.h"

/* Undirected edges, each once, in any order. */
struct orr_edge_array {
    struct orr_pair {
        orr_peer a, b;
    } * v;
    uint64_t n, cap;
};
void orr_edge_array_grow(struct orr_edge_array *edges);
static inline void orr_edge_add(struct orr_edge_array *edges, orr_peer a, orr_peer b) {
    if (edges->n == edges->cap) orr_edge_array_grow(edges);
    edges->v[edges->n++] = (struct orr_pair){a, b};
}

/* A graph of pairs that hold no loop and no double; takes edges->v. */
struct orr_topology *orr_topology_from_pairs(uint32_t n, struct orr_edge_array *edges);

/* A graph of symmetric lists without loop or double: first[n + 1] starts, loose[first[n]]
 * neighbours in any order within a list.  Takes both arrays. */
struct orr_topology *orr_topology_from_rows(uint32_t n, uint64_t *first, orr_peer *loose);
#endif
