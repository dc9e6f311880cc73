#include "sim/cli/rpc/objects.h"

/* ---- blocks ---- */

void orr_jsonrpc_block_encode(struct orr_jsonrpc *rpc, const struct orr_chain_link *link,
                              struct orr_rlp_writer *w) {
    const struct orr_evm_header *h = &link->block->block.header;
    *w = (struct orr_rlp_writer){.mem = rpc->mem};
    if (link->block->bytes) {
        orr_rlp_write_raw(w, link->block->bytes, link->block->len);
        return;
    }
    size_t list = orr_rlp_list_begin(w);
    orr_evm_header_encode(h, w);
    orr_rlp_list_end(w, orr_rlp_list_begin(w)); /* transactions */
    orr_rlp_list_end(w, orr_rlp_list_begin(w)); /* ommers */
    if (h->n_fields >= ORR_HEADER_SHANGHAI) orr_rlp_list_end(w, orr_rlp_list_begin(w));
    orr_rlp_list_end(w, list);
}

json_t *orr_jsonrpc_header_json(const struct orr_evm_header *h, const struct orr_hash *hash) {
    json_t *json = json_object();
    orr_json_set_number(json, "number", h->number);
    orr_json_set_hash(json, "hash", hash);
    orr_json_set_hash(json, "parentHash", &h->parent_hash);
    orr_json_set_data(json, "nonce", h->nonce, sizeof h->nonce);
    orr_json_set_hash(json, "mixHash", &h->mix_hash);
    orr_json_set_hash(json, "sha3Uncles", &h->ommers_hash);
    orr_json_set_data(json, "logsBloom", h->bloom.bytes, sizeof h->bloom.bytes);
    orr_json_set_hash(json, "stateRoot", &h->state_root);
    orr_json_set_address(json, "miner", &h->coinbase);
    orr_json_set_quantity(json, "difficulty", h->difficulty);
    orr_json_set_data(json, "extraData", h->extra_data, h->extra_data_len);
    orr_json_set_number(json, "gasLimit", h->gas_limit);
    orr_json_set_number(json, "gasUsed", h->gas_used);
    orr_json_set_number(json, "timestamp", h->timestamp);
    orr_json_set_hash(json, "transactionsRoot", &h->transactions_root);
    orr_json_set_hash(json, "receiptsRoot", &h->receipts_root);
    if (h->n_fields >= ORR_HEADER_LONDON) orr_json_set_quantity(json, "baseFeePerGas", h->base_fee);
    if (h->n_fields >= ORR_HEADER_SHANGHAI)
        orr_json_set_hash(json, "withdrawalsRoot", &h->withdrawals_root);
    if (h->n_fields >= ORR_HEADER_CANCUN) {
        orr_json_set_number(json, "blobGasUsed", h->blob_gas_used);
        orr_json_set_number(json, "excessBlobGas", h->excess_blob_gas);
        orr_json_set_hash(json, "parentBeaconBlockRoot", &h->parent_beacon_root);
    }
    if (h->n_fields >= ORR_HEADER_PRAGUE)
        orr_json_set_hash(json, "requestsHash", &h->requests_hash);
    if (h->n_fields >= ORR_HEADER_AMSTERDAM) {
        orr_json_set_hash(json, "blockAccessListHash", &h->access_list_hash);
        orr_json_set_number(json, "slotNumber", h->slot_number);
    }
    return json;
}

json_t *orr_jsonrpc_withdrawals_json(const struct orr_evm_withdrawal *withdrawals, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *json = json_object();
        orr_json_set_number(json, "index", withdrawals[i].index);
        orr_json_set_number(json, "validatorIndex", withdrawals[i].validator);
        orr_json_set_address(json, "address", &withdrawals[i].address);
        orr_json_set_number(json, "amount", withdrawals[i].amount_gwei);
        json_array_append_new(list, json);
    }
    return list;
}

json_t *orr_jsonrpc_block_json(struct orr_jsonrpc *rpc, const struct orr_chain_link *link,
                               bool has_txs) {
    const struct orr_evm_block *b = &link->block->block;
    struct orr_rlp_writer w;
    json_t *json = orr_jsonrpc_header_json(&b->header, &b->hash);
    json_t *txs = json_array(), *ommers = json_array();
    orr_jsonrpc_block_encode(rpc, link, &w);
    orr_json_set_number(json, "size", w.len);
    orr_rlp_free(&w);
    for (uint32_t i = 0; i < b->n_txs; i++) {
        struct orr_hash hash = orr_keccak256(b->tx_items[i].payload, b->tx_items[i].len);
        json_array_append_new(txs, has_txs ? orr_jsonrpc_tx_json(rpc, link, i)
                                           : orr_json_of_hash(&hash));
    }
    for (size_t i = 0; i < b->n_ommers; i++)
        json_array_append_new(ommers, orr_json_of_hash(&b->ommer_hashes[i]));
    json_object_set_new(json, "transactions", txs);
    json_object_set_new(json, "uncles", ommers);
    if (b->header.n_fields >= ORR_HEADER_SHANGHAI)
        json_object_set_new(json, "withdrawals",
                            orr_jsonrpc_withdrawals_json(b->withdrawals, b->n_withdrawals));
    return json;
}

/* ---- transactions ---- */

static json_t *access_list(const struct orr_evm_tx *tx) {
    json_t *list = json_array();
    for (size_t i = 0; i < tx->n_access; i++) {
        const struct orr_evm_tx_access *a = &tx->access[i];
        json_t *json = json_object(), *keys = json_array();
        for (size_t k = 0; k < a->n_keys; k++) {
            struct orr_hash key = orr_u256_to_hash(tx->access_keys[a->first_key + k]);
            json_array_append_new(keys, orr_json_of_hash(&key));
        }
        orr_json_set_address(json, "address", &a->address);
        json_object_set_new(json, "storageKeys", keys);
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *authorizations(const struct orr_evm_tx *tx) {
    json_t *list = json_array();
    for (size_t i = 0; i < tx->n_authorizations; i++) {
        const struct orr_evm_tx_authorization *a = &tx->authorizations[i];
        json_t *json = json_object();
        orr_json_set_quantity(json, "chainId", a->chain_id);
        orr_json_set_address(json, "address", &a->address);
        orr_json_set_number(json, "nonce", a->nonce);
        orr_json_set_quantity(json, "yParity", a->y_parity);
        orr_json_set_quantity(json, "r", a->r);
        orr_json_set_quantity(json, "s", a->s);
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *blob_hashes(const struct orr_evm_tx *tx) {
    json_t *list = json_array();
    for (size_t i = 0; i < tx->n_blob_hashes; i++)
        json_array_append_new(list, orr_json_of_hash(&tx->blob_hashes[i]));
    return list;
}

json_t *orr_jsonrpc_tx_fields(const struct orr_evm_tx *tx, const struct orr_hash *hash,
                              const struct orr_address *sender, const struct orr_u256 *price) {
    json_t *json = json_object();
    orr_json_set_address(json, "from", sender);
    orr_json_set_number(json, "gas", tx->gas_limit);
    orr_json_set_quantity(json, "gasPrice", *price);
    orr_json_set_hash(json, "hash", hash);
    orr_json_set_data(json, "input", tx->data, tx->data_len);
    orr_json_set_number(json, "nonce", tx->nonce);
    json_object_set_new(json, "to", tx->is_create ? json_null() : orr_json_of_address(&tx->to));
    orr_json_set_quantity(json, "value", tx->value);
    orr_json_set_number(json, "type", tx->type);
    if (tx->type >= ORR_TX_FEE_MARKET) {
        orr_json_set_quantity(json, "maxFeePerGas", tx->max_fee);
        orr_json_set_quantity(json, "maxPriorityFeePerGas", tx->max_priority_fee);
    }
    if (tx->type >= ORR_TX_ACCESS_LIST) json_object_set_new(json, "accessList", access_list(tx));
    if (tx->has_chain_id) orr_json_set_quantity(json, "chainId", tx->chain_id);
    if (tx->type == ORR_TX_BLOB) {
        orr_json_set_quantity(json, "maxFeePerBlobGas", tx->max_blob_fee);
        json_object_set_new(json, "blobVersionedHashes", blob_hashes(tx));
    }
    if (tx->type == ORR_TX_SET_CODE)
        json_object_set_new(json, "authorizationList", authorizations(tx));
    orr_json_set_quantity(json, "v", tx->v);
    orr_json_set_quantity(json, "r", tx->r);
    orr_json_set_quantity(json, "s", tx->s);
    if (tx->type >= ORR_TX_ACCESS_LIST) orr_json_set_quantity(json, "yParity", tx->v);
    return json;
}

json_t *orr_jsonrpc_tx_json(struct orr_jsonrpc *rpc, const struct orr_chain_link *link,
                            uint32_t i) {
    const struct orr_evm_block *b = &link->block->block;
    struct orr_engine_tx tx;
    if (orr_chain_engine.tx(rpc->chain, &b->hash, i, &tx)) return json_null();
    json_t *json = orr_jsonrpc_tx_fields(&b->txs[i], &tx.hash, &tx.sender, &tx.price);
    orr_json_set_hash(json, "blockHash", &b->hash);
    orr_json_set_number(json, "blockNumber", b->header.number);
    orr_json_set_number(json, "blockTimestamp", b->header.timestamp);
    orr_json_set_number(json, "transactionIndex", i);
    return json;
}

/* ---- logs ---- */

json_t *orr_jsonrpc_log_json(const struct orr_engine_log *log,
                             const struct orr_jsonrpc_log_place *place) {
    json_t *json = json_object(), *topics = json_array();
    for (int i = 0; i < log->n_topics; i++)
        json_array_append_new(topics, orr_json_of_hash(&log->topics[i]));
    orr_json_set_address(json, "address", &log->address);
    json_object_set_new(json, "topics", topics);
    orr_json_set_data(json, "data", log->data, log->len);
    orr_json_set_number(json, "blockNumber", place->number);
    orr_json_set_hash(json, "transactionHash", &place->tx);
    orr_json_set_number(json, "transactionIndex", place->tx_index);
    orr_json_set_hash(json, "blockHash", &place->block);
    orr_json_set_number(json, "blockTimestamp", place->time);
    orr_json_set_number(json, "logIndex", place->index);
    json_object_set_new(json, "removed", json_boolean(place->is_removed));
    return json;
}
