/* sync.c - catching up: blocks by hash. */
#include "models/bft/hotstuff/state.h"

/* ASK: hash (32) | height u64.  The answer is the proposals above that height up to the hash: from
 * the last decision on at first, and then from where the answer before ended, decided or not.  If
 * some of them are forgotten it is a snapshot. */
enum { ASK_BYTES = 32 + 8 };

static void ask_above(struct orr_hs *h, orr_peer peer, const uint8_t hash[32], uint64_t height) {
    if (peer == h->env->self || h->now < h->ask_again) return;
    struct orr_msg *m = orr_msg_new(h->common->pool, ORR_HS_ASK, ASK_BYTES);
    memcpy(m->data, hash, 32);
    orr_store_le64(m->data + 32, height);
    memcpy(h->asked, hash, 32);
    h->asked_height = height;
    h->ask_again = h->now + h->pacemaker.base / 4;
    h->asked_of = peer;
    orr_send(h->out, peer, m);
}

void orr_hs_ask(struct orr_hs *h, orr_peer peer, const uint8_t hash[32]) {
    ask_above(h, peer, hash, h->tree.head->height);
}

void orr_hs_ask_on(struct orr_hs *h, orr_peer peer, uint64_t height) {
    if (height != h->asked_height + ANSWER_BLOCKS || orr_block_find(&h->tree, h->asked)) return;
    h->ask_again = h->now;
    uint8_t hash[32];
    memcpy(hash, h->asked, sizeof hash);
    ask_above(h, peer, hash, height);
}

/* What follows the block of a snapshot, of whom the snapshot was asked. */
void orr_hs_ask_behind(struct orr_hs *h) {
    uint8_t hash[32];
    memcpy(hash, h->asked, sizeof hash);
    h->ask_again = h->now;
    ask_above(h, h->asked_of, hash, h->tree.head->height);
}

/* What one peer can make this node send is bounded: a whole answer at once, however large, and then
 * as much as a line carries. */
static bool may_answer(struct orr_hs *h, orr_peer peer, uint64_t size_bytes) {
    uint32_t rank = orr_validator_of(h->set, peer);
    if (rank == ORR_NOBODY) return false;
    if (!h->answers.peers)
        orr_sync_init(&h->answers, h->common->mem, h->set->n, ANSWER_BLOCKS, h->pacemaker.base);
    uint64_t burst = size_bytes > ANSWER_BURST_BYTES ? size_bytes : ANSWER_BURST_BYTES;
    return orr_sync_may_send(&h->answers, rank, size_bytes, burst, h->now);
}

void orr_hs_recv_ask(struct orr_hs *h, const struct orr_msg *m, orr_peer from) {
    if (m->len != ASK_BYTES) {
        orr_hs_drop(h);
        return;
    }
    struct orr_block *b = orr_block_find(&h->tree, m->data), *path[ANSWER_BLOCKS];
    uint64_t above = orr_load_le64(m->data + 32);
    uint32_t n = 0;
    if (!b || b->height <= above) return;
    if (above < h->tree.root->height) {
        if (may_answer(h, from, h->base->len)) orr_hs_send_snapshot(h, from);
        return;
    }
    while (b->height - above > ANSWER_BLOCKS) /* ends: heights fall */
        b = b->is_decided ? orr_block_at(&h->tree, above + ANSWER_BLOCKS) : b->parent;
    uint64_t size_bytes = 0;
    for (; b->msg && b->height > above; b = b->parent) {
        path[n++] = b;
        size_bytes += b->msg->len;
    }
    if (!may_answer(h, from, size_bytes)) return;
    while (n) orr_send(h->out, from, orr_msg_ref(path[--n]->msg));
}

void orr_hs_hold(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    uint32_t n = 0, proposer = orr_proposal_of(m)->proposer;
    for (uint32_t i = 0; i < h->held.n; i++) {
        if (h->held.v[i].msg == m) return;
        n += h->held.v[i].msg && orr_proposal_of(h->held.v[i].msg)->proposer == proposer;
    }
    if (n < ORPHANS_EACH) orr_held_add(&h->held, m, from);
}
