/* rules.c - faults of the network: each becomes rules that the simulator applies to messages. */
#include <assert.h>
#include <string.h>

#include "sim/run/byzantine.h"
#include "sim/run/incident.h"

/* The bits of orr_rule.side that mark receivers and senders, and senders of each role. */
enum { TO = 1, FROM = 2, FROM_ROLE = 4 };

bool orr_incident_is_network(enum orr_fault_kind kind) {
    return kind == ORR_FAULT_PARTITION || kind == ORR_FAULT_ISOLATE ||
           kind == ORR_FAULT_SLOW_LINK || kind == ORR_FAULT_LOSSY_LINK || kind == ORR_FAULT_DELAY ||
           kind == ORR_FAULT_DROP || kind == ORR_FAULT_DUPLICATE || kind == ORR_FAULT_SWAP;
}

static struct orr_rule *add_rule(struct orr_incident *inc) {
    struct orr_rule *rule = &inc->rules[inc->n_rules++];
    *rule = (struct orr_rule){.side = inc->side, .from = FROM, .to = TO, .chance = ORR_ALWAYS};
    if (orr_incident_is_choosy(inc->spec)) rule->fits = orr_incident_fits, rule->ctx = inc;
    return rule;
}

/* Nodes that run twice are parted by their wrappers, where any partition names twins. */
static void mark_partition(struct orr_incident *inc) {
    struct orr_build *build = inc->plan->build;
    for (uint32_t g = 0; g < inc->spec->n_groups; g++) {
        orr_incident_take(inc, &inc->spec->groups[g]);
        for (uint32_t i = 0; i < inc->n; i++)
            if (!orr_byzantine_is_parted(build, inc->spec, inc->nodes[i]))
                inc->side[inc->nodes[i]] = (uint16_t)(g + 1);
    }
    build->parts_on[inc->number] = true;
    inc->n = 0;
    struct orr_rule *rule = add_rule(inc);
    rule->cut = rule->groups = true;
    rule->one_way = inc->spec->one_way;
}

static void mark_isolation(struct orr_incident *inc) {
    orr_incident_take(inc, &inc->spec->targets);
    for (uint32_t i = 0; i < inc->plan->scenario->n_nodes; i++) inc->side[i] = 1;
    for (uint32_t i = 0; i < inc->n; i++) inc->side[inc->nodes[i]] = 2;
    struct orr_rule *rule = add_rule(inc);
    rule->cut = rule->groups = true;
    rule->one_way = inc->spec->one_way; /* only to the target: from group 1 to group 2 */
}

/* Slow and lossy links: both directions between two sets, or all links of the targets. */
static void mark_links(struct orr_incident *inc) {
    const struct orr_fault_spec *spec = inc->spec;
    const struct orr_targets everybody = {0};
    bool between = spec->between[0].n > 0;
    orr_incident_mark(inc, between ? &spec->between[0] : &spec->targets, FROM);
    orr_incident_mark(inc, between ? &spec->between[1] : &everybody, TO);
    inc->n = 0;
    struct orr_rule *rule = add_rule(inc);
    rule->both_ways = true;
    rule->delay = inc->delay;
    if (spec->kind == ORR_FAULT_SLOW_LINK) {
        rule->factor_q16 = spec->factor == ORR_UNSET ? 0 : orr_factor_q16(spec->factor);
    } else {
        rule->loss = orr_chance_q32(spec->loss);
        rule->duplicate = orr_chance_q32(spec->duplicate);
        rule->corrupt = orr_chance_q32(spec->corrupt);
        rule->reorder = orr_chance_q32(spec->reorder);
        rule->reorder_by = inc->reorder_by;
    }
}

static struct orr_rule *add_message_rule(struct orr_incident *inc) {
    struct orr_rule *rule = add_rule(inc);
    rule->chance = inc->spec->p == ORR_UNSET ? ORR_ALWAYS : orr_chance_q32(inc->spec->p);
    rule->drop = inc->spec->kind == ORR_FAULT_DROP;
    rule->swap = inc->spec->kind == ORR_FAULT_SWAP;
    rule->again = inc->again;
    rule->delay = inc->delay;
    return rule;
}

/* Delay, drop, duplicate, swap: from senders to receivers, of some kinds.  What a kind's number
 * means is a matter of the sender's role. */
static void mark_messages(struct orr_incident *inc) {
    const struct orr_fault_spec *spec = inc->spec;
    const struct orr_scenario *s = inc->plan->scenario;
    orr_incident_mark(inc, &spec->from, FROM);
    orr_incident_mark(inc, &spec->to, TO);
    inc->n = 0;
    if (!spec->n_kinds) add_message_rule(inc);
    uint32_t n_types = 0;
    for (uint32_t g = 0; g < s->n_groups; g++)
        n_types += orr_byzantine_types(s->groups[g].role, spec->kinds, spec->n_kinds, NULL);
    inc->types = orr_xrealloc(inc->types, (n_types + 1) * sizeof *inc->types);
    n_types = 0;
    for (uint32_t g = 0; spec->n_kinds && g < s->n_groups; g++) {
        const struct orr_protocol *role = s->groups[g].role;
        uint32_t n = orr_byzantine_types(role, spec->kinds, spec->n_kinds, NULL);
        for (uint32_t i = 0; i < g; i++)
            if (s->groups[i].role == role) n = 0; /* said already */
        if (!n) continue;
        assert(inc->n_rules < ORR_INCIDENT_RULES_MAX);
        uint16_t senders = (uint16_t)(FROM_ROLE << inc->n_rules);
        for (uint32_t i = g; i < s->n_groups; i++)
            for (orr_peer k = 0; s->groups[i].role == role && k < s->groups[i].count; k++)
                if (inc->side[s->groups[i].first + k] & FROM)
                    inc->side[s->groups[i].first + k] |= senders;
        struct orr_rule *rule = add_message_rule(inc);
        rule->from = senders;
        rule->types = inc->types + n_types;
        rule->n_types = n;
        n_types += orr_byzantine_types(role, spec->kinds, spec->n_kinds, inc->types + n_types);
    }
}

void orr_incident_rules_on(struct orr_incident *inc) {
    uint32_t n = inc->plan->scenario->n_nodes;
    inc->side = orr_xrealloc(inc->side, n * sizeof *inc->side);
    memset(inc->side, 0, n * sizeof *inc->side);
    inc->n_rules = 0;
    switch (inc->spec->kind) {
    case ORR_FAULT_PARTITION: mark_partition(inc); break;
    case ORR_FAULT_ISOLATE: mark_isolation(inc); break;
    case ORR_FAULT_SLOW_LINK:
    case ORR_FAULT_LOSSY_LINK: mark_links(inc); break;
    default: mark_messages(inc);
    }
    for (uint32_t i = 0; i < inc->n_rules; i++) orr_sim_rule_on(inc->plan->sim, &inc->rules[i]);
}

/* A rule for all targets, of whom one more is marked; latencies become 2^-16 of what they are. */
void orr_incident_rush(struct orr_incident *inc, orr_peer node) {
    const uint32_t n = inc->plan->scenario->n_nodes;
    if (!inc->n_rules) {
        inc->side = orr_xrealloc(inc->side, n * sizeof *inc->side);
        for (uint32_t i = 0; i < n; i++) inc->side[i] = TO;
        struct orr_rule *rule = add_rule(inc);
        rule->both_ways = true;
        rule->factor_q16 = 1;
        rule->fits = NULL; /* `view` and `height` say what it lies about, not how fast */
        orr_sim_rule_on(inc->plan->sim, rule);
    }
    inc->side[node] |= FROM;
}

void orr_incident_rules_off(struct orr_incident *inc) {
    inc->plan->build->parts_on[inc->number] = false;
    for (uint32_t i = 0; i < inc->n_rules; i++) orr_sim_rule_off(inc->plan->sim, &inc->rules[i]);
}
