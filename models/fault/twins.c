/* twins.c - one identity run twice: two nodes inside, peers split between them. */
#include <assert.h>

#include "models/fault/byzantine_node.h"

void *orr_twin_state(const struct orr_byzantine_node *f) {
    return (uint8_t *)orr_byzantine_inner(f) + ((f->cfg->inner->node_size + 15) & ~(size_t)15);
}

/* Marks in the header of a message from one twin to a node that may have twins. */
enum { FROM_TWIN = 0x8000, FROM_SECOND = 0x4000 };
_Static_assert((FROM_TWIN | FROM_SECOND) == ORR_MSG_MARKS, "marks are no part of a type");

static bool may_have_twins(const struct orr_byzantine_node *f, orr_peer peer) {
    return peer == f->env->self || (f->cfg->sides && f->cfg->sides[peer] & ORR_SIDE_TWINS);
}

/* In which world is a node that has no twins? */
static bool in_second_world(const struct orr_byzantine_node *f, orr_peer peer) {
    unsigned side = f->cfg->sides ? f->cfg->sides[peer] & ~(unsigned)ORR_SIDE_TWINS : 0;
    return side == ORR_SIDE_BY_RANK ? orr_byzantine_in_second_camp(f, peer)
                                    : side == ORR_SIDE_SECOND;
}

/* A copy of a message with these marks. */
static struct orr_msg *marked(const struct orr_msg *m, unsigned marks, struct orr_pool *pool) {
    struct orr_msg *copy = orr_msg_clone(pool, m);
    copy->protocol = (uint16_t)((copy->protocol & ~ORR_MSG_MARKS) | marks);
    return copy;
}

/* To each linked peer that the twin serves; copies for nodes with twins are one. */
static void cast(struct orr_byzantine_node *f, bool second, struct orr_effect e,
                 struct orr_outbox *out) {
    struct orr_msg *copy = NULL;
    for (uint32_t i = 0; i < out->links->n; i++) {
        orr_peer peer = orr_links_at(out->links, f->env->self, i);
        if (peer == e.peer) continue;
        if (may_have_twins(f, peer)) {
            if (!copy) copy = marked(e.msg, FROM_TWIN | second * FROM_SECOND, out->pool);
            orr_send(out, peer, orr_msg_ref(copy));
        } else if (in_second_world(f, peer) == second) {
            orr_send(out, peer, orr_msg_ref(e.msg));
        }
    }
    orr_msg_unref(out->pool, copy);
    orr_msg_unref(out->pool, e.msg);
}

/* What one twin does, as the world sees it: it reaches its own world only.  Outputs and links are
 * the first twin's. */
static void speak(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                  struct orr_outbox *out) {
    struct orr_byzantine_node *f = parent;
    bool second = place == &f->places[1];
    if (!f->twin_runs) {
        orr_effect(out, e);
    } else if (e.kind == ORR_CAST) {
        cast(f, second, e, out);
    } else if (e.kind == ORR_SEND && may_have_twins(f, e.peer)) {
        orr_send(out, e.peer, marked(e.msg, FROM_TWIN | second * FROM_SECOND, out->pool));
        orr_msg_unref(out->pool, e.msg);
    } else if (e.kind == ORR_SEND ? in_second_world(f, e.peer) == second : !second) {
        orr_effect(out, e);
    } else {
        orr_msg_unref(out->pool, e.msg);
    }
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

/* A message is for the twin of its world. */
static int hear(struct orr_byzantine_node *f, const struct orr_event *event,
                struct orr_outbox *out) {
    unsigned marks = event->msg ? event->msg->protocol & ORR_MSG_MARKS : 0;
    if (!f->twin_runs && orr_byzantine_has_twins_inside(f->cfg))
        return step_one(f, false, event, out);
    if (!(marks & FROM_TWIN))
        return step_one(f, f->twin_runs && in_second_world(f, event->peer), event, out);
    bool second = marks & FROM_SECOND;
    if (!f->twin_runs && second != in_second_world(f, f->env->self)) return 0;
    struct orr_event inner = *event;
    inner.msg = marked(event->msg, 0, out->pool);
    int rc = step_one(f, f->twin_runs && second, &inner, out);
    orr_msg_unref(out->pool, inner.msg);
    return rc;
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
    case ORR_RECV: return hear(f, event, out);
    case ORR_PEER_UP:
    case ORR_PEER_DOWN:
        if (!f->twin_runs || !may_have_twins(f, event->peer))
            return step_one(f, f->twin_runs && in_second_world(f, event->peer), event, out);
        rc = step_one(f, false, event, out);
        return rc ? rc : step_one(f, true, event, out);
    }
    return 0;
}
