/* log_lines.h - a trace as lines: every event, message and output in the order of time. */
#ifndef ORR_SIM_CLI_LOG_LINES_H
#define ORR_SIM_CLI_LOG_LINES_H

#include <stdio.h>

#include "analysis/reader.h"

/* Which lines.  NULL and ORR_LOG_ANY: all. */
#define ORR_LOG_ANY UINT64_MAX
struct orr_log_filter {
    const char *node;      /* a node (val.3), a group (val) or a number: it acts, or is the peer */
    const char *kind;      /* a message kind, or what happens: recv, timer, decide, ...         */
    const char *from, *to; /* messages from, to such a node                                     */
    int64_t after_ns, until_ns; /* both included                                                */
    uint64_t height;       /* what names it, and what happens while some node is at it          */
};

/* Prints them; colour: with ANSI colours.  0, or an error as of orr_trace_reader_rows. */
int orr_log_print(struct orr_trace_reader *reader, const struct orr_log_filter *filter, FILE *to,
                  bool colour, uint64_t *n_lines, char error[ORR_READER_ERROR_LEN]);
/* Says which of the names asked for are none of the trace's; false: all of them are. */
bool orr_log_explain(struct orr_trace_reader *reader, const struct orr_log_filter *filter,
                     FILE *to);
#endif
