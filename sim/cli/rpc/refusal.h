/* refusal.h - why a transaction or a call is refused, or failed, in the words that clients of
 * go-ethereum know. */
#ifndef ORR_SIM_CLI_RPC_REFUSAL_H
#define ORR_SIM_CLI_RPC_REFUSAL_H

#include "models/vm/execute.h"
#include "sim/cli/rpc/call.h"

/* Fails the call with what speaks against a transaction of `sender` in the state after a block. */
void orr_jsonrpc_refuse(struct orr_jsonrpc_call *call, int code, enum orr_evm_tx_error error,
                        const struct orr_evm_tx *tx, const struct orr_address *sender,
                        const struct orr_chain_link *link);
/* The same words alone. */
void orr_jsonrpc_refusal_text(enum orr_evm_tx_error error, const struct orr_evm_tx *tx,
                              const struct orr_address *sender, struct orr_evm_state *state,
                              const struct orr_u256 *base_fee,
                              char text[ORR_JSONRPC_MESSAGE_BYTES]);

/* How an execution ended: "execution reverted: REASON" for the encodings of Error(string) and
 * Panic(uint256), and the status's own words otherwise. */
void orr_jsonrpc_outcome_text(enum orr_evm_status status, const uint8_t *output, size_t len,
                              char text[ORR_JSONRPC_MESSAGE_BYTES]);
/* What a call or creation returns: a creation the new contract's code. */
json_t *orr_jsonrpc_output_json(const struct orr_evm_tx *tx, struct orr_evm_state *state,
                                const struct orr_evm_tx_outcome *outcome);
/* Fails the call: code 3 with the output as data for a revert, else -32000. */
void orr_jsonrpc_failed(struct orr_jsonrpc_call *call, const struct orr_evm_tx_outcome *outcome);
#endif
