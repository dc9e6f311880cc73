/* rollup_sequencer.c - the member that orders: L2 blocks in time, above what is safe. */
#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/rollup/upgrade.h"
#include "models/vm/u256.h"

enum { BLOCK_TXS_MAX = 400, WAITING_MAX = 100000 };

void orr_rollup_sequencer_fini(struct orr_rollup_member *m) {
    struct orr_mem *mem = m->env->common->mem;
    while (m->n_waiting) orr_msg_unref(m->env->common->pool, m->waiting[--m->n_waiting].msg);
    orr_free(mem, m->waiting, m->waiting_cap * sizeof *m->waiting);
    orr_rollup_batcher_fini(m);
}

void orr_rollup_sequencer_take(struct orr_rollup_member *m, struct orr_msg *moved) {
    struct orr_rollup_pooled new = {.msg = moved, .is_signed = true};
    if (m->n_waiting == WAITING_MAX ||
        !orr_rollup_read_signed(m->env->common->mem, moved->data, moved->len,
                                ORR_ROLLUP_L2_CHAIN_ID, &new.who)) {
        orr_msg_unref(m->env->common->pool, moved);
        return;
    }
    if (m->n_waiting == m->waiting_cap) {
        size_t cap = m->waiting_cap ? 2 * m->waiting_cap : 64;
        m->waiting = orr_resize(m->env->common->mem, m->waiting,
                                m->waiting_cap * sizeof *m->waiting, cap * sizeof *m->waiting);
        m->waiting_cap = cap;
    }
    m->waiting[m->n_waiting++] = new;
}

void orr_rollup_sequencer_forward(struct orr_rollup_member *m, orr_peer to,
                                  struct orr_outbox *out) {
    struct orr_evm_state *state = orr_rollup_unsafe(m)->state;
    size_t left = 0;
    for (size_t i = 0; i < m->n_waiting; i++) {
        struct orr_rollup_pooled *w = &m->waiting[i];
        if (w->who.nonce < orr_evm_state_nonce(state, &w->who.sender)) {
            orr_msg_unref(out->pool, w->msg);
            continue;
        }
        orr_send(out, to, orr_msg_ref(w->msg));
        m->waiting[left++] = *w;
    }
    m->n_waiting = left;
}

static bool is_left_out(const struct orr_rollup_member *m, const struct orr_msg *tx) {
    const struct orr_wallet_key *keys = m->genesis->l1->keys + ORR_ROLLUP_KEYS_TAKEN;
    struct orr_rollup_signed who;
    if (!m->role->censor || !orr_rollup_read_signed(m->env->common->mem, tx->data, tx->len,
                                                    ORR_ROLLUP_L2_CHAIN_ID, &who))
        return false;
    for (uint64_t i = 0; i < m->role->censor; i++)
        if (orr_address_equal(who.sender, keys[i].address)) return true;
    return false;
}

void orr_rollup_sequencer_hear(struct orr_rollup_member *m, struct orr_msg *moved) {
    if (is_left_out(m, moved))
        orr_msg_unref(m->env->common->pool, moved);
    else
        orr_rollup_sequencer_take(m, moved);
}

void orr_rollup_sequencer_settle(struct orr_rollup_member *m, struct orr_outbox *out) {
    if (m->lease && !orr_rollup_lease_leads(m->lease)) return; /* its holder writes batches */
    orr_rollup_batcher_run(m, out);
}

/* ---- building ---- */

static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    const struct orr_verified *b = orr_rollup_block_at(ctx, number);
    if (b) *hash = b->head.block.hash;
}

/* The next L1 block if it is not later than the L2 block, else the parent's own; false: the next
 * one must be known first, as the drift is over. */
static bool choose_origin(const struct orr_rollup_member *m, const struct orr_verified *parent,
                          uint64_t time, struct orr_l1_block *origin) {
    uint64_t number = parent->head.block.origin_number;
    if (orr_verifier_origin(m->verifier, number + 1, origin)) {
        if (origin->id.time <= time) return true;
        orr_l1_block_free(m->env->common->mem, origin);
    }
    if (!orr_verifier_origin(m->verifier, number, origin)) return false;
    uint64_t drift = origin->id.time >= m->genesis->config.fjord_time
                         ? (uint64_t)ORR_ROLLUP_FJORD_DRIFT_S
                         : m->genesis->config.max_sequencer_drift;
    if (time <= origin->id.time + drift) return true;
    orr_l1_block_free(m->env->common->mem, origin);
    return false;
}

/* What is picked for a block: places in the list of what waits. */
struct picks {
    size_t n, at[BLOCK_TXS_MAX];
};

/* How far a transaction is from being its account's next one, behind those that are picked:
 * below 0, it can never run; above 0, others must come first. */
static int distance(const struct orr_rollup_member *m, struct orr_evm_state *state,
                    const struct picks *picks, const struct orr_rollup_signed *who) {
    uint64_t next = orr_evm_state_nonce(state, &who->sender);
    for (size_t k = 0; k < picks->n; k++)
        next += orr_address_equal(m->waiting[picks->at[k]].who.sender, who->sender);
    return who->nonce < next ? -1 : who->nonce > next;
}

/* What a transaction pays the sequencer for each gas (EIP-1559). */
static struct orr_u256 tip_of(const struct orr_rollup_signed *who, struct orr_u256 base_fee) {
    if (orr_u256_less(who->max_fee, base_fee)) return (struct orr_u256){{0}};
    struct orr_u256 left = orr_u256_sub(who->max_fee, base_fee);
    return orr_u256_less(left, who->max_tip) ? left : who->max_tip;
}

/* Who tips more is before who tips less; among equals it stays as it was.  Most are in order. */
static void sort_by_tip(struct orr_rollup_member *m, struct orr_u256 base_fee) {
    for (size_t i = 1; i < m->n_waiting; i++) {
        struct orr_rollup_pooled moved = m->waiting[i];
        struct orr_u256 tip = tip_of(&moved.who, base_fee);
        size_t at = i;
        for (; at && orr_u256_less(tip_of(&m->waiting[at - 1].who, base_fee), tip); at--)
            m->waiting[at] = m->waiting[at - 1];
        m->waiting[at] = moved;
    }
}

/* What can run now, in the order in which it came or of what it tips, each account's in that of its
 * nonces; it goes from what waits, as does what can never run.  The messages are the caller's. */
static size_t pick(struct orr_rollup_member *m, struct orr_evm_state *state,
                   struct orr_u256 base_fee, struct orr_msg *messages[BLOCK_TXS_MAX]) {
    struct picks picks = {.n = 0};
    size_t before, left = 0;
    bool by_tip = m->role->ordering == ORR_ORDER_TIP;
    if (by_tip) sort_by_tip(m, base_fee);
    do { /* ends: each turn but the last picks one */
        before = picks.n;
        for (size_t i = 0; i < m->n_waiting && picks.n < BLOCK_TXS_MAX; i++)
            if (m->waiting[i].msg && !distance(m, state, &picks, &m->waiting[i].who)) {
                messages[picks.n] = m->waiting[i].msg;
                m->waiting[i].msg = NULL; /* its place stays until all are picked */
                picks.at[picks.n++] = i;
                if (by_tip) break; /* it may have made way for one that tips more */
            }
    } while (picks.n > before && picks.n < BLOCK_TXS_MAX);
    const struct picks none = {.n = 0};
    for (size_t i = 0; i < m->n_waiting; i++) {
        struct orr_rollup_pooled *w = &m->waiting[i];
        if (w->msg && distance(m, state, &none, &w->who) < 0)
            orr_msg_unref(m->env->common->pool, w->msg);
        else if (w->msg)
            m->waiting[left++] = *w;
    }
    m->n_waiting = left;
    return picks.n;
}

void orr_rollup_sequencer_put(struct orr_rollup_member *m, struct orr_verified *b,
                              struct orr_outbox *out) {
    orr_rollup_chain_push(m, b);
    orr_propose(out, b->head.block.number, 0, b->head.block.hash.bytes, (uint32_t)b->n_bytes);
    orr_rollup_chain_tell(m, out);
}

/* A block, moved, goes on top of the unsafe chain and to everybody; of several sequencers' when
 * the others hold it. */
static void publish(struct orr_rollup_member *m, const struct orr_verified *parent,
                    struct orr_verified *b, struct orr_outbox *out) {
    struct orr_msg *msg =
        m->role->unsafe == ORR_UNSAFE_NONE ? NULL : orr_rollup_envelope_of(m, parent, b, out);
    if (m->lease) {
        orr_rollup_lease_show(m->lease, b, msg, out);
        return;
    }
    if (msg) orr_cast(out, m->env->self, msg);
    orr_rollup_sequencer_put(m, b, out);
}

static bool build_one(struct orr_rollup_member *m, struct orr_outbox *out) {
    struct orr_rollup_tx txs[BLOCK_TXS_MAX];
    struct orr_msg *messages[BLOCK_TXS_MAX];
    const struct orr_verified *parent = orr_rollup_unsafe(m);
    struct orr_mem *mem = m->env->common->mem;
    uint64_t time = parent->head.block.time + m->genesis->config.block_time;
    struct orr_l1_block origin;
    if (!choose_origin(m, parent, time, &origin)) return false;
    uint64_t tip;
    /* it is batched when the next L1 block comes, for the one after that: later is too late */
    bool is_late =
        orr_verifier_tip(m->verifier, &tip) && orr_rollup_is_too_late(m, origin.id.number, tip + 2);
    bool is_alone = is_late || orr_upgrade_is_first(&m->config, time); /* of deposits alone */
    struct orr_u256 base_fee = orr_l2_next_base_fee(&m->config, &parent->header, time);
    size_t n = is_alone ? 0 : pick(m, parent->state, base_fee, messages), left = n;
    for (size_t i = 0; i < n; i++)
        txs[i] = (struct orr_rollup_tx){messages[i]->data, messages[i]->len};
    struct orr_verified *b = orr_alloc_zero(mem, sizeof *b);
    bool made = orr_sequence(mem, &m->config, &m->genesis->chain, m->executor, parent, &origin,
                             (struct orr_evm_block_hashes){m, block_hash}, txs, &left, b);
    orr_l1_block_free(mem, &origin);
    for (size_t i = 0; i < n; i++) { /* if no block was made they wait again */
        if (made)
            orr_msg_unref(m->env->common->pool, messages[i]);
        else
            orr_rollup_sequencer_take(m, messages[i]);
    }
    if (!made) {
        orr_free(mem, b, sizeof *b);
        return false;
    }
    const struct orr_costs *costs = m->env->common->costs;
    out->busy_ns += (int64_t)(b->header.gas_used * (uint64_t)costs->gas_million_ns / 1000000) +
                    (int64_t)left * costs->recover_ns;
    publish(m, parent, b, out);
    return true;
}

void orr_rollup_sequencer_build(struct orr_rollup_member *m, orr_time now, struct orr_outbox *out) {
    uint64_t time = (uint64_t)(now / 1000000000), step = m->genesis->config.block_time;
    while (orr_rollup_unsafe(m)->head.block.time + step <= time && /* ends: each is later */
           (!m->lease || orr_rollup_lease_may_build(m->lease)))
        if (!build_one(m, out)) return;
}
