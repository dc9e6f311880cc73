/* schema.h - what a trace holds: groups, columns, types and units, one table each.
 *
 * A trace is an HDF5 file.  Each group is a table: a set of 1-D datasets ("columns") of one length,
 * and a dataset `valid_rows` of one element.  Rows 0..valid_rows-1 are complete and durable,
 * whatever happened to the process that wrote them; a reader ignores what lies past them.  From
 * these tables come the C rows, the file's layout, the reader's checks and docs/trace.md.
 *
 * Root attributes: `schema` ("orrery-trace"), `schema_version`, `name`, `title`, `seed`,
 * `shuffle_ties` (0: equal times in the documented order), `build` (the program; path and
 * SHA-256 of each plug-in).
 * Texts in group `run`: `scenario` (YAML as it was read), `overrides` (one key=value per line).
 * What the scenario read beside itself is in group `inputs`, so a trace stands alone. */
#ifndef ORR_SIM_TRACE_SCHEMA_H
#define ORR_SIM_TRACE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "models/base/error.h" /* analysis/ returns these codes too */

#define ORR_TRACE_SCHEMA  "orrery-trace"
#define ORR_TRACE_VERSION 2 /* changes when a column changes its meaning, not when one is added */

/* COLUMN(type, name, size, unit, what it holds).  size: bytes of a `str` (NUL-padded UTF-8),
 * else 1. Largest types first, so that a row has no holes before its end. */

#define ORR_TRACE_NODES(COLUMN)                                                                \
    COLUMN(u64, stake, 1, "voting power", "weight in the cohort; 0 for a node without a vote") \
    COLUMN(u32, node, 1, "", "the node's number in every other table")                         \
    COLUMN(str, name, 48, "", "group and number, as scenarios write it: val.3")                \
    COLUMN(str, role, 32, "", "the protocol that it runs")                                     \
    COLUMN(str, region, 32, "", "where it is, or empty")                                       \
    COLUMN(u8, faulty, 1, "bool", "1: Byzantine by the scenario at some time")                 \
    COLUMN(u8, sampled, 1, "bool", "1: its messages are recorded")

#define ORR_TRACE_KINDS(COLUMN)                                  \
    COLUMN(u32, message, 1, "", "protocol * 65536 + kind: `message` in other tables") \
    COLUMN(str, role, 32, "", "the protocol that uses the kind") \
    COLUMN(str, name, 32, "", "the kind's name")

#define ORR_TRACE_PLAN(COLUMN)                      \
    COLUMN(u32, fault, 1, "", "the fault's number") \
    COLUMN(str, text, 256, "", "the fault as the scenario writes it")

#define ORR_TRACE_INPUTS(COLUMN)                                                              \
    COLUMN(u64, size, 1, "B", "size of the file; of a plug-in 0")                               \
    COLUMN(u64, offset, 1, "B", "where in the file this piece of it begins")                    \
    COLUMN(u32, input, 1, "", "the file's number")                                              \
    COLUMN(u32, bytes, 1, "B", "length of the piece; 0: a plug-in, or an empty file")           \
    COLUMN(str, name, 240, "", "the file as the scenario names it")                             \
    COLUMN(str, sha256, 64, "", "of the file; of a plug-in in C: of it and its own headers")    \
    COLUMN(str, data, 512, "", "the piece, any bytes, padded with NULs")                        \
    COLUMN(u8, kind, 1, "", "0 a file of figures, 1 a plug-in, of which only the digest is here")

#define ORR_TRACE_EVENTS(COLUMN)                                                                 \
    COLUMN(i64, time_ns, 1, "ns", "simulation time at which the node handled it")                \
    COLUMN(i64, sent_ns, 1, "ns",                                                                \
           "when its last byte had left the sender; time_ns without one")         \
    COLUMN(u64, hash, 1, "", "names the message: equal for equal kind and bytes; 0 without one") \
    COLUMN(u32, node, 1, "", "the node that handled it")                                         \
    COLUMN(u32, peer, 1, "", "sender or other end; 4294967295: none")                            \
    COLUMN(u32, key, 1, "", "timer, name of a durable record, or input kind")                    \
    COLUMN(u32, bytes, 1, "B", "header and data of a message; data of a record or input")        \
    COLUMN(u32, message, 1, "", "message kind, see /kinds")                                      \
    COLUMN(u8, kind, 1, "",                                                                      \
           "0 stored, 1 start, 2 recv, 3 timer, 4 input, 5 written, 6 peer up, 7 peer down")

#define ORR_TRACE_SENDS(COLUMN)                                                \
    COLUMN(i64, time_ns, 1, "ns",                                              \
           "when it was sent: from then on it waits for the sender's uplink")  \
    COLUMN(u64, hash, 1, "", "names the message")                              \
    COLUMN(u32, node, 1, "", "sender")                                         \
    COLUMN(u32, peer, 1, "", "receiver; 4294967295: all neighbours")           \
    COLUMN(u32, bytes, 1, "B", "header and data of the message")                   \
    COLUMN(u32, message, 1, "", "message kind, see /kinds")

#define ORR_TRACE_DROPS(COLUMN)                                                             \
    COLUMN(i64, time_ns, 1, "ns", "simulation time of the loss")                            \
    COLUMN(u64, hash, 1, "", "names the message")                                           \
    COLUMN(u32, node, 1, "", "receiver")                                                    \
    COLUMN(u32, peer, 1, "", "sender")                                                      \
    COLUMN(u32, bytes, 1, "B", "header and data of the message")                                \
    COLUMN(u32, message, 1, "", "message kind, see /kinds")                                 \
    COLUMN(u8, reason, 1, "",                                                               \
           "0 link loss, 1 partition, 2 drop rule, 3 receiver down, 4 sender crashed, "     \
           "5 no open link, 6 queue full, 255 refused by the receiver")

#define ORR_TRACE_DECISIONS(COLUMN)                                                           \
    COLUMN(i64, time_ns, 1, "ns", "simulation time at which the block was final at the node") \
    COLUMN(i64, proposed_ns, 1, "ns", "the block's own time, by its proposer's clock")        \
    COLUMN(i64, latency_ns, 1, "ns", "time_ns - proposed_ns; a skewed clock shows here")      \
    COLUMN(u64, height, 1, "", "the block's height")                                          \
    COLUMN(u64, value, 1, "", "first 8 bytes of the block's hash, big-endian")                \
    COLUMN(u64, state_root, 1, "", "first 8 bytes of the state root, big-endian")             \
    COLUMN(u64, parent, 1, "", "the same of the decision that it names as its parent, or 0")  \
    COLUMN(u32, node, 1, "", "the node that decided")                                         \
    COLUMN(u32, proposer, 1, "", "who proposed it, the first of several; 4294967295: none")   \
    COLUMN(u32, proposers, 1, "", "how many nodes proposed what is in it")                    \
    COLUMN(u32, round, 1, "", "the round that decided")                                       \
    COLUMN(u32, txs, 1, "", "transactions in the block")                                      \
    COLUMN(u32, bytes, 1, "B", "size of the block")

#define ORR_TRACE_SUBMISSIONS(COLUMN)                                          \
    COLUMN(i64, time_ns, 1, "ns", "simulation time at which a client sent it") \
    COLUMN(u64, tx, 1, "", "the transaction's hash")                           \
    COLUMN(u32, node, 1, "", "the node that it was sent to")                   \
    COLUMN(u32, client, 1, "", "the client")                                   \
    COLUMN(u32, bytes, 1, "B", "size of the transaction")

#define ORR_TRACE_INCLUSIONS(COLUMN)                                                  \
    COLUMN(i64, time_ns, 1, "ns",                                                     \
           "when the first node decided the block (rows may repeat: take the least)") \
    COLUMN(u64, tx, 1, "", "the transaction's hash")                                  \
    COLUMN(u64, height, 1, "", "the block's height")                                  \
    COLUMN(u64, value, 1, "", "the block, as in /decisions")

#define ORR_TRACE_DELIVERIES(COLUMN)                                                   \
    COLUMN(i64, time_ns, 1, "ns", "simulation time at which a gossip message arrived") \
    COLUMN(u64, id, 1, "", "the payload's hash")                                       \
    COLUMN(u32, node, 1, "", "the node that it reached")                               \
    COLUMN(u32, origin, 1, "", "the node that published it; 4294967295: not known")

#define ORR_TRACE_STEPS(COLUMN)                                                    \
    COLUMN(i64, time_ns, 1, "ns", "simulation time at which the step was entered") \
    COLUMN(u64, height, 1, "", "height")                                           \
    COLUMN(u32, node, 1, "", "the node")                                           \
    COLUMN(u32, round, 1, "", "round")                                             \
    COLUMN(u32, step, 1, "", "the protocol's own number of the step")

#define ORR_TRACE_EVIDENCE(COLUMN)                                                  \
    COLUMN(i64, time_ns, 1, "ns", "simulation time")                                \
    COLUMN(u64, height, 1, "", "height of the offence")                             \
    COLUMN(u32, node, 1, "", "the node that reports")                               \
    COLUMN(u32, culprit, 1, "", "the node that broke the protocol")                 \
    COLUMN(u32, round, 1, "", "round of the offence")                               \
    COLUMN(u32, message, 1, "", "kind of the two conflicting messages, see /kinds") \
    COLUMN(u8, committed, 1, "bool", "1: in a decided block, 0: only seen")

#define ORR_TRACE_METRICS(COLUMN)                             \
    COLUMN(i64, time_ns, 1, "ns", "simulation time")          \
    COLUMN(i64, value, 1, "", "the value, in the unit named") \
    COLUMN(u32, node, 1, "", "the node that measured it")     \
    COLUMN(str, name, 32, "", "what was measured")            \
    COLUMN(str, unit, 16, "", "its unit, or empty")

#define ORR_TRACE_LOGS(COLUMN)                                                          \
    COLUMN(i64, time_ns, 1, "ns", "simulation time")                                    \
    COLUMN(u32, node, 1, "", "the node that said it")                                   \
    COLUMN(str, text, 240, "", "the line; any bytes: escape them before you show them")

#define ORR_TRACE_HEADS(COLUMN)                                                   \
    COLUMN(i64, time_ns, 1, "ns", "simulation time")                              \
    COLUMN(u64, number, 1, "", "the block's number")                              \
    COLUMN(u64, hash, 1, "", "first 8 bytes of the block's hash, big-endian")     \
    COLUMN(u64, parent, 1, "", "the same of its parent")                          \
    COLUMN(u64, state_root, 1, "", "first 8 bytes of the state root, big-endian") \
    COLUMN(u32, node, 1, "", "the node whose head it is")                         \
    COLUMN(u32, label, 1, "", "0 head, 1 safe, 2 final")

#define ORR_TRACE_BLOCKS(COLUMN)                                                             \
    COLUMN(i64, time_ns, 1, "ns", "simulation time at which a node first put it out")        \
    COLUMN(u64, number, 1, "", "the block's number")                                         \
    COLUMN(u64, hash, 1, "", "first 8 bytes of its hash, big-endian")                        \
    COLUMN(u64, parent, 1, "", "the same of its parent")                                     \
    COLUMN(u32, node, 1, "", "the node that put it out first")                               \
    COLUMN(u32, kind, 1, "", "1 a block in RLP, 0 all that a chain begins with")             \
    COLUMN(u32, bytes, 1, "B", "length of the whole")                                        \
    COLUMN(u32, offset, 1, "B", "where this piece of it begins")                             \
    COLUMN(str, data, 512, "", "the piece, any bytes, padded with NULs")

#define ORR_TRACE_OUTPUTS(COLUMN)                                       \
    COLUMN(i64, time_ns, 1, "ns", "simulation time")                    \
    COLUMN(u32, node, 1, "", "the node that put it out")                \
    COLUMN(u32, key, 1, "", "the protocol's own key, 1000 or more")     \
    COLUMN(u32, bytes, 1, "B", "length of the whole output")            \
    COLUMN(u32, offset, 1, "B", "where this piece of it begins")        \
    COLUMN(str, data, 64, "", "the piece, any bytes, padded with NULs")

#define ORR_TRACE_FAULTS(COLUMN)                                     \
    COLUMN(i64, time_ns, 1, "ns", "simulation time")                 \
    COLUMN(u32, node, 1, "", "where; 4294967295: the whole network") \
    COLUMN(u32, peer, 1, "", "the other end; 4294967295: none")      \
    COLUMN(u32, fault, 1, "", "the fault's number, see /plan")       \
    COLUMN(u8, began, 1, "bool", "1 began, 0 ended")

#define ORR_TRACE_CHECKPOINTS(COLUMN)                                        \
    COLUMN(i64, time_ns, 1, "ns", "simulation time, all its events handled") \
    COLUMN(u64, event, 1, "", "events handled so far")                       \
    COLUMN(u64, fingerprint, 1, "", "the run's fingerprint up to there")     \
    COLUMN(u64, decisions, 1, "", "decisions so far, over all nodes")

#define ORR_TRACE_HASHES(COLUMN)                                                          \
    COLUMN(i64, time_ns, 1, "ns", "simulation time of the checkpoint")                    \
    COLUMN(u64, hash, 1, "", "of all events that the node, or each of them, had handled") \
    COLUMN(u32, node, 1, "", "the node, or the first of several")                         \
    COLUMN(u32, nodes, 1, "", "how many: 1, or more when there are many (see the text)")

#define ORR_TRACE_COUNTERS(COLUMN)                                                              \
    COLUMN(i64, time_ns, 1, "ns", "simulation time; one row for each second that saw anything") \
    COLUMN(u64, events, 1, "", "events handled so far")                                         \
    COLUMN(u64, received_bytes, 1, "B", "bytes of messages handled so far")                     \
    COLUMN(u64, drops, 1, "", "messages lost so far")                                           \
    COLUMN(u64, decisions, 1, "", "decisions so far, over all nodes")                           \
    COLUMN(u64, submissions, 1, "", "transactions submitted so far")

#define ORR_TRACE_USE(COLUMN)                                                       \
    COLUMN(i64, cpu_ns, 1, "ns", "CPU time that its cores have worked, of simulated time") \
    COLUMN(u32, node, 1, "", "the node")                                            \
    COLUMN(u32, cores, 1, "", "how many cores it has")

#define ORR_TRACE_VERDICTS(COLUMN)                             \
    COLUMN(str, name, 48, "", "the expectation")               \
    COLUMN(str, expected, 80, "", "what the scenario expects") \
    COLUMN(str, observed, 160, "", "what was seen")            \
    COLUMN(u8, pass, 1, "bool", "1: judged, and as the scenario says") \
    COLUMN(u8, judged, 1, "bool", "0: it met nobody to judge")

/* One row, written last: a trace without it is of a run that was cut short. */
#define ORR_TRACE_RESULT(COLUMN)                                                 \
    COLUMN(i64, end_ns, 1, "ns", "simulation time at the end")                   \
    COLUMN(u64, events, 1, "", "events handled")                                 \
    COLUMN(u64, fingerprint, 1, "", "of the run: the hashes of all nodes, folded")        \
    COLUMN(u64, wall_ns, 1, "ns", "wall time from opening to closing the trace") \
    COLUMN(u32, exit_code, 1, "", "0 as expected, 1 an expectation failed") \
    COLUMN(u8, ended, 1, "",                                                     \
           "0 at the scenario's end, 1 by a violation, 2 interrupted, 3 by a protocol's mistake")

/* GROUP(name, columns, rows of a chunk and of one write, what one row is).  The ring between the
 * main loop and the writer holds four chunks. */
#define ORR_TRACE_GROUPS(GROUP)                                                              \
    GROUP(nodes, ORR_TRACE_NODES, 1024, "a node")                                            \
    GROUP(kinds, ORR_TRACE_KINDS, 64, "a message kind")                                      \
    GROUP(plan, ORR_TRACE_PLAN, 64, "a fault of the scenario")                               \
    GROUP(inputs, ORR_TRACE_INPUTS, 64, "512 bytes of a file that the scenario read")        \
    GROUP(events, ORR_TRACE_EVENTS, 8192, "an event that a node handled")                    \
    GROUP(sends, ORR_TRACE_SENDS, 8192, "a message that left a node")                        \
    GROUP(drops, ORR_TRACE_DROPS, 4096, "a message that was lost")                           \
    GROUP(decisions, ORR_TRACE_DECISIONS, 4096, "a block that became final at a node")       \
    GROUP(submissions, ORR_TRACE_SUBMISSIONS, 4096, "a transaction that a client submitted") \
    GROUP(inclusions, ORR_TRACE_INCLUSIONS, 4096, "a transaction of a decided block")        \
    GROUP(deliveries, ORR_TRACE_DELIVERIES, 8192, "a gossip message that reached a node")    \
    GROUP(steps, ORR_TRACE_STEPS, 4096, "a consensus step that a node entered")              \
    GROUP(evidence, ORR_TRACE_EVIDENCE, 1024, "proof that a node broke the protocol")        \
    GROUP(metrics, ORR_TRACE_METRICS, 1024, "a value that a node measured")                  \
    GROUP(logs, ORR_TRACE_LOGS, 256, "a line of text of a node")                             \
    GROUP(heads, ORR_TRACE_HEADS, 1024, "a block that became a node's head")                 \
    GROUP(blocks, ORR_TRACE_BLOCKS, 256, "512 bytes of a block of an execution chain")       \
    GROUP(outputs, ORR_TRACE_OUTPUTS, 256, "64 bytes of an output of a protocol's own")      \
    GROUP(faults, ORR_TRACE_FAULTS, 1024, "a fault that began or ended")                     \
    GROUP(checkpoints, ORR_TRACE_CHECKPOINTS, 1024, "the fingerprint at some time")          \
    GROUP(hashes, ORR_TRACE_HASHES, 4096, "what a node had handled at a checkpoint")         \
    GROUP(counters, ORR_TRACE_COUNTERS, 1024, "totals of what was recorded")                 \
    GROUP(verdicts, ORR_TRACE_VERDICTS, 64, "an expectation and its verdict")                \
    GROUP(use, ORR_TRACE_USE, 1024, "what a node used, of a run with `cost:`")               \
    GROUP(result, ORR_TRACE_RESULT, 16, "the end of the run")

/* ---- generated from the tables ---- */

enum orr_column_type {
    ORR_COLUMN_i64,
    ORR_COLUMN_u64,
    ORR_COLUMN_u32,
    ORR_COLUMN_u16,
    ORR_COLUMN_u8,
    ORR_COLUMN_str
};

#define ORR_FIELD_i64(name, size)               int64_t name;
#define ORR_FIELD_u64(name, size)               uint64_t name;
#define ORR_FIELD_u32(name, size)               uint32_t name;
#define ORR_FIELD_u16(name, size)               uint16_t name;
#define ORR_FIELD_u8(name, size)                uint8_t name;
#define ORR_FIELD_str(name, size)               char name[size];
#define ORR_FIELD(type, name, size, unit, text) ORR_FIELD_##type(name, size)

/* struct orr_row_events { int64_t time_ns; ... } and so on: a row in memory. */
#define GROUP(name, columns, chunk, text) \
    struct orr_row_##name {               \
        columns(ORR_FIELD)                \
    };
ORR_TRACE_GROUPS(GROUP)
#undef GROUP

enum orr_trace_group {
#define GROUP(name, columns, chunk, text) ORR_GROUP_##name,
    ORR_TRACE_GROUPS(GROUP)
#undef GROUP
        ORR_N_GROUPS
};

struct orr_trace_column {
    const char *name, *unit, *text;
    enum orr_column_type type;
    uint32_t offset; /* in the row */
    uint32_t size;   /* bytes of one value */
};

struct orr_trace_table {
    const char *name, *text;
    const struct orr_trace_column *columns;
    uint32_t n_columns, row_size, chunk_rows;
};

/* The table of a group; static storage.  NULL past the last. */
static inline const struct orr_trace_table *orr_trace_table_of(unsigned group) {
#define ORR_COLUMN(type, name, size, unit, text) \
    {#name, unit, text, ORR_COLUMN_##type, offsetof(row, name), sizeof(((row *)0)->name)},
#define GROUP(name, columns, chunk, text)                                         \
    case ORR_GROUP_##name: {                                                      \
        typedef struct orr_row_##name row;                                        \
        static const struct orr_trace_column list[] = {columns(ORR_COLUMN)};      \
        static const struct orr_trace_table table = {                             \
            #name, text, list, sizeof list / sizeof list[0], sizeof(row), chunk}; \
        return &table;                                                            \
    }
    switch (group) { ORR_TRACE_GROUPS(GROUP) }
#undef GROUP
#undef ORR_COLUMN
    return NULL;
}
#endif
