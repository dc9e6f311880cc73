#include "models/node/rollup_lease.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/node/rollup_member.h"
#include "models/rollup/envelope.h"

enum { LEASE_BYTES = 8 + 4 + 8 + 32, SHOW_HEAD = 8, HOLD_BYTES = 8 + 32, TURN_S = 2 };

static uint32_t n_of(const struct orr_rollup_lessee *l) { return l->member->genesis->n_sequencers; }
/* Of the sequencers, from 0; n: the peer is none. */
static uint32_t rank_of(const struct orr_rollup_lessee *l, orr_peer peer) {
    uint32_t i = 0;
    while (i < n_of(l) && l->member->genesis->cohort->members[1 + i] != peer) i++;
    return i;
}
static orr_peer peer_of(const struct orr_rollup_lessee *l, uint32_t rank) {
    return l->member->genesis->cohort->members[1 + rank];
}
static uint32_t self_of(const struct orr_rollup_lessee *l) {
    return rank_of(l, l->member->env->self);
}

/* The last block that it knows of: one that it holds is above all that went out. */
static struct orr_rollup_place best_of(const struct orr_rollup_lessee *l) {
    const struct orr_verified *head = orr_rollup_unsafe(l->member);
    if (l->held) return l->held_at;
    if (l->out.number > head->head.block.number) return l->out;
    return (struct orr_rollup_place){head->head.block.number, head->head.block.hash};
}

/* ---- what is decided: a lease as a transaction ---- */

static struct orr_msg *write_lease(const struct orr_rollup_lease *lease, struct orr_pool *pool) {
    struct orr_msg *m = orr_msg_new(pool, ORR_TM_TX, LEASE_BYTES);
    orr_store_le64(m->data, lease->number);
    orr_store_le32(m->data + 8, lease->holder);
    orr_store_le64(m->data + 12, lease->base.number);
    memcpy(m->data + 20, &lease->base.hash, 32);
    return m;
}

static bool read_lease(const struct orr_rollup_lessee *l, const uint8_t *bytes, size_t len,
                       struct orr_rollup_lease *lease) {
    if (len != LEASE_BYTES) return false;
    *lease = (struct orr_rollup_lease){.number = orr_load_le64(bytes),
                                       .holder = orr_load_le32(bytes + 8),
                                       .base.number = orr_load_le64(bytes + 12)};
    memcpy(&lease->base.hash, bytes + 20, 32);
    return lease->holder < n_of(l);
}

static int check(void *app, const struct orr_msg *tx, bool again, uint64_t *priority,
                 int64_t *busy_ns) {
    struct orr_rollup_lessee *l = app;
    struct orr_rollup_lease lease;
    (void)again, (void)busy_ns;
    *priority = 0;
    if (!read_lease(l, tx->data, tx->len, &lease)) return ORR_EFORMAT;
    return lease.number == l->now.number + 1 ? 0 : ORR_EINVAL;
}

static bool is_good_base(const struct orr_rollup_lessee *l, const struct orr_rollup_place *base) {
    struct orr_rollup_place best = best_of(l);
    return base->number > best.number ||
           (base->number == best.number && orr_hash_equal(base->hash, best.hash));
}

static bool is_next(const struct orr_rollup_lessee *l, const uint8_t *bytes, size_t len,
                    struct orr_rollup_lease *lease) {
    return read_lease(l, bytes, len, lease) && lease->number == l->now.number + 1;
}

static uint32_t propose(void *app, struct orr_msg **txs, uint32_t n) {
    struct orr_rollup_lessee *l = app;
    struct orr_rollup_lease lease;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_next(l, txs[i]->data, txs[i]->len, &lease) || !is_good_base(l, &lease.base))
            continue;
        struct orr_msg *first = txs[0];
        txs[0] = txs[i];
        txs[i] = first;
        return 1;
    }
    return 0;
}

/* Not of the committed state alone: as in CometBFT such a rule may cost rounds, never agreement. */
static bool validate(void *app, const struct orr_app_block *block, int64_t *busy_ns) {
    struct orr_rollup_lessee *l = app;
    struct orr_rollup_lease lease;
    (void)busy_ns;
    if (!block->n_txs) return true;
    if (block->n_txs > 1 || !is_next(l, block->txs[0].bytes, block->txs[0].len, &lease) ||
        !is_good_base(l, &lease.base))
        return false;
    l->is_frozen = true;
    return true;
}

static void write_root(const struct orr_rollup_lease *lease, uint8_t root[32]) {
    uint8_t bytes[LEASE_BYTES];
    orr_store_le64(bytes, lease->number);
    orr_store_le32(bytes + 8, lease->holder);
    orr_store_le64(bytes + 12, lease->base.number);
    memcpy(bytes + 20, &lease->base.hash, 32);
    struct orr_hash hash = orr_keccak256(bytes, sizeof bytes);
    memcpy(root, &hash, 32);
}

static void execute(void *app, const struct orr_app_block *block, uint8_t root[32],
                    int64_t *busy_ns) {
    struct orr_rollup_lessee *l = app;
    struct orr_rollup_lease lease;
    (void)busy_ns;
    l->next = l->now;
    if (block->n_txs && is_next(l, block->txs[0].bytes, block->txs[0].len, &lease)) l->next = lease;
    write_root(&l->next, root);
}

static void commit(void *app) {
    struct orr_rollup_lessee *l = app;
    l->now = l->next;
}

static void tell_root(void *app, uint8_t root[32]) {
    write_root(&((struct orr_rollup_lessee *)app)->now, root);
}

static const struct orr_app leases = {.name = "leases",
                                      .follows = true,
                                      .check = check,
                                      .propose = propose,
                                      .validate = validate,
                                      .execute = execute,
                                      .commit = commit,
                                      .root = tell_root};

/* ---- life ---- */

static const struct orr_tm_config defaults = {
#define KEY(key, type_, fallback_, min_, max_, help_) .key = (fallback_),
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
};

struct orr_rollup_lessee *orr_rollup_lease_new(struct orr_rollup_member *m) {
    struct orr_mem *mem = m->env->common->mem;
    if (m->genesis->n_sequencers < 2 || !m->sequences) return NULL;
    struct orr_rollup_lessee *l = orr_alloc_zero(mem, sizeof *l);
    l->member = m;
    l->rounds = defaults;
    l->rounds.retain_blocks = 0; /* all: a lease's history is short */
    l->bft = orr_tm_new(m->env, &l->rounds, m->genesis->sequencers, &leases, l);
    assert(l->bft); /* it is one of the set */
    l->place = (struct orr_layer_place){.tail = &l->tail,
                                        .mem = mem,
                                        .timer = ORR_ROLLUP_OWN_TIMERS,
                                        .n_timers = ORR_TM_N_TIMERS,
                                        .n_names = UINT32_MAX,
                                        .protocol = ORR_ROLLUP_LEASE_PROTOCOL};
    return l;
}

static void forget_made(struct orr_rollup_lessee *l) {
    struct orr_mem *mem = l->member->env->common->mem;
    if (!l->made) return;
    orr_verified_free(mem, l->made);
    orr_free(mem, l->made, sizeof *l->made);
    orr_msg_unref(l->member->env->common->pool, l->made_msg);
    l->made = NULL;
    l->made_msg = NULL;
}

static void forget_held(struct orr_rollup_lessee *l) {
    if (l->held) orr_msg_unref(l->member->env->common->pool, l->held);
    l->held = NULL;
}

void orr_rollup_lease_free(struct orr_rollup_lessee *l) {
    if (!l) return;
    struct orr_mem *mem = l->member->env->common->mem;
    forget_made(l);
    forget_held(l);
    orr_tm_free(l->bft);
    orr_tail_fini(&l->tail, mem);
    orr_free(mem, l, sizeof *l);
}

bool orr_rollup_lease_leads(const struct orr_rollup_lessee *l) {
    return l->now.holder == self_of(l);
}

/* ---- the layer ---- */

static void to_others(const struct orr_rollup_lessee *l, struct orr_msg *moved, orr_peer not_to,
                      struct orr_outbox *out) {
    for (uint32_t i = 0; i < n_of(l); i++)
        if (peer_of(l, i) != l->member->env->self && peer_of(l, i) != not_to)
            orr_send(out, peer_of(l, i), orr_msg_ref(moved));
    orr_msg_unref(out->pool, moved);
}

/* What Tendermint casts goes to the sequencers, and what it decides is nobody else's business. */
static void hand(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                 struct orr_outbox *out) {
    const struct orr_rollup_lessee *l = parent;
    (void)place;
    if (e.kind == ORR_CAST)
        to_others(l, e.msg, e.peer, out);
    else if ((e.kind == ORR_SEND && rank_of(l, e.peer) < n_of(l)) ||
             (e.kind == ORR_OUTPUT && (e.key == ORR_OUT_EVIDENCE || e.key == ORR_OUT_DROPPED)))
        orr_effect(out, e);
    else if (e.msg)
        orr_msg_unref(out->pool, e.msg);
}

static int step(struct orr_rollup_lessee *l, const struct orr_event *event,
                struct orr_outbox *out) {
    uint32_t from = out->n;
    int error = orr_tm_step(l->bft, event, out);
    orr_layer_lift(&l->place, out, from, hand, l);
    return error;
}

/* Another lease: what was made or held for the one before goes, unless it is what the new one goes
 * on from; that goes out by the new holder. */
static void turn(struct orr_rollup_lessee *l, orr_time now, struct orr_outbox *out) {
    struct orr_rollup_member *m = l->member;
    l->told = l->now.number;
    l->is_frozen = false;
    l->heard_at = now;
    orr_metric(out, "lease", (int64_t)l->now.number, "");
    if (l->made) orr_rollup_chain_requeue(m, l->made);
    forget_made(l);
    if (!orr_rollup_lease_leads(l)) orr_rollup_sequencer_forward(m, peer_of(l, l->now.holder), out);
    l->floor = l->now.base.number;
    if (!l->held) return;
    bool is_base = l->held_at.number == l->now.base.number &&
                   orr_hash_equal(l->held_at.hash, l->now.base.hash);
    if (is_base && !orr_rollup_lease_leads(l)) return; /* its holder has it, too */
    struct orr_msg *held = l->held;
    l->held = NULL;
    if (is_base) {
        orr_propose(out, l->held_at.number, 0, l->held_at.hash.bytes, held->len);
        orr_cast(out, m->env->self, orr_msg_ref(held));
        orr_rollup_chain_take(m, held, now, out);
    }
    orr_msg_unref(out->pool, held);
}

void orr_rollup_lease_lost(struct orr_rollup_lessee *l) {
    const struct orr_verified *head = orr_rollup_unsafe(l->member);
    l->out = (struct orr_rollup_place){head->head.block.number, head->head.block.hash};
    l->floor = l->out.number;
    forget_held(l);
}

bool orr_rollup_lease_may_build(const struct orr_rollup_lessee *l) {
    return orr_rollup_lease_leads(l) && !l->made &&
           orr_rollup_unsafe(l->member)->head.block.number >= l->floor;
}

int orr_rollup_lease_event(struct orr_rollup_lessee *l, const struct orr_event *event,
                           struct orr_outbox *out, bool *taken) {
    struct orr_event inner;
    *taken = event->kind == ORR_STORED || event->kind == ORR_WRITTEN ||
             (event->kind == ORR_TIMER && event->key >= ORR_ROLLUP_OWN_TIMERS) ||
             (event->kind == ORR_RECV && event->msg &&
              event->msg->protocol == ORR_ROLLUP_LEASE_PROTOCOL);
    if (event->kind == ORR_INPUT || !orr_layer_event(&l->place, event, &inner)) return 0;
    if (event->kind == ORR_START) l->heard_at = event->now;
    int error = step(l, &inner, out);
    if (!error && event->kind != ORR_STORED && l->told != l->now.number) turn(l, event->now, out);
    return error;
}

/* ---- blocks ---- */

void orr_rollup_lease_saw(struct orr_rollup_lessee *l, uint64_t number, struct orr_hash hash,
                          orr_time now) {
    l->heard_at = now;
    if (number > l->out.number) l->out = (struct orr_rollup_place){number, hash};
    if (number > l->floor) l->floor = number;
    if (l->held && l->held_at.number <= number) forget_held(l);
}

static bool is_enough(const struct orr_rollup_lessee *l) {
    uint32_t n = (uint32_t)__builtin_popcount(l->acks);
    return 3 * n > 2 * n_of(l) || l->member->role->flaw == ORR_FLAW_NO_FENCE;
}

/* The block goes out, on top of the chain. */
static void release(struct orr_rollup_lessee *l, orr_time now, struct orr_outbox *out) {
    struct orr_verified *b = l->made;
    struct orr_msg *msg = l->made_msg;
    l->made = NULL;
    l->made_msg = NULL;
    orr_cast(out, l->member->env->self, msg);
    orr_rollup_lease_saw(l, b->head.block.number, b->head.block.hash, now);
    orr_rollup_sequencer_put(l->member, b, out);
}

static void show(struct orr_rollup_lessee *l, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, ORR_ROLLUP_SHOW, SHOW_HEAD + l->made_msg->len);
    orr_store_le64(m->data, l->now.number);
    memcpy(m->data + SHOW_HEAD, l->made_msg->data, l->made_msg->len);
    to_others(l, m, ORR_NOBODY, out);
}

void orr_rollup_lease_show(struct orr_rollup_lessee *l, struct orr_verified *made,
                           struct orr_msg *msg, struct orr_outbox *out) {
    assert(!l->made);
    l->made = made;
    l->made_msg = msg;
    l->acks = 1u << self_of(l);
    show(l, out);
    if (is_enough(l)) release(l, l->heard_at, out);
}

/* May the block of the message be held: the holder's, on the last one that went out, the only one
 * of its height under this lease? */
static bool may_hold(const struct orr_rollup_lessee *l, const struct orr_envelope *e) {
    const struct orr_rollup_member *m = l->member;
    const struct orr_verified *head = orr_rollup_unsafe(m);
    bool is_on_last = orr_hash_equal(e->header.parent_hash, l->out.hash) ||
                      orr_hash_equal(e->header.parent_hash, head->head.block.hash);
    if (l->held && l->held_at.number == e->header.number) /* a second one is refused */
        return orr_hash_equal(l->held_at.hash, e->hash);
    return is_on_last && (!l->held || l->held_at.number < e->header.number) &&
           orr_envelope_is_by(e, &m->genesis->sequencer.address);
}

void orr_rollup_lease_shown(struct orr_rollup_lessee *l, const struct orr_event *event,
                            struct orr_outbox *out) {
    const struct orr_msg *m = event->msg;
    struct orr_envelope e;
    if (m->len < SHOW_HEAD || rank_of(l, event->peer) == n_of(l) ||
        orr_envelope_read(l->member->env->common->mem, &l->member->config, m->data + SHOW_HEAD,
                          m->len - SHOW_HEAD, &e)) {
        orr_reject(out);
        return;
    }
    bool is_holders = orr_load_le64(m->data) == l->now.number &&
                      rank_of(l, event->peer) == l->now.holder && !l->is_frozen;
    if (is_holders && may_hold(l, &e)) {
        forget_held(l);
        l->held =
            orr_msg_copy(out->pool, ORR_ROLLUP_UNSAFE, m->data + SHOW_HEAD, m->len - SHOW_HEAD);
        l->held_at = (struct orr_rollup_place){e.header.number, e.hash};
        l->heard_at = event->now;
        struct orr_msg *ack = orr_msg_new(out->pool, ORR_ROLLUP_HOLD, HOLD_BYTES);
        orr_store_le64(ack->data, l->now.number);
        memcpy(ack->data + 8, &e.hash, 32);
        orr_send(out, event->peer, ack);
    }
    orr_envelope_free(&e);
}

void orr_rollup_lease_ack(struct orr_rollup_lessee *l, const struct orr_event *event,
                          struct orr_outbox *out) {
    uint32_t rank = rank_of(l, event->peer);
    if (event->msg->len != HOLD_BYTES || rank == n_of(l)) {
        orr_reject(out);
        return;
    }
    if (!l->made || orr_load_le64(event->msg->data) != l->now.number ||
        memcmp(event->msg->data + 8, &l->made->head.block.hash, 32))
        return; /* of one that has gone out, or of another lease */
    l->acks |= 1u << rank;
    if (!is_enough(l)) return;
    release(l, event->now, out);
    orr_rollup_sequencer_build(l->member, event->now, out); /* it may have fallen behind */
}

void orr_rollup_lease_look(struct orr_rollup_lessee *l, const struct orr_event *event,
                           struct orr_outbox *out) {
    uint32_t n = n_of(l), self = self_of(l);
    if (l->made) show(l, out);
    if (orr_rollup_lease_leads(l)) return;
    orr_time turn_ns = (orr_time)((self + n - l->now.holder - 1) % n) * TURN_S * 1000000000;
    if (event->now - l->heard_at < l->member->role->lease_timeout + turn_ns) return;
    struct orr_rollup_lease wanted = {l->now.number + 1, self, best_of(l)};
    struct orr_msg *tx = write_lease(&wanted, out->pool);
    orr_msg_freeze(tx);
    struct orr_event ask = {
        .kind = ORR_INPUT, .key = ORR_IN_TX, .now = event->now, .wall = event->wall, .msg = tx};
    step(l, &ask, out); /* of an input no error comes */
    orr_msg_unref(out->pool, tx);
}
