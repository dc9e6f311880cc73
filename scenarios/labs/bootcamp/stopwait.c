/* stopwait.c - 10: stop and wait.
 *
 * All together: node 0 sends what its client hands in to node 1, in order, each once delivered,
 * over a network that loses, doubles and reorders.  It sends number n, again and again, until
 * number n is acknowledged, and only then number n + 1.  What comes in meanwhile waits in a
 * queue.
 *
 *     DATA  offset 0  u64 little-endian  number, from 1 on
 *           offset 8  u64 little-endian  what is to be delivered
 *     ACK   offset 0  u64 little-endian  number */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { DATA, ACK };
static const char *const kinds[] = {"data", "ack", NULL};
enum { AGAIN, QUEUE = 256 };
static const orr_time PATIENCE = 100 * 1000000; /* 100 ms */

struct stopwait_node {
    uint64_t queue[QUEUE]; /* at node 0: what came in, number n at n % QUEUE           */
    uint64_t n_taken;      /* ... how much came in                                     */
    uint64_t n_done;       /* at node 0: numbers 1 .. n_done are acknowledged;
                              at node 1: numbers 1 .. n_done are delivered              */
};

static int stopwait_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}

/* Sends number n_done + 1, if there is one, and arms the timer; else disarms it. */
static void send_due(const struct stopwait_node *node, orr_time now, struct orr_outbox *out) {
    /* YOUR CODE */
    (void)node, (void)now, (void)out;
}

/* Node 0: an acknowledgement has come. */
static void hear_ack(struct stopwait_node *node, uint64_t number, orr_time now,
                     struct orr_outbox *out) {
    /* YOUR CODE */
    (void)node, (void)number, (void)now, (void)out;
}

/* Node 1: DATA has come. */
static void hear_data(struct stopwait_node *node, uint64_t number, uint64_t id,
                      struct orr_outbox *out) {
    /* YOUR CODE */
    (void)node, (void)number, (void)id, (void)out;
}

static void submit(struct stopwait_node *node, uint64_t id, orr_time now, struct orr_outbox *out) {
    orr_deliver(out, id, 0);
    if (node->n_taken - node->n_done == QUEUE - 1) return;
    node->queue[++node->n_taken % QUEUE] = id;
    if (node->n_taken == node->n_done + 1) send_due(node, now, out);
}

static int stopwait_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct stopwait_node *node = state;
    const struct orr_msg *m = event->msg;
    if (event->kind == ORR_INPUT) submit(node, orr_msg_hash(m), event->now, out);
    if (event->kind == ORR_TIMER) send_due(node, event->now, out);
    if (event->kind != ORR_RECV || !m) return 0;
    if (m->kind == ACK && m->len == 8) hear_ack(node, orr_load_le64(m->data), event->now, out);
    if (m->kind == DATA && m->len == 16)
        hear_data(node, orr_load_le64(m->data), orr_load_le64(m->data + 8), out);
    return 0;
}

const struct orr_protocol orr_lab_stopwait = {
    .abi = ORR_ABI,
    .name = "stopwait",
    .summary = "one after the other, until each has arrived",
    .kinds = kinds,
    .node_size = sizeof(struct stopwait_node),
    .n_timers = 1,
    .init = stopwait_init,
    .step = stopwait_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
