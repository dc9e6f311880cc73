/* taken.h - the blocks of execution chains that a trace holds (group /blocks), and which of them
 * are one node's chain. */
#ifndef ORR_SIM_CLI_CHAIN_TAKEN_H
#define ORR_SIM_CLI_CHAIN_TAKEN_H

#include "analysis/reader.h"
#include "models/base/words.h"

/* Bytes that the trace holds whole: a block's RLP, or all that a chain begins with. */
struct orr_taken_block {
    uint64_t number, key, parent; /* key, parent: the first 8 bytes of the hashes */
    bool is_first;
    size_t offset, len; /* in orr_taken.bytes */
};

struct orr_taken {
    uint8_t *bytes;
    size_t len, cap;
    struct orr_taken_block *blocks; /* [n], as they were put out */
    size_t n, n_cap;
    size_t *chain; /* [n_chain] of blocks: what the chain begins with, then its blocks in order */
    size_t n_chain;
};

/* Reads all blocks, then the chain of a node: from its last head (NULL: of the node whose head is
 * the highest) back to the first block.  Returns 0; 2 after a message on standard error: the trace
 * is damaged, holds no blocks, or not all of this chain; no such node.  End it either way. */
int orr_taken_read(struct orr_taken *taken, struct orr_trace_reader *reader, const char *trace,
                   const char *node);
void orr_taken_end(struct orr_taken *taken);
#endif
