/* genesis.h - a go-ethereum genesis.json: the chain's configuration, its first block and state.
 *
 * "config" holds a block number or a time for each fork, terminalTotalDifficulty, a blobSchedule of
 * {target, max, baseFeeUpdateFraction} by fork, and depositContractAddress.  What it leaves out is
 * the main network's: the deposit contract, a schedule of Cancun, Prague, Osaka, Amsterdam, bpo1,
 * bpo2; without a "config" all is.  Beyond go-ethereum's keys, a "systemContracts" object
 * {beaconRoots, history, withdrawalRequests, consolidationRequests, builderDeposits, builderExits}
 * moves the others.  A key ending in Block or Time that is not known here is refused, for its rules
 * would be missed; other keys are left alone. */
#ifndef ORR_SIM_GENESIS_GENESIS_H
#define ORR_SIM_GENESIS_GENESIS_H

#include "models/vm/header.h"
#include "models/vm/state.h"
#include "sim/base/json.h"

enum { ORR_GENESIS_MAX_FORKS = 32, ORR_GENESIS_WHY_BYTES = 160 };

/* A chain's configuration; it points into itself and must not move. */
struct orr_genesis_config {
    struct orr_evm_chain_config chain;
    struct orr_evm_chain_fork forks[ORR_GENESIS_MAX_FORKS];
    struct orr_evm_system_contracts contracts;
};

/* Reads a "config" object; NULL: the main network.  Returns 0 or ORR_EFORMAT with the key that is
 * malformed or out of order in why. */
int orr_genesis_config(const json_t *config, struct orr_genesis_config *out,
                       char why[ORR_GENESIS_WHY_BYTES]);

/* The way back: a "config" object that says the same of a chain whose first block is after Paris.
 * json_decref the result. */
json_t *orr_genesis_config_json(const struct orr_evm_chain_config *config);

/* The contracts alone: changes those of *contracts that a "config" moves. */
int orr_genesis_contracts(const json_t *config, struct orr_evm_system_contracts *contracts,
                          char why[ORR_GENESIS_WHY_BYTES]);

/* The first block's header from the whole file and the root of its state.  *extra holds the bytes
 * of extra_data: free() them when the header is done with.  Returns 0 or ORR_EFORMAT with why. */
int orr_genesis_header(const json_t *genesis, const struct orr_evm_chain_config *config,
                       const struct orr_hash *state_root, struct orr_evm_header *header,
                       struct orr_buffer *extra, char why[ORR_GENESIS_WHY_BYTES]);

/* A whole file: what a chain begins with.  It points into itself and must not move. */
struct orr_genesis {
    struct orr_genesis_config config;
    struct orr_evm_header header;
    struct orr_buffer extra;     /* the header's extra data       */
    struct orr_evm_state *state; /* NULL: not there, or moved out */
};

/* Reads the file's JSON; the state is in `store`.  Returns 0 or ORR_EFORMAT with why; end it either
 * way. */
int orr_genesis_read(const json_t *json, struct orr_evm_store *store, struct orr_genesis *genesis,
                     char why[ORR_GENESIS_WHY_BYTES]);
void orr_genesis_end(struct orr_genesis *genesis);
#endif
