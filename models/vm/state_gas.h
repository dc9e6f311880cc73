/* state_gas.h - gas from Amsterdam on: what state that grows costs, and its account beside the gas
 * of a frame.  EIP-8037 (two dimensions of gas), EIP-8038 (prices of access and writes), EIP-2780
 * (prices of a transaction).
 *
 * A transaction's gas above 2^24 is a reservoir for state gas alone.  Charges take from it first
 * and then from the frame's gas; what is undone goes back in the reverse order.  The reservoir is
 * handed whole to a frame that is called and comes back with it. */
#ifndef ORR_EVM_STATE_GAS_H
#define ORR_EVM_STATE_GAS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    ORR_GAS_STATE_BYTE = 1530,                        /* CPSB                                 */
    ORR_GAS_NEW_SLOT = 64 * ORR_GAS_STATE_BYTE,       /* STATE_BYTES_PER_STORAGE_SET          */
    ORR_GAS_NEW_ACCOUNT = 120 * ORR_GAS_STATE_BYTE,   /* STATE_BYTES_PER_NEW_ACCOUNT          */
    ORR_GAS_DELEGATION = 23 * ORR_GAS_STATE_BYTE,     /* STATE_BYTES_PER_AUTH_BASE            */
    ORR_GAS_SYSTEM_RESERVOIR = 16 * ORR_GAS_NEW_SLOT, /* SYSTEM_MAX_SSTORES_PER_CALL new slots */

    ORR_GAS_ACCESS = 100, /* WARM_ACCESS, of accounts and slots */
    ORR_GAS_COLD_ACCOUNT = 3000,
    ORR_GAS_COLD_SLOT = 2100,
    ORR_GAS_ACCOUNT_WRITE = 9000,
    ORR_GAS_SLOT_WRITE = 10000,
    ORR_GAS_SLOT_CLEARED = 11616,  /* refund: STORAGE_CLEAR_REFUND        */
    ORR_GAS_CREATE = 12000,        /* CREATE_ACCESS                       */
    ORR_GAS_CALL_VALUE = 11300,    /* ACCOUNT_WRITE and the stipend       */
    ORR_GAS_LISTED_ADDRESS = 2900, /* ACCESS_LIST_ADDRESS_COST            */
    ORR_GAS_LISTED_KEY = 2000,     /* ACCESS_LIST_STORAGE_KEY_COST        */

    ORR_GAS_TX = 12000,           /* TX_BASE_COST                         */
    ORR_GAS_TX_VALUE = 6000,      /* TX_VALUE_COST                        */
    ORR_GAS_AUTHORIZATION = 7816, /* EXECUTION_PER_AUTH_BASE_COST         */
    ORR_GAS_DATA_FLOOR = 64,      /* a byte: EIP-7976, and EIP-7981's surcharge on access lists */
    ORR_GAS_ACCESS_ITEM = 2000,   /* ITEM_COST: what an entry of the block's list is bounded by
                                     (EIP-7928)                           */
};

/* All units of gas. */
struct orr_evm_state_gas {
    int64_t reservoir; /* left                                                     */
    int64_t used;      /* charged less given back, by this frame and what it called */
    int64_t borrowed;  /* of that, what the frame's gas paid                        */
};

/* False, and nothing happens: the reservoir and *gas together do not reach. */
static inline bool orr_evm_state_gas_charge(struct orr_evm_state_gas *s, int64_t *gas,
                                            int64_t cost) {
    int64_t borrowed = cost > s->reservoir ? cost - s->reservoir : 0;
    if (borrowed > *gas) return false;
    s->reservoir -= cost - borrowed;
    *gas -= borrowed;
    s->used += cost;
    s->borrowed += borrowed;
    return true;
}

/* State that was charged is gone again: what the gas paid goes there first. */
static inline void orr_evm_state_gas_refill(struct orr_evm_state_gas *s, int64_t *gas,
                                            int64_t cost) {
    int64_t back = cost < s->borrowed ? cost : s->borrowed;
    *gas += back;
    s->borrowed -= back;
    s->reservoir += cost - back;
    s->used -= cost;
}

/* A frame's state is undone: the reservoir is as it was when the frame began. */
static inline void orr_evm_state_gas_undo(struct orr_evm_state_gas *s, int64_t *gas) {
    *gas += s->borrowed;
    s->reservoir += s->used - s->borrowed;
    s->used = s->borrowed = 0;
    assert(s->reservoir >= 0);
}

/* A frame that was called has ended; its part joins that of who called it. */
static inline void orr_evm_state_gas_join(struct orr_evm_state_gas *s,
                                          const struct orr_evm_state_gas *called) {
    s->reservoir = called->reservoir;
    s->used += called->used;
    s->borrowed += called->borrowed;
}
#endif
