/* byzantine_node.h - the state of a wrapped node, for the files of models/fault only. */
#ifndef ORR_FAULT_FAULT_NODE_H
#define ORR_FAULT_FAULT_NODE_H

#include "models/base/timers.h"
#include "models/fault/byzantine.h"
#include "models/layer.h"

#define ORR_BYZANTINE_ONE 1000000000u /* a probability or share of 1 */

#define ORR_TWIN_NAME 0x80000000u /* durable records of the second twin begin here */

/* Followed, at the next multiple of 16 bytes, by the state of the node inside, and for TWINS by
 * that of the second one.  Invariant: the timer of a DELAY wrapper is armed for the first of `due`.
 */
struct orr_byzantine_node {
    const struct orr_byzantine_config *cfg;
    const struct orr_env *env;
    struct orr_rng rng;
    bool on;
    bool twin_runs; /* the second node has been initialised and not yet ended */

    struct orr_tail tail;
    struct orr_layer_place places[2]; /* of the node inside, and of the second one    */

    struct orr_timers due;   /* DELAY: when held[i] is to be sent, for each i         */
    struct orr_effect *held; /* [cap_held]; a place that is free has msg NULL and, in */
    uint32_t cap_held;       /* peer, the next free place                             */
    uint32_t free_held;      /* ORR_NOBODY: none                                      */
    struct orr_msg *sent[ORR_BYZANTINE_REPLAY_DEPTH]; /* REPLAY, MUTATE: a ring of references */
    uint64_t n_sent;
    struct orr_msg *forged_from, *forged; /* EQUIVOCATE, DOUBLE, MUTATE: the last forgery of this
                                             step, so that a message sent to many peers is forged
                                             once; NULL: it cannot be                   */
    struct orr_msg *heard[ORR_BYZANTINE_KINDS]; /* MUTATE: the last of each kind            */
    orr_time *armed;         /* EDGE: [inner->n_timers] when each fires                 */
    uint32_t *kept;          /* AMNESIA of the log: [n_kept] names of the records on the disk, */
    uint32_t n_kept, cap_kept; /* ascending                                             */
};

/* The state of the node inside. */
void *orr_byzantine_inner(const struct orr_byzantine_node *f);

/* Is a node in the second camp; is it in the camp of this one (byzantine.h)? */
bool orr_byzantine_in_second_camp(const struct orr_byzantine_node *f, orr_peer peer);
bool orr_byzantine_is_friend(const struct orr_byzantine_node *f, orr_peer peer);

/* Appends e, an ORR_SEND or ORR_CAST whose reference is moved here, as the behaviour has it. */
void orr_byzantine_rewrite(struct orr_byzantine_node *f, struct orr_effect e, orr_time now,
                       struct orr_outbox *out);
/* DELAY: the wrapper's own timer: sends what is due. */
void orr_byzantine_release(struct orr_byzantine_node *f, orr_time now, struct orr_outbox *out);
/* Appends e once for each linked peer (but e.peer for an ORR_CAST) that is a friend or not, as
 * wanted. The reference is the caller's. */
void orr_byzantine_expand(struct orr_byzantine_node *f, struct orr_effect e, bool friends,
                      struct orr_outbox *out);

/* Is there another wrapper that makes twins inside this one? */
bool orr_byzantine_has_twins_inside(const struct orr_byzantine_config *cfg);

/* TWINS: the second node. */
void *orr_twin_state(const struct orr_byzantine_node *f);
/* Delivers an event to whichever twin it is for; the outbox is rewritten by who speaks to whom. */
int orr_twins_step(struct orr_byzantine_node *f, const struct orr_event *event,
                   struct orr_outbox *out);
/* Begins the second node's life; its START has the times of event. */
int orr_twin_begin(struct orr_byzantine_node *f, const struct orr_event *event,
                   struct orr_outbox *out);
void orr_twin_end(struct orr_byzantine_node *f, struct orr_outbox *out);
#endif
