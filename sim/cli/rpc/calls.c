/* calls.c - methods that run a call on the state after a block and keep nothing of it. */
#include "models/vm/precompile.h"
#include "models/vm/u256.h"
#include "sim/cli/rpc/message.h"
#include "sim/cli/rpc/refusal.h"

/* Where calls run: the block's own environment and the state after it, as overridden. */
struct setting {
    struct orr_chain_link *link;
    struct orr_evm_block_env env;
    struct orr_evm_state *state; /* ours */
    struct orr_jsonrpc_moves moves;
};

static struct orr_evm_block_env env_of(const struct orr_chain *chain, struct orr_chain_link *link) {
    const struct orr_evm_header *h = &link->block->block.header;
    const struct orr_chain_block *parent = link->block->parent;
    const struct orr_evm_chain_fork *rules =
        orr_chain_rules(chain, parent ? parent : link->block, h);
    struct orr_evm_block_env env = {.fork = rules->fork,
                                    .chain_id = chain->config->chain_id,
                                    .coinbase = h->coinbase,
                                    .number = h->number,
                                    .timestamp = h->timestamp,
                                    .gas_limit = h->gas_limit,
                                    .prevrandao = rules->fork >= ORR_FORK_PARIS
                                                      ? orr_u256_from_hash(h->mix_hash)
                                                      : h->difficulty,
                                    .base_fee = h->base_fee,
                                    .blobs = rules->blobs,
                                    .hashes = orr_chain_view(chain, link).hashes};
    if (rules->fork >= ORR_FORK_CANCUN)
        env.blob_base_fee = orr_evm_blob_fee(h->excess_blob_gas, rules->blobs.update_fraction);
    return env;
}

/* block, state and block overrides: the parameters from `first` on.  False: the call has failed. */
static bool enter(struct orr_jsonrpc_call *call, size_t first, struct setting *s) {
    *s = (struct setting){.state = NULL};
    if (!orr_jsonrpc_param_state(call, first, &s->link)) return false;
    s->env = env_of(call->rpc->chain, s->link);
    s->state = orr_evm_state_fork(s->link->run->state);
    if (orr_jsonrpc_override_env(call, orr_jsonrpc_param(call, first + 2), &s->env) &&
        orr_jsonrpc_override_state(call, orr_jsonrpc_param(call, first + 1), s->state, s->env.fork,
                                   &s->moves))
        return true;
    orr_evm_state_destroy(s->state);
    return false;
}

/* Runs a message with this much gas on a state of the setting, which changes.  Without a price the
 * base fee does not bind it. */
static enum orr_evm_tx_error run(struct orr_jsonrpc *rpc, const struct setting *s,
                                 struct orr_evm_state *state, struct orr_jsonrpc_message *m,
                                 uint64_t gas, struct orr_evm_tx_outcome *outcome) {
    struct orr_evm_executor *executor = rpc->chain->blocks->executor;
    struct orr_evm_block_env env = s->env;
    struct orr_evm_waived waived = {.nonce = true,
                                    .sender_code = true,
                                    .max_gas = true,
                                    .moved = s->moves.moved,
                                    .n_moved = s->moves.n};
    if (!m->has_price) env.base_fee = orr_u256_from_u64(0);
    if (orr_u256_is_zero(m->tx.max_blob_fee)) env.blob_base_fee = orr_u256_from_u64(0);
    m->tx.gas_limit = gas;
    if (!m->has_nonce) m->tx.nonce = orr_evm_state_nonce(state, &m->from);
    orr_evm_executor_waive(executor, &waived);
    enum orr_evm_tx_error error =
        orr_evm_execute_tx(executor, state, &env, &m->tx, &m->from, gas, env.blobs.max, outcome);
    orr_evm_executor_waive(executor, NULL);
    return error;
}

static uint64_t gas_of(const struct orr_jsonrpc_message *m) {
    return m->has_gas && m->tx.gas_limit < ORR_JSONRPC_CALL_GAS ? m->tx.gas_limit
                                                                : ORR_JSONRPC_CALL_GAS;
}

static void refuse(struct orr_jsonrpc_call *call, const struct setting *s,
                   enum orr_evm_tx_error error, const struct orr_jsonrpc_message *m) {
    char text[ORR_JSONRPC_MESSAGE_BYTES];
    orr_jsonrpc_refusal_text(error, &m->tx, &m->from, s->state, &s->env.base_fee, text);
    orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "err: %.240s (supplied gas %llu)", text,
                     (unsigned long long)m->tx.gas_limit);
}

/* ---- eth_call ---- */

static json_t *answer_call(struct orr_jsonrpc_call *call, struct setting *s,
                           struct orr_jsonrpc_message *m) {
    struct orr_evm_tx_outcome outcome;
    enum orr_evm_tx_error error = run(call->rpc, s, s->state, m, gas_of(m), &outcome);
    if (error)
        refuse(call, s, error, m);
    else if (outcome.status != ORR_EVM_SUCCESS)
        orr_jsonrpc_failed(call, &outcome);
    return call->code ? NULL : orr_jsonrpc_output_json(&m->tx, s->state, &outcome);
}

/* Reads the message and enters its setting, then goes on with `answer`. */
static json_t *with_message(struct orr_jsonrpc_call *call,
                            json_t *(*answer)(struct orr_jsonrpc_call *call, struct setting *s,
                                              struct orr_jsonrpc_message *m)) {
    struct orr_jsonrpc_message m;
    struct setting s;
    json_t *result = NULL;
    if (orr_jsonrpc_message_read(call, orr_jsonrpc_param(call, 0), &m) && enter(call, 1, &s)) {
        result = answer(call, &s, &m);
        orr_evm_state_destroy(s.state);
    }
    orr_jsonrpc_message_free(call, &m);
    return result;
}

json_t *orr_jsonrpc_eth_call(struct orr_jsonrpc_call *call) {
    return with_message(call, answer_call);
}

/* ---- eth_estimateGas ---- */

/* A trial with so much gas on a state of its own; true: it succeeds. */
static bool succeeds(struct orr_jsonrpc *rpc, const struct setting *s,
                     struct orr_jsonrpc_message *m, uint64_t gas, enum orr_evm_tx_error *error,
                     struct orr_evm_tx_outcome *outcome) {
    struct orr_evm_state *trial = orr_evm_state_fork(s->state);
    *error = run(rpc, s, trial, m, gas, outcome);
    orr_evm_state_destroy(trial);
    return !*error && outcome->status == ORR_EVM_SUCCESS;
}

/* The most gas that there is for it: what it asks for, or the block's, as far as its sender can
 * pay; at most 2^24 from Osaka on. */
static uint64_t most_gas(const struct setting *s, const struct orr_jsonrpc_message *m) {
    uint64_t most = m->has_gas && m->tx.gas_limit >= 21000 ? m->tx.gas_limit : s->env.gas_limit;
    if (s->env.fork >= ORR_FORK_OSAKA && most > ORR_TX_MAX_GAS) most = ORR_TX_MAX_GAS;
    if (most > ORR_JSONRPC_CALL_GAS) most = ORR_JSONRPC_CALL_GAS;
    if (orr_u256_is_zero(m->tx.max_fee)) return most;
    struct orr_u256 balance = orr_evm_state_balance(s->state, &m->from), can, rest;
    if (orr_u256_less(balance, m->tx.value)) return most; /* the trial says so */
    orr_u256_divmod(orr_u256_sub(balance, m->tx.value), m->tx.max_fee, &can, &rest);
    if (!(can.limb[1] | can.limb[2] | can.limb[3]) && can.limb[0] < most) most = can.limb[0];
    return most;
}

static json_t *answer_estimate(struct orr_jsonrpc_call *call, struct setting *s,
                               struct orr_jsonrpc_message *m) {
    uint64_t high = most_gas(s, m), low = 20999; /* low fails */
    enum orr_evm_tx_error error;
    struct orr_evm_tx_outcome outcome;
    if (!succeeds(call->rpc, s, m, high, &error, &outcome)) {
        if (error)
            refuse(call, s, error, m);
        else if (outcome.status == ORR_EVM_OUT_OF_GAS)
            orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "gas required exceeds allowance (%llu)",
                             (unsigned long long)high);
        else
            orr_jsonrpc_failed(call, &outcome);
        return NULL;
    }
    if (outcome.gas_used > low + 1) low = outcome.gas_used - 1;
    if (low >= high) low = high - 1;
    while (high - low > 1) { /* ends: the distance halves */
        uint64_t middle = low + (high - low) / 2;
        if (middle > 2 * low && low) middle = 2 * low; /* the answer is rarely far above */
        if (succeeds(call->rpc, s, m, middle, &error, &outcome))
            high = middle;
        else
            low = middle;
    }
    return orr_json_number(high);
}

json_t *orr_jsonrpc_eth_estimateGas(struct orr_jsonrpc_call *call) {
    return with_message(call, answer_estimate);
}

/* ---- eth_createAccessList ---- */

static void add_key(void *list, const struct orr_u256 *key) {
    struct orr_hash hash = orr_u256_to_hash(*key);
    json_array_append_new(list, orr_json_of_hash(&hash));
}

/* What the call touched, apart from what is warm in any case. */
static json_t *touched(const struct setting *s, const struct orr_jsonrpc_message *m,
                       const struct orr_evm_state *state, const struct orr_address *created) {
    json_t *list = json_array();
    const struct orr_address *address;
    for (size_t i = 0; (address = orr_evm_state_used(state, i)); i++) {
        json_t *keys = json_array();
        orr_evm_state_each_slot((struct orr_evm_state *)state, address, keys, add_key);
        bool is_warm =
            orr_address_equal(*address, m->from) || orr_address_equal(*address, m->tx.to) ||
            orr_address_equal(*address, s->env.coinbase) || orr_address_equal(*address, *created) ||
            orr_evm_precompile_find(s->env.fork, address->bytes);
        if (is_warm && !json_array_size(keys)) {
            json_decref(keys);
            continue;
        }
        json_t *entry = json_object();
        orr_json_set_address(entry, "address", address);
        json_object_set_new(entry, "storageKeys", keys);
        json_array_append_new(list, entry);
    }
    return list;
}

/* The list that the call, given a list, would make; its outcome beside it. */
static json_t *trace_list(struct orr_jsonrpc_call *call, const struct setting *s,
                          struct orr_jsonrpc_message *m, struct orr_evm_tx_outcome *outcome) {
    struct orr_evm_state *trial = orr_evm_state_fork(s->state);
    enum orr_evm_tx_error error = run(call->rpc, s, trial, m, gas_of(m), outcome);
    json_t *list = NULL;
    if (error)
        refuse(call, s, error, m);
    else
        list = touched(s, m, trial, &outcome->created);
    orr_evm_state_destroy(trial);
    return list;
}

static json_t *answer_list(struct orr_jsonrpc_call *call, struct setting *s,
                           struct orr_jsonrpc_message *m) {
    enum { MAX_ROUNDS = 8 }; /* a list changes the gas, and the gas may change the path */
    struct orr_evm_tx_outcome outcome;
    json_t *list = trace_list(call, s, m, &outcome);
    for (int i = 0; list && i < MAX_ROUNDS; i++) {
        json_t *given = json_object();
        json_object_set(given, "accessList", list);
        bool is_read = orr_jsonrpc_message_access(call, given, m);
        json_decref(given);
        json_t *next = is_read ? trace_list(call, s, m, &outcome) : NULL;
        bool is_stable = json_equal(next, list);
        json_decref(list);
        list = next;
        if (is_stable) break;
    }
    if (!list) return NULL;
    json_t *result = json_object();
    json_object_set_new(result, "accessList", list);
    if (outcome.status != ORR_EVM_SUCCESS)
        json_object_set_new(result, "error", json_string(orr_evm_status_text(outcome.status)));
    orr_json_set_number(result, "gasUsed", outcome.gas_used);
    return result;
}

/* The third parameter is the state override's. */
json_t *orr_jsonrpc_eth_createAccessList(struct orr_jsonrpc_call *call) {
    return with_message(call, answer_list);
}
