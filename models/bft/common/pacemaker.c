#include "models/bft/common/pacemaker.h"

#include <assert.h>

void orr_pacemaker_init(struct orr_pacemaker *p, const struct orr_validator_set *set,
                        struct orr_mem *mem, struct orr_pool *pool, orr_time base, orr_time most,
                        enum orr_pacemaker_growth growth) {
    assert(base > 0 && most >= base);
    *p = (struct orr_pacemaker){.set = set, .mem = mem, .pool = pool, .base = base, .most = most,
                                .growth = growth,
                                .latest = orr_alloc_zero(mem, set->n * sizeof *p->latest)};
}

void orr_pacemaker_fini(struct orr_pacemaker *p) {
    for (uint32_t i = 0; i < p->set->n; i++) orr_msg_unref(p->pool, p->latest[i]);
    orr_free(p->mem, p->latest, p->set->n * sizeof *p->latest);
    p->latest = NULL;
}

void orr_pacemaker_enter(struct orr_pacemaker *p, uint64_t view, bool by_qc) {
    assert(view > p->view);
    p->view = view;
    p->n_failed = by_qc ? 0 : p->n_failed + 1;
}

orr_time orr_pacemaker_patience(const struct orr_pacemaker *p) {
    orr_time patience = p->base;
    for (uint32_t i = 0; i < p->n_failed && patience < p->most; i++)
        switch (p->growth) {
        case ORR_GROWTH_FIXED: return patience;
        case ORR_GROWTH_LINEAR: patience += p->base; break;
        default: patience *= 2;
        }
    return patience < p->most ? patience : p->most;
}

static uint64_t view_of(const struct orr_msg *m) { return m ? orr_timeout_of(m)->view : 0; }

bool orr_pacemaker_hear(struct orr_pacemaker *p, struct orr_msg *m) {
    const struct orr_timeout *t = orr_timeout_of(m);
    struct orr_msg **latest = &p->latest[t->signer];
    if (t->view < p->view || t->view <= view_of(*latest)) return false;
    orr_msg_unref(p->pool, *latest);
    *latest = orr_msg_ref(m);
    return true;
}

struct orr_msg *orr_pacemaker_tc(const struct orr_pacemaker *p, uint64_t view) {
    uint64_t power = 0;
    for (uint32_t i = 0; i < p->set->n; i++)
        if (view_of(p->latest[i]) == view) power += p->set->powers[i];
    return power >= p->set->quorum_power ? orr_tc_new(view, p->latest, p->set->n, p->pool) : NULL;
}

uint64_t orr_pacemaker_join(const struct orr_pacemaker *p, uint64_t heard) {
    uint64_t beyond = 0, here = 0;
    for (uint32_t i = 0; i < p->set->n; i++) {
        uint64_t view = view_of(p->latest[i]);
        if (view >= heard) beyond += p->set->powers[i];
        if (view >= p->view) here += p->set->powers[i];
    }
    if (beyond >= p->set->honest_power) return heard;
    return here >= p->set->honest_power ? p->view : 0;
}
