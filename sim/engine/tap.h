/* tap.h - how the main loop tells what happens: one plain record to whoever listens.
 *
 * Trace, oracles, progress and tests are taps.  A tap reads and remembers; it must not change the
 * run, so a run with and without taps has the same fingerprint.  Records come in the order in
 * which things take hold, `at` never decreasing. */
#ifndef ORR_SIM_ENGINE_TAP_H
#define ORR_SIM_ENGINE_TAP_H

#include "models/output.h"

enum orr_tap_kind {
    /*                what happened                        node       peer        key             */
    ORR_TAP_EVENT,  /* an event reached a node's step()    receiver   sender      as in orr_event */
    ORR_TAP_SEND,   /* a message left a node               sender     receiver                    */
    ORR_TAP_DROP,   /* a message was lost                  receiver   sender                      */
    ORR_TAP_OUTPUT, /* an ORR_OUTPUT took hold             node                   enum orr_output */
    ORR_TAP_FAULT,  /* a fault began or ended at a node    node, or   other end   fault's number  */
                    /*                                     ORR_NOBODY             in the scenario */
    ORR_TAP_SUBMIT  /* the workload made a transaction     receiver   whose power client          */
                    /*                                                it sets, or                 */
                    /*                                                ORR_NOBODY                  */
};
#define ORR_TAP_BIT(kind) (1u << (kind))

/* ORR_TAP_FAULT comes once for the fault as a whole (node ORR_NOBODY), when it begins and when it
 * ends, and in between once for each node that it takes hold of or lets go: crash and churn when
 * the node goes down (1) and when it starts again (0), byzantine, pause and the others when the
 * node changes.  A fault that has no end has no record of an end. */

/* Why a message was lost: `what` of ORR_TAP_DROP. */
#define ORR_DROPS(DROP)                                   \
    DROP(LOSS, "the link's loss")                         \
    DROP(PARTITION, "a partition or isolation")           \
    DROP(RULE, "a drop rule of the fault plan")           \
    DROP(DOWN, "the receiver was down")                   \
    DROP(SENDER_CRASH, "the sender crashed before it left") \
    DROP(NO_LINK, "no open link to the receiver")         \
    DROP(QUEUE, "the queue of a line was full")
enum orr_drop {
#define DROP(name, text) ORR_DROP_##name,
    ORR_DROPS(DROP)
#undef DROP
};

struct orr_tap_record {
    uint8_t kind;          /* enum orr_tap_kind                                                  */
    uint8_t what;          /* EVENT: enum orr_event_kind; DROP: enum orr_drop;
                              FAULT: 1 began, 0 ended                                            */
    uint32_t msg_type;     /* orr_msg_type of the message, 0 without one                         */
    orr_peer node, peer;   /* ORR_NOBODY where there is none                                     */
    uint32_t key;
    uint32_t len;          /* bytes: between nodes (SEND, DROP, EVENT of ORR_RECV) those on the
                              wire (orr_msg_size), else those of the data                        */
    orr_time at;           /* simulation time, ns (node clocks may be skewed; this one is not)   */
    orr_time sent;         /* EVENT of a message: when it was sent; else equal to `at`           */
    uint64_t hash;         /* orr_msg_hash of the message, 0 without one                         */
    struct orr_msg *msg;   /* lent for the call; NULL without one                                */
};

struct orr_tap {
    uint32_t wants;        /* ORR_TAP_BIT of each kind it listens to; record() may change its own */
    void *ctx;
    void (*record)(void *ctx, const struct orr_tap_record *record);
    struct orr_tap *next;  /* the main loop's list */
};
#endif
