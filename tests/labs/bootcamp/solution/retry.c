/* retry.c - 5: what is lost is sent again.
 *
 * Node 0 sends what its client hands in to node 1.  The network loses a third of all messages, the
 * acknowledgements among them.  Node 1 is there already: it delivers what is new and acknowledges
 * all that comes.  One message is on its way at a time. */
#include "models/output.h"
#include "models/plain_tx.h"

enum { DATA, ACK }; /* DATA: what the client made; ACK: no bytes */
static const char *const kinds[] = {"data", "ack", NULL};
enum { AGAIN };
static const orr_time PATIENCE = 100 * 1000000; /* 100 ms */

struct retry_node {
    const struct orr_env *env;
    struct orr_msg *open; /* at node 0: what has been sent and is not acknowledged; or NULL */
    uint64_t last;        /* at node 1: hash of what it delivered last */
};

static int retry_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct retry_node *)state)->env = env;
    return 0;
}

static void retry_fini(void *state) {
    struct retry_node *node = state;
    orr_msg_unref(node->env->common->pool, node->open);
}

/* A client hands m in (lent), or it is time to send node->open again, or it is acknowledged. */
static void begin(struct retry_node *node, struct orr_msg *m, orr_time now,
                  struct orr_outbox *out) {
    orr_deliver(out, orr_msg_hash(m), node->env->self);
    /* Keep it in node->open, send it to node 1, and arm the timer AGAIN. */
    orr_msg_unref(node->env->common->pool, node->open);
    node->open = orr_msg_ref(m);
    orr_send(out, 1, orr_msg_ref(m));
    orr_arm(out, AGAIN, now + PATIENCE);
}
static void again(struct retry_node *node, orr_time now, struct orr_outbox *out) {
    if (!node->open) return;
    orr_send(out, 1, orr_msg_ref(node->open));
    orr_arm(out, AGAIN, now + PATIENCE);
}
static void acknowledged(struct retry_node *node, struct orr_outbox *out) {
    /* Nothing is open: give the message back, disarm the timer (orr_arm at ORR_NEVER). */
    orr_msg_unref(node->env->common->pool, node->open);
    node->open = NULL;
    orr_arm(out, AGAIN, ORR_NEVER);
}

/* Node 1. */
static void receive(struct retry_node *node, struct orr_msg *m, struct orr_outbox *out) {
    uint64_t id = orr_msg_hash(m);
    if (id != node->last) orr_deliver(out, id, 0);
    node->last = id;
    orr_send(out, 0, orr_msg_new(out->pool, ACK, 0));
}

static int retry_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct retry_node *node = state;
    if (event->kind == ORR_INPUT) begin(node, event->msg, event->now, out);
    if (event->kind == ORR_TIMER) again(node, event->now, out);
    if (event->kind != ORR_RECV || !event->msg) return 0;
    if (event->msg->kind == ACK) acknowledged(node, out);
    else receive(node, event->msg, out);
    return 0;
}

const struct orr_protocol orr_lab_retry = {
    .abi = ORR_ABI,
    .name = "retry",
    .summary = "sends again until it is acknowledged",
    .kinds = kinds,
    .node_size = sizeof(struct retry_node),
    .n_timers = 1,
    .init = retry_init,
    .fini = retry_fini,
    .step = retry_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
