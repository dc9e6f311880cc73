/* state.h - what the files of the router share: its state, and who does what.
 *
 * net.c         what a cohort shares; RPCs as forms        mcache.c   recent messages
 * peers.c       connections, subscriptions, choosing       mesh.c     join, leave, GRAFT, PRUNE
 * gossip_ids.c  IHAVE, IWANT, IDONTWANT and promises       publish.c  messages: in, judged, on
 * heartbeat.c   the heartbeat                              gossip.c   the router as a whole */
#ifndef ORR_GOSSIP_STATE_H
#define ORR_GOSSIP_STATE_H

#include "models/base/index.h"
#include "models/base/ring.h"
#include "models/gossip/gossip.h"
#include "models/gossip/record.h"
#include "models/gossip/score.h"
#include "models/output.h"

#define ORR_GOSSIP_NO_TOPIC UINT32_MAX

/* ---- shared ---- */

struct orr_gossip_member { /* of the cohort */
    uint8_t key[32];
    orr_peer peer;
};

struct orr_gossip_net {
    const struct orr_cohort *cohort;
    enum orr_gossip_policy policy;
    bool ids_are_hashes, has_members;
    uint32_t n_topics, max_bytes;
    orr_gossip_maker *make; /* or NULL */
    const void *make_ctx;
    uint64_t idontwant_from; /* bytes of data, or UINT64_MAX: v1.0, v1.1 */
    uint32_t address_from, address_nodes;
    struct { char name[16]; uint32_t len; } topics[ORR_GOSSIP_TOPICS_MAX];
    struct orr_gossip_member *members; /* [cohort->n], when has_members */
    struct orr_index by_key;
    struct orr_score_params score;
    struct orr_score_topic score_topics[ORR_GOSSIP_TOPICS_MAX];
};
static inline struct orr_blob orr_gossip_topic_name(const struct orr_gossip_net *net, uint32_t t) {
    return (struct orr_blob){(const uint8_t *)net->topics[t].name, net->topics[t].len};
}
/* A peer by its id, or ORR_NOBODY. */
orr_peer orr_gossip_peer_of(const struct orr_gossip_net *net, struct orr_blob id);
/* Its place in the cohort, or ORR_NOBODY: it runs something else. */
uint32_t orr_gossip_rank_of(const struct orr_gossip_net *net, orr_peer peer);
uint32_t orr_gossip_address_of(const struct orr_gossip_net *net, orr_peer peer);

/* The decoded form of an RPC; an RPC that is malformed has none. */
struct orr_gossip_form {
    struct orr_rpc rpc;
    struct orr_gossip_published {
        uint64_t key;      /* of its id; 0 when it is refused      */
        uint64_t hash;     /* of the payload, for the application  */
        uint32_t topic;    /* or ORR_GOSSIP_NO_TOPIC               */
        orr_peer origin;   /* who signed it, or ORR_NOBODY         */
        uint32_t fault;    /* enum orr_gossip_fault                */
        struct orr_message_id id;
    } *published;          /* [rpc.n.publish]                      */
    struct orr_msg *idontwant; /* of published[0], or NULL: what every receiver would say */
    struct orr_msg *made;      /* of published[0], by net->make, or NULL                   */
    uint64_t *keys;        /* [rpc.n.ids]                          */
    uint32_t *topics;      /* of subscriptions, ihave, graft, prune, one behind the other */
};
const struct orr_gossip_form *orr_gossip_form_of(const struct orr_msg *m);
/* What tables call an id: never 0, and known to nobody outside, so that no peer can make two ids of
 * one key. */
uint64_t orr_gossip_id_key(const struct orr_gossip_net *net, const uint8_t *id, uint32_t len);
/* An RPC with this one IDONTWANT. */
struct orr_msg *orr_gossip_idontwant(struct orr_pool *pool, const struct orr_message_id *id);

/* ---- a node ---- */

struct orr_gossip_conn {
    orr_peer peer;
    uint32_t topics, mesh, fanout; /* bit per topic: it has joined; it is in ours              */
    uint32_t n_asked;              /* ids asked of it since the heartbeat                      */
    uint16_t n_ihave, n_idontwant; /* RPCs since the heartbeat, up to 65535                    */
    bool is_outbound, is_direct;
};

struct orr_gossip_kept { /* a message of the last heartbeats */
    uint64_t key;
    struct orr_msg *msg; /* an RPC that publishes it; a reference */
    uint32_t place;      /* among what the RPC publishes          */
    uint32_t topic;
    uint64_t tick;       /* the heartbeat that it came in         */
};

struct orr_gossip_backoff { orr_peer peer; uint32_t topic; orr_time until; };
struct orr_gossip_promise { uint64_t key; orr_peer peer; orr_time until; };

/* A message that waits for its verdict. */
struct orr_gossip_waiting {
    struct orr_msg *msg; /* a reference */
    uint32_t place;
    orr_peer from;
    orr_time ready;
};

struct orr_gossip {
    /* what every message asks for, in the first three cache lines: a driver fetches them */
    struct orr_seen seen;          /* ids */
    struct orr_gossip_conn *conns; /* [n_conns], ascending */
    orr_peer *peers;               /* [n_conns] of each conn: quick to search */
    uint32_t n_conns, conns_cap;
    struct orr_seen unwanted;      /* ids: IDONTWANT; `senders` leads into unwanted_by */
    struct orr_score *score;       /* NULL: no scoring */
    const struct orr_env *env;
    const struct orr_gossip_config *cfg;
    const struct orr_gossip_net *net;
    uint32_t joined, fanouts;      /* bit per topic; of those not joined: it has a fanout */
    struct orr_gossip_unwanted { /* who said so in which heartbeat; the next place, + 1 */
        orr_peer peer;
        uint32_t next;
        uint32_t tick;
    } *unwanted_by;
    uint64_t tick, n_duplicates, n_delivered;
    struct orr_gossip_promise *promises; /* [n_promises], in order of `until` */
    uint32_t n_promises, promises_cap;

    const struct orr_gossip_app *app;
    void *ctx;
    struct orr_gossip_limits { /* with the preset's where cfg says 0 */
        uint32_t d, d_lo, d_hi, d_score, d_out, d_lazy, history_length, history_gossip;
        orr_time heartbeat, iwant_followup, seen_ttl;
    } is;
    uint64_t seqno;
    uint32_t unwanted_cap, unwanted_free; /* of unwanted_by; the first free, + 1 */
    uint32_t *scratch;             /* [conns_cap], of choices */
    struct orr_fifo kept;          /* struct orr_gossip_kept */
    struct orr_seen served;        /* id and peer: `senders` counts answers to IWANT */
    struct orr_gossip_backoff *backoffs; /* [n_backoffs] */
    uint32_t n_backoffs, backoffs_cap;
    orr_peer *dialled;             /* [n_dialled] whom we dial now */
    uint32_t n_dialled, dialled_cap;
    orr_time started_at;
    orr_time *fanout_used;         /* [n_topics] last publication to a topic not joined; NULL */
    struct orr_msg *hello;         /* the topics that are joined, for who comes; or NULL */
    struct orr_fifo waiting;       /* struct orr_gossip_waiting */
    struct orr_keypair *pair;      /* NULL until it is needed */
};
_Static_assert(offsetof(struct orr_gossip, app) <= 224, "what every message asks for is dense");

static inline bool orr_gossip_has_joined(const struct orr_gossip *g, uint32_t topic) {
    return g->joined >> topic & 1;
}
static inline uint32_t orr_gossip_count_bits(uint32_t bits) {
    uint32_t n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
}
static inline uint64_t orr_gossip_pair_key(uint64_t id_key, orr_peer peer) {
    return (id_key ^ (uint64_t)peer * 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;
}
/* A share of 10^9 as a bound on scores, in millionths. */
static inline int64_t orr_gossip_micro(uint64_t parts) { return (int64_t)(parts / 1000); }
static inline bool orr_gossip_scores_below(const struct orr_gossip *g, orr_peer peer,
                                           int64_t micro) {
    return g->score && orr_score_micro(g->score, peer) < micro;
}

/* score_config.c: cfg's numbers as net->score; what is wrong with them, or NULL */
void orr_score_read(const struct orr_gossip_config *cfg, struct orr_gossip_net *net);
const char *orr_score_config_refuses(const struct orr_gossip_config *cfg);

/* peers.c */
struct orr_gossip_conn *orr_gossip_conn(const struct orr_gossip *g, orr_peer peer);
void orr_gossip_dial(struct orr_gossip *g, orr_peer peer, struct orr_outbox *out);
/* A link that the composition dials: false if it is dialled already. */
bool orr_gossip_dialled(struct orr_gossip *g, orr_peer peer);
void orr_gossip_peer_up(struct orr_gossip *g, orr_peer peer, orr_time now, struct orr_outbox *out);
void orr_gossip_peer_down(struct orr_gossip *g, orr_peer peer, orr_time now);
void orr_gossip_heard_subscriptions(struct orr_gossip *g, struct orr_gossip_conn *conn,
                                    const struct orr_gossip_form *form);
void orr_gossip_announce(struct orr_gossip *g, uint32_t topic, bool joins, struct orr_outbox *out);
/* Other topics are joined: who comes is told so. */
void orr_gossip_drop_hello(struct orr_gossip *g);
/* Shuffles v[n]. */
void orr_gossip_shuffle(uint32_t *v, uint32_t n, struct orr_rng *rng);
/* Places of connections in a topic that are not direct, nor `besides` (a bit of mesh or fanout),
 * and whose score is at least `micro`, shuffled, in g->scratch; returns how many. */
struct orr_gossip_wish {
    uint32_t topic;
    bool not_in_mesh, not_in_fanout, no_backoff, outbound;
    int64_t least_micro;
};
uint32_t orr_gossip_choose(struct orr_gossip *g, const struct orr_gossip_wish *wish, orr_time now,
                           struct orr_rng *rng);
struct orr_msg *orr_gossip_rpc(struct orr_outbox *out, enum orr_gossip_kind kind, size_t most,
                               struct orr_writer *w);
void orr_gossip_rpc_done(struct orr_msg *m, const struct orr_writer *w);

/* mcache.c */
void orr_mcache_put(struct orr_gossip *g, struct orr_msg *msg, uint32_t place,
                    const struct orr_gossip_published *p);
const struct orr_gossip_kept *orr_mcache_find(const struct orr_gossip *g, uint64_t key);
void orr_mcache_shift(struct orr_gossip *g);
void orr_mcache_clear(struct orr_gossip *g);

/* mesh.c */
bool orr_gossip_is_backing_off(const struct orr_gossip *g, orr_peer peer, uint32_t topic,
                               orr_time now);
void orr_gossip_add_to_mesh(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                            orr_time now);
void orr_gossip_graft(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                      orr_time now, struct orr_outbox *out);
void orr_gossip_prune(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                      bool with_px, bool leaves, orr_time now, struct orr_outbox *out);
void orr_gossip_clear_backoffs(struct orr_gossip *g, orr_time now);
void orr_gossip_heard_grafts(struct orr_gossip *g, struct orr_gossip_conn *conn,
                             const struct orr_gossip_form *form, orr_time now,
                             struct orr_outbox *out);
void orr_gossip_heard_prunes(struct orr_gossip *g, struct orr_gossip_conn *conn,
                             const struct orr_msg *m, const struct orr_gossip_form *form,
                             orr_time now, struct orr_outbox *out);

/* gossip_ids.c */
void orr_gossip_heard_ihave(struct orr_gossip *g, struct orr_gossip_conn *conn,
                            const struct orr_msg *m, const struct orr_gossip_form *form,
                            orr_time now, struct orr_outbox *out);
void orr_gossip_heard_iwant(struct orr_gossip *g, struct orr_gossip_conn *conn,
                            const struct orr_gossip_form *form, struct orr_outbox *out);
void orr_gossip_heard_idontwant(struct orr_gossip *g, struct orr_gossip_conn *conn,
                                const struct orr_gossip_form *form);
void orr_gossip_send_idontwant(struct orr_gossip *g, const struct orr_gossip_form *form,
                               uint32_t place, orr_peer from, struct orr_outbox *out);
void orr_gossip_emit(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out);
/* Forgets what was said too many heartbeats ago. */
void orr_gossip_forget_unwanted(struct orr_gossip *g);
void orr_gossip_keep_promise(struct orr_gossip *g, uint64_t key);
void orr_gossip_punish_promises(struct orr_gossip *g, orr_time now);
bool orr_gossip_is_unwanted(const struct orr_gossip *g, uint64_t key, orr_peer peer);

/* publish.c */
void orr_gossip_heard_messages(struct orr_gossip *g, struct orr_gossip_conn *conn,
                               struct orr_msg *m, const struct orr_gossip_form *form, orr_time now,
                               struct orr_outbox *out);
void orr_gossip_judge_waiting(struct orr_gossip *g, orr_time now, struct orr_outbox *out);
struct orr_msg *orr_gossip_single(struct orr_msg *m, uint32_t place, struct orr_outbox *out);

/* heartbeat.c */
void orr_gossip_heartbeat(struct orr_gossip *g, orr_time now, struct orr_outbox *out);
#endif
