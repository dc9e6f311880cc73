/* ack.c - 6: the other end: what has come is acknowledged.
 *
 * Node 0 is there already.  It numbers what its client hands in, sends it to node 1, and sends it
 * again until an ACK with its number comes.  Several may be open at a time, up to 16.  The network
 * loses messages, ACKs among them, and doubles some.
 *
 *     DATA  offset 0  u64 little-endian  number, from 1 on
 *           offset 8  u64 little-endian  hash of what the client made, which is behind it
 *     ACK   offset 0  u64 little-endian  number */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { DATA, ACK };
static const char *const kinds[] = {"data", "ack", NULL};
enum { AGAIN, OPEN_MOST = 16, MOST = 4096 };
static const orr_time PATIENCE = 200 * 1000000; /* 200 ms */

struct ack_node {
    const struct orr_env *env;
    uint64_t n_sent;                 /* at node 0 */
    struct orr_msg *open[OPEN_MOST]; /* DATA that is not acknowledged; NULL: free */
    bool has_come[MOST];             /* at node 1: by number */
};

static int ack_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct ack_node *)state)->env = env;
    return 0;
}

static void ack_fini(void *state) {
    struct ack_node *node = state;
    for (int i = 0; i < OPEN_MOST; i++) orr_msg_unref(node->env->common->pool, node->open[i]);
}

/* Node 1: DATA has come, with that number; `id` is what orr_deliver takes. */
static void receive(struct ack_node *node, uint64_t number, uint64_t id, struct orr_outbox *out) {
    /* Deliver it, orr_deliver(out, id, 0), if it has not come before, and send node 0 an ACK.
     * Think: what does node 0 do when that ACK is lost? */
    if (node->has_come[number]) return;
    orr_deliver(out, id, 0);
    node->has_come[number] = true;
    struct orr_msg *m = orr_msg_new(out->pool, ACK, 8);
    orr_store_le64(m->data, number);
    orr_send(out, 0, m);
}

/* ---- node 0 ---- */

static void submit(struct ack_node *node, const struct orr_msg *tx, orr_time now,
                   struct orr_outbox *out) {
    int i = 0;
    while (i < OPEN_MOST && node->open[i]) i++;
    orr_deliver(out, orr_msg_hash(tx), 0);
    if (i == OPEN_MOST || node->n_sent + 1 == MOST) return;
    struct orr_msg *m = orr_msg_new(out->pool, DATA, 16 + tx->len);
    orr_store_le64(m->data, ++node->n_sent);
    orr_store_le64(m->data + 8, orr_msg_hash(tx));
    memcpy(m->data + 16, tx->data, tx->len);
    node->open[i] = orr_msg_ref(m);
    orr_send(out, 1, m);
    orr_arm(out, AGAIN, now + PATIENCE);
}

static void again(struct ack_node *node, orr_time now, struct orr_outbox *out) {
    bool any = false;
    for (int i = 0; i < OPEN_MOST; i++) {
        if (!node->open[i]) continue;
        orr_send(out, 1, orr_msg_ref(node->open[i]));
        any = true;
    }
    orr_arm(out, AGAIN, any ? now + PATIENCE : ORR_NEVER);
}

static void close_number(struct ack_node *node, uint64_t number) {
    for (int i = 0; i < OPEN_MOST; i++) {
        if (!node->open[i] || orr_load_le64(node->open[i]->data) != number) continue;
        orr_msg_unref(node->env->common->pool, node->open[i]);
        node->open[i] = NULL;
    }
}

static int ack_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct ack_node *node = state;
    const struct orr_msg *m = event->msg;
    if (event->kind == ORR_INPUT) submit(node, m, event->now, out);
    if (event->kind == ORR_TIMER) again(node, event->now, out);
    if (event->kind != ORR_RECV || !m || m->len < 8) return 0;
    uint64_t number = orr_load_le64(m->data);
    if (m->kind == ACK) close_number(node, number);
    else if (m->len >= 16 && number < MOST) receive(node, number, orr_load_le64(m->data + 8), out);
    return 0;
}

const struct orr_protocol orr_lab_ack = {
    .abi = ORR_ABI,
    .name = "ack",
    .summary = "acknowledges what has come",
    .kinds = kinds,
    .node_size = sizeof(struct ack_node),
    .n_timers = 1,
    .init = ack_init,
    .fini = ack_fini,
    .step = ack_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
