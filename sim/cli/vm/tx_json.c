#include "sim/cli/vm/tx_json.h"

#include <string.h>

#include "models/base/error.h"
#include "sim/cli/vm/fixture_tx.h"

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

const char *orr_tx_json_read(struct orr_mem *mem, const json_t *in, const struct orr_u256 *chain_id,
                             struct orr_evm_tx *tx, struct orr_buffer *data) {
    struct reading r = {.mem = mem, .in = in, .tx = tx};
    if (!json_is_object(in)) return "it";
    read_fields(&r, chain_id, data);
    return r.bad;
}
