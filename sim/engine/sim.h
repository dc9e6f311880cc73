/* sim.h - the simulator: nodes, the main loop, and the levers that a fault plan pulls.
 *
 * Events are ordered by (time, destination, source, sequence): of all pending events the least is
 * next.  A source numbers what it schedules, so the order is total and is that of no data
 * structure. Messages between nodes take at least 1 ns, so what one node does at an instant cannot
 * change what another does at that instant.  Time is int64 ns since the run began and never goes
 * back.
 *
 * A node is a server with `cores` cores and a queue: an event that finds all cores busy waits.  A
 * step claims CPU time; its effects take hold when that time has passed.  A crash loses the
 * effects that had not taken hold, the messages still in the uplink's queue, and what was not
 * durable. */
#ifndef ORR_SIM_ENGINE_SIM_H
#define ORR_SIM_ENGINE_SIM_H

#include "models/base/cost.h"
#include "models/protocol.h"
#include "models/statement.h"
#include "sim/base/memory.h"
#include "sim/engine/disk.h"
#include "sim/engine/makers.h"
#include "sim/engine/mishap.h"
#include "sim/engine/poison.h"
#include "sim/engine/queue.h"
#include "sim/engine/tap.h"
#include "sim/net/net.h"

struct orr_sim;
struct orr_snapshot; /* sim/base/region.h */

/* What one node is.  All pointers are lent for the simulator's life. */
struct orr_node_spec {
    const struct orr_protocol *protocol;
    const void *config;            /* protocol->config_size bytes, or NULL                    */
    uint64_t stake;
    uint32_t zone;                 /* < net.n_zones: which link classes it has                */
    uint32_t cores;                /* 1 to 65,535                                             */
    int64_t up_bps, down_bps;      /* bits per second; 0: unlimited                           */
    uint64_t queue_bytes;          /* datagrams that may wait for either; 0: no limit         */
    const uint32_t *urgent;        /* [n_urgent <= ORR_URGENT_MOST] with up_bps: orr_msg_type of
                                      what leaves before the rest, most urgent first; lent    */
    uint32_t n_urgent;
    struct orr_disk_model disk;
    orr_time clock_offset;         /* its wall clock minus simulation time at 0               */
    enum orr_transport_rule transport; /* UNSAID: as the protocol says                        */
    uint32_t max_in, max_out;      /* connections on streams that others and it dialled;
                                      0: as many as there are; ORR_NO_CONNECTION: none        */
    int64_t clock_drift_ppb;       /* how much faster its clocks run, parts in 10^9           */
};

#define ORR_NO_CONNECTION UINT32_MAX

struct orr_sim_spec {
    uint64_t seed;
    uint64_t shuffle_ties;         /* 0: the documented order; else another one for equal times */
    uint32_t n_nodes;
    const struct orr_node_spec *nodes; /* [n_nodes] */
    struct orr_net net;            /* copied; what it points to is lent                       */
    bool cpu_model;                /* false: steps take no time                               */
    struct orr_costs costs;        /* used when cpu_model                                     */
    orr_time link_timeout;         /* a cut of this length closes the streams in it; 0: never */
    enum orr_signatures signatures; /* what key pairs make                                    */
    struct orr_memo *memo;         /* lent; NULL: signatures are checked every time           */
    uint64_t pending_bytes_max;    /* memory for pending events; 0: 3/4 of the machine's        */
    int64_t step_cpu_ns;           /* CPU time after which a protocol's function hangs; 0: 10 s */
    struct orr_poison *poison;     /* lent (sim/engine/poison.h); NULL: memory is as it comes */
    struct orr_makers *makers;     /* lent (sim/engine/makers.h), not with poison; NULL: none */
    size_t memory_bytes;           /* what protocols may hold, and messages, each; 0: without
                                      limit                                                   */
};

/* ---- life of a simulator ---- */

/* Builds every node (init), schedules its START at time 0.  Returns 0 or a negative ORR_E of a
 * protocol's init, *failed then names the node; or ORR_ENOMEM with *failed ORR_NOBODY, when the
 * process may not have as much address space as one reserves.  A mistake of init() or share() is a
 * mishap of a simulator that runs nothing. */
int orr_sim_new(const struct orr_sim_spec *spec, struct orr_sim **sim, orr_peer *failed);
void orr_sim_free(struct orr_sim *sim); /* NULL: nothing */

/* The same in the memory of an earlier simulator, which is forgotten in O(1) whatever it was; with
 * *sim NULL, in new memory.  Its taps are gone, its nodes' fini() is not called.  On an error *sim
 * is freed and NULL. */
int orr_sim_renew(struct orr_sim **sim, const struct orr_sim_spec *spec, orr_peer *failed);

/* ---- going back ---- */

/* All that a simulator is at this moment, to go back to as often as one likes: time, queue, nodes,
 * messages, random streams.  Between two calls of orr_sim_run only, never in a step, tap or call.
 * Protocols must keep all their state in memory from orr_mem, as they must anyway.  What lies
 * outside the simulator stays as it is: taps, and the states of fault plan, workload and oracles;
 * their calls that were pending are pending again. */
struct orr_snapshot *orr_sim_snapshot(const struct orr_sim *sim);
void orr_sim_go_back(struct orr_sim *sim, const struct orr_snapshot *snapshot);
void orr_snapshot_free(struct orr_snapshot *snapshot); /* NULL: nothing */

/* Ends the run and looks for what was forgotten: takes down every node (fini), drops what was on
 * its way, and finds messages that have references left and memory that nodes did not give back;
 * then there is a mishap.  Nothing but figures can be asked for after it.  Call it before
 * orr_sim_free, or not at all. */
void orr_sim_end(struct orr_sim *sim);

/* Attaches a tap; it must outlive the simulator. */
void orr_sim_attach(struct orr_sim *sim, struct orr_tap *tap);

/* Runs all events with time <= until, or till orr_sim_stop or a mishap.  May be called again to go
 * on; after a mishap it does nothing. */
void orr_sim_run(struct orr_sim *sim, orr_time until);
/* Ends orr_sim_run after the current event; for taps and calls. */
void orr_sim_stop(struct orr_sim *sim);

/* Calls fn(ctx, now) at a simulated time, after all node events of that time; calls of one time are
 * made in the order in which they were asked for. */
void orr_sim_call_at(struct orr_sim *sim, orr_time at, void (*fn)(void *ctx, orr_time now),
                     void *ctx);

/* The mistake of a protocol that ended the run, or NULL. */
const struct orr_mishap *orr_sim_mishap(const struct orr_sim *sim);
/* Nodes that stopped by themselves so far, in order of time; *stops is lent until the next event.
 * Returns how many. */
uint32_t orr_sim_stops(const struct orr_sim *sim, const struct orr_sim_stop **stops);

/* A node may handle so many events at one instant, and 16 more for each node of the network: what
 * comes from others takes 1 ns at least, so the rest is of its own making. */
#define ORR_INSTANT_EVENTS 1000000
/* Messages that take no more than 1 ns may be sent at so many ns in a row, and 16 more for each
 * node: a message that passes each node once is no mistake. */
#define ORR_QUICK_STEPS    100000
#define ORR_STEP_EFFECTS   (1u << 24) /* a step with 16 million effects is a loop without end */

/* ---- what a run is measured by ---- */

struct orr_sim_counts {
    uint64_t events;     /* events that reached a step()                              */
    uint64_t deliveries; /* of these, messages                                        */
    uint64_t sends, drops, outputs;
    uint64_t n_allocs;   /* allocations so far, engine and protocols                  */
    uint64_t peak_pending;
    size_t node_bytes;   /* held by the engine for nodes, their own state apart       */
    size_t event_bytes;  /* for pending events: queue and records                     */
};
/* Bytes that pending events take at least when every node casts what its protocol's `burst` says
 * over its links of now; and what there is for them.  To be asked before the run. */
uint64_t orr_sim_burst_bytes(const struct orr_sim *sim);
uint64_t orr_sim_pending_bytes_max(const struct orr_sim *sim);
struct orr_sim_counts orr_sim_counts(const struct orr_sim *sim);
orr_time orr_sim_now(const struct orr_sim *sim);
/* Each node keeps a running hash of the events that it handled, in its order: time, other end,
 * kind, key and content of each.  The fingerprint folds the hashes of all nodes by node number; so
 * it does not depend on how events of different nodes lie between each other, nor on how a run is
 * split. */
uint64_t orr_sim_fingerprint(const struct orr_sim *sim);
/* The same over n > 0 nodes from `first` on; n = 1: the node's own hash. */
uint64_t orr_sim_fold(const struct orr_sim *sim, orr_peer first, uint32_t n);
/* A hash of all nodes' own digests; that of one node, 0 when it is down or has none. */
uint64_t orr_sim_digest(struct orr_sim *sim);
uint64_t orr_sim_digest_of(struct orr_sim *sim, orr_peer node);
/* Where a node stands (orr_protocol.report.stand); false: it is down, or its protocol does not say.
 */
bool orr_sim_stand(struct orr_sim *sim, orr_peer node, struct orr_stand *stand);
/* What the node's cohort was told at birth. */
const struct orr_common *orr_sim_common(const struct orr_sim *sim, orr_peer node);
struct orr_pool *orr_sim_pool(struct orr_sim *sim);

/* ---- inputs ---- */

/* A transaction that the protocol of node `to` takes, with a reference that is the caller's; NULL:
 * there is a mishap. */
struct orr_msg *orr_sim_make_tx(struct orr_sim *sim, orr_peer to,
                                const struct orr_tx_order *order);
/* Hands an input to a node at a time >= now, as if from client `client`; msg is moved. */
void orr_sim_input(struct orr_sim *sim, orr_time at, orr_peer node, uint32_t client, uint32_t key,
                   struct orr_msg *msg);
/* Tells the taps of something that the loop itself does not see (a fault, a submission). */
void orr_sim_tell(struct orr_sim *sim, struct orr_tap_record record);

/* ---- faults: each takes hold now; a call that changes nothing is allowed ---- */

/* A rule of the network begins or ends to stand; it is lent in between. */
void orr_sim_rule_on(struct orr_sim *sim, const struct orr_rule *rule);
void orr_sim_rule_off(struct orr_sim *sim, const struct orr_rule *rule);
/* The disk of a node that is down can still be lost. */
void orr_sim_crash(struct orr_sim *sim, orr_peer node, enum orr_disk_fate disk);
void orr_sim_restart(struct orr_sim *sim, orr_peer node);
void orr_sim_pause(struct orr_sim *sim, orr_peer node);
void orr_sim_resume(struct orr_sim *sim, orr_peer node);
/* Adds to the node's wall clock, and changes the drift of both its clocks: a timer that runs fires
 * when the monotonic clock shows its time, however fast that comes. */
void orr_sim_clock(struct orr_sim *sim, orr_peer node, orr_time add, int64_t drift_ppb);
/* Every claimed ns of CPU takes factor / 2^16 ns. */
void orr_sim_cpu(struct orr_sim *sim, orr_peer node, uint64_t factor_q16);
/* Disk latency times factor / 2^16; full: the next write stops the node as a crash would. */
void orr_sim_disk(struct orr_sim *sim, orr_peer node, uint64_t factor_q16, bool full);
/* Switches the Byzantine wrapper `id` of a node on, or off again (models/fault/byzantine.h). */
void orr_sim_switch(struct orr_sim *sim, orr_peer node, uint32_t id);
bool orr_sim_is_up(const struct orr_sim *sim, orr_peer node);
/* Does the node say that it leads (orr_protocol.fault.leads)?  A node that is down does not. */
bool orr_sim_leads(struct orr_sim *sim, orr_peer node);
#endif
