/* inventory.c - transactions that not everyone has.
 *
 * A transaction is sent once, by the validator that a client gave it to, and some may miss it: the
 * line was lossy, a partition lay between, they were down.  What shows it is a block that had room
 * for a transaction and passed it over.  As long as one is passed over, each gossip_interval its
 * holder names it to a peer drawn at random (HAVE), who asks for what it lacks (WANT).  So only ids
 * travel, and what is lacking; where nothing is lost nothing is said.  CometBFT's mempool reactor
 * comes to the same end otherwise: over streams that lose nothing, and by sending the whole mempool
 * to a peer that connects again.
 * The messages are those of common/inventory.h. */
#include "models/bft/tendermint/state.h"

void orr_tm_offer_txs(struct orr_tm *t) {
    /* Passed over: here before the last block's height began, with room in that block. */
    if (t->passed_room < TX_OVERHEAD) return;
    struct orr_msg *m = orr_inventory_have(&t->mempool, ORR_TM_HAVE, t->height, t->passed_height,
                                           t->passed_room - TX_OVERHEAD);
    if (!m) return;
    orr_peer peer = orr_tm_any_peer(t);
    t->offered = peer;
    if (peer == ORR_NOBODY) orr_msg_unref(t->common->pool, m);
    else orr_send(t->out, peer, m);
}

bool orr_tm_recv_have(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    uint64_t height;
    if (!orr_inventory_have_read(m, &height)) {
        orr_tm_drop(t);
        return false;
    }
    if (height < t->height) return false; /* it may hold what is in blocks */
    struct orr_msg *want = orr_inventory_want(&t->mempool, ORR_TM_WANT, m);
    if (want) orr_send(t->out, from, want);
    return false;
}

/* At most a block's worth in one answer, and one answer to what was named. */
bool orr_tm_recv_want(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    uint64_t most = from == t->offered ? t->max_block : 0;
    if (most) t->offered = ORR_NOBODY;
    if (!orr_inventory_answer(&t->mempool, m, from, most, t->out)) orr_tm_drop(t);
    return false;
}
