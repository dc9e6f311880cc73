/* rollup_forced.h - what a rollup's users do when the sequencer leaves their transactions out.
 *
 * Who takes a client's transaction keeps it until its account's nonce on the safe chain is above
 * its own.  When `force_after` L1 blocks have not brought that, the client goes to L1: its account
 * there calls the portal (ethereum-optimism/specs, protocol/deposits.md) with the same recipient
 * and value.  The deposit's data is the signed transaction: by it those who derive know what the
 * client had asked for.  As it takes the nonce, the transaction itself can no longer be ordered. */
#ifndef ORR_NODE_ROLLUP_FORCED_H
#define ORR_NODE_ROLLUP_FORCED_H

#include "models/chain/genesis.h"
#include "models/rollup/verifier.h"

/* An L2 transaction, decoded as far as its place in its account's order. */
struct orr_rollup_signed {
    struct orr_address sender;
    uint64_t nonce;
    struct orr_u256 max_fee, max_tip; /* wei per gas (EIP-1559) */
};
/* false: the bytes are no transaction that somebody signed for that chain. */
bool orr_rollup_read_signed(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                            uint64_t chain_id, struct orr_rollup_signed *read);

/* Transactions that clients wait for, in the order in which they came.  Starts zeroed. */
struct orr_rollup_watch {
    struct orr_rollup_watched *v; /* [n] */
    size_t n, cap;
};
/* tip: L1's last block. */
void orr_rollup_watch_add(struct orr_rollup_watch *watch, struct orr_mem *mem, struct orr_msg *tx,
                          uint64_t chain_id, uint64_t tip);
/* Takes out those that the state of the safe head has; then the first that has waited for `after`
 * L1 blocks, whose reference is the caller's.  NULL: there is none. */
struct orr_msg *orr_rollup_watch_due(struct orr_rollup_watch *watch, struct orr_pool *pool,
                                     struct orr_evm_state *safe, uint64_t tip, uint64_t after);
void orr_rollup_watch_fini(struct orr_rollup_watch *watch, struct orr_mem *mem,
                           struct orr_pool *pool);

/* The transaction that deposit number i of a block, from 0 on, was made in place of, lent from the
 * block; parent: the state before the block.  false: it is no forced one. */
bool orr_rollup_forced(struct orr_mem *mem, const struct orr_verified *block, size_t i,
                       struct orr_evm_state *parent, uint64_t chain_id, struct orr_rollup_tx *tx);

/* L1's: what accounts want to be forced, each once and in the order of its nonces on L2. */
struct orr_rollup_forced {
    struct orr_msg **wanted; /* [n] */
    size_t n, cap;
    uint64_t *next; /* [n_keys] an account's nonce on L2 behind what it has forced; 0: nothing */
    uint32_t n_keys;
};
void orr_rollup_forced_init(struct orr_rollup_forced *forced, struct orr_mem *mem,
                            uint32_t n_keys);
void orr_rollup_forced_fini(struct orr_rollup_forced *forced, struct orr_mem *mem,
                            struct orr_pool *pool);

enum { ORR_ROLLUP_DEPOSIT_GAS = 100000 /* of a transfer on L2, its data included */ };
/* Appends a call of the portal (models/vm/contracts/Portal.sol). */
void orr_rollup_write_deposit(struct orr_rlp_writer *w, const struct orr_address *to,
                              struct orr_u256 value, uint64_t gas, const uint8_t *data, size_t len);
#endif
