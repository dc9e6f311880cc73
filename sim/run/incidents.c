/* incidents.c - faults of nodes, and the beginning and end of every fault. */
#include <string.h>

#include "sim/run/incident.h"

/* A node of which a fault has plans: to come back from churn, to be corrupted. */
struct later {
    struct orr_incident *incident;
    orr_peer node;
};

static void tell(struct orr_incident *inc, orr_peer node, bool began) {
    orr_time now = orr_sim_now(inc->plan->sim);
    orr_sim_tell(inc->plan->sim, (struct orr_tap_record){.kind = ORR_TAP_FAULT,
                                                         .what = began,
                                                         .node = node,
                                                         .peer = ORR_NOBODY,
                                                         .key = inc->number,
                                                         .at = now,
                                                         .sent = now});
}

/* ---- faults of nodes ---- */

static bool has(const struct orr_incident *inc, orr_peer node) {
    return inc->active && inc->taken && inc->taken[node];
}

/* Parts in 10^9 of parts in 10^9, between a thousandth and a millionfold. */
static uint64_t times(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b / 1000000000;
    if (product > UINT64_C(1000000000000000)) return UINT64_C(1000000000000000);
    return product < 1000000 ? 1000000 : (uint64_t)product;
}

/* Makes of a node what all faults that are going on say together, so that one that ends leaves the
 * others standing.  skew: its clock jumps by that. */
static void settle(struct orr_plan *p, orr_peer node, enum orr_fault_kind kind, orr_time skew) {
    bool paused = false, full = false;
    uint64_t cpu = 1000000000, disk = cpu;
    uint64_t rate = (uint64_t)(1000000000 + p->build->nodes[node].clock_drift_ppb);
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        const struct orr_fault_spec *spec = p->incidents[i].spec;
        if (!has(&p->incidents[i], node)) continue;
        if (spec->kind == ORR_FAULT_PAUSE) paused = true;
        if (spec->kind == ORR_FAULT_FULL_DISK) full = true;
        if (spec->kind == ORR_FAULT_SLOW_CPU) cpu = times(cpu, spec->factor);
        if (spec->kind == ORR_FAULT_SLOW_DISK) disk = times(disk, spec->factor);
        if (spec->kind == ORR_FAULT_CLOCK) rate = times(rate, (uint64_t)(1000000000 + spec->drift));
    }
    switch (kind) {
    case ORR_FAULT_PAUSE:
        if (paused)
            orr_sim_pause(p->sim, node);
        else
            orr_sim_resume(p->sim, node);
        break;
    case ORR_FAULT_CLOCK: orr_sim_clock(p->sim, node, skew, (int64_t)rate - 1000000000); break;
    case ORR_FAULT_SLOW_CPU: orr_sim_cpu(p->sim, node, orr_factor_q16(cpu)); break;
    case ORR_FAULT_SLOW_DISK:
    case ORR_FAULT_FULL_DISK: orr_sim_disk(p->sim, node, orr_factor_q16(disk), full); break;
    default: break;
    }
}

static void crash(struct orr_incident *inc, orr_peer node, orr_time until) {
    orr_time *down_until = &inc->plan->down_until[node];
    if (*down_until < until) *down_until = until;
    orr_sim_crash(inc->plan->sim, node, inc->spec->disk);
}

/* A restarted node begins honest and awake: what still goes on takes it again. */
static void restart(struct orr_incident *inc, orr_peer node) {
    struct orr_plan *p = inc->plan;
    p->down_until[node] = 0;
    orr_sim_restart(p->sim, node);
    settle(p, node, ORR_FAULT_PAUSE, 0);
    for (uint32_t i = 0; i < p->scenario->n_faults; i++)
        if (p->incidents[i].spec->kind == ORR_FAULT_BYZANTINE && has(&p->incidents[i], node))
            orr_sim_switch(p->sim, node, i);
    tell(inc, node, false);
}

static void come_back(void *ctx, orr_time now) {
    struct later *c = ctx;
    struct orr_plan *p = c->incident->plan;
    if (!orr_sim_is_up(p->sim, c->node) && p->down_until[c->node] <= now)
        restart(c->incident, c->node);
}

static void call_later(struct orr_incident *inc, orr_peer node, orr_time at,
                       void (*call)(void *ctx, orr_time now)) {
    struct later *later = orr_alloc(&inc->plan->build->plan_arena.mem, sizeof *later);
    *later = (struct later){inc, node};
    orr_sim_call_at(inc->plan->sim, at, call, later);
}

static void leave(struct orr_incident *inc, orr_peer node, orr_time now) {
    orr_time back = now + orr_dist_draw(inc->back_after, orr_rng_u64(&inc->draws));
    tell(inc, node, true);
    crash(inc, node, back);
    call_later(inc, node, back, come_back);
}

static void churn(void *ctx, orr_time now) {
    struct orr_incident *inc = ctx;
    struct orr_sim *sim = inc->plan->sim;
    if (!inc->active) return;
    uint32_t n_up = 0;
    for (uint32_t i = 0; i < inc->n; i++) n_up += orr_sim_is_up(sim, inc->nodes[i]);
    if (n_up) {
        uint32_t k = (uint32_t)orr_rng_below(&inc->draws, n_up), i = 0;
        while (!orr_sim_is_up(sim, inc->nodes[i]) || k--) i++;
        leave(inc, inc->nodes[i], now);
    }
    orr_sim_call_at(sim, now + orr_dist_draw(inc->gaps, orr_rng_u64(&inc->draws)) + 1, churn, inc);
}

static void begin_at_node(struct orr_incident *inc, orr_peer node) {
    switch (inc->spec->kind) {
    case ORR_FAULT_CRASH: crash(inc, node, inc->until); break;
    case ORR_FAULT_RESTART:
        crash(inc, node, 0);
        restart(inc, node);
        break;
    case ORR_FAULT_BYZANTINE:
        if (inc->plan->watched) inc->plan->watched[node].is_liar = true;
        if (inc->spec->rushing) orr_incident_rush(inc, node);
        orr_sim_switch(inc->plan->sim, node, inc->number);
        break;
    default: settle(inc->plan, node, inc->spec->kind, inc->spec->skew);
    }
}

static void end_at_node(struct orr_incident *inc, orr_peer node) {
    switch (inc->spec->kind) {
    case ORR_FAULT_CRASH: /* it may be back already, or another crash keeps it down */
        if (!orr_sim_is_up(inc->plan->sim, node) && inc->plan->down_until[node] <= inc->until)
            restart(inc, node);
        return;
    case ORR_FAULT_CHURN: return; /* who is away comes back in its own time */
    case ORR_FAULT_BYZANTINE: orr_sim_switch(inc->plan->sim, node, inc->number); break;
    default: settle(inc->plan, node, inc->spec->kind, -inc->spec->skew);
    }
    tell(inc, node, false);
}

/* ---- corruption as it goes ---- */

/* Those that the targets name are open to it; it takes none yet. */
static void open_all(struct orr_incident *inc) {
    uint32_t n_nodes = inc->plan->scenario->n_nodes;
    inc->open = orr_xrealloc(inc->open, n_nodes * sizeof *inc->open);
    memcpy(inc->open, inc->taken, n_nodes * sizeof *inc->open);
    memset(inc->taken, 0, n_nodes * sizeof *inc->taken);
    inc->n = 0;
}

static void corrupt(void *ctx, orr_time now) {
    (void)now;
    struct later *c = ctx;
    struct orr_incident *inc = c->incident;
    if (!inc->active || inc->n >= inc->spec->budget) return;
    inc->taken[c->node] = true;
    inc->nodes[inc->n++] = c->node;
    tell(inc, c->node, true);
    begin_at_node(inc, c->node);
}

void orr_incident_saw_proposal(struct orr_incident *inc, orr_peer node, orr_time now) {
    if (!inc->active || !inc->open || !inc->open[node] || inc->n >= inc->spec->budget) return;
    inc->open[node] = false;
    call_later(inc, node, now, corrupt);
}

/* ---- beginning and end ---- */

static void heal(struct orr_incident *healer, orr_time now) {
    struct orr_plan *p = healer->plan;
    const struct orr_fault_spec *spec = healer->spec;
    for (uint32_t i = 0; i < spec->n_ends; i++) orr_incident_end(&p->incidents[spec->ends[i]], now);
    for (uint32_t i = 0; spec->n_ends == 0 && i < p->scenario->n_faults; i++) {
        enum orr_fault_kind kind = p->incidents[i].spec->kind;
        if (kind == ORR_FAULT_PARTITION || kind == ORR_FAULT_ISOLATE ||
            kind == ORR_FAULT_SLOW_LINK || kind == ORR_FAULT_LOSSY_LINK)
            orr_incident_end(&p->incidents[i], now);
    }
}

/* When a fault that begins now ends by itself, or ORR_NEVER. */
static orr_time ends_at(const struct orr_fault_spec *spec, orr_time now) {
    orr_time lasts = spec->kind == ORR_FAULT_CRASH ? spec->restart_after : spec->duration;
    return lasts == ORR_NEVER || spec->kind == ORR_FAULT_RESTART ? ORR_NEVER : now + lasts;
}

void orr_incident_begin(void *ctx, orr_time now) {
    struct orr_incident *inc = ctx;
    if (inc->begun) return;
    inc->begun = true;
    if (inc->spec->kind == ORR_FAULT_HEAL) {
        heal(inc, now);
        return;
    }
    inc->active = true;
    inc->until = ends_at(inc->spec, now);
    if (orr_incident_is_network(inc->spec->kind))
        orr_incident_rules_on(inc);
    else
        orr_incident_take(inc, &inc->spec->targets);
    if (inc->spec->budget) open_all(inc);
    tell(inc, ORR_NOBODY, true);
    for (uint32_t i = 0; i < inc->n; i++) {
        if (inc->spec->kind != ORR_FAULT_CHURN) tell(inc, inc->nodes[i], true);
        begin_at_node(inc, inc->nodes[i]);
    }
    if (inc->spec->kind == ORR_FAULT_CHURN)
        orr_sim_call_at(inc->plan->sim,
                        now + orr_dist_draw(inc->gaps, orr_rng_u64(&inc->draws)) + 1, churn, inc);
    if (inc->spec->kind == ORR_FAULT_RESTART) {
        inc->active = false;
        tell(inc, ORR_NOBODY, false);
    }
    if (inc->until != ORR_NEVER) orr_sim_call_at(inc->plan->sim, inc->until, orr_incident_end, inc);
}

void orr_incident_end(void *ctx, orr_time now) {
    (void)now;
    struct orr_incident *inc = ctx;
    if (!inc->active) return;
    inc->active = false; /* first: the nodes are settled without it */
    orr_incident_rules_off(inc);
    for (uint32_t i = 0; i < inc->n; i++) end_at_node(inc, inc->nodes[i]);
    tell(inc, ORR_NOBODY, false);
}
