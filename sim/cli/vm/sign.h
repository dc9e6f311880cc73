/* sign.h - private keys on a command line: whose they are, and transactions signed with them. */
#ifndef ORR_SIM_CLI_VM_SIGN_H
#define ORR_SIM_CLI_VM_SIGN_H

#include "models/vm/transaction.h"

/* The account of a private key.  Returns 0 or ORR_EFORMAT: no number between 0 and the order. */
int orr_vm_key_account(const uint8_t key[32], struct orr_address *account);
/* Sets v, r, s; a legacy transaction is signed for its chain (EIP-155) when has_chain_id.  Returns
 * 0 or ORR_EFORMAT as above. */
int orr_vm_sign_tx(struct orr_mem *mem, struct orr_evm_tx *tx, const uint8_t key[32]);
#endif
