/* heartbeat.c - once in a while each mesh is looked after, and gossip goes out. */
#include <assert.h>

#include "models/gossip/state.h"

/* Sorts places of connections by score, the best first; equals stay in their order. */
static void sort_by_score(const struct orr_gossip *g, uint32_t *v, uint32_t n) {
    if (!g->score) return;
    for (uint32_t i = 1; i < n; i++) { /* a mesh is small */
        uint32_t place = v[i], k = i;
        int64_t score = orr_score_micro(g->score, g->conns[place].peer);
        for (; k && orr_score_micro(g->score, g->conns[v[k - 1]].peer) < score; k--)
            v[k] = v[k - 1];
        v[k] = place;
    }
}

static uint32_t list_mesh(struct orr_gossip *g, uint32_t topic, uint32_t *v) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_conns; i++)
        if (g->conns[i].mesh >> topic & 1) v[n++] = i;
    return n;
}

static uint32_t count_outbound(const struct orr_gossip *g, const uint32_t *v, uint32_t n) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) count += g->conns[v[i]].is_outbound;
    return count;
}

static void drop_bad(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out) {
    for (uint32_t i = 0; i < g->n_conns; i++) {
        struct orr_gossip_conn *c = &g->conns[i];
        if (c->mesh >> topic & 1 && orr_gossip_scores_below(g, c->peer, 0))
            orr_gossip_prune(g, c, topic, false, false, now, out);
    }
}

/* Grafts up to `most` peers that the wish allows. */
static void graft_some(struct orr_gossip *g, const struct orr_gossip_wish *wish, uint32_t most,
                       orr_time now, struct orr_outbox *out) {
    uint32_t n = orr_gossip_choose(g, wish, now, out->rng);
    for (uint32_t i = 0; i < n && i < most; i++)
        orr_gossip_graft(g, &g->conns[g->scratch[i]], wish->topic, now, out);
}

/* Moves v[at] to the front. */
static void to_front(uint32_t *v, uint32_t at) {
    uint32_t place = v[at];
    memmove(v + 1, v, at * sizeof *v);
    v[0] = place;
}

/* Among those that are kept, v[0..d), enough must be outbound. */
static void keep_outbound(const struct orr_gossip *g, uint32_t *v, uint32_t n) {
    uint32_t have = count_outbound(g, v, g->is.d);
    if (have >= g->is.d_out || g->cfg->version == ORR_GOSSIP_V10) return;
    uint32_t need = g->is.d_out - have;
    for (uint32_t i = 1; i < g->is.d && have; i++)
        if (g->conns[v[i]].is_outbound) to_front(v, i), have--;
    for (uint32_t i = g->is.d; i < n && need; i++)
        if (g->conns[v[i]].is_outbound) to_front(v, i), need--;
}

/* The best d_score stay, and of the rest some at random, to d in all. */
static void shrink(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out) {
    uint32_t *v = g->scratch, n = list_mesh(g, topic, v);
    if (n < g->is.d_hi || n <= g->is.d) return;
    orr_gossip_shuffle(v, n, out->rng);
    sort_by_score(g, v, n);
    if (n > g->is.d_score)
        orr_gossip_shuffle(v + g->is.d_score, n - g->is.d_score, out->rng);
    keep_outbound(g, v, n);
    /* a copy: a PRUNE uses the scratch for the peers that it tells of */
    struct orr_msg *list = orr_msg_copy(out->pool, 0, v, n * (uint32_t)sizeof *v);
    for (uint32_t i = g->is.d; i < n; i++)
        orr_gossip_prune(g, &g->conns[((uint32_t *)list->data)[i]], topic, true, false, now, out);
    orr_msg_unref(out->pool, list);
}

static void look_for_better(struct orr_gossip *g, uint32_t topic, orr_time now,
                            struct orr_outbox *out) {
    uint64_t ticks = g->cfg->opportunistic_ticks;
    if (!g->score || !ticks || g->tick % ticks) return;
    uint32_t *v = g->scratch, n = list_mesh(g, topic, v);
    if (n < 2) return;
    sort_by_score(g, v, n);
    int64_t median = orr_score_micro(g->score, g->conns[v[n - 1 - n / 2]].peer);
    if (median >= orr_gossip_micro(g->cfg->opportunistic_threshold)) return;
    struct orr_gossip_wish wish = {.topic = topic, .not_in_mesh = true, .no_backoff = true,
                                   .least_micro = median + 1};
    graft_some(g, &wish, (uint32_t)g->cfg->opportunistic_peers, now, out);
}

static void tend_mesh(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out) {
    struct orr_gossip_wish wish = {.topic = topic, .not_in_mesh = true, .no_backoff = true};
    drop_bad(g, topic, now, out);
    uint32_t n = orr_gossip_mesh_size(g, topic);
    if (n < g->is.d_lo) graft_some(g, &wish, g->is.d - n, now, out);
    shrink(g, topic, now, out);
    n = list_mesh(g, topic, g->scratch);
    uint32_t n_outbound = count_outbound(g, g->scratch, n);
    if (n >= g->is.d_lo && n_outbound < g->is.d_out && g->cfg->version > ORR_GOSSIP_V10) {
        wish.outbound = true;
        graft_some(g, &wish, g->is.d_out - n_outbound, now, out);
    }
    look_for_better(g, topic, now, out);
    orr_gossip_emit(g, topic, now, out);
}

static void tend_fanout(struct orr_gossip *g, uint32_t topic, orr_time now,
                        struct orr_outbox *out) {
    uint32_t bit = 1u << topic, n = 0;
    int64_t least = -orr_gossip_micro(g->cfg->publish_threshold);
    bool is_over = g->fanout_used[topic] + g->cfg->fanout_ttl < now;
    for (uint32_t i = 0; i < g->n_conns; i++) {
        struct orr_gossip_conn *c = &g->conns[i];
        if (is_over || orr_gossip_scores_below(g, c->peer, least)) c->fanout &= ~bit;
        n += (c->fanout & bit) != 0;
    }
    if (is_over) g->fanouts &= ~bit;
    if (is_over || !n) return;
    struct orr_gossip_wish wish = {.topic = topic, .not_in_fanout = true, .least_micro = least};
    if (n < g->is.d) {
        uint32_t found = orr_gossip_choose(g, &wish, now, out->rng);
        for (uint32_t i = 0; i < found && n < g->is.d; i++, n++)
            g->conns[g->scratch[i]].fanout |= bit;
    }
    orr_gossip_emit(g, topic, now, out);
}

static void forget_old(struct orr_gossip *g, orr_time now) {
    struct orr_seen_entry *oldest;
    while ((oldest = orr_seen_oldest(&g->seen)) && oldest->at + g->is.seen_ttl <= now) {
        if (g->score) orr_score_forget(g->score, oldest);
        orr_seen_drop(&g->seen);
    }
    orr_gossip_forget_unwanted(g);
    for (uint32_t i = 0; i < g->n_conns; i++)
        g->conns[i].n_asked = g->conns[i].n_ihave = g->conns[i].n_idontwant = 0;
    orr_gossip_clear_backoffs(g, now);
}

/* Direct peers that are not there are dialled again. */
static void reach_direct(struct orr_gossip *g, struct orr_outbox *out) {
    uint64_t k = g->cfg->direct, self = g->env->self;
    if (!k || g->tick % g->cfg->direct_ticks) return;
    for (uint64_t peer = self > k ? self - k : 0; peer <= self + k; peer++)
        if (peer != self && peer < g->env->common->n_nodes && !orr_gossip_conn(g, (orr_peer)peer))
            orr_gossip_dial(g, (orr_peer)peer, out);
}

static void measure(const struct orr_gossip *g, struct orr_outbox *out) {
    if (!g->cfg->measure_every || g->tick % g->cfg->measure_every) return;
    uint32_t n_mesh = 0, n_strangers = 0;
    int64_t worst = 0;
    for (uint32_t i = 0; i < g->n_conns; i++) {
        uint32_t n = orr_gossip_count_bits(g->conns[i].mesh);
        n_mesh += n;
        if (orr_gossip_rank_of(g->net, g->conns[i].peer) == ORR_NOBODY) n_strangers += n;
        int64_t score = orr_gossip_score(g, g->conns[i].peer);
        if (score < worst) worst = score;
    }
    orr_metric(out, "mesh", n_mesh, "peers");
    orr_metric(out, "strangers", n_strangers, "peers");
    orr_metric(out, "delivered", (int64_t)g->n_delivered, "messages");
    orr_metric(out, "duplicates", (int64_t)g->n_duplicates, "messages");
    if (g->score) orr_metric(out, "worst_score", worst, "millionths");
}

void orr_gossip_heartbeat(struct orr_gossip *g, orr_time now, struct orr_outbox *out) {
    forget_old(g, now);
    orr_gossip_drop_hello(g); /* those who come together have come */
    orr_gossip_punish_promises(g, now);
    reach_direct(g, out);
    for (uint32_t t = 0; t < g->net->n_topics; t++) {
        if (orr_gossip_has_joined(g, t)) tend_mesh(g, t, now, out);
        else if (g->fanouts >> t & 1) tend_fanout(g, t, now, out);
    }
    measure(g, out);
    orr_mcache_shift(g);
}
