/* gossip_node.c - the node `gossipsub`: a router whose application delivers what comes and whose
 * clients publish.
 *
 * A client's payload goes to the topic that its first bytes choose, so that all topics are used.
 * The validator refuses a payload that begins with "bad" and ignores one that begins with
 * "ignore"; all others are good.
 *
 * With `active` the node finds its peers itself: HyParView opens and closes links, and the router
 * has whoever is there. */
#include "models/gossip/hyparview.h"
#include "models/gossip/state.h"
#include "models/output.h"
#include "models/plain_tx.h"

/* The router's table of keys is for a config of its own at offset 0. */
struct node_config {
    struct orr_gossip_config gossip;
    struct orr_view_config view;
};
_Static_assert(offsetof(struct node_config, gossip) == 0, "the router's keys stand at 0");

enum { TIMER_SHUFFLE = ORR_GOSSIP_N_TIMERS, N_TIMERS };
enum { VIEW_ABOVE = ORR_GOSSIP_N_KINDS - ORR_VIEW_JOIN };

struct gossip_node {
    struct orr_gossip router;
    struct orr_view view;
};

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    return orr_gossip_net_new(cohort, cfg, mem);
}

static const char *refuses(const void *cfg, uint32_t n) { return orr_gossip_refuses(cfg, n); }

static bool begins_with(struct orr_blob data, const char *text) {
    size_t len = strlen(text);
    return data.len >= len && !memcmp(data.p, text, len);
}

static enum orr_gossip_verdict validate(void *app, const struct orr_gossip_item *item) {
    (void)app;
    if (begins_with(item->data, "bad")) return ORR_GOSSIP_REJECT;
    return begins_with(item->data, "ignore") ? ORR_GOSSIP_IGNORE : ORR_GOSSIP_ACCEPT;
}

static void deliver(void *app, const struct orr_gossip_item *item, struct orr_outbox *out) {
    (void)app;
    orr_deliver(out, item->hash, item->origin);
}

static const struct orr_gossip_app application = {validate, deliver};

static int init(void *state, const struct orr_env *env, const void *cfg) {
    struct gossip_node *node = state;
    const struct node_config *c = cfg;
    orr_gossip_init(&node->router, env, &c->gossip, env->common->shared, &application, node);
    orr_view_init(&node->view, env, &c->view, VIEW_ABOVE);
    return 0;
}

static void fini(void *state) {
    struct gossip_node *node = state;
    orr_gossip_fini(&node->router);
    orr_view_fini(&node->view);
}

/* What the view dials counts as dialled by the router, which keeps some of those in its mesh. */
static void tend_view(struct gossip_node *node, const struct orr_event *event,
                      struct orr_outbox *out) {
    uint32_t first = out->n;
    if (event->kind == ORR_RECV) {
        if (!orr_view_hear(&node->view, event->peer, event->msg, out)) orr_reject(out);
    } else orr_view_step(&node->view, event, TIMER_SHUFFLE, out);
    for (uint32_t i = first; i < out->n; i++)
        if (out->v[i].kind == ORR_DIAL) orr_gossip_dialled(&node->router, out->v[i].peer);
}

static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct gossip_node *node = state;
    bool is_views = event->kind == ORR_RECV && event->msg && event->msg->kind >= ORR_GOSSIP_N_KINDS;
    if (event->kind != ORR_INPUT) {
        if (!is_views) orr_gossip_step(&node->router, event, out);
        if (is_views || (event->kind != ORR_RECV && node->view.cfg->active))
            tend_view(node, event, out);
    } else if (event->key == ORR_IN_TX && event->msg) {
        const struct orr_msg *m = event->msg;
        uint32_t topic = m->len ? m->data[0] % node->router.net->n_topics : 0;
        if (orr_gossip_publish(&node->router, topic, (struct orr_blob){m->data, m->len},
                               event->now, out))
            orr_reject(out); /* too long for an RPC */
    }
    return 0;
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    if (m->kind < ORR_GOSSIP_N_KINDS) orr_gossip_decode(common->shared, common, m);
}

static void touch(const void *state, const struct orr_msg *m) {
    if (m->kind < ORR_GOSSIP_N_KINDS)
        orr_gossip_touch(&((const struct gossip_node *)state)->router, m);
}

static uint64_t digest(const void *state) {
    const struct gossip_node *node = state;
    uint64_t router = orr_gossip_digest(&node->router);
    const uint32_t view[2] = {node->view.n_active, node->view.n_passive};
    return node->view.cfg->active ? orr_hash64(router, view, sizeof view) : router;
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_GOSSIP_KINDS(KIND)
#undef KIND
    ORR_VIEW_KIND_NAMES,
    NULL,
};

static const struct orr_config_key keys[] = {
    ORR_GOSSIP_CONFIG_KEYS,
    ORR_VIEW_KEYS(struct node_config, view, "its peers are those of the overlay"),
    {0},
};

const struct orr_protocol orr_gossip_node = {
    .abi = ORR_ABI,
    .name = "gossipsub",
    .summary = "a libp2p GossipSub router (v1.0, 1.1, 1.2) whose clients publish",
    .kinds = kinds,
    .config_size = sizeof(struct node_config),
    .config = keys,
    .node_size = sizeof(struct gossip_node),
    .n_timers = N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = share,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .decode = decode,
    .touch = touch,
    .digest = digest,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .workload.make_tx = orr_plain_tx,
};
