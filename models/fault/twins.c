/* twins.c - one identity run twice: two nodes inside, peers split between them. */
#include <assert.h>

#include "models/fault/byzantine_node.h"

void *orr_twin_state(const struct orr_byzantine_node *f) {
    return (uint8_t *)orr_byzantine_inner(f) + ((f->cfg->inner->node_size + 15) & ~(size_t)15);
}

/* What one twin sends, as the world sees it: it reaches its own part of the peers only.  Outputs
 * and links are the first twin's. */
static void speak(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                  struct orr_outbox *out) {
    struct orr_byzantine_node *f = parent;
    bool second = place == &f->places[1];
    if (f->twin_runs && e.kind == ORR_CAST) {
        orr_byzantine_expand(f, e, !second, out);
        orr_msg_unref(out->pool, e.msg);
        return;
    }
    bool is_heard = e.kind == ORR_SEND
                        ? !f->twin_runs || orr_byzantine_is_friend(f, e.peer) == !second
                        : !second;
    if (is_heard) orr_effect(out, e);
    else orr_msg_unref(out->pool, e.msg);
}

/* The event is the twin's own already. */
static int step_one(struct orr_byzantine_node *f, bool second, const struct orr_event *event,
                    struct orr_outbox *out) {
    if (second && !f->twin_runs) return 0;
    uint32_t from = out->n;
    void *node = second ? orr_twin_state(f) : orr_byzantine_inner(f);
    int rc = f->cfg->inner->step(node, event, out);
    orr_layer_lift(&f->places[second], out, from, speak, f);
    return rc;
}

int orr_twin_begin(struct orr_byzantine_node *f, const struct orr_event *event,
                   struct orr_outbox *out) {
    assert(!f->twin_runs);
    void *twin = orr_twin_state(f);
    memset(twin, 0, f->cfg->inner->node_size);
    int rc = f->cfg->inner->init(twin, f->env, f->cfg->inner_cfg);
    if (rc) return rc;
    f->twin_runs = true;
    struct orr_event start = {.kind = ORR_START, .peer = ORR_NOBODY, .now = event->now,
                              .wall = event->wall};
    return step_one(f, true, &start, out);
}

void orr_twin_end(struct orr_byzantine_node *f, struct orr_outbox *out) {
    assert(f->twin_runs);
    if (f->cfg->inner->fini) f->cfg->inner->fini(orr_twin_state(f));
    f->twin_runs = false;
    orr_layer_end(&f->places[1], out);
}

int orr_twins_step(struct orr_byzantine_node *f, const struct orr_event *event,
                   struct orr_outbox *out) {
    struct orr_event e;
    int rc = 0;
    switch (event->kind) {
    case ORR_START:
        if (f->on && !f->twin_runs) rc = orr_twin_begin(f, event, out);
        return rc ? rc : step_one(f, false, event, out);
    case ORR_STORED: /* the second twin's disk is new each time it starts */
    case ORR_WRITTEN:
    case ORR_TIMER:
        if (orr_layer_event(&f->places[0], event, &e)) return step_one(f, false, &e, out);
        if (event->kind == ORR_STORED || !orr_layer_event(&f->places[1], event, &e)) return 0;
        return step_one(f, true, &e, out);
    case ORR_INPUT:
        rc = step_one(f, false, event, out);
        return rc ? rc : step_one(f, true, event, out);
    case ORR_RECV:
    case ORR_PEER_UP:
    case ORR_PEER_DOWN:
        return step_one(f, f->twin_runs && !orr_byzantine_is_friend(f, event->peer), event, out);
    }
    return 0;
}
