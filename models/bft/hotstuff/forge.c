/* forge.c - the other face of an equivocator.
 *
 * Every block has a twin: the same with the lowest bit of its time flipped (correct proposers write
 * even times).  A forged proposal is the twin of our own; a forged vote names the twin of the block
 * that the true one names.  So several equivocators tell one consistent pair of stories. */
#include "models/bft/hotstuff/state.h"

static struct orr_msg *forge_vote(struct orr_hs *h, const struct orr_msg *m,
                                  struct orr_pool *pool) {
    const struct orr_ballot_vote *v = orr_ballot_vote_of(m);
    const struct orr_block *b = v ? orr_block_find(&h->tree, v->ballot.block) : NULL;
    if (!b || !b->msg || v->voter != h->me) return NULL;
    struct orr_msg *twin = orr_proposal_twin(b->msg, h->set, pool, NULL);
    struct orr_ballot ballot = v->ballot;
    memcpy(ballot.block, orr_proposal_of(twin)->hash, 32);
    orr_msg_unref(pool, twin);
    return orr_ballot_sign(&ballot, h->me, h->set, pool, h->common->memo);
}

struct orr_msg *orr_hs_forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    struct orr_hs *h = node;
    if (m->kind == ORR_HS_VOTE || m->kind == ORR_HS_PRECOMMIT || m->kind == ORR_HS_COMMIT)
        return forge_vote(h, m, pool);
    const struct orr_proposal *p = m->kind == ORR_HS_PROPOSAL ? orr_proposal_of(m) : NULL;
    return p && p->proposer == h->me ? orr_proposal_twin(m, h->set, pool, h->common->memo) : NULL;
}

/* Its lock, and its highest QC for that of its last decision, so that it leads beside all that is
 * not decided here, whatever the TC shows.  A child of that decision carries its QC. */
void orr_hs_forget(void *node) {
    struct orr_hs *h = node;
    h->lock = h->tree.head;
    memset(&h->floor, 0, sizeof h->floor);
    h->has_forgotten = true;
    for (uint32_t i = 0; i < h->tree.n_open; i++) {
        struct orr_block *b = h->tree.open[i];
        if (b->parent != h->tree.head || b->form->qc.ballot.view >= h->high.ballot.view) continue;
        orr_msg_ref(b->msg);
        orr_msg_unref(h->common->pool, h->high_in);
        h->high_in = b->msg;
        h->high = b->form->qc;
    }
    if (h->tree.head->msg) return;
    orr_msg_unref(h->common->pool, h->high_in);
    h->high_in = orr_qc_genesis(h->common->pool);
    bool is_sound = orr_qc_read(h->high_in->data, h->high_in->len, h->set->n, &h->high);
    assert(is_sound);
}
