/* block_execute.c - the block's state transition: system calls, transactions, withdrawals,
 * requests, rewards. */
#include <assert.h>

#include "models/vm/block_run.h"
#include "models/vm/trie.h"

static struct orr_hash receipts_root(struct orr_evm_store *store,
                                     const struct orr_evm_block_result *result) {
    struct orr_mem *mem = orr_evm_store_mem(store);
    size_t n = result->n_receipts;
    const uint8_t **bytes = orr_alloc(mem, (n + 1) * sizeof bytes[0]);
    size_t *lens = orr_alloc(mem, (n + 1) * sizeof lens[0]);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = result->receipts[i].encoding;
        lens[i] = result->receipts[i].encoding_len;
    }
    struct orr_hash root = orr_trie_list_root_in(store, bytes, lens, n);
    orr_free(mem, bytes, (n + 1) * sizeof bytes[0]);
    orr_free(mem, lens, (n + 1) * sizeof lens[0]);
    return root;
}

static enum orr_evm_block_error run_tx(struct orr_evm_block_run *run,
                                       const struct orr_evm_block *block, size_t i,
                                       struct orr_evm_block_result *result) {
    struct orr_evm_tx_outcome outcome;
    assert(result->n_receipts == i && i < result->receipts_cap);
    result->tx_error =
        orr_evm_block_run_tx(run, &block->txs[i], block->senders ? &block->senders[i] : NULL,
                             &result->receipts[i], &outcome);
    if (result->tx_error) return ORR_BLOCK_INVALID_TRANSACTION;
    result->n_receipts++;
    return run->has_bad_deposit ? ORR_BLOCK_INVALID_DEPOSIT_EVENT_LAYOUT : ORR_BLOCK_OK;
}

enum orr_evm_block_error orr_evm_execute_block(struct orr_evm_executor *executor,
                                               struct orr_evm_state *state,
                                               const struct orr_evm_chain_view *chain,
                                               const struct orr_evm_block *block,
                                               struct orr_evm_block_result *result) {
    struct orr_mem *mem = orr_evm_store_mem(orr_evm_state_store(state));
    const struct orr_evm_header *h = &block->header;
    struct orr_evm_block_run run = {.executor = executor,
                                    .state = state,
                                    .config = chain->config,
                                    .rules = orr_evm_chain_fork_at(chain->config, h->number,
                                                                   h->timestamp,
                                                                   &chain->parent_total_difficulty),
                                    .header = h,
                                    .hashes = chain->hashes};
    *result = (struct orr_evm_block_result){.receipts_cap = block->n_txs};
    if (block->n_txs) result->receipts = orr_alloc(mem, block->n_txs * sizeof result->receipts[0]);
    orr_evm_block_run_begin(&run);
    enum orr_evm_block_error error = ORR_BLOCK_OK;
    for (size_t i = 0; i < block->n_txs && !error; i++) error = run_tx(&run, block, i, result);
    if (!error) {
        orr_evm_block_run_withdrawals(&run, block->withdrawals, block->n_withdrawals);
        error = orr_evm_block_run_requests(&run);
    }
    result->gas_used = run.gas_used;
    result->blob_gas_used = run.blob_gas_used;
    result->bloom = run.bloom;
    result->requests_hash = run.requests_hash;
    result->access_list_hash = run.access_list_hash;
    if (!error) {
        orr_evm_block_run_rewards(&run, block->ommers, block->n_ommers);
        result->state_root = orr_evm_state_root(state);
        result->receipts_root = receipts_root(orr_evm_state_store(state), result);
    }
    orr_evm_block_run_end(&run);
    return error;
}
