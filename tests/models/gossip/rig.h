/* rig.h - one router, node 0, and a test that is all its peers: it says what arrives and when, and
 * looks at what is sent.
 *
 *     struct rig r;
 *     rig_new(&r, 20);                        peers 1..20 may come; nobody is there yet
 *     rig_set(&r, "d", 4);                    before rig_start
 *     rig_start(&r);
 *     rig_connect(&r, 1, 8);                  peers 1..8 open links and join topic 0
 *     rig_heartbeat(&r);
 *     ck_assert_uint_eq(rig_sent(&r, ORR_NOBODY, ORR_GOSSIP_RPC_GRAFT), 4);
 *     rig_free(&r);
 *
 * Peers of an odd number that are there from birth count as dialled by the node. */
#ifndef ORR_TESTS_MODELS_GOSSIP_RIG_H
#define ORR_TESTS_MODELS_GOSSIP_RIG_H

#include "models/gossip/state.h"
#include "tests/driver.h"
#include "tests/models/gossip/hex.h"

#define SECOND ((orr_time)1000000000)

struct rig {
    struct cluster c;
    uint64_t seqnos[CLUSTER_MAX];
    /* Of all steps since rig_clear. */
    struct rig_sent { orr_peer to; struct orr_msg *msg; } *sent;
    struct rig_said { uint64_t hash; orr_peer origin; } said[4096];
    orr_peer dialled[64];
    uint32_t n_sent, sent_cap, n_said, n_dialled, n_dropped;
};

static inline void rig_new(struct rig *r, uint32_t n_peers) {
    static const orr_peer nobody[1];
    memset(r, 0, sizeof *r);
    cluster_new(&r->c, "gossipsub", n_peers + 1, 1);
    r->c.only = 0;
    r->c.keeps = true;
    for (uint32_t i = 0; i <= n_peers; i++) r->c.links[i] = (struct orr_links){0, nobody};
    cluster_set(&r->c, "initial_delay", 0);
}
static inline void rig_set(struct rig *r, const char *key, uint64_t value) {
    if (!strcmp(key, "scoring") || !strcmp(key, "px") || !strcmp(key, "gossip") ||
        !strcmp(key, "flood_publish")) {
        for (const struct orr_config_key *k = orr_gossip_keys; k->name; k++)
            if (!strcmp(k->name, key)) *(bool *)((char *)r->c.config + k->offset) = value != 0;
        return;
    }
    cluster_set(&r->c, key, value);
}
static inline struct orr_gossip *rig_router(struct rig *r) {
    return r->c.nodes[0].state; /* the node's first member */
}

static inline void rig_clear(struct rig *r) {
    while (r->n_sent) orr_msg_unref(&r->c.pool, r->sent[--r->n_sent].msg);
    r->n_said = r->n_dialled = r->n_dropped = 0;
}
/* Takes down what the last step did. */
static inline void rig_look(struct rig *r) {
    for (uint32_t i = 0; i < r->c.out.n; i++) {
        const struct orr_effect *e = &r->c.out.v[i];
        if (e->kind == ORR_SEND) {
            if (r->n_sent == r->sent_cap) {
                r->sent_cap = r->sent_cap ? 2 * r->sent_cap : 64;
                r->sent = orr_xrealloc(r->sent, r->sent_cap * sizeof *r->sent);
            }
            r->sent[r->n_sent++] = (struct rig_sent){e->peer, orr_msg_ref(e->msg)};
        }
        if (e->kind == ORR_DIAL) r->dialled[r->n_dialled++] = e->peer;
        if (e->kind == ORR_OUTPUT && e->key == ORR_OUT_DROPPED) r->n_dropped++;
        if (e->kind == ORR_OUTPUT && e->key == ORR_OUT_DELIVERED) {
            const struct orr_delivered *d = (const void *)e->msg->data;
            ck_assert_uint_lt(r->n_said, 4096);
            r->said[r->n_said++] = (struct rig_said){d->id, d->origin};
        }
    }
}
static inline void rig_hear(struct rig *r, enum orr_event_kind kind, orr_peer peer, uint32_t key,
                            struct orr_msg *msg) {
    cluster_hear(&r->c, kind, peer, key, msg);
    rig_look(r);
}
static inline void rig_start(struct rig *r) {
    cluster_start(&r->c);
    rig_look(r);
}
static inline void rig_free(struct rig *r) {
    rig_clear(r);
    free(r->sent);
    cluster_free(&r->c);
}

/* ---- what arrives ---- */

static inline void rig_receive(struct rig *r, orr_peer from, const struct orr_writer *w) {
    ck_assert(!w->bad);
    rig_hear(r, ORR_RECV, from, 0,
             orr_msg_copy(&r->c.pool, ORR_GOSSIP_RPC_PUBLISH, w->start,
                          (uint32_t)orr_written(w)));
}
static inline void rig_heartbeat(struct rig *r) {
    r->c.now += rig_router(r)->is.heartbeat;
    rig_hear(r, ORR_TIMER, 0, ORR_GOSSIP_TIMER_HEARTBEAT, NULL);
}
static inline struct orr_blob rig_topic(struct rig *r, uint32_t topic) {
    return orr_gossip_topic_name(r->c.common.shared, topic);
}
static inline void rig_subscribe(struct rig *r, orr_peer peer, uint32_t topic, bool joins) {
    uint8_t bytes[64];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_rpc_put_subscription(&w, rig_topic(r, topic), joins);
    rig_receive(r, peer, &w);
}
/* Peers first..last open links and join topic 0. */
static inline void rig_connect(struct rig *r, orr_peer first, orr_peer last) {
    for (orr_peer p = first; p <= last; p++) {
        rig_hear(r, ORR_PEER_UP, p, 0, NULL);
        rig_subscribe(r, p, 0, true);
    }
}
static inline void rig_graft(struct rig *r, orr_peer peer, uint32_t topic) {
    uint8_t bytes[64];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w);
    orr_rpc_put_graft(&w, rig_topic(r, topic));
    orr_proto_end(&w, control);
    rig_receive(r, peer, &w);
}
static inline void rig_prune(struct rig *r, orr_peer peer, uint32_t topic, uint64_t backoff_s) {
    uint8_t bytes[64];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    size_t control = orr_rpc_begin_control(&w);
    size_t prune = orr_rpc_begin_prune(&w, rig_topic(r, topic));
    orr_rpc_end_prune(&w, prune, backoff_s > 0, backoff_s);
    orr_proto_end(&w, control);
    rig_receive(r, peer, &w);
}

/* A message that `author` signed as its next one; its id. */
static inline struct orr_message_id rig_message(struct rig *r, orr_peer author, uint32_t topic,
                                                struct orr_blob data, struct orr_writer *w) {
    struct orr_keypair pair;
    struct orr_message_id id = {.len = ORR_MESSAGE_ID_SEQNO_BYTES};
    uint8_t signature[ORR_SIGN_BYTES];
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, author, &pair);
    orr_peer_id(pair.public_key, id.bytes);
    orr_store_be64(id.bytes + ORR_PEER_ID_BYTES, ++r->seqnos[author]);
    struct orr_rpc_content content = {.from = {id.bytes, ORR_PEER_ID_BYTES}, .data = data,
                                      .seqno = {id.bytes + ORR_PEER_ID_BYTES, 8},
                                      .topic = rig_topic(r, topic)};
    orr_gossip_sign(&content, &pair, &r->c.pool, NULL, signature);
    orr_rpc_put_message(w, &content);
    return id;
}
static inline struct orr_message_id rig_message_from(struct rig *r, orr_peer from, orr_peer author,
                                                     uint32_t topic, struct orr_blob data) {
    static uint8_t bytes[1 << 17];
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    struct orr_message_id id = rig_message(r, author, topic, data, &w);
    rig_receive(r, from, &w);
    return id;
}

/* IHAVE, IWANT or IDONTWANT of n ids. */
static inline void rig_ids(struct rig *r, orr_peer from, enum orr_gossip_kind kind,
                           const struct orr_message_id *ids, uint32_t n) {
    size_t cap = 64 + (size_t)n * 52;
    uint8_t *bytes = orr_xrealloc(NULL, cap);
    struct orr_writer w = orr_writer(bytes, cap);
    size_t control = orr_rpc_begin_control(&w);
    size_t list = kind == ORR_GOSSIP_RPC_IHAVE   ? orr_rpc_begin_ihave(&w, rig_topic(r, 0))
                  : kind == ORR_GOSSIP_RPC_IWANT ? orr_rpc_begin_iwant(&w)
                                                 : orr_rpc_begin_idontwant(&w);
    for (uint32_t i = 0; i < n; i++)
        orr_proto_put_bytes(&w, kind == ORR_GOSSIP_RPC_IHAVE ? 2 : 1, ids[i].bytes, ids[i].len);
    orr_proto_end(&w, list);
    orr_proto_end(&w, control);
    rig_receive(r, from, &w);
    free(bytes);
}
static inline struct orr_message_id rig_some_id(uint32_t number) {
    struct orr_message_id id = {.len = 20};
    orr_store_le32(id.bytes, number);
    return id;
}
static inline void rig_publish(struct rig *r, const char *text) {
    rig_hear(r, ORR_INPUT, ORR_NOBODY, ORR_IN_TX,
             orr_msg_copy(&r->c.pool, ORR_GOSSIP_RPC_TX, text, (uint32_t)strlen(text)));
}

/* ---- what was sent ---- */

/* RPCs of a kind to a peer (ORR_NOBODY: to all). */
static inline uint32_t rig_sent(const struct rig *r, orr_peer to, enum orr_gossip_kind kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_sent; i++)
        n += (to == ORR_NOBODY || r->sent[i].to == to) && r->sent[i].msg->kind == kind;
    return n;
}
/* The latest of them as its form, or NULL. */
static inline const struct orr_gossip_form *rig_last(const struct rig *r, orr_peer to,
                                                     enum orr_gossip_kind kind) {
    for (uint32_t i = r->n_sent; i-- > 0;)
        if ((to == ORR_NOBODY || r->sent[i].to == to) && r->sent[i].msg->kind == kind)
            return orr_gossip_form_of(r->sent[i].msg);
    return NULL;
}
#endif
