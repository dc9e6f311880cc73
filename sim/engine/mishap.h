/* mishap.h - a protocol's mistake, as the simulator found it.
 *
 * A protocol may break its contract (models/protocol.h) in ways that would stop or corrupt the
 * simulator: it loops without end, touches memory that is not its own, arms a timer that it does
 * not have.  The first such mistake ends the run: orr_sim_run returns, and orr_sim_mishap() says
 * what happened, where and when.  The simulator prints nothing and does not exit.
 *
 * Mistakes are found in two ways.  Wrong effects are found when they leave the step, at the cost of
 * a comparison.  Faults (SIGSEGV, abort(), exit(), a call that does not return) are found by the
 * guard (sim/engine/guard.h) in whatever function of the protocol they are; it leaves the function
 * by siglongjmp; the node's state is then undefined, and nothing of the node is called again. */
#ifndef ORR_SIM_ENGINE_MISHAP_H
#define ORR_SIM_ENGINE_MISHAP_H

#include "models/protocol.h"

/* MISHAP(constant, name, what it means to a reader): the name is that of --json. */
#define ORR_MISHAPS(MISHAP)                                                                     \
    MISHAP(NONE, "none", "nothing is wrong")                                                    \
    MISHAP(ENDLESS, "endless-instant", "events without end at one instant")                     \
    MISHAP(NO_TIME, "no-time", "messages that go round over links without latency")             \
    MISHAP(HANG, "hang", "a call that does not return")                                         \
    MISHAP(INTERRUPTED, "interrupted", "a call that was still running when the run was stopped") \
    MISHAP(SEGV, "segv", "memory was touched that is not its own (SIGSEGV)")                    \
    MISHAP(STACK, "stack-overflow", "the stack was used up")                                    \
    MISHAP(BUS, "bus", "memory was touched that cannot be reached (SIGBUS)")                    \
    MISHAP(FPE, "fpe", "a division by zero, or an overflow of one (SIGFPE)")                    \
    MISHAP(ILL, "ill", "an illegal instruction (SIGILL) or a trap (SIGTRAP)")                   \
    MISHAP(ABORT, "abort", "abort() was called, as a failed assert() does")                     \
    MISHAP(EXIT, "exit", "exit() was called, which would end the program")                      \
    MISHAP(TIMER, "timer", "a timer key that the protocol does not have")                       \
    MISHAP(PEER, "peer", "a peer that does not exist")                                          \
    MISHAP(EFFECT, "effect", "an effect of no known kind")                                      \
    MISHAP(EFFECTS, "effects", "a step with more effects than can be")                          \
    MISHAP(BUSY, "busy", "a step that claims less CPU time than none, or centuries of it")      \
    MISHAP(MOVED, "message-moved", "a message sent again after its reference was given away")   \
    MISHAP(FREED, "message-freed", "a message used after its last reference was given back")    \
    MISHAP(WRITTEN, "message-written", "a message or its decoded form written after it was sent")  \
    MISHAP(LEAK_MESSAGE, "leak-messages", "messages that nobody gave back")                     \
    MISHAP(LEAK_MEMORY, "leak-memory", "memory that a node did not give back")                  \
    MISHAP(OUTPUT, "output", "an output that is not what its table says")                       \
    MISHAP(MEMORY, "memory", "more memory than the run may have")                               \
    MISHAP(UNINITIALISED, "uninitialised", "results that depend on uninitialised memory")

enum orr_mishap_kind {
#define MISHAP(constant, name, text) ORR_MISHAP_##constant,
    ORR_MISHAPS(MISHAP)
#undef MISHAP
};

/* The functions of a protocol.  CALLBACK(constant, name in struct orr_protocol) */
#define ORR_CALLBACKS(CALLBACK)                                                    \
    CALLBACK(STEP, "step")                                                         \
    CALLBACK(INIT, "init")                                                         \
    CALLBACK(FINI, "fini")                                                         \
    CALLBACK(TOUCH, "touch")                                                       \
    CALLBACK(DIGEST, "digest")                                                     \
    CALLBACK(SHARE, "genesis.share")                                               \
    CALLBACK(MAKE_TX, "workload.make_tx")                                          \
    CALLBACK(DECODE, "decode")                                                     \
    CALLBACK(LEADS, "fault.leads")                                                 \
    CALLBACK(STAND, "report.stand")                                                \
    CALLBACK(FORGE, "fault.forge")

enum orr_callback {
#define CALLBACK(constant, name) ORR_CALLBACK_##constant,
    ORR_CALLBACKS(CALLBACK)
#undef CALLBACK
};

enum { ORR_MISHAP_FRAMES = 16, ORR_MISHAP_NO_EVENT = 255 };

/* Fields without a meaning for a kind are 0, ORR_NOBODY or empty. */
struct orr_mishap {
    enum orr_mishap_kind kind; /* ORR_MISHAP_NONE: none of the others means anything          */
    orr_peer node;             /* whose mistake it is                                         */
    enum orr_callback callback; /* in which function, or after it: STEP                       */
    uint8_t event;             /* enum orr_event_kind, or ORR_MISHAP_NO_EVENT: between events */
    orr_peer peer;             /* of the event: the sender of its message                     */
    uint32_t key;              /* of the event                                                */
    bool has_message;          /* the event had a message, of this type and length            */
    uint32_t msg_type;
    uint32_t msg_len;
    orr_time at;               /* simulation time                                             */
    uint64_t n_events;         /* events that had reached a step, this one counted            */
    char text[256];            /* what exactly, one line                                      */
    uint32_t n_frames;         /* where the code was, innermost first; 0: unknown             */
    void *frames[ORR_MISHAP_FRAMES];
};

/* Static text. */
const char *orr_mishap_name(enum orr_mishap_kind kind);
const char *orr_mishap_meaning(enum orr_mishap_kind kind);
const char *orr_callback_name(enum orr_callback callback);

/* A node that stopped because its step returned an error, or because its disk took no more. */
struct orr_sim_stop {
    orr_peer node;
    orr_time at;
    int error;        /* what step() or init() returned; ORR_ENOSPACE: the disk is full */
    const char *what; /* in words; static */
};
#endif
