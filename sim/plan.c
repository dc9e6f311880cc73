#include "sim/plan.h"

#include <stdlib.h>
#include <string.h>

#include "sim/faulty.h"

enum { RULES_MAX = 16 }; /* of one fault: one per role whose message kinds it names */

/* One fault of the scenario on its way. */
struct fault {
    struct orr_plan *plan;
    const struct orr_fault_spec *spec;
    uint32_t number;
    bool begun, active;
    orr_peer *nodes;   /* [n] whom it took */
    uint32_t n;
    uint8_t *side;     /* [n_nodes] of its rules */
    struct orr_rule rules[RULES_MAX];
    uint32_t n_rules;
    const struct orr_dist *delay, *reorder_by, *gaps, *back_after;
    struct orr_rng draws;
};

/* What a condition watches: of each node. */
struct watched {
    uint64_t height, decisions;
    uint32_t round;
};

struct orr_plan {
    struct orr_build *build;
    const struct orr_scenario *scenario;
    struct orr_sim *sim;
    struct fault *faults; /* [scenario->n_faults] */
    uint32_t n_waiting;   /* faults whose condition has not held yet */
    struct watched *watched;
    struct orr_tap tap;
};

/* Somebody who is to come back: a crashed node of a fault. */
struct comeback {
    struct fault *fault;
    orr_peer node;
};

static void begin(void *ctx, orr_time now);
static void end(void *ctx, orr_time now);

static void tell(struct fault *f, orr_peer node, bool began) {
    orr_time now = orr_sim_now(f->plan->sim);
    orr_sim_tell(f->plan->sim, (struct orr_tap_record){
        .kind = ORR_TAP_FAULT, .what = began, .node = node, .peer = ORR_NOBODY, .key = f->number,
        .at = now, .sent = now});
}

/* ---- who is meant ---- */

static void take(struct fault *f, orr_peer node) {
    for (uint32_t i = 0; i < f->n; i++)
        if (f->nodes[i] == node) return;
    f->nodes[f->n++] = node;
}

static void take_target(struct fault *f, const struct orr_target *t) {
    const struct orr_plan *p = f->plan;
    uint32_t n_nodes = p->scenario->n_nodes, n = 0;
    if (t->kind == ORR_TARGET_LEADER) {
        for (orr_peer i = 0; i < n_nodes; i++)
            if (orr_sim_leads(p->sim, i)) {
                take(f, i);
                return;
            }
        return;
    }
    orr_peer *all = orr_xrealloc(NULL, n_nodes * sizeof *all);
    for (orr_peer i = 0; i < n_nodes; i++)
        if (orr_target_has(p->scenario, t, i)) all[n++] = i;
    uint32_t want = t->any && t->any < n ? t->any : n;
    for (uint32_t i = 0; i < want;
         i++) { /* the first places of a shuffle, if only some are meant */
        uint32_t j = want < n ? i + (uint32_t)orr_rng_below(&f->draws, n - i) : i;
        orr_peer chosen = all[j];
        all[j] = all[i];
        all[i] = chosen;
        take(f, chosen);
    }
    free(all);
}

static void take_targets(struct fault *f, const struct orr_targets *targets) {
    if (!f->nodes) f->nodes = orr_xrealloc(NULL, f->plan->scenario->n_nodes * sizeof *f->nodes);
    f->n = 0;
    for (uint32_t i = 0; i < targets->n; i++) take_target(f, &targets->v[i]);
}

/* Sets bits of `side` for all nodes that some of the targets name; without targets, for all. */
static void mark(struct fault *f, const struct orr_targets *targets, uint8_t bits) {
    if (targets->n == 0) {
        for (uint32_t i = 0; i < f->plan->scenario->n_nodes; i++) f->side[i] |= bits;
        return;
    }
    take_targets(f, targets);
    for (uint32_t i = 0; i < f->n; i++) f->side[f->nodes[i]] |= bits;
}

/* ---- faults of the network: rules ---- */

static struct orr_rule *add_rule(struct fault *f) {
    struct orr_rule *rule = &f->rules[f->n_rules++];
    *rule = (struct orr_rule){.side = f->side, .kinds = ORR_ALL_KINDS, .chance = ORR_ALWAYS};
    return rule;
}

static void mark_partition(struct fault *f) {
    for (uint32_t g = 0; g < f->spec->n_groups; g++) {
        take_targets(f, &f->spec->groups[g]);
        for (uint32_t i = 0; i < f->n; i++) f->side[f->nodes[i]] = (uint8_t)(g + 1);
    }
    f->n = 0;
    struct orr_rule *rule = add_rule(f);
    rule->cut = rule->groups = true;
    rule->one_way = f->spec->one_way;
}

static void mark_isolation(struct fault *f) {
    take_targets(f, &f->spec->targets);
    memset(f->side, 1, f->plan->scenario->n_nodes);
    for (uint32_t i = 0; i < f->n; i++) f->side[f->nodes[i]] = 2;
    struct orr_rule *rule = add_rule(f);
    rule->cut = rule->groups = true;
    rule->one_way = f->spec->one_way; /* only to the target: from group 1 to group 2 */
}

/* Slow and lossy links: both directions between two sets, or all links of the targets. */
static void mark_links(struct fault *f) {
    const struct orr_fault_spec *spec = f->spec;
    const struct orr_targets everybody = {0};
    bool between = spec->between[0].n > 0;
    mark(f, between ? &spec->between[0] : &spec->targets, 1);
    mark(f, between ? &spec->between[1] : &everybody, 2);
    f->n = 0;
    struct orr_rule *rule = add_rule(f);
    rule->both_ways = true;
    rule->delay = f->delay;
    if (spec->kind == ORR_FAULT_SLOW_LINK) {
        rule->factor_q16 = spec->factor == ORR_UNSET ? 0 : orr_build_factor(spec->factor);
    } else {
        rule->loss = orr_build_chance(spec->loss);
        rule->duplicate = orr_build_chance(spec->duplicate);
        rule->corrupt = orr_build_chance(spec->corrupt);
        rule->reorder = orr_build_chance(spec->reorder);
        rule->reorder_by = f->reorder_by;
    }
}

/* Delay and drop: from senders to receivers, of some kinds. */
static void mark_messages(struct fault *f) {
    const struct orr_fault_spec *spec = f->spec;
    const struct orr_scenario *s = f->plan->scenario;
    mark(f, &spec->from, 1);
    mark(f, &spec->to, 2);
    f->n = 0;
    uint32_t chance = spec->p == ORR_UNSET ? ORR_ALWAYS : orr_build_chance(spec->p);
    for (uint32_t g = 0; g < s->n_groups && f->n_rules < RULES_MAX; g++) {
        uint64_t kinds = orr_faulty_kinds(s->groups[g].role, spec->kinds, spec->n_kinds);
        bool known = !kinds;
        for (uint32_t i = 0; i < f->n_rules; i++) known |= f->rules[i].kinds == kinds;
        if (known) continue; /* no such kinds in this role, or said already */
        struct orr_rule *rule = add_rule(f);
        rule->kinds = kinds;
        rule->chance = chance;
        rule->drop = spec->kind == ORR_FAULT_DROP;
        rule->delay = f->delay;
    }
}

static void begin_rules(struct fault *f) {
    uint32_t n = f->plan->scenario->n_nodes;
    f->side = orr_xrealloc(f->side, n);
    memset(f->side, 0, n);
    f->n_rules = 0;
    switch (f->spec->kind) {
    case ORR_FAULT_PARTITION: mark_partition(f); break;
    case ORR_FAULT_ISOLATE: mark_isolation(f); break;
    case ORR_FAULT_SLOW_LINK:
    case ORR_FAULT_LOSSY_LINK: mark_links(f); break;
    default: mark_messages(f);
    }
    for (uint32_t i = 0; i < f->n_rules; i++)
        orr_net_rule_on(orr_sim_net(f->plan->sim), &f->rules[i]);
}

/* ---- faults of nodes ---- */

static void switch_byzantine(struct orr_plan *p, orr_peer node) {
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) { /* a restarted node begins honest */
        struct fault *f = &p->faults[i];
        if (f->spec->kind != ORR_FAULT_BYZANTINE || !f->active) continue;
        for (uint32_t k = 0; k < f->n; k++)
            if (f->nodes[k] == node) orr_sim_switch(p->sim, node, f->number);
    }
}

static void come_back(void *ctx, orr_time now) {
    (void)now;
    struct comeback *c = ctx;
    struct fault *f = c->fault;
    orr_peer node = c->node;
    if (orr_sim_is_up(f->plan->sim, node)) return;
    orr_sim_restart(f->plan->sim, node);
    switch_byzantine(f->plan, node);
    tell(f, node, false);
    if (f->spec->kind != ORR_FAULT_CRASH || !f->active) return;
    for (uint32_t i = 0; i < f->n; i++)
        if (!orr_sim_is_up(f->plan->sim, f->nodes[i])) return;
    f->active = false; /* the last of them is back: so ends a crash with restart_after */
    tell(f, ORR_NOBODY, false);
}

static void come_back_at(struct fault *f, orr_peer node, orr_time at) {
    struct comeback *c = orr_alloc(&f->plan->build->arena.mem, sizeof *c);
    *c = (struct comeback){f, node};
    orr_sim_call_at(f->plan->sim, at, come_back, c);
}

static void churn(void *ctx, orr_time now) {
    struct fault *f = ctx;
    struct orr_sim *sim = f->plan->sim;
    if (!f->active) return;
    uint32_t n_up = 0;
    for (uint32_t i = 0; i < f->n; i++) n_up += orr_sim_is_up(sim, f->nodes[i]);
    if (n_up) {
        uint32_t k = (uint32_t)orr_rng_below(&f->draws, n_up), i = 0;
        while (!orr_sim_is_up(sim, f->nodes[i]) || k--) i++;
        orr_peer node = f->nodes[i];
        tell(f, node, true);
        orr_sim_crash(sim, node, f->spec->disk);
        if (f->back_after)
            come_back_at(f, node, now + orr_dist_draw(f->back_after, orr_rng_u64(&f->draws)));
    }
    orr_sim_call_at(sim, now + orr_dist_draw(f->gaps, orr_rng_u64(&f->draws)) + 1, churn, f);
}

static void begin_at_node(struct fault *f, orr_peer node, orr_time now) {
    const struct orr_fault_spec *spec = f->spec;
    struct orr_sim *sim = f->plan->sim;
    switch (spec->kind) {
    case ORR_FAULT_CRASH:
        orr_sim_crash(sim, node, spec->disk);
        if (spec->restart_after != ORR_NEVER) come_back_at(f, node, now + spec->restart_after);
        break;
    case ORR_FAULT_RESTART:
        orr_sim_crash(sim, node, spec->disk);
        orr_sim_restart(sim, node);
        switch_byzantine(f->plan, node);
        tell(f, node, false);
        break;
    case ORR_FAULT_PAUSE: orr_sim_pause(sim, node); break;
    case ORR_FAULT_CLOCK: orr_sim_clock(sim, node, spec->skew, spec->drift); break;
    case ORR_FAULT_SLOW_CPU: orr_sim_cpu(sim, node, orr_build_factor(spec->factor)); break;
    case ORR_FAULT_SLOW_DISK: orr_sim_disk(sim, node, orr_build_factor(spec->factor), false); break;
    case ORR_FAULT_FULL_DISK: orr_sim_disk(sim, node, 1 << 16, true); break;
    case ORR_FAULT_BYZANTINE: orr_sim_switch(sim, node, f->number); break;
    default: break;
    }
}

static void end_at_node(struct fault *f, orr_peer node) {
    const struct orr_fault_spec *spec = f->spec;
    struct orr_sim *sim = f->plan->sim;
    switch (spec->kind) {
    case ORR_FAULT_CRASH:
        if (orr_sim_is_up(sim, node)) return; /* it came back earlier, and that was told */
        orr_sim_restart(sim, node);
        switch_byzantine(f->plan, node);
        break;
    case ORR_FAULT_PAUSE: orr_sim_resume(sim, node); break;
    case ORR_FAULT_CLOCK:
        orr_sim_clock(sim, node, -spec->skew, f->plan->build->spec.nodes[node].clock_drift_ppb);
        break;
    case ORR_FAULT_SLOW_CPU: orr_sim_cpu(sim, node, 1 << 16); break;
    case ORR_FAULT_SLOW_DISK:
    case ORR_FAULT_FULL_DISK: orr_sim_disk(sim, node, 1 << 16, false); break;
    case ORR_FAULT_BYZANTINE: orr_sim_switch(sim, node, f->number); break;
    case ORR_FAULT_ISOLATE: break;
    default: return; /* churn: who is away comes back in its own time */
    }
    tell(f, node, false);
}

/* ---- beginning and end ---- */

static void heal(struct fault *healer, orr_time now) {
    struct orr_plan *p = healer->plan;
    const struct orr_fault_spec *spec = healer->spec;
    for (uint32_t i = 0; i < spec->n_ends; i++) end(&p->faults[spec->ends[i]], now);
    for (uint32_t i = 0; spec->n_ends == 0 && i < p->scenario->n_faults; i++) {
        enum orr_fault_kind kind = p->faults[i].spec->kind;
        if (kind == ORR_FAULT_PARTITION || kind == ORR_FAULT_ISOLATE ||
            kind == ORR_FAULT_SLOW_LINK || kind == ORR_FAULT_LOSSY_LINK)
            end(&p->faults[i], now);
    }
}

static bool is_network(enum orr_fault_kind kind) {
    return kind == ORR_FAULT_PARTITION || kind == ORR_FAULT_ISOLATE ||
           kind == ORR_FAULT_SLOW_LINK || kind == ORR_FAULT_LOSSY_LINK || kind == ORR_FAULT_DELAY ||
           kind == ORR_FAULT_DROP;
}

static void begin(void *ctx, orr_time now) {
    struct fault *f = ctx;
    if (f->begun) return;
    f->begun = true;
    if (f->spec->kind == ORR_FAULT_HEAL) {
        heal(f, now);
        return;
    }
    f->active = true;
    if (is_network(f->spec->kind)) begin_rules(f);
    else take_targets(f, &f->spec->targets);
    tell(f, ORR_NOBODY, true);
    for (uint32_t i = 0; i < f->n; i++) {
        if (f->spec->kind != ORR_FAULT_CHURN) tell(f, f->nodes[i], true);
        begin_at_node(f, f->nodes[i], now);
    }
    if (f->spec->kind == ORR_FAULT_CHURN)
        orr_sim_call_at(f->plan->sim, now + orr_dist_draw(f->gaps, orr_rng_u64(&f->draws)) + 1,
                        churn, f);
    if (f->spec->kind == ORR_FAULT_RESTART) {
        f->active = false;
        tell(f, ORR_NOBODY, false);
    }
    if (f->spec->duration > 0 && f->spec->duration != ORR_NEVER) /* 0: the kind knows no `for` */
        orr_sim_call_at(f->plan->sim, now + f->spec->duration, end, f);
}

static void end(void *ctx, orr_time now) {
    (void)now;
    struct fault *f = ctx;
    if (!f->active) return;
    f->active = false;
    for (uint32_t i = 0; i < f->n_rules; i++)
        orr_net_rule_off(orr_sim_net(f->plan->sim), &f->rules[i]);
    for (uint32_t i = 0; i < f->n; i++) end_at_node(f, f->nodes[i]);
    tell(f, ORR_NOBODY, false);
}

/* ---- conditions ---- */

static bool holds(const struct orr_plan *p, const struct orr_condition *c) {
    for (orr_peer i = 0; i < p->scenario->n_nodes; i++) {
        if (!orr_target_has(p->scenario, &c->of, i) || !orr_sim_is_up(p->sim, i)) continue;
        const struct watched *w = &p->watched[i];
        uint64_t value = c->metric == ORR_METRIC_HEIGHT  ? w->height
                         : c->metric == ORR_METRIC_ROUND ? w->round
                                                         : w->decisions;
        if (value >= c->at_least) return true;
    }
    return false;
}

static void watch(void *ctx, const struct orr_tap_record *r) {
    struct orr_plan *p = ctx;
    struct watched *w = &p->watched[r->node];
    if (p->n_waiting == 0 || !r->msg) return;
    if (r->key == ORR_OUT_DECIDED) {
        const struct orr_decided *d = (const struct orr_decided *)r->msg->data;
        w->decisions++;
        if (d->height > w->height) w->height = d->height;
    } else if (r->key == ORR_OUT_STEP) {
        w->round = ((const struct orr_progress *)r->msg->data)->round;
    } else {
        return;
    }
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        struct fault *f = &p->faults[i];
        if (!f->spec->conditional || f->begun || f->active || !holds(p, &f->spec->when)) continue;
        p->n_waiting--;
        f->active = true; /* scheduled: begin() comes after the other events of this instant */
        orr_sim_call_at(p->sim, r->at, begin, f);
    }
}

/* ---- life ---- */

struct orr_plan *orr_plan_new(struct orr_build *build, struct orr_sim *sim,
                              struct orr_diags *diags) {
    const struct orr_scenario *s = build->scenario;
    struct orr_plan *p = orr_xrealloc(NULL, sizeof *p);
    *p = (struct orr_plan){.build = build, .scenario = s, .sim = sim};
    p->faults = orr_xrealloc(NULL, s->n_faults * sizeof *p->faults);
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *spec = &s->faults[i];
        struct fault *f = &p->faults[i];
        *f = (struct fault){.plan = p, .spec = spec, .number = i,
                            .draws = orr_rng_stream(s->seed, ORR_RNG_PLAN, i)};
        const struct orr_dist_spec *delay =
            spec->kind == ORR_FAULT_SLOW_LINK ? &spec->extra
            : spec->kind == ORR_FAULT_DELAY   ? &spec->by
                                              : NULL;
        if (delay) f->delay = orr_build_dist(build, delay, diags);
        f->reorder_by = orr_build_dist(build, &spec->reorder_by, diags);
        f->back_after = orr_build_dist(build, &spec->back_after, diags);
        if (spec->kind == ORR_FAULT_CHURN)
            f->gaps = orr_build_poisson_gaps(build, spec->leave_nhz, diags);
        p->n_waiting += spec->conditional;
    }
    if (!diags->n_errors) return p;
    orr_plan_free(p);
    return NULL;
}

void orr_plan_free(struct orr_plan *p) {
    if (!p) return;
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        free(p->faults[i].nodes);
        free(p->faults[i].side);
    }
    free(p->faults);
    free(p->watched);
    free(p);
}

void orr_plan_start(struct orr_plan *p) {
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        if (p->faults[i].spec->conditional) continue;
        bool at_once = p->faults[i].spec->at == 0 && p->faults[i].spec->kind != ORR_FAULT_BYZANTINE;
        if (at_once) begin(&p->faults[i], 0);
        else orr_sim_call_at(p->sim, p->faults[i].spec->at, begin, &p->faults[i]);
    }
    if (!p->n_waiting) return;
    p->watched = orr_xrealloc(NULL, p->scenario->n_nodes * sizeof *p->watched);
    memset(p->watched, 0, p->scenario->n_nodes * sizeof *p->watched);
    p->tap = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT), p, watch, NULL};
    orr_sim_attach(p->sim, &p->tap);
}
