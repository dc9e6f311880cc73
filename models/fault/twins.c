/* twins.c - one identity run twice: two nodes inside, peers split between them. */
#include <assert.h>

#include "models/fault/about.h"
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

/* ---- parts: who reaches whom, by the view or height that a message is about ---- */

static bool is_in(const struct orr_byzantine_range *r, bool is_said, uint64_t n) {
    return !r->is_given || (is_said && n >= r->first && n <= r->last &&
                            (n - r->first) % r->step == 0);
}

/* No part stops messages about this between two nodes, or twins of nodes. */
static bool passes(const struct orr_byzantine_node *f, const struct orr_about *about, orr_peer from,
                   bool from_second, orr_peer to, bool to_second) {
    for (uint32_t i = 0; i < f->cfg->n_parts; i++) {
        const struct orr_twin_part *p = &f->cfg->parts[i];
        uint8_t a = p->groups[from_second][from], b = p->groups[to_second][to];
        if (!*p->is_on || !a || !b || (p->one_way ? a >= b : a == b)) continue;
        if (is_in(&p->view, about->has_view, about->view) &&
            is_in(&p->height, about->has_height, about->height))
            return false;
    }
    return true;
}

/* What a message of the twin is about. */
static struct orr_about about_own(const struct orr_byzantine_node *f, bool second,
                                  const struct orr_msg *m) {
    const struct orr_protocol *inner = f->cfg->inner;
    struct orr_about about = orr_about_message(inner, f->env->common, m);
    struct orr_stand stand;
    if (!about.has_view && inner->report.stand) {
        inner->report.stand(second ? orr_twin_state(f) : orr_byzantine_inner(f), &stand);
        orr_about_sender(&about, &stand);
    }
    return about;
}

/* Does what the twin says get to that node at all? */
static bool reaches(const struct orr_byzantine_node *f, bool second, const struct orr_about *about,
                    orr_peer peer) {
    if (!f->cfg->n_parts) return may_have_twins(f, peer) || in_second_world(f, peer) == second;
    return passes(f, about, f->env->self, second, peer, false) ||
           (may_have_twins(f, peer) && passes(f, about, f->env->self, second, peer, true));
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
    struct orr_about about = about_own(f, second, e.msg);
    for (uint32_t i = 0; i < out->links->n; i++) {
        orr_peer peer = orr_links_at(out->links, f->env->self, i);
        if (peer == e.peer || !reaches(f, second, &about, peer)) continue;
        if (may_have_twins(f, peer)) {
            if (!copy) copy = marked(e.msg, FROM_TWIN | second * FROM_SECOND, out->pool);
            orr_send(out, peer, orr_msg_ref(copy));
        } else {
            orr_send(out, peer, orr_msg_ref(e.msg));
        }
    }
    orr_msg_unref(out->pool, copy);
    orr_msg_unref(out->pool, e.msg);
}

/* What one twin does, as the world sees it: it reaches its own world only, or whom no part keeps
 * from it.  Outputs and links are the first twin's. */
static void speak(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                  struct orr_outbox *out) {
    struct orr_byzantine_node *f = parent;
    bool second = place == &f->places[1];
    if (!f->twin_runs && !f->cfg->n_parts) {
        orr_effect(out, e);
    } else if (e.kind == ORR_CAST) {
        cast(f, second, e, out);
    } else if (e.kind == ORR_SEND) {
        struct orr_about about = about_own(f, second, e.msg);
        bool gets_there = reaches(f, second, &about, e.peer);
        if (gets_there && !may_have_twins(f, e.peer)) {
            orr_effect(out, e);
            return;
        }
        if (gets_there)
            orr_send(out, e.peer, marked(e.msg, FROM_TWIN | second * FROM_SECOND, out->pool));
        orr_msg_unref(out->pool, e.msg);
    } else if (!second) {
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

/* With parts: a message is for each twin that no part keeps it from. */
static int hear_by_parts(struct orr_byzantine_node *f, const struct orr_event *event,
                         bool from_second, struct orr_outbox *out) {
    struct orr_about about = orr_about_message(f->cfg->inner, f->env->common, event->msg);
    int rc = 0;
    for (int second = 0; second < 2 && !rc; second++)
        if (passes(f, &about, event->peer, from_second, f->env->self, second))
            rc = step_one(f, second, event, out);
    return rc;
}

/* A message is for the twin of its world. */
static int hear(struct orr_byzantine_node *f, const struct orr_event *event,
                struct orr_outbox *out) {
    unsigned marks = event->msg ? event->msg->protocol & ORR_MSG_MARKS : 0;
    if (!f->twin_runs && orr_byzantine_has_twins_inside(f->cfg))
        return step_one(f, false, event, out);
    if (!(marks & FROM_TWIN) && f->cfg->n_parts) return hear_by_parts(f, event, false, out);
    if (!(marks & FROM_TWIN))
        return step_one(f, f->twin_runs && in_second_world(f, event->peer), event, out);
    bool second = marks & FROM_SECOND;
    if (!f->cfg->n_parts && !f->twin_runs && second != in_second_world(f, f->env->self)) return 0;
    struct orr_event inner = *event;
    inner.msg = marked(event->msg, 0, out->pool);
    orr_freeze(f->cfg->inner, f->env->common, inner.msg); /* the node inside wants its form */
    int rc = f->cfg->n_parts ? hear_by_parts(f, &inner, second, out)
                             : step_one(f, f->twin_runs && second, &inner, out);
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
        if (!f->twin_runs || (!f->cfg->n_parts && !may_have_twins(f, event->peer)))
            return step_one(f, f->twin_runs && in_second_world(f, event->peer), event, out);
        rc = step_one(f, false, event, out);
        return rc ? rc : step_one(f, true, event, out);
    }
    return 0;
}
