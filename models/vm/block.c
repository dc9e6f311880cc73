#include "models/vm/block.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/trie.h"

static size_t count_items(struct orr_rlp_reader list) {
    size_t n = 0;
    while (orr_rlp_more(&list)) orr_rlp_read(&list), n++;
    return n;
}

static void *alloc_list(struct orr_mem *mem, size_t n, size_t size) {
    return n ? orr_alloc_zero(mem, n * size) : NULL;
}

/* EIP-2718: a legacy transaction is a list, a newer one a string. */
static int read_txs(struct orr_mem *mem, struct orr_rlp_reader list, struct orr_evm_block *block) {
    size_t n = count_items(list);
    block->txs = alloc_list(mem, n, sizeof block->txs[0]);
    block->tx_items = alloc_list(mem, n, sizeof block->tx_items[0]);
    block->n_txs = n;
    for (size_t i = 0; i < n; i++) {
        struct orr_rlp_item item = orr_rlp_read(&list);
        if (item.is_list) {
            item.payload = item.encoding;
            item.len = item.encoding_len;
        }
        if (!item.len || (!item.is_list && item.payload[0] >= 0x80)) return ORR_EFORMAT;
        block->tx_items[i] = item;
        int error = orr_evm_tx_decode(mem, item.payload, item.len, &block->txs[i]);
        if (error) return error;
    }
    return orr_rlp_done(&list) ? 0 : ORR_EFORMAT;
}

static int read_ommers(struct orr_mem *mem, struct orr_rlp_reader list,
                       struct orr_evm_block *block) {
    size_t n = count_items(list);
    block->ommers = alloc_list(mem, n, sizeof block->ommers[0]);
    block->ommer_hashes = alloc_list(mem, n, sizeof block->ommer_hashes[0]);
    block->n_ommers = n;
    for (size_t i = 0; i < n; i++) {
        if (orr_evm_header_decode(&list, &block->ommers[i])) return ORR_EFORMAT;
        block->ommer_hashes[i] = orr_evm_header_hash(mem, &block->ommers[i]);
    }
    return orr_rlp_done(&list) ? 0 : ORR_EFORMAT;
}

static int read_withdrawals(struct orr_mem *mem, struct orr_rlp_reader list,
                            struct orr_evm_block *block) {
    size_t n = count_items(list);
    block->withdrawals = alloc_list(mem, n, sizeof block->withdrawals[0]);
    block->withdrawal_items = alloc_list(mem, n, sizeof block->withdrawal_items[0]);
    block->n_withdrawals = n;
    block->has_withdrawals = true;
    for (size_t i = 0; i < n; i++) {
        struct orr_evm_withdrawal *w = &block->withdrawals[i];
        block->withdrawal_items[i] = orr_rlp_peek(&list);
        struct orr_rlp_reader r = orr_rlp_read_list(&list);
        w->index = orr_rlp_read_u64(&r);
        w->validator = orr_rlp_read_u64(&r);
        orr_rlp_read_fixed(&r, w->address.bytes, sizeof w->address.bytes);
        w->amount_gwei = orr_rlp_read_u64(&r);
        if (!orr_rlp_done(&r)) return ORR_EFORMAT;
    }
    return orr_rlp_done(&list) ? 0 : ORR_EFORMAT;
}

static int read_block(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                      struct orr_evm_block *block) {
    struct orr_rlp_reader all = orr_rlp_reader(bytes, len), r = orr_rlp_read_list(&all);
    if (!orr_rlp_done(&all) || orr_evm_header_decode(&r, &block->header)) return ORR_EFORMAT;
    block->size_bytes = len;
    block->hash = orr_evm_header_hash(mem, &block->header);
    struct orr_rlp_reader txs = orr_rlp_read_list(&r);
    struct orr_rlp_item ommers = orr_rlp_peek(&r);
    struct orr_rlp_reader ommer_list = orr_rlp_read_list(&r);
    if (r.bad) return ORR_EFORMAT;
    block->ommers_hash = orr_keccak256(ommers.encoding, ommers.encoding_len);
    int error = read_txs(mem, txs, block);
    if (!error) error = read_ommers(mem, ommer_list, block);
    if (!error && orr_rlp_more(&r)) {
        struct orr_rlp_reader withdrawals = orr_rlp_read_list(&r);
        error = r.bad ? ORR_EFORMAT : read_withdrawals(mem, withdrawals, block);
    }
    return !error && !orr_rlp_done(&r) ? ORR_EFORMAT : error;
}

int orr_evm_block_decode(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                         struct orr_evm_block *out) {
    struct orr_evm_block block = {.n_txs = 0};
    int error = read_block(mem, bytes, len, &block);
    if (error)
        orr_evm_block_free(mem, &block);
    else
        *out = block;
    return error;
}

void orr_evm_block_free(struct orr_mem *mem, struct orr_evm_block *block) {
    for (size_t i = 0; i < block->n_txs; i++) orr_evm_tx_free(mem, &block->txs[i]);
    orr_free(mem, block->txs, block->n_txs * sizeof block->txs[0]);
    orr_free(mem, block->tx_items, block->n_txs * sizeof block->tx_items[0]);
    orr_free(mem, block->ommers, block->n_ommers * sizeof block->ommers[0]);
    orr_free(mem, block->ommer_hashes, block->n_ommers * sizeof block->ommer_hashes[0]);
    orr_free(mem, block->withdrawals, block->n_withdrawals * sizeof block->withdrawals[0]);
    orr_free(mem, block->withdrawal_items,
             block->n_withdrawals * sizeof block->withdrawal_items[0]);
    *block = (struct orr_evm_block){.n_txs = 0};
}

void orr_evm_block_result_free(struct orr_mem *mem, struct orr_evm_block_result *result) {
    for (size_t i = 0; i < result->n_receipts; i++) orr_evm_receipt_free(&result->receipts[i], mem);
    orr_free(mem, result->receipts, result->receipts_cap * sizeof result->receipts[0]);
    *result = (struct orr_evm_block_result){.n_receipts = 0};
}

/* ---- ommers ---- */

static bool is_known_ommer(const struct orr_evm_chain_view *chain, const struct orr_hash *hash) {
    for (size_t a = 0; a < chain->n_ancestors; a++) {
        const struct orr_evm_ancestor *ancestor = &chain->ancestors[a];
        if (orr_hash_equal(ancestor->hash, *hash)) return true;
        for (size_t i = 0; i < ancestor->n_ommers; i++)
            if (orr_hash_equal(ancestor->ommer_hashes[i], *hash)) return true;
    }
    return false;
}

static enum orr_evm_block_error check_ommer(const struct orr_evm_chain_view *chain,
                                            const struct orr_evm_header *ommer) {
    for (size_t a = 1; a < chain->n_ancestors;
         a++) { /* a sibling of an ancestor, never of the block */
        const struct orr_evm_ancestor *parent = &chain->ancestors[a];
        if (!orr_hash_equal(parent->hash, ommer->parent_hash)) continue;
        struct orr_u256 reached = chain->parent_total_difficulty;
        const struct orr_evm_chain_fork *rules =
            orr_evm_chain_fork_at(chain->config, ommer->number, ommer->timestamp, &reached);
        return orr_evm_header_check(chain->config, rules, ommer, parent->header, &parent->hash);
    }
    return ORR_BLOCK_UNCLE_INVALID;
}

enum orr_evm_block_error orr_evm_ommers_check(const struct orr_evm_chain_view *chain,
                                              const struct orr_evm_block *block) {
    if (block->n_ommers > ORR_MAX_OMMERS) return ORR_BLOCK_TOO_MANY_UNCLES;
    if (!orr_hash_equal(block->ommers_hash, block->header.ommers_hash))
        return ORR_BLOCK_INVALID_UNCLES_HASH;
    for (size_t i = 0; i < block->n_ommers; i++) {
        if (is_known_ommer(chain, &block->ommer_hashes[i])) return ORR_BLOCK_UNCLE_KNOWN;
        for (size_t k = 0; k < i; k++)
            if (orr_hash_equal(block->ommer_hashes[k], block->ommer_hashes[i]))
                return ORR_BLOCK_UNCLE_KNOWN;
        enum orr_evm_block_error error = check_ommer(chain, &block->ommers[i]);
        if (error) return error;
    }
    return ORR_BLOCK_OK;
}

/* ---- the validator's checks ---- */

/* The root of the trie that commits to a list of encoded items. */
static struct orr_hash items_root(struct orr_mem *mem, struct orr_evm_store *store,
                                  const struct orr_rlp_item *items, size_t n, bool is_payload) {
    const uint8_t **bytes = orr_alloc(mem, (n + 1) * sizeof bytes[0]);
    size_t *lens = orr_alloc(mem, (n + 1) * sizeof lens[0]);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = is_payload ? items[i].payload : items[i].encoding;
        lens[i] = is_payload ? items[i].len : items[i].encoding_len;
    }
    struct orr_hash root = store ? orr_trie_list_root_in(store, bytes, lens, n)
                                 : orr_trie_list_root(mem, bytes, lens, n);
    orr_free(mem, bytes, (n + 1) * sizeof bytes[0]);
    orr_free(mem, lens, (n + 1) * sizeof lens[0]);
    return root;
}

struct orr_hash orr_evm_transactions_root(struct orr_mem *mem, const struct orr_evm_block *block) {
    return items_root(mem, NULL, block->tx_items, block->n_txs, true);
}

struct orr_hash orr_evm_withdrawals_root(struct orr_mem *mem, const struct orr_evm_block *block) {
    return items_root(mem, NULL, block->withdrawal_items, block->n_withdrawals, false);
}

enum orr_evm_block_error orr_evm_body_check(struct orr_evm_store *store,
                                            const struct orr_evm_chain_fork *rules,
                                            const struct orr_evm_block *block) {
    const struct orr_evm_header *h = &block->header;
    if (rules->fork >= ORR_FORK_OSAKA && block->size_bytes > ORR_MAX_BLOCK_BYTES)
        return ORR_BLOCK_RLP_BLOCK_LIMIT_EXCEEDED;
    if (block->has_withdrawals != (rules->fork >= ORR_FORK_SHANGHAI))
        return ORR_BLOCK_INCORRECT_BLOCK_FORMAT;
    struct orr_mem *mem = orr_evm_store_mem(store);
    struct orr_hash root = items_root(mem, store, block->tx_items, block->n_txs, true);
    if (!orr_hash_equal(root, h->transactions_root)) return ORR_BLOCK_INVALID_TRANSACTIONS_ROOT;
    if (!block->has_withdrawals) return ORR_BLOCK_OK;
    root = orr_evm_withdrawals_root(mem, block);
    return orr_hash_equal(root, h->withdrawals_root) ? ORR_BLOCK_OK
                                                     : ORR_BLOCK_INVALID_WITHDRAWALS_ROOT;
}

/* What the header says of the execution. */
static enum orr_evm_block_error check_result(const struct orr_evm_chain_fork *rules,
                                             const struct orr_evm_header *h,
                                             const struct orr_evm_block_result *result) {
    if (result->gas_used != h->gas_used) return ORR_BLOCK_INVALID_GAS_USED;
    if (rules->fork >= ORR_FORK_CANCUN && result->blob_gas_used != h->blob_gas_used)
        return ORR_BLOCK_INCORRECT_BLOB_GAS_USED;
    if (memcmp(&result->bloom, &h->bloom, sizeof h->bloom)) return ORR_BLOCK_INVALID_LOG_BLOOM;
    if (!orr_hash_equal(result->receipts_root, h->receipts_root))
        return ORR_BLOCK_INVALID_RECEIPTS_ROOT;
    if (rules->fork >= ORR_FORK_PRAGUE && !orr_hash_equal(result->requests_hash, h->requests_hash))
        return ORR_BLOCK_INVALID_REQUESTS;
    if (rules->fork >= ORR_FORK_AMSTERDAM &&
        !orr_hash_equal(result->access_list_hash, h->access_list_hash))
        return ORR_BLOCK_INVALID_BAL_HASH;
    return orr_hash_equal(result->state_root, h->state_root) ? ORR_BLOCK_OK
                                                             : ORR_BLOCK_INVALID_STATE_ROOT;
}

enum orr_evm_block_error orr_evm_block_validate(struct orr_evm_executor *executor,
                                                struct orr_evm_state *state,
                                                const struct orr_evm_chain_view *chain,
                                                const struct orr_evm_block *block,
                                                struct orr_evm_block_result *result) {
    const struct orr_evm_header *h = &block->header;
    const struct orr_evm_ancestor *parent = &chain->ancestors[0];
    assert(chain->n_ancestors && chain->n_ancestors <= ORR_MAX_ANCESTORS);
    *result = (struct orr_evm_block_result){.n_receipts = 0};
    const struct orr_evm_chain_fork *rules = orr_evm_chain_fork_at(
        chain->config, h->number, h->timestamp, &chain->parent_total_difficulty);
    enum orr_evm_block_error error =
        orr_evm_header_check(chain->config, rules, h, parent->header, &parent->hash);
    if (!error) error = orr_evm_ommers_check(chain, block);
    if (!error) error = orr_evm_body_check(orr_evm_state_store(state), rules, block);
    if (!error) error = orr_evm_execute_block(executor, state, chain, block, result);
    return error ? error : check_result(rules, h, result);
}
