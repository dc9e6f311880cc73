#include "models/chain/verdict.h"

#include <assert.h>

/* What a verdict is made from. */
struct view {
    const struct orr_chain *chain;
    const struct orr_evm_header *before, *h; /* the parent's, the block's */
    const struct orr_evm_block *block;
    const struct orr_chain_run *run;
    const struct orr_evm_chain_fork *rules;
    struct orr_engine_verdict *told;
};

static void numbers(struct view *w, struct orr_u256 expected, struct orr_u256 found) {
    w->told->value = ORR_ENGINE_NUMBER;
    w->told->expected = orr_u256_to_hash(expected);
    w->told->found = orr_u256_to_hash(found);
}

static void counts(struct view *w, uint64_t expected, uint64_t found) {
    numbers(w, orr_u256_from_u64(expected), orr_u256_from_u64(found));
}

static void hashes(struct view *w, struct orr_hash expected, struct orr_hash found) {
    w->told->value = ORR_ENGINE_HASH;
    w->told->expected = expected;
    w->told->found = found;
}

/* The allowed limit that is nearest to what the block says. */
static void gas_limit(struct view *w) {
    uint64_t before = w->before->gas_limit, found = w->h->gas_limit;
    if (w->rules->fork >= ORR_FORK_LONDON && w->before->n_fields < ORR_HEADER_LONDON) before *= 2;
    uint64_t step = before / 1024 ? before / 1024 - 1 : 0;
    uint64_t nearest = found > before ? before + step : before - step;
    counts(w, nearest < 5000 ? 5000 : nearest, found);
}

static void difficulty(struct view *w) {
    const struct orr_hash no_ommers = orr_keccak256("\xc0", 1);
    numbers(w,
            orr_evm_next_difficulty(w->rules, &w->before->difficulty, w->before->timestamp,
                                    !orr_hash_equal(w->before->ommers_hash, no_ommers),
                                    w->h->number, w->h->timestamp),
            w->h->difficulty);
}

/* Faults that the headers show. */
static void tell_header(struct view *w, enum orr_evm_block_error error) {
    const struct orr_evm_header *h = w->h, *before = w->before;
    switch (error) {
    case ORR_BLOCK_INCORRECT_BLOCK_FORMAT:
        counts(w, (uint64_t)orr_evm_header_fields_of(w->rules->fork), (uint64_t)h->n_fields);
        break;
    case ORR_BLOCK_INVALID_BLOCK_NUMBER: counts(w, before->number + 1, h->number); break;
    case ORR_BLOCK_INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT:
        counts(w, before->timestamp + 1, h->timestamp);
        break;
    case ORR_BLOCK_INVALID_GASLIMIT: gas_limit(w); break;
    case ORR_BLOCK_GASLIMIT_TOO_BIG: counts(w, INT64_MAX, h->gas_limit); break;
    case ORR_BLOCK_GAS_USED_OVERFLOW: counts(w, h->gas_limit, h->gas_used); break;
    case ORR_BLOCK_EXTRA_DATA_TOO_BIG: counts(w, ORR_MAX_EXTRA_DATA, h->extra_data_len); break;
    case ORR_BLOCK_INVALID_BASEFEE_PER_GAS:
        numbers(w, orr_evm_next_base_fee(before), h->base_fee);
        break;
    case ORR_BLOCK_INVALID_DIFFICULTY: difficulty(w); break;
    case ORR_BLOCK_IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS:
        numbers(w, orr_u256_from_u64(0), h->difficulty);
        break;
    case ORR_BLOCK_IMPORT_IMPOSSIBLE_NONCE_OVER_PARIS: counts(w, 0, orr_load_be64(h->nonce)); break;
    case ORR_BLOCK_IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS:
        hashes(w, orr_keccak256("\xc0", 1), h->ommers_hash);
        break;
    case ORR_BLOCK_INCORRECT_EXCESS_BLOB_GAS:
        counts(w, orr_evm_next_excess_blob_gas(w->rules, before), h->excess_blob_gas);
        break;
    default: break;
    }
}

/* Faults that the body or its execution shows. */
static void tell_body(struct view *w, enum orr_evm_block_error error) {
    const struct orr_evm_header *h = w->h;
    const struct orr_evm_block_result *result = w->run ? &w->run->result : NULL;
    struct orr_mem *mem = w->chain->blocks->mem;
    switch (error) {
    case ORR_BLOCK_RLP_BLOCK_LIMIT_EXCEEDED:
        counts(w, ORR_MAX_BLOCK_BYTES, w->block->size_bytes);
        break;
    case ORR_BLOCK_TOO_MANY_UNCLES: counts(w, ORR_MAX_OMMERS, w->block->n_ommers); break;
    case ORR_BLOCK_INVALID_UNCLES_HASH: hashes(w, w->block->ommers_hash, h->ommers_hash); break;
    case ORR_BLOCK_INVALID_TRANSACTIONS_ROOT:
        hashes(w, orr_evm_transactions_root(mem, w->block), h->transactions_root);
        break;
    case ORR_BLOCK_INVALID_WITHDRAWALS_ROOT:
        hashes(w, orr_evm_withdrawals_root(mem, w->block), h->withdrawals_root);
        break;
    case ORR_BLOCK_INVALID_GAS_USED:
        if (result) counts(w, result->gas_used, h->gas_used);
        break;
    case ORR_BLOCK_INCORRECT_BLOB_GAS_USED:
        if (result && h->blob_gas_used % ORR_BLOB_GAS == 0 &&
            h->blob_gas_used / ORR_BLOB_GAS <= w->rules->blobs.max)
            counts(w, result->blob_gas_used, h->blob_gas_used);
        else
            counts(w, (uint64_t)w->rules->blobs.max * ORR_BLOB_GAS, h->blob_gas_used);
        break;
    case ORR_BLOCK_INVALID_RECEIPTS_ROOT:
        if (result) hashes(w, result->receipts_root, h->receipts_root);
        break;
    case ORR_BLOCK_INVALID_LOG_BLOOM: /* by their hashes: they are long */
        if (result)
            hashes(w, orr_keccak256(&result->bloom, sizeof result->bloom),
                   orr_keccak256(&h->bloom, sizeof h->bloom));
        break;
    case ORR_BLOCK_INVALID_REQUESTS:
        if (result) hashes(w, result->requests_hash, h->requests_hash);
        break;
    case ORR_BLOCK_INVALID_BAL_HASH:
        if (result) hashes(w, result->access_list_hash, h->access_list_hash);
        break;
    case ORR_BLOCK_INVALID_STATE_ROOT:
        if (result) hashes(w, result->state_root, h->state_root);
        break;
    default: break;
    }
}

/* The transaction at which execution stopped; the state is as it was before it. */
static void tell_tx(struct view *w, enum orr_evm_tx_error error) {
    if (w->run->result.n_receipts >= w->block->n_txs) return;
    uint32_t i = (uint32_t)w->run->result.n_receipts;
    const struct orr_evm_tx *tx = &w->block->txs[i];
    struct orr_address sender;
    w->told->is_tx = true;
    w->told->tx = i;
    bool is_signed = !orr_evm_tx_sender(w->chain->blocks->mem, tx, w->rules->fork,
                                        &w->chain->config->chain_id, &sender);
    switch (error) {
    case ORR_TX_NONCE_MISMATCH_TOO_LOW:
    case ORR_TX_NONCE_MISMATCH_TOO_HIGH:
        if (is_signed) counts(w, orr_evm_state_nonce(w->run->state, &sender), tx->nonce);
        break;
    case ORR_TX_INVALID_CHAINID: numbers(w, w->chain->config->chain_id, tx->chain_id); break;
    case ORR_TX_GAS_ALLOWANCE_EXCEEDED:
        counts(w, w->h->gas_limit - w->run->result.gas_used, tx->gas_limit);
        break;
    case ORR_TX_INTRINSIC_GAS_TOO_LOW:
        counts(w, orr_evm_tx_intrinsic_gas(tx, is_signed ? &sender : NULL, w->rules->fork),
               tx->gas_limit);
        break;
    case ORR_TX_INTRINSIC_GAS_BELOW_FLOOR_GAS_COST:
        counts(w, orr_evm_tx_floor_gas(tx, is_signed ? &sender : NULL, w->rules->fork),
               tx->gas_limit);
        break;
    case ORR_TX_GAS_LIMIT_EXCEEDS_MAXIMUM: counts(w, ORR_TX_MAX_GAS, tx->gas_limit); break;
    case ORR_TX_INSUFFICIENT_MAX_FEE_PER_GAS: numbers(w, w->h->base_fee, tx->max_fee); break;
    case ORR_TX_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS:
        numbers(w, tx->max_fee, tx->max_priority_fee);
        break;
    default: break;
    }
}

void orr_chain_tell(const struct orr_chain *chain, const struct orr_chain_link *parent,
                    const struct orr_evm_block *block, const struct orr_chain_run *run,
                    struct orr_chain_verdict *v) {
    struct view w = {.chain = chain, .block = block, .run = run, .told = &v->told};
    v->told = (struct orr_engine_verdict){.status = v->error == ORR_BLOCK_UNKNOWN_PARENT
                                                        ? ORR_ENGINE_UNKNOWN_PARENT
                                                    : v->error ? ORR_ENGINE_INVALID
                                                               : ORR_ENGINE_VALID,
                                          .rule = v->tx_error ? orr_evm_tx_error_name(v->tx_error)
                                                              : orr_evm_block_error_name(v->error),
                                          .text = v->tx_error ? orr_evm_tx_error_text(v->tx_error)
                                                              : orr_evm_block_error_text(v->error)};
    if (!v->error || !block) return;
    w.h = &block->header;
    if (!parent) {
        hashes(&w, *orr_chain_hash(chain->head), w.h->parent_hash);
        return;
    }
    w.before = &parent->block->block.header;
    w.rules = orr_chain_rules(chain, parent->block, w.h);
    if (v->error == ORR_BLOCK_INVALID_TRANSACTION) {
        assert(run && v->tx_error);
        tell_tx(&w, v->tx_error);
        return;
    }
    tell_header(&w, v->error);
    tell_body(&w, v->error);
}
