/* tx_json.h - a transaction as JSON-RPC and wallets write it. */
#ifndef ORR_SIM_CLI_VM_TX_JSON_H
#define ORR_SIM_CLI_VM_TX_JSON_H

#include "models/vm/transaction.h"
#include "sim/base/json.h"

/* Fills tx (zeroed before) with type, fields, lists and, where there is one, the signature; without
 * a "type" the fields tell it.  chain_id is what an absent chainId means.  data (zeroed before)
 * holds the input that tx lends: free(data->bytes) after orr_evm_tx_free, also when it fails.
 * Returns NULL, or the name of the field that is malformed. */
const char *orr_tx_json_read(struct orr_mem *mem, const json_t *in, const struct orr_u256 *chain_id,
                             struct orr_evm_tx *tx, struct orr_buffer *data);
#endif
