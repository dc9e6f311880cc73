/* system_config.h - what the rollup's contract on L1 says of it, and the logs that change it.
 *
 * ethereum-optimism/specs, protocol/system-config.md, "System config updates":
 * ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data); scalars by
 * protocol/ecotone/l1-attributes.md, "L1 Attributes" ("L1 fee scalars"). */
#ifndef ORR_ROLLUP_SYSTEM_CONFIG_H
#define ORR_ROLLUP_SYSTEM_CONFIG_H

#include "models/rollup/deposit.h"

enum orr_config_update {
    ORR_UPDATE_BATCHER,
    ORR_UPDATE_FEE_SCALARS,
    ORR_UPDATE_GAS_LIMIT,
    ORR_UPDATE_UNSAFE_SIGNER, /* nothing that derivation looks at */
    ORR_UPDATE_EIP_1559,
    ORR_UPDATE_OPERATOR_FEE,
    ORR_N_UPDATES
};

struct orr_system_config {
    struct orr_address batcher;
    struct orr_u256 overhead, scalar; /* scalar: from Ecotone on packed, its first byte a version */
    uint64_t gas_limit;
    uint32_t denominator, elasticity; /* EIP-1559, from Holocene; both 0: the rollup's own */
    uint32_t operator_fee_scalar;     /* from Isthmus */
    uint64_t operator_fee_constant;
};

/* Applies a log of the contract.  Returns NULL, or which part of it is wrong: "topics", "event",
 * "version", "type", "offset", "length" or "number"; static storage; *config is as it was.
 * is_ecotone: by the L1 block's time; scalars that are none then change nothing. */
const char *orr_system_config_apply(struct orr_system_config *config,
                                    const struct orr_rollup_log *log, bool is_ecotone);
/* What Ecotone's packed scalar says; false: it is none. */
bool orr_ecotone_scalars(const struct orr_u256 *packed, uint32_t *base_fee_scalar,
                         uint32_t *blob_base_fee_scalar);
#endif
