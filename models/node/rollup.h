/* rollup.h - the role `rollup`: an optimistic rollup, its members told apart by their place.
 *
 *     member 0     L1: an execution chain of real blocks with one builder, slots, reorgs, finality;
 *                  and a verifier
 *     member 1     the sequencer, which is the batcher, too; with `sequencers: k` the first k
 *                  members behind L1 are, one at a time (rollup_lease.h)
 *     the others   verifiers; some of them propose output roots to L1, or challenge them
 *
 * L1's blocks travel with their receipts to all; whoever misses one asks.  A verifier derives and
 * executes what L1 says and nothing else.  Clients' transactions go to the sequencer.  L1 stands
 * for the network of its validators: it does not crash. */
#ifndef ORR_NODE_ROLLUP_H
#define ORR_NODE_ROLLUP_H

#include "models/chain/chain.h"
#include "models/base/cost.h"
#include "models/base/sha256.h"
#include "models/bft/common/validators.h"
#include "models/chain/genesis.h"
#include "models/node/rollup_blobs.h"
#include "models/node/rollup_forced.h"
#include "models/output.h"
#include "models/rollup/batcher.h"
#include "models/rollup/dispute.h"
#include "models/rollup/sequencer.h"
#include "models/rollup/trace.h"
#include "models/rollup/upgrade.h"
#include "models/vm/trie.h"

/* ROLLUP_KIND(name, text) */
#define ORR_ROLLUP_KINDS(KIND)  \
    KIND(TX, "transaction")     \
    KIND(L1_TX, "l1-transaction") \
    KIND(L1_BLOB_TX, "l1-blob-transaction") \
    KIND(L1_BLOCK, "l1-block")  \
    KIND(ASK, "ask-l1")         \
    KIND(ASK_GAMES, "ask-games") \
    KIND(GAMES, "games")        \
    KIND(FORCE, "force")        \
    KIND(UNSAFE, "unsafe-block") \
    KIND(SHOW, "show-block")    \
    KIND(HOLD, "hold-block")
enum orr_rollup_kind {
#define KIND(name, text) ORR_ROLLUP_##name,
    ORR_ROLLUP_KINDS(KIND)
#undef KIND
};

/* As scenarios write it. */
struct orr_rollup_role {
    uint32_t fork, form, compression, data, ordering, flaw, part, tactic, unsafe,
        upgrade;
    orr_time l1_slot, game_clock, upgrade_at, lease_timeout;
    uint64_t window, batch_every, frame_size, accounts;
    uint64_t reorg_every, reorg_depth, final_depth, deposit_every, silent_after,
        silent_until, garbage_every, propose_every, game_split, game_steps, lie_from,
        censor, force_after, max_pending, blob_expiry, blob_fee, spike_after, spike_until,
        sequencers;
};
enum { ORR_ORDER_FIRST_COME, ORR_ORDER_TIP };
enum { ORR_DATA_CALLDATA, ORR_DATA_BLOBS, ORR_DATA_CHEAPER };
enum { ORR_FLAW_NONE, ORR_FLAW_OTHER_BATCH, ORR_FLAW_OLD_RULES, ORR_FLAW_BAD_ROOT,
       ORR_FLAW_BLIND_MACHINE, ORR_FLAW_NO_DEPOSITS, ORR_FLAW_NO_FENCE };
enum { ORR_UNSAFE_LINKS, ORR_UNSAFE_FLOOD, ORR_UNSAFE_NONE };
enum orr_rollup_part { ORR_PART_VERIFIER, ORR_PART_PROPOSER, ORR_PART_CHALLENGER };
enum orr_rollup_tactic { ORR_TACTIC_PLAIN, ORR_TACTIC_LAST_SECOND, ORR_TACTIC_FREELOADER,
                         ORR_TACTIC_GRIEFER };
/* What a player has left at least after a move, L1 slots: it sees a block, sends, and is in. */
enum { ORR_ROLLUP_EXTENSION_SLOTS = 3 };
/* Of a question about games: from which on, 8 bytes; whose nonce and credit, 20. */
enum { ORR_ROLLUP_ASK_GAMES_BYTES = 28 };

enum { ORR_ROLLUP_L2_CHAIN_ID = 901 };

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
    struct orr_wallet_key sequencer; /* signs unsafe blocks */
    uint32_t n_sequencers;           /* members from the second on */
    struct orr_cohort lessees;       /* they, ... */
    struct orr_validator_set *sequencers; /* ... who vote about leases; NULL: there is one */
    struct orr_evm_state *state; /* after the first L2 block, in l1's store */
    /* Of disputes, when propose_every is not 0: */
    struct orr_dispute_rules rules;
    struct orr_address games;     /* the contract on L1 */
    struct orr_evm_moved machine; /* where L1 finds the step machine */
    struct orr_evm_precompile blind; /* that of the flaw blind_machine */
};
struct orr_rollup_genesis *orr_rollup_genesis_new(const struct orr_cohort *cohort,
                                                  const struct orr_rollup_role *role,
                                                  struct orr_mem *mem);

/* rollup_upgrade.c: what forks deploy here, and the predeploys before them, on a state in a
 * transaction. */
const struct orr_upgrade_codes *orr_rollup_own_codes(struct orr_mem *mem);
void orr_rollup_put_proxies(const struct orr_rollup_genesis *genesis, struct orr_evm_state *state);

/* Keys of the genesis' accounts that are somebody's. */
enum { ORR_ROLLUP_KEY_BATCHER, ORR_ROLLUP_KEY_DEPLOYER, ORR_ROLLUP_KEY_DEPOSITOR,
       ORR_ROLLUP_KEYS_TAKEN };

/* The account on L1 of the member at that place, for games; of L1 itself: who made the contract. */
const struct orr_wallet_key *orr_rollup_game_key(const struct orr_rollup_genesis *genesis,
                                                 uint32_t member);
void orr_rollup_games_install(struct orr_rollup_genesis *g, const struct orr_rollup_role *role);

/* ---- L1 ---- */

struct orr_rollup_member; /* rollup_member.h */

struct orr_rollup_l1 {
    const struct orr_env *env;
    const struct orr_rollup_role *role;
    const struct orr_rollup_genesis *genesis;
    struct orr_chain *chain;
    struct orr_rollup_pooled {
        struct orr_msg *msg;
        struct orr_rollup_signed who;
        bool is_signed; /* else it is nobody's */
    } *pool; /* [n_pool] transactions that wait */
    uint32_t n_pool, pool_cap;
    uint64_t n_slots, n_deposits, n_garbage;
    uint64_t n_told;   /* the last block whose deposits it has told of */
    struct orr_rollup_forced forced;
    struct orr_rollup_blobs blobs; /* of transactions to the inbox */
    struct orr_rollup_member *follower; /* its own verifier, lent: L1 tells it what it builds */
    /* Of disputes (rollup_games.c); NULL until the first slot. */
    struct orr_trace *trace;
    struct orr_evm_executor *caller; /* for questions */
    uint64_t n_game_txs, derived;    /* derived: the last L2 block that the contract was told of */
};
void orr_rollup_l1_init(struct orr_rollup_l1 *l1, const struct orr_env *env,
                        const struct orr_rollup_role *role,
                        const struct orr_rollup_genesis *genesis);
void orr_rollup_l1_fini(struct orr_rollup_l1 *l1);
void orr_rollup_l1_step(struct orr_rollup_l1 *l1, const struct orr_event *event,
                        struct orr_outbox *out);
/* Signs a transaction, whose fees and chain are filled in, and puts it into the pool. */
void orr_rollup_l1_send(struct orr_rollup_l1 *l1, struct orr_evm_tx *tx,
                        const struct orr_wallet_key *key);

/* rollup_forced.c: what a client wants to be done through the portal, lent; at each slot. */
void orr_rollup_l1_want(struct orr_rollup_l1 *l1, struct orr_msg *tx, struct orr_outbox *out);
void orr_rollup_l1_force(struct orr_rollup_l1 *l1);

/* rollup_games.c: at each slot; a question about games; the end. */
void orr_rollup_games_slot(struct orr_rollup_l1 *l1, struct orr_outbox *out);
void orr_rollup_games_answer(struct orr_rollup_l1 *l1, const struct orr_event *event,
                             struct orr_outbox *out);
void orr_rollup_games_fini(struct orr_rollup_l1 *l1);
#endif
