#include "sim/genesis/alloc.h"

#include <stdio.h>
#include <stdlib.h>

#include "models/base/error.h"
#include "sim/base/json.h"

static int set_storage(const json_t *storage, struct orr_evm_state *state,
                       const struct orr_address *address) {
    const char *key;
    json_t *value;
    if (storage && !json_is_object(storage)) return ORR_EFORMAT;
    json_object_foreach((json_t *)storage, key, value) {
        struct orr_u256 slot, word;
        json_t *text = json_string(key);
        int bad = orr_json_u256(text, &slot) || orr_json_u256(value, &word);
        json_decref(text);
        if (bad) return ORR_EFORMAT;
        orr_evm_state_set_storage(state, address, &slot, &word);
    }
    return 0;
}

/* What of an account is malformed, or NULL; what is absent is zero or empty. */
static const char *set_account(const char *key, const json_t *account,
                               struct orr_evm_state *state) {
    struct orr_address address;
    struct orr_u256 number = {{0}};
    uint64_t nonce = 0;
    struct orr_buffer code = {NULL, 0};
    const json_t *in;
    json_t *text = json_string(key);
    int bad = orr_json_address(text, &address);
    json_decref(text);
    if (bad) return "the address";
    if (!json_is_object(account)) return "what stands for the account";
    if ((in = json_object_get(account, "balance")) && orr_json_u256(in, &number)) return "balance";
    if ((in = json_object_get(account, "nonce")) && orr_json_u64(in, &nonce)) return "nonce";
    if ((in = json_object_get(account, "code")) && orr_json_bytes(in, &code)) return "code";
    orr_evm_state_set_balance(state, &address, number);
    orr_evm_state_set_nonce(state, &address, nonce);
    if (code.len) orr_evm_state_set_code(state, &address, code.bytes, code.len);
    free(code.bytes);
    return set_storage(json_object_get(account, "storage"), state, &address) ? "storage" : NULL;
}

int orr_genesis_state(const json_t *alloc, struct orr_evm_state *state, char why[128]) {
    const char *key;
    json_t *account;
    int result = json_is_object(alloc) ? 0 : ORR_EFORMAT;
    if (result) snprintf(why, 128, "no object of accounts");
    orr_evm_state_begin_tx(state);
    json_object_foreach((json_t *)alloc, key, account) {
        const char *bad = result ? NULL : set_account(key, account, state);
        if (!bad) continue;
        snprintf(why, 128, "account %.44s: %s is malformed", key, bad);
        result = ORR_EFORMAT;
    }
    orr_evm_state_end_tx(state, ORR_FORK_FRONTIER); /* keeps accounts that are empty on purpose */
    orr_evm_state_root(state);
    return result;
}
