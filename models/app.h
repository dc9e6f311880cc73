/* app.h - between agreeing on a block and what the block means: the application.
 *
 * The cut is the one of ABCI 2.0 (CometBFT's specification, "ABCI++: methods"): CheckTx,
 * PrepareProposal, ProcessProposal, FinalizeBlock, Commit.  Consensus (models/bft) orders opaque
 * transactions; an application (models/ledger, the EVM) gives them meaning.  All correct nodes
 * execute the same blocks, so an application must be deterministic: state roots that diverge are a
 * violation that oracles see.
 *
 * Calls per height, in this order: any number of check(), propose() and validate() against the
 * state after the last commit(); then execute() and commit() once, for the decided block.  A
 * function that takes busy_ns adds the CPU time that the work would take on the simulated machine.
 */
#ifndef ORR_MODELS_APP_H
#define ORR_MODELS_APP_H

#include "models/protocol.h"

/* One transaction of a block.  bytes are lent.  `note` is the application's (note() below), read by
 * every node that receives this block; 0: nothing is known. */
struct orr_app_tx {
    const uint8_t *bytes;
    uint64_t id; /* orr_msg_hash of a message of kind 0 with these bytes */
    uint32_t len;
    uint8_t note;
};

enum { ORR_CLAIM_BYTES = 32 };

/* A block as consensus hands it over.  claim: what its proposer says that it comes to (pack()), or
 * NULL. */
struct orr_app_block {
    uint64_t height;
    orr_time time;
    uint32_t n_txs;
    const struct orr_app_tx *txs; /* [n_txs] */
    uint32_t proposer;            /* validator number */
    uint32_t last_round;          /* in which the block before was decided, as this block's last
                                     commit says; 0 at first */
    const uint8_t *claim;         /* ORR_CLAIM_BYTES */
};

/* A block in the making: pack() fills the last group. */
struct orr_app_draft {
    uint64_t height;
    orr_time time;
    uint32_t proposer, last_round; /* as above */
    uint64_t max_bytes;            /* of transactions, each with `overhead` bytes more */
    uint32_t overhead;

    struct orr_msg **txs; /* [n_cap], lent references */
    uint32_t n, n_cap;
    bool has_claim;
    uint8_t claim[ORR_CLAIM_BYTES];
};

/* A change of voting power that a decided block asked for: ABCI's validator_updates.  It counts
 * from two heights later on.  A key of no member, and a block's changes that together would leave
 * nobody with power or more than can be counted, change nothing. */
struct orr_app_power {
    uint64_t height;    /* of the block            */
    const uint8_t *key; /* public, of the validator; lent till the next block */
    uint64_t power;     /* from then on            */
};

struct orr_app {
    const char *name;

    /* What a quorum has decided is executed though validate() refused it: as in CometBFT, where the
     * rules of the others show as another root, rather than as a node that stands still. */
    bool follows;

    /* What save() gives is for this node's own restart alone, as a peer could not check all of it
     * against the root: blocks are kept, and whoever lags gets them. */
    bool keeps_blocks;

    /* May this transaction wait in the mempool?  0, or ORR_EFORMAT (malformed or not authentic) or
     * ORR_EINVAL (against the committed state).  *priority: a full mempool evicts lower ones first.
     * `again`: it passed before at this node, only the state has changed (ABCI's recheck), so its
     * signature need not be looked at. */
    int (*check)(void *app, const struct orr_msg *tx, bool again, uint64_t *priority,
                 int64_t *busy_ns);

    /* Of n candidates in mempool order, moves those that may stand in the next block, in the order
     * that they shall have there, to the front of txs; returns their number. */
    uint32_t (*propose)(void *app, struct orr_msg **txs, uint32_t n);

    /* Optional, in place of propose(): chooses by itself, from what check() let in, what fits, and
     * says what the block comes to. */
    void (*pack)(void *app, struct orr_app_draft *draft, int64_t *busy_ns);

    /* Optional.  Fills the notes of the transactions of a block that nobody else has seen yet:
     * verdicts that are a pure function of the bytes.  Called by whoever decodes it, when there is
     * a memo. */
    void (*note)(void *app, struct orr_app_tx *txs, uint32_t n);

    /* Is a proposed block acceptable on top of the committed state?  A pure function of the two. */
    bool (*validate)(void *app, const struct orr_app_block *block, int64_t *busy_ns);

    /* Executes a decided block; the state's root after it.  check() and validate() do not see the
     * new state before commit(). */
    void (*execute)(void *app, const struct orr_app_block *block, uint8_t root[32],
                    int64_t *busy_ns);
    void (*commit)(void *app);

    /* The committed state's root. */
    void (*root)(void *app, uint8_t root[32]);

    /* Optional.  The i-th change of voting power since genesis, in the order in which blocks asked
     * for them; false: there are no more.  They are part of the committed state and under its root:
     * who loads a snapshot has them all. */
    bool (*power_change)(const void *app, uint32_t i, struct orr_app_power *change);

    /* Optional, both or none (ABCI's snapshots): the committed state as bytes, a message of the
     * caller's own; and the way back, in place of the committed state.  load() returns 0, or
     * ORR_EFORMAT: the bytes are malformed, or of a state with another root; nothing is changed
     * then. */
    struct orr_msg *(*save)(void *app, struct orr_pool *pool);
    int (*load)(void *app, const uint8_t *bytes, size_t len, const uint8_t root[32]);
};
#endif
