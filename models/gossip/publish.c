/* publish.c - messages: heard, judged, delivered, sent on. */
#include <assert.h>

#include "models/base/cost.h"
#include "models/gossip/state.h"

/* An RPC that publishes this message alone: the one that it came in, when there is nothing else in
 * it, so that a message crosses the network as one buffer. */
struct orr_msg *orr_gossip_single(struct orr_msg *m, uint32_t place, struct orr_outbox *out) {
    const struct orr_gossip_form *form = orr_gossip_form_of(m);
    const struct orr_rpc_message *message = &form->rpc.publish[place];
    uint32_t whole = message->body.len + 1 + orr_varint_bytes(message->body.len);
    if (form->rpc.n.publish == 1 && m->len == whole && m->kind == ORR_GOSSIP_RPC_PUBLISH)
        return orr_msg_ref(m);
    struct orr_writer w;
    struct orr_msg *single = orr_gossip_rpc(out, ORR_GOSSIP_RPC_PUBLISH, whole, &w);
    orr_proto_put_bytes(&w, 2, m->data + message->body.at, message->body.len);
    orr_gossip_rpc_done(single, &w);
    return single;
}

/* ---- sending on ---- */

/* Peers of the fanout, chosen anew when there are none. */
static void fill_fanout(struct orr_gossip *g, uint32_t topic, orr_time now, struct orr_rng *rng) {
    uint32_t bit = 1u << topic, n = 0;
    if (!g->fanout_used)
        g->fanout_used = orr_alloc_zero(g->env->common->mem,
                                        g->net->n_topics * sizeof *g->fanout_used);
    g->fanout_used[topic] = now;
    g->fanouts |= bit;
    for (uint32_t i = 0; i < g->n_conns; i++) n += (g->conns[i].fanout & bit) != 0;
    if (n) return;
    struct orr_gossip_wish wish = {
        .topic = topic, .least_micro = -orr_gossip_micro(g->cfg->publish_threshold)};
    n = orr_gossip_choose(g, &wish, now, rng);
    for (uint32_t i = 0; i < n && i < g->is.d; i++) g->conns[g->scratch[i]].fanout |= bit;
}

/* Does a message go to this peer?  own: it is this node's own. */
static bool goes_to(const struct orr_gossip *g, const struct orr_gossip_conn *c, uint32_t topic,
                    bool own) {
    uint32_t bit = 1u << topic;
    if (!(c->topics & bit)) return false;
    if (c->is_direct) return true;
    if (own && g->cfg->flood_publish && g->cfg->version > ORR_GOSSIP_V10)
        return !orr_gossip_scores_below(g, c->peer, -orr_gossip_micro(g->cfg->publish_threshold));
    return (orr_gossip_has_joined(g, topic) ? c->mesh : c->fanout) & bit;
}

static void send_on(struct orr_gossip *g, struct orr_msg *m, uint32_t place,
                    const struct orr_gossip_published *p, orr_peer from, orr_time now,
                    struct orr_outbox *out) {
    bool own = from == g->env->self;
    if (!orr_gossip_has_joined(g, p->topic)) fill_fanout(g, p->topic, now, out->rng);
    struct orr_msg *single = NULL;
    for (uint32_t i = 0; i < g->n_conns; i++) {
        const struct orr_gossip_conn *c = &g->conns[i];
        if (c->peer == from || c->peer == p->origin || !goes_to(g, c, p->topic, own)) continue;
        if (!own && orr_gossip_is_unwanted(g, p->key, c->peer)) continue;
        if (!single) single = orr_gossip_single(m, place, out);
        orr_send(out, c->peer, orr_msg_ref(single));
    }
    orr_msg_unref(out->pool, single);
}

/* ---- judging ---- */

static struct orr_gossip_item item_of(const struct orr_msg *m, uint32_t place, orr_peer from) {
    const struct orr_gossip_form *form = orr_gossip_form_of(m);
    const struct orr_gossip_published *p = &form->published[place];
    return (struct orr_gossip_item){
        .topic = p->topic, .data = orr_slice_blob(m->data, form->rpc.publish[place].data),
        .hash = p->hash, .from = from, .origin = p->origin,
        .made = place == 0 ? form->made : NULL};
}

static void accept(struct orr_gossip *g, struct orr_msg *m, uint32_t place, orr_peer from,
                   orr_time now, struct orr_outbox *out) {
    const struct orr_gossip_form *form = orr_gossip_form_of(m);
    const struct orr_gossip_published *p = &form->published[place];
    struct orr_seen_entry *entry = orr_seen_find(&g->seen, p->key);
    if (entry && g->score) orr_score_deliver(g->score, entry, from, p->topic, now);
    else if (entry) entry->status = ORR_SEEN_VALID;
    g->n_delivered++;
    orr_mcache_put(g, m, place, p);
    const struct orr_gossip_item item = item_of(m, place, from);
    g->app->deliver(g->ctx, &item, out);
    send_on(g, m, place, p, from, now, out);
}

static void judge(struct orr_gossip *g, struct orr_msg *m, uint32_t place, orr_peer from,
                  orr_time now, struct orr_outbox *out) {
    const struct orr_gossip_form *form = orr_gossip_form_of(m);
    const struct orr_gossip_published *p = &form->published[place];
    struct orr_seen_entry *entry = orr_seen_find(&g->seen, p->key);
    const struct orr_gossip_item item = item_of(m, place, from);
    switch (g->app->validate(g->ctx, &item)) {
    case ORR_GOSSIP_ACCEPT: accept(g, m, place, from, now, out); break;
    case ORR_GOSSIP_REJECT:
        orr_reject(out);
        if (!entry) break;
        if (g->score) orr_score_reject(g->score, entry, from, p->topic);
        entry->status = ORR_SEEN_INVALID;
        break;
    case ORR_GOSSIP_IGNORE:
        if (!entry) break;
        if (g->score) orr_score_ignore(g->score, entry);
        entry->status = ORR_SEEN_IGNORED;
        break;
    }
}

static void wait(struct orr_gossip *g, struct orr_msg *m, uint32_t place, orr_peer from,
                 orr_time now, struct orr_outbox *out) {
    const struct orr_gossip_published *p = &orr_gossip_form_of(m)->published[place];
    if (g->waiting.n >= g->cfg->validate_queue) { /* nobody is to blame */
        struct orr_seen_entry *entry = orr_seen_find(&g->seen, p->key);
        if (entry && g->score) orr_score_ignore(g->score, entry);
        if (entry) entry->status = ORR_SEEN_IGNORED;
        return;
    }
    if (!g->waiting.n) orr_arm(out, ORR_GOSSIP_TIMER_VALIDATE, now + g->cfg->validate_time);
    struct orr_gossip_waiting *w = orr_fifo_push(&g->waiting);
    *w = (struct orr_gossip_waiting){orr_msg_ref(m), place, from, now + g->cfg->validate_time};
}

void orr_gossip_judge_waiting(struct orr_gossip *g, orr_time now, struct orr_outbox *out) {
    while (g->waiting.n) { /* ends: one goes each turn */
        struct orr_gossip_waiting w = *(struct orr_gossip_waiting *)orr_fifo_at(&g->waiting, 0);
        if (w.ready > now) {
            orr_arm(out, ORR_GOSSIP_TIMER_VALIDATE, w.ready);
            break;
        }
        orr_fifo_pop(&g->waiting);
        judge(g, w.msg, w.place, w.from, now, out);
        orr_msg_unref(out->pool, w.msg);
    }
}

/* ---- hearing ---- */

static enum orr_gossip_fault fault_of(struct orr_gossip *g, const struct orr_msg *m,
                                      const struct orr_gossip_form *form, uint32_t place,
                                      struct orr_outbox *out) {
    const struct orr_costs *costs = g->env->common->costs;
    const struct orr_rpc_message *message = &form->rpc.publish[place];
    if (g->net->policy == ORR_STRICT_SIGN) out->busy_ns += costs->verify_ns;
    out->busy_ns += costs->hash_kib_ns * (int64_t)(message->data.len / 1024);
    uint32_t known = form->published[place].fault;
    return known < ORR_N_GOSSIP_FAULTS
               ? (enum orr_gossip_fault)known
               : orr_gossip_verify(g->net->policy, m->data, message, out->pool, NULL);
}

static void hear(struct orr_gossip *g, struct orr_gossip_conn *conn, struct orr_msg *m,
                 const struct orr_gossip_form *form, uint32_t place, orr_time now,
                 struct orr_outbox *out) {
    const struct orr_gossip_published *p = &form->published[place];
    if (p->topic == ORR_GOSSIP_NO_TOPIC || !orr_gossip_has_joined(g, p->topic)) return;
    struct orr_seen_entry *entry = p->key ? orr_seen_find(&g->seen, p->key) : NULL;
    bool is_ours = p->origin == g->env->self;
    if (entry) { /* what was let in or refused once is not verified again */
        g->n_duplicates++;
        /* js sends what we made back to us, if it came by another; Go would hold that against it */
        if (g->score && !is_ours)
            orr_score_duplicate(g->score, entry, conn->peer, p->topic, now);
        return;
    }
    /* somebody says what we never did, or not in this life */
    if (is_ours || fault_of(g, m, form, place, out)) {
        if (g->score) orr_score_malformed(g->score, conn->peer, p->topic);
        orr_reject(out);
        return;
    }
    orr_seen_add(&g->seen, p->key, now);
    orr_gossip_keep_promise(g, p->key);
    orr_gossip_send_idontwant(g, form, place, conn->peer, out);
    if (g->cfg->validate_time) wait(g, m, place, conn->peer, now, out);
    else judge(g, m, place, conn->peer, now, out);
}

void orr_gossip_heard_messages(struct orr_gossip *g, struct orr_gossip_conn *conn,
                               struct orr_msg *m, const struct orr_gossip_form *form, orr_time now,
                               struct orr_outbox *out) {
    for (uint32_t i = 0; i < form->rpc.n.publish; i++) hear(g, conn, m, form, i, now, out);
}

/* ---- our own ---- */

/* Of a message beside its data: from, seqno, topic, signature, tags and lengths. */
enum { MESSAGE_EXTRA_BYTES = 192 };

static const struct orr_keypair *own_pair(struct orr_gossip *g) {
    const struct orr_cohort *c = g->net->cohort;
    if (!g->pair) {
        g->pair = orr_alloc(g->env->common->mem, sizeof *g->pair);
        orr_keypair_derive(c->signatures, c->seed, g->env->self, g->pair);
    }
    return g->pair;
}

/* An RPC with this one message. */
static struct orr_msg *make(struct orr_gossip *g, uint32_t topic, struct orr_blob data,
                            struct orr_outbox *out) {
    uint8_t id[ORR_PEER_ID_BYTES], seqno[8], signature[ORR_SIGN_BYTES];
    struct orr_rpc_content content = {.data = data,
                                      .topic = orr_gossip_topic_name(g->net, topic)};
    if (g->net->policy == ORR_STRICT_SIGN) {
        orr_peer_id(own_pair(g)->public_key, id);
        orr_store_be64(seqno, ++g->seqno);
        content.from = (struct orr_blob){id, sizeof id};
        content.seqno = (struct orr_blob){seqno, sizeof seqno};
        orr_gossip_sign(&content, own_pair(g), out->pool, g->env->common->memo, signature);
        out->busy_ns += g->env->common->costs->sign_ns;
    }
    struct orr_writer w;
    struct orr_msg *m =
        orr_gossip_rpc(out, ORR_GOSSIP_RPC_PUBLISH, (size_t)data.len + MESSAGE_EXTRA_BYTES, &w);
    orr_rpc_put_message(&w, &content);
    orr_gossip_rpc_done(m, &w);
    return m;
}

int orr_gossip_publish(struct orr_gossip *g, uint32_t topic, struct orr_blob data, orr_time now,
                       struct orr_outbox *out) {
    assert(topic < g->net->n_topics);
    if (data.len > g->net->max_bytes) return ORR_ELIMIT;
    struct orr_msg *m = make(g, topic, data, out);
    bool fits = m->len <= g->net->max_bytes;
    if (fits) {
        orr_gossip_decode(g->net, g->env->common, m);
        const struct orr_gossip_published *p = &orr_gossip_form_of(m)->published[0];
        if (!orr_seen_find(&g->seen, p->key)) { /* else it was published before, by anybody */
            orr_seen_add(&g->seen, p->key, now);
            accept(g, m, 0, g->env->self, now, out);
        }
    }
    orr_msg_unref(out->pool, m);
    return fits ? 0 : ORR_ELIMIT;
}
