/* spread.h - how messages of a gossip spread in a run, as curves.  Nodes that the scenario
 * may make Byzantine do not count.  end_s: when the run ended, in seconds.
 *
 * Payloads are carried by the message kinds of which a receipt has led to a delivery at once (same
 * node, same time).  Errors are those of orr_trace_reader_all, and ORR_ENOTFOUND with a message:
 * the trace holds no deliveries (all but bytes), or no receipts (all but ratio). */
#ifndef ORR_ANALYSIS_SPREAD_H
#define ORR_ANALYSIS_SPREAD_H

#include "analysis/plot_curves.h"
#include "analysis/reader.h"

enum { ORR_SPREAD_NAME = 64 };

/* The share of correct nodes that have a message in the end, by when it was published: the mean of
 * the messages of each of up to 120 pieces of time. */
int orr_spread_ratio(struct orr_trace_reader *reader, double end_s, struct orr_curve *curve,
                    char error[ORR_READER_ERROR_LEN]);
/* Copies of payloads that came for each one that was delivered, in such pieces of time. */
int orr_spread_duplicates(struct orr_trace_reader *reader, double end_s, struct orr_curve *curve,
                         char error[ORR_READER_ERROR_LEN]);
/* The share of deliveries that are up to so many hops from who published; one whose receipt or
 * whose sender's delivery is not there (checks take time, messages are sampled) does not count. */
int orr_spread_hops(struct orr_trace_reader *reader, double end_s, struct orr_curve *curve,
                   char error[ORR_READER_ERROR_LEN]);
/* Bytes a second that were received of each message kind, the most first: curves[most], at most
 * `most`, the last of them of all other kinds if there are more; *n of them; their names. */
int orr_spread_bytes(struct orr_trace_reader *reader, double end_s, struct orr_curve *curves,
                     size_t most, size_t *n, char names[][ORR_SPREAD_NAME],
                    char error[ORR_READER_ERROR_LEN]);
#endif
