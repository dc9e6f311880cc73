/* serve.h - a page that follows a run. */
#ifndef ORR_SIM_CLI_REPORT_SERVE_H
#define ORR_SIM_CLI_REPORT_SERVE_H

#include "sim/cli/report/report.h"

/* Serves the page of a trace on 127.0.0.1 until a signal ends it, made anew while the run goes on;
 * prints where.  port 0: a free one.  Errors as orr_report_of_run when the trace cannot be read at
 * first, and ORR_EIO: no server. */
int orr_report_serve(const char *trace, uint16_t port, char error[ORR_READER_ERROR_LEN]);
#endif
