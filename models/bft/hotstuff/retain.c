/* retain.c - what takes the place of old blocks, with retain_blocks: one decided block and what
 * is known at it of transactions.
 *
 * Each `retain_blocks` heights a snapshot is taken; when the next one is due what was decided below
 * the last is forgotten, in memory and in the log, and that snapshot is where a restart begins and
 * what a peer that lags by more is sent.  So between one and two times as many blocks are kept.
 *
 *     SNAPSHOT: len u32 | the block's proposal | n_young u32 | n_old u32 | so many ids u64 each
 *     VOUCH: hash of the block (32): a question; its answer has the snapshot's SHA-256 (32) too
 *
 * The ids are those of transactions that are not decided again, ascending in each generation; all
 * correct nodes have the same behind the same block.  The block shows a QC of its parent, not that
 * it is decided itself.  So who lags asks all whether the snapshot that it was sent is theirs, and
 * believes it when more than 1/3 of the power say so: one of them is correct.  (The papers leave
 * state transfer open; PBFT believes checkpoints that nobody signs in this way, OSDI '99, 4.3.) */
#include "models/base/set_keys.h"
#include "models/base/sha256.h"
#include "models/bft/hotstuff/state.h"

bool orr_hs_snapshot_read(const struct orr_msg *m, struct orr_hs_snapshot *s) {
    struct orr_reader r = orr_reader(m->data, m->len);
    s->len = orr_read_u32(&r);
    s->proposal = orr_read_bytes(&r, s->len);
    s->n_young = orr_read_u32(&r);
    s->n_old = orr_read_u32(&r);
    s->ids = orr_read_bytes(&r, 8 * ((size_t)s->n_young + s->n_old));
    return orr_read_done(&r) && s->n_young <= DECIDED_TXS && s->n_old <= DECIDED_TXS;
}

struct orr_msg *orr_hs_snapshot_block(struct orr_hs *h, const struct orr_hs_snapshot *s) {
    struct orr_msg *m = orr_msg_copy(h->common->pool, ORR_HS_PROPOSAL, s->proposal, s->len);
    orr_proposal_decode(m, h->set, h->common->pool, h->common->memo);
    if (orr_proposal_of(m)) return m;
    orr_msg_unref(h->common->pool, m);
    return NULL;
}

void orr_hs_charge_hash(struct orr_hs *h, uint32_t len) {
    h->out->busy_ns += hs_costs(h)->hash_kib_ns * (int64_t)(len / 1024 + 1);
}

/* ---- taking them ---- */

static void write_ids(struct orr_hs *h, struct orr_writer *w, const struct orr_set *set) {
    struct orr_msg *scratch =
        orr_msg_new(h->common->pool, 0, (uint32_t)(set->n * sizeof(uint64_t)));
    uint64_t *keys = (uint64_t *)scratch->data;
    orr_set_keys(set, keys);
    for (uint64_t i = 0; i < set->n; i++) orr_write_u64(w, keys[i]);
    orr_msg_unref(h->common->pool, scratch);
}

static struct orr_msg *take(struct orr_hs *h, const struct orr_block *b) {
    const struct orr_set *young = &h->decided_txs.young, *old = &h->decided_txs.old;
    struct orr_msg *m =
        orr_msg_new(h->common->pool, ORR_HS_SNAPSHOT,
                    (uint32_t)(4 + b->msg->len + 8 + 8 * (young->n + old->n)));
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u32(&w, b->msg->len);
    orr_write_bytes(&w, b->msg->data, b->msg->len);
    orr_write_u32(&w, (uint32_t)young->n);
    orr_write_u32(&w, (uint32_t)old->n);
    write_ids(h, &w, young);
    write_ids(h, &w, old);
    assert(!w.bad && w.p == w.end);
    orr_hs_charge_hash(h, m->len);
    return m;
}

/* Height of the snapshot's block: its proposal begins with view u64 | height u64. */
static uint64_t height_of(const struct orr_msg *snapshot) {
    return orr_load_le64(snapshot->data + 4 + 8);
}

void orr_hs_store_base(struct orr_hs *h) {
    orr_wal_put_one(&h->wal, h->out, SLOT_BASE, orr_msg_ref(h->base));
}

void orr_hs_drop_entries(struct orr_hs *h, uint64_t height) {
    for (uint64_t i = h->tree.root->height; i <= height; i++) {
        struct orr_block *b = orr_block_at(&h->tree, i);
        if (b->entry) orr_wal_drop(&h->wal, h->out, b->entry);
        b->entry = 0;
    }
}

void orr_hs_retain(struct orr_hs *h) {
    const struct orr_block *head = h->tree.head;
    if (!h->config->retain_blocks || head->height % h->config->retain_blocks) return;
    if (h->next_base) {
        orr_msg_unref(h->common->pool, h->base);
        h->base = h->next_base;
        orr_hs_store_base(h); /* first: the way back never lacks both */
        orr_hs_drop_entries(h, height_of(h->base));
        orr_block_prune(&h->tree, height_of(h->base));
    }
    h->next_base = take(h, head);
}

/* ---- sending them ---- */

void orr_hs_send_snapshot(struct orr_hs *h, orr_peer to) {
    assert(h->base && height_of(h->base) == h->tree.root->height);
    orr_send(h->out, to, orr_msg_ref(h->base));
}

/* The snapshot of a block, if it is one of ours. */
static const struct orr_msg *of_block(const struct orr_hs *h, const uint8_t hash[32]) {
    const struct orr_block *b = orr_block_find(&h->tree, hash);
    if (!b || !b->is_decided) return NULL;
    if (h->base && b == h->tree.root) return h->base;
    return h->next_base && height_of(h->next_base) == b->height ? h->next_base : NULL;
}

void orr_hs_vouch(struct orr_hs *h, orr_peer to, const uint8_t hash[32]) {
    const struct orr_msg *own = of_block(h, hash);
    if (!own) return;
    struct orr_msg *m = orr_msg_new(h->common->pool, ORR_HS_VOUCH, VOUCH_BYTES);
    memcpy(m->data, hash, 32);
    orr_hs_charge_hash(h, own->len);
    orr_sha256(own->data, own->len, m->data + 32);
    orr_send(h->out, to, m);
}

/* ---- beginning with one ---- */

void orr_hs_load_ids(struct orr_hs *h, const struct orr_hs_snapshot *s) {
    orr_set_clear(&h->decided_txs.young);
    orr_set_clear(&h->decided_txs.old);
    for (uint32_t i = 0; i < s->n_young + s->n_old; i++) {
        uint64_t id = orr_load_le64(s->ids + 8 * (size_t)i);
        orr_set_add(i < s->n_young ? &h->decided_txs.young : &h->decided_txs.old, id);
        orr_mempool_remove(&h->mempool, id);
    }
}

int orr_hs_restore_base(struct orr_hs *h) {
    struct orr_msg *m = orr_wal_slot(&h->wal, SLOT_BASE);
    struct orr_hs_snapshot s;
    if (!m) return 0;
    struct orr_msg *proposal = orr_hs_snapshot_read(m, &s) ? orr_hs_snapshot_block(h, &s) : NULL;
    if (!proposal) return ORR_ECORRUPT;
    h->base = orr_msg_copy(h->common->pool, ORR_HS_SNAPSHOT, m->data, m->len);
    orr_block_begin(&h->tree, proposal);
    orr_hs_load_ids(h, &s);
    orr_msg_unref(h->common->pool, proposal);
    return 0;
}
