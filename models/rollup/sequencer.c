#include "models/rollup/sequencer.h"

#include <assert.h>

#include "models/rollup/upgrade.h"

bool orr_sequence(struct orr_mem *mem, const struct orr_rollup_config *config,
                  const struct orr_l2_chain *chain, struct orr_evm_executor *executor,
                  const struct orr_verified *parent, const struct orr_l1_block *origin,
                  struct orr_evm_block_hashes hashes, struct orr_rollup_tx *txs, size_t *n_txs,
                  struct orr_verified *made) {
    if (orr_upgrade_is_first(config, parent->head.block.time + config->block_time)) *n_txs = 0;
    struct orr_l2_parent on = {config, chain, &parent->header, parent->head.block.hash, hashes};
    for (;;) { /* ends: each turn takes out a transaction */
        struct orr_system_config system = parent->system;
        struct orr_payload payload;
        struct orr_l2_block block;
        size_t bad_tx;
        if (orr_payload_make(mem, config, &parent->head, origin, txs, *n_txs, &system, &payload))
            return false;
        struct orr_evm_state *state = orr_evm_state_fork(parent->state);
        if (!orr_l2_execute(executor, state, &on, &payload.attributes, &block, &bad_tx)) {
            struct orr_derive_head head = {.block = {block.header.number, block.header.timestamp,
                                                     block.hash, origin->id.number},
                                           .origin_hash = origin->id.hash,
                                           .sequence_number = payload.sequence_number};
            orr_verified_fill(mem, made, &block, &payload, parent->state, parent->created, state);
            made->head = head;
            made->system = system;
            orr_l2_block_free(orr_evm_store_mem(orr_evm_state_store(state)), &block);
            orr_payload_free(mem, &payload);
            return true;
        }
        orr_evm_state_destroy(state);
        bool is_ours = bad_tx >= payload.n_deposits && bad_tx < payload.n_txs;
        size_t bad = bad_tx - payload.n_deposits;
        orr_payload_free(mem, &payload);
        if (!is_ours) return false;
        memmove(txs + bad, txs + bad + 1, (*n_txs - bad - 1) * sizeof *txs);
        --*n_txs;
    }
}
