/* pool.h - transactions that wait for a block: per sender a queue by nonce.
 *
 * A gap in the nonces waits until it is filled.  The same nonce again replaces when tip and cap are
 * both at least a tenth higher (go-ethereum's txpool.pricebump).  A full pool evicts the sender's
 * last transaction of whoever bids the lowest tip, and only for a higher one.  At the door stand
 * nonce and balance, for the worst case of this one transaction.  What needs no state (signature,
 * type, intrinsic gas) the caller has judged by the rules of its head (orr_chain_tx_judge): they
 * may be a later fork's than those that the form was made by.
 *
 * A pure function of the calls' order. */
#ifndef ORR_CHAIN_POOL_H
#define ORR_CHAIN_POOL_H

#include "models/base/heap.h"
#include "models/base/index.h"
#include "models/chain/accounts.h"
#include "models/chain/build.h"
#include "models/chain/tx.h"

struct orr_chain_pool_limits {
    uint32_t max_txs;
    uint64_t max_bytes;
    uint32_t per_sender; /* transactions of one sender */
    uint64_t gas_limit;  /* a transaction that wants more fits no block; 0: no bound */
    bool takes_blobs;    /* transactions of type 3 */
    bool skips_gaps;     /* a flaw: nonces need not follow each other */
};

/* Why a transaction is not taken in.  POOL_REFUSAL(constant, text); BAD has a rule to name. */
#define ORR_POOL_REFUSALS(POOL_REFUSAL)                                                  \
    POOL_REFUSAL(NONE, "taken in")                                                       \
    POOL_REFUSAL(BAD, "not valid")                                                       \
    POOL_REFUSAL(KNOWN, "it is there already")                                           \
    POOL_REFUSAL(UNDERPRICED, "it does not bid a tenth more than what it would replace") \
    POOL_REFUSAL(SENDER_FULL, "its sender has as many as one may have")                  \
    POOL_REFUSAL(FULL, "the pool is full of better ones")                                \
    POOL_REFUSAL(BLOBS, "blob transactions are not taken")
enum orr_pool_refusal {
#define POOL_REFUSAL(constant, text) ORR_POOL_##constant,
    ORR_POOL_REFUSALS(POOL_REFUSAL)
#undef POOL_REFUSAL
        ORR_N_POOL_REFUSALS
};
const char *orr_pool_refusal_text(enum orr_pool_refusal refusal);

struct orr_pool_admission {
    enum orr_pool_refusal refusal;
    enum orr_evm_tx_error rule; /* with BAD */
};

enum { ORR_POOL_FEW = 2 };

struct orr_chain_pool {
    struct orr_mem *mem;
    struct orr_pool *msgs;
    struct orr_chain_accounts *accounts;  /* lent */
    struct orr_chain_accounts_view *view; /* of the head's state; NULL: nobody asked yet */
    struct orr_chain_pool_limits limits;
    uint32_t n_txs;
    uint64_t n_bytes, n_evicted, n_replaced;
    /* Both are small: a thousand pools hold the same transactions. */
    struct orr_pool_entry {
        struct orr_msg *msg; /* a reference; NULL: gone, swept up later */
        uint32_t sender;     /* place in senders */
    } * entries;             /* [n_entries], in order of arrival */
    struct orr_u256 *tips;   /* [entries_cap] of the entries, gone ones too, while is_ranked */
    uint32_t n_entries, entries_cap;
    struct orr_pool_sender {
        uint64_t account; /* its number */
        uint64_t last;    /* nonce of the last in the queue; while n is not 0 */
        uint32_t n, cap;  /* cap 0: there is room for ORR_POOL_FEW */
        union {           /* [n] places of entries, ascending by nonce */
            uint32_t few[ORR_POOL_FEW], *many;
        };
    } * senders;
    uint32_t n_senders, senders_cap;
    struct orr_index index;        /* of senders */
    bool is_ranked;                /* `lowest` is kept: the pool was full since the last sweep */
    struct orr_places_heap lowest; /* entries, gone ones too, the lowest bid on top */
    struct orr_places_heap best;   /* of orr_pool_begin: heads of queues, the highest bid on top */
    struct orr_u256 base_fee;      /* ... and for which base fee */
    struct orr_pool_offered {
        struct orr_chain_offer offer;
        struct orr_evm_tx tx;
        struct orr_evm_sender by;
        uint32_t place;
        bool is_there;
    } * offered; /* last; NULL: nothing ever was, as in a node that builds no block */
};

static inline const uint32_t *orr_pool_queue(const struct orr_pool_sender *s) {
    return s->cap ? s->many : s->few;
}

/* accounts: lent; other pools of the chain may have the same. */
void orr_pool_open(struct orr_chain_pool *pool, struct orr_mem *mem, struct orr_pool *msgs,
                   struct orr_chain_accounts *accounts, const struct orr_chain_pool_limits *limits);
void orr_pool_close(struct orr_chain_pool *pool);

/* Takes a reference to a message with a form that was judged; sender: who signed it; state: the
 * head's, of which orr_pool_update was told if it is another one than the first call's. */
struct orr_pool_admission orr_pool_add(struct orr_chain_pool *pool, struct orr_msg *msg,
                                       const struct orr_address *sender,
                                       struct orr_evm_state *state);
/* Is this very transaction in it? */
bool orr_pool_has(const struct orr_chain_pool *pool, const struct orr_address *sender,
                  const struct orr_chain_tx *form);
/* Does a sender's transaction with this nonce wait here? */
bool orr_pool_holds(const struct orr_chain_pool *pool, const struct orr_address *sender,
                    uint64_t nonce);
/* The head has this state now: what has become invalid goes. */
void orr_pool_update(struct orr_chain_pool *pool, struct orr_evm_state *state);

/* Begins to offer what can run next, for a block with this base fee: by effective tip, then in
 * order of arrival, and of each sender by nonce.  The source is the pool's, until the pool is
 * changed. */
struct orr_chain_source orr_pool_offers(struct orr_chain_pool *pool, struct orr_u256 base_fee);
/* The message that was offered last, lent. */
struct orr_msg *orr_pool_offered(const struct orr_chain_pool *pool);
#endif
