#include "sim/cli/vault/sign_tx.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/vm/transaction.h"
#include "sim/cli/vault/files.h"
#include "sim/cli/vm/tx_json.h"

enum { MAX_TX = 32 << 20 };

static void set(json_t *object, const char *name, json_t *value) {
    json_object_set_new(object, name, value);
}

static json_t *number(struct orr_u256 value) {
    uint8_t be[32];
    size_t n = orr_rlp_trim_u256(be, value);
    char text[67] = "0x";
    orr_hex_encode(text + 2, be + 32 - n, n);
    return json_string(n ? text : "0x0");
}

/* --type names one of several forms that the same fields can have. */
static int apply_type(const struct orr_call *call, json_t *json) {
    const char *type = orr_call_option(call, ORR_OPT_TYPE);
    if (!type) return 0;
    bool legacy = !strcmp(type, "legacy"), eip155 = !strcmp(type, "eip155") || !strcmp(type, "0");
    if (!legacy && !eip155 && (strlen(type) != 1 || *type < '1' || *type > '4'))
        return orr_call_fail(call, 2, "USAGE", "--type is legacy, eip155, 1, 2, 3 or 4");
    set(json, "type", json_integer(legacy || eip155 ? 0 : *type - '0'));
    set(json, "protected", json_boolean(!legacy));
    return 0;
}

static int sign(const struct orr_call *call, struct orr_evm_tx *tx, const uint8_t key[32],
                json_t *object) {
    uint8_t signature[ORR_SECP_SIGNATURE];
    struct orr_address from;
    struct orr_hash hash = orr_evm_tx_signing_hash(call->mem, tx);
    if (!orr_secp_sign(&call->secp, key, hash.bytes, signature) ||
        !orr_secp_address(&call->secp, key, &from))
        return orr_call_refuse(call, NULL, ORR_FAULT_BAD_KEY, NULL);
    orr_evm_tx_set_signature(tx, signature, signature + 32, signature[64]);
    struct orr_rlp_writer w = {.mem = call->mem};
    orr_evm_tx_encode(tx, &w);
    struct orr_hash name = orr_keccak256(w.bytes, w.len);
    set(object, "raw", orr_call_0x(w.bytes, w.len));
    orr_rlp_free(&w);
    set(object, "hash", orr_call_0x(name.bytes, 32));
    set(object, "signing_hash", orr_call_0x(hash.bytes, 32));
    set(object, "type", json_integer(tx->type));
    set(object, "from", orr_call_address(&from));
    set(object, "v", number(tx->v));
    set(object, "r", number(tx->r));
    set(object, "s", number(tx->s));
    return 0;
}

/* What a node would never take, told before it is signed. */
static const char *cannot_be(const struct orr_evm_tx *tx) {
    if (tx->has_chain_id && orr_u256_is_zero(tx->chain_id))
        return "chainId is absent or zero; only --type legacy names no chain (EIP-155)";
    if (tx->type == ORR_TX_BLOB && (tx->is_create || !tx->n_blob_hashes))
        return "a blob transaction has a recipient and blobs (EIP-4844)";
    if (tx->type == ORR_TX_SET_CODE && (tx->is_create || !tx->n_authorizations))
        return "a set-code transaction has a recipient and authorizations (EIP-7702)";
    return NULL;
}

int orr_vault_sign_tx(const struct orr_call *call, const char *path, json_t *json,
                      const uint8_t key[32]) {
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY};
    struct orr_buffer data = {NULL, 0};
    struct orr_u256 none = orr_u256_from_u64(0);
    int code = json_is_object(json) ? apply_type(call, json) : 0;
    if (code) return code;
    static const char *const signature[] = {"v", "yParity", "r", "s"};
    for (int i = 0; i < 4 && json_is_object(json); i++) json_object_del(json, signature[i]);
    const char *bad = orr_tx_json_read(call->mem, json, &none, &tx, &data);
    const json_t *protected = json_object_get(json, "protected");
    tx.has_chain_id = tx.type != ORR_TX_LEGACY || json_is_true(protected) ||
                      (!json_is_false(protected) && !orr_u256_is_zero(tx.chain_id));
    const char *never = bad ? NULL : cannot_be(&tx);
    json_t *object = json_object();
    if (bad)
        code = orr_call_fail(call, 2, "BAD_TEXT", "%s: %s is malformed", path, bad);
    else if (never)
        code = orr_call_fail(call, 2, "BAD_TEXT", "%s: %s", path, never);
    else
        code = sign(call, &tx, key, object);
    orr_evm_tx_free(call->mem, &tx);
    free(data.bytes);
    if (!code) return orr_call_print(call, object, "raw");
    json_decref(object);
    return code;
}

int orr_vault_tx_sender(const struct orr_call *call, const char *path, struct orr_address *sender,
                        json_t *object) {
    struct orr_secret text;
    struct orr_evm_tx tx;
    int code = orr_files_read(call, path, 2 * MAX_TX, &text);
    if (code) return code;
    size_t len = text.len;
    while (len && strchr(" \t\r\n", text.bytes[len - 1])) len--;
    long n = orr_hex_read((char *)text.bytes, len, text.bytes, text.size);
    int error = n < 0 ? ORR_EFORMAT : orr_evm_tx_decode(call->mem, text.bytes, (size_t)n, &tx);
    if (error) {
        orr_secret_free(call->mem, &text);
        return orr_call_fail(call, 2, "BAD_TEXT", "%s: no transaction in hexadecimal digits%s",
                             path, error == ORR_EUNSUPPORTED ? ": an unknown type" : "");
    }
    enum orr_evm_tx_error refused =
        orr_evm_tx_sender(call->mem, &tx, ORR_FORK_OSAKA, &tx.chain_id, sender);
    struct orr_hash hash = orr_keccak256(text.bytes, (size_t)n);
    set(object, "hash", orr_call_0x(hash.bytes, 32));
    set(object, "type", json_integer(tx.type));
    set(object, "nonce", json_integer((json_int_t)tx.nonce));
    set(object, "chain_id", number(tx.chain_id));
    orr_evm_tx_free(call->mem, &tx);
    orr_secret_free(call->mem, &text);
    if (refused)
        return orr_call_refuse(call, orr_evm_tx_error_text(refused), ORR_FAULT_BAD_SIGNATURE, NULL);
    return 0;
}
