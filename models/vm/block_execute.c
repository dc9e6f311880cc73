/* block_execute.c - the block's state transition: system calls, transactions, withdrawals,
 * requests, rewards. */
#include <assert.h>

#include "models/vm/block_run.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"

/* Yellow Paper, section 11.3; EIP-649, EIP-1234. */
static void pay_rewards(struct orr_evm_block_run *run, const struct orr_evm_block *block) {
    enum orr_evm_fork fork = run->rules->fork;
    if (fork >= ORR_FORK_PARIS) return;
    const struct orr_u256 ether = orr_u256_from_u64(1000000000000000000u);
    uint64_t n_ether = fork >= ORR_FORK_CONSTANTINOPLE ? 2 : fork >= ORR_FORK_BYZANTIUM ? 3 : 5;
    struct orr_u256 reward = orr_u256_mul(ether, orr_u256_from_u64(n_ether)), share, mine = reward;
    orr_u256_divmod(reward, orr_u256_from_u64(32), &share, NULL);
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < block->n_ommers; i++) {
        const struct orr_evm_header *ommer = &block->ommers[i];
        uint64_t eighths = 8 - (block->header.number - ommer->number);
        assert(eighths >= 2 && eighths <= 7); /* the header rules let no older ommer pass */
        struct orr_u256 theirs = orr_u256_mul(reward, orr_u256_from_u64(eighths));
        orr_u256_divmod(theirs, orr_u256_from_u64(8), &theirs, NULL);
        orr_evm_state_add_balance(run->state, &ommer->coinbase, theirs);
        mine = orr_u256_add(mine, share);
    }
    orr_evm_state_add_balance(run->state, &block->header.coinbase, mine);
    orr_evm_state_end_tx(run->state, fork);
}

static struct orr_hash receipts_root(struct orr_mem *mem,
                                     const struct orr_evm_block_result *result) {
    size_t n = result->n_receipts;
    const uint8_t **bytes = orr_alloc(mem, (n + 1) * sizeof bytes[0]);
    size_t *lens = orr_alloc(mem, (n + 1) * sizeof lens[0]);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = result->receipts[i].encoding;
        lens[i] = result->receipts[i].encoding_len;
    }
    struct orr_hash root = orr_trie_list_root(mem, bytes, lens, n);
    orr_free(mem, bytes, (n + 1) * sizeof bytes[0]);
    orr_free(mem, lens, (n + 1) * sizeof lens[0]);
    return root;
}

static enum orr_evm_block_error run_tx(struct orr_evm_block_run *run, const struct orr_evm_tx *tx,
                                       struct orr_evm_block_result *result) {
    struct orr_evm_tx_outcome outcome;
    struct orr_address sender;
    assert(result->n_receipts < result->receipts_cap);
    result->tx_error =
        orr_evm_block_run_tx(run, tx, &result->receipts[result->n_receipts], &outcome, &sender);
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
    for (size_t i = 0; i < block->n_txs && !error; i++)
        error = run_tx(&run, &block->txs[i], result);
    if (!error) {
        orr_evm_block_run_withdrawals(&run, block->withdrawals, block->n_withdrawals);
        error = orr_evm_block_run_requests(&run);
    }
    result->gas_used = run.gas_used;
    result->blob_gas_used = run.blob_gas_used;
    result->bloom = run.bloom;
    result->requests_hash = run.requests_hash;
    if (!error) {
        pay_rewards(&run, block);
        result->state_root = orr_evm_state_root(state);
        result->receipts_root = receipts_root(mem, result);
    }
    orr_evm_block_run_end(&run);
    return error;
}
