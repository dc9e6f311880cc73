/* flood.c - flooding: what a node sees for the first time it sends on to all neighbours but the one
 * that it came from.  Every node of a connected overlay receives every message. */
#include "models/output.h"

enum { RUMOUR };
static const char *const kinds[] = {"rumour", NULL};

/* Which messages were seen: a table of hashes with open addressing, at most half full.  Before it
 * stand the latest few: a message comes from every neighbour within a short time, and most of what
 * arrives is found there. */
enum { RECENT = 8 };
struct flood {
    uint64_t recent[RECENT]; /* a ring; 0 is no message's hash */
    uint64_t *seen;
    uint32_t n_seen, cap;    /* cap is a power of two */
    orr_peer self;
    struct orr_mem *mem;
};

static int flood_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    struct flood *node = state;
    node->mem = env->common->mem;
    node->self = env->self;
    node->cap = 64;
    node->seen = orr_alloc_zero(env->common->mem, node->cap * sizeof *node->seen);
    return 0;
}

static void flood_fini(void *state) {
    struct flood *node = state;
    orr_free(node->mem, node->seen, node->cap * sizeof *node->seen);
}

static void grow(struct flood *node) {
    uint32_t old_cap = node->cap;
    uint64_t *old = node->seen;
    node->cap = 2 * old_cap;
    node->seen = orr_alloc_zero(node->mem, node->cap * sizeof *old);
    for (uint32_t i = 0; i < old_cap; i++) {
        if (!old[i]) continue;
        uint32_t at = (uint32_t)old[i] & (node->cap - 1);
        while (node->seen[at]) at = (at + 1) & (node->cap - 1);
        node->seen[at] = old[i];
    }
    orr_free(node->mem, old, old_cap * sizeof *old);
}

/* Remembers a message; false when it was known. */
static bool is_new(struct flood *node, uint64_t id) {
    for (uint32_t i = 0; i < RECENT; i++)
        if (node->recent[i] == id) return false;
    uint32_t at = (uint32_t)id & (node->cap - 1);
    for (; node->seen[at]; at = (at + 1) & (node->cap - 1)) /* ends: the table is half empty */
        if (node->seen[at] == id) return false;
    node->seen[at] = id;
    node->recent[node->n_seen % RECENT] = id;
    if (2 * ++node->n_seen > node->cap) grow(node);
    return true;
}

static void deliver(struct flood *node, orr_peer from, struct orr_msg *msg,
                    struct orr_outbox *out) {
    uint64_t id = orr_msg_hash(msg);
    if (!is_new(node, id)) return;
    /* who sent it first is known only to the node that a client gave it to */
    orr_deliver(out, id, from == ORR_NOBODY ? node->self : ORR_NOBODY);
    orr_cast(out, from, orr_msg_ref(msg));
}

static int flood_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct flood *node = state;
    if (!event->msg) return 0;
    if (event->kind == ORR_RECV) deliver(node, event->peer, event->msg, out);
    if (event->kind == ORR_INPUT && event->key == ORR_IN_TX)
        deliver(node, ORR_NOBODY, event->msg, out);
    return 0;
}

static uint64_t flood_digest(const void *state) {
    const struct flood *node = state;
    uint64_t sum = 0; /* commutative: the table's order must not show */
    for (uint32_t i = 0; i < node->cap; i++) sum += node->seen[i];
    return sum;
}

/* A message of any bytes will do. */
static struct orr_msg *flood_make_tx(void *state, const struct orr_common *common,
                                     const struct orr_tx_order *order) {
    (void)state;
    struct orr_msg *msg = orr_msg_new(common->pool, RUMOUR, order->size < 16 ? 16 : order->size);
    for (uint32_t i = 0; i < msg->len; i += 8) {
        uint64_t bits = orr_rng_u64(order->rng);
        memcpy(msg->data + i, &bits, msg->len - i < 8 ? msg->len - i : 8);
    }
    return msg;
}

const struct orr_protocol orr_lab_flood = {
    .abi = ORR_ABI,
    .name = "flood",
    .summary = "flooding on the overlay: what is new is sent on to all other neighbours",
    .kinds = kinds,
    .node_size = sizeof(struct flood),
    .init = flood_init,
    .step = flood_step,
    .fini = flood_fini,
    .digest = flood_digest,
    .workload.make_tx = flood_make_tx,
};
