/* rollup_lease.h - who of several sequencers may order: one lease at a time, decided by Tendermint
 * among them (models/bft/tendermint), each naming the block that its holder goes on from.
 *
 * No unsafe reorg.  The holder shows a new block to the other sequencers first, one at a time; each
 * that knows of no later lease holds it and says so, and with more than 2/3 of them the block goes
 * out to everybody.  A sequencer prevotes for the next lease only if that goes on from the last
 * block that it holds or has seen go out, or from a later one, and takes no block of the old lease
 * from then on.  Any two sets of more than 2/3 have a correct sequencer in common, so that a block
 * that went out is below each later lease.  Who was away and still believes to hold the lease (a
 * zombie) finds nobody to take its blocks: they never go out.
 *
 * The sequencers sign what goes out with one key, as those behind an op-conductor do; there Raft
 * decides each block, here Tendermint decides who holds the lease. */
#ifndef ORR_NODE_ROLLUP_LEASE_H
#define ORR_NODE_ROLLUP_LEASE_H

#include "models/bft/tendermint/tendermint.h"
#include "models/layer.h"
#include "models/rollup/verifier.h"

enum { ORR_ROLLUP_LEASE_PROTOCOL = 1, ORR_ROLLUP_OWN_TIMERS = 1, ORR_ROLLUP_SEQUENCERS_MAX = 31 };

/* An L2 block by name. */
struct orr_rollup_place {
    uint64_t number;
    struct orr_hash hash;
};
/* What is decided. */
struct orr_rollup_lease {
    uint64_t number;              /* 0: the first sequencer's, from the start */
    uint32_t holder;              /* of the sequencers, from 0                */
    struct orr_rollup_place base; /* the block that it goes on from           */
};

struct orr_rollup_member;
struct orr_rollup_lessee {
    struct orr_rollup_member *member; /* lent */
    struct orr_tm_config rounds;
    struct orr_tm *bft;
    struct orr_tail tail;
    struct orr_layer_place place;
    struct orr_rollup_lease now, next; /* next: executed, and not committed yet */
    uint64_t told;                     /* the last lease that was acted on      */
    bool is_frozen;                    /* it has prevoted for the next lease    */
    struct orr_rollup_place out;       /* the last block that went out          */
    uint64_t floor;                    /* no block is made on a lower one       */
    struct orr_msg *held;              /* a block that has not, or NULL; ...    */
    struct orr_rollup_place held_at;
    orr_time heard_at;                 /* of the holder, last */
    /* The holder's. */
    struct orr_verified *made;         /* waits for the others; NULL: none does */
    struct orr_msg *made_msg;
    uint32_t acks;                     /* bit i: sequencer i holds it */
};

/* NULL: there is one sequencer. */
struct orr_rollup_lessee *orr_rollup_lease_new(struct orr_rollup_member *m);
void orr_rollup_lease_free(struct orr_rollup_lessee *l);
/* An event, of which the layer takes what is its own.  *taken: nobody else need see it.  Returns 0
 * or ORR_ECORRUPT. */
int orr_rollup_lease_event(struct orr_rollup_lessee *l, const struct orr_event *event,
                           struct orr_outbox *out, bool *taken);
/* Does it hold the lease, as far as it knows? */
bool orr_rollup_lease_leads(const struct orr_rollup_lessee *l);
/* May it make another block: it leads, none of its own waits for the others, and its chain has come
 * to the block from which it is to go on? */
bool orr_rollup_lease_may_build(const struct orr_rollup_lessee *l);
/* L1 has taken the ground from under unsafe blocks: what went out counts no more. */
void orr_rollup_lease_lost(struct orr_rollup_lessee *l);
/* A block that it has made, moved, and as it goes out, moved. */
void orr_rollup_lease_show(struct orr_rollup_lessee *l, struct orr_verified *made,
                           struct orr_msg *msg, struct orr_outbox *out);
/* At its timer: shows again what waits, or asks for the lease when the holder is silent. */
void orr_rollup_lease_look(struct orr_rollup_lessee *l, const struct orr_event *event,
                           struct orr_outbox *out);
/* A block went out. */
void orr_rollup_lease_saw(struct orr_rollup_lessee *l, uint64_t number, struct orr_hash hash,
                          orr_time now);
/* Messages of kinds ORR_ROLLUP_SHOW and ORR_ROLLUP_HOLD. */
void orr_rollup_lease_shown(struct orr_rollup_lessee *l, const struct orr_event *event,
                            struct orr_outbox *out);
void orr_rollup_lease_ack(struct orr_rollup_lessee *l, const struct orr_event *event,
                          struct orr_outbox *out);
#endif
