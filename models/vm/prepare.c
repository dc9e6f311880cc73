/* prepare.c - what happens between a transaction's checks and its own message: delegations
 * (EIP-7702), and from Amsterdam on the charges that depend on the state (EIP-2780). */
#include <assert.h>

#include "models/vm/running.h"
#include "models/vm/u256.h"

bool orr_evm_is_delegated(struct orr_evm_state *state, const struct orr_address *address) {
    struct orr_evm_state_host host = {.state = state};
    struct orr_address target;
    return orr_evm_host_delegation(&host, address, &target);
}

/* EIP-7702, "Behavior", steps 1 to 6: whether an authorization holds, and whose it is. */
static bool is_authorized(struct orr_evm_executor *x, struct orr_evm_state *state,
                          const struct orr_evm_block_env *env,
                          const struct orr_evm_tx_authorization *a, struct orr_address *authority) {
    if (!orr_u256_is_zero(a->chain_id) && !orr_u256_equal(a->chain_id, env->chain_id)) return false;
    if (a->nonce == UINT64_MAX || !orr_evm_tx_authority(x->mem, a, authority)) return false;
    orr_evm_state_access_account(state, authority);
    orr_evm_state_note(state, authority, NULL);
    struct orr_hash hash = orr_evm_state_code_hash(state, authority);
    if (!orr_hash_equal(hash, orr_evm_code_empty_hash) && !orr_evm_is_delegated(state, authority))
        return false;
    return orr_evm_state_nonce(state, authority) == a->nonce;
}

static bool is_reset(const struct orr_evm_tx_authorization *a) {
    static const struct orr_address none;
    return orr_address_equal(a->address, none);
}

/* Steps 8 and 9: the delegation and the nonce. */
static void set_delegation(struct orr_evm_state *state, const struct orr_evm_tx_authorization *a,
                           const struct orr_address *authority) {
    uint8_t code[23] = {0xef, 0x01, 0x00};
    memcpy(code + 3, a->address.bytes, sizeof a->address.bytes);
    orr_evm_state_set_code(state, authority, code, is_reset(a) ? 0 : sizeof code);
    orr_evm_state_set_nonce(state, authority, a->nonce + 1);
}

/* Until Osaka: sets one delegation.  Returns the refund that it earns. */
static uint64_t authorize(struct orr_evm_executor *x, struct orr_evm_state *state,
                          const struct orr_evm_block_env *env,
                          const struct orr_evm_tx_authorization *a) {
    struct orr_address authority;
    if (!is_authorized(x, state, env, a, &authority)) return 0;
    /* An account that exists and is empty earns the refund in go-ethereum, and here. */
    bool was_there = orr_evm_state_exists(state, &authority);
    set_delegation(state, a, &authority);
    return !was_there ? 0 : ORR_TX_AUTHORIZATION_GAS - ORR_TX_AUTHORIZATION_REFUND;
}

void orr_evm_running_authorize(struct orr_evm_executor *x, struct orr_evm_state *state,
                               const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
                               struct orr_evm_running *r) {
    for (size_t i = 0; i < tx->n_authorizations; i++)
        r->refund += authorize(x, state, env, &tx->authorizations[i]);
}

/* ---- what is charged before the message (EIP-2780, "Runtime gas costs") ---- */

static bool charge_state(struct orr_evm_running *r, int64_t cost) {
    return orr_evm_state_gas_charge(&r->state_gas, &r->msg.gas, cost);
}

static bool charge(struct orr_evm_running *r, int64_t cost) {
    if (cost > r->msg.gas) return false;
    r->msg.gas -= cost;
    return true;
}

/* An authority that has authorized something in this transaction: what was charged for it. */
struct authority {
    struct orr_address address;
    bool is_written, has_delegation;
};

/* "EIP-7702 authorization processing", the charges of one that holds; the authority is the last one
 * of seen[n], or was seen before. */
static bool charge_authority(struct orr_evm_state *state, const struct orr_evm_tx *tx,
                             const struct orr_evm_tx_authorization *a, struct authority *who,
                             struct orr_evm_running *r) {
    bool has_value = !orr_u256_is_zero(tx->value);
    bool is_paid = orr_address_equal(who->address, r->sender) ||
                   (has_value && orr_address_equal(who->address, tx->to));
    if (!who->is_written && !is_paid && !charge(r, ORR_GAS_ACCOUNT_WRITE)) return false;
    who->is_written = true;
    if (orr_evm_state_is_empty(state, &who->address) && !charge_state(r, ORR_GAS_NEW_ACCOUNT))
        return false;
    if (is_reset(a) || who->has_delegation) return true;
    who->has_delegation = true;
    return charge_state(r, ORR_GAS_DELEGATION);
}

static bool authorize_all(struct orr_evm_executor *x, struct orr_evm_state *state,
                          const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
                          struct orr_evm_running *r) {
    size_t n = 0, bytes = (tx->n_authorizations + 1) * sizeof(struct authority);
    struct authority *seen = orr_alloc(x->mem, bytes);
    bool reaches = true;
    for (size_t i = 0; i < tx->n_authorizations && reaches; i++) {
        const struct orr_evm_tx_authorization *a = &tx->authorizations[i];
        struct authority found = {.is_written = false};
        if (!is_authorized(x, state, env, a, &found.address)) continue;
        size_t k = 0;
        while (k < n && !orr_address_equal(seen[k].address, found.address)) k++;
        if (k == n) {
            found.has_delegation = orr_evm_is_delegated(state, &found.address);
            seen[n++] = found;
        }
        reaches = charge_authority(state, tx, a, &seen[k], r);
        if (reaches) set_delegation(state, a, &found.address);
    }
    orr_free(x->mem, seen, bytes);
    return reaches;
}

/* "Account creation and access charges": of the recipient. */
static bool charge_recipient(struct orr_evm_executor *x, struct orr_evm_state *state,
                             const struct orr_evm_tx *tx, struct orr_evm_running *r) {
    struct orr_address to = tx->is_create ? orr_evm_create_address(&r->sender, r->nonce) : tx->to;
    struct orr_address target;
    bool makes = tx->is_create || !orr_u256_is_zero(tx->value);
    orr_evm_state_note(state, &to, NULL);
    if (makes && orr_evm_state_is_empty(state, &to)) {
        if (!charge_state(r, ORR_GAS_NEW_ACCOUNT)) return false;
        r->pays_account = true;
    }
    if (tx->is_create || !orr_evm_host_delegation(&x->host, &to, &target)) return true;
    bool is_cold = x->host.table.account_access(&x->host, &target) == ORR_COLD;
    if (!charge(r, is_cold ? ORR_GAS_COLD_ACCOUNT : ORR_GAS_ACCESS)) return false;
    orr_evm_state_note(state, &target, NULL);
    r->msg.code_address = target;
    r->msg.is_delegated = true;
    r->msg.delegator = to;
    return true;
}

void orr_evm_running_prepare(struct orr_evm_executor *x, struct orr_evm_state *state,
                             const struct orr_evm_block_env *env, const struct orr_evm_tx *tx,
                             struct orr_evm_running *r) {
    int64_t most = ORR_TX_MAX_GAS - ((int64_t)tx->gas_limit - r->msg.gas); /* less the intrinsic */
    int64_t reservoir = r->msg.gas > most ? r->msg.gas - most : 0;
    r->state_gas.reservoir = reservoir;
    r->msg.gas -= reservoir;
    uint64_t mark = orr_evm_state_snapshot(state);
    orr_evm_state_note(state, &r->sender, NULL);
    r->is_halted = !authorize_all(x, state, env, tx, r) || !charge_recipient(x, state, tx, r);
    if (r->is_halted) {
        orr_evm_state_revert(state, mark);
        r->state_gas = (struct orr_evm_state_gas){.reservoir = reservoir};
        r->pays_account = false;
        r->msg.gas = 0;
    }
    r->msg.reservoir = r->state_gas.reservoir;
}
