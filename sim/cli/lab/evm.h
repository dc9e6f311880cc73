/* evm.h - what a message call comes to by the program's own virtual machine (models/vm): the truth
 * that the judge of the lab `vm` holds a student's machine to.
 *
 * Rules: Cancun.  Caller and callee are warm, as a transaction leaves them (EIP-2929); nobody has
 * any ether. */
#ifndef ORR_SIM_CLI_LAB_EVM_H
#define ORR_SIM_CLI_LAB_EVM_H

#include "models/base/words.h"

enum {
    ORR_LAB_EVM_OUTPUT = 1024,
    ORR_LAB_EVM_STACK = 32,
    ORR_LAB_EVM_SLOTS = 64,
    ORR_LAB_EVM_LOGS = 32,
    ORR_LAB_EVM_LOG_DATA = 128
};

struct orr_lab_evm_slot {
    struct orr_address address;
    struct orr_u256 key, value;
};

/* A call, and the accounts that there are; all lent. */
struct orr_lab_evm_call {
    struct orr_address caller, to;
    const uint8_t *input;
    size_t input_len;
    int64_t gas;
    const struct orr_lab_evm_account {
        struct orr_address address;
        const uint8_t *code;
        size_t code_len;
    } * accounts; /* [n_accounts] */
    size_t n_accounts;
    const struct orr_lab_evm_slot *slots; /* [n_slots] storage before it */
    size_t n_slots;
};

enum orr_lab_evm_end { ORR_LAB_EVM_STOPPED, ORR_LAB_EVM_REVERTED, ORR_LAB_EVM_FAILED };

struct orr_lab_evm_outcome {
    enum orr_lab_evm_end end;
    const char *why; /* of FAILED: "out of gas"; static */
    int64_t gas_left, refund;
    uint8_t output[ORR_LAB_EVM_OUTPUT];
    size_t output_len;
    /* The outermost stack as STOP, RETURN or REVERT found it, its bottom first, and for each word
     * the place in the code of the instruction that put it there; n_stack may be more. */
    struct orr_u256 stack[ORR_LAB_EVM_STACK];
    uint32_t made_at[ORR_LAB_EVM_STACK];
    size_t n_stack;
    bool has_stack; /* false: the code ended behind its last byte, or FAILED */
    struct orr_lab_evm_slot slots[ORR_LAB_EVM_SLOTS]; /* that are not zero, after it */
    size_t n_slots;
    struct orr_lab_evm_log {
        struct orr_address address;
        size_t n_topics, len;
        struct orr_u256 topics[4];
        uint8_t data[ORR_LAB_EVM_LOG_DATA];
    } logs[ORR_LAB_EVM_LOGS];
    size_t n_logs;
    bool is_cut; /* it is more than there is room for: no case for a lab */
};

/* Judges call it. */
__attribute__((visibility("default"))) void orr_lab_evm_run(const struct orr_lab_evm_call *call,
                                                            struct orr_lab_evm_outcome *outcome);
#endif
