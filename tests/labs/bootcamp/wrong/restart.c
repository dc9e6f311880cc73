/* restart.c - 12: what a crash leaves.
 *
 * Node 0 gives numbers to what its client hands in, and tells node 1.  No number may be given
 * twice, though node 0 crashes and restarts, again and again.  A crash takes the node's memory.
 * What was written by orr_write(out, name, message), and has reached the disk, stays, and comes
 * back before ORR_START as an event ORR_STORED, event->key being the name.  Effects take hold in
 * their order: what stands behind a write leaves when that is on the disk.
 *
 *     NUMBERED  offset 0  u64 little-endian  the number, from 1 on
 *               offset 8  u64 little-endian  hash of what the client made */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { NUMBERED };
static const char *const kinds[] = {"numbered", NULL};
enum { COUNTER }; /* name of the durable record: the last number given, u64 little-endian */

struct restart_node {
    uint64_t last; /* number given */
};

static int restart_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}

/* A record that an earlier life of this node wrote. */
static void restore(struct restart_node *node, uint32_t name, const struct orr_msg *m) {
    if (name == COUNTER && m && m->len == 8) node->last = orr_load_le64(m->data);
}

/* The client hands something in. */
static void submit(struct restart_node *node, uint64_t id, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, NUMBERED, 16);
    orr_store_le64(m->data, ++node->last);
    orr_store_le64(m->data + 8, id);
    /* Write node->last under COUNTER, orr_write(out, COUNTER, 8 bytes), and send m to node 1. */
    orr_send(out, 1, m);
    struct orr_msg *counter = orr_msg_new(out->pool, 0, 8);
    orr_store_le64(counter->data, node->last);
    orr_write(out, COUNTER, counter);
}

static int restart_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_STORED) restore(state, event->key, event->msg);
    if (event->kind == ORR_INPUT) submit(state, orr_msg_hash(event->msg), out);
    return 0;
}

const struct orr_protocol orr_lab_restart = {
    .abi = ORR_ABI,
    .name = "restart",
    .summary = "numbers that no crash gives twice",
    .kinds = kinds,
    .node_size = sizeof(struct restart_node),
    .init = restart_init,
    .step = restart_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
