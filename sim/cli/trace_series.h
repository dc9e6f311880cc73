/* trace_series.h - more of what went on in a run over time, as curves (trace_curves.h): in up to
 * 120 pieces of whole seconds, or as steps.  Nodes that the scenario may make Byzantine do not
 * count. Errors are those of orr_trace_reader_all, and ORR_ENOTFOUND with a message that says what
 * the trace lacks. */
#ifndef ORR_SIM_CLI_TRACE_SERIES_H
#define ORR_SIM_CLI_TRACE_SERIES_H

#include "analysis/plot_curves.h"
#include "analysis/reader.h"

/* The median time from submission to commit, in seconds, of the transactions that were submitted in
 * each piece and have committed. */
int orr_trace_latency(struct orr_trace_reader *reader, struct orr_curve *curve,
                      char error[ORR_READER_ERROR_LEN]);
/* Transactions that have been submitted and not committed, at the end of each piece. */
int orr_trace_queue(struct orr_trace_reader *reader, struct orr_curve *curve,
                    char error[ORR_READER_ERROR_LEN]);
/* The greatest round that a node entered in each piece; in one in which none did, that before. */
int orr_trace_round(struct orr_trace_reader *reader, struct orr_curve *curve,
                    char error[ORR_READER_ERROR_LEN]);
/* Bytes of messages that were handled in each piece, in Mbit/s, over all nodes that are recorded.
 */
int orr_trace_bandwidth(struct orr_trace_reader *reader, struct orr_curve *curve,
                        char error[ORR_READER_ERROR_LEN]);
/* Bytes that wait for an uplink or are on one, at the end of each piece (`record: events`); only
 * messages that arrive. */
int orr_trace_uplink(struct orr_trace_reader *reader, struct orr_curve *curve,
                     char error[ORR_READER_ERROR_LEN]);
#endif
