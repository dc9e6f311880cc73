/* heartbeat.c - 11: who is still there?
 *
 * Nobody sees a crash; what one sees is silence.  Every node sends all others a BEAT every 100 ms.
 * A message takes 10 to 50 ms.  Whoever has not been heard for 300 ms is suspected, and trusted
 * again as soon as it is heard.
 *
 * There are two timers: BEAT_DUE, and LOOK every 50 ms. */
#include "models/output.h"

enum { BEAT };
static const char *const kinds[] = {"beat", NULL};
enum { BEAT_DUE, LOOK, MOST = 16 };
static const orr_time PERIOD = 100 * 1000000, SILENCE = 300 * 1000000, LOOKS = 50 * 1000000;

struct heartbeat_node {
    const struct orr_env *env;
    orr_time heard[MOST]; /* when each peer was heard last, or this node began */
    bool suspects[MOST];
};

static int heartbeat_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct heartbeat_node *)state)->env = env;
    return env->common->n_nodes <= MOST ? 0 : ORR_ELIMIT;
}

/* A peer was heard at that time. */
static void hear(struct heartbeat_node *node, orr_peer peer, orr_time now,
                 struct orr_outbox *out) {
    /* Remember when, and if it was suspected, trust it: orr_metric(out, "trust", peer, ""). */
    /* YOUR CODE */
    (void)node, (void)peer, (void)now, (void)out;
}

/* The timer LOOK fired. */
static void look(struct heartbeat_node *node, orr_time now, struct orr_outbox *out) {
    /* Suspect whoever has been silent for SILENCE and is not suspected yet, but not yourself:
     * orr_metric(out, "suspect", peer, "").  Look again, LOOKS from now. */
    /* YOUR CODE */
    (void)node, (void)now, (void)out;
}

static void beat(orr_time now, struct orr_outbox *out) {
    orr_cast(out, ORR_NOBODY, orr_msg_new(out->pool, BEAT, 0));
    orr_arm(out, BEAT_DUE, now + PERIOD);
}

static int heartbeat_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct heartbeat_node *node = state;
    if (event->kind == ORR_START) {
        for (orr_peer p = 0; p < MOST; p++) node->heard[p] = event->now;
        beat(event->now, out);
        look(node, event->now, out);
    }
    if (event->kind == ORR_TIMER && event->key == BEAT_DUE) beat(event->now, out);
    if (event->kind == ORR_TIMER && event->key == LOOK) look(node, event->now, out);
    if (event->kind == ORR_RECV) hear(node, event->peer, event->now, out);
    return 0;
}

const struct orr_protocol orr_lab_heartbeat = {
    .abi = ORR_ABI,
    .name = "heartbeat",
    .summary = "suspects who is silent",
    .kinds = kinds,
    .node_size = sizeof(struct heartbeat_node),
    .n_timers = 2,
    .init = heartbeat_init,
    .step = heartbeat_step,
};
