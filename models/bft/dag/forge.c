/* forge.c - the other face of an equivocator.
 *
 * Every vertex has a twin: the same with the lowest bit of its time flipped (correct authors write
 * even times).  A forged vertex is the twin of our own; a forged vote names the twin of the vertex
 * that the true one names. */
#include "models/bft/dag/state.h"

static struct orr_msg *forge_vote(struct dag_node *g, const struct orr_msg *m,
                                  struct orr_pool *pool) {
    const struct orr_ballot_vote *vote = orr_ballot_vote_of(m);
    if (!vote || vote->voter != g->me || vote->ballot.height - 1 >= g->set->n) return NULL;
    struct orr_vertex_ref ref = {.round = vote->ballot.view,
                                 .author = (uint32_t)(vote->ballot.height - 1)};
    memcpy(ref.hash, vote->ballot.block, sizeof ref.hash);
    const struct orr_vertex *v = orr_dag_find(&g->dag, &ref);
    if (!v || !v->msg) return NULL;
    struct orr_msg *twin = orr_vertex_twin(v->msg, g->set, pool, NULL);
    struct orr_ballot ballot = vote->ballot;
    memcpy(ballot.block, orr_vertex_of(twin)->hash, 32);
    orr_msg_unref(pool, twin);
    return orr_ballot_sign(&ballot, g->me, g->set, pool, g->common->memo);
}

struct orr_msg *orr_dag_forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    struct dag_node *g = node;
    if (m->kind == ORR_DAG_VOTE) return forge_vote(g, m, pool);
    const struct orr_vertex_form *v = m->kind == ORR_DAG_VERTEX ? orr_vertex_of(m) : NULL;
    return v && v->author == g->me ? orr_vertex_twin(m, g->set, pool, g->common->memo) : NULL;
}
