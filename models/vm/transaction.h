/* transaction.h - transactions: decoding, hashing, sender recovery, and the rules that need no
 * state. Yellow Paper, section 4.2; EIP-155, 2718, 2930, 1559, 4844, 7702.
 *
 *     struct orr_evm_tx tx;
 *     int error = orr_evm_tx_decode(mem, bytes, len, &tx);   // ORR_EFORMAT: not a transaction
 *     enum orr_evm_tx_error bad = orr_evm_tx_check(&tx, fork, max_blobs);
 *     ...
 *     orr_evm_tx_free(mem, &tx);
 */
#ifndef ORR_EVM_TRANSACTION_H
#define ORR_EVM_TRANSACTION_H

#include <stddef.h>

#include "models/base/mem.h"
#include "models/vm/fork.h"
#include "models/base/rlp.h"
#include "models/base/words.h"

/* Why a transaction may not be in a block.  TX_ERROR(constant, text); the constants are the names
 * that the public test suites give these faults. */
#define ORR_TX_ERRORS(TX_ERROR)                                                                    \
    TX_ERROR(OK, "valid")                                                                          \
    TX_ERROR(RLP_INVALID_VALUE, "malformed encoding")                                              \
    TX_ERROR(TYPE_NOT_SUPPORTED, "unknown transaction type")                                       \
    TX_ERROR(TYPE_1_TX_PRE_FORK, "access lists begin with Berlin (EIP-2930)")                      \
    TX_ERROR(TYPE_2_TX_PRE_FORK, "fee market transactions begin with London (EIP-1559)")           \
    TX_ERROR(TYPE_3_TX_PRE_FORK, "blob transactions begin with Cancun (EIP-4844)")                 \
    TX_ERROR(TYPE_4_TX_PRE_FORK, "set-code transactions begin with Prague (EIP-7702)")             \
    TX_ERROR(INVALID_SIGNATURE_VRS, "r, s or v out of range, or no key signs so (EIP-2, EIP-155)") \
    TX_ERROR(INVALID_CHAINID, "signed for another chain (EIP-155)")                                \
    TX_ERROR(NONCE_MISMATCH_TOO_LOW, "nonce below the sender's")                                   \
    TX_ERROR(NONCE_MISMATCH_TOO_HIGH, "nonce above the sender's")                                  \
    TX_ERROR(NONCE_IS_MAX, "nonce is 2^64 - 1 (EIP-2681)")                                         \
    TX_ERROR(SENDER_NOT_EOA, "the sender has code (EIP-3607)")                                     \
    TX_ERROR(INTRINSIC_GAS_TOO_LOW, "gas limit below the intrinsic gas")                           \
    TX_ERROR(INTRINSIC_GAS_BELOW_FLOOR_GAS_COST, "gas limit below the call data floor (EIP-7623)") \
    TX_ERROR(GAS_LIMIT_EXCEEDS_MAXIMUM, "more gas than a transaction may have (EIP-7825, 8037)")   \
    TX_ERROR(GAS_ALLOWANCE_EXCEEDED, "gas limit above what is left in the block")                  \
    TX_ERROR(GASLIMIT_PRICE_PRODUCT_OVERFLOW, "gas limit times price is above 2^256 - 1")          \
    TX_ERROR(INITCODE_SIZE_EXCEEDED, "initcode above what may run (EIP-3860, EIP-7954)")           \
    TX_ERROR(INSUFFICIENT_MAX_FEE_PER_GAS, "max fee below the base fee (EIP-1559)")                \
    TX_ERROR(PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS, "priority fee above the max fee (EIP-1559)")   \
    TX_ERROR(INSUFFICIENT_ACCOUNT_FUNDS, "balance below value plus the most that gas may cost")    \
    TX_ERROR(TYPE_3_TX_ZERO_BLOBS, "a blob transaction without blobs (EIP-4844)")                  \
    TX_ERROR(TYPE_3_TX_CONTRACT_CREATION, "a blob transaction that creates (EIP-4844)")            \
    TX_ERROR(TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH, "a blob hash of unknown version (EIP-4844)")   \
    TX_ERROR(TYPE_3_TX_BLOB_COUNT_EXCEEDED, "more blobs than a transaction may have")              \
    TX_ERROR(TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED, "more blobs than are left in the block")   \
    TX_ERROR(INSUFFICIENT_MAX_FEE_PER_BLOB_GAS, "max blob fee below the blob base fee (EIP-4844)") \
    TX_ERROR(TYPE_4_EMPTY_AUTHORIZATION_LIST, "a set-code transaction that sets none (EIP-7702)")  \
    TX_ERROR(TYPE_4_TX_CONTRACT_CREATION, "a set-code transaction that creates (EIP-7702)")

enum orr_evm_tx_error {
#define TX_ERROR(constant, text) ORR_TX_##constant,
    ORR_TX_ERRORS(TX_ERROR)
#undef TX_ERROR
        ORR_TX_N_ERRORS
};
const char *orr_evm_tx_error_name(enum orr_evm_tx_error error); /* "NONCE_IS_MAX"; static storage */
const char *orr_evm_tx_error_text(enum orr_evm_tx_error error);

/* EIP-2718 types. */
enum orr_evm_tx_type {
    ORR_TX_LEGACY,
    ORR_TX_ACCESS_LIST,
    ORR_TX_FEE_MARKET,
    ORR_TX_BLOB,
    ORR_TX_SET_CODE,
    ORR_TX_N_TYPES,
    ORR_TX_DEPOSIT = 0x7e /* of receipts alone: no struct orr_evm_tx is one (deposit.h) */
};

/* EIP-2930: an address and n_keys keys from tx->access_keys[first_key] on. */
struct orr_evm_tx_access {
    struct orr_address address;
    size_t first_key, n_keys;
};

/* EIP-7702: one signed delegation. */
struct orr_evm_tx_authorization {
    struct orr_u256 chain_id;
    struct orr_address address;
    uint64_t nonce;
    struct orr_u256 y_parity, r, s;
};

/* A transaction.  data is lent from the bytes that were decoded (or from whoever filled the
 * struct); the lists belong to the transaction and end with orr_evm_tx_free.  Legacy and
 * access-list transactions hold their gas price in both fee fields. */
struct orr_evm_tx {
    enum orr_evm_tx_type type;
    bool has_chain_id; /* false: legacy without EIP-155 */
    bool is_create;    /* no recipient */
    struct orr_u256 chain_id;
    uint64_t nonce, gas_limit;
    struct orr_u256 max_fee, max_priority_fee, max_blob_fee; /* wei per gas */
    struct orr_address to;
    struct orr_u256 value; /* wei */
    const uint8_t *data;
    size_t data_len;
    struct orr_evm_tx_access *access;
    size_t n_access;
    struct orr_u256 *access_keys;
    size_t n_access_keys;
    struct orr_hash *blob_hashes;
    size_t n_blob_hashes;
    struct orr_evm_tx_authorization *authorizations;
    size_t n_authorizations;
    struct orr_u256 v, r, s; /* v: legacy's own, else the y parity */
};

/* Decodes one transaction: a type byte and a list, or a legacy list.  *tx is filled on success
 * only. Returns 0, ORR_EFORMAT, or ORR_EUNSUPPORTED for an unknown type byte. */
int orr_evm_tx_decode(struct orr_mem *mem, const uint8_t *bytes, size_t len, struct orr_evm_tx *tx);
void orr_evm_tx_free(struct orr_mem *mem, struct orr_evm_tx *tx);
/* Appends the canonical encoding. */
void orr_evm_tx_encode(const struct orr_evm_tx *tx, struct orr_rlp_writer *w);
/* The hash that the sender signs. */
struct orr_hash orr_evm_tx_signing_hash(struct orr_mem *mem, const struct orr_evm_tx *tx);
/* Sets v, r and s from a signature of that hash and the parity of its point; a legacy transaction's
 * v names its chain (EIP-155) when has_chain_id. */
void orr_evm_tx_set_signature(struct orr_evm_tx *tx, const uint8_t r[32], const uint8_t s[32],
                              unsigned parity);
/* The hash that names the transaction. */
struct orr_hash orr_evm_tx_hash(struct orr_mem *mem, const struct orr_evm_tx *tx);

/* The address of the key that signed a hash (Yellow Paper, appendix F); parity is 0 or 1.  false:
 * nobody can have; is_low_s: or s is above n / 2 (EIP-2). */
bool orr_evm_recover(const struct orr_hash *hash, struct orr_u256 r, struct orr_u256 s, int parity,
                     bool is_low_s, struct orr_address *address);

/* The address whose key signed.  fork decides what is a valid signature: EIP-155 from EIP158 on,
 * EIP-2's low s from Homestead on.  Returns ORR_TX_OK, INVALID_SIGNATURE_VRS or INVALID_CHAINID. */
enum orr_evm_tx_error orr_evm_tx_sender(struct orr_mem *mem, const struct orr_evm_tx *tx,
                                        enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                                        struct orr_address *sender);
/* The account that signed an authorization; false when the signature is not valid. */
bool orr_evm_tx_authority(struct orr_mem *mem, const struct orr_evm_tx_authorization *authorization,
                          struct orr_address *authority);

/* Gas charged before anything runs (Yellow Paper, g0; EIP-2, 2028, 2930, 3860, 7702; from Amsterdam
 * on EIP-2780, 7981).  sender: who sends itself something pays less from Amsterdam on; NULL when it
 * is not known, and then is taken for another. */
uint64_t orr_evm_tx_intrinsic_gas(const struct orr_evm_tx *tx, const struct orr_address *sender,
                                  enum orr_evm_fork fork);
/* The least that the transaction uses from Prague on (EIP-7623, 7976, 7981); 0 before. */
uint64_t orr_evm_tx_floor_gas(const struct orr_evm_tx *tx, const struct orr_address *sender,
                              enum orr_evm_fork fork);
/* Whether the transaction's own fields keep the fork's rules; signature, gas and state apart.
 * max_blobs is the block's limit. */
enum orr_evm_tx_error orr_evm_tx_check(const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                                       unsigned max_blobs);
/* Whether its gas limit covers what is charged before execution. */
enum orr_evm_tx_error orr_evm_tx_check_gas(const struct orr_evm_tx *tx,
                                           const struct orr_address *sender,
                                           enum orr_evm_fork fork);

enum {
    ORR_TX_MAX_GAS = 1 << 24,         /* EIP-7825 */
    ORR_TX_MAX_BLOBS = 6,             /* EIP-7594: in one transaction, from Osaka on */
    ORR_BLOB_GAS = 1 << 17,           /* EIP-4844: gas of one blob */
    ORR_TX_AUTHORIZATION_GAS = 25000, /* EIP-7702: PER_EMPTY_ACCOUNT_COST */
    ORR_TX_AUTHORIZATION_REFUND = 12500,
};
#endif
