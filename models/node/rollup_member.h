/* rollup_member.h - the members of a rollup that derive it: verifiers, and the sequencer, which
 * orders and batches besides. */
#ifndef ORR_NODE_ROLLUP_MEMBER_H
#define ORR_NODE_ROLLUP_MEMBER_H

#include "models/node/rollup_lease.h"
#include "models/node/rollup_player.h"
#include "models/rollup/envelope.h"

/* What goes from the sequencer to L1 (rollup_batcher.c). */
enum { ORR_ROLLUP_FRAMES_MAX = 64 /* of a channel */ };
struct orr_rollup_batcher {
    uint64_t submitted;           /* the last L2 block that a channel holds */
    uint64_t opened_at, moved_at; /* L1 blocks: of the last channel; when something went on */
    uint64_t nonce, n_channels;   /* of the next L1 transaction */
    uint64_t seen_reorgs, used;   /* reorgs, and own transactions on L1, as of the last look */
    uint32_t n_stuck;             /* how often in a row nothing had gone on: fees double */
    /* The channel on its way: frames from `next` on are to be sent. */
    struct orr_rlp_writer datas;  /* the transactions' data, one after another */
    size_t lens[ORR_ROLLUP_FRAMES_MAX], n, next, at;
    bool is_in_blobs;
};

/* Unsafe blocks that were heard of and stand on none of ours (rollup_unsafe.c). */
enum { ORR_ROLLUP_HEARD = 64, ORR_ROLLUP_SEEN = 128 /* heights */ };
struct orr_rollup_heard {
    struct orr_rollup_heard_block {
        struct orr_msg *msg; /* a reference */
        uint64_t number;
        struct orr_hash parent;
    } v[ORR_ROLLUP_HEARD];
    size_t n;
    struct orr_rollup_seen { /* of a height modulo ORR_ROLLUP_SEEN */
        uint64_t number;
        struct orr_rollup_seen_block {
            struct orr_hash hash;
            uint64_t place;
            orr_time at;
        } v[5];
        uint32_t n;
    } seen[ORR_ROLLUP_SEEN];
};

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
    uint64_t missed;              /* the last L1 block whose blobs were not there */
    orr_time asked_at;            /* for L1 blocks; ORR_NEVER: not yet */
    bool plays;                   /* L1 holds games: a verifier looks at them, at least */
    struct orr_rollup_player player;
    struct orr_rollup_watch watch; /* what its clients wait for */
    /* Of who has unsafe blocks; NULL: it follows L1 alone. */
    struct orr_evm_executor *executor;
    struct orr_verified **chain;  /* [n_chain] the unsafe chain above the final block */
    size_t n_chain, chain_cap;
    struct orr_hash told_unsafe;
    struct orr_rollup_heard heard;
    struct orr_rollup_lessee *lease; /* of several sequencers; NULL: there is one */
    /* The sequencer's. */
    struct orr_rollup_pooled *waiting; /* [n_waiting] clients' transactions, as they came */
    size_t n_waiting, waiting_cap;
    struct orr_rollup_batcher batcher;
};
void orr_rollup_member_init(struct orr_rollup_member *m, const struct orr_env *env,
                            const struct orr_rollup_role *role,
                            const struct orr_rollup_genesis *genesis, bool sequences);
void orr_rollup_member_fini(struct orr_rollup_member *m);
/* 0, or ORR_ECORRUPT: what Tendermint kept contradicts itself. */
int orr_rollup_member_step(struct orr_rollup_member *m, const struct orr_event *event,
                           struct orr_outbox *out);

/* A client's transaction goes to the sequencer, and is watched. */
void orr_rollup_member_take(struct orr_rollup_member *m, struct orr_msg *tx,
                            struct orr_outbox *out);
/* A transaction that is to be forced, moved; NULL: there is none. */
struct orr_msg *orr_rollup_member_due(struct orr_rollup_member *m);

/* A message of kind ORR_ROLLUP_L1_BLOCK from L1. */
void orr_rollup_member_l1(struct orr_rollup_member *m, const struct orr_msg *msg, orr_time at,
                          struct orr_outbox *out);

void orr_rollup_tell_head(struct orr_outbox *out, const struct orr_verified *block,
                          enum orr_head_label label);

/* The unsafe chain (rollup_unsafe.c): a block, moved, on its head; what L1 has taken the ground
 * from under goes, after each change of what L1 says; the head is told if it is another. */
void orr_rollup_chain_push(struct orr_rollup_member *m, struct orr_verified *moved);
void orr_rollup_chain_settle(struct orr_rollup_member *m);
/* The transactions of a block that goes wait again, before all others. */
void orr_rollup_chain_requeue(struct orr_rollup_member *m, const struct orr_verified *block);
void orr_rollup_chain_tell(struct orr_rollup_member *m, struct orr_outbox *out);
void orr_rollup_chain_fini(struct orr_rollup_member *m);
/* For orr_verifier_lend: ctx is a member. */
const struct orr_verified *orr_rollup_chain_lend(void *ctx, uint64_t number);
/* A block as it goes to all members: signed, of kind ORR_ROLLUP_UNSAFE. */
struct orr_msg *orr_rollup_envelope_of(struct orr_rollup_member *m,
                                       const struct orr_verified *parent,
                                       const struct orr_verified *block, struct orr_outbox *out);
/* For liars: another block, signed, in place of such a one of ours; NULL: that has no
 * transactions. */
struct orr_msg *orr_rollup_forge_unsafe(struct orr_rollup_member *m, const struct orr_msg *msg,
                                        struct orr_pool *pool);
/* What a sequencer may fill with one block: a parent and the attributes of an L1 origin on it. */
uint64_t orr_rollup_slot_of(const struct orr_envelope *envelope);
/* Such a message; and what may go on the chain now of all that were heard. */
void orr_rollup_chain_hear(struct orr_rollup_member *m, const struct orr_event *event,
                           struct orr_outbox *out);
void orr_rollup_chain_run(struct orr_rollup_member *m, struct orr_outbox *out);
/* The same of one that is known to be good, from here. */
void orr_rollup_chain_take(struct orr_rollup_member *m, struct orr_msg *msg, orr_time now,
                           struct orr_outbox *out);

/* The sequencer's part (rollup_sequencer.c).  After each change of what L1 says; and at its timer.
 */
void orr_rollup_sequencer_settle(struct orr_rollup_member *m, struct orr_outbox *out);
void orr_rollup_sequencer_build(struct orr_rollup_member *m, orr_time now, struct orr_outbox *out);
/* A block of its own, moved, that goes out. */
void orr_rollup_sequencer_put(struct orr_rollup_member *m, struct orr_verified *moved,
                              struct orr_outbox *out);
void orr_rollup_sequencer_take(struct orr_rollup_member *m, struct orr_msg *moved);
/* What waits here and is not on the unsafe chain goes to another sequencer, too. */
void orr_rollup_sequencer_forward(struct orr_rollup_member *m, orr_peer to,
                                  struct orr_outbox *out);
/* The same of a client's, unless its account is left out. */
void orr_rollup_sequencer_hear(struct orr_rollup_member *m, struct orr_msg *moved);
void orr_rollup_sequencer_fini(struct orr_rollup_member *m);
/* The safe and the unsafe head; the block of that number on the unsafe chain, or NULL. */
const struct orr_verified *orr_rollup_safe(const struct orr_rollup_member *m);
const struct orr_verified *orr_rollup_unsafe(const struct orr_rollup_member *m);
const struct orr_verified *orr_rollup_block_at(const struct orr_rollup_member *m, uint64_t number);
/* No L1 block from `next` on can bring a batch on that origin any more (derivation.md, "Batch
 * Queue": epoch_num + sequence_window_size < inclusion_block_number): the block will be empty. */
bool orr_rollup_is_too_late(const struct orr_rollup_member *m, uint64_t origin, uint64_t next);

/* The batcher's part (rollup_batcher.c), after each change of what L1 says. */
void orr_rollup_batcher_run(struct orr_rollup_member *m, struct orr_outbox *out);
void orr_rollup_batcher_fini(struct orr_rollup_member *m);
#endif
