/* step_contract.h - the step machine as a precompile of L1, which the dispute game calls.
 *
 * Input: the disputed output root, then a proof (step.h).  Output: two claims of a state each
 * (dispute.h), before and after the step.  What is no proof fails.  Gas: by size. */
#ifndef ORR_ROLLUP_STEP_CONTRACT_H
#define ORR_ROLLUP_STEP_CONTRACT_H

#include "models/rollup/step.h"
#include "models/vm/precompile.h"

enum { ORR_STEP_GAS = 100000, ORR_STEP_BYTE_GAS = 16 };

extern const struct orr_evm_precompile orr_step_contract;
/* Where it is found. */
struct orr_address orr_step_contract_address(void);

/* A state's hash as a claim, in a dispute about `disputed`; output_root counts at the end alone. */
struct orr_hash orr_step_claim(const struct orr_hash *state, enum orr_step_phase phase,
                               const struct orr_hash *output_root,
                               const struct orr_hash *disputed);
#endif
