/* score.h - what a node thinks of its peers: GossipSub v1.1's score, P1 to P7.
 *
 * libp2p/specs, pubsub/gossipsub/gossipsub-v1.1.md, "Peer Scoring"; where the text leaves it open,
 * as the Go implementation does it: P1 counts whole quanta of the time in the mesh up to the last
 * decay, P3 stays active from its activation until the next graft, records with a score of zero or
 * less are kept for a while after the peer has gone and taken up again when it returns.
 *
 * Numbers.  Scores are sums and products of real parameters, and outsiders compare them to nine
 * digits, so they are IEEE 754 doubles.  No other place in models/ has them, and this one may:
 * score*.c use +, -, *, / and comparisons alone, which the standard fixes to the last bit; no
 * library function; no contraction to fused operations (-ffp-contract=off in the build), no excess
 * precision (asserted below), and sums are made in one written order.  Every compiler and machine
 * gives the same bits.  What leaves this header for the router is an integer, the score in
 * millionths rounded down: scores compare with a threshold in whole millionths, zero above all, as
 * they do before rounding. */
#ifndef ORR_GOSSIP_SCORE_H
#define ORR_GOSSIP_SCORE_H

#include <float.h>

#include "models/gossip/seen.h"
#include "models/protocol.h"

_Static_assert(FLT_EVAL_METHOD == 0 && DBL_MANT_DIG == 53, "doubles are IEEE 754's, no wider");

/* Of one topic.  The names of the spec's parameters, shortened. */
struct orr_score_topic {
    bool is_scored;                   /* false: all that happens there counts for nothing */
    double weight;                    /* TopicWeight                             >= 0 */
    double time_weight, time_cap;     /* P1: TimeInMesh...                       >= 0 */
    orr_time time_quantum;            /*                                          > 0 */
    double first_weight, first_decay, first_cap;              /* P2              >= 0 */
    double mesh_weight, mesh_decay, mesh_cap, mesh_threshold; /* P3: weight      <= 0 */
    orr_time mesh_window, mesh_activation;
    double failure_weight, failure_decay;                     /* P3b: weight     <= 0 */
    double invalid_weight, invalid_decay;                     /* P4: weight      <= 0 */
};

struct orr_score_params {
    uint32_t n_topics;
    const struct orr_score_topic *topics; /* [n_topics], by the topic's number, lent */
    double topic_cap;                     /* of the sum over topics; 0: none    >= 0 */
    double app_weight;                    /* P5 */
    double colocation_weight;             /* P6                                 <= 0 */
    uint32_t colocation_threshold;        /*                                    >= 1 */
    double behaviour_weight, behaviour_threshold, behaviour_decay; /* P7: weight <= 0 */
    double decay_to_zero;                 /* counters below it become 0      0 .. 1 */
    orr_time decay_interval, retain;
};

/* What the spec forbids of such parameters, static text; NULL: nothing. */
const char *orr_score_refuses(const struct orr_score_params *params);

/* One peer's counters in one topic. */
struct orr_score_counters {
    double first, mesh, failure, invalid;
    orr_time grafted_at, mesh_time;
    bool in_mesh, is_active; /* is_active: P3 counts */
};
struct orr_score_peer {
    bool is_connected;
    orr_time expires; /* when it is not connected */
    double behaviour, app;
};

/* All that a node keeps.  records: [n] struct orr_score_peer, then its counters [n_topics] each;
 * ascending by peer.  peers: [n] whose they are, apart, for each message looks for one. */
struct orr_score {
    struct orr_mem *mem;
    const struct orr_score_params *params;
    uint8_t *records;
    orr_peer *peers;
    uint32_t n, cap, record_bytes;
    struct orr_score_ip { orr_peer peer; uint32_t address; } *ips; /* [n_ips], as they came */
    uint32_t n_ips, ips_cap;
    struct orr_score_app { orr_peer peer; double score; } *apps; /* [n_apps], as they came: what the
                                       application thinks outlives a peer's record, as in Go */
    uint32_t n_apps, apps_cap;
    struct orr_score_sender { orr_peer peer; uint32_t next; } *senders; /* see orr_seen_entry */
    uint32_t senders_cap, free_sender; /* + 1; 0: none */
};
#define ORR_SCORE_MICRO 1000000

/* params are lent for the node's life. */
void orr_score_init(struct orr_score *s, struct orr_mem *mem,
                    const struct orr_score_params *params);
void orr_score_fini(struct orr_score *s);

/* ---- what happens ---- */

void orr_score_connect(struct orr_score *s, orr_peer peer);
void orr_score_disconnect(struct orr_score *s, orr_peer peer, orr_time now);
/* The peer is seen at an address, a number of the caller's choice; once for each. */
void orr_score_address(struct orr_score *s, orr_peer peer, uint32_t address);
void orr_score_graft(struct orr_score *s, orr_peer peer, uint32_t topic, orr_time now);
void orr_score_prune(struct orr_score *s, orr_peer peer, uint32_t topic);
void orr_score_penalty(struct orr_score *s, orr_peer peer, double count);  /* P7 */
void orr_score_app(struct orr_score *s, orr_peer peer, double score);      /* P5 */
/* A decay interval has passed. */
void orr_score_decay(struct orr_score *s, orr_time now);

/* Messages; `entry` is what the seen cache keeps of the message.  A copy that comes before the
 * verdict is remembered with its sender, and counts when the verdict falls. */
void orr_score_deliver(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from,
                       uint32_t topic, orr_time now);
void orr_score_duplicate(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from,
                         uint32_t topic, orr_time now);
void orr_score_reject(struct orr_score *s, struct orr_seen_entry *entry, orr_peer from,
                      uint32_t topic);
/* The validator will not say, or had no room: nobody is to blame. */
void orr_score_ignore(struct orr_score *s, struct orr_seen_entry *entry);
/* A message that is not even one: it has no name. */
void orr_score_malformed(struct orr_score *s, orr_peer from, uint32_t topic);
/* The seen cache drops an entry. */
void orr_score_forget(struct orr_score *s, struct orr_seen_entry *entry);

/* ---- what comes of it ---- */

/* 0 of a peer that is not known. */
double orr_score_of(const struct orr_score *s, orr_peer peer);
/* The same in millionths, rounded down, within +-2^62. */
int64_t orr_score_micro(const struct orr_score *s, orr_peer peer);
/* The behaviour counter (P7) in millionths. */
int64_t orr_score_behaviour_micro(const struct orr_score *s, orr_peer peer);
#endif
