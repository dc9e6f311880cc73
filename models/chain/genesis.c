#include "models/chain/genesis.h"

#include <assert.h>

#include "models/base/sha256.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"

#include "models/chain/system_code.inc"

enum { DEPLOYER = UINT16_MAX + 1, CALL_GAS = 8000000 }; /* numbers of accounts are below */

static struct orr_u256 ether(uint64_t n) {
    return orr_u256_mul(orr_u256_from_u64(n), orr_u256_from_u64(1000000000000000000u));
}

/* ---- transactions before the first block ---- */

/* A contract call or a creation by an account; it must succeed.  Costs nothing: no base fee yet. */
static struct orr_address run(struct orr_chain_genesis *g, const struct orr_address *sender,
                              const struct orr_address *to, const uint8_t *data, size_t len) {
    struct orr_evm_block_env env = {
        .fork = g->fork, .chain_id = g->configs[0].chain_id, .gas_limit = CALL_GAS};
    struct orr_evm_tx tx = {.gas_limit = CALL_GAS,
                            .is_create = !to,
                            .data = data,
                            .data_len = len,
                            .nonce = orr_evm_state_nonce(g->state, sender)};
    struct orr_evm_tx_outcome outcome;
    if (to) tx.to = *to;
    enum orr_evm_tx_error error =
        orr_evm_execute_tx(g->blocks.executor, g->state, &env, &tx, sender, CALL_GAS, 0, &outcome);
    assert(!error && outcome.status == ORR_EVM_SUCCESS);
    (void)error;
    return outcome.created;
}

static struct orr_address deploy(struct orr_chain_genesis *g, const struct orr_address *by,
                                 const struct orr_evm_contract *contract,
                                 const struct orr_u256 *arguments, size_t n) {
    size_t len = contract->creation_len + 32 * n;
    uint8_t *data = orr_alloc(g->mem, len);
    memcpy(data, contract->creation, contract->creation_len);
    for (size_t i = 0; i < n; i++)
        orr_u256_store_be(data + contract->creation_len + 32 * i, arguments[i]);
    struct orr_address at = run(g, by, NULL, data, len);
    orr_free(g->mem, data, len);
    return at;
}

static void call(struct orr_chain_genesis *g, const struct orr_address *by,
                 const struct orr_address *to, uint32_t selector, struct orr_u256 a,
                 struct orr_u256 b) {
    uint8_t data[68];
    orr_store_be32(data, selector);
    orr_u256_store_be(data + 4, a);
    orr_u256_store_be(data + 36, b);
    run(g, by, to, data, sizeof data);
}

/* ---- the state ---- */

static void put_code(struct orr_evm_state *state, const struct orr_address *a, const uint8_t *code,
                     size_t len) {
    orr_evm_state_set_nonce(state, a, 1);
    orr_evm_state_set_code(state, a, code, len);
}

static void add_system(struct orr_chain_genesis *g) {
    const struct orr_evm_system_contracts *c = orr_evm_chain_contracts(&g->configs[0]);
    put_code(g->state, &c->beacon_roots, beacon_roots_code, sizeof beacon_roots_code);
    put_code(g->state, &c->history, history_code, sizeof history_code);
    put_code(g->state, &c->withdrawal_requests, withdrawal_requests_code,
             sizeof withdrawal_requests_code);
    put_code(g->state, &c->consolidation_requests, consolidation_requests_code,
             sizeof consolidation_requests_code);
}

/* Where the deployer's contracts are or would be: a given state may be one that was generated from
 * this seed. */
static void find_market(struct orr_chain_genesis *g, const struct orr_address *deployer) {
    struct orr_address *const at[] = {&g->tokens[0], &g->tokens[1], &g->exchange};
    g->has_market = true;
    for (uint64_t nonce = 0; nonce < 3; nonce++) {
        *at[nonce] = orr_evm_create_address(deployer, nonce);
        g->has_market &= orr_evm_state_code(g->state, at[nonce]) != NULL;
    }
}

/* Two tokens and an exchange with a million of each; every account has a thousand of each, which
 * the exchange may move. */
static void add_market(struct orr_chain_genesis *g, const struct orr_address *deployer) {
    const struct orr_u256 supply = ether(1000000000), pool = ether(1000000), own = ether(1000);
    for (int i = 0; i < 2; i++)
        g->tokens[i] = deploy(g, deployer, &orr_evm_contract_token, &supply, 1);
    struct orr_u256 pair[2] = {orr_u256_from_address(g->tokens[0]),
                               orr_u256_from_address(g->tokens[1])};
    g->exchange = deploy(g, deployer, &orr_evm_contract_exchange, pair, 2);
    struct orr_u256 exchange = orr_u256_from_address(g->exchange);
    for (int i = 0; i < 2; i++) call(g, deployer, &g->tokens[i], ORR_TOKEN_APPROVE, exchange, pool);
    call(g, deployer, &g->exchange, ORR_EXCHANGE_ADD_LIQUIDITY, pool, pool);
    for (uint32_t k = 0; k < g->n_keys; k++) {
        const struct orr_address *who = &g->keys[k].address;
        for (int i = 0; i < 2; i++) {
            call(g, deployer, &g->tokens[i], ORR_TOKEN_TRANSFER, orr_u256_from_address(*who), own);
            call(g, who, &g->tokens[i], ORR_TOKEN_APPROVE, exchange, own);
        }
    }
}

/* Nonces of the accounts begin at 0, whatever they did above. */
static void add_accounts(struct orr_chain_genesis *g, const struct orr_address *deployer) {
    add_market(g, deployer);
    orr_evm_state_begin_tx(g->state);
    for (uint32_t k = 0; k < g->n_keys; k++) {
        orr_evm_state_set_nonce(g->state, &g->keys[k].address, 0);
        orr_evm_state_set_balance(g->state, &g->keys[k].address, ether(1000000));
    }
    orr_evm_state_end_tx(g->state, ORR_FORK_PRAGUE);
}

/* ---- the block ---- */

static void set_configs(struct orr_chain_genesis *g,
                        const struct orr_chain_genesis_config *config) {
    for (int i = 0; i < ORR_N_FORKS; i++) {
        g->forks[i] = orr_evm_chain_fork((enum orr_evm_fork)i);
        g->configs[i] = (struct orr_evm_chain_config){.chain_id = {{config->chain_id}},
                                                      .forks = &g->forks[i],
                                                      .n_forks = 1,
                                                      .dao_number = UINT64_MAX};
    }
}

static void set_header(struct orr_chain_genesis *g, const struct orr_chain_genesis_config *config) {
    const struct orr_hash empty = orr_keccak256("\x80", 1);
    g->header = (struct orr_evm_header){.n_fields = orr_evm_header_fields_of(config->fork),
                                        .ommers_hash = orr_keccak256("\xc0", 1),
                                        .state_root = orr_evm_state_root(g->state),
                                        .transactions_root = empty,
                                        .receipts_root = empty,
                                        .withdrawals_root = empty,
                                        .gas_limit = config->gas_limit,
                                        .base_fee = {{config->base_fee}},
                                        .extra_data = (const uint8_t *)"orrery",
                                        .extra_data_len = 6};
    if (config->fork >= ORR_FORK_PRAGUE) orr_sha256(NULL, 0, g->header.requests_hash.bytes);
}

static void generate(struct orr_chain_genesis *g, const struct orr_chain_genesis_config *config,
                     const struct orr_address *deployer) {
    /* Amsterdam needs contracts (EIP-8282) that only a given genesis has */
    assert(config->fork >= ORR_FORK_PARIS && config->fork <= ORR_FORK_OSAKA);
    set_configs(g, config);
    g->fork = config->fork;
    g->state = orr_evm_state_create(g->blocks.store);
    orr_evm_state_begin_tx(g->state);
    add_system(g);
    orr_evm_state_end_tx(g->state, ORR_FORK_PRAGUE);
    add_accounts(g, deployer);
    set_header(g, config);
    struct orr_rlp_writer w = {.mem = g->mem};
    orr_chain_spec_encode(&w, &g->configs[g->fork], &g->header, g->state);
    g->spec = w.bytes;
    g->spec_len = w.len;
    g->spec_cap = w.cap;
}

static void take_given(struct orr_chain_genesis *g, const struct orr_chain_genesis_config *config) {
    g->given = orr_alloc_zero(g->mem, sizeof *g->given);
    const uint8_t *bytes = (const uint8_t *)(config->given.v + 1);
    size_t len = config->given.v[0];
    int error = orr_chain_spec_decode(bytes, len, g->blocks.store, g->given);
    assert(!error); /* who hands it over has looked */
    (void)error;
    g->header = g->given->header;
    g->state = g->given->state;
    g->fork = orr_evm_chain_fork_at(&g->given->config, g->header.number, g->header.timestamp,
                                    &g->header.difficulty)
                  ->fork;
    assert(g->fork >= ORR_FORK_PARIS && !g->header.number);
    for (int i = 0; i < ORR_N_FORKS; i++) g->configs[i] = g->given->config;
    g->spec_len = g->spec_cap = len;
    g->spec = orr_alloc(g->mem, g->spec_cap);
    memcpy(g->spec, bytes, len);
}

struct orr_chain_genesis *orr_chain_genesis_new(const struct orr_chain_genesis_config *config,
                                                uint64_t seed, struct orr_mem *mem) {
    assert(config->n_accounts < DEPLOYER);
    struct orr_chain_genesis *g = orr_alloc_zero(mem, sizeof *g);
    struct orr_wallet_key deployer;
    g->mem = mem;
    orr_chain_blocks_init(&g->blocks, mem);
    orr_evm_store_remember(g->blocks.store); /* each node runs what others have run */
    g->wallet = orr_wallet_new(mem, seed);
    g->n_keys = config->n_accounts;
    g->keys = orr_alloc(mem, g->n_keys * sizeof *g->keys);
    for (uint32_t k = 0; k < g->n_keys; k++) orr_wallet_derive(g->wallet, k, &g->keys[k]);
    orr_wallet_derive(g->wallet, DEPLOYER, &deployer);
    if (config->given.n)
        take_given(g, config);
    else
        generate(g, config, &deployer.address);
    g->nonces = orr_alloc(mem, g->n_keys * sizeof *g->nonces);
    for (uint32_t k = 0; k < g->n_keys; k++)
        g->nonces[k] = orr_evm_state_nonce(g->state, &g->keys[k].address);
    find_market(g, &deployer.address);
    return g;
}

void orr_chain_genesis_free(struct orr_chain_genesis *g) {
    if (!g) return;
    struct orr_mem *mem = g->mem;
    orr_evm_state_destroy(g->state);
    orr_free(mem, g->given, sizeof *g->given);
    orr_free(mem, g->spec, g->spec_cap);
    orr_free(mem, g->keys, g->n_keys * sizeof *g->keys);
    orr_free(mem, g->nonces, g->n_keys * sizeof *g->nonces);
    orr_wallet_free(g->wallet);
    orr_chain_blocks_fini(&g->blocks);
    orr_free(mem, g, sizeof *g);
}
