/* open_batch.h - a batch taken apart into blocks, with memory of its own: what waits in the batch
 * queue. */
#ifndef ORR_ROLLUP_OPEN_BATCH_H
#define ORR_ROLLUP_OPEN_BATCH_H

#include "models/base/mem.h"
#include "models/rollup/validity.h"

struct orr_open_batch {
    struct orr_rollup_batch batch; /* points into what follows */
    struct orr_rollup_l1_block inclusion; /* the L1 block that its channel was whole in */
    /* Its own. */
    struct orr_rollup_batch_block *blocks;
    struct orr_rollup_tx *txs;
    size_t n_txs;
    uint8_t *bytes; /* of the transactions, one after another */
    size_t cap;
};

/* Opens a batch's content, version byte first.  Returns NULL (orr_open_batch_free afterwards), or
 * what is wrong, static storage. */
const char *orr_open_batch_read(struct orr_mem *mem, const struct orr_rollup_config *config,
                                const uint8_t *bytes, size_t len, struct orr_open_batch *open);
void orr_open_batch_free(struct orr_mem *mem, struct orr_open_batch *open);
#endif
