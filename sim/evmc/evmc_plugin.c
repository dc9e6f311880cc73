/* liborrery-evm.so: the machine behind the EVMC interface, ABI 12.
 *
 * An EVMC host runs nested calls itself (its call() may come back into execute), so each level of
 * that recursion has a machine of its own.  Code comes as bytes on every call; prepared code is
 * kept in a small table, found by a sample of the bytes and trusted only after a comparison of all
 * of them.  One VM object belongs to one thread.  This file is no part of the models library: it
 * may use malloc. */
#include <stdio.h>
#include <stdlib.h>

#include "models/vm/machine.h"
#include "sim/evmc/evmc_abi.h"

#define CACHE_SLOTS 256

struct cached_code {
    struct orr_evm_code *code;
    int n_users; /* frames of outer levels that run it: it must stay */
};

struct plugin {
    struct evmc_vm vm; /* first: the host's pointer */
    struct orr_mem mem;
    int level;
    struct orr_evm *machines[ORR_EVM_MAX_DEPTH + 2];
    struct cached_code cache[CACHE_SLOTS];
};

/* One execute: the host behind our host table. */
struct bridge {
    const struct evmc_host_interface *host;
    struct evmc_host_context *context;
    enum orr_evm_fork fork;
    struct orr_evm_tx_context tx;
    struct evmc_result last; /* of the last call(), released before the next or at the end */
};

static struct evmc_address *evmc_address(const struct orr_address *a) {
    return (struct evmc_address *)a;
}
static struct evmc_bytes32 evmc_word(const struct orr_u256 *a) {
    struct evmc_bytes32 word;
    orr_u256_store_be(word.bytes, *a);
    return word;
}
static struct orr_u256 word(struct evmc_bytes32 a) { return orr_u256_load_be(a.bytes); }

/* ---- our host table over theirs ---- */

static bool account_exists(void *ctx, const struct orr_address *address) {
    struct bridge *b = ctx;
    return b->host->account_exists(b->context, evmc_address(address));
}
static void balance(void *ctx, const struct orr_address *address, struct orr_u256 *to) {
    struct bridge *b = ctx;
    *to = word(b->host->get_balance(b->context, evmc_address(address)));
}
static size_t code_size(void *ctx, const struct orr_address *address) {
    struct bridge *b = ctx;
    return b->host->get_code_size(b->context, evmc_address(address));
}
static void code_hash(void *ctx, const struct orr_address *address, struct orr_hash *hash) {
    struct bridge *b = ctx;
    struct evmc_bytes32 h = b->host->get_code_hash(b->context, evmc_address(address));
    memcpy(hash->bytes, h.bytes, sizeof hash->bytes);
}
static size_t code_copy(void *ctx, const struct orr_address *address, size_t offset, uint8_t *to,
                        size_t len) {
    struct bridge *b = ctx;
    return b->host->copy_code(b->context, evmc_address(address), offset, to, len);
}
static enum orr_evm_access account_access(void *ctx, const struct orr_address *address) {
    struct bridge *b = ctx;
    return b->host->access_account(b->context, evmc_address(address)) ? ORR_WARM : ORR_COLD;
}
static enum orr_evm_access slot_access(struct bridge *b, const struct orr_address *address,
                                       const struct evmc_bytes32 *key) {
    if (b->fork < ORR_FORK_BERLIN) return ORR_WARM;
    return b->host->access_storage(b->context, evmc_address(address), key) ? ORR_WARM : ORR_COLD;
}
static enum orr_evm_access storage_get(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, struct orr_u256 *value) {
    struct bridge *b = ctx;
    struct evmc_bytes32 k = evmc_word(key);
    enum orr_evm_access before = slot_access(b, address, &k);
    *value = word(b->host->get_storage(b->context, evmc_address(address), &k));
    return before;
}
static enum orr_evm_access storage_set(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, const struct orr_u256 *value,
                                       enum orr_evm_storage_status *status) {
    struct bridge *b = ctx;
    struct evmc_bytes32 k = evmc_word(key), v = evmc_word(value);
    enum orr_evm_access before = slot_access(b, address, &k);
    int result = b->host->set_storage(b->context, evmc_address(address), &k, &v);
    bool known = result >= 0 && result < ORR_STORAGE_N_STATUSES;
    *status = known ? (enum orr_evm_storage_status)result : ORR_STORAGE_ASSIGNED;
    return before;
}
static void transient_get(void *ctx, const struct orr_address *address, const struct orr_u256 *key,
                          struct orr_u256 *value) {
    struct bridge *b = ctx;
    struct evmc_bytes32 k = evmc_word(key);
    *value = word(b->host->get_transient_storage(b->context, evmc_address(address), &k));
}
static void transient_set(void *ctx, const struct orr_address *address, const struct orr_u256 *key,
                          const struct orr_u256 *value) {
    struct bridge *b = ctx;
    struct evmc_bytes32 k = evmc_word(key), v = evmc_word(value);
    b->host->set_transient_storage(b->context, evmc_address(address), &k, &v);
}
static bool selfdestruct(void *ctx, const struct orr_address *address,
                         const struct orr_address *beneficiary) {
    struct bridge *b = ctx;
    return b->host->selfdestruct(b->context, evmc_address(address), evmc_address(beneficiary));
}
static void emit_log(void *ctx, const struct orr_address *address, const uint8_t *data, size_t len,
                     const struct orr_u256 *topics, int n_topics) {
    struct bridge *b = ctx;
    struct evmc_bytes32 words[4];
    for (int i = 0; i < n_topics; i++) words[i] = evmc_word(&topics[i]);
    b->host->emit_log(b->context, evmc_address(address), data, len, words, (size_t)n_topics);
}
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    struct bridge *b = ctx;
    struct evmc_bytes32 h = b->host->get_block_hash(b->context, (int64_t)number);
    memcpy(hash->bytes, h.bytes, sizeof hash->bytes);
}
static bool delegation(void *ctx, const struct orr_address *address, struct orr_address *target) {
    static const uint8_t magic[3] = {0xef, 0x01, 0x00};
    uint8_t code[23];
    if (code_copy(ctx, address, 0, code, sizeof code) != sizeof code || memcmp(code, magic, 3) ||
        code_size(ctx, address) != sizeof code)
        return false;
    memcpy(target->bytes, code + 3, sizeof target->bytes);
    return true;
}

/* ---- nested calls: the host runs them ---- */

static const enum evmc_call_kind kinds[] = {
    [ORR_CALL] = EVMC_CALL,         [ORR_DELEGATECALL] = EVMC_DELEGATECALL,
    [ORR_CALLCODE] = EVMC_CALLCODE, [ORR_STATICCALL] = EVMC_CALL,
    [ORR_CREATE] = EVMC_CREATE,     [ORR_CREATE2] = EVMC_CREATE2,
};

static void release_last(struct bridge *b) {
    if (b->last.release) b->last.release(&b->last);
    b->last.release = NULL;
}

static bool can_pay(struct bridge *b, const struct orr_evm_message *msg) {
    if (msg->kind == ORR_DELEGATECALL || orr_u256_is_zero(msg->value)) return true;
    struct orr_u256 have;
    balance(b, &msg->sender, &have);
    return !orr_u256_less(have, msg->value);
}

static enum orr_evm_begin call_begin(void *ctx, struct orr_evm_message *msg,
                                     const struct orr_evm_code **code,
                                     struct orr_evm_result *result) {
    struct bridge *b = ctx;
    (void)code;
    if (!can_pay(b, msg)) {
        *result =
            (struct orr_evm_result){.status = ORR_EVM_INSUFFICIENT_BALANCE, .gas_left = msg->gas};
        return ORR_BEGIN_DONE;
    }
    struct evmc_message m = {.kind = kinds[msg->kind],
                             .flags = (msg->is_static ? EVMC_STATIC : 0u) |
                                      (msg->is_delegated ? EVMC_DELEGATED : 0u),
                             .depth = msg->depth,
                             .gas = msg->gas,
                             .input_data = msg->input,
                             .input_size = msg->input_len,
                             .value = evmc_word(&msg->value)};
    memcpy(&m.recipient, &msg->recipient, sizeof m.recipient);
    memcpy(&m.sender, &msg->sender, sizeof m.sender);
    memcpy(&m.code_address, &msg->code_address, sizeof m.code_address);
    memcpy(&m.create2_salt, &msg->salt, sizeof m.create2_salt);
    release_last(b);
    b->last = b->host->call(b->context, &m);
    const struct evmc_result *r = &b->last;
    *result = (struct orr_evm_result){.status = r->status_code == EVMC_SUCCESS  ? ORR_EVM_SUCCESS
                                                : r->status_code == EVMC_REVERT ? ORR_EVM_REVERT
                                                                                : ORR_EVM_FAILURE,
                                      .gas_left = r->gas_left > 0 ? r->gas_left : 0,
                                      .gas_refund = r->gas_refund,
                                      .output = r->output_data,
                                      .output_len = r->output_size};
    memcpy(&result->created, &r->create_address, sizeof result->created);
    return ORR_BEGIN_DONE;
}
static void call_end(void *ctx, const struct orr_evm_message *msg, struct orr_evm_result *result) {
    (void)ctx, (void)msg, (void)result;
    assert(!"call_begin never starts a frame");
}

static struct orr_evm_tx_context tx_context(const struct evmc_tx_context *t) {
    struct orr_evm_tx_context tx = {.gas_price = word(t->gas_price),
                                    .number = (uint64_t)t->number,
                                    .timestamp = (uint64_t)t->timestamp,
                                    .gas_limit = (uint64_t)t->gas_limit,
                                    .prevrandao = word(t->prev_randao),
                                    .chain_id = word(t->chain_id),
                                    .base_fee = word(t->base_fee),
                                    .blob_base_fee = word(t->blob_base_fee),
                                    .blob_hashes = (const struct orr_hash *)t->blob_hashes,
                                    .n_blob_hashes = t->blob_hashes_count};
    memcpy(&tx.origin, &t->origin, sizeof tx.origin);
    memcpy(&tx.coinbase, &t->coinbase, sizeof tx.coinbase);
    return tx;
}

/* ---- prepared code ---- */

static struct cached_code *cache_slot(struct plugin *p, const uint8_t *code, size_t len) {
    uint64_t h = len * 0x9e3779b97f4a7c15ull;
    for (size_t i = 0; len >= 8 && i < 8; i++) /* eight samples, the ends among them */
        h = (h ^ orr_load_le64(code + (len - 8) * i / 7)) * 0xff51afd7ed558ccdull;
    return &p->cache[h >> 56];
}

/* The code prepared for fork.  *slot is NULL when the caller must free it. */
static struct orr_evm_code *find_code(struct plugin *p, enum orr_evm_fork fork, const uint8_t *code,
                                      size_t len, struct cached_code **slot) {
    struct cached_code *c = *slot = cache_slot(p, code, len);
    if (c->code && c->code->fork == fork && c->code->len == len &&
        (!len || !memcmp(c->code->bytes, code, len)))
        return c->code;
    struct orr_evm_code *made = orr_evm_analyze(&p->mem, fork, code, len);
    if (c->n_users) {
        *slot = NULL;
    } else {
        orr_evm_code_free(&p->mem, c->code);
        c->code = made;
    }
    return made;
}

/* ---- the VM object ---- */

static void *resize(struct orr_mem *mem, void *p, size_t old_size, size_t new_size) {
    (void)mem, (void)old_size;
    if (!new_size) {
        free(p);
        return NULL;
    }
    void *q = realloc(p, new_size);
    if (!q) {
        fputs("orrery-evm: out of memory\n", stderr);
        abort();
    }
    return q;
}

static enum evmc_status_code status_code(enum orr_evm_status status) {
    switch (status) {
    case ORR_EVM_SUCCESS: return EVMC_SUCCESS;
    case ORR_EVM_REVERT: return EVMC_REVERT;
    case ORR_EVM_OUT_OF_GAS: return EVMC_OUT_OF_GAS;
    case ORR_EVM_INVALID_OPCODE: return EVMC_UNDEFINED_INSTRUCTION;
    case ORR_EVM_STACK_UNDERFLOW: return EVMC_STACK_UNDERFLOW;
    case ORR_EVM_STACK_OVERFLOW: return EVMC_STACK_OVERFLOW;
    case ORR_EVM_BAD_JUMP: return EVMC_BAD_JUMP_DESTINATION;
    case ORR_EVM_BAD_RETURN_READ: return EVMC_INVALID_MEMORY_ACCESS;
    case ORR_EVM_STATIC_VIOLATION: return EVMC_STATIC_MODE_VIOLATION;
    default: return EVMC_FAILURE;
    }
}

static void release_output(const struct evmc_result *result) { free((void *)result->output_data); }

static struct evmc_result evmc_result(const struct orr_evm_result *r, struct orr_mem *mem) {
    struct evmc_result result = {.status_code = status_code(r->status),
                                 .gas_left = r->gas_left,
                                 .gas_refund = r->gas_refund};
    if (r->output_len) {
        uint8_t *copy = orr_alloc(mem, r->output_len);
        memcpy(copy, r->output, r->output_len);
        result.output_data = copy;
        result.output_size = r->output_len;
        result.release = release_output;
    }
    return result;
}

static enum orr_evm_call_kind call_kind(const struct evmc_message *m) {
    switch (m->kind) {
    case EVMC_DELEGATECALL: return ORR_DELEGATECALL;
    case EVMC_CALLCODE: return ORR_CALLCODE;
    case EVMC_CREATE: return ORR_CREATE;
    case EVMC_CREATE2: return ORR_CREATE2;
    default: return ORR_CALL;
    }
}

static struct evmc_result execute(struct evmc_vm *vm, const struct evmc_host_interface *host,
                                  struct evmc_host_context *context, int revision,
                                  const struct evmc_message *m, const uint8_t *code,
                                  size_t code_len) {
    struct plugin *p = (struct plugin *)vm;
    if (revision < 0 || revision >= ORR_N_FORKS || m->gas < 0 || m->depth < 0 ||
        m->depth > ORR_EVM_MAX_DEPTH || p->level > ORR_EVM_MAX_DEPTH)
        return (struct evmc_result){.status_code = EVMC_REJECTED};
    struct bridge b = {.host = host, .context = context, .fork = (enum orr_evm_fork)revision};
    if (host->get_tx_context) {
        struct evmc_tx_context t = host->get_tx_context(context);
        b.tx = tx_context(&t);
    }
    struct orr_evm_host table = {.ctx = &b,
                                 .tx = &b.tx,
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
                                 .log = emit_log,
                                 .block_hash = block_hash,
                                 .delegation = delegation,
                                 .call_begin = call_begin,
                                 .call_end = call_end};
    struct orr_evm_message msg = {.kind = call_kind(m),
                                  .is_static = m->flags & EVMC_STATIC,
                                  .depth = m->depth,
                                  .gas = m->gas,
                                  .value = word(m->value),
                                  .input = m->input_data,
                                  .input_len = m->input_size};
    memcpy(&msg.recipient, &m->recipient, sizeof msg.recipient);
    memcpy(&msg.sender, &m->sender, sizeof msg.sender);
    memcpy(&msg.code_address, &m->code_address, sizeof msg.code_address);

    bool is_create = msg.kind == ORR_CREATE || msg.kind == ORR_CREATE2;
    struct cached_code *slot = NULL;
    struct orr_evm_code *prepared = NULL;
    if (is_create)
        msg.input = code, msg.input_len = code_len;
    else
        prepared = find_code(p, b.fork, code, code_len, &slot);
    if (slot) slot->n_users++;

    struct orr_evm **machine = &p->machines[p->level++];
    if (!*machine) *machine = orr_evm_create(&p->mem);
    struct orr_evm_result r;
    orr_evm_execute(*machine, &table, b.fork, &msg, prepared, &r);
    p->level--;
    release_last(&b);
    if (slot)
        slot->n_users--;
    else
        orr_evm_code_free(&p->mem, prepared);
    return evmc_result(&r, &p->mem);
}

static void destroy(struct evmc_vm *vm) {
    struct plugin *p = (struct plugin *)vm;
    for (int i = 0; i < CACHE_SLOTS; i++) orr_evm_code_free(&p->mem, p->cache[i].code);
    for (int i = 0; i <= ORR_EVM_MAX_DEPTH + 1; i++) orr_evm_destroy(p->machines[i]);
    free(p);
}
static uint32_t get_capabilities(struct evmc_vm *vm) {
    (void)vm;
    return EVMC_CAPABILITY_EVM1;
}
static int set_option(struct evmc_vm *vm, const char *name, const char *value) {
    (void)vm, (void)name, (void)value;
    return EVMC_SET_OPTION_INVALID_NAME; /* there are none */
}

#define EXPORT __attribute__((visibility("default")))
EXPORT struct evmc_vm *evmc_create_orrery_evm(void);
EXPORT struct evmc_vm *evmc_create(void);

/* A new VM object, or NULL without memory; the host calls its destroy. */
struct evmc_vm *evmc_create_orrery_evm(void) {
    struct plugin *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->mem.resize = resize;
    p->vm = (struct evmc_vm){.abi_version = EVMC_ABI_VERSION,
                             .name = "orrery-evm",
                             .version = "0.1.0",
                             .destroy = destroy,
                             .execute = execute,
                             .get_capabilities = get_capabilities,
                             .set_option = set_option};
    return &p->vm;
}
struct evmc_vm *evmc_create(void) {
    return evmc_create_orrery_evm();
}
