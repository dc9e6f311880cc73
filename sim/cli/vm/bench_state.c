/* The benchmarks of `orrery vm bench` that are whole transactions, blocks and states.  Senders are
 * given: recovering one costs about 40 us and is the same work everywhere. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/block.h"
#include "models/vm/contracts/contracts.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/bench.h"

enum { N_ACCOUNTS = 100000, N_TXS = 1000, N_FORKS = 10000, GAS_PER_TX = 100000 };

/* A large state with a token that 2 * N_TXS accounts hold. */
struct world {
    struct orr_heap heap;
    struct orr_evm_store *store;
    struct orr_evm_executor *executor;
    struct orr_evm_state *base, *state; /* state: the one that runs on across calls */
    struct orr_evm_block_env env;
    struct orr_address token;
    uint64_t nonce; /* of every sender */
    int64_t gas_used;
    struct orr_evm_state *forks[N_FORKS];
};

static struct orr_address account(uint32_t n) {
    struct orr_address a = {{0x10}};
    orr_store_be32(a.bytes + 16, n);
    return a;
}

/* transfer(to, amount) as call data. */
static void transfer_input(uint8_t input[68], const struct orr_address *to, uint64_t amount) {
    struct orr_u256 to_word = orr_u256_from_address(*to), value = orr_u256_from_u64(amount);
    orr_store_be32(input, ORR_TOKEN_TRANSFER);
    orr_u256_store_be(input + 4, to_word);
    orr_u256_store_be(input + 36, value);
}

static bool send(struct world *w, struct orr_evm_state *state, const struct orr_address *from,
                 struct orr_evm_tx *tx, struct orr_evm_tx_outcome *outcome) {
    tx->gas_limit = tx->is_create ? 5000000 : GAS_PER_TX;
    tx->max_fee = tx->max_priority_fee = orr_u256_from_u64(10);
    enum orr_evm_tx_error error =
        orr_evm_execute_tx(w->executor, state, &w->env, tx, from, w->env.gas_limit, 0, outcome);
    return !error && outcome->status == ORR_EVM_SUCCESS;
}

static bool transfer(struct world *w, struct orr_evm_state *state, uint32_t from, uint32_t to,
                     uint64_t nonce, uint64_t amount, struct orr_evm_tx_outcome *outcome) {
    struct orr_address sender = account(from), target = account(to);
    uint8_t input[68];
    transfer_input(input, &target, amount);
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY,
                            .nonce = nonce,
                            .to = w->token,
                            .data = input,
                            .data_len = sizeof input};
    return send(w, state, &sender, &tx, outcome);
}

/* Account N_ACCOUNTS - 1 makes the token and gives some to the 2 * N_TXS first accounts. */
static bool deal(struct world *w) {
    const struct orr_evm_contract *c = &orr_evm_contract_token;
    struct orr_u256 supply = orr_u256_from_u64(1000000000000000000u);
    struct orr_address dealer = account(N_ACCOUNTS - 1);
    struct orr_evm_tx_outcome outcome;
    size_t len = c->creation_len + 32;
    uint8_t *initcode = orr_xrealloc(NULL, len);
    memcpy(initcode, c->creation, c->creation_len);
    orr_u256_store_be(initcode + c->creation_len, supply);
    struct orr_evm_tx create = {
        .type = ORR_TX_LEGACY, .is_create = true, .data = initcode, .data_len = len};
    bool good = send(w, w->base, &dealer, &create, &outcome);
    free(initcode);
    w->token = outcome.created;
    for (uint32_t i = 0; good && i < 2 * N_TXS; i++)
        good = transfer(w, w->base, N_ACCOUNTS - 1, i, i + 1, 1000000000000, &outcome);
    return good;
}

static bool world_open(struct world *w) {
    orr_heap_init(&w->heap);
    w->store = orr_evm_store_create(&w->heap.mem);
    w->executor = orr_evm_executor_create(&w->heap.mem);
    w->base = orr_evm_state_create(w->store);
    w->env = (struct orr_evm_block_env){.fork = ORR_FORK_CANCUN,
                                        .chain_id = orr_u256_from_u64(1),
                                        .coinbase = {{0xc0}},
                                        .number = 1,
                                        .gas_limit = 1000000000,
                                        .base_fee = orr_u256_from_u64(7),
                                        .blobs = orr_evm_blob_schedule(ORR_FORK_CANCUN)};
    orr_evm_state_begin_tx(w->base);
    for (uint32_t i = 0; i < N_ACCOUNTS; i++) {
        struct orr_address a = account(i);
        orr_evm_state_set_balance(w->base, &a, orr_u256_from_u64(1000000000000000000u));
    }
    orr_evm_state_end_tx(w->base, ORR_FORK_CANCUN);
    bool good = deal(w);
    orr_evm_state_trim(w->base);
    w->state = orr_evm_state_fork(w->base);
    return good;
}

static void world_close(struct world *w) {
    orr_evm_executor_destroy(w->executor);
    orr_evm_state_destroy(w->state);
    orr_evm_state_destroy(w->base);
    orr_evm_store_destroy(w->store);
}

/* N_TXS transfers, each from another account to another. */
static void run_transfers(struct world *w, struct orr_evm_state *state, uint64_t nonce) {
    struct orr_evm_tx_outcome outcome = {.gas_used = 0};
    for (uint32_t i = 0; i < N_TXS; i++) {
        bool good = transfer(w, state, i, N_TXS + (i + 1) % N_TXS, nonce, 1, &outcome);
        assert(good);
        (void)good;
    }
    w->gas_used = (int64_t)outcome.gas_used;
}

/* On one state that goes on: what it needs is in its overlay. */
static void work_transfers(void *ctx) {
    struct world *w = ctx;
    run_transfers(w, w->state, w->nonce++);
}

/* A block on a state fresh from the trie, up to the new root. */
static void work_block(void *ctx) {
    struct world *w = ctx;
    struct orr_evm_state *state = orr_evm_state_fork(w->base);
    run_transfers(w, state, 0);
    orr_evm_state_root(state);
    orr_evm_state_destroy(state);
}

static void work_forks(void *ctx) {
    struct world *w = ctx;
    for (size_t i = 0; i < N_FORKS; i++) w->forks[i] = orr_evm_state_fork(w->base);
    for (size_t i = 0; i < N_FORKS; i++) orr_evm_state_destroy(w->forks[i]);
}

void orr_vm_bench_state(struct orr_vm_bench *bench) {
    static const char erc20[] = "erc20-transfer", block[] = "block-1000-transfers",
                      forks[] = "fork-10000";
    if (!orr_vm_bench_wants(bench, erc20) && !orr_vm_bench_wants(bench, block) &&
        !orr_vm_bench_wants(bench, forks))
        return;
    struct world *w = memset(orr_xrealloc(NULL, sizeof *w), 0, sizeof *w);
    if (!world_open(w)) {
        orr_vm_bench_fail(bench, erc20, "the token could not be dealt out");
    } else {
        if (orr_vm_bench_wants(bench, erc20)) {
            double ns = orr_vm_bench_time(bench, work_transfers, w) / N_TXS;
            orr_vm_bench_row(bench, erc20, ns, w->gas_used);
        }
        if (orr_vm_bench_wants(bench, block)) {
            double ns = orr_vm_bench_time(bench, work_block, w);
            orr_vm_bench_row(bench, block, ns, w->gas_used * N_TXS);
        }
        if (orr_vm_bench_wants(bench, forks))
            orr_vm_bench_row(bench, forks, orr_vm_bench_time(bench, work_forks, w), 0);
    }
    world_close(w);
    free(w);
}
