/* attributes.h - what each L2 block is told of its L1 origin: the call data of the L1 attributes
 * deposit.
 *
 * ethereum-optimism/specs: protocol/deposits.md, "L1 Attributes Deposited Transaction Calldata"
 * (Bedrock), protocol/ecotone/l1-attributes.md, protocol/isthmus/l1-attributes.md,
 * protocol/jovian/l1-attributes.md. */
#ifndef ORR_ROLLUP_ATTRIBUTES_H
#define ORR_ROLLUP_ATTRIBUTES_H

#include <stddef.h>
#include <stdint.h>

#include "models/base/words.h"

enum orr_attributes_form { ORR_ATTRIBUTES_BEDROCK, ORR_ATTRIBUTES_ECOTONE, ORR_ATTRIBUTES_ISTHMUS,
                           ORR_ATTRIBUTES_JOVIAN };
enum { ORR_ATTRIBUTES_BYTES_MAX = 260 };

struct orr_attributes {
    enum orr_attributes_form form;
    uint64_t number, timestamp, sequence_number; /* of the L1 origin; the block's in its epoch */
    struct orr_u256 base_fee;                    /* wei per gas, as the next one too           */
    struct orr_u256 blob_base_fee;               /* from Ecotone */
    struct orr_hash hash;
    struct orr_hash batcher;                     /* an address, behind 12 zero bytes */
    struct orr_u256 overhead, scalar;            /* Bedrock      */
    uint32_t base_fee_scalar, blob_base_fee_scalar; /* from Ecotone */
    uint32_t operator_fee_scalar;                /* from Isthmus */
    uint64_t operator_fee_constant;
    uint16_t da_footprint_gas_scalar;            /* from Jovian  */
};

/* The call data into bytes; returns its length. */
size_t orr_attributes_write(const struct orr_attributes *a,
                            uint8_t bytes[ORR_ATTRIBUTES_BYTES_MAX]);
/* Returns 0, or ORR_EFORMAT: another function, another length, or a number too large. */
int orr_attributes_read(const uint8_t *bytes, size_t len, struct orr_attributes *a);
#endif
