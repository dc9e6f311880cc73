/* t8n.h - `orrery vm t8n`: one state transition in the files of go-ethereum's transition tool.
 *
 * In come alloc (accounts), env (the block's fields, or its parent's from which they follow) and
 * txs (signed, or with a secretKey; or RLP); out go alloc, result (roots, receipts, requests) and
 * body (the included transactions in RLP). */
#ifndef ORR_SIM_CLI_VM_T8N_H
#define ORR_SIM_CLI_VM_T8N_H

#include <jansson.h>

#include "models/vm/block_run.h"
#include "sim/base/json.h"

/* Exit codes, as that tool has them. */
enum orr_t8n_exit {
    ORR_T8N_OK = 0,
    ORR_T8N_EVM = 2,       /* a system contract failed */
    ORR_T8N_CONFIG = 3,    /* a field of env that the fork needs; a fork that is not known */
    ORR_T8N_BLOCKHASH = 4, /* BLOCKHASH of a block that env does not name */
    ORR_T8N_JSON = 10,
    ORR_T8N_IO = 11,
    ORR_T8N_RLP = 12
};

enum { ORR_T8N_WHY_BYTES = 200 };

/* An ommer that is paid: delta blocks before this one. */
struct orr_t8n_ommer {
    uint64_t delta;
    struct orr_address address;
};

/* The block's environment. */
struct orr_t8n_env {
    struct orr_evm_header header;
    const json_t *block_hashes; /* lent from env; NULL: none given */
    bool has_base_fee, has_excess_blob_gas, has_withdrawals;
    bool misses_hash; /* one that was asked for */
    uint64_t missed_hash;
    struct orr_evm_withdrawal *withdrawals; /* from the C heap */
    size_t n_withdrawals;
    struct orr_t8n_ommer *ommers;
    size_t n_ommers;
};

/* Reads env under a fork's rules; what it leaves out is worked out from the parent's fields.
 * Returns an exit code, with why above 0.  End with orr_t8n_env_free. */
int orr_t8n_read_env(const json_t *in, const struct orr_evm_chain_fork *rules,
                     struct orr_t8n_env *env, char why[ORR_T8N_WHY_BYTES]);
void orr_t8n_env_free(struct orr_t8n_env *env);
/* For struct orr_evm_block_hashes: ctx is the env. */
void orr_t8n_block_hash(void *ctx, uint64_t number, struct orr_hash *hash);

/* One transaction that is to be tried: its encoding, or why it has none. */
struct orr_t8n_tx {
    struct orr_buffer bytes; /* from the C heap */
    const char *fault;       /* static; NULL: bytes are good to be decoded */
};
struct orr_t8n_txs {
    struct orr_t8n_tx *at;
    size_t n;
};

/* Reads txs: an array of objects, or a string of a list in RLP.  Returns an exit code as above. */
int orr_t8n_read_txs(struct orr_mem *mem, const json_t *in, const struct orr_u256 *chain_id,
                     struct orr_t8n_txs *txs, char why[ORR_T8N_WHY_BYTES]);
void orr_t8n_txs_free(struct orr_t8n_txs *txs);

/* What is collected for result and body. */
struct orr_t8n_result {
    json_t *receipts, *rejected;     /* arrays */
    struct orr_rlp_writer all_logs;  /* the items of a list */
    struct orr_rlp_writer body;      /* likewise */
    struct orr_buffer *txs, *sealed; /* encodings of transactions and receipts, for the roots */
    size_t n, cap;
    uint64_t n_logs;
};
void orr_t8n_result_init(struct orr_t8n_result *result, struct orr_mem *mem);
void orr_t8n_result_free(struct orr_t8n_result *result);
/* Adds a transaction that ran; its logs are the state's. */
void orr_t8n_result_add(struct orr_t8n_result *result, const struct orr_evm_block_run *run,
                        const struct orr_evm_tx *tx, const struct orr_buffer *bytes,
                        const struct orr_evm_receipt *receipt);
void orr_t8n_result_reject(struct orr_t8n_result *result, size_t index, const char *error);
/* The "result" object; json_decref it. */
json_t *orr_t8n_result_json(struct orr_t8n_result *result, const struct orr_evm_block_run *run,
                            const struct orr_t8n_env *env);
#endif
