#include "sim/cli/rpc/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/chain/tx.h"
#include "models/vault/secp.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/rpc/objects.h"
#include "sim/cli/rpc/refusal.h"

enum { MAX_POOLED = 4096, BLOB_BYTES = 131072, COMMITMENT_BYTES = 48 };

static const struct orr_jsonrpc_pooled *find(const struct orr_jsonrpc *rpc,
                                             const struct orr_address *sender, uint64_t nonce) {
    for (size_t i = 0; i < rpc->n_pool; i++)
        if (rpc->pool[i].nonce == nonce && orr_address_equal(rpc->pool[i].sender, *sender))
            return &rpc->pool[i];
    return NULL;
}

uint64_t orr_jsonrpc_pool_nonce(const struct orr_jsonrpc *rpc, const struct orr_address *sender,
                                uint64_t nonce) {
    while (find(rpc, sender, nonce)) nonce++; /* ends: the pool is finite */
    return nonce;
}

/* ---- taking in ---- */

static const struct orr_evm_chain_fork *next_rules(const struct orr_chain *chain) {
    const struct orr_evm_header *h = &chain->head->block->block.header;
    struct orr_evm_header next = {.number = h->number + 1, .timestamp = h->timestamp + 1};
    return orr_chain_rules(chain, chain->head->block, &next);
}

/* EIP-4844, "Networking", and EIP-7594: 0x03 || [tx, (version,) blobs, commitments, proofs].  Each
 * commitment must hash to its versioned hash; the proofs are not looked at.  *inner: the
 * transaction as blocks have it, free() it.  Returns 0 or ORR_EFORMAT. */
static int unwrap_blobs(const struct orr_buffer *in, struct orr_buffer *inner,
                        struct orr_rlp_reader *commitments, size_t *n_blobs) {
    struct orr_rlp_reader all = orr_rlp_reader(in->bytes + 1, in->len - 1);
    struct orr_rlp_reader r = orr_rlp_read_list(&all);
    struct orr_rlp_item tx = orr_rlp_read(&r), next = orr_rlp_peek(&r);
    if (r.bad || !tx.is_list) return ORR_EFORMAT;
    if (!next.is_list && orr_rlp_read_u64(&r) != 1) return ORR_EFORMAT;
    struct orr_rlp_reader blobs = orr_rlp_read_list(&r);
    *commitments = orr_rlp_read_list(&r);
    orr_rlp_read_list(&r);
    for (*n_blobs = 0; orr_rlp_more(&blobs); ++*n_blobs)
        if (orr_rlp_read(&blobs).len != BLOB_BYTES) return ORR_EFORMAT;
    if (!orr_rlp_done(&r) || !orr_rlp_done(&all) || blobs.bad) return ORR_EFORMAT;
    inner->len = 1 + tx.encoding_len;
    inner->bytes = orr_xrealloc(NULL, inner->len);
    inner->bytes[0] = ORR_TX_BLOB;
    memcpy(inner->bytes + 1, tx.encoding, tx.encoding_len);
    return 0;
}

static bool commits(const struct orr_evm_tx *tx, struct orr_rlp_reader commitments,
                    size_t n_blobs) {
    if (n_blobs != tx->n_blob_hashes) return false;
    for (size_t i = 0; i < n_blobs; i++) {
        uint8_t commitment[COMMITMENT_BYTES];
        struct orr_hash hash;
        orr_rlp_read_fixed(&commitments, commitment, sizeof commitment);
        orr_sha256(commitment, sizeof commitment, hash.bytes);
        hash.bytes[0] = 1;
        if (commitments.bad || !orr_hash_equal(hash, tx->blob_hashes[i])) return false;
    }
    return orr_rlp_done(&commitments);
}

/* What speaks against a transaction of a head's state; 0: nothing. */
static enum orr_evm_tx_error check(struct orr_jsonrpc_call *call, const struct orr_evm_tx *tx,
                                   struct orr_address *sender) {
    struct orr_chain *chain = call->rpc->chain;
    struct orr_evm_state *state = chain->head->run->state;
    const struct orr_evm_chain_fork *rules = next_rules(chain);
    enum orr_evm_tx_error error = orr_evm_tx_check(tx, rules->fork, rules->blobs.max);
    if (!error)
        error =
            orr_evm_tx_sender(call->rpc->mem, tx, rules->fork, &chain->config->chain_id, sender);
    if (!error) error = orr_evm_tx_check_gas(tx, sender, rules->fork);
    if (!error && tx->nonce < orr_evm_state_nonce(state, sender))
        error = ORR_TX_NONCE_MISMATCH_TOO_LOW;
    if (!error && tx->gas_limit > chain->head->block->block.header.gas_limit)
        error = ORR_TX_GAS_ALLOWANCE_EXCEEDED;
    struct orr_u256 cost = orr_u256_mul(tx->max_fee, orr_u256_from_u64(tx->gas_limit));
    struct orr_u256 whole = orr_u256_add(cost, tx->value);
    if (!error &&
        (orr_u256_less(whole, cost) || orr_u256_less(orr_evm_state_balance(state, sender), whole)))
        error = ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS;
    return error;
}

/* Moves the bytes into the pool; an older transaction of the same nonce goes. */
static void keep(struct orr_jsonrpc *rpc, const struct orr_jsonrpc_pooled *pooled) {
    struct orr_jsonrpc_pooled *old =
        (struct orr_jsonrpc_pooled *)find(rpc, &pooled->sender, pooled->nonce);
    if (old) {
        free(old->bytes);
        *old = *pooled;
        return;
    }
    if (rpc->n_pool == rpc->pool_cap) {
        rpc->pool_cap = rpc->pool_cap ? 2 * rpc->pool_cap : 16;
        rpc->pool = orr_xrealloc(rpc->pool, rpc->pool_cap * sizeof *rpc->pool);
    }
    rpc->pool[rpc->n_pool++] = *pooled;
}

/* raw: the transaction's own bytes, moved in when it is taken. */
static json_t *take(struct orr_jsonrpc_call *call, struct orr_buffer *raw,
                    const struct orr_rlp_reader *commitments, size_t n_blobs) {
    struct orr_evm_tx tx;
    struct orr_jsonrpc_pooled pooled = {.hash = orr_keccak256(raw->bytes, raw->len)};
    if (orr_evm_tx_decode(call->rpc->mem, raw->bytes, raw->len, &tx))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "invalid argument 0: malformed transaction");
    enum orr_evm_tx_error error = check(call, &tx, &pooled.sender);
    pooled.nonce = tx.nonce;
    const struct orr_jsonrpc_pooled *old = find(call->rpc, &pooled.sender, tx.nonce);
    if (error)
        orr_jsonrpc_refuse(call, ORR_JSONRPC_SERVER, error, &tx, &pooled.sender,
                           call->rpc->chain->head);
    else if (tx.type == ORR_TX_BLOB && (!commitments || !commits(&tx, *commitments, n_blobs)))
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER,
                         commitments ? "blob commitments do not match the versioned hashes"
                                     : "missing blob sidecar");
    else if (old && orr_hash_equal(old->hash, pooled.hash))
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "already known");
    else if (!old && call->rpc->n_pool >= MAX_POOLED)
        orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "txpool is full");
    orr_evm_tx_free(call->rpc->mem, &tx);
    if (call->code) return NULL;
    pooled.bytes = raw->bytes;
    pooled.len = raw->len;
    raw->bytes = NULL;
    keep(call->rpc, &pooled);
    return orr_json_of_hash(&pooled.hash);
}

json_t *orr_jsonrpc_eth_sendRawTransaction(struct orr_jsonrpc_call *call) {
    struct orr_buffer in, inner = {NULL, 0};
    struct orr_rlp_reader commitments;
    size_t n_blobs = 0;
    json_t *result = NULL;
    if (!orr_jsonrpc_param_bytes(call, 0, &in)) return NULL;
    bool has_blobs = in.len > 1 && in.bytes[0] == ORR_TX_BLOB &&
                     !unwrap_blobs(&in, &inner, &commitments, &n_blobs);
    if (has_blobs)
        result = take(call, &inner, &commitments, n_blobs);
    else
        result = take(call, &in, NULL, 0);
    free(inner.bytes);
    free(in.bytes);
    return result;
}

/* ---- showing ---- */

static json_t *show(struct orr_jsonrpc *rpc, const struct orr_jsonrpc_pooled *p) {
    struct orr_evm_tx tx;
    if (orr_evm_tx_decode(rpc->mem, p->bytes, p->len, &tx)) return json_null();
    json_t *json = orr_jsonrpc_tx_fields(&tx, &p->hash, &p->sender, &tx.max_fee);
    json_object_set_new(json, "blockHash", json_null());
    json_object_set_new(json, "blockNumber", json_null());
    json_object_set_new(json, "blockTimestamp", json_null());
    json_object_set_new(json, "transactionIndex", json_null());
    orr_evm_tx_free(rpc->mem, &tx);
    return json;
}

json_t *orr_jsonrpc_pool_tx(struct orr_jsonrpc *rpc, const struct orr_hash *hash) {
    for (size_t i = 0; i < rpc->n_pool; i++)
        if (orr_hash_equal(rpc->pool[i].hash, *hash)) return show(rpc, &rpc->pool[i]);
    return NULL;
}

static bool is_pending(const struct orr_jsonrpc *rpc, const struct orr_jsonrpc_pooled *p) {
    uint64_t nonce = orr_evm_state_nonce(rpc->chain->head->run->state, &p->sender);
    return p->nonce < orr_jsonrpc_pool_nonce(rpc, &p->sender, nonce);
}

json_t *orr_jsonrpc_txpool_status(struct orr_jsonrpc_call *call) {
    uint64_t pending = 0;
    for (size_t i = 0; i < call->rpc->n_pool; i++)
        pending += is_pending(call->rpc, &call->rpc->pool[i]);
    json_t *json = json_object();
    orr_json_set_number(json, "pending", pending);
    orr_json_set_number(json, "queued", call->rpc->n_pool - pending);
    return json;
}

/* {"pending": {ADDRESS: {NONCE: value}}, "queued": ...}; of one sender (NULL: all) without the
 * addresses, which have EIP-55's case.  As in go-ethereum, those with blobs are counted and not
 * shown. */
static json_t *content(struct orr_jsonrpc *rpc, const struct orr_address *of,
                       json_t *(*value)(struct orr_jsonrpc *rpc,
                                        const struct orr_jsonrpc_pooled *p)) {
    json_t *json = json_object();
    json_object_set_new(json, "pending", json_object());
    json_object_set_new(json, "queued", json_object());
    for (size_t i = 0; i < rpc->n_pool; i++) {
        const struct orr_jsonrpc_pooled *p = &rpc->pool[i];
        bool has_blobs = p->bytes[0] == ORR_TX_BLOB;
        if (has_blobs || (of && !orr_address_equal(p->sender, *of))) continue;
        json_t *to = json_object_get(json, is_pending(rpc, p) ? "pending" : "queued");
        if (!of) {
            char address[ORR_ADDRESS_TEXT];
            orr_address_write(address, &p->sender);
            if (!json_object_get(to, address)) json_object_set_new(to, address, json_object());
            to = json_object_get(to, address);
        }
        char nonce[24];
        snprintf(nonce, sizeof nonce, "%llu", (unsigned long long)p->nonce);
        json_object_set_new(to, nonce, value(rpc, p));
    }
    return json;
}

json_t *orr_jsonrpc_txpool_content(struct orr_jsonrpc_call *call) {
    return content(call->rpc, NULL, show);
}

json_t *orr_jsonrpc_txpool_contentFrom(struct orr_jsonrpc_call *call) {
    struct orr_address address;
    return orr_jsonrpc_param_address(call, 0, &address) ? content(call->rpc, &address, show) : NULL;
}

/* "TO: VALUE wei + GAS gas x PRICE wei", numbers in hexadecimal. */
static json_t *inspect(struct orr_jsonrpc *rpc, const struct orr_jsonrpc_pooled *p) {
    json_t *tx = show(rpc, p);
    const char *to = json_string_value(json_object_get(tx, "to"));
    json_t *text = json_sprintf("%s: %s wei + %s gas x %s wei", to ? to : "contract creation",
                                json_string_value(json_object_get(tx, "value")),
                                json_string_value(json_object_get(tx, "gas")),
                                json_string_value(json_object_get(tx, "gasPrice")));
    json_decref(tx);
    return text;
}

json_t *orr_jsonrpc_txpool_inspect(struct orr_jsonrpc_call *call) {
    return content(call->rpc, NULL, inspect);
}
