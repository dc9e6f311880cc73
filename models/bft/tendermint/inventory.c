/* inventory.c - transactions that not everyone has.
 *
 * A transaction is sent once, by the validator that a client gave it to, and some may miss it: the
 * line was lossy, a partition lay between, they were down.  What shows it is a block that had room
 * for a transaction and passed it over.  As long as one is passed over, each gossip_interval its
 * holder names it to a peer drawn at random (HAVE), who asks for what it lacks (WANT).  So only ids
 * travel, and what is lacking; where nothing is lost nothing is said.  CometBFT's mempool reactor
 * comes to the same end otherwise: over streams that lose nothing, and by sending the whole mempool
 * to a peer that connects again.
 *
 * The messages, little-endian: HAVE is height u64 | n times: id u64, WANT the ids alone; an id is a
 * transaction's orr_msg_hash. */
#include "models/bft/tendermint/state.h"

enum { MAX_IDS = 1024 };

void orr_tm_offer_txs(struct orr_tm *t) {
    uint32_t n = 0;
    struct orr_msg *m = NULL;
    /* Passed over: here before the last block's height began, with room in that block.  In order of
     * arrival those of earlier heights come first. */
    for (uint32_t i = 0; i < t->mempool.n_entries && n < MAX_IDS; i++) {
        const struct orr_mempool_entry *e = &t->mempool.entries[i];
        if (e->height >= t->passed_height) break;
        if (!e->tx || e->tx->len + TX_OVERHEAD > t->passed_room) continue;
        if (!m) m = orr_msg_new(t->common->pool, ORR_TM_HAVE, 8 + 8 * MAX_IDS);
        orr_store_le64(m->data + 8 + 8 * n++, e->id);
    }
    if (!m) return;
    orr_store_le64(m->data, t->height);
    m->len = 8 + 8 * n;
    orr_peer peer = orr_tm_any_peer(t);
    if (peer == ORR_NOBODY) orr_msg_unref(t->common->pool, m);
    else orr_send(t->out, peer, m);
}

bool orr_tm_recv_have(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    if (m->len < 16 || m->len % 8 || m->len > 8 + 8 * MAX_IDS) {
        orr_tm_drop(t);
        return false;
    }
    if (orr_load_le64(m->data) < t->height) return false; /* it may hold what is in blocks */
    struct orr_msg *want = NULL;
    uint32_t n = 0;
    for (uint32_t at = 8; at < m->len; at += 8) {
        uint64_t id = orr_load_le64(m->data + at);
        if (orr_mempool_find(&t->mempool, id)) continue;
        if (!want) want = orr_msg_new(t->common->pool, ORR_TM_WANT, m->len - at);
        orr_store_le64(want->data + 8 * n++, id);
    }
    if (!want) return false;
    want->len = 8 * n;
    orr_send(t->out, from, want);
    return false;
}

/* At most a block's worth in one answer. */
bool orr_tm_recv_want(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    if (!m->len || m->len % 8 || m->len > 8 * MAX_IDS) {
        orr_tm_drop(t);
        return false;
    }
    uint64_t left = t->max_block;
    for (uint32_t at = 0; at < m->len; at += 8) {
        struct orr_msg *tx = orr_mempool_find(&t->mempool, orr_load_le64(m->data + at));
        if (!tx || tx->len > left) continue;
        left -= tx->len;
        orr_send(t->out, from, orr_msg_ref(tx));
    }
    return false;
}
