/* simulate.c - eth_simulateV1 (execution-apis): blocks of calls on the state after a block, each
 * with overrides of its own, that follow on one another and are then forgotten. */
#include <stdlib.h>
#include <string.h>

#include "models/vm/block_run.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/cli/rpc/message.h"
#include "sim/cli/rpc/objects.h"
#include "sim/cli/rpc/refusal.h"

enum { MAX_BLOCKS = 256, STEP_SECONDS = 12 };

/* The method's own codes. */
enum {
    NONCE_TOO_LOW = -38010,
    NONCE_TOO_HIGH = -38011,
    FEE_TOO_LOW = -38012,
    INTRINSIC_GAS = -38013,
    NO_FUNDS = -38014,
    GAS_LIMIT_REACHED = -38015,
    NUMBERS_NOT_ASCENDING = -38020,
    TIMES_NOT_ASCENDING = -38021,
    SENDER_IS_CONTRACT = -38024,
    INITCODE_TOO_LARGE = -38025,
    TOO_MANY_BLOCKS = -38026,
    VM_ERROR = -32015,
    INTERNAL = -32603,
};

/* A block to be made. */
struct planned {
    const json_t *asked; /* NULL: it fills a gap */
    uint64_t number, time;
};

/* A transaction that has run. */
struct ran {
    struct orr_rlp_writer bytes;
    struct orr_hash hash;
    struct orr_evm_receipt receipt;
};

struct simulation {
    struct orr_jsonrpc_call *call;
    struct orr_chain_link *base;
    struct orr_evm_state *state; /* ours */
    bool is_validated, tells_transfers, has_txs;
    uint64_t gas_left; /* of all calls together */
    struct planned plan[MAX_BLOCKS];
    size_t n_plan;
    struct orr_evm_header headers[MAX_BLOCKS]; /* of blocks that are done */
    struct orr_hash hashes[MAX_BLOCKS];
    size_t n_done;
    struct orr_jsonrpc_moves moves;
    json_t *result;
};

/* One block under way. */
struct making {
    struct simulation *s;
    struct orr_evm_header header;
    struct orr_evm_block_run run;
    struct ran *ran;
    size_t n_ran;
    uint64_t n_logs_before; /* that were added before this block's */
    struct orr_evm_withdrawal *withdrawals;
    size_t n_withdrawals;
    json_t *calls, *txs;
};

/* ---- which blocks ---- */

static bool add_planned(struct simulation *s, const json_t *asked, uint64_t number, uint64_t time) {
    if (s->n_plan == MAX_BLOCKS) {
        orr_jsonrpc_fail(s->call, TOO_MANY_BLOCKS, "too many blocks");
        return false;
    }
    s->plan[s->n_plan++] = (struct planned){asked, number, time};
    return true;
}

static bool read_override(struct simulation *s, const json_t *block, const char *key,
                          uint64_t *to) {
    const json_t *value = orr_jsonrpc_member(orr_jsonrpc_member(block, "blockOverrides"), key);
    const char *why = value ? orr_jsonrpc_number(value, to) : NULL;
    if (why) orr_jsonrpc_fail(s->call, ORR_JSONRPC_PARAMS, "invalid argument 0: %s: %s", key, why);
    return !why;
}

/* Numbers and times ascend; blocks whose numbers are left out are made without calls. */
static bool plan_block(struct simulation *s, const json_t *block, uint64_t *number,
                       uint64_t *time) {
    uint64_t n = *number + 1, first = orr_chain_number(s->base);
    if (!read_override(s, block, "number", &n)) return false;
    if (n <= *number) {
        orr_jsonrpc_fail(s->call, NUMBERS_NOT_ASCENDING,
                         "block numbers must be in order: %llu <= %llu", (unsigned long long)n,
                         (unsigned long long)*number);
        return false;
    }
    if (n - first > MAX_BLOCKS) {
        orr_jsonrpc_fail(s->call, TOO_MANY_BLOCKS, "too many blocks");
        return false;
    }
    while (*number + 1 < n)
        if (!add_planned(s, NULL, ++*number, *time += STEP_SECONDS)) return false;
    uint64_t t = *time + STEP_SECONDS;
    if (!read_override(s, block, "time", &t)) return false;
    if (t <= *time) {
        orr_jsonrpc_fail(s->call, TIMES_NOT_ASCENDING,
                         "block timestamps must be in order: %llu <= %llu", (unsigned long long)t,
                         (unsigned long long)*time);
        return false;
    }
    *number = n;
    *time = t;
    return add_planned(s, block, n, t);
}

static bool make_plan(struct simulation *s, const json_t *blocks) {
    uint64_t number = orr_chain_number(s->base);
    uint64_t time = s->base->block->block.header.timestamp;
    size_t n = json_array_size(blocks);
    if (!n) orr_jsonrpc_fail(s->call, ORR_JSONRPC_PARAMS, "empty input");
    if (n > MAX_BLOCKS) orr_jsonrpc_fail(s->call, TOO_MANY_BLOCKS, "too many blocks");
    for (size_t i = 0; i < n && !s->call->code; i++)
        plan_block(s, json_array_get(blocks, i), &number, &time);
    return !s->call->code;
}

/* ---- one block's header before it is run ---- */

static const struct orr_evm_header *parent_of(const struct simulation *s) {
    return s->n_done ? &s->headers[s->n_done - 1] : &s->base->block->block.header;
}

static void get_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    const struct simulation *s = ctx;
    uint64_t base = orr_chain_number(s->base);
    if (number > base && number - base <= s->n_done)
        *hash = s->hashes[number - base - 1];
    else if (number == base)
        *hash = *orr_chain_hash(s->base);
    else
        orr_chain_view(s->call->rpc->chain, s->base).hashes.get(s->base->block, number, hash);
}

static void begin_header(struct making *m, const struct planned *p) {
    const struct simulation *s = m->s;
    const struct orr_chain *chain = s->call->rpc->chain;
    const struct orr_evm_header *parent = parent_of(s);
    struct orr_evm_header *h = &m->header;
    *h = (struct orr_evm_header){.parent_hash = s->n_done ? s->hashes[s->n_done - 1]
                                                          : *orr_chain_hash(s->base),
                                 .ommers_hash = orr_keccak256("\xc0", 1),
                                 .coinbase = parent->coinbase,
                                 .gas_limit = parent->gas_limit,
                                 .number = p->number,
                                 .timestamp = p->time,
                                 .difficulty = parent->difficulty};
    const struct orr_evm_chain_fork *rules = orr_chain_rules(chain, s->base->block, h);
    h->n_fields = orr_evm_header_fields_of(rules->fork);
    if (rules->fork >= ORR_FORK_PARIS) h->difficulty = orr_u256_from_u64(0);
    if (rules->fork >= ORR_FORK_LONDON && s->is_validated)
        h->base_fee = orr_evm_next_base_fee(parent);
    if (rules->fork >= ORR_FORK_CANCUN && parent->n_fields >= ORR_HEADER_CANCUN)
        h->excess_blob_gas = orr_evm_next_excess_blob_gas(rules, parent);
    m->run = (struct orr_evm_block_run){.executor = chain->blocks->executor,
                                        .state = s->state,
                                        .config = chain->config,
                                        .rules = rules,
                                        .header = h,
                                        .hashes = {m->s, get_hash}};
}

static bool read_withdrawals(struct making *m, const json_t *list) {
    m->n_withdrawals = json_array_size(list);
    m->withdrawals = orr_xrealloc(NULL, (m->n_withdrawals + 1) * sizeof *m->withdrawals);
    for (size_t i = 0; i < m->n_withdrawals; i++) {
        const json_t *json = json_array_get(list, i);
        struct orr_evm_withdrawal *w = &m->withdrawals[i];
        if (orr_json_u64(json_object_get(json, "index"), &w->index) ||
            orr_json_u64(json_object_get(json, "validatorIndex"), &w->validator) ||
            orr_json_address(json_object_get(json, "address"), &w->address) ||
            orr_json_u64(json_object_get(json, "amount"), &w->amount_gwei)) {
            orr_jsonrpc_fail(m->s->call, ORR_JSONRPC_PARAMS,
                             "invalid argument 0: a malformed withdrawal");
            return false;
        }
    }
    return true;
}

/* What the asker overrides of the header; *env holds what is no part of it. */
static bool override_header(struct making *m, const json_t *asked, struct orr_evm_block_env *env) {
    struct orr_jsonrpc_call *call = m->s->call;
    struct orr_evm_header *h = &m->header;
    const json_t *o = orr_jsonrpc_member(asked, "blockOverrides");
    const json_t *root = orr_jsonrpc_member(o, "beaconRoot");
    *env = (struct orr_evm_block_env){.number = h->number,
                                      .timestamp = h->timestamp,
                                      .gas_limit = h->gas_limit,
                                      .coinbase = h->coinbase,
                                      .base_fee = h->base_fee};
    if (!orr_jsonrpc_override_env(call, o, env) ||
        !read_withdrawals(m, orr_jsonrpc_member(o, "withdrawals")))
        return false;
    if (root && orr_json_hash(root, &h->parent_beacon_root)) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                         "invalid argument 0: beaconRoot: 32 bytes are wanted");
        return false;
    }
    h->gas_limit = env->gas_limit;
    h->coinbase = env->coinbase;
    h->base_fee = env->base_fee;
    h->mix_hash = orr_u256_to_hash(env->prevrandao);
    return true;
}

/* ---- calls ---- */

static int code_of(enum orr_evm_tx_error error) {
    switch (error) {
    case ORR_TX_NONCE_MISMATCH_TOO_LOW: return NONCE_TOO_LOW;
    case ORR_TX_NONCE_MISMATCH_TOO_HIGH: return NONCE_TOO_HIGH;
    case ORR_TX_INSUFFICIENT_MAX_FEE_PER_GAS: return FEE_TOO_LOW;
    case ORR_TX_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS: return ORR_JSONRPC_PARAMS;
    case ORR_TX_INTRINSIC_GAS_TOO_LOW:
    case ORR_TX_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST: return INTRINSIC_GAS;
    case ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS: return NO_FUNDS;
    case ORR_TX_GAS_ALLOWANCE_EXCEEDED: return GAS_LIMIT_REACHED;
    case ORR_TX_SENDER_NOT_EOA: return SENDER_IS_CONTRACT;
    case ORR_TX_INITCODE_SIZE_EXCEEDED: return INITCODE_TOO_LARGE;
    default: return INTERNAL;
    }
}

/* Nonce and gas where they are left out; no more gas than there is for all calls. */
static bool complete(struct making *m, struct orr_jsonrpc_message *message) {
    struct simulation *s = m->s;
    struct orr_evm_tx *tx = &message->tx;
    uint64_t left = m->run.env.gas_limit - m->run.gas_used;
    if (!message->has_nonce) tx->nonce = orr_evm_state_nonce(s->state, &message->from);
    if (!message->has_gas) tx->gas_limit = left;
    if (tx->gas_limit > left) {
        orr_jsonrpc_fail(s->call, GAS_LIMIT_REACHED, "block gas limit reached: %llu >= %llu",
                         (unsigned long long)m->run.gas_used,
                         (unsigned long long)m->run.env.gas_limit);
        return false;
    }
    if (tx->gas_limit > s->gas_left) tx->gas_limit = s->gas_left;
    if (tx->type == ORR_TX_LEGACY) tx->has_chain_id = false; /* it is not signed */
    return true;
}

static json_t *logs_json(struct making *m, const struct orr_hash *tx) {
    json_t *list = json_array();
    struct orr_jsonrpc_log_place place = {.tx = *tx,
                                          .number = m->header.number,
                                          .time = m->header.timestamp,
                                          .tx_index = (uint32_t)m->n_ran};
    for (size_t i = 0; i < orr_evm_state_n_logs(m->s->state); i++) {
        struct orr_evm_log from = orr_evm_state_log(m->s->state, i);
        struct orr_engine_log log = {from.address, from.n_topics, .data = from.data,
                                     .len = from.len};
        for (int t = 0; t < from.n_topics; t++) log.topics[t] = orr_u256_to_hash(from.topics[t]);
        /* As go-ethereum counts: logs of calls that were reverted leave a gap. */
        place.index = (uint32_t)(from.nth - m->n_logs_before);
        json_array_append_new(list, orr_jsonrpc_log_json(&log, &place));
    }
    return list;
}

static json_t *outcome_json(struct making *m, const struct orr_evm_tx *tx,
                            const struct orr_evm_tx_outcome *outcome, const struct orr_hash *hash) {
    json_t *json = json_object();
    bool is_good = outcome->status == ORR_EVM_SUCCESS,
         is_revert = outcome->status == ORR_EVM_REVERT;
    json_object_set_new(json, "returnData", orr_jsonrpc_output_json(tx, m->s->state, outcome));
    json_object_set_new(json, "logs", logs_json(m, hash));
    orr_json_set_number(json, "gasUsed", outcome->gas_used);
    orr_json_set_number(json, "maxUsedGas", outcome->max_gas_used);
    orr_json_set_number(json, "status", is_good);
    if (is_good) return json;
    char text[ORR_JSONRPC_MESSAGE_BYTES];
    json_t *error = json_object();
    orr_jsonrpc_outcome_text(outcome->status, outcome->output, outcome->output_len, text);
    json_object_set_new(error, "message", json_string(text));
    json_object_set_new(error, "code", json_integer(is_revert ? ORR_JSONRPC_REVERTED : VM_ERROR));
    if (is_revert) {
        orr_json_set_data(error, "data", outcome->output, outcome->output_len);
        orr_json_set_data(json, "returnData", "", 0);
    }
    json_object_set_new(json, "error", error);
    return json;
}

static json_t *tx_json(const struct making *m, const struct orr_jsonrpc_message *message,
                       const struct orr_hash *hash) {
    if (!m->s->has_txs) return orr_json_of_hash(hash);
    struct orr_u256 price = orr_u256_from_u64(0);
    if (message->has_price) price = orr_evm_tx_price(&message->tx, &m->header.base_fee);
    json_t *json = orr_jsonrpc_tx_fields(&message->tx, hash, &message->from, &price);
    orr_json_set_number(json, "blockNumber", m->header.number);
    orr_json_set_number(json, "blockTimestamp", m->header.timestamp);
    orr_json_set_number(json, "transactionIndex", m->n_ran);
    return json;
}

/* Runs a message that is complete. */
static bool run_message(struct making *m, struct orr_jsonrpc_message *message) {
    struct simulation *s = m->s;
    struct orr_evm_sender sender = {.address = message->from};
    struct orr_evm_tx_outcome outcome;
    struct ran *r = &m->ran[m->n_ran];
    enum orr_evm_tx_error error =
        orr_evm_block_run_tx(&m->run, &message->tx, &sender, &r->receipt, &outcome);
    if (error) {
        char text[ORR_JSONRPC_MESSAGE_BYTES];
        orr_jsonrpc_refusal_text(error, &message->tx, &message->from, s->state, &m->header.base_fee,
                                 text);
        orr_jsonrpc_fail(s->call, code_of(error), "err: %.240s (supplied gas %llu)", text,
                         (unsigned long long)message->tx.gas_limit);
        return false;
    }
    s->gas_left -= outcome.gas_used;
    r->bytes = (struct orr_rlp_writer){.mem = s->call->rpc->mem};
    orr_evm_tx_encode(&message->tx, &r->bytes);
    r->hash = orr_keccak256(r->bytes.bytes, r->bytes.len);
    json_array_append_new(m->calls, outcome_json(m, &message->tx, &outcome, &r->hash));
    json_array_append_new(m->txs, tx_json(m, message, &r->hash));
    m->n_ran++;
    return true;
}

static bool run_calls(struct making *m, const json_t *calls) {
    size_t n = json_array_size(calls);
    m->ran = orr_xrealloc(NULL, (n + 1) * sizeof *m->ran);
    for (size_t i = 0; i < n && !m->s->call->code; i++) {
        struct orr_jsonrpc_message message;
        if (orr_jsonrpc_message_read(m->s->call, json_array_get(calls, i), &message) &&
            complete(m, &message))
            run_message(m, &message);
        orr_jsonrpc_message_free(m->s->call, &message);
    }
    return !m->s->call->code;
}

/* ---- the block as it came out ---- */

static struct orr_hash receipts_root(const struct making *m) {
    const uint8_t **items = orr_xrealloc(NULL, (m->n_ran + 1) * sizeof *items);
    size_t *lens = orr_xrealloc(NULL, (m->n_ran + 1) * sizeof *lens);
    for (size_t i = 0; i < m->n_ran; i++) {
        items[i] = m->ran[i].receipt.encoding;
        lens[i] = m->ran[i].receipt.encoding_len;
    }
    struct orr_hash root = orr_trie_list_root(m->s->call->rpc->mem, items, lens, m->n_ran);
    free(items);
    free(lens);
    return root;
}

static bool is_typed(const struct ran *r) { return r->bytes.len && r->bytes.bytes[0] < 0xc0; }

/* Writes the block's RLP and fills the roots that rest on its body. */
static void write_block(struct making *m, struct orr_rlp_writer *w) {
    struct orr_mem *mem = m->s->call->rpc->mem;
    struct orr_rlp_writer body = {.mem = mem};
    size_t txs = orr_rlp_list_begin(&body);
    for (size_t i = 0; i < m->n_ran; i++) {
        const struct orr_rlp_writer *b = &m->ran[i].bytes;
        if (is_typed(&m->ran[i]))
            orr_rlp_write_string(&body, b->bytes, b->len);
        else
            orr_rlp_write_raw(&body, b->bytes, b->len);
    }
    orr_rlp_list_end(&body, txs);
    orr_rlp_list_end(&body, orr_rlp_list_begin(&body));
    if (m->header.n_fields >= ORR_HEADER_SHANGHAI) {
        size_t list = orr_rlp_list_begin(&body);
        for (size_t i = 0; i < m->n_withdrawals; i++) {
            size_t item = orr_rlp_list_begin(&body);
            orr_rlp_write_u64(&body, m->withdrawals[i].index);
            orr_rlp_write_u64(&body, m->withdrawals[i].validator);
            orr_rlp_write_string(&body, m->withdrawals[i].address.bytes, 20);
            orr_rlp_write_u64(&body, m->withdrawals[i].amount_gwei);
            orr_rlp_list_end(&body, item);
        }
        orr_rlp_list_end(&body, list);
    }
    /* Decoded once more for its roots: what is written is what is hashed. */
    struct orr_evm_block block;
    for (int pass = 0; pass < 2; pass++) {
        *w = (struct orr_rlp_writer){.mem = mem};
        size_t list = orr_rlp_list_begin(w);
        orr_evm_header_encode(&m->header, w);
        orr_rlp_write_raw(w, body.bytes, body.len);
        orr_rlp_list_end(w, list);
        if (pass || orr_evm_block_decode(mem, w->bytes, w->len, &block)) break;
        m->header.transactions_root = orr_evm_transactions_root(mem, &block);
        if (m->header.n_fields >= ORR_HEADER_SHANGHAI)
            m->header.withdrawals_root = orr_evm_withdrawals_root(mem, &block);
        orr_evm_block_free(mem, &block);
        orr_rlp_free(w);
    }
    orr_rlp_free(&body);
}

/* The hash is known now: it goes where logs and transactions name their block. */
static void name_block(json_t *list, const char *inner, const struct orr_hash *hash) {
    size_t i, k;
    json_t *item, *log;
    json_array_foreach(list, i, item) {
        if (!inner && json_is_object(item)) orr_json_set_hash(item, "blockHash", hash);
        if (!inner) continue;
        json_array_foreach(json_object_get(item, inner), k, log)
            orr_json_set_hash(log, "blockHash", hash);
    }
}

static void finish(struct making *m) {
    struct simulation *s = m->s;
    struct orr_evm_header *h = &m->header;
    struct orr_rlp_writer w;
    h->gas_used = m->run.gas_used;
    h->bloom = m->run.bloom;
    h->blob_gas_used = m->run.blob_gas_used;
    h->requests_hash = m->run.requests_hash;
    h->access_list_hash = m->run.access_list_hash;
    h->receipts_root = receipts_root(m);
    h->state_root = orr_evm_state_root(s->state);
    write_block(m, &w);
    struct orr_hash hash = orr_evm_header_hash(s->call->rpc->mem, h);
    json_t *json = orr_jsonrpc_header_json(h, &hash);
    orr_json_set_number(json, "size", w.len);
    orr_rlp_free(&w);
    name_block(m->calls, "logs", &hash);
    name_block(m->txs, NULL, &hash);
    json_object_set(json, "calls", m->calls);
    json_object_set(json, "transactions", m->txs);
    json_object_set_new(json, "uncles", json_array());
    if (h->n_fields >= ORR_HEADER_SHANGHAI)
        json_object_set_new(json, "withdrawals",
                            orr_jsonrpc_withdrawals_json(m->withdrawals, m->n_withdrawals));
    json_array_append_new(s->result, json);
    s->headers[s->n_done] = *h;
    s->hashes[s->n_done++] = hash;
}

static bool run_block(struct making *m, const json_t *asked) {
    struct simulation *s = m->s;
    struct orr_evm_block_env env;
    if (!override_header(m, asked, &env)) return false;
    s->moves.n = 0;
    if (!orr_jsonrpc_override_state(s->call, orr_jsonrpc_member(asked, "stateOverrides"), s->state,
                                    m->run.rules->fork, &s->moves))
        return false;
    struct orr_evm_waived waived = {.nonce = !s->is_validated,
                                    .sender_code = true,
                                    .max_gas = true,
                                    .price = !s->is_validated,
                                    .tells_transfers = s->tells_transfers,
                                    .moved = s->moves.moved,
                                    .n_moved = s->moves.n};
    orr_evm_executor_waive(m->run.executor, &waived);
    orr_evm_block_run_begin(&m->run);
    const json_t *overrides = orr_jsonrpc_member(asked, "blockOverrides");
    if (orr_jsonrpc_member(overrides, "blobBaseFee")) m->run.env.blob_base_fee = env.blob_base_fee;
    m->n_logs_before = orr_evm_state_n_added_logs(s->state);
    bool is_good = run_calls(m, orr_jsonrpc_member(asked, "calls"));
    if (is_good) {
        orr_evm_block_run_withdrawals(&m->run, m->withdrawals, m->n_withdrawals);
        orr_evm_block_run_rewards(&m->run, NULL, 0);
        enum orr_evm_block_error error = orr_evm_block_run_requests(&m->run);
        if (error) orr_jsonrpc_fail(s->call, INTERNAL, "%s", orr_evm_block_error_text(error));
        is_good = !error;
    }
    orr_evm_executor_waive(m->run.executor, NULL);
    if (is_good) finish(m);
    orr_evm_block_run_end(&m->run);
    return is_good;
}

static bool make_block(struct simulation *s, const struct planned *p) {
    struct making m = {.s = s, .calls = json_array(), .txs = json_array()};
    begin_header(&m, p);
    bool is_good = run_block(&m, p->asked);
    for (size_t i = 0; i < m.n_ran; i++) {
        orr_rlp_free(&m.ran[i].bytes);
        orr_evm_receipt_free(&m.ran[i].receipt, s->call->rpc->mem);
    }
    free(m.ran);
    free(m.withdrawals);
    json_decref(m.calls);
    json_decref(m.txs);
    return is_good;
}

json_t *orr_jsonrpc_eth_simulateV1(struct orr_jsonrpc_call *call) {
    const json_t *asked = orr_jsonrpc_param(call, 0);
    struct orr_chain_link *base;
    if (!json_is_object(asked))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                "invalid argument 0: an object is wanted");
    if (!orr_jsonrpc_param_state(call, 1, &base)) return NULL;
    struct simulation *s = orr_xrealloc(NULL, sizeof *s);
    *s = (struct simulation){
        .call = call,
        .base = base,
        .is_validated = json_is_true(orr_jsonrpc_member(asked, "validation")),
        .tells_transfers = json_is_true(orr_jsonrpc_member(asked, "traceTransfers")),
        .has_txs = json_is_true(orr_jsonrpc_member(asked, "returnFullTransactions")),
        .gas_left = ORR_JSONRPC_CALL_GAS,
        .result = json_array()};
    bool is_good = make_plan(s, orr_jsonrpc_member(asked, "blockStateCalls"));
    if (is_good) s->state = orr_evm_state_fork(base->run->state);
    for (size_t i = 0; i < s->n_plan && is_good; i++) is_good = make_block(s, &s->plan[i]);
    if (s->state) orr_evm_state_destroy(s->state);
    json_t *result = is_good ? json_incref(s->result) : NULL;
    json_decref(s->result);
    free(s);
    return result;
}
