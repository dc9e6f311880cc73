/* hotstuff.c - birth, and one event after the other. */
#include "models/bft/hotstuff/state.h"

const void *orr_hs_share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    const struct orr_hs_config *config = cfg;
    struct orr_validator_set *set = orr_validator_set_new(cohort, mem);
    if (config->bug == ORR_HS_BUG_QUORUM_2F) orr_validator_set_lower_quorum(set);
    return set;
}

void orr_hs_decode(const struct orr_common *common, struct orr_msg *m) {
    const struct orr_validator_set *set = common->shared;
    switch (m->kind) {
    case ORR_HS_PROPOSAL: orr_proposal_decode(m, set, common->pool, common->memo); break;
    case ORR_HS_VOTE:
    case ORR_HS_PRECOMMIT:
    case ORR_HS_COMMIT: orr_ballot_decode(m, set, common->pool, common->memo); break;
    case ORR_HS_TIMEOUT: orr_timeout_decode(m, set, common->pool, common->memo); break;
    default: break; /* read where they are received: each by one node */
    }
}

static void set_up(struct orr_hs *h) {
    struct orr_mem *mem = h->common->mem;
    struct orr_pool *pool = h->common->pool;
    uint32_t words = orr_bitset_words(h->set->n);
    orr_block_tree_init(&h->tree, mem, pool);
    h->lock = h->tree.head;
    orr_time timeout = h->rules.is_clocked ? h->config->epoch : h->config->timeout;
    orr_time most = h->config->timeout_max > timeout ? h->config->timeout_max : timeout;
    orr_pacemaker_init(&h->pacemaker, h->set, mem, pool, timeout, most,
                       hs_has_bug(h, ORR_HS_BUG_TIMER_NEVER_GROWS) ? ORR_GROWTH_FIXED
                                                                   : h->config->growth);
    h->high_in = orr_qc_genesis(pool);
    bool is_sound = orr_qc_read(h->high_in->data, h->high_in->len, h->set->n, &h->high);
    assert(is_sound);
    orr_tally_store_init(&h->tallies, mem, pool, h->set, ORR_BALLOT_BYTES);
    h->seen = orr_alloc(mem, VIEWS * words * sizeof *h->seen);
    for (uint32_t i = 0; i < VIEWS; i++)
        orr_vote_set_init(&h->votes[i].set, &h->tallies, h->seen + i * words);
    for (uint32_t i = 0; i < 2 && h->rules.is_basic; i++)
        orr_bitset_init(&h->new_views[i].senders,
                        orr_alloc(mem, words * sizeof(uint64_t)), h->set->n);
    h->asked_of = ORR_NOBODY;
    orr_held_init(&h->held, mem, pool);
    orr_mempool_init(&h->mempool, mem, pool, (uint32_t)h->config->mempool_txs, UINT64_MAX);
    orr_set_init(&h->decided_txs.young, mem, 0); /* orr_recent_init takes room for all at once */
    orr_set_init(&h->decided_txs.old, mem, 0);
    h->decided_txs.limit = DECIDED_TXS;
    orr_set_init(&h->pending, mem, 0);
    orr_wal_init(&h->wal, mem, pool);
}

int orr_hs_init(void *node, const struct orr_env *env, const void *cfg,
                const struct orr_hs_rules *rules) {
    struct orr_hs *h = node;
    h->env = env;
    h->common = env->common;
    h->config = cfg;
    h->rules = *rules;
    h->set = env->common->shared;
    if (h->config->phases) h->rules.chain = (uint32_t)h->config->phases;
    if (!orr_validator_set_is_sound(h->set)) return ORR_EINVAL;
    h->me = orr_validator_of(h->set, env->self);
    if (h->me == ORR_NOBODY) return ORR_EINVAL;
    for (uint32_t i = 0; i < h->set->n; i++) /* it would decide without end in no time */
        if (h->set->powers[i] >= h->set->quorum_power) return ORR_EINVAL;
    set_up(h);
    return 0;
}

void orr_hs_fini(void *node) {
    struct orr_hs *h = node;
    struct orr_pool *pool = h->common->pool;
    if (!h->high_in) return; /* init refused */
    for (uint32_t i = 0; i < VIEWS; i++) orr_vote_set_clear(&h->votes[i].set, &h->tallies);
    orr_free(h->common->mem, h->seen,
             VIEWS * orr_bitset_words(h->set->n) * sizeof *h->seen);
    orr_tally_store_fini(&h->tallies);
    orr_msg_unref(pool, h->high_in);
    orr_msg_unref(pool, h->tc);
    orr_msg_unref(pool, h->ended);
    orr_msg_unref(pool, h->waiting);
    for (uint32_t i = 0; i < 2 && h->rules.is_basic; i++)
        orr_free(h->common->mem, h->new_views[i].senders.words,
                 orr_bitset_words(h->set->n) * sizeof(uint64_t));
    orr_msg_unref(pool, h->base);
    orr_msg_unref(pool, h->next_base);
    orr_msg_unref(pool, h->offered);
    orr_free(h->common->mem, h->vouchers.words,
             h->vouchers.words ? orr_bitset_words(h->set->n) * sizeof(uint64_t) : 0);
    if (h->answers.peers) orr_sync_fini(&h->answers);
    orr_held_fini(&h->held);
    orr_mempool_fini(&h->mempool);
    orr_recent_fini(&h->decided_txs);
    orr_set_fini(&h->pending);
    orr_wal_fini(&h->wal);
    orr_pacemaker_fini(&h->pacemaker);
    orr_block_tree_fini(&h->tree);
    h->high_in = NULL;
}

/* ---- events ---- */

static int start(struct orr_hs *h) {
    int error = orr_hs_restore(h);
    if (error) return error;
    orr_enter_view(h->out, h->pacemaker.view, ORR_VIEW_START);
    if (h->rules.is_clocked) orr_hs_see_clock(h);
    else orr_hs_arm_view(h);
    if (h->rules.is_basic) orr_hs_send_new_view(h);
    return 0;
}

/* A client's transaction goes to all, who may lead; a node's stays. */
static void recv_tx(struct orr_hs *h, struct orr_msg *m, bool is_clients) {
    h->out->busy_ns += hs_costs(h)->tx_check_ns;
    if (orr_recent_has(&h->decided_txs, orr_msg_hash(m))) return;
    if (orr_mempool_add(&h->mempool, m, 0, h->tree.head->height) == 0 && is_clients)
        orr_cast(h->out, ORR_NOBODY, orr_msg_ref(m));
}

static void time_is_over(struct orr_hs *h) {
    if (h->rules.is_clocked) {
        orr_hs_see_clock(h);
        orr_hs_vote_for_early(h);
    } else {
        orr_hs_view_timer(h);
    }
}

static void receive_basic(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    switch (m->kind) {
    case ORR_HS_PRECOMMIT:
    case ORR_HS_COMMIT: orr_hs_recv_vote(h, m); break;
    case ORR_HS_NEW_VIEW: orr_hs_recv_new_view(h, m, from); break;
    case ORR_HS_QC: orr_hs_recv_qc(h, m, from); break;
    default: orr_hs_drop(h);
    }
}

static void receive(struct orr_hs *h, struct orr_msg *m, orr_peer from) {
    if (h->rules.is_clocked && (m->kind == ORR_HS_TIMEOUT || m->kind == ORR_HS_PROOF)) {
        orr_hs_drop(h); /* epochs end by the clock */
        return;
    }
    switch (m->kind) {
    case ORR_HS_TX: recv_tx(h, m, false); break;
    case ORR_HS_PROPOSAL: orr_hs_recv_proposal(h, m, from); break;
    case ORR_HS_VOTE: orr_hs_recv_vote(h, m); break;
    case ORR_HS_TIMEOUT: orr_hs_recv_timeout(h, m, from); break;
    case ORR_HS_PROOF: orr_hs_recv_proof(h, m, from); break;
    case ORR_HS_ASK: orr_hs_recv_ask(h, m, from); break;
    case ORR_HS_SNAPSHOT: orr_hs_recv_snapshot(h, m, from); break;
    case ORR_HS_VOUCH: orr_hs_recv_vouch(h, m, from); break;
    default:
        if (h->rules.is_basic) receive_basic(h, m, from);
        else orr_hs_drop(h);
    }
}

int orr_hs_step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct orr_hs *h = node;
    int error = 0;
    h->out = out;
    h->now = event->now;
    h->wall = event->wall;
    switch (event->kind) {
    case ORR_STORED: return orr_wal_stored(&h->wal, event);
    case ORR_START: error = start(h); break;
    case ORR_RECV:
        if (event->msg) receive(h, event->msg, event->peer);
        else orr_hs_drop(h);
        break;
    case ORR_TIMER:
        if (event->key == TIMER_VIEW) time_is_over(h);
        else orr_hs_wait_timer(h);
        break;
    case ORR_INPUT:
        if (event->key == ORR_IN_TX && event->msg) recv_tx(h, event->msg, true);
        break;
    default: break;
    }
    if (!error && h->rules.is_basic) orr_hs_go_on(h);
    else if (!error) orr_hs_try_propose(h);
    h->has_forgotten = false;
    return error;
}
