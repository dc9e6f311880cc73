/* trace.h - what a verifier's own execution says in a dispute: output roots, and the states of a
 * block's execution, claimed and proven (dispute.h).  From Isthmus on, where a header says what the
 * output root is made of. */
#ifndef ORR_ROLLUP_TRACE_H
#define ORR_ROLLUP_TRACE_H

#include "models/rollup/dispute.h"
#include "models/rollup/step.h"
#include "models/rollup/verifier.h"

struct orr_trace;
/* Everything is lent; config: the verifier's. */
struct orr_trace *orr_trace_create(struct orr_mem *mem, const struct orr_rollup_config *config,
                                   const struct orr_verifier *verifier);
void orr_trace_destroy(struct orr_trace *t);

/* Each returns false for a block that the verifier does not have (the first of all: has not
 * executed). */
bool orr_trace_root(struct orr_trace *t, uint64_t block, struct orr_hash *root);
/* The state before the first step. */
bool orr_trace_first(struct orr_trace *t, uint64_t block, struct orr_hash *state);
/* How many steps the block has. */
bool orr_trace_length(struct orr_trace *t, uint64_t block, uint64_t *n_steps);
bool orr_trace_state(struct orr_trace *t, uint64_t block, const struct orr_hash *disputed,
                     uint64_t k, struct orr_hash *claim);
/* Also false: its proof is above ORR_STEP_PROOF_MAX. */
bool orr_trace_prove(struct orr_trace *t, uint64_t block, uint64_t k,
                     struct orr_rlp_writer *proof);
#endif
