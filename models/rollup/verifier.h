/* verifier.h - a follower of a rollup: L1 blocks in, executed L2 blocks out, with the heads that
 * they make, through reorgs of L1.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Engine Queue" (safe and finalized heads) and
 * "Resetting the Pipeline".  An L2 block is safe when it is derived from the canonical L1 chain,
 * and final when the L1 block that it was derived from is.  A reorg of L1 takes back what was
 * derived from blocks that went, and nothing else. */
#ifndef ORR_ROLLUP_VERIFIER_H
#define ORR_ROLLUP_VERIFIER_H

#include "models/rollup/derive.h"

/* A safe L2 block. */
struct orr_verified {
    struct orr_derive_head head;
    struct orr_system_config system; /* as of its origin */
    struct orr_evm_header header;    /* extra_data points to extra */
    uint8_t extra[ORR_L2_EXTRA_BYTES];
    struct orr_hash message_passer;  /* the storage root of its contract */
    struct orr_evm_state *state;     /* after it; lent */
    struct orr_u256 created;         /* wei that are more than in the first block, modulo 2^256 */
    uint64_t derived_from;           /* number of the L1 block that completed it */
    size_t n_deposits, n_txs;        /* n_txs: all */
    size_t n_users;                  /* of the deposits, those of users */
    bool is_from_batch;              /* as struct orr_payload has it */
    struct orr_rollup_tx *txs;       /* [n_txs - n_deposits], without deposits */
    struct orr_rollup_tx *deposits;  /* [n_users] */
    uint8_t *bytes;                  /* of which both are lent: txs first, n_bytes of them */
    size_t n_bytes, bytes_len;
};

/* Fills in all but head, system and derived_from: an executed block, what it was made of, and the
 * state after it, which is moved, and trimmed.  parent_state: that before it, of which it is a
 * fork; created: the parent's.  orr_verified_free afterwards. */
void orr_verified_fill(struct orr_mem *mem, struct orr_verified *verified,
                       const struct orr_l2_block *block, const struct orr_payload *payload,
                       struct orr_evm_state *parent_state, struct orr_u256 created,
                       struct orr_evm_state *state);
void orr_verified_free(struct orr_mem *mem, struct orr_verified *verified);

/* Where it begins.  Everything is lent for the verifier's life. */
struct orr_verifier_genesis {
    const struct orr_rollup_config *config;
    const struct orr_evm_chain_config *l1_config; /* for the price of blobs */
    struct orr_evm_store *store;
    const struct orr_evm_header *header;    /* of the first L2 block */
    const struct orr_system_config *system;
    uint64_t l1_number;                     /* its origin */
    struct orr_hash l1_hash;
};

struct orr_verifier;

/* state: after the first L2 block; moved. */
struct orr_verifier *orr_verifier_create(struct orr_mem *mem,
                                         const struct orr_verifier_genesis *genesis,
                                         struct orr_evm_state *state);
void orr_verifier_destroy(struct orr_verifier *v);

/* A blob that is known to be what its versioned hash stands for: ORR_BLOB_BYTES, lent. */
struct orr_blob_given {
    struct orr_hash hash;
    const uint8_t *bytes;
};
/* An L1 block and its receipts, as orr_l1_block_read takes them, and its blobs: those of batcher
 * transactions must be there (else orr_verifier_no_blob, and it may be given again).  It stands on
 * the last one, or on an earlier one: then those between were another chain's.  One that is there
 * changes nothing.  Derives all that can be derived.
 * Returns NULL, or what is wrong with it, static storage; nothing has changed then, unless no
 * verifier can go on from there: a block of deposits alone cannot be executed, or the next block is
 * the first of a fork that deploys what config->upgrades does not have (orr_verifier_no_code). */
const char *orr_verifier_l1(struct orr_verifier *v, const uint8_t *bytes, size_t len,
                            const struct orr_rollup_tx *receipts, size_t n_receipts,
                            const struct orr_blob_given *blobs, size_t n_blobs);
extern const char orr_verifier_no_blob[], orr_verifier_no_code[];
/* Then, the code's name (upgrade.h); static storage. */
const char *orr_verifier_missing(const struct orr_verifier *v);
/* L1 is final up to this number: no reorg goes below it. */
void orr_verifier_finalize(struct orr_verifier *v, uint64_t l1_number);

/* Who has executed unsafe blocks lends those on top of the safe chain (that of a number, or NULL):
 * the next attributes that match one are it, and not executed again (derivation.md,
 * "L1-consolidation: payload attributes matching").  lend NULL: nobody does. */
void orr_verifier_lend(struct orr_verifier *v,
                       const struct orr_verified *(*lend)(void *ctx, uint64_t number), void *ctx);
/* How many blocks have become safe so. */
uint64_t orr_verifier_n_consolidated(const struct orr_verifier *v);

/* The safe chain's i-th block, the first one of all at 0; lent until the next L1 block. */
const struct orr_verified *orr_verifier_block(const struct orr_verifier *v, size_t i);
size_t orr_verifier_n_blocks(const struct orr_verifier *v);
/* How many of them have been there all the time since this was asked last: those behind are new, or
 * have gone. */
size_t orr_verifier_kept(struct orr_verifier *v);
/* The last final one of them. */
size_t orr_verifier_finalized(const struct orr_verifier *v);
/* ---- L1 as the verifier has it: its canonical chain ---- */

/* The last block's number; false: there is none. */
bool orr_verifier_tip(const struct orr_verifier *v, uint64_t *number);
bool orr_verifier_l1_hash(const struct orr_verifier *v, uint64_t number, struct orr_hash *hash);
/* A block anew (orr_l1_block_free afterwards); false: it is not there. */
bool orr_verifier_origin(const struct orr_verifier *v, uint64_t number,
                         struct orr_l1_block *block);
/* How many transactions the first batcher has sent to the inbox: its nonce, if it does nothing
 * else. */
uint64_t orr_verifier_n_batcher_txs(const struct orr_verifier *v);

/* How often L1 changed its mind, and how many L2 blocks were taken back. */
struct orr_verifier_reorgs {
    uint64_t n, n_blocks;
};
struct orr_verifier_reorgs orr_verifier_reorgs(const struct orr_verifier *v);
struct orr_derive_counts orr_verifier_counts(const struct orr_verifier *v);
#endif
