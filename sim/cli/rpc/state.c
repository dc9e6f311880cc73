/* state.c - methods that read accounts after a block. */
#include <string.h>

#include "models/vm/proof.h"
#include "sim/cli/rpc/pool.h"

enum { MAX_KEYS = 1024 };

json_t *orr_jsonrpc_eth_getBalance(struct orr_jsonrpc_call *call) {
    struct orr_address address;
    struct orr_chain_link *link;
    if (!orr_jsonrpc_param_address(call, 0, &address) || !orr_jsonrpc_param_state(call, 1, &link))
        return NULL;
    return orr_json_quantity(orr_evm_state_balance(link->run->state, &address));
}

json_t *orr_jsonrpc_eth_getCode(struct orr_jsonrpc_call *call) {
    struct orr_address address;
    struct orr_chain_link *link;
    if (!orr_jsonrpc_param_address(call, 0, &address) || !orr_jsonrpc_param_state(call, 1, &link))
        return NULL;
    const struct orr_evm_stored_code *code = orr_evm_state_code(link->run->state, &address);
    return code ? orr_json_data(code->bytes, code->len) : orr_json_data("", 0);
}

json_t *orr_jsonrpc_eth_getTransactionCount(struct orr_jsonrpc_call *call) {
    struct orr_address address;
    struct orr_chain_link *link;
    if (!orr_jsonrpc_param_address(call, 0, &address) || !orr_jsonrpc_param_state(call, 1, &link))
        return NULL;
    uint64_t nonce = orr_evm_state_nonce(link->run->state, &address);
    const char *tag = json_string_value(orr_jsonrpc_param(call, 1));
    if (tag && !strcmp(tag, "pending")) nonce = orr_jsonrpc_pool_nonce(call->rpc, &address, nonce);
    return orr_json_number(nonce);
}

/* ---- storage ---- */

/* A slot's key: up to 32 bytes as digits, with or without leading zeros.  *is_whole: all 32 were
 * written. */
static bool read_key(struct orr_jsonrpc_call *call, const json_t *json, struct orr_u256 *key,
                     bool *is_whole) {
    const char *text = json_string_value(json);
    if (!text) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "a storage key is a hex string");
        return false;
    }
    if (text[0] == '0' && (text[1] | 0x20) == 'x') text += 2;
    size_t n = strlen(text);
    uint8_t be[32] = {0};
    if (n > 64) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "storage key too long (want at most 32 bytes)");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        int digit = orr_hex_digit(text[n - 1 - i]);
        if (digit < 0) {
            orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid hex in storage key");
            return false;
        }
        be[31 - i / 2] |= (uint8_t)(digit << 4 * (i % 2));
    }
    *key = orr_u256_load_be(be);
    *is_whole = n == 64;
    return true;
}

static json_t *slot(const struct orr_chain_link *link, const struct orr_address *address,
                    const struct orr_u256 *key) {
    struct orr_hash value = orr_u256_to_hash(orr_evm_state_storage(link->run->state, address, key));
    return orr_json_of_hash(&value);
}

json_t *orr_jsonrpc_eth_getStorageAt(struct orr_jsonrpc_call *call) {
    struct orr_address address;
    struct orr_chain_link *link;
    struct orr_u256 key;
    bool is_whole;
    if (!orr_jsonrpc_param_address(call, 0, &address) ||
        !read_key(call, orr_jsonrpc_param(call, 1), &key, &is_whole) ||
        !orr_jsonrpc_param_state(call, 2, &link))
        return NULL;
    return slot(link, &address, &key);
}

/* The slots of one account, or NULL after the call has failed. */
static json_t *slots(struct orr_jsonrpc_call *call, const struct orr_chain_link *link,
                     const char *account, const json_t *keys) {
    struct orr_address address;
    json_t *list = json_array();
    if (strncmp(account, "0x", 2) || strlen(account) != 42 ||
        orr_hex_read(account + 2, 40, address.bytes, sizeof address.bytes) != 20)
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: an address is 20 bytes");
    else if (!json_is_array(keys))
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                         "invalid argument 0: an account's keys are a list");
    for (size_t i = 0; !call->code && i < json_array_size(keys); i++) {
        struct orr_u256 key;
        bool is_whole;
        if (read_key(call, json_array_get(keys, i), &key, &is_whole))
            json_array_append_new(list, slot(link, &address, &key));
    }
    if (!call->code) return list;
    json_decref(list);
    return NULL;
}

json_t *orr_jsonrpc_eth_getStorageValues(struct orr_jsonrpc_call *call) {
    const json_t *wanted = orr_jsonrpc_param(call, 0);
    struct orr_chain_link *link;
    const char *account;
    json_t *keys, *result;
    size_t n = 0;
    if (!json_is_object(wanted))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "invalid argument 0: an object is wanted");
    json_object_foreach((json_t *)wanted, account, keys) n += json_array_size(keys);
    if (!n) return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "empty request");
    if (n > MAX_KEYS)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "too many slots (max %d)", MAX_KEYS);
    if (!orr_jsonrpc_param_state(call, 1, &link)) return NULL;
    result = json_object();
    json_object_foreach((json_t *)wanted, account, keys) {
        json_t *list = slots(call, link, account, keys);
        if (list) json_object_set_new(result, account, list);
    }
    if (!call->code) return result;
    json_decref(result);
    return NULL;
}

/* ---- proofs (EIP-1186) ---- */

/* The nodes of a proof, and gives the writer back. */
static json_t *nodes(struct orr_rlp_writer *w) {
    json_t *list = json_array();
    struct orr_rlp_reader all = orr_rlp_reader(w->bytes, w->len), r = orr_rlp_read_list(&all);
    while (orr_rlp_more(&r)) { /* ends: the list does */
        size_t len;
        const uint8_t *node = orr_rlp_read_string(&r, &len);
        json_array_append_new(list, orr_json_data(node, len));
    }
    orr_rlp_free(w);
    return list;
}

static json_t *prove_slot(struct orr_jsonrpc_call *call, const struct orr_chain_link *link,
                          const struct orr_address *address, const json_t *wanted) {
    struct orr_evm_state *state = link->run->state;
    struct orr_rlp_writer w = {.mem = call->rpc->mem};
    struct orr_u256 key;
    bool is_whole;
    if (!read_key(call, wanted, &key, &is_whole)) return NULL;
    json_t *json = json_object();
    struct orr_hash whole = orr_u256_to_hash(key);
    json_object_set_new(json, "key", is_whole ? orr_json_of_hash(&whole) : orr_json_quantity(key));
    orr_json_set_quantity(json, "value", orr_evm_state_storage(state, address, &key));
    orr_evm_state_prove_slot(state, address, &key, &w);
    json_object_set_new(json, "proof", nodes(&w));
    return json;
}

json_t *orr_jsonrpc_eth_getProof(struct orr_jsonrpc_call *call) {
    struct orr_address address;
    struct orr_chain_link *link;
    const json_t *keys = orr_jsonrpc_param(call, 1);
    struct orr_rlp_writer w = {.mem = call->rpc->mem};
    if (!orr_jsonrpc_param_address(call, 0, &address)) return NULL;
    if (!json_is_array(keys) || json_array_size(keys) > MAX_KEYS)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "invalid argument 1: a list of at most %d keys is wanted",
                                MAX_KEYS);
    if (!orr_jsonrpc_param_state(call, 2, &link)) return NULL;
    struct orr_evm_state *state = link->run->state;
    json_t *slots = json_array();
    for (size_t i = 0; i < json_array_size(keys) && !call->code; i++) {
        json_t *proof = prove_slot(call, link, &address, json_array_get(keys, i));
        if (proof) json_array_append_new(slots, proof);
    }
    if (call->code) {
        json_decref(slots);
        return NULL;
    }
    json_t *json = json_object();
    struct orr_hash code = orr_evm_state_code_hash(state, &address);
    struct orr_hash root = orr_evm_state_storage_root(state, &address);
    if (!orr_evm_state_exists(state, &address)) {
        code = orr_evm_code_empty_hash;
        root = orr_trie_empty_hash;
    }
    orr_json_set_address(json, "address", &address);
    orr_evm_state_prove_account(state, &address, &w);
    json_object_set_new(json, "accountProof", nodes(&w));
    orr_json_set_quantity(json, "balance", orr_evm_state_balance(state, &address));
    orr_json_set_hash(json, "codeHash", &code);
    orr_json_set_number(json, "nonce", orr_evm_state_nonce(state, &address));
    orr_json_set_hash(json, "storageHash", &root);
    json_object_set_new(json, "storageProof", slots);
    return json;
}
