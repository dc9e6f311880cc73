/* A pool of transactions through any sequence of admissions, blocks, reorganisations and emptied
 * accounts: its bounds hold, its books are right, and what it offers can run. */
#include <stdio.h>
#include <stdlib.h>

#include "models/chain/pool.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { N_SENDERS = 6, MAX_BLOCKS = 8, MAX_BLOCK_TXS = 8, RICH = 1000000000 };
static const struct orr_chain_pool_limits limits = {
    .max_txs = 12, .max_bytes = 1600, .per_sender = 5, .gas_limit = 1000000};

/* A block that was built here, and the state after it. */
struct block {
    struct orr_evm_state *state;
    struct orr_msg *txs[MAX_BLOCK_TXS];
    uint8_t senders[MAX_BLOCK_TXS];
    uint32_t n;
};

struct world {
    struct orr_heap heap;
    struct orr_pool msgs;
    struct orr_evm_store *store;
    struct orr_chain_accounts accounts;
    struct orr_chain_pool pool;
    struct block blocks[MAX_BLOCKS + 1]; /* the first one is empty */
    uint32_t n_blocks;
    struct orr_evm_chain_config config;
};

static struct orr_address address_of(uint8_t i) { return (struct orr_address){{0xa0, i}}; }
static struct orr_evm_state *head(const struct world *w) { return w->blocks[w->n_blocks].state; }

/* ---- what must hold ---- */

static void check_sender(const struct world *w, uint32_t who) {
    const struct orr_chain_pool *p = &w->pool;
    const struct orr_pool_sender *s = &p->senders[who];
    struct orr_address address = orr_chain_accounts_address(p->accounts, (uint32_t)s->account);
    const uint32_t *queue = orr_pool_queue(s);
    MUST(s->n <= limits.per_sender);
    for (uint32_t k = 0; k < s->n; k++) {
        const struct orr_pool_entry *e = &p->entries[queue[k]];
        MUST(queue[k] < p->n_entries && e->msg && e->sender == who);
        const struct orr_chain_tx *form = orr_chain_tx_of(e->msg);
        MUST(form->nonce >= orr_evm_state_nonce(head(w), &address));
        MUST(!orr_u256_less(orr_evm_state_balance(head(w), &address), form->cost));
        MUST(!k || orr_chain_tx_of(p->entries[queue[k - 1]].msg)->nonce < form->nonce);
        MUST(orr_pool_holds(p, &address, form->nonce) && orr_pool_has(p, &address, form));
    }
}

static void check(const struct world *w) {
    const struct orr_chain_pool *p = &w->pool;
    uint64_t n_bytes = 0, n_queued = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->n_entries; i++)
        if (p->entries[i].msg) n++, n_bytes += p->entries[i].msg->len;
    for (uint32_t i = 0; i < p->n_senders; i++) {
        check_sender(w, i);
        n_queued += p->senders[i].n;
    }
    MUST(n == p->n_txs && n == n_queued && n_bytes == p->n_bytes);
    MUST(n <= limits.max_txs && n_bytes <= limits.max_bytes);
}

/* ---- steps ---- */

/* Four bytes: whose it is, nonce, tip, and how much cap, value and data there are. */
static struct orr_msg *make_tx(struct world *w, const uint8_t *b) {
    static const uint8_t zeros[256];
    struct orr_evm_tx tx = {.type = b[3] & 1 ? ORR_TX_FEE_MARKET : ORR_TX_LEGACY,
                            .has_chain_id = true,
                            .chain_id = {{1}},
                            .nonce = b[1] % 8,
                            .gas_limit = 21000,
                            .max_fee = orr_u256_from_u64(b[2] + (b[3] >> 1 & 7u)),
                            .max_priority_fee = orr_u256_from_u64(b[2]),
                            .to = {{1}},
                            .value = orr_u256_from_u64(b[3] & 64 ? RICH / 2 : 0),
                            .data = zeros,
                            .data_len = b[3] & 128 ? 40u * (b[3] >> 4 & 3u) : 0,
                            .r = {{b[0]}}, /* nobody asks who signed it */
                            .s = {{1}}};
    if (tx.type == ORR_TX_LEGACY) tx.max_priority_fee = tx.max_fee;
    struct orr_rlp_writer bytes = {.mem = &w->heap.mem};
    orr_evm_tx_encode(&tx, &bytes);
    struct orr_msg *m = orr_msg_copy(&w->msgs, 0, bytes.bytes, (uint32_t)bytes.len);
    orr_rlp_free(&bytes);
    orr_chain_tx_decode(m, &w->config, ORR_FORK_PRAGUE, &w->heap.mem, &w->msgs, NULL);
    MUST(orr_chain_tx_of(m));
    return m;
}

static void admit(struct world *w, struct orr_msg *m, uint8_t who) {
    struct orr_address sender = address_of(who);
    const struct orr_chain_tx *form = orr_chain_tx_of(m);
    bool was_there = orr_pool_has(&w->pool, &sender, form);
    struct orr_pool_admission a = orr_pool_add(&w->pool, m, &sender, head(w));
    MUST((a.refusal == ORR_POOL_BAD) == (a.rule != ORR_TX_OK));
    MUST(was_there ? a.refusal != ORR_POOL_NONE
                   : orr_pool_has(&w->pool, &sender, form) == (a.refusal == ORR_POOL_NONE));
}

static void set_account(struct orr_evm_state *state, const struct orr_address *a, uint64_t nonce,
                        struct orr_u256 balance) {
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_nonce(state, a, nonce);
    orr_evm_state_set_balance(state, a, balance);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
}

/* Runs what the pool offers, as far as a block goes. */
static void build(struct world *w, uint64_t base_fee) {
    if (w->n_blocks == MAX_BLOCKS) return;
    struct block *b = &w->blocks[w->n_blocks + 1];
    *b = (struct block){.state = orr_evm_state_fork(head(w))};
    struct orr_chain_source offers = orr_pool_offers(&w->pool, orr_u256_from_u64(base_fee));
    const struct orr_chain_offer *o;
    while (b->n < MAX_BLOCK_TXS && (o = offers.next(offers.ctx))) { /* ends: the pool does */
        const struct orr_address *who = &o->sender->address;
        const struct orr_chain_tx *form = orr_chain_tx_of(orr_pool_offered(&w->pool));
        MUST(o->tx->nonce == orr_evm_state_nonce(b->state, who));
        MUST(!orr_u256_less(o->tx->max_fee, orr_u256_from_u64(base_fee)));
        struct orr_u256 left = orr_evm_state_balance(b->state, who);
        bool runs = !orr_u256_less(left, form->cost);
        if (runs) {
            set_account(b->state, who, o->tx->nonce + 1, orr_u256_sub(left, form->cost));
            b->senders[b->n] = who->bytes[1];
            b->txs[b->n++] = orr_msg_ref(orr_pool_offered(&w->pool));
        }
        offers.tried(offers.ctx, runs ? ORR_TX_OK : ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS);
    }
    w->n_blocks++;
    orr_pool_update(&w->pool, b->state);
}

static void drop_block(struct world *w, struct block *b) {
    for (uint32_t i = 0; i < b->n; i++) orr_msg_unref(&w->msgs, b->txs[i]);
    orr_evm_state_destroy(b->state);
}

/* The last n blocks are left: what was in them comes back, the youngest first. */
static void reorganise(struct world *w, uint32_t n) {
    uint32_t last = w->n_blocks;
    if (n > last) n = last;
    w->n_blocks -= n;
    orr_pool_update(&w->pool, head(w));
    check(w);
    for (uint32_t i = last; i > w->n_blocks; i--) {
        for (uint32_t k = 0; k < w->blocks[i].n; k++)
            admit(w, w->blocks[i].txs[k], w->blocks[i].senders[k]);
        drop_block(w, &w->blocks[i]);
    }
}

/* ---- a run ---- */

static void begin(struct world *w) {
    static struct orr_evm_chain_fork forks[1];
    forks[0] = orr_evm_chain_fork(ORR_FORK_PRAGUE);
    *w = (struct world){.config = {.chain_id = {{1}}, .forks = forks, .n_forks = 1}};
    orr_heap_init(&w->heap);
    orr_pool_init(&w->msgs, &w->heap.mem);
    w->store = orr_evm_store_create(&w->heap.mem);
    w->blocks[0].state = orr_evm_state_create(w->store);
    for (uint8_t i = 0; i < N_SENDERS; i++) {
        struct orr_address a = address_of(i);
        set_account(w->blocks[0].state, &a, i % 2, orr_u256_from_u64(RICH));
    }
    orr_chain_accounts_init(&w->accounts, &w->heap.mem);
    orr_pool_open(&w->pool, &w->heap.mem, &w->msgs, &w->accounts, &limits);
}

static void end(struct world *w) {
    orr_pool_close(&w->pool);
    orr_chain_accounts_fini(&w->accounts);
    for (uint32_t i = 0; i <= w->n_blocks; i++) drop_block(w, &w->blocks[i]);
    MUST(!w->msgs.n_live);
    orr_pool_fini(&w->msgs);
    orr_evm_store_destroy(w->store);
    MUST(!w->heap.used_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct world w;
    begin(&w);
    for (const uint8_t *p = data, *stop = data + len; stop - p >= 5; p += 5) {
        if (p[0] < 192) {
            struct orr_msg *m = make_tx(&w, p + 1);
            admit(&w, m, p[1] % N_SENDERS);
            orr_msg_unref(&w.msgs, m);
        } else if (p[0] < 224) {
            build(&w, p[1]);
        } else if (p[0] < 248) {
            reorganise(&w, 1 + p[1] % 4);
        } else { /* an account is emptied in the head's state */
            struct orr_address a = address_of(p[1] % N_SENDERS);
            set_account(head(&w), &a, orr_evm_state_nonce(head(&w), &a), orr_u256_from_u64(p[2]));
            orr_pool_update(&w.pool, head(&w));
        }
        check(&w);
    }
    end(&w);
    return 0;
}
