/* report.c - what a node says of itself and of its messages. */
#include "models/bft/dag/state.h"

void orr_dag_drop(struct dag_node *g) {
    g->n_dropped++;
    orr_reject(g->out);
}

uint32_t orr_dag_leader_of(const struct dag_node *g, uint64_t round, uint64_t index) {
    switch (g->rules.rule) {
    case RULE_TUSK: /* rounds 1, 3, 5, ... begin waves; the coin */
        return round % 2 ? orr_leader_of(ORR_LEADER_HASHED, g->set, round) : ORR_NOBODY;
    case RULE_BULLSHARK: return round % 2 ? (uint32_t)(round / 2 % g->set->n) : ORR_NOBODY;
    default: return (uint32_t)((round + index) % g->set->n);
    }
}

uint64_t orr_dag_digest(const void *node) {
    const struct dag_node *g = node;
    uint64_t position[] = {g->round, g->dag.top, g->dag.floor, g->dag.n, g->dag.n_waiting,
                           g->n_decided, g->mempool.n_txs, g->next_round, g->next_index,
                           orr_dag_power(&g->dag, g->dag.top)};
    uint64_t hash = orr_hash64(0, position, sizeof position);
    return orr_hash64(hash, g->leader.hash, sizeof g->leader.hash);
}

bool orr_dag_leads(const void *node) {
    const struct dag_node *g = node;
    return g->rules.rule != RULE_TUSK && orr_dag_leader_of(g, g->round, 0) == g->me;
}

bool orr_dag_place(const struct orr_msg *m, struct orr_progress *at) {
    bool is_ballot = m->kind == ORR_DAG_VOTE || m->kind == ORR_DAG_CERT;
    if (m->kind != ORR_DAG_VERTEX && !is_ballot) return false;
    if (m->len < 9) return false;
    uint64_t round = orr_load_le64(m->data + is_ballot);
    *at = (struct orr_progress){.height = round, .round = (uint32_t)round};
    return true;
}

/* Each author's vertex of a round is a slot of its own. */
static struct orr_statement of_ballot(const struct orr_ballot *b, orr_peer signer) {
    struct orr_statement said = orr_ballot_statement(b, signer);
    said.height = b->height;
    return said;
}

bool orr_dag_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                       struct orr_statement *said) {
    const struct orr_validator_set *set = common->shared;
    struct orr_qc qc;
    switch (m->kind) {
    case ORR_DAG_VERTEX: return !i && orr_vertex_statement(m, set, said);
    case ORR_DAG_VOTE: {
        if (i || m->len != ORR_BALLOT_VOTE_BYTES) return false;
        uint32_t at = orr_load_le32(m->data + ORR_BALLOT_BYTES);
        struct orr_ballot b = orr_ballot_read(m->data);
        if (at >= set->n || b.kind != m->kind) return false;
        *said = of_ballot(&b, set->members[at]);
        return true;
    }
    case ORR_DAG_CERT:
        if (!orr_qc_read(m->data, m->len, set->n, &qc) || qc.len != m->len ||
            !orr_qc_statement(&qc, i, set, said))
            return false;
        said->height = qc.ballot.height;
        return true;
    default: return false;
    }
}

void orr_dag_stand(const void *node, struct orr_stand *stand) {
    const struct dag_node *g = node;
    *stand = (struct orr_stand){.view = (uint32_t)g->round, .high_view = (uint32_t)g->dag.top,
                                .locked_view = (uint32_t)g->leader.round,
                                .height = (uint16_t)g->n_decided,
                                .phase = g->ready_round >= g->round,
                                .is_locked = g->leader.round > 0};
}
