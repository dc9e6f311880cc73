/* convert.h - a key in the format that --as names, to --out or standard output. */
#ifndef ORR_SIM_CLI_VAULT_CONVERT_H
#define ORR_SIM_CLI_VAULT_CONVERT_H

#include "sim/cli/vault/material.h"

/* A keystore's password is asked for as a new one.  old: the text that the key came from, or NULL;
 * the further fields of a keystore of the same version are kept.  Returns an exit code, told. */
int orr_convert_write(const struct orr_call *call, const struct orr_material *m,
                      const struct orr_secret *old);
#endif
