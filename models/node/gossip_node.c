/* gossip_node.c - the node `gossipsub`: a router whose application delivers what comes and whose
 * clients publish.
 *
 * A client's payload goes to the topic that its first bytes choose, so that all topics are used.
 * The validator refuses a payload that begins with "bad" and ignores one that begins with
 * "ignore"; all others are good. */
#include "models/gossip/state.h"
#include "models/output.h"
#include "models/plain_tx.h"

struct gossip_node {
    struct orr_gossip router;
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
    orr_gossip_init(&node->router, env, cfg, env->common->shared, &application, node);
    return 0;
}

static void fini(void *state) {
    orr_gossip_fini(&((struct gossip_node *)state)->router);
}

static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct gossip_node *node = state;
    if (event->kind != ORR_INPUT) {
        orr_gossip_step(&node->router, event, out);
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
    orr_gossip_decode(common->shared, common, m);
}

static void touch(const void *state, const struct orr_msg *m) {
    orr_gossip_touch(&((const struct gossip_node *)state)->router, m);
}

static uint64_t digest(const void *state) {
    return orr_gossip_digest(&((const struct gossip_node *)state)->router);
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_GOSSIP_KINDS(KIND)
#undef KIND
    NULL,
};

const struct orr_protocol orr_gossip_node = {
    .abi = ORR_ABI,
    .name = "gossipsub",
    .summary = "a libp2p GossipSub router (v1.0, 1.1, 1.2) whose clients publish",
    .kinds = kinds,
    .config_size = sizeof(struct orr_gossip_config),
    .config = orr_gossip_keys,
    .node_size = sizeof(struct gossip_node),
    .n_timers = ORR_GOSSIP_N_TIMERS,
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
