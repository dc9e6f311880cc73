/* restore.c - the way back from the records that log.c has written. */
#include "models/bft/dag/state.h"

/* A stored message with its form, a reference; NULL: it is no vertex. */
static struct orr_msg *with_form(struct dag_node *g, struct orr_msg *stored) {
    if (orr_vertex_of(stored)) return orr_msg_ref(stored);
    struct orr_msg *m = orr_msg_copy(g->common->pool, ORR_DAG_VERTEX, stored->data, stored->len);
    orr_vertex_decode(m, g->set, g->common->pool, g->common->memo);
    if (orr_vertex_of(m)) return m;
    orr_msg_unref(g->common->pool, m);
    return NULL;
}

static int restore_vertex(struct dag_node *g, struct orr_msg *m, uint32_t entry) {
    const struct orr_vertex_form *form = orr_vertex_of(m);
    if (!orr_dag_has_place(&g->dag, form->round)) return ORR_ECORRUPT;
    struct orr_vertex *v = orr_dag_keep(g, m, ORR_NOBODY);
    v->entry = entry;
    if (form->round > g->voted[form->author]) g->voted[form->author] = form->round;
    if (form->author == g->me && form->round > g->round) g->round = form->round;
    return 0;
}

static int restore_cert(struct dag_node *g, struct orr_msg *m, uint32_t entry) {
    struct orr_qc qc;
    if (!orr_qc_read(m->data, m->len, g->set->n, &qc) || qc.len != m->len ||
        qc.form == ORR_QC_NONE || qc.ballot.height - 1 >= g->set->n ||
        !orr_dag_has_place(&g->dag, qc.ballot.view))
        return ORR_ECORRUPT;
    struct orr_vertex_ref ref = {.round = qc.ballot.view,
                                 .author = (uint32_t)(qc.ballot.height - 1)};
    memcpy(ref.hash, qc.ballot.block, sizeof ref.hash);
    struct orr_vertex *v = orr_dag_find(&g->dag, &ref);
    if (!v || v->cert) return ORR_ECORRUPT; /* it stands behind its vertex */
    v->cert = orr_msg_ref(m);
    v->cert_entry = entry;
    return 0;
}

static int restore_entries(struct dag_node *g) {
    uint32_t first, n = orr_wal_entries(&g->wal, &first);
    for (uint32_t i = first; i < first + n; i++) {
        struct orr_msg *stored = g->wal.records[i].msg, *m = with_form(g, stored);
        int error = m ? restore_vertex(g, m, g->wal.records[i].name)
                      : restore_cert(g, stored, g->wal.records[i].name);
        orr_msg_unref(g->common->pool, m);
        if (error) return error;
    }
    return 0;
}

/* The last decision again: what each leader before it brought is ordered, in their order. */
static int restore_decided(struct dag_node *g) {
    if (!g->n_decided) return 0;
    struct orr_vertex *leader = orr_dag_find(&g->dag, &g->leader);
    if (!leader || !leader->is_in) return ORR_ECORRUPT;
    for (uint32_t i = 0; i < g->n_earlier; i++) {
        struct orr_vertex *v = orr_dag_find(&g->dag, &g->earlier[i]);
        if (!v || !v->is_in) return ORR_ECORRUPT;
        orr_dag_order_again(g, v);
    }
    g->n_decided--;
    g->leader = (struct orr_vertex_ref){.round = 0};
    if (g->n_earlier) g->leader = g->earlier[--g->n_earlier];
    orr_dag_decide(g, leader);
    return 0;
}

static int read_decided(struct dag_node *g) {
    const struct orr_msg *m = orr_wal_slot(&g->wal, DAG_SLOT_DECIDED);
    if (!m) return 0;
    if (m->len < DAG_DECIDED_BYTES || (m->len - DAG_DECIDED_BYTES) % ORR_VERTEX_REF_BYTES)
        return ORR_ECORRUPT;
    g->n_decided = orr_load_le64(m->data);
    g->leader = orr_vertex_ref_at(m->data + 8, 0);
    g->n_earlier = g->earlier_cap = (m->len - DAG_DECIDED_BYTES) / ORR_VERTEX_REF_BYTES;
    g->earlier = orr_alloc(g->common->mem, g->earlier_cap * sizeof *g->earlier);
    for (uint32_t i = 0; i < g->n_earlier; i++) {
        g->earlier[i] = orr_vertex_ref_at(m->data + DAG_DECIDED_BYTES, i);
        if (g->earlier[i].author >= g->set->n || !g->earlier[i].round ||
            g->earlier[i].round > g->leader.round)
            return ORR_ECORRUPT;
    }
    g->next_round = orr_load_le64(m->data + DAG_DECIDED_BYTES - 16);
    g->next_index = orr_load_le64(m->data + DAG_DECIDED_BYTES - 8);
    if (!g->n_decided || !g->leader.round || g->leader.author >= g->set->n ||
        !g->next_round ||
        g->next_index >= ORR_DAG_LEADERS)
        return ORR_ECORRUPT;
    if (g->leader.round > g->config->retain) g->dag.floor = g->leader.round - g->config->retain;
    return 0;
}

int orr_dag_restore(struct dag_node *g) {
    int error = read_decided(g);
    if (!error) error = restore_entries(g);
    if (error) return error;
    for (uint64_t r = g->dag.floor; orr_dag_has_place(&g->dag, r); r++)
        for (uint32_t a = 0; a < g->set->n; a++)
            for (struct orr_vertex *v = orr_dag_slot(&g->dag, r, a); v; v = v->next)
                if (orr_dag_is_grounded(&g->dag, v) && (v->cert || !g->rules.is_certified)) {
                    orr_dag_enter(&g->dag, v);
                    orr_dag_note_certified(g, v);
                }
    g->has_news = true;
    error = restore_decided(g);
    if (error) return error;
    g->carried_from = g->dag.floor;
    for (uint64_t r = g->dag.floor; r <= g->round; r++) {
        struct orr_vertex *v = orr_dag_slot(&g->dag, r, g->me);
        if (!v || v->is_ordered) continue;
        v->is_lost = g->rules.is_certified && !v->cert && r < g->round;
        if (!v->is_lost) g->carried_bytes += orr_dag_carries(v);
    }
    orr_wal_forget(&g->wal);
    return 0;
}
