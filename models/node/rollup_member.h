/* rollup_member.h - the members of a rollup that derive it: verifiers, and the sequencer, which
 * orders and batches besides. */
#ifndef ORR_NODE_ROLLUP_MEMBER_H
#define ORR_NODE_ROLLUP_MEMBER_H

#include "models/node/rollup_player.h"

struct orr_rollup_member {
    const struct orr_env *env;
    const struct orr_rollup_role *role;
    const struct orr_rollup_genesis *genesis;
    struct orr_rollup_config config; /* the genesis', unless it is flawed */
    struct orr_verifier *verifier;
    bool sequences;
    uint64_t told_final;          /* the last L2 block that was decided */
    struct orr_hash told_safe;
    size_t n_derived;             /* safe blocks, when it told of them last */
    uint64_t n_reorgs;            /* of L1, told */
    orr_time asked_at;            /* for L1 blocks; ORR_NEVER: not yet */
    bool plays;                   /* L1 holds games: a verifier looks at them, at least */
    struct orr_rollup_player player;
    struct orr_rollup_watch watch; /* what its clients wait for */
    /* The sequencer's. */
    struct orr_evm_executor *executor;
    struct orr_verified **chain;  /* [n_chain] what it has sequenced above the final block */
    size_t n_chain, chain_cap;
    struct orr_rollup_pooled *waiting; /* [n_waiting] clients' transactions, as they came */
    size_t n_waiting, waiting_cap;
    uint64_t submitted, submitted_at; /* L2 block; L1 block: the last batch's */
    uint64_t nonce, n_channels;       /* of the batcher's next L1 transaction */
    uint64_t seen_reorgs;             /* of L1, after which it has begun again */
};
void orr_rollup_member_init(struct orr_rollup_member *m, const struct orr_env *env,
                            const struct orr_rollup_role *role,
                            const struct orr_rollup_genesis *genesis, bool sequences);
void orr_rollup_member_fini(struct orr_rollup_member *m);
void orr_rollup_member_step(struct orr_rollup_member *m, const struct orr_event *event,
                            struct orr_outbox *out);

/* A client's transaction goes to the sequencer, and is watched. */
void orr_rollup_member_take(struct orr_rollup_member *m, struct orr_msg *tx,
                            struct orr_outbox *out);
/* A transaction that is to be forced, moved; NULL: there is none. */
struct orr_msg *orr_rollup_member_due(struct orr_rollup_member *m);

/* A message of kind ORR_ROLLUP_L1_BLOCK from L1. */
void orr_rollup_member_l1(struct orr_rollup_member *m, const struct orr_msg *msg, orr_time at,
                          struct orr_outbox *out);

/* The sequencer's part (rollup_sequencer.c).  After each change of what L1 says; and at its timer.
 */
void orr_rollup_sequencer_settle(struct orr_rollup_member *m, struct orr_outbox *out);
void orr_rollup_sequencer_build(struct orr_rollup_member *m, orr_time now, struct orr_outbox *out);
void orr_rollup_sequencer_take(struct orr_rollup_member *m, struct orr_msg *moved);
/* The same of a client's, unless its account is left out. */
void orr_rollup_sequencer_hear(struct orr_rollup_member *m, struct orr_msg *moved);
void orr_rollup_sequencer_fini(struct orr_rollup_member *m);
#endif
