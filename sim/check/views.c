#include "sim/check/views.h"

#include <string.h>

#include "sim/base/memory.h"

void orr_views_begin(struct orr_views *views, struct orr_check *c) {
    views->v = orr_alloc_zero(&c->heap.mem, c->n_nodes * sizeof *views->v);
    views->mem = &c->heap.mem;
    views->n_nodes = c->n_nodes;
}

void orr_views_fini(struct orr_views *views) {
    orr_free(views->mem, views->v, views->n_nodes * sizeof *views->v);
}

static void begin_again(struct orr_views *views, const struct orr_check *c) {
    for (orr_peer node = 0; node < c->n_nodes; node++) views->v[node].n = 0;
    views->since = c->now;
}

/* The highest height that a correct node of a chain has decided. */
static uint64_t top_of(const struct orr_check *c, uint32_t chain) {
    uint64_t top = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++)
        if (c->nodes[node].chain == chain && is_correct(c, node) && c->nodes[node].top > top)
            top = c->nodes[node].top;
    return top;
}

/* What all have entered that should decide and are not behind. */
static uint32_t least_of(const struct orr_views *views, const struct orr_check *c,
                         uint32_t chain) {
    uint64_t top = top_of(c, chain);
    uint32_t least = UINT32_MAX;
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        const struct watched *w = &c->nodes[node];
        if (w->chain != chain || w->top < top || !orr_faults_should_decide(c, node)) continue;
        if (views->v[node].n < least) least = views->v[node].n;
    }
    return least == UINT32_MAX ? 0 : least;
}

static void hear_decision(struct orr_views *views, const struct orr_check *c) {
    const struct decision *now = &c->decision;
    if (!now->d || now->place == PLACE_AGAIN) return;
    uint32_t least = least_of(views, c, c->nodes[now->node].chain);
    if (least > views->most) views->most = least;
    views->is_live = true;
    begin_again(views, c);
}

bool orr_views_hear(struct orr_views *views, struct orr_check *c, const struct orr_tap_record *r,
                    uint64_t bound, orr_peer *node) {
    bool is_calm = !c->n_temporary && c->now >= c->last_planned;
    if (!is_calm || views->since < c->changed_at) {
        begin_again(views, c);
        views->is_live = false;
        views->most = 0;
    }
    if (c->decision.node != ORR_NOBODY) {
        hear_decision(views, c);
        return false;
    }
    if (r->key != ORR_OUT_STEP || !orr_faults_should_decide(c, r->node)) return false;
    struct orr_views_of *own = &views->v[r->node];
    uint32_t view = c->nodes[r->node].progress.round;
    views->is_told = true;
    if (own->view == view) return false;
    own->view = view;
    own->n++;
    if (!orr_load_has_work(c, c->now)) begin_again(views, c);
    uint32_t least = least_of(views, c, c->nodes[r->node].chain);
    if (least > views->most) views->most = least;
    *node = r->node;
    return least > bound;
}
