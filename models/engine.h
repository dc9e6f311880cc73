/* engine.h - what those who stand on an execution chain ask of it: a consensus that drives it, a
 * rollup that reads its logs, an index of its blocks.
 *
 * The cut is the one of Ethereum's Engine API (execution-apis, "Engine API: common definitions" and
 * "Paris" to "Prague"): forkchoiceUpdated with attributes and getPayload are build(), newPayload is
 * import(), forkchoiceUpdated without attributes is choose().  What JSON-RPC reads (blocks,
 * transactions, receipts, logs, accounts) is below them.  models/chain is the chain; nobody above
 * this header sees it or the virtual machine.
 *
 * A chain is a tree of blocks from a first block (genesis) on; head, safe and final are three of
 * them, each an ancestor of the one before or the same.  What lies beside the final block's branch
 * is dropped when it becomes final; of the final blocks the youngest are kept, as many as the chain
 * was told.
 *
 * Pointers handed in are lent for the call.  What a function hands out is lent until the chain is
 * changed next (build, import, choose, its end), or until the same function is called again. */
#ifndef ORR_MODELS_ENGINE_H
#define ORR_MODELS_ENGINE_H

#include <stddef.h>

#include "models/base/words.h"

/* ---- building and importing ---- */

/* Bytes that somebody else owns. */
struct orr_engine_bytes {
    const uint8_t *bytes;
    size_t len;
};

/* What a block is to be built with.  All zeros is allowed: the parent's gas limit, no coinbase. */
struct orr_engine_attributes {
    uint64_t time;      /* seconds; raised to the parent's + 1 when it is not later */
    uint64_t gas_limit; /* to be moved towards, as far as a step may; 0: the parent's */
    struct orr_address coinbase;
    struct orr_hash prev_randao;
    struct orr_hash parent_beacon_root; /* from Cancun on (EIP-4788) */
    uint64_t slot_number;               /* from Amsterdam on (EIP-7843); 0: the parent's + 1 */
    struct orr_engine_bytes extra_data; /* at most 32 bytes */
    const struct orr_engine_bytes *txs; /* [n_txs] in the order that the block shall have */
    size_t n_txs;                       /* ... those that cannot run there are left out */
};

enum orr_engine_status {
    ORR_ENGINE_VALID,
    ORR_ENGINE_INVALID,
    ORR_ENGINE_UNKNOWN_PARENT, /* nothing is known of the block's worth (SYNCING) */
};

/* What the two values of a verdict are. */
enum orr_engine_value { ORR_ENGINE_NO_VALUE, ORR_ENGINE_NUMBER, ORR_ENGINE_HASH };

/* What became of a block.  rule and text (static) name and explain what is broken: the names are
 * those of the public test suites (orr_evm_block_error_name, or orr_evm_tx_error_name when a
 * transaction broke it).  expected is what the rule demands, found what the block says; numbers are
 * 32 bytes, big-endian. */
struct orr_engine_verdict {
    enum orr_engine_status status;
    const char *rule, *text;
    bool is_tx; /* a transaction broke it: the tx-th of the block, from 0 */
    uint32_t tx;
    enum orr_engine_value value;
    struct orr_hash expected, found;
};

/* ---- reading ---- */

/* A block.  bytes is its whole RLP, NULL of a first block that was given as fields.  Fields that
 * came with a later fork than the block's are zero; has_* says so where zero is a value. */
struct orr_engine_block {
    struct orr_hash hash, parent_hash, ommers_hash;
    struct orr_address coinbase;
    struct orr_hash state_root, transactions_root, receipts_root;
    const uint8_t *bloom; /* 256 bytes */
    struct orr_u256 difficulty, total_difficulty;
    uint64_t number, gas_limit, gas_used, time;
    const uint8_t *extra_data;
    size_t extra_data_len;
    struct orr_hash mix_hash; /* from Paris on: prevRandao */
    uint8_t nonce[8];
    bool has_base_fee, has_withdrawals, has_blob_gas, has_requests, has_access_list;
    struct orr_u256 base_fee;
    struct orr_hash withdrawals_root;
    uint64_t blob_gas_used, excess_blob_gas;
    struct orr_u256 blob_fee; /* wei per blob gas (EIP-4844) */
    struct orr_hash parent_beacon_root, requests_hash;
    struct orr_hash access_list_hash; /* EIP-7928 */
    uint64_t slot_number;             /* EIP-7843 */
    uint32_t n_txs, n_ommers, n_withdrawals;
    const uint8_t *bytes;
    size_t len;
};

/* A transaction of a block.  bytes is its own encoding (EIP-2718), in which access lists, blob
 * hashes, authorizations and the signature stand. */
struct orr_engine_tx {
    struct orr_hash hash;
    struct orr_address sender, to;
    bool is_create; /* no `to` */
    uint8_t type;
    uint64_t nonce, gas_limit;
    struct orr_u256 value, max_fee, max_priority_fee, max_blob_fee;
    struct orr_u256 price; /* wei per gas that it paid (EIP-1559) */
    const uint8_t *data;
    size_t data_len;
    const uint8_t *bytes;
    size_t len;
};

/* A transaction's receipt. */
struct orr_engine_receipt {
    bool has_status, is_success; /* status from Byzantium on (EIP-658), */
    struct orr_hash post_state;  /* ... before it this */
    uint64_t gas_used, cumulative_gas;
    bool has_created;
    struct orr_address created; /* of a creation */
    const uint8_t *bloom;       /* 256 bytes */
    uint32_t first_log, n_logs; /* first_log: among the block's logs */
    const uint8_t *bytes;       /* the consensus encoding */
    size_t len;
};

/* A log of a receipt. */
struct orr_engine_log {
    struct orr_address address;
    int n_topics; /* 0 to 4 */
    struct orr_hash topics[4];
    const uint8_t *data;
    size_t len;
};

/* An account, all zero when there is none. */
struct orr_engine_account {
    bool exists;
    uint64_t nonce;
    struct orr_u256 balance;
    struct orr_hash storage_root, code_hash;
};

/* ---- the chain ---- */

/* A chain's functions; `chain` is the object behind them.  Each returns 0 or
 *   ORR_ENOTFOUND  no such block, transaction, receipt or log, or its body or state is not kept;
 *   ORR_EINVAL     an argument that no chain could take;
 *   ORR_ELIMIT     as many blocks are kept as may be. */
struct orr_engine {
    const char *name;

    /* A block on a parent, from the attributes; it is in the tree then, as if imported.  *block is
     * filled. */
    int (*build)(void *chain, const struct orr_hash *parent,
                 const struct orr_engine_attributes *attributes, struct orr_engine_block *block);

    /* Decodes, checks and runs a block, and keeps it when it is valid.  *verdict says what became
     * of it; the result is 0 whatever that is, or ORR_ELIMIT.  A block that is there is valid. */
    int (*import)(void *chain, const uint8_t *bytes, size_t len,
                  struct orr_engine_verdict *verdict);

    /* Names the head, the youngest safe and the youngest final block.  ORR_ENOTFOUND: one of them
     * is not known; ORR_EINVAL: they are not on one branch, or the final one is not above the last.
     */
    int (*choose)(void *chain, const struct orr_hash *head, const struct orr_hash *safe,
                  const struct orr_hash *final);

    /* The youngest block that two blocks have below them, or are.  Who follows a chain and sees
     * another head takes back its blocks from the old head down to this one, and takes in those
     * from here up to the new head.  ORR_ENOTFOUND too: it is not kept. */
    int (*common)(void *chain, const struct orr_hash *a, const struct orr_hash *b,
                  struct orr_hash *common);

    /* The three. */
    void (*chosen)(void *chain, struct orr_hash *head, struct orr_hash *safe,
                   struct orr_hash *final);

    int (*block)(void *chain, const struct orr_hash *hash, struct orr_engine_block *block);
    /* The block with this number on the head's branch. */
    int (*block_at)(void *chain, uint64_t number, struct orr_engine_block *block);
    /* The i-th transaction of a block, its receipt, and the k-th log of that. */
    int (*tx)(void *chain, const struct orr_hash *hash, uint32_t i, struct orr_engine_tx *tx);
    int (*receipt)(void *chain, const struct orr_hash *hash, uint32_t i,
                   struct orr_engine_receipt *receipt);
    int (*log)(void *chain, const struct orr_hash *hash, uint32_t i, uint32_t k,
               struct orr_engine_log *log);

    /* The state after a block. */
    int (*account)(void *chain, const struct orr_hash *hash, const struct orr_address *address,
                   struct orr_engine_account *account);
    int (*storage)(void *chain, const struct orr_hash *hash, const struct orr_address *address,
                   const struct orr_u256 *key, struct orr_u256 *value);
    int (*code)(void *chain, const struct orr_hash *hash, const struct orr_address *address,
                const uint8_t **bytes, size_t *len);
};
#endif
