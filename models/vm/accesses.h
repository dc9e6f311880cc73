/* accesses.h - a block's access list (EIP-7928): which accounts and slots a block reached, and what
 * its transactions left in them.
 *
 *     struct orr_evm_accesses *list = orr_evm_accesses_create(mem);
 *     orr_evm_state_record(state, list);             // the state tells what changes
 *     ...system calls...       orr_evm_accesses_close(list, state);   // index 0
 *     ...the i-th transaction  orr_evm_accesses_close(list, state);   // index i, from 1
 *     ...withdrawals, requests orr_evm_accesses_close(list, state);   // index n + 1
 *     struct orr_hash hash = orr_evm_accesses_hash(list);
 *
 * What was reached stays in the list even if the call that reached it is undone; what was changed
 * is found by comparing, when an index is closed, with what stood there when it began. */
#ifndef ORR_EVM_ACCESSES_H
#define ORR_EVM_ACCESSES_H

#include "models/base/rlp.h"
#include "models/vm/state.h"

/* mem is kept and must live as long as the list. */
struct orr_evm_accesses *orr_evm_accesses_create(struct orr_mem *mem);
void orr_evm_accesses_destroy(struct orr_evm_accesses *list);

/* The account was reached; its slot, too, if key is not NULL. */
void orr_evm_accesses_note(struct orr_evm_accesses *list, const struct orr_address *address,
                           const struct orr_u256 *key);
/* By the state, before the first change of an account or slot in a transaction: what stands there
 * now.  Only the first word since the last close counts. */
void orr_evm_accesses_before(struct orr_evm_accesses *list, const struct orr_address *address,
                             uint64_t nonce, const struct orr_u256 *balance,
                             const struct orr_hash *code_hash);
void orr_evm_accesses_before_slot(struct orr_evm_accesses *list, const struct orr_address *address,
                                  const struct orr_u256 *key, const struct orr_u256 *value);
/* Ends the current block access index; not inside a transaction. */
void orr_evm_accesses_close(struct orr_evm_accesses *list, struct orr_evm_state *state);

/* How many accounts and slots it has, which gas bounds (ORR_GAS_ACCESS_ITEM). */
uint64_t orr_evm_accesses_n_items(const struct orr_evm_accesses *list);
/* Appends the list as the EIP encodes it: accounts, slots and changes in ascending order. */
void orr_evm_accesses_encode(const struct orr_evm_accesses *list, struct orr_rlp_writer *w);
struct orr_hash orr_evm_accesses_hash(const struct orr_evm_accesses *list);
#endif
