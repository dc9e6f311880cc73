#include "sim/cli/index/fetch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/index/file.h"
#include "sim/cli/index/unjson.h"

static json_t *hash_text(const struct orr_hash *hash) {
    char hex[67];
    return json_string(orr_index_hex(hash, hex));
}
static json_t *number_text(uint64_t number) {
    char hex[20];
    snprintf(hex, sizeof hex, "0x%llx", (unsigned long long)number);
    return json_string(hex);
}
static json_t *two(json_t *a, json_t *b) {
    json_t *list = json_array();
    json_array_append_new(list, a);
    if (b) json_array_append_new(list, b);
    return list;
}

static int fail(struct orr_node_fetch *f, uint64_t number, int error, const char *why) {
    f->number = number;
    snprintf(f->why, sizeof f->why, "%s", why);
    return error;
}
/* The node's own words. */
static int node_failed(struct orr_node_fetch *f, uint64_t number, int error) {
    return fail(f, number, error, f->node->why);
}

static void free_answers(json_t **answers, size_t n) {
    for (size_t i = 0; i < n; i++) json_decref(answers[i]);
}

void orr_fetched_free(struct orr_node_fetch *f, struct orr_fetched *b) {
    orr_rlp_free(&b->block);
    orr_rlp_free(&b->receipts);
    orr_free(f->mem, b->ends, b->n_txs * sizeof *b->ends);
    orr_free(f->mem, b->items, b->n_txs * sizeof *b->items);
    json_decref(b->txs);
    *b = (struct orr_fetched){.number = 0};
}

struct orr_index_feed orr_fetched_feed(const struct orr_fetched *b) {
    return (struct orr_index_feed){
        .block = b->block.bytes, .len = b->block.len, .receipts = b->items, .n_receipts = b->n_txs};
}

/* ---- blocks ---- */

/* The headers of a block's ommers; NULL: it has none, or (*error) they cannot be had. */
static json_t *fetch_ommers(struct orr_node_fetch *f, const json_t *block,
                            const struct orr_hash *hash, int *error) {
    size_t n = json_array_size(json_object_get(block, "uncles"));
    json_t *calls = json_array(), *answers[ORR_NODE_MAX_BATCH], *ommers = NULL;
    *error = 0;
    if (n > ORR_MAX_OMMERS) *error = fail(f, f->number, ORR_EFORMAT, "more than two uncles");
    for (size_t i = 0; i < n && !*error; i++)
        orr_node_call(calls, "eth_getUncleByBlockHashAndIndex",
                      two(hash_text(hash), number_text(i)));
    if (!n || *error) {
        json_decref(calls);
        return NULL;
    }
    *error = orr_node_ask(f->node, calls, answers);
    if (*error) {
        *error = node_failed(f, f->number, *error);
        return NULL;
    }
    ommers = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(ommers, answers[i]);
    return ommers;
}

static json_t *hashes_of(const json_t *txs) {
    json_t *hashes = json_array();
    for (size_t i = 0; i < json_array_size(txs); i++) {
        json_t *hash = json_object_get(json_array_get(txs, i), "hash");
        json_array_append(hashes, hash ? hash : json_null());
    }
    return hashes;
}

/* A block from its JSON.  Its hash must be the one that it says, and the one or the number that was
 * asked for (NULL: the number in f). */
static int take_block(struct orr_node_fetch *f, const json_t *json, const struct orr_hash *wanted,
                      struct orr_fetched *b) {
    struct orr_hash said, found;
    const char *why;
    int error;
    *b = (struct orr_fetched){.block = {.mem = f->mem}, .receipts = {.mem = f->mem}};
    if (json_is_null(json)) return fail(f, f->number, ORR_ENOTFOUND, "the node has no such block");
    if (orr_json_u64(json_object_get(json, "number"), &b->number) ||
        orr_json_hash(json_object_get(json, "hash"), &said))
        return fail(f, f->number, ORR_EFORMAT, "the node answers no block");
    if (wanted ? !orr_hash_equal(said, *wanted) : b->number != f->number)
        return fail(f, f->number, ORR_ECORRUPT, "the node answers another block than was asked");
    json_t *ommers = fetch_ommers(f, json, &said, &error);
    if (error) return error;
    error = orr_unjson_block(f->mem, json, ommers, &b->block, &found, &why);
    json_decref(ommers);
    if (!error && !orr_hash_equal(said, found)) {
        error = ORR_ECORRUPT;
        why = "the block does not hash to the hash that the node gives it";
    }
    if (error) {
        orr_rlp_free(&b->block);
        return fail(f, b->number, error, why);
    }
    b->hash = said;
    b->txs = hashes_of(json_object_get(json, "transactions"));
    return 0;
}

/* ---- receipts ---- */

/* A block's receipts from an array, of which each must say that it is of this block. */
static int take_receipts(struct orr_node_fetch *f, const json_t *list, struct orr_fetched *b) {
    size_t n = json_array_size(b->txs);
    if (json_is_null(list))
        return fail(f, b->number, ORR_ENOTFOUND, "the node has no receipts of the block");
    if (!json_is_array(list) || json_array_size(list) != n)
        return fail(f, b->number, ORR_ECORRUPT, "another number of receipts than of transactions");
    b->n_txs = n;
    b->ends = orr_alloc_zero(f->mem, n * sizeof *b->ends);
    b->items = orr_alloc_zero(f->mem, n * sizeof *b->items);
    for (size_t i = 0; i < n; i++) {
        const json_t *receipt = json_array_get(list, i);
        struct orr_hash of;
        const char *why;
        if (json_is_null(receipt))
            return fail(f, b->number, ORR_ENOTFOUND, "the node has no receipt of a transaction");
        if (!orr_json_hash(json_object_get(receipt, "blockHash"), &of) &&
            !orr_hash_equal(of, b->hash))
            return fail(f, b->number, ORR_ECORRUPT, "the node answers receipts of another block");
        int error = orr_unjson_receipt(receipt, &b->receipts, &why);
        if (error) return fail(f, b->number, error, why);
        b->ends[i] = b->receipts.len;
    }
    for (size_t i = 0; i < n; i++) { /* the bytes move no more */
        size_t at = i ? b->ends[i - 1] : 0;
        b->items[i] = (struct orr_engine_bytes){b->receipts.bytes + at, b->ends[i] - at};
    }
    json_decref(b->txs);
    b->txs = NULL;
    return 0;
}

/* One receipt a transaction, from a node that gives no block's at once. */
static int receipts_one_by_one(struct orr_node_fetch *f, struct orr_fetched *b) {
    json_t *list = json_array(), *answers[ORR_NODE_MAX_BATCH];
    size_t n = json_array_size(b->txs), at = 0, most = ORR_NODE_MAX_BATCH;
    int error = 0;
    while (at < n && !error) { /* ends: at grows, or most shrinks to 1, which fails for good */
        json_t *calls = json_array();
        size_t k = n - at < most ? n - at : most;
        for (size_t i = 0; i < k; i++)
            orr_node_call(calls, "eth_getTransactionReceipt",
                          two(json_incref(json_array_get(b->txs, at + i)), NULL));
        error = orr_node_ask(f->node, calls, answers);
        for (size_t i = 0; i < k && !error; i++) json_array_append_new(list, answers[i]);
        if (!error) at += k;
        if (error == ORR_ELIMIT && k > 1) most = k / 2, error = 0;
    }
    error = error ? node_failed(f, b->number, error) : take_receipts(f, list, b);
    json_decref(list);
    return error;
}

/* The receipts of n blocks, by their hashes. */
static int fetch_receipts(struct orr_node_fetch *f, size_t n, struct orr_fetched *blocks) {
    enum { METHOD_NOT_FOUND = -32601 };
    json_t *answers[ORR_NODE_MAX_BATCH], *calls = json_array();
    size_t of[ORR_NODE_MAX_BATCH], n_asked = 0;
    int error = 0;
    for (size_t i = 0; i < n; i++) {
        if (!json_array_size(blocks[i].txs)) continue;
        if (!f->has_no_block_receipts)
            orr_node_call(calls, "eth_getBlockReceipts", two(hash_text(&blocks[i].hash), NULL));
        of[n_asked++] = i;
    }
    if (f->has_no_block_receipts || !n_asked) {
        json_decref(calls);
        for (size_t i = 0; i < n_asked && !error; i++)
            error = receipts_one_by_one(f, &blocks[of[i]]);
        return error;
    }
    error = orr_node_ask(f->node, calls, answers);
    if (error && f->node->code == METHOD_NOT_FOUND) {
        f->has_no_block_receipts = true;
        return fetch_receipts(f, n, blocks);
    }
    if (error) return node_failed(f, blocks[of[0]].number, error);
    for (size_t i = 0; i < n_asked && !error; i++)
        error = take_receipts(f, answers[i], &blocks[of[i]]);
    free_answers(answers, n_asked);
    return error;
}

/* ---- both ---- */

int orr_fetch_numbers(struct orr_node_fetch *f, uint64_t from, size_t n,
                      struct orr_fetched *blocks) {
    json_t *answers[ORR_NODE_MAX_BATCH], *calls = json_array();
    size_t n_taken = 0;
    assert(n >= 1 && n <= ORR_NODE_MAX_BATCH);
    for (size_t i = 0; i < n; i++)
        orr_node_call(calls, "eth_getBlockByNumber", two(number_text(from + i), json_true()));
    int error = orr_node_ask(f->node, calls, answers);
    if (error) return node_failed(f, from, error);
    for (; n_taken < n && !error; n_taken++) {
        f->number = from + n_taken;
        error = take_block(f, answers[n_taken], NULL, &blocks[n_taken]);
    }
    free_answers(answers, n);
    if (!error) error = fetch_receipts(f, n, blocks);
    for (size_t i = 0; i < n_taken && error; i++) orr_fetched_free(f, &blocks[i]);
    return error;
}

int orr_fetch_hash(struct orr_node_fetch *f, const struct orr_hash *hash,
                   struct orr_fetched *block) {
    json_t *answer;
    f->number = 0;
    int error =
        orr_node_ask_one(f->node, "eth_getBlockByHash", two(hash_text(hash), json_true()), &answer);
    if (error) return node_failed(f, 0, error);
    error = take_block(f, answer, hash, block);
    json_decref(answer);
    if (!error) error = fetch_receipts(f, 1, block);
    if (error) orr_fetched_free(f, block);
    return error;
}

int orr_fetch_named(struct orr_node_fetch *f, const char *name, uint64_t *number,
                    struct orr_hash *hash) {
    json_t *answer;
    int error = orr_node_ask_one(f->node, "eth_getBlockByNumber",
                                 two(json_string(name), json_false()), &answer);
    if (error) return node_failed(f, 0, error);
    if (json_is_null(answer))
        error = fail(f, 0, ORR_ENOTFOUND, "the node has no such block");
    else if (orr_json_u64(json_object_get(answer, "number"), number) ||
             orr_json_hash(json_object_get(answer, "hash"), hash))
        error = fail(f, 0, ORR_EFORMAT, "the node answers no block");
    json_decref(answer);
    return error;
}
