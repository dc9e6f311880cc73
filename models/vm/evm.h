/* evm.h - the Ethereum Virtual Machine: runs one message call over a host that owns the state.
 *
 *     struct orr_evm *vm = orr_evm_create(mem);                       // one per thread
 *     struct orr_evm_code *code = orr_evm_analyze(mem, fork, bytes, len);  // once per code and
 * fork struct orr_evm_message msg = {.kind = ORR_CALL, .gas = 100000, .input = ..., ...}; struct
 * orr_evm_result result; orr_evm_execute(vm, &host, fork, &msg, code, &result);
 *
 * Specification: the Ethereum Yellow Paper and the EIPs named beside each rule; forks from Frontier
 * to Amsterdam (models/vm/fork.h).  No globals, no native recursion: nested calls of any depth (up
 * to 1,024) use a pool of frames inside struct orr_evm, so a small native stack is enough.
 *
 * The machine runs instructions and counts gas.  The host (struct orr_evm_host) owns accounts,
 * storage, access lists, snapshots, precompiles and the rules of call and create that concern the
 * state. Gas is int64_t units; amounts of money are wei in struct orr_u256; lengths are bytes. */
#ifndef ORR_EVM_EVM_H
#define ORR_EVM_EVM_H

#include <stddef.h>

#include "models/base/error.h"
#include "models/base/keccak_memo.h"
#include "models/base/mem.h"
#include "models/vm/fork.h"
#include "models/vm/state_gas.h"
#include "models/base/words.h"

#define ORR_EVM_MAX_DEPTH         1024  /* Yellow Paper, section 8: calls nest 1,024 deep        */
#define ORR_EVM_STACK_LIMIT       1024  /* Yellow Paper, section 9.1: words on one frame's stack */
#define ORR_EVM_MAX_CODE_SIZE     24576 /* EIP-170                                               */
#define ORR_EVM_MAX_INITCODE_SIZE 49152 /* EIP-3860 */
/* EIP-7954 raises both from Amsterdam on. */
#define ORR_EVM_MAX_CODE_SIZE_OF(fork) \
    ((fork) >= ORR_FORK_AMSTERDAM ? 65536u : ORR_EVM_MAX_CODE_SIZE)
#define ORR_EVM_MAX_INITCODE_SIZE_OF(fork) (2 * ORR_EVM_MAX_CODE_SIZE_OF(fork))
#define ORR_EVM_CALL_STIPEND               2300 /* given to the callee of a call with value */

/* ---- status: how a frame ended ---- */

/* STATUS(constant, text in traces).  SUCCESS keeps gas and state; REVERT keeps gas and output and
 * undoes the state; every other one is an exceptional halt: all gas of the frame is gone, the state
 * is undone, the output is empty.  The machine may name another exceptional halt of the same frame
 * than a step-by-step reading would (gas is charged per basic block); gas, state and output never
 * differ. The last four come from the host or from the machine before a frame starts:
 * INSUFFICIENT_BALANCE, DEPTH and NONCE_OVERFLOW give all gas back. */
#define ORR_EVM_STATUSES(STATUS)                                                              \
    STATUS(SUCCESS, "success")                                                                \
    STATUS(REVERT, "execution reverted")                                                      \
    STATUS(OUT_OF_GAS, "out of gas")                                                          \
    STATUS(INVALID_OPCODE, "invalid opcode")                                                  \
    STATUS(STACK_UNDERFLOW, "stack underflow")                                                \
    STATUS(STACK_OVERFLOW, "stack overflow")                                                  \
    STATUS(BAD_JUMP, "invalid jump destination")                                              \
    STATUS(BAD_RETURN_READ, "return data out of bounds")              /* EIP-211  */          \
    STATUS(STATIC_VIOLATION, "write protection")                      /* EIP-214  */          \
    STATUS(INITCODE_TOO_LARGE, "max initcode size exceeded")          /* EIP-3860 */          \
    STATUS(CODE_TOO_LARGE, "max code size exceeded")                  /* EIP-170  */          \
    STATUS(CODE_BAD_PREFIX, "invalid code: must not begin with 0xef") /* EIP-3541 */          \
    STATUS(ADDRESS_COLLISION, "contract address collision")           /* EIP-684, EIP-7610 */ \
    STATUS(PRECOMPILE_FAILURE, "precompile failed")                                           \
    STATUS(INSUFFICIENT_BALANCE, "insufficient balance for transfer")                         \
    STATUS(DEPTH, "max call depth exceeded")                                                  \
    STATUS(NONCE_OVERFLOW, "nonce overflow") /* EIP-2681 */                                   \
    STATUS(FAILURE, "failure")               /* a host's own refusal */

enum orr_evm_status {
#define STATUS(constant, text) ORR_EVM_##constant,
    ORR_EVM_STATUSES(STATUS)
#undef STATUS
        ORR_EVM_N_STATUSES
};

/* The text of a status; static storage. */
const char *orr_evm_status_text(enum orr_evm_status status);

/* ---- code ---- */

/* A code prepared for running.  Immutable after orr_evm_analyze, so any number of machines, nodes
 * and threads may run one object; make one per (code hash, fork) and keep it beside the code. */
struct orr_evm_code;

/* Prepares len bytes (copied; any bytes are legal code) for a fork: marks the jump destinations and
 * translates the code into instructions with gas and stack bounds per basic block.  The result is
 * valid for that fork only (asserted by orr_evm_execute).  Takes 10 to 25 times the code's length
 * of memory from mem (twice, above a mebibyte).  Never fails.  The caller owns the object. */
struct orr_evm_code *orr_evm_analyze(struct orr_mem *mem, enum orr_evm_fork fork,
                                     const uint8_t *code, size_t len);
/* Gives the object back; mem is the one that it was made with.  NULL is allowed. */
void orr_evm_code_free(struct orr_mem *mem, struct orr_evm_code *code);
/* The code's bytes (lent as long as the object lives) and length. */
const uint8_t *orr_evm_code_bytes(const struct orr_evm_code *code, size_t *len);

/* ---- a message call ---- */

enum orr_evm_call_kind {
    ORR_CALL,
    ORR_DELEGATECALL,
    ORR_CALLCODE,
    ORR_STATICCALL,
    ORR_CREATE,
    ORR_CREATE2
};

/* One message call or contract creation.  Invariants: 0 <= depth <= 1024, gas >= 0; a STATICCALL
 * and all calls below it have is_static.  kind ORR_STATICCALL behaves as ORR_CALL with is_static.
 */
struct orr_evm_message {
    enum orr_evm_call_kind kind;
    bool is_static;    /* EIP-214: no state change is allowed                                  */
    bool is_delegated; /* EIP-7702: code_address was read from the delegation of `delegator`, so a
                          precompile there runs as empty code                                  */
    int depth;         /* 0 for a transaction's own call                                       */
    int64_t gas;       /* what the frame may use, stipend included                             */
    int64_t reservoir; /* state gas beside it, from Amsterdam on (models/vm/state_gas.h)       */
    struct orr_address recipient;    /* whose storage and balance are used (ADDRESS); for a create
                                        call_begin sets it                                     */
    struct orr_address sender;       /* CALLER                                                 */
    struct orr_address code_address; /* whose code runs; not used by a create                  */
    struct orr_address delegator; /* with is_delegated: the account that was called.  When it is a
                                     precompile that runs, as in go-ethereum, revm and ethereumjs;
                                     the EIP leaves it open                                    */
    struct orr_u256 value;        /* CALLVALUE: moved by CALL and creates, only shown in
                                     DELEGATECALL and CALLCODE                              */
    const uint8_t *input;         /* call data, or initcode for a create; lent              */
    size_t input_len;
    struct orr_hash salt; /* CREATE2 only (EIP-1014)                                */
    uint64_t host_mark;   /* the host's own: what call_begin stores here (a snapshot
                             number, say) call_end finds again                      */
};

/* What a message call came to.
 * output: lent; from orr_evm_execute it belongs to the vm and lives until its next orr_evm_execute
 * or its end; from call_begin it belongs to the host and must live until its next function is
 * called. gas_left: what of msg.gas is left; 0 after an exceptional halt. gas_refund: SSTORE's and
 * SELFDESTRUCT's refunds in this call and those below it, may be negative; 0 unless SUCCESS.
 * state_gas: from Amsterdam on; after a failure only its reservoir, as the call found it. created:
 * for a create that ended in SUCCESS, the new contract's address. */
struct orr_evm_result {
    enum orr_evm_status status;
    int64_t gas_left, gas_refund;
    struct orr_evm_state_gas state_gas;
    const uint8_t *output;
    size_t output_len;
    struct orr_address created;
};

/* The transaction and block that the code can ask about. */
struct orr_evm_tx_context {
    struct orr_address origin;
    struct orr_u256 gas_price; /* effective (EIP-1559), wei                                   */
    struct orr_address coinbase;
    uint64_t number;
    uint64_t timestamp;   /* seconds                                                     */
    uint64_t slot_number; /* of the consensus layer (EIP-7843)                         */
    uint64_t gas_limit;
    struct orr_u256 prevrandao;    /* before Paris: the block's difficulty                        */
    struct orr_u256 chain_id;      /* EIP-1344                                                    */
    struct orr_u256 base_fee;      /* EIP-3198, wei                                               */
    struct orr_u256 blob_base_fee; /* EIP-7516, wei                                               */
    const struct orr_hash *blob_hashes; /* EIP-4844: versioned hashes; lent */
    size_t n_blob_hashes;
};

/* ---- the host ---- */

/* EIP-2929: an address or slot is warm once it was touched in this transaction.  Before Berlin the
 * answer is ignored. */
enum orr_evm_access { ORR_COLD, ORR_WARM };

/* How a storage write moved a slot, for EIP-2200's and EIP-3529's gas and refunds: the values are
 * original (at the transaction's start) -> current -> new.  The first nine equal EVMC's
 * evmc_storage_status in meaning and number: X, Y, Z are distinct non-zero values. */
enum orr_evm_storage_status {
    ORR_STORAGE_ASSIGNED,          /* none of the below; costs a warm read      */
    ORR_STORAGE_ADDED,             /* 0 -> 0 -> Z                               */
    ORR_STORAGE_DELETED,           /* X -> X -> 0                               */
    ORR_STORAGE_MODIFIED,          /* X -> X -> Z                               */
    ORR_STORAGE_DELETED_ADDED,     /* X -> 0 -> Z                               */
    ORR_STORAGE_MODIFIED_DELETED,  /* X -> Y -> 0                               */
    ORR_STORAGE_DELETED_RESTORED,  /* X -> 0 -> X                               */
    ORR_STORAGE_ADDED_DELETED,     /* 0 -> Y -> 0                               */
    ORR_STORAGE_MODIFIED_RESTORED, /* X -> Y -> X                               */
    ORR_STORAGE_N_STATUSES
};

/* The status of a write from its three values. */
enum orr_evm_storage_status orr_evm_storage_status(const struct orr_u256 *original,
                                                   const struct orr_u256 *current,
                                                   const struct orr_u256 *value);

/* What call_begin decided. */
enum orr_evm_begin {
    ORR_BEGIN_RUN, /* the machine runs the code in a new frame, then calls call_end */
    ORR_BEGIN_DONE /* result is filled; call_end is not called                      */
};

/* Functions that the machine calls; ctx is the host's own object.  All are needed.  Pointers handed
 * in are lent for the call.  The machine has checked static mode before it calls anything that
 * writes. Whatever a frame did through these functions (warm marks included) is undone by call_end
 * when the frame's status is not SUCCESS. */
struct orr_evm_host {
    void *ctx;
    const struct orr_evm_tx_context *tx; /* lent during orr_evm_execute */
    struct orr_keccak_memo *hashes;      /* of KECCAK256; NULL: worked out each time */

    /* From EIP158 on: the account exists and is not empty (EIP-161).  Earlier: it exists. */
    bool (*account_exists)(void *ctx, const struct orr_address *address);
    void (*balance)(void *ctx, const struct orr_address *address, struct orr_u256 *balance);
    size_t (*code_size)(void *ctx, const struct orr_address *address);
    /* EXTCODEHASH (EIP-1052): zero for an account that does not exist or is empty. */
    void (*code_hash)(void *ctx, const struct orr_address *address, struct orr_hash *hash);
    /* Copies up to len bytes of code from offset; returns how many were there to copy. */
    size_t (*code_copy)(void *ctx, const struct orr_address *address, size_t offset, uint8_t *to,
                        size_t len);
    /* Marks an address warm; returns what it was before. */
    enum orr_evm_access (*account_access)(void *ctx, const struct orr_address *address);

    /* Reads a slot and marks it warm; returns what it was before. */
    enum orr_evm_access (*storage_get)(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, struct orr_u256 *value);
    /* Writes a slot and marks it warm; returns what it was before.  The machine charges gas after
     * the write: when that fails the frame fails, and call_end undoes the write. */
    enum orr_evm_access (*storage_set)(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, const struct orr_u256 *value,
                                       enum orr_evm_storage_status *status);
    /* Transient storage (EIP-1153). */
    void (*transient_get)(void *ctx, const struct orr_address *address, const struct orr_u256 *key,
                          struct orr_u256 *value);
    void (*transient_set)(void *ctx, const struct orr_address *address, const struct orr_u256 *key,
                          const struct orr_u256 *value);

    /* SELFDESTRUCT by the fork's rules (EIP-6780 from Cancun on), moving the balance; the machine
     * has charged the gas.  Returns whether the address is newly marked for destruction in this
     * transaction (a refund before London). */
    bool (*selfdestruct)(void *ctx, const struct orr_address *address,
                         const struct orr_address *beneficiary);
    void (*log)(void *ctx, const struct orr_address *address, const uint8_t *data, size_t len,
                const struct orr_u256 *topics, int n_topics); /* topics: words, 0 to 4 */
    /* The hash of block `number`, which is one of the 256 before the current one. */
    void (*block_hash)(void *ctx, uint64_t number, struct orr_hash *hash);
    /* EIP-7702: when the account's code is a delegation (0xef0100 || address), stores the address
     * and returns true.  Does not mark anything warm.  Asked from Prague on. */
    bool (*delegation)(void *ctx, const struct orr_address *address, struct orr_address *target);

    /* From Amsterdam on: the account, or its slot when key is not NULL, was paid for and reached,
     * and so belongs in the block's access list, whatever becomes of the frame (EIP-7928). */
    void (*note)(void *ctx, const struct orr_address *address, const struct orr_u256 *key);
    /* From Amsterdam on: what stands in the way of a create before its address is looked at
     * (INSUFFICIENT_BALANCE or NONCE_OVERFLOW), or SUCCESS and the address (EIP-8037). */
    enum orr_evm_status (*create_check)(void *ctx, const struct orr_evm_message *msg,
                                        struct orr_address *address);

    /* Begins a message call from inside running code (never the outermost one).  The machine has
     * checked static mode, depth and initcode size, charged all gas of the calling instruction,
     * followed one EIP-7702 delegation (code_address, is_delegated) and filled msg.
     *
     * A call: the host checks the balance (CALL and CALLCODE with value: DONE with
     * INSUFFICIENT_BALANCE and all gas back), takes a snapshot, moves the value (CALL only),
     * touches the recipient (EIP-158), runs a precompile itself (DONE, its snapshot settled),
     * answers empty code with DONE and SUCCESS, else returns RUN with *code for this fork; the code
     * must live until call_end. code_address is where the code comes from; no further delegation is
     * followed.
     *
     * A create: the host checks balance and the creator's nonce (DONE with all gas back),
     * increments the nonce, computes the address into msg->recipient, marks it warm, checks for a
     * collision (DONE with ADDRESS_COLLISION and no gas), takes a snapshot, makes the account,
     * moves the value, returns RUN. *code stays NULL: the machine prepares msg->input as code
     * itself.
     *
     * On DONE the host fills *result but for state_gas, which the machine does. */
    enum orr_evm_begin (*call_begin)(void *ctx, struct orr_evm_message *msg,
                                     const struct orr_evm_code **code,
                                     struct orr_evm_result *result);
    /* Ends what call_begin began, innermost first: undoes the snapshot unless result->status is
     * SUCCESS. For a create that succeeded, result->output is the code to deploy: the host charges
     * the deposit to result->gas_left (and state_gas), applies EIP-170, EIP-3541 and the Frontier
     * and Homestead rules, stores the code and sets result->created and an empty output, or changes
     * the status (and then undoes). */
    void (*call_end)(void *ctx, const struct orr_evm_message *msg, struct orr_evm_result *result);
};

/* ---- the machine ---- */

/* One machine per thread: its frames, stacks and memories are reused from call to call. */
struct orr_evm;

/* mem is kept and used for frames; it must live as long as the machine. */
struct orr_evm *orr_evm_create(struct orr_mem *mem);
void orr_evm_destroy(struct orr_evm *vm);

/* Runs one message to its end.  For a call, code is what runs; for a create, code is NULL and
 * msg->input is the initcode.  msg is copied; host is lent.  The outermost call is the caller's
 * own: the machine calls call_begin and call_end only for nested ones, so snapshot, value transfer,
 * address and code deposit of a transaction's own call are done by the caller around this function.
 * msg.gas is what remains after intrinsic gas.  Not re-entrant: a host function must not call it
 * with the same vm. */
void orr_evm_execute(struct orr_evm *vm, const struct orr_evm_host *host, enum orr_evm_fork fork,
                     const struct orr_evm_message *msg, const struct orr_evm_code *code,
                     struct orr_evm_result *result);

/* ---- tracing ---- */

/* One instruction about to run (EIP-3155).  stack[0] is the bottom; all pointers are lent. */
struct orr_evm_step {
    uint64_t pc;
    uint8_t opcode;
    int depth;                           /* as in msg.depth */
    int64_t gas;                         /* before the instruction */
    const struct orr_address *recipient; /* whose storage is used */
    const struct orr_u256 *stack;
    int stack_len;
    const uint8_t *memory;
    size_t memory_len;
    const uint8_t *return_data;
    size_t return_data_len;
};

/* Hooks.  Every step is followed by one done, before the first step of a frame that it enters.
 * Costs nothing when no tracer is set: traced code runs in an interpreter loop of its own. */
struct orr_evm_tracer {
    void *ctx;
    /* The owner of the outermost call is about to begin it (models/vm/execute.h); the refund
     * counter is what the transaction's authorizations earned (EIP-7702). */
    void (*begin)(void *ctx, int64_t gas, int64_t refund);
    void (*step)(void *ctx, const struct orr_evm_step *step);
    /* gas: what the frame has after the instruction, without what a call passes on and before its
     * callee gives gas back; below 0, by what was missing, when it ran out.  refund: what SSTORE
     * and SELFDESTRUCT earned in the transaction so far, this instruction included. */
    void (*done)(void *ctx, int64_t gas, int64_t refund, enum orr_evm_status status);
    /* The outermost call ended, also where no code ran. */
    void (*end)(void *ctx, const struct orr_evm_result *result);
};

/* Sets the tracer (lent until replaced; NULL for none).  Takes hold at the next orr_evm_execute. */
void orr_evm_set_tracer(struct orr_evm *vm, const struct orr_evm_tracer *tracer);
#endif
