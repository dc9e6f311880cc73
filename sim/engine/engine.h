/* engine.h - the simulator's inside, shared by sim.c (loop, step, effects), send.c (messages),
 * life.c (birth, crash, restart, clocks), calls.c (a protocol's other functions), links.c (who is
 * linked to whom) and stream.c (connections).  Others use sim.h. */
#ifndef ORR_SIM_ENGINE_ENGINE_H
#define ORR_SIM_ENGINE_ENGINE_H

#include <setjmp.h>
#include <stdatomic.h>

#include "models/base/index.h"
#include "sim/base/region.h"
#include "sim/engine/sim.h"

#define NO_SLOT UINT32_MAX

/* What a queued event is about: enum orr_event_kind for what reaches a step(), or one of these. */
enum {
    AT_CPU = 16, /* a core comes free: the node's inbox may go on         */
    AT_HOLD,     /* the oldest held effects take hold                     */
    AT_DISK,     /* the oldest pending write is durable                   */
    AT_LINK,     /* a link of datagrams opens (key 1) or closes (key 0)   */
    AT_CALL,     /* orr_sim_call_at; destination ORR_NOBODY               */
    AT_UPLINK,   /* an uplink with priorities is done with a message      */
    AT_PAIR_IN,  /* a message comes to a link with priorities, see pair.c */
    AT_PAIR,     /* link `key` with priorities is done with a message     */
    /* of connection `link`, whether the node runs or not; see stream.c */
    AT_SYN,      /* the source dials this node                            */
    AT_ANSWER,   /* it was taken (key TAKEN) or not (enum orr_down)       */
    AT_RETRY,    /* this node's dial of peer `key` has had no answer      */
    AT_CLOSE     /* the source's end is closed (key: enum orr_down)       */
};

/* The record of a pending event; its time, destination, source and sequence are in the queue's key.
 */
struct record {
    struct orr_msg *msg; /* an owned reference, or NULL                              */
    union {
        orr_time sent;   /* RECV: when the message left its sender                   */
        uint32_t key;    /* all others: as in struct orr_event                       */
    };
    orr_peer source;
    uint32_t next;       /* in a node's inbox                                        */
    uint16_t epoch;      /* of the sender (RECV) or of the node itself               */
    uint8_t kind;
    bool received;       /* RECV, AT_CLOSE: it has its place in the downlink's queue */
    uint32_t link;       /* RECV: number of the connection, or DATAGRAM; AT_SYN ...: the same */
};
_Static_assert(sizeof(struct record) == 32, "never across two cache lines");
_Static_assert(sizeof(struct record) + sizeof(struct orr_key) <= 128, "bytes for a pending event");

/* Free records are a stack of numbers.  Its top lies in the simulator, the rest in free records, so
 * that one look at memory that has left the cache finds eight of them and not one. */
enum { FREE_IN_RECORD = 7, FREE_TOP = 2 * FREE_IN_RECORD };
struct free_records {
    uint32_t below; /* number of the free record with those under these, or NO_SLOT */
    uint32_t slots[FREE_IN_RECORD];
};
_Static_assert(sizeof(struct free_records) <= sizeof(struct record), "in a free record");

#define DATAGRAM UINT32_MAX /* no connection has this number */
#define NO_PLACE UINT32_MAX /* no link, see orr_engine_place */

/* An effect that waits for CPU time or for a durable write. */
struct held_effect {
    struct orr_effect effect;
    orr_time until;
    uint32_t next;
};

/* A connection that a node has asked for and has had no answer to. */
struct dial {
    orr_peer peer;
    uint32_t number;
    orr_time rto;        /* of the next try */
    uint32_t tries;
    bool is_birth;       /* the engine's own, for a link of the topology */
};

struct timer {
    orr_time local;  /* when it should fire, by the node's monotonic clock, ...            */
    orr_time at;     /* ... and by simulation time, or ORR_NEVER                           */
    orr_time queued; /* time of the one queued event that counts, or ORR_NEVER; others are stale */
};

/* Flags of a node.  Most say "this costs something here", so that a node without limits, disk, skew
 * or CPU model is served from its first cache line. */
enum {
    UP = 1,          /* it runs                                             */
    PAUSED = 2,
    CPU_ARMED = 4,   /* an AT_CPU is queued                                 */
    HOLD_ARMED = 8,  /* an AT_HOLD is queued                                */
    OWN_LINKS = 16,  /* links.v is the node's own array: links changed */
    CLOCK = 32,      /* its clocks are not simulation time                  */
    WRITES = 64,     /* it has written to its disk                          */
    UPLINK = 128,    /* its uplink is limited                               */
    DOWNLINK = 256,  /* its downlink is limited                             */
    QUEUED = 512,    /* events wait in its inbox: inbox_head is one         */
    HELD = 1024,     /* effects wait to take hold: held_head is one         */
    DISK_FULL = 2048 /* a fault's: its disk takes no write                  */
};

struct node {
    /* every event: one cache line */
    const struct orr_protocol *protocol;
    void *state;
    uint64_t seq;                /* events scheduled so far by this source */
    uint32_t flags;
    uint16_t epoch;              /* crashes so far */
    uint16_t cores;
    uint64_t hash;               /* of all events that it handled, in its order */
    struct orr_rng rng;

    /* timers and network, when in use: the second cache line */
    struct timer *timers;        /* [protocol->n_timers] */
    struct orr_links links;      /* v: the topology's own rows till OWN_LINKS */
    uint32_t up_line, down_line; /* numbers of struct line, with UPLINK and DOWNLINK */
    orr_time up_free, down_free;
    orr_time release_at;         /* effects take hold in order: none of a later step before this */
    orr_time synced_at;          /* when the latest write is durable: no later effect before that */

    /* CPU */
    orr_time *core_free;         /* [cores] */
    uint64_t cpu_factor_q16;
    uint32_t inbox_head, inbox_tail; /* with QUEUED; of records */
    uint32_t held_head, held_tail;   /* with HELD; of held effects */

    /* disk */
    struct orr_disk disk;
    struct orr_disk_model disk_model;
    uint64_t disk_factor_q16;
    uint64_t disk_draws;
    /* with CLOCK: the monotonic clock was at `then` at simulation time `since` */
    int64_t drift_ppb;
    orr_time since, then, wall_ahead;
    /* crashes: crashes[e], e < epoch, is the time at which epoch e ended */
    orr_time *crashes;
    /* streams: two arrays beside links.v ([n_nodes] and by peer, when that is NULL) */
    orr_time *tails;             /* when the last message sent to that peer arrives     */
    uint32_t *numbers;           /* of the connection; NULL: all 0, that of birth       */
    struct dial *dials;
    uint32_t n_dials, dials_cap;
    uint32_t n_in, n_out;        /* connections that others and it dialled              */
    uint32_t max_in, max_out;    /* UINT32_MAX: no limit                                */
    uint32_t n_numbers;          /* connections dialled so far                          */
    uint32_t links_cap;          /* of an own links.v                                   */
    /* birth */
    struct orr_env env;
    const void *config;
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct node, timers) == 64, "what every event touches is one cache line");
_Static_assert(offsetof(struct node, core_free) == 128, "what the network touches is the next");
_Static_assert(sizeof(struct node) <= 384, "a million nodes pay this each");

/* What all nodes of a cohort share, and what their clients keep. */
struct cohort {
    struct orr_common common; /* first: env->common of a node is its cohort */
    void *clients;            /* workload.state_size bytes, or NULL         */
};

/* What a node's uplink or downlink is; nodes of a group have one in common, which stays in the
 * cache. */
struct line {
    uint64_t speed; /* orr_line_speed */
    orr_time queue; /* orr_line_queue */
    const uint32_t *urgent; /* [n_urgent] orr_msg_type of what goes first, in that order; lent */
    uint32_t n_urgent;      /* 0: all are alike */
};

/* A message in an uplink with priorities, see uplink.c. */
struct waiting {
    struct orr_msg *msg; /* an owned reference */
    uint64_t seq;
    orr_peer to;
    uint32_t number;     /* of the connection, or DATAGRAM */
    uint32_t next;       /* equally urgent, sent later     */
    bool closes;         /* no message: the link is to be closed behind those before */
};
struct uplink {
    uint32_t on_line;    /* what the line is at, or NO_SLOT: it is idle */
    uint32_t head[ORR_URGENT_MOST + 1], tail[ORR_URGENT_MOST + 1]; /* of `waiting`, by urgency */
};

/* A directed pair of nodes whose link has a bandwidth of its own. */
struct pair {
    uint64_t ends;       /* from << 32 | to                        */
    orr_time busy_until;
    uint32_t epoch;      /* of the sender: what waited dies with it */
    uint32_t queue;      /* among pair_queues, or NO_SLOT: it has no priorities, or was not used */
};
/* The messages at a link with priorities. */
struct pair_queue {
    orr_peer from, to;
    uint32_t n_coming;   /* that will come to it, see pair.c         */
    orr_time ends_at;    /* when it is done with line.on_line        */
    struct uplink line;
};

struct call {
    void (*fn)(void *ctx, orr_time now); /* NULL: the end of orr_sim_run */
    void *ctx;
    uint32_t next;                       /* in the list of free calls */
};

/* The function of a protocol that runs: what guard.c leads out of, and what a mishap is told of. */
struct orr_guard {
    const struct orr_event *event; /* the event whose step or effects are under way, or NULL */
    orr_peer node;                 /* whose function it is                                   */
    volatile bool inside;          /* in the function itself                                 */
    bool counted;                  /* among the simulators that run                          */
    enum orr_callback callback;    /* which function                                         */
    void *address;                 /* of a fault                                             */
    struct orr_event left;         /* the event of a step that was left                      */
    uint64_t n_calls;              /* of functions that are no step                          */
    sigjmp_buf *out;
};

struct orr_sim {
    orr_time now;
    bool stopped;
    uint32_t taps_want;          /* union of all taps' wants */
    struct orr_queue queue;
    struct record *records;
    uint32_t n_records, records_cap;
    uint32_t free_top[FREE_TOP], n_free_top, free_below;
    struct node *nodes;
    uint32_t n_nodes;
    uint16_t *zones;             /* [n_nodes] apart, so that a send reads no other node */
    struct line *lines;          /* [n_lines] */
    uint32_t n_lines, lines_cap;
    bool has_lines;              /* some node has an uplink, a downlink or a list of links   */
    bool has_large_states;       /* some protocol's is larger than two cache lines  */
    bool has_touch;              /* some protocol has touch()                       */
    bool has_crashed;            /* some node has ever crashed                      */
    struct orr_stranger { struct orr_msg *msg; const struct orr_common *to; struct orr_msg *copy; }
        *strangers;              /* copies for other cohorts; NULL: one cohort, or none decodes */
    bool has_streams;            /* some pair of nodes is on a stream               */
    bool *on_streams;            /* [n_nodes] with has_streams: what the node runs on */
    orr_time *tails;             /* of all nodes, as at birth                       */
    size_t tails_bytes;
    orr_time link_timeout;       /* 0: never                                        */
    struct cut **cuts;           /* [n_cuts] with link_timeout: the cuts that stand */
    uint32_t n_cuts, cuts_cap;
    struct owed { orr_peer from, to; } *owed; /* [n_owed] links of the topology whose dial a cut has
                                                 swallowed: dialled again when it ends   */
    uint32_t n_owed, owed_cap;
    bool cpu_model;
    struct orr_outbox outbox;
    struct orr_net net;
    uint32_t link_key[2];        /* of the ORR_RNG_LINK streams */
    orr_time last_quick;         /* when a message without latency was last sent, ...   */
    uint64_t n_quick;            /* ... and at how many ns before that, without a gap   */
    struct pair *pairs;          /* [n_pairs] links of limited bandwidth that were used */
    struct orr_index pair_index; /* of them, by their ends                              */
    uint32_t n_pairs, pairs_cap;
    struct pair_queue *pair_queues; /* [n_pair_queues] of those with priorities */
    uint32_t n_pair_queues, pair_queues_cap;
    struct orr_tap *taps;
    struct swapped { orr_peer from, to; struct orr_msg *msg; } *swapped; /* [n_swapped] messages
                                                 that wait for the next of their ends   */
    uint32_t n_swapped, swapped_cap;
    struct uplink *uplinks;      /* [n_nodes], or NULL: none has priorities */
    struct waiting *waiting;     /* [n_waiting] what is in them             */
    uint32_t n_waiting, waiting_cap, free_waiting;
    struct held_effect *held;
    uint32_t n_held, held_cap, free_held;
    struct call *calls;
    uint32_t n_calls, calls_cap, free_call;
    uint64_t call_seq, input_seq;
    uint64_t seed;
    struct orr_costs costs;
    struct orr_memo *memo;
    struct orr_region *region;   /* in which all of this lies: the simulator owns no other memory */
    struct orr_heap heap;        /* of all protocols, counted by node; [n_nodes]: of none of them */
    struct orr_heap pool_heap;   /* of messages; both over region */
    struct orr_pool pool;
    uint64_t n_allocs;           /* growths of the arrays above */
    struct orr_sim_counts counts;
    struct orr_guard guard;
    struct orr_mishap mishap;    /* the first; kind ORR_MISHAP_NONE: none           */
    struct orr_poison *poison;   /* or NULL                                         */
    const struct orr_protocol **poisoned; /* [n_nodes] with poison: what is called inside */
    struct orr_makers *makers;   /* or NULL                                         */
    uint64_t pending_bytes_max;  /* of records and keys */
    int64_t step_cpu_ns;
    size_t memory_bytes;         /* limit; 0: none */
    struct orr_sim_stop *stops;  /* nodes that stopped by themselves, in order      */
    uint32_t n_stops, stops_cap;
};

/* Room for twice as many records; ends the run when that is more than there may be. */
void orr_engine_more_records(struct orr_sim *sim);

/* Refills the top of the stack of free records from the record below it; returns that record. */
uint32_t orr_engine_more_free(struct orr_sim *sim);
/* Moves the lower half of a full top into a free record. */
void orr_engine_less_free(struct orr_sim *sim, uint32_t slot);

/* Takes a free record. */
static inline uint32_t record_new(struct orr_sim *sim) {
    if (__builtin_expect(sim->n_free_top != 0, 1)) return sim->free_top[--sim->n_free_top];
    if (sim->free_below != NO_SLOT) return orr_engine_more_free(sim);
    if (sim->n_records == sim->records_cap) orr_engine_more_records(sim);
    return sim->n_records++;
}
static inline void record_free(struct orr_sim *sim, uint32_t slot) {
    if (__builtin_expect(sim->n_free_top == FREE_TOP, 0)) orr_engine_less_free(sim, slot);
    else sim->free_top[sim->n_free_top++] = slot;
}

/* Schedules an event that source makes for dst. */
static inline void schedule(struct orr_sim *sim, orr_time at, orr_peer dst, orr_peer source,
                            uint64_t seq, struct record record) {
    assert(at >= sim->now);
    uint32_t slot = record_new(sim);
    sim->records[slot] = record;
    orr_queue_push(&sim->queue, at, dst, source, seq, slot);
}
/* Schedules an event of a node for itself. */
static inline void schedule_self(struct orr_sim *sim, struct node *node, orr_time at,
                                 struct record record) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    record.source = self;
    record.epoch = node->epoch;
    schedule(sim, at, self, self, node->seq++, record);
}

/* One step of a running hash. */
static inline uint64_t mix(uint64_t h, uint64_t x) {
    unsigned __int128 p = (unsigned __int128)(h ^ x) * 0x9e3779b97f4a7c15ull;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline bool tap_wants(const struct orr_sim *sim, enum orr_tap_kind kind) {
    return __builtin_expect(sim->taps_want & ORR_TAP_BIT(kind), 0);
}

/* ---- sim.c ---- */
/* Lets one event reach the node's step() now. */
void orr_engine_step(struct orr_sim *sim, struct node *node, uint32_t kind, orr_peer peer,
                     uint32_t key, orr_time sent, struct orr_msg *msg);
/* Arms a timer for a time on the node's monotonic clock, or now if that has passed. */
void orr_engine_arm(struct orr_sim *sim, struct node *node, uint32_t key, orr_time local);
/* Lets a node's inbox go on, when it is up, not paused and has a free core. */
void orr_engine_run_inbox(struct orr_sim *sim, struct node *node);

/* ---- leaks.c ---- */
/* What protocols or messages hold has reached the limit. */
void orr_engine_heap_over(struct orr_heap *heap);
void orr_engine_pool_over(struct orr_heap *heap);

/* ---- guard.c ---- */
/* Calls body(sim), with a way out of its steps; returns when body does or a step was left. */
void orr_guard_run(struct orr_sim *sim, void (*body)(struct orr_sim *sim));
/* Calls body(ctx), which calls this function of a node's protocol.  false: it was left, and there
 * is a mishap. */
bool orr_guard_call(struct orr_sim *sim, orr_peer node, enum orr_callback callback,
                    void (*body)(void *ctx), void *ctx);
/* Leaves the function that is under way, which has made this mistake; returns_to: where the call
 * for what it may not would have returned to. */
_Noreturn void orr_guard_leave(struct orr_sim *sim, enum orr_mishap_kind kind, void *returns_to);
/* Of the simulator whose protocol's function this thread runs, or NULL. */
struct orr_sim *orr_guard_inside(void);
/* exit.c: has the way out of the process that the C library gives found before it is needed. */
void orr_exit_prepare(void);
/* The simulator runs no more. */
void orr_guard_forget(struct orr_sim *sim);

/* ---- calls.c: the functions of a node's protocol but step(), under guard ---- */
/* What init() returns; 0 with a mishap when it was left. */
int orr_engine_init(struct orr_sim *sim, struct node *node);
void orr_engine_fini(struct orr_sim *sim, struct node *node);
/* Freezes a message that a node is to get (orr_freeze); false: there is a mishap. */
bool orr_engine_freeze(struct orr_sim *sim, struct node *node, struct orr_msg *msg);
/* What share() makes, or NULL. */
const void *orr_engine_share(struct orr_sim *sim, orr_peer first, const struct orr_cohort *cohort,
                             struct orr_mem *mem);

/* ---- strangers.c ---- */
/* There are several cohorts, some of which decode messages. */
void orr_engine_strangers_begin(struct orr_sim *sim);
/* A message that comes from a node of another cohort becomes a copy, for this node's to decode. */
void orr_engine_as_own(struct orr_sim *sim, const struct node *node, struct record *r);
void orr_engine_strangers_end(struct orr_sim *sim);

/* ---- mishap.c ---- */
/* Ends the run after the current event: a mistake of the node's protocol (NULL: of none).  Does
 * nothing when there is one already. */
void orr_engine_mishap(struct orr_sim *sim, const struct node *node, enum orr_mishap_kind kind,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Notes that a node stopped by itself. */
void orr_engine_stopped(struct orr_sim *sim, orr_peer node, int error, const char *what);

/* Says in *m whose function and which event are under way. */
void orr_engine_place_mishap(const struct orr_sim *sim, orr_peer node, struct orr_mishap *m);

/* ---- poison.c, makers.c ---- */
/* The memory of a simulator that begins is filled; the same, when its nodes exist. */
void orr_engine_poison_memory(struct orr_sim *sim, struct orr_poison *poison);
void orr_engine_poison_steps(struct orr_sim *sim);
void orr_engine_poison_stack(uint8_t byte);
void orr_engine_note_makers(struct orr_sim *sim, struct orr_makers *makers);

/* ---- send.c ---- */
/* One message leaves for a peer, or for all linked peers but one; a reference is consumed. */
void orr_engine_send(struct orr_sim *sim, struct node *from, orr_peer to, struct orr_msg *msg);
void orr_engine_cast(struct orr_sim *sim, struct node *from, orr_peer not_to, struct orr_msg *msg);
/* A message has arrived; false: it was lost or put back for later (the record is used up). */
bool orr_engine_arrive(struct orr_sim *sim, struct node *node, uint32_t slot);
/* What has come to a limited downlink: does it come in later, behind what came before?  Then it
 * will be there again. */
bool orr_engine_wait_in_line(struct orr_sim *sim, struct node *node, uint32_t slot, uint32_t len);
void orr_engine_drop(struct orr_sim *sim, enum orr_drop why, orr_peer from, orr_peer to,
                     struct orr_msg *msg);

/* A message has passed an uplink with priorities: it is on its way, if its link is open still. */
void orr_engine_leave(struct orr_sim *sim, struct node *from, const struct waiting *w);
/* The same of a link with priorities. */
void orr_engine_leave_pair(struct orr_sim *sim, struct node *from, const struct waiting *w);

/* ---- uplink.c ---- */
/* How urgent a message is: 0 first, n_urgent: it is none of those types. */
uint32_t orr_engine_urgency(const uint32_t *urgent, uint32_t n_urgent, const struct orr_msg *msg);
/* A line on which nothing waits. */
void orr_engine_waiting_init(struct uplink *u);
/* Appends a message to those of its urgency; its reference is moved. */
void orr_engine_waiting_add(struct orr_sim *sim, struct uplink *u, uint32_t urgency,
                            struct waiting message);
/* Puts the most urgent message onto an idle line: lent, or NULL: none waits. */
const struct waiting *orr_engine_waiting_choose(struct orr_sim *sim, struct uplink *u);
/* The message on the line has passed it; its reference is the caller's. */
struct waiting orr_engine_waiting_done(struct orr_sim *sim, struct uplink *u);
/* A mark has passed a line: hangs up, if the link is the one that was meant. */
void orr_engine_waiting_close(struct orr_sim *sim, struct node *node, const struct waiting *w);
/* What waits is lost: its sender crashed, which is told, or the run is over. */
void orr_engine_waiting_forget(struct orr_sim *sim, struct uplink *u, orr_peer from, bool tells);
/* Makes the uplinks with priorities, idle. */
void orr_engine_uplinks_begin(struct orr_sim *sim);
/* A message is sent; its reference is moved. */
void orr_engine_uplink_put(struct orr_sim *sim, struct node *node, struct waiting message);
/* AT_UPLINK */
void orr_engine_uplink_done(struct orr_sim *sim, struct node *node);
/* Does something for a peer wait there?  Then the link will be hung up behind it. */
bool orr_engine_uplink_closes(struct orr_sim *sim, struct node *node, orr_peer peer);
/* The number of a link's connection; place as orr_engine_place has it. */
static inline uint32_t orr_engine_number(const struct node *from, uint32_t place) {
    return place == NO_PLACE ? DATAGRAM : from->numbers ? from->numbers[place] : 0;
}
/* What waits there is lost: the node crashed, which is told, or the run is over. */
void orr_engine_uplink_forget(struct orr_sim *sim, struct node *node, bool tells);

/* ---- pair.c ---- */
/* When a link without priorities has taken a message in, that comes to it at a time, and all before
 * it; ORR_NEVER: it has no room for it. */
orr_time orr_engine_through_pair(struct orr_sim *sim, orr_peer from, orr_peer to, orr_time at,
                                 orr_time takes, orr_time queue);
/* A message comes to a link with priorities when it leaves its sender; its reference is moved. */
void orr_engine_pair_put(struct orr_sim *sim, struct node *node, orr_time leaves,
                         struct waiting message);
/* AT_PAIR_IN, AT_PAIR */
void orr_engine_pair_event(struct orr_sim *sim, struct node *node, const struct record *r);
/* As orr_engine_uplink_closes and orr_engine_uplink_forget. */
bool orr_engine_pair_closes(struct orr_sim *sim, struct node *node, orr_peer peer);
void orr_engine_pairs_forget(struct orr_sim *sim, struct node *node, bool tells);

/* ---- life.c ---- */
/* A node's monotonic clock at a simulation time since its last change; and the first time at which
 * it shows `local` or more. */
orr_time orr_engine_clock(const struct node *node, orr_time at);
orr_time orr_engine_when(const struct node *node, orr_time local);
/* Drops the events that wait for a core, and the effects that wait for time or disk. */
void orr_engine_forget_inbox(struct orr_sim *sim, struct node *node);
void orr_engine_forget_held(struct orr_sim *sim, struct node *node);

/* ---- links.c: the list of a node's links ---- */
/* Where the state of a node's link to a peer stands in tails and numbers, or NO_PLACE. */
uint32_t orr_engine_place(const struct node *node, orr_peer self, orr_peer peer);
/* Adds a link that is not there, takes one away. */
void orr_engine_link_add(struct orr_sim *sim, struct node *node, orr_peer peer, uint32_t number,
                         orr_time tail);
void orr_engine_link_remove(struct orr_sim *sim, struct node *node, orr_peer peer);
/* Tells a node at once of a link: kind is ORR_PEER_UP or ORR_PEER_DOWN, that with a reason. */
void orr_engine_tell(struct orr_sim *sim, struct node *node, uint32_t kind, orr_peer peer,
                     uint32_t why);
const struct orr_link *orr_engine_link_class(const struct orr_sim *sim, orr_peer a, orr_peer b);
static inline bool orr_engine_is_stream(const struct orr_sim *sim, orr_peer a, orr_peer b,
                                        const struct orr_link *link) {
    if (__builtin_expect(!sim->has_streams, 1)) return false;
    if (link->transport) return link->transport == ORR_TRANSPORT_STREAM;
    return sim->on_streams[a] && sim->on_streams[b];
}
/* All nodes exist: what they run on, and the links that the topology gives. */
void orr_engine_links_begin(struct orr_sim *sim, const struct orr_sim_spec *spec);
/* AT_LINK: opens or closes one end of a link of datagrams. */
void orr_engine_link(struct orr_sim *sim, struct node *node, orr_peer peer, bool open);
/* A node crashed, or runs again: its links close, or open as at birth. */
void orr_engine_links_crash(struct orr_sim *sim, struct node *node);
void orr_engine_links_restart(struct orr_sim *sim, struct node *node);

/* ---- stream.c: connections ---- */
void orr_engine_dial(struct orr_sim *sim, struct node *node, orr_peer peer);
/* The driver's own dial of a link that the topology gives: no limit of the node itself applies. */
void orr_engine_redial(struct orr_sim *sim, struct node *node, orr_peer peer);
/* Links that `from` owes to `to` (ORR_NOBODY: to anyone) are dialled no more. */
void orr_engine_forget_owed(struct orr_sim *sim, orr_peer from, orr_peer to);
void orr_engine_hangup(struct orr_sim *sim, struct node *node, orr_peer peer);
/* This end of a connection is closed; the other end learns of it behind what was sent. */
void orr_engine_close(struct orr_sim *sim, struct node *node, orr_peer peer, uint32_t why);
/* AT_SYN, AT_ANSWER, AT_RETRY, AT_CLOSE; r is a copy. */
void orr_engine_stream_event(struct orr_sim *sim, struct node *node, const struct record *r);
/* A message came for a connection that this node does not have: its sender is told. */
void orr_engine_reset(struct orr_sim *sim, struct node *node, orr_peer sender, uint32_t number);
#endif
