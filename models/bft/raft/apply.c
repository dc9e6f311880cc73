/* apply.c - committed entries are decided in order (figure 2, "If commitIndex > lastApplied"), and
 * the log is cut behind them (section 7). */
#include "models/bft/raft/state.h"

static void decide(struct orr_raft *r, uint64_t index) {
    const struct orr_raft_entry *e = orr_raft_log_at(&r->log, index);
    assert(e->author < r->n);
    r->out->busy_ns += r->common->costs->tx_execute_ns * (e->id != 0);
    orr_decide(r->out, .height = index, .value = e->chain,
               .parent = orr_raft_log_chain(&r->log, index - 1), .round = (uint32_t)e->term,
               .proposed_at = e->time, .size_bytes = e->tx ? e->tx->len : 0,
               .proposers = &r->servers->members[e->author], .n_proposers = 1, .txs = &e->id,
               .n_txs = e->id != 0);
    if (e->id) orr_mempool_remove(&r->pending, e->id);
}

void orr_raft_commit_to(struct orr_raft *r, uint64_t index) {
    assert(index <= orr_raft_log_last(&r->log));
    const struct orr_raft_config *c = r->config;
    while (r->commit < index) {
        decide(r, ++r->commit);
        r->changes |= orr_raft_log_at(&r->log, r->commit)->how != ORR_RAFT_NO_CHANGE;
    }
    if (r->commit - r->log.base >= c->snapshot_interval + c->trailing)
        orr_raft_log_compact(&r->log, r->commit - c->trailing, r->out);
}

void orr_raft_adopt(struct orr_raft *r, const struct orr_raft_snapshot *m) {
    assert(m->index > r->commit);
    orr_raft_log_replace(&r->log, m->index, m->index_term, m->chain, m->members, r->out);
    r->commit = m->index;
    orr_adopt(r->out, m->index, m->chain);
    r->changes = true;
}
