#include "models/layer.h"

#include <assert.h>

/* The number of names in a list that ends with NULL. */
static uint32_t count(const char *const *names) {
    uint32_t n = 0;
    while (names && names[n]) n++;
    return n;
}

const char *orr_protocol_kind(const struct orr_protocol *p, uint32_t i, uint32_t *type) {
    uint32_t n = count(p->kinds);
    if (i < n) {
        *type = ORR_MSG_TYPE(0, i);
        return p->kinds[i];
    }
    for (const struct orr_layer *l = p->layers; l && l->name; l++) {
        i -= n;
        n = count(l->kinds);
        if (i >= n) continue;
        *type = ORR_MSG_TYPE(l->protocol, i);
        return l->kinds[i];
    }
    return NULL;
}

/* ---- running what is inside ---- */

#define NO_KEY UINT32_MAX /* no node has a timer of this key */

void orr_tail_fini(struct orr_tail *tail, struct orr_mem *mem) {
    assert(!tail->n);
    orr_free(mem, tail->v, tail->cap * sizeof *tail->v);
    *tail = (struct orr_tail){0};
}

bool orr_layer_event(struct orr_layer_place *place, const struct orr_event *event,
                     struct orr_event *inner) {
    *inner = *event;
    switch (event->kind) {
    case ORR_TIMER:
        inner->key -= place->timer;
        return event->key >= place->timer && inner->key < place->n_timers;
    case ORR_STORED:
    case ORR_WRITTEN:
        inner->key -= place->name;
        if (event->key < place->name || inner->key >= place->n_names) return false;
        if (event->kind == ORR_STORED) return true;
        if (place->n_stale) {
            place->n_stale--;
            return false;
        }
        assert(place->n_writing > 0);
        place->n_writing--;
        return true;
    case ORR_RECV:
        return !place->protocol || (event->msg && event->msg->protocol == place->protocol);
    default: return true;
    }
}

/* The last message of a lift that had to be copied: a fan-out of one message has one copy. */
struct stamp { struct orr_msg *from, *copy; };

static void forget(struct stamp *stamp, struct orr_pool *pool) {
    orr_msg_unref(pool, stamp->from);
    orr_msg_unref(pool, stamp->copy);
    *stamp = (struct stamp){0};
}

/* A message of the layer as it goes on the wire; the reference is moved. */
static struct orr_msg *stamped(struct stamp *last, struct orr_msg *m, uint16_t protocol,
                               struct orr_pool *pool) {
    if (!protocol || (m && m->protocol == protocol)) return m;
    if (m && !m->hash) {
        m->protocol = protocol;
        return m;
    }
    if (!last->copy || last->from != m) {
        forget(last, pool);
        last->from = orr_msg_ref(m);
        last->copy = orr_msg_clone(pool, m);
        last->copy->protocol = protocol;
    }
    orr_msg_unref(pool, m);
    return orr_msg_ref(last->copy);
}

static uint32_t take(struct orr_layer_place *place, struct orr_outbox *out, uint32_t from) {
    struct orr_tail *tail = place->tail;
    uint32_t n = out->n - from, cap = tail->cap ? tail->cap : 16;
    while (cap < tail->n + n) cap *= 2;
    if (cap > tail->cap) {
        tail->v = orr_resize(place->mem, tail->v, tail->cap * sizeof *tail->v,
                             cap * sizeof *tail->v);
        tail->cap = cap;
    }
    memcpy(tail->v + tail->n, out->v + from, n * sizeof *tail->v);
    tail->n += n;
    out->n = from;
    return n;
}

void orr_layer_lift(struct orr_layer_place *place, struct orr_outbox *out, uint32_t from,
                    orr_layer_hand *hand, void *parent) {
    assert(from <= out->n);
    if (from == out->n) return;
    uint32_t begin = place->tail->n, n = take(place, out, from);
    struct stamp last = {0};
    for (uint32_t i = 0; i < n; i++) {
        struct orr_effect e = place->tail->v[begin + i]; /* hand() may lead to another lift */
        switch (e.kind) {
        case ORR_ARM:
            e.key = e.key < place->n_timers ? place->timer + e.key : NO_KEY;
            orr_effect(out, e);
            break;
        case ORR_WRITE:
            assert(e.key < place->n_names);
            e.key += place->name;
            place->n_writing++;
            orr_effect(out, e);
            break;
        case ORR_SEND:
        case ORR_CAST:
            e.msg = stamped(&last, e.msg, place->protocol, out->pool);
            hand(parent, place, e, out);
            break;
        default: hand(parent, place, e, out);
        }
    }
    forget(&last, out->pool);
    place->tail->n = begin;
}

void orr_layer_end(struct orr_layer_place *place, struct orr_outbox *out) {
    place->n_stale += place->n_writing;
    place->n_writing = 0;
    for (uint32_t key = 0; key < place->n_timers; key++)
        orr_arm(out, place->timer + key, ORR_NEVER);
}
