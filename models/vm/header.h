/* header.h - block headers, and what each rule set demands of them.  Yellow Paper, section 4.3;
 * EIP-1559, 4895, 4844, 4788, 7685, 7928, 7843. */
#ifndef ORR_EVM_HEADER_H
#define ORR_EVM_HEADER_H

#include "models/vm/chain.h"
#include "models/vm/receipt.h"

/* ---- headers ---- */

enum { ORR_MAX_EXTRA_DATA = 32 };

/* How many fields a header has, by fork. */
enum orr_evm_header_fields {
    ORR_HEADER_FRONTIER = 15,
    ORR_HEADER_LONDON = 16,    /* base_fee                                         */
    ORR_HEADER_SHANGHAI = 17,  /* withdrawals_root                                 */
    ORR_HEADER_CANCUN = 20,    /* blob_gas_used, excess_blob_gas, parent_beacon_root */
    ORR_HEADER_PRAGUE = 21,    /* requests_hash                                    */
    ORR_HEADER_AMSTERDAM = 23, /* access_list_hash, slot_number                   */
};
enum orr_evm_header_fields orr_evm_header_fields_of(enum orr_evm_fork fork);

struct orr_evm_header {
    enum orr_evm_header_fields n_fields;
    struct orr_hash parent_hash, ommers_hash;
    struct orr_address coinbase;
    struct orr_hash state_root, transactions_root, receipts_root;
    struct orr_evm_bloom bloom;
    struct orr_u256 difficulty;
    uint64_t number, gas_limit, gas_used, timestamp;
    const uint8_t *extra_data; /* lent from the bytes that were decoded */
    size_t extra_data_len;
    struct orr_hash mix_hash; /* from Paris on: prevRandao */
    uint8_t nonce[8];
    struct orr_u256 base_fee;
    struct orr_hash withdrawals_root;
    uint64_t blob_gas_used, excess_blob_gas;
    struct orr_hash parent_beacon_root;
    struct orr_hash requests_hash;
    struct orr_hash access_list_hash; /* EIP-7928 */
    uint64_t slot_number;             /* EIP-7843: of the consensus layer, which alone knows it */
};

/* Reads one header.  Returns 0 or ORR_EFORMAT. */
int orr_evm_header_decode(struct orr_rlp_reader *r, struct orr_evm_header *header);
void orr_evm_header_encode(const struct orr_evm_header *header, struct orr_rlp_writer *w);
struct orr_hash orr_evm_header_hash(struct orr_mem *mem, const struct orr_evm_header *header);

/* ---- what a header must say, given its parent ---- */

/* EIP-1559: the base fee of a block after this parent (which may be the last before London). */
struct orr_u256 orr_evm_next_base_fee(const struct orr_evm_header *parent);
/* The difficulty of a block after this parent (Yellow Paper, eq. 41 to 47; EIP-2, 100, 649). */
struct orr_u256 orr_evm_next_difficulty(const struct orr_evm_chain_fork *rules,
                                        const struct orr_u256 *parent_difficulty,
                                        uint64_t parent_time, bool parent_has_ommers,
                                        uint64_t number, uint64_t time);
/* EIP-4844, EIP-7918: the excess blob gas of a block after this parent. */
uint64_t orr_evm_next_excess_blob_gas(const struct orr_evm_chain_fork *rules,
                                      const struct orr_evm_header *parent);
/* EIP-4844: the price of blob gas, wei: e^(excess / update_fraction), rounded as the EIP's loop
 * does. */
struct orr_u256 orr_evm_blob_fee(uint64_t excess, uint64_t update_fraction);

/* Why a block is refused.  The constants are the names that the public test suites give these
 * faults. */
#define ORR_BLOCK_ERRORS(BLOCK_ERROR)                                                       \
    BLOCK_ERROR(OK, "valid")                                                                \
    BLOCK_ERROR(RLP_STRUCTURES_ENCODING, "malformed encoding")                              \
    BLOCK_ERROR(UNKNOWN_PARENT, "the parent is not known")                                  \
    BLOCK_ERROR(INCORRECT_BLOCK_FORMAT, "fields of another fork")                           \
    BLOCK_ERROR(INVALID_BLOCK_NUMBER, "number is not the parent's plus one")                \
    BLOCK_ERROR(INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT, "not later than the parent")     \
    BLOCK_ERROR(INVALID_GASLIMIT, "gas limit too far from the parent's, or below 5,000")    \
    BLOCK_ERROR(GASLIMIT_TOO_BIG, "gas limit above 2^63 - 1")                               \
    BLOCK_ERROR(GAS_USED_OVERFLOW, "gas used above the gas limit")                          \
    BLOCK_ERROR(EXTRA_DATA_TOO_BIG, "extra data above 32 bytes")                            \
    BLOCK_ERROR(EXTRA_DATA_INVALID_DAO, "extra data is not the DAO fork's (EIP-779)")       \
    BLOCK_ERROR(INVALID_BASEFEE_PER_GAS, "another base fee (EIP-1559)")                     \
    BLOCK_ERROR(INVALID_DIFFICULTY, "another difficulty")                                   \
    BLOCK_ERROR(IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS, "difficulty is not 0 (EIP-3675)")  \
    BLOCK_ERROR(IMPORT_IMPOSSIBLE_NONCE_OVER_PARIS, "nonce is not 0 (EIP-3675)")            \
    BLOCK_ERROR(IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS, "ommers after Paris (EIP-3675)")       \
    BLOCK_ERROR(TOO_MANY_UNCLES, "more than two ommers")                                    \
    BLOCK_ERROR(INVALID_UNCLES_HASH, "another hash of the ommers")                          \
    BLOCK_ERROR(UNCLE_INVALID, "an ommer whose parent is no near ancestor")                 \
    BLOCK_ERROR(UNCLE_KNOWN, "an ommer that is an ancestor or is already an ommer")         \
    BLOCK_ERROR(INCORRECT_EXCESS_BLOB_GAS, "another excess blob gas (EIP-4844)")            \
    BLOCK_ERROR(INCORRECT_BLOB_GAS_USED, "another blob gas used (EIP-4844)")                \
    BLOCK_ERROR(INVALID_TRANSACTIONS_ROOT, "another transactions root")                     \
    BLOCK_ERROR(INVALID_WITHDRAWALS_ROOT, "another withdrawals root (EIP-4895)")            \
    BLOCK_ERROR(INVALID_TRANSACTION, "a transaction is not valid")                          \
    BLOCK_ERROR(INVALID_GAS_USED, "another gas used")                                       \
    BLOCK_ERROR(INVALID_RECEIPTS_ROOT, "another receipts root")                             \
    BLOCK_ERROR(INVALID_LOG_BLOOM, "another bloom filter")                                  \
    BLOCK_ERROR(INVALID_STATE_ROOT, "another state root")                                   \
    BLOCK_ERROR(INVALID_REQUESTS, "another requests hash (EIP-7685)")                       \
    BLOCK_ERROR(INVALID_DEPOSIT_EVENT_LAYOUT, "a deposit log of another layout (EIP-6110)") \
    BLOCK_ERROR(INVALID_BAL_HASH, "another hash of the access list (EIP-7928)")             \
    BLOCK_ERROR(BLOCK_ACCESS_LIST_GAS_LIMIT_EXCEEDED,                                       \
                "more in the access list than the gas limit allows (EIP-7928)")             \
    BLOCK_ERROR(SYSTEM_CONTRACT_EMPTY, "a system contract has no code (EIP-7002, 7251)")    \
    BLOCK_ERROR(SYSTEM_CONTRACT_CALL_FAILED, "a system call failed (EIP-7002, 7251)")       \
    BLOCK_ERROR(RLP_BLOCK_LIMIT_EXCEEDED, "above 8 MiB (EIP-7934)")

enum orr_evm_block_error {
#define BLOCK_ERROR(constant, text) ORR_BLOCK_##constant,
    ORR_BLOCK_ERRORS(BLOCK_ERROR)
#undef BLOCK_ERROR
        ORR_BLOCK_N_ERRORS
};
const char *orr_evm_block_error_name(enum orr_evm_block_error error);
const char *orr_evm_block_error_text(enum orr_evm_block_error error);

/* Whether a header may follow its parent, apart from what only execution can tell.  rules are those
 * of the block. */
enum orr_evm_block_error orr_evm_header_check(const struct orr_evm_chain_config *config,
                                              const struct orr_evm_chain_fork *rules,
                                              const struct orr_evm_header *header,
                                              const struct orr_evm_header *parent,
                                              const struct orr_hash *parent_hash);
#endif
