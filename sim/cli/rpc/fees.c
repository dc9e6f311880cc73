/* fees.c - methods about prices (EIP-1559, EIP-4844). */
#include <stdlib.h>
#include <string.h>

#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/rpc/call.h"

enum { MAX_HISTORY = 1024, MAX_PERCENTILES = 100, TIP_BLOCKS = 20 };

/* ---- of a block, and of the one after it ---- */

static const struct orr_evm_chain_fork *rules_of(const struct orr_chain *chain,
                                                 const struct orr_chain_link *link) {
    const struct orr_chain_block *b = link->block;
    return orr_chain_rules(chain, b->parent ? b->parent : b, &b->block.header);
}

/* The rules of a block on this one: as soon as there can be one. */
static const struct orr_evm_chain_fork *rules_after(const struct orr_chain *chain,
                                                    const struct orr_chain_link *link) {
    const struct orr_evm_header *h = &link->block->block.header;
    struct orr_evm_header next = {.number = h->number + 1, .timestamp = h->timestamp + 1};
    return orr_chain_rules(chain, link->block, &next);
}

static struct orr_u256 next_base_fee(const struct orr_chain *chain,
                                     const struct orr_chain_link *link) {
    if (rules_after(chain, link)->fork < ORR_FORK_LONDON) return orr_u256_from_u64(0);
    return orr_evm_next_base_fee(&link->block->block.header);
}

static struct orr_u256 blob_fee(uint64_t excess, const struct orr_evm_chain_fork *rules) {
    if (!rules->blobs.update_fraction) return orr_u256_from_u64(0);
    return orr_evm_blob_fee(excess, rules->blobs.update_fraction);
}

static struct orr_u256 next_blob_fee(const struct orr_chain *chain,
                                     const struct orr_chain_link *link) {
    const struct orr_evm_chain_fork *rules = rules_after(chain, link);
    if (rules->fork < ORR_FORK_CANCUN) return orr_u256_from_u64(0);
    return blob_fee(orr_evm_next_excess_blob_gas(rules, &link->block->block.header), rules);
}

/* ---- what was paid above the base fee ---- */

struct paid {
    struct orr_u256 tip;
    uint64_t gas;
};

/* By tip, ascending; equal ones stay as they came. */
static void sort(struct paid *tips, size_t n) {
    struct paid *other = orr_xrealloc(NULL, (n ? n : 1) * sizeof *other);
    for (size_t run = 1; run < n; run *= 2) { /* merges neighbours of `run` each */
        for (size_t at = 0; at < n; at += 2 * run) {
            size_t middle = at + run < n ? at + run : n, end = middle + run < n ? middle + run : n;
            size_t left = at, right = middle;
            for (size_t to = at; to < end; to++) {
                bool takes_right = left == middle ||
                                   (right < end && orr_u256_less(tips[right].tip, tips[left].tip));
                other[to] = tips[takes_right ? right++ : left++];
            }
        }
        memcpy(tips, other, n * sizeof *tips);
    }
    free(other);
}

/* A block's transactions by tip; free() them. */
static struct paid *tips_of(const struct orr_chain_link *link) {
    const struct orr_evm_block *b = &link->block->block;
    struct paid *tips = orr_xrealloc(NULL, (b->n_txs ? b->n_txs : 1) * sizeof *tips);
    for (size_t i = 0; i < b->n_txs; i++) {
        struct orr_u256 price = orr_evm_tx_price(&b->txs[i], &b->header.base_fee);
        tips[i] = (struct paid){orr_u256_sub(price, b->header.base_fee),
                                link->run->result.receipts[i].gas_used};
    }
    sort(tips, b->n_txs);
    return tips;
}

/* The median of the lowest tips of the youngest blocks that have transactions: what a transaction
 * that is not in a hurry bids. */
static struct orr_u256 suggested_tip(const struct orr_chain *chain) {
    struct paid lowest[TIP_BLOCKS];
    size_t n = 0;
    for (const struct orr_chain_link *link = chain->head; link && n < TIP_BLOCKS;
         link = link->parent) {
        if (!link->block->block.n_txs) continue;
        struct paid *tips = tips_of(link);
        lowest[n++] = tips[0];
        free(tips);
    }
    sort(lowest, n);
    return n ? lowest[n / 2].tip : orr_u256_from_u64(0);
}

json_t *orr_jsonrpc_eth_maxPriorityFeePerGas(struct orr_jsonrpc_call *call) {
    return orr_json_quantity(suggested_tip(call->rpc->chain));
}

json_t *orr_jsonrpc_eth_gasPrice(struct orr_jsonrpc_call *call) {
    const struct orr_chain *chain = call->rpc->chain;
    return orr_json_quantity(
        orr_u256_add(suggested_tip(chain), chain->head->block->block.header.base_fee));
}

json_t *orr_jsonrpc_eth_baseFee(struct orr_jsonrpc_call *call) {
    return orr_json_quantity(next_base_fee(call->rpc->chain, call->rpc->chain->head));
}

json_t *orr_jsonrpc_eth_blobBaseFee(struct orr_jsonrpc_call *call) {
    return orr_json_quantity(next_blob_fee(call->rpc->chain, call->rpc->chain->head));
}

/* ---- history ---- */

/* Ascending, from 0 to 100; false after the call has failed. */
static bool read_percentiles(struct orr_jsonrpc_call *call, double *percentiles, size_t *n) {
    const json_t *list = orr_jsonrpc_param(call, 2);
    *n = json_array_size(list);
    bool is_good = (!list || json_is_array(list)) && *n <= MAX_PERCENTILES;
    for (size_t i = 0; is_good && i < *n; i++) {
        percentiles[i] = json_number_value(json_array_get(list, i));
        is_good = json_is_number(json_array_get(list, i)) && percentiles[i] >= 0 &&
                  percentiles[i] <= 100 && (!i || percentiles[i] >= percentiles[i - 1]);
    }
    if (!is_good)
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                         "invalid argument 2: percentiles are at most %d numbers from 0 to 100, "
                         "ascending",
                         MAX_PERCENTILES);
    return is_good;
}

/* Tips at percentiles of the gas that was used. */
static json_t *rewards(const struct orr_chain_link *link, const double *percentiles, size_t n) {
    json_t *list = json_array();
    size_t n_txs = link->block->block.n_txs, at = 0;
    struct paid *tips = tips_of(link);
    uint64_t sum = n_txs ? tips[0].gas : 0;
    for (size_t i = 0; i < n; i++) {
        double share = (double)link->block->block.header.gas_used * percentiles[i] / 100;
        while (at + 1 < n_txs && (double)sum < share) sum += tips[++at].gas; /* ends: at n_txs */
        json_array_append_new(list, orr_json_quantity(n_txs ? tips[at].tip : orr_u256_from_u64(0)));
    }
    free(tips);
    return list;
}

static json_t *ratio(uint64_t part, uint64_t whole) {
    return whole && part ? json_real((double)part / (double)whole) : json_integer(0);
}

static void add_block(const struct orr_chain *chain, const struct orr_chain_link *link,
                      json_t *result) {
    const struct orr_evm_header *h = &link->block->block.header;
    const struct orr_evm_chain_fork *rules = rules_of(chain, link);
    json_array_append_new(json_object_get(result, "baseFeePerGas"), orr_json_quantity(h->base_fee));
    json_array_append_new(json_object_get(result, "gasUsedRatio"),
                          ratio(h->gas_used, h->gas_limit));
    struct orr_u256 fee = h->n_fields >= ORR_HEADER_CANCUN ? blob_fee(h->excess_blob_gas, rules)
                                                           : orr_u256_from_u64(0);
    json_array_append_new(json_object_get(result, "baseFeePerBlobGas"), orr_json_quantity(fee));
    json_array_append_new(json_object_get(result, "blobGasUsedRatio"),
                          ratio(h->blob_gas_used, (uint64_t)rules->blobs.max * ORR_BLOB_GAS));
}

json_t *orr_jsonrpc_eth_feeHistory(struct orr_jsonrpc_call *call) {
    const struct orr_chain *chain = call->rpc->chain;
    double percentiles[MAX_PERCENTILES];
    size_t n_percentiles;
    uint64_t n;
    struct orr_chain_link *last;
    if (!orr_jsonrpc_param_number(call, 0, &n) ||
        !orr_jsonrpc_param_block(call, 1, ORR_JSONRPC_REQUIRED, &last) ||
        !read_percentiles(call, percentiles, &n_percentiles))
        return NULL;
    if (!last) return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "request beyond head block");
    if (n > MAX_HISTORY) n = MAX_HISTORY;
    uint64_t first = orr_chain_number(chain->places[0].link), newest = orr_chain_number(last);
    if (n > newest - first + 1) n = newest - first + 1;
    json_t *result = json_object();
    orr_json_set_number(result, "oldestBlock", n ? newest - n + 1 : 0);
    if (!n) return result;
    static const char *const lists[] = {"baseFeePerGas", "gasUsedRatio", "baseFeePerBlobGas",
                                        "blobGasUsedRatio"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_object_set_new(result, lists[i], json_array());
    if (n_percentiles) json_object_set_new(result, "reward", json_array());
    for (uint64_t at = newest - n + 1; at <= newest; at++) {
        const struct orr_chain_link *link = orr_chain_at(chain, chain->head, at);
        add_block(chain, link, result);
        if (n_percentiles)
            json_array_append_new(json_object_get(result, "reward"),
                                  rewards(link, percentiles, n_percentiles));
    }
    json_array_append_new(json_object_get(result, "baseFeePerGas"),
                          orr_json_quantity(next_base_fee(chain, last)));
    json_array_append_new(json_object_get(result, "baseFeePerBlobGas"),
                          orr_json_quantity(next_blob_fee(chain, last)));
    return result;
}
