/* machine.h - the inside of the machine: prepared code, frames, and what the interpreter's loops
 * share. Only the files of the machine include it. */
#ifndef ORR_EVM_MACHINE_H
#define ORR_EVM_MACHINE_H

#include <assert.h>

#include "models/vm/evm.h"
#include "models/vm/opcode.h"
#include "models/vm/u256.h"

/* ---- prepared code ---- */

/* An instruction of translated code.  `op` is the address of its handler in the fast loop (with a
 * switch: its number); what `arg` holds is said beside each handler. */
struct orr_evm_insn {
    uintptr_t op;
    uint64_t arg;
};

/* Where translated block number i begins: its instruction and its place in the bytes. */
struct orr_evm_code_block {
    uint32_t insn, pc;
};

/* CODE_PAD zero bytes on both sides of the bytes let a push read 32 bytes wherever it stands, and
 * end every code with a STOP. */
#define ORR_CODE_PAD 40

/* Code up to this length is translated.  Longer code can only be from before EIP-170, and would
 * take twenty times its length in memory; it is run as it stands. */
#define ORR_TRANSLATED_BYTES (1u << 20)

/* Code, immutable.  `bytes` is the padded copy (or, for initcode that runs once, also a copy).
 * insns is NULL for code that was prepared for one run, or is too long: only the plain loop can run
 * that. */
struct orr_evm_code {
    enum orr_evm_fork fork;
    size_t len;
    uint8_t *bytes;      /* points past the front padding */
    uint64_t *jumpdests; /* one bit per byte of code */
    struct orr_evm_insn *insns;
    uint32_t n_insns, cap_insns;
    uint32_t *target;      /* by pc: the instruction of a jump destination, 0 if none */
    struct orr_u256 *wide; /* immediates above 64 bits */
    uint32_t n_wide, cap_wide;
    struct orr_evm_code_block *blocks; /* ascending in both fields */
    uint32_t n_blocks, cap_blocks;
};

/* Prepares code for a single run: jump destinations only. */
struct orr_evm_code *orr_evm_code_prepare_once(struct orr_mem *mem, enum orr_evm_fork fork,
                                               const uint8_t *code, size_t len);
/* Fills insns, target, wide and blocks. */
void orr_evm_code_translate(struct orr_mem *mem, struct orr_evm_code *code);

static inline bool orr_evm_code_is_jumpdest(const struct orr_evm_code *code, uint64_t pc) {
    return pc < code->len && code->jumpdests[pc / 64] >> pc % 64 & 1;
}

/* ---- frames ---- */

/* A growable array of bytes owned by a frame. */
struct orr_evm_frame_buffer {
    uint8_t *bytes;
    size_t cap;
};

/* One running call.  The loops hold pc, sp and gas in registers and store them here before anything
 * that may look at the frame.  Invariants: memory_len is a multiple of 32; stack <= sp + 1 and
 * sp < stack + 1,024; all of memory up to memory_len is initialised. */
struct orr_evm_frame {
    struct orr_evm *vm;
    const struct orr_evm_code *code;
    int64_t gas;
    int64_t refund;                     /* of this frame and those that it called, so far */
    struct orr_evm_state_gas state_gas; /* from Amsterdam on                */
    bool pays_account;   /* the pending call paid for a new account, which goes if it fails */
    struct orr_u256 *sp; /* top word; stack - 1 when empty */
    const uint8_t *pc;   /* plain loop: next instruction */
    /* fast loop: next instruction; NULL: the plain loop runs this frame */
    const struct orr_evm_insn *ip;
    uint8_t *memory; /* = memory_buffer.bytes */
    size_t memory_len;
    const uint8_t *input; /* call data; none for a create */
    size_t input_len;
    const uint8_t *return_data; /* lent by the callee's frame or by kept_output */
    size_t return_data_len;
    const uint8_t *output; /* set by RETURN and REVERT: inside memory */
    size_t output_len;
    enum orr_evm_status status; /* set when the frame has ended */
    bool owns_code;             /* initcode: freed with the frame */
    size_t out_offset, out_len; /* where the pending call's output goes */

    struct orr_evm_message msg;
    struct orr_evm_frame_buffer memory_buffer, kept_output;
    struct orr_u256 stack_below; /* sp[0] may be read when the stack is empty */
    struct orr_u256 stack[ORR_EVM_STACK_LIMIT];
};

struct orr_evm {
    struct orr_mem *mem;
    const struct orr_evm_host *host;
    const struct orr_evm_tx_context *tx;
    const struct orr_evm_tracer *tracer;
    enum orr_evm_fork fork;
    const struct orr_evm_op_rule *rules;
    int depth;           /* index of the running frame */
    int64_t gas_at_call; /* for the tracer: of the frame that called last, before it got gas back */
    struct orr_u256_modulus modulus;
    struct orr_evm_frame *frames[ORR_EVM_MAX_DEPTH + 1]; /* made on first use, kept */
};

/* ---- the loops ---- */

/* How a loop gives back control. */
enum orr_evm_exit {
    ORR_EXIT_HALT,  /* the frame ended: status, gas, output are set                           */
    ORR_EXIT_CALL,  /* a new innermost frame waits in vm->frames[vm->depth]                   */
    ORR_EXIT_PLAIN, /* a block's bounds failed: the plain loop goes on at frame->pc, which
                       finds the instruction that fails                                       */
    ORR_EXIT_NEXT,  /* of one instruction: the next one waits at frame->pc                    */
};

enum orr_evm_exit orr_evm_run_fast(struct orr_evm *vm, struct orr_evm_frame *f);
enum orr_evm_exit orr_evm_run_plain(struct orr_evm *vm, struct orr_evm_frame *f);
enum orr_evm_exit orr_evm_run_traced(struct orr_evm *vm, struct orr_evm_frame *f);
enum orr_evm_exit orr_evm_run_one(struct orr_evm *vm, struct orr_evm_frame *f);
/* The fast loop's handlers by number (enum orr_evm_fast_op): what goes into orr_evm_insn.op. */
const uintptr_t *orr_evm_fast_handlers(void);
/* The pc where the block of an instruction begins. */
uint32_t orr_evm_code_block_pc(const struct orr_evm_code *code, const struct orr_evm_insn *insn);

/* ---- instructions with bodies of their own (op_*.c) ----
 * They find operands at f->sp (top first), gas in f->gas, leave both updated, and return SUCCESS or
 * the exceptional halt. */
enum orr_evm_status orr_evm_op_keccak256(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_copy(struct orr_evm_frame *f, const uint8_t *from, size_t from_len);
enum orr_evm_status orr_evm_op_return_data_copy(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_ext_code_copy(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_mcopy(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_exp(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_balance(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_ext_code_size(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_ext_code_hash(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_block_hash(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_sload(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_sstore(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_tload(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_tstore(struct orr_evm_frame *f);
enum orr_evm_status orr_evm_op_log(struct orr_evm_frame *f, int n_topics);
enum orr_evm_status orr_evm_op_selfdestruct(struct orr_evm_frame *f);
/* RETURN and REVERT: sets the output; the loop sets the status. */
enum orr_evm_status orr_evm_op_output(struct orr_evm_frame *f);
/* CALL and kin, CREATE and CREATE2.  When *entered is set a new frame is ready; else the result is
 * on the stack. */
enum orr_evm_status orr_evm_op_call(struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                                    bool *entered);
enum orr_evm_status orr_evm_op_create(struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                                      bool *entered);

/* Makes the next frame ready for msg and code; code NULL: msg->input is initcode. */
struct orr_evm_frame *orr_evm_frame_push(struct orr_evm *vm, const struct orr_evm_message *msg,
                                         const struct orr_evm_code *code);
/* What a frame that has ended came to; output lies in its memory. */
struct orr_evm_result orr_evm_frame_result(const struct orr_evm_frame *f);
/* Gives a finished call's result to the frame that made it. */
void orr_evm_frame_deliver(struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                           const struct orr_evm_result *result, bool keep_output);

/* The call data's word at an offset; bytes past the end read as zero. */
static inline struct orr_u256 orr_evm_call_data_word(const struct orr_evm_frame *f, uint64_t at) {
    if (__builtin_expect(f->input_len >= 32 && at <= f->input_len - 32, 1))
        return orr_u256_load_be(f->input + at);
    uint8_t word[32] = {0};
    size_t n = at < f->input_len ? f->input_len - at : 0;
    if (n) memcpy(word, f->input + at, n < 32 ? n : 32);
    return orr_u256_load_be(word);
}

/* ---- memory ---- */

/* Makes [offset, offset + len) addressable, zero-filled, and charges f->gas; false: out of gas.
 * Offsets above 2^32 - 1 are always out of gas: 4 GiB would cost 3.5 * 10^13 gas. */
bool orr_evm_memory_expand(struct orr_evm_frame *f, uint64_t offset, uint64_t len);

static inline bool orr_evm_memory_need(struct orr_evm_frame *f, const struct orr_u256 *offset,
                                       const struct orr_u256 *len) {
    if (orr_u256_is_zero(*len)) return true;
    uint64_t at = orr_u256_clamp_u64(*offset), n = orr_u256_clamp_u64(*len);
    if (at < f->memory_len && n <= f->memory_len - at) return true;
    return orr_evm_memory_expand(f, at, n);
}
/* Gas per started word of 32 bytes. */
static inline bool orr_evm_charge_words(struct orr_evm_frame *f, uint64_t len,
                                        int64_t gas_per_word) {
    /* len is below 2^32 after orr_evm_memory_need, or is clamped and fails here */
    if (len > UINT32_MAX) return false;
    f->gas -= (int64_t)((len + 31) / 32) * gas_per_word;
    return f->gas >= 0;
}
void orr_evm_frame_reserve(struct orr_mem *mem, struct orr_evm_frame_buffer *buffer, size_t used,
                           size_t cap);
#endif
