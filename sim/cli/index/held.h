/* held.h - the chain that an index's file holds, for those who read chains: blocks and receipts,
 * each checked against its header, and no states. */
#ifndef ORR_SIM_CLI_INDEX_HELD_H
#define ORR_SIM_CLI_INDEX_HELD_H

#include "models/chain/chain.h"
#include "sim/base/memory.h"
#include "sim/genesis/genesis.h"
#include "sim/index/db.h"

struct orr_index_held {
    struct orr_heap heap;
    struct orr_genesis_config config;
    struct orr_chain_blocks blocks;
    struct orr_chain *chain; /* NULL: it has not begun */
    const char *path;
    char why[160]; /* a block cannot be held: it is this, */
    uint64_t number;
};

/* Reads a file.  Returns 0, or 2 or 3 after a message on standard error; end it either way. */
int orr_index_held_begin(struct orr_index_held *held, const char *verb, const char *path);
void orr_index_held_end(struct orr_index_held *held);
#endif
