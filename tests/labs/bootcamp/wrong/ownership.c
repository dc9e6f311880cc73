/* ownership.c - 4: whose is a message?
 *
 * A message counts its references.  event->msg is lent: it is there until step() returns.  To keep
 * it or to send it on takes a reference of one's own: orr_msg_ref(event->msg).  orr_send gives the
 * reference away; what is kept must be given back once, by orr_msg_unref(pool, m). */
#include "models/output.h"
#include "models/plain_tx.h"

struct ownership_node {
    const struct orr_env *env;
    struct orr_msg *latest; /* the latest message that this node has delivered, kept; or NULL */
};

static int ownership_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct ownership_node *)state)->env = env;
    return 0;
}

/* The node ends, or crashes. */
static void ownership_fini(void *state) {
    struct ownership_node *node = state;
    orr_msg_unref(node->env->common->pool, node->latest);
}

/* Keeps m, which is lent, in place of what was kept before. */
static void keep(struct ownership_node *node, struct orr_msg *m) {
    /* Take a reference to m and give back the one to what was kept before (NULL: nothing). */
    node->latest = orr_msg_ref(m);
}

/* Sends m, which is lent, to the next node in the ring. */
static void pass_on(struct ownership_node *node, struct orr_msg *m, struct orr_outbox *out) {
    orr_peer next = (node->env->self + 1) % node->env->common->n_nodes;
    orr_send(out, next, orr_msg_ref(m));
}

/* A message goes round until it is back where it has been delivered already. */
static int ownership_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct ownership_node *node = state;
    if (!event->msg || (event->kind != ORR_RECV && event->kind != ORR_INPUT)) return 0;
    uint64_t id = orr_msg_hash(event->msg);
    if (node->latest && orr_msg_hash(node->latest) == id) return 0;
    orr_deliver(out, id, event->kind == ORR_INPUT ? node->env->self : ORR_NOBODY);
    keep(node, event->msg);
    pass_on(node, event->msg, out);
    return 0;
}

const struct orr_protocol orr_lab_ownership = {
    .abi = ORR_ABI,
    .name = "ownership",
    .summary = "a message goes once round the ring",
    .node_size = sizeof(struct ownership_node),
    .init = ownership_init,
    .fini = ownership_fini,
    .step = ownership_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
