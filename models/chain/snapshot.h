/* snapshot.h - the state after a chain's final block as bytes, from which a node that comes back
 * goes on without running what lies below.
 *
 * RLP of [[header, ...], witness]: the final block's header last, and up to 255 before it, each the
 * parent of the next, for BLOCKHASH; the witness (models/vm/witness.h) holds the nodes of the
 * state's trie, and code, that are not in the state of the first block.
 *
 * It is for the node that wrote it.  All of it but the last header is checked against the state's
 * root and that header's hash, and nothing that a peer could name without the block vouches for
 * that hash. */
#ifndef ORR_CHAIN_SNAPSHOT_H
#define ORR_CHAIN_SNAPSHOT_H

#include "models/chain/chain.h"

enum {
    ORR_CHAIN_SNAPSHOT_HEADERS = 256
}; /* as far as BLOCKHASH reads, counted from the next block */

/* Of a chain that descends from a block with this state: a message of the caller's own. */
struct orr_msg *orr_chain_snapshot_save(const struct orr_chain *chain, struct orr_evm_state *first,
                                        struct orr_pool *pool);

/* The header of the final block, whose extra data is lent from the bytes.  0 or ORR_EFORMAT. */
int orr_chain_snapshot_last(const uint8_t *bytes, size_t len, struct orr_evm_header *header);

/* The way back: *block a reference to the final block, its header alone, and *state the caller's,
 * in blocks->store, where the state of the first block must be; total_difficulty: of that block.
 * Returns 0, or ORR_EFORMAT: malformed, or of a state with another root; nothing is set then. */
int orr_chain_snapshot_load(struct orr_chain_blocks *blocks, const uint8_t *bytes, size_t len,
                            const struct orr_hash *root, const struct orr_u256 *total_difficulty,
                            struct orr_chain_block **block, struct orr_evm_state **state);
#endif
