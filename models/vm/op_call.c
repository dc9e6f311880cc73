/* Calls and creates: gas and checks of the calling instruction, then either a new frame or a
 * result. */
#include "models/vm/machine.h"

#define COLD_ACCOUNT_GAS 2600 /* EIP-2929 */
#define WARM_READ_GAS    100
#define VALUE_GAS        9000
#define NEW_ACCOUNT_GAS  25000

/* The operands of a call, off the stack. */
struct call_operands {
    struct orr_u256 gas, value;
    struct orr_address target;
    struct orr_u256 in_offset, in_len, out_offset, out_len;
};

static struct call_operands pop_operands(struct orr_evm_frame *f, enum orr_evm_call_kind kind) {
    bool has_value = kind == ORR_CALL || kind == ORR_CALLCODE;
    const struct orr_u256 *top = f->sp, *rest = has_value ? top - 3 : top - 2;
    struct call_operands ops = {.gas = top[0], .target = orr_u256_to_address(top[-1])};
    if (has_value) ops.value = top[-2];
    ops.in_offset = rest[0], ops.in_len = rest[-1];
    ops.out_offset = rest[-2], ops.out_len = rest[-3];
    f->sp = (struct orr_u256 *)(rest - 4);
    return ops;
}

static int64_t cold_account_gas(const struct orr_evm *vm) {
    return vm->fork >= ORR_FORK_AMSTERDAM ? ORR_GAS_COLD_ACCOUNT : COLD_ACCOUNT_GAS;
}

/* Charges what needs no look at the target: that it is cold, memory, and the value that is moved
 * (Yellow Paper, appendix H.2; EIP-2929; EIP-7928, "Gas Validation Before State Access"). */
static bool charge_before_access(struct orr_evm_frame *f, const struct call_operands *ops) {
    const struct orr_evm_host *host = f->vm->host;
    enum orr_evm_fork fork = f->vm->fork;
    if (fork >= ORR_FORK_BERLIN && host->account_access(host->ctx, &ops->target) == ORR_COLD)
        f->gas -= cold_account_gas(f->vm) - WARM_READ_GAS;
    if (f->gas < 0 || !orr_evm_memory_need(f, &ops->in_offset, &ops->in_len) ||
        !orr_evm_memory_need(f, &ops->out_offset, &ops->out_len))
        return false;
    if (!orr_u256_is_zero(ops->value))
        f->gas -= fork >= ORR_FORK_AMSTERDAM ? ORR_GAS_CALL_VALUE : VALUE_GAS;
    return f->gas >= 0;
}

/* Charges what touching the target's EIP-7702 delegation costs; sets code_address. */
static bool charge_delegation(struct orr_evm_frame *f, const struct call_operands *ops,
                              struct orr_evm_message *msg) {
    const struct orr_evm_host *host = f->vm->host;
    msg->code_address = ops->target;
    if (f->vm->fork >= ORR_FORK_AMSTERDAM) host->note(host->ctx, &ops->target, NULL);
    if (f->vm->fork < ORR_FORK_PRAGUE ||
        !host->delegation(host->ctx, &ops->target, &msg->code_address))
        return true;
    msg->is_delegated = true;
    msg->delegator = ops->target;
    f->gas -= host->account_access(host->ctx, &msg->code_address) == ORR_COLD
                  ? cold_account_gas(f->vm)
                  : WARM_READ_GAS;
    if (f->gas < 0) return false;
    if (f->vm->fork >= ORR_FORK_AMSTERDAM) host->note(host->ctx, &msg->code_address, NULL);
    return true;
}

/* Charges for an account that does not exist yet; from Amsterdam on it is state gas, which comes
 * back if the call fails. */
static bool charge_new_account(struct orr_evm_frame *f, const struct orr_address *address) {
    const struct orr_evm_host *host = f->vm->host;
    if (host->account_exists(host->ctx, address)) return true;
    if (f->vm->fork >= ORR_FORK_AMSTERDAM)
        return f->pays_account =
                   orr_evm_state_gas_charge(&f->state_gas, &f->gas, ORR_GAS_NEW_ACCOUNT);
    f->gas -= NEW_ACCOUNT_GAS;
    return f->gas >= 0;
}

/* EIP-161: an account is only made when money reaches it. */
static bool may_make_account(const struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                             const struct call_operands *ops) {
    return kind == ORR_CALL && (!orr_u256_is_zero(ops->value) || f->vm->fork < ORR_FORK_EIP158);
}

/* The gas handed to the callee, taken from the frame; false when it asks for more than there is. */
static bool take_gas(struct orr_evm_frame *f, const struct orr_u256 *wanted_word, int64_t *gas) {
    uint64_t wanted = orr_u256_clamp_u64(*wanted_word), most = (uint64_t)f->gas;
    if (f->vm->fork >= ORR_FORK_EIP150) {
        most -= most / 64; /* EIP-150: all but one 64th at most */
        if (wanted > most) wanted = most;
    } else if (wanted > most) {
        return false;
    }
    f->gas -= (int64_t)wanted;
    *gas = (int64_t)wanted;
    return true;
}

static enum orr_evm_status begin(struct orr_evm_frame *f, struct orr_evm_message *msg,
                                 bool *entered) {
    const struct orr_evm_host *host = f->vm->host;
    const struct orr_evm_code *code = NULL;
    struct orr_evm_result result = {.gas_left = msg->gas};
    bool is_create = msg->kind == ORR_CREATE || msg->kind == ORR_CREATE2;
    f->vm->gas_at_call = is_create ? f->gas + msg->gas : f->gas; /* a create's price is its own */
    msg->reservoir = f->state_gas.reservoir;
    if (f->msg.depth >= ORR_EVM_MAX_DEPTH) {
        result.status = ORR_EVM_DEPTH;
    } else if (host->call_begin(host->ctx, msg, &code, &result) == ORR_BEGIN_RUN) {
        orr_evm_frame_push(f->vm, msg, code);
        *entered = true;
        return ORR_EVM_SUCCESS;
    }
    result.state_gas = (struct orr_evm_state_gas){.reservoir = msg->reservoir};
    orr_evm_frame_deliver(f, msg->kind, &result, true);
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_call(struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                                    bool *entered) {
    struct call_operands ops = pop_operands(f, kind);
    bool has_value = !orr_u256_is_zero(ops.value);
    f->return_data_len = 0;
    if (kind == ORR_CALL && has_value && f->msg.is_static) return ORR_EVM_STATIC_VIOLATION;

    struct orr_evm_message msg = {.kind = kind,
                                  .is_static = f->msg.is_static || kind == ORR_STATICCALL,
                                  .depth = f->msg.depth + 1,
                                  .recipient = ops.target,
                                  .sender = f->msg.recipient,
                                  .value = ops.value};
    if (!charge_before_access(f, &ops) || !charge_delegation(f, &ops, &msg) ||
        (may_make_account(f, kind, &ops) && !charge_new_account(f, &ops.target)) ||
        !take_gas(f, &ops.gas, &msg.gas))
        return ORR_EVM_OUT_OF_GAS;
    if (has_value) msg.gas += ORR_EVM_CALL_STIPEND;
    if (kind == ORR_DELEGATECALL) { /* EIP-7: the caller's own sender and value */
        msg.recipient = f->msg.recipient;
        msg.sender = f->msg.sender;
        msg.value = f->msg.value;
    } else if (kind == ORR_CALLCODE) {
        msg.recipient = f->msg.recipient;
    }
    msg.input_len = ops.in_len.limb[0];
    msg.input = msg.input_len ? f->memory + ops.in_offset.limb[0] : NULL;
    f->out_len = ops.out_len.limb[0];
    f->out_offset = f->out_len ? ops.out_offset.limb[0] : 0;
    return begin(f, &msg, entered);
}

/* EIP-8037: the account that a create makes is paid for by the frame that creates, once nothing
 * else stands in the way.  *refused: something does, and the create has come to nothing. */
static enum orr_evm_status charge_created(struct orr_evm_frame *f,
                                          const struct orr_evm_message *msg, bool *refused) {
    const struct orr_evm_host *host = f->vm->host;
    struct orr_evm_result nothing = {.status = ORR_EVM_DEPTH};
    struct orr_address address;
    if (f->msg.depth < ORR_EVM_MAX_DEPTH)
        nothing.status = host->create_check(host->ctx, msg, &address);
    *refused = nothing.status != ORR_EVM_SUCCESS;
    if (*refused) {
        nothing.state_gas.reservoir = f->state_gas.reservoir;
        f->vm->gas_at_call = f->gas;
        orr_evm_frame_deliver(f, msg->kind, &nothing, true);
        return ORR_EVM_SUCCESS;
    }
    host->note(host->ctx, &address, NULL);
    return charge_new_account(f, &address) ? ORR_EVM_SUCCESS : ORR_EVM_OUT_OF_GAS;
}

enum orr_evm_status orr_evm_op_create(struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                                      bool *entered) {
    enum orr_evm_fork fork = f->vm->fork;
    f->return_data_len = 0;
    if (f->msg.is_static) return ORR_EVM_STATIC_VIOLATION;
    struct orr_u256 value = f->sp[0], offset = f->sp[-1], len = f->sp[-2], salt = {{0}};
    if (kind == ORR_CREATE2) salt = f->sp[-3];
    f->sp -= kind == ORR_CREATE2 ? 4 : 3;

    if (!orr_evm_memory_need(f, &offset, &len)) return ORR_EVM_OUT_OF_GAS;
    /* EIP-3860 limits and prices initcode; EIP-1014 prices its hash */
    if (fork >= ORR_FORK_SHANGHAI && len.limb[0] > ORR_EVM_MAX_INITCODE_SIZE_OF(fork))
        return ORR_EVM_INITCODE_TOO_LARGE;
    int64_t per_word = (fork >= ORR_FORK_SHANGHAI ? 2 : 0) + (kind == ORR_CREATE2 ? 6 : 0);
    if (!orr_evm_charge_words(f, len.limb[0], per_word)) return ORR_EVM_OUT_OF_GAS;

    struct orr_evm_message msg = {.kind = kind,
                                  .depth = f->msg.depth + 1,
                                  .sender = f->msg.recipient,
                                  .value = value,
                                  .salt = orr_u256_to_hash(salt)};
    msg.input_len = len.limb[0];
    msg.input = msg.input_len ? f->memory + offset.limb[0] : NULL;
    f->out_len = f->out_offset = 0;
    if (fork >= ORR_FORK_AMSTERDAM) {
        bool refused;
        enum orr_evm_status status = charge_created(f, &msg, &refused);
        if (status != ORR_EVM_SUCCESS || refused) return status;
    }
    struct orr_u256 all = {{UINT64_MAX}};
    if (fork < ORR_FORK_EIP150) all.limb[0] = (uint64_t)f->gas;
    bool taken = take_gas(f, &all, &msg.gas);
    assert(taken);
    (void)taken;
    return begin(f, &msg, entered);
}

void orr_evm_frame_deliver(struct orr_evm_frame *f, enum orr_evm_call_kind kind,
                           const struct orr_evm_result *result, bool keep_output) {
    bool is_create = kind == ORR_CREATE || kind == ORR_CREATE2;
    bool success = result->status == ORR_EVM_SUCCESS;
    bool has_output = result->status == ORR_EVM_REVERT || (success && !is_create);
    size_t len = has_output ? result->output_len : 0;
    const uint8_t *output = result->output;
    if (keep_output && len) {
        orr_evm_frame_reserve(f->vm->mem, &f->kept_output, 0, len);
        memcpy(f->kept_output.bytes, output, len);
        output = f->kept_output.bytes;
    }
    f->return_data = output;
    f->return_data_len = len;
    size_t copied = len < f->out_len ? len : f->out_len;
    if (copied) memcpy(f->memory + f->out_offset, output, copied);
    assert(result->gas_left >= 0);
    f->gas += result->gas_left;
    orr_evm_state_gas_join(&f->state_gas, &result->state_gas);
    if (f->pays_account && !success)
        orr_evm_state_gas_refill(&f->state_gas, &f->gas, ORR_GAS_NEW_ACCOUNT);
    f->pays_account = false;
    if (success) f->refund += result->gas_refund;
    f->sp++;
    *f->sp = !success    ? (struct orr_u256){{0}}
             : is_create ? orr_u256_from_address(result->created)
                         : orr_u256_from_u64(1);
}
