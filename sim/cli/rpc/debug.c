/* debug.c - debug_trace*: a transaction of the chain run again, instruction by instruction, in the
 * form of go-ethereum's struct logger. */
#include <stdlib.h>
#include <string.h>

#include "models/vm/block_run.h"
#include "models/vm/opcode.h"
#include "sim/cli/rpc/call.h"

enum { MAX_STEPS = 1 << 20 }; /* of one transaction that are shown */

struct options {
    bool has_memory, has_return_data, has_stack, has_storage;
    uint64_t limit; /* steps; 0: MAX_STEPS */
};

struct trace {
    const struct options *options;
    struct orr_evm_state *state;
    json_t *steps;
    json_t *storage; /* {ADDRESS: {KEY: VALUE}}: what SLOAD and SSTORE met so far */
    json_t *now;     /* the instruction under way; NULL: it is not shown */
    int64_t gas;     /* before it */
    uint8_t *output;
    size_t output_len;
};

/* ---- one instruction ---- */

static json_t *stack_json(const struct orr_evm_step *step) {
    json_t *list = json_array();
    for (int i = 0; i < step->stack_len; i++)
        json_array_append_new(list, orr_json_quantity(step->stack[i]));
    return list;
}

static json_t *memory_json(const struct orr_evm_step *step) {
    json_t *list = json_array();
    for (size_t at = 0; at + 32 <= step->memory_len; at += 32)
        json_array_append_new(list, orr_json_data(step->memory + at, 32));
    return list;
}

/* What the contract's slots were seen to hold, this instruction's included; NULL: it meets none. */
static json_t *storage_json(struct trace *t, const struct orr_evm_step *step) {
    int n = step->stack_len;
    bool reads = step->opcode == ORR_OP_SLOAD && n >= 1;
    if (!reads && !(step->opcode == ORR_OP_SSTORE && n >= 2)) return NULL;
    struct orr_u256 key = step->stack[n - 1], value;
    if (reads)
        value = orr_evm_state_storage(t->state, step->recipient, &key);
    else
        value = step->stack[n - 2];
    char contract[43] = "0x", slot[67] = "0x";
    struct orr_hash key_bytes = orr_u256_to_hash(key), value_bytes = orr_u256_to_hash(value);
    orr_hex_encode(contract + 2, step->recipient->bytes, sizeof step->recipient->bytes);
    orr_hex_encode(slot + 2, key_bytes.bytes, 32);
    json_t *slots = json_object_get(t->storage, contract);
    if (!slots) {
        slots = json_object();
        json_object_set_new(t->storage, contract, slots);
    }
    json_object_set_new(slots, slot, orr_json_of_hash(&value_bytes));
    return json_copy(slots);
}

static void on_begin(void *ctx, int64_t gas, int64_t refund) { (void)ctx, (void)gas, (void)refund; }

static void on_step(void *ctx, const struct orr_evm_step *step) {
    struct trace *t = ctx;
    const char *name = orr_evm_op_name(step->opcode);
    t->now = NULL;
    t->gas = step->gas;
    if (json_array_size(t->steps) >= (t->options->limit ? t->options->limit : MAX_STEPS)) return;
    t->now = json_object();
    json_object_set_new(t->now, "pc", json_integer((json_int_t)step->pc));
    json_object_set_new(t->now, "op",
                        name ? json_string(name)
                             : json_sprintf("opcode 0x%x not defined", step->opcode));
    json_object_set_new(t->now, "gas", json_integer(step->gas));
    json_object_set_new(t->now, "depth", json_integer(step->depth + 1));
    if (t->options->has_stack) json_object_set_new(t->now, "stack", stack_json(step));
    if (t->options->has_memory && step->memory_len)
        json_object_set_new(t->now, "memory", memory_json(step));
    if (t->options->has_return_data && step->return_data_len)
        orr_json_set_data(t->now, "returnData", step->return_data, step->return_data_len);
    json_t *storage = t->options->has_storage ? storage_json(t, step) : NULL;
    if (storage) json_object_set_new(t->now, "storage", storage);
}

static void on_done(void *ctx, int64_t gas, int64_t refund, enum orr_evm_status status) {
    struct trace *t = ctx;
    if (!t->now) return;
    int64_t cost = t->gas - gas;
    json_object_set_new(t->now, "gasCost", json_integer(cost > 0 ? cost : 0));
    if (refund > 0) json_object_set_new(t->now, "refund", json_integer(refund));
    if (status != ORR_EVM_SUCCESS && status != ORR_EVM_REVERT)
        json_object_set_new(t->now, "error", json_string(orr_evm_status_text(status)));
    json_array_append_new(t->steps, t->now);
    t->now = NULL;
}

static void on_end(void *ctx, const struct orr_evm_result *result) { (void)ctx, (void)result; }

/* ---- one transaction ---- */

/* Runs a block's transaction after those before it.  watched: its trace is wanted. */
static json_t *run_tx(struct orr_jsonrpc *rpc, struct orr_evm_block_run *run,
                      const struct orr_chain_link *link, uint32_t i,
                      const struct options *options) {
    struct orr_engine_tx tx;
    struct orr_evm_receipt receipt;
    struct orr_evm_tx_outcome outcome;
    struct trace t = {.options = options, .state = run->state};
    struct orr_evm_tracer tracer = {&t, on_begin, on_step, on_done, on_end};
    if (orr_chain_engine.tx(rpc->chain, orr_chain_hash(link), i, &tx)) return NULL;
    struct orr_evm_sender sender = {.address = tx.sender};
    if (options) {
        t.steps = json_array();
        t.storage = json_object();
        orr_evm_executor_trace(run->executor, &tracer);
    }
    enum orr_evm_tx_error error =
        orr_evm_block_run_tx(run, &link->block->block.txs[i], &sender, &receipt, &outcome);
    orr_evm_executor_trace(run->executor, NULL);
    json_t *json = NULL;
    if (options && !error) {
        bool is_good = outcome.status == ORR_EVM_SUCCESS;
        json = json_object();
        json_object_set_new(json, "gas", json_integer((json_int_t)outcome.gas_used));
        json_object_set_new(json, "failed", json_boolean(!is_good));
        const struct orr_evm_stored_code *code =
            is_good && tx.is_create ? orr_evm_state_code(run->state, &outcome.created) : NULL;
        if (code)
            orr_json_set_data(json, "returnValue", code->bytes, code->len);
        else
            orr_json_set_data(json, "returnValue", outcome.output, outcome.output_len);
        json_object_set(json, "structLogs", t.steps);
    }
    json_decref(t.steps);
    json_decref(t.storage);
    if (!error) orr_evm_receipt_free(&receipt, rpc->mem);
    return json;
}

/* Traces the transactions [first, last) of a block: a list of {txHash, result}. */
static json_t *trace(struct orr_jsonrpc *rpc, const struct orr_chain_link *link, uint32_t first,
                     uint32_t last, const struct options *options) {
    const struct orr_chain *chain = rpc->chain;
    const struct orr_evm_block *b = &link->block->block;
    json_t *list = json_array();
    if (!link->parent) return list; /* a first block has none */
    struct orr_evm_state *state = orr_evm_state_fork(link->parent->run->state);
    struct orr_evm_block_run run = {.executor = chain->blocks->executor,
                                    .state = state,
                                    .config = chain->config,
                                    .rules =
                                        orr_chain_rules(chain, link->parent->block, &b->header),
                                    .header = &b->header,
                                    .hashes = orr_chain_view(chain, link->parent).hashes};
    orr_evm_block_run_begin(&run);
    for (uint32_t i = 0; i < last; i++) {
        json_t *result = run_tx(rpc, &run, link, i, i >= first ? options : NULL);
        if (!result) continue;
        json_t *json = json_object();
        struct orr_hash hash = orr_keccak256(b->tx_items[i].payload, b->tx_items[i].len);
        orr_json_set_hash(json, "txHash", &hash);
        json_object_set_new(json, "result", result);
        json_array_append_new(list, json);
    }
    orr_evm_block_run_end(&run);
    orr_evm_state_destroy(state);
    return list;
}

static bool read_options(struct orr_jsonrpc_call *call, struct options *options) {
    const json_t *json = orr_jsonrpc_param(call, 1), *limit = orr_jsonrpc_member(json, "limit");
    if (json && !json_is_object(json)) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 1: options are an object");
        return false;
    }
    if (orr_jsonrpc_member(json, "tracer")) {
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                         "invalid argument 1: there is the struct logger alone, no other tracer");
        return false;
    }
    *options = (struct options){
        .has_memory = json_is_true(orr_jsonrpc_member(json, "enableMemory")),
        .has_return_data = json_is_true(orr_jsonrpc_member(json, "enableReturnData")),
        .has_stack = !json_is_true(orr_jsonrpc_member(json, "disableStack")),
        .has_storage = !json_is_true(orr_jsonrpc_member(json, "disableStorage")),
        .limit = json_is_integer(limit) && json_integer_value(limit) > 0
                     ? (uint64_t)json_integer_value(limit)
                     : 0};
    return true;
}

/* ---- methods ---- */

json_t *orr_jsonrpc_debug_traceTransaction(struct orr_jsonrpc_call *call) {
    struct options options;
    struct orr_hash hash;
    struct orr_jsonrpc_place place;
    if (!orr_jsonrpc_param_hash(call, 0, &hash) || !read_options(call, &options)) return NULL;
    if (!orr_jsonrpc_find_tx(call->rpc, &hash, &place))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "transaction not found");
    json_t *list = trace(call->rpc, place.link, place.i, place.i + 1, &options);
    json_t *result = json_incref(json_object_get(json_array_get(list, 0), "result"));
    json_decref(list);
    return result;
}

static json_t *trace_block(struct orr_jsonrpc_call *call, const struct orr_chain_link *link) {
    struct options options;
    if (!read_options(call, &options)) return NULL;
    if (!link) return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "block not found");
    if (!link->parent)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "genesis is not traceable");
    return trace(call->rpc, link, 0, (uint32_t)link->block->block.n_txs, &options);
}

json_t *orr_jsonrpc_debug_traceBlockByNumber(struct orr_jsonrpc_call *call) {
    struct orr_chain_link *link;
    if (!orr_jsonrpc_param_block(call, 0, ORR_JSONRPC_REQUIRED, &link)) return NULL;
    return trace_block(call, link);
}

json_t *orr_jsonrpc_debug_traceBlockByHash(struct orr_jsonrpc_call *call) {
    struct orr_hash hash;
    if (!orr_jsonrpc_param_hash(call, 0, &hash)) return NULL;
    return trace_block(call, orr_chain_find(call->rpc->chain, &hash));
}
