/* report.c - what a node says of itself and of its messages. */
#include "models/bft/hotstuff/state.h"

void orr_hs_drop(struct orr_hs *h) {
    h->n_dropped++;
    orr_reject(h->out);
}

uint64_t orr_hs_digest(const void *node) {
    const struct orr_hs *h = node;
    uint64_t position[] = {h->pacemaker.view, h->pacemaker.given_up, h->voted, h->proposed,
                           h->lock->view, h->high.ballot.view, h->tree.head->height,
                           h->tree.n_open, h->mempool.n_txs, h->held.n, h->phase_voted,
                           h->announced, h->floor.lock, h->floor.view};
    uint64_t hash = orr_hash64(0, position, sizeof position);
    hash = orr_hash64(hash, h->tree.head->hash, 32);
    hash = orr_hash64(hash, h->lock->hash, 32);
    return orr_hash64(hash, h->high.ballot.block, 32);
}

bool orr_hs_leads(const void *node) {
    const struct orr_hs *h = node;
    return leads_view(h, h->pacemaker.view);
}

bool orr_hs_place(const struct orr_msg *m, struct orr_progress *at) {
    *at = (struct orr_progress){.step = ORR_HS_STEP_ENTERED};
    switch (m->kind) {
    case ORR_HS_PROPOSAL:
        if (m->len < 16) return false;
        at->round = (uint32_t)orr_load_le64(m->data);
        at->height = orr_load_le64(m->data + 8);
        return true;
    case ORR_HS_VOTE:
    case ORR_HS_PRECOMMIT:
    case ORR_HS_COMMIT:
    case ORR_HS_QC: /* begins with a ballot, as they do */
        if (m->len < 17) return false;
        at->round = (uint32_t)orr_load_le64(m->data + 1);
        at->height = orr_load_le64(m->data + 9);
        at->step = m->kind == ORR_HS_PRECOMMIT ? ORR_HS_STEP_PRECOMMITTED
                   : m->kind == ORR_HS_COMMIT  ? ORR_HS_STEP_COMMITTED
                                               : ORR_HS_STEP_VOTED;
        return true;
    default: return false;
    }
}

bool orr_hs_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                      struct orr_statement *said) {
    const struct orr_validator_set *set = common->shared;
    struct orr_qc qc;
    struct orr_ballot b;
    uint32_t at;
    switch (m->kind) {
    case ORR_HS_PROPOSAL: return orr_proposal_statement(m, i, set, ORR_HS_TIMEOUT, said);
    case ORR_HS_QC:
        return orr_qc_read(m->data, m->len, set->n, &qc) && qc.len == m->len &&
               orr_qc_statement(&qc, i, set, said);
    case ORR_HS_NEW_VIEW:
        return m->len >= 8 && orr_qc_read(m->data + 8, m->len - 8, set->n, &qc) &&
               qc.len == m->len - 8 && orr_qc_statement(&qc, i, set, said);
    case ORR_HS_VOTE:
    case ORR_HS_PRECOMMIT:
    case ORR_HS_COMMIT:
        if (i || m->len != ORR_BALLOT_VOTE_BYTES) return false;
        at = orr_load_le32(m->data + ORR_BALLOT_BYTES);
        b = orr_ballot_read(m->data);
        if (at >= set->n || b.kind != m->kind) return false;
        *said = orr_ballot_statement(&b, set->members[at]);
        return true;
    case ORR_HS_TIMEOUT:
        if (m->len < ORR_TIMEOUT_HEAD_BYTES || orr_load_le32(m->data + 8) >= set->n ||
            !orr_qc_read(m->data + ORR_TIMEOUT_HEAD_BYTES, m->len - ORR_TIMEOUT_HEAD_BYTES,
                         set->n, &qc))
            return false;
        if (i) return orr_qc_statement(&qc, i - 1, set, said);
        *said = (struct orr_statement){.signer = set->members[orr_load_le32(m->data + 8)],
                                       .kind = ORR_HS_TIMEOUT, .view = orr_load_le64(m->data),
                                       .justify_view = qc.ballot.view};
        return true;
    default: return false;
    }
}

static uint8_t phase_of(const struct orr_hs *h) {
    uint64_t view = h->pacemaker.view;
    if (h->pacemaker.given_up >= view) return ORR_HS_STEP_GIVEN_UP;
    if (h->phase_voted >= votes_key(h, view, ORR_HS_PRECOMMIT) && h->rules.is_basic)
        return h->phase_voted == votes_key(h, view, ORR_HS_COMMIT) ? ORR_HS_STEP_COMMITTED
                                                                   : ORR_HS_STEP_PRECOMMITTED;
    return h->voted >= view ? ORR_HS_STEP_VOTED : ORR_HS_STEP_ENTERED;
}

void orr_hs_stand(const void *node, struct orr_stand *stand) {
    const struct orr_hs *h = node;
    uint64_t view = h->pacemaker.view;
    *stand = (struct orr_stand){
        .view = (uint32_t)view, .locked_view = (uint32_t)h->lock->view,
        .high_view = (uint32_t)h->high.ballot.view, .height = (uint16_t)h->tree.head->height,
        .phase = phase_of(h),
        .is_locked = h->lock->view > 0};
}
