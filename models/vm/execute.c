#include "models/vm/execute.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/running.h"
#include "models/vm/u256.h"

struct orr_evm_executor *orr_evm_executor_create(struct orr_mem *mem) {
    struct orr_evm_executor *x = orr_alloc_zero(mem, sizeof *x);
    x->mem = mem;
    x->vm = orr_evm_create(mem);
    x->host.mem = mem;
    return x;
}

void orr_evm_executor_destroy(struct orr_evm_executor *x) {
    orr_evm_host_end(&x->host);
    orr_evm_destroy(x->vm);
    orr_free(x->mem, x, sizeof *x);
}

void orr_evm_executor_trace(struct orr_evm_executor *x, const struct orr_evm_tracer *tracer) {
    x->tracer = tracer;
    orr_evm_set_tracer(x->vm, tracer);
}

void orr_evm_executor_flaws(struct orr_evm_executor *x, const struct orr_evm_flaws *flaws) {
    x->flaws = flaws ? *flaws : (struct orr_evm_flaws){.refund = false};
}

const struct orr_evm_flaws *orr_evm_executor_flaws_of(const struct orr_evm_executor *x) {
    return &x->flaws;
}

void orr_evm_executor_waive(struct orr_evm_executor *x, const struct orr_evm_waived *waived) {
    x->waived = waived ? *waived : (struct orr_evm_waived){.nonce = false};
    x->host.moved = x->waived.moved;
    x->host.n_moved = x->waived.n_moved;
    x->host.tells_transfers = x->waived.tells_transfers;
}

enum orr_evm_tx_error orr_evm_executor_check(const struct orr_evm_executor *x,
                                             const struct orr_evm_tx *tx, enum orr_evm_fork fork,
                                             unsigned max_blobs) {
    struct orr_evm_tx any = *tx;
    if (x->waived.nonce) any.nonce = 0; /* the highest one too */
    enum orr_evm_tx_error error = orr_evm_tx_check(&any, fork, max_blobs);
    /* the last of its rules */
    return error == ORR_TX_GAS_LIMIT_EXCEEDS_MAXIMUM && x->waived.max_gas ? ORR_TX_OK : error;
}

struct orr_evm_blob_schedule orr_evm_blob_schedule(enum orr_evm_fork fork) {
    if (fork >= ORR_FORK_AMSTERDAM)
        return (struct orr_evm_blob_schedule){14, 21, 11684671}; /* EIP-7892: BPO2's */
    if (fork >= ORR_FORK_PRAGUE)
        return (struct orr_evm_blob_schedule){6, 9, 5007716}; /* EIP-7691 */
    if (fork >= ORR_FORK_CANCUN)
        return (struct orr_evm_blob_schedule){3, 6, 3338477}; /* EIP-4844 */
    return (struct orr_evm_blob_schedule){0, 0, 0};
}

/* ---- money: 320-bit sums, since limits times prices may pass 2^256 ---- */

struct wide {
    uint64_t limb[5];
};

/* sum += a * n; a carry out of limb 4 cannot happen for the few terms that are added here. */
static void add_product(struct wide *sum, struct orr_u256 a, uint64_t n) {
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)a.limb[i] * n + sum->limb[i];
        sum->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    uint64_t before = sum->limb[4];
    sum->limb[4] += (uint64_t)carry;
    assert(sum->limb[4] >= before);
}

static bool exceeds(const struct wide *sum, struct orr_u256 balance) {
    if (sum->limb[4]) return true;
    struct orr_u256 low = {{sum->limb[0], sum->limb[1], sum->limb[2], sum->limb[3]}};
    return orr_u256_less(balance, low);
}

static struct orr_u256 times(struct orr_u256 a, uint64_t n) {
    return orr_u256_mul(a, orr_u256_from_u64(n));
}

/* ---- checks against the state ---- */

static enum orr_evm_tx_error check_funds(struct orr_evm_state *state,
                                         const struct orr_evm_block_env *env,
                                         const struct orr_evm_tx *tx,
                                         const struct orr_address *sender,
                                         const struct orr_evm_rollup_fee *fee) {
    struct wide sum = {{0}};
    add_product(&sum, fee->l1, 1);
    add_product(&sum, orr_evm_operator_fee(env->rollup, fee, tx->gas_limit), 1);
    add_product(&sum, tx->max_fee, tx->gas_limit);
    add_product(&sum, tx->value, 1);
    add_product(&sum, tx->max_blob_fee, (uint64_t)tx->n_blob_hashes * ORR_BLOB_GAS);
    return exceeds(&sum, orr_evm_state_balance(state, sender)) ? ORR_TX_INSUFFICIENT_ACCOUNT_FUNDS
                                                               : ORR_TX_OK;
}

/* Nobody is paid for it, whatever the base fee. */
static bool is_free(const struct orr_evm_executor *x, const struct orr_evm_tx *tx) {
    return x->waived.price && orr_u256_is_zero(tx->max_fee) &&
           orr_u256_is_zero(tx->max_priority_fee);
}

static enum orr_evm_tx_error
check_state(const struct orr_evm_executor *x, struct orr_evm_state *state,
            const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
            const struct orr_address *sender, uint64_t gas_left, unsigned blobs_left,
            const struct orr_evm_rollup_fee *fee) {
    bool has_any_nonce = x->flaws.nonce || x->waived.nonce;
    uint64_t wanted = tx->gas_limit;
    if (env->fork >= ORR_FORK_AMSTERDAM && wanted > ORR_TX_MAX_GAS) wanted = ORR_TX_MAX_GAS;
    bool is_above = env->fork >= ORR_FORK_AMSTERDAM && tx->gas_limit > env->gas_limit;
    if (((wanted > gas_left || is_above) && !x->flaws.gas_limit) || tx->gas_limit > INT64_MAX)
        return ORR_TX_GAS_ALLOWANCE_EXCEEDED;
    if (tx->n_blob_hashes > blobs_left) return ORR_TX_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED;
    uint64_t nonce = orr_evm_state_nonce(state, sender);
    if (tx->nonce < nonce && !has_any_nonce) return ORR_TX_NONCE_MISMATCH_TOO_LOW;
    if (tx->nonce > nonce && !has_any_nonce) return ORR_TX_NONCE_MISMATCH_TOO_HIGH;
    struct orr_hash hash = orr_evm_state_code_hash(state, sender); /* EIP-3607, for all forks */
    if (!x->waived.sender_code && !orr_hash_equal(hash, orr_evm_code_empty_hash) &&
        !(env->fork >= ORR_FORK_PRAGUE && orr_evm_is_delegated(state, sender)))
        return ORR_TX_SENDER_NOT_EOA;
    if (!is_free(x, tx) && orr_u256_less(tx->max_fee, env->base_fee))
        return ORR_TX_INSUFFICIENT_MAX_FEE_PER_GAS;
    if (tx->type == ORR_TX_BLOB && orr_u256_less(tx->max_blob_fee, env->blob_base_fee))
        return ORR_TX_INSUFFICIENT_MAX_FEE_PER_BLOB_GAS;
    return check_funds(state, env, tx, sender, fee);
}

/* ---- running ---- */

struct orr_u256 orr_evm_tx_price(const struct orr_evm_tx *tx, const struct orr_u256 *base_fee) {
    struct orr_u256 above = orr_u256_sub(tx->max_fee, *base_fee);
    return orr_u256_less(above, tx->max_priority_fee)
               ? tx->max_fee
               : orr_u256_add(*base_fee, tx->max_priority_fee);
}

static void set_context(struct orr_evm_executor *x, struct orr_evm_state *state,
                        const struct orr_evm_block_env *env, const struct orr_address *origin) {
    x->host.state = state;
    x->host.fork = env->fork;
    x->host.rollup = env->rollup;
    x->host.hashes = env->hashes;
    x->host.tx = (struct orr_evm_tx_context){.origin = *origin,
                                             .coinbase = env->coinbase,
                                             .number = env->number,
                                             .timestamp = env->timestamp,
                                             .slot_number = env->slot_number,
                                             .gas_limit = env->gas_limit,
                                             .prevrandao = env->prevrandao,
                                             .chain_id = env->chain_id,
                                             .base_fee = env->base_fee,
                                             .blob_base_fee = env->blob_base_fee};
    orr_evm_host_init(&x->host);
}

void orr_evm_running_context(struct orr_evm_executor *x, struct orr_evm_state *state,
                             const struct orr_evm_block_env *env, const struct orr_evm_running *r) {
    orr_evm_host_end(&x->host);
    set_context(x, state, env, &r->sender);
    x->host.tx.gas_price = r->price;
    x->host.tx.blob_hashes = r->blob_hashes;
    x->host.tx.n_blob_hashes = r->n_blob_hashes;
}

/* What is warm from the start (EIP-2929, 2930, 3651); precompiles always are. */
static void warm_up(struct orr_evm_state *state, const struct orr_evm_block_env *env,
                    const struct orr_evm_tx *tx, const struct orr_address *sender) {
    if (env->fork < ORR_FORK_BERLIN) return;
    struct orr_u256 value;
    orr_evm_state_access_account(state, sender);
    if (!tx->is_create) orr_evm_state_access_account(state, &tx->to);
    if (env->fork >= ORR_FORK_SHANGHAI) orr_evm_state_access_account(state, &env->coinbase);
    for (size_t i = 0; i < tx->n_access; i++) {
        const struct orr_evm_tx_access *a = &tx->access[i];
        orr_evm_state_access_account(state, &a->address);
        for (size_t k = 0; k < a->n_keys; k++)
            orr_evm_state_access_slot(state, &a->address, &tx->access_keys[a->first_key + k],
                                      &value);
    }
}

enum orr_evm_begin orr_evm_running_begin(struct orr_evm_executor *x, struct orr_evm_running *r,
                                         const struct orr_evm_code **code,
                                         struct orr_evm_result *result) {
    *code = NULL;
    return r->msg.kind == ORR_CREATE
               ? orr_evm_host_begin_create(&x->host, &r->msg, r->nonce, result)
               : orr_evm_host_begin_call(&x->host, &r->msg, code, result);
}

/* The transaction's own call or creation. */
static void run(struct orr_evm_executor *x, struct orr_evm_running *r,
                struct orr_evm_result *result) {
    const struct orr_evm_code *code;
    if (x->tracer && r->is_traced) x->tracer->begin(x->tracer->ctx, r->msg.gas, (int64_t)r->refund);
    if (r->is_halted) {
        *result = (struct orr_evm_result){.status = ORR_EVM_OUT_OF_GAS};
        result->state_gas.reservoir = r->state_gas.reservoir;
    } else if (orr_evm_running_begin(x, r, &code, result) == ORR_BEGIN_RUN) {
        orr_evm_execute(x->vm, &x->host.table, x->host.fork, &r->msg, code, result);
        orr_evm_host_end_call(&x->host, &r->msg, result);
    } else {
        result->state_gas = (struct orr_evm_state_gas){.reservoir = r->msg.reservoir};
    }
    if (x->tracer && r->is_traced) x->tracer->end(x->tracer->ctx, result);
}

static void set_message(struct orr_evm_executor *x, const struct orr_evm_tx *tx,
                        struct orr_evm_running *r) {
    enum orr_evm_fork fork = x->host.fork;
    r->msg = (struct orr_evm_message){
        .kind = tx->is_create ? ORR_CREATE : ORR_CALL,
        .gas = (int64_t)(tx->gas_limit - orr_evm_tx_intrinsic_gas(tx, &r->sender, fork)),
        .recipient = tx->to,
        .code_address = tx->to,
        .sender = r->sender,
        .value = tx->value,
        .input = tx->data,
        .input_len = tx->data_len};
    struct orr_address target;
    if (!tx->is_create && fork >= ORR_FORK_PRAGUE && fork < ORR_FORK_AMSTERDAM &&
        orr_evm_host_delegation(&x->host, &tx->to, &target)) {
        r->msg.code_address = target;
        r->msg.is_delegated = true;
        r->msg.delegator = tx->to;
        orr_evm_state_access_account(x->host.state, &target); /* EIP-7702: warm, at no charge */
    }
}

/* What the message left is the transaction's again, in *left; returns the state gas that it used.
 */
static int64_t settle_state_gas(const struct orr_evm_running *r,
                                const struct orr_evm_result *result, int64_t *left) {
    struct orr_evm_state_gas s = r->state_gas;
    *left = result->gas_left;
    orr_evm_state_gas_join(&s, &result->state_gas);
    if (r->pays_account && result->status != ORR_EVM_SUCCESS)
        orr_evm_state_gas_refill(&s, left, ORR_GAS_NEW_ACCOUNT);
    if (result->status != ORR_EVM_SUCCESS && result->status != ORR_EVM_REVERT) *left = 0;
    *left += s.reservoir;
    assert(s.used >= 0);
    return s.used;
}

/* Gas used after refunds (EIP-3529) and the floor (EIP-7623), and what the block counts. */
static void settle_gas(const struct orr_evm_flaws *flaws, const struct orr_evm_running *r,
                       enum orr_evm_fork fork, const struct orr_evm_result *result,
                       struct orr_evm_tx_outcome *o) {
    bool is_amsterdam = fork >= ORR_FORK_AMSTERDAM;
    int64_t left = result->gas_left, state = 0;
    if (is_amsterdam) state = settle_state_gas(r, result, &left);
    assert(left >= 0 && (uint64_t)left <= r->gas_limit);
    uint64_t used = r->gas_limit - (uint64_t)left;
    int64_t earned = (int64_t)r->refund;
    if (result->status == ORR_EVM_SUCCESS && !flaws->refund) earned += result->gas_refund;
    assert(earned >= 0 && used >= (uint64_t)state);
    uint64_t most = used / (fork >= ORR_FORK_LONDON ? 5 : 2);
    uint64_t refund = (uint64_t)earned < most ? (uint64_t)earned : most;
    o->gas_used = used - refund > r->floor ? used - refund : r->floor;
    o->max_gas_used = used > r->floor ? used : r->floor;
    o->block_gas = o->gas_used;
    o->block_state_gas = (uint64_t)state;
    if (is_amsterdam) { /* EIP-7778, EIP-8037: refunds do not count */
        o->block_gas = used - (uint64_t)state;
        if (o->block_gas < r->floor) o->block_gas = r->floor;
    }
}

/* ---- begin and end ---- */

static void buy_gas(struct orr_evm_state *state,
                    const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
                    struct orr_evm_running *r) {
    struct orr_u256 upfront = times(r->price, tx->gas_limit);
    upfront = orr_u256_add(upfront,
                           times(env->blob_base_fee, (uint64_t)tx->n_blob_hashes * ORR_BLOB_GAS));
    bool paid = orr_evm_state_sub_balance(state, &r->sender, upfront);
    assert(paid); /* check_funds assumed the highest prices */
    (void)paid;
    orr_evm_rollup_fee_buy(env->rollup, state, &r->sender, &r->fee, tx->gas_limit);
    orr_evm_state_set_nonce(state, &r->sender, r->nonce + 1);
    warm_up(state, env, tx, &r->sender);
}

enum orr_evm_tx_error orr_evm_running_open(struct orr_evm_executor *x, struct orr_evm_state *state,
                                           const struct orr_evm_block_env *env,
                                           const struct orr_evm_tx *tx,
                                           const struct orr_address *sender, uint64_t gas_left,
                                           unsigned blobs_left, struct orr_evm_running *r) {
    enum orr_evm_tx_error error = orr_evm_executor_check(x, tx, env->fork, env->blobs.max);
    struct orr_evm_rollup_fee fee = {.operator_scalar = 0};
    if (!error) fee = orr_evm_rollup_fee(env->rollup, state, tx);
    if (!error) error = check_state(x, state, env, tx, sender, gas_left, blobs_left, &fee);
    if (!error) error = orr_evm_tx_check_gas(tx, sender, env->fork);
    if (error) return error;
    *r = (struct orr_evm_running){.sender = *sender,
                                  .fee = fee,
                                  .gas_limit = tx->gas_limit,
                                  .floor = orr_evm_tx_floor_gas(tx, sender, env->fork),
                                  .is_paid = !is_free(x, tx),
                                  .runs = true,
                                  .is_traced = true,
                                  .blob_hashes = tx->blob_hashes,
                                  .n_blob_hashes = tx->n_blob_hashes};
    if (r->is_paid) r->price = orr_evm_tx_price(tx, &env->base_fee);
    r->nonce = x->waived.nonce ? orr_evm_state_nonce(state, sender) : tx->nonce;
    orr_evm_running_context(x, state, env, r);
    orr_evm_state_begin_tx(state);
    buy_gas(state, env, tx, r);
    if (env->fork < ORR_FORK_AMSTERDAM) orr_evm_running_authorize(x, state, env, tx, r);
    set_message(x, tx, r);
    if (env->fork >= ORR_FORK_AMSTERDAM) orr_evm_running_prepare(x, state, env, tx, r);
    return ORR_TX_OK;
}

void orr_evm_running_close(struct orr_evm_executor *x, struct orr_evm_state *state,
                           const struct orr_evm_block_env *env, const struct orr_evm_running *r,
                           const struct orr_evm_result *result,
                           struct orr_evm_tx_outcome *outcome) {
    struct orr_evm_tx_outcome o = {.status = result->status, .gas_used = r->gas_limit};
    if (r->runs) settle_gas(&x->flaws, r, env->fork, result, &o);
    if (!r->is_deposit) {
        orr_evm_state_add_balance(state, &r->sender, times(r->price, r->gas_limit - o.gas_used));
        orr_evm_state_note(state, &env->coinbase, NULL);
        if (r->is_paid)
            orr_evm_state_add_balance(state, &env->coinbase,
                                      times(orr_u256_sub(r->price, env->base_fee), o.gas_used));
        orr_evm_rollup_fee_settle(env->rollup, state, &r->sender, &r->fee, r->gas_limit, o.gas_used,
                                  &env->base_fee);
    } else if (env->rollup < ORR_EVM_REGOLITH) {
        o.gas_used = r->is_system ? 0 : r->gas_limit; /* as if it had used all, a system's none */
    }
    orr_evm_state_end_tx(state, env->fork);
    if (r->is_deposit) o.max_gas_used = o.block_gas = o.gas_used;
    o.output = result->output;
    o.output_len = result->output_len;
    o.created = result->created;
    *outcome = o;
}

enum orr_evm_tx_error orr_evm_execute_tx(struct orr_evm_executor *x, struct orr_evm_state *state,
                                         const struct orr_evm_block_env *env,
                                         const struct orr_evm_tx *tx,
                                         const struct orr_address *sender, uint64_t gas_left,
                                         unsigned blobs_left, struct orr_evm_tx_outcome *outcome) {
    struct orr_evm_running r;
    struct orr_evm_result result;
    enum orr_evm_tx_error error =
        orr_evm_running_open(x, state, env, tx, sender, gas_left, blobs_left, &r);
    if (error) return error;
    run(x, &r, &result);
    orr_evm_running_close(x, state, env, &r, &result, outcome);
    return ORR_TX_OK;
}

/* ---- deposits ---- */

/* What can be said against a deposit before it runs. */
static bool can_run(struct orr_evm_state *state, const struct orr_evm_block_env *env,
                    const struct orr_evm_deposit *d, const struct orr_evm_tx *as_tx) {
    if (d->is_system && env->rollup >= ORR_EVM_REGOLITH) return false;
    return !orr_evm_tx_check(as_tx, env->fork, env->blobs.max) &&
           !orr_evm_tx_check_gas(as_tx, &d->from, env->fork) &&
           !orr_u256_less(orr_evm_state_balance(state, &d->from), d->value);
}

enum orr_evm_tx_error orr_evm_running_open_deposit(struct orr_evm_executor *x,
                                                   struct orr_evm_state *state,
                                                   const struct orr_evm_block_env *env,
                                                   const struct orr_evm_deposit *d,
                                                   uint64_t gas_left, struct orr_evm_running *r) {
    assert(env->rollup);
    if (!d->is_system && (d->gas > gas_left || d->gas > INT64_MAX))
        return ORR_TX_GAS_ALLOWANCE_EXCEEDED;
    *r = (struct orr_evm_running){.sender = d->from,
                                  .gas_limit = d->gas,
                                  .is_deposit = true,
                                  .is_system = d->is_system,
                                  .is_traced = true};
    orr_evm_running_context(x, state, env, r);
    orr_evm_state_begin_tx(state);
    if (!orr_u256_is_zero(d->mint)) orr_evm_state_add_balance(state, &d->from, d->mint);
    r->nonce = orr_evm_state_nonce(state, &d->from);
    struct orr_evm_tx tx = {.type = ORR_TX_LEGACY,
                            .is_create = d->is_create,
                            .to = d->to,
                            .nonce = r->nonce,
                            .gas_limit = d->gas,
                            .value = d->value,
                            .data = d->data,
                            .data_len = d->data_len};
    r->runs = can_run(state, env, d, &tx);
    r->floor = orr_evm_tx_floor_gas(&tx, &d->from, env->fork);
    orr_evm_state_set_nonce(state, &d->from, r->nonce + 1);
    if (!r->runs) return ORR_TX_OK;
    warm_up(state, env, &tx, &d->from);
    set_message(x, &tx, r);
    return ORR_TX_OK;
}

enum orr_evm_tx_error orr_evm_execute_deposit(struct orr_evm_executor *x,
                                              struct orr_evm_state *state,
                                              const struct orr_evm_block_env *env,
                                              const struct orr_evm_deposit *d, uint64_t gas_left,
                                              struct orr_evm_tx_outcome *outcome) {
    struct orr_evm_running r;
    enum orr_evm_tx_error error = orr_evm_running_open_deposit(x, state, env, d, gas_left, &r);
    if (error) return error;
    struct orr_evm_result result = {.status = ORR_EVM_FAILURE};
    if (r.runs) run(x, &r, &result);
    orr_evm_running_close(x, state, env, &r, &result, outcome);
    return ORR_TX_OK;
}

int orr_evm_execute_system_call(struct orr_evm_executor *x, struct orr_evm_state *state,
                                const struct orr_evm_block_env *env, const struct orr_address *to,
                                const uint8_t *input, size_t len, const uint8_t **output,
                                size_t *output_len) {
    static const struct orr_address system = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                               0xff, 0xff, 0xff, 0xff, 0xff, 0xfe}};
    orr_evm_state_note(state, to, NULL);
    if (!orr_evm_state_code(state, to)) return ORR_ENOTFOUND;
    struct orr_evm_running r = {.sender = system,
                                .msg = {.kind = ORR_CALL,
                                        .gas = 30000000,
                                        .recipient = *to,
                                        .code_address = *to,
                                        .sender = system,
                                        .input = input,
                                        .input_len = len}};
    if (env->fork >= ORR_FORK_AMSTERDAM) r.msg.reservoir = ORR_GAS_SYSTEM_RESERVOIR;
    orr_evm_running_context(x, state, env, &r);
    struct orr_evm_result result;
    orr_evm_state_begin_tx(state);
    run(x, &r, &result);
    orr_evm_state_end_tx(state, env->fork);
    if (result.status != ORR_EVM_SUCCESS) return ORR_EINVAL;
    *output = result.output;
    *output_len = result.output_len;
    return 0;
}
