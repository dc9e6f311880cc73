/* gossip.c - GossipSub: a thin mesh carries messages, gossip brings what the mesh has lost.
 *
 * Vyzovitis, Napora, McCormick, Dias and Psaras, "GossipSub: Attack-Resilient Message Propagation
 * in the Filecoin and ETH2.0 Networks", arXiv 2007.02754; libp2p's gossipsub-v1.0 and v1.1.  A node
 * is linked to some others by streams.  It is told of links that open and close; what it sends to
 * a peer without a link is lost.
 *
 * Numbers in messages are u64 little-endian:
 *     DATA          id, origin, the origin's signature of both, and behind them the payload; the id
 *                   is the payload's hash
 *     IHAVE, IWANT  ids, at least one and at most IDS_MOST
 *     GRAFT, PRUNE  nothing */
#include "models/base/bytes.h"
#include "models/base/set.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { DATA, IHAVE, IWANT, GRAFT, PRUNE };
static const char *const kinds[] = {"data", "ihave", "iwant", "graft", "prune", NULL};
enum { HEARTBEAT }; /* the one timer */
enum { NODES_MOST = 64, CACHE_MOST = 256, ASKED_MOST = 256, IDS_MOST = 64 };

/* How many peers a mesh has: D when it is filled, never fewer than D_LOW for long, never more than
 * D_HIGH.  LAZY others are told what there is. */
enum { D = 4, D_LOW = 3, D_HIGH = 6, LAZY = 4 };
/* In heartbeats: what is so young is announced; what is so old is forgotten; so long who was asked
 * may take to answer. */
enum { ANNOUNCED = 6, KEPT = 20, PATIENCE = 2 };
enum { ANSWERS_MOST = 3 }; /* so often a peer gets the same message */
static const orr_time MS = 1000000, BEAT = 500 * 1000000;
#define BACKOFF (5000 * MS)

/* Points: what a peer does moves its score. */
enum { FIRST = 1, INVALID = -20, EARLY = -10, BROKEN = -6, SILENT = -20, BEGS = -20 };
enum { SCORE_MOST = 20, BAD = -10, OUTCAST = -40 };
/* A peer of the mesh is silent when it has been in it for so many heartbeats, and brought nothing
 * while so many new messages came. */
enum { SETTLED = 4, EXPECTED = 4 };

struct peer {
    bool in_mesh;
    uint32_t beats;   /* heartbeats that it has been in the mesh                */
    orr_time backoff; /* neither grafts the other before                        */
    int32_t score;
    uint32_t n_brought; /* valid messages, new or not, since it was last looked at */
    uint32_t n_new;     /* new messages, from whomever, since then                 */
};
/* A message that is kept. */
struct cached {
    struct orr_msg *data; /* a reference of one's own */
    uint64_t id;
    uint32_t age; /* in heartbeats */
    uint8_t n_answers[NODES_MOST];
};
/* What a peer was asked for. */
struct asked {
    uint64_t id;
    orr_peer of;
    uint32_t age; /* in heartbeats */
};

struct gossip_node {
    const struct orr_env *env;
    struct orr_keypair own;
    uint8_t keys[NODES_MOST][ORR_SIGN_PUBLIC_BYTES];
    struct orr_set seen; /* ids */
    struct peer peers[NODES_MOST];
    struct cached cache[CACHE_MOST]; /* [n_cached], the oldest first */
    uint32_t n_cached;
    struct asked asked[ASKED_MOST]; /* [n_asked] */
    uint32_t n_asked;
};

static uint32_t n_nodes(const struct gossip_node *g) { return g->env->common->n_nodes; }
static bool is_linked(const struct gossip_node *g, orr_peer p, const struct orr_outbox *out) {
    return orr_links_has(out->links, g->env->self, p);
}
static uint64_t number(const struct orr_msg *m, uint32_t i) {
    return orr_load_le64(m->data + 8 * i);
}

/* ---- messages, which are there already ---- */

enum { SIGNED_BYTES = 16, DATA_HEAD = SIGNED_BYTES + ORR_SIGN_BYTES };

/* A payload that a client has handed in, as DATA of this node. */
static struct orr_msg *data_message(const struct gossip_node *g, const struct orr_msg *payload,
                                    struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, DATA, DATA_HEAD + payload->len);
    orr_store_le64(m->data, orr_msg_hash(payload));
    orr_store_le64(m->data + 8, g->env->self);
    orr_sign(g->env->common->memo, &g->own, m->data, SIGNED_BYTES, m->data + SIGNED_BYTES);
    memcpy(m->data + DATA_HEAD, payload->data, payload->len);
    return m;
}
/* Is the id that of the payload, and the signature that of the origin? */
static bool is_authentic(const struct gossip_node *g, const struct orr_msg *m,
                         struct orr_outbox *out) {
    uint64_t origin = number(m, 1);
    if (origin >= n_nodes(g)) return false;
    struct orr_msg *payload = orr_msg_copy(out->pool, 0, m->data + DATA_HEAD, m->len - DATA_HEAD);
    bool fits = orr_msg_hash(payload) == number(m, 0);
    orr_msg_unref(out->pool, payload);
    return fits && orr_sign_verify(g->env->common->memo, g->keys[origin], m->data, SIGNED_BYTES,
                                   m->data + SIGNED_BYTES);
}
/* IHAVE or IWANT of ids[n]. */
static struct orr_msg *ids_message(uint16_t kind, const uint64_t *ids, uint32_t n,
                                   struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, kind, 8 * n);
    for (uint32_t i = 0; i < n; i++) orr_store_le64(m->data + 8 * i, ids[i]);
    return m;
}
static void send_control(uint16_t kind, orr_peer to, struct orr_outbox *out) {
    orr_send(out, to, orr_msg_new(out->pool, kind, 0));
}

/* ---- the cache, which is there already ---- */

static struct cached *find_cached(struct gossip_node *g, uint64_t id) {
    for (uint32_t i = 0; i < g->n_cached; i++)
        if (g->cache[i].id == id) return &g->cache[i];
    return NULL;
}
/* The n oldest go. */
static void forget(struct gossip_node *g, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) orr_msg_unref(g->env->common->pool, g->cache[i].data);
    g->n_cached -= n;
    memmove(g->cache, g->cache + n, g->n_cached * sizeof *g->cache);
}
/* Keeps a message: takes a reference of its own. */
static void keep(struct gossip_node *g, struct orr_msg *data, uint64_t id) {
    if (g->n_cached == CACHE_MOST) forget(g, 1);
    g->cache[g->n_cached++] = (struct cached){.data = orr_msg_ref(data), .id = id};
}

/* ---- score: what becomes of those who do harm ---- */

/* Takes points (FIRST, INVALID, ...) to a peer's score, which never exceeds SCORE_MOST. */
static void judge(struct gossip_node *g, orr_peer p, int32_t points) {
    /* YOUR CODE */
    (void)g, (void)p, (void)points;
}
/* It has no place in the mesh, and is neither told nor asked anything. */
static bool is_bad(const struct gossip_node *g, orr_peer p) {
    /* YOUR CODE */
    (void)g, (void)p;
    return false;
}
/* What it sends is not even looked at, but for its GRAFTs, which are always answered. */
static bool is_outcast(const struct gossip_node *g, orr_peer p) {
    /* YOUR CODE */
    (void)g, (void)p;
    return false;
}

/* ---- the mesh ---- */

static uint32_t mesh_size(const struct gossip_node *g) {
    uint32_t n = 0;
    for (orr_peer p = 0; p < n_nodes(g); p++) n += g->peers[p].in_mesh;
    return n;
}
/* Takes a peer into the mesh, which knows it or is told. */
static void join(struct gossip_node *g, orr_peer p) {
    struct peer *peer = &g->peers[p];
    if (peer->in_mesh) return;
    peer->in_mesh = true;
    peer->beats = peer->n_brought = peer->n_new = 0;
}
/* Sends PRUNE: the peer leaves the mesh, if it was in it; neither grafts the other for BACKOFF. */
static void prune(struct gossip_node *g, orr_peer p, orr_time now, struct orr_outbox *out) {
    /* YOUR CODE */
    (void)g, (void)p, (void)now, (void)out, (void)send_control;
}

/* May this node graft it? */
static bool may_graft(const struct gossip_node *g, orr_peer p, orr_time now,
                      const struct orr_outbox *out) {
    const struct peer *peer = &g->peers[p];
    if (!is_linked(g, p, out) || peer->in_mesh) return false;
    /* YOUR CODE */
    (void)now, (void)is_bad;
    return true;
}

/* What draw() draws from. */
enum pool { TO_GRAFT, TO_PRUNE, TO_TELL };

/* Is a peer one of them?  Who may be grafted; who is in the mesh; who is linked, is not in the mesh
 * and is not bad. */
static bool is_in(const struct gossip_node *g, enum pool pool, orr_peer p, orr_time now,
                  const struct orr_outbox *out) {
    if (pool == TO_GRAFT) return may_graft(g, p, now, out);
    if (pool == TO_PRUNE) return g->peers[p].in_mesh;
    return is_linked(g, p, out) && !g->peers[p].in_mesh && !is_bad(g, p);
}
/* Up to n different peers of a pool, drawn: each is as likely as any other.  How many. */
static uint32_t draw(const struct gossip_node *g, enum pool pool, uint32_t n, orr_time now,
                     struct orr_outbox *out, orr_peer *drawn) {
    uint32_t n_all = 0;
    for (orr_peer p = 0; p < n_nodes(g); p++)
        if (is_in(g, pool, p, now, out)) drawn[n_all++] = p;
    if (n > n_all) n = n_all;
    /* YOUR CODE */
    return n;
}

/* When the mesh has fewer than D_LOW peers: grafts until it has D, or there are no more. */
static void graft_some(struct gossip_node *g, orr_time now, struct orr_outbox *out) {
    orr_peer drawn[NODES_MOST];
    /* YOUR CODE */
    (void)g, (void)now, (void)out, (void)drawn, (void)draw, (void)mesh_size, (void)join;
}
/* Prunes down to D peers when there are more than D_HIGH. */
static void prune_some(struct gossip_node *g, orr_time now, struct orr_outbox *out) {
    orr_peer drawn[NODES_MOST];
    /* YOUR CODE */
    (void)g, (void)now, (void)out, (void)drawn, (void)prune;
}
/* Whoever is in the mesh and bad is pruned. */
static void prune_bad(struct gossip_node *g, orr_time now, struct orr_outbox *out) {
    /* YOUR CODE */
    (void)g, (void)now, (void)out;
}

/* GRAFT came: the sender has this node in its mesh.  It is taken in as well, or sent PRUNE: if it
 * comes before its backoff is over (which costs EARLY points), is bad, or the mesh is full. */
static void hear_graft(struct gossip_node *g, orr_peer from, orr_time now, struct orr_outbox *out) {
    /* YOUR CODE */
    (void)g, (void)from, (void)now, (void)out, (void)judge;
}
/* PRUNE came: the sender has taken this node out of its mesh. */
static void hear_prune(struct gossip_node *g, orr_peer from, orr_time now) {
    /* YOUR CODE */
    (void)g, (void)from, (void)now;
}

/* ---- gossip: who is not in the mesh is told what there is, and asks for what it lacks ---- */

/* The ids of messages that are younger than `age` heartbeats, the youngest first.  How many. */
static uint32_t young(const struct gossip_node *g, uint32_t age, uint64_t ids[IDS_MOST]) {
    uint32_t n = 0;
    for (uint32_t i = g->n_cached; i > 0 && n < IDS_MOST && g->cache[i - 1].age < age; i--)
        ids[n++] = g->cache[i - 1].id;
    return n;
}
/* Sends IHAVE of what is younger than ANNOUNCED to LAZY peers, drawn anew each time. */
static void announce(struct gossip_node *g, orr_time now, struct orr_outbox *out) {
    uint64_t ids[IDS_MOST];
    orr_peer drawn[NODES_MOST];
    /* YOUR CODE */
    (void)g, (void)now, (void)out, (void)ids, (void)drawn, (void)young, (void)ids_message;
}

static bool is_asked_for(const struct gossip_node *g, uint64_t id) {
    for (uint32_t i = 0; i < g->n_asked; i++)
        if (g->asked[i].id == id) return true;
    return false;
}
/* IHAVE came: IWANT asks the sender for what this node has not seen and has asked nobody for; what
 * was asked for is noted in `asked`, while there is room. */
static void hear_ihave(struct gossip_node *g, orr_peer from, const struct orr_msg *m,
                       struct orr_outbox *out) {
    uint64_t ids[IDS_MOST];
    uint32_t n = 0;
    /* YOUR CODE */
    (void)g, (void)from, (void)m, (void)out, (void)ids, (void)n, (void)is_asked_for;
}
/* IWANT came: the sender gets what it asks for, if it is still there; the same message ANSWERS_MOST
 * times at most, and who asks more often loses points. */
static void hear_iwant(struct gossip_node *g, orr_peer from, const struct orr_msg *m,
                       struct orr_outbox *out) {
    /* YOUR CODE */
    (void)g, (void)from, (void)m, (void)out, (void)find_cached;
}

/* At a heartbeat: who was asked more than PATIENCE heartbeats ago and has not brought it loses
 * points, and somebody else may be asked. */
static void look_at_promises(struct gossip_node *g) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_asked; i++) {
        struct asked a = g->asked[i];
        a.age++;
        bool has_come = orr_set_has(&g->seen, a.id);
        /* YOUR CODE */
        if (!has_come && a.age <= PATIENCE) g->asked[n++] = a;
    }
    g->n_asked = n;
}

/* ---- publish and forward ---- */

/* To whom goes what is new?  To the mesh; to all links that are not bad while there is none. */
static bool is_target(const struct gossip_node *g, orr_peer p, const struct orr_outbox *out) {
    return is_linked(g, p, out) && !is_bad(g, p) && (g->peers[p].in_mesh || !mesh_size(g));
}
/* A client has handed in a payload: it is delivered here and sent as DATA to all links but those
 * that are bad; the first who hear of it shall not be chosen by anybody. */
static void publish(struct gossip_node *g, const struct orr_msg *payload, struct orr_outbox *out) {
    uint64_t id = orr_msg_hash(payload);
    /* YOUR CODE */
    (void)g, (void)out, (void)id, (void)data_message, (void)keep, (void)is_linked;
}
/* Sends a message that is new on to its targets: not back to whom it came from, nor to its
 * origin. */
static void forward(struct gossip_node *g, orr_peer from, struct orr_msg *m,
                    struct orr_outbox *out) {
    /* YOUR CODE */
    (void)g, (void)from, (void)m, (void)out, (void)is_target;
}
/* DATA came.  What is not authentic is dropped (orr_reject), and costs INVALID points.  What has
 * been seen before is counted (n_brought) and no more.  What is new is delivered, kept and
 * forwarded, and earns the sender FIRST. */
static void hear_data(struct gossip_node *g, orr_peer from, struct orr_msg *m,
                      struct orr_outbox *out) {
    uint64_t id = number(m, 0);
    /* YOUR CODE */
    (void)g, (void)from, (void)out, (void)id, (void)is_authentic, (void)forward;
}

/* ---- links ---- */

/* A link has opened, perhaps after a cut: the peer is told all that is kept. */
static void peer_up(struct gossip_node *g, orr_peer p, struct orr_outbox *out) {
    uint64_t ids[IDS_MOST];
    /* YOUR CODE */
    (void)g, (void)p, (void)out, (void)ids;
}
/* A link has closed: the peer is in no mesh any more. */
static void peer_down(struct gossip_node *g, orr_peer p) {
    /* YOUR CODE */
    (void)g, (void)p;
}

/* ---- the heartbeat ---- */

/* Scores fade: a twentieth goes, towards 0.  Peers of the mesh that are silent lose points. */
static void age_scores(struct gossip_node *g) {
    /* YOUR CODE */
    (void)g;
}
static void age_cache(struct gossip_node *g) {
    uint32_t n_old = 0;
    for (uint32_t i = 0; i < g->n_cached; i++) n_old += ++g->cache[i].age > KEPT;
    forget(g, n_old);
}
/* Twice a second: scores first, since the mesh depends on them. */
static void heartbeat(struct gossip_node *g, orr_time now, struct orr_outbox *out) {
    orr_arm(out, HEARTBEAT, now + BEAT);
    age_scores(g);
    look_at_promises(g);
    prune_bad(g, now, out);
    graft_some(g, now, out);
    prune_some(g, now, out);
    announce(g, now, out);
    age_cache(g);
    orr_metric(out, "mesh", mesh_size(g), "peers"); /* the tests read it */
}

/* ---- what happens ---- */

static int gossip_init(void *state, const struct orr_env *env, const void *cfg) {
    struct gossip_node *g = state;
    (void)cfg;
    g->env = env;
    if (n_nodes(g) > NODES_MOST) return ORR_ELIMIT;
    orr_set_init(&g->seen, env->common->mem, 1024);
    const struct orr_cohort *cohort = env->common->cohort;
    for (uint32_t i = 0; i < n_nodes(g); i++) {
        struct orr_keypair pair;
        orr_keypair_derive(cohort->signatures, cohort->seed, i, &pair);
        memcpy(g->keys[i], pair.public_key, sizeof g->keys[i]);
        if (i == env->self) g->own = pair;
    }
    return 0;
}
static void gossip_fini(void *state) {
    struct gossip_node *g = state;
    forget(g, g->n_cached);
    orr_set_fini(&g->seen);
}

/* A message of another length than its kind has is nobody's. */
static bool is_whole(const struct orr_msg *m) {
    if (!m) return false;
    switch (m->kind) {
    case DATA: return m->len >= DATA_HEAD;
    case IHAVE:
    case IWANT: return m->len && m->len % 8 == 0 && m->len / 8 <= IDS_MOST;
    case GRAFT:
    case PRUNE: return !m->len;
    default: return false;
    }
}
static void receive(struct gossip_node *g, orr_peer from, struct orr_msg *m, orr_time now,
                    struct orr_outbox *out) {
    bool is_control = m && (m->kind == GRAFT || m->kind == PRUNE);
    if (is_outcast(g, from) && !is_control) return;
    if (!is_whole(m)) {
        orr_reject(out);
        judge(g, from, INVALID);
        return;
    }
    if ((m->kind == IHAVE || m->kind == IWANT) && is_bad(g, from)) return;
    switch (m->kind) {
    case DATA: hear_data(g, from, m, out); break;
    case IHAVE: hear_ihave(g, from, m, out); break;
    case IWANT: hear_iwant(g, from, m, out); break;
    case GRAFT: hear_graft(g, from, now, out); break;
    case PRUNE: hear_prune(g, from, now); break;
    }
}

static int gossip_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct gossip_node *g = state;
    switch (event->kind) {
    case ORR_START: /* not all hearts beat at once */
        orr_arm(out, HEARTBEAT, event->now + 100 * MS + (orr_time)orr_rng_below(out->rng, BEAT));
        break;
    case ORR_RECV: receive(g, event->peer, event->msg, event->now, out); break;
    case ORR_INPUT: publish(g, event->msg, out); break;
    case ORR_TIMER: heartbeat(g, event->now, out); break;
    case ORR_PEER_UP: peer_up(g, event->peer, out); break;
    case ORR_PEER_DOWN: peer_down(g, event->peer); break;
    default: break;
    }
    return 0;
}

const struct orr_protocol orr_lab_gossip = {
    .abi = ORR_ABI,
    .name = "gossip-lab",
    .summary = "GossipSub, as a student writes it",
    .kinds = kinds,
    .node_size = sizeof(struct gossip_node),
    .n_timers = 1,
    .transport = ORR_STREAM,
    .init = gossip_init,
    .step = gossip_step,
    .fini = gossip_fini,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
