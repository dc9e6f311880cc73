/* forkenv.h - which fork holds from when, as ethereum/hive tells its clients: an object of
 * environment variables ("HIVE_FORK_LONDON": "27", "HIVE_CANCUN_TIMESTAMP": "420"), of which those
 * about rules become keys of a go-ethereum "config". */
#ifndef ORR_SIM_CLI_CHAIN_FORKENV_H
#define ORR_SIM_CLI_CHAIN_FORKENV_H

#include "sim/genesis/genesis.h"

/* Puts what an object of variables says over the keys of `config`.  Variables that say nothing of a
 * block's rules (HIVE_NODETYPE, say) are left alone; one that names a fork which is not known here
 * is refused.  Returns 0 or ORR_EFORMAT with why. */
int orr_forkenv_apply(const json_t *forkenv, json_t *config, char why[ORR_GENESIS_WHY_BYTES]);
#endif
