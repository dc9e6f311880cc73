/* txs.h - which transactions the order holds already: clients hand one to several validators, and a
 * liar puts into its vertices what others have in theirs; of those the first in the order counts.
 *
 * What is remembered follows from the order alone, so that all nodes leave out the same, however
 * often they restart: a transaction is there again if it stands in an earlier vertex of the order
 * of a round from `least` on, the lowest that the leader at hand brings in (gc_depth below it). */
#ifndef ORR_MODELS_BFT_DAG_TXS_H
#define ORR_MODELS_BFT_DAG_TXS_H

#include "models/base/index.h"

/* v is in the order in which they were first added; n <= cap. */
struct orr_dag_txs {
    struct orr_mem *mem;
    struct orr_dag_tx { uint64_t id, round; } *v; /* round: the highest of the vertices with it */
    uint32_t n, cap;
    struct orr_index by_id;
};

void orr_dag_txs_init(struct orr_dag_txs *txs, struct orr_mem *mem);
void orr_dag_txs_fini(struct orr_dag_txs *txs);
/* A transaction in a vertex of a round, the next in the order.  false: it is there already. */
bool orr_dag_txs_add(struct orr_dag_txs *txs, uint64_t id, uint64_t round, uint64_t least);
#endif
