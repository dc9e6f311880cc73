/* peers.c - connections: who is there, what they have joined, and choosing some of them. */
#include <assert.h>

#include "models/gossip/state.h"

static uint32_t place_of(const struct orr_gossip *g, orr_peer peer) {
    uint32_t low = 0, high = g->n_conns;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (g->peers[middle] < peer) low = middle + 1;
        else high = middle;
    }
    return low;
}

struct orr_gossip_conn *orr_gossip_conn(const struct orr_gossip *g, orr_peer peer) {
    uint32_t i = place_of(g, peer);
    return i < g->n_conns && g->peers[i] == peer ? &g->conns[i] : NULL;
}

/* Nodes near in number are direct peers of each other. */
static bool is_direct(const struct orr_gossip *g, orr_peer peer) {
    uint32_t self = g->env->self, apart = peer > self ? peer - self : self - peer;
    return apart <= g->cfg->direct;
}

static void grow(struct orr_gossip *g) {
    struct orr_mem *mem = g->env->common->mem;
    uint32_t cap = g->conns_cap ? g->conns_cap + g->conns_cap / 2 + 1 : 8;
    g->conns = orr_resize(mem, g->conns, g->conns_cap * sizeof *g->conns, cap * sizeof *g->conns);
    g->peers = orr_resize(mem, g->peers, g->conns_cap * sizeof *g->peers, cap * sizeof *g->peers);
    g->scratch = orr_resize(mem, g->scratch, g->conns_cap * sizeof *g->scratch,
                            cap * sizeof *g->scratch);
    g->conns_cap = cap;
}

struct orr_msg *orr_gossip_rpc(struct orr_outbox *out, enum orr_gossip_kind kind, size_t most,
                               struct orr_writer *w) {
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)kind, (uint32_t)most);
    *w = orr_writer(m->data, most);
    return m;
}

void orr_gossip_rpc_done(struct orr_msg *m, const struct orr_writer *w) {
    assert(!w->bad);
    m->len = (uint32_t)orr_written(w);
}

static struct orr_msg *subscription(const struct orr_gossip *g, uint32_t topics, bool joins,
                                    struct orr_outbox *out) {
    struct orr_writer w;
    struct orr_msg *m = orr_gossip_rpc(out, ORR_GOSSIP_RPC_SUBSCRIBE,
                                       (size_t)orr_gossip_count_bits(topics) * 24, &w);
    for (uint32_t t = 0; t < g->net->n_topics; t++)
        if (topics >> t & 1)
            orr_rpc_put_subscription(&w, orr_gossip_topic_name(g->net, t), joins);
    orr_gossip_rpc_done(m, &w);
    return m;
}

void orr_gossip_announce(struct orr_gossip *g, uint32_t topic, bool joins,
                         struct orr_outbox *out) {
    orr_gossip_drop_hello(g);
    struct orr_msg *m = subscription(g, 1u << topic, joins, out);
    for (uint32_t i = 0; i < g->n_conns; i++) orr_send(out, g->conns[i].peer, orr_msg_ref(m));
    orr_msg_unref(out->pool, m);
}

bool orr_gossip_dialled(struct orr_gossip *g, orr_peer peer) {
    for (uint32_t i = 0; i < g->n_dialled; i++)
        if (g->dialled[i] == peer) return false;
    if (g->n_dialled == g->dialled_cap) {
        uint32_t cap = g->dialled_cap ? 2 * g->dialled_cap : 4;
        g->dialled = orr_resize(g->env->common->mem, g->dialled,
                                g->dialled_cap * sizeof *g->dialled, cap * sizeof *g->dialled);
        g->dialled_cap = cap;
    }
    g->dialled[g->n_dialled++] = peer;
    return true;
}
void orr_gossip_dial(struct orr_gossip *g, orr_peer peer, struct orr_outbox *out) {
    if (orr_gossip_dialled(g, peer)) orr_dial(out, peer);
}

/* Had we dialled it?  Then we do so no longer. */
static bool take_dial(struct orr_gossip *g, orr_peer peer) {
    for (uint32_t i = 0; i < g->n_dialled; i++) {
        if (g->dialled[i] != peer) continue;
        g->dialled[i] = g->dialled[--g->n_dialled];
        return true;
    }
    return false;
}

/* Who dialled a link that was there at birth: a rule that both ends know. */
static bool dialled_at_birth(orr_peer self, orr_peer peer) {
    return ((self ^ peer) & 1) == (self < peer);
}

void orr_gossip_peer_up(struct orr_gossip *g, orr_peer peer, orr_time now,
                        struct orr_outbox *out) {
    uint32_t i = place_of(g, peer);
    bool is_outbound = take_dial(g, peer) ||
                       (now == g->started_at && dialled_at_birth(g->env->self, peer));
    if (i < g->n_conns && g->conns[i].peer == peer) return;
    if (g->n_conns == g->conns_cap) grow(g);
    memmove(g->conns + i + 1, g->conns + i, (g->n_conns - i) * sizeof *g->conns);
    memmove(g->peers + i + 1, g->peers + i, (g->n_conns - i) * sizeof *g->peers);
    g->peers[i] = peer;
    g->conns[i] = (struct orr_gossip_conn){
        .peer = peer, .is_outbound = is_outbound, .is_direct = is_direct(g, peer)};
    g->n_conns++;
    if (g->score) {
        orr_score_connect(g->score, peer);
        orr_score_address(g->score, peer, orr_gossip_address_of(g->net, peer));
    }
    if (!g->joined) return;
    if (!g->hello) g->hello = subscription(g, g->joined, true, out);
    orr_send(out, peer, orr_msg_ref(g->hello));
}

void orr_gossip_drop_hello(struct orr_gossip *g) {
    orr_msg_unref(g->env->common->pool, g->hello);
    g->hello = NULL;
}

void orr_gossip_peer_down(struct orr_gossip *g, orr_peer peer, orr_time now) {
    uint32_t i = place_of(g, peer);
    take_dial(g, peer); /* it may not have opened at all */
    if (i == g->n_conns || g->conns[i].peer != peer) return;
    g->n_conns--;
    memmove(g->conns + i, g->conns + i + 1, (g->n_conns - i) * sizeof *g->conns);
    memmove(g->peers + i, g->peers + i + 1, (g->n_conns - i) * sizeof *g->peers);
    if (g->score) orr_score_disconnect(g->score, peer, now);
}

void orr_gossip_heard_subscriptions(struct orr_gossip *g, struct orr_gossip_conn *conn,
                                    const struct orr_gossip_form *form) {
    for (uint32_t i = 0; i < form->rpc.n.subscriptions; i++) {
        uint32_t topic = form->topics[i];
        if (topic == ORR_GOSSIP_NO_TOPIC) continue;
        if (form->rpc.subscriptions[i].subscribe == 1) {
            conn->topics |= 1u << topic;
            continue;
        }
        conn->topics &= ~(1u << topic);
        if (g->score && conn->mesh >> topic & 1) orr_score_prune(g->score, conn->peer, topic);
        conn->mesh &= ~(1u << topic);
        conn->fanout &= ~(1u << topic);
    }
}

/* Fisher and Yates. */
void orr_gossip_shuffle(uint32_t *v, uint32_t n, struct orr_rng *rng) {
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = (uint32_t)orr_rng_below(rng, i), other = v[k];
        v[k] = v[i - 1];
        v[i - 1] = other;
    }
}

uint32_t orr_gossip_choose(struct orr_gossip *g, const struct orr_gossip_wish *wish, orr_time now,
                           struct orr_rng *rng) {
    uint32_t n = 0, bit = 1u << wish->topic;
    for (uint32_t i = 0; i < g->n_conns; i++) {
        const struct orr_gossip_conn *c = &g->conns[i];
        if (!(c->topics & bit) || c->is_direct) continue;
        if ((wish->not_in_mesh && c->mesh & bit) || (wish->not_in_fanout && c->fanout & bit))
            continue;
        if (wish->outbound && !c->is_outbound) continue;
        if (orr_gossip_scores_below(g, c->peer, wish->least_micro)) continue;
        if (wish->no_backoff && orr_gossip_is_backing_off(g, c->peer, wish->topic, now)) continue;
        g->scratch[n++] = i;
    }
    orr_gossip_shuffle(g->scratch, n, rng);
    return n;
}
