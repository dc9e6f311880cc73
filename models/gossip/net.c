/* net.c - what a cohort of routers shares, and RPCs as forms that all receivers read. */
#include <assert.h>

#include "models/gossip/state.h"

static void name_topics(struct orr_gossip_net *net) {
    for (uint32_t i = 0; i < net->n_topics; i++) {
        uint32_t len = 8;
        memcpy(net->topics[i].name, "orrery/", 7);
        net->topics[i].name[7] = (char)('0' + i % 10);
        if (i >= 10) {
            net->topics[i].name[7] = (char)('0' + i / 10);
            net->topics[i].name[8] = (char)('0' + i % 10);
            len = 9;
        }
        net->topics[i].len = len;
    }
}

/* Keys are needed to know authors, and to name peers to others. */
static void make_members(struct orr_gossip_net *net, struct orr_mem *mem) {
    const struct orr_cohort *c = net->cohort;
    net->has_members = true;
    net->members = orr_alloc(mem, c->n * sizeof *net->members);
    for (uint32_t i = 0; i < c->n; i++) {
        struct orr_keypair pair;
        orr_keypair_derive(c->signatures, c->seed, c->members[i], &pair);
        memcpy(net->members[i].key, pair.public_key, sizeof pair.public_key);
        net->members[i].peer = c->members[i];
        orr_index_put32(&net->by_key, net->members, i);
    }
}

void orr_gossip_net_make(struct orr_gossip_net *net, orr_gossip_maker *make, const void *ctx) {
    net->make = make;
    net->make_ctx = ctx;
}

struct orr_gossip_net *orr_gossip_net_new(const struct orr_cohort *cohort,
                                          const struct orr_gossip_config *cfg,
                                          struct orr_mem *mem) {
    struct orr_gossip_net *net = orr_alloc_zero(mem, sizeof *net);
    bool is_ethereum = cfg->preset == ORR_GOSSIP_ETHEREUM;
    net->cohort = cohort;
    net->policy = cfg->policy == ORR_GOSSIP_NO_SIGN ||
                          (cfg->policy == ORR_GOSSIP_SIGN_PRESET && is_ethereum)
                      ? ORR_STRICT_NO_SIGN
                      : ORR_STRICT_SIGN;
    net->ids_are_hashes = net->policy == ORR_STRICT_NO_SIGN || cfg->ids == ORR_GOSSIP_IDS_HASH ||
                          (cfg->ids == ORR_GOSSIP_IDS_PRESET && cfg->preset != ORR_GOSSIP_GO);
    net->n_topics = (uint32_t)cfg->topics;
    net->max_bytes = (uint32_t)cfg->max_message;
    net->idontwant_from =
        cfg->version < ORR_GOSSIP_V12 ? UINT64_MAX : cfg->idontwant_threshold;
    net->address_from = (uint32_t)cfg->address_from;
    net->address_nodes = (uint32_t)cfg->address_nodes;
    name_topics(net);
    orr_index_init(&net->by_key, mem, sizeof *net->members,
                   offsetof(struct orr_gossip_member, key));
    if (net->policy == ORR_STRICT_SIGN || cfg->px) make_members(net, mem);
    orr_score_read(cfg, net);
    return net;
}

orr_peer orr_gossip_peer_of(const struct orr_gossip_net *net, struct orr_blob id) {
    if (!net->has_members || !id.p || orr_peer_id_kind(id) != ORR_PEER_ID_ED25519)
        return ORR_NOBODY;
    uint32_t at = orr_index_find32(&net->by_key, net->members, orr_peer_id_key(id));
    return at == ORR_NOWHERE ? ORR_NOBODY : net->members[at].peer;
}

uint32_t orr_gossip_rank_of(const struct orr_gossip_net *net, orr_peer peer) {
    const struct orr_cohort *c = net->cohort;
    uint32_t low = 0, high = c->n;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (c->members[middle] < peer) low = middle + 1;
        else high = middle;
    }
    return low < c->n && c->members[low] == peer ? low : ORR_NOBODY;
}

uint32_t orr_gossip_address_of(const struct orr_gossip_net *net, orr_peer peer) {
    if (peer < net->address_from) return peer;
    return net->address_from + (peer - net->address_from) / net->address_nodes;
}

/* ---- forms ---- */

static const struct orr_decoder decoder = {"gossipsub rpc"};

const struct orr_gossip_form *orr_gossip_form_of(const struct orr_msg *m) {
    return orr_form(m, &decoder);
}

uint64_t orr_gossip_id_key(const struct orr_gossip_net *net, const uint8_t *id, uint32_t len) {
    uint64_t key = orr_hash64(net->cohort->seed, id, len);
    return key ? key : 1;
}

struct orr_msg *orr_gossip_idontwant(struct orr_pool *pool, const struct orr_message_id *id) {
    struct orr_msg *m = orr_msg_new(pool, ORR_GOSSIP_RPC_IDONTWANT, ORR_MESSAGE_ID_MAX + 8);
    struct orr_writer w = orr_writer(m->data, m->len);
    size_t control = orr_rpc_begin_control(&w), list = orr_rpc_begin_idontwant(&w);
    orr_rpc_put_id(&w, (struct orr_blob){id->bytes, id->len});
    orr_proto_end(&w, list);
    orr_proto_end(&w, control);
    orr_gossip_rpc_done(m, &w);
    return m;
}

static uint32_t find_topic(const struct orr_gossip_net *net, const uint8_t *bytes,
                           struct orr_slice name) {
    if (!orr_slice_is_there(name)) return ORR_GOSSIP_NO_TOPIC;
    for (uint32_t t = 0; t < net->n_topics; t++)
        if (orr_blob_equal(orr_slice_blob(bytes, name), orr_gossip_topic_name(net, t))) return t;
    return ORR_GOSSIP_NO_TOPIC;
}

/* What clients call a payload: the hash of the message that they submitted. */
static uint64_t payload_hash(struct orr_pool *pool, const uint8_t *bytes, struct orr_slice data) {
    struct orr_msg *m = orr_msg_copy(pool, ORR_GOSSIP_RPC_TX,
                                     data.len ? bytes + data.at : NULL, data.len);
    uint64_t hash = orr_msg_hash(m);
    orr_msg_unref(pool, m);
    return hash;
}

static void judge(const struct orr_gossip_net *net, const struct orr_common *common,
                  const uint8_t *bytes, const struct orr_rpc_message *m,
                  struct orr_gossip_published *p) {
    *p = (struct orr_gossip_published){.topic = find_topic(net, bytes, m->topic),
                                       .origin = ORR_NOBODY};
    /* without a memo each receiver verifies by itself */
    p->fault = common->memo ? orr_gossip_verify(net->policy, bytes, m, common->pool, common->memo)
                            : ORR_N_GOSSIP_FAULTS;
    bool is_signed = net->policy == ORR_STRICT_SIGN;
    if (is_signed && (m->from.len != ORR_PEER_ID_BYTES || m->seqno.len != 8)) return;
    if (net->ids_are_hashes) orr_message_id_hash(bytes, m, &p->id);
    else orr_message_id_seqno(bytes, m, &p->id);
    p->key = orr_gossip_id_key(net, p->id.bytes, p->id.len);
    p->hash = payload_hash(common->pool, bytes, m->data);
    if (is_signed) p->origin = orr_gossip_peer_of(net, orr_slice_blob(bytes, m->from));
}

static void fill(const struct orr_gossip_net *net, const struct orr_common *common,
                 const struct orr_msg *m, struct orr_gossip_form *form) {
    const struct orr_rpc *rpc = &form->rpc;
    const uint8_t *bytes = m->data;
    for (uint32_t i = 0; i < rpc->n.publish; i++)
        judge(net, common, bytes, &rpc->publish[i], &form->published[i]);
    for (uint32_t i = 0; i < rpc->n.ids; i++)
        form->keys[i] = orr_gossip_id_key(net, bytes + rpc->ids[i].at, rpc->ids[i].len);
    uint32_t *topic = form->topics;
    for (uint32_t i = 0; i < rpc->n.subscriptions; i++)
        *topic++ = find_topic(net, bytes, rpc->subscriptions[i].topic);
    for (uint32_t i = 0; i < rpc->n.ihave; i++)
        *topic++ = find_topic(net, bytes, rpc->ihave[i].topic);
    for (uint32_t i = 0; i < rpc->n.graft; i++) *topic++ = find_topic(net, bytes, rpc->graft[i]);
    for (uint32_t i = 0; i < rpc->n.prune; i++)
        *topic++ = find_topic(net, bytes, rpc->prune[i].topic);
}

/* The form's own, given back with it: a form's `decoded` leads to them, one behind the other. */
static void own(struct orr_msg *form, struct orr_msg *moved) {
    struct orr_msg *last = moved;
    while (last->decoded) last = last->decoded;
    last->decoded = form->decoded;
    form->decoded = moved;
}

static void add_made(const struct orr_gossip_net *net, const struct orr_common *common,
                     struct orr_msg *m, struct orr_gossip_form *form) {
    const struct orr_gossip_published *p = &form->published[0];
    struct orr_blob data = orr_slice_blob(m->data, form->rpc.publish[0].data);
    if (data.len >= net->idontwant_from) {
        form->idontwant = orr_gossip_idontwant(common->pool, &p->id);
        own(m->decoded, form->idontwant);
    }
    if (net->make && p->topic != ORR_GOSSIP_NO_TOPIC)
        form->made = net->make(net->make_ctx, common, p->topic, data);
    if (form->made) own(m->decoded, form->made);
}

const struct orr_msg *orr_gossip_made(const struct orr_msg *rpc) {
    const struct orr_gossip_form *form = orr_gossip_form_of(rpc);
    return form ? form->made : NULL;
}

void orr_gossip_decode(const struct orr_gossip_net *net, const struct orr_common *common,
                       struct orr_msg *m) {
    struct orr_rpc_counts n;
    if (m->kind == ORR_GOSSIP_RPC_TX || m->len > net->max_bytes) return;
    if (orr_rpc_count(m->data, m->len, ORR_RPC_MAX_ITEMS, &n)) return;
    size_t table = orr_rpc_table_bytes(&n);
    size_t published = n.publish * sizeof(struct orr_gossip_published);
    uint32_t n_topics = n.subscriptions + n.ihave + n.graft + n.prune;
    size_t len = sizeof(struct orr_gossip_form) + table + published + n.ids * sizeof(uint64_t) +
                 n_topics * sizeof(uint32_t);
    uint8_t *room = orr_form_new(m, &decoder, (uint32_t)len, common->pool);
    struct orr_gossip_form *form = (struct orr_gossip_form *)room;
    room += sizeof *form;
    orr_rpc_read(m->data, m->len, &n, room, &form->rpc);
    form->published = (void *)(room + table);
    form->keys = (void *)(room + table + published);
    form->topics = (void *)(form->keys + n.ids);
    form->idontwant = form->made = NULL;
    fill(net, common, m, form);
    if (n.publish == 1 && form->published[0].key) add_made(net, common, m, form);
}
