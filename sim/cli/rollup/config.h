/* config.h - a rollup's configuration (rollup.json) and what else L2 blocks are told in. */
#ifndef ORR_SIM_CLI_ROLLUP_CONFIG_H
#define ORR_SIM_CLI_ROLLUP_CONFIG_H

#include "models/rollup/execute.h"
#include "models/rollup/system_config.h"
#include "sim/cli/rollup/cases.h"
#include "sim/base/json.h"

/* Reads a rollup.json as op-node has it: block_time, seq_window_size, max_sequencer_drift,
 * l2_chain_id, genesis.l2_time, the forks' times (absent or null: never), and of chain_op_config
 * the EIP-1559 parameters (absent: 6, 50, 250).  False with why filled. */
bool orr_rollup_read_config(const json_t *json, struct orr_rollup_config *config, char why[160]);

/* Where a rollup begins. */
struct orr_rollup_site {
    uint64_t l1_number, l2_number, l1_prague_time;
    struct orr_hash l1_hash, l2_hash;
    struct orr_system_config system;
};
/* Reads the rest of rollup.json, which derivation asks for: genesis (l1, l2, system_config), the
 * addresses, channel_timeout, l1_chain_id, pectra_blob_schedule_time (absent: never). */
bool orr_rollup_read_site(const json_t *json, struct orr_rollup_config *config,
                          struct orr_rollup_site *site, char why[160]);

/* Reads a header as JSON-RPC has it.  *extra holds the bytes of extra_data: free() them. */
bool orr_rollup_read_header(const json_t *json, struct orr_evm_header *header,
                            struct orr_buffer *extra, char why[160]);

/* Payload attributes as the Engine API has them.  Bytes and lists are from mem (an arena). */
bool orr_rollup_read_attributes(struct orr_mem *mem, const json_t *json,
                                struct orr_l2_attributes *attributes, char why[160]);
#endif
