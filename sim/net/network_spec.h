/* network_spec.h - the network as a scenario writes it: plain data, no tables yet.
 *
 * sim/net/network.h builds the network from it.  Shares and probabilities are parts in 10^9. */
#ifndef ORR_SIM_NET_NETWORK_SPEC_H
#define ORR_SIM_NET_NETWORK_SPEC_H

#include "sim/base/target.h"
#include "sim/net/dist_spec.h"
#include "sim/net/transport.h"

/* OVERLAY(name, as written, help) */
#define ORR_OVERLAYS(OVERLAY)                                                                  \
    OVERLAY(FULL, "full", "every node is linked to every other")                               \
    OVERLAY(RING, "ring", "each node to the next, the last to the first")                      \
    OVERLAY(STAR, "star", "every node to node 0")                                              \
    OVERLAY(GRID, "grid", "a rectangle as near to a square as the count allows")               \
    OVERLAY(RANDOM_REGULAR, "random-regular", "every node has `degree` links, else at random") \
    OVERLAY(ERDOS_RENYI, "erdos-renyi", "each pair is linked with probability `p`")            \
    OVERLAY(SMALL_WORLD, "small-world", "Watts-Strogatz: a ring of `k`, rewired with `beta`")  \
    OVERLAY(SCALE_FREE, "scale-free", "Barabasi-Albert: each new node brings `m` links")       \
    OVERLAY(FILE, "file", "the edge list in `path`")

enum orr_overlay_kind {
#define OVERLAY(name, text, help) ORR_OVERLAY_##name,
    ORR_OVERLAYS(OVERLAY)
#undef OVERLAY
    ORR_N_OVERLAYS
};

struct orr_overlay_spec {
    enum orr_overlay_kind kind;
    uint32_t degree;     /* RANDOM_REGULAR: n * degree is even, degree < n */
    uint32_t k;          /* SMALL_WORLD: even, k < n                       */
    uint32_t m;          /* SCALE_FREE: 1 <= m < n                         */
    uint64_t p;          /* ERDOS_RENYI: parts in 10^9                     */
    uint64_t beta;       /* SMALL_WORLD: parts in 10^9                     */
    const char *path;    /* FILE: resolved                                 */
    struct orr_span where;
};

/* What two nodes of one place are apart where a matrix in whole milliseconds says 0. */
#define ORR_REGIONS_FLOOR ((orr_time)50000)

enum orr_region_source { ORR_REGIONS_NAMED, ORR_REGIONS_AWS_13, ORR_REGIONS_FILE };

struct orr_regions_spec {
    enum orr_region_source source; /* NAMED: no matrix, the names that groups and links use       */
    const char *path;              /* FILE: the matrix (CSV, one-way ms), resolved                */
    uint64_t jitter_share;         /* parts in 10^9: the matrix entry is the mean of a normal
                                      distribution whose sd is this share of it; 0: constant      */
    struct orr_dist_spec jitter;   /* or a delay that is added to the entry; NONE                 */
    orr_time floor;                /* the least entry; ORR_NEVER: only one of 0 is raised, to
                                      ORR_REGIONS_FLOOR                                           */
    struct orr_span where;
};

/* Rules for pairs of nodes.  Of the rules that match a pair (from, to), in the order written, each
 * property is taken from the first that gives it; after them stand the region matrix and then
 * orr_scenario.latency.  `between: [a, b]` matches both directions, `within: a` pairs inside a,
 * `within: any` all pairs of the same region, or of any two nodes when there are no regions. */
struct orr_link_spec {
    const char *name;               /* NULL: none */
    bool within;
    bool within_any;
    struct orr_target a, b;         /* NODES or REGION; both the same for `within: x` */
    struct orr_dist_spec latency;   /* NONE: not given by this rule          */
    uint64_t loss;                  /* parts in 10^9, ORR_UNSET: not given   */
    uint64_t duplicate;             /* the same                              */
    uint64_t corrupt;               /* the same: some bytes are changed      */
    uint64_t reorder;               /* the same: delayed further, by ...     */
    struct orr_dist_spec reorder_by; /* ... this                             */
    uint64_t bandwidth_bps;         /* of each directed pair; ORR_UNSET: not given */
    uint64_t queue_bytes;           /* the same: what may wait for it             */
    const char *const *priority;    /* [n_priority] message kinds that go first ...   */
    uint32_t n_priority;            /* ... 0: not given                               */
    const uint32_t *urgent;         /* [n_priority] their orr_msg_type, worked out    */
    enum orr_transport_rule transport;
    struct orr_span where;
};

/* `network.model`, sim/net/timing.h: what may happen to a message beside what its link does. */
struct orr_model_spec {
    enum orr_model_kind {
        ORR_MODEL_LINKS,        /* nothing                                            */
        ORR_MODEL_ASYNCHRONOUS, /* it arrives in the end                              */
        ORR_MODEL_SYNCHRONOUS,  /* it arrives within delta                            */
        ORR_MODEL_GST           /* it arrives by delta after gst, or after it is sent */
    } kind;
    orr_time synchronous;       /* as written; ORR_NEVER: not given                   */
    orr_time gst, delta;        /* the same; SYNCHRONOUS: delta is the bound          */
    struct orr_span where;      /* source NULL: no model is given                     */
};

/* A group's name and its nodes first .. first+count-1: edge lists say `val.3`. */
struct orr_node_names {
    const char *name;
    uint32_t first, count;
};

/* All that a network is built from; everything is lent. */
struct orr_network_spec {
    uint64_t seed;              /* random overlays draw from it                     */
    uint32_t n_nodes;
    uint32_t n_regions;         /* >= 1: without regions all nodes are in region 0  */
    const uint32_t *region_of;  /* [n_nodes] < n_regions                            */
    const struct orr_node_names *names; /* [n_names]                                */
    uint32_t n_names;
    struct orr_overlay_spec overlay;
    struct orr_regions_spec region_matrix;
    struct orr_dist_spec latency;      /* of pairs for which nothing else is given  */
    struct orr_model_spec model;
    const struct orr_link_spec *links; /* [n_links] in the order written            */
    uint32_t n_links;
};
#endif
