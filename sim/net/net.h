/* net.h - what happens to a message between two nodes: link class, bandwidth, latency, loss, rules.
 *
 * A message leaves when the sender's uplink has sent it and all before it, travels for a latency
 * drawn from its link's distribution, and is received when the receiver's downlink has taken it in
 * and all that came to it before.  Between the uplink and that way, a link with a bandwidth of its
 * own takes it in behind what this sender sent to that receiver before.  Each line serves one
 * message after the other, none of them twice, and stands idle only when nothing waits.  What is
 * lost on its way takes the uplink's time alone.
 * On a stream (models/protocol.h) no message of a pair overtakes another: it arrives with the one
 * before it at the earliest.  A lost one is sent again until it gets through, RFC 6298, which
 * delays it and all behind it; `duplicate` and `reorder` do not show.  Its chance of loss is that
 * of the time at which it was sent first; a chance of 1 lets nothing through.  A partition or a
 * drop rule that stands when a message is sent loses it, as on datagrams.  What is sent again takes
 * no bandwidth.  Links open by a handshake and close behind what was sent, in mean latencies.
 *
 * Draws for message s of a source are block s of the source's ORR_RNG_LINK stream, so no message's
 * fate depends on another's. */
#ifndef ORR_SIM_NET_NET_H
#define ORR_SIM_NET_NET_H

#include "models/protocol.h"
#include "sim/net/dist.h"
#include "sim/net/network_spec.h"
#include "sim/net/topology.h"
#include "sim/net/transport.h"

/* What all messages between two zones (or along one edge) meet.  Probabilities are in 2^-32. */
struct orr_link {
    const struct orr_dist *latency;    /* never NULL; a draw of 0 counts as 1 ns         */
    uint32_t loss, duplicate, corrupt, reorder;
    const struct orr_dist *reorder_by; /* extra delay of a reordered message; NULL: none */
    int64_t bps;                       /* of each directed pair of nodes; 0: unlimited   */
    uint64_t queue_bytes;              /* datagrams that may wait for it; 0: no limit     */
    enum orr_transport_rule transport; /* UNSAID: streams if both nodes are on streams   */
    uint32_t n_urgent;                 /* with bps, <= ORR_URGENT_MOST: of ...            */
    const uint32_t *urgent;            /* ... types that go before the rest, in that order; lent */
};

/* A rule of the fault plan: what befalls the messages that it matches, beside what their link does.
 */
#define ORR_ALWAYS UINT32_MAX
struct orr_rule {
    /* which */
    bool groups;         /* true: `side` holds group numbers (0: in none), and messages between two
                            groups match.  false: it holds a set of bits for each node */
    uint16_t from, to;   /* not groups: the bits that mark senders and receivers */
    bool one_way;        /* groups: only from a lower group number to a higher one */
    bool both_ways;      /* not groups: from a receiver to a sender as well */
    const uint16_t *side; /* [n_nodes], lent while the rule stands */
    const uint32_t *types; /* [n_types] orr_msg_type of the messages, lent like side */
    uint32_t n_types;    /* 0: all */
    /* Optional, asked of a message that the rest matches, once and as it leaves: is it meant? */
    bool (*fits)(void *ctx, orr_peer from, orr_peer to, const struct orr_msg *msg);
    void *ctx;
    uint32_t chance;     /* of each message, in 2^-32; ORR_ALWAYS */
    /* what */
    bool cut, drop;      /* lost, to a partition or to a rule */
    bool swap;           /* it waits for the next from its sender to its receiver, and arrives right
                            behind it, or never */
    const struct orr_dist *again; /* it arrives once more, so much later; NULL: it does not */
    const struct orr_dist *delay; /* added to the latency; NULL: nothing */
    uint64_t factor_q16; /* latency times this / 2^16; 0: as it is */
    uint32_t loss, duplicate, corrupt, reorder; /* added to the link's, in 2^-32 */
    const struct orr_dist *reorder_by;
};

/* The network: who is linked to whom at the start, and the link class of any two nodes. */
struct orr_net {
    const struct orr_topology *topology;
    uint32_t n_zones;               /* nodes of one zone have the same link classes          */
    const uint16_t *zone_links;     /* [n_zones * n_zones] classes, row = sender's zone      */
    const uint16_t *edge_links;     /* a class per directed edge of the topology, UINT16_MAX:
                                       by zone; or NULL: all by zone                         */
    const struct orr_link *links;   /* the classes                                           */
    struct orr_model_spec model;    /* timing.h: on top of them                              */
    const struct orr_rule **rules;  /* standing rules, oldest first */
    uint32_t n_rules, rules_cap;
    struct orr_mem *mem;            /* of rules; the simulator's                                */
};

/* A rule begins or ends to stand; it is lent in between. */
void orr_net_rule_on(struct orr_net *net, const struct orr_rule *rule);
void orr_net_rule_off(struct orr_net *net, const struct orr_rule *rule);

/* What the standing rules do to one message: draws is a stream of its own. */
struct orr_fate {
    bool cut, drop, swap;
    orr_time again, delay; /* again: when a copy comes behind it; ORR_NEVER: none does */
    uint64_t factor_q16;
    uint32_t loss, duplicate, corrupt, reorder;
    const struct orr_dist *reorder_by;
};
/* Does a standing rule cut the way from one node to another? */
bool orr_net_is_cut(const struct orr_net *net, orr_peer from, orr_peer to);
bool orr_rule_cuts(const struct orr_rule *rule, orr_peer from, orr_peer to);
struct orr_fate orr_net_judge(const struct orr_net *net, orr_peer from, orr_peer to, uint32_t type,
                              const struct orr_msg *msg, struct orr_rng draws);

/* The class that an edge's own entry gives, or NULL. */
const struct orr_link *orr_net_edge_link(const struct orr_net *net, orr_peer from, orr_peer to);

/* The link class of a message between two nodes of the given zones. */

static inline const struct orr_link *orr_net_link(const struct orr_net *net, orr_peer from,
                                                  uint32_t from_zone, orr_peer to,
                                                  uint32_t to_zone) {
    if (net->edge_links) {
        const struct orr_link *link = orr_net_edge_link(net, from, to);
        if (link) return link;
    }
    return &net->links[net->zone_links[from_zone * net->n_zones + to_zone]];
}

/* How long the sender of a stream waits before it sends a packet again, RFC 6298: after one
 * measurement R of the round trip, which here is its mean, SRTT = R and RTTVAR = R / 2 (2.2), so
 * RTO = SRTT + 4 RTTVAR = 3 R, and never less than 1 s (2.4).  It doubles each time (5.5) up to
 * ORR_RTO_MOST (2.5). */
#define ORR_RTO_LEAST INT64_C(1000000000)
#define ORR_RTO_MOST INT64_C(60000000000)
static inline orr_time orr_net_rto(orr_time mean_round_trip) {
    orr_time rto = mean_round_trip < ORR_RTO_MOST / 3 ? 3 * mean_round_trip : ORR_RTO_MOST;
    return rto > ORR_RTO_LEAST ? rto : ORR_RTO_LEAST;
}
static inline orr_time orr_net_rto_after(orr_time rto) {
    return rto < ORR_RTO_MOST / 2 ? 2 * rto : ORR_RTO_MOST;
}

/* A line's speed as ns per byte in 2^-32, rounded up: so that a message costs a multiplication and
 * no division.  The time of a message is then exact for speeds that divide 8 * 10^9 * 2^32, else at
 * most 1 ns too long.  0 bits/s is unlimited. */
static inline uint64_t orr_line_speed(int64_t bps) {
    if (bps <= 0) return 0;
    if (bps < 2) bps = 2;
    return (uint64_t)((((unsigned __int128)8000000000 << 32) + (uint64_t)bps - 1) / (uint64_t)bps);
}
/* A time as long as factor / 2^16 times another, at most ten years: sums of some stay in range. */
static inline orr_time orr_stretch(orr_time t, uint64_t factor_q16) {
    const orr_time most = INT64_C(3650) * 86400 * 1000000000;
    unsigned __int128 product = (unsigned __int128)(uint64_t)t * factor_q16 >> 16;
    return product < (uint64_t)most ? (orr_time)product : most;
}
/* How long a line may be taken so that no more than so many bytes wait for it; 0: no limit. */
static inline orr_time orr_line_queue(uint64_t speed, uint64_t bytes) {
    unsigned __int128 takes = (unsigned __int128)speed * bytes >> 32;
    return bytes && takes < (unsigned __int128)ORR_NEVER ? (orr_time)takes : ORR_NEVER;
}
/* Is there no room on a line that is free at `free` for a message that takes so long?  One that
 * finds the line idle always has. */
static inline bool orr_line_is_full(orr_time free, orr_time now, orr_time takes, orr_time queue) {
    return free > now && free - now + takes > queue;
}
/* Time to put len bytes on a line, rounded up. */
static inline orr_time orr_line_takes(uint64_t speed, uint32_t len) {
    return (orr_time)(((unsigned __int128)speed * len + UINT32_MAX) >> 32);
}
#endif
