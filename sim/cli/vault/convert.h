/* convert.h - a key in the format that --as names, to --out or standard output. */
#ifndef ORR_SIM_CLI_VAULT_CONVERT_H
#define ORR_SIM_CLI_VAULT_CONVERT_H

#include "sim/cli/vault/material.h"

/* A keystore's password is asked for as a new one.  Returns an exit code, told. */
int orr_convert_write(const struct orr_call *call, const struct orr_material *m);
#endif
