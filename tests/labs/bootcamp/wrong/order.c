/* order.c - 7: sequence numbers.
 *
 * Node 0 numbers what its client hands in, 0, 1, 2, ..., and sends it to node 1.  The network loses
 * nothing, but a message may overtake another.  Node 1 must deliver in the order of the numbers:
 * what comes too early waits.  At most 64 numbers are ahead of the one that is due.
 *
 *     DATA  offset 0  u64 little-endian  number
 *           offset 8  u64 little-endian  what is to be delivered */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { DATA };
static const char *const kinds[] = {"data", NULL};
enum { WINDOW = 64 };

struct order_node {
    orr_peer self;
    uint64_t next;            /* at node 0: the number to give; at node 1: the number that is due */
    uint64_t waiting[WINDOW]; /* at node 1: what came early, at number % WINDOW; 0: nothing       */
};

static int order_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct order_node *)state)->self = env->self;
    return 0;
}

/* Node 1: `id` has come under that number. */
static void receive(struct order_node *node, uint64_t number, uint64_t id,
                    struct orr_outbox *out) {
    if (number < node->next || number - node->next >= WINDOW) return;
    /* Remember it, and deliver all that is due by now: orr_deliver(out, id, 0). */
    node->waiting[number % WINDOW] = id;
    orr_deliver(out, id, 0);
}

static void submit(struct order_node *node, const struct orr_msg *tx, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, DATA, 16);
    orr_store_le64(m->data, node->next++);
    orr_store_le64(m->data + 8, orr_msg_hash(tx));
    orr_deliver(out, orr_msg_hash(tx), 0);
    orr_send(out, 1, m);
}

static int order_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_msg *m = event->msg;
    if (event->kind == ORR_INPUT) submit(state, m, out);
    if (event->kind == ORR_RECV && m && m->len == 16)
        receive(state, orr_load_le64(m->data), orr_load_le64(m->data + 8), out);
    return 0;
}

const struct orr_protocol orr_lab_order = {
    .abi = ORR_ABI,
    .name = "order",
    .summary = "delivers in the order of the numbers",
    .kinds = kinds,
    .node_size = sizeof(struct order_node),
    .init = order_init,
    .step = order_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
