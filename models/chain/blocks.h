/* blocks.h - what the nodes of one chain share: the trie nodes and codes of all states, the blocks
 * that they hold, and one machine that runs them.
 *
 * A block is decoded once, however many nodes hold it, and goes when the last of them lets go of
 * it. All of it is a pure function of the block's bytes, so that sharing changes no result, and it
 * is found by hash and never walked. */
#ifndef ORR_CHAIN_BLOCKS_H
#define ORR_CHAIN_BLOCKS_H

#include "models/base/index.h"
#include "models/base/memo.h"
#include "models/chain/accounts.h"
#include "models/vm/block.h"
#include "models/vm/store.h"

/* What running a block on its parent's state came to: the state after it, and the receipts. */
struct orr_chain_run {
    uint32_t refs;
    const struct orr_evm_chain_config *config; /* by whose rules */
    struct orr_evm_state *state;               /* NULL: only the receipts are known */
    struct orr_evm_block_result result;
    uint64_t n_written; /* accounts and slots that the block wrote into the trie */

    /* Where the block's logs stand, worked out when one is asked for (engine.c): log i of the block
     * at byte log_at[i] of its receipt's encoding; a receipt's first is number first_log[receipt],
     * and first_log[n_receipts] is how many there are.  NULL: nobody asked yet. */
    uint32_t *first_log, *log_at;
};

/* A block.  A first block may be its header alone. */
struct orr_chain_block {
    struct orr_evm_block block; /* lends from bytes, its header's extra data from here */
    uint8_t extra[ORR_MAX_EXTRA_DATA];
    struct orr_u256 total_difficulty; /* with the parent's */
    struct orr_chain_block *parent;   /* a reference; NULL: a first block */
    uint8_t *bytes; /* its encoding; NULL: the body is not kept, or there is none */
    size_t len;
    struct orr_evm_sender *senders; /* [block.n_txs]; NULL: nobody asked yet */
    enum orr_evm_fork senders_fork; /* by whose rules */
    struct orr_chain_run *run;      /* weak: what a node that shares execution found, while it is
                                       held by one of them */
    uint32_t refs, n_bodies;        /* who holds it; who of them needs the body */
    bool is_indexed;
};

struct orr_chain_blocks {
    struct orr_mem *mem;
    struct orr_evm_store *store;
    struct orr_evm_executor *executor;
    struct orr_chain_accounts accounts; /* for the nodes' pools */
    struct orr_chain_block_entry {
        struct orr_hash hash;
        struct orr_chain_block *block; /* NULL: gone, swept up later */
    } * entries;
    uint32_t n_entries, n_live, cap;
    struct orr_index index;
};

void orr_chain_blocks_init(struct orr_chain_blocks *blocks, struct orr_mem *mem);
/* Every block and state must be gone. */
void orr_chain_blocks_fini(struct orr_chain_blocks *blocks);

/* The block with this hash, lent, or NULL. */
struct orr_chain_block *orr_chain_blocks_find(const struct orr_chain_blocks *blocks,
                                              const struct orr_hash *hash);
/* Decodes a block, whose bytes are copied, or finds the one with the very same bytes: a reference,
 * body included, in *out.  Returns 0, ORR_EFORMAT, or ORR_EUNSUPPORTED for a transaction of unknown
 * type. */
int orr_chain_block_open(struct orr_chain_blocks *blocks, const uint8_t *bytes, size_t len,
                         struct orr_chain_block **out);
/* A first block from a header alone; a reference. */
struct orr_chain_block *orr_chain_block_first(struct orr_chain_blocks *blocks,
                                              const struct orr_evm_header *header);
/* A block of which the header alone is kept, on `parent` (a reference, moved), or if that is NULL
 * on one that is not kept and had this total difficulty; a reference. */
struct orr_chain_block *orr_chain_block_behind(struct orr_chain_blocks *blocks,
                                               const struct orr_evm_header *header,
                                               struct orr_chain_block *parent,
                                               const struct orr_u256 *total_difficulty);
/* Makes an opened block, whose body is what its header commits to, one that others find.  The
 * parent is retained. */
void orr_chain_block_publish(struct orr_chain_blocks *blocks, struct orr_chain_block *block,
                             struct orr_chain_block *parent);
/* Lets go of the body, then of the whole. */
void orr_chain_block_release_body(struct orr_chain_blocks *blocks, struct orr_chain_block *block);
void orr_chain_block_release(struct orr_chain_blocks *blocks, struct orr_chain_block *block);

/* Who signed each transaction, by a fork's rules; found out once.  memo: who is asked first, or
 * NULL. */
void orr_chain_block_recover(struct orr_chain_blocks *blocks, struct orr_chain_block *block,
                             enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                             struct orr_memo *memo);

struct orr_chain_run *orr_chain_run_retain(struct orr_chain_run *run);
/* block: the one that was run; NULL: there is none (yet). */
void orr_chain_run_release(struct orr_chain_blocks *blocks, struct orr_chain_block *block,
                           struct orr_chain_run *run);
#endif
