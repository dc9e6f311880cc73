/* duplicates.c - 9: what is known is not news.
 *
 * Flooding: whoever hears something new delivers it and sends it on to all others.  Then everybody
 * hears everything, many times, and must know what it has heard before, its own messages as well.
 * models/base/set.h has a set of numbers: orr_set_add(&set, id) is false when id was in it. */
#include "models/base/set.h"
#include "models/output.h"
#include "models/plain_tx.h"

struct duplicates_node {
    orr_peer self;
    struct orr_set seen;
};

static int duplicates_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    struct duplicates_node *node = state;
    node->self = env->self;
    orr_set_init(&node->seen, env->common->mem, 32);
    return 0;
}

static void duplicates_fini(void *state) { orr_set_fini(&((struct duplicates_node *)state)->seen); }

static int duplicates_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct duplicates_node *node = state;
    if (!event->msg || (event->kind != ORR_RECV && event->kind != ORR_INPUT)) return 0;
    uint64_t id = orr_msg_hash(event->msg);
    orr_peer from = event->kind == ORR_RECV ? event->peer : ORR_NOBODY;
    orr_peer origin = event->kind == ORR_RECV ? ORR_NOBODY : node->self;
    /* If it is new to this node: orr_deliver(out, id, origin), and send it on to all but `from`:
     * orr_cast(out, from, a reference to event->msg). */
    if (!orr_set_add(&node->seen, id)) return 0;
    orr_deliver(out, id, origin);
    orr_cast(out, from, orr_msg_ref(event->msg));
    return 0;
}

const struct orr_protocol orr_lab_duplicates = {
    .abi = ORR_ABI,
    .name = "duplicates",
    .summary = "flooding that knows what it has seen",
    .node_size = sizeof(struct duplicates_node),
    .init = duplicates_init,
    .fini = duplicates_fini,
    .step = duplicates_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
