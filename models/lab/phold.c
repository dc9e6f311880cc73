/* phold.c - PHOLD, the standard benchmark of event-driven simulators: R. M. Fujimoto, "Performance
 * of Time Warp under synthetic workloads", SCS Distributed Simulation 1990.
 *
 * Every node starts with some messages on their way; a node that receives one sends it on to a node
 * drawn evenly from all.  The delay is that of the network's links. */
#include "models/protocol.h"

struct config {
    uint64_t population;
};
struct phold {
    uint32_t n_nodes;
    uint32_t population;
    uint64_t n_received;
};

static const struct orr_config_key keys[] = {
    {.name = "population", .help = "messages that each node starts with", .type = ORR_CONFIG_COUNT,
     .offset = offsetof(struct config, population), .fallback = 16, .min = 1, .max = 1000000},
    {.name = NULL},
};

static int phold_init(void *state, const struct orr_env *env, const void *cfg) {
    const struct config *config = cfg;
    struct phold *node = state;
    node->n_nodes = env->common->n_nodes;
    node->population = (uint32_t)config->population;
    return 0;
}

static int phold_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct phold *node = state;
    if (event->kind == ORR_RECV) {
        node->n_received++;
        orr_send(out, (orr_peer)orr_rng_below(out->rng, node->n_nodes), orr_msg_ref(event->msg));
    } else if (event->kind == ORR_START) {
        for (uint32_t i = 0; i < node->population; i++)
            orr_send(out, (orr_peer)orr_rng_below(out->rng, node->n_nodes), NULL);
    }
    return 0;
}

static const char *phold_refuses(const void *cfg, uint32_t n) {
    (void)cfg;
    return n < 2 ? "a node alone would send to itself, which takes no time" : NULL;
}

static uint64_t phold_digest(const void *state) {
    return ((const struct phold *)state)->n_received;
}

const struct orr_protocol orr_lab_phold = {
    .abi = ORR_ABI,
    .name = "phold",
    .summary = "benchmark: every message received is sent on to a random node",
    .config_size = sizeof(struct config),
    .config = keys,
    .node_size = sizeof(struct phold),
    .init = phold_init,
    .step = phold_step,
    .digest = phold_digest,
    .genesis.refuses = phold_refuses,
};
