/* propose.c - from round to round: a vertex on a quorum of the one before. */
#include "models/bft/dag/state.h"

/* The highest round with a quorum in the graph, and since when. */
static void note_ready(struct dag_node *g) {
    for (uint64_t r = g->dag.top; r > g->ready_round; r--)
        if (orr_dag_power(&g->dag, r) >= g->set->quorum_power) {
            g->ready_round = r;
            g->ready_at = g->now;
        }
}

/* The oldest transactions that no vertex of this node that may be decided yet carries. */
static uint32_t choose_txs(struct dag_node *g, struct orr_msg **txs, uint32_t most) {
    uint32_t n = 0;
    uint64_t used = 0;
    orr_set_clear(&g->pending);
    for (uint64_t r = g->carried_from; r <= g->round; r++) {
        const struct orr_vertex *v = orr_dag_slot(&g->dag, r, g->me);
        if (!v || !v->form || v->is_ordered || v->is_lost) continue;
        for (uint32_t i = 0; i < v->form->n_txs; i++)
            orr_set_add(&g->pending, v->form->ids[i]);
    }
    const struct orr_mempool *pool = &g->mempool;
    for (uint32_t i = 0; i < pool->n_entries && n < most; i++) {
        struct orr_msg *tx = pool->entries[i].tx;
        if (!tx || orr_set_has(&g->pending, pool->entries[i].id)) continue;
        if (used + tx->len + 4 > g->config->batch_size) break;
        used += tx->len + 4;
        txs[n++] = tx;
    }
    return n;
}

/* Those of a round's vertices that a new one stands on; refs NULL: only their number. */
static uint32_t refs_of_round(const struct dag_node *g, uint64_t round, bool is_old,
                              struct orr_vertex_ref *refs) {
    uint32_t n = 0;
    for (uint32_t a = 0; a < g->set->n; a++)
        for (const struct orr_vertex *v = orr_dag_slot(&g->dag, round, a); v; v = v->next) {
            if (!v->is_in || (is_old && v->is_referenced)) continue;
            uint32_t at = n++;
            if (!refs) continue;
            struct orr_vertex_ref ref = orr_vertex_ref_of(v);
            for (; at && orr_vertex_ref_order(&ref, &refs[at - 1]) < 0; at--)
                refs[at] = refs[at - 1];
            refs[at] = ref;
        }
    return n;
}

/* All of the round before; and, without certificates, what is older and nobody stands on. */
static uint32_t choose_refs(const struct dag_node *g, uint64_t round,
                            struct orr_vertex_ref *refs) {
    uint32_t n = 0;
    for (uint64_t r = round - 1; r >= g->dag.floor && r + DAG_OLD_REFS_ROUNDS >= round; r--) {
        bool is_old = r + 1 < round;
        if (is_old && g->rules.is_certified) break;
        n += refs_of_round(g, r, is_old, refs ? refs + n : NULL);
    }
    return n;
}

/* Who leaves a round without its certificate gets none: votes are for the present round. */
static void leave_round(struct dag_node *g) {
    struct orr_vertex *own = orr_dag_slot(&g->dag, g->round, g->me);
    if (!own || !own->form || own->cert || !g->rules.is_certified) return;
    own->is_lost = true;
    orr_dag_put_down(g, own);
}

static void propose(struct dag_node *g, uint64_t round, bool is_in_time) {
    struct orr_pool *pool = g->common->pool;
    leave_round(g);
    uint32_t n_refs = choose_refs(g, round, NULL);
    struct orr_msg *refs = orr_msg_new(pool, 0, n_refs * (uint32_t)sizeof(struct orr_vertex_ref));
    struct orr_msg *txs =
        orr_msg_new(pool, 0, (uint32_t)(g->config->batch_txs * sizeof(struct orr_msg *)));
    struct orr_vertex_parts parts = {
        .round = round, .time = g->wall & ~(orr_time)1, .n_refs = n_refs,
        .refs = (struct orr_vertex_ref *)refs->data, .txs = (struct orr_msg **)txs->data,
        .n_txs = choose_txs(g, (struct orr_msg **)txs->data, (uint32_t)g->config->batch_txs)};
    choose_refs(g, round, (struct orr_vertex_ref *)refs->data);
    struct orr_msg *m = orr_vertex_new(&parts, g->me, g->set, pool, g->common->memo,
                                       ORR_DAG_VERTEX);
    orr_msg_unref(pool, refs);
    orr_msg_unref(pool, txs);
    g->round = round;
    g->proposed_at = g->now;
    orr_vote_set_clear(&g->votes, &g->tallies);
    const struct orr_costs *costs = dag_costs(g);
    g->out->busy_ns += costs->sign_ns + costs->hash_kib_ns * (int64_t)(m->len / 1024 + 1);
    orr_enter_view(g->out, round, is_in_time ? ORR_VIEW_QC : ORR_VIEW_TIMEOUT);
    orr_enter(g->out, g->n_decided + 1, (uint32_t)round, 0);
    struct orr_vertex *v = orr_dag_keep(g, m, g->env->self);
    g->carried_bytes += orr_dag_carries(v);
    orr_dag_store_vertex(g, v);
    orr_propose(g->out, round, (uint32_t)round, v->hash, m->len);
    orr_cast(g->out, ORR_NOBODY, orr_msg_ref(m));
    orr_msg_unref(pool, m);
    orr_dag_settle(g, v);
}

static void arm(struct dag_node *g, orr_time at) {
    if (g->round_is_armed && g->round_timer == at) return;
    g->round_is_armed = true;
    g->round_timer = at;
    orr_arm(g->out, DAG_TIMER_ROUND, at);
}

void orr_dag_try_propose(struct dag_node *g) {
    note_ready(g);
    uint64_t next = g->ready_round + 1;
    if (next <= g->round || !orr_dag_has_place(&g->dag, next)) return;
    uint64_t waiting = g->mempool.n_bytes > g->carried_bytes
                           ? g->mempool.n_bytes - g->carried_bytes : 0;
    bool is_worth = !g->ready_round || orr_dag_is_worth_standing_on(g, g->ready_round);
    orr_time at = g->now;
    if (!is_worth) at = g->ready_at + g->config->leader_timeout;
    if (g->round && waiting < g->config->header_size &&
        g->proposed_at + g->config->header_delay > at)
        at = g->proposed_at + g->config->header_delay;
    if (at > g->now) arm(g, at);
    else propose(g, next, is_worth);
}
