/* layout.c - 3: what a message looks like.
 *
 * A message is a kind and bytes.  Both ends must agree on each byte, on whatever machine they run:
 * not a struct copied as it lies in memory, but fields at offsets, in a byte order that is written
 * down.  models/base/bytes.h has orr_store_le32, orr_load_le64 and the like.
 *
 *     HELLO, 12 bytes:  offset 0  u32 little-endian  the sender's number
 *                       offset 4  u64 little-endian  its secret: 1000000007 * (number + 1) */
#include "models/base/bytes.h"
#include "models/output.h"

enum { HELLO };
static const char *const kinds[] = {"hello", NULL};

struct layout_node {
    orr_peer self;
};

static int layout_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct layout_node *)state)->self = env->self;
    return 0;
}

static void say_hello(const struct layout_node *node, struct orr_outbox *out) {
    uint64_t secret = UINT64_C(1000000007) * (node->self + 1);
    /* Make a message, orr_msg_new(out->pool, HELLO, 12), write its 12 bytes, and send it to all:
     * orr_cast(out, ORR_NOBODY, m). */
    /* YOUR CODE */
    (void)secret, (void)out;
}

static void hear_hello(const struct orr_msg *m, struct orr_outbox *out) {
    /* A message from outside has any length: one that has not 12 bytes is no HELLO,
     * orr_reject(out) says so.  Of the others put out the secret that is in it:
     * orr_metric(out, "secret", n, ""). */
    /* YOUR CODE */
    (void)m, (void)out;
}

static int layout_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_START) say_hello(state, out);
    if (event->kind == ORR_RECV && event->msg) hear_hello(event->msg, out);
    return 0;
}

const struct orr_protocol orr_lab_layout = {
    .abi = ORR_ABI,
    .name = "layout",
    .summary = "everybody tells everybody a number",
    .kinds = kinds,
    .node_size = sizeof(struct layout_node),
    .init = layout_init,
    .step = layout_step,
};
