#include "sim/cli/rpc/refusal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "models/vm/u256.h"

enum { DECIMAL_BYTES = 80, ADDRESS_BYTES = 43 };

static const char *decimal(struct orr_u256 v, char text[DECIMAL_BYTES]) {
    size_t n = DECIMAL_BYTES;
    struct orr_u256 digit;
    text[--n] = 0;
    do { /* ends: v shrinks */
        orr_u256_divmod(v, orr_u256_from_u64(10), &v, &digit);
        text[--n] = (char)('0' + digit.limb[0]);
    } while (!orr_u256_is_zero(v));
    return text + n;
}

static struct orr_u256 cost_of(const struct orr_evm_tx *tx) {
    struct orr_u256 gas = orr_u256_mul(tx->max_fee, orr_u256_from_u64(tx->gas_limit));
    struct orr_u256 blobs = orr_u256_mul(
        tx->max_blob_fee, orr_u256_from_u64((uint64_t)tx->n_blob_hashes * ORR_BLOB_GAS));
    return orr_u256_add(orr_u256_add(gas, blobs), tx->value);
}

void orr_jsonrpc_refusal_text(enum orr_evm_tx_error error, const struct orr_evm_tx *tx,
                              const struct orr_address *sender, struct orr_evm_state *state,
                              const struct orr_u256 *base_fee,
                              char text[ORR_JSONRPC_MESSAGE_BYTES]) {
    char who[ADDRESS_BYTES] = "0x", a[DECIMAL_BYTES], b[DECIMAL_BYTES];
    unsigned long long nonce = tx->nonce, has = orr_evm_state_nonce(state, sender);
    unsigned long long gas = tx->gas_limit;
    orr_hex_encode(who + 2, sender->bytes, sizeof sender->bytes);
    switch (error) {
    case ORR_TX_NONCE_MISMATCH_TOO_LOW:
    case ORR_TX_NONCE_MISMATCH_TOO_HIGH:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "nonce too %s: address %s, tx: %llu state: %llu",
                 error == ORR_TX_NONCE_MISMATCH_TOO_LOW ? "low" : "high", who, nonce, has);
        break;
    case ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES,
                 "insufficient funds for gas * price + value: address %s have %s want %s", who,
                 decimal(orr_evm_state_balance(state, sender), a), decimal(cost_of(tx), b));
        break;
    case ORR_TX_INSUFFICIENT_MAX_FEE_PER_GAS:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES,
                 "max fee per gas less than block base fee: address %s, maxFeePerGas: %s, "
                 "baseFee: %s",
                 who, decimal(tx->max_fee, a), decimal(*base_fee, b));
        break;
    case ORR_TX_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES,
                 "max priority fee per gas higher than max fee per gas: address %s, "
                 "maxPriorityFeePerGas: %s, maxFeePerGas: %s",
                 who, decimal(tx->max_priority_fee, a), decimal(tx->max_fee, b));
        break;
    case ORR_TX_INTRINSIC_GAS_TOO_LOW:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "intrinsic gas too low: gas %llu", gas);
        break;
    case ORR_TX_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES,
                 "insufficient gas for floor data gas cost: gas %llu", gas);
        break;
    case ORR_TX_GAS_ALLOWANCE_EXCEEDED:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "exceeds block gas limit");
        break;
    case ORR_TX_SENDER_NOT_EOA:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "sender not an eoa: address %s", who);
        break;
    case ORR_TX_INVALID_SIGNATURE_VRS:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "invalid sender");
        break;
    case ORR_TX_INVALID_CHAINID:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "invalid chain id for signer");
        break;
    case ORR_TX_INITCODE_SIZE_EXCEEDED:
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES,
                 "max initcode size exceeded: code size %zu limit %d", tx->data_len,
                 ORR_EVM_MAX_INITCODE_SIZE);
        break;
    default: snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "%s", orr_evm_tx_error_text(error));
    }
}

void orr_jsonrpc_refuse(struct orr_jsonrpc_call *call, int code, enum orr_evm_tx_error error,
                        const struct orr_evm_tx *tx, const struct orr_address *sender,
                        const struct orr_chain_link *link) {
    char text[ORR_JSONRPC_MESSAGE_BYTES];
    orr_jsonrpc_refusal_text(error, tx, sender, link->run->state,
                             &link->block->block.header.base_fee, text);
    orr_jsonrpc_fail(call, code, "%s", text);
}

/* ---- how it ended ---- */

/* What Solidity's panics mean ("Panic via assert and Error via require"). */
static const struct {
    uint8_t code;
    const char *text;
} panics[] = {
    {0x00, "generic panic"},
    {0x01, "assert(false)"},
    {0x11, "arithmetic underflow or overflow"},
    {0x12, "division or modulo by zero"},
    {0x21, "enum overflow"},
    {0x22, "invalid encoded storage byte array accessed"},
    {0x31, "out-of-bounds array access; popping on an empty array"},
    {0x32, "out-of-bounds access of an array or bytesN"},
    {0x41, "out of memory"},
    {0x51, "uninitialized function"},
};

static const char *panic_text(const uint8_t *word) {
    for (size_t i = 0; i < 31; i++)
        if (word[i]) return NULL;
    for (size_t i = 0; i < sizeof panics / sizeof panics[0]; i++)
        if (panics[i].code == word[31]) return panics[i].text;
    return NULL;
}

/* Error(string): the text, lent, and its length; NULL: it is not such. */
static const char *error_string(const uint8_t *output, size_t len, size_t *n) {
    static const uint8_t selector[4] = {0x08, 0xc3, 0x79, 0xa0};
    if (len < 68 || memcmp(output, selector, sizeof selector)) return NULL;
    struct orr_u256 offset = orr_u256_load_be(output + 4);
    if (!orr_u256_equal(offset, orr_u256_from_u64(32))) return NULL;
    struct orr_u256 length = orr_u256_load_be(output + 36);
    if (length.limb[1] | length.limb[2] | length.limb[3] || length.limb[0] > len - 68) return NULL;
    *n = length.limb[0];
    return (const char *)output + 68;
}

void orr_jsonrpc_outcome_text(enum orr_evm_status status, const uint8_t *output, size_t len,
                              char text[ORR_JSONRPC_MESSAGE_BYTES]) {
    static const uint8_t panic[4] = {0x4e, 0x48, 0x7b, 0x71};
    size_t n = 0;
    const char *why = NULL;
    if (status == ORR_EVM_REVERT) {
        why = error_string(output, len, &n);
        if (!why && len == 36 && !memcmp(output, panic, sizeof panic))
            why = panic_text(output + 4), n = why ? strlen(why) : 0;
    }
    json_t *whole = why && n < ORR_JSONRPC_MESSAGE_BYTES / 2 ? json_stringn(why, n) : NULL;
    if (whole) /* it is UTF-8 */
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "execution reverted: %.*s", (int)n, why);
    else
        snprintf(text, ORR_JSONRPC_MESSAGE_BYTES, "%s", orr_evm_status_text(status));
    json_decref(whole);
}

json_t *orr_jsonrpc_output_json(const struct orr_evm_tx *tx, struct orr_evm_state *state,
                                const struct orr_evm_tx_outcome *outcome) {
    if (!tx->is_create || outcome->status != ORR_EVM_SUCCESS)
        return orr_json_data(outcome->output, outcome->output_len);
    const struct orr_evm_stored_code *code = orr_evm_state_code(state, &outcome->created);
    return code ? orr_json_data(code->bytes, code->len) : orr_json_data("", 0);
}

void orr_jsonrpc_failed(struct orr_jsonrpc_call *call, const struct orr_evm_tx_outcome *outcome) {
    char text[ORR_JSONRPC_MESSAGE_BYTES];
    bool is_revert = outcome->status == ORR_EVM_REVERT;
    orr_jsonrpc_outcome_text(outcome->status, outcome->output, outcome->output_len, text);
    orr_jsonrpc_fail(call, is_revert ? ORR_JSONRPC_REVERTED : ORR_JSONRPC_SERVER, "%s", text);
    if (is_revert) call->data = orr_json_data(outcome->output, outcome->output_len);
}
