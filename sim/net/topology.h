/* topology.h - who is linked to whom at the start of a run.
 *
 * An undirected simple graph (no loops, no doubled edges) in compressed rows: one array of all
 * neighbour lists, ascending, and where each begins.  A full mesh is implicit and takes no memory.
 * Random kinds draw from (seed, ORR_RNG_TOPOLOGY) with integers only, so a graph is a pure function
 * of kind, parameters and seed; all kinds are built in O(nodes + edges). */
#ifndef ORR_SIM_NET_TOPOLOGY_H
#define ORR_SIM_NET_TOPOLOGY_H

#include <stdbool.h>

#include "models/protocol.h"

#define ORR_TOPOLOGY_MAX_LINKS ((uint64_t)1 << 31) /* ends of edges: 8 GiB of neighbour lists */

/* Read-only once built. */
struct orr_topology {
    uint32_t n;            /* nodes                                                         */
    bool full;             /* full mesh: first, neighbours and latency are NULL             */
    uint64_t n_edges;      /* undirected, each counted once                                 */
    uint32_t n_components; /* connected parts; 1: every node can reach every other          */
    uint64_t *first;       /* [n + 1] node's list is neighbours[first[node] .. first[node + 1]) */
    orr_peer *neighbours;  /* [2 * n_edges], ascending within a list                        */
    orr_time *latency;     /* [2 * n_edges] as the edge list gives it in ns, -1 where it does
                              not; NULL when it gives none at all                           */
};

static inline uint32_t orr_topology_degree(const struct orr_topology *t, orr_peer node) {
    return t->full ? t->n - 1 : (uint32_t)(t->first[node + 1] - t->first[node]);
}
/* The node's list, lent; NULL for a full mesh (as struct orr_links wants it). */
static inline const orr_peer *orr_topology_neighbours(const struct orr_topology *t, orr_peer node) {
    return t->full ? NULL : t->neighbours + t->first[node];
}
/* Are two different nodes linked?  O(log degree). */
bool orr_topology_linked(const struct orr_topology *t, orr_peer a, orr_peer b);
/* The edge list's latency between two linked nodes in ns, or -1 where it gives none. */
orr_time orr_topology_latency(const struct orr_topology *t, orr_peer a, orr_peer b);

/* Edges as they are found, in any order; an edge list gives some of them a latency. */
struct orr_edge {
    orr_peer a, b;
    orr_time latency; /* ns, or -1 */
};

/* Each builder sets *t, owned by the caller (orr_topology_free).  ORR_EINVAL: parameters that no
 * such graph has; ORR_ELIMIT: more than ORR_TOPOLOGY_MAX_LINKS.  A graph of 0 nodes has none. */
int orr_topology_full(uint32_t n, struct orr_topology **t);
int orr_topology_ring(uint32_t n, struct orr_topology **t); /* n = 2: one edge; n = 1: none */
int orr_topology_star(uint32_t n, struct orr_topology **t); /* node 0 is the centre */
/* Rows of ceil(sqrt(n)) nodes, numbered along the rows; the last row may be short. */
int orr_topology_grid(uint32_t n, struct orr_topology **t);
/* Every node has `degree` links.  degree < n, n * degree even.  The pairing model (Bollobas 1980),
 * whose loops and doubled pairs are then exchanged with random pairs; a degree above (n - 1) / 2 is
 * the complement of the graph of degree n - 1 - degree. */
int orr_topology_random_regular(uint64_t seed, uint32_t n, uint32_t degree,
                                struct orr_topology **t);
/* Each pair is linked with probability p_ppb / 10^9, G(n, p) (Gilbert 1959).  p_ppb <= 10^9. */
int orr_topology_erdos_renyi(uint64_t seed, uint32_t n, uint64_t p_ppb, struct orr_topology **t);
/* Watts and Strogatz 1998: a ring in which each node is linked to its k nearest, k even and < n, k
 * > 0; each edge's far end then moves, with probability beta_ppb / 10^9, to a node drawn evenly. */
int orr_topology_small_world(uint64_t seed, uint32_t n, uint32_t k, uint64_t beta_ppb,
                             struct orr_topology **t);
/* Barabasi and Albert 1999: from m + 1 nodes all linked to each other; each later node links to m
 * different earlier ones, drawn in proportion to their degree.  1 <= m < n. */
int orr_topology_scale_free(uint64_t seed, uint32_t n, uint32_t m, struct orr_topology **t);
/* From n_edges edges between nodes < n, both ways round alike; of edges given twice the first
 * counts.  ORR_EINVAL: an end outside 0..n-1, or a loop. */
int orr_topology_from_edges(uint32_t n, const struct orr_edge *edges, uint64_t n_edges,
                            struct orr_topology **t);

void orr_topology_free(struct orr_topology *t); /* NULL: nothing */

/* A hash of the graph: equal graphs have equal hashes. */
uint64_t orr_topology_hash(const struct orr_topology *t);
#endif
