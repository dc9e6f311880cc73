/* unjson.h - blocks and receipts in the bytes that are hashed, from the JSON that nodes show them
 * as (ethereum/execution-apis, schemas/block, transaction, receipt).
 *
 * What is missing is taken for what another fork's block has not; the hash of what comes out says
 * whether that was right, and is whoever calls this to compare. */
#ifndef ORR_SIM_CLI_INDEX_UNJSON_H
#define ORR_SIM_CLI_INDEX_UNJSON_H

#include "models/vm/block.h"
#include "sim/base/json.h"

/* Appends the RLP of a block whose transactions are shown whole; ommers: as many block objects as
 * it names uncles, NULL if it names none.  *hash: of the header, as it came out.  Returns 0, or
 * ORR_EFORMAT with *why (static), or ORR_EUNSUPPORTED for a transaction of unknown type. */
int orr_unjson_block(struct orr_mem *mem, const json_t *block, const json_t *ommers,
                     struct orr_rlp_writer *w, struct orr_hash *hash, const char **why);
/* Appends a receipt's consensus encoding (EIP-2718), and returns the same. */
int orr_unjson_receipt(const json_t *receipt, struct orr_rlp_writer *w, const char **why);
#endif
