/* block.h - whole blocks: decoding, execution, and every check that a validator makes.  Yellow
 * Paper, sections 4.3 and 11; EIP-4895, 4788, 2935, 6110, 7002, 7251, 7685, 7934.
 *
 *     struct orr_evm_block block;
 *     int bad = orr_evm_block_decode(mem, bytes, len, &block);
 *     struct orr_evm_state *after = orr_evm_state_fork(parent_state);
 *     struct orr_evm_block_result result;
 *     enum orr_evm_block_error error = orr_evm_block_validate(executor, after, &chain, &block,
 * &result); if (error) orr_evm_state_destroy(after);          // the parent's state is as it was
 */
#ifndef ORR_EVM_BLOCK_H
#define ORR_EVM_BLOCK_H

#include "models/vm/header.h"

enum {
    ORR_MAX_OMMERS = 2,
    ORR_OMMER_GENERATIONS = 6, /* Yellow Paper, eq. 170 */
    ORR_MAX_ANCESTORS = ORR_OMMER_GENERATIONS + 1,
    ORR_MAX_BLOCK_BYTES = 8388608, /* EIP-7934: 10 MiB less 2 MiB for the beacon block */
};

/* EIP-4895. */
struct orr_evm_withdrawal {
    uint64_t index, validator;
    struct orr_address address;
    uint64_t amount_gwei;
};

/* Who signed a transaction, or why nobody did (orr_evm_tx_sender); known before a block runs, when
 * several run the same one. */
struct orr_evm_sender {
    struct orr_address address;
    enum orr_evm_tx_error error;
};

/* A block.  Everything is lent from the bytes that were decoded or owned by the block; both end
 * with orr_evm_block_free. */
struct orr_evm_block {
    struct orr_evm_header header;
    struct orr_hash hash;
    size_t size_bytes; /* of the encoding */
    struct orr_evm_tx *txs;
    struct orr_rlp_item *tx_items; /* each transaction's own encoding: payload, len */
    size_t n_txs;
    const struct orr_evm_sender *senders; /* [n_txs] by the block's own fork; lent, set by whoever
                                             knows them; NULL: execution finds them out */
    struct orr_evm_header *ommers;
    struct orr_hash *ommer_hashes, ommers_hash;
    size_t n_ommers;
    bool has_withdrawals;
    struct orr_evm_withdrawal *withdrawals;
    struct orr_rlp_item *withdrawal_items;
    size_t n_withdrawals;
};

/* Decodes a block; bytes are lent as long as the block lives.  Returns 0, ORR_EFORMAT, or
 * ORR_EUNSUPPORTED for a transaction of unknown type. */
int orr_evm_block_decode(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                         struct orr_evm_block *block);
void orr_evm_block_free(struct orr_mem *mem, struct orr_evm_block *block);

/* An ancestor, as far as ommers need to know it. */
struct orr_evm_ancestor {
    const struct orr_evm_header *header;
    struct orr_hash hash;
    const struct orr_hash *ommer_hashes;
    size_t n_ommers;
};

/* Where a block is to be put.  All pointers are lent. */
struct orr_evm_chain_view {
    const struct orr_evm_chain_config *config;
    struct orr_u256 parent_total_difficulty;              /* matters until Paris */
    struct orr_evm_ancestor ancestors[ORR_MAX_ANCESTORS]; /* the parent first */
    size_t n_ancestors;                                   /* 1 or more */
    struct orr_evm_block_hashes hashes;                   /* of the 256 ancestors, for BLOCKHASH */
};

/* What execution came to; end with orr_evm_block_result_free. */
struct orr_evm_block_result {
    struct orr_hash state_root, receipts_root, requests_hash;
    struct orr_hash access_list_hash; /* from Amsterdam on */
    struct orr_evm_bloom bloom;
    uint64_t gas_used, blob_gas_used;
    struct orr_evm_receipt *receipts; /* one per transaction that ran */
    size_t n_receipts, receipts_cap;
    enum orr_evm_tx_error
        tx_error; /* with INVALID_TRANSACTION: which rule the n_receipts-th broke */
};
void orr_evm_block_result_free(struct orr_mem *mem, struct orr_evm_block_result *result);

/* Runs the block on its parent's state: system calls, transactions, withdrawals, rewards.  Trusts
 * the header's own fields (coinbase, times, limits, fees) and compares nothing.  Returns
 * ORR_BLOCK_OK and fills *result, or why the block cannot be run; the state is then in between and
 * only good to be thrown away. *result is to be freed either way. */
enum orr_evm_block_error orr_evm_execute_block(struct orr_evm_executor *executor,
                                               struct orr_evm_state *state,
                                               const struct orr_evm_chain_view *chain,
                                               const struct orr_evm_block *block,
                                               struct orr_evm_block_result *result);

/* All of a validator's checks: header, ommers, roots, execution, and what execution came to.  On a
 * state from a witness ask orr_evm_state_error too: a missing node shows as a wrong root. */
enum orr_evm_block_error orr_evm_block_validate(struct orr_evm_executor *executor,
                                                struct orr_evm_state *state,
                                                const struct orr_evm_chain_view *chain,
                                                const struct orr_evm_block *block,
                                                struct orr_evm_block_result *result);

/* What the header says of the body, ommers apart: size, form, roots of transactions and
 * withdrawals. */
enum orr_evm_block_error orr_evm_body_check(struct orr_evm_store *store,
                                            const struct orr_evm_chain_fork *rules,
                                            const struct orr_evm_block *block);
/* The root of the trie over a block's transactions, and over its withdrawals. */
struct orr_hash orr_evm_transactions_root(struct orr_mem *mem, const struct orr_evm_block *block);
struct orr_hash orr_evm_withdrawals_root(struct orr_mem *mem, const struct orr_evm_block *block);

/* The ommers' part of it (Yellow Paper, section 11.1): the first fault of the list or of an ommer's
 * header. */
enum orr_evm_block_error orr_evm_ommers_check(const struct orr_evm_chain_view *chain,
                                              const struct orr_evm_block *block);
#endif
