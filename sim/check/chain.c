/* chain.c - decisions: agreement, total order, integrity, validity, state roots. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"
#include "sim/check/state.h"

/* Fills in what a decision says of itself. */
static void describe(struct orr_violation_side *side, const struct orr_decided *d) {
    side->height = d->height;
    side->round = d->round;
    memcpy(side->value, d->value, sizeof side->value);
}

/* The side of whoever decided a height first; its messages if that was lately. */
static void describe_first(const struct orr_check *c, const struct chain *chain, uint32_t index,
                           struct orr_violation_side *side) {
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

/* ---- one node's own sequence ---- */

static void break_order(struct orr_check *c, orr_peer node, const struct orr_decided *d,
                        const char *what, uint64_t expected) {
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_TOTAL_ORDER, node);
    if (!v) return;
    describe(&v->side, d);
    snprintf(v->text, sizeof v->text, "%s decided height %" PRIu64 " %s %" PRIu64 " (at %s)",
             orr_words_node(c->scenario, node).text, d->height, what, expected,
             orr_words_time(c->now).text);
}

static void break_once(struct orr_check *c, orr_peer node, const struct orr_decided *d) {
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_INTEGRITY, node);
    if (!v) return;
    describe(&v->side, d);
    snprintf(v->text, sizeof v->text, "%s decided height %" PRIu64 " twice (again at %s)",
             orr_words_node(c->scenario, node).text, d->height, orr_words_time(c->now).text);
}

/* Does the decision say that it follows this value?  Then slots between them may be left out. */
static bool follows(const struct orr_decided *d, const uint8_t value[32]) {
    static const uint8_t none[32];
    return memcmp(d->parent, none, 32) && !memcmp(d->parent, value, 32);
}

/* Of a node that has just started or been restarted: may it begin there? */
static bool may_begin(struct orr_check *c, orr_peer node, const struct orr_decided *d,
                      uint64_t limit) {
    if (d->height <= limit) return true;
    const struct chain *chain = chain_of(c, node);
    uint32_t top = c->nodes[node].ever
                       ? orr_index_find(&chain->by_height, chain->heights, limit - 1)
                       : ORR_NOWHERE;
    return top != ORR_NOWHERE && follows(d, chain->heights[top].value);
}

/* Heights follow each other; false when this one is none that the node may decide now. */
static bool check_sequence(struct orr_check *c, orr_peer node, const struct orr_decided *d) {
    struct watched *w = &c->nodes[node];
    const struct chain *chain = chain_of(c, node);
    if (w->fresh) { /* from its start, or again after a restart */
        uint64_t limit = w->ever ? w->top + 1 : chain->n_heights ? chain->base : d->height;
        if (may_begin(c, node, d, limit)) return true;
        break_order(c, node, d, "first, but should begin at or below", limit);
    } else if (d->height == w->height + 1) {
        return true;
    } else if (d->height > w->height) {
        if (follows(d, w->value)) return true;
        break_order(c, node, d, "and left a gap after", w->height);
    } else if (d->height >= w->life_first) {
        break_once(c, node, d);
        return false;
    } else {
        break_order(c, node, d, "after", w->height);
    }
    return true; /* goes on from there, so that later gaps are seen too */
}

/* ---- against the others ---- */

static void break_agreement(struct orr_check *c, orr_peer node, const struct orr_decided *d,
                            uint32_t index) {
    struct chain *chain = chain_of(c, node);
    chain->forked = true;
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_AGREEMENT, node);
    if (!v) return;
    describe(&v->side, d);
    describe_first(c, chain, index, &v->other);
    snprintf(v->text, sizeof v->text,
             "%s and %s decided differently at height %" PRIu64 ": %s in round %u at %s, %s in "
             "round %u at %s",
             orr_words_node(c->scenario, v->other.node).text,
             orr_words_node(c->scenario, node).text, d->height,
             orr_words_value(v->other.value).text, v->other.round, orr_words_time(v->other.at).text,
             orr_words_value(d->value).text, d->round, orr_words_time(c->now).text);
}

static void break_state_root(struct orr_check *c, orr_peer node, const struct orr_decided *d,
                             uint32_t index) {
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_STATE_ROOT, node);
    if (!v) return;
    describe(&v->side, d);
    describe_first(c, chain_of(c, node), index, &v->other);
    memcpy(v->side.value, d->state_root, 32);
    memcpy(v->other.value, chain_of(c, node)->heights[index].state_root, 32);
    snprintf(v->text, sizeof v->text,
             "%s and %s decided the same block at height %" PRIu64
             " but computed different state roots: %s and %s",
             orr_words_node(c->scenario, v->other.node).text,
             orr_words_node(c->scenario, node).text, d->height,
             orr_words_value(v->other.value).text, orr_words_value(d->state_root).text);
}

static void break_validity(struct orr_check *c, orr_peer node, const struct orr_decided *d,
                           const char *what) {
    struct orr_violation *v = orr_check_break(c, ORR_CHECK_VALIDITY, node);
    if (!v) return;
    if (d) describe(&v->side, d);
    snprintf(v->text, sizeof v->text, "%s decided %s at height %" PRIu64 " (at %s)",
             orr_words_node(c->scenario, node).text, what, d ? d->height : 0,
             orr_words_time(c->now).text);
}

/* May this node propose: of the same role, with stake? */
static bool may_propose(const struct orr_check *c, orr_peer node, orr_peer proposer) {
    if (proposer >= c->n_nodes || c->nodes[proposer].chain != c->nodes[node].chain) return false;
    const struct orr_group_spec *group = c->scenario->groups;
    while (proposer >= group->first + group->count) group++; /* ends: it is in some group */
    return orr_group_stake(group, proposer - group->first) > 0;
}

static void compare(struct orr_check *c, orr_peer node, const struct orr_decided *d, uint32_t index,
                    uint64_t txs_hash) {
    struct height *first = &chain_of(c, node)->heights[index];
    if (memcmp(first->value, d->value, 32) || memcmp(first->parent, d->parent, 32) ||
        first->txs_hash != txs_hash) {
        break_agreement(c, node, d, index);
        return;
    }
    if (memcmp(first->state_root, d->state_root, 32)) break_state_root(c, node, d, index);
    first->last_at = c->now;
}

static void add_height(struct orr_check *c, orr_peer node, const struct orr_decided *d,
                       uint64_t txs_hash) {
    struct chain *chain = chain_of(c, node);
    if (chain->n_heights == chain->heights_cap) {
        chain->heights_cap = chain->heights_cap ? 2 * chain->heights_cap : 256;
        chain->heights = orr_xrealloc(chain->heights, chain->heights_cap * sizeof *chain->heights);
    }
    if (!chain->n_heights) chain->base = d->height;
    uint32_t index = chain->n_heights++;
    struct height *h = &chain->heights[index];
    *h = (struct height){.height = d->height,
                         .txs_hash = txs_hash,
                         .first_at = c->now,
                         .last_at = c->now,
                         .first_node = node,
                         .round = d->round,
                         .n_txs = d->n_txs};
    memcpy(h->value, d->value, 32);
    memcpy(h->parent, d->parent, 32);
    memcpy(h->state_root, d->state_root, 32);
    orr_index_put(&chain->by_height, chain->heights, index);
    struct orr_violation_side *side = &c->recent[index % RECENT_HEIGHTS];
    orr_check_side(c, node, side);
    describe(side, d);
    const orr_peer *proposers = orr_decided_proposers(d);
    uint32_t n_good = 0;
    while (n_good < d->n_proposers && may_propose(c, node, proposers[n_good])) n_good++;
    if (n_good < d->n_proposers)
        break_validity(c, node, d, "a block of a node that may not propose");
    orr_check_commit(c, node, index, d);
}

void orr_check_decided(struct orr_check *c, orr_peer node, const struct orr_msg *msg) {
    if (!orr_output_fits(ORR_OUT_DECIDED, msg)) {
        break_validity(c, node, NULL, "something malformed");
        return;
    }
    const struct orr_decided *d = (const void *)msg->data;
    struct watched *w = &c->nodes[node];
    struct chain *chain = chain_of(c, node);
    c->n_decisions++;
    bool counts = check_sequence(c, node, d);
    uint64_t txs_hash = orr_hash64(0, d->txs, (size_t)d->n_txs * 8);
    uint32_t index = orr_index_find(&chain->by_height, chain->heights, d->height);
    if (index == ORR_NOWHERE)
        add_height(c, node, d, txs_hash);
    else
        compare(c, node, d, index, txs_hash);
    if (!counts) return;
    if (w->fresh) w->life_first = d->height;
    w->fresh = false;
    w->height = d->height;
    memcpy(w->value, d->value, 32);
    if (!w->ever || d->height > w->top) w->top = d->height;
    w->ever = true;
    orr_check_alive(c, node);
}
