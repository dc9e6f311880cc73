/* gossip_ids.c - what is said by ids alone: IHAVE, IWANT, IDONTWANT, and promises made by them. */
#include <assert.h>

#include "models/base/set.h"
#include "models/gossip/state.h"

static bool is_trusted(const struct orr_gossip *g, orr_peer peer) {
    return !orr_gossip_scores_below(g, peer, -orr_gossip_micro(g->cfg->gossip_threshold));
}

/* ---- promises: who told of a message must send it when asked ---- */

static void add_promise(struct orr_gossip *g, uint64_t key, orr_peer peer, orr_time now) {
    for (uint32_t i = 0; i < g->n_promises; i++)
        if (g->promises[i].key == key && g->promises[i].peer == peer) return;
    if (g->n_promises == g->promises_cap) {
        uint32_t cap = g->promises_cap ? 2 * g->promises_cap : 4;
        g->promises = orr_resize(g->env->common->mem, g->promises,
                                 g->promises_cap * sizeof *g->promises,
                                 cap * sizeof *g->promises);
        g->promises_cap = cap;
    }
    g->promises[g->n_promises++] =
        (struct orr_gossip_promise){key, peer, now + g->is.iwant_followup};
}

void orr_gossip_keep_promise(struct orr_gossip *g, uint64_t key) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_promises; i++)
        if (g->promises[i].key != key) g->promises[n++] = g->promises[i];
    g->n_promises = n;
}

void orr_gossip_punish_promises(struct orr_gossip *g, orr_time now) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n_promises; i++) {
        if (g->promises[i].until > now) g->promises[n++] = g->promises[i];
        else if (g->score) orr_score_penalty(g->score, g->promises[i].peer, 1);
    }
    g->n_promises = n;
}

/* ---- IHAVE in, IWANT out ---- */

/* So many ids before one is looked for its memory is asked for: an IHAVE has hundreds. */
enum { AHEAD = 12 };

/* Ids of an RPC's IHAVEs that we lack, as places in its table, in g's scratch of this call. */
static uint32_t find_news(const struct orr_gossip *g, const struct orr_gossip_form *form,
                          uint32_t *places) {
    uint32_t n = 0;
    const uint32_t *topics = form->topics + form->rpc.n.subscriptions;
    for (uint32_t i = 0; i < form->rpc.n.ihave; i++) {
        struct orr_rpc_run run = form->rpc.ihave[i].ids;
        if (topics[i] == ORR_GOSSIP_NO_TOPIC || !orr_gossip_has_joined(g, topics[i])) continue;
        if (run.n > g->cfg->max_ihave_length) run.n = (uint32_t)g->cfg->max_ihave_length;
        for (uint32_t k = run.first, end = run.first + run.n; k < end; k++) {
            if (k + AHEAD < end) orr_seen_touch(&g->seen, form->keys[k + AHEAD]);
            if (!orr_seen_find(&g->seen, form->keys[k])) places[n++] = k;
        }
    }
    return n;
}

/* Two lists of one RPC, or one list, may name an id twice: it is asked for once. */
static uint32_t drop_doubles(const struct orr_gossip_form *form, uint32_t *places, uint32_t n,
                             struct orr_mem *mem) {
    struct orr_set set;
    uint32_t kept = 0;
    if (n < 2) return n;
    orr_set_init(&set, mem, n);
    for (uint32_t i = 0; i < n; i++)
        if (orr_set_add(&set, form->keys[places[i]])) places[kept++] = places[i];
    orr_set_fini(&set);
    return kept;
}

/* One RPC holds them: the one that told of them was longer, for it named a topic. */
static void send_iwant(struct orr_gossip *g, struct orr_gossip_conn *conn, const struct orr_msg *m,
                       const struct orr_gossip_form *form, uint32_t *places, uint32_t n,
                       orr_time now, struct orr_outbox *out) {
    size_t most = 16;
    uint32_t left = (uint32_t)g->cfg->max_ihave_length - conn->n_asked;
    orr_gossip_shuffle(places, n, out->rng);
    if (n > left) n = left;
    for (uint32_t i = 0; i < n; i++) most += form->rpc.ids[places[i]].len + 6;
    struct orr_writer w;
    struct orr_msg *iwant = orr_gossip_rpc(out, ORR_GOSSIP_RPC_IWANT, most, &w);
    size_t control = orr_rpc_begin_control(&w), list = orr_rpc_begin_iwant(&w);
    for (uint32_t i = 0; i < n; i++)
        orr_rpc_put_id(&w, orr_slice_blob(m->data, form->rpc.ids[places[i]]));
    orr_proto_end(&w, list);
    orr_proto_end(&w, control);
    orr_gossip_rpc_done(iwant, &w);
    conn->n_asked += n;
    /* one of them, so that a peer cannot know which it must keep */
    uint32_t one = places[orr_rng_below(out->rng, n)];
    add_promise(g, form->keys[one], conn->peer, now);
    orr_send(out, conn->peer, iwant);
}

void orr_gossip_heard_ihave(struct orr_gossip *g, struct orr_gossip_conn *conn,
                            const struct orr_msg *m, const struct orr_gossip_form *form,
                            orr_time now, struct orr_outbox *out) {
    if (!form->rpc.n.ihave || !is_trusted(g, conn->peer)) return;
    if (conn->n_ihave < UINT16_MAX) conn->n_ihave++;
    if (conn->n_ihave > g->cfg->max_ihave_messages) return;
    if (conn->n_asked >= g->cfg->max_ihave_length) return;
    struct orr_msg *scratch =
        orr_msg_new(out->pool, 0, form->rpc.n.ids * (uint32_t)sizeof(uint32_t));
    uint32_t *places = (uint32_t *)scratch->data, n = find_news(g, form, places);
    n = drop_doubles(form, places, n, g->env->common->mem);
    if (n) send_iwant(g, conn, m, form, places, n, now, out);
    orr_msg_unref(out->pool, scratch);
}

/* ---- IWANT in, messages out ---- */

bool orr_gossip_is_unwanted(const struct orr_gossip *g, uint64_t key, orr_peer peer) {
    const struct orr_seen_entry *entry = orr_seen_find(&g->unwanted, key);
    for (uint32_t i = entry ? entry->senders : 0; i; i = g->unwanted_by[i - 1].next)
        if (g->unwanted_by[i - 1].peer == peer) return true;
    return false;
}

void orr_gossip_heard_iwant(struct orr_gossip *g, struct orr_gossip_conn *conn,
                            const struct orr_gossip_form *form, struct orr_outbox *out) {
    if (!form->rpc.n.iwant || !is_trusted(g, conn->peer)) return;
    for (uint32_t i = 0; i < form->rpc.n.iwant; i++)
        for (uint32_t k = 0; k < form->rpc.iwant[i].n; k++) {
            uint64_t key = form->keys[form->rpc.iwant[i].first + k];
            if (orr_gossip_is_unwanted(g, key, conn->peer)) continue;
            const struct orr_gossip_kept *kept = orr_mcache_find(g, key);
            if (!kept) continue;
            uint64_t pair = orr_gossip_pair_key(key, conn->peer);
            struct orr_seen_entry *served = orr_seen_find(&g->served, pair);
            if (!served) served = orr_seen_add(&g->served, pair, (orr_time)g->tick);
            if (served->senders >= g->cfg->retransmissions) continue;
            served->senders++;
            orr_send(out, conn->peer, orr_gossip_single(kept->msg, kept->place, out));
        }
}

/* ---- IDONTWANT ---- */

/* Remembers who does not want it. */
static void add_unwanted(struct orr_gossip *g, struct orr_seen_entry *entry, orr_peer peer) {
    if (!g->unwanted_free) {
        uint32_t cap = g->unwanted_cap ? 2 * g->unwanted_cap : 8;
        g->unwanted_by = orr_resize(g->env->common->mem, g->unwanted_by,
                                    g->unwanted_cap * sizeof *g->unwanted_by,
                                    cap * sizeof *g->unwanted_by);
        for (uint32_t i = cap; i-- > g->unwanted_cap;) {
            g->unwanted_by[i].next = g->unwanted_free;
            g->unwanted_free = i + 1;
        }
        g->unwanted_cap = cap;
    }
    uint32_t place = g->unwanted_free;
    struct orr_gossip_unwanted *by = &g->unwanted_by[place - 1];
    g->unwanted_free = by->next;
    *by = (struct orr_gossip_unwanted){peer, entry->senders, (uint32_t)g->tick};
    entry->senders = place;
}

void orr_gossip_heard_idontwant(struct orr_gossip *g, struct orr_gossip_conn *conn,
                                const struct orr_gossip_form *form) {
    if (!form->rpc.n.idontwant || g->cfg->version < ORR_GOSSIP_V12) return;
    if (conn->n_idontwant >= g->cfg->max_idontwant_messages) return;
    conn->n_idontwant++;
    uint64_t left = g->cfg->max_idontwant_length;
    for (uint32_t i = 0; i < form->rpc.n.idontwant; i++)
        for (uint32_t k = 0; k < form->rpc.idontwant[i].n && left; k++, left--) {
            uint64_t key = form->keys[form->rpc.idontwant[i].first + k];
            if (orr_gossip_is_unwanted(g, key, conn->peer)) continue;
            struct orr_seen_entry *entry = orr_seen_find(&g->unwanted, key);
            if (!entry) entry = orr_seen_add(&g->unwanted, key, (orr_time)g->tick);
            add_unwanted(g, entry, conn->peer);
        }
}

static bool is_old(const struct orr_gossip *g, uint64_t tick) {
    return tick + g->cfg->idontwant_ttl <= g->tick;
}

/* Takes those out of an entry's list whose word no longer counts; the tick of the latest that does,
 * or 0: there are none. */
static uint64_t drop_old(struct orr_gossip *g, uint32_t *link) {
    uint64_t latest = 0;
    while (*link) { /* ends: one place further, or one fewer, each turn */
        struct orr_gossip_unwanted *by = &g->unwanted_by[*link - 1];
        if (!is_old(g, by->tick)) {
            if (by->tick > latest) latest = by->tick;
            link = &by->next;
            continue;
        }
        uint32_t place = *link;
        *link = by->next;
        by->next = g->unwanted_free;
        g->unwanted_free = place;
    }
    return latest;
}

void orr_gossip_forget_unwanted(struct orr_gossip *g) {
    struct orr_seen_entry *oldest;
    uint32_t most = g->unwanted.n;
    for (; most && (oldest = orr_seen_oldest(&g->unwanted)); most--) {
        if (!is_old(g, (uint64_t)oldest->at)) break;
        uint64_t key = oldest->key;
        uint32_t list = oldest->senders;
        bool stays = drop_old(g, &list) != 0;
        orr_seen_drop(&g->unwanted);
        /* said again since: it is looked at again after as long */
        if (stays) orr_seen_add(&g->unwanted, key, (orr_time)g->tick)->senders = list;
    }
}

void orr_gossip_send_idontwant(struct orr_gossip *g, const struct orr_gossip_form *form,
                               uint32_t place, orr_peer from, struct orr_outbox *out) {
    const struct orr_gossip_published *p = &form->published[place];
    uint32_t len = form->rpc.publish[place].data.len;
    if (g->cfg->version < ORR_GOSSIP_V12 || len < g->cfg->idontwant_threshold) return;
    struct orr_msg *rpc = NULL;
    for (uint32_t i = 0; i < g->n_conns; i++) {
        if (!(g->conns[i].mesh >> p->topic & 1) || g->conns[i].peer == from) continue;
        if (!rpc)
            rpc = place == 0 && form->idontwant ? orr_msg_ref(form->idontwant)
                                                : orr_gossip_idontwant(out->pool, &p->id);
        orr_send(out, g->conns[i].peer, orr_msg_ref(rpc));
    }
    orr_msg_unref(out->pool, rpc);
}

/* ---- IHAVE out ---- */

/* What frames a list of ids in an RPC, and an id in the list. */
enum { LIST_EXTRA_BYTES = 48, ID_EXTRA_BYTES = 2 };
_Static_assert(LIST_EXTRA_BYTES + ORR_MESSAGE_ID_MAX + ID_EXTRA_BYTES <= ORR_GOSSIP_RPC_LEAST,
               "an RPC has room for an id");

static void put_kept_id(const struct orr_gossip_kept *kept, struct orr_writer *w) {
    const struct orr_message_id *id = &orr_gossip_form_of(kept->msg)->published[kept->place].id;
    orr_rpc_put_ihave_id(w, (struct orr_blob){id->bytes, id->len});
}

/* The messages of a topic that IHAVE tells of, as places among those kept. */
static uint32_t gossiped(const struct orr_gossip *g, uint32_t topic, uint32_t *places) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->kept.n; i++) {
        const struct orr_gossip_kept *kept = orr_fifo_at(&g->kept, i);
        if (kept->topic == topic && kept->tick + g->is.history_gossip > g->tick) places[n++] = i;
    }
    return n;
}

static struct orr_msg *ihave(struct orr_gossip *g, uint32_t topic, const uint32_t *places,
                             uint32_t n, struct orr_outbox *out) {
    struct orr_writer w;
    struct orr_msg *m = orr_gossip_rpc(out, ORR_GOSSIP_RPC_IHAVE,
                                       LIST_EXTRA_BYTES +
                                           (size_t)n * (ORR_MESSAGE_ID_MAX + ID_EXTRA_BYTES),
                                       &w);
    size_t control = orr_rpc_begin_control(&w);
    size_t list = orr_rpc_begin_ihave(&w, orr_gossip_topic_name(g->net, topic));
    for (uint32_t i = 0; i < n; i++) put_kept_id(orr_fifo_at(&g->kept, places[i]), &w);
    orr_proto_end(&w, list);
    orr_proto_end(&w, control);
    orr_gossip_rpc_done(m, &w);
    return m;
}

/* Peers in the topic to whom it is not pushed: max(d_lazy, gossip_factor of them) hear of it; in
 * v1.0 d_lazy. */
static uint32_t choose_listeners(struct orr_gossip *g, uint32_t topic, orr_time now,
                                 struct orr_rng *rng) {
    struct orr_gossip_wish wish = {
        .topic = topic, .not_in_mesh = true, .not_in_fanout = true,
        .least_micro = -orr_gossip_micro(g->cfg->gossip_threshold)};
    uint32_t n = orr_gossip_choose(g, &wish, now, rng);
    uint64_t target = g->cfg->gossip_factor * n / 1000000000;
    if (target < g->is.d_lazy || g->cfg->version == ORR_GOSSIP_V10) target = g->is.d_lazy;
    return n < target ? n : (uint32_t)target;
}

void orr_gossip_emit(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_outbox *out) {
    if (!g->cfg->gossip || !g->kept.n) return;
    struct orr_msg *scratch =
        orr_msg_new(out->pool, 0, g->kept.n * (uint32_t)sizeof(uint32_t)), *m = NULL;
    uint32_t *places = (uint32_t *)scratch->data, n = gossiped(g, topic, places);
    uint32_t most = (uint32_t)g->cfg->max_ihave_length, told = n < most ? n : most;
    uint32_t fit = (g->net->max_bytes - LIST_EXTRA_BYTES) / (ORR_MESSAGE_ID_MAX + ID_EXTRA_BYTES);
    uint32_t n_peers = n ? choose_listeners(g, topic, now, out->rng) : 0;
    for (uint32_t i = 0; i < n_peers; i++) {
        orr_peer peer = g->conns[g->scratch[i]].peer;
        if (n > most || i == 0) orr_gossip_shuffle(places, n, out->rng); /* each hears of others */
        for (uint32_t at = 0; at < told; at += fit) { /* an RPC has a greatest length */
            if (!m || n > most || told > fit) {
                orr_msg_unref(out->pool, m);
                m = ihave(g, topic, places + at, told - at < fit ? told - at : fit, out);
            }
            orr_send(out, peer, orr_msg_ref(m));
        }
    }
    orr_msg_unref(out->pool, m);
    orr_msg_unref(out->pool, scratch);
}
