#include "sim/cli/rollup/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(char why[160], const char *key, const char *what) {
    snprintf(why, 160, "\"%s\": %s", key, what);
    return false;
}

/* ---- rollup.json ---- */

static bool read_small(const json_t *json, const char *key, uint32_t fallback, uint32_t *out,
                       char why[160]) {
    uint64_t v = fallback;
    const json_t *value = json_object_get(json, key);
    if (value && !json_is_null(value) && !orr_rollup_u64(json, key, &v, why)) return false;
    if (!v || v > UINT32_MAX) return fail(why, key, "not from 1 to 2^32 - 1");
    *out = (uint32_t)v;
    return true;
}

static bool read_forks(const json_t *json, struct orr_rollup_config *c, char why[160]) {
    const struct {
        const char *key;
        uint64_t *to;
    } forks[] = {{"regolith_time", &c->regolith_time}, {"canyon_time", &c->canyon_time},
                 {"delta_time", &c->delta_time},       {"ecotone_time", &c->ecotone_time},
                 {"fjord_time", &c->fjord_time},       {"granite_time", &c->granite_time},
                 {"holocene_time", &c->holocene_time}, {"isthmus_time", &c->isthmus_time}};
    uint64_t before = 0;
    for (size_t i = 0; i < sizeof forks / sizeof forks[0]; i++) {
        if (!orr_rollup_fork(json, forks[i].key, forks[i].to, why)) return false;
        /* networks that began with Regolith leave its time out */
        if (!i && *forks[i].to == ORR_ROLLUP_NEVER && json_object_get(json, "canyon_time"))
            *forks[i].to = 0;
        if (*forks[i].to < before) return fail(why, forks[i].key, "before the fork before it");
        before = *forks[i].to;
    }
    return true;
}

bool orr_rollup_read_config(const json_t *json, struct orr_rollup_config *c, char why[160]) {
    const json_t *genesis, *op = json_object_get(json, "chain_op_config");
    *c = (struct orr_rollup_config){0};
    if (!orr_rollup_u64(json, "block_time", &c->block_time, why) ||
        !orr_rollup_u64(json, "seq_window_size", &c->seq_window_size, why) ||
        !orr_rollup_u64(json, "max_sequencer_drift", &c->max_sequencer_drift, why) ||
        !orr_rollup_u64(json, "l2_chain_id", &c->l2_chain_id, why) ||
        !orr_rollup_object(json, "genesis", &genesis, why) ||
        !orr_rollup_u64(genesis, "l2_time", &c->l2_genesis_time, why) ||
        !read_small(op, "eip1559Elasticity", 6, &c->elasticity, why) ||
        !read_small(op, "eip1559Denominator", 50, &c->denominator, why) ||
        !read_small(op, "eip1559DenominatorCanyon", 250, &c->denominator_canyon, why))
        return false;
    if (!c->block_time) return fail(why, "block_time", "0 s");
    return read_forks(json, c, why);
}

static bool read_u256(const json_t *json, const char *key, struct orr_u256 *to, char why[160]) {
    const json_t *value = json_object_get(json, key);
    return !orr_json_u256(value, to) || fail(why, key, value ? "no number below 2^256" : "absent");
}

/* A member that older configurations leave out or have as null. */
static bool is_given(const json_t *json, const char *key) {
    const json_t *value = json_object_get(json, key);
    return value && !json_is_null(value);
}

static bool read_system(const json_t *json, struct orr_system_config *system, char why[160]) {
    uint8_t params[8] = {0}, operator_fee[32] = {0};
    if (!orr_rollup_fixed(json, "batcherAddr", &system->batcher, 20, why) ||
        !read_u256(json, "overhead", &system->overhead, why) ||
        !read_u256(json, "scalar", &system->scalar, why) ||
        !orr_rollup_u64(json, "gasLimit", &system->gas_limit, why) ||
        (is_given(json, "eip1559Params") &&
         !orr_rollup_fixed(json, "eip1559Params", params, sizeof params, why)) ||
        (is_given(json, "operatorFeeParams") &&
         !orr_rollup_fixed(json, "operatorFeeParams", operator_fee, sizeof operator_fee, why)))
        return false;
    system->denominator = orr_load_be32(params);
    system->elasticity = orr_load_be32(params + 4);
    system->operator_fee_scalar = orr_load_be32(operator_fee + 20);
    system->operator_fee_constant = orr_load_be64(operator_fee + 24);
    return true;
}

bool orr_rollup_read_site(const json_t *json, struct orr_rollup_config *c,
                          struct orr_rollup_site *site, char why[160]) {
    const json_t *genesis, *first_l1, *first_l2, *system;
    *site = (struct orr_rollup_site){.l1_number = 0};
    return orr_rollup_object(json, "genesis", &genesis, why) &&
           orr_rollup_object(genesis, "l1", &first_l1, why) &&
           orr_rollup_object(genesis, "l2", &first_l2, why) &&
           orr_rollup_object(genesis, "system_config", &system, why) &&
           orr_rollup_u64(first_l1, "number", &site->l1_number, why) &&
           orr_rollup_fixed(first_l1, "hash", &site->l1_hash, 32, why) &&
           orr_rollup_u64(first_l2, "number", &site->l2_number, why) &&
           orr_rollup_fixed(first_l2, "hash", &site->l2_hash, 32, why) &&
           read_system(system, &site->system, why) &&
           orr_rollup_u64(json, "l1_chain_id", &c->l1_chain_id, why) &&
           orr_rollup_u64(json, "channel_timeout", &c->channel_timeout, why) &&
           orr_rollup_fork(json, "pectra_blob_schedule_time", &site->l1_prague_time, why) &&
           orr_rollup_fixed(json, "batch_inbox_address", &c->inbox, 20, why) &&
           orr_rollup_fixed(json, "deposit_contract_address", &c->portal, 20, why) &&
           orr_rollup_fixed(json, "l1_system_config_address", &c->system_config, 20, why);
}

/* ---- a header ---- */

/* From London on a header grew at its end; what is absent says how far. */
static bool read_newer(const json_t *json, struct orr_evm_header *h, char why[160]) {
    h->n_fields = ORR_HEADER_FRONTIER;
    if (!json_object_get(json, "baseFeePerGas")) return true;
    h->n_fields = ORR_HEADER_LONDON;
    if (!read_u256(json, "baseFeePerGas", &h->base_fee, why)) return false;
    if (!json_object_get(json, "withdrawalsRoot")) return true;
    h->n_fields = ORR_HEADER_SHANGHAI;
    if (!orr_rollup_fixed(json, "withdrawalsRoot", &h->withdrawals_root, 32, why)) return false;
    if (!json_object_get(json, "excessBlobGas")) return true;
    h->n_fields = ORR_HEADER_CANCUN;
    if (!orr_rollup_u64(json, "blobGasUsed", &h->blob_gas_used, why) ||
        !orr_rollup_u64(json, "excessBlobGas", &h->excess_blob_gas, why) ||
        !orr_rollup_fixed(json, "parentBeaconBlockRoot", &h->parent_beacon_root, 32, why))
        return false;
    if (!json_object_get(json, "requestsHash")) return true;
    h->n_fields = ORR_HEADER_PRAGUE;
    return orr_rollup_fixed(json, "requestsHash", &h->requests_hash, 32, why);
}

bool orr_rollup_read_header(const json_t *json, struct orr_evm_header *h,
                            struct orr_buffer *extra, char why[160]) {
    *h = (struct orr_evm_header){.number = 0};
    if (!orr_rollup_fixed(json, "parentHash", &h->parent_hash, 32, why) ||
        !orr_rollup_fixed(json, "sha3Uncles", &h->ommers_hash, 32, why) ||
        !orr_rollup_fixed(json, "miner", &h->coinbase, 20, why) ||
        !orr_rollup_fixed(json, "stateRoot", &h->state_root, 32, why) ||
        !orr_rollup_fixed(json, "transactionsRoot", &h->transactions_root, 32, why) ||
        !orr_rollup_fixed(json, "receiptsRoot", &h->receipts_root, 32, why) ||
        !orr_rollup_fixed(json, "logsBloom", &h->bloom, sizeof h->bloom, why) ||
        !read_u256(json, "difficulty", &h->difficulty, why) ||
        !orr_rollup_u64(json, "number", &h->number, why) ||
        !orr_rollup_u64(json, "gasLimit", &h->gas_limit, why) ||
        !orr_rollup_u64(json, "gasUsed", &h->gas_used, why) ||
        !orr_rollup_u64(json, "timestamp", &h->timestamp, why) ||
        !orr_rollup_fixed(json, "mixHash", &h->mix_hash, 32, why) ||
        !orr_rollup_fixed(json, "nonce", h->nonce, sizeof h->nonce, why) ||
        !read_newer(json, h, why))
        return false;
    if (orr_json_bytes(json_object_get(json, "extraData"), extra))
        return fail(why, "extraData", "absent, or no bytes in hexadecimal");
    if (extra->len > ORR_MAX_EXTRA_DATA) {
        free(extra->bytes);
        return fail(why, "extraData", "more than 32 bytes");
    }
    h->extra_data = extra->bytes;
    h->extra_data_len = extra->len;
    return true;
}

/* ---- payload attributes ---- */

static bool read_txs(struct orr_mem *mem, const json_t *json, struct orr_l2_attributes *a,
                     char why[160]) {
    const json_t *list;
    if (!orr_rollup_list(json, "transactions", &list, why)) return false;
    a->n_txs = json_array_size(list);
    struct orr_rollup_tx *txs = orr_alloc_zero(mem, a->n_txs * sizeof *txs);
    for (size_t i = 0; i < a->n_txs; i++) {
        struct orr_buffer raw;
        if (orr_json_bytes(json_array_get(list, i), &raw)) {
            snprintf(why, 160, "\"transactions\"[%zu]: no bytes in hexadecimal", i);
            return false;
        }
        uint8_t *bytes = orr_alloc(mem, raw.len);
        if (raw.len) memcpy(bytes, raw.bytes, raw.len);
        txs[i] = (struct orr_rollup_tx){bytes, raw.len};
        free(raw.bytes);
    }
    a->txs = txs;
    return true;
}

bool orr_rollup_read_attributes(struct orr_mem *mem, const json_t *json,
                                struct orr_l2_attributes *a, char why[160]) {
    uint8_t params[8] = {0};
    *a = (struct orr_l2_attributes){.n_txs = 0};
    const json_t *root = json_object_get(json, "parentBeaconBlockRoot");
    const json_t *eip1559 = json_object_get(json, "eip1559Params");
    bool has_root = root && !json_is_null(root), has_params = eip1559 && !json_is_null(eip1559);
    if (!orr_rollup_u64(json, "timestamp", &a->timestamp, why) ||
        !orr_rollup_u64(json, "gasLimit", &a->gas_limit, why) ||
        !orr_rollup_fixed(json, "prevRandao", &a->prev_randao, 32, why) ||
        !orr_rollup_fixed(json, "suggestedFeeRecipient", &a->fee_recipient, 20, why) ||
        (has_root &&
         !orr_rollup_fixed(json, "parentBeaconBlockRoot", &a->parent_beacon_root, 32, why)) ||
        (has_params && !orr_rollup_fixed(json, "eip1559Params", params, sizeof params, why)))
        return false;
    a->denominator = orr_load_be32(params);
    a->elasticity = orr_load_be32(params + 4);
    return read_txs(mem, json, a, why);
}
