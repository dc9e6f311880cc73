/* l1_block.h - an L1 block with its receipts, checked against its own header: what derivation
 * reads. */
#ifndef ORR_ROLLUP_L1_BLOCK_H
#define ORR_ROLLUP_L1_BLOCK_H

#include "models/rollup/blob.h"
#include "models/rollup/deposit.h"
#include "models/rollup/validity.h"
#include "models/vm/block.h"

/* A log of a transaction that succeeded. */
struct orr_l1_log {
    struct orr_address address;
    struct orr_hash topics[4];
    size_t n_topics;
    const uint8_t *data; /* [data_len] */
    size_t data_len;
    uint64_t index;      /* in the block, those of failed transactions counted, too */
};

struct orr_l1_block {
    struct orr_rollup_l1_block id;
    struct orr_hash parent_hash, mix_hash, beacon_root;
    struct orr_u256 base_fee, blob_base_fee; /* the latter 1 where there are no blobs */
    struct orr_evm_block block; /* its transactions */
    struct orr_l1_log *logs;    /* [n_logs] */
    size_t n_logs;
    const struct orr_l1_blob *blobs; /* [n_blobs] lent: those of its transactions that are there */
    size_t n_blobs;
    /* Its own: all that the above is lent from. */
    uint8_t *bytes;
    size_t len, logs_cap;
};

/* Reads a block (RLP) and its receipts (their consensus encodings), of which it keeps copies;
 * orr_l1_block_free afterwards.  config: L1's rules, for the price of blobs.  Returns NULL, or what
 * is wrong, static storage. */
const char *orr_l1_block_read(struct orr_mem *mem, const struct orr_evm_chain_config *config,
                              const uint8_t *bytes, size_t len,
                              const struct orr_rollup_tx *receipts, size_t n_receipts,
                              struct orr_l1_block *block);
void orr_l1_block_free(struct orr_mem *mem, struct orr_l1_block *block);
#endif
