#include "models/vm/host.h"

#include <assert.h>

#include "models/vm/precompile.h"
#include "models/base/rlp.h"
#include "models/vm/u256.h"

/* ---- what code asks about accounts ---- */

static bool account_exists(void *ctx, const struct orr_address *address) {
    struct orr_evm_state_host *host = ctx;
    return host->fork >= ORR_FORK_EIP158 ? !orr_evm_state_is_empty(host->state, address)
                                         : orr_evm_state_exists(host->state, address);
}

static void balance(void *ctx, const struct orr_address *address, struct orr_u256 *to) {
    struct orr_evm_state_host *host = ctx;
    *to = orr_evm_state_balance(host->state, address);
}

static size_t code_size(void *ctx, const struct orr_address *address) {
    struct orr_evm_state_host *host = ctx;
    const struct orr_evm_stored_code *code = orr_evm_state_code(host->state, address);
    return code ? code->len : 0;
}

static void code_hash(void *ctx, const struct orr_address *address, struct orr_hash *hash) {
    struct orr_evm_state_host *host = ctx;
    if (orr_evm_state_is_empty(host->state, address))
        memset(hash, 0, sizeof *hash);
    else
        *hash = orr_evm_state_code_hash(host->state, address);
}

static size_t code_copy(void *ctx, const struct orr_address *address, size_t offset, uint8_t *to,
                        size_t len) {
    struct orr_evm_state_host *host = ctx;
    const struct orr_evm_stored_code *code = orr_evm_state_code(host->state, address);
    if (!code || offset >= code->len) return 0;
    if (len > code->len - offset) len = code->len - offset;
    memcpy(to, code->bytes + offset, len);
    return len;
}

/* The fork's precompile at an address, RIP-7212's included, which rollups have had before
 * EIP-7951. */
static const struct orr_evm_precompile *precompile_at(const struct orr_evm_state_host *host,
                                                      const struct orr_address *address) {
    const struct orr_evm_precompile *p = orr_evm_precompile_find(host->fork, address->bytes);
    if (p || host->rollup < ORR_EVM_FJORD) return p;
    p = orr_evm_precompile_find(ORR_FORK_OSAKA, address->bytes);
    return p && p->number == ORR_P256VERIFY_NUMBER ? p : NULL;
}

/* What a call of an address runs: a precompile may have been moved; which addresses are warm from
 * the start does not follow it. */
static const struct orr_evm_precompile *called_at(const struct orr_evm_state_host *host,
                                                  const struct orr_address *address) {
    for (size_t i = 0; i < host->n_moved; i++)
        if (orr_address_equal(host->moved[i].address, *address)) return host->moved[i].precompile;
    return precompile_at(host, address);
}

static enum orr_evm_access account_access(void *ctx, const struct orr_address *address) {
    struct orr_evm_state_host *host = ctx;
    if (precompile_at(host, address)) return ORR_WARM; /* EIP-2929 */
    return orr_evm_state_access_account(host->state, address);
}

static enum orr_evm_access storage_get(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, struct orr_u256 *value) {
    struct orr_evm_state_host *host = ctx;
    return orr_evm_state_access_slot(host->state, address, key, value);
}

static enum orr_evm_access storage_set(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, const struct orr_u256 *value,
                                       enum orr_evm_storage_status *status) {
    struct orr_evm_state_host *host = ctx;
    return orr_evm_state_write_slot(host->state, address, key, value, status);
}

static void transient_get(void *ctx, const struct orr_address *address, const struct orr_u256 *key,
                          struct orr_u256 *value) {
    struct orr_evm_state_host *host = ctx;
    *value = orr_evm_state_transient(host->state, address, key);
}

static void transient_set(void *ctx, const struct orr_address *address, const struct orr_u256 *key,
                          const struct orr_u256 *value) {
    struct orr_evm_state_host *host = ctx;
    orr_evm_state_set_transient(host->state, address, key, value);
}

/* Like an ERC-20 transfer, at an address of its own: from Amsterdam on a log (EIP-7708); before,
 * who asks for it is told (execution-apis, "traceTransfers"). */
static void tell_transfer(struct orr_evm_state_host *host, const struct orr_address *from,
                          const struct orr_address *to, const struct orr_u256 *value) {
    static const uint8_t event[32] = {0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b,
                                      0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa,
                                      0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16,
                                      0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef};
    bool is_log = host->fork >= ORR_FORK_AMSTERDAM;
    if (!(is_log || host->tells_transfers) || orr_u256_is_zero(*value) ||
        (is_log && orr_address_equal(*from, *to)))
        return;
    uint8_t data[32];
    orr_u256_store_be(data, *value);
    struct orr_evm_log log = {.n_topics = 3,
                              .topics = {orr_u256_load_be(event), orr_u256_from_address(*from),
                                         orr_u256_from_address(*to)},
                              .data = data,
                              .len = sizeof data,
                              .is_transfer = !is_log};
    memset(log.address.bytes, is_log ? 0xff : 0xee, sizeof log.address.bytes);
    if (is_log) log.address.bytes[19] = 0xfe; /* SYSTEM_ADDRESS */
    orr_evm_state_add_log(host->state, &log);
}

static bool selfdestruct(void *ctx, const struct orr_address *address,
                         const struct orr_address *beneficiary) {
    struct orr_evm_state_host *host = ctx;
    struct orr_u256 all = orr_evm_state_balance(host->state, address);
    bool is_self = orr_address_equal(*address, *beneficiary);
    tell_transfer(host, address, beneficiary, &all);
    if (host->fork >= ORR_FORK_CANCUN && !orr_evm_state_was_created(host->state, address)) {
        /* EIP-6780: an older contract only sends its balance. */
        if (is_self) return false;
        orr_evm_state_sub_balance(host->state, address, all);
        orr_evm_state_add_balance(host->state, beneficiary, all);
        return false;
    }
    if (!(is_self && host->fork >= ORR_FORK_AMSTERDAM)) { /* EIP-8246: to itself stays there */
        orr_evm_state_add_balance(host->state, beneficiary, all);
        orr_evm_state_set_balance(host->state, address,
                                  orr_u256_from_u64(0)); /* to itself: burnt */
    }
    return orr_evm_state_mark_destroyed(host->state, address);
}

static void add_log(void *ctx, const struct orr_address *address, const uint8_t *data, size_t len,
                    const struct orr_u256 *topics, int n_topics) {
    struct orr_evm_state_host *host = ctx;
    assert(n_topics >= 0 && n_topics <= 4);
    struct orr_evm_log log = {.address = *address, .n_topics = n_topics, .data = data, .len = len};
    for (int i = 0; i < n_topics; i++) log.topics[i] = topics[i];
    orr_evm_state_add_log(host->state, &log);
}

static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    struct orr_evm_state_host *host = ctx;
    memset(hash, 0, sizeof *hash);
    if (host->hashes.get) host->hashes.get(host->hashes.ctx, number, hash);
}

bool orr_evm_host_delegation(struct orr_evm_state_host *host, const struct orr_address *address,
                             struct orr_address *target) {
    static const uint8_t prefix[] = {0xef, 0x01, 0x00}; /* EIP-7702 */
    const struct orr_evm_stored_code *code = orr_evm_state_code(host->state, address);
    if (!code || code->len != sizeof prefix + sizeof target->bytes ||
        memcmp(code->bytes, prefix, sizeof prefix))
        return false;
    memcpy(target->bytes, code->bytes + sizeof prefix, sizeof target->bytes);
    return true;
}

static void note(void *ctx, const struct orr_address *address, const struct orr_u256 *key) {
    struct orr_evm_state_host *host = ctx;
    orr_evm_state_note(host->state, address, key);
}

static bool delegation(void *ctx, const struct orr_address *address, struct orr_address *target) {
    return orr_evm_host_delegation(ctx, address, target);
}

/* ---- calls ---- */

static enum orr_evm_begin done(struct orr_evm_result *result, enum orr_evm_status status,
                               int64_t gas_left) {
    *result = (struct orr_evm_result){.status = status, .gas_left = gas_left};
    return ORR_BEGIN_DONE;
}

/* Moves the value, which the caller has seen to be there. */
static void transfer(struct orr_evm_state_host *host, const struct orr_evm_message *msg) {
    if (orr_u256_is_zero(msg->value)) return;
    bool paid = orr_evm_state_sub_balance(host->state, &msg->sender, msg->value);
    assert(paid);
    (void)paid;
    orr_evm_state_add_balance(host->state, &msg->recipient, msg->value);
    tell_transfer(host, &msg->sender, &msg->recipient, &msg->value);
}

static void free_output(struct orr_evm_state_host *host) {
    orr_free(host->mem, host->output, host->output_len);
    host->output = NULL;
    host->output_len = 0;
}

static enum orr_evm_begin run_precompile(struct orr_evm_state_host *host,
                                         const struct orr_evm_precompile *p,
                                         const struct orr_evm_message *msg,
                                         struct orr_evm_result *result) {
    free_output(host);
    uint64_t cost = p->gas(host->fork, msg->input, msg->input_len);
    if (host->rollup >= ORR_EVM_FJORD && p->number == ORR_P256VERIFY_NUMBER)
        cost = ORR_P256VERIFY_ROLLUP_GAS;
    enum orr_evm_status status = ORR_EVM_SUCCESS;
    if (cost > (uint64_t)msg->gas)
        status = ORR_EVM_OUT_OF_GAS;
    else if (msg->input_len > orr_evm_rollup_input_max(host->rollup, p->number) ||
             p->run(host->mem, host->fork, msg->input, msg->input_len, &host->output,
                    &host->output_len))
        status = ORR_EVM_PRECOMPILE_FAILURE;
    if (status != ORR_EVM_SUCCESS) {
        orr_evm_state_revert(host->state, msg->host_mark);
        return done(result, status, 0);
    }
    done(result, status, msg->gas - (int64_t)cost);
    result->output = host->output;
    result->output_len = host->output_len;
    return ORR_BEGIN_DONE;
}

enum orr_evm_begin orr_evm_host_begin_call(struct orr_evm_state_host *host,
                                           struct orr_evm_message *msg,
                                           const struct orr_evm_code **code,
                                           struct orr_evm_result *result) {
    struct orr_evm_state *state = host->state;
    bool carries = msg->kind == ORR_CALL || msg->kind == ORR_CALLCODE;
    if (carries && !orr_u256_is_zero(msg->value) &&
        orr_u256_less(orr_evm_state_balance(state, &msg->sender), msg->value))
        return done(result, ORR_EVM_INSUFFICIENT_BALANCE, msg->gas);
    if (host->marked) host->marked(host->marked_ctx);
    msg->host_mark = orr_evm_state_snapshot(state);
    if (msg->kind == ORR_CALL || msg->kind == ORR_STATICCALL) {
        orr_evm_state_touch(state, &msg->recipient); /* before EIP158 this makes the account */
        if (msg->kind == ORR_CALL) transfer(host, msg);
    }
    const struct orr_address *called = msg->is_delegated ? &msg->delegator : &msg->code_address;
    const struct orr_evm_precompile *p = called_at(host, called);
    if (p) return run_precompile(host, p, msg, result);
    struct orr_evm_stored_code *own = orr_evm_state_code(state, &msg->code_address);
    if (!own) return done(result, ORR_EVM_SUCCESS, msg->gas);
    *code = orr_evm_code_analysis(orr_evm_state_store(state), own, host->fork);
    return ORR_BEGIN_RUN;
}

struct orr_address orr_evm_create_address(const struct orr_address *sender, uint64_t nonce) {
    uint8_t bytes[1 + 21 + 9], be[32];
    size_t len = orr_rlp_trim_u256(be, orr_u256_from_u64(nonce)), at = 1;
    bytes[at++] = 0x80 + 20;
    memcpy(bytes + at, sender->bytes, 20);
    at += 20;
    if (len != 1 || be[31] >= 0x80) bytes[at++] = (uint8_t)(0x80 + len);
    memcpy(bytes + at, be + 32 - len, len);
    at += len;
    bytes[0] = (uint8_t)(0xc0 + at - 1);
    struct orr_hash hash = orr_keccak256(bytes, at);
    struct orr_address address;
    memcpy(address.bytes, hash.bytes + 12, sizeof address.bytes);
    return address;
}

struct orr_address orr_evm_create2_address(const struct orr_address *sender,
                                           const struct orr_hash *salt, const uint8_t *initcode,
                                           size_t len) {
    struct orr_hash hash = orr_keccak256(initcode, len);
    uint8_t bytes[1 + 20 + 32 + 32] = {0xff};
    memcpy(bytes + 1, sender->bytes, 20);
    memcpy(bytes + 21, salt->bytes, 32);
    memcpy(bytes + 53, hash.bytes, 32);
    hash = orr_keccak256(bytes, sizeof bytes);
    struct orr_address address;
    memcpy(address.bytes, hash.bytes + 12, sizeof address.bytes);
    return address;
}

enum orr_evm_begin orr_evm_host_begin_create(struct orr_evm_state_host *host,
                                             struct orr_evm_message *msg, uint64_t nonce,
                                             struct orr_evm_result *result) {
    struct orr_evm_state *state = host->state;
    msg->recipient = msg->kind == ORR_CREATE2 ? orr_evm_create2_address(&msg->sender, &msg->salt,
                                                                        msg->input, msg->input_len)
                                              : orr_evm_create_address(&msg->sender, nonce);
    const struct orr_address *address = &msg->recipient;
    orr_evm_state_access_account(state,
                                 address); /* EIP-2929: stays warm even if the creation fails */
    struct orr_hash hash = orr_evm_state_code_hash(state, address);
    if (orr_evm_state_nonce(state, address) || !orr_hash_equal(hash, orr_evm_code_empty_hash) ||
        orr_evm_state_has_storage(state, address)) /* EIP-684, EIP-7610 */
        return done(result, ORR_EVM_ADDRESS_COLLISION, 0);
    if (host->marked) host->marked(host->marked_ctx);
    msg->host_mark = orr_evm_state_snapshot(state);
    orr_evm_state_mark_created(state, address);
    if (host->fork >= ORR_FORK_EIP158) orr_evm_state_set_nonce(state, address, 1); /* EIP-161 */
    transfer(host, msg);
    return ORR_BEGIN_RUN;
}

static enum orr_evm_status create_check(void *ctx, const struct orr_evm_message *msg,
                                        struct orr_address *address) {
    struct orr_evm_state_host *host = ctx;
    if (orr_u256_less(orr_evm_state_balance(host->state, &msg->sender), msg->value))
        return ORR_EVM_INSUFFICIENT_BALANCE;
    uint64_t nonce = orr_evm_state_nonce(host->state, &msg->sender);
    if (nonce == UINT64_MAX) return ORR_EVM_NONCE_OVERFLOW; /* EIP-2681 */
    *address = msg->kind == ORR_CREATE2
                   ? orr_evm_create2_address(&msg->sender, &msg->salt, msg->input, msg->input_len)
                   : orr_evm_create_address(&msg->sender, nonce);
    return ORR_EVM_SUCCESS;
}

static enum orr_evm_begin call_begin(void *ctx, struct orr_evm_message *msg,
                                     const struct orr_evm_code **code,
                                     struct orr_evm_result *result) {
    struct orr_evm_state_host *host = ctx;
    if (msg->kind != ORR_CREATE && msg->kind != ORR_CREATE2)
        return orr_evm_host_begin_call(host, msg, code, result);
    if (orr_u256_less(orr_evm_state_balance(host->state, &msg->sender), msg->value))
        return done(result, ORR_EVM_INSUFFICIENT_BALANCE, msg->gas);
    uint64_t nonce = orr_evm_state_nonce(host->state, &msg->sender);
    if (nonce == UINT64_MAX) return done(result, ORR_EVM_NONCE_OVERFLOW, msg->gas);
    orr_evm_state_set_nonce(host->state, &msg->sender, nonce + 1);
    return orr_evm_host_begin_create(host, msg, nonce, result);
}

/* A creation's code: checked, paid for and stored.  Returns what the creation came to. */
static enum orr_evm_status deposit(struct orr_evm_state_host *host,
                                   const struct orr_evm_message *msg,
                                   struct orr_evm_result *result) {
    enum orr_evm_fork fork = host->fork;
    size_t len = result->output_len;
    if (fork >= ORR_FORK_EIP158 && len > ORR_EVM_MAX_CODE_SIZE_OF(fork))
        return ORR_EVM_CODE_TOO_LARGE;
    if (fork >= ORR_FORK_LONDON && len && result->output[0] == 0xef) /* EIP-3541 */
        return ORR_EVM_CODE_BAD_PREFIX;
    bool is_state = fork >= ORR_FORK_AMSTERDAM; /* EIP-8037: the hash, then the bytes as state */
    uint64_t cost = is_state ? 6 * (((uint64_t)len + 31) / 32) : 200 * (uint64_t)len;
    if (cost > (uint64_t)result->gas_left)
        /* Frontier leaves a contract without code and keeps the gas (EIP-2 changed that). */
        return fork >= ORR_FORK_HOMESTEAD ? ORR_EVM_OUT_OF_GAS : ORR_EVM_SUCCESS;
    result->gas_left -= (int64_t)cost;
    if (is_state && !orr_evm_state_gas_charge(&result->state_gas, &result->gas_left,
                                              ORR_GAS_STATE_BYTE * (int64_t)len))
        return ORR_EVM_OUT_OF_GAS;
    if (len) orr_evm_state_set_code(host->state, &msg->recipient, result->output, len);
    return ORR_EVM_SUCCESS;
}

void orr_evm_host_end_call(struct orr_evm_state_host *host, const struct orr_evm_message *msg,
                           struct orr_evm_result *result) {
    bool is_create = msg->kind == ORR_CREATE || msg->kind == ORR_CREATE2;
    if (is_create && result->status == ORR_EVM_SUCCESS) {
        result->status = deposit(host, msg, result);
        result->output = NULL;
        result->output_len = 0;
        result->created = msg->recipient;
        if (result->status != ORR_EVM_SUCCESS) {
            orr_evm_state_gas_undo(&result->state_gas, &result->gas_left);
            result->gas_left = result->gas_refund = 0;
        }
    }
    if (result->status != ORR_EVM_SUCCESS) orr_evm_state_revert(host->state, msg->host_mark);
}

static void call_end(void *ctx, const struct orr_evm_message *msg, struct orr_evm_result *result) {
    orr_evm_host_end_call(ctx, msg, result);
}

void orr_evm_host_init(struct orr_evm_state_host *host) {
    struct orr_evm_store *store = orr_evm_state_store(host->state);
    host->output = NULL;
    host->output_len = 0;
    host->table = (struct orr_evm_host){.ctx = host,
                                        .tx = &host->tx,
                                        .hashes = orr_evm_store_hashes(store),
                                        .account_exists = account_exists,
                                        .balance = balance,
                                        .code_size = code_size,
                                        .code_hash = code_hash,
                                        .code_copy = code_copy,
                                        .account_access = account_access,
                                        .storage_get = storage_get,
                                        .storage_set = storage_set,
                                        .transient_get = transient_get,
                                        .transient_set = transient_set,
                                        .selfdestruct = selfdestruct,
                                        .log = add_log,
                                        .block_hash = block_hash,
                                        .delegation = delegation,
                                        .note = note,
                                        .create_check = create_check,
                                        .call_begin = call_begin,
                                        .call_end = call_end};
}

void orr_evm_host_end(struct orr_evm_state_host *host) { free_output(host); }
