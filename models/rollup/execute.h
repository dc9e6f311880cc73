/* execute.h - the state transition of an L2 block: from payload attributes to a sealed header.
 *
 * ethereum-optimism/specs: protocol/exec-engine.md ("1559 Parameters", "Deposited transaction
 * boundaries"), protocol/holocene/exec-engine.md ("Dynamic EIP-1559 Parameters"),
 * protocol/isthmus/exec-engine.md ("Header Validity Rules", "L2ToL1MessagePasser Storage Root in
 * Header"). */
#ifndef ORR_ROLLUP_EXECUTE_H
#define ORR_ROLLUP_EXECUTE_H

#include "models/rollup/validity.h"
#include "models/vm/block_run.h"

enum { ORR_L2_EXTRA_BYTES = 9, ORR_L2_FORKS = ORR_EVM_N_ROLLUPS - 1 };

/* A rollup's timetable as the machine has it; forks lie in it, so that it must not move. */
struct orr_l2_chain {
    struct orr_evm_chain_config config;
    struct orr_evm_chain_fork forks[ORR_L2_FORKS];
};
void orr_l2_chain_init(struct orr_l2_chain *chain, const struct orr_rollup_config *config);

/* What derivation says of a block ("Deriving Payload Attributes"). */
struct orr_l2_attributes {
    uint64_t timestamp, gas_limit;
    struct orr_hash prev_randao, parent_beacon_root; /* the latter from Ecotone */
    struct orr_address fee_recipient;
    uint32_t denominator, elasticity;  /* from Holocene; both 0: Canyon's */
    const struct orr_rollup_tx *txs;   /* [n_txs] lent; deposits first */
    size_t n_txs;
};

struct orr_l2_block {
    struct orr_evm_header header; /* extra_data points to extra */
    uint8_t extra[ORR_L2_EXTRA_BYTES];
    struct orr_hash hash;
    struct orr_hash message_passer; /* the storage root of its contract, */
    bool has_message_passer;        /* if its state is there             */
    struct orr_evm_receipt *receipts; /* [n_receipts] */
    size_t n_receipts;
};

/* Where a block is put.  Everything is lent. */
struct orr_l2_parent {
    const struct orr_rollup_config *config;
    const struct orr_l2_chain *chain;
    const struct orr_evm_header *header;
    struct orr_hash hash;
    struct orr_evm_block_hashes hashes; /* of the 256 ancestors */
};

/* Runs a block on its parent's state, which becomes the block's.  Returns NULL and fills *block
 * (orr_l2_block_free), or what is wrong, static storage, with *bad_tx the transaction's number; the
 * state is then only good to be thrown away. */
const char *orr_l2_execute(struct orr_evm_executor *executor, struct orr_evm_state *state,
                           const struct orr_l2_parent *parent,
                           const struct orr_l2_attributes *attributes, struct orr_l2_block *block,
                           size_t *bad_tx);
/* What applies under a rollup's fork, from the first block on. */
struct orr_evm_chain_fork orr_l2_fork(enum orr_evm_rollup rollup);
/* Its parts, for who runs a block in other pieces: the rules at a time, the header as far as it is
 * known before (NULL, or what is wrong), and what the state and run say of it after. */
const struct orr_evm_chain_fork *orr_l2_rules_at(const struct orr_l2_parent *p, uint64_t time);
const char *orr_l2_begin_header(const struct orr_l2_parent *p, const struct orr_l2_attributes *a,
                                enum orr_evm_rollup rollup, struct orr_l2_block *b);
const char *orr_l2_end_header(struct orr_evm_state *state, const struct orr_evm_block_run *run,
                              struct orr_l2_block *b);
/* mem: that of the state's store. */
void orr_l2_block_free(struct orr_mem *mem, struct orr_l2_block *block);

/* The base fee of a block at that time after this parent. */
struct orr_u256 orr_l2_next_base_fee(const struct orr_rollup_config *config,
                                     const struct orr_evm_header *parent, uint64_t time);
#endif
