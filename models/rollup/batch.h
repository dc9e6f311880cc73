/* batch.h - batches as a channel holds them: RLP strings one after another, each a version byte and
 * a batch.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Batch Format": version 0 is one L2 block as a
 * list of parent hash, epoch number, epoch hash, timestamp and transactions; version 1 is a span
 * (span.h). */
#ifndef ORR_ROLLUP_BATCH_H
#define ORR_ROLLUP_BATCH_H

#include "models/base/mem.h"
#include "models/base/rlp.h"
#include "models/rollup/validity.h"

/* A batch of version 0.  txs[n_txs] belongs to it, bytes are lent. */
struct orr_singular {
    struct orr_hash parent_hash, epoch_hash;
    uint64_t epoch_num, timestamp;
    struct orr_rollup_tx *txs;
    size_t n_txs;
};

/* Reads what follows the version byte; orr_singular_free afterwards.  Returns 0 or ORR_EFORMAT. */
int orr_singular_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                      struct orr_singular *batch);
void orr_singular_free(struct orr_mem *mem, struct orr_singular *batch);
/* Appends the encoding, without the version byte. */
void orr_singular_write(const struct orr_singular *batch, struct orr_rlp_writer *w);

/* The next batch of a channel's bytes: its content, version byte first, lent.  false: there is
 * none, because all was read or because what is left is no whole string (r->bad). */
bool orr_batch_next(struct orr_rlp_reader *r, const uint8_t **bytes, size_t *len);
#endif
