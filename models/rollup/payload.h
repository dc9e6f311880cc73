/* payload.h - payload attributes: what the engine is told to build, from an L1 origin and a batch.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Deriving Payload Attributes";
 * protocol/ecotone/l1-attributes.md and protocol/isthmus/l1-attributes.md (which form, and that a
 * fork's first block still has the form before). */
#ifndef ORR_ROLLUP_PAYLOAD_H
#define ORR_ROLLUP_PAYLOAD_H

#include "models/rollup/batch_queue.h"
#include "models/rollup/execute.h"
#include "models/rollup/l1_block.h"
#include "models/rollup/system_config.h"

extern const struct orr_address orr_rollup_depositor; /* who sends the attributes */

struct orr_payload {
    struct orr_l2_attributes attributes; /* txs: the deposits, then the batch's, which are lent */
    uint64_t sequence_number;
    size_t n_deposits, n_upgrades; /* n_upgrades: of the deposits, those of a fork, at their end */
    bool is_from_batch; /* set by derivation: false where a window has ended, or of a batch the
                           deposits alone are left */
    /* Its own. */
    struct orr_rollup_tx *txs;
    size_t n_txs;
    struct orr_rlp_writer bytes;
};

/* Fills *payload (orr_payload_free) for the block after `parent` with this L1 origin.  *system: as
 * of the parent's origin; of a new epoch it takes over what that epoch's logs say.  Returns NULL,
 * or why the parent and the origin do not go together, static storage; *system is then as it was.
 */
const char *orr_payload_make(struct orr_mem *mem, const struct orr_rollup_config *config,
                             const struct orr_derive_head *parent,
                             const struct orr_l1_block *origin, const struct orr_rollup_tx *txs,
                             size_t n_txs, struct orr_system_config *system,
                             struct orr_payload *payload);
void orr_payload_free(struct orr_mem *mem, struct orr_payload *payload);

/* Applies an L1 block's logs of the rollup's own contract; logs that are malformed change nothing
 * and are counted in the result. */
size_t orr_payload_update(const struct orr_rollup_config *config,
                          const struct orr_l1_block *origin, struct orr_system_config *system);
#endif
