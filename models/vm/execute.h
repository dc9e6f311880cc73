/* execute.h - the transaction state transition (Yellow Paper, section 6): checks against the state,
 * buying gas, running, refunds, fees.
 *
 *     struct orr_evm_executor *executor = orr_evm_executor_create(mem);     // one per thread
 *     enum orr_evm_tx_error bad = orr_evm_execute_tx(executor, state, &env, &tx, &sender, gas_left,
 * &outcome);
 *
 * A refused transaction leaves the state as it was. */
#ifndef ORR_EVM_EXECUTE_H
#define ORR_EVM_EXECUTE_H

#include "models/vm/deposit.h"
#include "models/vm/host.h"
#include "models/vm/transaction.h"

/* EIP-4844, EIP-7691, EIP-7840: what a fork allows and how fast the blob fee moves. */
struct orr_evm_blob_schedule {
    unsigned target, max;
    uint64_t update_fraction;
};
/* The fork's own values; zeros before Cancun. */
struct orr_evm_blob_schedule orr_evm_blob_schedule(enum orr_evm_fork fork);

/* What a block sets for its transactions. */
struct orr_evm_block_env {
    enum orr_evm_fork fork;
    enum orr_evm_rollup rollup;
    struct orr_u256 chain_id;
    struct orr_address coinbase;
    uint64_t number, timestamp, gas_limit;
    uint64_t slot_number;          /* EIP-7843; 0 before Amsterdam */
    struct orr_u256 prevrandao;    /* before Paris: the difficulty */
    struct orr_u256 base_fee;      /* wei; 0 before London */
    struct orr_u256 blob_base_fee; /* wei; 0 before Cancun */
    struct orr_evm_blob_schedule blobs;
    struct orr_evm_block_hashes hashes;
};

/* What a transaction came to.  Its logs are the state's until the next transaction begins. */
struct orr_evm_tx_outcome {
    enum orr_evm_status status;
    uint64_t gas_used;     /* after refunds: what its sender pays for */
    uint64_t max_gas_used; /* before them */
    /* What it takes of its block's limit, from Amsterdam on in two dimensions (EIP-7778, EIP-8037);
     * before, gas_used and 0. */
    uint64_t block_gas, block_state_gas;
    const uint8_t *output; /* lent until the executor runs again */
    size_t output_len;
    struct orr_address created; /* of a creation that succeeded */
};

/* A machine with what it needs between transactions. */
struct orr_evm_executor;
struct orr_evm_executor *orr_evm_executor_create(struct orr_mem *mem);
void orr_evm_executor_destroy(struct orr_evm_executor *executor);

/* Rules that a machine breaks on purpose, so that it can be shown that others notice. */
struct orr_evm_flaws {
    bool refund;    /* what SSTORE gives back is not given back     */
    bool nonce;     /* a transaction may have any nonce             */
    bool gas_limit; /* a block may use more gas than its limit      */
};
/* The rules that are broken from now on; NULL: none. */
void orr_evm_executor_flaws(struct orr_evm_executor *executor, const struct orr_evm_flaws *flaws);
const struct orr_evm_flaws *orr_evm_executor_flaws_of(const struct orr_evm_executor *executor);

/* Rules that do not bind a call which is only asked about and changes no chain (eth_call,
 * eth_simulateV1), and precompiles that it moves. */
struct orr_evm_waived {
    bool nonce;           /* the sender's nonce may be any                   */
    bool sender_code;     /* the sender may be a contract (EIP-3607)         */
    bool max_gas;         /* the gas limit may be above 2^24 (EIP-7825)      */
    bool price;           /* without fees the base fee does not bind it, and nobody is paid */
    bool tells_transfers; /* ether that moves is a log of its own (is_transfer) */
    const struct orr_evm_moved *moved; /* [n_moved] lent */
    size_t n_moved;
};
/* What is waived from now on (copied); NULL: nothing. */
void orr_evm_executor_waive(struct orr_evm_executor *executor, const struct orr_evm_waived *waived);
/* orr_evm_tx_check, less what is waived. */
enum orr_evm_tx_error orr_evm_executor_check(const struct orr_evm_executor *executor,
                                             const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                                             unsigned max_blobs);

/* Sets the machine's tracer (models/vm/evm.h; lent until replaced; NULL for none). */
void orr_evm_executor_trace(struct orr_evm_executor *executor, const struct orr_evm_tracer *tracer);

/* EIP-1559: what a unit of gas costs the sender of a transaction whose max_fee is the base fee or
 * more. */
struct orr_u256 orr_evm_tx_price(const struct orr_evm_tx *tx, const struct orr_u256 *base_fee);

/* Checks and runs one transaction whose signature was checked (orr_evm_tx_sender).  gas_left and
 * blobs_left are what the block still has; from Amsterdam on gas_left is of gas other than for
 * state, and the caller checks the rest (EIP-8037, "Transaction validation").  Returns ORR_TX_OK
 * and fills *outcome, or the rule that is broken. */
enum orr_evm_tx_error orr_evm_execute_tx(struct orr_evm_executor *executor,
                                         struct orr_evm_state *state,
                                         const struct orr_evm_block_env *env,
                                         const struct orr_evm_tx *tx,
                                         const struct orr_address *sender, uint64_t gas_left,
                                         unsigned blobs_left, struct orr_evm_tx_outcome *outcome);

/* Runs a rollup's deposit: mints, then runs it without fees.  One that fails, for whatever reason,
 * keeps the mint, takes a nonce and counts as a transaction that has failed.  Returns ORR_TX_OK, or
 * ORR_TX_GAS_ALLOWANCE_EXCEEDED: the block has not as much gas left. */
enum orr_evm_tx_error
orr_evm_execute_deposit(struct orr_evm_executor *executor, struct orr_evm_state *state,
                        const struct orr_evm_block_env *env, const struct orr_evm_deposit *deposit,
                        uint64_t gas_left, struct orr_evm_tx_outcome *outcome);

/* A call by the protocol itself, from 0xff...fe with 30,000,000 gas (and from Amsterdam on
 * ORR_GAS_SYSTEM_RESERVOIR) outside the block's limit (EIP-4788, 2935, 7002, 7251, 8282).  Returns
 * 0 with the output (lent until the executor runs again), ORR_ENOTFOUND when the account has no
 * code (nothing happens), ORR_EINVAL when the call failed. */
int orr_evm_execute_system_call(struct orr_evm_executor *executor, struct orr_evm_state *state,
                                const struct orr_evm_block_env *env, const struct orr_address *to,
                                const uint8_t *input, size_t len, const uint8_t **output,
                                size_t *output_len);
#endif
