#include "models/bft/dag/txs.h"

#include <assert.h>

enum { LEAST_CAP = 256 };

void orr_dag_txs_init(struct orr_dag_txs *txs, struct orr_mem *mem) {
    *txs = (struct orr_dag_txs){.mem = mem};
    orr_index_init(&txs->by_id, mem, sizeof *txs->v, offsetof(struct orr_dag_tx, id));
}

void orr_dag_txs_fini(struct orr_dag_txs *txs) {
    orr_free(txs->mem, txs->v, txs->cap * sizeof *txs->v);
    orr_index_fini(&txs->by_id);
    txs->v = NULL;
    txs->n = txs->cap = 0;
}

/* Forgets what is out of reach; if that is less than half, there is room for twice as many. */
static void make_room(struct orr_dag_txs *txs, uint64_t least) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < txs->n; i++)
        if (txs->v[i].round >= least) txs->v[n++] = txs->v[i];
    txs->n = n;
    if (2 * (uint64_t)n >= txs->cap) {
        uint32_t cap = txs->cap ? 2 * txs->cap : LEAST_CAP;
        txs->v = orr_resize(txs->mem, txs->v, txs->cap * sizeof *txs->v, cap * sizeof *txs->v);
        txs->cap = cap;
    }
    orr_index_clear(&txs->by_id);
    for (uint32_t i = 0; i < n; i++) orr_index_put(&txs->by_id, txs->v, i);
}

bool orr_dag_txs_add(struct orr_dag_txs *txs, uint64_t id, uint64_t round, uint64_t least) {
    assert(round >= least);
    uint32_t at = orr_index_find(&txs->by_id, txs->v, id);
    if (at != ORR_NOWHERE) {
        bool is_there = txs->v[at].round >= least;
        if (txs->v[at].round < round) txs->v[at].round = round;
        return !is_there;
    }
    if (txs->n == txs->cap) make_room(txs, least);
    txs->v[txs->n] = (struct orr_dag_tx){id, round};
    orr_index_put(&txs->by_id, txs->v, txs->n++);
    assert(txs->n <= txs->cap);
    return true;
}
