/* timer.c - 2: later.
 *
 * A node does not wait and reads no clock: it arms a timer, orr_arm(out, key, when), and step() is
 * called with ORR_TIMER at that time or a little later.  `when` is a time on the node's own clock,
 * not a duration; event->now is what that clock shows.  Times are in ns. */
#include "models/output.h"

enum { TICK };
static const orr_time PERIOD = 100 * 1000000; /* 100 ms */

struct timer_node {
    int64_t n_ticks;
};

static int timer_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}

static int timer_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct timer_node *node = state;
    /* 100 ms after the start, and every 100 ms from then on, put out how many ticks there have
     * been: orr_metric(out, "tick", n, "").  The timer's key is TICK; a timer fires once. */
    if (event->kind == ORR_TIMER) orr_metric(out, "tick", ++node->n_ticks, "");
    if (event->kind == ORR_START || event->kind == ORR_TIMER)
        orr_arm(out, TICK, PERIOD);
    return 0;
}

const struct orr_protocol orr_lab_timer = {
    .abi = ORR_ABI,
    .name = "timer",
    .summary = "ten ticks a second",
    .node_size = sizeof(struct timer_node),
    .n_timers = 1,
    .init = timer_init,
    .step = timer_step,
};
