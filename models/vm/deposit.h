/* deposit.h - a rollup's deposits: transactions of type 0x7e, which L1 has signed and paid for.
 *
 * ethereum-optimism/specs, protocol/deposits.md, "The Deposited Transaction Type". */
#ifndef ORR_EVM_DEPOSIT_H
#define ORR_EVM_DEPOSIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/rlp.h"
#include "models/base/words.h"

enum { ORR_DEPOSIT_TYPE = 0x7e };

struct orr_evm_deposit {
    struct orr_hash source_hash;
    struct orr_address from, to; /* to: without meaning if is_create */
    bool is_create, is_system;
    struct orr_u256 mint, value; /* wei; a mint of 0 is none */
    uint64_t gas;
    const uint8_t *data;         /* [data_len], lent */
    size_t data_len;
};

/* Reads 0x7e and the list; data is lent from bytes.  Returns 0 or ORR_EFORMAT. */
int orr_evm_deposit_read(const uint8_t *bytes, size_t len, struct orr_evm_deposit *deposit);
/* Appends 0x7e and the list. */
void orr_evm_deposit_write(const struct orr_evm_deposit *deposit, struct orr_rlp_writer *w);
#endif
