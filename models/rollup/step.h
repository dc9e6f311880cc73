/* step.h - an L2 block's execution as numbered steps, each of which can be proven alone: what a
 * dispute comes down to.
 *
 *     bad = orr_step_create(mem, executor, state, &parent, &attributes, &m);
 *     while (!orr_step_is_over(m)) orr_step_next(m);          // or, at one of them:
 *     orr_step_prove(m, &proof);                              // proves the next step and makes it
 *     orr_step_verify(mem, proof.bytes, proof.len, &told);    // elsewhere, with no state at all
 *
 * A step is: the block begins (its system calls), a transaction begins (decode, recover, buy gas,
 * begin its call), one instruction (with what a call or creation begins, or what its end gives
 * back; a precompile is part of the call), a transaction ends, one destroyed contract goes, one
 * slot that was set to zero goes, the block ends (roots and header).
 *
 * What the machine is between two steps has a hash: the Keccak-256 of an RLP list (step_hash.c)
 * of the block's input, the transaction's number, receipts, the roots of the state with all pending
 * writes, of warm and transient entries, the logs, and a chain of frames: each has its pc, gas,
 * stack, memory, code, input and return data, and the roots at its entry, so that a revert is an
 * assignment.  A proof holds both hashes, and the preimages and trie nodes that the step reads,
 * each once, in the order in which it reads them, and no other byte: what is not canonical is
 * refused. */
#ifndef ORR_ROLLUP_STEP_H
#define ORR_ROLLUP_STEP_H

#include "models/rollup/execute.h"

/* STEP_PHASE(constant, what the next step does) */
#define ORR_STEP_PHASES(STEP_PHASE)                       \
    STEP_PHASE(BLOCK_BEGINS, "the block begins")          \
    STEP_PHASE(TX_BEGINS, "a transaction begins")         \
    STEP_PHASE(INSTRUCTION, "an instruction")             \
    STEP_PHASE(TX_ENDS, "a transaction ends")             \
    STEP_PHASE(WIPE, "a destroyed contract goes")         \
    STEP_PHASE(SWEEP, "a slot that is zero goes")         \
    STEP_PHASE(BLOCK_ENDS, "the block ends")              \
    STEP_PHASE(DONE, "nothing: the block is executed")    \
    STEP_PHASE(INVALID, "nothing: the block is not valid")
enum orr_step_phase {
#define STEP_PHASE(constant, text) ORR_STEP_##constant,
    ORR_STEP_PHASES(STEP_PHASE)
#undef STEP_PHASE
        ORR_STEP_N_PHASES
};
const char *orr_step_phase_text(enum orr_step_phase phase); /* static storage */

/* A proof above this is none (fault-proof/stage-one: what L1 can take in one piece). */
enum { ORR_STEP_PROOF_MAX = 1 << 20 };

/* What the next step is. */
struct orr_step_next {
    enum orr_step_phase phase;
    uint64_t tx;   /* number of the transaction, until the block ends */
    /* of an instruction: */
    uint32_t depth;
    uint64_t pc;
    uint8_t opcode;
    int64_t gas; /* before it */
};

struct orr_stepper;

/* A machine before the first step.  Everything is lent until it ends; state, the parent's, becomes
 * the block's.  Returns NULL, or what is wrong with the block, static storage. */
const char *orr_step_create(struct orr_evm_executor *executor, struct orr_evm_state *state,
                            const struct orr_l2_parent *parent,
                            const struct orr_l2_attributes *attributes, struct orr_stepper **out);
void orr_step_destroy(struct orr_stepper *m);
/* A header (its RLP, copied) that BLOCKHASH may ask for: the parent's, or an ancestor's. */
void orr_step_know(struct orr_stepper *m, const uint8_t *header, size_t len);

/* Makes the next step; there must be one.  Returns 0; ORR_ENOTFOUND or ORR_ECORRUPT when something
 * that it reads is not there (a partial state): the machine is then only good to be destroyed. */
int orr_step_next(struct orr_stepper *m);
bool orr_step_is_over(const struct orr_stepper *m);
uint64_t orr_step_n(const struct orr_stepper *m); /* steps made */
struct orr_step_next orr_step_peek(const struct orr_stepper *m);
struct orr_hash orr_step_hash(struct orr_stepper *m);
/* The block's hash once it is executed, and the output root of the state after it (deposit.h; zeros
 * before Isthmus, where a block does not say it). */
struct orr_hash orr_step_block_hash(const struct orr_stepper *m);
struct orr_hash orr_step_output_root(const struct orr_stepper *m);

/* Makes the next step and appends its proof; when there is none, proves that nothing changes: a
 * trace goes on with its last state (fault-proof, "Trace Extension").
 * Returns 0, ORR_ENOTFOUND or ORR_ECORRUPT as above, or ORR_ELIMIT: the step is made and its proof
 * would be above ORR_STEP_PROOF_MAX, or a string of it above ORR_STEP_STRING_MAX (step_tree.h);
 * nothing is appended. */
int orr_step_prove(struct orr_stepper *m, struct orr_rlp_writer *proof);

/* What a proof shows. */
struct orr_step_shown {
    struct orr_hash before, after;
    struct orr_step_next step;
    enum orr_step_phase phase;   /* after it */
    struct orr_hash output_root; /* when that is the end: as orr_step_output_root */
};
/* Returns 0 and fills *shown, ORR_EFORMAT for bytes that are no proof, or not in their one form, or
 * ORR_ENOTFOUND or ORR_ECORRUPT for one that lacks something. */
int orr_step_verify(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                    struct orr_step_shown *shown);
#endif
