/* indexer.h - an index of one branch of a chain: blocks in any order and from any fork in, rows of
 * those on the branch of the head out.
 *
 *     struct orr_index_store store;
 *     orr_index_store_init(&store, mem);
 *     struct orr_indexer *ix = orr_indexer_new(mem, &options, &store.sink);
 *     orr_indexer_add(ix, &feed, &hash, &why);
 *     error = orr_indexer_follow(ix, &hash, &at);
 *
 * Blocks wait, checked, until a head above them is followed: the way back from it by parent hashes
 * meets the indexed branch at the common ancestor, from which the old branch is undone in one
 * transaction, and then each block of the new one is put in one of its own, with the cursor.  So at
 * every moment the sink holds exactly one branch, from the first block to the cursor. */
#ifndef ORR_INDEX_INDEXER_H
#define ORR_INDEX_INDEXER_H

#include "models/base/index.h"
#include "models/index/rows.h"

struct orr_index_options {
    uint64_t first;    /* number of the first block to be indexed */
    uint32_t window;   /* how many blocks may be undone, at least 1 */
    uint32_t max_held; /* blocks that may wait or be come back to, more than window */
};

/* A block that waits, or has not sunk below the window. */
struct orr_indexer_held {
    struct orr_hash hash;
    struct orr_index_block *block; /* owned */
};

struct orr_indexer {
    struct orr_mem *mem;
    struct orr_index_options options;
    struct orr_index_sink *sink; /* lent */
    struct orr_index_moves moves;
    bool has_head;
    struct orr_index_head head; /* as the sink has it */
    struct orr_indexer_held *held;
    uint32_t n_held, held_cap;
    struct orr_index by_hash;
    uint64_t n_put, n_cut, n_logs; /* blocks; logs of those that were put */
};

/* What a call that could not go on is about. */
struct orr_indexer_at {
    struct orr_hash hash;
    uint64_t number;
};

/* Goes on where the sink's head is.  From mem; sink is lent. */
struct orr_indexer *orr_indexer_new(struct orr_mem *mem, const struct orr_index_options *options,
                                    struct orr_index_sink *sink);
void orr_indexer_free(struct orr_indexer *ix);

/* Takes a block in.  *hash is its hash.  Returns 0 (also for one that is there), what
 * orr_index_block_open does, with *why; or ORR_ELIMIT: as many are held as may be. */
int orr_indexer_add(struct orr_indexer *ix, const struct orr_index_feed *feed,
                    struct orr_hash *hash, const char **why);
/* Is the block held, or on the indexed branch inside the window? */
bool orr_indexer_has(const struct orr_indexer *ix, const struct orr_hash *hash);

/* Makes the index that of this head's branch.  Returns 0, or
 *   ORR_ENOTFOUND  the block *at is not held; nothing has changed;
 *   ORR_ELIMIT     the branches part at or below *at, deeper than the window; nothing has changed;
 *   ORR_ECORRUPT   *at does not follow its parent by number; nothing has changed;
 *   what the sink does: the index is that of the head that it then has. */
int orr_indexer_follow(struct orr_indexer *ix, const struct orr_hash *head,
                       struct orr_indexer_at *at);

/* Blocks up to these numbers are safe and final, as far as they are indexed.  What is final stays
 * so.  Returns what the sink does. */
int orr_indexer_label(struct orr_indexer *ix, uint64_t safe, uint64_t final);
#endif
