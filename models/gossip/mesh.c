/* mesh.c - the mesh: joining and leaving a topic, GRAFT, PRUNE and backoff. */
#include <assert.h>

#include "models/gossip/state.h"

#define SECOND 1000000000

/* ---- backoff ---- */

static struct orr_gossip_backoff *find_backoff(const struct orr_gossip *g, orr_peer peer,
                                               uint32_t topic) {
    for (uint32_t i = 0; i < g->n_backoffs; i++)
        if (g->backoffs[i].peer == peer && g->backoffs[i].topic == topic) return &g->backoffs[i];
    return NULL;
}

/* Never shortens one.  v1.0 knows none. */
static void back_off(struct orr_gossip *g, orr_peer peer, uint32_t topic, orr_time until) {
    if (g->cfg->version == ORR_GOSSIP_V10) return;
    struct orr_gossip_backoff *b = find_backoff(g, peer, topic);
    if (!b) {
        if (g->n_backoffs == g->backoffs_cap) {
            uint32_t cap = g->backoffs_cap ? 2 * g->backoffs_cap : 4;
            g->backoffs = orr_resize(g->env->common->mem, g->backoffs,
                                     g->backoffs_cap * sizeof *b, cap * sizeof *b);
            g->backoffs_cap = cap;
        }
        b = &g->backoffs[g->n_backoffs++];
        *b = (struct orr_gossip_backoff){peer, topic, until};
    }
    if (b->until < until) b->until = until;
}

bool orr_gossip_is_backing_off(const struct orr_gossip *g, orr_peer peer, uint32_t topic,
                               orr_time now) {
    /* one heartbeat more, so that no graft of ours comes early at a peer whose clock is slow */
    const struct orr_gossip_backoff *b = g->n_backoffs ? find_backoff(g, peer, topic) : NULL;
    return b && now < b->until + g->is.heartbeat;
}

/* With the slack of two heartbeats: a peer that grafts too early is still known to do so. */
void orr_gossip_clear_backoffs(struct orr_gossip *g, orr_time now) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_backoffs; i++)
        if (g->backoffs[i].until + 2 * g->is.heartbeat > now) g->backoffs[n++] = g->backoffs[i];
    g->n_backoffs = n;
}

/* ---- what we send ---- */

void orr_gossip_add_to_mesh(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                            orr_time now) {
    assert(!conn->is_direct);
    conn->mesh |= 1u << topic;
    conn->fanout &= ~(1u << topic);
    if (g->score) orr_score_graft(g->score, conn->peer, topic, now);
}

void orr_gossip_graft(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                      orr_time now, struct orr_outbox *out) {
    struct orr_writer w;
    struct orr_msg *m = orr_gossip_rpc(out, ORR_GOSSIP_RPC_GRAFT, 32, &w);
    size_t control = orr_rpc_begin_control(&w);
    orr_rpc_put_graft(&w, orr_gossip_topic_name(g->net, topic));
    orr_proto_end(&w, control);
    orr_gossip_rpc_done(m, &w);
    orr_gossip_add_to_mesh(g, conn, topic, now);
    orr_send(out, conn->peer, m);
}

/* Ids of other peers in the topic whose score is not bad. */
static void put_peers(struct orr_gossip *g, orr_peer to, uint32_t topic, orr_time now,
                      uint32_t most, struct orr_writer *w, struct orr_rng *rng) {
    struct orr_gossip_wish wish = {.topic = topic};
    uint32_t n = orr_gossip_choose(g, &wish, now, rng), told = 0;
    for (uint32_t i = 0; i < n && told < most; i++) {
        orr_peer peer = g->conns[g->scratch[i]].peer;
        uint32_t rank = orr_gossip_rank_of(g->net, peer);
        if (peer == to || rank == ORR_NOBODY) continue;
        uint8_t id[ORR_PEER_ID_BYTES];
        orr_peer_id(g->net->members[rank].key, id);
        orr_rpc_put_peer(w, (struct orr_blob){id, sizeof id}, (struct orr_blob){NULL, 0});
        told++;
    }
}

static void send_prune(struct orr_gossip *g, orr_peer to, uint32_t topic, bool with_px,
                       bool leaves, orr_time now, struct orr_outbox *out) {
    struct orr_writer w;
    bool is_v10 = g->cfg->version == ORR_GOSSIP_V10;
    bool px = with_px && g->cfg->px && !is_v10;
    enum { EXTRA_BYTES = 48, PEER_BYTES = ORR_PEER_ID_BYTES + 6 };
    uint32_t n_px = px ? (uint32_t)g->cfg->px_peers : 0;
    uint32_t fit = (g->net->max_bytes - EXTRA_BYTES) / PEER_BYTES;
    if (n_px > fit) n_px = fit;
    struct orr_msg *m =
        orr_gossip_rpc(out, ORR_GOSSIP_RPC_PRUNE, EXTRA_BYTES + (size_t)n_px * PEER_BYTES, &w);
    size_t control = orr_rpc_begin_control(&w);
    size_t prune = orr_rpc_begin_prune(&w, orr_gossip_topic_name(g->net, topic));
    if (px) put_peers(g, to, topic, now, n_px, &w, out->rng);
    orr_time backoff = leaves ? g->cfg->unsubscribe_backoff : g->cfg->prune_backoff;
    orr_rpc_end_prune(&w, prune, !is_v10, (uint64_t)(backoff / SECOND));
    orr_proto_end(&w, control);
    orr_gossip_rpc_done(m, &w);
    orr_send(out, to, m);
}

/* It will not graft us for so long, nor we it. */
static void start_backoff(struct orr_gossip *g, orr_peer peer, uint32_t topic, bool leaves,
                          orr_time now) {
    back_off(g, peer, topic,
             now + (leaves ? g->cfg->unsubscribe_backoff : g->cfg->prune_backoff));
}

void orr_gossip_prune(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                      bool with_px, bool leaves, orr_time now, struct orr_outbox *out) {
    conn->mesh &= ~(1u << topic);
    if (g->score) orr_score_prune(g->score, conn->peer, topic);
    start_backoff(g, conn->peer, topic, leaves, now);
    send_prune(g, conn->peer, topic, with_px, leaves, now, out);
}

/* ---- joining and leaving ---- */

void orr_gossip_join(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out) {
    assert(topic < g->net->n_topics);
    uint32_t bit = 1u << topic, n_mesh = 0;
    if (g->joined & bit) return;
    g->joined |= bit;
    g->fanouts &= ~bit;
    orr_gossip_announce(g, topic, true, out);
    for (uint32_t i = 0; i < g->n_conns; i++) { /* those of the fanout come first */
        struct orr_gossip_conn *c = &g->conns[i];
        bool is_good = c->fanout & bit && !orr_gossip_scores_below(g, c->peer, 0);
        c->fanout &= ~bit;
        if (!is_good || n_mesh >= g->is.d) continue;
        orr_gossip_graft(g, c, topic, now, out);
        n_mesh++;
    }
    struct orr_gossip_wish wish = {.topic = topic, .not_in_mesh = true, .no_backoff = true};
    uint32_t n = n_mesh < g->is.d ? orr_gossip_choose(g, &wish, now, out->rng) : 0;
    for (uint32_t i = 0; i < n && n_mesh < g->is.d; i++, n_mesh++)
        orr_gossip_graft(g, &g->conns[g->scratch[i]], topic, now, out);
}

void orr_gossip_leave(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out) {
    assert(topic < g->net->n_topics);
    if (!orr_gossip_has_joined(g, topic)) return;
    g->joined &= ~(1u << topic);
    orr_gossip_announce(g, topic, false, out);
    for (uint32_t i = 0; i < g->n_conns; i++)
        if (g->conns[i].mesh >> topic & 1)
            orr_gossip_prune(g, &g->conns[i], topic, true, true, now, out);
}

/* ---- what we hear ---- */

/* Why a GRAFT is answered by a PRUNE. */
enum answer { TAKEN, REFUSED, REFUSED_WITH_PX };

static enum answer judge_graft(struct orr_gossip *g, struct orr_gossip_conn *conn, uint32_t topic,
                               orr_time now) {
    if (conn->is_direct) return REFUSED;
    if (g->cfg->version == ORR_GOSSIP_V10) return TAKEN; /* and the heartbeat prunes some */
    const struct orr_gossip_backoff *b = find_backoff(g, conn->peer, topic);
    if (b && now < b->until) {
        orr_time flood_until = b->until + g->cfg->graft_flood - g->cfg->prune_backoff;
        if (g->score) orr_score_penalty(g->score, conn->peer, now < flood_until ? 2 : 1);
        start_backoff(g, conn->peer, topic, false, now);
        return REFUSED;
    }
    if (orr_gossip_scores_below(g, conn->peer, 0)) {
        start_backoff(g, conn->peer, topic, false, now);
        return REFUSED;
    }
    /* a full mesh takes only those that we dialled: who dials us may be one of many */
    if (orr_gossip_mesh_size(g, topic) >= g->is.d_hi && !conn->is_outbound) {
        start_backoff(g, conn->peer, topic, false, now);
        return REFUSED_WITH_PX;
    }
    return TAKEN;
}

void orr_gossip_heard_grafts(struct orr_gossip *g, struct orr_gossip_conn *conn,
                             const struct orr_gossip_form *form, orr_time now,
                             struct orr_outbox *out) {
    const uint32_t *topics = form->topics + form->rpc.n.subscriptions + form->rpc.n.ihave;
    for (uint32_t i = 0; i < form->rpc.n.graft; i++) {
        uint32_t topic = topics[i];
        /* a topic that we are not in is not answered: it would leak who is */
        if (topic == ORR_GOSSIP_NO_TOPIC || !orr_gossip_has_joined(g, topic)) continue;
        if (conn->mesh >> topic & 1) continue;
        enum answer answer = judge_graft(g, conn, topic, now);
        if (answer == TAKEN) orr_gossip_add_to_mesh(g, conn, topic, now);
        else send_prune(g, conn->peer, topic, answer == REFUSED_WITH_PX, false, now, out);
    }
}

/* Dials those that a PRUNE tells of.  A record is not asked for: a simulated address is the peer's
 * number; one that is there must be good. */
static void take_peers(struct orr_gossip *g, const struct orr_msg *m,
                       const struct orr_gossip_form *form, struct orr_rpc_run run,
                       struct orr_outbox *out) {
    uint32_t n = run.n < g->cfg->px_peers ? run.n : (uint32_t)g->cfg->px_peers;
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_rpc_peer *p = &form->rpc.peers[run.first + i];
        struct orr_peer_record record;
        struct orr_blob id = orr_slice_blob(m->data, p->id);
        orr_peer peer = orr_gossip_peer_of(g->net, id);
        if (peer == ORR_NOBODY || peer == g->env->self || orr_gossip_conn(g, peer)) continue;
        if (orr_slice_is_there(p->record) &&
            orr_record_read(id, orr_slice_blob(m->data, p->record), out->pool,
                            g->env->common->memo, &record))
            continue;
        orr_gossip_dial(g, peer, out);
    }
}

void orr_gossip_heard_prunes(struct orr_gossip *g, struct orr_gossip_conn *conn,
                             const struct orr_msg *m, const struct orr_gossip_form *form,
                             orr_time now, struct orr_outbox *out) {
    const uint32_t *topics =
        form->topics + form->rpc.n.subscriptions + form->rpc.n.ihave + form->rpc.n.graft;
    for (uint32_t i = 0; i < form->rpc.n.prune; i++) {
        const struct orr_rpc_prune *prune = &form->rpc.prune[i];
        uint32_t topic = topics[i];
        if (topic == ORR_GOSSIP_NO_TOPIC || !orr_gossip_has_joined(g, topic)) continue;
        bool was_in_mesh = conn->mesh >> topic & 1;
        conn->mesh &= ~(1u << topic);
        if (g->score && was_in_mesh) orr_score_prune(g->score, conn->peer, topic);
        if (prune->backoff_s) {
            uint64_t most = (uint64_t)(g->cfg->max_backoff / SECOND);
            uint64_t s = prune->backoff_s < most ? prune->backoff_s : most;
            back_off(g, conn->peer, topic, now + (orr_time)s * SECOND);
        } else {
            start_backoff(g, conn->peer, topic, false, now);
        }
        bool trusts = !orr_gossip_scores_below(
            g, conn->peer, orr_gossip_micro(g->cfg->accept_px_threshold));
        if (g->cfg->px && trusts) take_peers(g, m, form, prune->peers, out);
    }
}
