/* rollup_blobs.h - the blobs that L1 has: those of transactions to the rollup's inbox, from when
 * they wait until they expire (EIP-4844: MIN_EPOCHS_FOR_BLOB_SIDECARS_REQUESTS).  What others put
 * into blobs nobody here asks for, and nobody keeps. */
#ifndef ORR_NODE_ROLLUP_BLOBS_H
#define ORR_NODE_ROLLUP_BLOBS_H

#include "models/base/msg.h"
#include "models/base/rlp.h"
#include "models/rollup/blob.h"
#include "models/rollup/validity.h"
#include "models/vm/block.h"

/* Starts zeroed. */
struct orr_rollup_blobs {
    struct orr_rollup_kept_blob {
        struct orr_hash hash;
        uint8_t *bytes;    /* ORR_BLOB_BYTES */
        uint64_t number;   /* of its L1 block; as long as it waits, of the last one when it came */
        bool is_in_block;
    } *v; /* [n] */
    size_t n, cap;
};
void orr_rollup_blobs_fini(struct orr_rollup_blobs *blobs, struct orr_mem *mem);

/* Appends a transaction with its blobs as one message: an RLP list of both. */
void orr_rollup_write_blob_tx(struct orr_rlp_writer *w, const uint8_t *tx, size_t len,
                              const uint8_t *blobs, size_t n);
/* Takes the blobs of such a message, whose transaction is *tx, lent from it.  false: it is none, or
 * its blobs are not those that it names.  tip: L1's last block. */
bool orr_rollup_blobs_take(struct orr_rollup_blobs *blobs, struct orr_mem *mem,
                           const uint8_t *bytes, size_t len, uint64_t tip,
                           struct orr_rollup_tx *tx);
/* A block was built: its blobs are in it; those that have been in one for `expiry` blocks go. */
void orr_rollup_blobs_block(struct orr_rollup_blobs *blobs, struct orr_mem *mem,
                            const struct orr_evm_block *block, uint64_t expiry);
/* Appends a list of those of a block's blobs that are there. */
void orr_rollup_blobs_write(const struct orr_rollup_blobs *blobs, const struct orr_evm_block *block,
                            struct orr_rlp_writer *w);
#endif
