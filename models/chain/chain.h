/* chain.h - one node's execution chain: a tree of blocks from a first block on, each with the state
 * after it, and which of them are head, safe and final.
 *
 *     struct orr_chain_blocks blocks;                     // shared by all nodes of one chain
 *     orr_chain_blocks_init(&blocks, mem);
 *     struct orr_chain *chain = orr_chain_new(&blocks, &config, &options, &header, state);
 *     struct orr_chain_verdict v = orr_chain_import(chain, bytes, len, &link);
 *     orr_chain_choose(chain, link, link, link);
 *
 * A pure state machine: no clock, no order but that of the calls.  It implements models/engine.h
 * (orr_chain_engine), through which rollup and index see it.
 *
 * Blocks that are not final yet are open: at most options.max_open of them.  When a block becomes
 * final, what does not descend from it goes; final blocks keep body, state and receipts as long as
 * they are among the options.keep youngest.  The hashes of all ancestors stay (BLOCKHASH). */
#ifndef ORR_CHAIN_CHAIN_H
#define ORR_CHAIN_CHAIN_H

#include "models/base/cost.h"
#include "models/chain/blocks.h"
#include "models/engine.h"

struct orr_chain_options {
    uint64_t keep;         /* final blocks, at least 1                                            */
    uint32_t max_open;     /* blocks above the final one, at least 1                              */
    bool shares_runs;      /* a block that another node has run is not run again                  */
    bool has_receipts;     /* receipts and logs are kept for reading                              */
    bool recovers_once;    /* who signed is found out once for all nodes, ... */
    struct orr_memo *memo; /* ... with the help of this, or NULL */
    struct orr_evm_flaws flaws; /* rules that this node breaks: what it runs is never shared */
};

/* A block in the tree. */
struct orr_chain_link {
    struct orr_chain_link *parent; /* NULL: a first block, or it is not kept */
    struct orr_chain_block *block; /* a reference, body included              */
    struct orr_chain_run *run;     /* a reference; of a first block the state alone */
    uint32_t note;                 /* whatever the node writes here; 0 at first */
};

/* A link, by the first bytes of its hash: ten thousand nodes have the same chain, each its own
 * list. */
struct orr_chain_place {
    uint64_t key;
    struct orr_chain_link *link;
};

struct orr_chain {
    struct orr_chain_blocks *blocks;           /* lent */
    const struct orr_evm_chain_config *config; /* lent */
    struct orr_chain_options options;
    /* places[0..n_final) are the final blocks that are kept, ascending by number without a gap;
     * then the open ones, as they came. */
    struct orr_chain_place *places;
    uint32_t n_final, n, cap;
    struct orr_index index;
    struct orr_chain_link *head, *safe, *final;
    uint64_t n_runs; /* blocks that this node ran itself */
};

/* What became of a block: told is for people and for models/engine.h. */
struct orr_chain_verdict {
    enum orr_evm_block_error error;
    enum orr_evm_tx_error tx_error; /* which rule a transaction broke, or would have */
    struct orr_engine_verdict told;
};

/* A chain whose first block has this header (its extra data is copied) and state (moved in, in
 * blocks->store).  It is head, safe and final.  From blocks->mem. */
struct orr_chain *orr_chain_new(struct orr_chain_blocks *blocks,
                                const struct orr_evm_chain_config *config,
                                const struct orr_chain_options *options,
                                const struct orr_evm_header *header, struct orr_evm_state *state);
void orr_chain_free(struct orr_chain *chain);

/* Where in places the block with this hash stands; ORR_NOWHERE: it is not kept. */
uint32_t orr_chain_place(const struct orr_chain *chain, const struct orr_hash *hash);
/* The block with this hash, if it is kept; NULL: it is not. */
struct orr_chain_link *orr_chain_find(const struct orr_chain *chain, const struct orr_hash *hash);
/* The block with this number on a block's branch, if it is kept. */
struct orr_chain_link *orr_chain_at(const struct orr_chain *chain, const struct orr_chain_link *tip,
                                    uint64_t number);
bool orr_chain_descends(const struct orr_chain_link *from, const struct orr_chain_link *ancestor);
/* The youngest block that two have below them or are; NULL: it is not kept. */
struct orr_chain_link *orr_chain_common(struct orr_chain_link *a, struct orr_chain_link *b);
/* May a block stand on this one?  Not on a final block that has a final one on it: what would
 * branch off there can never lead, and its parent counts as unknown. */
bool orr_chain_may_grow(const struct orr_chain *chain, const struct orr_chain_link *parent);
static inline uint64_t orr_chain_number(const struct orr_chain_link *link) {
    return link->block->block.header.number;
}
static inline const struct orr_hash *orr_chain_hash(const struct orr_chain_link *link) {
    return &link->block->block.hash;
}

/* Decodes, checks and runs a block, and adds it when it is valid (*link; NULL otherwise).  A block
 * that is there already is OK.  No room (max_open): *link is NULL though the verdict is OK. */
struct orr_chain_verdict orr_chain_import(struct orr_chain *chain, const uint8_t *bytes, size_t len,
                                          struct orr_chain_link **link);

/* Names head, safe and final.  0; ORR_EINVAL: they are not on one branch in this order. */
int orr_chain_choose(struct orr_chain *chain, struct orr_chain_link *head,
                     struct orr_chain_link *safe, struct orr_chain_link *final);
/* Of the final blocks all but the `keep` youngest go, whatever options.keep says. */
void orr_chain_forget(struct orr_chain *chain, uint64_t keep);
/* Before Paris the heaviest block leads, after it the one that came last: makes `link` the head if
 * it is to be. */
void orr_chain_lead(struct orr_chain *chain, struct orr_chain_link *link);

/* The rules of a block on this parent (of a first block: itself) with this header's number and
 * time. */
const struct orr_evm_chain_fork *orr_chain_rules(const struct orr_chain *chain,
                                                 const struct orr_chain_block *parent,
                                                 const struct orr_evm_header *header);
/* The rules that a block of the tree stands under. */
const struct orr_evm_chain_fork *orr_chain_rules_of(const struct orr_chain *chain,
                                                    const struct orr_chain_link *link);
/* Where a block on this parent would be put, for the functions of models/vm. */
struct orr_evm_chain_view orr_chain_view(const struct orr_chain *chain,
                                         struct orr_chain_link *parent);
/* Adds a block that was run and found valid on its parent; both references are moved.  NULL: no
 * room; they are released. */
struct orr_chain_link *orr_chain_add(struct orr_chain *chain, struct orr_chain_link *parent,
                                     struct orr_chain_block *block, struct orr_chain_run *run);

/* Takes the block that was added last, and chosen for nothing, out of the tree again. */
void orr_chain_take_back(struct orr_chain *chain, struct orr_chain_link *link);

/* What a block costs the machine that runs it, ns of CPU; n_known: of its transactions, those whose
 * signatures it has checked before. */
int64_t orr_chain_cost(const struct orr_chain_link *link, const struct orr_costs *costs,
                       uint64_t n_known);

/* Does the node keep all rules? */
bool orr_chain_is_honest(const struct orr_chain *chain);
/* May the node take over what another found (NULL: nobody has)?  And offering its own to others. */
bool orr_chain_may_share(const struct orr_chain *chain, const struct orr_chain_run *run);
void orr_chain_share(const struct orr_chain *chain, struct orr_chain_block *block,
                     struct orr_chain_run *run);

/* models/engine.h over a struct orr_chain. */
extern const struct orr_engine orr_chain_engine;
#endif
