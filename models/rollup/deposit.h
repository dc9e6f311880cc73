/* deposit.h - deposits: logs of the L1 portal as L2 transactions (models/vm/deposit.h), and what
 * names them.
 *
 * ethereum-optimism/specs, protocol/deposits.md: "Source hash computation", "Deriving payload
 * attributes" and the event TransactionDeposited(address, address, uint256, bytes). */
#ifndef ORR_ROLLUP_DEPOSIT_H
#define ORR_ROLLUP_DEPOSIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/vm/deposit.h"

/* What a source hash is about. */
enum orr_source_domain {
    ORR_SOURCE_DEPOSIT,       /* number: the log's index in its L1 block */
    ORR_SOURCE_L1_ATTRIBUTES, /* number: the block's in its epoch        */
    ORR_SOURCE_UPGRADE,       /* orr_source_hash_of_upgrade              */
    ORR_SOURCE_FORCE_INCLUDE  /* number: as of the attributes            */
};
struct orr_hash orr_source_hash(enum orr_source_domain domain, const struct orr_hash *l1_block,
                                uint64_t number);
/* intent: text that says what the upgrade does. */
struct orr_hash orr_source_hash_of_upgrade(const char *intent);

/* A log as receipts have it. */
struct orr_rollup_log {
    const struct orr_hash *topics; /* [n_topics] */
    size_t n_topics;
    const uint8_t *data;           /* [data_len] */
    size_t data_len;
};
/* The deposit that a log of the portal makes, source hash included; its data is lent from the
 * log's.  Returns NULL, or which part of the log is wrong: "topics", "event", "length", "offset",
 * "padding" or "version"; static storage. */
const char *orr_deposit_from_log(const struct orr_rollup_log *log, const struct orr_hash *l1_block,
                                 uint64_t log_index, struct orr_evm_deposit *deposit);

/* keccak(version, state root, storage root of the message passer, block hash), proposals.md. */
struct orr_hash orr_output_root(const struct orr_hash *state_root,
                                const struct orr_hash *message_passer,
                                const struct orr_hash *block);
#endif
