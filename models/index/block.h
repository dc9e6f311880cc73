/* block.h - a block with its receipts, checked against what its header commits to.
 *
 * Nothing of it is believed: the transactions must give the header's transactions root, the
 * receipts its receipts root and bloom filter (Yellow Paper, section 4.3), and who sent a
 * transaction is found out from its signature, unless somebody who ran the block says so. */
#ifndef ORR_INDEX_BLOCK_H
#define ORR_INDEX_BLOCK_H

#include "models/engine.h"
#include "models/vm/block.h"

/* A block as it comes.  All is lent. */
struct orr_index_feed {
    const uint8_t *block; /* RLP: header, transactions, ommers, withdrawals */
    size_t len;
    const struct orr_engine_bytes *receipts; /* [n] the consensus encoding of each (EIP-2718) */
    size_t n_receipts;
    const struct orr_address *senders; /* [n] of one's own chain; NULL: to be found out */
    bool is_believed; /* nobody looks whether the receipts are what the header commits to */
};

/* A log. */
struct orr_index_log {
    struct orr_address address;
    uint32_t n_topics; /* 0 to 4 */
    struct orr_hash topics[4];
    const uint8_t *data; /* lent from the receipt */
    size_t len;
};

/* A receipt.  logs: a reader at the first of n_logs, each read by orr_index_log_read. */
struct orr_index_receipt {
    bool has_status, is_success; /* status from Byzantium on (EIP-658), */
    struct orr_hash post_state;  /* ... before it this */
    uint64_t cumulative_gas;
    uint32_t n_logs;
    struct orr_rlp_reader logs;
};

/* A block that holds together.  Owned: end with orr_index_block_free. */
struct orr_index_block {
    struct orr_evm_block block; /* lends from bytes */
    uint8_t *bytes;             /* the block, then its receipts */
    size_t len, block_len;
    struct orr_index_receipt *receipts; /* [block.n_txs] */
    struct orr_address *senders;        /* [block.n_txs] */
    uint32_t n_logs;
};

/* Decodes and checks a block.  Returns 0; ORR_EFORMAT for what is no block or no receipts;
 * ORR_EUNSUPPORTED for a transaction of unknown type; ORR_ECORRUPT when they are not what the
 * header commits to.  *why (static) then names what is wrong. */
int orr_index_block_open(struct orr_mem *mem, const struct orr_index_feed *feed,
                         struct orr_index_block **block, const char **why);
void orr_index_block_free(struct orr_mem *mem, struct orr_index_block *block);

/* The next log of a receipt's reader.  False: there is none, or it is no log (the reader is bad).
 */
bool orr_index_log_read(struct orr_rlp_reader *logs, struct orr_index_log *log);

/* The parts of a chain's block.  Its receipts and senders go to arrays from mem; the rest is lent
 * as models/engine.h says.  End with orr_index_feed_free.  ORR_ENOTFOUND: no such block, or its
 * body or receipts are not kept. */
int orr_index_feed_read(struct orr_mem *mem, const struct orr_engine *engine, void *chain,
                        const struct orr_hash *hash, struct orr_index_feed *feed);
void orr_index_feed_free(struct orr_mem *mem, struct orr_index_feed *feed);
#endif
