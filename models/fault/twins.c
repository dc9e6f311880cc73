/* twins.c - one identity run twice: two nodes inside, peers split between them. */
#include <assert.h>

#include "models/fault/byzantine_node.h"

#define TWIN_NAME 0x80000000u /* durable records of the second twin */

static bool is_second_timer(const struct orr_byzantine_node *f, uint32_t key) {
    return key >= f->cfg->inner->n_timers;
}

void *orr_twin_state(const struct orr_byzantine_node *f) {
    return (uint8_t *)orr_byzantine_inner(f) + ((f->cfg->inner->node_size + 15) & ~(size_t)15);
}

/* What one twin sent, as the world sees it: its messages reach its own part of the peers only. */
static void speak(struct orr_byzantine_node *f, bool second, struct orr_effect e,
                  struct orr_outbox *out) {
    switch (e.kind) {
    case ORR_SEND:
        if (orr_byzantine_is_friend(f, e.peer) == !second)
            orr_effect(out, e);
        else
            orr_msg_unref(out->pool, e.msg);
        break;
    case ORR_CAST:
        orr_byzantine_expand(f, e, !second, out);
        orr_msg_unref(out->pool, e.msg);
        break;
    case ORR_ARM:
        if (second) e.key += f->cfg->inner->n_timers;
        orr_effect(out, e);
        break;
    case ORR_WRITE:
        assert(e.key < TWIN_NAME);
        if (second) {
            e.key |= TWIN_NAME;
            f->n_twin_writes++;
        }
        orr_effect(out, e);
        break;
    case ORR_OUTPUT:
        if (second)
            orr_msg_unref(out->pool, e.msg);
        else
            orr_effect(out, e);
        break;
    default: /* the links are the first twin's */
        if (second)
            orr_msg_unref(out->pool, e.msg);
        else
            orr_effect(out, e);
    }
}

static int step_one(struct orr_byzantine_node *f, bool second, const struct orr_event *event,
                    struct orr_outbox *out) {
    uint32_t from = out->n;
    void *node = second ? orr_twin_state(f) : orr_byzantine_inner(f);
    int rc = f->cfg->inner->step(node, event, out);
    if (!f->twin_runs) return rc;
    uint32_t n = orr_byzantine_take_tail(f, out, from);
    for (uint32_t i = 0; i < n; i++) speak(f, second, f->tail[i], out);
    return rc;
}

static int step_second(struct orr_byzantine_node *f, struct orr_event event,
                       struct orr_outbox *out) {
    return f->twin_runs ? step_one(f, true, &event, out) : 0;
}

int orr_twin_begin(struct orr_byzantine_node *f, orr_time now, struct orr_outbox *out) {
    assert(!f->twin_runs);
    void *twin = orr_twin_state(f);
    memset(twin, 0, f->cfg->inner->node_size);
    int rc = f->cfg->inner->init(twin, f->env, f->cfg->inner_cfg);
    if (rc) return rc;
    f->twin_runs = true;
    return step_second(f, (struct orr_event){.kind = ORR_START, .peer = ORR_NOBODY, .now = now},
                       out);
}

void orr_twin_end(struct orr_byzantine_node *f, struct orr_outbox *out) {
    assert(f->twin_runs);
    if (f->cfg->inner->fini) f->cfg->inner->fini(orr_twin_state(f));
    f->twin_runs = false;
    f->n_stale_writes += f->n_twin_writes;
    f->n_twin_writes = 0;
    uint32_t n = f->cfg->inner->n_timers;
    for (uint32_t key = n; key < 2 * n; key++) orr_arm(out, key, ORR_NEVER);
}

int orr_twins_step(struct orr_byzantine_node *f, const struct orr_event *event,
                   struct orr_outbox *out) {
    struct orr_event e = *event;
    switch (event->kind) {
    case ORR_START: {
        int rc = f->on && !f->twin_runs ? orr_twin_begin(f, event->now, out) : 0;
        return rc ? rc : step_one(f, false, event, out);
    }
    case ORR_STORED: /* the second twin's disk is new each time it starts */
        return event->key & TWIN_NAME ? 0 : step_one(f, false, event, out);
    case ORR_WRITTEN:
        if (!(event->key & TWIN_NAME)) return step_one(f, false, event, out);
        if (f->n_stale_writes) { /* of a second twin that has ended */
            f->n_stale_writes--;
            return 0;
        }
        assert(f->n_twin_writes > 0);
        f->n_twin_writes--;
        e.key &= ~TWIN_NAME;
        return step_second(f, e, out);
    case ORR_TIMER:
        if (!is_second_timer(f, event->key)) return step_one(f, false, event, out);
        e.key -= f->cfg->inner->n_timers;
        return step_second(f, e, out);
    case ORR_INPUT: {
        int rc = step_one(f, false, event, out);
        return rc ? rc : step_second(f, e, out);
    }
    case ORR_RECV:
    case ORR_PEER_UP:
    case ORR_PEER_DOWN:
        if (f->twin_runs && !orr_byzantine_is_friend(f, event->peer)) return step_second(f, e, out);
        return step_one(f, false, event, out);
    }
    return 0;
}
