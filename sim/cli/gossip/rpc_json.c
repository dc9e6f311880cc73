#include "sim/cli/gossip/rpc_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/base/json.h"

json_t *orr_hex_json(const void *bytes, size_t len) {
    char *text = orr_xrealloc(NULL, 2 * len + 1);
    orr_hex_encode(text, bytes, len);
    json_t *json = json_stringn(text, 2 * len);
    free(text);
    return json;
}

static void set_bytes(json_t *to, const char *key, const uint8_t *bytes, struct orr_slice s) {
    if (orr_slice_is_there(s)) json_object_set_new(to, key, orr_hex_json(bytes + s.at, s.len));
}

static json_t *topic_json(const uint8_t *bytes, struct orr_slice s) {
    json_t *text = json_stringn((const char *)bytes + s.at, s.len);
    if (text) return text;
    char *hex = orr_xrealloc(NULL, 2 * (size_t)s.len + 5);
    memcpy(hex, "hex:", 4);
    orr_hex_encode(hex + 4, bytes + s.at, s.len);
    text = json_string(hex);
    free(hex);
    return text;
}

static void set_topic(json_t *to, const uint8_t *bytes, struct orr_slice s) {
    if (orr_slice_is_there(s)) json_object_set_new(to, "topic", topic_json(bytes, s));
}

static void set_ids(json_t *to, const uint8_t *bytes, const struct orr_rpc *rpc,
                    struct orr_rpc_run run) {
    json_t *ids = json_array();
    for (uint32_t i = 0; i < run.n; i++) {
        struct orr_slice id = rpc->ids[run.first + i];
        json_array_append_new(ids, orr_hex_json(bytes + id.at, id.len));
    }
    json_object_set_new(to, "ids", ids);
}

static json_t *subscription_json(const uint8_t *bytes, const struct orr_rpc_subscription *s) {
    json_t *json = json_object();
    if (s->subscribe != ORR_RPC_UNSAID)
        json_object_set_new(json, "subscribe", json_boolean(s->subscribe));
    set_topic(json, bytes, s->topic);
    return json;
}

/* In a message '' stands for an absent topic. */
static json_t *message_json(const uint8_t *bytes, const struct orr_rpc_message *m) {
    json_t *json = json_object();
    set_bytes(json, "from", bytes, m->from);
    set_bytes(json, "data", bytes, m->data);
    set_bytes(json, "seqno", bytes, m->seqno);
    set_topic(json, bytes, orr_slice_is_there(m->topic) ? m->topic : (struct orr_slice){0, 0});
    set_bytes(json, "signature", bytes, m->signature);
    set_bytes(json, "key", bytes, m->key);
    return json;
}

static json_t *prune_json(const uint8_t *bytes, const struct orr_rpc *rpc,
                          const struct orr_rpc_prune *prune) {
    json_t *json = json_object(), *peers = json_array();
    set_topic(json, bytes, prune->topic);
    for (uint32_t i = 0; i < prune->peers.n; i++) {
        const struct orr_rpc_peer *p = &rpc->peers[prune->peers.first + i];
        json_t *peer = json_object();
        set_bytes(peer, "peer", bytes, p->id);
        set_bytes(peer, "record", bytes, p->record);
        json_array_append_new(peers, peer);
    }
    json_object_set_new(json, "peers", peers);
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)prune->backoff_s);
    if (prune->has_backoff) json_object_set_new(json, "backoff", json_string(number));
    return json;
}

static json_t *control_json(const uint8_t *bytes, const struct orr_rpc *rpc) {
    json_t *ihave = json_array(), *iwant = json_array(), *graft = json_array();
    json_t *prune = json_array(), *idontwant = json_array(), *one;
    for (uint32_t i = 0; i < rpc->n.ihave; i++) {
        json_array_append_new(ihave, one = json_object());
        set_topic(one, bytes, rpc->ihave[i].topic);
        set_ids(one, bytes, rpc, rpc->ihave[i].ids);
    }
    for (uint32_t i = 0; i < rpc->n.iwant; i++) {
        json_array_append_new(iwant, one = json_object());
        set_ids(one, bytes, rpc, rpc->iwant[i]);
    }
    for (uint32_t i = 0; i < rpc->n.graft; i++) {
        json_array_append_new(graft, one = json_object());
        set_topic(one, bytes, rpc->graft[i]);
    }
    for (uint32_t i = 0; i < rpc->n.prune; i++)
        json_array_append_new(prune, prune_json(bytes, rpc, &rpc->prune[i]));
    for (uint32_t i = 0; i < rpc->n.idontwant; i++) {
        json_array_append_new(idontwant, one = json_object());
        set_ids(one, bytes, rpc, rpc->idontwant[i]);
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "ihave", ihave, "iwant", iwant, "graft", graft,
                     "prune", prune, "idontwant", idontwant);
}

json_t *orr_rpc_json(const uint8_t *bytes, const struct orr_rpc *rpc) {
    json_t *subscriptions = json_array(), *publish = json_array();
    for (uint32_t i = 0; i < rpc->n.subscriptions; i++)
        json_array_append_new(subscriptions, subscription_json(bytes, &rpc->subscriptions[i]));
    for (uint32_t i = 0; i < rpc->n.publish; i++)
        json_array_append_new(publish, message_json(bytes, &rpc->publish[i]));
    json_t *json = json_pack("{s:o, s:o}", "subscriptions", subscriptions, "publish", publish);
    if (rpc->has_control) json_object_set_new(json, "control", control_json(bytes, rpc));
    return json;
}
