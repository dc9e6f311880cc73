/* config.h - a rollup's configuration (rollup.json) and what else L2 blocks are told in. */
#ifndef ORR_SIM_CLI_ROLLUP_CONFIG_H
#define ORR_SIM_CLI_ROLLUP_CONFIG_H

#include "models/rollup/execute.h"
#include "sim/cli/rollup/cases.h"
#include "sim/cli/vm/json.h"

/* Reads a rollup.json as op-node has it: block_time, seq_window_size, max_sequencer_drift,
 * l2_chain_id, genesis.l2_time, the forks' times (absent or null: never), and of chain_op_config
 * the EIP-1559 parameters (absent: 6, 50, 250).  False with why filled. */
bool orr_rollup_read_config(const json_t *json, struct orr_rollup_config *config, char why[160]);

/* Reads a header as JSON-RPC has it.  *extra holds the bytes of extra_data: free() them. */
bool orr_rollup_read_header(const json_t *json, struct orr_evm_header *header,
                            struct orr_buffer *extra, char why[160]);

/* Payload attributes as the Engine API has them.  Bytes and lists are from mem (an arena). */
bool orr_rollup_read_attributes(struct orr_mem *mem, const json_t *json,
                                struct orr_l2_attributes *attributes, char why[160]);
#endif
