/* t8n_result.c - what came of it: receipts as JSON-RPC writes them, roots, requests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/trie.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/t8n.h"

/* The block has no hash yet; receipts name this one, as go-ethereum's tool has it. */
static const struct orr_hash block_hash = {{0x13, 0x37}};

void orr_t8n_result_init(struct orr_t8n_result *r, struct orr_mem *mem) {
    *r = (struct orr_t8n_result){.receipts = json_array(),
                                 .rejected = json_array(),
                                 .all_logs = {.mem = mem},
                                 .body = {.mem = mem}};
}

void orr_t8n_result_free(struct orr_t8n_result *r) {
    for (size_t i = 0; i < r->n; i++) {
        free(r->txs[i].bytes);
        free(r->sealed[i].bytes);
    }
    free(r->txs);
    free(r->sealed);
    orr_rlp_free(&r->all_logs);
    orr_rlp_free(&r->body);
    json_decref(r->receipts);
    json_decref(r->rejected);
}

/* ---- values ---- */

static void set_bytes(json_t *to, const char *key, const void *bytes, size_t len) {
    char *hex = orr_xrealloc(NULL, 2 * len + 3);
    memcpy(hex, "0x", 2);
    orr_hex_encode(hex + 2, bytes, len);
    json_object_set_new(to, key, json_string(hex));
    free(hex);
}

static void set_word(json_t *to, const char *key, struct orr_u256 v) {
    char text[67];
    int limb = 3, n;
    while (limb > 0 && !v.limb[limb]) limb--;
    n = snprintf(text, sizeof text, "0x%llx", (unsigned long long)v.limb[limb]);
    while (limb-- > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "%016llx",
                      (unsigned long long)v.limb[limb]);
    json_object_set_new(to, key, json_string(text));
}

static void set_u64(json_t *to, const char *key, uint64_t v) {
    set_word(to, key, orr_u256_from_u64(v));
}

/* ---- receipts ---- */

static json_t *log_json(const struct orr_t8n_result *r, const struct orr_evm_block_run *run,
                        const struct orr_evm_log *log, const struct orr_hash *tx_hash) {
    json_t *json = json_object(), *topics = json_array();
    set_bytes(json, "address", log->address.bytes, sizeof log->address.bytes);
    for (int i = 0; i < log->n_topics; i++) {
        char hex[67] = "0x";
        struct orr_hash topic = orr_u256_to_hash(log->topics[i]);
        orr_hex_encode(hex + 2, topic.bytes, 32);
        json_array_append_new(topics, json_string(hex));
    }
    json_object_set_new(json, "topics", topics);
    set_bytes(json, "data", log->data, log->len);
    set_u64(json, "blockNumber", run->header->number);
    set_bytes(json, "transactionHash", tx_hash->bytes, 32);
    set_u64(json, "transactionIndex", r->n);
    set_bytes(json, "blockHash", block_hash.bytes, 32);
    set_u64(json, "logIndex", r->n_logs);
    json_object_set_new(json, "removed", json_false());
    return json;
}

static json_t *receipt_json(const struct orr_t8n_result *r, const struct orr_evm_block_run *run,
                            const struct orr_evm_tx *tx, const struct orr_hash *tx_hash,
                            const struct orr_evm_receipt *receipt) {
    json_t *json = json_object();
    struct orr_address created = {{0}};
    bool has_status = run->rules->fork >= ORR_FORK_BYZANTIUM;
    if (tx->is_create) created = orr_evm_create_address(&receipt->sender, tx->nonce);
    if (tx->type) set_u64(json, "type", (uint64_t)tx->type);
    set_bytes(json, "root", receipt->post_state.bytes, has_status ? 0 : 32);
    set_u64(json, "status", has_status && receipt->is_success);
    set_u64(json, "cumulativeGasUsed", receipt->cumulative_gas);
    set_bytes(json, "logsBloom", receipt->bloom.bytes, sizeof receipt->bloom.bytes);
    set_bytes(json, "transactionHash", tx_hash->bytes, 32);
    set_bytes(json, "contractAddress", created.bytes, sizeof created.bytes);
    set_u64(json, "gasUsed", receipt->gas_used);
    json_object_set_new(json, "effectiveGasPrice", json_null());
    if (tx->type == ORR_TX_BLOB) {
        set_u64(json, "blobGasUsed", (uint64_t)tx->n_blob_hashes * ORR_BLOB_GAS);
        set_word(json, "blobGasPrice", run->env.blob_base_fee);
    }
    set_bytes(json, "blockHash", block_hash.bytes, 32);
    set_u64(json, "blockNumber", run->header->number);
    set_u64(json, "transactionIndex", r->n);
    return json;
}

static struct orr_buffer copied(const uint8_t *bytes, size_t len) {
    struct orr_buffer b = {orr_xrealloc(NULL, len + 1), len};
    memcpy(b.bytes, bytes, len);
    return b;
}

void orr_t8n_result_add(struct orr_t8n_result *r, const struct orr_evm_block_run *run,
                        const struct orr_evm_tx *tx, const struct orr_buffer *bytes,
                        const struct orr_evm_receipt *receipt) {
    struct orr_hash tx_hash = orr_keccak256(bytes->bytes, bytes->len);
    json_t *json = receipt_json(r, run, tx, &tx_hash, receipt), *logs = json_array();
    for (size_t i = 0; i < orr_evm_state_n_logs(run->state); i++, r->n_logs++) {
        struct orr_evm_log log = orr_evm_state_log(run->state, i);
        json_array_append_new(logs, log_json(r, run, &log, &tx_hash));
    }
    json_object_set_new(json, "logs", logs);
    json_array_append_new(r->receipts, json);

    struct orr_rlp_writer w = {.mem = run->mem};
    orr_evm_logs_write(run->state, &w);
    struct orr_rlp_reader reader = orr_rlp_reader(w.bytes, w.len);
    struct orr_rlp_item list = orr_rlp_read(&reader);
    orr_rlp_write_raw(&r->all_logs, list.payload, list.len);
    orr_rlp_free(&w);
    if (tx->type)
        orr_rlp_write_string(&r->body, bytes->bytes, bytes->len);
    else
        orr_rlp_write_raw(&r->body, bytes->bytes, bytes->len);
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->txs = orr_xrealloc(r->txs, r->cap * sizeof r->txs[0]);
        r->sealed = orr_xrealloc(r->sealed, r->cap * sizeof r->sealed[0]);
    }
    r->txs[r->n] = copied(bytes->bytes, bytes->len);
    r->sealed[r->n++] = copied(receipt->encoding, receipt->encoding_len);
}

void orr_t8n_result_reject(struct orr_t8n_result *r, size_t index, const char *error) {
    json_array_append_new(r->rejected,
                          json_pack("{s:I,s:s}", "index", (json_int_t)index, "error", error));
}

/* ---- the whole ---- */

static struct orr_hash root_of(struct orr_mem *mem, const struct orr_buffer *items, size_t n) {
    const uint8_t **bytes = orr_xrealloc(NULL, (n + 1) * sizeof bytes[0]);
    size_t *lens = orr_xrealloc(NULL, (n + 1) * sizeof lens[0]);
    for (size_t i = 0; i < n; i++) bytes[i] = items[i].bytes, lens[i] = items[i].len;
    struct orr_hash root = orr_trie_list_root(mem, bytes, lens, n);
    free(bytes);
    free(lens);
    return root;
}

static struct orr_hash withdrawals_root(struct orr_mem *mem, const struct orr_t8n_env *env) {
    struct orr_buffer *items = orr_xrealloc(NULL, (env->n_withdrawals + 1) * sizeof items[0]);
    for (size_t i = 0; i < env->n_withdrawals; i++) {
        const struct orr_evm_withdrawal *in = &env->withdrawals[i];
        struct orr_rlp_writer w = {.mem = mem};
        size_t list = orr_rlp_list_begin(&w);
        orr_rlp_write_u64(&w, in->index);
        orr_rlp_write_u64(&w, in->validator);
        orr_rlp_write_string(&w, in->address.bytes, sizeof in->address.bytes);
        orr_rlp_write_u64(&w, in->amount_gwei);
        orr_rlp_list_end(&w, list);
        items[i] = copied(w.bytes, w.len);
        orr_rlp_free(&w);
    }
    struct orr_hash root = root_of(mem, items, env->n_withdrawals);
    for (size_t i = 0; i < env->n_withdrawals; i++) free(items[i].bytes);
    free(items);
    return root;
}

/* The hash of the list of these items. */
static struct orr_hash list_hash(struct orr_mem *mem, const struct orr_rlp_writer *items) {
    struct orr_rlp_writer w = {.mem = mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_raw(&w, items->bytes, items->len);
    orr_rlp_list_end(&w, list);
    struct orr_hash hash = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}

static json_t *requests_json(const struct orr_evm_block_run *run) {
    json_t *list = json_array(), *holder = json_object();
    for (int i = 0; i < ORR_N_REQUESTS; i++) {
        if (!run->requests[i].len) continue;
        set_bytes(holder, "item", run->requests[i].bytes, run->requests[i].len);
        json_array_append(list, json_object_get(holder, "item"));
    }
    json_decref(holder);
    return list;
}

json_t *orr_t8n_result_json(struct orr_t8n_result *r, const struct orr_evm_block_run *run,
                            const struct orr_t8n_env *env) {
    json_t *json = json_object();
    enum orr_evm_fork fork = run->rules->fork;
    struct orr_hash hash = orr_evm_state_root(run->state);
    set_bytes(json, "stateRoot", hash.bytes, 32);
    hash = root_of(run->mem, r->txs, r->n);
    set_bytes(json, "txRoot", hash.bytes, 32);
    hash = root_of(run->mem, r->sealed, r->n);
    set_bytes(json, "receiptsRoot", hash.bytes, 32);
    hash = list_hash(run->mem, &r->all_logs);
    set_bytes(json, "logsHash", hash.bytes, 32);
    set_bytes(json, "logsBloom", run->bloom.bytes, sizeof run->bloom.bytes);
    json_object_set(json, "receipts", r->receipts);
    if (json_array_size(r->rejected)) json_object_set(json, "rejected", r->rejected);
    if (fork < ORR_FORK_PARIS)
        set_word(json, "currentDifficulty", env->header.difficulty);
    else
        json_object_set_new(json, "currentDifficulty", json_null());
    set_u64(json, "gasUsed", run->gas_used);
    if (env->has_base_fee) set_word(json, "currentBaseFee", env->header.base_fee);
    if (env->has_withdrawals) {
        hash = withdrawals_root(run->mem, env);
        set_bytes(json, "withdrawalsRoot", hash.bytes, 32);
    }
    if (env->has_excess_blob_gas) {
        set_u64(json, "currentExcessBlobGas", env->header.excess_blob_gas);
        set_u64(json, "blobGasUsed", run->blob_gas_used);
    }
    if (fork >= ORR_FORK_PRAGUE) set_bytes(json, "requestsHash", run->requests_hash.bytes, 32);
    if (run->accesses) {
        struct orr_rlp_writer w = {.mem = run->mem};
        orr_evm_accesses_encode(run->accesses, &w);
        set_bytes(json, "blockAccessList", w.bytes, w.len);
        set_bytes(json, "blockAccessListHash", run->access_list_hash.bytes, 32);
        orr_rlp_free(&w);
    }
    json_object_set_new(json, "requests",
                        fork >= ORR_FORK_PRAGUE ? requests_json(run) : json_null());
    return json;
}
