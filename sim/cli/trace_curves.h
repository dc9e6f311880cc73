/* trace_curves.h - what went on in a run, over time, as curves.  Nodes that the scenario may make
 * Byzantine do not count.  Errors are those of orr_trace_reader_all, and ORR_ENOTFOUND with a
 * message: the trace holds no decisions. */
#ifndef ORR_SIM_CLI_TRACE_CURVES_H
#define ORR_SIM_CLI_TRACE_CURVES_H

#include "analysis/plot_curves.h"
#include "analysis/reader.h"

/* When the run ended, or the last that is known of it, in seconds. */
int orr_trace_end(struct orr_trace_reader *reader, double *end_s,
                  char error[ORR_READER_ERROR_LEN]);
/* Committed transactions a second, in up to 120 pieces of whole seconds. */
int orr_trace_throughput(struct orr_trace_reader *reader, struct orr_curve *curve,
                         char error[ORR_READER_ERROR_LEN]);
/* The greatest height that is decided. */
int orr_trace_height(struct orr_trace_reader *reader, struct orr_curve *curve,
                     char error[ORR_READER_ERROR_LEN]);
/* The times at which any fault held, the first `most` of them. */
int orr_trace_shades(struct orr_trace_reader *reader, struct orr_curve_shade *shades, size_t most,
                     size_t *n_shades, char error[ORR_READER_ERROR_LEN]);
#endif
