#include "sim/cli/rpc/message.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/precompile.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/fixture_tx.h"

static bool malformed(struct orr_jsonrpc_call *call, const char *key, const char *why) {
    orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: %s: %s", key, why);
    return false;
}

/* ---- members; what is absent stays as it is ---- */

static bool read_word(struct orr_jsonrpc_call *call, const json_t *json, const char *key,
                      struct orr_u256 *to) {
    const json_t *value = orr_jsonrpc_member(json, key);
    const char *why = value ? orr_jsonrpc_quantity(value, to) : NULL;
    return !why || malformed(call, key, why);
}

static bool read_number(struct orr_jsonrpc_call *call, const json_t *json, const char *key,
                        uint64_t *to) {
    const json_t *value = orr_jsonrpc_member(json, key);
    const char *why = value ? orr_jsonrpc_number(value, to) : NULL;
    return !why || malformed(call, key, why);
}

static bool is_fixed(const json_t *json, void *to, size_t len) {
    const char *text = json_string_value(json);
    return text && !strncmp(text, "0x", 2) && json_string_length(json) == 2 + 2 * len &&
           orr_hex_read(text + 2, 2 * len, to, len) == (long)len;
}

static bool read_fixed(struct orr_jsonrpc_call *call, const json_t *json, const char *key, void *to,
                       size_t len) {
    const json_t *value = orr_jsonrpc_member(json, key);
    return !value || is_fixed(value, to, len) || malformed(call, key, "hex of another length");
}

static bool read_bytes(struct orr_jsonrpc_call *call, const json_t *json, const char *key,
                       struct orr_buffer *to) {
    const json_t *value = orr_jsonrpc_member(json, key);
    const char *text = json_string_value(value);
    if (!value) return true;
    if (!text || strncmp(text, "0x", 2)) return malformed(call, key, "hex with 0x is wanted");
    return !orr_hex_decode(text, to) || malformed(call, key, "invalid hex string");
}

/* ---- a transaction ---- */

static bool read_fees(struct orr_jsonrpc_call *call, const json_t *json, struct orr_evm_tx *tx) {
    struct orr_u256 price = {{0}};
    bool has_price = orr_jsonrpc_member(json, "gasPrice");
    if (has_price && (orr_jsonrpc_member(json, "maxFeePerGas") ||
                      orr_jsonrpc_member(json, "maxPriorityFeePerGas"))) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER,
                         "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
        return false;
    }
    if (!read_word(call, json, "gasPrice", &price) ||
        !read_word(call, json, "maxFeePerGas", &tx->max_fee) ||
        !read_word(call, json, "maxPriorityFeePerGas", &tx->max_priority_fee) ||
        !read_word(call, json, "maxFeePerBlobGas", &tx->max_blob_fee))
        return false;
    if (has_price) tx->max_fee = tx->max_priority_fee = price;
    return true;
}

static bool read_lists(struct orr_jsonrpc_call *call, const json_t *json, struct orr_evm_tx *tx) {
    const json_t *access = orr_jsonrpc_member(json, "accessList");
    const json_t *blobs = orr_jsonrpc_member(json, "blobVersionedHashes");
    const json_t *authorizations = orr_jsonrpc_member(json, "authorizationList");
    struct orr_mem *mem = call->rpc->mem;
    if (access && orr_fixture_read_access_list(mem, access, tx))
        return malformed(call, "accessList", "malformed");
    if (blobs && orr_fixture_read_blobs(mem, blobs, tx))
        return malformed(call, "blobVersionedHashes", "malformed");
    if (authorizations && orr_fixture_read_authorizations(mem, authorizations, tx))
        return malformed(call, "authorizationList", "malformed");
    if (authorizations)
        tx->type = ORR_TX_SET_CODE;
    else if (blobs)
        tx->type = ORR_TX_BLOB;
    else if (!orr_jsonrpc_member(json, "gasPrice"))
        tx->type = ORR_TX_FEE_MARKET;
    else if (access)
        tx->type = ORR_TX_ACCESS_LIST;
    return true;
}

static bool read_data(struct orr_jsonrpc_call *call, const json_t *json,
                      struct orr_jsonrpc_message *m) {
    const json_t *data = orr_jsonrpc_member(json, "data"),
                 *input = orr_jsonrpc_member(json, "input");
    if (data && input && !json_equal(data, input)) {
        orr_jsonrpc_fail(
            call, ORR_JSONRPC_SERVER,
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to "
            "pass transaction call data");
        return false;
    }
    if (!read_bytes(call, json, input ? "input" : "data", &m->data)) return false;
    m->tx.data = m->data.bytes;
    m->tx.data_len = m->data.len;
    return true;
}

bool orr_jsonrpc_message_read(struct orr_jsonrpc_call *call, const json_t *json,
                              struct orr_jsonrpc_message *m) {
    *m = (struct orr_jsonrpc_message){.has_gas = false};
    struct orr_evm_tx *tx = &m->tx;
    if (!json_is_object(json)) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                         "invalid argument 0: a transaction is an object");
        return false;
    }
    m->has_gas = orr_jsonrpc_member(json, "gas");
    m->has_nonce = orr_jsonrpc_member(json, "nonce");
    tx->is_create = !orr_jsonrpc_member(json, "to");
    tx->has_chain_id = true;
    tx->chain_id = call->rpc->chain->config->chain_id;
    if (!read_fixed(call, json, "from", m->from.bytes, sizeof m->from.bytes) ||
        !read_fixed(call, json, "to", tx->to.bytes, sizeof tx->to.bytes) ||
        !read_number(call, json, "gas", &tx->gas_limit) ||
        !read_number(call, json, "nonce", &tx->nonce) ||
        !read_word(call, json, "value", &tx->value) ||
        !read_word(call, json, "chainId", &tx->chain_id) || !read_fees(call, json, tx) ||
        !read_data(call, json, m) || !read_lists(call, json, tx))
        return false;
    m->has_price = !orr_u256_is_zero(tx->max_fee) || !orr_u256_is_zero(tx->max_priority_fee);
    if (orr_u256_equal(tx->chain_id, call->rpc->chain->config->chain_id)) return true;
    orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "chainId does not match node's");
    return false;
}

bool orr_jsonrpc_message_access(struct orr_jsonrpc_call *call, const json_t *json,
                                struct orr_jsonrpc_message *m) {
    struct orr_evm_tx *tx = &m->tx, old = *tx;
    old.blob_hashes = NULL, old.n_blob_hashes = 0; /* these stay the message's */
    old.authorizations = NULL, old.n_authorizations = 0;
    orr_evm_tx_free(call->rpc->mem, &old);
    tx->access = NULL, tx->n_access = 0;
    tx->access_keys = NULL, tx->n_access_keys = 0;
    if (tx->type == ORR_TX_LEGACY) tx->type = ORR_TX_ACCESS_LIST;
    return !orr_fixture_read_access_list(call->rpc->mem, orr_jsonrpc_member(json, "accessList"),
                                         tx) ||
           malformed(call, "accessList", "malformed");
}

void orr_jsonrpc_message_free(struct orr_jsonrpc_call *call, struct orr_jsonrpc_message *m) {
    orr_evm_tx_free(call->rpc->mem, &m->tx);
    free(m->data.bytes);
}

/* ---- state ---- */

static bool set_slots(struct orr_jsonrpc_call *call, const json_t *slots, const char *key,
                      struct orr_evm_state *state, const struct orr_address *address) {
    const char *name;
    json_t *value;
    if (!json_is_object(slots)) return malformed(call, key, "an object is wanted");
    json_object_foreach((json_t *)slots, name, value) {
        struct orr_hash at, to;
        json_t *named = json_string(name);
        bool is_good = is_fixed(named, at.bytes, 32) && is_fixed(value, to.bytes, 32);
        json_decref(named);
        if (!is_good) return malformed(call, key, "keys and values are 32 bytes");
        struct orr_u256 k = orr_u256_from_hash(at), v = orr_u256_from_hash(to);
        orr_evm_state_set_storage(state, address, &k, &v);
    }
    return true;
}

static bool move(struct orr_jsonrpc_call *call, const json_t *all, const json_t *account,
                 const char *name, const struct orr_address *address, enum orr_evm_fork fork,
                 struct orr_jsonrpc_moves *moves) {
    const json_t *to = orr_jsonrpc_member(account, "movePrecompileToAddress");
    const struct orr_evm_precompile *p = orr_evm_precompile_find(fork, address->bytes);
    struct orr_evm_moved moved = {.precompile = p};
    if (to && !p) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "account %s is not a precompile", name);
        return false;
    }
    if (to && !is_fixed(to, moved.address.bytes, sizeof moved.address.bytes))
        return malformed(call, "movePrecompileToAddress", "an address is wanted");
    if (to && json_object_get(all, json_string_value(to))) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "account %s is already overridden",
                         json_string_value(to));
        return false;
    }
    if (moves->n + 2 > ORR_JSONRPC_MAX_MOVED) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "too many precompiles are moved");
        return false;
    }
    if (to) moves->moved[moves->n++] = moved;
    if (p) moves->moved[moves->n++] = (struct orr_evm_moved){*address, NULL};
    return true;
}

/* What an account is to be. */
struct account {
    struct orr_u256 balance;
    uint64_t nonce;
    struct orr_buffer code;
};

static void copy_code(struct orr_evm_state *state, const struct orr_address *address,
                      struct orr_buffer *to) {
    const struct orr_evm_stored_code *code = orr_evm_state_code(state, address);
    if (!code) return;
    to->len = code->len;
    to->bytes = orr_xrealloc(NULL, code->len);
    memcpy(to->bytes, code->bytes, code->len);
}

static bool read_account(struct orr_jsonrpc_call *call, const json_t *json,
                         const struct orr_address *address, struct orr_evm_state *state,
                         struct account *to) {
    *to = (struct account){.balance = orr_evm_state_balance(state, address),
                           .nonce = orr_evm_state_nonce(state, address)};
    if (!orr_jsonrpc_member(json, "code")) copy_code(state, address, &to->code);
    return read_word(call, json, "balance", &to->balance) &&
           read_number(call, json, "nonce", &to->nonce) &&
           read_bytes(call, json, "code", &to->code);
}

/* An account of which nothing is overridden stays as it is, which may be not there. */
static bool is_overridden(const json_t *json) {
    return orr_jsonrpc_member(json, "balance") || orr_jsonrpc_member(json, "nonce") ||
           orr_jsonrpc_member(json, "code") || orr_jsonrpc_member(json, "state") ||
           json_object_size(orr_jsonrpc_member(json, "stateDiff"));
}

static bool override_account(struct orr_jsonrpc_call *call, const json_t *json,
                             const struct orr_address *address, struct orr_evm_state *state) {
    const json_t *all = orr_jsonrpc_member(json, "state"),
                 *diff = orr_jsonrpc_member(json, "stateDiff");
    struct account account;
    if (diff && !json_is_object(diff)) return malformed(call, "stateDiff", "an object is wanted");
    if (!is_overridden(json)) return true;
    if (all && diff) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "account has both 'state' and 'stateDiff'");
        return false;
    }
    bool is_good = read_account(call, json, address, state, &account);
    if (is_good && all) { /* its storage goes with the account */
        orr_evm_state_begin_tx(state);
        orr_evm_state_mark_destroyed(state, address);
        orr_evm_state_end_tx(state, ORR_FORK_FRONTIER);
    }
    if (is_good) {
        orr_evm_state_begin_tx(state);
        orr_evm_state_set_balance(state, address, account.balance);
        orr_evm_state_set_nonce(state, address, account.nonce);
        orr_evm_state_set_code(state, address, account.code.bytes, account.code.len);
        if (all) is_good = set_slots(call, all, "state", state, address);
        if (diff) is_good = set_slots(call, diff, "stateDiff", state, address);
        orr_evm_state_end_tx(state, ORR_FORK_FRONTIER); /* an empty account stays (EIP-161) */
    }
    free(account.code.bytes);
    return is_good;
}

bool orr_jsonrpc_override_state(struct orr_jsonrpc_call *call, const json_t *overrides,
                                struct orr_evm_state *state, enum orr_evm_fork fork,
                                struct orr_jsonrpc_moves *moves) {
    const char *name;
    json_t *account;
    if (!overrides) return true;
    if (!json_is_object(overrides)) return malformed(call, "overrides", "an object is wanted");
    json_object_foreach((json_t *)overrides, name, account) {
        struct orr_address address;
        json_t *named = json_string(name);
        bool is_address = is_fixed(named, address.bytes, sizeof address.bytes);
        json_decref(named);
        if (!is_address || !json_is_object(account))
            malformed(call, "overrides", "addresses with objects are wanted");
        else if (move(call, overrides, account, name, &address, fork, moves))
            override_account(call, account, &address, state);
        if (call->code) break;
    }
    return !call->code;
}

/* ---- the block ---- */

bool orr_jsonrpc_override_env(struct orr_jsonrpc_call *call, const json_t *o,
                              struct orr_evm_block_env *env) {
    struct orr_hash randao = orr_u256_to_hash(env->prevrandao);
    if (!o) return true;
    if (!json_is_object(o)) return malformed(call, "blockOverrides", "an object is wanted");
    if (!read_number(call, o, "number", &env->number) ||
        !read_number(call, o, "time", &env->timestamp) ||
        !read_number(call, o, "gasLimit", &env->gas_limit) ||
        !read_fixed(call, o, "feeRecipient", env->coinbase.bytes, sizeof env->coinbase.bytes) ||
        !read_fixed(call, o, "prevRandao", randao.bytes, sizeof randao.bytes) ||
        !read_word(call, o, "baseFeePerGas", &env->base_fee) ||
        !read_word(call, o, "blobBaseFee", &env->blob_base_fee))
        return false;
    env->prevrandao = orr_u256_from_hash(randao);
    return true;
}
