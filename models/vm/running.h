/* running.h - the inside of the executor: a transaction's begin, its own call, and its end, for
 * who runs them apart from each other. */
#ifndef ORR_EVM_RUNNING_H
#define ORR_EVM_RUNNING_H

#include "models/vm/execute.h"

struct orr_evm_executor {
    struct orr_mem *mem;
    struct orr_evm *vm;
    struct orr_evm_state_host host;
    const struct orr_evm_tracer *tracer;
    struct orr_evm_flaws flaws;
    struct orr_evm_waived waived;
};

/* A transaction or deposit that has begun: what its end needs, and its own message. */
struct orr_evm_running {
    struct orr_address sender;
    struct orr_u256 price; /* wei a gas */
    struct orr_evm_rollup_fee fee;
    uint64_t gas_limit, nonce;
    uint64_t floor;  /* gas that it uses at least (EIP-7623)  */
    uint64_t refund; /* of its authorizations (EIP-7702), gas, until Osaka */
    /* From Amsterdam on (EIP-2780): what was charged between the checks and the message. */
    struct orr_evm_state_gas state_gas;
    bool pays_account; /* among it a new account, which goes if the message fails */
    bool is_halted;    /* it did not reach: there is no message                   */
    bool is_paid, is_deposit, is_system;
    bool runs; /* a deposit that cannot run only takes its nonce and its gas */
    bool is_traced;
    const struct orr_hash *blob_hashes; /* [n_blob_hashes] lent */
    size_t n_blob_hashes;
    struct orr_evm_message msg; /* unless is_halted; input is lent from the transaction */
};

/* Checks, buys gas, warms up, and fills *r; the state is inside the transaction then.  The rule
 * that is broken: nothing has happened.  As orr_evm_execute_tx and orr_evm_execute_deposit. */
enum orr_evm_tx_error orr_evm_running_open(struct orr_evm_executor *x, struct orr_evm_state *state,
                                           const struct orr_evm_block_env *env,
                                           const struct orr_evm_tx *tx,
                                           const struct orr_address *sender, uint64_t gas_left,
                                           unsigned blobs_left, struct orr_evm_running *r);
enum orr_evm_tx_error orr_evm_running_open_deposit(struct orr_evm_executor *x,
                                                   struct orr_evm_state *state,
                                                   const struct orr_evm_block_env *env,
                                                   const struct orr_evm_deposit *d,
                                                   uint64_t gas_left, struct orr_evm_running *r);
/* Whether an account's code is a delegation (EIP-7702). */
bool orr_evm_is_delegated(struct orr_evm_state *state, const struct orr_address *address);
/* Until Osaka: sets the delegations of a transaction that has begun, and the refund that they earn.
 */
void orr_evm_running_authorize(struct orr_evm_executor *x, struct orr_evm_state *state,
                               const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
                               struct orr_evm_running *r);
/* From Amsterdam on: splits the message's gas, sets the delegations and charges what depends on the
 * state.  When the gas does not reach, all that is undone and the gas is gone; the reservoir is
 * not. */
void orr_evm_running_prepare(struct orr_evm_executor *x, struct orr_evm_state *state,
                             const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
                             struct orr_evm_running *r);
/* Tells the host of r's transaction: what code may ask, and which state it is. */
void orr_evm_running_context(struct orr_evm_executor *x, struct orr_evm_state *state,
                             const struct orr_evm_block_env *env, const struct orr_evm_running *r);
/* Begins its own message, as call_begin does (models/vm/evm.h). */
enum orr_evm_begin orr_evm_running_begin(struct orr_evm_executor *x, struct orr_evm_running *r,
                                         const struct orr_evm_code **code,
                                         struct orr_evm_result *result);
/* Gives gas back, pays fees and ends the transaction. */
void orr_evm_running_close(struct orr_evm_executor *x, struct orr_evm_state *state,
                           const struct orr_evm_block_env *env, const struct orr_evm_running *r,
                           const struct orr_evm_result *result, struct orr_evm_tx_outcome *outcome);
#endif
