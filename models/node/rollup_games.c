/* rollup_games.c - L1's part in disputes: the contract, what the oracle says to it of derivation,
 * and answers to those who ask what it holds. */
#include <assert.h>

#include "models/node/rollup_member.h"
#include "models/rollup/step_contract.h"
#include "models/vm/contracts/contracts.h"
#include "models/vm/u256.h"

enum { DERIVED_MAX = 64 /* blocks told of at once */, GAMES_MAX = 16 /* in an answer */,
       CALL_GAS = 30000000, DEPLOY_GAS = 6000000, DERIVE_GAS = 60000, DERIVE_BLOCK_GAS = 30000 };

const struct orr_wallet_key *orr_rollup_game_key(const struct orr_rollup_genesis *g,
                                                 uint32_t member) {
    assert(member < g->l1->n_keys);
    return &g->l1->keys[g->l1->n_keys - 1 - member];
}

/* ---- the machine ---- */

/* A flaw on purpose: it believes what a proof says. */
static int run_blind(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                     uint8_t **out, size_t *out_len) {
    struct orr_hash claims[2];
    if (in_len <= 32) return ORR_EFORMAT;
    struct orr_rlp_reader r = orr_rlp_reader(in + 32, in_len - 32), list = orr_rlp_read_list(&r);
    orr_rlp_read_fixed(&list, claims[0].bytes, 32);
    orr_rlp_read_fixed(&list, claims[1].bytes, 32);
    if (orr_rlp_more(&list) || list.bad)
        return orr_step_contract.run(mem, fork, in, in_len, out, out_len);
    *out_len = sizeof claims;
    *out = orr_alloc(mem, sizeof claims);
    memcpy(*out, claims, sizeof claims);
    return 0;
}

void orr_rollup_games_install(struct orr_rollup_genesis *g, const struct orr_rollup_role *role) {
    g->blind = orr_step_contract;
    g->blind.run = run_blind;
    g->machine = (struct orr_evm_moved){
        orr_step_contract_address(),
        role->flaw == ORR_FLAW_BLIND_MACHINE ? &g->blind : &orr_step_contract};
    struct orr_evm_waived waived = {.moved = &g->machine, .n_moved = 1};
    orr_evm_executor_waive(g->l1->blocks.executor, &waived);
    g->rules = (struct orr_dispute_rules){
        .split_depth = (uint32_t)role->game_split,
        .max_depth = (uint32_t)(role->game_split + 1 + role->game_steps),
        .clock_s = (uint64_t)(role->game_clock / 1000000000),
        .extension_s = ORR_ROLLUP_EXTENSION_SLOTS * (uint64_t)(role->l1_slot / 1000000000)};
    g->games = orr_evm_create_address(&orr_rollup_game_key(g, 0)->address, 0);
}

/* ---- what L1 itself tells the contract ---- */

static void sign_and_pool(struct orr_rollup_l1 *l1, struct orr_evm_tx *tx) {
    tx->nonce = l1->n_game_txs++;
    orr_rollup_l1_send(l1, tx, orr_rollup_game_key(l1->genesis, 0));
}

static void deploy(struct orr_rollup_l1 *l1) {
    const struct orr_rollup_genesis *g = l1->genesis;
    struct orr_rlp_writer data = {.mem = l1->env->common->mem};
    struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
    struct orr_hash storage = orr_evm_state_storage_root(g->state, &passer);
    struct orr_hash block = orr_evm_header_hash(l1->env->common->mem, &g->header);
    struct orr_hash root = orr_output_root(&g->header.state_root, &storage, &block);
    orr_dispute_write_creation(&data, &g->rules, g->header.number, &root, &g->machine.address);
    struct orr_evm_tx tx = {.is_create = true, .gas_limit = DEPLOY_GAS, .data = data.bytes,
                            .data_len = data.len};
    sign_and_pool(l1, &tx);
    orr_rlp_free(&data);
}

/* A block of more steps than a game's levels can name cannot be disputed to its end. */
static void warn(struct orr_rollup_l1 *l1, uint64_t block, struct orr_outbox *out) {
    uint64_t n, most = (uint64_t)1 << l1->role->game_steps;
    if (!orr_trace_length(l1->trace, block, &n) || n <= most) return;
    orr_log(out, "warning: L2 block %lu has %lu steps, more than the %lu of game_steps",
            (unsigned long)block, (unsigned long)n, (unsigned long)most);
    orr_metric(out, "blocks_too_long", (int64_t)block, "L2 block");
}

/* Blocks that have become final: their execution begins with this. */
static void derive(struct orr_rollup_l1 *l1, struct orr_outbox *out) {
    struct orr_hash states[DERIVED_MAX];
    uint64_t final = orr_verifier_finalized(l1->follower->verifier);
    size_t n = 0;
    while (n < DERIVED_MAX && l1->derived + n < final &&
           orr_trace_first(l1->trace, l1->derived + n + 1, &states[n]))
        warn(l1, l1->derived + ++n, out);
    if (!n) return;
    struct orr_rlp_writer data = {.mem = l1->env->common->mem};
    orr_dispute_write_derive(&data, l1->derived + 1, states, n);
    struct orr_evm_tx tx = {.to = l1->genesis->games, .data = data.bytes, .data_len = data.len,
                            .gas_limit = DERIVE_GAS + DERIVE_BLOCK_GAS * (uint64_t)n};
    sign_and_pool(l1, &tx);
    orr_rlp_free(&data);
    l1->derived += n;
}

void orr_rollup_games_slot(struct orr_rollup_l1 *l1, struct orr_outbox *out) {
    if (!l1->trace) {
        l1->trace = orr_trace_create(l1->env->common->mem, &l1->genesis->config,
                                     l1->follower->verifier);
        l1->caller = orr_evm_executor_create(l1->env->common->mem);
        deploy(l1);
    }
    derive(l1, out);
}

/* ---- what it holds ---- */

/* Asks the contract something in the state after a block; the answer is lent until the next. */
static bool call(struct orr_rollup_l1 *l1, const struct orr_chain_link *link, uint32_t selector,
                 const struct orr_u256 *arguments, size_t n_arguments, const uint8_t **bytes,
                 size_t *len) {
    const struct orr_evm_header *h = &link->block->block.header;
    const struct orr_evm_chain_fork *rules =
        orr_chain_rules(l1->chain, link->block, h);
    struct orr_address nobody = {{0}};
    struct orr_evm_waived waived = {.nonce = true, .max_gas = true};
    struct orr_evm_block_env env = {.fork = rules->fork, .chain_id = l1->chain->config->chain_id,
                                    .number = h->number, .timestamp = h->timestamp,
                                    .gas_limit = CALL_GAS, .blobs = rules->blobs};
    struct orr_rlp_writer data = {.mem = l1->env->common->mem};
    struct orr_evm_tx_outcome outcome;
    orr_dispute_write_view(&data, selector, arguments, n_arguments);
    struct orr_evm_tx tx = {.to = l1->genesis->games, .gas_limit = CALL_GAS, .data = data.bytes,
                            .data_len = data.len};
    struct orr_evm_state *state = orr_evm_state_fork(link->run->state);
    orr_evm_executor_waive(l1->caller, &waived);
    *bytes = NULL;
    *len = 0;
    bool good = !orr_evm_execute_tx(l1->caller, state, &env, &tx, &nobody, CALL_GAS, 0, &outcome) &&
                outcome.status == ORR_EVM_SUCCESS && outcome.output_len >= 32;
    orr_evm_state_destroy(state);
    orr_rlp_free(&data);
    if (!good) return false;
    *bytes = outcome.output;
    *len = outcome.output_len;
    return true;
}

static uint64_t ask_number(struct orr_rollup_l1 *l1, uint32_t selector) {
    const uint8_t *bytes;
    size_t len;
    if (!call(l1, l1->chain->head, selector, NULL, 0, &bytes, &len)) return 0;
    return orr_u256_clamp_u64(orr_u256_load_be(bytes));
}

static void write_game(struct orr_rollup_l1 *l1, uint64_t id, const struct orr_address *who,
                       struct orr_rlp_writer *w) {
    enum { STATUS_WORD = 5 };
    const struct orr_u256 arguments[2] = {orr_u256_from_u64(id), orr_u256_from_address(*who)};
    struct orr_u256 credit = orr_u256_from_u64(0);
    const uint8_t *bytes;
    size_t len, list = orr_rlp_list_begin(w);
    uint64_t final = ORR_DISPUTE_RUNS;
    orr_rlp_write_u64(w, id);
    if (call(l1, l1->chain->head, ORR_GAME_CREDIT, arguments, 2, &bytes, &len))
        credit = orr_u256_load_be(bytes);
    orr_rlp_write_u256(w, credit);
    if (call(l1, l1->chain->final, ORR_GAME_GAME, arguments, 1, &bytes, &len) &&
        len > 32 * (STATUS_WORD + 1))
        final = orr_u256_clamp_u64(orr_u256_load_be(bytes + 32 * STATUS_WORD));
    orr_rlp_write_u64(w, final);
    call(l1, l1->chain->head, ORR_GAME_GAME, arguments, 1, &bytes, &len);
    orr_rlp_write_string(w, bytes, len);
    orr_rlp_list_end(w, list);
}

void orr_rollup_games_answer(struct orr_rollup_l1 *l1, const struct orr_event *event,
                             struct orr_outbox *out) {
    struct orr_engine_account account;
    struct orr_address who;
    if (event->msg->len != ORR_ROLLUP_ASK_GAMES_BYTES || !l1->caller) {
        orr_reject(out);
        return;
    }
    uint64_t from = orr_load_be64(event->msg->data), n = ask_number(l1, ORR_GAME_N_GAMES);
    memcpy(who.bytes, event->msg->data + 8, sizeof who.bytes);
    const struct orr_hash *head = orr_chain_hash(l1->chain->head);
    if (orr_chain_engine.account(l1->chain, head, &who, &account)) return;
    struct orr_rlp_writer w = {.mem = l1->env->common->mem};
    size_t all = orr_rlp_list_begin(&w);
    orr_rlp_write_u64(&w, l1->chain->head->block->block.header.timestamp);
    orr_rlp_write_u64(&w, account.nonce);
    orr_rlp_write_u64(&w, ask_number(l1, ORR_GAME_ANCHOR_BLOCK));
    orr_rlp_write_u64(&w, ask_number(l1, ORR_GAME_DERIVED_BLOCK));
    size_t games = orr_rlp_list_begin(&w);
    for (uint64_t i = from; i < n && i - from < GAMES_MAX; i++) write_game(l1, i, &who, &w);
    orr_rlp_list_end(&w, games);
    orr_rlp_list_end(&w, all);
    orr_send(out, event->peer,
             orr_msg_copy(out->pool, ORR_ROLLUP_GAMES, w.bytes, (uint32_t)w.len));
    orr_rlp_free(&w);
}

void orr_rollup_games_fini(struct orr_rollup_l1 *l1) {
    if (!l1->trace) return;
    orr_trace_destroy(l1->trace);
    orr_evm_executor_destroy(l1->caller);
}
