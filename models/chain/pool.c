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

static const struct orr_chain_tx *form_of(const struct orr_chain_pool *pool, uint32_t place) {
    return orr_chain_tx_of(pool->entries[place].msg);
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
    const struct orr_u256 *x = &pool->tips[a], *y = &pool->tips[b];
    if (!orr_u256_equal(*x, *y)) return orr_u256_less(*x, *y);
    return a > b;
}

static bool comes_first(const void *ctx, uint32_t a, uint32_t b) {
    const struct orr_chain_pool *pool = ctx;
    struct orr_u256 x = effective_tip(form_of(pool, a), &pool->base_fee);
    struct orr_u256 y = effective_tip(form_of(pool, b), &pool->base_fee);
    if (!orr_u256_equal(x, y)) return orr_u256_less(y, x);
    return a < b;
}

/* ---- senders ---- */

/* The sender of this account number (ORR_NOWHERE: it has none), or NULL. */
static struct orr_pool_sender *sender_of(const struct orr_chain_pool *pool, uint32_t account) {
    if (account == ORR_NOWHERE) return NULL;
    uint32_t at = orr_index_find(&pool->index, pool->senders, account);
    return at == ORR_NOWHERE ? NULL : &pool->senders[at];
}

static struct orr_pool_sender *find_sender(const struct orr_chain_pool *pool,
                                           const struct orr_address *address) {
    return sender_of(pool, orr_chain_accounts_find(pool->accounts, address));
}

static struct orr_pool_sender *new_sender(struct orr_chain_pool *pool, uint32_t account) {
    if (pool->n_senders == pool->senders_cap) {
        uint32_t cap = pool->senders_cap ? 2 * pool->senders_cap : 16;
        pool->senders =
            orr_resize(pool->mem, pool->senders, pool->senders_cap * sizeof *pool->senders,
                       cap * sizeof *pool->senders);
        pool->senders_cap = cap;
    }
    struct orr_pool_sender *s = &pool->senders[pool->n_senders];
    *s = (struct orr_pool_sender){.account = account};
    orr_index_put(&pool->index, pool->senders, pool->n_senders++);
    return s;
}

static uint32_t *queue_of(struct orr_pool_sender *s) { return s->cap ? s->many : s->few; }

static void free_queue(struct orr_chain_pool *pool, struct orr_pool_sender *s) {
    if (s->cap) orr_free(pool->mem, s->many, s->cap * sizeof *s->many);
}

static uint64_t nonce_at(const struct orr_chain_pool *pool, const struct orr_pool_sender *s,
                         uint32_t at) {
    return form_of(pool, orr_pool_queue(s)[at])->nonce;
}

/* Where a nonce stands in a queue, or would. */
static uint32_t place_in(const struct orr_chain_pool *pool, const struct orr_pool_sender *s,
                         uint64_t nonce) {
    if (!s->n || nonce > s->last) return s->n;
    uint32_t low = 0, high = s->n - 1;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (nonce_at(pool, s, middle) < nonce)
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
}

/* Takes n of a sender's queue out, from number `at` on. */
static void cut(struct orr_chain_pool *pool, struct orr_pool_sender *s, uint32_t at, uint32_t n) {
    uint32_t *queue = queue_of(s);
    for (uint32_t i = at; i < at + n; i++) drop_entry(pool, queue[i]);
    if (!n) return;
    memmove(queue + at, queue + at + n, (s->n - at - n) * sizeof *queue);
    s->n -= n;
    if (at == s->n && at) s->last = nonce_at(pool, s, at - 1);
}

static void forget_ranks(struct orr_chain_pool *pool) {
    orr_free(pool->mem, pool->tips, pool->tips ? pool->entries_cap * sizeof *pool->tips : 0);
    pool->tips = NULL;
    pool->lowest.n = 0;
    pool->is_ranked = false;
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
        struct orr_pool_sender *s = &pool->senders[i];
        uint32_t *queue = queue_of(s);
        for (uint32_t k = 0; k < s->n; k++) {
            queue[k] = to[queue[k]];
            pool->entries[queue[k]].sender = n_senders;
        }
        if (!s->n) {
            free_queue(pool, s);
            continue;
        }
        pool->senders[n_senders] = *s;
        orr_index_put(&pool->index, pool->senders, n_senders++);
    }
    orr_free(pool->mem, to, pool->n_entries * sizeof *to);
    pool->n_entries = n;
    pool->n_senders = n_senders;
    forget_ranks(pool);
    assert(n == pool->n_txs);
}

static bool has_room(const struct orr_chain_pool *pool, uint64_t bytes) {
    return pool->n_txs < pool->limits.max_txs && pool->n_bytes + bytes <= pool->limits.max_bytes;
}

static void rank(struct orr_chain_pool *pool) {
    sweep(pool);
    pool->tips = orr_alloc(pool->mem, pool->entries_cap * sizeof *pool->tips);
    for (uint32_t i = 0; i < pool->n_entries; i++) {
        pool->tips[i] = form_of(pool, i)->max_tip;
        orr_places_heap_push(&pool->lowest, i, bids_less, pool);
    }
    pool->is_ranked = true;
}

/* Evicts for a transaction of this tip, nonce and account: of the lowest bidder's queue the last
 * one. False: nobody bids less, or it would come behind a gap that it makes. */
static bool evict_one(struct orr_chain_pool *pool, const struct orr_chain_tx *form,
                      uint32_t account) {
    if (!pool->is_ranked) rank(pool);
    while (!pool->entries[pool->lowest.v[0]].msg) /* ends: what is not gone is in the heap */
        orr_places_heap_pop(&pool->lowest, bids_less, pool);
    uint32_t lowest = pool->lowest.v[0];
    if (!orr_u256_less(pool->tips[lowest], form->max_tip)) return false;
    struct orr_pool_sender *s = &pool->senders[pool->entries[lowest].sender];
    if (s->account == account && s->last < form->nonce) return false;
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
        if (pool->tips)
            pool->tips = orr_resize(pool->mem, pool->tips, pool->entries_cap * sizeof *pool->tips,
                                    cap * sizeof *pool->tips);
        pool->entries_cap = cap;
    }
    uint32_t place = pool->n_entries++;
    pool->entries[place] = (struct orr_pool_entry){orr_msg_ref(msg), sender};
    if (pool->tips) pool->tips[place] = form->max_tip;
    pool->n_txs++;
    pool->n_bytes += msg->len;
    return place;
}

static void insert(struct orr_chain_pool *pool, struct orr_pool_sender *s, uint32_t at,
                   uint32_t place) {
    uint32_t room = s->cap ? s->cap : ORR_POOL_FEW;
    if (s->n == room) {
        uint32_t *queue = orr_alloc(pool->mem, 2 * room * sizeof *queue);
        memcpy(queue, queue_of(s), s->n * sizeof *queue);
        free_queue(pool, s);
        s->many = queue;
        s->cap = 2 * room;
    }
    uint32_t *queue = queue_of(s);
    memmove(queue + at + 1, queue + at, (s->n - at) * sizeof *queue);
    queue[at] = place;
    if (at == s->n++) s->last = form_of(pool, place)->nonce;
}

/* ---- the door ---- */

static struct orr_pool_admission refused(enum orr_pool_refusal refusal) {
    return (struct orr_pool_admission){refusal, ORR_TX_OK};
}

static struct orr_pool_admission bad(enum orr_evm_tx_error rule) {
    return (struct orr_pool_admission){ORR_POOL_BAD, rule};
}

/* What the head's state says of an account; number: ORR_NOWHERE: nobody let it in anywhere yet. */
static struct orr_chain_account account_of(struct orr_chain_pool *pool,
                                           const struct orr_address *address, uint32_t number,
                                           struct orr_evm_state *state) {
    if (number == ORR_NOWHERE)
        return (struct orr_chain_account){.nonce = orr_evm_state_nonce(state, address),
                                          .balance = orr_evm_state_balance(state, address)};
    if (!pool->view) pool->view = orr_chain_accounts_open(pool->accounts, state);
    return *orr_chain_accounts_read(pool->accounts, pool->view, state, number);
}

static enum orr_evm_tx_error check(const struct orr_chain_pool *pool,
                                   const struct orr_chain_account *account,
                                   const struct orr_chain_tx *form) {
    if (form->nonce < account->nonce) return ORR_TX_NONCE_MISMATCH_TOO_LOW;
    if (orr_u256_less(account->balance, form->cost)) return ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS;
    if (pool->limits.gas_limit && form->gas_limit > pool->limits.gas_limit)
        return ORR_TX_GAS_ALLOWANCE_EXCEEDED;
    return ORR_TX_OK;
}

/* Whether it may stand in its sender's queue (NULL: there is none); what it replaces goes. */
static enum orr_pool_refusal make_place(struct orr_chain_pool *pool, struct orr_pool_sender *s,
                                        const struct orr_msg *msg,
                                        const struct orr_chain_tx *form) {
    if (!s) return ORR_POOL_NONE;
    uint32_t at = place_in(pool, s, form->nonce);
    if (at < s->n && nonce_at(pool, s, at) == form->nonce) {
        const struct orr_msg *old = pool->entries[orr_pool_queue(s)[at]].msg;
        const struct orr_chain_tx *before = orr_chain_tx_of(old);
        if (orr_hash_equal(before->hash, form->hash)) return ORR_POOL_KNOWN;
        if (!is_a_tenth_more(form->max_fee, before->max_fee) ||
            !is_a_tenth_more(form->max_tip, before->max_tip))
            return ORR_POOL_UNDERPRICED;
        if (pool->n_bytes - old->len + msg->len > pool->limits.max_bytes) return ORR_POOL_FULL;
        cut(pool, s, at, 1);
        pool->n_replaced++;
        return ORR_POOL_NONE;
    }
    return s->n >= pool->limits.per_sender ? ORR_POOL_SENDER_FULL : ORR_POOL_NONE;
}

struct orr_pool_admission orr_pool_add(struct orr_chain_pool *pool, struct orr_msg *msg,
                                       const struct orr_address *sender,
                                       struct orr_evm_state *state) {
    const struct orr_chain_tx *form = orr_chain_tx_of(msg);
    if (!form) return bad(ORR_TX_RLP_INVALID_VALUE);
    if (form->type == ORR_TX_BLOB && !pool->limits.takes_blobs) return refused(ORR_POOL_BLOBS);
    if (pool->n_entries > 64 && pool->n_txs < pool->n_entries / 2) sweep(pool);
    uint32_t number = orr_chain_accounts_find(pool->accounts, sender);
    struct orr_chain_account account = account_of(pool, sender, number, state);
    enum orr_evm_tx_error rule = check(pool, &account, form);
    if (rule) return bad(rule);
    enum orr_pool_refusal refusal = make_place(pool, sender_of(pool, number), msg, form);
    if (refusal) return refused(refusal);
    while (!has_room(pool, msg->len)) /* ends: each turn one leaves, or nobody does */
        if (!pool->n_txs || !evict_one(pool, form, number)) return refused(ORR_POOL_FULL);
    if (number == ORR_NOWHERE) {
        number = orr_chain_accounts_number(pool->accounts, sender);
        account_of(pool, sender, number, state); /* in the view, as orr_pool_update wants it */
    }
    struct orr_pool_sender *s = sender_of(pool, number); /* eviction may have moved it */
    if (!s) s = new_sender(pool, number);
    uint32_t place = new_entry(pool, msg, form, (uint32_t)(s - pool->senders));
    insert(pool, s, place_in(pool, s, form->nonce), place);
    if (pool->is_ranked) orr_places_heap_push(&pool->lowest, place, bids_less, pool);
    return refused(ORR_POOL_NONE);
}

/* The message of this nonce that waits of a sender, or NULL. */
static const struct orr_msg *find(const struct orr_chain_pool *pool,
                                  const struct orr_address *sender, uint64_t nonce) {
    const struct orr_pool_sender *s = find_sender(pool, sender);
    if (!s) return NULL;
    uint32_t at = place_in(pool, s, nonce);
    return at < s->n && nonce_at(pool, s, at) == nonce ? pool->entries[orr_pool_queue(s)[at]].msg
                                                       : NULL;
}

bool orr_pool_holds(const struct orr_chain_pool *pool, const struct orr_address *sender,
                    uint64_t nonce) {
    return find(pool, sender, nonce) != NULL;
}

bool orr_pool_has(const struct orr_chain_pool *pool, const struct orr_address *sender,
                  const struct orr_chain_tx *form) {
    const struct orr_msg *m = find(pool, sender, form->nonce);
    return m && orr_hash_equal(orr_chain_tx_of(m)->hash, form->hash);
}

/* What waits was valid by the view before: only a nonce that rose or a balance that fell asks for a
 * look. */
void orr_pool_update(struct orr_chain_pool *pool, struct orr_evm_state *state) {
    struct orr_chain_accounts *accounts = pool->accounts;
    struct orr_chain_accounts_view *before = pool->view;
    pool->view = orr_chain_accounts_open(accounts, state);
    for (uint32_t i = 0; i < pool->n_senders && pool->view != before; i++) {
        struct orr_pool_sender *s = &pool->senders[i];
        if (!s->n) continue;
        uint32_t number = (uint32_t)s->account;
        assert(before && number < before->n && before->accounts[number].is_known);
        const struct orr_chain_account *old = &before->accounts[number];
        const struct orr_chain_account *new =
            orr_chain_accounts_read(accounts, pool->view, state, number);
        if (new->nonce > old->nonce) cut(pool, s, 0, place_in(pool, s, new->nonce));
        if (!orr_u256_less(new->balance, old->balance)) continue;
        for (uint32_t k = s->n; k-- > 0;)
            if (orr_u256_less(new->balance, form_of(pool, orr_pool_queue(s)[k])->cost))
                cut(pool, s, k, 1);
    }
    orr_chain_accounts_close(accounts, before);
}

/* ---- offers ---- */

/* The next of a sender that may follow on what ran before. */
static void push_next(struct orr_chain_pool *pool, const struct orr_pool_sender *s,
                      uint64_t nonce) {
    uint32_t at = place_in(pool, s, nonce);
    if (at == s->n) return;
    uint32_t place = orr_pool_queue(s)[at];
    const struct orr_chain_tx *form = form_of(pool, place);
    if ((form->nonce != nonce && !pool->limits.skips_gaps) ||
        orr_u256_less(form->max_fee, pool->base_fee))
        return;
    orr_places_heap_push(&pool->best, place, comes_first, pool);
}

static void end_offer(struct orr_chain_pool *pool) {
    if (!pool->offered) return;
    if (pool->offered->is_there) orr_evm_tx_free(pool->mem, &pool->offered->tx);
    pool->offered->is_there = false;
}

static const struct orr_chain_offer *next(void *ctx) {
    struct orr_chain_pool *pool = ctx;
    end_offer(pool);
    if (!pool->best.n) return NULL;
    if (!pool->offered) pool->offered = orr_alloc_zero(pool->mem, sizeof *pool->offered);
    struct orr_pool_offered *o = pool->offered;
    o->place = orr_places_heap_pop(&pool->best, comes_first, pool);
    const struct orr_pool_entry *e = &pool->entries[o->place];
    int error = orr_evm_tx_decode(pool->mem, e->msg->data, e->msg->len, &o->tx);
    assert(!error); /* it has a form */
    (void)error;
    o->is_there = true;
    uint32_t account = (uint32_t)pool->senders[e->sender].account;
    o->by = (struct orr_evm_sender){orr_chain_accounts_address(pool->accounts, account), ORR_TX_OK};
    o->offer = (struct orr_chain_offer){&o->tx, e->msg->data, e->msg->len, &o->by};
    return &o->offer;
}

/* What did not run keeps back what follows it. */
static void tried(void *ctx, enum orr_evm_tx_error error) {
    struct orr_chain_pool *pool = ctx;
    if (error) return;
    const struct orr_pool_entry *e = &pool->entries[pool->offered->place];
    push_next(pool, &pool->senders[e->sender], orr_chain_tx_of(e->msg)->nonce + 1);
}

struct orr_chain_source orr_pool_offers(struct orr_chain_pool *pool, struct orr_u256 base_fee) {
    pool->base_fee = base_fee;
    pool->best.n = 0;
    for (uint32_t i = 0; i < pool->n_senders; i++) {
        const struct orr_pool_sender *s = &pool->senders[i];
        if (s->n) push_next(pool, s, pool->view->accounts[s->account].nonce);
    }
    return (struct orr_chain_source){pool, next, tried};
}

struct orr_msg *orr_pool_offered(const struct orr_chain_pool *pool) {
    return pool->entries[pool->offered->place].msg;
}

/* ---- life ---- */

void orr_pool_open(struct orr_chain_pool *pool, struct orr_mem *mem, struct orr_pool *msgs,
                   struct orr_chain_accounts *accounts,
                   const struct orr_chain_pool_limits *limits) {
    *pool =
        (struct orr_chain_pool){.mem = mem, .msgs = msgs, .accounts = accounts, .limits = *limits};
    orr_index_init(&pool->index, mem, sizeof *pool->senders,
                   offsetof(struct orr_pool_sender, account));
    orr_places_heap_init(&pool->lowest, mem);
    orr_places_heap_init(&pool->best, mem);
}

void orr_pool_close(struct orr_chain_pool *pool) {
    end_offer(pool);
    orr_free(pool->mem, pool->offered, sizeof *pool->offered);
    for (uint32_t i = 0; i < pool->n_entries; i++) orr_msg_unref(pool->msgs, pool->entries[i].msg);
    for (uint32_t i = 0; i < pool->n_senders; i++) free_queue(pool, &pool->senders[i]);
    forget_ranks(pool);
    orr_chain_accounts_close(pool->accounts, pool->view);
    orr_free(pool->mem, pool->entries, pool->entries_cap * sizeof *pool->entries);
    orr_free(pool->mem, pool->senders, pool->senders_cap * sizeof *pool->senders);
    orr_index_fini(&pool->index);
    orr_places_heap_fini(&pool->lowest);
    orr_places_heap_fini(&pool->best);
}
