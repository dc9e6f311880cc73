#include "sim/cli/index/unjson.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"

/* Members that are read one after another; *why names the first that is not what it must be. */
struct reader {
    const json_t *object;
    const char *why; /* NULL: all is well */
};

static void fail(struct reader *r, const char *why) {
    if (!r->why) r->why = why;
}
static const json_t *member(struct reader *r, const char *key) {
    const json_t *value = json_object_get(r->object, key);
    return json_is_null(value) ? NULL : value;
}
static uint64_t number(struct reader *r, const char *key, const char *why) {
    uint64_t value = 0;
    if (orr_json_u64(member(r, key), &value)) fail(r, why);
    return value;
}
static struct orr_u256 word(struct reader *r, const char *key, const char *why) {
    struct orr_u256 value = {{0}};
    if (orr_json_u256(member(r, key), &value)) fail(r, why);
    return value;
}
static void fixed(struct reader *r, const char *key, void *to, size_t len, const char *why) {
    if (orr_json_fixed(member(r, key), to, len)) fail(r, why);
}
/* Bytes that are the caller's to free(). */
static struct orr_buffer bytes(struct reader *r, const char *key, const char *why) {
    struct orr_buffer b = {NULL, 0};
    if (orr_json_bytes(member(r, key), &b)) fail(r, why);
    return b;
}

/* ---- headers ---- */

static void write_header(const json_t *json, struct orr_rlp_writer *w, const char **why) {
    struct reader r = {.object = json};
    struct orr_evm_header h = {.n_fields = member(&r, "requestsHash")      ? ORR_HEADER_PRAGUE
                                           : member(&r, "blobGasUsed")     ? ORR_HEADER_CANCUN
                                           : member(&r, "withdrawalsRoot") ? ORR_HEADER_SHANGHAI
                                           : member(&r, "baseFeePerGas")   ? ORR_HEADER_LONDON
                                                                           : ORR_HEADER_FRONTIER};
    struct orr_buffer extra = bytes(&r, "extraData", "a block's extraData");
    h.extra_data = extra.bytes, h.extra_data_len = extra.len;
    fixed(&r, "parentHash", h.parent_hash.bytes, 32, "a block's parentHash");
    fixed(&r, "sha3Uncles", h.ommers_hash.bytes, 32, "a block's sha3Uncles");
    fixed(&r, "miner", h.coinbase.bytes, sizeof h.coinbase.bytes, "a block's miner");
    fixed(&r, "stateRoot", h.state_root.bytes, 32, "a block's stateRoot");
    fixed(&r, "transactionsRoot", h.transactions_root.bytes, 32, "a block's transactionsRoot");
    fixed(&r, "receiptsRoot", h.receipts_root.bytes, 32, "a block's receiptsRoot");
    fixed(&r, "logsBloom", h.bloom.bytes, sizeof h.bloom.bytes, "a block's logsBloom");
    fixed(&r, "mixHash", h.mix_hash.bytes, 32, "a block's mixHash");
    fixed(&r, "nonce", h.nonce, sizeof h.nonce, "a block's nonce");
    h.difficulty = word(&r, "difficulty", "a block's difficulty");
    h.number = number(&r, "number", "a block's number");
    h.gas_limit = number(&r, "gasLimit", "a block's gasLimit");
    h.gas_used = number(&r, "gasUsed", "a block's gasUsed");
    h.timestamp = number(&r, "timestamp", "a block's timestamp");
    if (h.n_fields >= ORR_HEADER_LONDON)
        h.base_fee = word(&r, "baseFeePerGas", "a block's baseFeePerGas");
    if (h.n_fields >= ORR_HEADER_SHANGHAI)
        fixed(&r, "withdrawalsRoot", h.withdrawals_root.bytes, 32, "a block's withdrawalsRoot");
    if (h.n_fields >= ORR_HEADER_CANCUN) {
        h.blob_gas_used = number(&r, "blobGasUsed", "a block's blobGasUsed");
        h.excess_blob_gas = number(&r, "excessBlobGas", "a block's excessBlobGas");
        fixed(&r, "parentBeaconBlockRoot", h.parent_beacon_root.bytes, 32,
              "a block's parentBeaconBlockRoot");
    }
    if (h.n_fields >= ORR_HEADER_PRAGUE)
        fixed(&r, "requestsHash", h.requests_hash.bytes, 32, "a block's requestsHash");
    if (!r.why) orr_evm_header_encode(&h, w);
    if (!*why) *why = r.why;
    free(extra.bytes);
}

/* ---- transactions ---- */

static void read_access(struct reader *r, struct orr_mem *mem, struct orr_evm_tx *tx) {
    const json_t *list = member(r, "accessList");
    size_t n_keys = 0, n = json_array_size(list);
    for (size_t i = 0; i < n; i++)
        n_keys += json_array_size(json_object_get(json_array_get(list, i), "storageKeys"));
    tx->access = orr_alloc_zero(mem, n * sizeof *tx->access);
    tx->access_keys = orr_alloc_zero(mem, n_keys * sizeof *tx->access_keys);
    tx->n_access = n;
    tx->n_access_keys = n_keys;
    n_keys = 0;
    for (size_t i = 0; i < n; i++) {
        struct reader one = {.object = json_array_get(list, i)};
        const json_t *keys = json_object_get(one.object, "storageKeys");
        fixed(&one, "address", tx->access[i].address.bytes, 20, "an access list's address");
        tx->access[i].first_key = n_keys;
        tx->access[i].n_keys = json_array_size(keys);
        for (size_t k = 0; k < tx->access[i].n_keys; k++) {
            struct orr_hash key;
            if (orr_json_hash(json_array_get(keys, k), &key))
                fail(r, "an access list's storageKeys");
            else
                tx->access_keys[n_keys] = orr_u256_from_hash(key);
            n_keys++;
        }
        if (one.why) fail(r, one.why);
    }
}

static void read_blobs(struct reader *r, struct orr_mem *mem, struct orr_evm_tx *tx) {
    const json_t *list = member(r, "blobVersionedHashes");
    tx->max_blob_fee = word(r, "maxFeePerBlobGas", "a transaction's maxFeePerBlobGas");
    tx->n_blob_hashes = json_array_size(list);
    tx->blob_hashes = orr_alloc_zero(mem, tx->n_blob_hashes * sizeof *tx->blob_hashes);
    for (size_t i = 0; i < tx->n_blob_hashes; i++)
        if (orr_json_hash(json_array_get(list, i), &tx->blob_hashes[i]))
            fail(r, "a transaction's blobVersionedHashes");
}

static void read_authorizations(struct reader *r, struct orr_mem *mem, struct orr_evm_tx *tx) {
    const json_t *list = member(r, "authorizationList");
    static const char why[] = "a transaction's authorizationList";
    tx->n_authorizations = json_array_size(list);
    tx->authorizations = orr_alloc_zero(mem, tx->n_authorizations * sizeof *tx->authorizations);
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        struct reader one = {.object = json_array_get(list, i)};
        tx->authorizations[i] =
            (struct orr_evm_tx_authorization){.chain_id = word(&one, "chainId", why),
                                              .nonce = number(&one, "nonce", why),
                                              .y_parity = word(&one, "yParity", why),
                                              .r = word(&one, "r", why),
                                              .s = word(&one, "s", why)};
        fixed(&one, "address", tx->authorizations[i].address.bytes, 20, why);
        if (one.why) fail(r, one.why);
    }
}

/* A legacy transaction's chain is in its v (EIP-155). */
static void read_legacy(struct reader *r, struct orr_evm_tx *tx) {
    tx->has_chain_id = member(r, "chainId") != NULL;
    if (tx->has_chain_id) tx->chain_id = word(r, "chainId", "a transaction's chainId");
    tx->max_fee = tx->max_priority_fee = word(r, "gasPrice", "a transaction's gasPrice");
    tx->v = word(r, "v", "a transaction's v");
}

static void read_typed(struct reader *r, struct orr_mem *mem, struct orr_evm_tx *tx) {
    tx->has_chain_id = true;
    tx->chain_id = word(r, "chainId", "a transaction's chainId");
    if (tx->type == ORR_TX_ACCESS_LIST) {
        tx->max_fee = tx->max_priority_fee = word(r, "gasPrice", "a transaction's gasPrice");
    } else {
        tx->max_fee = word(r, "maxFeePerGas", "a transaction's maxFeePerGas");
        tx->max_priority_fee =
            word(r, "maxPriorityFeePerGas", "a transaction's maxPriorityFeePerGas");
    }
    tx->v = word(r, member(r, "yParity") ? "yParity" : "v", "a transaction's yParity");
    read_access(r, mem, tx);
    if (tx->type == ORR_TX_BLOB) read_blobs(r, mem, tx);
    if (tx->type == ORR_TX_SET_CODE) read_authorizations(r, mem, tx);
}

static int write_tx(struct orr_mem *mem, const json_t *json, struct orr_rlp_writer *w,
                    const char **why) {
    struct reader r = {.object = json};
    uint64_t type = member(&r, "type") ? number(&r, "type", "a transaction's type") : 0;
    if (!r.why && type >= ORR_TX_N_TYPES) {
        *why = "a transaction of unknown type";
        return ORR_EUNSUPPORTED;
    }
    struct orr_buffer data = bytes(&r, "input", "a transaction's input");
    struct orr_evm_tx tx = {.type = (enum orr_evm_tx_type)type,
                            .nonce = number(&r, "nonce", "a transaction's nonce"),
                            .gas_limit = number(&r, "gas", "a transaction's gas"),
                            .value = word(&r, "value", "a transaction's value"),
                            .r = word(&r, "r", "a transaction's r"),
                            .s = word(&r, "s", "a transaction's s"),
                            .is_create = !member(&r, "to"),
                            .data = data.bytes,
                            .data_len = data.len};
    if (!tx.is_create) fixed(&r, "to", tx.to.bytes, sizeof tx.to.bytes, "a transaction's to");
    if (type == ORR_TX_LEGACY)
        read_legacy(&r, &tx);
    else
        read_typed(&r, mem, &tx);
    if (!r.why) {
        struct orr_rlp_writer one = {.mem = mem};
        orr_evm_tx_encode(&tx, &one);
        if (type == ORR_TX_LEGACY)
            orr_rlp_write_raw(w, one.bytes, one.len);
        else
            orr_rlp_write_string(w, one.bytes, one.len);
        orr_rlp_free(&one);
    }
    orr_evm_tx_free(mem, &tx);
    free(data.bytes);
    if (!*why) *why = r.why;
    return r.why ? ORR_EFORMAT : 0;
}

/* ---- blocks ---- */

static void write_withdrawals(const json_t *list, struct orr_rlp_writer *w, const char **why) {
    static const char bad[] = "a block's withdrawals";
    size_t all = orr_rlp_list_begin(w);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct reader r = {.object = json_array_get(list, i)};
        struct orr_address address = {{0}};
        fixed(&r, "address", address.bytes, sizeof address.bytes, bad);
        size_t one = orr_rlp_list_begin(w);
        orr_rlp_write_u64(w, number(&r, "index", bad));
        orr_rlp_write_u64(w, number(&r, "validatorIndex", bad));
        orr_rlp_write_string(w, address.bytes, sizeof address.bytes);
        orr_rlp_write_u64(w, number(&r, "amount", bad));
        orr_rlp_list_end(w, one);
        if (r.why && !*why) *why = r.why;
    }
    orr_rlp_list_end(w, all);
}

int orr_unjson_block(struct orr_mem *mem, const json_t *block, const json_t *ommers,
                     struct orr_rlp_writer *w, struct orr_hash *hash, const char **why) {
    const json_t *txs = json_object_get(block, "transactions");
    const json_t *withdrawals = json_object_get(block, "withdrawals");
    struct orr_rlp_writer header = {.mem = mem};
    size_t before = w->len, all = orr_rlp_list_begin(w);
    int error = 0;
    *why = NULL;
    write_header(block, &header, why);
    orr_rlp_write_raw(w, header.bytes, header.len);
    if (!*why) *hash = orr_keccak256(header.bytes, header.len);
    orr_rlp_free(&header);
    if (!json_is_array(txs) && !*why) *why = "a block's transactions";
    size_t list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < json_array_size(txs) && !error && !*why; i++)
        error = write_tx(mem, json_array_get(txs, i), w, why);
    orr_rlp_list_end(w, list);
    list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < json_array_size(ommers) && !*why; i++)
        write_header(json_array_get(ommers, i), w, why);
    orr_rlp_list_end(w, list);
    if (json_is_array(withdrawals)) write_withdrawals(withdrawals, w, why);
    orr_rlp_list_end(w, all);
    if (!error && *why) error = ORR_EFORMAT;
    if (error) w->len = before;
    return error;
}

/* ---- receipts ---- */

static void write_log(const json_t *json, struct orr_rlp_writer *w, const char **why) {
    struct reader r = {.object = json};
    const json_t *topics = json_object_get(json, "topics");
    struct orr_address address = {{0}};
    struct orr_hash topic;
    struct orr_buffer data = bytes(&r, "data", "a log's data");
    fixed(&r, "address", address.bytes, sizeof address.bytes, "a log's address");
    if (!json_is_array(topics)) fail(&r, "a log's topics");
    size_t log = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, address.bytes, sizeof address.bytes);
    size_t list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < json_array_size(topics) && !r.why; i++)
        if (orr_json_hash(json_array_get(topics, i), &topic))
            fail(&r, "a log's topics");
        else
            orr_rlp_write_string(w, topic.bytes, sizeof topic.bytes);
    orr_rlp_list_end(w, list);
    orr_rlp_write_string(w, data.bytes, data.len);
    orr_rlp_list_end(w, log);
    free(data.bytes);
    if (r.why && !*why) *why = r.why;
}

int orr_unjson_receipt(const json_t *receipt, struct orr_rlp_writer *w, const char **why) {
    struct reader r = {.object = receipt};
    const json_t *logs = member(&r, "logs");
    uint8_t root[32], bloom[256];
    size_t before = w->len;
    uint64_t type = member(&r, "type") ? number(&r, "type", "a receipt's type") : 0;
    *why = NULL;
    fixed(&r, "logsBloom", bloom, sizeof bloom, "a receipt's logsBloom");
    if (!json_is_array(logs)) fail(&r, "a receipt's logs");
    if (type) orr_rlp_write_raw(w, (uint8_t[]){(uint8_t)type}, 1);
    size_t all = orr_rlp_list_begin(w);
    if (member(&r, "status")) { /* EIP-658 */
        orr_rlp_write_u64(w, number(&r, "status", "a receipt's status"));
    } else {
        fixed(&r, "root", root, sizeof root, "a receipt's status");
        if (!r.why) orr_rlp_write_string(w, root, sizeof root);
    }
    orr_rlp_write_u64(w, number(&r, "cumulativeGasUsed", "a receipt's cumulativeGasUsed"));
    if (!r.why) orr_rlp_write_string(w, bloom, sizeof bloom);
    size_t list = orr_rlp_list_begin(w);
    for (size_t i = 0; i < json_array_size(logs) && !r.why; i++)
        write_log(json_array_get(logs, i), w, &r.why);
    orr_rlp_list_end(w, list);
    orr_rlp_list_end(w, all);
    *why = r.why;
    if (r.why) w->len = before;
    return r.why ? ORR_EFORMAT : 0;
}
