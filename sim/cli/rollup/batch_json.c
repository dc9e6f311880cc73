#include "sim/cli/rollup/batch_json.h"

#include <stdio.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/rollup/batch.h"
#include "models/rollup/inflate.h"
#include "sim/cli/vm/code.h"

const struct orr_batch_json orr_batch_json_mainnet = {
    .chain_id = 10, .genesis_time = 1686068903, .block_time = 2, .fjord = true};

static void set(json_t *json, const char *key, json_t *value) {
    json_object_set_new(json, key, value);
}

/* What JSON's integers cannot hold are digits in a string. */
static json_t *number(uint64_t v) {
    char text[24];
    if (v <= INT64_MAX) return json_integer((json_int_t)v);
    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return json_string(text);
}

/* ---- the configuration ---- */

static int take(const json_t *json, const char *key, uint64_t *to, char why[160]) {
    return json_object_get(json, key) && !orr_rollup_u64(json, key, to, why);
}

int orr_batch_json_config(const char *verb, const char *path, struct orr_batch_json *how) {
    json_t *json;
    char why[160];
    if (orr_vm_read_json(verb, path, ORR_MAX_JSON_BYTES, &json)) return 2;
    const json_t *genesis = json_object_get(json, "genesis");
    uint64_t fjord;
    int bad = take(json, "l2_chain_id", &how->chain_id, why) ||
              take(json, "chain_id", &how->chain_id, why) ||
              take(json, "block_time", &how->block_time, why) ||
              take(json, "l2_genesis_time", &how->genesis_time, why) ||
              take(genesis, "l2_time", &how->genesis_time, why) ||
              !orr_rollup_fork(json, "fjord_time", &fjord, why);
    if (bad) fprintf(stderr, "orrery %s: %s: %s\n", verb, path, why);
    else if (json_object_get(json, "fjord_time")) how->fjord = fjord != ORR_ROLLUP_NEVER;
    json_decref(json);
    return bad ? 2 : 0;
}

/* ---- a span ---- */

static void add_transactions(struct orr_mem *mem, const struct orr_batch_json *how,
                             const struct orr_span_batch *span, uint32_t first_tx, uint32_t n,
                             json_t *json) {
    struct orr_rlp_writer w = {.mem = mem};
    json_t *raw = json_array();
    for (uint32_t i = 0; i < n; i++) {
        size_t at = w.len;
        orr_span_tx_write(&span->txs[first_tx + i], how->chain_id, &w);
        if (how->with_transactions)
            json_array_append_new(raw, orr_rollup_hex(w.bytes + at, w.len - at));
    }
    uint8_t digest[ORR_SHA256_BYTES];
    char hex[2 * ORR_SHA256_BYTES + 1];
    orr_sha256(w.bytes, w.len, digest);
    orr_hex_encode(hex, digest, sizeof digest);
    set(json, "transactions", json_integer(n));
    set(json, "sha256_of_transactions", json_string(hex));
    if (how->with_transactions) json_object_set(json, "raw", raw);
    json_decref(raw);
    orr_rlp_free(&w);
}

static void add_blocks(struct orr_mem *mem, const struct orr_batch_json *how,
                       const struct orr_span_batch *span, json_t *json) {
    uint64_t *origins = orr_alloc(mem, span->n_blocks * sizeof *origins);
    json_t *list = json_array(), *counts = json_array();
    orr_span_origins(span, origins);
    uint32_t tx = 0;
    for (uint32_t i = 0; i < span->n_blocks; i++) {
        uint32_t n = span->block_tx_counts[i];
        json_t *block = json_object();
        set(block, "timestamp",
            number(how->genesis_time + span->rel_timestamp + i * how->block_time));
        set(block, "l1_origin_number", number(origins[i]));
        add_transactions(mem, how, span, tx, n, block);
        json_array_append_new(list, block);
        json_array_append_new(counts, json_integer(n));
        tx += n;
    }
    set(json, "transactions_by_block", counts);
    set(json, "list", list);
    orr_free(mem, origins, span->n_blocks * sizeof *origins);
}

static bool writes_the_same(struct orr_mem *mem, const struct orr_span_batch *span,
                            const uint8_t *bytes, size_t len) {
    struct orr_rlp_writer w = {.mem = mem};
    orr_span_write(span, &w);
    bool same = w.len == len && !memcmp(w.bytes, bytes, len);
    orr_rlp_free(&w);
    return same;
}

static json_t *span_json(struct orr_mem *mem, const struct orr_batch_json *how,
                         const uint8_t *bytes, size_t len, struct orr_span_fault *fault) {
    struct orr_span_batch span;
    if (orr_span_read(mem, bytes, len, &span, fault)) return NULL;
    json_t *json = json_object(), *types = json_array(), *bits = json_array();
    json_t *origins = json_array();
    for (uint32_t i = 0; i < span.n_blocks; i++)
        json_array_append_new(origins, json_integer(orr_span_has_new_origin(&span, i)));
    set(json, "type", json_string("span"));
    set(json, "chain_id", number(how->chain_id));
    set(json, "l2_genesis_time", number(how->genesis_time));
    set(json, "block_time", number(how->block_time));
    set(json, "rel_timestamp", number(span.rel_timestamp));
    set(json, "l1_origin_num", number(span.l1_origin_num));
    set(json, "parent_check", orr_rollup_hex(span.parent_check, ORR_SPAN_CHECK_BYTES));
    set(json, "l1_origin_check", orr_rollup_hex(span.l1_origin_check, ORR_SPAN_CHECK_BYTES));
    set(json, "origin_bits", origins);
    set(json, "blocks", json_integer(span.n_blocks));
    set(json, "block_count", json_integer(span.n_blocks));
    set(json, "transactions", json_integer(span.n_txs));
    set(json, "transaction_count", json_integer(span.n_txs));
    set(json, "canonical", json_boolean(writes_the_same(mem, &span, bytes, len)));
    for (uint32_t i = 0; i < span.n_txs; i++) {
        json_array_append_new(types, json_integer(span.txs[i].type));
        if (!span.txs[i].type)
            json_array_append_new(bits, json_integer(span.txs[i].is_protected));
    }
    set(json, "types", types);
    set(json, "protected_bits", bits);
    add_blocks(mem, how, &span, json);
    orr_span_free(mem, &span);
    return json;
}

/* ---- a batch of one block ---- */

static json_t *singular_json(struct orr_mem *mem, const uint8_t *bytes, size_t len) {
    struct orr_singular batch;
    if (orr_singular_read(mem, bytes, len, &batch)) return NULL;
    json_t *json = json_object(), *txs = json_array();
    for (size_t i = 0; i < batch.n_txs; i++)
        json_array_append_new(txs, orr_rollup_hex(batch.txs[i].bytes, batch.txs[i].len));
    set(json, "type", json_string("singular"));
    set(json, "parent_hash", orr_rollup_hex(&batch.parent_hash, 32));
    set(json, "epoch_num", number(batch.epoch_num));
    set(json, "epoch_hash", orr_rollup_hex(&batch.epoch_hash, 32));
    set(json, "timestamp", number(batch.timestamp));
    set(json, "block_count", json_integer(1));
    set(json, "transaction_count", json_integer((json_int_t)batch.n_txs));
    set(json, "transactions", txs);
    orr_singular_free(mem, &batch);
    return json;
}

json_t *orr_batch_to_json(struct orr_mem *mem, const struct orr_batch_json *how,
                          const uint8_t *bytes, size_t len, struct orr_span_fault *fault) {
    *fault = (struct orr_span_fault){0, "it is empty"};
    if (!len) return NULL;
    if (bytes[0] == ORR_BATCH_SINGULAR) {
        fault->what = "a singular batch that is malformed";
        return singular_json(mem, bytes + 1, len - 1);
    }
    bool has_version = bytes[0] == ORR_BATCH_SPAN;
    json_t *json = span_json(mem, how, bytes + has_version, len - has_version, fault);
    if (!json) fault->at += has_version;
    return json;
}

/* ---- a channel ---- */

/* In a channel a batch has its version byte. */
static json_t *channel_batch(struct orr_mem *mem, const struct orr_batch_json *how,
                             const uint8_t *bytes, size_t len) {
    struct orr_span_fault fault = {0, "a batch of unknown version"};
    json_t *json = len && bytes[0] <= ORR_BATCH_SPAN
                       ? orr_batch_to_json(mem, how, bytes, len, &fault)
                       : NULL;
    if (json) return json;
    json = json_object();
    set(json, "error", json_string(fault.what));
    set(json, "at", number(fault.at));
    return json;
}

const char *orr_channel_to_json(struct orr_mem *mem, const struct orr_batch_json *how,
                                const uint8_t *bytes, size_t len, json_t *channel,
                                json_t *batches) {
    struct orr_rlp_writer out = {.mem = mem};
    struct orr_inflated inflated;
    size_t most = how->fjord ? ORR_CHANNEL_RLP_MAX_FJORD : ORR_CHANNEL_RLP_MAX;
    if (orr_channel_inflate(bytes, len, how->fjord, most, &out, &inflated))
        return "the channel is neither zlib nor, from Fjord on, brotli";
    set(channel, "bytes", number(len));
    set(channel, "compression",
        json_string(inflated.compression == ORR_COMPRESSION_ZLIB ? "zlib" : "brotli"));
    set(channel, "inflated_bytes", number(out.len));
    set(channel, "is_whole", json_boolean(inflated.is_whole));
    if (inflated.is_broken) set(channel, "is_broken", json_true());
    if (inflated.is_cut) set(channel, "is_cut", json_true());
    struct orr_rlp_reader r = orr_rlp_reader(out.bytes, out.len);
    const uint8_t *batch;
    size_t batch_len;
    while (orr_batch_next(&r, &batch, &batch_len))
        json_array_append_new(batches, channel_batch(mem, how, batch, batch_len));
    if (r.bad) set(channel, "ends_within_a_batch", json_true());
    orr_rlp_free(&out);
    return NULL;
}
