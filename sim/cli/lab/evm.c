#include "sim/cli/lab/evm.h"

#include "models/vm/host.h"
#include "models/vm/state.h"
#include "sim/base/memory.h"

static const enum orr_evm_fork rules = ORR_FORK_CANCUN;

/* What one call needs; the outermost stack is followed instruction by instruction. */
struct running {
    struct orr_heap heap;
    struct orr_evm_store *store;
    struct orr_evm_state *state;
    struct orr_evm_state_host host;
    struct orr_lab_evm_outcome *outcome;
    struct orr_address visited; /* whose slots are looked at */
    uint32_t pc;                /* of the latest instruction of the outermost call */
    uint8_t opcode;             /* which it is */
    size_t n_before;            /* words on its stack before that */
};

/* ---- the stack ---- */

static bool ends(uint8_t opcode) { return opcode == 0x00 || opcode == 0xf3 || opcode == 0xfd; }

/* Instructions that push one word, but for those that only move others: PUSH, DUP and SWAP leave
 * words that differ or that are more. */
static bool makes(uint8_t op) {
    return (op > 0x00 && op <= 0x20) || op == 0x35 || op == 0x51 || op == 0x54 || op == 0x5c ||
           op >= 0xf1;
}
static void on_step(void *ctx, const struct orr_evm_step *step) {
    struct running *r = ctx;
    struct orr_lab_evm_outcome *o = r->outcome;
    if (step->depth) return;
    size_t n = (size_t)step->stack_len;
    for (size_t i = 0; i < n && i < ORR_LAB_EVM_STACK; i++) {
        bool is_new = i >= r->n_before || !orr_u256_equal(o->stack[i], step->stack[i]) ||
                      (i + 1 == n && makes(r->opcode));
        if (is_new) o->made_at[i] = r->pc;
        o->stack[i] = step->stack[i];
    }
    o->n_stack = r->n_before = n;
    o->has_stack = ends(step->opcode);
    r->pc = (uint32_t)step->pc;
    r->opcode = step->opcode;
}
static void on_begin(void *ctx, int64_t gas, int64_t refund) { (void)ctx, (void)gas, (void)refund; }
static void on_done(void *ctx, int64_t gas, int64_t refund, enum orr_evm_status status) {
    (void)ctx, (void)gas, (void)refund, (void)status;
}
static void on_end(void *ctx, const struct orr_evm_result *result) { (void)ctx, (void)result; }

/* ---- the world ---- */

static void no_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx, (void)number;
    *hash = (struct orr_hash){{0}};
}

static void make_world(struct running *r, const struct orr_lab_evm_call *call) {
    r->store = orr_evm_store_create(&r->heap.mem);
    r->state = orr_evm_state_create(r->store);
    orr_evm_state_begin_tx(r->state);
    for (size_t i = 0; i < call->n_accounts; i++) {
        orr_evm_state_set_nonce(r->state, &call->accounts[i].address, 1);
        orr_evm_state_set_code(r->state, &call->accounts[i].address, call->accounts[i].code,
                               call->accounts[i].code_len);
    }
    for (size_t i = 0; i < call->n_slots; i++)
        orr_evm_state_set_storage(r->state, &call->slots[i].address, &call->slots[i].key,
                                  &call->slots[i].value);
    orr_evm_state_end_tx(r->state, rules);
}

static void execute(struct running *r, const struct orr_lab_evm_call *call, struct orr_evm *vm,
                    struct orr_evm_result *result) {
    struct orr_evm_message msg = {.kind = ORR_CALL,
                                  .gas = call->gas,
                                  .recipient = call->to,
                                  .sender = call->caller,
                                  .code_address = call->to,
                                  .input = call->input,
                                  .input_len = call->input_len};
    const struct orr_evm_code *code = NULL;
    orr_evm_state_access_account(r->state, &call->caller);
    orr_evm_state_access_account(r->state, &call->to);
    if (orr_evm_host_begin_call(&r->host, &msg, &code, result) == ORR_BEGIN_DONE) return;
    orr_evm_execute(vm, &r->host.table, rules, &msg, code, result);
    orr_evm_host_end_call(&r->host, &msg, result);
}

/* ---- what it came to ---- */

static void visit(void *ctx, const struct orr_u256 *key) {
    struct running *r = ctx;
    struct orr_lab_evm_outcome *o = r->outcome;
    if (o->n_slots == ORR_LAB_EVM_SLOTS) {
        o->is_cut = true;
        return;
    }
    o->slots[o->n_slots++] = (struct orr_lab_evm_slot){.address = r->visited, .key = *key};
}

static void tell_slots(struct running *r, const struct orr_lab_evm_call *call) {
    struct orr_lab_evm_outcome *o = r->outcome;
    for (size_t i = 0; i < call->n_accounts; i++) {
        r->visited = call->accounts[i].address;
        orr_evm_state_each_slot(r->state, &r->visited, r, visit);
    }
    size_t n = 0;
    for (size_t i = 0; i < o->n_slots; i++) {
        struct orr_lab_evm_slot *s = &o->slots[i];
        s->value = orr_evm_state_storage(r->state, &s->address, &s->key);
        if (!orr_u256_is_zero(s->value)) o->slots[n++] = *s;
    }
    o->n_slots = n;
}

static void tell_logs(struct running *r) {
    struct orr_lab_evm_outcome *o = r->outcome;
    size_t n = orr_evm_state_n_logs(r->state);
    o->is_cut |= n > ORR_LAB_EVM_LOGS;
    for (size_t i = 0; i < n && i < ORR_LAB_EVM_LOGS; i++) {
        struct orr_evm_log log = orr_evm_state_log(r->state, i);
        struct orr_lab_evm_log *to = &o->logs[o->n_logs++];
        o->is_cut |= log.len > ORR_LAB_EVM_LOG_DATA;
        to->address = log.address;
        to->n_topics = (size_t)log.n_topics;
        to->len = log.len < ORR_LAB_EVM_LOG_DATA ? log.len : ORR_LAB_EVM_LOG_DATA;
        memcpy(to->topics, log.topics, sizeof to->topics);
        if (to->len) memcpy(to->data, log.data, to->len);
    }
}

static void tell(struct running *r, const struct orr_lab_evm_call *call,
                 const struct orr_evm_result *result) {
    struct orr_lab_evm_outcome *o = r->outcome;
    o->end = result->status == ORR_EVM_SUCCESS  ? ORR_LAB_EVM_STOPPED
             : result->status == ORR_EVM_REVERT ? ORR_LAB_EVM_REVERTED
                                                : ORR_LAB_EVM_FAILED;
    o->why = orr_evm_status_text(result->status);
    o->has_stack &= o->end != ORR_LAB_EVM_FAILED;
    o->gas_left = result->gas_left;
    o->refund = result->gas_refund;
    o->is_cut |= result->output_len > ORR_LAB_EVM_OUTPUT;
    if (!o->is_cut && result->output_len)
        memcpy(o->output, result->output, o->output_len = result->output_len);
    tell_logs(r);
    tell_slots(r, call);
}

void orr_lab_evm_run(const struct orr_lab_evm_call *call, struct orr_lab_evm_outcome *outcome) {
    struct running r = {.outcome = outcome};
    struct orr_evm_result result = {0};
    *outcome = (struct orr_lab_evm_outcome){0};
    orr_heap_init(&r.heap);
    make_world(&r, call);
    struct orr_evm *vm = orr_evm_create(&r.heap.mem);
    struct orr_evm_tracer tracer = {&r, on_begin, on_step, on_done, on_end};
    r.host.mem = &r.heap.mem;
    r.host.state = r.state;
    r.host.fork = rules;
    r.host.tx = (struct orr_evm_tx_context){.origin = call->caller};
    r.host.hashes = (struct orr_evm_block_hashes){NULL, no_hash};
    orr_evm_host_init(&r.host);
    orr_evm_set_tracer(vm, &tracer);
    orr_evm_state_begin_tx(r.state);
    execute(&r, call, vm, &result);
    tell(&r, call, &result);
    orr_evm_state_end_tx(r.state, rules);
    orr_evm_host_end(&r.host);
    orr_evm_destroy(vm);
    orr_evm_state_destroy(r.state);
    orr_evm_store_destroy(r.store);
}
