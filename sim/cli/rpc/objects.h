/* objects.h - blocks, transactions, receipts and logs as JSON-RPC shows them. */
#ifndef ORR_SIM_CLI_RPC_OBJECTS_H
#define ORR_SIM_CLI_RPC_OBJECTS_H

#include "sim/cli/rpc/call.h"

/* A block's own encoding; of a first block, which has none, it is made.  End with orr_rlp_free. */
void orr_jsonrpc_block_encode(struct orr_jsonrpc *rpc, const struct orr_chain_link *link,
                              struct orr_rlp_writer *w);
/* A header's members, as blocks and simulated blocks have them. */
json_t *orr_jsonrpc_header_json(const struct orr_evm_header *header, const struct orr_hash *hash);
json_t *orr_jsonrpc_block_json(struct orr_jsonrpc *rpc, const struct orr_chain_link *link,
                               bool has_txs);
/* The i-th transaction of a block. */
json_t *orr_jsonrpc_tx_json(struct orr_jsonrpc *rpc, const struct orr_chain_link *link, uint32_t i);
/* A transaction's members; a place in a block is the caller's to add. */
json_t *orr_jsonrpc_tx_fields(const struct orr_evm_tx *tx, const struct orr_hash *hash,
                              const struct orr_address *sender, const struct orr_u256 *price);
json_t *orr_jsonrpc_withdrawals_json(const struct orr_evm_withdrawal *withdrawals, size_t n);

/* Where a log stands. */
struct orr_jsonrpc_log_place {
    struct orr_hash block, tx;
    uint64_t number, time;
    uint32_t tx_index, index;
    bool is_removed;
};
json_t *orr_jsonrpc_log_json(const struct orr_engine_log *log,
                             const struct orr_jsonrpc_log_place *place);
#endif
