#include "sim/net/net.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

void orr_net_rule_on(struct orr_net *net, const struct orr_rule *rule) {
    assert(rule->side && net->n_rules <= net->rules_cap);
    for (uint32_t i = 0; i < net->n_rules; i++) assert(net->rules[i] != rule); /* stands once */
    if (net->n_rules == net->rules_cap) {
        uint32_t cap = net->rules_cap ? 2 * net->rules_cap : 8;
        net->rules = orr_resize(net->mem, net->rules, net->rules_cap * sizeof *net->rules,
                                cap * sizeof *net->rules);
        net->rules_cap = cap;
    }
    net->rules[net->n_rules++] = rule;
}

void orr_net_rule_off(struct orr_net *net, const struct orr_rule *rule) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < net->n_rules; i++)
        if (net->rules[i] != rule) net->rules[kept++] = net->rules[i];
    assert(net->n_rules - kept <= 1);
    net->n_rules = kept;
}

static bool matches(const struct orr_rule *rule, orr_peer from, orr_peer to, uint32_t type) {
    if (rule->n_types) {
        uint32_t i = 0;
        while (i < rule->n_types && rule->types[i] != type) i++;
        if (i == rule->n_types) return false;
    }
    uint16_t a = rule->side[from], b = rule->side[to];
    if (!rule->groups)
        return ((a & rule->from) && (b & rule->to)) ||
               (rule->both_ways && (a & rule->to) && (b & rule->from));
    return a && b && (rule->one_way ? a < b : a != b);
}

bool orr_rule_cuts(const struct orr_rule *rule, orr_peer from, orr_peer to) {
    return rule->cut && !rule->fits && rule->chance == ORR_ALWAYS && !rule->n_types &&
           matches(rule, from, to, 0);
}

bool orr_net_is_cut(const struct orr_net *net, orr_peer from, orr_peer to) {
    for (uint32_t i = 0; i < net->n_rules; i++)
        if (orr_rule_cuts(net->rules[i], from, to)) return true;
    return false;
}

static uint32_t add_chance(uint32_t a, uint32_t b) {
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

struct orr_fate orr_net_judge(const struct orr_net *net, orr_peer from, orr_peer to, uint32_t type,
                              const struct orr_msg *msg, struct orr_rng draws) {
    struct orr_fate fate = {.factor_q16 = 1 << 16, .again = ORR_NEVER};
    for (uint32_t i = 0; i < net->n_rules; i++) {
        const struct orr_rule *rule = net->rules[i];
        if (!matches(rule, from, to, type)) continue;
        if (rule->fits && !rule->fits(rule->ctx, from, to, msg)) continue;
        if (rule->chance != ORR_ALWAYS && orr_rng_u64(&draws) >> 32 >= rule->chance) continue;
        fate.cut |= rule->cut;
        fate.drop |= rule->drop;
        fate.swap |= rule->swap;
        if (rule->again) fate.again = orr_dist_draw(rule->again, orr_rng_u64(&draws));
        if (rule->delay) fate.delay += orr_dist_draw(rule->delay, orr_rng_u64(&draws));
        if (rule->factor_q16)
            fate.factor_q16 = (uint64_t)orr_stretch((orr_time)fate.factor_q16, rule->factor_q16);
        fate.loss = add_chance(fate.loss, rule->loss);
        fate.duplicate = add_chance(fate.duplicate, rule->duplicate);
        fate.corrupt = add_chance(fate.corrupt, rule->corrupt);
        fate.reorder = add_chance(fate.reorder, rule->reorder);
        if (rule->reorder_by) fate.reorder_by = rule->reorder_by;
    }
    return fate;
}

const struct orr_link *orr_net_edge_link(const struct orr_net *net, orr_peer from, orr_peer to) {
    const struct orr_topology *t = net->topology;
    uint64_t low = t->first[from], end = t->first[from + 1], high = end;
    assert(net->edge_links && from < t->n && to < t->n && low <= end);
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (t->neighbours[mid] < to) low = mid + 1;
        else high = mid;
    }
    if (low == end || t->neighbours[low] != to || net->edge_links[low] == UINT16_MAX) return NULL;
    return &net->links[net->edge_links[low]];
}
