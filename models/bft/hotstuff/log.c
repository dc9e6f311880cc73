/* log.c - what outlives a crash: each block that this node voted for, proposed or decided, as an
 * entry behind its parent's; the views that it gave up; how far it has decided; in hotstuff-basic
 * its last vote of a later phase; a snapshot in place of old blocks.
 *
 * A stored block stands for a vote: a node that comes back votes in later views only. */
#include "models/bft/hotstuff/state.h"

void orr_hs_store(struct orr_hs *h, struct orr_block *block) {
    while (!block->is_decided && !block->entry) { /* ends: each turn stores one of those below */
        struct orr_block *b = block;
        while (!b->parent->is_decided && !b->parent->entry) b = b->parent;
        b->entry = orr_wal_append(&h->wal, h->out, b->msg);
    }
}

void orr_hs_store_view(struct orr_hs *h) {
    struct orr_msg *m = orr_msg_new(h->common->pool, 0, 16);
    orr_store_le64(m->data, h->pacemaker.view);
    orr_store_le64(m->data + 8, h->pacemaker.given_up);
    orr_wal_put_one(&h->wal, h->out, SLOT_VIEW, m);
}

/* With the QC that justifies the vote, or a later one. */
void orr_hs_store_phase(struct orr_hs *h) {
    struct orr_msg *m = orr_msg_new(h->common->pool, 0, 8 + 32 + h->high.len);
    orr_store_le64(m->data, h->phase_voted);
    memcpy(m->data + 8, h->lock->hash, 32);
    memcpy(m->data + 40, h->high.bytes, h->high.len);
    orr_wal_put_one(&h->wal, h->out, SLOT_PHASE, m);
}

void orr_hs_store_decided(struct orr_hs *h, const struct orr_block *head) {
    struct orr_msg *m = orr_msg_new(h->common->pool, 0, 8 + 32 + 32);
    orr_store_le64(m->data, head->height);
    memcpy(m->data + 8, head->hash, 32);
    orr_store_le64(m->data + 40, h->floor.lock);
    orr_store_le64(m->data + 48, h->floor.view);
    orr_store_le64(m->data + 56, h->floor.height);
    orr_store_le64(m->data + 64, h->floor.voted);
    orr_wal_put_one(&h->wal, h->out, SLOT_DECIDED, m);
}
