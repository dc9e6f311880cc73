/* gossip.h - GossipSub: a router that keeps a mesh of some peers for each topic, pushes messages
 * through it, and tells others by IHAVE what they may ask for.
 *
 * libp2p/specs, pubsub/gossipsub: gossipsub-v1.0.md (mesh, fanout, heartbeat, gossip), v1.1 (score,
 * backoff, peer exchange, flood publishing, outbound quota, opportunistic grafting, direct peers,
 * adaptive gossip), v1.2 (IDONTWANT).  Where the text leaves a choice it is as the Go
 * implementation makes it.  What goes over a link is one RPC as other implementations read it
 * (rpc.h); the frame's length stands for itself, as a message's does.
 *
 * The router is a state machine: events in, effects out.  A node of its own is the role `gossipsub`
 * (models/node/gossip_node.c); a composition calls orr_gossip_step and gets what is delivered from
 * struct orr_gossip_app.
 *
 * Topics are numbered; number k is called "orrery/k".  A peer's words about others are heard and
 * mean nothing. */
#ifndef ORR_GOSSIP_GOSSIP_H
#define ORR_GOSSIP_GOSSIP_H

#include "models/gossip/message.h"
#include "models/protocol.h"

enum { ORR_GOSSIP_TOPICS_MAX = 32 };
enum { ORR_GOSSIP_RPC_LEAST = 1024 }; /* bytes that an RPC may have, at least: `max_message` */

/* What the RPCs of traces are called; a TX is what a client submits and goes over no link. */
#define ORR_GOSSIP_KINDS(KIND)       \
    KIND(TX, "tx")                   \
    KIND(PUBLISH, "publish")         \
    KIND(SUBSCRIBE, "subscribe")     \
    KIND(IHAVE, "ihave")             \
    KIND(IWANT, "iwant")             \
    KIND(GRAFT, "graft")             \
    KIND(PRUNE, "prune")             \
    KIND(IDONTWANT, "idontwant")
enum orr_gossip_kind {
#define KIND(name, text) ORR_GOSSIP_RPC_##name,
    ORR_GOSSIP_KINDS(KIND)
#undef KIND
    ORR_GOSSIP_N_KINDS
};

enum orr_gossip_timer {
    ORR_GOSSIP_TIMER_HEARTBEAT,
    ORR_GOSSIP_TIMER_DECAY,
    ORR_GOSSIP_TIMER_VALIDATE,
    ORR_GOSSIP_N_TIMERS
};

enum orr_gossip_version { ORR_GOSSIP_V10, ORR_GOSSIP_V11, ORR_GOSSIP_V12 };

/* Keys of a scenario's `config:`; those above the line may be 0, "as the preset says".
 * KEY(name, type, fallback, least, greatest, help).  Weights of P3, P3b, P4, P6 and P7 and the
 * thresholds below zero are written without their sign. */
#define ORR_GOSSIP_PRESET_KEYS(KEY)                                                                \
    KEY(d, COUNT, 0, 0, 1000, "peers that a mesh should have; 0: as the preset says")              \
    KEY(d_lo, COUNT, 0, 0, 1000, "with fewer the heartbeat grafts; 0: the preset's")               \
    KEY(d_hi, COUNT, 0, 0, 1000, "with so many it prunes; 0: the preset's")                        \
    KEY(d_score, COUNT, 0, 0, 1000, "of those that stay, so many by score; 0: the preset's")       \
    KEY(d_out, COUNT, 0, 0, 1000, "peers of a mesh that we dialled, at least; 0: the preset's")    \
    KEY(d_lazy, COUNT, 0, 0, 1000, "peers that get IHAVE, at least; 0: the preset's")              \
    KEY(heartbeat, TIME, 0, 0, 3600000000000, "between two heartbeats; 0: the preset's")           \
    KEY(history_length, COUNT, 0, 0, 100, "heartbeats that messages are kept; 0: the preset's")    \
    KEY(history_gossip, COUNT, 0, 0, 100, "of these IHAVE tells; 0: the preset's")               \
    KEY(iwant_followup, TIME, 0, 0, 3600000000000,                                                 \
        "within this what was asked for must come; 0: the preset's")                               \
    KEY(seen_ttl, TIME, 0, 0, 86400000000000, "how long an id is remembered; 0: the preset's")

#define ORR_GOSSIP_KEYS(KEY)                                                                       \
    KEY(topics, COUNT, 1, 1, ORR_GOSSIP_TOPICS_MAX, "how many topics there are")                   \
    KEY(subscribed, COUNT, 32, 0, ORR_GOSSIP_TOPICS_MAX,                                           \
        "the node joins so many of them, the first ones; to others it publishes by fanout")        \
    KEY(gossip_factor, RATIO, 250000000, 0, 1000000000, "or this share of the peers, if more")     \
    KEY(gossip, BOOL, 1, 0, 1, "whether IHAVE is sent at all")                                     \
    KEY(fanout_ttl, TIME, 60000000000, 1, 86400000000000, "peers of a fanout, since its last use") \
    KEY(prune_backoff, TIME, 60000000000, 1000000000, 86400000000000,                              \
        "who was pruned is not grafted for so long, nor may it graft")                             \
    KEY(unsubscribe_backoff, TIME, 10000000000, 1000000000, 86400000000000,                        \
        "the same when the topic was left")                                                        \
    KEY(graft_flood, TIME, 10000000000, 0, 86400000000000,                                         \
        "a graft so soon after the prune counts twice as bad")                                     \
    KEY(max_backoff, TIME, 3600000000000, 1000000000, 86400000000000,                              \
        "a peer's word about backoff counts up to this")                                           \
    KEY(max_ihave_length, COUNT, 5000, 1, 65536, "ids asked of a peer in a heartbeat")             \
    KEY(max_ihave_messages, COUNT, 10, 1, 65536, "IHAVEs heard of a peer in a heartbeat")          \
    KEY(retransmissions, COUNT, 3, 0, 1000, "a message is sent to one that asks so often")         \
    KEY(max_idontwant_length, COUNT, 10, 0, 65536, "ids heard of an RPC's IDONTWANTs")             \
    KEY(max_idontwant_messages, COUNT, 1000, 0, 65536, "such RPCs of a peer in a heartbeat")       \
    KEY(idontwant_threshold, SIZE, 1024, 0, 1048576, "IDONTWANT is sent of data from here on")     \
    KEY(idontwant_ttl, COUNT, 3, 1, 100, "heartbeats that an IDONTWANT holds")                     \
    KEY(flood_publish, BOOL, 1, 0, 1, "own messages go to every peer in the topic")                \
    KEY(opportunistic_ticks, COUNT, 60, 0, 100000, "heartbeats between two looks; 0: never")       \
    KEY(opportunistic_peers, COUNT, 2, 0, 100, "peers that are then grafted")                      \
    KEY(px, BOOL, 0, 0, 1, "PRUNE tells of other peers, and is believed in that")                  \
    KEY(px_peers, COUNT, 16, 0, 1000, "how many it tells of")                                      \
    KEY(direct, COUNT, 0, 0, 100,                                                                  \
        "so many nodes before and behind it in number are direct peers: sent to, never meshed")    \
    KEY(direct_ticks, COUNT, 300, 1, 100000, "heartbeats between attempts to reach them")          \
    KEY(max_message, SIZE, 1048576, ORR_GOSSIP_RPC_LEAST, 67108864, "an RPC is not longer")        \
    KEY(validate_time, TIME, 0, 0, 3600000000000, "how long a validator takes")                    \
    KEY(validate_queue, COUNT, 1024, 1, 1048576, "what waits for it; more is dropped, unjudged")   \
    KEY(initial_delay, TIME, 100000000, 0, 3600000000000,                                          \
        "before the first heartbeat, besides a part of an interval that is drawn")                 \
    KEY(measure_every, COUNT, 0, 0, 1000000,                                                       \
        "heartbeats between two points of the node's metrics (mesh, strangers in it, that is " \
        "peers of another role, score, duplicates); 0: never")

#define ORR_GOSSIP_SCORE_KEYS(KEY)                                                                 \
    KEY(scoring, BOOL, 0, 0, 1, "whether peers have scores (v1.1)")                                \
    KEY(gossip_threshold, RATIO, 4000000000000, 0, 4000000000000000000,                            \
        "below minus this: no gossip with the peer")                                               \
    KEY(publish_threshold, RATIO, 5000000000000, 0, 4000000000000000000,                           \
        "below minus this: own messages do not go to it")                                          \
    KEY(graylist_threshold, RATIO, 10000000000000, 0, 4000000000000000000,                         \
        "below minus this: it is not heard at all")                                                \
    KEY(accept_px_threshold, RATIO, 0, 0, 4000000000000000000, "peers are taken of it from here")  \
    KEY(opportunistic_threshold, RATIO, 0, 0, 4000000000000000000,                                 \
        "a mesh whose median is below grafts better peers")                                        \
    KEY(topic_weight, RATIO, 250000000, 0, 4000000000000000000, "of each topic")                   \
    KEY(topic_cap, RATIO, 0, 0, 4000000000000000000, "of all topics together; 0: none")            \
    KEY(p1_weight, RATIO, 2700000, 0, 4000000000000000000, "time in the mesh")                     \
    KEY(p1_quantum, TIME, 1000000000, 1, 3600000000000, "its unit")                                \
    KEY(p1_cap, RATIO, 3600000000000, 0, 4000000000000000000, "its cap, in units")                 \
    KEY(p2_weight, RATIO, 664000000, 0, 4000000000000000000, "first deliveries")                   \
    KEY(p2_decay, RATIO, 991600000, 1, 999999999, "their decay")                                   \
    KEY(p2_cap, RATIO, 1500000000000, 0, 4000000000000000000, "their cap")                         \
    KEY(p3_weight, RATIO, 250000000, 0, 4000000000000000000, "the mesh's deficit squared, minus")  \
    KEY(p3_decay, RATIO, 997000000, 1, 999999999, "decay of deliveries in the mesh")               \
    KEY(p3_cap, RATIO, 400000000000, 0, 4000000000000000000, "their cap")                          \
    KEY(p3_threshold, RATIO, 10000000000, 0, 4000000000000000000, "how many there should be")      \
    KEY(p3_activation, TIME, 60000000000, 1000000000, 86400000000000, "time in the mesh before")   \
    KEY(p3_window, TIME, 5000000, 0, 60000000000, "a copy counts within this of the first")        \
    KEY(p3b_weight, RATIO, 250000000, 0, 4000000000000000000, "deficits at prunes, minus")         \
    KEY(p3b_decay, RATIO, 997000000, 1, 999999999, "their decay")                                  \
    KEY(p4_weight, RATIO, 99000000000, 0, 4000000000000000000, "invalid messages squared, minus")  \
    KEY(p4_decay, RATIO, 999400000, 1, 999999999, "their decay")                                   \
    KEY(p6_weight, RATIO, 0, 0, 4000000000000000000, "peers of one address squared, minus")        \
    KEY(p6_threshold, COUNT, 1, 1, 1000000, "so many are not too many")                            \
    KEY(p7_weight, RATIO, 10000000000, 0, 4000000000000000000, "bad behaviour squared, minus")     \
    KEY(p7_threshold, RATIO, 0, 0, 4000000000000000000, "so much of it is nothing")                \
    KEY(p7_decay, RATIO, 986000000, 1, 999999999, "its decay")                                     \
    KEY(decay_interval, TIME, 1000000000, 1000000000, 3600000000000, "between two decays")         \
    KEY(decay_to_zero, RATIO, 10000000, 1, 999999999, "what is below is nothing")                  \
    KEY(retain_score, TIME, 30000000000, 0, 86400000000000, "a bad one, after the peer has gone")  \
    KEY(address_from, COUNT, 4294967295, 0, 4294967295, "nodes from this on share addresses")      \
    KEY(address_nodes, COUNT, 1, 1, 1000000, "so many to one address")

#define ORR_GOSSIP_ALL_KEYS(KEY) \
    ORR_GOSSIP_PRESET_KEYS(KEY)  \
    ORR_GOSSIP_KEYS(KEY)         \
    ORR_GOSSIP_SCORE_KEYS(KEY)

typedef bool orr_gossip_BOOL;
typedef uint64_t orr_gossip_COUNT, orr_gossip_RATIO, orr_gossip_SIZE;
typedef orr_time orr_gossip_TIME;

enum orr_gossip_preset { ORR_GOSSIP_GO, ORR_GOSSIP_ETHEREUM, ORR_GOSSIP_FILECOIN };
enum orr_gossip_ids { ORR_GOSSIP_IDS_PRESET, ORR_GOSSIP_IDS_SEQNO, ORR_GOSSIP_IDS_HASH };
enum orr_gossip_sign { ORR_GOSSIP_SIGN_PRESET, ORR_GOSSIP_SIGN, ORR_GOSSIP_NO_SIGN };

struct orr_gossip_config {
    uint32_t preset;  /* enum orr_gossip_preset  */
    uint32_t version; /* enum orr_gossip_version */
    uint32_t ids, policy;
#define KEY(name, type, ...) orr_gossip_##type name;
    ORR_GOSSIP_ALL_KEYS(KEY)
#undef KEY
};
/* The table for orr_protocol.config, of this struct; and its rows, for a role that has more keys
 * and whose config begins with this struct. */
extern const struct orr_config_key orr_gossip_keys[];
extern const char *const orr_gossip_presets[], *const orr_gossip_versions[],
    *const orr_gossip_id_kinds[], *const orr_gossip_policies[];
#define ORR_GOSSIP_CHOICE(key, names, fallback_, max_, help_)                  \
    {.name = #key, .type = ORR_CONFIG_ENUM, .choices = names, .max = max_,     \
     .fallback = fallback_, .help = help_,                                     \
     .offset = offsetof(struct orr_gossip_config, key)}
#define ORR_GOSSIP_KEY(key, type_, fallback_, min_, max_, help_)                          \
    , {.name = #key, .help = help_, .type = ORR_CONFIG_##type_, .fallback = fallback_,    \
       .offset = offsetof(struct orr_gossip_config, key), .min = min_, .max = max_}
#define ORR_GOSSIP_CONFIG_KEYS                                                                   \
    ORR_GOSSIP_CHOICE(preset, orr_gossip_presets, 0, 2,                                          \
                      "go-default: go-libp2p's; ethereum: of consensus clients (unsigned, ids "  \
                      "are hashes); filecoin: of Lotus (ids are hashes)"),                       \
    ORR_GOSSIP_CHOICE(version, orr_gossip_versions, 2, 2,                                        \
                      "of the protocol: 1.0 takes every GRAFT and has no backoff, peer "         \
                      "exchange, outbound quota, flood publishing nor adaptive gossip, 1.2 has " \
                      "IDONTWANT"),                                          \
    ORR_GOSSIP_CHOICE(ids, orr_gossip_id_kinds, 0, 2,                                            \
                      "what names a message: its author and number, or SHA-256 of the data"),    \
    ORR_GOSSIP_CHOICE(policy, orr_gossip_policies, 0, 2,                                         \
                      "whether messages are signed by their authors")                            \
    ORR_GOSSIP_ALL_KEYS(ORR_GOSSIP_KEY)
/* What is wrong with it for n nodes (static text), or NULL. */
const char *orr_gossip_refuses(const struct orr_gossip_config *cfg, uint32_t n);

/* ---- what a cohort shares ---- */

struct orr_gossip_net;
/* cfg is that of the cohort's first member; policy, ids, topics and addresses are everybody's. */
struct orr_gossip_net *orr_gossip_net_new(const struct orr_cohort *cohort,
                                          const struct orr_gossip_config *cfg,
                                          struct orr_mem *mem);
/* What all receivers would make of a payload, a pure function of it: made once, with the RPC's
 * form.  Returns a message that is frozen, or NULL: nothing.  ctx: the composition's. */
typedef struct orr_msg *orr_gossip_maker(const void *ctx, const struct orr_common *common,
                                         uint32_t topic, struct orr_blob data);
void orr_gossip_net_make(struct orr_gossip_net *net, orr_gossip_maker *make, const void *ctx);
/* For reports: what was made of the message of an RPC, or NULL. */
const struct orr_msg *orr_gossip_made(const struct orr_msg *rpc);
/* For orr_protocol.decode: reads an RPC and judges its messages. */
void orr_gossip_decode(const struct orr_gossip_net *net, const struct orr_common *common,
                       struct orr_msg *m);

/* ---- a router ---- */

enum orr_gossip_verdict { ORR_GOSSIP_ACCEPT, ORR_GOSSIP_REJECT, ORR_GOSSIP_IGNORE };

/* A message as the application sees it, lent. */
struct orr_gossip_item {
    uint32_t topic;
    struct orr_blob data;
    uint64_t hash;        /* orr_msg_hash of a message of kind 0 with this data          */
    orr_peer from;        /* who sent it to us: a neighbour, or this node itself         */
    orr_peer origin;      /* its author, or ORR_NOBODY                                   */
    struct orr_msg *made; /* what orr_gossip_maker made of it, or NULL: it stood in an RPC
                             among others                                                */
};

/* Who uses the router.  deliver: a message was let in, of another node or the node's own. */
struct orr_gossip_app {
    enum orr_gossip_verdict (*validate)(void *app, const struct orr_gossip_item *item);
    void (*deliver)(void *app, const struct orr_gossip_item *item, struct orr_outbox *out);
};

/* Lies in a node's state, so that what a message needs is beside what the driver fetches for every
 * event; its fields, in models/gossip/state.h, are the router's own. */
struct orr_gossip;
void orr_gossip_init(struct orr_gossip *g, const struct orr_env *env,
                     const struct orr_gossip_config *cfg, const struct orr_gossip_net *net,
                     const struct orr_gossip_app *app, void *ctx);
void orr_gossip_fini(struct orr_gossip *g);
/* For orr_protocol.touch. */
void orr_gossip_touch(const struct orr_gossip *g, const struct orr_msg *m);
/* START, RECV, TIMER, PEER_UP and PEER_DOWN; of others nothing comes. */
void orr_gossip_step(struct orr_gossip *g, const struct orr_event *event, struct orr_outbox *out);
/* Publishes; the node delivers it too, if it has joined.  0; ORR_ELIMIT: too long for an RPC. */
int orr_gossip_publish(struct orr_gossip *g, uint32_t topic, struct orr_blob data, orr_time now,
                       struct orr_outbox *out);
void orr_gossip_join(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out);
void orr_gossip_leave(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out);
uint64_t orr_gossip_digest(const struct orr_gossip *g);

/* ---- looking inside, for tests and measures ---- */

bool orr_gossip_in_mesh(const struct orr_gossip *g, uint32_t topic, orr_peer peer);
uint32_t orr_gossip_mesh_size(const struct orr_gossip *g, uint32_t topic);
bool orr_gossip_in_fanout(const struct orr_gossip *g, uint32_t topic, orr_peer peer);
/* In millionths; 0 without scoring. */
int64_t orr_gossip_score(const struct orr_gossip *g, orr_peer peer);
int64_t orr_gossip_behaviour(const struct orr_gossip *g, orr_peer peer);
/* What the application thinks of a peer (P5), in millionths. */
void orr_gossip_app_score(struct orr_gossip *g, orr_peer peer, int64_t micro);
#endif
