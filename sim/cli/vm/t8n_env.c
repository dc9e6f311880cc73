/* t8n_env.c - the block's environment, as far as it is given or follows from the parent's. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/t8n.h"

static int fault(char *why, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(why, ORR_T8N_WHY_BYTES, format, args);
    va_end(args);
    return code;
}

static const json_t *given(const json_t *in, const char *key) {
    const json_t *value = json_object_get(in, key);
    return json_is_null(value) ? NULL : value;
}

/* Reads a number when it is given; *there says whether. */
static int read_u64(const json_t *in, const char *key, uint64_t *to, bool *there, char *why) {
    const json_t *value = given(in, key);
    *there = value != NULL;
    if (!value || !orr_json_u64(value, to)) return 0;
    return fault(why, ORR_T8N_JSON, "env: %s is no number below 2^64", key);
}

static int read_u256(const json_t *in, const char *key, struct orr_u256 *to, bool *there,
                     char *why) {
    const json_t *value = given(in, key);
    *there = value != NULL;
    if (!value || !orr_json_u256(value, to)) return 0;
    return fault(why, ORR_T8N_JSON, "env: %s is no number", key);
}

static int need_u64(const json_t *in, const char *key, uint64_t *to, char *why) {
    bool there;
    int error = read_u64(in, key, to, &there, why);
    return error || there ? error : fault(why, ORR_T8N_JSON, "env: %s is missing", key);
}

static int read_base_fee(const json_t *in, const struct orr_evm_chain_fork *rules,
                         struct orr_t8n_env *env, char *why) {
    struct orr_evm_header parent = {.n_fields = ORR_HEADER_LONDON};
    bool there, has_parent;
    int error = read_u256(in, "currentBaseFee", &env->header.base_fee, &there, why);
    if (!error) error = read_u256(in, "parentBaseFee", &parent.base_fee, &has_parent, why);
    bool ignored;
    if (!error) error = read_u64(in, "parentGasUsed", &parent.gas_used, &ignored, why);
    if (!error) error = read_u64(in, "parentGasLimit", &parent.gas_limit, &ignored, why);
    if (error) return error;
    env->has_base_fee = there || rules->fork >= ORR_FORK_LONDON;
    if (there || rules->fork < ORR_FORK_LONDON) return 0;
    if (!has_parent || !env->header.number)
        return fault(why, ORR_T8N_CONFIG,
                     "env: neither currentBaseFee nor parentBaseFee, which London needs");
    env->header.base_fee = orr_evm_next_base_fee(&parent);
    return 0;
}

static int read_difficulty(const json_t *in, const struct orr_evm_chain_fork *rules,
                           struct orr_t8n_env *env, char *why) {
    struct orr_evm_header *h = &env->header;
    struct orr_u256 random = {{0}}, before;
    bool there, has_random, has_parent, ignored;
    uint64_t parent_time = 0;
    int error = read_u256(in, "currentDifficulty", &h->difficulty, &there, why);
    if (!error) error = read_u256(in, "currentRandom", &random, &has_random, why);
    if (!error) error = read_u256(in, "parentDifficulty", &before, &has_parent, why);
    if (!error) error = read_u64(in, "parentTimestamp", &parent_time, &ignored, why);
    if (error) return error;
    h->mix_hash = orr_u256_to_hash(random);
    if (rules->fork >= ORR_FORK_PARIS) {
        if (!has_random)
            return fault(why, ORR_T8N_CONFIG, "env: no currentRandom, which Paris needs");
        if (!orr_u256_is_zero(h->difficulty))
            return fault(why, ORR_T8N_CONFIG, "env: currentDifficulty is not 0 (EIP-3675)");
        return 0;
    }
    if (there) return 0;
    if (!has_parent || !h->number)
        return fault(why, ORR_T8N_CONFIG, "env: neither currentDifficulty nor parentDifficulty");
    if (h->timestamp <= parent_time)
        return fault(why, ORR_T8N_CONFIG, "env: currentTimestamp is not after parentTimestamp");
    const struct orr_hash no_ommers = orr_keccak256("\xc0", 1);
    struct orr_hash ommers = no_ommers;
    const json_t *hash = given(in, "parentUncleHash");
    static const struct orr_hash none;
    if (hash && orr_json_hash(hash, &ommers))
        return fault(why, ORR_T8N_JSON, "env: parentUncleHash is not 32 bytes");
    bool has_ommers = !orr_hash_equal(ommers, no_ommers) && !orr_hash_equal(ommers, none);
    h->difficulty =
        orr_evm_next_difficulty(rules, &before, parent_time, has_ommers, h->number, h->timestamp);
    return 0;
}

static int read_blob_gas(const json_t *in, const struct orr_evm_chain_fork *rules,
                         struct orr_t8n_env *env, char *why) {
    struct orr_evm_header parent = {.n_fields = ORR_HEADER_CANCUN};
    bool there, has_excess, has_used, ignored;
    int error = read_u64(in, "currentExcessBlobGas", &env->header.excess_blob_gas, &there, why);
    if (!error)
        error = read_u64(in, "parentExcessBlobGas", &parent.excess_blob_gas, &has_excess, why);
    if (!error) error = read_u64(in, "parentBlobGasUsed", &parent.blob_gas_used, &has_used, why);
    if (!error) error = read_u256(in, "parentBaseFee", &parent.base_fee, &ignored, why);
    if (error || rules->fork < ORR_FORK_CANCUN) return error;
    env->has_excess_blob_gas = there || (has_excess && has_used);
    if (!there && env->has_excess_blob_gas)
        env->header.excess_blob_gas = orr_evm_next_excess_blob_gas(rules, &parent);
    const json_t *root = given(in, "parentBeaconBlockRoot");
    if (!root)
        return fault(why, ORR_T8N_CONFIG, "env: no parentBeaconBlockRoot, which Cancun needs");
    return orr_json_hash(root, &env->header.parent_beacon_root)
               ? fault(why, ORR_T8N_JSON, "env: parentBeaconBlockRoot is not 32 bytes")
               : 0;
}

static int read_withdrawals(const json_t *in, const struct orr_evm_chain_fork *rules,
                            struct orr_t8n_env *env, char *why) {
    const json_t *list = given(in, "withdrawals");
    env->has_withdrawals = list != NULL;
    if (!list && rules->fork >= ORR_FORK_SHANGHAI)
        return fault(why, ORR_T8N_CONFIG, "env: no withdrawals, which Shanghai needs");
    size_t n = json_array_size(list);
    env->withdrawals = orr_xrealloc(NULL, (n + 1) * sizeof env->withdrawals[0]);
    for (; env->n_withdrawals < n; env->n_withdrawals++) {
        const json_t *item = json_array_get(list, env->n_withdrawals);
        struct orr_evm_withdrawal *w = &env->withdrawals[env->n_withdrawals];
        if (orr_json_u64(json_object_get(item, "index"), &w->index) ||
            orr_json_u64(json_object_get(item, "validatorIndex"), &w->validator) ||
            orr_json_address(json_object_get(item, "address"), &w->address) ||
            orr_json_u64(json_object_get(item, "amount"), &w->amount_gwei))
            return fault(why, ORR_T8N_JSON,
                         "env: withdrawals[%zu] is not {index, validatorIndex, address, amount}",
                         env->n_withdrawals);
    }
    return 0;
}

static int read_ommers(const json_t *in, struct orr_t8n_env *env, char *why) {
    const json_t *list = given(in, "ommers");
    size_t n = json_array_size(list);
    env->ommers = orr_xrealloc(NULL, (n + 1) * sizeof env->ommers[0]);
    for (; env->n_ommers < n; env->n_ommers++) {
        const json_t *item = json_array_get(list, env->n_ommers);
        struct orr_t8n_ommer *o = &env->ommers[env->n_ommers];
        if (orr_json_u64(json_object_get(item, "delta"), &o->delta) || o->delta > 8 ||
            orr_json_address(json_object_get(item, "address"), &o->address))
            return fault(why, ORR_T8N_JSON, "env: ommers[%zu] is not {delta, address}",
                         env->n_ommers);
    }
    return 0;
}

/* The hash that env gives for a block; its keys are numbers in either form. */
static const json_t *find_hash(const json_t *hashes, uint64_t number) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)hashes, key, value) {
        uint64_t named;
        json_t *text = json_string(key);
        bool found = !orr_json_u64(text, &named) && named == number;
        json_decref(text);
        if (found) return value;
    }
    return NULL;
}

void orr_t8n_block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    struct orr_t8n_env *env = ctx;
    if (!orr_json_hash(find_hash(env->block_hashes, number), hash)) return;
    *hash = (struct orr_hash){{0}};
    env->misses_hash = true;
    env->missed_hash = number;
}

int orr_t8n_read_env(const json_t *in, const struct orr_evm_chain_fork *rules,
                     struct orr_t8n_env *env, char why[ORR_T8N_WHY_BYTES]) {
    *env = (struct orr_t8n_env){.block_hashes = given(in, "blockHashes")};
    struct orr_evm_header *h = &env->header;
    if (!json_is_object(in)) return fault(why, ORR_T8N_JSON, "env is no object");
    if (orr_json_address(json_object_get(in, "currentCoinbase"), &h->coinbase))
        return fault(why, ORR_T8N_JSON, "env: currentCoinbase is no address of 20 bytes");
    int error = need_u64(in, "currentGasLimit", &h->gas_limit, why);
    if (!error) error = need_u64(in, "currentNumber", &h->number, why);
    if (!error) error = need_u64(in, "currentTimestamp", &h->timestamp, why);
    bool ignored;
    if (!error) error = read_u64(in, "slotNumber", &h->slot_number, &ignored, why);
    if (!error) error = read_base_fee(in, rules, env, why);
    if (!error) error = read_difficulty(in, rules, env, why);
    if (!error) error = read_blob_gas(in, rules, env, why);
    if (!error) error = read_withdrawals(in, rules, env, why);
    if (!error) error = read_ommers(in, env, why);
    if (!error && h->number && /* EIP-2935 */
        orr_json_hash(find_hash(env->block_hashes, h->number - 1), &h->parent_hash))
        h->parent_hash = (struct orr_hash){{0}};
    return error;
}

void orr_t8n_env_free(struct orr_t8n_env *env) {
    free(env->withdrawals);
    free(env->ommers);
    env->withdrawals = NULL;
    env->ommers = NULL;
}
