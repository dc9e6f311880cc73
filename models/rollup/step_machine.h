/* step_machine.h - the inside of the step machine; only step*.c include it. */
#ifndef ORR_ROLLUP_STEP_MACHINE_H
#define ORR_ROLLUP_STEP_MACHINE_H

#include <assert.h>

#include "models/base/error.h"
#include "models/rollup/step.h"
#include "models/rollup/step_tree.h"
#include "models/vm/machine.h"
#include "models/vm/pending.h"
#include "models/vm/running.h"

/* All that a revert takes back. */
struct orr_step_world {
    struct orr_trie_node *root, *marks, *transient; /* one reference each */
    struct orr_step_chain logs, destroyed, zeroed;
};

/* What stands beside a frame of the machine. */
struct orr_step_frame {
    struct orr_step_world entry;      /* as it was when the call began */
    bool is_here;                     /* in use */
    struct orr_evm_stored_code *code; /* one reference; NULL: the frame owns its code */
    bool has_strings, has_below;      /* whether the next three are known */
    struct orr_step_string code_string, input_string;
    struct orr_hash below; /* hash of the frame that called; zeros: none */
    /* Of one that was read from its preimage, and of which not all is here: */
    bool is_part;
    uint64_t n_rest; /* words at the bottom of the stack that are not here, */
    struct orr_hash rest; /* and the chain's head of them */
    struct orr_step_part memory, returned;
    uint8_t *input, *return_data;
};

struct orr_stepper {
    struct orr_mem *mem;
    struct orr_evm_executor *executor;
    struct orr_evm_store *store;
    struct orr_evm_state *state;
    bool is_part; /* made from a proof: owns executor, store and state */
    int error;    /* something was not there */
    bool is_too_long; /* a string was above ORR_STEP_STRING_MAX when it was hashed */
    struct orr_step_zeros zeros;
    struct orr_preimages preimages; /* the block's input, transactions, items of chains */
    struct orr_preimages *sink;     /* where a hash's preimages go; NULL: nowhere */

    struct orr_evm_chain_config config;
    struct orr_evm_chain_fork rules;
    struct orr_hash input_hash;
    struct orr_hash tx_list; /* of the transactions' hashes, one after another */
    uint64_t n_txs;
    struct orr_hash transactions_root;
    struct orr_evm_header header;
    uint8_t extra[ORR_L2_EXTRA_BYTES];

    uint64_t n; /* steps made */
    enum orr_step_phase phase;
    uint64_t index; /* of the transaction */
    bool deposits_are_over;
    struct orr_evm_block_run run; /* gas used and bloom so far */
    struct orr_step_chain receipts;
    struct orr_hash block_hash, output_root; /* the latter from Isthmus on */

    struct orr_evm_pending pending; /* owns its roots */
    struct orr_step_chain logs, destroyed;
    struct orr_step_chain zeroed; /* [address, key] of slots that were set to 0 in this block */
    struct orr_evm_running running;
    enum orr_evm_tx_type tx_type;
    struct orr_evm_tx tx; /* what running lends from */
    bool has_tx;
    struct orr_evm_result result; /* of the transaction's own call */
    struct orr_step_world mark;   /* right before the call that is beginning */
    bool has_mark;
    struct orr_step_frame *frames[ORR_EVM_MAX_DEPTH + 1]; /* made on first use */
};

/* step.c */
void orr_step_world_free(struct orr_stepper *m, struct orr_step_world *world);
struct orr_step_frame *orr_step_frame_at(struct orr_stepper *m, int depth);
void orr_step_frame_free(struct orr_stepper *m, struct orr_step_frame *frame);
struct orr_stepper *orr_step_alloc(struct orr_mem *mem);
void orr_step_note_zeros(struct orr_stepper *m); /* from now on */

/* step_hash.c: the hash of all between two steps, its preimages going to m->sink.  input: what the
 * block is about. */
struct orr_hash orr_step_commit(struct orr_stepper *m);
struct orr_hash orr_step_commit_input(struct orr_stepper *m);

/* step_load.c: from preimages.  Each returns false if they are not there, or none. */
bool orr_step_load(struct orr_stepper *m, const uint8_t *state, size_t len,
                   const uint8_t *witness, size_t witness_len);
/* Makes the frame of that preimage the vm's at that depth. */
bool orr_step_load_frame(struct orr_stepper *m, int depth, const struct orr_hash *hash);
/* Brings what the instruction at the frame's pc reads. */
bool orr_step_load_operands(struct orr_stepper *m, int depth);
#endif
