/* ledger.h - the smallest application worth agreeing on: accounts that pay each other, signed.
 *
 * State is a map from public key to balance and used nonces; an account that was never named has
 * the genesis balance.  The state root is the RFC 6962 tree over all accounts in the order in which
 * the chain first named them; a leaf is the key, the balance u64, and for each run of used nonces
 * its first and last u64.
 *
 * A transfer, little-endian:
 *     from (32) | to (32) | amount u64 | fee u64 | nonce u64 | any payload | signature (64)
 * signed by `from` over the chain id and all that precedes the signature.  A nonce is used once, in
 * any order (nonces.h), so transfers of one client may overtake each other by as much as a
 * partition makes of it.  A transfer that its sender cannot pay uses its nonce up and does nothing
 * else.  Fees are burnt; a transfer's fee is its priority in the mempool.
 *
 * A ledger may have a governor: a key whose transfers move no coins but set the voting power of the
 * validator with key `to` to `amount` (orr_app.power_change).  They are free and go first.  The
 * governor's leaf ends with a hash over all of them: SHA-256 of 'p' | the hash before | height u64
 * | key | power u64, zero before the first. */
#ifndef ORR_LEDGER_LEDGER_H
#define ORR_LEDGER_LEDGER_H

#include "models/app.h"
#include "models/base/index.h"
#include "models/base/merkle.h"
#include "models/base/sign.h"
#include "models/ledger/nonces.h"

enum {
    ORR_TRANSFER_HEAD_BYTES = 32 + 32 + 8 + 8 + 8,
    ORR_TRANSFER_MIN_BYTES = ORR_TRANSFER_HEAD_BYTES + ORR_SIGN_BYTES
};

struct orr_transfer { /* decoded; from and to point into the bytes */
    const uint8_t *from, *to;
    uint64_t amount, fee, nonce;
};

/* Reads a transfer; false: malformed. */
bool orr_transfer_read(const uint8_t *bytes, size_t len, struct orr_transfer *x);
bool orr_transfer_verify(const uint8_t *bytes, size_t len, uint64_t chain_id,
                         struct orr_memo *memo);
/* Gives a message its form (orr_protocol.decode), for check(): the verdict on its signature. */
void orr_transfer_decode(struct orr_msg *m, uint64_t chain_id, struct orr_pool *pool,
                         struct orr_memo *memo);
/* A signed transfer of max(size, ORR_TRANSFER_MIN_BYTES) bytes, as a message of kind 0. */
struct orr_msg *orr_transfer_make(const struct orr_keypair *from, const uint8_t to[32],
                                  uint64_t amount, uint64_t fee, uint64_t nonce, uint32_t size,
                                  uint64_t chain_id, struct orr_pool *pool, struct orr_memo *memo);

struct orr_ledger_account_state {
    uint64_t balance;
    struct orr_ledger_nonces used;
};
struct orr_ledger_account {
    uint8_t key[32];
    struct orr_ledger_account_state now;  /* after the last commit()           */
    struct orr_ledger_account_state next; /* while a block is tried or executed     */
    bool is_touched;               /* next is in use; listed in touched       */
};

struct orr_ledger_power { /* a change of voting power, see orr_app_power */
    uint64_t height, power;
    uint8_t key[32];
};

struct orr_ledger {
    struct orr_mem *mem;
    struct orr_memo *memo;
    const struct orr_costs *costs;
    uint64_t chain_id, genesis_balance;
    struct orr_ledger_account *accounts; /* [n] in the order of first naming */
    uint32_t n, cap;
    struct orr_index index; /* of accounts by key */
    uint32_t *touched; /* [n_touched] */
    uint32_t n_touched, touched_cap;
    struct orr_merkle_tree tree;
    uint64_t burnt; /* fees so far */
    const uint8_t *governor; /* [32] its public key, lent; NULL: there is none. Set before the first
                                block */
    struct orr_ledger_power *powers; /* [n_powers] in the order of the chain */
    uint32_t n_powers, powers_cap;
    uint8_t powers_hash[32];
};

/* env is lent for the ledger's life. */
void orr_ledger_init(struct orr_ledger *ledger, const struct orr_env *env, uint64_t chain_id,
                     uint64_t genesis_balance);
void orr_ledger_fini(struct orr_ledger *ledger);
/* The committed balance of an account. */
uint64_t orr_ledger_balance(const struct orr_ledger *ledger, const uint8_t key[32]);

/* The ledger as an application; its state is a struct orr_ledger. */
extern const struct orr_app orr_ledger_app;
#endif
