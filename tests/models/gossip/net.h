/* net.h - a network of routers in the simulator, for tests: a topology, links of one latency, and
 * what each node has delivered when. */
#ifndef ORR_TESTS_MODELS_GOSSIP_NET_H
#define ORR_TESTS_MODELS_GOSSIP_NET_H

#include "models/gossip/gossip.h"
#include "models/gossip/hyparview.h"
#include "models/registry.h"
#include "sim/base/memory.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

#define SECOND (1000 * MS)
#define NET_MESSAGES 64

struct gnet {
    struct world w;
    struct orr_gossip_config cfg; /* and the view, as models/node/gossip_node.c has them */
    struct orr_view_config view;
    uint32_t n, n_published;
    uint64_t ids[NET_MESSAGES];
    orr_time published_at[NET_MESSAGES];
    orr_time *delivered_at; /* [NET_MESSAGES][n], -1: not yet */
    uint64_t n_sent[ORR_GOSSIP_N_KINDS], n_twice;
    struct orr_tap tap;
};

static inline void net_record(void *ctx, const struct orr_tap_record *r) {
    struct gnet *g = ctx;
    if (r->kind == ORR_TAP_SEND && r->msg_type < ORR_GOSSIP_N_KINDS) g->n_sent[r->msg_type]++;
    if (r->kind != ORR_TAP_OUTPUT || r->key != ORR_OUT_DELIVERED) return;
    const struct orr_delivered *d = (const void *)r->msg->data;
    for (uint32_t k = 0; k < g->n_published; k++) {
        if (g->ids[k] != d->id) continue;
        orr_time *at = &g->delivered_at[k * g->n + r->node];
        g->n_twice += *at >= 0;
        *at = r->at;
    }
}

/* Takes over the topology; change g->cfg before net_start. */
static inline void net_new(struct gnet *g, struct orr_topology *topology, orr_time latency) {
    memset(g, 0, sizeof *g);
    g->n = topology->n;
    const struct orr_protocol *protocol = orr_registry_find("gossipsub");
    ck_assert_uint_eq(protocol->config_size, sizeof g->cfg + sizeof g->view);
    for (const struct orr_config_key *k = protocol->config; k->name; k++) {
        uint8_t *at = (uint8_t *)&g->cfg + k->offset;
        if (k->type == ORR_CONFIG_BOOL) *(bool *)at = k->fallback;
        else if (k->type == ORR_CONFIG_ENUM) *(uint32_t *)at = (uint32_t)k->fallback;
        else *(uint64_t *)at = k->fallback;
    }
    g->cfg.preset = ORR_GOSSIP_ETHEREUM;
    world_init(&g->w, g->n, protocol, &g->cfg, latency);
    orr_topology_free(g->w.topology);
    g->w.topology = topology;
    g->w.spec.net.topology = topology;
    g->delivered_at = malloc((size_t)NET_MESSAGES * g->n * sizeof *g->delivered_at);
    memset(g->delivered_at, 0xff, (size_t)NET_MESSAGES * g->n * sizeof *g->delivered_at);
}
/* Another role for all, with its own config; before net_start. */
static inline void net_role(struct gnet *g, const char *role, const void *config) {
    for (uint32_t i = 0; i < g->n; i++) {
        g->w.nodes[i].protocol = orr_registry_find(role);
        g->w.nodes[i].config = config;
    }
}
static inline void net_start(struct gnet *g) {
    world_start(&g->w);
    g->tap = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_SEND), g,
                              net_record, NULL};
    orr_sim_attach(g->w.sim, &g->tap);
}
/* Node `from` publishes len bytes at a time from now on; which message it is. */
static inline uint32_t net_publish(struct gnet *g, orr_peer from, uint32_t len, orr_time at) {
    struct orr_msg *m = orr_msg_new(orr_sim_pool(g->w.sim), ORR_GOSSIP_RPC_TX, len);
    uint32_t k = g->n_published++;
    ck_assert_uint_lt(k, NET_MESSAGES);
    memset(m->data, 0, len);
    memcpy(m->data, &k, sizeof k);
    g->ids[k] = orr_msg_hash(m);
    g->published_at[k] = at;
    orr_sim_input(g->w.sim, at, from, 0, ORR_IN_TX, m);
    return k;
}
static inline uint32_t net_reached(const struct gnet *g, uint32_t k) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n; i++) n += g->delivered_at[k * g->n + i] >= 0;
    return n;
}
static inline void net_free(struct gnet *g) {
    ck_assert_uint_eq(g->n_twice, 0);
    orr_sim_end(g->w.sim);
    ck_assert(!orr_sim_mishap(g->w.sim));
    world_fini(&g->w);
    free(g->delivered_at);
}
#endif
