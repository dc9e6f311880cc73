/* pingpong.c - the smallest protocol: node 0 sends a ping to each peer and every ping comes back.
 * A good file to copy. */
#include "models/base/bytes.h"
#include "models/output.h"

enum { PING, PONG };
static const char *const kinds[] = {"ping", "pong", NULL};

struct config {
    orr_time period;
};
struct pingpong {
    orr_peer self;
    orr_time period;
    uint64_t n_pongs;
    uint64_t rtt_sum; /* ns, on this node's monotonic clock */
};

static const struct orr_config_key keys[] = {
    {.name = "period", .help = "time between two rounds of pings", .type = ORR_CONFIG_TIME,
     .offset = offsetof(struct config, period), .fallback = 1000000000, .min = 1000,
     .max = 3600000000000},
    {.name = NULL},
};

static int pingpong_init(void *state, const struct orr_env *env, const void *cfg) {
    struct pingpong *node = state;
    node->self = env->self;
    node->period = ((const struct config *)cfg)->period;
    return 0;
}

/* A ping carries the time at which it was sent; its pong brings it back. */
static void send_pings(struct pingpong *node, orr_time now, struct orr_outbox *out) {
    struct orr_msg *ping = orr_msg_new(out->pool, PING, 8);
    orr_store_le64(ping->data, (uint64_t)now);
    orr_cast(out, ORR_NOBODY, ping);
    orr_arm(out, 0, now + node->period);
}

static int pingpong_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct pingpong *node = state;
    switch (event->kind) {
    case ORR_START:
    case ORR_TIMER:
        if (node->self == 0) send_pings(node, event->now, out);
        break;
    case ORR_RECV:
        if (!event->msg || event->msg->len != 8) {
            orr_reject(out);
        } else if (event->msg->kind == PING) {
            orr_send(out, event->peer, orr_msg_copy(out->pool, PONG, event->msg->data, 8));
        } else {
            node->n_pongs++;
            /* a damaged pong may name any time: the sum wraps around instead of overflowing */
            node->rtt_sum += (uint64_t)event->now - orr_load_le64(event->msg->data);
        }
        break;
    default: break;
    }
    return 0;
}

static uint64_t pingpong_digest(const void *state) {
    const struct pingpong *node = state;
    return node->n_pongs ^ (uint64_t)node->rtt_sum << 20;
}

const struct orr_protocol orr_lab_pingpong = {
    .abi = ORR_ABI,
    .name = "ping-pong",
    .summary = "the smallest protocol: node 0 pings all others, and every ping comes back",
    .kinds = kinds,
    .config_size = sizeof(struct config),
    .config = keys,
    .node_size = sizeof(struct pingpong),
    .n_timers = 1,
    .init = pingpong_init,
    .step = pingpong_step,
    .digest = pingpong_digest,
};
