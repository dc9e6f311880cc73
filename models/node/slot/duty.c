#include <assert.h>

#include "models/node/slot/slot.h"
#include "models/vm/u256.h"

/* ---- whose turn it is ---- */

/* A share of 2^64 as a number below n. */
static uint64_t below(uint64_t draw, uint64_t n) {
    return (uint64_t)((unsigned __int128)draw * n >> 64);
}

static uint64_t draw_of(const struct orr_slot_genesis *g, uint8_t purpose, uint64_t number) {
    uint64_t words[3] = {g->seed, purpose, number};
    return orr_hash64(0, words, sizeof words);
}

uint32_t orr_slot_proposer(const struct orr_slot_genesis *g, uint64_t slot) {
    uint64_t at = below(draw_of(g, 'p', slot), g->set->total_power);
    uint32_t low = 0, high = g->set->n - 1;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (g->sums[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Validators are dealt over the slots of an epoch in turn, from a slot that is drawn. */
bool orr_slot_votes_in(const struct orr_slot_genesis *g, uint32_t validator, uint64_t slot) {
    uint64_t n = g->votes.epoch_slots;
    return (validator + below(draw_of(g, 'c', slot / n), n)) % n == slot % n;
}

uint64_t orr_slot_at(const struct orr_slot *s, orr_time wall) {
    return wall < 0 ? 0 : (uint64_t)(wall / s->config->slot);
}

void orr_slot_arm(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    orr_time begin = (orr_time)(orr_slot_at(s, event->wall) + 1) * s->config->slot;
    orr_time in = begin - event->wall, third = s->config->slot / 3;
    orr_arm(out, ORR_SLOT_BEGINS, event->now + in);
    orr_arm(out, ORR_SLOT_VOTES, event->now + in + third);
    orr_arm(out, ORR_SLOT_COUNTS, event->now + in + 2 * third);
}

/* ---- a fault ---- */

void orr_slot_bend(struct orr_slot *s, uint32_t depth) {
    s->is_bent = depth > 0;
    const struct orr_chain_link *root = s->chain->head, *beside = root;
    for (; depth && root != s->chain->final; depth--) { /* never below what is final */
        beside = root;
        root = root->parent;
    }
    s->root = *orr_chain_hash(root);
    s->beside = *orr_chain_hash(beside);
}

/* What a bent node works for begins here; NULL: the others have finalised past it. */
static struct orr_chain_link *bent_root(const struct orr_slot *s) {
    struct orr_chain_link *root = orr_chain_find(s->chain, &s->root);
    return root && orr_chain_may_grow(s->chain, root) ? root : NULL;
}

/* The longest branch on the root beside what the others build on; NULL: there is none yet. */
static struct orr_chain_link *bent_tip(const struct orr_slot *s) {
    const struct orr_chain *chain = s->chain;
    struct orr_chain_link *root = bent_root(s), *best = NULL;
    struct orr_chain_link *beside = orr_chain_find(chain, &s->beside);
    for (uint32_t i = chain->n_final; root && i < chain->n; i++) {
        struct orr_chain_link *link = chain->places[i].link;
        if (link == root || !orr_chain_descends(link, root) ||
            (beside && beside != root && orr_chain_descends(link, beside)))
            continue;
        if (!best || orr_chain_number(link) > orr_chain_number(best)) best = link;
    }
    return best;
}

/* What a node builds on and votes for: its head, unless it is bent; NULL: it holds back. */
static struct orr_chain_link *aim(const struct orr_slot *s, bool to_build) {
    if (!s->is_bent) return s->chain->head;
    struct orr_chain_link *tip = bent_tip(s);
    return tip || !to_build ? tip : bent_root(s);
}

/* ---- duties ---- */

static void propose(struct orr_slot *s, struct orr_outbox *out) {
    struct orr_chain_link *parent = aim(s, true), *link;
    if (!parent || orr_votes_slot(&s->genesis->votes, parent) >= s->slot) return;
    struct orr_engine_attributes a = {
        .time = s->genesis->votes.begin_s + s->slot * s->genesis->votes.slot_s,
        .gas_limit = s->config->gas_limit,
        .coinbase = s->genesis->coinbases[s->me],
        .prev_randao = orr_slot_randao(orr_chain_hash(parent), s->slot)};
    struct orr_evm_header header;
    orr_chain_next_header(s->chain, parent, &a, &header);
    /* What waits in the pool waits for the head's state. */
    struct orr_chain_source offers = orr_pool_offers(&s->pool, header.base_fee);
    bool is_empty = parent != s->chain->head;
    if (orr_chain_build(s->chain, parent, &header, &a, is_empty ? NULL : &offers, 0, &link)) return;
    out->busy_ns += orr_chain_cost(link, s->env->common->costs, link->block->block.n_txs) +
                    s->env->common->costs->sign_ns;
    orr_slot_publish(s, link, out);
    orr_slot_follow(s, out);
}

/* The youngest justified checkpoint of an epoch before this one. */
static const struct orr_checkpoint *source_for(const struct orr_slot *s, uint64_t epoch) {
    uint32_t i = s->votes.n_justified - 1;
    while (i && s->votes.justified[i].epoch >= epoch) i--;
    const struct orr_checkpoint *point = &s->votes.justified[i];
    return point->epoch < epoch && point->epoch >= s->promised.epoch ? point : NULL;
}

static void promise(struct orr_slot *s, uint64_t epoch, const struct orr_checkpoint *source,
                    struct orr_outbox *out) {
    s->next_epoch = epoch + 1;
    s->promised = *source;
    struct orr_msg *record = orr_msg_new(out->pool, 0, 8 + 8 + 32);
    orr_store_le64(record->data, s->next_epoch);
    orr_store_le64(record->data + 8, source->epoch);
    memcpy(record->data + 16, source->hash.bytes, 32);
    orr_write(out, ORR_SLOT_GUARD_RECORD, record);
}

static void vote(struct orr_slot *s, struct orr_outbox *out) {
    uint64_t epoch = s->slot / s->genesis->votes.epoch_slots;
    if (!epoch || epoch < s->next_epoch || !orr_slot_votes_in(s->genesis, s->me, s->slot)) return;
    const struct orr_chain_link *head = aim(s, false);
    const struct orr_checkpoint *source = source_for(s, epoch);
    if (!head || !source) return;
    promise(s, epoch, source, out);
    struct orr_chain_vote v = {s->slot, s->me, *orr_chain_hash(head), *source};
    struct orr_msg *m = orr_chain_vote_new(out->pool, ORR_SLOT_VOTE, &v);
    uint8_t bytes[ORR_CHAIN_VOTE_SIGNED];
    orr_chain_vote_signed(m, s->genesis->set->chain_id, bytes);
    orr_sign(s->env->common->memo, &s->genesis->set->keys[s->me], bytes, sizeof bytes,
             m->data + ORR_CHAIN_VOTE_BYTES - ORR_SIGN_BYTES);
    out->busy_ns += s->env->common->costs->sign_ns;
    orr_chain_vote_decode(m, out->pool);
    orr_votes_add(&s->votes, m);
    orr_cast(out, ORR_NOBODY, m);
}

void orr_slot_tick(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    if (event->key == ORR_SLOT_BEGINS) {
        uint64_t slot = orr_slot_at(s, event->wall);
        bool is_new = slot > s->slot; /* a clock that was set back repeats nothing */
        if (is_new) s->slot = slot;
        orr_slot_take_held(s, event, out);
        orr_slot_follow(s, out);
        if (is_new && s->me != ORR_NOBODY && orr_slot_proposer(s->genesis, s->slot) == s->me)
            propose(s, out);
    } else if (event->key == ORR_SLOT_VOTES) {
        orr_slot_follow(s, out);
        if (s->me != ORR_NOBODY) vote(s, out);
    } else {
        orr_slot_follow(s, out);
        orr_slot_arm(s, event, out);
    }
}
