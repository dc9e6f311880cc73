/* The machine: frames and the driver that moves between them.  A loop runs one frame until it ends
 * or calls; nested calls are frames in an array, never native recursion. */
#include "models/vm/machine.h"

#define MEMORY_KEPT_BYTES \
    (1u << 20) /* a frame in the pool gives back larger memory on its next use */

struct orr_evm *orr_evm_create(struct orr_mem *mem) {
    struct orr_evm *vm = orr_alloc_zero(mem, sizeof *vm);
    vm->mem = mem;
    return vm;
}

void orr_evm_destroy(struct orr_evm *vm) {
    if (!vm) return;
    for (int i = 0; i <= ORR_EVM_MAX_DEPTH; i++) {
        struct orr_evm_frame *f = vm->frames[i];
        if (!f) continue;
        orr_free(vm->mem, f->memory_buffer.bytes, f->memory_buffer.cap);
        orr_free(vm->mem, f->kept_output.bytes, f->kept_output.cap);
        orr_free(vm->mem, f, sizeof *f);
    }
    orr_free(vm->mem, vm, sizeof *vm);
}

void orr_evm_set_tracer(struct orr_evm *vm, const struct orr_evm_tracer *tracer) {
    vm->tracer = tracer;
}

static void trim(struct orr_mem *mem, struct orr_evm_frame_buffer *buffer) {
    if (buffer->cap <= MEMORY_KEPT_BYTES) return;
    orr_free(mem, buffer->bytes, buffer->cap);
    *buffer = (struct orr_evm_frame_buffer){NULL, 0};
}

struct orr_evm_frame *orr_evm_frame_push(struct orr_evm *vm, const struct orr_evm_message *msg,
                                         const struct orr_evm_code *code) {
    int depth = ++vm->depth;
    assert(depth >= 0 && depth <= ORR_EVM_MAX_DEPTH);
    struct orr_evm_frame *f = vm->frames[depth];
    if (!f) {
        f = vm->frames[depth] = orr_alloc(vm->mem, sizeof *f);
        memset(f, 0,
               offsetof(struct orr_evm_frame, stack)); /* the stack is written before it is read */
        f->vm = vm;
    }
    trim(vm->mem, &f->memory_buffer);
    trim(vm->mem, &f->kept_output);
    f->msg = *msg;
    f->owns_code = !code;
    if (!code) code = orr_evm_code_prepare_once(vm->mem, vm->fork, msg->input, msg->input_len);
    assert(code->fork == vm->fork);
    f->code = code;
    f->gas = msg->gas;
    f->refund = 0;
    f->state_gas = (struct orr_evm_state_gas){.reservoir = msg->reservoir};
    f->pays_account = false;
    f->sp = &f->stack_below;
    f->pc = code->bytes;
    f->ip = code->insns && !vm->tracer ? code->insns + 1 : NULL;
    f->memory = f->memory_buffer.bytes;
    f->memory_len = 0;
    f->return_data_len = 0;
    f->output = NULL;
    f->output_len = 0;
    f->input = f->owns_code ? NULL : msg->input;
    f->input_len = f->owns_code ? 0 : msg->input_len;
    return f;
}

struct orr_evm_result orr_evm_frame_result(const struct orr_evm_frame *f) {
    struct orr_evm_result result = {.status = f->status, .state_gas = f->state_gas};
    int64_t gas = f->gas;
    if (f->status != ORR_EVM_SUCCESS) orr_evm_state_gas_undo(&result.state_gas, &gas);
    if (f->status == ORR_EVM_SUCCESS || f->status == ORR_EVM_REVERT) {
        result.gas_left = gas;
        result.output = f->output;
        result.output_len = f->output_len;
    }
    if (f->status == ORR_EVM_SUCCESS) result.gas_refund = f->refund;
    return result;
}

/* Ends the innermost frame, a nested one, and tells its caller. */
static void frame_return(struct orr_evm *vm, struct orr_evm_frame *f) {
    struct orr_evm_result result = orr_evm_frame_result(f);
    vm->host->call_end(vm->host->ctx, &f->msg, &result);
    if (f->owns_code) orr_evm_code_free(vm->mem, (struct orr_evm_code *)f->code);
    vm->depth--;
    orr_evm_frame_deliver(vm->frames[vm->depth], f->msg.kind, &result, false);
}

void orr_evm_execute(struct orr_evm *vm, const struct orr_evm_host *host, enum orr_evm_fork fork,
                     const struct orr_evm_message *msg, const struct orr_evm_code *code,
                     struct orr_evm_result *result) {
    assert(msg->gas >= 0 && msg->depth >= 0 && msg->depth <= ORR_EVM_MAX_DEPTH);
    vm->host = host;
    vm->tx = host->tx;
    vm->fork = fork;
    vm->rules = orr_evm_op_rules(fork);
    vm->depth = -1;
    orr_evm_frame_push(vm, msg, code);
    /* Ends: every instruction costs gas, takes or gives a frame, or halts. */
    for (;;) {
        struct orr_evm_frame *f = vm->frames[vm->depth];
        enum orr_evm_exit exit = vm->tracer ? orr_evm_run_traced(vm, f)
                                 : f->ip    ? orr_evm_run_fast(vm, f)
                                            : orr_evm_run_plain(vm, f);
        if (exit == ORR_EXIT_CALL) continue;
        if (exit == ORR_EXIT_PLAIN) {
            f->ip = NULL;
            continue;
        }
        if (vm->depth > 0) {
            frame_return(vm, f);
            continue;
        }
        *result = orr_evm_frame_result(f);
        if (f->owns_code) orr_evm_code_free(vm->mem, (struct orr_evm_code *)f->code);
        return;
    }
}

const char *orr_evm_status_text(enum orr_evm_status status) {
    static const char *const texts[] = {
#define STATUS(constant, text) text,
        ORR_EVM_STATUSES(STATUS)
#undef STATUS
    };
    assert((unsigned)status < ORR_EVM_N_STATUSES);
    return texts[status];
}
