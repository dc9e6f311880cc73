/* height.c - what a decision does: the log, the application, the chain, the next height. */
#include "models/bft/tendermint/state.h"

static void output_decided(struct orr_tm *t, const struct body *b, uint32_t round) {
    const struct orr_tm_block *block = b->block;
    struct orr_msg *m = orr_decided_new(
        t->out->pool, &(struct orr_decision){.height = block->header.height,
                                            .round = round,
                                            .value = b->id.hash,
                                            .parent = block->header.last.hash,
                                            .state_root = t->app_hash,
                                            .proposers = &t->set->members[block->header.proposer],
                                            .n_proposers = 1,
                                            .proposed_at = block->header.time,
                                            .size_bytes = b->message->len,
                                            .n_txs = block->app.n_txs});
    uint64_t *txs = ((struct orr_decided *)m->data)->txs;
    for (uint32_t i = 0; i < block->app.n_txs; i++) txs[i] = block->txs[i].id;
    orr_output(t->out, ORR_OUT_DECIDED, m);
}

/* Whose precommits decide it. */
static void output_signers(struct orr_tm *t, const struct body *b, uint32_t round,
                               const struct orr_tally *quorum) {
    orr_peer *signers = orr_name_signers(t->out, "precommit", b->block->header.height, round,
                                         b->id.hash, quorum->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->set->n; i++)
        if (quorum->votes[i]) signers[n++] = t->set->members[i];
    assert(n == quorum->n);
}

/* The evidence in a decided block is spent; the culprits are named. */
static void commit_evidence(struct orr_tm *t, const struct orr_tm_block *block) {
    for (uint32_t i = 0; i < block->n_evidence; i++) {
        struct orr_duplicate_vote e;
        bool is_good = orr_evidence_read(block->evidence + i * ORR_EVIDENCE_BYTES, &e);
        assert(is_good); /* the block is valid */
        orr_evidence_commit(&t->evidence, e.a.validator, e.a.height);
        if (t->is_replaying) continue;
        orr_tm_accuse(t, &e.a, true);
    }
    if (t->height >= t->config->evidence_max_age) /* too old for the next height */
        orr_evidence_forget(&t->evidence, t->height + 1 - t->config->evidence_max_age);
}

/* CometBFT's recheck: what the new state has made void leaves the mempool. */
static void recheck_mempool(struct orr_tm *t) {
    for (uint32_t i = 0; i < t->mempool.n_entries; i++) {
        struct orr_msg *tx = t->mempool.entries[i].tx;
        uint64_t priority;
        if (tx) charge_app_call(t);
        if (tx && t->app->check(t->app_state, tx, true, &priority, &t->out->busy_ns))
            orr_mempool_remove(&t->mempool, t->mempool.entries[i].id);
    }
}

void orr_tm_append(struct orr_tm *t, struct body *b) {
    uint64_t height = b->block->header.height;
    assert(height > t->n_pruned && height <= t->height);
    commit_evidence(t, b->block);
    if (t->chain_cap < height - t->n_pruned) {
        uint64_t cap = t->chain_cap ? 2 * t->chain_cap : 64;
        t->chain = orr_resize(t->common->mem, t->chain, t->chain_cap * sizeof *t->chain,
                              cap * sizeof *t->chain);
        t->chain_cap = cap;
    }
    t->chain[height - 1 - t->n_pruned] = b;
}

/* Executes a block of the present height and appends it to the chain; the body moves there. */
void orr_tm_apply(struct orr_tm *t, struct body *b) {
    const struct orr_tm_block *block = b->block;
    assert(block && block->header.height == t->height);
    charge_app_call(t);
    t->app->execute(t->app_state, &block->app, t->app_hash, &t->out->busy_ns);
    charge_app_call(t);
    t->app->commit(t->app_state);
    orr_tm_append(t, b);
    t->last_id = b->id;
    t->last_time = block->header.time;
    orr_tm_move_voters(t, t->height);
    t->height++;
    uint64_t height = t->height;
    struct body *old = height > KEPT_IN_PARTS ? decided_body(t, height - KEPT_IN_PARTS) : NULL;
    if (old) orr_tm_uncut(t, old);
    orr_tm_retain(t);
}

static void take_out(struct round **list, struct round *r) {
    while (*list != r) { /* r is in the list */
        assert(*list);
        list = &(*list)->next;
    }
    *list = r->next;
}

void orr_tm_leave_height(struct orr_tm *t, struct body *decided) {
    for (struct round *r = t->rounds, *next; r; r = next) {
        next = r->next;
        orr_tm_free_round(t, r);
    }
    for (struct body *b = t->bodies, *next; b; b = next) {
        next = b->next;
        if (b == decided) continue;
        orr_tm_unlog_body(t, b);
        orr_tm_free_body(t, b);
    }
    if (decided) decided->next = NULL;
    t->rounds = t->current = NULL;
    t->bodies = t->locked = t->valid = NULL;
    t->n_bodies = 0;
    t->locked_round = t->valid_round = t->leaned_round = -1; /* line 53 */
    t->entry_written = 0;
    memset(t->high_round, 0, t->set->n * sizeof *t->high_round);
}

/* Lines 51-54. */
void orr_tm_decide(struct orr_tm *t, struct round *r, struct orr_tally *quorum,
                   struct body *b) {
    assert(orr_tm_may_decide(t, b) && quorum->power >= t->voters->quorum_power);
    uint32_t round = r->round;
    orr_tm_free_round(t, t->last_commit);
    take_out(&t->rounds, r);
    r->next = NULL;
    t->last_commit = r;
    t->last_quorum = quorum;
    orr_tm_save_state(t);
    orr_tm_log_body(t, b);
    orr_tm_apply(t, b); /* line 51 and the height of line 52 */
    struct orr_msg *commit = orr_tm_seen_commit(t);
    orr_tm_log_commit(t, commit);
    orr_msg_unref(t->common->pool, commit);
    output_signers(t, b, round, quorum);
    output_decided(t, b, round);
    /* last: until the commit is durable, a restart needs what is locked */
    orr_tm_leave_height(t, b);
    const struct orr_tm_block *block = b->block;
    for (uint32_t i = 0; i < block->app.n_txs; i++)
        orr_mempool_remove(&t->mempool, block->txs[i].id);
    t->passed_height = block->header.height;
    t->passed_room = t->max_block - b->message->len;
    orr_tm_wait_for_height(t);
    if (t->sync.ahead_height > t->height) orr_tm_ask(t, t->sync.ahead_peer);
}

void orr_tm_wait_for_height(struct orr_tm *t) {
    recheck_mempool(t);
    t->round = 0; /* line 54: StartRound(0), when timeout_commit has passed */
    t->step = ORR_TM_STEP_COMMIT;
    t->has_moved = t->is_new_height = true;
    orr_sync_tick(&t->sync);
    t->current = orr_tm_get_round(t, 0);
    orr_tm_output_step(t);
    t->timer_height[ORR_TM_TIMER_COMMIT] = t->height;
    t->timer_round[ORR_TM_TIMER_COMMIT] = 0;
    orr_arm(t->out, ORR_TM_TIMER_COMMIT, t->now + t->config->timeout_commit);
}

void orr_tm_decide_again(struct orr_tm *t) {
    const struct body *b = decided_body(t, t->height - 1);
    if (b) output_decided(t, b, t->last_commit->round);
}

struct orr_msg *orr_tm_seen_commit(struct orr_tm *t) {
    if (!t->last_commit) return NULL;
    const struct orr_vote_set *votes = &t->last_commit->votes[PRECOMMITS];
    uint32_t size = orr_commit_size(t->set->n, votes->seen.n_set);
    struct orr_msg *m = orr_msg_new(t->common->pool, ORR_TM_COMMIT, size);
    m->len = orr_commit_write(votes, t->last_quorum, t->height - 1, t->last_commit->round,
                              t->set->n, m->data);
    return m;
}

struct orr_msg *orr_tm_commit_of(struct orr_tm *t, uint64_t height) {
    if (height + 1 == t->height) return orr_tm_seen_commit(t);
    const struct orr_tm_block *next = decided_body(t, height + 1)->block;
    const struct orr_commit *c = &next->commit;
    const uint8_t *end = c->entries + c->n + c->n_signatures * ORR_SIGN_BYTES;
    return orr_msg_copy(t->common->pool, ORR_TM_COMMIT, end - c->len, c->len);
}
