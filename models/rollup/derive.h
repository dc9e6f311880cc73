/* derive.h - the derivation pipeline: L1 blocks in, payload attributes out.
 *
 *     struct orr_derive *d = orr_derive_create(mem, &config);
 *     orr_derive_reset(d, &safe_head, &system, &system_at_start, number);
 *     for (;;) switch (orr_derive_step(d, &attributes)) {
 *     case ORR_DERIVE_L1: orr_derive_l1(d, &block); break;              // the next one, moved
 *     case ORR_DERIVE_ATTRIBUTES:
 *         ...execute them...
 *         orr_derive_accept(d, &hash);                                  // or orr_derive_refuse(d)
 *         break;
 *     case ORR_DERIVE_RESET: ...find the safe head on L1's chain, orr_derive_reset...
 *     }
 *
 * ethereum-optimism/specs, protocol/derivation.md, "L2 Chain Derivation Pipeline": L1 traversal and
 * retrieval (here), frame queue and channel bank (channel_bank.h), channel reader (here), batch
 * queue (batch_queue.h), attributes (payload.h).  Batches are read from call data and from blobs:
 * who gives an L1 block sees to it that those of batcher transactions are there. */
#ifndef ORR_ROLLUP_DERIVE_H
#define ORR_ROLLUP_DERIVE_H

#include "models/rollup/payload.h"

struct orr_derive;

/* Is it one whose data is read?  batcher: as of its L1 block, which has that time. */
bool orr_derive_is_batcher_tx(struct orr_mem *mem, const struct orr_rollup_config *config,
                              const struct orr_address *batcher, uint64_t l1_time,
                              const struct orr_evm_tx *tx);

/* config is lent for the pipeline's life. */
struct orr_derive *orr_derive_create(struct orr_mem *mem, const struct orr_rollup_config *config);
void orr_derive_destroy(struct orr_derive *d);
/* Who knows L2 blocks by number, for span batches that overlap the safe chain; else none is. */
void orr_derive_known(struct orr_derive *d,
                      const struct orr_rollup_known *(*l2_block)(void *ctx, uint64_t number),
                      void *ctx);

/* Begins again behind a safe head, whose origin is on L1's chain.  at_head: the system config as of
 * the safe head's origin.  The next L1 block that is given must be at or before that origin, early
 * enough that a channel that is read behind it may have begun there (the channel timeout);
 * at_start: the system config before that block.  done: all that L1 says up to this block's number
 * is in the safe chain; by Holocene's rules a batch there would not be what it was, as what came
 * before it in its channel is past. */
void orr_derive_reset(struct orr_derive *d, const struct orr_derive_head *safe,
                      const struct orr_system_config *at_head,
                      const struct orr_system_config *at_start, uint64_t done);

enum orr_derive_answer { ORR_DERIVE_L1, ORR_DERIVE_ATTRIBUTES, ORR_DERIVE_RESET };
/* *payload is lent until accept, refuse or reset. */
enum orr_derive_answer orr_derive_step(struct orr_derive *d, const struct orr_payload **payload);
/* The next L1 block, moved.  ORR_EINVAL: it does not stand on the last one, and is still the
 * caller's: reset. */
int orr_derive_l1(struct orr_derive *d, struct orr_l1_block *moved);
/* The attributes became the block of that hash, which is the safe head. */
void orr_derive_accept(struct orr_derive *d, const struct orr_hash *hash);
/* No block can be made of them.  Before Holocene the batch is dropped; from Holocene on the
 * attributes come again with their deposits alone, and the rest of the channel is dropped.  Not of
 * attributes that have deposits alone: those must always be a block. */
void orr_derive_refuse(struct orr_derive *d);

const struct orr_derive_head *orr_derive_safe(const struct orr_derive *d);
/* The system config as of the safe head's origin. */
const struct orr_system_config *orr_derive_system(const struct orr_derive *d);

/* What was thrown away so far. */
struct orr_derive_counts {
    uint64_t n_txs, n_bad_txs;           /* of the batcher; whose frames were malformed */
    uint64_t n_bad_blobs;                /* malformed */
    uint64_t n_dropped_frames, n_dropped_channels, n_channels;
    uint64_t n_batches, n_bad_batches, n_dropped_batches, n_refused;
    uint64_t n_bad_updates;              /* logs of the system config */
    const char *last_drop;               /* NULL: none */
};
struct orr_derive_counts orr_derive_counts(const struct orr_derive *d);
#endif
