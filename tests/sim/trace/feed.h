/* feed.h - a made-up run for tests of traces: record number i is a pure function of i, so that any
 * row can be checked wherever a trace was cut off. */
#ifndef ORR_TESTS_SIM_TRACE_FEED_H
#define ORR_TESTS_SIM_TRACE_FEED_H

#include <string.h>

#include "models/protocol.h"
#include "sim/engine/tap.h"
#include "sim/trace/schema.h"
#include "sim/trace/trace.h"

#define FEED_NODES 16

static inline uint64_t feed_mix(uint64_t i) {
    i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9ull;
    return (i ^ (i >> 27)) * 0x94d049bb133111ebull;
}

/* Receipt number i. */
static inline struct orr_tap_record feed_event(uint64_t i) {
    uint64_t h = feed_mix(i + 1);
    orr_time at = (orr_time)i * 1000;
    return (struct orr_tap_record){.kind = ORR_TAP_EVENT,
                                   .what = ORR_RECV,
                                   .msg_type = h % 5,
                                   .node = h % FEED_NODES,
                                   .peer = h / 16 % FEED_NODES,
                                   .key = (uint32_t)(h >> 40),
                                   .len = h % 4096,
                                   .at = at,
                                   .sent = at - (orr_time)(h % 50000000),
                                   .hash = feed_mix(h)};
}

/* The row that receipt number i must have become. */
static inline struct orr_row_events feed_row(uint64_t i) {
    struct orr_tap_record r = feed_event(i);
    struct orr_row_events row;
    memset(&row, 0, sizeof row); /* padding too: rows are compared as bytes */
    row.time_ns = r.at, row.sent_ns = r.sent, row.hash = r.hash, row.node = r.node;
    row.peer = r.peer, row.key = r.key, row.bytes = r.len, row.message = r.msg_type,
    row.kind = r.what;
    return row;
}

static const char feed_scenario[] = "orrery: 1\nname: feed\nseed: 42\n";

static inline struct orr_trace_setup feed_setup(const char *path, uint32_t keep) {
    return (struct orr_trace_setup){.path = path,
                                    .name = "feed",
                                    .title = "A made-up run",
                                    .build = "test",
                                    .scenario = feed_scenario,
                                    .scenario_len = sizeof feed_scenario - 1,
                                    .overrides = "seed=42\n",
                                    .seed = 42,
                                    .keep = keep,
                                    .n_nodes = FEED_NODES};
}

static inline void feed_nodes(struct orr_trace *trace) {
    static const char *const kinds[] = {"proposal", "prevote", "precommit", "part", "tx", NULL};
    orr_trace_role(trace, "tendermint");
    for (uint32_t i = 0; kinds[i]; i++) orr_trace_kind(trace, i, kinds[i], true);
    for (orr_peer i = 0; i < FEED_NODES; i++) {
        char name[16];
        snprintf(name, sizeof name, "val.%u", i);
        orr_trace_node(trace, i, name, "tendermint", i % 2 ? "eu" : "us", i + 1, i == 3,
                       1000000000);
    }
}

static inline void feed_tell(struct orr_trace *trace, struct orr_tap_record record) {
    struct orr_tap *tap = orr_trace_tap(trace);
    if (tap->wants & ORR_TAP_BIT(record.kind)) tap->record(tap->ctx, &record);
}

/* A decision with its transactions, as an ORR_OUTPUT told at `at`. */
struct feed_block {
    uint64_t height, txs[8];
    uint32_t round, n_txs;
    orr_peer proposer;
    orr_time proposed_at;
    uint8_t value;
};

static inline void feed_decide(struct orr_trace *trace, orr_time at, orr_peer node,
                               struct feed_block b) {
    struct orr_msg *msg =
        calloc(1, sizeof *msg + sizeof(struct orr_decided) + sizeof b.txs + sizeof b.proposer);
    struct orr_decided *d = (void *)msg->data;
    d->height = b.height, d->round = b.round, d->proposed_at = b.proposed_at;
    memset(d->value, b.value, sizeof d->value);
    memset(d->state_root, b.value + 1, sizeof d->state_root);
    d->size_bytes = 1000, d->n_txs = b.n_txs;
    memcpy(d->txs, b.txs, b.n_txs * sizeof b.txs[0]);
    d->n_proposers = 1;
    memcpy(d->txs + b.n_txs, &b.proposer, sizeof b.proposer);
    msg->len = (uint32_t)(sizeof *d + b.n_txs * sizeof b.txs[0] + sizeof b.proposer);
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_OUTPUT,
                                             .node = node,
                                             .peer = ORR_NOBODY,
                                             .key = ORR_OUT_DECIDED,
                                             .len = msg->len,
                                             .at = at,
                                             .sent = at,
                                             .msg = msg});
    free(msg);
}

static inline void feed_submit(struct orr_trace *trace, orr_time at, orr_peer node, uint64_t tx) {
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_SUBMIT,
                                             .node = node,
                                             .peer = ORR_NOBODY,
                                             .key = 7,
                                             .len = 250,
                                             .at = at,
                                             .sent = at,
                                             .hash = tx});
}

/* A path of this process in the temporary folder; static storage, one at a time. */
static inline const char *feed_path(const char *name) {
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/orrery-%d-%s", folder ? folder : "/tmp", (int)getpid(), name);
    return path;
}
#endif
