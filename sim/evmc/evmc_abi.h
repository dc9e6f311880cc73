/* evmc_abi.h - the EVMC virtual machine interface, ABI version 12, as this project declares it for
 * itself: layouts, numbers and calling conventions equal those of the public interface
 * (ethereum/evmc, include/evmc/evmc.h), so that its hosts can load liborrery-evm.so.
 *
 * Only evmc_plugin.c and its test include this file.  All 256-bit numbers are big-endian bytes. */
#ifndef ORR_SIM_EVMC_EVMC_ABI_H
#define ORR_SIM_EVMC_EVMC_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVMC_ABI_VERSION 12

struct evmc_bytes32 {
    uint8_t bytes[32];
};
struct evmc_address {
    uint8_t bytes[20];
};
struct evmc_host_context; /* the host's own */

enum evmc_call_kind { EVMC_CALL, EVMC_DELEGATECALL, EVMC_CALLCODE, EVMC_CREATE, EVMC_CREATE2 };
enum { EVMC_STATIC = 1, EVMC_DELEGATED = 2 }; /* evmc_message.flags */

/* A message call; for a create input is empty for the VM, and initcode comes as code. */
struct evmc_message {
    enum evmc_call_kind kind;
    uint32_t flags;
    int32_t depth;
    int64_t gas;
    struct evmc_address recipient, sender;
    const uint8_t *input_data;
    size_t input_size;
    struct evmc_bytes32 value, create2_salt;
    struct evmc_address code_address;
    const uint8_t *code;
    size_t code_size;
};

struct evmc_tx_context {
    struct evmc_bytes32 gas_price;
    struct evmc_address origin, coinbase;
    int64_t number, timestamp, gas_limit;
    struct evmc_bytes32 prev_randao, chain_id, base_fee, blob_base_fee;
    const struct evmc_bytes32 *blob_hashes;
    size_t blob_hashes_count;
    const void *initcodes; /* of a later proposal; not used */
    size_t initcodes_count;
};

enum evmc_status_code {
    EVMC_SUCCESS = 0,
    EVMC_FAILURE = 1,
    EVMC_REVERT = 2,
    EVMC_OUT_OF_GAS = 3,
    EVMC_INVALID_INSTRUCTION = 4,
    EVMC_UNDEFINED_INSTRUCTION = 5,
    EVMC_STACK_OVERFLOW = 6,
    EVMC_STACK_UNDERFLOW = 7,
    EVMC_BAD_JUMP_DESTINATION = 8,
    EVMC_INVALID_MEMORY_ACCESS = 9,
    EVMC_CALL_DEPTH_EXCEEDED = 10,
    EVMC_STATIC_MODE_VIOLATION = 11,
    EVMC_PRECOMPILE_FAILURE = 12,
    EVMC_CONTRACT_VALIDATION_FAILURE = 13,
    EVMC_ARGUMENT_OUT_OF_RANGE = 14,
    EVMC_INSUFFICIENT_BALANCE = 17,
    EVMC_INTERNAL_ERROR = -1,
    EVMC_REJECTED = -2,
};

/* output_data belongs to whoever made the result until release (may be NULL) is called. */
struct evmc_result {
    enum evmc_status_code status_code;
    int64_t gas_left, gas_refund;
    const uint8_t *output_data;
    size_t output_size;
    void (*release)(const struct evmc_result *result);
    struct evmc_address create_address;
    uint8_t padding[4];
};

/* enum orr_evm_storage_status has the numbers of evmc_storage_status. */
struct evmc_host_interface {
    bool (*account_exists)(struct evmc_host_context *, const struct evmc_address *);
    struct evmc_bytes32 (*get_storage)(struct evmc_host_context *, const struct evmc_address *,
                                       const struct evmc_bytes32 *key);
    int (*set_storage)(struct evmc_host_context *, const struct evmc_address *,
                       const struct evmc_bytes32 *key, const struct evmc_bytes32 *value);
    struct evmc_bytes32 (*get_balance)(struct evmc_host_context *, const struct evmc_address *);
    size_t (*get_code_size)(struct evmc_host_context *, const struct evmc_address *);
    struct evmc_bytes32 (*get_code_hash)(struct evmc_host_context *, const struct evmc_address *);
    size_t (*copy_code)(struct evmc_host_context *, const struct evmc_address *, size_t offset,
                        uint8_t *to, size_t len);
    bool (*selfdestruct)(struct evmc_host_context *, const struct evmc_address *,
                         const struct evmc_address *beneficiary);
    struct evmc_result (*call)(struct evmc_host_context *, const struct evmc_message *);
    struct evmc_tx_context (*get_tx_context)(struct evmc_host_context *);
    struct evmc_bytes32 (*get_block_hash)(struct evmc_host_context *, int64_t number);
    void (*emit_log)(struct evmc_host_context *, const struct evmc_address *, const uint8_t *data,
                     size_t len, const struct evmc_bytes32 topics[], size_t n_topics);
    int (*access_account)(struct evmc_host_context *, const struct evmc_address *); /* 1: warm */
    int (*access_storage)(struct evmc_host_context *, const struct evmc_address *,
                          const struct evmc_bytes32 *key);
    struct evmc_bytes32 (*get_transient_storage)(struct evmc_host_context *,
                                                 const struct evmc_address *,
                                                 const struct evmc_bytes32 *key);
    void (*set_transient_storage)(struct evmc_host_context *, const struct evmc_address *,
                                  const struct evmc_bytes32 *key, const struct evmc_bytes32 *value);
};

enum { EVMC_SET_OPTION_INVALID_NAME = 1 };
enum { EVMC_CAPABILITY_EVM1 = 1 };

/* A VM object.  revision: 0 Frontier ... 14 Osaka, the numbers of enum orr_evm_fork. */
struct evmc_vm {
    int abi_version;
    const char *name, *version;
    void (*destroy)(struct evmc_vm *);
    struct evmc_result (*execute)(struct evmc_vm *, const struct evmc_host_interface *,
                                  struct evmc_host_context *, int revision,
                                  const struct evmc_message *, const uint8_t *code,
                                  size_t code_size);
    uint32_t (*get_capabilities)(struct evmc_vm *);
    int (*set_option)(struct evmc_vm *, const char *name, const char *value);
};

_Static_assert(sizeof(struct evmc_message) == 184, "EVMC ABI 12: evmc_message");
_Static_assert(sizeof(struct evmc_result) == 72, "EVMC ABI 12: evmc_result");
_Static_assert(sizeof(struct evmc_tx_context) == 256, "EVMC ABI 12: evmc_tx_context");
#endif
