/* event.c - 1: an event goes in, effects come out.
 *
 * step() is called for whatever happens to a node: it starts, a message comes, a timer fires, a
 * client asks.  event->kind says which.  What the node wants done it appends to the outbox. */
#include "models/output.h"
#include "models/plain_tx.h"

struct event_node {
    orr_peer self;
};

static int event_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct event_node *)state)->self = env->self;
    return 0;
}

static int event_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct event_node *node = state;
    /* When a client hands a transaction in (kind ORR_INPUT, key ORR_IN_TX), deliver it:
     * orr_deliver(out, orr_msg_hash(event->msg), node->self).  Other events bring no message. */
    orr_deliver(out, orr_msg_hash(event->msg), node->self);
    return 0;
}

const struct orr_protocol orr_lab_event = {
    .abi = ORR_ABI,
    .name = "event",
    .summary = "what a client hands in is delivered",
    .node_size = sizeof(struct event_node),
    .init = event_init,
    .step = event_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
