/* block.h - blocks: header, last commit, evidence, transactions.
 *
 * A block's bytes, little-endian:
 *     header (256)
 *     commit_len u32 | last commit          empty at height 1
 *     n_evidence u32 | n duplicate votes
 *     n_txs u32      | n times: len u32, bytes
 *     claim (32)                            of an application that makes one; it is the last leaf
 *                                           of txs_root
 * The header's hash names the block; it commits to the rest by last_commit_hash (SHA-256),
 * evidence_hash (SHA-256) and txs_root (RFC 6962).  As in CometBFT, app_hash is the state's root
 * after the block before this one. */
#ifndef ORR_TENDERMINT_BLOCK_H
#define ORR_TENDERMINT_BLOCK_H

#include "models/app.h"
#include "models/bft/common/commit.h"
#include "models/bft/common/evidence.h"
#include "models/bft/common/parts.h"

enum { ORR_HEADER_BYTES = 256 };
/* No clock shows it (146 years); adding to a block's time cannot overflow. */
#define ORR_MAX_BLOCK_TIME ((orr_time)1 << 62)

struct orr_tm_header {
    uint64_t chain_id, height;
    orr_time time;             /* the proposer's clock when it made the block       */
    uint32_t proposer;         /* validator number                                  */
    struct orr_block_id last;  /* nil at height 1                                   */
    uint8_t last_commit_hash[32], txs_root[32], evidence_hash[32];
    uint8_t app_hash[32];      /* state root before this block                      */
    uint8_t validators_hash[32];
};

/* A decoded block; pointers lead into the block's message. */
struct orr_tm_block {
    struct orr_tm_header header;
    uint8_t hash[32];          /* of the header                                     */
    bool has_commit;
    struct orr_commit commit;  /* with has_commit                                   */
    uint32_t n_evidence;
    const uint8_t *evidence;   /* n_evidence * ORR_EVIDENCE_BYTES                   */
    uint8_t commit_verdict;    /* enum orr_validity on the commit's signatures       */
    const struct orr_validator_set *set; /* for which it was decoded                 */
    struct orr_app_block app;
    struct orr_app_tx txs[];
};

/* Makes a block's bytes; fills header->last_commit_hash, txs_root and evidence_hash.  Commit: the
  The result's kind is 0 and it is never sent as it is. */
struct orr_msg *orr_tm_block_build(struct orr_tm_header *header, const struct orr_msg *commit,
                                struct orr_msg **evidence, uint32_t n_evidence,
                                struct orr_msg **txs, uint32_t n_txs, const uint8_t *claim,
                                struct orr_pool *pool);
/* The least bound on a block's size with which n validators can go on: a header, a full last
 * commit, and some evidence. */
uint64_t orr_tm_block_least_max(uint32_t n_validators);
void orr_tm_header_read(const uint8_t bytes[ORR_HEADER_BYTES], struct orr_tm_header *header);
void orr_tm_header_hash(const struct orr_tm_header *header, uint8_t hash[32]);
/* Overwrites the header in a block's bytes. */
void orr_tm_block_set_header(struct orr_msg *block, const struct orr_tm_header *header);

/* Gives a block its form, if it is well-formed and its hashes hold; with a memo, with the verdicts
 * on the last commit's signatures and, by the application, on the transactions. */
void orr_tm_block_decode(struct orr_msg *block, const struct orr_validator_set *set,
                         struct orr_pool *pool, struct orr_memo *memo, const struct orr_app *app,
                         void *app_state);
/* The form that a block was given for this set; NULL: none. */
const struct orr_tm_block *orr_tm_block_of(const struct orr_msg *block,
                                           const struct orr_validator_set *set);
#endif
