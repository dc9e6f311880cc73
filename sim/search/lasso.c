#include "sim/search/lasso.h"

#include <stdlib.h>
#include <string.h>

#include "models/output.h"
#include "models/statement.h"
#include "sim/base/memory.h"
#include "sim/search/guide.h"

struct watching {
    const struct orr_scenario *scenario;
    struct orr_sim *sim; /* NULL: not seen yet */
    orr_time calm_at;
    uint64_t view[ORR_PLAN_NODES_MAX], seen; /* where each node is; the least that was taken */
    struct stood {
        uint64_t hash, view;
        orr_time at;
    } * stood; /* [n] since the last decision */
    uint32_t n, cap;
};

static bool see(void *ctx, const struct orr_sim *sim, orr_time now, orr_time end) {
    struct watching *w = ctx;
    (void)now, (void)end;
    w->sim = (struct orr_sim *)(uintptr_t)sim; /* to ask where nodes stand changes nothing */
    return false;
}

/* Is the node one whose views count: neither a liar nor down? */
static bool counts(const struct watching *w, uint32_t node) {
    struct orr_stand stand;
    for (uint32_t i = 0; i < w->scenario->n_faults; i++) {
        const struct orr_fault_spec *f = &w->scenario->faults[i];
        for (uint32_t k = 0; f->kind == ORR_FAULT_BYZANTINE && k < f->targets.n; k++)
            if (orr_target_has(w->scenario, &f->targets.v[k], node)) return false;
    }
    return orr_sim_stand(w->sim, node, &stand);
}

static void take(struct watching *w, orr_time at) {
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < w->scenario->n_nodes; i++)
        if (counts(w, i) && w->view[i] < least) least = w->view[i];
    if (least == UINT64_MAX || least <= w->seen) return;
    w->seen = least;
    struct orr_states states = {0};
    orr_states_add(&states, w->sim, 0, w->scenario->n_nodes);
    if (!states.n) return;
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 64;
        w->stood = orr_xrealloc(w->stood, w->cap * sizeof *w->stood);
    }
    w->stood[w->n++] = (struct stood){states.v[0], least, at};
}

static void hear(void *ctx, const struct orr_tap_record *r) {
    struct watching *w = ctx;
    if (r->key == ORR_OUT_DECIDED) {
        w->n = 0;
        memset(w->view, 0, sizeof w->view);
        w->seen = 0;
        return;
    }
    if (r->key != ORR_OUT_STEP || !orr_output_fits(ORR_OUT_STEP, r->msg)) return;
    const struct orr_progress *at = (const void *)r->msg->data;
    if (r->node >= w->scenario->n_nodes || w->view[r->node] == at->round) return;
    w->view[r->node] = at->round;
    if (w->sim && r->at >= w->calm_at) take(w, r->at);
}

/* When the last fault that ends has ended. */
static orr_time calm_of(const struct orr_scenario *s) {
    orr_time calm = 0;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *f = &s->faults[i];
        orr_time lasts = f->kind == ORR_FAULT_CRASH ? f->restart_after : f->duration;
        orr_time end = lasts == ORR_NEVER ? f->at : f->at + lasts;
        if (f->kind != ORR_FAULT_LEAD && end != ORR_NEVER && end > calm) calm = end;
    }
    return calm;
}

int orr_lasso_find(const struct orr_scenario *s, struct orr_lasso *lasso, struct orr_diags *diags) {
    *lasso = (struct orr_lasso){0};
    if (s->n_nodes > ORR_PLAN_NODES_MAX) return 0;
    struct watching w = {.scenario = s, .calm_at = calm_of(s)};
    struct orr_tap tap = {ORR_TAP_BIT(ORR_TAP_OUTPUT), &w, hear, NULL};
    struct orr_run_result result;
    int error = orr_run(s, &(struct orr_run_options){.taps = &tap, .progress = see, .ctx = &w},
                        &result, diags);
    orr_run_result_fini(&result);
    for (uint32_t n = 1; !error && n < w.n && !lasso->is_one; n++) {
        const struct stood *last = &w.stood[w.n - 1], *first = last - n;
        if (first->hash == last->hash)
            *lasso = (struct orr_lasso){true, first->at, last->at, first->view,
                                        last->view - first->view};
    }
    free(w.stood);
    return error;
}
