#include "sim/engine/mishap.h"

#include <stdarg.h>
#include <stdio.h>

#include "sim/engine/engine.h"

static const struct {
    const char *name, *meaning;
} kinds[] = {
#define MISHAP(constant, name, text) {name, text},
    ORR_MISHAPS(MISHAP)
#undef MISHAP
};

const char *orr_mishap_name(enum orr_mishap_kind kind) { return kinds[kind].name; }
const char *orr_mishap_meaning(enum orr_mishap_kind kind) { return kinds[kind].meaning; }

const char *orr_callback_name(enum orr_callback callback) {
    static const char *const names[] = {
#define CALLBACK(constant, name) name,
        ORR_CALLBACKS(CALLBACK)
#undef CALLBACK
    };
    return names[callback];
}

const struct orr_mishap *orr_sim_mishap(const struct orr_sim *sim) {
    return sim->mishap.kind ? &sim->mishap : NULL;
}

uint32_t orr_sim_stops(const struct orr_sim *sim, const struct orr_sim_stop **stops) {
    *stops = sim->stops;
    return sim->n_stops;
}

void orr_engine_mishap(struct orr_sim *sim, const struct node *node, enum orr_mishap_kind kind,
                       const char *format, ...) {
    struct orr_mishap *m = &sim->mishap;
    sim->stopped = true;
    if (m->kind) return; /* the first one counts */
    m->kind = kind;
    orr_engine_place_mishap(sim, node ? (orr_peer)(node - sim->nodes) : ORR_NOBODY, m);
    va_list args;
    va_start(args, format);
    vsnprintf(m->text, sizeof m->text, format, args);
    va_end(args);
}

void orr_engine_place_mishap(const struct orr_sim *sim, orr_peer node, struct orr_mishap *m) {
    m->node = node;
    m->callback = sim->guard.callback;
    m->at = sim->now;
    m->n_events = sim->counts.events;
    m->event = ORR_MISHAP_NO_EVENT;
    m->peer = ORR_NOBODY;
    const struct orr_event *e = sim->guard.event;
    if (e && sim->guard.node == m->node) {
        m->event = (uint8_t)e->kind;
        m->peer = e->kind == ORR_RECV || e->kind >= ORR_PEER_UP ? e->peer : ORR_NOBODY;
        m->key = e->key;
        m->has_message = e->msg != NULL;
        m->msg_type = orr_msg_type(e->msg);
        m->msg_len = e->msg ? e->msg->len : 0;
    }
}

void orr_engine_stopped(struct orr_sim *sim, orr_peer node, int error, const char *what) {
    if (sim->n_stops == sim->stops_cap) {
        uint32_t cap = sim->stops_cap ? 2 * sim->stops_cap : 16;
        sim->stops = orr_resize(&sim->region->mem, sim->stops,
                                sim->stops_cap * sizeof *sim->stops, cap * sizeof *sim->stops);
        sim->stops_cap = cap;
    }
    sim->stops[sim->n_stops++] = (struct orr_sim_stop){node, sim->now, error, what};
}
