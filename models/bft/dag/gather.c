/* gather.c - vertices, votes and certificates, until all that belongs to a vertex is there. */
#include "models/bft/dag/state.h"

/* ---- votes: arXiv 2105.11827, section 3.1 ---- */

/* A quorum of votes for this node's own vertex: its certificate. */
static void certify(struct dag_node *g, struct orr_vertex *own) {
    own->cert = orr_qc_new(g->votes.quorum, g->config->qc ? ORR_QC_AGGREGATE : ORR_QC_LIST, g->set,
                           g->common->pool);
    orr_dag_store_cert(g, own);
    orr_cast(g->out, ORR_NOBODY,
             orr_msg_copy(g->common->pool, ORR_DAG_CERT, own->cert->data, own->cert->len));
    orr_dag_settle(g, own);
}

static void count_vote(struct dag_node *g, struct orr_msg *m) {
    const struct orr_ballot_vote *v = orr_ballot_vote_of(m);
    struct orr_vertex_ref ref = {.round = v->ballot.view, .author = g->me};
    memcpy(ref.hash, v->ballot.block, sizeof ref.hash);
    struct orr_vertex *own = orr_dag_find(&g->dag, &ref);
    struct orr_tally *tally;
    struct orr_msg *other;
    if (!own || own->cert) return;
    orr_vote_set_add(&g->votes, &g->tallies, v->voter, m->data, m, &tally, &other);
    if (g->votes.quorum && g->votes.quorum == tally) certify(g, own);
}

static void send_vote(struct dag_node *g, const struct orr_vertex *v) {
    struct orr_ballot b = {.kind = ORR_DAG_VOTE, .view = v->round, .height = v->author + 1,
                           .justify_view = v->round - 1};
    memcpy(b.block, v->hash, sizeof b.block);
    g->out->busy_ns += dag_costs(g)->sign_ns;
    struct orr_msg *m = orr_ballot_sign(&b, g->me, g->set, g->common->pool, g->common->memo);
    if (v->author != g->me) {
        orr_send(g->out, g->set->members[v->author], m);
        return;
    }
    count_vote(g, m);
    orr_msg_unref(g->common->pool, m);
}

void orr_dag_recv_vote(struct dag_node *g, struct orr_msg *m) {
    const struct orr_ballot_vote *v = orr_ballot_vote_of(m);
    if (v && (v->ballot.view != g->round || v->ballot.height != g->me + 1))
        return; /* late, or for somebody else: its signature is not looked at */
    if (v) g->out->busy_ns += dag_costs(g)->verify_ns;
    if (!v || !orr_ballot_verify(v, g->set, g->common->memo)) {
        orr_dag_drop(g);
        return;
    }
    count_vote(g, m);
}

/* ---- into the graph ---- */

void orr_dag_settle(struct dag_node *g, struct orr_vertex *v) {
    if (v->is_in) return;
    if (!v->msg || !orr_dag_is_grounded(&g->dag, v)) {
        orr_dag_wait(&g->dag, v);
        return;
    }
    if (g->rules.is_certified && v->round > g->voted[v->author]) {
        g->voted[v->author] = v->round;
        orr_dag_store_vertex(g, v);
        send_vote(g, v);
        if (v->is_in) return; /* its own, with the vote that made a quorum */
    }
    if (g->rules.is_certified && !v->cert) return;
    orr_dag_store_vertex(g, v);
    if (v->cert) orr_dag_store_cert(g, v);
    orr_dag_enter(&g->dag, v);
    g->has_news = true;
    orr_dag_note_certified(g, v);
}

void orr_dag_settle_waiting(struct dag_node *g) {
    bool has_entered;
    do { /* ends: each turn puts a vertex into the graph */
        has_entered = false;
        for (uint32_t i = 0; i < g->dag.n_waiting; i++) {
            struct orr_vertex *v = g->dag.waiting[i];
            if (v->is_in) continue;
            orr_dag_settle(g, v);
            has_entered |= v->is_in;
        }
    } while (has_entered);
    orr_dag_sweep(&g->dag);
}

/* ---- vertices and certificates of others ---- */

/* Has its round a place?  A peer that is far ahead is asked for what is between. */
static bool has_place(struct dag_node *g, uint64_t round, orr_peer from) {
    if (round < g->dag.floor) return false;
    if (round <= g->dag.top + DAG_AHEAD_ROUNDS && orr_dag_has_place(&g->dag, round)) return true;
    g->ahead = from;
    return false;
}

struct orr_vertex *orr_dag_keep(struct dag_node *g, struct orr_msg *m, orr_peer from) {
    const struct orr_vertex_form *form = orr_vertex_of(m);
    struct orr_vertex_ref ref = {.round = form->round, .author = form->author};
    memcpy(ref.hash, form->hash, sizeof ref.hash);
    struct orr_vertex *v = orr_dag_find(&g->dag, &ref);
    if (!v) v = orr_dag_add(&g->dag, &ref);
    if (!v->msg) {
        v->msg = orr_msg_ref(m);
        v->form = form;
    }
    v->from = from;
    v->since = g->now;
    return v;
}

/* Two vertices of an author in a round: the proof is told, and a third one is not kept, lest a liar
 * fill the graph. */
static bool is_one_too_many(struct dag_node *g, const struct orr_vertex_form *form) {
    uint32_t n = 0;
    for (const struct orr_vertex *v = orr_dag_slot(&g->dag, form->round, form->author); v;
         v = v->next)
        n += v->msg != NULL;
    if (n == 1)
        orr_accuse(g->out, (struct orr_evidence){.culprit = g->set->members[form->author],
                                                 .round = (uint32_t)form->round,
                                                 .height = form->round,
                                                 .type = ORR_MSG_TYPE(0, ORR_DAG_VERTEX)});
    return n >= 2;
}

void orr_dag_recv_vertex(struct dag_node *g, struct orr_msg *m, orr_peer from) {
    const struct orr_vertex_form *form = orr_vertex_of(m);
    if (form && !has_place(g, form->round, from)) return;
    if (form) g->out->busy_ns += orr_vertex_cost_ns(m, dag_costs(g));
    bool is_deep = form && form->n_refs &&
                   orr_vertex_ref_at(form->refs, form->n_refs - 1).round + 1 != form->round;
    if (!form || (is_deep && g->rules.is_certified) ||
        !orr_vertex_verify(form, g->set, g->common->memo)) {
        orr_dag_drop(g);
        return;
    }
    struct orr_vertex_ref ref = {.round = form->round, .author = form->author};
    memcpy(ref.hash, form->hash, sizeof ref.hash);
    struct orr_vertex *v = orr_dag_find(&g->dag, &ref);
    if (v && v->msg) { /* again: its author lacks this vote */
        if (g->rules.is_certified && !v->cert && v->entry && v->author != g->me) send_vote(g, v);
        return;
    }
    if (!v && is_one_too_many(g, form)) return;
    orr_dag_settle(g, orr_dag_keep(g, m, from));
}

void orr_dag_recv_cert(struct dag_node *g, struct orr_msg *m, orr_peer from) {
    struct orr_qc qc;
    bool is_sound = g->rules.is_certified && orr_qc_read(m->data, m->len, g->set->n, &qc) &&
                    qc.len == m->len && qc.form != ORR_QC_NONE &&
                    qc.ballot.kind == ORR_DAG_VOTE && qc.ballot.height - 1 < g->set->n;
    if (is_sound && !has_place(g, qc.ballot.view, from)) return;
    struct orr_vertex_ref ref = {0};
    struct orr_vertex *v = NULL;
    if (is_sound) {
        ref.round = qc.ballot.view;
        ref.author = (uint32_t)(qc.ballot.height - 1);
        memcpy(ref.hash, qc.ballot.block, sizeof ref.hash);
        v = orr_dag_find(&g->dag, &ref);
        if (v && v->cert) return;
        g->out->busy_ns += orr_qc_cost_ns(&qc, dag_costs(g));
    }
    if (!is_sound || !orr_qc_verify(&qc, g->set, g->common->memo)) {
        orr_dag_drop(g);
        return;
    }
    if (!v) v = orr_dag_add(&g->dag, &ref);
    v->cert = orr_msg_ref(m);
    v->from = from;
    v->since = g->now;
    orr_dag_settle(g, v);
}
