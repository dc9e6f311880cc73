/* t8n_txs.c - the transactions: JSON objects as JSON-RPC writes them, signed or with the key to
 * sign them, or a block body in RLP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/sign.h"
#include "sim/cli/vm/t8n.h"
#include "sim/cli/vm/tx_json.h"

static bool is_unsigned(const struct orr_evm_tx *tx) {
    return orr_u256_is_zero(tx->v) && orr_u256_is_zero(tx->r) && orr_u256_is_zero(tx->s);
}

/* Returns the field that is malformed, or NULL. */
static const char *sign(struct orr_mem *mem, const json_t *in, struct orr_evm_tx *tx) {
    uint8_t key[32];
    const json_t *secret = json_object_get(in, "secretKey");
    tx->has_chain_id = !json_is_false(json_object_get(in, "protected"));
    if (!secret || json_is_null(secret) || !is_unsigned(tx)) return NULL;
    int error = orr_json_fixed(secret, key, sizeof key);
    if (!error) error = orr_vm_sign_tx(mem, tx, key);
    return error ? "secretKey" : NULL;
}

static int read_object(struct orr_mem *mem, const json_t *in, const struct orr_u256 *chain_id,
                       size_t i, struct orr_t8n_tx *out, char *why) {
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY};
    struct orr_buffer data = {NULL, 0};
    const char *bad = orr_tx_json_read(mem, in, chain_id, &tx, &data);
    if (!bad) bad = sign(mem, in, &tx);
    if (!bad) {
        struct orr_rlp_writer w = {.mem = mem};
        orr_evm_tx_encode(&tx, &w);
        out->bytes = (struct orr_buffer){orr_xrealloc(NULL, w.len + 1), w.len};
        memcpy(out->bytes.bytes, w.bytes, w.len);
        orr_rlp_free(&w);
    }
    orr_evm_tx_free(mem, &tx);
    free(data.bytes);
    if (!bad) return 0;
    snprintf(why, ORR_T8N_WHY_BYTES, "txs[%zu]: %s is malformed", i, bad);
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
