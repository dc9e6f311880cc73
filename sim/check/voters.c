/* voters.c - whose votes count at a height: the scenario's stakes, and the changes that it ordered
 * from the block on that carried them.  Worked out here, whatever the nodes say.  Where power is
 * membership, who has lost it may have proposed before it heard of it: it counts as having it. */
#include <assert.h>

#include "sim/check/state.h"

/* The order that a client of the workload is; NULL: it sends transactions. */
static const struct orr_workload_spec *order_of(const struct orr_check *c, uint32_t client) {
    const struct orr_scenario *s = c->scenario;
    for (uint32_t i = 0, first = 0; i < s->n_workloads; first += s->workloads[i++].clients)
        if (client >= first && client - first < s->workloads[i].clients)
            return s->workloads[i].kind == ORR_WORKLOAD_POWER ? &s->workloads[i] : NULL;
    return NULL;
}

void orr_voters_hear(struct orr_check *c, const struct orr_tap_record *r) {
    if (r->peer == ORR_NOBODY) return;
    const struct orr_workload_spec *order = order_of(c, r->key);
    struct chain *chain = chain_of(c, r->node);
    if (!order) return;
    for (uint32_t i = 0; i < chain->n_powers; i++)
        if (chain->powers[i].tx == r->hash) return; /* to another node too */
    if (chain->n_powers == chain->powers_cap) {
        uint32_t cap = chain->powers_cap ? 2 * chain->powers_cap : 8;
        chain->powers = orr_resize(&c->heap.mem, chain->powers,
                                   chain->powers_cap * sizeof *chain->powers,
                                   cap * sizeof *chain->powers);
        chain->powers_cap = cap;
    }
    chain->powers[chain->n_powers++] = (struct power){
        .tx = r->hash, .node = r->peer, .power = order->power, .from = UINT64_MAX};
}

/* Puts a change that a block carries behind those of earlier ones: they stand in the order in which
 * they were decided, and those that no block has carried yet after them. */
static void take_hold(struct chain *chain, uint64_t tx, uint64_t from) {
    for (uint32_t i = chain->n_in_force; i < chain->n_powers; i++) {
        struct power *p = &chain->powers[i], decided = *p;
        if (p->tx != tx) continue;
        *p = chain->powers[chain->n_in_force];
        decided.from = from;
        chain->powers[chain->n_in_force++] = decided;
        return;
    }
}

void orr_voters_decide(struct orr_check *c, const struct decision *first) {
    struct chain *chain = first->chain;
    const struct orr_decided *d = first->d;
    uint32_t n_before = chain->n_in_force;
    if (n_before == chain->n_powers) return;
    uint64_t from = d->height + (chain->role->workload.is_membership ? 1 : 2);
    for (uint32_t i = 0; i < d->n_txs; i++) take_hold(chain, d->txs[i], from);
    if (n_before == chain->n_in_force) return;
    uint64_t total = orr_voters_total(c, chain, from);
    if (total && total <= ORR_SCENARIO_MAX_STAKE) return;
    for (uint32_t i = n_before; i < chain->n_in_force; i++)
        chain->powers[i].from = UINT64_MAX; /* one block's changes are done together or not */
}

uint64_t orr_voters_power(const struct orr_check *c, const struct chain *chain, orr_peer node,
                          uint64_t height) {
    if (node >= c->n_nodes || &c->chains[c->nodes[node].chain] != chain) return 0;
    bool keeps = chain->role->workload.is_membership;
    for (uint32_t i = chain->n_in_force; i-- > 0;)
        if (chain->powers[i].node == node && chain->powers[i].from <= height &&
            (!keeps || chain->powers[i].power))
            return chain->powers[i].power;
    const struct orr_group_spec *group = c->scenario->groups;
    while (node >= group->first + group->count) group++; /* ends: it is in some group */
    return orr_group_stake(group, node - group->first);
}

uint64_t orr_voters_total(const struct orr_check *c, const struct chain *chain, uint64_t height) {
    uint64_t total = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        uint64_t power = orr_voters_power(c, chain, node, height);
        total = power > UINT64_MAX - total ? UINT64_MAX : total + power;
    }
    return total;
}

/* In roles whose powers are fixed (pbft) each node has one vote. */
static uint64_t weight_of(const struct orr_check *c, const struct chain *chain, orr_peer node,
                          uint64_t height) {
    if (chain->role->workload.sets_power) return orr_voters_power(c, chain, node, height);
    return node < c->n_nodes && &c->chains[c->nodes[node].chain] == chain;
}

static uint64_t total_of(const struct orr_check *c, const struct chain *chain, uint64_t height) {
    if (chain->role->workload.sets_power) return orr_voters_total(c, chain, height);
    uint64_t total = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++)
        total += weight_of(c, chain, node, height);
    return total;
}

void orr_voters_weigh(const struct orr_check *c, struct decision *now) {
    const struct certificate *told = &c->certificate;
    struct chain *chain = now->chain;
    uint64_t height = now->d->height;
    if (!orr_certificates_is_of(told, now->node, height, now->d->value)) return;
    if (chain->total_at != height) chain->total = total_of(c, chain, height);
    chain->total_at = height;
    now->voting_power = chain->total;
    now->n_signers = told->n;
    for (uint32_t i = 0; i < told->n; i++) /* ascending: one who is named twice counts once */
        if (!i || told->signers[i] != told->signers[i - 1])
            now->signed_power += weight_of(c, chain, told->signers[i], height);
    assert(now->signed_power <= now->voting_power);
}
