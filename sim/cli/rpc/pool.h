/* pool.h - transactions that eth_sendRawTransaction took: they wait here, and no block takes them.
 */
#ifndef ORR_SIM_CLI_RPC_POOL_H
#define ORR_SIM_CLI_RPC_POOL_H

#include "sim/cli/rpc/call.h"

/* The nonce after a sender's transactions that follow on one another from `nonce` on. */
uint64_t orr_jsonrpc_pool_nonce(const struct orr_jsonrpc *rpc, const struct orr_address *sender,
                                uint64_t nonce);
/* A waiting transaction as JSON, in no block yet; NULL: none has this hash. */
json_t *orr_jsonrpc_pool_tx(struct orr_jsonrpc *rpc, const struct orr_hash *hash);
#endif
