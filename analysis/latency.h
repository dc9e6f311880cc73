/* latency.h - how long things took, from the decisions and transactions of a trace.
 *
 * A block is (height, value).  It commits when the first correct node decides it and is final when
 * the last correct node that decides it has done so; nodes that the scenario may make Byzantine do
 * not count.  A transaction that was sent to several nodes was submitted when the first was asked.
 */
#ifndef ORR_ANALYSIS_LATENCY_H
#define ORR_ANALYSIS_LATENCY_H

#include "analysis/reader.h"
#include "analysis/stats.h"

/* A list of times in seconds, sorted; owned by struct orr_latencies. */
struct orr_times {
    struct orr_sample *v;
    size_t n;
};

/* A transaction: when it was first submitted, and what passed until it committed; NAN: it has not.
 */
struct orr_tx_times {
    int64_t submitted_ns;
    double commit_s;
};

struct orr_latencies {
    struct orr_times
        commit; /* submission to commit, of each committed transaction; cluster: height  */
    struct orr_times final; /* submission to final, of the same */
    struct orr_times
        interval; /* commit to commit of the next height that has one; cluster: height    */
    uint64_t n_submitted, n_nodes, n_blocks;
    struct orr_tx_times *txs; /* [n_submitted] if asked for, in the order of submission; or NULL */
};

/* Zero-initialised: all decisions of correct nodes, no transactions one by one. */
struct orr_latency_choice {
    const uint8_t *left_out; /* [n_left_out] by node number, 1: its decisions do not count either */
    size_t n_left_out;
    bool wants_txs;
};

/* Reads what it needs.  Errors as orr_trace_reader_all. */
int orr_latencies_read(struct orr_trace_reader *reader, struct orr_latencies *latencies,
                       char error[ORR_READER_ERROR_LEN]);
int orr_latencies_read_of(struct orr_trace_reader *reader, const struct orr_latency_choice *choice,
                          struct orr_latencies *latencies, char error[ORR_READER_ERROR_LEN]);
void orr_latencies_fini(struct orr_latencies *latencies);
#endif
