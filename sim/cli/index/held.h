/* held.h - the chain that an index's file holds, for those who read chains: blocks and receipts,
 * each checked against its header, and no states.  It follows what others commit to the file. */
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
    struct orr_chain *chain;    /* NULL: it has not begun */
    struct orr_chain_link *tip; /* the block that was read last */
    struct orr_index_db *db;
    struct orr_index_head head; /* the file's */
    int64_t version;            /* of the file when it was read last */
    bool has_labels;            /* the chain's safe and final blocks are those of the file */
    const char *verb, *path;
    char why[160]; /* a block cannot be held: it is this, */
    uint64_t number;
};

/* Reads a file.  Returns 0, or 2 or 3 after a message on standard error; end it either way. */
int orr_index_held_begin(struct orr_index_held *held, const char *verb, const char *path);
/* Reads what was committed since: the blocks above the common ancestor, head and labels.  What is
 * abandoned stays in the tree for a while, as far back as an index undoes, for those who were told
 * of it.  What cannot be read or held is said once on standard error, and the chain stays as it
 * was. Whether safe and final are known; ctx: a struct orr_index_held. */
bool orr_index_held_refresh(void *ctx);
void orr_index_held_end(struct orr_index_held *held);
#endif
