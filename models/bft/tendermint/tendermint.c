#include "models/bft/tendermint/tendermint.h"

#include "models/bft/tendermint/state.h"

static uint64_t max_block(const struct orr_tm_config *c) {
    uint64_t in_parts = c->part_size * ORR_MAX_PARTS;
    return c->max_block_size < in_parts ? c->max_block_size : in_parts;
}

const char *orr_tm_refuses(const struct orr_tm_config *config, uint32_t n) {
    if (max_block(config) >= orr_tm_block_least_max(n)) return NULL;
    return "max_block_size has no room for the commits of so many validators: 650 + 65 n bytes, in "
           "at most 1,024 parts";
}

struct orr_tm *orr_tm_new(const struct orr_env *env,
                                          const struct orr_tm_config *config,
                                          const struct orr_validator_set *set,
                                          const struct orr_app *app, void *app_state) {
    orr_peer key_of = config->key_of == ORR_NOBODY ? env->self : (orr_peer)config->key_of;
    if (!orr_validator_set_is_sound(set) || orr_validator_of(set, env->self) == ORR_NOBODY ||
        orr_validator_of(set, key_of) == ORR_NOBODY || orr_tm_refuses(config, set->n))
        return NULL;
    struct orr_mem *mem = env->common->mem;
    struct orr_tm *t = orr_alloc_zero(mem, sizeof *t);
    t->env = env;
    t->common = env->common;
    t->config = config;
    t->set = set;
    t->app = app;
    t->app_state = app_state;
    t->me = orr_validator_of(set, key_of);
    t->last_voters = t->voters = t->next_voters = set;
    t->max_block = max_block(config);
    t->height = 1;
    t->locked_round = t->valid_round = t->leaned_round = -1;
    t->high_round = orr_alloc_zero(mem, set->n * sizeof *t->high_round);
    t->priorities = orr_alloc_zero(mem, set->n * sizeof *t->priorities);
    t->turn_priorities = orr_alloc_zero(mem, set->n * sizeof *t->turn_priorities);
    t->offered = ORR_NOBODY;
    orr_sync_init(&t->sync, mem, set->n, SYNC_WINDOW, config->gossip_interval);
    orr_fetch_init(&t->fetch, mem, env->common->pool, set->n);
    t->last_time = -1;
    app->root(app_state, t->app_hash);
    orr_held_init(&t->held, mem, env->common->pool);
    orr_wal_init(&t->wal, mem, env->common->pool);
    orr_mempool_init(&t->mempool, mem, env->common->pool, (uint32_t)config->mempool_txs,
                     config->mempool_size);
    orr_evidence_pool_init(&t->evidence, mem, env->common->pool);
    orr_tally_store_init(&t->tallies, mem, env->common->pool, set, sizeof(struct orr_block_id));
    orr_tm_peers_init(t);
    if (config->dissemination == ORR_TM_FLOOD) {
        /* some heights' votes, parts and transactions a generation */
        uint64_t limit = 512;
        while (limit < 8 * (uint64_t)set->n) limit *= 2;
        orr_recent_init(&t->relayed, mem, limit);
    }
    return t;
}

void orr_tm_free(struct orr_tm *t) {
    struct orr_mem *mem = t->common->mem;
    uint32_t n = t->set->n;
    orr_tm_free_round(t, t->last_commit);
    for (struct round *r = t->rounds, *next; r; r = next) {
        next = r->next;
        orr_tm_free_round(t, r);
    }
    for (struct round *r = t->free_rounds, *next; r; r = next) {
        next = r->next;
        orr_free(mem, r, sizeof *r + 2 * orr_bitset_words(n) * sizeof(uint64_t));
    }
    for (struct body *b = t->bodies, *next; b; b = next) {
        next = b->next;
        orr_tm_free_body(t, b);
    }
    for (uint64_t h = t->n_pruned + 1; h < t->height; h++) orr_tm_free_body(t, decided_body(t, h));
    orr_msg_unref(t->common->pool, t->base);
    orr_msg_unref(t->common->pool, t->next_base);
    orr_free(mem, t->chain, t->chain_cap * sizeof *t->chain);
    orr_held_fini(&t->held);
    orr_sync_fini(&t->sync);
    orr_fetch_fini(&t->fetch);
    orr_wal_fini(&t->wal);
    orr_mempool_fini(&t->mempool);
    orr_evidence_pool_fini(&t->evidence);
    orr_tally_store_fini(&t->tallies);
    if (t->config->dissemination == ORR_TM_FLOOD) orr_recent_fini(&t->relayed);
    orr_tm_peers_fini(t);
    orr_tm_forget_voters(t);
    orr_free(mem, t->high_round, n * sizeof *t->high_round);
    orr_free(mem, t->priorities, n * sizeof *t->priorities);
    orr_free(mem, t->turn_priorities, n * sizeof *t->turn_priorities);
    orr_free(mem, t, sizeof *t);
}

/* By kind; true: authentic and new, to be relayed. */
static bool recv_kind(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    switch (m->kind) {
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT: return orr_tm_recv_vote(t, m, from);
    case ORR_TM_TX: return orr_tm_recv_tx(t, m, from);
    case ORR_TM_PROPOSAL: return orr_tm_recv_proposal(t, m, from);
    case ORR_TM_PART: return orr_tm_recv_part(t, m, from);
    case ORR_TM_COMMIT: return orr_tm_recv_commit(t, m, from);
    case ORR_TM_EVIDENCE: return orr_tm_recv_evidence(t, m, from);
    case ORR_TM_STATUS: return orr_tm_recv_status(t, m, from);
    case ORR_TM_HAVE: return orr_tm_recv_have(t, m, from);
    case ORR_TM_WANT: return orr_tm_recv_want(t, m, from);
    case ORR_TM_HAS: return orr_tm_recv_has(t, m, from);
    case ORR_TM_FETCH: return orr_tm_recv_fetch(t, m, from);
    case ORR_TM_SNAPSHOT: return orr_tm_recv_snapshot(t, m, from);
    case ORR_TM_RECALL: return orr_tm_recv_recall(t, m, from);
    case ORR_TM_SIGNATURE: return orr_tm_recv_signature(t, m, from);
    case ORR_TM_STEP:
    case ORR_TM_HAS_VOTE:
    case ORR_TM_VALID:
    case ORR_TM_POL:
    case ORR_TM_MAJ23:
    case ORR_TM_BITS: return orr_tm_recv_gossip(t, m, from);
    case ORR_TM_TELL:
    case ORR_TM_SIGN: return false; /* for a signer */
    default: orr_tm_drop(t); return false;
    }
}

/* Is it for everyone?  The other kinds are between two. */
static bool is_broadcast(uint16_t kind) {
    return kind != ORR_TM_COMMIT && kind != ORR_TM_STATUS && kind != ORR_TM_HAVE &&
           kind != ORR_TM_WANT && kind != ORR_TM_HAS && kind != ORR_TM_FETCH &&
           kind != ORR_TM_SNAPSHOT && kind != ORR_TM_RECALL && kind != ORR_TM_SIGNATURE;
}

static void recv(struct orr_tm *t, const struct orr_event *e) {
    if (!e->msg) {
        orr_tm_drop(t);
        return;
    }
    orr_tm_peer_sent(t, e->msg, e->peer);
    /* Again and again, if need be: what came too early for us may be an answer to us now. */
    if (recv_kind(t, e->msg, e->peer) && is_broadcast(e->msg->kind))
        orr_tm_relay(t, e->msg, e->peer);
}

/* Receives again what has become current; what is to come still is held again. */
static void release_held(struct orr_tm *t) {
    struct orr_held_list list = orr_held_take(&t->held);
    for (uint32_t i = 0; i < list.n; i++) {
        struct orr_held_msg *h = &list.v[i];
        uint64_t height = orr_tm_height_of(t, h->msg);
        if (height == t->height && recv_kind(t, h->msg, h->from)) orr_tm_relay(t, h->msg, h->from);
        else if (height > t->height) orr_tm_hold(t, h->msg, h->from);
    }
    orr_held_give_back(&t->held, list);
}

static int start(struct orr_tm *t) {
    bool is_restart = t->wal.n_records > 0;
    int error = orr_tm_restore(t);
    if (error) return error;
    orr_tm_peers_begin(t);
    orr_arm(t->out, ORR_TM_TIMER_GOSSIP, t->now + t->config->gossip_interval);
    if (is_restart) orr_tm_decide_again(t);
    if (t->current) { /* in the middle of a round: go on from what was promised */
        orr_tm_resume_round(t);
    } else if (is_restart) { /* others may be ahead: look before proposing */
        t->current = orr_tm_get_round(t, 0);
        t->timer_height[ORR_TM_TIMER_COMMIT] = t->height;
        orr_arm(t->out, ORR_TM_TIMER_COMMIT, t->now + t->config->timeout_commit);
    } else {
        orr_tm_start_round(t, 0); /* line 10 */
    }
    if (is_restart) orr_tm_ask_anyone(t);
    return 0;
}

static void gossip_tick(struct orr_tm *t) {
    bool is_waiting = t->step == ORR_TM_STEP_COMMIT && t->sync.ahead_height <= t->height;
    if (t->has_moved || is_waiting) t->gossip.moved_at = t->now;
    orr_sync_tick(&t->sync);
    /* past round 0 something was lost or is late, and rounds may turn for ever without it */
    if (!is_waiting && (!t->has_moved || t->round > 0)) orr_tm_ask_anyone(t);
    t->has_moved = false;
    orr_tm_fetch_tick(t);
    orr_tm_offer_txs(t);
    orr_tm_ask_signatures_again(t);
    orr_arm(t->out, ORR_TM_TIMER_GOSSIP, t->now + t->config->gossip_interval);
}

static void charge_encoding(struct orr_tm *t, const struct orr_msg *m) {
    uint64_t bytes = orr_msg_size(m);
    charge(t, (int64_t)(bytes * (uint64_t)costs(t)->encode_kib_ns / 1024));
}

/* What a step sends is encoded once, and handed over once for each receiver. */
static void charge_sends(struct orr_tm *t, uint32_t from) {
    if (!costs(t)->send_ns && !costs(t)->encode_kib_ns) return;
    for (uint32_t i = from; i < t->out->n; i++) {
        const struct orr_effect *e = &t->out->v[i];
        if (e->kind != ORR_SEND && e->kind != ORR_CAST) continue;
        uint32_t n = e->kind == ORR_SEND ? 1 : t->out->links->n - (e->peer != ORR_NOBODY);
        charge_encoding(t, e->msg);
        charge(t, costs(t)->send_ns * n);
    }
}

int orr_tm_step(struct orr_tm *t, const struct orr_event *e,
                        struct orr_outbox *out) {
    t->out = out;
    t->now = e->now;
    t->wall = e->wall;
    charge(t, costs(t)->step_ns);
    uint32_t n_before = out->n;
    if (e->kind == ORR_RECV) charge_encoding(t, e->msg);
    int error = 0;
    switch (e->kind) {
    case ORR_RECV: recv(t, e); break;
    case ORR_TIMER:
        if (e->key == ORR_TM_TIMER_GOSSIP) gossip_tick(t);
        else if (e->key < ORR_TM_TIMER_PEERS) orr_tm_timeout(t, (enum orr_tm_timer)e->key);
        break;
    case ORR_INPUT:
        if (e->key == ORR_IN_TX && e->msg && e->msg->kind == ORR_TM_TX &&
            orr_tm_recv_tx(t, e->msg, ORR_NOBODY)) {
            orr_tm_broadcast(t, orr_msg_ref(e->msg));
        }
        break;
    case ORR_STORED: error = orr_wal_stored(&t->wal, e); break;
    case ORR_START: error = start(t); break;
    case ORR_PEER_UP:
        orr_tm_peer_up(t, e->peer);
        if (orr_validator_of(t->set, e->peer) != ORR_NOBODY) orr_tm_ask(t, e->peer);
        break;
    case ORR_PEER_DOWN:
        orr_tm_peer_down(t, e->peer);
        orr_tm_peer_lost(t, e->peer);
        break;
    case ORR_WRITTEN: break;
    }
    while (t->is_new_height) { /* ends: each turn a height was decided from what is held */
        t->is_new_height = false;
        release_held(t);
    }
    orr_tm_gossip(t);
    charge_sends(t, n_before);
    t->out = NULL;
    return error;
}

bool orr_tm_leads(const struct orr_tm *t) {
    return t->current && t->current->proposer == t->me;
}

bool orr_tm_place(const struct orr_msg *m, struct orr_progress *at) {
    static const struct {
        uint8_t offset, step; /* of height u64 and round u32; the step that they belong to */
        bool is_placed, has_round;
    } forms[ORR_TM_N_KINDS] = {
        [ORR_TM_PROPOSAL] = {0, ORR_TM_STEP_PROPOSE, true, true},
        [ORR_TM_PART] = {0, ORR_TM_STEP_PROPOSE, true, false},
        [ORR_TM_PREVOTE] = {5, ORR_TM_STEP_PREVOTE, true, true},
        [ORR_TM_PRECOMMIT] = {5, ORR_TM_STEP_PRECOMMIT, true, true},
        [ORR_TM_COMMIT] = {0, ORR_TM_STEP_COMMIT, true, true},
        [ORR_TM_EVIDENCE] = {5, ORR_TM_STEP_PREVOTE, true, true}, /* of its first vote */
        [ORR_TM_STATUS] = {0, ORR_TM_STEP_COMMIT, true, true},
        [ORR_TM_STEP] = {0, ORR_TM_STEP_COMMIT, true, true},
        [ORR_TM_HAS_VOTE] = {0, ORR_TM_STEP_PREVOTE, true, true},
        [ORR_TM_VALID] = {0, ORR_TM_STEP_PREVOTE, true, true},
        [ORR_TM_POL] = {0, ORR_TM_STEP_PROPOSE, true, true},
        [ORR_TM_MAJ23] = {0, ORR_TM_STEP_PREVOTE, true, true},
        [ORR_TM_BITS] = {0, ORR_TM_STEP_PREVOTE, true, true},
    };
    if (m->kind >= ORR_TM_N_KINDS || !forms[m->kind].is_placed) return false;
    const uint8_t *bytes = m->data + forms[m->kind].offset;
    if (m->len < forms[m->kind].offset + 12u) return false;
    *at = (struct orr_progress){.height = orr_load_le64(bytes), .step = forms[m->kind].step};
    if (forms[m->kind].has_round) at->round = orr_load_le32(bytes + 8);
    return true;
}

uint64_t orr_tm_digest(const struct orr_tm *t) {
    uint64_t position[] = {t->height, t->round, t->step, (uint64_t)t->locked_round,
                           (uint64_t)t->valid_round, t->mempool.n_txs, t->evidence.n};
    uint64_t h = orr_hash64(0, position, sizeof position);
    h = orr_hash64(h, &t->last_id, sizeof t->last_id);
    h = orr_hash64(h, t->app_hash, sizeof t->app_hash);
    if (t->next_voters != t->set) h = orr_hash64(h, t->next_voters->hash, 32);
    if (t->locked) h = orr_hash64(h, &t->locked->id, sizeof t->locked->id);
    for (uint32_t i = 0; i < t->evidence.n; i++) {
        uint64_t e[] = {t->evidence.entries[i].height, t->evidence.entries[i].culprit,
                        t->evidence.entries[i].committed};
        h = orr_hash64(h, e, sizeof e);
    }
    return h;
}

struct orr_tm_view orr_tm_look(const struct orr_tm *t) {
    struct orr_tm_view v = {
        .height = t->height, .round = t->round, .step = t->step, .locked_round = t->locked_round,
        .valid_round = t->valid_round, .mempool_txs = t->mempool.n_txs, .n_dropped = t->n_dropped,
        .n_refused_signatures = t->n_refused_signatures};
    if (t->locked) memcpy(v.locked, t->locked->id.hash, 32);
    if (t->valid) memcpy(v.valid, t->valid->id.hash, 32);
    v.n_pending_evidence = t->evidence.n_pending;
    return v;
}
