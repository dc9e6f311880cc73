/* rollup_unsafe.c - a member's unsafe chain: what it has sequenced, or heard of the sequencer,
 * above what is safe.
 *
 * ethereum-optimism/specs, protocol/rollup-node-p2p.md, "Block validation" and "Branch selection":
 * of two blocks on one parent the first one that came stays, until L1 says otherwise. */
#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/rollup/attributes.h"
#include "models/rollup/envelope.h"

void orr_rollup_chain_push(struct orr_rollup_member *m, struct orr_verified *moved) {
    if (m->n_chain == m->chain_cap) {
        size_t cap = m->chain_cap ? 2 * m->chain_cap : 64;
        m->chain = orr_resize(m->env->common->mem, m->chain, m->chain_cap * sizeof *m->chain,
                              cap * sizeof *m->chain);
        m->chain_cap = cap;
    }
    m->chain[m->n_chain++] = moved;
}

static void free_last(struct orr_rollup_member *m) {
    struct orr_mem *mem = m->env->common->mem;
    struct orr_verified *b = m->chain[--m->n_chain];
    orr_verified_free(mem, b);
    orr_free(mem, b, sizeof *b);
}

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
void orr_rollup_chain_requeue(struct orr_rollup_member *m, const struct orr_verified *b) {
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

void orr_rollup_chain_settle(struct orr_rollup_member *m) {
    size_t good = 0, final = orr_verifier_finalized(m->verifier), gone = 0;
    while (good < m->n_chain && !has_lost_its_ground(m, m->chain[good])) good++;
    bool is_lost = m->n_chain > good;
    while (m->n_chain > good) {
        if (m->sequences) orr_rollup_chain_requeue(m, m->chain[m->n_chain - 1]);
        free_last(m);
    }
    uint64_t safe = orr_rollup_safe(m)->head.block.number;
    if (m->n_chain && m->chain[m->n_chain - 1]->head.block.number < safe)
        while (m->n_chain) free_last(m); /* others went further, as the window has ended */
    if (is_lost && m->lease) orr_rollup_lease_lost(m->lease);
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

void orr_rollup_chain_fini(struct orr_rollup_member *m) {
    struct orr_mem *mem = m->env->common->mem;
    while (m->n_chain) free_last(m);
    orr_free(mem, m->chain, m->chain_cap * sizeof *m->chain);
    while (m->heard.n) orr_msg_unref(m->env->common->pool, m->heard.v[--m->heard.n].msg);
    if (m->executor) orr_evm_executor_destroy(m->executor);
}

void orr_rollup_chain_tell(struct orr_rollup_member *m, struct orr_outbox *out) {
    const struct orr_verified *b = orr_rollup_unsafe(m);
    if (orr_hash_equal(b->head.block.hash, m->told_unsafe)) return;
    m->told_unsafe = b->head.block.hash;
    orr_rollup_tell_head(out, b, ORR_HEAD);
}

/* What the verifier need not execute again. */
const struct orr_verified *orr_rollup_chain_lend(void *ctx, uint64_t number) {
    const struct orr_rollup_member *m = ctx;
    uint64_t first = m->n_chain ? m->chain[0]->head.block.number : UINT64_MAX;
    return number >= first && number - first < m->n_chain ? m->chain[number - first] : NULL;
}

/* ---- saying ---- */

static struct orr_msg *envelope_of(struct orr_rollup_member *m, const struct orr_verified *parent,
                                   const struct orr_verified *b, struct orr_pool *pool) {
    const struct orr_rollup_genesis *g = m->genesis;
    struct orr_mem *mem = m->env->common->mem;
    struct orr_rlp_writer w = {.mem = mem}, wire = {.mem = mem};
    struct orr_system_config system = parent->system;
    struct orr_l1_block origin;
    struct orr_payload payload;
    uint8_t signature[ORR_ENVELOPE_SIGNATURE];
    bool is_there = orr_verifier_origin(m->verifier, b->head.block.origin_number, &origin);
    assert(is_there); /* it was built on it just now */
    (void)is_there;
    const char *bad = orr_payload_make(mem, &m->config, &parent->head, &origin, b->txs,
                                       b->n_txs - b->n_deposits, &system, &payload);
    assert(!bad);
    (void)bad;
    struct orr_hash hash = orr_envelope_write(&m->config, &b->header, &b->head.block.hash,
                                              payload.txs, payload.n_txs, &w);
    orr_wallet_sign_hash(g->l1->wallet, &hash, &g->sequencer, signature);
    orr_envelope_seal(&w, signature, &wire);
    struct orr_msg *msg = orr_msg_copy(pool, ORR_ROLLUP_UNSAFE, wire.bytes, (uint32_t)wire.len);
    orr_payload_free(mem, &payload);
    orr_l1_block_free(mem, &origin);
    orr_rlp_free(&w);
    orr_rlp_free(&wire);
    return msg;
}

struct orr_msg *orr_rollup_envelope_of(struct orr_rollup_member *m,
                                       const struct orr_verified *parent,
                                       const struct orr_verified *b, struct orr_outbox *out) {
    out->busy_ns += m->env->common->costs->sign_ns;
    return envelope_of(m, parent, b, out->pool);
}

static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    const struct orr_verified *b = orr_rollup_block_at(ctx, number);
    if (b) *hash = b->head.block.hash;
}

struct orr_msg *orr_rollup_forge_unsafe(struct orr_rollup_member *m, const struct orr_msg *msg,
                                        struct orr_pool *pool) {
    struct orr_mem *mem = m->env->common->mem;
    struct orr_envelope e;
    struct orr_l1_block origin;
    struct orr_verified other;
    size_t none = 0;
    if (orr_envelope_read(mem, &m->config, msg->data, msg->len, &e)) return NULL;
    uint64_t number = e.header.number;
    orr_envelope_free(&e);
    const struct orr_verified *b = orr_rollup_block_at(m, number);
    const struct orr_verified *parent = number ? orr_rollup_block_at(m, number - 1) : NULL;
    if (!b || !parent || b->n_txs == b->n_deposits ||
        !orr_verifier_origin(m->verifier, b->head.block.origin_number, &origin))
        return NULL;
    bool made = orr_sequence(mem, &m->config, &m->genesis->chain, m->executor, parent, &origin,
                             (struct orr_evm_block_hashes){m, block_hash}, NULL, &none, &other);
    orr_l1_block_free(mem, &origin);
    if (!made) return NULL;
    struct orr_msg *forged = envelope_of(m, parent, &other, pool);
    orr_verified_free(mem, &other);
    return forged;
}

/* ---- hearing ---- */

uint64_t orr_rollup_slot_of(const struct orr_envelope *e) {
    struct orr_hash parts[2] = {e->header.parent_hash};
    if (e->n_txs) parts[1] = orr_keccak256(e->txs[0].bytes, e->txs[0].len);
    struct orr_hash both = orr_keccak256(parts, sizeof parts);
    return orr_load_be64(both.bytes);
}

enum { BLOCKS_A_HEIGHT = 5 /* "more than 5 different blocks" are refused */ };

/* Has the block been seen, or too many of its height?  Else it is from now on. */
enum seen { NEW, OLD, TOO_MANY };
static enum seen see(struct orr_rollup_member *m, const struct orr_envelope *e, orr_time now,
                     bool *is_lie) {
    uint64_t number = e->header.number, place = orr_rollup_slot_of(e);
    struct orr_rollup_seen *s = &m->heard.seen[number % ORR_ROLLUP_SEEN];
    orr_time step = (orr_time)m->config.block_time * 1000000000;
    *is_lie = false;
    if (s->n && s->number > number) return OLD; /* so far back that nobody waits for it */
    if (s->number != number) *s = (struct orr_rollup_seen){.number = number};
    for (uint32_t i = 0; i < s->n; i++)
        if (orr_hash_equal(s->v[i].hash, e->hash)) return OLD;
    if (s->n == BLOCKS_A_HEIGHT) return TOO_MANY;
    for (uint32_t i = 0; i < s->n; i++)
        *is_lie |= s->v[i].place == place && now - s->v[i].at < step;
    s->v[s->n++] = (struct orr_rollup_seen_block){e->hash, place, now};
    return NEW;
}

/* The sequencer has signed two blocks on one parent and L1 origin at about the same time.  Later it
 * may have to: when L1 or a crash has taken the first one from it. */
static void accuse(const struct orr_rollup_member *m, const struct orr_msg *msg, uint64_t number,
                   struct orr_outbox *out) {
    if (m->role->sequencers > 1) return; /* they share a key */
    orr_accuse(out, (struct orr_evidence){.culprit = m->genesis->cohort->members[1],
                                          .height = number,
                                          .type = orr_msg_type(msg)});
}

static void keep(struct orr_rollup_member *m, struct orr_msg *msg, const struct orr_envelope *e) {
    struct orr_rollup_heard *h = &m->heard;
    if (h->n == ORR_ROLLUP_HEARD) { /* the lowest is the first that L1 will bring */
        size_t least = 0;
        for (size_t i = 1; i < h->n; i++)
            if (h->v[i].number < h->v[least].number) least = i;
        orr_msg_unref(m->env->common->pool, h->v[least].msg);
        h->v[least] = h->v[--h->n];
    }
    h->v[h->n++] =
        (struct orr_rollup_heard_block){orr_msg_ref(msg), e->header.number, e->header.parent_hash};
}

/* A block that is signed, timely, and from `from` (ORR_NOBODY: from here). */
static void take_in(struct orr_rollup_member *m, struct orr_msg *msg, const struct orr_envelope *e,
                    orr_peer from, orr_time now, struct orr_outbox *out) {
    bool is_lie;
    switch (see(m, e, now, &is_lie)) {
    case TOO_MANY: orr_reject(out); break;
    case OLD: break;
    case NEW:
        keep(m, msg, e);
        if (m->lease) orr_rollup_lease_saw(m->lease, e->header.number, e->hash, now);
        if (is_lie) accuse(m, msg, e->header.number, out);
        if (m->role->unsafe == ORR_UNSAFE_FLOOD && from != ORR_NOBODY)
            orr_cast(out, from, orr_msg_ref(msg));
    }
}

void orr_rollup_chain_take(struct orr_rollup_member *m, struct orr_msg *msg, orr_time now,
                           struct orr_outbox *out) {
    struct orr_envelope e;
    const char *bad = orr_envelope_read(m->env->common->mem, &m->config, msg->data, msg->len, &e);
    assert(!bad); /* it was read when it came */
    (void)bad;
    take_in(m, msg, &e, ORR_NOBODY, now, out);
    orr_envelope_free(&e);
    orr_rollup_chain_run(m, out);
}

void orr_rollup_chain_hear(struct orr_rollup_member *m, const struct orr_event *event,
                           struct orr_outbox *out) {
    struct orr_msg *msg = event->msg;
    struct orr_envelope e;
    uint64_t now = event->wall > 0 ? (uint64_t)(event->wall / 1000000000) : 0;
    if (!m->executor) return; /* it follows L1 alone */
    if (orr_envelope_read(m->env->common->mem, &m->config, msg->data, msg->len, &e)) {
        orr_reject(out);
        return;
    }
    out->busy_ns += m->env->common->costs->recover_ns;
    if (orr_envelope_is_untimely(&e, now) ||
        !orr_envelope_is_by(&e, &m->genesis->sequencer.address)) {
        orr_reject(out);
    } else {
        take_in(m, msg, &e, event->peer, event->now, out);
    }
    orr_envelope_free(&e);
    orr_rollup_chain_run(m, out);
}

/* The L1 origin that a block's first deposit names; false: it is not known here (yet). */
static bool find_origin(const struct orr_rollup_member *m, const struct orr_envelope *e,
                        struct orr_l1_block *origin) {
    struct orr_evm_deposit d;
    struct orr_attributes a;
    if (!e->n_txs || orr_evm_deposit_read(e->txs[0].bytes, e->txs[0].len, &d) ||
        orr_attributes_read(d.data, d.data_len, &a) ||
        !orr_verifier_origin(m->verifier, a.number, origin))
        return false;
    if (orr_hash_equal(origin->id.hash, a.hash)) return true;
    orr_l1_block_free(m->env->common->mem, origin);
    return false;
}

/* Executes a block on the unsafe head.  NULL: its origin or its result is another. */
static struct orr_verified *take(struct orr_rollup_member *m, const struct orr_envelope *e) {
    const struct orr_verified *parent = orr_rollup_unsafe(m);
    struct orr_mem *mem = m->env->common->mem;
    struct orr_l1_block origin;
    if (e->header.timestamp != parent->head.block.time + m->config.block_time ||
        !find_origin(m, e, &origin))
        return NULL;
    size_t from = 0;
    while (from < e->n_txs && e->txs[from].len && e->txs[from].bytes[0] == ORR_DEPOSIT_TYPE) from++;
    size_t n = e->n_txs - from, left = n;
    struct orr_rollup_tx *txs = orr_alloc(mem, (n + 1) * sizeof *txs);
    if (n) memcpy(txs, e->txs + from, n * sizeof *txs);
    struct orr_verified *b = orr_alloc_zero(mem, sizeof *b);
    bool made = orr_sequence(mem, &m->config, &m->genesis->chain, m->executor, parent, &origin,
                             (struct orr_evm_block_hashes){m, block_hash}, txs, &left, b);
    orr_free(mem, txs, (n + 1) * sizeof *txs);
    orr_l1_block_free(mem, &origin);
    if (made && orr_hash_equal(b->head.block.hash, e->hash)) return b;
    if (made) orr_verified_free(mem, b);
    orr_free(mem, b, sizeof *b);
    return NULL;
}

/* The block that was heard of and stands on the unsafe head; n: there is none. */
static size_t find_next(struct orr_rollup_member *m) {
    struct orr_rollup_heard *h = &m->heard;
    const struct orr_verified *head = orr_rollup_unsafe(m);
    size_t i = 0;
    while (i < h->n && !orr_hash_equal(h->v[i].parent, head->head.block.hash)) i++;
    return i;
}

static void drop(struct orr_rollup_member *m, size_t i) {
    struct orr_rollup_heard *h = &m->heard;
    orr_msg_unref(m->env->common->pool, h->v[i].msg);
    memmove(h->v + i, h->v + i + 1, (h->n - i - 1) * sizeof *h->v);
    h->n--;
}

static void charge(struct orr_rollup_member *m, const struct orr_verified *b,
                   struct orr_outbox *out) {
    const struct orr_costs *costs = m->env->common->costs;
    out->busy_ns += (int64_t)(b->header.gas_used * (uint64_t)costs->gas_million_ns / 1000000) +
                    (int64_t)(b->n_txs - b->n_deposits) * costs->recover_ns;
}

void orr_rollup_chain_run(struct orr_rollup_member *m, struct orr_outbox *out) {
    if (!m->executor) return;
    for (size_t i; (i = find_next(m)) < m->heard.n;) { /* ends: each turn but the last takes one */
        struct orr_envelope e;
        const struct orr_msg *msg = m->heard.v[i].msg;
        const char *bad =
            orr_envelope_read(m->env->common->mem, &m->config, msg->data, msg->len, &e);
        assert(!bad); /* it was read before */
        (void)bad;
        struct orr_verified *b = take(m, &e);
        orr_envelope_free(&e);
        if (!b) break; /* until L1 says more */
        drop(m, i);
        orr_rollup_chain_push(m, b);
        charge(m, b, out);
        orr_rollup_chain_tell(m, out);
    }
    uint64_t head = orr_rollup_unsafe(m)->head.block.number;
    for (size_t i = m->heard.n; i--;)
        if (m->heard.v[i].number <= head) drop(m, i);
    orr_rollup_chain_tell(m, out);
}
