/* sequencer.h - who orders: the unsafe chain above a verifier's safe one.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Sequencer" (origins, drift).  A block takes the
 * next L1 block as its origin as soon as there is one that is not later than itself.  What a reorg
 * of L1 or another safe chain has taken the ground from under is dropped. */
#ifndef ORR_ROLLUP_SEQUENCER_H
#define ORR_ROLLUP_SEQUENCER_H

#include "models/rollup/verifier.h"

/* The block after `parent`, on an L1 origin, with as many of txs[*n_txs] as can be executed in that
 * order, none of them if it is a fork's first (upgrade.h); the others are taken out of the list.
 * Executed on a fork of the parent's state; *made is filled, and ends with orr_verified_free.
 * false: the origin does not suit the parent. */
bool orr_sequence(struct orr_mem *mem, const struct orr_rollup_config *config,
                  const struct orr_l2_chain *chain, struct orr_evm_executor *executor,
                  const struct orr_verified *parent, const struct orr_l1_block *origin,
                  struct orr_evm_block_hashes hashes, struct orr_rollup_tx *txs, size_t *n_txs,
                  struct orr_verified *made);
#endif
