/* Instructions that read or write the world through the host: accounts, storage, logs. */
#include "models/vm/machine.h"

#define COLD_ACCOUNT_GAS 2600 /* EIP-2929 */
#define WARM_READ_GAS    100
#define COLD_SLOAD_GAS   2100

static int64_t cold_account_gas(const struct orr_evm *vm) {
    return vm->fork >= ORR_FORK_AMSTERDAM ? ORR_GAS_COLD_ACCOUNT : COLD_ACCOUNT_GAS;
}

/* EIP-2929: the opcode's constant gas is the warm price; a cold account costs the difference more.
 */
static bool charge_cold_account(struct orr_evm_frame *f, const struct orr_address *address) {
    const struct orr_evm_host *host = f->vm->host;
    if (f->vm->fork >= ORR_FORK_BERLIN && host->account_access(host->ctx, address) == ORR_COLD)
        f->gas -= cold_account_gas(f->vm) - WARM_READ_GAS;
    return f->gas >= 0;
}

/* From Amsterdam on what was reached is noted, once it is paid for (EIP-7928). */
static void note(struct orr_evm_frame *f, const struct orr_address *address,
                 const struct orr_u256 *key) {
    const struct orr_evm_host *host = f->vm->host;
    if (f->vm->fork >= ORR_FORK_AMSTERDAM) host->note(host->ctx, address, key);
}

enum orr_evm_status orr_evm_op_balance(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    struct orr_address address = orr_u256_to_address(*f->sp);
    if (!charge_cold_account(f, &address)) return ORR_EVM_OUT_OF_GAS;
    note(f, &address, NULL);
    host->balance(host->ctx, &address, f->sp);
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_ext_code_size(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    struct orr_address address = orr_u256_to_address(*f->sp);
    if (!charge_cold_account(f, &address)) return ORR_EVM_OUT_OF_GAS;
    note(f, &address, NULL);
    *f->sp = orr_u256_from_u64(host->code_size(host->ctx, &address));
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_ext_code_hash(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    struct orr_address address = orr_u256_to_address(*f->sp);
    if (!charge_cold_account(f, &address)) return ORR_EVM_OUT_OF_GAS;
    struct orr_hash hash;
    note(f, &address, NULL);
    host->code_hash(host->ctx, &address, &hash);
    *f->sp = orr_u256_from_hash(hash);
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_ext_code_copy(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    const struct orr_u256 *to = f->sp - 1, *offset = f->sp - 2, *len = f->sp - 3;
    struct orr_address address = orr_u256_to_address(*f->sp);
    if (!charge_cold_account(f, &address) || !orr_evm_memory_need(f, to, len) ||
        !orr_evm_charge_words(f, orr_u256_clamp_u64(*len), 3))
        return ORR_EVM_OUT_OF_GAS;
    size_t n = len->limb[0], copied = 0;
    note(f, &address, NULL);
    if (n) {
        uint8_t *at = f->memory + to->limb[0];
        if (orr_u256_fits_u64(*offset))
            copied = host->code_copy(host->ctx, &address, offset->limb[0], at, n);
        assert(copied <= n);
        memset(at + copied, 0, n - copied);
    }
    f->sp -= 4;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_block_hash(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    uint64_t current = f->vm->tx->number, number = orr_u256_clamp_u64(*f->sp);
    struct orr_hash hash = {{0}};
    /* only the 256 blocks before the current one (Yellow Paper, appendix H.2, BLOCKHASH) */
    if (number < current && current - number <= 256) host->block_hash(host->ctx, number, &hash);
    *f->sp = orr_u256_from_hash(hash);
    return ORR_EVM_SUCCESS;
}

/* ---- storage ---- */

enum orr_evm_storage_status orr_evm_storage_status(const struct orr_u256 *original,
                                                   const struct orr_u256 *current,
                                                   const struct orr_u256 *value) {
    if (orr_u256_equal(*current, *value)) return ORR_STORAGE_ASSIGNED;
    bool had = !orr_u256_is_zero(*original), has = !orr_u256_is_zero(*current);
    bool will = !orr_u256_is_zero(*value);
    if (orr_u256_equal(*original, *current)) {
        if (!had) return ORR_STORAGE_ADDED;
        return will ? ORR_STORAGE_MODIFIED : ORR_STORAGE_DELETED;
    }
    bool restored = orr_u256_equal(*original, *value);
    if (!had) return restored ? ORR_STORAGE_ADDED_DELETED : ORR_STORAGE_ASSIGNED;
    if (!has) return restored ? ORR_STORAGE_DELETED_RESTORED : ORR_STORAGE_DELETED_ADDED;
    if (!will) return ORR_STORAGE_MODIFIED_DELETED;
    return restored ? ORR_STORAGE_MODIFIED_RESTORED : ORR_STORAGE_ASSIGNED;
}

struct storage_price {
    int32_t gas, refund;
};

/* Frontier to Byzantium, and Petersburg, which took EIP-1283 back: only zero or not counts. */
static struct storage_price flat_price(enum orr_evm_storage_status status) {
    switch (status) {
    case ORR_STORAGE_ADDED:
    case ORR_STORAGE_DELETED_ADDED:
    case ORR_STORAGE_DELETED_RESTORED: return (struct storage_price){20000, 0};
    case ORR_STORAGE_DELETED:
    case ORR_STORAGE_MODIFIED_DELETED:
    case ORR_STORAGE_ADDED_DELETED: return (struct storage_price){5000, 15000};
    default: return (struct storage_price){5000, 0};
    }
}

/* EIP-8038; what the slot itself costs is state gas (EIP-8037). */
static struct storage_price amsterdam_price(enum orr_evm_storage_status status) {
    const int32_t write = ORR_GAS_SLOT_WRITE, clear = ORR_GAS_SLOT_CLEARED;
    switch (status) {
    case ORR_STORAGE_ADDED:
    case ORR_STORAGE_MODIFIED: return (struct storage_price){write, 0};
    case ORR_STORAGE_DELETED: return (struct storage_price){write, clear};
    case ORR_STORAGE_DELETED_ADDED: return (struct storage_price){0, -clear};
    case ORR_STORAGE_MODIFIED_DELETED: return (struct storage_price){0, clear};
    case ORR_STORAGE_DELETED_RESTORED: return (struct storage_price){0, write - clear};
    case ORR_STORAGE_ADDED_DELETED:
    case ORR_STORAGE_MODIFIED_RESTORED: return (struct storage_price){0, write};
    default: return (struct storage_price){0, 0};
    }
}

/* Net metering: EIP-1283 (warm 200), EIP-2200 (800), EIP-2929 (100, reset 2900), EIP-3529 (clearing
 * refunds 4800). */
static struct storage_price net_price(enum orr_evm_storage_status status, enum orr_evm_fork fork) {
    int32_t warm = fork >= ORR_FORK_BERLIN ? WARM_READ_GAS : fork >= ORR_FORK_ISTANBUL ? 800 : 200;
    int32_t set = 20000;
    int32_t reset = fork >= ORR_FORK_BERLIN ? 5000 - COLD_SLOAD_GAS : 5000;
    int32_t clear = fork >= ORR_FORK_LONDON ? 4800 : 15000;
    switch (status) {
    case ORR_STORAGE_ADDED: return (struct storage_price){set, 0};
    case ORR_STORAGE_DELETED: return (struct storage_price){reset, clear};
    case ORR_STORAGE_MODIFIED: return (struct storage_price){reset, 0};
    case ORR_STORAGE_DELETED_ADDED: return (struct storage_price){warm, -clear};
    case ORR_STORAGE_MODIFIED_DELETED: return (struct storage_price){warm, clear};
    case ORR_STORAGE_DELETED_RESTORED: return (struct storage_price){warm, reset - warm - clear};
    case ORR_STORAGE_ADDED_DELETED: return (struct storage_price){warm, set - warm};
    case ORR_STORAGE_MODIFIED_RESTORED: return (struct storage_price){warm, reset - warm};
    default: return (struct storage_price){warm, 0};
    }
}

enum orr_evm_status orr_evm_op_sload(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    struct orr_u256 key = *f->sp;
    enum orr_evm_access before = host->storage_get(host->ctx, &f->msg.recipient, &key, f->sp);
    if (f->vm->fork >= ORR_FORK_BERLIN && before == ORR_COLD) {
        f->gas -= COLD_SLOAD_GAS - WARM_READ_GAS;
        if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    }
    note(f, &f->msg.recipient, &key);
    return ORR_EVM_SUCCESS;
}

/* EIP-8037 and 8038: access, then the write, then the slot if it is new. */
static enum orr_evm_status charge_write(struct orr_evm_frame *f, enum orr_evm_access before,
                                        enum orr_evm_storage_status status) {
    struct storage_price price = amsterdam_price(status);
    f->gas -= before == ORR_COLD ? ORR_GAS_COLD_SLOT : ORR_GAS_ACCESS;
    if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    note(f, &f->msg.recipient, f->sp);
    f->gas -= price.gas;
    if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    if (status == ORR_STORAGE_ADDED &&
        !orr_evm_state_gas_charge(&f->state_gas, &f->gas, ORR_GAS_NEW_SLOT))
        return ORR_EVM_OUT_OF_GAS;
    if (status == ORR_STORAGE_ADDED_DELETED)
        orr_evm_state_gas_refill(&f->state_gas, &f->gas, ORR_GAS_NEW_SLOT);
    f->refund += price.refund;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_sstore(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    enum orr_evm_fork fork = f->vm->fork;
    if (f->msg.is_static) return ORR_EVM_STATIC_VIOLATION;
    /* EIP-2200: not with the stipend alone */
    if (fork >= ORR_FORK_ISTANBUL && f->gas <= ORR_EVM_CALL_STIPEND) return ORR_EVM_OUT_OF_GAS;
    enum orr_evm_storage_status status;
    enum orr_evm_access before =
        host->storage_set(host->ctx, &f->msg.recipient, f->sp, f->sp - 1, &status);
    assert((unsigned)status < ORR_STORAGE_N_STATUSES);
    if (fork >= ORR_FORK_AMSTERDAM) {
        enum orr_evm_status charged = charge_write(f, before, status);
        f->sp -= 2;
        return charged;
    }
    bool net = fork >= ORR_FORK_ISTANBUL || fork == ORR_FORK_CONSTANTINOPLE;
    struct storage_price price = net ? net_price(status, fork) : flat_price(status);
    if (fork >= ORR_FORK_BERLIN && before == ORR_COLD) price.gas += COLD_SLOAD_GAS;
    f->gas -= price.gas;
    if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    f->refund += price.refund;
    f->sp -= 2;
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_tload(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    struct orr_u256 key = *f->sp;
    host->transient_get(host->ctx, &f->msg.recipient, &key, f->sp);
    return ORR_EVM_SUCCESS;
}

enum orr_evm_status orr_evm_op_tstore(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    if (f->msg.is_static) return ORR_EVM_STATIC_VIOLATION;
    host->transient_set(host->ctx, &f->msg.recipient, f->sp, f->sp - 1);
    f->sp -= 2;
    return ORR_EVM_SUCCESS;
}

/* ---- logs and the end of a contract ---- */

enum orr_evm_status orr_evm_op_log(struct orr_evm_frame *f, int n_topics) {
    const struct orr_evm_host *host = f->vm->host;
    const struct orr_u256 *offset = f->sp, *len = f->sp - 1;
    if (f->msg.is_static) return ORR_EVM_STATIC_VIOLATION;
    if (!orr_evm_memory_need(f, offset, len)) return ORR_EVM_OUT_OF_GAS;
    f->gas -= 8 * (int64_t)len->limb[0];
    if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    struct orr_u256 topics[4];
    for (int i = 0; i < n_topics; i++) topics[i] = f->sp[-2 - i];
    const uint8_t *data = len->limb[0] ? f->memory + offset->limb[0] : NULL;
    host->log(host->ctx, &f->msg.recipient, data, len->limb[0], topics, n_topics);
    f->sp -= 2 + n_topics;
    return ORR_EVM_SUCCESS;
}

/* For an account that is made: EIP-150; EIP-8037 and 8038. */
static bool charge_beneficiary(struct orr_evm_frame *f) {
    bool is_new = f->vm->fork >= ORR_FORK_AMSTERDAM;
    f->gas -= is_new ? ORR_GAS_ACCOUNT_WRITE : 25000;
    if (f->gas < 0) return false;
    return !is_new || orr_evm_state_gas_charge(&f->state_gas, &f->gas, ORR_GAS_NEW_ACCOUNT);
}

enum orr_evm_status orr_evm_op_selfdestruct(struct orr_evm_frame *f) {
    const struct orr_evm_host *host = f->vm->host;
    enum orr_evm_fork fork = f->vm->fork;
    if (f->msg.is_static) return ORR_EVM_STATIC_VIOLATION;
    struct orr_address beneficiary = orr_u256_to_address(*f->sp);
    f->sp--;
    if (fork >= ORR_FORK_BERLIN && host->account_access(host->ctx, &beneficiary) == ORR_COLD)
        f->gas -= cold_account_gas(f->vm);
    if (fork >= ORR_FORK_AMSTERDAM && f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    note(f, &beneficiary, NULL);
    if (fork >= ORR_FORK_EIP150) {
        /* EIP-150: making the beneficiary costs; EIP-161: only when money moves */
        struct orr_u256 balance = {{1}};
        if (fork >= ORR_FORK_EIP158) host->balance(host->ctx, &f->msg.recipient, &balance);
        if (!orr_u256_is_zero(balance) && !host->account_exists(host->ctx, &beneficiary) &&
            !charge_beneficiary(f))
            return ORR_EVM_OUT_OF_GAS;
    }
    if (f->gas < 0) return ORR_EVM_OUT_OF_GAS;
    bool first = host->selfdestruct(host->ctx, &f->msg.recipient, &beneficiary);
    if (first && fork < ORR_FORK_LONDON) f->refund += 24000; /* ended by EIP-3529 */
    return ORR_EVM_SUCCESS;
}
