/* fixture.h - what the public EVM tests have in common: forks by name, a state from JSON, a
 * block's environment.  Formats: ethereum/tests "GeneralStateTests", execution-spec-tests
 * "state_test" and "blockchain_test". */
#ifndef ORR_SIM_CLI_VM_FIXTURE_H
#define ORR_SIM_CLI_VM_FIXTURE_H

#include <jansson.h>

#include "models/vm/execute.h"
#include "models/vm/state.h"

/* A fork by the name that tests give it ("Merge" is Paris, "Petersburg" ConstantinopleFix). Returns
 * 0 or ORR_ENOTFOUND. */
int orr_fixture_fork(const char *name, enum orr_evm_fork *fork);

/* Of JSON that is no test of the kind that was asked for: what it is instead, and who runs it. */
const char *orr_fixture_told(const json_t *test);

/* EIP-4844: factor * e^(excess / fraction), rounded as the EIP's loop does. */
struct orr_u256 orr_fixture_blob_fee(uint64_t excess, uint64_t fraction);

/* A "blobSchedule" object's entry for a fork by name, or the fork's own values. */
struct orr_evm_blob_schedule orr_fixture_blobs(const json_t *config, const char *fork_name,
                                               enum orr_evm_fork fork);
#endif
