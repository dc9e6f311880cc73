/* world.h - a small world for machine tests: a few accounts in plain arrays, searched from the
 * front; a snapshot is a copy of everything.  It follows evm.h's contract for hosts (calls,
 * creates, warm marks, transient storage) and keeps logs as bytes, so two runs can be compared
 * whole.  No precompiles. */
#ifndef ORR_TESTS_MODELS_VM_WORLD_H
#define ORR_TESTS_MODELS_VM_WORLD_H

#include <assert.h>
#include <stdlib.h>

#include "models/base/keccak.h"
#include "models/vm/evm.h"
#include "models/vm/u256.h"

#define WORLD_MAX_ACCOUNTS 64
#define WORLD_MAX_SLOTS    512
#define WORLD_MAX_LOG      65536

struct world_account {
    struct orr_address address;
    struct orr_u256 balance;
    uint64_t nonce;
    const uint8_t *code; /* in the world's arena */
    size_t code_len;
    bool exists, warm, destructed, created;
};
struct world_slot {
    struct orr_address address;
    struct orr_u256 key, original, value, transient;
    bool warm;
};
/* What a snapshot copies, as far as it is filled; of the log the length says all. */
struct world_state {
    size_t n_accounts, n_slots, log_len;
    struct world_account accounts[WORLD_MAX_ACCOUNTS];
    struct world_slot slots[WORLD_MAX_SLOTS];
};
struct world_chunk {
    struct world_chunk *next;
};
struct world {
    struct world_state now;
    uint8_t log[WORLD_MAX_LOG];
    struct world_state *snapshots[ORR_EVM_MAX_DEPTH + 2];
    int n_snapshots;
    enum orr_evm_fork fork;
    bool full; /* an array ran out: the run says nothing and is thrown away */
    struct world_chunk *chunks;
    struct orr_mem mem;
    struct orr_evm_tx_context tx;
    struct orr_evm_host host;
};

static inline void *world_resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    (void)m, (void)old_size;
    if (!new_size) {
        free(p);
        return NULL;
    }
    void *q = realloc(p, new_size);
    if (!q) abort();
    return q;
}
/* Memory that lives as long as the world. */
static inline uint8_t *world_keep(struct world *w, const void *bytes, size_t len) {
    struct world_chunk *chunk = malloc(sizeof *chunk + len + 1);
    if (!chunk) abort();
    chunk->next = w->chunks;
    w->chunks = chunk;
    if (len) memcpy(chunk + 1, bytes, len);
    return (uint8_t *)(chunk + 1);
}

/* ---- finding ---- */

static inline struct world_account *world_account(struct world *w, const struct orr_address *a) {
    for (size_t i = 0; i < w->now.n_accounts; i++)
        if (orr_address_equal(w->now.accounts[i].address, *a)) return &w->now.accounts[i];
    if (w->now.n_accounts == WORLD_MAX_ACCOUNTS) {
        w->full = true;
        return &w->now.accounts[WORLD_MAX_ACCOUNTS - 1];
    }
    struct world_account *made = &w->now.accounts[w->now.n_accounts++];
    *made = (struct world_account){.address = *a};
    return made;
}
static inline struct world_slot *world_slot(struct world *w, const struct orr_address *a,
                                            const struct orr_u256 *key) {
    for (size_t i = 0; i < w->now.n_slots; i++)
        if (orr_address_equal(w->now.slots[i].address, *a) &&
            orr_u256_equal(w->now.slots[i].key, *key))
            return &w->now.slots[i];
    if (w->now.n_slots == WORLD_MAX_SLOTS) {
        w->full = true;
        return &w->now.slots[WORLD_MAX_SLOTS - 1];
    }
    struct world_slot *made = &w->now.slots[w->now.n_slots++];
    *made = (struct world_slot){.address = *a, .key = *key};
    return made;
}
static inline bool world_is_empty(const struct world_account *a) {
    return !a->nonce && !a->code_len && orr_u256_is_zero(a->balance);
}

/* ---- host functions ---- */

static inline bool world_exists(void *ctx, const struct orr_address *address) {
    struct world *w = ctx;
    struct world_account *a = world_account(w, address);
    return w->fork >= ORR_FORK_EIP158 ? !world_is_empty(a) : a->exists;
}
static inline void world_balance(void *ctx, const struct orr_address *address,
                                 struct orr_u256 *balance) {
    *balance = world_account(ctx, address)->balance;
}
static inline size_t world_code_size(void *ctx, const struct orr_address *address) {
    return world_account(ctx, address)->code_len;
}
static inline void world_code_hash(void *ctx, const struct orr_address *address,
                                   struct orr_hash *hash) {
    struct world_account *a = world_account(ctx, address);
    if (world_is_empty(a))
        *hash = (struct orr_hash){{0}};
    else
        *hash = orr_keccak256(a->code, a->code_len);
}
static inline size_t world_code_copy(void *ctx, const struct orr_address *address, size_t offset,
                                     uint8_t *to, size_t len) {
    struct world_account *a = world_account(ctx, address);
    if (offset >= a->code_len) return 0;
    size_t n = a->code_len - offset < len ? a->code_len - offset : len;
    memcpy(to, a->code + offset, n);
    return n;
}
static inline enum orr_evm_access world_account_access(void *ctx,
                                                       const struct orr_address *address) {
    struct world_account *a = world_account(ctx, address);
    bool warm = a->warm;
    a->warm = true;
    return warm ? ORR_WARM : ORR_COLD;
}
static inline enum orr_evm_access world_storage_get(void *ctx, const struct orr_address *address,
                                                    const struct orr_u256 *key,
                                                    struct orr_u256 *value) {
    struct world_slot *s = world_slot(ctx, address, key);
    bool warm = s->warm;
    s->warm = true;
    *value = s->value;
    return warm ? ORR_WARM : ORR_COLD;
}
static inline enum orr_evm_access world_storage_set(void *ctx, const struct orr_address *address,
                                                    const struct orr_u256 *key,
                                                    const struct orr_u256 *value,
                                                    enum orr_evm_storage_status *status) {
    struct world_slot *s = world_slot(ctx, address, key);
    bool warm = s->warm;
    s->warm = true;
    *status = orr_evm_storage_status(&s->original, &s->value, value);
    s->value = *value;
    return warm ? ORR_WARM : ORR_COLD;
}
static inline void world_transient_get(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, struct orr_u256 *value) {
    *value = world_slot(ctx, address, key)->transient;
}
static inline void world_transient_set(void *ctx, const struct orr_address *address,
                                       const struct orr_u256 *key, const struct orr_u256 *value) {
    world_slot(ctx, address, key)->transient = *value;
}
static inline void world_move(struct world *w, const struct orr_address *from,
                              const struct orr_address *to, struct orr_u256 value) {
    struct world_account *giver = world_account(w, from);
    giver->balance = orr_u256_sub(giver->balance, value);
    struct world_account *taker = world_account(w, to);
    taker->balance = orr_u256_add(taker->balance, value);
    taker->exists = true;
}
static inline bool world_selfdestruct(void *ctx, const struct orr_address *address,
                                      const struct orr_address *beneficiary) {
    struct world *w = ctx;
    struct world_account *a = world_account(w, address);
    struct orr_u256 balance = a->balance;
    bool first = !a->destructed, really = w->fork < ORR_FORK_CANCUN || a->created;
    if (really) a->destructed = true;
    world_move(w, address, beneficiary, balance);
    if (really) world_account(w, address)->balance = (struct orr_u256){{0}};
    return first;
}
static inline void world_log_bytes(struct world *w, const void *bytes, size_t len) {
    if (len > WORLD_MAX_LOG - w->now.log_len) {
        w->full = true;
        return;
    }
    if (len) memcpy(w->log + w->now.log_len, bytes, len);
    w->now.log_len += len;
}
static inline void world_log(void *ctx, const struct orr_address *address, const uint8_t *data,
                             size_t len, const struct orr_u256 *topics, int n_topics) {
    uint64_t head[2] = {len, (uint64_t)n_topics};
    world_log_bytes(ctx, address, sizeof *address);
    world_log_bytes(ctx, head, sizeof head);
    world_log_bytes(ctx, topics, (size_t)n_topics * sizeof *topics);
    world_log_bytes(ctx, data, len);
}
static inline void world_block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx;
    *hash = orr_keccak256(&number, sizeof number);
}
static inline bool world_delegation(void *ctx, const struct orr_address *address,
                                    struct orr_address *target) {
    struct world_account *a = world_account(ctx, address);
    if (a->code_len != 23 || memcmp(a->code, "\xef\x01\x00", 3)) return false;
    memcpy(target->bytes, a->code + 3, 20);
    return true;
}

/* ---- calls ---- */

static inline void world_copy(struct world_state *to, const struct world_state *from) {
    to->n_accounts = from->n_accounts;
    to->n_slots = from->n_slots;
    to->log_len = from->log_len;
    memcpy(to->accounts, from->accounts, from->n_accounts * sizeof *to->accounts);
    memcpy(to->slots, from->slots, from->n_slots * sizeof *to->slots);
}
static inline void world_snapshot(struct world *w) {
    struct world_state *copy = malloc(sizeof *copy);
    if (!copy) abort();
    world_copy(copy, &w->now);
    w->snapshots[w->n_snapshots++] = copy;
}
static inline void world_settle(struct world *w, bool keep) {
    struct world_state *copy = w->snapshots[--w->n_snapshots];
    if (!keep) world_copy(&w->now, copy);
    free(copy);
}
/* A test's own rule for new addresses: Keccak of creator and nonce, or of creator, salt and code.
 */
static inline struct orr_address world_new_address(const struct orr_evm_message *msg,
                                                   uint64_t nonce) {
    struct orr_keccak k;
    orr_keccak_init(&k);
    orr_keccak_update(&k, &msg->sender, sizeof msg->sender);
    if (msg->kind == ORR_CREATE2) {
        orr_keccak_update(&k, &msg->salt, sizeof msg->salt);
        if (msg->input_len) orr_keccak_update(&k, msg->input, msg->input_len);
    } else {
        orr_keccak_update(&k, &nonce, sizeof nonce);
    }
    struct orr_hash hash = orr_keccak_final(&k);
    struct orr_address address;
    memcpy(address.bytes, hash.bytes + 12, 20);
    return address;
}
static inline enum orr_evm_begin world_begin(void *ctx, struct orr_evm_message *msg,
                                             const struct orr_evm_code **code,
                                             struct orr_evm_result *result) {
    struct world *w = ctx;
    bool is_create = msg->kind == ORR_CREATE || msg->kind == ORR_CREATE2;
    bool moves = is_create || msg->kind == ORR_CALL;
    struct world_account *giver = world_account(w, &msg->sender);
    *result = (struct orr_evm_result){.status = ORR_EVM_INSUFFICIENT_BALANCE, .gas_left = msg->gas};
    if ((moves || msg->kind == ORR_CALLCODE) && orr_u256_less(giver->balance, msg->value))
        return ORR_BEGIN_DONE;
    if (is_create) {
        msg->recipient = world_new_address(msg, giver->nonce++);
        struct world_account *made = world_account(w, &msg->recipient);
        made->warm = true;
        result->status = ORR_EVM_ADDRESS_COLLISION;
        result->gas_left = 0;
        if (made->nonce || made->code_len) return ORR_BEGIN_DONE;
    }
    world_snapshot(w);
    if (is_create) {
        struct world_account *made = world_account(w, &msg->recipient);
        made->created = made->exists = true;
        made->nonce = w->fork >= ORR_FORK_EIP158;
    }
    if (moves) world_move(w, &msg->sender, &msg->recipient, msg->value);
    if (is_create) return ORR_BEGIN_RUN;
    struct world_account *a = world_account(w, &msg->code_address);
    if (!a->code_len) {
        *result = (struct orr_evm_result){.gas_left = msg->gas};
        world_settle(w, true);
        return ORR_BEGIN_DONE;
    }
    *code = orr_evm_analyze(&w->mem, w->fork, a->code, a->code_len);
    msg->host_mark = (uint64_t)(uintptr_t)*code;
    return ORR_BEGIN_RUN;
}
/* The deposit of created code, London's rules at every fork. */
static inline void world_deposit(struct world *w, const struct orr_evm_message *msg,
                                 struct orr_evm_result *result) {
    int64_t cost = 200 * (int64_t)result->output_len;
    enum orr_evm_status status = result->output_len > ORR_EVM_MAX_CODE_SIZE ? ORR_EVM_CODE_TOO_LARGE
                                 : result->output_len && result->output[0] == 0xef
                                     ? ORR_EVM_CODE_BAD_PREFIX
                                 : cost > result->gas_left ? ORR_EVM_OUT_OF_GAS
                                                           : ORR_EVM_SUCCESS;
    if (status != ORR_EVM_SUCCESS) {
        *result = (struct orr_evm_result){.status = status};
        return;
    }
    struct world_account *made = world_account(w, &msg->recipient);
    made->code = world_keep(w, result->output, result->output_len);
    made->code_len = result->output_len;
    result->gas_left -= cost;
    result->created = msg->recipient;
    result->output = NULL;
    result->output_len = 0;
}
static inline void world_end(void *ctx, const struct orr_evm_message *msg,
                             struct orr_evm_result *result) {
    struct world *w = ctx;
    bool is_create = msg->kind == ORR_CREATE || msg->kind == ORR_CREATE2;
    if (is_create && result->status == ORR_EVM_SUCCESS) world_deposit(w, msg, result);
    if (!is_create) orr_evm_code_free(&w->mem, (struct orr_evm_code *)(uintptr_t)msg->host_mark);
    world_settle(w, result->status == ORR_EVM_SUCCESS);
}

/* ---- setting up ---- */

static inline struct world *world_create(enum orr_evm_fork fork) {
    struct world *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->fork = fork;
    w->mem.resize = world_resize;
    w->tx = (struct orr_evm_tx_context){.gas_price = {{7}},
                                        .coinbase = {{0xc0}},
                                        .origin = {{0x0a}},
                                        .number = 1000,
                                        .timestamp = 1700000000,
                                        .gas_limit = 30000000,
                                        .prevrandao = {{1, 2, 3, 4}},
                                        .chain_id = {{1}},
                                        .base_fee = {{5}},
                                        .blob_base_fee = {{1}}};
    w->host = (struct orr_evm_host){.ctx = w,
                                    .tx = &w->tx,
                                    .account_exists = world_exists,
                                    .balance = world_balance,
                                    .code_size = world_code_size,
                                    .code_hash = world_code_hash,
                                    .code_copy = world_code_copy,
                                    .account_access = world_account_access,
                                    .storage_get = world_storage_get,
                                    .storage_set = world_storage_set,
                                    .transient_get = world_transient_get,
                                    .transient_set = world_transient_set,
                                    .selfdestruct = world_selfdestruct,
                                    .log = world_log,
                                    .block_hash = world_block_hash,
                                    .delegation = world_delegation,
                                    .call_begin = world_begin,
                                    .call_end = world_end};
    return w;
}
static inline void world_destroy(struct world *w) {
    while (w->n_snapshots) world_settle(w, true);
    while (w->chunks) {
        struct world_chunk *next = w->chunks->next;
        free(w->chunks);
        w->chunks = next;
    }
    free(w);
}
static inline struct orr_address world_address(uint8_t last) {
    struct orr_address a = {{0}};
    a.bytes[0] = 0xaa;
    a.bytes[19] = last;
    return a;
}
static inline void world_put(struct world *w, struct orr_address address, uint64_t balance,
                             const uint8_t *code, size_t len) {
    struct world_account *a = world_account(w, &address);
    a->balance = orr_u256_from_u64(balance);
    a->code = world_keep(w, code, len);
    a->code_len = len;
    a->nonce = 1;
    a->exists = true;
}
/* Runs the account's code as a transaction's outermost call, with a snapshot around it. */
static inline struct orr_evm_result world_call(struct world *w, struct orr_evm *vm,
                                               struct orr_address to, const uint8_t *input,
                                               size_t input_len, int64_t gas) {
    struct world_account *a = world_account(w, &to);
    struct orr_evm_message msg = {.kind = ORR_CALL,
                                  .gas = gas,
                                  .recipient = to,
                                  .sender = world_address(0xfe),
                                  .code_address = to,
                                  .input = input,
                                  .input_len = input_len};
    struct orr_evm_code *code = orr_evm_analyze(&w->mem, w->fork, a->code, a->code_len);
    struct orr_evm_result result;
    world_snapshot(w);
    orr_evm_execute(vm, &w->host, w->fork, &msg, code, &result);
    world_settle(w, result.status == ORR_EVM_SUCCESS);
    orr_evm_code_free(&w->mem, code);
    return result;
}
#endif
