#include "sim/cli/vm/fixture_tx.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/vm/sign.h"

static int read_fields(struct orr_mem *mem, const json_t *in, const json_t *indexes,
                       struct orr_fixture_tx *out, const char **why);

static void read_bytes(struct orr_mem *mem, struct orr_fixture_tx *out) {
    out->is_signed = true;
    int bad = orr_evm_tx_decode(mem, out->bytes.bytes, out->bytes.len, &out->tx);
    if (bad)
        out->refused =
            bad == ORR_EUNSUPPORTED ? ORR_TX_TYPE_NOT_SUPPORTED : ORR_TX_RLP_INVALID_VALUE;
}

static int account_of(const json_t *key, struct orr_address *account) {
    uint8_t secret[32];
    return orr_json_fixed(key, secret, sizeof secret) ? ORR_EFORMAT
                                                      : orr_vm_key_account(secret, account);
}

int orr_fixture_tx_read(struct orr_mem *mem, const json_t *transaction, const json_t *post,
                        const struct orr_u256 *chain_id, struct orr_fixture_tx *out,
                        const char **why) {
    *out = (struct orr_fixture_tx){.tx.chain_id = *chain_id};
    const json_t *bytes = json_object_get(post, "txbytes");
    out->has_sender =
        !orr_json_address(json_object_get(transaction, "sender"), &out->sender) ||
        (!bytes && !account_of(json_object_get(transaction, "secretKey"), &out->sender));
    if (bytes) {
        *why = "txbytes";
        if (orr_json_bytes(bytes, &out->bytes)) return ORR_EFORMAT;
        read_bytes(mem, out);
        return 0;
    }
    if (!out->has_sender || !json_object_get(transaction, "data")) return ORR_ENOTFOUND;
    int error = read_fields(mem, transaction, json_object_get(post, "indexes"), out, why);
    if (error == ORR_ELIMIT) { /* a number that no encoding of a transaction holds */
        out->refused = ORR_TX_RLP_INVALID_VALUE;
        return 0;
    }
    if (error) orr_fixture_tx_free(mem, out);
    return error;
}

void orr_fixture_tx_free(struct orr_mem *mem, struct orr_fixture_tx *t) {
    orr_evm_tx_free(mem, &t->tx);
    free(t->bytes.bytes);
    t->bytes = (struct orr_buffer){0};
}

/* ---- field by field ---- */

static const json_t *chosen(const json_t *in, const char *list, const json_t *indexes,
                            const char *index) {
    return json_array_get(json_object_get(in, list),
                          (size_t)json_integer_value(json_object_get(indexes, index)));
}

int orr_fixture_read_access_list(struct orr_mem *mem, const json_t *list, struct orr_evm_tx *tx) {
    size_t i, k, n_keys = 0;
    json_t *entry, *key;
    if (!json_is_array(list)) return ORR_EFORMAT;
    json_array_foreach((json_t *)list, i, entry) {
        n_keys += json_array_size(json_object_get(entry, "storageKeys"));
    }
    tx->n_access = json_array_size(list);
    tx->n_access_keys = n_keys;
    tx->access = orr_alloc_zero(mem, tx->n_access * sizeof *tx->access);
    tx->access_keys = orr_alloc_zero(mem, n_keys * sizeof *tx->access_keys);
    n_keys = 0;
    json_array_foreach((json_t *)list, i, entry) {
        const json_t *keys = json_object_get(entry, "storageKeys");
        tx->access[i].first_key = n_keys;
        tx->access[i].n_keys = json_array_size(keys);
        if (orr_json_address(json_object_get(entry, "address"), &tx->access[i].address))
            return ORR_EFORMAT;
        json_array_foreach((json_t *)keys, k, key) {
            int error = orr_json_u256(key, &tx->access_keys[n_keys++]);
            if (error) return error;
        }
    }
    return 0;
}

int orr_fixture_read_blobs(struct orr_mem *mem, const json_t *hashes, struct orr_evm_tx *tx) {
    size_t i;
    json_t *hash;
    tx->n_blob_hashes = json_array_size(hashes);
    tx->blob_hashes = orr_alloc_zero(mem, tx->n_blob_hashes * sizeof *tx->blob_hashes);
    json_array_foreach((json_t *)hashes, i, hash) {
        if (orr_json_hash(hash, &tx->blob_hashes[i])) return ORR_EFORMAT;
    }
    return 0;
}

int orr_fixture_read_authorizations(struct orr_mem *mem, const json_t *list,
                                    struct orr_evm_tx *tx) {
    size_t i;
    json_t *in;
    tx->n_authorizations = json_array_size(list);
    tx->authorizations = orr_alloc_zero(mem, tx->n_authorizations * sizeof *tx->authorizations);
    json_array_foreach((json_t *)list, i, in) {
        struct orr_evm_tx_authorization *a = &tx->authorizations[i];
        const json_t *parity = json_object_get(in, "yParity");
        if (!parity) parity = json_object_get(in, "v");
        if (orr_json_address(json_object_get(in, "address"), &a->address)) return ORR_EFORMAT;
        int error = orr_json_u256(json_object_get(in, "chainId"), &a->chain_id);
        if (!error) error = orr_json_u64(json_object_get(in, "nonce"), &a->nonce);
        if (!error) error = orr_json_u256(parity, &a->y_parity);
        if (!error) error = orr_json_u256(json_object_get(in, "r"), &a->r);
        if (!error) error = orr_json_u256(json_object_get(in, "s"), &a->s);
        if (error) return error;
    }
    return 0;
}

static int read_number(const json_t *in, const char *key, struct orr_u256 *to, const char **why) {
    *why = key;
    return orr_json_u256(json_object_get(in, key), to);
}

static int read_fees(const json_t *in, struct orr_evm_tx *tx, const char **why) {
    bool is_market = json_object_get(in, "maxFeePerGas");
    const char *most = is_market ? "maxFeePerGas" : "gasPrice";
    const char *tip = is_market ? "maxPriorityFeePerGas" : "gasPrice";
    int error = read_number(in, most, &tx->max_fee, why);
    if (!error) error = read_number(in, tip, &tx->max_priority_fee, why);
    if (is_market && tx->type < ORR_TX_FEE_MARKET) tx->type = ORR_TX_FEE_MARKET;
    return error;
}

static int read_lists(struct orr_mem *mem, const json_t *in, const json_t *access,
                      struct orr_evm_tx *tx, const char **why) {
    const json_t *blob_fee = json_object_get(in, "maxFeePerBlobGas");
    const json_t *authorizations = json_object_get(in, "authorizationList");
    int error = 0;
    *why = "accessLists";
    if (access && !json_is_null(access)) {
        tx->type = ORR_TX_ACCESS_LIST;
        error = orr_fixture_read_access_list(mem, access, tx);
    }
    if (!error && blob_fee) {
        tx->type = ORR_TX_BLOB;
        *why = "blobVersionedHashes";
        error = orr_fixture_read_blobs(mem, json_object_get(in, "blobVersionedHashes"), tx);
        if (!error) error = read_number(in, "maxFeePerBlobGas", &tx->max_blob_fee, why);
    }
    if (!error && authorizations) {
        *why = "authorizationList";
        tx->type = ORR_TX_SET_CODE;
        error = orr_fixture_read_authorizations(mem, authorizations, tx);
    }
    return error;
}

static int read_fields(struct orr_mem *mem, const json_t *in, const json_t *indexes,
                       struct orr_fixture_tx *out, const char **why) {
    struct orr_evm_tx *tx = &out->tx;
    const json_t *to = json_object_get(in, "to");
    const char *hex = json_string_value(to);
    *why = "to";
    tx->is_create = !to || (hex && !hex[0]);
    if (!tx->is_create && orr_json_address(to, &tx->to)) return ORR_EFORMAT;
    *why = "data";
    if (orr_json_bytes(chosen(in, "data", indexes, "data"), &out->bytes)) return ORR_EFORMAT;
    tx->data = out->bytes.bytes;
    tx->data_len = out->bytes.len;
    int error = read_lists(mem, in, chosen(in, "accessLists", indexes, "data"), tx, why);
    if (!error) error = read_fees(in, tx, why);
    if (error) return error;
    *why = "nonce";
    if ((error = orr_json_u64(json_object_get(in, "nonce"), &tx->nonce))) return error;
    *why = "gasLimit";
    if ((error = orr_json_u64(chosen(in, "gasLimit", indexes, "gas"), &tx->gas_limit)))
        return error;
    *why = "value";
    return orr_json_u256(chosen(in, "value", indexes, "value"), &tx->value);
}
