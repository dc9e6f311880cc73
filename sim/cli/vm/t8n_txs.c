/* t8n_txs.c - the transactions: JSON objects as JSON-RPC writes them, signed or with the key to
 * sign them, or a block body in RLP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/fixture_tx.h"
#include "sim/cli/vm/sign.h"
#include "sim/cli/vm/t8n.h"

/* What is read of one object. */
struct reading {
    struct orr_mem *mem;
    const json_t *in;
    struct orr_evm_tx *tx;
    const char *bad; /* the first field that is malformed */
};

static const json_t *given(const struct reading *r, const char *key) {
    const json_t *value = json_object_get(r->in, key);
    return json_is_null(value) ? NULL : value;
}

static void note(struct reading *r, const char *key, int error) {
    if (error && !r->bad) r->bad = key;
}

static void read_u64(struct reading *r, const char *key, uint64_t *to) {
    const json_t *value = given(r, key);
    if (value) note(r, key, orr_json_u64(value, to));
}

static void read_u256(struct reading *r, const char *key, struct orr_u256 *to) {
    const json_t *value = given(r, key);
    if (value) note(r, key, orr_json_u256(value, to));
}

static void read_fees(struct reading *r) {
    struct orr_evm_tx *tx = r->tx;
    if (tx->type >= ORR_TX_FEE_MARKET) {
        read_u256(r, "maxFeePerGas", &tx->max_fee);
        read_u256(r, "maxPriorityFeePerGas", &tx->max_priority_fee);
    } else {
        read_u256(r, "gasPrice", &tx->max_fee);
        tx->max_priority_fee = tx->max_fee;
    }
    read_u256(r, "maxFeePerBlobGas", &tx->max_blob_fee);
}

static void read_lists(struct reading *r) {
    struct orr_evm_tx *tx = r->tx;
    const json_t *list = given(r, "accessList");
    if (list && tx->type >= ORR_TX_ACCESS_LIST)
        note(r, "accessList", orr_fixture_read_access_list(r->mem, list, tx));
    if ((list = given(r, "blobVersionedHashes")))
        note(r, "blobVersionedHashes", orr_fixture_read_blobs(r->mem, list, tx));
    if ((list = given(r, "authorizationList")))
        note(r, "authorizationList", orr_fixture_read_authorizations(r->mem, list, tx));
}

/* The type that is named, or the one that the fields make it. */
static void read_type(struct reading *r) {
    uint64_t type = given(r, "authorizationList")     ? ORR_TX_SET_CODE
                    : given(r, "blobVersionedHashes") ? ORR_TX_BLOB
                    : given(r, "maxFeePerGas")        ? ORR_TX_FEE_MARKET
                    : given(r, "accessList")          ? ORR_TX_ACCESS_LIST
                                                      : ORR_TX_LEGACY;
    read_u64(r, "type", &type);
    note(r, "type", type >= ORR_TX_N_TYPES);
    r->tx->type = type < ORR_TX_N_TYPES ? (enum orr_evm_tx_type)type : ORR_TX_LEGACY;
}

/* Everything but the signature; data belongs to *data. */
static void read_fields(struct reading *r, const struct orr_u256 *chain_id,
                        struct orr_buffer *data) {
    struct orr_evm_tx *tx = r->tx;
    const json_t *to = given(r, "to"), *input = given(r, "input");
    const char *text = json_string_value(to);
    if (!input) input = given(r, "data");
    read_type(r);
    tx->chain_id = *chain_id;
    read_u256(r, "chainId", &tx->chain_id);
    read_u64(r, "nonce", &tx->nonce);
    read_u64(r, given(r, "gas") ? "gas" : "gasLimit", &tx->gas_limit);
    tx->is_create = !to || (text && (!*text || !strcmp(text, "0x")));
    if (!tx->is_create) note(r, "to", orr_json_address(to, &tx->to));
    read_u256(r, "value", &tx->value);
    if (input) note(r, "input", orr_json_bytes(input, data));
    tx->data = data->bytes;
    tx->data_len = data->len;
    read_fees(r);
    read_lists(r);
    read_u256(r, given(r, "v") ? "v" : "yParity", &tx->v);
    read_u256(r, "r", &tx->r);
    read_u256(r, "s", &tx->s);
}

static bool is_unsigned(const struct orr_evm_tx *tx) {
    return orr_u256_is_zero(tx->v) && orr_u256_is_zero(tx->r) && orr_u256_is_zero(tx->s);
}

static void sign(struct reading *r) {
    uint8_t key[32];
    const json_t *secret = given(r, "secretKey");
    r->tx->has_chain_id = !json_is_false(json_object_get(r->in, "protected"));
    if (!secret || r->bad || !is_unsigned(r->tx)) return;
    int error = orr_json_fixed(secret, key, sizeof key);
    if (!error) error = orr_vm_sign_tx(r->mem, r->tx, key);
    note(r, "secretKey", error);
}

static int read_object(struct orr_mem *mem, const json_t *in, const struct orr_u256 *chain_id,
                       size_t i, struct orr_t8n_tx *out, char *why) {
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY};
    struct orr_buffer data = {NULL, 0};
    struct reading r = {.mem = mem, .in = in, .tx = &tx};
    if (!json_is_object(in)) r.bad = "it";
    if (!r.bad) read_fields(&r, chain_id, &data);
    if (!r.bad) sign(&r);
    if (!r.bad) {
        struct orr_rlp_writer w = {.mem = mem};
        orr_evm_tx_encode(&tx, &w);
        out->bytes = (struct orr_buffer){orr_xrealloc(NULL, w.len + 1), w.len};
        memcpy(out->bytes.bytes, w.bytes, w.len);
        orr_rlp_free(&w);
    }
    orr_evm_tx_free(mem, &tx);
    free(data.bytes);
    if (!r.bad) return 0;
    snprintf(why, ORR_T8N_WHY_BYTES, "txs[%zu]: %s is malformed", i, r.bad);
    return ORR_T8N_JSON;
}

static struct orr_t8n_tx *add_tx(struct orr_t8n_txs *txs) {
    txs->at = orr_xrealloc(txs->at, (txs->n + 1) * sizeof txs->at[0]);
    txs->at[txs->n] = (struct orr_t8n_tx){{NULL, 0}, NULL};
    return &txs->at[txs->n++];
}

/* A body: each item a legacy transaction's list, or a string of another. */
static int read_body(const json_t *in, struct orr_t8n_txs *txs, char *why) {
    struct orr_buffer raw;
    if (orr_json_bytes(in, &raw)) {
        snprintf(why, ORR_T8N_WHY_BYTES, "txs: no even number of hexadecimal digits");
        return ORR_T8N_JSON;
    }
    struct orr_rlp_reader all = orr_rlp_reader(raw.bytes, raw.len);
    struct orr_rlp_reader list = orr_rlp_read_list(&all);
    bool is_list = !all.bad;
    while (is_list && orr_rlp_more(&list)) {
        struct orr_rlp_item item = orr_rlp_read(&list);
        struct orr_t8n_tx *tx = add_tx(txs);
        const uint8_t *from = item.is_list ? item.encoding : item.payload;
        size_t len = item.is_list ? item.encoding_len : item.len;
        if (list.bad) tx->fault = "malformed RLP";
        if (list.bad) continue;
        tx->bytes = (struct orr_buffer){orr_xrealloc(NULL, len + 1), len};
        if (len) memcpy(tx->bytes.bytes, from, len);
    }
    free(raw.bytes);
    if (is_list) return 0;
    snprintf(why, ORR_T8N_WHY_BYTES, "txs: no list in RLP");
    return ORR_T8N_RLP;
}

int orr_t8n_read_txs(struct orr_mem *mem, const json_t *in, const struct orr_u256 *chain_id,
                     struct orr_t8n_txs *txs, char why[ORR_T8N_WHY_BYTES]) {
    *txs = (struct orr_t8n_txs){NULL, 0};
    if (json_is_string(in)) return read_body(in, txs, why);
    if (in && !json_is_array(in) && !json_is_null(in)) {
        snprintf(why, ORR_T8N_WHY_BYTES, "txs is neither an array nor a string of RLP");
        return ORR_T8N_JSON;
    }
    int error = 0;
    for (size_t i = 0; i < json_array_size(in) && !error; i++)
        error = read_object(mem, json_array_get(in, i), chain_id, i, add_tx(txs), why);
    return error;
}

void orr_t8n_txs_free(struct orr_t8n_txs *txs) {
    for (size_t i = 0; i < txs->n; i++) free(txs->at[i].bytes.bytes);
    free(txs->at);
    *txs = (struct orr_t8n_txs){NULL, 0};
}
