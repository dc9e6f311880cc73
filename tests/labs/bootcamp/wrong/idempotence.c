/* idempotence.c - 8: twice is once.
 *
 * Node 0 keeps a balance and tells the others.  Messages are doubled and overtake each other.  "Add
 * 5" does harm when it comes twice; "the balance is 12, and this is what I say for the third time"
 * does not: who has heard that, or something later, need not listen.
 *
 *     BALANCE  offset 0  u64 little-endian  how many times node 0 has said one, this one counted
 *              offset 8  u64 little-endian  the balance */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { BALANCE };
static const char *const kinds[] = {"balance", NULL};

struct idempotence_node {
    uint64_t version, balance;
};

static int idempotence_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}

/* Another node than 0 hears a balance. */
static void hear(struct idempotence_node *node, uint64_t version, uint64_t balance,
                 struct orr_outbox *out) {
    /* Take it over if it is newer than what the node knows, and say so:
     * orr_metric(out, "balance", balance, ""). */
    node->version = version;
    node->balance = balance;
    orr_metric(out, "balance", (int64_t)balance, "");
}

/* Node 0: a client pays in. */
static void pay_in(struct idempotence_node *node, uint64_t amount, struct orr_outbox *out) {
    node->version++;
    node->balance += amount;
    orr_metric(out, "balance", (int64_t)node->balance, "");
    struct orr_msg *m = orr_msg_new(out->pool, BALANCE, 16);
    orr_store_le64(m->data, node->version);
    orr_store_le64(m->data + 8, node->balance);
    orr_cast(out, ORR_NOBODY, m);
}

static int idempotence_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_msg *m = event->msg;
    if (event->kind == ORR_INPUT) pay_in(state, 1 + orr_msg_hash(m) % 100, out);
    if (event->kind == ORR_RECV && m && m->len == 16)
        hear(state, orr_load_le64(m->data), orr_load_le64(m->data + 8), out);
    return 0;
}

const struct orr_protocol orr_lab_idempotence = {
    .abi = ORR_ABI,
    .name = "idempotence",
    .summary = "a balance that survives doubled messages",
    .kinds = kinds,
    .node_size = sizeof(struct idempotence_node),
    .init = idempotence_init,
    .step = idempotence_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
