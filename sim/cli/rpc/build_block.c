/* build_block.c - testing_buildBlockV1 (execution-apis): a block with given transactions, or those
 * of the pool, on a parent, as an execution payload.  It becomes no head. */
#include <stdlib.h>
#include <string.h>

#include "models/base/sha256.h"
#include "models/chain/build.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/rpc/objects.h"
#include "sim/cli/rpc/refusal.h"

enum { GAS_TARGET = 60000000, MAX_TXS = 10000 };

/* Transactions in the order of the block: as they came, offered one by one until one is refused, or
 * the pool's, of which those that cannot run are passed over. */
struct given {
    struct orr_jsonrpc_call *call;
    struct tx {
        struct orr_buffer bytes;
        struct orr_evm_tx tx;
        struct orr_evm_sender sender;
        uint64_t next_nonce; /* of the pool's: the sender's next, what it pays, */
        struct orr_u256 price;
        bool is_out; /* ... and that it cannot be built with */
    } * txs;
    size_t n, n_offered, at;     /* the first n_offered are offered */
    enum orr_evm_tx_error error; /* of the one before `at` */
    struct orr_chain_offer offer;
    bool is_pool;
};

static const struct orr_chain_offer *next_tx(void *ctx) {
    struct given *g = ctx;
    if ((g->error && !g->is_pool) || g->at == g->n_offered) return NULL;
    const struct tx *t = &g->txs[g->at++];
    g->offer = (struct orr_chain_offer){&t->tx, t->bytes.bytes, t->bytes.len, &t->sender};
    return &g->offer;
}

static void tried(void *ctx, enum orr_evm_tx_error error) { ((struct given *)ctx)->error = error; }

static bool read_tx(struct orr_jsonrpc_call *call, const json_t *json,
                    const struct orr_evm_chain_fork *rules, struct tx *t) {
    const char *text = json_string_value(json);
    if (!text || strncmp(text, "0x", 2) || orr_hex_decode(text, &t->bytes) ||
        orr_evm_tx_decode(call->rpc->mem, t->bytes.bytes, t->bytes.len, &t->tx)) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 2: a malformed transaction");
        return false;
    }
    t->sender.error = orr_evm_tx_sender(call->rpc->mem, &t->tx, rules->fork,
                                        &call->rpc->chain->config->chain_id, &t->sender.address);
    return true;
}

static bool read_given(struct orr_jsonrpc_call *call, const json_t *txs,
                       const struct orr_evm_chain_fork *rules, struct given *g) {
    for (; g->n < json_array_size(txs); g->n++)
        if (!read_tx(call, json_array_get(txs, g->n), rules, &g->txs[g->n])) return false;
    g->n_offered = g->n;
    return true;
}

static void read_pooled(struct orr_jsonrpc_call *call, const struct orr_jsonrpc_pooled *from,
                        const struct orr_evm_header *header, struct orr_evm_state *state,
                        struct given *g) {
    struct tx *t = &g->txs[g->n];
    if (orr_evm_tx_decode(call->rpc->mem, from->bytes, from->len, &t->tx)) return;
    g->n++;
    t->sender = (struct orr_evm_sender){.address = from->sender};
    t->bytes.len = from->len;
    t->bytes.bytes = orr_xrealloc(NULL, from->len);
    memcpy(t->bytes.bytes, from->bytes, from->len);
    t->next_nonce = orr_evm_state_nonce(state, &from->sender);
    t->price = orr_evm_tx_price(&t->tx, &header->base_fee);
    /* Blobs are not kept, so what carries some cannot be built with. */
    t->is_out = t->tx.type == ORR_TX_BLOB || orr_u256_less(t->tx.max_fee, header->base_fee);
}

/* The pool's transactions: of those that are next of their senders always the one that pays most,
 * the older one of two that pay the same. */
static void read_pool(struct orr_jsonrpc_call *call, const struct orr_evm_header *header,
                      struct orr_evm_state *state, struct given *g) {
    const struct orr_jsonrpc *rpc = call->rpc;
    for (size_t i = 0; i < rpc->n_pool; i++) read_pooled(call, &rpc->pool[i], header, state, g);
    g->is_pool = true;
    for (g->n_offered = 0; g->n_offered < g->n; g->n_offered++) {
        size_t best = g->n;
        for (size_t k = g->n_offered; k < g->n; k++) {
            const struct tx *t = &g->txs[k];
            bool is_next = !t->is_out && t->tx.nonce == t->next_nonce;
            if (is_next && (best == g->n || orr_u256_less(g->txs[best].price, t->price))) best = k;
        }
        if (best == g->n) return;
        struct tx chosen = g->txs[best];
        memmove(&g->txs[g->n_offered + 1], &g->txs[g->n_offered],
                (best - g->n_offered) * sizeof chosen);
        g->txs[g->n_offered] = chosen;
        for (size_t k = g->n_offered; k < g->n; k++)
            g->txs[k].next_nonce +=
                orr_address_equal(g->txs[k].sender.address, chosen.sender.address);
    }
}

/* ---- attributes ---- */

static bool read_attributes(struct orr_jsonrpc_call *call, const json_t *json,
                            struct orr_engine_attributes *a, struct orr_buffer *extra) {
    const json_t *withdrawals = orr_jsonrpc_member(json, "withdrawals");
    const json_t *root = orr_jsonrpc_member(json, "parentBeaconBlockRoot");
    *extra = (struct orr_buffer){NULL, 0};
    *a = (struct orr_engine_attributes){.gas_limit = GAS_TARGET};
    const char *why = NULL;
    if (!json_is_object(json))
        why = "attributes are an object";
    else if (orr_json_u64(orr_jsonrpc_member(json, "timestamp"), &a->time))
        why = "timestamp: a quantity is wanted";
    else if (orr_json_hash(orr_jsonrpc_member(json, "prevRandao"), &a->prev_randao))
        why = "prevRandao: 32 bytes are wanted";
    else if (orr_json_address(orr_jsonrpc_member(json, "suggestedFeeRecipient"), &a->coinbase))
        why = "suggestedFeeRecipient: an address is wanted";
    else if (root && orr_json_hash(root, &a->parent_beacon_root))
        why = "parentBeaconBlockRoot: 32 bytes are wanted";
    else if (json_array_size(withdrawals))
        why = "withdrawals: blocks are built without";
    if (why) orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 1: %s", why);
    if (why || !orr_jsonrpc_param(call, 3)) return !why;
    if (!orr_jsonrpc_param_bytes(call, 3, extra)) return false;
    a->extra_data = (struct orr_engine_bytes){extra->bytes, extra->len};
    if (extra->len <= ORR_MAX_EXTRA_DATA) return true;
    orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                     "invalid argument 3: extra data has at most 32 bytes");
    return false;
}

/* ---- the answer ---- */

static struct orr_u256 tips_of(const struct orr_chain_link *link) {
    const struct orr_evm_block *b = &link->block->block;
    struct orr_u256 sum = orr_u256_from_u64(0);
    for (size_t i = 0; i < b->n_txs; i++) {
        struct orr_u256 tip =
            orr_u256_sub(orr_evm_tx_price(&b->txs[i], &b->header.base_fee), b->header.base_fee);
        uint64_t gas = link->run->result.receipts[i].gas_used;
        sum = orr_u256_add(sum, orr_u256_mul(tip, orr_u256_from_u64(gas)));
    }
    return sum;
}

static json_t *payload_json(const struct orr_chain_link *link) {
    const struct orr_evm_block *b = &link->block->block;
    const struct orr_evm_header *h = &b->header;
    json_t *json = json_object(), *txs = json_array();
    orr_json_set_hash(json, "parentHash", &h->parent_hash);
    orr_json_set_address(json, "feeRecipient", &h->coinbase);
    orr_json_set_hash(json, "stateRoot", &h->state_root);
    orr_json_set_hash(json, "receiptsRoot", &h->receipts_root);
    orr_json_set_data(json, "logsBloom", h->bloom.bytes, sizeof h->bloom.bytes);
    orr_json_set_hash(json, "prevRandao", &h->mix_hash);
    orr_json_set_number(json, "blockNumber", h->number);
    orr_json_set_number(json, "gasLimit", h->gas_limit);
    orr_json_set_number(json, "gasUsed", h->gas_used);
    orr_json_set_number(json, "timestamp", h->timestamp);
    orr_json_set_data(json, "extraData", h->extra_data, h->extra_data_len);
    orr_json_set_quantity(json, "baseFeePerGas", h->base_fee);
    orr_json_set_hash(json, "blockHash", &b->hash);
    for (size_t i = 0; i < b->n_txs; i++)
        json_array_append_new(txs, orr_json_data(b->tx_items[i].payload, b->tx_items[i].len));
    json_object_set_new(json, "transactions", txs);
    if (h->n_fields >= ORR_HEADER_SHANGHAI) json_object_set_new(json, "withdrawals", json_array());
    if (h->n_fields < ORR_HEADER_CANCUN) return json;
    orr_json_set_number(json, "blobGasUsed", h->blob_gas_used);
    orr_json_set_number(json, "excessBlobGas", h->excess_blob_gas);
    return json;
}

static json_t *envelope_json(struct orr_jsonrpc_call *call, const struct orr_chain_link *link) {
    const struct orr_evm_header *h = &link->block->block.header;
    struct orr_hash none;
    orr_sha256("", 0, none.bytes); /* EIP-7685: of no requests */
    if (h->n_fields >= ORR_HEADER_PRAGUE && !orr_hash_equal(h->requests_hash, none))
        return orr_jsonrpc_fail(
            call, ORR_JSONRPC_SERVER,
            "the block has requests (EIP-7685), which are not kept for showing");
    json_t *json = json_object(), *blobs = json_object();
    json_object_set_new(json, "executionPayload", payload_json(link));
    orr_json_set_quantity(json, "blockValue", tips_of(link));
    json_object_set_new(blobs, "commitments", json_array());
    json_object_set_new(blobs, "proofs", json_array());
    json_object_set_new(blobs, "blobs", json_array());
    json_object_set_new(json, "blobsBundle", blobs);
    if (h->n_fields >= ORR_HEADER_PRAGUE)
        json_object_set_new(json, "executionRequests", json_array());
    json_object_set_new(json, "shouldOverrideBuilder", json_false());
    return json;
}

/* ---- building ---- */

static json_t *build(struct orr_jsonrpc_call *call, struct given *g, struct orr_chain_link *parent,
                     const struct orr_engine_attributes *attributes) {
    struct orr_chain *chain = call->rpc->chain;
    const json_t *txs = orr_jsonrpc_param(call, 2);
    struct orr_evm_header header;
    struct orr_chain_link *link;
    orr_chain_next_header(chain, parent, attributes, &header);
    const struct orr_evm_chain_fork *rules = orr_chain_rules(chain, parent->block, &header);
    if (!txs)
        read_pool(call, &header, parent->run->state, g);
    else if (!read_given(call, txs, rules, g))
        return NULL;
    struct orr_chain_source source = {g, next_tx, tried};
    uint32_t n_before = chain->n;
    if (orr_chain_build(chain, parent, &header, attributes, &source, 0, &link))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "no block can be built on this parent");
    bool is_refused = g->error && !g->is_pool;
    json_t *envelope = is_refused ? NULL : envelope_json(call, link);
    if (is_refused) {
        const struct tx *bad = &g->txs[g->at - 1];
        orr_jsonrpc_refuse(call, ORR_JSONRPC_SERVER, g->error, &bad->tx, &bad->sender.address,
                           parent);
    }
    if (chain->n > n_before) orr_chain_take_back(chain, link); /* asking changes nothing */
    return envelope;
}

json_t *orr_jsonrpc_testing_buildBlockV1(struct orr_jsonrpc_call *call) {
    struct orr_hash hash;
    struct orr_engine_attributes attributes;
    struct orr_buffer extra = {NULL, 0};
    const json_t *txs = orr_jsonrpc_param(call, 2);
    json_t *result = NULL;
    if (!orr_jsonrpc_param_hash(call, 0, &hash)) return NULL;
    struct orr_chain_link *parent = orr_chain_find(call->rpc->chain, &hash);
    if (!parent) return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "unknown parent");
    if ((txs && !json_is_array(txs)) || json_array_size(txs) > MAX_TXS)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "invalid argument 2: a list of transactions");
    size_t most = txs ? json_array_size(txs) : call->rpc->n_pool;
    struct given g = {.call = call, .txs = orr_xrealloc(NULL, (most + 1) * sizeof *g.txs)};
    memset(g.txs, 0, (most + 1) * sizeof *g.txs);
    if (read_attributes(call, orr_jsonrpc_param(call, 1), &attributes, &extra))
        result = build(call, &g, parent, &attributes);
    for (size_t i = 0; i < most; i++) {
        if (i < g.n) orr_evm_tx_free(call->rpc->mem, &g.txs[i].tx);
        free(g.txs[i].bytes.bytes);
    }
    free(g.txs);
    free(extra.bytes);
    return result;
}
