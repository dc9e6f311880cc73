/* log.c - what outlives a crash: each vertex that this node proposed, voted for or has in its
 * graph, the certificates of the latter, and the last leader that it decided.
 *
 * A stored vertex stands for a vote: a node that comes back votes for later rounds of its author
 * only. */
#include "models/bft/dag/state.h"

void orr_dag_store_vertex(struct dag_node *g, struct orr_vertex *v) {
    if (!v->entry) v->entry = orr_wal_append(&g->wal, g->out, v->msg);
}

void orr_dag_store_cert(struct dag_node *g, struct orr_vertex *v) {
    if (!v->cert_entry) v->cert_entry = orr_wal_append(&g->wal, g->out, v->cert);
}

void orr_dag_store_decided(struct dag_node *g) {
    struct orr_msg *m = orr_msg_new(g->common->pool, 0,
                                    DAG_DECIDED_BYTES + g->n_earlier * ORR_VERTEX_REF_BYTES);
    orr_store_le64(m->data, g->n_decided);
    orr_vertex_ref_write(&g->leader, m->data + 8);
    for (uint32_t i = 0; i < g->n_earlier; i++)
        orr_vertex_ref_write(&g->earlier[i],
                             m->data + DAG_DECIDED_BYTES + i * ORR_VERTEX_REF_BYTES);
    orr_store_le64(m->data + DAG_DECIDED_BYTES - 16, g->next_round);
    orr_store_le64(m->data + DAG_DECIDED_BYTES - 8, g->next_index);
    orr_wal_put_one(&g->wal, g->out, DAG_SLOT_DECIDED, m);
}
