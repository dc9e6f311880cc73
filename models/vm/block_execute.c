/* block_execute.c - the block's state transition: system calls, transactions, withdrawals,
 * requests, rewards. */
#include <assert.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/vm/block.h"
#include "models/vm/dao_accounts.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"

/* EIP-779 */
static const struct orr_address dao_refund = {{0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66,
                                               0x65, 0x46, 0xe3, 0x0d, 0x74, 0xd5, 0x0d,
                                               0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};

struct run {
    struct orr_evm_executor *executor;
    struct orr_evm_state *state;
    struct orr_mem *mem;
    const struct orr_evm_chain_view *chain;
    const struct orr_evm_chain_fork *rules;
    const struct orr_evm_system_contracts *contracts;
    const struct orr_evm_block *block;
    struct orr_evm_block_env env;
    struct orr_evm_block_result *result;
    struct orr_rlp_writer deposits; /* EIP-6110: request data so far */
};

static void set_env(struct run *run) {
    const struct orr_evm_header *h = &run->block->header;
    enum orr_evm_fork fork = run->rules->fork;
    run->env = (struct orr_evm_block_env){
        .fork = fork,
        .chain_id = run->chain->config->chain_id,
        .coinbase = h->coinbase,
        .number = h->number,
        .timestamp = h->timestamp,
        .gas_limit = h->gas_limit,
        .prevrandao = fork >= ORR_FORK_PARIS ? orr_u256_from_hash(h->mix_hash) : h->difficulty,
        .base_fee = h->base_fee,
        .blobs = run->rules->blobs,
        .hashes = run->chain->hashes};
    if (fork >= ORR_FORK_CANCUN)
        run->env.blob_base_fee =
            orr_evm_blob_fee(h->excess_blob_gas, run->rules->blobs.update_fraction);
}

/* EIP-779: the DAO's ether goes to the refund contract. */
static void drain_dao(struct run *run) {
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < sizeof dao_accounts / sizeof dao_accounts[0]; i++) {
        struct orr_u256 all = orr_evm_state_balance(run->state, &dao_accounts[i]);
        if (orr_u256_is_zero(all)) continue;
        orr_evm_state_sub_balance(run->state, &dao_accounts[i], all);
        orr_evm_state_add_balance(run->state, &dao_refund, all);
    }
    orr_evm_state_end_tx(run->state, run->rules->fork);
}

/* What happens before the first transaction.  These two calls may fail or find no code: nothing
 * then. */
static void begin_block(struct run *run) {
    const struct orr_evm_header *h = &run->block->header;
    const uint8_t *output;
    size_t len;
    if (h->number == run->chain->config->dao_number) drain_dao(run);
    if (run->rules->fork >= ORR_FORK_CANCUN)
        orr_evm_execute_system_call(run->executor, run->state, &run->env,
                                    &run->contracts->beacon_roots, h->parent_beacon_root.bytes, 32,
                                    &output, &len);
    if (run->rules->fork >= ORR_FORK_PRAGUE)
        orr_evm_execute_system_call(run->executor, run->state, &run->env, &run->contracts->history,
                                    h->parent_hash.bytes, 32, &output, &len);
}

/* ---- transactions ---- */

/* EIP-6110: DepositEvent(bytes,bytes,bytes,bytes,bytes) as the deposit contract logs it; five
 * strings at fixed places, each with its length before it. */
static bool read_deposit(struct run *run, const struct orr_evm_log *log) {
    static const struct {
        uint16_t offset, at, len;
    } fields[] = {{0, 160, 48}, {32, 256, 32}, {64, 320, 8}, {96, 384, 96}, {128, 512, 8}};
    if (log->len != 576) return false;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct orr_u256 offset = orr_u256_load_be(log->data + fields[i].offset);
        struct orr_u256 len = orr_u256_load_be(log->data + fields[i].at);
        if (!orr_u256_equal(offset, orr_u256_from_u64(fields[i].at)) ||
            !orr_u256_equal(len, orr_u256_from_u64(fields[i].len)))
            return false;
        orr_rlp_write_raw(&run->deposits, log->data + fields[i].at + 32, fields[i].len);
    }
    return true;
}

static bool read_deposits(struct run *run) {
    static const uint8_t topic[32] = {0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42,
                                      0xaf, 0xea, 0x4e, 0x5c, 0xd8, 0x2d, 0x40, 0x49,
                                      0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0, 0x88, 0x9a,
                                      0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5};
    for (size_t i = 0; i < orr_evm_state_n_logs(run->state); i++) {
        struct orr_evm_log log = orr_evm_state_log(run->state, i);
        if (!orr_address_equal(log.address, run->contracts->deposit) || !log.n_topics) continue;
        struct orr_hash first = orr_u256_to_hash(log.topics[0]);
        if (!memcmp(first.bytes, topic, sizeof topic) && !read_deposit(run, &log)) return false;
    }
    return true;
}

static enum orr_evm_block_error run_tx(struct run *run, size_t i) {
    struct orr_evm_block_result *result = run->result;
    const struct orr_evm_tx *tx = &run->block->txs[i];
    enum orr_evm_fork fork = run->rules->fork;
    struct orr_address sender;
    struct orr_evm_tx_outcome outcome;
    unsigned blobs_used = (unsigned)(result->blob_gas_used / ORR_BLOB_GAS);
    enum orr_evm_tx_error error = orr_evm_tx_check(tx, fork, run->rules->blobs.max);
    if (!error) error = orr_evm_tx_sender(run->mem, tx, fork, &run->env.chain_id, &sender);
    if (!error)
        error = orr_evm_execute_tx(run->executor, run->state, &run->env, tx, &sender,
                                   run->env.gas_limit - result->gas_used,
                                   run->rules->blobs.max - blobs_used, &outcome);
    result->tx_error = error;
    if (error) return ORR_BLOCK_INVALID_TRANSACTION;
    result->gas_used += outcome.gas_used;
    result->blob_gas_used += (uint64_t)tx->n_blob_hashes * ORR_BLOB_GAS;
    assert(result->gas_used <= run->env.gas_limit);
    assert(result->n_receipts < result->receipts_cap);
    struct orr_evm_receipt *receipt = &result->receipts[result->n_receipts++];
    *receipt = (struct orr_evm_receipt){.type = tx->type,
                                        .is_success = outcome.status == ORR_EVM_SUCCESS,
                                        .gas_used = outcome.gas_used,
                                        .cumulative_gas = result->gas_used};
    if (fork < ORR_FORK_BYZANTIUM) receipt->post_state = orr_evm_state_root(run->state);
    orr_evm_receipt_seal(receipt, run->state, fork, run->mem);
    orr_evm_bloom_join(&result->bloom, &receipt->bloom);
    if (fork >= ORR_FORK_PRAGUE && !read_deposits(run))
        return ORR_BLOCK_INVALID_DEPOSIT_EVENT_LAYOUT;
    return ORR_BLOCK_OK;
}

/* ---- the end of the block ---- */

/* EIP-4895: gwei into existence. */
static void pay_withdrawals(struct run *run) {
    if (!run->block->n_withdrawals) return;
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < run->block->n_withdrawals; i++) {
        const struct orr_evm_withdrawal *w = &run->block->withdrawals[i];
        struct orr_u256 wei =
            orr_u256_mul(orr_u256_from_u64(w->amount_gwei), orr_u256_from_u64(1000000000));
        orr_evm_state_add_balance(run->state, &w->address, wei);
    }
    orr_evm_state_end_tx(run->state, run->rules->fork);
}

/* Yellow Paper, section 11.3; EIP-649, EIP-1234. */
static void pay_rewards(struct run *run) {
    enum orr_evm_fork fork = run->rules->fork;
    if (fork >= ORR_FORK_PARIS) return;
    const struct orr_u256 ether = orr_u256_from_u64(1000000000000000000u);
    uint64_t n_ether = fork >= ORR_FORK_CONSTANTINOPLE ? 2 : fork >= ORR_FORK_BYZANTIUM ? 3 : 5;
    struct orr_u256 reward = orr_u256_mul(ether, orr_u256_from_u64(n_ether)), share, mine = reward;
    orr_u256_divmod(reward, orr_u256_from_u64(32), &share, NULL);
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < run->block->n_ommers; i++) {
        const struct orr_evm_header *ommer = &run->block->ommers[i];
        uint64_t eighths = 8 - (run->block->header.number - ommer->number);
        assert(eighths >= 2 && eighths <= 7); /* the header rules let no older ommer pass */
        struct orr_u256 theirs = orr_u256_mul(reward, orr_u256_from_u64(eighths));
        orr_u256_divmod(theirs, orr_u256_from_u64(8), &theirs, NULL);
        orr_evm_state_add_balance(run->state, &ommer->coinbase, theirs);
        mine = orr_u256_add(mine, share);
    }
    orr_evm_state_add_balance(run->state, &run->block->header.coinbase, mine);
    orr_evm_state_end_tx(run->state, fork);
}

/* Adds one kind of request to the running hash of hashes (EIP-7685), unless it is empty. */
static void add_request(struct run *run, struct orr_rlp_writer *hashes, uint8_t type,
                        const uint8_t *data, size_t len) {
    if (!len) return;
    struct orr_rlp_writer w = {.mem = run->mem};
    uint8_t digest[ORR_SHA256_BYTES];
    orr_rlp_write_raw(&w, &type, 1);
    orr_rlp_write_raw(&w, data, len);
    orr_sha256(w.bytes, w.len, digest);
    orr_rlp_write_raw(hashes, digest, sizeof digest);
    orr_rlp_free(&w);
}

static enum orr_evm_block_error collect_requests(struct run *run) {
    if (run->rules->fork < ORR_FORK_PRAGUE) return ORR_BLOCK_OK;
    const struct orr_address *contracts[] = {&run->contracts->withdrawal_requests,
                                             &run->contracts->consolidation_requests};
    struct orr_rlp_writer hashes = {.mem = run->mem};
    add_request(run, &hashes, 0, run->deposits.bytes, run->deposits.len);
    int error = 0;
    for (uint8_t i = 0; i < 2 && !error; i++) {
        const uint8_t *output = NULL;
        size_t len = 0;
        error = orr_evm_execute_system_call(run->executor, run->state, &run->env, contracts[i],
                                            NULL, 0, &output, &len);
        if (!error) add_request(run, &hashes, (uint8_t)(i + 1), output, len);
    }
    orr_sha256(hashes.bytes, hashes.len, run->result->requests_hash.bytes);
    orr_rlp_free(&hashes);
    if (error == ORR_ENOTFOUND) return ORR_BLOCK_SYSTEM_CONTRACT_EMPTY;
    return error ? ORR_BLOCK_SYSTEM_CONTRACT_CALL_FAILED : ORR_BLOCK_OK;
}

static struct orr_hash receipts_root(struct run *run) {
    size_t n = run->result->n_receipts;
    const uint8_t **bytes = orr_alloc(run->mem, (n + 1) * sizeof bytes[0]);
    size_t *lens = orr_alloc(run->mem, (n + 1) * sizeof lens[0]);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = run->result->receipts[i].encoding;
        lens[i] = run->result->receipts[i].encoding_len;
    }
    struct orr_hash root = orr_trie_list_root(run->mem, bytes, lens, n);
    orr_free(run->mem, bytes, (n + 1) * sizeof bytes[0]);
    orr_free(run->mem, lens, (n + 1) * sizeof lens[0]);
    return root;
}

enum orr_evm_block_error orr_evm_execute_block(struct orr_evm_executor *executor,
                                               struct orr_evm_state *state,
                                               const struct orr_evm_chain_view *chain,
                                               const struct orr_evm_block *block,
                                               struct orr_evm_block_result *result) {
    struct orr_mem *mem = orr_evm_store_mem(orr_evm_state_store(state));
    struct run run = {.executor = executor,
                      .state = state,
                      .mem = mem,
                      .chain = chain,
                      .contracts = orr_evm_chain_contracts(chain->config),
                      .block = block,
                      .result = result,
                      .deposits = {.mem = mem}};
    run.rules = orr_evm_chain_fork_at(chain->config, block->header.number, block->header.timestamp,
                                      &chain->parent_total_difficulty);
    *result = (struct orr_evm_block_result){.receipts_cap = block->n_txs};
    if (block->n_txs) result->receipts = orr_alloc(mem, block->n_txs * sizeof result->receipts[0]);
    set_env(&run);
    begin_block(&run);
    enum orr_evm_block_error error = ORR_BLOCK_OK;
    for (size_t i = 0; i < block->n_txs && !error; i++) error = run_tx(&run, i);
    if (!error) {
        pay_withdrawals(&run);
        error = collect_requests(&run);
    }
    if (!error) {
        pay_rewards(&run);
        result->state_root = orr_evm_state_root(state);
        result->receipts_root = receipts_root(&run);
    }
    orr_rlp_free(&run.deposits);
    return error;
}
