/* batch_queue.h - from batches as channels bring them to the next L2 block's: the first valid one,
 * or an empty one when the sequencing window has ended.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Batch Queue"; protocol/holocene/derivation.md,
 * "Span Batches" and "Batch Queue": strict order, a batch that is invalid ends its channel. */
#ifndef ORR_ROLLUP_BATCH_QUEUE_H
#define ORR_ROLLUP_BATCH_QUEUE_H

#include "models/rollup/open_batch.h"

/* The safe head, as derivation needs it. */
struct orr_derive_head {
    struct orr_rollup_l2_block block;
    struct orr_hash origin_hash;
    uint64_t sequence_number; /* of the block in its epoch */
};

struct orr_batch_queue {
    struct orr_mem *mem;
    const struct orr_rollup_config *config;
    struct orr_open_batch *waiting; /* [n_waiting] in order of arrival */
    size_t n_waiting, waiting_cap;
    struct orr_open_batch span;     /* whose blocks are given one after another, if is_in_span */
    bool is_in_span;
    size_t span_at;                 /* the next one */
    struct orr_rollup_l1_block *l1; /* [n_l1] from the safe head's origin (or the next) on */
    size_t n_l1, l1_cap;
    struct orr_rollup_l1_block origin; /* that derivation has read */
    uint64_t done; /* Holocene: batches of L1 blocks up to this one have been looked at */
    const struct orr_rollup_known *(*l2_block)(void *ctx, uint64_t number);
    void *ctx;
    uint64_t n_dropped;
    const char *last_drop; /* the rule of the last batch that was dropped; static storage */
};

void orr_batch_queue_init(struct orr_batch_queue *queue, struct orr_mem *mem,
                          const struct orr_rollup_config *config);
/* Forgets everything; l2_block and ctx stay. */
void orr_batch_queue_reset(struct orr_batch_queue *queue);
void orr_batch_queue_fini(struct orr_batch_queue *queue);
/* Derivation goes on to this L1 block, in order of number. */
void orr_batch_queue_origin(struct orr_batch_queue *queue, const struct orr_derive_head *safe,
                            const struct orr_rollup_l1_block *block);

/* The next L2 block's content.  txs are lent until the queue is asked again. */
struct orr_next_batch {
    struct orr_rollup_l1_block epoch;
    uint64_t timestamp;
    const struct orr_rollup_tx *txs; /* [n_txs] */
    size_t n_txs;
    bool is_from_batch; /* false: the window has ended without one */
};
enum orr_queue_answer {
    ORR_QUEUE_NEXT,  /* *next is filled                                        */
    ORR_QUEUE_MORE,  /* give it a batch (orr_batch_queue_add), or say that the L1 block has none */
    ORR_QUEUE_FLUSH, /* Holocene: the channel's other batches are to be dropped; then as MORE    */
    ORR_QUEUE_RESET  /* the safe head's origin is not of this L1 chain         */
};
/* is_empty: the L1 block has no more batches; then MORE asks for the next L1 block. */
enum orr_queue_answer orr_batch_queue_next(struct orr_batch_queue *queue,
                                           const struct orr_derive_head *safe, bool is_empty,
                                           struct orr_next_batch *next);
/* A batch, moved, of a channel that was whole at the origin. */
void orr_batch_queue_add(struct orr_batch_queue *queue, const struct orr_derive_head *safe,
                         struct orr_open_batch *moved);
/* The block that was given last was none that can be executed: what follows it in its span goes. */
void orr_batch_queue_refuse(struct orr_batch_queue *queue);
#endif
