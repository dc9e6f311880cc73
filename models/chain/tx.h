/* tx.h - a transaction as those who hold it for a while need it: what it may cost, who sent it, and
 * what is wrong with it whatever the state.
 *
 * It is the decoded form of a transaction's message: worked out once, read by every node. */
#ifndef ORR_CHAIN_TX_H
#define ORR_CHAIN_TX_H

#include "models/base/memo.h"
#include "models/base/msg.h"
#include "models/vm/chain.h"
#include "models/vm/transaction.h"

enum { ORR_MAX_TX_BYTES = 131072 }; /* 128 KiB, as execution clients let into their pools */

struct orr_chain_tx {
    enum orr_evm_tx_error
        error; /* by the rules of `fork`, state apart; signature, if is_recovered */
    enum orr_evm_fork fork;
    bool is_recovered; /* sender is known; else whoever wants to know asks orr_chain_tx_sender */
    uint8_t type;
    struct orr_address sender;
    struct orr_hash hash;
    uint64_t nonce, gas_limit;
    struct orr_u256 max_fee, max_tip; /* wei per gas */
    struct orr_u256 cost; /* the most that it takes from its sender: value and gas; 2^256 - 1 when
                             that is not enough */
};

/* Gives a message that is not frozen its form; one that is no transaction has none.  memo NULL: the
 * sender is left open. */
void orr_chain_tx_decode(struct orr_msg *m, const struct orr_evm_chain_config *config,
                         enum orr_evm_fork fork, struct orr_mem *mem, struct orr_pool *pool,
                         struct orr_memo *memo);
/* The form, or NULL. */
const struct orr_chain_tx *orr_chain_tx_of(const struct orr_msg *m);
/* What is wrong with a message that has a form by these rules, which may be another fork's than the
 * form's, signature included: *sender is who signed it. */
enum orr_evm_tx_error orr_chain_tx_judge(struct orr_mem *mem, struct orr_memo *memo,
                                         const struct orr_msg *m,
                                         const struct orr_evm_chain_fork *rules,
                                         const struct orr_u256 *chain_id,
                                         struct orr_address *sender);

/* `sender` has just signed these bytes, by rules under which that is valid: nobody needs to find it
 * out.  memo NULL: nothing. */
void orr_chain_tx_signed(struct orr_memo *memo, const uint8_t *bytes, size_t len,
                         enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                         const struct orr_address *sender);

/* Who signed a transaction; remembered in the memo (NULL: worked out each time). */
enum orr_evm_tx_error orr_chain_tx_sender(struct orr_mem *mem, struct orr_memo *memo,
                                          const struct orr_evm_tx *tx, const uint8_t *bytes,
                                          size_t len, enum orr_evm_fork fork,
                                          const struct orr_u256 *chain_id,
                                          struct orr_address *sender);
#endif
