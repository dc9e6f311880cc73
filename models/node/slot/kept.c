/* kept.c - the blocks that a node has for those who ask, in memory and on its disk.
 *
 * Of a final block the message is kept and no more: who comes late runs the chain from the first
 * block on.  State and receipts go when `retain_blocks` later ones are final; a block that what is
 * final leaves aside goes at once. */
#include <assert.h>

#include "models/node/slot/slot.h"

/* ---- the list of those that are not final ---- */

static void remember(struct orr_slot *s, const struct orr_hash *hash, uint32_t record,
                     struct orr_msg *m) {
    if (s->n_blocks == s->blocks_cap) {
        uint32_t cap = s->blocks_cap ? 2 * s->blocks_cap : 16;
        s->blocks = orr_resize(s->env->common->mem, s->blocks, s->blocks_cap * sizeof *s->blocks,
                               cap * sizeof *s->blocks);
        s->blocks_cap = cap;
    }
    s->blocks[s->n_blocks] = (struct orr_slot_block){*hash, orr_msg_ref(m), record};
    orr_index_put32(&s->by_hash, s->blocks, s->n_blocks++);
    s->n_records = record - ORR_SLOT_GUARD_RECORD;
}

static void tell(const struct orr_chain_link *link, struct orr_outbox *out) {
    const struct orr_evm_header *h = &link->block->block.header;
    struct orr_block_told told = {
        .number = h->number, .len = (uint32_t)link->block->len, .kind = ORR_TOLD_BLOCK};
    memcpy(told.hash, orr_chain_hash(link)->bytes, 32);
    memcpy(told.parent, h->parent_hash.bytes, 32);
    orr_tell_block(out, &told, link->block->bytes);
}

void orr_slot_keep(struct orr_slot *s, const struct orr_chain_link *link, struct orr_msg *m,
                   struct orr_outbox *out) {
    remember(s, orr_chain_hash(link), ORR_SLOT_GUARD_RECORD + s->n_records + 1, m);
    orr_write(out, ORR_SLOT_GUARD_RECORD + s->n_records, orr_msg_ref(m));
    tell(link, out);
}

void orr_slot_restore(struct orr_slot *s, uint32_t record, struct orr_msg *m) {
    struct orr_chain_link *link = NULL;
    if (m->len > ORR_SLOT_BLOCK_HEAD)
        orr_chain_import(s->chain, m->data + ORR_SLOT_BLOCK_HEAD, m->len - ORR_SLOT_BLOCK_HEAD,
                         &link);
    assert(link); /* it was in the tree before, and what was below it is erased after it */
    remember(s, orr_chain_hash(link), record, m);
}

/* ---- finding ---- */

/* Is a block, which somebody's chain has, a final one of ours? */
static bool is_below(const struct orr_slot *s, const struct orr_chain_block *b) {
    struct orr_slot_block_head head;
    uint64_t number = b->block.header.number;
    if (!number) return true; /* the one block that all chains here begin with */
    return number <= s->n_below && orr_slot_block_head(s->below[number - 1], &head) &&
           orr_hash_equal(head.hash, b->block.hash);
}

const struct orr_chain_block *orr_slot_find(const struct orr_slot *s, const struct orr_hash *hash) {
    const struct orr_chain_link *link = orr_chain_find(s->chain, hash);
    if (link) return link->block;
    const struct orr_chain_block *b = orr_chain_blocks_find(s->chain->blocks, hash);
    return b && is_below(s, b) ? b : NULL;
}

struct orr_msg *orr_slot_kept(const struct orr_slot *s, const struct orr_chain_block *block) {
    uint64_t number = block->block.header.number;
    assert(number); /* nobody sends the first block */
    if (number <= s->n_below) return s->below[number - 1];
    uint32_t at = orr_index_find32(&s->by_hash, s->blocks, block->block.hash.bytes);
    assert(at != ORR_NOWHERE);
    return s->blocks[at].msg;
}

/* ---- what is final ---- */

static void grow_below(struct orr_slot *s, uint64_t n) {
    if (n <= s->below_cap) return;
    uint64_t cap = s->below_cap ? s->below_cap : 16;
    while (cap < n) cap += cap / 2; /* ends: it grows by a half */
    s->below = orr_resize(s->env->common->mem, s->below, s->below_cap * sizeof *s->below,
                          cap * sizeof *s->below);
    s->below_cap = cap;
}

void orr_slot_settle(struct orr_slot *s, struct orr_outbox *out) {
    const struct orr_chain *chain = s->chain;
    uint64_t n_final = orr_chain_number(chain->final);
    grow_below(s, n_final);
    /* The youngest first, so that what is on the disk has its parents there at any moment. */
    for (uint32_t i = s->n_blocks; i-- > 0;) {
        struct orr_slot_block *b = &s->blocks[i];
        const struct orr_chain_link *link = orr_chain_find(chain, &b->hash);
        if (link && orr_chain_number(link) > n_final) continue;
        if (link) {
            assert(orr_chain_number(link) > s->n_below);
            s->below[orr_chain_number(link) - 1] = b->msg;
        } else {
            orr_write(out, b->record, NULL);
            orr_msg_unref(s->env->common->pool, b->msg);
        }
        b->msg = NULL;
    }
    uint32_t n = 0;
    orr_index_clear(&s->by_hash);
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        if (!s->blocks[i].msg) continue;
        s->blocks[n] = s->blocks[i];
        orr_index_put32(&s->by_hash, s->blocks, n++);
    }
    s->n_blocks = n;
    s->n_below = n_final;
    if (s->config->retain_blocks) orr_chain_forget(s->chain, s->config->retain_blocks);
}

void orr_slot_kept_free(struct orr_slot *s) {
    struct orr_mem *mem = s->env->common->mem;
    struct orr_pool *pool = s->env->common->pool;
    for (uint64_t i = 0; i < s->n_below; i++) orr_msg_unref(pool, s->below[i]);
    for (uint32_t i = 0; i < s->n_blocks; i++) orr_msg_unref(pool, s->blocks[i].msg);
    orr_free(mem, s->below, s->below_cap * sizeof *s->below);
    orr_free(mem, s->blocks, s->blocks_cap * sizeof *s->blocks);
    orr_index_fini(&s->by_hash);
}
