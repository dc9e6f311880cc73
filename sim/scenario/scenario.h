/* scenario.h - a whole scenario as plain data: what a YAML file says, typed, checked and complete.
 *
 * orr_scenario_load() reads a file; all its mistakes are told at once, each with its place.  What
 * comes out needs no further checking: defaults are filled in, every name is resolved to an index,
 * every number is an integer in the unit of its field's name (ns, bytes, bits/s, parts in 10^9).
 * The keys, their units, ranges, defaults and texts stand in one table (sim/scenario/keys.c); the
 * parser, its messages, `orrery help scenario` and scenarios/scenario.schema.json are made from it.
 *
 * Everything in here is owned by the scenario and immutable until orr_scenario_free(). */
#ifndef ORR_SIM_SCENARIO_SCENARIO_H
#define ORR_SIM_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/cost.h"
#include "models/fault/byzantine.h"
#include "models/protocol.h"
#include "sim/base/data_file.h"
#include "sim/base/diag.h"
#include "sim/base/target.h"
#include "sim/engine/disk.h"
#include "sim/net/network_spec.h"

struct orr_plugin; /* sim/base/plugin.h */
struct orr_oracle; /* sim/engine/oracle.h */

/* Limits of the text, against hostile files; a million nodes take a few dozen lines. */
#define ORR_SCENARIO_MAX_BYTES (1u << 20)
#define ORR_SCENARIO_MAX_DEPTH 64
#define ORR_SCENARIO_MAX_EVENTS 100000 /* of libyaml's parser, alias expansions counted */
#define ORR_SCENARIO_MAX_NODES (1u << 24)
#define ORR_SCENARIO_MAX_STAKE ((uint64_t)INT64_MAX / 8) /* of a cohort, as CometBFT bounds it */
#define ORR_TIME_MAX ((orr_time)3650 * 86400 * 1000000000) /* ten years */

#define ORR_NO_INDEX UINT32_MAX    /* no such group, region, ... */

/* ---- nodes ---- */

struct orr_region_share {
    uint32_t region; /* index into orr_scenario.regions */
    uint64_t share;  /* of the group, parts in 10^9; a group's shares add up to 10^9 */
};

struct orr_disk_spec {
    struct orr_dist_spec write; /* a write reaches the disk's cache; NONE: at once          */
    struct orr_dist_spec fsync; /* it is durable, after that; NONE: at once                 */
    uint64_t size_bytes;        /* a write past it fails the node; ORR_UNSET: without limit */
};

enum orr_placement { ORR_PLACE_IN_TURN, ORR_PLACE_RANDOM };

struct orr_group_spec {
    const char *name;
    uint32_t index;                   /* of itself                               */
    uint32_t first, count;            /* its nodes are first .. first+count-1    */
    const struct orr_protocol *role;
    const struct orr_plugin *plugin;  /* sim/base/plugin.h: where it came from; NULL: built in */
    const char *plugin_name;          /* the file as written */
    const void *config;               /* role->config_size bytes, filled; NULL when that is 0 */
    const struct orr_region_share *shares; /* [n_shares] in the order written    */
    uint32_t n_shares;                /* 0: `any`, spread evenly over all regions */
    enum orr_placement placement;
    uint64_t up_bps, down_bps;        /* bits/s; ORR_UNSET: without limit        */
    uint64_t queue_bytes;             /* for each of them; ORR_UNSET: the same   */
    const char *const *priority;      /* [n_priority] message kinds of the role that go onto `up`
                                         before the rest, the first most so      */
    uint32_t n_priority;
    const uint64_t *stakes;           /* [n_stakes]                              */
    uint32_t n_stakes;                /* 1 (the same for all) or count           */
    enum orr_transport_rule transport; /* UNSAID: as the network says             */
    uint32_t max_in, max_out;         /* connections, 0: without limit           */
    bool listens;                     /* false: nobody can dial it               */
    uint32_t cores;                   /* of its CPU; used if orr_scenario.cpu    */
    struct orr_disk_spec disk;
    struct orr_dist_spec skew;        /* how far a node's clock is off, ahead or behind with even
                                         odds (ORR_RNG_CLOCK); NONE: not at all  */
    uint64_t drift;                   /* parts in 10^9: each node's clock runs fast or slow by
                                         up to this, evenly drawn                */
    struct orr_span where;
};

static inline uint64_t orr_group_stake(const struct orr_group_spec *group, uint32_t i) {
    return group->role->follows ? 0 : group->stakes[group->n_stakes == 1 ? 0 : i];
}

/* ---- workload ---- */

enum orr_workload_kind { ORR_WORKLOAD_TRANSACTIONS, ORR_WORKLOAD_POWER };
enum orr_arrivals { ORR_ARRIVE_POISSON, ORR_ARRIVE_CONSTANT, ORR_ARRIVE_BURST };

/* Clients make transactions (orr_protocol.workload of the receiving role), `rate` in all.  Client i
 * sits at from.v[i % from.n], and asks only nodes of `to` in that place if there are any. */
struct orr_workload_spec {
    const char *name;          /* given or "workload-0", ...                                 */
    enum orr_workload_kind kind;
    struct orr_targets from;   /* regions or groups where clients are; n = 0: anywhere        */
    uint32_t clients;          /* at least 1                                                  */
    struct orr_targets to;     /* who may be asked                                            */
    bool to_every;             /* each transaction goes to every node of `to`; else to one,
                                  drawn evenly                                                */
    uint64_t rate_nhz;         /* transactions per 10^9 s, all clients together, > 0          */
    enum orr_arrivals arrivals;
    uint32_t burst_size;       /* BURST: so many at once, ...                                 */
    orr_time burst_every;      /* ... each so often; rate_nhz is then what that comes to      */
    struct orr_dist_spec size; /* bytes                                                       */
    uint64_t mix[ORR_N_TX_MIXES]; /* by enum orr_tx_mix: parts in 10^9 of each kind, together 10^9;
                                     all 0: none is asked for                                 */
    orr_time start, stop;      /* start < stop <= duration                                    */
    orr_time retry;            /* what is not decided then is sent again; ORR_NEVER: is not   */
    /* POWER: one client orders at `start`, once, that each of these nodes has that voting power */
    struct orr_targets of;
    uint64_t power;
    struct orr_span where;
};

/* ---- faults ---- */

/* What an adversary sees of messages.  READS(name, as written, what it is) */
#define ORR_READS(READS)                                                                         \
    READS(UNSAID, "usual", "byzantine: what comes to the node itself; other faults: all")        \
    READS(SHARED, "shared", "byzantine: what comes to any target of the fault: one mind")        \
    READS(HEADERS, "headers", "other faults: kind, sender, receiver; so no `view` or `height`")  \
    READS(ALL, "all", "byzantine: what nodes of its role send each other, whoever it is for")
enum orr_reads {
#define READS(name, text, help) ORR_READS_##name,
    ORR_READS(READS)
#undef READS
};

/* FAULT(name, as written, what it does) */
#define ORR_FAULTS(FAULT)                                                                        \
    FAULT(CRASH, "crash", "the node loses its memory and stops; `restart_after` brings it back") \
    FAULT(RESTART, "restart", "a crashed node starts again; a running one stops first")          \
    FAULT(PAUSE, "pause", "the node does nothing, then goes on where it was")                    \
    FAULT(PARTITION, "partition", "messages between the groups are lost")                        \
    FAULT(ISOLATE, "isolate", "messages to and from the target are lost")                        \
    FAULT(SLOW_LINK, "slow-link", "messages take longer")                                        \
    FAULT(LOSSY_LINK, "lossy-link", "messages are lost, doubled, late or damaged")               \
    FAULT(HEAL, "heal", "ends faults that are going on: those named, or all of the network")     \
    FAULT(CLOCK, "clock", "the node's own clock jumps or runs wrong")                            \
    FAULT(SLOW_CPU, "slow-cpu", "all work takes `factor` times as long")                         \
    FAULT(SLOW_DISK, "slow-disk", "all writes take `factor` times as long")                      \
    FAULT(FULL_DISK, "full-disk", "all writes fail")                                             \
    FAULT(CHURN, "churn", "nodes leave at a rate and come back")                                 \
    FAULT(DELAY, "delay", "messages chosen by kind and ends are held back")                      \
    FAULT(DROP, "drop", "messages chosen by kind and ends are lost")                             \
    FAULT(DUPLICATE, "duplicate", "messages chosen by kind and ends arrive once more, after `by`") \
    FAULT(SWAP, "swap", "a message chosen so arrives right behind the next of its ends")         \
    FAULT(BYZANTINE, "byzantine", "the node breaks the protocol as `behaviour` says")            \
    FAULT(REORG, "reorg", "byzantine with behaviour: reorg")                                     \
    FAULT(LEAD, "lead", "the node leads the `view`, if its role can be told who leads (a key "   \
                        "`leaders`)")

enum orr_fault_kind {
#define FAULT(name, text, help) ORR_FAULT_##name,
    ORR_FAULTS(FAULT)
#undef FAULT
    ORR_N_FAULTS
};

enum orr_metric {      /* the largest over the nodes meant, crashed and Byzantine ones apart */
    ORR_METRIC_HEIGHT,    /* of the last decision (orr_decided.height)                       */
    ORR_METRIC_ROUND,     /* of the node's current height (orr_progress.round)               */
    ORR_METRIC_DECISIONS  /* how many values the node has decided                            */
};

/* `height(val) >= 20`; `>` is stored as `>=` of one more. */
struct orr_condition {
    enum orr_metric metric;
    struct orr_target of;
    uint64_t at_least;
};

/* Numbers from first to last; not given: all of them. */
struct orr_range {
    uint64_t first, last;
    uint64_t step; /* >= 1: each so many from the first on */
    bool is_given;
};
static inline bool orr_range_has(const struct orr_range *range, uint64_t n) {
    return !range->is_given || (n >= range->first && n <= range->last &&
                                (n - range->first) % range->step == 0);
}

/* Fields that a kind does not use are 0; those that it could use and the scenario leaves out are
 * ORR_NEVER, ORR_UNSET or n = 0. */
struct orr_fault_spec {
    enum orr_fault_kind kind;
    const char *name;              /* given or "fault-0", ...: its number in the list */
    orr_time at;                   /* begins; ORR_NEVER: on `when` */
    bool conditional;
    struct orr_condition when;     /* begins once, when this first holds */
    orr_time duration;             /* > 0: ends by itself after it; ORR_NEVER: lasts  */
    struct orr_targets targets;    /* CRASH .. ISOLATE, SLOW_ and LOSSY_LINK (all links of these),
                                      CLOCK .. CHURN, BYZANTINE */
    /* CRASH, RESTART, CHURN */
    orr_time restart_after;        /* CRASH: ORR_NEVER: stays down */
    enum orr_disk_fate disk;
    /* PARTITION */
    const struct orr_targets *groups; /* [n_groups >= 2], no node in two; nodes in none reach all */
    uint32_t n_groups;
    bool one_way;                  /* PARTITION: only messages from an earlier group to a later one
                                      are lost; ISOLATE: only those to the target */
    /* SLOW_LINK, LOSSY_LINK: all links of targets, or those between two sets */
    struct orr_targets between[2]; /* n = 0: not given; else targets.n = 0 */
    struct orr_dist_spec extra;    /* SLOW_LINK: added to the latency; NONE: only the factor */
    uint64_t factor;               /* SLOW_LINK, SLOW_CPU, SLOW_DISK: parts in 10^9, >= 10^9 */
    uint64_t loss, duplicate, corrupt, reorder; /* LOSSY_LINK: added to the link's own */
    struct orr_dist_spec reorder_by;
    /* HEAL */
    const uint32_t *ends;          /* [n_ends] indices into orr_scenario.faults */
    uint32_t n_ends;               /* 0: all partitions, isolations, slow and lossy links */
    /* CLOCK */
    orr_time skew;                 /* added to the node's clock, may be negative */
    int64_t drift;                 /* parts in 10^9 by which it runs fast, may be negative */
    /* CHURN */
    uint64_t leave_nhz;            /* leavings per 10^9 s, of all targets together */
    struct orr_dist_spec back_after;
    /* DELAY, DROP, DUPLICATE, SWAP; BYZANTINE: `to` alone */
    struct orr_targets from, to;   /* n = 0: all */
    /* the same, and PARTITION: of which messages (sim/run/messages.h) */
    struct orr_range view, height; /* about which they are                                 */
    struct orr_range nth;          /* of those that match otherwise, of each pair, from 1 on */
    /* DELAY, DROP, DUPLICATE, SWAP, BYZANTINE */
    const char *const *kinds;      /* [n_kinds] message kinds by name (orr_protocol.kinds) */
    uint32_t n_kinds;              /* 0: all */
    uint64_t p;                    /* parts in 10^9: each message with this probability */
    struct orr_dist_spec by;       /* DELAY, DUPLICATE, behaviours `delay`, `edge`: how long */
    /* BYZANTINE */
    enum orr_behaviour behaviour;
    const char *const *fields;     /* [n_fields] `mutate`: names or kinds (models/field.h) */
    uint32_t n_fields;
    enum orr_change change;        /* ORR_N_CHANGES: any */
    uint64_t depth;                /* `reorg`: blocks; 0: not given                             */
    uint64_t split;                /* parts in 10^9: share of the peers that see the other face */
    uint32_t budget;               /* BYZANTINE: so many of the targets, each when it has proposed;
                                      0: all of them at once                               */
    enum orr_forgetting forgets;   /* `amnesia`                                           */
    enum orr_reads reads;          /* the same and faults of messages                     */
    bool rushing;                  /* its messages, and those to it, take no time on their way */
    struct orr_span where;
};

/* ---- expectations ---- */

enum orr_expectation {
    ORR_EXPECT_UNCHECKED,
    ORR_EXPECT_HOLDS,
    ORR_EXPECT_BROKEN,
    ORR_EXPECT_AS_AGREEMENT /* only while parsing: HOLDS if agreement is to hold, else UNCHECKED */
};
enum orr_commitment { ORR_COMMITTED_UNCHECKED, ORR_COMMITTED_ALL };
enum orr_presence { ORR_PRESENCE_UNCHECKED, ORR_PRESENT, ORR_ABSENT, ORR_PRESENCE_WRONG };
enum orr_termination { ORR_TERMINATION_UNCHECKED, ORR_TERMINATION_WITHIN, ORR_TERMINATION_STALLED };

/* An oracle that the plug-in of some group's role brings, and what is expected of it. */
struct orr_own_spec {
    const struct orr_oracle *oracle;
    const void *settings;            /* oracle->settings_size bytes, filled; NULL when that is 0 */
    enum orr_expectation expected;
    bool asked;                      /* `own:` names it                                        */
};

/* Safety is expected to hold unless the scenario says otherwise.  Durations are ORR_NEVER when not
 * given.  `of` is never empty of meaning: n = 0 stands for all correct nodes. */
struct orr_expect_spec {
    uint32_t nothing;                /* 1: `expect: nothing`; all below is then unchecked      */
    enum orr_expectation agreement, total_order, validity, integrity, state_root;
    enum orr_presence evidence;      /* of misbehaviour, at a correct node                     */
    struct orr_targets culprits;     /* evidence names each of these; n = 0: any Byzantine one */
    enum orr_termination termination;
    orr_time within;                 /* WITHIN: each correct node decides so soon after the last
                                        fault has healed (or the start); STALLED: no decision later
                                        than this after the last fault has begun               */
    uint64_t views;                  /* WITHIN: so many views in place of a time; 0: by time   */
    orr_time caught_up_within;       /* after the last fault has healed; ORR_NEVER: unchecked  */
    uint64_t caught_up_heights;      /* how far behind the highest a node may be then          */
    orr_time max_gap;                /* between decisions, at any correct node                 */
    orr_time p50, p90, p99, max;     /* of submit to first commit: must be below               */
    uint64_t throughput_nhz;         /* at least: committed transactions per 10^9 s; ORR_UNSET */
    enum orr_commitment committed;
    orr_time committed_within;       /* what was submitted later than this before the end is free */
    uint64_t delivery_ratio;         /* parts in 10^9, at least; ORR_UNSET: unchecked          */
    orr_time delivery_p99;           /* of publishing to delivery: must be below               */
    orr_time delivery_within;        /* as committed_within                                    */
    enum orr_expectation final_agreement; /* of chains that name final blocks               */
    enum orr_expectation index;      /* of nodes that index a chain                            */
    enum orr_expectation settlement; /* of rollups with disputes                               */
    enum orr_expectation deposits, derivation, supply; /* of rollups                           */
    uint64_t reorg_depth;            /* blocks that a head may leave, at most, if it is written */
    orr_time inclusion_within;       /* of submission, in a block on some head's branch        */
    const struct orr_own_spec *own;  /* [n_own] all that plug-ins bring, in the groups' order  */
    uint32_t n_own;
    uint32_t stopped;                /* 1: a node may stop by itself (struct orr_sim_stop)     */
    struct orr_targets of;
    struct orr_span where;
    /* Where each expectation was written, for reports; source NULL: a default. */
    struct orr_span nothing_where, agreement_where, total_order_where, validity_where,
        integrity_where, state_root_where, evidence_where, termination_where, caught_up_where,
        latency_where, throughput_where, committed_where, delivery_where, final_agreement_where,
        index_where, settlement_where, deposits_where, derivation_where, supply_where,
        reorg_depth_where, inclusion_where;
};

/* ---- recording ---- */

enum orr_record_part {
    ORR_RECORD_MESSAGES = 1,  /* every send, receipt and drop                       */
    ORR_RECORD_DECISIONS = 2, /* decisions, transactions, heights and rounds        */
    ORR_RECORD_FAULTS = 4,
    ORR_RECORD_EVENTS = 8,    /* every event: timers, writes, inputs too            */
    ORR_RECORD_LOGS = 16,
    ORR_RECORD_METRICS = 32,
    ORR_RECORD_HEADS = 64,
    ORR_RECORD_OUTPUTS = 128, /* with keys of a protocol's own                      */
    ORR_RECORD_BLOCKS = 256,  /* of execution chains, with the heads                */
    ORR_RECORD_INDEX = 512,   /* files beside the trace: each indexer's rows        */
    ORR_RECORD_TRACE = 511,   /* what a trace keeps                                 */
    ORR_RECORD_ALL = 1023
};

struct orr_record_spec {
    uint32_t parts;           /* of enum orr_record_part; 0: nothing is recorded    */
    uint64_t sample;          /* parts in 10^9: share of the nodes recorded         */
    struct orr_targets of;    /* nodes recorded; n = 0: all                         */
    const char *const *kinds; /* [n_kinds] message kinds recorded                   */
    uint32_t n_kinds;         /* 0: all                                             */
    const char *file;         /* below the folder of outputs; NULL: by name and seed */
    struct orr_span file_where;
    orr_time flush;           /* wall time between flushes, > 0                     */
    orr_time checkpoint;      /* simulated time between checkpoints, > 0            */
};

/* ---- a sweep ---- */

enum { ORR_SCENARIO_MAX_VARY = 16 };

struct orr_vary_spec {
    const char *key;           /* as --set writes it                                         */
    const char *const *values; /* [n_values] likewise; "4..8" is five of them                */
    uint32_t n_values;
    const char *with;          /* the key whose values these go along with; "": none         */
    struct orr_span where;
};
struct orr_variant_spec {
    const char *name;
    const char *const *changes; /* [n_changes] key=value */
    uint32_t n_changes;
    struct orr_span where;
};
struct orr_sweep_spec {
    const char *const *seeds;  /* [n_seeds] numbers and ranges */
    uint32_t n_seeds;
    const struct orr_vary_spec *vary;        /* [n_vary]     */
    uint32_t n_vary;
    const struct orr_variant_spec *variants; /* [n_variants] */
    uint32_t n_variants;
    size_t begin, end;         /* where it stands in the text; 0, 0: nowhere */
};

/* ---- the whole ---- */

enum orr_on_violation { ORR_VIOLATION_STOPS, ORR_VIOLATION_CONTINUES };

struct orr_scenario {
    uint32_t format;                   /* version of the scenario format: 1                    */
    const char *name;
    const char *title;                 /* "" without one                                       */
    uint64_t seed;
    orr_time duration;
    uint64_t memory_bytes;             /* what protocols may hold, and messages, and pending
                                          events; ORR_UNSET: three quarters of the machine's    */
    enum orr_on_violation on_violation;

    const struct orr_group_spec *groups; /* [n_groups] in the order written                    */
    uint32_t n_groups;
    uint32_t n_nodes;                  /* of all groups                                        */

    const char *const *regions;        /* [n_regions]: rows of the preset or file in their order,
                                          else names in order of first mention                 */
    uint32_t n_regions;                /* 0: the scenario knows no regions                     */
    const uint32_t *region_of;         /* [n_nodes] where nodes are, once they are placed by a
                                          seed; NULL: in turn                                  */
    enum orr_transport_rule transport; /* UNSAID: as protocols, groups and links say           */
    orr_time link_timeout;             /* ORR_NEVER: a cut closes no link                      */
    struct orr_regions_spec region_matrix;
    struct orr_overlay_spec overlay;
    struct orr_dist_spec latency;      /* of pairs for which nothing else is given             */
    struct orr_model_spec model;
    const struct orr_link_spec *links; /* [n_links] in the order written                       */
    uint32_t n_links;

    bool cpu;                          /* `cost:` given: nodes are servers with a queue; else
                                          work takes no time                                   */
    struct orr_span cost_where;        /* of `cost:`; source NULL without                      */
    struct orr_costs costs;
    enum orr_signatures signatures;
    bool memo;                         /* share results of pure functions (the charge stays)   */

    const struct orr_workload_spec *workloads; /* [n_workloads] */
    uint32_t n_workloads;
    const struct orr_fault_spec *faults; /* [n_faults] in the order written: a fault's index is its
                                          number in traces                                     */
    uint32_t n_faults;                 /* those of `schedule:` behind those of `faults:`         */
    const struct orr_fault_spec *schedule; /* [n_schedule] = faults + n_faults - n_schedule      */
    uint32_t n_schedule;
    bool beyond;                       /* a search may make a third of the power faulty, or more */
    struct orr_expect_spec expect;
    struct orr_record_spec record;
    struct orr_sweep_spec sweep;

    struct orr_source source;          /* the file as read, name and text                      */
    const char *const *overrides;      /* [n_overrides] `key=value` as applied                 */
    uint32_t n_overrides;
    uint8_t digest[32];                /* SHA-256 of the text, a NUL, and each override and a NUL */
    struct orr_scenario_store *store;  /* what owns the memory; nobody else's business         */
    struct orr_data_files *files;      /* what it names and was read; whoever builds it adds to
                                          them                                                 */
};

/* Parses text[len], which came from `name` (for messages, and to resolve files named in it).
 * overrides: n `key=value` texts as --set takes them, keys by dots (`nodes.val.count=4`, list items
 * by number: `faults.0.at=3 s`, links and workloads by name too).  *scenario becomes a new one
 * that belongs to the caller, because messages point into its text; but only when 0 is returned is
 * it whole.  Problems are added to diags; ORR_EFORMAT when there was an error among them,
 * ORR_ELIMIT when the text is past a limit. */
int orr_scenario_parse(const char *text, size_t len, const char *name, const char *const *overrides,
                       uint32_t n_overrides, struct orr_scenario **scenario,
                       struct orr_diags *diags);

/* All that a scenario may name, for one that is a stranger's: nothing else is opened. */
struct orr_scenario_inputs {
    struct orr_data_files files; /* by the names that the scenario has for them; the scenario's
                                    from then on */
    const struct orr_named_plugin {
        char name[256]; /* as the scenario names it */
        const struct orr_plugin *plugin;
    } *plugins; /* [n_plugins], lent for the call */
    uint32_t n_plugins;
};
/* As orr_scenario_parse; `inputs` NULL: files that it names are read. */
int orr_scenario_parse_with(const char *text, size_t len, const char *name,
                            const char *const *overrides, uint32_t n_overrides,
                            const struct orr_scenario_inputs *inputs,
                            struct orr_scenario **scenario, struct orr_diags *diags);

/* The same for a file; "-" is standard input.  Also ORR_EIO when it cannot be read
 * and ORR_ENOMEM when the machine fails at it; *scenario is then NULL. */
int orr_scenario_load(const char *path, const char *const *overrides, uint32_t n_overrides,
                      struct orr_scenario **scenario, struct orr_diags *diags);

void orr_scenario_free(struct orr_scenario *scenario); /* NULL is fine */

/* The scenario with another schedule in place of its own: text[len] is a list as it stands under
 * `schedule:`.  *plan becomes a copy of the scenario, which is lent; what is new in it and the text
 * are the store's (tree.h).  0, or ORR_EFORMAT with the mistakes in diags. */
int orr_scenario_reschedule(const struct orr_scenario *scenario, const char *text, size_t len,
                            struct orr_scenario_store *store, struct orr_scenario *plan,
                            struct orr_diags *diags);

/* The group of a node. */
const struct orr_group_spec *orr_scenario_group_of(const struct orr_scenario *scenario,
                                                   uint32_t node);

/* The region of a node, ORR_NO_INDEX when the scenario knows none.  A group's shares take its nodes
 * in order, with boundaries at the rounded cumulative share; `any` deals them out one by one; a
 * group that is placed at random keeps these places and shuffles who has them. */
uint32_t orr_scenario_region_of(const struct orr_scenario *scenario, uint32_t node);

/* The key of a role's settings that names the leader of each view, or NULL: it has none. */
const struct orr_config_key *orr_scenario_leaders_key(const struct orr_protocol *role);
enum { ORR_LEAD_VIEW_MAX = 10000 }; /* of `do: lead`: a list of so many, with each plan */

/* Does the target mean this node?  LEADER never does: only a run knows. */
bool orr_target_has(const struct orr_scenario *scenario, const struct orr_target *target,
                    uint32_t node);
#endif
