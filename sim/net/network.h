/* network.h - the network of a scenario, built: overlay, link classes, and who has which.
 *
 * What a pair of nodes meets depends on their zones alone: nodes that no region and no link rule
 * tells apart are one zone.  Edges of an edge list may have a latency of their own. */
#ifndef ORR_SIM_NET_NETWORK_H
#define ORR_SIM_NET_NETWORK_H

#include "sim/base/memory.h"
#include "sim/net/dists.h"
#include "sim/net/net.h"
#include "sim/net/network_spec.h"

/* The tables of one link rule. */
struct orr_rule_tables {
    const struct orr_dist *latency, *reorder_by; /* NULL: the rule does not say */
};

struct orr_network {
    struct orr_topology *topology;    /* owned */
    struct orr_net net;               /* lends topology and what the arena holds */
    const struct orr_rule_tables *rule_tables; /* [n_links] */
    struct orr_arena zone_arena;      /* link classes: laid out anew when nodes move */
    uint32_t *zones;                  /* [n_nodes] < net.n_zones           */
    const struct orr_link *by_region; /* [n_regions * n_regions] what the matrix and the default
                                         latency say: the way of a client's transaction */
};

/* Builds a network: tables are kept by dists, arrays by mem (an arena).  What is wrong is told in
 * diags; ORR_EFORMAT, ORR_EIO, ORR_ELIMIT or ORR_EINVAL.  In all cases orr_network_fini afterwards.
 */
int orr_network_build(struct orr_network *network, const struct orr_network_spec *spec,
                      struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags);
/* Makes of it the network of another seed: a random overlay is drawn again; with `moved`, nodes
 * stand in the regions that spec->region_of names.  dists: those that it was built with. */
int orr_network_reseed(struct orr_network *network, const struct orr_network_spec *spec,
                       bool moved, struct orr_dists *dists, struct orr_diags *diags);
void orr_network_fini(struct orr_network *network);

/* The overlay alone, owned by the caller; files that it reads are owned by `files`. */
int orr_overlay_new(const struct orr_network_spec *spec, struct orr_data_files *files,
                    struct orr_diags *diags, struct orr_topology **topology);

/* Parts in 10^9 as a chance in 2^-32 (10^9 becomes the largest; ORR_UNSET is 0), or as a factor in
 * 2^-16. */
uint32_t orr_chance_q32(uint64_t ppb);
uint64_t orr_factor_q16(uint64_t ppb);
#endif
