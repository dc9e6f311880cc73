/* block_run.h - a block's state transition in steps, for orr_evm_execute_block and for who builds a
 * block one transaction at a time.
 *
 *     struct orr_evm_block_run run = {.executor = ..., .state = ..., .config = ..., .rules = ...,
 *                                     .header = &header, .hashes = ...};
 *     orr_evm_block_run_begin(&run);
 *     for (...) error = orr_evm_block_run_tx(&run, &txs[i], NULL, &receipt, &outcome);
 *     orr_evm_block_run_withdrawals(&run, withdrawals, n);
 *     bad = orr_evm_block_run_requests(&run);
 *     orr_evm_block_run_rewards(&run, ommers, n);
 *     orr_evm_block_run_end(&run);
 */
#ifndef ORR_EVM_BLOCK_RUN_H
#define ORR_EVM_BLOCK_RUN_H

#include "models/vm/accesses.h"
#include "models/vm/block.h"

/* EIP-7685: deposits, withdrawal requests, consolidation requests; from Amsterdam on deposits and
 * exits of builders. */
enum { ORR_N_REQUESTS = 5 };

struct orr_evm_block_run {
    /* Set by the caller; lent.  Of the header: coinbase, number, timestamp, gas_limit, base_fee,
     * difficulty or mix_hash, excess_blob_gas, parent_hash, parent_beacon_root, slot_number. */
    struct orr_evm_executor *executor;
    struct orr_evm_state *state;
    const struct orr_evm_chain_config *config;
    const struct orr_evm_chain_fork *rules;
    const struct orr_evm_header *header;
    struct orr_evm_block_hashes hashes;
    /* What came of it so far. */
    uint64_t gas_used, blob_gas_used;
    /* From Amsterdam on gas_used is the larger of the first two; receipts add up what is paid. */
    uint64_t execution_gas, state_gas, paid_gas;
    struct orr_evm_accesses *accesses; /* from Amsterdam on; else NULL */
    struct orr_hash access_list_hash;  /* of it, once the requests were asked for */
    struct orr_evm_bloom bloom;
    bool has_bad_deposit;                           /* a deposit log of another layout */
    struct orr_rlp_writer requests[ORR_N_REQUESTS]; /* type byte and data; empty: none */
    struct orr_hash requests_hash;
    /* Its own. */
    struct orr_mem *mem;
    const struct orr_evm_system_contracts *contracts;
    struct orr_evm_block_env env;
};

/* Fills run's own fields; nothing happens.  Part of begin. */
void orr_evm_block_run_prepare(struct orr_evm_block_run *run);
/* Counts a transaction that has ended, whose logs are the state's, and seals its receipt (type,
 * sender and deposit_nonce set by the caller, who frees it).  Part of the two below. */
void orr_evm_block_run_settle(struct orr_evm_block_run *run,
                              const struct orr_evm_tx_outcome *outcome,
                              struct orr_evm_receipt *receipt);
/* What happens before the first transaction: the DAO's drain, system calls. */
void orr_evm_block_run_begin(struct orr_evm_block_run *run);
/* Checks and runs a transaction, with its sender from its signature, or, if it is known already,
 * from `known` (else NULL).  Returns ORR_TX_OK with the sealed receipt (the caller frees it) and
 * the outcome, or the rule that is broken; the state is then as it was. */
enum orr_evm_tx_error orr_evm_block_run_tx(struct orr_evm_block_run *run,
                                           const struct orr_evm_tx *tx,
                                           const struct orr_evm_sender *known,
                                           struct orr_evm_receipt *receipt,
                                           struct orr_evm_tx_outcome *outcome);
/* The same of a rollup's deposit, which has no rule to break but that its gas is there. */
enum orr_evm_tx_error orr_evm_block_run_deposit(struct orr_evm_block_run *run,
                                                const struct orr_evm_deposit *deposit,
                                                struct orr_evm_receipt *receipt);
/* EIP-4895. */
void orr_evm_block_run_withdrawals(struct orr_evm_block_run *run,
                                   const struct orr_evm_withdrawal *withdrawals, size_t n);
/* From Prague on: asks the contracts, fills requests and requests_hash; from Amsterdam on closes
 * the access list and fills its hash. */
enum orr_evm_block_error orr_evm_block_run_requests(struct orr_evm_block_run *run);
/* Until Paris: pays the coinbase and those of the ommers (Yellow Paper, section 11.3). */
void orr_evm_block_run_rewards(struct orr_evm_block_run *run, const struct orr_evm_header *ommers,
                               size_t n);
/* Gives back what the run holds. */
void orr_evm_block_run_end(struct orr_evm_block_run *run);
#endif
