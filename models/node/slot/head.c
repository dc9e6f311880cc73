#include <assert.h>

#include "models/node/slot/slot.h"
#include "models/vm/u256.h"

static void put_out_head(const struct orr_chain_link *link, enum orr_head_label label,
                         struct orr_outbox *out) {
    const struct orr_evm_header *h = &link->block->block.header;
    struct orr_head head = {.number = h->number, .label = label};
    memcpy(head.hash, orr_chain_hash(link)->bytes, 32);
    memcpy(head.parent, h->parent_hash.bytes, 32);
    memcpy(head.state_root, h->state_root.bytes, 32);
    orr_head(out, head);
}

/* The validator whose account a block names. */
static orr_peer proposer_of(const struct orr_slot *s, const struct orr_chain_link *link) {
    const struct orr_slot_genesis *g = s->genesis;
    return g->set->members[orr_slot_proposer(g, orr_votes_slot(&g->votes, link))];
}

static void decide(const struct orr_slot *s, const struct orr_chain_link *link,
                   struct orr_outbox *out) {
    const struct orr_chain_block *b = link->block;
    uint32_t n = (uint32_t)b->block.n_txs;
    orr_peer proposer = proposer_of(s, link);
    uint64_t slot = orr_votes_slot(&s->genesis->votes, link);
    struct orr_decision decision = {.height = orr_chain_number(link),
                                    .value = orr_chain_hash(link)->bytes,
                                    .parent = b->block.header.parent_hash.bytes,
                                    .state_root = b->block.header.state_root.bytes,
                                    .round = (uint32_t)slot,
                                    .proposed_at = (orr_time)slot * s->config->slot,
                                    .size_bytes = (uint32_t)b->len,
                                    .proposers = &proposer,
                                    .n_proposers = 1,
                                    .n_txs = n};
    struct orr_msg *m = orr_decided_new(out->pool, &decision);
    struct orr_decided *d = (struct orr_decided *)m->data;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t id = orr_hash64(ORR_MSG_TYPE(0, ORR_SLOT_TX), b->block.tx_items[i].payload,
                                 b->block.tx_items[i].len);
        d->txs[i] = id ? id : 1; /* as orr_msg_hash has it */
    }
    orr_output(out, ORR_OUT_DECIDED, m);
}

/* Each block that became final since it was asked last, in order. */
static void report_final(struct orr_slot *s, struct orr_outbox *out) {
    while (s->told_final < orr_chain_number(s->chain->final)) { /* ends: it grows by one */
        const struct orr_chain_link *link =
            orr_chain_at(s->chain, s->chain->final, ++s->told_final);
        assert(link);
        put_out_head(link, ORR_HEAD_FINAL, out);
        decide(s, link, out);
    }
}

/* The transactions of a block that is not on the head's branch any more wait again, as far as they
 * are still valid. */
static void give_back(struct orr_slot *s, const struct orr_chain_link *link,
                      struct orr_outbox *out) {
    const struct orr_chain_block *b = link->block;
    const struct orr_common *common = s->env->common;
    for (size_t i = 0; i < b->block.n_txs; i++) {
        const struct orr_rlp_item *item = &b->block.tx_items[i];
        struct orr_msg *m =
            orr_msg_copy(out->pool, ORR_SLOT_TX, item->payload, (uint32_t)item->len);
        orr_chain_tx_decode(m, s->chain->config, s->genesis->chain->fork, common->mem, common->pool,
                            common->memo);
        orr_msg_freeze(m);
        struct orr_address sender;
        if (!orr_chain_tx_judge(common->mem, common->memo, m,
                                orr_chain_rules_of(s->chain, s->chain->head),
                                &s->chain->config->chain_id, &sender))
            orr_pool_add(&s->pool, m, &sender, s->chain->head->run->state);
        orr_msg_unref(out->pool, m);
    }
}

static void move_head(struct orr_slot *s, struct orr_chain_link *old, struct orr_outbox *out) {
    const struct orr_chain_link *head = s->chain->head;
    const struct orr_chain_link *common = orr_chain_common(old, s->chain->head);
    orr_pool_update(&s->pool, head->run->state);
    for (const struct orr_chain_link *l = old; l != common; l = l->parent) give_back(s, l, out);
    const struct orr_evm_header *h = &head->block->block.header;
    put_out_head(head, ORR_HEAD, out);
    orr_metric(out, "base_fee", (int64_t)orr_u256_clamp_u64(h->base_fee), "wei");
    orr_metric(out, "gas_used", (int64_t)h->gas_used, "gas");
    if (old != common)
        orr_metric(out, "reorg", (int64_t)(orr_chain_number(old) - orr_chain_number(common)),
                   "blocks");
}

void orr_slot_follow(struct orr_slot *s, struct orr_outbox *out) {
    struct orr_chain *chain = s->chain;
    struct orr_chain_link *old = chain->head, *old_safe = chain->safe, *old_final = chain->final;
    orr_votes_count(&s->votes, chain);
    struct orr_chain_link *head = orr_votes_head(&s->votes, chain);
    struct orr_chain_link *safe = orr_chain_find(chain, &orr_votes_justified(&s->votes)->hash);
    struct orr_chain_link *final = orr_chain_find(chain, &orr_votes_final(&s->votes)->hash);
    if (!safe || !orr_chain_descends(head, safe)) safe = chain->final;
    if (!final || !orr_chain_descends(safe, final)) final = chain->final;
    if (head != old) { /* before blocks are let go that it leaves */
        chain->head = head;
        move_head(s, old, out);
    }
    int error = orr_chain_choose(chain, head, safe, final);
    assert(!error);
    (void)error;
    if (safe != old_safe) put_out_head(safe, ORR_HEAD_SAFE, out);
    report_final(s, out);
    if (s->index) orr_slot_index_follow(s, out);
    if (final != old_final) orr_slot_settle(s, out);
}
