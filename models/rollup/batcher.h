/* batcher.h - from L2 blocks to the data of L1 transactions: a batch (or several), a channel, its
 * frames.
 *
 * ethereum-optimism/specs, protocol/batcher.md; the formats are batch.h's, span.h's, inflate.h's
 * and frame.h's. */
#ifndef ORR_ROLLUP_BATCHER_H
#define ORR_ROLLUP_BATCHER_H

#include "models/rollup/frame.h"
#include "models/rollup/inflate.h"
#include "models/rollup/verifier.h"

enum orr_batch_form { ORR_BATCHES_SINGULAR, ORR_BATCHES_SPAN, ORR_BATCHES_SMALLER };

struct orr_batcher_options {
    enum orr_batch_form form;
    enum orr_compression compression;
    uint32_t frame_bytes; /* of a frame's data at most, 1 to ORR_FRAME_DATA_MAX */
};

/* Writes blocks[0..n), the first of which stands on `before`, as one channel.  What belongs into L1
 * transactions, version byte first, goes to `datas`, one frame in each: lens[i] of them one after
 * another; lens has room for max.  Returns how many there are, or 0: more than max. */
size_t orr_batcher_write(struct orr_mem *mem, const struct orr_rollup_config *config,
                         const struct orr_batcher_options *options,
                         const struct orr_verified *const *blocks, size_t n,
                         const struct orr_verified *before,
                         const uint8_t channel[ORR_CHANNEL_ID_BYTES], struct orr_rlp_writer *datas,
                         size_t *lens, size_t max);
#endif
