/* flood.c - flooding: what a node sees for the first time it sends on to all neighbours but the one
 * that it came from.  Every node of a connected overlay receives every message. */
#include "models/base/set.h"
#include "models/output.h"

enum { RUMOUR };
static const char *const kinds[] = {"rumour", NULL};

/* Before the set of what was seen stand the latest few: a message comes from every neighbour within
 * a short time, and most of what arrives is found there. */
enum { RECENT = 8 };
struct flood {
    uint64_t recent[RECENT]; /* a ring; 0 is no message's hash */
    struct orr_set seen;     /* hashes of messages             */
    orr_peer self;
};

static int flood_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    struct flood *node = state;
    node->self = env->self;
    orr_set_init(&node->seen, env->common->mem, 32);
    return 0;
}

static void flood_fini(void *state) { orr_set_fini(&((struct flood *)state)->seen); }

/* Remembers a message; false when it was known. */
static bool is_new(struct flood *node, uint64_t id) {
    for (uint32_t i = 0; i < RECENT; i++)
        if (node->recent[i] == id) return false;
    if (!orr_set_add(&node->seen, id)) return false;
    node->recent[node->seen.n % RECENT] = id;
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

static void flood_touch(const void *state, const struct orr_msg *msg) {
    const struct flood *node = state;
    __builtin_prefetch(orr_set_place(&node->seen, orr_msg_hash(msg)), 1);
}

static uint64_t flood_digest(const void *state) {
    return ((const struct flood *)state)->seen.sum;
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
    .touch = flood_touch,
    .digest = flood_digest,
    .workload.make_tx = flood_make_tx,
};
