/* blocks.c - methods that show blocks, transactions and receipts. */
#include "sim/cli/rpc/objects.h"
#include "sim/cli/rpc/pool.h"

/* ---- which one is meant ---- */

static bool by_hash(struct orr_jsonrpc_call *call, struct orr_chain_link **link) {
    struct orr_hash hash;
    if (!orr_jsonrpc_param_hash(call, 0, &hash)) return false;
    *link = orr_chain_find(call->rpc->chain, &hash);
    return true;
}

static bool by_number(struct orr_jsonrpc_call *call, struct orr_chain_link **link) {
    return orr_jsonrpc_param_block(call, 0, ORR_JSONRPC_REQUIRED, link);
}

/* ---- blocks ---- */

json_t *orr_jsonrpc_eth_blockNumber(struct orr_jsonrpc_call *call) {
    return orr_json_number(orr_chain_number(call->rpc->chain->head));
}

static json_t *show(struct orr_jsonrpc_call *call, const struct orr_chain_link *link) {
    bool has_txs;
    if (!orr_jsonrpc_param_flag(call, 1, false, &has_txs)) return NULL;
    return link ? orr_jsonrpc_block_json(call->rpc, link, has_txs) : json_null();
}

json_t *orr_jsonrpc_eth_getBlockByHash(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    return by_hash(call, &link) ? show(call, link) : NULL;
}

json_t *orr_jsonrpc_eth_getBlockByNumber(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    return by_number(call, &link) ? show(call, link) : NULL;
}

json_t *orr_jsonrpc_eth_getBlockTransactionCountByHash(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!by_hash(call, &link)) return NULL;
    return link ? orr_json_number(link->block->block.n_txs) : json_null();
}

json_t *orr_jsonrpc_eth_getBlockTransactionCountByNumber(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!by_number(call, &link)) return NULL;
    return link ? orr_json_number(link->block->block.n_txs) : json_null();
}

json_t *orr_jsonrpc_eth_getUncleCountByBlockHash(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!by_hash(call, &link)) return NULL;
    return link ? orr_json_number(link->block->block.n_ommers) : json_null();
}

json_t *orr_jsonrpc_eth_getUncleCountByBlockNumber(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!by_number(call, &link)) return NULL;
    return link ? orr_json_number(link->block->block.n_ommers) : json_null();
}

/* An ommer is a block of which the header alone is known. */
static json_t *show_ommer(struct orr_jsonrpc_call *call, const struct orr_chain_link *link) {
    uint64_t i;
    if (!orr_jsonrpc_param_number(call, 1, &i)) return NULL;
    const struct orr_evm_block *b = link ? &link->block->block : NULL;
    if (!b || i >= b->n_ommers) return json_null();
    struct orr_rlp_writer w = {.mem = call->rpc->mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_evm_header_encode(&b->ommers[i], &w);
    orr_rlp_list_end(&w, orr_rlp_list_begin(&w)); /* transactions */
    orr_rlp_list_end(&w, orr_rlp_list_begin(&w)); /* ommers */
    orr_rlp_list_end(&w, list);
    json_t *json = orr_jsonrpc_header_json(&b->ommers[i], &b->ommer_hashes[i]);
    orr_json_set_number(json, "size", w.len);
    json_object_set_new(json, "uncles", json_array());
    orr_rlp_free(&w);
    return json;
}

json_t *orr_jsonrpc_eth_getUncleByBlockHashAndIndex(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    return by_hash(call, &link) ? show_ommer(call, link) : NULL;
}

json_t *orr_jsonrpc_eth_getUncleByBlockNumberAndIndex(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    return by_number(call, &link) ? show_ommer(call, link) : NULL;
}

/* ---- transactions ---- */

json_t *orr_jsonrpc_eth_getTransactionByHash(struct orr_jsonrpc_call *call) {
    struct orr_hash hash;
    struct orr_jsonrpc_place place;
    if (!orr_jsonrpc_param_hash(call, 0, &hash)) return NULL;
    if (orr_jsonrpc_find_tx(call->rpc, &hash, &place))
        return orr_jsonrpc_tx_json(call->rpc, place.link, place.i);
    json_t *waiting = orr_jsonrpc_pool_tx(call->rpc, &hash);
    return waiting ? waiting : json_null();
}

static json_t *tx_at(struct orr_jsonrpc_call *call, const struct orr_chain_link *link) {
    uint64_t i;
    if (!orr_jsonrpc_param_number(call, 1, &i)) return NULL;
    if (!link || i >= link->block->block.n_txs) return json_null();
    return orr_jsonrpc_tx_json(call->rpc, link, (uint32_t)i);
}

json_t *orr_jsonrpc_eth_getTransactionByBlockHashAndIndex(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    return by_hash(call, &link) ? tx_at(call, link) : NULL;
}

json_t *orr_jsonrpc_eth_getTransactionByBlockNumberAndIndex(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    return by_number(call, &link) ? tx_at(call, link) : NULL;
}

/* ---- receipts ---- */

static json_t *receipt_json(struct orr_jsonrpc *rpc, const struct orr_chain_link *link,
                            uint32_t i) {
    const struct orr_evm_block *b = &link->block->block;
    struct orr_engine_block block;
    struct orr_engine_tx tx;
    struct orr_engine_receipt r;
    if (orr_chain_engine.block(rpc->chain, &b->hash, &block) ||
        orr_chain_engine.tx(rpc->chain, &b->hash, i, &tx) ||
        orr_chain_engine.receipt(rpc->chain, &b->hash, i, &r))
        return json_null();
    json_t *json = json_object(), *logs = json_array();
    struct orr_jsonrpc_log_place place = {.block = b->hash,
                                          .tx = tx.hash,
                                          .number = b->header.number,
                                          .time = b->header.timestamp,
                                          .tx_index = i};
    orr_json_set_hash(json, "blockHash", &b->hash);
    orr_json_set_number(json, "blockNumber", b->header.number);
    json_object_set_new(json, "contractAddress",
                        r.has_created ? orr_json_of_address(&r.created) : json_null());
    orr_json_set_number(json, "cumulativeGasUsed", r.cumulative_gas);
    orr_json_set_quantity(json, "effectiveGasPrice", tx.price);
    orr_json_set_address(json, "from", &tx.sender);
    orr_json_set_number(json, "gasUsed", r.gas_used);
    for (uint32_t k = 0; k < r.n_logs; k++) {
        struct orr_engine_log log;
        if (orr_chain_engine.log(rpc->chain, &b->hash, i, k, &log)) break;
        place.index = r.first_log + k;
        json_array_append_new(logs, orr_jsonrpc_log_json(&log, &place));
    }
    json_object_set_new(json, "logs", logs);
    orr_json_set_data(json, "logsBloom", r.bloom, 256);
    if (r.has_status)
        orr_json_set_number(json, "status", r.is_success);
    else
        orr_json_set_hash(json, "root", &r.post_state);
    json_object_set_new(json, "to", tx.is_create ? json_null() : orr_json_of_address(&tx.to));
    orr_json_set_hash(json, "transactionHash", &tx.hash);
    orr_json_set_number(json, "transactionIndex", i);
    orr_json_set_number(json, "type", tx.type);
    if (tx.type == ORR_TX_BLOB) {
        orr_json_set_number(json, "blobGasUsed", b->txs[i].n_blob_hashes * ORR_BLOB_GAS);
        orr_json_set_quantity(json, "blobGasPrice", block.blob_fee);
    }
    return json;
}

json_t *orr_jsonrpc_eth_getTransactionReceipt(struct orr_jsonrpc_call *call) {
    struct orr_hash hash;
    struct orr_jsonrpc_place place;
    if (!orr_jsonrpc_param_hash(call, 0, &hash)) return NULL;
    if (!orr_jsonrpc_find_tx(call->rpc, &hash, &place)) return json_null();
    return receipt_json(call->rpc, place.link, place.i);
}

json_t *orr_jsonrpc_eth_getBlockReceipts(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!orr_jsonrpc_param_block(call, 0, ORR_JSONRPC_MAY_BE_HASH | ORR_JSONRPC_REQUIRED, &link))
        return NULL;
    if (!link) return json_null();
    json_t *list = json_array();
    for (uint32_t i = 0; i < link->block->block.n_txs; i++)
        json_array_append_new(list, receipt_json(call->rpc, link, i));
    return list;
}

/* ---- as bytes ---- */

static struct orr_chain_link *raw(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!orr_jsonrpc_param_block(call, 0, ORR_JSONRPC_MAY_BE_HASH | ORR_JSONRPC_REQUIRED, &link))
        return NULL;
    if (!link) orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "block not found");
    return link;
}

json_t *orr_jsonrpc_debug_getRawBlock(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link = raw(call);
    struct orr_rlp_writer w;
    if (!link) return NULL;
    orr_jsonrpc_block_encode(call->rpc, link, &w);
    json_t *json = orr_json_data(w.bytes, w.len);
    orr_rlp_free(&w);
    return json;
}

json_t *orr_jsonrpc_debug_getRawHeader(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link = raw(call);
    struct orr_rlp_writer w = {.mem = call->rpc->mem};
    if (!link) return NULL;
    orr_evm_header_encode(&link->block->block.header, &w);
    json_t *json = orr_json_data(w.bytes, w.len);
    orr_rlp_free(&w);
    return json;
}

json_t *orr_jsonrpc_debug_getRawReceipts(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link = raw(call);
    if (!link) return NULL;
    json_t *list = json_array();
    for (uint32_t i = 0; i < link->block->block.n_txs; i++) {
        struct orr_engine_receipt r;
        if (orr_chain_engine.receipt(call->rpc->chain, orr_chain_hash(link), i, &r)) break;
        json_array_append_new(list, orr_json_data(r.bytes, r.len));
    }
    return list;
}

json_t *orr_jsonrpc_debug_getRawTransaction(struct orr_jsonrpc_call *call) {
    struct orr_hash hash;
    struct orr_jsonrpc_place place;
    if (!orr_jsonrpc_param_hash(call, 0, &hash)) return NULL;
    if (!orr_jsonrpc_find_tx(call->rpc, &hash, &place)) return orr_json_data("", 0);
    const struct orr_rlp_item *item = &place.link->block->block.tx_items[place.i];
    return orr_json_data(item->payload, item->len);
}
