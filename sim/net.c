#include "sim/net.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/memory.h"

void orr_net_rule_on(struct orr_net *net, const struct orr_rule *rule) {
    if (net->n_rules == net->rules_cap) {
        net->rules_cap = net->rules_cap ? 2 * net->rules_cap : 8;
        net->rules = orr_xrealloc(net->rules, net->rules_cap * sizeof *net->rules);
    }
    net->rules[net->n_rules++] = rule;
}

void orr_net_rule_off(struct orr_net *net, const struct orr_rule *rule) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < net->n_rules; i++)
        if (net->rules[i] != rule) net->rules[kept++] = net->rules[i];
    net->n_rules = kept;
}

void orr_net_rules_clear(struct orr_net *net) { net->n_rules = 0; }

static bool matches(const struct orr_rule *rule, orr_peer from, orr_peer to, uint32_t kind) {
    if (rule->kind != ORR_ANY_KIND && rule->kind != kind) return false;
    uint8_t a = rule->side[from], b = rule->side[to];
    if (!rule->groups) return (a & 1) && (b & 2);
    return a && b && (rule->one_way ? a < b : a != b);
}

struct orr_rule_verdict orr_net_judge(const struct orr_net *net, orr_peer from, orr_peer to,
                                      uint32_t kind, struct orr_rng draws) {
    struct orr_rule_verdict v = {.factor_q16 = 1 << 16};
    for (uint32_t i = 0; i < net->n_rules; i++) {
        const struct orr_rule *rule = net->rules[i];
        if (!matches(rule, from, to, kind)) continue;
        if (rule->chance != UINT32_MAX && orr_rng_u64(&draws) >> 32 >= rule->chance) continue;
        switch (rule->action) {
        case ORR_RULE_CUT: v.cut = true; break;
        case ORR_RULE_DROP: v.dropped = true; break;
        case ORR_RULE_DELAY: v.delay += rule->delay; break;
        case ORR_RULE_SLOW: v.factor_q16 = v.factor_q16 * rule->factor_q16 >> 16; break;
        }
    }
    return v;
}

const struct orr_link *orr_net_edge_link(const struct orr_net *net, orr_peer from, orr_peer to) {
    const struct orr_topology *t = net->topology;
    uint64_t low = t->first[from], end = t->first[from + 1], high = end;
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        if (t->neighbours[mid] < to) low = mid + 1;
        else high = mid;
    }
    if (low == end || t->neighbours[low] != to || net->edge_links[low] == UINT16_MAX) return NULL;
    return &net->links[net->edge_links[low]];
}
