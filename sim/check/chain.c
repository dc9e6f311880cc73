/* chain.c - what was decided: heights, who was first, and how each decision compares. */
#include <assert.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"
#include "sim/check/state.h"

/* Does the decision say that it follows this value?  Then slots between them may be left out. */
static bool follows(const struct orr_decided *d, const uint8_t value[32]) {
    static const uint8_t none[32];
    return memcmp(d->parent, none, 32) && !memcmp(d->parent, value, 32);
}

/* Of a node that has just started or been restarted: may it begin there? */
static bool may_begin(const struct watched *w, const struct chain *chain,
                      const struct orr_decided *d, uint64_t limit) {
    if (d->height <= limit) return true;
    uint32_t top =
        w->ever ? orr_index_find(&chain->by_height, chain->heights, limit - 1) : ORR_NOWHERE;
    return top != ORR_NOWHERE && follows(d, chain->heights[top].value);
}

/* Heights follow each other; after a restart a node may begin again below its highest. */
static enum place place_of(const struct watched *w, const struct chain *chain,
                           const struct orr_decided *d, uint64_t *limit) {
    if (w->fresh) {
        *limit = w->ever ? w->top + 1 : chain->n_heights ? chain->base : d->height;
        return may_begin(w, chain, d, *limit) ? PLACE_NEXT : PLACE_TOO_HIGH;
    }
    *limit = w->height;
    if (d->height == w->height + 1) return PLACE_NEXT;
    if (d->height > w->height) return follows(d, w->value) ? PLACE_NEXT : PLACE_GAP;
    return d->height >= w->life_first ? PLACE_AGAIN : PLACE_BACK;
}

static uint64_t value_key(const uint8_t value[32]) { return orr_hash64(1, value, 32); }

static uint64_t proposers_hash(const struct orr_decided *d) {
    return orr_hash64(2, orr_decided_proposers(d), (size_t)d->n_proposers * sizeof(orr_peer));
}

/* Which height decided this value before: UINT32_MAX: none. */
static uint32_t find_value(const struct chain *chain, const uint8_t value[32]) {
    uint32_t index = orr_index_find(&chain->by_value, chain->heights, value_key(value));
    bool same = index != ORR_NOWHERE && !memcmp(chain->heights[index].value, value, 32);
    return same ? index : UINT32_MAX;
}

/* What a value and its proposer go by. */
/* In place of a proposer: a node without stake proposed it, in the name of one with. */
#define STANDBY (ORR_NOBODY - 1)

static uint64_t proposed_key(const uint8_t value[32], orr_peer proposer) {
    return orr_hash64(proposer, value, 32);
}

static void add_proposed(struct orr_check *c, struct chain *chain, uint64_t key) {
    if (orr_index_find(&chain->by_proposed, chain->proposed, key) != ORR_NOWHERE) return;
    if (chain->n_proposed == chain->proposed_cap) {
        uint32_t cap = chain->proposed_cap ? 2 * chain->proposed_cap : 32;
        chain->proposed =
            orr_resize(&c->heap.mem, chain->proposed, chain->proposed_cap * sizeof *chain->proposed,
                       cap * sizeof *chain->proposed);
        chain->proposed_cap = cap;
    }
    chain->proposed[chain->n_proposed] = (struct proposed){key};
    orr_index_put(&chain->by_proposed, chain->proposed, chain->n_proposed++);
}

void orr_chain_hear_proposed(struct orr_check *c, orr_peer node, const struct orr_msg *msg) {
    if (!orr_output_fits(ORR_OUT_PROPOSED, msg)) return;
    const struct orr_proposed *p = (const void *)msg->data;
    struct chain *chain = chain_of(c, node);
    add_proposed(c, chain, proposed_key(p->value, node));
    add_proposed(c, chain, proposed_key(p->value, ORR_NOBODY));
    if (!orr_voters_power(c, chain, node, p->height))
        add_proposed(c, chain, proposed_key(p->value, STANDBY));
}

/* What a Byzantine node proposed it need not have told; a correct one of a role that tells has. */
static bool was_proposed(const struct orr_check *c, const struct chain *chain,
                         const struct orr_decided *d) {
    if (!chain->n_proposed) return true;
    if (orr_index_find(&chain->by_proposed, chain->proposed, proposed_key(d->value, STANDBY)) !=
        ORR_NOWHERE)
        return true;
    if (!d->n_proposers)
        return c->n_byzantine || orr_index_find(&chain->by_proposed, chain->proposed,
                                                proposed_key(d->value, ORR_NOBODY)) != ORR_NOWHERE;
    const orr_peer *proposers = orr_decided_proposers(d);
    for (uint32_t i = 0; i < d->n_proposers; i++)
        if (proposers[i] >= c->n_nodes || c->nodes[proposers[i]].byzantine ||
            orr_index_find(&chain->by_proposed, chain->proposed,
                           proposed_key(d->value, proposers[i])) != ORR_NOWHERE)
            return true;
    return false;
}

static void add_height(struct orr_check *c, struct decision *now, uint64_t txs_hash) {
    struct chain *chain = now->chain;
    const struct orr_decided *d = now->d;
    if (chain->n_heights == chain->heights_cap) {
        uint32_t cap = chain->heights_cap ? 2 * chain->heights_cap : 32;
        chain->heights =
            orr_resize(&c->heap.mem, chain->heights, chain->heights_cap * sizeof *chain->heights,
                       cap * sizeof *chain->heights);
        chain->heights_cap = cap;
    }
    if (!chain->n_heights) chain->base = d->height;
    now->first = true;
    now->same_value = find_value(chain, d->value);
    now->index = chain->n_heights++;
    struct height *h = &chain->heights[now->index];
    *h = (struct height){.height = d->height,
                         .txs_hash = txs_hash,
                         .value_key = value_key(d->value),
                         .first_at = c->now,
                         .last_at = c->now,
                         .first_node = now->node,
                         .proposer = orr_decided_proposer(d),
                         .proposers_hash = proposers_hash(d),
                         .round = d->round,
                         .n_txs = d->n_txs};
    memcpy(h->value, d->value, 32);
    memcpy(h->parent, d->parent, 32);
    memcpy(h->state_root, d->state_root, 32);
    orr_index_put(&chain->by_height, chain->heights, now->index);
    if (now->same_value == UINT32_MAX) orr_index_put(&chain->by_value, chain->heights, now->index);
    struct orr_violation_side *side = &c->recent[now->index % RECENT_HEIGHTS];
    orr_check_side(c, now->node, side);
    orr_chain_describe(side, d);
    now->not_proposed = !was_proposed(c, chain, d);
    orr_certificates_keep(c, now);
    orr_load_commit(c, now);
    orr_voters_decide(c, now);
}

static void compare(struct orr_check *c, struct decision *now, uint64_t txs_hash) {
    struct height *first = &now->chain->heights[now->index];
    now->other_value = memcmp(first->value, now->d->value, 32) ||
                       memcmp(first->parent, now->d->parent, 32) || first->txs_hash != txs_hash;
    now->other_proposers = !now->other_value && proposers_hash(now->d) != first->proposers_hash;
    now->other_root = !now->other_value && memcmp(first->state_root, now->d->state_root, 32);
    if (now->other_value)
        now->chain->forked = true;
    else
        first->last_at = c->now;
}

/* Of a value that correct nodes have decided at that height; any other leaves a gap. */
void orr_chain_hear_adopted(struct orr_check *c, orr_peer node, const struct orr_msg *msg) {
    if (!orr_output_fits(ORR_OUT_ADOPTED, msg)) return;
    const struct orr_adopted *a = (const void *)msg->data;
    const struct chain *chain = chain_of(c, node);
    struct watched *w = &c->nodes[node];
    uint32_t index = orr_index_find(&chain->by_height, chain->heights, a->height);
    if (index == ORR_NOWHERE || memcmp(chain->heights[index].value, a->value, 32)) return;
    if (w->fresh) w->life_first = a->height;
    w->fresh = false;
    w->height = a->height;
    memcpy(w->value, a->value, 32);
    if (!w->ever || w->height > w->top) w->top = w->height;
    w->ever = true;
}

void orr_chain_hear(struct orr_check *c, orr_peer node, const struct orr_msg *msg) {
    struct decision *now = &c->decision;
    *now = (struct decision){.node = node, .same_value = UINT32_MAX};
    if (!orr_output_fits(ORR_OUT_DECIDED, msg)) return;
    const struct orr_decided *d = now->d = (const void *)msg->data;
    const struct watched *w = &c->nodes[node];
    now->chain = chain_of(c, node);
    now->place = place_of(w, now->chain, d, &now->limit);
    now->gap = w->stopped ? 0 : c->now - w->since; /* stopped: a full disk that stopped nothing */
    now->again = w->ever && d->height <= w->top;
    c->n_decisions += !now->again;
    orr_voters_weigh(c, now);
    uint64_t txs_hash = orr_hash64(0, d->txs, (size_t)d->n_txs * 8);
    now->index = orr_index_find(&now->chain->by_height, now->chain->heights, d->height);
    if (now->index == ORR_NOWHERE)
        add_height(c, now, txs_hash);
    else
        compare(c, now, txs_hash);
}

void orr_chain_go_on(struct orr_check *c) {
    const struct decision *now = &c->decision;
    if (!now->d || now->place == PLACE_AGAIN) return;
    bool again = now->again;
    struct watched *w = &c->nodes[now->node];
    if (w->fresh) w->life_first = now->d->height;
    w->fresh = w->stopped = false;
    w->height = now->d->height;
    memcpy(w->value, now->d->value, 32);
    if (!w->ever || w->height > w->top) w->top = w->height;
    w->ever = true;
    if (now->gap > c->max_gap) c->max_gap = now->gap;
    if (w->after_change != ORR_NEVER && now->gap > c->calm_gap) c->calm_gap = now->gap;
    w->since = c->now;
    if (again) return; /* told again after a restart (sim/driver.h): no progress */
    if (w->after_change == ORR_NEVER) w->after_change = c->now;
    c->last_decision = c->now;
}

void orr_chain_describe(struct orr_violation_side *side, const struct orr_decided *d) {
    side->height = d->height;
    side->round = d->round;
    memcpy(side->value, d->value, sizeof side->value);
}

void orr_chain_describe_first(const struct orr_check *c, const struct chain *chain, uint32_t index,
                              struct orr_violation_side *side) {
    assert(index < chain->n_heights);
    const struct height *first = &chain->heights[index];
    const struct orr_violation_side *kept = &c->recent[index % RECENT_HEIGHTS];
    bool is_kept = index + RECENT_HEIGHTS >= chain->n_heights && kept->node == first->first_node &&
                   kept->at == first->first_at && kept->height == first->height;
    *side = is_kept ? *kept : (struct orr_violation_side){.node = first->first_node};
    side->at = first->first_at;
    side->height = first->height;
    side->round = first->round;
    memcpy(side->value, first->value, sizeof side->value);
}
