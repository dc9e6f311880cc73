/* recv_tx.c - transactions, from clients and from peers. */
#include "models/bft/tendermint/state.h"

bool orr_tm_recv_tx(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    if (orr_mempool_find(&t->mempool, orr_msg_hash(m))) {
        orr_tm_tx_from(t, m, from);
        return false;
    }
    uint64_t priority = 0;
    charge_app_call(t);
    int error = t->app->check(t->app_state, m, false, &priority, &t->out->busy_ns);
    if (error == ORR_EFORMAT && from != ORR_NOBODY) orr_tm_drop(t);
    if (error || m->len + TX_OVERHEAD > t->max_block / 2) return false;
    if (orr_mempool_add(&t->mempool, m, priority, t->height)) return false;
    orr_tm_tx_from(t, m, from);
    have_news(t);
    return true;
}
