/* sync.c - catching up: what is missing, by name or by rounds; and what was lost, sent again. */
#include "models/bft/dag/state.h"

/* ASK: lowest round u64 | n u32 | refs.  The answer is the vertices of these refs with their
 * certificates; without refs, all of the graph from that round on, DAG_ANSWER_ROUNDS of them. */
enum { ASK_HEAD_BYTES = 8 + 4 };

/* ---- asking ---- */

struct wants {
    struct orr_vertex_ref refs[DAG_ASK_REFS];
    uint32_t n;
};

static void want(struct wants *w, const struct orr_vertex_ref *ref) {
    for (uint32_t i = 0; i < w->n; i++)
        if (!orr_vertex_ref_order(&w->refs[i], ref)) return;
    if (w->n < DAG_ASK_REFS) w->refs[w->n++] = *ref;
}

/* What a vertex that has waited for some time lacks. */
static void want_for(struct dag_node *g, const struct orr_vertex *v, struct wants *w) {
    if (!v->msg) {
        struct orr_vertex_ref self = orr_vertex_ref_of(v);
        want(w, &self);
        return;
    }
    for (uint32_t i = 0; i < v->form->n_refs; i++) {
        struct orr_vertex_ref ref = orr_vertex_ref_at(v->form->refs, i);
        if (!orr_dag_has_place(&g->dag, ref.round)) continue;
        const struct orr_vertex *on = orr_dag_find(&g->dag, &ref);
        if (!on || (!on->is_in && !on->is_waiting)) want(w, &ref);
    }
}

static void ask(struct dag_node *g, orr_peer peer, const struct wants *w) {
    struct orr_msg *m = orr_msg_new(g->common->pool, ORR_DAG_ASK,
                                    ASK_HEAD_BYTES + w->n * ORR_VERTEX_REF_BYTES);
    orr_store_le64(m->data, g->dag.top > g->dag.floor ? g->dag.top : g->dag.floor);
    orr_store_le32(m->data + 8, w->n);
    for (uint32_t i = 0; i < w->n; i++)
        orr_vertex_ref_write(&w->refs[i],
                             m->data + ASK_HEAD_BYTES + i * ORR_VERTEX_REF_BYTES);
    orr_send(g->out, peer, m);
}

/* Whoever sent what waits, and every other time another one in turn. */
static orr_peer whom_to_ask(struct dag_node *g, orr_peer sender) {
    uint32_t i = g->n_asks++;
    orr_peer peer = i % 2 || sender == ORR_NOBODY || sender == g->env->self
                        ? g->set->members[i / 2 % g->set->n] : sender;
    return peer != g->env->self ? peer : g->set->members[(g->me + 1) % g->set->n];
}

static void ask_for_missing(struct dag_node *g) {
    struct wants w = {.n = 0};
    const struct orr_vertex *oldest = NULL;
    bool is_far = g->ahead != ORR_NOBODY;
    for (uint32_t i = 0; i < g->dag.n_waiting; i++) {
        const struct orr_vertex *v = g->dag.waiting[i];
        if (g->now - v->since < g->config->retry / 2) continue;
        is_far |= v->round > g->dag.top + DAG_FAR_ROUNDS;
        if (!oldest) oldest = v;
        want_for(g, v, &w);
    }
    if (is_far) w.n = 0;
    else if (!w.n) return;
    ask(g, whom_to_ask(g, is_far && g->ahead != ORR_NOBODY ? g->ahead : oldest->from), &w);
    g->ahead = ORR_NOBODY;
}

static void say_again(struct dag_node *g) {
    const struct orr_vertex *own = orr_dag_slot(&g->dag, g->round, g->me);
    if (!own || !own->msg) return;
    if (own->cert)
        orr_cast(g->out, ORR_NOBODY, orr_msg_copy(g->common->pool, ORR_DAG_CERT, own->cert->data,
                                                  own->cert->len));
    else orr_cast(g->out, ORR_NOBODY, orr_msg_ref(own->msg));
}

void orr_dag_retry_timer(struct dag_node *g) {
    orr_arm(g->out, DAG_TIMER_RETRY, g->now + g->config->retry);
    ask_for_missing(g);
    if (g->retry_round == g->round) say_again(g);
    g->retry_round = g->round;
}

/* ---- answering ---- */

/* What one peer can make this node send is bounded: a burst, and then as much as a line carries. */
static bool may_send(struct dag_node *g, orr_peer peer, uint64_t size_bytes) {
    uint32_t rank = orr_validator_of(g->set, peer);
    if (rank == ORR_NOBODY) return false;
    if (!g->answers.peers)
        orr_sync_init(&g->answers, g->common->mem, g->set->n, DAG_ANSWER_ROUNDS, g->config->retry);
    uint64_t burst = size_bytes > DAG_ANSWER_BURST_BYTES ? size_bytes : DAG_ANSWER_BURST_BYTES;
    return orr_sync_may_send(&g->answers, rank, size_bytes, burst, g->now);
}

static bool answer(struct dag_node *g, const struct orr_vertex *v, orr_peer to) {
    if (!may_send(g, to, v->msg->len + (v->cert ? v->cert->len : 0))) return false;
    orr_send(g->out, to, orr_msg_ref(v->msg));
    if (v->cert)
        orr_send(g->out, to, orr_msg_copy(g->common->pool, ORR_DAG_CERT, v->cert->data,
                                          v->cert->len));
    return true;
}

static void answer_rounds(struct dag_node *g, uint64_t low, orr_peer to) {
    for (uint64_t r = low; r <= g->dag.top && r - low < DAG_ANSWER_ROUNDS; r++)
        for (uint32_t a = 0; a < g->set->n; a++)
            for (const struct orr_vertex *v = orr_dag_slot(&g->dag, r, a); v; v = v->next)
                if (v->is_in && !answer(g, v, to)) return;
}

void orr_dag_recv_ask(struct dag_node *g, const struct orr_msg *m, orr_peer from) {
    uint32_t n = m->len >= ASK_HEAD_BYTES ? orr_load_le32(m->data + 8) : DAG_ASK_REFS + 1;
    if (n > DAG_ASK_REFS || m->len != ASK_HEAD_BYTES + n * ORR_VERTEX_REF_BYTES) {
        orr_dag_drop(g);
        return;
    }
    if (!n) {
        answer_rounds(g, orr_load_le64(m->data), from);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct orr_vertex_ref ref = orr_vertex_ref_at(m->data + ASK_HEAD_BYTES, i);
        const struct orr_vertex *v =
            ref.author < g->set->n ? orr_dag_find(&g->dag, &ref) : NULL;
        if (v && v->msg && !answer(g, v, from)) return;
    }
}
