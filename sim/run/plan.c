#include "sim/run/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/byzantine.h"

/* The bits of orr_rule.side that mark receivers and senders, and senders of each role: one rule for
 * each whose message kinds a fault names. */
enum { TO = 1, FROM = 2, FROM_ROLE = 4, RULES_MAX = 14 };

/* One fault of the scenario on its way. */
struct fault {
    struct orr_plan *plan;
    const struct orr_fault_spec *spec;
    uint32_t number;
    bool due, begun, active; /* due: its condition has held */
    orr_time until;          /* when it ends by itself, or ORR_NEVER */
    orr_peer *nodes;         /* [n] whom it took */
    uint32_t n;
    bool *taken;    /* [n_nodes] is it one of them? */
    uint16_t *side; /* [n_nodes] of its rules */
    uint32_t *types; /* of the messages that its rules name, one rule's after the other's */
    struct orr_rule rules[RULES_MAX];
    uint32_t n_rules;
    const struct orr_dist *delay, *reorder_by, *gaps, *back_after;
    struct orr_rng draws;
};

/* What a condition watches: of each node. */
struct watched {
    uint64_t height, decisions;
    uint32_t round;
    bool is_liar; /* or was one: its word does not count */
};

struct orr_plan {
    struct orr_build *build;
    const struct orr_scenario *scenario;
    struct orr_sim *sim;
    struct fault *faults; /* [scenario->n_faults] */
    uint32_t n_waiting;   /* faults whose condition has not held yet */
    struct watched *watched;
    orr_time *down_until; /* [n_nodes] the latest that a crash or churn said */
    struct orr_tap tap;
};

/* Somebody who is to come back: a node that churn took. */
struct comeback {
    struct fault *fault;
    orr_peer node;
};

static void begin(void *ctx, orr_time now);
static void end(void *ctx, orr_time now);

static void tell(struct fault *f, orr_peer node, bool began) {
    orr_time now = orr_sim_now(f->plan->sim);
    orr_sim_tell(f->plan->sim, (struct orr_tap_record){.kind = ORR_TAP_FAULT,
                                                       .what = began,
                                                       .node = node,
                                                       .peer = ORR_NOBODY,
                                                       .key = f->number,
                                                       .at = now,
                                                       .sent = now});
}

/* ---- who is meant ---- */

static void take(struct fault *f, orr_peer node) {
    if (f->taken[node]) return;
    f->taken[node] = true;
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
    uint32_t n_nodes = f->plan->scenario->n_nodes;
    if (!f->nodes) f->nodes = orr_xrealloc(NULL, n_nodes * sizeof *f->nodes);
    if (!f->taken) f->taken = orr_xrealloc(NULL, n_nodes * sizeof *f->taken);
    memset(f->taken, 0, n_nodes * sizeof *f->taken);
    f->n = 0;
    for (uint32_t i = 0; i < targets->n; i++) take_target(f, &targets->v[i]);
}

/* Sets bits of `side` for all nodes that some of the targets name; without targets, for all. */
static void mark(struct fault *f, const struct orr_targets *targets, uint16_t bits) {
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
    *rule = (struct orr_rule){
        .side = f->side, .from = FROM, .to = TO, .chance = ORR_ALWAYS};
    return rule;
}

static void mark_partition(struct fault *f) {
    for (uint32_t g = 0; g < f->spec->n_groups; g++) {
        take_targets(f, &f->spec->groups[g]);
        for (uint32_t i = 0; i < f->n; i++) f->side[f->nodes[i]] = (uint16_t)(g + 1);
    }
    f->n = 0;
    struct orr_rule *rule = add_rule(f);
    rule->cut = rule->groups = true;
    rule->one_way = f->spec->one_way;
}

static void mark_isolation(struct fault *f) {
    take_targets(f, &f->spec->targets);
    for (uint32_t i = 0; i < f->plan->scenario->n_nodes; i++) f->side[i] = 1;
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
    mark(f, between ? &spec->between[0] : &spec->targets, FROM);
    mark(f, between ? &spec->between[1] : &everybody, TO);
    f->n = 0;
    struct orr_rule *rule = add_rule(f);
    rule->both_ways = true;
    rule->delay = f->delay;
    if (spec->kind == ORR_FAULT_SLOW_LINK) {
        rule->factor_q16 = spec->factor == ORR_UNSET ? 0 : orr_factor_q16(spec->factor);
    } else {
        rule->loss = orr_chance_q32(spec->loss);
        rule->duplicate = orr_chance_q32(spec->duplicate);
        rule->corrupt = orr_chance_q32(spec->corrupt);
        rule->reorder = orr_chance_q32(spec->reorder);
        rule->reorder_by = f->reorder_by;
    }
}

static struct orr_rule *add_message_rule(struct fault *f) {
    struct orr_rule *rule = add_rule(f);
    rule->chance = f->spec->p == ORR_UNSET ? ORR_ALWAYS : orr_chance_q32(f->spec->p);
    rule->drop = f->spec->kind == ORR_FAULT_DROP;
    rule->delay = f->delay;
    return rule;
}

/* Delay and drop: from senders to receivers, of some kinds.  What a kind's number means is a matter
 * of the sender's role. */
static void mark_messages(struct fault *f) {
    const struct orr_fault_spec *spec = f->spec;
    const struct orr_scenario *s = f->plan->scenario;
    mark(f, &spec->from, FROM);
    mark(f, &spec->to, TO);
    f->n = 0;
    if (!spec->n_kinds) add_message_rule(f);
    uint32_t n_types = 0;
    for (uint32_t g = 0; g < s->n_groups; g++)
        n_types += orr_byzantine_types(s->groups[g].role, spec->kinds, spec->n_kinds, NULL);
    f->types = orr_xrealloc(f->types, (n_types + 1) * sizeof *f->types);
    n_types = 0;
    for (uint32_t g = 0; spec->n_kinds && g < s->n_groups; g++) {
        const struct orr_protocol *role = s->groups[g].role;
        uint32_t n = orr_byzantine_types(role, spec->kinds, spec->n_kinds, NULL);
        for (uint32_t i = 0; i < g; i++)
            if (s->groups[i].role == role) n = 0; /* said already */
        if (!n) continue;
        assert(f->n_rules < RULES_MAX);
        uint16_t senders = (uint16_t)(FROM_ROLE << f->n_rules);
        for (uint32_t i = g; i < s->n_groups; i++)
            for (orr_peer k = 0; s->groups[i].role == role && k < s->groups[i].count; k++)
                if (f->side[s->groups[i].first + k] & FROM)
                    f->side[s->groups[i].first + k] |= senders;
        struct orr_rule *rule = add_message_rule(f);
        rule->from = senders;
        rule->types = f->types + n_types;
        rule->n_types = n;
        n_types += orr_byzantine_types(role, spec->kinds, spec->n_kinds, f->types + n_types);
    }
}

static void begin_rules(struct fault *f) {
    uint32_t n = f->plan->scenario->n_nodes;
    f->side = orr_xrealloc(f->side, n * sizeof *f->side);
    memset(f->side, 0, n * sizeof *f->side);
    f->n_rules = 0;
    switch (f->spec->kind) {
    case ORR_FAULT_PARTITION: mark_partition(f); break;
    case ORR_FAULT_ISOLATE: mark_isolation(f); break;
    case ORR_FAULT_SLOW_LINK:
    case ORR_FAULT_LOSSY_LINK: mark_links(f); break;
    default: mark_messages(f);
    }
    for (uint32_t i = 0; i < f->n_rules; i++)
        orr_sim_rule_on(f->plan->sim, &f->rules[i]);
}

/* ---- faults of nodes ---- */

static bool has(const struct fault *f, orr_peer node) {
    return f->active && f->taken && f->taken[node];
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
        const struct orr_fault_spec *spec = p->faults[i].spec;
        if (!has(&p->faults[i], node)) continue;
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

static void crash(struct fault *f, orr_peer node, orr_time until) {
    orr_time *down_until = &f->plan->down_until[node];
    if (*down_until < until) *down_until = until;
    orr_sim_crash(f->plan->sim, node, f->spec->disk);
}

/* A restarted node begins honest and awake: what still goes on takes it again. */
static void restart(struct fault *f, orr_peer node) {
    struct orr_plan *p = f->plan;
    p->down_until[node] = 0;
    orr_sim_restart(p->sim, node);
    settle(p, node, ORR_FAULT_PAUSE, 0);
    for (uint32_t i = 0; i < p->scenario->n_faults; i++)
        if (p->faults[i].spec->kind == ORR_FAULT_BYZANTINE && has(&p->faults[i], node))
            orr_sim_switch(p->sim, node, i);
    tell(f, node, false);
}

static void come_back(void *ctx, orr_time now) {
    struct comeback *c = ctx;
    struct orr_plan *p = c->fault->plan;
    if (!orr_sim_is_up(p->sim, c->node) && p->down_until[c->node] <= now)
        restart(c->fault, c->node);
}

static void leave(struct fault *f, orr_peer node, orr_time now) {
    orr_time back = now + orr_dist_draw(f->back_after, orr_rng_u64(&f->draws));
    tell(f, node, true);
    crash(f, node, back);
    struct comeback *c = orr_alloc(&f->plan->build->plan_arena.mem, sizeof *c);
    *c = (struct comeback){f, node};
    orr_sim_call_at(f->plan->sim, back, come_back, c);
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
        leave(f, f->nodes[i], now);
    }
    orr_sim_call_at(sim, now + orr_dist_draw(f->gaps, orr_rng_u64(&f->draws)) + 1, churn, f);
}

static void begin_at_node(struct fault *f, orr_peer node) {
    switch (f->spec->kind) {
    case ORR_FAULT_CRASH: crash(f, node, f->until); break;
    case ORR_FAULT_RESTART:
        crash(f, node, 0);
        restart(f, node);
        break;
    case ORR_FAULT_BYZANTINE:
        if (f->plan->watched) f->plan->watched[node].is_liar = true;
        orr_sim_switch(f->plan->sim, node, f->number);
        break;
    default: settle(f->plan, node, f->spec->kind, f->spec->skew);
    }
}

static void end_at_node(struct fault *f, orr_peer node) {
    switch (f->spec->kind) {
    case ORR_FAULT_CRASH: /* it may be back already, or another crash keeps it down */
        if (!orr_sim_is_up(f->plan->sim, node) && f->plan->down_until[node] <= f->until)
            restart(f, node);
        return;
    case ORR_FAULT_CHURN: return; /* who is away comes back in its own time */
    case ORR_FAULT_BYZANTINE: orr_sim_switch(f->plan->sim, node, f->number); break;
    default: settle(f->plan, node, f->spec->kind, -f->spec->skew);
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

/* When a fault that begins now ends by itself, or ORR_NEVER. */
static orr_time ends_at(const struct orr_fault_spec *spec, orr_time now) {
    orr_time lasts = spec->kind == ORR_FAULT_CRASH ? spec->restart_after : spec->duration;
    return lasts == ORR_NEVER || spec->kind == ORR_FAULT_RESTART ? ORR_NEVER : now + lasts;
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
    f->until = ends_at(f->spec, now);
    if (is_network(f->spec->kind))
        begin_rules(f);
    else
        take_targets(f, &f->spec->targets);
    tell(f, ORR_NOBODY, true);
    for (uint32_t i = 0; i < f->n; i++) {
        if (f->spec->kind != ORR_FAULT_CHURN) tell(f, f->nodes[i], true);
        begin_at_node(f, f->nodes[i]);
    }
    if (f->spec->kind == ORR_FAULT_CHURN)
        orr_sim_call_at(f->plan->sim, now + orr_dist_draw(f->gaps, orr_rng_u64(&f->draws)) + 1,
                        churn, f);
    if (f->spec->kind == ORR_FAULT_RESTART) {
        f->active = false;
        tell(f, ORR_NOBODY, false);
    }
    if (f->until != ORR_NEVER) orr_sim_call_at(f->plan->sim, f->until, end, f);
}

static void end(void *ctx, orr_time now) {
    (void)now;
    struct fault *f = ctx;
    if (!f->active) return;
    f->active = false; /* first: the nodes are settled without it */
    for (uint32_t i = 0; i < f->n_rules; i++)
        orr_sim_rule_off(f->plan->sim, &f->rules[i]);
    for (uint32_t i = 0; i < f->n; i++) end_at_node(f, f->nodes[i]);
    tell(f, ORR_NOBODY, false);
}

/* ---- conditions ---- */

static bool holds(const struct orr_plan *p, const struct orr_condition *c) {
    for (orr_peer i = 0; i < p->scenario->n_nodes; i++) {
        const struct watched *w = &p->watched[i];
        if (!orr_target_has(p->scenario, &c->of, i) || w->is_liar) continue;
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
        if (!f->spec->conditional || f->due || !holds(p, &f->spec->when)) continue;
        p->n_waiting--;
        f->due = true; /* begin() comes after the other events of this instant */
        orr_sim_call_at(p->sim, r->at, begin, f);
    }
}

/* ---- life ---- */

struct orr_plan *orr_plan_new(struct orr_build *build, struct orr_sim *sim,
                              struct orr_diags *diags) {
    const struct orr_scenario *s = &build->scenario;
    struct orr_plan *p = orr_xrealloc(NULL, sizeof *p);
    *p = (struct orr_plan){.build = build, .scenario = s, .sim = sim};
    p->faults = orr_xrealloc(NULL, s->n_faults * sizeof *p->faults);
    p->down_until = orr_xrealloc(NULL, s->n_nodes * sizeof *p->down_until);
    memset(p->down_until, 0, s->n_nodes * sizeof *p->down_until);
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct orr_fault_spec *spec = &s->faults[i];
        struct fault *f = &p->faults[i];
        *f = (struct fault){.plan = p,
                            .spec = spec,
                            .number = i,
                            .draws = orr_rng_stream(s->seed, ORR_RNG_PLAN, i)};
        const struct orr_dist_spec *delay = spec->kind == ORR_FAULT_SLOW_LINK ? &spec->extra
                                            : spec->kind == ORR_FAULT_DELAY   ? &spec->by
                                                                              : NULL;
        if (delay) f->delay = orr_dists_get(&build->dists, delay, diags);
        f->reorder_by = orr_dists_get(&build->dists, &spec->reorder_by, diags);
        f->back_after = orr_dists_get(&build->dists, &spec->back_after, diags);
        if (spec->kind == ORR_FAULT_CHURN)
            f->gaps = orr_dists_poisson_gaps(&build->dists, spec->leave_nhz, diags);
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
        free(p->faults[i].taken);
        free(p->faults[i].side);
        free(p->faults[i].types);
    }
    free(p->faults);
    free(p->watched);
    free(p->down_until);
    free(p);
}

uint32_t orr_plan_waiting(const struct orr_plan *p, const char **name) {
    uint32_t n = 0;
    for (uint32_t i = p->scenario->n_faults; i-- > 0;)
        if (!p->faults[i].begun) n++, *name = p->faults[i].spec->name;
    return n;
}

void orr_plan_start(struct orr_plan *p) {
    for (uint32_t i = 0; i < p->scenario->n_faults; i++) {
        if (p->faults[i].spec->conditional) continue;
        bool at_once = p->faults[i].spec->at == 0 && p->faults[i].spec->kind != ORR_FAULT_BYZANTINE;
        if (at_once)
            begin(&p->faults[i], 0);
        else
            orr_sim_call_at(p->sim, p->faults[i].spec->at, begin, &p->faults[i]);
    }
    if (!p->n_waiting) return;
    p->watched = orr_xrealloc(NULL, p->scenario->n_nodes * sizeof *p->watched);
    memset(p->watched, 0, p->scenario->n_nodes * sizeof *p->watched);
    p->tap = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT), p, watch, NULL};
    orr_sim_attach(p->sim, &p->tap);
}
