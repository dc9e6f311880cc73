/* restore.c - the way back from the records that log.c has written. */
#include "models/bft/hotstuff/state.h"

/* A stored proposal with its form, a reference; NULL: it is none. */
static struct orr_msg *with_form(struct orr_hs *h, struct orr_msg *stored) {
    if (orr_proposal_of(stored)) return orr_msg_ref(stored);
    struct orr_msg *m = orr_msg_copy(h->common->pool, ORR_HS_PROPOSAL, stored->data, stored->len);
    orr_proposal_decode(m, h->set, h->common->pool, h->common->memo);
    if (orr_proposal_of(m)) return m;
    orr_msg_unref(h->common->pool, m);
    return NULL;
}

/* Every stored block has had this node's vote, or may have had it. */
static int restore_blocks(struct orr_hs *h) {
    uint32_t first, n = orr_wal_entries(&h->wal, &first);
    for (uint32_t i = first; i < first + n; i++) {
        struct orr_msg *m = with_form(h, h->wal.records[i].msg);
        const struct orr_proposal *p = m ? orr_proposal_of(m) : NULL;
        struct orr_block *parent = p ? orr_block_find(&h->tree, p->parent) : NULL;
        bool is_sound = parent && !orr_block_find(&h->tree, p->hash);
        if (p && p->view > h->voted) h->voted = p->view;
        if (is_sound) {
            orr_block_add(&h->tree, parent, m)->entry = h->wal.records[i].name;
            if (p->proposer == h->me && p->view > h->proposed) h->proposed = p->view;
            if (orr_hs_is_higher(h, &p->qc)) {
                orr_msg_ref(m);
                orr_msg_unref(h->common->pool, h->high_in);
                h->high_in = m;
                h->high = p->qc;
            }
        }
        orr_msg_unref(h->common->pool, m);
        /* what grew on a branch that was dropped is gone with it, entry by entry */
        if (!is_sound && !p) return ORR_ECORRUPT;
    }
    return 0;
}

static void nobody_cares(void *ctx, struct orr_block *block) {
    struct orr_hs *h = ctx;
    if (block->entry) orr_wal_drop(&h->wal, h->out, block->entry);
}

static int restore_decided(struct orr_hs *h) {
    const struct orr_msg *m = orr_wal_slot(&h->wal, SLOT_DECIDED);
    if (!m) return 0;
    if (m->len != 8 + 32 + 32) return ORR_ECORRUPT;
    h->floor.lock = orr_load_le64(m->data + 40);
    h->floor.view = orr_load_le64(m->data + 48);
    h->floor.height = orr_load_le64(m->data + 56);
    h->floor.voted = orr_load_le64(m->data + 64);
    if (h->voted < h->floor.voted) h->voted = h->floor.voted;
    struct orr_block *last = orr_block_find(&h->tree, m->data + 8), *b;
    if (orr_load_le64(m->data) < h->tree.root->height) return 0; /* a snapshot came after it */
    if (!last || last->height != orr_load_le64(m->data)) return ORR_ECORRUPT;
    while ((b = orr_block_next(&h->tree, last))) { /* ends: the head comes to last */
        orr_block_decide(&h->tree, b, nobody_cares, h);
        for (uint32_t i = 0; i < b->form->n_txs; i++)
            orr_recent_add(&h->decided_txs, b->form->ids[i]);
    }
    return h->tree.head == last ? 0 : ORR_ECORRUPT;
}

static int restore_phase(struct orr_hs *h) {
    const struct orr_msg *m = orr_wal_slot(&h->wal, SLOT_PHASE);
    struct orr_qc qc;
    if (!m) return 0;
    if (m->len < 40 || !orr_qc_read(m->data + 40, m->len - 40, h->set->n, &qc) ||
        qc.len != m->len - 40)
        return ORR_ECORRUPT;
    h->phase_voted = orr_load_le64(m->data);
    struct orr_block *lock = orr_block_find(&h->tree, m->data + 8);
    if (lock && lock->height > h->tree.head->height) h->lock = lock; /* else it is decided */
    if (!orr_hs_is_higher(h, &qc)) return 0;
    orr_msg_unref(h->common->pool, h->high_in);
    h->high_in = orr_msg_copy(h->common->pool, 0, qc.bytes, qc.len);
    bool is_sound = orr_qc_read(h->high_in->data, h->high_in->len, h->set->n, &h->high);
    assert(is_sound);
    return 0;
}

int orr_hs_restore(struct orr_hs *h) {
    uint64_t view = 1, given_up = 0;
    const struct orr_msg *m = orr_wal_slot(&h->wal, SLOT_VIEW);
    if (m && m->len != 16) return ORR_ECORRUPT;
    if (m) {
        view = orr_load_le64(m->data);
        given_up = orr_load_le64(m->data + 8);
    }
    int error = orr_hs_restore_base(h);
    if (!error) error = restore_blocks(h);
    if (!error) error = restore_decided(h);
    h->lock = h->tree.head;
    if (!error) error = restore_phase(h);
    if (error) return error;
    if (h->voted < given_up) h->voted = given_up;
    if (view < h->voted) view = h->voted;
    if (view <= h->high.ballot.view) view = h->high.ballot.view + !h->rules.is_basic;
    orr_pacemaker_enter(&h->pacemaker, view, true);
    h->pacemaker.given_up = given_up;
    orr_hs_decide_again(h);
    for (uint32_t i = 0; i < h->tree.n_open; i++) /* a stored child shows its parent's QC */
        if (!h->tree.open[i]->parent->is_decided || h->tree.open[i]->parent == h->tree.head)
            orr_hs_certified(h, h->tree.open[i]->parent);
    orr_wal_forget(&h->wal);
    return 0;
}
