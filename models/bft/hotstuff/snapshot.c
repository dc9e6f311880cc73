/* snapshot.c - beginning with what another has: an offer, who vouches for it, and the change over
 * (retain.c says what a snapshot is). */
#include "models/base/sha256.h"
#include "models/bft/hotstuff/state.h"

static void let_go(struct orr_hs *h) {
    orr_msg_unref(h->common->pool, h->offered);
    h->offered = NULL;
}

/* What was kept so far makes room for the block: no entry of it goes before both the block and the
 * promises that stood in them are durable. */
static void replace_all(struct orr_hs *h, struct orr_msg *proposal) {
    struct orr_block_tree *t = &h->tree;
    orr_hs_store_base(h);
    for (uint32_t i = 0; i < t->n_open; i++) orr_hs_keep_promise(h, t->open[i]);
    for (uint64_t i = t->root->height; i <= t->head->height; i++)
        if (orr_block_at(t, i)->msg) orr_hs_keep_promise(h, orr_block_at(t, i));
    const struct orr_proposal *p = orr_proposal_of(proposal);
    struct orr_block head = {.height = p->height};
    memcpy(head.hash, p->hash, sizeof head.hash);
    orr_hs_store_decided(h, &head);
    for (uint32_t i = 0; i < t->n_open; i++)
        if (t->open[i]->entry) orr_wal_drop(&h->wal, h->out, t->open[i]->entry);
    orr_hs_drop_entries(h, t->head->height);
    h->lock = orr_block_begin(t, proposal);
}

/* The block may have come by itself, undecided: then all that is above it stays. */
static void begin_behind(struct orr_hs *h, struct orr_msg *proposal,
                         const struct orr_hs_snapshot *s) {
    const struct orr_proposal *p = orr_proposal_of(proposal);
    struct orr_block *own = orr_block_find(&h->tree, p->hash);
    if (own) {
        orr_hs_commit(h, own);
        return;
    }
    orr_msg_unref(h->common->pool, h->base);
    orr_msg_unref(h->common->pool, h->next_base);
    h->next_base = NULL;
    h->base = orr_msg_ref(h->offered);
    replace_all(h, proposal);
    orr_hs_load_ids(h, s);
    orr_adopt(h->out, p->height, p->hash);
    orr_hs_begun(h, proposal);
}

static void believe(struct orr_hs *h) {
    struct orr_hs_snapshot s;
    bool is_sound = orr_hs_snapshot_read(h->offered, &s);
    assert(is_sound);
    struct orr_msg *proposal = orr_hs_snapshot_block(h, &s);
    assert(proposal);
    if (orr_proposal_of(proposal)->height > h->tree.head->height) begin_behind(h, proposal, &s);
    orr_msg_unref(h->common->pool, proposal);
    let_go(h);
}

static void count_voucher(struct orr_hs *h, uint32_t rank) {
    uint64_t power = 0;
    orr_bitset_add(&h->vouchers, rank);
    for (uint32_t i = 0; i < h->set->n; i++)
        if (orr_bitset_has(&h->vouchers, i)) power += h->set->powers[i];
    if (power >= h->set->honest_power) believe(h);
}

/* Asks all others whether this is theirs, too. */
static void consider(struct orr_hs *h, struct orr_msg *m, const uint8_t hash[32], uint32_t rank) {
    uint32_t words = orr_bitset_words(h->set->n);
    orr_msg_ref(m);
    let_go(h);
    h->offered = m;
    h->offer_ends = h->now + h->pacemaker.base;
    if (!h->vouchers.words)
        h->vouchers.words = orr_alloc(h->common->mem, words * sizeof *h->vouchers.words);
    orr_bitset_init(&h->vouchers, h->vouchers.words, h->set->n);
    orr_cast(h->out, ORR_NOBODY, orr_msg_copy(h->common->pool, ORR_HS_VOUCH, hash, 32));
    count_voucher(h, rank);
}

/* Only whom this node has asked is listened to, and one offer is looked at at a time: a liar that
 * offers without end keeps no other from being heard. */
void orr_hs_recv_snapshot(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    uint32_t rank = orr_validator_of(h->set, from);
    struct orr_hs_snapshot s;
    bool is_sound = rank != ORR_NOBODY && orr_hs_snapshot_read(m, &s);
    struct orr_msg *proposal = is_sound ? orr_hs_snapshot_block(h, &s) : NULL;
    const struct orr_proposal *p = proposal ? orr_proposal_of(proposal) : NULL;
    bool is_news = p && from == h->asked_of && p->height > h->tree.head->height &&
                   (!h->offered || h->now >= h->offer_ends);
    if (is_news) {
        orr_hs_charge_hash(h, m->len);
        h->out->busy_ns += orr_proposal_cost_ns(proposal, hs_costs(h));
        is_news = orr_proposal_verify(p, h->set, h->common->memo);
    }
    if (is_news) consider(h, m, p->hash, rank);
    else if (!p) orr_hs_drop(h);
    orr_msg_unref(h->common->pool, proposal);
}

void orr_hs_recv_vouch(struct orr_hs *h, const struct orr_msg *m, orr_peer from) {
    uint32_t rank = orr_validator_of(h->set, from);
    uint8_t digest[ORR_SHA256_BYTES];
    if (rank == ORR_NOBODY || (m->len != 32 && m->len != VOUCH_BYTES)) {
        orr_hs_drop(h);
    } else if (m->len == 32) {
        orr_hs_vouch(h, from, m->data);
    } else if (h->offered) { /* the digest names the block, too */
        orr_sha256(h->offered->data, h->offered->len, digest);
        if (!memcmp(m->data + 32, digest, sizeof digest)) count_voucher(h, rank);
    }
}
