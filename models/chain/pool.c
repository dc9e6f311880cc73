#include "models/chain/pool.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/u256.h"

const char *orr_pool_refusal_text(enum orr_pool_refusal refusal) {
    static const char *const texts[] = {
#define POOL_REFUSAL(constant, text) text,
        ORR_POOL_REFUSALS(POOL_REFUSAL)
#undef POOL_REFUSAL
    };
    assert(refusal < ORR_N_POOL_REFUSALS);
    return texts[refusal];
}

/* ---- order ---- */

/* What a block's coinbase gets per gas (EIP-1559). */
static struct orr_u256 effective_tip(const struct orr_chain_tx *tx,
                                     const struct orr_u256 *base_fee) {
    struct orr_u256 above = orr_u256_sub(tx->max_fee, *base_fee);
    return orr_u256_less(above, tx->max_tip) ? above : tx->max_tip;
}

/* Places are in order of arrival, so no two entries are equal. */
static bool bids_less(const void *ctx, uint32_t a, uint32_t b) {
    const struct orr_chain_pool *pool = ctx;
    const struct orr_u256 *x = &pool->entries[a].tip, *y = &pool->entries[b].tip;
    if (!orr_u256_equal(*x, *y)) return orr_u256_less(*x, *y);
    return a > b;
}

static bool comes_first(const void *ctx, uint32_t a, uint32_t b) {
    const struct orr_chain_pool *pool = ctx;
    struct orr_u256 x = effective_tip(pool->entries[a].form, &pool->base_fee);
    struct orr_u256 y = effective_tip(pool->entries[b].form, &pool->base_fee);
    if (!orr_u256_equal(x, y)) return orr_u256_less(y, x);
    return a < b;
}

/* ---- senders ---- */

static void key_of(const struct orr_address *address, uint8_t key[32]) {
    memset(key, 0, 32);
    memcpy(key, address->bytes, sizeof address->bytes);
}

static struct orr_address address_of(const struct orr_pool_sender *s) {
    struct orr_address a;
    memcpy(a.bytes, s->key, sizeof a.bytes);
    return a;
}

static uint32_t find_sender(const struct orr_chain_pool *pool, const struct orr_address *address) {
    uint8_t key[32];
    key_of(address, key);
    return orr_index_find32(&pool->index, pool->senders, key);
}

static uint32_t sender_of(struct orr_chain_pool *pool, const struct orr_address *address,
                          struct orr_evm_state *state) {
    uint32_t at = find_sender(pool, address);
    if (at == ORR_NOWHERE) {
        if (pool->n_senders == pool->senders_cap) {
            uint32_t cap = pool->senders_cap ? 2 * pool->senders_cap : 64;
            pool->senders =
                orr_resize(pool->mem, pool->senders, pool->senders_cap * sizeof *pool->senders,
                           cap * sizeof *pool->senders);
            pool->senders_cap = cap;
        }
        at = pool->n_senders++;
        pool->senders[at] = (struct orr_pool_sender){.n = 0};
        key_of(address, pool->senders[at].key);
        orr_index_put32(&pool->index, pool->senders, at);
    }
    struct orr_pool_sender *s = &pool->senders[at];
    if (!s->n) { /* nobody kept it up to date */
        s->nonce = orr_evm_state_nonce(state, address);
        s->balance = orr_evm_state_balance(state, address);
    }
    return at;
}

/* Where a nonce stands in a queue, or would. */
static uint32_t place_in(const struct orr_chain_pool *pool, const struct orr_pool_sender *s,
                         uint64_t nonce) {
    uint32_t low = 0, high = s->n;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (pool->entries[s->queue[middle]].form->nonce < nonce)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- entries ---- */

static void drop_entry(struct orr_chain_pool *pool, uint32_t place) {
    struct orr_pool_entry *e = &pool->entries[place];
    pool->n_txs--;
    pool->n_bytes -= e->msg->len;
    orr_msg_unref(pool->msgs, e->msg);
    e->msg = NULL;
    e->form = NULL;
}

/* Takes n of a sender's queue out, from number `at` on. */
static void cut(struct orr_chain_pool *pool, struct orr_pool_sender *s, uint32_t at, uint32_t n) {
    for (uint32_t i = at; i < at + n; i++) drop_entry(pool, s->queue[i]);
    if (n) memmove(s->queue + at, s->queue + at + n, (s->n - at - n) * sizeof *s->queue);
    s->n -= n;
}

/* Closes the gaps in the entries, and forgets senders of nothing. */
static void sweep(struct orr_chain_pool *pool) {
    uint32_t n = 0;
    uint32_t *to = orr_alloc(pool->mem, pool->n_entries * sizeof *to);
    for (uint32_t i = 0; i < pool->n_entries; i++) {
        to[i] = n;
        if (pool->entries[i].msg) pool->entries[n++] = pool->entries[i];
    }
    uint32_t n_senders = 0;
    orr_index_clear(&pool->index);
    for (uint32_t i = 0; i < pool->n_senders; i++) {
        struct orr_pool_sender s = pool->senders[i];
        for (uint32_t k = 0; k < s.n; k++) {
            s.queue[k] = to[s.queue[k]];
            pool->entries[s.queue[k]].sender = n_senders;
        }
        if (!s.n) {
            orr_free(pool->mem, s.queue, s.cap * sizeof *s.queue);
            continue;
        }
        pool->senders[n_senders] = s;
        orr_index_put32(&pool->index, pool->senders, n_senders++);
    }
    orr_free(pool->mem, to, pool->n_entries * sizeof *to);
    pool->n_entries = n;
    pool->n_senders = n_senders;
    pool->lowest.n = 0;
    pool->is_ranked = false;
    assert(n == pool->n_txs);
}

static bool has_room(const struct orr_chain_pool *pool, uint64_t bytes) {
    return pool->n_txs < pool->limits.max_txs && pool->n_bytes + bytes <= pool->limits.max_bytes;
}

/* Evicts for a transaction of this tip, nonce and sender: of the lowest bidder's queue the last
 * one. False: nobody bids less, or it would come behind a gap that it makes. */
static bool evict_one(struct orr_chain_pool *pool, const struct orr_chain_tx *form,
                      const struct orr_address *sender) {
    if (!pool->is_ranked) {
        sweep(pool);
        for (uint32_t i = 0; i < pool->n_entries; i++)
            orr_places_heap_push(&pool->lowest, i, bids_less, pool);
        pool->is_ranked = true;
    }
    while (!pool->entries[pool->lowest.v[0]].msg) /* ends: what is not gone is in the heap */
        orr_places_heap_pop(&pool->lowest, bids_less, pool);
    const struct orr_pool_entry *e = &pool->entries[pool->lowest.v[0]];
    if (!orr_u256_less(e->tip, form->max_tip)) return false;
    struct orr_pool_sender *s = &pool->senders[e->sender];
    if (!memcmp(s->key, sender->bytes, sizeof sender->bytes) &&
        pool->entries[s->queue[s->n - 1]].form->nonce < form->nonce)
        return false;
    cut(pool, s, s->n - 1, 1);
    pool->n_evicted++;
    return true;
}

/* a >= b + b / 10 */
static bool is_a_tenth_more(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 tenth, rest;
    orr_u256_divmod(b, orr_u256_from_u64(10), &tenth, &rest);
    if (!orr_u256_is_zero(rest)) tenth = orr_u256_add(tenth, orr_u256_from_u64(1));
    struct orr_u256 least = orr_u256_add(b, tenth);
    return !orr_u256_less(least, b) && !orr_u256_less(a, least);
}

static uint32_t new_entry(struct orr_chain_pool *pool, struct orr_msg *msg,
                          const struct orr_chain_tx *form, uint32_t sender) {
    if (pool->n_entries == pool->entries_cap) {
        uint32_t cap = pool->entries_cap ? 2 * pool->entries_cap : 64;
        pool->entries =
            orr_resize(pool->mem, pool->entries, pool->entries_cap * sizeof *pool->entries,
                       cap * sizeof *pool->entries);
        pool->entries_cap = cap;
    }
    uint32_t place = pool->n_entries++;
    pool->entries[place] = (struct orr_pool_entry){orr_msg_ref(msg), form, form->max_tip, sender};
    pool->n_txs++;
    pool->n_bytes += msg->len;
    return place;
}

static void insert(struct orr_chain_pool *pool, struct orr_pool_sender *s, uint32_t at,
                   uint32_t place) {
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 4;
        s->queue =
            orr_resize(pool->mem, s->queue, s->cap * sizeof *s->queue, cap * sizeof *s->queue);
        s->cap = cap;
    }
    memmove(s->queue + at + 1, s->queue + at, (s->n - at) * sizeof *s->queue);
    s->queue[at] = place;
    s->n++;
}

/* ---- the door ---- */

static struct orr_pool_admission refused(enum orr_pool_refusal refusal) {
    return (struct orr_pool_admission){refusal, ORR_TX_OK};
}

static struct orr_pool_admission bad(enum orr_evm_tx_error rule) {
    return (struct orr_pool_admission){ORR_POOL_BAD, rule};
}

static enum orr_evm_tx_error check(const struct orr_chain_pool *pool,
                                   const struct orr_pool_sender *s,
                                   const struct orr_chain_tx *form) {
    if (form->nonce < s->nonce) return ORR_TX_NONCE_MISMATCH_TOO_LOW;
    if (orr_u256_less(s->balance, form->cost)) return ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS;
    if (pool->limits.gas_limit && form->gas_limit > pool->limits.gas_limit)
        return ORR_TX_GAS_ALLOWANCE_EXCEEDED;
    return ORR_TX_OK;
}

struct orr_pool_admission orr_pool_add(struct orr_chain_pool *pool, struct orr_msg *msg,
                                       const struct orr_address *sender,
                                       struct orr_evm_state *state) {
    const struct orr_chain_tx *form = orr_chain_tx_of(msg);
    if (!form) return bad(ORR_TX_RLP_INVALID_VALUE);
    if (form->type == ORR_TX_BLOB && !pool->limits.takes_blobs) return refused(ORR_POOL_BLOBS);
    if (pool->n_entries > 64 && pool->n_txs < pool->n_entries / 2) sweep(pool);
    uint32_t who = sender_of(pool, sender, state);
    struct orr_pool_sender *s = &pool->senders[who];
    enum orr_evm_tx_error rule = check(pool, s, form);
    if (rule) return bad(rule);
    uint32_t at = place_in(pool, s, form->nonce);
    struct orr_pool_entry *old = at < s->n ? &pool->entries[s->queue[at]] : NULL;
    if (old && old->form->nonce == form->nonce) {
        if (orr_hash_equal(old->form->hash, form->hash)) return refused(ORR_POOL_KNOWN);
        if (!is_a_tenth_more(form->max_fee, old->form->max_fee) ||
            !is_a_tenth_more(form->max_tip, old->form->max_tip))
            return refused(ORR_POOL_UNDERPRICED);
        if (pool->n_bytes - old->msg->len + msg->len > pool->limits.max_bytes)
            return refused(ORR_POOL_FULL);
        cut(pool, s, at, 1);
        pool->n_replaced++;
    } else if (s->n >= pool->limits.per_sender) {
        return refused(ORR_POOL_SENDER_FULL);
    }
    while (!has_room(pool, msg->len)) /* ends: each turn one leaves, or nobody does */
        if (!pool->n_txs || !evict_one(pool, form, sender)) return refused(ORR_POOL_FULL);
    who = sender_of(pool, sender, state); /* eviction may have moved it */
    s = &pool->senders[who];
    uint32_t place = new_entry(pool, msg, form, who);
    insert(pool, s, place_in(pool, s, form->nonce), place);
    if (pool->is_ranked) orr_places_heap_push(&pool->lowest, place, bids_less, pool);
    return refused(ORR_POOL_NONE);
}

bool orr_pool_holds(const struct orr_chain_pool *pool, const struct orr_address *sender,
                    uint64_t nonce) {
    uint32_t who = find_sender(pool, sender);
    if (who == ORR_NOWHERE) return false;
    const struct orr_pool_sender *s = &pool->senders[who];
    uint32_t at = place_in(pool, s, nonce);
    return at < s->n && pool->entries[s->queue[at]].form->nonce == nonce;
}

bool orr_pool_has(const struct orr_chain_pool *pool, const struct orr_address *sender,
                  const struct orr_chain_tx *form) {
    uint32_t who = find_sender(pool, sender);
    if (who == ORR_NOWHERE) return false;
    const struct orr_pool_sender *s = &pool->senders[who];
    uint32_t at = place_in(pool, s, form->nonce);
    return at < s->n && orr_hash_equal(pool->entries[s->queue[at]].form->hash, form->hash);
}

void orr_pool_update(struct orr_chain_pool *pool, struct orr_evm_state *state) {
    for (uint32_t i = 0; i < pool->n_senders; i++) {
        struct orr_pool_sender *s = &pool->senders[i];
        if (!s->n) continue;
        struct orr_address address = address_of(s);
        s->nonce = orr_evm_state_nonce(state, &address);
        s->balance = orr_evm_state_balance(state, &address);
        cut(pool, s, 0, place_in(pool, s, s->nonce));
        for (uint32_t k = s->n; k-- > 0;)
            if (orr_u256_less(s->balance, pool->entries[s->queue[k]].form->cost))
                cut(pool, s, k, 1);
    }
}

/* ---- offers ---- */

/* The next of a sender that may follow on what ran before. */
static void push_next(struct orr_chain_pool *pool, const struct orr_pool_sender *s,
                      uint64_t nonce) {
    uint32_t at = place_in(pool, s, nonce);
    if (at == s->n) return;
    const struct orr_chain_tx *form = pool->entries[s->queue[at]].form;
    if ((form->nonce != nonce && !pool->limits.skips_gaps) ||
        orr_u256_less(form->max_fee, pool->base_fee))
        return;
    orr_places_heap_push(&pool->best, s->queue[at], comes_first, pool);
}

static void end_offer(struct orr_chain_pool *pool) {
    if (pool->has_offer) orr_evm_tx_free(pool->mem, &pool->offered);
    pool->has_offer = false;
}

static const struct orr_chain_offer *next(void *ctx) {
    struct orr_chain_pool *pool = ctx;
    end_offer(pool);
    if (!pool->best.n) return NULL;
    pool->offered_place = orr_places_heap_pop(&pool->best, comes_first, pool);
    const struct orr_pool_entry *e = &pool->entries[pool->offered_place];
    int error = orr_evm_tx_decode(pool->mem, e->msg->data, e->msg->len, &pool->offered);
    assert(!error); /* it has a form */
    (void)error;
    pool->has_offer = true;
    pool->offered_by = (struct orr_evm_sender){address_of(&pool->senders[e->sender]), ORR_TX_OK};
    pool->offer =
        (struct orr_chain_offer){&pool->offered, e->msg->data, e->msg->len, &pool->offered_by};
    return &pool->offer;
}

/* What did not run keeps back what follows it. */
static void tried(void *ctx, enum orr_evm_tx_error error) {
    struct orr_chain_pool *pool = ctx;
    if (error) return;
    const struct orr_pool_entry *e = &pool->entries[pool->offered_place];
    push_next(pool, &pool->senders[e->sender], e->form->nonce + 1);
}

struct orr_chain_source orr_pool_offers(struct orr_chain_pool *pool, struct orr_u256 base_fee) {
    pool->base_fee = base_fee;
    pool->best.n = 0;
    for (uint32_t i = 0; i < pool->n_senders; i++)
        if (pool->senders[i].n) push_next(pool, &pool->senders[i], pool->senders[i].nonce);
    return (struct orr_chain_source){pool, next, tried};
}

struct orr_msg *orr_pool_offered(const struct orr_chain_pool *pool) {
    return pool->entries[pool->offered_place].msg;
}

/* ---- life ---- */

void orr_pool_open(struct orr_chain_pool *pool, struct orr_mem *mem, struct orr_pool *msgs,
                   const struct orr_chain_pool_limits *limits) {
    *pool = (struct orr_chain_pool){.mem = mem, .msgs = msgs, .limits = *limits};
    orr_index_init(&pool->index, mem, sizeof *pool->senders, offsetof(struct orr_pool_sender, key));
    orr_places_heap_init(&pool->lowest, mem);
    orr_places_heap_init(&pool->best, mem);
}

void orr_pool_close(struct orr_chain_pool *pool) {
    end_offer(pool);
    for (uint32_t i = 0; i < pool->n_entries; i++) orr_msg_unref(pool->msgs, pool->entries[i].msg);
    for (uint32_t i = 0; i < pool->n_senders; i++)
        orr_free(pool->mem, pool->senders[i].queue, pool->senders[i].cap * sizeof(uint32_t));
    orr_free(pool->mem, pool->entries, pool->entries_cap * sizeof *pool->entries);
    orr_free(pool->mem, pool->senders, pool->senders_cap * sizeof *pool->senders);
    orr_index_fini(&pool->index);
    orr_places_heap_fini(&pool->lowest);
    orr_places_heap_fini(&pool->best);
}
