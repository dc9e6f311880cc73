/* fetch.h - blocks with their receipts from a node, in the bytes that are hashed.
 *
 * Receipts are asked for by the block's hash, so that they are of that block or not there
 * (ethereumjs-blockstream #10); no range of logs is asked for, since receipts hold them all.  What
 * a header commits to is for the indexer to check (models/index/block.h). */
#ifndef ORR_SIM_CLI_INDEX_FETCH_H
#define ORR_SIM_CLI_INDEX_FETCH_H

#include "models/index/block.h"
#include "sim/cli/index/node.h"

/* A block as it came. */
struct orr_fetched {
    struct orr_hash hash;
    uint64_t number;
    size_t n_txs;
    struct orr_rlp_writer block, receipts;
    size_t *ends;                   /* [n_txs] of each receipt */
    struct orr_engine_bytes *items; /* [n_txs] */
    json_t *txs;                    /* their hashes, in order; NULL once the receipts are there */
};

struct orr_node_fetch {
    struct orr_mem *mem;
    struct orr_node *node;      /* lent */
    bool has_no_block_receipts; /* it does not know eth_getBlockReceipts */
    uint64_t number;            /* of the block that why is about */
    char why[ORR_POST_WHY_BYTES];
};

/* Fetches n blocks (1 to ORR_NODE_MAX_BATCH) from a number on, or the one with a hash.  Returns 0,
 * and each ends with orr_fetched_free; or what orr_node_ask does, and
 *   ORR_ENOTFOUND  the node has no such block (any more), or none of its receipts;
 *   ORR_ECORRUPT   it answers another block than was asked, or one that does not hash to its hash;
 *   ORR_EFORMAT    what it answers is no block, or no receipt. */
int orr_fetch_numbers(struct orr_node_fetch *f, uint64_t from, size_t n,
                      struct orr_fetched *blocks);
int orr_fetch_hash(struct orr_node_fetch *f, const struct orr_hash *hash,
                   struct orr_fetched *block);
void orr_fetched_free(struct orr_node_fetch *f, struct orr_fetched *block);

/* A block's number and hash by its tag or number as text; ORR_ENOTFOUND: there is none such. */
int orr_fetch_named(struct orr_node_fetch *f, const char *name, uint64_t *number,
                    struct orr_hash *hash);
/* As it is fed to an indexer; lent. */
struct orr_index_feed orr_fetched_feed(const struct orr_fetched *block);
#endif
