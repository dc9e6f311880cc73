/* txs.c - what clients submit: kept here till it is committed, and brought before the leader. */
#include "models/bft/raft/state.h"

/* A leader: once each, as far back as its log reaches (section 8). */
static void take(struct orr_raft *r, struct orr_msg *tx) {
    r->out->busy_ns += r->common->costs->tx_check_ns;
    if (r->heir != ORR_NOBODY) return; /* its server will bring it again */
    if (orr_raft_log_has_tx(&r->log, orr_msg_hash(tx))) return;
    enum orr_raft_how how = r->config->joint ? ORR_RAFT_ENTER_AUTO : ORR_RAFT_SIMPLE;
    bool is_in = tx->kind == ORR_RAFT_CHANGE /* not now: its server will bring it again */
                     ? orr_raft_change(r, how, tx) : orr_raft_append(r, tx);
    if (is_in) orr_raft_offer(r);
}

static void bring(struct orr_raft *r, struct orr_msg *tx) {
    if (r->role == ORR_RAFT_LEADER) take(r, tx);
    else if (r->leader != ORR_NOBODY) orr_raft_send(r, r->leader, orr_msg_ref(tx));
}

static void arm_retry(struct orr_raft *r) {
    if (r->is_retrying || !r->pending.n_txs) return;
    r->is_retrying = true;
    orr_arm(r->out, ORR_RAFT_TIMER_RETRY, r->now + r->config->retry);
}

static bool is_sound(const struct orr_raft *r, const struct orr_msg *tx) {
    struct orr_raft_change steps[ORR_RAFT_MAX_STEPS];
    if (tx->kind == ORR_RAFT_CHANGE)
        return orr_raft_change_read(tx->data, tx->len, r->n, steps) > 0;
    return tx->kind == ORR_RAFT_TX && tx->len > 0;
}

void orr_raft_submit(struct orr_raft *r, struct orr_msg *tx) {
    if (!is_sound(r, tx)) {
        orr_raft_drop(r);
    } else if (!orr_mempool_add(&r->pending, tx, 0, r->n_retries)) {
        bring(r, tx);
        arm_retry(r);
    }
}

void orr_raft_recv_tx(struct orr_raft *r, struct orr_msg *tx) {
    if (!is_sound(r, tx)) orr_raft_drop(r);
    else if (r->role == ORR_RAFT_LEADER) take(r, tx); /* else its server will bring it again */
}

/* Entries may be gone from the pool when what was decided took them out; new ones come behind. */
void orr_raft_pass_on(struct orr_raft *r) {
    for (uint32_t i = 0; i < r->pending.n_entries; i++)
        if (r->pending.entries[i].tx) bring(r, r->pending.entries[i].tx);
}

void orr_raft_retry(struct orr_raft *r) {
    r->is_retrying = false;
    for (uint32_t i = 0; i < r->pending.n_entries; i++) {
        const struct orr_mempool_entry *e = &r->pending.entries[i];
        if (e->tx && e->height < r->n_retries) bring(r, e->tx);
    }
    r->n_retries++;
    arm_retry(r);
}
