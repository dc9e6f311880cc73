/* bls.h - the BLS12-381 that models/vault asks for, from models/vm. */
#ifndef ORR_SIM_CLI_VAULT_BLS_H
#define ORR_SIM_CLI_VAULT_BLS_H

#include "models/vault/eip2333.h"

/* Computes in time that depends on the secret: the virtual machine's curve is for public numbers.
 */
struct orr_bls_curve orr_vault_bls(struct orr_mem *mem);
#endif
