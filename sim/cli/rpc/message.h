/* message.h - a transaction that is only asked about (execution-apis, "GenericTransaction"), and
 * what its asker overrides of state and block. */
#ifndef ORR_SIM_CLI_RPC_MESSAGE_H
#define ORR_SIM_CLI_RPC_MESSAGE_H

#include "models/vm/execute.h"
#include "sim/cli/rpc/call.h"

/* End with orr_jsonrpc_message_free, also after a failure. */
struct orr_jsonrpc_message {
    struct orr_evm_tx tx;
    struct orr_address from;
    struct orr_buffer data;
    bool has_gas, has_nonce, has_price; /* has_price: one of the fees is not zero */
};

/* Reads one; json: the i-th parameter or part of it.  False: the call has failed. */
bool orr_jsonrpc_message_read(struct orr_jsonrpc_call *call, const json_t *json,
                              struct orr_jsonrpc_message *message);
/* Gives the message the access list of an object in place of its own. */
bool orr_jsonrpc_message_access(struct orr_jsonrpc_call *call, const json_t *json,
                                struct orr_jsonrpc_message *message);
void orr_jsonrpc_message_free(struct orr_jsonrpc_call *call, struct orr_jsonrpc_message *message);

/* ---- overrides ---- */

enum { ORR_JSONRPC_MAX_MOVED = 64 };

/* Precompiles that are moved, or hidden by an account of the asker's. */
struct orr_jsonrpc_moves {
    struct orr_evm_moved moved[ORR_JSONRPC_MAX_MOVED];
    size_t n;
};

/* Applies {ADDRESS: {balance, nonce, code, state | stateDiff, movePrecompileToAddress}} (NULL:
 * nothing) to a state of `fork`, outside a transaction. */
bool orr_jsonrpc_override_state(struct orr_jsonrpc_call *call, const json_t *overrides,
                                struct orr_evm_state *state, enum orr_evm_fork fork,
                                struct orr_jsonrpc_moves *moves);
/* Applies {number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas, blobBaseFee, ...}. */
bool orr_jsonrpc_override_env(struct orr_jsonrpc_call *call, const json_t *overrides,
                              struct orr_evm_block_env *env);
#endif
