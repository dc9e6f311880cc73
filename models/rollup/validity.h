/* validity.h - may a batch become the next blocks of the chain?
 *
 * ethereum-optimism/specs: protocol/derivation.md, "Batch Queue" (singular batches),
 * protocol/delta/span-batches.md, "Batch Queue" (span batches), protocol/fjord/derivation.md
 * (constant drift), protocol/holocene/derivation.md (past and future), protocol/isthmus/
 * derivation.md (type 4). */
#ifndef ORR_ROLLUP_VALIDITY_H
#define ORR_ROLLUP_VALIDITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/words.h"

/* A fork that never comes. */
#define ORR_ROLLUP_NEVER UINT64_MAX

/* What of a rollup's configuration the formats and rules ask; times in s. */
struct orr_rollup_config {
    uint64_t block_time;          /* > 0                                            */
    uint64_t seq_window_size;     /* L1 blocks                                      */
    uint64_t max_sequencer_drift; /* before Fjord                                   */
    uint64_t l2_genesis_time, l2_chain_id;
    uint64_t delta_time, fjord_time, holocene_time, isthmus_time; /* or ORR_ROLLUP_NEVER */
    /* What execution asks beside that (execute.h). */
    uint64_t regolith_time, canyon_time, ecotone_time, granite_time;
    uint32_t elasticity, denominator, denominator_canyon; /* EIP-1559, before Holocene's own; > 0 */
    /* What derivation asks (derive.h). */
    uint64_t l1_chain_id, channel_timeout; /* L1 blocks, before Granite */
    struct orr_address inbox, portal, system_config; /* on L1 */
    const struct orr_upgrade_codes *upgrades; /* what forks deploy (upgrade.h), lent; or NULL */
};

enum { ORR_ROLLUP_FJORD_DRIFT_S = 1800, ORR_ROLLUP_GRANITE_TIMEOUT = 50 /* L1 blocks */ };

struct orr_rollup_l1_block {
    uint64_t number, time;
    struct orr_hash hash;
};

struct orr_rollup_l2_block {
    uint64_t number, time;
    struct orr_hash hash;
    uint64_t origin_number; /* of its L1 origin */
};

/* An encoded transaction, lent. */
struct orr_rollup_tx {
    const uint8_t *bytes;
    size_t len;
};

/* One block of a batch. */
struct orr_rollup_batch_block {
    uint64_t timestamp, epoch_num;
    const struct orr_rollup_tx *txs; /* [n_txs] */
    size_t n_txs;
};

/* A batch of one block, or a span of blocks in order of time.  A singular batch names its parent
 * and epoch by whole hashes, a span by their first 20 bytes. */
struct orr_rollup_batch {
    bool is_span;
    struct orr_hash parent_hash, epoch_hash; /* of a span the first block's parent, the last one's
                                                epoch: 20 bytes of each count */
    const struct orr_rollup_batch_block *blocks; /* [n_blocks], n_blocks > 0; singular: 1 */
    size_t n_blocks;
};

/* An L2 block that is known with its content; transactions without deposits. */
struct orr_rollup_known {
    struct orr_rollup_l2_block block;
    const struct orr_rollup_tx *txs; /* [n_txs] */
    size_t n_txs;
};

/* What the rules look at beside the batch. */
struct orr_rollup_view {
    const struct orr_rollup_config *config;
    const struct orr_rollup_l1_block *l1_blocks; /* [n_l1_blocks] known, in order, from the safe
                                                    head's origin on */
    size_t n_l1_blocks;
    struct orr_rollup_l2_block safe_head;
    struct orr_rollup_l1_block inclusion; /* the L1 block that the batch was in */
    /* The L2 block of that number, or NULL: not to be had (now). */
    const struct orr_rollup_known *(*l2_block)(void *ctx, uint64_t number);
    void *ctx;
};

enum orr_batch_verdict {
    ORR_BATCH_DROP,      /* never                                              */
    ORR_BATCH_ACCEPT,
    ORR_BATCH_UNDECIDED, /* more L1 or L2 blocks must be known first           */
    ORR_BATCH_FUTURE,    /* it may be the next one later                       */
    ORR_BATCH_PAST       /* Holocene: what it says is in the safe chain's past */
};
const char *orr_batch_verdict_name(enum orr_batch_verdict verdict); /* "drop"; static storage */

/* Holocene: may the span's blocks be looked at one by one ("Span Batches")?  The rules of the
 * whole: its parent, its epochs' hashes, the window. */
enum orr_batch_verdict orr_span_check_prefix(const struct orr_rollup_view *view,
                                             const struct orr_rollup_batch *span,
                                             const char **rule);
/* The verdict, and in *rule in a few words (static storage) what it rests on. */
enum orr_batch_verdict orr_batch_check(const struct orr_rollup_view *view,
                                       const struct orr_rollup_batch *batch, const char **rule);
#endif
