#include "models/gossip/gossip.h"

#include <assert.h>

#include "models/gossip/state.h"

/* ---- configuration ---- */

const char *const orr_gossip_presets[] = {"go-default", "ethereum", "filecoin", NULL};
const char *const orr_gossip_versions[] = {"1.0", "1.1", "1.2", NULL};
const char *const orr_gossip_id_kinds[] = {"preset", "from-seqno", "data-hash", NULL};
const char *const orr_gossip_policies[] = {"preset", "StrictSign", "StrictNoSign", NULL};

const struct orr_config_key orr_gossip_keys[] = {ORR_GOSSIP_CONFIG_KEYS, {0}};

#define SECONDS(n) ((orr_time)(n) * 1000000000)
#define MILLISECONDS(n) ((orr_time)(n) * 1000000)

/* go-libp2p-pubsub's defaults (gossipsub.go); Ethereum's consensus specs (p2p-interface.md);
 * Lotus (node/modules/lp2p/pubsub.go). */
static const struct orr_gossip_limits limits[] = {
    [ORR_GOSSIP_GO] = {.d = 6, .d_lo = 5, .d_hi = 12, .d_score = 4, .d_out = 2, .d_lazy = 6,
                       .history_length = 5, .history_gossip = 3, .heartbeat = SECONDS(1),
                       .iwant_followup = SECONDS(3), .seen_ttl = SECONDS(120)},
    [ORR_GOSSIP_ETHEREUM] = {.d = 8, .d_lo = 6, .d_hi = 12, .d_score = 4, .d_out = 2, .d_lazy = 6,
                             .history_length = 6, .history_gossip = 3,
                             .heartbeat = MILLISECONDS(700), .iwant_followup = SECONDS(3),
                             .seen_ttl = SECONDS(768)},
    [ORR_GOSSIP_FILECOIN] = {.d = 8, .d_lo = 6, .d_hi = 12, .d_score = 6, .d_out = 3, .d_lazy = 12,
                             .history_length = 10, .history_gossip = 3, .heartbeat = SECONDS(1),
                             .iwant_followup = SECONDS(5), .seen_ttl = SECONDS(120)},
};

static struct orr_gossip_limits limits_of(const struct orr_gossip_config *cfg) {
    struct orr_gossip_limits is = limits[cfg->preset];
#define SET(name) \
    if (cfg->name) is.name = (__typeof__(is.name))cfg->name
    SET(d); SET(d_lo); SET(d_hi); SET(d_score); SET(d_out); SET(d_lazy);
    SET(history_length); SET(history_gossip); SET(heartbeat); SET(iwant_followup); SET(seen_ttl);
#undef SET
    return is;
}

const char *orr_gossip_refuses(const struct orr_gossip_config *cfg, uint32_t n) {
    struct orr_gossip_limits is = limits_of(cfg);
    (void)n;
    if (is.d_lo > is.d) return "d_lo is above d";
    if (is.d > is.d_hi) return "d is above d_hi";
    if (is.d_score > is.d_hi) return "d_score is above d_hi";
    if (is.d_out >= is.d_lo) return "d_out must be below d_lo";
    if (is.d_out > is.d / 2) return "d_out must not be above half of d";
    if (is.history_gossip > is.history_length) return "history_gossip is above history_length";
    if (cfg->policy == ORR_GOSSIP_NO_SIGN && cfg->ids == ORR_GOSSIP_IDS_SEQNO)
        return "messages without an author and a number are named by their data";
    return orr_score_config_refuses(cfg);
}

/* ---- life ---- */

void orr_gossip_init(struct orr_gossip *g, const struct orr_env *env,
                     const struct orr_gossip_config *cfg, const struct orr_gossip_net *net,
                     const struct orr_gossip_app *app, void *ctx) {
    struct orr_mem *mem = env->common->mem;
    *g = (struct orr_gossip){
        .env = env, .cfg = cfg, .net = net, .app = app, .ctx = ctx, .is = limits_of(cfg)};
    orr_fifo_init(&g->kept, mem, sizeof(struct orr_gossip_kept));
    orr_fifo_init(&g->waiting, mem, sizeof(struct orr_gossip_waiting));
    orr_seen_init(&g->seen, mem);
    orr_seen_init(&g->served, mem);
    orr_seen_init(&g->unwanted, mem);
    if (!cfg->scoring) return;
    g->score = orr_alloc(mem, sizeof *g->score);
    orr_score_init(g->score, mem, &net->score);
}

void orr_gossip_fini(struct orr_gossip *g) {
    struct orr_mem *mem = g->env->common->mem;
    while (g->waiting.n)
        orr_msg_unref(g->env->common->pool,
                      ((struct orr_gossip_waiting *)orr_fifo_pop(&g->waiting))->msg);
    orr_fifo_fini(&g->waiting);
    orr_mcache_clear(g);
    orr_gossip_drop_hello(g);
    orr_seen_fini(&g->seen);
    orr_seen_fini(&g->served);
    orr_seen_fini(&g->unwanted);
    if (g->score) orr_score_fini(g->score);
    orr_free(mem, g->score, sizeof *g->score);
    orr_free(mem, g->pair, sizeof *g->pair);
    orr_free(mem, g->fanout_used, g->net->n_topics * sizeof *g->fanout_used);
    orr_free(mem, g->unwanted_by, g->unwanted_cap * sizeof *g->unwanted_by);
    orr_free(mem, g->conns, g->conns_cap * sizeof *g->conns);
    orr_free(mem, g->peers, g->conns_cap * sizeof *g->peers);
    orr_free(mem, g->scratch, g->conns_cap * sizeof *g->scratch);
    orr_free(mem, g->backoffs, g->backoffs_cap * sizeof *g->backoffs);
    orr_free(mem, g->dialled, g->dialled_cap * sizeof *g->dialled);
    orr_free(mem, g->promises, g->promises_cap * sizeof *g->promises);
}

/* ---- events ---- */

static void start(struct orr_gossip *g, orr_time now, orr_time wall, struct orr_outbox *out) {
    g->started_at = now;
    g->seqno = (uint64_t)wall; /* a node that starts again repeats no number, as in Go */
    for (uint32_t t = 0; t < g->cfg->subscribed && t < g->net->n_topics; t++)
        orr_gossip_join(g, t, now, out);
    orr_arm(out, ORR_GOSSIP_TIMER_HEARTBEAT,
            now + g->cfg->initial_delay +
                (orr_time)orr_rng_below(out->rng, (uint64_t)g->is.heartbeat));
    if (g->score) orr_arm(out, ORR_GOSSIP_TIMER_DECAY, now + g->cfg->decay_interval);
    for (uint32_t i = 0; !out->links->v && i < out->links->n; i++) /* nobody tells of these */
        orr_gossip_peer_up(g, orr_links_at(out->links, g->env->self, i), now, out);
}

static void hear(struct orr_gossip *g, orr_peer from, struct orr_msg *m, orr_time now,
                 struct orr_outbox *out) {
    struct orr_gossip_conn *conn = orr_gossip_conn(g, from);
    if (!conn || !m) return;
    if (orr_gossip_scores_below(g, from, -orr_gossip_micro(g->cfg->graylist_threshold)) &&
        !conn->is_direct)
        return;
    const struct orr_gossip_form *form = orr_gossip_form_of(m);
    if (!form) { /* garbage: a stream that carries it is of no use, but it is the peer's to close */
        if (g->score) orr_score_penalty(g->score, from, 1);
        orr_reject(out);
        return;
    }
    orr_gossip_heard_subscriptions(g, conn, form);
    orr_gossip_heard_messages(g, conn, m, form, now, out);
    if (!form->rpc.has_control) return;
    orr_gossip_heard_ihave(g, conn, m, form, now, out);
    orr_gossip_heard_iwant(g, conn, form, out);
    orr_gossip_heard_grafts(g, conn, form, now, out);
    orr_gossip_heard_prunes(g, conn, m, form, now, out);
    orr_gossip_heard_idontwant(g, conn, form);
}

static void fire(struct orr_gossip *g, uint32_t key, orr_time now, struct orr_outbox *out) {
    switch ((enum orr_gossip_timer)key) {
    case ORR_GOSSIP_TIMER_HEARTBEAT:
        orr_gossip_heartbeat(g, now, out);
        orr_arm(out, key, now + g->is.heartbeat);
        break;
    case ORR_GOSSIP_TIMER_DECAY:
        orr_score_decay(g->score, now);
        orr_arm(out, key, now + g->cfg->decay_interval);
        break;
    case ORR_GOSSIP_TIMER_VALIDATE: orr_gossip_judge_waiting(g, now, out); break;
    case ORR_GOSSIP_N_TIMERS: break;
    }
}

void orr_gossip_touch(const struct orr_gossip *g, const struct orr_msg *m) {
    const struct orr_gossip_form *form = orr_gossip_form_of(m);
    if (!form) return;
    for (uint32_t i = 0; i < g->n_conns; i += 64 / sizeof *g->peers)
        __builtin_prefetch(g->peers + i);
    if (form->rpc.n.publish) orr_seen_touch(&g->seen, form->published[0].key);
    else if (form->rpc.n.ihave && form->rpc.n.ids) orr_seen_touch(&g->seen, form->keys[0]);
    else if (form->rpc.n.ids) orr_seen_touch(&g->unwanted, form->keys[0]);
    if (g->unwanted_free) __builtin_prefetch(&g->unwanted_by[g->unwanted_free - 1], 1);
}

void orr_gossip_step(struct orr_gossip *g, const struct orr_event *e, struct orr_outbox *out) {
    switch (e->kind) {
    case ORR_START: start(g, e->now, e->wall, out); break;
    case ORR_RECV: hear(g, e->peer, e->msg, e->now, out); break;
    case ORR_TIMER: fire(g, e->key, e->now, out); break;
    case ORR_PEER_UP: orr_gossip_peer_up(g, e->peer, e->now, out); break;
    case ORR_PEER_DOWN: orr_gossip_peer_down(g, e->peer, e->now); break;
    case ORR_STORED:
    case ORR_INPUT:
    case ORR_WRITTEN: break;
    }
}

/* ---- looking inside ---- */

uint64_t orr_gossip_digest(const struct orr_gossip *g) {
    uint64_t sum = orr_hash64(g->n_delivered, &g->n_duplicates, sizeof g->n_duplicates);
    for (uint32_t i = 0; i < g->n_conns; i++) {
        const struct orr_gossip_conn *c = &g->conns[i];
        const uint32_t words[4] = {c->peer, c->topics, c->mesh, c->fanout};
        sum = orr_hash64(sum, words, sizeof words);
    }
    return sum;
}

bool orr_gossip_in_mesh(const struct orr_gossip *g, uint32_t topic, orr_peer peer) {
    const struct orr_gossip_conn *c = orr_gossip_conn(g, peer);
    return c && c->mesh >> topic & 1;
}

bool orr_gossip_in_fanout(const struct orr_gossip *g, uint32_t topic, orr_peer peer) {
    const struct orr_gossip_conn *c = orr_gossip_conn(g, peer);
    return c && c->fanout >> topic & 1;
}

uint32_t orr_gossip_mesh_size(const struct orr_gossip *g, uint32_t topic) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_conns; i++) n += g->conns[i].mesh >> topic & 1;
    return n;
}

int64_t orr_gossip_score(const struct orr_gossip *g, orr_peer peer) {
    return g->score ? orr_score_micro(g->score, peer) : 0;
}

int64_t orr_gossip_behaviour(const struct orr_gossip *g, orr_peer peer) {
    return g->score ? orr_score_behaviour_micro(g->score, peer) : 0;
}
