/* receipt.h - what a block commits to for each transaction: status, gas, bloom filter and logs.
 * Yellow Paper, section 4.3.1; EIP-658, EIP-2718. */
#ifndef ORR_EVM_RECEIPT_H
#define ORR_EVM_RECEIPT_H

#include "models/base/rlp.h"
#include "models/vm/state.h"
#include "models/vm/transaction.h"

/* A filter of 2,048 bits over addresses and topics (Yellow Paper, eq. 29). */
struct orr_evm_bloom {
    uint8_t bytes[256];
};
void orr_evm_bloom_add(struct orr_evm_bloom *bloom, const void *item, size_t len);
/* memo: of hashes, or NULL. */
void orr_evm_bloom_add_log(struct orr_evm_bloom *bloom, const struct orr_evm_log *log,
                           struct orr_keccak_memo *memo);
/* Sets every bit of `from` in `to`. */
void orr_evm_bloom_join(struct orr_evm_bloom *to, const struct orr_evm_bloom *from);

struct orr_evm_receipt {
    enum orr_evm_tx_type type;
    bool is_success;            /* from Byzantium on (EIP-658) */
    struct orr_hash post_state; /* before Byzantium */
    uint64_t gas_used, cumulative_gas;
    struct orr_evm_bloom bloom;
    uint8_t *encoding; /* the consensus encoding; owned by whoever holds the receipt */
    size_t encoding_len;
    struct orr_address sender; /* who sent the transaction; not in the encoding */
    uint64_t deposit_nonce;    /* of a rollup's deposit: its sender's nonce before it */
    bool has_deposit_version;  /* from Canyon on: the encoding has the nonce and version 1 */
};

/* Appends [log, ...] for the logs of the state's last transaction: the payload of a receipt, and
 * what the state tests hash. */
void orr_evm_logs_write(const struct orr_evm_state *state, struct orr_rlp_writer *w);
/* Fills bloom and encoding (from mem) from the other fields and the logs of the state's last
 * transaction. */
void orr_evm_receipt_seal(struct orr_evm_receipt *receipt, const struct orr_evm_state *state,
                          enum orr_evm_fork fork, struct orr_mem *mem);
void orr_evm_receipt_free(struct orr_evm_receipt *receipt, struct orr_mem *mem);
#endif
