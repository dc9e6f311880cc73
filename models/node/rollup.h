/* rollup.h - the role `rollup`: an optimistic rollup, its members told apart by their place.
 *
 *     member 0     L1: an execution chain of real blocks with one builder, slots, reorgs, finality;
 *                  and a verifier
 *     member 1     the sequencer, which is the batcher, too
 *     the others   verifiers
 *
 * L1's blocks travel with their receipts to all; whoever misses one asks.  A verifier derives and
 * executes what L1 says and nothing else.  Clients' transactions go to the sequencer.  L1 stands
 * for the network of its validators: it does not crash. */
#ifndef ORR_NODE_ROLLUP_H
#define ORR_NODE_ROLLUP_H

#include "models/chain/chain.h"
#include "models/base/cost.h"
#include "models/base/sha256.h"
#include "models/chain/genesis.h"
#include "models/output.h"
#include "models/rollup/batcher.h"
#include "models/rollup/sequencer.h"
#include "models/vm/trie.h"

/* ROLLUP_KIND(name, text) */
#define ORR_ROLLUP_KINDS(KIND)  \
    KIND(TX, "transaction")     \
    KIND(L1_TX, "l1-transaction") \
    KIND(L1_BLOCK, "l1-block")  \
    KIND(ASK, "ask-l1")
enum orr_rollup_kind {
#define KIND(name, text) ORR_ROLLUP_##name,
    ORR_ROLLUP_KINDS(KIND)
#undef KIND
};

/* As scenarios write it. */
struct orr_rollup_role {
    uint32_t fork, form, compression, flaw;
    orr_time l1_slot;
    uint64_t window, batch_every, frame_size, accounts;
    uint64_t reorg_every, reorg_depth, final_depth, deposit_every, silent_after,
        silent_until, garbage_every;
};
enum { ORR_FLAW_NONE, ORR_FLAW_OTHER_BATCH, ORR_FLAW_OLD_RULES };

/* For the whole cohort. */
struct orr_rollup_genesis {
    struct orr_mem *mem;
    const struct orr_cohort *cohort;
    struct orr_chain_genesis *l1;
    struct orr_rollup_config config;
    struct orr_l2_chain chain;
    struct orr_evm_header header; /* of the first L2 block */
    struct orr_system_config system;
    struct orr_hash l1_hash;
    struct orr_evm_state *state; /* after the first L2 block, in l1's store */
};
struct orr_rollup_genesis *orr_rollup_genesis_new(const struct orr_cohort *cohort,
                                                  const struct orr_rollup_role *role,
                                                  struct orr_mem *mem);

/* Keys of the genesis' accounts that are somebody's. */
enum { ORR_ROLLUP_KEY_BATCHER, ORR_ROLLUP_KEY_DEPLOYER, ORR_ROLLUP_KEY_DEPOSITOR,
       ORR_ROLLUP_KEYS_TAKEN };

/* ---- L1 ---- */

struct orr_rollup_member; /* rollup_member.h */

struct orr_rollup_l1 {
    const struct orr_env *env;
    const struct orr_rollup_role *role;
    const struct orr_rollup_genesis *genesis;
    struct orr_chain *chain;
    struct orr_msg **pool; /* [n_pool] transactions that wait */
    uint32_t n_pool, pool_cap;
    uint64_t n_slots, n_deposits, n_garbage;
    struct orr_rollup_member *follower; /* its own verifier, lent: L1 tells it what it builds */
};
void orr_rollup_l1_init(struct orr_rollup_l1 *l1, const struct orr_env *env,
                        const struct orr_rollup_role *role,
                        const struct orr_rollup_genesis *genesis);
void orr_rollup_l1_fini(struct orr_rollup_l1 *l1);
void orr_rollup_l1_step(struct orr_rollup_l1 *l1, const struct orr_event *event,
                        struct orr_outbox *out);
#endif
