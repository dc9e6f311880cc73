#include "models/vm/block_run.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/vm/dao_accounts.h"
#include "models/vm/u256.h"

/* EIP-779 */
static const struct orr_address dao_refund = {{0xbf, 0x4e, 0xd7, 0xb2, 0x7f, 0x1d, 0x66,
                                               0x65, 0x46, 0xe3, 0x0d, 0x74, 0xd5, 0x0d,
                                               0x17, 0x3d, 0x20, 0xbc, 0xa7, 0x54}};

static void set_env(struct orr_evm_block_run *run) {
    const struct orr_evm_header *h = run->header;
    enum orr_evm_fork fork = run->rules->fork;
    run->env = (struct orr_evm_block_env){
        .fork = fork,
        .rollup = run->rules->rollup,
        .chain_id = run->config->chain_id,
        .coinbase = h->coinbase,
        .number = h->number,
        .timestamp = h->timestamp,
        .gas_limit = h->gas_limit,
        .slot_number = fork >= ORR_FORK_AMSTERDAM ? h->slot_number : 0,
        .prevrandao = fork >= ORR_FORK_PARIS ? orr_u256_from_hash(h->mix_hash) : h->difficulty,
        .base_fee = h->base_fee,
        .blobs = run->rules->blobs,
        .hashes = run->hashes};
    if (fork >= ORR_FORK_CANCUN)
        run->env.blob_base_fee =
            orr_evm_blob_fee(h->excess_blob_gas, run->rules->blobs.update_fraction);
}

/* EIP-779: the DAO's ether goes to the refund contract. */
static void drain_dao(struct orr_evm_block_run *run) {
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < sizeof dao_accounts / sizeof dao_accounts[0]; i++) {
        struct orr_u256 all = orr_evm_state_balance(run->state, &dao_accounts[i]);
        if (orr_u256_is_zero(all)) continue;
        orr_evm_state_sub_balance(run->state, &dao_accounts[i], all);
        orr_evm_state_add_balance(run->state, &dao_refund, all);
    }
    orr_evm_state_end_tx(run->state, run->rules->fork);
}

void orr_evm_block_run_prepare(struct orr_evm_block_run *run) {
    run->mem = orr_evm_store_mem(orr_evm_state_store(run->state));
    run->contracts = orr_evm_chain_contracts(run->config);
    for (int i = 0; i < ORR_N_REQUESTS; i++)
        run->requests[i] = (struct orr_rlp_writer){.mem = run->mem};
    if (run->rules->fork >= ORR_FORK_AMSTERDAM) {
        run->accesses = orr_evm_accesses_create(run->mem);
        orr_evm_state_record(run->state, run->accesses);
    }
    set_env(run);
}

/* A block access index ends (EIP-7928, "BlockAccessIndex Assignment"). */
static void close_index(struct orr_evm_block_run *run) {
    if (run->accesses) orr_evm_accesses_close(run->accesses, run->state);
}

/* These two calls may fail or find no code: nothing then. */
void orr_evm_block_run_begin(struct orr_evm_block_run *run) {
    const struct orr_evm_header *h = run->header;
    const uint8_t *output;
    size_t len;
    orr_evm_block_run_prepare(run);
    if (h->number == run->config->dao_number) drain_dao(run);
    if (run->rules->fork >= ORR_FORK_CANCUN)
        orr_evm_execute_system_call(run->executor, run->state, &run->env,
                                    &run->contracts->beacon_roots, h->parent_beacon_root.bytes, 32,
                                    &output, &len);
    if (run->rules->fork >= ORR_FORK_PRAGUE)
        orr_evm_execute_system_call(run->executor, run->state, &run->env, &run->contracts->history,
                                    h->parent_hash.bytes, 32, &output, &len);
    close_index(run);
}

/* ---- transactions ---- */

/* Adds to one kind of request, whose type byte comes first. */
static void add_request(struct orr_evm_block_run *run, uint8_t type, const uint8_t *data,
                        size_t len) {
    struct orr_rlp_writer *w = &run->requests[type];
    if (!len) return;
    if (!w->len) orr_rlp_write_raw(w, &type, 1);
    orr_rlp_write_raw(w, data, len);
}

/* EIP-6110: DepositEvent(bytes,bytes,bytes,bytes,bytes) as the deposit contract logs it; five
 * strings at fixed places, each with its length before it. */
static bool read_deposit(struct orr_evm_block_run *run, const struct orr_evm_log *log) {
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
        add_request(run, 0, log->data + fields[i].at + 32, fields[i].len);
    }
    return true;
}

static bool read_deposits(struct orr_evm_block_run *run) {
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

void orr_evm_block_run_settle(struct orr_evm_block_run *run,
                              const struct orr_evm_tx_outcome *outcome,
                              struct orr_evm_receipt *receipt) {
    bool is_amsterdam = run->rules->fork >= ORR_FORK_AMSTERDAM;
    run->paid_gas += outcome->gas_used;
    run->execution_gas += outcome->block_gas;
    run->state_gas += outcome->block_state_gas;
    if (is_amsterdam)
        run->gas_used = run->state_gas > run->execution_gas ? run->state_gas : run->execution_gas;
    else
        run->gas_used += outcome->gas_used;
    assert(run->gas_used <= run->env.gas_limit || run->rules->rollup ||
           orr_evm_executor_flaws_of(run->executor)->gas_limit);
    receipt->is_success = outcome->status == ORR_EVM_SUCCESS;
    receipt->gas_used = outcome->gas_used;
    receipt->cumulative_gas = is_amsterdam ? run->paid_gas : run->gas_used;
    receipt->has_deposit_version =
        receipt->type == ORR_TX_DEPOSIT && run->rules->rollup >= ORR_EVM_CANYON;
    if (run->rules->fork < ORR_FORK_BYZANTIUM) receipt->post_state = orr_evm_state_root(run->state);
    orr_evm_receipt_seal(receipt, run->state, run->rules->fork, run->mem);
    orr_evm_bloom_join(&run->bloom, &receipt->bloom);
}

/* What the block has left of a dimension of gas; a flaw may have passed the limit. */
static uint64_t gas_left(const struct orr_evm_block_run *run, uint64_t used) {
    return used < run->env.gas_limit ? run->env.gas_limit - used : 0;
}

enum orr_evm_tx_error orr_evm_block_run_tx(struct orr_evm_block_run *run,
                                           const struct orr_evm_tx *tx,
                                           const struct orr_evm_sender *known,
                                           struct orr_evm_receipt *receipt,
                                           struct orr_evm_tx_outcome *outcome) {
    enum orr_evm_fork fork = run->rules->fork;
    struct orr_address sender = known ? known->address : (struct orr_address){{0}};
    unsigned blobs_used = (unsigned)(run->blob_gas_used / ORR_BLOB_GAS);
    enum orr_evm_tx_error error =
        orr_evm_executor_check(run->executor, tx, fork, run->rules->blobs.max);
    if (!error)
        error = known ? known->error
                      : orr_evm_tx_sender(run->mem, tx, fork, &run->env.chain_id, &sender);
    if (!error && fork >= ORR_FORK_AMSTERDAM && tx->gas_limit > gas_left(run, run->state_gas))
        error = ORR_TX_GAS_ALLOWANCE_EXCEEDED; /* EIP-8037 */
    if (!error)
        error = orr_evm_execute_tx(
            run->executor, run->state, &run->env, tx, &sender,
            gas_left(run, fork >= ORR_FORK_AMSTERDAM ? run->execution_gas : run->gas_used),
            run->rules->blobs.max - blobs_used, outcome);
    if (error) return error;
    run->blob_gas_used += (uint64_t)tx->n_blob_hashes * ORR_BLOB_GAS;
    *receipt = (struct orr_evm_receipt){.type = tx->type, .sender = sender};
    orr_evm_block_run_settle(run, outcome, receipt);
    close_index(run);
    if (fork >= ORR_FORK_PRAGUE && !run->rules->rollup && !read_deposits(run))
        run->has_bad_deposit = true;
    return ORR_TX_OK;
}

enum orr_evm_tx_error orr_evm_block_run_deposit(struct orr_evm_block_run *run,
                                                const struct orr_evm_deposit *deposit,
                                                struct orr_evm_receipt *receipt) {
    assert(run->rules->rollup);
    struct orr_evm_tx_outcome outcome;
    uint64_t nonce = orr_evm_state_nonce(run->state, &deposit->from);
    uint64_t left = gas_left(run, run->gas_used);
    enum orr_evm_tx_error error =
        orr_evm_execute_deposit(run->executor, run->state, &run->env, deposit, left, &outcome);
    if (error) return error;
    *receipt = (struct orr_evm_receipt){
        .type = ORR_TX_DEPOSIT, .sender = deposit->from, .deposit_nonce = nonce};
    orr_evm_block_run_settle(run, &outcome, receipt);
    return ORR_TX_OK;
}

/* ---- the end of the block ---- */

void orr_evm_block_run_withdrawals(struct orr_evm_block_run *run,
                                   const struct orr_evm_withdrawal *withdrawals, size_t n) {
    if (!n) return;
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < n; i++) { /* gwei into existence */
        const struct orr_evm_withdrawal *w = &withdrawals[i];
        struct orr_u256 wei =
            orr_u256_mul(orr_u256_from_u64(w->amount_gwei), orr_u256_from_u64(1000000000));
        orr_evm_state_add_balance(run->state, &w->address, wei);
        orr_evm_state_note(run->state, &w->address, NULL);
    }
    orr_evm_state_end_tx(run->state, run->rules->fork);
}

/* EIP-7685: the hash of the hashes of the requests that there are. */
static void hash_requests(struct orr_evm_block_run *run) {
    uint8_t digests[ORR_N_REQUESTS * ORR_SHA256_BYTES];
    size_t n = 0;
    for (int i = 0; i < ORR_N_REQUESTS; i++)
        if (run->requests[i].len)
            orr_sha256(run->requests[i].bytes, run->requests[i].len,
                       digests + ORR_SHA256_BYTES * n++);
    orr_sha256(digests, ORR_SHA256_BYTES * n, run->requests_hash.bytes);
}

enum orr_evm_block_error orr_evm_block_run_requests(struct orr_evm_block_run *run) {
    if (run->rules->fork < ORR_FORK_PRAGUE) return ORR_BLOCK_OK;
    const struct orr_address *contracts[] = {
        &run->contracts->withdrawal_requests, &run->contracts->consolidation_requests,
        &run->contracts->builder_deposits, &run->contracts->builder_exits};
    for (uint8_t i = 0; i < (run->rules->fork >= ORR_FORK_AMSTERDAM ? 4 : 2); i++) {
        const uint8_t *output = NULL;
        size_t len = 0;
        int error = orr_evm_execute_system_call(run->executor, run->state, &run->env, contracts[i],
                                                NULL, 0, &output, &len);
        if (error == ORR_ENOTFOUND) return ORR_BLOCK_SYSTEM_CONTRACT_EMPTY;
        if (error) return ORR_BLOCK_SYSTEM_CONTRACT_CALL_FAILED;
        add_request(run, (uint8_t)(i + 1), output, len);
    }
    hash_requests(run);
    close_index(run);
    if (!run->accesses) return ORR_BLOCK_OK;
    run->access_list_hash = orr_evm_accesses_hash(run->accesses);
    return orr_evm_accesses_n_items(run->accesses) > run->env.gas_limit / ORR_GAS_ACCESS_ITEM
               ? ORR_BLOCK_BLOCK_ACCESS_LIST_GAS_LIMIT_EXCEEDED
               : ORR_BLOCK_OK;
}

/* Yellow Paper, section 11.3; EIP-649, EIP-1234. */
void orr_evm_block_run_rewards(struct orr_evm_block_run *run, const struct orr_evm_header *ommers,
                               size_t n) {
    enum orr_evm_fork fork = run->rules->fork;
    if (fork >= ORR_FORK_PARIS) return;
    const struct orr_u256 ether = orr_u256_from_u64(1000000000000000000u);
    uint64_t n_ether = fork >= ORR_FORK_CONSTANTINOPLE ? 2 : fork >= ORR_FORK_BYZANTIUM ? 3 : 5;
    struct orr_u256 reward = orr_u256_mul(ether, orr_u256_from_u64(n_ether)), share, mine = reward;
    orr_u256_divmod(reward, orr_u256_from_u64(32), &share, NULL);
    orr_evm_state_begin_tx(run->state);
    for (size_t i = 0; i < n; i++) {
        const struct orr_evm_header *ommer = &ommers[i];
        uint64_t eighths = 8 - (run->header->number - ommer->number);
        assert(eighths >= 2 && eighths <= 7); /* the header rules let no older ommer pass */
        struct orr_u256 theirs = orr_u256_mul(reward, orr_u256_from_u64(eighths));
        orr_u256_divmod(theirs, orr_u256_from_u64(8), &theirs, NULL);
        orr_evm_state_add_balance(run->state, &ommer->coinbase, theirs);
        mine = orr_u256_add(mine, share);
    }
    orr_evm_state_add_balance(run->state, &run->header->coinbase, mine);
    orr_evm_state_end_tx(run->state, fork);
}

void orr_evm_block_run_end(struct orr_evm_block_run *run) {
    if (!run->mem) return; /* it never began */
    for (int i = 0; i < ORR_N_REQUESTS; i++) orr_rlp_free(&run->requests[i]);
    if (!run->accesses) return;
    orr_evm_state_record(run->state, NULL);
    orr_evm_accesses_destroy(run->accesses);
    run->accesses = NULL;
}
