/* chain.c - which block may be voted for, which is locked, which is decided.
 *
 * arXiv 1803.05069, algorithms 4 and 5: of a block b'' with a QC, b' is its parent and b the parent
 * of b' (a parent is always the block of the child's QC here, so "b.justify.node" is the parent).
 * With two phases b'' is locked and b' decided. */
#include "models/bft/hotstuff/state.h"

static bool is_next(const struct orr_block *block, const struct orr_block *parent) {
    return block->view == parent->view + 1;
}

void orr_hs_lock(struct orr_hs *h, struct orr_block *block) {
    if (h->config->lock_off || hs_has_bug(h, ORR_HS_BUG_NO_LOCK) || block->view <= h->lock->view)
        return;
    h->lock = block;
    orr_name(h->out, ORR_OUT_LOCK, block->height, block->view, block->hash);
}

static void raise(uint64_t *floor, uint64_t to) {
    if (*floor < to) *floor = to;
}

void orr_hs_keep_promise(struct orr_hs *h, const struct orr_block *block) {
    if (block->entry) { /* it may have had this node's vote, which leaned on its QC */
        raise(&h->floor.view, block->form->qc.ballot.view);
        raise(&h->floor.height, block->form->qc.ballot.height);
        raise(&h->floor.voted, block->view);
    }
    if (h->lock == block) raise(&h->floor.lock, block->view); /* more than f lied */
}

static void dropped(void *ctx, struct orr_block *block) {
    struct orr_hs *h = ctx;
    if (block->entry) orr_wal_drop(&h->wal, h->out, block->entry);
    if (h->lock == block) h->lock = h->tree.head;
}

static void tell(struct orr_hs *h, const struct orr_block *b) {
    const struct orr_proposal *p = b->form;
    orr_peer proposer = h->set->members[p->proposer];
    struct orr_msg *m = orr_decided_new(
        h->out->pool,
        &(struct orr_decision){.height = b->height, .round = (uint32_t)b->view, .value = b->hash,
                               .parent = p->parent, .proposed_at = p->time,
                               .size_bytes = b->msg->len, .proposers = &proposer,
                               .n_proposers = 1, .txs = p->ids, .n_txs = p->n_txs});
    orr_output(h->out, ORR_OUT_DECIDED, m);
}

/* A transaction that two blocks carry counts in the first. */
static void finish_txs(struct orr_hs *h, const struct orr_block *b) {
    for (uint32_t i = 0; i < b->form->n_txs; i++) {
        orr_recent_add(&h->decided_txs, b->form->ids[i]);
        orr_mempool_remove(&h->mempool, b->form->ids[i]);
    }
    h->out->busy_ns += b->form->n_txs * hs_costs(h)->tx_execute_ns;
}

void orr_hs_commit(struct orr_hs *h, struct orr_block *block) {
    struct orr_block *b;
    while ((b = orr_block_next(&h->tree, block))) { /* ends: the head comes to block */
        orr_hs_store(h, b);
        for (uint32_t i = 0; i < h->tree.n_open; i++)
            if (!orr_block_extends(h->tree.open[i], b)) orr_hs_keep_promise(h, h->tree.open[i]);
        orr_hs_store_decided(h, b);
        orr_block_decide(&h->tree, b, dropped, h);
        if (h->lock->height < b->height && !orr_block_extends(h->lock, b)) h->lock = b;
        finish_txs(h, b);
        tell(h, b);
        orr_hs_retain(h);
    }
}

void orr_hs_decide_again(struct orr_hs *h) {
    if (h->tree.head->msg) tell(h, h->tree.head);
}

/* The mistake: one QC less decides, and locks nothing. */
static void decide_too_early(struct orr_hs *h, struct orr_block *block) {
    if (h->rules.chain == 2) orr_hs_commit(h, block);
    else if (is_next(block, block->parent)) orr_hs_commit(h, block->parent);
}

void orr_hs_certified(struct orr_hs *h, struct orr_block *block) {
    struct orr_block *parent = block->parent;
    if (!parent || h->rules.is_basic) return; /* genesis; or commitQCs decide */
    if (hs_has_bug(h, ORR_HS_BUG_SKIP_PREPARE)) {
        decide_too_early(h, block);
        return;
    }
    if (h->rules.is_clocked) { /* figure 1: "three adjacent blocks ... with consecutive epochs" */
        if (parent->parent && is_next(block, parent) && is_next(parent, parent->parent))
            orr_hs_commit(h, parent);
        return;
    }
    if (h->rules.chain == 2) {
        orr_hs_lock(h, block);
        if (is_next(block, parent) || h->config->any_two_chain) orr_hs_commit(h, parent);
        return;
    }
    orr_hs_lock(h, parent); /* algorithm 4, update(): "if b'.height > b_lock.height" */
    if (parent->parent && is_next(block, parent) && is_next(parent, parent->parent))
        orr_hs_commit(h, parent->parent);
}

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

bool orr_hs_is_safe(const struct orr_hs *h, const struct orr_block *block) {
    const struct orr_proposal *p = block->form;
    if (hs_has_bug(h, ORR_HS_BUG_NO_LOCK) || hs_has_bug(h, ORR_HS_BUG_ACCEPT_OLD_QC)) return true;
    switch (h->rules.vote) {
    case VOTE_BY_LOCK: /* algorithm 4, onReceiveProposal; nothing extends a lock that is dropped */
        return (orr_block_extends(block, h->lock) && h->lock->view >= h->floor.lock) ||
               p->qc.ballot.view > most(h->lock->view, h->floor.lock) ||
               h->config->old_justify_accept;
    case VOTE_BY_RANK: /* eprint 2023/397, "vote": the QC ranks no lower than the lock */
        return p->qc.ballot.view >= most(h->high.ballot.view, h->floor.view);
    case VOTE_BY_LENGTH: /* eprint 2020/088, figure 1, "vote": of the longest notarized chains */
        return h->config->longest_by_epoch
                   ? p->qc.ballot.view >= most(h->high.ballot.view, h->floor.view)
                   : p->qc.ballot.height >= most(h->high.ballot.height, h->floor.height);
    default: /* arXiv 2106.10362, "vote"; arXiv 2010.11454, SafeProposal */
        return p->qc.ballot.view + 1 == p->view ||
               (p->has_tc && p->qc.ballot.view >= p->tc.high_view);
    }
}
