/* byzantine.h - wrappers that make any protocol Byzantine: protocol in, protocol out.
 *
 * A wrapper hands every event to the protocol inside and rewrites the messages that the step sends.
 * The node inside is honest and knows nothing of it.  Wrappers nest: what orr_byzantine_wrap()
 * returns is a protocol like any other.  A wrapper that is off changes nothing.
 *
 *     struct orr_byzantine_config lie = {.inner = honest, .inner_cfg = cfg, .id = 3,
 *                                    .behaviour = ORR_BEHAVIOUR_EQUIVOCATE,
 *                                    .p = 1000000000, .split = 500000000};
 *     struct orr_protocol liar;
 *     orr_byzantine_wrap(&lie, &liar);     then run the node with protocol &liar and config &lie
 *
 * Switching.  An ORR_INPUT with key ORR_IN_FAULT, peer == id and no message switches the wrapper
 * on, the next one off; one with another peer goes to the protocol inside (a nested wrapper).  A
 * node that restarts begins again as `on` says: the driver switches it once more if the fault is
 * still going on.
 *
 * The camps.  EQUIVOCATE and TWINS cut the cohort in two, evenly interleaved by rank: member number
 * r is in the second camp if floor((r + 1) * split) > floor(r * split); nodes outside the cohort
 * count by their index.  A faulty node sends its real messages to its own camp and the others to
 * the other one. The cut is the same for every faulty node, so several of them tell one consistent
 * lie.
 *
 * Twins make two worlds: the first twins and the first camp, the second twins and the second camp.
 * A twin's messages to another node that may have twins reach its twin of the same world alone:
 * they are marked in their header (ORR_MSG_MARKS), and a node whose wrapper is off takes those of
 * its own camp's world.
 *
 * Reading.  An ORR_INPUT with key ORR_IN_READ hands the node inside a message that was for another,
 * as an ORR_RECV: so colluders hear what any of them hears, or what the whole net says.
 *
 * Random draws come from a stream of the wrapper's own (ORR_RNG_FAULT, node, id): switching a fault
 * on moves no draw of the protocol inside. */
#ifndef ORR_MODELS_FAULT_BYZANTINE_H
#define ORR_MODELS_FAULT_BYZANTINE_H

#include "models/field.h"
#include "models/protocol.h"

/* BEHAVIOUR(name, as written in scenarios, what it does) */
#define ORR_BEHAVIOURS(BEHAVIOUR)                                                            \
    BEHAVIOUR(MUTE, "mute", "sends nothing")                                                 \
    BEHAVIOUR(DELAY, "delay", "sends each message late, by `by`")                            \
    BEHAVIOUR(EQUIVOCATE, "equivocate", "tells `split` of its peers something else, signed") \
    BEHAVIOUR(CORRUPT, "corrupt", "damages the bytes of what it sends")                      \
    BEHAVIOUR(REPLAY, "replay", "sends old messages again")                                  \
    BEHAVIOUR(TWINS, "twins", "runs twice with one key, each twin to its part of the peers") \
    BEHAVIOUR(DOUBLE, "double", "says everything to everyone, and what contradicts it too")  \
    BEHAVIOUR(MUTATE, "mutate", "changes a `field` of what it sends and signs it again")     \
    BEHAVIOUR(AMNESIA, "amnesia", "forgets its lock and what it has prepared, or its log")   \
    BEHAVIOUR(EDGE, "edge", "sends each message `by` before it would lose patience itself")  \
    BEHAVIOUR(REORG, "reorg", "works for a branch without its head's last `depth` blocks")

enum orr_behaviour {
#define BEHAVIOUR(name, text, help) ORR_BEHAVIOUR_##name,
    ORR_BEHAVIOURS(BEHAVIOUR)
#undef BEHAVIOUR
        ORR_N_BEHAVIOURS
};

/* Which world a node is in, and whether it may have twins itself. */
enum orr_side {
    ORR_SIDE_BY_RANK,
    ORR_SIDE_FIRST,
    ORR_SIDE_SECOND,
    ORR_SIDE_TWINS = 4 /* a bit beside the others */
};

/* Key of an ORR_INPUT that is for the outermost wrapper: msg is one that the node ORR_NOBODY - 1 -
 * peer sent to another. */
enum { ORR_IN_READ = ORR_IN_FAULT + 1 };

/* What AMNESIA forgets. */
enum orr_forgetting { ORR_FORGETS_LOCK, ORR_FORGETS_LOG };

/* How many of its sent messages a REPLAY or MUTATE wrapper remembers. */
#define ORR_BYZANTINE_REPLAY_DEPTH 64
/* A MUTATE wrapper remembers the last message of each kind below this that it heard. */
#define ORR_BYZANTINE_KINDS 32

struct orr_byzantine_range {
    uint64_t first, last; /* both included */
    uint64_t step;        /* >= 1: each so many from the first on */
    bool is_given;        /* false: all    */
};

/* TWINS: how the net is parted for a node that runs twice, whose two runs it cannot tell apart. */
struct orr_twin_part {
    struct orr_byzantine_range view, height; /* of the messages that it stops; one that says no
                                                view is of that of its sender, if that is known */
    const bool *is_on;         /* the driver's, who changes it: it is so now                */
    bool one_way;              /* only messages from a group to a later one are stopped     */
    const uint8_t *groups[2];  /* [n_nodes] of each node or first twin, and of each second
                                  twin, from 1 on; 0: in none, reaches all                  */
};

/* The configuration of a wrapped node (cfg of init and share); everything is lent for its life.
 *
 * - MUTE: an affected message is not sent.
 * - DELAY: an affected message is sent later; one sent since may overtake it.
 * - EQUIVOCATE: an affected message goes as it is to the node's own camp, and to the other camp as
 *   inner->fault.forge gives it; one that it declines goes to all as it is.  Each forgery claims
 *   costs->sign_ns of CPU time.
 * - CORRUPT: 1 to 4 bytes of an affected message, header and data, are changed; of an ORR_CAST all
 *   receivers get the same damage.
 * - REPLAY: after an affected message, one of the last ORR_BYZANTINE_REPLAY_DEPTH that the node
 * sent goes to the same receiver once more.
 * - REORG: the node itself is told (inner->fault.reorg) to build on and vote for a branch without
 *   the youngest `depth` blocks of the head that it has then; its messages stay as they are.
 * - TWINS: a second node with the same identity and an empty disk starts when the wrapper is
 *   switched on and ends when it is switched off.  The first serves the first camp and other first
 *   twins, the second the second camp and other second twins; clients reach both.  Outputs of the
 *   second are not reported; its durable records are kept under name + 2^31, so names must be below
 *   that.  (S. Bano et al., "Twins: BFT systems made robust", arXiv 2004.10617.)
 * - DOUBLE: behind an affected message its forgery (as of EQUIVOCATE) goes to the same receivers.
 * - MUTATE: an affected message goes with one of `fields` changed and signed again (mutate.h); one
 *   of which no field can be changed so goes as it is.  Each change claims costs->sign_ns.
 * - AMNESIA: inner->fault.forget is called before each event.  With ORR_FORGETS_LOG instead the
 *   node inside loses memory and log, once, when the wrapper is switched on: it ends, its durable
 *   records are deleted, and it begins as one that is new to the net, under the same key, with the
 *   links that it has.  So it may sign once more what it has signed already, and a crash brings
 *   nothing back of what was before.  Wrappers inside that are on are switched on again.
 * - EDGE: an affected message is held until one of `delays_ns` before the next of the timers of
 *   inner->fault.patience; if none is armed, or it is too late for that, it is sent at once. */
struct orr_byzantine_config {
    const struct orr_protocol *inner;
    const void *inner_cfg; /* inner->config_size bytes, or NULL           */
    uint32_t id;           /* which ORR_IN_FAULT inputs mean this wrapper */
    enum orr_behaviour behaviour;
    bool on;                  /* from the start                                          */
    uint64_t p;               /* parts in 10^9: each ORR_SEND or ORR_CAST is affected with
                                 this probability; not used by TWINS                     */
    const uint32_t *types;    /* [n_types] orr_msg_type of the messages affected         */
    uint32_t n_types;         /* 0: all; not used by TWINS                               */
    uint64_t split;           /* EQUIVOCATE, TWINS: parts in 10^9, the second camp       */
    uint32_t depth;           /* REORG: blocks, > 0                                      */
    enum orr_forgetting forgets; /* AMNESIA                                              */
    const int64_t *delays_ns; /* DELAY, EDGE: [n_delays], each >= 0 and as likely as the others */
    struct orr_byzantine_range view, height; /* of the messages affected; one that says no view is
                                 of that of the node inside; not used by TWINS           */
    const uint8_t *to;        /* [n_nodes] 1: to these receivers alone; the others get what the
                                 node inside sends.  NULL: to all, and EQUIVOCATE by camps;
                                 not used by TWINS                                       */
    uint32_t n_delays;        /* > 0: one for a constant, quantiles for a distribution   */
    const struct orr_msg_field *const *fields; /* MUTATE: [n_fields] of inner->fault.fields  */
    uint32_t n_fields;        /* > 0                                                     */
    enum orr_change change;   /* MUTATE: ORR_N_CHANGES: any of them                      */
    const uint8_t *sides;     /* TWINS: [n_nodes] of enum orr_side; NULL: all are
                                 ORR_SIDE_BY_RANK                                        */
    const struct orr_twin_part *parts; /* TWINS: [n_parts]; with any there are no camps: both
                                 twins hear and reach all whom no part keeps from them   */
    uint32_t n_parts;
};

/* Does a protocol bring what a behaviour needs?  (A log is forgotten by any.) */
bool orr_byzantine_knows(const struct orr_protocol *protocol, enum orr_behaviour behaviour);

/* Fills *wrapped, a protocol with the name, kinds, share, make_tx, ... of config->inner (so nodes
 * with and without a wrapper form one cohort), config_size sizeof(struct orr_byzantine_config) and
 * no config keys.  It depends on inner and behaviour alone: groups that differ in the rest may
 * share it. ORR_EINVAL: a field is out of its range; ORR_EUNSUPPORTED: inner does not
 * know how: EQUIVOCATE and DOUBLE need forge, MUTATE sign, AMNESIA of the lock forget, EDGE
 * patience. */
int orr_byzantine_wrap(const struct orr_byzantine_config *config, struct orr_protocol *wrapped);

/* Is the wrapper with this id (node itself or one nested in it) switched on?  node is the state of
 * a node that runs a wrapped protocol. */
bool orr_byzantine_is_on(const void *node, uint32_t id);
#endif
