/* report.h - a trace as one page of HTML that shows it to someone who has never seen it. */
#ifndef ORR_SIM_CLI_REPORT_REPORT_H
#define ORR_SIM_CLI_REPORT_REPORT_H

#include <stdio.h>

#include "analysis/reader.h"

/* What a page holds at most; of more messages a regular sample is taken, which the page says. */
enum { ORR_REPORT_MESSAGES = 50000, ORR_REPORT_DECISIONS = 20000 };

/* Writes the page: no network, no other file.  trace: how the trace is called.  Errors as
 * orr_trace_reader_all, with a message. */
int orr_report_write(struct orr_trace_reader *reader, const char *trace, FILE *to,
                     char error[ORR_READER_ERROR_LEN]);
#endif
