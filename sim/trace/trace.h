/* trace.h - recording a run: a tap that copies what it hears into an HDF5 file
 * (sim/trace/schema.h).
 *
 *     struct orr_trace *trace;
 *     if (orr_trace_open(&trace, &setup) < 0) ...
 *     orr_trace_node(), orr_trace_role(), orr_trace_kind(), orr_trace_plan() for all there are
 *     attach orr_trace_tap(trace); orr_trace_follow(trace, ...); run, polling orr_trace_status()
 *     orr_trace_verdict(trace, ...); orr_trace_close(trace, &result, ...);
 *
 * The main loop's thread only copies rows into rings of fixed size; a writer thread of the trace's
 * own compresses and writes, and flushes at least once in a second of wall time.  A full ring makes
 * the main loop wait: rows are never dropped and never reordered.  The writer alone reads clocks,
 * and nothing comes back from it but errors, so recording cannot change a run.
 *
 * What survives: when the process dies at any moment (kill -9), all rows up to each table's
 * `valid_rows` can be read.  This says nothing about the death of the machine: nothing is synced.
 */
#ifndef ORR_SIM_TRACE_TRACE_H
#define ORR_SIM_TRACE_TRACE_H

#include <stddef.h>

#include "models/protocol.h"
#include "sim/engine/tap.h"

struct orr_trace;

/* What is kept, besides nodes, kinds, plan, verdicts and result, which always are. */
enum orr_trace_keep {
    ORR_KEEP_MESSAGES = 1, /* events that are receipts of a message, drops, deliveries, counters  */
    ORR_KEEP_DECISIONS = 2, /* decisions, submissions, inclusions, evidence, steps */
    ORR_KEEP_FAULTS = 4, /* faults                                                              */
    ORR_KEEP_EVENTS = 8, /* events of every kind, and sends beside the receipts                 */
    ORR_KEEP_LOGS = 16,    /* lines of text                                          */
    ORR_KEEP_METRICS = 32, /* time series                                            */
    ORR_KEEP_HEADS = 64,   /* heads of chains                                        */
    ORR_KEEP_OUTPUTS = 128, /* outputs with a key of the protocol's own              */
    ORR_KEEP_BLOCKS = 256, /* blocks of execution chains, and heads              */
    ORR_KEEP_NONE = 0,
    ORR_KEEP_ALL = 511
};

/* Lent for the call of orr_trace_open; texts may be NULL for "". */
struct orr_trace_setup {
    const char *path; /* missing folders are made; an older trace there is replaced, nothing
                          else is (sim/trace/place.h)                                    */
    const char *name; /* of the scenario                                                   */
    const char *title;
    const char *build;    /* which program this is                                             */
    const char *scenario; /* the YAML text as read, scenario_len bytes                         */
    size_t scenario_len;
    const char *overrides; /* key=value lines of --set and --seed                               */
    uint64_t seed;
    uint64_t shuffle_ties; /* 0: equal times in the documented order                            */
    int64_t flush_ns; /* wall time between flushes; 0: a second                            */
    uint32_t keep;    /* enum orr_trace_keep, or'ed                                        */
    uint32_t n_nodes;
    uint32_t n_inputs; /* calls of orr_trace_input to come */
};

/* Makes the file and starts the writer.  On success *trace is the caller's until orr_trace_close.
 * On failure nothing is left to close, and `error` (error_len bytes, may be NULL) holds one line
 * that names the path: ORR_EINVAL (a path that cannot be made, a folder, no permission),
 * ORR_ENOSPACE, ORR_EIO. */
int orr_trace_open(struct orr_trace **trace, const struct orr_trace_setup *setup, char *error,
                   size_t error_len);

/* What follows describes the run, before it starts. */

#define ORR_TRACE_ROLES     64   /* different protocols in one run  */

/* A node.  sample is the chance in parts of 10^9 that its own rows of events, sends, drops, steps
 * and deliveries are kept (drawn from seed and node); decisions of all nodes are. */
void orr_trace_node(struct orr_trace *trace, orr_peer node, const char *name, const char *role,
                    const char *region, uint64_t stake, bool faulty, uint32_t sample);
/* A role, whose message kinds follow. */
void orr_trace_role(struct orr_trace *trace, const char *role);
/* A message type (orr_msg_type) of the role named last, and its name.  Not kept: such messages are
 * left out of events, sends and drops; the role of a row is that of its `node`. */
void orr_trace_kind(struct orr_trace *trace, uint32_t type, const char *name, bool kept);
/* What fault number `fault` of the scenario does, in words. */
void orr_trace_plan(struct orr_trace *trace, uint32_t fault, const char *text);

/* Input number `input` of the scenario: a file that it read, or a plug-in (bytes NULL).  digest is
 * 64 letters of hex. */
void orr_trace_input(struct orr_trace *trace, uint32_t input, const char *name, const char *digest,
                     const char *bytes, size_t len);

/* The tap to attach; it lives as long as the trace. */
struct orr_tap *orr_trace_tap(struct orr_trace *trace);

#define ORR_TRACE_CHECKPOINTS_MAX 4096       /* more: the time between them doubles */
#define ORR_TRACE_HASHES_MAX      (1u << 20) /* rows of /hashes; more: several nodes share one */

/* Where checkpoints come from: the simulation, which the trace does not know. */
struct orr_trace_source {
    void *ctx;
    uint64_t (*n_events)(const void *ctx); /* handled so far */
    /* The hash of the events that nodes first .. first + n - 1 handled (orr_sim_fold). */
    uint64_t (*fold)(const void *ctx, orr_peer first, uint32_t n);
    /* Calls fn(fn_ctx, at) after all events of that time. */
    void (*call_at)(void *ctx, orr_time at, void (*fn)(void *fn_ctx, orr_time at), void *fn_ctx);
    orr_time each, end; /* a checkpoint each so often, > 0, up to the run's end */
};
/* Makes a checkpoint at multiples of source->each, doubled until there are no more than
 * ORR_TRACE_CHECKPOINTS_MAX, and one at the end (orr_trace_close): the fingerprint, and the hash of
 * each node, or of each 2, 4, 8, ... neighbours when there would be more than ORR_TRACE_HASHES_MAX.
 * Without it no checkpoints are written. */
void orr_trace_follow(struct orr_trace *trace, const struct orr_trace_source *source);

/* 0, or the error that ended the recording (ORR_ENOSPACE, ORR_EIO); cheap enough to ask after every
 * event.  From then on rows are discarded; the run should stop with exit code 3. */
int orr_trace_status(const struct orr_trace *trace);

/* One expectation and its verdict; texts are cut to their columns. */
void orr_trace_verdict(struct orr_trace *trace, const char *name, const char *expected,
                       const char *observed, bool judged, bool pass);

/* What a node's cores have worked. */
void orr_trace_use(struct orr_trace *trace, orr_peer node, uint32_t cores, orr_time cpu_ns);

enum orr_trace_ended {
    ORR_ENDED_COMPLETE,
    ORR_ENDED_VIOLATION,
    ORR_ENDED_INTERRUPTED,
    ORR_ENDED_MISHAP
};

struct orr_trace_result {
    enum orr_trace_ended ended;
    orr_time end;
    uint64_t n_events, fingerprint;
    int exit_code;
};

/* Writes what is left and the result, and frees the trace.  result NULL: the run was cut short.
 * 0, or the error that ended the recording, with one line in `error` as in orr_trace_open. */
int orr_trace_close(struct orr_trace *trace, const struct orr_trace_result *result, char *error,
                    size_t error_len);
#endif
