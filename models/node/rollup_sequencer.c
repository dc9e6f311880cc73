/* rollup_sequencer.c - the member that orders: L2 blocks in time, above what is safe. */
#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/vm/u256.h"

enum { BLOCK_TXS_MAX = 400, WAITING_MAX = 100000 };

static void free_last(struct orr_rollup_member *m) {
    struct orr_mem *mem = m->env->common->mem;
    struct orr_verified *b = m->chain[--m->n_chain];
    orr_verified_free(mem, b);
    orr_free(mem, b, sizeof *b);
}

void orr_rollup_sequencer_fini(struct orr_rollup_member *m) {
    struct orr_mem *mem = m->env->common->mem;
    while (m->n_chain) free_last(m);
    while (m->n_waiting) orr_msg_unref(m->env->common->pool, m->waiting[--m->n_waiting].msg);
    orr_free(mem, m->chain, m->chain_cap * sizeof *m->chain);
    orr_free(mem, m->waiting, m->waiting_cap * sizeof *m->waiting);
    orr_rollup_batcher_fini(m);
    orr_evm_executor_destroy(m->executor);
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
    if (is_left_out(m, moved)) orr_msg_unref(m->env->common->pool, moved);
    else orr_rollup_sequencer_take(m, moved);
}

/* ---- the unsafe chain ---- */

const struct orr_verified *orr_rollup_safe(const struct orr_rollup_member *m) {
    return orr_verifier_block(m->verifier, orr_verifier_n_blocks(m->verifier) - 1);
}

const struct orr_verified *orr_rollup_unsafe(const struct orr_rollup_member *m) {
    return m->n_chain ? m->chain[m->n_chain - 1] : orr_rollup_safe(m);
}

const struct orr_verified *orr_rollup_block_at(const struct orr_rollup_member *m, uint64_t number) {
    uint64_t first = m->n_chain ? m->chain[0]->head.block.number : UINT64_MAX;
    if (number >= first && number - first < m->n_chain) return m->chain[number - first];
    return number < orr_verifier_n_blocks(m->verifier) ? orr_verifier_block(m->verifier, number)
                                                       : NULL;
}

bool orr_rollup_is_too_late(const struct orr_rollup_member *m, uint64_t origin, uint64_t next) {
    return origin + m->genesis->config.seq_window_size < next;
}

/* A block that is no more: another one is safe, or its origin has gone, or it has transactions and
 * its window has ended. */
static bool has_lost_its_ground(const struct orr_rollup_member *m, const struct orr_verified *b) {
    uint64_t number = b->head.block.number, tip;
    struct orr_hash origin;
    if (number > orr_rollup_safe(m)->head.block.number && b->n_txs > b->n_deposits &&
        orr_verifier_tip(m->verifier, &tip) &&
        orr_rollup_is_too_late(m, b->head.block.origin_number, tip + 1))
        return true;
    if (number < orr_verifier_n_blocks(m->verifier) &&
        !orr_hash_equal(orr_verifier_block(m->verifier, number)->head.block.hash,
                        b->head.block.hash))
        return true;
    return !orr_verifier_l1_hash(m->verifier, b->head.block.origin_number, &origin) ||
           !orr_hash_equal(origin, b->head.origin_hash);
}

/* The transactions of a block that goes wait again, before all others. */
static void requeue(struct orr_rollup_member *m, const struct orr_verified *b) {
    size_t n = b->n_txs - b->n_deposits, before = m->n_waiting;
    for (size_t i = 0; i < n; i++)
        orr_rollup_sequencer_take(m, orr_msg_copy(m->env->common->pool, ORR_ROLLUP_TX,
                                                  b->txs[i].bytes, (uint32_t)b->txs[i].len));
    n = m->n_waiting - before;
    for (size_t i = 0; i < n; i++) { /* to the front, in their order */
        struct orr_rollup_pooled last = m->waiting[m->n_waiting - 1];
        memmove(m->waiting + 1, m->waiting, (m->n_waiting - 1) * sizeof *m->waiting);
        m->waiting[0] = last;
    }
}

static void settle_chain(struct orr_rollup_member *m) {
    size_t good = 0, final = orr_verifier_finalized(m->verifier), gone = 0;
    while (good < m->n_chain && !has_lost_its_ground(m, m->chain[good])) good++;
    while (m->n_chain > good) {
        requeue(m, m->chain[m->n_chain - 1]);
        free_last(m);
    }
    uint64_t safe = orr_rollup_safe(m)->head.block.number;
    if (m->n_chain && m->chain[m->n_chain - 1]->head.block.number < safe)
        while (m->n_chain) free_last(m); /* others went further, as the window has ended */
    while (gone < m->n_chain && m->chain[gone]->head.block.number <= final) gone++;
    if (gone == m->n_chain && gone) gone--; /* the last one is what comes next stands on */
    if (!gone) return;
    struct orr_mem *mem = m->env->common->mem;
    for (size_t i = 0; i < gone; i++) {
        orr_verified_free(mem, m->chain[i]);
        orr_free(mem, m->chain[i], sizeof *m->chain[i]);
    }
    memmove(m->chain, m->chain + gone, (m->n_chain - gone) * sizeof *m->chain);
    m->n_chain -= gone;
}

void orr_rollup_sequencer_settle(struct orr_rollup_member *m, struct orr_outbox *out) {
    settle_chain(m);
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
        else if (w->msg) m->waiting[left++] = *w;
    }
    m->n_waiting = left;
    return picks.n;
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
    struct orr_u256 base_fee = orr_l2_next_base_fee(&m->config, &parent->header, time);
    size_t n = is_late ? 0 : pick(m, parent->state, base_fee, messages), left = n;
    for (size_t i = 0; i < n; i++)
        txs[i] = (struct orr_rollup_tx){messages[i]->data, messages[i]->len};
    struct orr_verified *b = orr_alloc_zero(mem, sizeof *b);
    bool made = orr_sequence(mem, &m->config, &m->genesis->chain, m->executor, parent,
                             &origin, (struct orr_evm_block_hashes){m, block_hash}, txs, &left, b);
    orr_l1_block_free(mem, &origin);
    for (size_t i = 0; i < n; i++) { /* if no block was made they wait again */
        if (made) orr_msg_unref(m->env->common->pool, messages[i]);
        else orr_rollup_sequencer_take(m, messages[i]);
    }
    if (!made) {
        orr_free(mem, b, sizeof *b);
        return false;
    }
    if (m->n_chain == m->chain_cap) {
        size_t cap = m->chain_cap ? 2 * m->chain_cap : 64;
        m->chain = orr_resize(mem, m->chain, m->chain_cap * sizeof *m->chain,
                              cap * sizeof *m->chain);
        m->chain_cap = cap;
    }
    m->chain[m->n_chain++] = b;
    const struct orr_costs *costs = m->env->common->costs;
    out->busy_ns += (int64_t)(b->header.gas_used * (uint64_t)costs->gas_million_ns / 1000000) +
                    (int64_t)left * costs->recover_ns;
    struct orr_head head = {.number = b->head.block.number, .label = ORR_HEAD};
    memcpy(head.hash, &b->head.block.hash, 32);
    memcpy(head.parent, &b->header.parent_hash, 32);
    memcpy(head.state_root, &b->header.state_root, 32);
    orr_propose(out, head.number, 0, head.hash, (uint32_t)b->n_bytes);
    orr_head(out, head);
    return true;
}

void orr_rollup_sequencer_build(struct orr_rollup_member *m, orr_time now,
                                struct orr_outbox *out) {
    uint64_t time = (uint64_t)(now / 1000000000), step = m->genesis->config.block_time;
    while (orr_rollup_unsafe(m)->head.block.time + step <= time) /* ends: each is later */
        if (!build_one(m, out)) return;
}
