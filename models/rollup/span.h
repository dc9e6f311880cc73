/* span.h - span batches: many L2 blocks as one batch, their transactions by columns.
 *
 * ethereum-optimism/specs, protocol/delta/span-batches.md, "Span Batch Format"; type 4 from
 * protocol/isthmus/derivation.md.  Transactions are kept without what the columns make superfluous
 * (chain id, sender's recoverable bits) and written in full by orr_span_tx_write. */
#ifndef ORR_ROLLUP_SPAN_H
#define ORR_ROLLUP_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"
#include "models/base/rlp.h"

enum {
    ORR_SPAN_CHECK_BYTES = 20,
    ORR_SPAN_ELEMENTS_MAX = 10000000, /* MAX_SPAN_BATCH_ELEMENT_COUNT: blocks; transactions */
    ORR_BATCH_SINGULAR = 0,
    ORR_BATCH_SPAN = 1
};

/* One transaction.  Pointers are lent from the bytes that were read. */
struct orr_span_tx {
    uint8_t type;            /* 0, 1, 2 or 4 */
    bool is_create, y_parity;
    bool is_protected;       /* legacy: EIP-155 */
    const uint8_t *r, *s;    /* [32] as they stand, leading zeros included */
    const uint8_t *to;       /* [20]; NULL: creates */
    const uint8_t *data;     /* tx_data: type byte (type 0: none), list of value, fees, ... */
    size_t data_len;
    uint64_t nonce, gas;
};

struct orr_span_batch {
    uint64_t rel_timestamp; /* s after the L2 genesis, of the first block */
    uint64_t l1_origin_num; /* of the last block */
    uint8_t parent_check[ORR_SPAN_CHECK_BYTES], l1_origin_check[ORR_SPAN_CHECK_BYTES];
    uint32_t n_blocks;
    const uint8_t *origin_bits; /* bit i, from the last byte's lowest: block i has a new origin */
    uint32_t *block_tx_counts;  /* [n_blocks] */
    struct orr_span_tx *txs;    /* [n_txs] of all blocks */
    uint32_t n_txs;
    size_t n_bytes;             /* that were read: bytes behind them are no part of the batch */
};

/* Why a batch is refused: the byte of the input near which, and what in a few words. */
struct orr_span_fault {
    size_t at;
    const char *what;
};

/* Reads what follows a batch's version byte.  Counts are looked at before anything is allocated;
 * what is allocated is in proportion to len.  orr_span_free afterwards.  Returns 0, or ORR_EFORMAT
 * or ORR_ELIMIT with *fault filled. */
int orr_span_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                  struct orr_span_batch *span, struct orr_span_fault *fault);
void orr_span_free(struct orr_mem *mem, struct orr_span_batch *span);
/* Appends the canonical encoding, without the version byte. */
void orr_span_write(const struct orr_span_batch *span, struct orr_rlp_writer *w);

bool orr_span_has_new_origin(const struct orr_span_batch *span, uint32_t block);
/* The L1 origin of each block into numbers[n_blocks], from the last one's back. */
void orr_span_origins(const struct orr_span_batch *span, uint64_t *numbers);
/* A transaction in full, taken apart for a span: types 0, 1, 2 and 4 of that chain.  What it points
 * to is one block of mem and lent from raw.  Returns 0 or ORR_EFORMAT. */
int orr_span_tx_read(struct orr_mem *mem, const uint8_t *raw, size_t len, uint64_t chain_id,
                     struct orr_span_tx *tx);
/* Gives back what orr_span_tx_read took. */
void orr_span_tx_free(struct orr_mem *mem, struct orr_span_tx *tx);
/* Appends a transaction in full, as EIP-2718 has it. */
void orr_span_tx_write(const struct orr_span_tx *tx, uint64_t chain_id, struct orr_rlp_writer *w);
#endif
